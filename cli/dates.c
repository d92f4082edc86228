/*
 * Dates in the usual forms.  A form is a pattern of fields and literal text; the first that fits
 * the whole text decides.  Nothing is guessed: 05/03/2024 is no date, for nobody knows which of the
 * two is the month.
 */
#include "fields.h"

#include <stdio.h>
#include <string.h>

struct parts {
	int year, month, day, hour, minute, second;
	char fraction[12];              /* "." and digits, or empty */
	char zone[32];                  /* "Z", "+hh:mm", or empty */
	bool has_time;
};

/*
 * Y four digits, M D two digits, d one or two, h m two, s two and a fraction, z a zone, B a month's
 * name, A a day's name, '_' white space, '?' the rest may be absent; all else stands for itself, in
 * either case.
 */
static const char *const forms[] = {
    "Y-M-D",           "Y/M/D",
    "Y.M.D",           "Y-M-DTh:m?:s?z",
    "Y-M-D_h:m?:s?_z", "Y-M-D_h:m:sz",
    "Y/M/D_h:m?:s?_z", "YMD",
    "YMDThmsz",        "A,_d_B_Y_h:m?:s?_z",
    "d_B_Y_h:m?:s?_z", "A,_d-B-Y_h:m:s_z",
    "A_B_d_h:m:s_Y",   "A,_d_B_Y",
    "A,_B_d,_Y",       "d_B_Y",
    "d._B_Y",          "B_d,_Y",
    "B_d_Y",
};

static bool digits(const char **at, const char *end, unsigned count, int *value)
{
	*value = 0;
	for (unsigned i = 0; i < count; i++, (*at)++) {
		if (*at == end || **at < '0' || **at > '9')
			return false;
		*value = *value * 10 + (**at - '0');
	}
	return true;
}

static bool one_or_two_digits(const char **at, const char *end, int *value)
{
	const char *two = *at;

	if (digits(&two, end, 2, value)) {
		*at = two;
		return true;
	}
	return digits(at, end, 1, value);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One of twelve or seven names, in full or its first three letters. */
static bool name_of(const char **at, const char *end, const char *const *names, unsigned count,
                    int *value)
{
	size_t size = 0;

	while (*at + size < end && is_letter((*at)[size]))
		size++;
	for (unsigned i = 0; i < count; i++)
		if ((size == 3 || size == strlen(names[i])) &&
		    strncasecmp(*at, names[i], size) == 0) {
			*value = (int)i + 1;
			*at += size;
			return true;
		}
	return false;
}

static bool month_name(const char **at, const char *end, int *value)
{
	static const char *const names[] = {"January",   "February", "March",    "April",
	                                    "May",       "June",     "July",     "August",
	                                    "September", "October",  "November", "December"};

	return name_of(at, end, names, 12, value);
}

static bool day_name(const char **at, const char *end)
{
	static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
	                                    "Friday", "Saturday", "Sunday"};
	int ignored;

	return name_of(at, end, names, 7, &ignored);
}

static bool fraction(const char **at, const char *end, struct parts *parts)
{
	size_t count = 0;

	if (*at == end || **at != '.')
		return true;
	while (*at + 1 + count < end && (*at)[1 + count] >= '0' && (*at)[1 + count] <= '9')
		count++;
	if (count == 0)
		return false;
	/* A metadata line has at most nine digits; what is finer is cut off. */
	snprintf(parts->fraction, sizeof parts->fraction, "%.*s", (int)(count < 9 ? count + 1 : 10),
	         *at);
	*at += 1 + count;
	return true;
}

/* Z, UTC, GMT, UT, +hh:mm, +hhmm, +hh */
static bool zone(const char **at, const char *end, struct parts *parts)
{
	static const char *const utc[] = {"UTC", "GMT", "UT", "Z"};
	const char *p = *at + 1;
	int hours, minutes = 0;

	for (unsigned i = 0; i < 4; i++) {
		size_t size = strlen(utc[i]);

		if ((size_t)(end - *at) >= size && strncasecmp(*at, utc[i], size) == 0) {
			memcpy(parts->zone, "Z", 2);
			*at += size;
			return true;
		}
	}
	if (*at == end || (**at != '+' && **at != '-') || !digits(&p, end, 2, &hours))
		return false;
	if (p < end && *p == ':')
		p++;
	if (p < end && !digits(&p, end, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	snprintf(parts->zone, sizeof parts->zone, "%c%02d:%02d", **at, hours, minutes);
	*at = p;
	return true;
}

static bool white_space(const char **at, const char *end)
{
	const char *p = *at;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p == *at)
		return false;
	*at = p;
	return true;
}

static bool field(char code, const char **at, const char *end, struct parts *parts)
{
	switch (code) {
	case 'Y':
		return digits(at, end, 4, &parts->year);
	case 'M':
		return digits(at, end, 2, &parts->month);
	case 'D':
		return digits(at, end, 2, &parts->day);
	case 'd':
		return one_or_two_digits(at, end, &parts->day);
	case 'h':
		parts->has_time = true;
		return digits(at, end, 2, &parts->hour);
	case 'm':
		return digits(at, end, 2, &parts->minute);
	case 's':
		return digits(at, end, 2, &parts->second) && fraction(at, end, parts);
	case 'z':
		return zone(at, end, parts);
	case 'B':
		return month_name(at, end, &parts->month);
	case 'A':
		return day_name(at, end);
	case '_':
		return white_space(at, end);
	default:
		if (*at == end || (**at | 0x20) != (code | 0x20))
			return false;
		(*at)++;
		return true;
	}
}

static bool fits(const char *form, const char *at, const char *end, struct parts *parts)
{
	bool optional = false;

	*parts = (struct parts){0};
	for (; *form != '\0'; form++) {
		if (*form == '?') {
			if (at == end)
				return true;
			optional = true;
			continue;
		}
		if (!field(*form, &at, end, parts)) {
			/* An optional part that does not begin here: the next one may. */
			form = optional ? strchr(form, '?') : NULL;
			if (form == NULL)
				return false;
			form--;
		}
		optional = false;
	}
	return at == end;
}

static struct capsa_text trim(struct capsa_text text)
{
	while (text.size != 0 && (unsigned char)text.data[0] <= ' ') {
		text.data++;
		text.size--;
	}
	while (text.size != 0 && (unsigned char)text.data[text.size - 1] <= ' ')
		text.size--;
	return text;
}

static bool write_parts(const struct parts *parts, char out[IMPORT_DATE_SIZE], bool *whole)
{
	int64_t seconds;
	int size;

	*whole = !parts->has_time || parts->zone[0] != '\0';
	size = snprintf(out, IMPORT_DATE_SIZE, "%04d-%02d-%02d", parts->year, parts->month,
	                parts->day);
	if (parts->has_time && *whole)
		snprintf(out + size, IMPORT_DATE_SIZE - (size_t)size, "T%02d:%02d:%02d%s%s",
		         parts->hour, parts->minute, parts->second, parts->fraction, parts->zone);
	/* The day, and the time even where it is not taken, must exist. */
	return capsa_date_seconds((struct capsa_text){out, strlen(out)}, &seconds) &&
	       parts->hour < 24 && parts->minute < 60 && parts->second < 60;
}

bool import_date(struct capsa_text in, char out[IMPORT_DATE_SIZE], bool *whole)
{
	struct capsa_text text = trim(in);
	struct parts parts;

	for (size_t i = 0; text.size < 64 && i < sizeof forms / sizeof *forms; i++)
		if (fits(forms[i], text.data, text.data + text.size, &parts))
			return write_parts(&parts, out, whole);
	return false;
}
