/* The article that an ID means: by path, URL, title, digest, and in which order. */
#define _GNU_SOURCE

#include "fixture.h"

#include "cli.h"

struct world {
	struct buffer bytes;
	struct cli_archive archive;
	struct capsa_writer *writer;
};

static void open_world(struct world *world)
{
	world->archive = (struct cli_archive){.path = "test.capsa", .fd = -1};
	world->archive.source = capsa_source_memory(world->bytes.data, world->bytes.size);
	world->archive.reader = archive_open(&world->archive.source);
}

static void begin(struct world *world)
{
	static const struct capsa_writer_options options = {.frame_size = 4096,
	                                                    .metadata_frame_size = 4096};
	struct capsa_writer_options with_keys = options;
	struct capsa_sink sink = memory_sink(&world->bytes);

	with_keys.keys = cli_keys();
	assert_int_equal(capsa_writer_new(&world->writer, &sink, &with_keys, NULL), CAPSA_OK);
}

/* An article of a path and texts for pairs of keys and values, NULL at the end. */
static void add(struct world *world, const char *path, const char *body, const char *const *pairs)
{
	struct capsa_input input = {.metadata = capsa_metadata_new()};

	assert_non_null(input.metadata);
	input.body = capsa_source_memory(body, strlen(body));
	assert_int_equal(capsa_metadata_set(input.metadata, "path", path, strlen(path), NULL),
	                 CAPSA_OK);
	for (; *pairs != NULL; pairs += 2)
		assert_int_equal(
		    capsa_metadata_set(input.metadata, pairs[0], pairs[1], strlen(pairs[1]), NULL),
		    CAPSA_OK);
	assert_int_equal(capsa_writer_add(world->writer, &input, NULL), CAPSA_OK);
	capsa_metadata_free(input.metadata);
}

#define ADD(world, path, body, ...) \
	add(world, path, body, (const char *const[]){__VA_ARGS__, NULL})

static void finish(struct world *world)
{
	assert_int_equal(capsa_writer_finish(world->writer, NULL, NULL, NULL), CAPSA_OK);
	capsa_writer_free(world->writer);
	open_world(world);
}

static void free_world(struct world *world)
{
	capsa_reader_close(world->archive.reader);
	capsa_buffer_release(&world->bytes);
}

/* The number, or the negative exit status. */
static int64_t look(struct world *world, enum cli_kind by, int64_t at, const char *id)
{
	const struct cli_lookup how = {by, at};
	uint64_t number = UINT64_MAX;
	int status = cli_lookup(&world->archive, &how, id, &number);

	return status == CLI_DONE ? (int64_t)number : -status;
}

static int64_t look_any(struct world *world, const char *id)
{
	return look(world, CLI_BY_ANY, INT64_MAX, id);
}

static void test_order(void **state)
{
	struct world world = {0};

	(void)state;
	begin(&world);
	ADD(&world, "a", "0", "title", "b", "url", "c");
	ADD(&world, "b", "1", "title", "c");
	ADD(&world, "d", "2", "title", "e", "url", "d");
	ADD(&world, "f", "3", "title", "c");
	ADD(&world, "g", "4", "title", "Only a Title");
	finish(&world);
	assert_int_equal(look_any(&world, "a"), 0);
	/* a path before a title; a URL before two titles; a path before a URL */
	assert_int_equal(look_any(&world, "b"), 1);
	assert_int_equal(look_any(&world, "c"), 0);
	assert_int_equal(look_any(&world, "d"), 2);
	assert_int_equal(look_any(&world, "e"), 2);
	assert_int_equal(look_any(&world, "only a title"), 4);
	assert_int_equal(look_any(&world, "nothing"), -CLI_FAILED);
	assert_int_equal(look_any(&world, ""), -CLI_FAILED);
	assert_int_equal(look_any(&world, "a\377"), -CLI_FAILED);
	assert_int_equal(look(&world, CLI_BY_PATH, INT64_MAX, "c"), -CLI_FAILED);
	assert_int_equal(look(&world, CLI_BY_URL, INT64_MAX, "b"), -CLI_FAILED);
	assert_int_equal(look(&world, CLI_BY_URL, INT64_MAX, "d"), 2);
	assert_int_equal(look(&world, CLI_BY_TITLE, INT64_MAX, "b"), 0);
	assert_int_equal(look(&world, CLI_BY_TITLE, INT64_MAX, "a"), -CLI_FAILED);
	/* ambiguous */
	assert_int_equal(look(&world, CLI_BY_TITLE, INT64_MAX, "C"), -CLI_FAILED);
	free_world(&world);
}

static void test_captures(void **state)
{
	static const char url[] = "http://www.example.org/a";
	struct world world = {0};
	int64_t day = 86400;

	(void)state;
	begin(&world);
	ADD(&world, "3", "3", "url", url, "captured", "1970-01-04");
	ADD(&world, "1", "1", "url", "https://example.org:443/a#x", "captured", "1970-01-02",
	    "date", "1999-01-01");
	ADD(&world, "2", "2", "url", url, "date", "1970-01-03");
	ADD(&world, "no date", "0", "url", "http://example.org/b");
	ADD(&world, "other", "9", "url", "http://example.org/a/", "captured", "1970-01-01");
	finish(&world);
	assert_int_equal(look_any(&world, url), 0);
	assert_int_equal(look_any(&world, "HTTPS://example.org/a"), 0);
	assert_int_equal(look(&world, CLI_BY_URL, 3 * day, url), 0);
	assert_int_equal(look(&world, CLI_BY_URL, 3 * day - 1, url), 2);
	assert_int_equal(look(&world, CLI_BY_URL, 2 * day, url), 2);
	assert_int_equal(look(&world, CLI_BY_URL, 2 * day - 1, url), 1);
	assert_int_equal(look(&world, CLI_BY_URL, day, url), 1);
	assert_int_equal(look(&world, CLI_BY_URL, day - 1, url), -CLI_FAILED);
	assert_int_equal(look(&world, CLI_BY_URL, 0, "http://example.org/b"), 3);
	assert_int_equal(look(&world, CLI_BY_URL, -1, "http://example.org/b"), -CLI_FAILED);
	assert_int_equal(look_any(&world, "http://example.org/a/"), 4);
	assert_int_equal(look_any(&world, "http://example.org/"), -CLI_FAILED);
	free_world(&world);
}

/* Of long SURTs a key holds the first 2,000 bytes alone; the lines tell them apart. */
static void test_long_urls(void **state)
{
	struct world world = {0};
	char one[3000], two[3000], exact[3000], shorter[3000];

	(void)state;
	memset(one, 'x', sizeof one);
	memcpy(one, "http://example.org/", 19);
	memcpy(two, one, sizeof one);
	memcpy(exact, one, sizeof one);
	memcpy(shorter, one, sizeof one);
	strcpy(one + 2900, "one");
	strcpy(two + 2900, "two");
	/* "org,example)/" is 13 bytes */
	exact[19 + 2000 - 13] = '\0';
	shorter[19 + 1999 - 13] = '\0';
	begin(&world);
	ADD(&world, "a", "", "url", one, "captured", "1970-01-02");
	ADD(&world, "b", "", "url", two, "captured", "1970-01-03");
	ADD(&world, "c", "", "url", one, "captured", "1970-01-04");
	ADD(&world, "d", "", "url", two, "captured", "1970-01-05");
	ADD(&world, "e", "", "url", exact, "captured", "1970-01-06");
	ADD(&world, "f", "", "url", shorter, "captured", "1970-01-07");
	finish(&world);
	assert_int_equal(look_any(&world, one), 2);
	assert_int_equal(look_any(&world, two), 3);
	assert_int_equal(look_any(&world, exact), 4);
	assert_int_equal(look_any(&world, shorter), 5);
	assert_int_equal(look(&world, CLI_BY_URL, 3 * 86400 - 1, one), 0);
	assert_int_equal(look(&world, CLI_BY_URL, 2 * 86400, two), 1);
	assert_int_equal(look(&world, CLI_BY_URL, 2 * 86400 - 1, two), -CLI_FAILED);
	strcpy(one + 2900, "not");
	assert_int_equal(look_any(&world, one), -CLI_FAILED);
	free_world(&world);
}

/* Of long titles a key holds the first 32 bytes alone. */
static void test_titles(void **state)
{
	struct world world = {0};

	(void)state;
	begin(&world);
	ADD(&world, "a", "", "title", "The Annals of the Town of X, volume I");
	ADD(&world, "b", "", "title", "the annals  of the town of x, VOLUME II");
	ADD(&world, "c", "", "title", "The Annals of the Town of X, vol");
	ADD(&world, "d", "", "title", "Stra\303\237e");
	ADD(&world, "e", "", "title", " \302\240 ");
	ADD(&world, "f", "", "title", "\303\204 b");
	finish(&world);
	assert_int_equal(look_any(&world, "The annals of the town of x, volume i"), 0);
	assert_int_equal(look_any(&world, "The annals of the town of x, volume ii"), 1);
	assert_int_equal(look_any(&world, "The annals of the town of x, vol"), 2);
	assert_int_equal(look_any(&world, "The annals of the town of x, volume"), -CLI_FAILED);
	assert_int_equal(look_any(&world, "STRASSE"), 3);
	assert_int_equal(look_any(&world, "strass"), -CLI_FAILED);
	assert_int_equal(look_any(&world, " "), -CLI_FAILED);
	assert_int_equal(look_any(&world, "a\314\210\302\240B"), 5);
	free_world(&world);
}

static void test_many_candidates(void **state)
{
	struct world world = {0};
	char path[16];

	(void)state;
	begin(&world);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(path, sizeof path, "%u", i);
		ADD(&world, path, "", "title", "same");
	}
	finish(&world);
	assert_int_equal(look_any(&world, "same"), -CLI_FAILED);
	free_world(&world);
}

static void test_digests(void **state)
{
	struct world world = {0};
	char digest[80];
	struct capsa_text line;

	(void)state;
	begin(&world);
	ADD(&world, "a", "zero", "title", "x");
	ADD(&world, "b", "one", "title", "x");
	ADD(&world, "c", "one", "title", "y");
	finish(&world);
	assert_int_equal(capsa_reader_metadata(world.archive.reader, 1, &line, NULL), CAPSA_OK);
	assert_memory_equal(strstr(line.data, "blake2b-256:"), "blake2b-256:", 12);
	snprintf(digest, sizeof digest, "%.76s", strstr(line.data, "blake2b-256:"));
	/* the first of several of one body */
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, digest), 1);
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, digest + 12), 1);
	digest[12 + 20] = '\0';
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, digest + 12), 1);
	for (size_t i = 12; digest[i] != '\0'; i++)
		digest[i] = (char)(digest[i] >= 'a' ? digest[i] - 32 : digest[i]);
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, digest), 1);
	digest[12 + 8] = '\0';
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, digest), 1);
	digest[12 + 7] = '\0';
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, digest), -CLI_USAGE);
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, ""), -CLI_USAGE);
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, "0123456x"), -CLI_USAGE);
	assert_int_equal(look(&world, CLI_BY_DIGEST, 0, "00000000"), -CLI_FAILED);
	assert_int_equal(look_any(&world, digest), -CLI_FAILED);
	free_world(&world);
}

static void test_kinds(void **state)
{
	static const char *const names[] = {"path", "url", "title", "digest"};
	enum cli_kind kind;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(cli_lookup_kind(names[i], &kind), CLI_DONE);
		assert_int_equal(kind, CLI_BY_PATH + i);
	}
	assert_int_equal(cli_lookup_kind("", &kind), CLI_USAGE);
	assert_int_equal(cli_lookup_kind("Path", &kind), CLI_USAGE);
	assert_int_equal(cli_lookup_kind("any", &kind), CLI_USAGE);
}

/* Where a tree is damaged, nobody says that an article is not there. */
static void test_damaged_trees(void **state)
{
	static const char *const names[] = {"path", "url", "title"};
	struct world world = {0};

	(void)state;
	begin(&world);
	ADD(&world, "p", "", "url", "http://example.org/", "title", "T");
	finish(&world);
	for (size_t i = 0; i < 3; i++) {
		char *text = strndup(capsa_reader_statement(world.archive.reader)->text.data,
		                     capsa_reader_statement(world.archive.reader)->text.size);
		char wanted[32];
		uint64_t offset;

		assert_non_null(text);
		snprintf(wanted, sizeof wanted, "tree: %s keys", names[i]);
		assert_int_equal(
		    sscanf(strstr(text, wanted), "tree: %*s keys %*u %*u %" SCNu64, &offset), 1);
		free(text);
		capsa_reader_close(world.archive.reader);
		world.bytes.data[offset + 20] ^= 1;
		open_world(&world);
		assert_int_equal(look_any(&world, "p"), i == 0 ? -CLI_DAMAGED : 0);
		assert_int_equal(look_any(&world, "http://example.org/"),
		                 i <= 1 ? -CLI_DAMAGED : 0);
		assert_int_equal(look_any(&world, "T"), -CLI_DAMAGED);
		assert_int_equal(look_any(&world, "nothing"), -CLI_DAMAGED);
		assert_int_equal(look(&world, CLI_BY_TITLE, 0, "T"), i == 2 ? -CLI_DAMAGED : 0);
		capsa_reader_close(world.archive.reader);
		world.bytes.data[offset + 20] ^= 1;
		open_world(&world);
	}
	free_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_captures),
	    cmocka_unit_test(test_long_urls),
	    cmocka_unit_test(test_titles),
	    cmocka_unit_test(test_many_candidates),
	    cmocka_unit_test(test_digests),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_damaged_trees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
