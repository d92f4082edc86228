/* Articles from JSONL: one JSON object a line, with metadata and body. */
#include "jsonl_line.h"
#include "rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_MAX (1U << 20) /* bytes of a line in an archive */

struct jsonl_rows {
	struct row_source base; /* first, so that one pointer is both */
	bool broken; /* it cannot be read any further */
	struct json_text line;
	struct capsa_text piece; /* of a line, in the buffer: what was taken last */
	size_t at, size; /* what of the buffer was not taken: from, to */
	char buffer[1U << 16];
	char *object; /* owned: the line as canonical JSON */
};

/* ---- lines ---- */

/* What is next in the buffer, which is filled if need be, up to a line feed; false: nothing is. */
static bool take_piece(struct jsonl_rows *in)
{
	const char *from, *end;

	if (in->at == in->size) {
		in->at = 0;
		in->size = fread(in->buffer, 1, sizeof in->buffer, in->base.file);
	}
	from = in->buffer + in->at;
	end = memchr(from, '\n', in->size - in->at);
	in->piece = (struct capsa_text){from, in->size - in->at};
	if (end != NULL)
		in->piece.size = (size_t)(end + 1 - from);
	in->at += in->piece.size;
	in->base.read += in->piece.size;
	return in->piece.size != 0;
}

static bool ends_line(struct capsa_text piece)
{
	return piece.data[piece.size - 1] == '\n';
}

/*
 * Into in->line what is up to a line feed, or the end; false: nothing is.  *whole is false where
 * memory or ROW_SIZE_MAX allow no more of it.
 */
static bool read_line(struct jsonl_rows *in, bool *whole)
{
	bool more = take_piece(in), any = more;

	in->line.size = 0;
	in->line.failed = false;
	*whole = true;
	while (more) {
		*whole = in->piece.size <= ROW_SIZE_MAX - in->line.size;
		if (*whole)
			import_json_append(&in->line, in->piece.data, in->piece.size);
		*whole = *whole && !in->line.failed;
		more = *whole && !ends_line(in->piece) && take_piece(in);
	}
	return any;
}

static bool is_blank(struct capsa_text line)
{
	for (size_t i = 0; i < line.size; i++)
		if (strchr(" \t\r\n", line.data[i]) == NULL || line.data[i] == '\0')
			return false;
	return true;
}

static int fail(struct row_source *rows, struct foreign_error *why, const char *what)
{
	why->line = rows->line;
	snprintf(why->text, sizeof why->text, "%s", what);
	return -1;
}

/* The next line, which may be blank: 1, 0 at the end, -1: *why. */
static int next_line(struct jsonl_rows *in, struct capsa_text *line, struct foreign_error *why)
{
	bool whole, more = !in->broken && read_line(in, &whole);

	if (!in->broken && ferror(in->base.file) != 0) {
		in->broken = true;
		why->line = 0;
		snprintf(why->text, sizeof why->text, "cannot be read: %s", strerror(errno));
		return -1;
	}
	if (!more)
		return 0;
	in->base.line++;
	if (!whole) {
		while (!ends_line(in->piece) && take_piece(in))
			;
		return fail(&in->base, why,
		            in->line.failed ? "out of memory" : "the line is longer than 256 MiB");
	}
	*line = (struct capsa_text){in->line.data, in->line.size};
	if (in->base.line == 1 && line->size >= 3 && memcmp(line->data, "\xef\xbb\xbf", 3) == 0)
		*line = (struct capsa_text){line->data + 3, line->size - 3};
	return 1;
}

/*
 * Is there more than a metadata line could hold, without counting text?  Made into an object, it
 * would take twenty times its size.
 */
static bool is_too_much(struct capsa_text line)
{
	size_t size = 0;
	bool text = false;

	if (line.size <= METADATA_MAX)
		return false;
	for (size_t i = 0; i < line.size; i++) {
		char c = line.data[i];

		if (text && c == '\\')
			i++;
		else if (c == '"')
			text = !text;
		size += !text && c != ' ' && c != '\t';
	}
	return size > METADATA_MAX;
}

/* ---- rows ---- */

static int jsonl_next(struct row_source *rows, struct capsa_text *object, struct foreign_error *why)
{
	struct jsonl_rows *in = (struct jsonl_rows *)rows;
	struct capsa_text line;
	int got;

	do {
		got = next_line(in, &line, why);
	} while (got > 0 && is_blank(line));
	if (got <= 0)
		return got;
	free(in->object);
	in->object = NULL;
	if (is_too_much(line))
		return fail(rows, why, "the metadata are longer than 1 MiB");
	in->object = import_json(line, &object->size, why);
	object->data = in->object;
	why->line = rows->line;
	return in->object != NULL ? 1 : -1;
}

static void jsonl_rewind(struct row_source *rows)
{
	struct jsonl_rows *in = (struct jsonl_rows *)rows;

	rewind(rows->file);
	rows->line = 0;
	rows->read = 0;
	in->at = in->size = 0;
	in->broken = false;
}

static void jsonl_close(struct row_source *rows)
{
	struct jsonl_rows *in = (struct jsonl_rows *)rows;

	fclose(rows->file);
	free(in->line.data);
	free(in->object);
	free(in);
}

static struct row_source *jsonl_rows(FILE *file, const struct import_options *options)
{
	struct jsonl_rows *in = calloc(1, sizeof *in);

	(void)options;
	if (in == NULL)
		return NULL;
	in->base = (struct row_source){.next = jsonl_next,
	                               .rewind = jsonl_rewind,
	                               .close = jsonl_close,
	                               .empty_body = "",
	                               .file = file};
	return &in->base;
}

static struct importer *import_jsonl(const struct import_input *input,
                                     const struct import_options *options)
{
	return import_rows(input, options, jsonl_rows);
}

/* ---- is it JSONL? ---- */

/* Is this line an article: does it have a body, and a name? */
static bool is_article(struct capsa_text line, const struct import_options *options)
{
	const struct field_map map = {options->map};
	struct foreign_error why;
	struct members members = {0};
	struct capsa_text object;
	struct jsonl_body body;
	char *json = is_too_much(line) ? NULL : import_json(line, &object.size, &why);
	bool found;

	object.data = json;
	found = json != NULL && import_members_read(&members, object, &map) &&
	        import_jsonl_has_path(&members) && import_jsonl_find_body(&members, &body);
	import_members_release(&members);
	free(json);
	return found;
}

/*
 * The first line that is not blank, if it begins like an object.  False: it does not, or it cannot
 * be read, which is for an importer to report.
 */
static bool first_line(struct jsonl_rows *in)
{
	static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
	FILE *file = in->base.file;
	size_t skipped = 0;
	int c = getc_unlocked(file);
	bool whole;

	while (skipped < sizeof mark && c == mark[skipped]) {
		c = getc_unlocked(file);
		skipped++;
	}
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		c = getc_unlocked(file);
	return c == '{' && ungetc(c, file) == c && read_line(in, &whole) && whole;
}

/* One JSON document is an article; JSONL is known by its first line, however long. */
static bool is_jsonl(const char *name, struct capsa_text head, const struct import_options *options)
{
	size_t length = strlen(name);
	struct row_source *rows;
	struct jsonl_rows *in;
	bool found;
	FILE *file;

	(void)head;
	if (length >= 5 && strcmp(name + length - 5, ".json") == 0)
		return false;
	file = fopen(name, "re");
	if (file == NULL)
		return false;
	rows = jsonl_rows(file, options);
	if (rows == NULL) {
		fclose(file);
		return false;
	}
	in = (struct jsonl_rows *)rows;
	found = first_line(in) &&
	        is_article((struct capsa_text){in->line.data, in->line.size}, options);
	jsonl_close(rows);
	return found;
}

static const char *const names[] = {"jsonl", NULL};

const struct import_kind import_kind_jsonl = {
    .names = names, .is = is_jsonl, .open = import_jsonl, .piped = true};
