#!/bin/sh
# The threat model of the specification (16.1) names a test for each answer; the tests are there.
set -eu
cd "$(dirname "$0")/.."

named=$(mktemp)
trap 'rm -f "$named"' EXIT
# Each `file` "words of it" becomes a line, whatever lines they stand on.
sed -n '/^### 16\.1/,/^### 16\.2/p' spec/capsa.md | tr '\n' ' ' | sed 's/  */ /g' |
	grep -o '`[a-z]*/[^`]*` "[^"]*"' | tr -d '`' >"$named"
[ "$(wc -l <"$named")" -ge 20 ]
bad=0
while read -r file words; do
	words=${words#\"}
	words=${words%\"}
	if ! grep -qF "$words" "tests/$file"; then
		echo "spec/capsa.md names tests/$file: $words"
		bad=1
	fi
done <"$named"
[ "$bad" = 0 ]
