/*
 * Writer and reader together: what goes in comes out, whatever the order, the options, the
 * threads.
 */
#include "fixture.h"

#define SEED 42

static void check_body(struct capsa_reader *reader, uint64_t number, const struct item *item,
                       struct random *random)
{
	struct capsa_article article;
	struct capsa_error err = {0};
	uint8_t *body;
	uint64_t from, size;

	if (capsa_reader_article(reader, number, &article, &err) != CAPSA_OK)
		fail_msg("article %u: %s", (unsigned)number, err.text);
	assert_int_equal(article.size, item->body.size);
	body = malloc(article.size + 1);
	assert_non_null(body);
	if (capsa_reader_read(reader, number, 0, body, article.size, &err) != CAPSA_OK)
		fail_msg("article %u: %s", (unsigned)number, err.text);
	if (article.size != 0)
		assert_memory_equal(body, item->body.data, article.size);
	from = random_below(random, article.size + 1);
	size = random_below(random, article.size - from + 1);
	assert_int_equal(capsa_reader_read(reader, number, from, body, size, NULL), CAPSA_OK);
	if (size != 0)
		assert_memory_equal(body, item->body.data + from, size);
	assert_int_equal(capsa_reader_read(reader, number, from, body, article.size - from + 1, NULL),
	                 CAPSA_EMISUSE);
	free(body);
}

static void check_metadata(struct capsa_reader *reader, uint64_t number, const struct item *item)
{
	struct capsa_text line, value;
	char title[128];
	size_t size;

	assert_int_equal(capsa_reader_metadata(reader, number, &line, NULL), CAPSA_OK);
	assert_int_equal(capsa_line_find(line, "title", &value), CAPSA_OK);
	assert_true(value.size <= sizeof title);
	size = capsa_line_text(value, title);
	assert_int_equal(size, strlen(item->title));
	assert_memory_equal(title, item->title, size);
}

static void check_lookups(struct capsa_reader *reader, uint64_t number, const struct item *item)
{
	struct capsa_text url = {item->url, strlen(item->url)};
	uint64_t found;
	int64_t when;

	assert_int_equal(capsa_reader_find_path(reader, item->path, &found, NULL), CAPSA_OK);
	assert_int_equal(found, number);
	assert_int_equal(capsa_reader_find_url(reader, url, INT64_MAX, &found, &when, NULL), CAPSA_OK);
	assert_int_equal(capsa_reader_find_url(reader, url, when, &found, NULL, NULL), CAPSA_OK);
	assert_int_equal(capsa_reader_find_url(reader, url, INT64_MIN, &found, NULL, NULL),
	                 CAPSA_ENOENT);
}

static void check_archive(const struct buffer *archive, uint64_t count, size_t max,
                          unsigned samples)
{
	struct counting counting = {.bytes = archive};
	struct capsa_source source = counting_source(&counting);
	struct capsa_reader *reader = archive_open(&source);
	struct random random = {7};
	uint64_t found;

	assert_int_equal(capsa_reader_statement(reader)->articles, count);
	for (unsigned i = 0; i < samples; i++) {
		uint64_t number = samples >= count ? i : random_below(&random, count);
		struct item item;

		if (i >= count)
			break;
		item_make(&item, SEED, number, max);
		check_body(reader, number, &item, &random);
		check_metadata(reader, number, &item);
		check_lookups(reader, number, &item);
		item_release(&item);
	}
	assert_int_equal(capsa_reader_find_path(reader, "d00", &found, NULL), CAPSA_ENOENT);
	assert_int_equal(capsa_reader_find_path(reader, "", &found, NULL), CAPSA_ENOENT);
	assert_int_equal(capsa_reader_find_path(reader, "zzz", &found, NULL), CAPSA_ENOENT);
	capsa_reader_close(reader);
}

static void print_damage(void *ctx, const struct capsa_damage *damage)
{
	(void)ctx;
	print_message("%s at %lld: %s (article %lld)\n", damage->structure, (long long)damage->offset,
	              damage->cause, damage->is_article ? (long long)damage->number : -1);
}

static void verify_archive(const struct buffer *archive, uint64_t count)
{
	struct capsa_source source = capsa_source_memory(archive->data, archive->size);
	struct capsa_reader *reader = archive_open(&source);
	struct capsa_error err = {0};

	for (int depth = CAPSA_VERIFY_QUICK; depth <= CAPSA_VERIFY_DEEP; depth++)
		for (unsigned threads = 1; threads <= 3; threads += 2) {
			struct capsa_verify_options options = {
			    .depth = (enum capsa_depth)depth, .threads = threads, .keys = &test_keys,
			    .damage = print_damage};
			struct capsa_report report;

			if (capsa_reader_verify(reader, &options, &report, &err) != CAPSA_OK)
				fail_msg("%s", err.text);
			assert_int_equal(report.articles, count);
			assert_int_equal(report.good, depth == CAPSA_VERIFY_QUICK ? 0 : count);
			assert_int_equal(report.structures + report.damaged + report.withheld, 0);
			assert_int_equal(report.sha256_checked, depth == CAPSA_VERIFY_DEEP);
			assert_int_equal(report.title_keys_checked, depth == CAPSA_VERIFY_DEEP);
		}
	capsa_reader_close(reader);
}

/* Sizes from nothing to a tree of three levels; frames smaller than bodies. */
static void test_round_trip(void **state)
{
	static const struct {
		uint64_t count;
		size_t max;
		uint32_t frame_size;
	} cases[] = {{0, 1, 0},         {1, 1, 0},           {1, 0, 4096},        {5, 20000, 4096},
	             {300, 9000, 4096}, {3000, 2000, 65536}, {20000, 300, 16384}, {40, 3000000, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct capsa_writer_options options = {.level = 1,
		                                       .frame_size = cases[i].frame_size,
		                                       .metadata_frame_size = 8192,
		                                       .keys = &test_keys,
		                                       .title = "A title",
		                                       .created = 1700000000};
		struct buffer archive = {0};

		archive_make(&archive, &options, SEED, cases[i].count, cases[i].max, NULL);
		check_archive(&archive, cases[i].count, cases[i].max, 400);
		verify_archive(&archive, cases[i].count);
		capsa_buffer_release(&archive);
	}
}

/* A dictionary from the bodies of some articles. */
static void make_dictionary(struct buffer *out)
{
	struct buffer samples = {0};
	size_t sizes[64];
	uint8_t *room = capsa_buffer_extend(out, CAPSA_DICTIONARY_MAX);

	assert_non_null(room);
	for (unsigned i = 0; i < 64; i++) {
		struct item item;

		item_make(&item, SEED, i, 2000);
		capsa_buffer_append(&samples, item.body.data, item.body.size);
		sizes[i] = item.body.size;
		item_release(&item);
	}
	assert_int_equal(capsa_dictionary_make(room, &out->size, text_of(buffer_span(&samples)),
	                                       samples.data, sizes, 64, 3, NULL),
	                 CAPSA_OK);
	capsa_buffer_release(&samples);
}

/* With a dictionary, in few frames and in so many that the spine has several levels. */
static void test_dictionary(void **state)
{
	struct buffer dictionary = {0};

	(void)state;
	make_dictionary(&dictionary);
	for (unsigned i = 0; i < 2; i++) {
		struct capsa_writer_options options = {.level = 1,
		                                       .frame_size = i == 0 ? 0 : 4096,
		                                       .keys = &test_keys,
		                                       .dictionary = dictionary.data,
		                                       .dictionary_size = dictionary.size};
		struct buffer archive = {0}, plain = {0};

		archive_make(&archive, &options, SEED, 5000, 2000, NULL);
		check_archive(&archive, 5000, 2000, 400);
		verify_archive(&archive, 5000);
		options.dictionary = NULL;
		archive_make(&plain, &options, SEED, 5000, 2000, NULL);
		assert_true(plain.size != archive.size);
		capsa_buffer_release(&archive);
		capsa_buffer_release(&plain);
	}
	capsa_buffer_release(&dictionary);
}

static void test_same_bytes_for_any_threads(void **state)
{
	struct buffer first = {0};

	(void)state;
	for (unsigned threads = 1; threads <= 8; threads++) {
		/* Sorting in little memory must not show either. */
		struct capsa_writer_options options = {.threads = threads,
		                                       .level = 3,
		                                       .frame_size = 16384,
		                                       .keys = &test_keys,
		                                       .sort_memory = threads == 2 ? 300000 : 0};
		struct buffer archive = {0};

		archive_make(&archive, &options, SEED, 2000, 20000, NULL);
		if (threads == 1) {
			first = archive;
			continue;
		}
		assert_int_equal(archive.size, first.size);
		assert_memory_equal(archive.data, first.data, first.size);
		capsa_buffer_release(&archive);
	}
	capsa_buffer_release(&first);
}

/* The order of each key tree, by a cursor. */
static void test_cursors(void **state)
{
	struct capsa_writer_options options = {.level = 1, .keys = &test_keys};
	struct buffer archive = {0};
	struct capsa_source source;
	struct capsa_reader *reader;

	(void)state;
	archive_make(&archive, &options, SEED, 5000, 100, NULL);
	source = capsa_source_memory(archive.data, archive.size);
	reader = archive_open(&source);
	for (int tree = CAPSA_TREE_PATH; tree <= CAPSA_TREE_DATE; tree++) {
		struct capsa_cursor *cursor;
		struct buffer last = {0};
		struct capsa_text key;
		uint64_t number, last_number = 0, count = 0;
		enum capsa_status st;

		assert_int_equal(capsa_cursor_new(&cursor, reader, (enum capsa_tree)tree,
		                                  (struct capsa_text){"", 0}, NULL),
		                 CAPSA_OK);
		while ((st = capsa_cursor_next(cursor, &key, &number, NULL)) == CAPSA_OK) {
			int order = capsa_span_compare(buffer_span(&last), span_text(key));

			assert_true(count == 0 || order < 0 || (order == 0 && number > last_number));
			buffer_clear(&last);
			capsa_buffer_append(&last, key.data, key.size);
			last_number = number;
			count++;
		}
		assert_int_equal(st, CAPSA_ENOENT);
		assert_int_equal(count, 5000);
		capsa_cursor_free(cursor);
		capsa_buffer_release(&last);
	}
	capsa_reader_close(reader);
	capsa_buffer_release(&archive);
}

/* One article of 10,000: at most six reads, opening included, whichever key is used. */
static void test_few_reads(void **state)
{
	struct capsa_writer_options options = {.level = 1, .keys = &test_keys};
	struct buffer archive = {0};
	struct random random = {3};

	(void)state;
	archive_make(&archive, &options, SEED, 10000, 4000, NULL);
	for (unsigned i = 0; i < 300; i++) {
		struct counting counting = {.bytes = &archive};
		struct capsa_source source = counting_source(&counting);
		struct capsa_reader *reader = archive_open(&source);
		uint64_t number = random_below(&random, 10000), found;
		struct capsa_article article;
		struct capsa_cursor *cursor;
		struct capsa_text key, line;
		struct item item;
		uint8_t *body;

		item_make(&item, SEED, number, 4000);
		if (i % 3 == 0) {
			assert_int_equal(capsa_reader_find_path(reader, item.path, &found, NULL), CAPSA_OK);
		} else if (i % 3 == 1) {
			assert_int_equal(capsa_reader_find_url(reader,
			                                       (struct capsa_text){item.url, strlen(item.url)},
			                                       INT64_MAX, &found, NULL, NULL),
			                 CAPSA_OK);
		} else {
			char folded[64];
			size_t size;

			fold_ascii(NULL, (struct capsa_text){item.title, strlen(item.title)}, folded, 32, &size);
			assert_int_equal(capsa_cursor_new(&cursor, reader, CAPSA_TREE_TITLE,
			                                  (struct capsa_text){folded, size}, NULL),
			                 CAPSA_OK);
			assert_int_equal(capsa_cursor_next(cursor, &key, &found, NULL), CAPSA_OK);
			assert_int_equal(capsa_reader_metadata(reader, found, &line, NULL), CAPSA_OK);
			capsa_cursor_free(cursor);
		}
		assert_int_equal(capsa_reader_article(reader, found, &article, NULL), CAPSA_OK);
		body = malloc(article.size + 1);
		assert_non_null(body);
		assert_int_equal(capsa_reader_read(reader, found, 0, body, article.size, NULL), CAPSA_OK);
		assert_true(counting.calls <= 6);
		free(body);
		item_release(&item);
		capsa_reader_close(reader);
	}
	capsa_buffer_release(&archive);
}

static enum capsa_status pack_paths(const char *const *paths, struct capsa_error *err)
{
	struct buffer archive = {0};
	struct capsa_sink sink = memory_sink(&archive);
	struct capsa_writer *writer;
	enum capsa_status st = capsa_writer_new(&writer, &sink, NULL, err);

	for (; st == CAPSA_OK && *paths != NULL; paths++) {
		struct capsa_input input = {.metadata = capsa_metadata_new(),
		                            .body = capsa_source_memory("x", 1)};

		st = capsa_metadata_set(input.metadata, "path", *paths, strlen(*paths), err);
		if (st == CAPSA_OK)
			st = capsa_writer_add(writer, &input, err);
		capsa_metadata_free(input.metadata);
	}
	if (st == CAPSA_OK)
		st = capsa_writer_finish(writer, NULL, NULL, err);
	capsa_writer_free(writer);
	capsa_buffer_release(&archive);
	return st;
}

static void test_conflicting_paths(void **state)
{
	static const char *const twice[] = {"b", "a", "b", NULL};
	static const char *const below[] = {"news/flood", "news-old", "news", NULL};
	static const char *const beside[] = {"news.html", "news/flood", "news-old", NULL};
	struct capsa_error err = {0};

	(void)state;
	assert_int_equal(pack_paths(twice, &err), CAPSA_EEXIST);
	assert_string_equal(err.text, "two articles have the path 'b'");
	assert_int_equal(pack_paths(below, &err), CAPSA_EEXIST);
	assert_string_equal(err.text, "the path 'news' is an article and a directory of others");
	assert_int_equal(pack_paths(beside, &err), CAPSA_OK);
}

static void test_misuse_leaves_the_writer_unchanged(void **state)
{
	struct capsa_writer_options options = {.keys = &test_keys};
	struct buffer archive = {0};
	struct capsa_sink sink = memory_sink(&archive);
	struct capsa_writer *writer;
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_input input = {.metadata = metadata, .body = capsa_source_memory("x", 1)};
	struct capsa_summary summary;

	(void)state;
	assert_int_equal(capsa_writer_new(&writer, &sink, &options, NULL), CAPSA_OK);
	assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_metadata_set(metadata, "path", "a", 1, NULL), CAPSA_OK);
	assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_OK);
	assert_int_equal(capsa_writer_finish(writer, NULL, &summary, NULL), CAPSA_OK);
	assert_int_equal(summary.articles, 1);
	assert_int_equal(summary.archive_size, archive.size);
	assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_writer_finish(writer, NULL, NULL, NULL), CAPSA_EMISUSE);
	capsa_writer_free(writer);
	capsa_metadata_free(metadata);
	verify_archive(&archive, 1);
	capsa_buffer_release(&archive);
}

static void test_options_out_of_range(void **state)
{
	static const struct capsa_writer_options wrong[] = {
	    {.level = 23},
	    {.level = -1},
	    {.frame_size = 100},
	    {.frame_size = (4U << 20) + 1},
	    {.metadata_frame_size = 100},
	    {.title = ""},
	    {.title = "a\nb"},
	    {.description = "\xe2\x80\xae"},
	    {.created = INT64_MAX},
	    {.sequence = 1},
	    {.reserved = {0, 1}},
	};
	struct buffer archive = {0};
	struct capsa_sink sink = memory_sink(&archive);

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct capsa_writer *writer = NULL;

		assert_int_equal(capsa_writer_new(&writer, &sink, &wrong[i], NULL), CAPSA_EMISUSE);
		assert_null(writer);
	}
	assert_int_equal(archive.size, 0);
}

/* 5,000 equal bodies: links, and after a thousand of them the body anew. */
static void test_many_duplicates(void **state)
{
	struct capsa_writer_options options = {.level = 1, .keys = &test_keys};
	struct buffer archive = {0};
	struct capsa_sink sink = memory_sink(&archive);
	struct capsa_writer *writer;
	struct capsa_summary summary;
	struct capsa_reader *reader;
	struct capsa_source source;
	static uint8_t body[3000];
	uint64_t owners = 0;

	(void)state;
	memset(body, 'd', sizeof body);
	assert_int_equal(capsa_writer_new(&writer, &sink, &options, NULL), CAPSA_OK);
	for (unsigned i = 0; i < 5000; i++) {
		struct capsa_input input = {.metadata = capsa_metadata_new(),
		                            .body = capsa_source_memory(body, sizeof body)};
		char path[32];

		snprintf(path, sizeof path, "same/%05u", i);
		assert_int_equal(capsa_metadata_set(input.metadata, "path", path, strlen(path), NULL), 0);
		assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_OK);
		capsa_metadata_free(input.metadata);
	}
	assert_int_equal(capsa_writer_finish(writer, NULL, &summary, NULL), CAPSA_OK);
	capsa_writer_free(writer);
	source = capsa_source_memory(archive.data, archive.size);
	reader = archive_open(&source);
	for (uint64_t i = 0; i < 5000; i++) {
		struct capsa_article article;
		uint8_t copy[sizeof body];

		assert_int_equal(capsa_reader_article(reader, i, &article, NULL), CAPSA_OK);
		owners += article.body_of == i;
		assert_int_equal(capsa_reader_read(reader, i, 0, copy, sizeof copy, NULL), CAPSA_OK);
		assert_memory_equal(copy, body, sizeof body);
	}
	assert_int_equal(owners, 5000 - summary.duplicates);
	assert_true(owners >= 4 && owners < 800);
	capsa_reader_close(reader);
	verify_archive(&archive, 5000);
	capsa_buffer_release(&archive);
}

/* What the packer says of the archive, with a dictionary in the same frame or without. */
static void test_about(void **state)
{
	struct capsa_writer_options options = {.level = 1, .frame_size = 8192, .keys = &test_keys};
	struct buffer archive = {0};

	(void)state;
	for (unsigned with = 0; with < 2; with++) {
		struct capsa_metadata *about = capsa_metadata_new();
		struct capsa_source source;
		struct capsa_reader *reader;
		struct capsa_error err = {0};
		struct capsa_text line, again, value;
		static const uint8_t damage[] = {0, 1};

		assert_int_equal(capsa_metadata_set(about, "creator_of", "x\n", 2, NULL), CAPSA_OK);
		options.about = with != 0 ? about : NULL;
		buffer_clear(&archive);
		archive_make(&archive, &options, SEED, 100, 2000, NULL);
		for (unsigned i = 0; i < 2; i++) {
			/* In frame 0, behind its header and the prefix. */
			archive.data[100] ^= damage[i];
			source = capsa_source_memory(archive.data, archive.size);
			reader = archive_open(&source);
			if (i != 0) {
				assert_int_equal(capsa_reader_about(reader, &line, &err),
				                 CAPSA_ECORRUPT);
				assert_string_equal(err.text, "head frame fails its digest");
			} else {
				assert_int_equal(capsa_reader_about(reader, &line, &err), CAPSA_OK);
				assert_int_equal(capsa_reader_about(reader, &again, &err), CAPSA_OK);
				assert_ptr_equal(line.data, again.data);
				assert_int_equal(line.size, again.size);
				assert_int_equal(line.data[line.size - 1], '}');
				assert_int_equal(capsa_line_find(line, "level", &value), CAPSA_OK);
				assert_memory_equal(value.data, "1", value.size);
				assert_int_equal(capsa_line_find(line, "creator_of", &value),
				                 with != 0 ? CAPSA_OK : CAPSA_ENOENT);
			}
			capsa_reader_close(reader);
		}
		capsa_metadata_free(about);
	}
	capsa_buffer_release(&archive);
}

/* A source that fails at its n-th call: a clean error every time. */
static void test_reads_that_fail(void **state)
{
	struct capsa_writer_options options = {.level = 1, .frame_size = 4096, .keys = &test_keys};
	struct buffer archive = {0};

	(void)state;
	archive_make(&archive, &options, SEED, 3000, 2000, NULL);
	for (unsigned n = 1;; n++) {
		struct counting counting = {.bytes = &archive, .fail_at = n};
		struct capsa_source source = counting_source(&counting);
		struct capsa_reader *reader = NULL;
		struct capsa_error err = {0};
		uint64_t number = 0;
		enum capsa_status st = capsa_reader_open(&reader, &source, NULL, &err);

		if (st == CAPSA_OK)
			st = capsa_reader_find_path(reader, "d05/001004.txt", &number, &err);
		if (st == CAPSA_OK) {
			struct capsa_text line;

			st = capsa_reader_metadata(reader, number, &line, &err);
		}
		capsa_reader_close(reader);
		if (counting.calls < n) {
			assert_int_equal(st, CAPSA_OK);
			break;
		}
		assert_int_equal(st, CAPSA_EIO);
		assert_int_equal(err.sys, EIO);
	}
	capsa_buffer_release(&archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_dictionary),
	    cmocka_unit_test(test_same_bytes_for_any_threads),
	    cmocka_unit_test(test_cursors),
	    cmocka_unit_test(test_few_reads),
	    cmocka_unit_test(test_conflicting_paths),
	    cmocka_unit_test(test_misuse_leaves_the_writer_unchanged),
	    cmocka_unit_test(test_options_out_of_range),
	    cmocka_unit_test(test_many_duplicates),
	    cmocka_unit_test(test_about),
	    cmocka_unit_test(test_reads_that_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
