# capsa list: the articles of an archive, one a line.

setup() {
	load helpers
	common_setup
	mkdir -p site/2024/05 site/img
	printf '<html><title>The  Great\tFlood</title>' >site/2024/05/flood.html
	printf '# Notes\n\ntext\n' >site/2024/notes.md
	printf 'plain' >site/a.txt
	printf '\211PNG\r\n\032\n1234' >site/img/x.png
	printf 'x' >'site/odd [1]*.txt'
	SOURCE_DATE_EPOCH=1700000000 "$CAPSA" pack --unsigned -o s.capsa --quiet -C site .
}

all="2024/05/flood.html
2024/notes.md
a.txt
img/x.png
odd [1]*.txt"

@test "all paths, in the order of packing" {
	capsa list -q s.capsa
	exits 0
	prints "$all"
	says ""
}

@test "patterns: files, directories, stars, classes" {
	capsa list -q s.capsa a.txt
	prints "a.txt"
	capsa list -q s.capsa 2024
	prints "2024/05/flood.html
2024/notes.md"
	capsa list -q s.capsa 2024/
	prints "2024/05/flood.html
2024/notes.md"
	capsa list -q s.capsa '*.txt'
	prints "a.txt
odd [1]*.txt"
	capsa list -q s.capsa '2024/*'
	prints "2024/notes.md"
	capsa list -q s.capsa '**/*.html'
	prints "2024/05/flood.html"
	capsa list -q s.capsa 'im?/[x-z].png'
	prints "img/x.png"
	capsa list -q s.capsa 'odd \[1]\*.txt'
	prints "odd [1]*.txt"
	capsa list -q s.capsa img a.txt img/x.png
	exits 0
	prints "a.txt
img/x.png"
}

@test "no match: exit 1, for each pattern" {
	capsa list -q s.capsa nothing
	exits 1
	prints ""
	says "capsa: s.capsa: no article matches 'nothing'"
	capsa list -q s.capsa a.txt '*.gif' img 20
	exits 1
	prints "a.txt
img/x.png"
	says "capsa: s.capsa: no article matches '*.gif'
capsa: s.capsa: no article matches '20'"
}

@test "-l: size, date, media type, path, title" {
	capsa list -q -l s.capsa 2024 a.txt
	exits 0
	prints "          37  -           text/html                 2024/05/flood.html  The Great Flood
          14  -           text/markdown             2024/notes.md  Notes
           5  -           text/plain                a.txt  plain"
}

@test "--json: the metadata as packed" {
	capsa list -q --json s.capsa a.txt
	exits 0
	prints '{"digest":"blake2b-256:'"$(printf plain | b2sum -l 256 | cut -d' ' -f1)"'","format":"text/plain","modified":"2023-11-14T22:13:20Z","path":"a.txt","size":5,"title":"plain"}'
	capsa list -q --json s.capsa
	[ "${#lines[@]}" -eq 5 ] || fail
	capsa list -q --json -l s.capsa
	exits 2
	says "capsa: -l and --json exclude each other
capsa: try 'capsa list --help'"
}

@test "-0: for xargs" {
	"$CAPSA" list -q -0 s.capsa >names
	[ "$(tr '\0' '\n' <names)" = "$all" ] || fail
	[ "$(tr -cd '\0' <names | wc -c)" -eq 5 ]
	[ "$(tr -cd '\n' <names | wc -c)" -eq 0 ]
}

@test "--format" {
	capsa list -q --format text/html s.capsa
	prints "2024/05/flood.html"
	capsa list -q --format 'TEXT/*' s.capsa
	prints "2024/05/flood.html
2024/notes.md
a.txt
odd [1]*.txt"
	capsa list -q --format image/png s.capsa 2024
	exits 1
	says "capsa: s.capsa: no article matches '2024'"
	capsa list -q --format video/mp4 s.capsa
	exits 1
	says "capsa: s.capsa: no article matches"
}

@test "a date that is none" {
	for date in 2019-13 19 2019-02-30 tomorrow; do
		capsa list s.capsa --from "$date"
		exits 2
		says "capsa: --from '$date': not a date like 2019, 2019-03, 2019-03-05 or 2019-03-05T12:00:00Z"
		capsa list s.capsa --to "$date"
		exits 2
	done
	capsa list -q s.capsa --from 2019
	exits 1
	says "capsa: s.capsa: no article matches"
}

@test "an empty archive: nothing to list, and no error" {
	mkdir empty
	"$CAPSA" pack --unsigned --allow-empty -o e.capsa --quiet empty
	capsa list -q e.capsa
	exits 0
	prints ""
	says ""
	capsa list -q e.capsa '*'
	exits 1
}

@test "a terminal sees text escaped, a pipe as it is" {
	mkdir t
	printf x >"t/$(printf 'a\u202eb')"
	"$CAPSA" pack --unsigned -o t.capsa --quiet -C t .
	capsa list -q t.capsa
	prints "$(printf 'a\u202eb')"
	run script -qec "'$CAPSA' list -q t.capsa" /dev/null
	[ "$(tr -d '\r' <<<"$output")" = 'a\u202eb' ] || fail
	run script -qec "'$CAPSA' list -q --json t.capsa" /dev/null
	[[ "$output" = *'"path":"a\u202eb"'* ]] || fail
	capsa list -q -l t.capsa
	[[ "$output" = *'a\u202eb'* ]] || fail
}

@test "a closed pipe is no error" {
	run bash -o pipefail -c "'$CAPSA' list -q s.capsa | head -n 1; echo \${PIPESTATUS[0]}"
	[ "$output" = "2024/05/flood.html
0" ] || fail
	mkdir many
	(cd many && seq 3000 | xargs touch)
	"$CAPSA" pack --unsigned -o many.capsa --quiet many
	run bash -o pipefail -c "'$CAPSA' list -q --json many.capsa | head -n 1 >/dev/null; echo \${PIPESTATUS[0]}"
	[ "$output" = 0 ] || fail
}

@test "standard output that cannot be written is an error" {
	status=0
	"$CAPSA" list -q s.capsa >/dev/full 2>err || status=$?
	exits 1
	[ "$(cat err)" = "capsa: cannot write standard output: No space left on device" ] || fail
}

@test "trust is judged before anything is printed" {
	make_key other
	make_key
	make_archive a k.key
	capsa list a.capsa
	exits 0
	says "capsa: warning: a.capsa: signed by $id, a key you do not trust"
	capsa list -p other.pub a.capsa
	exits 4
	prints ""
	capsa list --trusted a.capsa
	exits 4
	prints ""
	capsa list -p k.pub a.capsa
	exits 0
	says ""
	capsa list -p k.pub s.capsa
	exits 4
	prints ""
	says "capsa: s.capsa: not signed"
}

@test "damaged metadata: named by the path tree, exit 3, the rest is listed" {
	make_site
	"$CAPSA" pack --unsigned -o a.capsa --quiet site
	# The frame of lines follows that of the articles.
	at=$(frame_of a.capsa 2)
	flip a.capsa $((at + 40))
	capsa list -q a.capsa
	exits 3
	prints ""
	[ "${#stderr_lines[@]}" -eq "$(find site -type f | wc -l)" ] || fail
	says_line "capsa: a.capsa: news/2024/03.html: metadata frame fails its digest (at $at)"
	capsa list -q a.capsa news/2024/03.html
	exits 3
	says "capsa: a.capsa: news/2024/03.html: metadata frame fails its digest (at $at)"
}

@test "wrong usage" {
	capsa list
	exits 2
	says "capsa: list wants an archive
capsa: try 'capsa list --help'"
	capsa list --nonsense s.capsa
	exits 2
	says "capsa: unrecognized option '--nonsense'
capsa: try 'capsa list --help'"
	capsa list --help
	exits 0
	[[ "$output" = "Usage: capsa list "* ]] || fail
	capsa list missing.capsa
	exits 1
	capsa list a.txt
	exits 1
	capsa list site/a.txt
	exits 3
	says "capsa: site/a.txt: not a capsa archive"
}
