/*
 * Keys and signatures in minisign's formats (spec 10.1): files of a few lines with base64 in
 * them.
 *
 *	public key      offset  size            signature       offset  size
 *	"Ed"            0       2               "ED"            0       2
 *	key id          2       8               key id          2       8
 *	Ed25519 key     10      32              Ed25519         10      64
 *
 *	secret key      offset  size
 *	"Ed"            0       2
 *	KDF             2       2               "Sc" scrypt, or 00 00: not encrypted
 *	"B2"            4       2
 *	salt            6       32
 *	opslimit        38      8               u64
 *	memlimit        46      8               u64
 *	key id          54      8               from here on encrypted: xor with
 *	seed, public    62      64              what scrypt makes of the password
 *	checksum        126     32              BLAKE2b-256 of "Ed", key id, seed, public
 *
 * Secret bytes live in sodium_malloc's memory, or are wiped before the function that has them
 * returns.
 */
#include "sign.h"
#include "digest.h"
#include "utf8.h"

#include <sodium.h>
#include <stdio.h>

#define ID_SIZE 8
#define PUBLIC_SIZE 42
#define SIGNATURE_SIZE 74

#define SALT_AT 6
#define OPSLIMIT_AT 38
#define MEMLIMIT_AT 46
#define HIDDEN_AT 54            /* the key id, the first of what is encrypted */
#define KEY_AT 62
#define CHECKSUM_AT 126
#define SECRET_SIZE 158
#define HIDDEN_SIZE (SECRET_SIZE - HIDDEN_AT)

/* What minisign asks for at most: a file must not make its reader work for hours. */
#define OPSLIMIT_MAX UINT64_C(33554432)
#define MEMLIMIT_MAX UINT64_C(1073741824)

#define UNTRUSTED "untrusted comment:"
#define TRUSTED "trusted comment: "

struct capsa_secret_key {
	uint8_t id[ID_SIZE];
	uint8_t key[crypto_sign_SECRETKEYBYTES];        /* seed, then public key */
};

/*
 * ---- Text ----
 */

static bool begins_with(struct span text, const char *prefix)
{
	return text.size >= strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

/* Take a line, ended by "\n", "\r\n" or the end of the text; false when nothing is left. */
static bool take_line(struct span *rest, struct span *line)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->size);
	size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;

	if (rest->size == 0)
		return false;
	*line = span_of(rest->data, size);
	*rest = end != NULL ? span_of(end + 1, rest->size - size - 1) : span_of(NULL, 0);
	if (line->size > 0 && line->data[line->size - 1] == '\r')
		line->size--;
	return true;
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static struct span trim(struct span text)
{
	while (text.size > 0 && is_space(text.data[0]))
		text = span_of(text.data + 1, text.size - 1);
	while (text.size > 0 && is_space(text.data[text.size - 1]))
		text.size--;
	return text;
}

/*
 * The base64 line of a key file, or of what somebody copied from one without its comment line.
 */
static struct span key_line(struct span text)
{
	struct span comment;

	text = trim(text);
	if (begins_with(text, UNTRUSTED))
		(void)take_line(&text, &comment);
	return trim(text);
}

/* Canonical base64 of exactly `size` bytes. */
static bool base64_read(struct span text, uint8_t *out, size_t size)
{
	size_t found = 0;

	return sodium_base642bin(out, size, (const char *)text.data, text.size, NULL, &found, NULL,
	                         sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       found == size;
}

#define BASE64_SIZE(size) sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL)

/*
 * ---- Public keys ----
 */

enum capsa_status capsa_public_key_parse(struct capsa_public_key *out, const char *text,
                                         size_t size, struct capsa_error *err)
{
	uint8_t raw[PUBLIC_SIZE];

	if (!base64_read(key_line(span_of(text, size)), raw, sizeof raw) ||
	    memcmp(raw, "Ed", 2) != 0)
		return capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET, "this is not a public key");
	memcpy(out->id, raw + 2, sizeof out->id);
	memcpy(out->key, raw + 2 + ID_SIZE, sizeof out->key);
	return CAPSA_OK;
}

void capsa_public_key_text(const struct capsa_public_key *key, char out[CAPSA_PUBLIC_KEY_TEXT])
{
	uint8_t raw[PUBLIC_SIZE] = "Ed";

	memcpy(raw + 2, key->id, sizeof key->id);
	memcpy(raw + 2 + ID_SIZE, key->key, sizeof key->key);
	sodium_bin2base64(out, CAPSA_PUBLIC_KEY_TEXT, raw, sizeof raw,
	                  sodium_base64_VARIANT_ORIGINAL);
}

void capsa_key_id_text(const uint8_t id[ID_SIZE], char out[CAPSA_KEY_ID_TEXT])
{
	snprintf(out, CAPSA_KEY_ID_TEXT, "%02X%02X%02X%02X%02X%02X%02X%02X", id[7], id[6], id[5],
	         id[4], id[3], id[2], id[1], id[0]);
}

/*
 * ---- Secret keys ----
 */

/*
 * sodium_init() makes libsodium's guarded memory and random source ready; it may be repeated.
 */
static enum capsa_status new_secret_key(struct capsa_secret_key **out, struct capsa_error *err)
{
	*out = NULL;
	if (sodium_init() < 0)
		return capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET, "libsodium does not start");
	*out = sodium_malloc(sizeof **out);
	return *out != NULL ? CAPSA_OK : capsa_fail_memory(err);
}

void capsa_secret_key_free(struct capsa_secret_key *key)
{
	sodium_free(key);
}

void capsa_secret_key_public(const struct capsa_secret_key *key, struct capsa_public_key *out)
{
	memcpy(out->id, key->id, sizeof out->id);
	crypto_sign_ed25519_sk_to_pk(out->key, key->key);
}

enum capsa_status capsa_secret_key_generate(struct capsa_secret_key **out, struct capsa_error *err)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	enum capsa_status st = new_secret_key(out, err);

	if (st != CAPSA_OK)
		return st;
	capsa_random((*out)->id, sizeof (*out)->id);
	crypto_sign_keypair(public_key, (*out)->key);
	return CAPSA_OK;
}

static uint64_t load_u64(const uint8_t *at)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static void store_u64(uint8_t *at, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

/* Encrypt or decrypt a raw secret key in place, by its salt and cost. */
static enum capsa_status apply_password(uint8_t raw[SECRET_SIZE], const char *password,
                                        struct capsa_error *err)
{
	uint64_t opslimit = load_u64(raw + OPSLIMIT_AT);
	uint64_t memlimit = load_u64(raw + MEMLIMIT_AT);
	uint8_t stream[HIDDEN_SIZE];

	/* Within the bounds of the cost nothing but memory can be wanting. */
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, password, strlen(password),
	                                       raw + SALT_AT, opslimit, (size_t)memlimit) != 0)
		return capsa_fail(err, CAPSA_ENOMEM, CAPSA_NO_OFFSET,
		                  "a password on a secret key takes %" PRIu64
		                  " MiB of memory, which cannot be had",
		                  memlimit >> 20);
	for (size_t i = 0; i < sizeof stream; i++)
		raw[HIDDEN_AT + i] ^= stream[i];
	sodium_memzero(stream, sizeof stream);
	return CAPSA_OK;
}

static void secret_checksum(const uint8_t raw[SECRET_SIZE], uint8_t out[CAPSA_DIGEST_SIZE])
{
	struct digest_state state;

	capsa_digest_init(&state);
	capsa_digest_update(&state, span_of(raw, 2));
	capsa_digest_update(&state, span_of(raw + HIDDEN_AT, CHECKSUM_AT - HIDDEN_AT));
	capsa_digest_final(&state, out);
	sodium_memzero(&state, sizeof state);
}

static bool checksum_matches(const uint8_t raw[SECRET_SIZE])
{
	uint8_t checksum[CAPSA_DIGEST_SIZE];
	bool matches;

	secret_checksum(raw, checksum);
	matches = sodium_memcmp(checksum, raw + CHECKSUM_AT, sizeof checksum) == 0;
	sodium_memzero(checksum, sizeof checksum);
	return matches;
}

/* Bring a raw secret key into the clear and check that it is whole. */
static enum capsa_status open_secret(uint8_t raw[SECRET_SIZE], const char *password,
                                     struct capsa_error *err)
{
	bool encrypted = memcmp(raw + 2, "Sc", 2) == 0;
	enum capsa_status st;

	if (memcmp(raw, "Ed", 2) != 0 || memcmp(raw + 4, "B2", 2) != 0 ||
	    (!encrypted && memcmp(raw + 2, "\0\0", 2) != 0))
		return capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET,
		                  "the secret key is of an unknown kind");
	if (!encrypted) {
		/* `minisign -G -W` leaves the checksum zero, `minisign -C -W` does not. */
		if (!checksum_matches(raw) && !sodium_is_zero(raw + CHECKSUM_AT, CAPSA_DIGEST_SIZE))
			return capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET,
			                  "the secret key is damaged: its checksum is wrong");
		return CAPSA_OK;
	}
	if (load_u64(raw + OPSLIMIT_AT) > OPSLIMIT_MAX ||
	    load_u64(raw + MEMLIMIT_AT) > MEMLIMIT_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "the secret key's password costs more than 1 GiB of memory or "
		                  "2^25 steps");
	if (password == NULL)
		return capsa_fail(err, CAPSA_EPASSWORD, CAPSA_NO_OFFSET,
		                  "the secret key needs a password");
	st = apply_password(raw, password, err);
	if (st == CAPSA_OK && !checksum_matches(raw))
		st = capsa_fail(err, CAPSA_EPASSWORD, CAPSA_NO_OFFSET, "wrong password");
	return st;
}

/*
 * Does the public half belong to the seed?  Signing with one that does not would
 * give the secret away.
 */
static bool halves_match(const struct capsa_secret_key *key)
{
	uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
	uint8_t whole[crypto_sign_SECRETKEYBYTES];
	bool match;

	crypto_sign_seed_keypair(public_key, whole, key->key);
	match = sodium_memcmp(whole, key->key, sizeof whole) == 0;
	sodium_memzero(whole, sizeof whole);
	return match;
}

enum capsa_status capsa_secret_key_parse(struct capsa_secret_key **out, const char *text,
                                         size_t size, const char *password,
                                         struct capsa_error *err)
{
	struct capsa_secret_key *key = NULL;
	uint8_t raw[SECRET_SIZE];
	enum capsa_status st;

	*out = NULL;
	if (base64_read(key_line(span_of(text, size)), raw, sizeof raw))
		st = open_secret(raw, password, err);
	else
		st = capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET, "this is not a secret key");
	if (st == CAPSA_OK)
		st = new_secret_key(&key, err);
	if (st == CAPSA_OK) {
		memcpy(key->id, raw + HIDDEN_AT, sizeof key->id);
		memcpy(key->key, raw + KEY_AT, sizeof key->key);
		if (!halves_match(key))
			st = capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET,
			                "the secret key is damaged: its halves do not match");
	}
	sodium_memzero(raw, sizeof raw);
	if (st == CAPSA_OK) {
		*out = key;
		key = NULL;     /* moved to the caller */
	}
	capsa_secret_key_free(key);
	return st;
}

enum capsa_status capsa_secret_key_text(const struct capsa_secret_key *key, const char *password,
                                        char out[CAPSA_SECRET_KEY_TEXT], struct capsa_error *err)
{
	uint8_t raw[SECRET_SIZE] = {'E', 'd', 0, 0, 'B', '2'};
	char base64[BASE64_SIZE(SECRET_SIZE)];
	char id[CAPSA_KEY_ID_TEXT];
	enum capsa_status st = CAPSA_OK;

	memcpy(raw + HIDDEN_AT, key->id, sizeof key->id);
	memcpy(raw + KEY_AT, key->key, sizeof key->key);
	secret_checksum(raw, raw + CHECKSUM_AT);
	if (password != NULL) {
		memcpy(raw + 2, "Sc", 2);
		capsa_random(raw + SALT_AT, OPSLIMIT_AT - SALT_AT);
		store_u64(raw + OPSLIMIT_AT, crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE);
		store_u64(raw + MEMLIMIT_AT, crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE);
		st = apply_password(raw, password, err);
	}
	if (st == CAPSA_OK) {
		sodium_bin2base64(base64, sizeof base64, raw, sizeof raw,
		                  sodium_base64_VARIANT_ORIGINAL);
		capsa_key_id_text(key->id, id);
		snprintf(out, CAPSA_SECRET_KEY_TEXT, UNTRUSTED " capsa secret key %s\n%s\n", id,
		         base64);
		sodium_memzero(base64, sizeof base64);
	} else {
		out[0] = '\0';
	}
	sodium_memzero(raw, sizeof raw);
	return st;
}

/*
 * ---- Signatures ----
 */

/*
 * May this stand as the trusted comment of a signature file?  As in 9.1, but minisign's own
 * comments have tabs, so a tab counts as any other character here.
 */
static bool comment_allowed(struct span comment)
{
	uint8_t text[CAPSA_COMMENT_MAX];

	if (comment.size < 1 || comment.size > sizeof text)
		return false;
	for (size_t i = 0; i < comment.size; i++)
		text[i] = comment.data[i] != '\t' ? comment.data[i] : '_';
	return capsa_utf8_plain(span_of(text, comment.size));
}

/* Read the four lines of a signature file; returns what is wrong, or NULL. */
static const char *parse_lines(const struct span line[4], struct capsa_signature *out)
{
	uint8_t raw[SIGNATURE_SIZE];
	struct span comment;

	if (!begins_with(line[0], UNTRUSTED))
		return "it does not begin with an untrusted comment";
	if (!base64_read(line[1], raw, sizeof raw))
		return "its second line is not the base64 of a signature";
	if (memcmp(raw, "Ed", 2) == 0)
		return "it is of the legacy kind (minisign -l), which capsa does not accept";
	if (memcmp(raw, "ED", 2) != 0)
		return "its algorithm is unknown";
	if (!begins_with(line[2], TRUSTED))
		return "its third line is not a trusted comment";
	comment = span_of(line[2].data + strlen(TRUSTED), line[2].size - strlen(TRUSTED));
	if (!comment_allowed(comment))
		return "its trusted comment is not 1 to 1024 bytes of plain text";
	if (!base64_read(line[3], out->global, sizeof out->global))
		return "its fourth line is not the base64 of a signature";
	memcpy(out->key_id, raw + 2, sizeof out->key_id);
	memcpy(out->signature, raw + 2 + ID_SIZE, sizeof out->signature);
	memcpy(out->comment, comment.data, comment.size);
	return NULL;
}

enum capsa_status capsa_signature_parse(struct capsa_signature *out, const char *text, size_t size,
                                        struct capsa_error *err)
{
	struct capsa_signature signature = {0};
	struct span rest = span_of(text, size);
	struct span line[4];
	size_t count = 0;
	const char *problem = "it does not have four lines";

	while (count < 4 && take_line(&rest, &line[count]))
		count++;
	if (count == 4 && rest.size == 0)
		problem = parse_lines(line, &signature);
	if (problem != NULL)
		return capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET,
		                  "this is not a signature file: %s", problem);
	*out = signature;
	return CAPSA_OK;
}

void capsa_signature_text(const struct capsa_signature *signature, char out[CAPSA_SIGNATURE_TEXT])
{
	uint8_t raw[SIGNATURE_SIZE] = "ED";
	char base64[BASE64_SIZE(SIGNATURE_SIZE)];
	char global[BASE64_SIZE(sizeof signature->global)];

	memcpy(raw + 2, signature->key_id, sizeof signature->key_id);
	memcpy(raw + 2 + ID_SIZE, signature->signature, sizeof signature->signature);
	sodium_bin2base64(base64, sizeof base64, raw, sizeof raw, sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(global, sizeof global, signature->global, sizeof signature->global,
	                  sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, CAPSA_SIGNATURE_TEXT, CAPSA_UNTRUSTED_COMMENT "\n%s\n" TRUSTED "%s\n%s\n",
	         base64, signature->comment, global);
}

/* What the global signature signs: the signature, then the trusted comment. */
struct global_message {
	uint8_t bytes[64 + CAPSA_COMMENT_MAX];
	size_t size;
};

static struct global_message global_message(const struct capsa_signature *signature)
{
	size_t comment_size = strlen(signature->comment);
	struct global_message message = {.size = sizeof signature->signature + comment_size};

	memcpy(message.bytes, signature->signature, sizeof signature->signature);
	memcpy(message.bytes + sizeof signature->signature, signature->comment, comment_size);
	return message;
}

enum capsa_status capsa_signature_make(struct capsa_signature *out,
                                       const struct capsa_secret_key *key,
                                       struct capsa_text statement, const char *comment,
                                       struct capsa_error *err)
{
	struct span text = span_of(comment, strlen(comment));
	struct capsa_signature signature = {.has_hint = true};
	struct global_message message;
	uint8_t digest[64];

	if (text.size < 1 || text.size > CAPSA_COMMENT_MAX || !capsa_utf8_plain(text))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the trusted comment is not 1 to 1024 bytes of plain text");
	memcpy(signature.comment, text.data, text.size);
	capsa_secret_key_public(key, &signature.hint);
	memcpy(signature.key_id, key->id, sizeof signature.key_id);
	capsa_digest512(digest, span_text(statement));
	crypto_sign_detached(signature.signature, NULL, digest, sizeof digest, key->key);
	message = global_message(&signature);
	crypto_sign_detached(signature.global, NULL, message.bytes, message.size, key->key);
	*out = signature;
	return CAPSA_OK;
}

enum capsa_status capsa_signature_check(const struct capsa_signature *signature,
                                        struct capsa_text statement,
                                        const struct capsa_public_key *key, struct capsa_error *err)
{
	struct global_message message = global_message(signature);
	char by[CAPSA_KEY_ID_TEXT];
	uint8_t digest[64];

	capsa_key_id_text(signature->key_id, by);
	if (memcmp(signature->key_id, key->id, sizeof key->id) != 0)
		return capsa_fail(err, CAPSA_EUNTRUSTED, CAPSA_NO_OFFSET,
		                  "the signature is by another key, %s", by);
	capsa_digest512(digest, span_text(statement));
	if (crypto_sign_verify_detached(signature->signature, digest, sizeof digest, key->key) != 0)
		return capsa_fail(err, CAPSA_EUNTRUSTED, CAPSA_NO_OFFSET,
		                  "the signature by %s does not verify", by);
	if (crypto_sign_verify_detached(signature->global, message.bytes, message.size,
	                                key->key) != 0)
		return capsa_fail(err, CAPSA_EUNTRUSTED, CAPSA_NO_OFFSET,
		                  "the trusted comment of the signature by %s does not verify", by);
	return CAPSA_OK;
}
