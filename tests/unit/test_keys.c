/* SURT (spec 14.1) and title keys (14.2), against literal values. */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct capsa_text text(const char *string)
{
	return (struct capsa_text){string, strlen(string)};
}

struct pair {
	const char *from;
	const char *to;
};

/* Every pair is one rule of 14.1, in the order of its steps. */
static const struct pair surts[] = {
    /* the examples of the text */
    {"https://www.Example.org:443/a/../b?q=%7Ex#f", "org,example)/b?q=~x"},
    {"http://[::1]:8080", "[::1]:8080)/"},
    {"mailto:a@b.c", "mailto:a@b.c"},
    /* 1: white space and fragments */
    {"", ""},
    {"#", ""},
    {" \t\n", ""},
    {"  http://example.org/  ", "org,example)/"},
    {"\001http://example.org/\037", "org,example)/"},
    {"ht\ntp://exam\tple.org/a\r\nb", "org,example)/ab"},
    {"http://example.org/a b", "org,example)/a%20b"},
    {"http://example.org/a #b", "org,example)/a%20"},
    {"http://example.org/#a#b", "org,example)/"},
    {"http://example.org#?a", "org,example)/"},
    {"http://example.org/a%23b", "org,example)/a%23b"},
    /* 2: schemes */
    {"HTTP://example.org/", "org,example)/"},
    {"hTTps://example.org/", "org,example)/"},
    {"ftp://www.example.org:21/a/../b", "ftp://www.example.org:21/a/../b"},
    {"FTP://Example.org/", "ftp://Example.org/"},
    {"http:/example.org/", "http:/example.org/"},
    {"http:example.org", "http:example.org"},
    {"https:", "https:"},
    {"httpx://www.example.org/", "httpx://www.example.org/"},
    {"urn:ISBN:0-395-36341-1", "urn:ISBN:0-395-36341-1"},
    {"data:text/plain,a b%41", "data:text/plain,a%20bA"},
    {"a+b-c.1:x", "a+b-c.1:x"},
    {"1a:b", "1a:b"},
    {"www.example.org/a", "www.example.org/a"},
    {"Example.org", "Example.org"},
    {"//example.org/a", "//example.org/a"},
    {"/a/./b", "/a/./b"},
    {"ex\303\244mple:x", "ex%C3%A4mple:x"},
    {":x", ":x"},
    /* 3: authority, user information, ports */
    {"http://user@example.org/", "org,example)/"},
    {"http://user:pass@example.org/", "org,example)/"},
    {"http://a@b@example.org/", "org,example)/"},
    {"http://example.org/a@b", "org,example)/a@b"},
    {"http://example.org?a@b", "org,example)/?a@b"},
    {"http://example.org:80/", "org,example)/"},
    {"http://example.org:443/", "org,example:443)/"},
    {"https://example.org:80/", "org,example:80)/"},
    {"https://example.org:443", "org,example)/"},
    {"http://example.org:/", "org,example)/"},
    {"http://example.org:8080/", "org,example:8080)/"},
    {"http://example.org:080/", "org,example:080)/"},
    {"http://user:80@example.org:81/", "org,example:81)/"},
    {"http://[2001:DB8::1]/a", "[2001:db8::1])/a"},
    {"http://[2001:db8::1]:80/a", "[2001:db8::1])/a"},
    {"http://[2001:db8::1]:/a", "[2001:db8::1])/a"},
    {"https://[v1.a:b]:8443/", "[v1.a:b]:8443)/"},
    /* 4: the host */
    {"http://EXAMPLE.ORG/", "org,example)/"},
    {"http://www.example.org/", "org,example)/"},
    {"http://WWW.example.org/", "org,example)/"},
    {"http://www.www.example.org/", "org,example,www)/"},
    {"http://www2.example.org/", "org,example,www2)/"},
    {"http://www/", "www)/"},
    {"http://www./", "www)/"},
    {"http://www.org/", "org)/"},
    {"http://wwwexample.org/", "org,wwwexample)/"},
    {"http://example.org./", "org,example)/"},
    {"http://example.org...:8080/", "org,example:8080)/"},
    {"http://a..b/", "b,,a)/"},
    {"http://.a/", "a,)/"},
    {"http://192.0.2.1/a", "192.0.2.1)/a"},
    {"http://www.192.0.2.1/a", "192.0.2.1)/a"},
    {"http://192.0.2.1.:8080/a", "192.0.2.1:8080)/a"},
    {"http://192.0.2.a/", "a,2,0,192)/"},
    {"http://localhost/", "localhost)/"},
    {"http:///a", ")/a"},
    {"http://", ")/"},
    {"http://./", ")/"},
    {"http://B\303\234cher.Example/", "example,b\303\234cher)/"},
    {"http://xn--bcher-kva.example/", "example,xn--bcher-kva)/"},
    {"http://ex%41mple.org/", "org,ex%41mple)/"},
    {"http://a_b.example.org/", "org,example,a_b)/"},
    /* 5: path and query */
    {"http://example.org", "org,example)/"},
    {"http://example.org?", "org,example)/"},
    {"http://example.org/?", "org,example)/"},
    {"http://example.org?a=b", "org,example)/?a=b"},
    {"http://example.org/a?b/c?d", "org,example)/a?b/c?d"},
    {"http://example.org/A/b?C=D", "org,example)/A/b?C=D"},
    {"http://example.org/./a/./b/.", "org,example)/a/b/"},
    {"http://example.org/a/b/..", "org,example)/a/"},
    {"http://example.org/a/b/../", "org,example)/a/"},
    {"http://example.org/../../a", "org,example)/a"},
    {"http://example.org/..", "org,example)/"},
    {"http://example.org/a/b/c/./../../g", "org,example)/a/g"},
    {"http://example.org//a//../b", "org,example)//a/b"},
    {"http://example.org/.../..a/a../.a", "org,example)/.../..a/a../.a"},
    {"http://example.org/a/%2E%2e/b", "org,example)/b"},
    {"http://example.org/a/%2E/b", "org,example)/a/b"},
    {"http://example.org/a%2F..%2Fb", "org,example)/a%2F..%2Fb"},
    {"http://example.org/a?b=/../c", "org,example)/a?b=/../c"},
    {"http://example.org/a;b=c,d", "org,example)/a;b=c,d"},
    /* 6: percent signs */
    {"http://example.org/%41%5a%61%7a%30%39", "org,example)/AZaz09"},
    {"http://example.org/%2d%2e%5f%7e", "org,example)/-._~"},
    {"http://example.org/%2f%3f%25%2b", "org,example)/%2F%3F%25%2B"},
    {"http://example.org/%c3%a4", "org,example)/%C3%A4"},
    {"http://example.org/\303\244", "org,example)/%C3%A4"},
    {"http://example.org/%", "org,example)/%"},
    {"http://example.org/%4", "org,example)/%4"},
    {"http://example.org/%4g%g4", "org,example)/%4g%g4"},
    {"http://example.org/%%34%31", "org,example)/%41"},
    {"http://example.org/%u0041", "org,example)/%u0041"},
    {"http://example.org/\"<>`", "org,example)/%22%3C%3E%60"},
    {"http://example.org/\177\001", "org,example)/%7F"},
    {"http://example.org/\001a", "org,example)/%01a"},
    {"http://example.org/{|}[]^\\'()*!$&+=:", "org,example)/{|}[]^\\'()*!$&+=:"},
    {"http://example.org/a+b?c+d", "org,example)/a+b?c+d"},
    {"http://example.org/?q=%E2%82%AC \303\251", "org,example)/?q=%E2%82%AC%20%C3%A9"},
};

static void test_surt_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(surts); i++) {
		size_t size = 0;
		char *surt = cli_surt(text(surts[i].from), &size);

		assert_non_null(surt);
		assert_string_equal(surt, surts[i].to);
		assert_int_equal(size, strlen(surts[i].to));
		free(surt);
	}
}

static size_t url_key(const char *url, size_t capacity, char *key)
{
	size_t size = SIZE_MAX;

	assert_int_equal(cli_keys()->url(cli_keys()->ctx, text(url), key, capacity, &size), 0);
	return size;
}

/* Step 7: a URL of 3,000 bytes, and both sides of the limit. */
static void test_long_urls(void **state)
{
	static const char head[] = "http://example.org/";
	const size_t key_head = strlen("org,example)/");
	char url[3001];
	char key[CAPSA_URL_KEY_MAX];
	char *whole;
	size_t size;

	(void)state;
	memset(url, 'x', sizeof url);
	memcpy(url, head, strlen(head));
	url[3000] = '\0';
	assert_int_equal(url_key(url, sizeof key, key), 2000);
	assert_memory_equal(key, "org,example)/xxx", 16);
	assert_int_equal(key[1999], 'x');
	whole = cli_surt(text(url), &size);
	assert_non_null(whole);
	assert_int_equal(size, 3000 - strlen(head) + key_head);
	free(whole);

	url[strlen(head) + 2000 - key_head + 1] = '\0';
	assert_int_equal(url_key(url, sizeof key, key), 2000);
	url[strlen(head) + 2000 - key_head] = '\0';
	assert_int_equal(url_key(url, sizeof key, key), 2000);
	url[strlen(head) + 2000 - key_head - 1] = '\0';
	assert_int_equal(url_key(url, sizeof key, key), 1999);
	assert_int_equal(url_key(url, 5, key), 5);
	assert_memory_equal(key, "org,e", 5);
}

/* Parts that only become short later: the cut comes after dot segments are resolved. */
static void test_cut_comes_last(void **state)
{
	char *url = malloc(10000);
	char key[CAPSA_URL_KEY_MAX];
	size_t at = strlen(strcpy(url, "https://example.org/"));

	(void)state;
	while (at < 9000)
		at += strlen(strcpy(url + at, "abc/../"));
	strcpy(url + at, "end");
	assert_int_equal(url_key(url, sizeof key, key), strlen("org,example)/end"));
	assert_memory_equal(key, "org,example)/end", strlen("org,example)/end"));
	free(url);
}

/* Every byte becomes three: the most that the working memory has to hold. */
static void test_surt_grows_threefold(void **state)
{
	char url[1 + 500 + 1];
	size_t size;
	char *surt;

	(void)state;
	memset(url, '"', sizeof url);
	url[501] = '\0';
	surt = cli_surt(text(url), &size);
	assert_non_null(surt);
	assert_int_equal(size, 1503);
	assert_memory_equal(surt + 1500, "%22", 3);
	free(surt);
}

/* ---- titles ---- */

static const struct pair folds[] = {
    {"", ""},
    {" \t\n\v\f\r ", ""},
    {"Flood", "flood"},
    {"  The   Great\tFlood\n", "the great flood"},
    {"a\034\035\036\037b", "a\034\035\036\037b"},
    {"Stra\303\237e", "strasse"},
    {"STRASSE", "strasse"},
    {"\316\243\316\257\317\203\317\205\317\206\316\277\317\202",
     "\317\203\316\257\317\203\317\205\317\206\316\277\317\203"},
    {"A\314\210", "\303\244"},
    {"\303\204", "\303\244"},
    {"\342\204\253", "\303\245"},
    {"\357\254\201sh", "fish"},
    {"\304\260", "i\314\207"},
    {"\341\276\263", "\316\261\316\271"},
    {"\357\274\241", "\357\275\201"},
    {"\302\262", "\302\262"},
    {"\352\260\200", "\352\260\200"},
    {"\341\204\200\341\205\241", "\352\260\200"},
    /* every character of White_Space beyond ASCII */
    {"a\302\205b\302\240c", "a b c"},
    {"a\341\232\200b\342\200\200c\342\200\201d\342\200\202e\342\200\203f", "a b c d e f"},
    {"a\342\200\204b\342\200\205c\342\200\206d\342\200\207e\342\200\210f", "a b c d e f"},
    {"a\342\200\211b\342\200\212c\342\200\250d\342\200\251e\342\200\257f", "a b c d e f"},
    {"a\342\201\237b\343\200\200c", "a b c"},
    {"\302\240\303\204 \342\200\203 b\343\200\200", "\303\244 b"},
    /* what looks like white space and is none */
    {"a\342\200\213b", "a\342\200\213b"},
    {"a\341\240\216b", "a\341\240\216b"},
    {"a\342\201\240b", "a\342\201\240b"},
    {"a\357\273\277b", "a\357\273\277b"},
};

static void test_fold_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(folds); i++) {
		char *folded = cli_fold(text(folds[i].from));

		assert_non_null(folded);
		assert_string_equal(folded, folds[i].to);
		free(folded);
	}
}

/*
 * Text of one character and the same behind "ä": ASCII alone takes another way than ASCII among
 * other text.
 */
static void test_ascii_way_is_equal(void **state)
{
	(void)state;
	for (char c = 1; c < 127; c++) {
		const char alone[] = {'x', c, c, 'Y', '\0'};
		const char among[] = {'\303', '\244', 'x', c, c, 'Y', '\0'};
		char *short_way = cli_fold(text(alone));
		char *long_way = cli_fold(text(among));

		assert_non_null(short_way);
		assert_non_null(long_way);
		assert_string_equal(short_way, long_way + 2);
		free(short_way);
		free(long_way);
	}
}

static size_t title_key(const char *title, size_t capacity, char *key)
{
	size_t size = SIZE_MAX;

	assert_int_equal(cli_keys()->title(cli_keys()->ctx, text(title), key, capacity, &size), 0);
	return size;
}

/* At most 32 bytes, at a code point boundary. */
static void test_title_keys(void **state)
{
	char key[CAPSA_TITLE_KEY_MAX + 1];

	(void)state;
	assert_int_equal(title_key("", sizeof key, key), 0);
	assert_int_equal(title_key(" \302\240 ", sizeof key, key), 0);
	assert_int_equal(title_key("ABCDEFGHIJKLMNOPQRSTUVWXYZ01234", sizeof key, key), 31);
	assert_int_equal(title_key("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", sizeof key, key), 32);
	assert_int_equal(title_key("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456", sizeof key, key), 32);
	assert_memory_equal(key, "abcdefghijklmnopqrstuvwxyz012345", 32);
	/* 30 bytes and a character of two: fits; 31: does not */
	assert_int_equal(title_key("abcdefghijklmnopqrstuvwxyz0123\303\204x", sizeof key, key), 32);
	assert_memory_equal(key + 30, "\303\244", 2);
	assert_int_equal(title_key("abcdefghijklmnopqrstuvwxyz01234\303\204x", sizeof key, key),
	                 31);
	assert_int_equal(title_key("abcdefghijklmnopqrstuvwxyz0123\342\202\254", sizeof key, key),
	                 30);
	assert_int_equal(
	    title_key("abcdefghijklmnopqrstuvwxyz012\360\237\214\212", sizeof key, key), 29);
	/* the cut may leave a space at the end */
	assert_int_equal(title_key("abcdefghijklmnopqrstuvwxyz01234 56", sizeof key, key), 32);
	assert_int_equal(key[31], ' ');
	assert_int_equal(title_key("flood", 3, key), 3);
}

static void test_paths_keep_white_space(void **state)
{
	char *folded = cli_fold_path(text("A  b/\303\204\302\240 "));

	(void)state;
	assert_non_null(folded);
	assert_string_equal(folded, "a  b/\303\244\302\240 ");
	free(folded);
}

static void test_nfc_keeps_case(void **state)
{
	char *nfc = cli_nfc(text("A\314\210 Stra\303\237e  x"));

	(void)state;
	assert_non_null(nfc);
	assert_string_equal(nfc, "\303\204 Stra\303\237e  x");
	free(nfc);
}

static void test_invalid_utf8(void **state)
{
	static const struct {
		const char *text;
		size_t prefix;
	} cases[] = {
	    {"", 0},           {"abc", 3},         {"a\303\244", 3},       {"a\303", 1},
	    {"a\377b", 1},     {"\300\200", 0},    {"\355\240\200", 0},    {"\360\237\214\212", 4},
	    {"\360\237\214", 0}, {"\364\220\200\200", 0}, {"\342\202\254\200", 3},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(cli_utf8_prefix(text(cases[i].text)), cases[i].prefix);
	assert_null(cli_fold(text("a\377")));
	assert_null(cli_nfc(text("a\377")));
}

/* Three numbers, as the statement wants them (9.1). */
static void test_unicode_version(void **state)
{
	unsigned numbers[3];
	char rest;

	(void)state;
	assert_non_null(cli_keys()->unicode);
	assert_int_equal(sscanf(cli_keys()->unicode, "%u.%u.%u%c", &numbers[0], &numbers[1],
	                        &numbers[2], &rest), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_surt_table),
	    cmocka_unit_test(test_long_urls),
	    cmocka_unit_test(test_cut_comes_last),
	    cmocka_unit_test(test_surt_grows_threefold),
	    cmocka_unit_test(test_fold_table),
	    cmocka_unit_test(test_ascii_way_is_equal),
	    cmocka_unit_test(test_title_keys),
	    cmocka_unit_test(test_paths_keep_white_space),
	    cmocka_unit_test(test_nfc_keeps_case),
	    cmocka_unit_test(test_invalid_utf8),
	    cmocka_unit_test(test_unicode_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
