/* Leaves of the spine (spec 8.5). */
#include "fixture.h"

#include "spine.h"

static const struct spine_frame frames[] = {
    {.kind = CAPSA_FRAME_HEAD, .stored_size = 700, .raw_size = 2048},
    {.kind = CAPSA_FRAME_ARTICLES, .stored_size = 900, .raw_size = 2560, .count = 3},
    {.kind = CAPSA_FRAME_ARTICLES, .stored_size = 3000, .raw_size = 4096, .count = 1},
    {.kind = CAPSA_FRAME_PART, .stored_size = 2000, .raw_size = 1536},
    {.kind = CAPSA_FRAME_METADATA, .stored_size = 400, .raw_size = 1536, .count = 4},
    {.kind = CAPSA_FRAME_END, .stored_size = 30, .raw_size = 1024},
};

static const struct spine_article articles[] = {
    {.header_size = 512, .size = 0},    /* 512 */
    {.header_size = 512, .size = 1000}, /* 1536 */
    {.header_size = 512, .link = 1},    /* 512 */
    {.header_size = 512, .size = 4700}, /* 512 + 5120, over two frames */
};

#define FRAMES (sizeof frames / sizeof *frames)
#define ARTICLES (sizeof articles / sizeof *articles)

/* A leaf that may be changed. */
struct leaf {
	struct spine_frame frames[FRAMES];
	struct spine_article articles[ARTICLES];
};

static struct leaf good_leaf(void)
{
	struct leaf leaf;

	memcpy(leaf.frames, frames, sizeof frames);
	memcpy(leaf.articles, articles, sizeof articles);
	for (size_t i = 0; i < FRAMES; i++)
		memset(leaf.frames[i].digest, (int)i + 1, CAPSA_DIGEST_SIZE);
	return leaf;
}

static struct buffer encode(struct leaf *leaf)
{
	struct spine_leaf spine = {.frame_count = FRAMES,
	                           .article_count = ARTICLES,
	                           .frames = leaf->frames,
	                           .articles = leaf->articles};
	struct buffer out = {0};

	capsa_spine_encode(&spine, &out);
	assert_false(out.failed);
	return out;
}

static enum capsa_status decode(const struct buffer *columns, uint64_t count)
{
	struct spine_leaf leaf = {0};
	enum capsa_status st = capsa_spine_decode(buffer_span(columns), count, &leaf, 0, NULL);

	if (st != CAPSA_OK)
		assert_null(leaf.frames);
	capsa_spine_release(&leaf);
	return st;
}

static void test_round_trip(void **state)
{
	struct leaf good = good_leaf();
	struct buffer columns = encode(&good);
	struct spine_leaf leaf;

	(void)state;
	assert_int_equal(capsa_spine_decode(buffer_span(&columns), FRAMES, &leaf, 0, NULL), CAPSA_OK);
	assert_int_equal(leaf.frame_count, FRAMES);
	assert_int_equal(leaf.article_count, ARTICLES);
	for (size_t i = 0; i < FRAMES; i++) {
		assert_int_equal(leaf.frames[i].kind, good.frames[i].kind);
		assert_int_equal(leaf.frames[i].stored_size, good.frames[i].stored_size);
		assert_int_equal(leaf.frames[i].raw_size, good.frames[i].raw_size);
		assert_int_equal(leaf.frames[i].count, good.frames[i].count);
		assert_memory_equal(leaf.frames[i].digest, good.frames[i].digest, CAPSA_DIGEST_SIZE);
	}
	for (size_t i = 0; i < ARTICLES; i++) {
		assert_int_equal(leaf.articles[i].header_size, articles[i].header_size);
		assert_int_equal(leaf.articles[i].link, articles[i].link);
		assert_int_equal(leaf.articles[i].size, articles[i].size);
	}
	assert_int_equal(leaf.sums.frames, FRAMES);
	assert_int_equal(leaf.sums.articles, 4);
	assert_int_equal(leaf.sums.lines, 4);
	assert_int_equal(leaf.sums.stored, 7030);
	assert_int_equal(leaf.sums.raw, 12800);
	capsa_spine_release(&leaf);
	capsa_buffer_release(&columns);
}

static void test_one_wrong_field(void **state)
{
	static const struct {
		const char *what;
		size_t frame;
		struct spine_frame value;
	} cases[] = {
	    {"unknown kind", 0, {5, 700, 2048, 0, {0}}},
	    {"head with a count", 0, {0, 700, 2048, 1, {0}}},
	    {"stored size below a skippable frame", 0, {0, 15, 2048, 0, {0}}},
	    {"stored size over the limit", 0, {0, CAPSA_FRAME_STORED_MAX + 1, 2048, 0, {0}}},
	    {"raw size of nothing", 0, {0, 700, 0, 0, {0}}},
	    {"raw size over the limit", 0, {0, 700, CAPSA_FRAME_RAW_MAX + 1, 0, {0}}},
	    {"members shorter than the frame", 1, {1, 900, 3072, 3, {0}}},
	    {"members longer than the frame", 1, {1, 900, 2048, 3, {0}}},
	    {"a large article whose header is cut", 2, {1, 900, 511, 1, {0}}},
	    {"metadata without a line", 4, {3, 400, 1536, 0, {0}}},
	    {"metadata with more lines than bytes", 4, {3, 400, 1536, 1537, {0}}},
	    {"end of another size", 5, {4, 30, 1536, 0, {0}}},
	    {"part with a count", 3, {2, 2000, 1536, 1, {0}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct leaf leaf = good_leaf();
		struct buffer columns;

		leaf.frames[cases[i].frame] = cases[i].value;
		columns = encode(&leaf);
		if (decode(&columns, FRAMES) != CAPSA_ECORRUPT)
			fail_msg("%s is accepted", cases[i].what);
		capsa_buffer_release(&columns);
	}
}

static void test_articles_out_of_range(void **state)
{
	struct leaf leaf = good_leaf();
	struct buffer columns;

	(void)state;
	leaf.articles[0].header_size = 0;
	columns = encode(&leaf);
	assert_int_equal(decode(&columns, FRAMES), CAPSA_ECORRUPT);
	capsa_buffer_release(&columns);
	leaf = good_leaf();
	leaf.articles[0].header_size = 19 * 512;
	columns = encode(&leaf);
	assert_int_equal(decode(&columns, FRAMES), CAPSA_ECORRUPT);
	capsa_buffer_release(&columns);
	leaf = good_leaf();
	leaf.articles[3].size = UINT64_MAX - 600;
	columns = encode(&leaf);
	assert_int_equal(decode(&columns, FRAMES), CAPSA_ECORRUPT);
	capsa_buffer_release(&columns);
}

static void test_any_other_length_is_damage(void **state)
{
	struct leaf leaf = good_leaf();
	struct buffer columns = encode(&leaf);
	size_t size = columns.size;

	(void)state;
	for (columns.size = 0; columns.size < size; columns.size++)
		assert_int_equal(decode(&columns, FRAMES), CAPSA_ECORRUPT);
	assert_int_equal(decode(&columns, FRAMES), CAPSA_OK);
	assert_int_equal(decode(&columns, FRAMES + 1), CAPSA_ECORRUPT);
	assert_int_equal(decode(&columns, UINT64_MAX), CAPSA_ECORRUPT);
	capsa_buffer_byte(&columns, 0);
	assert_int_equal(decode(&columns, FRAMES), CAPSA_ECORRUPT);
	capsa_buffer_release(&columns);
}

static void test_sums_stop_at_the_limit(void **state)
{
	struct spine_sums a = {.stored = CAPSA_OFFSET_MAX - 1}, b = {.stored = 1};

	(void)state;
	assert_true(capsa_spine_add(&a, &b));
	assert_false(capsa_spine_add(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_one_wrong_field),
	    cmocka_unit_test(test_articles_out_of_range),
	    cmocka_unit_test(test_any_other_length_is_damage),
	    cmocka_unit_test(test_sums_stop_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
