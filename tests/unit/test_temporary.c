/* Temporary files.  The file itself is included, with system calls that can fail or do little. */
#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

static bool without_tmpfile;
static unsigned interruptions;
static size_t most = SIZE_MAX;
static size_t room = SIZE_MAX;

static int fake_open(const char *path, int flags, mode_t mode)
{
	if (without_tmpfile) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return open(path, flags, mode);
}

static ssize_t fake_pwrite(int fd, const void *buf, size_t size, off_t offset)
{
	ssize_t n;

	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	size = size < most ? size : most;
	n = pwrite(fd, buf, size < room ? size : room, offset);
	if (n > 0 && room != SIZE_MAX)
		room -= (size_t)n;
	return n;
}

#define open fake_open
#define pwrite fake_pwrite
#include "temporary.c"
#undef open
#undef pwrite

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char directory[] = "/tmp/capsa-test-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) != NULL ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static void expect_empty_directory(void)
{
	DIR *list = opendir(directory);
	size_t count = 0;

	assert_non_null(list);
	while (readdir(list) != NULL)
		count++;
	closedir(list);
	assert_int_equal(count, 2);
}

static uint8_t byte_at(uint64_t offset)
{
	return (uint8_t)(offset * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

/* Append `size` bytes of the pattern that byte_at gives. */
static enum capsa_status append(struct temporary *file, size_t size, struct capsa_error *err)
{
	uint64_t before = capsa_temporary_size(file);
	uint64_t offset = 0;
	uint8_t *bytes = malloc(size + 1);
	enum capsa_status status;

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(before + i);
	status = capsa_temporary_append(file, span_of(bytes, size), &offset, err);
	free(bytes);
	if (status == CAPSA_OK) {
		assert_int_equal(offset, before);
		assert_int_equal(capsa_temporary_size(file), before + size);
	} else {
		assert_int_equal(capsa_temporary_size(file), before);
	}
	return status;
}

static void expect_read(struct temporary *file, uint64_t offset, size_t size)
{
	uint8_t *bytes = malloc(size + 1);

	assert_non_null(bytes);
	bytes[size] = 0x55;
	assert_int_equal(capsa_temporary_read(file, offset, bytes, size, NULL), CAPSA_OK);
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != byte_at(offset + i))
			fail_msg("byte %zu of %zu at %" PRIu64, i, size, offset);
	assert_int_equal(bytes[size], 0x55);
	free(bytes);
}

/* Appends on both sides of the buffer's size, and reads that end and begin around every seam. */
static void test_append_and_read(void **state)
{
	static const size_t sizes[] = {1,     0,     65534, 1,     1,     65535, 65536, 65537,
	                               65536, 10000, 60000, 200000, 3,    65536, 1};
	struct temporary *file;
	uint64_t seams[COUNT(sizes)];
	size_t seam_count = 0;

	(void)state;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	assert_int_equal(capsa_temporary_size(file), 0);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint64_t end;

		seams[seam_count++] = capsa_temporary_size(file);
		assert_int_equal(append(file, sizes[i], NULL), CAPSA_OK);
		end = capsa_temporary_size(file);
		expect_read(file, end, 0);
		for (size_t j = 0; j < seam_count; j++) {
			uint64_t from = seams[j] > 3 ? seams[j] - 3 : 0;

			expect_read(file, from, (size_t)(end - from));
			expect_read(file, seams[j], (size_t)(end - seams[j]));
			expect_read(file, from, (size_t)(seams[j] - from));
		}
	}
	assert_int_equal(capsa_temporary_append(file, span_of("x", 1), NULL, NULL), CAPSA_OK);
	expect_empty_directory();
	capsa_temporary_free(file);
	expect_empty_directory();
	capsa_temporary_free(NULL);
}

/* In the file, in the buffer, and across the seam of both. */
static void test_write(void **state)
{
	static const uint64_t offsets[] = {0, 99998, 99990, 100000, 100990};
	struct temporary *file;

	(void)state;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	assert_int_equal(append(file, 100000, NULL), CAPSA_OK);
	assert_int_equal(append(file, 1000, NULL), CAPSA_OK);
	for (size_t i = 0; i < COUNT(offsets); i++) {
		uint8_t was[10], is[12];

		assert_int_equal(capsa_temporary_read(file, offsets[i], was, 10, NULL), CAPSA_OK);
		assert_int_equal(capsa_temporary_write(file, offsets[i], "0123456789", 10, NULL),
		                 CAPSA_OK);
		assert_int_equal(capsa_temporary_read(file, offsets[i], is, 10, NULL), CAPSA_OK);
		assert_memory_equal(is, "0123456789", 10);
		assert_int_equal(capsa_temporary_write(file, offsets[i], was, 10, NULL), CAPSA_OK);
	}
	expect_read(file, 0, 101000);
	assert_int_equal(append(file, 100000, NULL), CAPSA_OK);
	expect_read(file, 0, 201000);
	assert_int_equal(capsa_temporary_write(file, 200991, "0123456789", 10, NULL),
	                 CAPSA_EMISUSE);
	capsa_temporary_free(file);
}

static void test_beyond(void **state)
{
	struct temporary *file;
	struct capsa_error err;
	uint8_t buf[20];

	(void)state;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	assert_int_equal(append(file, 10, NULL), CAPSA_OK);
	assert_int_equal(capsa_temporary_read(file, 0, buf, 11, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_temporary_read(file, 11, buf, 0, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_temporary_read(file, UINT64_MAX, buf, 2, &err), CAPSA_EMISUSE);
	assert_true(err.offset == CAPSA_NO_OFFSET);
	capsa_temporary_free(file);
}

static void test_interrupted(void **state)
{
	struct temporary *file;

	(void)state;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	interruptions = 5;
	most = 1000;
	assert_int_equal(append(file, 150000, NULL), CAPSA_OK);
	assert_int_equal(append(file, 50000, NULL), CAPSA_OK);
	assert_int_equal(append(file, 50000, NULL), CAPSA_OK);
	assert_int_equal(interruptions, 0);
	most = SIZE_MAX;
	expect_read(file, 0, 250000);
	capsa_temporary_free(file);
}

/* An append that fails leaves the file as it was, and can be done again. */
static void test_full_disk(void **state)
{
	struct temporary *file;
	struct capsa_error err;

	(void)state;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	assert_int_equal(append(file, 60000, NULL), CAPSA_OK);
	room = 1000;
	assert_int_equal(append(file, 10000, &err), CAPSA_EIO);
	assert_int_equal(err.sys, ENOSPC);
	assert_true(err.offset == CAPSA_NO_OFFSET);
	assert_memory_equal(err.text, "cannot write a temporary file: ", 31);
	expect_read(file, 0, 60000);
	room = 60000 + 500;
	assert_int_equal(append(file, 100000, &err), CAPSA_EIO);
	expect_read(file, 0, 60000);
	room = SIZE_MAX;
	assert_int_equal(append(file, 100000, &err), CAPSA_OK);
	expect_read(file, 0, 160000);
	capsa_temporary_free(file);
}

static void test_shrunk(void **state)
{
	struct temporary *file;
	struct capsa_error err;
	uint8_t buf[10];

	(void)state;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	assert_int_equal(append(file, 100000, NULL), CAPSA_OK);
	assert_int_equal(ftruncate(file->fd, 5), 0);
	assert_int_equal(capsa_temporary_read(file, 0, buf, 10, &err), CAPSA_EIO);
	assert_int_equal(err.sys, EIO);
	assert_true(err.offset == CAPSA_NO_OFFSET);
	assert_memory_equal(err.text, "cannot read a temporary file: ", 30);
	capsa_temporary_free(file);
}

/* Where the file system cannot make a file without a name, or the directory cannot be used. */
static void test_directories(void **state)
{
	struct temporary *file;
	struct capsa_error err;

	(void)state;
	without_tmpfile = true;
	assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
	assert_int_equal(append(file, 100000, NULL), CAPSA_OK);
	expect_read(file, 0, 100000);
	expect_empty_directory();
	capsa_temporary_free(file);
	without_tmpfile = false;

	file = (void *)1;
	assert_int_equal(capsa_temporary_new(&file, "/nonexistent", &err), CAPSA_EIO);
	assert_null(file);
	assert_int_equal(err.sys, ENOENT);
	assert_memory_equal(err.text, "cannot make a temporary file in /nonexistent: ", 46);

	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(capsa_temporary_new(&file, NULL, &err), CAPSA_EIO);
	assert_int_equal(setenv("TMPDIR", directory, 1), 0);
	assert_int_equal(capsa_temporary_new(&file, NULL, &err), CAPSA_OK);
	capsa_temporary_free(file);
	assert_int_equal(setenv("TMPDIR", "", 1), 0);
	assert_int_equal(capsa_temporary_new(&file, NULL, &err), CAPSA_OK);
	capsa_temporary_free(file);
	assert_int_equal(unsetenv("TMPDIR"), 0);
	assert_int_equal(capsa_temporary_new(&file, NULL, &err), CAPSA_OK);
	capsa_temporary_free(file);
}

/* Its descriptor is closed with it, and not inherited by programs that are started. */
static void test_descriptor(void **state)
{
	struct temporary *file;
	int fd;

	(void)state;
	for (int without = 0; without < 2; without++) {
		without_tmpfile = without != 0;
		assert_int_equal(capsa_temporary_new(&file, directory, NULL), CAPSA_OK);
		fd = file->fd;
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		capsa_temporary_free(file);
		assert_int_equal(fcntl(fd, F_GETFD), -1);
	}
	without_tmpfile = false;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_append_and_read),
	    cmocka_unit_test(test_write),
	    cmocka_unit_test(test_beyond),
	    cmocka_unit_test(test_interrupted),
	    cmocka_unit_test(test_full_disk),
	    cmocka_unit_test(test_shrunk),
	    cmocka_unit_test(test_directories),
	    cmocka_unit_test(test_descriptor),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
