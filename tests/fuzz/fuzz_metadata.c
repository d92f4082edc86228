/*
 * Metadata lines (spec 7), from any bytes: walks stay inside them, and what is accepted is written
 * again as the same bytes.
 */
#include "metadata.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
	if (!fact)
		abort();
}

static void unescape(struct capsa_text value)
{
	char *out = malloc(value.size != 0 ? value.size : 1);
	struct buffer again = {0};
	size_t size;

	require(out != NULL);
	size = capsa_line_text(value, out);
	require(size <= value.size);
	if (size != 0) {
		capsa_json_append(&again, span_of(out, size));
		require(!again.failed && span_equal(buffer_span(&again), span_text(value)));
	}
	capsa_buffer_release(&again);
	free(out);
}

/* Every member at every level; each lies in what is left of the whole, which shrinks. */
static void walk(struct capsa_text whole)
{
	struct capsa_text rest = whole, key, value;
	const char *at = whole.data, *end = whole.data + whole.size;
	size_t left = rest.size;

	while (capsa_line_next(&rest, &key, &value)) {
		require(rest.size < left);
		require(value.size != 0 && value.data > at);
		require(value.size <= (size_t)(end - value.data));
		require(key.size == 0 || (key.data > at && key.data + key.size < value.data));
		require(capsa_json_canonical(span_text(value), 1));
		left = rest.size;
		at = value.data;
		unescape(key);
		unescape(value);
		walk(value);
	}
	require(rest.size == 0 && key.size == 0 && value.size == 0);
}

static void look_up(struct span line)
{
	static const char *const keys[] = {"", "path", "title", "a\"b", "\001"};
	struct capsa_text value;
	struct line_facts facts;

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (capsa_line_find(text_of(line), keys[i], &value) == CAPSA_OK)
			require(value.size != 0);
	capsa_line_facts(line, &facts);
	unescape(facts.path);
	unescape(facts.title);
	unescape(facts.url);
}

/* The members one by one into an empty object. */
static void fill(struct capsa_metadata *metadata, struct capsa_text line)
{
	struct capsa_text key, value;

	while (capsa_line_next(&line, &key, &value)) {
		char *name = calloc(1, key.size);

		require(name != NULL);
		capsa_line_text(key, name);
		require(!capsa_metadata_has(metadata, name));
		require(capsa_metadata_set_json(metadata, name, value.data, value.size, NULL) ==
		        CAPSA_OK);
		require(capsa_metadata_has(metadata, name));
		free(name);
	}
}

static void write_again(struct capsa_metadata *metadata, struct span line)
{
	struct capsa_text again;

	require(capsa_metadata_line(metadata, &again, NULL) == CAPSA_OK);
	require(span_equal(span_text(again), line));
	capsa_metadata_free(metadata);
}

static void rebuild(struct span line)
{
	struct capsa_metadata *parsed, *filled;
	enum capsa_status status = capsa_metadata_parse(&parsed, text_of(line), NULL);

	if (status != CAPSA_OK) {
		require(status == CAPSA_ECORRUPT && parsed == NULL);
		require(capsa_line_check(line, 0, NULL) == CAPSA_ECORRUPT);
		return;
	}
	filled = capsa_metadata_new();
	require(filled != NULL);
	fill(filled, text_of(line));
	write_again(filled, line);
	write_again(parsed, line);
}

static bool is_refusal(enum capsa_status status)
{
	return status == CAPSA_EMISUSE || status == CAPSA_ELIMIT;
}

/* The bytes as key, text and JSON: refused, or on a line that is canonical. */
static void set(struct span bytes)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	char *key = calloc(1, bytes.size + 1);
	const char *text = (const char *)bytes.data;
	struct capsa_text line;
	enum capsa_status status;

	require(metadata != NULL && key != NULL);
	memcpy(key, bytes.data, bytes.size);
	for (unsigned i = 0; i < 2; i++) {
		status = capsa_metadata_append(metadata, key, text, bytes.size, NULL);
		require(status == CAPSA_OK || is_refusal(status));
		status = capsa_metadata_set(metadata, "text", text, bytes.size, NULL);
		require(status == CAPSA_OK || is_refusal(status));
		status = capsa_metadata_set_json(metadata, "json", text, bytes.size, NULL);
		require(status == CAPSA_OK || is_refusal(status));
		require(capsa_metadata_line(metadata, &line, NULL) == CAPSA_OK);
		require(capsa_json_canonical(span_text(line), 0));
	}
	capsa_metadata_free(metadata);
	free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span line = span_of(data, size);

	walk(text_of(line));
	look_up(line);
	rebuild(line);
	set(line);
	return 0;
}
