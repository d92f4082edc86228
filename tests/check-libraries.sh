#!/bin/sh
# The read path loads few libraries: of strangers zstd, libsodium and, in the command, utf8proc.
set -eu
cd "$(dirname "$0")/.."

# Whatever FILE loads, directly or not, must match PATTERN.
loads_only()
{
	ldd "$1" | awk '{ sub(/.*\//, "", $1); print $1 }' >"$scratch"
	grep -q '^libzstd' "$scratch"
	if grep -Evx "($2|libzstd|libsodium|libc|libm|libpthread|ld-linux[-a-z0-9_]*|linux-vdso)\.so\.[0-9]+" \
	    "$scratch"; then
		echo "$1 loads these besides"
		exit 1
	fi
}

scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
loads_only "$BUILD/libcapsa.so" libzstd
loads_only "$BUILD/capsa" libutf8proc
