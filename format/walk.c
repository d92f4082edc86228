#include "walk.h"

void capsa_walk_init(struct walk *walk, struct page_store *store, const struct page_ref *root)
{
	*walk = (struct walk){.store = store, .root = *root};
	walk->steps[root->level].ref = *root;
}

/* The first of keys[first .. count) that is at or above `key`. */
static size_t lower_bound(const struct page *page, size_t first, struct span key)
{
	size_t low = first, high = page->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (capsa_span_compare(page->keys[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * From the root to a leaf: by `key` where given, else by the indices that stand in the steps.
 * Parents stay valid meanwhile, for the store keeps more pages than a tree has levels.
 */
static enum capsa_status descend(struct walk *walk, const struct span *key,
                                 const struct page **leaf, struct capsa_error *err)
{
	struct page_bounds bounds = {.low = span_of(NULL, 0)};

	for (unsigned level = walk->root.level;; level--) {
		struct walk_step *step = &walk->steps[level];
		const struct page *page;
		enum capsa_status st = capsa_page_store_get(walk->store, &step->ref,
		                                            level == walk->root.level, &page, err);

		if (st == CAPSA_OK)
			st = capsa_page_within(page, &bounds, step->ref.offset, err);
		if (st != CAPSA_OK)
			return st;
		if (key != NULL)
			step->index = level > 0 ? lower_bound(page, 1, *key) - 1
			                        : lower_bound(page, 0, *key);
		if (level == 0) {
			*leaf = page;
			return CAPSA_OK;
		}
		bounds = capsa_page_child_bounds(page, step->index, &bounds);
		walk->steps[level - 1].ref = page->children[step->index];
	}
}

enum capsa_status capsa_walk_seek(struct walk *walk, struct span key, struct capsa_error *err)
{
	const struct page *leaf;

	return descend(walk, &key, &leaf, err);
}

/* From the end of a leaf to the beginning of the next one. */
static enum capsa_status advance(struct walk *walk, const struct page **leaf,
                                 struct capsa_error *err)
{
	for (unsigned level = 1; level <= walk->root.level; level++) {
		struct walk_step *step = &walk->steps[level];
		const struct page *page;
		enum capsa_status st = capsa_page_store_get(walk->store, &step->ref,
		                                            level == walk->root.level, &page, err);

		if (st != CAPSA_OK)
			return st;
		if (step->index + 1 < page->count) {
			step->index++;
			while (level-- > 0)
				walk->steps[level].index = 0;
			return descend(walk, NULL, leaf, err);
		}
	}
	return CAPSA_ENOENT;
}

enum capsa_status capsa_walk_next(struct walk *walk, struct span *key, uint64_t *number,
                                  struct capsa_error *err)
{
	struct walk_step *step = &walk->steps[0];
	const struct page *leaf;
	enum capsa_status st = capsa_page_store_get(walk->store, &step->ref, walk->root.level == 0,
	                                            &leaf, err);

	if (st == CAPSA_OK && step->index >= leaf->count)
		st = advance(walk, &leaf, err);
	if (st != CAPSA_OK)
		return st;
	*key = leaf->keys[step->index];
	*number = leaf->numbers[step->index];
	step->index++;
	return CAPSA_OK;
}
