/*
 * container_end.c: does a container end where its members end?  libarchive does not ask what is
 * missing there, or comes behind.
 */
#ifndef CAPSA_CONTAINER_END_H
#define CAPSA_CONTAINER_END_H

#include "container_read.h"

/* What was seen of the bytes of a tar or cpio file.  Zero at first. */
struct container_end {
	uint64_t at; /* behind the last piece */
	uint64_t zeros; /* where those begin that it ends with */
};

/* A piece, which may begin behind the last: what lies between belongs to a member. */
void container_end_see(struct container_end *end, uint64_t offset, const void *piece, size_t size);
/*
 * All was seen, and where the next member would begin there is none.  False: *err says why that
 * cannot be all there was.
 */
bool container_end_is_good(const struct container_end *end, enum container_format format,
                           uint64_t offset, struct capsa_error *err);
/* The same of a zip file with so many members. */
bool container_end_has_all(const struct capsa_source *source, uint64_t count,
                           struct capsa_error *err);

#endif
