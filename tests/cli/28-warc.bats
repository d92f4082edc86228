# pack: captures from WARC and ARC files.

setup() {
	load helpers
	common_setup
	MAKE="$BATS_TEST_DIRNAME/../make_warc.py"
	READER="$BATS_TEST_DIRNAME/../warc_reader.py"
}

# make CASE [OPTION]: x.warc
make() {
	python3 "$MAKE" "$@" >x.warc
}

# pack OPTION...: x.warc into a.capsa.
pack() {
	rm -f a.capsa
	capsa pack --unsigned --created 2024-01-01 -o a.capsa "$@" x.warc
}

paths() {
	"$CAPSA" list --quiet a.capsa
}

line() {
	"$CAPSA" get --metadata --quiet a.capsa --by path "$1"
}

body() {
	"$CAPSA" get --quiet a.capsa --by path "$1" -o -
}

crawled='a.test/%
a.test/home/?q=1
a.test/again
a.test/home/?q=1%-20240504000000
a.test/dir%-
a.test/dir/gzip
a.test/dir/br
a.test/by-id
a.test/dir/deflate
a.test/by-date
a.test/dir/both
a.test/dir/chunked
a.test/dir/lie
file:/%/%/with space.txt'

@test "pages, redirects and revisits become articles" {
	make crawl
	pack
	exits 0
	says_line "capsa: x.warc: 6 records not packed: 1 warcinfo, 1 request, 1 status 404, 1 dns, 1 metadata, 1 revisit of what is not here; --all packs them"
	says_line "capsa: x.warc: 1 redirect packed without what the answer said besides; --all packs that"
	says_line "capsa: x.warc: 1 body packed as sent: the coding that HTTP names cannot be undone"
	[ "$(paths)" = "$crawled" ]
	[[ "$(line 'a.test/%')" == *'"http":{"headers":[["Location","/home/./x/../?q=1"]],"protocol":"HTTP/1.1","record_id":"urn:test:response:http://a.test/:2024-05-03T10:11:12Z","status":"301 Moved"},"location":"http://a.test/home/?q=1","path":"a.test/%","size":0,'*'"url":"http://a.test/"}' ]]
	[[ "$(line 'a.test/home/?q=1')" == '{"captured":"2024-05-03T10:11:12Z",'*'"extra":{"warc":[["WARC-Type","response"],["WARC-Payload-Digest","sha1:'*'"format":"text/html; charset=utf-8"'*'"title":"A page","url":"http://a.test/home/?q=1"}' ]]
	[[ "$(line 'a.test/home/?q=1%-20240504000000')" == '{"captured":"2024-05-04T00:00:00.123456Z",'*'"url":"https://a.test/home/?q=1"}' ]]
	[[ "$(line a.test/again)" == '{"captured":"2024-06-01T00:00:00Z",'*'"headers":[["X-Again","yes"]]'* ]]
	[[ "$(line a.test/dir/lie)" == *'"http":{"coded":"gzip","headers":'* ]]
	[[ "$(line 'file:/%/%/with space.txt')" == *'"format":"text/plain","http":{"record_id":"urn:test:resource:file:///with%20space.txt:2024-05-03T10:11:12Z"},'*'"url":"file:///with space.txt"}' ]]
	body 'a.test/home/?q=1' >page
	for path in again 'home/?q=1%-20240504000000' dir%- dir/gzip dir/both dir/chunked dir/lie; do
		body "a.test/$path" | cmp - page
	done
	for path in dir/br by-id dir/deflate by-date; do
		[ "$(body "a.test/$path")" = "hello, hello, hello" ]
	done
	capsa get --quiet --by url a.capsa http://a.test/home/?q=1 --at 2024-05-03T12:00:00Z --metadata
	[[ "$output" == '{"captured":"2024-05-03T10:11:12Z"'* ]]
	capsa verify --deep --intact --quiet a.capsa
	exits 0
}

@test "gzip by record or as a whole, and zstd with or without a dictionary, give the same" {
	make crawl
	pack --quiet
	mv a.capsa plain.capsa
	for packing in --gzip --gzip-one --zstd --zstd-dictionary --zstd-dictionary-packed; do
		make crawl $packing
		pack --quiet
		exits 0
		cmp a.capsa plain.capsa
	done
}

@test "--all packs every record" {
	make crawl
	pack --all
	exits 0
	[[ "$stderr" != *"not packed"* ]]
	[ "$(paths | grep -c .)" = 20 ]
	[ "$(paths | grep ^warc/)" = 'warc/warcinfo/urn:test:warcinfo:None:2024-05-03T10:11:12Z
warc/request/a.test/%
warc/response/dns:a.test
warc/metadata/a.test/%
warc/revisit/a.test/nowhere' ]
	[ "$(body warc/warcinfo/urn:test:warcinfo:None:2024-05-03T10:11:12Z)" = $'software: test\r' ]
	[[ "$(line warc/request/a.test/%)" == *'["WARC-Target-URI","http://a.test/"]'* ]]
	[[ "$(line warc/request/a.test/%)" != *'"url"'* ]]
	[[ "$(line a.test/gone)" == *'"status":"404 Not Found"'* ]]
	[ "$(body a.test/%)" = "<p>moved</p>" ]
	[[ "$(line a.test/%)" != *'"location"'* ]]
}

@test "--wire packs bodies as they were sent" {
	make crawl
	pack --wire --quiet
	exits 0
	[[ "$(line a.test/dir/both)" == *'"http":{"coded":"gzip, x-gzip, chunked","headers":'* ]]
	[ "$(body a.test/dir/both | head -n 1)" = $'32;x=y\r' ]
	body a.test/dir/gzip | gzip -t
	[[ "$(line a.test/by-id)" == *'"coded":"br"'* ]]
	[[ "$(line 'a.test/home/?q=1')" != *coded* ]]
	[[ "$(line a.test/%)" == *'"size":0'* ]]
}

@test "a revisit finds its record in another file, before or after" {
	make crawl
	head -c 20000 x.warc >/dev/null
	python3 - <<'END'
data = open('x.warc', 'rb').read()
at = data.index(b'WARC/1.0\r\nWARC-Type: revisit')
open('pages.warc', 'wb').write(data[:at])
open('again.warc', 'wb').write(data[at:])
END
	for order in "pages.warc again.warc" "again.warc pages.warc"; do
		capsa pack --unsigned --force -o a.capsa $order
		exits 0
		says_line "capsa: 2 WARC files: 6 records not packed: 1 warcinfo, 1 request, 1 status 404, 1 dns, 1 metadata, 1 revisit of what is not here; --all packs them"
		[ "$(paths)" = "$crawled" ]
	done
}

@test "revisits of one record take nothing of one another" {
	make two-revisits
	pack --quiet
	exits 0
	[[ "$(line a.test/x)" == *'"format":"text/csv"'* ]]
	[[ "$(line a.test/y)" == *'"format":"text/plain"'* ]]
	[[ "$(line a.test/z)" == *'"format":"text/csv"'* ]]
}

@test "ARC of both versions" {
	for case in arc arc2; do
		for packing in "" --gzip; do
			make $case $packing
			pack
			exits 0
			says_line "capsa: x.warc: 2 records not packed: 1 warcinfo, 1 dns; --all packs them"
			[ "$(paths)" = $'a.test/with space\na.test/old' ]
			[[ "$(line 'a.test/with space')" == '{"captured":"2014-02-16T05:02:21Z",'*'["WARC-IP-Address","127.0.0.1"]'*'"format":"text/html"'*'"url":"http://a.test/with space"}' ]]
			[ "$(body a.test/old)" = "hello, hello, hello" ]
		done
	done
	make bad-arc
	pack --keep-going
	exits 1
	says_line "capsa: x.warc: record 3 at offset 4945: its length 'abc' is none"
	[ "$(paths)" = $'a.test/with space\na.test/old' ]
}

# bad CASE WORDS: one error, and no archive; with --keep-going all other records.
bad() {
	local packing at
	make "$1"
	at=$(LC_ALL=C grep -obUaE '^WARC/' x.warc | sed -n 2p | cut -d: -f1)
	pack
	exits 1
	says "capsa: x.warc: record 2 at offset $at: $2"
	[ ! -e a.capsa ]
	pack --keep-going --report report
	exits 1
	says_line "capsa: a.capsa: made without what cannot be packed (1)"
	[[ "$(cat report)" == '{"input":"x.warc","cause":"record 2 at offset '"$at: "* ]]
	[ "$(paths)" = "${3-$'a.test/before\na.test/after'}" ]
	for packing in --gzip --zstd; do
		make "$1" $packing
		pack --keep-going
		exits 1
		[[ "$stderr" == "capsa: x.warc: record 2 at offset "* ]]
		[[ "$(paths)" == "${3-$'a.test/before\na.test/after'}" ]]
	done
}

@test "what is wrong is said with record and offset, and the rest is packed" {
	bad short "its length is wrong: no record begins behind it"
	bad no-length "it has no Content-Length"
	bad bad-length "its length '-5' is none"
	bad two-lengths "its length '3' is none"
	bad version "the version 'WARC/7.0' of WARC is not known"
	bad digest "its payload is not what WARC-Payload-Digest says"
	bad block-digest "its block is not what WARC-Block-Digest says"
	bad no-digest "its WARC-Payload-Digest is 'sha1:1112', which is no digest"
	bad segment "is a segment of a record, and segments are not put together"
	bad no-http "its block is no HTTP message"
	bad large-revisit "the metadata are longer than 1 MiB"
	bad cut "the file is cut off in the record" a.test/a
	bad cut-header "the file is cut off in its header" a.test/a
}

@test "a length that is too long takes nothing of other gzip members" {
	make long --gzip
	pack --keep-going
	exits 1
	[[ "$stderr" == *": the gzip member ends before the record does"* ]]
	[ "$(paths)" = $'a.test/before\na.test/after' ]
}

@test "damage in a gzip member is that record's" {
	make crawl --gzip
	flip x.warc 1500
	pack --keep-going
	exits 1
	says_line "capsa: a.capsa: made without what cannot be packed (1)"
	[ "$(paths | wc -l)" -ge 10 ]
	make crawl --gzip
	truncate -s -30 x.warc
	pack --keep-going
	exits 1
	[[ "$stderr" == *"capsa: x.warc: record 20 at offset "*": the file is cut off"* ]]
}

@test "headers that are too long" {
	bad long-line "a line of the header is longer than 64 KiB"
	bad long-warc-line "a line of the header is longer than 64 KiB"
	bad long-header "the header is longer than 1 MiB"
}

@test "odd headers, chunks and addresses are kept" {
	make folded
	pack --quiet
	exits 0
	[[ "$(line a.test/x)" == *'"format":"text/ html"'* || "$(line a.test/x)" == *'["Content-Type","text/ html"],["X-Fold","a b c"],["","no colon"]'* ]]
	make wrong-chunks
	pack --quiet
	exits 0
	[ "$(body a.test/x)" = "$(python3 -c 'print("<html><head><title>A page</title></head><body><p>hello"[:50] + "32;x=y\r\n, hrest", end="")')" ] ||
	    [[ "$(body a.test/x | tr -d '\n')" == "<html><head><title>A page</title></head><body><p>"*rest ]]
	[ "$(body a.test/y)" = "hello, hello, hello" ]
	[ "$(body a.test/z)" = endless ]
	make odd-header
	pack --quiet
	exits 0
	[[ "$(line a.test/x)" == *'["X-Esc","\u001b[31m\u0007"],["X-Latin","café"],["X-Nul","a�b"],["Content-Type","not a type"]'* ]]
	[[ "$(line a.test/x)" == *'"format":"text/html"'* ]]
	make odd-urls
	pack --quiet
	exits 0
	[ "$(paths | wc -l)" = 9 ]
	[[ "$(paths)" == 'a.test/%2E%2E/%2E%2E/etc/passwd'$'\n''a.test/%/x/%2E/y'$'\n''a.test/%FF%00%1B[31m'* ]]
	[[ "$(line 'a.test/%FF%00%1B[31m')" == *'"url":"http://a.test/%FF%00\u001b[31m"}' ]]
	capsa verify --deep --intact --quiet a.capsa
	exits 0
}

@test "many captures of one address" {
	make same
	pack --quiet
	[ "$(paths)" = $'a.test/x\na.test/x%-20240503101112\na.test/x%-20240503101112-2\na.test/x%-20240503101112-3\na.test/x%-20240503101112-4' ]
	pack --quiet --include '**-3'
	[ "$(paths)" = "a.test/x%-20240503101112-3" ]
	[ "$(body a.test/x%-20240503101112-3)" = 3 ]
}

@test "a mark is no obstacle to other paths" {
	make same-long
	pack --quiet
	exits 0
	name=$(printf 'n%.0s' {1..230})
	[ "$(paths | sed "s/$name/NAME/")" = 'a.test/NAME%-/%-
a.test/NAME/y
a.test/NAME%-/%-20240503101112
a.test/NAME%-/%-20240503101112-2' ]
	make left-revisits
	pack --quiet --all
	exits 0
	[ "$(paths)" = 'warc/-/a.test/x
warc/revisit/a.test/x%-
warc/revisit/a.test/x/y' ]
	capsa verify --deep --intact --quiet a.capsa
	exits 0
}

@test "empty bodies, empty files, garbage" {
	make empty
	pack --quiet
	exits 0
	[ "$(paths)" = $'a.test/x\na.test/y' ]
	make nothing
	pack
	exits 1
	says_line "capsa: no articles to pack; --allow-empty packs none"
	make garbage
	pack --from warc
	exits 1
	says_line "capsa: x.warc: record 1 at offset 0: neither a WARC nor an ARC record begins here"
	: >x.warc
	pack --from warc --allow-empty
	exits 0
}

@test "what grows too much is refused within limits" {
	for packing in --gzip --zstd; do
		make bomb $packing
		pack --keep-going
		exits 1
		[[ "$stderr" == *"capsa: x.warc: record 2 at offset "*": grows to more than 1,000 times its stored size; unpack it first to pack it"* ]]
		[ "$(paths)" = $'a.test/before\na.test/after' ]
	done
	for case in body-bomb-twice body-bomb-nothing; do
		make $case
		pack --keep-going
		exits 1
		[[ "$stderr" == *"the body grows to more than 1,000 times its stored size; --wire packs it as it is"* ]]
		[ "$(paths)" = $'a.test/before\na.test/after' ]
	done
}

# as_read FILE: the captures of a.capsa, which are of FILE as it was sent, and the bodies of `decoded` have the digests
# of what an independent reader reads.  It knows nothing of brotli.
as_read() {
	local option
	for option in --wire --decode; do
		rm -rf dump
		mkdir dump
		if [ $option = --wire ]; then
			pack --wire --quiet
			python3 "$READER" --no-digests --dump dump "$1" >records || return 1
		else
			pack --quiet
			python3 "$READER" --decode --lenient --dump dump "$1" >records || return 1
		fi
		"$CAPSA" list --json --quiet a.capsa >lines
		python3 - $option <<'END' || return 1
import hashlib
import json
import sys

packed = [json.loads(line) for line in open('lines', encoding='utf-8')]
assert len({line['path'] for line in packed}) == len(packed)
left = [line for line in packed if 'location' not in line and ['WARC-Type', 'revisit'] not in line['extra']['warc']]
for number, record in enumerate(open('records', encoding='utf-8', errors='surrogateescape')):
    kind, uri, date, _, status = record.split('\t')[:5]
    if kind not in ('response', 'resource') or status not in ('-', '200') or uri.startswith('dns:'):
        continue
    line = next(line for line in left if (line['url'], line['captured']) == (uri, date))
    left.remove(line)
    if sys.argv[1] == '--decode' and ['Content-Encoding', 'br'] in line.get('http', {}).get('headers', []):
        continue
    with open(f'dump/{number}', 'rb') as body:
        digest = hashlib.blake2b(body.read(), digest_size=32).hexdigest()
    assert line['digest'] == 'blake2b-256:' + digest, line
assert not left, left
END
	done
}

@test "an independent reader reads the same" {
	make arc
	as_read x.warc
	make crawl --gzip
	as_read x.warc
}

@test "files of other programs" {
	CORPORA=${CORPORA:-$BATS_TEST_DIRNAME/../../../shared/corpora}
	[ -f "$CORPORA/web-archives.tar.zst" ] || skip "CORPORA has no web-archives.tar.zst"
	tar --zstd -xf "$CORPORA/web-archives.tar.zst"
	for file in web-archives/*/*.warc web-archives/*/*.arc web-archives/*/*.?arc.gz web-archives/*/*.arc.gz; do
		cp "$file" x.warc
		pack --keep-going --allow-empty
		case $file in
		*/bad.arc)
			says_line "capsa: x.warc: record 1 at offset 0: its length '-1' is none"
			[ "$(paths)" = example.com/% ] ;;
		*/example-trunc.warc)
			says_line "capsa: x.warc: record 3 at offset 1197: its length is wrong: no record begins behind it" ;;
		*/example-bad-non-chunked.warc.gz)
			says_line "capsa: x.warc: record 5 at offset 3370 when unpacked: its block is not what WARC-Block-Digest says"
			[ "$(paths)" = example.com/% ] ;;
		*/example-wrong-chunks.warc.gz)
			says_line "capsa: x.warc: record 1 at offset 0: its block is not what WARC-Block-Digest says" ;;
		*)
			exits 0
			case $file in */example-digest.warc | */example-space-in-url.arc) continue ;; esac
			as_read "$file" || fail "$file" ;;
		esac
	done
}
