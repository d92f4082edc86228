/*
 * The beginning of one file becomes that of another.
 */
#include "cli.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define STEP ((uint64_t)64 << 20)       /* between looks at signals and the clock */
#define BUFFER_SIZE ((size_t)1 << 20)

/* Within the kernel, as far as that goes; *done grows.  0 or an errno value. */
static int copy_in_kernel(int from, int to, uint64_t size, uint64_t *done)
{
	while (*done < size && cli_signal == 0) {
		off_t in = (off_t)*done, out = in;
		uint64_t left = size - *done;
		ssize_t got =
		    copy_file_range(from, &in, to, &out, (size_t)(left < STEP ? left : STEP), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			return EIO;
		*done += (uint64_t)got;
		cli_progress_step(0, *done);
	}
	return 0;
}

int cli_write_at(int to, const void *data, size_t size, uint64_t at)
{
	const char *from = data;

	while (size > 0) {
		ssize_t put = pwrite(to, from, size, (off_t)at);

		if (put < 0 && errno == EINTR && cli_signal == 0)
			continue;
		if (put < 0)
			return errno;
		from += put;
		size -= (size_t)put;
		at += (uint64_t)put;
	}
	return 0;
}

static int copy_by_hand(int from, int to, uint64_t size, uint64_t *done)
{
	char *buffer = malloc(BUFFER_SIZE);
	int failed = buffer != NULL ? 0 : ENOMEM;

	while (failed == 0 && *done < size && cli_signal == 0) {
		uint64_t left = size - *done;
		ssize_t got = pread(from, buffer, left < BUFFER_SIZE ? (size_t)left : BUFFER_SIZE,
		                    (off_t)*done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			failed = got < 0 ? errno : EIO;         /* it has become shorter */
			break;
		}
		failed = cli_write_at(to, buffer, (size_t)got, *done);
		*done += (uint64_t)got;
		cli_progress_step(0, *done);
	}
	free(buffer);
	return failed;
}

int cli_clone(int from, int to, uint64_t size)
{
	uint64_t done = 0;
	int failed = 0;

	if (cli_signal == 0 && ioctl(to, FICLONE, from) == 0) {
		/* All of it was cloned; it must not grow by what is missing. */
		if (lseek(to, 0, SEEK_END) < (off_t)size)
			return EIO;
		return ftruncate(to, (off_t)size) == 0 ? 0 : errno;
	}
	cli_progress_start("copy", size);
	/* Whatever hinders the kernel, the slow way says better what is wrong. */
	if (copy_in_kernel(from, to, size, &done) != 0)
		failed = copy_by_hand(from, to, size, &done);
	cli_progress_end();
	return failed == 0 && done < size ? EINTR : failed;
}
