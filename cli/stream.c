/* Files as streams; the contracts are in stream.h. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct file_stream {
	struct import_stream base; /* first, so that one pointer is both */
	int fd;
};

static void fail(struct capsa_error *err)
{
	err->sys = errno;
	snprintf(err->text, sizeof err->text, "cannot be read: %s", strerror(errno));
}

static ssize_t file_read(struct import_stream *stream, void *room, size_t size,
                         struct capsa_error *err)
{
	struct file_stream *file = (struct file_stream *)stream;
	ssize_t got;

	do {
		got = read(file->fd, room, size);
	} while (got < 0 && errno == EINTR && cli_signal == 0);
	if (got < 0)
		fail(err);
	return got;
}

static void file_close(struct import_stream *stream)
{
	struct file_stream *file = (struct file_stream *)stream;

	close(file->fd);
	free(file);
}

struct import_stream *import_stream_open_file(const struct import_stream_opener *opener,
                                              struct capsa_error *err)
{
	struct file_stream *file = calloc(1, sizeof *file);

	if (file != NULL) {
		file->base = (struct import_stream){file_read, file_close};
		file->fd = open(opener->name, O_RDONLY | O_CLOEXEC);
		if (file->fd >= 0)
			return &file->base;
	}
	fail(err);
	free(file);
	return NULL;
}
