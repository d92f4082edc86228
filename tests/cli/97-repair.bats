# capsa repair: copies that are damaged in different places give the archive back.

setup() {
	load helpers
	common_setup
	mkdir -p site
	for i in $(seq 600); do
		{ printf '# Article %d\n\n' "$i"; seq "$i" $((i * 7 + 400)); } >site/$i.md
	done
	head -c 60000 /dev/urandom >site/large.bin
	"$CAPSA" key new --no-password alice 2>/dev/null
	"$CAPSA" key new --no-password bob 2>/dev/null
	"$CAPSA" pack -q -k alice.key --frame-size 16K -o s.capsa -C site .
	"$CAPSA" sign -q -k bob.key s.capsa
	SIZE=$(stat -c %s s.capsa)
	ID=$("$CAPSA" key show alice.pub | head -c 16)
}

# overwrite FILE OFFSET SIZE: as a bad sector does.
overwrite() {
	head -c "$3" /dev/zero | tr '\0' '\252' | dd of="$1" bs=64k iflag=fullblock oflag=seek_bytes seek="$2" conv=notrunc status=none
}

# repaired ARGUMENT...: the repair gives s.capsa.
repaired() {
	rm -f out.capsa
	capsa repair "$@" -p alice.pub -o out.capsa
	exits 0
	cmp out.capsa s.capsa
}

@test "three copies with other bad sectors" {
	for copy in 1 2 3; do
		cp s.capsa c$copy.capsa
		for k in $(seq 0 7); do
			overwrite c$copy.capsa $(((3 * k + copy - 1) * (SIZE / 24) / 512 * 512)) 512
		done
	done
	overwrite c1.capsa $((SIZE - 300)) 300
	repaired c1.capsa --from c2.capsa --from c3.capsa
	[[ $output == *"c1.capsa: articles frame (at "*" bytes) from c2.capsa"* ]] || fail "it does not say from where"
	[[ $output == *"c1.capsa: statement, attestations and trailer (at "*" bytes) from c2.capsa"* ]] || fail "nor of the end"
	[[ $stderr == "capsa: out.capsa: intact; "*" parts of c1.capsa, "*" bytes, came from copies" ]] || fail "no summary"
	repaired c2.capsa --from c1.capsa c3.capsa
	repaired c3.capsa --from c1.capsa c2.capsa
	capsa verify -p alice.pub out.capsa
	exits 0
}

@test "the same frame is bad in all copies, in other blocks" {
	at=$((SIZE / 3 / 4096 * 4096))
	for copy in 1 2 3; do
		cp s.capsa c$copy.capsa
		overwrite c$copy.capsa $((at + 4096 * copy)) 512
	done
	repaired c1.capsa --from c2.capsa c3.capsa
	repaired c1.capsa --from c2.capsa
	# Scattered bits in all blocks of all three: most copies are right about each.
	for copy in 1 2 3; do
		cp s.capsa c$copy.capsa
		for k in $(seq 0 40); do
			overwrite c$copy.capsa $((at + 1000 * k + 300 * copy)) 1
		done
	done
	repaired c1.capsa --from c2.capsa c3.capsa
	[[ $output == *" from no single copy"* ]] || fail "it is put together"
}

@test "a copy that was cut off, and one that lost its end" {
	head -c $((SIZE / 2)) s.capsa >half.capsa
	cp s.capsa bad.capsa
	overwrite bad.capsa $((SIZE / 4)) 100
	repaired half.capsa --from bad.capsa
	repaired bad.capsa --from half.capsa
	cp s.capsa noend.capsa
	overwrite noend.capsa $((SIZE - 96)) 96
	repaired noend.capsa --from half.capsa
	repaired half.capsa --from noend.capsa
	{ cat s.capsa; echo behind; } >longer.capsa
	repaired longer.capsa --from bad.capsa
	overwrite bad.capsa 3 15
	repaired bad.capsa --from half.capsa
}

@test "the index" {
	cp s.capsa c1.capsa
	overwrite c1.capsa $((SIZE - 9000)) 6000
	repaired c1.capsa --from s.capsa
	[[ $output == *"c1.capsa: index page (at "* ]] || fail "no index page"
}

@test "nothing is damaged" {
	cp s.capsa c1.capsa
	repaired s.capsa --from c1.capsa
	prints ""
	says "capsa: out.capsa: intact; nothing was damaged in s.capsa"
}

@test "what all copies have lost is named, and nothing is written" {
	cp s.capsa c1.capsa
	overwrite c1.capsa 5000 10
	cp c1.capsa c2.capsa
	capsa repair c1.capsa --from c2.capsa -p alice.pub -o out.capsa
	exits 3
	[[ $output == "c1.capsa: damaged in all copies: articles frame (at "*" bytes)" ]] || fail "not named"
	[[ $stderr == *"c1.capsa: 1 part is damaged in all copies"* ]] || fail "not counted"
	[ ! -e out.capsa ]
	for copy in c1 c2; do
		overwrite $copy.capsa $((SIZE - 3000)) 3000
	done
	capsa repair c1.capsa --from c2.capsa -o out.capsa
	exits 3
	says "capsa: c1.capsa: no copy has its end, from which all is known"
}

@test "what is withheld stays so" {
	"$CAPSA" withhold -q s.capsa 7.md --others --reason order -o w.capsa
	cp w.capsa bad.capsa
	overwrite bad.capsa $((SIZE - 50)) 10
	capsa repair bad.capsa --from s.capsa -p alice.pub -o out.capsa
	exits 0
	cmp out.capsa w.capsa
	[[ $stderr == *"capsa: out.capsa: intact but for what is withheld; 1 part of bad.capsa, "* ]] || fail "intact"
}

@test "a copy of another archive does not take its place" {
	mkdir other
	for i in $(seq 30); do
		seq "$i" $((i * 9 + 400)) >other/$i.md
	done
	"$CAPSA" pack -q -k bob.key --frame-size 16K -o o.capsa -C other .
	# The trailer is lost, but the statement is there and proven.
	cp s.capsa noend.capsa
	overwrite noend.capsa $((SIZE - 96)) 96
	repaired noend.capsa --from o.capsa
	# With the statement lost nothing tells that they are not the same, but the frames.
	head -c $((SIZE / 2)) s.capsa >half.capsa
	rm -f out.capsa
	capsa repair half.capsa --from o.capsa -o out.capsa
	exits 3
	[[ $stderr == *"capsa: half.capsa: its end is lost, and nothing else of it is of the archive that the copies are of"* ]] || fail "not said"
	[ ! -e out.capsa ]
}

@test "in place, and not over others" {
	cp s.capsa c1.capsa
	overwrite c1.capsa 5000 10
	capsa repair c1.capsa --from s.capsa -p alice.pub -o c1.capsa
	exits 1
	capsa repair c1.capsa --from s.capsa -p alice.pub -o c1.capsa --force
	exits 0
	cmp c1.capsa s.capsa
}

@test "trust, and wrong usage" {
	cp s.capsa c1.capsa
	overwrite c1.capsa 5000 10
	"$CAPSA" key new --no-password carol 2>/dev/null
	capsa repair -q c1.capsa --from s.capsa -p carol.pub -o out.capsa
	exits 4
	[ ! -e out.capsa ]
	for arguments in 'c1.capsa -o out.capsa' 'c1.capsa --from s.capsa' '--from s.capsa -o out.capsa' \
	    'c1.capsa --from s.capsa -o -'; do
		capsa repair $arguments
		exits 2
	done
	capsa repair -q c1.capsa --from nowhere.capsa -o out.capsa
	exits 1
	echo text >text
	capsa repair -q text --from site/1.md -o out.capsa
	exits 3
}
