#include "csv_reader.h"

#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RAW_SIZE (1U << 16)
#define BUFFER_SIZE (3 * RAW_SIZE / 2) /* two bytes of UTF-16 are at most three of UTF-8 */
#define NO_BYTE (-1)

/* ---- bytes ---- */

static unsigned unit_at(const struct csv_reader *reader, size_t at)
{
	unsigned first = reader->raw[at], second = reader->raw[at + 1];

	return reader->encoding == CSV_UTF16_LE ? second << 8 | first : first << 8 | second;
}

static bool is_surrogate(unsigned unit, unsigned kind)
{
	return (unit & 0xfc00) == kind;
}

static void put_utf8(struct csv_reader *reader, unsigned c)
{
	static const unsigned char heads[] = {0, 0, 0xc0, 0xe0, 0xf0};
	unsigned size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	unsigned char *out = reader->buffer + reader->buffer_size;

	for (unsigned i = size; i-- > 1; c >>= 6)
		out[i] = (unsigned char)(0x80 | (c & 0x3f));
	out[0] = (unsigned char)(heads[size] | c);
	reader->buffer_size += size;
}

/* Read UTF-16 into the buffer, which is empty. */
static void fill_utf16(struct csv_reader *reader)
{
	size_t size = fread(reader->raw, 1, RAW_SIZE - 2, reader->file), at = 0;

	/* The other half of the last character. */
	if (size >= 2 && size % 2 == 0 && is_surrogate(unit_at(reader, size - 2), 0xd800))
		size += fread(reader->raw + size, 1, 2, reader->file);
	reader->read += size;
	while (at + 2 <= size) {
		unsigned c = unit_at(reader, at);

		at += 2;
		if (is_surrogate(c, 0xd800) && at + 2 <= size &&
		    is_surrogate(unit_at(reader, at), 0xdc00)) {
			c = 0x10000 + ((c & 0x3ff) << 10 | (unit_at(reader, at) & 0x3ff));
			at += 2;
		} else if ((c & 0xf800) == 0xd800) {
			reader->wrong = "is not UTF-16, though its byte order mark says so";
			return;
		}
		put_utf8(reader, c);
	}
	if (at != size)
		reader->wrong = "is not UTF-16, though its byte order mark says so";
}

static bool fill(struct csv_reader *reader)
{
	reader->buffer_at = reader->buffer_size = 0;
	if (reader->wrong != NULL)
		return false;
	if (reader->buffer == NULL)
		reader->buffer = malloc(BUFFER_SIZE);
	if (reader->encoding != CSV_UTF8 && reader->raw == NULL)
		reader->raw = malloc(RAW_SIZE);
	if (reader->buffer == NULL || (reader->encoding != CSV_UTF8 && reader->raw == NULL)) {
		reader->wrong = "out of memory";
		return false;
	}
	if (reader->encoding == CSV_UTF8) {
		reader->buffer_size = fread(reader->buffer, 1, BUFFER_SIZE, reader->file);
		reader->read += reader->buffer_size;
	} else {
		fill_utf16(reader);
	}
	if (ferror(reader->file) != 0)
		reader->wrong = strerror(errno);
	return reader->buffer_size != 0;
}

static int peek(struct csv_reader *reader)
{
	if (reader->buffer_at == reader->buffer_size && !fill(reader))
		return NO_BYTE;
	return reader->buffer[reader->buffer_at];
}

static int take(struct csv_reader *reader)
{
	int c = peek(reader);

	reader->buffer_at += c != NO_BYTE;
	/* A line ends with LF, CR LF or CR. */
	reader->next_line += c == '\n' || (c == '\r' && peek(reader) != '\n');
	return c;
}

void csv_begin(struct csv_reader *reader, FILE *file, char delimiter, size_t record_max)
{
	static const char marks[][4] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};
	char begin[3] = "";
	size_t size, mark = 0;

	rewind(file);
	size = fread(begin, 1, sizeof begin, file);
	for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (size < strlen(marks[i]) || memcmp(begin, marks[i], strlen(marks[i])) != 0)
			continue;
		mark = strlen(marks[i]);
		reader->encoding = (enum csv_encoding)i;
	}
	if (mark == 0)
		reader->encoding = CSV_UTF8;
	fseeko(file, (off_t)mark, SEEK_SET);
	reader->file = file;
	reader->delimiter = delimiter;
	reader->record_max = record_max;
	reader->line = 0;
	reader->next_line = 1;
	reader->read = mark;
	reader->broken = false;
	reader->wrong = NULL;
	reader->buffer_at = reader->buffer_size = 0;
}

void csv_release(struct csv_reader *reader)
{
	free(reader->cells);
	free(reader->text.data);
	free(reader->buffer);
	free(reader->raw);
	*reader = (struct csv_reader){0};
}

/* ---- records ---- */

static int fail(struct csv_reader *reader, struct foreign_error *why, const char *what)
{
	why->line = reader->line;
	snprintf(why->text, sizeof why->text, "%s", what);
	return -1;
}

/* There is no going on: what follows cannot be told from the inside of a cell. */
static int fail_for_good(struct csv_reader *reader, struct foreign_error *why, const char *what)
{
	reader->broken = true;
	return fail(reader, why, what);
}

/* There are no more bytes, in the middle of a record, for a reason that is not the end. */
static int fail_reading(struct csv_reader *reader, struct foreign_error *why)
{
	fail_for_good(reader, why, reader->wrong);
	if (ferror(reader->file) != 0) {
		why->line = 0;
		snprintf(why->text, sizeof why->text, "cannot be read: %s", reader->wrong);
	}
	return -1;
}

/* Go on behind the end of this line. */
static int fail_line(struct csv_reader *reader, struct foreign_error *why, const char *what)
{
	int c;

	do {
		c = take(reader);
	} while (c != NO_BYTE && c != '\n' && (c != '\r' || peek(reader) == '\n'));
	return fail(reader, why, what);
}

/* False: there are too many, or memory is out. */
static bool begin_cell(struct csv_reader *reader, bool quoted)
{
	if (reader->count == CSV_COLUMNS_MAX)
		return false;
	if (reader->count == reader->capacity) {
		size_t capacity = reader->capacity != 0 ? 2 * reader->capacity : 16;
		struct csv_cell *cells = reallocarray(reader->cells, capacity, sizeof *cells);

		if (cells == NULL) {
			reader->text.failed = true;
			return false;
		}
		reader->cells = cells;
		reader->capacity = capacity;
	}
	reader->cells[reader->count++] = (struct csv_cell){reader->text.size, 0, quoted};
	return true;
}

static bool is_line_end(int c)
{
	return c == '\n' || c == '\r' || c == NO_BYTE;
}

/* Append what is in the buffer up to a byte that may mean something. */
static void append_run(struct csv_reader *reader, bool quoted)
{
	const unsigned char *from = reader->buffer + reader->buffer_at;
	size_t size = 0, left = reader->buffer_size - reader->buffer_at;

	while (size < left && from[size] != '"' && from[size] != '\n' && from[size] != '\r' &&
	       (quoted || from[size] != (unsigned char)reader->delimiter))
		size++;
	import_json_append(&reader->text, (const char *)from, size);
	reader->buffer_at += size;
}

/* A cell without quotes, up to what ends it: 1, or -1. */
static int read_plain(struct csv_reader *reader, struct foreign_error *why)
{
	for (;;) {
		int c = peek(reader);

		if (is_line_end(c) || c == (unsigned char)reader->delimiter)
			return 1;
		if (c == '"')
			return fail_line(reader, why, "a quote in a cell that is not in quotes");
		append_run(reader, false);
		if (reader->text.size > reader->record_max)
			return fail_line(reader, why, "the record is too long");
	}
}

/* The same of a cell in quotes, behind the first of them. */
static int read_quoted(struct csv_reader *reader, struct foreign_error *why)
{
	for (;;) {
		int c = peek(reader);

		if (c == NO_BYTE && reader->wrong != NULL)
			return fail_reading(reader, why);
		if (c == NO_BYTE)
			return fail_for_good(reader, why, "a quote is not closed");
		if (c == '"') {
			take(reader);
			c = peek(reader);
			if (is_line_end(c) || c == (unsigned char)reader->delimiter)
				return 1;
			if (c != '"')
				return fail_line(reader, why, "text behind a closing quote");
		}
		if (c == '"' || c == '\n' || c == '\r') {
			char byte = (char)take(reader);

			import_json_append(&reader->text, &byte, 1);
		} else {
			append_run(reader, true);
		}
		if (reader->text.size > reader->record_max)
			return fail_for_good(reader, why,
			                     "the record is too long, or a quote is not closed");
	}
}

/* All cells, up to the line's end. */
static int read_cells(struct csv_reader *reader, struct foreign_error *why)
{
	int c, got;

	do {
		bool quoted = peek(reader) == '"';

		if (!begin_cell(reader, quoted))
			return fail_line(reader, why,
			                 reader->text.failed ? "out of memory"
			                                     : "more than 4096 columns");
		if (quoted)
			take(reader);
		got = quoted ? read_quoted(reader, why) : read_plain(reader, why);
		if (got < 0)
			return got;
		reader->cells[reader->count - 1].size =
		    reader->text.size - reader->cells[reader->count - 1].at;
		c = take(reader);
	} while (c == (unsigned char)reader->delimiter);
	if (c == '\r' && peek(reader) == '\n')
		take(reader);
	return c == NO_BYTE && reader->wrong != NULL ? fail_reading(reader, why) : 1;
}

struct capsa_text csv_text(const struct csv_reader *reader, size_t cell)
{
	static const char none[] = "";

	return (struct capsa_text){
	    reader->text.data != NULL ? reader->text.data + reader->cells[cell].at : none,
	    reader->cells[cell].size};
}

/* Cell by cell: the halves of a character may lie in two. */
static const char *find_fault(const struct csv_reader *reader)
{
	for (size_t i = 0; i < reader->count; i++) {
		struct capsa_text text = csv_text(reader, i);

		if (!capsa_utf8_valid(span_of(text.data, text.size)))
			return "is not UTF-8";
		if (memchr(text.data, 0, text.size) != NULL)
			return "holds U+0000, which is no text";
	}
	return NULL;
}

int csv_next(struct csv_reader *reader, struct foreign_error *why)
{
	const char *fault;
	int got;

	if (reader->broken)
		return 0;
	while (peek(reader) == '\n' || peek(reader) == '\r')
		take(reader);
	reader->line = reader->next_line;
	reader->count = 0;
	reader->text.size = 0;
	if (peek(reader) == NO_BYTE)
		return reader->wrong != NULL ? fail_reading(reader, why) : 0;
	got = read_cells(reader, why);
	if (got < 0)
		return got;
	if (reader->text.failed)
		return fail_for_good(reader, why, "out of memory");
	fault = find_fault(reader);
	return fault == NULL ? 1 : fail(reader, why, fault);
}
