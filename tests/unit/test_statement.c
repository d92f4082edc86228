/* The statement (spec 9). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "statement.h"
#include "digest.h"

#include <stdio.h>

#define D "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"
#define OFFSET 900000

/* A statement with every line, line by line, for a frame at OFFSET. */
static const char *const lines[] = {
    "capsa statement 1",
    "version: 1.0",
    "title: Court opinions",
    "description: All opinions of 2025, \xc3\xa0 jour",
    "created: 2026-01-02T03:04:05Z",
    "articles: 14596",
    "bytes: 65007001",
    "frames: 131",
    "tar: 80216064",
    "size: 900000",
    "sha256: " D "ff",
    "tree: spine spine 1 131 800000 1000 " D "01",
    "tree: path keys 2 14596 810000 1001 " D "02",
    "tree: url keys 0 0 820000 25 " D "03",
    "tree: title keys 7 9223372036854775807 830000 32768 " D "04",
    "tree: date keys 1 1 899000 1000 " D "05",
    "tree: full-text keys 1 1 25 1000 " D "06",
    "dictionary: 32768 3932160 " D "07",
    "unicode: 15.0.0",
    "series: 00112233445566778899aabbccddeeff",
    "sequence: 2",
    "previous: " D "08",
};

#define LINES (sizeof lines / sizeof lines[0])
#define LINE_VERSION 1
#define LINE_UNICODE 18

/* All lines, where line `at` (from 0) becomes `replacement`, or is left out where that is NULL. */
static void assemble(struct buffer *out, size_t at, const char *replacement)
{
	buffer_clear(out);
	for (size_t i = 0; i < LINES; i++) {
		const char *line = i == at ? replacement : lines[i];

		if (line != NULL)
			capsa_buffer_printf(out, "%s\n", line);
	}
	assert_false(out->failed);
}

static void expect_ok(const struct buffer *text, struct statement *out)
{
	struct capsa_error err = {0};

	if (capsa_statement_parse(buffer_span(text), OFFSET, out, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
}

static void expect_fail(struct span text, enum capsa_status status, const char *words)
{
	struct statement statement = {.tree_count = 77};
	struct capsa_error err = {0};
	enum capsa_status st = capsa_statement_parse(text, OFFSET, &statement, &err);

	if (st != status || strcmp(err.text, words) != 0)
		fail_msg("status %d, '%s', not '%s'", (int)st, err.text, words);
	assert_int_equal(err.offset, OFFSET);
	assert_int_equal(statement.tree_count, 77);
}

static void assert_text(struct capsa_text text, const char *expected)
{
	assert_int_equal(text.size, strlen(expected));
	assert_memory_equal(text.data, expected, text.size);
}

static void test_parse(void **state)
{
	struct statement statement;
	const struct capsa_statement *facts = &statement.facts;
	const struct page_ref *root = &statement.trees[3].root;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct buffer text = {0};

	(void)state;
	assemble(&text, LINES, NULL);
	expect_ok(&text, &statement);
	assert_ptr_equal(facts->text.data, text.data);
	assert_int_equal(facts->text.size, text.size);
	capsa_digest(digest, buffer_span(&text));
	assert_memory_equal(facts->identity, digest, sizeof digest);
	assert_int_equal(facts->minor, 0);
	assert_text(facts->title, "Court opinions");
	assert_text(facts->description, "All opinions of 2025, \xc3\xa0 jour");
	assert_int_equal(facts->created, 1767323045);
	assert_int_equal(facts->articles, 14596);
	assert_int_equal(facts->bytes, 65007001);
	assert_int_equal(facts->frames, 131);
	assert_int_equal(facts->tar_size, 80216064);
	assert_int_equal(facts->size, OFFSET);
	assert_int_equal(facts->sha256[0], 0);
	assert_int_equal(facts->sha256[30], 0x1e);
	assert_int_equal(facts->sha256[31], 0xff);
	assert_int_equal(statement.tree_count, 6);
	assert_string_equal(statement.trees[0].name, "spine");
	assert_int_equal(statement.trees[0].root.kind, CAPSA_PAGE_SPINE);
	assert_string_equal(statement.trees[5].name, "full-text");
	assert_string_equal(statement.trees[3].name, "title");
	assert_int_equal(root->kind, CAPSA_PAGE_KEYS);
	assert_int_equal(root->level, 7);
	assert_true(root->entries == INT64_MAX);
	assert_int_equal(root->offset, 830000);
	assert_int_equal(root->size, 32768);
	assert_int_equal(root->digest[31], 4);
	assert_int_equal(statement.dictionary_id, 32768);
	assert_int_equal(facts->dictionary_size, 3932160);
	assert_int_equal(statement.dictionary_digest[31], 7);
	assert_text(facts->unicode, "15.0.0");
	assert_int_equal(facts->requires.size, 0);
	assert_true(facts->has_series);
	assert_int_equal(facts->series[1], 0x11);
	assert_int_equal(facts->series[15], 0xff);
	assert_int_equal(facts->sequence, 2);
	assert_true(facts->has_previous);
	assert_int_equal(facts->previous[31], 8);
	capsa_buffer_release(&text);
}

static void test_encode(void **state)
{
	struct statement statement;
	struct buffer text = {0}, out = {0};

	(void)state;
	assemble(&text, LINES, NULL);
	expect_ok(&text, &statement);
	capsa_statement_encode(&statement, &out);
	assert_false(out.failed);
	assert_true(span_equal(buffer_span(&out), buffer_span(&text)));
	capsa_buffer_release(&text);
	capsa_buffer_release(&out);
}

/* The lines that may be missing, and what is said of the others. */
static void test_missing_lines(void **state)
{
	static const struct {
		size_t line;
		const char *text;
	} cases[] = {
	    {0, "the statement's line 1: it is not 'capsa statement 1'"},
	    {1, "the statement's line 2: 'version' is missing before it"},
	    {2, NULL},
	    {3, NULL},
	    {4, "the statement's line 5: 'created' is missing before it"},
	    {5, "the statement's line 6: 'articles' is missing before it"},
	    {6, "the statement's line 7: 'bytes' is missing before it"},
	    {7, "the statement's line 8: 'frames' is missing before it"},
	    {8, "the statement's line 9: 'tar' is missing before it"},
	    {9, "the statement's line 10: 'size' is missing before it"},
	    {10, "the statement's line 11: 'sha256' is missing before it"},
	    {11, "the statement's line 12: the first five trees are not spine, path, url, title "
	         "and date"},
	    {13, "the statement's line 14: the first five trees are not spine, path, url, title "
	         "and date"},
	    {15, "the statement's line 16: the first five trees are not spine, path, url, title "
	         "and date"},
	    {16, NULL},
	    {17, NULL},
	    {18, NULL},
	    {19, "the statement's line 20: there is a sequence without a series"},
	    {20, "the statement's line 21: the first of a series has no previous snapshot"},
	    {21, NULL},
	};
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assemble(&text, cases[i].line, NULL);
		if (cases[i].text == NULL)
			expect_ok(&text, &statement);
		else
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT, cases[i].text);
	}
	capsa_buffer_release(&text);
}

/* Only so many lines, from the first on. */
static void test_ends_early(void **state)
{
	static const char *const texts[LINES] = {
	    "the statement has 0 bytes, not 1 to 16384",
	    "the statement's line 2: 'version' is missing before it",
	    "the statement's line 3: 'created' is missing before it",
	    "the statement's line 4: 'created' is missing before it",
	    "the statement's line 5: 'created' is missing before it",
	    "the statement's line 6: 'articles' is missing before it",
	    "the statement's line 7: 'bytes' is missing before it",
	    "the statement's line 8: 'frames' is missing before it",
	    "the statement's line 9: 'tar' is missing before it",
	    "the statement's line 10: 'size' is missing before it",
	    "the statement's line 11: 'sha256' is missing before it",
	    "the statement names fewer than five trees",
	    "the statement names fewer than five trees",
	    "the statement names fewer than five trees",
	    "the statement names fewer than five trees",
	    "the statement names fewer than five trees",
	    NULL, NULL, NULL, NULL,
	    "the statement has a series without a sequence",
	    NULL,
	};
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (size_t count = 0; count < LINES; count++) {
		if (texts[count] == NULL)
			expect_ok(&text, &statement);
		else
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT, texts[count]);
		capsa_buffer_printf(&text, "%s\n", lines[count]);
	}
	capsa_buffer_release(&text);
}

/* No two lines may change places, and none may stand twice. */
static void test_order(void **state)
{
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (size_t at = 0; at < LINES; at++) {
		buffer_clear(&text);
		for (size_t i = 0; i < LINES; i++) {
			size_t from = i == at ? i + 1 : i == at + 1 ? i - 1 : i;

			capsa_buffer_printf(&text, "%s\n", lines[at + 1 == LINES ? i : from]);
		}
		if (at + 1 == LINES)
			expect_ok(&text, &statement);
		else
			assert_int_equal(capsa_statement_parse(buffer_span(&text), OFFSET,
			                                       &statement, NULL),
			                 CAPSA_ECORRUPT);
		buffer_clear(&text);
		for (size_t i = 0; i < LINES; i++)
			for (unsigned times = i == at ? 2 : 1; times > 0; times--)
				capsa_buffer_printf(&text, "%s\n", lines[i]);
		assert_int_equal(capsa_statement_parse(buffer_span(&text), OFFSET, &statement,
		                                       NULL),
		                 CAPSA_ECORRUPT);
	}
	assemble(&text, 7, "bytes: 65007001");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 8: its key stands "
	                                                "twice or after a key that it precedes");
	assemble(&text, 17, "title: twice");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 18: its key stands "
	                                                "twice or after a key that it precedes");
	capsa_buffer_release(&text);
}

#define FORM "it is not of the form 'key: value'"
#define NUMBER "the value is not a decimal number from 0 to 2^63 - 1"
#define TIME "the time is not of the form YYYY-MM-DDThh:mm:ssZ"
#define DIGEST "the value is not 64 lower-case hexadecimal digits"
#define TEXT "the text is not valid or holds characters that are not allowed"
#define TREE "the tree is not NAME KIND LEVEL ENTRIES OFFSET SIZE DIGEST"
#define FIVE "the first five trees are not spine, path, url, title and date"
#define KIND "the tree is not of the kind that its place demands"
#define ROOT_SIZE "the size of the tree's root is not one of a page"
#define ROOT_PLACE "the tree's root lies outside the index"
#define DICTIONARY "the dictionary is not ID SIZE DIGEST"
#define DICTIONARY_ID "the dictionary's ID is not from 32768 to 2^31 - 1"
#define DICTIONARY_BYTES "the dictionary's size is not from 1 to 3932160"
#define UNICODE "the version of Unicode is not three numbers with points between"
#define FIRST "it is not 'capsa statement 1'"
#define VERSION "the version is not two numbers with a point between them"

/* One line replaced: `line` counts from 1, as the message does; without words it is accepted. */
static const struct {
	unsigned line;
	const char *replacement;
	const char *words;
} replaced[] = {
    {1, "capsa statement 01", FIRST},
    {1, "capsa statement 1 ", FIRST},
    {1, "capsa statement  1", FIRST},
    {1, "capsa statement", FIRST},
    {1, "capsa statement ", FIRST},
    {1, "capsa statement one", FIRST},
    {1, "Capsa statement 1", FIRST},
    {1, "", FIRST},
    {2, "version: 1", VERSION},
    {2, "version: 1.", VERSION},
    {2, "version: .0", VERSION},
    {2, "version: 1.00", VERSION},
    {2, "version: 01.0", VERSION},
    {2, "version: 1.0.0", VERSION},
    {2, "version: 1,0", VERSION},
    {2, "version:1.0", FORM},
    {2, "version : 1.0", FORM},
    {2, "version", FORM},
    {2, "version:", FORM},
    {2, "Version: 1.0", FORM},
    {2, "", FORM},
    {2, ": 1.0", FORM},
    {3, "title: ", "the text does not have 1 to 4000 bytes"},
    {3, "title:  x", TEXT},
    {3, "title: x ", TEXT},
    {3, "title: a\tb", TEXT},
    {3, "title: a\rb", TEXT},
    {3, "title: \x7f", TEXT},
    {3, "title: \xc2\x85", TEXT},           /* U+0085 */
    {3, "title: \xe2\x80\xae", TEXT},       /* U+202E */
    {3, "title: \xe2\x81\xa6", TEXT},       /* U+2066 */
    {3, "title: \xff", TEXT},
    {3, "title: \xed\xa0\x80", TEXT},       /* U+D800 */
    {3, "title: :", NULL},
    {4, "description: ", "the text does not have 1 to 4000 bytes"},
    {4, "description: a\x1b[0m", TEXT},
    {5, "created: 2026-01-02", TIME},
    {5, "created: 2026-01-02T03:04:05+00:00", TIME},
    {5, "created: 2026-02-30T03:04:05Z", TIME},
    {5, "created: 0000-01-01T00:00:00Z", NULL},
    {5, "created: 9999-12-31T23:59:59Z", NULL},
    {6, "articles: 14597", NULL},           /* the tree of paths then disagrees, see below */
    {7, "bytes: ", NUMBER},
    {7, "bytes: 00", NUMBER},
    {7, "bytes: 0", NULL},
    {7, "bytes: 01", NUMBER},
    {7, "bytes: +1", NUMBER},
    {7, "bytes: -1", NUMBER},
    {7, "bytes:  1", NUMBER},
    {7, "bytes: 1 ", NUMBER},
    {7, "bytes: 0x10", NUMBER},
    {7, "bytes: 1e3", NUMBER},
    {7, "bytes: 9223372036854775807", NULL},
    {7, "bytes: 9223372036854775808", NUMBER},
    {7, "bytes: 18446744073709551617", NUMBER},
    {7, "bytes: 92233720368547758070", NUMBER},
    {10, "size: 899999", "the size is not the offset at which the statement lies"},
    {10, "size: 900001", "the size is not the offset at which the statement lies"},
    {10, "size: x", NUMBER},
    {11, "sha256: " D "f", DIGEST},
    {11, "sha256: " D "fff", DIGEST},
    {11, "sha256: " D "FF", DIGEST},
    {11, "sha256: " D "fg", DIGEST},
    {11, "sha256: ", DIGEST},
    {12, "tree: spine spine 1 131 800000 1000 " D "0", TREE},
    {12, "tree: spine spine 1 131 800000 1000 " D "011", TREE},
    {12, "tree: spine spine 1 131 800000 1000 " D "0G", TREE},
    {12, "tree: spine spine 1 131 800000 1000 " D "01 ", TREE},
    {12, "tree: spine spine 1 131 800000 1000", TREE},
    {12, "tree: spine  spine 1 131 800000 1000 " D "01", TREE},
    {12, "tree: spine spine 01 131 800000 1000 " D "01", TREE},
    {12, "tree: spine spine 1 131 800000 1000  " D "01", TREE},
    {12, "tree: Spine spine 1 131 800000 1000 " D "01", TREE},
    {12, "tree: spine spine -1 131 800000 1000 " D "01", TREE},
    {12, "tree: spine spine 1 131 800000 9223372036854775808 " D "01", TREE},
    {12, "tree: spine keys 1 131 800000 1000 " D "01", KIND},
    {12, "tree: spines spine 1 131 800000 1000 " D "01", FIVE},
    {12, "tree: spin spine 1 131 800000 1000 " D "01", FIVE},
    {12, "tree: path keys 1 131 800000 1000 " D "01", FIVE},
    {12, "tree: spine spine 7 131 800000 1000 " D "01", NULL},
    {12, "tree: spine spine 8 131 800000 1000 " D "01", "the tree has more than 8 levels"},
    {12, "tree: spine spine 256 131 800000 1000 " D "01", "the tree has more than 8 levels"},
    {12, "tree: spine spine 1 130 800000 1000 " D "01",
     "the spine has not as many entries as there are frames"},
    {12, "tree: spine spine 1 131 800000 24 " D "01", ROOT_SIZE},
    {12, "tree: spine spine 1 131 800000 25 " D "01", NULL},
    {12, "tree: spine spine 1 131 800000 32768 " D "01", NULL},
    {12, "tree: spine spine 1 131 800000 32769 " D "01", ROOT_SIZE},
    {12, "tree: spine spine 1 131 800000 4294967321 " D "01", ROOT_SIZE},
    {12, "tree: spine spine 1 131 24 1000 " D "01", ROOT_PLACE},
    {12, "tree: spine spine 1 131 25 1000 " D "01", NULL},
    {12, "tree: spine spine 1 131 899000 1000 " D "01", NULL},
    {12, "tree: spine spine 1 131 899001 1000 " D "01", ROOT_PLACE},
    {12, "tree: spine spine 1 131 900000 25 " D "01", ROOT_PLACE},
    {12, "tree: spine spine 1 131 9223372036854775807 1000 " D "01", ROOT_PLACE},
    {13, "tree: path spine 2 14596 810000 1001 " D "02", KIND},
    {13, "tree: path keys 2 14597 810000 1001 " D "02",
     "the tree of paths has not as many entries as there are articles"},
    {13, "tree: url keys 2 14596 810000 1001 " D "02", FIVE},
    {14, "tree: title keys 0 0 820000 25 " D "03", FIVE},
    {15, "tree: titles keys 0 0 820000 25 " D "03", FIVE},
    {16, "tree: data keys 0 0 820000 25 " D "03", FIVE},
    {17, "tree: full-text spine 1 1 25 1000 " D "06", KIND},
    {17, "tree: full-text page 1 1 25 1000 " D "06", KIND},
    {17, "tree: date keys 1 1 25 1000 " D "06", "the tree's name stands twice"},
    {17, "tree: spine keys 1 1 25 1000 " D "06", "the tree's name stands twice"},
    {17, "tree: fulltext2 keys 1 1 25 1000 " D "06", TREE},
    {17, "tree: abcdefghijklmnopqrstuvwxyz-abcde keys 1 1 25 1000 " D "06", NULL},
    {17, "tree: abcdefghijklmnopqrstuvwxyz-abcdef keys 1 1 25 1000 " D "06",
     "the tree's name has more than 32 bytes"},
    {18, "dictionary: 32767 100 " D "07", DICTIONARY_ID},
    {18, "dictionary: 2147483647 100 " D "07", NULL},
    {18, "dictionary: 2147483648 100 " D "07", DICTIONARY_ID},
    {18, "dictionary: 4295000064 100 " D "07", DICTIONARY_ID},
    {18, "dictionary: 32768 0 " D "07", DICTIONARY_BYTES},
    {18, "dictionary: 32768 1 " D "07", NULL},
    {18, "dictionary: 32768 3932161 " D "07", DICTIONARY_BYTES},
    {18, "dictionary: 32768 100", DICTIONARY},
    {18, "dictionary: 32768 100 " D, DICTIONARY},
    {18, "dictionary: 032768 100 " D "07", DICTIONARY},
    {18, "dictionary: 32768  100 " D "07", DICTIONARY},
    {18, "dictionary: 32768 100 " D "07 ", DICTIONARY},
    {19, "unicode: 15.0", UNICODE},
    {19, "unicode: 15.0.0.0", UNICODE},
    {19, "unicode: 15.0.", UNICODE},
    {19, "unicode: 15.00.0", UNICODE},
    {19, "unicode: 15 0 0", UNICODE},
    {19, "unicode: ", UNICODE},
    {19, "requires: one two", NULL},
    {19, "requires: one  two", "the features are not separated by one space"},
    {19, "requires:  one", TEXT},
    {19, "requires: one ", TEXT},
    {19, "requires: ", "the text does not have 1 to 4000 bytes"},
    {20, "series: 00112233445566778899aabbccddeef",
     "the series is not 32 lower-case hexadecimal digits"},
    {20, "series: 00112233445566778899AABBCCDDEEFF",
     "the series is not 32 lower-case hexadecimal digits"},
    {21, "sequence: 0", "the sequence counts from 1"},
    {21, "sequence: 02", NUMBER},
    {21, "sequence: 9223372036854775807", NULL},
    {22, "previous: " D, DIGEST},
    {22, "unknown: x", "its key is none of this version's"},
    {22, "feature-x: ", "its key is none of this version's"},
};

static void test_replaced_lines(void **state)
{
	struct statement statement;
	struct buffer text = {0};
	char words[200];

	(void)state;
	for (size_t i = 0; i < sizeof replaced / sizeof replaced[0]; i++) {
		assemble(&text, replaced[i].line - 1, replaced[i].replacement);
		snprintf(words, sizeof words, "the statement's line %u: %s", replaced[i].line,
		         replaced[i].words);
		if (replaced[i].line == 6)
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT,
			            "the statement's line 13: the tree of paths has not as many "
			            "entries as there are articles");
		else if (replaced[i].words == NULL)
			expect_ok(&text, &statement);
		else
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT, words);
	}
	capsa_buffer_release(&text);
}

static void test_versions(void **state)
{
	static const struct {
		size_t line;
		const char *replacement;
		const char *words;
	} cases[] = {
	    {0, "capsa statement 0", "statements of version 0 are not supported"},
	    {0, "capsa statement 2", "statements of version 2 are not supported"},
	    {0, "capsa statement 9223372036854775807",
	     "statements of version 9223372036854775807 are not supported"},
	    {1, "version: 0.9",
	     "the statement's line 2: version 0.9 of the format is not supported"},
	    {1, "version: 2.0",
	     "the statement's line 2: version 2.0 of the format is not supported"},
	    {1, "version: 1.4294967296",
	     "the statement's line 2: version 1.4294967296 of the format is not supported"},
	};
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assemble(&text, cases[i].line, cases[i].replacement);
		expect_fail(buffer_span(&text), CAPSA_EUNSUPPORTED, cases[i].words);
	}
	assemble(&text, LINE_VERSION, "version: 1.4294967295");
	expect_ok(&text, &statement);
	assert_true(statement.facts.minor == UINT32_MAX);
	capsa_buffer_release(&text);
}

/* A statement of 1.1 may hold lines that 1.0 does not know, wherever they stand. */
static void test_newer_minor(void **state)
{
	struct statement plain, statement;
	struct buffer text = {0};

	(void)state;
	assemble(&text, LINE_VERSION, "version: 1.1");
	expect_ok(&text, &plain);
	for (size_t at = 1; at <= LINES; at++) {
		buffer_clear(&text);
		for (size_t i = 0; i <= LINES; i++) {
			if (i == at)
				capsa_buffer_printf(&text, "colour-of-ink: \tred \n");
			if (i < LINES)
				capsa_buffer_printf(&text, "%s\n",
				                    i == LINE_VERSION ? "version: 1.1" : lines[i]);
		}
		expect_ok(&text, &statement);
		assert_int_equal(statement.facts.minor, 1);
		assert_int_equal(statement.tree_count, 6);
		assert_int_equal(statement.facts.sequence, 2);
		assert_memory_equal(statement.trees, plain.trees, sizeof plain.trees);
	}
	assemble(&text, LINE_VERSION, "version: 1.1\nx: 1\nx: 2");
	expect_ok(&text, &statement);

	/* All else stays as strict, and version 1.0 may hold none. */
	assemble(&text, LINE_VERSION, "version: 1.1\nX: 1");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 3: " FORM);
	assemble(&text, LINE_VERSION, "version: 1.1\nx1: 1");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 3: " FORM);
	assemble(&text, LINE_VERSION, "version: 1.1\n");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 3: " FORM);
	assemble(&text, LINE_VERSION, "version: 1.1\nversion: 1.1");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 3: its key stands "
	                                                "twice or after a key that it precedes");
	assemble(&text, LINE_VERSION, "x: 1\nversion: 1.0\ny: 2");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT,
	            "the statement's line 2: its key is none of this version's");
	capsa_buffer_release(&text);
}

static void test_requires(void **state)
{
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	assemble(&text, LINE_UNICODE, "unicode: 15.1.0\nrequires: encryption erasure-code");
	expect_ok(&text, &statement);
	assert_text(statement.facts.unicode, "15.1.0");
	assert_text(statement.facts.requires, "encryption erasure-code");
	capsa_buffer_release(&text);
}

static void test_series(void **state)
{
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	assemble(&text, 20, "sequence: 1");
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 22: the first of a "
	                                                "series has no previous snapshot");
	text.size -= strlen(lines[21]) + 1;
	expect_ok(&text, &statement);
	assert_true(statement.facts.has_series);
	assert_int_equal(statement.facts.sequence, 1);
	assert_false(statement.facts.has_previous);

	/* Without the three lines, and with the last alone. */
	buffer_clear(&text);
	for (size_t i = 0; i < 19; i++)
		capsa_buffer_printf(&text, "%s\n", lines[i]);
	expect_ok(&text, &statement);
	assert_false(statement.facts.has_series);
	assert_int_equal(statement.facts.sequence, 0);
	capsa_buffer_printf(&text, "%s\n", lines[21]);
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 20: the first of a "
	                                                "series has no previous snapshot");
	capsa_buffer_release(&text);
}

/* 16 trees, and one more. */
static void test_tree_count(void **state)
{
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (size_t trees = 16; trees <= 17; trees++) {
		buffer_clear(&text);
		for (size_t i = 0; i < 16; i++)
			capsa_buffer_printf(&text, "%s\n", lines[i]);
		for (size_t i = 5; i < trees; i++)
			capsa_buffer_printf(&text, "tree: %c keys 1 1 25 1000 " D "06\n",
			                    (char)('a' + i));
		if (trees == 16)
			expect_ok(&text, &statement);
		else
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT,
			            "the statement's line 28: there are more than 16 trees");
	}
	assert_int_equal(statement.tree_count, 16);
	capsa_buffer_release(&text);
}

static void test_text_sizes(void **state)
{
	static char line[16 << 10];
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (int size = 3999; size <= 4001; size++) {
		snprintf(line, sizeof line, "title: %0*d", size, 1);
		assemble(&text, 2, line);
		if (size <= 4000)
			expect_ok(&text, &statement);
		else
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT,
			            "the statement's line 3: the text does not have 1 to 4000 "
			            "bytes");
	}
	capsa_buffer_release(&text);
}

/* 16 KiB of text and one byte more, by lines of a newer version; and how a text ends. */
static void test_size(void **state)
{
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (unsigned more = 0; more <= 1; more++) {
		assemble(&text, LINE_VERSION, "version: 1.1");
		capsa_buffer_printf(&text, "x: ");
		while (text.size < CAPSA_STATEMENT_MAX + more - 1)
			capsa_buffer_byte(&text, 'x');
		capsa_buffer_byte(&text, '\n');
		if (more == 0)
			expect_ok(&text, &statement);
		else
			expect_fail(buffer_span(&text), CAPSA_ECORRUPT,
			            "the statement has 16385 bytes, not 1 to 16384");
	}
	assemble(&text, LINES, NULL);
	expect_fail(span_of(text.data, text.size - 1), CAPSA_ECORRUPT,
	            "the statement's last line does not end");
	capsa_buffer_byte(&text, '\n');
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's line 23: " FORM);
	text.data[text.size - 1] = 0;
	expect_fail(buffer_span(&text), CAPSA_ECORRUPT, "the statement's last line does not end");
	expect_fail(span_of("\n", 1), CAPSA_ECORRUPT, "the statement's line 1: " FIRST);
	capsa_buffer_release(&text);
}

/* CRLF, and a NUL anywhere, are damage. */
static void test_strange_bytes(void **state)
{
	struct statement statement;
	struct buffer text = {0};

	(void)state;
	for (size_t i = 0; i < LINES; i++)
		capsa_buffer_printf(&text, "%s\r\n", lines[i]);
	assert_int_equal(capsa_statement_parse(buffer_span(&text), OFFSET, &statement, NULL),
	                 CAPSA_ECORRUPT);
	assemble(&text, LINES, NULL);
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i];

		text.data[i] = 0;
		if (capsa_statement_parse(buffer_span(&text), OFFSET, &statement, NULL) !=
		    CAPSA_ECORRUPT)
			fail_msg("a NUL at %zu passes", i);
		text.data[i] = byte;
	}
	expect_ok(&text, &statement);
	capsa_buffer_release(&text);
}

/*
 * ---- Round trips of random statements ----
 */

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return random_next(state) % bound;
}

/* Numbers of every magnitude. */
static uint64_t random_number(uint64_t *state)
{
	return random_next(state) >> (1 + random_below(state, 63));
}

static void random_bytes(uint64_t *state, uint8_t *out, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)random_next(state);
}

static struct capsa_text random_text(uint64_t *state, char *room, size_t most)
{
	static const char *const characters[] = {"a", "Z", "9", ":", "\xc3\xa9", "\xe2\x82\xac",
	                                         "\xf0\x9f\x93\x9c", "\""};
	size_t size = 0;

	while (size + 4 <= most) {
		const char *character = characters[random_below(state, 8)];

		memcpy(room + size, character, strlen(character));
		size += strlen(character);
	}
	return (struct capsa_text){room, size};
}

static void random_tree(uint64_t *state, struct statement *out)
{
	static const char *const names[] = {"spine", "path", "url", "title", "date"};
	size_t i = out->tree_count++;
	struct statement_tree *tree = &out->trees[i];

	if (i < 5)
		snprintf(tree->name, sizeof tree->name, "%s", names[i]);
	else
		snprintf(tree->name, sizeof tree->name, "x-%c", (char)('a' + i));
	tree->root.kind = i == 0 ? CAPSA_PAGE_SPINE : CAPSA_PAGE_KEYS;
	tree->root.level = (uint8_t)random_below(state, CAPSA_LEVELS_MAX);
	tree->root.entries = i == 0 ? out->facts.frames
	                     : i == 1 ? out->facts.articles : random_number(state);
	tree->root.size = (uint32_t)(25 + random_below(state, CAPSA_PAGE_STORED_MAX - 24));
	tree->root.offset = 25 + random_below(state, out->facts.size - tree->root.size - 24);
	random_bytes(state, tree->root.digest, sizeof tree->root.digest);
}

static void random_statement(uint64_t *state, struct statement *out, char room[2][4000])
{
	struct capsa_statement *facts = &out->facts;
	uint64_t bits = random_next(state);
	size_t trees = 5 + random_below(state, 12);

	if (bits & 1)
		facts->title = random_text(state, room[0], 4 + random_below(state, 1000));
	if (bits & 2)
		facts->description = random_text(state, room[1], 4 + random_below(state, 3997));
	facts->created = (int64_t)random_below(state, 315569520000) - 62167219200;
	facts->articles = random_number(state);
	facts->bytes = random_number(state);
	facts->frames = random_number(state);
	facts->tar_size = random_number(state);
	facts->size = 65536 + (random_number(state) >> 1);
	random_bytes(state, facts->sha256, sizeof facts->sha256);
	while (out->tree_count < trees)
		random_tree(state, out);
	if (bits & 4) {
		out->dictionary_id = (uint32_t)(32768 + random_below(state, 2147483648 - 32768));
		facts->dictionary_size = 1 + random_below(state, CAPSA_DICTIONARY_MAX);
		random_bytes(state, out->dictionary_digest, CAPSA_DIGEST_SIZE);
	}
	if (bits & 8)
		facts->unicode = (struct capsa_text){"15.1.0", 6};
	if (bits & 16) {
		facts->has_series = true;
		random_bytes(state, facts->series, sizeof facts->series);
		facts->sequence = 1 + (random_number(state) >> 1);
		facts->has_previous = facts->sequence > 1 && (bits & 32) != 0;
		if (facts->has_previous)
			random_bytes(state, facts->previous, sizeof facts->previous);
	}
}

static void assert_same_text(struct capsa_text a, struct capsa_text b)
{
	assert_true(span_equal(span_text(a), span_text(b)));
}

/* What is encoded is accepted, and gives what was encoded. */
static void test_round_trip(void **state)
{
	static char room[2][4000];
	uint64_t seed = 9001;
	struct buffer text = {0}, again = {0};

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct statement in = {0}, out;
		struct capsa_error err = {0};

		random_statement(&seed, &in, room);
		buffer_clear(&text);
		capsa_statement_encode(&in, &text);
		if (capsa_statement_parse(buffer_span(&text), in.facts.size, &out, &err) !=
		    CAPSA_OK)
			fail_msg("%s", err.text);
		buffer_clear(&again);
		capsa_statement_encode(&out, &again);
		assert_true(span_equal(buffer_span(&text), buffer_span(&again)));
		assert_same_text(in.facts.title, out.facts.title);
		assert_same_text(in.facts.description, out.facts.description);
		assert_same_text(in.facts.unicode, out.facts.unicode);
		assert_int_equal(in.facts.created, out.facts.created);
		assert_int_equal(in.tree_count, out.tree_count);
		assert_memory_equal(in.trees, out.trees, sizeof in.trees);
		assert_int_equal(in.dictionary_id, out.dictionary_id);
		assert_int_equal(in.facts.dictionary_size, out.facts.dictionary_size);
		assert_memory_equal(in.facts.series, out.facts.series, 16);
		assert_int_equal(in.facts.sequence, out.facts.sequence);
		assert_int_equal(in.facts.has_previous, out.facts.has_previous);
		assert_memory_equal(in.facts.previous, out.facts.previous, 32);
	}
	capsa_buffer_release(&text);
	capsa_buffer_release(&again);
}

/* A change of any one byte gives an error or a text that encodes to itself. */
static void test_changed_bytes(void **state)
{
	static const uint8_t values[] = {'0', '1', ' ', '\n', ':', 'a', '-', 0x80};
	struct buffer text = {0}, again = {0};
	struct statement statement;
	size_t accepted = 0;

	(void)state;
	assemble(&text, LINES, NULL);
	for (size_t i = 0; i < text.size; i++)
		for (size_t v = 0; v < sizeof values; v++) {
			uint8_t byte = text.data[i];

			text.data[i] = values[v];
			if (capsa_statement_parse(buffer_span(&text), OFFSET, &statement, NULL) ==
			        CAPSA_OK &&
			    statement.facts.minor == 0) {
				buffer_clear(&again);
				capsa_statement_encode(&statement, &again);
				assert_true(span_equal(buffer_span(&text), buffer_span(&again)));
				accepted++;
			}
			text.data[i] = byte;
		}
	assert_true(accepted > 0);
	capsa_buffer_release(&text);
	capsa_buffer_release(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_encode),
	    cmocka_unit_test(test_missing_lines),
	    cmocka_unit_test(test_ends_early),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_replaced_lines),
	    cmocka_unit_test(test_versions),
	    cmocka_unit_test(test_newer_minor),
	    cmocka_unit_test(test_requires),
	    cmocka_unit_test(test_series),
	    cmocka_unit_test(test_tree_count),
	    cmocka_unit_test(test_text_sizes),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_strange_bytes),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_changed_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
