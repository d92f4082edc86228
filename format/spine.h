/* Leaves of the spine (spec 8.5): the data frames and their articles. */
#ifndef CAPSA_SPINE_H
#define CAPSA_SPINE_H

#include "base.h"

struct spine_frame {
	uint8_t kind;                   /* enum capsa_frame_kind */
	uint32_t stored_size;
	uint32_t raw_size;
	uint32_t count;                 /* articles of kind 1, lines of kind 3, else 0 */
	uint8_t digest[CAPSA_DIGEST_SIZE];
};

struct spine_article {
	uint16_t header_size;           /* bytes, a multiple of 512 */
	uint64_t link;                  /* 0: own body; else how many articles back it is */
	uint64_t size;                  /* of the own body; 0 for a link */
};

/* Bytes of a member in the tar stream: header, body, padding. */
uint64_t capsa_spine_member_size(const struct spine_article *article);

/* What the frames of a page, or all below a reference, sum up to. */
struct spine_sums {
	uint64_t frames;
	uint64_t articles;
	uint64_t lines;
	uint64_t stored;
	uint64_t raw;
};

/* a + b; false where a sum passes CAPSA_OFFSET_MAX. */
bool capsa_spine_add(struct spine_sums *a, const struct spine_sums *b);

bool capsa_spine_sums_equal(const struct spine_sums *a, const struct spine_sums *b);

/* Of one frame. */
struct spine_sums capsa_spine_frame_sums(const struct spine_frame *frame);

/* A decoded leaf. */
struct spine_leaf {
	size_t frame_count;
	size_t article_count;
	struct spine_frame *frames;     /* owned */
	struct spine_article *articles; /* owned, of all frames in order */
	struct spine_sums sums;
};

/* Append the columns of a leaf to `out`, which has the page's kind, level and count. */
void capsa_spine_encode(const struct spine_leaf *leaf, struct buffer *out);

/*
 * Decode the columns of a leaf of `count` frames.  Checks kinds, limits, sums and whether
 * whole members fill their frame.  CAPSA_ECORRUPT, CAPSA_ENOMEM.
 */
enum capsa_status capsa_spine_decode(struct span columns, uint64_t count, struct spine_leaf *out,
                                     uint64_t offset, struct capsa_error *err);
void capsa_spine_release(struct spine_leaf *leaf);

#endif
