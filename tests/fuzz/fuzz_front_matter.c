/* Front matter: what is taken becomes canonical JSON, and an article's metadata can hold it. */
#include "fields.h"

#include "json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_metadata(struct capsa_text object)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct object extra = {0};
	struct capsa_text line;

	if (metadata == NULL ||
	    import_fields(metadata, &extra, object, NULL) != CAPSA_OK ||
	    import_extra(metadata, &extra, NULL) != CAPSA_OK ||
	    capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    !capsa_json_canonical(span_text(line), 0))
		abort();
	import_object_release(&extra);
	capsa_metadata_free(metadata);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char begin[] = "---\n", end[] = "\n---\n";
	struct foreign_error err;
	struct capsa_text object;
	char *document = malloc(size + sizeof begin + sizeof end);
	char *json;
	bool found;

	if (document == NULL)
		return 0;
	memcpy(document, begin, sizeof begin - 1);
	memcpy(document + sizeof begin - 1, data, size);
	memcpy(document + sizeof begin - 1 + size, end, sizeof end - 1);
	json = import_front_matter(
	    (struct capsa_text){document, size + sizeof begin - 1 + sizeof end - 1}, &object.size,
	    &found, &err);
	free(document);
	if (!found)
		return 0;
	if (json == NULL) {
		if (err.text[0] == '\0')
			abort();
		return 0;
	}
	object.data = json;
	if (!capsa_json_canonical(span_text(object), 1))
		abort();
	check_metadata(object);
	free(json);
	return 0;
}
