/*
 * What bodies say of themselves: any body, in whatever charset, gives a line that can be stored,
 * with a title as it is promised.
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

/* Front matter, where the title is what its author wrote, begins and ends with three of these. */
static bool may_have_front_matter(struct capsa_text head)
{
	unsigned count = 0;

	for (size_t i = 0; i < head.size; i++)
		count += head.data[i] == '-';
	return count >= 3;
}

/* The first byte chooses the name, and a media type that the importer knows; NULL: none. */
static const struct {
	const char *path, *format;
} kinds[] = {
    {"d/a.html", NULL},
    {"a.md", NULL},
    {"a.txt", NULL},
    {"a", NULL},
    {"a.bin", NULL},
    {"a", "text/html; charset=windows-1252"},
    {"a", "text/html; charset=shift_jis"},
    {"a", "text/html; charset=gb18030"},
    {"a", "text/html; charset=iso-2022-jp"},
    {"a", "text/html; charset=euc-kr"},
    {"a", "text/markdown; charset=utf-16"},
    {"a", "application/xhtml+xml"},
};

#define KINDS (sizeof kinds / sizeof *kinds)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_text head, line, value;
	struct foreign_error why;
	const char *format;
	char *title;

	if (metadata == NULL || size == 0 || size - 1 > IMPORT_HEAD_SIZE) {
		capsa_metadata_free(metadata);
		return 0;
	}
	head = (struct capsa_text){(const char *)data + 1, size - 1};
	format = kinds[data[0] % KINDS].format;
	if ((format != NULL &&
	     capsa_metadata_set(metadata, "format", format, strlen(format), NULL) != CAPSA_OK) ||
	    import_describe(metadata, kinds[data[0] % KINDS].path, head, &why, NULL) != CAPSA_OK ||
	    capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    capsa_line_find(line, "format", &value) != CAPSA_OK ||
	    capsa_line_find(line, "title", &value) != CAPSA_OK)
		abort();
	title = calloc(1, value.size + 1);
	if (title == NULL ||
	    (!is_title(title, capsa_line_text(value, title)) && !may_have_front_matter(head)))
		abort();
	free(title);
	capsa_metadata_free(metadata);
	return 0;
}
