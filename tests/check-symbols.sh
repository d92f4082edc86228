#!/bin/sh
# Every global symbol of the library is capsa_*; the shared one exports what capsa.h declares and nothing
# else.
set -eu
NM=${NM:-nm}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$(dirname "$0")/.."

# Names that begin with an underscore belong to the compiler.
names()
{
	awk 'NF == 3 && $3 !~ /^_/ { print $3 }' | sort
}

"$NM" -g --defined-only "$BUILD/libcapsa.a" | names >"$scratch/static"
"$NM" -D --defined-only "$BUILD/libcapsa.so" | names >"$scratch/shared"
awk '
	/^CAPSA_API/ { declaration = ""; inside = 1 }
	inside       { declaration = declaration " " $0 }
	inside && /;/ {
		match(declaration, /capsa_[a-z0-9_]+\(/)
		print substr(declaration, RSTART, RLENGTH - 1)
		inside = 0
	}' format/capsa.h | sort >"$scratch/declared"

[ -s "$scratch/static" ] && [ -s "$scratch/declared" ]
if grep -v '^capsa_' "$scratch/static"; then
	echo 'these global symbols do not begin with capsa_'
	exit 1
fi
diff "$scratch/declared" "$scratch/shared" || {
	echo 'capsa.h declares <, libcapsa.so exports >'
	exit 1
}
