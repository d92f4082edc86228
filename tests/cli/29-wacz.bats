# pack: articles from WACZ files.

setup() {
	load helpers
	common_setup
	export SOURCE_DATE_EPOCH=1700000000
}

# record URL TIME BODY: a response.
record() {
	local http
	http=$(printf 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n%s.' "$3")
	http=${http%.}
	printf 'WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:%s>\r\nWARC-Target-URI: %s\r\nWARC-Date: %s\r\n' \
	    "$(cat /proc/sys/kernel/random/uuid)" "$1" "$2"
	printf 'Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n' "${#http}" "$http"
}

# A directory `w` that becomes a WACZ file.
make_package() {
	local file
	mkdir -p w/archive w/pages
	record http://example.org/ 2024-05-03T10:11:12Z '<p>one</p>' >w/archive/one.warc
	record http://example.org/ 2024-06-03T10:11:12Z '<p>two</p>' >>w/archive/one.warc
	record http://example.org/b 2024-05-03T10:11:13Z '<title>Own</title>' | gzip -c >w/archive/two.warc.gz
	cat >w/pages/pages.jsonl <<'END'
{"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
{"id": "1", "url": "http://example.org/", "ts": "2024-05-03T10:11:12.345Z", "title": "The first", "text": "one\nline"}
END
	cat >w/pages/extraPages.jsonl <<'END'
{"id": "2", "url": "http://example.org/b", "ts": "2024-05-03T10:11:13Z", "title": "From the pages"}
{"id": "3", "url": "http://example.org/none", "ts": "2024-05-03T10:11:13Z", "title": "No capture"}
END
	seal
}

# The files that describe the package.
seal() {
	{
		echo '{"profile": "data-package", "wacz_version": "1.1.1", "title": "A crawl", "description": "Of an example",'
		echo ' "created": "2024-07-01T00:00:00Z", "software": "by hand", "mainPageUrl": "http://example.org/", "resources": ['
		(cd w && for file in archive/* pages/*; do
			echo "{\"name\": \"${file##*/}\", \"path\": \"$file\", \"bytes\": $(size_of "$file"), \"hash\": \"sha256:$(sha256sum <"$file" | cut -c 1-64)\"},"
		done) | sed '$s/,$/]}/'
	} >w/datapackage.json
	hash=sha256:$(sha256sum <w/datapackage.json | cut -c 1-64)
	echo "{\"path\": \"datapackage.json\", \"hash\": \"$hash\", \"signedData\": {\"hash\": \"$hash\", \"signature\": \"c2ln\", \"publicKey\": \"a2V5\", \"created\": \"2024-07-01T00:00:01Z\", \"software\": \"by hand\"}}" \
	    >w/datapackage-digest.json
}

zip_it() {
	bsdtar --format zip -cf a.wacz -C w archive pages datapackage.json datapackage-digest.json
}

line() {
	"$CAPSA" get --metadata --quiet a.capsa "$@"
}

@test "captures with the titles and texts of their pages, and what the package says" {
	make_package
	zip_it
	capsa pack --unsigned -o a.capsa a.wacz
	exits 0
	says_line "capsa: a.wacz: its signature is kept in the description, and not verified"
	[ "$("$CAPSA" list --quiet a.capsa | wc -l)" = 3 ]
	first=$("$CAPSA" list --json --quiet a.capsa | jq -c 'select(.captured == "2024-05-03T10:11:12Z")')
	[ "$(jq -r .title <<<"$first")" = "The first" ]
	[ "$(jq -r .extra.text <<<"$first")" = $'one\nline' ]
	second=$("$CAPSA" list --json --quiet a.capsa | jq -c 'select(.captured == "2024-06-03T10:11:12Z")')
	[[ "$second" != *"The first"* ]]
	[ "$(jq -r .url <<<"$second")" = http://example.org/ ]
	[ "$("$CAPSA" list --json --quiet a.capsa | jq -r 'select(.url == "http://example.org/b") | .title')" = "From the pages" ]
	[ "$("$CAPSA" get --quiet a.capsa "$(jq -r .path <<<"$second")")" = '<p>two</p>' ]
	about=$(tar --zstd -xOf a.capsa capsa/archive.json)
	[ "$(jq -r .title <<<"$about")" = "A crawl" ]
	[ "$(jq -r .description <<<"$about")" = "Of an example" ]
	[ "$(jq -r .date <<<"$about")" = 2024-07-01T00:00:00Z ]
	[ "$(jq -r .extra.mainPageUrl <<<"$about")" = http://example.org/ ]
	[ "$(jq -c '.extra.signedData | [.signature, .publicKey, .software]' <<<"$about")" = '["c2ln","a2V5","by hand"]' ]
	capsa verify --deep --intact --quiet a.capsa
	exits 0
	# The user's word counts.
	"$CAPSA" pack --unsigned --quiet --title Mine -o b.capsa a.wacz
	"$CAPSA" info --quiet b.capsa | grep -q '^title  *Mine$'
	# It is a zip file, too.
	"$CAPSA" pack --unsigned --quiet --from zip -o c.capsa a.wacz
	[ "$("$CAPSA" list --quiet c.capsa | wc -l)" = 6 ]
}

@test "what is not as the package says" {
	make_package
	echo more >>w/pages/extraPages.jsonl
	zip_it
	capsa pack --unsigned -o a.capsa a.wacz
	exits 1
	[ ! -e a.capsa ]
	says_line "capsa: a.wacz: pages/extraPages.jsonl: line 3: invalid JSON: '[' or '{' expected near 'more'"
	sed -i '$d' w/pages/extraPages.jsonl
	sed -i 's/No capture/no capture/' w/pages/extraPages.jsonl
	zip_it
	capsa pack --unsigned -o a.capsa a.wacz
	exits 1
	says_line "capsa: a.wacz: pages/extraPages.jsonl: has another digest than datapackage.json says"
	capsa pack --unsigned --keep-going -o a.capsa a.wacz
	exits 1
	[ "$("$CAPSA" list --quiet a.capsa | wc -l)" = 3 ]
	seal
	sed -i 's/A crawl/a crawl/' w/datapackage.json
	zip_it
	capsa pack --unsigned -o b.capsa a.wacz
	exits 1
	says_line "capsa: a.wacz: datapackage.json is not what datapackage-digest.json says"
	seal
	bsdtar --format zip -cf a.wacz -C w archive datapackage.json datapackage-digest.json
	capsa pack --unsigned -o b.capsa a.wacz
	exits 1
	says_line "capsa: a.wacz: pages/pages.jsonl: is named by datapackage.json, but not there"
	bsdtar --format zip -cf a.wacz -C w pages datapackage.json
	capsa pack --unsigned -o b.capsa a.wacz
	exits 1
	says "capsa: a.wacz: has no WARC files below archive/"
	bsdtar --format zip -cf b.zip -C w archive
	capsa pack --unsigned --from wacz -o b.capsa b.zip
	exits 1
	says "capsa: b.zip: has no datapackage.json, as a WACZ file must"
}

@test "what is odd loses no capture without a word" {
	make_package
	# A title that has no room in an article's metadata.
	printf '{"url": "http://example.org/b", "ts": "2024-05-03T10:11:13Z", "title": "%s"}\n' "$(printf '%1100000s' x)" >w/pages/extraPages.jsonl
	seal
	zip_it
	capsa pack --unsigned --quiet -o a.capsa a.wacz
	exits 0
	[ "$("$CAPSA" list --json --quiet a.capsa | jq -r 'select(.url == "http://example.org/b") | .title')" = Own ]
	# Two members of one name.
	bsdtar --format zip -cf b.wacz -C w archive archive/one.warc pages datapackage.json
	capsa pack --unsigned -o b.capsa b.wacz
	exits 1
	says_line "capsa: b.wacz: archive/one.warc: the path has come before in this container"
	capsa pack --unsigned --quiet --keep-going -o b.capsa b.wacz
	exits 1
	[ "$("$CAPSA" list --quiet b.capsa)" = "$("$CAPSA" list --quiet a.capsa)" ]
	# WARC files in another order than that of their names, and each read more than once.
	bsdtar --format zip -cf b.wacz -C w pages archive/two.warc.gz datapackage.json archive/one.warc
	capsa pack --unsigned --quiet --force --dictionary 4K -o b.capsa b.wacz
	exits 0
	[ "$("$CAPSA" list --quiet b.capsa | sort)" = "$("$CAPSA" list --quiet a.capsa | sort)" ]
}

# CORPORA is a directory of real articles, which are too many for the repository; they may lie beside it.
@test "real WACZ files have what their WARC files have" {
	CORPORA=${CORPORA:-$BATS_TEST_DIRNAME/../../../shared/corpora}
	[ -f "$CORPORA/web-archives.tar.zst" ] || skip "CORPORA has no web-archives.tar.zst"
	tar --zstd -xf "$CORPORA/web-archives.tar.zst"
	for file in web-archives/py-wacz/*valid_*.wacz; do
		capsa pack --unsigned --force -o a.capsa "$file"
		if [ "${file##*/}" = invalid_example_1.wacz ]; then
			exits 1
			says "capsa: $file: has no WARC files below archive/"
			continue
		fi
		exits 0
		rm -rf w
		mkdir w
		bsdtar -xf "$file" -C w archive
		"$CAPSA" pack --unsigned --quiet --force -o b.capsa w/archive/*
		"$CAPSA" list --json --quiet a.capsa | jq -cS 'del(.extra.text, .title)' >a.lines
		"$CAPSA" list --json --quiet b.capsa | jq -cS 'del(.title)' >b.lines
		diff a.lines b.lines
		[ "$(jq -r .title <<<"$("$CAPSA" list --json --quiet a.capsa)")" = "Example Domain" ]
	done
}
