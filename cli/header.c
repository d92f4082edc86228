#include "header.h"

#include "base.h"

#include <stdlib.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct capsa_text import_trim(struct capsa_text text)
{
	while (text.size != 0 && is_space(text.data[0])) {
		text.data++;
		text.size--;
	}
	while (text.size != 0 && is_space(text.data[text.size - 1]))
		text.size--;
	return text;
}

bool import_is_word(struct capsa_text text, const char *word)
{
	return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

void import_header_begin(struct header *header)
{
	header->size = 0;
	header->line = 0;
	header->count = 0;
	header->first = (struct capsa_text){"", 0};
}

static bool reserve(struct header *header, size_t size)
{
	size_t capacity = header->capacity != 0 ? header->capacity : 4096;
	char *text;

	if (size <= header->capacity)
		return true;
	while (capacity < size)
		capacity *= 2;
	text = realloc(header->text, capacity);
	if (text == NULL)
		return false;
	header->text = text;
	header->capacity = capacity;
	return true;
}

static enum header_status fail(struct capsa_error *err, const char *what)
{
	capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET, "%s", what);
	return HEADER_BAD;
}

enum header_status import_header_put(struct header *header, struct capsa_text *in,
                                     struct capsa_error *err)
{
	while (in->size != 0) {
		const char *end = memchr(in->data, '\n', in->size);
		size_t size = end != NULL ? (size_t)(end - in->data) + 1 : in->size;
		size_t line = header->size - header->line + size;
		const char *begin;

		if (line > IMPORT_HEADER_LINE_MAX)
			return fail(err, "a line of the header is longer than 64 KiB");
		if (size > IMPORT_HEADER_MAX - header->size)
			return fail(err, "the header is longer than 1 MiB");
		if (!reserve(header, header->size + size))
			return fail(err, "out of memory");
		memcpy(header->text + header->size, in->data, size);
		header->size += size;
		in->data += size;
		in->size -= size;
		if (end == NULL)
			break;
		begin = header->text + header->line;
		header->line = header->size;
		if (line == 1 || (line == 2 && begin[0] == '\r'))
			return HEADER_END;
	}
	return HEADER_MORE;
}

static struct header_field *add_field(struct header *header)
{
	if (header->count == header->room) {
		size_t room = header->room != 0 ? 2 * header->room : 32;
		struct header_field *fields = realloc(header->fields, room * sizeof *fields);

		if (fields == NULL)
			return NULL;
		header->fields = fields;
		header->room = room;
	}
	return &header->fields[header->count++];
}

/* The line end and the white space between the two make room for the one space. */
static void join(struct header *header, struct capsa_text more)
{
	struct capsa_text *value = &header->fields[header->count - 1].value;
	char *end = header->text + (value->data - header->text) + value->size;

	if (more.size == 0)
		return;
	if (value->size != 0) {
		*end++ = ' ';
		value->size++;
	} else {
		value->data = end;
	}
	memmove(end, more.data, more.size);
	value->size += more.size;
}

static bool parse_line(struct header *header, struct capsa_text line)
{
	struct capsa_text name = {line.data, 0}, value = import_trim(line);
	struct header_field *field;
	const char *colon;

	if (header->count != 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
		join(header, value);
		return true;
	}
	field = add_field(header);
	if (field == NULL)
		return false;
	colon = memchr(value.data, ':', value.size);
	if (colon != NULL) {
		name = (struct capsa_text){value.data, (size_t)(colon - value.data)};
		value = (struct capsa_text){colon + 1, value.size - name.size - 1};
	}
	*field = (struct header_field){import_trim(name), import_trim(value)};
	return true;
}

bool import_header_parse(struct header *header)
{
	bool first = true;

	for (size_t at = 0; at < header->size;) {
		const char *begin = header->text + at;
		const char *end = memchr(begin, '\n', header->size - at);
		size_t size = end != NULL ? (size_t)(end - begin) + 1 : header->size - at;
		struct capsa_text line = {begin, size};

		if (first)
			header->first = import_trim(line);
		else if (import_trim(line).size != 0 && !parse_line(header, line))
			return false;
		first = false;
		at += size;
	}
	return true;
}

bool import_header_find(const struct header *header, const char *name, struct capsa_text *value)
{
	*value = (struct capsa_text){"", 0};
	for (size_t i = 0; i < header->count; i++) {
		if (import_is_word(header->fields[i].name, name)) {
			*value = header->fields[i].value;
			return true;
		}
	}
	return false;
}

void import_header_release(struct header *header)
{
	free(header->text);
	free(header->fields);
	*header = (struct header){0};
}
