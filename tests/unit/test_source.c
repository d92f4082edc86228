/*
 * Reading ranges.  The file itself is included, with a pread that can be interrupted, give little,
 * or fail.
 */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned interruptions;
static size_t most = SIZE_MAX;
static int failure;

static ssize_t fake_pread(int fd, void *buf, size_t size, off_t offset)
{
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (failure != 0) {
		errno = failure;
		return -1;
	}
	return pread(fd, buf, size < most ? size : most, offset);
}

#define pread fake_pread
#include "source.c"
#undef pread

static int temporary_with(const char *text)
{
	char path[] = "/tmp/capsa-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	return fd;
}

static void test_memory(void **state)
{
	struct capsa_source source = capsa_source_memory("0123456789", 10);
	char buf[11] = "..........";

	(void)state;
	assert_int_equal(source.size, 10);
	assert_int_equal(capsa_source_read(&source, 3, buf, 4, NULL), CAPSA_OK);
	assert_string_equal(buf, "3456......");
	assert_int_equal(capsa_source_read(&source, 0, buf, 10, NULL), CAPSA_OK);
	assert_string_equal(buf, "0123456789");
	source = capsa_source_memory(NULL, 0);
	assert_int_equal(capsa_source_read(&source, 0, buf, 0, NULL), CAPSA_OK);
	assert_int_equal(capsa_source_read(&source, 0, buf, 1, NULL), CAPSA_ECORRUPT);
}

struct counted {
	unsigned calls;
	int result;
};

static int counted_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct counted *counted = ctx;

	(void)offset;
	memset(buf, 'c', size);
	counted->calls++;
	return counted->result;
}

/* read_at sees only ranges that are inside and not empty; what it returns is what is reported. */
static void test_range(void **state)
{
	struct counted counted = {0};
	struct capsa_source source = {counted_read, 100, &counted};
	struct capsa_error err;
	char buf[100];

	(void)state;
	assert_int_equal(capsa_source_read(&source, 100, buf, 0, &err), CAPSA_OK);
	assert_int_equal(capsa_source_read(&source, 101, buf, 0, &err), CAPSA_ECORRUPT);
	assert_int_equal(capsa_source_read(&source, 90, buf, 11, &err), CAPSA_ECORRUPT);
	assert_int_equal(err.offset, 90);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "11 bytes are expected here, beyond the end");
	assert_int_equal(capsa_source_read(&source, UINT64_MAX, buf, 2, &err), CAPSA_ECORRUPT);
	assert_int_equal(capsa_source_read(&source, 1, buf, SIZE_MAX, &err), CAPSA_ECORRUPT);
	assert_int_equal(counted.calls, 0);

	assert_int_equal(capsa_source_read(&source, 0, buf, 100, &err), CAPSA_OK);
	assert_int_equal(capsa_source_read(&source, 99, buf, 1, &err), CAPSA_OK);
	assert_int_equal(counted.calls, 2);

	counted.result = ETIMEDOUT;
	assert_int_equal(capsa_source_read(&source, 7, buf, 1, &err), CAPSA_EIO);
	assert_int_equal(err.sys, ETIMEDOUT);
	assert_int_equal(err.offset, 7);
	assert_memory_equal(err.text, "cannot read: ", 13);
}

static void test_file(void **state)
{
	int fd = temporary_with("0123456789");
	struct capsa_source source;
	struct capsa_error err;
	char buf[11] = "..........";

	(void)state;
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	assert_int_equal(capsa_source_file(&source, fd, &err), CAPSA_OK);
	assert_int_equal(source.size, 10);
	assert_int_equal(capsa_source_read(&source, 3, buf, 4, &err), CAPSA_OK);
	assert_string_equal(buf, "3456......");

	interruptions = 3;
	most = 3;
	assert_int_equal(capsa_source_read(&source, 0, buf, 10, &err), CAPSA_OK);
	assert_string_equal(buf, "0123456789");
	assert_int_equal(interruptions, 0);
	most = SIZE_MAX;

	failure = EIO;
	assert_int_equal(capsa_source_read(&source, 2, buf, 1, &err), CAPSA_EIO);
	assert_int_equal(err.sys, EIO);
	assert_int_equal(err.offset, 2);
	/* A source that lacks memory is not damaged. */
	failure = ENOMEM;
	assert_int_equal(capsa_source_read(&source, 2, buf, 1, &err), CAPSA_ENOMEM);
	assert_string_equal(err.text, "out of memory");
	failure = 0;

	/* The position is the caller's. */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 4);
	assert_int_equal(ftruncate(fd, 9), 0);
	assert_int_equal(capsa_source_read(&source, 0, buf, 9, &err), CAPSA_OK);
	assert_int_equal(capsa_source_read(&source, 5, buf, 5, &err), CAPSA_EIO);
	assert_int_equal(err.sys, 0);
	assert_int_equal(err.offset, 5);
	assert_string_equal(err.text, "the file is shorter than it was");
	close(fd);
}

static void test_no_file(void **state)
{
	struct capsa_source source;
	struct capsa_error err;
	int ends[2];
	int fd;

	(void)state;
	assert_int_equal(capsa_source_file(&source, -1, &err), CAPSA_EIO);
	assert_int_equal(err.sys, EBADF);
	assert_true(err.offset == CAPSA_NO_OFFSET);
	assert_null(source.read_at);

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(capsa_source_file(&source, ends[0], &err), CAPSA_EIO);
	assert_int_equal(err.sys, 0);
	assert_string_equal(err.text, "not a regular file or block device");
	close(ends[0]);
	close(ends[1]);

	fd = open("/", O_RDONLY);
	assert_int_equal(capsa_source_file(&source, fd, &err), CAPSA_EIO);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(capsa_source_file(&source, fd, NULL), CAPSA_EIO);
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_memory),
	    cmocka_unit_test(test_range),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
