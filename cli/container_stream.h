/*
 * container_stream.c: the bytes of a file that may be compressed as a whole (tar.gz, cpio.xz),
 * decompressed.
 */
#ifndef CAPSA_CONTAINER_STREAM_H
#define CAPSA_CONTAINER_STREAM_H

#include "import.h"

#define CONTAINER_GROWTH_FREE (64U << 20) /* bytes that little may always grow to */
#define CONTAINER_GROWTH_MAX 1000 /* times what it was stored as, beyond that */

extern const char container_growth[]; /* what is said of what grows to more */

/* Is this more than those bytes may grow to? */
bool container_grows(uint64_t bytes, uint64_t stored);

struct container_stream;

/* Does a file that begins like this hold other bytes, compressed? */
bool container_is_compressed(struct capsa_text head);

/* The source is borrowed.  NULL: it cannot be read, *err says why. */
struct container_stream *container_stream_open(const struct capsa_source *source,
                                               struct capsa_error *err);
/*
 * Some of the bytes, borrowed until the next call: how many, 0 at the end, where checksums were
 * compared; -1: they cannot be read, *err says why, and there is no going on.
 */
ssize_t container_stream_read(struct container_stream *stream, const void **piece,
                              struct capsa_error *err);
/* How many compressed bytes were taken so far. */
uint64_t container_stream_taken(const struct container_stream *stream);
void container_stream_close(struct container_stream *stream);

#endif
