#!/usr/bin/env python3
"""Make a directory of articles into a corpus that every system can pack.

    prepare.py DIR              add what zimwriterfs demands: index.html, illustration.png
    prepare.py JSONL DIR        before, write each line as a file, with all its members in front

The files of a JSONL corpus are Markdown with front matter, as those of other corpora are: so each
system stores the same bytes.
"""
import json
import os
import struct
import sys
import zlib


def front_matter(record):
    body = record.pop("body")
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}"
             for key, value in record.items() if value is not None]
    return "\n".join(["---", *lines, "---", body, ""])


def write_files(jsonl, directory):
    with open(jsonl, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            folder = os.path.join(directory, record["date"][:7])
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, record["id"] + ".md"), "w", encoding="utf-8") as file:
                file.write(front_matter(record))


def png(size):
    """A grey square."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * size) * size
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def main(arguments):
    directory = arguments[-1]
    if len(arguments) == 2:
        write_files(arguments[0], directory)
    page = os.path.join(directory, "index.html")
    if not os.path.exists(page):
        with open(page, "w", encoding="utf-8") as file:
            file.write("<html><head><title>Index</title></head><body><p>Index.</p></body></html>\n")
    with open(os.path.join(directory, "illustration.png"), "wb") as file:
        file.write(png(48))


main(sys.argv[1:])
