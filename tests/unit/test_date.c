/* Dates (spec 7.4) and times as keys (8.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "date.h"

#include <stdio.h>

static struct capsa_text text(const char *string)
{
	return (struct capsa_text){string, strlen(string)};
}

static void test_dates(void **state)
{
	static const struct {
		const char *date;
		int64_t seconds;
	} cases[] = {
	    {"1970-01-01", 0},
	    {"1970-01-01T00:00:00Z", 0},
	    {"1969-12-31T23:59:59Z", -1},
	    {"2000-02-29", 951782400},
	    {"2000-03-01T00:00:00Z", 951868800},
	    {"1900-03-01", -2203891200},
	    {"2024-12-31T23:59:59Z", 1735689599},
	    {"2038-01-19T03:14:08Z", INT64_C(2147483648)},
	    {"2242-03-16T12:56:31Z", INT64_C(8589934591)},
	    {"0000-01-01", CAPSA_TIME_MIN},
	    {"0000-02-29T00:00:00Z", CAPSA_TIME_MIN + INT64_C(59) * 86400},
	    {"0001-01-01", INT64_C(-62135596800)},
	    {"1582-10-10", INT64_C(-12219724800)},
	    {"9999-12-31T23:59:59Z", CAPSA_TIME_MAX},
	    {"2021-06-15T12:30:45.1Z", 1623760245},
	    {"2021-06-15T12:30:45.999999999Z", 1623760245},
	    {"1969-12-31T23:59:59.5Z", -1},
	    {"2021-06-15T12:30:45+00:00", 1623760245},
	    {"2021-06-15T12:30:45-00:00", 1623760245},
	    {"2021-06-15T14:30:45+02:00", 1623760245},
	    {"2021-06-15T07:00:45.25-05:30", 1623760245},
	    {"1970-01-01T00:00:00-23:59", 86340},
	    {"1970-01-01T00:00:00+23:59", -86340},
	    {"0000-01-01T00:00:00+23:59", CAPSA_TIME_MIN - 86340},
	    {"9999-12-31T23:59:59-23:59", CAPSA_TIME_MAX + 86340},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t seconds = INT64_MIN;

		if (!capsa_date_seconds(text(cases[i].date), &seconds) ||
		    seconds != cases[i].seconds)
			fail_msg("%s: %" PRId64, cases[i].date, seconds);
	}
}

static void test_no_dates(void **state)
{
	static const char *const cases[] = {
	    "",
	    "1",
	    "1970",
	    "1970-01",
	    "1970-1-1",
	    "1970-01-1",
	    "970-01-01",
	    "01970-01-01",
	    "10000-01-01",
	    "-001-01-01",
	    "+970-01-01",
	    " 970-01-01",
	    "1970-01-01 ",
	    " 1970-01-01",
	    "1970-01-01Z",
	    "1970/01/01",
	    "1970-00-01",
	    "1970-13-01",
	    "1970-01-00",
	    "1970-01-32",
	    "1970-04-31",
	    "1970-06-31",
	    "1970-09-31",
	    "1970-11-31",
	    "1970-02-29",
	    "1900-02-29",
	    "2000-02-30",
	    "2023-02-29",
	    "1970-0a-01",
	    "1970-01-0a",
	    "197a-01-01",
	    "1970-01-01T",
	    "1970-01-01T00",
	    "1970-01-01T00:00",
	    "1970-01-01T00:00:00",
	    "1970-01-01T00:00Z",
	    "1970-01-01t00:00:00Z",
	    "1970-01-01 00:00:00Z",
	    "1970-01-01T00:00:00z",
	    "1970-01-01T24:00:00Z",
	    "1970-01-01T23:60:00Z",
	    "1970-01-01T23:59:60Z",
	    "1970-01-01T-1:00:00Z",
	    "1970-01-01T00.00.00Z",
	    "1970-01-01T00:00:00ZZ",
	    "1970-01-01T00:00:00Z ",
	    "1970-01-01T00:00:00.Z",
	    "1970-01-01T00:00:00,5Z",
	    "1970-01-01T00:00:00.1234567890Z",
	    "1970-01-01T00:00:00.12a4Z",
	    "1970-01-01T00:00:00.5",
	    "1970-01-01T00:00:00+",
	    "1970-01-01T00:00:00+0",
	    "1970-01-01T00:00:00+01",
	    "1970-01-01T00:00:00+0100",
	    "1970-01-01T00:00:00+01:0",
	    "1970-01-01T00:00:00+24:00",
	    "1970-01-01T00:00:00+00:60",
	    "1970-01-01T00:00:00-24:00",
	    "1970-01-01T00:00:00+01:00Z",
	    "1970-01-01T00:00:00 01:00",
	};
	int64_t seconds = 7;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (capsa_date_seconds(text(cases[i]), &seconds) || seconds != 7)
			fail_msg("'%s' passes", cases[i]);
	assert_false(capsa_date_seconds((struct capsa_text){"1970-01-01\0", 11}, &seconds));
	assert_false(capsa_date_seconds((struct capsa_text){"1970-01-01T00:00:00Z", 19}, &seconds));
	assert_true(capsa_date_seconds((struct capsa_text){"1970-01-01T00:00:00Z", 10}, &seconds));
	assert_int_equal(seconds, 0);
}

/* A digit replaced by any other byte, and any other byte of the form changed, is no date. */
static void test_every_byte(void **state)
{
	static const char date[] = "2022-11-21T11:22:11.5+12:21";
	char changed[sizeof date];
	int64_t seconds;

	(void)state;
	assert_true(capsa_date_seconds(text(date), &seconds));
	for (size_t i = 0; i < sizeof date - 1; i++)
		for (unsigned byte = 0; byte < 256; byte++) {
			bool digit = date[i] >= '0' && date[i] <= '9';
			bool other_digit = digit && byte >= '0' && byte <= '9';
			bool other_sign = date[i] == '+' && byte == '-';

			if (byte == (unsigned char)date[i] || other_digit || other_sign)
				continue;
			memcpy(changed, date, sizeof date);
			changed[i] = (char)byte;
			if (capsa_date_seconds((struct capsa_text){changed, sizeof date - 1},
			                       &seconds))
				fail_msg("byte %zu as %u passes", i, byte);
		}
}

static void test_statement_time(void **state)
{
	static const char *const bad[] = {
	    "",
	    "2021-06-15",
	    "2021-06-15T12:30:45",
	    "2021-06-15T12:30:45.0Z",
	    "2021-06-15T12:30:45+00:00",
	    "2021-06-15T12:30:45z",
	    "2021-06-15T12:30:45Z ",
	    "2021-02-29T12:30:45Z",
	};
	int64_t seconds = 0;

	(void)state;
	assert_true(capsa_time_parse(span_text(text("2021-06-15T12:30:45Z")), &seconds));
	assert_int_equal(seconds, 1623760245);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (capsa_time_parse(span_text(text(bad[i])), &seconds) || seconds != 1623760245)
			fail_msg("'%s' passes", bad[i]);
}

static void test_time_text(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {-1, "1969-12-31T23:59:59Z"},
	    {951782400, "2000-02-29T00:00:00Z"},
	    {1735689599, "2024-12-31T23:59:59Z"},
	    {CAPSA_TIME_MIN, "0000-01-01T00:00:00Z"},
	    {CAPSA_TIME_MIN - 1, "0000-01-01T00:00:00Z"},
	    {INT64_MIN, "0000-01-01T00:00:00Z"},
	    {CAPSA_TIME_MAX, "9999-12-31T23:59:59Z"},
	    {CAPSA_TIME_MAX + 1, "9999-12-31T23:59:59Z"},
	    {INT64_MAX, "9999-12-31T23:59:59Z"},
	};
	char out[CAPSA_TIME_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		capsa_time_text(cases[i].seconds, out);
		assert_string_equal(out, cases[i].text);
	}
}

/*
 * Every day of 0000 to 0410 and of the last 410 years, counted one by one, and back again;
 * the calendar repeats every 400 years.
 */
static void test_every_day(void **state)
{
	static const unsigned month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	char expected[40], out[CAPSA_TIME_TEXT];
	int64_t at = CAPSA_TIME_MIN, seconds;

	(void)state;
	for (unsigned year = 0; year < 10000; year++)
		for (unsigned month = 1; month <= 12; month++) {
			bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);
			unsigned days = month_days[month - 1] + (month == 2 && leap);

			if (year >= 410 && year < 9590) {
				at += (int64_t)days * 86400;
				continue;
			}
			for (unsigned day = 1; day <= days; day++, at += 86400) {
				snprintf(expected, sizeof expected, "%04u-%02u-%02uT00:00:00Z",
				         year, month, day);
				capsa_time_text(at, out);
				assert_string_equal(out, expected);
				assert_true(capsa_time_parse(span_text(text(out)), &seconds));
				assert_int_equal(seconds, at);
			}
		}
	assert_int_equal(at, CAPSA_TIME_MAX + 1);
}

static uint64_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_round_trip(void **state)
{
	uint64_t seed = 20260101;
	char out[CAPSA_TIME_TEXT];
	int64_t parsed, dated;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t range = (uint64_t)(CAPSA_TIME_MAX - CAPSA_TIME_MIN) + 1;
		int64_t seconds = CAPSA_TIME_MIN + (int64_t)(random_next(&seed) % range);

		capsa_time_text(seconds, out);
		assert_true(capsa_time_parse(span_text(text(out)), &parsed));
		assert_true(capsa_date_seconds(text(out), &dated));
		assert_int_equal(parsed, seconds);
		assert_int_equal(dated, seconds);
	}
}

static void test_keys(void **state)
{
	static const struct {
		int64_t seconds;
		uint8_t key[8];
	} cases[] = {
	    {INT64_MIN, {0, 0, 0, 0, 0, 0, 0, 0}},
	    {-1, {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	    {0, {0x80, 0, 0, 0, 0, 0, 0, 0}},
	    {1, {0x80, 0, 0, 0, 0, 0, 0, 1}},
	    {0x0102030405060708, {0x81, 2, 3, 4, 5, 6, 7, 8}},
	    {INT64_MAX, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
	};
	uint8_t key[8], before[8];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		capsa_time_key(cases[i].seconds, key);
		assert_memory_equal(key, cases[i].key, 8);
		assert_int_equal(capsa_time_of_key(key), cases[i].seconds);
		if (i > 0)
			assert_true(memcmp(before, key, 8) < 0);
		memcpy(before, key, 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_no_dates),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_statement_time),
	    cmocka_unit_test(test_time_text),
	    cmocka_unit_test(test_every_day),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
