/* Canonical JSON (spec 7.3): what is taken, what is not, and in which order keys stand. */
#include "json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span text(const char *string)
{
	return span_of(string, strlen(string));
}

/* A copy of exact size, so that the sanitizers see each byte read beyond it. */
static bool canonical(const void *data, size_t size, unsigned depth)
{
	uint8_t *copy = malloc(size != 0 ? size : 1);
	bool result;

	assert_non_null(copy);
	memcpy(copy, data, size);
	result = capsa_json_canonical(span_of(copy, size), depth);
	free(copy);
	return result;
}

static const char *const good[] = {
    "0", "1", "-1", "10", "9007199254740991", "-9007199254740991",
    "true", "false", "null",
    "\"\"", "\"a\"", "\"\\\"\"", "\"\\\\\"", "\"\\u0001\"", "\"\\u000a\"", "\"\\u001f\"",
    "\"/\"", "\"\177\"", "\"\302\200\"", "\"\342\200\250\"", "\"\357\277\277\"",
    "\"\360\220\200\200\"", "\"\364\217\277\277\"", "\"\\\\u0000\"",
    /* around eight bytes, which are looked at together */
    "\"1234567\"", "\"12345678\"", "\"123456789\"", "\"1234567\\\"\"", "\"12345678\\\\9\"",
    "\"1234567\303\251\"", "\"12345678\303\251 9\"",
    "[]", "[0]", "[[],[],{}]", "[1,\"a\",true,null]",
    "{}", "{\"\":0}", "{\"a\":1,\"b\":2}", "{\"a\":{\"b\":[{}]}}", "{\"a\":1,\"ab\":2}",
    /* the order of the bytes that keys stand for, not of those that are written */
    "{\"\\u0001\":0,\"\\u0002\":0,\" \":0,\"!\":0,\"\\\"\":0,\"#\":0}",
    "{\"A\":0,\"Z\":0,\"\\\\\":0,\"]\":0,\"a\":0,\"\303\251\":0}",
    "{\"\357\277\277\":0,\"\360\220\200\200\":0}",
    "{\"a\\u0001\":0,\"a\\u001f\":0,\"a!\":0,\"a\\\"\":0}",
};

static void takes_every_canonical_value(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!canonical(good[i], strlen(good[i]), 0))
			fail_msg("refused: %s", good[i]);
}

static const char *const bad[] = {
    "", " ", "0 ", " 0", "0\n", "[1, 2]", "[1 ]", "{\"a\": 1}", "{ }", "[ ]", "[0]\n",
    /* numbers */
    "-", "-0", "00", "01", "-01", "+1", "1.0", "1.", ".5", "1e5", "1E5", "0x1", "--1", "1-",
    "9007199254740992", "-9007199254740992", "90071992547409910", "18446744073709551616",
    "99999999999999999999999999999999999999", "NaN", "Infinity",
    /* words */
    "tru", "truee", "True", "nul", "fals", "nullnull", "t", "n", "f",
    /* strings */
    "\"", "\"a", "a\"", "'a'", "\"a\"\"", "\"\\\"", "\"\\", "\"\\u", "\"\\u00", "\"\\u001\"",
    "\"\n\"", "\"\001\"", "\"\037\"", "\"1234567\n\"", "\"12345678\037\"",
    "\"\\n\"", "\"\\t\"", "\"\\b\"", "\"\\f\"", "\"\\r\"", "\"\\/\"", "\"\\a\"", "\"\\'\"",
    "\"\\u0000\"", "\"\\u0020\"", "\"\\u0022\"", "\"\\u005c\"", "\"\\u007f\"", "\"\\u00e9\"",
    "\"\\u001F\"", "\"\\u000A\"", "\"\\u000g\"", "\"\\u000:\"", "\"\\u000`\"", "\"\\u0100\"",
    "\"\\u1001\"", "\"\\U0001\"", "\"\\ud834\\udd1e\"",
    "\"\200\"", "\"\303\"", "\"\300\200\"", "\"\355\240\200\"", "\"\364\220\200\200\"",
    "\"\360\200\200\200\"", "\"12345678\377\"", "\"\303\\u00a9\"",
    /* arrays */
    "[", "]", "[,]", "[0,]", "[,0]", "[0,,0]", "[0 0]", "[0", "[0}", "[[]", "[]]", "[\"a\":0]",
    /* objects */
    "{", "}", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":0,}", "{:0}", "{0:0}", "{a:0}", "{\"a\":0",
    "{\"a\":0]", "{\"a\",0}", "{\"a\":0\"b\":0}", "{null:0}", "{\"a\"::0}", "{}{}", "{}0",
    /* keys */
    "{\"a\":0,\"a\":0}", "{\"b\":0,\"a\":0}", "{\"ab\":0,\"a\":0}", "{\"a\":0,\"\":0}",
    "{\"\":0,\"\":0}", "{\"a\":0,\"b\":0,\"b\":0}", "{\"\\\"\":0,\"!\":0}",
    "{\"\\\\\":0,\"Z\":0}", "{\"\\u0002\":0,\"\\u0001\":0}", "{\" \":0,\"\\u0001\":0}",
    "{\"#\":0,\"\\\"\":0}", "{\"]\":0,\"\\\\\":0}", "{\"\360\220\200\200\":0,\"\357\277\277\":0}",
    "{\"a\":{\"b\":0,\"b\":0}}", "[{\"b\":0,\"a\":0}]",
    "\357\273\277{}", "/**/0", "0//",
};

static void refuses_every_other_writing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (canonical(bad[i], strlen(bad[i]), 0))
			fail_msg("taken: %s", bad[i]);
}

static void refuses_zero_bytes(void **state)
{
	(void)state;
	assert_false(canonical("\0", 1, 0));
	assert_false(canonical("0\0", 2, 0));
	assert_false(canonical("\"\0\"", 3, 0));
	assert_false(canonical("\"1234567\0\"", 10, 0));
	assert_false(canonical("\"\\\0\"", 4, 0));
	assert_false(canonical("\"\\u00\0001\"", 8, 0));
	assert_false(canonical("[\0]", 3, 0));
}

/* Every byte at each place in a word of eight, among bytes that are near to those that end. */
static void counts_bytes_that_stand_for_themselves(void **state)
{
	static const uint8_t fills[] = {' ', '!', '#', '[', ']', 0x7f, 0x80, 0xa2, 0xdc, 0xff};

	(void)state;
	for (size_t i = 0; i < COUNT(fills); i++)
		for (unsigned byte = 0; byte < 256; byte++)
			for (size_t at = 0; at < 17; at++) {
				uint8_t bytes[17];
				bool plain = byte >= 0x20 && byte != '"' && byte != '\\';
				size_t size = plain ? sizeof bytes : at;
				bool ascii = true;

				memset(bytes, fills[i], sizeof bytes);
				bytes[at] = (uint8_t)byte;
				assert_int_equal(
				    capsa_json_plain(span_of(bytes, sizeof bytes), &ascii), size);
				assert_int_equal(ascii, size == 0 || (fills[i] < 0x80 &&
				                                      (byte < 0x80 || !plain)));
			}
}

/* No beginning of an array, object or string is a value of its own. */
static void refuses_every_truncation(void **state)
{
	static const char *const whole[] = {
	    "{\"a\":[1,\"x\\\"\\u001f\",true],\"b\":{\"\303\251\":null}}",
	    "[false,-9007199254740991,{\"key\":\"value of some length\"}]",
	    "\"\\\\\\\"\\u0001\360\220\200\200 and more text\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(whole); i++) {
		assert_true(canonical(whole[i], strlen(whole[i]), 0));
		for (size_t size = 0; size < strlen(whole[i]); size++)
			assert_false(canonical(whole[i], size, 0));
	}
}

/* A byte in a text is taken exactly where the grammar says, at each place in a word of eight. */
static void takes_and_refuses_single_bytes(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++)
		for (size_t at = 1; at <= 18; at++) {
			char json[20];
			bool plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';

			memset(json, '~', sizeof json);
			json[0] = json[19] = '"';
			json[at] = (char)byte;
			if (canonical(json, sizeof json, 0) != plain)
				fail_msg("byte %02x at %zu", byte, at);
		}
}

static void bounds_the_depth(void **state)
{
	char json[64];

	(void)state;
	for (unsigned levels = 1; levels <= 20; levels++) {
		memset(json, '[', levels);
		memset(json + levels, ']', levels);
		for (unsigned depth = 0; depth <= CAPSA_DEPTH_MAX; depth++)
			assert_int_equal(canonical(json, 2 * levels, depth),
			                 levels + depth <= CAPSA_DEPTH_MAX);
	}
	for (unsigned depth = 0; depth <= CAPSA_DEPTH_MAX; depth++) {
		assert_true(canonical("\"a\"", 3, depth));
		assert_int_equal(canonical("{}", 2, depth), depth < CAPSA_DEPTH_MAX);
		assert_int_equal(canonical("{\"a\":[]}", 8, depth), depth + 1 < CAPSA_DEPTH_MAX);
	}
}

/* Ten million brackets must neither pass nor use up the stack. */
static void survives_deep_nesting(void **state)
{
	size_t size = 10000000;
	char *json = malloc(size);

	(void)state;
	assert_non_null(json);
	memset(json, '[', size);
	assert_false(capsa_json_canonical(span_of(json, size), 0));
	free(json);
}

static void takes_one_value_and_leaves_the_rest(void **state)
{
	struct cursor c = cursor_of(text("[1]2\"x\"rest"));
	struct span value;

	(void)state;
	value = capsa_json_take(&c, 0);
	assert_true(span_equal(value, text("[1]")));
	value = capsa_json_take(&c, 0);
	assert_true(span_equal(value, text("2")));
	assert_false(capsa_json_take_byte(&c, 'x'));
	value = capsa_json_take_string(&c);
	assert_true(span_equal(value, text("\"x\"")));
	assert_true(capsa_json_take_byte(&c, 'r'));
	assert_false(c.failed);
	assert_int_equal(cursor_left(&c), 3);
	capsa_json_take(&c, 0);
	assert_true(c.failed);
	assert_false(capsa_json_take_byte(&c, 'e'));
}

static int sign(int order)
{
	return (order > 0) - (order < 0);
}

/* Texts in ascending order, and the strings that stand for them. */
static const struct {
	const char *text;
	const char *string;
} pairs[] = {
    {"", "\"\""},
    {"\001", "\"\\u0001\""},
    {"\001a", "\"\\u0001a\""},
    {"\n", "\"\\u000a\""},
    {"\017", "\"\\u000f\""},
    {"\020", "\"\\u0010\""},
    {"\037", "\"\\u001f\""},
    {" ", "\" \""},
    {"!", "\"!\""},
    {"\"", "\"\\\"\""},
    {"\"\"", "\"\\\"\\\"\""},
    {"#", "\"#\""},
    {"/", "\"/\""},
    {"Z", "\"Z\""},
    {"\\", "\"\\\\\""},
    {"\\u0001", "\"\\\\u0001\""},
    {"]", "\"]\""},
    {"a", "\"a\""},
    {"a\tb", "\"a\\u0009b\""},
    {"ab", "\"ab\""},
    {"u0001", "\"u0001\""},
    {"\177", "\"\177\""},
    {"\303\251", "\"\303\251\""},
    {"\357\277\277", "\"\357\277\277\""},
    {"\360\237\230\200", "\"\360\237\230\200\""},
};

static void compares_what_strings_stand_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		for (size_t j = 0; j < COUNT(pairs); j++) {
			int order = (i > j) - (i < j);

			assert_int_equal(sign(capsa_json_compare(text(pairs[i].string),
			                                         text(pairs[j].string))),
			                 order);
			assert_int_equal(sign(capsa_json_compare_text(text(pairs[i].string),
			                                              text(pairs[j].text))),
			                 order);
		}
}

static void escapes_and_unescapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct span want = text(pairs[i].text);
		struct buffer out = {0};
		uint8_t room[16];

		capsa_json_append(&out, want);
		assert_false(out.failed);
		assert_true(span_equal(buffer_span(&out), text(pairs[i].string)));
		assert_true(capsa_json_canonical(buffer_span(&out), CAPSA_DEPTH_MAX));
		assert_int_equal(capsa_json_text(buffer_span(&out), room, sizeof room), want.size);
		assert_memory_equal(room, want.data, want.size);
		capsa_buffer_release(&out);
	}
}

static void unescapes_no_more_than_has_room(void **state)
{
	uint8_t room[4] = "....";

	(void)state;
	assert_int_equal(capsa_json_text(text("\"a\\\"\\\\\\u0009b\""), room, 3), 5);
	assert_memory_equal(room, "a\"\\.", 4);
	assert_int_equal(capsa_json_text(text("\"abc\""), NULL, 0), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_every_canonical_value),
	    cmocka_unit_test(refuses_every_other_writing),
	    cmocka_unit_test(refuses_zero_bytes),
	    cmocka_unit_test(refuses_every_truncation),
	    cmocka_unit_test(takes_and_refuses_single_bytes),
	    cmocka_unit_test(counts_bytes_that_stand_for_themselves),
	    cmocka_unit_test(bounds_the_depth),
	    cmocka_unit_test(survives_deep_nesting),
	    cmocka_unit_test(takes_one_value_and_leaves_the_rest),
	    cmocka_unit_test(compares_what_strings_stand_for),
	    cmocka_unit_test(escapes_and_unescapes),
	    cmocka_unit_test(unescapes_no_more_than_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
