# capsa sign: another signature, attached or in a file of its own.

setup() {
	load helpers
	common_setup
	make_key packer
	make_archive a packer.key
	packer=$id
	make_key
	"$CAPSA" trust add packer.pub --name "The packer" --quiet
	"$CAPSA" trust add k.pub --name "National Library" --quiet
	export SOURCE_DATE_EPOCH=1717243200
	when=2024-06-01T12:00:00Z
	cp a.capsa before
}

# comments FILE: the trusted comments of its signatures, a line each.
comments() {
	"$CAPSA" info --json --quiet "$1" | jq -r '.signatures[].comment'
}

unchanged() {
	cmp "$1" before || fail "$1 has changed"
}

@test "a signature is added, all before the trailer stays" {
	capsa sign -k k.key a.capsa
	exits 0
	prints ""
	says "capsa: a.capsa: signed by $id (capsa: witnessed full $when)"
	kept=$(($(size_of before) - 96))
	cmp -n "$kept" a.capsa before
	[ "$(size_of a.capsa)" -eq $(($(size_of before) + 187 + 42)) ] || fail size
	only_files a.capsa before k.key k.pub packer.key packer.pub site

	[ "$(comments a.capsa)" = "capsa: packed 2024-05-03T12:00:00Z
capsa: witnessed full $when" ] || fail comments
	for key in packer k; do
		capsa verify --deep -p "$key.pub" a.capsa
		exits 0
	done
	capsa verify --require 2 a.capsa
	exits 0
	"$CAPSA" info --statement a.capsa >statement
	"$CAPSA" info --signature="$id" a.capsa >statement.minisig
	minisign -V -p k.pub -m statement
	"$CAPSA" info --signature="$packer" a.capsa >statement.minisig
	minisign -V -p packer.pub -m statement
	"$CAPSA" extract --quiet a.capsa -C out
	diff -r site out
}

@test "an archive that nobody signed gets its first signature" {
	"$CAPSA" pack --unsigned -o b.capsa --quiet site
	capsa sign -k k.key b.capsa
	exits 0
	capsa verify b.capsa
	exits 0
	[ "$(comments b.capsa)" = "capsa: witnessed full $when" ]
}

@test "the trusted comment says what was verified, and when" {
	capsa sign -k k.key --deep --comment "Room 5, shelf 7" a.capsa
	exits 0
	[ "$(comments a.capsa | tail -n 1)" = "capsa: witnessed deep $when Room 5, shelf 7" ]
	capsa info a.capsa
	prints_line "signature     $id (trusted: National Library), capsa: witnessed deep $when Room 5, shelf 7"
	cp before a.capsa
	capsa sign -k k.key --no-verify a.capsa
	exits 0
	[ "$(comments a.capsa | tail -n 1)" = "capsa: witnessed unverified $when" ]

	unset SOURCE_DATE_EPOCH
	cp before a.capsa
	early=$(date -u +%FT%TZ)
	capsa sign -k k.key a.capsa
	late=$(date -u +%FT%TZ)
	exits 0
	time=$(comments a.capsa | sed -n 's/^capsa: witnessed full //p')
	[[ ! "$time" < "$early" && ! "$time" > "$late" ]] || fail "$time"
}

@test "a date until which a key is trusted holds for witnesses too" {
	capsa sign -k k.key a.capsa
	capsa trust add k.pub --name "National Library" --until 2024-06-01
	capsa verify --require 2 a.capsa
	exits 0
	capsa trust add k.pub --name "National Library" --until 2024-05-31
	capsa verify --require 2 a.capsa
	exits 4
}

@test "--comment takes plain text, in NFC" {
	capsa sign -k k.key --comment $'Zu\xcc\x88rich \xf0\x9f\x97\x84' a.capsa
	exits 0
	[ "$(comments a.capsa | tail -n 1)" = "capsa: witnessed full $when "$'Z\xc3\xbcrich \xf0\x9f\x97\x84' ]
	cp before a.capsa
	for text in "" " x" "x " $'a\tb' $'a\nb' $'a\x1b[31m' $'\xe2\x80\xaex' $'\xff' "$(printf '%976s' | tr ' ' x)"; do
		capsa sign -k k.key --comment "$text" a.capsa
		exits 2
		says "capsa: --comment: not 1 to 975 bytes of text in UTF-8, without control characters, line feeds and spaces at either end"
		unchanged a.capsa
	done
	long=$(printf '%975s' | tr ' ' x)
	capsa sign -k k.key --comment "$long" --no-verify a.capsa
	exits 0
	[ "$(comments a.capsa | tail -n 1)" = "capsa: witnessed unverified $when $long" ]
}

@test "what is damaged is not signed" {
	at=$(frame_of a.capsa 3)
	flip a.capsa $((at + 100))
	cp a.capsa before
	capsa sign -k k.key a.capsa
	exits 3
	says "capsa: a.capsa: damaged, so not signed; 'capsa verify' says what is"
	unchanged a.capsa
	capsa sign -k k.key --detached a.capsa
	exits 3
	only_files a.capsa before k.key k.pub packer.key packer.pub site
	# Who does not look says so.
	capsa sign -k k.key --no-verify a.capsa
	exits 0
	[ "$(comments a.capsa | tail -n 1)" = "capsa: witnessed unverified $when" ]
}

@test "a damaged trailer is never signed, nor what is no archive" {
	flip a.capsa $(($(size_of a.capsa) - 10))
	cp a.capsa before
	capsa sign -k k.key --no-verify a.capsa
	exits 3
	says "capsa: a.capsa: damaged, so not signed; 'capsa verify' says what is"
	unchanged a.capsa
	echo nonsense >x
	capsa sign -k k.key --no-verify x
	exits 3
	says "capsa: x: not a capsa archive"
	[ "$(cat x)" = nonsense ]
	capsa sign -k k.key missing
	exits 1
	says "capsa: cannot open missing: No such file or directory"
}

@test "nobody is a witness of what is withheld" {
	withhold a.capsa 5 "by order of a court"
	cp a.capsa before
	capsa sign -k k.key a.capsa
	exits 1
	says "capsa: a.capsa: not signed: something is withheld, so that nobody can be a witness of all; --no-verify signs it as unverified"
	unchanged a.capsa
	capsa sign -k k.key --no-verify a.capsa
	exits 0
	capsa verify a.capsa
	exits 0
}

@test "signing twice changes nothing and is no failure" {
	capsa sign -k k.key a.capsa
	cp a.capsa before
	capsa sign -k k.key --comment "once more" a.capsa
	exits 0
	says "capsa: a.capsa: signed by $id already; nothing is added"
	unchanged a.capsa
	capsa sign -k packer.key a.capsa
	exits 0
	says "capsa: a.capsa: signed by $packer already; nothing is added"
	unchanged a.capsa
}

@test "at most 64 signatures" {
	for i in $(seq 1 63); do
		make_key "w$i"
		"$CAPSA" sign -k "w$i.key" --no-verify --quiet a.capsa
	done
	[ "$(comments a.capsa | wc -l)" -eq 64 ]
	cp a.capsa before
	capsa sign -k k.key a.capsa
	exits 1
	says "capsa: a.capsa: the archive has 64 attestations already, the most there may be"
	unchanged a.capsa
	capsa sign -k k.key --detached a.capsa
	exits 0
}

@test "mode and owner stay, and other names of the file keep the old archive" {
	chmod 4640 a.capsa
	ln a.capsa other
	[ "$(id -u)" -ne 0 ] || chown 1234:5678 a.capsa
	owner=$(stat -c %u:%g a.capsa)
	[ "$(id -u)" -ne 0 ] || chmod 4640 a.capsa
	capsa sign -k k.key a.capsa
	exits 0
	[ "$(stat -c '%a %u:%g' a.capsa)" = "4640 $owner" ] || fail "$(stat -c '%a %u:%g' a.capsa)"
	unchanged other
}

@test "of a symbolic link the target is replaced" {
	mkdir store
	mv a.capsa store/2024.capsa
	ln -s store/2024.capsa link.capsa
	capsa sign -k k.key link.capsa
	exits 0
	[ "$(readlink link.capsa)" = store/2024.capsa ]
	[ ! -L store/2024.capsa ]
	capsa verify --require 2 store/2024.capsa
	exits 0
	[ "$(ls -A store)" = 2024.capsa ]
}

@test "--detached: a signature file beside the archive" {
	capsa sign -k k.key --detached --comment "Room 5" a.capsa
	exits 0
	prints ""
	says "capsa: a.capsa.$id.minisig: made (capsa: witnessed full $when Room 5)"
	unchanged a.capsa
	"$CAPSA" info --statement a.capsa >statement
	minisign -V -p k.pub -m statement -x "a.capsa.$id.minisig" >out
	grep -qxF "Trusted comment: capsa: witnessed full $when Room 5" out
	capsa verify --require 2 a.capsa
	exits 0
	capsa info a.capsa
	prints_line "signature     $id (trusted: National Library), in a file beside it: capsa: witnessed full $when Room 5"

	cp "a.capsa.$id.minisig" old
	capsa sign -k k.key --detached a.capsa
	exits 1
	says "capsa: a.capsa.$id.minisig exists already; --force replaces it"
	cmp old "a.capsa.$id.minisig"
	capsa sign -k k.key --detached --deep --force a.capsa
	exits 0
	grep -qxF "trusted comment: capsa: witnessed deep $when" "a.capsa.$id.minisig"
	# Attached, too, where it is wanted.
	capsa sign -k k.key a.capsa
	exits 0
	[ "$(comments a.capsa | wc -l)" -eq 3 ]
}

@test "of several archives one bad one hides none, and the worst counts" {
	mkdir d
	cp a.capsa d/1.capsa
	cp a.capsa d/2.capsa
	cp a.capsa d/3.capsa
	echo other >d/other.txt
	flip d/2.capsa $(($(frame_of a.capsa 1) + 50))
	capsa sign -k k.key missing d a.capsa
	exits 3
	says "capsa: cannot open missing: No such file or directory
capsa: d/1.capsa: signed by $id (capsa: witnessed full $when)
capsa: d/2.capsa: damaged, so not signed; 'capsa verify' says what is
capsa: d/3.capsa: signed by $id (capsa: witnessed full $when)
capsa: a.capsa: signed by $id (capsa: witnessed full $when)"
	capsa sign -k k.key --quiet missing a.capsa
	exits 1
	says "capsa: cannot open missing: No such file or directory"
	for name in d/1 d/3 a; do
		capsa verify --require 2 "$name.capsa"
		exits 0
	done
}

@test "the password is asked for once" {
	CAPSA_PASSWORD="open sesame" "$CAPSA" key new locked --quiet >/dev/null
	cp a.capsa b.capsa
	expect >out <<-END
		set timeout 60
		spawn "$CAPSA" sign -k locked.key a.capsa b.capsa
		expect "Password of locked.key: "
		send "open sesame\r"
		expect eof
		exit [lindex [wait] 3]
	END
	[ "$(grep -o 'Password of' out | wc -l)" -eq 1 ] || fail "$(cat out)"
	[ "$(comments a.capsa | wc -l)" -eq 2 ]
	[ "$(comments b.capsa | wc -l)" -eq 2 ]

	cp before a.capsa
	echo wrong >password
	capsa sign -k locked.key --password-file password a.capsa
	exits 1
	unchanged a.capsa
	echo "open sesame" >password
	capsa sign -k locked.key --password-file password a.capsa
	exits 0
}

@test "without -k the default key signs" {
	capsa sign a.capsa
	exits 1
	says "capsa: no key: make one with 'capsa key new', or name one with -k"
	unchanged a.capsa
	line=$("$CAPSA" key new --no-password --quiet)
	capsa sign a.capsa
	exits 0
	says "capsa: a.capsa: signed by ${line%% *} (capsa: witnessed full $when)"
	capsa sign -k k.pub a.capsa
	exits 1
	says_line "capsa: k.pub: this is not a secret key"
}

@test "an archive with a failing signature of a known key is not signed" {
	echo something else >file
	minisign -S -s k.key -m file -x "a.capsa.$packer.minisig" </dev/null >/dev/null
	capsa sign -k k.key a.capsa
	exits 4
	says "capsa: a.capsa: not signed: the signature of $id (National Library) does not verify"
	unchanged a.capsa
}

# bytes HEX: as bytes.
bytes() {
	printf "$(sed 's/../\\x&/g' <<<"$1")"
}

# reseal FILE STATEMENT: its seal, over what stands from that offset up to the trailer now.
reseal() {
	local trailer
	trailer=$(($(size_of "$1") - 96))
	bytes "$(tail -c +$(($2 + 1)) "$1" | head -c $((trailer - $2)) | b2sum -l 256 | cut -d' ' -f1)" |
	    dd of="$1" bs=1 seek=$((trailer + 32)) conv=notrunc status=none
	bytes "$(tail -c 96 "$1" | head -c 64 | b2sum -l 256 | cut -d' ' -f1)" |
	    dd of="$1" bs=1 seek=$((trailer + 64)) conv=notrunc status=none
}

@test "a signature that only claims to be by this key is found out" {
	"$CAPSA" sign -k k.key --quiet a.capsa
	# The last attestation has 187 bytes and its comment; in it the signature stands at 27.
	flip a.capsa $(($(size_of a.capsa) - 96 - 187 - 42 + 27))
	reseal a.capsa "$(archive=before field size)"
	cp a.capsa before
	capsa trust remove "$id"
	capsa sign -k k.key a.capsa
	exits 4
	says "capsa: a.capsa: not signed: it has a signature of your key id, $id, that does not verify by your key"
	unchanged a.capsa
	capsa trust add k.pub
	capsa verify a.capsa
	exits 4
}

@test "two that sign at once: the second is refused" {
	flock a.capsa "$CAPSA" sign -k k.key a.capsa 2>err || status=$?
	[ "$status" -eq 1 ]
	[ "$(cat err)" = "capsa: a.capsa: not signed: another process is signing it" ]
	unchanged a.capsa
	capsa sign -k k.key a.capsa
	exits 0
}

@test "what cannot be written leaves the archive as it is" {
	run --separate-stderr bash -c 'ulimit -f 8; exec "$0" sign -k k.key a.capsa' "$CAPSA"
	exits 1
	says "capsa: cannot write a.capsa: File too large"
	unchanged a.capsa
	only_files a.capsa before k.key k.pub packer.key packer.pub site
}

@test "wrong usage" {
	capsa sign
	exits 2
	says "capsa: no archive to sign
capsa: try 'capsa sign --help'"
	capsa sign -k k.key --deep --no-verify a.capsa
	exits 2
	says_line "capsa: --deep and --no-verify exclude each other"
	capsa sign -k k.key --force a.capsa
	exits 2
	says_line "capsa: --force is for --detached; an archive is replaced in any case"
	capsa sign -k k.key --threads x a.capsa
	exits 2
	SOURCE_DATE_EPOCH=yesterday capsa sign -k k.key a.capsa
	exits 2
	says "capsa: SOURCE_DATE_EPOCH=yesterday: not seconds since 1970"
	SOURCE_DATE_EPOCH=253402300800 capsa sign -k k.key a.capsa
	exits 2
	unchanged a.capsa
	capsa sign -k k.key https://example.org/a.capsa
	exits 2
}

@test "a key is replaced as the manual says" {
	# The archive is signed by the old key, until the end of 2024.
	unset SOURCE_DATE_EPOCH
	make_key new
	"$CAPSA" pack -q -k new.key --created 2025-02-01T00:00:00Z -o next.capsa --previous a.capsa site
	capsa verify next.capsa
	exits 4
	capsa trust add new.pub --name "The Courier, from 2025"
	capsa trust add packer.pub --name "The packer" --until 2024
	capsa verify a.capsa next.capsa
	exits 0
	[[ "${lines[0]}" = "a.capsa: intact, signed by $packer (trusted: The packer), "* ]] || fail old
	[[ "${lines[1]}" = "next.capsa: intact, signed by $id (trusted: The Courier, from 2025), "* ]] || fail new
	# What the old key signs later is not trusted.
	"$CAPSA" pack -q -k packer.key --created 2025-03-01T00:00:00Z -o late.capsa site
	capsa verify late.capsa
	exits 4
	[[ "$output" = "late.capsa: intact, signed by $packer (The packer, not trusted for so late a date), "* ]] || fail late

	# The old key was stolen: only what the new one is a witness of is trusted.
	before=$("$CAPSA" info --statement -q a.capsa)
	capsa trust remove "The packer"
	capsa verify a.capsa
	exits 4
	capsa sign -q -k new.key a.capsa
	exits 0
	[ "$("$CAPSA" info --statement -q a.capsa)" = "$before" ]
	capsa verify --newest --require 1 a.capsa next.capsa
	exits 0
	[[ "${lines[0]}" = "a.capsa: intact, signed by $id (trusted: The Courier, from 2025), 1 of 1 "* ]] || fail stolen
}
