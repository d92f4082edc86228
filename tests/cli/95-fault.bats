# Calls of the system that fail, and kill -9: a sample of what 'make faults' does under sanitizers.

load helpers

@test "some calls fail in some verbs, and the command is killed, and nothing is lost" {
	run env BUILD="$BUILD" STEP=5 KILLS=20 JOBS=2 \
	    ONLY='lib-get-again|lib-verify-threads|lib-pack|lib-repair|get|info|verify|verify-threads|sign|sign-named|withhold|repair|pack|pack-jsonl|kill-pack-named|kill-sign' \
	    sh "$BATS_TEST_DIRNAME/../fault/run.sh"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'faults injected: '*' memory, '*'kills survived: 40'* ]]
}
