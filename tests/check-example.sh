#!/bin/sh
# spec/example.md is what tests/vectors/dump_example.c writes.  With another zstd than the one it names
# compressed bytes may differ, and only the prefix is compared.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

version()
{
	sed -n 's/^Made by .* with zstd \([0-9.]*[0-9]\);.*/\1/p' "$1"
}

prefix()
{
	sed -n '/^## 0 (0x0): the prefix$/,/^## 25 (0x19):/p' "$1"
}

"$BUILD/dump_example" >"$scratch/example.md"
made=$(version spec/example.md)
here=$(version "$scratch/example.md")
[ -n "$made" ]
[ -n "$here" ]
if [ "$made" = "$here" ]; then
	diff spec/example.md "$scratch/example.md"
	exit
fi
echo "spec/example.md was made with zstd $made, and here is zstd $here: only the prefix is compared"
prefix spec/example.md >"$scratch/made"
prefix "$scratch/example.md" >"$scratch/here"
[ -s "$scratch/made" ]
diff "$scratch/made" "$scratch/here"
