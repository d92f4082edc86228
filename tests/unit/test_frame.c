/* Heads of frames (spec 2.1), the prefix (3), withheld frames (12). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frame.h"

static struct span span_string(const char *string)
{
	return span_of(string, strlen(string));
}

static void test_prefix(void **state)
{
	static const uint8_t expected[] = {
	    0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00, 0x5c, 0x2a, 0x4d, 0x18,
	    0x08, 0x00, 0x00, 0x00, 0x43, 0x41, 0x50, 0x53, 0x41, 0x49, 0x01, 0x00,
	};
	uint16_t detail = 0;

	(void)state;
	assert_int_equal(sizeof expected, CAPSA_PREFIX_SIZE);
	assert_memory_equal(capsa_prefix, expected, sizeof expected);
	assert_true(capsa_frame_is(span_of(capsa_prefix + 9, 16), 'I', &detail));
	assert_int_equal(detail, 1);
}

static void test_head(void **state)
{
	static const uint8_t expected[] = {
	    0x5c, 0x2a, 0x4d, 0x18, 0x0b, 0x00, 0x00, 0x00,
	    'C',  'A',  'P',  'S',  'A',  'A',  0x34, 0x12, 'x', 'y', 'z',
	};
	struct buffer out = {0};

	(void)state;
	capsa_frame_head(&out, 'A', 0x1234, 3);
	capsa_buffer_append(&out, "xyz", 3);
	assert_false(out.failed);
	assert_int_equal(out.size, sizeof expected);
	assert_memory_equal(out.data, expected, sizeof expected);
	buffer_clear(&out);
	capsa_frame_head(&out, 'P', 0, 0x010203 - 8);
	assert_memory_equal(out.data + 4, "\x03\x02\x01\x00", 4);
	capsa_buffer_release(&out);
}

static void test_is(void **state)
{
	struct buffer out = {0};
	uint16_t detail = 99;

	(void)state;
	capsa_frame_head(&out, 'P', 0, 5);
	capsa_buffer_append(&out, "12345", 5);
	assert_true(capsa_frame_is(buffer_span(&out), 'P', NULL));
	assert_true(capsa_frame_is(buffer_span(&out), 'P', &detail));
	assert_int_equal(detail, 0);
	assert_false(capsa_frame_is(buffer_span(&out), 'S', NULL));

	/* The span is the frame, not more and not less. */
	for (size_t size = 0; size < out.size; size++)
		assert_false(capsa_frame_is(span_of(out.data, size), 'P', &detail));
	capsa_buffer_byte(&out, 0);
	assert_false(capsa_frame_is(buffer_span(&out), 'P', &detail));
	out.size--;

	/* Each byte of the head counts; the detail is for the caller to judge who asks for it. */
	for (size_t i = 0; i < CAPSA_HEAD_SIZE; i++) {
		out.data[i] ^= 1;
		assert_false(capsa_frame_is(buffer_span(&out), 'P', NULL));
		assert_int_equal(capsa_frame_is(buffer_span(&out), 'P', &detail), i >= 14);
		out.data[i] ^= 1;
	}
	assert_int_equal(detail, 0x0100);
	capsa_buffer_release(&out);
}

static void test_withhold(void **state)
{
	static const uint8_t expected[] = {
	    0x5c, 0x2a, 0x4d, 0x18, 0x12, 0x00, 0x00, 0x00, 'W', 'I', 'T', 'H', 'H',
	    'E',  'L',  'D',  'c',  'o',  'u',  'r',  't',  0,   0,   0,   0,   0,
	};
	uint8_t stored[26];
	struct span reason;

	(void)state;
	memset(stored, 0xee, sizeof stored);
	assert_false(capsa_frame_withheld(span_of(stored, sizeof stored), &reason));
	capsa_frame_withhold(stored, sizeof stored, span_string("court"));
	assert_int_equal(sizeof stored, sizeof expected);
	assert_memory_equal(stored, expected, sizeof expected);
	assert_true(capsa_frame_withheld(span_of(stored, sizeof stored), &reason));
	assert_true(span_equal(reason, span_string("court")));
	assert_ptr_equal(reason.data, stored + 16);

	for (size_t size = 0; size < sizeof stored; size++)
		assert_false(capsa_frame_withheld(span_of(stored, size), &reason));
	for (size_t i = 0; i < CAPSA_HEAD_SIZE; i++) {
		stored[i] ^= 1;
		assert_false(capsa_frame_withheld(span_of(stored, sizeof stored), &reason));
		stored[i] ^= 1;
	}
	stored[sizeof stored - 1] = 'x';
	assert_false(capsa_frame_withheld(span_of(stored, sizeof stored), &reason));
}

/* A reason is cut at a character, and does not end with a space. */
static void test_withhold_fits(void **state)
{
	static const struct {
		size_t size;
		const char *reason;
		const char *kept;
	} cases[] = {
	    {16, "", ""},
	    {16, "court", ""},
	    {17, "court", "c"},
	    {21, "court", "court"},
	    {20, "co\xc3\xbbrt", "co\xc3\xbb"},
	    {19, "co\xc3\xbbrt", "co"},
	    {24, "by order of a court", "by order"},
	    {25, "by order of a court", "by order"},
	    {26, "by order of a court", "by order o"},
	};
	uint8_t stored[32];
	struct span reason;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		memset(stored, 0xee, sizeof stored);
		capsa_frame_withhold(stored, cases[i].size, span_string(cases[i].reason));
		assert_true(capsa_frame_withheld(span_of(stored, cases[i].size), &reason));
		assert_true(span_equal(reason, span_string(cases[i].kept)));
		assert_int_equal(stored[cases[i].size], 0xee);
	}
}

static void test_withheld_reasons(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool valid;
	} cases[] = {
	    {"", 0, true},
	    {"\0\0\0", 3, true},
	    {"a", 1, true},
	    {"a b\0", 4, true},
	    {"\xe2\x82\xac", 3, true},
	    {"\xe2\x82", 2, false},         /* not UTF-8 */
	    {"\xe2\x82\0\xac", 4, false},
	    {"\0a", 2, false},              /* text after the zero bytes began */
	    {"a\0b", 3, false},
	    {" a", 2, false},
	    {"a \0", 3, false},
	    {"a\tb", 3, false},
	    {"a\nb", 3, false},
	    {"\xe2\x80\xae", 3, false},     /* U+202E */
	};
	struct buffer out = {0};
	struct span reason;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buffer_clear(&out);
		capsa_buffer_u32(&out, 0x184d2a5c);
		capsa_buffer_u32(&out, (uint32_t)(8 + cases[i].size));
		capsa_buffer_append(&out, "WITHHELD", 8);
		capsa_buffer_append(&out, cases[i].bytes, cases[i].size);
		if (capsa_frame_withheld(buffer_span(&out), &reason) != cases[i].valid)
			fail_msg("case %zu", i);
	}
	capsa_buffer_release(&out);
}

static void test_withheld_limit(void **state)
{
	static uint8_t stored[CAPSA_HEAD_SIZE + CAPSA_STATEMENT_TEXT_MAX + 2];
	static uint8_t text[CAPSA_STATEMENT_TEXT_MAX + 1];
	struct span reason;

	(void)state;
	memset(text, 'a', sizeof text);
	capsa_frame_withhold(stored, sizeof stored, span_of(text, sizeof text));
	assert_true(capsa_frame_withheld(span_of(stored, sizeof stored), &reason));
	assert_int_equal(reason.size, CAPSA_STATEMENT_TEXT_MAX);
	stored[CAPSA_HEAD_SIZE + CAPSA_STATEMENT_TEXT_MAX] = 'a';
	assert_false(capsa_frame_withheld(span_of(stored, sizeof stored), &reason));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_prefix),
	    cmocka_unit_test(test_head),
	    cmocka_unit_test(test_is),
	    cmocka_unit_test(test_withhold),
	    cmocka_unit_test(test_withhold_fits),
	    cmocka_unit_test(test_withheld_reasons),
	    cmocka_unit_test(test_withheld_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
