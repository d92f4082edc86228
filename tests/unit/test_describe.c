/* Titles and media types. */
#include "describe.h"

#include "fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A member of the description; freed by the caller.  NULL: there is none. */
static char *member_of(struct capsa_metadata *metadata, const char *key)
{
	struct capsa_text line, value;
	char *text;

	assert_int_equal(capsa_metadata_line(metadata, &line, NULL), CAPSA_OK);
	if (capsa_line_find(line, key, &value) != CAPSA_OK)
		return NULL;
	text = calloc(1, value.size + 1);
	assert_non_null(text);
	capsa_line_text(value, text);
	return text;
}

static void check(const char *path, struct capsa_text head, const char *format, const char *title)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct foreign_error why;
	char *found;

	assert_int_equal(import_describe(metadata, path, head, &why, NULL), CAPSA_OK);
	if (format != NULL) {
		found = member_of(metadata, "format");
		assert_string_equal(found, format);
		free(found);
	}
	found = member_of(metadata, "title");
	if (title != NULL && (found == NULL || strcmp(found, title) != 0))
		fail_msg("%s: %.*s: title is '%s', not '%s'", path, (int)head.size, head.data,
		         found != NULL ? found : "(none)", title);
	if (title == NULL)
		assert_null(found);
	free(found);
	capsa_metadata_free(metadata);
}

static struct capsa_text text(const char *bytes)
{
	return (struct capsa_text){bytes, strlen(bytes)};
}

/* ---- media types ---- */

struct type_case {
	const char *path;
	size_t size;
	const char *head;
	const char *format;
};

#define HEAD(bytes) sizeof(bytes) - 1, bytes

static const struct type_case types[] = {
    /* by name, whatever the case; the first and the last of the table */
    {"a.html", HEAD("x"), "text/html"},
    {"a.HTM", HEAD("x"), "text/html"},
    {"a.xhtml", HEAD("x"), "application/xhtml+xml"},
    {"a.Md", HEAD("x"), "text/markdown"},
    {"a.txt", HEAD("x"), "text/plain"},
    {"a.json", HEAD("{}"), "application/json"},
    {"a.7z", HEAD(""), "application/x-7z-compressed"},
    {"a.zst", HEAD(""), "application/zstd"},
    {"a.css", HEAD("x"), "text/css"},
    {"a.js", HEAD("x"), "text/javascript"},
    {"a.csv", HEAD("x"), "text/csv"},
    {"a.svg", HEAD("<svg/>"), "image/svg+xml"},
    {"d.pdf/a.webp", HEAD("x"), "image/webp"},
    {"a.tar.gz", HEAD("x"), "application/gzip"},
    /* a name says more than the container it is in */
    {"a.docx", HEAD("PK\3\4"),
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"a.epub", HEAD("PK\3\4"), "application/epub+zip"},
    /* names without an extension */
    {"d.html/README", HEAD("Read me"), "text/plain"},
    {".html", HEAD("x"), "text/plain"},
    {"d/.png", HEAD("x"), "text/plain"},
    {"a.", HEAD("x"), "text/plain"},
    {"a.unknown", HEAD("x"), "text/plain"},
    {"a", HEAD(""), "text/plain"},
    /* by content */
    {"a", HEAD("\x89PNG\r\n\x1a\n...."), "image/png"},
    {"a", HEAD("\xff\xd8\xff\xe0"), "image/jpeg"},
    {"a", HEAD("GIF89a"), "image/gif"},
    {"a", HEAD("RIFF....WEBPVP8 "), "image/webp"},
    {"a", HEAD("RIFF....WEBPVP"), "text/plain"},
    {"a", HEAD("%PDF-1.7"), "application/pdf"},
    {"a", HEAD("PK\3\4rest"), "application/zip"},
    {"a", HEAD("PK\3\4..........................mimetypeapplication/epub+zip"),
     "application/epub+zip"},
    {"a", HEAD("\x1f\x8b\x08\0"), "application/gzip"},
    {"a", HEAD("\x28\xb5\x2f\xfd"), "application/zstd"},
    {"a", HEAD("....ftypisom"), "video/mp4"},
    {"a", HEAD("....ftypavif"), "image/avif"},
    {"a", HEAD("wOF2"), "font/woff2"},
    {"a", HEAD("WARC/1.0\r\n"), "application/warc"},
    {"page.php?id=3", HEAD("\xef\xbb\xbf \n<!DOCTYPE HTML>"), "text/html"},
    {"a", HEAD("<html lang=de>"), "text/html"},
    {"a", HEAD("<?xml version='1.0'?>"), "application/xml"},
    {"a", HEAD("binary\0"), "application/octet-stream"},
    {"a", HEAD("\1\2\3"), "application/octet-stream"},
    {"a", HEAD("caf\xe9"), "application/octet-stream"},
    {"a", HEAD("caf\xc3"), "application/octet-stream"},
    {"a", HEAD("caf\xc3\xa9\t\x1b[0m\f\r\n"), "text/plain"},
    /* a magic number is stronger than a name that promises text */
    {"a.txt", HEAD("%PDF-1.4"), "application/pdf"},
    {"a.html", HEAD("\x1f\x8b\x08"), "application/gzip"},
    {"a.txt", HEAD("caf\xe9"), "text/plain"},
};

static void media_types(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(types); i++) {
		const char *found = import_media_type(
		    types[i].path, (struct capsa_text){types[i].head, types[i].size});

		if (strcmp(found, types[i].format) != 0)
			fail_msg("case %zu, %s: %s, not %s", i, types[i].path, found,
			         types[i].format);
	}
}

/* Of a longer body the head may end within a character, and only there. */
static void head_cut_within_character(void **state)
{
	char *head = malloc(IMPORT_HEAD_SIZE);

	(void)state;
	assert_non_null(head);
	for (size_t cut = 1; cut <= 3; cut++) {
		memset(head, 'x', IMPORT_HEAD_SIZE);
		memcpy(head + IMPORT_HEAD_SIZE - cut, "\xf0\x9f\x8d", cut);
		assert_string_equal(
		    import_media_type("a", (struct capsa_text){head, IMPORT_HEAD_SIZE}),
		    "text/plain");
		assert_string_equal(
		    import_media_type("a", (struct capsa_text){head + 1, IMPORT_HEAD_SIZE - 1}),
		    "application/octet-stream");
	}
	head[IMPORT_HEAD_SIZE - 4] = '\x80';
	assert_string_equal(import_media_type("a", (struct capsa_text){head, IMPORT_HEAD_SIZE}),
	                    "application/octet-stream");
	free(head);
}

/* ---- titles ---- */

struct title_case {
	const char *path;
	const char *head;
	const char *title;
};

static const struct title_case titles[] = {
    /* Markdown: # headings */
    {"a.md", "# Hello\n", "Hello"},
    {"a.md", "text\n\n## Second level ##\n# First\n", "Second level"},
    {"a.md", "   # three spaces   #\n", "three spaces"},
    {"a.md", "    # four spaces\n\n# real\n", "real"},
    {"a.md", "#no space\n\n#\ttab\n", "tab"},
    {"a.md", "####### seven\n\n###### six\n", "six"},
    {"a.md", "#\n##  ##\n# C#\n", "C#"},
    {"a.md", "\xef\xbb\xbf# mark\r\n", "mark"},
    {"a.md", "# old\r# lines\r", "old"},
    {"a.md", "> # quoted\n\n- # listed\n\n# real\n", "real"},
    /* Markdown: underlined headings */
    {"a.md", "Title\n=====\n", "Title"},
    {"a.md", "Title\n-\n", "Title"},
    {"a.md", "Two\nlines\n===\n", "Two lines"},
    {"a.md", "Title\n    ===\n\n# real\n", "real"},
    {"a.md", "\001\n===\nTitle\n===\n", "Title"},
    {"a.md", "- item\n---\n\n# real\n", "real"},
    {"a.md", "| a |\n---\n\n# real\n", "real"},
    {"a.md", "1. item\n---\n\n# real\n", "real"},
    {"a.md", "para\n\n---\n\n# real\n", "real"},
    {"a.md", "para\n# heading\n", "heading"},
    /* Markdown: what is passed over */
    {"a.md", "---\nname: yaml\n# comment\n---\n# real\n", "real"},
    {"a.md", "---\nslug: x\n...\nfirst\n\n## real\n", "real"},
    {"a.md", "+++\n# toml\n+++\n# real\n", "real"},
    {"a.md", "---\n\n# no end of front matter\n", "no end of front matter"},
    {"a.md", "```sh\n# shell\n```\n# real\n", "real"},
    {"a.md", "~~~~\n# code\n~~~\n```\n# code\n~~~~~\n# real\n", "real"},
    {"a.md", "``` `inline` ```\n# real\n", "real"},
    {"a.md", "```\n# never closed\n", "a"},
    {"a.md", "<!-- one\n# two -->\n# real\n", "real"},
    {"a.md", "<pre>\n# raw\n</pre>\n# real\n", "real"},
    /* Markdown: no heading */
    {"a.md", "\n---\n\n  The first line  \nsecond\n", "The first line"},
    {"d/stem.md", "", "stem"},
    {"stem.md", "---\nslug: x\n---\n", "stem"},
    /* HTML: headings */
    {"a.html", "<title>Page</title><h2>Second</h2><h1>First</h1>", "Second"},
    {"a.html", "<h1 class='a>b' id=\"c>d\">T<b>i</b>tle</h1>", "Title"},
    {"a.html", "<H1>\n  A\n  <em>long</em>&nbsp;one </H1>", "A long one"},
    {"a.html", "<h1>One<br>Two</h1>", "One Two"},
    {"a.html", "<h1><img src=x></h1><h2> </h2><h3>Third</h3>", "Third"},
    {"a.html", "<h1>Open<h2>Next</h2>", "Open"},
    {"a.html", "<h1>To the end", "To the end"},
    {"a.html", "<!-- <h1>no</h1> --><h1>yes</h1>", "yes"},
    {"a.html", "<script>'<h1>no</h1>'</script><style><h1>no</h1></style><h1>yes</h1>", "yes"},
    {"a.html", "<header>Head</header><hr><h1-x>no</h1-x><h7>no</h7><h1>yes</h1>", "yes"},
    {"a.html", "<h1>a < b && c</h1>", "a < b && c"},
    {"a.xhtml", "<?xml version='1.0'?><html><body><h1/><h1>X</h1></body></html>", "X"},
    /* HTML: character references */
    {"a.html", "<h1>Fish &amp; Chips &lt;b&gt; &quot;q&quot; &apos;</h1>",
     "Fish & Chips <b> \"q\" '"},
    {"a.html", "<h1>&Uuml;ber &auml;&szlig; &yuml;&euro;&hellip;&mdash;</h1>",
     "\xc3\x9c"
     "ber \xc3\xa4\xc3\x9f "
     "\xc3\xbf\xe2\x82\xac\xe2\x80\xa6\xe2\x80\x94"},
    {"a.html", "<h1>&#233;&#xE9;&#Xe9&#x1F600;</h1>", "\xc3\xa9\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80"},
    {"a.html", "<h1>it&#146;s &#128;</h1>", "it\xe2\x80\x99s \xe2\x82\xac"},
    {"a.html", "<h1>&#0;&#xD800;&#x110000;&#99999999999999999999;</h1>",
     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"a.html", "<h1>&unknown; &amp &; &</h1>", "&unknown; &amp &; &"},
    {"a.html", "<h1>a&#7;b&#x9c;&#10;c</h1>", "ab\xc5\x93 c"},
    /* HTML: no heading */
    {"a.html", "<head>\n<title>\n The page\n</title>\n</head><body>text", "The page"},
    {"a.html", "<html><body>\n\n <p>First <i>words</i> &copy;\nmore</p>", "First words \xc2\xa9"},
    {"a.html", "<p>One</p><p>Two</p>", "One"},
    {"a.html", "---\nlayout: x\n---\n<p>One</p>", "One"},
    {"dir.d/st.em.html", "<html><body></body></html>", "st.em"},
    /* plain text */
    {"a.txt", "\n  \n  A title\tin  text \r\nmore", "A title in text"},
    {"a.txt", "=====\nTitle\n=====\n", "Title"},
    {"a.rst", "Title\n=====\n", "Title"},
    {"README", "Read me\n", "Read me"},
    {"stem.txt", "***\n---\n", "stem"},
    {".hidden", "", ".hidden"},
    /* all else has the stem */
    {"d/code.css", "body { color: red }", "code"},
    {"data.json", "{\"title\": \"x\"}", "data"},
    {"image.png", "\x89PNG\r\n\x1a\n", "image"},
    {"two  spaces.png", "", "two spaces"},
    {" .png", "", NULL},
    /* languages */
    {"a.md", "# \xd0\x92\xd0\xbe\xd0\xb9\xd0\xbd\xd0\xb0 \xd0\xb8 \xd0\xbc\xd0\xb8\xd1\x80\n",
     "\xd0\x92\xd0\xbe\xd0\xb9\xd0\xbd\xd0\xb0 \xd0\xb8 \xd0\xbc\xd0\xb8\xd1\x80"},
    {"a.md", "\xe7\xb4\x85\xe6\xa8\x93\xe5\xa4\xa2\n===\n", "\xe7\xb4\x85\xe6\xa8\x93\xe5\xa4\xa2"},
    {"a.md", "#\xe3\x80\x80\n# \xe5\xb9\xb3\xe5\xae\xb6\xe3\x80\x80\xe7\x89\xa9\xe8\xaa\x9e\n",
     "\xe5\xb9\xb3\xe5\xae\xb6 \xe7\x89\xa9\xe8\xaa\x9e"},
    {"a.html", "<h1 dir=rtl>\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7</h1>",
     "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7"},
    {"a.html", "<h1>\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d&rlm;</h1>",
     "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d\xe2\x80\x8f"},
    {"a.txt", "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4\n", "\xed\x95\x9c\xea\xb5\xad\xec\x96\xb4"},
    {"a.txt", "\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa5\x87\n",
     "\xe0\xa4\xa8\xe0\xa4\xae\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa5\x87"},
    /* decomposed letters are composed: NFC */
    {"a.md", "# cafe\xcc\x81\n", "caf\xc3\xa9"},
    {"cafe\xcc\x81.png", "", "caf\xc3\xa9"},
    /* control characters are dropped, marks of direction are not */
    {"a.txt",
     "a\x1b[1mb\x7f\xc2\x9f"
     "c\n",
     "a[1mbc"},
    {"a.html", "<h1>a&#x1b;[31m&#x202e;b</h1>",
     "a[31m\xe2\x80\xae"
     "b"},
};

static void titles_of_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(titles); i++)
		check(titles[i].path, text(titles[i].head), NULL, titles[i].title);
}

/* A first line may have 120 characters, a heading 500, of whatever size. */
static void lengths(void **state)
{
	char head[640], title[512];

	(void)state;
	for (size_t count = 119; count <= 121; count++) {
		size_t size = 0;

		for (size_t i = 0; i < count; i++, size += 3)
			memcpy(head + size, "\xe2\x82\xac", 3);
		head[size] = '\0';
		check("stem.txt", text(head), "text/plain", count <= 120 ? head : "stem");
		check("stem.md", text(head), "text/markdown", count <= 120 ? head : "stem");
		check("stem.html", text(head), "text/html", count <= 120 ? head : "stem");
	}
	for (size_t count = 499; count <= 501; count++) {
		memset(title, 'x', count);
		title[count] = '\0';
		snprintf(head, sizeof head, "# %s\n\n# short\n", title);
		check("a.md", text(head), "text/markdown", count <= 500 ? title : "short");
		snprintf(head, sizeof head, "<h1>%s</h1><h2>short</h2>", title);
		check("a.html", text(head), "text/html", count <= 500 ? title : "short");
	}
}

/* What the importer knows already stays. */
static void kept(void **state)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct foreign_error why;
	char *found;

	(void)state;
	assert_int_equal(capsa_metadata_set(metadata, "title", "Mine", 4, NULL), CAPSA_OK);
	assert_int_equal(import_describe(metadata, "a.md", text("# Theirs\n"), &why, NULL),
	                 CAPSA_OK);
	found = member_of(metadata, "title");
	assert_string_equal(found, "Mine");
	free(found);
	found = member_of(metadata, "format");
	assert_string_equal(found, "text/markdown");
	free(found);
	capsa_metadata_free(metadata);

	metadata = capsa_metadata_new();
	assert_int_equal(
	    capsa_metadata_set(metadata, "format", "text/html; charset=utf-8", 24, NULL), CAPSA_OK);
	assert_int_equal(import_describe(metadata, "a.bin", text("<h1>Theirs</h1>"), &why, NULL),
	                 CAPSA_OK);
	found = member_of(metadata, "title");
	assert_string_equal(found, "Theirs");
	free(found);
	found = member_of(metadata, "format");
	assert_string_equal(found, "text/html; charset=utf-8");
	free(found);
	capsa_metadata_free(metadata);
}

/* The line that `before`, a line too, becomes. */
static void check_line(const char *path, const char *before, const char *body, const char *expected,
                       const char *why_bad)
{
	struct capsa_metadata *metadata = NULL;
	struct foreign_error why;
	struct capsa_text line;

	assert_int_equal(capsa_metadata_parse(&metadata, text(before), NULL), CAPSA_OK);
	assert_int_equal(import_describe(metadata, path, text(body), &why, NULL), CAPSA_OK);
	assert_int_equal(capsa_metadata_line(metadata, &line, NULL), CAPSA_OK);
	if (line.size != strlen(expected) || memcmp(line.data, expected, line.size) != 0)
		fail_msg("%.*s instead of %s", (int)line.size, line.data, expected);
	if ((why_bad == NULL) != (why.text[0] == '\0') ||
	    (why_bad != NULL && strstr(why.text, why_bad) == NULL))
		fail_msg("%s: %s", body, why.text);
	capsa_metadata_free(metadata);
}

static void front_matter(void **state)
{
	(void)state;
	check_line("a.md", "{}",
	           "---\ntitle: T\nslug: a/b\ntags: [x, y]\ndate: 2024-05-03\nn: 1.10\n---\n# H\n",
	           "{\"date\":\"2024-05-03\",\"extra\":{\"n\":\"1.10\",\"slug\":\"a/b\"},"
	           "\"format\":\"text/markdown\",\"subject\":[\"x\",\"y\"],\"title\":\"T\"}",
	           NULL);
	check_line("a.html", "{}", "---\nslug: s\n---\n<h1>H</h1>\n",
	           "{\"extra\":{\"slug\":\"s\"},\"format\":\"text/html\",\"title\":\"H\"}", NULL);
	/* What is set wins, and what `extra` has; the author's words are kept beside it. */
	check_line("a.md", "{\"extra\":{\"a\":\"1\"},\"title\":\"Mine\"}",
	           "---\na: 2\nb: 3\ntitle: Theirs\nformat: x\n---\n",
	           "{\"extra\":{\"a\":\"1\",\"b\":\"3\",\"format\":\"x\",\"title\":\"Theirs\"},"
	           "\"format\":\"text/markdown\",\"title\":\"Mine\"}",
	           NULL);
	/* An article's path, size and digest are not for its author to say. */
	check_line("a.md", "{}", "---\npath: ../x\nsize: 7\ndigest: none\nlocation: Rome\n---\n",
	           "{\"extra\":{\"digest\":\"none\",\"location\":\"Rome\",\"path\":\"../"
	           "x\",\"size\":\"7\"},"
	           "\"format\":\"text/markdown\",\"title\":\"a\"}",
	           NULL);
	check_line("a.md", "{}", "---\na: [\n---\n# H\n",
	           "{\"format\":\"text/markdown\",\"title\":\"H\"}", "invalid YAML");
	check_line("a.txt", "{}", "---\ntitle: T\n---\n",
	           "{\"format\":\"text/plain\",\"title\":\"title: T\"}", NULL);
}

/* By mark, header, page, or else what it seems to be; the article's path is page.bin. */
static void charsets(void **state)
{
	static const struct {
		const char *format, *head, *title;
	} cases[] = {
	    {"text/html; charset=windows-1252", "<meta charset=koi8-r><h1>caf\xe9</h1>",
	     "caf\xc3\xa9"},
	    {"text/html", "<meta charset=koi8-r><h1>\xcd\xc9\xd2</h1>", "\xd0\xbc\xd0\xb8\xd1\x80"},
	    {"text/html", "<meta charset=shift_jis><title>\x93\xfa\x96\x7b</title>",
	     "\xe6\x97\xa5\xe6\x9c\xac"},
	    {"application/xhtml+xml",
	     "<?xml version='1.0' encoding='GB18030'?><title>\xb9\xc5</title>", "\xe5\x8f\xa4"},
	    {"text/html; charset=koi8-r", "\xef\xbb\xbf<h1>caf\xc3\xa9</h1>", "caf\xc3\xa9"},
	    {"text/html", "<meta charset=utf-8><h1>caf\xe9 \xc0\xaf \xed\xa0\x80</h1>",
	     "caf\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"text/html", "<meta charset=iso-2022-jp><h1>\x1b$BF|K\\\x1b(B</h1>",
	     "\xe6\x97\xa5\xe6\x9c\xac"},
	    {"text/plain; charset=iso-8859-2", "\xb1\xbf\n", "\xc4\x85\xc5\xbc"},
	    {"text/plain; charset=utf-8", "caf\xe9\n", "caf\xef\xbf\xbd"},
	    {"text/plain",
	     "\xef\xbb\xbf"
	     "caf\xc3\xa9\n",
	     "caf\xc3\xa9"},
	    {"text/markdown",
	     "intro\n\n# Die G\xe4ste a\xdf"
	     "en s\xfc\xdf"
	     "e \xc4pfel aus M\xfcnchen\n",
	     "Die G\xc3\xa4ste a\xc3\x9f"
	     "en s\xc3\xbc\xc3\x9f"
	     "e \xc3\x84pfel aus M\xc3\xbcnchen"},
	    {"text/css; charset=koi8-r", "\xcd", "page"},
	};
	static const char wide[] = "\xff\xfe<\0h\0"
	                           "1\0>\0\xe9\0<\0/\0h\0"
	                           "1\0>\0";

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct capsa_metadata *metadata = capsa_metadata_new();
		struct foreign_error why;
		char *found;

		assert_int_equal(capsa_metadata_set(metadata, "format", cases[i].format,
		                                    strlen(cases[i].format), NULL),
		                 CAPSA_OK);
		assert_int_equal(
		    import_describe(metadata, "page.bin", text(cases[i].head), &why, NULL),
		    CAPSA_OK);
		found = member_of(metadata, "title");
		if (strcmp(found, cases[i].title) != 0)
			fail_msg("%s, %s: %s", cases[i].format, cases[i].head, found);
		free(found);
		capsa_metadata_free(metadata);
	}
	check("a.html", (struct capsa_text){wide, sizeof wide - 1}, "text/html", "\xc3\xa9");
	check("a.txt", (struct capsa_text){"\xfe\xff\0a\0\xe9", 6}, "text/plain", "a\xc3\xa9");
}

/* Any bytes give a title that can be stored, and none is read beyond the end. */
static void noise(void **state)
{
	static const char pieces[][12] = {
	    "<",    ">",     "&",        "#",     "\n",    "\r",   " ",    "-",
	    "=",    "```",   "~~~",      "<h1>",  "</h1",  "<!--", "-->",  "&#",
	    "x41;", "amp;",  "\"",       "'",     "=",     "\xc3", "\xa9", "\xf0\x9f",
	    "</",   "<pre>", "<script>", "---\n", "title", "text", "\t",   "1."};
	static const char *const paths[] = {"a.md", "a.html", "a.txt", "a"};
	uint32_t seed = 20240503;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		struct capsa_metadata *metadata = capsa_metadata_new();
		struct foreign_error why;
		char joined[256];
		char *head;
		size_t size = 0;

		for (unsigned i = 0; i < 20; i++) {
			seed = seed * 1664525 + 1013904223;
			size += strlen(strcpy(joined + size, pieces[(seed >> 16) % COUNT(pieces)]));
		}
		/* A block of its own, so that sanitizers see its end. */
		head = malloc(size);
		assert_non_null(head);
		memcpy(head, joined, size);
		assert_int_equal(import_describe(metadata, paths[round % 4],
		                                 (struct capsa_text){head, size}, &why, NULL),
		                 CAPSA_OK);
		free(head);
		capsa_metadata_free(metadata);
	}
}

/* NUL is left out before anything is parsed. */
static void references_with_nul(void **state)
{
	static const char page[] = "<h1>t&yuml\0\0\0;x&amp\0;y</h1>";

	(void)state;
	check("a.html", (struct capsa_text){page, sizeof page - 1}, "text/html", "t\xc3\xbfx&y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(media_types),
	    cmocka_unit_test(head_cut_within_character),
	    cmocka_unit_test(titles_of_texts),
	    cmocka_unit_test(lengths),
	    cmocka_unit_test(kept),
	    cmocka_unit_test(front_matter),
	    cmocka_unit_test(charsets),
	    cmocka_unit_test(references_with_nul),
	    cmocka_unit_test(noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
