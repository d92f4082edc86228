# capsa get --proof: what proves an article to somebody without the archive.

setup() {
	load helpers
	common_setup
	mkdir -p site/2024
	for i in $(seq 400); do
		printf '# Article %d\n\nsome text %d' "$i" "$((i * i))" >site/2024/$i.md
	done
	printf '<title>The Great Flood</title><p>It rained.' >site/flood.html
	"$CAPSA" key new --no-password alice 2>/dev/null
	"$CAPSA" key new --no-password bob 2>/dev/null
	"$CAPSA" pack -k alice.key --frame-size 4K -o s.capsa --quiet -C site .
}

@test "the article and its metadata come out of the proof, without the archive" {
	capsa get -q -p alice.pub s.capsa flood.html --proof flood.proof
	exits 0
	prints "$(cat site/flood.html)"
	"$CAPSA" get -q --metadata s.capsa flood.html >line
	mv s.capsa away
	"$CAPSA" get -p alice.pub flood.proof flood.html | cmp - site/flood.html
	"$CAPSA" get -p alice.pub flood.proof 'the great flood' 2>/dev/null && fail "the title's page is in it"
	"$CAPSA" get -q -p alice.pub --metadata flood.proof flood.html | cmp - line
	capsa list flood.proof -p alice.pub
	exits 0
	prints flood.html
	capsa extract -q -p alice.pub flood.proof -C out
	exits 0
	cmp out/flood.html site/flood.html
	[ "$(find out -type f | wc -l)" -eq 1 ]
	capsa find -p alice.pub flood.proof 'great flood'
	exits 0
	prints $'flood.proof\t-\tflood.html\tThe Great Flood'
	capsa export -q -p alice.pub flood.proof -o flood.tar
	exits 0
	[ "$(tar -tf flood.tar)" = flood.html ]
	tar -xOf flood.tar flood.html | cmp - site/flood.html
}

@test "found by title or URL, it is found so in the proof, and by its path" {
	capsa get -q -p alice.pub s.capsa 'the great flood' --proof p
	exits 0
	"$CAPSA" get -q -p alice.pub p 'The Great Flood' | cmp - site/flood.html
	"$CAPSA" get -q -p alice.pub p flood.html | cmp - site/flood.html
}

@test "verify a proof" {
	"$CAPSA" get -q s.capsa flood.html 2024/7.md --proof p >/dev/null
	id=$("$CAPSA" key show alice.pub | head -c 16)
	capsa verify -p alice.pub p
	exits 0
	prints "p: proof of 2 of 401 articles good, signed by $id (trusted: alice)"
	capsa verify -p bob.pub p
	exits 4
	capsa verify --json -p alice.pub p
	exits 0
	[ "$(jq -c '[.result,.depth,.good,.not_read,.trusted]' <<<"$output")" = '["good","proof",2,399,true]' ]
}

@test "detached signatures go with it" {
	"$CAPSA" sign -q --detached -k bob.key s.capsa
	"$CAPSA" get -q s.capsa flood.html --proof p >/dev/null
	capsa verify -p bob.pub p
	exits 0
	capsa get -q -p bob.pub p flood.html
	exits 0
}

@test "a proof of a proof" {
	"$CAPSA" get -q s.capsa flood.html 2024/7.md --proof two >/dev/null
	capsa get -q two 2024/7.md --proof one
	exits 0
	capsa list -q one
	prints 2024/7.md
	[ "$(stat -c %s one)" -lt "$(stat -c %s two)" ] || [ "$(stat -c %s one)" -eq "$(($(stat -c %s two) - 8))" ]
}

@test "what a proof does not hold" {
	"$CAPSA" get -q s.capsa flood.html --proof p >/dev/null
	capsa get -q p 2024/399.md
	exits 1
	[[ $stderr == "capsa: p:"*"the proof does not hold this"* ]] || fail "no reason"
	capsa sign -k alice.key p
	exits 1
	says "capsa: p: is a proof; archives are signed"
	capsa salvage p -C saved
	exits 1
	says "capsa: p: is a proof, of which 'capsa get' gets the articles"
	[ ! -e saved ]
}

@test "no proof without articles, over files, or of what is damaged" {
	capsa get -q s.capsa nothing --proof p
	exits 1
	[ ! -e p ]
	echo precious >p
	capsa get -q s.capsa flood.html --proof p
	exits 1
	prints ""
	[ "$(cat p)" = precious ]
	capsa get -q s.capsa flood.html --proof s.capsa --force
	exits 1
	says "capsa: s.capsa is the archive itself"
	prints ""
	capsa get -q s.capsa flood.html --proof p --force
	exits 0
	"$CAPSA" verify -p alice.pub p
	printf '\377' | dd of=s.capsa bs=1 seek=900 conv=notrunc status=none
	capsa get -q s.capsa 2024/1.md --proof q
	exits 3
	[ ! -e q ]
}

@test "a proof that is cut off or changed" {
	"$CAPSA" get -q s.capsa flood.html --proof p >/dev/null
	size=$(stat -c %s p)
	for cut in 10 31 60 $((size / 2)) $((size - 1)); do
		head -c "$cut" p >cut.proof
		capsa verify -p alice.pub cut.proof
		exits 3
	done
	for at in 33 $((size / 3)) $((size - 200)); do
		cp p changed
		printf '\245' | dd of=changed bs=1 seek="$at" conv=notrunc status=none
		cmp -s p changed && continue
		capsa verify -p alice.pub changed
		exits 3
		capsa get -q -p alice.pub changed flood.html
		[ "$status" -ne 0 ] || prints "$(cat site/flood.html)"
	done
}
