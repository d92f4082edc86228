# pack: articles from CSV.

setup() {
	load helpers
	common_setup
}

# pack_csv OPTION...: the records on standard input, as in.csv, into a.capsa.
pack_csv() {
	cat >in.csv
	capsa pack --unsigned --force -o a.capsa "$@" in.csv
}

paths() {
	"$CAPSA" list --quiet a.capsa
}

line() {
	"$CAPSA" get --metadata --quiet a.capsa --by path "$1"
}

# compare DELIMITER ENCODING: a.capsa has what another reader reads of in.csv.
compare() {
	"$CAPSA" list --json --quiet a.capsa >lines
	rm -rf out
	"$CAPSA" extract --quiet a.capsa -C out
	python3 - "$1" "$2" <<'END'
import csv, json, sys

names = {'title': 'title', 'published': 'date', 'link': 'url', 'lang': 'language', 'summary': 'description'}
lists = {'authors': 'creator', 'tags': 'subject'}
packed = {line['path']: line for line in map(json.loads, open('lines', encoding='utf-8'))}
with open('in.csv', encoding=sys.argv[2], newline='') as file:
    given = [record for record in csv.DictReader(file, delimiter=sys.argv[1], strict=True)]
assert len(packed) == len(given) > 0, (len(packed), len(given))
for record in given:
    line = packed[record['id']]
    assert line['identifier'] == [record.pop('id')]
    with open('out/' + line['path'], 'rb') as body:
        assert body.read() == record.pop('text').encode(), line['path']
    for field, value in record.items():
        if field in lists:
            found, value = line.get(lists[field], []), [value] if value else []
        else:
            found = line.get(names[field]) if field in names else line.get('extra', {}).get(field)
        assert (found or '') == value or found == value, (line['path'], field, value, found)
END
}

# make_csv DIALECT: in.csv of 300 records with all that a dialect has to put in quotes.
make_csv() {
	python3 - "$@" <<'END'
import csv, random, sys

delimiter, encoding, end, quoting = sys.argv[1:]
random.seed(17)
pieces = ['word', ' ', '"', '""', ',', ';', '\t', '\n', '\r\n', '\r', 'ä', '☃', '😀', "'", '=1+1', '\\']
text = lambda n: ''.join(random.choice(pieces) for _ in range(random.randrange(n))).strip(' ')
fields = ['id', 'title', 'published', 'link', 'lang', 'summary', 'authors', 'tags', 'text', 'rating', 'Unknown Column']
with open('in.csv', 'w', encoding=encoding, newline='') as file:
    out = csv.DictWriter(file, fields, delimiter=delimiter, lineterminator=end.encode().decode('unicode_escape'),
                         quoting=getattr(csv, quoting))
    out.writeheader()
    for i in range(300):
        out.writerow({'id': f'a/{i}', 'title': 'T ' + text(9) + '.', 'published': '2024-05-03',
                      'link': f'https://example.org/{i}', 'lang': 'de', 'summary': 'S ' + text(40) + '.',
                      'authors': f'Müller, "{i}"', 'tags': 'one, two', 'text': 'B ' + text(900) + '.',
                      'rating': random.choice(['', '1.50', '7']), 'Unknown Column': text(5) + '.'})
END
}

@test "commas, quotes, lines of CR LF, cells of several lines" {
	make_csv , utf-8 '\r\n' QUOTE_MINIMAL
	capsa pack --unsigned --quiet -o a.capsa in.csv
	exits 0
	compare , utf-8
}

@test "semicolons and a byte order mark" {
	make_csv ';' utf-8-sig '\n' QUOTE_ALL
	capsa pack --unsigned --quiet -o a.capsa in.csv
	exits 0
	compare ';' utf-8-sig
}

@test "tabs" {
	make_csv $'\t' utf-8 '\n' QUOTE_NONNUMERIC
	mv in.csv in.tsv
	capsa pack --unsigned --quiet -o a.capsa in.tsv
	exits 0
	mv in.tsv in.csv
	compare $'\t' utf-8
}

@test "lines of CR, and UTF-16" {
	make_csv , utf-8 '\r' QUOTE_ALL
	capsa pack --unsigned --quiet -o a.capsa in.csv
	exits 0
	compare , utf-8
	make_csv ';' utf-16 '\r\n' QUOTE_MINIMAL
	capsa pack --unsigned --quiet --force -o a.capsa in.csv
	exits 0
	compare ';' utf-16
	[ "$(head -c 2 in.csv | od -An -tx1)" = " ff fe" ]
	iconv -f UTF-16LE -t UTF-16BE in.csv >big.csv
	capsa pack --unsigned --quiet --force -o a.capsa big.csv
	exits 0
	compare ';' utf-16
	printf '\xff\xfei\0d\0,\0t\0e\0x\0t\0\n\0a\0,\0\0\xd8b\0\n\0' >in.csv
	capsa pack --unsigned --force -o b.capsa in.csv
	exits 1
	says "capsa: in.csv: line 2: is not UTF-16, though its byte order mark says so"
}

@test "fields are those of JSONL" {
	pack_csv <<'END'
path,id,url,headline,author,keywords,contributors,summary,date,html,license,x
p.html,17,https://example.org/2,"T ""x""",Ann | Bob,one;two; ; three,,"Sum,
two lines",3 May 2024,<h1>No</h1>,CC0,"a;b"
END
	exits 0
	[ "$(paths)" = p.html ]
	[[ "$(line p.html)" == '{"creator":["Ann","Bob"],"date":"2024-05-03","description":"Sum,\u000atwo lines","digest":'* ]]
	[[ "$(line p.html)" == *'"extra":{"x":"a;b"},"format":"text/html","identifier":["17"],"path":"p.html","rights":"CC0","size":11,"subject":["one","two","three"],"title":"T \"x\"","url":"https://example.org/2"}' ]]
	# Where ';' is between the fields, it is not between authors.
	pack_csv <<'END'
id;authors;tags;body_base64
b64;"Ann; Bob";x|y;AAH/
END
	exits 0
	[[ "$(line b64)" == *'"creator":["Ann; Bob"]'*'"subject":["x","y"]'* ]]
	[ "$("$CAPSA" get --quiet a.capsa b64 -o - | od -An -tx1)" = " 00 01 ff" ]
	pack_csv --map Nr=id --map Inhalt=text --map Kopf=title <<'END'
Nr,Kopf,title,Inhalt,text
5,K,kept,I,kept too
END
	exits 0
	[ "$("$CAPSA" get --quiet a.capsa 5)" = I ]
	[[ "$(line 5)" == *'"extra":{"text":"kept too","title":"kept"}'*'"title":"K"}' ]]
}

@test "empty cells say nothing" {
	pack_csv <<'END'
id,title,text,html,location,note

1,,one,,,""
2,"",,<p>two</p>,,
3,,"",,,
4,,,,1,
END
	exits 0
	[ "$(paths)" = $'1\n2\n3\n4' ]
	[[ "$(line 1)" == *'"title":"one"}' && "$(line 1)" != *extra* ]]
	[[ "$(line 2)" == *'"format":"text/html"'* ]]
	[[ "$(line 3)" == *'"size":0'* ]]
	[[ "$(line 4)" == *'"location":"1"'* ]]
	pack_csv <<<$'id,text\n1,one\n2,\n,three'
	exits 1
	says "capsa: in.csv: line 3: there is no text, body, content, html or body_base64; an empty one is \"\"
capsa: in.csv: line 4: there is no path, id or url"
}

@test "what is wrong is said with the line where the record begins" {
	cat >in.csv <<'END'
id,title,text
1,good,"of
two lines"
2,a "quote",in the middle
3,"x"y,behind the quote
4,too few
5,too,many,fields
END
	printf '6,bad,\xff\n7,bad,a\0b\n"8","good too","x"\n9,"not closed,x\n10,lost,x\n' >>in.csv
	capsa pack --unsigned -o a.capsa in.csv
	exits 1
	says "capsa: in.csv: line 4: a quote in a cell that is not in quotes
capsa: in.csv: line 5: text behind a closing quote
capsa: in.csv: line 6: 2 fields, but the header has 3
capsa: in.csv: line 7: 4 fields, but the header has 3
capsa: in.csv: line 8: is not UTF-8
capsa: in.csv: line 9: holds U+0000, which is no text
capsa: in.csv: line 11: a quote is not closed"
	[ ! -e a.capsa ]
	capsa pack --unsigned --keep-going --report report -o a.capsa in.csv
	exits 1
	says_line "capsa: a.capsa: made without what cannot be packed (7)"
	[ "$(paths)" = $'1\n8' ]
	[ "$(wc -l <report)" = 7 ]
	[ "$(sed -n 3p report)" = '{"input":"in.csv","line":6,"cause":"2 fields, but the header has 3"}' ]
}

@test "a header that does not do" {
	pack_csv --from csv <<<$'id,title\n1,x'
	exits 1
	says "capsa: in.csv: line 1: no column is text, body, content, html or body_base64"
	pack_csv --from csv <<<$'title,text\n1,x'
	exits 1
	says "capsa: in.csv: line 1: no column is path, id, url or link"
	pack_csv <<<$'id,x\e[1m,x\e[1m,text\n1,a,b,t'
	exits 1
	says 'capsa: in.csv: line 1: two columns are x\x1b[1m'
	pack_csv --from csv <<<$'id,"text\n1,x'
	exits 1
	says "capsa: in.csv: line 1: a quote is not closed"
	pack_csv --from csv --keep-going </dev/null
	exits 1
	says "capsa: no articles to pack; --allow-empty packs none"
	{
		printf 'id,text'
		printf ',c%d' {3..4097}
		printf '\n1,t\n'
	} >wide
	pack_csv --from csv <wide
	exits 1
	says "capsa: in.csv: line 1: more than 4096 columns"
	# Spreadsheets write columns that nobody filled.
	pack_csv <<<$'id;text;;\n1;x;;y\n2;x;;'
	exits 0
	[[ "$(line 1)" == *'"extra":{"":"y"}'* ]]
	pack_csv <<<$'id;text;;\n1;x;z;y\n2;x;;'
	exits 1
	says "capsa: in.csv: line 2: several cells are of columns without a name"
}

@test "what an input is, is found out" {
	printf 'id,text\na,1\n' | tee table.txt >table.csv
	printf 'name;value\na;1\n' >other.csv
	printf 'id\tbody\nb\t2\n' >tabs
	printf '\xef\xbb\xbf"id";"body"\n"c";"3"\n' >semicolons
	printf 'id,text\0\n' >binary
	capsa pack --unsigned --quiet -o a.capsa table.txt other.csv tabs semicolons binary
	exits 0
	[ "$(paths)" = $'a\nother.csv\nb\nc\nbinary' ]
	capsa pack --unsigned --quiet --from file -o b.capsa table.csv
	exits 0
	[ "$("$CAPSA" list --quiet b.capsa)" = table.csv ]
	capsa pack --unsigned --from csv -o c.capsa other.csv
	exits 1
	says "capsa: other.csv: line 1: no column is text, body, content, html or body_base64"
	# Below a directory a file is an article.
	mkdir site
	mv table.csv site
	capsa pack --unsigned --quiet -o d.capsa site
	[ "$("$CAPSA" list --quiet d.capsa)" = table.csv ]
	run --separate-stderr bash -c '"$0" pack --unsigned --quiet --from csv -o e.capsa - <semicolons' "$CAPSA"
	exits 0
	run --separate-stderr bash -c 'cat semicolons | "$0" pack --unsigned --quiet --from csv -o f.capsa -' "$CAPSA"
	exits 0
	cmp <("$CAPSA" list --json --quiet e.capsa) <("$CAPSA" list --json --quiet f.capsa)
	[ "$("$CAPSA" list --quiet f.capsa)" = c ]
}

@test "an article that is a directory of others, --include and --exclude" {
	pack_csv --quiet --exclude 'other' <<<$'id,text\nnews,1\nnews/flood,2\nother,3'
	exits 0
	[ "$(paths)" = $'news%-\nnews/flood' ]
}

@test "a record that is too long, and one of 100 MB" {
	{
		printf 'id,text\n1,"'
		head -c 100000000 /dev/zero | tr '\0' x
		printf '"\n2,"'
		head -c 270000000 /dev/zero | tr '\0' x
		printf '"\n3,y\n'
	} >in.csv
	capsa pack --unsigned --level 1 --keep-going -o a.capsa in.csv
	exits 1
	says_line "capsa: in.csv: line 3: the record is too long, or a quote is not closed"
	[ "$(paths)" = 1 ]
	[ "$("$CAPSA" get --quiet a.capsa 1 | wc -c)" = 100000000 ]
}
