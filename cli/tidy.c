/* Text of documents as a line of metadata has it: no control characters, white space single. */
#include "describe.h"

#include "fields.h"
#include "utf8.h"

#include <string.h>
#include <strings.h>

static bool is_white(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
	       (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

/*
 * Marks that turn the direction of text are no control characters here: titles in Arabic and Hebrew
 * need them, and whatever prints a title escapes them (text.c).
 */
static bool is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

size_t import_encode(uint32_t c, char out[4])
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

uint32_t import_character(struct capsa_text *text)
{
	uint32_t character = (unsigned char)text->data[0];
	size_t size = 1;

	if (character >= 0x80)
		character = 0xfffd;
	for (size_t i = 2; character == 0xfffd && i <= 4 && i <= text->size; i++) {
		if (capsa_utf8_valid(span_of(text->data, i)))
			character = capsa_utf8_next(span_of(text->data, i), &size);
	}
	text->data += size;
	text->size -= size;
	return character;
}

/* ---- titles ---- */

void import_title_put(struct title *title, uint32_t character)
{
	if (is_white(character)) {
		title->space = title->size != 0;
		return;
	}
	if (is_control(character))
		return;
	if (title->characters + title->space + 1 > TITLE_CHARACTERS) {
		title->over = true;
		return;
	}
	if (title->space) {
		title->text[title->size++] = ' ';
		title->characters++;
		title->space = false;
	}
	title->size += import_encode(character, title->text + title->size);
	title->characters++;
}

void import_title_add(struct title *title, struct capsa_text text)
{
	while (text.size != 0 && !title->over)
		import_title_put(title, import_character(&text));
}

bool import_title_of(struct title *title, struct capsa_text text)
{
	memset(title, 0, sizeof *title);
	import_title_add(title, text);
	return title_good(title);
}

void import_title_clear(struct title *title)
{
	title->size = title->characters = 0;
	title->space = title->over = false;
}

/* ---- texts of any length ---- */

void import_tidy(struct json_text *out, struct capsa_text text)
{
	bool space = false;
	char bytes[4];

	while (text.size != 0) {
		uint32_t c = import_character(&text);

		if (is_white(c)) {
			space = out->size != 0;
			continue;
		}
		if (is_control(c))
			continue;
		if (space)
			import_json_append(out, " ", 1);
		space = false;
		import_json_append(out, bytes, import_encode(c, bytes));
	}
}

/* ---- words ---- */

bool import_has_word(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = words; *at != '\0';) {
		size_t length = strcspn(at, " \t\n\f\r");

		if (length == size && strncasecmp(at, word, size) == 0)
			return true;
		at += length + (at[length] != '\0');
	}
	return false;
}
