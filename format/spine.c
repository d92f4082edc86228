/*
 * Leaves of the spine (spec 8.5).  After the page's kind, level and count n:
 *
 *	n bytes		kinds of the frames
 *	n varints	stored sizes
 *	n varints	raw sizes
 *	n varints	counts: articles or lines
 *	n * 32 bytes	digests
 *	a varints	header sizes of the articles, in blocks of 512 bytes
 *	a varints	links: 0, or how many articles back the body is
 *	b varints	body sizes, of the articles with their own body
 */
#include "spine.h"
#include "cursor.h"
#include "tar.h"

#include <stdlib.h>

uint64_t capsa_spine_member_size(const struct spine_article *article)
{
	return article->header_size + article->size + tar_padding(article->size);
}

bool capsa_spine_add(struct spine_sums *a, const struct spine_sums *b)
{
	a->frames += b->frames;
	a->articles += b->articles;
	a->lines += b->lines;
	a->stored += b->stored;
	a->raw += b->raw;
	return a->frames <= CAPSA_OFFSET_MAX && a->articles <= CAPSA_OFFSET_MAX &&
	       a->lines <= CAPSA_OFFSET_MAX && a->stored <= CAPSA_OFFSET_MAX &&
	       a->raw <= CAPSA_OFFSET_MAX;
}

bool capsa_spine_sums_equal(const struct spine_sums *a, const struct spine_sums *b)
{
	return a->frames == b->frames && a->articles == b->articles && a->lines == b->lines &&
	       a->stored == b->stored && a->raw == b->raw;
}

struct spine_sums capsa_spine_frame_sums(const struct spine_frame *frame)
{
	return (struct spine_sums){
	    .frames = 1,
	    .articles = frame->kind == CAPSA_FRAME_ARTICLES ? frame->count : 0,
	    .lines = frame->kind == CAPSA_FRAME_METADATA ? frame->count : 0,
	    .stored = frame->stored_size,
	    .raw = frame->raw_size,
	};
}

void capsa_spine_encode(const struct spine_leaf *leaf, struct buffer *out)
{
	const struct spine_frame *frames = leaf->frames;
	const struct spine_article *articles = leaf->articles;

	for (size_t i = 0; i < leaf->frame_count; i++)
		capsa_buffer_byte(out, frames[i].kind);
	for (size_t i = 0; i < leaf->frame_count; i++)
		capsa_buffer_varint(out, frames[i].stored_size);
	for (size_t i = 0; i < leaf->frame_count; i++)
		capsa_buffer_varint(out, frames[i].raw_size);
	for (size_t i = 0; i < leaf->frame_count; i++)
		capsa_buffer_varint(out, frames[i].count);
	for (size_t i = 0; i < leaf->frame_count; i++)
		capsa_buffer_append(out, frames[i].digest, CAPSA_DIGEST_SIZE);
	for (size_t i = 0; i < leaf->article_count; i++)
		capsa_buffer_varint(out, articles[i].header_size / CAPSA_TAR_BLOCK);
	for (size_t i = 0; i < leaf->article_count; i++)
		capsa_buffer_varint(out, articles[i].link);
	for (size_t i = 0; i < leaf->article_count; i++)
		if (articles[i].link == 0)
			capsa_buffer_varint(out, articles[i].size);
}

/* A varint that must lie in min..max; else the cursor fails. */
static uint64_t bounded(struct cursor *c, uint64_t min, uint64_t max)
{
	uint64_t value = cursor_varint(c);

	if (value < min || value > max)
		c->failed = true;
	return c->failed ? 0 : value;
}

static bool count_allowed(const struct spine_frame *frame)
{
	switch (frame->kind) {
	case CAPSA_FRAME_ARTICLES:
		return frame->count >= 1 && frame->count <= CAPSA_FRAME_ARTICLES_MAX;
	case CAPSA_FRAME_METADATA:
		return frame->count >= 1 && frame->count <= frame->raw_size;
	case CAPSA_FRAME_HEAD:
	case CAPSA_FRAME_PART:
		return frame->count == 0;
	case CAPSA_FRAME_END:
		return frame->count == 0 && frame->raw_size == CAPSA_TAR_END_SIZE;
	default:
		return false;
	}
}

static enum capsa_status decode_frames(struct cursor *c, struct spine_leaf *leaf, uint64_t offset,
                                       struct capsa_error *err)
{
	struct spine_frame *frames = leaf->frames;
	size_t n = leaf->frame_count;
	const uint8_t *bytes = cursor_take(c, n);

	for (size_t i = 0; bytes != NULL && i < n; i++)
		frames[i].kind = bytes[i];
	for (size_t i = 0; i < n; i++)
		frames[i].stored_size = (uint32_t)bounded(c, 16, CAPSA_FRAME_STORED_MAX);
	for (size_t i = 0; i < n; i++)
		frames[i].raw_size = (uint32_t)bounded(c, 1, CAPSA_FRAME_RAW_MAX);
	for (size_t i = 0; i < n; i++)
		frames[i].count = (uint32_t)bounded(c, 0, CAPSA_FRAME_RAW_MAX);
	bytes = cursor_take(c, (uint64_t)n * CAPSA_DIGEST_SIZE);
	if (bytes == NULL)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "spine page has a bad column of frames");
	for (size_t i = 0; i < n; i++) {
		struct spine_sums sums;

		memcpy(frames[i].digest, bytes + i * CAPSA_DIGEST_SIZE, CAPSA_DIGEST_SIZE);
		if (!count_allowed(&frames[i]))
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "spine page has a frame of kind %u with count %" PRIu32,
			                  frames[i].kind, frames[i].count);
		sums = capsa_spine_frame_sums(&frames[i]);
		capsa_spine_add(&leaf->sums, &sums);
	}
	leaf->article_count = (size_t)leaf->sums.articles;
	/* Each article takes at least two bytes: checked before memory is asked for. */
	if (leaf->article_count > cursor_left(c) / 2)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "spine page has more articles than bytes");
	return CAPSA_OK;
}

static void decode_articles(struct cursor *c, struct spine_leaf *leaf)
{
	struct spine_article *articles = leaf->articles;

	for (size_t i = 0; i < leaf->article_count; i++)
		articles[i].header_size =
		    (uint16_t)(CAPSA_TAR_BLOCK *
		               bounded(c, 1, CAPSA_TAR_HEADER_MAX / CAPSA_TAR_BLOCK));
	for (size_t i = 0; i < leaf->article_count; i++)
		articles[i].link = bounded(c, 0, CAPSA_OFFSET_MAX);
	for (size_t i = 0; i < leaf->article_count; i++)
		if (articles[i].link == 0)
			articles[i].size = bounded(c, 0, CAPSA_OFFSET_MAX - CAPSA_TAR_HEADER_MAX -
			                                     CAPSA_TAR_BLOCK);
}

/* Whole members fill their frame; an article that goes on is alone in it. */
static enum capsa_status check_members(const struct spine_leaf *leaf, uint64_t offset,
                                       struct capsa_error *err)
{
	const struct spine_article *article = leaf->articles;

	for (size_t i = 0; i < leaf->frame_count; i++) {
		const struct spine_frame *frame = &leaf->frames[i];
		uint64_t size = 0;
		bool good = true;

		if (frame->kind != CAPSA_FRAME_ARTICLES)
			continue;
		for (uint32_t k = 0; good && k < frame->count; k++, article++) {
			uint64_t member = capsa_spine_member_size(article);

			good = frame->count == 1 || member <= frame->raw_size - size;
			size += member;
		}
		if (!good || size < frame->raw_size ||
		    (size > frame->raw_size && frame->count != 1) ||
		    (size > frame->raw_size && frame->raw_size < article[-1].header_size))
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "spine page has articles that do not fill their frame");
	}
	return CAPSA_OK;
}

enum capsa_status capsa_spine_decode(struct span columns, uint64_t count, struct spine_leaf *out,
                                     uint64_t offset, struct capsa_error *err)
{
	struct cursor c = cursor_of(columns);
	struct spine_leaf leaf = {0};
	enum capsa_status st;

	if (count > columns.size / (4 + CAPSA_DIGEST_SIZE))
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "spine page has more frames than bytes");
	leaf.frame_count = (size_t)count;
	leaf.frames = capsa_array_new(leaf.frame_count, sizeof *leaf.frames);
	if (leaf.frames == NULL)
		return capsa_fail_memory(err);
	st = decode_frames(&c, &leaf, offset, err);
	if (st == CAPSA_OK) {
		leaf.articles = capsa_array_new(leaf.article_count, sizeof *leaf.articles);
		if (leaf.articles == NULL)
			st = capsa_fail_memory(err);
	}
	if (st == CAPSA_OK) {
		decode_articles(&c, &leaf);
		st = cursor_done(&c) ? check_members(&leaf, offset, err)
		                     : capsa_fail(err, CAPSA_ECORRUPT, offset,
		                                  "spine page has a bad column of articles");
	}
	if (st != CAPSA_OK) {
		capsa_spine_release(&leaf);
		return st;
	}
	*out = leaf;
	return CAPSA_OK;
}

void capsa_spine_release(struct spine_leaf *leaf)
{
	free(leaf->frames);
	free(leaf->articles);
	*leaf = (struct spine_leaf){0};
}
