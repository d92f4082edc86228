/*
 * Visiting every page of a tree, also behind damaged ones.  Verification uses it; searches use
 * walk.h and spine_walk.h, which stop at damage.
 */
#ifndef CAPSA_VISIT_H
#define CAPSA_VISIT_H

#include "base.h"
#include "page_store.h"

enum visit_leaves {
	VISIT_DECODE,                   /* leaves are decoded and visited */
	VISIT_CHECK,                    /* leaves are only authenticated: the tree is not known */
	VISIT_PASS                      /* leaves are not read */
};

/* Where a page stands. */
struct visit_place {
	const struct page_ref *ref;
	bool root;
	struct spine_sums before;       /* of a spine: what lies before the page */
};

struct visitor {
	/*
	 * A page that is good, before its children; `page` is NULL for a leaf that was only
	 * authenticated.  Failing ends the visit.
	 */
	enum capsa_status (*page)(void *ctx, const struct visit_place *place, const struct page *page,
	                          struct capsa_error *err);
	/* A page that is damaged or cannot be read; its children are passed over. */
	void (*damaged)(void *ctx, const struct visit_place *place, enum capsa_status status,
	                const struct capsa_error *why);
	enum visit_leaves leaves;
	void *ctx;
};

/* In order of the tree.  CAPSA_ENOMEM, or what a callback returned. */
enum capsa_status capsa_tree_visit(struct page_store *store, const struct page_ref *root,
                                   const struct visitor *visitor, struct capsa_error *err);

#endif
