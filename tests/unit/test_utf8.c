/* UTF-8 and plain text (spec 9.1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "utf8.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span text(const char *string)
{
	return span_of(string, strlen(string));
}

static void test_valid(void **state)
{
	static const char *const good[] = {
	    "",
	    "a",
	    "\x7f",
	    "\xc2\x80",
	    "\xdf\xbf",
	    "\xe0\xa0\x80",
	    "\xed\x9f\xbf",
	    "\xee\x80\x80",
	    "\xef\xbf\xbf",
	    "\xf0\x90\x80\x80",
	    "\xf4\x8f\xbf\xbf",
	    "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z",
	};
	static const char *const bad[] = {
	    "\x80",
	    "\xbf",
	    "\xc3",
	    "\xc3z",
	    "\xc3\xc3",
	    "\xe2\x82",
	    "\xe2\x82z",
	    "\xe2z\x82",
	    "\xf0\x9f\x98",
	    "\xf0\x9f\x98z",
	    "a\x80",
	    "\xc3\xa9\xa9",
	    /* not the shortest */
	    "\xc0\x80",
	    "\xc1\xbf",
	    "\xe0\x80\x80",
	    "\xe0\x9f\xbf",
	    "\xf0\x80\x80\x80",
	    "\xf0\x8f\xbf\xbf",
	    /* surrogates, above U+10FFFF, bytes that never occur */
	    "\xed\xa0\x80",
	    "\xed\xbf\xbf",
	    "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80",
	    "\xf8\x88\x80\x80\x80",
	    "\xfc\x84\x80\x80\x80\x80",
	    "\xfe",
	    "\xff",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(capsa_utf8_valid(text(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(capsa_utf8_valid(text(bad[i])));
	assert_true(capsa_utf8_valid(span_of("\0", 1)));
}

static size_t encode(uint32_t point, uint8_t out[4])
{
	static const uint8_t leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;

	for (size_t i = size; i-- > 1; point >>= 6)
		out[i] = (uint8_t)(0x80 | (point & 0x3f));
	out[0] = (uint8_t)(leads[size] | point);
	return size;
}

static void test_every_point(void **state)
{
	(void)state;
	for (uint32_t point = 0; point < 0x110000; point++) {
		uint8_t bytes[4];
		size_t size = encode(point, bytes);
		size_t read = 0;

		if (point >= 0xd800 && point <= 0xdfff) {
			assert_false(capsa_utf8_valid(span_of(bytes, size)));
			continue;
		}
		if (!capsa_utf8_valid(span_of(bytes, size)) ||
		    capsa_utf8_next(span_of(bytes, size), &read) != point || read != size ||
		    capsa_utf8_valid(span_of(bytes, size - 1)) != (size == 1))
			fail_msg("U+%04X", (unsigned)point);
	}
}

/* As many sequences are valid as there are code points, so that no other is. */
static void test_every_sequence(void **state)
{
	static const uint8_t ends[] = {0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff};
	unsigned twos = 0;
	unsigned threes = 0;
	unsigned fours = 0;
	uint8_t b[4];

	(void)state;
	for (unsigned n = 0x80 << 8; n < 1U << 16; n++) {
		b[0] = (uint8_t)(n >> 8);
		b[1] = (uint8_t)n;
		twos += capsa_utf8_valid(span_of(b, 2));
		for (unsigned third = 0; third < 256; third++) {
			b[2] = (uint8_t)third;
			/* two bytes and an ASCII character do not count */
			threes += third >= 0x80 && capsa_utf8_valid(span_of(b, 3));
		}
		for (size_t i = 0; i < COUNT(ends) * COUNT(ends); i++) {
			b[2] = ends[i / COUNT(ends)];
			b[3] = ends[i % COUNT(ends)];
			fours += b[0] >= 0xe0 && b[3] >= 0x80 && capsa_utf8_valid(span_of(b, 4));
		}
	}
	assert_int_equal(twos, 0x800 - 0x80);
	assert_int_equal(threes, 0x10000 - 0x800 - 0x800);
	assert_int_equal(fours, 0x100000 / (64 * 64) * 2 * 2);
}

static void test_plain(void **state)
{
	static const char *const good[] = {
	    "",
	    "a",
	    "a b",
	    "~",
	    "!",
	    "\xc2\xa0",
	    "\xc2\xa0z",
	    "\xd8\x9b",
	    "\xd8\x9d",
	    "\xe2\x80\x8d",
	    "\xe2\x80\x90",
	    "\xe2\x80\xa7",
	    "\xe2\x80\xaf",
	    "\xe2\x81\xa5",
	    "\xe2\x81\xaa",
	    "\xf0\x9f\x98\x80",
	};
	static const char *const bad[] = {
	    " ",
	    " a",
	    "a ",
	    "\t",
	    "a\nb",
	    "a\x1fz",
	    "\x7f",
	    "\xc2\x80",
	    "\xc2\x85",
	    "\xc2\x9f",
	    "\x80",
	    "\xff",
	    "\xe2\x80\xa8",
	    "\xe2\x80\xa9",
	    "\xd8\x9c",
	    "\xe2\x80\x8e",
	    "\xe2\x80\x8f",
	    "\xe2\x80\xaa",
	    "\xe2\x80\xae",
	    "\xe2\x81\xa6",
	    "\xe2\x81\xa9",
	    "abc\xe2\x81\xa9",
	    "\xed\xa0\x80",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!capsa_utf8_plain(text(good[i])))
			fail_msg("good %zu", i);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (capsa_utf8_plain(text(bad[i])))
			fail_msg("bad %zu", i);
	assert_false(capsa_utf8_plain(span_of("a\0b", 3)));
}

static void test_prefix(void **state)
{
	static const size_t sizes[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11};

	(void)state;
	for (size_t max = 0; max < COUNT(sizes); max++)
		assert_int_equal(
		    capsa_utf8_prefix(text("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z"), max),
		    sizes[max]);
	assert_int_equal(capsa_utf8_prefix(text(""), 5), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_valid),
	    cmocka_unit_test(test_every_point),
	    cmocka_unit_test(test_every_sequence),
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
