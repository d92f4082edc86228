/* Digests, against values of other implementations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "digest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All byte values, five times. */
static uint8_t long_input[1280];

static const struct {
	struct span in;
	const char *blake2b;
	const char *sha256;
} vectors[] = {
    {{(const uint8_t *)"", 0},
     "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {{(const uint8_t *)"abc", 3},
     "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {{long_input, sizeof long_input},
     "82628cbfc9689e234b0923a531f4578fe2e7138a03e2f81ed6cde97517336650",
     "d414b085826eb06778483ba35564dc849e643359f69ed9747878ba6e54985bed"},
};

static int fill_long_input(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof long_input; i++)
		long_input[i] = (uint8_t)i;
	return 0;
}

static void expect(const uint8_t *digest, size_t size, const char *digits)
{
	char text[129];

	capsa_hex(digest, size, text);
	assert_string_equal(text, digits);
}

static void test_digests(void **state)
{
	uint8_t digest[64];

	(void)state;
	for (size_t i = 0; i < COUNT(vectors); i++) {
		struct sha256_state sha256;

		capsa_digest(digest, vectors[i].in);
		expect(digest, 32, vectors[i].blake2b);
		capsa_sha256_init(&sha256);
		capsa_sha256_update(&sha256, vectors[i].in);
		capsa_sha256_final(&sha256, digest);
		expect(digest, 32, vectors[i].sha256);
	}
	capsa_digest512(digest, vectors[1].in);
	expect(digest, 64,
	       "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
	       "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
	capsa_digest512(digest, vectors[0].in);
	expect(digest, 64,
	       "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
	       "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce");
}

static void test_keyed(void **state)
{
	uint8_t digest[32];

	(void)state;
	/* The key is 00 01 .. 1f. */
	capsa_digest_keyed(digest, long_input, vectors[1].in);
	expect(digest, 32, "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f");
	capsa_digest_keyed(digest, long_input, vectors[0].in);
	expect(digest, 32, "4e51e7a913fc80137da52880fecca175bf81e117d5c68126dc2774033517ea0d");
}

/* In pieces of every size the digests are the same; a copy of a state goes its own way. */
static void test_pieces(void **state)
{
	(void)state;
	for (size_t piece = 1; piece <= sizeof long_input; piece++) {
		struct digest_state blake2b;
		struct digest_state copy;
		struct sha256_state sha256;
		uint8_t digest[32];

		capsa_digest_init(&blake2b);
		capsa_sha256_init(&sha256);
		capsa_digest_update(&blake2b, span_of(NULL, 0));
		capsa_sha256_update(&sha256, span_of(NULL, 0));
		for (size_t at = 0; at < sizeof long_input; at += piece) {
			size_t size =
			    sizeof long_input - at < piece ? sizeof long_input - at : piece;

			capsa_digest_update(&blake2b, span_of(long_input + at, size));
			capsa_sha256_update(&sha256, span_of(long_input + at, size));
		}
		copy = blake2b;
		capsa_digest_update(&copy, span_of("x", 1));
		capsa_digest_final(&blake2b, digest);
		expect(digest, 32, vectors[2].blake2b);
		capsa_sha256_final(&sha256, digest);
		expect(digest, 32, vectors[2].sha256);
	}
}

static void test_comparison(void **state)
{
	uint8_t digest[32];

	(void)state;
	capsa_digest(digest, vectors[1].in);
	assert_true(capsa_digest_matches(digest, vectors[1].in));
	assert_true(capsa_digest_equal(digest, digest));
	/* Only builds for fuzzing pass over a digest that is wrong. */
	for (size_t bit = 0; bit < 256; bit++) {
		uint8_t wrong[32];

		memcpy(wrong, digest, sizeof wrong);
		wrong[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(capsa_digest_matches(wrong, vectors[1].in));
		assert_false(capsa_digest_equal(wrong, digest));
	}
	assert_false(capsa_digest_matches(digest, vectors[0].in));
}

static void test_random(void **state)
{
	uint8_t a[32] = {0};
	uint8_t b[32] = {0};
	uint8_t end[33];

	(void)state;
	capsa_random(a, sizeof a);
	capsa_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	memset(end, 0xaa, sizeof end);
	capsa_random(end, 0);
	capsa_random(end + 1, 31);
	assert_int_equal(end[0], 0xaa);
	assert_int_equal(end[32], 0xaa);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_digests),
	    cmocka_unit_test(test_keyed),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_comparison),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, fill_long_input, NULL);
}
