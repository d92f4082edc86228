/*
 * What capsa.h allows several threads: each reads by a handle of its own, over one source, while
 * archives are verified and packed by several threads each.  `make tsan` runs it under
 * ThreadSanitizer.
 */
#include "fixture.h"

#include <pthread.h>
#include <unistd.h>

#define SEED 5
#define ARTICLES 120
#define MAX_BODY 12000
#define READERS 4

struct work {
	struct capsa_source source; /* the same for all */
	uint64_t first;
	const char *failed; /* cmocka's own checks are for one thread */
};

static const char *read_one(struct capsa_reader *reader, uint64_t number)
{
	static _Thread_local uint8_t body[MAX_BODY];
	struct capsa_article article;
	struct capsa_text line, value;
	struct item item;
	uint64_t found;
	bool same;

	item_make(&item, SEED, number, MAX_BODY);
	if (capsa_reader_find_path(reader, item.path, &found, NULL) != CAPSA_OK ||
	    found != number || capsa_reader_article(reader, number, &article, NULL) != CAPSA_OK ||
	    article.size != item.body.size ||
	    capsa_reader_read(reader, number, 0, body, (size_t)article.size, NULL) != CAPSA_OK ||
	    capsa_reader_metadata(reader, number, &line, NULL) != CAPSA_OK ||
	    capsa_line_find(line, "title", &value) != CAPSA_OK) {
		item_release(&item);
		return "an article cannot be read";
	}
	same = article.size == 0 || memcmp(body, item.body.data, (size_t)article.size) == 0;
	item_release(&item);
	return same ? NULL : "an article has another body";
}

/* Reads all articles, each thread from another one on. */
static void *read_all(void *ctx)
{
	struct work *work = ctx;
	const struct capsa_reader_options options = {.page_cache = 16};
	struct capsa_reader *reader;

	if (capsa_reader_open(&reader, &work->source, &options, NULL) != CAPSA_OK) {
		work->failed = "the archive does not open";
		return NULL;
	}
	for (uint64_t i = 0; i < ARTICLES && work->failed == NULL; i++)
		work->failed = read_one(reader, (work->first + i) % ARTICLES);
	capsa_reader_close(reader);
	return NULL;
}

static void *verify(void *ctx)
{
	struct work *work = ctx;
	const struct capsa_verify_options options = {
	    .depth = CAPSA_VERIFY_DEEP, .threads = 3, .keys = &test_keys};
	struct capsa_report report;
	struct capsa_reader *reader;

	if (capsa_reader_open(&reader, &work->source, NULL, NULL) != CAPSA_OK ||
	    capsa_reader_verify(reader, &options, &report, NULL) != CAPSA_OK ||
	    report.good != ARTICLES)
		work->failed = "verification fails";
	capsa_reader_close(reader);
	return NULL;
}

/* READERS threads read, and one verifies with three more, all over `source`. */
static void run_all(struct capsa_source source)
{
	struct work work[READERS + 1];
	pthread_t threads[READERS + 1];

	for (unsigned i = 0; i <= READERS; i++) {
		work[i] = (struct work){source, i * ARTICLES / READERS, NULL};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, i < READERS ? read_all : verify, &work[i]),
		    0);
	}
	for (unsigned i = 0; i <= READERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (unsigned i = 0; i <= READERS; i++)
		if (work[i].failed != NULL)
			fail_msg("%s", work[i].failed);
}

static void pack(struct buffer *out)
{
	const struct capsa_writer_options options = {.level = 1,
	                                             .threads = 4,
	                                             .frame_size = 4096,
	                                             .metadata_frame_size = 4096,
	                                             .keys = &test_keys};

	archive_make(out, &options, SEED, ARTICLES, MAX_BODY, NULL);
}

static void test_readers_over_memory(void **state)
{
	struct buffer archive = {0};

	(void)state;
	pack(&archive);
	run_all(capsa_source_memory(archive.data, archive.size));
	capsa_buffer_release(&archive);
}

static void test_readers_over_a_file(void **state)
{
	struct buffer archive = {0};
	struct capsa_source source;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	pack(&archive);
	assert_int_equal(fwrite(archive.data, 1, archive.size, file), archive.size);
	assert_int_equal(fflush(file), 0);
	assert_int_equal(capsa_source_file(&source, fileno(file), NULL), CAPSA_OK);
	run_all(source);
	fclose(file);
	capsa_buffer_release(&archive);
}

static void *pack_one(void *ctx)
{
	pack(ctx);
	return NULL;
}

/* Two writers at once make the same bytes. */
static void test_writers(void **state)
{
	struct buffer archives[2] = {{0}};
	pthread_t threads[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pack_one, &archives[i]), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_true(archives[0].size != 0);
	assert_int_equal(archives[0].size, archives[1].size);
	assert_memory_equal(archives[0].data, archives[1].data, archives[0].size);
	for (unsigned i = 0; i < 2; i++)
		capsa_buffer_release(&archives[i]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_readers_over_memory),
	    cmocka_unit_test(test_readers_over_a_file),
	    cmocka_unit_test(test_writers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
