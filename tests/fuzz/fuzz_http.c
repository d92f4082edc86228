/* An HTTP response: header, body and what undoes its codings; addresses. */
#include "http_message.h"

#include <stdlib.h>
#include <string.h>

static void check_decoded(enum http_coding coding, const struct held_body *held,
                          const struct capsa_error *err)
{
	struct capsa_source source = import_held(held);
	char last;

	if (coding == HTTP_FAILED && err->text[0] == '\0')
		abort();
	if (coding == HTTP_DECODED && source.size != 0 &&
	    source.read_at(source.ctx, source.size - 1, &last, 1) != 0)
		abort();
}

static void check_body(const struct header *header, struct capsa_text bytes)
{
	struct held_body unchunked = {0}, decoded = {0};
	struct capsa_source body = capsa_source_memory(bytes.data, bytes.size);
	struct capsa_error err = {0};
	enum http_coding coding = import_http_dechunk(header, &body, &unchunked, NULL, &err);

	check_decoded(coding, &unchunked, &err);
	if (unchunked.size > bytes.size)
		abort();
	if (coding == HTTP_DECODED || coding == HTTP_KEPT)
		body = import_held(&unchunked);
	coding = import_http_decode(header, &body, bytes.size, &decoded, NULL, &err);
	check_decoded(coding, &decoded, &err);
	import_hold_release(&unchunked);
	import_hold_release(&decoded);
}

static void check_fields(const struct header *header)
{
	struct http_status status;
	size_t bytes = header->first.size;
	char *url;

	import_http_status(header->first, &status);
	for (size_t i = 0; i < header->count; i++) {
		bytes += header->fields[i].name.size + header->fields[i].value.size;
		import_http_is_type(header->fields[i].value);
		url = import_http_resolve(header->first, header->fields[i].value);
		if (url == NULL)
			abort();
		free(url);
	}
	/* Fields are parts of the text, each byte of it once. */
	if (bytes > header->size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_text rest = {(const char *)data, size};
	struct header header = {0};
	struct capsa_error err = {0};

	import_header_begin(&header);
	if (import_header_put(&header, &rest, &err) != HEADER_BAD && import_header_parse(&header)) {
		check_fields(&header);
		check_body(&header, rest);
	}
	import_header_release(&header);
	return 0;
}
