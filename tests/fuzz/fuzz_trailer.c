/* The trailer of a file of any size: what is accepted encodes to the same bytes. */
#include "trailer.h"
#include "digest.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input is the file's size and a trailer, whose own digest is put right. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t in[CAPSA_TRAILER_SIZE];
	struct trailer trailer;
	struct buffer out = {0};
	uint64_t file_size;

	if (size != sizeof file_size + sizeof in)
		return 0;
	memcpy(&file_size, data, sizeof file_size);
	memcpy(in, data + sizeof file_size, sizeof in);
	capsa_digest(in + 64, span_of(in, 64));
	if (capsa_trailer_parse(in, file_size, &trailer, NULL) != CAPSA_OK)
		return 0;
	if (trailer.statement < CAPSA_PREFIX_SIZE || trailer.statement >= trailer.attestations ||
	    trailer.attestations > file_size - CAPSA_TRAILER_SIZE)
		abort();
	capsa_trailer_encode(&trailer, &out);
	if (!span_equal(buffer_span(&out), span_of(in, sizeof in)))
		abort();
	capsa_buffer_release(&out);
	return 0;
}
