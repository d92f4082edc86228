/* Others' JSON: what is taken becomes canonical, and stays as it is when taken again. */
#include "fields.h"

#include "json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct foreign_error err;
	size_t first_size, second_size;
	char *first = import_json((struct capsa_text){(const char *)data, size}, &first_size, &err);
	char *second;

	if (first == NULL) {
		if (err.text[0] == '\0' || err.line == 0)
			abort();
		return 0;
	}
	if (!capsa_json_canonical(span_of(first, first_size), 1))
		abort();
	second = import_json((struct capsa_text){first, first_size}, &second_size, &err);
	if (second == NULL || second_size != first_size || memcmp(first, second, first_size) != 0)
		abort();
	free(first);
	free(second);
	return 0;
}
