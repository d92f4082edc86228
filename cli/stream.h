/* stream.c: the bytes of an input, one after another: of a file, or of a member of a container. */
#ifndef CAPSA_STREAM_H
#define CAPSA_STREAM_H

#include "import.h"

struct import_stream {
	/*
	 * Put up to `size` bytes at `room`: how many, 0 at the end, -1 where it cannot be read: then
	 * err->text says why, and there is no going on.
	 */
	ssize_t (*read)(struct import_stream *stream, void *room, size_t size,
	                struct capsa_error *err);
	void (*close)(struct import_stream *stream);
};

/* What can be read from its beginning as often as needed. */
struct import_stream_opener {
	/* NULL: it cannot be read, err->text says why.  The caller closes the stream. */
	struct import_stream *(*open)(const struct import_stream_opener *opener,
	                              struct capsa_error *err);
	const char *name;               /* for messages: what the user would call it */
	uint64_t size;                  /* for progress; 0: not known */
};

/* A file (import_stream_opener.open); `name` is where it is. */
struct import_stream *import_stream_open_file(const struct import_stream_opener *opener,
                                              struct capsa_error *err);

#endif
