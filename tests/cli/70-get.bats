# capsa get: single articles to standard output or a file.

setup() {
	load helpers
	common_setup
	mkdir -p site/2024
	printf '<title>The  Great Flood</title>' >site/2024/flood.html
	printf '<title>the great flood</title>x' >site/2024/again.html
	printf '<title>\303\234ber uns</title>' >site/about.html
	printf 'no line feed at the end' >site/a.txt
	printf 'evil \033[2J\ttext\r\nnext line\n' >site/escape.txt
	printf 'x\0y' >site/zero.bin
	printf 'caf\351' >site/latin1.bin
	: >site/empty
	"$CAPSA" pack --unsigned -o s.capsa --quiet -C site .
}

@test "the body, byte for byte" {
	"$CAPSA" get -q s.capsa a.txt | cmp - site/a.txt
	"$CAPSA" get -q s.capsa zero.bin | cmp - site/zero.bin
	"$CAPSA" get -q s.capsa escape.txt | cmp - site/escape.txt
	"$CAPSA" get -q s.capsa empty | cmp - site/empty
	capsa get s.capsa a.txt
	exits 0
	says "capsa: warning: s.capsa: not signed"
}

@test "several, one after another" {
	"$CAPSA" get -q s.capsa a.txt 2024/flood.html a.txt | cmp - <(cat site/a.txt site/2024/flood.html site/a.txt)
}

@test "no such article: exit 1, and nothing is written" {
	capsa get -q s.capsa nothing
	exits 1
	prints ""
	says "capsa: s.capsa: no article 'nothing'"
	capsa get -q s.capsa a.txt nothing 2024 zero.bin
	exits 1
	prints ""
	says "capsa: s.capsa: no article 'nothing'
capsa: s.capsa: no article '2024'"
	capsa get -q s.capsa nothing -o out
	exits 1
	[ ! -e out ]
}

@test "a title finds an article, which is named" {
	capsa get s.capsa 'ÜBER   uns'
	exits 0
	prints "$(cat site/about.html)"
	says "capsa: warning: s.capsa: not signed
capsa: title 'ÜBER   uns' is about.html"
	capsa get -q s.capsa 'über uns'
	exits 0
	says ""
	capsa get -q --by path s.capsa 'über uns'
	exits 1
	says "capsa: s.capsa: no article 'über uns'"
}

@test "an ambiguous title: nothing is written, the candidates are listed" {
	capsa get -q s.capsa a.txt "The great flood"
	exits 1
	prints ""
	says "capsa: s.capsa: 2 articles have the title 'The great flood':
capsa:   2024/again.html
capsa:   2024/flood.html"
}

@test "--by digest: whole, with its name, or the first digits" {
	digest=$(b2sum -l 256 <site/a.txt | cut -d' ' -f1)
	for id in "$digest" "blake2b-256:$digest" "${digest:0:8}" "${digest^^}"; do
		capsa get -q --by digest s.capsa "$id"
		exits 0
		prints "$(cat site/a.txt)"
	done
	capsa get --by=digest s.capsa "$digest"
	says "capsa: warning: s.capsa: not signed
capsa: digest '$digest' is a.txt"
	capsa get -q s.capsa "$digest"
	exits 1
	capsa get -q --by digest s.capsa 0000000000
	exits 1
	capsa get -q --by digest s.capsa "${digest:0:7}"
	exits 2
	says "capsa: '${digest:0:7}' is no digest: 8 to 64 hexadecimal digits"
}

@test "--metadata: the line as packed" {
	capsa get -q --metadata s.capsa a.txt empty
	exits 0
	[ "${#lines[@]}" -eq 2 ] || fail
	[ "$output" = "$("$CAPSA" list -q --json s.capsa a.txt empty)" ] || fail
}

@test "-o: a file, complete or not at all" {
	capsa get -q s.capsa zero.bin -o out
	exits 0
	prints ""
	cmp out site/zero.bin
	capsa get -q s.capsa a.txt -o out
	exits 1
	says "capsa: out exists already; --force replaces it"
	cmp out site/zero.bin
	cp s.capsa same.capsa
	capsa get -q same.capsa a.txt -o same.capsa --force
	exits 1
	says "capsa: same.capsa is the archive itself"
	cmp s.capsa same.capsa
	rm same.capsa
	capsa get -q s.capsa a.txt -o out --force
	exits 0
	cmp out site/a.txt
	capsa get -q s.capsa a.txt --metadata --output=meta
	exits 0
	"$CAPSA" list -q --json s.capsa a.txt | cmp - meta
	capsa get -q s.capsa a.txt empty -o both
	exits 2
	[ ! -e both ]
	"$CAPSA" get -q s.capsa zero.bin -o - | cmp - site/zero.bin
	only_files meta out s.capsa site
}

# What get prints on a terminal.
on_terminal() {
	run script -qec "'$CAPSA' get -q $*" /dev/null
}

@test "a terminal sees text, harmless" {
	on_terminal s.capsa escape.txt
	[ "$status" -eq 0 ]
	[ "$(tr -d '\r' <<<"$output")" = "$(printf 'evil \\x1b[2J\ttext\nnext line')" ] || fail
	on_terminal s.capsa a.txt
	[ "$output" = "no line feed at the end" ] || fail
	on_terminal s.capsa a.txt --metadata
	[[ "$output" = '{"digest":'* ]] || fail
}

@test "binary goes to a terminal only with -o -" {
	for name in zero.bin latin1.bin; do
		on_terminal s.capsa $name
		[ "$status" -eq 1 ]
		[ "$(tr -d '\r' <<<"$output")" = "capsa: '$name' is no text; -o FILE writes it to a file, -o - to the terminal" ] || fail
	done
	script -qec "'$CAPSA' get -q s.capsa latin1.bin -o -" /dev/null >out </dev/null
	cmp out site/latin1.bin
}

@test "text longer than a piece comes whole to a terminal" {
	mkdir long
	# Characters of three bytes, so that pieces and frames end within one.
	awk 'BEGIN { for (i = 0; i < 40000; i++) printf "%d\342\202\254\342\202\254\342\202\254\342\202\254\342\202\254\342\202\254\342\202\254\342\202\254\342\202\254\342\202\254\n", i }' >long/euro.txt
	[ "$(size_of long/euro.txt)" -gt 1200000 ]
	"$CAPSA" pack --unsigned -o l.capsa --quiet -C long .
	script -qec "'$CAPSA' get -q l.capsa euro.txt" /dev/null </dev/null | tr -d '\r' | cmp - long/euro.txt
	"$CAPSA" get -q l.capsa euro.txt | cmp - long/euro.txt
}

@test "large bodies take little memory" {
	mkdir big
	head -c 60000000 /dev/zero >big/zeros
	seq 2000000 >>big/zeros
	"$CAPSA" pack --unsigned --level 1 -o big.capsa --quiet -C big .
	# Sanitizers need an address space of their own.
	limit=unlimited
	if (ulimit -v 60000 && "$CAPSA" --version >/dev/null 2>&1); then limit=60000; fi
	(
		ulimit -v $limit
		"$CAPSA" get -q big.capsa zeros
	) | cmp - big/zeros
}

@test "a damaged or withheld article: nothing of the damaged part is written" {
	rm -rf site
	make_key
	make_archive a k.key
	at=$(frame_of a.capsa 3)
	path=$("$CAPSA" list -q a.capsa | sed -n 3p)
	"$CAPSA" get -q a.capsa "$path" >before
	[ -s before ]
	cp a.capsa w.capsa
	flip a.capsa $((at + 100))
	capsa get -q a.capsa "$path"
	exits 3
	prints ""
	says "capsa: a.capsa: $path: articles frame fails its digest (at $at)"
	capsa get -q a.capsa "$path" -o out
	exits 3
	[ ! -e out ]
	capsa get -q a.capsa --metadata "$path"
	exits 0
	withhold w.capsa 3 "court order 7"
	capsa get -q w.capsa "$path"
	exits 1
	prints ""
	says "capsa: w.capsa: $path: withheld: court order 7 (at $at)"
}

@test "trust is judged before anything is written" {
	make_key other
	make_key
	make_archive a k.key
	path=$("$CAPSA" list -q a.capsa | sed -n 1p)
	capsa get -p other.pub a.capsa "$path" -o out
	exits 4
	[ ! -e out ]
	capsa get -p other.pub a.capsa "$path"
	exits 4
	prints ""
	capsa get -p other.pub -p k.pub a.capsa "$path"
	exits 0
	says ""
	capsa get -P "$base64" a.capsa "$path"
	exits 0
	capsa get --trusted a.capsa "$path"
	exits 4
	prints ""
	"$CAPSA" trust add k.pub --quiet
	capsa get --trusted a.capsa "$path"
	exits 0
	capsa get a.capsa "$path"
	exits 0
	says ""
}

@test "a closed pipe is no error, a full disk is" {
	seq 2000000 >site/long
	"$CAPSA" pack --unsigned --level 1 -o l.capsa --quiet -C site .
	run bash -c "'$CAPSA' get -q l.capsa long | head -n 1; echo \${PIPESTATUS[0]}"
	[ "$output" = "1
0" ] || fail
	status=0
	"$CAPSA" get -q s.capsa a.txt >/dev/full 2>err || status=$?
	exits 1
	[ "$(cat err)" = "capsa: cannot write standard output: No space left on device" ] || fail "$(cat err)"
	status=0
	"$CAPSA" get -q s.capsa a.txt >&- 2>err || status=$?
	exits 1
	[ -s err ]
}

@test "wrong usage" {
	capsa get s.capsa
	exits 2
	says "capsa: get wants an archive and at least one ID
capsa: try 'capsa get --help'"
	capsa get --by name s.capsa a.txt
	exits 2
	says "capsa: --by 'name': must be path, url, title or digest"
	capsa get --at soon s.capsa a.txt
	exits 2
	says "capsa: --at 'soon': not a time like 2019, 2019-03, 2019-03-05 or 2019-03-05T12:00:00Z"
	capsa get --proof p -o p --force s.capsa a.txt
	exits 2
	says "capsa: -o and --proof name the same file
capsa: try 'capsa get --help'"
	[ ! -e p ]
	capsa get --prove FILE s.capsa a.txt
	exits 2
	says "capsa: unrecognized option '--prove'
capsa: try 'capsa get --help'"
	capsa get --help
	exits 0
	[[ "$output" = "Usage: capsa get "* ]] || fail
	capsa get missing.capsa a.txt
	exits 1
	capsa get site/a.txt a.txt
	exits 3
}
