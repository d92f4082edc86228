# Sourced: fixture DIRECTORY makes what the verbs are tried on, small and with the same bytes each time.

fixture() {
	mkdir "$1" "$1/site" "$1/tmp"
	(
		cd "$1"
		export XDG_CONFIG_HOME="$1/config" SOURCE_DATE_EPOCH=1714737600
		for i in 1 2 3 4; do
			{
				echo "<html lang=en><head><title>Article $i</title></head><body>"
				awk -v seed="$i" 'BEGIN { srand(seed); for (i = 0; i < 600; i++) printf "%05d", rand() * 100000 }'
				echo '</body></html>'
			} >"site/$i.html"
		done
		printf -- '---\ntitle: In front\nurl: https://x.example/5\n---\ntext\n' >site/5.md
		echo '{"title":"Beside"}' >site/1.html.capsa.json
		"$capsa" key new --no-password >/dev/null
		"$capsa" key new --no-password other >/dev/null
		"$capsa" pack --frame-size 4096 --title 'A title' -o a.capsa site
		cp a.capsa signed.capsa
		"$capsa" sign -k other.key --detached signed.capsa
		# Three copies, each with another hole; and one without its end.
		size=$(stat -c %s a.capsa)
		for at in 1200 3000; do
			cp a.capsa "hole-$at.capsa"
			dd if=/dev/zero of="hole-$at.capsa" bs=1 seek="$at" count=300 conv=notrunc status=none
		done
		head -c $((size - 2000)) a.capsa >cut.capsa
		"$capsa" get --quiet --proof a.proof a.capsa 2.html >/dev/null
		printf '%s\n' '{"path":"a","title":"A","body":"one"}' '{"path":"b","url":"https://b.example/","body":"two"}' >in.jsonl
		printf '%s\n' path,title,body a,A,one b,B,two >in.csv
		tar --sort=name --mtime=@0 --owner=0 --group=0 -czf in.tar.gz site
		python3 "$tests/make_warc.py" crawl --gzip >in.warc.gz
		python3 "$tests/zim_writer.py" methods in.zim
		bsdtar --format zip -cf in.zip site
		mkdir archive pages
		cp in.warc.gz archive/
		printf '%s\n' '{"format":"json-pages-1.0","id":"pages","title":"Pages"}' \
		    '{"id":"1","url":"https://x.example/","ts":"2024-05-03T10:11:12Z","title":"A"}' >pages/pages.jsonl
		printf '{"profile":"data-package","wacz_version":"1.1.1","resources":[%s]}\n' \
		    "{\"name\":\"in.warc.gz\",\"path\":\"archive/in.warc.gz\",\"bytes\":$(stat -c %s in.warc.gz),\"hash\":\"sha256:$(sha256sum <in.warc.gz | cut -c 1-64)\"}" >datapackage.json
		bsdtar --format zip -cf in.wacz archive pages datapackage.json
		rm -r archive pages datapackage.json
	) 2>"$1.log" || { cat "$1.log" >&2; exit 2; }
}
