# export: articles in other formats, read by others and packed again.

setup() {
	load helpers
	common_setup
	TOP=$BATS_TEST_DIRNAME/../..
}

# Articles of every kind: text and bytes, a redirect, what crawls keep, members that nobody knows, and deep ones.
make_odd() {
	python3 - <<'END' >odd.jsonl
import base64, json

def article(path, text=None, base64=None, **members):
    print(json.dumps({'path': path, **({'text': text} if base64 is None else {'body_base64': base64}), **members}))

deep = 1
for i in range(13):
    deep = {'d': deep}
article('a/text.txt', 'two\nlines\t"\\ \u0001\u007f é 😀', title='Text', date='2024-05-03', modified='2024-05-04T10:00:00+02:00')
article('a/empty', '')
article('a/zero', base64=base64.b64encode(b'a\0b').decode())
for size in 1, 2, 3, 4:
    article(f'a/bytes{size}', base64=base64.b64encode(b'\xff' * size).decode(), captured='2024-05-03T12:00:00.25Z')
article('a/late', base64=base64.b64encode(b'late \xe2\x82').decode())
article('moved', '', location='a/text.txt')
article('gone', '', location='https://example.org/a b?é', url='https://example.org/gone')
article('page', '<p>', format='text/html', url='https://example.org/p?q=ä%41', captured='2024-05-03T12:00:00+02:00',
        http={'status': '404 Not Found', 'headers': {'Content-Type': 'text/html; charset=utf-8', 'Content-Length': '9',
              'Content-Encoding': 'gzip', 'X-Twice': ['1', '2'], 'Bad name': 'x', 'X-Split': 'a\r\nb'}})
article('pairs', 'x', url='https://example.org/pairs', http={'status': 200, 'headers': [['ETag', '"1"'], ['A', 'b']]})
article('lines', 'x', url='https://example.org/lines', http={'status': 'HTTP/1.0 200', 'headers': ['A: b', 'no field']})
article('percent %41.txt', 'x', more=[None, True, 1.5], extra={'kept': 'so'}, rights='é')
article('deep', 'x', deep=deep)
END
	"$CAPSA" pack --unsigned --quiet --created 2024-06-01 --title 'Odd  things' -o odd.capsa odd.jsonl
}

# The same articles, with the same metadata?
same_archives() {
	diff <("$CAPSA" list --quiet --json "$1") <("$CAPSA" list --quiet --json "$2")
	"$CAPSA" diff --quiet "$1" "$2"
}

warc() {
	python3 "$TOP/tests/warc_reader.py" --strict-http "$@"
}

# ---- JSONL

@test "JSONL packs to the same archive" {
	make_odd
	capsa pack --unsigned --quiet -o corpus.capsa "$TOP/corpus"
	for name in odd corpus; do
		capsa export --quiet $name.capsa -o $name.out.jsonl
		exits 0
		says ''
		capsa pack --unsigned --quiet -o $name.again.capsa $name.out.jsonl
		exits 0
		says ''
		same_archives $name.capsa $name.again.capsa
	done
	# A body is text where it can be.
	[ "$(jq -r 'select(has("body_base64")) | .path' odd.out.jsonl)" = $'a/zero\na/bytes1\na/bytes2\na/bytes3\na/bytes4\na/late' ]
	[ "$(jq -r 'select(.path == "a/bytes4") | .body_base64' odd.out.jsonl)" = '/////w==' ]
}

@test "members that nobody knows stay where they are" {
	mkdir site
	printf 'x' >site/a
	printf '{"text":"mine","html":[],"unknown":{"x":[1]},"extra":{},"title":"T"}' >site/a.capsa.json
	capsa pack --unsigned --quiet -o a.capsa site
	exits 0
	capsa export --quiet a.capsa -o a.jsonl
	exits 0
	[ "$(jq -c '[.text, .body_base64]' a.jsonl)" = '["mine","eA=="]' ]
	capsa pack --unsigned --quiet -o b.capsa a.jsonl
	exits 0
	same_archives a.capsa b.capsa
	# What somebody wrote into a line is taken as far as it fits.
	jq -c '.title = 7 | .creator = "Ann"' a.jsonl >edited.jsonl
	capsa pack --unsigned --quiet -o c.capsa edited.jsonl
	exits 0
	[ "$("$CAPSA" list --quiet --json c.capsa | jq -c '[.creator, .extra.title, .extra.unknown]')" = '[["Ann"],7,{"x":[1]}]' ]

	printf '{"body_base64":"mine"}' >site/a.capsa.json
	capsa pack --unsigned --quiet -o d.capsa site
	capsa export --quiet d.capsa -o d.jsonl
	exits 1
	says_line "capsa: d.capsa: a: the metadata have a member body_base64, where JSONL has the body"
	[ ! -e d.jsonl ]
}

@test "characters across pieces of 1 MiB" {
	mkdir site
	for shift in 0 1 2 3; do
		{
			head -c $((1048576 - shift)) /dev/zero | tr '\0' x
			printf '😀€'
		} >site/$shift
	done
	{
		head -c 1048574 /dev/zero | tr '\0' x
		printf '\xf0\x9f\x98'
	} >site/cut
	{
		head -c 1048575 /dev/zero | tr '\0' x
		printf '\xf0x'
	} >site/broken
	capsa pack --unsigned --quiet --level 1 -o a.capsa site
	capsa export --quiet a.capsa -o a.jsonl
	exits 0
	[ "$(jq -r 'select(has("body_base64")) | .path' a.jsonl)" = $'broken\ncut' ]
	capsa pack --unsigned --quiet --level 1 -o b.capsa a.jsonl
	same_archives a.capsa b.capsa
}

@test "a body of 200 MB passes through little memory" {
	mkdir site
	head -c 200000000 /dev/zero | tr '\0' x >site/large
	capsa pack --unsigned --quiet --level 1 -o a.capsa site
	# Sanitizers need more than any limit.
	limit=unlimited
	if (ulimit -v 100000 && "$CAPSA" export --help >/dev/null 2>&1); then limit=100000; fi
	for out in o.jsonl o.warc o.tar o.zip; do
		(ulimit -v $limit && "$CAPSA" export --quiet a.capsa -o "$out")
	done
	[ "$(jq -r '.text | length' o.jsonl)" = 200000000 ]
	[ "$(bsdtar -xOf o.tar large | cksum)" = "$(cksum <site/large)" ]
	[ "$(bsdtar -xOf o.zip large | cksum)" = "$(cksum <site/large)" ]
	[[ "$(warc o.warc | tail -n 1)" == resource*$'\t200000000\t'"$(sha256sum <site/large | cut -d ' ' -f 1)"$'\t'* ]]
}

# CORPORA is a directory of real articles, which are too many for the repository; they may lie beside it.
@test "a real site through JSONL, and as WARC" {
	CORPORA=${CORPORA:-$TOP/../shared/corpora}
	[ -f "$CORPORA/learnxiny.tar.zst" ] || skip "CORPORA has no learnxiny.tar.zst"
	mkdir site
	tar --zstd -xf "$CORPORA/learnxiny.tar.zst" -C site
	capsa pack --unsigned --quiet --level 1 -o a.capsa site
	exits 0
	capsa export --quiet a.capsa -o a.jsonl
	capsa pack --unsigned --quiet --level 1 -o b.capsa a.jsonl
	exits 0
	same_archives a.capsa b.capsa
	capsa export --quiet a.capsa -o a.warc.gz
	[ "$(warc a.warc.gz | grep -c ^resource)" = "$("$CAPSA" list --quiet a.capsa | wc -l)" ]
}

# ---- tar and zip

@test "tar and zip, unpacked by others and packed again" {
	mkdir work
	cp -R "$TOP/corpus" work/corpus
	find work -type f -exec touch -d 2024-05-15 {} +
	capsa pack --unsigned --quiet -o a.capsa work/corpus
	for out in o.tar o.tar.gz o.tgz o.tar.xz o.tar.zst o.zip; do
		capsa export --quiet a.capsa -o $out
		exits 0
		says ''
		rm -rf out
		mkdir out
		bsdtar -xf $out -C out
		diff -r -x '*.capsa.json' work/corpus out
		[ "$(stat -c %Y out/README.md)" = "$(date -d 2024-05-15 +%s)" ]
		capsa export --quiet --metadata --force a.capsa -o $out
		exits 0
		rm -rf out b.capsa
		mkdir out
		bsdtar -xf $out -C out
		capsa pack --unsigned --quiet -o b.capsa out
		same_archives a.capsa b.capsa
	done
	# GNU tar, in a locale without these letters, and Python read the same names.
	[ "$(LC_ALL=C tar --quoting-style=literal -tf o.tar | grep -v '\.capsa\.json$')" = "$("$CAPSA" list --quiet a.capsa)" ]
	[ "$(python3 -c 'import zipfile; print("\n".join(zipfile.ZipFile("o.zip").namelist()))' | grep -v '\.capsa\.json$')" = \
	    "$("$CAPSA" list --quiet a.capsa)" ]
}

@test "names of tar and zip are byte for byte those of the articles" {
	mkdir site
	echo composed >site/$'\u00fc.txt'
	echo 'taken apart' >site/$'u\u0308.txt'
	"$CAPSA" pack --unsigned --quiet -o a.capsa site
	for out in a.tar a.zip; do
		capsa export --quiet a.capsa -o $out
		exits 0
		[ "$(python3 -c 'import sys, tarfile, zipfile; print(*map(ascii, tarfile.open(sys.argv[1]).getnames()
			if sys.argv[1].endswith("tar") else zipfile.ZipFile(sys.argv[1]).namelist()))' $out)" = "'u\u0308.txt' '\xfc.txt'" ]
	done
}

@test "the bytes depend on the articles alone" {
	make_odd
	for out in tar tar.gz tar.zst zip jsonl warc warc.gz; do
		TZ=America/Lima LC_ALL=C "$CAPSA" export --quiet --metadata odd.capsa -o a.$out
		TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$CAPSA" export --quiet --metadata odd.capsa -o b.$out
		cmp a.$out b.$out
		"$CAPSA" export --quiet --metadata odd.capsa --to ${out%%.*} -o - >c.$out
		[[ $out = *.* ]] || cmp a.$out c.$out
	done
}

@test "a sidecar that is another article" {
	printf '{"path":"a","text":"1"}\n{"path":"a.capsa.json","text":"{}"}\n' >in.jsonl
	capsa pack --unsigned --quiet -o a.capsa in.jsonl
	capsa export --quiet a.capsa -o a.tar
	exits 0
	capsa export --quiet --metadata a.capsa -o b.zip
	exits 1
	says_line "capsa: a.capsa: a: there is no place for the metadata: a.capsa.json is an article, too"
	[ ! -e b.zip ]
}

# ---- WARC

@test "an address that no line of a WARC header has room for" {
	printf '{"path":"a","text":"x","url":"https://example.org/%05000d"}\n' 0 >in.jsonl
	printf '{"path":"b","text":"x","url":"https://example.org/%070000d"}\n' 0 >>in.jsonl
	"$CAPSA" pack --unsigned -q -o long.capsa in.jsonl
	capsa export --quiet long.capsa -o long.warc
	exits 0
	[ "$(grep -c '^WARC-Target-URI: https://example.org/0' long.warc)" -eq 1 ]
	[ "$(grep -c '^WARC-Target-URI: urn:capsa:[0-9a-f]*:b.$' long.warc)" -eq 1 ]
	capsa pack --unsigned -q -o again.capsa long.warc
	exits 0
}

@test "WARC, read by an independent reader" {
	make_odd
	capsa export --quiet odd.capsa -o odd.warc
	exits 0
	capsa export --quiet odd.capsa -o odd.warc.gz
	exits 0
	warc odd.warc >plain
	warc odd.warc.gz >gzip
	cmp plain gzip
	zcat odd.warc.gz | cmp - odd.warc
	id=$(archive=odd.capsa; "$CAPSA" info --quiet odd.capsa | sed -n 's/^identity *//p')
	[ "$(cut -f 1-6 plain)" = "warcinfo	-	2024-06-01T00:00:00Z	application/warc-fields	-	$(head -n 1 plain | cut -f 6)
resource	urn:capsa:$id:a/text.txt	2024-05-03T00:00:00Z	text/plain	-	$(printf 'two\nlines\t"\\ \x01\x7f é 😀' | wc -c)
resource	urn:capsa:$id:a/empty	2024-06-01T00:00:00Z	text/plain	-	0
resource	urn:capsa:$id:a/zero	2024-06-01T00:00:00Z	application/octet-stream	-	3
resource	urn:capsa:$id:a/bytes1	2024-05-03T12:00:00.25Z	application/octet-stream	-	1
resource	urn:capsa:$id:a/bytes2	2024-05-03T12:00:00.25Z	application/octet-stream	-	2
resource	urn:capsa:$id:a/bytes3	2024-05-03T12:00:00.25Z	application/octet-stream	-	3
resource	urn:capsa:$id:a/bytes4	2024-05-03T12:00:00.25Z	application/octet-stream	-	4
resource	urn:capsa:$id:a/late	2024-06-01T00:00:00Z	application/octet-stream	-	7
response	urn:capsa:$id:moved	2024-06-01T00:00:00Z	application/http; msgtype=response	302	0
response	https://example.org/gone	2024-06-01T00:00:00Z	application/http; msgtype=response	302	0
response	https://example.org/p?q=%C3%A4%41	2024-05-03T10:00:00Z	application/http; msgtype=response	404	3
response	https://example.org/pairs	2024-06-01T00:00:00Z	application/http; msgtype=response	200	1
response	https://example.org/lines	2024-06-01T00:00:00Z	application/http; msgtype=response	200	1
resource	urn:capsa:$id:percent%20%2541.txt	2024-06-01T00:00:00Z	text/plain	-	1
resource	urn:capsa:$id:deep	2024-06-01T00:00:00Z	text/plain	-	1" ]
	# Every record has an id of its own.
	[ "$(cut -f 8 plain | sort -u | wc -l)" = 16 ]
	[ "$(warc --http odd.warc | grep '^	')" = "	HTTP/1.1 302 Found
	location: urn:capsa:$id:a/text.txt
	content-length: 0
	HTTP/1.1 302 Found
	location: https://example.org/a%20b?%C3%A9
	content-length: 0
	HTTP/1.1 404 Not Found
	content-type: text/html; charset=utf-8
	x-split: a  b
	x-twice: 1
	x-twice: 2
	content-length: 3
	HTTP/1.1 200 
	etag: \"1\"
	a: b
	content-type: text/plain
	content-length: 1
	HTTP/1.1 200 
	a: b
	content-type: text/plain
	content-length: 1" ]
	# With --metadata each article's line is a record that refers to it.
	capsa export --quiet --metadata odd.capsa -o meta.warc
	exits 0
	mkdir dump
	warc --dump dump meta.warc >records
	[ "$(grep -c ^metadata records)" = 15 ]
	[ "$(awk -F '\t' '$1 == "metadata" && $9 != last { print } { last = $8 }' records)" = '' ]
	cat $(seq -f dump/%.0f 2 2 30) | tr -d '\n' | cmp - <("$CAPSA" list --quiet --json odd.capsa | tr -d '\n')
}

# ---- BagIt

@test "a bag is valid, and its payload packs to the same archive" {
	capsa pack --unsigned --quiet --created 2024-06-01 -o a.capsa "$TOP/corpus" \
	    --title "$(seq -s ' ' 60)" --description "A corpus of articles"
	exits 0
	capsa export --quiet --to bagit a.capsa -o bag/
	exits 0
	says ''
	only_files a.capsa bag
	[ "$(ls bag)" = $'bag-info.txt\nbagit.txt\ndata\nmanifest-sha256.txt\nmetadata\ntagmanifest-sha256.txt' ]
	python3 "$TOP/tests/check_bag.py" bag >elements
	grep -qx "Title: $(seq -s ' ' 60)" elements
	grep -qx 'Bagging-Date: 2024-06-01' elements
	grep -qx "External-Identifier: blake2b-256:$("$CAPSA" info --quiet a.capsa | sed -n 's/^identity *//p')" elements
	(cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt)
	diff -r -x '*.capsa.json' "$TOP/corpus" bag/data
	cmp bag/metadata/articles.jsonl <("$CAPSA" list --quiet --json a.capsa)
	[ "$(stat -c %a bag)" = 755 ]

	capsa export --quiet --to bagit --metadata a.capsa -o full
	exits 0
	python3 "$TOP/tests/check_bag.py" full
	capsa pack --unsigned --quiet -o b.capsa full/data
	exits 0
	same_archives a.capsa b.capsa
}

@test "names that a bag cannot have as they are" {
	printf '%s\n' '{"path":"Flood.html","text":"1"}' '{"path":"flood.html","text":"2"}' '{"path":"100%25.txt","text":"3"}' >in.jsonl
	capsa pack --unsigned --quiet -o a.capsa in.jsonl
	exits 0
	capsa export --quiet --to bagit a.capsa -o bag
	exits 0
	python3 "$TOP/tests/check_bag.py" bag
	[ "$(cat bag/metadata/renamed.tsv)" = $'flood.html\tdata/flood~2.html' ]
	grep -q '  data/100%2525.txt$' bag/manifest-sha256.txt
	[ "$(cat 'bag/data/100%25.txt' bag/data/flood~2.html)" = 32 ]
}

@test "a bag wants a directory of its own" {
	make_key
	make_archive a k.key
	mkdir bag
	for there in bag k.pub; do
		capsa export --quiet --force --to bagit a.capsa -o $there
		exits 1
		says "capsa: $there exists already; a bag wants a directory of its own"
	done
	capsa export --quiet --to bagit a.capsa -o -
	exits 2
	says_line "capsa: a bag is a directory, and no standard output"
	run --separate-stderr bash -c '"$CAPSA" export --quiet --to tar a.capsa -o - >/dev/full'
	exits 1
	says 'capsa: cannot write standard output: No space left on device'
	capsa export --quiet --to bagit a.capsa -o none/bag
	exits 1
	says "capsa: cannot write none/bag: No such file or directory"
	capsa export --quiet --to bagit a.capsa -o new nothing
	exits 1
	says "capsa: a.capsa: no article matches 'nothing'"
	only_files a.capsa bag k.key k.pub site
}

# ---- the verb

@test "patterns, dates, kinds" {
	make_odd
	capsa export --quiet odd.capsa -o a.jsonl 'a/b*' gone
	exits 0
	[ "$(jq -r .path a.jsonl | tr '\n' ' ')" = "a/bytes1 a/bytes2 a/bytes3 a/bytes4 gone " ]
	capsa export --quiet --to jsonl odd.capsa -o - --from 2024-05-03 --to 2024-05-03 --format 'text/*'
	exits 0
	[ "$(jq -r .path <<<"$output" | tr '\n' ' ')" = "a/text.txt page " ]
	capsa export --quiet odd.capsa -o none.tar nothing
	exits 1
	says "capsa: odd.capsa: no article matches 'nothing'"
	capsa export --quiet odd.capsa -o none.tar page nothing
	exits 1
	[ ! -e none.tar ]
	# --to alone is the plain kind, the name may say more of it, but not another.
	capsa export --quiet --to tar odd.capsa -o x.tar.gz
	capsa export --quiet --to tar odd.capsa -o x.zip
	exits 0
	gzip -t x.tar.gz
	bsdtar -tf x.zip | cmp - <("$CAPSA" list --quiet odd.capsa)
	[ "$(head -c 262 x.zip | tail -c 5)" = ustar ]
}

@test "wrong usage" {
	make_odd
	capsa export
	exits 2
	says_line "capsa: export wants an archive"
	capsa export odd.capsa
	exits 2
	says_line "capsa: export wants -o OUT, the file to write"
	for out in out out.7z .tar -; do
		capsa export odd.capsa -o "$out"
		exits 2
		says_line "capsa: -o '$out': the name does not say what it is to be, nor does --to"
	done
	capsa export odd.capsa -o out.tar --to rar
	exits 2
	says "capsa: --to 'rar': not tar, zip, jsonl, warc or bagit, and no date"
	capsa export odd.capsa -o out.tar --to 2024-13
	exits 2
	capsa export odd.capsa --to tar -o odd.capsa --force
	exits 1
	says_line "capsa: odd.capsa is the archive itself"
	only_files odd.capsa odd.jsonl
}

@test "nothing is replaced without --force, nor left behind by what fails" {
	make_key
	make_archive a k.key
	echo mine >o.zip
	capsa export --quiet a.capsa -o o.zip
	exits 1
	says "capsa: o.zip exists already; --force replaces it"
	[ "$(cat o.zip)" = mine ]
	capsa export --quiet --force a.capsa -o o.zip
	exits 0
	python3 -m zipfile -t o.zip
	rm o.zip
	# A limit on the size of files is like a full disk.
	for out in o.tar o.tar.gz o.zip o.jsonl o.warc o.warc.gz; do
		run --separate-stderr bash -c "ulimit -f 8 && '$CAPSA' export --quiet a.capsa -o $out"
		exits 1
		says "capsa: cannot write $out: File too large"
	done
	run --separate-stderr bash -c "ulimit -f 2 && '$CAPSA' export --quiet --to bagit a.capsa -o bag"
	exits 1
	[ -n "$stderr" ]
	only_files a.capsa k.key k.pub site
}

@test "trust comes first" {
	make_key
	make_key other
	make_archive a k.key
	capsa export a.capsa -p other.pub -o o.tar
	exits 4
	[ ! -e o.tar ]
	capsa export --quiet a.capsa -p k.pub -o o.tar
	exits 0
	capsa export a.capsa -o o.zip
	exits 0
	[[ "$stderr" == "capsa: warning: a.capsa: "* ]]
}

@test "what is damaged or withheld" {
	make_key
	make_archive a k.key
	cp a.capsa damaged.capsa
	flip damaged.capsa $(($(frame_of damaged.capsa 3) + 100))
	cp a.capsa withheld.capsa
	withhold withheld.capsa 3 'a court order'
	for kind in tar zip jsonl warc bagit; do
		for archive in damaged withheld; do
			capsa export --quiet --to $kind $archive.capsa -o out
			exits $([ $archive = damaged ] && echo 3 || echo 1)
			[[ "$stderr" == "capsa: $archive.capsa: news/2024/03.html: "* ]]
			says_line "capsa: out: not made; --keep-going leaves out what cannot be exported"
			[ ! -e out ]
			capsa export --quiet --keep-going --to $kind $archive.capsa -o out
			exits $([ $archive = damaged ] && echo 3 || echo 1)
			says_line "capsa: out: made without what cannot be exported"
			[ $kind != bagit ] || python3 "$TOP/tests/check_bag.py" out
			[ $kind != bagit ] || [ "$(find out/data -type f | wc -l)" = 11 ]
			[ $kind != jsonl ] || [ "$(wc -l <out)" = 11 ]
			[ $kind != warc ] || [ "$(warc out | wc -l)" = 12 ]
			[[ $kind != tar && $kind != zip ]] || [ "$(bsdtar -tf out | wc -l)" = 11 ]
			rm -r out
		done
	done
	# The frame of the metadata: articles without them come with their paths.
	cp a.capsa lost.capsa
	flip lost.capsa $(($(frame_of lost.capsa 13) + 50))
	capsa export --quiet lost.capsa -o lost.jsonl
	exits 3
	[ ! -e lost.jsonl ]
	capsa export --quiet --keep-going lost.capsa -o lost.jsonl
	exits 3
	[ "$(jq -c 'del(.text)' lost.jsonl | head -n 1)" = '{"path":"news/2024/01.html"}' ]
	[ "$(wc -l <lost.jsonl)" = 12 ]
}

@test "who reads standard output may have seen enough" {
	make_key
	make_archive a k.key
	run --separate-stderr bash -o pipefail -c "'$CAPSA' export --quiet --to jsonl a.capsa -o - | head -c 10"
	exits 0
	prints '{"digest":'
	says ''
}

@test "an archive without articles" {
	mkdir site
	capsa pack --unsigned --quiet --allow-empty -o a.capsa site
	for out in o.tar o.zip o.jsonl o.warc.gz; do
		capsa export --quiet a.capsa -o $out
		exits 0
	done
	capsa export --quiet --to bagit a.capsa -o bag
	exits 0
	python3 "$TOP/tests/check_bag.py" bag
	[ "$(bsdtar -tf o.tar; bsdtar -tf o.zip; cat o.jsonl)" = '' ]
	[[ "$(warc o.warc.gz)" == warcinfo* ]]
}
