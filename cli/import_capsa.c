/*
 * Articles from an archive of capsa, in its order, with their metadata as they stand.
 *
 * What lies in a damaged or withheld frame is complained of, and the rest goes on.  Of articles
 * whose metadata lines are lost the path tree knows the paths; so they come last.
 */
#include "frame.h"
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BODY_MEMORY (4U << 20) /* a larger body is read by position */
#define PIECE ((size_t)1 << 20)
#define LOST_MAX (1U << 20) /* lines; a hostile statement may speak of any number of articles */

struct lost_line {
	uint64_t number;
	bool named; /* the path tree has it */
};

struct capsa_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	struct cli_archive archive;
	uint64_t articles, next;

	/* The article. */
	uint64_t number;
	char *path, *origin; /* owned */
	char *line; /* owned: its metadata as they stand */
	size_t line_size;
	struct capsa_metadata *metadata; /* owned */
	char *body; /* owned: room for a small one */
	bool failed; /* the body, while it was read */
	struct capsa_error failure;

	struct lost_line *lost; /* owned, by number */
	size_t lost_count, lost_capacity;
	struct capsa_cursor *cursor; /* owned: the path tree, once lines are lost */
	bool named; /* the cursor has come to its end */
	size_t lost_next; /* of those without a name */
};

static int complain(struct capsa_importer *in, const char *origin, const struct capsa_error *err)
{
	char place[48] = "";

	if (err->offset != CAPSA_NO_OFFSET)
		snprintf(place, sizeof place, " (at %" PRIu64 ")", err->offset);
	import_complain(in->options->complaints, origin, 0, "%s%s", cli_quote(err->text), place);
	return -1;
}

static int complain_memory(struct capsa_importer *in)
{
	import_complain(in->options->complaints, in->archive.path, 0, "out of memory");
	return -1;
}

/* What messages call an article: path, or number. */
static bool set_origin(struct capsa_importer *in, const char *path, uint64_t number)
{
	free(in->origin);
	if ((path != NULL
	         ? asprintf(&in->origin, "%s: %s", in->archive.path, path)
	         : asprintf(&in->origin, "%s: article %" PRIu64, in->archive.path, number)) < 0)
		in->origin = NULL;
	return in->origin != NULL;
}

/* ---- one article ---- */

/* The metadata line of the article, and its path. */
static enum capsa_status read_line(struct capsa_importer *in, uint64_t number,
                                   struct capsa_error *err)
{
	struct capsa_text line;
	enum capsa_status st = capsa_reader_metadata(in->archive.reader, number, &line, err);

	if (st != CAPSA_OK)
		return st;
	free(in->line);
	free(in->path);
	in->path = cli_line_string(line, "path");
	in->line = malloc(line.size + 1);
	if (in->line == NULL)
		return capsa_fail_memory(err);
	memcpy(in->line, line.data, line.size);
	in->line_size = line.size;
	if (in->path == NULL || capsa_path_check(in->path, strlen(in->path), NULL) != CAPSA_OK)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "the metadata line has no path that is allowed");
	return CAPSA_OK;
}

static int read_body(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct capsa_importer *in = ctx;
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};

	if (capsa_reader_read(in->archive.reader, in->number, offset, buf, size, &err) == CAPSA_OK)
		return 0;
	in->failed = true;
	in->failure = err;
	return err.sys != 0 ? err.sys : EIO;
}

/*
 * A small body is read now, a large one read through: what cannot be read is found before a writer
 * sees it, so that one run names all of it.
 */
static enum capsa_status take_body(struct capsa_importer *in, struct capsa_source *out,
                                   struct capsa_error *err)
{
	struct capsa_article facts;
	enum capsa_status st = capsa_reader_article(in->archive.reader, in->number, &facts, err);

	if (st != CAPSA_OK)
		return st;
	if (in->body == NULL)
		in->body = malloc(BODY_MEMORY);
	if (in->body == NULL)
		return capsa_fail_memory(err);
	if (facts.size <= BODY_MEMORY) {
		*out = capsa_source_memory(in->body, (size_t)facts.size);
		return capsa_reader_read(in->archive.reader, in->number, 0, in->body,
		                         (size_t)facts.size, err);
	}
	*out = (struct capsa_source){read_body, facts.size, in};
	for (uint64_t at = 0; st == CAPSA_OK && at < facts.size && cli_signal == 0; at += PIECE) {
		size_t size = facts.size - at < PIECE ? (size_t)(facts.size - at) : PIECE;

		st = capsa_reader_read(in->archive.reader, in->number, at, in->body, size, err);
	}
	return st;
}

/* A member of the line as it stands; empty: there is none. */
static struct capsa_text member(const struct capsa_importer *in, const char *key)
{
	struct capsa_text value;

	if (capsa_line_find((struct capsa_text){in->line, in->line_size}, key, &value) != CAPSA_OK)
		return (struct capsa_text){"", 0};
	return value;
}

/* Path, origin and line are set. */
static int take_article(struct capsa_importer *in, struct import_article *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status st;

	*out = (struct import_article){.path = in->path,
	                               .origin = in->origin,
	                               .complete = true,
	                               .size = member(in, "size"),
	                               .digest = member(in, "digest"),
	                               .witness = in->origin};
	in->failed = false;
	capsa_metadata_free(in->metadata);
	in->metadata = NULL;
	st =
	    capsa_metadata_parse(&in->metadata, (struct capsa_text){in->line, in->line_size}, &err);
	out->metadata = in->metadata;
	if (st == CAPSA_OK)
		st = take_body(in, &out->body, &err);
	return st == CAPSA_OK ? 1 : complain(in, in->origin, &err);
}

/* ---- articles whose lines are lost ---- */

/* 0, or -1 complained. */
static int note_lost(struct capsa_importer *in, uint64_t number)
{
	if (in->lost_count == LOST_MAX) {
		in->next = in->articles;
		import_complain(in->options->complaints, in->archive.path, 0,
		                "more than %u metadata lines are lost", LOST_MAX);
		return -1;
	}
	if (in->lost_count == in->lost_capacity) {
		size_t capacity = in->lost_capacity != 0 ? 2 * in->lost_capacity : 64;
		struct lost_line *lost = reallocarray(in->lost, capacity, sizeof *lost);

		if (lost == NULL)
			return complain_memory(in);
		in->lost = lost;
		in->lost_capacity = capacity;
	}
	in->lost[in->lost_count++] = (struct lost_line){number, false};
	return 0;
}

static int by_number(const void *number, const void *lost)
{
	uint64_t wanted = *(const uint64_t *)number, is = ((const struct lost_line *)lost)->number;

	return wanted < is ? -1 : wanted > is;
}

/* Why there is no line, again.  `path` NULL: not known. */
static int complain_lost(struct capsa_importer *in, uint64_t number, const char *path)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};

	/* Where it can be read this time, the system failed the first time. */
	snprintf(err.text, sizeof err.text, "cannot read its metadata line: %s", strerror(EIO));
	if (!set_origin(in, path, number))
		return complain_memory(in);
	(void)!read_line(in, number, &err);
	return complain(in, in->origin, &err);
}

/* The path that a key of the tree stands for; the caller frees it. */
static char *path_of_key(struct capsa_text key)
{
	char *path = malloc(key.size + 1);

	if (path == NULL)
		return NULL;
	for (size_t i = 0; i < key.size; i++)
		path[i] = key.data[i] != '\0' ? key.data[i] : '/';
	path[key.size] = '\0';
	return path;
}

/* The next of them that the path tree has: -1, or 0 at its end. */
static int next_named(struct capsa_importer *in)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_text key = {"", 0};
	struct lost_line *lost;
	uint64_t number;
	enum capsa_status st = CAPSA_OK;

	if (in->cursor == NULL)
		st = capsa_cursor_new(&in->cursor, in->archive.reader, CAPSA_TREE_PATH, key, &err);
	while (st == CAPSA_OK && cli_signal == 0) {
		char *path;
		int got = 0;

		st = capsa_cursor_next(in->cursor, &key, &number, &err);
		if (st != CAPSA_OK)
			break;
		lost = bsearch(&number, in->lost, in->lost_count, sizeof *lost, by_number);
		if (lost == NULL || lost->named)
			continue;
		path = path_of_key(key);
		if (path == NULL)
			return complain_memory(in);
		lost->named = capsa_path_check(path, strlen(path), NULL) == CAPSA_OK;
		if (lost->named && import_wanted(in->options, path))
			got = complain_lost(in, number, path);
		free(path);
		if (got != 0)
			return got;
	}
	in->named = true;
	return 0;
}

/* All of them, one after another: -1, or 0 at the end. */
static int next_lost(struct capsa_importer *in)
{
	if (in->lost_count != 0 && !in->named && next_named(in) < 0)
		return -1;
	while (in->lost_next < in->lost_count) {
		const struct lost_line *lost = &in->lost[in->lost_next++];

		if (!lost->named)
			return complain_lost(in, lost->number, NULL);
	}
	return 0;
}

/* ---- the importer ---- */

static int capsa_next(struct importer *importer, struct import_article *out)
{
	struct capsa_importer *in = (struct capsa_importer *)importer;

	while (in->next < in->articles && cli_signal == 0) {
		struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
		enum capsa_status st;

		in->number = in->next++;
		st = read_line(in, in->number, &err);
		if (st == CAPSA_ECORRUPT || st == CAPSA_EWITHHELD || st == CAPSA_EIO) {
			if (note_lost(in, in->number) == 0)
				continue;
			return -1;
		}
		if (st != CAPSA_OK) {
			/* All others would fail like this one. */
			in->next = in->articles;
			return complain(in, in->archive.path, &err);
		}
		if (!import_wanted(in->options, in->path))
			continue;
		return set_origin(in, in->path, in->number) ? take_article(in, out)
		                                            : complain_memory(in);
	}
	return cli_signal == 0 ? next_lost(in) : 0;
}

static bool capsa_settle(struct importer *importer)
{
	struct capsa_importer *in = (struct capsa_importer *)importer;

	if (!in->failed)
		return true;
	complain(in, in->origin, &in->failure);
	return false;
}

static void capsa_rewind(struct importer *importer)
{
	struct capsa_importer *in = (struct capsa_importer *)importer;

	in->next = 0;
	in->lost_count = 0;
	in->lost_next = 0;
	in->named = false;
	capsa_cursor_free(in->cursor);
	in->cursor = NULL;
}

static void capsa_close(struct importer *importer)
{
	struct capsa_importer *in = (struct capsa_importer *)importer;

	capsa_cursor_free(in->cursor);
	cli_archive_close(&in->archive);
	capsa_metadata_free(in->base.about);
	capsa_metadata_free(in->metadata);
	free(in->path);
	free(in->origin);
	free(in->line);
	free(in->body);
	free(in->lost);
	free(in);
}

/* ---- opening ---- */

/* False: complained. */
static bool open_archive(struct capsa_importer *in, const char *file)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status st;

	in->archive = (struct cli_archive){.path = file};
	/* Without O_NONBLOCK a FIFO, which is no archive, would be waited for. */
	in->archive.fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (in->archive.fd < 0) {
		import_complain(in->options->complaints, file, 0, "cannot be read: %s",
		                strerror(errno));
		return false;
	}
	st = capsa_source_file(&in->archive.source, in->archive.fd, &err);
	if (st == CAPSA_OK)
		st = capsa_reader_open(&in->archive.reader, &in->archive.source, NULL, &err);
	if (st != CAPSA_OK)
		complain(in, file, &err);
	return st == CAPSA_OK;
}

/*
 * As for all who read an archive: that a signature of a known key does not verify is said and
 * nothing is read then, which --keep-going does not change.
 */
static bool is_trusted(struct capsa_importer *in)
{
	struct cli_trust trust = {0};
	bool good = cli_trust_add_store(&trust, false) == CLI_DONE;
	bool failed = false;

	if (good) {
		good = cli_judge(&trust, &in->archive) == CLI_DONE;
		failed = in->archive.judgement.failed;
		if (good && !failed)
			cli_archive_warn(&in->archive);
		else if (good)
			cli_error("%s: %s", cli_quote(in->archive.path),
			          cli_judgement_words(&in->archive.judgement));
		in->options->complaints->untrusted |= failed;
	}
	cli_trust_release(&trust);
	return good && !failed;
}

/* The description, without how that archive was made. */
static void take_about(struct capsa_importer *in)
{
	static const char *const made[] = {"created", "capsa", "zstd", "level", "frame_size"};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_text line;
	enum capsa_status st = capsa_reader_about(in->archive.reader, &line, &err);

	if (st == CAPSA_OK)
		st = capsa_metadata_parse(&in->base.about, line, &err);
	if (st != CAPSA_OK) {
		complain(in, in->archive.path, &err);
		return;
	}
	for (size_t i = 0; i < sizeof made / sizeof *made; i++)
		capsa_metadata_remove(in->base.about, made[i]);
}

static struct importer *import_capsa(const struct import_input *input,
                                     const struct import_options *options)
{
	struct capsa_importer *in = calloc(1, sizeof *in);
	const struct capsa_statement *statement;

	if (in == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	in->base = (struct importer){.next = capsa_next,
	                             .settle = capsa_settle,
	                             .rewind = capsa_rewind,
	                             .close = capsa_close};
	in->options = options;
	if (!open_archive(in, input->file) || !is_trusted(in)) {
		capsa_close(&in->base);
		return NULL;
	}
	statement = capsa_reader_statement(in->archive.reader);
	in->articles = statement->articles;
	/* Of how many bytes those are that the patterns want, nothing tells. */
	if (options->include == NULL && options->exclude == NULL)
		in->base.total_bytes = statement->bytes;
	take_about(in);
	return &in->base;
}

/* ---- is it an archive? ---- */

static bool opens(const char *file)
{
	struct capsa_source source;
	struct capsa_reader *reader = NULL;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool good = fd >= 0 && capsa_source_file(&source, fd, NULL) == CAPSA_OK &&
	            capsa_reader_open(&reader, &source, NULL, NULL) == CAPSA_OK;

	capsa_reader_close(reader);
	if (fd >= 0)
		close(fd);
	return good;
}

/* One whose first bytes are damaged can still be read. */
static bool is_capsa(const char *file, struct capsa_text head, const struct import_options *options)
{
	const char *slash = strrchr(file, '/');

	(void)options;
	if (head.size >= CAPSA_PREFIX_SIZE &&
	    memcmp(head.data, capsa_prefix, CAPSA_PREFIX_SIZE) == 0)
		return true;
	return cli_is_archive_name(slash != NULL ? slash + 1 : file) && opens(file);
}

static const char *const names[] = {"capsa", NULL};

const struct import_kind import_kind_capsa = {
    .names = names, .is = is_capsa, .open = import_capsa, .in_place = true};
