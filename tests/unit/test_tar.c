/* Header blocks of tar members (spec 5.1 to 5.4). */
#include "tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct span text(const char *string)
{
	return span_of(string, strlen(string));
}

/* "articles/" and a path of components of `component` bytes, `size` bytes in all. */
static struct span long_name(char *room, size_t size, size_t component)
{
	memcpy(room, "articles/", 9);
	for (size_t i = 9; i < size; i++)
		room[i] = (i - 9) % (component + 1) == component ? '/' : (char)('a' + i % 26);
	return span_of(room, size);
}

static void assert_field(const uint8_t *field, size_t size, const char *want)
{
	assert_true(strlen(want) <= size);
	assert_memory_equal(field, want, strlen(want));
	for (size_t i = strlen(want); i < size; i++)
		assert_int_equal(field[i], 0);
}

/* A ustar block in full; the checksum is the one that the bytes should have. */
static void assert_block(const uint8_t *block, const char *name, const char *size,
                         const char *mtime, const char *checksum, const char *type,
                         const char *link, const char *prefix)
{
	assert_field(block, 100, name);
	assert_field(block + 100, 8, "0000644");
	assert_field(block + 108, 8, "0000000");
	assert_field(block + 116, 8, "0000000");
	assert_field(block + 124, 12, size);
	assert_field(block + 136, 12, mtime);
	assert_memory_equal(block + 148, checksum, 8);
	assert_field(block + 156, 1, type);
	assert_field(block + 157, 100, link);
	assert_memory_equal(block + 257, "ustar\0" "00", 8);
	assert_field(block + 265, 64, "");
	assert_field(block + 329, 8, "0000000");
	assert_field(block + 337, 8, "0000000");
	assert_field(block + 345, 155, prefix);
	assert_field(block + 500, 12, "");
}

static void writes_a_file(void **state)
{
	struct tar_member member = {.name = text("articles/a.txt"), .size = 5, .mtime = 1000000000};
	uint8_t out[CAPSA_TAR_HEADER_MAX];

	(void)state;
	assert_int_equal(capsa_tar_header(&member, out), 512);
	assert_block(out, "articles/a.txt", "00000000005", "07346545000", "012031\0 ", "0", "", "");
}

static void writes_a_hard_link(void **state)
{
	struct tar_member member = {
	    .name = text("articles/b"), .target = text("articles/a.txt"), .size = 0};
	uint8_t out[CAPSA_TAR_HEADER_MAX];

	(void)state;
	assert_int_equal(capsa_tar_header(&member, out), 512);
	assert_block(out, "articles/b", "00000000000", "00000000000", "013733\0 ", "1",
	             "articles/a.txt", "");

	/* The body is another's, and so is its size. */
	member.size = UINT64_C(1) << 40;
	assert_int_equal(capsa_tar_header(&member, out), 512);
	assert_field(out + 124, 12, "00000000000");
}

static void clamps_times(void **state)
{
	static const struct {
		int64_t mtime;
		const char *field;
	} cases[] = {
	    {0, "00000000000"},
	    {1, "00000000001"},
	    {-1, "00000000000"},
	    {INT64_MIN, "00000000000"},
	    {INT64_C(8589934591), "77777777777"},
	    {INT64_C(8589934592), "00000000000"},
	    {INT64_MAX, "00000000000"},
	};
	uint8_t out[CAPSA_TAR_HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tar_member member = {.name = text("articles/a"), .mtime = cases[i].mtime};

		assert_int_equal(capsa_tar_header(&member, out), 512);
		assert_field(out + 136, 12, cases[i].field);
	}
}

/* The cut leaves at most 155 and 1 to 100 bytes, and takes the first slash that does. */
static void cuts_names(void **state)
{
	static const struct {
		size_t size, component;
		size_t prefix;          /* bytes of it; 0: none */
		bool extended;
	} cases[] = {
	    {100, 255, 0, false},   /* all of it is the name */
	    {100, 10, 0, false},
	    {101, 255, 8, false},   /* articles | 92 bytes */
	    {109, 255, 8, false},   /* articles | 100 bytes, the most */
	    {110, 255, 0, true},    /* articles | 101 bytes */
	    {110, 50, 59, false},   /* articles/50 | 50 */
	    {160, 50, 59, false},   /* articles/50 | 50/49, not articles/50/50 | 49 */
	    {161, 50, 110, false},  /* articles/50/50 | 50, since articles/50 leaves 101 bytes */
	    {256, 146, 155, false}, /* 155 | 100: the most of both */
	    {257, 146, 0, true},
	    {256, 145, 0, true},    /* 154 | 101 */
	    {255, 145, 154, false},
	    {256, 147, 0, true},    /* 156 | 99 */
	    {156, 146, 0, true},    /* a slash at the very end leaves no name */
	};
	char room[300];
	uint8_t out[CAPSA_TAR_HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tar_member member = {
		    .name = long_name(room, cases[i].size, cases[i].component)};
		size_t size = capsa_tar_header(&member, out);
		const uint8_t *block = out + size - 512;
		size_t prefix = cases[i].prefix;
		size_t begin = prefix != 0 ? prefix + 1 : 0;
		size_t name = cases[i].size - begin < 100 ? cases[i].size - begin : 100;

		if (size != (cases[i].extended ? 1536 : 512))
			fail_msg("case %zu: %zu bytes", i, size);
		assert_memory_equal(block + 345, room, prefix);
		assert_int_equal(block[345 + prefix], 0);
		assert_memory_equal(block, room + begin, name);
		if (name < 100)
			assert_int_equal(block[name], 0);
	}
}

static void extends_long_names(void **state)
{
	struct tar_member member = {.size = 3, .mtime = 7};
	uint8_t out[CAPSA_TAR_HEADER_MAX];
	char room[300], first[101] = "", records[300];

	(void)state;
	member.name = long_name(room, 110, 255);
	memcpy(first, room, 100);
	assert_int_equal(capsa_tar_header(&member, out), 1536);
	/* 120: three digits, a space, "path=", 110 bytes, a line feed */
	assert_block(out, "capsa/pax", "00000000170", "00000000000", "011115\0 ", "x", "", "");
	memcpy(records, "120 path=", 9);
	memcpy(records + 9, room, 110);
	records[119] = '\n';
	assert_memory_equal(out + 512, records, 120);
	for (unsigned i = 120; i < 512; i++)
		assert_int_equal(out[512 + i], 0);
	assert_field(out + 1024, 100, first);
	assert_field(out + 1024 + 124, 12, "00000000003");
	assert_field(out + 1024 + 136, 12, "00000000007");
	assert_field(out + 1024 + 345, 155, "");
}

static void extends_long_targets(void **state)
{
	struct tar_member member = {.name = text("articles/b")};
	uint8_t out[CAPSA_TAR_HEADER_MAX];
	char room[300];

	(void)state;
	member.target = long_name(room, 100, 10);
	assert_int_equal(capsa_tar_header(&member, out), 512);
	assert_memory_equal(out + 157, room, 100);

	/* There is no prefix for targets. */
	member.target = long_name(room, 101, 10);
	assert_int_equal(capsa_tar_header(&member, out), 1536);
	assert_memory_equal(out + 512, "115 linkpath=articles/", 22);
	assert_memory_equal(out + 512 + 13, room, 101);
	assert_memory_equal(out + 512 + 114, "\n\0", 2);
	assert_memory_equal(out + 1024 + 157, room, 100);
	assert_int_equal(out[1024 + 156], '1');
}

static void extends_large_sizes(void **state)
{
	static const struct {
		uint64_t size;
		const char *field, *record;
	} cases[] = {
	    {UINT64_C(8589934591), "77777777777", NULL},
	    {UINT64_C(8589934592), "00000000000", "19 size=8589934592\n"},
	    {UINT64_C(9999999999), "00000000000", "19 size=9999999999\n"},
	    {UINT64_C(10000000000), "00000000000", "20 size=10000000000\n"},
	    {UINT64_C(9223372036854775807), "00000000000", "28 size=9223372036854775807\n"},
	};
	uint8_t out[CAPSA_TAR_HEADER_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tar_member member = {.name = text("articles/a"), .size = cases[i].size};
		size_t size = capsa_tar_header(&member, out);

		assert_int_equal(size, cases[i].record != NULL ? 1536 : 512);
		assert_field(out + size - 512 + 124, 12, cases[i].field);
		if (cases[i].record != NULL)
			assert_field(out + 512, 512, cases[i].record);
	}
}

/* A record's length counts its own digits: around the powers of ten. */
static void counts_records(void **state)
{
	static const struct {
		size_t name, record;
	} cases[] = {
	    {257, 267}, {988, 998}, {989, 999}, {990, 1001}, {991, 1002}, {4009, 4020},
	};
	uint8_t out[CAPSA_TAR_HEADER_MAX];
	char room[CAPSA_TAR_NAME_MAX], head[32];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tar_member member = {.name = long_name(room, cases[i].name, 10)};
		int digits;

		capsa_tar_header(&member, out);
		digits = snprintf(head, sizeof head, "%zu path=articles/", cases[i].record);
		assert_memory_equal(out + 512, head, (size_t)digits);
		assert_int_equal(out[512 + cases[i].record - 1], '\n');
		assert_int_equal(out[512 + cases[i].record - 2], (uint8_t)room[cases[i].name - 1]);
	}
}

static void fills_the_room_exactly(void **state)
{
	struct tar_member member = {.mtime = 1};
	char name[CAPSA_TAR_NAME_MAX], target[CAPSA_TAR_NAME_MAX];
	uint8_t *out = malloc(CAPSA_TAR_HEADER_MAX);

	(void)state;
	assert_non_null(out);
	assert_int_equal(CAPSA_TAR_NAME_MAX, 4009);
	member.name = long_name(name, sizeof name, 255);
	member.target = long_name(target, sizeof target, 254);
	assert_int_equal(capsa_tar_header(&member, out), CAPSA_TAR_HEADER_MAX);
	assert_memory_equal(out + 512 + 4020, "4024 linkpath=articles/", 23);
	free(out);
}

static void pads(void **state)
{
	(void)state;
	assert_int_equal(tar_padding(0), 0);
	assert_int_equal(tar_padding(1), 511);
	assert_int_equal(tar_padding(511), 1);
	assert_int_equal(tar_padding(512), 0);
	assert_int_equal(tar_padding(513), 511);
	assert_int_equal(tar_padding(UINT64_MAX), 1);
}

/* Parse a copy of exact size. */
static enum capsa_status parse(const uint8_t *data, size_t size, struct tar_member *out,
                               uint8_t *name_room, size_t *used, struct capsa_error *err)
{
	static uint8_t *copy;
	enum capsa_status status;

	free(copy);
	copy = malloc(size != 0 ? size : 1);
	assert_non_null(copy);
	memcpy(copy, data, size);
	status = capsa_tar_parse(span_of(copy, size), out, name_room, used, 81920, err);
	if (status != CAPSA_OK) {
		free(copy);
		copy = NULL;
	}
	return status;
}

static bool same(const struct tar_member *a, const struct tar_member *b)
{
	return span_equal(a->name, b->name) && span_equal(a->target, b->target) &&
	    a->size == b->size && a->mtime == b->mtime;
}

static void assert_reads_back(const struct tar_member *want)
{
	uint8_t header[CAPSA_TAR_HEADER_MAX + 512], name_room[CAPSA_TAR_HEADER_MAX];
	size_t size = capsa_tar_header(want, header), used = 0;
	struct tar_member got;

	memset(header + size, 0xaa, 512);       /* a body follows */
	assert_int_equal(parse(header, size + 512, &got, name_room, &used, NULL), CAPSA_OK);
	assert_int_equal(used, size);
	assert_true(same(&got, want));
	assert_int_equal(parse(header, size, &got, name_room, &used, NULL), CAPSA_OK);
}

static void reads_back_what_it_writes(void **state)
{
	static const uint64_t sizes[] = {0, 1, 511, 512, UINT64_C(8589934591), UINT64_C(8589934592),
	                                 UINT64_C(9223372036854775807)};
	static const int64_t times[] = {0, 1, 1000000000, INT64_C(8589934591)};
	char name[CAPSA_TAR_NAME_MAX], target[CAPSA_TAR_NAME_MAX];
	uint32_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		struct tar_member member = {.target = span_of(NULL, 0)};
		size_t most = i % 4 == 0 ? sizeof name : 300;

		seed = seed * 1664525 + 1013904223;
		member.name = long_name(name, 10 + (seed >> 8) % (most - 9), 1 + (seed >> 3) % 255);
		seed = seed * 1664525 + 1013904223;
		if (i % 3 == 0)
			member.target = long_name(target, 10 + (seed >> 8) % (most - 9), 40);
		else
			member.size = sizes[(seed >> 10) % COUNT(sizes)];
		member.mtime = times[(seed >> 5) % COUNT(times)];
		assert_reads_back(&member);
	}
}

/* With any byte changed the blocks are refused, or, in a record's value, say something else. */
static void notices_every_changed_byte(void **state)
{
	char name[300], target[300];
	struct tar_member members[] = {
	    {.name = text("articles/a.txt"), .target = text(""), .size = 5, .mtime = 1000000000},
	    {.name = long_name(name, 200, 60), .target = text(""), .size = UINT64_C(8589934592)},
	    {.name = text("articles/b"), .target = long_name(target, 250, 255)},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(members); i++) {
		uint8_t header[CAPSA_TAR_HEADER_MAX], name_room[CAPSA_TAR_HEADER_MAX];
		size_t size = capsa_tar_header(&members[i], header), used;
		struct tar_member got;

		for (size_t at = 0; at < size; at++)
			for (unsigned bit = 0; bit < 8; bit++) {
				header[at] ^= (uint8_t)(1 << bit);
				if (parse(header, size, &got, name_room, &used, NULL) == CAPSA_OK &&
				    same(&got, &members[i]))
					fail_msg("member %zu, byte %zu, bit %u", i, at, bit);
				header[at] ^= (uint8_t)(1 << bit);
			}
		for (size_t cut = 0; cut < size; cut++)
			assert_int_equal(parse(header, cut, &got, name_room, &used, NULL),
			                 CAPSA_ECORRUPT);
	}
}

/* A header with another field value, and the checksum that belongs to it. */
static void put_checksum(uint8_t *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (unsigned i = 0; i < 512; i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
}

static void refuses_what_it_would_not_write(void **state)
{
	static const struct {
		size_t at;
		const char *value;
		size_t size;
	} cases[] = {
	    {0, "\0", 1},                       /* no name */
	    {20, "x", 1},                       /* bytes after the name's end */
	    {100, "0000755", 7},                /* mode */
	    {100, "000644 ", 7},
	    {108, "0001750", 7},                /* uid */
	    {116, "0001750", 7},                /* gid */
	    {124, "         05", 11},           /* size in blanks */
	    {124, "00000000005 ", 12},
	    {124, "\200\0\0\0\0\0\0\0\0\0\0\5", 12},
	    {136, "7346545000 ", 11},           /* mtime */
	    {156, "\0", 1},                     /* old regular file */
	    {156, "1", 1},                      /* link without target */
	    {156, "2", 1},
	    {156, "5", 1},
	    {156, "7", 1},
	    {156, "L", 1},
	    {156, "g", 1},
	    {157, "articles/b", 10},            /* target without link */
	    {257, "ustar  ", 8},                /* GNU */
	    {265, "root", 4},
	    {297, "root", 4},
	    {329, "0000001", 7},
	    {337, "\0\0\0\0\0\0\0", 7},
	    {345, "x", 1},                      /* a prefix that was not needed */
	    {511, "x", 1},
	};
	struct tar_member member = {.name = text("articles/a.txt"), .size = 5, .mtime = 1000000000};
	uint8_t header[CAPSA_TAR_HEADER_MAX], name_room[CAPSA_TAR_HEADER_MAX];
	struct tar_member got;
	struct capsa_error err;
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		capsa_tar_header(&member, header);
		memcpy(header + cases[i].at, cases[i].value, cases[i].size);
		put_checksum(header);
		if (parse(header, 512, &got, name_room, &used, &err) != CAPSA_ECORRUPT)
			fail_msg("case %zu was accepted", i);
		assert_int_equal(err.offset, 81920);
	}
	capsa_tar_header(&member, header);
	put_checksum(header);
	assert_int_equal(parse(header, 512, &got, name_room, &used, NULL), CAPSA_OK);
}

/* Records in an extended header of their own, before a good member. */
static enum capsa_status parse_records(const char *records, size_t size, const char *name,
                                       struct capsa_error *err)
{
	struct tar_member extended = {.name = text("capsa/pax"), .size = size};
	struct tar_member member = {.name = text(name), .size = 1}, got;
	uint8_t header[CAPSA_TAR_HEADER_MAX], room[CAPSA_TAR_HEADER_MAX];
	uint8_t name_room[CAPSA_TAR_HEADER_MAX];
	size_t used;

	assert_true(size <= 512);
	memset(header, 0, sizeof header);
	capsa_tar_header(&extended, header);
	header[156] = 'x';
	put_checksum(header);
	memcpy(header + 512, records, size);
	assert_int_equal(capsa_tar_header(&member, room), 512);
	memcpy(header + 1024, room, 512);
	return parse(header, 3 * 512, &got, name_room, &used, err);
}

static void refuses_bad_records(void **state)
{
	static const char *const cases[] = {
	    "", "\n", "=", "5 a=\n", "6 a=b\n", "0 a=b\n", "1 a=b\n", "2 a=b\n", "3 a\n", "7 a=b\n",
	    "6 a=bc", " 6 a=b\n", "06 a=b\n", "6\ta=b\n", "6a=b\n", "-6 a=b\n", "6", "6 ",
	    "999 a=b\n",
	    "99999999999999999999 a=b\n", "18446744073709551615 a=b\n",
	    "18 path=articles/a\n", "19 path=articles/a\n", "22 linkpath=articles/", "9 size=1\n",
	    "9 size=8\n", "19 size=8589934592\n", "9 size=x\n", "8 size=\n",
	    "29 size=99999999999999999999\n", "20 mtime=1.500000000\n", "20 path=articles/a\0\n",
	    "19 path=articles/a\n19 path=articles/a\n", "8 path=\n", "6 a=b\n\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (parse_records(cases[i], strlen(cases[i]), "articles/a", NULL) != CAPSA_ECORRUPT)
			fail_msg("accepted: %s", cases[i]);
}

/* The longest fields that a block can hold fit the room that they are joined in. */
static void joins_the_longest_prefix(void **state)
{
	uint8_t header[CAPSA_TAR_HEADER_MAX];
	uint8_t *name_room = malloc(256);
	struct tar_member member = {.name = text("articles/a")}, got;
	struct capsa_error err;
	size_t used;

	(void)state;
	assert_non_null(name_room);
	capsa_tar_header(&member, header);
	memset(header, 'n', 100);
	memset(header + 345, 'p', 155);
	put_checksum(header);
	assert_int_equal(parse(header, 512, &got, name_room, &used, &err), CAPSA_OK);
	assert_int_equal(got.name.size, 256);
	free(name_room);
}

static void says_what_is_wrong(void **state)
{
	uint8_t zeros[1024] = {0}, name_room[CAPSA_TAR_HEADER_MAX];
	struct tar_member got;
	struct capsa_error err;
	size_t used;

	(void)state;
	assert_int_equal(parse(zeros, 0, &got, name_room, &used, &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "tar header is cut short");
	assert_int_equal(parse(zeros, 1024, &got, name_room, &used, &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "tar header has a bad name");
	assert_int_equal(parse_records("7 a=b\n", 6, "articles/a", &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "tar extended header has a bad record");
	assert_int_equal(parse_records("6 a=b\n", 6, "articles/a", &err), CAPSA_ECORRUPT);
	assert_string_equal(err.text, "tar header is not the one that its content requires");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_a_file),
	    cmocka_unit_test(writes_a_hard_link),
	    cmocka_unit_test(clamps_times),
	    cmocka_unit_test(cuts_names),
	    cmocka_unit_test(extends_long_names),
	    cmocka_unit_test(extends_long_targets),
	    cmocka_unit_test(extends_large_sizes),
	    cmocka_unit_test(counts_records),
	    cmocka_unit_test(fills_the_room_exactly),
	    cmocka_unit_test(pads),
	    cmocka_unit_test(reads_back_what_it_writes),
	    cmocka_unit_test(notices_every_changed_byte),
	    cmocka_unit_test(refuses_what_it_would_not_write),
	    cmocka_unit_test(refuses_bad_records),
	    cmocka_unit_test(joins_the_longest_prefix),
	    cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
