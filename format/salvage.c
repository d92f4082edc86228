/*
 * Getting out what a damaged archive still holds, without its index (spec 13.2): frames are found,
 * members are read from them, and wait for their metadata line, which comes later.
 */
#include "digest.h"
#include "frame_scan.h"
#include "metadata.h"
#include "path.h"
#include "saved_bodies.h"
#include "tar.h"

#include <stdlib.h>

#define PIECE_SIZE ((size_t)256 << 10)
#define WAITING_MAX CAPSA_FRAME_WAITING_MAX     /* no archive has more articles without line */

/* An article that was found. */
struct waiting {
	char *path;                     /* owned, without NUL */
	size_t path_size;
	char *target;                   /* owned: of a link; NULL: none */
	size_t target_size;
	struct body_place place;
	bool broken;                    /* its body goes on in a frame that is damaged */
};

struct salvage {
	const struct capsa_salvage_options *options;
	struct capsa_salvage_report *report;
	struct frame_scan *scan;        /* owned */
	struct saved_bodies *bodies;    /* owned */
	struct dictionary *dictionary;  /* owned */
	struct waiting *waiting;        /* owned: first to first + count - 1, in order */
	size_t first, count, capacity;

	/* An article whose body goes on in the next frame. */
	struct waiting open;
	uint64_t missing;               /* bytes of it and its padding; 0: there is none */
	uint64_t expected;              /* where that frame must be */

	struct body_place delivered;    /* of the body that is shown */
	uint8_t *piece;                 /* owned */
	struct buffer path;             /* of a line */
};

static void release(struct waiting *article)
{
	free(article->path);
	free(article->target);
	*article = (struct waiting){0};
}

static struct span path_of(const struct waiting *article)
{
	return span_of(article->path, article->path_size);
}

/* ---- what is told ---- */

static void lose(struct salvage *s, struct span path, const char *why)
{
	s->report->lost++;
	if (s->options->lost != NULL)
		s->options->lost(s->options->ctx, text_of(path), why);
}

static int read_delivered(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct salvage *s = ctx;
	struct capsa_error err = {0};

	if (capsa_saved_bodies_read(s->bodies, &s->delivered, offset, buf, size, &err) == CAPSA_OK)
		return 0;
	return err.sys != 0 ? err.sys : -1;
}

/* The whole body can be read; where there is a line, it is what that says.  CAPSA_ECORRUPT: not. */
static enum capsa_status check_body(struct salvage *s, const struct line_facts *facts,
                                    struct capsa_error *err)
{
	struct digest_state state;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	enum capsa_status st;
	size_t size;

	capsa_digest_init(&state);
	for (uint64_t at = 0; at < s->delivered.size; at += size) {
		size = s->delivered.size - at < PIECE_SIZE ? (size_t)(s->delivered.size - at)
		                                           : PIECE_SIZE;
		st = capsa_saved_bodies_read(s->bodies, &s->delivered, at, s->piece, size, err);
		if (st != CAPSA_OK)
			return st == CAPSA_ENOMEM ? st : CAPSA_ECORRUPT;
		capsa_digest_update(&state, span_of(s->piece, size));
	}
	capsa_digest_final(&state, digest);
	if (facts == NULL || (facts->size == s->delivered.size &&
	                      capsa_digest_equal(facts->digest, digest)))
		return CAPSA_OK;
	return CAPSA_ECORRUPT;
}

/* An article with its line, or without: `line` is empty then, and facts NULL. */
static enum capsa_status deliver(struct salvage *s, const struct waiting *article, struct span line,
                                 const struct line_facts *facts, struct capsa_error *err)
{
	struct capsa_saved saved = {.path = text_of(path_of(article)), .line = text_of(line)};
	enum capsa_status st;

	if (article->broken) {
		lose(s, path_of(article), "a frame of it is damaged");
		return CAPSA_OK;
	}
	s->delivered = article->place;
	if (article->target != NULL &&
	    !capsa_saved_bodies_find(s->bodies, span_of(article->target, article->target_size),
	                             &s->delivered)) {
		lose(s, path_of(article), "the article whose body it shares is lost");
		return CAPSA_OK;
	}
	st = check_body(s, facts, err);
	if (st == CAPSA_ENOMEM)
		return st;
	if (st != CAPSA_OK) {
		lose(s, path_of(article), "the body is not what the metadata say");
		return CAPSA_OK;
	}
	saved.body = (struct capsa_source){read_delivered, s->delivered.size, s};
	saved.checked = capsa_saved_bodies_checked(s->bodies, &s->delivered);
	s->report->saved++;
	s->report->checked += saved.checked;
	s->report->without_line += facts == NULL;
	s->report->bytes += s->delivered.size;
	return s->options->article(s->options->ctx, &saved)
	           ? CAPSA_OK
	           : capsa_fail(err, CAPSA_ESTOPPED, CAPSA_NO_OFFSET, "stopped");
}

/* ---- articles wait for their lines ---- */

static enum capsa_status deliver_first(struct salvage *s, struct span line,
                                       const struct line_facts *facts, struct capsa_error *err)
{
	struct waiting *article = &s->waiting[s->first];
	enum capsa_status st = deliver(s, article, line, facts, err);

	release(article);
	s->first++;
	s->count--;
	return st;
}

static enum capsa_status make_room(struct salvage *s, struct capsa_error *err)
{
	struct waiting *grown;
	size_t capacity;

	if (s->first != 0 && s->first + s->count == s->capacity) {
		memmove(s->waiting, s->waiting + s->first, s->count * sizeof *s->waiting);
		s->first = 0;
	}
	if (s->first + s->count < s->capacity)
		return CAPSA_OK;
	capacity = s->capacity != 0 ? 2 * s->capacity : 1024;
	grown = realloc(s->waiting, capacity * sizeof *grown);
	if (grown == NULL)
		return capsa_fail_memory(err);
	s->waiting = grown;
	s->capacity = capacity;
	return CAPSA_OK;
}

/* Takes over the article. */
static enum capsa_status wait_for_line(struct salvage *s, struct waiting *article,
                                       struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	/* Writers of this library link to no small body, but others may (5.6). */
	if (article->target == NULL && !article->broken)
		st = capsa_saved_bodies_name(s->bodies, path_of(article), &article->place, err);
	if (st == CAPSA_OK && s->count == WAITING_MAX)
		st = deliver_first(s, span_of("", 0), NULL, err);
	if (st == CAPSA_OK)
		st = make_room(s, err);
	if (st != CAPSA_OK) {
		release(article);
		return st;
	}
	s->waiting[s->first + s->count++] = *article;
	*article = (struct waiting){0};
	return CAPSA_OK;
}

/* How many articles wait before the one of this path; s->count: it does not. */
static size_t find_waiting(const struct salvage *s, struct span path)
{
	size_t i = 0;

	while (i < s->count && !span_equal(path_of(&s->waiting[s->first + i]), path))
		i++;
	return i;
}

static enum capsa_status take_line(struct salvage *s, struct span line, uint64_t offset,
                                   struct capsa_error *err)
{
	struct line_facts facts;
	uint8_t *room;
	size_t before;
	enum capsa_status st = CAPSA_OK;

	if (capsa_line_check(line, offset, NULL) != CAPSA_OK)
		return CAPSA_OK;
	capsa_line_facts(line, &facts);
	buffer_clear(&s->path);
	room = capsa_buffer_extend(&s->path, facts.path.size);
	if (room == NULL)
		return capsa_fail_memory(err);
	s->path.size = capsa_line_text(facts.path, (char *)room);
	before = find_waiting(s, buffer_span(&s->path));
	if (before == s->count) {
		lose(s, buffer_span(&s->path), "its frame is damaged");
		return CAPSA_OK;
	}
	/* Lines come in the order of articles, so those before have lost theirs. */
	while (before-- != 0 && st == CAPSA_OK)
		st = deliver_first(s, span_of("", 0), NULL, err);
	return st == CAPSA_OK ? deliver_first(s, line, &facts, err) : st;
}

static enum capsa_status take_lines(struct salvage *s, struct span lines, uint64_t offset,
                                    struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	while (lines.size != 0 && st == CAPSA_OK) {
		const uint8_t *feed = memchr(lines.data, '\n', lines.size);
		size_t size = feed != NULL ? (size_t)(feed - lines.data) : lines.size;

		st = take_line(s, span_of(lines.data, size), offset, err);
		size += feed != NULL;
		lines = span_of(lines.data + size, lines.size - size);
	}
	return st;
}

/* ---- members ---- */

static bool begins(struct span name, const char *prefix, struct span *rest)
{
	size_t size = strlen(prefix);

	if (name.size <= size || memcmp(name.data, prefix, size) != 0)
		return false;
	*rest = span_of(name.data + size, name.size - size);
	return true;
}

static char *copy_of(struct span bytes)
{
	char *copy = malloc(bytes.size + 1);

	if (copy != NULL)
		memcpy(copy, bytes.data, bytes.size);
	return copy;
}

/* An article's header; its body begins at `place`, and goes on where the frame is too short. */
static enum capsa_status take_article(struct salvage *s, const struct tar_member *member,
                                      struct span path, const struct body_place *place,
                                      const struct found_frame *frame, struct capsa_error *err)
{
	struct waiting article = {.path_size = path.size, .place = *place};
	uint64_t whole = place->size + tar_padding(place->size);
	uint64_t here = frame->raw.size - place->at;
	struct span target;

	if (capsa_path_check((const char *)path.data, path.size, NULL) != CAPSA_OK)
		return CAPSA_OK;
	article.path = copy_of(path);
	if (begins(member->target, CAPSA_ARTICLES_PREFIX, &target)) {
		article.target = copy_of(target);
		article.target_size = target.size;
	}
	if (article.path == NULL || (article.target_size != 0 && article.target == NULL)) {
		release(&article);
		return capsa_fail_memory(err);
	}
	if (whole <= here)
		return wait_for_line(s, &article, err);
	s->open = article;
	s->missing = whole - here;
	s->expected = frame->offset + frame->stored_size;
	return CAPSA_OK;
}

/* One that is damaged is none; frames that need it then do not decompress. */
static enum capsa_status take_dictionary(struct salvage *s, struct span bytes,
                                         struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	if (s->dictionary == NULL)
		st = capsa_dictionary_new(&s->dictionary, bytes, 0, err);
	capsa_frame_scan_dictionary(s->scan, s->dictionary);
	return st == CAPSA_ENOMEM ? st : CAPSA_OK;
}

/* The member at *at, which moves behind it; to the frame's end where there is none. */
static enum capsa_status take_member(struct salvage *s, const struct found_frame *frame,
                                     size_t number, size_t *at, struct capsa_error *err)
{
	struct span rest = span_of(frame->raw.data + *at, frame->raw.size - *at), inside, name;
	uint8_t name_room[CAPSA_TAR_HEADER_MAX];
	struct body_place place;
	struct tar_member member;
	size_t header;
	uint64_t whole;

	if (capsa_tar_parse(rest, &member, name_room, &header, frame->offset, NULL) != CAPSA_OK) {
		/* The rest of an article whose beginning is lost, or the end of the archive. */
		s->report->fragments += rest.data[0] != 0;
		*at = frame->raw.size;
		return CAPSA_OK;
	}
	place = (struct body_place){number, *at + header, member.size};
	whole = member.size + tar_padding(member.size);
	inside = span_of(rest.data + header, rest.size - header);
	if (inside.size > member.size)
		inside.size = (size_t)member.size;
	*at = whole <= frame->raw.size - place.at ? place.at + (size_t)whole : frame->raw.size;
	if (begins(member.name, CAPSA_ARTICLES_PREFIX, &name))
		return take_article(s, &member, name, &place, frame, err);
	if (begins(member.name, "capsa/metadata/", &name))
		return take_lines(s, inside, frame->offset, err);
	if (span_equal(member.name, span_of("capsa/dictionary", 16)))
		return take_dictionary(s, inside, err);
	return CAPSA_OK;
}

/* The body that goes on does so in a frame that was not found. */
static enum capsa_status give_up(struct salvage *s, struct capsa_error *err)
{
	s->missing = 0;
	s->open.broken = true;
	return wait_for_line(s, &s->open, err);
}

/* What a frame has of the body that goes on; *at moves behind it. */
static enum capsa_status go_on(struct salvage *s, const struct found_frame *frame, size_t *at,
                               struct capsa_error *err)
{
	if (s->missing == 0)
		return CAPSA_OK;
	if (frame->offset != s->expected)
		return give_up(s, err);
	*at = s->missing < frame->raw.size ? (size_t)s->missing : frame->raw.size;
	s->missing -= *at;
	s->expected = frame->offset + frame->stored_size;
	return s->missing == 0 ? wait_for_line(s, &s->open, err) : CAPSA_OK;
}

static enum capsa_status take_frame(struct salvage *s, const struct found_frame *frame,
                                    struct capsa_error *err)
{
	size_t number, at = 0;
	enum capsa_status st = capsa_saved_bodies_frame(s->bodies, frame, &number, err);

	s->report->frames++;
	if (st == CAPSA_OK)
		st = go_on(s, frame, &at, err);
	while (st == CAPSA_OK && at < frame->raw.size)
		st = take_member(s, frame, number, &at, err);
	return st;
}

/* ---- the whole ---- */

static enum capsa_status run(struct salvage *s, struct capsa_error *err)
{
	struct found_frame frame;
	enum capsa_status st;

	capsa_frame_scan_watch(s->scan, s->options->progress, s->options->ctx);
	while ((st = capsa_frame_scan_next(s->scan, &frame, err)) == CAPSA_OK) {
		st = take_frame(s, &frame, err);
		if (st != CAPSA_OK)
			return st;
	}
	if (st != CAPSA_ENOENT)
		return st;
	st = s->missing != 0 ? give_up(s, err) : CAPSA_OK;
	while (s->count != 0 && st == CAPSA_OK)
		st = deliver_first(s, span_of("", 0), NULL, err);
	return st;
}

/* How many articles there were, where that is still known. */
static void count_articles(const struct capsa_source *source, struct capsa_salvage_report *report)
{
	struct capsa_reader *reader;

	if (capsa_reader_open(&reader, source, NULL, NULL) != CAPSA_OK)
		return;
	report->has_articles = true;
	report->articles = capsa_reader_statement(reader)->articles;
	capsa_reader_close(reader);
}

enum capsa_status capsa_salvage(const struct capsa_source *source,
                                const struct capsa_salvage_options *options,
                                struct capsa_salvage_report *report, struct capsa_error *err)
{
	struct salvage s = {.options = options, .report = report};
	enum capsa_status st;

	*report = (struct capsa_salvage_report){0};
	count_articles(source, report);
	s.piece = malloc(PIECE_SIZE);
	st = s.piece != NULL ? capsa_frame_scan_new(&s.scan, source, err) : capsa_fail_memory(err);
	if (st == CAPSA_OK)
		st = capsa_saved_bodies_new(&s.bodies, s.scan, err);
	if (st == CAPSA_OK)
		st = run(&s, err);
	for (size_t i = 0; i < s.count; i++)
		release(&s.waiting[s.first + i]);
	release(&s.open);
	free(s.waiting);
	free(s.piece);
	capsa_buffer_release(&s.path);
	capsa_saved_bodies_free(s.bodies);
	capsa_frame_scan_free(s.scan);
	capsa_dictionary_free(s.dictionary);
	return st;
}
