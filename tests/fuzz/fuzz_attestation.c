/* A run of attestations: each signature that is accepted encodes to the same bytes. */
#include "attestation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of(data, size);
	struct capsa_attestation attestation;
	struct buffer out = {0};
	size_t taken;

	while (rest.size > 0 && capsa_attestation_parse(rest, size - rest.size, &attestation,
	                                                &taken, NULL) == CAPSA_OK) {
		if (taken <= CAPSA_HEAD_SIZE || taken > rest.size || attestation.covers > 1)
			abort();
		if (attestation.kind == CAPSA_ATTESTATION_MINISIGN) {
			buffer_clear(&out);
			capsa_attestation_encode(&attestation.signature, &out);
			if (!span_equal(buffer_span(&out), span_of(rest.data, taken)))
				abort();
		}
		rest = span_of(rest.data + taken, rest.size - taken);
	}
	capsa_buffer_release(&out);
	return 0;
}
