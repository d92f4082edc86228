/* A source with other bytes in some places: an archive as far as it is repaired. */
#ifndef CAPSA_OVERLAY_H
#define CAPSA_OVERLAY_H

#include "base.h"

struct overlay;

/* `base` may be shorter than `size`, and may fail where it is overlaid. */
enum capsa_status capsa_overlay_new(struct overlay **out, const struct capsa_source *base,
                                    uint64_t size, const char *temporary_directory,
                                    struct capsa_error *err);
void capsa_overlay_free(struct overlay *overlay);
/* No part is put twice, and none overlaps another.  CAPSA_EIO, CAPSA_ENOMEM. */
enum capsa_status capsa_overlay_put(struct overlay *overlay, uint64_t offset, struct span bytes,
                                    struct capsa_error *err);
struct capsa_source capsa_overlay_source(struct overlay *overlay);

#endif
