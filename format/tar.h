/* Tar members (spec 5). */
#ifndef CAPSA_TAR_H
#define CAPSA_TAR_H

#include "base.h"
#include "path.h"

#define CAPSA_TAR_NAME_MAX (sizeof CAPSA_ARTICLES_PREFIX - 1 + CAPSA_PATH_MAX)

struct tar_member {
	struct span name;
	struct span target;             /* of a hard link; empty for a regular file */
	uint64_t size;                  /* of the body; 0 for a hard link */
	int64_t mtime;                  /* seconds, clamped as 5.4 says when written */
};

/*
 * The header blocks (5.1 to 5.3).  Returns their size, a multiple of 512.  Names are 1 to
 * CAPSA_TAR_NAME_MAX bytes without 00.
 */
size_t capsa_tar_header(const struct tar_member *member, uint8_t out[CAPSA_TAR_HEADER_MAX]);

/* Zero bytes after a body of `size`, 0 to 511. */
static inline size_t tar_padding(uint64_t size)
{
	return (size_t)((CAPSA_TAR_BLOCK - size % CAPSA_TAR_BLOCK) % CAPSA_TAR_BLOCK);
}

/* Append a whole regular member: header, body, padding. */
void capsa_tar_append(struct buffer *out, const struct tar_member *member, struct span body);

/*
 * Header blocks back into a member, which borrows from `in` and `name_room`
 * (CAPSA_TAR_HEADER_MAX bytes, where prefix and name are joined).  *size receives the size of
 * the header blocks; more bytes may follow them.  Only what capsa_tar_header writes is
 * accepted, byte for byte. CAPSA_ECORRUPT.
 */
enum capsa_status capsa_tar_parse(struct span in, struct tar_member *out, uint8_t *name_room,
                                  size_t *size, uint64_t offset, struct capsa_error *err);

#endif
