"""Is a directory a valid bag by RFC 8493?  For the tests; it knows nothing of capsa.

Prints the elements of bag-info.txt, unfolded, and the number of payload files.
"""
import hashlib
import os
import re
import sys


def need(condition, what):
    if not condition:
        sys.exit(f'{sys.argv[1]}: {what}')


def text(name):
    with open(name, encoding='utf-8', newline='') as file:
        found = file.read()
    need(found == '' or found.endswith('\n') and '\r' not in found, f'{name} does not end its lines with line feeds')
    return found


def manifest(name):
    """The files of a manifest and their digests; the three encoded characters are decoded, and no others."""
    files = {}
    for line in text(name).splitlines():
        match = re.fullmatch(r'([0-9a-f]{64})  (\S.*)', line)
        need(match, f'{name} has the line {line!r}')
        path = re.sub('%0[Aa]|%0[Dd]|%25', lambda code: chr(int(code.group()[1:], 16)), match.group(2))
        need(path not in files, f'{name} has {path!r} twice')
        need(not path.startswith(('/', '~')) and '..' not in path.split('/'), f'{name} has {path!r}')
        files[path] = match.group(1)
    return files


def check(files, what):
    for path, digest in files.items():
        with open(path, 'rb') as file:
            need(hashlib.sha256(file.read()).hexdigest() == digest, f'{what}: {path!r} differs')


os.chdir(sys.argv[1])
need(text('bagit.txt') == 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n', 'bagit.txt')
present = {os.path.relpath(os.path.join(top, name)) for top, _, names in os.walk('.') for name in names}
payload, tags = manifest('manifest-sha256.txt'), manifest('tagmanifest-sha256.txt')
need(set(payload) == {path for path in present if path.startswith('data/')}, 'the manifest is not the payload')
need(set(tags) == present - set(payload) - {'tagmanifest-sha256.txt'}, 'the tag manifest is not the tag files')
need(os.path.isdir('data') and not any(os.path.islink(path) for path in present), 'data')
check(payload, 'manifest')
check(tags, 'tag manifest')

info = text('bag-info.txt')
# A word alone, behind a label too, cannot be folded.
need(all(len(line) <= 79 or line.count(' ') == 1 for line in info.splitlines()), 'bag-info.txt is not folded')
elements = [line.split(': ', 1) for line in re.sub(r'\n[ \t]+', ' ', info).splitlines()]
need(all(len(element) == 2 and element[1] for element in elements), 'bag-info.txt')
size = sum(os.path.getsize(path) for path in payload)
need(dict(elements)['Payload-Oxum'] == f'{size}.{len(payload)}', 'Payload-Oxum')
for label, value in elements:
    print(f'{label}: {value}')
print(f'files: {len(payload)}')
