#!/bin/sh
# Pack the corpus, verify it, and let stock tools confirm every step.  Each command is shown before what it prints.
set -eu
exec 2>&1
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "$0")/.." && pwd)
PATH=$(cd "$top/${BUILD:-build}" && pwd):$PATH
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export XDG_CONFIG_HOME="$scratch/config" XDG_STATE_HOME="$scratch/state"
unset SOURCE_DATE_EPOCH CAPSA_PASSWORD || :
cp -R "$top/corpus" "$scratch/corpus"
cd "$scratch"

run()
{
	printf '$ %s\n' "$1"
	eval "$1"
	echo
}

run 'capsa key new --no-password desk'
run 'capsa pack -k desk.key --title "The demonstration corpus" -o corpus.capsa corpus'
run 'capsa verify -p desk.pub corpus.capsa'
run 'capsa info -p desk.pub corpus.capsa'
run 'capsa list -p desk.pub -l corpus.capsa "news/2024/05"'
run 'capsa get -p desk.pub corpus.capsa news/2024/05/08/ferry.txt | head -n 4'

echo '# Stock tools agree: it is a tar file,'
run 'zstd -t corpus.capsa'
run 'tar --zstd -tf corpus.capsa | tail -n 4'
run 'mkdir out && tar --zstd -xf corpus.capsa -C out && diff -r -x "*.capsa.json" corpus out/articles && echo the same'
echo '# minisign verifies what was signed,'
run 'capsa info --statement -p desk.pub corpus.capsa >statement'
run 'capsa info --signature -p desk.pub corpus.capsa >statement.minisig'
run 'minisign -V -p desk.pub -m statement'
echo '# and what was signed pins every byte before it.'
run 'grep -E "^(size|sha256): " statement'
run 'head -c "$(sed -n "s/^size: //p" statement)" corpus.capsa | sha256sum'
[ "$(head -c "$(sed -n 's/^size: //p' statement)" corpus.capsa | sha256sum | cut -c 1-64)" = \
    "$(sed -n 's/^sha256: //p' statement)" ]
