/* Searching and walking the spine (spec 8.5). */
#ifndef CAPSA_SPINE_WALK_H
#define CAPSA_SPINE_WALK_H

#include "base.h"
#include "page_store.h"

/* A frame and where it stands.  Pointers are borrowed until the store is used again. */
struct spine_place {
	const struct spine_frame *frame;
	const struct spine_article *articles;   /* that begin in it */
	struct spine_sums before;               /* what lies before it: its number, offset, ... */
};

/* Offset of the frame in the archive. */
static inline uint64_t spine_place_offset(const struct spine_place *place)
{
	return CAPSA_PREFIX_SIZE + place->before.stored;
}

struct spine_step {
	struct page_ref ref;
	size_t index;
	struct spine_sums before;       /* what lies before the page; in a leaf before the next frame */
};

/* Born zeroed; holds no memory of its own. */
struct spine_walk {
	struct page_store *store;       /* borrowed */
	struct page_ref root;
	struct spine_step steps[CAPSA_LEVELS_MAX];      /* by level */
	size_t article;                 /* in the leaf, of the next frame */
};

/* SPINE_BY_RAW counts bytes of the tar stream. */
enum spine_order { SPINE_BY_FRAME, SPINE_BY_ARTICLE, SPINE_BY_LINE, SPINE_BY_RAW };

/* To be followed by a seek. */
void capsa_spine_walk_init(struct spine_walk *walk, struct page_store *store,
                           const struct page_ref *root);

/*
 * Go before the frame that is or holds number `number` of this order: of an article its
 * beginning. CAPSA_ECORRUPT: there is none.
 */
enum capsa_status capsa_spine_walk_seek(struct spine_walk *walk, enum spine_order order,
                                        uint64_t number, struct capsa_error *err);

/* The next frame.  CAPSA_ENOENT: the end. */
enum capsa_status capsa_spine_walk_next(struct spine_walk *walk, struct spine_place *place,
                                        struct capsa_error *err);

#endif
