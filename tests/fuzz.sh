#!/bin/sh
# Run fuzz targets for SECONDS each, JOBS at a time; with FUZZ_SEED always the same way, as far as that goes.  A target
# starts from tests/fuzz/corpus/NAME, where there is one, and from what it found before, below BUILD.
set -eu

if [ "$1" = --one ]; then
	target=$2
	name=$(basename "$target")
	found=$BUILD/found/$name
	log=$BUILD/found/$name.log
	mkdir -p "$found"
	set -- "$found"
	[ ! -d "tests/fuzz/corpus/$name" ] || set -- "$@" "tests/fuzz/corpus/$name"
	[ ! -f "tests/fuzz/$name.dict" ] || set -- "$@" "-dict=tests/fuzz/$name.dict"
	if $FIXED "$target" ${FUZZ_SEED:+-seed="$FUZZ_SEED"} -max_total_time="$SECONDS" -timeout=20 -rss_limit_mb=2560 -print_final_stats=1 \
	    -artifact_prefix="$BUILD/found/$name-" "$@" >"$log" 2>&1 </dev/null; then
		printf 'ok      %-24s %9d runs\n' "$name" \
		    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
		exit 0
	fi
	printf 'FAILED  %s, see %s\n' "$name" "$log"
	tail -n 40 "$log"
	exit 1
fi

# The sanitizers of older compilers and some kernels disagree about where random addresses may lie.
FIXED=
! setarch "$(uname -m)" -R true 2>/dev/null || FIXED="setarch $(uname -m) -R"
export BUILD FIXED SECONDS
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-2}" sh "$0" --one
