/* Tar, zip and gzip; that others read them tests/cli/35-export.bats shows. */
#include "container.h"

#include "base.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A sink in memory that fails once it would hold more than `room` bytes. */
struct memory {
	struct buffer bytes;
	size_t room;
};

static int write_memory(void *ctx, const void *data, size_t size)
{
	struct memory *memory = ctx;

	if (size > memory->room - memory->bytes.size)
		return ENOSPC;
	capsa_buffer_append(&memory->bytes, data, size);
	return 0;
}

static struct capsa_sink sink_of(struct memory *memory)
{
	return (struct capsa_sink){.write = write_memory, .ctx = memory};
}

static const struct {
	enum container_format format;
	enum container_filter filter;
	const char *magic;
	size_t at, size;
} kinds[] = {
    {CONTAINER_TAR, CONTAINER_PLAIN, "ustar", 257, 5},
    {CONTAINER_TAR, CONTAINER_GZIP, "\x1f\x8b\x08\0\0\0\0\0", 0, 8},
    {CONTAINER_TAR, CONTAINER_XZ,
     "\xfd"
     "7zXZ",
     0, 5},
    {CONTAINER_TAR, CONTAINER_ZSTD, "\x28\xb5\x2f\xfd", 0, 4},
    {CONTAINER_ZIP, CONTAINER_PLAIN, "PK\3\4", 0, 4},
    {CONTAINER_RAW, CONTAINER_PLAIN, "body", 0, 4},
    {CONTAINER_RAW, CONTAINER_GZIP, "\x1f\x8b\x08\0\0\0\0\0", 0, 8},
};

#define KINDS (sizeof kinds / sizeof *kinds)

/* The same two members, of RAW one, as far as nothing fails. */
static enum capsa_status write_all(size_t kind, struct memory *memory, struct capsa_error *err)
{
	static const char *const names[] = {"n\xc3\xa4me", "b"};
	struct capsa_sink sink = sink_of(memory);
	struct container_writer *writer;
	enum capsa_status status =
	    container_writer_new(&writer, kinds[kind].format, kinds[kind].filter, &sink, err);

	for (size_t i = 0; status == CAPSA_OK && i < (kinds[kind].format == CONTAINER_RAW ? 1 : 2);
	     i++) {
		status = container_begin(writer, names[i], 4, 1700000000, err);
		if (status == CAPSA_OK)
			status = container_write(writer, "bo", 2, err);
		if (status == CAPSA_OK)
			status = container_write(writer, "dy", 2, err);
	}
	if (status == CAPSA_OK)
		status = container_finish(writer, err);
	container_writer_free(writer);
	return status;
}

static void the_same_bytes_everywhere(void **state)
{
	static const char *const zones[] = {"UTC", "America/Lima", "Asia/Tokyo"};

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct memory first = {.room = SIZE_MAX};

		for (size_t zone = 0; zone < sizeof zones / sizeof *zones; zone++) {
			struct memory memory = {.room = SIZE_MAX};

			setenv("TZ", zones[zone], 1);
			assert_int_equal(write_all(kind, &memory, NULL), CAPSA_OK);
			assert_true(memory.bytes.size >= kinds[kind].at + kinds[kind].size);
			assert_memory_equal(memory.bytes.data + kinds[kind].at, kinds[kind].magic,
			                    kinds[kind].size);
			if (zone == 0) {
				first = memory;
				continue;
			}
			assert_int_equal(memory.bytes.size, first.bytes.size);
			assert_memory_equal(memory.bytes.data, first.bytes.data, first.bytes.size);
			capsa_buffer_release(&memory.bytes);
		}
		capsa_buffer_release(&first.bytes);
	}
}

/* Wherever the disk is full, it is an error that says so. */
static void full_disks(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct memory whole = {.room = SIZE_MAX};

		assert_int_equal(write_all(kind, &whole, NULL), CAPSA_OK);
		for (size_t room = 0; room <= whole.bytes.size; room++) {
			struct capsa_error err = {0};
			struct memory memory = {.room = room};
			enum capsa_status status = write_all(kind, &memory, &err);

			assert_int_equal(status, room < whole.bytes.size ? CAPSA_EIO : CAPSA_OK);
			assert_int_equal(err.sys, room < whole.bytes.size ? ENOSPC : 0);
			capsa_buffer_release(&memory.bytes);
		}
		capsa_buffer_release(&whole.bytes);
	}
}

/* What is given up does not end like something whole. */
static void given_up(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		struct memory memory = {.room = SIZE_MAX};
		struct capsa_sink sink = sink_of(&memory);
		struct container_writer *writer;
		size_t size;

		assert_int_equal(container_writer_new(&writer, kinds[kind].format,
		                                      kinds[kind].filter, &sink, NULL),
		                 CAPSA_OK);
		assert_int_equal(container_begin(writer, "a", 100000, 0, NULL), CAPSA_OK);
		assert_int_equal(container_write(writer, "half", 4, NULL), CAPSA_OK);
		size = memory.bytes.size;
		container_writer_free(writer);
		assert_int_equal(memory.bytes.size, size);
		capsa_buffer_release(&memory.bytes);
	}
	container_writer_free(NULL);
}

static void more_than_was_said(void **state)
{
	struct memory memory = {.room = SIZE_MAX};
	struct capsa_sink sink = sink_of(&memory);
	struct capsa_error err = {0};
	struct container_writer *writer;

	(void)state;
	assert_int_equal(container_writer_new(&writer, CONTAINER_TAR, CONTAINER_PLAIN, &sink, &err),
	                 CAPSA_OK);
	assert_int_equal(container_begin(writer, "a", 2, 0, &err), CAPSA_OK);
	assert_int_equal(container_write(writer, "abc", 3, &err), CAPSA_ELIMIT);
	assert_true(err.text[0] != '\0');
	container_writer_free(writer);
	capsa_buffer_release(&memory.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_bytes_everywhere),
	    cmocka_unit_test(full_disks),
	    cmocka_unit_test(given_up),
	    cmocka_unit_test(more_than_was_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
