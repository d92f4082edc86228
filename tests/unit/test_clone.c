/* The beginning of one file becomes that of another (cli/clone.c), in whichever way. */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than a buffer, and no multiple of anything. */
#define SIZE ((size_t)3000017)

/* An unlinked file with these bytes. */
static int file_of(const char *bytes, size_t size)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	fd = dup(fileno(file));
	assert_true(fd >= 0);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return fd;
}

static char *make_bytes(void)
{
	char *bytes = malloc(SIZE);
	uint32_t state = 1;

	assert_non_null(bytes);
	for (size_t i = 0; i < SIZE; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (char)(state >> 24);
	}
	return bytes;
}

static void expect_file(int fd, const char *bytes, size_t size)
{
	char *found = malloc(size + 1);

	assert_non_null(found);
	assert_int_equal(lseek(fd, 0, SEEK_END), size);
	assert_int_equal(pread(fd, found, size + 1, 0), size);
	assert_memory_equal(found, bytes, size);
	free(found);
}

static void copies_any_beginning(void **state)
{
	static const size_t sizes[] = {SIZE, SIZE - 1, 4096, 1, 0};
	char *bytes = make_bytes();
	int from = file_of(bytes, SIZE);

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		int to = file_of("", 0);

		assert_int_equal(cli_clone(from, to, sizes[i]), 0);
		expect_file(to, bytes, sizes[i]);
		close(to);
	}
	close(from);
	free(bytes);
}

/* What /proc makes up cannot be copied within the kernel. */
static void copies_by_hand(void **state)
{
	int from = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	int to = file_of("", 0);
	char name[6];

	(void)state;
	assert_true(from >= 0);
	assert_int_equal(cli_clone(from, to, 100), 0);
	assert_int_equal(lseek(to, 0, SEEK_END), 100);
	assert_int_equal(pread(to, name, 5, 0), 5);
	assert_memory_equal(name, "Name:", 5);
	close(from);
	close(to);
}

static void says_what_fails(void **state)
{
	int from = file_of("short", 5);
	int to = file_of("", 0);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int closed = dup(from);

	(void)state;
	assert_int_equal(cli_clone(from, to, 6), EIO);
	assert_int_equal(cli_clone(from, full, 5), ENOSPC);
	close(closed);
	assert_int_equal(cli_clone(closed, to, 5), EBADF);
	assert_int_equal(cli_clone(from, closed, 5), EBADF);
	close(from);
	close(to);
	close(full);
}

static void stops_at_a_signal(void **state)
{
	int from = file_of("short", 5);
	int to = file_of("", 0);

	(void)state;
	cli_signal = SIGINT;
	assert_int_equal(cli_clone(from, to, 5), EINTR);
	cli_signal = 0;
	close(from);
	close(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_any_beginning),
		cmocka_unit_test(copies_by_hand),
		cmocka_unit_test(says_what_fails),
		cmocka_unit_test(stops_at_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
