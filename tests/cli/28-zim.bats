# pack: articles from ZIM files.  The oracles are zimwriterfs and zimdump of zim-tools; odd files are
# written by tests/zim_writer.py.

setup() {
	load helpers
	common_setup
	TESTS="$BATS_TEST_DIRNAME/.."
}

# The file of a case of zim_writer.py, packed into a.capsa with the options.
pack_case() {
	local name=$1
	shift
	python3 "$TESTS/zim_writer.py" "$name" in.zim
	capsa pack --unsigned --force -o a.capsa "$@" in.zim
}

paths() {
	"$CAPSA" list --quiet a.capsa
}

line() {
	"$CAPSA" get --metadata --quiet a.capsa --by path "$1"
}

body() {
	"$CAPSA" get --quiet a.capsa --by path "$1"
}

# about JQ: of capsa/archive.json.
about() {
	zstd -dcq a.capsa 2>/dev/null | tar -xO capsa/archive.json 2>/dev/null | jq -c "$1"
}

# A picture of 48 by 48, as zimwriterfs wants one.
illustration() {
	base64 -d >"$1" <<-'END'
		iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAAAAAByaaZbAAAAGElEQVR42u3BAQ0AAADCoPdPbQ8HFAAA8GYJMAABV0lMhAAA
		AABJRU5ErkJggg==
	END
}

# write_zim DIRECTORY WELCOME: in.zim
write_zim() {
	illustration "$1/illustration.png"
	zimwriterfs -w "$2" -I illustration.png -l eng -n name -t "The title" -d "A description" -c Ann \
	    -p Publisher -e https://example.org/ --tags='a;b' -j -J 2 "$1" in.zim >writer.log 2>&1 ||
	    fail "$(cat writer.log)"
}

# in.zim, packed, is what zimdump shows.
is_what_zimdump_shows() {
	capsa pack --unsigned --quiet --force -o a.capsa in.zim
	exits 0
	says ""
	zimdump list --details in.zim >list
	rm -rf dump
	zimdump dump --dir=dump in.zim >/dev/null
	"$CAPSA" list --quiet --json a.capsa >articles
	run python3 "$TESTS/zim_compare.py" list dump articles
	exits 0
	prints "$1"
	capsa verify --quiet --deep --intact a.capsa
	exits 0
}

@test "what zimwriterfs made of the corpus is what zimdump shows" {
	cp -r "$TESTS/../corpus" site
	mkdir site/old
	echo '<html><head><title>Old</title><meta http-equiv="refresh" content="0;url=../news/2024/05/03/flood.html"></head></html>' \
	    >site/old/flood.html
	write_zim site news/2024/05/03/flood.html
	is_what_zimdump_shows "$(find site -type f | wc -l)"
	[ "$(body old/flood.html)" = "$(body news/2024/05/03/flood.html)" ]
	[ "$(line M/Illustration_48x48@1 | jq -r .format)" = image/png ]
	[ "$(about '[.title,.description,.creator,.publisher,.language,.source,.subject,.extra.main_page]')" = \
	    '["The title","A description",["Ann"],"Publisher","eng","https://example.org/",["a","b","_ftindex:no"],"news/2024/05/03/flood.html"]' ]
	capsa info --statement --quiet a.capsa
	prints_line "title: The title"
	prints_line "description: A description"
}

@test "so is a Debian documentation package" {
	local docs=/usr/share/doc/valgrind/html
	[ -f $docs/index.html ] || skip "there is no $docs"
	cp -rL $docs site
	write_zim site index.html
	is_what_zimdump_shows "$(find site -type f | wc -l)"
}

@test "clusters: stored, xz and zstd, with small and large offsets" {
	pack_case methods
	exits 0
	is_what_zimdump_shows 27
	[ "$(body 5/1.html)" = "<p>Body 1 of cluster 5" ]
	[ "$(body 7/1.html)" = "$(body 'other name')" ]
	[ "$(line empty | jq .size)" = 0 ]
}

@test "clusters need not be in order, and their order is that of the articles" {
	pack_case unsorted
	exits 0
	is_what_zimdump_shows 6
	[ "$(paths | tr '\n' ' ')" = "c0/0.txt c0/1.txt c1/0.txt c1/1.txt c2/0.txt c2/1.txt " ]
	[ "$(body c2/1.txt)" = "file order 0, blob 1" ]
}

@test "older files: namespaces are directories" {
	local version
	for version in old old6; do
		pack_case $version --title Mine
		exits 0
		says_line "capsa: in.zim: entries that become no articles: 1 of indexes (X), 2 deleted"
		[ "$(paths | tr '\n' ' ')" = "A/Paris I/map.png -/style.css A/Lutetia " ]
		[ "$(body A/Lutetia)" = "$(zimdump show --ns=A --url=Paris in.zim)" ]
		[ "$(line A/Paris | jq -r .title)" = "Paris, the town" ]
		[ "$(line A/Lutetia | jq -r .location)" = A/Paris ]
		[ "$(about .title)" = '"Mine"' ]
	done
	# The oldest have neither an MD5 nor a place for it.
	pack_case ancient
	exits 0
	[ "$(paths | tr '\n' ' ')" = "C/0/0.html C/0/1.html C/0/2.html " ]
}

@test "split files are read as one" {
	python3 "$TESTS/zim_writer.py" methods in.zim
	"$CAPSA" pack --unsigned --quiet --created 0 -o whole.capsa in.zim
	split -b 700 in.zim parts.zim
	[ -f parts.zimac ]
	"$CAPSA" pack --unsigned --quiet --created 0 -o split.capsa parts.zimaa
	cmp whole.capsa split.capsa
	capsa pack --unsigned -o a.capsa parts.zimab
	exits 1
	says "capsa: parts.zimab: is read as a part of parts.zimaa, which is the INPUT to name"
	rm parts.zimab
	capsa pack --unsigned -o a.capsa parts.zimaa
	exits 1
	[[ "$stderr" == "capsa: parts.zimaa: is cut off or lacks parts: its MD5 should be at "* ]]
	only_files in.zim parts.zima? whole.capsa split.capsa
}

@test "redirects: followed, or said to lead nowhere" {
	pack_case redirects
	exits 0
	says_line "capsa: in.zim: entries that become no articles: 1 well-known (W)"
	[ "$(body a)" = "the end" ]
	[ "$(line self | jq -r .location)" = self ]
	for name in self ping; do
		capsa get --quiet a.capsa $name
		exits 1
		says "capsa: a.capsa: '$name' leads from one redirect to the next, more than 10 times"
	done
	[ "$(about .extra.main_page)" = '"end"' ]
}

@test "an entry that is a directory of others gets another path" {
	pack_case directories
	exits 0
	is_what_zimdump_shows 4
	[ "$(body AC%-)" = current ]
	[ "$(body AC/DC)" = band ]
	[ "$(body ac)" = current ]
	[ "$(line AC%- | jq -r .extra.original_path)" = AC ]
	[ "$(body M/Illustration)" = content ]
	[ "$(body M/Illustration%-)" = metadata ]
}

@test "names and titles that are none are mapped, and kept" {
	pack_case names
	exits 0
	[ "$(paths | head -n 8)" = $'%2E%2E/%2E%2E/up\n%/abs\na/%/b\nlatin%E9\nline%0Afeed\nbidi\u202ename\n%2E\n%%-' ]
	[ "$(line '%2E%2E/%2E%2E/up' | jq -r .extra.original_path)" = ../../up ]
	[ "$(line latin%E9 | jq -r .extra.original_path_base64)" = bGF0aW7p ]
	[ "$(line title | jq .title)" = '"\u001b[31mred‮"' ]
	[ "$(line 'bad title' | jq -r .extra.title_base64)" = Y2Fm6Q== ]
	[ "$(line parameter | jq -r .extra.zim_parameter_base64)" = AAE= ]
}

@test "metadata describe the archive, and what cannot is an article" {
	pack_case about --publisher "Somebody else"
	exits 0
	says_line "capsa: in.zim: entries that become no articles: 1 of indexes (X)"
	[ "$(paths | tr '\n' ' ')" = "page M/LongDescription M/Binary M/Illustration_48x48@1 " ]
	[ "$(about 'del(.capsa,.created,.zstd,.level,.frame_size)')" = \
	    '{"creator":["Ann"],"date":"2024-05-03","description":"Two\nlines","extra":{"Flavour":"maxi","zim_uuid":"000102030405060708090a0b0c0d0e0f"},"identifier":["wiki_x"],"language":"eng,fra","publisher":"Somebody else","rights":"CC0","source":"https://example.org/","subject":["a","b"],"title":"The title"}' ]
	# A description of two lines cannot stand in the statement.
	capsa info --statement --quiet a.capsa
	prints_line "title: The title"
	[[ "$output" != *$'\ndescription: '* ]] || fail "a description"
	echo x >file
	capsa pack --unsigned -o c.capsa in.zim file
	exits 0
	says_line "capsa: with several inputs the archive is not described by what one says of itself"
	capsa info --statement --quiet c.capsa
	[[ "$output" != *$'\ntitle: '* ]] || fail "a title"
}

# is_refused CASE CAUSE: the whole file cannot be read.
is_refused() {
	rm -f a.capsa
	pack_case "$1"
	exits 1
	says "capsa: in.zim: $2"
	only_files in.zim
}

@test "what is wrong with a whole file is said" {
	is_refused magic "is cut off in its header"
	is_refused header "is cut off in its header"
	is_refused version "is of version 7.1; ZIM 5 and 6 can be read"
	is_refused trailing "its header says another size than the file has"
	is_refused entries "its header counts more entries than the file has room for"
	is_refused paths "its header counts more entries than the file has room for"
	is_refused clusters "its header counts more clusters than the file has room for"
	is_refused types "its list of media types has no end"
	is_refused overlap "its entries overlap one another"
	is_refused md5 "is damaged: its MD5 is another than it says"
	rm in.zim
	pack_case truncated
	exits 1
	[[ "$stderr" == "capsa: in.zim: is cut off or lacks parts: its MD5 should be at "* ]]
}

# leaves CASE PATHS CAUSE...: what cannot be read is said, and the rest packed.
leaves() {
	local name=$1 left=$2 cause
	shift 2
	pack_case "$name"
	exits 1
	[ ! -e a.capsa ] || fail "there is an archive"
	pack_case "$name" --keep-going
	exits 1
	for cause in "$@"; do
		says_line "capsa: in.zim: $cause"
	done
	says_line "capsa: a.capsa: made without what cannot be packed ($#)"
	[ "$(paths | tr '\n' ' ')" = "$left" ] || fail "paths: $(paths)"
	capsa verify --quiet --deep --intact a.capsa
	exits 0
	rm a.capsa
}

@test "what is wrong with an entry is said, and costs no other" {
	local all="0/0.html 0/1.html 0/2.html "
	leaves pointer "0/0.html 0/2.html " "entry 1 lies outside of the file"
	leaves endless "$all" "entry 3 has no end, or over 64 KiB"
	leaves long "$all" "entry 3 has no end, or over 64 KiB"
	leaves type "$all" "entry 3 has media type 9 of 3"
	leaves target "$all" "entry 3 leads to entry 77 of 4"
	leaves number "$all" "bad: is in cluster 5 of 1"
	leaves blob "$all" "bad: is number 3 of 3 in its cluster 0"
	leaves backward "0/0.html " "0/1.html: its cluster 0 has offsets that cannot be" \
	    "0/2.html: its cluster 0 has offsets that cannot be"
	leaves beyond "0/0.html 0/1.html " "0/2.html: its cluster 0 has offsets that cannot be"
	leaves early "0/2.html " "0/0.html: its cluster 0 has offsets that cannot be" \
	    "0/1.html: its cluster 0 has offsets that cannot be"
	leaves md5 "$all" "is damaged: its MD5 is another than it says"
	pack_case twice --keep-going
	exits 1
	says_line "capsa: in.zim: 0/0.html: the path 0/0.html has come before"
}

@test "what is wrong with a cluster is said, and costs no other" {
	local cause all="0/0.html 0/1.html 0/2.html 2/0.html 2/1.html 2/2.html "
	for cause in "xz:is damaged" "zstd:is damaged"; do
		leaves "${cause%%:*}" "$all" "1/0.html: its cluster 1 ${cause#*:}" \
		    "1/1.html: its cluster 1 ${cause#*:}" "1/2.html: its cluster 1 ${cause#*:}"
	done
	leaves cut "0/0.html 0/1.html 0/2.html " \
	    "1/0.html: its cluster 1 is cut off" "1/1.html: its cluster 1 is cut off" \
	    "1/2.html: its cluster 1 is cut off" "2/0.html: its cluster 2 is damaged" \
	    "2/1.html: its cluster 2 is damaged" "2/2.html: its cluster 2 is damaged"
	for cause in "cluster:lies outside of the file" "zero:has offsets that cannot be" \
	    "uneven:has offsets that cannot be" "huge:has offsets that cannot be" \
	    "zlib:is compressed with zlib or bzip2, as none has been since 2011" \
	    "method:is compressed in an unknown way"; do
		pack_case "${cause%%:*}"
		exits 1
		says_line "capsa: in.zim: 0/1.html: its cluster 0 ${cause#*:}"
		[ ! -e a.capsa ]
	done
}

@test "bombs are refused" {
	leaves bomb "good " "bomb: its cluster 0 grows to more than 1,000 times its stored size"
	# One cluster that is not too large, as hundreds of entries.
	pack_case many
	exits 1
	[[ "$stderr" == "capsa: in.zim: alias"*": all contents up to here are more than 1,000 times the size of the file" ]]
}

@test "--from, --include and another name; ZIM files below a directory are files" {
	python3 "$TESTS/zim_writer.py" whole in.bin
	capsa pack --unsigned --quiet -o a.capsa --from zim --include '0/[01]*' in.bin
	exits 0
	[ "$(paths | tr '\n' ' ')" = "0/0.html 0/1.html " ]
	mkdir d
	mv in.bin d/in.zim
	capsa pack --unsigned --quiet --force -o a.capsa d
	exits 0
	[ "$(paths)" = in.zim ]
	echo "no ZIM" >file
	capsa pack --unsigned -o b.capsa --from zim file
	exits 1
	says "capsa: file: is no ZIM file"
}
