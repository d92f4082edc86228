/* Text made harmless for terminals and JSON (cli/text.c). */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *in;
	const char *quoted;
	const char *json;
} cases[] = {
	{"", "", "\"\""},
	{"plain text", "plain text", "\"plain text\""},
	{"\x1f \x7f", "\\x1f \\x7f", "\"\\u001f \\u007f\""},
	{"a\nb\tc\rd", "a\\nb\\tc\\x0dd", "\"a\\u000ab\\u0009c\\u000dd\""},
	{"\x1b[31m", "\\x1b[31m", "\"\\u001b[31m\""},
	{"\\n \"", "\\\\n \"", "\"\\\\n \\\"\""},
	{"\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\""},
	{"\xd8\x9c", "\\u061c", "\"\\u061c\""},
	{"\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f", "\xe2\x80\x8d\\u200e\\u200f",
	 "\"\xe2\x80\x8d\\u200e\\u200f\""},
	{"\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf", "\\u2028\\u202e\xe2\x80\xaf",
	 "\"\\u2028\\u202e\xe2\x80\xaf\""},
	{"\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
	 "\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa", "\"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\""},
	{"\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80", "\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80",
	 "\"\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80\""},
	/* No UTF-8: a lone byte, a cut sequence, overlong forms, a surrogate, beyond U+10FFFF. */
	{"\xff", "\\xff", "\"\xef\xbf\xbd\""},
	{"\x80z", "\\x80z", "\"\xef\xbf\xbdz\""},
	{"\xe6\xbc", "\\xe6\\xbc", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xc3(", "\\xc3(", "\"\xef\xbf\xbd(\""},
	{"\xc0\xaf", "\\xc0\\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	{"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\""},
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80",
	 "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

/* What a function prints; the caller frees it. */
static char *printed(void (*print)(FILE *, struct capsa_text), const char *in, size_t size)
{
	char *out = NULL;
	size_t out_size = 0;
	FILE *file = open_memstream(&out, &out_size);

	assert_non_null(file);
	print(file, (struct capsa_text){in, size});
	assert_int_equal(fclose(file), 0);
	return out;
}

static void all_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = printed(cli_print_text, cases[i].in, strlen(cases[i].in));
		char *json = printed(cli_print_json, cases[i].in, strlen(cases[i].in));

		assert_string_equal(cli_quote(cases[i].in), cases[i].quoted);
		assert_string_equal(text, cases[i].quoted);
		assert_string_equal(json, cases[i].json);
		free(text);
		free(json);
	}
}

static void a_zero_byte(void **state)
{
	char *json = printed(cli_print_json, "a\0b", 3);

	(void)state;
	assert_string_equal(cli_quote_text((struct capsa_text){"a\0b", 3}), "a\\x00b");
	assert_string_equal(json, "\"a\\u0000b\"");
	free(json);
}

/* A message has room for it; what is printed as data is never cut. */
static void long_text_is_cut_in_messages(void **state)
{
	char long_text[9000];
	const char *quoted;
	char *text;

	(void)state;
	memset(long_text, '\x01', sizeof long_text);
	quoted = cli_quote_text((struct capsa_text){long_text, sizeof long_text});
	assert_true(strlen(quoted) <= 4096 + 16);
	assert_string_equal(quoted + strlen(quoted) - 7, "\\x01...");
	text = printed(cli_print_text, long_text, sizeof long_text);
	assert_int_equal(strlen(text), 4 * sizeof long_text);
	free(text);
}

static void eight_quotations_live_at_once(void **state)
{
	static const char *const in[8] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	const char *out[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		out[i] = cli_quote(in[i]);
	for (size_t i = 0; i < 8; i++)
		assert_string_equal(out[i], in[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_cases),
		cmocka_unit_test(a_zero_byte),
		cmocka_unit_test(long_text_is_cut_in_messages),
		cmocka_unit_test(eight_quotations_live_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
