#!/bin/sh
# Installed below a DESTDIR all is there, the header's example builds by capsa.pc from there, and uninstall leaves no
# file; installed below a PREFIX the command finds its other half.
set -eu
cd "$(dirname "$0")/.."
. tests/example.sh
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
stage=$scratch/stage
make="${MAKE:-make} --no-print-directory -s BUILD=$BUILD CC=$CC"

$make install DESTDIR="$stage" PREFIX=/opt/capsa
for file in bin/capsa libexec/capsa/capsa-pack lib/libcapsa.a lib/libcapsa.so lib/libcapsa.so.1 lib/pkgconfig/capsa.pc \
    include/capsa.h share/doc/capsa/capsa.md; do
	[ -f "$stage/opt/capsa/$file" ] || { echo "$file was not installed"; exit 1; }
done

"$BUILD/capsa" pack --quiet --unsigned -o "$scratch/a.capsa" corpus
example "$scratch/example.c"
export PKG_CONFIG_SYSROOT_DIR="$stage"
export PKG_CONFIG_PATH="$stage/opt/capsa/lib/pkgconfig"
$CC -std=c11 -Wall -Werror $(pkg-config --cflags capsa) -o "$scratch/shared" "$scratch/example.c" \
    $(pkg-config --libs capsa)
LD_LIBRARY_PATH="$stage/opt/capsa/lib" "$scratch/shared" "$scratch/a.capsa" news/correction.txt |
    cmp - corpus/news/correction.txt
unset PKG_CONFIG_SYSROOT_DIR

$make uninstall DESTDIR="$stage" PREFIX=/opt/capsa
if find "$stage" ! -type d | grep .; then
	echo 'uninstall left these'
	exit 1
fi

$make install PREFIX="$scratch/prefix"
export PKG_CONFIG_PATH="$scratch/prefix/lib/pkgconfig"
$CC -std=c11 -Wall -Werror $(pkg-config --cflags capsa) -o "$scratch/static" "$scratch/example.c" \
    "$scratch/prefix/lib/libcapsa.a" $(pkg-config --static --libs-only-l libzstd libsodium) -pthread
PATH="$scratch/prefix/bin:$PATH"
cp -R corpus "$scratch/corpus"
(cd "$scratch" && capsa pack --quiet --unsigned -o b.capsa corpus)
"$scratch/static" "$scratch/b.capsa" news/correction.txt | cmp - corpus/news/correction.txt
$make uninstall PREFIX="$scratch/prefix"
echo 'installed, used and uninstalled'
