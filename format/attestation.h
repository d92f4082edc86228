/* Attestations (spec 10). */
#ifndef CAPSA_ATTESTATION_H
#define CAPSA_ATTESTATION_H

#include "base.h"

#define CAPSA_ATTESTATION_MINISIGN 1

/* Append the frame of a minisign attestation. */
void capsa_attestation_encode(const struct capsa_signature *signature, struct buffer *out);

/*
 * Read the first frame of `in`, at `offset` in the archive; *size receives its stored size.
 * The fields of kinds that are not known stay zero.  CAPSA_ECORRUPT.
 */
enum capsa_status capsa_attestation_parse(struct span in, uint64_t offset,
                                          struct capsa_attestation *out, size_t *size,
                                          struct capsa_error *err);

#endif
