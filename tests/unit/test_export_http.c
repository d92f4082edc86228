/* Heads of HTTP responses out of metadata. */
#include "export_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH "Content-Length: 7\r\n\r\n"

static struct capsa_text text(const char *string)
{
	return (struct capsa_text){string, strlen(string)};
}

static void heads(void **state)
{
	static const struct {
		const char *line, *location, *head;
	} cases[] = {
	    /* No HTTP. */
	    {"{}", "", NULL},
	    {"{\"http\":{}}", "", NULL},
	    {"{\"http\":[\"200 OK\"]}", "", NULL},
	    {"{\"http\":{\"headers\":{\"A\":\"b\"}}}", "", NULL},
	    /* Status lines. */
	    {"{\"http\":{\"status\":\"200 OK\"}}", "", "HTTP/1.1 200 OK\r\n" LENGTH},
	    {"{\"http\":{\"status\":404}}", "", "HTTP/1.1 404 \r\n" LENGTH},
	    {"{\"http\":{\"status\":\"HTTP/1.0 404 Not Found\"}}", "",
	     "HTTP/1.1 404 Not Found\r\n" LENGTH},
	    {"{\"http\":{\"status\":\"HTTP/2 200\"}}", "", "HTTP/1.1 200 \r\n" LENGTH},
	    {"{\"http\":{\"status\":\"200 a\\u000d\\u000ab\"}}", "",
	     "HTTP/1.1 200 a  b\r\n" LENGTH},
	    {"{\"http\":{\"status\":\"20 OK\"}}", "", NULL},
	    {"{\"http\":{\"status\":\"2000 OK\"}}", "", NULL},
	    {"{\"http\":{\"status\":\"200OK\"}}", "", NULL},
	    {"{\"http\":{\"status\":\"HTTP/1.1\"}}", "", NULL},
	    {"{\"http\":{\"status\":\"\"}}", "", NULL},
	    {"{\"http\":{\"status\":null}}", "", NULL},
	    /* Fields in every form. */
	    {"{\"http\":{\"headers\":{\"A\":\"b\",\"C\":[\"d\",\"e\"],\"N\":1},\"status\":200}}",
	     "", "HTTP/1.1 200 \r\nA: b\r\nC: d\r\nC: e\r\nN: 1\r\n" LENGTH},
	    {"{\"http\":{\"headers\":[[\"A\",\"b\"],[\"A\",\"c\"],[\"x\"],[],7],\"status\":200}}",
	     "", "HTTP/1.1 200 \r\nA: b\r\nA: c\r\n" LENGTH},
	    {"{\"http\":{\"headers\":[\"A: b\",\"C:d:e\",\"f\",\":g\",\"H:\"],\"status\":200}}", "",
	     "HTTP/1.1 200 \r\nA: b\r\nC: d:e\r\nH: \r\n" LENGTH},
	    {"{\"http\":{\"headers\":\"A: b\",\"status\":200}}", "", "HTTP/1.1 200 \r\n" LENGTH},
	    /* What a field cannot hold, and what is no longer true. */
	    {"{\"http\":{\"headers\":{\"\":\"x\",\"A\\u000a\":\"x\",\"A b\":\"x\","
	     "\"B\":\"x\\u000d\\u000aC: y\"},"
	     "\"status\":200}}",
	     "", "HTTP/1.1 200 \r\nB: x  C: y\r\n" LENGTH},
	    {"{\"http\":{\"headers\":{\"CONTENT-LENGTH\":\"9\",\"Trailer\":\"x\","
	     "\"content-encoding\":\"br\",\"transfer-encoding\":\"chunked\"},\"status\":200}}",
	     "", "HTTP/1.1 200 \r\n" LENGTH},
	    /* A body that still has codings. */
	    {"{\"http\":{\"coded\":\"gzip\",\"headers\":{\"Content-Encoding\":\"gzip\","
	     "\"Content-Length\":\"9\",\"Transfer-Encoding\":\"chunked\"},\"status\":200}}",
	     "", "HTTP/1.1 200 \r\nContent-Encoding: gzip\r\n" LENGTH},
	    {"{\"http\":{\"coded\":\"gzip, chunked\",\"headers\":{\"Content-Encoding\":\"gzip\","
	     "\"Transfer-Encoding\":\"chunked\"},\"status\":200}}",
	     "",
	     "HTTP/1.1 200 \r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"},
	    /* The type, unless HTTP has it. */
	    {"{\"format\":\"text/html\",\"http\":{\"status\":200}}", "",
	     "HTTP/1.1 200 \r\nContent-Type: text/html\r\n" LENGTH},
	    {"{\"format\":\"text/html\",\"http\":{\"headers\":{"
	     "\"content-type\":\"x/y\"},\"status\":200}}",
	     "", "HTTP/1.1 200 \r\ncontent-type: x/y\r\n" LENGTH},
	    /* Redirects. */
	    {"{\"format\":\"text/plain\"}", "https://h/",
	     "HTTP/1.1 302 Found\r\nLocation: https://h/\r\n" LENGTH},
	    {"{\"http\":{\"status\":\"no\"}}", "https://h/",
	     "HTTP/1.1 302 Found\r\nLocation: https://h/\r\n" LENGTH},
	    {"{\"http\":{\"status\":\"301 Moved\"}}", "https://h/",
	     "HTTP/1.1 301 Moved\r\nLocation: https://h/\r\n" LENGTH},
	    {"{\"http\":{\"headers\":{\"location\":\"/a\"},\"status\":\"301 Moved\"}}",
	     "https://h/", "HTTP/1.1 301 Moved\r\nlocation: /a\r\n" LENGTH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer out = {0};
		bool found =
		    export_http_head(&out, text(cases[i].line), 7, text(cases[i].location));

		assert_false(out.failed);
		if (found != (cases[i].head != NULL))
			fail_msg("%s", cases[i].line);
		capsa_buffer_byte(&out, '\0');
		assert_string_equal((const char *)out.data,
		                    cases[i].head != NULL ? cases[i].head : "");
		capsa_buffer_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
