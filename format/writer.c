/*
 * Writing an archive: bodies are read, hashed and put into frames; at the end come index,
 * statement, signature and trailer.
 */
#include "bodies.h"
#include "codec.h"
#include "digest.h"
#include "frame.h"
#include "frame_writer.h"
#include "head.h"
#include "index.h"
#include "keys.h"
#include "metadata.h"
#include "path.h"
#include "seal.h"
#include "sink.h"
#include "source.h"
#include "statement.h"
#include "tar.h"
#include "writer_options.h"

#include <stdio.h>
#include <stdlib.h>

#define LEVEL_DEFAULT 9
#define FRAME_SIZE_DEFAULT (512U << 10)
#define FRAME_SIZE_DICTIONARY (128U << 10)      /* a dictionary makes small frames pay */
#define METADATA_SIZE_DEFAULT (128U << 10)
#define SORT_MEMORY_DEFAULT (32U << 20)

/*
 * Metadata lines wait for the end of a frame; at this many bytes a frame is ended for them, so
 * that a metadata frame, with one more line of CAPSA_LINE_MAX, stays below
 * CAPSA_FRAME_RAW_MAX.
 */
#define METADATA_WAITING_MAX (2U << 20)

#define PIECE_SIZE (1U << 20)   /* of large bodies, read at once */

struct writer_settings {
	int level;
	uint32_t frame_size;
	uint32_t metadata_size;
};

struct capsa_writer {
	struct writer_settings settings;
	struct output output;
	struct frame_writer *frames;
	struct dictionary *dictionary;
	struct index *index;
	struct bodies *bodies;
	struct capsa_keys keys;
	struct article_keys article_keys;
	bool failed;
	bool finished;

	struct frame_job *open;         /* the articles frame being filled, or NULL */
	uint64_t open_first;            /* number of its first article */
	struct buffer lines;            /* metadata lines that wait */
	uint32_t line_count;
	uint64_t metadata_members;
	struct buffer body;
	struct buffer name;             /* of a member */

	struct statement statement;     /* what is known so far */
	char *title;                    /* owned copies, which the statement borrows */
	char *description;
	char unicode[32];
	struct span dictionary_bytes;   /* borrowed from the caller */
	uint64_t duplicates;
};

/* ---- frames ------------------------------------------------------------- */

static enum capsa_status flush_lines(struct capsa_writer *w, struct capsa_error *err)
{
	struct tar_member member = {.size = w->lines.size, .mtime = w->statement.facts.created};
	struct frame_job *job;
	char name[64];
	enum capsa_status st;

	if (w->line_count == 0)
		return CAPSA_OK;
	st = capsa_frame_writer_begin(w->frames, CAPSA_FRAME_METADATA, &job, err);
	if (st != CAPSA_OK)
		return st;
	snprintf(name, sizeof name, "capsa/metadata/%08" PRIu64 ".jsonl", w->metadata_members++);
	member.name = span_of(name, strlen(name));
	capsa_tar_append(&job->raw, &member, buffer_span(&w->lines));
	job->frame.count = w->line_count;
	buffer_clear(&w->lines);
	w->line_count = 0;
	return capsa_frame_writer_submit(w->frames, job, err);
}

static enum capsa_status submit_open(struct capsa_writer *w, struct capsa_error *err)
{
	struct frame_job *job = w->open;

	w->open = NULL;
	return job != NULL ? capsa_frame_writer_submit(w->frames, job, err) : CAPSA_OK;
}

/* End the open frame, and write the waiting lines where there are enough, or `all`. */
static enum capsa_status flush_frame(struct capsa_writer *w, bool all, struct capsa_error *err)
{
	enum capsa_status st = submit_open(w, err);

	if (st == CAPSA_OK && (all || w->lines.size >= w->settings.metadata_size))
		st = flush_lines(w, err);
	return st;
}

/* ---- making a writer ------------------------------------------------------ */

static char *copy_text(const char *text, struct capsa_text *out, bool *failed)
{
	size_t size = text != NULL ? strlen(text) : 0;
	char *copy;

	if (size == 0)
		return NULL;
	copy = malloc(size);
	if (copy == NULL) {
		*failed = true;
		return NULL;
	}
	memcpy(copy, text, size);
	*out = (struct capsa_text){copy, size};
	return copy;
}

static enum capsa_status take_options(struct capsa_writer *w, const struct capsa_writer_options *o,
                                      struct capsa_error *err)
{
	struct capsa_statement *facts = &w->statement.facts;
	bool failed = false;

	w->settings.level = o->level != 0 ? o->level : LEVEL_DEFAULT;
	w->settings.frame_size = o->frame_size != 0        ? o->frame_size
	                         : o->dictionary != NULL ? FRAME_SIZE_DICTIONARY
	                                                   : FRAME_SIZE_DEFAULT;
	w->settings.metadata_size =
	    o->metadata_frame_size != 0 ? o->metadata_frame_size : METADATA_SIZE_DEFAULT;
	w->title = copy_text(o->title, &facts->title, &failed);
	w->description = copy_text(o->description, &facts->description, &failed);
	facts->created = o->created;
	if (o->keys != NULL) {
		w->keys = *o->keys;
		if (o->keys->unicode != NULL) {
			snprintf(w->unicode, sizeof w->unicode, "%s", o->keys->unicode);
			facts->unicode = (struct capsa_text){w->unicode, strlen(w->unicode)};
		}
	}
	if (o->series != NULL) {
		facts->has_series = true;
		memcpy(facts->series, o->series, sizeof facts->series);
		facts->sequence = o->sequence;
	}
	if (o->previous != NULL) {
		facts->has_previous = true;
		memcpy(facts->previous, o->previous, sizeof facts->previous);
	}
	return failed ? capsa_fail_memory(err) : CAPSA_OK;
}

static enum capsa_status take_dictionary(struct capsa_writer *w,
                                         const struct capsa_writer_options *o,
                                         struct capsa_error *err)
{
	enum capsa_status st;

	if (o->dictionary == NULL)
		return CAPSA_OK;
	w->dictionary_bytes = span_of(o->dictionary, o->dictionary_size);
	st = capsa_dictionary_new(&w->dictionary, w->dictionary_bytes, w->settings.level, err);
	if (st == CAPSA_ECORRUPT)
		st = CAPSA_EMISUSE;     /* it is the caller's, not an archive's */
	if (st != CAPSA_OK)
		return st;
	w->statement.facts.dictionary_size = o->dictionary_size;
	w->statement.dictionary_id = capsa_dictionary_id(w->dictionary);
	capsa_digest(w->statement.dictionary_digest, w->dictionary_bytes);
	return CAPSA_OK;
}

static enum capsa_status write_head(struct capsa_writer *w, struct capsa_metadata *about,
                                    struct capsa_error *err)
{
	struct head head = {.title = w->statement.facts.title,
	                    .created = w->statement.facts.created,
	                    .level = w->settings.level,
	                    .frame_size = w->settings.frame_size,
	                    .dictionary = w->dictionary_bytes};
	struct frame_job *job;
	enum capsa_status st = capsa_frame_writer_begin(w->frames, CAPSA_FRAME_HEAD, &job, err);

	if (st != CAPSA_OK)
		return st;
	st = capsa_head_encode(&head, about, &job->raw, err);
	if (st != CAPSA_OK) {
		capsa_frame_writer_drop(job);
		return st;
	}
	return capsa_frame_writer_submit(w->frames, job, err);
}

static enum capsa_status make_parts(struct capsa_writer *w, const struct capsa_writer_options *o,
                                    struct capsa_error *err)
{
	struct frame_writer_options frames = {.threads = o->threads != 0 ? o->threads : 1,
	                                      .output = &w->output};
	enum capsa_status st = take_options(w, o, err);

	if (st == CAPSA_OK)
		st = take_dictionary(w, o, err);
	if (st == CAPSA_OK)
		st = capsa_index_new(&w->index,
		                     o->sort_memory != 0 ? o->sort_memory : SORT_MEMORY_DEFAULT,
		                     o->temporary_directory, err);
	if (st == CAPSA_OK)
		st = capsa_bodies_new(&w->bodies, o->temporary_directory, err);
	frames.level = w->settings.level;
	frames.dictionary = w->dictionary;
	frames.index = w->index;
	if (st == CAPSA_OK)
		st = capsa_frame_writer_new(&w->frames, &frames, err);
	return st;
}

enum capsa_status capsa_writer_new(struct capsa_writer **out, const struct capsa_sink *sink,
                                   const struct capsa_writer_options *options,
                                   struct capsa_error *err)
{
	static const struct capsa_writer_options defaults = {0};
	const struct capsa_writer_options *o = options != NULL ? options : &defaults;
	struct capsa_writer *w;
	enum capsa_status st = capsa_writer_options_check(o, err);

	*out = NULL;
	if (st != CAPSA_OK)
		return st;
	w = calloc(1, sizeof *w);
	if (w == NULL)
		return capsa_fail_memory(err);
	capsa_output_init(&w->output, sink);
	st = make_parts(w, o, err);
	if (st == CAPSA_OK)
		st = capsa_output_write(&w->output, span_of(capsa_prefix, CAPSA_PREFIX_SIZE), err);
	if (st == CAPSA_OK)
		st = write_head(w, o->about, err);
	if (st != CAPSA_OK) {
		capsa_writer_free(w);
		return st;
	}
	*out = w;
	return CAPSA_OK;
}

void capsa_writer_free(struct capsa_writer *w)
{
	if (w == NULL)
		return;
	capsa_frame_writer_free(w->frames);
	capsa_frame_writer_drop(w->open);
	capsa_index_free(w->index);
	capsa_bodies_free(w->bodies);
	capsa_dictionary_free(w->dictionary);
	capsa_article_keys_release(&w->article_keys);
	capsa_buffer_release(&w->lines);
	capsa_buffer_release(&w->body);
	capsa_buffer_release(&w->name);
	free(w->title);
	free(w->description);
	free(w);
}

/* ---- adding articles ----------------------------------------------------- */

/* An article on its way into the stream. */
struct article {
	uint64_t number;
	struct span path;               /* in w->name, like member.name */
	struct tar_member member;
	struct spine_article spine;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	const struct capsa_source *body;
	struct buffer target;           /* member name of the article whose body it shares */
	uint8_t header[CAPSA_TAR_HEADER_MAX];
};

/*
 * Read the body: one that fits into a frame stays in w->body, of a larger one only the digest
 * is taken, and it is read again when its place is known.
 */
static enum capsa_status read_body(struct capsa_writer *w, struct article *article,
                                   struct capsa_error *err)
{
	uint64_t size = article->body->size;
	size_t piece = size <= w->settings.frame_size ? (size_t)size : PIECE_SIZE;
	struct digest_state state;
	uint8_t *room;

	buffer_clear(&w->body);
	room = capsa_buffer_extend(&w->body, piece);
	if (room == NULL)
		return capsa_fail_memory(err);
	capsa_digest_init(&state);
	for (uint64_t at = 0; at < size; at += piece) {
		enum capsa_status st;

		if (piece > size - at)
			piece = (size_t)(size - at);
		st = capsa_source_read(article->body, at, room, piece, err);
		if (st != CAPSA_OK)
			return st;
		capsa_digest_update(&state, span_of(room, piece));
	}
	capsa_digest_final(&state, article->digest);
	return CAPSA_OK;
}

/* The header of the member as it stands, and what the spine says of it. */
static void make_header(struct article *article)
{
	size_t size = capsa_tar_header(&article->member, article->header);

	article->spine.header_size = (uint16_t)size;
	article->spine.size = article->member.size;
}

static bool fits_open(const struct capsa_writer *w, uint64_t size)
{
	return w->open != NULL && w->open->frame.count < CAPSA_FRAME_ARTICLES_MAX &&
	       size <= w->settings.frame_size - w->open->raw.size;
}

/*
 * Link to an earlier copy of the body where there is one (spec 5.6).  A copy in the frame that
 * this article goes into is no reason for a link: there a second copy costs next to nothing,
 * and stock tools extract it alone.
 */
static enum capsa_status link_duplicate(struct capsa_writer *w, struct article *article,
                                        struct capsa_error *err)
{
	struct body_copy copy;
	enum capsa_status st;

	if (article->body->size < CAPSA_LINK_BODY_MIN)
		return CAPSA_OK;
	st = capsa_bodies_find(w->bodies, article->digest, &copy, err);
	if (st == CAPSA_ENOENT || (st == CAPSA_OK && copy.links >= CAPSA_LINKS_MAX))
		return capsa_bodies_add(w->bodies, article->digest, article->number, article->path,
		                        err);
	if (st != CAPSA_OK)
		return st;
	if (copy.number >= w->open_first && fits_open(w, capsa_spine_member_size(&article->spine)))
		return CAPSA_OK;
	st = capsa_bodies_link(w->bodies, err);
	if (st != CAPSA_OK)
		return st;
	capsa_buffer_append(&article->target, CAPSA_ARTICLES_PREFIX, strlen(CAPSA_ARTICLES_PREFIX));
	capsa_buffer_append(&article->target, copy.path.data, copy.path.size);
	if (article->target.failed)
		return capsa_fail_memory(err);
	article->member.target = buffer_span(&article->target);
	article->member.size = 0;
	make_header(article);
	article->spine.link = article->number - copy.number;
	w->duplicates++;
	return CAPSA_OK;
}

/* Fill the open frame from byte `*at` of body and padding on. */
static enum capsa_status fill_piece(struct capsa_writer *w, const struct article *article,
                                    uint64_t *at, struct digest_state *state,
                                    struct capsa_error *err)
{
	uint64_t size = article->body->size;
	uint64_t end = size + tar_padding(size);
	size_t room = w->settings.frame_size - w->open->raw.size;
	size_t piece = *at >= size ? 0 : room < size - *at ? room : (size_t)(size - *at);
	uint8_t *bytes = capsa_buffer_extend(&w->open->raw, piece);
	enum capsa_status st;

	if (bytes == NULL)
		return capsa_fail_memory(err);
	st = capsa_source_read(article->body, *at < size ? *at : size, bytes, piece, err);
	capsa_digest_update(state, span_of(bytes, piece));
	*at += piece;
	room -= piece;
	if (*at >= size) {
		size_t zeros = room < end - *at ? room : (size_t)(end - *at);

		capsa_buffer_zeros(&w->open->raw, zeros);
		*at += zeros;
	}
	return st;
}

/* A member larger than a frame: pieces of exactly the frame size, and a shorter last one. */
static enum capsa_status write_large(struct capsa_writer *w, const struct article *article,
                                     struct capsa_error *err)
{
	uint64_t at = 0, end = article->body->size + tar_padding(article->body->size);
	struct digest_state state;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	enum capsa_status st = CAPSA_OK;

	capsa_digest_init(&state);
	for (;;) {
		st = fill_piece(w, article, &at, &state, err);
		if (st == CAPSA_OK)
			st = submit_open(w, err);
		if (st != CAPSA_OK || at >= end)
			break;
		st = capsa_frame_writer_begin(w->frames, CAPSA_FRAME_PART, &w->open, err);
		if (st != CAPSA_OK)
			break;
	}
	capsa_digest_final(&state, digest);
	if (st == CAPSA_OK && memcmp(digest, article->digest, sizeof digest) != 0)
		st = capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET,
		                "the body changed while it was read");
	return st;
}

static enum capsa_status write_member(struct capsa_writer *w, const struct article *article,
                                      struct capsa_error *err)
{
	uint64_t size = capsa_spine_member_size(&article->spine);
	struct buffer *raw;
	enum capsa_status st = CAPSA_OK;

	if (!fits_open(w, size)) {
		st = flush_frame(w, false, err);
		if (st == CAPSA_OK)
			st = capsa_frame_writer_begin(w->frames, CAPSA_FRAME_ARTICLES, &w->open,
			                              err);
		if (st != CAPSA_OK)
			return st;
		w->open_first = article->number;
	}
	w->open->articles[w->open->frame.count++] = article->spine;
	raw = &w->open->raw;
	capsa_buffer_append(raw, article->header, article->spine.header_size);
	if (article->spine.link != 0)
		return CAPSA_OK;
	if (size > w->settings.frame_size)
		return write_large(w, article, err);
	capsa_buffer_append(raw, w->body.data, (size_t)article->body->size);
	capsa_buffer_zeros(raw, tar_padding(article->body->size));
	return CAPSA_OK;
}

/* The metadata line, complete with size and digest, and the index keys that it implies. */
static enum capsa_status write_line(struct capsa_writer *w, const struct article *article,
                                    struct capsa_text line, const struct line_facts *facts,
                                    struct capsa_error *err)
{
	enum capsa_status st = capsa_article_keys(facts, &w->keys, &w->article_keys, err);

	if (st == CAPSA_OK)
		st = capsa_index_keys(w->index, &w->article_keys, article->number, err);
	capsa_buffer_append(&w->lines, line.data, line.size);
	capsa_buffer_byte(&w->lines, '\n');
	w->line_count++;
	if (st == CAPSA_OK && w->lines.failed)
		st = capsa_fail_memory(err);
	return st;
}

static enum capsa_status finish_line(struct capsa_metadata *metadata, const struct article *article,
                                     struct capsa_text *line, struct line_facts *facts,
                                     struct capsa_error *err)
{
	char digest[sizeof "blake2b-256:" + 2 * CAPSA_DIGEST_SIZE] = "blake2b-256:";
	enum capsa_status st;

	capsa_hex(article->digest, CAPSA_DIGEST_SIZE, digest + strlen(digest));
	st = capsa_metadata_set(metadata, "digest", digest, strlen(digest), err);
	if (st == CAPSA_OK)
		st =
		    capsa_metadata_set_integer(metadata, "size", (int64_t)article->body->size, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_line(metadata, line, err);
	if (st == CAPSA_OK)
		capsa_line_facts(span_text(*line), facts);
	return st;
}

/* The member's name, from the path on the metadata line. */
static enum capsa_status name_member(struct capsa_writer *w, struct article *article,
                                     const struct line_facts *facts, struct capsa_error *err)
{
	size_t prefix = strlen(CAPSA_ARTICLES_PREFIX);
	uint8_t *room;

	buffer_clear(&w->name);
	capsa_buffer_append(&w->name, CAPSA_ARTICLES_PREFIX, prefix);
	room = capsa_buffer_extend(&w->name, facts->path.size);
	if (room == NULL)
		return capsa_fail_memory(err);
	w->name.size = prefix + capsa_line_text(facts->path, (char *)room);
	article->path = span_of(w->name.data + prefix, w->name.size - prefix);
	article->member = (struct tar_member){.name = buffer_span(&w->name),
	                                      .size = article->body->size,
	                                      .mtime = facts->has_modified ? facts->modified : 0};
	make_header(article);
	return CAPSA_OK;
}

static enum capsa_status add_article(struct capsa_writer *w, const struct capsa_input *input,
                                     struct article *article, struct capsa_error *err)
{
	struct line_facts facts;
	struct capsa_text line;
	enum capsa_status st = read_body(w, article, err);

	if (st == CAPSA_OK)
		st = finish_line(input->metadata, article, &line, &facts, err);
	if (st == CAPSA_OK)
		st = name_member(w, article, &facts, err);
	if (st == CAPSA_OK && input->isolate)
		st = flush_frame(w, true, err);
	if (st == CAPSA_OK)
		st = link_duplicate(w, article, err);
	if (st == CAPSA_OK)
		st = write_member(w, article, err);
	if (st == CAPSA_OK)
		st = write_line(w, article, line, &facts, err);
	if (st == CAPSA_OK && (input->isolate || w->lines.size >= METADATA_WAITING_MAX))
		st = flush_frame(w, true, err);
	return st;
}

enum capsa_status capsa_writer_add(struct capsa_writer *w, const struct capsa_input *input,
                                   struct capsa_error *err)
{
	struct capsa_statement *facts = &w->statement.facts;
	struct article article = {.number = facts->articles, .body = &input->body};
	enum capsa_status st;

	if (w->failed || w->finished)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the writer failed or is finished");
	if (!capsa_metadata_has(input->metadata, "path"))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "the article has no path");
	if (capsa_metadata_has(input->metadata, "location") && input->body.size != 0)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "a redirect has a body");
	if (input->body.size > CAPSA_OFFSET_MAX / 4 - facts->bytes)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET, "the body is too large");
	st = add_article(w, input, &article, err);
	capsa_buffer_release(&article.target);
	if (st != CAPSA_OK) {
		w->failed = true;
		return st;
	}
	facts->articles++;
	facts->bytes += input->body.size;
	return CAPSA_OK;
}

/* ---- finishing -------------------------------------------------------------- */

static enum capsa_status write_end(struct capsa_writer *w, struct capsa_error *err)
{
	struct frame_job *job;
	enum capsa_status st = capsa_frame_writer_begin(w->frames, CAPSA_FRAME_END, &job, err);

	if (st != CAPSA_OK)
		return st;
	capsa_buffer_zeros(&job->raw, CAPSA_TAR_END_SIZE);
	st = capsa_frame_writer_submit(w->frames, job, err);
	if (st == CAPSA_OK)
		st = capsa_frame_writer_drain(w->frames, err);
	w->statement.facts.frames = capsa_frame_writer_frames(w->frames);
	w->statement.facts.tar_size = capsa_frame_writer_raw(w->frames);
	return st;
}

enum capsa_status capsa_writer_finish(struct capsa_writer *w, const struct capsa_secret_key *key,
                                      struct capsa_summary *summary, struct capsa_error *err)
{
	enum capsa_status st;

	if (w->failed || w->finished)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the writer failed or is finished");
	w->finished = true;
	st = flush_frame(w, true, err);
	if (st == CAPSA_OK)
		st = write_end(w, err);
	if (st == CAPSA_OK)
		st = capsa_index_write(w->index, &w->output, &w->statement, err);
	if (st == CAPSA_OK)
		st = capsa_seal(&w->output, &w->statement, key, err);
	if (st == CAPSA_OK && summary != NULL) {
		*summary = (struct capsa_summary){.articles = w->statement.facts.articles,
		                                  .duplicates = w->duplicates,
		                                  .bytes = w->statement.facts.bytes,
		                                  .archive_size = w->output.offset};
		memcpy(summary->identity, w->statement.facts.identity, sizeof summary->identity);
	}
	return st;
}
