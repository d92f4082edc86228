/*
 * Dates (spec 7.4) and times as keys (8.6), in the proleptic Gregorian calendar and UTC.
 * Nothing here asks the C library, so neither locale nor time zone has a say.
 *
 * Days are counted from 0000-01-01, so that no intermediate value is negative.
 */
#include "date.h"
#include "cursor.h"

#include <stdio.h>

#define DAY 86400
#define DAYS_TO_1970 719528
#define DAYS_IN_400_YEARS 146097

/* A date as it is written; each part is in its range. */
struct calendar {
	unsigned year, month, day;
	unsigned hour, minute, second;
};

static bool leap_year(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return month == 2 && leap_year(year) ? 29 : days[month - 1];
}

/*
 * Years divisible by 4, 100 and 400 below `year`, 0 among them, make the leap days before it.
 */
static int64_t days_before_year(unsigned year)
{
	return 365 * (int64_t)year + (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
}

static int64_t calendar_seconds(const struct calendar *date)
{
	int64_t days = days_before_year(date->year) - DAYS_TO_1970;

	for (unsigned month = 1; month < date->month; month++)
		days += days_in_month(date->year, month);
	days += date->day - 1;
	return days * DAY + date->hour * 3600 + date->minute * 60 + date->second;
}

/* `seconds` is from CAPSA_TIME_MIN to CAPSA_TIME_MAX. */
static struct calendar calendar_of(int64_t seconds)
{
	int64_t since_0 = seconds - CAPSA_TIME_MIN;
	unsigned days = (unsigned)(since_0 / DAY);
	unsigned clock = (unsigned)(since_0 % DAY);
	struct calendar date = {0};

	/* The estimate is exact or one too low or too high. */
	date.year = (unsigned)((uint64_t)days * 400 / DAYS_IN_400_YEARS);
	while (days_before_year(date.year) > days)
		date.year--;
	while (days_before_year(date.year + 1) <= days)
		date.year++;
	days -= (unsigned)days_before_year(date.year);
	date.month = 1;
	while (days >= days_in_month(date.year, date.month))
		days -= days_in_month(date.year, date.month++);
	date.day = days + 1;
	date.hour = clock / 3600;
	date.minute = clock / 60 % 60;
	date.second = clock % 60;
	return date;
}

/* Exactly `count` decimal digits that make `least` to `most`. */
static unsigned take_number(struct cursor *c, unsigned count, unsigned least, unsigned most)
{
	unsigned value = 0;

	while (count-- > 0) {
		uint8_t byte = cursor_u8(c);

		if (byte < '0' || byte > '9')
			c->failed = true;
		value = value * 10 + (byte & 15U);
	}
	if (value < least || value > most)
		c->failed = true;
	return value;
}

static void take_byte(struct cursor *c, char expected)
{
	if (cursor_u8(c) != (uint8_t)expected)
		c->failed = true;
}

/* Is `expected` the next byte?  It is taken if so. */
static bool take_if(struct cursor *c, char expected)
{
	if (c->failed || cursor_left(c) == 0 || *c->at != (uint8_t)expected)
		return false;
	cursor_take(c, 1);
	return true;
}

static void take_day(struct cursor *c, struct calendar *date)
{
	date->year = take_number(c, 4, 0, 9999);
	take_byte(c, '-');
	date->month = take_number(c, 2, 1, 12);
	take_byte(c, '-');
	date->day = c->failed ? 0 : take_number(c, 2, 1, days_in_month(date->year, date->month));
}

static void take_clock(struct cursor *c, struct calendar *date)
{
	take_byte(c, 'T');
	date->hour = take_number(c, 2, 0, 23);
	take_byte(c, ':');
	date->minute = take_number(c, 2, 0, 59);
	take_byte(c, ':');
	date->second = take_number(c, 2, 0, 59);
}

static void skip_fraction(struct cursor *c)
{
	unsigned digits = 0;

	if (!take_if(c, '.'))
		return;
	while (cursor_left(c) > 0 && *c->at >= '0' && *c->at <= '9') {
		cursor_take(c, 1);
		digits++;
	}
	if (digits < 1 || digits > 9)
		c->failed = true;
}

/* `Z` or `+hh:mm` or `-hh:mm`, in seconds east of UTC. */
static int64_t take_zone(struct cursor *c)
{
	bool west;
	int64_t seconds;

	if (take_if(c, 'Z'))
		return 0;
	west = take_if(c, '-');
	if (!west)
		take_byte(c, '+');
	seconds = take_number(c, 2, 0, 23) * 3600;
	take_byte(c, ':');
	seconds += take_number(c, 2, 0, 59) * 60;
	return west ? -seconds : seconds;
}

bool capsa_date_seconds(struct capsa_text date, int64_t *seconds)
{
	struct cursor c = cursor_of(span_text(date));
	struct calendar parts = {0};
	int64_t east = 0;

	take_day(&c, &parts);
	if (!c.failed && cursor_left(&c) > 0) {
		take_clock(&c, &parts);
		skip_fraction(&c);
		east = take_zone(&c);
	}
	if (!cursor_done(&c))
		return false;
	*seconds = calendar_seconds(&parts) - east;
	return true;
}

bool capsa_time_parse(struct span text, int64_t *seconds)
{
	struct cursor c = cursor_of(text);
	struct calendar parts = {0};

	take_day(&c, &parts);
	take_clock(&c, &parts);
	take_byte(&c, 'Z');
	if (!cursor_done(&c))
		return false;
	*seconds = calendar_seconds(&parts);
	return true;
}

void capsa_time_text(int64_t seconds, char out[CAPSA_TIME_TEXT])
{
	struct calendar date;

	if (seconds < CAPSA_TIME_MIN)
		seconds = CAPSA_TIME_MIN;
	if (seconds > CAPSA_TIME_MAX)
		seconds = CAPSA_TIME_MAX;
	date = calendar_of(seconds);
	/* The remainders change nothing; they show the compiler that the text fits. */
	snprintf(out, CAPSA_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", date.year % 10000,
	         date.month % 100, date.day % 100, date.hour % 100, date.minute % 100,
	         date.second % 100);
}

void capsa_time_key(int64_t seconds, uint8_t out[8])
{
	uint64_t value = (uint64_t)seconds ^ (UINT64_C(1) << 63);

	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> (56 - 8 * i));
}

int64_t capsa_time_of_key(const uint8_t key[8])
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | key[i];
	return (int64_t)(value ^ (UINT64_C(1) << 63));
}
