/* Globs over paths. */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct match {
	const char *pattern;
	const char *path;
	bool matches;
};

static const struct match matches[] = {
    /* literally, and below as a directory */
    {"a", "a", true},
    {"a", "b", false},
    {"a", "ab", false},
    {"ab", "a", false},
    {"a", "a/b", true},
    {"a", "a/b/c", true},
    {"a/b", "a/b/c", true},
    {"a/b", "a/bc", false},
    {"a", "b/a", false},
    {"a/", "a/b", true},
    {"a/", "a", false},
    {"a/", "ab", false},
    {"", "a", false},
    {"", "", true},
    /* one star */
    {"*", "a", true},
    {"*", "a/b", false},
    {"*", "", true},
    {"*.txt", "a.txt", true},
    {"*.txt", ".txt", true},
    {"*.txt", "a.txt.txt", true},
    {"*.txt", "a.txt/b", false},
    {"*.txt", "d/a.txt", false},
    {"d/*.txt", "d/a.txt", true},
    {"d/*.txt", "d/e/a.txt", false},
    {"*/*", "a/b", true},
    {"*/*", "a", false},
    {"*/*", "a/b/c", false},
    {"a*b*c", "aXbXc", true},
    {"a*b*c", "abc", true},
    {"a*b*c", "abXc/", false},
    {"a*bc", "abbbc", true},
    {"a*bc", "ab/bc", false},
    {"a*/b", "a/b", true},
    {"a*/b", "aaa/b", true},
    {"a*", "a/b", false},
    {"*a*/*b*", "xax/xbx", true},
    {"*a*/*b*", "xbx/xax", false},
    /* question mark */
    {"?", "a", true},
    {"?", "", false},
    {"?", "/", false},
    {"a?c", "abc", true},
    {"a?c", "a/c", false},
    {"?", "\303\244", true},
    {"??", "\303\244", false},
    /* bytes that are no character match themselves alone */
    {"\300\253", "+", false},
    {"\300\253", "\300\253", true},
    {"\355\240\200", "\355\240\200", true},
    {"??", "\300\253", true},
    {"[\300\253]", "+", false},
    {"*??", "\342\202\254", false},
    {"*?", "\342\202\254", true},
    {"?", "\377", true},
    {"??", "\303x", true},
    /* two stars */
    {"**", "a", true},
    {"**", "a/b/c", true},
    {"**/a", "a", true},
    {"**/a", "b/a", true},
    {"**/a", "b/c/a", true},
    {"**/a", "ba", false},
    {"**/a", "b/ca", false},
    {"**/*.txt", "a.txt", true},
    {"**/*.txt", "a/b/c.txt", true},
    {"**/*.txt", "a.txt/b", false},
    {"a/**", "a/b", true},
    {"a/**", "a/b/c", true},
    {"a/**", "a", false},
    {"a/**", "ab/c", false},
    {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/b", true},
    {"a/**/b", "a/x/y/b", true},
    {"a/**/b", "a/xb", false},
    {"a/**/b", "ab", false},
    {"a**b", "a/x/b", true},
    {"a**b", "ab", true},
    {"a**/b", "ab/b", true},
    {"a**/b", "a/x/b", true},
    {"a**/b", "ab", false},
    {"**/a/**/b", "x/a/y/a/b", true},
    {"**/a/*/b", "a/a/a/b", true},
    {"**/a/*/b", "x/a/b", false},
    {"**/a*c/d", "x/abc/abd/abc/d", true},
    {"***", "a/b", true},
    {"**/**/a", "a", true},
    {"**a**b**", "x/a/y/b/z", true},
    {"**a**b**", "x/b/y/a/z", false},
    {"**/*a/*/b", "xa/ya/z/b", true},
    /* classes */
    {"[abc]", "b", true},
    {"[abc]", "d", false},
    {"[a-c]x", "bx", true},
    {"[a-c]", "d", false},
    {"[c-a]", "b", false},
    {"[!a-c]", "d", true},
    {"[!a-c]", "b", false},
    {"[^a-c]", "d", true},
    {"[^a-c]", "b", false},
    {"[!a]", "/", false},
    {"a[/]b", "a/b", false},
    {"a[+-0]b", "a/b", false},
    {"[]a]", "]", true},
    {"[]a]", "a", true},
    {"[!]a]", "]", false},
    {"[a-]", "-", true},
    {"[-a]", "-", true},
    {"[a-", "[a-", true},
    {"[", "[", true},
    {"x[", "x[", true},
    {"[]", "[]", true},
    {"[!", "[!", true},
    {"[a-z", "b", false},
    {"[\\]]", "]", true},
    {"[\\a-\\c]", "b", true},
    {"[\\!a]", "!", true},
    {"[\303\244-\303\266]", "\303\245", true},
    {"[\303\244-\303\266]", "z", false},
    {"[!\303\244]", "\303\245", true},
    {"20[0-9][0-9]/*", "2024/a", true},
    {"20[0-9][0-9]/*", "20x4/a", false},
    /* backslash */
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\?", "?", true},
    {"\\?", "a", false},
    {"\\[a]", "[a]", true},
    {"\\[a]", "a", false},
    {"\\a", "a", true},
    {"\\\\", "\\", true},
    {"a\\", "a\\", true},
    {"\\*", "*/below", true},
    {"*\\*", "a*", true},
    {"*\\*", "ab", false},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(matches); i++) {
		if (cli_pattern_match(matches[i].pattern, matches[i].path) != matches[i].matches)
			fail_msg("'%s' %s '%s'", matches[i].pattern,
			         matches[i].matches ? "does not match" : "matches",
			         matches[i].path);
	}
}

/*
 * The meaning of stars, question marks and letters, said in the shortest way; it takes exponential
 * time.
 */
static bool obviously(const char *pattern, const char *path, bool component)
{
	if (pattern[0] == '\0')
		return path[0] == '\0';
	if (pattern[0] == '*' && pattern[1] == '*') {
		const char *rest = pattern + strspn(pattern, "*");

		if (component && rest[0] == '/') {
			for (const char *at = path; at != NULL; at = strchr(at, '/')) {
				at += at != path ? 1 : 0;
				if (obviously(rest + 1, at, true))
					return true;
			}
			return false;
		}
		for (const char *at = path;; at++) {
			if (obviously(rest, at, false))
				return true;
			if (*at == '\0')
				return false;
		}
	}
	if (pattern[0] == '*') {
		for (const char *at = path;; at++) {
			if (obviously(pattern + 1, at, false))
				return true;
			if (*at == '\0' || *at == '/')
				return false;
		}
	}
	if (path[0] == '\0' || (pattern[0] == '?' ? path[0] == '/' : pattern[0] != path[0]))
		return false;
	return obviously(pattern + 1, path + 1, pattern[0] == '/');
}

static uint32_t seed = 20240503;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static void draw_text(char *out, const char *letters, uint32_t size)
{
	uint32_t count = (uint32_t)strlen(letters);

	for (uint32_t i = 0; i < size; i++)
		out[i] = letters[draw(count)];
	out[size] = '\0';
}

/* Against the shortest formulation, on texts so small that every case comes up. */
static void test_random_patterns(void **state)
{
	unsigned matched = 0;

	(void)state;
	for (unsigned i = 0; i < 300000; i++) {
		char pattern[10];
		char path[10];
		bool expected;

		draw_text(pattern, "**?aab/", draw(9));
		draw_text(path, "aaab/", draw(9));
		if (strpbrk(pattern, "*?") == NULL || path[0] == '/' || strstr(path, "//") != NULL)
			continue;
		expected = obviously(pattern, path, true);
		if (cli_pattern_match(pattern, path) != expected)
			fail_msg("'%s' and '%s'", pattern, path);
		matched += expected ? 1 : 0;
	}
	assert_true(matched > 1000);
}

/*
 * Many stars against long paths that almost match: in a moment, not in the lifetime of the
 * universe.
 */
static void test_no_blow_up(void **state)
{
	static const char *const units[] = {"*a",  "**a",   "*a*", "**/a",
	                                    "*?a", "**a*a", "a*/", "**/*a"};
	static char path[4001];
	char pattern[2048];
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < sizeof path - 1; i++)
		path[i] = i % 256 == 255 ? '/' : 'a';
	for (size_t unit = 0; unit < COUNT(units); unit++) {
		size_t size = 0;

		while (size + 16 < sizeof pattern)
			size += strlen(strcpy(pattern + size, units[unit]));
		strcpy(pattern + size, "b");
		assert_false(cli_pattern_match(pattern, path));
	}
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
}

static void test_literal(void **state)
{
	(void)state;
	assert_true(cli_pattern_literal(""));
	assert_true(cli_pattern_literal("a/b"));
	assert_true(cli_pattern_literal("a\\*b\\?\\["));
	assert_true(cli_pattern_literal("a\\"));
	assert_false(cli_pattern_literal("a*"));
	assert_false(cli_pattern_literal("?a"));
	assert_false(cli_pattern_literal("a[b"));
	assert_false(cli_pattern_literal("\\\\*"));
}

static void test_prefix(void **state)
{
	static const struct {
		const char *pattern;
		const char *prefix;
	} cases[] = {
	    {"", ""},          {"a/b", "a/b"},   {"a/b*", "a/b"},       {"*a", ""}, {"a?b", "a"},
	    {"a[bc]d", "a"},   {"a\\*b*c", "a*b"}, {"a\\\\?", "a\\"}, {"a\\", "a\\"},
	};
	char out[16];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(cli_pattern_prefix(cases[i].pattern, out),
		                 strlen(cases[i].prefix));
		assert_memory_equal(out, cases[i].prefix, strlen(cases[i].prefix));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_random_patterns),
	    cmocka_unit_test(test_no_blow_up),
	    cmocka_unit_test(test_literal),
	    cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
