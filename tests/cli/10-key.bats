# Keys, and whom they are shown to.  Either program takes the other's files.

setup() {
	load helpers
	common_setup
}

@test "key new makes a pair that only the owner can read, and shows it" {
	capsa key new k --no-password
	exits 0
	says "capsa: made k.key, which is secret, and k.pub"
	only_files k.key k.pub
	[ "$(stat -c %a k.key)" = 600 ]
	[ "$(stat -c %a k.pub)" = 644 ]
	[[ "$output" =~ ^[0-9A-F]{16}\ RW[A-Za-z0-9+/]{54}$ ]]
	[ "$(sed -n 1p k.pub)" = "untrusted comment: minisign public key ${output% *}" ]
	[ "$(sed -n 2p k.pub)" = "${output#* }" ]
	line=$output
	capsa key show k.pub
	prints "$line"
	capsa key show k.key
	exits 0
	prints "$line"
	says ""
}

@test "key new takes its mode from umask and is quiet when told" {
	umask 077
	capsa key new --no-password --quiet k
	exits 0
	says ""
	[ "$(stat -c %a k.pub)" = 600 ]
}

@test "key new never replaces either file" {
	echo mine >k.key
	capsa key new k --no-password
	exits 1
	says "capsa: k.key exists already; a key is never replaced"
	only_files k.key
	[ "$(cat k.key)" = mine ]

	rm k.key
	ln -s nowhere k.pub
	capsa key new k --no-password
	exits 1
	says "capsa: k.pub exists already; a key is never replaced"
	only_files k.pub
}

@test "key new leaves nothing behind where it cannot write" {
	capsa key new missing/k --no-password
	exits 1
	says "capsa: cannot write missing/k.key: directory missing: No such file or directory"
	only_files
}

@test "a file that cannot grow leaves nothing behind" {
	# What is printed goes through pipes, which have no size.
	run bash -c '(ulimit -f 0; exec "$0" key new k --no-password 2>&1) | cat; exit "${PIPESTATUS[0]}"' "$CAPSA"
	exits 1
	prints "capsa: cannot write k.key: File too large"
	only_files
}

@test "temporary files of the dead are removed, those of the living are not" {
	echo dead >.capsa-abcdef.tmp
	echo alive >.capsa-ghijkl.tmp
	echo mine >.capsa-mine.tmp
	exec 9<.capsa-ghijkl.tmp
	flock 9
	capsa key new k --no-password
	exits 0
	only_files .capsa-ghijkl.tmp .capsa-mine.tmp k.key k.pub
}

@test "key new without NAME makes the default key and trusts it" {
	capsa key new --no-password
	exits 0
	line=$output
	says "capsa: made $XDG_CONFIG_HOME/capsa/capsa.key, which is secret, and $XDG_CONFIG_HOME/capsa/capsa.pub"
	only_files
	[ "$(stat -c %a "$XDG_CONFIG_HOME/capsa")" = 700 ]
	capsa trust list
	exits 0
	prints "${line% *}	my own key	"
	capsa key new --no-password
	exits 1
	says "capsa: $XDG_CONFIG_HOME/capsa/capsa.key exists already; a key is never replaced"
}

@test "the default key lives in ~/.config without XDG_CONFIG_HOME, and where that is relative" {
	unset XDG_CONFIG_HOME
	capsa key new --no-password -q
	exits 0
	[ -f "$HOME/.config/capsa/capsa.key" ]
	rm -r "$HOME/.config"
	XDG_CONFIG_HOME=relative capsa key new --no-password -q
	exits 0
	[ -f "$HOME/.config/capsa/capsa.key" ]
	only_files
}

@test "without a terminal a password must come from elsewhere" {
	run --separate-stderr setsid -w "$CAPSA" key new k </dev/null
	exits 1
	says "capsa: a password is needed, and there is no terminal to ask for it: give --password-file FILE or CAPSA_PASSWORD, or --no-password"
	only_files
}

@test "a key with a password: from a file, from the environment, wrong, and none" {
	echo "correct horse" >pw
	capsa key new k --password-file pw
	exits 0
	line=$output
	capsa key show k.key
	exits 0
	prints "$line"
	says "capsa: k.key has a password; read from k.pub"

	rm k.pub
	CAPSA_PASSWORD="correct horse" capsa key show k.key
	exits 0
	prints "$line"
	says ""
	CAPSA_PASSWORD="wrong" capsa key show k.key
	exits 1
	prints ""
	[[ "$stderr" = "capsa: k.key: "*password* ]] || fail "a word about the password"
	run --separate-stderr setsid -w "$CAPSA" key show k.key </dev/null
	exits 1
	says "capsa: a password is needed, and there is no terminal to ask for it: give --password-file FILE or CAPSA_PASSWORD"
}

@test "an empty password file is no password" {
	: >pw
	capsa key new k --password-file pw
	exits 1
	says "capsa: pw: its first line is no password: it is empty, or has over 1023 bytes"
	only_files pw
}

@test "on a terminal the password is asked for twice, without echo" {
	cat >ask.exp <<-'EXPECT'
		log_user 1
		set timeout 60
		spawn -noecho $env(CAPSA) key new k
		expect "Password for the new key: "
		send "first secret\r"
		expect "The same again: "
		send "$env(SECOND)\r"
		expect eof
		exit [lindex [wait] 3]
	EXPECT
	SECOND="first secret" CAPSA="$CAPSA" run expect ask.exp
	[ "$status" -eq 0 ]
	[[ "$output" != *"first secret"* ]]
	only_files ask.exp k.key k.pub
	CAPSA_PASSWORD="first secret" capsa key show k.key
	exits 0

	rm k.key k.pub
	SECOND="other secret" CAPSA="$CAPSA" run expect ask.exp
	[ "$status" -eq 1 ]
	[[ "$output" = *"capsa: the two passwords differ"* ]]
	only_files ask.exp
}

@test "Ctrl-C at the password ends quickly and leaves nothing" {
	cat >ask.exp <<-'EXPECT'
		set timeout 60
		spawn -noecho $env(CAPSA) key new k
		expect "Password for the new key: "
		send "\003"
		expect eof
		puts [wait]
	EXPECT
	CAPSA="$CAPSA" run expect ask.exp
	[[ "$output" = *"capsa: interrupted"* ]]
	[[ "$output" = *"SIGINT"* ]]
	only_files ask.exp
}

# As minisign writes it into a public key's comment, where it leaves out leading zeros.
minisign_id() {
	printf '%016X' "0x$(sed -n '1s/.* //p' "$1")"
}

@test "minisign's keys are capsa's: without a password and with one" {
	minisign -G -W -p m.pub -s m.key >/dev/null
	capsa key show m.pub
	exits 0
	prints "$(minisign_id m.pub) $(sed -n 2p m.pub)"
	line=$output
	capsa key show m.key
	exits 0
	prints "$line"

	printf 'open sesame\nopen sesame\n' | minisign -G -f -p m.pub -s m.key >/dev/null
	line="$(minisign_id m.pub) $(sed -n 2p m.pub)"
	rm m.pub
	CAPSA_PASSWORD="open sesame" capsa key show m.key
	exits 0
	prints "$line"
}

@test "capsa's keys are minisign's: without a password and with one" {
	echo text >file
	capsa key new k --no-password
	minisign -S -s k.key -m file -x a.minisig </dev/null
	minisign -V -p k.pub -m file -x a.minisig

	CAPSA_PASSWORD="open sesame" capsa key new l
	exits 0
	echo "open sesame" | minisign -S -s l.key -m file -x b.minisig
	minisign -V -p l.pub -m file -x b.minisig
}

@test "key show refuses what is neither a key nor an archive" {
	echo nonsense >x
	capsa key show x
	exits 1
	prints ""
	says "capsa: x: neither a key nor a capsa archive"
	capsa key show missing
	exits 1
	says "capsa: cannot read missing: No such file or directory"
	head -c 9000 /dev/zero >x
	capsa key show x
	exits 1
	says "capsa: x: too large: this file should have at most 8192 bytes"
}

@test "a secret key that others may read is used with a warning" {
	capsa key new k --no-password
	chmod 644 k.key
	capsa key show k.key
	exits 0
	says "capsa: warning: k.key: others may read this secret key (mode 0644); chmod 600 mends it"
}

@test "key show prints every key that signed an archive" {
	make_key
	make_archive a k.key
	capsa key show a.capsa
	exits 0
	prints "$id $base64"
	says ""
	"$CAPSA" pack --unsigned -o b.capsa --quiet site
	capsa key show b.capsa
	exits 1
	says "capsa: b.capsa: not signed"
}

@test "trust add, list and remove" {
	make_key
	capsa trust list
	exits 0
	prints ""
	capsa trust add k.pub
	exits 0
	says "capsa: trusts $id as 'k'"
	capsa trust add k.pub
	exits 0
	capsa trust list
	prints "$id	k	"
	capsa trust remove "${id,,}"
	exits 0
	capsa trust list
	prints ""
	capsa trust remove "$id"
	exits 1
	says "capsa: no trusted key has the id or label '$id'"
}

@test "trust add takes the label from --name, and the date from --until" {
	make_key
	capsa trust add k.pub --name "National Library" --until 2024-12-31
	exits 0
	says "capsa: trusts $id as 'National Library'"
	capsa trust list
	prints "$id	National Library	2024-12-31T23:59:59Z"
	capsa trust add k.pub --name "National Library" --until 2024-02
	capsa trust list
	prints "$id	National Library	2024-02-29T23:59:59Z"
	capsa trust add k.pub --name "National Library" --until 2025-01-01T12:00:00+01:00
	capsa trust list
	prints "$id	National Library	2025-01-01T11:00:00Z"
	capsa trust add k.pub --name "National Library"
	capsa trust list
	prints "$id	National Library	"
	capsa trust remove "National Library"
	exits 0
	capsa trust list
	prints ""
}

@test "trust add takes the text of a key, too" {
	capsa key new --no-password k
	exits 0
	base64=$(sed -n 2p k.pub)
	capsa trust add "$base64"
	exits 2
	says "capsa: a key given as text needs a label: --name NAME"
	capsa trust add "$base64" --name Library
	exits 0
	capsa trust list
	[[ "$output" = *$'\tLibrary\t' ]] || fail list
}

@test "a second default key gets a label of its own" {
	capsa key new --no-password
	exits 0
	mv "$XDG_CONFIG_HOME/capsa/capsa.key" old.key
	mv "$XDG_CONFIG_HOME/capsa/capsa.pub" old.pub
	capsa key new --no-password
	exits 0
	id=$("$CAPSA" key show "$XDG_CONFIG_HOME/capsa/capsa.pub" | cut -d ' ' -f 1)
	capsa trust list
	[ "$(wc -l <<<"$output")" = 2 ] || fail list
	grep -q "my own key $id" <<<"$output" || fail label
}

@test "a label is for one key, a key has one label" {
	make_key k
	make_key l
	capsa trust add k.pub --name one
	capsa trust add l.pub --name one
	exits 1
	says "capsa: another key is trusted as 'one' already; choose a label with --name"
	capsa trust add k.pub --name two
	exits 1
	says "capsa: this key is trusted already, as 'one'; remove it there to give it another label"
	capsa trust list
	[ "${#lines[@]}" -eq 1 ]
}

@test "trust refuses bad labels, dates and files" {
	make_key
	for label in ../k .k a/b "" $'a\nb'; do
		capsa trust add k.pub --name "$label"
		exits 2
		[[ "$stderr" = *"cannot be a label: 1 to 240 bytes of text without '/', not beginning with '.'" ]] || fail label
	done
	capsa trust add k.pub --until 2023-02-29
	exits 2
	says "capsa: --until '2023-02-29': not a date such as 2026-12-31"
	capsa trust add k.key
	exits 1
	[ ! -e "$XDG_CONFIG_HOME/capsa" ]
}

@test "a bad file in the trust store hides no other" {
	make_key
	capsa trust add k.pub
	echo nonsense >"$XDG_CONFIG_HOME/capsa/trusted/a.pub"
	capsa trust list
	exits 0
	prints "$id	k	"
	[[ "$stderr" = "capsa: $XDG_CONFIG_HOME/capsa/trusted/a.pub: "* ]] || fail name
}

@test "wrong usage exits 2 and names the help" {
	capsa key
	exits 2
	says "capsa: key wants 'new [NAME]' or 'show FILE'
capsa: try 'capsa key --help'"
	capsa trust frobnicate
	exits 2
	says "capsa: trust wants 'add FILE.pub', 'list', 'remove ID', 'seen' or 'forget SERIES'
capsa: try 'capsa trust --help'"
	capsa key new --frobnicate
	exits 2
	says "capsa: unrecognized option '--frobnicate'
capsa: try 'capsa key --help'"
	capsa frobnicate x
	exits 2
	says "capsa: unknown verb 'frobnicate'; try 'capsa --help'"
	capsa
	exits 2
	says "capsa: no verb; try 'capsa --help'"
}

@test "help and version go to standard output" {
	capsa --version
	exits 0
	[[ "$output" =~ ^capsa\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	capsa --help
	exits 0
	for verb in pack info list find get extract verify sign diff key trust; do
		grep -q "^  $verb  " <<<"$output" || fail "$verb"
		run --separate-stderr "$CAPSA" help "$verb"
		exits 0
		[[ "$output" = "Usage: capsa $verb"* ]] || fail "help $verb"
		help=$output
		run --separate-stderr "$CAPSA" "$verb" --help
		exits 0
		prints "$help"
		says ""
		capsa --help
	done
	capsa help frobnicate
	exits 2
	says "capsa: unknown verb 'frobnicate'; try 'capsa --help'"
}

@test "a closed pipe is no error, a full disk is one" {
	run --separate-stderr bash -c '"$0" --help | true; exit ${PIPESTATUS[0]}' "$CAPSA"
	exits 0
	says ""
	run --separate-stderr bash -c '"$0" --help >/dev/full' "$CAPSA"
	exits 1
	says "capsa: cannot write standard output: No space left on device"
	run --separate-stderr bash -c '"$0" --help >&-' "$CAPSA"
	exits 1
	says "capsa: cannot write standard output: Bad file descriptor"
}
