/* The trailer (spec 11). */
#ifndef CAPSA_TRAILER_H
#define CAPSA_TRAILER_H

#include "base.h"

struct trailer {
	uint64_t statement;             /* offset */
	uint64_t attestations;          /* offset */
	uint8_t tail_digest[CAPSA_DIGEST_SIZE];
};

void capsa_trailer_encode(const struct trailer *trailer, struct buffer *out);

/*
 * Read the last 96 bytes of a file of `file_size` bytes.  Offsets and their distances keep the
 * limits of 1.2 when it returns. CAPSA_ECORRUPT.
 */
enum capsa_status capsa_trailer_parse(const uint8_t in[CAPSA_TRAILER_SIZE], uint64_t file_size,
                                      struct trailer *out, struct capsa_error *err);

#endif
