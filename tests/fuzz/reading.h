/* Reading what an archive says and holds, for targets that judge it. */
#ifndef FUZZ_READING_H
#define FUZZ_READING_H

#include "base.h"
#include "digest.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>

#define READING_CHUNK 65536
#define READING_MAX (1U << 20) /* of one body: a few bytes may claim many */

static inline void require(bool fact, const char *what)
{
	if (fact)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static inline int reading_write(void *ctx, const void *buf, size_t size)
{
	struct buffer *out = ctx;

	capsa_buffer_append(out, buf, size);
	return out->failed ? 12 : 0;
}

/* The body of an article, at most READING_MAX bytes of it, appended to `out`. */
static inline enum capsa_status reading_body(struct capsa_reader *reader, uint64_t number,
                                             struct buffer *out, uint64_t *size)
{
	static uint8_t chunk[READING_CHUNK];
	struct capsa_article article;
	enum capsa_status st = capsa_reader_article(reader, number, &article, NULL);

	*size = st == CAPSA_OK ? article.size : 0;
	for (uint64_t at = 0; st == CAPSA_OK && at < *size && at < READING_MAX;) {
		size_t part = *size - at < sizeof chunk ? (size_t)(*size - at) : sizeof chunk;

		st = capsa_reader_read(reader, number, at, chunk, part, NULL);
		if (st == CAPSA_OK)
			capsa_buffer_append(out, chunk, part);
		at += part;
	}
	return st;
}

/* Is this the body whose digest and size the line gives? */
static inline bool reading_matches(struct capsa_text line, struct span body)
{
	char text[12 + 2 * CAPSA_DIGEST_SIZE + 2 + 1] = "\"blake2b-256:", size[24];
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct capsa_text value;

	capsa_digest(digest, body);
	capsa_hex(digest, sizeof digest, text + 13);
	text[sizeof text - 2] = '"';
	if (capsa_line_find(line, "digest", &value) != CAPSA_OK || value.size != sizeof text - 1 ||
	    memcmp(value.data, text, value.size) != 0)
		return false;
	snprintf(size, sizeof size, "%zu", body.size);
	return capsa_line_find(line, "size", &value) == CAPSA_OK && value.size == strlen(size) &&
	       memcmp(value.data, size, value.size) == 0;
}

/* The path that a line gives, as a C string; false where it is none of at most CAPSA_PATH_MAX. */
static inline bool reading_path(struct capsa_text line, char out[CAPSA_PATH_MAX + 1])
{
	struct capsa_text value;

	if (capsa_line_find(line, "path", &value) != CAPSA_OK || value.size > CAPSA_PATH_MAX)
		return false;
	out[capsa_line_text(value, out)] = '\0';
	return true;
}

#endif
