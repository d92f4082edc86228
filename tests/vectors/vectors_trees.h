/* Vectors: trees of pages (spec 8, 8.2, 8.3, 9.2).  Part of vectors.h. */

/* ---- descriptions ------------------------------------------------------ */

static inline void plan_tall(struct forge *f)
{
	forge_plan_plain(f);
	f->page_entries = 2;
}

static inline void plan_empty(struct forge *f)
{
	(void)f;
}

/* Articles of a few bytes each, one after another, `in_frame` in a frame. */
static inline void plan_many(struct forge *f, size_t count, size_t in_frame)
{
	for (size_t i = 0; i < count; i++) {
		char *path = forge_new(f, 24, 1);
		struct forge_article *a;

		snprintf(path, 24, "%06zu", i);
		a = forge_add(f, path, forge_text("body"));
		a->title = "same";
		a->ends_frame = i % in_frame == in_frame - 1;
	}
}

static inline void plan_wide(struct forge *f)
{
	plan_many(f, 12, 4);
	f->page_entries = 4;
}

static inline void plan_same_titles(struct forge *f)
{
	plan_many(f, 8, 4);
	f->page_entries = 2;
}

static inline void plan_256(struct forge *f)
{
	plan_many(f, 256, 16);
	f->page_entries = 2;
}

static inline void plan_257(struct forge *f)
{
	plan_many(f, 257, 16);
	f->page_entries = 2;
}

/* Paths of 4,000 bytes, which differ at byte `at`. */
static inline void plan_long_paths(struct forge *f, size_t count, size_t at)
{
	for (size_t i = 0; i < count; i++) {
		char *path = forge_new(f, CAPSA_PATH_MAX + 1, 1);

		memset(path, 'x', CAPSA_PATH_MAX);
		for (size_t k = 199; k < CAPSA_PATH_MAX; k += 200)
			path[k] = '/';
		path[CAPSA_PATH_MAX - 1] = 'x';
		path[at] = (char)('a' + i / 16);
		path[at + 1] = (char)('a' + i % 16);
		forge_add(f, path, forge_text(""));
	}
}

static inline void plan_page_64k(struct forge *f)
{
	plan_long_paths(f, 16, 0);
}

static inline void plan_page_over_64k(struct forge *f)
{
	plan_long_paths(f, 17, 0);
}

static inline void plan_keys_512k(struct forge *f)
{
	plan_long_paths(f, 131, CAPSA_PATH_MAX - 10);
}

static inline void plan_keys_over_512k(struct forge *f)
{
	plan_long_paths(f, 132, CAPSA_PATH_MAX - 10);
}

/* Paths that do not compress. */
static inline void plan_page_over_32k(struct forge *f)
{
	uint32_t state = 1;

	plan_long_paths(f, 24, 0);
	f->page_entries = 12;
	for (size_t i = 0; i < f->article_count; i++) {
		char *path = forge_new(f, CAPSA_PATH_MAX + 1, 1);

		memcpy(path, f->articles[i].path, CAPSA_PATH_MAX);
		for (size_t k = 3; k < CAPSA_PATH_MAX; k++) {
			state = state * 1664525 + 1013904223;
			if (path[k] != '/')
				path[k] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123"
				          "456789-_"[state >> 26];
		}
		f->articles[i].path = path;
	}
}

static inline void plan_extra_trees(struct forge *f, size_t count)
{
	static const char *const names[] = {"subject", "b", "c", "d", "e", "f",
	                                    "g",       "h", "i", "j", "k"};

	forge_plan_plain(f);
	for (size_t i = 0; i < count; i++)
		f->trees[f->tree_count++] =
		    (struct forge_tree){.name = names[i], .kind = CAPSA_PAGE_KEYS};
	f->trees[FORGE_TREES].entries = forge_new(f, 3, sizeof(struct forge_entry));
	forge_entry(f, FORGE_TREES, forge_text("history"), 0);
	forge_entry(f, FORGE_TREES, forge_text("science"), 1);
	forge_entry(f, FORGE_TREES, forge_text("science"), 2);
	f->page_entries = 2;
}

static inline void plan_sixth(struct forge *f)
{
	plan_extra_trees(f, 1);
}

/* Its page is the last of all. */
static inline void plan_sixth_low(struct forge *f)
{
	plan_sixth(f);
	f->page_entries = 100;
}

static inline void plan_16_trees(struct forge *f)
{
	plan_extra_trees(f, 11);
}

static inline void plan_title_first(struct forge *f)
{
	forge_plan_plain(f);
	f->order[FORGE_URL] = FORGE_TITLE;
	f->order[FORGE_TITLE] = FORGE_URL;
}

/* ---- changes ----------------------------------------------------------- */

static inline bool is_page(const struct forge *f, unsigned tree, unsigned level, size_t index)
{
	return f->node.tree == tree && f->node.level == level && f->node.index == index;
}

static inline void node_gap(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		capsa_buffer_byte(&f->file, 0);
}

static inline void node_gap_before(struct forge *f)
{
	if (is_page(f, FORGE_SPINE_TREE, 0, 0))
		capsa_buffer_byte(&f->file, 0);
}

static inline void statement_five_trees(struct forge *f)
{
	f->statement.tree_count = FORGE_TREES;
}

static inline void statement_sixth_digest(struct forge *f)
{
	f->statement.trees[FORGE_TREES].root.digest[0] ^= 1;
}

static inline void node_sixth_digest(struct forge *f)
{
	if (is_page(f, FORGE_TREES, 1, 0))
		f->node.children[1].digest[0] ^= 1;
}

static inline void page_sixth_inner(struct forge *f)
{
	if (is_page(f, FORGE_TREES, 1, 0))
		f->page.data[2]++;
}

static inline void page_sixth_leaf(struct forge *f)
{
	if (is_page(f, FORGE_TREES, 0, 0))
		memset(f->page.data, 0xff, f->page.size);
}

static inline void node_separator_high(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.keys[1] = forge_text("b.htmm");
}

static inline void node_separator_low(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.keys[1] = forge_text("a");
}

/* Not the shortest; which one it is, is the writer's matter. */
static inline void node_separator_whole(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.keys[1] = forge_text("b.html");
}

static inline void node_separators_swapped(struct forge *f)
{
	struct span key;

	if (!is_page(f, FORGE_PATH, 1, 0))
		return;
	key = f->node.keys[1];
	f->node.keys[1] = f->node.keys[2];
	f->node.keys[2] = key;
}

static inline void node_child_offset(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.children[0].offset++;
}

/* The page names itself as its first child. */
static inline void node_child_itself(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.children[0].offset = f->file.size;
}

static inline void node_child_offset_huge(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.children[0].offset = CAPSA_OFFSET_MAX;
}

static inline void node_child_outside(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.children[0].offset = CAPSA_OFFSET_MAX / 2;
}

static inline void node_child_tiny(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.children[0].size = CAPSA_HEAD_SIZE;
}

static inline void node_child_large(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->node.children[0].size = CAPSA_PAGE_STORED_MAX + 1;
}

static inline void node_children_swapped(struct forge *f)
{
	struct page_ref *children = f->node.children;
	uint8_t digest[CAPSA_DIGEST_SIZE];

	if (!is_page(f, FORGE_PATH, 1, 0))
		return;
	memcpy(digest, children[0].digest, sizeof digest);
	memcpy(children[0].digest, children[1].digest, sizeof digest);
	memcpy(children[1].digest, digest, sizeof digest);
}

/* The second page of the level names the children of the first; its own are never reached. */
static inline void node_children_shared(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 1, 1))
		memcpy(f->node.children, f->trees[FORGE_TITLE].refs, 2 * sizeof(struct page_ref));
}

static inline void node_below(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 1, 0))
		f->node.children[0].entries++;
}

static inline void node_below_0(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 1, 0))
		f->node.children[0].entries = 0;
}

static inline void node_below_huge(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 1, 0))
		f->node.children[0].entries = CAPSA_OFFSET_MAX;
}

static inline void node_sum_articles(struct forge *f)
{
	if (!is_page(f, FORGE_SPINE_TREE, 1, 0))
		return;
	f->node.children[0].sums.articles--;
	f->node.children[1].sums.articles++;
}

static inline void node_sum_lines(struct forge *f)
{
	if (!is_page(f, FORGE_SPINE_TREE, 1, 0))
		return;
	f->node.children[0].sums.lines++;
	f->node.children[1].sums.lines--;
}

static inline void node_sum_stored(struct forge *f)
{
	if (!is_page(f, FORGE_SPINE_TREE, 1, 0))
		return;
	f->node.children[0].sums.stored++;
	f->node.children[1].sums.stored--;
}

static inline void node_sum_raw(struct forge *f)
{
	if (!is_page(f, FORGE_SPINE_TREE, 1, 0))
		return;
	f->node.children[0].sums.raw++;
	f->node.children[1].sums.raw--;
}

static inline void node_sum_huge(struct forge *f)
{
	if (is_page(f, FORGE_SPINE_TREE, 1, 0))
		f->node.children[0].sums.raw = UINT64_MAX;
}

static const struct vector vectors_trees[] = {
    {"good-empty", "8.1", "no articles: four trees with one page that has no entry", GOOD,
     PLAN(plan_empty)},
    {"good-tall", "8.3", "trees of up to four levels", GOOD, PLAN(plan_tall)},
    {"good-tall-8-levels", "1.2", "as many levels as there may be", GOOD, PLAN(plan_256)},
    {"good-keys-equal", "8.4", "equal keys in several pages", GOOD, PLAN(plan_same_titles)},
    {"good-separator-whole", "8.3", "a separator that is a whole key, not the shortest", GOOD,
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_separator_whole)},
    {"good-tree-unknown", "9.2", "a sixth tree", GOOD, PLAN(plan_sixth)},
    {"good-tree-unknown-leaf", "9.2", "a sixth tree whose leaf is of a form that 1.0 does not know",
     GOOD, PLAN_CHANGE(plan_sixth, FORGE_PAGE, page_sixth_leaf)},
    {"good-trees-16", "1.2", "as many trees as there may be", GOOD, PLAN(plan_16_trees)},
    {"bad-levels-9", "1.2", "one level more than there may be", BAD_OPEN, "more than 8 levels",
     PLAN(plan_257)},
    {"bad-index-gap", "8", "a byte between two pages", BAD_QUICK, "do not tile",
     CHANGE(FORGE_NODE, node_gap)},
    {"bad-index-gap-before", "2", "a byte between the last frame and the first page", BAD_QUICK,
     "do not tile", CHANGE(FORGE_NODE, node_gap_before)},
    {"bad-index-page-unreached", "8", "a page that no tree reaches, before the statement",
     BAD_QUICK, "does not end at the statement",
     PLAN_CHANGE(plan_sixth_low, FORGE_STATEMENT, statement_five_trees)},
    {"bad-index-order", "8", "the page of 'title' precedes that of 'url'", BAD_QUICK, "do not tile",
     PLAN(plan_title_first)},
    {"bad-tree-unknown-root", "9.2", "a sixth tree whose root fails its digest", BAD_QUICK,
     "fails its digest", PLAN_CHANGE(plan_sixth, FORGE_STATEMENT, statement_sixth_digest)},
    {"bad-tree-unknown-leaf", "9.2", "a sixth tree with a leaf that fails its digest", BAD_QUICK,
     "fails its digest", PLAN_CHANGE(plan_sixth, FORGE_NODE, node_sixth_digest)},
    {"bad-tree-unknown-inner", "9.2", "a sixth tree with an inner page that is wrong", BAD_QUICK,
     "index page", PLAN_CHANGE(plan_sixth, FORGE_PAGE, page_sixth_inner)},
    {"bad-separator-high", "8.3", "a separator above the first key after it", BAD_QUICK,
     "outside its separators", PLAN_CHANGE(plan_tall, FORGE_NODE, node_separator_high)},
    {"bad-separator-low", "8.3", "a separator below the last key before it", BAD_QUICK,
     "outside its separators", PLAN_CHANGE(plan_tall, FORGE_NODE, node_separator_low)},
    {"bad-separators-order", "8.3", "two separators have changed places", BAD_QUICK,
     "keys out of order", PLAN_CHANGE(plan_wide, FORGE_NODE, node_separators_swapped)},
    {"bad-child-offset", "8.3", "children begin one byte later", BAD_QUICK, "fails its digest",
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_child_offset)},
    {"bad-child-itself", "8.3", "an inner page names itself as its first child", BAD_QUICK,
     "fails its digest", PLAN_CHANGE(plan_tall, FORGE_NODE, node_child_itself)},
    {"bad-child-offset-huge", "1.2", "children that would end beyond 2^63 - 1", BAD_QUICK,
     "bad reference", PLAN_CHANGE(plan_tall, FORGE_NODE, node_child_offset_huge)},
    {"bad-child-outside", "8.3", "children beyond the end of the file", BAD_QUICK, "end",
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_child_outside)},
    {"bad-child-tiny", "8.3", "a child that is a head alone", BAD_QUICK, "bad reference",
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_child_tiny)},
    {"bad-child-large", "1.2", "a child of 32 KiB and one byte", BAD_QUICK, "bad reference",
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_child_large)},
    {"bad-children-order", "8.3", "the digests of two children have changed places", BAD_QUICK,
     "fails its digest", PLAN_CHANGE(plan_tall, FORGE_NODE, node_children_swapped)},
    {"bad-children-shared", "8", "two pages have the same children", BAD_QUICK, "does not follow",
     PLAN_CHANGE(plan_same_titles, FORGE_NODE, node_children_shared)},
    {"bad-below", "8.3", "one entry more below than there is", BAD_QUICK,
     "another number of entries", PLAN_CHANGE(plan_tall, FORGE_NODE, node_below)},
    {"bad-below-0", "8.3", "no entry below", BAD_QUICK, "bad count below",
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_below_0)},
    {"bad-below-huge", "1.2", "entries below whose sum is over 2^63 - 1", BAD_OPEN,
     "NAME KIND LEVEL ENTRIES", PLAN_CHANGE(plan_tall, FORGE_NODE, node_below_huge)},
    {"bad-sum-articles", "8.3", "a sum of articles is one less, the next one more", BAD_QUICK,
     "other sums", PLAN_CHANGE(plan_tall, FORGE_NODE, node_sum_articles)},
    {"bad-sum-lines", "8.3", "a sum of lines is one more, the next one less", BAD_QUICK,
     "other sums", PLAN_CHANGE(plan_tall, FORGE_NODE, node_sum_lines)},
    {"bad-sum-stored", "8.3", "a sum of stored bytes is one more, the next one less", BAD_QUICK,
     "other sums", PLAN_CHANGE(plan_tall, FORGE_NODE, node_sum_stored)},
    {"bad-sum-raw", "8.3", "a sum of raw bytes is one more, the next one less", BAD_QUICK,
     "other sums", PLAN_CHANGE(plan_tall, FORGE_NODE, node_sum_raw)},
    {"bad-sum-huge", "1.2", "a sum of 2^64 - 1", BAD_QUICK, "sums over the limit",
     PLAN_CHANGE(plan_tall, FORGE_NODE, node_sum_huge)},
};
