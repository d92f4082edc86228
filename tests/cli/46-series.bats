# capsa verify: several snapshots of a series, and the newest that was seen of it.

setup() {
	load helpers
	common_setup
	make_key
	make_site
	"$CAPSA" trust add k.pub --name desk --quiet
	store=$HOME/.local/state/capsa/series
}

# snapshot NAME PREVIOUS [KEY]: NAME.capsa, with content of its own; PREVIOUS "-": the first.
snapshot() {
	local previous=(--previous "$2.capsa")
	[ "$2" != - ] || previous=()
	echo "$1" >site/name.txt
	"$CAPSA" pack -q -k "${3:-k.key}" --created 2024-05-03T12:00:00Z -o "$1.capsa" "${previous[@]}" site
}
# series N: 1.capsa to N.capsa; $series.
series() {
	local i
	snapshot 1 -
	for i in $(seq 2 "$1"); do snapshot "$i" $((i - 1)); done
	series=$(identity 1)
	series=${series:0:32}
}
identity() {
	"$CAPSA" info --statement --quiet "$1.capsa" | b2sum -l 256 | cut -d' ' -f1
}
# The lines about series are these.
finds() {
	local expected=$1
	[ "$(sed -n "s/^series $series: //p" <<<"$output")" = "$expected" ] || fail "of the series expected:" "$expected"
}

@test "a whole series, in any order, twice, and as a directory" {
	series 4
	capsa verify 3.capsa 1.capsa 4.capsa 2.capsa 3.capsa
	exits 0
	finds ""
	[ "${#lines[@]}" -eq 5 ]
	capsa verify .
	exits 0
	finds ""
	# Its beginning need not be there.
	capsa verify 3.capsa 4.capsa
	exits 0
	finds ""
	# Other archives are of no series.
	snapshot other -
	capsa verify .
	exits 0
	finds ""
	says ""
}

@test "a missing snapshot is named, and a failure" {
	series 6
	mkdir d
	cp 1.capsa 3.capsa 6.capsa d
	capsa verify d
	exits 1
	finds "missing: snapshot 2, between d/1.capsa and d/3.capsa
missing: snapshots 4 to 5, between d/3.capsa and d/6.capsa"
	[ "${#lines[@]}" -eq 5 ]
	capsa verify --quick d
	exits 1
	capsa verify --quiet --part 1/2 d
	exits 1
	# What is damaged is there; what cannot be opened is not.
	cp 2.capsa 4.capsa 5.capsa d
	flip d/2.capsa $(($(frame_of d/2.capsa 1) + 50))
	head -c 3000 4.capsa >d/4.capsa
	capsa verify d
	exits 3
	finds "missing: snapshot 4, between d/3.capsa and d/5.capsa"
	# Nobody asked, or signatures are not judged.
	rm d/2.capsa d/4.capsa
	capsa verify --no-series d
	exits 0
	finds ""
	capsa verify --intact d
	exits 0
	finds ""
}

@test "a replaced snapshot is named, and not to be trusted" {
	series 3
	snapshot 2b 1
	snapshot 3b 2b
	capsa verify 1.capsa 2.capsa 2b.capsa
	exits 4
	first=2 second=2b
	[[ "$(identity 2)" < "$(identity 2b)" ]] || { first=2b && second=2; }
	finds "replaced: snapshot 2: $first.capsa and $second.capsa are not the same"
	capsa verify 1.capsa 2b.capsa 3.capsa
	exits 4
	finds "replaced: snapshot 2: 3.capsa follows another than 2b.capsa"
	# The number alone tells nothing where the one between is missing.
	capsa verify 1.capsa 3b.capsa
	exits 1
	finds "missing: snapshot 2, between 1.capsa and 3b.capsa"
	# A damaged one is worse, and hides nothing.
	capsa trust forget "$series"
	flip 2b.capsa $(($(frame_of 2b.capsa 1) + 50))
	capsa verify 3.capsa 2b.capsa
	exits 3
	finds "replaced: snapshot 2: 3.capsa follows another than 2b.capsa"
}

@test "the first snapshot may be another than the second names" {
	series 2
	# Two firsts have series of their own, so that the second misses nothing.
	snapshot 1b -
	capsa verify 1b.capsa 2.capsa
	exits 0
	finds ""
}

@test "only what a trusted key has signed may accuse" {
	series 3
	make_key l
	snapshot 2l 1 l.key
	snapshot 9l 3 l.key
	"$CAPSA" pack -q --unsigned --previous 3.capsa -o 4u.capsa site
	capsa verify 1.capsa 2.capsa 2l.capsa 3.capsa 4u.capsa
	exits 4
	finds ""
	capsa trust forget "$series"
	capsa verify -p l.pub 1.capsa 2.capsa 2l.capsa 3.capsa
	exits 4
	finds ""
	capsa verify -p l.pub -p k.pub 1.capsa 2l.capsa 3.capsa
	exits 4
	finds "replaced: snapshot 2: 3.capsa follows another than 2l.capsa"
	# A signature of a known key that does not verify makes the whole doubtful.
	"$CAPSA" sign -q -k l.key --detached 3.capsa
	l=$(echo 3.capsa.*.minisig)
	cp "$l" "2l.capsa${l#3.capsa}"
	capsa verify -p l.pub -p k.pub 1.capsa 2l.capsa 3.capsa
	exits 1
	finds "missing: snapshot 2, between 1.capsa and 3.capsa"
	# Who trusts nobody is told so, and what the archives say of each other.
	rm ./*.minisig
	capsa trust remove desk
	capsa verify 1.capsa 3.capsa
	exits 1
	finds "missing: snapshot 2, between 1.capsa and 3.capsa"
	capsa trust seen
	prints ""
}

@test "a proof is no snapshot" {
	series 3
	"$CAPSA" get --quiet --proof 2.proof 2.capsa name.txt >/dev/null
	capsa verify 2.proof
	exits 0
	[ ! -e "$store" ]
	capsa verify 1.capsa 2.proof 3.capsa
	exits 1
	finds "missing: snapshot 2, between 1.capsa and 3.capsa"
}

@test "the newest that was seen is remembered, and an older one noticed" {
	series 5
	capsa verify 1.capsa
	exits 0
	[ ! -e "$store" ]
	capsa verify 2.capsa 3.capsa
	exits 0
	finds ""
	[ "$(cat "$store")" = "capsa series 1
$series 3 $(identity 3) $(identity 2) 2024-05-03T12:00:00Z" ] || fail store
	[ "$(stat -c %a "$store" "$HOME/.local/state/capsa" | xargs)" = "600 700" ]
	capsa trust seen
	exits 0
	prints "$series	3	2024-05-03T12:00:00Z	$(identity 3)"

	# By itself it is no error, and said once.
	cp 2.capsa news.capsa
	capsa verify 1.capsa 2.capsa news.capsa
	exits 0
	finds "older: 2.capsa is snapshot 2, but snapshot 3 was seen before"
	capsa verify --newest 1.capsa
	exits 1
	finds "older: 1.capsa is snapshot 1, but snapshot 3 was seen before"
	capsa verify --newest 3.capsa
	exits 0
	finds ""
	capsa verify -p k.pub 2.capsa
	exits 0
	finds "older: 2.capsa is snapshot 2, but snapshot 3 was seen before"
	capsa verify --no-series 2.capsa
	finds ""
	# All of them, old ones too, is nothing to speak of.
	capsa verify 1.capsa 2.capsa 3.capsa 4.capsa 5.capsa
	exits 0
	finds ""
	capsa trust seen
	prints "$series	5	2024-05-03T12:00:00Z	$(identity 5)"
}

@test "what contradicts the one seen before is replaced, and not remembered" {
	series 4
	snapshot 2b 1
	snapshot 3b 2b
	snapshot 4b 3b
	"$CAPSA" verify 3.capsa
	cp "$store" before
	capsa verify 3b.capsa
	exits 4
	[[ "$output" = *"replaced: snapshot 3: 3b.capsa and the one seen before are not the same" ||
	    "$output" = *"replaced: snapshot 3: the one seen before and 3b.capsa are not the same" ]] || fail same
	capsa verify 4b.capsa
	exits 4
	finds "replaced: snapshot 3: 4b.capsa follows another than the one seen before"
	capsa verify 2b.capsa
	exits 4
	finds "replaced: snapshot 2: the one seen before follows another than 2b.capsa
older: 2b.capsa is snapshot 2, but snapshot 3 was seen before"
	cmp before "$store"
	# Until it is forgotten.
	capsa trust forget "$series"
	exits 0
	says ""
	capsa trust seen
	prints ""
	capsa verify 4b.capsa
	exits 0
	capsa trust seen
	prints "$series	4	2024-05-03T12:00:00Z	$(identity 4b)"
}

@test "only keys of the trust store make anything remembered" {
	series 2
	make_key l
	snapshot 2l 1 l.key
	for keys in "-p k.pub" "-P $(sed -n 2p k.pub)" "-p k.pub --trusted" --intact --no-series; do
		# shellcheck disable=SC2086
		capsa verify $keys 2.capsa
		exits 0
		[ ! -e "$store" ] || fail "$keys"
	done
	capsa verify 2l.capsa
	exits 4
	[ ! -e "$store" ]
	capsa verify --trusted 2.capsa
	exits 0
	[ -e "$store" ]
}

@test "trust seen and trust forget" {
	series 2
	mkdir more
	mv ./*.capsa more
	echo other >site/other
	snapshot 1 -
	echo later >site/later
	snapshot 2 1
	capsa trust seen
	exits 0
	prints ""
	says ""
	capsa trust forget "$series"
	exits 1
	says "capsa: no snapshot of a series '$series' is remembered"
	capsa verify more .
	exits 0
	capsa trust seen
	[ "${#lines[@]}" -eq 2 ]
	[ "$(cut -f1 <<<"$output" | sort)" = "$(cut -f1 <<<"$output")" ]
	for wrong in "" "${series:0:31}" "${series}0" "${series^^}x" ../series; do
		capsa trust forget "$wrong"
		exits 1
	done
	capsa trust forget "$series"
	exits 0
	capsa trust seen
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" != "$series"* ]] || fail forgotten
	capsa trust seen more
	exits 2
	capsa trust forget
	exits 2
}

@test "where nothing can be written nothing is remembered, which only -v says" {
	series 2
	export XDG_STATE_HOME=/proc/nowhere
	capsa verify 2.capsa
	exits 0
	says ""
	capsa verify -v 2.capsa
	exits 0
	says "capsa: cannot write /proc/nowhere/capsa/series: No such file or directory; the newest snapshots are not remembered"
	[ "${#lines[@]}" -eq 1 ]
	# In a directory that is there, too.
	export XDG_STATE_HOME=$PWD/state
	"$CAPSA" verify 1.capsa 2.capsa
	snapshot 3 2
	rm state/capsa/series
	mkdir state/capsa/series state/capsa/series.new
	capsa verify 3.capsa
	exits 0
	says "capsa: warning: cannot read $PWD/state/capsa/series: Is a directory; whether newer snapshots were seen before is not known"
	rmdir state/capsa/series
	capsa verify -v 3.capsa
	exits 0
	says "capsa: cannot write $PWD/state/capsa/series: Is a directory; the newest snapshots are not remembered"
	rmdir state/capsa/series.new
	capsa verify 3.capsa
	[ "$(ls -A state/capsa)" = series ]
	# A read-only file does not keep it from being replaced; what is there already needs no writing.
	export XDG_STATE_HOME=/dev/null
	capsa verify 2.capsa
	exits 0
	says ""
	unset XDG_STATE_HOME HOME
	capsa verify -p k.pub 2.capsa
	exits 0
}

@test "a file that capsa did not write is left alone, and warned of" {
	series 2
	"$CAPSA" verify 2.capsa >/dev/null
	good=$(sed -n 2p "$store")
	for line in "" x "${good% *}" "$good x" "${good/ 2 / 0 }" "${good/ 2 / 02 }" "${good/ 2 / -2 }" \
	    "${good/ 2 / 9223372036854775808 }" "${good/ 2 /  2 }" "${good^^}" "x$good" "${good:1}" "${good%Z}" "$(noise 1)"; do
		printf 'capsa series 1\n%s\n' "$line" >"$store"
		cp "$store" before
		capsa verify 2.capsa
		exits 0
		says "capsa: warning: cannot read $store: a line of it is not what capsa writes; whether newer snapshots were seen before is not known" ||
		    says "capsa: warning: cannot read $store: a line of it has no end; whether newer snapshots were seen before is not known"
		cmp before "$store"
		capsa trust seen
		exits 1
		capsa trust forget "$series"
		exits 1
		cmp before "$store"
	done
	printf 'capsa series 2\n' >"$store"
	capsa verify 2.capsa
	says "capsa: warning: cannot read $store: it does not begin with 'capsa series 1'; whether newer snapshots were seen before is not known"
	printf 'capsa series 1\n%s' "$good" >"$store"
	capsa verify 2.capsa
	says "capsa: warning: cannot read $store: a line of it has no end; whether newer snapshots were seen before is not known"
	# Who asks for the newest is not answered.
	capsa verify --newest --quiet 2.capsa
	exits 1
	says "capsa: cannot read $store: a line of it has no end; whether newer snapshots were seen before is not known"
	: >"$store"
	capsa verify 2.capsa
	says "capsa: warning: cannot read $store: it is empty; whether newer snapshots were seen before is not known"
	# Without previous, as another program may pack.
	printf 'capsa series 1\n%s\n' "${good/ $(identity 1) / - }" >"$store"
	capsa verify 2.capsa
	exits 0
	says ""
}

@test "many processes that see different series at once lose none" {
	for i in 1 2 3 4 5 6 7 8; do
		snapshot "a$i" -
		snapshot "b$i" "a$i"
	done
	for i in 1 2 3 4 5 6 7 8; do
		"$CAPSA" verify --quick "b$i.capsa" >/dev/null &
	done
	wait
	capsa trust seen
	[ "${#lines[@]}" -eq 8 ] || fail series
	[ "$(ls -A "${store%/*}")" = series ]
}

@test "--json and --log have the findings after the archives" {
	series 4
	capsa verify --json --log log 4.capsa 1.capsa
	exits 1
	[ "${#lines[@]}" -eq 3 ]
	[ "$(jq -r 'select(has("archive")) | [.archive, .series, .sequence, .previous] | @csv' <<<"$output")" = \
	    "\"4.capsa\",\"$series\",4,\"$(identity 3)\"
\"1.capsa\",,," ] || fail archives
	[ "${lines[2]}" = "{\"series\":\"$series\",\"finding\":\"missing\",\"first\":2,\"last\":3,\"archives\":[\"1.capsa\",\"4.capsa\"],\"note\":\"missing: snapshots 2 to 3, between 1.capsa and 4.capsa\"}" ] || fail finding
	[ "$(wc -l <log)" -eq 3 ]
	[ "$(sed -n 3p log | jq -c 'del(.time)')" = "${lines[2]}" ] || fail log
	[[ "$(sed -n 3p log | jq -r .time)" =~ ^20[0-9-]{8}T[0-9:]{8}Z$ ]] || fail time

	capsa verify --json --newest 2.capsa
	exits 1
	[ "$(jq -c 'select(has("finding")) | [.finding, .first, .last, .archives]' <<<"$output")" = '["older",3,4,["2.capsa"]]' ] || fail older
	snapshot 4b 3
	capsa verify --json 4b.capsa
	exits 4
	[ "$(jq -c 'select(has("finding")) | [.finding, .first, .last, .archives]' <<<"$output")" = '["replaced",4,4,["4b.capsa"]]' ] || fail replaced
}

@test "--newest wants series to be compared" {
	for other in --no-series --intact; do
		capsa verify --newest "$other" k.pub
		exits 2
		says_line "capsa: --newest excludes --no-series and --intact"
	done
}
