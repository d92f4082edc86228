/* What goes when articles are withheld: compared with what verification then says. */
#include "fixture.h"

#define ARTICLES 1100

static void make_archive(struct buffer *out)
{
	const struct capsa_writer_options options = {
	    .keys = &test_keys, .created = 1, .frame_size = 16384};

	archive_make(out, &options, 9, ARTICLES, 100000, NULL);
}

/* Withhold, in place. */
static struct capsa_withholding *withhold(struct buffer *archive, const uint64_t *numbers,
                                          size_t count, bool metadata)
{
	struct capsa_source source = capsa_source_memory(archive->data, archive->size);
	struct capsa_reader *reader = archive_open(&source);
	struct capsa_withholding *out;
	const struct capsa_extent *frames;
	uint64_t end = 0;
	size_t frame_count;

	assert_int_equal(capsa_withholding_new(&out, reader, numbers, count, metadata, NULL),
	                 CAPSA_OK);
	capsa_reader_close(reader);
	frames = capsa_withholding_frames(out, &frame_count);
	assert_true(frame_count != 0);
	for (size_t i = 0; i < frame_count; i++) {
		assert_true(frames[i].offset >= end);
		end = frames[i].offset + frames[i].size;
		assert_int_equal(capsa_withheld_frame(archive->data + frames[i].offset,
		                                      frames[i].size, "why", NULL),
		                 CAPSA_OK);
	}
	return out;
}

static bool holds(const uint64_t *numbers, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Exactly the articles that were said to go are gone. */
static void check_gone(struct buffer *archive, const struct capsa_withholding *withholding)
{
	struct capsa_source source = capsa_source_memory(archive->data, archive->size);
	struct capsa_reader *reader = archive_open(&source);
	size_t going, lines;
	const uint64_t *articles = capsa_withholding_articles(withholding, &going);
	const uint64_t *lost = capsa_withholding_lines(withholding, &lines);
	const struct capsa_verify_options options = {0};
	struct capsa_report report;

	assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.withheld, going);
	assert_int_equal(report.lines_lost, lines);
	assert_int_equal(report.good, ARTICLES - going);
	for (uint64_t i = 0; i < ARTICLES; i++) {
		struct capsa_article facts;
		struct capsa_text line;
		enum capsa_status status;
		uint8_t byte;

		assert_int_equal(capsa_reader_article(reader, i, &facts, NULL), CAPSA_OK);
		assert_int_equal(capsa_reader_metadata(reader, i, &line, NULL),
		                 holds(lost, lines, i) ? CAPSA_EWITHHELD : CAPSA_OK);
		if (facts.size == 0)
			continue;
		status = capsa_reader_read(reader, i, facts.size - 1, &byte, 1, NULL);
		/* A link that lies in a withheld frame may lead to a body elsewhere. */
		if (status == CAPSA_OK && holds(articles, going, i))
			assert_int_not_equal(facts.body_of, i);
		else
			assert_int_equal(status,
			                 holds(articles, going, i) ? CAPSA_EWITHHELD : CAPSA_OK);
	}
	capsa_reader_close(reader);
}

static void check(const uint64_t *numbers, size_t count, bool metadata)
{
	struct buffer archive = {0};
	struct capsa_withholding *withholding;
	const uint64_t *articles;
	size_t going, lines;

	make_archive(&archive);
	withholding = withhold(&archive, numbers, count, metadata);
	articles = capsa_withholding_articles(withholding, &going);
	for (size_t i = 0; i < count; i++)
		assert_true(holds(articles, going, numbers[i]));
	capsa_withholding_lines(withholding, &lines);
	assert_true((lines != 0) == metadata);
	check_gone(&archive, withholding);
	capsa_withholding_free(withholding);
	capsa_buffer_release(&archive);
}

/* Of these 999 is isolated, 1,006 has the body of 503, and large ones go on in other frames. */
static void test_withhold(void **state)
{
	static const uint64_t several[] = {1050, 3, 999, 3, 1006};

	(void)state;
	check(several, 5, false);
	check(several, 5, true);
	check(several + 2, 1, true);
	check((const uint64_t[]){0}, 1, false);
	check((const uint64_t[]){ARTICLES - 1}, 1, true);
}

/* Every body in turn, each with all that goes with it. */
static void test_each(void **state)
{
	struct buffer archive = {0};

	(void)state;
	make_archive(&archive);
	for (uint64_t i = 0; i < ARTICLES; i += 211) {
		struct buffer copy = {0};
		struct capsa_withholding *withholding;

		capsa_buffer_append(&copy, archive.data, archive.size);
		withholding = withhold(&copy, &i, 1, i % 2 == 0);
		check_gone(&copy, withholding);
		capsa_withholding_free(withholding);
		capsa_buffer_release(&copy);
	}
	capsa_buffer_release(&archive);
}

static void test_errors(void **state)
{
	struct buffer archive = {0};
	struct capsa_source source;
	struct capsa_reader *reader;
	struct capsa_withholding *withholding;
	uint8_t frame[40];

	(void)state;
	make_archive(&archive);
	source = capsa_source_memory(archive.data, archive.size);
	reader = archive_open(&source);
	assert_int_equal(
	    capsa_withholding_new(&withholding, reader, (const uint64_t[]){ARTICLES}, 1, false, NULL),
	    CAPSA_EMISUSE);
	assert_null(withholding);
	capsa_withholding_free(NULL);
	assert_int_equal(capsa_withheld_frame(frame, 15, "", NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_withheld_frame(frame, 40, "a\nb", NULL), CAPSA_EMISUSE);
	assert_int_equal(capsa_withheld_frame(frame, 16, "no room", NULL), CAPSA_OK);
	assert_memory_equal(frame, "\x5c\x2a\x4d\x18\x08\0\0\0WITHHELD", 16);
	assert_int_equal(capsa_withheld_frame(frame, 20, "four \303\244", NULL), CAPSA_OK);
	assert_memory_equal(frame + 16, "four", 4);
	capsa_reader_close(reader);
	capsa_buffer_release(&archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_withhold),
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
