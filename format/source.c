/* Sources over files and memory, and the one function that reads them. */
#define _POSIX_C_SOURCE 200809L
#define _FILE_OFFSET_BITS 64

#include "source.h"

#include "cursor.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* No system transfers more in one call than this, and a larger count is undefined on some. */
#define READ_MAX ((size_t)1 << 30)

enum capsa_status capsa_source_read(const struct capsa_source *source, uint64_t offset, void *buf,
                                    size_t size, struct capsa_error *err)
{
	int sys;

	if (!extent_inside(offset, size, source->size))
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "%zu bytes are expected here, beyond the end", size);
	if (size == 0)
		return CAPSA_OK;
	sys = source->read_at(source->ctx, offset, buf, size);
	if (sys == CAPSA_SOURCE_SHORT)
		return capsa_fail(err, CAPSA_EIO, offset, "the file is shorter than it was");
	if (sys == CAPSA_SOURCE_ABSENT)
		return capsa_fail(err, CAPSA_EIO, offset, "the proof does not hold this");
	if (sys == ENOMEM)
		return capsa_fail_memory(err);
	if (sys != 0)
		return capsa_fail_sys(err, sys, offset, "cannot read");
	return CAPSA_OK;
}

/* The descriptor is the context itself, so that a source over a file owns nothing. */
static int file_read_at(void *ctx, uint64_t offset, void *buf, size_t size)
{
	int fd = (int)(intptr_t)ctx;
	uint8_t *at = buf;

	while (size > 0) {
		ssize_t n = pread(fd, at, size < READ_MAX ? size : READ_MAX, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return CAPSA_SOURCE_SHORT;
		at += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* A block device does not state its size; its end is sought, and the position put back. */
static off_t device_size(int fd)
{
	off_t here = lseek(fd, 0, SEEK_CUR);
	off_t end = here >= 0 ? lseek(fd, 0, SEEK_END) : -1;

	return end >= 0 && lseek(fd, here, SEEK_SET) >= 0 ? end : -1;
}

enum capsa_status capsa_source_file(struct capsa_source *out, int fd, struct capsa_error *err)
{
	struct stat info;
	off_t size;

	*out = (struct capsa_source){0};
	if (fstat(fd, &info) != 0)
		return capsa_fail_sys(err, errno, CAPSA_NO_OFFSET, "cannot examine the file");
	if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode))
		return capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET,
		                  "not a regular file or block device");
	size = S_ISREG(info.st_mode) ? info.st_size : device_size(fd);
	if (size < 0)
		return capsa_fail_sys(err, errno, CAPSA_NO_OFFSET, "cannot find the end");
	*out = (struct capsa_source){file_read_at, (uint64_t)size, (void *)(intptr_t)fd};
	return CAPSA_OK;
}

static int memory_read_at(void *ctx, uint64_t offset, void *buf, size_t size)
{
	memcpy(buf, (const uint8_t *)ctx + offset, size);
	return 0;
}

struct capsa_source capsa_source_memory(const void *data, size_t size)
{
	/* A context is not const, but memory_read_at only reads it. */
	return (struct capsa_source){memory_read_at, size, (void *)(uintptr_t)data};
}
