/*
 * The right bytes of one part of an archive, from copies of which each may be damaged elsewhere.
 */
#include "repair_part.h"

#include "cursor.h"

#include <stdlib.h>

#define BLOCK_MAX 4096u                 /* what disks lose at once, at multiples of it ... */
#define BLOCK_MIN 512u                  /* ... or, if they are old, of this */
#define COPIES_MAX 16                   /* more are of no use within one part */
#define TRIES_MAX 4096

/* One copy's bytes of the part. */
struct candidate {
	uint8_t *bytes;                 /* owned */
	bool *readable;                 /* owned: by block */
};

/* The part, cut at the blocks of the file. */
struct part {
	uint64_t offset;
	size_t size;
	unsigned block_size;
	size_t blocks;
	struct candidate candidates[COPIES_MAX];
	size_t count;
	struct buffer *out;
};

static size_t block_begin(const struct part *part, size_t block)
{
	uint64_t at = (part->offset / part->block_size + block) * part->block_size;

	return at > part->offset ? (size_t)(at - part->offset) : 0;
}

static size_t block_end(const struct part *part, size_t block)
{
	size_t end = block_begin(part, block + 1);

	return end < part->size ? end : part->size;
}

static void release(struct part *part)
{
	for (size_t i = 0; i < part->count; i++) {
		free(part->candidates[i].bytes);
		free(part->candidates[i].readable);
	}
	part->count = 0;
}

/* ---- whole copies ---- */

static bool try_copy(const struct capsa_source *source, const struct part *part, part_check *check,
                     void *ctx)
{
	return extent_inside(part->offset, part->size, source->size) &&
	       source->read_at(source->ctx, part->offset, part->out->data, part->size) == 0 &&
	       check(ctx, buffer_span(part->out));
}

/* ---- blocks of several ---- */

/* Read what can be read, block by block. */
static bool read_blocks(struct part *part, const struct capsa_source *source)
{
	struct candidate *candidate = &part->candidates[part->count];

	candidate->bytes = malloc(part->size);
	candidate->readable = calloc(part->blocks, sizeof *candidate->readable);
	part->count++;
	if (candidate->bytes == NULL || candidate->readable == NULL)
		return false;
	for (size_t i = 0; i < part->blocks; i++) {
		size_t begin = block_begin(part, i), size = block_end(part, i) - begin;
		uint64_t at = part->offset + begin;

		candidate->readable[i] =
		    extent_inside(at, size, source->size) &&
		    source->read_at(source->ctx, at, candidate->bytes + begin, size) == 0;
	}
	return true;
}

/* Does an earlier copy have the same bytes in this block? */
static bool seen_before(const struct part *part, size_t block, size_t which)
{
	size_t begin = block_begin(part, block), size = block_end(part, block) - begin;

	for (size_t i = 0; i < which; i++)
		if (part->candidates[i].readable[block] &&
		    memcmp(part->candidates[i].bytes + begin,
		           part->candidates[which].bytes + begin, size) == 0)
			return true;
	return false;
}

/* The n-th different version of a block, NULL behind the last. */
static const uint8_t *version_of(const struct part *part, size_t block, size_t n)
{
	for (size_t i = 0; i < part->count; i++)
		if (part->candidates[i].readable[block] && !seen_before(part, block, i) && n-- == 0)
			return part->candidates[i].bytes + block_begin(part, block);
	return NULL;
}

/* How many combinations of versions there are, more than TRIES_MAX as TRIES_MAX + 1. */
static size_t combinations(const struct part *part)
{
	size_t product = 1;

	for (size_t i = 0; i < part->blocks; i++) {
		size_t versions = 0;

		while (version_of(part, i, versions) != NULL)
			versions++;
		product *= versions;
		if (product == 0 || product > TRIES_MAX)
			return product == 0 ? 0 : TRIES_MAX + 1;
	}
	return product;
}

/* Combination number n, its digits being the versions of the blocks. */
static void combine(const struct part *part, size_t n)
{
	for (size_t i = 0; i < part->blocks; i++) {
		size_t begin = block_begin(part, i), versions = 0;

		while (version_of(part, i, versions) != NULL)
			versions++;
		memcpy(part->out->data + begin, version_of(part, i, n % versions),
		       block_end(part, i) - begin);
		n /= versions;
	}
}

/* Of each bit what most copies say, where there are too many combinations. */
static bool vote(const struct part *part)
{
	for (size_t block = 0; block < part->blocks; block++)
		for (size_t at = block_begin(part, block); at < block_end(part, block); at++) {
			unsigned byte = 0;

			for (unsigned bit = 0; bit < 8; bit++) {
				int balance = 0;

				for (size_t i = 0; i < part->count; i++)
					if (part->candidates[i].readable[block])
						balance += (part->candidates[i].bytes[at] >> bit & 1) != 0
						               ? 1
						               : -1;
				if (balance == 0)
					return false;
				byte |= (balance > 0 ? 1u : 0u) << bit;
			}
			part->out->data[at] = (uint8_t)byte;
		}
	return true;
}

static bool try_blocks(const struct part *part, part_check *check, void *ctx)
{
	size_t tries = combinations(part);

	for (size_t n = 0; n < tries && tries <= TRIES_MAX; n++) {
		combine(part, n);
		if (check(ctx, buffer_span(part->out)))
			return true;
	}
	return part->count >= 3 && vote(part) && check(ctx, buffer_span(part->out));
}

/* With blocks of this size.  CAPSA_ENOENT: in vain. */
static enum capsa_status put_together(struct part *part, const struct copies *copies,
                                      unsigned block_size, part_check *check, void *ctx,
                                      struct capsa_error *err)
{
	uint64_t last = part->offset + part->size - 1;
	bool memory = true, found;

	part->block_size = block_size;
	part->blocks = (size_t)(last / block_size - part->offset / block_size + 1);
	for (size_t i = 0; i < copies->count && part->count < COPIES_MAX && memory; i++)
		memory = read_blocks(part, &copies->sources[i]);
	found = memory && try_blocks(part, check, ctx);
	release(part);
	if (!memory)
		return capsa_fail_memory(err);
	return found ? CAPSA_OK : CAPSA_ENOENT;
}

enum capsa_status capsa_repair_part(const struct copies *copies, uint64_t offset, size_t size,
                                    part_check *check, void *ctx, struct buffer *out, size_t *from,
                                    struct capsa_error *err)
{
	struct part part = {.offset = offset, .size = size, .out = out};
	enum capsa_status st;

	buffer_clear(out);
	if (capsa_buffer_extend(out, size) == NULL)
		return capsa_fail_memory(err);
	for (*from = 0; *from < copies->count; ++*from)
		if (try_copy(&copies->sources[*from], &part, check, ctx))
			return CAPSA_OK;
	st = put_together(&part, copies, BLOCK_MAX, check, ctx, err);
	if (st == CAPSA_ENOENT)
		st = put_together(&part, copies, BLOCK_MIN, check, ctx, err);
	if (st == CAPSA_ENOENT)
		return capsa_fail(err, st, offset, "no copy has this part whole");
	return st;
}
