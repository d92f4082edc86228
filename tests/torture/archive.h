/*
 * The archives that are tortured: the files of corpus/ as articles, made in three ways, and where
 * everything lies in them, so that it can be said before what a change must hit.
 *
 *	tall        forged with a few entries a page: all trees have three levels
 *	dictionary  by the writer, with a dictionary that all frames but the first need
 *	withheld    by the writer; some articles, parts and lines are withheld
 */
#ifndef TORTURE_ARCHIVE_H
#define TORTURE_ARCHIVE_H

#include "../vectors/forge.h"

#include "reader.h"
#include "spine_walk.h"
#include "visit.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#define PARTS_MAX 1024
#define ARTICLES_MAX 128
#define LARGE_SIZE 9000 /* of an article in several parts */
#define WITHHELD_REASON "by order of a court"

enum part_kind {
	PART_PREFIX,
	PART_HEAD, /* the head frame */
	PART_BODIES, /* articles frames, and those that go on with one */
	PART_LINES,
	PART_END,
	PART_SPINE_PAGE,
	PART_KEY_PAGE,
	PART_STATEMENT,
	PART_ATTESTATIONS,
	PART_TRAILER,
	PART_KINDS
};

static const char *const part_names[PART_KINDS] = {
    "prefix",     "head frame", "articles frame", "metadata frame", "end frame",
    "spine page", "key page",   "statement",      "attestations",   "trailer"};

/* A run of bytes that one digest pins. */
struct part {
	enum part_kind kind;
	uint64_t offset, size;
	bool withheld;
};

struct packed {
	char *path; /* owned */
	struct buffer body;
	struct buffer line; /* as the archive gives it while it is whole */
	size_t link; /* the body is of the article this far back */
	size_t first_part, end_part; /* where its member lies */
	size_t line_part;
};

struct archive {
	const char *name;
	struct buffer bytes;
	uint8_t identity[CAPSA_DIGEST_SIZE];
	bool dictionary;
	struct packed articles[ARTICLES_MAX];
	size_t article_count;
	struct part parts[PARTS_MAX]; /* in order, without a gap */
	size_t part_count;
	size_t kinds[PART_KINDS]; /* parts of each */
	unsigned levels; /* of the lowest tree */
};

/* ---- what is packed ------------------------------------------------------- */

static inline void archive_read_file(struct buffer *out, const char *name)
{
	FILE *file = fopen(name, "rb");
	int byte;

	forge_need(file != NULL, name);
	while ((byte = getc(file)) != EOF)
		capsa_buffer_byte(out, (uint8_t)byte);
	fclose(file);
}

static inline void archive_add(struct archive *a, const char *path)
{
	struct packed *article = &a->articles[a->article_count++];

	forge_need(a->article_count <= ARTICLES_MAX, "too many articles");
	article->path = malloc(strlen(path) + 1);
	forge_need(article->path != NULL, "out of memory");
	memcpy(article->path, path, strlen(path) + 1);
}

/* All files below a directory; `skip` bytes of their names are not part of the path. */
static inline void archive_add_files(struct archive *a, const char *directory, size_t skip)
{
	DIR *open = opendir(directory);
	struct dirent *entry;

	forge_need(open != NULL, directory);
	while ((entry = readdir(open)) != NULL) {
		char name[4096];
		struct stat facts;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(name, sizeof name, "%s/%s", directory, entry->d_name);
		forge_need(stat(name, &facts) == 0, name);
		if (S_ISDIR(facts.st_mode)) {
			archive_add_files(a, name, skip);
			continue;
		}
		archive_add(a, name + skip);
		archive_read_file(&a->articles[a->article_count - 1].body, name);
	}
	closedir(open);
}

static inline int archive_compare(const void *a, const void *b)
{
	const struct packed *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/*
 * The corpus, in order of the paths; an article in several parts; one whose body was there before.
 */
static inline void archive_fill(struct archive *a, const char *corpus)
{
	struct packed *large, *again;

	archive_add_files(a, corpus, strlen(corpus) + 1);
	qsort(a->articles, a->article_count, sizeof *a->articles, archive_compare);
	archive_add(a, "large.txt");
	large = &a->articles[a->article_count - 1];
	for (size_t i = 0; large->body.size < LARGE_SIZE; i++)
		capsa_buffer_append(&large->body, a->articles[i].body.data,
		                    a->articles[i].body.size);
	archive_add(a, "large-again.txt");
	again = large + 1;
	capsa_buffer_append(&again->body, large->body.data, large->body.size);
}

static inline void archive_free(struct archive *a)
{
	for (size_t i = 0; i < a->article_count; i++) {
		free(a->articles[i].path);
		capsa_buffer_release(&a->articles[i].body);
		capsa_buffer_release(&a->articles[i].line);
	}
	capsa_buffer_release(&a->bytes);
	free(a);
}

/* ---- where it lies ------------------------------------------------------------ */

static inline void archive_part(struct archive *a, enum part_kind kind, uint64_t offset,
                                uint64_t size)
{
	forge_need(a->part_count < PARTS_MAX, "too many parts");
	if (size != 0)
		a->parts[a->part_count++] = (struct part){kind, offset, size, false};
}

static inline void archive_frame(struct archive *a, const struct spine_place *place)
{
	static const enum part_kind kinds[] = {PART_HEAD, PART_BODIES, PART_BODIES, PART_LINES,
	                                       PART_END};
	const struct spine_frame *frame = place->frame;
	size_t first = (size_t)place->before.articles, part = a->part_count;

	archive_part(a, kinds[frame->kind], spine_place_offset(place), frame->stored_size);
	if (frame->kind == CAPSA_FRAME_PART)
		a->articles[first - 1].end_part = part + 1;
	for (size_t i = 0; frame->kind == CAPSA_FRAME_ARTICLES && i < frame->count; i++) {
		a->articles[first + i].link = (size_t)place->articles[i].link;
		a->articles[first + i].first_part = part;
		a->articles[first + i].end_part = part + 1;
	}
	for (size_t i = 0; frame->kind == CAPSA_FRAME_METADATA && i < frame->count; i++)
		a->articles[place->before.lines + i].line_part = part;
}

static inline void archive_frames(struct archive *a, struct capsa_reader *reader)
{
	struct spine_walk walk;
	struct spine_place place;
	struct capsa_error err = {0};
	enum capsa_status status;

	capsa_spine_walk_init(&walk, reader->pages, reader_root(reader, READER_SPINE));
	forge_done(capsa_spine_walk_seek(&walk, SPINE_BY_FRAME, 0, &err), &err);
	while ((status = capsa_spine_walk_next(&walk, &place, &err)) == CAPSA_OK)
		archive_frame(a, &place);
	forge_need(status == CAPSA_ENOENT, err.text);
}

static inline enum capsa_status archive_page(void *ctx, const struct visit_place *place,
                                             const struct page *page, struct capsa_error *err)
{
	(void)page;
	(void)err;
	archive_part(ctx, place->ref->kind == CAPSA_PAGE_SPINE ? PART_SPINE_PAGE : PART_KEY_PAGE,
	             place->ref->offset, place->ref->size);
	return CAPSA_OK;
}

static inline void archive_page_lost(void *ctx, const struct visit_place *place,
                                     enum capsa_status status, const struct capsa_error *why)
{
	(void)ctx;
	(void)place;
	(void)status;
	forge_need(false, why->text);
}

static inline int archive_part_compare(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

static inline void archive_lines(struct archive *a, struct capsa_reader *reader)
{
	for (size_t i = 0; i < a->article_count; i++) {
		struct capsa_text line;
		struct capsa_error err = {0};

		forge_done(capsa_reader_metadata(reader, i, &line, &err), &err);
		capsa_buffer_append(&a->articles[i].line, line.data, line.size);
	}
}

/* Note all parts, and how the archive gives the metadata lines. */
static inline void archive_locate(struct archive *a)
{
	struct capsa_source source = capsa_source_memory(a->bytes.data, a->bytes.size);
	struct visitor visitor = {archive_page, archive_page_lost, VISIT_DECODE, a};
	struct capsa_reader *reader;
	struct capsa_error err = {0};
	uint64_t end = 0;

	forge_done(capsa_reader_open(&reader, &source, NULL, &err), &err);
	memcpy(a->identity, capsa_reader_statement(reader)->identity, sizeof a->identity);
	archive_part(a, PART_PREFIX, 0, CAPSA_PREFIX_SIZE);
	archive_frames(a, reader);
	a->levels = UINT_MAX;
	for (unsigned i = READER_SPINE; i < reader->statement.tree_count; i++) {
		const struct page_ref *root = &reader->statement.trees[i].root;

		a->levels = root->level + 1U < a->levels ? root->level + 1U : a->levels;
		forge_done(capsa_tree_visit(reader->pages, root, &visitor, &err), &err);
	}
	archive_part(a, PART_STATEMENT, reader->statement_offset,
	             reader->attestations_offset - reader->statement_offset);
	archive_part(a, PART_ATTESTATIONS, reader->attestations_offset,
	             reader->trailer_offset - reader->attestations_offset);
	archive_part(a, PART_TRAILER, reader->trailer_offset, CAPSA_TRAILER_SIZE);
	archive_lines(a, reader);
	capsa_reader_close(reader);

	qsort(a->parts, a->part_count, sizeof *a->parts, archive_part_compare);
	for (size_t i = 0; i < a->part_count; end += a->parts[i++].size) {
		forge_need(a->parts[i].offset == end, "parts do not tile the archive");
		a->kinds[a->parts[i].kind]++;
	}
	forge_need(end == a->bytes.size, "parts do not tile the archive");
}

/* ---- three ways of making one ------------------------------------------------- */

static struct archive *archive_planned; /* for archive_plan, which has no context */

static inline void archive_plan(struct forge *f)
{
	const struct archive *a = archive_planned;

	f->page_entries = 4;
	for (size_t i = 0; i < a->article_count; i++) {
		const struct packed *from = &a->articles[i];
		struct forge_article *article = forge_add(f, from->path, buffer_span(&from->body));
		char *text = forge_new(f, 64, 1);

		snprintf(text, 64, "title %03zu", i);
		article->title = text;
		text = forge_new(f, 64, 1);
		snprintf(text, 64, "20%02zu-%02zu-01", i, i % 12 + 1);
		article->date = text;
		text = forge_new(f, 64, 1);
		snprintf(text, 64, "https://example.org/%03zu", i);
		article->url = text;
		text = forge_new(f, 64, 1);
		snprintf(text, 64, "org,example)/%03zu", i);
		article->url_key = text;
		article->ends_frame = i % 3 == 2;
		article->ends_lines = i % 10 == 9;
		article->piece = from->body.size >= LARGE_SIZE ? 3000 : 0;
	}
	f->articles[a->article_count - 1].link = 1;
	f->articles[a->article_count - 1].piece = 0;
}

static inline void archive_make_tall(struct archive *a)
{
	const struct forge_change change = {.plan = archive_plan};
	struct forge *f;

	archive_planned = a;
	f = forge_make(&change);
	a->bytes = f->file;
	f->file = (struct buffer){0};
	forge_free(f);
}

static inline int archive_append(void *ctx, const void *buf, size_t size)
{
	struct buffer *out = ctx;

	capsa_buffer_append(out, buf, size);
	return out->failed ? ENOMEM : 0;
}

static inline int archive_key(void *ctx, struct capsa_text text, void *key, size_t capacity,
                              size_t *size)
{
	(void)ctx;
	*size = text.size < capacity ? text.size : capacity;
	memcpy(key, text.data, *size);
	return 0;
}

static const struct capsa_keys archive_keys = {archive_key, archive_key, NULL, "15.0.0"};

static inline void archive_write_article(struct capsa_writer *writer, const struct packed *article,
                                         size_t number)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_input input = {.metadata = metadata, .isolate = number % 10 == 7};
	struct capsa_error err = {0};
	char title[32], date[32];

	forge_need(metadata != NULL, "out of memory");
	snprintf(title, sizeof title, "title %03zu", number);
	snprintf(date, sizeof date, "20%02zu-%02zu-01", number, number % 12 + 1);
	forge_done(capsa_metadata_set(metadata, "path", article->path, strlen(article->path), &err),
	           &err);
	forge_done(capsa_metadata_set(metadata, "title", title, strlen(title), &err), &err);
	forge_done(capsa_metadata_set(metadata, "url", title, strlen(title), &err), &err);
	forge_done(capsa_metadata_set(metadata, "date", date, strlen(date), &err), &err);
	input.body = capsa_source_memory(article->body.data, article->body.size);
	forge_done(capsa_writer_add(writer, &input, &err), &err);
	capsa_metadata_free(metadata);
}

static inline void archive_write(struct archive *a, const struct capsa_writer_options *options)
{
	struct capsa_sink sink = {archive_append, &a->bytes};
	struct capsa_secret_key *key;
	struct capsa_writer *writer;
	struct capsa_error err = {0};

	forge_done(
	    capsa_secret_key_parse(&key, FORGE_SECRET_KEY, strlen(FORGE_SECRET_KEY), NULL, &err),
	    &err);
	forge_done(capsa_writer_new(&writer, &sink, options, &err), &err);
	for (size_t i = 0; i < a->article_count; i++)
		archive_write_article(writer, &a->articles[i], i);
	forge_done(capsa_writer_finish(writer, key, NULL, &err), &err);
	capsa_writer_free(writer);
	capsa_secret_key_free(key);
}

static inline void archive_make_dictionary(struct archive *a)
{
	struct capsa_writer_options options = {.frame_size = 4096,
	                                       .metadata_frame_size = 4096,
	                                       .created = FORGE_CREATED,
	                                       .keys = &archive_keys};
	struct buffer samples = {0}, dictionary = {0};
	size_t sizes[ARTICLES_MAX];
	uint8_t *room = capsa_buffer_extend(&dictionary, CAPSA_DICTIONARY_MAX);
	struct capsa_error err = {0};

	forge_need(room != NULL, "out of memory");
	for (size_t i = 0; i < a->article_count; i++) {
		sizes[i] = a->articles[i].body.size;
		capsa_buffer_append(&samples, a->articles[i].body.data, sizes[i]);
	}
	forge_done(capsa_dictionary_make(room, &dictionary.size,
	                                 text_of(span_of(samples.data, LARGE_SIZE)), samples.data,
	                                 sizes, (unsigned)a->article_count, 3, &err),
	           &err);
	options.dictionary = dictionary.data;
	options.dictionary_size = dictionary.size;
	archive_write(a, &options);
	a->dictionary = true;
	capsa_buffer_release(&dictionary);
	capsa_buffer_release(&samples);
}

static inline void archive_make_plain(struct archive *a)
{
	const struct capsa_writer_options options = {.frame_size = 4096,
	                                             .metadata_frame_size = 4096,
	                                             .created = FORGE_CREATED,
	                                             .keys = &archive_keys};

	archive_write(a, &options);
}

/*
 * Overwrite the frames of some isolated articles, with their lines, and all parts of the large
 * one.
 */
static inline void archive_withhold(struct archive *a)
{
	for (size_t i = 0; i < a->part_count; i++) {
		const struct packed *large = &a->articles[a->article_count - 2];
		struct part *part = &a->parts[i];
		struct capsa_error err = {0};

		part->withheld = (i >= large->first_part && i < large->end_part) ||
		                 i == a->articles[17].first_part ||
		                 i == a->articles[37].first_part || i == a->articles[37].line_part;
		if (part->withheld)
			forge_done(capsa_withheld_frame(a->bytes.data + part->offset,
			                                (size_t)part->size, WITHHELD_REASON, &err),
			           &err);
	}
}

enum archive_variant { ARCHIVE_TALL, ARCHIVE_DICTIONARY, ARCHIVE_WITHHELD, ARCHIVE_VARIANTS };

static inline struct archive *archive_make(enum archive_variant variant, const char *corpus)
{
	static const char *const names[] = {"tall", "dictionary", "withheld"};
	static void (*const makes[])(struct archive *) = {
	    archive_make_tall, archive_make_dictionary, archive_make_plain};
	struct archive *a = calloc(1, sizeof *a);

	forge_need(a != NULL, "out of memory");
	a->name = names[variant];
	archive_fill(a, corpus);
	makes[variant](a);
	forge_need(!a->bytes.failed, "out of memory");
	archive_locate(a);
	if (variant == ARCHIVE_WITHHELD)
		archive_withhold(a);
	return a;
}

#endif
