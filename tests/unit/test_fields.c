/* Others' metadata: JSON, front matter, dates, names, and how they become an article's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fields.h"

static struct capsa_text text_of(const char *text)
{
	return (struct capsa_text){text, strlen(text)};
}

/* ---- JSON ---- */

static void test_json_becomes_canonical(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"{}", "{}"},
	    {" { \"b\" : 1 , \"a\" : [ true , null , false ] } ",
	     "{\"a\":[true,null,false],\"b\":1}"},
	    {"{\"a\":\"\\u00e9\\n\\/\\\"\\\\\"}", "{\"a\":\"\xc3\xa9\\u000a/\\\"\\\\\"}"},
	    {"{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"\xf0\x9f\x98\x80\"}"},
	    {"{\"a\":1.10}", "{\"a\":\"1.10\"}"},
	    {"{\"a\":-0}", "{\"a\":\"-0\"}"},
	    {"{\"a\":1e400}", "{\"a\":\"1e400\"}"},
	    {"{\"a\":9007199254740991,\"b\":-9007199254740991}",
	     "{\"a\":9007199254740991,\"b\":-9007199254740991}"},
	    {"{\"a\":9007199254740992}", "{\"a\":\"9007199254740992\"}"},
	    {"{\"a\":123456789012345678901234567890}",
	     "{\"a\":\"123456789012345678901234567890\"}"},
	    {"{\"1.5\":\"1.5 and 2e9 stay\"}", "{\"1.5\":\"1.5 and 2e9 stay\"}"},
	    {"{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}",
	     "{\"a\":[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]}"},
	    {"{\"\xc3\xa9\":1,\"z\":2,\"A\":3}", "{\"A\":3,\"z\":2,\"\xc3\xa9\":1}"},
	    /* every escape, and every form of UTF-8 */
	    {"{\"a\":\"\\b\\f\\n\\r\\t\\/\\\\\\\"\\u0001\\u001F\\u0022\\u005c\"}",
	     "{\"a\":\"\\u0008\\u000c\\u000a\\u000d\\u0009/\\\\\\\"\\u0001\\u001f\\\"\\\\\"}"},
	    {"{\"a\":\"\\u007f\\u0080\\u07FF\\u0800\\ud7ff\\uE000\\uffff\"}",
	     "{\"a\":\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"}"},
	    {"{\"a\":\"\\uD800\\uDC00\\udbff\\udfff\"}",
	     "{\"a\":\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"}"},
	    /* keys in the order of what they stand for, in each object */
	    {"{\"\\\\\":1,\"]\":2,\"Z\":3,\"\\\"\":4,\"!\":5,\"\":6}",
	     "{\"\":6,\"!\":5,\"\\\"\":4,\"Z\":3,\"\\\\\":1,\"]\":2}"},
	    {"{\"b\":{\"d\":[{\"f\":1,\"e\":2}],\"c\":3},\"a\":{},\"\\u0041\":[]}",
	     "{\"A\":[],\"a\":{},\"b\":{\"c\":3,\"d\":[{\"e\":2,\"f\":1}]}}"},
	    {"\t{\r\n\"a\"\t:\n[ ]\r, \"b\" : { } }\n", "{\"a\":[],\"b\":{}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct foreign_error err;
		size_t size;
		char *out = import_json(text_of(cases[i].in), &size, &err);

		if (out == NULL)
			fail_msg("%s: %s", cases[i].in, err.text);
		assert_int_equal(size, strlen(cases[i].out));
		assert_memory_equal(out, cases[i].out, size);
		free(out);
	}
}

static void test_json_refused(void **state)
{
	static const char *const cases[] = {
	    "",
	    "[]",
	    "1",
	    "{",
	    "{\"a\":1,\"a\":2}",
	    "{\"a\":01}",
	    "{\"a\":1.}",
	    "{\"a\":.5}",
	    "{\"a\":-}",
	    "{\"a\":1e}",
	    "{\"a\":1.5.5}",
	    "{\"a\":\"\\u0000\"}",
	    "{\"a\":\"\\ud800\"}",
	    "{\"a\":'x'}",
	    "{\"a\":1}x",
	    "{\"a\":\"\xff\"}",
	    "{\"a\":NaN}",
	    "{a:1}",
	    "{\"a\":00}",
	    "{\"a\":12a}",
	    "{\"a\":1,\"\\u0061\":2}",
	    "{\"b\":1,\"a\":2,\"b\":3}",
	    "{\"a\":{\"b\":1,\"b\":1}}",
	    "{\"a\":1,}",
	    "{\"a\":1,1.5:2}",
	    "{,}",
	    "{\"a\":[1,]}",
	    "{\"a\":[,]}",
	    "{\"a\":[1 2]}",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\" 1}",
	    "{\"a\":1 \"b\":2}",
	    "{\"a\":1]",
	    "{\"a\":[1}",
	    "{\"a\":1}}",
	    "{\"a\":truE}",
	    "{\"a\":nullnull}",
	    "{\"a\":\"",
	    "{\"a\":\"\\",
	    "{\"a\":\"\\\"}",
	    "{\"a\":\"\n\"}",
	    "{\"a\":\"\\x\"}",
	    "{\"a\":\"\\u12\"}",
	    "{\"a\":\"\\u12g4\"}",
	    "{\"a\":\"\\udc00\"}",
	    "{\"a\":\"\\ud800\\u0041\"}",
	    "{\"a\":\"\\ud800\\n\"}",
	    "{\"a\":\"\\ud800\\ud800\"}",
	    "{\"a\":\"\xc3\\u00a9\"}",
	    "{\"a\":\"\xed\xa0\x80\"}",
	    "{\"\xff\":1}",
	    "{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct foreign_error err;
		size_t size;
		char *out = import_json(text_of(cases[i]), &size, &err);

		if (out != NULL)
			fail_msg("accepted: %s", cases[i]);
		assert_true(err.text[0] != '\0');
	}
}

static void test_json_says_what_is_wrong(void **state)
{
	static const struct {
		const char *in;
		size_t line;
		const char *text;
	} cases[] = {
	    {"{\"a\":1,\n\"a\":2}", 2, "invalid JSON: duplicate object key near '\"a\"'"},
	    {"[{\"b\":1,\"a\":2}]", 1, "the JSON is no object"},
	    {"{\"a\":[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]}", 1, "the JSON is nested too deep"},
	    /* Numbers that are good are not what is wrong, whatever their size. */
	    {"{\"a\":1e400,\n\"b\":-123456789012345678901234567890,\n\"c\":tru}", 3,
	     "invalid JSON: invalid token near 'tru'"},
	    {"{\"a\":\"1e400\\\"\",\"b\":.5}", 1, "invalid JSON: invalid token near '.'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct foreign_error err;
		size_t size;

		assert_null(import_json(text_of(cases[i].in), &size, &err));
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(err.line, cases[i].line);
	}
}

static void test_json_holds_no_zero_byte(void **state)
{
	static const char zero[] = "{\"a\":3\0}";
	struct foreign_error err;
	size_t size;

	(void)state;
	assert_null(import_json((struct capsa_text){zero, sizeof zero - 1}, &size, &err));
	assert_string_equal(err.text, "invalid JSON: holds U+0000");
}

/* ---- front matter ---- */

static void test_front_matter(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"---\ntitle: A: b\n---\n", NULL},
	    {"---\ntitle: \"A: b\"\n---\nbody", "{\"title\":\"A: b\"}"},
	    {"---\r\ntitle: x\r\n---\r\n", "{\"title\":\"x\"}"},
	    {"\xef\xbb\xbf---\ntitle: x\n...\n", "{\"title\":\"x\"}"},
	    {"---\nb: 1.10\na: no\nn:\nt: ~\n---\n",
	     "{\"a\":\"no\",\"b\":\"1.10\",\"n\":null,\"t\":null}"},
	    {"---\ntags: [a, b]\nmore:\n  - c\n  - {d: e}\n---\n",
	     "{\"more\":[\"c\",{\"d\":\"e\"}],\"tags\":[\"a\",\"b\"]}"},
	    {"---\ntext: |\n  one\n  two\n---\n", "{\"text\":\"one\\u000atwo\\u000a\"}"},
	    {"---\na: &x 1\nb: *x\n---\n", NULL},
	    {"---\na: 1\na: 2\n---\n", NULL},
	    {"---\n- a\n---\n", NULL},
	    {"---\n\t: [\n---\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct foreign_error err;
		size_t size;
		bool found;
		char *out = import_front_matter(text_of(cases[i].in), &size, &found, &err);

		assert_true(found);
		if (cases[i].out == NULL) {
			assert_null(out);
			assert_true(err.text[0] != '\0');
			continue;
		}
		if (out == NULL)
			fail_msg("%s: %s", cases[i].in, err.text);
		assert_int_equal(size, strlen(cases[i].out));
		assert_memory_equal(out, cases[i].out, size);
		free(out);
	}
}

static void test_no_front_matter(void **state)
{
	static const char *const cases[] = {
	    "",       "text", "---", "---\ntitle: x\n", "----\na: b\n---\n", "\n---\na: b\n---\n",
	    "# ---\n"};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct foreign_error err;
		size_t size;
		bool found;

		assert_null(import_front_matter(text_of(cases[i]), &size, &found, &err));
		assert_false(found);
	}
}

/* ---- dates ---- */

static void test_dates(void **state)
{
	static const struct {
		const char *in, *out;
		bool whole;
	} cases[] = {
	    {"2024-05-03", "2024-05-03", true},
	    {" 2024-05-03\n", "2024-05-03", true},
	    {"2024/05/03", "2024-05-03", true},
	    {"20240503", "2024-05-03", true},
	    {"2024-05-03T10:11:12Z", "2024-05-03T10:11:12Z", true},
	    {"2024-05-03t10:11:12z", "2024-05-03T10:11:12Z", true},
	    {"2024-05-03T10:11:12.345+02:00", "2024-05-03T10:11:12.345+02:00", true},
	    {"2024-05-03T10:11:12.1234567890123Z", "2024-05-03T10:11:12.123456789Z", true},
	    {"2024-05-03T10:11+0200", "2024-05-03T10:11:00+02:00", true},
	    {"2024-05-03 10:11:12 UTC", "2024-05-03T10:11:12Z", true},
	    {"2024-05-03 10:11:12 -0530", "2024-05-03T10:11:12-05:30", true},
	    {"2024-05-03 10:11:12+00", "2024-05-03T10:11:12+00:00", true},
	    {"20240503T101112Z", "2024-05-03T10:11:12Z", true},
	    {"Fri, 03 May 2024 10:11:12 +0000", "2024-05-03T10:11:12+00:00", true},
	    {"Fri, 3 May 2024 10:11 GMT", "2024-05-03T10:11:00Z", true},
	    {"Friday, 03-May-2024 10:11:12 GMT", "2024-05-03T10:11:12Z", true},
	    {"3 May 2024", "2024-05-03", true},
	    {"3. May 2024", "2024-05-03", true},
	    {"May 3, 2024", "2024-05-03", true},
	    {"MAY 3 2024", "2024-05-03", true},
	    {"Friday, May 3, 2024", "2024-05-03", true},
	    {"2024-05-03T10:11:12", "2024-05-03", false},
	    {"2024-05-03 10:11", "2024-05-03", false},
	    {"Fri May  3 10:11:12 2024", "2024-05-03", false},
	    {"2024-02-29", "2024-02-29", true},
	    {"2023-02-29", NULL, false},
	    {"2024-13-01", NULL, false},
	    {"2024-05-03T25:00:00Z", NULL, false},
	    {"2024-05-03T10:61:00", NULL, false},
	    {"2024", NULL, false},
	    {"2024-05", NULL, false},
	    {"05/03/2024", NULL, false},
	    {"yesterday", NULL, false},
	    {"1714730000", NULL, false},
	    {"", NULL, false},
	    {"May 3rd, 2024", NULL, false},
	    {"3 Mai 2024", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[IMPORT_DATE_SIZE];
		bool whole = false;
		bool good = import_date(text_of(cases[i].in), out, &whole);

		if (good != (cases[i].out != NULL))
			fail_msg("'%s' is %s", cases[i].in, good ? out : "no date");
		if (good) {
			assert_string_equal(out, cases[i].out);
			assert_int_equal(whole, cases[i].whole);
		}
	}
}

/* ---- names ---- */

static void test_paths_of_names(void **state)
{
	static const struct {
		const char *in, *out;
		size_t size;            /* 0: of the string */
	} cases[] = {
	    {"a/b.txt", "a/b.txt", 0},
	    {"100%", "100%", 0},
	    {"/a", "%/a", 0},
	    {"a//b", "a/%/b", 0},
	    {"a/../b", "a/%2E%2E/b", 0},
	    {".", "%2E", 0},
	    {"a/", "a/%", 0},
	    {"a\nb%", "a%0Ab%25", 0},
	    {"\xff\x80", "%FF%80", 0},
	    {"", "%", 0},
	    {"a\0b", "a%00b", 3},
	    {"../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd", 0},
	    {"\xc3\xa9\x1b", "\xc3\xa9%1B", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t size = cases[i].size != 0 ? cases[i].size : strlen(cases[i].in);
		bool changed;
		char *out = import_path_of_name(cases[i].in, size, &changed);

		assert_non_null(out);
		assert_string_equal(out, cases[i].out);
		assert_int_equal(capsa_path_check(out, strlen(out), NULL), CAPSA_OK);
		assert_int_equal(changed,
		                 size != strlen(out) || memcmp(out, cases[i].in, size) != 0);
		free(out);
	}
}

static void test_long_components_are_cut(void **state)
{
	char name[1001];
	char *out;
	bool changed;

	(void)state;
	memset(name, 'x', 1000);
	name[1000] = '\0';
	out = import_path_of_name(name, 1000, &changed);
	assert_non_null(out);
	assert_true(changed);
	assert_int_equal(capsa_path_check(out, strlen(out), NULL), CAPSA_OK);
	assert_non_null(strstr(out, "x%-/x"));
	free(out);
}

/* What is left of a component that was cut may be dots, which are no component. */
static void test_dots_behind_a_cut(void **state)
{
	static const char *const ends[][2] = {{".", "%-/%2E"}, {"..", "%-/%2E%2E"}, {".x", "%-/.x"}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char name[300], expected[300];
		bool changed;
		char *out;

		memset(name, 'x', 250);
		memset(expected, 'x', 250);
		snprintf(name + 250, sizeof name - 250, "%s//y", ends[i][0]);
		snprintf(expected + 250, sizeof expected - 250, "%s/%%/y", ends[i][1]);
		out = import_path_of_name(name, strlen(name), &changed);
		assert_non_null(out);
		assert_string_equal(out, expected);
		assert_int_equal(capsa_path_check(out, strlen(out), NULL), CAPSA_OK);
		free(out);
	}
}

static void test_paths_of_addresses(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"https://example.org/a/b?q=1", "example.org/a/b?q=1"},
	    {"HTTP://example.org", "example.org"},
	    {"http://example.org/", "example.org/%"},
	    {"http://example.org//a%20b", "example.org/%/a%20b"},
	    {"ftp://example.org/a", "ftp:/%/example.org/a"},
	    {"mailto:a@b.c", "mailto:a@b.c"},
	    {"http://a/\x01", "a/%01"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *out = import_path_of_url(cases[i].in, strlen(cases[i].in));

		assert_non_null(out);
		assert_string_equal(out, cases[i].out);
		assert_int_equal(capsa_path_check(out, strlen(out), NULL), CAPSA_OK);
		free(out);
	}
}

/* ---- fields ---- */

static void check_fields(const char *json, const char *const *maps, const char *const *passed,
                         const char *expected)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct field_map map = {maps};
	struct members members = {0};
	struct object extra = {0};
	struct capsa_error err = {0};
	struct capsa_text line;
	const char *keys[8] = {NULL};

	assert_true(import_members_read(&members, text_of(json), &map));
	for (unsigned i = 0; passed != NULL && passed[i] != NULL; i++) {
		const struct member *member = import_members_find(&members, passed[i]);

		assert_non_null(member);
		keys[i] = member->key.data;
	}
	assert_non_null(metadata);
	if (import_members(metadata, &extra, &members, keys, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	assert_int_equal(import_extra(metadata, &extra, NULL), CAPSA_OK);
	assert_int_equal(capsa_metadata_line(metadata, &line, NULL), CAPSA_OK);
	if (line.size != strlen(expected) || memcmp(line.data, expected, line.size) != 0)
		fail_msg("%.*s instead of %s", (int)line.size, line.data, expected);
	import_members_release(&members);
	import_object_release(&extra);
	capsa_metadata_free(metadata);
}

static void test_known_and_unknown_fields(void **state)
{
	static const char *const map[] = {"Kopf=title", "wann=date", NULL};
	static const char *const passed[] = {"id", "body", NULL};

	(void)state;
	check_fields(
	    "{\"authors\":[\"A\",\"B\"],\"headline\":\"H\",\"lang\":\"de\",\"link\":\"http://x/\","
	    "\"published\":\"3 May 2024\",\"summary\":\"S\",\"tags\":\"t\"}",
	    NULL, NULL,
	    "{\"creator\":[\"A\",\"B\"],\"date\":\"2024-05-03\",\"description\":\"S\","
	    "\"language\":\"de\",\"subject\":[\"t\"],\"title\":\"H\",\"url\":\"http://x/\"}");
	/* The second of two synonyms, a value of another type, an unknown name: all kept. */
	check_fields("{\"author\":{\"name\":\"A\"},\"headline\":\"H\",\"rank\":7,\"title\":\"T\"}",
	             NULL, NULL,
	             "{\"extra\":{\"author\":{\"name\":\"A\"},\"headline\":\"H\",\"rank\":7},"
	             "\"title\":\"T\"}");
	/* What is no date stays as it was; of a time without a zone the day is taken. */
	check_fields("{\"date\":\"last spring\"}", NULL, NULL,
	             "{\"extra\":{\"date\":\"last spring\"}}");
	check_fields("{\"date\":\"2024-05-03 10:00\"}", NULL, NULL,
	             "{\"date\":\"2024-05-03\",\"extra\":{\"date\":\"2024-05-03 10:00\"}}");
	check_fields("{\"Kopf\":\"K\",\"wann\":\"2024-05-03\"}", map, NULL,
	             "{\"date\":\"2024-05-03\",\"title\":\"K\"}");
	/* A field that is mapped comes before one of that name, which is kept too. */
	check_fields("{\"Kopf\":\"K\",\"title\":\"T\"}", map, NULL,
	             "{\"extra\":{\"title\":\"T\"},\"title\":\"K\"}");
	check_fields("{\"body\":\"b\",\"extra\":{\"x\":1},\"http\":{\"status\":200},\"id\":\"i\"}",
	             NULL, passed, "{\"extra\":{\"x\":1},\"http\":{\"status\":200}}");
	check_fields("{\"title\":\"\",\"creator\":[]}", NULL, NULL,
	             "{\"extra\":{\"creator\":[],\"title\":\"\"}}");
	/* Where a redirect leads, an article with a body cannot say. */
	check_fields("{\"location\":\"Berlin\"}", NULL, NULL,
	             "{\"extra\":{\"location\":\"Berlin\"}}");
	check_fields("{\"creator\":[\"A\",1]}", NULL, NULL, "{\"extra\":{\"creator\":[\"A\",1]}}");
}

static void check_line(struct capsa_metadata *metadata, const char *expected)
{
	struct capsa_text line;

	assert_int_equal(capsa_metadata_line(metadata, &line, NULL), CAPSA_OK);
	if (line.size != strlen(expected) || memcmp(line.data, expected, line.size) != 0)
		fail_msg("%.*s instead of %s", (int)line.size, line.data, expected);
}

static void test_sidecars(void **state)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_error err = {0};

	(void)state;
	assert_int_equal(import_sidecar(metadata,
	                                text_of("{\"digest\":\"no\",\"extra\":{},\"size\":9,"
	                                        "\"title\":\"T\",\"x\":[1]}"),
	                                &err),
	                 CAPSA_OK);
	check_line(metadata, "{\"extra\":{},\"title\":\"T\",\"x\":[1]}");
	assert_int_equal(import_sidecar(metadata, text_of("{\"creator\":\"A\"}"), &err),
	                 CAPSA_EMISUSE);
	assert_non_null(strstr(err.text, "creator"));
	assert_int_equal(import_sidecar(metadata, text_of("{\"extra\":1}"), &err), CAPSA_EMISUSE);
	assert_non_null(strstr(err.text, "extra"));
	capsa_metadata_free(metadata);
}

static void test_lists(void **state)
{
	static const char *const lists[] = {"creator", "authors", "author", "creators",
	                                    "contributor", "contributors", "subject", "tags",
	                                    "keywords"};
	static const char *const others[] = {"", "title", "identifier", "relation", "Authors",
	                                     "author "};

	(void)state;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		assert_true(import_field_is_list(text_of(lists[i])));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(import_field_is_list(text_of(others[i])));
}

static void test_names_that_no_path_can_be_are_kept(void **state)
{
	struct capsa_metadata *metadata = capsa_metadata_new();

	(void)state;
	assert_int_equal(import_keep_original(metadata, "a\nb", NULL), CAPSA_OK);
	check_line(metadata, "{\"extra\":{\"original_path\":\"a\\u000ab\"}}");
	/* What `extra` has stays, the same name too. */
	assert_int_equal(import_keep_original(metadata, "c", NULL), CAPSA_OK);
	assert_int_equal(import_keep_original(metadata, "d/\xff", NULL), CAPSA_OK);
	check_line(metadata, "{\"extra\":{\"original_path\":\"a\\u000ab\","
	                     "\"original_path_base64\":\"ZC//\"}}");
	capsa_metadata_free(metadata);
}

/* ---- objects ---- */

static bool add_number(struct object *object, int number)
{
	char key[8];

	snprintf(key, sizeof key, "k%d", number);
	return import_object_add(object, text_of(key), text_of("1"));
}

/* A key comes once, in small objects and in those whose keys are in a set. */
static void test_keys_come_once(void **state)
{
	struct object object = {0};
	size_t size;

	(void)state;
	for (int i = 0; i < 100; i++) {
		assert_true(add_number(&object, 97 * i % 100));
		assert_false(add_number(&object, 97 * i % 100));
		assert_false(add_number(&object, 0));
	}
	import_object_append(&object, text_of(""), text_of("2"));
	assert_false(import_object_add(&object, text_of(""), text_of("3")));
	free(import_object_write(&object, &size));
	assert_int_equal(object.count, 101);
	/* Writing puts them in order. */
	import_object_append(&object, text_of("a"), text_of("4"));
	assert_false(import_object_add(&object, text_of("a"), text_of("5")));
	for (int i = 0; i < 100; i++)
		assert_false(add_number(&object, i));
	assert_true(add_number(&object, 100));
	import_object_release(&object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_becomes_canonical),
	    cmocka_unit_test(test_json_refused),
	    cmocka_unit_test(test_json_says_what_is_wrong),
	    cmocka_unit_test(test_json_holds_no_zero_byte),
	    cmocka_unit_test(test_front_matter),
	    cmocka_unit_test(test_no_front_matter),
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_paths_of_names),
	    cmocka_unit_test(test_long_components_are_cut),
	    cmocka_unit_test(test_dots_behind_a_cut),
	    cmocka_unit_test(test_paths_of_addresses),
	    cmocka_unit_test(test_known_and_unknown_fields),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_sidecars),
	    cmocka_unit_test(test_names_that_no_path_can_be_are_kept),
	    cmocka_unit_test(test_keys_come_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
