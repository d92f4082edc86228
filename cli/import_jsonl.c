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
	char *line; /* owned */
	size_t capacity;
	char *object; /* owned: the line as canonical JSON */
};

/* ---- lines ---- */

/*
 * What is up to a line feed, or the end; *whole is false where memory or ROW_SIZE_MAX allow no
 * more.  `c` is the first of it.
 */
static size_t read_line(FILE *file, int c, char **line, size_t *capacity, bool *whole)
{
	size_t size = 0;

	for (*whole = true; c != EOF; c = getc_unlocked(file)) {
		if (size == *capacity) {
			size_t more = size != 0 ? 2 * size : 4096;
			char *longer = more <= ROW_SIZE_MAX ? realloc(*line, more) : NULL;

			if (longer == NULL) {
				*whole = false;
				ungetc(c, file);
				break;
			}
			*line = longer;
			*capacity = more;
		}
		(*line)[size++] = (char)c;
		if (c == '\n')
			break;
	}
	return size;
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
	FILE *file = in->base.file;
	int c = in->broken ? EOF : getc_unlocked(file);
	bool whole = true;

	line->size = c != EOF ? read_line(file, c, &in->line, &in->capacity, &whole) : 0;
	line->data = in->line;
	if (!in->broken && ferror(file) != 0) {
		in->broken = true;
		why->line = 0;
		snprintf(why->text, sizeof why->text, "cannot be read: %s", strerror(errno));
		return -1;
	}
	if (line->size == 0)
		return 0;
	in->base.line++;
	in->base.read += line->size;
	if (!whole) {
		while ((c = getc_unlocked(file)) != EOF && c != '\n')
			in->base.read++;
		return fail(&in->base, why,
		            line->size == ROW_SIZE_MAX ? "the line is longer than 256 MiB"
		                                       : "out of memory");
	}
	if (in->base.line == 1 && line->size >= 3 && memcmp(line->data, "\xef\xbb\xbf", 3) == 0)
		*line = (struct capsa_text){in->line + 3, line->size - 3};
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
	in->broken = false;
}

static void jsonl_close(struct row_source *rows)
{
	struct jsonl_rows *in = (struct jsonl_rows *)rows;

	fclose(rows->file);
	free(in->line);
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
 * The first line that is not blank, if it begins like an object; the caller frees it.  NULL: it
 * does not, or it cannot be read, which is for an importer to report.
 */
static char *first_line(FILE *file, size_t *size)
{
	static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
	char *line = NULL;
	size_t capacity = 0, skipped = 0;
	int c = getc_unlocked(file);
	bool whole;

	while (skipped < sizeof mark && c == mark[skipped]) {
		c = getc_unlocked(file);
		skipped++;
	}
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		c = getc_unlocked(file);
	if (c != '{')
		return NULL;
	*size = read_line(file, c, &line, &capacity, &whole);
	if (whole)
		return line;
	free(line);
	return NULL;
}

/* One JSON document is an article; JSONL is known by its first line, however long. */
static bool is_jsonl(const char *name, struct capsa_text head, const struct import_options *options)
{
	size_t length = strlen(name);
	struct capsa_text line;
	char *text;
	bool found;
	FILE *file;

	(void)head;
	if (length >= 5 && strcmp(name + length - 5, ".json") == 0)
		return false;
	file = fopen(name, "re");
	if (file == NULL)
		return false;
	text = first_line(file, &line.size);
	line.data = text;
	found = text != NULL && is_article(line, options);
	free(text);
	fclose(file);
	return found;
}

static const char *const names[] = {"jsonl", NULL};

const struct import_kind import_kind_jsonl = {
    .names = names, .is = is_jsonl, .open = import_jsonl, .piped = true};
