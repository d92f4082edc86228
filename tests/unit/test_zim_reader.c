/* ZIM files in memory: limits from both sides. */
#include "zim_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * The file of these tests:
 *
 *	0	header
 *	80	media types: "a/b", "c/d"
 *	89	entry 0: content, blob 0 of cluster 0, "x", title "X", parameter "p"
 *	110	entry 1: redirect to entry 0, "y"
 *	125	cluster 0: stored, 1 blob, "hello"
 *	139	pointers to entries
 *	155	pointer to the cluster
 *	163	MD5
 */
#define TYPES 80
#define ENTRY_0 89
#define ENTRY_1 110
#define CLUSTER 125
#define PATHS 139
#define CLUSTERS 155
#define END 163
#define SIZE (END + 16)

/* A number of the file that is another, and what then is said; NULL: nothing. */
struct change {
	size_t at;
	unsigned bytes;
	uint64_t value;
	const char *cause;
};

static unsigned char file[SIZE];

static void put(unsigned char *to, size_t at, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to[at + i] = (unsigned char)(value >> (8 * i));
}

/* The file, and in it a number that is another. */
static struct capsa_source make(const struct change *change)
{
	memset(file, 0, SIZE);
	memcpy(file, "ZIM\x04", 4);
	put(file, 4, 6, 2);
	put(file, 6, 1, 2);
	memcpy(file + 8, "0123456789abcdef", 16);
	put(file, 24, 2, 4);
	put(file, 28, 1, 4);
	put(file, 32, PATHS, 8);
	put(file, 40, UINT64_MAX, 8);
	put(file, 48, CLUSTERS, 8);
	put(file, 56, TYPES, 8);
	put(file, 64, 1, 4);
	put(file, 68, UINT32_MAX, 4);
	put(file, 72, END, 8);
	memcpy(file + TYPES, "a/b\0c/d\0", 9);
	memcpy(file + ENTRY_0, "\1\0\1C\0\0\0\0\0\0\0\0\0\0\0\0x\0X\0p", 21);
	memcpy(file + ENTRY_1, "\xff\xff\0C\0\0\0\0\0\0\0\0y\0", 15);
	memcpy(file + CLUSTER, "\1\x08\0\0\0\x0d\0\0\0hello", 14);
	put(file, PATHS, ENTRY_0, 8);
	put(file, PATHS + 8, ENTRY_1, 8);
	put(file, CLUSTERS, CLUSTER, 8);
	if (change != NULL)
		put(file, change->at, change->value, change->bytes);
	return capsa_source_memory(file, SIZE);
}

static bool is(struct capsa_text text, const char *expected)
{
	return text.size == strlen(expected) && memcmp(text.data, expected, text.size) == 0;
}

static void what_is_there_is_read(void **state)
{
	struct capsa_source source = make(NULL), body;
	struct zim_entry entry = {0};
	struct zim_cluster cluster = {0};
	struct capsa_error err;
	struct zim zim;
	char bytes[5];

	(void)state;
	assert_true(zim_open(&zim, &source, &err));
	assert_int_equal(zim.entry_count, 2);
	assert_int_equal(zim.cluster_count, 1);
	assert_int_equal(zim.main_page, 1);
	assert_int_equal(zim.end, END);
	assert_true(zim.one_namespace);
	assert_true(zim_read_entry(&zim, 0, &entry, &err));
	assert_int_equal(entry.kind, ZIM_CONTENT);
	assert_int_equal(entry.space, 'C');
	assert_int_equal(entry.size, 21);
	assert_true(is(entry.path, "x") && is(entry.title, "X") && is(entry.type, "c/d") &&
	            is(entry.parameter, "p"));
	assert_true(zim_read_entry(&zim, 1, &entry, &err));
	assert_int_equal(entry.kind, ZIM_REDIRECT);
	assert_int_equal(entry.target, 0);
	assert_int_equal(entry.size, 15);
	assert_true(is(entry.path, "y") && is(entry.title, "") && is(entry.type, ""));
	cluster.zim = &zim;
	assert_true(zim_read_blob(&cluster, 0, 0, &body, &err));
	assert_int_equal(body.size, 5);
	assert_int_equal(body.read_at(body.ctx, 0, bytes, 5), 0);
	assert_memory_equal(bytes, "hello", 5);
	assert_false(zim_read_blob(&cluster, 0, 1, &body, &err));
	assert_string_equal(err.text, "is number 1 of 1 in its cluster 0");
	assert_false(zim_read_blob(&cluster, 1, 0, &body, &err));
	assert_string_equal(err.text, "is in cluster 1 of 1");
	assert_false(zim_check_md5(&zim, &err));
	assert_string_equal(err.text, "is damaged: its MD5 is another than it says");
	zim_cluster_release(&cluster);
	zim_entry_release(&entry);
	zim_close(&zim);
}

static const char no_room[] = "its header counts more entries than the file has room for";
static const char no_clusters[] = "its header counts more clusters than the file has room for";

static const struct change headers[] = {
    {0, 1, 'Y', "is no ZIM file"},
    {4, 2, 4, "is of version 4.1; ZIM 5 and 6 can be read"},
    {4, 2, 5, NULL},
    {4, 2, 7, "is of version 7.1; ZIM 5 and 6 can be read"},
    {24, 4, 0, NULL},
    {24, 4, (END - PATHS) / 8, NULL},
    {24, 4, (END - PATHS) / 8 + 1, no_room},
    {24, 4, UINT32_MAX, no_room},
    {28, 4, 0, NULL},
    {28, 4, 2, no_clusters},
    {28, 4, UINT32_MAX, no_clusters},
    {32, 8, END - 16, NULL},
    {32, 8, END - 15, no_room},
    {32, 8, UINT64_MAX, no_room},
    {48, 8, END - 7, no_clusters},
    {48, 8, UINT64_MAX - 7, no_clusters},
    {56, 8, 71, "its header is damaged"},
    {56, 8, 72, NULL},
    {56, 8, 73, "its header is damaged"},
    {56, 8, END - 1, NULL},
    {56, 8, END, "its list of media types has no end"},
    {56, 8, UINT64_MAX, "its list of media types has no end"},
    {64, 4, 2, NULL},
    {72, 8, END - 1, "its header says another size than the file has"},
    {72, 8, END + 1, "its header says another size than the file has"},
    {72, 8, SIZE + 1, "is cut off or lacks parts: its MD5 should be at 180, and it ends at 179"},
};

static void headers_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		const struct change *c = &headers[i];
		struct capsa_source source = make(c);
		struct capsa_error err = {0};
		struct zim zim;

		assert_int_equal(zim_open(&zim, &source, &err), c->cause == NULL);
		if (c->cause != NULL)
			assert_string_equal(err.text, c->cause);
		zim_close(&zim);
	}
}

static const struct change entries[] = {
    {PATHS, 8, END, "lies outside of the file"},
    {PATHS, 8, END - 1, "has no end, or over 64 KiB"},
    {ENTRY_0, 2, 2, "has media type 2 of 2"},
    {ENTRY_0, 2, 0xfffc, "has media type 65532 of 2"},
    {ENTRY_0, 2, 0xfffd, NULL},
    {ENTRY_0, 2, 0xfffe, NULL},
    {ENTRY_0, 2, 0xffff, NULL},
    {ENTRY_0 + 2, 1, 255, "has no end, or over 64 KiB"},
    {ENTRY_0 + 2, 1, END - (ENTRY_0 + 20), NULL},
    {ENTRY_0 + 2, 1, END - (ENTRY_0 + 20) + 1, "has no end, or over 64 KiB"},
};

static void entries_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
		const struct change *c = &entries[i];
		struct capsa_source source = make(c);
		struct zim_entry entry = {0};
		struct capsa_error err = {0};
		struct zim zim;

		assert_true(zim_open(&zim, &source, &err));
		assert_int_equal(zim_read_entry(&zim, 0, &entry, &err), c->cause == NULL);
		if (c->cause != NULL)
			assert_string_equal(err.text, c->cause);
		/* One without an end took time. */
		assert_int_equal(entry.size != 0,
		                 c->cause == NULL || strncmp(c->cause, "has no end", 10) == 0);
		zim_entry_release(&entry);
		zim_close(&zim);
	}
}

static void redirects_lead_to_entries(void **state)
{
	static const struct change targets[] = {
	    {ENTRY_1 + 8, 4, 1, NULL},
	    {ENTRY_1 + 8, 4, 2, "leads to entry 2 of 2"},
	    {ENTRY_1 + 8, 4, UINT32_MAX, "leads to entry 4294967295 of 2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		const struct change *c = &targets[i];
		struct capsa_source source = make(c);
		struct zim_entry entry = {0};
		struct capsa_error err = {0};
		struct zim zim;

		assert_true(zim_open(&zim, &source, &err));
		assert_int_equal(zim_read_entry(&zim, 1, &entry, &err), c->cause == NULL);
		if (c->cause != NULL)
			assert_string_equal(err.text, c->cause);
		zim_entry_release(&entry);
		zim_close(&zim);
	}
}

static const char impossible[] = "its cluster 0 has offsets that cannot be";

static const struct change blobs[] = {
    {CLUSTER, 1, 0, NULL},
    {CLUSTER, 1, 2, "its cluster 0 is compressed with zlib or bzip2, as none has been since 2011"},
    {CLUSTER, 1, 4, "its cluster 0 is damaged"},
    {CLUSTER, 1, 5, "its cluster 0 is damaged"},
    {CLUSTER, 1, 6, "its cluster 0 is compressed in an unknown way"},
    {CLUSTER, 1, 0x11, impossible},
    {CLUSTER + 1, 4, 0, impossible},
    {CLUSTER + 1, 4, 4, "is number 0 of 0 in its cluster 0"},
    {CLUSTER + 1, 4, 7, impossible},
    {CLUSTER + 1, 4, 12, NULL},
    {CLUSTER + 1, 4, 16, impossible},
    {CLUSTER + 5, 4, 7, impossible},
    {CLUSTER + 5, 4, 8, NULL},
    {CLUSTER + 5, 4, 14, impossible},
    {CLUSTER + 5, 4, UINT32_MAX, impossible},
    {CLUSTERS, 8, END, "its cluster 0 lies outside of the file"},
    {CLUSTERS, 8, UINT64_MAX, "its cluster 0 lies outside of the file"},
    {CLUSTERS, 8, END - 1, "its cluster 0 is shorter than its offsets"},
};

static void blobs_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof blobs / sizeof *blobs; i++) {
		const struct change *c = &blobs[i];
		struct capsa_source source = make(c), body;
		struct zim_cluster cluster = {0};
		struct capsa_error err = {0};
		struct zim zim;

		assert_true(zim_open(&zim, &source, &err));
		cluster.zim = &zim;
		assert_int_equal(zim_read_blob(&cluster, 0, 0, &body, &err), c->cause == NULL);
		if (c->cause != NULL)
			assert_string_equal(err.text, c->cause);
		/* It stays so. */
		assert_int_equal(zim_read_blob(&cluster, 0, 0, &body, &err), c->cause == NULL);
		zim_cluster_release(&cluster);
		zim_close(&zim);
	}
}

/* A path as long as it can be, and one byte longer. */
static void entries_have_a_limit(void **state)
{
	(void)state;
	for (size_t more = 0; more < 2; more++) {
		size_t path = ZIM_ENTRY_MAX - 16 - 2 + more, size = SIZE + ZIM_ENTRY_MAX + 100;
		unsigned char *large = calloc(1, size);
		struct capsa_source source = capsa_source_memory(large, size);
		struct zim_entry entry = {0};
		struct capsa_error err;
		struct zim zim;

		assert_non_null(large);
		make(NULL);
		memcpy(large, file, SIZE);
		put(large, 72, size - 16, 8);
		put(large, PATHS, SIZE, 8);
		memcpy(large + SIZE, "\0\0\0C", 4);
		memset(large + SIZE + 16, 'p', path);
		assert_true(zim_open(&zim, &source, &err));
		assert_int_equal(zim_read_entry(&zim, 0, &entry, &err), more == 0);
		if (more == 0)
			assert_int_equal(entry.path.size, path);
		else
			assert_string_equal(err.text, "has no end, or over 64 KiB");
		zim_entry_release(&entry);
		zim_close(&zim);
		free(large);
	}
}

static void bounds_are_where_the_next_thing_begins(void **state)
{
	static const uint64_t cases[][2] = {
	    {0, TYPES},        {TYPES, CLUSTER}, {CLUSTER - 1, CLUSTER}, {CLUSTER, PATHS},
	    {PATHS, CLUSTERS}, {CLUSTERS, END},  {END - 1, END},
	};
	struct capsa_source source = make(NULL);
	struct capsa_error err;
	struct zim zim;

	(void)state;
	assert_true(zim_open(&zim, &source, &err));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(zim_bound(&zim, cases[i][0]), cases[i][1]);
	zim_close(&zim);
}

static void names_of_parts(void **state)
{
	static const char *const cases[][2] = {
	    {"d/x.zimab", "d/x.zimaa"}, {"x.zimzz", "x.zimaa"}, {".zimba", ".zimaa"},
	    {"x.zimaa", NULL},          {"x.zim", NULL},        {"zimab", NULL},
	    {"x.zimAB", NULL},          {"x.zima", NULL},       {"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *first = zim_first_part(cases[i][0]);

		assert_int_equal(first != NULL, cases[i][1] != NULL);
		if (first != NULL)
			assert_string_equal(first, cases[i][1]);
		free(first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_there_is_read),
	    cmocka_unit_test(headers_are_checked),
	    cmocka_unit_test(entries_are_checked),
	    cmocka_unit_test(redirects_lead_to_entries),
	    cmocka_unit_test(blobs_are_checked),
	    cmocka_unit_test(entries_have_a_limit),
	    cmocka_unit_test(bounds_are_where_the_next_thing_begins),
	    cmocka_unit_test(names_of_parts),
	};

	return cmocka_run_group_tests_name("zim_reader", tests, NULL, NULL);
}
