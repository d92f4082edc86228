/*
 * The external sort: the same output for any memory, against the C library's sort of all records.
 * The file itself is included, with temporary files that can fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "temporary.h"

#include <stdlib.h>

static unsigned good_calls = UINT32_MAX;
static bool spoil;

static enum capsa_status fake_append(struct temporary *file, struct span bytes, uint64_t *offset,
                                     struct capsa_error *err)
{
	if (good_calls-- == 0)
		return capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET, "fake");
	return capsa_temporary_append(file, bytes, offset, err);
}

static enum capsa_status fake_read(struct temporary *file, uint64_t offset, void *buf, size_t size,
                                   struct capsa_error *err)
{
	enum capsa_status status = capsa_temporary_read(file, offset, buf, size, err);

	if (good_calls-- == 0)
		return capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET, "fake");
	if (spoil)
		memset(buf, 0xff, size);
	return status;
}

#define capsa_temporary_append fake_append
#define capsa_temporary_read fake_read
#include "sorter.c"
#undef capsa_temporary_append
#undef capsa_temporary_read

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TINY ((size_t)64 << 10)

struct record {
	struct span key;
	uint64_t number;
};

static int compare(const void *left, const void *right)
{
	const struct record *a = left;
	const struct record *b = right;
	int order = capsa_span_compare(a->key, b->key);

	return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* Sort the records both ways, in this much memory, and compare. */
static void check(const struct record *records, size_t count, size_t memory)
{
	struct record *sorted = capsa_array_new(count, sizeof *sorted);
	struct sorter *sorter;
	struct span key;
	uint64_t number;

	assert_non_null(sorted);
	memcpy(sorted, records, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare);
	assert_int_equal(capsa_sorter_new(&sorter, memory, NULL, NULL), CAPSA_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
		    capsa_sorter_add(sorter, records[i].key, records[i].number, NULL), CAPSA_OK);
	assert_int_equal(capsa_sorter_finish(sorter, NULL), CAPSA_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(capsa_sorter_next(sorter, &key, &number, NULL), CAPSA_OK);
		if (!span_equal(key, sorted[i].key) || number != sorted[i].number)
			fail_msg("record %zu of %zu in %zu bytes", i, count, memory);
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(capsa_sorter_next(sorter, &key, &number, NULL), CAPSA_ENOENT);
	capsa_sorter_free(sorter);
	free(sorted);
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void test_order(void **state)
{
	static const struct record records[] = {
	    {{(const uint8_t *)"b", 1}, 1},
	    {{(const uint8_t *)"", 0}, 9},
	    {{(const uint8_t *)"a\0", 2}, 2},
	    {{(const uint8_t *)"a", 1}, 3},
	    {{(const uint8_t *)"\xff", 1}, 0},
	    {{(const uint8_t *)"a", 1}, UINT64_MAX},
	    {{(const uint8_t *)"a\0\0\0\0\0\0\0\0", 9}, 4},
	    {{(const uint8_t *)"a\0\0\0\0\0\0\0", 8}, 5},
	    {{(const uint8_t *)"12345678b", 9}, 6},
	    {{(const uint8_t *)"12345678a", 9}, 7},
	    {{(const uint8_t *)"", 0}, 8},
	    {{(const uint8_t *)"a", 1}, 3},
	};
	static const uint64_t numbers[] = {8, 9, 7, 6, 3, 3, UINT64_MAX, 2, 5, 4, 1, 0};
	struct sorter *sorter;
	struct span key;
	uint64_t number;

	(void)state;
	/* Where all fits in memory no file is made, so the directory does not matter. */
	assert_int_equal(capsa_sorter_new(&sorter, TINY, "/nonexistent", NULL), CAPSA_OK);
	for (size_t i = 0; i < COUNT(records); i++)
		assert_int_equal(
		    capsa_sorter_add(sorter, records[i].key, records[i].number, NULL), CAPSA_OK);
	assert_int_equal(capsa_sorter_finish(sorter, NULL), CAPSA_OK);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		assert_int_equal(capsa_sorter_next(sorter, &key, &number, NULL), CAPSA_OK);
		assert_true(number == numbers[i]);
	}
	assert_int_equal(capsa_sorter_next(sorter, &key, &number, NULL), CAPSA_ENOENT);
	capsa_sorter_free(sorter);
	check(records, COUNT(records), TINY);
}

static void test_empty(void **state)
{
	struct record none = {0};

	(void)state;
	check(&none, 0, TINY);
	capsa_sorter_free(NULL);
}

enum { KEYS_SIZE = 8 << 20, RECORDS = 40000 };

/*
 * Random records: of few letters, so that many keys are equal or begin others, with a beginning
 * that all share, of every size up to `longest`.
 */
static size_t make_records(struct record *records, uint8_t *bytes, size_t longest, uint64_t seed)
{
	size_t count = 0;
	size_t used = 0;

	while (count < RECORDS && used + CAPSA_KEY_MAX <= KEYS_SIZE) {
		size_t size = next_random(&seed) % (longest + 1);
		size_t shared = next_random(&seed) % 3 == 0 ? size : size / 2;

		for (size_t i = 0; i < size; i++)
			bytes[used + i] =
			    i < shared ? 'k' : (uint8_t)("\0\1ak\xff"[next_random(&seed) % 5]);
		records[count].key = span_of(bytes + used, size);
		records[count].number = next_random(&seed) % (count + 1) << (seed % 50);
		used += size;
		count++;
	}
	return count;
}

/*
 * In the least memory the records make dozens of runs, four of which are merged at once; in the
 * largest none.
 */
static void test_any_memory(void **state)
{
	static const size_t longest[] = {0, 3, 20, 300, CAPSA_KEY_MAX};
	static const size_t memories[] = {TINY, TINY + 1, 100003, (size_t)1 << 20, (size_t)5 << 20,
	                                  (size_t)32 << 20};
	struct record *records = capsa_array_new(RECORDS, sizeof *records);
	uint8_t *bytes = capsa_array_new(KEYS_SIZE, 1);

	(void)state;
	assert_non_null(records);
	assert_non_null(bytes);
	for (size_t i = 0; i < COUNT(longest); i++) {
		size_t count = make_records(records, bytes, longest[i], 42 + i);

		assert_true(count > 3000);
		for (size_t j = 0; j < COUNT(memories); j++)
			check(records, count, memories[j]);
	}
	free(bytes);
	free(records);
}

/*
 * Around every number of runs at which the merging changes: in 64 KiB a run has 1,024 records
 * without keys where an entry has 32 bytes.
 */
static void test_run_counts(void **state)
{
	static const size_t runs[] = {1, 2, 3, 4, 5, 6, 7, 8, 13, 16, 17};
	struct record *records = capsa_array_new(RECORDS, sizeof *records);
	uint64_t seed = 7;

	(void)state;
	assert_non_null(records);
	for (size_t i = 0; i < RECORDS; i++)
		records[i] = (struct record){span_of(NULL, 0), next_random(&seed)};
	for (size_t i = 0; i < COUNT(runs); i++) {
		check(records, runs[i] * 1024 - 1, TINY);
		check(records, runs[i] * 1024, TINY);
		check(records, runs[i] * 1024 + 1, TINY);
	}
	free(records);
}

static void test_longest_keys(void **state)
{
	static uint8_t bytes[100][CAPSA_KEY_MAX];
	struct record records[100];

	(void)state;
	for (size_t i = 0; i < COUNT(records); i++) {
		bytes[i][CAPSA_KEY_MAX - 1] = (uint8_t)(i * 37);
		records[i] = (struct record){span_of(bytes[i], CAPSA_KEY_MAX), UINT64_MAX - i};
	}
	check(records, COUNT(records), TINY);
}

static void test_misuse(void **state)
{
	static const uint8_t zeros[CAPSA_KEY_MAX + 1];
	struct sorter *sorter = (void *)1;
	struct capsa_error err;
	struct span key;
	uint64_t number;

	(void)state;
	assert_int_equal(capsa_sorter_new(&sorter, TINY - 1, NULL, &err), CAPSA_EMISUSE);
	assert_null(sorter);
	assert_int_equal(capsa_sorter_new(&sorter, TINY, NULL, &err), CAPSA_OK);
	assert_int_equal(capsa_sorter_next(sorter, &key, &number, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_sorter_add(sorter, span_of(zeros, CAPSA_KEY_MAX + 1), 1, &err),
	                 CAPSA_ELIMIT);
	assert_int_equal(capsa_sorter_add(sorter, span_of(zeros, CAPSA_KEY_MAX), 1, &err),
	                 CAPSA_OK);
	assert_int_equal(capsa_sorter_finish(sorter, &err), CAPSA_OK);
	assert_int_equal(capsa_sorter_add(sorter, span_of(zeros, 1), 1, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_sorter_next(sorter, &key, &number, &err), CAPSA_OK);
	assert_int_equal(key.size, CAPSA_KEY_MAX);
	assert_int_equal(capsa_sorter_next(sorter, &key, &number, &err), CAPSA_ENOENT);
	capsa_sorter_free(sorter);
}

/* A run that cannot be written fails the add that wanted it; nothing is lost by it. */
static void test_no_directory(void **state)
{
	struct sorter *sorter;
	struct capsa_error err;
	enum capsa_status status = CAPSA_OK;
	size_t count = 0;

	(void)state;
	assert_int_equal(capsa_sorter_new(&sorter, TINY, "/nonexistent", &err), CAPSA_OK);
	while (status == CAPSA_OK) {
		status = capsa_sorter_add(sorter, span_of("key", 3), count, &err);
		count += status == CAPSA_OK;
	}
	assert_true(count > 500);
	assert_int_equal(status, CAPSA_EIO);
	assert_memory_equal(err.text, "cannot make a temporary file in /nonexistent", 44);
	assert_int_equal(capsa_sorter_finish(sorter, &err), CAPSA_OK);
	for (size_t i = 0; i < count; i++) {
		struct span key;
		uint64_t number;

		assert_int_equal(capsa_sorter_next(sorter, &key, &number, &err), CAPSA_OK);
		assert_int_equal(number, i);
	}
	capsa_sorter_free(sorter);
}

/* Sort numbers until something fails. */
static enum capsa_status sort_numbers(unsigned count, struct capsa_error *err)
{
	struct sorter *sorter;
	enum capsa_status status = capsa_sorter_new(&sorter, TINY, NULL, err);
	struct span key;
	uint64_t number;

	for (unsigned i = 0; status == CAPSA_OK && i < count; i++)
		status = capsa_sorter_add(sorter, span_of("key", 3), i * 7919 % count, err);
	if (status == CAPSA_OK)
		status = capsa_sorter_finish(sorter, err);
	for (unsigned i = 0; status == CAPSA_OK && i < count; i++) {
		status = capsa_sorter_next(sorter, &key, &number, err);
		if (status == CAPSA_OK)
			assert_int_equal(number, i);
	}
	capsa_sorter_free(sorter);
	return status;
}

/* Whichever access to the temporary file fails, the sort does. */
static void test_failures(void **state)
{
	enum { NUMBERS = 6000 };
	struct capsa_error err;
	unsigned calls;

	(void)state;
	good_calls = UINT32_MAX;
	assert_int_equal(sort_numbers(NUMBERS, &err), CAPSA_OK);
	calls = UINT32_MAX - good_calls;
	/* Each number is written once, some twice; each run is read. */
	assert_true(calls > NUMBERS + 6);
	for (unsigned n = 0; n < calls; n += n < calls - 20 ? 97 : 1) {
		good_calls = n;
		assert_int_equal(sort_numbers(NUMBERS, &err), CAPSA_EIO);
		assert_string_equal(err.text, "fake");
	}
	good_calls = UINT32_MAX;
	spoil = true;
	assert_int_equal(sort_numbers(NUMBERS, &err), CAPSA_EIO);
	assert_string_equal(err.text, "a temporary file does not hold what was written to it");
	spoil = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_any_memory),
	    cmocka_unit_test(test_run_counts),
	    cmocka_unit_test(test_longest_keys),
	    cmocka_unit_test(test_misuse),
	    cmocka_unit_test(test_no_directory),
	    cmocka_unit_test(test_failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
