#!/bin/sh
# Let each call of the system fail in turn, in the library and in the command, and kill the command at random
# moments: see driver.c.  Prints figures, and the first lines of each violation.
#
# BUILD names the build directory, JOBS how many scenarios run side by side, SEED the moments, KILLS how many of
# them; STEP of more than 1 lets only every so many call fail; ONLY is a pattern of scenarios' names.
set -eu
export LC_ALL=C.UTF-8
unset CAPSA_PASSWORD NO_COLOR || :
here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")

# One scenario: NAME PROGRAM ARGUMENT...
if [ "${1:-}" = --one ]; then
	name=$2 program=$3
	shift 3
	cp -a "$WORK/base" "$WORK/$name"
	cd "$WORK/$name"
	export XDG_CONFIG_HOME="$WORK/$name/config" TMPDIR="$WORK/$name/tmp"
	status=0
	"$PROGRAMS/faults-$program" --figures "$WORK/$name.figures" --step "$STEP" "$@" 2>"$WORK/$name.err" || status=$?
	rm -rf "${WORK:?}/$name"
	[ $status = 0 ] || echo "$name: exit status $status" >>"$WORK/$name.err"
	exit 0
fi

build=$(cd "${BUILD:-build}" && pwd)
capsa=$build/capsa
export PROGRAMS="$build/tests/fault" STEP="${STEP:-1}" SOURCE_DATE_EPOCH=1714737600
seed=${SEED:-1}
kills=${KILLS:-200}
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT
trap 'exit 130' INT TERM HUP
. "$here/fixture.sh"
fixture "$WORK/base"

files=open,read,write,sync,name,truncate,stat
# Of memory that libarchive asks for, which ends the process or crashes, or libxml2, which may never return, nothing
# fails where these are: --own.  Of what is packed a file that cannot be examined once, and can be the next time, is one that has changed.
packing=open,read,write,sync,name,truncate
every=memory,open,read,write,sync,name,truncate,stat
# Lines of: NAME PROGRAM [OPTION...] -- ARGUMENT...
scenarios() {
	cat <<-END
	lib-open library --kinds $every -- open
	lib-get library --kinds $every -- get
	lib-get-since library --since --kinds $every -- get
	lib-get-again library --kinds memory,read -- get-again
	lib-list library --kinds $every -- list
	lib-find library --kinds $every -- find
	lib-verify-quick library --damage --kinds $every -- verify-quick
	lib-verify library --damage --kinds $every -- verify
	lib-verify-threads library --damage --kinds $every,thread -- verify-threads
	lib-verify-deep library --damage --kinds $every -- verify-deep
	lib-verify-articles library --damage --kinds $every -- verify-articles
	lib-pack library --kinds $every -- pack
	lib-pack-since library --step 7 --since --kinds $every -- pack
	lib-pack-threads library --step 3 --kinds memory,thread -- pack-threads
	lib-pack-file library --kinds read,write,sync -- pack-file
	lib-pack-dictionary library --step 3 --own --kinds memory -- pack-dictionary
	lib-pack-verify library --step 3 --own --kinds $every -- pack-verify
	lib-metadata library --kinds memory -- metadata
	lib-key library --kinds $every -- make-key
	lib-password-key library --kinds memory -- password-key
	lib-sign library --kinds $every -- sign
	lib-withhold library --kinds $every -- withhold
	lib-repair library --damage --kinds $every -- repair
	lib-salvage library --damage --kinds $every -- salvage
	lib-prove library --kinds $every -- prove
	lib-use-proof library --kinds $every -- use-proof
	get capsa --kinds $every -- get --quiet a.capsa 1.html
	get-since capsa --lines --since --kinds $every -- get --quiet a.capsa 1.html
	get-file capsa --kinds $every -- get --quiet -o out a.capsa 1.html
	get-metadata capsa --kinds $every -- get --quiet --metadata a.capsa 1.html
	get-proof capsa --partial --kinds $every -- get --quiet --proof p -o out a.capsa 1.html
	of-proof capsa --kinds $every -- get --quiet a.proof 2.html
	info capsa --kinds $every -- info signed.capsa
	list capsa --kinds $every -- list -l a.capsa
	list-json capsa --kinds $every -- list --json a.capsa
	find capsa --kinds $every -- find a.capsa article
	diff capsa --kinds $every -- diff a.capsa signed.capsa
	extract capsa --partial --kinds $every -- extract --threads 1 --quiet --metadata -C out --map map a.capsa
	extract-force capsa --partial --kinds $every -- extract --threads 1 --quiet --force -C site a.capsa
	extract-threads capsa --partial --lines --kinds thread -- extract --quiet --threads 4 -C out a.capsa
	verify capsa --damage --lines --kinds $every -- verify --threads 1 signed.capsa
	verify-since capsa --damage --lines --since --kinds $every -- verify --threads 1 signed.capsa
	verify-json capsa --clock 1714737600 --damage --kinds $every -- verify --json --threads 1 a.capsa
	verify-deep capsa --damage --kinds $every -- verify --deep --threads 1 a.capsa
	verify-log capsa --damage --lines --whole --kinds $every -- verify --log ../log --threads 1 a.capsa
	verify-threads capsa --damage --kinds thread -- verify --threads 4 a.capsa
	sign capsa --damage --replaces --kinds $every -- sign --threads 1 --quiet -k other.key a.capsa
	sign-since capsa --damage --lines --since --replaces --kinds $every -- sign --threads 1 --quiet -k other.key a.capsa
	sign-named capsa --damage --no-tmpfile --replaces --kinds $every -- sign --threads 1 --quiet -k other.key a.capsa
	sign-detached capsa --damage --kinds $every -- sign --threads 1 --quiet -k other.key --detached a.capsa
	withhold capsa --damage --kinds $every -- withhold --quiet --reason law -o out a.capsa 2.html
	repair capsa --damage --kinds $every -- repair --threads 1 --quiet hole-1200.capsa --from hole-3000.capsa -o out
	salvage capsa --damage --partial --kinds $every -- salvage --quiet -C out cut.capsa
	salvage-pack capsa --damage --kinds $every -- salvage --quiet --unsigned -o out cut.capsa
	key-new capsa --random --kinds $every -- key new --no-password --quiet k
	key-show capsa --kinds $every -- key show other.key
	trust-add capsa --replaces --kinds $every -- trust add --quiet other.pub --name Other
	trust-list capsa --kinds $every -- trust list
	pack pack --kinds $packing -- pack --quiet --threads 1 -o out site
	pack-since pack --lines --since --kinds $packing -- pack --quiet --threads 1 -o out site
	pack-named pack --no-tmpfile --kinds open,sync,name,write -- pack --quiet --threads 1 -o out site
	pack-force pack --replaces --no-tmpfile --kinds open,read,write,sync,name -- pack --quiet --force --threads 1 -o a.capsa site
	pack-threads pack --kinds thread -- pack --quiet --threads 4 -o out site
	pack-quota pack --error EDQUOT --since --kinds write -- pack --quiet --threads 1 -o out site
	pack-jsonl pack --kinds memory,read,write,sync,name,truncate -- pack --quiet --threads 1 -o out in.jsonl
	pack-csv pack --kinds memory,read,write,sync,name,truncate -- pack --quiet --threads 1 -o out in.csv
	pack-capsa pack --kinds memory,read,write,sync,name,truncate -- pack --quiet --threads 1 -o out a.capsa
	pack-own pack --own --kinds memory -- pack --quiet --threads 1 -o out site
	pack-tar pack --lines --own --kinds memory,read,write -- pack --quiet --threads 1 -o out in.tar.gz
	pack-zip pack --own --kinds memory,read,write -- pack --quiet --threads 1 -o out in.zip
	pack-warc pack --own --kinds memory,read,write -- pack --quiet --threads 1 -o out in.warc.gz
	pack-zim pack --lines --own --kinds memory,read,write -- pack --quiet --threads 1 -o out in.zim
	pack-wacz pack --lines --own --kinds memory,read,write -- pack --quiet --threads 1 -o out in.wacz
	export-tar pack --lines --kinds $files -- export --quiet a.capsa -o out.tar
	export-zip pack --lines --kinds $files -- export --quiet a.capsa -o out.zip
	export-jsonl pack --lines --kinds $every -- export --quiet a.capsa -o out.jsonl
	export-warc pack --lines --kinds $files -- export --quiet a.capsa -o out.warc.gz
	export-bag pack --partial --lines --kinds $files -- export --quiet --to bagit a.capsa -o bag
	kill-pack pack --kills $kills --seed $seed -- pack --quiet --threads 1 --force -o a.capsa site
	kill-pack-named pack --no-tmpfile --kills $kills --seed $seed -- pack --quiet --threads 1 --force -o a.capsa site
	kill-sign capsa --kills $kills --seed $seed -- sign --threads 1 --quiet -k other.key a.capsa
	kill-sign-named capsa --no-tmpfile --kills $kills --seed $seed -- sign --threads 1 --quiet -k other.key a.capsa
	kill-extract capsa --partial --kills $kills --seed $seed -- extract --threads 1 --quiet --force -C out a.capsa
	END
}

scenarios | grep -E "^(${ONLY:-.*}) " | xargs -L 1 -P "${JOBS:-2}" sh "$0" --one

cat "$WORK"/*.err >&2
cat "$WORK"/*.figures | awk '
	{ count[$1] += $2; passed[$1] += $3; if ($1 != "kill" && $1 != "short") { all += $2; good += $3 } }
	END {
		printf "faults injected: %d", all
		n = split("memory open read write sync name truncate stat thread", kinds)
		for (i = 1; i <= n; i++)
			printf "%s %d %s", i == 1 ? ":" : ",", count[kinds[i]], kinds[i]
		printf "\n%d of them without harm; %d runs with short or interrupted transfers\n", good, count["short"]
		printf "kills survived: %d\n", count["kill"]
	}'
echo 'not tried: memory that libarchive and libxml2 ask for themselves, which they do not survive'
! grep -q . "$WORK"/*.err || { echo 'faults: there are violations' >&2; exit 1; }
