/* Metadata lines (spec 7): which are valid, and walks over lines that may be anything. */
#include "metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST "\"digest\":\"blake2b-256:" HEX "\""
#define PATH "\"path\":\"a/b.txt\""
#define SIZE "\"size\":12"

static struct capsa_text text(const char *string)
{
	return (struct capsa_text){string, strlen(string)};
}

static bool equals(struct capsa_text a, const char *b)
{
	return span_equal(span_text(a), span_text(text(b)));
}

static const char *const good[] = {
    "{" DIGEST "," PATH "," SIZE "}",
    "{" DIGEST "," PATH ",\"size\":0}",
    "{" DIGEST "," PATH ",\"size\":9007199254740991}",
    "{" DIGEST ",\"path\":\"a \\\"b\\\" \\\\c\"," SIZE "}",
    "{" DIGEST "," PATH "," SIZE ",\"title\":\"\"}",
    "{" DIGEST "," PATH "," SIZE ",\"title\":\"\\u0001\\u001f\"}",
    "{\"coverage\":\"a\",\"description\":\"b\"," DIGEST ",\"format\":\"text/html\","
    "\"language\":\"de\",\"location\":\"c\"," PATH ",\"publisher\":\"d\",\"rights\":\"e\","
    "\"size\":0,\"source\":\"f\","
    "\"title\":\"g\",\"type\":\"h\",\"url\":\"i\"}",
    "{\"contributor\":[\"a\"],\"creator\":[\"b\",\"\"]," DIGEST ",\"identifier\":[\"c\"]," PATH
    ",\"relation\":[\"d\"]," SIZE ",\"subject\":[\"e\",\"e\",\"f\"]}",
    "{\"captured\":\"2024-02-29T23:59:59.123456789+23:59\",\"date\":\"0000-01-01\"," DIGEST
    ",\"modified\":\"9999-12-31T00:00:00Z\"," PATH "," SIZE "}",
    "{" DIGEST ",\"extra\":{},\"http\":{\"status\":200}," PATH "," SIZE "}",
    /* keys that the format does not know */
    "{\"\":null,\"a\":[[],{}],\"creators\":7," DIGEST "," PATH "," SIZE ",\"title2\":true}",
    "{" DIGEST ",\"extra\":{\"date\":\"soon\",\"size\":-1}," PATH "," SIZE "}",
    "{\"\\u0001size\":1,\"DATE\":2,\"\\\\date\":3," DIGEST "," PATH "," SIZE "}",
};

static void accepts(void **state)
{
	struct capsa_error err = {.text = "untouched"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (capsa_line_check(span_text(text(good[i])), 7, &err) != CAPSA_OK)
			fail_msg("refused: %s: %s", good[i], err.text);
	assert_string_equal(err.text, "untouched");
}

#define WITH(member) "{" DIGEST ",\"extra\":{}," member "," PATH "," SIZE "}"
#define BEFORE(member) "{" member "," DIGEST "," PATH "," SIZE "}"
#define AFTER(member) "{" DIGEST "," PATH "," SIZE "," member "}"
#define WITH_DIGEST(value) "{\"digest\":" value "," PATH "," SIZE "}"
#define WITH_PATH(value) "{" DIGEST ",\"path\":" value "," SIZE "}"
#define WITH_SIZE(value) "{" DIGEST "," PATH ",\"size\":" value "}"

#define NO_DIGEST "metadata key 'digest' is not 'blake2b-256:' and 64 lower-case digits"

static const struct {
	const char *line;
	const char *why;
} bad[] = {
    {"", "metadata line is not canonical JSON near byte 0 of it"},
    {"{", "metadata line is not canonical JSON near byte 1 of it"},
    {"{} ", "metadata line is not canonical JSON near byte 2 of it"},
    {"{\"a\": 1}", "metadata line is not canonical JSON near byte 5 of it"},
    {"[]", "metadata line is not an object"},
    {"\"path\"", "metadata line is not an object"},
    {"null", "metadata line is not an object"},
    {"{}", "metadata line has no key 'path'"},
    {"{" DIGEST "," PATH "}", "metadata line has no key 'size'"},
    {"{" PATH "," SIZE "}", "metadata line has no key 'digest'"},
    {"{" DIGEST "," SIZE "}", "metadata line has no key 'path'"},
    {"{" DIGEST ",\"extra\":{" PATH "}," SIZE "}", "metadata line has no key 'path'"},
    {WITH_PATH("1"), "metadata key 'path' is not a text"},
    {WITH_PATH("null"), "metadata key 'path' is not a text"},
    {WITH_PATH("[\"a\"]"), "metadata key 'path' is not a text"},
    {WITH_PATH("\"\""), "metadata key 'path': an empty path is not allowed"},
    {WITH_PATH("\"../a\""), "metadata key 'path': component '..' is not allowed"},
    {WITH_PATH("\"a\\u000a\""), "metadata key 'path': control character U+000A is not allowed"},
    {WITH_SIZE("-1"), "metadata key 'size' is not a number of bytes"},
    {WITH_SIZE("\"1\""), "metadata key 'size' is not a number of bytes"},
    {WITH_SIZE("[1]"), "metadata key 'size' is not a number of bytes"},
    {WITH_SIZE("true"), "metadata key 'size' is not a number of bytes"},
    {WITH_DIGEST("\"" HEX "\""), NO_DIGEST},
    {WITH_DIGEST("\"blake2b-256:" HEX "0\""), NO_DIGEST},
    {WITH_DIGEST("\"blake2b-256:\""), NO_DIGEST},
    {WITH_DIGEST("\"blake2b-256\""), NO_DIGEST},
    {WITH_DIGEST("\"\""), NO_DIGEST},
    {WITH_DIGEST("\"blake2b-512:" HEX "\""), NO_DIGEST},
    {WITH_DIGEST("\"blake2b-256:" HEX HEX "\""), NO_DIGEST},
    {WITH_DIGEST("\"blake2b-256:\\u000123456789abcdef0123456789abcdef0123456789abcdef0123456789\""),
     NO_DIGEST},
    {WITH_DIGEST("\"blake2b-256:A123456789abcdef0123456789abcdef"
                 "0123456789abcdef0123456789abcdef\""),
     NO_DIGEST},
    {WITH_DIGEST("1"), NO_DIGEST},
    {AFTER("\"title\":1"), "metadata key 'title' is not a text"},
    {AFTER("\"type\":[]"), "metadata key 'type' is not a text"},
    {AFTER("\"url\":{}"), "metadata key 'url' is not a text"},
    {AFTER("\"source\":true"), "metadata key 'source' is not a text"},
    {BEFORE("\"coverage\":1"), "metadata key 'coverage' is not a text"},
    {BEFORE("\"description\":null"), "metadata key 'description' is not a text"},
    {WITH("\"format\":1"), "metadata key 'format' is not a text"},
    {WITH("\"language\":1"), "metadata key 'language' is not a text"},
    {WITH("\"location\":1"), "metadata key 'location' is not a text"},
    {WITH("\"http\":1"), "metadata key 'http' is not an object"},
    {WITH("\"http\":[]"), "metadata key 'http' is not an object"},
    {"{" DIGEST ",\"extra\":\"{}\"," PATH "," SIZE "}", "metadata key 'extra' is not an object"},
    {"{" DIGEST "," PATH ",\"publisher\":1," SIZE "}", "metadata key 'publisher' is not a text"},
    {"{" DIGEST "," PATH ",\"rights\":1," SIZE "}", "metadata key 'rights' is not a text"},
    {BEFORE("\"creator\":\"a\""), "metadata key 'creator' is not an array of text, not empty"},
    {BEFORE("\"creator\":[]"), "metadata key 'creator' is not an array of text, not empty"},
    {BEFORE("\"creator\":[1]"), "metadata key 'creator' is not an array of text, not empty"},
    {BEFORE("\"creator\":[\"a\",[]]"), "metadata key 'creator' is not an array of text, not empty"},
    {BEFORE("\"contributor\":{}"), "metadata key 'contributor' is not an array of text, not empty"},
    {WITH("\"identifier\":\"a\""), "metadata key 'identifier' is not an array of text, not empty"},
    {AFTER("\"subject\":[null]"), "metadata key 'subject' is not an array of text, not empty"},
    {"{" DIGEST "," PATH ",\"relation\":[]," SIZE "}",
     "metadata key 'relation' is not an array of text, not empty"},
    {BEFORE("\"date\":\"2023-02-29\""), "metadata key 'date' is not a date"},
    {BEFORE("\"date\":\"2023\""), "metadata key 'date' is not a date"},
    {BEFORE("\"date\":\"\""), "metadata key 'date' is not a date"},
    {BEFORE("\"date\":20230101"), "metadata key 'date' is not a date"},
    {BEFORE("\"captured\":\"2023-01-01T00:00:00\""), "metadata key 'captured' is not a date"},
    {WITH("\"modified\":\"2023-01-01t00:00:00z\""), "metadata key 'modified' is not a date"},
    {WITH("\"location\":\"b\""), "metadata key 'location' belongs to a body that is not empty"},
};

static void refuses_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct capsa_error err = {0};

		if (capsa_line_check(span_text(text(bad[i].line)), 81920, &err) != CAPSA_ECORRUPT)
			fail_msg("accepted: %s", bad[i].line);
		assert_string_equal(err.text, bad[i].why);
		assert_int_equal(err.offset, 81920);
		assert_int_equal(capsa_line_check(span_text(text(bad[i].line)), 0, NULL),
		                 CAPSA_ECORRUPT);
	}
}

/* A line of `size` bytes, all of them good. */
static char *long_line(size_t size)
{
	static const char head[] = "{" DIGEST "," PATH "," SIZE ",\"title\":\"";
	char *line = malloc(size);

	assert_non_null(line);
	memset(line, 'x', size);
	memcpy(line, head, sizeof head - 1);
	memcpy(line + size - 2, "\"}", 2);
	return line;
}

static void bounds_the_line(void **state)
{
	struct capsa_error err = {0};
	char *line = long_line(CAPSA_LINE_MAX + 1);

	(void)state;
	assert_int_equal(capsa_line_check(span_of(line, CAPSA_LINE_MAX + 1), 5, &err),
	                 CAPSA_ECORRUPT);
	assert_string_equal(err.text, "metadata line is longer than 1 MiB");
	free(line);
	line = long_line(CAPSA_LINE_MAX);
	assert_int_equal(capsa_line_check(span_of(line, CAPSA_LINE_MAX), 5, &err), CAPSA_OK);
	free(line);
}

static enum capsa_status check_path_of(size_t size, const char *piece, struct capsa_error *err)
{
	struct buffer line = {0};
	enum capsa_status status;

	capsa_buffer_printf(&line, "{" DIGEST ",\"path\":\"");
	for (size_t i = 0; i < size; i++)
		capsa_buffer_printf(&line, "%s", i % 201 == 200 ? "/" : piece);
	capsa_buffer_printf(&line, "\"," SIZE "}");
	assert_false(line.failed);
	status = capsa_line_check(buffer_span(&line), 0, err);
	capsa_buffer_release(&line);
	return status;
}

/* Escapes do not count: the limit is one of the path. */
static void bounds_the_path(void **state)
{
	struct capsa_error err = {0};

	(void)state;
	assert_int_equal(check_path_of(4000, "a", &err), CAPSA_OK);
	assert_int_equal(check_path_of(4001, "a", &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "metadata key 'path': the path is longer than 4000 bytes");
	assert_int_equal(check_path_of(4000, "\\\"", &err), CAPSA_OK);
	assert_int_equal(check_path_of(4001, "\\\\", &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "metadata key 'path': the path is longer than 4000 bytes");
	assert_int_equal(check_path_of(4000, "\\u0001", &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text,
	                    "metadata key 'path': control character U+0001 is not allowed");
	assert_int_equal(check_path_of(100000, "\\u0001", &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "metadata key 'path': the path is longer than 4000 bytes");
}

static void gives_facts(void **state)
{
	static const char line[] =
	    "{\"captured\":\"1970-01-01T00:01:00Z\",\"date\":\"1969-12-31\"," DIGEST
	    ",\"modified\":\"2001-09-09T01:46:40.5Z\",\"path\":\"a\\\"b\","
	    "\"size\":9007199254740991,"
	    "\"title\":\"T\\\\\",\"url\":\"https://example.org/\"}";
	static const char least[] = "{" DIGEST "," PATH ",\"size\":0}";
	struct line_facts facts;

	(void)state;
	assert_int_equal(capsa_line_check(span_text(text(line)), 0, NULL), CAPSA_OK);
	capsa_line_facts(span_text(text(line)), &facts);
	assert_true(equals(facts.path, "\"a\\\"b\""));
	assert_true(equals(facts.title, "\"T\\\\\""));
	assert_true(equals(facts.url, "\"https://example.org/\""));
	assert_true(facts.size == UINT64_C(9007199254740991));
	for (unsigned i = 0; i < CAPSA_DIGEST_SIZE; i++)
		assert_int_equal(facts.digest[i], 0x01 + 0x22 * (i % 8));
	assert_true(facts.has_captured && facts.has_date && facts.has_modified);
	assert_true(facts.captured == 60);
	assert_true(facts.date == -86400);
	assert_true(facts.modified == 1000000000);

	capsa_line_facts(span_text(text(least)), &facts);
	assert_true(equals(facts.path, "\"a/b.txt\""));
	assert_int_equal(facts.title.size, 0);
	assert_int_equal(facts.url.size, 0);
	assert_int_equal(facts.size, 0);
	assert_false(facts.has_captured || facts.has_date || facts.has_modified);
}

static void walks_objects_and_arrays(void **state)
{
	struct capsa_text rest = text("{\"a\":1,\"b\\\"\":[2,\"x\",{}],\"c\":{\"d\":[]}}");
	struct capsa_text key, value, inner;

	(void)state;
	assert_true(capsa_line_next(&rest, &key, &value));
	assert_true(equals(key, "\"a\"") && equals(value, "1"));
	assert_true(capsa_line_next(&rest, &key, &value));
	assert_true(equals(key, "\"b\\\"\"") && equals(value, "[2,\"x\",{}]"));
	inner = value;
	assert_true(capsa_line_next(&rest, &key, &value));
	assert_true(equals(key, "\"c\"") && equals(value, "{\"d\":[]}"));
	assert_false(capsa_line_next(&rest, &key, &value));
	assert_int_equal(key.size, 0);
	assert_int_equal(value.size, 0);
	assert_false(capsa_line_next(&rest, &key, &value));

	assert_true(capsa_line_next(&inner, &key, &value));
	assert_true(equals(key, "") && equals(value, "2"));
	assert_true(capsa_line_next(&inner, &key, &value));
	assert_true(equals(key, "") && equals(value, "\"x\""));
	assert_true(capsa_line_next(&inner, &key, &value));
	assert_true(equals(key, "") && equals(value, "{}"));
	assert_false(capsa_line_next(&inner, &key, &value));
}

/* How many members a walk finds before it ends, in a copy of exact size. */
static size_t count_members(const char *line)
{
	size_t size = strlen(line), count = 0;
	char *copy = malloc(size + 1);
	struct capsa_text rest = {copy, size}, key, value;

	assert_non_null(copy);
	memcpy(copy, line, size);
	while (capsa_line_next(&rest, &key, &value))
		count++;
	assert_int_equal(rest.size, 0);
	free(copy);
	return count;
}

static void ends_where_a_line_is_not_canonical(void **state)
{
	static const struct {
		const char *line;
		size_t count;
	} cases[] = {
	    {"", 0}, {"{}", 0}, {"[]", 0}, {"{", 0}, {"}", 0}, {"[", 0}, {"]", 0}, {"1", 0},
	    {"\"a\"", 0}, {"{]", 0}, {"[}", 0}, {"{,}", 0}, {"[,]", 0}, {" {\"a\":1}", 0},
	    {"{\"a\":1} ", 0}, {"{\"a\": 1}", 0}, {"{\"a\" :1}", 0}, {"{\"a\":1", 0},
	    {"{\"a\":1]", 0},
	    {"{\"a\"}", 0}, {"{\"a\":}", 0}, {"{a:1}", 0}, {"{\"a\":1,}", 1}, {"{\"a\":1}}", 1},
	    {"{\"a\":1 ,\"b\":2}", 1}, {"{\"a\":1,,\"b\":2}", 1}, {"{\"a\":1,\"b\":tru}", 1},
	    {"{\"a\":1,\"b\":\"\n\"}", 1}, {"{\"a\":1,\"b\\n\":2}", 1}, {"{\"a\":1,\"b\":01}", 1},
	    {"{\"a\":1,\"b\":2\"c\":3}", 2}, {"[1,2 ,3]", 2}, {"[1,2,]", 2}, {"[1,\"\377\"]", 1},
	    {"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 1}, {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", 0},
	    /* the walk does not judge the order of the members it gives */
	    {"{\"b\":1,\"a\":2,\"a\":3}", 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (count_members(cases[i].line) != cases[i].count)
			fail_msg("%s: not %zu members", cases[i].line, cases[i].count);
}

static void finds(void **state)
{
	static const char line[] = "{\"a\":1,\"a\\\"b\":2,\"b\":{\"c\":3},\"d\":\"e\"}";
	struct capsa_text value;

	(void)state;
	assert_int_equal(capsa_line_find(text(line), "a", &value), CAPSA_OK);
	assert_true(equals(value, "1"));
	assert_int_equal(capsa_line_find(text(line), "a\"b", &value), CAPSA_OK);
	assert_true(equals(value, "2"));
	assert_int_equal(capsa_line_find(text(line), "b", &value), CAPSA_OK);
	assert_true(equals(value, "{\"c\":3}"));
	assert_int_equal(capsa_line_find(text(line), "d", &value), CAPSA_OK);
	assert_true(equals(value, "\"e\""));
	assert_int_equal(capsa_line_find(text(line), "c", &value), CAPSA_ENOENT);
	assert_int_equal(value.size, 0);
	assert_int_equal(capsa_line_find(text(line), "", &value), CAPSA_ENOENT);
	assert_int_equal(capsa_line_find(text(line), "a\\\"b", &value), CAPSA_ENOENT);
	assert_int_equal(capsa_line_find(text("{\"\":0}"), "", &value), CAPSA_OK);
	assert_int_equal(capsa_line_find(text("[\"a\"]"), "", &value), CAPSA_ENOENT);
	assert_int_equal(capsa_line_find(text("{\"a\": 1}"), "a", &value), CAPSA_ENOENT);
	assert_int_equal(capsa_line_find(text("{\"a\":1;\"b\":2}"), "b", &value), CAPSA_ENOENT);
	assert_int_equal(capsa_line_find(text(""), "a", &value), CAPSA_ENOENT);
}

static void unescapes(void **state)
{
	static const struct {
		const char *value, *text;
	} cases[] = {
	    {"\"\"", ""},
	    {"\"abc\"", "abc"},
	    {"\"\\\"\\\\\\u000a\303\251\"", "\"\\\n\303\251"},
	    /* no strings */
	    {"", ""}, {"\"", ""}, {"1", ""}, {"null", ""}, {"[\"a\"]", ""}, {"abc", ""},
	    {"\"abc", ""}, {"\"abc\"\"", ""}, {"\"abc\" ", ""}, {"\"\\n\"", ""},
	    {"\"\\u0041\"", ""},
	    {"\"\377\"", ""}, {"\"\\", ""}, {"\"\\u00", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t room = strlen(cases[i].value);
		char *out = malloc(room + 1);

		assert_non_null(out);
		assert_int_equal(capsa_line_text(text(cases[i].value), out), strlen(cases[i].text));
		assert_memory_equal(out, cases[i].text, strlen(cases[i].text));
		free(out);
	}
}

/* Any byte may stand anywhere: no line, cut or changed, is read beyond its end. */
static void survives_damage(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 40000; round++) {
		const char *line = good[round % COUNT(good)];
		size_t size = strlen(line);
		char *copy = malloc(size + 1);
		struct line_facts facts;

		assert_non_null(copy);
		memcpy(copy, line, size);
		for (unsigned change = 0; change < 3; change++) {
			seed = seed * 1664525 + 1013904223;
			copy[(seed >> 8) % size] = "{}[]\",:\\u0019-x\n\377"[(seed >> 3) % 17];
		}
		size = size - (seed >> 20) % 4;
		copy = realloc(copy, size);
		assert_non_null(copy);
		capsa_line_facts(span_of(copy, size), &facts);
		assert_true(facts.path.size <= size);
		if (capsa_line_check(span_of(copy, size), 0, NULL) == CAPSA_OK)
			assert_true(capsa_json_canonical(span_of(copy, size), 0));
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts),
	    cmocka_unit_test(refuses_and_says_why),
	    cmocka_unit_test(bounds_the_line),
	    cmocka_unit_test(bounds_the_path),
	    cmocka_unit_test(gives_facts),
	    cmocka_unit_test(walks_objects_and_arrays),
	    cmocka_unit_test(ends_where_a_line_is_not_canonical),
	    cmocka_unit_test(finds),
	    cmocka_unit_test(unescapes),
	    cmocka_unit_test(survives_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
