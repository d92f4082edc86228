#include "reader.h"
#include "cursor.h"
#include "digest.h"
#include "frame.h"
#include "source.h"
#include "tar.h"

#include <stdlib.h>

#define TAIL_SIZE_DEFAULT (64U << 10)
#define PAGE_CACHE_DEFAULT 32
#define READ_ON (1U << 20)              /* so near behind the last read, a read goes on with it */

/* ---- opening --------------------------------------------------------------- */

static enum capsa_status check_options(const struct capsa_reader_options *o,
                                       struct capsa_error *err)
{
	bool good = o->tail_size == 0 || o->tail_size >= CAPSA_TRAILER_SIZE;

	for (unsigned i = 0; i < sizeof o->reserved / sizeof *o->reserved; i++)
		good = good && o->reserved[i] == 0;
	return good ? CAPSA_OK
	            : capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
	                         "a reader option is not allowed");
}

enum capsa_status capsa_reader_open(struct capsa_reader **out, const struct capsa_source *source,
                                    const struct capsa_reader_options *options,
                                    struct capsa_error *err)
{
	static const struct capsa_reader_options defaults = {0};
	const struct capsa_reader_options *o = options != NULL ? options : &defaults;
	struct capsa_reader *r;
	enum capsa_status st = check_options(o, err);

	*out = NULL;
	if (st != CAPSA_OK)
		return st;
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return capsa_fail_memory(err);
	r->source = *source;
	st = capsa_reader_find_statement(r, o->tail_size != 0 ? o->tail_size : TAIL_SIZE_DEFAULT,
	                                 err);
	if (st == CAPSA_OK)
		st = capsa_page_store_new(
		    &r->pages, &r->source, buffer_span(&r->tail), r->tail_offset,
		    o->page_cache != 0 ? o->page_cache : PAGE_CACHE_DEFAULT, err);
	if (st == CAPSA_OK)
		st = capsa_decoder_new(&r->decoder, err);
	if (st != CAPSA_OK) {
		capsa_reader_close(r);
		return st;
	}
	*out = r;
	return CAPSA_OK;
}

void capsa_reader_close(struct capsa_reader *r)
{
	if (r == NULL)
		return;
	capsa_page_store_free(r->pages);
	capsa_decoder_free(r->decoder);
	capsa_dictionary_free(r->dictionary);
	for (unsigned i = 0; i < READER_FRAMES; i++)
		capsa_buffer_release(&r->frames[i].raw);
	capsa_buffer_release(&r->about);
	capsa_buffer_release(&r->stored);
	capsa_buffer_release(&r->key);
	capsa_buffer_release(&r->tail);
	free(r->attestations);
	free(r);
}

const struct capsa_statement *capsa_reader_statement(const struct capsa_reader *r)
{
	return &r->statement.facts;
}

bool capsa_reader_trailer_damaged(const struct capsa_reader *r)
{
	return r->trailer_damaged;
}

size_t capsa_reader_attestations(const struct capsa_reader *r)
{
	return r->attestation_count;
}

const struct capsa_attestation *capsa_reader_attestation(const struct capsa_reader *r, size_t i)
{
	return &r->attestations[i];
}

enum capsa_status capsa_reader_usable(const struct capsa_reader *r, struct capsa_error *err)
{
	struct capsa_text requires = r->statement.facts.requires;

	if (requires.size == 0)
		return CAPSA_OK;
	return capsa_fail(err, CAPSA_EUNSUPPORTED, CAPSA_NO_OFFSET,
	                  "the archive needs a newer reader, with: %.*s",
	                  requires.size < 100 ? (int) requires.size : 100, requires.data);
}

/* ---- data frames -------------------------------------------------------------- */

const char *capsa_frame_name(uint8_t kind)
{
	static const char *const names[] = {"head frame", "articles frame", "part frame",
	                                    "metadata frame", "end frame"};

	return kind < sizeof names / sizeof *names ? names[kind] : "frame";
}

enum capsa_status capsa_frame_authenticate(struct span stored, const struct spine_frame *frame,
                                           uint64_t offset, struct capsa_error *err)
{
	bool may_be_withheld = frame->kind == CAPSA_FRAME_ARTICLES ||
	                       frame->kind == CAPSA_FRAME_PART ||
	                       frame->kind == CAPSA_FRAME_METADATA;
	struct span reason;

	if (capsa_digest_matches(frame->digest, stored))
		return CAPSA_OK;
	if (may_be_withheld && capsa_frame_withheld(stored, &reason))
		return capsa_fail(err, CAPSA_EWITHHELD, offset, "withheld: %.*s",
		                  reason.size < 200 ? (int)reason.size : 200,
		                  (const char *)reason.data);
	return capsa_fail(err, CAPSA_ECORRUPT, offset, "%s fails its digest",
	                  capsa_frame_name(frame->kind));
}

/* The stored bytes of a frame, authenticated, and what they must decompress to. */
static enum capsa_status load_stored(struct capsa_reader *r, const struct spine_frame *frame,
                                     uint64_t offset, struct frame_rule *rule,
                                     struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;
	uint8_t *room;

	*rule = (struct frame_rule){.raw_size = frame->raw_size, .checksum = true};
	if (frame->kind != CAPSA_FRAME_HEAD)
		st = capsa_reader_dictionary(r, &rule->dictionary, err);
	if (st != CAPSA_OK || r->stored_at == offset)
		return st;
	r->stored_at = 0;
	buffer_clear(&r->stored);
	room = capsa_buffer_extend(&r->stored, frame->stored_size);
	if (room == NULL)
		return capsa_fail_memory(err);
	st = capsa_source_read(&r->source, offset, room, frame->stored_size, err);
	if (st == CAPSA_OK)
		st = capsa_frame_authenticate(buffer_span(&r->stored), frame, offset, err);
	if (st == CAPSA_OK)
		r->stored_at = offset;
	return st;
}

static enum capsa_status load_frame(struct capsa_reader *r, const struct spine_frame *frame,
                                    uint64_t offset, struct buffer *raw, struct capsa_error *err)
{
	struct frame_rule rule;
	enum capsa_status st = load_stored(r, frame, offset, &rule, err);
	uint8_t *room;

	if (st != CAPSA_OK)
		return st;
	buffer_clear(raw);
	room = capsa_buffer_extend(raw, frame->raw_size);
	if (room == NULL)
		return capsa_fail_memory(err);
	return capsa_decoder_run(r->decoder, buffer_span(&r->stored), &rule, room, offset, err);
}

/* The frame that begins here, kept or to be read; what was used least gives way to it. */
static struct open_frame *slot_of(struct capsa_reader *r, uint64_t offset)
{
	struct open_frame *oldest = &r->frames[0];

	r->tick++;
	for (unsigned i = 0; i < READER_FRAMES; i++) {
		if (r->frames[i].offset == offset) {
			r->frames[i].used = r->tick;
			return &r->frames[i];
		}
		if (r->frames[i].used < oldest->used)
			oldest = &r->frames[i];
	}
	*oldest = (struct open_frame){.offset = offset, .used = r->tick, .raw = oldest->raw};
	return oldest;
}

/* The frame at a place, from the frames kept or read now.  Valid until the next call. */
static enum capsa_status get_frame(struct capsa_reader *r, const struct spine_place *place,
                                   struct open_frame **out, struct capsa_error *err)
{
	uint64_t offset = spine_place_offset(place);
	struct spine_frame frame = *place->frame; /* the page may go while the dictionary is read */
	enum capsa_status st;

	*out = slot_of(r, offset);
	if ((*out)->whole)
		return CAPSA_OK;
	st = load_frame(r, &frame, offset, &(*out)->raw, err);
	(*out)->whole = st == CAPSA_OK;
	return st;
}

/*
 * Some raw bytes of the frame at a place.  Who wants one article and goes waits for no more than
 * that takes, half a frame on average, which saves a third of the instructions of `capsa get`.
 * Who comes back, or reads on from before, gets the whole frame, which is kept.  Of a frame that a
 * signer made wrong on purpose the beginning may so be had, and not the end.
 */
static enum capsa_status read_frame(struct capsa_reader *r, const struct spine_place *place,
                                    size_t at, uint8_t *out, size_t size, struct capsa_error *err)
{
	uint64_t begin = place->before.raw + at;
	bool reads_on = r->read_to != 0 && begin >= r->read_to && begin - r->read_to < READ_ON;
	uint64_t offset = spine_place_offset(place);
	struct spine_frame spine = *place->frame;
	struct open_frame *frame = slot_of(r, offset);
	struct frame_rule rule;
	enum capsa_status st;

	r->read_to = begin + size;
	if (r->thorough || reads_on || frame->seen || frame->whole ||
	    at + size > spine.raw_size / 4 * 3) {
		st = get_frame(r, place, &frame, err);
		if (st == CAPSA_OK)
			memcpy(out, frame->raw.data + at, size);
		return st;
	}
	frame->seen = true;
	st = load_stored(r, &spine, offset, &rule, err);
	if (st != CAPSA_OK)
		return st;
	return capsa_decoder_part(r->decoder, buffer_span(&r->stored), &rule, at, out, size, offset,
	                          err);
}

/* Walk the members of frame 0 to the one of this name. */
static enum capsa_status find_head_member(struct span raw, const char *wanted, struct span *out,
                                          struct capsa_error *err)
{
	uint8_t room[CAPSA_TAR_HEADER_MAX];
	struct tar_member member;
	size_t header;

	while (raw.size > 0) {
		enum capsa_status st =
		    capsa_tar_parse(raw, &member, room, &header, CAPSA_PREFIX_SIZE, err);

		if (st != CAPSA_OK)
			return st;
		raw = span_of(raw.data + header, raw.size - header);
		if (member.size > raw.size || tar_padding(member.size) > raw.size - member.size)
			break;
		if (span_equal(member.name, span_of(wanted, strlen(wanted)))) {
			*out = span_of(raw.data, (size_t)member.size);
			return CAPSA_OK;
		}
		raw = span_of(raw.data + member.size + tar_padding(member.size),
		              raw.size - (size_t)member.size - tar_padding(member.size));
	}
	return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_PREFIX_SIZE, "the head frame has no %s",
	                  wanted);
}

static enum capsa_status load_head(struct capsa_reader *r, struct buffer *raw,
                                   struct capsa_error *err)
{
	struct spine_walk walk;
	struct spine_place place;
	struct spine_frame frame;
	enum capsa_status st;

	capsa_spine_walk_init(&walk, r->pages, reader_root(r, READER_SPINE));
	st = capsa_spine_walk_seek(&walk, SPINE_BY_FRAME, 0, err);
	if (st == CAPSA_OK)
		st = capsa_spine_walk_next(&walk, &place, err);
	if (st != CAPSA_OK)
		return st;
	frame = *place.frame;
	if (frame.kind != CAPSA_FRAME_HEAD)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_PREFIX_SIZE,
		                  "frame 0 is no head frame");
	return load_frame(r, &frame, CAPSA_PREFIX_SIZE, raw, err);
}

enum capsa_status capsa_reader_dictionary(struct capsa_reader *r, const struct dictionary **out,
                                          struct capsa_error *err)
{
	struct buffer raw = {0};
	struct span bytes;
	enum capsa_status st;

	*out = r->dictionary;
	if (r->dictionary != NULL || r->statement.facts.dictionary_size == 0)
		return CAPSA_OK;
	st = load_head(r, &raw, err);
	if (st == CAPSA_OK)
		st = find_head_member(buffer_span(&raw), "capsa/dictionary", &bytes, err);
	if (st == CAPSA_OK && (bytes.size != r->statement.facts.dictionary_size ||
	                       !capsa_digest_matches(r->statement.dictionary_digest, bytes)))
		st = capsa_fail(err, CAPSA_ECORRUPT, CAPSA_PREFIX_SIZE,
		                "the dictionary is not the one of the statement");
	if (st == CAPSA_OK)
		st = capsa_dictionary_new(&r->dictionary, bytes, 0, err);
	if (st == CAPSA_OK && capsa_dictionary_id(r->dictionary) != r->statement.dictionary_id) {
		capsa_dictionary_free(r->dictionary);
		r->dictionary = NULL;
		st = capsa_fail(err, CAPSA_ECORRUPT, CAPSA_PREFIX_SIZE,
		                "the dictionary has another ID than the statement says");
	}
	capsa_buffer_release(&raw);
	*out = r->dictionary;
	return st;
}

enum capsa_status capsa_reader_about(struct capsa_reader *r, struct capsa_text *line,
                                     struct capsa_error *err)
{
	struct buffer raw = {0};
	struct span bytes;
	enum capsa_status st = capsa_reader_usable(r, err);

	if (st == CAPSA_OK && r->about.size == 0) {
		st = load_head(r, &raw, err);
		if (st == CAPSA_OK)
			st = find_head_member(buffer_span(&raw), "capsa/archive.json", &bytes, err);
		if (st == CAPSA_OK && (bytes.size == 0 || bytes.data[bytes.size - 1] != '\n'))
			st = capsa_fail(err, CAPSA_ECORRUPT, CAPSA_PREFIX_SIZE,
			                "capsa/archive.json is no line");
		if (st == CAPSA_OK)
			capsa_buffer_append(&r->about, bytes.data, bytes.size);
		if (r->about.failed)
			st = capsa_fail_memory(err);
		capsa_buffer_release(&raw);
	}
	if (st == CAPSA_OK)
		*line = (struct capsa_text){(const char *)r->about.data, r->about.size - 1};
	return st;
}

/* ---- articles -------------------------------------------------------------------- */

/* Where a body lies in the tar stream. */
struct body_place {
	uint64_t at; /* in the stream */
	uint64_t size;
	uint64_t link; /* 0: the article's own */
	uint64_t frame_offset; /* of the frame in which its member begins */
};

static enum capsa_status find_body(struct capsa_reader *r, uint64_t number, struct body_place *out,
                                   struct capsa_error *err)
{
	struct spine_walk walk;
	struct spine_place place;
	uint64_t at;
	enum capsa_status st;

	capsa_spine_walk_init(&walk, r->pages, reader_root(r, READER_SPINE));
	st = capsa_spine_walk_seek(&walk, SPINE_BY_ARTICLE, number, err);
	if (st == CAPSA_OK)
		st = capsa_spine_walk_next(&walk, &place, err);
	if (st != CAPSA_OK)
		return st;
	at = place.before.raw;
	for (uint64_t i = place.before.articles; i < number; i++)
		at += capsa_spine_member_size(&place.articles[i - place.before.articles]);
	place.articles += number - place.before.articles;
	*out = (struct body_place){.at = at + place.articles->header_size,
	                           .size = place.articles->size,
	                           .link = place.articles->link,
	                           .frame_offset = spine_place_offset(&place)};
	return CAPSA_OK;
}

/*
 * The body of an article, through a link if need be; *owner receives the article that holds
 * it.
 */
static enum capsa_status resolve_body(struct capsa_reader *r, uint64_t number, uint64_t *owner,
                                      struct body_place *out, struct capsa_error *err)
{
	enum capsa_status st = capsa_reader_usable(r, err);

	if (st == CAPSA_OK && number >= r->statement.facts.articles)
		st = capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                "there is no article of number %" PRIu64, number);
	if (st == CAPSA_OK)
		st = find_body(r, number, out, err);
	*owner = number;
	if (st != CAPSA_OK || out->link == 0)
		return st;
	if (out->link > number)
		return capsa_fail(err, CAPSA_ECORRUPT, out->frame_offset,
		                  "article %" PRIu64 " links to nowhere", number);
	*owner = number - out->link;
	st = find_body(r, *owner, out, err);
	if (st == CAPSA_OK && out->link != 0)
		st = capsa_fail(err, CAPSA_ECORRUPT, out->frame_offset,
		                "article %" PRIu64 " links to a link", number);
	return st;
}

enum capsa_status capsa_reader_article(struct capsa_reader *r, uint64_t number,
                                       struct capsa_article *out, struct capsa_error *err)
{
	struct body_place body;
	uint64_t owner;
	enum capsa_status st = resolve_body(r, number, &owner, &body, err);

	if (st == CAPSA_OK)
		*out = (struct capsa_article){.number = number,
		                              .size = body.size,
		                              .body_of = owner,
		                              .frame_offset = body.frame_offset};
	return st;
}

/*
 * Bytes of the tar stream from `at` on, which begins in the frame that the walk comes to next.
 */
static enum capsa_status read_stream(struct capsa_reader *r, struct spine_walk *walk, uint64_t at,
                                     uint8_t *out, size_t size, struct capsa_error *err)
{
	uint64_t end = at + size;

	while (at < end) {
		struct spine_place place;
		uint64_t begin, part;
		enum capsa_status st = capsa_spine_walk_next(walk, &place, err);

		if (st == CAPSA_ENOENT)
			st = capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
			                "the tar stream ends early");
		if (st == CAPSA_OK && place.frame->kind != CAPSA_FRAME_ARTICLES &&
		    place.frame->kind != CAPSA_FRAME_PART)
			st = capsa_fail(err, CAPSA_ECORRUPT, spine_place_offset(&place),
			                "%s lies inside a body",
			                capsa_frame_name(place.frame->kind));
		if (st != CAPSA_OK)
			return st;
		begin = place.before.raw;
		part = place.frame->raw_size - (at - begin);
		if (part > end - at)
			part = end - at;
		st = read_frame(r, &place, (size_t)(at - begin), out, (size_t)part, err);
		if (st != CAPSA_OK)
			return st;
		out += part;
		at += part;
	}
	return CAPSA_OK;
}

enum capsa_status capsa_reader_read(struct capsa_reader *r, uint64_t number, uint64_t offset,
                                    void *buf, size_t size, struct capsa_error *err)
{
	struct body_place body;
	struct spine_walk walk;
	uint64_t owner;
	enum capsa_status st = resolve_body(r, number, &owner, &body, err);

	if (st != CAPSA_OK)
		return st;
	if (!extent_inside(offset, size, body.size))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the range is beyond the body");
	if (size == 0)
		return CAPSA_OK;
	capsa_spine_walk_init(&walk, r->pages, reader_root(r, READER_SPINE));
	st = capsa_spine_walk_seek(&walk, SPINE_BY_RAW, body.at + offset, err);
	return st == CAPSA_OK ? read_stream(r, &walk, body.at + offset, buf, size, err) : st;
}

/* Line feeds behind the header of a metadata frame's member. */
static uint32_t count_feeds(struct span raw)
{
	struct cursor c = cursor_of(raw);
	uint32_t count = 0;
	const uint8_t *feed;

	cursor_take(&c, CAPSA_TAR_BLOCK);
	while ((feed = memchr(c.at, '\n', cursor_left(&c))) != NULL) {
		cursor_take(&c, (size_t)(feed - c.at) + 1);
		count++;
	}
	return count;
}

/*
 * Line `wanted` of a metadata frame, which must have `count` lines: where it has more or
 * fewer, lines would be taken for those of other articles.
 */
static enum capsa_status find_line(struct open_frame *frame, uint32_t wanted, uint32_t count,
                                   struct capsa_text *line, struct capsa_error *err)
{
	const uint8_t *raw = frame->raw.data;
	size_t end = frame->raw.size;

	if (frame->line_at == 0 && count_feeds(buffer_span(&frame->raw)) != count)
		return capsa_fail(err, CAPSA_ECORRUPT, frame->offset,
		                  "metadata frame has not as many lines as the spine says");
	if (frame->line_at == 0 || wanted < frame->line) {
		frame->line = 0;
		frame->line_at = CAPSA_TAR_BLOCK; /* behind the member's header */
	}
	while (frame->line_at < end) {
		const uint8_t *begin = raw + frame->line_at;
		const uint8_t *feed = memchr(begin, '\n', end - frame->line_at);

		if (feed == NULL || feed - begin > CAPSA_LINE_MAX)
			break;
		if (frame->line == wanted) {
			*line = (struct capsa_text){(const char *)begin, (size_t)(feed - begin)};
			return CAPSA_OK;
		}
		frame->line++;
		frame->line_at += (size_t)(feed - begin) + 1;
	}
	return capsa_fail(err, CAPSA_ECORRUPT, frame->offset,
	                  "metadata frame has a line that is longer than 1 MiB");
}

/* One line for each article: so lines are found by counting. */
static enum capsa_status check_line_count(struct capsa_reader *r, struct capsa_error *err)
{
	const struct page_ref *root = reader_root(r, READER_SPINE);
	const struct page *page;
	enum capsa_status st = capsa_page_store_get(r->pages, root, true, &page, err);

	if (st == CAPSA_OK && page->sums.lines != r->statement.facts.articles)
		st = capsa_fail(err, CAPSA_ECORRUPT, root->offset,
		                "the spine has another number of metadata lines than of articles");
	return st;
}

enum capsa_status capsa_reader_metadata(struct capsa_reader *r, uint64_t number,
                                        struct capsa_text *line, struct capsa_error *err)
{
	struct spine_walk walk;
	struct spine_place place;
	struct open_frame *frame;
	uint64_t first;
	uint32_t count;
	enum capsa_status st = capsa_reader_usable(r, err);

	if (st == CAPSA_OK && number >= r->statement.facts.articles)
		st = capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                "there is no article of number %" PRIu64, number);
	if (st == CAPSA_OK)
		st = check_line_count(r, err);
	if (st != CAPSA_OK)
		return st;
	capsa_spine_walk_init(&walk, r->pages, reader_root(r, READER_SPINE));
	st = capsa_spine_walk_seek(&walk, SPINE_BY_LINE, number, err);
	if (st == CAPSA_OK)
		st = capsa_spine_walk_next(&walk, &place, err);
	if (st != CAPSA_OK)
		return st;
	first = place.before.lines;
	count = place.frame->count;
	st = get_frame(r, &place, &frame, err);
	return st == CAPSA_OK ? find_line(frame, (uint32_t)(number - first), count, line, err) : st;
}
