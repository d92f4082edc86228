/* Index pages (spec 8.1 to 8.4), byte by byte. */
#include "fixture.h"

#include "page.h"

static struct span text(const char *s)
{
	return span_of(s, strlen(s));
}

static enum capsa_status decode(const struct buffer *raw, struct page_ref ref, bool root)
{
	struct page page = {0};
	enum capsa_status st = capsa_page_decode(buffer_span(raw), &ref, root, &page, NULL);

	capsa_page_release(&page);
	return st;
}

/* A leaf written by hand: what the spec says, not what the encoder does. */
static void test_leaf_of_keys_byte_by_byte(void **state)
{
	static const uint8_t bytes[] = {
	    2, 0, 3,            /* keys, leaf, three entries */
	    0, 2, 3,            /* shared */
	    3, 1, 0,            /* rest sizes */
	    'a', 'b', 'c', 'x', /* rests: abc, abx, abx */
	    10, 9, 4,           /* numbers: +5, -5, +2 */
	};
	struct span keys[] = {text("abc"), text("abx"), text("abx")};
	uint64_t numbers[] = {5, 0, 2};
	struct page_ref ref = {.kind = CAPSA_PAGE_KEYS, .entries = 3};
	struct buffer raw = {0};
	struct page page;

	(void)state;
	capsa_page_encode_keys(keys, numbers, 3, &raw);
	assert_int_equal(raw.size, sizeof bytes);
	assert_memory_equal(raw.data, bytes, sizeof bytes);
	assert_int_equal(capsa_page_decode(buffer_span(&raw), &ref, true, &page, NULL), CAPSA_OK);
	for (size_t i = 0; i < 3; i++) {
		assert_true(span_equal(page.keys[i], keys[i]));
		assert_int_equal(page.numbers[i], numbers[i]);
	}
	capsa_page_release(&page);
	capsa_buffer_release(&raw);
}

static void test_wrong_leaves(void **state)
{
	static const struct {
		const char *what;
		uint8_t size;
		uint8_t bytes[16];
	} cases[] = {
	    {"another kind", 7, {3, 0, 1, 0, 1, 'a', 0}},
	    {"another level", 7, {2, 1, 1, 0, 1, 'a', 0}},
	    {"a long varint", 8, {2, 0, 0x81, 0, 0, 1, 'a', 0}},
	    {"first key shares bytes", 7, {2, 0, 1, 1, 1, 'a', 0}},
	    {"shared too short", 11, {2, 0, 2, 0, 0, 1, 2, 'a', 'a', 'b', 0}},
	    {"shared longer than the key", 10, {2, 0, 2, 0, 2, 1, 1, 'a', 'b', 0}},
	    {"keys out of order", 11, {2, 0, 2, 0, 0, 1, 1, 'b', 'a', 0, 0}},
	    {"equal keys, equal numbers", 10, {2, 0, 2, 0, 1, 1, 0, 'a', 2, 0}},
	    {"equal keys, numbers descend", 10, {2, 0, 2, 0, 1, 1, 0, 'a', 4, 1}},
	    {"a negative number", 7, {2, 0, 1, 0, 1, 'a', 1}},
	    {"bytes too many", 8, {2, 0, 1, 0, 1, 'a', 0, 0}},
	    {"bytes too few", 6, {2, 0, 1, 0, 1, 'a'}},
	    {"more entries than bytes", 7, {2, 0, 100, 0, 1, 'a', 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buffer raw = {0};
		struct page_ref ref = {.kind = CAPSA_PAGE_KEYS, .entries = cases[i].bytes[2]};

		capsa_buffer_append(&raw, cases[i].bytes, cases[i].size);
		if (decode(&raw, ref, true) != CAPSA_ECORRUPT)
			fail_msg("%s: accepted", cases[i].what);
		capsa_buffer_release(&raw);
	}
}

static void test_empty_leaf_is_a_root_only(void **state)
{
	struct page_ref ref = {.kind = CAPSA_PAGE_KEYS};
	struct buffer raw = {0};

	(void)state;
	capsa_page_encode_keys(NULL, NULL, 0, &raw);
	assert_int_equal(raw.size, 3);
	assert_int_equal(decode(&raw, ref, true), CAPSA_OK);
	assert_int_equal(decode(&raw, ref, false), CAPSA_ECORRUPT);
	ref.entries = 1;
	assert_int_equal(decode(&raw, ref, true), CAPSA_ECORRUPT);
	capsa_buffer_release(&raw);
}

/* Keys that are small in the page and huge in full do not get memory. */
static void test_keys_in_full_are_bounded(void **state)
{
	struct page_ref ref = {.kind = CAPSA_PAGE_KEYS};
	struct buffer raw = {0};
	static uint8_t longest[CAPSA_KEY_MAX];
	unsigned count = CAPSA_PAGE_KEYS_MAX / CAPSA_KEY_MAX;

	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		buffer_clear(&raw);
		ref.entries = count + extra;
		capsa_buffer_byte(&raw, CAPSA_PAGE_KEYS);
		capsa_buffer_byte(&raw, 0);
		capsa_buffer_varint(&raw, ref.entries);
		for (unsigned i = 0; i < ref.entries; i++)
			capsa_buffer_varint(&raw, i == 0 ? 0 : CAPSA_KEY_MAX);
		for (unsigned i = 0; i < ref.entries; i++)
			capsa_buffer_varint(&raw, i == 0 ? CAPSA_KEY_MAX : 0);
		capsa_buffer_append(&raw, longest, sizeof longest);
		for (unsigned i = 0; i < ref.entries; i++)
			capsa_buffer_zigzag(&raw, 1);
		assert_int_equal(decode(&raw, ref, true), extra == 0 ? CAPSA_OK : CAPSA_ECORRUPT);
	}
	capsa_buffer_release(&raw);
}

static void make_children(struct page_ref *children, size_t count, uint8_t kind)
{
	uint64_t offset = 1000;

	for (size_t i = 0; i < count; i++) {
		children[i] = (struct page_ref){.kind = kind,
		                                .level = 0,
		                                .offset = offset,
		                                .size = 100 + (uint32_t)i,
		                                .entries = 10 * (i + 1)};
		memset(children[i].digest, (int)i, CAPSA_DIGEST_SIZE);
		if (kind == CAPSA_PAGE_SPINE)
			children[i].sums = (struct spine_sums){.frames = children[i].entries,
			                                       .articles = 7 * i,
			                                       .lines = 6 * i,
			                                       .stored = 5000 * i,
			                                       .raw = 9000 * i};
		offset += children[i].size;
	}
}

static void test_inner_pages(void **state)
{
	struct span separators[] = {text(""), text("b"), text("b"), text("cde")};
	struct page_ref children[4], ref = {.level = 1, .entries = 100};
	struct buffer raw = {0};
	struct page page;

	(void)state;
	for (uint8_t kind = CAPSA_PAGE_SPINE; kind <= CAPSA_PAGE_KEYS; kind++) {
		buffer_clear(&raw);
		make_children(children, 4, kind);
		ref.kind = kind;
		capsa_page_encode_inner(children, separators, 4, &raw);
		assert_int_equal(capsa_page_decode(buffer_span(&raw), &ref, true, &page, NULL), CAPSA_OK);
		assert_int_equal(page.entries, 100);
		for (size_t i = 0; i < 4; i++) {
			assert_int_equal(page.children[i].offset, children[i].offset);
			assert_int_equal(page.children[i].size, children[i].size);
			assert_int_equal(page.children[i].entries, children[i].entries);
			assert_int_equal(page.children[i].level, 0);
			assert_memory_equal(page.children[i].digest, children[i].digest, CAPSA_DIGEST_SIZE);
			if (kind == CAPSA_PAGE_KEYS)
				assert_true(span_equal(page.keys[i], separators[i]));
			else
				assert_true(capsa_spine_sums_equal(&page.children[i].sums, &children[i].sums));
		}
		capsa_page_release(&page);
		ref.entries++;
		assert_int_equal(decode(&raw, ref, true), CAPSA_ECORRUPT);
		ref.entries--;
	}
	capsa_buffer_release(&raw);
}

static void test_wrong_inner_pages(void **state)
{
	struct span in_order[] = {text(""), text("b"), text("c")};
	struct span out_of_order[] = {text(""), text("c"), text("b")};
	struct page_ref children[3], ref = {.kind = CAPSA_PAGE_KEYS, .level = 1, .entries = 60};
	struct buffer raw = {0};

	(void)state;
	make_children(children, 3, CAPSA_PAGE_KEYS);
	capsa_page_encode_inner(children, in_order, 3, &raw);
	assert_int_equal(decode(&raw, ref, true), CAPSA_OK);
	buffer_clear(&raw);
	capsa_page_encode_inner(children, out_of_order, 3, &raw);
	assert_int_equal(decode(&raw, ref, true), CAPSA_ECORRUPT);
	for (unsigned i = 0; i < 5; i++) {
		static const uint32_t sizes[] = {0, 16, 17, CAPSA_PAGE_STORED_MAX,
		                                 CAPSA_PAGE_STORED_MAX + 1};

		children[1].size = sizes[i];
		buffer_clear(&raw);
		capsa_page_encode_inner(children, in_order, 3, &raw);
		assert_int_equal(decode(&raw, ref, true),
		                 i == 2 || i == 3 ? CAPSA_OK : CAPSA_ECORRUPT);
	}
	children[1].size = 100;
	children[0].offset = CAPSA_OFFSET_MAX - 100;
	buffer_clear(&raw);
	capsa_page_encode_inner(children, in_order, 3, &raw);
	assert_int_equal(decode(&raw, ref, true), CAPSA_ECORRUPT);
	children[0].offset = 1000;
	children[2].entries = 0;
	ref.entries = 30;
	buffer_clear(&raw);
	capsa_page_encode_inner(children, in_order, 3, &raw);
	assert_int_equal(decode(&raw, ref, true), CAPSA_ECORRUPT);
	capsa_buffer_release(&raw);
}

static void test_spine_sums_must_be_those_of_the_reference(void **state)
{
	struct page_ref children[2], ref = {.kind = CAPSA_PAGE_SPINE, .level = 1, .entries = 30};
	struct buffer raw = {0};

	(void)state;
	make_children(children, 2, CAPSA_PAGE_SPINE);
	capsa_page_encode_inner(children, NULL, 2, &raw);
	ref.sums = (struct spine_sums){30, 7, 6, 5000, 9000};
	assert_int_equal(decode(&raw, ref, false), CAPSA_OK);
	ref.sums.lines++;
	assert_int_equal(decode(&raw, ref, false), CAPSA_ECORRUPT);
	assert_int_equal(decode(&raw, ref, true), CAPSA_OK);
	buffer_clear(&raw);
	children[0].sums.raw = CAPSA_OFFSET_MAX;
	capsa_page_encode_inner(children, NULL, 2, &raw);
	assert_int_equal(decode(&raw, ref, true), CAPSA_ECORRUPT);
	capsa_buffer_release(&raw);
}

static void test_bounds(void **state)
{
	struct span keys[] = {text("b"), text("d")};
	uint64_t numbers[] = {0, 1};
	struct page_ref ref = {.kind = CAPSA_PAGE_KEYS, .entries = 2};
	static const struct {
		const char *low, *high;
		enum capsa_status expected;
	} cases[] = {{"", NULL, CAPSA_OK},        {"b", "d", CAPSA_OK},
	             {"a", "e", CAPSA_OK},        {"ba", "d", CAPSA_ECORRUPT},
	             {"b", "c", CAPSA_ECORRUPT}, {"b", "d\x01", CAPSA_OK}};
	struct buffer raw = {0};
	struct page page;

	(void)state;
	capsa_page_encode_keys(keys, numbers, 2, &raw);
	assert_int_equal(capsa_page_decode(buffer_span(&raw), &ref, true, &page, NULL), CAPSA_OK);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct page_bounds bounds = {.low = text(cases[i].low), .has_high = cases[i].high != NULL};

		if (bounds.has_high)
			bounds.high = text(cases[i].high);
		assert_int_equal(capsa_page_within(&page, &bounds, 0, NULL), cases[i].expected);
	}
	capsa_page_release(&page);
	capsa_buffer_release(&raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_leaf_of_keys_byte_by_byte),
	    cmocka_unit_test(test_wrong_leaves),
	    cmocka_unit_test(test_empty_leaf_is_a_root_only),
	    cmocka_unit_test(test_keys_in_full_are_bounded),
	    cmocka_unit_test(test_inner_pages),
	    cmocka_unit_test(test_wrong_inner_pages),
	    cmocka_unit_test(test_spine_sums_must_be_those_of_the_reference),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
