/* The head that all capsa frames share (spec 2.1), the prefix (3), withheld frames (12). */
#ifndef CAPSA_FRAME_H
#define CAPSA_FRAME_H

#include "base.h"

/* Append a head for a frame whose bytes after the head number `size`. */
void capsa_frame_head(struct buffer *out, char type, uint16_t detail, size_t size);

/*
 * Does `frame` begin with a head of this type, and is its size that of the span?  *detail
 * receives the detail; where it is NULL the detail must be 0.
 */
bool capsa_frame_is(struct span frame, char type, uint16_t *detail);

extern const uint8_t capsa_prefix[CAPSA_PREFIX_SIZE];

/*
 * Is `stored` exactly a withheld frame?  *reason borrows from it.
 */
bool capsa_frame_withheld(struct span stored, struct span *reason);

/*
 * Overwrite `stored` by a withheld frame of the same size, at least 16 bytes.  The reason is
 * plain text (9.1) and is cut to fit.
 */
void capsa_frame_withhold(uint8_t *stored, size_t size, struct span reason);

#endif
