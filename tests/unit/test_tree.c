/* Trees built bottom-up and searched top-down: against a plain sorted array. */
#include "fixture.h"

#include "page_store.h"
#include "sink.h"
#include "tree_builder.h"
#include "visit.h"
#include "walk.h"

struct entry {
	char key[24];
	uint64_t number;
};

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Keys that are often equal, so that equal ones straddle pages. */
static struct entry *make_entries(size_t count, unsigned distinct)
{
	struct entry *entries = calloc(count + 1, sizeof *entries);
	struct random random = {count * 31 + distinct};

	assert_non_null(entries);
	for (size_t i = 0; i < count; i++) {
		snprintf(entries[i].key, sizeof entries[i].key, "k%06u",
		         (unsigned)random_below(&random, distinct));
		entries[i].number = i;
	}
	qsort(entries, count, sizeof *entries, compare);
	return entries;
}

struct tree {
	struct buffer file;
	struct page_ref root;
};

static void build(struct tree *tree, const struct entry *entries, size_t count)
{
	struct capsa_sink sink = memory_sink(&tree->file);
	struct output output;
	struct encoder *encoder;
	struct tree_builder *builder;

	capsa_output_init(&output, &sink);
	/* Offset 0 never begins a page. */
	assert_int_equal(capsa_output_write(&output, span_of("x", 1), NULL), CAPSA_OK);
	assert_int_equal(capsa_encoder_new(&encoder, 3, NULL), CAPSA_OK);
	assert_int_equal(
	    capsa_tree_builder_new(&builder, CAPSA_PAGE_KEYS, encoder, &output, NULL), CAPSA_OK);
	assert_null(capsa_tree_builder_root(builder));
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
		    capsa_tree_builder_key(builder, span_of(entries[i].key, strlen(entries[i].key)),
		                           entries[i].number, NULL),
		    CAPSA_OK);
	assert_int_equal(capsa_tree_builder_finish(builder, NULL), CAPSA_OK);
	while (capsa_tree_builder_root(builder) == NULL)
		assert_int_equal(capsa_tree_builder_raise(builder, NULL), CAPSA_OK);
	tree->root = *capsa_tree_builder_root(builder);
	capsa_tree_builder_free(builder);
	capsa_encoder_free(encoder);
}

static void check_seek(struct walk *walk, const struct entry *entries, size_t count,
                       const char *key)
{
	struct span found, wanted = span_of(key, strlen(key));
	uint64_t number;
	size_t i = 0;

	while (i < count && strcmp(entries[i].key, key) < 0)
		i++;
	assert_int_equal(capsa_walk_seek(walk, wanted, NULL), CAPSA_OK);
	for (unsigned step = 0; step < 3; step++, i++) {
		enum capsa_status st = capsa_walk_next(walk, &found, &number, NULL);

		assert_int_equal(st, i < count ? CAPSA_OK : CAPSA_ENOENT);
		if (st != CAPSA_OK)
			break;
		assert_int_equal(number, entries[i].number);
		assert_true(span_equal(found, span_of(entries[i].key, strlen(entries[i].key))));
	}
}

static void check_all(struct walk *walk, const struct entry *entries, size_t count)
{
	struct span key;
	uint64_t number;

	assert_int_equal(capsa_walk_seek(walk, span_of(NULL, 0), NULL), CAPSA_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(capsa_walk_next(walk, &key, &number, NULL), CAPSA_OK);
		assert_int_equal(number, entries[i].number);
	}
	assert_int_equal(capsa_walk_next(walk, &key, &number, NULL), CAPSA_ENOENT);
	assert_int_equal(capsa_walk_next(walk, &key, &number, NULL), CAPSA_ENOENT);
}

static void test_walks_find_what_an_array_finds(void **state)
{
	static const struct {
		size_t count;
		unsigned distinct;
	} cases[] = {{0, 1},       {1, 1},      {2, 2},         {5000, 1},
	             {5000, 3},    {20000, 40}, {60000, 900000}, {300000, 100000}};

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct entry *entries = make_entries(cases[c].count, cases[c].distinct);
		struct tree tree = {0};
		struct capsa_source source;
		struct page_store *store;
		struct walk walk;
		struct random random = {c + 1};

		build(&tree, entries, cases[c].count);
		assert_int_equal(tree.root.entries, cases[c].count);
		source = capsa_source_memory(tree.file.data, tree.file.size);
		assert_int_equal(
		    capsa_page_store_new(&store, &source, span_of(NULL, 0), tree.file.size, 0, NULL),
		    CAPSA_OK);
		capsa_walk_init(&walk, store, &tree.root);
		check_all(&walk, entries, cases[c].count);
		check_seek(&walk, entries, cases[c].count, "");
		check_seek(&walk, entries, cases[c].count, "zzz");
		for (unsigned i = 0; i < 100; i++) {
			char key[24];

			snprintf(key, sizeof key, i % 3 == 0 ? "k%05u" : "k%06u",
			         (unsigned)random_below(&random, cases[c].distinct + 1));
			check_seek(&walk, entries, cases[c].count, key);
		}
		capsa_page_store_free(store);
		capsa_buffer_release(&tree.file);
		free(entries);
	}
}

struct visited {
	uint64_t leaves, inner, entries, damaged;
};

static enum capsa_status visit_page(void *ctx, const struct visit_place *place,
                                    const struct page *page, struct capsa_error *err)
{
	struct visited *visited = ctx;

	(void)err;
	if (place->ref->level > 0) {
		visited->inner++;
	} else {
		visited->leaves++;
		visited->entries += page != NULL ? page->count : place->ref->entries;
	}
	return CAPSA_OK;
}

static void visit_damaged(void *ctx, const struct visit_place *place, enum capsa_status status,
                          const struct capsa_error *why)
{
	struct visited *visited = ctx;

	assert_int_equal(status, CAPSA_ECORRUPT);
	assert_string_equal(why->text, "index page fails its digest");
	assert_int_equal(why->offset, place->ref->offset);
	visited->damaged++;
}

/* One bad page hides no other: all others are visited. */
static void test_a_visit_passes_damage(void **state)
{
	struct entry *entries = make_entries(100000, 50000);
	struct tree tree = {0};
	struct capsa_source source;
	struct page_store *store;
	struct visited good = {0}, bad = {0};
	struct visitor visitor = {visit_page, visit_damaged, VISIT_DECODE, &good};

	(void)state;
	build(&tree, entries, 100000);
	assert_true(tree.root.level >= 1);
	source = capsa_source_memory(tree.file.data, tree.file.size);
	assert_int_equal(
	    capsa_page_store_new(&store, &source, span_of(NULL, 0), tree.file.size, 0, NULL), CAPSA_OK);
	assert_int_equal(capsa_tree_visit(store, &tree.root, &visitor, NULL), CAPSA_OK);
	assert_int_equal(good.entries, 100000);
	assert_int_equal(good.damaged, 0);
	tree.file.data[100] ^= 1;       /* in the first leaf */
	visitor.ctx = &bad;
	for (int leaves = VISIT_DECODE; leaves <= VISIT_CHECK; leaves++) {
		bad = (struct visited){0};
		visitor.leaves = (enum visit_leaves)leaves;
		assert_int_equal(capsa_tree_visit(store, &tree.root, &visitor, NULL), CAPSA_OK);
		assert_int_equal(bad.damaged, 1);
		assert_int_equal(bad.leaves, good.leaves - 1);
		assert_int_equal(bad.inner, good.inner);
		assert_true(bad.entries < 100000);
	}
	capsa_page_store_free(store);
	capsa_buffer_release(&tree.file);
	free(entries);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_walks_find_what_an_array_finds),
	    cmocka_unit_test(test_a_visit_passes_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
