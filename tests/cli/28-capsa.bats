# pack: articles from archives of capsa.

setup() {
	load helpers
	common_setup
}

# A site with all that metadata and bodies can be: old.capsa, of two frames and more.
make_old() {
	make_site
	cp site/news/2024/01.html site/twin.html
	head -c 6000000 /dev/urandom >site/large.bin
	: >site/empty
	printf -- '---\ntitle: Front\ncreator: Ann\nmy key: [a, b]\n---\n# No\n' >site/front.md
	echo '{"path":"site/x","identifier":["urn:1"],"extra":{"deep":{"a":[1,null,"\u001b"]}},"http":{"status":200}}' \
	    >site/twin.html.capsa.json
	echo '{"path":"moved","location":"news/2024/01.html","text":"","url":"https://example.org/"}' >lines.jsonl
	"$CAPSA" pack --unsigned --quiet --created 2024-05-03 --title "The news" --description "Of the day" \
	    --creator Ann --creator Bob --meta note=kept -o old.capsa "$@" site lines.jsonl
}

lines_of() {
	"$CAPSA" list --json --quiet "$1"
}

@test "the same options give the same bytes, others the same articles" {
	make_old
	capsa pack --unsigned --created 2024-05-03 -o new.capsa old.capsa
	exits 0
	says_line "capsa: warning: old.capsa: not signed"
	cmp old.capsa new.capsa
	capsa pack --unsigned --quiet --level 1 --frame-size 4K --dictionary 64K --isolate '**/03.html' -o other.capsa old.capsa
	exits 0
	cmp <(lines_of old.capsa) <(lines_of other.capsa)
	capsa verify --deep --intact --quiet other.capsa
	exits 0
	capsa diff --quiet old.capsa other.capsa
	exits 0
	# And back.
	capsa pack --unsigned --quiet --created 2024-05-03 -o back.capsa other.capsa
	exits 0
	cmp old.capsa back.capsa
	capsa pack --unsigned --quiet --created 2024-05-03 --keep-going -o going.capsa other.capsa
	exits 0
	cmp old.capsa going.capsa
}

@test "a part of an archive, by patterns" {
	make_old
	capsa pack --unsigned --quiet -o part.capsa --include 'news/**' --include moved --exclude '**/1*' old.capsa
	exits 0
	cmp <(lines_of old.capsa | jq -c 'select(.path | test("^(news/.*/0|moved)"))') <(lines_of part.capsa | jq -c .)
	[ "$("$CAPSA" list --quiet part.capsa | wc -l)" = 10 ]
}

@test "the description is taken, unless the command line says otherwise" {
	make_old
	capsa pack --unsigned --quiet -o new.capsa --title "Another" --creator Eve old.capsa
	exits 0
	archive=new.capsa
	[ "$(field title)" = Another ]
	[ "$(field description)" = "Of the day" ]
	capsa info --quiet new.capsa
	"$CAPSA" pack --unsigned --quiet --created 2024-05-03 --level 1 -o again.capsa new.capsa
	tar --zstd -xOf again.capsa capsa/archive.json >about
	[ "$(jq -c 'del(.zstd, .capsa, .frame_size)' about)" = \
	    '{"created":"2024-05-03T00:00:00Z","creator":["Eve"],"description":"Of the day","level":1,"note":"kept","title":"Another"}' ]
}

@test "several archives and other inputs become one" {
	mkdir one two
	echo 1 >one/a
	echo 2 >two/b
	"$CAPSA" pack --unsigned --quiet -o one.capsa --title One one
	"$CAPSA" pack --unsigned --quiet -o two.capsa --title Two two
	echo 3 >c
	capsa pack --unsigned --quiet -o all.capsa one.capsa c two.capsa
	exits 0
	[ "$("$CAPSA" list --quiet all.capsa)" = $'a\nc\nb' ]
	archive=all.capsa
	[ "$(field title)" = "" ]
	capsa pack --unsigned -o twice.capsa one.capsa two.capsa one.capsa
	exits 1
	says_line "capsa: twice.capsa: two articles have the path 'a'"
	[ ! -e twice.capsa ]
	capsa pack --unsigned --keep-going -o twice.capsa one.capsa two.capsa one.capsa
	exits 1
	says_line "capsa: one.capsa: a: the path a has come before"
	[ "$("$CAPSA" list --quiet twice.capsa)" = $'a\nb' ]
}

@test "whose archive it is" {
	make_key
	make_archive a k.key
	capsa pack --unsigned --created 2024-05-03 -o b.capsa a.capsa
	exits 0
	says_line "capsa: warning: a.capsa: signed by $id, a key you do not trust"
	"$CAPSA" trust add --quiet k.pub
	capsa pack --unsigned -o c.capsa a.capsa
	exits 0
	[[ "$stderr" != *warning* ]]
	# Of a known key, over another archive.
	"$CAPSA" pack --unsigned --quiet --created 2020-01-01 -o other.capsa site/news/2024/01.html
	"$CAPSA" sign --detached --quiet -k k.key other.capsa
	cp other.capsa."$id".minisig a.capsa."$id".minisig
	capsa pack --unsigned --keep-going -o d.capsa a.capsa
	exits 4
	says "capsa: a.capsa: the signature of $id (k) does not verify"
	[ ! -e d.capsa ]
}

@test "damaged and withheld articles are named, and the rest goes on" {
	make_key
	make_archive a k.key
	cp a.capsa good.capsa
	path=$("$CAPSA" list -q a.capsa | sed -n 3p)
	other=$("$CAPSA" list -q a.capsa | sed -n 5p)
	at=$(frame_of a.capsa 3)
	held=$(frame_of a.capsa 5)
	withhold a.capsa 5 "court order 7"
	flip a.capsa $((at + 100))
	capsa pack --unsigned -o b.capsa a.capsa
	exits 1
	says_line "capsa: a.capsa: $path: articles frame fails its digest (at $at)"
	says_line "capsa: a.capsa: $other: withheld: court order 7 (at $held)"
	[ ! -e b.capsa ]
	capsa pack --unsigned --keep-going --report report -o b.capsa a.capsa
	exits 1
	says_line "capsa: b.capsa: made without what cannot be packed (2)"
	cmp <(lines_of good.capsa | jq -c --arg a "$path" --arg b "$other" 'select(.path != $a and .path != $b)') \
	    <(lines_of b.capsa | jq -c .)
	[ "$(sed -n 1p report)" = \
	    "{\"input\":\"a.capsa: $path\",\"cause\":\"articles frame fails its digest (at $at)\"}" ]
	# What is not wanted need not be good.
	capsa pack --unsigned --quiet --exclude "$path" --exclude "$other" -o c.capsa a.capsa
	exits 0
}

@test "lost metadata lines: the path tree knows whose they are" {
	make_key
	make_archive a k.key
	[ "$("$CAPSA" list -q a.capsa | wc -l)" = 12 ]
	# The metadata frame is the one behind those of the articles.
	at=$(frame_of a.capsa 13)
	flip a.capsa $((at + 50))
	capsa pack --unsigned -o b.capsa a.capsa
	exits 1
	says_line "capsa: a.capsa: news/2024/07.html: metadata frame fails its digest (at $at)"
	[ "$(grep -c "metadata frame fails" <<<"$stderr")" = 12 ]
	capsa pack --unsigned --include '**/05.html' -o b.capsa a.capsa
	exits 1
	says "capsa: warning: a.capsa: signed by $id, a key you do not trust
capsa: a.capsa: news/2024/05.html: metadata frame fails its digest (at $at)"
	[ ! -e b.capsa ]
}

@test "damage before the articles: the description, the first bytes" {
	make_key
	make_archive a k.key
	cp a.capsa b.capsa
	at=$(frame_of a.capsa 0)
	flip a.capsa $((at + 50))
	capsa pack --unsigned --quiet --keep-going -o c.capsa a.capsa
	exits 1
	says_line "capsa: a.capsa: head frame fails its digest (at $at)"
	cmp <(lines_of b.capsa) <(lines_of c.capsa)
	flip b.capsa 3
	capsa pack --unsigned --quiet -o d.capsa b.capsa
	exits 0
	cmp <(lines_of b.capsa) <(lines_of d.capsa)
}

@test "a large body that is damaged" {
	mkdir dir
	head -c 6000000 /dev/urandom >dir/large.bin
	echo small >dir/small
	"$CAPSA" pack --unsigned --quiet -o a.capsa dir
	flip a.capsa 5000000
	capsa pack --unsigned --keep-going --quiet -o b.capsa a.capsa
	exits 1
	[[ "$stderr" == "capsa: a.capsa: large.bin: part frame fails its digest (at "* ]]
	[ "$("$CAPSA" list --quiet b.capsa)" = small ]
}

@test "what an input is, is found out" {
	make_key
	make_archive a k.key
	cp a.capsa renamed.tar.zst
	echo no archive >text.capsa
	mkdir nested
	cp a.capsa nested
	capsa pack --unsigned --quiet -o b.capsa renamed.tar.zst text.capsa nested
	exits 0
	[ "$("$CAPSA" list --quiet b.capsa | tail -n 2)" = $'text.capsa\na.capsa' ]
	[ "$("$CAPSA" list --quiet b.capsa | wc -l)" = 14 ]
	capsa pack --unsigned --quiet --from file -o c.capsa a.capsa
	exits 0
	[ "$("$CAPSA" list --quiet c.capsa)" = a.capsa ]
	capsa pack --unsigned --from capsa -o d.capsa text.capsa missing.capsa
	exits 1
	[[ "$stderr" == "capsa: text.capsa: "* ]]
	says_line "capsa: missing.capsa: cannot be read: No such file or directory"
	head -c 10000 a.capsa >short.capsa
	capsa pack --unsigned -o d.capsa short.capsa
	exits 1
	[[ "$stderr" == "capsa: short.capsa: "* ]]
	# In place.
	cp a.capsa f.capsa
	capsa pack --unsigned --quiet --force --include '**/05.html' -o f.capsa f.capsa
	exits 0
	[ "$("$CAPSA" list --quiet f.capsa)" = news/2024/05.html ]
	# A series goes on with the archive that --previous names, whatever is packed.
	capsa pack --unsigned --quiet --previous a.capsa -o e.capsa a.capsa
	exits 0
	archive=e.capsa
	[ "$(field sequence)" = 2 ]
	only_files a.capsa b.capsa c.capsa e.capsa f.capsa k.key k.pub nested renamed.tar.zst short.capsa site text.capsa
}

# CORPORA is a directory of real articles, which are too many for the repository; they may lie beside it.
@test "nothing of 12,000 real pages is lost" {
	CORPORA=${CORPORA:-$BATS_TEST_DIRNAME/../../../shared/corpora}
	[ -f "$CORPORA/mdn.tar.zst" ] || skip "CORPORA has no mdn.tar.zst"
	mkdir mdn
	tar --zstd -xf "$CORPORA/mdn.tar.zst" -C mdn
	"$CAPSA" pack --unsigned --quiet --level 1 --created 2024-05-03 --title MDN -o a.capsa mdn
	"$CAPSA" pack --unsigned --quiet --level 3 --frame-size 64K -o b.capsa a.capsa
	"$CAPSA" pack --unsigned --quiet --level 1 --created 2024-05-03 -o c.capsa b.capsa
	cmp a.capsa c.capsa
}
