"""A strict reader of WARC 1.0 and 1.1 and ARC 1 files, plain or gzip by record, for the tests.

It knows nothing of capsa and uses Python's standard library alone.  For each record it prints
a line of nine fields with tabs between them:

    type  URI  date  content type  HTTP status  bytes  SHA-256 of the payload  record id  refers to

`-` stands for what a record has not.  The payload of a response is the entity, that of any other
record its block.  Whatever breaks a rule ends the program with status 1, after the lines of the
records before it, and with a message that has the record's number and offset.
"""
import argparse
import base64
import hashlib
import re
import sys
import zlib

HTTP_TYPES = {'response', 'revisit'}
NEEDED = ('warc-type', 'warc-record-id', 'warc-date', 'content-length')
TYPES = {'warcinfo', 'response', 'resource', 'request', 'metadata', 'revisit', 'conversion', 'continuation'}


class Broken(Exception):
    """A rule that the file breaks."""


def need(condition, what):
    if not condition:
        raise Broken(what)


def members(data):
    """The records' bytes of a file whose every record is one gzip member: (offset, bytes)."""
    at = 0
    while at < len(data):
        member = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            record = member.decompress(data[at:]) + member.flush()
        except zlib.error as error:
            raise Broken(f'gzip member at {at}: {error}') from error
        need(member.eof, f'gzip member at {at} is cut off')
        yield at, record
        at = len(data) - len(member.unused_data)


def fields(head, what):
    """Header lines, with continuation lines folded, as a list of (name in lower case, value)."""
    found = []
    for line in head.split(b'\r\n'):
        if line[:1] in (b' ', b'\t') and found:
            found[-1] = (found[-1][0], found[-1][1] + b' ' + line.strip())
            continue
        name, colon, value = line.partition(b':')
        need(colon and re.fullmatch(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name), f'{what} has the line {line!r}')
        found.append((name.decode().lower(), value.strip()))
    return found


def check_digest(value, choices, what):
    name, colon, text = value.partition(':')
    name = name.lower().replace('-', '')
    need(colon and name in ('md5', 'sha1', 'sha256', 'sha512'), f'{what} is {value!r}')
    for data in choices:
        digest = hashlib.new(name, data).digest()
        if text.rstrip('=').lower() in (digest.hex(), base64.b32encode(digest).decode().rstrip('=').lower()):
            return
    raise Broken(f'{what} does not fit')


def split_http(block):
    """Status line, fields and body of an HTTP message."""
    head, gap, body = block.partition(b'\r\n\r\n')
    need(gap, 'the HTTP header has no end')
    line, _, rest = head.partition(b'\r\n')
    need(re.match(rb'HTTP/\d(\.\d)? \d{3}( |$)', line), f'the status line is {line!r}')
    return line.decode('latin-1'), fields(rest, 'the HTTP header') if rest else [], body


def unchunk(data):
    out, at = [], 0
    while True:
        size = re.match(rb'([0-9A-Fa-f]{1,15})[ \t]*(;[^\r\n]*)?\r\n', data[at:at + 4096])
        need(size, f'there is no chunk size at {at} of the body')
        at += size.end()
        length = int(size.group(1), 16)
        if length == 0:
            return b''.join(out)
        need(data[at + length:at + length + 2] == b'\r\n', f'the chunk at {at} of the body has no end')
        out.append(data[at:at + length])
        at += length + 2


def inflate(data, coding):
    for bits in ((16 + zlib.MAX_WBITS,) if 'gzip' in coding else (zlib.MAX_WBITS, -zlib.MAX_WBITS)):
        try:
            stream = zlib.decompressobj(bits)
            out = stream.decompress(data) + stream.flush()
            need(stream.eof, f'the {coding} body is cut off')
            return out
        except zlib.error as error:
            last = error
    raise Broken(f'the {coding} body: {last}')


def decode(headers, body):
    """The entity after transfer and content coding."""
    for name, value in headers:
        if name == 'transfer-encoding' and value.lower() == b'chunked':
            body = unchunk(body)
    codings = [coding.strip().decode('latin-1').lower() for name, value in headers if name == 'content-encoding'
               for coding in value.split(b',')]
    for coding in reversed(codings):
        if coding in ('gzip', 'x-gzip', 'deflate'):
            body = inflate(body, coding)
        else:
            need(coding in ('', 'identity'), f'the content coding {coding!r} is not known here')
    return body


def http_payload(record, block, options):
    """Sets the HTTP status, checks the length; the entity."""
    line, headers, body = split_http(block)
    record['status'] = line.split(' ')[1]
    record['lines'] = [line] + [f'{name}: {value.decode("latin-1")}' for name, value in headers]
    length = dict(headers).get('content-length')
    chunked = any(name == 'transfer-encoding' for name, _ in headers)
    if options.strict_http and record['type'] == 'response' and length is not None and not chunked:
        need(int(length) == len(body), f'Content-Length {length.decode()} is not the {len(body)} bytes of the body')
    if not options.decode or record['type'] != 'response':
        return body, body
    try:
        return body, decode(headers, body)
    except Broken:
        if not options.lenient:
            raise
        return body, body


def warc_record(data, at, options):
    """The record at `at`, and where the next begins."""
    version = re.match(rb'WARC/1\.[01]\r\n', data[at:at + 16])
    need(version, f'it begins {data[at:at + 16]!r}')
    end = data.find(b'\r\n\r\n', at)
    need(end >= 0, 'the header has no end')
    head = fields(data[at + version.end():end], 'the header')
    header = {}
    for name, value in head:
        need(name not in header or name == 'warc-concurrent-to', f'{name} comes twice')
        header[name] = value.decode()
    for name in NEEDED:
        need(header.get(name), f'{name} is missing')
    need(re.fullmatch(r'\d+', header['content-length']), 'Content-Length is no number')
    need(re.fullmatch(r'<[a-zA-Z][a-zA-Z0-9+.-]*:[^\s<>]+>', header['warc-record-id']), 'WARC-Record-ID is no <URI>')
    date = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z'
    if version.group().startswith(b'WARC/1.1'):
        date = r'\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?)?)?'
    need(re.fullmatch(date, header['warc-date']), f"WARC-Date is {header['warc-date']!r}")
    kind = header['warc-type']
    need(kind in TYPES, f'the type is {kind!r}')
    uri = header.get('warc-target-uri', '').strip('<>')
    if kind in ('response', 'resource', 'request', 'revisit', 'conversion'):
        need(re.match(r'[a-zA-Z][a-zA-Z0-9+.-]*:\S', uri), f'WARC-Target-URI is {uri!r}')
    start, size = end + 4, int(header['content-length'])
    block = data[start:start + size]
    need(len(block) == size, f'the block has {len(block)} of {size} bytes')
    need(data[start + size:start + size + 4] == b'\r\n\r\n', 'two line ends do not follow the block')
    record = {'type': kind, 'uri': uri, 'date': header['warc-date'], 'content': header.get('content-type', ''),
              'id': header['warc-record-id'].strip('<>'), 'refers': header.get('warc-refers-to', '').strip('<>'),
              'header': header}
    wire = payload = block
    if kind in HTTP_TYPES and header.get('content-type', '').lower().startswith('application/http') and block:
        wire, payload = http_payload(record, block, options)
    elif kind == 'request':
        wire = block.partition(b'\r\n\r\n')[2]
    if not options.no_digests:
        if 'warc-block-digest' in header:
            check_digest(header['warc-block-digest'], (block,), 'WARC-Block-Digest')
        # What a digest of a payload covers differs between programs: as it was sent, or decoded.
        if 'warc-payload-digest' in header and kind != 'revisit':
            check_digest(header['warc-payload-digest'], (wire, payload), 'WARC-Payload-Digest')
    record['payload'] = payload
    return record, start + size + 4


def arc_record(data, at, options):
    """The same of ARC 1."""
    end = data.find(b'\n', at)
    need(end >= 0, 'the header line has no end')
    parts = data[at:end].decode('utf-8').rsplit(' ', 4)
    need(len(parts) == 5 and parts[4].isdigit(), f'the header line is {data[at:end]!r}')
    need(re.fullmatch(r'\d{14}', parts[2]), f'the date is {parts[2]!r}')
    start, size = end + 1, int(parts[4])
    block = data[start:start + size]
    need(len(block) == size, f'the block has {len(block)} of {size} bytes')
    d = parts[2]
    record = {'type': 'response', 'uri': parts[0], 'content': parts[3], 'id': '', 'refers': '', 'header': {},
              'date': f'{d[:4]}-{d[4:6]}-{d[6:8]}T{d[8:10]}:{d[10:12]}:{d[12:]}Z', 'payload': block}
    if parts[0].startswith('filedesc:'):
        record['type'] = 'warcinfo'
    elif re.match(rb'HTTP/\d', block):
        _, record['payload'] = http_payload(record, block, options)
    else:
        record['type'] = 'resource'
    next_at = start + size
    while data[next_at:next_at + 1] in (b'\n', b'\r'):
        next_at += 1
    return record, next_at


def records(data, options):
    """All records as (offset, record)."""
    gzip = data[:2] == b'\x1f\x8b'
    for offset, piece in members(data) if gzip else [(0, data)]:
        need(piece, f'gzip member at {offset} is empty')
        read = warc_record if piece[:5] == b'WARC/' else arc_record
        at = 0
        while at < len(piece):
            try:
                record, after = read(piece, at, options)
            except (Broken, ValueError) as error:
                raise Broken(f'record at {offset if gzip else at}: {error}') from error
            need(not gzip or after == len(piece), f'gzip member at {offset} holds more than one record')
            yield offset if gzip else at, record
            at = after


def show(record, options):
    digest = hashlib.sha256(record['payload']).hexdigest()
    out = (record['type'], record['uri'], record['date'], record['content'], record.get('status', ''),
           str(len(record['payload'])), digest, record['id'], record['refers'])
    print('\t'.join(field or '-' for field in out))
    if options.http:
        for line in record.get('lines', []):
            print(f'\t{line}')
    if options.dump:
        with open(f"{options.dump}/{options.count}", 'wb') as file:
            file.write(record['payload'])


def main():
    parser = argparse.ArgumentParser(description='Read a WARC or ARC file, strictly.')
    parser.add_argument('--decode', action='store_true', help='undo chunked transfer, and gzip and deflate coding')
    parser.add_argument('--lenient', action='store_true', help='leave a body as it is whose coding is not what HTTP says')
    parser.add_argument('--strict-http', action='store_true', help="compare HTTP's Content-Length with the entity")
    parser.add_argument('--no-digests', action='store_true', help='do not check digests')
    parser.add_argument('--http', action='store_true', help='show HTTP status line and fields, indented by a tab')
    parser.add_argument('--dump', metavar='DIR', help='write payloads as DIR/0, DIR/1 ...')
    parser.add_argument('file', help='- is standard input')
    options = parser.parse_args()
    options.count = 0
    sys.stdout.reconfigure(encoding='utf-8', errors='surrogateescape', newline='\n')
    with (sys.stdin.buffer if options.file == '-' else open(options.file, 'rb')) as file:
        data = file.read()
    try:
        need(data, 'the file is empty')
        for _, record in records(data, options):
            show(record, options)
            options.count += 1
    except Broken as error:
        sys.stdout.flush()
        print(f'{options.file}: record {options.count}: {error}', file=sys.stderr)
        sys.exit(1)


if __name__ == '__main__':
    main()
