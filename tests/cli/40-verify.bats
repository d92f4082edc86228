# capsa verify: intact, signed, trusted, and what it says where they are not.

setup() {
	load helpers
	common_setup
	make_key
	make_archive a k.key
	bytes=$(size_of a.capsa)
	"$CAPSA" trust add k.pub --name "National Library" --quiet
}

@test "an intact archive, signed by a trusted key" {
	capsa verify a.capsa
	exits 0
	prints "a.capsa: intact, signed by $id (trusted: National Library), 12 articles, $bytes bytes"
	says ""
	capsa verify --deep --threads 1 a.capsa
	exits 0
	prints "a.capsa: intact, signed by $id (trusted: National Library), 12 articles, $bytes bytes"
}

@test "--quick never says intact" {
	capsa verify --quick a.capsa
	exits 0
	prints "a.capsa: signature and index good; 12 articles NOT read"
	capsa trust remove "$id"
	capsa verify --quick a.capsa
	exits 4
	prints "a.capsa: index good, signed by $id (not trusted); 12 articles NOT read"
	capsa verify --quick --intact a.capsa
	exits 0
	prints "a.capsa: index good, signatures not judged; 12 articles NOT read"
}

@test "the key of -p, of -P or of the store decides" {
	capsa trust remove "$id"
	make_key other
	make_key k2
	capsa verify -p k.pub a.capsa
	exits 0
	prints "a.capsa: intact, signed by $("$CAPSA" key show k.pub | cut -d' ' -f1) (trusted: k), 12 articles, $bytes bytes"
	capsa verify -P "$(sed -n 2p k.pub)" a.capsa
	exits 0
	capsa verify -p other.pub a.capsa
	exits 4
	capsa verify -p other.pub -p k.pub a.capsa
	exits 0
	capsa verify --trusted a.capsa
	exits 4
	capsa trust add k.pub
	capsa verify --trusted a.capsa
	exits 0
	capsa verify -p other.pub a.capsa
	exits 4
	capsa verify -P nonsense a.capsa
	exits 2
	says "capsa: -P 'nonsense': not a public key in base64"
	capsa verify -p k.key a.capsa
	exits 1
}

@test "without a trusted key exit 4, whose key it is and how to trust it" {
	capsa trust remove "$id"
	capsa verify a.capsa
	exits 4
	prints "a.capsa: intact, signed by $id (not trusted), 12 articles, $bytes bytes"
	says "capsa: a.capsa: $id is not a key you trust; once its owner has confirmed it, trust it: capsa trust add $base64 --name NAME"
	capsa verify --quiet a.capsa
	exits 4
	says ""
	capsa verify --intact a.capsa
	exits 0
	prints "a.capsa: intact, signatures not judged, 12 articles, $bytes bytes"
	says ""
}

@test "an archive that nobody signed" {
	"$CAPSA" pack --unsigned -o b.capsa --quiet site
	capsa verify b.capsa
	exits 4
	prints "b.capsa: intact, not signed, 12 articles, $(size_of b.capsa) bytes"
	says ""
}

@test "a key is trusted until its date" {
	capsa trust add k.pub --name "National Library" --until 2024-05-03
	capsa verify a.capsa
	exits 0
	capsa trust add k.pub --name "National Library" --until 2024-05-02
	capsa verify a.capsa
	exits 4
	prints "a.capsa: intact, signed by $id (National Library, not trusted for so late a date), 12 articles, $bytes bytes"
	echo nonsense >"$XDG_CONFIG_HOME/capsa/trusted/National Library.until"
	capsa verify a.capsa
	exits 4
	says_line "capsa: warning: $XDG_CONFIG_HOME/capsa/trusted/National Library.until: not a date; the key 'National Library' is trusted for nothing"
}

@test "a detached signature of stock minisign counts" {
	"$CAPSA" pack --unsigned -o b.capsa --quiet site
	"$CAPSA" info --statement --quiet b.capsa >statement
	minisign -G -W -p m.pub -s m.key >/dev/null
	mid=$("$CAPSA" key show m.pub | cut -d' ' -f1)
	minisign -S -s m.key -m statement -x "b.capsa.$mid.minisig" </dev/null >/dev/null
	capsa verify b.capsa
	exits 4
	prints "b.capsa: intact, with a signature by $mid (key not known), 12 articles, $(size_of b.capsa) bytes"
	says "capsa: b.capsa: $mid is not a key you have; get it from its owner and trust it: capsa trust add FILE.pub"
	capsa trust add m.pub --until "$(date -u -d tomorrow +%F)"
	capsa verify b.capsa
	exits 0
	prints "b.capsa: intact, signed by $mid (trusted: m), 12 articles, $(size_of b.capsa) bytes"
	capsa trust add m.pub --until "$(date -u -d yesterday +%F)"
	capsa verify b.capsa
	exits 4
}

@test "a failing signature of a known key is exit 4, whatever others say" {
	make_key other
	echo something else >file
	minisign -S -s other.key -m file -x "a.capsa.$id.minisig" </dev/null >/dev/null
	capsa verify a.capsa
	exits 0
	capsa trust add other.pub
	capsa verify a.capsa
	exits 4
	prints "a.capsa: intact, the signature of $id (other) does not verify, 12 articles, $bytes bytes"
	capsa info a.capsa
	exits 4
	prints ""
	says "capsa: a.capsa: the signature of $id (other) does not verify"
	capsa verify --intact a.capsa
	exits 0
}

@test "a signature file that is none is passed over with a warning" {
	echo nonsense >"a.capsa.$id.minisig"
	capsa verify a.capsa
	exits 0
	[[ "$stderr" = "capsa: warning: ./a.capsa.$id.minisig: "* ]] || fail warning
	for make in mkfifo mkdir; do
		rm "a.capsa.$id.minisig"
		"$make" "a.capsa.$id.minisig"
		run --separate-stderr timeout 10 "$CAPSA" verify -p k.pub a.capsa
		exits 0
		says "capsa: warning: ./a.capsa.$id.minisig: is not a file"
	done
	rmdir "a.capsa.$id.minisig"
	echo nonsense >"a.capsa.$id.minisig"
	echo nonsense >"a.capsa.${id,,}.minisig"
	rm "a.capsa.$id.minisig"
	capsa verify a.capsa
	says ""
}

@test "a damaged article is named, the rest is good" {
	at=$(frame_of a.capsa 3)
	flip a.capsa $((at + 100))
	capsa verify a.capsa
	exits 3
	prints "a.capsa: damaged: news/2024/03.html (frame at $at)
a.capsa: damaged, signed by $id (trusted: National Library), 11 of 12 articles good, $bytes bytes"
	says ""
	capsa verify --quick a.capsa
	exits 0
	capsa verify --deep -v --threads 2 a.capsa
	exits 3
	[[ "$output" = "a.capsa: damaged: news/2024/03.html (frame at $at): "* ]] || fail cause
}

@test "a damaged index page is named" {
	at=$(archive=a.capsa field tree | sed -n 's/^path keys 0 12 \([0-9]*\) .*/\1/p')
	flip a.capsa $((at + 20))
	capsa verify a.capsa
	exits 3
	prints_line "a.capsa: damaged: index page (at $at)"
	capsa verify --quick a.capsa
	exits 3
	prints "a.capsa: damaged: index page (at $at)
a.capsa: damaged, signed by $id (trusted: National Library), 12 articles NOT read, $bytes bytes"
}

@test "a damaged prefix and a damaged trailer are damage" {
	cp a.capsa b.capsa
	flip a.capsa 20
	capsa verify a.capsa
	exits 3
	prints_line "a.capsa: damaged: prefix (at 20)"
	flip b.capsa $((bytes - 10))
	capsa verify b.capsa
	exits 3
	[[ "$output" = "b.capsa: damaged: trailer (at "* ]] || fail trailer
	prints_line "b.capsa: damaged, signed by $id (trusted: National Library), 12 of 12 articles good, $bytes bytes"
}

@test "at most 20 lines of damage and a count" {
	mkdir many
	for i in $(seq 100 130); do noise "$i" >"many/$i.txt"; done
	"$CAPSA" pack -k k.key --frame-size 4096 -o m.capsa --quiet many
	for i in $(seq 1 31); do flip m.capsa $(($(frame_of m.capsa "$i") + 50)); done
	capsa verify m.capsa
	exits 3
	[ "${#lines[@]}" -eq 22 ]
	[ "${lines[19]}" = "m.capsa: damaged: 119.txt (frame at $(frame_of m.capsa 20))" ]
	[ "${lines[20]}" = "m.capsa: damaged: and 11 more; -v lists them all" ]
	[ "${lines[21]}" = "m.capsa: damaged, signed by $id (trusted: National Library), 0 of 31 articles good, $(size_of m.capsa) bytes" ]
	capsa verify -v m.capsa
	[ "${#lines[@]}" -eq 32 ]
	capsa verify --json m.capsa
	[ "$(grep -o '"structure"' <<<"$output" | wc -l)" -eq 31 ]
}

@test "withheld articles are counted apart and are no damage" {
	at=$(frame_of a.capsa 5)
	behind=$(frame_of a.capsa 6)
	withhold a.capsa 5 "by order of a court"
	capsa verify a.capsa
	exits 0
	prints "a.capsa: intact but for what is withheld, signed by $id (trusted: National Library), 11 of 12 articles good, 1 withheld, $bytes bytes"
	capsa verify -v a.capsa
	[[ "${lines[0]}" = "a.capsa: withheld: news/2024/05.html (frame at $at): "*"by order of a court" ]] || fail reason
	flip a.capsa $((behind + 50))
	capsa verify a.capsa
	exits 3
	prints_line "a.capsa: damaged, signed by $id (trusted: National Library), 10 of 12 articles good, 1 withheld, $bytes bytes"
}

@test "what is no archive, is cut off, is missing or is no file" {
	echo nonsense >x
	capsa verify x
	exits 3
	prints "x: not a capsa archive"
	: >x
	capsa verify x
	exits 3
	prints "x: not a capsa archive"
	head -c $((bytes - 1)) a.capsa >x
	capsa verify x
	exits 3
	[[ "$output" = "x: "* ]] || fail "one line"
	capsa verify missing
	exits 1
	prints ""
	says "capsa: cannot open missing: No such file or directory"
	mkfifo fifo
	capsa verify fifo
	exits 1
	capsa verify https://example.org/a.capsa
	exits 2
	says "capsa: https://example.org/a.capsa: reading over HTTP is not built yet"
}

@test "of several archives one bad one hides none, and the worst counts" {
	mkdir d
	cp a.capsa d/2.capsa
	echo nonsense >d/1.capsa
	cp a.capsa d/3.capsa
	echo other >d/other.txt
	flip d/3.capsa $(($(frame_of a.capsa 1) + 50))
	"$CAPSA" pack --unsigned -o d/4.capsa --quiet site
	capsa verify d missing a.capsa
	exits 3
	[ "${#lines[@]}" -eq 6 ]
	[ "${lines[0]}" = "d/1.capsa: not a capsa archive" ]
	[ "${lines[1]}" = "d/2.capsa: intact, signed by $id (trusted: National Library), 12 articles, $bytes bytes" ]
	[ "${lines[2]}" = "d/3.capsa: damaged: news/2024/01.html (frame at $(frame_of a.capsa 1))" ]
	[[ "${lines[4]}" = "d/4.capsa: intact, not signed, "* ]]
	[[ "${lines[5]}" = "a.capsa: intact, "* ]]
	capsa verify d/4.capsa missing a.capsa
	exits 1
	capsa verify d/4.capsa a.capsa
	exits 4
	rm d/*
	capsa verify d/
	exits 1
	says "capsa: d/: no *.capsa in this directory"
}

@test "--json: one object a line" {
	capsa verify --json a.capsa
	exits 0
	identity=$("$CAPSA" info --statement a.capsa | b2sum -l 256 | cut -d' ' -f1)
	[[ "$output" = '{"archive":"a.capsa","damage":[],"result":"intact","depth":"full","bytes":'"$bytes"',"identity":"'"$identity"'","signed":true,"trusted":true,"signature_failed":false,"key_id":"'"$id"'","label":"National Library","trusted_keys":1,"articles":12,"good":12,"damaged":0,"withheld":0,"lines_lost":0,"not_read":0,"structures":0,"bytes_read":'*',"sha256_checked":false,'*',"seconds":'*'}' ]] || fail json
	capsa verify --json --deep a.capsa
	[[ "$output" = *'"depth":"deep"'*'"sha256_checked":true,"url_keys_checked":true,"title_keys_checked":true,'* ]] || fail deep
	at=$(frame_of a.capsa 2)
	flip a.capsa $((at + 50))
	echo nonsense >$'new\nline\xff'
	capsa verify --json a.capsa $'new\nline\xff' missing
	exits 3
	[ "${#lines[@]}" -eq 3 ]
	[[ "${lines[0]}" = '{"archive":"a.capsa","damage":[{"structure":"articles frame","offset":'"$at"',"number":1,"path":"news/2024/02.html","cause":"'*'"}],"result":"damaged",'* ]] || fail damage
	[[ "${lines[1]}" = '{"archive":"new\u000aline'$'\xef\xbf\xbd''","damage":[],"result":"damaged","depth":"full","error":"not a capsa archive","event":{'*'}}' ]] || fail "not an archive"
	[[ "${lines[2]}" = '{"archive":"missing","damage":[],"result":"failed","depth":"full","error":"the file cannot be opened","event":{'*'}}' ]] || fail missing
}

@test "--json: the fields of a PREMIS event" {
	capsa verify --json a.capsa
	version=$("$CAPSA" --version)
	identity=$("$CAPSA" info --statement a.capsa | b2sum -l 256 | cut -d' ' -f1)
	[[ "$output" =~ \"event\":(\{.*\})\}$ ]] || fail event
	event=${BASH_REMATCH[1]}
	[[ "$event" =~ \"eventDateTime\":\"(20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z)\" ]] || fail time
	time=${BASH_REMATCH[1]}
	[ "$event" = '{"eventType":"fixity check","eventDateTime":"'"$time"'","eventDetail":"full","eventOutcome":"success","eventOutcomeDetailNote":"intact, signed by '"$id"' (trusted: National Library), 12 articles, '"$bytes"' bytes","agent":"'"$version"'","messageDigestAlgorithm":"BLAKE2b-256","messageDigest":"'"$identity"'"}' ] || fail "$event"
	capsa verify --json --quick a.capsa
	[[ "$output" = *'"eventDetail":"quick","eventOutcome":"success","eventOutcomeDetailNote":"signature and index good; 12 articles NOT read",'* ]] || fail quick
	cp a.capsa b.capsa
	withhold b.capsa 5 "by order of a court"
	capsa verify --json b.capsa
	[[ "$output" = *'"result":"good","depth":"full",'* ]] || fail intact
	[[ "$output" = *'"eventOutcome":"warning","eventOutcomeDetailNote":"intact but for what is withheld, '* ]] || fail withheld
	flip a.capsa $(($(frame_of a.capsa 1) + 50))
	capsa verify --json a.capsa
	[[ "$output" = *'"eventOutcome":"fail","eventOutcomeDetailNote":"damaged, '* ]] || fail damaged
	echo nonsense >x
	capsa verify --json x
	[[ "$output" = *'"eventOutcome":"fail","eventOutcomeDetailNote":"not a capsa archive","agent":"'"$version"'"}}' ]] || fail "no archive"
}

@test "names from outside are escaped" {
	mv a.capsa $'a\x1b[31m.capsa'
	capsa verify --intact $'a\x1b[31m.capsa'
	exits 0
	prints 'a\x1b[31m.capsa: intact, signatures not judged, 12 articles, '"$bytes bytes"
}

@test "wrong usage" {
	capsa verify
	exits 2
	says "capsa: no archive to verify
capsa: try 'capsa verify --help'"
	capsa verify --threads 0 a.capsa
	exits 2
	says "capsa: '0' is no number of threads from 1 to 1024"
}
