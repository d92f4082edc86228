/* What a file is, and to how much one may grow. */
#include "container_find.h"
#include "container_read.h"
#include "container_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BLOCK 512

/* A tar header of this name, for a file of `size` bytes. */
static void make_header(unsigned char block[BLOCK], const char *name, unsigned size)
{
	unsigned sum = 0;

	memset(block, 0, BLOCK);
	snprintf((char *)block, 100, "%s", name);
	memcpy(block + 100,
	       "0000644\0"
	       "0000000\0"
	       "0000000\0",
	       24);
	snprintf((char *)block + 124, 12, "%011o", size);
	snprintf((char *)block + 136, 12, "%011o", 0U);
	memset(block + 148, ' ', 8);
	block[156] = '0';
	for (size_t i = 0; i < BLOCK; i++)
		sum += block[i];
	snprintf((char *)block + 148, 8, "%06o", sum);
}

static enum container_format find(const char *name, const void *bytes, size_t size)
{
	struct capsa_source source = capsa_source_memory(bytes, size);

	return container_find(name, &source, (struct capsa_text){bytes, size});
}

static void formats_are_found(void **state)
{
	static const char capsa[] =
	    "\x28\xb5\x2f\xfd\x20\0\1\0\0\x5c\x2a\x4d\x18\x08\0\0\0CAPSAI\1\0more";
	static const struct {
		const char *name;
		const char *bytes;
		size_t size;
		enum container_format format;
	} rows[] = {
	    {"a", "", 0, CONTAINER_NONE},
	    {"a", "PK\3\4", 4, CONTAINER_ZIP},
	    {"a", "PK\3", 3, CONTAINER_NONE},
	    {"a", "7z\xbc\xaf\x27\x1c", 6, CONTAINER_7Z},
	    {"a", "7z\xbc\xaf\x27", 5, CONTAINER_NONE},
	    {"a", capsa, sizeof capsa - 1, CONTAINER_NONE},
	    /* What cannot be decompressed is a container where it is called like one. */
	    {"a.gz", "\x1f\x8b\x08", 3, CONTAINER_NONE},
	    {"a.tar.gz", "\x1f\x8b\x08", 3, CONTAINER_TAR},
	    {"a.tgz", "\x1f\x8b\x08", 3, CONTAINER_TAR},
	    {"a.tar.zst", "\x28\xb5\x2f\xfd", 4, CONTAINER_TAR},
	    {"a.tar", "text", 4, CONTAINER_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(find(rows[i].name, rows[i].bytes, rows[i].size), rows[i].format);
}

static void headers_are_judged(void **state)
{
	unsigned char block[BLOCK];
	char cpio[111], iso[32774] = {0};

	(void)state;
	make_header(block, "a", 0);
	assert_int_equal(find("a", block, BLOCK), CONTAINER_TAR);
	assert_int_equal(find("a", block, BLOCK - 1), CONTAINER_NONE);
	block[0] = 'b';
	assert_int_equal(find("a", block, BLOCK), CONTAINER_NONE);
	memset(block, 0, BLOCK);
	assert_int_equal(find("a", block, BLOCK), CONTAINER_NONE);

	memset(cpio, '0', sizeof cpio);
	memcpy(cpio, "070701", 6);
	assert_int_equal(find("a", cpio, 110), CONTAINER_CPIO);
	assert_int_equal(find("a", cpio, 109), CONTAINER_NONE);
	cpio[109] = 'g';
	assert_int_equal(find("a", cpio, 110), CONTAINER_NONE);
	memcpy(cpio, "070707", 6);
	assert_int_equal(find("a", cpio, 76), CONTAINER_CPIO);
	cpio[75] = '8';
	assert_int_equal(find("a", cpio, 76), CONTAINER_NONE);

	memcpy(iso + 32769, "CD001", 5);
	assert_int_equal(find("a", iso, sizeof iso), CONTAINER_ISO);
	assert_int_equal(find("a", iso, sizeof iso - 1), CONTAINER_NONE);
}

static void growth_has_a_limit(void **state)
{
	static const uint64_t mib = 1U << 20;

	(void)state;
	assert_false(container_grows(64 * mib, 0));
	assert_true(container_grows(64 * mib + 1, 0));
	assert_true(container_grows(100 * 1000 * mib, 100 * mib));
	assert_false(container_grows(100 * 1000 * mib - 1, 100 * mib));
	assert_false(container_grows(UINT64_MAX, UINT64_MAX));
}

/* A header that cannot be read is one error, and what follows it is not lost. */
static void members_behind_damage(void **state)
{
	unsigned char tar[5 * BLOCK] = {0};
	struct capsa_source source = capsa_source_memory(tar, sizeof tar);
	struct container_member member;
	struct capsa_error err;
	struct container *container;

	(void)state;
	make_header(tar, "a", 0);
	memset(tar + BLOCK, 'x', BLOCK);
	make_header(tar + 2 * BLOCK, "b", 0);
	container = container_open(&source, CONTAINER_TAR, &err);
	assert_non_null(container);
	assert_int_equal(container_next(container, &member, &err), 1);
	assert_string_equal(member.name, "a");
	assert_int_equal(container_next(container, &member, &err), -1);
	assert_int_equal(container_next(container, &member, &err), 1);
	assert_string_equal(member.name, "b");
	assert_int_equal(container_next(container, &member, &err), 0);
	assert_int_equal(container_next(container, &member, &err), 0);
	container_close(container);
}

/* How many members there are until the last call, what that returns, and then *err. */
static int read_to_end(const void *bytes, size_t size, enum container_format format,
                       unsigned *members, struct capsa_error *err)
{
	struct capsa_source source = capsa_source_memory(bytes, size);
	struct container *container = container_open(&source, format, err);
	struct container_member member;
	int got;

	assert_non_null(container);
	err->text[0] = '\0';
	for (*members = 0; (got = container_next(container, &member, err)) == 1;)
		++*members;
	if (got < 0)
		assert_int_equal(container_next(container, &member, err), 0);
	container_close(container);
	return got;
}

/* What was cut off between two members, or lost a header to zeros, is not all there was. */
static void ends_of_tar_files(void **state)
{
	unsigned char tar[200 * BLOCK] = {0};
	struct capsa_error err;
	unsigned members;

	(void)state;
	make_header(tar, "a", 1);
	make_header(tar + 2 * BLOCK, "b", 0);
	assert_int_equal(read_to_end(tar, 4 * BLOCK, CONTAINER_TAR, &members, &err), 0);
	assert_int_equal(members, 2);
	assert_int_equal(read_to_end(tar, 3 * BLOCK, CONTAINER_TAR, &members, &err), -1);
	assert_int_equal(members, 2);
	assert_string_equal(err.text, "is cut off: what marks its end is missing");
	assert_int_equal(read_to_end(tar, 2 * BLOCK, CONTAINER_TAR, &members, &err), -1);
	assert_int_equal(members, 1);

	assert_int_equal(read_to_end(tar, sizeof tar, CONTAINER_TAR, &members, &err), 0);
	tar[sizeof tar - 1] = 'x';
	assert_int_equal(read_to_end(tar, sizeof tar, CONTAINER_TAR, &members, &err), -1);
	assert_int_equal(members, 2);
	assert_string_equal(err.text,
	                    "is damaged, or several in one: there is more behind its end");
	memset(tar + 2 * BLOCK, 0, BLOCK);
	make_header(tar + 4 * BLOCK, "c", 0);
	assert_int_equal(read_to_end(tar, 10 * BLOCK, CONTAINER_TAR, &members, &err), -1);
	assert_int_equal(members, 1);
}

/* A member in the older format of characters, with its NUL; its body follows. */
static size_t put_cpio(char *at, const char *name, unsigned size)
{
	return (size_t)sprintf(at, "070707%06o%06o%06o%06o%06o%06o%06o%011o%06o%011o%s", 0U, 1U,
	                       0100644U, 0U, 0U, 1U, 0U, 0U, (unsigned)strlen(name) + 1, size,
	                       name) +
	       1;
}

static void ends_of_cpio_files(void **state)
{
	char cpio[1024] = {0};
	struct capsa_error err;
	unsigned members;
	size_t size = put_cpio(cpio, "a", 0);

	(void)state;
	size += put_cpio(cpio + size, "b", 0);
	size += put_cpio(cpio + size, "TRAILER!!!", 0);
	assert_int_equal(read_to_end(cpio, size, CONTAINER_CPIO, &members, &err), 0);
	assert_int_equal(members, 2);
	assert_int_equal(read_to_end(cpio, sizeof cpio, CONTAINER_CPIO, &members, &err), 0);
	put_cpio(cpio + 512, "c", 0);
	assert_int_equal(read_to_end(cpio, sizeof cpio, CONTAINER_CPIO, &members, &err), -1);
	assert_int_equal(members, 2);
	assert_string_equal(err.text,
	                    "is damaged, or several in one: there is more behind its end");
}

/* What libarchive passes over to find a header was a member. */
static void gaps_of_cpio_files(void **state)
{
	char cpio[512] = {0};
	struct capsa_source source = capsa_source_memory(cpio, sizeof cpio);
	struct container_member member;
	struct capsa_error err;
	struct container *container;
	size_t size = put_cpio(cpio, "a", 0), second = size;

	(void)state;
	size += put_cpio(cpio + size, "b", 0);
	size += put_cpio(cpio + size, "c", 0);
	put_cpio(cpio + size, "TRAILER!!!", 0);
	cpio[second] = 'x';
	container = container_open(&source, CONTAINER_CPIO, &err);
	assert_non_null(container);
	assert_int_equal(container_next(container, &member, &err), 1);
	assert_string_equal(member.name, "a");
	assert_int_equal(container_next(container, &member, &err), -1);
	assert_int_equal(container_next(container, &member, &err), 1);
	assert_string_equal(member.name, "c");
	assert_int_equal(container_next(container, &member, &err), 0);
	container_close(container);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formats_are_found),
	    cmocka_unit_test(headers_are_judged),
	    cmocka_unit_test(growth_has_a_limit),
	    cmocka_unit_test(members_behind_damage),
	    cmocka_unit_test(ends_of_tar_files),
	    cmocka_unit_test(ends_of_cpio_files),
	    cmocka_unit_test(gaps_of_cpio_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
