# The archivist's year of the README, typed as it stands there: two institutions, a key that retires, a bad disk, and
# stock tools at the end.

load helpers

# What the README shows as typed and printed below "### TITLE" of the year: blocks that begin with a prompt.
section() {
	awk -v title="### $1" '
		$0 == "## A year with capsa" { year = 1; next }
		/^## /                       { year = 0 }
		/^### /                      { on = year && $0 == title }
		/^    [a-z]*\$ /             { block = 1 }
		!/^    /                     { block = 0 }
		on && block' "$README" | cut -c 5-
}

# The commands of a section as a shell script, which shows each as the README does, runs it, and says how it ended unless
# the next one does.
script_of() {
	local lines i
	mapfile -t lines < <(section "$1" | grep '^[a-z]*\$ ')
	cat <<-'EOF'
		as() {
			export HOME="$YEAR/$1" XDG_CONFIG_HOME="$YEAR/$1/.config"
			[ "$who" = "$1" ] || cd "$HOME"
			who=$1
		}
		exec 2>&1
		last=0
	EOF
	for i in "${!lines[@]}"; do
		printf 'as %s\necho %q\n(exit $last)\neval %q\nlast=$?\n' "${lines[i]%%\$*}" "${lines[i]}" \
		    "$(sed 's|/mnt/disk|$YEAR/disk|g' <<<"${lines[i]#*\$ }")"
		[[ ${lines[i + 1]} = *'$ echo $?' ]] || echo '[ $last = 0 ] || echo "exit status $last"'
	done
}

# What differs from one run to the next: keys, digests, times of day, and what depends on the version of zstd.
alike() {
	sed -E "s|$YEAR/disk|/mnt/disk|g; s|$YEAR|/home|g"'
		s/\bRW[A-Za-z0-9+\/]{54}/KEY/g
		s/\b[0-9a-f]{32,64}\b/DIGEST/g
		s/\b[0-9A-F]{16}\b/ID/g
		s/[0-9-]{10}T[0-9:]{8}Z/TIME/g
		s/\b[0-9.]+ (kB|MB|bytes|to 1)\b/N \1/g
		s/\(([0-9.]+)%\)/(N%)/g
		s/\b(at|first) [0-9]+\b/\1 N/g
		s/^(frames +)[0-9]+/\1N/
		s/[ \t]+$//'
}

# play TITLE: type what the README shows there, and compare; a line "..." stands for any lines.
play() {
	local expected actual pattern
	script_of "$1" >"$YEAR/script"
	expected=$(section "$1" | alike)
	actual=$(bash "$YEAR/script" </dev/null | alike)
	[ -n "$expected" ]
	pattern=$(sed 's/[][*?\\]/\\&/g' <<<"$expected" | sed -z 's/\n\.\.\.\n/\n*/g')
	if [[ $actual != $pattern ]]; then
		echo "below '$1' the README shows < and capsa does >"
		diff <(echo "$expected") <(echo "$actual")
		return 1
	fi
}

# The clock of packing and signing.
now() {
	export SOURCE_DATE_EPOCH
	SOURCE_DATE_EPOCH=$(date -u -d "$1" +%s)
}

@test "the archivist's year of the README" {
	local top line
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	README=$top/README.md
	export YEAR="$BATS_TEST_TMPDIR"
	export CAPSA_PASSWORD='correct horse battery staple'
	PATH=$(dirname "$(realpath "$CAPSA")"):$PATH
	mkdir -p "$YEAR/disk" "$YEAR/courier/archive" "$YEAR/courier/site" "$YEAR/library/holdings"

	# In May the site has the news of May, and hundreds of older pages.
	cp -R "$top/corpus/news" "$YEAR/courier/site"
	mv "$YEAR/courier/site/news/2024/06" "$YEAR/june"
	make_articles 500 "$YEAR/courier/site/pages" 1
	find "$YEAR/courier/site" "$YEAR/june" -type f -exec touch -d 2024-05-15 {} +
	now 2024-05-31
	play 'The first snapshot'

	now 2024-06-30
	mv "$YEAR/june" "$YEAR/courier/site/news/2024/06"
	echo 'One more.' >>"$YEAR/courier/site/news/correction.txt"
	rm "$YEAR/courier/site/news/placeholder"
	mv "$YEAR/courier/site/news/privacy.txt" "$YEAR/courier/site/news/data-protection.txt"
	play 'Every month'
	play 'Every night'
	line=$(sed -n 's/^    15 2 \* \* \*  *//p' "$README" | sed 's/\\%/%/g')
	[ -n "$line" ]
	run --separate-stderr env HOME="$YEAR/courier" sh -c "cd; $line"
	[ "$status.$output.$stderr" = 0.. ]
	[ "$(wc -l <"$YEAR/courier/verify.log")" = 4 ]

	play 'Finding an article'

	now 2024-12-10
	play 'Handing over'
	play 'Proving one article'

	# Meanwhile somebody uses the old key.
	now 2025-01-31
	cp "$YEAR/courier/.config/capsa/capsa.key" "$YEAR/old.key"
	"$CAPSA" pack -q -k "$YEAR/old.key" -o "$YEAR/disk/late.capsa" "$YEAR/courier/site/news"
	play 'Retiring a key'

	now 2025-02-28
	play 'Withholding an article'

	# The disk of the library.
	cp "$YEAR/courier/archive/2025-01.capsa" "$YEAR/library/holdings"
	flip "$YEAR/library/holdings/2024-06.capsa" $(($(frame_of "$YEAR/library/holdings/2024-06.capsa" 6) + 1000))
	play 'A bad disk'
	# What is saved is as it was, and what is not saved is named.
	run ! grep -v "^Only in $YEAR/courier/site" <(diff -rq "$YEAR/library/saved" "$YEAR/courier/site")
	[ "$(cat "$YEAR/library/lost.txt" <(find "$YEAR/library/saved" -type f) | wc -l)" = 513 ]

	play 'Leaving capsa'
	diff -r -x '*.capsa.json' "$YEAR/library/out/articles" "$YEAR/courier/site"
}
