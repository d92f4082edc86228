# The archivist's year of the README, typed as it stands there: two institutions, a key that retires, a bad disk, and
# stock tools at the end.

load helpers

# The lines of the README that are shown as code below "### TITLE" of the year.
section() {
	awk -v title="### $1" '
		$0 == "## A year with capsa" { year = 1; next }
		/^## /                       { year = 0 }
		/^### /                      { on = $0 == title }
		year && on && /^    /' "$README" | cut -c 5-
}

# A shell script of the commands behind prompts, which puts a line ">" before the output of each, and a line "< STATUS"
# behind it.
script_of() {
	cat <<-'EOF'
		# as WHO: at home there.
		as() {
			export HOME="$YEAR/$1" XDG_CONFIG_HOME="$YEAR/$1/.config"
			[ "$who" = "$1" ] || cd "$HOME"
			who=$1
		}
		exec 2>&1
		last=0
	EOF
	sed -n 's/^\([a-z]*\)\$ \(.*\)/\1\t\2/p' | while IFS=$'\t' read -r who command; do
		printf 'as %s\necho ">"\n(exit $last)\neval %q\nlast=$?\necho "< $last"\n' "$who" \
		    "${command//\/mnt\/disk/\$YEAR/disk}"
	done
}

# What differs from one run to the next: keys, digests, times of day, and what depends on the version of zstd.
alike() {
	sed -E "s|$YEAR/disk|/mnt/disk|g; s|$YEAR|/home|g"'
		s/\bRW[A-Za-z0-9+\/]{54}/KEY/g
		s/\b[0-9a-f]{32,64}\b/DIGEST/g
		s/\b[0-9A-F]{16}\b/ID/g
		s/[0-9-]{10}T[0-9:]{8}Z/TIME/g
		s/\b[0-9.]+ (kB|MB|bytes|to 1)/N \1/g
		s/\(([0-9.]+)%\)/(N%)/g
		s/\(frame at [0-9]+\)/(frame at N)/g'
}

# Compare with what the README shows, where a line "..." stands for any lines.
compare() {
	local title=$1 expected actual pattern
	expected=$(section "$title" | grep . | alike)
	actual=$2
	pattern=$(sed 's/[][*?\\]/\\&/g' <<<"$expected" | sed -z 's/\n\.\.\.\n/\n*/g')
	# shellcheck disable=SC2053
	if [[ $actual != $pattern ]]; then
		diff <(echo "$expected") <(echo "$actual")
		return 1
	fi
}

# play TITLE: type it.  A command that fails must be followed by a look at its exit status.
play() {
	local title=$1 output actual='' line who
	script_of <<<"$(section "$title")" >"$YEAR/script"
	output=$(bash "$YEAR/script" </dev/null)
	exec {commands}< <(section "$title" | grep '^[a-z]*\$ ')
	while IFS= read -r line; do
		case $line in
		'>')
			IFS= read -r who <&"$commands"
			actual+=$who$'\n'
			;;
		'< 0') ;;
		'< '*)
			grep -A 1 -xF -- "$who" <(section "$title" | grep '^[a-z]*\$ ') | grep -q 'echo \$?$' ||
			    { echo "fails: $who" "$output"; return 1; }
			;;
		*) actual+=$line$'\n' ;;
		esac
	done <<<"$output"
	exec {commands}<&-
	if [ -n "${SHOW:-}" ]; then
		printf '### %s\n%s\n' "$title" "$(sed "s|$YEAR/disk|/mnt/disk|g; s|$YEAR|/home|g" <<<"$actual")" >>"$SHOW"
		return
	fi
	compare "$title" "$(alike <<<"$actual")"
}

# The clock of packing and signing.
now() {
	export SOURCE_DATE_EPOCH
	SOURCE_DATE_EPOCH=$(date -u -d "$1" +%s)
}

@test "the archivist's year of the README" {
	local top
	top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	README=$top/README.md
	export YEAR="$BATS_TEST_TMPDIR"
	export CAPSA_PASSWORD='correct horse battery staple'
	PATH=$(dirname "$(realpath "$CAPSA")"):$PATH
	mkdir -p "$YEAR/disk" "$YEAR/courier/archive" "$YEAR/courier/site" "$YEAR/library/holdings"

	# In May the site has the news of May, and thousands of older pages.
	cp -R "$top/corpus/news" "$YEAR/courier/site"
	mv "$YEAR/courier/site/news/2024/06" "$YEAR/june"
	make_articles 1000 "$YEAR/courier/site/pages" 1
	now 2024-05-31
	play 'The first snapshot'

	now 2024-06-30
	mv "$YEAR/june" "$YEAR/courier/site/news/2024/06"
	echo 'One more.' >>"$YEAR/courier/site/news/correction.txt"
	rm "$YEAR/courier/site/news/placeholder"
	mv "$YEAR/courier/site/news/privacy.txt" "$YEAR/courier/site/news/data-protection.txt"
	play 'Every month'
	play 'Every night'
	play 'Finding an article'

	now 2024-12-10
	play 'Handing over'

	# Meanwhile somebody uses the old key.
	now 2025-01-31
	cp "$YEAR/courier/.config/capsa/capsa.key" "$YEAR/old.key"
	"$CAPSA" pack -q -k "$YEAR/old.key" -o "$YEAR/disk/late.capsa" "$YEAR/courier/site/news"
	play 'Retiring a key'

	# The disk of the library.
	cp "$YEAR/courier/archive/2025-01.capsa" "$YEAR/library/holdings"
	flip "$YEAR/library/holdings/2024-06.capsa" $(($(frame_of "$YEAR/library/holdings/2024-06.capsa" 3) + 1000))
	play 'A bad disk'
	[ "$(diff -rq "$YEAR/library/saved" "$YEAR/courier/site" | grep -vc '^Only in .*/courier/site')" = 0 ]

	play 'Leaving capsa'
	diff -r "$YEAR/library/out/articles" "$YEAR/courier/site"
}
