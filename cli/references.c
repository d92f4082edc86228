/*
 * Character references by number as browsers read them.  libxml2 takes &#146; for a control
 * character, where pages mean that of windows-1252, and ends an attribute at &#0; and &#;.
 */
#include "html.h"

#include "fields.h"

#include <stdlib.h>
#include <string.h>

/* What 80 to 9F stand for in windows-1252. */
static const uint16_t windows[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

/* Its value, or -1. */
static int digit(char c, bool hex)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return hex && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes of a reference, of which `text` begins with "&#"; 0: none.  *number saturates. */
static size_t reference(struct capsa_text text, uint32_t *number)
{
	bool hex = text.size > 2 && (text.data[2] | 0x20) == 'x';
	size_t first = hex ? 3 : 2, at = first;

	*number = 0;
	for (; at < text.size && digit(text.data[at], hex) >= 0; at++)
		if (*number <= 0x10ffff)
			*number = *number * (hex ? 16 : 10) + (uint32_t)digit(text.data[at], hex);
	if (at == first)
		return 0;
	return at + (at < text.size && text.data[at] == ';');
}

static bool is_no_character(uint32_t number)
{
	return number == 0 || number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff) ||
	       number == 0xfffe || number == 0xffff;
}

/* The reference at the beginning of `text` as libxml2 is to see it; returns its bytes in `text`. */
static size_t mend(struct capsa_text text, struct json_text *out)
{
	uint32_t number;
	size_t size = reference(text, &number);
	char bytes[4];

	if (size == 0) {
		import_json_append(out, "&amp;#", 6);
		return 2;
	}
	if (number >= 0x80 && number <= 0x9f)
		import_json_append(out, bytes, import_encode(windows[number - 0x80], bytes));
	else if (is_no_character(number))
		import_json_append(out, "\xef\xbf\xbd", 3);
	else if (number >= 0x20 || number == '\t' || number == '\n' || number == '\r')
		import_json_append(out, text.data, size);
	return size;
}

bool import_mend_references(struct capsa_text *html, char **room)
{
	struct capsa_text rest = *html;
	struct json_text out = {0};
	const char *at;

	*room = NULL;
	while ((at = memmem(rest.data, rest.size, "&#", 2)) != NULL) {
		size_t before = (size_t)(at - rest.data), size;

		import_json_append(&out, rest.data, before);
		size = before + mend((struct capsa_text){at, rest.size - before}, &out);
		rest.data += size;
		rest.size -= size;
	}
	if (rest.size == html->size)
		return true;
	import_json_append(&out, rest.data, rest.size);
	*room = out.data;
	*html = (struct capsa_text){out.data != NULL ? out.data : "", out.size};
	return !out.failed;
}
