/*
 * Articles cut out of any bytes, packed, opened and compared: what goes in comes out.  The
 * first bytes choose the options.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capsa.h"
#include "base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARTICLES 64

static int append(void *ctx, const void *buf, size_t size)
{
	struct buffer *out = ctx;

	capsa_buffer_append(out, buf, size);
	return 0;
}

/* Article i: its body is a slice of the input, chosen by the input. */
static struct span slice(const uint8_t *data, size_t size, unsigned i)
{
	size_t from = data[(i * 3 + 1) % size] * size / 256;
	size_t part = (data[(i * 3 + 2) % size] * 40u) % (size - from + 1);

	return span_of(data + from, part);
}

static void pack(struct buffer *archive, const uint8_t *data, size_t size, unsigned count)
{
	struct capsa_writer_options options = {.level = 1 + data[0] % 3,
	                                       .frame_size = 4096u << data[1] % 4,
	                                       .metadata_frame_size = 4096,
	                                       .threads = 1 + data[2] % 2};
	struct capsa_sink sink = {append, archive};
	struct capsa_writer *writer;

	if (capsa_writer_new(&writer, &sink, &options, NULL) != CAPSA_OK)
		abort();
	for (unsigned i = 0; i < count; i++) {
		struct span body = slice(data, size, i);
		struct capsa_input input = {.metadata = capsa_metadata_new(),
		                            .body = capsa_source_memory(body.data, body.size),
		                            .isolate = data[i % size] % 16 == 0};
		char path[32];

		snprintf(path, sizeof path, "%u/%u", data[i % size] % 4u, i);
		if (capsa_metadata_set(input.metadata, "path", path, strlen(path), NULL) != CAPSA_OK ||
		    capsa_writer_add(writer, &input, NULL) != CAPSA_OK)
			abort();
		capsa_metadata_free(input.metadata);
	}
	if (capsa_writer_finish(writer, NULL, NULL, NULL) != CAPSA_OK)
		abort();
	capsa_writer_free(writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer archive = {0};
	struct capsa_source source;
	struct capsa_reader *reader;
	struct capsa_verify_options options = {.depth = CAPSA_VERIFY_DEEP};
	struct capsa_report report;
	unsigned count;

	if (size < 8 || size > 1U << 16)
		return 0;
	count = data[3] % ARTICLES;
	pack(&archive, data, size, count);
	source = capsa_source_memory(archive.data, archive.size);
	if (capsa_reader_open(&reader, &source, NULL, NULL) != CAPSA_OK ||
	    capsa_reader_verify(reader, &options, &report, NULL) != CAPSA_OK)
		abort();
	for (unsigned i = 0; i < count; i++) {
		struct span body = slice(data, size, i);
		struct capsa_article article;
		uint8_t *copy = malloc(body.size + 1);

		if (copy == NULL || capsa_reader_article(reader, i, &article, NULL) != CAPSA_OK ||
		    article.size != body.size ||
		    capsa_reader_read(reader, i, 0, copy, body.size, NULL) != CAPSA_OK ||
		    memcmp(copy, body.data, body.size) != 0)
			abort();
		free(copy);
	}
	capsa_reader_close(reader);
	capsa_buffer_release(&archive);
	return 0;
}
