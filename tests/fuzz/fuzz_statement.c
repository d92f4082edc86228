/* The statement: what is accepted encodes to the same bytes, or belongs to a newer version. */
#include "statement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The offset at which this statement says it lies, as far as it says so. */
static uint64_t said_offset(struct span text)
{
	static const char key[] = "\nsize: ";
	uint64_t offset = 0;

	for (size_t i = 0; i + sizeof key - 1 <= text.size; i++) {
		if (memcmp(text.data + i, key, sizeof key - 1) != 0)
			continue;
		for (i += sizeof key - 1; i < text.size; i++) {
			if (text.data[i] < '0' || text.data[i] > '9')
				return offset;
			offset = offset * 10 + (text.data[i] - (unsigned)'0');
		}
	}
	return offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of(data, size);
	uint64_t offset = said_offset(text);
	struct statement statement, again;
	struct buffer out = {0};

	if (capsa_statement_parse(text, offset, &statement, NULL) != CAPSA_OK)
		return 0;
	capsa_statement_encode(&statement, &out);
	if (out.failed)
		abort();
	if (statement.facts.minor <= CAPSA_MINOR && statement.facts.requires.size == 0 &&
	    !span_equal(buffer_span(&out), text))
		abort();
	if (capsa_statement_parse(buffer_span(&out), offset, &again, NULL) != CAPSA_OK ||
	    again.tree_count != statement.tree_count ||
	    again.facts.created != statement.facts.created ||
	    again.facts.sequence != statement.facts.sequence)
		abort();
	capsa_buffer_release(&out);
	return 0;
}
