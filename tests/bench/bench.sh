#!/bin/sh
# Measure capsa beside what else packs articles: each system in turn, ROUNDS times, on the same files, so that
# whatever else the machine does hits all alike.  report.py makes medians, tables and plots of it.
#
# Variables, all optional:
#   CORPORA      mdn learnxiny arxiv pydoc made, or directories; default: those of ../shared/corpora, else pydoc made
#   ROUNDS       how often each measurement is made, default 3; what takes minutes (level 19) is made once
#   PARTS        corpora curves scale: what is measured, default all; the report has the others of earlier runs
#   BENCH_LARGE  1: also what takes hours: 10^7 articles, all curves at level 19
#   BENCH_DIR    where to work, default TMPDIR; needs 4 GB, and a name without spaces
#   QUICK        1: a smoke test in seconds; its results go to $BUILD/bench/quick
set -eu
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
bench=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$bench/../.." && pwd)
build=$(cd "$top/${BUILD:-build}" && pwd)
shared=$top/../shared/corpora
PATH=$build:$PATH
unset SOURCE_DATE_EPOCH CAPSA_PASSWORD || :

rounds=${ROUNDS:-3}
gets=50
lookups=10000
measured=$build/bench/measured
out_dir=$bench
parts=${PARTS:-corpora curves scale}
fast='capsa@9 capsa+d@9 tar@3 tar@9 squashfs@15 squashfs@9 zip@6'
slow='capsa@19 capsa+d@19 tar@19 zim@19 zim+ft@19 squashfs@19'
levels='1 3 6 9 12 15'
frames='64K 128K 256K 512K 1M 2M 4M'
frame_levels=9
scales='1000 10000 100000 1000000'
if [ "${BENCH_LARGE:-}" = 1 ]; then
	levels="$levels 19"
	frame_levels='3 9 19'
	scales="$scales 10000000"
fi
if [ "${QUICK:-}" = 1 ]; then
	CORPORA=${CORPORA:-small}
	rounds=${ROUNDS:-2}
	gets=5
	lookups=200
	measured=$build/bench/quick
	out_dir=$measured
	levels='1 9'
	frames='64K 512K'
	frame_levels=3
	scales='100 1000'
fi

. "$bench/corpora.sh"
. "$bench/systems.sh"

mkdir -p "$measured"
work=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/tmp}}/capsa-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
export XDG_CONFIG_HOME="$work/config" XDG_STATE_HOME="$work/state"

# record PART SERIES X QUANTITY VALUE
record() {
	[ -n "$5" ]
	printf '%s\t%s\t%s\t%s\t%s\n' "$@" >>"$results"
}

# timed PART SERIES X COMMAND: by the shell.
timed() {
	measure "$results" "$1" "$2" "$3" 1 '' sh -c "$4"
}

say() {
	echo "$(date +%T)  $*" >&2
}

# zip wants a dot in the name.
file_of() {
	echo "$work/files/$1.packed"
}

# pack PART SYSTEM X: $file anew.
pack() {
	rm -f "$file"
	timed "$1" "$2" "$3" "$(system_pack "$2")"
}

# ---- one corpus, all systems --------------------------------------------------------------------

# How often a whole process is measured: where every get reads everything, less often.
gets_of() {
	case $1 in
	tar*) echo $((gets / 10 + 1)) ;;
	*) echo "$gets" ;;
	esac
}

read_one() {
	corpus=$1
	system=$2
	# shellcheck disable=SC2046 # the commands are words
	measure "$results" "$corpus" "$system" get "$(gets_of "$system")" "$dir.gets" $(system_get "$system")
	timed "$corpus" "$system" list "$(system_list "$system")"
	check=$(system_verify "$system")
	[ -z "$check" ] || timed "$corpus" "$system" verify "$check"
	rm -rf "$out"
	mkdir "$out"
	timed "$corpus" "$system" extract "$(system_extract "$system")"
	# What is compared does the same, but zimdump, which makes pages of what it adds.
	case $round$system in
	1zim*) ;;
	1*) diff -r "$dir" "$out" >&2 ;;
	esac
}

# What bounds capsa, on its own files: stock digests and decompression, and an empty process.
read_floor() {
	corpus=$1
	measure "$results" "$corpus" floor get "$gets" '' "$build/bench/floor"
	for system in capsa@9 capsa+d@9; do
		file=$(file_of "$system")
		timed "$corpus" "$system" deep "capsa verify --deep $file"
		timed "$corpus" "$system" b2sum "b2sum -l 256 $file"
		timed "$corpus" "$system" sha256sum "sha256sum $file"
		lookups "$corpus" "$system" lookups "$file" "$lookups" >>"$results"
	done
	file=$(file_of capsa@9)
	timed "$corpus" capsa@9 decompress "zstd -q -t $file"
	zstd -q -dcf "$file" >"$work/raw"
	timed "$corpus" capsa@9 b2sum-raw "b2sum -l 256 $work/raw"
}

# Where the bytes of an archive are.
record_parts() {
	capsa info --quiet --json "$3" | jq -r --arg corpus "$1" --arg system "$2" \
	    '.stored + {articles, tar_headers: .raw.tar_headers} | to_entries[] |
	     [$corpus, $system, "parts", .key, .value] | @tsv' >>"$results"
}

# The same articles as the rows they came as: capsa keeps what stands around a body as metadata, once, while files have it
# in their bodies, too.  The index is also asked for without URLs.
rows_measure() {
	dir=$work/arxiv.jsonl
	for system in capsa@9 capsa+d@9 capsa@19 capsa+d@19; do
		file=$(file_of "rows.$system")
		timed arxiv "$system, JSONL" pack "$(system_pack "$system")"
		record arxiv "$system, JSONL" pack size "$(stat -c %s "$file")"
		record_parts arxiv "$system, JSONL" "$file"
	done
	dir=$work/files/no-urls.jsonl
	file=$(file_of no-urls)
	jq -c 'del(.url)' "$work/arxiv.jsonl" >"$dir"
	sh -c "$(system_pack capsa@9)"
	record_parts arxiv 'capsa@9, JSONL without URLs' "$file"
}

corpus_measure() {
	name=$(basename "$1")
	rm -rf "$work/files"
	mkdir "$work/files"
	corpus_prepare "$1"
	out=$work/out
	round=1
	while [ $round -le "$rounds" ]; do
		say "$name: round $round of $rounds"
		for system in $fast $([ $round -gt 1 ] || echo "$slow"); do
			file=$(file_of "$system")
			pack "$name" "$system" pack
		done
		for system in $fast zim@19; do
			file=$(file_of "$system")
			read_one "$name" "$system"
		done
		read_floor "$name"
		round=$((round + 1))
	done
	for system in $fast $slow; do
		record "$name" "$system" pack size "$(stat -c %s "$(file_of "$system")")"
	done
	for system in capsa@9 capsa+d@9; do
		record_parts "$name" "$system" "$(file_of "$system")"
	done
	[ "$1" != arxiv ] || rows_measure
}

# ---- curves, on the first corpus ----------------------------------------------------------------

# curve PART SERIES X COMMAND: what it takes and how large $file becomes.
curve() {
	rm -f "$file"
	timed "$1" "$2" "$3" "$4"
	record "$1" "$2" "$3" size "$(stat -c %s "$file")"
}

threads_to() {
	n=1
	while [ $n -lt "$1" ]; do
		echo $n
		n=$((n * 2))
	done
	echo "$1"
}

curves_measure() {
	dir=$work/corpora/$(basename "$1")
	mkdir -p "$work/files"
	file=$work/files/curve
	cores=$(nproc)
	for level in $levels; do
		say "curves: level $level"
		for threads in $(threads_to "$cores"); do
			curve levels "capsa, threads: $threads" "$level" \
			    "capsa pack --quiet --level $level --threads $threads -o $file $dir"
		done
		curve levels "capsa, dictionary" "$level" \
		    "capsa pack --quiet --level $level --dictionary=auto -o $file $dir"
		curve levels "tar | zstd -T0" "$level" "tar --sort=name -C $dir -cf - . | zstd -q -T0 -$level -o $file"
	done
	for level in $frame_levels; do
		for frame in $frames; do
			say "curves: frames of $frame, level $level"
			bytes=$(numfmt --from=iec "$frame")
			curve frames "level $level" "$bytes" \
			    "capsa pack --quiet --level $level --frame-size $frame -o $file $dir"
			lookups frames "level $level" "$bytes" "$file" $((lookups / 5)) >>"$results"
			curve frames "level $level, dictionary" "$bytes" \
			    "capsa pack --quiet --level $level --frame-size $frame --dictionary=auto -o $file $dir"
			lookups frames "level $level, dictionary" "$bytes" "$file" $((lookups / 5)) >>"$results"
		done
	done
}

# ---- scale: small articles ----------------------------------------------------------------------

scale_measure() {
	mkdir -p "$work/files"
	for scale in $scales; do
		say "scale: $scale articles"
		"$build/bench/small_articles" "$scale" >"$work/files/rows.jsonl"
		for series in 'no dictionary' dictionary; do
			file=$work/files/scale.capsa
			dictionary=$([ "$series" = dictionary ] && echo auto || echo none)
			curve scale "$series" "$scale" \
			    "capsa pack --quiet --dictionary=$dictionary -o $file $work/files/rows.jsonl"
			capsa list "$file" | sample "$gets" >"$work/files/gets"
			measure "$results" scale-get "$series" "$scale" "$gets" "$work/files/gets" capsa get "$file" {}
			lookups scale "$series" "$scale" "$file" "$lookups" >>"$results"
			timed scale-list "$series" "$scale" "capsa list $file"
			timed scale-verify "$series" "$scale" "capsa verify $file"
		done
	done
}

# results_to NAME: what is measured from here on.
results_to() {
	results=$measured/$1.tsv
	: >"$results"
}

mkdir -p "$work/corpora"
results_to machine
PATH=$build/bench:$PATH
capsa key new --no-password --quiet >/dev/null
record machine - - date "$(date -u +%Y-%m-%d)"
record machine - - cores "$(nproc)"
record machine - - cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
record machine - - load "$(cut -d' ' -f1 /proc/loadavg)"
record machine - - rounds "$rounds"
for package in zstd libzstd1 libsodium23 tar zim-tools squashfs-tools zip unzip; do
	record machine version "$package" text "$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo unknown)"
done

corpora=${CORPORA:-$(corpora_default)}
record machine - - corpora "$corpora"
for part in $parts; do
	results_to "$part"
	case $part in
	corpora) for corpus in $corpora; do corpus_measure "$corpus"; done ;;
	curves)
		[ -d "$work/corpora/$(basename "${corpora%% *}")" ] || corpus_prepare "${corpora%% *}"
		curves_measure "${corpora%% *}"
		;;
	scale) scale_measure ;;
	esac
done
python3 "$bench/report.py" "$measured" "$out_dir"
