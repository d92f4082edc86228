/*
 * Pages and the metadata they give: each source of each field, and who wins where they disagree.
 */
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

/* The line that `before`, a line too, becomes through the page page.html. */
static void check_from(const char *name, const char *before, const char *page, const char *expected)
{
	struct capsa_metadata *metadata = NULL;
	struct foreign_error why;
	struct capsa_text line;

	assert_int_equal(capsa_metadata_parse(&metadata, text(before), NULL), CAPSA_OK);
	assert_int_equal(import_describe(metadata, "page.html", text(page), &why, NULL), CAPSA_OK);
	assert_int_equal(capsa_metadata_line(metadata, &line, NULL), CAPSA_OK);
	if (line.size != strlen(expected) || memcmp(line.data, expected, line.size) != 0)
		fail_msg("%s:\n%.*s\ninstead of\n%s", name, (int)line.size, line.data, expected);
	capsa_metadata_free(metadata);
}

#define LD(json) "<script type=\"application/ld+json\">" json "</script>"
#define FORMAT "\"format\":\"text/html\""

struct page_case {
	const char *name;
	const char *page;
	const char *line;
};

static const struct page_case pages[] = {
    {"1: nothing but text", "<p>Some text</p>", "{" FORMAT ",\"title\":\"Some text\"}"},
    {"2: title, language", "<html lang=pt-BR><title>T</title>",
     "{" FORMAT ",\"language\":\"pt-BR\",\"title\":\"T\"}"},
    {"3: plain meta",
     "<meta name=description content='It  is\n about &amp; of'><meta name=Author content=Ann>"
     "<meta name=author content=' Bob '><meta name=author content=Ann>"
     "<meta name=keywords content='a, b c,,a , d'><meta name=date content='3 May 2024'>"
     "<meta name=copyright content='&copy; Ann'><meta name=publisher content=P>"
     "<meta name=title content=M><meta http-equiv=content-language content=de>"
     "<meta http-equiv=Last-Modified content='Fri, 03 May 2024 12:00:00 GMT'><title>T</title>",
     "{\"creator\":[\"Ann\",\"Bob\"],\"date\":\"2024-05-03\",\"description\":\"It is about & "
     "of\"," FORMAT ",\"language\":\"de\",\"modified\":\"2024-05-03T12:00:00Z\","
     "\"publisher\":\"P\",\"rights\":\"\xc2\xa9 Ann\",\"subject\":[\"a\",\"b c\",\"d\"],"
     "\"title\":\"M\"}"},
    {"4: Dublin Core in its spellings",
     "<meta name=DC.Title content=T><meta name=dcterms.creator content=A>"
     "<meta name=dc:creator content=B><meta name=DC.contributor content=C>"
     "<meta property=dcterms:issued content=2024-05-03><meta name=DCTERMS.Modified "
     "content=2024-05-04><meta name=DC.language content=fr><meta name=DC.description content=D>"
     "<meta name=DC.publisher content=P><meta name=DC.rights content=R>"
     "<meta name=DC.subject content='s, t'><meta name=DC.subject content=u>"
     "<meta name=DC.identifier content=urn:x:1><meta name=DC.relation content=r>"
     "<meta name=DC.source content=S><meta name=DC.coverage content=V>"
     "<meta name=DC.type content=Text><meta name=DC.format content=text/html>",
     "{\"contributor\":[\"C\"],\"coverage\":\"V\",\"creator\":[\"A\",\"B\"],"
     "\"date\":\"2024-05-03\",\"description\":\"D\"," FORMAT ",\"identifier\":[\"urn:x:1\"],"
     "\"language\":\"fr\",\"modified\":\"2024-05-04\",\"publisher\":\"P\",\"relation\":[\"r\"],"
     "\"rights\":\"R\",\"source\":\"S\",\"subject\":[\"s, t\",\"u\"],\"title\":\"T\","
     "\"type\":\"Text\"}"},
    {"5: Open Graph",
     "<meta property=og:title content=T><meta property=og:description content=D>"
     "<meta property=og:url content=https://example.org/p?q=1#f><meta property=og:site_name "
     "content=Site><meta property=og:locale content=en_GB><meta property=article:published_time "
     "content=2024-05-03T06:40:00+01:00><meta property=article:modified_time "
     "content=2024-05-04T06:40:00.5Z><meta property=article:author content=Ann>"
     "<meta property=article:tag content=x><meta property=article:tag content=y>",
     "{\"creator\":[\"Ann\"],\"date\":\"2024-05-03T06:40:00+01:00\",\"description\":\"D\","
     "" FORMAT ",\"language\":\"en-GB\",\"modified\":\"2024-05-04T06:40:00.5Z\","
     "\"publisher\":\"Site\",\"subject\":[\"x\",\"y\"],\"title\":\"T\","
     "\"url\":\"https://example.org/p?q=1#f\"}"},
    {"6: JSON-LD",
     LD("{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\",\"headline\":\"H\","
        "\"name\":\"N\",\"datePublished\":\"2024-05-03\",\"dateModified\":\"2024-05-04T00:00Z\","
        "\"author\":[{\"@type\":\"Person\",\"name\":\"Ann\"},\"Bob\"],\"description\":\"D\","
        "\"keywords\":\"a, b\",\"inLanguage\":\"en\",\"publisher\":{\"name\":\"P\"}}"),
     "{\"creator\":[\"Ann\",\"Bob\"],\"date\":\"2024-05-03\",\"description\":\"D\"," FORMAT ","
     "\"language\":\"en\",\"modified\":\"2024-05-04T00:00:00Z\",\"publisher\":\"P\","
     "\"subject\":[\"a\",\"b\"],\"title\":\"H\"}"},
    {"7: JSON-LD wins over all",
     "<html lang=a><title>t</title><meta property=og:title content=o><meta property=article:author "
     "content=o><meta property=article:published_time content=2001-01-01><meta "
     "property=article:modified_time content=2001-01-02><meta property=og:description content=o>"
     "<meta property=article:tag content=o><meta name=DC.publisher content=o><h1>h</h1>" LD(
         "{\"@type\":\"Article\",\"headline\":\"L\",\"author\":\"L\",\"datePublished\":\"2002-01-"
         "01\","
         "\"dateModified\":\"2002-01-02\",\"description\":\"L\",\"keywords\":[\"L\"],"
         "\"publisher\":\"L\",\"inLanguage\":\"l\"}"),
     "{\"creator\":[\"L\"],\"date\":\"2002-01-01\",\"description\":\"L\"," FORMAT ","
     "\"language\":\"l\",\"modified\":\"2002-01-02\",\"publisher\":\"L\",\"subject\":[\"L\"],"
     "\"title\":\"L\"}"},
    {"8: Open Graph wins over Dublin Core, that over plain meta",
     "<meta name=description content=p><meta name=DC.description content=d><meta "
     "property=og:description content=o><meta name=title content=p><meta name=DC.title content=d>"
     "<meta name=author content=p><meta name=DC.creator content=d><meta name=keywords content=p>"
     "<meta name=DC.subject content=d><meta name=DC.date content=2001><meta name=date "
     "content=2001-01-01><meta property=og:site_name content=o><meta name=publisher content=p>",
     "{\"creator\":[\"d\"],\"date\":\"2001-01-01\",\"description\":\"o\",\"extra\":"
     "{\"dc.date\":\"2001\"}," FORMAT ",\"publisher\":\"p\",\"subject\":[\"d\"],"
     "\"title\":\"d\"}"},
    {"9: a heading wins over <title>", "<title>T | Site</title><h2></h2><h1>H</h1>",
     "{" FORMAT ",\"title\":\"H\"}"},
    {"10: what a drawing calls itself is no title",
     "<svg><title>Logo</title></svg><title>T</title><svg><title>Icon</title></svg>",
     "{" FORMAT ",\"title\":\"T\"}"},
    {"11: canonical wins over og:url",
     "<meta property=og:url content=https://example.org/o><link rel=CANONICAL "
     "href='https://example.org/c?a=1&amp;b=2'>",
     "{" FORMAT ",\"title\":\"page\",\"url\":\"https://example.org/c?a=1&b=2\"}"},
    {"12: addresses that are not whole",
     "<link rel=canonical href=/c><link rel=canonical href='https:///c'><link rel=canonical "
     "href='javascript:alert(1)'><link rel=canonical href='https://e.org/a b'><link rel=alternate "
     "href=https://e.org/x><meta property=og:url content=HTTP://e.org>",
     "{" FORMAT ",\"title\":\"page\",\"url\":\"HTTP://e.org\"}"},
    {"13: html lang wins over content-language, not over DC.language",
     "<html xml:lang=ja><meta http-equiv=content-language content=en><meta property=og:locale "
     "content=fr_FR>",
     "{" FORMAT ",\"language\":\"ja\",\"title\":\"page\"}"},
    {"14: languages that are none",
     "<html lang='English (US)'><meta name=DC.language content='en, de'><meta "
     "http-equiv=content-language content=-en><meta property=og:locale content=zh_Hant_TW>",
     "{" FORMAT ",\"language\":\"zh-Hant-TW\",\"title\":\"page\"}"},
    {"15: dates that are none stay as they are",
     "<meta property=article:published_time content='05/03/2024'><meta "
     "property=article:modified_time content='2024-05-03 12:00'>" LD(
         "{\"@type\":\"Article\",\"datePublished\":\"yesterday\",\"dateModified\":17}"),
     "{\"extra\":{\"article:modified_time\":\"2024-05-03 12:00\",\"article:published_time\":"
     "\"05/03/2024\",\"datePublished\":\"yesterday\"}," FORMAT ",\"modified\":\"2024-05-03\","
     "\"title\":\"page\"}"},
    {"16: an address is nobody's name",
     "<meta property=article:author content=https://social.example/ann><meta name=author "
     "content=Ann>" LD("{\"@type\":\"Article\",\"author\":{\"url\":\"https://e.org/ann\"}}"),
     "{\"creator\":[\"Ann\"]," FORMAT ",\"title\":\"page\"}"},
    {"17: a graph, with references",
     LD("{\"@context\":\"https://schema.org\",\"@graph\":[{\"@type\":\"WebPage\",\"name\":\"W\","
        "\"description\":\"D\",\"inLanguage\":\"en-US\"},{\"@type\":[\"Thing\",\"BlogPosting\"],"
        "\"headline\":\"H\",\"author\":{\"@id\":\"#a\"},\"publisher\":{\"@id\":\"#o\"}},"
        "{\"@type\":\"Person\",\"@id\":\"#a\",\"name\":\"Ann\"},"
        "{\"@type\":\"Organization\",\"@id\":\"#o\",\"name\":\"O\"}]}"),
     "{\"creator\":[\"Ann\"],\"description\":\"D\"," FORMAT ",\"language\":\"en-US\","
     "\"publisher\":\"O\",\"title\":\"H\"}"},
    {"18: in arrays, main entities, and several scripts",
     LD("[{\"@type\":\"BreadcrumbList\",\"name\":\"no\"},{\"@type\":\"Organization\","
        "\"name\":\"no\",\"description\":\"no\"}]")
         LD("{\"@type\":\"http://schema.org/ItemPage\",\"mainEntity\":{\"@type\":"
            "\"schema:TechArticle\",\"headline\":{\"@value\":\"H\",\"@language\":\"en\"}}}"),
     "{" FORMAT ",\"title\":\"H\"}"},
    {"19: a list of articles is none of them",
     LD("[{\"@type\":\"Article\",\"headline\":\"1\",\"author\":\"A\"},{\"@type\":\"Article\","
        "\"headline\":\"2\",\"author\":\"B\"},{\"@type\":\"CollectionPage\",\"name\":\"All\"}]"),
     "{" FORMAT ",\"title\":\"All\"}"},
    {"20: twice the same article is one",
     LD("{\"@type\":\"Article\",\"headline\":\"1\"}")
         LD("{\"@type\":\"NewsArticle\",\"headline\":\"1\",\"author\":\"A\"}"),
     "{\"creator\":[\"A\"]," FORMAT ",\"title\":\"1\"}"},
    {"21: JSON in a comment, with line feeds in its texts",
     LD("\n<!--\n{\"@type\":\"Article\",\"headline\":\"two\nlines\"}\n//-->\n"),
     "{" FORMAT ",\"title\":\"two lines\"}"},
    {"22: JSON that cannot be read is passed over",
     LD("{\"@type\":\"Article\",\"headline\":\"a\",}")
         LD("{\"@type\":\"Article\",\"headline\":\"b\",\"headline\":\"c\"}") LD("not JSON") LD("")
             LD("7") LD("{\"@type\":7,\"headline\":\"d\"}") "<title>T</title>",
     "{" FORMAT ",\"title\":\"T\"}"},
    {"23: other scripts and other things than pages",
     "<script>{\"@type\":\"Article\",\"headline\":\"no\"}</script>" LD(
         "{\"@type\":\"JobPosting\",\"name\":\"no\"}") "<title>T</title>",
     "{" FORMAT ",\"title\":\"T\"}"},
    {"24: what follows the first heading is text, but for JSON-LD",
     "<h1>H</h1><meta name=author content=no><link rel=canonical href=https://e.org/no>" LD(
         "{\"@type\":\"Article\",\"author\":\"Ann\"}") "<meta name=author content=no>",
     "{\"creator\":[\"Ann\"]," FORMAT ",\"title\":\"H\"}"},
    {"25: empty and white values are none",
     "<meta name=author content=''><meta name=author><meta name=description content=' &nbsp; '>"
     "<meta property=og:title content>" LD(
         "{\"@type\":\"Article\",\"headline\":\"\",\"author\":null,"
         "\"keywords\":[],\"publisher\":{}}"),
     "{" FORMAT ",\"title\":\"page\"}"},
    {"26: one element, two names",
     "<meta name=description property=og:description content=D><meta name=twitter:title "
     "content=no>",
     "{\"description\":\"D\"," FORMAT ",\"title\":\"page\"}"},
    {"27: front matter wins",
     "---\ntitle: F\nauthor: Fay\n---\n<html lang=en><meta name=author content=Ann>",
     "{\"creator\":[\"Fay\"]," FORMAT ",\"language\":\"en\",\"title\":\"F\"}"},
    {"28: control characters are dropped, marks of direction stay, windows-1252 by number",
     "<meta name=description content='a&#27;&#0;[31m&#x202e;b it&#146;s'><title>\x1b]0;x\a</title>",
     "{\"description\":\"a\xef\xbf\xbd[31m\xe2\x80\xae"
     "b it\xe2\x80\x99s\"," FORMAT ",\"title\":\"]0;x\"}"},
};

static void sources_and_conflicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pages); i++)
		check_from(pages[i].name, "{}", pages[i].page, pages[i].line);
}

/* What sidecar and container say wins; `extra` keeps what it has. */
static void order(void **state)
{
	(void)state;
	check_from(
	    "set",
	    "{\"creator\":[\"C\"],\"date\":\"2020-01-01\",\"extra\":{\"a\":1,\"dateModified\":2},"
	    "\"language\":\"de\",\"title\":\"C\",\"url\":\"https://c.example/\"}",
	    "<html lang=en><link rel=canonical href=https://e.org/>" LD(
	        "{\"@type\":\"Article\",\"headline\":\"L\",\"author\":\"L\","
	        "\"datePublished\":\"no date\",\"dateModified\":\"no date\"}"),
	    "{\"creator\":[\"C\"],\"date\":\"2020-01-01\",\"extra\":{\"a\":1,"
	    "\"dateModified\":2}," FORMAT ",\"language\":\"de\",\"title\":\"C\","
	    "\"url\":\"https://c.example/\"}");
}

/* Two texts around `size` times an x; freed by the caller. */
static char *around(const char *before, size_t size, const char *behind)
{
	char *joined = malloc(strlen(before) + size + strlen(behind) + 1);

	assert_non_null(joined);
	strcpy(joined, before);
	memset(joined + strlen(before), 'x', size);
	strcpy(joined + strlen(before) + size, behind);
	return joined;
}

/* A page with a value of this size. */
static void check_length(const char *name, size_t size, const char *before, const char *behind)
{
	char *head = around("<meta name=", 0, name);
	char *meta = around(head, 0, " content=");
	char *page = around(meta, size, ">");
	char *line = around(before, size, behind);

	check_from(name, "{}", page, line);
	free(head);
	free(meta);
	free(page);
	free(line);
}

/* Titles of 500 characters, other texts of 4,096 bytes, subtags of 8 letters. */
static void lengths(void **state)
{
	static const char none[] = "{" FORMAT ",\"title\":\"page\"}";
	char *page;

	(void)state;
	check_length("og:title", 500, "{" FORMAT ",\"title\":\"", "\"}");
	page = around("<meta property=og:title content=", 501, "><title>T</title>");
	check_from("title", "{}", page, "{" FORMAT ",\"title\":\"T\"}");
	free(page);
	check_length("description", 4096, "{\"description\":\"",
	             "\"," FORMAT ",\"title\":\"page\"}");
	page = around("<meta name=description content=", 4097, ">");
	check_from("description", "{}", page, none);
	free(page);
	check_from("subtags", "{}", "<html lang=abcdefgh-12345678-12345678-12345678>",
	           "{" FORMAT ",\"language\":\"abcdefgh-12345678-12345678-12345678\","
	           "\"title\":\"page\"}");
	check_from("subtags", "{}", "<html lang=abcdefghi>", none);
}

static void many_items(void **state)
{
	struct claims claims = {0};
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_text line, list, key, value;
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 2 * CLAIMS_MAX; i++) {
		char name[16];

		snprintf(name, sizeof name, "%d", i);
		import_claim(&claims, "author", text(name));
	}
	assert_int_equal(claims.count, CLAIMS_MAX);
	assert_int_equal(import_html_fields(metadata, &claims, NULL), CAPSA_OK);
	assert_int_equal(capsa_metadata_line(metadata, &line, NULL), CAPSA_OK);
	assert_int_equal(capsa_line_find(line, "creator", &list), CAPSA_OK);
	while (capsa_line_next(&list, &key, &value))
		count++;
	assert_int_equal(count, 100);
	import_claims_release(&claims);
	capsa_metadata_free(metadata);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sources_and_conflicts),
	    cmocka_unit_test(order),
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(many_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
