#!/bin/sh
# Run suites, JOBS at a time, and count: cmocka programs and .bats files report each test as TAP, a .sh
# file passes or fails as a whole, and says in its last line why it is skipped where it exits with 77.  The last line is "N passed, N failed".
#
# BUILD names the build directory; WRAP is put before programs (valgrind); TIMEOUT ends a suite.
set -eu
export LC_ALL=C.UTF-8 BUILD="${BUILD:-build}" WRAP="${WRAP:-}"
unset SOURCE_DATE_EPOCH CAPSA_PASSWORD NO_COLOR || :

# One suite, in a home and a temporary directory of its own.
if [ "$1" = --one ]; then
	suite=$2
	name=$(basename "$suite")
	log=$RESULTS/$name
	export HOME="$log.home" TMPDIR="$log.tmp"
	export CAPSA="$PWD/$BUILD/capsa" CMOCKA_MESSAGE_OUTPUT=TAP
	unset XDG_CONFIG_HOME XDG_STATE_HOME || :
	mkdir "$HOME" "$TMPDIR"
	status=0
	start=$(date +%s)
	case $suite in
	*.bats)
		timeout "${TIMEOUT:-600}" bats --tap "$suite" >"$log.tap" 2>"$log.err" </dev/null || status=$?
		;;
	*.sh)
		timeout "${TIMEOUT:-600}" sh "$suite" >"$log.err" 2>&1 </dev/null || status=$?
		case $status in
		0) echo "ok 1 - $name" ;;
		77) echo "ok 1 - $name # skip $(tail -n 1 "$log.err")"; status=0 ;;
		*) echo "not ok 1 - $name" ;;
		esac >"$log.tap"
		echo 1..1 >>"$log.tap"
		;;
	*)
		timeout "${TIMEOUT:-600}" $WRAP "$suite" >"$log.tap" 2>"$log.err" </dev/null || status=$?
		;;
	esac
	rm -rf "$HOME" "$TMPDIR"

	# A suite that died, or ran other tests than it planned, has failed once more.
	awk -v status="$status" '
		/^1\.\.[0-9]+/        { planned += substr($1, 4) }
		/^(not )?ok .*# *SKIP/ || /^(not )?ok .*# *skip/ { skipped++; next }
		/^ok /                { passed++ }
		/^not ok /            { failed++ }
		END {
			if ((status != 0 && failed == 0) || planned != passed + failed + skipped)
				failed++
			print passed + 0, failed + 0, skipped + 0, status
		}' "$log.tap" >"$log.count"
	read -r passed failed skipped status <"$log.count"
	verdict=ok
	[ "$failed" = 0 ] || verdict=FAILED
	printf '%-7s %-28s %4d passed %3d s%s\n' "$verdict" "$name" "$passed" $(($(date +%s) - start)) \
	    "$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
	exit 0
fi

RESULTS=$(mktemp -d)
export RESULTS
trap 'chmod -R u+rwX "$RESULTS"; rm -rf "$RESULTS"' EXIT
trap 'exit 130' INT TERM HUP

printf '%s\0' "$@" | xargs -0 -n 1 -P "${JOBS:-2}" sh "$0" --one

passed=0
failed=0
for suite in "$@"; do
	log=$RESULTS/$(basename "$suite")
	if ! read -r good bad skipped status <"$log.count"; then
		echo "---- $suite left no result"
		failed=$((failed + 1))
		continue
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" != 0 ]; then
		echo
		echo "---- $suite (exit status $status)"
		grep -v '^ok ' "$log.tap" || :
		cat "$log.err"
	elif [ "$skipped" != 0 ]; then
		grep -i '^\(not \)\{0,1\}ok .*# *skip' "$log.tap"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
