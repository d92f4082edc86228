#include "digest.h"
#include "path.h"
#include "verify.h"
#include "visit.h"

/* The visit of one tree. */
struct tree_check {
	struct verification *v;
	unsigned tree;
	bool damaged;
	uint64_t first[CAPSA_LEVELS_MAX];       /* offset of the first page of each level */
	uint64_t next[CAPSA_LEVELS_MAX];        /* where its next page must begin; 0: none yet */
	struct buffer last_key;
	uint64_t last_number;
	bool has_last;

	/* Of the spine. */
	uint64_t missing;               /* bytes of the article that goes on */
	bool ended;
};

static enum capsa_status fail_page(const struct visit_place *place, const char *what,
                                   struct capsa_error *err)
{
	return capsa_fail(err, CAPSA_ECORRUPT, place->ref->offset, "index page %s", what);
}

/* Pages of a level follow each other; so each is reached once, and none lies between. */
static enum capsa_status check_position(struct tree_check *check, const struct visit_place *place,
                                        struct capsa_error *err)
{
	uint64_t *next = &check->next[place->ref->level];

	if (*next == 0)
		check->first[place->ref->level] = place->ref->offset;
	else if (*next != place->ref->offset && !check->damaged)
		return fail_page(place, "does not follow the page before it", err);
	*next = place->ref->offset + place->ref->size;
	return CAPSA_OK;
}

static enum capsa_status check_key_order(struct tree_check *check, const struct visit_place *place,
                                         struct span key, uint64_t number, struct capsa_error *err)
{
	struct span last = buffer_span(&check->last_key);

	if (check->has_last) {
		int order = capsa_span_compare(last, key);

		if (order > 0 || (order == 0 && number <= check->last_number))
			return fail_page(place, "has entries out of order", err);
		if (check->tree == CAPSA_TREE_PATH && capsa_path_key_conflict(last, key))
			return fail_page(
			    place, "has a path twice, or one that is a directory of another", err);
	}
	return CAPSA_OK;
}

static enum capsa_status check_key_leaf(struct tree_check *check, const struct visit_place *place,
                                        const struct page *page, struct capsa_error *err)
{
	struct verification *v = check->v;

	for (size_t i = 0; i < page->count; i++) {
		enum capsa_status st =
		    check_key_order(check, place, page->keys[i], page->numbers[i], err);

		if (st != CAPSA_OK)
			return st;
		if (page->numbers[i] >= v->reader->statement.facts.articles)
			return fail_page(place, "names an article that does not exist", err);
		if (v->options.depth == CAPSA_VERIFY_DEEP)
			capsa_multiset_add(&v->tree_keys[check->tree], v->secret, page->keys[i],
			                   page->numbers[i], &v->scratch);
		buffer_clear(&check->last_key);
		capsa_buffer_append(&check->last_key, page->keys[i].data, page->keys[i].size);
		check->last_number = page->numbers[i];
		check->has_last = true;
		if (check->last_key.failed || v->scratch.failed)
			return capsa_fail_memory(err);
	}
	return CAPSA_OK;
}

/* The order of kinds (spec 4), and that articles go on until they are complete. */
static const char *check_frame(struct tree_check *check, const struct spine_frame *frame,
                               const struct spine_sums *before, uint64_t member)
{
	if (check->ended)
		return "has a frame after the end";
	if ((before->frames == 0) != (frame->kind == CAPSA_FRAME_HEAD))
		return "has the head frame in the wrong place";
	if ((check->missing != 0) != (frame->kind == CAPSA_FRAME_PART))
		return "has an article that does not go on as it should";
	if (frame->kind == CAPSA_FRAME_PART) {
		if (frame->raw_size > check->missing)
			return "has a part that is larger than its article";
		check->missing -= frame->raw_size;
	}
	if (frame->kind == CAPSA_FRAME_ARTICLES && member > frame->raw_size)
		check->missing = member - frame->raw_size;
	if (frame->kind == CAPSA_FRAME_METADATA && before->lines + frame->count > before->articles)
		return "has metadata lines before their articles";
	if (before->articles - before->lines > CAPSA_FRAME_WAITING_MAX)
		return "has too many articles before their metadata lines";
	if (frame->kind == CAPSA_FRAME_END) {
		check->ended = true;
		if (before->lines != before->articles)
			return "has more articles than metadata lines";
	}
	return NULL;
}

/*
 * Does this article share a body itself?  A damaged page on the way is reported at its place.
 */
static bool is_link(struct verification *v, uint64_t number)
{
	struct spine_walk walk;
	struct spine_place place;

	capsa_spine_walk_init(&walk, v->reader->pages, reader_root(v->reader, READER_SPINE));
	return capsa_spine_walk_seek(&walk, SPINE_BY_ARTICLE, number, NULL) == CAPSA_OK &&
	       capsa_spine_walk_next(&walk, &place, NULL) == CAPSA_OK &&
	       place.articles[number - place.before.articles].link != 0;
}

static const char *check_link(struct verification *v, uint64_t number, uint64_t link)
{
	if (link > number)
		return "has an article that links to nowhere";
	if (link != 0 && is_link(v, number - link))
		return "has an article that links to a link";
	return NULL;
}

static enum capsa_status check_spine_leaf(struct tree_check *check,
                                          const struct visit_place *place,
                                          const struct page *page, struct capsa_error *err)
{
	struct spine_sums before = place->before;
	const struct spine_article *article = page->leaf.articles;

	for (size_t i = 0; i < page->leaf.frame_count; i++) {
		const struct spine_frame *frame = &page->leaf.frames[i];
		struct spine_sums sums = capsa_spine_frame_sums(frame);
		uint64_t member = sums.articles == 1 ? capsa_spine_member_size(article) : 0;
		const char *wrong = NULL;

		/* What lies behind a damaged page cannot be judged by what stands before it. */
		if (!check->damaged)
			wrong = check_frame(check, frame, &before, member);
		for (uint64_t k = 0; wrong == NULL && k < sums.articles; k++, article++)
			wrong = check_link(check->v, before.articles + k, article->link);
		if (wrong != NULL)
			return fail_page(place, wrong, err);
		capsa_spine_add(&before, &sums);
	}
	return CAPSA_OK;
}

static enum capsa_status visit_page(void *ctx, const struct visit_place *place,
                                    const struct page *page, struct capsa_error *err)
{
	struct tree_check *check = ctx;
	struct capsa_error why = {0};
	enum capsa_status st = check_position(check, place, &why);

	check->v->report->bytes_read += place->ref->size;
	if (st == CAPSA_OK && page != NULL && page->level == 0)
		st = page->kind == CAPSA_PAGE_KEYS ? check_key_leaf(check, place, page, &why)
		                                   : check_spine_leaf(check, place, page, &why);
	if (st == CAPSA_ENOMEM)
		return capsa_fail_memory(err);
	if (st != CAPSA_OK) {
		capsa_verify_structure(check->v, "index page", why.offset, st, why.text);
		check->damaged = true;
	}
	return CAPSA_OK;
}

static void visit_damaged(void *ctx, const struct visit_place *place, enum capsa_status status,
                          const struct capsa_error *why)
{
	struct tree_check *check = ctx;

	capsa_verify_structure(check->v, "index page", place->ref->offset, status, why->text);
	check->damaged = true;
}

static enum capsa_status check_spine_root(const struct tree_check *check, const struct page *page,
                                          struct capsa_error *err)
{
	const struct capsa_statement *facts = &check->v->reader->statement.facts;

	if (page->sums.articles != facts->articles || page->sums.raw != facts->tar_size ||
	    page->sums.stored > facts->size - CAPSA_PREFIX_SIZE)
		return capsa_fail(err, CAPSA_ECORRUPT,
		                  reader_root(check->v->reader, READER_SPINE)->offset,
		                  "the spine has other sums than the statement");
	return CAPSA_OK;
}

/* The first byte of the index, by the spine's root; 0 where that is damaged. */
static enum capsa_status find_index(struct tree_check *check, uint64_t *start,
                                    struct capsa_error *err)
{
	struct capsa_reader *r = check->v->reader;
	const struct page *page;
	struct capsa_error why = {0};
	enum capsa_status st =
	    capsa_page_store_get(r->pages, reader_root(r, READER_SPINE), true, &page, &why);

	*start = 0;
	if (st == CAPSA_ENOMEM)
		return capsa_fail_memory(err);
	if (st != CAPSA_OK)
		return CAPSA_OK;        /* the visit reports it */
	st = check_spine_root(check, page, &why);
	if (st != CAPSA_OK) {
		capsa_verify_structure(check->v, "spine", why.offset, st, why.text);
		check->damaged = true;
		return CAPSA_OK;
	}
	*start = CAPSA_PREFIX_SIZE + page->sums.stored;
	return CAPSA_OK;
}

/*
 * Levels, lowest first, and trees within a level tile the index from `start` to the statement.
 */
static void check_tiling(struct verification *v, const struct tree_check *checks, uint64_t start)
{
	uint64_t at = start;

	for (unsigned level = 0; level < CAPSA_LEVELS_MAX; level++)
		for (size_t i = 0; i < v->reader->statement.tree_count; i++) {
			if (checks[i].next[level] == 0)
				continue;
			if (checks[i].first[level] != at) {
				capsa_verify_structure(v, "index", at, CAPSA_ECORRUPT,
				                       "the pages of the index do not tile it");
				return;
			}
			at = checks[i].next[level];
		}
	if (at != v->reader->statement_offset)
		capsa_verify_structure(v, "index", at, CAPSA_ECORRUPT,
		                       "the index does not end at the statement");
}

enum capsa_status capsa_verify_index(struct verification *v, struct capsa_error *err)
{
	struct tree_check checks[CAPSA_TREES_MAX] = {{0}};
	const struct statement *statement = &v->reader->statement;
	uint64_t start = 0;
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; st == CAPSA_OK && i < statement->tree_count; i++) {
		struct visitor visitor = {visit_page, visit_damaged,
		                          i < READER_TREES ? VISIT_DECODE : VISIT_CHECK,
		                          &checks[i]};

		checks[i].v = v;
		checks[i].tree = (unsigned)i;
		if (i == READER_SPINE)
			st = find_index(&checks[i], &start, err);
		if (st == CAPSA_OK)
			st = capsa_tree_visit(v->reader->pages, &statement->trees[i].root, &visitor,
			                      err);
		if (i == READER_SPINE && st == CAPSA_OK && !checks[i].damaged && !checks[i].ended)
			capsa_verify_structure(v, "spine", statement->trees[i].root.offset,
			                       CAPSA_ECORRUPT, "the spine has no end frame");
		v->index_damaged |= checks[i].damaged;
		capsa_buffer_release(&checks[i].last_key);
	}
	v->spine_damaged = checks[READER_SPINE].damaged;
	if (st == CAPSA_OK && !v->index_damaged && start != 0)
		check_tiling(v, checks, start);
	return st;
}
