# pack: what HTML pages say of themselves.

setup() {
	load helpers
	common_setup
	mkdir site
	touch -d 2020-01-02T03:04:05Z site
}

pack_site() {
	touch -d 2020-01-02T03:04:05Z site/*
	capsa pack --unsigned --force --quiet -o a.capsa "$@" site
	exits 0
	says ""
}

line() {
	"$CAPSA" get --metadata --quiet a.capsa "$1" | sed 's/"digest":"[^"]*",//'
}

is_line() {
	[ "$(line "$1")" = "$2" ] || fail "$1:" "$(line "$1")" "instead of:" "$2"
}

@test "a page becomes an article with metadata" {
	cat >site/flood.html <<'END'
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>River peaks | The Courier</title>
<link rel="canonical" href="https://courier.example/flood">
<meta name="description" content="By the width of a hand.">
<meta property="og:title" content="River peaks at the wall">
<meta property="article:published_time" content="2024-05-03T06:40:00+01:00">
<meta property="article:modified_time" content="Friday at noon">
<meta name="keywords" content="river, weather">
<script type="application/ld+json">
{"@context": "https://schema.org", "@type": "NewsArticle",
 "author": [{"@type": "Person", "name": "Ruth Okafor"}, {"@type": "Person", "name": "Ian Petrie"}],
 "publisher": {"@type": "Organization", "name": "The Courier"}}
</script>
</head>
<body><h1>River</h1></body>
</html>
END
	pack_site
	is_line flood.html '{"creator":["Ruth Okafor","Ian Petrie"],"date":"2024-05-03T06:40:00+01:00","description":"By the width of a hand.","extra":{"article:modified_time":"Friday at noon"},"format":"text/html","language":"en","modified":"2020-01-02T03:04:05Z","path":"flood.html","publisher":"The Courier","size":788,"subject":["river","weather"],"title":"River peaks at the wall","url":"https://courier.example/flood"}'
	# The body stays as it is.
	"$CAPSA" get --quiet a.capsa flood.html | cmp - site/flood.html
}

@test "a sidecar wins over the page, and the page over the file" {
	printf '<html lang=en><meta name=last-modified content=2001-02-03><title>Page</title>' >site/a.html
	printf '{"title":"Side"}' >site/a.html.capsa.json
	pack_site
	is_line a.html '{"format":"text/html","language":"en","modified":"2001-02-03","path":"a.html","size":77,"title":"Side"}'
}

@test "pages and texts in other charsets" {
	printf '<meta charset=shift_jis><title>\223\372\226\173</title>' >site/declared.html
	printf '\377\376<\0h\0001\0>\0\351\0' >site/marked.html
	printf '\357\302\337\321\327\314\305\316\311\305 \317 \320\322\317\327\305\304\305\316\311\311\n' >site/notice.txt
	pack_site
	capsa list --quiet --json a.capsa
	[[ "$output" == *'"title":"日本"'* ]]
	[[ "$output" == *'"title":"é"'* ]]
	[[ "$output" == *'"title":"Объявление о проведении"'* ]]
	"$CAPSA" extract --quiet a.capsa -C out
	diff -r site out
}

@test "a hostile page is an article" {
	{
		printf '<title>a\033[31m\342\200\256b</title><meta name=description content="'
		head -c 50000 /dev/zero | tr '\0' x
		printf '"><script type="application/ld+json">'
		head -c 100000 /dev/zero | tr '\0' '['
	} >site/json.html
	yes '<div><b>' | head -n 100000 | tr -d '\n' >site/deep.html
	printf '<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd">]><h1>&a;</h1>' >site/entity.html
	head -c 70000 /dev/zero >site/zero.html
	pack_site
	capsa list --quiet -l a.capsa
	[[ "$output" == *'  a[31m\u202eb'* ]]
	[[ "$output" == *'  &a;'* ]]
	[[ "$output" != *root* ]]
	is_line deep.html '{"format":"text/html","modified":"2020-01-02T03:04:05Z","path":"deep.html","size":800000,"title":"deep"}'
	capsa verify --deep --intact --quiet a.capsa
	exits 0
}
