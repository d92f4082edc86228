# capsa verify, for those who keep many archives for long: parts, required signatures, manifests, logs.

setup() {
	load helpers
	common_setup
	make_key
	make_archive a k.key
	bytes=$(size_of a.capsa)
	"$CAPSA" trust add k.pub --name "National Library" --quiet
}

# number MEMBER: of the last JSON output.
number() {
	jq ".$1" <<<"$output"
}

@test "fifty archives: each is judged, whatever the others are" {
	mkdir d
	for i in $(seq 10 59); do cp a.capsa "d/$i.capsa"; done
	flip d/20.capsa $(($(frame_of a.capsa 3) + 50))
	flip d/41.capsa $(($(frame_of a.capsa 12) + 50))
	"$CAPSA" pack --unsigned -o d/30.capsa --quiet --force site
	head -c 9000 a.capsa >d/35.capsa

	capsa verify d
	exits 3
	[ "${#lines[@]}" -eq 52 ] || fail lines
	good="intact, signed by $id (trusted: National Library), 12 articles, $bytes bytes"
	for i in $(seq 10 59); do
		case $i in
		20 | 41) prints_line "d/$i.capsa: damaged, signed by $id (trusted: National Library), 11 of 12 articles good, $bytes bytes" ;;
		30) prints_line "d/30.capsa: intact, not signed, 12 articles, $(size_of d/30.capsa) bytes" ;;
		35) [ "$(grep -c '^d/35.capsa: damaged: ' <<<"$output")" -eq 1 ] || fail truncated ;;
		*) prints_line "d/$i.capsa: $good" ;;
		esac
	done
	prints_line "d/20.capsa: damaged: news/2024/03.html (frame at $(frame_of a.capsa 3))"
	prints_line "d/41.capsa: damaged: news/2024/12.html (frame at $(frame_of a.capsa 12))"
	says ""

	capsa verify --json --log log d
	exits 3
	[ "${#lines[@]}" -eq 50 ] || fail objects
	[ "$(jq -r .result <<<"$output" | sort | uniq -c | xargs)" = "3 damaged 47 intact" ] || fail results
	[ "$(jq -r 'select(.damage != []) | .archive' <<<"$output" | xargs)" = "d/20.capsa d/41.capsa" ] || fail damage
	[ "$(jq -r 'select(.trusted == false) | .archive' <<<"$output")" = d/30.capsa ] || fail unsigned
	[ "$(jq -r 'select(has("error")) | .archive' <<<"$output")" = d/35.capsa ] || fail truncated
	[ "$(jq -s 'map(.good // 0) | add' <<<"$output")" -eq $((48 * 12 + 2 * 11 - 12)) ] || fail good

	# The log says the same.
	[ "$(wc -l <log)" -eq 50 ]
	[ "$(jq -c 'del(.damage)' <<<"$output")" = "$(jq -c 'del(.time)' log)" ] || fail log
}

# KiB of memory that process $pid had at most.
peak() {
	awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status"
}

@test "neither memory nor descriptors grow with the number of archives" {
	mkdir d
	for i in $(seq 100 499); do ln a.capsa "d/$i.capsa"; done
	# Memory that is freed counts as free; a pipe that holds about 70 lines makes capsa wait to be measured.
	export ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0
	mkfifo log
	(
		ulimit -n 20
		exec "$CAPSA" verify --quick --threads 1 --log log d
	) >out 2>err &
	pid=$!
	exec 7<log
	read -r line <&7
	early=$(peak)
	for i in $(seq 101 399); do read -r line <&7; done
	late=$(peak)
	[[ "$line" = *'"archive":"d/399.capsa"'* ]] || fail "$line"
	cat <&7 >rest
	exec 7<&-
	wait "$pid"
	[ "$(wc -l <out)" -eq 400 ]
	[ ! -s err ]
	[ "$early" -gt 0 ]
	[ "$late" -le $((early + 4096)) ] || fail "$early KiB, then $late KiB"
}

@test "--part: all parts together read every article" {
	total=0
	for k in 1 2 3 4; do
		capsa verify --part "$k/4" --json a.capsa
		exits 0
		[ "$(number result)" = '"good"' ]
		[ "$(number part)/$(number parts)" = "$k/4" ]
		[ "$(($(number good) + $(number not_read)))" -eq 12 ] || fail counts
		total=$((total + $(number good)))
		not_read=$(number not_read)
		capsa verify --part "$k/4" a.capsa
		exits 0
		prints "a.capsa: signed by $id (trusted: National Library), part $k of 4 good; $not_read articles NOT read"
	done
	[ "$total" -eq 12 ] || fail "$total"
	capsa verify --part 1/1 a.capsa
	prints "a.capsa: signed by $id (trusted: National Library), part 1 of 1 good; 0 articles NOT read"
	capsa verify --part 2/4 --intact a.capsa
	exits 0
	[[ "$output" = "a.capsa: signatures not judged, part 2 of 4 good; "* ]] || fail intact
	capsa trust remove "$id"
	capsa verify --part 2/4 a.capsa
	exits 4
	[[ "$output" = "a.capsa: signed by $id (not trusted), part 2 of 4 good; "* ]] || fail untrusted
}

@test "--part: one of the parts finds what is damaged, each of them a damaged index" {
	at=$(frame_of a.capsa 7)
	flip a.capsa $((at + 50))
	found=0
	for k in 1 2 3; do
		capsa verify --part "$k/3" a.capsa
		[ "$status" -ne 3 ] || {
			found=$((found + 1))
			prints_line "a.capsa: damaged: news/2024/07.html (frame at $at)"
			[[ "${lines[1]}" =~ ^"a.capsa: damaged, signed by $id (trusted: National Library), "[0-9]+" of 12 articles good, "[0-9]+" NOT read, $bytes bytes"$ ]] || fail line
		}
	done
	[ "$found" -eq 1 ] || fail "$found"
	flip a.capsa $((at + 50))
	flip a.capsa $(($(archive=a.capsa field tree | sed -n 's/^path keys 0 12 \([0-9]*\) .*/\1/p') + 20))
	for k in 1 2 3; do
		capsa verify --part "$k/3" a.capsa
		exits 3
	done
}

@test "--part and --require take numbers, and not with everything" {
	for part in 0/3 4/3 1/0 /3 1/ 1 1/3x -1/3 +1/3 1/99999999999 x " 1/3"; do
		capsa verify --part "$part" a.capsa
		exits 2
		says "capsa: --part '$part': must be K/N, with K from 1 to N"
	done
	for number in 0 x "" 1x -1; do
		capsa verify --require="$number" a.capsa
		exits 2
		says "capsa: --require '$number': must be a number from 1 on"
	done
	for other in --quick --deep; do
		capsa verify --part 1/3 "$other" a.capsa
		exits 2
		says_line "capsa: --part excludes --quick and --deep"
	done
	capsa verify --require 1 --intact a.capsa
	exits 2
	says_line "capsa: --require and --intact exclude each other"
	prints ""
}

@test "--require counts different trusted keys" {
	capsa verify --require 1 a.capsa
	exits 0
	prints "a.capsa: intact, signed by $id (trusted: National Library), 1 of 1 required signatures, 12 articles, $bytes bytes"
	capsa verify --require 2 a.capsa
	exits 4
	prints "a.capsa: intact, signed by $id (trusted: National Library), 1 of 2 required signatures, 12 articles, $bytes bytes"
	capsa verify --quick --require 2 a.capsa
	exits 4
	prints "a.capsa: index good, signed by $id (trusted: National Library), 1 of 2 required signatures; 12 articles NOT read"
	first=$id

	# A stranger's signature counts only when its key is trusted; the same key twice counts once.
	make_key l
	"$CAPSA" sign -k l.key --quiet a.capsa
	"$CAPSA" sign -k l.key --detached --quiet a.capsa
	capsa verify --require 2 a.capsa
	exits 4
	capsa verify --require 2 --trusted -p l.pub a.capsa
	exits 0
	capsa trust add l.pub
	capsa verify --require 2 a.capsa
	exits 0
	prints "a.capsa: intact, signed by $first (trusted: National Library), 2 of 2 required signatures, 12 articles, $(size_of a.capsa) bytes"
	capsa verify --require 3 a.capsa
	exits 4
	capsa verify --quick --require 2 a.capsa
	exits 0
	prints "a.capsa: signature and index good; 12 articles NOT read"
	capsa verify --json --require 3 a.capsa
	exits 4
	[ "$(number trusted_keys)" -eq 2 ]
	[ "$(number required)" -eq 3 ]
	[ "$(number trusted)" = true ]
}

@test "--require: the same key under two names is one key" {
	cp k.pub copy.pub
	capsa verify --require 2 -p k.pub -p copy.pub a.capsa
	exits 4
	"$CAPSA" sign -k k.key --detached --quiet a.capsa
	capsa verify --require 2 -p k.pub -p copy.pub a.capsa
	exits 4
	capsa verify --require 1 -p k.pub -p copy.pub a.capsa
	exits 0
}

@test "--require: a failing signature of a known key outweighs all" {
	make_key l
	echo something else >file
	minisign -S -s l.key -m file -x "a.capsa.$id.minisig" </dev/null >/dev/null
	capsa trust add l.pub
	capsa verify --require 1 a.capsa
	exits 4
	prints "a.capsa: intact, the signature of $id (l) does not verify, 1 of 1 required signatures, 12 articles, $bytes bytes"
}

@test "--manifest: sha256sum and b2sum check it" {
	mkdir d
	cp a.capsa d/1.capsa
	cp a.capsa d/$'new\nline\\ and\rreturn.capsa'
	"$CAPSA" pack --unsigned -o d/3.capsa --quiet site
	cp a.capsa d/4.capsa
	flip d/4.capsa $(($(frame_of a.capsa 3) + 50))
	capsa verify d --manifest sha256=SHA256 --manifest=blake2b=B2 a.capsa
	exits 3
	says "capsa: d/4.capsa: not in the manifest"
	[ "$(wc -l <SHA256)" -eq 4 ]
	sha256sum -c SHA256
	b2sum -c B2
	[ "$(sha256sum d/1.capsa d/3.capsa d/new* a.capsa)" = "$(cat SHA256)" ] || fail SHA256
	[ "$(b2sum -l 256 d/1.capsa d/3.capsa d/new* a.capsa)" = "$(cat B2)" ] || fail B2
}

@test "--manifest replaces a file only with --force, and comes whole or not at all" {
	echo old >m
	capsa verify --manifest sha256=m a.capsa
	exits 1
	prints ""
	says "capsa: m exists already; --force replaces it"
	[ "$(cat m)" = old ]
	capsa verify --manifest sha256=m --force a.capsa
	exits 0
	sha256sum -c m
	capsa verify --manifest sha256=no/such/m a.capsa
	exits 1
	only_files a.capsa k.key k.pub m site
}

@test "--manifest takes two algorithms, and not with everything" {
	for argument in md5=m sha256 sha256= =m "" sha256sum=m; do
		capsa verify --manifest "$argument" a.capsa
		exits 2
		says "capsa: --manifest '$argument': must be sha256=FILE or blake2b=FILE"
	done
	capsa verify --manifest sha256=- a.capsa
	exits 2
	says "capsa: --manifest 'sha256=-': a manifest cannot go to standard output"
	capsa verify --manifest sha256=m --manifest sha256=n a.capsa
	exits 2
	says "capsa: --manifest sha256= is given twice"
	for other in --quick "--part=1/2"; do
		capsa verify --manifest sha256=m "$other" a.capsa
		exits 2
		says_line "capsa: --manifest lists what is intact, which --quick and --part do not find out"
	done
	only_files a.capsa k.key k.pub site
}

@test "--log appends a line a run and archive" {
	cp a.capsa b.capsa
	flip b.capsa $(($(frame_of a.capsa 3) + 50))
	echo nonsense >x
	capsa verify --log log a.capsa
	exits 0
	prints "a.capsa: intact, signed by $id (trusted: National Library), 12 articles, $bytes bytes"
	capsa verify --log log --part 1/3 --quiet a.capsa b.capsa x missing
	exits 3
	[ "$(jq -r .archive log | xargs)" = "a.capsa a.capsa b.capsa x missing" ]
	[[ "$(jq -r .result log | xargs)" =~ ^"intact good "(good|damaged)" damaged failed"$ ]] || fail results
	[ "$(jq -r .depth log | sort -u)" = full ]
	[ "$(jq -s '.[0] | [.articles, .good, .damaged, .bytes] | @csv' log)" = "\"12,12,0,$bytes\"" ]
	identity=$("$CAPSA" info --statement a.capsa | b2sum -l 256 | cut -d' ' -f1)
	[ "$(jq -s -r '.[0] | [.identity, .key_id, .label] | @csv' log)" = "\"$identity\",\"$id\",\"National Library\"" ]
	jq -e '.time == .event.eventDateTime' log >/dev/null
	[[ "$(jq -s -r '.[0].time' log)" =~ ^20[0-9-]{8}T[0-9:]{8}Z$ ]] || fail time
	jq -s -e '.[0] | .seconds >= 0 and .bytes_read > 0' log >/dev/null
	jq -s -e 'map(has("damage")) | any | not' log >/dev/null
}

@test "--log: lines of several runs at once stay whole" {
	for i in 1 2 3 4 5 6; do
		"$CAPSA" verify --log log --quick a.capsa a.capsa a.capsa >/dev/null &
	done
	wait
	[ "$(wc -l <log)" -eq 18 ]
	[ "$(jq -r .archive log | wc -l)" -eq 18 ]
}

@test "--log: what is no log is left alone, and a line that was cut off ends" {
	cp a.capsa b.capsa
	capsa verify --log b.capsa a.capsa
	exits 1
	prints ""
	says "capsa: cannot append to b.capsa: it is no log of verify"
	cmp a.capsa b.capsa
	printf '{"time":"2026-' >log
	capsa verify --log log a.capsa
	exits 0
	[ "$(head -1 log)" = '{"time":"2026-' ]
	[ "$(sed 1d log | jq -r .result)" = intact ]
	[ "$(wc -l <log)" -eq 2 ]
}

@test "--log: what cannot be written is a failure" {
	capsa verify --log no/such/log a.capsa
	exits 1
	prints ""
	says "capsa: cannot write no/such/log: No such file or directory"
	capsa verify --log /dev/full a.capsa
	exits 1
	prints "a.capsa: intact, signed by $id (trusted: National Library), 12 articles, $bytes bytes"
	says "capsa: cannot write /dev/full: No space left on device"
}

# A directory that has changed just now is listed for each archive, one at rest only once.
@test "detached signatures are found among many, and those that come later" {
	mkdir d
	for i in $(seq 100 199); do cp a.capsa "d/$i.capsa"; done
	make_key l
	capsa trust add l.pub --name l
	"$CAPSA" sign -q -k l.key --detached d/150.capsa d/199.capsa d/100.capsa
	# Names that only begin alike.
	cp d/150.capsa.*.minisig d/15.minisig
	cp d/150.capsa.*.minisig "d/150.capsa-.$id.minisig"
	cp d/150.capsa.*.minisig "d/150.capsa0.$id.minisig"
	for settled in no yes; do
		[ $settled = no ] || touch -d yesterday d
		capsa verify --json --quick --require 2 d
		exits 4
		[ "$(jq -r 'select(.trusted_keys == 2) | .archive' <<<"$output" | xargs)" = "d/100.capsa d/150.capsa d/199.capsa" ] || fail $settled
		[ "$(jq -r 'select(.trusted_keys == 1) | .archive' <<<"$output" | wc -l)" -eq 97 ] || fail $settled
	done
	# In the middle of a run, which waits for the reader of its log.
	mkfifo log
	"$CAPSA" verify --quick --threads 1 --log log d >out 2>err &
	exec 7<log
	read -r line <&7
	"$CAPSA" sign -q -k l.key --detached d/198.capsa
	cat <&7 >rest
	exec 7<&-
	wait
	[ "$(jq -r 'select(.trusted_keys == 2) | .archive' rest | xargs)" = "d/150.capsa d/198.capsa d/199.capsa" ] || fail "$(cat rest)"
}
