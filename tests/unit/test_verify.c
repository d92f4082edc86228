/*
 * Verification: every change is found, named, and hides nothing else; no changed byte is ever
 * delivered.
 */
#include "fixture.h"

#include "frame.h"
#include "reader.h"

#define SEED 11
#define COUNT 60
#define MAX_BODY 6000
#define FLIPS 1500

struct made {
	struct buffer archive;
	struct capsa_secret_key *key;
	struct buffer bodies[COUNT];
	uint64_t frame[COUNT];          /* where each article's body begins */
	uint64_t frame_end[COUNT];
};

static int make(void **state)
{
	struct capsa_writer_options options = {.level = 3,
	                                       .frame_size = 8192,
	                                       .metadata_frame_size = 4096,
	                                       .keys = &test_keys,
	                                       .title = "Damage",
	                                       .created = 1600000000};
	struct made *made = calloc(1, sizeof *made);

	assert_non_null(made);
	assert_int_equal(capsa_secret_key_generate(&made->key, NULL), CAPSA_OK);
	archive_make(&made->archive, &options, SEED, COUNT, MAX_BODY, made->key);
	for (unsigned i = 0; i < COUNT; i++) {
		struct item item;

		item_make(&item, SEED, i, MAX_BODY);
		made->bodies[i] = item.body;
	}
	*state = made;
	return 0;
}

static int drop(void **state)
{
	struct made *made = *state;

	for (unsigned i = 0; i < COUNT; i++)
		capsa_buffer_release(&made->bodies[i]);
	capsa_buffer_release(&made->archive);
	capsa_secret_key_free(made->key);
	free(made);
	return 0;
}

/* What verification said. */
struct findings {
	bool article[COUNT];
	bool withheld[COUNT];
	unsigned structures;
	uint64_t offset;                /* of the last structure */
};

static void note(void *ctx, const struct capsa_damage *damage)
{
	struct findings *findings = ctx;

	assert_non_null(damage->structure);
	assert_non_null(damage->cause);
	if (damage->is_article) {
		char path[64];

		assert_true(damage->number < COUNT);
		snprintf(path, sizeof path, "d%02u/%06u.txt", (unsigned)(damage->number % 37),
		         (unsigned)damage->number);
		assert_int_equal(damage->path.size, strlen(path));
		assert_memory_equal(damage->path.data, path, damage->path.size);
		if (damage->status == CAPSA_EWITHHELD)
			findings->withheld[damage->number] = true;
		else
			findings->article[damage->number] = true;
	} else {
		findings->structures++;
		findings->offset = damage->offset;
	}
}

/* Every article that can be read at all is read right. */
static void check_bodies(struct capsa_reader *reader, const struct made *made,
                         const struct findings *findings)
{
	for (uint64_t i = 0; i < COUNT; i++) {
		static uint8_t body[MAX_BODY + 1];
		struct capsa_article article;
		enum capsa_status st = capsa_reader_article(reader, i, &article, NULL);

		if (st == CAPSA_OK) {
			assert_int_equal(article.size, made->bodies[i].size);
			st = capsa_reader_read(reader, i, 0, body, article.size, NULL);
		}
		if (st == CAPSA_OK && article.size > 0)
			assert_memory_equal(body, made->bodies[i].data, article.size);
		if (findings->structures == 0)
			assert_int_equal(st == CAPSA_OK, !findings->article[i] && !findings->withheld[i]);
	}
}

/* Verify bytes that are damaged; false where not even opening them works. */
static bool find_damage(const struct made *made, const struct buffer *bytes,
                        struct findings *findings, enum capsa_depth depth)
{
	struct capsa_source source = capsa_source_memory(bytes->data, bytes->size);
	struct capsa_verify_options options = {
	    .depth = depth, .damage = note, .ctx = findings, .keys = &test_keys};
	struct capsa_reader *reader = NULL;
	struct capsa_report report;
	struct capsa_error err = {0};
	enum capsa_status st = capsa_reader_open(&reader, &source, NULL, &err);

	*findings = (struct findings){0};
	if (st != CAPSA_OK) {
		assert_true(st == CAPSA_ECORRUPT || st == CAPSA_EFORMAT);
		assert_true(err.text[0] != '\0');
		return false;
	}
	st = capsa_reader_verify(reader, &options, &report, &err);
	if (st != CAPSA_ECORRUPT)
		fail_msg("verification says %d", (int)st);
	assert_true(report.damaged + report.structures > 0);
	check_bodies(reader, made, findings);
	capsa_reader_close(reader);
	return true;
}

/* Where frames lie, to know which articles a flip must hit. */
static void locate(struct made *made)
{
	struct capsa_source source = capsa_source_memory(made->archive.data, made->archive.size);
	struct capsa_reader *reader = archive_open(&source);

	for (uint64_t i = 0; i < COUNT; i++) {
		struct capsa_article article;
		struct spine_walk walk;
		struct spine_place place;

		assert_int_equal(capsa_reader_article(reader, i, &article, NULL), CAPSA_OK);
		made->frame[i] = article.frame_offset;
		capsa_spine_walk_init(&walk, reader->pages, reader_root(reader, READER_SPINE));
		assert_int_equal(
		    capsa_spine_walk_seek(&walk, SPINE_BY_ARTICLE, article.body_of, NULL), CAPSA_OK);
		assert_int_equal(capsa_spine_walk_next(&walk, &place, NULL), CAPSA_OK);
		assert_int_equal(spine_place_offset(&place), article.frame_offset);
		made->frame_end[i] = article.frame_offset + place.frame->stored_size;
	}
	capsa_reader_close(reader);
}

static void test_flips_are_found_and_named(void **state)
{
	struct made *made = *state;
	struct random random = {99};

	locate(made);
	for (unsigned i = 0; i < FLIPS; i++) {
		uint64_t bit = random_below(&random, made->archive.size * 8);
		struct findings findings;
		bool opened;

		made->archive.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		opened = find_damage(made, &made->archive, &findings,
		                     i % 2 == 0 ? CAPSA_VERIFY_FULL : CAPSA_VERIFY_DEEP);
		made->archive.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		for (unsigned k = 0; opened && k < COUNT; k++)
			if (bit / 8 >= made->frame[k] && bit / 8 < made->frame_end[k])
				assert_true(findings.article[k]);
	}
}

static void test_every_truncation_is_refused(void **state)
{
	struct made *made = *state;
	struct buffer cut = made->archive;

	for (cut.size = 0; cut.size < made->archive.size; cut.size++) {
		struct findings findings;

		/* The statement may still be found and proven, when only the trailer is cut. */
		if (find_damage(made, &cut, &findings, CAPSA_VERIFY_QUICK))
			assert_true(findings.structures > 0);
	}
}

static void test_bytes_after_the_trailer_are_damage(void **state)
{
	struct made *made = *state;
	struct buffer longer = {0};
	struct findings findings;

	capsa_buffer_append(&longer, made->archive.data, made->archive.size);
	capsa_buffer_byte(&longer, 0);
	assert_true(find_damage(made, &longer, &findings, CAPSA_VERIFY_FULL));
	assert_true(findings.structures > 0);
	capsa_buffer_release(&longer);
}

static void test_withheld_is_not_damaged(void **state)
{
	struct made *made = *state;
	struct buffer copy = {0};
	struct capsa_source source;
	struct capsa_reader *reader;
	struct findings findings = {0};
	struct capsa_verify_options options = {
	    .depth = CAPSA_VERIFY_DEEP, .damage = note, .ctx = &findings, .keys = &test_keys};
	struct capsa_report report;
	struct capsa_error err = {0};
	uint8_t byte;
	unsigned expected = 0;

	locate(made);
	capsa_buffer_append(&copy, made->archive.data, made->archive.size);
	capsa_frame_withhold(copy.data + made->frame[20], made->frame_end[20] - made->frame[20],
	                     span_of("a court order", 13));
	source = capsa_source_memory(copy.data, copy.size);
	reader = archive_open(&source);
	assert_int_equal(capsa_reader_verify(reader, &options, &report, &err), CAPSA_OK);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(findings.withheld[i], made->frame[i] == made->frame[20]);
		expected += findings.withheld[i];
	}
	assert_int_equal(report.withheld, expected);
	assert_int_equal(report.damaged, 0);
	assert_int_equal(report.good, COUNT - expected);
	assert_false(report.sha256_checked);
	assert_int_equal(capsa_reader_read(reader, 20, 0, &byte, made->bodies[20].size > 0, &err),
	                 CAPSA_EWITHHELD);
	assert_non_null(strstr(err.text, "a court order"));
	check_bodies(reader, made, &findings);
	capsa_reader_close(reader);
	capsa_buffer_release(&copy);
}

static bool stop(void *ctx, uint64_t bytes, uint64_t total)
{
	unsigned *left = ctx;

	assert_true(bytes <= total);
	return --*left > 0;
}

static void test_progress_can_stop_it(void **state)
{
	struct made *made = *state;
	struct capsa_source source = capsa_source_memory(made->archive.data, made->archive.size);
	struct capsa_reader *reader = archive_open(&source);
	unsigned left = 3;
	struct capsa_verify_options options = {.progress = stop, .ctx = &left};
	struct capsa_report report;

	assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL), CAPSA_ESTOPPED);
	assert_int_equal(left, 0);
	capsa_reader_close(reader);
}

static void test_signatures(void **state)
{
	struct made *made = *state;
	struct capsa_source source = capsa_source_memory(made->archive.data, made->archive.size);
	struct capsa_reader *reader = archive_open(&source);
	const struct capsa_attestation *attestation;
	struct capsa_public_key key, other;
	struct capsa_text text = capsa_reader_statement(reader)->text;

	capsa_secret_key_public(made->key, &key);
	assert_int_equal(capsa_reader_attestations(reader), 1);
	attestation = capsa_reader_attestation(reader, 0);
	assert_int_equal(capsa_signature_check(&attestation->signature, text, &key, NULL), CAPSA_OK);
	assert_string_equal(attestation->signature.comment, "capsa: packed 2020-09-13T12:26:40Z");
	other = key;
	other.key[0] ^= 1;
	assert_int_equal(capsa_signature_check(&attestation->signature, text, &other, NULL),
	                 CAPSA_EUNTRUSTED);
	capsa_reader_close(reader);
}

/* ---- a share of the bytes ------------------------------------------------------------ */

#define MANY 1200
#define PARTS 5

/*
 * An archive with links, articles of several frames, and a spine of several leaves; where its
 * frames begin.
 */
struct many {
	struct buffer archive;
	uint64_t frame[4096];
	uint8_t kind[4096];
	size_t frames;
	uint64_t leaf;                  /* the second leaf of the spine */
};

static void make_many(struct many *many)
{
	struct capsa_writer_options options = {
	    .level = 1, .frame_size = 4096, .metadata_frame_size = 4096, .keys = &test_keys};
	struct spine_walk walk;
	struct spine_place place;
	struct capsa_source source;
	struct capsa_reader *reader;

	*many = (struct many){0};
	archive_make(&many->archive, &options, 3, MANY, 24000, NULL);
	source = capsa_source_memory(many->archive.data, many->archive.size);
	reader = archive_open(&source);
	assert_true(reader_root(reader, READER_SPINE)->level >= 1);
	capsa_spine_walk_init(&walk, reader->pages, reader_root(reader, READER_SPINE));
	assert_int_equal(capsa_spine_walk_seek(&walk, SPINE_BY_FRAME, 0, NULL), CAPSA_OK);
	while (capsa_spine_walk_next(&walk, &place, NULL) == CAPSA_OK) {
		assert_true(many->frames < sizeof many->frame / sizeof many->frame[0]);
		many->kind[many->frames] = place.frame->kind;
		many->frame[many->frames++] = spine_place_offset(&place);
		many->leaf = walk.steps[0].ref.offset;
	}
	assert_int_equal(many->frames, capsa_reader_statement(reader)->frames);
	capsa_reader_close(reader);
}

/* A source that notes where reads begin. */
struct noting {
	const struct buffer *bytes;
	uint8_t *begun;                 /* by offset: how many reads */
};

static int noting_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct noting *noting = ctx;

	memcpy(buf, noting->bytes->data + offset, size);
	noting->begun[offset]++;
	return 0;
}

static enum capsa_status verify_part(const struct capsa_source *source, uint32_t part,
                                     uint32_t parts, struct capsa_report *report)
{
	struct capsa_verify_options options = {.part = part, .parts = parts};
	struct capsa_reader *reader = archive_open(source);
	enum capsa_status st = capsa_reader_verify(reader, &options, report, NULL);

	capsa_reader_close(reader);
	if (report->good + report->damaged + report->not_read != MANY)
		fail_msg("part %u of %u: %u good, %u damaged, %u not read", (unsigned)part,
		         (unsigned)parts, (unsigned)report->good, (unsigned)report->damaged,
		         (unsigned)report->not_read);
	return st;
}

static void test_all_parts_read_every_frame_once(void **state)
{
	static const uint32_t counts[] = {1, 2, 3, 7, 30, 1500};
	struct many many;

	(void)state;
	make_many(&many);
	for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		struct noting noting = {&many.archive, calloc(many.archive.size, 1)};
		struct capsa_source source = {noting_read, many.archive.size, &noting};
		uint64_t good = 0, largest = 0;

		assert_non_null(noting.begun);
		for (uint32_t part = 1; part <= counts[i]; part++) {
			struct capsa_report report;

			assert_int_equal(verify_part(&source, part, counts[i], &report), CAPSA_OK);
			good += report.good;
			if (report.bytes_read > largest)
				largest = report.bytes_read;
		}
		for (size_t k = 0; k < many.frames; k++)
			assert_int_equal(noting.begun[many.frame[k]], 1);
		assert_int_equal(good, MANY);
		/* Shares are equal but for a frame, and the index is small. */
		if (counts[i] == 7)
			assert_true(largest < many.archive.size / 2);
		free(noting.begun);
	}
	capsa_buffer_release(&many.archive);
}

static void test_one_part_finds_what_is_damaged(void **state)
{
	struct capsa_source source;
	struct many many;

	(void)state;
	make_many(&many);
	source = capsa_source_memory(many.archive.data, many.archive.size);
	for (size_t k = 0; k < many.frames; k += 13) {
		struct capsa_report report;
		unsigned found = 0;

		many.archive.data[many.frame[k] + 20] ^= 1;
		for (uint32_t part = 1; part <= PARTS; part++)
			found += verify_part(&source, part, PARTS, &report) == CAPSA_ECORRUPT;
		assert_int_equal(found, 1);
		many.archive.data[many.frame[k] + 20] ^= 1;
	}
	capsa_buffer_release(&many.archive);
}

static void note_structure(void *ctx, const struct capsa_damage *damage)
{
	uint64_t *offset = ctx;

	if (!damage->is_article && damage->status == CAPSA_ECORRUPT)
		*offset = damage->offset;
}

/* An article may be withheld in one of its frames, and damaged in the next. */
static void test_a_withheld_article_hides_no_damage(void **state)
{
	struct capsa_source source;
	struct many many;
	unsigned tried = 0;

	(void)state;
	make_many(&many);
	source = capsa_source_memory(many.archive.data, many.archive.size);
	for (size_t k = 0; k + 2 < many.frames; k++) {
		struct buffer *archive = &many.archive;
		size_t size = (size_t)(many.frame[k + 1] - many.frame[k]);
		uint64_t offset = 0;
		struct capsa_verify_options options = {.damage = note_structure, .ctx = &offset};
		struct capsa_report report;
		struct capsa_reader *reader;
		uint8_t before[8192];

		if (many.kind[k + 1] != CAPSA_FRAME_PART || ++tried % 20 != 0)
			continue;
		assert_true(size <= sizeof before);
		memcpy(before, archive->data + many.frame[k], size);
		capsa_frame_withhold(archive->data + many.frame[k], size, span_of("", 0));
		archive->data[many.frame[k + 1] + 20] ^= 1;
		reader = archive_open(&source);
		assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL),
		                 CAPSA_ECORRUPT);
		assert_int_equal(offset, many.frame[k + 1]);
		assert_int_equal(report.damaged, 0);
		assert_true(report.withheld >= 1);
		capsa_reader_close(reader);
		archive->data[many.frame[k + 1] + 20] ^= 1;
		memcpy(archive->data + many.frame[k], before, size);
	}
	assert_true(tried > 100);
	capsa_buffer_release(&many.archive);
}

static void test_each_part_finds_a_damaged_index(void **state)
{
	struct capsa_source source;
	struct many many;

	(void)state;
	make_many(&many);
	source = capsa_source_memory(many.archive.data, many.archive.size);
	many.archive.data[many.leaf + 20] ^= 1;
	for (uint32_t part = 1; part <= PARTS; part++) {
		struct capsa_report report;

		assert_int_equal(verify_part(&source, part, PARTS, &report), CAPSA_ECORRUPT);
		assert_true(report.damaged > 0);
		assert_true(report.structures > 0);
	}
	capsa_buffer_release(&many.archive);
}

static void test_which_parts_there_are(void **state)
{
	static const struct {
		enum capsa_depth depth;
		uint32_t part, parts;
		enum capsa_status expected;
	} cases[] = {
	    {CAPSA_VERIFY_FULL, 1, 1, CAPSA_OK},
	    {CAPSA_VERIFY_FULL, 1, UINT32_MAX, CAPSA_OK},
	    {CAPSA_VERIFY_FULL, UINT32_MAX, UINT32_MAX, CAPSA_OK},
	    {CAPSA_VERIFY_FULL, 0, 1, CAPSA_EMISUSE},
	    {CAPSA_VERIFY_FULL, 1, 0, CAPSA_EMISUSE},
	    {CAPSA_VERIFY_FULL, 3, 2, CAPSA_EMISUSE},
	    {CAPSA_VERIFY_QUICK, 1, 2, CAPSA_EMISUSE},
	    {CAPSA_VERIFY_DEEP, 1, 2, CAPSA_EMISUSE},
	};
	struct made *made = *state;
	struct capsa_source source = capsa_source_memory(made->archive.data, made->archive.size);
	struct capsa_reader *reader = archive_open(&source);

	for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct capsa_verify_options options = {.depth = cases[i].depth,
		                                       .part = cases[i].part,
		                                       .parts = cases[i].parts};
		struct capsa_report report;

		assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL),
		                 cases[i].expected);
		if (i == 0)
			assert_int_equal(report.good, COUNT);
		if (i == 1)
			assert_int_equal(report.not_read, COUNT);
	}
	capsa_reader_close(reader);
}

static void test_progress_of_a_part(void **state)
{
	struct made *made = *state;
	struct capsa_source source = capsa_source_memory(made->archive.data, made->archive.size);
	struct capsa_reader *reader = archive_open(&source);
	unsigned left = 1000;
	struct capsa_verify_options options = {
	    .part = 2, .parts = 3, .progress = stop, .ctx = &left};
	struct capsa_report report;

	assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL), CAPSA_OK);
	assert_true(left < 1000);
	assert_true(report.not_read > 0);
	capsa_reader_close(reader);
}

static void test_quick_reads_no_article(void **state)
{
	struct made *made = *state;
	struct capsa_source source = capsa_source_memory(made->archive.data, made->archive.size);
	struct capsa_reader *reader = archive_open(&source);
	struct capsa_verify_options options = {.depth = CAPSA_VERIFY_QUICK};
	struct capsa_report report;

	assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.not_read, COUNT);
	assert_int_equal(report.good, 0);
	capsa_reader_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flips_are_found_and_named),
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(test_bytes_after_the_trailer_are_damage),
	    cmocka_unit_test(test_withheld_is_not_damaged),
	    cmocka_unit_test(test_a_withheld_article_hides_no_damage),
	    cmocka_unit_test(test_progress_can_stop_it),
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_all_parts_read_every_frame_once),
	    cmocka_unit_test(test_one_part_finds_what_is_damaged),
	    cmocka_unit_test(test_each_part_finds_a_damaged_index),
	    cmocka_unit_test(test_which_parts_there_are),
	    cmocka_unit_test(test_progress_of_a_part),
	    cmocka_unit_test(test_quick_reads_no_article),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
