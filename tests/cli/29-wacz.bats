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
	sign_package
}

# sign_package [FILTER]: as an unnamed signer does; the filter of jq is for what is in signedData.
sign_package() {
	hash=sha256:$(sha256sum <w/datapackage.json | cut -c 1-64)
	[ -f signer.key ] || openssl ecparam -genkey -name secp384r1 -noout -out signer.key
	printf %s "$hash" | openssl dgst -sha256 -sign signer.key -out signature
	jq -n --arg hash "$hash" --arg signature "$(base64 -w 0 signature)" \
	    --arg key "$(openssl ec -in signer.key -pubout -outform DER 2>/dev/null | base64 -w 0)" \
	    '{path: "datapackage.json", hash: $hash, signedData: ({hash: $hash, signature: $signature, publicKey: $key,
	      created: "2024-07-01T00:00:01Z", software: "by hand"} | '"${1:-.}"')}' >w/datapackage-digest.json
}

# An authority, and its certificate of signer.key for crawler.example, from May 2024 to May 2025.
make_certificates() {
	mkdir -p certs
	: >index.txt
	printf '%s\n' '[ca]' 'dir = .' 'database = index.txt' 'new_certs_dir = certs' 'rand_serial = yes' 'default_md = sha256' \
	    'policy = policy' 'copy_extensions = copy' '[policy]' 'commonName = supplied' >ca.conf
	issue="openssl ca -batch -config ca.conf -name ca -keyfile ca.key -notext"
	openssl ecparam -genkey -name prime256v1 -noout -out ca.key
	openssl req -new -key ca.key -subj /CN=Authority -addext basicConstraints=critical,CA:TRUE -out ca.csr
	$issue -selfsign -in ca.csr -out ca.pem -startdate 20200101000000Z -enddate 20600101000000Z 2>/dev/null
	openssl req -new -key signer.key -subj /CN=crawler.example -addext subjectAltName=DNS:crawler.example -out signer.csr
	$issue -cert ca.pem -in signer.csr -out signer.pem -startdate 20240501000000Z -enddate 20250501000000Z 2>/dev/null
	export SSL_CERT_FILE=$PWD/ca.pem SSL_CERT_DIR=$PWD/none
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
	says_line "capsa: a.wacz: its signature is good, but does not say whose it is"
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
	[ "$(jq -S .extra.signedData <<<"$about")" = "$(jq -S .signedData w/datapackage-digest.json)" ]
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

# The signature of w is refused, as told; its captures are good for who wants them.
refused() {
	zip_it
	capsa pack --unsigned --force -o b.capsa a.wacz
	exits 1
	says_line "capsa: a.wacz: signedData: $1"
	[ ! -e b.capsa ]
}

@test "a signature by a key alone" {
	make_package
	# Browsers write the two numbers of it one after the other.
	numbers=$(openssl asn1parse -in signature -inform DER | sed -n 's/.*INTEGER *://p' |
	    while read -r number; do printf '%096s' "$number" | tr ' ' 0; done)
	[ ${#numbers} = 192 ]
	plain=$(sed 's/../\\x&/g' <<<"$numbers")
	plain=$(printf "$plain" | base64 -w 0)
	jq --arg plain "$plain" '.signedData.signature = $plain' w/datapackage-digest.json >digest
	cp digest w/datapackage-digest.json
	zip_it
	capsa pack --unsigned -o a.capsa a.wacz
	exits 0
	says_line "capsa: a.wacz: its signature is good, but does not say whose it is"
	sign_package 'del(.signature)'
	refused "has no signature"
	sign_package 'del(.publicKey)'
	refused "does not say by whom"
	sign_package '.publicKey = "a2V5"'
	refused "there is no key in publicKey"
	sign_package '.signature = "c2ln"'
	refused "the signature is not by the key in publicKey"
	sign_package '.signature = "?"'
	refused "the signature is not by the key in publicKey"
	cp w/datapackage-digest.json before
	openssl ecparam -genkey -name secp384r1 -noout -out signer.key
	sign_package ".publicKey = \"$(jq -r .signedData.publicKey before)\""
	refused "the signature is not by the key in publicKey"
	capsa pack --unsigned --keep-going -o b.capsa a.wacz
	exits 1
	[ "$("$CAPSA" list --quiet b.capsa | wc -l)" = 3 ]
}

@test "a signature by a domain" {
	make_package
	make_certificates
	named=".domain = \"crawler.example\" | .domainCert = \"$(sed 's/$/\\n/' signer.pem | tr -d '\n')\" | del(.publicKey)"
	sign_package "$named"
	zip_it
	capsa pack --unsigned -o a.capsa a.wacz
	exits 0
	says_line "capsa: a.wacz: signed by crawler.example"
	sign_package "$named | .created = \"2025-07-01T00:00:00Z\""
	refused "the certificate of crawler.example is not vouched for: certificate has expired"
	sign_package "$named | .created = \"2024-04-01T00:00:00Z\""
	refused "the certificate of crawler.example is not vouched for: certificate is not yet valid"
	sign_package "$named | del(.created)"
	refused "does not say when it was created"
	sign_package "$named | .domain = \"archive.example\""
	refused "the certificate of archive.example is not vouched for: hostname mismatch"
	for domain in "" . .example; do
		sign_package "$named | .domain = \"$domain\""
		refused "domain is not the name of a host"
	done
	sign_package "$named | .domainCert = \"none\""
	refused "there is no certificate in domainCert"
	sign_package "$named"
	SSL_CERT_FILE=$PWD/none refused \
	    "the certificate of crawler.example is not vouched for: unable to get local issuer certificate"
	openssl ecparam -genkey -name secp384r1 -noout -out signer.key
	sign_package "$named"
	refused "the signature is not by the key of the certificate"
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
		if [ "${file##*/}" = invalid_signed_example_1.wacz ]; then
			# Let's Encrypt's authority for trials, which vouches for nobody.
			exits 1
			says "capsa: $file: signedData: the certificate of btrix-sign-test.webrecorder.net is not vouched for: unable to get local issuer certificate"
			capsa pack --unsigned --force --keep-going -o a.capsa "$file"
			exits 1
			[ "$("$CAPSA" list --quiet a.capsa | wc -l)" = 1 ]
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
