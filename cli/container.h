/*
 * Members into a tar or zip file, and bytes into a gzip member: what libarchive writes, with the
 * same bytes for the same members, whatever user, time zone and day it is.
 */
#ifndef CAPSA_CONTAINER_H
#define CAPSA_CONTAINER_H

#include "cli.h"

enum container_format {
	CONTAINER_TAR,                  /* of GNU tar, whose names are bytes */
	CONTAINER_ZIP,                  /* zip64 where needed; names are UTF-8 and say so */
	CONTAINER_RAW /* the bytes of one member alone */
};

enum container_filter { /* over the whole; a zip compresses its members itself */
	                CONTAINER_PLAIN,
	                CONTAINER_GZIP,
	                CONTAINER_XZ,
	                CONTAINER_ZSTD
};

struct container_writer;

/*
 * The sink is copied, its ctx borrowed.  The caller frees *out, which is NULL on failure.
 * CAPSA_ENOMEM, CAPSA_EIO; CAPSA_EUNSUPPORTED: libarchive was built without this.
 */
enum capsa_status container_writer_new(struct container_writer **out, enum container_format format,
                                       enum container_filter filter, const struct capsa_sink *sink,
                                       struct capsa_error *err);
/*
 * A regular file is next, of which exactly `size` bytes are to be written; `mtime` is in seconds
 * since 1970.  CAPSA_EIO, CAPSA_ELIMIT: the format cannot say this.
 */
enum capsa_status container_begin(struct container_writer *writer, const char *name, uint64_t size,
                                  int64_t mtime, struct capsa_error *err);
enum capsa_status container_write(struct container_writer *writer, const void *data, size_t size,
                                  struct capsa_error *err);
/* What is still to be written; afterwards only free is allowed. */
enum capsa_status container_finish(struct container_writer *writer, struct capsa_error *err);
/* Without finish before, nothing more goes to the sink.  NULL is allowed. */
void container_writer_free(struct container_writer *writer);

#endif
