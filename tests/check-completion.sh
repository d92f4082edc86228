#!/bin/sh
# The completions know exactly the verbs and options that there are; the shells that are installed find them sound;
# that of bash proposes what it should.
set -eu
cd "$(dirname "$0")/.."
. tests/options.sh
build=$(cd "$BUILD" && pwd)
completion=$PWD/cli/completion
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0
complain()
{
	echo "$*"
	bad=1
}

# ---- sound

bash -n "$completion/capsa.bash" || complain 'capsa.bash: not sound'
if command -v zsh >/dev/null; then
	zsh -n "$completion/_capsa" || complain '_capsa: not sound'
else
	echo 'zsh is not installed: _capsa is not parsed'
fi
if command -v fish >/dev/null; then
	fish --no-execute "$completion/capsa.fish" || complain 'capsa.fish: not sound'
else
	echo 'fish is not installed: capsa.fish is not parsed'
fi

# ---- verbs and options

bash_options()
{
	bash -c '. "$0" && _capsa_options "$1"' "$completion/capsa.bash" "$1" | tr ' ' '\n' | grep .
}
# Of zsh and fish the long ones.
zsh_options()
{
	sed -n "/^	$1)/,/^		;;/p" "$completion/_capsa" >"$scratch/block"
	for list in every reads; do
		grep -q "\$$list" "$scratch/block" || continue
		sed -n "/^	$list=(/,/^	)/p" "$completion/_capsa"
	done >"$scratch/lists"
	grep -q '\$every' "$scratch/lists" && sed -n '/^	every=(/,/^	)/p' "$completion/_capsa" >>"$scratch/lists"
	# An option stands before [, or in braces before } or ={.
	cat "$scratch/block" "$scratch/lists" | grep -oE -- '--[a-z-]+=?-?(\[|\})' | sed 's/[]}[]//; s/=-/[=/' | sort -u
}
fish_options()
{
	sed -nE "s/^complete -c capsa (-n '__capsa_verb ([a-z ]*)').* -l ([a-z-]+) (.*)/\2|--\3|\4/p" \
	    "$completion/capsa.fish" | awk -F '|' -v verb="$1" '
		{ if (index(" " $1 " ", " " verb " ")) print $2 ($3 ~ /(^| )-[rx] / ? "=" : "") }
		END { print "--help" }' | sort -u
}

verbs >"$scratch/verbs"
bash -c '. "$0" && printf "%s\n" $_capsa_verbs' "$completion/capsa.bash" | sort >"$scratch/found"
cmp -s "$scratch/verbs" "$scratch/found" || complain 'capsa.bash: other verbs'
sed -n "s/^		'\([a-z]*\):.*/\1/p" "$completion/_capsa" | grep -vx help | sort >"$scratch/found"
cmp -s "$scratch/verbs" "$scratch/found" || complain '_capsa: other verbs'
sed -n 's/.* __capsa_no_verb -a \([a-z]*\).*/\1/p' "$completion/capsa.fish" | grep -vx help | sort >"$scratch/found"
cmp -s "$scratch/verbs" "$scratch/found" || complain 'capsa.fish: other verbs'

for verb in $(verbs); do
	options "$verb" >"$scratch/code"
	# None of them offers a value for an option that need not have one.
	sed 's/\[=//' "$scratch/code" | sort >"$scratch/expected"
	bash_options "$verb" | sort >"$scratch/found"
	diff "$scratch/expected" "$scratch/found" || complain "options of $verb, in the code < and capsa.bash >"
	grep '^--' "$scratch/code" | sort >"$scratch/expected"
	zsh_options "$verb" >"$scratch/found"
	diff "$scratch/expected" "$scratch/found" || complain "options of $verb, in the code < and _capsa >"
	grep '^--' "$scratch/code" | sed 's/\[=//' | sort >"$scratch/expected"
	fish_options "$verb" >"$scratch/found"
	diff "$scratch/expected" "$scratch/found" || complain "options of $verb, in the code < and capsa.fish >"
done

# ---- what bash proposes

cd "$scratch"
export XDG_CONFIG_HOME="$scratch/config" XDG_STATE_HOME="$scratch/state"
mkdir home
export HOME="$scratch/home"
mkdir -p site/news/2024 site/many 'site/a b'
echo flood >site/news/2024/flood.html
echo ferry >site/news/2024/ferry.html
echo news >site/news/index.html
echo star >'site/a b/what?*.md'
echo colon >'site/10:30.txt'
for i in $(seq 250); do
	echo "$i" >"site/many/$i"
done
echo last >site/more.txt
"$build/capsa" key new --quiet --no-password desk >id
"$build/capsa" pack --quiet --unsigned -o a.capsa site
"$build/capsa" trust add --quiet desk.pub
cp a.capsa home/h.capsa

cat >propose.bash <<'BASH'
# propose.bash COMPLETION CAPSA: reads command lines, prints what is proposed for the last word of each, sorted, on one
# line.  Words are cut as readline cuts them and stand between tabs; a + before a word says that no blank is before it,
# a dot alone is an empty word.
. "$1"
while IFS=$'\t' read -r -a COMP_WORDS; do
	COMP_LINE=
	for i in "${!COMP_WORDS[@]}"; do
		word=${COMP_WORDS[i]}
		if [[ $word = +* ]]; then
			word=${word#+}
		elif [[ $i -ne 0 ]]; then
			COMP_LINE+=' '
		fi
		COMP_LINE+=$word
		COMP_WORDS[i]=$word
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	if [[ ${COMP_WORDS[-1]} = . ]]; then
		COMP_WORDS[-1]=
		COMP_LINE=${COMP_LINE%.}
	fi
	COMP_POINT=${#COMP_LINE}
	COMPREPLY=()
	_capsa "$2"
	printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | tr '\n' '|'
	echo
done
BASH

# proposes EXPECTED WORD...
proposes()
{
	expected=$1
	shift
	printf '%s\t' "$@" | sed 's/	$/\n/' >words
	bash propose.bash "$completion/capsa.bash" "$build/capsa" <words >proposed 2>error
	if [ "$(cat proposed)" != "$expected" ] || [ -s error ]; then
		complain "for '$*' expected $expected, proposed $(cat proposed)"
		cat error
	fi
}

proposes 'list|' capsa li
proposes 'info|' capsa help in
proposes 'a.capsa|config|home|site|' capsa list .
proposes '--format=|--from=|' capsa list --f
proposes '--quick|--quiet|' capsa verify --qu
proposes 'desk.pub|' capsa list -p d
proposes 'desk.key|' capsa sign -k d
proposes 'desk.key|' capsa sign --key += +d
proposes 'digest|path|title|url|' capsa get --by +=
proposes 'tar|' capsa export --to t
proposes 'news/|' capsa list a.capsa ne
proposes 'news/2024/|news/index.html|' capsa list -l a.capsa news/
proposes 'news/2024/ferry.html|news/2024/flood.html|' capsa get -p desk.pub a.capsa news/2024/
proposes 'a b/what?*.md|' capsa extract a.capsa 'a\ b/w'
proposes 'a b/what?*.md|' capsa extract a.capsa '"a b/w'
proposes 'a b/|' capsa get -- a.capsa 'a'
proposes '30.txt|' capsa get a.capsa 10 +: +3
proposes 'news/|' capsa list '~/h.capsa' ne
# Nothing without a beginning, and nothing of what is no archive; of too many it is not known what they have in common.
proposes '|' capsa list a.capsa .
proposes '|' capsa list desk.pub ne
proposes 'm...|many/|' capsa list a.capsa m
proposes 'more.txt|' capsa list a.capsa mo
proposes "$(cut -d ' ' -f 1 id)|" capsa trust remove .
proposes 'new|show|' capsa key .
exit $bad
