#!/bin/sh
# The manual pages are sound mdoc and describe what there is: a page for each verb, with exactly the options that it takes;
# each function of capsa.h; exactly the members that JSON output has.  The README shows the example of capsa.h.
set -eu
cd "$(dirname "$0")/.."
. tests/example.sh
. tests/options.sh
top=$PWD
capsa=$(cd "$BUILD" && pwd)/capsa
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0
complain()
{
	echo "$*"
	bad=1
}

# same WHAT FILE FILE: of two sorted lists.
same()
{
	if ! diff "$2" "$3" >"$scratch/diff"; then
		complain "$1:"
		cat "$scratch/diff"
	fi
	[ -s "$2" ] || complain "$1: nothing to compare"
}

# ---- sound

for page in cli/man/*.1 format/capsa.3; do
	# Whether other packages' pages are installed does not matter.
	mandoc -T lint -W warning "$page" >"$scratch/lint" 2>"$scratch/error" || cat "$scratch/lint" "$scratch/error"
	[ ! -s "$scratch/lint" ] || complain "$page: not sound"
done

# ---- verbs and their options

# The options of a page as options() has them.
page_options()
{
	grep '^\.It Fl ' "cli/man/capsa-$1.1" | sed 's/^\.It//; s/ , Fl / Fl /g; s/ Fl /\n/g' | grep . |
	    sed -E 's/^([a-zA-Z0-9-]+) (Ar|Cm) .*/\1=/; s/^([a-z-]+) Ns Op = .*/\1[=/; s/^/-/' | LC_ALL=C sort -u
}
names()
{
	sed 's/\[\{0,1\}=$//' "$1"
}

[ -n "$(verbs)" ]
for verb in $(verbs); do
	if [ ! -f "cli/man/capsa-$verb.1" ]; then
		complain "cli/man/capsa-$verb.1 is missing"
		continue
	fi
	options "$verb" >"$scratch/code"
	page_options "$verb" >"$scratch/page"
	names "$scratch/code" >"$scratch/code-names"
	names "$scratch/page" >"$scratch/page-names"
	same "options of $verb, in the code < and on the page >" "$scratch/code-names" "$scratch/page-names"
	# With a short option the page does not repeat the value of the long one.
	grep '^--' "$scratch/code" >"$scratch/code-long"
	grep '^--' "$scratch/page" >"$scratch/page-long"
	same "options of $verb and whether they take a value, in the code < and on the page >" \
	    "$scratch/code-long" "$scratch/page-long"
	grep -q "^\.Xr capsa-$verb 1" cli/man/capsa.1 || complain "capsa.1 does not mention capsa-$verb(1)"
	"$capsa" help "$verb" | head -n 1 | grep -q "^Usage: capsa $verb " ||
	    complain "capsa help $verb prints no help"
done
for page in cli/man/capsa-*.1; do
	verb=$(basename "$page" .1)
	verbs | grep -qx "${verb#capsa-}" || complain "$page describes no verb"
done

# ---- functions

awk '
	/^CAPSA_API/ { declaration = ""; inside = 1 }
	inside       { declaration = declaration " " $0 }
	inside && /;/ {
		match(declaration, /capsa_[a-z0-9_]+\(/)
		print substr(declaration, RSTART, RLENGTH - 1)
		inside = 0
	}' format/capsa.h | sort -u >"$scratch/declared"
sed -n 's/^\.Fn \(capsa_[a-z0-9_]*\).*/\1/p' format/capsa.3 | sort -u >"$scratch/described"
same 'functions, in capsa.h < and capsa.3 >' "$scratch/declared" "$scratch/described"

# ---- JSON

# Members that capsa.1 names for a verb.
documented()
{
	awk -v want=".Ss capsa $1 " '/^\.S[hs]/ { on = index($0, want) == 1 } on && /^\.It Va/' "$top/cli/man/capsa.1" |
	    cut -d ' ' -f 3- | tr -d ',' | tr ' ' '\n' | grep . | sort -u
}
# Members of the objects on standard input; no string of these archives looks like one.
members()
{
	grep -oE '"[A-Za-z0-9_]+":' | tr -d '":' | sort -u
}

export XDG_CONFIG_HOME="$scratch/config" XDG_STATE_HOME="$scratch/state"
cd "$scratch"
"$capsa" key new --quiet --no-password >k
mkdir site
printf '<title>Flood</title>' >site/flood.html
printf 'Ferry' >site/ferry.txt
printf 'Train' >site/train.txt
cat >site/ferry.txt.capsa.json <<'JSON'
{"title":"Ferry","url":"https://example.org/ferry","date":"2024-05-08","captured":"2024-05-09","language":"en",
"description":"d","publisher":"p","rights":"r","source":"s","coverage":"c","type":"t","creator":["a"],
"contributor":["b"],"subject":["s"],"identifier":["i"],"relation":["r"],"http":{},"extra":{}}
JSON
: >site/old.html
echo '{"location":"flood.html"}' >site/old.html.capsa.json
"$capsa" pack --quiet -o a.capsa --title T --description D --isolate '*' site
"$capsa" pack --quiet -o b.capsa --isolate '*' --previous a.capsa site
"$capsa" pack --quiet -o d.capsa --previous b.capsa site
mv site/train.txt site/bus.txt
printf 'later' >>site/flood.html
printf 'new' >site/new.txt
rm site/ferry.txt.capsa.json
"$capsa" pack --quiet -o c.capsa site
# The first frame of articles: before it come those of the prefix and of the head.
cp b.capsa bad.capsa
at=$(LC_ALL=C grep -obUaP '\x28\xb5\x2f\xfd' bad.capsa | cut -d: -f1 | sed -n 3p)
printf '\377' | dd of=bad.capsa bs=1 seek=$((at + 12)) conv=notrunc status=none
echo text >text.capsa
{
	"$capsa" verify --json --part 1/2 --require 1 --log log a.capsa || :
	"$capsa" verify --json --deep bad.capsa text.capsa || :
	"$capsa" verify --json a.capsa d.capsa || :
} >verify.json
"$capsa" list --json a.capsa >list.json
"$capsa" find --json a.capsa --from 1000 >find.json
"$capsa" diff --json --quiet b.capsa c.capsa >diff.json || :
"$capsa" info --json a.capsa >info.json
"$capsa" info --json b.capsa >>info.json
# This needs an archive of a newer format.
echo '"requires":' >>info.json
cat log >>verify.json
for verb in list find diff verify info; do
	members <"$verb.json" >printed
	documented "$verb" >documented
	same "members of capsa $verb --json, printed < and documented >" printed documented
done
cd "$top"

# ---- the README

example "$scratch/example.c"
sed -n '/^    #include <capsa.h>/,/^    }$/{ s/^    //; p; }' README.md >"$scratch/readme.c"
same 'the example, in capsa.h < and the README >' "$scratch/example.c" "$scratch/readme.c"
exit $bad
