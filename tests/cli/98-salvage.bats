# capsa salvage: what is left of an archive without its index.

setup() {
	load helpers
	common_setup
	mkdir -p site/news
	for i in $(seq 300); do
		{ printf '# Article %d\n\n' "$i"; seq "$i" $((i * 3 + 200)); } >site/news/$i.md
	done
	head -c 300000 /dev/urandom >site/large.bin
	: >site/empty
	seq 1000 >site/same-1.txt
	cp site/same-1.txt site/zsame-2.txt
	"$CAPSA" key new --no-password alice 2>/dev/null
	"$CAPSA" pack -q -k alice.key --frame-size 16K -o s.capsa -C site .
	SIZE=$(stat -c %s s.capsa)
}

# hole FILE OFFSET SIZE: bytes that are lost.
hole() {
	head -c "$3" /dev/zero | dd of="$1" bs=64k iflag=fullblock oflag=seek_bytes seek="$2" conv=notrunc status=none
}

# Each file that came out is what was packed; $1 is how many there must be at least.  Judges no other run afterwards.
right_files() {
	local count
	count=$(cd out && find . -type f ! -name '*.capsa.json' | wc -l)
	[ "$count" -ge "$1" ] || fail "$count files came out"
	run ! grep -v '^Only in site' <(diff -rq -x '*.capsa.json' out site)
}

@test "an archive that is whole" {
	capsa salvage s.capsa -C out
	exits 0
	prints ""
	says "capsa: s.capsa: 304 articles saved, 304 by digests of the index, 0 without metadata"
	diff -r -x '*.capsa.json' out site
	"$CAPSA" extract -q --metadata s.capsa -C extracted
	diff -r out extracted
}

@test "without index, statement and trailer" {
	cp s.capsa cut.capsa
	truncate -s $((SIZE - 2200)) cut.capsa
	capsa salvage cut.capsa -C out
	exits 3
	diff -r -x '*.capsa.json' out site
	"$CAPSA" extract -q --metadata s.capsa -C extracted
	diff -r out extracted
	says "capsa: cut.capsa: 304 articles saved, 0 by digests of the index, 0 without metadata
capsa: cut.capsa: how many there were is lost; 0 are known to be lost, and parts of others are left in 0 frames"
}

@test "a hole in the middle costs only what lay in it" {
	cp s.capsa bad.capsa
	hole bad.capsa $((SIZE / 2)) 20000
	capsa salvage bad.capsa -C out
	exits 3
	saved=$(cd out && find . -type f ! -name '*.capsa.json' | wc -l)
	lost=$(grep -c '^bad.capsa: lost: ' <<<"$output" || :)
	[ $((saved + lost)) -eq 304 ]
	says_line "capsa: bad.capsa: $lost of 304 lost, $lost of these by name"
	right_files 200
	# The same without what the index says.
	rm -r out
	hole bad.capsa $((SIZE - 2200)) 2200
	capsa salvage -q bad.capsa -C out
	exits 3
	[ "$(cd out && find . -type f ! -name '*.capsa.json' | wc -l)" -eq "$saved" ]
	right_files 200
}

@test "an article of several frames is whole or lost" {
	cp s.capsa bad.capsa
	hole bad.capsa 100000 10
	capsa salvage -q bad.capsa -C out
	exits 3
	[ ! -e out/large.bin ] || cmp out/large.bin site/large.bin
	right_files 100
}

@test "metadata that are lost, and links whose body is" {
	"$CAPSA" pack -q --unsigned --isolate 'same*' --isolate 'zsame*' --isolate 'news/1.md' -o i.capsa -C site .
	"$CAPSA" withhold -q i.capsa same-1.txt zsame-2.txt --reason x -o w.capsa
	capsa salvage -q w.capsa -C out
	exits 3
	prints_line "w.capsa: lost: zsame-2.txt: the article whose body it shares is lost"
	[ ! -e out/same-1.txt ]
	right_files 302
	rm -r out
	"$CAPSA" withhold -q i.capsa news/1.md --metadata --reason x -o m.capsa
	capsa salvage -q m.capsa -C out
	exits 3
	right_files 303
}

@test "into a new archive" {
	cp s.capsa bad.capsa
	hole bad.capsa $((SIZE / 2)) 20000
	hole bad.capsa $((SIZE - 2200)) 2200
	SOURCE_DATE_EPOCH=1 capsa salvage -q bad.capsa -o new.capsa -k alice.key
	exits 3
	capsa verify --deep -p alice.pub new.capsa
	exits 0
	"$CAPSA" extract -q new.capsa -C out
	right_files 200
	# Lines are as they were.
	comm -23 <("$CAPSA" list -q --json new.capsa | sort) <("$CAPSA" list -q --json s.capsa | sort) >other
	[ ! -s other ]
	capsa salvage -q bad.capsa -o new.capsa -k alice.key
	exits 1
}

# As where a disk gives a run of blocks for another one, too.
@test "articles that come twice are packed once" {
	cat s.capsa s.capsa >twice.capsa
	capsa salvage twice.capsa -o new.capsa --unsigned
	exits 3
	says_line "capsa: warning: news/7.md is not packed: its path is taken already"
	[ "$(grep -c ' is not packed: ' <<<"$stderr")" -eq 304 ]
	"$CAPSA" extract -q new.capsa -C out
	diff -r out site
}

@test "with a dictionary" {
	"$CAPSA" pack -q --unsigned --dictionary=16K -o d.capsa -C site .
	size=$(stat -c %s d.capsa)
	truncate -s $((size - 2200)) d.capsa
	capsa salvage -q d.capsa -C out
	exits 3
	diff -r -x '*.capsa.json' out site
}

@test "what is no archive, and wrong usage" {
	capsa salvage site/large.bin -C out
	exits 3
	says "capsa: site/large.bin: no article is left in it"
	: >nothing
	capsa salvage nothing -C out
	exits 3
	capsa salvage s.capsa
	exits 2
	capsa salvage s.capsa -C out -o new.capsa
	exits 2
	capsa salvage s.capsa -o new.capsa -k alice.key --unsigned
	exits 2
	capsa salvage s.capsa -o new.capsa
	exits 1
	says "capsa: no key: make one with 'capsa key new', or salvage with --unsigned"
	SOURCE_DATE_EPOCH=yesterday capsa salvage s.capsa -o new.capsa -k alice.key
	exits 2
	says "capsa: SOURCE_DATE_EPOCH=yesterday: not seconds since 1970"
	[ ! -e new.capsa ]
	ln s.capsa same.capsa
	capsa salvage s.capsa -o same.capsa --force -k alice.key
	exits 1
	says "capsa: same.capsa is the archive itself"
	mkdir -p there/news
	echo precious >there/news/7.md
	capsa salvage -q s.capsa -C there
	exits 1
	[ "$(cat there/news/7.md)" = precious ]
}
