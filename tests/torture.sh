#!/bin/bash
# Flip single bits of an archive of corpus/, one at a time, and cut it at every length: `verify` must report each,
# and neither `get` nor `extract` may ever write a byte that was not packed.  FLIPS tells how many, SEED which.
set -eu

capsa=$(realpath "${CAPSA:-build/capsa}")
corpus=$(realpath corpus)
flips=${FLIPS:-1000}
seed=${SEED:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CONFIG_HOME="$work/config"
cd "$work"

"$capsa" key new --no-password >/dev/null 2>&1
"$capsa" pack --quiet -o good.capsa --created 2026-01-01 --frame-size 16K "$corpus"
"$capsa" list -0 good.capsa >paths
size=$(stat -c %s good.capsa)
bad=0

complain() {
	echo "torture: $1" >&2
	bad=$((bad + 1))
}

# Whatever comes out of a damaged archive is what was packed.
check_extract() {
	rm -rf out
	"$capsa" extract --quiet -C out bad.capsa >/dev/null 2>&1 || :
	[ ! -d out ] || diff -r "$corpus" out 2>&1 | grep -v "^Only in $corpus" >differences || :
	[ ! -s differences ] || complain "$1: extract wrote $(head -n 1 differences)"
}

check_get() {
	while IFS= read -r -d '' path; do
		"$capsa" get --quiet -o got bad.capsa "$path" 2>/dev/null || continue
		cmp -s got "$corpus/$path" || complain "$1: get wrote another $path"
		rm -f got
	done < <(shuf -z -n 4 --random-source=<(yes "$2") paths)
}

check_verify() {
	local status=0
	"$capsa" verify --quiet bad.capsa >/dev/null 2>&1 || status=$?
	[ "$status" = 3 ] || complain "$1: verify exits with $status"
}

RANDOM=$seed
: >differences
for i in $(seq "$flips"); do
	bit=$(((RANDOM * 32768 * 32768 + RANDOM * 32768 + RANDOM) % (size * 8)))
	cp good.capsa bad.capsa
	byte=$(od -An -tu1 -j $((bit / 8)) -N 1 good.capsa)
	printf "\\x$(printf %02x $((byte ^ (1 << bit % 8))))" |
		dd of=bad.capsa bs=1 seek=$((bit / 8)) conv=notrunc status=none
	check_verify "bit $bit"
	check_extract "bit $bit"
	check_get "bit $bit" "$i"
done
echo "$flips bits flipped in an archive of $size bytes"

cuts=0
for ((cut = 0; cut < size; cut += 1 + size / 500)); do
	head -c "$cut" good.capsa >bad.capsa
	check_verify "cut at $cut"
	check_extract "cut at $cut"
	cuts=$((cuts + 1))
done
echo "$cuts truncations"
[ "$bad" = 0 ] || { echo "torture: $bad failures" >&2; exit 1; }
echo "all reported, no wrong byte written"
