#include "spine_walk.h"

static const char *const order_names[] = {
    [SPINE_BY_FRAME] = "frame",
    [SPINE_BY_ARTICLE] = "article",
    [SPINE_BY_LINE] = "metadata line",
    [SPINE_BY_RAW] = "byte of the tar stream",
};

void capsa_spine_walk_init(struct spine_walk *walk, struct page_store *store,
                           const struct page_ref *root)
{
	*walk = (struct spine_walk){.store = store, .root = *root};
	walk->steps[root->level].ref = *root;
}

static uint64_t sum_by(const struct spine_sums *sums, enum spine_order order)
{
	switch (order) {
	case SPINE_BY_FRAME:
		return sums->frames;
	case SPINE_BY_ARTICLE:
		return sums->articles;
	case SPINE_BY_LINE:
		return sums->lines;
	default:
		return sums->raw;
	}
}

static enum capsa_status get(struct spine_walk *walk, unsigned level, const struct page **page,
                             struct capsa_error *err)
{
	return capsa_page_store_get(walk->store, &walk->steps[level].ref,
	                            level == walk->root.level, page, err);
}

/* Step into child `index`, whose page has `before` before it. */
static void enter(struct spine_walk *walk, unsigned level, const struct page *page, size_t index,
                  const struct spine_sums *before)
{
	walk->steps[level].index = index;
	walk->steps[level - 1] = (struct spine_step){page->children[index], 0, *before};
	walk->article = 0;
}

enum capsa_status capsa_spine_walk_seek(struct spine_walk *walk, enum spine_order order,
                                        uint64_t number, struct capsa_error *err)
{
	const struct page *page;
	struct spine_step *step = &walk->steps[0];
	struct spine_sums before = {0};
	enum capsa_status st;

	walk->article = 0;
	for (unsigned level = walk->root.level; level > 0; level--) {
		size_t i = 0;

		st = get(walk, level, &page, err);
		if (st != CAPSA_OK)
			return st;
		/*
		 * The last child is taken where none fits: the search then fails in its leaf.
		 */
		while (i + 1 < page->count &&
		       sum_by(&page->children[i].sums, order) <= number - sum_by(&before, order))
			capsa_spine_add(&before, &page->children[i++].sums);
		enter(walk, level, page, i, &before);
	}
	st = get(walk, 0, &page, err);
	if (st != CAPSA_OK)
		return st;
	step->before = before;
	for (step->index = 0; step->index < page->leaf.frame_count; step->index++) {
		const struct spine_frame *frame = &page->leaf.frames[step->index];
		struct spine_sums sums = capsa_spine_frame_sums(frame);

		if (sum_by(&sums, order) > number - sum_by(&step->before, order))
			return CAPSA_OK;
		capsa_spine_add(&step->before, &sums);
		walk->article += sums.articles;
	}
	return capsa_fail(err, CAPSA_ECORRUPT, step->ref.offset, "the spine has no %s %" PRIu64,
	                  order_names[order], number);
}

/* From the end of a leaf into the next one. */
static enum capsa_status advance(struct spine_walk *walk, const struct page **leaf,
                                 struct capsa_error *err)
{
	struct spine_sums before = walk->steps[0].before;
	enum capsa_status st;

	for (unsigned level = 1; level <= walk->root.level; level++) {
		const struct page *page;

		st = get(walk, level, &page, err);
		if (st != CAPSA_OK)
			return st;
		if (walk->steps[level].index + 1 == page->count)
			continue;
		enter(walk, level, page, walk->steps[level].index + 1, &before);
		while (--level > 0) {
			st = get(walk, level, &page, err);
			if (st != CAPSA_OK)
				return st;
			enter(walk, level, page, 0, &before);
		}
		return get(walk, 0, leaf, err);
	}
	return CAPSA_ENOENT;
}

enum capsa_status capsa_spine_walk_next(struct spine_walk *walk, struct spine_place *place,
                                        struct capsa_error *err)
{
	struct spine_step *step = &walk->steps[0];
	const struct page *leaf;
	struct spine_sums sums;
	enum capsa_status st = get(walk, 0, &leaf, err);

	if (st == CAPSA_OK && step->index >= leaf->leaf.frame_count)
		st = advance(walk, &leaf, err);
	if (st != CAPSA_OK)
		return st;
	place->frame = &leaf->leaf.frames[step->index];
	place->articles = leaf->leaf.articles + walk->article;
	place->before = step->before;
	sums = capsa_spine_frame_sums(place->frame);
	capsa_spine_add(&step->before, &sums);
	walk->article += sums.articles;
	step->index++;
	return CAPSA_OK;
}
