/*
 * The line before an ARC record: `URL address date type length`, in version 2 `URL address date
 * type result checksum location offset file length`.  An address may have spaces, and a type too.
 */
#include "warc_reader.h"

#include <string.h>

#define WORDS_MAX 64 /* of a line, from its end */

static bool is_digits(struct capsa_text word, size_t min)
{
	for (size_t i = 0; i < word.size; i++)
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
	return word.size >= min;
}

/* 127.0.0.1, ::1, or "-" where it was not known. */
static bool is_address(struct capsa_text word)
{
	bool mark = false;

	for (size_t i = 0; i < word.size; i++) {
		mark |= word.data[i] == '.' || word.data[i] == ':';
		if (strchr("0123456789abcdefABCDEF.:", word.data[i]) == NULL ||
		    word.data[i] == '\0')
			return word.size == 1 && word.data[0] == '-';
	}
	return mark;
}

/* The last words of a line, the last one first. */
static size_t split(struct capsa_text line, struct capsa_text words[WORDS_MAX])
{
	size_t count = 0, end = line.size;

	while (end != 0 && count < WORDS_MAX) {
		size_t begin = end;

		while (begin != 0 && line.data[begin - 1] != ' ')
			begin--;
		if (begin < end)
			words[count++] = (struct capsa_text){line.data + begin, end - begin};
		end = begin != 0 ? begin - 1 : 0;
	}
	return count;
}

bool import_arc_head(struct capsa_text line, unsigned version, struct arc_head *out)
{
	struct capsa_text words[WORDS_MAX];
	size_t count = split(line, words);
	size_t after = version == 2 ? 6 : 1; /* words behind the type */
	size_t at = after;

	/* The date stands right of the address and left of a type. */
	while (at + 2 < count && !(is_digits(words[at], 8) && is_address(words[at + 1])))
		at++;
	if (at + 2 >= count)
		return false;
	*out = (struct arc_head){.address = words[at + 1], .date = words[at], .length = words[0]};
	if (at > after) {
		const char *end = words[after].data + words[after].size;

		out->content_type.data = words[at - 1].data;
		out->content_type.size = (size_t)(end - words[at - 1].data);
	}
	out->uri.data = line.data;
	out->uri.size = (size_t)(out->address.data - line.data);
	out->uri = import_trim(out->uri);
	return memchr(out->uri.data, ':', out->uri.size) != NULL;
}
