/* The end of an archive: statement, attestation, trailer (spec 9 to 11). */
#ifndef CAPSA_SEAL_H
#define CAPSA_SEAL_H

#include "base.h"
#include "sink.h"
#include "statement.h"

/*
 * Write the end after the index.  `statement` has all but size and sha256; its facts.identity
 * is set.  `key` NULL: no signature.
 */
enum capsa_status capsa_seal(struct output *output, struct statement *statement,
                             const struct capsa_secret_key *key, struct capsa_error *err);

#endif
