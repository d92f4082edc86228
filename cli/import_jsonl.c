/*
 * Articles from JSONL: one JSON object a line, with metadata and body.
 *
 * The input is read twice.  An identifier or an address may be a directory of others ("news" and
 * "news/flood"), which files cannot be; so the first reading collects the directories of all paths,
 * and in the second a path that is one of them gets "%-" at its end.
 */
#include "jsonl_line.h"
#include "path_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char no_body[] = "there is no text, body, content, html or body_base64";

#define FIRST_LINE_MAX (256U << 20) /* a longer first line is no JSONL, unless --from says so */

struct jsonl_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	struct field_map map;
	const char *name; /* borrowed: what the user calls the input */
	FILE *file; /* owned, seekable */
	bool broken; /* it cannot be read any further, which was reported */
	struct path_set directories; /* of all paths */

	/* The line, and the article in it. */
	char *line; /* owned, as getline keeps it */
	size_t line_capacity;
	size_t number; /* of the line, from 1 */
	uint64_t read; /* bytes so far */
	char *object; /* owned: the line as canonical JSON */
	char *path; /* owned */
	char *body; /* owned */
	struct capsa_metadata *metadata;
};

/* ---- lines ---- */

static int complain(struct jsonl_importer *in, const char *what)
{
	import_complain(in->options->complaints, in->name, in->number, "%s", cli_quote(what));
	return -1;
}

static bool is_blank(struct capsa_text line)
{
	for (size_t i = 0; i < line.size; i++)
		if (strchr(" \t\r\n", line.data[i]) == NULL || line.data[i] == '\0')
			return false;
	return true;
}

/* The next line, which may be blank: 1, 0 at the end, -1 complained. */
static int next_line(struct jsonl_importer *in, struct capsa_text *line)
{
	ssize_t got;

	errno = 0;
	got = in->broken ? -1 : getline(&in->line, &in->line_capacity, in->file);
	if (got < 0) {
		if (in->broken || (ferror(in->file) == 0 && errno != ENOMEM))
			return 0;
		in->broken = true;
		import_complain(in->options->complaints, in->name, 0, "cannot be read: %s",
		                strerror(errno));
		return -1;
	}
	*line = (struct capsa_text){in->line, (size_t)got};
	in->read += line->size;
	if (in->number++ == 0 && line->size >= 3 && memcmp(line->data, "\xef\xbb\xbf", 3) == 0)
		*line = (struct capsa_text){in->line + 3, (size_t)got - 3};
	return 1;
}

/* The next line that is not blank, as canonical JSON: 1, 0 at the end, -1 complained. */
static int next_object(struct jsonl_importer *in, struct capsa_text *object)
{
	struct foreign_error why;
	struct capsa_text line;
	int got;

	do {
		got = next_line(in, &line);
	} while (got > 0 && is_blank(line));
	if (got <= 0)
		return got;
	free(in->object);
	in->object = import_json(line, &object->size, &why);
	object->data = in->object;
	return in->object != NULL ? 1 : complain(in, why.text);
}

/* ---- the importer ---- */

static bool set_path(struct jsonl_importer *in, struct capsa_text object)
{
	struct capsa_error err = {.text = "out of memory"};
	char *longer;

	free(in->path);
	in->path = import_jsonl_path(object, &in->map, &err);
	if (in->path != NULL && import_paths_has(&in->directories, in->path, strlen(in->path))) {
		if (asprintf(&longer, "%s%%-", in->path) < 0)
			longer = NULL;
		free(in->path);
		in->path = longer;
	}
	if (in->path != NULL && capsa_path_check(in->path, strlen(in->path), &err) == CAPSA_OK)
		return true;
	complain(in, err.text);
	return false;
}

/* Body and metadata of the line. */
static bool set_article(struct jsonl_importer *in, struct capsa_text object,
                        struct import_article *out)
{
	struct capsa_error err = {.text = "out of memory"};
	struct jsonl_body body;
	size_t size;

	*out = (struct import_article){
	    .path = in->path, .origin = in->name, .line = in->number, .witness = in->name};
	if (!import_jsonl_find_body(object, &in->map, &body)) {
		complain(in, no_body);
		return false;
	}
	free(in->body);
	in->body = import_jsonl_read_body(&body, &size, &err);
	capsa_metadata_free(in->metadata);
	in->metadata = capsa_metadata_new();
	out->metadata = in->metadata;
	if (in->body != NULL && in->metadata != NULL) {
		out->body = capsa_source_memory(in->body, size);
		if (import_jsonl_metadata(object, &in->map, &body, out, &err) == CAPSA_OK)
			return true;
	}
	complain(in, err.text);
	return false;
}

static int jsonl_next(struct importer *importer, struct import_article *out)
{
	struct jsonl_importer *in = (struct jsonl_importer *)importer;
	struct capsa_text object;
	int got;

	do {
		got = next_object(in, &object);
		if (got <= 0)
			return got;
		if (!set_path(in, object))
			return -1;
	} while (!import_wanted(in->options, in->path));
	return set_article(in, object, out) ? 1 : -1;
}

/* The body was in memory: it cannot have changed. */
static bool jsonl_settle(struct importer *importer)
{
	(void)importer;
	return true;
}

static void jsonl_rewind(struct importer *importer)
{
	struct jsonl_importer *in = (struct jsonl_importer *)importer;

	rewind(in->file);
	in->number = 0;
	in->read = 0;
	in->broken = false;
}

static void jsonl_close(struct importer *importer)
{
	struct jsonl_importer *in = (struct jsonl_importer *)importer;

	if (in == NULL)
		return;
	if (in->file != NULL)
		fclose(in->file);
	import_paths_release(&in->directories);
	free(in->line);
	free(in->object);
	free(in->path);
	free(in->body);
	capsa_metadata_free(in->metadata);
	free(in);
}

/* ---- before packing ---- */

/* Of one line the directories of its path, and whether it can be packed. */
static void survey_line(struct jsonl_importer *in, struct capsa_text object)
{
	struct capsa_error err = {0};
	struct jsonl_body body;
	char *path = import_jsonl_path(object, &in->map, &err);

	if (path == NULL) {
		complain(in, err.text);
		return;
	}
	import_paths_add_above(&in->directories, path);
	if (import_wanted(in->options, path)) {
		if (import_jsonl_find_body(object, &in->map, &body))
			in->base.total_bytes += import_jsonl_body_size(&body);
		else
			complain(in, no_body);
	}
	free(path);
}

/* The first reading. */
static bool survey(struct jsonl_importer *in)
{
	struct import_complaints *complaints = in->options->complaints;
	unsigned before = complaints->count;
	bool muted = import_complaints_mute(complaints);
	struct capsa_text object;
	struct stat status;
	int got;

	cli_progress_start("look",
	                   fstat(fileno(in->file), &status) == 0 ? (uint64_t)status.st_size : 0);
	while (cli_signal == 0 && (got = next_object(in, &object)) != 0) {
		if (got > 0)
			survey_line(in, object);
		cli_progress_step(in->number, in->read);
	}
	cli_progress_end();
	import_complaints_resume(complaints, muted);
	if (in->directories.failed)
		cli_error("out of memory");
	return complaints->count == before && !in->directories.failed && cli_signal == 0;
}

/* An unlinked file. */
static FILE *temporary_file(const char *directory)
{
	char *name = NULL;
	FILE *file = NULL;
	int fd;

	if (directory == NULL)
		directory = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
	if (asprintf(&name, "%s/capsa-XXXXXX", directory) < 0)
		return NULL;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0) {
		unlink(name);
		file = fdopen(fd, "w+");
		if (file == NULL)
			close(fd);
	}
	free(name);
	return file;
}

/* A pipe is copied, to be read twice.  NULL: complained, or a signal came. */
static FILE *spool(FILE *pipe, const char *name, const struct import_options *options)
{
	FILE *file = temporary_file(options->temporary_directory);
	char piece[1U << 16];
	size_t got;

	if (file == NULL) {
		import_complain(options->complaints, name, 0,
		                "cannot be read into a temporary file: %s", strerror(errno));
		return NULL;
	}
	while (cli_signal == 0 && (got = fread(piece, 1, sizeof piece, pipe)) > 0)
		if (fwrite(piece, 1, got, file) != got)
			break;
	if (cli_signal == 0 && ferror(pipe) == 0 && ferror(file) == 0 && fflush(file) == 0) {
		rewind(file);
		return file;
	}
	if (cli_signal == 0)
		import_complain(options->complaints, name, 0,
		                "cannot be read into a temporary file: %s", strerror(errno));
	fclose(file);
	return NULL;
}

/* Where it is read from, seekable; NULL: complained, or a signal came. */
static FILE *open_input(const struct import_input *input, const char *name,
                        const struct import_options *options)
{
	FILE *in = strcmp(input->path, "-") == 0 ? stdin : fopen(input->file, "re"), *copy;
	struct stat status;

	if (in == NULL || fstat(fileno(in), &status) != 0) {
		import_complain(options->complaints, name, 0, "cannot be read: %s",
		                strerror(errno));
		if (in != NULL)
			fclose(in);
		return NULL;
	}
	if (S_ISREG(status.st_mode) && lseek(fileno(in), 0, SEEK_CUR) == 0)
		return in;
	copy = spool(in, name, options);
	fclose(in);
	return copy;
}

static struct importer *import_jsonl(const struct import_input *input,
                                     const struct import_options *options)
{
	struct jsonl_importer *in = calloc(1, sizeof *in);

	if (in == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	in->base = (struct importer){.next = jsonl_next,
	                             .settle = jsonl_settle,
	                             .rewind = jsonl_rewind,
	                             .close = jsonl_close};
	in->options = options;
	in->map.items = options->map;
	in->name = strcmp(input->path, "-") == 0 ? "standard input" : input->file;
	in->file = open_input(input, in->name, options);
	if (in->file == NULL || !survey(in)) {
		jsonl_close(&in->base);
		return NULL;
	}
	jsonl_rewind(&in->base);
	return &in->base;
}

/* ---- is it JSONL? ---- */

/* Is this line an article: does it have a body, and a name? */
static bool is_article(struct capsa_text line, const struct import_options *options)
{
	const struct field_map map = {options->map};
	struct foreign_error why;
	struct capsa_text object;
	struct jsonl_body body;
	char *json = import_json(line, &object.size, &why);
	bool found;

	object.data = json;
	found = json != NULL && import_jsonl_has_path(object, &map) &&
	        import_jsonl_find_body(object, &map, &body);
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

	while (skipped < sizeof mark && c == mark[skipped]) {
		c = getc_unlocked(file);
		skipped++;
	}
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		c = getc_unlocked(file);
	if (c != '{')
		return NULL;
	for (*size = 0; c != EOF && c != '\n'; c = getc_unlocked(file)) {
		if (*size == capacity) {
			char *longer;

			capacity = capacity != 0 ? 2 * capacity : 4096;
			longer = capacity <= FIRST_LINE_MAX ? realloc(line, capacity) : NULL;
			if (longer == NULL) {
				free(line);
				return NULL;
			}
			line = longer;
		}
		line[(*size)++] = (char)c;
	}
	return line;
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

const struct import_kind import_kind_jsonl = {names, is_jsonl, import_jsonl};
