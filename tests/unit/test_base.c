/* Errors, spans, buffers, digits.  The file itself is included, with a realloc that can fail. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define PLENTY ((size_t)1 << 30)

static size_t memory = PLENTY;

static void *limited_realloc(void *data, size_t size)
{
	return size <= memory ? realloc(data, size) : NULL;
}

#define realloc limited_realloc
#include "base.c"
#undef realloc

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span text(const char *string)
{
	return span_of(string, strlen(string));
}

static void test_names(void **state)
{
	static const char *const names[] = {
	    "ok", "out of memory", "input or output failed", "misuse", "wrong format",
	    "unsupported", "damaged", "untrusted", "over a limit", "not found", "exists already",
	    "withheld", "stopped", "password needed",
	};

	(void)state;
	assert_int_equal(COUNT(names), CAPSA_EPASSWORD + 1);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(capsa_status_name((enum capsa_status)i), names[i]);
	assert_string_equal(capsa_status_name((enum capsa_status)COUNT(names)), "unknown status");
	assert_string_equal(capsa_version(), CAPSA_VERSION);
}

static void test_fail(void **state)
{
	struct capsa_error err;

	(void)state;
	memset(&err, 0xaa, sizeof err);
	assert_int_equal(capsa_fail(&err, CAPSA_ECORRUPT, 81920, "entry %d is %s", 412, "bad"),
	                 CAPSA_ECORRUPT);
	assert_int_equal(err.sys, 0);
	assert_int_equal(err.offset, 81920);
	assert_string_equal(err.text, "entry 412 is bad");
	assert_int_equal(capsa_fail(NULL, CAPSA_ELIMIT, 0, "%d", 1), CAPSA_ELIMIT);

	assert_int_equal(capsa_fail_memory(&err), CAPSA_ENOMEM);
	assert_int_equal(err.sys, 0);
	assert_true(err.offset == CAPSA_NO_OFFSET);
	assert_string_equal(err.text, "out of memory");
	assert_int_equal(capsa_fail_memory(NULL), CAPSA_ENOMEM);
}

static void test_fail_sys(void **state)
{
	struct capsa_error err;
	char expected[256];

	(void)state;
	memset(&err, 0xaa, sizeof err);
	assert_int_equal(capsa_fail_sys(&err, ENOSPC, 7, "cannot write %s", "it"), CAPSA_EIO);
	assert_int_equal(err.sys, ENOSPC);
	assert_int_equal(err.offset, 7);
	snprintf(expected, sizeof expected, "cannot write it: %s", strerror(ENOSPC));
	assert_string_equal(err.text, expected);
	assert_int_equal(capsa_fail_sys(NULL, EIO, 0, "%d", 1), CAPSA_EIO);
}

/* A text that does not fit is cut, but never inside a character. */
static void test_fail_cut(void **state)
{
	static const struct {
		size_t letters;
		const char *tail;
		size_t size;
	} cases[] = {
	    {255, "", 255},
	    {256, "", 255},
	    {1000, "", 255},
	    {253, "\xc3\xa9", 255},
	    {254, "\xc3\xa9", 254},
	    {252, "\xe2\x82\xac", 255},
	    {253, "\xe2\x82\xac", 253},
	    {254, "\xe2\x82\xac", 254},
	    {251, "\xf0\x9f\x98\x80", 255},
	    {252, "\xf0\x9f\x98\x80", 252},
	    {254, "\xf0\x9f\x98\x80", 254},
	};
	struct capsa_error err;
	char letters[1001];

	(void)state;
	memset(letters, 'a', sizeof letters);
	for (size_t i = 0; i < COUNT(cases); i++) {
		capsa_fail(&err, CAPSA_EIO, 0, "%.*s%s", (int)cases[i].letters, letters,
		           cases[i].tail);
		assert_int_equal(strlen(err.text), cases[i].size);
		capsa_fail_sys(&err, EIO, 0, "%.*s%s", (int)cases[i].letters, letters,
		               cases[i].tail);
		assert_true(strlen(err.text) <= 255);
		assert_memory_equal(err.text, letters, 250);
	}
}

static void test_compare(void **state)
{
	static const char *const sorted[] = {"", "A", "a", "a\x01", "aa", "ab", "b", "\x7f", "\x80",
	                                     "\xff", "\xff\xff"};

	(void)state;
	for (size_t i = 0; i < COUNT(sorted); i++) {
		for (size_t j = 0; j < COUNT(sorted); j++) {
			int order = capsa_span_compare(text(sorted[i]), text(sorted[j]));

			assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
			assert_int_equal(span_equal(text(sorted[i]), text(sorted[j])), i == j);
		}
	}
	assert_true(capsa_span_compare(span_of("a", 1), span_of("a\0", 2)) < 0);
	assert_true(capsa_span_compare(span_of(NULL, 0), span_of(NULL, 0)) == 0);
	assert_true(span_equal(span_of(NULL, 0), text("")));
}

static void test_shared(void **state)
{
	(void)state;
	assert_int_equal(capsa_span_shared(text(""), text("abc")), 0);
	assert_int_equal(capsa_span_shared(text("abc"), text("abc")), 3);
	assert_int_equal(capsa_span_shared(text("abc"), text("abd")), 2);
	assert_int_equal(capsa_span_shared(text("ab"), text("abd")), 2);
	assert_int_equal(capsa_span_shared(text("abd"), text("ab")), 2);
	assert_int_equal(capsa_span_shared(text("xbd"), text("ab")), 0);
}

static void expect(struct buffer *buffer, const void *bytes, size_t size)
{
	assert_false(buffer->failed);
	assert_int_equal(buffer->size, size);
	assert_memory_equal(buffer_span(buffer).data, bytes, size);
	buffer_clear(buffer);
}

static void test_integers(void **state)
{
	static const struct {
		uint64_t value;
		const char *bytes;
		size_t size;
	} varints[] = {
	    {0, "\x00", 1},
	    {1, "\x01", 1},
	    {127, "\x7f", 1},
	    {128, "\x80\x01", 2},
	    {300, "\xac\x02", 2},
	    {16383, "\xff\x7f", 2},
	    {16384, "\x80\x80\x01", 3},
	    {UINT64_C(1) << 63, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10},
	    {UINT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
	};
	static const struct {
		int64_t value;
		const char *bytes;
		size_t size;
	} zigzags[] = {
	    {0, "\x00", 1},
	    {-1, "\x01", 1},
	    {1, "\x02", 1},
	    {-64, "\x7f", 1},
	    {64, "\x80\x01", 2},
	    {-65, "\x81\x01", 2},
	    {INT64_MAX, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
	    {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
	};
	struct buffer buffer = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(varints); i++) {
		capsa_buffer_varint(&buffer, varints[i].value);
		expect(&buffer, varints[i].bytes, varints[i].size);
	}
	for (size_t i = 0; i < COUNT(zigzags); i++) {
		capsa_buffer_zigzag(&buffer, zigzags[i].value);
		expect(&buffer, zigzags[i].bytes, zigzags[i].size);
	}
	capsa_buffer_byte(&buffer, 0xf1);
	capsa_buffer_u16(&buffer, 0xf1e2);
	capsa_buffer_u32(&buffer, 0xf1e2d3c4);
	capsa_buffer_u64(&buffer, UINT64_C(0xf1e2d3c4b5a69788));
	expect(&buffer, "\xf1\xe2\xf1\xc4\xd3\xe2\xf1\x88\x97\xa6\xb5\xc4\xd3\xe2\xf1", 15);
	capsa_buffer_release(&buffer);
}

static void test_buffer(void **state)
{
	struct buffer buffer = {0};
	uint8_t *at;

	(void)state;
	assert_int_equal(buffer_span(&buffer).size, 0);
	assert_non_null(buffer_span(&buffer).data);
	capsa_buffer_append(&buffer, NULL, 0);
	expect(&buffer, "", 0);
	assert_non_null(capsa_buffer_extend(&buffer, 0));
	capsa_buffer_append(&buffer, "ab", 2);
	capsa_buffer_zeros(&buffer, 3);
	capsa_buffer_zeros(&buffer, 0);
	capsa_buffer_printf(&buffer, "%s-%d", "x", 42);
	capsa_buffer_printf(&buffer, "%s", "");
	at = capsa_buffer_extend(&buffer, 2);
	assert_non_null(at);
	at[0] = 'y';
	at[1] = 'z';
	expect(&buffer, "ab\0\0\0x-42yz", 11);
	capsa_buffer_release(&buffer);
	assert_null(buffer.data);
	assert_int_equal(buffer.capacity, 0);
	capsa_buffer_release(&buffer);
}

/* Over every size at which it grows, by bytes, by text that needs room for its NUL, and at once. */
static void test_buffer_grows(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	for (unsigned i = 0; i < 5000; i++)
		capsa_buffer_byte(&buffer, (uint8_t)i);
	assert_int_equal(buffer.size, 5000);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(buffer.data[i], (uint8_t)i);
	capsa_buffer_release(&buffer);
	for (size_t size = 0; size < 300; size++) {
		for (size_t i = 0; i < size; i++)
			capsa_buffer_printf(&buffer, "%c", 'q');
		capsa_buffer_printf(&buffer, "%s", "end");
		assert_int_equal(buffer.size, size + 3);
		assert_memory_equal(buffer.data + size, "end", 3);
		capsa_buffer_release(&buffer);
	}
	capsa_buffer_zeros(&buffer, 1000000);
	assert_int_equal(buffer.size, 1000000);
	assert_true(buffer.capacity >= 1000000);
	capsa_buffer_release(&buffer);
}

/* After a failure nothing is appended, what was there stays, and clear forgets it. */
static void test_buffer_fails(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	capsa_buffer_append(&buffer, "abc", 3);
	assert_null(capsa_buffer_extend(&buffer, SIZE_MAX));
	assert_true(buffer.failed);
	capsa_buffer_byte(&buffer, 'd');
	capsa_buffer_append(&buffer, "efg", 3);
	capsa_buffer_printf(&buffer, "h");
	capsa_buffer_zeros(&buffer, 1);
	capsa_buffer_varint(&buffer, 1);
	assert_null(capsa_buffer_extend(&buffer, 0));
	assert_true(buffer.failed);
	assert_int_equal(buffer.size, 3);
	assert_memory_equal(buffer.data, "abc", 3);
	buffer_clear(&buffer);
	assert_false(buffer.failed);
	capsa_buffer_byte(&buffer, 'i');
	expect(&buffer, "i", 1);
	capsa_buffer_release(&buffer);
	assert_null(capsa_buffer_extend(&buffer, SIZE_MAX));
	assert_true(buffer.failed);
	capsa_buffer_release(&buffer);
	assert_false(buffer.failed);
}

static void test_buffer_memory(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	memory = 0;
	capsa_buffer_byte(&buffer, 'a');
	assert_true(buffer.failed);
	assert_null(buffer.data);
	buffer_clear(&buffer);
	memory = 1000;
	for (unsigned i = 0; i < 1000; i++)
		capsa_buffer_byte(&buffer, 'a');
	assert_true(buffer.failed);
	assert_int_equal(buffer.size, 512);
	memory = PLENTY;
	capsa_buffer_byte(&buffer, 'a');
	assert_int_equal(buffer.size, 512);
	buffer_clear(&buffer);
	memory = 512;
	capsa_buffer_zeros(&buffer, 512);
	assert_false(buffer.failed);
	capsa_buffer_printf(&buffer, "%d", 1);
	assert_true(buffer.failed);
	assert_int_equal(buffer.size, 512);
	memory = PLENTY;
	capsa_buffer_release(&buffer);
}

static void test_array(void **state)
{
	uint8_t *array = capsa_array_new(3, 5);

	(void)state;
	assert_non_null(array);
	assert_memory_equal(array, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
	free(array);
	array = capsa_array_new(0, 5);
	assert_non_null(array);
	free(array);
	array = capsa_array_new(5, 0);
	assert_non_null(array);
	free(array);
	assert_null(capsa_array_new(SIZE_MAX / 4, 8));
}

static void test_hex(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x19, 0xa5, 0xff};
	static const char *const bad[] = {"0019a5f",  "0019a5ff0", "0019a5ff00", "0019A5ff",
	                                  "0019a5fg", "0019a5f/",  "0019a5f:",   "0019a5f`",
	                                  " 019a5ff", ""};
	char out[9];
	uint8_t back[4];

	(void)state;
	memset(out, 'x', sizeof out);
	capsa_hex(bytes, sizeof bytes, out);
	assert_string_equal(out, "0019a5ff");
	capsa_hex(bytes, 0, out);
	assert_string_equal(out, "");
	assert_true(capsa_unhex(text("0019a5ff"), back, 4));
	assert_memory_equal(back, bytes, 4);
	assert_true(capsa_unhex(text(""), back, 0));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(capsa_unhex(text(bad[i]), back, 4));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_fail),
	    cmocka_unit_test(test_fail_sys),
	    cmocka_unit_test(test_fail_cut),
	    cmocka_unit_test(test_compare),
	    cmocka_unit_test(test_shared),
	    cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_buffer),
	    cmocka_unit_test(test_buffer_grows),
	    cmocka_unit_test(test_buffer_fails),
	    cmocka_unit_test(test_buffer_memory),
	    cmocka_unit_test(test_array),
	    cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
