# The corpora, below $work/corpora: a directory of files each.  Sourced by bench.sh.

# corpus_prepare NAME: a directory; or mdn, learnxiny, arxiv of real articles beside the clone; or made (by
# make_articles), pydoc (a Debian package), small (corpus/ of the tree).  The last word is what it is called.
corpus_prepare() {
	dir=$work/corpora/$(basename "$1")
	mkdir -p "$dir"
	case $1 in
	mdn | learnxiny)
		tar --zstd -xf "$shared/$1.tar.zst" -C "$dir" --strip-components=1
		;;
	arxiv)
		zstd -q -dc "$shared/arxiv-6000.jsonl.zst" >"$work/arxiv.jsonl"
		python3 "$bench/prepare.py" "$work/arxiv.jsonl" "$dir"
		;;
	pydoc)
		sh "$bench/../deps.sh" python3.11-doc >&2
		cp -RL /usr/share/doc/python3.11/html/. "$dir"
		;;
	made)
		"$build/make_articles" 20000 "$dir"
		;;
	small)
		cp -R "$top/corpus/." "$dir"
		find "$dir" -name '*.capsa.json' -delete
		;;
	*)
		cp -R "$1/." "$dir"
		;;
	esac
	python3 "$bench/prepare.py" "$dir"
	# Names without characters that a shell, unzip or a URL takes for something else.
	(cd "$dir" && find . -type f -size +0 | sed 's|^\./||' | grep -x '[A-Za-z0-9_./-]*' |
		LC_ALL=C sort | sample "$gets") >"$dir.gets"
	record "$(basename "$1")" corpus - files "$(find "$dir" -type f | wc -l)"
	record "$(basename "$1")" corpus - bytes "$(find "$dir" -type f -printf '%s\n' | awk '{ n += $1 } END { print n }')"
}

# sample N: so many lines at random, the same ones each time.
sample() {
	awk 'BEGIN { srand(1) } { printf "%.9f\t%s\n", rand(), $0 }' | LC_ALL=C sort | cut -f 2- | sed "$1q"
}

corpora_default() {
	if [ -d "$shared" ]; then
		echo mdn learnxiny arxiv
	else
		echo pydoc made
	fi
}
