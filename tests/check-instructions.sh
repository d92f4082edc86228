#!/bin/sh
# Programs get slow little by little: pack, get, list and verify take no more instructions than tests/bench/instructions
# says, as callgrind counts them.  These hardly vary between runs and machines, as time does, but they do with compiler,
# libraries and what the processor can do: elsewhere nothing is compared.  --renew writes the file.
set -eu
cd "$(dirname "$0")/.."
build=$(cd "${BUILD:-build}" && pwd)
kept=$PWD/tests/bench/instructions
# Percent.  Between runs counts differ by up to 0.7, because checking a signature takes more for some keys than for
# others.  Many fewer are a gain that is to be kept, so they fail as well.
more=3
fewer=10

# What the counts depend on.
conditions() {
	compiler=$(printf '__GNUC__ __clang__\n' | ${CC:-cc} -E -P - | sed 's/^\([0-9]*\) __clang__$/gcc \1/; s/.* 1$/clang/')
	avx2=$(grep -qw avx2 /proc/cpuinfo && echo avx2 || echo no-avx2)
	echo "$compiler, $(uname -m), $avx2, zstd $(pkg-config --modversion libzstd), sodium $(pkg-config \
	    --modversion libsodium), flags ${CFLAGS--O2 -g}${CPPFLAGS:+ $CPPFLAGS}${LDFLAGS:+ $LDFLAGS}"
}

# instructions NAME COMMAND...: a line of the file.  Only what is named here is in the environment.
instructions() {
	name=$1
	shift
	env -i PATH="$PATH" LC_ALL=C.UTF-8 HOME=/ TMPDIR=. XDG_CONFIG_HOME="$work/config" \
	    XDG_STATE_HOME="$work/state" \
	    valgrind --tool=callgrind --callgrind-out-file=/dev/null --trace-children=yes --log-file=log "$@" >/dev/null
	echo "$name $(sed -n 's/^==.*== Collected : //p' log | tail -n 1)"
}

count() {
	"$build/capsa" key new --no-password --quiet >/dev/null
	for articles in corpus made rows; do
		instructions "$articles pack" "$build/capsa" pack --quiet --threads 1 --created 2026-01-01 \
		    -o $articles.capsa $articles
		path=$("$build/capsa" list $articles.capsa | sed -n 40p)
		instructions "$articles get" "$build/capsa" get $articles.capsa "$path"
		instructions "$articles list" "$build/capsa" list $articles.capsa
		instructions "$articles verify" "$build/capsa" verify --threads 1 $articles.capsa
		instructions "$articles verify-deep" "$build/capsa" verify --deep --threads 1 $articles.capsa
	done
}

here=$(conditions)
if [ "${1:-}" != --renew ] && ! grep -qxF "# $here" "$kept"; then
	echo "counted with $(sed -n '1s/^# //p' "$kept"), not with $here"
	exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R corpus "$work/corpus"
"$build/make_articles" 200 "$work/made"
"$build/make_articles" --jsonl 100 >"$work/rows"
(cd "$work" && export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state" && count) >"$work/counts"
[ "$(grep -c ' [0-9][0-9]*$' "$work/counts")" = 15 ]

if [ "${1:-}" = --renew ]; then
	{ echo "# $here"; cat "$work/counts"; } >"$kept"
	exit 0
fi
awk -v more=$more -v fewer=$fewer '
	/^#/                  { next }
	NR == FNR             { kept[$1 " " $2] = $3; next }
	{
		change = kept[$1 " " $2] ? ($3 / kept[$1 " " $2] - 1) * 100 : 100
		printf "%-20s %12d instructions, %+.2f%%\n", $1 " " $2, $3, change
		if (change > more || change < -fewer)
			bad = 1
	}
	END {
		if (bad)
			print "too many, or many fewer; where that is right: make instructions"
		exit bad
	}' "$kept" "$work/counts"
