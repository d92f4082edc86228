/*
 * Articles from CSV: a header record with the names of fields, then a record for each article,
 * which becomes an object of text and goes the way of a line of JSONL.  An empty cell says nothing.
 */
#include "csv_reader.h"
#include "jsonl_line.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#define NAME_SHOWN 100 /* bytes of it, in messages */

static const char delimiters[] = {',', ';', '\t'};

struct column {
	size_t at, size; /* of the name in csv_rows.names */
	bool body; /* it may hold the body */
	bool location; /* it says where a redirect leads */
	bool list; /* a cell may hold several texts */
};

struct csv_rows {
	struct row_source base; /* first, so that one pointer is both */
	struct field_map map;
	size_t record_max;
	struct csv_reader reader;
	char delimiter; /* '\0': not found out yet */
	bool broken; /* what the header lacks */
	struct column *columns; /* owned; NULL: the header has not been read */
	size_t count;
	char *names; /* owned */
	char *object; /* owned */
};

static int fail(const struct csv_rows *in, struct foreign_error *why, const char *what)
{
	why->line = in->reader.line;
	snprintf(why->text, sizeof why->text, "%s", what);
	return -1;
}

static struct capsa_text name_of(const struct csv_rows *in, size_t column)
{
	return (struct capsa_text){in->names + in->columns[column].at, in->columns[column].size};
}

static bool is_word(struct capsa_text text, const char *word)
{
	return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

/* ---- the header ---- */

/* What the header that was read last has: the names for a body and for a path. */
static void look_for_names(const struct csv_rows *in, bool *body, bool *path)
{
	*body = *path = false;
	for (size_t i = 0; i < in->reader.count; i++) {
		struct capsa_text name = import_field_name(&in->map, csv_text(&in->reader, i));

		*body = *body || import_jsonl_is_body(name);
		*path = *path || import_jsonl_is_path(name);
	}
}

/*
 * The delimiter with which the header has the names that it needs, else the one that makes the most
 * columns.  '\0': none makes several.
 */
static char find_delimiter(struct csv_rows *in, FILE *file)
{
	struct foreign_error why;
	size_t most = 1;
	char best = '\0';

	for (size_t i = 0; i < sizeof delimiters; i++) {
		bool body, path;

		csv_begin(&in->reader, file, delimiters[i], in->record_max);
		if (csv_next(&in->reader, &why) <= 0)
			continue;
		look_for_names(in, &body, &path);
		if (body && path)
			return delimiters[i];
		if (in->reader.count > most) {
			most = in->reader.count;
			best = delimiters[i];
		}
	}
	return best;
}

static int compare_names(const void *a, const void *b)
{
	const struct capsa_text *x = a, *y = b;
	size_t shared = x->size < y->size ? x->size : y->size;
	int order = memcmp(x->data, y->data, shared);

	return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* Of two columns of one name one would hide the other; those without a name do not count. */
static int check_names(const struct csv_rows *in, struct foreign_error *why)
{
	struct capsa_text *names = calloc(in->count, sizeof *names);
	int result = names != NULL ? 1 : fail(in, why, "out of memory");

	for (size_t i = 0; result > 0 && i < in->count; i++)
		names[i] = name_of(in, i);
	if (result > 0)
		qsort(names, in->count, sizeof *names, compare_names);
	for (size_t i = 1; result > 0 && i < in->count; i++) {
		if (names[i].size == 0 || compare_names(&names[i - 1], &names[i]) != 0)
			continue;
		result = fail(in, why, "");
		snprintf(why->text, sizeof why->text, "two columns are %.*s",
		         names[i].size < NAME_SHOWN ? (int)names[i].size : NAME_SHOWN,
		         names[i].data);
	}
	free(names);
	return result;
}

/* Keep the names of the header that was read last. */
static bool take_columns(struct csv_rows *in)
{
	const struct csv_reader *reader = &in->reader;

	in->count = reader->count;
	in->names = malloc(reader->text.size + 1);
	in->columns = calloc(in->count, sizeof *in->columns);
	if (in->names == NULL || in->columns == NULL)
		return false;
	for (size_t i = 0; i < in->count; i++) {
		struct capsa_text text = csv_text(reader, i);
		struct capsa_text name = import_field_name(&in->map, text);

		memcpy(in->names + reader->cells[i].at, text.data, text.size);
		in->columns[i] = (struct column){.at = reader->cells[i].at,
		                                 .size = text.size,
		                                 .body = import_jsonl_is_body(name),
		                                 .location = is_word(name, "location"),
		                                 .list = import_field_is_list(name)};
	}
	return true;
}

/* 1, 0: there is none, or -1: *why. */
static int read_header(struct csv_rows *in, struct foreign_error *why)
{
	FILE *file = in->base.file;
	bool body, path;
	int got;

	if (in->delimiter == '\0')
		in->delimiter = find_delimiter(in, file);
	csv_begin(&in->reader, file, in->delimiter != '\0' ? in->delimiter : ',', in->record_max);
	got = csv_next(&in->reader, why);
	in->broken = true;
	if (got <= 0)
		return got;
	look_for_names(in, &body, &path);
	if (!body)
		return fail(in, why, "no column is text, body, content, html or body_base64");
	if (!path)
		return fail(in, why, "no column is path, id, url or link");
	if (!take_columns(in))
		return fail(in, why, "out of memory");
	if (check_names(in, why) < 0)
		return -1;
	in->broken = false;
	return 1;
}

/* ---- records ---- */

static void append_text(struct csv_rows *in, struct object *object, size_t column,
                        struct capsa_text text)
{
	struct json_text json = {0};

	import_json_string(&json, text);
	object->failed = object->failed || json.failed;
	if (!json.failed)
		import_object_append(object, name_of(in, column),
		                     (struct capsa_text){json.data, json.size});
	free(json.data);
}

/* What is before the separator, or all, without spaces around it. */
static struct capsa_text take_part(struct capsa_text *rest, char separator)
{
	const char *end = memchr(rest->data, separator, rest->size);
	struct capsa_text part = {rest->data,
	                          end != NULL ? (size_t)(end - rest->data) : rest->size};
	size_t whole = part.size + (end != NULL);

	*rest = (struct capsa_text){rest->data + whole, rest->size - whole};
	for (; part.size != 0 && part.data[0] == ' '; part.size--)
		part.data++;
	while (part.size != 0 && part.data[part.size - 1] == ' ')
		part.size--;
	return part;
}

/*
 * Append a cell that may hold several texts as an array of them, where they are separated by ';' or
 * else by '|', unless that is the delimiter.
 */
static void append_list(struct csv_rows *in, struct object *object, size_t column)
{
	struct capsa_text rest = csv_text(&in->reader, column);
	bool semicolon = in->delimiter != ';' && memchr(rest.data, ';', rest.size) != NULL;
	struct json_text json = {0};
	size_t parts = 0;

	if (!semicolon && memchr(rest.data, '|', rest.size) == NULL) {
		append_text(in, object, column, rest);
		return;
	}
	import_json_append(&json, "[", 1);
	while (rest.size != 0) {
		struct capsa_text part = take_part(&rest, semicolon ? ';' : '|');

		if (part.size == 0)
			continue;
		if (parts++ != 0)
			import_json_append(&json, ",", 1);
		import_json_string(&json, part);
	}
	import_json_append(&json, "]", 1);
	object->failed = object->failed || json.failed;
	if (!json.failed && parts != 0)
		import_object_append(object, name_of(in, column),
		                     (struct capsa_text){json.data, json.size});
	free(json.data);
}

/*
 * An empty cell says nothing.  But where no other says the body, it is empty if its cell is in
 * quotes, or if the article is a redirect, which has none.
 */
static void append_empty_body(struct csv_rows *in, struct object *object)
{
	bool redirect = false;

	for (size_t i = 0; i < in->count; i++)
		redirect = redirect || (in->columns[i].location && in->reader.cells[i].size != 0);
	for (size_t i = 0; i < in->count; i++) {
		if (!in->columns[i].body || !(redirect || in->reader.cells[i].quoted))
			continue;
		append_text(in, object, i, (struct capsa_text){"", 0});
		return;
	}
}

/* The record that was read last as an object.  -1: *why. */
static int make_object(struct csv_rows *in, struct capsa_text *out, struct foreign_error *why)
{
	struct object object = {0};
	bool body = false;
	size_t nameless = 0;

	for (size_t i = 0; i < in->count; i++) {
		const struct column *column = &in->columns[i];
		struct capsa_text cell = csv_text(&in->reader, i);

		if (cell.size == 0)
			continue;
		body = body || column->body;
		nameless += column->size == 0;
		if (column->list)
			append_list(in, &object, i);
		else
			append_text(in, &object, i, cell);
	}
	if (!body)
		append_empty_body(in, &object);
	free(in->object);
	in->object = import_object_write(&object, &out->size);
	out->data = in->object;
	import_object_release(&object);
	if (nameless > 1)
		return fail(in, why, "several cells are of columns without a name");
	return in->object != NULL ? 1 : fail(in, why, "out of memory");
}

static int csv_rows_next(struct row_source *rows, struct capsa_text *object,
                         struct foreign_error *why)
{
	struct csv_rows *in = (struct csv_rows *)rows;
	int got = in->broken ? 0 : 1;

	if (got > 0 && in->columns == NULL)
		got = read_header(in, why);
	if (got > 0)
		got = csv_next(&in->reader, why);
	rows->line = in->reader.line;
	rows->read = in->reader.read;
	if (got <= 0)
		return got;
	if (in->reader.count == in->count)
		return make_object(in, object, why);
	fail(in, why, "");
	snprintf(why->text, sizeof why->text, "%zu field%s, but the header has %zu",
	         in->reader.count, in->reader.count == 1 ? "" : "s", in->count);
	return -1;
}

static void release_columns(struct csv_rows *in)
{
	free(in->columns);
	free(in->names);
	in->columns = NULL;
	in->names = NULL;
}

/* The header is read again, too, so that what is wrong with it is said each time. */
static void csv_rows_rewind(struct row_source *rows)
{
	struct csv_rows *in = (struct csv_rows *)rows;

	release_columns(in);
	in->broken = false;
}

static void csv_rows_close(struct row_source *rows)
{
	struct csv_rows *in = (struct csv_rows *)rows;

	fclose(rows->file);
	csv_release(&in->reader);
	release_columns(in);
	free(in->object);
	free(in);
}

static struct row_source *csv_rows(FILE *file, const struct import_options *options)
{
	struct csv_rows *in = calloc(1, sizeof *in);

	if (in == NULL)
		return NULL;
	in->base = (struct row_source){.next = csv_rows_next,
	                               .empty_body = "; an empty one is \"\"",
	                               .rewind = csv_rows_rewind,
	                               .close = csv_rows_close,
	                               .file = file};
	in->map.items = options->map;
	in->record_max = ROW_SIZE_MAX;
	return &in->base;
}

/* ---- is it CSV? ---- */

static struct importer *import_csv(const struct import_input *input,
                                   const struct import_options *options)
{
	return import_rows(input, options, csv_rows);
}

/* Text whose first record names a body and what a path is made of. */
static bool is_csv(const char *name, struct capsa_text head, const struct import_options *options)
{
	struct csv_rows in = {.map = {options->map}, .record_max = IMPORT_HEAD_SIZE};
	bool body = false, path = false;
	FILE *file;

	(void)name;
	if (head.size == 0)
		return false;
	file = fmemopen((void *)(uintptr_t)head.data, head.size, "r");
	if (file == NULL)
		return false;
	if (find_delimiter(&in, file) != '\0')
		look_for_names(&in, &body, &path);
	csv_release(&in.reader);
	fclose(file);
	return body && path;
}

static const char *const names[] = {"csv", NULL};

const struct import_kind import_kind_csv = {
    .names = names, .is = is_csv, .open = import_csv, .piped = true};
