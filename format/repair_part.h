/* The right bytes of one part of an archive, from copies that may be damaged. */
#ifndef CAPSA_REPAIR_PART_H
#define CAPSA_REPAIR_PART_H

#include "base.h"

struct copies {
	const struct capsa_source *sources;     /* borrowed; the first is to be mended */
	size_t count;
};

/* Are these the right bytes? */
typedef bool part_check(void *ctx, struct span bytes);

/*
 * Find the bytes [offset, offset + size) that pass the check: those of one copy, else put together
 * from blocks of several.  *from receives the copy, or the number of copies where it were several.
 * `out` receives the bytes.  CAPSA_ENOENT: there are none; CAPSA_ENOMEM.
 */
enum capsa_status capsa_repair_part(const struct copies *copies, uint64_t offset, size_t size,
                                    part_check *check, void *ctx, struct buffer *out, size_t *from,
                                    struct capsa_error *err);

#endif
