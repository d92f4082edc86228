/*
 * The vectors of tests/vectors: each archive is made in memory, and the library says of it what the
 * table says, at the depth that the table says, in bounded memory.
 */
#include "fixture.h"

#include "../vectors/vectors.h"

#include "reader.h"
#include "visit.h"

#include <sys/resource.h>
#include <unistd.h>

#define ALL                                                                                        \
	(VECTOR_COUNT(vectors_tail) + VECTOR_COUNT(vectors_statement) +                            \
	 VECTOR_COUNT(vectors_attestations) + VECTOR_COUNT(vectors_trees) +                        \
	 VECTOR_COUNT(vectors_pages) + VECTOR_COUNT(vectors_spine) +                               \
	 VECTOR_COUNT(vectors_frames) + VECTOR_COUNT(vectors_members) +                            \
	 VECTOR_COUNT(vectors_head) + VECTOR_COUNT(vectors_lines))

static const struct vector *all_vectors[ALL];

#define MEMORY_MAX (64U << 20) /* what a reader may take for any vector */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* ---- keys, as 14 makes them of the vectors' addresses and titles -------------------- */

static int make_url_key(void *ctx, struct capsa_text url, void *key, size_t capacity, size_t *size)
{
	static const char *const hosts[] = {"https://example.org/", "https://www.example.org/"};
	static const char start[] = "org,example)/";

	(void)ctx;
	for (unsigned i = 0; i < 2; i++) {
		size_t host = strlen(hosts[i]), rest = url.size - host;

		if (url.size < host || memcmp(url.data, hosts[i], host) != 0)
			continue;
		assert_true(sizeof start - 1 + rest <= capacity);
		memcpy(key, start, sizeof start - 1);
		memcpy((char *)key + sizeof start - 1, url.data + host, rest);
		*size = sizeof start - 1 + rest;
		return 0;
	}
	return EINVAL;
}

static int make_title_key(void *ctx, struct capsa_text title, void *key, size_t capacity,
                          size_t *size)
{
	(void)ctx;
	*size = title.size < capacity ? title.size : capacity;
	memcpy(key, title.data, *size);
	return 0;
}

static const struct capsa_keys vector_keys = {make_url_key, make_title_key, NULL, "15.0.0"};

/* ---- memory ------------------------------------------------------------ */

/* From now on the process may take MEMORY_MAX more.  A sanitizer needs far more for itself. */
static void limit_memory(bool limited)
{
#ifndef SANITIZED
	static struct rlimit before;
	static bool is_limited;
	struct rlimit now;
	unsigned long pages[6];
	FILE *statm;

	if (!limited) {
		if (is_limited)
			assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
		is_limited = false;
		return;
	}
	statm = fopen("/proc/self/statm", "r");
	assert_non_null(statm);
	assert_int_equal(fscanf(statm, "%lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2],
	                        &pages[3], &pages[4], &pages[5]),
	                 6);
	fclose(statm);
	assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
	now = before;
	now.rlim_cur = pages[5] * (unsigned long)sysconf(_SC_PAGESIZE) + MEMORY_MAX;
	assert_int_equal(setrlimit(RLIMIT_DATA, &now), 0);
	is_limited = true;
#else
	(void)limited;
#endif
}

/* ---- verification ------------------------------------------------------ */

struct finding {
	enum capsa_status status;
	char cause[256];
};

struct findings {
	struct finding list[64];
	size_t count;
};

static void note(void *ctx, const struct capsa_damage *damage)
{
	struct findings *findings = ctx;
	struct finding *finding = &findings->list[findings->count];

	assert_non_null(damage->structure);
	assert_non_null(damage->cause);
	if (findings->count == sizeof findings->list / sizeof *findings->list)
		return;
	finding->status = damage->status;
	snprintf(finding->cause, sizeof finding->cause, "%s", damage->cause);
	findings->count++;
}

static bool found(const struct findings *findings, enum capsa_status status, const char *text)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->list[i].status == status &&
		    strstr(findings->list[i].cause, text) != NULL)
			return true;
	return false;
}

static void print_findings(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		print_error("found, status %d: %s\n", (int)findings->list[i].status,
		            findings->list[i].cause);
}

/* Where something must be noticed when verification of this depth runs. */
static bool due(const struct vector *vector, enum capsa_depth depth)
{
	switch (vector->caught) {
	case CAUGHT_QUICK:
		return true;
	case CAUGHT_FULL:
		return depth >= CAPSA_VERIFY_FULL;
	case CAUGHT_DEEP:
	case CAUGHT_DEEP_ALONE:
	case CAUGHT_READ:
		return depth >= CAPSA_VERIFY_DEEP;
	default:
		return false;
	}
}

static void check_verify(const struct vector *vector, struct capsa_reader *reader,
                         enum capsa_depth depth, unsigned threads)
{
	struct findings findings = {.count = 0};
	struct capsa_verify_options options = {.depth = depth,
	                                       .threads = threads,
	                                       .keys = &vector_keys,
	                                       .damage = note,
	                                       .ctx = &findings};
	struct capsa_report report;
	struct capsa_error err = {0};
	enum capsa_status status = capsa_reader_verify(reader, &options, &report, &err);
	enum capsa_status expected = CAPSA_OK;
	bool good;

	if (due(vector, depth) && vector->status != CAPSA_EWITHHELD)
		expected = vector->status;
	good = status == expected;
	if (due(vector, depth) && vector->status == CAPSA_EUNSUPPORTED)
		good = good && strstr(err.text, vector->text) != NULL;
	else if (due(vector, depth))
		good = good && found(&findings, vector->status, vector->text);
	else
		good = good && findings.count == 0;
	if (good)
		return;
	print_findings(&findings);
	fail_msg("%s: depth %d, status %d: %s", vector->name, (int)depth, (int)status, err.text);
}

/* ---- reading ----------------------------------------------------------- */

/* May reading fail so?  Of good archives only what is withheld does not come. */
static void check_failure(const struct vector *vector, enum capsa_status status,
                          const struct capsa_error *err)
{
	bool good = vector->caught == CAUGHT_NOWHERE || vector->caught == CAUGHT_SIGNATURE;

	if (status == CAPSA_OK)
		assert_int_not_equal(vector->caught, CAUGHT_READ);
	else if (good || (status != vector->status && status != CAPSA_ENOENT))
		fail_msg("%s: reading fails, status %d: %s", vector->name, (int)status, err->text);
}

static void check_article(const struct vector *vector, const struct forge *f,
                          struct capsa_reader *reader, size_t i)
{
	const struct forge_article *article = &f->articles[i];
	const struct span body = article[-(ptrdiff_t)article->link].body;
	struct capsa_article found_article;
	struct capsa_text line;
	struct capsa_error err = {0};
	uint64_t number;
	uint8_t *room;
	enum capsa_status status = capsa_reader_find_path(reader, article->path, &number, &err);

	check_failure(vector, status, &err);
	if (status == CAPSA_OK && vector->caught != CAUGHT_DEEP_ALONE)
		assert_string_equal(f->articles[number].path, article->path);

	status = capsa_reader_metadata(reader, i, &line, &err);
	check_failure(vector, status, &err);
	if (status == CAPSA_OK && memchr(article->line.data, '\n', article->line.size) == NULL) {
		assert_int_equal(line.size, article->line.size);
		assert_memory_equal(line.data, article->line.data, line.size);
	}

	status = capsa_reader_article(reader, i, &found_article, &err);
	check_failure(vector, status, &err);
	if (status != CAPSA_OK || found_article.size > MEMORY_MAX)
		return;
	room = malloc((size_t)found_article.size + 1);
	assert_non_null(room);
	status = capsa_reader_read(reader, i, 0, room, (size_t)found_article.size, &err);
	check_failure(vector, status, &err);
	if (status == CAPSA_OK && vector->caught != CAUGHT_DEEP_ALONE) {
		assert_int_equal(found_article.size, body.size);
		assert_memory_equal(room, body.data, body.size);
	}
	free(room);
}

/* A walk of a tree comes to an end. */
static void check_walk(const struct vector *vector, const struct forge *f,
                       struct capsa_reader *reader, enum capsa_tree tree)
{
	struct capsa_cursor *cursor;
	struct capsa_text key;
	struct capsa_error err = {0};
	uint64_t number, count = 0;
	enum capsa_status status =
	    capsa_cursor_new(&cursor, reader, tree, (struct capsa_text){"", 0}, &err);

	while (status == CAPSA_OK) {
		status = capsa_cursor_next(cursor, &key, &number, &err);
		if (status == CAPSA_OK)
			assert_true(number < f->article_count && ++count <= 2 * f->article_count);
	}
	if (status != CAPSA_ENOENT)
		check_failure(vector, status, &err);
	capsa_cursor_free(cursor);
}

static void check_reading(const struct vector *vector, const struct forge *f,
                          struct capsa_reader *reader)
{
	static const char *const absent[] = {"absent", "a", "a/one.txt/two", "zz", "a/ond.txt"};
	struct capsa_sizes sizes;
	struct capsa_error err = {0};
	uint64_t number;

	/* Of large archives the ends are enough. */
	for (size_t i = 0; i < f->article_count; i++)
		if (i < 20 || i + 20 >= f->article_count)
			check_article(vector, f, reader, i);
	for (unsigned i = 0; i < sizeof absent / sizeof *absent; i++) {
		enum capsa_status status = capsa_reader_find_path(reader, absent[i], &number, &err);

		assert_int_not_equal(status, CAPSA_OK);
		if (status != CAPSA_ENOENT)
			check_failure(vector, status, &err);
	}
	for (unsigned tree = CAPSA_TREE_PATH; tree <= CAPSA_TREE_DATE; tree++)
		check_walk(vector, f, reader, (enum capsa_tree)tree);
	number = capsa_reader_sizes(reader, &sizes, &err);
	if (vector->caught == CAUGHT_NOWHERE)
		assert_int_equal(number, CAPSA_OK);
}

/* ---- one vector -------------------------------------------------------- */

static void check_signatures(const struct vector *vector, const struct capsa_reader *reader)
{
	struct capsa_text text = capsa_reader_statement(reader)->text;
	struct capsa_public_key key;

	assert_int_equal(
	    capsa_public_key_parse(&key, FORGE_PUBLIC_KEY, strlen(FORGE_PUBLIC_KEY), NULL),
	    CAPSA_OK);
	for (size_t i = 0; i < capsa_reader_attestations(reader); i++) {
		const struct capsa_attestation *attestation = capsa_reader_attestation(reader, i);
		struct capsa_error err = {0};
		enum capsa_status status;

		if (attestation->kind != CAPSA_ATTESTATION_MINISIGN)
			continue;
		status = capsa_signature_check(&attestation->signature, text, &key, &err);
		if (vector->caught != CAUGHT_SIGNATURE) {
			assert_int_equal(status, CAPSA_OK);
			continue;
		}
		assert_int_equal(status, vector->status);
		assert_non_null(strstr(err.text, vector->text));
	}
}

static void check_vector(const struct vector *vector, const struct forge *f)
{
	/* The second takes nothing from the tail, and forgets pages soon. */
	static const struct capsa_reader_options options[] = {{0},
	                                                      {.tail_size = 96, .page_cache = 16}};
	struct capsa_source source = capsa_source_memory(f->file.data, f->file.size);

	/* Once is enough for archives that take long. */
	for (unsigned i = 0; i < (f->article_count < 10000 ? 2 : 1); i++) {
		struct capsa_reader *reader;
		struct capsa_error err = {0};
		enum capsa_status status = capsa_reader_open(&reader, &source, &options[i], &err);

		if (vector->caught == CAUGHT_OPEN) {
			if (status != vector->status || strstr(err.text, vector->text) == NULL)
				fail_msg("%s: opening says %d: %s", vector->name, (int)status,
				         err.text);
			assert_null(reader);
			continue;
		}
		if (status != CAPSA_OK)
			fail_msg("%s: opening fails, status %d: %s", vector->name, (int)status,
			         err.text);
		check_signatures(vector, reader);
		check_verify(vector, reader, CAPSA_VERIFY_QUICK, 1);
		check_verify(vector, reader, CAPSA_VERIFY_FULL, 1);
		check_verify(vector, reader, CAPSA_VERIFY_DEEP, 1 + i);
		check_reading(vector, f, reader);
		capsa_reader_close(reader);
	}
}

static void test_vector(void **state)
{
	const struct vector *const *place = *state;
	const struct vector *vector = *place;
	struct forge *f = forge_make(&vector->change);

	limit_memory(true);
	check_vector(vector, f);
	limit_memory(false);
	forge_free(f);
}

/* ---- what lies beside damage ------------------------------------------- */

/* Articles and their lines in many frames, of which two stand in each page of the spine. */
static void plan_many_frames(struct forge *f)
{
	plan_many(f, 48, 3);
	f->page_entries = 2;
	for (size_t i = 0; i < f->article_count; i++)
		f->articles[i].ends_lines = i % 7 == 6;
	f->articles[20].body = forge_text(forge_repeat(f, "large ", 500));
	f->articles[20].piece = 700;
	forge_add(f, "z-link", f->articles[5].body)->link = 43;
	forge_add(f, "z-link-large", f->articles[20].body)->link = 29;
}

struct pages {
	struct page_ref list[100];
	size_t count;
};

static enum capsa_status collect_page(void *ctx, const struct visit_place *place,
                                      const struct page *page, struct capsa_error *err)
{
	struct pages *pages = ctx;

	(void)page;
	(void)err;
	assert_true(pages->count < sizeof pages->list / sizeof *pages->list);
	pages->list[pages->count++] = *place->ref;
	return CAPSA_OK;
}

static void no_damage(void *ctx, const struct visit_place *place, enum capsa_status status,
                      const struct capsa_error *why)
{
	(void)ctx;
	(void)place;
	(void)status;
	fail_msg("%s", why->text);
}

/* How many articles, or their lines, cannot be read? */
static uint64_t count_lost(const struct forge *f, struct capsa_reader *reader, uint64_t *lines)
{
	uint64_t bodies = 0;

	*lines = 0;
	for (size_t i = 0; i < f->article_count; i++) {
		static uint8_t room[4096];
		struct capsa_article article;
		struct capsa_text line;

		bodies +=
		    capsa_reader_article(reader, i, &article, NULL) != CAPSA_OK ||
		    capsa_reader_read(reader, i, 0, room, (size_t)article.size, NULL) != CAPSA_OK;
		*lines += capsa_reader_metadata(reader, i, &line, NULL) != CAPSA_OK;
	}
	return bodies;
}

/* A page of the spine is lost: that is said, and nothing is said of what can be read still. */
static void check_lost_page(const struct forge *f, const struct page_ref *page,
                            enum capsa_depth depth)
{
	struct capsa_source source = capsa_source_memory(f->file.data, f->file.size);
	struct capsa_reader *reader;
	struct findings findings = {.count = 0};
	struct capsa_verify_options options = {
	    .depth = depth, .keys = &vector_keys, .damage = note, .ctx = &findings};
	struct capsa_report report;
	uint64_t lost, lines;

	f->file.data[page->offset + 20] ^= 1;
	reader = archive_open(&source);
	assert_int_equal(capsa_reader_verify(reader, &options, &report, NULL), CAPSA_ECORRUPT);
	lost = count_lost(f, reader, &lines);
	capsa_reader_close(reader);
	f->file.data[page->offset + 20] ^= 1;
	if (report.structures != 1 || report.damaged != lost || report.lines_lost != lines)
		print_findings(&findings);
	assert_int_equal(report.structures, 1);
	assert_true(found(&findings, CAPSA_ECORRUPT, "index page fails its digest"));
	assert_false(found(&findings, CAPSA_ECORRUPT, "links to"));
	assert_int_equal(report.damaged, lost);
	assert_int_equal(report.good, f->article_count - lost);
	assert_int_equal(report.lines_lost, lines);
}

static void test_lost_pages_of_the_spine(void **state)
{
	struct forge_change change = {.plan = plan_many_frames};
	struct forge *f = forge_make(&change);
	struct capsa_source source = capsa_source_memory(f->file.data, f->file.size);
	struct capsa_reader *reader = archive_open(&source);
	struct pages pages = {.count = 0};
	struct visitor visitor = {collect_page, no_damage, VISIT_DECODE, &pages};

	(void)state;
	assert_int_equal(
	    capsa_tree_visit(reader->pages, reader_root(reader, READER_SPINE), &visitor, NULL),
	    CAPSA_OK);
	capsa_reader_close(reader);
	assert_true(pages.count > 20);
	for (size_t i = 0; i < pages.count; i++) {
		check_lost_page(f, &pages.list[i], CAPSA_VERIFY_FULL);
		check_lost_page(f, &pages.list[i], CAPSA_VERIFY_DEEP);
	}
	forge_free(f);
}

/* A test that fails leaves its limit behind. */
static int lift_limit(void **state)
{
	(void)state;
	limit_memory(false);
	return 0;
}

/* ---- the tables --------------------------------------------------------------------- */

static void read_file(struct buffer *out, const char *name)
{
	char path[4096];
	FILE *file;
	int byte;

	/* Beside this source. */
	snprintf(path, sizeof path, "%.*s%s",
	         (int)(sizeof __FILE__ - sizeof "tests/unit/test_vectors.c"), __FILE__, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("cannot open %s", path);
	while ((byte = getc(file)) != EOF)
		capsa_buffer_byte(out, (uint8_t)byte);
	capsa_buffer_byte(out, 0);
	fclose(file);
}

static void test_readme_and_tables_agree(void **state)
{
	struct buffer expected = {0}, readme = {0};

	(void)state;
	vectors_readme(&expected);
	capsa_buffer_byte(&expected, 0);
	read_file(&readme, "tests/vectors/README.md");
	assert_string_equal((const char *)readme.data, (const char *)expected.data);
	capsa_buffer_release(&expected);
	capsa_buffer_release(&readme);
}

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Names say what the status says, and occur once; sections are headings of the specification. */
static void test_names_and_sections(void **state)
{
	struct buffer spec = {0};

	(void)state;
	read_file(&spec, "spec/capsa.md");
	for (size_t i = 0; i < ALL; i++) {
		const struct vector *vector = all_vectors[i];
		bool good = vector->status == CAPSA_OK || vector->status == CAPSA_EWITHHELD;
		bool unsupported = vector->status == CAPSA_EUNSUPPORTED;
		char heading[32];

		assert_int_equal(begins_with(vector->name, "good-"), good);
		assert_int_equal(begins_with(vector->name, "unsupported-"), unsupported);
		assert_int_equal(begins_with(vector->name, "bad-"), !good && !unsupported);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(all_vectors[k]->name, vector->name);
		snprintf(heading, sizeof heading,
		         strchr(vector->section, '.') != NULL ? "\n### %s " : "\n## %s. ",
		         vector->section);
		if (strstr((const char *)spec.data, heading) == NULL)
			fail_msg("%s: no section %s", vector->name, vector->section);
	}
	capsa_buffer_release(&spec);
}

int main(void)
{
	static struct CMUnitTest tests[ALL + 3] = {
	    [ALL] = cmocka_unit_test(test_lost_pages_of_the_spine),
	    cmocka_unit_test(test_readme_and_tables_agree),
	    cmocka_unit_test(test_names_and_sections),
	};
	size_t count = 0;

	for (size_t t = 0; t < VECTOR_COUNT(vector_tables); t++)
		for (size_t i = 0; i < vector_tables[t].count; i++)
			all_vectors[count++] = &vector_tables[t].vectors[i];
	for (size_t i = 0; i < ALL; i++)
		tests[i] = (struct CMUnitTest){.name = all_vectors[i]->name,
		                               .test_func = test_vector,
		                               .teardown_func = lift_limit,
		                               .initial_state = &all_vectors[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
