/* Reading what may be anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cursor.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_integers(void **state)
{
	static const char bytes[] =
	    "\xf1\xe2\xf1\xc4\xd3\xe2\xf1\x88\x97\xa6\xb5\xc4\xd3\xe2\xf1zz";
	struct cursor c = cursor_of(span_of(bytes, 17));
	const uint8_t *at;

	(void)state;
	assert_int_equal(cursor_u8(&c), 0xf1);
	assert_int_equal(cursor_u16(&c), 0xf1e2);
	assert_int_equal(cursor_u32(&c), 0xf1e2d3c4);
	assert_true(cursor_u64(&c) == UINT64_C(0xf1e2d3c4b5a69788));
	assert_int_equal(cursor_left(&c), 2);
	assert_false(cursor_done(&c));
	at = cursor_take(&c, 2);
	assert_non_null(at);
	assert_memory_equal(at, "zz", 2);
	assert_true(cursor_done(&c));
	assert_non_null(cursor_take(&c, 0));
	assert_true(cursor_done(&c));
}

/* One byte less than a value needs: zero, and nothing can be read any more. */
static void test_short(void **state)
{
	static const uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const unsigned sizes[] = {1, 2, 4, 8};

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct cursor c = cursor_of(span_of(bytes, sizes[i] - 1));

		assert_true(cursor_le(&c, sizes[i]) == 0);
		assert_true(c.failed);
		assert_false(cursor_done(&c));
		assert_null(cursor_take(&c, 0));
		assert_int_equal(cursor_u8(&c), 0);
		assert_true(cursor_varint(&c) == 0);
		assert_false(cursor_done(&c));

		c = cursor_of(span_of(bytes, sizes[i]));
		assert_true(cursor_le(&c, sizes[i]) != 0);
		assert_true(cursor_done(&c));
	}
}

static void test_take(void **state)
{
	struct cursor c = cursor_of(span_of("abc", 3));

	(void)state;
	assert_null(cursor_take(&c, 4));
	assert_true(c.failed);
	c = cursor_of(span_of("abc", 3));
	assert_null(cursor_take(&c, UINT64_MAX));
	assert_true(c.failed);
	c = cursor_of(span_of("abc", 3));
	assert_non_null(cursor_take(&c, 3));
	assert_true(cursor_done(&c));
	c = cursor_of(span_of(NULL, 0));
	assert_true(cursor_done(&c));
	assert_null(cursor_take(&c, 1));
}

static void test_varint(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		bool good;
		uint64_t value;
	} cases[] = {
	    {"\x00", 1, true, 0},
	    {"\x7f", 1, true, 127},
	    {"\x80\x01", 2, true, 128},
	    {"\xff\x7f", 2, true, 16383},
	    {"\x80\x80\x01", 3, true, 16384},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 9, true, UINT64_MAX >> 1},
	    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 10, true, UINT64_C(1) << 63},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, true, UINT64_MAX},
	    {"", 0, false, 0},
	    {"\x80", 1, false, 0},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9, false, 0},
	    {"\x80\x00", 2, false, 0},
	    {"\xff\x00", 2, false, 0},
	    {"\xff\x80\x00", 3, false, 0},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", 10, false, 0},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, false, 0},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10, false, 0},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81", 10, false, 0},
	    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, false, 0},
	    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x01", 11, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cursor c = cursor_of(span_of(cases[i].bytes, cases[i].size));

		assert_true(cursor_varint(&c) == cases[i].value);
		assert_int_equal(cursor_done(&c), cases[i].good);
		assert_int_equal(c.failed, !cases[i].good);
	}
}

static void test_zigzag(void **state)
{
	static const int64_t values[] = {0,   -1,        1,         -64,          64,
	                                 -65, INT64_MAX, INT64_MIN, INT64_MIN + 1};
	struct buffer buffer = {0};
	struct cursor c;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		capsa_buffer_zigzag(&buffer, values[i]);
	c = cursor_of(buffer_span(&buffer));
	for (size_t i = 0; i < COUNT(values); i++)
		assert_true(cursor_zigzag(&c) == values[i]);
	assert_true(cursor_done(&c));
	capsa_buffer_release(&buffer);
}

/* Around every power of two: what is written is read, in at most as many bytes as are needed. */
static void test_varint_powers(void **state)
{
	struct buffer buffer = {0};

	(void)state;
	for (unsigned bit = 0; bit < 64; bit++) {
		for (uint64_t near = 0; near < 3; near++) {
			uint64_t value = (UINT64_C(1) << bit) + near - 1;
			size_t needed = 1;
			struct cursor c;

			for (uint64_t rest = value >> 7; rest != 0; rest >>= 7)
				needed++;
			buffer_clear(&buffer);
			capsa_buffer_varint(&buffer, value);
			assert_int_equal(buffer.size, needed);
			c = cursor_of(buffer_span(&buffer));
			assert_true(cursor_varint(&c) == value);
			assert_true(cursor_done(&c));
		}
	}
	capsa_buffer_release(&buffer);
}

static void test_extent(void **state)
{
	(void)state;
	assert_true(extent_inside(0, 0, 0));
	assert_true(extent_inside(0, 10, 10));
	assert_true(extent_inside(10, 0, 10));
	assert_true(extent_inside(3, 7, 10));
	assert_false(extent_inside(3, 8, 10));
	assert_false(extent_inside(11, 0, 10));
	assert_false(extent_inside(1, UINT64_MAX, 10));
	assert_false(extent_inside(UINT64_MAX, 1, 10));
	assert_false(extent_inside(UINT64_MAX, UINT64_MAX, UINT64_MAX));
	assert_true(extent_inside(UINT64_MAX, 0, UINT64_MAX));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_integers),
	    cmocka_unit_test(test_short),
	    cmocka_unit_test(test_take),
	    cmocka_unit_test(test_varint),
	    cmocka_unit_test(test_zigzag),
	    cmocka_unit_test(test_varint_powers),
	    cmocka_unit_test(test_extent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
