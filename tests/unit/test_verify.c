/* Verification: every change is found, named, and hides nothing else; no changed byte is ever delivered. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flips_are_found_and_named),
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(test_bytes_after_the_trailer_are_damage),
	    cmocka_unit_test(test_withheld_is_not_damaged),
	    cmocka_unit_test(test_progress_can_stop_it),
	    cmocka_unit_test(test_signatures),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
