# What the scenarios share.  CAPSA is the executable that is tested.
#
# Each test has a directory of its own, and in it a home without keys.

bats_require_minimum_version 1.5.0

common_setup() {
	CAPSA=$(realpath "$CAPSA")
	export HOME="$BATS_TEST_TMPDIR/home" XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/config"
	unset CAPSA_PASSWORD SOURCE_DATE_EPOCH XDG_STATE_HOME
	umask 022
	mkdir "$HOME" "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return 1
}

# capsa ARGUMENT...: into $output, $stderr and $status, without a terminal anywhere.
capsa() {
	run --separate-stderr "$CAPSA" "$@" </dev/null
}

# interrupt SIGNAL ARGUMENT...: capsa gets the signal once it catches signals; like `capsa` else.
interrupt() {
	local signal=$1 number pid
	shift
	number=$(kill -l "$signal")
	env --default-signal="$signal" "$CAPSA" "$@" </dev/null >"$BATS_TEST_TMPDIR/output" 2>"$BATS_TEST_TMPDIR/stderr" &
	pid=$!
	until [ ! -e "/proc/$pid" ] ||
	    (((0x$(sed -n 's/^SigCgt:\t*//p' "/proc/$pid/status") >> (number - 1)) & 1)); do
		sleep 0.02
	done
	# So that it is in the middle of its work.
	sleep 0.2
	kill -s "$signal" "$pid" || :
	status=0
	wait "$pid" || status=$?
	output=$(cat "$BATS_TEST_TMPDIR/output")
	stderr=$(cat "$BATS_TEST_TMPDIR/stderr")
}

fail() {
	printf '%s\n' "$@" "status: $status" "stdout:" "$output" "stderr:" "$stderr" >&2
	return 1
}

# These judge the last run.
exits() {
	[ "$status" -eq "$1" ] || fail "exit status $1 expected"
}
prints() {
	[ "$output" = "$1" ] || fail "on standard output expected:" "$1"
}
prints_line() {
	grep -qxF -- "$1" <<<"$output" || fail "on standard output this line expected:" "$1"
}
says() {
	[ "$stderr" = "$1" ] || fail "on standard error expected:" "$1"
}
says_line() {
	grep -qxF -- "$1" <<<"$stderr" || fail "on standard error this line expected:" "$1"
}

# The files in the working directory, hidden ones too, are exactly these.
only_files() {
	local found expected
	found=$(find . -mindepth 1 -maxdepth 1 -printf '%P\n' | LC_ALL=C sort)
	expected=$([ $# -eq 0 ] || printf '%s\n' "$@" | LC_ALL=C sort)
	[ "$found" = "$expected" ] || fail "files:" "$found" "expected:" "$expected"
}

# A key k that nobody trusts yet; $id and $base64.
make_key() {
	"$CAPSA" key new "${1:-k}" --no-password --quiet >"${1:-k}.line"
	read -r id base64 <"${1:-k}.line"
	rm "${1:-k}.line"
}

# Twelve articles of about 3,000 bytes in `site`, news/2024/01.html and so on.
make_site() {
	local i
	mkdir -p site/news/2024
	for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
		{
			echo "<html><head><title>Article $i</title></head><body>"
			noise "$i"
			echo "</body></html>"
		} >"site/news/2024/$i.html"
	done
}

# 3,000 digits that depend on the argument alone.
noise() {
	awk -v seed="$1" 'BEGIN { srand(seed + 0); for (i = 0; i < 600; i++) printf "%05d", rand() * 100000; print "" }'
}

# make_archive NAME KEY: NAME.capsa of site, one article a frame, so that damage hits one.
make_archive() {
	[ -d site ] || make_site
	"$CAPSA" pack -k "$2" --created 2024-05-03T12:00:00Z --title "The news" --frame-size 4096 \
	    -o "$1.capsa" --quiet site
}

# flip FILE OFFSET: the lowest bit of one byte.
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

size_of() {
	stat -c %s "$1"
}

# field KEY: of the statement of the archive in $archive.
field() {
	"$CAPSA" info --statement --quiet "$archive" | sed -n "s/^$1: //p"
}

# Where Zstandard frames begin: of the prefix, frame 0, the articles, metadata, end, and the insides of pages.
frames_of() {
	LC_ALL=C grep -obUaP '\x28\xb5\x2f\xfd' "$1" | cut -d: -f1
}
# frame_of FILE N: the Nth data frame, 0 the head, 1 the first of articles.
frame_of() {
	frames_of "$1" | sed -n "$(($2 + 2))p"
}

# withhold FILE N REASON: overwrite the Nth data frame as section 12 of the specification says.
withhold() {
	local at size
	at=$(frame_of "$1" "$2")
	size=$(($(frame_of "$1" $(($2 + 1))) - at))
	dd if=/dev/zero of="$1" bs=1 seek="$at" count="$size" conv=notrunc status=none
	{
		printf '\x5c\x2a\x4d\x18'
		printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(((size - 8) & 255)) $(((size - 8) >> 8 & 255)) \
		    $(((size - 8) >> 16 & 255)) $(((size - 8) >> 24 & 255)))"
		printf 'WITHHELD%s' "$3"
	} | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}
