/* Digests that others use. */
#include "digests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct capsa_text text_of(const char *text)
{
	return (struct capsa_text){text, strlen(text)};
}

/* Of "abc", as their standards say. */
static const struct {
	enum import_digest_kind kind;
	const char *text;
} samples[] = {
    {IMPORT_MD5, "md5:900150983cd24fb0d6963f7d28e17f72"},
    {IMPORT_MD5, "MD5:kAFQmDzST7DWlj99KOF/cg=="},
    {IMPORT_SHA1, "sha1:a9993e364706816aba3e25717850c26c9cd0d89d"},
    {IMPORT_SHA1, "SHA-1:A9993E364706816ABA3E25717850C26C9CD0D89D"},
    {IMPORT_SHA1, "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5"},
    {IMPORT_SHA1, "sha1:vgmt4nsha2awvor6evyxqugcnsonbwe5"},
    {IMPORT_SHA1, "sha1:qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
    {IMPORT_SHA1, "sha1:qZk-NkcGgWq6PiVxeFDCbJzQ2J0"},
    {IMPORT_SHA256, "sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {IMPORT_SHA256, "sha256:XJ4BNP4PAHH6UQKBIDPF3LRCEOYAGYNDSYLXVHFUCD7WD4QACWWQ===="},
    {IMPORT_SHA384, "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                    "8086072ba1e7cc2358baeca134c825a7"},
    {IMPORT_SHA512, "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
};

static void test_digests(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct import_hash *hash = import_hash_new(samples[i].kind);
		struct import_digest said, found;
		bool known;

		assert_non_null(hash);
		assert_true(import_digest_parse(text_of(samples[i].text), &said, &known));
		assert_true(known);
		assert_int_equal(said.kind, samples[i].kind);
		import_hash_put(hash, text_of("a"));
		import_hash_put(hash, text_of("bc"));
		import_hash_end(hash, &found);
		assert_true(import_digest_equal(&said, &found));
		/* It begins anew. */
		import_hash_put(hash, text_of("abd"));
		import_hash_end(hash, &found);
		assert_false(import_digest_equal(&said, &found));
		import_hash_free(hash);
	}
}

static void test_no_digests(void **state)
{
	static const struct {
		const char *text;
		bool known;
	} cases[] = {
	    {"", false},
	    {"sha1", false},
	    {"sha1:", true},
	    {":a9993e364706816aba3e25717850c26c9cd0d89d", false},
	    {"blake3:a9993e364706816aba3e25717850c26c9cd0d89d", false},
	    {"sha1:a9993e364706816aba3e25717850c26c9cd0d89", true},
	    {"sha1:a9993e364706816aba3e25717850c26c9cd0d89dd", true},
	    {"sha1:a9993e364706816aba3e25717850c26c9cd0d89g", true},
	    {"sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE1", true},
	    {"sha256:a9993e364706816aba3e25717850c26c9cd0d89d", true},
	};
	struct import_digest digest;
	bool known;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_false(import_digest_parse(text_of(cases[i].text), &digest, &known));
		assert_int_equal(known, cases[i].known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_digests),
	    cmocka_unit_test(test_no_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
