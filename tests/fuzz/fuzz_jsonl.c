/* A line of JSONL: an article with a path that can be one, and metadata that can be written. */
#include "jsonl_line.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_metadata(struct capsa_metadata *metadata)
{
	struct capsa_metadata *again = NULL;
	struct capsa_text line;

	if (capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    capsa_metadata_parse(&again, line, NULL) != CAPSA_OK)
		abort();
	capsa_metadata_free(again);
}

static void check_article(const struct members *members)
{
	struct import_article article = {.metadata = capsa_metadata_new()};
	struct capsa_error err = {0};
	struct jsonl_body body;
	char *path = import_jsonl_path(members, &err), *bytes = NULL;
	size_t size;

	if ((path == NULL && err.text[0] == '\0') ||
	    (path != NULL && capsa_path_check(path, strlen(path), NULL) != CAPSA_OK))
		abort();
	if (path != NULL && import_jsonl_find_body(members, &body))
		bytes = import_jsonl_read_body(&body, &size, &err);
	if (bytes != NULL) {
		article.path = path;
		article.body = capsa_source_memory(bytes, size);
		if (import_jsonl_metadata(members, &body, &article, &err) != CAPSA_OK)
			abort();
		check_metadata(article.metadata);
	}
	free(bytes);
	free(path);
	capsa_metadata_free(article.metadata);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const mapped[] = {"a=text", "b=title", "c=path", "d=extra", NULL};
	static const struct field_map maps[] = {{NULL}, {mapped}};
	struct members members = {0};
	struct foreign_error why;
	struct capsa_text object;
	char *json;

	if (size == 0 || size > (64U << 10))
		return 0;
	json =
	    import_json((struct capsa_text){(const char *)data + 1, size - 1}, &object.size, &why);
	if (json == NULL)
		return 0;
	object.data = json;
	if (import_members_read(&members, object, &maps[data[0] & 1]))
		check_article(&members);
	import_members_release(&members);
	free(json);
	return 0;
}
