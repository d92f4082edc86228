/*
 * Mending an archive from other copies of it: the end, then the index, then the frames, each part
 * known by its digest.
 */
#include "digest.h"
#include "frame.h"
#include "overlay.h"
#include "reader.h"
#include "repair_part.h"
#include "source.h"
#include "trailer.h"
#include "visit.h"

#include <stdlib.h>

#define BLOCK_SIZE 64u          /* of two archives none is the same by accident */

struct capsa_repair {
	struct copies copies;           /* sources owned */
	struct overlay *overlay;        /* owned; what is mended */
	struct capsa_source mended;
	struct capsa_reader *reader;    /* owned; on `mended` */
	struct capsa_repair_options options;
	struct buffer part;
	uint64_t lost;
	bool adopted;                   /* the end is that of another copy */
	bool akin;                      /* the first copy has frames of it, or blocks of them ... */
	bool strange;                   /* ... and other bytes in the place of some */
	bool progress;                  /* a page was mended in this round */
	enum capsa_status failed;       /* what a visit could not return */
	bool silent;                    /* what is lost is not reported: there will be another round */
};

void capsa_repair_free(struct capsa_repair *repair)
{
	if (repair == NULL)
		return;
	capsa_reader_close(repair->reader);
	capsa_overlay_free(repair->overlay);
	capsa_buffer_release(&repair->part);
	free((void *)(uintptr_t)repair->copies.sources);
	free(repair);
}

struct capsa_source capsa_repair_source(const struct capsa_repair *repair)
{
	return repair->mended;
}

struct capsa_reader *capsa_repair_reader(struct capsa_repair *repair)
{
	return repair->reader;
}

/* ---- parts ---- */

static bool has_digest(void *ctx, struct span bytes)
{
	return capsa_digest_matches(ctx, bytes);
}

static void report(struct capsa_repair *repair, const char *structure, uint64_t offset,
                   uint64_t size, size_t copy, bool lost)
{
	const struct capsa_repaired part = {structure, offset, size, copy, lost};

	repair->lost += lost;
	if (repair->options.part != NULL)
		repair->options.part(repair->options.ctx, &part);
}

/* Mend a part that the first copy does not have right; *mended: it is. */
static enum capsa_status mend(struct capsa_repair *repair, const char *structure, uint64_t offset,
                              size_t size, const uint8_t *digest, bool *mended,
                              struct capsa_error *err)
{
	uint8_t wanted[CAPSA_DIGEST_SIZE];
	size_t copy;
	enum capsa_status st;

	memcpy(wanted, digest, sizeof wanted);
	st = capsa_repair_part(&repair->copies, offset, size, has_digest, wanted, &repair->part,
	                       &copy, err);
	*mended = st == CAPSA_OK;
	if (st == CAPSA_OK)
		st = capsa_overlay_put(repair->overlay, offset, buffer_span(&repair->part), err);
	if (st == CAPSA_OK)
		report(repair, structure, offset, size, copy, false);
	else if (st == CAPSA_ENOENT && !repair->silent)
		report(repair, structure, offset, size, 0, true);
	return st == CAPSA_ENOENT ? CAPSA_OK : st;
}

/* ---- the end: statement, attestations, trailer ---- */

struct trailer_check {
	uint64_t size;                  /* of the archive */
	struct trailer trailer;
};

static bool is_trailer(void *ctx, struct span bytes)
{
	struct trailer_check *check = ctx;

	return capsa_trailer_parse(bytes.data, check->size, &check->trailer, NULL) == CAPSA_OK;
}

/*
 * The end of an archive of this size, if the copies have it: *offset is where it begins, the part
 * is its bytes.
 */
static enum capsa_status find_end(struct capsa_repair *repair, uint64_t size, uint64_t *offset,
                                  size_t *copy, struct capsa_error *err)
{
	struct trailer_check check = {.size = size};
	uint8_t trailer[CAPSA_TRAILER_SIZE];
	enum capsa_status st;

	if (size < CAPSA_PREFIX_SIZE + CAPSA_TRAILER_SIZE)
		return CAPSA_ENOENT;
	st = capsa_repair_part(&repair->copies, size - sizeof trailer, sizeof trailer, is_trailer,
	                       &check, &repair->part, copy, err);
	if (st != CAPSA_OK)
		return st;
	memcpy(trailer, repair->part.data, sizeof trailer);
	*offset = check.trailer.statement;
	st = capsa_repair_part(&repair->copies, *offset, (size_t)(size - sizeof trailer - *offset),
	                       has_digest, check.trailer.tail_digest, &repair->part, copy, err);
	capsa_buffer_append(&repair->part, trailer, sizeof trailer);
	return st == CAPSA_OK && repair->part.failed ? capsa_fail_memory(err) : st;
}

/*
 * Does the trailer of some copy say that this end is damaged?  Signatures need not: none covers the
 * key id that stands beside it.
 */
static bool is_refuted(const struct capsa_repair *repair, uint64_t size, const struct trailer *end)
{
	for (size_t i = 0; i < repair->copies.count; i++) {
		const struct capsa_source *source = &repair->copies.sources[i];
		struct trailer_check check = {.size = size};
		uint8_t trailer[CAPSA_TRAILER_SIZE];

		if (source->size == size &&
		    capsa_source_read(source, size - sizeof trailer, trailer, sizeof trailer,
		                      NULL) == CAPSA_OK &&
		    is_trailer(&check, span_of(trailer, sizeof trailer)) &&
		    check.trailer.statement == end->statement &&
		    !capsa_digest_equal(check.trailer.tail_digest, end->tail_digest))
			return true;
	}
	return false;
}

/*
 * Where no trailer is left, a statement that a signature proves, and the attestations behind it;
 * the trailer follows from them.
 */
static enum capsa_status find_statement(struct capsa_repair *repair, size_t copy, uint64_t *offset,
                                        uint64_t *size, struct capsa_error *err)
{
	const struct capsa_source *source = &repair->copies.sources[copy];
	struct capsa_reader *reader;
	struct trailer trailer;
	struct span tail;
	enum capsa_status st = capsa_reader_open(&reader, source, NULL, err);

	if (st != CAPSA_OK)
		return st == CAPSA_ENOMEM ? st : CAPSA_ENOENT;
	tail = span_of(reader->tail.data + (reader->statement_offset - reader->tail_offset),
	               (size_t)(reader->trailer_offset - reader->statement_offset));
	trailer = (struct trailer){.statement = reader->statement_offset,
	                           .attestations = reader->attestations_offset};
	capsa_digest(trailer.tail_digest, tail);
	buffer_clear(&repair->part);
	capsa_buffer_append(&repair->part, tail.data, tail.size);
	capsa_trailer_encode(&trailer, &repair->part);
	*offset = trailer.statement;
	*size = reader->trailer_offset + CAPSA_TRAILER_SIZE;
	/* Another size would mean that attestations are missing. */
	st = *size == source->size && !is_refuted(repair, *size, &trailer) ? CAPSA_OK : CAPSA_ENOENT;
	capsa_reader_close(reader);
	return repair->part.failed ? capsa_fail_memory(err) : st;
}

/*
 * repair->part is an end whose trailer is lost: take that of other copies in its place which has
 * the same statement, and a digest for the attestations as well.
 */
static enum capsa_status confirm_end(struct capsa_repair *repair, uint64_t offset, uint64_t size,
                                     size_t *copy, struct capsa_error *err)
{
	struct trailer_check own = {.size = size};
	struct buffer part = repair->part;
	uint64_t other;
	enum capsa_status st;

	repair->part = (struct buffer){0};
	st = find_end(repair, size, &other, copy, err);
	if (st == CAPSA_OK && other == offset &&
	    is_trailer(&own, span_of(part.data + part.size - CAPSA_TRAILER_SIZE,
	                             CAPSA_TRAILER_SIZE)) &&
	    memcmp(part.data, repair->part.data,
	           (size_t)(own.trailer.attestations - own.trailer.statement)) == 0) {
		capsa_buffer_release(&part);
		return CAPSA_OK;
	}
	capsa_buffer_release(&repair->part);
	repair->part = part;
	*copy = 0;
	return st == CAPSA_ENOENT ? CAPSA_OK : st;
}

/* The first copy's own, before those of others, which may be copies of another archive. */
static enum capsa_status find_own_end(struct capsa_repair *repair, uint64_t *offset, uint64_t *size,
                                      size_t *copy, struct capsa_error *err)
{
	size_t count = repair->copies.count;
	enum capsa_status st;

	*size = repair->copies.sources[0].size;
	repair->copies.count = 1;
	st = find_end(repair, *size, offset, copy, err);
	repair->copies.count = count;
	if (st != CAPSA_ENOENT)
		return st;
	*copy = 0;
	st = find_statement(repair, 0, offset, size, err);
	return st == CAPSA_OK ? confirm_end(repair, *offset, *size, copy, err) : st;
}

static enum capsa_status find_any_end(struct capsa_repair *repair, uint64_t *offset, uint64_t *size,
                                      size_t *copy, struct capsa_error *err)
{
	enum capsa_status st = find_own_end(repair, offset, size, copy, err);

	repair->adopted = st == CAPSA_ENOENT;
	for (size_t i = 0; i < repair->copies.count && st == CAPSA_ENOENT; i++) {
		*size = repair->copies.sources[i].size;
		st = find_end(repair, *size, offset, copy, err);
	}
	for (size_t i = 1; i < repair->copies.count && st == CAPSA_ENOENT; i++) {
		st = find_statement(repair, i, offset, size, err);
		*copy = i;
	}
	if (st == CAPSA_ENOENT)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "no copy has its end, from which all is known");
	return st;
}

/* Does the first copy have these bytes? */
static enum capsa_status base_has(const struct capsa_repair *repair, uint64_t offset,
                                  struct span bytes, bool *has, struct capsa_error *err)
{
	const struct capsa_source *base = &repair->copies.sources[0];
	struct buffer have = {0};
	uint8_t *room = capsa_buffer_extend(&have, bytes.size);

	*has = room != NULL &&
	       capsa_source_read(base, offset, room, bytes.size, NULL) == CAPSA_OK &&
	       span_equal(buffer_span(&have), bytes);
	capsa_buffer_release(&have);
	return room != NULL ? CAPSA_OK : capsa_fail_memory(err);
}

/* Are blocks of a part that was mended in the first copy, too? */
static void look_for_blocks(struct capsa_repair *repair, uint64_t offset, struct span part)
{
	const struct capsa_source *base = &repair->copies.sources[0];
	uint64_t left = base->size > offset ? base->size - offset : 0;
	size_t size = left < part.size ? (size_t)left : part.size;
	struct buffer have = {0};
	uint8_t *room = capsa_buffer_extend(&have, size);

	if (room == NULL || capsa_source_read(base, offset, room, size, NULL) != CAPSA_OK)
		size = 0;
	for (size_t at = 0; at + BLOCK_SIZE <= size; at += BLOCK_SIZE) {
		if (memcmp(room + at, part.data + at, BLOCK_SIZE) == 0)
			repair->akin = true;
		else
			repair->strange = true;
	}
	capsa_buffer_release(&have);
}

static bool is_prefix(void *ctx, struct span bytes)
{
	(void)ctx;
	return span_equal(bytes, span_of(capsa_prefix, sizeof capsa_prefix));
}

/* It is the same in all archives, so no copy is needed. */
static enum capsa_status mend_prefix(struct capsa_repair *repair, struct span prefix,
                                     struct capsa_error *err)
{
	size_t copy;
	enum capsa_status st = capsa_repair_part(&repair->copies, 0, prefix.size, is_prefix, NULL,
	                                         &repair->part, &copy, err);

	if (st == CAPSA_ENOENT)
		copy = repair->copies.count;
	else if (st != CAPSA_OK)
		return st;
	report(repair, "prefix", 0, prefix.size, copy, false);
	return capsa_overlay_put(repair->overlay, 0, prefix, err);
}

/* The overlay, with prefix and end, and a reader on it. */
static enum capsa_status begin(struct capsa_repair *repair, const char *directory,
                               struct capsa_error *err)
{
	const struct capsa_reader_options sparing = {.tail_size = CAPSA_TRAILER_SIZE};
	const struct span prefix = span_of(capsa_prefix, sizeof capsa_prefix);
	uint64_t offset = 0, size = 0;
	size_t copy = 0;
	bool has = false;
	enum capsa_status st = find_any_end(repair, &offset, &size, &copy, err);

	if (st == CAPSA_OK)
		st = capsa_overlay_new(&repair->overlay, &repair->copies.sources[0], size, directory,
		                       err);
	if (st != CAPSA_OK)
		return st;
	repair->mended = capsa_overlay_source(repair->overlay);
	st = base_has(repair, offset, buffer_span(&repair->part), &has, err);
	if (st == CAPSA_OK && (!has || repair->copies.sources[0].size != size)) {
		st = capsa_overlay_put(repair->overlay, offset, buffer_span(&repair->part), err);
		if (st == CAPSA_OK)
			report(repair, "statement, attestations and trailer", offset, size - offset,
			       copy, false);
	}
	if (st == CAPSA_OK)
		st = base_has(repair, 0, prefix, &has, err);
	if (st == CAPSA_OK && !has)
		st = mend_prefix(repair, prefix, err);
	if (st == CAPSA_OK)
		st = capsa_reader_open(&repair->reader, &repair->mended, &sparing, err);
	return st;
}

enum capsa_status capsa_repair_new(struct capsa_repair **out, const struct capsa_source *copies,
                                   size_t count, const struct capsa_repair_options *options,
                                   struct capsa_error *err)
{
	struct capsa_repair *repair = capsa_array_new(1, sizeof *repair);
	struct capsa_source *sources = capsa_array_new(count, sizeof *sources);
	enum capsa_status st;

	*out = NULL;
	if (repair == NULL || sources == NULL) {
		free(repair);
		free(sources);
		return capsa_fail_memory(err);
	}
	memcpy(sources, copies, count * sizeof *sources);
	repair->copies = (struct copies){sources, count};
	repair->options = *options;
	st = begin(repair, options->temporary_directory, err);
	if (st != CAPSA_OK) {
		capsa_repair_free(repair);
		return st;
	}
	*out = repair;
	return CAPSA_OK;
}

/* ---- the index ---- */

static enum capsa_status pass_page(void *ctx, const struct visit_place *place,
                                   const struct page *page, struct capsa_error *err)
{
	(void)ctx;
	(void)place;
	(void)page;
	(void)err;
	return CAPSA_OK;
}

static void mend_page(void *ctx, const struct visit_place *place, enum capsa_status status,
                      const struct capsa_error *why)
{
	struct capsa_repair *repair = ctx;
	bool mended;
	enum capsa_status st = mend(repair, "index page", place->ref->offset, place->ref->size,
	                            place->ref->digest, &mended, NULL);

	(void)status;
	(void)why;
	repair->progress = repair->progress || (st == CAPSA_OK && mended);
	if (st != CAPSA_OK)
		repair->failed = st;
}

/* Behind a page that was mended there may be others; what cannot be mended is reported once. */
static enum capsa_status mend_tree(struct capsa_repair *repair, const struct page_ref *root,
                                   struct capsa_error *err)
{
	const struct visitor visitor = {pass_page, mend_page, VISIT_CHECK, repair};
	enum capsa_status st = CAPSA_OK;

	repair->silent = true;
	for (bool last = false; st == CAPSA_OK && repair->failed == CAPSA_OK;) {
		repair->progress = false;
		st = capsa_tree_visit(repair->reader->pages, root, &visitor, err);
		if (last)
			break;
		last = !repair->progress;
		repair->silent = !last;
	}
	repair->silent = false;
	if (repair->failed != CAPSA_OK)
		return capsa_fail(err, repair->failed, CAPSA_NO_OFFSET, "the index cannot be mended");
	return st;
}

/* ---- the frames ---- */

static enum capsa_status mend_frame(struct capsa_repair *repair, const struct spine_place *place,
                                    struct buffer *stored, struct capsa_error *err)
{
	const struct spine_frame frame = *place->frame;
	/* The others may be the same in all archives. */
	bool is_content = frame.kind == CAPSA_FRAME_ARTICLES || frame.kind == CAPSA_FRAME_PART ||
	                  frame.kind == CAPSA_FRAME_METADATA;
	uint64_t offset = spine_place_offset(place);
	uint8_t *room;
	enum capsa_status st;
	bool mended;

	buffer_clear(stored);
	room = capsa_buffer_extend(stored, frame.stored_size);
	if (room == NULL)
		return capsa_fail_memory(err);
	st = capsa_source_read(&repair->mended, offset, room, frame.stored_size, NULL);
	if (st == CAPSA_OK)
		st = capsa_frame_authenticate(buffer_span(stored), &frame, offset, NULL);
	/* What was withheld on purpose stays so, whatever other copies have. */
	if (st == CAPSA_OK || st == CAPSA_EWITHHELD) {
		repair->akin = repair->akin || is_content;
		return CAPSA_OK;
	}
	st = mend(repair, capsa_frame_name(frame.kind), offset, frame.stored_size, frame.digest,
	          &mended, err);
	if (st == CAPSA_OK && mended && is_content && repair->adopted && !repair->akin)
		look_for_blocks(repair, offset, buffer_span(&repair->part));
	return st;
}

static enum capsa_status mend_frames(struct capsa_repair *repair, struct capsa_error *err)
{
	struct spine_walk walk = {0};
	struct spine_place place;
	struct buffer stored = {0};
	enum capsa_status st;

	capsa_spine_walk_init(&walk, repair->reader->pages,
	                      reader_root(repair->reader, READER_SPINE));
	st = capsa_spine_walk_seek(&walk, SPINE_BY_FRAME, 0, err);
	while (st == CAPSA_OK && (st = capsa_spine_walk_next(&walk, &place, err)) == CAPSA_OK) {
		uint64_t end = spine_place_offset(&place) + place.frame->stored_size;

		st = mend_frame(repair, &place, &stored, err);
		if (st == CAPSA_OK && repair->options.progress != NULL &&
		    !repair->options.progress(repair->options.ctx, end, repair->mended.size))
			st = capsa_fail(err, CAPSA_ESTOPPED, CAPSA_NO_OFFSET, "stopped");
	}
	capsa_buffer_release(&stored);
	return st == CAPSA_ENOENT ? CAPSA_OK : st;
}

enum capsa_status capsa_repair_run(struct capsa_repair *repair, struct capsa_error *err)
{
	const struct statement *statement = &repair->reader->statement;
	uint64_t lost;
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; i < statement->tree_count && st == CAPSA_OK; i++) {
		lost = repair->lost;
		st = mend_tree(repair, &statement->trees[i].root, err);
		/* Without the spine nothing is known of the frames. */
		if (i == READER_SPINE && st == CAPSA_OK && repair->lost != lost)
			return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
			                  "the spine is lost in all copies");
	}
	if (st == CAPSA_OK)
		st = mend_frames(repair, err);
	/* A whole copy of another archive would otherwise take its place. */
	if (st == CAPSA_OK && repair->adopted && repair->strange && !repair->akin)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "its end is lost, and nothing else of it is of the archive that "
		                  "the copies are of");
	if (st == CAPSA_OK && repair->lost != 0)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "%" PRIu64 " part%s damaged in all copies", repair->lost,
		                  repair->lost == 1 ? " is" : "s are");
	return st;
}
