#!/bin/sh
# Packs, verifies and extracts with several threads through a command that ThreadSanitizer watches.
# Called by `make tsan`.
set -eu

capsa=$(realpath "$BUILD/capsa")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state"

mkdir "$work/site"
for i in 1 2 3 4 5 6 7 8; do
	cp -R corpus "$work/site/$i"
done
cd "$work"
"$capsa" key new --no-password desk >/dev/null 2>&1
"$capsa" pack -q -k desk.key --threads 4 --frame-size 16K -o plain.capsa -C site .
"$capsa" pack -q -k desk.key --threads 4 --dictionary=32K --frame-size 16K -o dictionary.capsa -C site .
for archive in plain.capsa dictionary.capsa; do
	"$capsa" verify -q -p desk.pub --threads 4 "$archive" >/dev/null
	"$capsa" verify -q -p desk.pub --threads 4 --deep "$archive" >/dev/null
	"$capsa" extract -q --threads 4 -p desk.pub -C out "$archive"
	diff -r -x '*.capsa.json' site out
	rm -r out
	cp "$archive" bad.capsa
	printf x | dd of=bad.capsa bs=1 seek=5000 conv=notrunc status=none
	status=0
	"$capsa" verify -q -p desk.pub --threads 4 --deep bad.capsa >/dev/null || status=$?
	[ "$status" = 3 ]
	rm bad.capsa
done
