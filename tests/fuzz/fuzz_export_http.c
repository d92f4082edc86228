/* Metadata lines as heads of HTTP responses: whatever they hold, a head is lines of text and ends once. */
#include "export_http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct capsa_text nowhere = {"", 0};
	struct capsa_metadata *metadata = NULL;
	struct capsa_text line = {(const char *)data, size};
	struct buffer out = {0};

	if (capsa_metadata_parse(&metadata, line, NULL) == CAPSA_OK &&
	    export_http_head(&out, line, 0, nowhere)) {
		if (out.failed || out.size < 4 ||
		    memcmp(out.data + out.size - 4, "\r\n\r\n", 4) != 0)
			abort();
		for (size_t i = 0; i < out.size; i++) {
			bool control = out.data[i] < 0x20 && out.data[i] != '\r';

			if ((control || (i != 0 && out.data[i - 1] == '\r')) &&
			    (out.data[i] != '\n' || i == 0 || out.data[i - 1] != '\r'))
				abort();
			/* An empty line ends the head. */
			if (i >= 3 && i + 1 < out.size &&
			    memcmp(out.data + i - 3, "\r\n\r\n", 4) == 0)
				abort();
		}
	}
	capsa_metadata_free(metadata);
	capsa_buffer_release(&out);
	return 0;
}
