# pack: articles from tar, cpio, zip, 7z and ISO 9660 files.

setup() {
	load helpers
	common_setup
	export SOURCE_DATE_EPOCH=1700000000
}

# A directory `site` with all that may be in one, of a known time.
make_tree() {
	mkdir -p site/news/2024 site/a/b
	echo hello >site/a.txt
	echo '<h1>Flood</h1>' >site/news/2024/flood.html
	echo x >"site/news/$(printf 'br\303\274cke.md')"
	echo decomposed >"site/news/$(printf 'e\314\201.md')"
	noise 1 | head -c 200000 >site/noise
	: >site/empty
	echo deep >site/a/b/.hidden
	echo '{"title":"From the sidecar","creator":["A"]}' >site/a.txt.capsa.json
	echo '{}' >site/lone.capsa.json
	ln site/a.txt site/hard.txt
	ln -s ../a.txt site/news/link.txt
	ln -s link.txt site/news/link2.txt
	echo '{"title":"Of a link"}' >site/news/link.txt.capsa.json
	ln site/news/link.txt.capsa.json site/noise.capsa.json
	find site -exec touch -h -d 2020-03-04T05:06:08Z {} +
}

# is_same NAME: the archive of the container NAME has what that of the directory `site` has.
is_same() {
	[ -e site.capsa ] || "$CAPSA" pack --unsigned --quiet -o site.capsa site
	LC_ALL=C "$CAPSA" pack --unsigned --quiet --force -o a.capsa "$1" || return 1
	LC_ALL=C.UTF-8 "$CAPSA" pack --unsigned --quiet --force -o b.capsa "$1" || return 1
	cmp a.capsa b.capsa || return 1
	"$CAPSA" verify --deep --intact --quiet a.capsa || return 1
	diff <("$CAPSA" list --json --quiet site.capsa | LC_ALL=C sort) <("$CAPSA" list --json --quiet a.capsa | LC_ALL=C sort)
}

paths() {
	"$CAPSA" list --quiet "${1:-a.capsa}"
}

@test "tar files of all kinds have what the directory has" {
	make_tree
	for format in gnu pax ustar v7; do
		tar --format=$format -cf $format.tar -C site .
		is_same $format.tar
	done
	bsdtar --format=pax -cf bsd.tar -C site $(ls -A site)
	is_same bsd.tar
	cp bsd.tar named.anything
	is_same named.anything
}

@test "compressed tar and cpio files" {
	make_tree
	for filter in gzip bzip2 xz zstd lz4 lzip lzma compress; do
		bsdtar -cf a.tar.$filter --$filter -C site .
		is_same a.tar.$filter
	done
	{ bsdtar -cf - -C site . | head -c 100000 | gzip -c; bsdtar -cf - -C site . | tail -c +100001 | gzip -c; head -c 512 /dev/zero; } >members
	is_same members
	bsdtar -cf a.cpio.gz --format newc --gzip -C site .
	is_same a.cpio.gz
}

@test "cpio, zip, 7z and ISO files" {
	make_tree
	for format in odc newc; do
		bsdtar --format=$format -cf a.$format -C site .
		is_same a.$format
	done
	# In these libarchive gives names in their composed form.
	rm site/news/e*.md site.capsa
	for format in zip 7zip; do
		bsdtar --format=$format -cf a.$format -C site .
		is_same a.$format
	done
	bsdtar --format=iso9660 -cf a.iso -C site .
	is_same a.iso
}

@test "sparse files" {
	mkdir site
	truncate -s 1M site/sparse
	echo x | dd of=site/sparse bs=1 seek=500000 conv=notrunc status=none
	touch -d 2020-03-04T05:06:08Z site/sparse
	tar -cSf gnu.tar -C site .
	is_same gnu.tar
	tar --format=pax -cSf pax.tar -C site .
	is_same pax.tar
}

@test "extract, tar and pack are the identity" {
	make_tree
	"$CAPSA" pack --unsigned --quiet -o site.capsa site
	"$CAPSA" extract --quiet --metadata -C out site.capsa
	# Sidecars come behind their files, and before.
	tar --sort=name -cf a.tar -C out .
	is_same a.tar
	(cd out && find . -type f | LC_ALL=C sort -r | tar --no-recursion -cf ../r.tar -T -)
	is_same r.tar
}

@test "what is a container, and what is not" {
	mkdir site
	echo x >site/a
	tar -cf site/in.tar -C site a
	tar -cf out.tar -C site a in.tar
	cp out.tar dir.tar
	mkdir dir
	mv dir.tar dir
	gzip -c site/a >a.gz
	mkdir -p doc/word META-INF
	echo x | tee 'doc/[Content_Types].xml' >doc/word/document.xml
	bsdtar --format zip -cf doc.docx -C doc '[Content_Types].xml' word
	echo application/epub+zip >mimetype
	bsdtar --format zip -cf b.epub mimetype site
	echo x >META-INF/MANIFEST.MF
	bsdtar --format zip -cf p.jar META-INF
	"$CAPSA" pack --unsigned --quiet -o other.capsa site/a
	for file in a.gz doc.docx b.epub p.jar; do
		"$CAPSA" pack --unsigned --quiet --force -o a.capsa "$file"
		[ "$(paths)" = "$file" ]
	done
	# A container in a container or a directory is an article like others.
	"$CAPSA" pack --unsigned --quiet --force -o a.capsa out.tar dir
	[ "$(paths)" = $'a\nin.tar\ndir.tar' ]
	"$CAPSA" pack --unsigned --quiet --force --from file -o a.capsa out.tar
	[ "$(paths)" = out.tar ]
	"$CAPSA" pack --unsigned --quiet --force --from zip -o a.capsa doc.docx
	[ "$(paths)" = $'[Content_Types].xml\nword/document.xml' ]
	capsa pack --unsigned --from 7z -o b.capsa out.tar
	exits 1
	says "capsa: out.tar: is no 7z file, or is cut off"
	capsa pack --unsigned --from tar -o b.capsa missing.tar
	exits 1
	says "capsa: missing.tar: cannot be read: No such file or directory"
}

@test "names and links that lead out, and what is no file" {
	mkdir t
	echo x >t/good
	tar -cPf a.tar --transform 's,^t/good$,../out,' t/good
	tar -rPf a.tar --transform 's,^t/good$,/abs/./x//y,' t/good
	tar -rPf a.tar --transform 's,^t/good$,a/../b,' t/good
	tar -rf a.tar --transform "s,^t/good\$,$(printf 'esc\033[31m\n\377'),;" t/good
	mkfifo t/fifo
	ln -s /etc/passwd t/absolute
	ln -s ../../etc/passwd t/up
	ln -s nothing t/gone
	ln -s . t/dir
	ln -s circle t/circle
	tar -rf a.tar -C t .
	capsa pack --unsigned -o a.capsa a.tar
	exits 1
	[ ! -e a.capsa ]
	capsa pack --unsigned --keep-going -o a.capsa a.tar
	exits 1
	says_line "capsa: a.tar: ../out: the path of a file to be packed cannot have '..'"
	says_line "capsa: a.tar: a/../b: the path of a file to be packed cannot have '..'"
	says_line "capsa: a.tar: fifo: is a FIFO, which cannot be packed"
	says_line "capsa: a.tar: absolute: is a symbolic link that leads out of the container"
	says_line "capsa: a.tar: up: is a symbolic link that leads out of the container"
	says_line "capsa: a.tar: gone: is a symbolic link that cannot be followed: there is no such file in the container"
	says_line "capsa: a.tar: dir: is a symbolic link to a directory, which cannot be packed"
	says_line "capsa: a.tar: circle: is a link in a circle"
	says_line "capsa: a.capsa: made without what cannot be packed (8)"
	[[ "$stderr" != *$'\x1b'* ]]
	[ "$(paths | LC_ALL=C sort)" = $'abs/x/y\nesc%1B[31m%0A%FF\ngood' ]
	[[ "$("$CAPSA" get --metadata --quiet a.capsa --by path 'esc%1B[31m%0A%FF')" == *original_path_base64* ]]
}

@test "the same path twice" {
	echo 1 >a
	echo 2 >b
	tar -cf a.tar a b
	echo 3 >a
	tar -rf a.tar a
	capsa pack --unsigned -o a.capsa a.tar
	exits 1
	says "capsa: a.tar: a: the path has come before in this container"
	capsa pack --unsigned --keep-going -o a.capsa a.tar
	exits 1
	[ "$("$CAPSA" get --quiet a.capsa a)" = 1 ]
	[ "$(paths)" = $'a\nb' ]
}

@test "links and sidecars that cannot be packed are not lost without a word" {
	echo x >a
	echo '{"title":"1"}' >a.capsa.json
	ln -s a l
	tar -cf a.tar a a.capsa.json l
	ln -sf b l
	echo '{"title":"2"}' >a.capsa.json
	tar -rf a.tar a.capsa.json l
	ln -s a b
	echo x >c
	tar -rf a.tar b c
	rm c
	ln -s a c
	tar -rf a.tar c
	capsa pack --unsigned --keep-going -o a.capsa a.tar
	exits 1
	says_line "capsa: a.tar: a.capsa.json: the path has come before in this container"
	for link in l c; do
		says_line "capsa: a.tar: $link: is a link whose path is taken, or one link too many"
	done
	says_line "capsa: a.capsa: made without what cannot be packed (3)"
	[ "$(paths | LC_ALL=C sort)" = $'a\nb\nc\nl' ]
}

@test "what is cut off or damaged" {
	noise 1 >a
	noise 2 >b
	noise 3 >c
	tar -cf a.tar a b c
	head -c 6000 a.tar >cut.tar
	capsa pack --unsigned -o a.capsa cut.tar
	exits 1
	[[ "$stderr" == "capsa: cut.tar: is damaged: Truncated "*"(behind b)" ]]
	capsa pack --unsigned --keep-going -o a.capsa cut.tar
	exits 1
	[ "$(paths)" = a ]
	says_line "capsa: cut.tar: b: is damaged: Truncated tar archive; nothing behind it can be read"
	for filter in gzip bzip2 xz zstd; do
		bsdtar -cf cut.tar.$filter --$filter a b c
		truncate -s -9 cut.tar.$filter
		capsa pack --unsigned -o b.capsa cut.tar.$filter
		exits 1
		[ ! -e b.capsa ]
	done
	# gzip's checksum is looked at, too.
	gzip -c a.tar >sum.tar.gz
	flip sum.tar.gz $(($(size_of sum.tar.gz) - 6))
	capsa pack --unsigned -o b.capsa sum.tar.gz
	exits 1
	says "capsa: sum.tar.gz: is damaged: the gzip data cannot be decompressed (behind c)"
	# The members of a zip file do not depend on each other.
	bsdtar --format zip -cf a.zip a b c
	flip a.zip $(($(LC_ALL=C grep -obUaP 'PK\x03\x04' a.zip | sed -n '2s/:.*//p') + 500))
	capsa pack --unsigned --keep-going --force -o a.capsa a.zip
	exits 1
	[[ "$stderr" == *"capsa: a.zip: b: is damaged: "* ]]
	[ "$(paths)" = $'a\nc' ]
	head -c 2000 a.zip >cut.zip
	capsa pack --unsigned -o b.capsa cut.zip
	exits 1
	says "capsa: cut.zip: is no zip file, or is cut off"
}

@test "bombs" {
	head -c 70000000 /dev/zero >zeros
	echo x >after
	bsdtar --format zip -cf a.zip zeros after
	truncate -s 200M zeros
	tar -czf a.tar.gz zeros after
	rm zeros
	capsa pack --unsigned --keep-going -o a.capsa a.zip
	exits 1
	says_line "capsa: a.zip: zeros: grows to more than 1,000 times its stored size; unpack it first to pack it"
	[ "$(paths)" = after ]
	capsa pack --unsigned -o b.capsa a.tar.gz
	exits 1
	says "capsa: a.tar.gz: grows to more than 1,000 times its stored size; unpack it first to pack it (behind zeros)"
}

@test "7z files whose header claims more than it has" {
	make_7z() {
		python3 "$BATS_TEST_DIRNAME/../make_7z.py" "$@" >a.7z
	}
	refused() {
		run --separate-stderr bash -c 'ulimit -v $1; exec "$0" pack --unsigned --from 7z -o a.capsa a.7z' "$CAPSA" "$limit"
		exits 1
		says "capsa: a.7z: $1"
	}
	# Under a sanitizer no program starts with so few.
	limit=unlimited
	if (ulimit -v 200000 && "$CAPSA" pack --help >/dev/null 2>&1); then limit=200000; fi
	for method in plain copy lzma lzma2; do
		make_7z nameless $method
		refused 'has a header that claims 4000000 files, more than it can name'
	done
	for kind in folders streams substreams coder twice properties; do
		make_7z $kind
		refused 'is damaged: its header cannot be read'
	done
	make_7z large
	refused 'has a header of more than 64 MiB'
	make_7z grows
	refused 'has a header that grows to more than 1,000 times its stored size'
	make_7z damaged
	refused 'is damaged: its header cannot be unpacked'
	make_7z aes
	refused 'has a header that is encrypted, or packed in an unknown way'
	for kind in outside cut; do
		make_7z $kind
		refused 'is damaged or cut off: its header is not within the file'
	done
	make_7z sfx
	refused 'is no 7z file, or is cut off'
	make_7z empty
	capsa pack --unsigned --quiet --allow-empty -o a.capsa a.7z
	exits 0
	for method in lzma lzma2; do
		make_7z many $method
		"$CAPSA" pack --unsigned --quiet --force -o a.capsa a.7z
		[ "$(paths | wc -l)" -eq 20000 ]
	done
}

@test "7z files of one file, and packed in other ways" {
	mkdir site
	echo one >site/one
	touch -d 2020-03-04T05:06:08Z site/one
	bsdtar --format 7zip -cf one.7z -C site one
	is_same one.7z
	for i in {1..300}; do
		echo "$i" >"site/file$i"
		: >"site/none$i"
	done
	find site -exec touch -h -d 2020-03-04T05:06:08Z {} +
	rm site.capsa
	for method in store deflate bzip2 lzma1 lzma2 ppmd; do
		bsdtar --format 7zip --options 7zip:compression=$method -cf $method.7z -C site .
		is_same $method.7z
	done
}

@test "--include and --exclude choose members as they choose files" {
	make_tree
	tar -cf a.tar -C site .
	for options in '--exclude=news' '--include=**/*.md' '--exclude=a.txt' '--include=news/link.txt' '--exclude=**/*.html --include=news/**'; do
		"$CAPSA" pack --unsigned --quiet --force -o site.capsa $options site
		"$CAPSA" pack --unsigned --quiet --force -o a.capsa $options a.tar
		diff <("$CAPSA" list --json --quiet site.capsa | LC_ALL=C sort) <("$CAPSA" list --json --quiet a.capsa | LC_ALL=C sort)
	done
}

# CORPORA is a directory of real articles, which are too many for the repository; they may lie beside it.
@test "real tar files have what their directories have" {
	CORPORA=${CORPORA:-$BATS_TEST_DIRNAME/../../../shared/corpora}
	[ -f "$CORPORA/learnxiny.tar.zst" ] || skip "CORPORA has no learnxiny.tar.zst"
	mkdir site
	tar --zstd -xf "$CORPORA/learnxiny.tar.zst" -C site
	is_same "$CORPORA/learnxiny.tar.zst"
}
