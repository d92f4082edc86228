/* What is found in pages, however broken; titles themselves are tested with test_describe.c. */
#include "html.h"

#include "fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct capsa_text text(const char *bytes)
{
	return (struct capsa_text){bytes, strlen(bytes)};
}

/* `piece` as often as it fits into the head of a body, in a block of its own. */
static struct capsa_text repeat(const char *piece)
{
	size_t size = strlen(piece), count = IMPORT_HEAD_SIZE / size;
	char *page = malloc(count * size);

	assert_non_null(page);
	for (size_t i = 0; i < count; i++)
		memcpy(page + i * size, piece, size);
	return (struct capsa_text){page, count * size};
}

/* ---- claims ---- */

struct claims_case {
	const char *page;
	const char *claims;             /* NAME=TEXT, each with a line feed */
};

static const struct claims_case claims[] = {
    {"", ""},
    {"<", ""},
    {"<meta name=A content=b>", "a=b\n"},
    {"<META NAME='a' CONTENT=\"b &lt; c\"/>", "a=b < c\n"},
    {"<meta name=a content='1'><meta name=a content='2'>", "a=1\na=2\n"},
    {"<meta name=a><meta content=b><meta name content=c><meta name=a content=''>", ""},
    {"<meta name=a property=b http-equiv=c content=d>", "b=d\na=d\nc=d\n"},
    {"<meta name=dc content=1><meta name=dcx.a content=2><meta name=dcterms content=3>",
     "dc=1\ndcx.a=2\ndcterms=3\n"},
    {"<meta name=DC.A content=1><meta name=DC:B content=2><meta name=DCTERMS.C content=3>"
     "<meta name=dcterms:d content=4><meta name=dc. content=5>",
     "dc.a=1\ndc.b=2\ndc.c=3\ndc.d=4\ndc.=5\n"},
    {"<meta name=123456789012345678901234567890123456789012345678901234567890123 content=1>"
     "<meta name=1234567890123456789012345678901234567890123456789012345678901234 content=2>",
     "123456789012345678901234567890123456789012345678901234567890123=1\n"},
    {"<html lang=de><html lang=en>", "<html> lang=de\n"},
    {"<p lang=de>", ""},
    {"<link rel=canonical href=x><link rel=icon href=y><link rel=canonical>",
     "<link> canonical=x\n"},
    {"<link rel='shortlink\n Canonical' href=x><link rel='canonical-x xcanonical' href=y>",
     "<link> canonical=x\n"},
    {"<!-- <meta name=a content=b> --><script><meta name=a content=b></script>"
     "<style><meta name=a content=b></style><title>t</title><meta name=c content=d>",
     "c=d\n"},
    {"<script type=Application/LD+JSON>{\n\"a\": \"</b>\"}</script>",
     "<script> ld+json={ \"a\": \"</b>\"}\n"},
    {"<script type='application/ld+json; charset=utf-8'>1</script>"
     "<script type=application/ld+jsonx>2</script>",
     "<script> ld+json=1\n"},
    {"<script type=application/json>1</script><script type='application/ld+json'>2",
     "<script> ld+json=2\n"},
    {"<h1>x</h1><meta name=a content=b><script type=application/ld+json>2</script>",
     "<script> ld+json=2\n"},
    {"<meta name=a content='x&#0;&#1;&#27;&#xd800;&#146;&#x110000;&#9;y'>",
     "a=x\xef\xbf\xbd\xef\xbf\xbd\xe2\x80\x99\xef\xbf\xbd y\n"},
    {"<meta name=a content='&#146&#;&#x;&#xg;&# 1;&'>", "a=\xe2\x80\x99&#;&#x;&#xg;&# 1;&\n"},
};

static void finds_claims(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(claims); i++) {
		struct json_text found = {0};
		struct html_page page;

		assert_true(import_html(text(claims[i].page), &page));
		for (size_t k = 0; k < page.claims.count; k++) {
			const struct claim *claim = &page.claims.items[k];

			import_json_append(&found, claim->name, strlen(claim->name));
			import_json_append(&found, "=", 1);
			import_json_append(&found, claim->text, claim->size);
			import_json_append(&found, "\n", 1);
		}
		import_json_append(&found, "", 1);
		if (strcmp(found.data, claims[i].claims) != 0)
			fail_msg("%s:\n%sinstead of\n%s", claims[i].page, found.data,
			         claims[i].claims);
		free(found.data);
		import_html_release(&page);
	}
}

/* ---- the charset ---- */

static void finds_charset(void **state)
{
	static const struct {
		const char *page, *label;
	} cases[] = {
	    {"", ""},
	    {"<p>text", ""},
	    {"<meta charset=KOI8-R>", "KOI8-R"},
	    {"<html><head><title>\xe9\xe8</title><META CHARSET = 'windows-1252'>", "windows-1252"},
	    {"<meta http-equiv=Content-Type content='text/html; charset=gb2312'>", "gb2312"},
	    {"<meta name=Content-Type content='text/html; charset=gb2312'>", ""},
	    {"<meta charset=a><meta charset=b>", "a"},
	    {"<!-- <meta charset=a> --><script>'<meta charset=b>'</script><meta charset=c>", "c"},
	    {"<body><meta charset=a>", ""},
	    {"<?xml version='1.0' encoding=\"EUC-JP\"?><html>", "EUC-JP"},
	    {"<?xml version='1.0'?><meta charset=a>", "a"},
	    {"<?xml encoding=?><?php encoding='b'?>", ""},
	    {"<meta charset=''><meta charset=1234567890123456789012345678901>",
	     "1234567890123456789012345678901"},
	    {"<meta charset=12345678901234567890123456789012>", ""},
	    /* It could not be read if that were true. */
	    {"<meta charset=UTF-16LE>", "utf-8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char label[CHARSET_LABEL_SIZE];

		assert_true(import_html_charset(text(cases[i].page), label));
		if (strcmp(label, cases[i].label) != 0)
			fail_msg("%s: %s, not %s", cases[i].page, label, cases[i].label);
	}
}

/* ---- hostile pages ---- */

/* Nothing of a page is lost that stands in front of what is too much. */
static void nesting(void **state)
{
	static const char *const pieces[] = {
	    "<a>", "<b>",    "<div>", "<table>",  "<h1>", "<p><i>",    "<td>",     "<svg>",
	    "<",   "<a b='", "<!--",  "<script>", "</b>", "<![CDATA[", "<select>", "&#x41;"};

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct capsa_text many = repeat(pieces[i]);
		char *joined = malloc(many.size + 100);
		int size;
		struct html_page page;

		assert_non_null(joined);
		size = sprintf(joined, "<title>T</title><meta name=a content=b>");
		memcpy(joined + size, many.data, many.size);
		assert_true(
		    import_html((struct capsa_text){joined, (size_t)size + many.size}, &page));
		assert_int_equal(page.claims.count, 1);
		assert_string_equal(page.claims.items[0].text, "b");
		assert_memory_equal(page.title.text, "T", page.title.size);
		import_html_release(&page);
		free(joined);
		free((char *)(uintptr_t)many.data);
	}
}

/* The first heading may be 511 elements deep, and no deeper. */
static void depth(void **state)
{
	(void)state;
	for (size_t count = 510; count <= 512; count++) {
		char joined[5 * 512 + 20];
		struct html_page page;

		for (size_t i = 0; i < count; i++)
			memcpy(joined + 5 * i, "<div>", 5);
		strcpy(joined + 5 * count, "<h1>Deep</h1>");
		assert_true(import_html(text(joined), &page));
		assert_int_equal(title_good(&page.heading), count <= 511);
		import_html_release(&page);
	}
}

/* JSON-LD as deep as the head is large claims nothing. */
static void deep_linked_data(void **state)
{
	static const char *const pieces[] = {"[", "{\"a\":", "[{\"@graph\":", "\""};

	(void)state;
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct capsa_text many = repeat(pieces[i]);
		struct claims said = {0};

		import_claim(&said, CLAIM_LINKED_DATA, many);
		import_linked_data(&said);
		assert_false(said.failed);
		assert_int_equal(said.count, 1);
		import_claims_release(&said);
		free((char *)(uintptr_t)many.data);
	}
}

/* However often a name is referred to, it is followed a hundred times. */
static void many_references(void **state)
{
	struct capsa_text many = repeat("{\"@id\":1},");
	struct claims said = {0};
	char *json = malloc(many.size + 200);
	int size;

	(void)state;
	assert_non_null(json);
	size =
	    sprintf(json, "[{\"@id\":1,\"name\":\"N\"},{\"@type\":\"Article\",\"author\":[%.*s7]}]",
	            (int)many.size, many.data);
	import_claim(&said, CLAIM_LINKED_DATA, (struct capsa_text){json, (size_t)size});
	import_linked_data(&said);
	assert_int_equal(said.count, 101);
	assert_string_equal(said.items[100].name, "ld:author");
	assert_string_equal(said.items[100].text, "N");
	import_claims_release(&said);
	free(json);
	free((char *)(uintptr_t)many.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_claims),     cmocka_unit_test(finds_charset),
	    cmocka_unit_test(nesting),          cmocka_unit_test(depth),
	    cmocka_unit_test(deep_linked_data), cmocka_unit_test(many_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
