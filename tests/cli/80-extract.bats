# capsa extract: articles as files, safely named.

setup() {
	load helpers
	common_setup
	make_site
	printf 'x' >site/a.txt
	: >site/empty
	touch -d 2019-03-05T12:00:00Z site/a.txt
	"$CAPSA" pack --unsigned -o site.capsa --quiet -C site .
	mv site original
}

# Nothing but what was extracted; temporary names would show.
same_tree() {
	diff -r "$1" "$2" || fail "$1 and $2 differ"
	[ -z "$(find "$2" -name '.capsa-*')" ] || fail "a temporary file is left"
}

@test "without -C a new directory, named after the archive" {
	capsa extract -q site.capsa
	exits 0
	prints ""
	says ""
	same_tree original site
	[ "$(stat -c %Y site/a.txt)" -eq "$(date -d 2019-03-05T12:00:00Z +%s)" ]
	[ "$(stat -c %a site/a.txt)" = 644 ]
	capsa extract -q site.capsa
	exits 1
	says "capsa: site exists already; -C site extracts into it"
	mkdir elsewhere
	cd elsewhere
	capsa extract -q ../site.capsa
	exits 0
	same_tree ../original site
}

@test "-C: into a directory, which is made" {
	capsa extract -q site.capsa -C out/below
	exits 0
	same_tree original out/below
	[ ! -e site ]
	mkdir there
	capsa extract -q -C there site.capsa
	exits 0
	same_tree original there
	capsa extract -q --directory=a.txt/x site.capsa
	exits 0
	echo file >file
	capsa extract -q -C file site.capsa
	exits 1
	says "capsa: file: Not a directory"
}

@test "patterns" {
	capsa extract -q site.capsa 'news/2024/0[1-3].html' empty -C out
	exits 0
	[ "$(cd out && find . -type f | sort)" = "./empty
./news/2024/01.html
./news/2024/02.html
./news/2024/03.html" ] || fail
	capsa extract -q site.capsa nothing -C none
	exits 1
	says "capsa: site.capsa: no article matches 'nothing'"
	[ ! -e none ]
	capsa extract -q site.capsa nothing
	exits 1
	[ ! -e site ]
	capsa extract -q site.capsa a.txt nothing -C some
	exits 1
	says "capsa: site.capsa: no article matches 'nothing'"
	[ "$(ls some)" = a.txt ]
}

@test "no file is overwritten without --force" {
	mkdir out
	echo mine >out/a.txt
	capsa extract -q site.capsa -C out
	exits 1
	says_line "capsa: a.txt exists already; --force replaces it"
	[ "$(cat out/a.txt)" = mine ]
	[ -z "$(find out -name '.capsa-*')" ]
	capsa extract -q --force site.capsa -C out
	exits 0
	same_tree original out
}

@test "no symbolic link is followed" {
	mkdir outside out
	ln -s ../outside out/news
	ln -s ../outside/a.txt out/a.txt
	capsa extract -q --force site.capsa -C out
	exits 1
	says_line "capsa: cannot make the directory news: something else is there (symbolic links are not followed)"
	[ -z "$(ls -A outside)" ]
	rm out/news
	# What is replaced is the link itself.
	capsa extract -q --force site.capsa -C out
	exits 0
	[ -z "$(ls -A outside)" ]
	same_tree original out
}

@test "names that differ in case alone: renamed, and told" {
	mkdir case
	printf 1 >case/Name.txt
	printf 2 >case/name.txt
	printf 3 >case/name~2.txt
	printf 4 >"case/$(printf '\xc3\xa4')"
	printf 5 >"case/$(printf 'a\xcc\x88')"
	"$CAPSA" pack --unsigned -o c.capsa --quiet -C case .
	capsa extract -q c.capsa --map map
	exits 0
	[ "$(cat map)" = "$(printf 'name.txt\tname~2.txt\nname~2.txt\tname~2~2.txt\nä\tä~2')" ] || fail "$(cat map)"
	[ "$(cat c/Name.txt c/name~2.txt c/name~2~2.txt)" = 123 ] || fail
	[ "$(cat "c/$(printf 'a\xcc\x88')" "c/$(printf '\xc3\xa4~2')")" = 54 ] || fail
	[ "$(find c -type f | wc -l)" -eq 5 ]
	capsa extract c.capsa -C d
	exits 0
	says_line "capsa: warning: name.txt is extracted as name~2.txt"
	capsa extract -q c.capsa -C e --map map
	exits 1
	says "capsa: map exists already; --force replaces it"
	[ ! -e e ]
	capsa extract -q site.capsa -C f --map empty.map
	exits 0
	[ ! -s empty.map ] && [ -e empty.map ]
}

@test "--metadata: a sidecar for each" {
	capsa extract -q --metadata site.capsa a.txt empty -C out
	exits 0
	(cd out && only_files a.txt a.txt.capsa.json empty empty.capsa.json)
	"$CAPSA" get -q --metadata site.capsa a.txt | cmp - out/a.txt.capsa.json
	"$CAPSA" get -q --metadata site.capsa empty | cmp - out/empty.capsa.json
	[ "$(stat -c %Y out/a.txt.capsa.json)" -eq "$(stat -c %Y out/a.txt)" ]
}

@test "extract --metadata and pack give the same articles back" {
	mkdir rich
	printf 'x' >rich/a.html
	printf '{"captured":"2024-05-04T10:00:00Z","creator":["A","B"],"path":"a.html","title":"Ä \\u0007 title","url":"https://example.org/a"}' \
	    >rich/a.html.capsa.json
	: >rich/old
	printf '{"location":"a.html","path":"old"}' >rich/old.capsa.json
	"$CAPSA" pack --unsigned -o 1.capsa --quiet -C rich .
	capsa extract -q --metadata 1.capsa -C out
	exits 0
	"$CAPSA" pack --unsigned -o 2.capsa --quiet -C out .
	"$CAPSA" list -q --json 1.capsa >1.list
	"$CAPSA" list -q --json 2.capsa | cmp - 1.list
	grep -q '"title":"Ä \\u0007 title"' 1.list
	capsa get 2.capsa http://www.example.org/a
	exits 0
	prints x
	says_line "capsa: url 'http://www.example.org/a' is a.html, of 2024-05-04T10:00:00Z"
	capsa get -q 2.capsa old
	prints x
}

@test "large bodies and copies of them" {
	mkdir big
	seq 1300000 >big/1.bin
	cp big/1.bin big/2.bin
	"$CAPSA" pack --unsigned -o big.capsa --quiet -C big .
	for threads in 1 3; do
		capsa extract -q --threads "$threads" --metadata big.capsa -C "out$threads"
		exits 0
		cmp big/1.bin "out$threads/1.bin"
		cmp big/2.bin "out$threads/2.bin"
		[ "$(stat -c %h "out$threads/1.bin")" -eq 1 ]
		[ -s "out$threads/2.bin.capsa.json" ]
	done
	# Damage behind the first piece: no partial file.
	flip big.capsa $(($(frame_of big.capsa 10) + 100))
	capsa extract -q --metadata big.capsa -C damaged
	exits 3
	[ -z "$(find damaged -type f)" ] || fail "$(find damaged)"
	[ "${#stderr_lines[@]}" -eq 2 ] || fail
	[[ "$stderr" = "capsa: big.capsa: 1.bin: "*" frame fails its digest (at "*")"*"capsa: big.capsa: 2.bin: "* ]] || fail
}

@test "a damaged article: named, exit 3, all others extracted" {
	make_key
	mv original site
	make_archive a k.key
	at=$(frame_of a.capsa 3)
	flip a.capsa $((at + 100))
	capsa extract -q a.capsa -C out
	exits 3
	[ "${#stderr_lines[@]}" -eq 1 ] || fail
	[[ "$stderr" = "capsa: a.capsa: "*": articles frame fails its digest (at $at)" ]] || fail
	lost=${stderr#capsa: a.capsa: }
	lost=${lost%%:*}
	[ ! -e "out/$lost" ]
	[ "$(find out -type f | wc -l)" -eq "$(($(find site -type f | wc -l) - 1))" ] || fail
	cp "site/$lost" "out/$lost"
	same_tree site out
}

@test "a withheld article: named with its reason, exit 1" {
	make_key
	mv original site
	make_archive a k.key
	at=$(frame_of a.capsa 3)
	withhold a.capsa 3 "court order 7"
	capsa extract -q a.capsa -C out
	exits 1
	[[ "$stderr" = "capsa: a.capsa: "*": withheld: court order 7 (at $at)" ]] || fail
	[ "$(find out -type f | wc -l)" -eq "$(($(find site -type f | wc -l) - 1))" ] || fail
}

@test "lost metadata: the bodies are extracted all the same, exit 3" {
	at=$(frame_of site.capsa 2)
	flip site.capsa $((at + 40))
	capsa extract -q --metadata site.capsa -C out
	exits 3
	same_tree original out
	[ "${#stderr_lines[@]}" -eq 14 ] || fail
}

@test "trust is judged before anything is written" {
	make_key
	capsa extract -p k.pub site.capsa -C out --map map
	exits 4
	says "capsa: site.capsa: not signed"
	[ ! -e out ] && [ ! -e map ]
	capsa extract --trusted site.capsa
	exits 4
	[ ! -e site ]
	mv original site
	make_archive a k.key
	capsa extract -p k.pub a.capsa
	exits 0
	says ""
}

@test "a full disk: an error, and no partial file" {
	mkdir big
	head -c 3000000 /dev/zero >big/1
	"$CAPSA" pack --unsigned -o big.capsa --quiet -C big .
	run --separate-stderr bash -c "ulimit -f 1000; '$CAPSA' extract -q big.capsa -C out"
	exits 1
	says "capsa: cannot write 1: File too large"
	[ -z "$(find out -type f)" ] || fail
}

@test "Ctrl-C leaves no partial file, and a status that says so" {
	mkdir big
	# Bodies that do not compress keep it busy; the first file shows that it has begun.
	for i in 1 2 3 4 5 6 7 8; do
		{ echo "$i"; head -c 16000000 /dev/urandom; } >"big/$i"
	done
	"$CAPSA" pack --unsigned --level 1 -o big.capsa --quiet -C big .
	# Without job control bash would start it with SIGINT ignored.
	env --default-signal=INT "$CAPSA" extract -q big.capsa -C out 2>err &
	pid=$!
	while [ -z "$(find out -type f 2>/dev/null)" ] && kill -0 "$pid" 2>/dev/null; do :; done
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	exits 130
	[ "$(cat err)" = "capsa: interrupted" ] || fail "$(cat err)"
	[ -z "$(find out -name '.capsa-*')" ] || fail "$(ls -A out)"
	for file in out/*; do
		[ -e "$file" ] || continue
		cmp "$file" "big/$(basename "$file")"
	done
}

@test "an empty archive becomes an empty directory" {
	mkdir none
	"$CAPSA" pack --unsigned --allow-empty -o e.capsa --quiet none
	capsa extract -q e.capsa
	exits 0
	[ -d e ] && [ -z "$(ls -A e)" ]
}

@test "stock tar extracts the same" {
	capsa extract -q site.capsa
	mkdir stock
	tar --zstd -xf site.capsa -C stock
	diff -r site stock/articles
}

@test "wrong usage" {
	capsa extract
	exits 2
	says "capsa: extract wants an archive
capsa: try 'capsa extract --help'"
	capsa extract --threads none site.capsa
	exits 2
	says "capsa: 'none' is no number of threads from 1 to 1024"
	capsa extract -C "" site.capsa -q
	exits 1
	capsa extract --nonsense site.capsa
	exits 2
	capsa extract --help
	exits 0
	[[ "$output" = "Usage: capsa extract "* ]] || fail
	only_files original site.capsa
}
