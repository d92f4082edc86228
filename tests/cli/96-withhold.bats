# capsa withhold: a copy without some articles, whose signatures still hold.

setup() {
	load helpers
	common_setup
	mkdir -p site/court site/news
	printf 'The accused, John Doe, of 1 Mill Lane.\n' >site/court/doe.txt
	for i in $(seq 30); do
		printf 'news %d of the day\n' "$i" >site/news/$i.txt
	done
	head -c 3000 /dev/zero | tr '\0' 'x' >site/same-1.txt
	cp site/same-1.txt site/same-2.txt
	head -c 1500000 /dev/urandom | base64 >site/large.txt
	"$CAPSA" key new --no-password alice 2>/dev/null
	"$CAPSA" pack -q -k alice.key --isolate 'court/**' --isolate 'same*' -o s.capsa -C site .
	ID=$("$CAPSA" key show alice.pub | head -c 16)
}

@test "the article is gone, signatures and all others hold" {
	capsa withhold -p alice.pub s.capsa court/doe.txt --metadata --reason 'order 12/2026' -o w.capsa
	exits 0
	says "capsa: w.capsa: 1 of 34 articles withheld; the signatures are those of s.capsa"
	[ "$(stat -c %s w.capsa)" -eq "$(stat -c %s s.capsa)" ]
	run ! grep -qa 'Mill Lane' <(zstd -dcq w.capsa)
	capsa verify -p alice.pub w.capsa
	exits 0
	prints "w.capsa: intact but for what is withheld, signed by $ID (trusted: alice), 33 of 34 articles good, 1 withheld, metadata of 1 lost, $(stat -c %s s.capsa) bytes"
	capsa get -q w.capsa court/doe.txt
	[ "$status" -ne 0 ]
	prints ""
	[[ $stderr == *"withheld: order 12/2026"* ]] || fail "no reason"
	capsa extract -q w.capsa news -C out
	exits 0
	diff -r out/news site/news
	# The archive is as it was.
	capsa verify -p alice.pub s.capsa
	exits 0
}

@test "metadata stay unless --metadata is said" {
	"$CAPSA" withhold -q s.capsa court/doe.txt --reason x -o w.capsa
	capsa get -q --metadata w.capsa court/doe.txt
	exits 0
	[ "$(jq -r .title <<<"$output")" = 'The accused, John Doe, of 1 Mill Lane.' ]
	capsa withhold -q s.capsa large.txt --metadata --reason x -o v.capsa
	exits 1
	[[ $stderr == *" metadata of "*" articles that were not asked for would be withheld too; --others withholds them" ]] ||
	    fail "others have lines there"
}

@test "stock tar reads the rest" {
	"$CAPSA" withhold -q s.capsa court/doe.txt --reason '' -o w.capsa
	mkdir out
	tar --zstd -xf w.capsa -C out
	[ ! -e out/articles/court/doe.txt ]
	rm -r site/court
	diff -r out/articles site
}

@test "what would go too is named, and goes only when asked for" {
	capsa withhold -q s.capsa news/7.txt --reason x -o w.capsa
	exits 1
	[[ $stderr == *"capsa: s.capsa: the article would be withheld too: news/1.txt"* ]] || fail "not named"
	[[ $stderr == *"capsa: s.capsa: bodies of "*" articles that were not asked for would be withheld too; --others withholds them" ]] ||
	    fail "not counted"
	[ ! -e w.capsa ]
	capsa withhold -q s.capsa same-2.txt --reason x -o w.capsa
	exits 1
	says "capsa: s.capsa: the article would be withheld too: same-1.txt
capsa: s.capsa: bodies of 1 article that was not asked for would be withheld too; --others withholds them"
	capsa withhold s.capsa same-2.txt -p alice.pub --reason x --others -o w.capsa
	exits 0
	says "capsa: w.capsa: 2 of 34 articles withheld; the signatures are those of s.capsa"
	capsa withhold s.capsa same-2.txt same-1.txt -p alice.pub --reason x --force -o w.capsa
	exits 0
	capsa verify -p alice.pub w.capsa
	exits 0
	ln w.capsa same.capsa
	capsa withhold w.capsa same-2.txt -p alice.pub --reason x --others --force -o same.capsa
	exits 1
	says "capsa: same.capsa is the archive itself"
}

@test "an article of several frames goes whole" {
	capsa withhold -q s.capsa large.txt --others --reason 'a reason' -o w.capsa
	exits 0
	capsa verify -p alice.pub w.capsa
	exits 0
	run ! "$CAPSA" get -q w.capsa large.txt
	[ "$("$CAPSA" get -q w.capsa large.txt 2>/dev/null | wc -c)" -eq 0 ]
	"$CAPSA" get -q w.capsa court/doe.txt | cmp - site/court/doe.txt
}

@test "twice, one after the other" {
	"$CAPSA" withhold -q s.capsa court/doe.txt --reason one -o w.capsa
	capsa withhold -q w.capsa same-1.txt same-2.txt --reason two -o v.capsa
	exits 0
	capsa verify -p alice.pub v.capsa
	exits 0
	[[ $output == *"31 of 34 articles good, 3 withheld"* ]] || fail "not counted"
}

@test "a reason is plain text, and cut where the frame is small" {
	capsa withhold -q s.capsa court/doe.txt --reason $'two\nlines' -o w.capsa
	exits 2
	says "capsa: --reason: the reason is not at most 4000 bytes of plain text"
	[ ! -e w.capsa ]
	capsa withhold -q s.capsa court/doe.txt --reason "$(printf 'because of %0500d' 7)" -o w.capsa
	exits 0
	capsa verify -p alice.pub w.capsa
	exits 0
}

@test "wrong usage" {
	for arguments in 's.capsa court/doe.txt --reason x' 's.capsa court/doe.txt -o w' 's.capsa --reason x -o w' \
	    's.capsa court/doe.txt --reason x -o -'; do
		capsa withhold $arguments
		exits 2
	done
	capsa withhold -q s.capsa nothing --reason x -o w
	exits 1
	says "capsa: s.capsa: no article 'nothing'"
	echo precious >w
	capsa withhold -q s.capsa court/doe.txt --reason x -o w
	exits 1
	[ "$(cat w)" = precious ]
	"$CAPSA" get -q s.capsa court/doe.txt --proof p >/dev/null
	capsa withhold -q p court/doe.txt --reason x -o v
	exits 1
}
