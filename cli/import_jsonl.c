/*
 * Articles from JSONL: one JSON object a line, with metadata and body.
 *
 * The input is read twice.  An identifier or an address may be a directory of others ("news" and
 * "news/flood"), which files cannot be; so the first reading collects the directories of all paths,
 * and in the second a path that is one of them gets "%-" at its end.
 */
#include "fields.h"
#include "import.h"
#include "path_set.h"

#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct jsonl_importer {
	struct importer base;           /* first, so that one pointer is both */
	const struct import_options *options;
	struct field_map map;
	const char *name;               /* borrowed: what the user calls the input */
	FILE *file;                     /* owned, seekable */
	bool broken;                    /* it cannot be read any further, which was reported */
	struct path_set directories;    /* of all paths */

	/* The line, and the article in it. */
	char *line;                     /* owned, as getline keeps it */
	size_t line_capacity;
	size_t number;                  /* of the line, from 1 */
	uint64_t read;                  /* bytes so far */
	char *object;                   /* owned: the line as canonical JSON */
	char *path;                     /* owned */
	char *body;                     /* owned */
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

/* ---- paths ---- */

static bool is_text(struct capsa_text json)
{
	return json.size > 2 && json.data[0] == '"';
}

/* A text that is not empty, or a number: what can be a name. */
static bool is_name(struct capsa_text json)
{
	return is_text(json) ||
	       (json.size != 0 &&
	        (json.data[0] == '-' || (json.data[0] >= '0' && json.data[0] <= '9')));
}

enum path_field { FIELD_PATH, FIELD_ID, FIELD_URL, FIELD_LINK, FIELD_NONE };

/* The field that gives the path: `path`, else `id`, else the address. */
static enum path_field find_name(struct capsa_text object, const struct field_map *map,
                                 struct member *out)
{
	static const char *const names[] = {"path", "id", "url", "link"};
	unsigned field = FIELD_PATH;

	while (field < FIELD_NONE &&
	       (!import_field(object, map, names[field], out) || !is_name(out->value)))
		field++;
	return field;
}

/* The path of the article in a line, which the caller frees; NULL: complained. */
static char *find_path(struct jsonl_importer *in, struct capsa_text object)
{
	struct capsa_error err = {0};
	struct capsa_text text;
	struct member member;
	enum path_field field = find_name(object, &in->map, &member);
	char *name, *path;
	bool changed;

	if (field == FIELD_NONE) {
		complain(in, "there is no path, id or url");
		return NULL;
	}
	name = import_field_text(member.value, &text);
	path = name == NULL ? NULL
	       : field >= FIELD_URL ? import_path_of_url(text.data, text.size)
	                            : import_path_of_name(text.data, text.size, &changed);
	free(name);
	if (path == NULL) {
		complain(in, "out of memory");
	} else if (capsa_path_check(path, strlen(path), &err) != CAPSA_OK) {
		complain(in, err.text);
		free(path);
		path = NULL;
	}
	return path;
}

static bool set_path(struct jsonl_importer *in, struct capsa_text object)
{
	struct capsa_error err = {0};
	char *path = find_path(in, object), *longer;

	free(in->path);
	in->path = path;
	if (path == NULL || !path_set_has(&in->directories, path, strlen(path)))
		return path != NULL;
	if (asprintf(&longer, "%s%%-", path) < 0) {
		complain(in, "out of memory");
		return false;
	}
	free(path);
	in->path = longer;
	if (capsa_path_check(longer, strlen(longer), &err) == CAPSA_OK)
		return true;
	complain(in, err.text);
	return false;
}

/* ---- bodies ---- */

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* In place; false: it is no base64. */
static bool decode_base64(char *text, size_t *size)
{
	size_t out = 0, digits = 0, padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < *size; i++) {
		int digit = base64_digit(text[i]);

		if (text[i] == '=') {
			padding++;
			continue;
		}
		if (digit < 0 || padding != 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		digits++;
		if (digits % 4 != 1)
			text[out++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	*size = out;
	return digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0) && padding <= 2;
}

/* The field that holds the body. */
static bool find_body(struct capsa_text object, const struct field_map *map, struct member *out,
                      const char **name)
{
	static const char *const names[] = {"body_base64", "text", "body", "content", "html"};

	for (unsigned i = 0; i < 5; i++) {
		*name = names[i];
		if (import_field(object, map, names[i], out) && out->value.data[0] == '"')
			return true;
	}
	return false;
}

static bool is_base64(const char *name)
{
	return strcmp(name, "body_base64") == 0;
}

/* How large the body is, about: for progress. */
static uint64_t body_size(const struct jsonl_importer *in, struct capsa_text object)
{
	struct member member;
	const char *name;

	if (!find_body(object, &in->map, &member, &name))
		return 0;
	return is_base64(name) ? member.value.size / 4 * 3 : member.value.size - 2;
}

static bool set_body(struct jsonl_importer *in, struct capsa_text object, struct member *field,
                     const char **name, struct capsa_source *body)
{
	struct capsa_text text;

	if (!find_body(object, &in->map, field, name)) {
		complain(in, "there is no text, body, content, html or body_base64");
		return false;
	}
	free(in->body);
	in->body = import_field_text(field->value, &text);
	if (in->body == NULL) {
		complain(in, "out of memory");
		return false;
	}
	if (is_base64(*name) && !decode_base64(in->body, &text.size)) {
		complain(in, "body_base64 is no base64");
		return false;
	}
	*body = capsa_source_memory(in->body, text.size);
	return true;
}

/* ---- metadata ---- */

/* Where the keys begin of members that import_fields is not to take. */
struct passed {
	const char *keys[8];
	size_t count;
};

static void pass(struct passed *passed, const struct member *member)
{
	passed->keys[passed->count++] = member->key.data;
}

static enum capsa_status set_text(struct jsonl_importer *in, const char *key, struct capsa_text json,
                                  bool append, struct capsa_error *err)
{
	struct capsa_text text;
	char *room = import_field_text(json, &text);
	enum capsa_status st;

	if (room == NULL)
		return capsa_fail_memory(err);
	st = append ? capsa_metadata_append(in->metadata, key, text.data, text.size, err)
	            : capsa_metadata_set(in->metadata, key, text.data, text.size, err);
	free(room);
	return st;
}

/* `path`, and the name it was made of where that is not kept otherwise. */
static enum capsa_status take_path(struct jsonl_importer *in, struct capsa_text object,
                                   struct passed *passed, struct object *extra,
                                   struct capsa_error *err)
{
	struct capsa_text text;
	struct member member;
	char *name;

	if (import_field(object, &in->map, "path", &member) && is_name(member.value)) {
		name = import_field_text(member.value, &text);
		if (name == NULL)
			return capsa_fail_memory(err);
		if (strcmp(name, in->path) != 0)
			import_original(extra, text.data, text.size);
		free(name);
		pass(passed, &member);
	}
	return capsa_metadata_set(in->metadata, "path", in->path, strlen(in->path), err);
}

/* `id` is an identifier; beside another it is kept as it is. */
static enum capsa_status take_identifier(struct jsonl_importer *in, struct capsa_text object,
                                         struct passed *passed, struct capsa_error *err)
{
	struct member id, other;

	if (!import_field(object, &in->map, "id", &id) || !is_name(id.value) ||
	    import_field(object, &in->map, "identifier", &other))
		return CAPSA_OK;
	pass(passed, &id);
	return set_text(in, "identifier", id.value, true, err);
}

/* What an archive said of the body; with a digest of another kind they are fields like others. */
static void take_facts(struct jsonl_importer *in, struct capsa_text object, struct passed *passed,
                       struct import_article *out)
{
	static const char kind[] = "\"blake2b-256:";
	struct member path, size, digest;

	if (!import_field(object, &in->map, "digest", &digest) ||
	    digest.value.size < sizeof kind - 1 ||
	    memcmp(digest.value.data, kind, sizeof kind - 1) != 0)
		return;
	pass(passed, &digest);
	out->digest = digest.value;
	if (!import_field(object, &in->map, "size", &size))
		return;
	pass(passed, &size);
	out->size = size.value;
	out->complete = import_field(object, &in->map, "path", &path) && is_text(path.value);
}

/* Where a redirect leads; an article with a body cannot say it. */
static enum capsa_status take_location(struct jsonl_importer *in, struct capsa_text object,
                                       const struct capsa_source *body, struct passed *passed,
                                       struct capsa_error *err)
{
	struct member member;

	if (body->size != 0 || !import_field(object, &in->map, "location", &member) ||
	    !is_text(member.value))
		return CAPSA_OK;
	pass(passed, &member);
	return set_text(in, "location", member.value, false, err);
}

static bool describe(struct jsonl_importer *in, struct capsa_text object,
                     const struct member *body_field, const char *body_name,
                     struct import_article *out)
{
	struct object extra = {0};
	struct passed passed = {0};
	struct capsa_error err = {.text = "out of memory"};
	enum capsa_status st;

	capsa_metadata_free(in->metadata);
	in->metadata = capsa_metadata_new();
	st = in->metadata != NULL ? CAPSA_OK : CAPSA_ENOMEM;
	pass(&passed, body_field);
	take_facts(in, object, &passed, out);
	if (st == CAPSA_OK)
		st = take_path(in, object, &passed, &extra, &err);
	if (st == CAPSA_OK)
		st = take_identifier(in, object, &passed, &err);
	if (st == CAPSA_OK)
		st = take_location(in, object, &out->body, &passed, &err);
	if (st == CAPSA_OK)
		st = import_fields(in->metadata, &extra, object, &in->map, passed.keys, &err);
	if (st == CAPSA_OK && strcmp(body_name, "html") == 0 &&
	    !capsa_metadata_has(in->metadata, "format"))
		st = capsa_metadata_set(in->metadata, "format", "text/html", 9, &err);
	if (st == CAPSA_OK)
		st = import_extra(in->metadata, &extra, &err);
	import_object_release(&extra);
	if (st != CAPSA_OK)
		complain(in, err.text);
	return st == CAPSA_OK;
}

/* ---- the importer ---- */

static int jsonl_next(struct importer *importer, struct import_article *out)
{
	struct jsonl_importer *in = (struct jsonl_importer *)importer;
	struct capsa_text object;
	struct member body_field;
	const char *body_name;
	int got;

	do {
		got = next_object(in, &object);
		if (got <= 0)
			return got;
		if (!set_path(in, object))
			return -1;
	} while (!import_wanted(in->options, in->path));
	*out = (struct import_article){.origin = in->name, .line = in->number, .witness = in->name};
	if (!set_body(in, object, &body_field, &body_name, &out->body) ||
	    !describe(in, object, &body_field, body_name, out))
		return -1;
	out->path = in->path;
	out->metadata = in->metadata;
	return 1;
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
	path_set_release(&in->directories);
	free(in->line);
	free(in->object);
	free(in->path);
	free(in->body);
	capsa_metadata_free(in->metadata);
	free(in);
}

/* ---- before packing ---- */

/* The first reading: the directories of all paths, and what cannot be packed. */
static bool survey(struct jsonl_importer *in)
{
	struct import_complaints *complaints = in->options->complaints;
	unsigned before = complaints->count;
	bool muted = import_complaints_mute(complaints);
	struct capsa_text object;
	struct stat status;
	struct member body;
	const char *name;
	int got;

	cli_progress_start("look", fstat(fileno(in->file), &status) == 0 ? (uint64_t)status.st_size
	                                                                 : 0);
	while (cli_signal == 0 && (got = next_object(in, &object)) != 0) {
		char *path = got > 0 ? find_path(in, object) : NULL;

		if (path != NULL)
			path_set_add_above(&in->directories, path);
		if (path != NULL && import_wanted(in->options, path)) {
			if (!find_body(object, &in->map, &body, &name))
				complain(in, "there is no text, body, content, html or body_base64");
			in->base.total_bytes += body_size(in, object);
		}
		free(path);
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
		import_complain(options->complaints, name, 0, "cannot be read: %s", strerror(errno));
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

struct importer *import_jsonl(const struct import_input *input,
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

bool import_jsonl_line(struct capsa_text line, const struct import_options *options)
{
	const struct field_map map = {options->map};
	struct foreign_error why;
	struct capsa_text object;
	struct member member;
	const char *name;
	char *json = import_json(line, &object.size, &why);
	bool found;

	object.data = json;
	found = json != NULL && find_name(object, &map, &member) != FIELD_NONE &&
	        find_body(object, &map, &member, &name);
	free(json);
	return found;
}
