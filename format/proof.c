/* Reading a proof (spec 17): a source that holds some parts of an archive. */
#include "proof.h"

#include "cursor.h"
#include "source.h"

#include <stdlib.h>

struct range {
	uint64_t offset, size;
	uint64_t at;                    /* in the proof */
};

struct capsa_proof {
	struct capsa_source source;
	uint64_t size;                  /* of the archive */
	uint64_t *articles;             /* owned: ascending */
	struct range *ranges;           /* owned: ascending, none touches another */
	struct capsa_signature *signatures;     /* owned */
	size_t article_count, range_count, signature_count;
};

static enum capsa_status bad(struct capsa_error *err, uint64_t offset, const char *what)
{
	return capsa_fail(err, CAPSA_ECORRUPT, offset, "the proof is damaged: %s", what);
}

/* ---- the head ---- */

/* What the first bytes say, and how many bytes of tables follow. */
static enum capsa_status read_head(struct capsa_proof *proof, size_t *signatures_size,
                                   struct capsa_error *err)
{
	uint8_t head[PROOF_HEAD_SIZE];
	struct cursor c = cursor_of(span_of(head, sizeof head));
	unsigned major, minor;
	enum capsa_status st;

	if (proof->source.size < sizeof head)
		return capsa_fail(err, CAPSA_EFORMAT, 0, "not a proof");
	st = capsa_source_read(&proof->source, 0, head, sizeof head, err);
	if (st != CAPSA_OK)
		return st;
	if (memcmp(cursor_take(&c, sizeof proof_magic), proof_magic, sizeof proof_magic) != 0)
		return capsa_fail(err, CAPSA_EFORMAT, 0, "not a proof");
	major = cursor_u16(&c);
	minor = cursor_u16(&c);
	if (major != 1)
		return capsa_fail(err, CAPSA_EUNSUPPORTED, 8,
		                  "the proof has version %u.%u, this reads version 1", major, minor);
	proof->article_count = cursor_u32(&c);
	proof->range_count = cursor_u32(&c);
	*signatures_size = cursor_u32(&c);
	proof->size = cursor_u64(&c);
	if (proof->article_count == 0 || proof->article_count > CAPSA_PROOF_ARTICLES_MAX)
		return bad(err, 12, "there are no articles, or too many");
	if (proof->range_count == 0 || proof->range_count > CAPSA_PROOF_RANGES_MAX)
		return bad(err, 16, "there are no ranges, or too many");
	if (*signatures_size > CAPSA_ATTESTATIONS_MAX * (2 + CAPSA_SIGNATURE_TEXT))
		return bad(err, 20, "there are too many signatures");
	if (proof->size > CAPSA_OFFSET_MAX)
		return bad(err, 24, "the archive is too large");
	return CAPSA_OK;
}

/* ---- the tables ---- */

static enum capsa_status take_articles(struct capsa_proof *proof, struct cursor *c,
                                       struct capsa_error *err)
{
	proof->articles = capsa_array_new(proof->article_count, sizeof *proof->articles);
	if (proof->articles == NULL)
		return capsa_fail_memory(err);
	for (size_t i = 0; i < proof->article_count; i++) {
		proof->articles[i] = cursor_u64(c);
		if (i != 0 && proof->articles[i] <= proof->articles[i - 1])
			return bad(err, PROOF_HEAD_SIZE + 8 * i, "articles are out of order");
	}
	return CAPSA_OK;
}

/* `at` is where the first one's bytes are; they end where the proof ends. */
static enum capsa_status take_ranges(struct capsa_proof *proof, struct cursor *c, uint64_t at,
                                     struct capsa_error *err)
{
	uint64_t where = PROOF_HEAD_SIZE + 8 * (uint64_t)proof->article_count;
	uint64_t end = 0;

	proof->ranges = capsa_array_new(proof->range_count, sizeof *proof->ranges);
	if (proof->ranges == NULL)
		return capsa_fail_memory(err);
	for (size_t i = 0; i < proof->range_count; i++, where += 16) {
		struct range *range = &proof->ranges[i];

		range->offset = cursor_u64(c);
		range->size = cursor_u64(c);
		range->at = at;
		if (range->size == 0 || !extent_inside(range->offset, range->size, proof->size) ||
		    (i != 0 && range->offset <= end))
			return bad(err, where, "ranges are out of order, or beyond the archive");
		if (!extent_inside(at, range->size, proof->source.size))
			return bad(err, where, "it is cut off");
		end = range->offset + range->size;
		at += range->size;
	}
	return at == proof->source.size ? CAPSA_OK
	                                : bad(err, at, "there are bytes behind its end");
}

/* `at` is where they begin, for messages. */
static enum capsa_status take_signatures(struct capsa_proof *proof, struct cursor *c, uint64_t at,
                                         struct capsa_error *err)
{
	const uint8_t *begin = c->at;

	proof->signatures = capsa_array_new(CAPSA_ATTESTATIONS_MAX, sizeof *proof->signatures);
	if (proof->signatures == NULL)
		return capsa_fail_memory(err);
	while (cursor_left(c) != 0) {
		uint64_t offset = at + (uint64_t)(c->at - begin);
		size_t size = cursor_u16(c);
		const uint8_t *text = cursor_take(c, size);

		if (text == NULL || proof->signature_count == CAPSA_ATTESTATIONS_MAX ||
		    capsa_signature_parse(&proof->signatures[proof->signature_count++],
		                          (const char *)text, size, NULL) != CAPSA_OK)
			return bad(err, offset, "a signature is not one");
	}
	return CAPSA_OK;
}

static enum capsa_status read_tables(struct capsa_proof *proof, size_t signatures_size,
                                     struct capsa_error *err)
{
	size_t before = 8 * proof->article_count + 16 * proof->range_count;
	size_t size = before + signatures_size;
	struct buffer tables = {0};
	uint8_t *room;
	struct cursor c;
	enum capsa_status st;

	if (!extent_inside(PROOF_HEAD_SIZE, size, proof->source.size))
		return bad(err, proof->source.size, "it is cut off");
	room = capsa_buffer_extend(&tables, size);
	st = room != NULL
	         ? capsa_source_read(&proof->source, PROOF_HEAD_SIZE, room, size, err)
	         : capsa_fail_memory(err);
	c = cursor_of(buffer_span(&tables));
	if (st == CAPSA_OK)
		st = take_articles(proof, &c, err);
	if (st == CAPSA_OK)
		st = take_ranges(proof, &c, PROOF_HEAD_SIZE + (uint64_t)size, err);
	if (st == CAPSA_OK)
		st = take_signatures(proof, &c, PROOF_HEAD_SIZE + (uint64_t)before, err);
	capsa_buffer_release(&tables);
	return st;
}

enum capsa_status capsa_proof_open(struct capsa_proof **out, const struct capsa_source *source,
                                   struct capsa_error *err)
{
	struct capsa_proof *proof = capsa_array_new(1, sizeof *proof);
	size_t signatures_size = 0;
	enum capsa_status st;

	*out = NULL;
	if (proof == NULL)
		return capsa_fail_memory(err);
	proof->source = *source;
	st = read_head(proof, &signatures_size, err);
	if (st == CAPSA_OK)
		st = read_tables(proof, signatures_size, err);
	if (st != CAPSA_OK) {
		capsa_proof_close(proof);
		return st;
	}
	*out = proof;
	return CAPSA_OK;
}

void capsa_proof_close(struct capsa_proof *proof)
{
	if (proof == NULL)
		return;
	free(proof->articles);
	free(proof->ranges);
	free(proof->signatures);
	free(proof);
}

/* ---- what it holds ---- */

/* The last range that begins at or before `offset`; NULL: none does. */
static const struct range *range_at(const struct capsa_proof *proof, uint64_t offset)
{
	size_t low = 0, high = proof->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (proof->ranges[middle].offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low != 0 ? &proof->ranges[low - 1] : NULL;
}

static int proof_read_at(void *ctx, uint64_t offset, void *buf, size_t size)
{
	const struct capsa_proof *proof = ctx;
	const struct range *range = range_at(proof, offset);

	if (range == NULL || !extent_inside(offset - range->offset, size, range->size))
		return CAPSA_SOURCE_ABSENT;
	return proof->source.read_at(proof->source.ctx, range->at + (offset - range->offset), buf,
	                             size);
}

struct capsa_source capsa_proof_source(struct capsa_proof *proof)
{
	return (struct capsa_source){proof_read_at, proof->size, proof};
}

const uint64_t *capsa_proof_articles(const struct capsa_proof *proof, size_t *count)
{
	*count = proof->article_count;
	return proof->articles;
}

const struct capsa_signature *capsa_proof_signatures(const struct capsa_proof *proof, size_t *count)
{
	*count = proof->signature_count;
	return proof->signatures;
}
