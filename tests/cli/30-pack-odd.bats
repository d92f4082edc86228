# pack: what file systems and people do to it.

setup() {
	load helpers
	common_setup
	mkdir d
	echo one >d/1
	echo two >d/2
}

# What failed left nothing behind but this.
only_inputs() {
	only_files d "$@"
}

# Run as root would without the right to read everything.
unprivileged() {
	if [ "$(id -u)" = 0 ]; then
		setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -dac_override,-dac_read_search "$@"
	else
		"$@"
	fi
}

# 50 MB of text, which take one thread many seconds at level 22.
make_slow() {
	mkdir slow
	for i in 1 2 3 4 5 6; do
		seq "$i"000000 "$((i + 1))"100000 >slow/$i
	done
}

# Wait until process $1 sleeps, and goes on sleeping: it waits for somebody who reads its output.
wait_until_blocked() {
	local asleep=0 state
	for _ in $(seq 200); do
		read -r _ _ state _ <"/proc/$1/stat"
		[ "$state" = S ] && asleep=$((asleep + 1)) || asleep=0
		[ $asleep -lt 8 ] || return 0
		sleep 0.05
	done
	fail "process $1 does not wait"
}

@test "all that is no regular file is an error that names it" {
	mkfifo d/fifo
	ln -s 1 d/good
	ln -s nowhere d/dangling
	ln -s loop d/loop
	ln -s /etc/passwd d/outside
	mkdir d/dir
	ln -s dir d/to-dir
	ln -s fifo d/to-fifo
	ln -s ../../d/2 d/dir/inside
	capsa pack --unsigned -o a.capsa d
	exits 1
	says "capsa: d/dangling: is a symbolic link that cannot be followed: No such file or directory
capsa: d/fifo: is a FIFO, which cannot be packed
capsa: d/loop: is a symbolic link that cannot be followed: Too many levels of symbolic links
capsa: d/outside: is a symbolic link that leads out of the directory that is packed
capsa: d/to-dir: is a symbolic link to a directory, which cannot be packed
capsa: d/to-fifo: is a symbolic link to a FIFO, which cannot be packed"
	only_inputs
	capsa pack --unsigned -o a.capsa d/fifo
	exits 1
	says "capsa: d/fifo: is a FIFO, which cannot be packed"
	capsa pack --unsigned -o a.capsa /dev/null
	exits 1
	says "capsa: /dev/null: is a device, which cannot be packed"
	only_inputs

	capsa pack --unsigned --quiet -o a.capsa d --exclude dangling --exclude '*fifo' --exclude loop \
	    --exclude outside --exclude 'to-*'
	exits 0
	says ""
	capsa list --quiet a.capsa
	prints "1
2
dir/inside
good"
	[ "$("$CAPSA" get --quiet a.capsa good dir/inside)" = $'one\ntwo' ]
}

@test "a link into a directory with the same beginning leads outside" {
	mkdir d2
	echo secret >d2/secret
	ln -s ../d2/secret d/link
	capsa pack --unsigned -o a.capsa d
	exits 1
	says "capsa: d/link: is a symbolic link that leads out of the directory that is packed"
}

@test "an INPUT may be a symbolic link itself" {
	ln -s d current
	ln -s d/1 file
	capsa pack --unsigned --quiet -o a.capsa current file
	exits 0
	capsa list --quiet a.capsa
	prints "1
2
file"
}

@test "at most twenty complaints, then a count" {
	for i in $(seq 10 34); do mkfifo d/$i; done
	capsa pack --unsigned -o a.capsa d
	exits 1
	[ "$(grep -c 'is a FIFO' <<<"$stderr")" = 20 ]
	[ "$(tail -n 1 <<<"$stderr")" = "capsa: 5 more cannot be packed" ]
	only_inputs
}

@test "names that a path cannot be are mapped, and kept" {
	printf 1 >d/$'new\nline'
	printf 2 >d/$'escape\e[31m%'
	printf 3 >d/$'latin\xe9'
	mkdir d/$'dir\x01'
	printf 4 >d/$'dir\x01/100%'
	printf 5 >d/100%41
	capsa pack --unsigned --quiet -o a.capsa d
	exits 0
	capsa verify --deep --intact a.capsa
	exits 0
	capsa list --quiet a.capsa
	prints "1
100%41
2
dir%01/100%25
escape%1B[31m%25
latin%E9
new%0Aline"
	[ "$("$CAPSA" get --quiet a.capsa 'latin%E9')" = 3 ]
	capsa get --quiet --metadata a.capsa 'latin%E9' 'new%0Aline' 'dir%01/100%25' '100%41'
	exits 0
	[[ "${lines[0]}" == *'"extra":{"original_path_base64":"bGF0aW7p"}'* ]]
	[[ "${lines[1]}" == *'"extra":{"original_path":"new\u000aline"}'* ]]
	[[ "${lines[2]}" == *'"extra":{"original_path":"dir\u0001/100%"}'* ]]
	[[ "${lines[3]}" != *original* ]]
	capsa pack --unsigned --quiet -o b.capsa $'d/new\nline'
	exits 0
	capsa list --quiet b.capsa
	prints "d/new%0Aline"
}

@test "names that a path can be are kept" {
	local names name
	names=("quote'\"" 'back\slash' '-dash' ' space ' '*?[' $'\u202ebidi' '...' '~' '#' '$(id)' $'\u00e9' $'e\u0301'
	    "$(printf '%0255d' 0)" 'a:b' 'CON' 'x.')
	for name in "${names[@]}"; do
		printf '%s' "$name" >"d/$name"
	done
	capsa pack --unsigned --quiet -o a.capsa d
	exits 0
	capsa verify --deep --intact a.capsa
	exits 0
	for name in "${names[@]}"; do
		[ "$("$CAPSA" get --quiet a.capsa -- "$name")" = "$name" ]
	done
	mkdir out
	tar --zstd -xf a.capsa -C out
	diff -r d out/articles
}

# deep LEVELS: directories of 199 bytes each below d, then a file.
deep() {
	local name i
	name=$(printf '%0199d' 0)
	(
		cd d
		for ((i = 0; i < $1; i++)); do
			mkdir "$name"
			cd "$name"
		done
		echo deep >"$2"
	)
}

@test "paths that differ only in case or normalisation are a warning" {
	mkdir twins
	touch twins/Readme twins/README twins/$'caf\xc3\xa9' twins/$'cafe\xcc\x81' twins/other
	capsa pack --unsigned -o a.capsa twins
	exits 0
	[[ "$stderr" = *"capsa: warning: 2 paths differ from another only in case or normalisation, one is '"$(printf 'cafe\xcc\x81')"'; extract will rename them"* ]] || fail warning
	capsa extract -C out a.capsa
	exits 0
	[ "$(ls out | wc -l)" = 5 ] || fail files
	rm twins/README twins/caf*
	capsa pack --unsigned --force -o a.capsa twins
	exits 0
	[[ "$stderr" != *warning* ]] || fail silence
}

@test "paths of 4,000 bytes, and no longer" {
	deep 19 "$(printf '%0200d' 0)"
	capsa pack --unsigned --quiet -o a.capsa d
	exits 0
	capsa verify --deep --intact a.capsa
	exits 0
	(cd d && for _ in $(seq 19); do cd "$(printf '%0199d' 0)"; done && touch "$(printf '%0201d' 0)")
	capsa pack --unsigned -o b.capsa d
	exits 1
	[[ "$stderr" == *": the path has more than 4000 bytes" ]]
	[ ! -e b.capsa ]
}

@test "a tree of 1,200 directories, one in another" {
	(cd d && for _ in $(seq 1200); do mkdir x && cd x; done && echo deep >y)
	capsa pack --unsigned --quiet -o a.capsa d
	exits 0
	capsa verify --deep --intact a.capsa
	exits 0
}

@test "the same path twice, and a path below a file" {
	mkdir e d/sub
	echo other >e/1
	echo file >e/sub
	echo below >d/sub/x
	capsa pack --unsigned -o a.capsa d e
	exits 1
	says "capsa: 1: comes twice, from d and from e
capsa: sub: from e is a file, and a directory of sub/x from d"
	capsa pack --unsigned -o a.capsa d/1 ./d/1
	exits 1
	says "capsa: d/1: comes twice, from d/1 and from ./d/1"
	only_inputs e
	capsa pack --unsigned --quiet -o a.capsa d e --exclude 1 --exclude sub/x
	exits 0
}

@test "what cannot be read is named, all of it" {
	mkdir d/closed
	touch d/closed/x
	chmod 000 d/closed
	run --separate-stderr unprivileged "$CAPSA" pack --unsigned -o a.capsa d
	exits 1
	says "capsa: d/closed: cannot read the directory: Permission denied"
	only_inputs
	rm -rf d/closed
	chmod 000 d/1 d/2
	echo three >d/3
	run --separate-stderr unprivileged "$CAPSA" pack --unsigned -o a.capsa d
	exits 1
	says "capsa: d/1: cannot be read: Permission denied
capsa: d/2: cannot be read: Permission denied"
	only_inputs
	chmod 644 d/1 d/2
	chmod 555 .
	run --separate-stderr unprivileged "$CAPSA" pack --unsigned -o a.capsa d
	chmod 755 .
	exits 1
	[[ "$stderr" == *"cannot write a.capsa: "*"Permission denied" ]]
	capsa pack --unsigned -o a.capsa missing d
	exits 1
	says "capsa: missing: No such file or directory"
	capsa pack --unsigned -o a.capsa missing/x d
	exits 1
	only_inputs
}

@test "--keep-going leaves out what cannot be packed" {
	mkfifo d/fifo
	echo closed >d/closed
	chmod 000 d/closed
	mkdir d/sub e
	echo below >d/sub/x
	echo file >e/sub
	echo again >e/1
	echo side >e/side
	echo '{"title":1}' >e/side.capsa.json
	run --separate-stderr unprivileged "$CAPSA" pack --unsigned --keep-going --report report -o a.capsa missing d e
	exits 1
	[ "$(head -n 6 <<<"$stderr")" = "capsa: missing: No such file or directory
capsa: d/closed: cannot be read: Permission denied
capsa: d/fifo: is a FIFO, which cannot be packed
capsa: e/1: the path 1 has come before
capsa: e/side.capsa.json: metadata key 'title' is not a text
capsa: e/sub: the path sub is a directory of another, or below it" ]
	says_line "capsa: a.capsa: made without what cannot be packed (6)"
	[ "$(cat report)" = '{"input":"missing","cause":"No such file or directory"}
{"input":"d/closed","cause":"cannot be read: Permission denied"}
{"input":"d/fifo","cause":"is a FIFO, which cannot be packed"}
{"input":"e/1","cause":"the path 1 has come before"}
{"input":"e/side.capsa.json","cause":"metadata key '\''title'\'' is not a text"}
{"input":"e/sub","cause":"the path sub is a directory of another, or below it"}' ]
	capsa verify --deep --intact --quiet a.capsa
	exits 0
	capsa list --quiet a.capsa
	prints "1
2
sub/x"
	# A dictionary is made of the same articles, and names nothing twice.
	run --separate-stderr unprivileged "$CAPSA" pack --unsigned --keep-going --dictionary auto -o b.capsa d
	exits 1
	[ "$(grep -c FIFO <<<"$stderr")" = 1 ]
	# Without anything left out it is like any other.
	capsa pack --unsigned --keep-going --report report -o c.capsa d/1
	exits 0
	[ ! -s report ]
	# With nothing left there is no archive.
	capsa pack --unsigned --keep-going -o e.capsa missing
	exits 1
	[ ! -e e.capsa ]
}

@test "--report without --keep-going, and in the directory that is packed" {
	mkfifo d/fifo
	capsa pack --unsigned --report d/report -o a.capsa d
	exits 1
	[ "$(cat d/report)" = '{"input":"d/fifo","cause":"is a FIFO, which cannot be packed"}' ]
	rm d/fifo
	capsa pack --unsigned --report d/report -o a.capsa d
	exits 0
	capsa list --quiet a.capsa
	prints "1
2"
	capsa pack --unsigned --report missing/report -o b.capsa d
	exits 1
	says "capsa: cannot write missing/report: No such file or directory"
	for i in $(seq 10 34); do mkfifo d/$i; done
	capsa pack --unsigned --report report -o b.capsa d
	exits 1
	[ "$(wc -l <report)" = 25 ]
}

@test "--keep-going: bodies that cannot be read to their end" {
	for i in $(seq 200); do noise $i; done >d/0
	head -c 20000000 /dev/zero >d/large
	capsa pack --unsigned --quiet --keep-going -o a.capsa d
	exits 0
	capsa verify --deep --intact --quiet a.capsa
	exits 0
	"$CAPSA" get --quiet a.capsa large -o - | cmp - d/large
	"$CAPSA" get --quiet a.capsa 0 | cmp - d/0
	# The kernel refuses to read what it lists here.
	capsa pack --unsigned --keep-going -o b.capsa d/1 /proc/self/mem
	exits 1
	says_line "capsa: /proc/self/mem: cannot be read: Input/output error"
	capsa list --quiet b.capsa
	prints d/1
}

@test "a file that says it is empty, and is not" {
	capsa pack --unsigned -o a.capsa /proc/self/status
	exits 1
	says "capsa: /proc/self/status: holds bytes, though its size is said to be 0"
	only_inputs
}

# Begin to pack d into a pipe that nobody reads, up to where that holds it up: behind the files 0 and 1, before those
# that begin with z.
begin_blocked() {
	awk 'BEGIN {
		srand(5)
		for (i = 100; i < 400; i++) {
			for (j = 0; j < 900; j++)
				printf "%05d", rand() * 100000 >("d/" i)
			close("d/" i)
		}
	}'
	mkfifo pipe
	"$CAPSA" pack --unsigned --frame-size 4K --threads 1 -o - d >pipe 2>err &
	pid=$!
	# bats has descriptor 3 for itself.
	exec 9<pipe
	wait_until_blocked $pid
}

# Read the pipe, and judge how it ended.
end_blocked() {
	cat <&9 >out
	exec 9<&-
	status=0
	wait $pid || status=$?
	output="" stderr=$(cat err)
}

@test "a file that vanishes" {
	touch d/zz1 d/zz2
	begin_blocked
	rm d/zz1 d/zz2
	end_blocked
	exits 1
	says "capsa: d/zz1: cannot be read: No such file or directory
capsa: d/zz2: cannot be read: No such file or directory"
}

@test "a file that becomes something else" {
	touch d/zz1 d/zz2
	begin_blocked
	rm d/zz1 d/zz2
	mkfifo d/zz1
	ln -s 1 d/zz2
	end_blocked
	exits 1
	says "capsa: d/zz1: is a FIFO, which cannot be packed
capsa: d/zz2: cannot be read: Too many levels of symbolic links"
}

@test "a file that changes while it is read" {
	for i in $(seq 200); do noise $i; done >d/0
	begin_blocked
	echo more >>d/0
	end_blocked
	exits 1
	says "capsa: d/0: changed while it was read"
}

@test "a file that becomes shorter while it is read" {
	for i in $(seq 800); do noise $i; done >d/0
	begin_blocked
	: >d/0
	end_blocked
	exits 1
	says "capsa: d/0: changed while it was read"
}

@test "a file that appears in time is packed" {
	mkdir d/z
	begin_blocked
	echo new >d/z/z
	end_blocked
	exits 0
	mv out a.capsa
	capsa verify --deep --intact a.capsa
	exits 0
	[ "$("$CAPSA" get --quiet a.capsa z/z)" = new ]
}

@test "a reader that goes away" {
	begin_blocked
	exec 9<&-
	status=0
	wait $pid || status=$?
	output="" stderr=$(cat err)
	exits 1
	[[ "$stderr" == *"Broken pipe"* ]]
}

@test "Ctrl-C leaves nothing behind" {
	make_slow
	for signal in INT TERM HUP; do
		interrupt $signal pack --unsigned --level 22 --threads 1 -o a.capsa slow
		exits $((128 + $(kill -l $signal)))
		says "capsa: interrupted"
		only_inputs slow
	done
}

@test "Ctrl-C in the middle of a large file" {
	mkdir slow
	seq 1000000 8000000 >slow/1
	interrupt INT pack --unsigned --level 22 --threads 1 -o a.capsa slow
	exits 130
	says "capsa: interrupted"
	only_inputs slow
}

@test "killed, it leaves nothing under the name, and the next run nothing at all" {
	make_slow
	run --separate-stderr timeout -s KILL 1 "$CAPSA" pack --unsigned --level 22 --threads 1 -o a.capsa slow
	exits 137
	[ ! -e a.capsa ]
	capsa pack --unsigned --quiet -o a.capsa d
	exits 0
	only_inputs a.capsa slow
}

@test "a full disk, or a limit on files" {
	for i in 1 2 3 4 5 6 7 8 9; do noise $i >d/n$i; done
	run --separate-stderr bash -c 'ulimit -f 8; exec "$0" pack --unsigned -o a.capsa d' "$CAPSA"
	exits 1
	says "capsa: cannot write a.capsa: File too large"
	only_inputs
	run --separate-stderr bash -c '"$0" pack --unsigned -o - d >/dev/full' "$CAPSA"
	exits 1
	says "capsa: cannot write standard output: No space left on device"
}

@test "a directory to write to that is none" {
	capsa pack --unsigned -o missing/a.capsa d
	exits 1
	capsa pack --unsigned -o d/1/a.capsa d
	exits 1
	capsa pack --unsigned -o d d
	exits 1
	capsa pack --unsigned --force -o d d
	exits 1
	only_inputs
	[ "$(cat d/1)" = one ]
}

@test "a file whose name promises more than its content has" {
	echo 'Not found' >crawl.warc.gz
	: >site.ZIP
	printf '{"path":"a","text":"x"}\n' | gzip >a.jsonl.gz
	printf 'Name,Inhalt\nx,hello\n' >words.csv
	cp crawl.warc.gz page
	"$CAPSA" pack --unsigned --allow-empty -q -o empty.capsa --from jsonl site.ZIP
	capsa pack --unsigned -o o.capsa crawl.warc.gz site.ZIP a.jsonl.gz words.csv page empty.capsa
	exits 0
	says_line 'capsa: warning: crawl.warc.gz: packed as it is, as one article; --from warc opens it, or says why not'
	says_line 'capsa: warning: site.ZIP: packed as it is, as one article; --from zip opens it, or says why not'
	says_line 'capsa: warning: a.jsonl.gz: packed as it is, as one article; decompress it to pack what is in it'
	says_line 'capsa: warning: words.csv: packed as it is, as one article; --from csv opens it, or says why not'
	[ "$(grep -c "packed as it is" <<<"$stderr")" = 4 ]
	capsa pack --unsigned -o f.capsa --from file crawl.warc.gz site.ZIP
	exits 0
	[[ $stderr != *"packed as it is"* ]]
	capsa pack --unsigned -o n.capsa nothing.zip
	exits 1
	says 'capsa: nothing.zip: No such file or directory'
}

@test "a report that cannot be written" {
	capsa pack --unsigned --report /dev/full -o o.capsa nothing
	exits 1
	says 'capsa: nothing: No such file or directory
capsa: cannot write /dev/full: No space left on device'
}
