/*
 * Titles and media types: any body gives a line that can be stored, with a title as it is promised.
 */
#include "describe.h"

#include "fields.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No control characters, no white space but single spaces inside. */
static bool is_title(const char *title, size_t size)
{
	if (size == 0 || title[0] == ' ' || title[size - 1] == ' ')
		return false;
	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)title[i] < 0x20 || title[i] == 0x7f ||
		    (title[i] == ' ' && title[i + 1] == ' '))
			return false;
	}
	return capsa_utf8_valid(span_of(title, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"d/a.html", "a.md", "a.txt", "a", "a.bin"};
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_text line, value;
	struct foreign_error why;
	char *title, *json;
	size_t json_size;
	bool found;

	if (metadata == NULL || size == 0 || size - 1 > IMPORT_HEAD_SIZE) {
		capsa_metadata_free(metadata);
		return 0;
	}
	if (import_describe(metadata, paths[data[0] % 5],
	                    (struct capsa_text){(const char *)data + 1, size - 1}, &why,
	                    NULL) != CAPSA_OK ||
	    capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    capsa_line_find(line, "format", &value) != CAPSA_OK ||
	    capsa_line_find(line, "title", &value) != CAPSA_OK)
		abort();
	json = import_front_matter((struct capsa_text){(const char *)data + 1, size - 1},
	                           &json_size, &found, &why);
	title = calloc(1, value.size + 1);
	/* Of front matter the title is what its author wrote. */
	if (title == NULL || (json == NULL && !is_title(title, capsa_line_text(value, title))))
		abort();
	free(json);
	free(title);
	capsa_metadata_free(metadata);
	return 0;
}
