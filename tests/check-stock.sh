#!/bin/sh
# What stock tools make of archives, plain and with a dictionary: tar (GNU's and libarchive's) and zstd unpack all articles,
# minisign and sha256sum verify.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "$BUILD" && pwd)
corpus=$PWD/corpus
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
mkdir gnu bsd dictionary

"$build/capsa" key new --quiet --no-password k >key
"$build/capsa" pack --quiet -k k.key -o plain.capsa "$corpus"
zstd -q -t plain.capsa
tar --zstd -C gnu -xf plain.capsa
diff -r --exclude='*.capsa.json' "$corpus" gnu/articles
bsdtar -C bsd -xf plain.capsa
diff -r --exclude='*.capsa.json' "$corpus" bsd/articles

for encoding in C C.UTF-8; do
	LC_ALL=$encoding tar --zstd -tf plain.capsa >names 2>warnings
	if [ -s warnings ]; then
		echo "tar warns with LC_ALL=$encoding"
		cat warnings
		exit 1
	fi
done

"$build/capsa" info --quiet --statement plain.capsa >statement
"$build/capsa" info --quiet --signature plain.capsa >statement.minisig
minisign -q -V -p k.pub -m statement
size=$(sed -n 's/^size: //p' statement)
sum=$(head -c "$size" plain.capsa | sha256sum | cut -c 1-64)
grep -qx "sha256: $sum" statement

"$build/make_articles" 300 site 1
"$build/capsa" pack --quiet --unsigned --dictionary 32K --frame-size 64K -o small.capsa site
cd dictionary
# It stops at the second frame, which it cannot decode.
if zstd -q -dc ../small.capsa >first 2>error; then
	echo 'no frame used the dictionary'
	exit 1
fi
tar -xf first capsa/ 2>error || :
zstd -q -dc -D capsa/dictionary ../small.capsa | tar -xf -
diff -r ../site articles
