/*
 * Text from outside, made harmless: control and bidirectional characters and bytes that are no
 * UTF-8 are escaped before a terminal or a JSON parser sees them.
 */
#include "cli.h"

#include <string.h>

/*
 * The code point at the beginning of size (at least 1) bytes; *used receives its bytes.  -1:
 * the first byte begins none, and *used is 1.
 */
static long next_code_point(const char *text, size_t size, size_t *used)
{
	static const long lowest[] = {[2] = 0x80, [3] = 0x800, [4] = 0x10000};
	unsigned char first = (unsigned char)text[0];
	size_t length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	long point = first & (0x7f >> length);

	*used = 1;
	if (first < 0x80)
		return first;
	if (first < 0xc2 || first > 0xf4 || length > size)
		return -1;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return -1;
		point = point << 6 | ((unsigned char)text[i] & 0x3f);
	}
	if (point < lowest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return -1;
	*used = length;
	return point;
}

/* Does a terminal do more with it than to show it? */
static bool is_harmful(long point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x061c ||
	       (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069);
}

#define ESCAPE_MAX 16

/* One character of `text`, escaped, into `out`; the bytes written there. */
static size_t escape_one(const char *text, size_t size, size_t *used, char out[ESCAPE_MAX])
{
	long point = next_code_point(text, size, used);

	if (point == '\\')
		return (size_t)snprintf(out, ESCAPE_MAX, "\\\\");
	if (point == '\n')
		return (size_t)snprintf(out, ESCAPE_MAX, "\\n");
	if (point == '\t')
		return (size_t)snprintf(out, ESCAPE_MAX, "\\t");
	if (point < 0)
		return (size_t)snprintf(out, ESCAPE_MAX, "\\x%02x",
		                        (unsigned)(unsigned char)text[0]);
	if (is_harmful(point))
		return (size_t)snprintf(out, ESCAPE_MAX, point < 0x80 ? "\\x%02lx" : "\\u%04lx",
		                        (unsigned long)point);
	memcpy(out, text, *used);
	return *used;
}

const char *cli_quote_text(struct capsa_text text)
{
	static char buffers[8][4096 + ESCAPE_MAX];
	static unsigned turn;
	char *out = buffers[turn++ % 8];
	size_t size = 0, used;

	for (size_t i = 0; i < text.size; i += used) {
		size += escape_one(text.data + i, text.size - i, &used, out + size);
		if (size > 4096 - sizeof "...") {
			memcpy(out + size, "...", 3);
			size += 3;
			break;
		}
	}
	out[size] = '\0';
	return out;
}

const char *cli_quote(const char *text)
{
	return cli_quote_text((struct capsa_text){text, strlen(text)});
}

void cli_print_text(FILE *to, struct capsa_text text)
{
	char out[ESCAPE_MAX];
	size_t used;

	for (size_t i = 0; i < text.size; i += used)
		fwrite(out, 1, escape_one(text.data + i, text.size - i, &used, out), to);
}

void cli_print_json(FILE *to, struct capsa_text text)
{
	size_t used;

	fputc('"', to);
	for (size_t i = 0; i < text.size; i += used) {
		long point = next_code_point(text.data + i, text.size - i, &used);

		if (point < 0)
			fputs("\xef\xbf\xbd", to);
		else if (point == '"' || point == '\\')
			fprintf(to, "\\%c", (int)point);
		else if (is_harmful(point))
			fprintf(to, "\\u%04lx", (unsigned long)point);
		else
			fwrite(text.data + i, 1, used, to);
	}
	fputc('"', to);
}
