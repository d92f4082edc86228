#include "visit.h"

struct visit {
	struct page_store *store;
	const struct visitor *visitor;
};

static enum capsa_status visit_page(const struct visit *visit, const struct visit_place *place,
                                    const struct page_bounds *bounds, struct capsa_error *err);

static enum capsa_status visit_children(const struct visit *visit, const struct page *page,
                                        const struct visit_place *place,
                                        const struct page_bounds *bounds, struct capsa_error *err)
{
	struct visit_place child = {.before = place->before};
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; st == CAPSA_OK && i < page->count; i++) {
		struct page_bounds within = *bounds;

		if (page->kind == CAPSA_PAGE_KEYS)
			within = capsa_page_child_bounds(page, i, bounds);
		child.ref = &page->children[i];
		st = visit_page(visit, &child, &within, err);
		capsa_spine_add(&child.before, &page->children[i].sums);
	}
	return st;
}

static enum capsa_status check_leaf(const struct visit *visit, const struct visit_place *place,
                                    struct capsa_error *err)
{
	struct capsa_error why = {0};
	enum capsa_status st = capsa_page_store_check(visit->store, place->ref, &why);

	if (st == CAPSA_OK)
		return visit->visitor->page(visit->visitor->ctx, place, NULL, err);
	visit->visitor->damaged(visit->visitor->ctx, place, st, &why);
	return CAPSA_OK;
}

/* At most CAPSA_LEVELS_MAX deep: each level is one less than that of the page above. */
static enum capsa_status visit_page(const struct visit *visit, const struct visit_place *place,
                                    const struct page_bounds *bounds, struct capsa_error *err)
{
	const struct visitor *visitor = visit->visitor;
	struct capsa_error why = {0};
	struct page page;
	enum capsa_status st;

	if (place->ref->level == 0 && visitor->leaves == VISIT_PASS)
		return CAPSA_OK;
	if (place->ref->level == 0 && visitor->leaves == VISIT_CHECK)
		return check_leaf(visit, place, err);
	st = capsa_page_store_load(visit->store, place->ref, place->root, &page, &why);
	if (st == CAPSA_OK && page.kind == CAPSA_PAGE_KEYS) {
		st = capsa_page_within(&page, bounds, place->ref->offset, &why);
		if (st != CAPSA_OK)
			capsa_page_release(&page);
	}
	if (st == CAPSA_ENOMEM)
		return capsa_fail_memory(err);
	if (st != CAPSA_OK) {
		visitor->damaged(visitor->ctx, place, st, &why);
		return CAPSA_OK;
	}
	st = visitor->page(visitor->ctx, place, &page, err);
	if (st == CAPSA_OK && place->ref->level > 0)
		st = visit_children(visit, &page, place, bounds, err);
	capsa_page_release(&page);
	return st;
}

enum capsa_status capsa_tree_visit(struct page_store *store, const struct page_ref *root,
                                   const struct visitor *visitor, struct capsa_error *err)
{
	struct visit visit = {store, visitor};
	struct visit_place place = {.ref = root, .root = true};
	struct page_bounds bounds = {.low = span_of(NULL, 0)};

	return visit_page(&visit, &place, &bounds, err);
}
