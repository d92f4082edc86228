#!/bin/sh
# Make a key, pack, verify, look, extract, compare: the corpus, and made-up articles with a dictionary.  Under WRAP, for
# tools like valgrind.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${BUILD:-build}" && pwd)
capsa="${WRAP:-} $build/capsa"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -R corpus "$scratch/a"
cd "$scratch"
export XDG_CONFIG_HOME="$scratch/config" XDG_STATE_HOME="$scratch/state"
"$build/make_articles" 150 b 3

# Statuses of pipes' first commands would be lost.
$capsa key new --no-password desk
$capsa pack -k desk.key -o a.capsa a
$capsa pack -k desk.key --dictionary 32K --frame-size 64K --threads 2 -o b.capsa b
# Sidecars are no articles.
for archive in a b; do
	$capsa verify --deep -p desk.pub $archive.capsa
	$capsa info -p desk.pub $archive.capsa
	$capsa list -l -p desk.pub $archive.capsa >list
	path=$(cd $archive && find . -type f -size +1 | sort | sed -n '3s|./||p')
	$capsa get -p desk.pub $archive.capsa "$path" >body
	cmp body "$archive/$path"
	$capsa extract -p desk.pub $archive.capsa -C $archive.out
	diff -r -x '*.capsa.json' $archive $archive.out
done
