#!/bin/sh
# Minimise tests/fuzz/corpus: of what is there, and of what fuzzing has found below BUILD, few small inputs that reach all
# that the whole reaches, counted in branches of the code.  A corpus that is too large loses its largest files.
set -eu
SIZE_MAX=80000  # bytes of one corpus
FILE_MAX=16384
FILES_MAX=128

if [ "$1" = --one ]; then
	target=$2
	name=$(basename "$target")
	corpus=tests/fuzz/corpus/$name
	found=$BUILD/found/$name
	new=$BUILD/found/$name.new
	mkdir -p "$corpus" "$found"
	rm -rf "$new"
	mkdir "$new"
	$FIXED "$target" -set_cover_merge=1 -use_counters=0 -max_len=$FILE_MAX -timeout=20 -rss_limit_mb=2560 \
	    "$new" "$found" "$corpus" >"$found.merge.log" 2>&1 </dev/null || {
		echo "FAILED  $name, see $found.merge.log"
		exit 1
	}
	# Smallest first, until there is no more room.
	(cd "$new" && ls -Sr) | {
		size=0
		files=0
		while read -r file; do
			size=$((size + $(wc -c <"$new/$file")))
			files=$((files + 1))
			if [ $size -gt $SIZE_MAX ] || [ $files -gt $FILES_MAX ]; then
				rm "$new/$file"
			fi
		done
	}
	rm -rf "$corpus"
	mv "$new" "$corpus"
	printf '%-24s %4d files %7d bytes\n' "$name" "$(ls "$corpus" | wc -l)" "$(cat "$corpus"/* | wc -c)"
	exit 0
fi

# The sanitizers of older compilers and some kernels disagree about where random addresses may lie.
FIXED=
! setarch "$(uname -m)" -R true 2>/dev/null || FIXED="setarch $(uname -m) -R"
export BUILD FIXED
printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-2}" sh "$0" --one
