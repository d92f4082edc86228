/* Searching and walking a key tree in order (spec 8.3, 8.4). */
#ifndef CAPSA_WALK_H
#define CAPSA_WALK_H

#include "base.h"
#include "page_store.h"

struct walk_step {
	struct page_ref ref;
	size_t index;                   /* of the child, or of the leaf's next entry */
};

/* Born zeroed; holds no memory of its own. */
struct walk {
	struct page_store *store;       /* borrowed */
	struct page_ref root;
	struct walk_step steps[CAPSA_LEVELS_MAX];       /* by level */
};

/* To be followed by a seek. */
void capsa_walk_init(struct walk *walk, struct page_store *store, const struct page_ref *root);

/* Go before the first entry whose key is at or above `key`. */
enum capsa_status capsa_walk_seek(struct walk *walk, struct span key, struct capsa_error *err);

/*
 * The next entry; `key` is borrowed until the store is used again.  CAPSA_ENOENT: the end.
 * Every page on the way is checked against the separators around it, so an entry that is not
 * met is proven absent.
 */
enum capsa_status capsa_walk_next(struct walk *walk, struct span *key, uint64_t *number,
                                  struct capsa_error *err);

#endif
