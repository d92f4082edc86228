/* Index pages (spec 8.1 to 8.4). */
#ifndef CAPSA_PAGE_H
#define CAPSA_PAGE_H

#include "base.h"
#include "spine.h"

/* A reference to a page (8.2). */
struct page_ref {
	uint8_t kind;                   /* enum capsa_page_kind */
	uint8_t level;
	uint64_t offset;
	uint32_t size;                  /* stored, head included */
	uint8_t digest[CAPSA_DIGEST_SIZE];
	uint64_t entries;               /* below: of its leaves */
	struct spine_sums sums;         /* of kind spine, where known from above */
};

/* A decoded page.  Spans point into `bytes` or `keys`. */
struct page {
	uint8_t kind;
	uint8_t level;
	size_t count;
	uint64_t entries;               /* below; of a leaf its count */
	struct spine_sums sums;         /* kind spine: of all below */
	struct page_ref *children;      /* level >= 1: count, owned */
	/*
	 * Kind keys: a leaf has `count` keys; level >= 1: keys[i] separates children i - 1 and
	 * i, keys[0] is empty.
	 */
	struct span *keys;              /* owned */
	uint64_t *numbers;              /* leaf of kind keys, owned */
	struct spine_leaf leaf;         /* leaf of kind spine */
	uint8_t *room;                  /* keys in full, owned */
};

/*
 * Decode the raw bytes of the page that `ref` refers to; kind, level, entries below (and for
 * the spine the sums, unless the reference is the root's and has none) must be what it says.
 * CAPSA_ECORRUPT, CAPSA_ENOMEM.
 */
enum capsa_status capsa_page_decode(struct span raw, const struct page_ref *ref, bool root,
                                    struct page *out, struct capsa_error *err);
void capsa_page_release(struct page *page);

/*
 * What the keys of a page must lie between (8.3); there is no upper bound at the right edge of
 * a tree.
 */
struct page_bounds {
	struct span low;
	struct span high;
	bool has_high;
};

/* Are all keys of a page of kind keys within the bounds?  CAPSA_ECORRUPT. */
enum capsa_status capsa_page_within(const struct page *page, const struct page_bounds *bounds,
                                    uint64_t offset, struct capsa_error *err);

/*
 * The bounds of child `i` of a page of kind keys within those of the page, which it borrows
 * from.
 */
struct page_bounds capsa_page_child_bounds(const struct page *page, size_t i,
                                           const struct page_bounds *bounds);

/* Append raw pages.  `keys` of an inner page: keys[0] is not written. */
void capsa_page_encode_keys(const struct span *keys, const uint64_t *numbers, size_t count,
                            struct buffer *out);
void capsa_page_encode_inner(const struct page_ref *children, const struct span *keys, size_t count,
                             struct buffer *out);
void capsa_page_encode_spine(const struct spine_leaf *leaf, struct buffer *out);

#endif
