# pack: articles from JSONL.

setup() {
	load helpers
	common_setup
}

# pack_lines OPTION...: the JSON lines on standard input, as in.jsonl, into a.capsa.
pack_lines() {
	cat >in.jsonl
	capsa pack --unsigned --force -o a.capsa "$@" in.jsonl
}

paths() {
	"$CAPSA" list --quiet a.capsa
}

line() {
	"$CAPSA" get --metadata --quiet a.capsa --by path "$1"
}

@test "fields of many names become metadata" {
	pack_lines <<'END'
{"id": "a/1", "headline": "Head", "published": "Fri, 3 May 2024 10:11:12 +0200", "authors": ["Ann", "Bob"], "tags": ["x"], "lang": "en", "link": "https://example.org/1", "summary": "Sum", "text": "body\nof 1", "rank": 1.50, "more": {"a": [null, true]}}
{"path": "p.html", "id": 17, "url": "https://example.org/2", "title": "T\u001b[31m\nx", "author": "Ann", "date": "last spring", "html": "<h1>No</h1>"}
{"url": "https://example.org/3?q=a/b", "content": "c"}
{"id": 42, "body": "d"}
{"id": "b64", "body_base64": "AAH/"}
{"id": "beside", "identifier": ["isbn:1"], "text": "e", "size": "XL", "digest": "md5:0", "location": "Berlin"}
END
	exits 0
	[ "$(paths)" = $'a/1\np.html\nexample.org/3?q=a/b\n42\nb64\nbeside' ]
	[[ "$(line a/1)" == *'"creator":["Ann","Bob"],"date":"2024-05-03T10:11:12+02:00","description":"Sum","digest"'* ]]
	[[ "$(line a/1)" == *'"extra":{"more":{"a":[null,true]},"rank":"1.50"},"format":"text/plain","identifier":["a/1"],"language":"en","path":"a/1","size":9,"subject":["x"],"title":"Head","url":"https://example.org/1"}' ]]
	[ "$("$CAPSA" get --quiet a.capsa a/1)" = $'body\nof 1' ]
	[[ "$(line p.html)" == *'"creator":["Ann"]'*'"extra":{"date":"last spring"},"format":"text/html","identifier":["17"]'*'"title":"T\u001b[31m\u000ax"'* ]]
	[[ "$(line 'example.org/3?q=a/b')" == *'"title":"c","url":"https://example.org/3?q=a/b"}' ]]
	[[ "$(line 42)" == *'"identifier":["42"]'* ]]
	[ "$("$CAPSA" get --quiet a.capsa b64 -o - | od -An -tx1)" = " 00 01 ff" ]
	[[ "$(line beside)" == *'"extra":{"digest":"md5:0","id":"beside","location":"Berlin","size":"XL"}'*'"identifier":["isbn:1"]'* ]]
	capsa verify --deep --intact a.capsa
	exits 0
}

@test "names that no path can be are mapped, and kept" {
	pack_lines --quiet <<'END'
{"path": "../x\n", "text": "1"}
{"id": "a//b", "text": "2"}
{"url": "http://h/\u00e4?%41", "text": "3"}
{"path": "/abs", "text": "4"}
END
	exits 0
	[ "$(paths)" = $'%2E%2E/x%0A\na/%/b\nh/\u00e4?%41\n%/abs' ]
	[[ "$(line '%2E%2E/x%0A')" == *'"extra":{"original_path":"../x\u000a"}'* ]]
	[[ "$(line 'a/%/b')" == *'"identifier":["a//b"]'* ]]
}

@test "an article that is a directory of others gets another path" {
	pack_lines --quiet <<'END'
{"id": "news", "text": "1"}
{"id": "news/flood", "text": "2"}
{"path": "news/flood/today", "text": "3"}
END
	exits 0
	[ "$(paths)" = $'news%-\nnews/flood%-\nnews/flood/today' ]
	[[ "$(line 'news%-')" == *'"identifier":["news"]'* ]]
	capsa verify --deep --intact --quiet a.capsa
	exits 0
}

@test "the same path twice" {
	pack_lines <<'END'
{"id": "a", "text": "1"}
{"id": "b", "text": "2"}
{"id": "a", "text": "3"}
END
	exits 1
	says "capsa: a.capsa: two articles have the path 'a'
capsa: --keep-going packs the first, and names the inputs of others"
	[ ! -e a.capsa ]
	capsa pack --unsigned --keep-going -o a.capsa in.jsonl
	exits 1
	says_line "capsa: in.jsonl: line 3: the path a has come before"
	[ "$(paths)" = $'a\nb' ]
	[ "$("$CAPSA" get --quiet a.capsa a)" = 1 ]
}

@test "what is wrong is said with its line" {
	seq 1 311 | sed 's/.*/{"id":"&","text":"t"}/' >in.jsonl
	cat >>in.jsonl <<'END'
{"id":"312","text":"t",}
{"id":"313"}
{"text":"t"}
{"id":null,"url":"","text":"t"}
{"id":"316","id":"316","text":"t"}
{"id":"317","body_base64":"A"}
{"id":"318","text":["t"]}
["319"]
{"id":"320","text":"\u0000"}
END
	printf '{"id":"321","text":"\xff\x1b"}\n{"id":"322","text":"good"}' >>in.jsonl
	capsa pack --unsigned -o a.capsa in.jsonl
	exits 1
	[ ! -e a.capsa ]
	[[ "$(head -n 1 <<<"$stderr")" == "capsa: in.jsonl: line 312: invalid JSON: "* ]]
	says_line "capsa: in.jsonl: line 313: there is no text, body, content, html or body_base64"
	says_line "capsa: in.jsonl: line 314: there is no path, id or url"
	says_line "capsa: in.jsonl: line 315: there is no path, id or url"
	[[ "$stderr" == *"line 316: invalid JSON: duplicate object key"* ]]
	says_line "capsa: in.jsonl: line 318: there is no text, body, content, html or body_base64"
	says_line "capsa: in.jsonl: line 319: the JSON is no object"
	[[ "$stderr" == *"line 320: invalid JSON: "* ]]
	[[ "$stderr" == *"line 321: invalid JSON: "* ]]
	[[ "$stderr" != *$'\x1b'* ]]

	capsa pack --unsigned --keep-going --report report -o a.capsa in.jsonl
	exits 1
	says_line "capsa: in.jsonl: line 317: body_base64 is no base64"
	says_line "capsa: a.capsa: made without what cannot be packed (10)"
	[ "$(paths | wc -l)" = 312 ]
	[ "$(wc -l <report)" = 10 ]
	[ "$(sed -n 2p report)" = '{"input":"in.jsonl","line":313,"cause":"there is no text, body, content, html or body_base64"}' ]
}

@test "--map renames fields" {
	pack_lines --quiet --map Nr=id --map Kopf=title --map Inhalt=text --map wann=date <<'END'
{"Nr": 5, "Kopf": "K", "title": "kept", "Inhalt": "I", "text": "kept too", "wann": "2024-05-03"}
END
	exits 0
	[ "$(paths)" = 5 ]
	[ "$("$CAPSA" get --quiet a.capsa 5)" = I ]
	[[ "$(line 5)" == *'"date":"2024-05-03"'*'"extra":{"text":"kept too","title":"kept"}'*'"identifier":["5"]'*'"title":"K"}' ]]
	for map in a a= =b ''; do
		capsa pack --unsigned -o b.capsa --map "$map" in.jsonl
		exits 2
		says "capsa: --map=$map: not FIELD=NAME"
	done
}

@test "line ends, blank lines, a byte order mark" {
	printf '\357\273\277\r\n{"id":"a","text":"1"}\r\n\r\n  \n\t{"id":"b","text":"2"}  \n\n{"id":"c","text":"3"}' >in.jsonl
	capsa pack --unsigned --quiet -o a.capsa in.jsonl
	exits 0
	[ "$(paths)" = $'a\nb\nc' ]
	: >empty.jsonl
	capsa pack --unsigned -o b.capsa --from jsonl empty.jsonl
	exits 1
	says "capsa: no articles to pack; --allow-empty packs none"
}

@test "standard input, from a pipe or a file" {
	printf '{"id":"a","text":"1"}\n{"id":"b","text":"2"}\n' >in.jsonl
	"$CAPSA" pack --unsigned --quiet --created 2024-05-03 -o f.capsa in.jsonl
	cat in.jsonl | "$CAPSA" pack --unsigned --quiet --created 2024-05-03 -o a.capsa -
	"$CAPSA" pack --unsigned --quiet --created 2024-05-03 -o b.capsa --from=jsonl - <in.jsonl
	cmp a.capsa f.capsa
	cmp b.capsa f.capsa
	{ read -r first && "$CAPSA" pack --unsigned --quiet --created 2024-05-03 -o c.capsa -; } <in.jsonl
	[ "$("$CAPSA" list --quiet c.capsa)" = b ]
	run --separate-stderr bash -c 'echo "{" | "$0" pack --unsigned -o d.capsa -' "$CAPSA"
	exits 1
	[[ "$stderr" == "capsa: standard input: line 1: invalid JSON: "* ]]
	capsa pack --unsigned -o d.capsa --from=dir -
	exits 1
	says "capsa: -: standard input is JSONL, not what --from says"
	capsa pack --unsigned -o d.capsa - -
	exits 2
	says "capsa: standard input can be read only once"
	only_files in.jsonl {f,a,b,c}.capsa
}

@test "what an input is, is found out" {
	mkdir site
	echo '{"id":"a","text":"1"}' | tee lines.txt lines.json >site/lines.jsonl
	echo '{"id":"a","title":"no body"}' >other.jsonl
	printf '\n  {"path":"b","html":"<p>"}\n' >lines
	echo '{' >brace.jsonl
	: >empty
	capsa pack --unsigned --quiet -o a.capsa site lines.txt lines.json other.jsonl lines brace.jsonl empty
	exits 0
	[ "$(paths)" = $'lines.jsonl\na\nlines.json\nother.jsonl\nb\nbrace.jsonl\nempty' ]
	capsa pack --unsigned --quiet -o b.capsa --from file lines.txt
	exits 0
	[ "$("$CAPSA" list --quiet b.capsa)" = lines.txt ]
	capsa pack --unsigned --quiet -o c.capsa --from jsonl lines.json
	exits 0
	[ "$("$CAPSA" list --quiet c.capsa)" = a ]
	capsa pack --unsigned -o d.capsa --from jsonl site
	exits 1
	says "capsa: site: is a directory, not what --from says"
	capsa pack --unsigned -o d.capsa --from jsonl missing
	exits 1
	says "capsa: missing: cannot be read: No such file or directory"
	# An input can go first that another kind follows, and then the first again.
	capsa pack --unsigned -o d.capsa lines site missing lines.txt
	exits 1
	says "capsa: missing: No such file or directory"
	capsa pack --unsigned -o d.capsa site lines lines.txt lines.txt
	exits 1
	[ ! -e d.capsa ]
}

@test "--include and --exclude choose lines by path" {
	seq 1 30 | sed 's/.*/{"id":"n\/&","text":"t"}/' >in.jsonl
	capsa pack --unsigned --quiet -o a.capsa --include 'n/1*' --exclude n/12 in.jsonl
	exits 0
	[ "$(paths | tr '\n' ' ')" = "n/1 n/10 n/11 n/13 n/14 n/15 n/16 n/17 n/18 n/19 " ]
}

@test "lines that an archive made say the whole" {
	pack_lines --quiet <<'END'
{"path": "a", "text": "x"}
END
	own=$(line a)
	echo "${own%\}},\"text\":\"x\"}" | sed 's/,"title":"x"//' | pack_lines --quiet
	[[ "$(line a)" != *title* ]]
	echo "${own%\}},\"text\":\"y\"}" >in.jsonl
	capsa pack --unsigned --force -o a.capsa in.jsonl
	exits 0
	says_line "capsa: warning: in.jsonl: line 1: says another size or digest than the body has, which is packed"
}

@test "a redirect" {
	pack_lines --quiet <<'END'
{"path": "old", "location": "new", "text": ""}
{"path": "new", "text": "x"}
END
	exits 0
	[[ "$(line old)" == *'"location":"new"'* ]]
}

@test "a line of 200 MB, and one that is too long" {
	{
		printf '{"id":"large","text":"'
		head -c 200000000 /dev/zero | tr '\0' x
		printf '\\n"}\n{"id":"larger","text":"'
		head -c 270000000 /dev/zero | tr '\0' x
		printf '"}\n{"id":"small","text":"s"}\n'
	} >in.jsonl
	capsa pack --unsigned --level 1 --keep-going -o a.capsa in.jsonl
	exits 1
	says_line "capsa: in.jsonl: line 2: the line is longer than 256 MiB"
	[ "$(paths)" = $'large\nsmall' ]
	[ "$("$CAPSA" get --quiet a.capsa large | wc -c)" = 200000001 ]
	[ "$("$CAPSA" get --quiet a.capsa small)" = s ]
}

# CORPORA is a directory of real articles, which are too many for the repository; they may lie beside it.
@test "6,000 real lines keep every field and body" {
	CORPORA=${CORPORA:-$BATS_TEST_DIRNAME/../../../shared/corpora}
	[ -f "$CORPORA/arxiv-6000.jsonl.zst" ] || skip "CORPORA has no arxiv-6000.jsonl.zst"
	zstd -qdc "$CORPORA/arxiv-6000.jsonl.zst" >in.jsonl
	capsa pack --unsigned --quiet -o a.capsa in.jsonl
	exits 0
	"$CAPSA" list --json --quiet a.capsa >lines
	"$CAPSA" extract --quiet a.capsa -C out
	python3 - <<'END'
import json

names = {'title': 'title', 'date': 'date', 'url': 'url', 'authors': 'creator', 'tags': 'subject', 'lang': 'language'}
packed = {line['path']: line for line in map(json.loads, open('lines', encoding='utf-8'))}
given = [json.loads(line) for line in open('in.jsonl', encoding='utf-8')]
assert len(packed) == len(given) == 6000
for article in given:
    line = packed[article['id']]
    assert line['identifier'] == [article.pop('id')]
    with open('out/' + line['path'], 'rb') as body:
        assert body.read() == article.pop('body').encode()
    for field, value in article.items():
        found = line.get(names.get(field), line.get('extra', {}).get(field))
        assert found == value, (line['path'], field, value, found)
END
}

@test "a line with more than metadata can be is refused, and the others go on" {
	{
		echo '{"path":"a","text":"\"A\\"}'
		printf '{"path":"b","text":"B","q":['
		yes '1,' | head -n 600000 | tr -d '\n'
		echo '1]}'
		echo '{"path":"c","text":"C"}'
	} >a.jsonl
	capsa pack --unsigned --keep-going -q -o a.capsa a.jsonl
	exits 1
	[[ $stderr == *"capsa: a.jsonl: line 2: the metadata are longer than 1 MiB"* ]] || fail "not said"
	capsa list a.capsa
	[ "$(wc -l <<<"$output")" -eq 2 ]
}
