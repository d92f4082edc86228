/*
 * Which articles a filter selects.  The answer through a key tree must be the one that reading all
 * lines gives, also where parts of the archive are damaged.
 */
#define _GNU_SOURCE

#include "fixture.h"

#include "cli.h"

#define ARTICLES 3000u

struct world {
	struct buffer bytes;
	struct cli_archive archive;
};

static void open_world(struct world *world)
{
	world->archive = (struct cli_archive){.path = "test.capsa", .fd = -1};
	world->archive.source = capsa_source_memory(world->bytes.data, world->bytes.size);
	world->archive.reader = archive_open(&world->archive.source);
}

static struct world new_world(uint64_t count)
{
	/* Small frames: many frames of lines, so that one can be damaged. */
	const struct capsa_writer_options options = {
	    .frame_size = 4096, .metadata_frame_size = 4096, .keys = cli_keys(), .level = 1};
	struct world world = {0};

	archive_make(&world.bytes, &options, 1, count, 100, NULL);
	open_world(&world);
	return world;
}

static void free_world(struct world *world)
{
	capsa_reader_close(world->archive.reader);
	capsa_buffer_release(&world->bytes);
}

/* The numbers that a filter selects, -1 behind the last, and the exit status. */
static int select_all(struct world *world, const struct cli_filter *filter, int64_t *numbers)
{
	struct cli_selection *selection = cli_select_new(&world->archive, filter);
	struct cli_selected article;
	size_t count = 0;

	assert_non_null(selection);
	while (cli_select_next(selection, &article)) {
		struct item item;

		item_make(&item, 1, article.number, 1);
		assert_string_equal(article.path, item.path);
		item_release(&item);
		numbers[count++] = (int64_t)article.number;
	}
	numbers[count] = -1;
	assert_false(cli_select_next(selection, &article));
	return cli_select_end(selection);
}

/* The same by the item alone. */
static bool matches(const struct cli_filter *filter, const struct item *item)
{
	bool any = filter->pattern_count == 0;
	int64_t time;

	assert_true(capsa_date_seconds((struct capsa_text){item->date, strlen(item->date)}, &time));
	for (size_t i = 0; i < filter->pattern_count; i++)
		any = any || cli_pattern_match(filter->patterns[i], item->path);
	return any && (!filter->has_period || (filter->from <= time && time <= filter->to));
}

static void assert_selects(struct world *world, const struct cli_filter *filter, int status)
{
	static int64_t numbers[ARTICLES + 1];
	size_t next = 0;

	assert_int_equal(select_all(world, filter, numbers), status);
	for (unsigned i = 0; i < ARTICLES; i++) {
		struct item item;

		item_make(&item, 1, i, 1);
		if (matches(filter, &item))
			assert_int_equal(numbers[next++], i);
		item_release(&item);
	}
	assert_int_equal(numbers[next], -1);
}

static void test_all(void **state)
{
	struct world *world = *state;
	const struct cli_filter filter = {0};

	assert_selects(world, &filter, CLI_DONE);
}

static const char *const pattern_lists[][4] = {
    {"d03"}, {"d03/"}, {"d03/000003.txt"}, {"d3"}, {"d"}, {"d*"}, {"d0?/*1.txt"}, {"*"}, {"**"},
    {"**/0000[0-4]?.txt"}, {"d1*/**"}, {"d0\\3"}, {"d03/000003.txt", "d03"}, {"d36", "d00", "d17"},
    {"d00/nothing"}, {"d01", "d99"}, {"**/000005.txt", "d02"}, {""}, {"[d]03/**"}, {"e"}, {"c"},
    {"d03/0*", "d03/00*", "d03/000*"},
};

/* A pattern that no article matches fails, the others select as ever. */
static int expected_status(const struct cli_filter *filter)
{
	for (size_t i = 0; i < filter->pattern_count; i++) {
		const struct cli_filter one = {.patterns = filter->patterns + i,
		                               .pattern_count = 1,
		                               .has_period = filter->has_period,
		                               .from = filter->from,
		                               .to = filter->to};
		bool any = false;

		for (unsigned j = 0; j < ARTICLES && !any; j++) {
			struct item item;

			item_make(&item, 1, j, 1);
			any = matches(&one, &item);
			item_release(&item);
		}
		if (!any)
			return CLI_FAILED;
	}
	return CLI_DONE;
}

static struct cli_filter filter_of(size_t list)
{
	struct cli_filter filter = {.patterns = pattern_lists[list]};

	while (filter.pattern_count < 4 && pattern_lists[list][filter.pattern_count] != NULL)
		filter.pattern_count++;
	return filter;
}

static void test_patterns(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < sizeof pattern_lists / sizeof pattern_lists[0]; i++) {
		const struct cli_filter filter = filter_of(i);

		assert_selects(world, &filter, expected_status(&filter));
	}
}

static void test_periods(void **state)
{
	static const char *const periods[][2] = {
	    {"2030", "2030"}, {"2010", "2099"}, {"2030-03", "2030-05"}, {"2050-06-10", "2061"},
	    {"2098-12", "2099-12-31T23:59:59Z"},
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
		for (size_t list = 0; list < 3; list++) {
			struct cli_filter filter =
			    list == 0 ? (struct cli_filter){0} : filter_of(list == 1 ? 5 : 0);
			int64_t other;

			filter.has_period = true;
			assert_true(cli_period(periods[i][0], &filter.from, &other));
			assert_true(cli_period(periods[i][1], &other, &filter.to));
			assert_selects(world, &filter, expected_status(&filter));
		}
	}
}

static void test_empty_period(void **state)
{
	struct world *world = *state;
	const struct cli_filter before = {.has_period = true, .from = INT64_MIN, .to = 0};
	const struct cli_filter after = {
	    .has_period = true, .from = INT64_C(10000000000), .to = INT64_MAX};
	const struct cli_filter none = {.has_period = true, .from = 2000000000, .to = 1000000000};

	assert_selects(world, &before, CLI_FAILED);
	assert_selects(world, &after, CLI_FAILED);
	assert_selects(world, &none, CLI_FAILED);
}

static void test_period_words(void **state)
{
	static const struct {
		const char *text;
		int64_t first, last;
	} good[] = {
	    {"1970", 0, 365 * 86400 - 1},
	    {"1970-01", 0, 31 * 86400 - 1},
	    {"1970-02", 31 * 86400, 59 * 86400 - 1},
	    {"1972-02", 761 * 86400, 790 * 86400 - 1},
	    {"1970-12", 334 * 86400, 365 * 86400 - 1},
	    {"1970-01-02", 86400, 2 * 86400 - 1},
	    {"1970-01-02T00:00:01Z", 86401, 86401},
	    {"1970-01-02T01:00:01.9+01:00", 86401, 86401},
	    {"9999", INT64_C(253370764800), INT64_C(253402300799)},
	};
	static const char *const bad[] = {"",
	                                  "1",
	                                  "19",
	                                  "197",
	                                  "19700",
	                                  "1970-1",
	                                  "1970-13",
	                                  "1970-00",
	                                  "1970-02-30",
	                                  "1970-01-01T",
	                                  "1970-01-01T00:00:00",
	                                  "abcd",
	                                  "-100",
	                                  "1970-ab",
	                                  "1970/01",
	                                  "yesterday",
	                                  "1970-01-01 "};
	int64_t first, last;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(cli_period(good[i].text, &first, &last));
		assert_true(first == good[i].first);
		assert_true(last == good[i].last);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(cli_period(bad[i], &first, &last));
}

/* ---- formats and languages ---- */

static struct world world_of_lines(const char *const *lines, size_t count)
{
	const struct capsa_writer_options options = {.keys = cli_keys()};
	struct world world = {0};
	struct capsa_sink sink = memory_sink(&world.bytes);
	struct capsa_writer *writer = NULL;

	assert_int_equal(capsa_writer_new(&writer, &sink, &options, NULL), CAPSA_OK);
	for (size_t i = 0; i < count; i++) {
		struct capsa_input input = {.body = capsa_source_memory("", 0)};

		assert_int_equal(
		    capsa_metadata_parse(&input.metadata,
		                         (struct capsa_text){lines[i], strlen(lines[i])}, NULL),
		    CAPSA_OK);
		assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_OK);
		capsa_metadata_free(input.metadata);
	}
	assert_int_equal(capsa_writer_finish(writer, NULL, NULL, NULL), CAPSA_OK);
	capsa_writer_free(writer);
	open_world(&world);
	return world;
}

/* Which articles, called a, b, c ..., pass. */
static void assert_letters(struct world *world, const struct cli_filter *filter,
                           const char *letters)
{
	struct cli_selection *selection = cli_select_new(&world->archive, filter);
	struct cli_selected article;
	char found[16] = "";

	assert_non_null(selection);
	while (cli_select_next(selection, &article)) {
		assert_int_not_equal(article.line.size, 0);
		strcat(found, article.path);
	}
	assert_int_equal(cli_select_end(selection), letters[0] != '\0' ? CLI_DONE : CLI_FAILED);
	assert_string_equal(found, letters);
}

static void test_formats_and_languages(void **state)
{
	static const char *const lines[] = {
	    "{\"format\":\"text/html\",\"language\":\"en\",\"path\":\"a\"}",
	    "{\"format\":\"TEXT/HTML; charset=utf-8\",\"language\":\"en-GB\",\"path\":\"b\"}",
	    "{\"format\":\"text/htmlx\",\"language\":\"eng\",\"path\":\"c\"}",
	    "{\"format\":\"text/plain;x\",\"language\":\"EN-us-x\",\"path\":\"d\"}",
	    "{\"format\":\"image/png\",\"language\":\"\",\"path\":\"e\"}",
	    "{\"path\":\"f\"}",
	    "{\"format\":\"text\",\"language\":\"de\",\"path\":\"g\"}",
	};
	static const struct {
		const char *wanted, *letters;
	} formats[] =
	    {
	        {"text/html", "ab"},     {"Text/Html", "ab"}, {"text/html; q=1", "ab"},
	        {"text/*", "abcd"},      {"image/*", "e"},    {"text", "g"},
	        {"text/htm", ""},        {"*", ""},           {"audio/*", ""},
	        {"text/*; q=1", "abcd"}, {"tex*", ""},
	    },
	  languages[] = {
	      {"en", "abd"}, {"EN", "abd"}, {"en-GB", "b"}, {"en-us", "d"},
	      {"e", ""},     {"en-", ""},   {"de", "g"},    {"fr", ""},
	  };
	struct world world = world_of_lines(lines, sizeof lines / sizeof lines[0]);
	const struct cli_filter both = {.format = "text/html", .language = "en-GB"};

	(void)state;
	for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
		const struct cli_filter filter = {.format = formats[i].wanted};

		assert_letters(&world, &filter, formats[i].letters);
	}
	for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++) {
		const struct cli_filter filter = {.language = languages[i].wanted};

		assert_letters(&world, &filter, languages[i].letters);
	}
	assert_letters(&world, &both, "b");
	free_world(&world);
}

/* `date` decides, `captured` only where there is none; who has neither is in no period. */
static void test_which_date(void **state)
{
	static const char *const lines[] = {
	    "{\"captured\":\"2024-05-05\",\"date\":\"2019-01-01\",\"path\":\"a\"}",
	    "{\"captured\":\"2024-05-05\",\"path\":\"b\"}",
	    "{\"modified\":\"2024-05-05\",\"path\":\"c\"}",
	    "{\"date\":\"2024-05-05T23:59:59.999Z\",\"path\":\"d\"}",
	    "{\"date\":\"2024-05-06T00:30:00+01:00\",\"path\":\"e\"}",
	    "{\"date\":\"2024-05-06\",\"path\":\"f\"}",
	};
	struct world world = world_of_lines(lines, sizeof lines / sizeof lines[0]);
	struct cli_filter filter = {.has_period = true};

	(void)state;
	assert_true(cli_period("2024-05-05", &filter.from, &filter.to));
	assert_letters(&world, &filter, "bde");
	free_world(&world);
}

static void test_empty_archive(void **state)
{
	struct world world = world_of_lines(NULL, 0);
	static const char *const patterns[] = {"a", NULL};
	const struct cli_filter all = {0};
	const struct cli_filter some = {.patterns = patterns, .pattern_count = 1};
	const struct cli_filter format = {.format = "text/html"};
	int64_t numbers[1];

	(void)state;
	assert_int_equal(select_all(&world, &all, numbers), CLI_DONE);
	assert_int_equal(select_all(&world, &some, numbers), CLI_FAILED);
	assert_int_equal(select_all(&world, &format, numbers), CLI_FAILED);
	free_world(&world);
}

/* ---- damage ---- */

/* Change one byte, or change it back. */
static void flip(struct world *world, uint64_t offset)
{
	capsa_reader_close(world->archive.reader);
	world->bytes.data[offset] ^= 1;
	open_world(world);
}

/* Of a frame of lines that is lost the paths are still known. */
static void test_lost_lines(void **state)
{
	struct world world = new_world(ARTICLES);
	const struct cli_filter all = {0};
	const struct cli_filter some = filter_of(0);
	struct capsa_error err = {0};
	struct capsa_text line;
	struct cli_selection *selection;
	struct cli_selected article;
	unsigned whole = 0, lost = 0;
	uint64_t offset;

	(void)state;
	/* A byte of the frame that holds the lines of article 100. */
	for (offset = 1000;; offset += 50) {
		enum capsa_status status;

		assert_true(offset < world.bytes.size);
		flip(&world, offset);
		status = capsa_reader_metadata(world.archive.reader, 100, &line, &err);
		if (status == CAPSA_ECORRUPT && strstr(err.text, "metadata frame") != NULL)
			break;
		flip(&world, offset);
	}
	selection = cli_select_new(&world.archive, &all);
	assert_non_null(selection);
	while (cli_select_next(selection, &article)) {
		struct item item;

		item_make(&item, 1, article.number, 1);
		assert_string_equal(article.path, item.path);
		item_release(&item);
		if (article.line.size != 0) {
			assert_int_equal(lost, 0);
			whole++;
		} else {
			lost++;
		}
	}
	assert_int_equal(cli_select_end(selection), CLI_DAMAGED);
	assert_int_equal(whole + lost, ARTICLES);
	assert_true(lost > 5 && lost < 200);

	/* Only those are reported that the patterns select. */
	selection = cli_select_new(&world.archive, &some);
	assert_non_null(selection);
	whole = lost = 0;
	while (cli_select_next(selection, &article)) {
		assert_memory_equal(article.path, "d03/", 4);
		whole += article.line.size != 0 ? 1 : 0;
		lost += article.line.size == 0 ? 1 : 0;
	}
	assert_int_equal(cli_select_end(selection), CLI_DAMAGED);
	assert_int_equal(whole + lost, (ARTICLES - 3 + 36) / 37);
	assert_true(lost >= 1 && lost < 10);
	free_world(&world);
}

/* Without the tree all lines are read: the same articles, and the damage is told. */
static void test_lost_trees(void **state)
{
	struct world world = new_world(ARTICLES);
	const struct cli_filter path = filter_of(0);
	struct cli_filter date = {.has_period = true};
	const char *roots[2];
	uint64_t offsets[2];
	char *text;

	(void)state;
	assert_true(cli_period("2030", &date.from, &date.to));
	text = strndup(capsa_reader_statement(world.archive.reader)->text.data,
	               capsa_reader_statement(world.archive.reader)->text.size);
	assert_non_null(text);
	roots[0] = strstr(text, "tree: path ");
	roots[1] = strstr(text, "tree: date ");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(sscanf(roots[i], "tree: %*s keys %*u %*u %" SCNu64, &offsets[i]),
		                 1);
	free(text);
	flip(&world, offsets[0] + 20);
	assert_selects(&world, &path, CLI_DAMAGED);
	assert_selects(&world, &date, CLI_DONE);
	flip(&world, offsets[0] + 20);
	flip(&world, offsets[1] + 20);
	assert_selects(&world, &path, CLI_DONE);
	assert_selects(&world, &date, CLI_DAMAGED);
	free_world(&world);
}

/* A source that fails at any read: never a crash, never a wrong article, always said. */
static void test_failing_source(void **state)
{
	struct world world = new_world(200);
	static const char *const patterns[] = {"d03", NULL};
	const struct cli_filter filter = {.patterns = patterns, .pattern_count = 1};
	unsigned failures = 0;

	(void)state;
	for (unsigned at = 1;; at++) {
		struct counting counting = {.bytes = &world.bytes};
		struct world failing = {.archive = {.path = "test.capsa", .fd = -1}};
		int64_t numbers[201];
		int status;

		failing.archive.source = counting_source(&counting);
		failing.archive.reader = archive_open(&failing.archive.source);
		counting.calls = 0;
		counting.fail_at = at;
		status = select_all(&failing, &filter, numbers);
		capsa_reader_close(failing.archive.reader);
		if (counting.calls < at) {
			assert_int_equal(status, CLI_DONE);
			break;
		}
		assert_int_equal(status, CLI_FAILED);
		failures++;
	}
	assert_true(failures > 2);
	free_world(&world);
}

/* ---- values of lines ---- */

static void test_line_values(void **state)
{
	static const char text[] = "{\"date\":\"1970-01-02\",\"modified\":5,\"subject\":[\"x\"],"
	                           "\"title\":\"a\\u0009\\\"\\\\b\",\"url\":\"\"}";
	const struct capsa_text line = {text, sizeof text - 1};
	char *title = cli_line_string(line, "title");
	char *url = cli_line_string(line, "url");
	int64_t seconds;

	(void)state;
	assert_string_equal(title, "a\t\"\\b");
	assert_string_equal(url, "");
	assert_null(cli_line_string(line, "subject"));
	assert_null(cli_line_string(line, "none"));
	assert_true(cli_line_date(line, "date", &seconds));
	assert_int_equal(seconds, 86400);
	assert_false(cli_line_date(line, "modified", &seconds));
	assert_false(cli_line_date(line, "title", &seconds));
	assert_false(cli_line_date(line, "none", &seconds));
	free(title);
	free(url);
}

static int set_up(void **state)
{
	static struct world world;

	world = new_world(ARTICLES);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	free_world(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_periods),
	    cmocka_unit_test(test_empty_period),
	    cmocka_unit_test(test_period_words),
	    cmocka_unit_test(test_formats_and_languages),
	    cmocka_unit_test(test_which_date),
	    cmocka_unit_test(test_empty_archive),
	    cmocka_unit_test(test_lost_lines),
	    cmocka_unit_test(test_lost_trees),
	    cmocka_unit_test(test_failing_source),
	    cmocka_unit_test(test_line_values),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
