/* Unlinked temporary files; the contracts are in temporary.h. */
#define _GNU_SOURCE /* O_TMPFILE, mkostemp */
#define _FILE_OFFSET_BITS 64

#include "temporary.h"

#include "cursor.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/*
 * The file holds the bytes up to source.size, the buffer those after it.  A failed append
 * changes neither: what it wrote is written over by the next.
 */
struct temporary {
	struct capsa_source source;
	int fd;                         /* owned */
	size_t buffered;
	uint8_t buffer[64 << 10];
};

/* A file that never has a name where the file system can do that, else one that loses it. */
static enum capsa_status open_unlinked(int *fd, const char *directory, struct capsa_error *err)
{
	struct buffer path = {0};
	enum capsa_status status = CAPSA_OK;

	*fd = -1;
#ifdef O_TMPFILE
	*fd = open(directory, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	if (*fd >= 0)
		return CAPSA_OK;
#endif
	capsa_buffer_printf(&path, "%s/capsa-XXXXXX", directory);
	capsa_buffer_byte(&path, '\0');
	if (path.failed) {
		status = capsa_fail_memory(err);
		goto out;
	}
	*fd = mkostemp((char *)path.data, O_CLOEXEC);
	if (*fd < 0)
		status = capsa_fail_sys(err, errno, CAPSA_NO_OFFSET,
		                        "cannot make a temporary file in %s", directory);
	else
		unlink((char *)path.data);
out:
	capsa_buffer_release(&path);
	return status;
}

enum capsa_status capsa_temporary_new(struct temporary **out, const char *directory,
                                      struct capsa_error *err)
{
	struct temporary *file = capsa_array_new(1, sizeof *file);
	enum capsa_status status;

	*out = NULL;
	if (file == NULL)
		return capsa_fail_memory(err);
	if (directory == NULL)
		directory = getenv("TMPDIR");
	if (directory == NULL || directory[0] == '\0')
		directory = "/tmp";
	status = open_unlinked(&file->fd, directory, err);
	if (status == CAPSA_OK)
		status = capsa_source_file(&file->source, file->fd, err);
	if (status != CAPSA_OK) {
		capsa_temporary_free(file);
		return status;
	}
	*out = file;
	return CAPSA_OK;
}

void capsa_temporary_free(struct temporary *file)
{
	if (file == NULL)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}

/* Write into the file itself. */
static enum capsa_status file_write(struct temporary *file, uint64_t offset, const uint8_t *data,
                                    size_t size, struct capsa_error *err)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pwrite(file->fd, data + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return capsa_fail_sys(err, n < 0 ? errno : EIO, CAPSA_NO_OFFSET,
			                      "cannot write a temporary file");
		done += (size_t)n;
	}
	return CAPSA_OK;
}

/* Append to the file itself. */
static enum capsa_status file_append(struct temporary *file, const uint8_t *data, size_t size,
                                     struct capsa_error *err)
{
	enum capsa_status status = file_write(file, file->source.size, data, size, err);

	if (status == CAPSA_OK)
		file->source.size += size;
	return status;
}

enum capsa_status capsa_temporary_append(struct temporary *file, struct span bytes,
                                         uint64_t *offset, struct capsa_error *err)
{
	uint64_t at = capsa_temporary_size(file);
	enum capsa_status status;

	if (bytes.size > CAPSA_OFFSET_MAX - at)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "a temporary file is too large");
	if (bytes.size > sizeof file->buffer - file->buffered) {
		status = file_append(file, file->buffer, file->buffered, err);
		if (status != CAPSA_OK)
			return status;
		file->buffered = 0;
	}
	if (bytes.size > sizeof file->buffer) {
		status = file_append(file, bytes.data, bytes.size, err);
		if (status != CAPSA_OK)
			return status;
	} else {
		memcpy(file->buffer + file->buffered, bytes.data, bytes.size);
		file->buffered += bytes.size;
	}
	if (offset != NULL)
		*offset = at;
	return CAPSA_OK;
}

uint64_t capsa_temporary_size(const struct temporary *file)
{
	return file->source.size + file->buffered;
}

enum capsa_status capsa_temporary_read(struct temporary *file, uint64_t offset, void *buf,
                                       size_t size, struct capsa_error *err)
{
	uint64_t written = file->source.size;
	size_t stored = 0;
	struct capsa_error cause;

	if (!extent_inside(offset, size, capsa_temporary_size(file)))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "a read beyond the end of a temporary file");
	if (offset < written) {
		stored = size < written - offset ? size : (size_t)(written - offset);
		/* Not with `err`: its offset would pass for one in the archive. */
		if (capsa_source_read(&file->source, offset, buf, stored, &cause) != CAPSA_OK)
			return capsa_fail_sys(err, cause.sys != 0 ? cause.sys : EIO,
			                      CAPSA_NO_OFFSET, "cannot read a temporary file");
	}
	if (stored < size)
		memcpy((uint8_t *)buf + stored, file->buffer + (offset + stored - written),
		       size - stored);
	return CAPSA_OK;
}

enum capsa_status capsa_temporary_write(struct temporary *file, uint64_t offset, const void *bytes,
                                        size_t size, struct capsa_error *err)
{
	uint64_t written = file->source.size;
	size_t stored = 0;

	if (!extent_inside(offset, size, capsa_temporary_size(file)))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "a write beyond the end of a temporary file");
	if (offset < written)
		stored = size < written - offset ? size : (size_t)(written - offset);
	if (stored < size)
		memcpy(file->buffer + (offset + stored - written), (const uint8_t *)bytes + stored,
		       size - stored);
	return stored > 0 ? file_write(file, offset, bytes, stored, err) : CAPSA_OK;
}
