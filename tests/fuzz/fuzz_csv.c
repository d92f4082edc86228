/* Records of CSV: written again in quotes, they read as the same. */
#define _GNU_SOURCE
#include "csv_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD_MAX 4096

/* All good records, with every cell in quotes; `strict`: none may be bad. */
static void write_records(FILE *file, char delimiter, size_t record_max, struct json_text *out,
                          bool strict)
{
	struct csv_reader reader = {0};
	struct foreign_error why;
	uint64_t line = 0;
	int got;

	csv_begin(&reader, file, delimiter, record_max);
	while ((got = csv_next(&reader, &why)) != 0) {
		if (strict && got < 0)
			abort();
		if (got < 0 && (why.text[0] == '\0' || why.line == 0))
			abort();
		/* Two things may be wrong with the last line: a record, and where it ends. */
		if (reader.line < line + (got > 0))
			abort();
		line = reader.line;
		for (size_t i = 0; got > 0 && i < reader.count; i++) {
			struct capsa_text cell = csv_text(&reader, i);

			import_json_append(out, i != 0 ? &delimiter : "", i != 0);
			import_json_append(out, "\"", 1);
			for (size_t k = 0; k < cell.size; k++)
				import_json_append(out,
				                   cell.data[k] == '"' ? "\"\"" : cell.data + k,
				                   cell.data[k] == '"' ? 2 : 1);
			import_json_append(out, "\"", 1);
		}
		if (got > 0)
			import_json_append(out, "\r\n", 2);
	}
	csv_release(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char delimiters[] = {',', ';', '\t'};
	struct json_text once = {0}, twice = {0};
	char delimiter;
	FILE *file;

	if (size < 2 || size > (64U << 10))
		return 0;
	delimiter = delimiters[data[0] % sizeof delimiters];
	file = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
	if (file == NULL)
		abort();
	write_records(file, delimiter, RECORD_MAX, &once, false);
	fclose(file);
	if (once.size != 0) {
		file = fmemopen(once.data, once.size, "r");
		if (file == NULL)
			abort();
		write_records(file, delimiter, SIZE_MAX, &twice, true);
		fclose(file);
		if (once.failed || twice.failed || once.size != twice.size ||
		    memcmp(once.data, twice.data, once.size) != 0)
			abort();
	}
	free(once.data);
	free(twice.data);
	return 0;
}
