# capsa info: who packed what, when, and where the bytes go.

setup() {
	load helpers
	common_setup
	make_key
	make_archive a k.key
	archive=a.capsa
	"$CAPSA" trust add k.pub --name "National Library" --quiet
}

@test "stock tools alone verify an archive" {
	"$CAPSA" info --statement a.capsa >statement
	"$CAPSA" info --signature a.capsa >statement.minisig
	[ "$(wc -l <statement.minisig)" -eq 4 ]
	minisign -V -p k.pub -m statement
	head -c "$(field size)" a.capsa | sha256sum | grep -qxF "$(field sha256)  -"
	[ "$(head -n 1 statement)" = "capsa statement 1" ]
	[ "$(field articles)" = 12 ]
	[ "$(field created)" = 2024-05-03T12:00:00Z ]
	echo >>statement
	run minisign -V -p k.pub -m statement
	[ "$status" -ne 0 ]
}

@test "the text says who, what and when" {
	capsa info a.capsa
	exits 0
	says ""
	prints_line "title         The news"
	prints_line "created       2024-05-03T12:00:00Z"
	prints_line "signature     $id (trusted: National Library), capsa: packed 2024-05-03T12:00:00Z"
	prints_line "identity      $("$CAPSA" info --statement a.capsa | b2sum -l 256 | cut -d' ' -f1)"
	prints_line "format        1.0"
	prints_line "articles      12"
	prints_line "frames        $(field frames), no dictionary"
	prints_line "sha256        $(field sha256) of the first $(field size) bytes"
	ratio=$(awk -v a="$(field bytes)" -v b="$(size_of a.capsa)" 'BEGIN { printf "%.2f", a / b }')
	prints_line "size          $(field bytes) bytes of bodies in $(size_of a.capsa) bytes of archive, $ratio to 1"
}

@test "the parts sum up to the archive" {
	capsa info a.capsa
	sum=$(sed -n '/^in the archive/,/statement and rest/p' <<<"$output" | awk 'NR > 1 { s += $(NF - 1) } END { print s }')
	[ "$sum" -eq "$(size_of a.capsa)" ] || fail "$sum"
	prints_line "$(printf '  %-20s %16d %12.2f' "archive in all" "$sum" "$(awk -v s="$sum" 'BEGIN { print s / 12 }')")"
	# Names, figures and averages stand in columns.
	[ "$(sed -n '/^before/,$p' <<<"$output" | awk '{ print length }' | sort -u | wc -l)" -eq 1 ] || fail columns
}

@test "--json: the same as one object" {
	capsa info --json a.capsa
	exits 0
	[ "${#lines[@]}" -eq 1 ]
	[[ "$output" = '{"archive":"a.capsa","title":"The news","created":"2024-05-03T12:00:00Z","identity":"'* ]] || fail head
	[[ "$output" = *'"articles":12,"bytes":'"$(field bytes)"',"archive_bytes":'"$(size_of a.capsa)"','* ]] || fail counts
	[[ "$output" = *'"signatures":[{"key_id":"'"$id"'","verifies":true,"trusted":true,"detached":false,"label":"National Library","comment":"capsa: packed 2024-05-03T12:00:00Z"}]'* ]] || fail signatures
	[[ "$output" = *'"stored":{"article_frames":'*'}}' ]] || fail sizes
}

@test "without a trusted key one warning; with -p exit 4 before anything is written" {
	capsa trust remove "$id"
	capsa info a.capsa
	exits 0
	says "capsa: warning: a.capsa: signed by $id, a key you do not trust"
	prints_line "signature     $id (not trusted), capsa: packed 2024-05-03T12:00:00Z"
	capsa info -q a.capsa
	says ""
	make_key other
	capsa info -p other.pub a.capsa
	exits 4
	prints ""
	[[ "$stderr" =~ ^capsa:\ a.capsa:\ signed\ by\ [0-9A-F]{16}\ \(not\ trusted\)$ ]] || fail words
	capsa info --trusted a.capsa
	exits 4
	capsa info -p k.pub a.capsa
	exits 0
	says ""
}

@test "an unsigned archive" {
	"$CAPSA" pack --unsigned -o b.capsa --quiet site
	capsa info b.capsa
	exits 0
	says "capsa: warning: b.capsa: not signed"
	prints_line "signature     none"
	capsa info --signature -q b.capsa
	exits 1
	prints ""
	says "capsa: b.capsa: not signed"
}

@test "detached signatures are listed and printed" {
	"$CAPSA" info --statement a.capsa >statement
	minisign -G -W -p m.pub -s m.key >/dev/null
	mid=$("$CAPSA" key show m.pub | cut -d' ' -f1)
	minisign -S -s m.key -m statement -t "a witness" -x "a.capsa.$mid.minisig" </dev/null >/dev/null
	capsa info a.capsa
	exits 0
	prints_line "signature     $mid (key not known, not checked), in a file beside it: a witness"
	capsa trust add m.pub
	capsa info a.capsa
	prints_line "signature     $mid (trusted: m), in a file beside it: a witness"
	"$CAPSA" info --signature="$mid" a.capsa >out.minisig
	minisign -V -p m.pub -m statement -x out.minisig
	capsa info --signature=0000000000000000 a.capsa
	exits 1
	says "capsa: a.capsa: no signature by 0000000000000000"
}

@test "text from an archive is escaped" {
	"$CAPSA" pack -k k.key --title "Ä \\ 漢字" -o t.capsa --quiet site
	capsa info t.capsa
	prints_line 'title         Ä \\ 漢字'
	capsa info --json t.capsa
	[[ "$output" = *'"title":"Ä \\ 漢字"'* ]] || fail json
}

@test "a damaged index: what can be said is said, exit 3" {
	at=$(field tree | sed -n 's/^url keys 0 0 \([0-9]*\) .*/\1/p')
	[ -n "$at" ]
	at=$(field tree | sed -n 's/^spine spine [0-9]* [0-9]* \([0-9]*\) .*/\1/p')
	flip a.capsa $((at + 20))
	capsa info a.capsa
	exits 3
	prints_line "articles      12"
	[[ "$stderr" = "capsa: a.capsa: "*" (at $at)" ]] || fail words
}

@test "what is no archive" {
	echo nonsense >x
	capsa info x
	exits 3
	prints ""
	says "capsa: x: not a capsa archive"
	capsa info missing
	exits 1
	says "capsa: cannot open missing: No such file or directory"
	capsa info
	exits 2
	says "capsa: info wants one archive
capsa: try 'capsa info --help'"
	capsa info .
	exits 1
	capsa info https://example.org/a.capsa
	exits 2
}
