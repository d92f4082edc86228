# pack: what goes into an archive, and how it comes out again.

setup() {
	load helpers
	common_setup
}

# Articles of several kinds in `site`; the times of files are in 2020.
make_small() {
	mkdir -p site/news/old site/img site/empty
	printf '# The flood\n\nWater.\n' >site/news/flood.md
	printf '<h1>Old &amp; gone</h1>\n' >site/news/old/1.html
	printf 'A note\nmore\n' >site/news.txt
	printf 'x' >site/news-2
	printf '\211PNG\r\n\032\n' >site/img/a.png
	printf 'hidden\n' >site/.hidden
	: >site/img/none
	find site -exec touch -d 2020-02-29T12:34:56Z {} +
}

listing_of_small='.hidden
img/a.png
img/none
news/flood.md
news/old/1.html
news-2
news.txt'

# line PATH: the metadata line of an article in $archive.
line() {
	"$CAPSA" get --metadata --quiet "$archive" "$1"
}

@test "a directory: all files below it, in tree order, byte for byte" {
	make_small
	capsa pack --unsigned -o a.capsa site
	exits 0
	[[ "$stderr" =~ ^capsa:\ a\.capsa:\ 7\ articles,\ 72\ bytes\ in\ [0-9.]+\ kB,\ not\ signed$ ]]
	prints ""
	only_files a.capsa site
	capsa verify --deep --intact a.capsa
	exits 0
	capsa list --quiet a.capsa
	prints "$listing_of_small"
	mkdir out
	tar --zstd -xf a.capsa -C out
	rmdir site/empty
	diff -r site out/articles
	for path in $listing_of_small; do
		"$CAPSA" get --quiet a.capsa "$path" -o - >body
		cmp body "site/$path"
	done
}

@test "what is said of an article" {
	make_small
	"$CAPSA" pack --quiet --unsigned -o a.capsa site
	archive=a.capsa
	capsa get --metadata --quiet a.capsa news/flood.md
	digest=$(b2sum -l 256 site/news/flood.md)
	prints '{"digest":"blake2b-256:'"${digest%% *}"'","format":"text/markdown","modified":"2020-02-29T12:34:56Z","path":"news/flood.md","size":20,"title":"The flood"}'
	[[ "$(line news/old/1.html)" == *'"format":"text/html"'*'"title":"Old & gone"}' ]]
	[[ "$(line news-2)" == *'"format":"text/plain"'*'"title":"x"}' ]]
	[[ "$(line img/a.png)" == *'"format":"image/png"'*'"title":"a"}' ]]
	[[ "$(line img/none)" == *'"size":0,"title":"none"}' ]]
}

@test "files keep the path that was given" {
	make_small
	capsa pack --unsigned --quiet -o a.capsa ./site/news.txt "$PWD/site/news-2" site//img/./a.png
	exits 0
	capsa list --quiet a.capsa
	prints "site/news.txt
${PWD#/}/site/news-2
site/img/a.png"
}

@test "a path with .. is refused" {
	make_small
	mkdir other
	cd other
	capsa pack --unsigned -o a.capsa ../site/news.txt
	exits 1
	says "capsa: ../site/news.txt: the path of a file to be packed cannot have '..'; use -C"
	only_files
	capsa pack --unsigned --quiet -o a.capsa ../site
	exits 0
}

@test "-C holds for the inputs behind it and for the next -C" {
	make_small
	capsa pack --unsigned --quiet -o a.capsa site/news.txt -C site news.txt -C news flood.md -C "$PWD" site/img
	exits 0
	capsa list --quiet a.capsa
	prints "site/news.txt
news.txt
flood.md
a.png
none"
	capsa pack --unsigned --quiet -o b.capsa -C site -- news.txt
	exits 0
	capsa list --quiet b.capsa
	prints news.txt
}

@test "--include and --exclude choose by path" {
	make_small
	capsa pack --unsigned --quiet -o a.capsa --include news --include '*.txt' site
	exits 0
	capsa list --quiet a.capsa
	prints "news/flood.md
news/old/1.html
news.txt"
	capsa pack --unsigned --quiet -o b.capsa --exclude news/old --exclude '.*' --exclude 'img/*.png' site
	exits 0
	capsa list --quiet b.capsa
	prints "img/none
news/flood.md
news-2
news.txt"
	capsa pack --unsigned --quiet -o c.capsa --include news --exclude '**/*.html' site
	exits 0
	capsa list --quiet c.capsa
	prints news/flood.md
}

@test "--from says what all inputs must be" {
	make_small
	capsa pack --unsigned -o a.capsa --from dir site/news.txt
	exits 1
	says "capsa: site/news.txt: is a file, not what --from says"
	capsa pack --unsigned -o a.capsa --from=file site
	exits 1
	says "capsa: site: is a directory, not what --from says"
	capsa pack --unsigned --quiet -o a.capsa --from=file site/news.txt
	exits 0
	capsa pack --unsigned -o b.capsa --from rar site
	exits 2
	says "capsa: --from=rar: not a kind of input"
	only_files a.capsa site
}

@test "--files-from lists inputs" {
	make_small
	printf 'news.txt\n\nnews\nimg/a.png' >list
	capsa pack --unsigned --quiet -o a.capsa -C site --files-from list -C "$PWD" site/news-2
	exits 0
	capsa list --quiet a.capsa
	prints "news.txt
flood.md
old/1.html
img/a.png
site/news-2"
	printf 'site/news.txt\0site/new\nline\0' >list
	echo x >site/$'new\nline'
	capsa pack --unsigned --quiet -o b.capsa --files-from=list --null
	exits 0
	capsa list --quiet b.capsa
	prints "site/news.txt
site/new%0Aline"
	capsa pack --unsigned -o c.capsa --files-from list
	exits 1
	says "capsa: list: line 1 holds NUL; --null reads names that end so"
	printf 'site/news.txt\nmissing\n' >list
	run --separate-stderr "$CAPSA" pack --unsigned -o c.capsa --files-from - <list
	exits 1
	says "capsa: missing: No such file or directory"
	capsa pack --unsigned -o c.capsa --files-from gone
	exits 1
	says "capsa: gone: cannot be read: No such file or directory"
	capsa pack --unsigned -o c.capsa --files-from - -
	exits 2
	says "capsa: standard input can be read only once"
	: >list
	capsa pack --unsigned -o c.capsa --files-from list
	exits 1
	says "capsa: no articles to pack; --allow-empty packs none"
	capsa pack --unsigned -o c.capsa --files-from ''
	exits 2
	only_files a.capsa b.capsa list site
}

@test "--previous makes a series" {
	make_small
	make_key k
	"$CAPSA" pack --quiet -k k.key -o 1.capsa site
	archive=1.capsa
	[ -z "$(field series)$(field sequence)$(field previous)" ]
	identity=$("$CAPSA" info --statement --quiet 1.capsa | b2sum -l 256)
	identity=${identity%% *}
	capsa pack -k k.key -o 2.capsa --previous 1.capsa site
	exits 0
	says_line "capsa: warning: 1.capsa: signed by $id, a key you do not trust"
	archive=2.capsa
	[ "$(field series) $(field sequence) $(field previous)" = "${identity:0:32} 2 $identity" ]
	series=$(field series)
	"$CAPSA" trust add k.pub
	capsa pack -k k.key -o 3.capsa --previous 2.capsa site
	exits 0
	[[ "$stderr" != *warning* ]]
	archive=3.capsa
	[ "$(field series) $(field sequence)" = "$series 3" ]
	capsa verify 3.capsa
	exits 0
	# An archive may take the place of the one before.
	capsa pack -k k.key --quiet --force -o 3.capsa --previous 3.capsa site
	exits 0
	[ "$(field series) $(field sequence)" = "$series 4" ]
	capsa pack --unsigned -o 4.capsa --previous site/news.txt site
	exits 3
	capsa pack --unsigned -o 4.capsa --previous missing site
	exits 1
	[ ! -e 4.capsa ]
}

@test "nothing to pack is an error, unless allowed" {
	mkdir empty
	capsa pack --unsigned -o a.capsa empty
	exits 1
	says "capsa: no articles to pack; --allow-empty packs none"
	capsa pack --unsigned -o a.capsa
	exits 2
	says_line "capsa: nothing to pack: name an INPUT"
	only_files empty
	capsa pack --unsigned --allow-empty -o a.capsa empty
	exits 0
	[[ "$stderr" =~ ^capsa:\ a\.capsa:\ 0\ articles,\ 0\ bytes\ in ]]
	capsa verify --deep --intact a.capsa
	exits 0
	capsa pack --unsigned --allow-empty --quiet -o b.capsa
	exits 0
}

@test "the same bytes from any number of threads, order of names, locale and time zone" {
	export SOURCE_DATE_EPOCH=1700000000
	mkdir one two
	for i in 1 2 3 4 5 6 7 8 9; do
		noise $i >one/a$i
		seq $((i * 1000)) $((i * 2000)) >one/Ä$i
	done
	for i in 9 8 7 6 5 4 3 2 1; do
		cp one/Ä$i one/a$i two/
	done
	find one two -exec touch -d 2020-01-01T00:00:00Z {} +
	"$CAPSA" pack --unsigned --quiet --frame-size 16K --threads 1 -o 1.capsa one
	"$CAPSA" pack --unsigned --quiet --frame-size 16K --threads 2 -o 2.capsa two
	"$CAPSA" pack --unsigned --quiet --frame-size 16K --threads 8 -o 8.capsa one
	TZ=Asia/Kolkata LC_ALL=C "$CAPSA" pack --unsigned --quiet --frame-size 16K -o tz.capsa two
	for archive in 2 8 tz; do
		cmp 1.capsa $archive.capsa
	done
}

@test "SOURCE_DATE_EPOCH and --created" {
	make_small
	touch -d @86400 site/news.txt
	SOURCE_DATE_EPOCH=1000000000 capsa pack --unsigned --quiet -o a.capsa site
	exits 0
	archive=a.capsa
	[ "$(field created)" = 2001-09-09T01:46:40Z ]
	[[ "$(line news-2)" == *'"modified":"2001-09-09T01:46:40Z"'* ]]
	[[ "$(line news.txt)" == *'"modified":"1970-01-02T00:00:00Z"'* ]]
	for given in 2019-03-04 2019-03-04T00:00:00Z 2019-03-04T02:00:00+02:00 1551657600; do
		SOURCE_DATE_EPOCH=1600000000 capsa pack --unsigned --quiet --force -o a.capsa --created $given site
		exits 0
		[ "$(field created)" = 2019-03-04T00:00:00Z ]
		[[ "$(line news-2)" == *'"modified":"2020-02-29T12:34:56Z"'* ]]
	done
	before=$(date +%s)
	capsa pack --unsigned --quiet --force -o a.capsa site
	made=$(date -d "$(field created)" +%s)
	[ "$made" -ge "$before" ] && [ "$made" -le "$(date +%s)" ]
	for given in 2019-02-29 yesterday 2019 -62167219201 253402300800 ''; do
		[ "$given" = 2019 ] && continue
		capsa pack --unsigned --force -o a.capsa --created "$given" site
		exits 2
	done
	SOURCE_DATE_EPOCH=now capsa pack --unsigned -o b.capsa site
	exits 2
	says "capsa: SOURCE_DATE_EPOCH=now: not seconds since 1970"
}

@test "what is said of the archive" {
	make_small
	capsa pack --unsigned --quiet -o a.capsa --title $'Cafe\u0301' --description 'All of it' --creator Ann \
	    --creator Bob --publisher Press --language de --rights CC0 --source https://example.org/ \
	    --meta subject=water --meta subject=mud --meta mood=blue=green --created 2024-05-03 site
	exits 0
	archive=a.capsa
	[ "$(field title)" = $'Caf\u00e9' ]
	[ "$(field description)" = 'All of it' ]
	about=$(tar --zstd -xOf a.capsa capsa/archive.json)
	for member in $'"title":"Caf\u00e9"' '"description":"All of it"' '"creator":["Ann","Bob"]' '"publisher":"Press"' \
	    '"language":"de"' '"rights":"CC0"' '"source":"https://example.org/"' '"subject":["water","mud"]' \
	    '"mood":"blue=green"'; do
		[[ "$about" == *"$member"* ]]
	done
	capsa pack --unsigned --quiet -o b.capsa site
	archive=b.capsa
	[ -z "$(field title)$(field description)" ]
}

@test "titles that a statement cannot hold are refused" {
	make_small
	for title in $'two\nlines' ' space' 'space ' '' $'\u202eevil' $'\xff' $'tab\t' "$(printf '%04001d' 0)"; do
		for option in title description; do
			capsa pack --unsigned -o a.capsa --$option "$title" site
			exits 2
			says "capsa: --$option: not 1 to 4000 bytes of text in UTF-8, without control characters, line feeds and spaces at either end"
		done
	done
	for meta in nothing =x title=$'a\nb' size=big digest=x creator=$'\xff'; do
		capsa pack --unsigned -o a.capsa --meta "$meta" site
		exits 2
	done
	only_files site
	capsa pack --unsigned --quiet -o a.capsa --title "$(printf '%04000d' 0)" site
	exits 0
}

@test "a key signs: the one given, else the default one" {
	make_small
	capsa pack -o a.capsa site
	exits 1
	says "capsa: no key: make one with 'capsa key new', or pack with --unsigned"
	only_files site
	make_key k
	capsa pack -o a.capsa -k k.key site
	exits 0
	[[ "$stderr" == *", signed by $id" ]]
	capsa verify --deep -p k.pub a.capsa
	exits 0
	"$CAPSA" key new --no-password --quiet >default
	read -r id base64 <default
	capsa pack -o b.capsa site
	exits 0
	[[ "$stderr" == *", signed by $id" ]]
	capsa verify b.capsa
	exits 0
	capsa pack -o c.capsa --unsigned site
	exits 0
	[[ "$stderr" == *", not signed" ]]
	capsa pack -o d.capsa --unsigned -k k.key site
	exits 2
	says_line "capsa: -k and --unsigned exclude each other"
	capsa pack -o d.capsa -k missing.key site
	exits 1
	capsa pack -o d.capsa -k k.pub site
	exits 1
	[ ! -e d.capsa ]
}

@test "an archive that exists stays, unless --force" {
	make_small
	echo precious >a.capsa
	capsa pack --unsigned -o a.capsa site
	exits 1
	says "capsa: a.capsa exists already; --force replaces it"
	[ "$(cat a.capsa)" = precious ]
	capsa pack --unsigned --quiet --force -o a.capsa site
	exits 0
	says ""
	capsa verify --intact a.capsa
	exits 0
	only_files a.capsa site
}

@test "standard output" {
	make_small
	export SOURCE_DATE_EPOCH=1700000000
	"$CAPSA" pack --unsigned -o - site 2>err >a.capsa
	[[ "$(cat err)" =~ ^capsa:\ standard\ output:\ 7\ articles ]]
	"$CAPSA" pack --unsigned --quiet -o - site | cat >b.capsa
	"$CAPSA" pack --unsigned --quiet -o c.capsa site
	cmp a.capsa b.capsa
	cmp a.capsa c.capsa
	run -1 bash -c '"$0" pack --unsigned -o - site >/dev/full' "$CAPSA"
}

@test "an archive below a directory that is packed does not contain itself" {
	make_small
	export SOURCE_DATE_EPOCH=1700000000
	capsa pack --unsigned --quiet -o site/a.capsa site
	exits 0
	cp site/a.capsa first.capsa
	capsa pack --unsigned --quiet --force -o site/a.capsa site
	exits 0
	cmp first.capsa site/a.capsa
	"$CAPSA" pack --unsigned --quiet -o - site >site/b.capsa
	capsa list --quiet site/b.capsa
	prints ".hidden
a.capsa
img/a.png
img/none
news/flood.md
news/old/1.html
news-2
news.txt"
}

@test "bodies larger than a frame, and the same body twice" {
	mkdir site
	for i in 1 2 3 4 5 6 7 8 9; do noise $i; done >site/large
	head -c 4096 site/large >site/exact
	cp site/large site/same
	cp site/exact site/tail
	capsa pack --unsigned --quiet --frame-size 4K -o a.capsa site
	exits 0
	capsa verify --deep --intact a.capsa
	exits 0
	for path in large exact same tail; do
		"$CAPSA" get --quiet a.capsa $path | cmp - site/$path
	done
	run -0 tar --zstd -tvf a.capsa
	[[ "$output" == *"articles/same link to articles/large"* ]]
}

@test "--isolate gives matching articles frames of their own" {
	make_small
	archive=a.capsa
	"$CAPSA" pack --unsigned --quiet -o a.capsa site
	whole=$(field frames)
	"$CAPSA" pack --unsigned --quiet --force -o a.capsa --isolate news/old --isolate 'img/*.png' site
	[ "$(field frames)" -gt $((whole + 3)) ]
	capsa verify --deep --intact a.capsa
	exits 0
}

@test "level and frame size change the bytes, not the articles" {
	make_site
	"$CAPSA" pack --unsigned --quiet -o a.capsa --level 1 --frame-size 4K site
	"$CAPSA" pack --unsigned --quiet -o b.capsa --level 22 --frame-size 4m site
	[ "$(size_of b.capsa)" -lt "$(size_of a.capsa)" ]
	for archive in a.capsa b.capsa; do
		capsa verify --deep --intact $archive
		exits 0
	done
	for level in 0 23 -1 x '' 9x; do
		capsa pack --unsigned -o c.capsa --level "$level" site
		exits 2
		says "capsa: --level=$level: not a level from 1 to 22"
	done
	for size in 0 4095 3K 4097K 5M 4G x '' -4K 4KB; do
		capsa pack --unsigned -o c.capsa --frame-size "$size" site
		exits 2
		says "capsa: --frame-size=$size: not a size from 4K to 4M"
	done
	for threads in 0 x 1025; do
		capsa pack --unsigned -o c.capsa --threads $threads site
		exits 2
	done
	[ ! -e c.capsa ]
}

# 5 MB of text, with phrases that come again far apart.
make_text() {
	mkdir text
	awk 'BEGIN {
		srand(7)
		for (i = 0; i < 2000; i++) {
			phrase[i] = "phrase"
			for (j = 0; j < 12; j++)
				phrase[i] = phrase[i] sprintf(" %04d", rand() * 10000)
		}
		for (i = 0; i < 1000; i++) {
			file = sprintf("text/%04d.txt", i)
			for (j = 0; j < 75; j++)
				print phrase[int(rand() * 2000)] >file
			close(file)
		}
	}'
}

@test "a dictionary makes archives smaller" {
	make_text
	export SOURCE_DATE_EPOCH=1700000000
	"$CAPSA" pack --unsigned --quiet --frame-size 16K -o none.capsa --dictionary none text
	for threads in 1 2; do
		capsa pack --unsigned --quiet --frame-size 16K -o auto$threads.capsa --dictionary auto --threads $threads text
		exits 0
		says ""
	done
	cmp auto1.capsa auto2.capsa
	[ $(($(size_of auto1.capsa) * 10)) -lt $(($(size_of none.capsa) * 9)) ]
	"$CAPSA" pack --unsigned --quiet --frame-size 16K -o size.capsa --dictionary 32K text
	"$CAPSA" get --quiet auto1.capsa 0500.txt | cmp - text/0500.txt
	for archive in auto1 size; do
		capsa verify --deep --intact $archive.capsa
		exits 0
		mkdir $archive
		zstd -dc $archive.capsa 2>/dev/null | tar -x -C $archive capsa/ 2>/dev/null || :
		zstd -dc -D $archive/capsa/dictionary $archive.capsa | tar -x -C $archive
		diff -r text $archive/articles
	done
	capsa pack --unsigned --quiet --frame-size 16K -o file.capsa --dictionary auto1/capsa/dictionary text
	exits 0
	cmp file.capsa auto1.capsa
}

@test "dictionaries that cannot be" {
	make_small
	export SOURCE_DATE_EPOCH=1700000000
	capsa pack --unsigned -o a.capsa --dictionary auto site
	exits 0
	says_line "capsa: no dictionary: there is less than 4096 KiB of text"
	"$CAPSA" pack --unsigned --quiet -o b.capsa site
	cmp a.capsa b.capsa
	capsa pack --unsigned --force -o a.capsa --dictionary 8K site
	exits 0
	says_line "capsa: no dictionary: there is less than 64 KiB of text"
	cmp a.capsa b.capsa
	capsa pack --unsigned -o c.capsa --dictionary missing site
	exits 1
	says "capsa: cannot read missing: No such file or directory"
	capsa pack --unsigned -o c.capsa --dictionary site/news.txt site
	exits 1
	[[ "$stderr" == "capsa: site/news.txt: "* ]]
	for size in 0 1K 4095 4M 1000M; do
		capsa pack --unsigned -o c.capsa --dictionary $size site
		exits 2
	done
	only_files a.capsa b.capsa site
}

@test "usage" {
	make_small
	capsa pack --help
	exits 0
	[[ "$output" == "Usage: capsa pack -o OUT [options] INPUT..."* ]]
	capsa pack --unsigned site
	exits 2
	says_line "capsa: no archive to write: say -o OUT"
	for option in --nonsense -x --files-from --keep-going=1; do
		capsa pack --unsigned -o a.capsa site $option
		exits 2
		says_line "capsa: try 'capsa pack --help'"
	done
	capsa pack --unsigned -o a.capsa -C '' site
	exits 2
	capsa pack --unsigned -o a.capsa ''
	exits 2
	only_files site
}
