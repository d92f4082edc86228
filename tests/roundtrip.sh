#!/bin/sh
# Make a key, pack the corpus, verify, get one article, extract all, compare: under WRAP, for tools like valgrind.
set -eu
cd "$(dirname "$0")/.."
corpus=$PWD/corpus
capsa="${WRAP:-} $PWD/${BUILD:-build}/capsa"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export XDG_CONFIG_HOME="$scratch/config"

$capsa key new --no-password desk
$capsa pack -k desk.key -o a.capsa "$corpus"
$capsa pack -k desk.key --dictionary 64K --frame-size 16K --threads 2 -o b.capsa "$corpus"
for archive in a b; do
	$capsa verify --deep -p desk.pub $archive.capsa
	$capsa info -p desk.pub $archive.capsa
	$capsa list -l -p desk.pub $archive.capsa >$archive.list
	$capsa get -p desk.pub $archive.capsa news/2024/05/03/gauge.png >gauge.png
	cmp gauge.png "$corpus/news/2024/05/03/gauge.png"
	$capsa extract -p desk.pub $archive.capsa -C $archive
	diff -r "$corpus" $archive
done
