/* Keys and signatures in minisign's formats (spec 10.1). */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sign.h"
#include "digest.h"

#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>

/* Made by minisign 0.11 for these tests, where they protect nothing: `minisign -G -W`. */
#define PUBLIC_LINE "RWSn5TqI+igd9OoZUmIxfUC3c+Er9+eVqcI52Qqi4sRWRp2ElMsxea87"
#define PUBLIC_COMMENT "untrusted comment: minisign public key F41D28FA883AE5A7"
#define SECRET_COMMENT "untrusted comment: minisign encrypted secret key"
#define SECRET_LINE                                                                                \
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAp+U6iPoo"         \
	"HfS6d/aJkDkJX68va08QP301An3xlgS1zs3iOTJ4taqjqeoZUmIxfUC3c+Er9+eVqcI52Qqi4sRWRp2E"         \
	"lMsxea87AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* The same key with its checksum, as capsa writes it. */
#define SECRET_LINE_CHECKSUM                                                                       \
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAp+U6iPoo"         \
	"HfS6d/aJkDkJX68va08QP301An3xlgS1zs3iOTJ4taqjqeoZUmIxfUC3c+Er9+eVqcI52Qqi4sRWRp2E"         \
	"lMsxea87aXgjyBx/Id/HJFFQWBU1XTcg9m3KbPlkwxr735os24o="

/*
 * `minisign -G` with the password "correct horse", under `ulimit -v 60000`, for which it takes less
 * than its usual cost; and the same after `minisign -C -W`.
 */
#define ENCRYPTED_PUBLIC "RWQDzyNgBCMsdJEZEzYppwbVuf0GhCM5ex0j9jhdU3H826sXKR7cSpjL"
#define ENCRYPTED_LINE                                                                             \
	"RWRTY0Iyn5an50BKreUEtlhVVpoecg7BdWL/GmEcqc8iBs/Z25IAABAAAAAAAAAAAAIAAAAAHpZpNgPI"         \
	"MdAskc70T4KnVdV3+eRbDERYjjx0pn9Z1op71hEAq3+WTclpRKO15HHXC77cSyvr7i+r62lIRa0Me1bK"         \
	"IRmnwynpWlF4wMkHiQSYpxS5lAvc1q06FiLYy8yXgPLFXuA3sEc="
#define DECRYPTED_LINE                                                                             \
	"RWQAAEIyn5an50BKreUEtlhVVpoecg7BdWL/GmEcqc8iBs/Z25IAABAAAAAAAAAAAAIAAAAAA88jYAQj"         \
	"LHTjI/q0qKXZWUz1NjYQ1+WWJo1h4g15YEh6EhJDWsKMHpEZEzYppwbVuf0GhCM5ex0j9jhdU3H826sX"         \
	"KR7cSpjLdSc82ztuIsWV1RkQ70gY4EZEfABRnqQO21HxgwLqsBI="

/* `minisign -S` with the first key over STATEMENT; then -t was given, and not, and -l. */
#define STATEMENT "capsa statement 1\nversion: 1.0\n"
#define SIGNATURE_LINE                                                                             \
	"RUSn5TqI+igd9G1HlYxuYD3heRCT6or2yD9+iFyn/eu6Rx+VIdt5zPt1UrQFNLqFj1c1ZFlwiUCNaey9"         \
	"CuoRnZUyaMA9oK5/+Qg="
#define UNTRUSTED "untrusted comment: signature from minisign secret key\n"
#define COMMENT "capsa: packed 2026-01-02T03:04:05Z"
#define GLOBAL_LINE                                                                                \
	"RnRjBAC+Ag3q3pT1cE8vOhtP1fnxMO21wU6ClfFNCeI7n6ucSwZPP5eyiLRrhyJ/zboDVcACbkef2H2N"         \
	"rAfJBA=="
#define SIGNATURE UNTRUSTED SIGNATURE_LINE "\ntrusted comment: " COMMENT "\n" GLOBAL_LINE "\n"
#define TAB_COMMENT "timestamp:1795613972\tfile:s.txt\thashed"
#define TAB_SIGNATURE                                                                              \
	UNTRUSTED SIGNATURE_LINE "\ntrusted comment: " TAB_COMMENT "\n"                            \
	"YhbUHa5r6mWF+dQMD9k42J4t+s6do7PPLKzp1W9d1GJwoNpi3BhjuTYVIqwRxgwmvzvpTuZw82gcyyIEu1Y9Dg==\n"
#define LEGACY_SIGNATURE                                                                           \
	UNTRUSTED                                                                                  \
	"RWSn5TqI+igd9CIynoCyyVpyBTBZKmmll+0Z9QB7xOlHjRuvNMPYa7VArLDHknbMVN6rurTFcJiP3hD8"         \
	"jEWC0eWSoUqKRl74rQ8=\n"                                                                   \
	"trusted comment: legacy\n"                                                                \
	"f3JffoRO0T8sxe1YvbexW2QXk/nqYNCSJ3ub/iep489sV/eFMGNLvDrvfaNsDIWqWo3soXmhBpOxm2nZvrl+AQ==\n"

static const struct capsa_text statement = {STATEMENT, sizeof STATEMENT - 1};

static struct capsa_public_key parse_public(const char *text)
{
	struct capsa_public_key key;
	struct capsa_error err = {0};

	if (capsa_public_key_parse(&key, text, strlen(text), &err) != CAPSA_OK)
		fail_msg("%s: %s", text, err.text);
	return key;
}

static struct capsa_secret_key *parse_secret(const char *text, const char *password)
{
	struct capsa_secret_key *key;
	struct capsa_error err = {0};

	if (capsa_secret_key_parse(&key, text, strlen(text), password, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	return key;
}

static struct capsa_signature parse_signature(const char *text)
{
	struct capsa_signature signature;
	struct capsa_error err = {0};

	if (capsa_signature_parse(&signature, text, strlen(text), &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	return signature;
}

/*
 * ---- Public keys ----
 */

static void test_public(void **state)
{
	static const uint8_t id[8] = {0xa7, 0xe5, 0x3a, 0x88, 0xfa, 0x28, 0x1d, 0xf4};
	static const char *const forms[] = {
	    PUBLIC_COMMENT "\n" PUBLIC_LINE "\n",
	    PUBLIC_COMMENT "\n" PUBLIC_LINE,
	    PUBLIC_COMMENT "\r\n" PUBLIC_LINE "\r\n",
	    PUBLIC_COMMENT "\n" PUBLIC_LINE "\n\n",
	    "untrusted comment: \n" PUBLIC_LINE "\n",
	    "untrusted comment:\n" PUBLIC_LINE "\n",
	    PUBLIC_LINE,
	    PUBLIC_LINE "\n",
	    " \t\r\n" PUBLIC_LINE " \t\r\n",
	    "\n " PUBLIC_COMMENT "\n\n" PUBLIC_LINE "\n\n",
	};
	char text[CAPSA_PUBLIC_KEY_TEXT], id_text[CAPSA_KEY_ID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct capsa_public_key key = parse_public(forms[i]);

		assert_memory_equal(key.id, id, sizeof id);
		assert_int_equal(key.key[0], 0xea);
		assert_int_equal(key.key[31], 0x3b);
		capsa_public_key_text(&key, text);
		assert_string_equal(text, PUBLIC_LINE);
		capsa_key_id_text(key.id, id_text);
		assert_string_equal(id_text, "F41D28FA883AE5A7");
	}
}

static void test_no_public(void **state)
{
	static const char *const cases[] = {
	    "",
	    "\n",
	    PUBLIC_COMMENT,
	    PUBLIC_COMMENT "\n",
	    "RWSn5TqI+igd9OoZUmIxfUC3c+Er9+eVqcI52Qqi4sRWRp2ElMsxea8",    /* too short */
	    PUBLIC_LINE "7",
	    PUBLIC_LINE "AAAA",
	    PUBLIC_LINE "=",
	    "RUSn5TqI+igd9OoZUmIxfUC3c+Er9+eVqcI52Qqi4sRWRp2ElMsxea87",   /* "ED" */
	    "RWSn5TqI-igd9OoZUmIxfUC3c-Er9-eVqcI52Qqi4sRWRp2ElMsxea87",   /* other alphabet */
	    "RWSn5TqI+igd9OoZUmIxfUC3c+Er9 eVqcI52Qqi4sRWRp2ElMsxea87",
	    "RWSn5TqI+igd9OoZUmIxfUC3c+Er9\n+eVqcI52Qqi4sRWRp2ElMsxea87",
	    "comment\n" PUBLIC_LINE "\n",
	    PUBLIC_COMMENT "\n" PUBLIC_COMMENT "\n" PUBLIC_LINE "\n",
	    PUBLIC_COMMENT "\n" PUBLIC_LINE "\n" PUBLIC_LINE "\n",
	    SECRET_COMMENT "\n" SECRET_LINE "\n",
	    SIGNATURE,
	};
	struct capsa_public_key key = {.id = {1}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct capsa_error err = {0};

		assert_int_equal(capsa_public_key_parse(&key, cases[i], strlen(cases[i]), &err),
		                 CAPSA_EFORMAT);
		assert_string_equal(err.text, "this is not a public key");
		assert_true(err.offset == CAPSA_NO_OFFSET);
	}
	assert_int_equal(capsa_public_key_parse(&key, NULL, 0, NULL), CAPSA_EFORMAT);
	assert_int_equal(capsa_public_key_parse(&key, PUBLIC_LINE "\0", sizeof PUBLIC_LINE, NULL),
	                 CAPSA_EFORMAT);
	assert_int_equal(key.id[0], 1);
}

/*
 * ---- Secret keys ----
 */

#define RAW_SIZE 158

/* A secret key file of raw bytes. */
static void raw_text(const uint8_t raw[RAW_SIZE], char out[CAPSA_SECRET_KEY_TEXT])
{
	char base64[300];

	sodium_bin2base64(base64, sizeof base64, raw, RAW_SIZE, sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, CAPSA_SECRET_KEY_TEXT, "%s\n%s\n", SECRET_COMMENT, base64);
}

static void raw_of(const char *line, uint8_t raw[RAW_SIZE])
{
	size_t size;

	assert_int_equal(sodium_base642bin(raw, RAW_SIZE, line, strlen(line), NULL, &size, NULL,
	                                   sodium_base64_VARIANT_ORIGINAL),
	                 0);
	assert_int_equal(size, RAW_SIZE);
}

/* The first key, encrypted at the least cost that scrypt has here. */
static void raw_cheap(uint8_t raw[RAW_SIZE], const char *password)
{
	uint8_t stream[104];

	raw_of(SECRET_LINE_CHECKSUM, raw);
	memcpy(raw + 2, "Sc", 2);
	memset(raw + 6, 0x5a, 32);
	memcpy(raw + 38, "\x00\x80\0\0\0\0\0\0", 8);
	memcpy(raw + 46, "\x00\x00\x10\0\0\0\0\0", 8);
	assert_int_equal(crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, password,
	                                                    strlen(password), raw + 6, 0x8000,
	                                                    0x100000),
	                 0);
	for (size_t i = 0; i < sizeof stream; i++)
		raw[54 + i] ^= stream[i];
}

static void expect_secret(const char *text, const char *password, enum capsa_status status,
                          const char *words)
{
	static char something;
	struct capsa_secret_key *key = (void *)&something;
	struct capsa_error err = {0};
	enum capsa_status st = capsa_secret_key_parse(&key, text, strlen(text), password, &err);

	if (st != status || strcmp(err.text, words) != 0)
		fail_msg("status %d, '%s', not '%s'", (int)st, err.text, words);
	assert_null(key);
}

static void expect_raw(const uint8_t raw[RAW_SIZE], const char *password, enum capsa_status status,
                       const char *words)
{
	char text[CAPSA_SECRET_KEY_TEXT];

	raw_text(raw, text);
	expect_secret(text, password, status, words);
}

static void assert_secret(struct capsa_secret_key *key, const char *public_line)
{
	struct capsa_public_key public_key, expected = parse_public(public_line);

	capsa_secret_key_public(key, &public_key);
	assert_memory_equal(&public_key, &expected, sizeof expected);
	capsa_secret_key_free(key);
}

static void test_secret_plain(void **state)
{
	static const char *const forms[] = {
	    SECRET_COMMENT "\n" SECRET_LINE "\n",
	    SECRET_COMMENT "\n" SECRET_LINE_CHECKSUM "\n",
	    SECRET_COMMENT "\r\n" SECRET_LINE "\r\n",
	    SECRET_COMMENT "\n" SECRET_LINE,
	    SECRET_LINE,
	    "\n" SECRET_LINE "\n\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		assert_secret(parse_secret(forms[i], NULL), PUBLIC_LINE);
		assert_secret(parse_secret(forms[i], "not needed"), PUBLIC_LINE);
	}
	assert_secret(parse_secret(DECRYPTED_LINE, NULL), ENCRYPTED_PUBLIC);
}

static void test_secret_text(void **state)
{
	struct capsa_secret_key *key = parse_secret(SECRET_LINE, NULL);
	char text[CAPSA_SECRET_KEY_TEXT];

	(void)state;
	assert_int_equal(capsa_secret_key_text(key, NULL, text, NULL), CAPSA_OK);
	assert_string_equal(text, "untrusted comment: capsa secret key F41D28FA883AE5A7\n"
	                          SECRET_LINE_CHECKSUM "\n");
	capsa_secret_key_free(key);
	assert_secret(parse_secret(text, NULL), PUBLIC_LINE);
}

static void test_no_secret(void **state)
{
	static const char *const cases[] = {
	    "",
	    SECRET_COMMENT "\n",
	    "RWQAAEIy",
	    PUBLIC_LINE,
	    SECRET_LINE "=",
	    SECRET_LINE "AAAA",
	    "x\n" SECRET_LINE "\n",
	    SIGNATURE,
	};
	char text[] = SECRET_LINE;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_secret(cases[i], NULL, CAPSA_EFORMAT, "this is not a secret key");
	text[sizeof text - 2] = '\0';           /* without its padding */
	expect_secret(text, NULL, CAPSA_EFORMAT, "this is not a secret key");
	text[sizeof text - 2] = '=';
	text[sizeof text - 3] = 'B';            /* bits that belong to no byte */
	expect_secret(text, NULL, CAPSA_EFORMAT, "this is not a secret key");
}

static void test_secret_kinds(void **state)
{
	static const size_t kinds[] = {0, 1, 2, 3, 4, 5};
	uint8_t raw[RAW_SIZE];

	(void)state;
	raw_of(SECRET_LINE, raw);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		raw[kinds[i]] ^= 0x20;
		expect_raw(raw, NULL, CAPSA_EFORMAT, "the secret key is of an unknown kind");
		raw[kinds[i]] ^= 0x20;
	}
	memcpy(raw + 2, "Ar", 2);
	expect_raw(raw, "password", CAPSA_EFORMAT, "the secret key is of an unknown kind");
}

static void test_secret_damaged(void **state)
{
	uint8_t raw[RAW_SIZE];

	(void)state;
	raw_of(SECRET_LINE_CHECKSUM, raw);
	for (size_t i = 54; i < RAW_SIZE; i++) {
		raw[i] ^= 4;
		expect_raw(raw, NULL, CAPSA_EFORMAT,
		           "the secret key is damaged: its checksum is wrong");
		raw[i] ^= 4;
	}
	/* Without a checksum the halves still show a change of either. */
	raw_of(SECRET_LINE, raw);
	for (size_t i = 62; i < 126; i++) {
		raw[i] ^= 4;
		expect_raw(raw, NULL, CAPSA_EFORMAT,
		           "the secret key is damaged: its halves do not match");
		raw[i] ^= 4;
	}
}

static void test_secret_password(void **state)
{
	uint8_t raw[RAW_SIZE];
	char text[CAPSA_SECRET_KEY_TEXT];

	(void)state;
	raw_cheap(raw, "p\xc3\xa4ss word");
	raw_text(raw, text);
	assert_secret(parse_secret(text, "p\xc3\xa4ss word"), PUBLIC_LINE);
	expect_secret(text, NULL, CAPSA_EPASSWORD, "the secret key needs a password");
	expect_secret(text, "", CAPSA_EPASSWORD, "wrong password");
	expect_secret(text, "p\xc3\xa4ss wor", CAPSA_EPASSWORD, "wrong password");
	raw[100] ^= 1;
	expect_raw(raw, "p\xc3\xa4ss word", CAPSA_EPASSWORD, "wrong password");

	raw_cheap(raw, "");
	raw_text(raw, text);
	assert_secret(parse_secret(text, ""), PUBLIC_LINE);
}

/* A cost over the bound is refused before scrypt runs; at the bound, the password is asked for. */
static void test_secret_cost(void **state)
{
	static const char over[] =
	    "the secret key's password costs more than 1 GiB of memory or 2^25 steps";
	static const char asks[] = "the secret key needs a password";
	static const struct {
		const char *opslimit, *memlimit;
		enum capsa_status status;
		const char *words;
	} cases[] = {
	    {"\0\0\0\2\0\0\0\0", "\0\0\0\x40\0\0\0\0", CAPSA_EPASSWORD, asks},
	    {"\1\0\0\2\0\0\0\0", "\0\0\0\x40\0\0\0\0", CAPSA_ELIMIT, over},
	    {"\0\0\0\2\0\0\0\0", "\1\0\0\x40\0\0\0\0", CAPSA_ELIMIT, over},
	    {"\0\0\0\2\0\0\0\0", "\0\0\0\0\1\0\0\0", CAPSA_ELIMIT, over},
	    {"\0\0\0\2\0\0\0\x80", "\0\0\0\0\0\0\0\0", CAPSA_ELIMIT, over},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\xff\xff\xff\xff\xff", CAPSA_ELIMIT,
	     over},
	    {"\0\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\0", CAPSA_EPASSWORD, asks},
	};
	uint8_t raw[RAW_SIZE];

	(void)state;
	raw_of(ENCRYPTED_LINE, raw);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memcpy(raw + 38, cases[i].opslimit, 8);
		memcpy(raw + 46, cases[i].memlimit, 8);
		expect_raw(raw, NULL, cases[i].status, cases[i].words);
	}
	/* The least cost of all runs, too. */
	expect_raw(raw, "any", CAPSA_EPASSWORD, "wrong password");
}

/* What stock minisign encrypted, at the cost that its file says. */
static void test_secret_of_minisign(void **state)
{
	(void)state;
	assert_secret(parse_secret(SECRET_COMMENT "\n" ENCRYPTED_LINE "\n", "correct horse"),
	              ENCRYPTED_PUBLIC);
	expect_secret(ENCRYPTED_LINE, "correct house", CAPSA_EPASSWORD, "wrong password");
}

static void test_secret_encrypted_text(void **state)
{
	struct capsa_secret_key *key = parse_secret(SECRET_LINE, NULL);
	char text[CAPSA_SECRET_KEY_TEXT];
	uint8_t raw[RAW_SIZE], plain[RAW_SIZE];

	(void)state;
	assert_int_equal(capsa_secret_key_text(key, "secret", text, NULL), CAPSA_OK);
	capsa_secret_key_free(key);
	assert_secret(parse_secret(text, "secret"), PUBLIC_LINE);
	expect_secret(text, NULL, CAPSA_EPASSWORD, "the secret key needs a password");

	assert_memory_equal(text, "untrusted comment: capsa secret key F41D28FA883AE5A7\n", 53);
	assert_int_equal(text[strlen(text) - 1], '\n');
	text[strlen(text) - 1] = '\0';
	raw_of(text + 53, raw);
	raw_of(SECRET_LINE, plain);
	assert_memory_equal(raw, "EdScB2", 6);
	assert_memory_equal(raw + 38, "\0\0\0\2\0\0\0\0" "\0\0\0\x40\0\0\0\0", 16);
	assert_memory_not_equal(raw + 6, plain + 6, 32);
	assert_memory_not_equal(raw + 62, plain + 62, 32);
}

/* Without memory for scrypt nothing is written and nothing is opened. */
static void test_secret_memory(void **state)
{
	struct capsa_secret_key *key = parse_secret(SECRET_LINE, NULL), *opened;
	char text[CAPSA_SECRET_KEY_TEXT] = "x";
	struct capsa_error write_err = {0}, read_err = {0};
	enum capsa_status write_st, read_st;
	struct rlimit before, little;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
	little = before;
	little.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_DATA, &little), 0);
	write_st = capsa_secret_key_text(key, "secret", text, &write_err);
	read_st = capsa_secret_key_parse(&opened, ENCRYPTED_LINE, sizeof ENCRYPTED_LINE - 1,
	                                 "correct horse", &read_err);
	assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
	assert_int_equal(write_st, CAPSA_ENOMEM);
	assert_string_equal(write_err.text, "a password on a secret key takes 1024 MiB of memory, "
	                                    "which cannot be had");
	assert_string_equal(text, "");
	assert_int_equal(read_st, CAPSA_ENOMEM);
	assert_string_equal(read_err.text, "a password on a secret key takes 32 MiB of memory, "
	                                   "which cannot be had");
	assert_null(opened);
	capsa_secret_key_free(key);
}

static void test_generate(void **state)
{
	struct capsa_secret_key *a, *b;
	struct capsa_public_key public_a, public_b;
	struct capsa_signature signature;
	char text[CAPSA_SECRET_KEY_TEXT], line[CAPSA_PUBLIC_KEY_TEXT];

	(void)state;
	assert_int_equal(capsa_secret_key_generate(&a, NULL), CAPSA_OK);
	assert_int_equal(capsa_secret_key_generate(&b, NULL), CAPSA_OK);
	capsa_secret_key_public(a, &public_a);
	capsa_secret_key_public(b, &public_b);
	assert_memory_not_equal(public_a.id, public_b.id, sizeof public_a.id);
	assert_memory_not_equal(public_a.key, public_b.key, sizeof public_a.key);

	assert_int_equal(capsa_signature_make(&signature, a, statement, "hi", NULL), CAPSA_OK);
	assert_int_equal(capsa_signature_check(&signature, statement, &public_a, NULL), CAPSA_OK);
	assert_int_equal(capsa_signature_check(&signature, statement, &public_b, NULL),
	                 CAPSA_EUNTRUSTED);

	assert_int_equal(capsa_secret_key_text(a, NULL, text, NULL), CAPSA_OK);
	capsa_public_key_text(&public_a, line);
	assert_secret(parse_secret(text, NULL), line);
	capsa_secret_key_free(a);
	capsa_secret_key_free(b);
	capsa_secret_key_free(NULL);
}

/*
 * ---- Signatures ----
 */

/* Ed25519 is deterministic: with minisign's key and comment capsa makes minisign's signature. */
static void test_make(void **state)
{
	struct capsa_secret_key *key = parse_secret(SECRET_LINE, NULL);
	struct capsa_public_key public_key = parse_public(PUBLIC_LINE);
	struct capsa_signature signature;
	char text[CAPSA_SIGNATURE_TEXT];

	(void)state;
	memset(&signature, 0xee, sizeof signature);
	assert_int_equal(capsa_signature_make(&signature, key, statement, COMMENT, NULL), CAPSA_OK);
	capsa_signature_text(&signature, text);
	assert_string_equal(text, "untrusted comment: capsa signature\n" SIGNATURE_LINE "\n"
	                          "trusted comment: " COMMENT "\n" GLOBAL_LINE "\n");
	assert_true(signature.has_hint);
	assert_memory_equal(&signature.hint, &public_key, sizeof public_key);
	assert_int_equal(capsa_signature_check(&signature, statement, &public_key, NULL), CAPSA_OK);
	capsa_secret_key_free(key);
}

static void test_make_comments(void **state)
{
	struct capsa_secret_key *key = parse_secret(SECRET_LINE, NULL);
	struct capsa_public_key public_key = parse_public(PUBLIC_LINE);
	static const char *const bad[] = {"", " x", "x ", "a\tb", "a\nb", "\xff", "\xe2\x80\xa9"};
	struct capsa_signature signature, parsed;
	char comment[CAPSA_COMMENT_MAX + 2], text[CAPSA_SIGNATURE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct capsa_error err = {0};

		assert_int_equal(capsa_signature_make(&signature, key, statement, bad[i], &err),
		                 CAPSA_EMISUSE);
		assert_string_equal(err.text,
		                    "the trusted comment is not 1 to 1024 bytes of plain text");
	}
	memset(comment, 'c', sizeof comment);
	comment[CAPSA_COMMENT_MAX + 1] = '\0';
	assert_int_equal(capsa_signature_make(&signature, key, statement, comment, NULL),
	                 CAPSA_EMISUSE);
	comment[CAPSA_COMMENT_MAX] = '\0';
	assert_int_equal(capsa_signature_make(&signature, key, statement, comment, NULL), CAPSA_OK);
	capsa_signature_text(&signature, text);
	parsed = parse_signature(text);
	assert_string_equal(parsed.comment, comment);
	assert_int_equal(capsa_signature_check(&parsed, statement, &public_key, NULL), CAPSA_OK);
	capsa_secret_key_free(key);
}

static void test_signature_forms(void **state)
{
	static const char crlf[] = "untrusted comment: x\r\n" SIGNATURE_LINE "\r\ntrusted comment: "
	                           COMMENT "\r\n" GLOBAL_LINE "\r\n";
	static const char open_end[] = UNTRUSTED SIGNATURE_LINE "\ntrusted comment: " COMMENT "\n"
	                               GLOBAL_LINE;
	struct capsa_public_key key = parse_public(PUBLIC_LINE);
	struct capsa_signature expected = parse_signature(SIGNATURE), signature;
	char text[CAPSA_SIGNATURE_TEXT];

	(void)state;
	assert_memory_equal(expected.key_id, key.id, sizeof key.id);
	assert_int_equal(expected.signature[0], 0x6d);
	assert_int_equal(expected.signature[63], 0x08);
	assert_int_equal(expected.global[0], 0x46);
	assert_int_equal(expected.global[63], 0x04);
	assert_string_equal(expected.comment, COMMENT);
	assert_false(expected.has_hint);
	assert_int_equal(capsa_signature_check(&expected, statement, &key, NULL), CAPSA_OK);

	signature = parse_signature(crlf);
	assert_memory_equal(&signature, &expected, sizeof expected);
	signature = parse_signature(open_end);
	assert_memory_equal(&signature, &expected, sizeof expected);
	capsa_signature_text(&expected, text);
	signature = parse_signature(text);
	assert_memory_equal(&signature, &expected, sizeof expected);
}

static void test_signature_with_tabs(void **state)
{
	struct capsa_public_key key = parse_public(PUBLIC_LINE);
	struct capsa_signature signature = parse_signature(TAB_SIGNATURE), again;
	char text[CAPSA_SIGNATURE_TEXT];

	(void)state;
	assert_string_equal(signature.comment, TAB_COMMENT);
	assert_int_equal(capsa_signature_check(&signature, statement, &key, NULL), CAPSA_OK);
	capsa_signature_text(&signature, text);
	again = parse_signature(text);
	assert_memory_equal(&again, &signature, sizeof signature);
}

#define NO_FILE "this is not a signature file: "
#define FOUR NO_FILE "it does not have four lines"
#define BAD_SECOND NO_FILE "its second line is not the base64 of a signature"
#define BAD_COMMENT NO_FILE "its trusted comment is not 1 to 1024 bytes of plain text"
#define BAD_FOURTH NO_FILE "its fourth line is not the base64 of a signature"
#define WITH_COMMENT(comment)                                                                      \
	UNTRUSTED SIGNATURE_LINE "\ntrusted comment: " comment "\n" GLOBAL_LINE "\n"
#define WITH_LINE(line) UNTRUSTED line "\ntrusted comment: x\n" GLOBAL_LINE "\n"

static const struct {
	const char *text;
	const char *words;
} no_signatures[] = {
    {"", FOUR},
    {"\n", FOUR},
    {UNTRUSTED, FOUR},
    {UNTRUSTED SIGNATURE_LINE "\n", FOUR},
    {UNTRUSTED SIGNATURE_LINE "\ntrusted comment: x\n", FOUR},
    {SIGNATURE "\n", FOUR},
    {SIGNATURE "x", FOUR},
    {"\n" SIGNATURE, FOUR},
    {PUBLIC_COMMENT "\n" PUBLIC_LINE "\n", FOUR},
    {"comment: x\n" SIGNATURE_LINE "\ntrusted comment: x\n" GLOBAL_LINE "\n",
     NO_FILE "it does not begin with an untrusted comment"},
    {WITH_LINE(""), BAD_SECOND},
    {WITH_LINE(" " SIGNATURE_LINE), BAD_SECOND},
    {WITH_LINE(SIGNATURE_LINE " "), BAD_SECOND},
    {WITH_LINE(SIGNATURE_LINE "="), BAD_SECOND},
    {WITH_LINE(PUBLIC_LINE), BAD_SECOND},
    {WITH_LINE(GLOBAL_LINE), BAD_SECOND},
    {WITH_LINE(SECRET_LINE), BAD_SECOND},
    {LEGACY_SIGNATURE,
     NO_FILE "it is of the legacy kind (minisign -l), which capsa does not accept"},
    {WITH_LINE("RUWn5TqI+igd9G1HlYxuYD3heRCT6or2yD9+iFyn/eu6Rx+VIdt5zPt1UrQFNLqFj1c1ZFlwiUCNaey9"
               "CuoRnZUyaMA9oK5/+Qg="),
     NO_FILE "its algorithm is unknown"},
    {UNTRUSTED SIGNATURE_LINE "\ntrusted comment:x\n" GLOBAL_LINE "\n",
     NO_FILE "its third line is not a trusted comment"},
    {UNTRUSTED SIGNATURE_LINE "\nuntrusted comment: x\n" GLOBAL_LINE "\n",
     NO_FILE "its third line is not a trusted comment"},
    {WITH_COMMENT(""), BAD_COMMENT},
    {WITH_COMMENT(" x"), BAD_COMMENT},
    {WITH_COMMENT("x "), BAD_COMMENT},
    {WITH_COMMENT("a\vb"), BAD_COMMENT},
    {WITH_COMMENT("a\rb"), BAD_COMMENT},
    {WITH_COMMENT("a\x1b[31m"), BAD_COMMENT},
    {WITH_COMMENT("\xc3"), BAD_COMMENT},
    {WITH_COMMENT("\xe2\x80\xae"), BAD_COMMENT},
    {UNTRUSTED SIGNATURE_LINE "\ntrusted comment: x\n\n", BAD_FOURTH},
    {UNTRUSTED SIGNATURE_LINE "\ntrusted comment: x\n" SIGNATURE_LINE "\n", BAD_FOURTH},
    {UNTRUSTED SIGNATURE_LINE "\ntrusted comment: x\n" GLOBAL_LINE " \n", BAD_FOURTH},
};

static void test_no_signature(void **state)
{
	struct capsa_signature signature = {.comment = "as before"};
	char text[2 * CAPSA_SIGNATURE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof no_signatures / sizeof no_signatures[0]; i++) {
		struct capsa_error err = {0};
		const char *bad = no_signatures[i].text;

		assert_int_equal(capsa_signature_parse(&signature, bad, strlen(bad), &err),
		                 CAPSA_EFORMAT);
		assert_string_equal(err.text, no_signatures[i].words);
	}
	for (int size = 1023; size <= 1025; size++) {
		snprintf(text, sizeof text, WITH_COMMENT("%0*d"), size, 1);
		assert_int_equal(capsa_signature_parse(&signature, text, strlen(text), NULL),
		                 size <= 1024 ? CAPSA_OK : CAPSA_EFORMAT);
	}
	assert_int_equal(capsa_signature_parse(&signature, WITH_COMMENT("a\0b"),
	                                       sizeof WITH_COMMENT("a\0b") - 1, NULL),
	                 CAPSA_EFORMAT);
	assert_int_equal(strlen(signature.comment), 1024);
}

static void expect_untrusted(const struct capsa_signature *signature,
                             const struct capsa_public_key *key, const char *words)
{
	struct capsa_error err = {0};

	assert_int_equal(capsa_signature_check(signature, statement, key, &err), CAPSA_EUNTRUSTED);
	assert_string_equal(err.text, words);
}

#define BY_OTHER "the signature is by another key, F41D28FA883AE5A7"
#define BAD_SIGNATURE "the signature by F41D28FA883AE5A7 does not verify"
#define BAD_GLOBAL "the trusted comment of the signature by F41D28FA883AE5A7 does not verify"

static void test_check(void **state)
{
	struct capsa_public_key key = parse_public(PUBLIC_LINE);
	struct capsa_public_key other = parse_public(ENCRYPTED_PUBLIC);
	struct capsa_signature signature = parse_signature(SIGNATURE);
	struct capsa_text empty = {NULL, 0};
	char changed[] = STATEMENT;

	(void)state;
	expect_untrusted(&signature, &other, BY_OTHER);
	memcpy(other.id, key.id, sizeof other.id);
	expect_untrusted(&signature, &other, BAD_SIGNATURE);
	for (size_t bit = 0; bit < 512; bit++) {
		signature.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		expect_untrusted(&signature, &key, BAD_SIGNATURE);
		signature.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		signature.global[bit / 8] ^= (uint8_t)(1 << bit % 8);
		expect_untrusted(&signature, &key, BAD_GLOBAL);
		signature.global[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t i = 0; i < strlen(COMMENT); i++) {
		signature.comment[i] ^= 1;
		expect_untrusted(&signature, &key, BAD_GLOBAL);
		signature.comment[i] ^= 1;
	}
	signature.comment[strlen(COMMENT)] = '.';
	expect_untrusted(&signature, &key, BAD_GLOBAL);
	signature.comment[strlen(COMMENT)] = '\0';
	assert_int_equal(capsa_signature_check(&signature, statement, &key, NULL), CAPSA_OK);
	for (size_t i = 0; i < sizeof changed - 1; i++) {
		changed[i] ^= 1;
		assert_int_equal(capsa_signature_check(&signature,
		                                       (struct capsa_text){changed, statement.size},
		                                       &key, NULL),
		                 CAPSA_EUNTRUSTED);
		changed[i] ^= 1;
	}
	assert_int_equal(capsa_signature_check(&signature, empty, &key, NULL), CAPSA_EUNTRUSTED);
}

/* The hint is no part of what a signature proves. */
static void test_hint_is_not_used(void **state)
{
	struct capsa_public_key key = parse_public(PUBLIC_LINE);
	struct capsa_signature signature = parse_signature(SIGNATURE);

	(void)state;
	signature.has_hint = true;
	signature.hint = parse_public(ENCRYPTED_PUBLIC);
	assert_int_equal(capsa_signature_check(&signature, statement, &key, NULL), CAPSA_OK);
	expect_untrusted(&signature, &signature.hint, BY_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_public),
	    cmocka_unit_test(test_no_public),
	    cmocka_unit_test(test_secret_plain),
	    cmocka_unit_test(test_secret_text),
	    cmocka_unit_test(test_no_secret),
	    cmocka_unit_test(test_secret_kinds),
	    cmocka_unit_test(test_secret_damaged),
	    cmocka_unit_test(test_secret_password),
	    cmocka_unit_test(test_secret_cost),
	    cmocka_unit_test(test_secret_of_minisign),
	    cmocka_unit_test(test_secret_encrypted_text),
	    cmocka_unit_test(test_secret_memory),
	    cmocka_unit_test(test_generate),
	    cmocka_unit_test(test_make),
	    cmocka_unit_test(test_make_comments),
	    cmocka_unit_test(test_signature_forms),
	    cmocka_unit_test(test_signature_with_tabs),
	    cmocka_unit_test(test_no_signature),
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_hint_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
