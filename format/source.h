/* Reading ranges of a source. */
#ifndef CAPSA_SOURCE_H
#define CAPSA_SOURCE_H

#include "base.h"

/*
 * What a read_at of this library returns instead of an errno value where the file has become
 * shorter.
 */
#define CAPSA_SOURCE_SHORT (-1)
/* Where these bytes are none of those that it has. */
#define CAPSA_SOURCE_ABSENT (-2)

/*
 * Fill buf with source bytes [offset, offset + size).  The only caller of read_at.
 * CAPSA_ECORRUPT: beyond the end; CAPSA_EIO.
 */
enum capsa_status capsa_source_read(const struct capsa_source *source, uint64_t offset, void *buf,
                                    size_t size, struct capsa_error *err);

#endif
