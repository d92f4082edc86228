/* The trailer (spec 11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trailer.h"
#include "digest.h"

#define EXPECT_FAIL(call, status_, at, words)                                                      \
	do {                                                                                       \
		struct capsa_error err = {0};                                                      \
		assert_int_equal(call, status_);                                                   \
		assert_string_equal(err.text, words);                                              \
		assert_true(err.offset == (at));                                                   \
	} while (0)

static const uint8_t good_digest[CAPSA_DIGEST_SIZE] = "0123456789abcdefghijklmnopqrstuv";

/* A trailer as bytes, whatever its offsets are. */
static void encode(uint64_t statement, uint64_t attestations, uint8_t out[CAPSA_TRAILER_SIZE])
{
	struct trailer trailer = {statement, attestations, {0}};
	struct buffer buffer = {0};

	memcpy(trailer.tail_digest, good_digest, sizeof good_digest);
	capsa_trailer_encode(&trailer, &buffer);
	assert_false(buffer.failed);
	assert_int_equal(buffer.size, CAPSA_TRAILER_SIZE);
	memcpy(out, buffer.data, CAPSA_TRAILER_SIZE);
	capsa_buffer_release(&buffer);
}

static void test_bytes(void **state)
{
	static const uint8_t expected[64] = {
	    0x5c, 0x2a, 0x4d, 0x18, 88, 0, 0, 0, 'C', 'A', 'P', 'S', 'A', 'T', 0, 0,
	    0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01,
	    0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
	    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
	    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v',
	};
	uint8_t out[CAPSA_TRAILER_SIZE], digest[CAPSA_DIGEST_SIZE];

	(void)state;
	encode(0x0102030405060708, 0x1112131415161718, out);
	assert_memory_equal(out, expected, sizeof expected);
	capsa_digest(digest, span_of(out, 64));
	assert_memory_equal(out + 64, digest, sizeof digest);
}

static void test_appends(void **state)
{
	struct trailer trailer = {1000, 2000, {0}};
	struct buffer alone = {0}, after = {0};

	(void)state;
	capsa_trailer_encode(&trailer, &alone);
	capsa_buffer_append(&after, "before", 6);
	capsa_trailer_encode(&trailer, &after);
	assert_int_equal(after.size, 6 + CAPSA_TRAILER_SIZE);
	assert_memory_equal(after.data + 6, alone.data, CAPSA_TRAILER_SIZE);
	capsa_buffer_release(&alone);
	capsa_buffer_release(&after);
}

static void test_parse(void **state)
{
	uint8_t in[CAPSA_TRAILER_SIZE];
	struct trailer trailer;

	(void)state;
	encode(1000, 1500, in);
	assert_int_equal(capsa_trailer_parse(in, 2000, &trailer, NULL), CAPSA_OK);
	assert_int_equal(trailer.statement, 1000);
	assert_int_equal(trailer.attestations, 1500);
	assert_memory_equal(trailer.tail_digest, good_digest, sizeof good_digest);
}

static void test_every_byte(void **state)
{
	struct trailer trailer = {7, 7, {0}};
	uint8_t in[CAPSA_TRAILER_SIZE];

	(void)state;
	encode(1000, 1500, in);
	for (size_t i = 0; i < sizeof in; i++) {
		in[i] ^= 0x10;
		EXPECT_FAIL(capsa_trailer_parse(in, 2000, &trailer, &err), CAPSA_ECORRUPT, 1904,
		            i < 16 ? "the trailer's head is wrong"
		                   : "the trailer fails its digest");
		in[i] ^= 0x10;
	}
	assert_int_equal(trailer.statement, 7);
	assert_int_equal(capsa_trailer_parse(in, 2000, &trailer, NULL), CAPSA_OK);
}

/* In a file of 10^6 bytes, whose trailer begins at 999904, unless said otherwise. */
static void test_places(void **state)
{
	static const char prefix[] = "the trailer puts the statement into the prefix";
	static const char behind[] = "the trailer puts the attestations behind itself";
	static const char order[] = "the trailer puts the statement behind the attestations";
	static const char statement[] = "the trailer leaves no valid size for the statement";
	static const char attestation[] = "the trailer leaves no valid size for an attestation";
	static const char attestations[] =
	    "the trailer leaves more than 512 KiB for the attestations";
	static const struct {
		uint64_t statement, attestations, file_size;
		const char *text;
	} cases[] = {
	    {999000, 999904, 1000000, NULL},
	    {24, 100, 1000000, prefix},
	    {0, 100, 1000000, prefix},
	    {25, 100, 196, NULL},
	    {999000, 999905, 1000000, behind},
	    {999000, UINT64_MAX, 1000000, behind},
	    {999000, 998999, 1000000, order},
	    {UINT64_MAX, 999904, 1000000, order},
	    {999904, 999904, 1000000, statement},
	    {999888, 999904, 1000000, statement},
	    {999887, 999904, 1000000, NULL},
	    {999904 - 16 - 16384, 999904, 1000000, NULL},
	    {999904 - 17 - 16384, 999904, 1000000, statement},
	    {999000, 999903, 1000000, attestation},
	    {999000, 999888, 1000000, attestation},
	    {999000, 999887, 1000000, NULL},
	    {400000, 999904 - 524288, 1000000, statement},
	    {475000, 999904 - 524288, 1000000, NULL},
	    {475000, 999904 - 524289, 1000000, attestations},
	    {INT64_MAX - 1000, INT64_MAX - 500, INT64_MAX, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t file_size = cases[i].file_size;
		uint8_t in[CAPSA_TRAILER_SIZE];
		struct trailer trailer;

		encode(cases[i].statement, cases[i].attestations, in);
		if (cases[i].text == NULL)
			assert_int_equal(capsa_trailer_parse(in, file_size, &trailer, NULL),
			                 CAPSA_OK);
		else
			EXPECT_FAIL(capsa_trailer_parse(in, file_size, &trailer, &err),
			            CAPSA_ECORRUPT, file_size - 96, cases[i].text);
	}
}

static void test_file_size(void **state)
{
	struct trailer trailer;
	uint8_t in[CAPSA_TRAILER_SIZE];

	(void)state;
	encode(25, 100, in);
	EXPECT_FAIL(capsa_trailer_parse(in, 95, &trailer, &err), CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
	            "a file of 95 bytes cannot be an archive");
	EXPECT_FAIL(capsa_trailer_parse(in, 120, &trailer, &err), CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
	            "a file of 120 bytes cannot be an archive");
	EXPECT_FAIL(capsa_trailer_parse(in, 121, &trailer, &err), CAPSA_ECORRUPT, 25,
	            "the trailer puts the attestations behind itself");
	EXPECT_FAIL(capsa_trailer_parse(in, (uint64_t)INT64_MAX + 1, &trailer, &err),
	            CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
	            "a file of 9223372036854775808 bytes cannot be an archive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_appends),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_file_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
