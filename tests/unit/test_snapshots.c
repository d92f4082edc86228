/*
 * What snapshots of a series say about each other, as tables: what is given, what was seen, and
 * what is found.
 */
#define _GNU_SOURCE

#include "fixture.h"

#include "snapshots.h"

#include <inttypes.h>

/* Of a statement: its identity begins with the letter, the series is that of another letter. */
struct given {
	char series;
	uint64_t sequence;
	char identity;
	char previous;                  /* '-': none */
	const char *path;               /* NULL: seen before */
};

static char found[1024];

static char letter(const struct cli_snapshot *snapshot)
{
	return (char)snapshot->identity[0];
}

/* "missing 2-3 a d;" */
static void note_finding(void *ctx, const struct cli_finding *finding)
{
	static const char *const names[] = {"missing", "replaced", "older"};
	size_t used = strlen(found);

	(void)ctx;
	snprintf(found + used, sizeof found - used, "%s %" PRIu64 "-%" PRIu64 " %c %c;",
	         names[finding->kind], finding->first, finding->last, letter(finding->a),
	         letter(finding->b));
}

static void note_newest(void *ctx, const struct cli_snapshot *snapshot)
{
	size_t used = strlen(found);

	(void)ctx;
	assert_non_null(snapshot->path);
	snprintf(found + used, sizeof found - used, "newest %c;", letter(snapshot));
}

static void add(struct cli_snapshots *all, const struct given *given)
{
	struct cli_snapshot snapshot = {.sequence = given->sequence,
	                                .has_previous = given->previous != '-',
	                                .declared = true};

	memset(snapshot.series, given->series, sizeof snapshot.series);
	memset(snapshot.identity, given->identity, sizeof snapshot.identity);
	memset(snapshot.previous, given->previous, sizeof snapshot.previous);
	assert_true(cli_snapshots_add(all, &snapshot, given->path));
}

static void expect(const struct given *given, size_t count, const char *expected)
{
	const struct cli_snapshots_visitor visitor = {note_finding, note_newest, NULL};

	/* In every rotation: the order in which they come says nothing. */
	for (size_t first = 0; first < count; first++) {
		struct cli_snapshots all = {0};

		for (size_t i = 0; i < count; i++)
			add(&all, &given[(first + i) % count]);
		found[0] = '\0';
		cli_snapshots_compare(&all, &visitor);
		assert_string_equal(found, expected);
		cli_snapshots_release(&all);
	}
}

#define EXPECT(expected, ...)                                               \
	expect((const struct given[]){__VA_ARGS__},                         \
	       sizeof(const struct given[]){__VA_ARGS__} / sizeof(struct given), expected)

#define MOST UINT64_C(9223372036854775807)

static void test_whole(void **state)
{
	(void)state;
	EXPECT("newest a;", {'s', 1, 'a', '-', "1"});
	EXPECT("newest c;", {'s', 1, 'a', '-', "1"}, {'s', 2, 'b', 'a', "2"},
	       {'s', 3, 'c', 'b', "3"});
	/* Copies, a beginning that is not there, and one that names no previous. */
	EXPECT("newest c;", {'s', 2, 'b', 'a', "2"}, {'s', 3, 'c', 'b', "3"},
	       {'s', 2, 'b', 'a', "copy"}, {'s', 3, 'c', 'b', "3"});
	EXPECT("newest c;", {'s', 2, 'b', 'a', "2"}, {'s', 3, 'c', '-', "3"});
	EXPECT("newest b;", {'s', MOST - 1, 'a', '-', "1"}, {'s', MOST, 'b', 'a', "2"});
}

static void test_missing(void **state)
{
	(void)state;
	EXPECT("missing 2-2 a c;newest c;", {'s', 1, 'a', '-', "1"}, {'s', 3, 'c', 'b', "3"});
	EXPECT("missing 2-3 a d;missing 5-6 d g;newest g;", {'s', 1, 'a', '-', "1"},
	       {'s', 4, 'd', 'c', "4"}, {'s', 7, 'g', 'f', "7"});
	EXPECT("missing 2-9223372036854775806 a b;newest b;", {'s', 1, 'a', '-', "1"},
	       {'s', MOST, 'b', 'x', "2"});
}

static void test_replaced(void **state)
{
	(void)state;
	EXPECT("replaced 2-2 b x;", {'s', 1, 'a', '-', "1"}, {'s', 2, 'b', 'a', "2"},
	       {'s', 2, 'x', 'a', "3"});
	EXPECT("replaced 2-2 b x;replaced 2-2 b y;", {'s', 2, 'b', 'a', "2"},
	       {'s', 2, 'x', 'a', "3"}, {'s', 2, 'y', 'a', "4"});
	EXPECT("replaced 2-2 x c;", {'s', 2, 'x', 'a', "2"}, {'s', 3, 'c', 'b', "3"});
	/* One of two is what the next one follows. */
	EXPECT("replaced 2-2 b x;", {'s', 2, 'b', 'a', "2"}, {'s', 2, 'x', 'a', "3"},
	       {'s', 3, 'c', 'x', "4"});
	EXPECT("replaced 2-2 b x;replaced 2-2 b c;", {'s', 2, 'b', 'a', "2"},
	       {'s', 2, 'x', 'a', "3"}, {'s', 3, 'c', 'y', "4"});
	/* Both of two histories, one after the other. */
	EXPECT("replaced 2-2 b x;replaced 3-3 c y;", {'s', 2, 'b', 'a', "2"},
	       {'s', 2, 'x', 'a', "3"}, {'s', 3, 'c', 'b', "4"}, {'s', 3, 'y', 'x', "5"});
}

static void test_seen(void **state)
{
	(void)state;
	/* The same, an older, and a newer one. */
	EXPECT("newest b;", {'s', 2, 'b', 'a', "2"}, {'s', 2, 'b', 'a', NULL});
	EXPECT("newest c;", {'s', 3, 'c', 'b', "3"}, {'s', 2, 'b', 'a', NULL});
	EXPECT("newest e;", {'s', 5, 'e', 'd', "3"}, {'s', 2, 'b', 'a', NULL});
	EXPECT("older 3-4 b d;", {'s', 1, 'a', '-', "1"}, {'s', 2, 'b', 'a', "2"},
	       {'s', 4, 'd', 'c', NULL});
	/* It fills no gap. */
	EXPECT("missing 2-2 a c;newest c;", {'s', 1, 'a', '-', "1"}, {'s', 3, 'c', 'b', "3"},
	       {'s', 2, 'b', 'a', NULL});
	/* What contradicts it is not remembered. */
	EXPECT("replaced 2-2 b x;", {'s', 2, 'x', 'a', "2"}, {'s', 2, 'b', 'a', NULL});
	EXPECT("replaced 2-2 b y;", {'s', 3, 'y', 'x', "3"}, {'s', 2, 'b', 'a', NULL});
	EXPECT("replaced 1-1 x b;older 2-2 x b;", {'s', 1, 'x', '-', "1"},
	       {'s', 2, 'b', 'a', NULL});
	EXPECT("replaced 2-2 b x;", {'s', 2, 'x', 'a', "2"}, {'s', 3, 'y', 'x', "3"},
	       {'s', 2, 'b', 'a', NULL});
}

static void test_several(void **state)
{
	(void)state;
	EXPECT("missing 2-2 a c;newest c;newest b;", {'s', 1, 'a', '-', "1"},
	       {'t', 2, 'b', 'a', "2"}, {'s', 3, 'c', 'b', "3"}, {'u', 9, 'z', 'y', NULL});
	EXPECT("", {'u', 9, 'z', 'y', NULL});
}

/* The first of a series does not know of it. */
static void test_statement(void **state)
{
	struct capsa_statement first = {.created = 17};
	struct capsa_statement second = {.has_series = true, .sequence = 2, .has_previous = true};
	struct cli_snapshots all = {0};

	(void)state;
	memset(first.identity, 7, 16);
	memset(first.identity + 16, 8, 16);
	memset(second.series, 7, sizeof second.series);
	memset(second.previous, 9, sizeof second.previous);
	assert_true(cli_snapshots_add_statement(&all, &first, "a"));
	assert_true(cli_snapshots_add_statement(&all, &second, "b"));
	assert_int_equal(all.count, 2);
	assert_memory_equal(all.items[0].series, second.series, sizeof second.series);
	assert_memory_equal(all.items[1].series, second.series, sizeof second.series);
	assert_int_equal(all.items[0].sequence, 1);
	assert_false(all.items[0].declared);
	assert_false(all.items[0].has_previous);
	assert_int_equal(all.items[0].created, 17);
	assert_int_equal(all.items[1].sequence, 2);
	assert_true(all.items[1].declared);
	assert_true(all.items[1].has_previous);
	assert_memory_equal(all.items[1].previous, second.previous, sizeof second.previous);
	assert_string_equal(all.items[1].path, "b");
	cli_snapshots_release(&all);
	assert_null(all.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_replaced), cmocka_unit_test(test_seen),
	    cmocka_unit_test(test_several),  cmocka_unit_test(test_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
