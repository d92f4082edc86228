# The system as it can be: a disk that is full, a directory that is read-only, a reader that went away, a clock that
# is wrong.  tests/fault/ lets single calls fail; here it is the thing itself.

load helpers

setup() {
	common_setup
	export CAPSA
	make_key
	make_key other
	make_archive a k.key
}

# In a mount namespace of its own, which ends with it; skipped only where the kernel gives none.
apart() {
	unshare -rm true 2>/dev/null || skip "the kernel gives no namespaces"
	run unshare -rm bash -euc "$1"
	[ "$status" -eq 0 ] || fail
}

# try MESSAGE ARGUMENT...: fails with this one message, which it writes to standard error.
try='try() {
	said=$1
	shift
	status=0
	"$CAPSA" "$@" </dev/null >stdout 2>stderr || status=$?
	sed -i "s/ (at [0-9]*)\$//" stderr
	if [ "$status" -ne 1 ] || ! grep -qxF "capsa: $said" stderr || [ "$(wc -l <stderr)" -ne 1 ]; then
		echo "capsa $*: exit status $status" && cat stderr && exit 1
	fi
}'

@test "a full disk: the cause, exit status 1, and nothing half written" {
	mkdir disk
	apart "$try"'
	mount -t tmpfs -o size=12k none disk
	full="No space left on device"
	try "cannot write disk/b.capsa: $full" pack -q --unsigned -o disk/b.capsa site
	try "cannot write disk/a.tar: $full" export -q a.capsa -o disk/a.tar
	try "cannot write disk/a.zip: $full" export -q a.capsa -o disk/a.zip
	try "cannot write disk/a.warc: $full" export -q a.capsa -o disk/a.warc
	try "cannot write disk/a.jsonl: $full" export -q a.capsa -o disk/a.jsonl
	try "cannot write disk/w.capsa: $full" withhold -q --reason law -o disk/w.capsa a.capsa news/2024/01.html
	try "cannot write disk/r.capsa: $full" repair -q a.capsa --from a.capsa -o disk/r.capsa
	try "disk/s.capsa: cannot write: $full" salvage -q --unsigned -o disk/s.capsa a.capsa
	[ -z "$(ls -A disk)" ]
	# The first that has no room; where that is depends on what a file takes of the disk.
	status=0
	"$CAPSA" extract -q --threads 1 -C disk a.capsa 2>stderr || status=$?
	[ "$status" -eq 1 ]
	grep -qx "capsa: cannot write news/2024/0[1-9].html: $full" stderr
	# What is there is whole.
	(cd disk && find . -type f) | while read -r file; do
		cmp "disk/$file" "site/$file"
	done
	rm -r disk/news
	head -c 12288 /dev/zero >disk/filler
	try "cannot write disk/n.key: $full" key new -q --no-password disk/n
	[ "$(ls -A disk)" = filler ]'
}

@test "a full disk keeps an archive that is signed, or replaced, as it was" {
	mkdir disk
	apart "$try"'
	mount -t tmpfs -o size=64k none disk
	cp a.capsa disk/
	cat /dev/zero >disk/filler 2>/dev/null || :
	try "cannot write disk/a.capsa: No space left on device" sign -q -k other.key disk/a.capsa
	try "cannot write disk/a.capsa: No space left on device" pack -q --unsigned --force -o disk/a.capsa site
	cmp a.capsa disk/a.capsa
	[ "$(ls -A disk)" = "a.capsa
filler" ]'
}

@test "a read-only directory: what reads works, what writes says why" {
	mkdir ro
	cp a.capsa ro/
	apart "$try"'
	mount --bind ro ro
	mount -o remount,bind,ro ro
	why="Read-only file system"
	try "cannot write ro/b.capsa: $why" pack -q --unsigned -o ro/b.capsa site
	try "cannot write $PWD/ro/a.capsa: $why" sign -q -k other.key ro/a.capsa
	try "cannot write ro/a.tar: $why" export -q a.capsa -o ro/a.tar
	try "cannot write ro/bag: $why" export -q --to bagit a.capsa -o ro/bag
	try "cannot write ro/w.capsa: $why" withhold -q --reason law -o ro/w.capsa a.capsa news/2024/01.html
	try "cannot write ro/r.capsa: $why" repair -q a.capsa --from a.capsa -o ro/r.capsa
	try "cannot write ro/n.key: $why" key new -q --no-password ro/n
	try "cannot write ro/out: $why" get -q -o ro/out a.capsa news/2024/01.html
	try "cannot write ro/p: $why" get -q --proof ro/p a.capsa news/2024/01.html
	try "cannot write ro/log: $why" verify -q --log ro/log a.capsa
	try "ro/out: $why" extract -q -C ro/out a.capsa
	export XDG_CONFIG_HOME=$PWD/ro/config
	try "cannot make the directory $PWD/ro/config: $why" trust add -q --name Other other.pub
	"$CAPSA" verify -q -p k.pub ro/a.capsa
	[ "$(ls -A ro)" = a.capsa ]'
}

@test "a reader that goes away ends the command without an error" {
	local verb
	mkdir large
	seq 400000 >large/1
	seq 40000 | sed 's/^/line /' | split -a 4 -l 10 - large/part-
	"$CAPSA" pack -q -k k.key --level 1 -o l.capsa large
	"$CAPSA" trust add -q --name K k.pub
	# `true` reads nothing; so the first write may fail, or the last.
	for verb in 'list -q --json l.capsa' 'find -q l.capsa part' 'get -q l.capsa 1' 'info -q --statement l.capsa' \
	    'verify -q --json l.capsa l.capsa' 'export -q --to tar -o - l.capsa' 'export -q --to jsonl -o - l.capsa' \
	    'export -q --to warc -o - l.capsa'; do
		# shellcheck disable=SC2086
		run --separate-stderr bash -c '"$0" $1 | true; echo "${PIPESTATUS[0]}"' "$CAPSA" "$verb"
		[ "$output" = 0 ] && [ -z "$stderr" ] || fail "$verb"
	done
}

@test "an archive that nobody takes is lost, and that is an error" {
	run --separate-stderr bash -c '"$0" pack -q --unsigned -o - site | true; echo "${PIPESTATUS[0]}"' "$CAPSA"
	prints 1
	says "capsa: cannot write standard output: Broken pipe"
}

# at SECONDS ARGUMENT...: the clock stands there, whatever asks for it.
at() {
	[ -e clock.so ] || "${CC:-cc}" -shared -fPIC -o clock.so -x c - <<-'END'
		#include <stdlib.h>
		#include <time.h>

		time_t time(time_t *out)
		{
			time_t now = (time_t)atoll(getenv("CLOCK"));

			if (out != NULL)
				*out = now;
			return now;
		}

		int clock_gettime(clockid_t clock, struct timespec *out)
		{
			(void)clock;
			*out = (struct timespec){.tv_sec = time(NULL)};
			return 0;
		}
	END
	CLOCK=$1 ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" LD_PRELOAD="$PWD/clock.so" \
	    run --separate-stderr "$CAPSA" "${@:2}" </dev/null
}

@test "the clock at 1970, in 2100 and beyond 32 bits" {
	local seconds date word
	while read -r seconds date word; do
		rm -rf b.capsa c.* log "$XDG_CONFIG_HOME"
		at "$seconds" key new -q --no-password c
		exits 0
		read -r id _ <<<"$output"
		at "$seconds" pack -q -k c.key -o b.capsa site
		exits 0
		at "$seconds" sign -q -k other.key b.capsa
		exits 0
		capsa info -q b.capsa
		prints_line "created       $date"
		[[ $output == *"signature     $id"*", capsa: packed $date"* ]] || fail
		[[ $output == *"capsa: witnessed full $date"* ]] || fail
		# What it trusts depends on when a signature was made, and not on when one looks.
		"$CAPSA" trust add -q --name N --until 2099-12-31 c.pub
		at "$seconds" verify --log log b.capsa
		[[ $output == "b.capsa: intact, signed by $id ($word)"* ]] || fail
		[ "$(jq -r .time log) $(jq -r .seconds log)" = "$date 0" ] || fail "$(cat log)"
		capsa verify b.capsa
		[[ $output == "b.capsa: intact, signed by $id ($word)"* ]] || fail
	done <<-'END'
		0 1970-01-01T00:00:00Z trusted: N
		1 1970-01-01T00:00:01Z trusted: N
		4102444799 2099-12-31T23:59:59Z trusted: N
		4102444800 2100-01-01T00:00:00Z N, not trusted for so late a date
		4294967296 2106-02-07T06:28:16Z N, not trusted for so late a date
	END
}

@test "a clock beyond the year 9999 packs nothing" {
	at 253402300800 pack -q -k k.key -o b.capsa site
	exits 1
	says "capsa: b.capsa: the time of creation is outside the years 0000 to 9999"
	[ ! -e b.capsa ]
}

@test "what was left over goes, whatever the clock says" {
	local seconds
	for seconds in 0 4294967296; do
		: >.capsa-abcdef.tmp
		at "$seconds" pack -q -k k.key --force -o b.capsa site
		exits 0
		[ ! -e .capsa-abcdef.tmp ]
	done
}
