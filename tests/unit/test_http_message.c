/* HTTP responses as crawls keep them. */
#include "http_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct capsa_text text_of(const char *text)
{
	return (struct capsa_text){text, strlen(text)};
}

static void assert_text(struct capsa_text found, const char *expected)
{
	assert_int_equal(found.size, strlen(expected));
	assert_memory_equal(found.data, expected, found.size);
}

static enum header_status parse(struct header *header, struct capsa_text *text)
{
	struct capsa_error err = {0};
	enum header_status status;

	import_header_begin(header);
	status = import_header_put(header, text, &err);
	if (status != HEADER_BAD)
		assert_true(import_header_parse(header));
	else
		assert_true(err.text[0] != '\0');
	return status;
}

static void test_header(void **state)
{
	struct capsa_text text =
	    text_of("HTTP/1.1 200 OK\r\nA: 1\r\na:2\nFold: x\r\n\ty \r\n  z\r\nEmpty:\r\n"
	            " late\r\nno colon\r\nC : d:e\r\n\r\nbody");
	static const char *const fields[][2] = {{"A", "1"},        {"a", "2"},
	                                        {"Fold", "x y z"}, {"Empty", "late"},
	                                        {"", "no colon"},  {"C", "d:e"}};
	struct header header = {0};
	struct capsa_text value;

	(void)state;
	assert_int_equal(parse(&header, &text), HEADER_END);
	assert_text(text, "body");
	assert_text(header.first, "HTTP/1.1 200 OK");
	assert_int_equal(header.count, COUNT(fields));
	for (size_t i = 0; i < COUNT(fields); i++) {
		assert_text(header.fields[i].name, fields[i][0]);
		assert_text(header.fields[i].value, fields[i][1]);
	}
	assert_true(import_header_find(&header, "FOLD", &value));
	assert_text(value, "x y z");
	assert_false(import_header_find(&header, "B", &value));
	import_header_release(&header);
}

static void test_header_limits(void **state)
{
	char *line = malloc(IMPORT_HEADER_LINE_MAX + 1);
	struct header header = {0};
	struct capsa_error err = {0};
	struct capsa_text text;

	(void)state;
	assert_non_null(line);
	memset(line, 'x', IMPORT_HEADER_LINE_MAX + 1);
	text = (struct capsa_text){line, IMPORT_HEADER_LINE_MAX};
	assert_int_equal(parse(&header, &text), HEADER_MORE);
	text = (struct capsa_text){line, 1};
	assert_int_equal(import_header_put(&header, &text, &err), HEADER_BAD);

	line[IMPORT_HEADER_LINE_MAX - 1] = '\n';
	import_header_begin(&header);
	for (unsigned i = 0; i < IMPORT_HEADER_MAX / IMPORT_HEADER_LINE_MAX; i++) {
		text = (struct capsa_text){line, IMPORT_HEADER_LINE_MAX};
		assert_int_equal(import_header_put(&header, &text, &err), HEADER_MORE);
	}
	text = (struct capsa_text){line, 1};
	assert_int_equal(import_header_put(&header, &text, &err), HEADER_BAD);
	import_header_release(&header);
	free(line);
}

static void test_status(void **state)
{
	static const struct {
		const char *line;
		bool good;
		unsigned code;
		const char *text;
	} cases[] = {
	    {"HTTP/1.1 200 OK", true, 200, "200 OK"},
	    {"HTTP/1.0 404", true, 404, "404"},
	    {"http/2 301  Moved ", true, 301, "301  Moved"},
	    {"HTTP/1.1", true, 0, ""},
	    {"HTTP/1.1 2x0", true, 0, "2x0"},
	    {"HTTP/ 200", false, 0, ""},
	    {"GET / HTTP/1.1", false, 0, ""},
	    {"", false, 0, ""},
	};
	struct http_status status;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(import_http_status(text_of(cases[i].line), &status),
		                 cases[i].good);
		if (!cases[i].good)
			continue;
		assert_int_equal(status.code, cases[i].code);
		assert_text(status.text, cases[i].text);
	}
}

static void test_types(void **state)
{
	static const char *const good[] = {"text/html", "text/html; charset=utf-8",
	                                   "text/html ;charset=\"x\"", "image/svg+xml",
	                                   "application/x;"};
	static const char *const bad[] = {"",           "text",           "text/",
	                                  "/html",      "text/ html",     "text/html, text/plain",
	                                  "not a type", "text/html;\x01", "text/html; \xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(import_http_is_type(text_of(good[i])));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(import_http_is_type(text_of(bad[i])));
}

/* The examples of RFC 3986, 5.4, and what crawls have besides. */
static void test_resolve(void **state)
{
	static const char *const cases[][2] = {
	    {"g:h", "g:h"},
	    {"g", "http://a/b/c/g"},
	    {"./g", "http://a/b/c/g"},
	    {"g/", "http://a/b/c/g/"},
	    {"/g", "http://a/g"},
	    {"//g", "http://g"},
	    {"?y", "http://a/b/c/d;p?y"},
	    {"g?y", "http://a/b/c/g?y"},
	    {"#s", "http://a/b/c/d;p?q#s"},
	    {"g#s", "http://a/b/c/g#s"},
	    {"g?y#s", "http://a/b/c/g?y#s"},
	    {";x", "http://a/b/c/;x"},
	    {"", "http://a/b/c/d;p?q"},
	    {".", "http://a/b/c/"},
	    {"./", "http://a/b/c/"},
	    {"..", "http://a/b/"},
	    {"../g", "http://a/b/g"},
	    {"../..", "http://a/"},
	    {"../../../g", "http://a/g"},
	    {"/./g", "http://a/g"},
	    {"/../g", "http://a/g"},
	    {"g.", "http://a/b/c/g."},
	    {"..g", "http://a/b/c/..g"},
	    {"./../g", "http://a/b/g"},
	    {"g/../h", "http://a/b/c/h"},
	    {"g;x=1/../y", "http://a/b/c/y"},
	    {"g?y/../x", "http://a/b/c/g?y/../x"},
	    {"https://x/../y", "https://x/../y"},
	};
	char *url;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		url = import_http_resolve(text_of("http://a/b/c/d;p?q"), text_of(cases[i][0]));
		assert_string_equal(url, cases[i][1]);
		free(url);
	}
	url = import_http_resolve(text_of("http://a"), text_of("b"));
	assert_string_equal(url, "http://a/b");
	free(url);
}

/* ---- bodies ---- */

struct body_case {
	const char *header;
	struct capsa_text body;
	enum http_coding coding;
	const char *out;
};

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static void assert_held(const struct held_body *held, const char *expected)
{
	struct capsa_source source = import_held(held);
	char room[256];

	assert_int_equal(source.size, strlen(expected));
	assert_true(source.size < sizeof room);
	if (source.size != 0)
		assert_int_equal(source.read_at(source.ctx, 0, room, (size_t)source.size), 0);
	assert_memory_equal(room, expected, strlen(expected));
}

static void test_dechunk(void **state)
{
	static const struct body_case cases[] = {
	    {"A: b\n\n", TEXT("1\r\na\r\n0\r\n\r\n"), HTTP_PLAIN, ""},
	    {"Transfer-Encoding: chunked\n\n", TEXT(""), HTTP_PLAIN, ""},
	    {"Transfer-Encoding: Chunked\n\n", TEXT("1\r\na\r\n2;x\r\nbc\r\n0\r\n\r\n"),
	     HTTP_DECODED, "abc"},
	    {"Transfer-Encoding: gzip, chunked\n\n", TEXT("001 \na\n0\n\n"), HTTP_DECODED, "a"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("5\r\nab"), HTTP_DECODED, "ab"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("ffffffffffffffff\r\nab"), HTTP_DECODED, "ab"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("fffffffffffffffff\r\nab"), HTTP_KEPT,
	     "fffffffffffffffff\r\nab"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("<p>"), HTTP_KEPT, "<p>"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("1\r\na\r\n1\r\nbX\r\nc"), HTTP_DECODED,
	     "abX\r\nc"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("0\r\n\r\n"), HTTP_DECODED, ""},
	    {"Transfer-Encoding: chunked\n\n", TEXT("0\r\n"), HTTP_DECODED, ""},
	    {"Transfer-Encoding: chunked\n\n", TEXT("1\r\na\r\n0\r\nA: b\r\n\r\n"), HTTP_DECODED,
	     "a"},
	    /* These are not chunked, but begin as if they were. */
	    {"Transfer-Encoding: chunked\n\n", TEXT("1\r\naX\r\nbc"), HTTP_KEPT, "1\r\naX\r\nbc"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("0\r\n1\r\n"), HTTP_KEPT, "0\r\n1\r\n"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("a;b;c\r\n1;2;3;4;5;6\r\n"), HTTP_KEPT,
	     "a;b;c\r\n1;2;3;4;5;6\r\n"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("cafe\nolait\n"), HTTP_KEPT, "cafe\nolait\n"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("1\n2\n3\n"), HTTP_KEPT, "1\n2\n3\n"},
	    {"Transfer-Encoding: chunked\n\n", TEXT("1\n2\n"), HTTP_KEPT, "1\n2\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		struct capsa_text in;
		struct header header = {0};
		struct held_body out = {0};
		struct capsa_source body =
		    capsa_source_memory(cases[i].body.data, cases[i].body.size);
		struct capsa_error err = {0};

		snprintf(text, sizeof text, "HTTP/1.1 200 OK\n%s", cases[i].header);
		in = text_of(text);
		parse(&header, &in);
		assert_int_equal(import_http_dechunk(&header, &body, &out, NULL, &err),
		                 cases[i].coding);
		assert_held(&out, cases[i].out);
		import_held(&out);
		import_hold_release(&out);
		import_header_release(&header);
	}
}

#define GZIP                                                                                       \
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\xb8\x00" \
	"\xe7\x42\x6e\x52\x14\x00\x00\x00"
#define DEFLATE "\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\xb8\x00"
#define ZSTD                                                                                       \
	"\x28\xb5\x2f\xfd\x00\x58\x75\x00\x00\x40\x68\x65\x6c\x6c\x6f\x2c\x20\x0a\x01\x00\xe2\x8a" \
	"\x11"
#define SKIPPABLE "\x50\x2a\x4d\x18\x01\x00\x00\x00x"
#define HELLO "hello, hello, hello\n"

static void test_decode(void **state)
{
	static const struct body_case cases[] = {
	    {"A: b\n\n", TEXT(GZIP), HTTP_PLAIN, ""},
	    {"Content-Encoding: identity\n\n", TEXT(GZIP), HTTP_PLAIN, ""},
	    {"Content-Encoding: gzip\n\n", TEXT(""), HTTP_PLAIN, ""},
	    {"Content-Encoding: X-GZIP\n\n", TEXT(GZIP), HTTP_DECODED, HELLO},
	    {"Content-Encoding: , gzip,\n\n", TEXT(GZIP "behind"), HTTP_DECODED, HELLO},
	    {"Content-Encoding: gzip\n\n", TEXT(GZIP GZIP), HTTP_DECODED, HELLO HELLO},
	    {"Content-Encoding: zstd\n\n", TEXT(ZSTD ZSTD), HTTP_DECODED, HELLO HELLO},
	    {"Content-Encoding: zstd\n\n", TEXT(SKIPPABLE ZSTD SKIPPABLE), HTTP_DECODED, HELLO},
	    {"Content-Encoding: zstd\n\n", TEXT(ZSTD "\x28\xb5\x2f"), HTTP_KEPT, NULL},
	    {"Content-Encoding: deflate\n\n", TEXT(DEFLATE), HTTP_DECODED, HELLO},
	    {"Content-Encoding: gzip\n\n", TEXT("plain"), HTTP_KEPT, NULL},
	    {"Content-Encoding: gzip\n\n", TEXT("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb"),
	     HTTP_KEPT, NULL},
	    {"Content-Encoding: compress\n\n", TEXT(GZIP), HTTP_KEPT, NULL},
	    {"Content-Encoding: gzip, gzip\n\n", TEXT(GZIP), HTTP_KEPT, NULL},
	    {"Content-Encoding: br,br,br,br,br,br,br,br,br\n\n", TEXT("x"), HTTP_KEPT, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		struct capsa_text in;
		struct header header = {0};
		struct held_body out = {0};
		struct capsa_source body =
		    capsa_source_memory(cases[i].body.data, cases[i].body.size);
		struct capsa_error err = {0};

		snprintf(text, sizeof text, "HTTP/1.1 200 OK\n%s", cases[i].header);
		in = text_of(text);
		parse(&header, &in);
		assert_int_equal(import_http_decode(&header, &body, body.size, &out, NULL, &err),
		                 cases[i].coding);
		if (cases[i].out != NULL)
			assert_held(&out, cases[i].out);
		import_hold_release(&out);
		import_header_release(&header);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_header),  cmocka_unit_test(test_header_limits),
	    cmocka_unit_test(test_status),  cmocka_unit_test(test_types),
	    cmocka_unit_test(test_resolve), cmocka_unit_test(test_dechunk),
	    cmocka_unit_test(test_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
