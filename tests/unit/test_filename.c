/* Article paths as file names: which names they get. */
#define _GNU_SOURCE

#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct cli_names *new_names(const char *suffix)
{
	struct cli_names *names = cli_names_new(suffix);

	assert_non_null(names);
	return names;
}

static const char *name_of(struct cli_names *names, const char *path)
{
	const char *name = NULL;

	assert_int_equal(cli_names_give(names, path, &name), CLI_DONE);
	return name;
}

struct naming {
	const char *path;
	const char *name;
};

static void assert_names(const struct naming *cases, size_t count, const char *suffix)
{
	struct cli_names *names = new_names(suffix);

	for (size_t i = 0; i < count; i++)
		assert_string_equal(name_of(names, cases[i].path), cases[i].name);
	cli_names_free(names);
}

static void test_names_stay(void **state)
{
	static const struct naming cases[] = {
	    {"a", "a"},
	    {"b/a", "b/a"},
	    {"b/c/a", "b/c/a"},
	    {"b/d", "b/d"},
	    {".hidden", ".hidden"},
	    {"CON", "CON"},
	    {"a b\\c:d*?", "a b\\c:d*?"},
	    {".capsa-abcdef.tmp", ".capsa-abcdef.tmp"},
	    {"a~2", "a~2"},
	    {"B/e", "B/e"},
	};

	(void)state;
	assert_names(cases, COUNT(cases), "");
}

static void test_equal_names(void **state)
{
	static const struct naming cases[] = {
	    {"Name.txt", "Name.txt"},
	    {"name.txt", "name~2.txt"},
	    {"NAME.TXT", "NAME~3.TXT"},
	    {"d/name.txt", "d/name.txt"},
	    {"D/NAME.TXT", "D/NAME~2.TXT"},
	    {"name~2.txt", "name~2~2.txt"},
	    {"\303\204", "\303\204"},
	    {"A\314\210", "A\314\210~2"},
	    {"\303\244", "\303\244~3"},
	    {"Stra\303\237e", "Stra\303\237e"},
	    {"STRASSE", "STRASSE~2"},
	    {".profile", ".profile"},
	    {".Profile", ".Profile~2"},
	    {"a.tar.gz", "a.tar.gz"},
	    {"A.tar.gz", "A.tar~2.gz"},
	    {"ends.", "ends."},
	    {"Ends.", "Ends~2."},
	    {"x.no extension at all", "x.no extension at all"},
	    {"X.no extension at all", "X.no extension at all~2"},
	};

	(void)state;
	assert_names(cases, COUNT(cases), "");
}

/* On a file system that merges them, neither may take the other's place. */
static void test_file_and_directory(void **state)
{
	static const struct naming cases[] = {
	    {"News", "News"},
	    {"news/a", "news~2/a"},
	    {"news/b", "news~2/b"},
	    {"x/y/z", "x/y/z"},
	    {"X/Y", "X/Y~2"},
	    {"x/y/w", "x/y/w"},
	    {"X", "X~2"},
	    {"News~2", "News~2~2"},
	    {"NEWS/A", "NEWS~2/A~2"},
	};

	(void)state;
	assert_names(cases, COUNT(cases), "");
}

static void test_sidecar_names(void **state)
{
	static const struct naming cases[] = {
	    {"a.txt", "a.txt"},
	    {"a.txt.capsa.json", "a.txt.capsa~2.json"},
	    {"b.txt.capsa.json", "b.txt.capsa.json"},
	    {"b.txt", "b~2.txt"},
	    {"c.capsa.json/d", "c.capsa.json/d"},
	    {"c", "c~2"},
	    {"e", "e"},
	    {"E.capsa.json/f", "E.capsa~2.json/f"},
	};

	(void)state;
	assert_names(cases, COUNT(cases), ".capsa.json");
}

static void test_long_names(void **state)
{
	struct cli_names *names = new_names("");
	char path[256];
	const char *name;

	(void)state;
	memset(path, 'a', 255);
	path[255] = '\0';
	assert_string_equal(name_of(names, path), path);
	path[0] = 'A';
	name = name_of(names, path);
	assert_int_equal(strlen(name), 255);
	assert_string_equal(name + 252, "a~2");
	/* the cut falls between characters: 126 of two bytes are left, or 125 */
	for (size_t i = 0; i < 254; i += 2)
		memcpy(path + i, "\303\244", 2);
	path[254] = '\0';
	assert_string_equal(name_of(names, path), path);
	memcpy(path, "\303\204", 2);
	name = name_of(names, path);
	assert_int_equal(strlen(name), 254);
	assert_string_equal(name + 250, "\303\244~2");
	/* room for a sidecar's name: 244 bytes fit, 245 do not */
	cli_names_free(names);
	names = new_names(".capsa.json");
	memset(path, 'b', 244);
	path[244] = '\0';
	assert_string_equal(name_of(names, path), path);
	memset(path, 'c', 245);
	path[241] = '.';
	path[245] = '\0';
	name = name_of(names, path);
	assert_int_equal(strlen(name), 244);
	assert_string_equal(name + 237, "c~2.ccc");
	cli_names_free(names);
}

static int by_folded(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Letters and their capitals in all ways: no two names are equal after folding. */
static void test_many_equal_names(void **state)
{
	struct cli_names *names = new_names("");
	static char *given[1u << 11];
	char path[12];

	(void)state;
	for (unsigned bits = 0; bits < COUNT(given); bits++) {
		for (unsigned i = 0; i < 11; i++)
			path[i] = (bits >> i & 1) != 0 ? 'X' : 'x';
		path[11] = '\0';
		given[bits] = strdup(name_of(names, path));
		assert_non_null(given[bits]);
	}
	cli_names_free(names);
	qsort(given, COUNT(given), sizeof given[0], by_folded);
	for (unsigned i = 1; i < COUNT(given); i++)
		assert_int_not_equal(strcasecmp(given[i - 1], given[i]), 0);
	for (unsigned i = 0; i < COUNT(given); i++)
		free(given[i]);
}

/* So many names that the table grows, and each is still known. */
static void test_many_names(void **state)
{
	struct cli_names *names = new_names("");
	char path[32];
	char expected[32];

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(path, sizeof path, "d%u/n%u.txt", i % 7, i);
		assert_string_equal(name_of(names, path), path);
	}
	for (unsigned i = 0; i < 20000; i += 97) {
		snprintf(path, sizeof path, "d%u/N%u.txt", i % 7, i);
		snprintf(expected, sizeof expected, "d%u/N%u~2.txt", i % 7, i);
		assert_string_equal(name_of(names, path), expected);
	}
	cli_names_free(names);
}

/* The longest path there is, each of whose directories collides. */
static void test_longest_names(void **state)
{
	struct cli_names *names = new_names(".capsa.json");
	static char path[4001];
	static char prefix[4001];

	(void)state;
	for (size_t i = 0; i < 1999; i++)
		memcpy(path + 2 * i, "d/", 3);
	strcpy(path + 3998, "ab");
	for (size_t i = 0; i < 100; i++) {
		size_t size = 0;

		/* A file of the name that the next directory would have. */
		for (size_t j = 0; j < i; j++)
			size += (size_t)sprintf(prefix + size, "d/");
		strcpy(prefix + size, "D");
		assert_string_equal(name_of(names, prefix) + strlen(name_of(names, prefix)) - 1,
		                    "2");
	}
	assert_int_equal(strlen(name_of(names, path)), 4000 + 2 * 100);
	cli_names_free(names);
}

static void test_bad_paths(void **state)
{
	static const char *const paths[] = {"",     "/a",   "a/",    "a//b", ".",     "..",
	                                    "../a", "a/..", "a/./b", "a\nb", "a\377", "a\033[2J"};
	struct cli_names *names = new_names("");

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const char *name = NULL;

		assert_int_equal(cli_names_give(names, paths[i], &name), CLI_DAMAGED);
	}
	cli_names_free(names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names_stay),
	    cmocka_unit_test(test_equal_names),
	    cmocka_unit_test(test_file_and_directory),
	    cmocka_unit_test(test_sidecar_names),
	    cmocka_unit_test(test_long_names),
	    cmocka_unit_test(test_many_equal_names),
	    cmocka_unit_test(test_many_names),
	    cmocka_unit_test(test_longest_names),
	    cmocka_unit_test(test_bad_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
