/*
 * The header of a 7z file, in a file that is as it says, or behind a signature that leads to it
 * (first byte odd).  What is accepted is accepted again.
 */
#include "seven_zip.h"

#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (64U << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_error err = {0}, again = {0};
	struct capsa_source source;
	uint8_t *file;
	bool good;

	if (size < 1 || size > INPUT_MAX)
		return 0;
	file = calloc(1, 32 + size);
	if (file == NULL)
		return 0;
	memcpy(file, "7z\xbc\xaf\x27\x1c\0\4", 8);
	for (unsigned i = 0; i < 4; i++)
		file[20 + i] = (uint8_t)((size - 1) >> 8 * i);
	memcpy(file + 32, data + 1, size - 1);
	if (data[0] % 2 != 0)
		source = capsa_source_memory(file, 32 + size - 1);
	else
		source = capsa_source_memory(data + 1, size - 1);
	good = seven_zip_check(&source, &err);
	if (good != seven_zip_check(&source, &again) || good != (err.text[0] == '\0') ||
	    strcmp(err.text, again.text) != 0)
		abort();
	free(file);
	return 0;
}
