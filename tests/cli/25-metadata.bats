# pack: what sidecars, front matter and file names say of articles.

setup() {
	load helpers
	common_setup
}

# pack_site OPTION...: site into a.capsa.
pack_site() {
	capsa pack --unsigned --force -o a.capsa "$@" site
}

# line PATH: the metadata line of an article in a.capsa.
line() {
	"$CAPSA" get --metadata --quiet a.capsa "$1"
}

# says_of PATH MEMBER...: the line of an article has these.
says_of() {
	local path=$1 member
	shift
	for member; do
		[[ "$(line "$path")" == *"$member"* ]] || fail "$path lacks $member:" "$(line "$path")"
	done
}

# same_articles ONE OTHER: two archives have equal metadata lines.
same_articles() {
	"$CAPSA" list --json --quiet "$1" | LC_ALL=C sort >one.lines
	"$CAPSA" list --json --quiet "$2" | LC_ALL=C sort >other.lines
	[ -s one.lines ]
	diff one.lines other.lines
}

# extract --metadata, then pack, of an archive.
goes_round() {
	rm -rf round round.capsa
	"$CAPSA" extract --metadata --quiet "$1" -C round
	capsa pack --unsigned -o round.capsa round
	exits 0
	[[ "$stderr" != *"another size or digest"* ]] || fail "sidecars differ from bodies"
	same_articles "$1" round.capsa
	capsa verify --deep --intact --quiet round.capsa
	exits 0
}

@test "front matter becomes metadata" {
	mkdir site
	printf -- '---\ntitle: Anatomy: "no" guess\nslug: Games/Anatomy\npage-type: guide\n---\n# Heading\n' >site/bad.md
	printf -- '---\ntitle: "Anatomy: of a game"\nslug: Games/Anatomy\nversion: 1.10\ndraft: no\ntags: [a, b]\nauthor: Ann\ndate: 3 May 2024\nlang: en\nempty:\nnested: {a: [1, 2]}\n---\n# Heading\n' >site/a.md
	printf -- '---\r\nname: AWK\r\n---\r\n<h1>Head</h1>\r\n' >site/b.html
	printf -- '---\ntitle: no\n---\n' >site/c.txt
	printf -- '---\nmodified: 2001-02-03\n---\ntext\n' >site/d.md
	touch -d 2020-01-02T03:04:05Z site/*
	pack_site
	exits 0
	says_line 'capsa: front matter of 1 article cannot be read; the first: site/bad.md: line 2: invalid YAML: mapping values are not allowed in this context'
	says_of bad.md '"title":"Heading"'
	[[ "$(line bad.md)" != *extra* ]]
	says_of a.md '"title":"Anatomy: of a game"' '"subject":["a","b"]' '"creator":["Ann"]' '"date":"2024-05-03"' \
	    '"language":"en"' '"modified":"2020-01-02T03:04:05Z"' \
	    '"extra":{"draft":"no","empty":null,"nested":{"a":["1","2"]},"slug":"Games/Anatomy","version":"1.10"}'
	says_of b.html '"title":"Head"' '"extra":{"name":"AWK"}'
	says_of c.txt '"title":"title: no"'
	says_of d.md '"modified":"2001-02-03"'
	pack_site --quiet
	exits 0
	says ""
	goes_round a.capsa
}

@test "a sidecar wins over front matter, and that over the file" {
	mkdir site
	printf -- '---\ntitle: Front\ndate: 2024-05-03\nn: 1\nm: 2\n---\n# Heading\n' >site/a.md
	printf '{ "title": "Side", "language": "de", "x": 1.50, "extra": {"n": 7} }' >site/a.md.capsa.json
	touch -d 2020-01-02T03:04:05Z site/*
	pack_site
	exits 0
	capsa list --quiet a.capsa
	prints a.md
	says_of a.md '"title":"Side"' '"date":"2024-05-03"' '"language":"de"' '"x":"1.50"' \
	    '"extra":{"m":"2","n":7,"title":"Front"}' '"modified":"2020-01-02T03:04:05Z"' '"format":"text/markdown"'
	goes_round a.capsa
}

@test "a sidecar says the path" {
	mkdir site
	echo x >site/x
	echo '{"path":"news/flood.html"}' >site/x.capsa.json
	pack_site --quiet
	exits 0
	capsa list --quiet a.capsa
	prints news/flood.html
	echo '{"path":"../x"}' >site/x.capsa.json
	pack_site
	exits 1
	says "capsa: site/x.capsa.json: metadata key 'path': component '..' is not allowed"
	echo y >site/y
	echo '{"path":"y"}' >site/x.capsa.json
	pack_site
	exits 1
	says "capsa: a.capsa: two articles have the path 'y'
capsa: --keep-going packs the first, and names the inputs of others"
	[ "$("$CAPSA" list --quiet a.capsa)" = news/flood.html ]
}

@test "what is a sidecar, and what an article" {
	mkdir -p site/dir
	echo a >site/a
	echo '{"title":"A"}' >site/a.capsa.json
	echo '{"title":"of a sidecar: an article"}' >site/a.capsa.json.capsa.json
	echo '{"title":"orphan"}' >site/b.capsa.json
	echo '{"title":"C"}' >site/b.capsa.json.capsa.json
	echo '{"title":"plain"}' >site/c.json
	echo '{"title":"of a directory"}' >site/dir.capsa.json
	echo d >site/dir/.capsa.json
	pack_site --quiet
	exits 0
	capsa list --quiet a.capsa
	prints "a
a.capsa.json.capsa.json
b.capsa.json
c.json
dir/.capsa.json
dir.capsa.json"
	says_of a '"title":"A"'
	says_of b.capsa.json '"title":"C"'
	goes_round a.capsa
	# An article that is not wanted does not make its sidecar one.
	pack_site --quiet --exclude a --exclude 'dir*'
	exits 0
	capsa list --quiet a.capsa
	prints "a.capsa.json.capsa.json
b.capsa.json
c.json"
}

@test "a file that is named has its sidecar too" {
	mkdir site
	echo a >site/a
	echo b >site/b
	echo '{"title":"A"}' >site/a.capsa.json
	capsa pack --unsigned --quiet -o a.capsa site/*
	exits 0
	capsa list --quiet a.capsa
	prints "site/a
site/b"
	says_of site/a '"title":"A"'
	echo '{"path":"other/a"}' >site/a.capsa.json
	capsa pack --unsigned --quiet --force -o a.capsa -C site a
	exits 0
	capsa list --quiet a.capsa
	prints other/a
}

@test "sidecars that are wrong are named" {
	mkdir site
	for i in 1 2 3 4 5 6 7 8; do echo $i >site/$i; done
	printf '{"title":"x",\n\n"title":"y"}' >site/1.capsa.json
	echo '{"creator":"Ann"}' >site/2.capsa.json
	echo '[]' >site/3.capsa.json
	: >site/4.capsa.json
	ln -s 1 site/5.capsa.json
	mkfifo site/6.capsa.json
	head -c 1048578 /dev/zero | tr '\0' ' ' >site/7.capsa.json
	printf '\357\273\277{"date":"yesterday\\u001b[31m"}' >site/8.capsa.json
	pack_site
	exits 1
	[ "$(wc -l <<<"$stderr")" = 8 ]
	says_line 'capsa: site/1.capsa.json: line 3: invalid JSON: duplicate object key near '\''"title"'\'
	[[ "$stderr" == *'capsa: site/2.capsa.json: '*creator* ]]
	says_line 'capsa: site/3.capsa.json: line 1: the JSON is no object'
	[[ "$stderr" == *'capsa: site/4.capsa.json: line 1: invalid JSON: '* ]]
	says_line 'capsa: site/5.capsa.json: is a symbolic link, which a sidecar cannot be'
	says_line 'capsa: site/6.capsa.json: is no regular file, as a sidecar must be'
	says_line 'capsa: site/7.capsa.json: has more than 1 MiB'
	says_line "capsa: site/8.capsa.json: metadata key 'date' is not a date"
	[ ! -e a.capsa ]
}

@test "size and digest of a sidecar are only compared" {
	mkdir site
	echo hello >site/a
	pack_site --quiet
	"$CAPSA" extract --metadata --quiet a.capsa -C out
	echo changed >out/a
	capsa pack --unsigned -o b.capsa out
	exits 0
	says_line "capsa: warning: out/a.capsa.json: says another size or digest than the body has, which is packed"
	[ "$(grep -c warning <<<"$stderr")" = 1 ]
	capsa verify --deep --intact --quiet b.capsa
	exits 0
	[ "$("$CAPSA" get --quiet b.capsa a)" = changed ]
}

@test "extract, then pack, gives the same articles" {
	mkdir -p site/sub
	printf '# One\n' >site/one.md
	printf 'x' >site/$'new\nline'
	printf 'x' >site/$'latin\xe9'
	printf 'x' >site/sub/CON
	printf 'x' >site/sub/con
	printf 'x' >site/sub/CON.capsa.json.txt
	printf '\0\1' >site/sub/bin
	: >site/empty
	pack_site --quiet
	exits 0
	goes_round a.capsa
	capsa pack --unsigned --quiet -o c.capsa "$BATS_TEST_DIRNAME/../../corpus"
	exits 0
	goes_round c.capsa
	# Titles and times that an article has not are not added either.
	printf '{"path":"a/b","text":"# Title","extra":{"k":[]}}\n{"id":"a","text":"x"}\n' >in.jsonl
	capsa pack --unsigned --quiet -o d.capsa in.jsonl
	exits 0
	[ "$("$CAPSA" list --json --quiet d.capsa | grep -c modified)" = 0 ]
	goes_round d.capsa
}
