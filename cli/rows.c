/*
 * Articles from objects that have metadata and body.
 *
 * The input is read twice.  An identifier or an address may be a directory of others ("news" and
 * "news/flood"), which files cannot be; so the first reading collects the directories of all paths,
 * and in the second a path that is one of them gets "%-" at its end.
 */
#include "rows.h"

#include "jsonl_line.h"
#include "path_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rows_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	struct field_map map;
	const char *name; /* borrowed: what the user calls the input */
	struct row_source *rows; /* owned */
	struct path_set directories; /* of all paths */

	/* The article of an object. */
	struct members members; /* borrow from the object */
	char *path; /* owned */
	char *body; /* owned */
	struct capsa_metadata *metadata; /* owned */
};

static int complain(struct rows_importer *in, const char *what)
{
	import_complain(in->options->complaints, in->name, in->rows->line, "%s", cli_quote(what));
	return -1;
}

static int complain_body(struct rows_importer *in)
{
	char what[128];

	snprintf(what, sizeof what, "there is no text, body, content, html or body_base64%s",
	         in->rows->empty_body);
	return complain(in, what);
}

/* The members of the next object: 1, 0 at the end, -1 complained. */
static int next_object(struct rows_importer *in)
{
	struct foreign_error why = {0};
	struct capsa_text object;
	int got = in->rows->next(in->rows, &object, &why);

	if (got < 0)
		import_complain(in->options->complaints, in->name, why.line, "%s",
		                cli_quote(why.text));
	if (got > 0 && !import_members_read(&in->members, object, &in->map))
		return complain(in, "out of memory");
	return got;
}

/* ---- the importer ---- */

static bool set_path(struct rows_importer *in)
{
	struct capsa_error err = {.text = "out of memory"};
	char *longer;

	free(in->path);
	in->path = import_jsonl_path(&in->members, &err);
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

/* Body and metadata of the object. */
static bool set_article(struct rows_importer *in, struct import_article *out)
{
	struct capsa_error err = {.text = "out of memory"};
	struct jsonl_body body;
	size_t size;

	*out = (struct import_article){
	    .path = in->path, .origin = in->name, .line = in->rows->line, .witness = in->name};
	if (!import_jsonl_find_body(&in->members, &body)) {
		complain_body(in);
		return false;
	}
	free(in->body);
	in->body = import_jsonl_read_body(&body, &size, &err);
	capsa_metadata_free(in->metadata);
	in->metadata = capsa_metadata_new();
	out->metadata = in->metadata;
	if (in->body != NULL && in->metadata != NULL) {
		out->body = capsa_source_memory(in->body, size);
		if (import_jsonl_metadata(&in->members, &body, out, &err) == CAPSA_OK)
			return true;
	}
	complain(in, err.text);
	return false;
}

static int rows_next(struct importer *importer, struct import_article *out)
{
	struct rows_importer *in = (struct rows_importer *)importer;
	int got;

	do {
		got = next_object(in);
		if (got <= 0)
			return got;
		if (!set_path(in))
			return -1;
	} while (!import_wanted(in->options, in->path));
	return set_article(in, out) ? 1 : -1;
}

/* The body was in memory: it cannot have changed. */
static bool rows_settle(struct importer *importer)
{
	(void)importer;
	return true;
}

static void rows_rewind(struct importer *importer)
{
	struct rows_importer *in = (struct rows_importer *)importer;

	in->rows->rewind(in->rows);
}

static void rows_close(struct importer *importer)
{
	struct rows_importer *in = (struct rows_importer *)importer;

	if (in->rows != NULL)
		in->rows->close(in->rows);
	import_paths_release(&in->directories);
	import_members_release(&in->members);
	free(in->path);
	free(in->body);
	capsa_metadata_free(in->metadata);
	free(in);
}

/* ---- before packing ---- */

/* Of one object the directories of its path, and whether it can be packed. */
static void survey_object(struct rows_importer *in)
{
	struct capsa_error err = {0};
	struct jsonl_body body;
	char *path = import_jsonl_path(&in->members, &err);

	if (path == NULL) {
		complain(in, err.text);
		return;
	}
	import_paths_add_above(&in->directories, path);
	if (import_wanted(in->options, path)) {
		if (import_jsonl_find_body(&in->members, &body))
			in->base.total_bytes += import_jsonl_body_size(&body);
		else
			complain_body(in);
	}
	free(path);
}

/* The first reading. */
static bool survey(struct rows_importer *in)
{
	struct import_complaints *complaints = in->options->complaints;
	unsigned before = complaints->count;
	bool muted = import_complaints_mute(complaints);
	struct stat status;
	int got;

	cli_progress_start(
	    "look", fstat(fileno(in->rows->file), &status) == 0 ? (uint64_t)status.st_size : 0);
	while (cli_signal == 0 && (got = next_object(in)) != 0) {
		if (got > 0)
			survey_object(in);
		cli_progress_step(in->rows->line, in->rows->read);
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

struct importer *import_rows(const struct import_input *input, const struct import_options *options,
                             struct row_source *(*open)(FILE *file,
                                                        const struct import_options *options))
{
	const char *name = strcmp(input->path, "-") == 0 ? "standard input" : input->file;
	struct rows_importer *in = calloc(1, sizeof *in);
	FILE *file = in != NULL ? open_input(input, name, options) : NULL;

	if (file != NULL)
		in->rows = open(file, options);
	if (in == NULL || (file != NULL && in->rows == NULL)) {
		cli_error("out of memory");
		if (file != NULL)
			fclose(file);
		free(in);
		return NULL;
	}
	in->base = (struct importer){
	    .next = rows_next, .settle = rows_settle, .rewind = rows_rewind, .close = rows_close};
	in->options = options;
	in->map.items = options->map;
	in->name = name;
	if (in->rows == NULL || !survey(in)) {
		rows_close(&in->base);
		return NULL;
	}
	rows_rewind(&in->base);
	return &in->base;
}
