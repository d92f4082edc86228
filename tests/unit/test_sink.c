/*
 * Appending.  The file itself is included, with a write that can be interrupted, take little, or
 * fail.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static unsigned interruptions;
static size_t most = SIZE_MAX;
static size_t room = SIZE_MAX;

static ssize_t fake_write(int fd, const void *buf, size_t size)
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
	n = write(fd, buf, size < room ? size : room);
	if (n > 0 && room != SIZE_MAX)
		room -= (size_t)n;
	return n;
}

/* To the end of this file, because the member of struct capsa_sink is renamed too. */
#define write fake_write
#include "sink.c"

static int temporary(void)
{
	char path[] = "/tmp/capsa-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static void expect_file(int fd, const char *text)
{
	char buf[64];

	assert_int_equal(lseek(fd, 0, SEEK_END), strlen(text));
	assert_int_equal(pread(fd, buf, sizeof buf, 0), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void test_file(void **state)
{
	int fd = temporary();
	struct capsa_sink sink = capsa_sink_file(fd);

	(void)state;
	assert_int_equal(sink.write(sink.ctx, "0123", 4), 0);
	interruptions = 2;
	most = 1;
	assert_int_equal(sink.write(sink.ctx, "456789", 6), 0);
	assert_int_equal(interruptions, 0);
	most = SIZE_MAX;
	expect_file(fd, "0123456789");
	room = 2;
	assert_int_equal(sink.write(sink.ctx, "abc", 3), ENOSPC);
	room = SIZE_MAX;
	most = 0;
	assert_int_equal(sink.write(sink.ctx, "abc", 3), EIO);
	most = SIZE_MAX;
	close(fd);
	sink = capsa_sink_file(-1);
	assert_int_equal(sink.write(sink.ctx, "a", 1), EBADF);
}

static void expect_sha256(struct output *output, const char *digits)
{
	uint8_t digest[32];
	char text[65];

	capsa_sha256_final(&output->sha256, digest);
	capsa_hex(digest, sizeof digest, text);
	assert_string_equal(text, digits);
}

static void test_output(void **state)
{
	int fd = temporary();
	struct capsa_sink sink = capsa_sink_file(fd);
	struct output output;
	struct capsa_error err;

	(void)state;
	capsa_output_init(&output, &sink);
	assert_int_equal(capsa_output_write(&output, span_of("a", 1), &err), CAPSA_OK);
	assert_int_equal(capsa_output_write(&output, span_of(NULL, 0), &err), CAPSA_OK);
	assert_int_equal(output.offset, 1);
	/* What fails is not counted. */
	room = 0;
	assert_int_equal(capsa_output_write(&output, span_of("xyz", 3), &err), CAPSA_EIO);
	assert_int_equal(err.sys, ENOSPC);
	assert_int_equal(err.offset, 1);
	assert_memory_equal(err.text, "cannot write: ", 14);
	room = SIZE_MAX;
	assert_int_equal(output.offset, 1);
	assert_int_equal(capsa_output_write(&output, span_of("bc", 2), &err), CAPSA_OK);
	assert_int_equal(output.offset, 3);
	expect_file(fd, "abc");
	expect_sha256(&output, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	close(fd);

	capsa_output_init(&output, &sink);
	expect_sha256(&output, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static int ignore(void *ctx, const void *buf, size_t size)
{
	(void)ctx;
	(void)buf;
	(void)size;
	return 0;
}

static void test_limit(void **state)
{
	struct capsa_sink sink = {ignore, NULL};
	struct output output;
	struct capsa_error err;

	(void)state;
	capsa_output_init(&output, &sink);
	output.offset = CAPSA_OFFSET_MAX - 2;
	assert_int_equal(capsa_output_write(&output, span_of("abc", 3), &err), CAPSA_ELIMIT);
	assert_true(output.offset == CAPSA_OFFSET_MAX - 2);
	assert_int_equal(capsa_output_write(&output, span_of("ab", 2), &err), CAPSA_OK);
	assert_true(output.offset == CAPSA_OFFSET_MAX);
	assert_int_equal(capsa_output_write(&output, span_of("a", 1), &err), CAPSA_ELIMIT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_output),
	    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
