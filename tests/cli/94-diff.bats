# capsa diff: what has changed from one archive to another.

setup() {
	load helpers
	common_setup
	export SOURCE_DATE_EPOCH=1717243200
	for name in a/1 a/2 a/3 b/1 b/2 z; do
		mkdir -p "old/$(dirname "$name")"
		printf '<title>%s</title>\ntext of %s\n' "$name" "$name" >"old/$name.html"
	done
	: >old/empty.txt
	cp -r old new
	pack old
}

# pack DIRECTORY: DIRECTORY.capsa of it; all files have one time.
pack() {
	find "$1" -type f -exec touch -d 2024-01-01T00:00:00Z {} +
	"$CAPSA" pack --unsigned -o "$1.capsa" --quiet --force -C "$1" .
}

differ() {
	pack new
	capsa diff --quiet old.capsa new.capsa
}

@test "the same articles: nothing, exit 0" {
	differ
	exits 0
	prints ""
	capsa diff old.capsa new.capsa
	exits 0
	says_line "capsa: 0 changed, 0 changed in metadata alone, 0 removed, 0 added, 0 moved, 7 equal"
	# Packed otherwise, the articles are still the same.
	"$CAPSA" pack --unsigned -o new.capsa --quiet --force --level 19 --frame-size 4096 --title Other -C new .
	capsa diff --quiet old.capsa new.capsa
	exits 0
	prints ""
}

@test "changed, added, removed, moved" {
	echo more >>new/a/2.html
	rm new/b/1.html
	mkdir new/c
	echo new >new/c/new.html
	mv new/a/3.html new/c/3.html
	touch -d 2024-02-02T00:00:00Z new/z.html
	find new -type f ! -name z.html -exec touch -d 2024-01-01T00:00:00Z {} +
	"$CAPSA" pack --unsigned -o new.capsa --quiet --force -C new .
	capsa diff old.capsa new.capsa
	exits 1
	prints "changed a/2.html
changed (metadata) z.html
moved a/3.html -> c/3.html
removed b/1.html
added c/new.html"
	says_line "capsa: 1 changed, 1 changed in metadata alone, 1 removed, 1 added, 1 moved, 3 equal"
	capsa diff --quiet --json old.capsa new.capsa
	exits 1
	prints '{"change":"changed","path":"a/2.html"}
{"change":"metadata","path":"z.html"}
{"change":"moved","path":"a/3.html","to":"c/3.html"}
{"change":"removed","path":"b/1.html"}
{"change":"added","path":"c/new.html"}'
	# The other way round it is the other way round.
	capsa diff --quiet new.capsa old.capsa
	exits 1
	prints "changed a/2.html
changed (metadata) z.html
moved c/3.html -> a/3.html
removed c/new.html
added b/1.html"
}

@test "a copy is added, not moved" {
	cp new/z.html new/copy.html
	differ
	exits 1
	prints "added copy.html"
}

@test "of several alike the first goes to the first, the rest is removed or added" {
	for name in 1 2 3; do echo same >"old/same$name.txt"; done
	pack old
	for name in 7 8; do echo same >"new/same$name.txt"; done
	differ
	exits 1
	prints "moved same1.txt -> same7.txt
moved same2.txt -> same8.txt
removed same3.txt"
	capsa diff --quiet new.capsa old.capsa
	prints "moved same7.txt -> same1.txt
moved same8.txt -> same2.txt
added same3.txt"
}

@test "empty bodies do not tell where an article went" {
	mv new/empty.txt new/void.txt
	differ
	exits 1
	prints "removed empty.txt
added void.txt"
}

@test "paths are compared in the order of the index" {
	# As bytes, / comes behind - and before letters; in the index it comes first.
	mkdir new/a-b
	echo x >new/a-b/1.html
	echo y >new/a/0.html
	echo z >new/a.html
	differ
	exits 1
	prints "added a/0.html
added a-b/1.html
added a.html"
}

@test "archives that share nothing, and an empty one" {
	rm -r new
	mkdir new
	"$CAPSA" pack --unsigned -o new.capsa --quiet --allow-empty new
	capsa diff --quiet old.capsa new.capsa
	exits 1
	[ "${#lines[@]}" -eq 7 ]
	prints_line "removed empty.txt"
	capsa diff --quiet new.capsa old.capsa
	exits 1
	[ "$(grep -c '^added ' <<<"$output")" -eq 7 ]
}

@test "many articles" {
	mkdir old/many
	for i in $(seq 1000 2499); do echo "$i" >"old/many/$i.txt"; done
	rm -r new
	cp -r old new
	for i in $(seq 1000 7 2499); do rm "new/many/$i.txt"; done
	for i in $(seq 1001 7 2499); do mv "new/many/$i.txt" "new/many/x$i.txt"; done
	for i in $(seq 1002 7 2499); do echo changed >"new/many/$i.txt"; done
	pack old
	differ
	exits 1
	{
		for i in $(seq 1002 7 2499); do echo "changed many/$i.txt"; done
		for i in $(seq 1000 2499); do
			[ $(((i - 1000) % 7)) -ne 0 ] || echo "removed many/$i.txt"
			[ $(((i - 1000) % 7)) -ne 1 ] || echo "moved many/$i.txt -> many/x$i.txt"
		done
	} >expected
	diff expected - <<<"$output" || fail many
}

@test "paths are escaped" {
	# A path with U+202E, which a terminal must not see.
	mv new/z.html new/$'z\xe2\x80\xae.html'
	differ
	exits 1
	prints 'moved z.html -> z\u202e.html'
}

@test "a lost metadata line is reported, the rest is compared" {
	make_site
	"$CAPSA" pack --unsigned -o old.capsa --quiet --force --frame-size 4096 site
	echo more >>site/news/2024/05.html
	"$CAPSA" pack --unsigned -o new.capsa --quiet --force --frame-size 4096 site
	at=$(frame_of new.capsa 13)
	flip new.capsa $((at + 30))
	capsa verify --intact new.capsa
	prints_line "new.capsa: damaged: metadata frame (at $at)"
	capsa diff --quiet old.capsa new.capsa
	exits 3
	[ "$(grep -c '^capsa: new.capsa: news/2024/' <<<"$stderr")" -eq 12 ] || fail lines
}

@test "a damaged index ends it" {
	echo more >>new/a/2.html
	pack new
	at=$(archive=new.capsa; field tree | sed -n 's/^path keys 0 7 \([0-9]*\) .*/\1/p')
	flip new.capsa $((at + 20))
	capsa diff --quiet old.capsa new.capsa
	exits 3
	prints ""
	[[ "$stderr" = "capsa: new.capsa: "*" (at $at)" ]] || fail words
}

@test "what is no archive, is missing, is not trusted" {
	echo nonsense >x
	capsa diff --quiet old.capsa x
	exits 3
	says "capsa: x: not a capsa archive"
	capsa diff --quiet missing old.capsa
	exits 1
	says "capsa: cannot open missing: No such file or directory"
	capsa diff --quiet missing x
	exits 3
	make_key
	"$CAPSA" pack -k k.key -o new.capsa --quiet -C new .
	capsa diff -p k.pub old.capsa new.capsa
	exits 4
	says "capsa: old.capsa: not signed"
}

@test "a closed pipe is no error" {
	run --separate-stderr bash -c '"$0" diff --quiet old.capsa old.capsa | true; exit ${PIPESTATUS[0]}' "$CAPSA"
	exits 0
	rm new/*.html new/*/*.html
	pack new
	run --separate-stderr bash -c '"$0" diff --quiet old.capsa new.capsa | true; exit ${PIPESTATUS[0]}' "$CAPSA"
	exits 1
	says ""
}

@test "wrong usage" {
	capsa diff old.capsa
	exits 2
	says "capsa: diff wants two archives
capsa: try 'capsa diff --help'"
	capsa diff old.capsa old.capsa old.capsa
	exits 2
	capsa diff --frobnicate old.capsa old.capsa
	exits 2
}
