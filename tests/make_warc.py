#!/usr/bin/env python3
"""Writes WARC and ARC files for the tests to standard output: make_warc.py CASE [--gzip | --zstd]

`crawl` has one of everything; the other cases have one defect or oddity each.  `big N` is N
megabytes of pages that compress as real ones do, for measuring; it streams.
"""
import base64
import gzip
import hashlib
import random
import subprocess
import sys
import tempfile
import zlib

CRLF = b'\r\n'
DATE = '2024-05-03T10:11:12Z'
# So much that an archive stores it once.
PAGE = b'<html><head><title>A page</title></head><body>' + \
    ''.join(f'<p>{hashlib.sha1(b"%d" % i).hexdigest()}</p>' for i in range(100)).encode() + b'</body></html>\n'
BROTLI = b'\x8b\x09\x80hello, hello, hello\n\x03'        # by the reference encoder
HELLO = b'hello, hello, hello\n'


def sha1(data):
    return 'sha1:' + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record(kind, uri, block, date=DATE, length=None, version='WARC/1.0', tail=CRLF * 2, **fields):
    head = [version, f'WARC-Type: {kind}', f'WARC-Date: {date}']
    if uri is not None:
        head.append(f'WARC-Target-URI: {uri}')
    fields.setdefault('WARC_Record_ID', f'<urn:test:{kind}:{uri}:{date}>'.replace(' ', '%20'))
    head += [f'{name.replace("_", "-")}: {value}' for name, value in fields.items() if value is not None]
    head.append(f'Content-Length: {len(block) if length is None else length}')
    return '\r\n'.join(head).encode('latin-1') + CRLF * 2 + block + tail


def http(status, body, *fields):
    lines = [f'HTTP/1.1 {status}', *fields]
    return '\r\n'.join(lines).encode('latin-1') + CRLF * 2 + body


def response(uri, body=PAGE, *fields, status='200 OK', kind='response', digest=True, **more):
    block = http(status, body, *(fields or ('Content-Type: text/html; charset=utf-8',)))
    if digest:
        more.setdefault('WARC_Payload_Digest', sha1(body))
        more.setdefault('WARC_Block_Digest', sha1(block))
    more.setdefault('Content_Type', 'application/http; msgtype=response')
    return record(kind, uri, block, **more)


def revisit(uri, block=http('200 OK', b'', 'X-Again: yes'), **more):
    more.setdefault('date', '2024-06-01T00:00:00Z')
    more.setdefault('Content_Type', 'application/http; msgtype=response')
    return record('revisit', uri, block, **more)


def chunked(body, size=50):
    out = b''
    for at in range(0, len(body), size):
        piece = body[at:at + size]
        out += b'%x;x=y\r\n' % len(piece) + piece + CRLF
    return out + b'0\r\n\r\n'


def crawl():
    squeezed = gzip.compress(PAGE, mtime=0)
    raw = zlib.compressobj(wbits=-15)
    deflated = raw.compress(HELLO) + raw.flush()
    return [
        record('warcinfo', None, b'software: test\r\n', Content_Type='application/warc-fields'),
        record('request', 'http://a.test/', b'GET / HTTP/1.1\r\n\r\n', Content_Type='application/http; msgtype=request'),
        response('http://a.test/', b'<p>moved</p>', 'Location: /home/./x/../?q=1', status='301 Moved'),
        response('http://a.test/home/?q=1'),
        response('https://a.test/home/?q=1', date='2024-05-04T00:00:00.123456Z', version='WARC/1.1'),
        response('http://a.test/gone', b'no', status='404 Not Found'),
        response('http://a.test/dir'),
        response('http://a.test/dir/gzip', squeezed, 'Content-Encoding: gzip', 'Content-Type: text/html'),
        response('http://a.test/dir/br', BROTLI, 'Content-Encoding: br', 'Content-Type: text/plain'),
        response('http://a.test/dir/deflate', deflated, 'Content-Encoding: deflate', 'Content-Type: text/plain'),
        response('http://a.test/dir/both', chunked(gzip.compress(squeezed, mtime=0)), 'Transfer-Encoding: chunked',
                 'Content-Encoding: gzip, x-gzip', 'Content-Type: text/html'),
        response('http://a.test/dir/chunked', chunked(PAGE), 'Transfer-Encoding: chunked', WARC_Payload_Digest=sha1(PAGE)),
        response('http://a.test/dir/lie', PAGE, 'Content-Encoding: gzip', 'Content-Type: text/html'),
        record('resource', 'file:///with space.txt', HELLO, Content_Type='text/plain',
               WARC_Block_Digest='sha-256:' + hashlib.sha256(HELLO).hexdigest().upper(),
               WARC_Payload_Digest='md5:' + hashlib.md5(HELLO).hexdigest()),
        record('response', 'dns:a.test', b'20240503101112\na.test. 1 IN A 127.0.0.1\n', Content_Type='text/dns'),
        record('metadata', 'http://a.test/', b'via: x\r\n', Content_Type='application/warc-fields'),
        revisit('http://a.test/again', WARC_Payload_Digest=sha1(PAGE)),
        revisit('http://a.test/by-id', WARC_Refers_To='<urn:test:response:http://a.test/dir/br:' + DATE + '>'),
        revisit('http://a.test/by-date', b'', WARC_Refers_To_Target_URI='http://a.test/dir/deflate', WARC_Refers_To_Date=DATE),
        revisit('http://a.test/nowhere', WARC_Payload_Digest=sha1(b'elsewhere')),
    ]


def arc(version=1):
    fields = ' 200 - - 0 x.arc' if version == 2 else ''
    about = b'%d 0 Test\nURL ...\n' % version
    page = http('200 OK', PAGE, 'Content-Type: text/html')

    def head(uri, kind, size):
        return f'{uri} 127.0.0.1 20140216050221 {kind}{fields} {size}\n'.encode()

    return [
        head('filedesc://x.arc', 'text/plain', len(about)) + about + b'\n',
        head('http://a.test/with space', 'text/html', len(page)) + page + b'\n',
        head('http://a.test/old', 'text/plain', len(HELLO)) + HELLO + b'\n',
        head('dns:a.test', 'text/dns', 3) + b'dns\n',
    ]


def good(name):
    return response(f'http://a.test/{name}')


def around(bad):
    """A defect between two records that are good."""
    return [good('before'), bad, good('after')]


def cut(records, size):
    return records[:-1] + [records[-1][:-size]]


CASES = {
    'crawl': crawl,
    'arc': arc,
    'arc2': lambda: arc(2),
    'bad-arc': lambda: arc()[:2] + [b'http://a.test/x 127.0.0.1 20140216050221 text/html abc\n\n'] + arc()[2:],
    'cut': lambda: cut([good('a'), good('b')], 100),
    'cut-header': lambda: [good('a'), good('b')[:60]],
    'short': lambda: around(response('http://a.test/x', length=150)),
    'long': lambda: around(response('http://a.test/x', length=5000)),
    'no-length': lambda: around(response('http://a.test/x').replace(b'Content-Length', b'Content-Width')),
    'bad-length': lambda: around(response('http://a.test/x', length='-5')),
    'two-lengths': lambda: around(response('http://a.test/x', Content_Length=3)),
    'version': lambda: around(response('http://a.test/x', version='WARC/7.0')),
    'digest': lambda: around(response('http://a.test/x', WARC_Payload_Digest=sha1(b'x'))),
    'block-digest': lambda: around(response('http://a.test/x', WARC_Block_Digest=sha1(b'x'))),
    'no-digest': lambda: around(response('http://a.test/x', WARC_Payload_Digest='sha1:1112')),
    'other-digest': lambda: [response('http://a.test/x', WARC_Payload_Digest='blake3:1112')],
    'segment': lambda: around(response('http://a.test/x', WARC_Segment_Number=1)),
    'no-http': lambda: around(record('response', 'http://a.test/x', b'GET /\r\n\r\n', Content_Type='application/http')),
    'long-line': lambda: around(response('http://a.test/x', PAGE, 'X: ' + 'y' * 10_000_000)),
    'long-warc-line': lambda: around(response('http://a.test/x', X='y' * 10_000_000)),
    'long-header': lambda: around(response('http://a.test/x', PAGE, *['X: ' + 'y' * 50_000] * 30)),
    'folded': lambda: [response('http://a.test/x', PAGE, 'Content-Type: text/\r\n html', 'X-Fold: a\r\n\tb\r\n  c', 'no colon')
                       .replace(b'WARC-Type: response', b'WARC-Type:\r\n response')],
    'wrong-chunks': lambda: [response('http://a.test/x', chunked(PAGE)[:70] + b'rest', 'Transfer-Encoding: chunked'),
                             response('http://a.test/y', HELLO, 'Transfer-Encoding: chunked'),
                             response('http://a.test/z', b'ffffffffffffffff\r\nendless', 'Transfer-Encoding: chunked')],
    'same': lambda: [response('http://a.test/x', b'%d' % i) for i in range(5)],
    'same-long': lambda: [response('http://a.test/' + 'n' * 230 + end, b'%d' % i) for i, end in enumerate(['', '/y', '', ''])],
    'left-revisits': lambda: [revisit('http://a.test/x'), revisit('http://a.test/x/y'), record('\0', 'http://a.test/x', b'')],
    'odd-urls': lambda: [response(uri, b'%d' % i) for i, uri in enumerate([
        'http://a.test/../../etc/passwd', 'http://a.test//x/./y', 'http://a.test/\xff\x00\x1b[31m', '<http://a.test/<b>>',
        'http://a.test/' + 'q' * 5000, 'http://a.test/' + 'd/' * 3000, 'http:', 'urn:x-test:1', 'HTTP://A.test/UP'])],
    'odd-header': lambda: [response('http://a.test/x', PAGE, 'X-Esc: \x1b[31m\x07', 'X-Latin: caf\xe9', 'X-Nul: a\0b',
                                    'Content-Type: not a type')],
    'empty': lambda: [response('http://a.test/x', b''), response('http://a.test/y', b'', 'Content-Encoding: gzip')],
    'two-revisits': lambda: [response('http://a.test/x', HELLO, 'Content-Type: text/csv'),
                             revisit('http://a.test/y', http('200 OK', b'', 'Content-Type: text/plain'), WARC_Payload_Digest=sha1(HELLO)),
                             revisit('http://a.test/z', b'', WARC_Payload_Digest=sha1(HELLO))],
    'large-revisit': lambda: around(revisit('http://a.test/x', http('200 OK', b'', *['X: ' + '\xe9' * 50_000] * 12),
                                            WARC_Payload_Digest=sha1(PAGE))),
    'nothing': lambda: [crawl()[0]],
    'garbage': lambda: [b'WARC/x\n', b'\0' * 100_000, b'WARC/1.0\r\n', b'y' * 100_000],
}


def zstd(data, *options):
    return subprocess.run(['zstd', '-q', '-c', *options], input=data, stdout=subprocess.PIPE, check=True).stdout


def with_dictionary(records, compressed):
    """Frames behind a frame that holds their dictionary."""
    with tempfile.TemporaryDirectory() as room:
        names = []
        for i, piece in enumerate(records * 20):
            names.append(f'{room}/{i}')
            with open(names[-1], 'wb') as file:
                file.write(piece + b'%d' % (i * 7919))
        subprocess.run(['zstd', '-q', '--train', '--maxdict=8192', '-o', f'{room}/d', *names], check=True)
        with open(f'{room}/d', 'rb') as file:
            dictionary = file.read()
        frames = b''.join(zstd(piece, '-D', f'{room}/d') for piece in records)
    content = zstd(dictionary) if compressed else dictionary
    return b'\x5d\x2a\x4d\x18' + len(content).to_bytes(4, 'little') + content + frames


def bomb(packing):
    """A response of a gigabyte of zeros, between two that are good."""
    size = 1 << 30
    block = http('200 OK', b'', 'Content-Type: text/plain')
    head = record('response', 'http://a.test/bomb', b'', length=len(block) + size, tail=b'', Content_Type='application/http')
    if packing == '--zstd':
        zeros = zstd(b'\0' * (size // 64)) * 64
        return zstd(good('before')) + zstd(head + block) + zeros + zstd(CRLF * 2) + zstd(good('after'))
    member = zlib.compressobj(9, wbits=31)
    out = member.compress(head + block)
    for _ in range(64):
        out += member.compress(b'\0' * (size // 64))
    out += member.compress(CRLF * 2) + member.flush()
    return gzip.compress(good('before')) + out + gzip.compress(good('after'))


def body_bomb(coding):
    """A response whose body is a gigabyte of zeros, coded, or comes to nothing after growing to as much."""
    if coding == 'nothing':
        member = zlib.compressobj(9, wbits=31)
        body = member.compress(gzip.compress(b'')[:10])
        body += b''.join(member.compress(b'\0\0\0\xff\xff' * (1 << 22)) for _ in range(16)) + member.flush()
        body = gzip.compress(gzip.compress(body))
        return around(response('http://a.test/x', body, 'Content-Encoding: gzip, gzip, gzip, gzip'))
    member = zlib.compressobj(9, wbits=31)
    body = b''.join(member.compress(b'\0' * (1 << 24)) for _ in range(64)) + member.flush()
    if coding == 'twice':
        return around(response('http://a.test/x', gzip.compress(body), 'Content-Encoding: gzip, gzip'))
    return around(response('http://a.test/x', body, 'Content-Encoding: gzip'))


def big(megabytes, out):
    chance = random.Random(1)
    words = [''.join(chance.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(chance.randint(2, 9))) for _ in range(4000)]
    written = number = 0
    while written < megabytes << 20:
        text = ' '.join(chance.choices(words, k=3000))
        body = f'<html><head><title>Page {number}</title></head><body><p>{text}</p></body></html>'.encode()
        piece = response(f'http://big.test/{number % 100}/{number}', body)
        out.write(piece)
        written += len(piece)
        number += 1


def main():
    case, packing = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ''
    out = sys.stdout.buffer
    if case == 'big':
        big(int(packing), out)
    elif case == 'bomb':
        out.write(bomb(packing))
    elif case.startswith('body-bomb'):
        out.write(b''.join(body_bomb(case[10:])))
    elif packing == '--gzip':
        out.write(b''.join(gzip.compress(piece, mtime=0) for piece in CASES[case]()))
    elif packing == '--gzip-one':
        out.write(gzip.compress(b''.join(CASES[case]()), mtime=0))
    elif packing == '--zstd':
        out.write(b''.join(zstd(piece) for piece in CASES[case]()))
    elif packing.startswith('--zstd-dictionary'):
        out.write(with_dictionary(CASES[case](), packing.endswith('packed')))
    else:
        out.write(b''.join(CASES[case]()))


main()
