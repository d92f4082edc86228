"""Writes ZIM files for the tests: odd ones that are valid, and ones that are wrong in one way.

    zim_writer.py CASE FILE

It knows nothing of capsa, and follows the description at wiki.openzim.org.
"""
import hashlib
import lzma
import struct
import subprocess
import sys

STORED, XZ, ZSTD = 1, 4, 5
REDIRECT, LINK_TARGET, DELETED = 0xffff, 0xfffe, 0xfffd
HEADER = '<IHH16sIIQQQQIIQ'
NONE = 0xffffffff


def compress(method, data):
    if method == XZ:
        return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32)
    if method == ZSTD:
        return subprocess.run(['zstd', '-q', '-c', '--no-check'], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


class Cluster:
    def __init__(self, method=STORED, extended=False):
        self.method = method
        self.extended = extended
        self.blobs = []
        self.offsets = None             # others than the true ones
        self.info = None

    def add(self, blob):
        self.blobs.append(blob)
        return len(self.blobs) - 1

    def write(self):
        width, code = (8, 'Q') if self.extended else (4, 'I')
        at = width * (len(self.blobs) + 1)
        offsets = [at]
        for blob in self.blobs:
            at += len(blob)
            offsets.append(at)
        offsets = self.offsets if self.offsets is not None else offsets
        data = struct.pack('<%d%s' % (len(offsets), code), *offsets) + b''.join(self.blobs)
        info = self.info if self.info is not None else self.method | (0x10 if self.extended else 0)
        return bytes([info]) + compress(self.method, data)


class Zim:
    def __init__(self, version=(6, 1)):
        self.version = version
        self.types = ['text/html', 'text/plain', 'image/png']
        self.clusters = [Cluster()]
        self.entries = []               # namespace, path, title, type, two numbers, parameter
        self.main = NONE
        self.counts = [None, None]
        self.pointers = None            # changes the pointers to entries
        self.cluster_pointers = None
        self.header_size = 80
        self.md5 = True
        self.tail = None                # an entry behind all else

    def put(self, space, path, title, kind, numbers, parameter=b''):
        path = path if isinstance(path, bytes) else path.encode()
        title = title if isinstance(title, bytes) else title.encode()
        self.entries.append((space.encode(), path, title, kind, numbers, parameter))

    def add(self, path, body, title='', kind=0, space='C', cluster=0, parameter=b''):
        self.put(space, path, title, kind, (cluster, self.clusters[cluster].add(body)), parameter)

    def redirect(self, path, target, title='', space='C', to='C'):
        self.put(space, path, title, REDIRECT, (to, target))

    def write(self):
        self.entries.sort(key=lambda e: (e[0], e[1]))
        places = {(e[0].decode(), e[1].decode(errors='replace')): i for i, e in enumerate(self.entries)}
        out = bytearray(self.header_size)
        out += b''.join(t.encode() + b'\0' for t in self.types) + b'\0'
        pointers, cluster_pointers = [], []
        for space, path, title, kind, numbers, parameter in self.entries:
            pointers.append(len(out))
            out += struct.pack('<HBcI', kind, len(parameter), space, 0)
            if kind == REDIRECT:
                to, target = numbers
                out += struct.pack('<I', target if isinstance(target, int) else places[(to, target)])
            elif kind < DELETED:
                out += struct.pack('<II', *numbers)
            out += path + b'\0' + title + b'\0' + parameter
        for cluster in self.clusters:
            cluster_pointers.append(len(out))
            out += cluster.write()
        if self.pointers is not None:
            pointers = self.pointers(pointers)
        if self.cluster_pointers is not None:
            cluster_pointers = self.cluster_pointers(cluster_pointers)
        titles = sorted(range(len(pointers)), key=lambda i: i < len(self.entries) and (
            self.entries[i][0], self.entries[i][2] or self.entries[i][1]) or (b'', b''))
        paths_at = len(out)
        titles_at = paths_at + 8 * (len(pointers) + (self.tail is not None))
        clusters_at = titles_at + 4 * len(titles)
        if self.tail is not None:
            pointers.append(clusters_at + 8 * len(cluster_pointers))
        for code, numbers in (('Q', pointers), ('I', titles), ('Q', cluster_pointers)):
            out += struct.pack('<%d%s' % (len(numbers), code), *numbers)
        out += self.tail or b''
        entries = len(pointers) if self.counts[0] is None else self.counts[0]
        clusters = len(cluster_pointers) if self.counts[1] is None else self.counts[1]
        header = struct.pack(HEADER, 72173914, *self.version, bytes(range(16)), entries, clusters, paths_at,
                             titles_at, clusters_at, self.header_size, self.main, NONE, len(out))
        out[:self.header_size] = header[:self.header_size]
        if self.md5:
            out += hashlib.md5(out).digest()
        return bytes(out)


def seal(data):
    """The MD5 after a change."""
    return data[:-16] + hashlib.md5(data[:-16]).digest()


def bodies(zim, cluster=0, count=3):
    for i in range(count):
        zim.add('%d/%d.html' % (cluster, i), b'<p>Body %d of cluster %d\n' % (i, cluster), 'Page %d' % i,
                cluster=cluster)
    return zim


# ---- valid ----

def methods():
    zim = Zim()
    zim.clusters = [Cluster(m, e) for m in (STORED, 0, XZ, ZSTD) for e in (False, True)]
    for i in range(len(zim.clusters)):
        bodies(zim, i)
    zim.add('alias', b'', kind=1, cluster=7)
    zim.put('C', 'other name', '', 0, (7, 1))
    zim.add('empty', b'', kind=1, cluster=3)
    return zim.write()


def unsorted():
    zim = Zim()
    zim.clusters = [Cluster(ZSTD), Cluster(STORED), Cluster(XZ)]
    # The order of clusters in the file is another than that of their numbers.
    for i, number in enumerate((2, 0, 1)):
        for blob in range(2):
            body = b'file order %d, blob %d\n' % (i, blob)
            zim.put('C', 'c%d/%d.txt' % (number, blob), '', 1, (number, zim.clusters[i].add(body)))
    zim.cluster_pointers = lambda p: [p[1], p[2], p[0]]
    return zim.write()


def old(version=(5, 0)):
    zim = Zim(version)
    zim.clusters = [Cluster(XZ), Cluster()]
    zim.add('Paris', b'<img src="../I/map.png">\n', 'Paris, the town', space='A')
    zim.add('map.png', b'\x89PNG', kind=2, space='I', cluster=1)
    zim.add('style.css', b'p {}\n', kind=1, space='-', cluster=1)
    zim.redirect('Lutetia', 'Paris', 'Lutetia (old)', space='A', to='A')
    zim.put('A', 'gone', '', DELETED, None)
    zim.put('A', 'target', '', LINK_TARGET, None)
    zim.add('Title', b'Towns', kind=1, space='M')
    zim.add('fulltext', b'index', kind=1, space='X')
    return zim.write()


def old6():
    return old((6, 0))


def ancient():
    zim = bodies(Zim((5, 0)))
    zim.header_size = 72
    zim.md5 = False
    return zim.write()


def names():
    zim = Zim()
    for path in ('../../up', '/abs', 'a//b', b'latin\xe9', 'line\nfeed', 'bidi\u202ename', '.', ''):
        zim.add(path, b'x', kind=1)
    zim.add('title', b'y', '\x1b[31mred\u202e', kind=1)
    zim.add('bad title', b'z', b'caf\xe9', kind=1)
    zim.add('parameter', b'p', kind=1, parameter=b'\0\1')
    return zim.write()


def directories():
    zim = Zim()
    zim.add('AC', b'current', kind=1)
    zim.add('AC/DC', b'band', kind=1)
    zim.redirect('ac', 'AC')
    zim.add('M/Illustration', b'content', kind=1)
    zim.add('Illustration', b'metadata', kind=2, space='M')
    return zim.write()


def redirects():
    zim = Zim()
    zim.add('end', b'the end\n', kind=1)
    zim.redirect('a', 'b')
    zim.redirect('b', 'end')
    zim.redirect('self', 'self')
    zim.redirect('ping', 'pong')
    zim.redirect('pong', 'ping')
    zim.redirect('mainPage', 'a', space='W')
    zim.main = 6
    return zim.write()


def about():
    zim = Zim()
    zim.add('page', b'text', kind=1)
    for name, text in (('Title', 'The title'), ('Description', 'Two\nlines'), ('Creator', 'Ann'), ('Date', '2024-05-03'),
                       ('Language', 'eng,fra'), ('License', 'CC0'), ('Tags', 'a;;b'), ('Name', 'wiki_x'),
                       ('Flavour', 'maxi'), ('Publisher', 'me'), ('Source', 'https://example.org/')):
        zim.add(name, text.encode(), kind=1, space='M')
    zim.add('LongDescription', b'w' * 9000, kind=1, space='M')
    zim.add('Binary', b'\0\xff', kind=1, space='M')
    zim.add('Illustration_48x48@1', b'\x89PNG', kind=2, space='M')
    zim.add('listing', b'\0\0\0\0', kind=1, space='X')
    return zim.write()


# ---- wrong in one way ----

def wrong(change):
    def case():
        zim = bodies(Zim())
        change(zim)
        return zim.write()
    return case


def set_pointer(zim, value):
    zim.pointers = lambda p: p[:1] + [value] + p[2:]


def cluster_offsets(*offsets):
    return wrong(lambda zim: setattr(zim.clusters[0], 'offsets', list(offsets)))


def endless():
    zim = bodies(Zim())
    zim.tail = struct.pack('<HBcIII', 0, 0, b'C', 0, 0, 0) + b'endless'
    return zim.write()


def long_entry():
    zim = bodies(Zim())
    zim.add('x' * 70000, b'')
    return zim.write()


def damaged(method):
    def case():
        zim = Zim()
        zim.clusters = [Cluster(), Cluster(method), Cluster()]
        for i in range(3):
            bodies(zim, i)
        zim.clusters[1].blobs.append(bytes(hashlib.sha256(b'%d' % i).digest()[0] for i in range(5000)))
        data = bytearray(zim.write())
        at = data.index(zim.clusters[1].write())
        data[at + 1:at + 2001] = bytes(2000)
        return seal(bytes(data))
    return case


def cut_cluster():
    zim = Zim()
    zim.clusters = [Cluster(), Cluster(ZSTD), Cluster()]
    for i in range(3):
        bodies(zim, i)
    zim.cluster_pointers = lambda p: p[:2] + [p[1] + 10]
    return zim.write()


def overlapping_entries():
    zim = Zim()
    zim.add('p' * 3000, b'body')
    zim.pointers = lambda p: p * 1000
    return zim.write()


def bomb():
    zim = Zim()
    zim.clusters = [Cluster(ZSTD), Cluster()]
    zim.add('bomb', bytes(80 << 20), kind=1)
    zim.add('good', b'good\n', kind=1, cluster=1)
    return zim.write()


def many():
    zim = Zim()
    zim.clusters = [Cluster(ZSTD)]
    zim.add('first', bytes(1 << 20), kind=1)
    for i in range(300):
        zim.put('C', 'alias%d' % i, '', 1, (0, 0))
    return zim.write()


def twice():
    zim = bodies(Zim())
    zim.pointers = lambda p: p + p[:1]
    return zim.write()


def types_endless():
    zim = bodies(Zim())
    zim.types = ['x' * 100]
    data = zim.write()
    return seal(data[:80] + bytes(b or 1 for b in data[80:-16]) + data[-16:])


def with_header(offset, code, value):
    def case():
        data = bytearray(bodies(Zim()).write())
        struct.pack_into(code, data, offset, value)
        return seal(bytes(data))
    return case


def whole():
    return bodies(Zim()).write()


CASES = {
    'methods': methods, 'unsorted': unsorted, 'old': old, 'old6': old6, 'ancient': ancient, 'names': names,
    'directories': directories, 'redirects': redirects, 'about': about, 'whole': whole,
    'pointer': wrong(lambda zim: set_pointer(zim, 2**40)),
    'endless': endless,
    'long': long_entry,
    'type': wrong(lambda zim: zim.add('bad', b'', kind=9)),
    'target': wrong(lambda zim: zim.redirect('bad', 77)),
    'entries': with_header(24, '<I', 0xffffffff),
    'clusters': with_header(28, '<I', 0x20000000),
    'paths': with_header(32, '<Q', 2**64 - 8),
    'version': with_header(4, '<H', 7),
    'types': types_endless,
    'cluster': wrong(lambda zim: setattr(zim, 'cluster_pointers', lambda p: [2**63])),
    'number': wrong(lambda zim: zim.put('C', 'bad', '', 0, (5, 0))),
    'blob': wrong(lambda zim: zim.put('C', 'bad', '', 0, (0, 3))),
    'backward': cluster_offsets(16, 60, 40, 90),
    'beyond': cluster_offsets(16, 20, 24, 2**31),
    'early': cluster_offsets(16, 4, 24, 30),
    'zero': cluster_offsets(0, 0, 0, 0),
    'uneven': cluster_offsets(7, 16, 20, 24),
    'huge': cluster_offsets(0xfffffffc, 16, 20, 24),
    'zlib': wrong(lambda zim: setattr(zim.clusters[0], 'info', 2)),
    'method': wrong(lambda zim: setattr(zim.clusters[0], 'info', 9)),
    'xz': damaged(XZ), 'zstd': damaged(ZSTD), 'cut': cut_cluster,
    'overlap': overlapping_entries, 'bomb': bomb, 'many': many, 'twice': twice,
    'md5': lambda: whole()[:-1] + b'?',
    'trailing': lambda: whole() + b'more',
    'truncated': lambda: whole()[:-100],
    'header': lambda: whole()[:40],
    'magic': lambda: whole()[:4],
}

if __name__ == '__main__':
    with open(sys.argv[2], 'wb') as file:
        file.write(CASES[sys.argv[1]]())
