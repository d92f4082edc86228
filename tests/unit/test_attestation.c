/* Attestations (spec 10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attestation.h"
#include "frame.h"

#define COMMENT "capsa: packed 2026-01-02T03:04:05Z"

static void fill(uint8_t *out, size_t size, uint8_t first)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(first + i);
}

static struct capsa_signature make_signature(const char *comment)
{
	struct capsa_signature signature = {.has_hint = true};

	fill(signature.key_id, 8, 0x10);
	fill(signature.signature, 64, 0x20);
	fill(signature.global, 64, 0x60);
	fill(signature.hint.key, 32, 0xa0);
	memcpy(signature.hint.id, signature.key_id, 8);
	memcpy(signature.comment, comment, strlen(comment));
	return signature;
}

/* The frame of `kind` with `size` bytes after its head. */
static void frame(struct buffer *out, uint16_t kind, const void *data, size_t size)
{
	capsa_frame_head(out, 'A', kind, size);
	capsa_buffer_append(out, data, size);
}

static void expect_corrupt(struct span in, const char *text)
{
	struct capsa_attestation attestation = {.kind = 77};
	struct capsa_error err = {0};
	size_t size = 88;

	assert_int_equal(capsa_attestation_parse(in, 4321, &attestation, &size, &err),
	                 CAPSA_ECORRUPT);
	assert_string_equal(err.text, text);
	assert_int_equal(err.offset, 4321);
	assert_int_equal(attestation.kind, 77);
	assert_int_equal(size, 88);
}

static void test_bytes(void **state)
{
	static const uint8_t head[] = {
	    0x5c, 0x2a, 0x4d, 0x18, 187 - 8 + 2, 0, 0, 0, 'C', 'A', 'P', 'S', 'A', 'A', 1, 0, 0,
	    'E', 'D',
	};
	struct capsa_signature signature = make_signature("hi");
	struct buffer out = {0};

	(void)state;
	capsa_attestation_encode(&signature, &out);
	assert_false(out.failed);
	assert_int_equal(out.size, 189);
	assert_memory_equal(out.data, head, sizeof head);
	assert_memory_equal(out.data + 19, signature.key_id, 8);
	assert_memory_equal(out.data + 27, signature.signature, 64);
	assert_memory_equal(out.data + 91, signature.global, 64);
	assert_memory_equal(out.data + 155, signature.hint.key, 32);
	assert_memory_equal(out.data + 187, "hi", 2);
	capsa_buffer_release(&out);
}

static void test_round_trip(void **state)
{
	struct capsa_signature signature = make_signature(COMMENT);
	struct capsa_attestation attestation;
	struct buffer out = {0};
	size_t size = 0;

	(void)state;
	capsa_attestation_encode(&signature, &out);
	assert_int_equal(capsa_attestation_parse(buffer_span(&out), 500, &attestation, &size, NULL),
	                 CAPSA_OK);
	assert_int_equal(size, out.size);
	assert_int_equal(attestation.kind, CAPSA_ATTESTATION_MINISIGN);
	assert_int_equal(attestation.covers, 0);
	assert_int_equal(attestation.offset, 500);
	assert_memory_equal(&attestation.signature, &signature, sizeof signature);
	capsa_buffer_release(&out);
}

/* Frames follow each other; only the first is read, whatever is behind it. */
static void test_first_of_several(void **state)
{
	struct capsa_signature first = make_signature("first"), second = make_signature("second");
	struct capsa_attestation attestation;
	struct buffer out = {0};
	size_t size = 0, at;

	(void)state;
	capsa_attestation_encode(&first, &out);
	at = out.size;
	capsa_attestation_encode(&second, &out);
	capsa_buffer_append(&out, "rubbish", 7);
	assert_int_equal(capsa_attestation_parse(buffer_span(&out), 0, &attestation, &size, NULL),
	                 CAPSA_OK);
	assert_int_equal(size, at);
	assert_string_equal(attestation.signature.comment, "first");
	assert_int_equal(capsa_attestation_parse(span_of(out.data + at, out.size - at), at,
	                                         &attestation, &size, NULL),
	                 CAPSA_OK);
	assert_int_equal(size, out.size - at - 7);
	assert_string_equal(attestation.signature.comment, "second");
	capsa_buffer_release(&out);
}

static void test_other_kinds(void **state)
{
	static const uint8_t bytes[] = {1, 0xff, 0, 0x80};
	static const struct capsa_signature none;
	static const uint16_t kinds[] = {0, 2, 0x100, 0xffff};
	struct capsa_attestation attestation;
	struct buffer out = {0};
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (size_t length = 1; length <= sizeof bytes; length++) {
			memset(&attestation, 0xee, sizeof attestation);
			buffer_clear(&out);
			frame(&out, kinds[i], bytes, length);
			assert_int_equal(capsa_attestation_parse(buffer_span(&out), 9, &attestation,
			                                         &size, NULL),
			                 CAPSA_OK);
			assert_int_equal(size, 16 + length);
			assert_int_equal(attestation.kind, kinds[i]);
			assert_int_equal(attestation.covers, 1);
			assert_int_equal(attestation.offset, 9);
			assert_memory_equal(&attestation.signature, &none, sizeof none);
		}
	capsa_buffer_release(&out);
}

static void test_heads(void **state)
{
	static const char text[] = "the attestation does not begin with its head and size";
	struct capsa_signature signature = make_signature(COMMENT);
	struct buffer out = {0};

	(void)state;
	capsa_attestation_encode(&signature, &out);
	for (size_t size = 0; size < out.size; size++)
		expect_corrupt(span_of(out.data, size), text);
	for (size_t i = 0; i < 14; i++) {
		/* The highest bit, so that a changed size is larger than what there is. */
		out.data[i] ^= 0x80;
		if (i != 4)
			expect_corrupt(buffer_span(&out), text);
		out.data[i] ^= 0x80;
	}
	memset(out.data + 4, 0xff, 4);
	expect_corrupt(buffer_span(&out), text);
	memset(out.data + 4, 0, 4);
	expect_corrupt(buffer_span(&out), text);
	buffer_clear(&out);
	frame(&out, 2, "", 0);
	expect_corrupt(buffer_span(&out), "the attestation ends with its head");
	buffer_clear(&out);
	capsa_frame_head(&out, 'S', 0, 1);
	capsa_buffer_byte(&out, 0);
	expect_corrupt(buffer_span(&out), text);
	capsa_buffer_release(&out);
}

static void test_covers(void **state)
{
	struct capsa_signature signature = make_signature(COMMENT);
	struct buffer out = {0};

	(void)state;
	frame(&out, 2, "\2", 1);
	expect_corrupt(buffer_span(&out),
	               "the attestation covers neither the statement nor all before it");
	buffer_clear(&out);
	capsa_attestation_encode(&signature, &out);
	out.data[16] = 1;
	expect_corrupt(buffer_span(&out),
	               "the attestation is a signature, yet does not cover the statement");
	out.data[16] = 2;
	expect_corrupt(buffer_span(&out),
	               "the attestation covers neither the statement nor all before it");
	capsa_buffer_release(&out);
}

static void test_algorithm(void **state)
{
	static const char *const others[] = {"Ed", "eD", "ES", "\0\0"};
	struct capsa_signature signature = make_signature(COMMENT);
	struct buffer out = {0};

	(void)state;
	capsa_attestation_encode(&signature, &out);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		memcpy(out.data + 17, others[i], 2);
		expect_corrupt(buffer_span(&out),
		               "the attestation has another signature algorithm than ED");
	}
	capsa_buffer_release(&out);
}

/* A signature of every size around the limits, with a comment of as many `a`. */
static void test_sizes(void **state)
{
	static uint8_t body[171 + CAPSA_COMMENT_MAX + 1];
	struct capsa_attestation attestation;
	struct buffer out = {0};
	size_t size;

	(void)state;
	memset(body, 'a', sizeof body);
	memcpy(body, "\0ED", 3);
	for (size_t length = 1; length <= sizeof body; length++) {
		buffer_clear(&out);
		frame(&out, CAPSA_ATTESTATION_MINISIGN, body, length);
		if (length < 171) {
			expect_corrupt(buffer_span(&out),
			               "the attestation is too short for a signature");
		} else if (length == 171 || length == sizeof body) {
			expect_corrupt(buffer_span(&out), "the attestation has a trusted comment "
			                                  "that is not 1 to 1024 bytes long");
		} else {
			assert_int_equal(capsa_attestation_parse(buffer_span(&out), 0, &attestation,
			                                         &size, NULL),
			                 CAPSA_OK);
			assert_int_equal(strlen(attestation.signature.comment), length - 171);
		}
	}
	capsa_buffer_release(&out);
}

static void test_comments(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
	    {"a\tb", 3},            /* allowed in signature files alone */
	    {"a\nb", 3},
	    {"a\0b", 3},
	    {" a", 2},
	    {"a ", 2},
	    {"\xff", 1},
	    {"\xc3", 1},
	    {"\xe2\x80\xa8", 3},    /* U+2028 */
	    {"\xd8\x9c", 2},        /* U+061C */
	};
	uint8_t body[171 + 4] = {0, 'E', 'D'};
	struct buffer out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memcpy(body + 171, cases[i].bytes, cases[i].size);
		buffer_clear(&out);
		frame(&out, CAPSA_ATTESTATION_MINISIGN, body, 171 + cases[i].size);
		expect_corrupt(buffer_span(&out), "the attestation has a trusted comment with "
		                                  "characters that are not allowed");
	}
	capsa_buffer_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_first_of_several),
	    cmocka_unit_test(test_other_kinds),
	    cmocka_unit_test(test_heads),
	    cmocka_unit_test(test_covers),
	    cmocka_unit_test(test_algorithm),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
