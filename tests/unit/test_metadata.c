/* The object that becomes a metadata line (spec 7.2, 7.3). */
#include "metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct capsa_metadata *object;

static int setup(void **state)
{
	(void)state;
	object = capsa_metadata_new();
	return object == NULL;
}

static int teardown(void **state)
{
	(void)state;
	capsa_metadata_free(object);
	return 0;
}

static enum capsa_status set(const char *key, const char *text)
{
	return capsa_metadata_set(object, key, text, strlen(text), NULL);
}

static enum capsa_status append(const char *key, const char *text)
{
	return capsa_metadata_append(object, key, text, strlen(text), NULL);
}

static enum capsa_status set_json(const char *key, const char *json)
{
	return capsa_metadata_set_json(object, key, json, strlen(json), NULL);
}

static void assert_line(const char *want)
{
	struct capsa_text line;

	assert_int_equal(capsa_metadata_line(object, &line, NULL), CAPSA_OK);
	if (!span_equal(span_text(line), span_of(want, strlen(want))))
		fail_msg("%.*s is not %s", (int)line.size, line.data, want);
}

static void writes_an_empty_object(void **state)
{
	(void)state;
	assert_line("{}");
	assert_false(capsa_metadata_has(object, ""));
	capsa_metadata_free(NULL);
}

static void sorts_replaces_and_removes(void **state)
{
	(void)state;
	assert_int_equal(set("title", "T"), CAPSA_OK);
	assert_int_equal(set("path", "a/b"), CAPSA_OK);
	assert_int_equal(capsa_metadata_set_integer(object, "size", 3, NULL), CAPSA_OK);
	assert_int_equal(set("A", "x"), CAPSA_OK);
	assert_int_equal(set("", "y"), CAPSA_OK);
	assert_line("{\"\":\"y\",\"A\":\"x\",\"path\":\"a/b\",\"size\":3,\"title\":\"T\"}");

	assert_int_equal(set("title", "longer"), CAPSA_OK);
	assert_int_equal(set("A", ""), CAPSA_OK);
	assert_int_equal(capsa_metadata_set_integer(object, "size", 0, NULL), CAPSA_OK);
	assert_line("{\"\":\"y\",\"A\":\"\",\"path\":\"a/b\",\"size\":0,\"title\":\"longer\"}");

	assert_true(capsa_metadata_has(object, ""));
	assert_true(capsa_metadata_has(object, "path"));
	assert_false(capsa_metadata_has(object, "pat"));
	assert_false(capsa_metadata_has(object, "pathh"));
	capsa_metadata_remove(object, "pathh");
	capsa_metadata_remove(object, "path");
	capsa_metadata_remove(object, "path");
	assert_false(capsa_metadata_has(object, "path"));
	assert_line("{\"\":\"y\",\"A\":\"\",\"size\":0,\"title\":\"longer\"}");
	capsa_metadata_remove(object, "");
	capsa_metadata_remove(object, "title");
	capsa_metadata_remove(object, "A");
	capsa_metadata_remove(object, "size");
	assert_line("{}");
}

/* The order is that of the keys, not of their escapes. */
static void escapes_keys_and_texts(void **state)
{
	(void)state;
	assert_int_equal(set("a!", "1"), CAPSA_OK);
	assert_int_equal(set("a\"", "\"\\/\177"), CAPSA_OK);
	assert_int_equal(set("a\001", "\001\n\037 "), CAPSA_OK);
	assert_int_equal(set("a\\", "\303\251\342\200\250"), CAPSA_OK);
	assert_int_equal(set("aZ", "\\u0000"), CAPSA_OK);
	assert_line("{\"a\\u0001\":\"\\u0001\\u000a\\u001f \",\"a!\":\"1\","
	            "\"a\\\"\":\"\\\"\\\\/\177\","
	            "\"aZ\":\"\\\\u0000\",\"a\\\\\":\"\303\251\342\200\250\"}");
	assert_true(capsa_metadata_has(object, "a\\"));
	capsa_metadata_remove(object, "a\"");
	assert_false(capsa_metadata_has(object, "a\""));
}

static void appends(void **state)
{
	(void)state;
	assert_int_equal(append("creator", "A"), CAPSA_OK);
	assert_line("{\"creator\":[\"A\"]}");
	assert_int_equal(append("creator", "\"B\""), CAPSA_OK);
	assert_int_equal(append("creator", ""), CAPSA_OK);
	assert_line("{\"creator\":[\"A\",\"\\\"B\\\"\",\"\"]}");

	assert_int_equal(set_json("creator", "[\"[\"]"), CAPSA_OK);
	assert_int_equal(append("creator", "]"), CAPSA_OK);
	assert_int_equal(set_json("tags", "[]"), CAPSA_OK);
	assert_int_equal(append("tags", "x"), CAPSA_OK);
	assert_int_equal(append("tags", "y"), CAPSA_OK);
	assert_line("{\"creator\":[\"[\",\"]\"],\"tags\":[\"x\",\"y\"]}");
}

static void refuses_to_append_to_other_values(void **state)
{
	static const char *const values[] = {"\"a\"", "1", "null", "{}", "[1]", "[\"a\",[\"b\"]]"};
	struct capsa_error err;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		assert_int_equal(set_json("mine", values[i]), CAPSA_OK);
		assert_int_equal(capsa_metadata_append(object, "mine", "b", 1, &err),
		                 CAPSA_EMISUSE);
		assert_string_equal(err.text, "metadata key 'mine' holds no array of text");
	}
	assert_line("{\"mine\":[\"a\",[\"b\"]]}");
	assert_int_equal(append("title", "a"), CAPSA_EMISUSE);
	assert_int_equal(append("extra", "a"), CAPSA_EMISUSE);
	assert_false(capsa_metadata_has(object, "title"));
}

static void refuses_bad_text(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *why;
	} cases[] = {
	    {"\377", 1, "metadata key 'title': the text is not valid UTF-8"},
	    {"a\303", 2, "metadata key 'title': the text is not valid UTF-8"},
	    {"\355\240\200", 3, "metadata key 'title': the text is not valid UTF-8"},
	    {"a\0b", 3, "metadata key 'title': the text holds U+0000"},
	    {"\0", 1, "metadata key 'title': the text holds U+0000"},
	};
	struct capsa_error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(capsa_metadata_set(object, "title", cases[i].text,
		                                    cases[i].size, &err),
		                 CAPSA_EMISUSE);
		assert_string_equal(err.text, cases[i].why);
		assert_int_equal(capsa_metadata_append(object, "subject", cases[i].text,
		                                       cases[i].size, &err),
		                 CAPSA_EMISUSE);
	}
	assert_int_equal(capsa_metadata_set(object, "\377", "a", 1, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key is not valid UTF-8");
	assert_int_equal(capsa_metadata_set_integer(object, "\300\200", 1, NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_set_json(object, "\300\200", "1", 1, NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_append(object, "\300\200", "1", 1, NULL), CAPSA_EMISUSE);
	assert_line("{}");
	assert_int_equal(capsa_metadata_set(object, "title", NULL, 0, NULL), CAPSA_OK);
	assert_line("{\"title\":\"\"}");
}

static void bounds_integers(void **state)
{
	struct capsa_error err;

	(void)state;
	assert_int_equal(capsa_metadata_set_integer(object, "a", INT64_C(9007199254740991), NULL),
	                 CAPSA_OK);
	assert_int_equal(capsa_metadata_set_integer(object, "b", -INT64_C(9007199254740991), NULL),
	                 CAPSA_OK);
	assert_int_equal(capsa_metadata_set_integer(object, "a", INT64_C(9007199254740992), &err),
	                 CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key 'a': the integer is beyond 2^53 - 1");
	assert_int_equal(capsa_metadata_set_integer(object, "b", -INT64_C(9007199254740992), NULL),
	                 CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_set_integer(object, "a", INT64_MAX, NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_set_integer(object, "a", INT64_MIN, NULL), CAPSA_EMISUSE);
	assert_line("{\"a\":9007199254740991,\"b\":-9007199254740991}");
}

static void takes_json_in_canonical_form_only(void **state)
{
	static const char *const bad[] = {
	    "", " 1", "1.5", "{\"b\":1,\"a\":2}", "[1, 2]", "\"\\n\"", "1,2",
	};
	struct capsa_error err;
	char deep[64];

	(void)state;
	assert_int_equal(set_json("a", "{\"b\":[1,null]}"), CAPSA_OK);
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(capsa_metadata_set_json(object, "a", bad[i], strlen(bad[i]), &err),
		                 CAPSA_EMISUSE);
		assert_string_equal(err.text, "metadata key 'a': the JSON is not canonical");
	}
	assert_line("{\"a\":{\"b\":[1,null]}}");

	/* Fifteen levels within the one of the object itself. */
	memset(deep, '[', 16);
	memset(deep + 15, ']', 15);
	assert_int_equal(capsa_metadata_set_json(object, "a", deep, 30, NULL), CAPSA_OK);
	memset(deep, '[', 16);
	memset(deep + 16, ']', 16);
	assert_int_equal(capsa_metadata_set_json(object, "a", deep, 32, NULL), CAPSA_EMISUSE);
}

/* Every known key takes the type of 7.2 and no other; which, the letter says. */
static const struct {
	const char *key;
	char type;
} known[] = {
    {"title", 't'}, {"description", 't'}, {"language", 't'}, {"publisher", 't'}, {"rights", 't'},
    {"source", 't'}, {"coverage", 't'}, {"type", 't'}, {"format", 't'}, {"url", 't'},
    {"location", 't'}, {"path", 'p'}, {"creator", 'a'}, {"contributor", 'a'}, {"subject", 'a'},
    {"identifier", 'a'}, {"relation", 'a'}, {"date", 'd'}, {"modified", 'd'}, {"captured", 'd'},
    {"http", 'o'}, {"extra", 'o'}, {"size", 's'}, {"digest", 'b'},
};

static const struct {
	const char *json;
	const char *types;      /* that take it */
} values[] = {
    {"\"a\"", "tp"},
    {"\"\"", "t"},
    {"\"a/../b\"", "t"},
    {"\"/a\"", "t"},
    {"\"2024-02-29\"", "tpd"},
    {"\"2023-02-29\"", "tp"},
    {"\"2024-01-01T00:00:00Z\"", "tpd"},
    {"\"2024-01-01T00:00:00.5+01:00\"", "tpd"},
    {"\"2024-01-01T00:00:60Z\"", "tp"},
    {"\"blake2b-256:" HEX "\"", "tpb"},
    {"\"" HEX "\"", "tp"},
    {"0", "s"},
    {"9007199254740991", "s"},
    {"-1", ""},
    {"true", ""},
    {"null", ""},
    {"[]", ""},
    {"[\"a\"]", "a"},
    {"[\"a\",\"\"]", "a"},
    {"[\"a\",1]", ""},
    {"[[\"a\"]]", ""},
    {"{}", "o"},
    {"{\"a\":1}", "o"},
};

static void enforces_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++)
		for (size_t j = 0; j < COUNT(values); j++) {
			bool taken = strchr(values[j].types, known[i].type) != NULL;

			assert_int_equal(set_json(known[i].key, values[j].json),
			                 taken ? CAPSA_OK : CAPSA_EMISUSE);
			assert_int_equal(set_json("other", values[j].json), CAPSA_OK);
		}
}

static void enforces_types_of_plain_values(void **state)
{
	struct capsa_error err;

	(void)state;
	assert_int_equal(capsa_metadata_set_integer(object, "title", 1, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key 'title' is not a text");
	assert_int_equal(capsa_metadata_set_integer(object, "size", -1, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key 'size' is not a number of bytes");
	assert_int_equal(capsa_metadata_set(object, "size", "1", 1, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_set(object, "creator", "a", 1, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key 'creator' is not an array of text, not empty");
	assert_int_equal(capsa_metadata_set(object, "extra", "{}", 2, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_set(object, "date", "yesterday", 9, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key 'date' is not a date");
	assert_int_equal(capsa_metadata_set(object, "path", "../a", 4, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "metadata key 'path': component '..' is not allowed");
	assert_true(err.offset == CAPSA_NO_OFFSET);
	assert_line("{}");
}

/* A failed call leaves what was there. */
static void keeps_the_old_value_on_failure(void **state)
{
	(void)state;
	assert_int_equal(set("date", "2024-01-01"), CAPSA_OK);
	assert_int_equal(set("path", "a"), CAPSA_OK);
	assert_int_equal(append("subject", "s"), CAPSA_OK);
	assert_int_equal(set("date", "2024-13-01"), CAPSA_EMISUSE);
	assert_int_equal(set("path", "/a"), CAPSA_EMISUSE);
	assert_int_equal(append("subject", "\377"), CAPSA_EMISUSE);
	assert_int_equal(set_json("subject", "[]"), CAPSA_EMISUSE);
	assert_line("{\"date\":\"2024-01-01\",\"path\":\"a\",\"subject\":[\"s\"]}");
}

/* The limit is that of the line, braces, commas and escapes included. */
static void bounds_the_line(void **state)
{
	/* {"a":"...","b":["x"]} */
	size_t fits = CAPSA_LINE_MAX - strlen("{\"a\":\"\",\"b\":[\"x\"]}");
	char *text = malloc(CAPSA_LINE_MAX + 1);
	struct capsa_error err;
	struct capsa_text line;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', CAPSA_LINE_MAX + 1);
	assert_int_equal(append("b", "x"), CAPSA_OK);
	assert_int_equal(capsa_metadata_set(object, "a", text, fits + 1, &err), CAPSA_ELIMIT);
	assert_string_equal(err.text, "the metadata are longer than 1 MiB");
	assert_false(capsa_metadata_has(object, "a"));
	assert_int_equal(capsa_metadata_set(object, "a", text, fits, NULL), CAPSA_OK);
	assert_int_equal(capsa_metadata_line(object, &line, NULL), CAPSA_OK);
	assert_int_equal(line.size, CAPSA_LINE_MAX);

	assert_int_equal(capsa_metadata_set(object, "a", text, fits + 1, NULL), CAPSA_ELIMIT);
	assert_int_equal(append("b", ""), CAPSA_ELIMIT);
	assert_int_equal(capsa_metadata_append(object, "b", text, fits, NULL), CAPSA_ELIMIT);
	assert_int_equal(set("", ""), CAPSA_ELIMIT);
	assert_int_equal(capsa_metadata_set_integer(object, "c", 1, NULL), CAPSA_ELIMIT);
	assert_int_equal(capsa_metadata_line(object, &line, NULL), CAPSA_OK);
	assert_int_equal(line.size, CAPSA_LINE_MAX);

	/* "" takes three bytes with its comma, an escaped control six. */
	assert_int_equal(capsa_metadata_set(object, "a", text, fits - 3, NULL), CAPSA_OK);
	assert_int_equal(append("b", ""), CAPSA_OK);
	assert_int_equal(capsa_metadata_set(object, "a", text, fits - 9, NULL), CAPSA_OK);
	text[0] = '\001';
	assert_int_equal(capsa_metadata_set(object, "a", text, fits - 8, NULL), CAPSA_OK);
	assert_int_equal(capsa_metadata_set(object, "a", text, fits - 7, NULL), CAPSA_ELIMIT);
	capsa_metadata_remove(object, "b");
	assert_int_equal(capsa_metadata_set(object, "a", text, fits - 7, NULL), CAPSA_OK);
	free(text);
}

static void bounds_single_arguments(void **state)
{
	char *text = calloc(1, CAPSA_LINE_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, '1', CAPSA_LINE_MAX + 1);
	assert_int_equal(set("a", text), CAPSA_ELIMIT);
	assert_int_equal(append("a", text), CAPSA_ELIMIT);
	assert_int_equal(set_json("a", text), CAPSA_ELIMIT);
	assert_int_equal(set(text, "a"), CAPSA_ELIMIT);
	assert_int_equal(append(text, "a"), CAPSA_ELIMIT);
	assert_int_equal(set_json(text, "1"), CAPSA_ELIMIT);
	assert_int_equal(capsa_metadata_set_integer(object, text, 1, NULL), CAPSA_ELIMIT);
	text[CAPSA_LINE_MAX - 1] = 0;
	assert_int_equal(set(text, "a"), CAPSA_ELIMIT);
	text[CAPSA_LINE_MAX - strlen("{\"\":\"a\"}")] = 0;
	assert_int_equal(set(text, "a"), CAPSA_OK);
	assert_true(capsa_metadata_has(object, text));
	free(text);
}

static void reads_lines_back(void **state)
{
	static const char *const lines[] = {
	    "{}",
	    "{\"\":[],\"a\\\"\\u0001\":{\"x\":[true]},\"b\":-5}",
	    "{\"creator\":[\"A\",\"B\"],\"date\":\"2024-01-01\",\"path\":\"a/b\",\"size\":7}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		capsa_metadata_free(object);
		assert_int_equal(capsa_metadata_parse(&object,
		                                      text_of(span_of(lines[i], strlen(lines[i]))),
		                                      NULL),
		                 CAPSA_OK);
		assert_line(lines[i]);
	}
	assert_int_equal(append("creator", "C"), CAPSA_OK);
	assert_int_equal(set("title", "T"), CAPSA_OK);
	capsa_metadata_remove(object, "size");
	assert_line("{\"creator\":[\"A\",\"B\",\"C\"],\"date\":\"2024-01-01\",\"path\":\"a/b\","
	            "\"title\":\"T\"}");
}

static void refuses_lines_that_it_would_not_write(void **state)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
	    {"", "metadata line is not a canonical JSON object"},
	    {"[]", "metadata line is not a canonical JSON object"},
	    {"{ }", "metadata line is not a canonical JSON object"},
	    {"{}\n", "metadata line is not a canonical JSON object"},
	    {"{\"b\":1,\"a\":1}", "metadata line is not a canonical JSON object"},
	    {"{\"a\":1,\"title\":1}", "metadata key 'title' is not a text"},
	    {"{\"path\":\"a//b\"}", "metadata key 'path': an empty component is not allowed"},
	};
	char *line = malloc(CAPSA_LINE_MAX + 1);
	struct capsa_metadata *out = object;
	struct capsa_error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		out = object;
		assert_int_equal(capsa_metadata_parse(&out,
		                                      text_of(span_of(cases[i].line,
		                                                      strlen(cases[i].line))),
		                                      &err),
		                 CAPSA_ECORRUPT);
		assert_string_equal(err.text, cases[i].why);
		assert_null(out);
	}

	assert_non_null(line);
	memset(line, 'x', CAPSA_LINE_MAX + 1);
	memcpy(line, "{\"a\":\"", 6);
	memcpy(line + CAPSA_LINE_MAX - 1, "\"}", 2);
	assert_int_equal(capsa_metadata_parse(&out, text_of(span_of(line, CAPSA_LINE_MAX + 1)),
	                                      &err),
	                 CAPSA_ECORRUPT);
	assert_string_equal(err.text, "metadata line is longer than 1 MiB");
	memcpy(line + CAPSA_LINE_MAX - 2, "\"}", 2);
	assert_int_equal(capsa_metadata_parse(&out, text_of(span_of(line, CAPSA_LINE_MAX)), &err),
	                 CAPSA_OK);
	capsa_metadata_free(out);
	free(line);
}

/*
 * Random objects: members are set, extended and removed in any order, and a plain list of
 * what is in there gives the same line, which reads back as the same object.
 */

#define MODEL_KEYS 12

static uint32_t seed;

static uint32_t below(uint32_t bound)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * bound) >> 32);
}

/* In the order of their bytes, with what stands in the line. */
static const struct {
	const char *key, *string;
} model_keys[MODEL_KEYS] = {
    {"", "\"\""}, {"\n", "\"\\u000a\""}, {"!", "\"!\""}, {"\"", "\"\\\"\""}, {"A", "\"A\""},
    {"[", "\"[\""}, {"\\", "\"\\\\\""}, {"]", "\"]\""}, {"a", "\"a\""}, {"ab", "\"ab\""},
    {"\303\251", "\"\303\251\""}, {"\360\237\230\200", "\"\360\237\230\200\""},
};

struct model {
	bool there[MODEL_KEYS];
	char value[MODEL_KEYS][512];
};

static void change(struct model *model)
{
	uint32_t at = below(MODEL_KEYS);
	const char *key = model_keys[at].key;
	char *value = model->value[at];
	size_t size = model->there[at] ? strlen(value) : 0;
	char text[8];

	snprintf(text, sizeof text, "%" PRIu32, below(100000));
	switch (below(4)) {
	case 0:
		assert_int_equal(set(key, text), CAPSA_OK);
		snprintf(value, sizeof model->value[at], "\"%s\"", text);
		model->there[at] = true;
		break;
	case 1:
		assert_int_equal(set_json(key, text), CAPSA_OK);
		snprintf(value, sizeof model->value[at], "%s", text);
		model->there[at] = true;
		break;
	case 2:
		capsa_metadata_remove(object, key);
		model->there[at] = false;
		break;
	default:
		if (size > 400)
			break;
		if (size != 0 && value[0] != '[') {
			assert_int_equal(append(key, text), CAPSA_EMISUSE);
			break;
		}
		assert_int_equal(append(key, text), CAPSA_OK);
		if (size == 0)
			snprintf(value, sizeof model->value[at], "[\"%s\"]", text);
		else
			snprintf(value + size - 1, sizeof model->value[at] - size + 1,
			         ",\"%s\"]", text);
		model->there[at] = true;
	}
}

static void matches_a_plain_list(void **state)
{
	struct model model = {0};
	char want[MODEL_KEYS * 600];

	(void)state;
	seed = 42;
	for (unsigned round = 0; round < 20000; round++) {
		struct capsa_metadata *again;
		struct capsa_text line;
		size_t size = 0;

		change(&model);
		for (unsigned i = 0; i < MODEL_KEYS; i++) {
			assert_int_equal(capsa_metadata_has(object, model_keys[i].key),
			                 model.there[i]);
			if (model.there[i])
				size += (size_t)snprintf(want + size, sizeof want - size,
				                         "%s%s:%s", size == 0 ? "{" : ",",
				                         model_keys[i].string, model.value[i]);
		}
		snprintf(want + size, sizeof want - size, "%s", size == 0 ? "{}" : "}");
		assert_line(want);

		assert_int_equal(capsa_metadata_line(object, &line, NULL), CAPSA_OK);
		assert_int_equal(capsa_metadata_parse(&again, line, NULL), CAPSA_OK);
		capsa_metadata_free(object);
		object = again;
		assert_line(want);
	}
}

/* A hundred thousand appends must not take quadratic time. */
static void appends_many(void **state)
{
	struct capsa_text line, value, key;
	size_t count = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(append("subject", "abcdef"), CAPSA_OK);
	assert_int_equal(capsa_metadata_line(object, &line, NULL), CAPSA_OK);
	assert_int_equal(line.size, strlen("{\"subject\":[]}") + 100000 * 9 - 1);
	assert_int_equal(capsa_line_find(line, "subject", &value), CAPSA_OK);
	while (capsa_line_next(&value, &key, &line))
		count++;
	assert_int_equal(count, 100000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(writes_an_empty_object),
	    TEST(sorts_replaces_and_removes),
	    TEST(escapes_keys_and_texts),
	    TEST(appends),
	    TEST(refuses_to_append_to_other_values),
	    TEST(refuses_bad_text),
	    TEST(bounds_integers),
	    TEST(takes_json_in_canonical_form_only),
	    TEST(enforces_types),
	    TEST(enforces_types_of_plain_values),
	    TEST(keeps_the_old_value_on_failure),
	    TEST(bounds_the_line),
	    TEST(bounds_single_arguments),
	    TEST(reads_lines_back),
	    TEST(refuses_lines_that_it_would_not_write),
	    TEST(matches_a_plain_list),
	    TEST(appends_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
