/* Sinks over files, and the output that counts and hashes what goes into a sink. */
#define _POSIX_C_SOURCE 200809L

#include "sink.h"

#include <errno.h>
#include <unistd.h>

/* No system transfers more in one call than this, and a larger count is undefined on some. */
#define WRITE_MAX ((size_t)1 << 30)

void capsa_output_init(struct output *output, const struct capsa_sink *sink)
{
	*output = (struct output){.sink = *sink};
	capsa_sha256_init(&output->sha256);
}

enum capsa_status capsa_output_write(struct output *output, struct span bytes,
                                     struct capsa_error *err)
{
	int sys;

	if (bytes.size == 0)
		return CAPSA_OK;
	if (bytes.size > CAPSA_OFFSET_MAX - output->offset)
		return capsa_fail(err, CAPSA_ELIMIT, output->offset, "the archive is too large");
	sys = output->sink.write(output->sink.ctx, bytes.data, bytes.size);
	if (sys != 0)
		return capsa_fail_sys(err, sys, output->offset, "cannot write");
	capsa_sha256_update(&output->sha256, bytes);
	output->offset += bytes.size;
	return CAPSA_OK;
}

/* The descriptor is the context itself, so that a sink over a file owns nothing. */
static int file_write(void *ctx, const void *buf, size_t size)
{
	int fd = (int)(intptr_t)ctx;
	const uint8_t *at = buf;

	while (size > 0) {
		ssize_t n = write(fd, at, size < WRITE_MAX ? size : WRITE_MAX);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (n == 0)
			return EIO;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

struct capsa_sink capsa_sink_file(int fd)
{
	return (struct capsa_sink){file_write, (void *)(intptr_t)fd};
}
