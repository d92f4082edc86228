/* An unlinked temporary file: gone when closed, or when the process dies. */
#ifndef CAPSA_TEMPORARY_H
#define CAPSA_TEMPORARY_H

#include "base.h"

struct temporary;

/* In `directory`; NULL: $TMPDIR, else /tmp.  CAPSA_EIO, CAPSA_ENOMEM. */
enum capsa_status capsa_temporary_new(struct temporary **out, const char *directory,
                                      struct capsa_error *err);
void capsa_temporary_free(struct temporary *file);

/* Append, buffered; *offset, unless NULL, receives where. */
enum capsa_status capsa_temporary_append(struct temporary *file, struct span bytes,
                                         uint64_t *offset, struct capsa_error *err);
uint64_t capsa_temporary_size(const struct temporary *file);

/* Write over what was appended before.  CAPSA_EIO. */
enum capsa_status capsa_temporary_write(struct temporary *file, uint64_t offset, const void *bytes,
                                        size_t size, struct capsa_error *err);

/* Read what was appended before, buffered bytes included. */
enum capsa_status capsa_temporary_read(struct temporary *file, uint64_t offset, void *buf,
                                       size_t size, struct capsa_error *err);

#endif
