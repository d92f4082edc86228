/* Where the bodies lie that salvage.c has found. */
#ifndef CAPSA_SAVED_BODIES_H
#define CAPSA_SAVED_BODIES_H

#include "base.h"
#include "frame_scan.h"

struct saved_bodies;

/* A body: in which of the frames it begins, and where in that. */
struct body_place {
	size_t frame;                   /* capsa_saved_bodies_frame */
	size_t at;                      /* in its raw bytes */
	uint64_t size;
};

/* `scan` is borrowed. */
enum capsa_status capsa_saved_bodies_new(struct saved_bodies **out, struct frame_scan *scan,
                                         struct capsa_error *err);
void capsa_saved_bodies_free(struct saved_bodies *bodies);

/*
 * Remember a frame; *number is what places call it.  A body that goes on does so in the frames that
 * are remembered next.
 */
enum capsa_status capsa_saved_bodies_frame(struct saved_bodies *bodies,
                                           const struct found_frame *frame, size_t *number,
                                           struct capsa_error *err);

/* Remember a body that links may lead to, by its article's path. */
enum capsa_status capsa_saved_bodies_name(struct saved_bodies *bodies, struct span path,
                                          const struct body_place *place, struct capsa_error *err);
/* False: there is none of this path. */
bool capsa_saved_bodies_find(const struct saved_bodies *bodies, struct span path,
                             struct body_place *place);

/* Bytes [offset, offset + size) of a body. */
enum capsa_status capsa_saved_bodies_read(struct saved_bodies *bodies,
                                          const struct body_place *place, uint64_t offset,
                                          void *buf, size_t size, struct capsa_error *err);

/* Do all frames of the body have the digests that the spine gives? */
bool capsa_saved_bodies_checked(const struct saved_bodies *bodies, const struct body_place *place);

#endif
