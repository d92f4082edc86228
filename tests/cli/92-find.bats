# capsa find: articles by what a reader remembers of them.

setup() {
	load helpers
	common_setup
	export SOURCE_DATE_EPOCH=1717243200
	article news/2019/flood.html '{"title":"Die  gro\u00dfe Flut\tin K\u00f6ln","creator":["Ada Lovelace","J. Doe"],"date":"2019-03-05T10:00:00+01:00","url":"https://www.example.org/2019/flood","subject":["Weather","Rhine"],"language":"de"}'
	article news/2020/storm.html '{"title":"Storm warning","contributor":["Ada Byron"],"date":"2020-07-01","url":"http://blog.example.org:8080/storm","description":"After the flood"}'
	article news/2020/drought.html '{"title":"Drought","captured":"2020-08-02T00:00:00Z","url":"https://example.com/drought","identifier":["urn:isbn:978-0-00"]}'
	article notes/plain.txt '{"title":"A \u202egnirts\u001b[31m\\","url":"mailto:flood@example.org"}'
	"$CAPSA" pack --unsigned -o a.capsa --quiet -C site .
}

# article PATH METADATA: a file below site, and its sidecar.
article() {
	mkdir -p "site/$(dirname "$1")"
	printf 'text of %s\n' "$1" >"site/$1"
	printf '%s' "$2" >"site/$1.capsa.json"
}

# finds ARGUMENT...: in a.capsa; paths alone, on one line.
finds() {
	capsa find --quiet --json a.capsa -- "$@"
	paths=$(jq -r .path <<<"$output" | xargs)
}
# The same of options.
finds_by() {
	capsa find --quiet --json "$@" a.capsa
	paths=$(jq -r .path <<<"$output" | xargs)
}
is() {
	[ "$paths" = "$*" ] || fail "paths: $paths" "expected: $*"
}

@test "archive, day, path and title" {
	capsa find a.capsa storm
	exits 0
	prints "a.capsa	2020-07-01	news/2020/storm.html	Storm warning"
	says "capsa: warning: a.capsa: not signed"
	capsa find --quiet a.capsa drought
	exits 0
	prints "a.capsa	2020-08-02	news/2020/drought.html	Drought"
	says ""
}

@test "every word must be somewhere in the metadata" {
	finds flood
	exits 0
	is news/2019/flood.html news/2020/storm.html notes/plain.txt
	finds flood storm
	is news/2020/storm.html
	finds after flood storm warning 2020
	is news/2020/storm.html
	finds flood nothing
	exits 1
	is
	for word in rhine "ada l" isbn:978 "J. D" "www.example.org/2019" "news/2019" "lovelace"; do
		finds "$word"
		case $word in
		isbn*) is news/2020/drought.html ;;
		*) is news/2019/flood.html ;;
		esac
	done
	# Only these members are looked at.
	for word in text/html blake2b '"title"' 1717243200; do
		finds "$word"
		exits 1
	done
}

@test "words are folded, and white space is one space" {
	for word in GROSSE große "GROẞE FLUT" "flut in" $'Flut \t\n in' KÖLN $'ko\xcc\x88ln' "ße fl"; do
		finds "$word"
		exits 0
		is news/2019/flood.html
	done
	# No word reaches from one member into the next.
	finds "lovelace j. doe"
	exits 1
	finds "köln ada"
	exits 1
}

@test "--title, --creator" {
	finds_by --title flut
	is news/2019/flood.html
	finds_by --title flood
	exits 1
	finds_by --creator ADA
	is news/2019/flood.html news/2020/storm.html
	finds_by --creator byron --title storm
	is news/2020/storm.html
	finds_by --creator byron --title flut
	exits 1
	finds_by --creator example.org
	exits 1
}

@test "--site: the host and all below it" {
	finds_by --site example.org
	is news/2019/flood.html news/2020/storm.html
	finds_by --site www.EXAMPLE.org.
	is news/2019/flood.html news/2020/storm.html
	finds_by --site blog.example.org
	is news/2020/storm.html
	finds_by --site blog.example.org:8080
	is news/2020/storm.html
	finds_by --site org
	is news/2019/flood.html news/2020/storm.html
	for host in ample.org xample.org example.or example.org.com flood@example.org example.org:80800 mailto; do
		capsa find --quiet --site "$host" a.capsa
		[ "$status" -ne 0 ] || fail "$host"
		prints ""
	done
	for host in "" https://example.org/ example.org/2019 "a b"; do
		capsa find --site "$host" a.capsa
		exits 2
		says "capsa: --site '$host': not a host like example.org"
	done
}

@test "--from and --to, of publication, else of capture" {
	finds_by --from 2019 --to 2019
	is news/2019/flood.html
	finds_by --from 2019-03-05T09:00:00Z --to 2019-03-05T09:00:00Z
	is news/2019/flood.html
	finds_by --from 2019-03-06
	is news/2020/drought.html news/2020/storm.html
	finds_by --to 2020-07
	is news/2019/flood.html news/2020/storm.html
	finds_by --from 2021
	exits 1
	says ""
	capsa find --from yesterday a.capsa
	exits 2
	says "capsa: --from 'yesterday': not a date like 2019, 2019-03, 2019-03-05 or 2019-03-05T12:00:00Z"
	capsa find --quiet --to 2020-07 a.capsa flood storm
	prints "a.capsa	2020-07-01	news/2020/storm.html	Storm warning"
}

@test "--json: one object a line, and what is not known is left out" {
	capsa find --quiet --json a.capsa storm
	prints '{"archive":"a.capsa","path":"news/2020/storm.html","date":"2020-07-01","title":"Storm warning","url":"http://blog.example.org:8080/storm"}'
	capsa find --quiet --json a.capsa plain
	prints '{"archive":"a.capsa","path":"notes/plain.txt","title":"A \u202egnirts\u001b[31m\\","url":"mailto:flood@example.org"}'
	[ "$(jq -r .title <<<"$output")" = $'A \xe2\x80\xaegnirts\x1b[31m\\' ]
}

@test "text is escaped, for a pipe and for a terminal" {
	capsa find --quiet a.capsa plain
	prints 'a.capsa	-	notes/plain.txt	A \u202egnirts\x1b[31m\\'
	capsa find --quiet a.capsa köln
	prints 'a.capsa	2019-03-05	news/2019/flood.html	Die  große Flut\tin Köln'
	expect -c "log_user 0; spawn $CAPSA find --quiet a.capsa plain; expect eof; puts -nonewline \$expect_out(buffer)" |
	    tr -d '\r' >out
	[ "$(cat out)" = 'a.capsa  -           notes/plain.txt  A \u202egnirts\x1b[31m\\' ] || fail "$(cat out)"
}

@test "archives come first, words after them" {
	cp a.capsa b.capsa
	mkdir d
	cp a.capsa d/1.capsa
	cp a.capsa d/2.capsa
	cp a.capsa d/.hidden.capsa
	cp a.capsa odd
	echo x >storm
	capsa find --quiet b.capsa d odd drought
	exits 0
	prints "b.capsa	2020-08-02	news/2020/drought.html	Drought
d/1.capsa	2020-08-02	news/2020/drought.html	Drought
d/2.capsa	2020-08-02	news/2020/drought.html	Drought
odd	2020-08-02	news/2020/drought.html	Drought"
	# A file of a word's name is taken for an archive unless it stands behind the first word, or --.
	capsa find --quiet a.capsa storm warning
	exits 3
	says "capsa: storm: not a capsa archive"
	capsa find --quiet a.capsa warning storm
	exits 0
	capsa find --quiet a.capsa -- storm
	exits 0
	prints "a.capsa	2020-07-01	news/2020/storm.html	Storm warning"
	capsa find --quiet a.capsa --title warning -- storm
	exits 0
	capsa find --quiet -- a.capsa warning
	exits 0
	# The first is an archive in any case, and what ends in .capsa is one.
	capsa find missing warning
	exits 1
	says "capsa: cannot open missing: No such file or directory"
	capsa find --quiet a.capsa missing.capsa warning
	exits 1
	prints "a.capsa	2020-07-01	news/2020/storm.html	Storm warning"
	says "capsa: cannot open missing.capsa: No such file or directory"
	capsa find --quiet a.capsa https://example.org/b.capsa warning
	exits 2
}

@test "nothing found: exit 1, in all archives together" {
	mkdir d
	cp a.capsa d/1.capsa
	mkdir other
	echo x >other/unique.txt
	"$CAPSA" pack --unsigned -o d/2.capsa --quiet other
	capsa find d unique --quiet
	exits 0
	prints "d/2.capsa	-	unique.txt	x"
	capsa find d nowhere
	exits 1
	prints ""
	says_line "capsa: no article matches"
	capsa find --quiet d nowhere
	exits 1
	says ""
}

@test "one damaged archive hides no other" {
	mkdir d
	cp a.capsa d/1.capsa
	echo nonsense >d/2.capsa
	cp a.capsa d/4.capsa
	archive=a.capsa
	cp a.capsa d/3.capsa
	flip d/3.capsa $(($(frame_of a.capsa 2) + 40))
	capsa find --quiet d storm
	exits 3
	prints_line "d/1.capsa	2020-07-01	news/2020/storm.html	Storm warning"
	prints_line "d/4.capsa	2020-07-01	news/2020/storm.html	Storm warning"
	says_line "capsa: d/2.capsa: not a capsa archive"
	# What lost its metadata is found by its path, and reported.
	prints_line "d/3.capsa	-	news/2020/storm.html	"
	[ "$(grep -c '^capsa: d/3.capsa: ' <<<"$stderr")" -eq 4 ] || fail lines
}

@test "with -p no archive of another key is read" {
	make_key
	"$CAPSA" pack -k k.key -o b.capsa --quiet -C site .
	capsa find -p k.pub a.capsa b.capsa storm
	exits 4
	prints "b.capsa	2020-07-01	news/2020/storm.html	Storm warning"
	says "capsa: a.capsa: not signed"
}

@test "a closed pipe is no error" {
	run --separate-stderr bash -c '"$0" find --quiet a.capsa example | true; exit ${PIPESTATUS[0]}' "$CAPSA"
	exits 0
	says ""
}

@test "wrong usage" {
	capsa find
	exits 2
	says "capsa: find wants an archive
capsa: try 'capsa find --help'"
	capsa find a.capsa
	exits 2
	says "capsa: find wants something to look for; 'capsa list' lists all articles
capsa: try 'capsa find --help'"
	for word in "" " " $'\xff'; do
		capsa find a.capsa "$word"
		exits 2
		[[ "$stderr" = "capsa: the word '"*"': not a text in UTF-8 to look for" ]] || fail word
		capsa find a.capsa --title "$word"
		exits 2
	done
}
