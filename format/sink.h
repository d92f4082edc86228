/* Appending to a sink, with a count of what went in and its SHA-256. */
#ifndef CAPSA_SINK_H
#define CAPSA_SINK_H

#include "base.h"
#include "digest.h"

struct output {
	struct capsa_sink sink;
	uint64_t offset;                /* bytes written so far */
	struct sha256_state sha256;     /* of them */
};

void capsa_output_init(struct output *output, const struct capsa_sink *sink);
enum capsa_status capsa_output_write(struct output *output, struct span bytes,
                                     struct capsa_error *err);

#endif
