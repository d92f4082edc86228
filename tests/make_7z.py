#!/usr/bin/env python3
"""make_7z.py KIND: a 7z file on standard output that no program would write.

KIND is one of those in main(); of `nameless` and `many` a second argument says how the header is packed.
"""
import lzma
import struct
import sys
import zlib


def number(n):
    """As 7z files have numbers: in the longest form, unless it is small."""
    return bytes([n]) if n < 128 else b"\xff" + struct.pack("<Q", n)


def sealed(body, header, at=None):
    """The file: `body`, and `header` behind it, or where it says it is."""
    start = struct.pack("<QQL", len(body) if at is None else at, len(header), zlib.crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start + body + header


def packed(header, method="lzma", size=None):
    """The file with its header packed."""
    if method == "lzma":
        filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 20, "lc": 3, "lp": 0, "pb": 2}]
        coder = b"\x23\3\1\1\5" + b"\x5d" + struct.pack("<L", 1 << 20)
    elif method == "lzma2":
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 20}]
        coder = b"\x21\x21\1\x10"
    body = header if method in ("copy", "aes") else lzma.compress(header, lzma.FORMAT_RAW, filters=filters)
    if method == "copy":
        coder = b"\1\0"
    elif method == "aes":
        coder = b"\x24\x06\xf1\x07\x01\1\0"
    info = b"\x17" + b"\6" + number(0) + b"\1\x09" + number(len(body)) + b"\0"
    info += b"\7\x0b\1\0\1" + coder + b"\x0c" + number(size or len(header))
    info += b"\x0a\1" + struct.pack("<L", zlib.crc32(header)) + b"\0\0"
    return sealed(body, info)


def empty_files(count, names):
    """A header of empty files."""
    bits = b"\xff" * ((count + 7) // 8)
    header = b"\1\5" + number(count) + b"\x0e" + number(len(bits)) + bits + b"\x0f" + number(len(bits)) + bits
    if names is not None:
        header += b"\x11" + number(len(names) + 1) + b"\0" + names
    return header + b"\0\0"


def main(kind, method="lzma"):
    if kind == "nameless":
        header = empty_files(4000000, None)  # of which each costs a quarter of a byte, and of memory 88
        return sealed(b"", header) if method == "plain" else packed(header, method)
    if kind in ("good", "many"):
        count = 1 if kind == "good" else 20000
        names = "".join("n%05d\0" % i for i in range(count)).encode("utf-16-le")
        return packed(empty_files(count, names), method)
    if kind == "folders":
        return packed(b"\1\4\7\x0b" + number(90000000) + b"\0" + b"\1\1\0" * 1000)
    if kind == "streams":
        return packed(b"\1\4\6\0" + number(90000000) + b"\x09" + b"\0" * 1000)
    if kind == "substreams":
        return packed(b"\1\4\6\0\1\x09\1\0\7\x0b\1\0\1\1\0\x0c\1\0\x08\x0d" + number(90000000) + b"\0" * 100)
    if kind == "coder":
        return packed(b"\1\4\7\x0b\1\0\1\x11\0" + number(90000000) + b"\1" + b"\0" * 100)
    if kind == "twice":
        return packed(packed(empty_files(1, b"a\0\0\0"))[32:])
    if kind == "large":
        return packed(b"\1\5", size=(64 << 20) + 1)
    if kind == "grows":
        return packed(b"\1\5" + b"\0" * 100, size=2 << 20)
    if kind == "damaged":
        return packed(b"\1\5" + b"\0" * 100, size=1 << 20)
    if kind == "properties":
        return sealed(b"", b"\1\2\x09\7" + b"\0" * 7 + b"\0\5\1\0\0")
    if kind == "aes":
        return packed(empty_files(1, b"a\0\0\0"), "aes")
    if kind == "outside":
        return sealed(b"", b"\1\0", at=1 << 62)
    if kind == "cut":
        return packed(empty_files(1, b"a\0\0\0"))[:-1]
    if kind == "empty":
        return sealed(b"", b"")
    assert kind == "sfx"
    return b"MZ" + b"\0" * (0x30000 - 2) + main("nameless")


sys.stdout.buffer.write(main(*sys.argv[1:]))
