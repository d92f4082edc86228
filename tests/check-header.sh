#!/bin/sh
# capsa.h compiles alone, as C11 and as C++, and the example in its top comment reads an article.
set -eu
cd "$(dirname "$0")/.."
. tests/example.sh
CC=${CC:-cc}
CXX=${CXX:-c++}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

printf '#include "capsa.h"\n#include "capsa.h"\n' >"$scratch/alone.c"
cp "$scratch/alone.c" "$scratch/alone.cpp"
warnings='-Wall -Wextra -Wpedantic -Werror -Iformat'
$CC -std=c11 $warnings -Wstrict-prototypes -c -o "$scratch/alone.o" "$scratch/alone.c"
$CXX -std=c++11 $warnings -c -o "$scratch/alone.o" "$scratch/alone.cpp"

example "$scratch/example.c"
$CC -std=c11 $warnings -o "$scratch/example" "$scratch/example.c" \
    -L"$BUILD" -Wl,-rpath,"$PWD/$BUILD" -lcapsa

"$BUILD/capsa" pack --quiet --unsigned -o "$scratch/a.capsa" corpus
"$scratch/example" "$scratch/a.capsa" blog/.draft.md >"$scratch/draft"
cmp "$scratch/draft" corpus/blog/.draft.md
if "$scratch/example" "$scratch/a.capsa" blog/absent.md 2>"$scratch/absent"; then
	echo 'the example finds what is absent'
	exit 1
fi
[ -s "$scratch/absent" ]
