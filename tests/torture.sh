#!/bin/sh
# What changes of an archive can do, counted: in process by build/torture, and SAMPLES of the same changes
# through the command.  FLIPS, OVERWRITES, CUTS and SEED are tests/torture/torture.c's.
set -eu

: "${BUILD:=build}"
capsa=$(realpath "$BUILD/capsa")
samples=${SAMPLES:-300}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state"
bad=0
good=0

complain()
{
	echo "torture: $1" >&2
	bad=$((bad + 1))
}

# run WANTED ARGUMENT...: statuses that are allowed, as a pattern of the shell.
run()
{
	wanted=$1
	shift
	status=0
	"$capsa" "$@" >log 2>&1 </dev/null || status=$?
	# shellcheck disable=SC2254 # it is a pattern
	case $status in
	$wanted) ;;
	*)
		complain "capsa $*: exit status $status"
		cat log >&2
		;;
	esac
}

# What came out is what was packed; sidecars of salvage stand beside it.
compare()
{
	[ -d out ] || return 0
	# Where a change copied a frame, salvage finds its articles twice.
	find out -name '*~2*' ! -name '*.json' >copies
	while IFS= read -r copy; do
		first=$(printf '%s\n' "$copy" | sed 's/~2//; s/^out/packed/')
		! cmp -s "$copy" "$first" || rm "$copy"
	done <copies
	diff -r -x '*.capsa*.json' packed out | grep -v '^Only in packed' >differences || return 0
	complain "$1: $(head -n 1 differences)"
}

"$BUILD/torture" || bad=$((bad + 1))

mkdir "$work/samples"
"$BUILD/torture" "$samples" "$work/samples"
cp -R corpus "$work/packed"
cd "$work"
cp samples/large.txt packed/large.txt
cp samples/large.txt packed/large-again.txt
for sample in samples/*.capsa; do
	before=$bad
	run 3 verify -q --intact "$sample"
	rm -rf out
	run '[013]' extract -q -C out "$sample"
	compare "extract $sample"
	for path in large.txt large-again.txt README.md encyclopedia/Tide.md; do
		rm -f got
		run '[013]' get -q --by path -o got "$sample" "$path"
		[ ! -e got ] || cmp -s got "packed/$path" || complain "get $sample $path: other bytes"
	done
	rm -rf out
	run '[03]' salvage -q -C out "$sample"
	compare "salvage $sample"
	[ "$bad" != "$before" ] || good=$((good + 1))
done
echo "# by the command: $good of $samples changed archives reported by verify; get, extract and salvage wrote no wrong byte"
[ "$bad" = 0 ]
