/*
 * What tests of whole archives share: a sink into memory, a source that counts and fails, a
 * seeded random generator, and archives made from it.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"

/* ---- xorshift: the same numbers everywhere --------------------------------- */

struct random {
	uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state;
}

static inline uint64_t random_below(struct random *random, uint64_t limit)
{
	return random_next(random) % limit;
}

/* ---- memory as a sink, and a counting source -------------------------------- */

static inline int memory_write(void *ctx, const void *buf, size_t size)
{
	struct buffer *out = ctx;

	capsa_buffer_append(out, buf, size);
	return out->failed ? ENOMEM : 0;
}

static inline struct capsa_sink memory_sink(struct buffer *out)
{
	return (struct capsa_sink){memory_write, out};
}

struct counting {
	const struct buffer *bytes;
	unsigned calls;
	uint64_t size;          /* read in all */
	unsigned fail_at;       /* the call that fails; 0: none */
};

static inline int counting_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct counting *counting = ctx;

	if (++counting->calls == counting->fail_at)
		return EIO;
	assert_true(offset + size <= counting->bytes->size);
	memcpy(buf, counting->bytes->data + offset, size);
	counting->size += size;
	return 0;
}

static inline struct capsa_source counting_source(struct counting *counting)
{
	return (struct capsa_source){counting_read, counting->bytes->size, counting};
}

/* ---- keys: lower case is enough for tests ------------------------------------- */

static inline int fold_ascii(void *ctx, struct capsa_text text, void *key, size_t capacity,
                             size_t *size)
{
	uint8_t *out = key;

	(void)ctx;
	*size = text.size < capacity ? text.size : capacity;
	for (size_t i = 0; i < *size; i++)
		out[i] = (uint8_t)(text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32
		                                                               : text.data[i]);
	return 0;
}

static const struct capsa_keys test_keys = {fold_ascii, fold_ascii, NULL, "15.0.0"};

/* ---- articles made from a seed -------------------------------------------------- */

struct item {
	char path[64];
	char title[64];
	char url[64];
	char date[16];
	struct buffer body;
};

static inline void item_release(struct item *item)
{
	capsa_buffer_release(&item->body);
}

/* Article `number` of a seed: sizes from 0 to about `max`, every seventh a duplicate. */
static inline void item_make(struct item *item, uint64_t seed, uint64_t number, size_t max)
{
	uint64_t same = number % 7 == 6 ? number / 2 : number;
	struct random random = {(seed + 1) * 0x9e3779b97f4a7c15u + same * 0xbf58476d1ce4e5b9u + 1};
	size_t size;

	*item = (struct item){0};
	for (unsigned i = 0; i < 8; i++)
		random_next(&random);
	size = (size_t)random_below(&random, random_below(&random, 20) == 0 ? max : max / 8 + 1);
	for (size_t i = 0; i < size; i++)
		capsa_buffer_byte(&item->body, (uint8_t)("etaoin shrdlu\n"[random_below(&random, 14)]));
	snprintf(item->path, sizeof item->path, "d%02u/%06u.txt", (unsigned)(number % 37),
	         (unsigned)number);
	snprintf(item->title, sizeof item->title, "Title %u of many", (unsigned)(number * 7919 % 10007));
	snprintf(item->url, sizeof item->url, "org,example)/%u", (unsigned)(number * 31 % 5000));
	snprintf(item->date, sizeof item->date, "20%02u-%02u-%02u", (unsigned)(number % 90 + 10),
	         (unsigned)(number % 12 + 1), (unsigned)(number % 28 + 1));
}

static inline struct capsa_metadata *item_metadata(const struct item *item)
{
	struct capsa_metadata *m = capsa_metadata_new();

	assert_non_null(m);
	assert_int_equal(capsa_metadata_set(m, "path", item->path, strlen(item->path), NULL), 0);
	assert_int_equal(capsa_metadata_set(m, "title", item->title, strlen(item->title), NULL), 0);
	assert_int_equal(capsa_metadata_set(m, "url", item->url, strlen(item->url), NULL), 0);
	assert_int_equal(capsa_metadata_set(m, "date", item->date, strlen(item->date), NULL), 0);
	return m;
}

/* A whole archive of `count` articles in memory. */
static inline void archive_make(struct buffer *out, const struct capsa_writer_options *options,
                                uint64_t seed, uint64_t count, size_t max,
                                const struct capsa_secret_key *key)
{
	struct capsa_sink sink = memory_sink(out);
	struct capsa_writer *writer = NULL;
	struct capsa_error err = {0};

	if (capsa_writer_new(&writer, &sink, options, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	for (uint64_t i = 0; i < count; i++) {
		struct capsa_input input = {0};
		struct item item;

		item_make(&item, seed, i, max);
		input.metadata = item_metadata(&item);
		input.body = capsa_source_memory(item.body.data, item.body.size);
		input.isolate = i % 1000 == 999;
		if (capsa_writer_add(writer, &input, &err) != CAPSA_OK)
			fail_msg("%s", err.text);
		capsa_metadata_free(input.metadata);
		item_release(&item);
	}
	if (capsa_writer_finish(writer, key, NULL, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	capsa_writer_free(writer);
}

static inline struct capsa_reader *archive_open(const struct capsa_source *source)
{
	struct capsa_reader *reader = NULL;
	struct capsa_error err = {0};

	if (capsa_reader_open(&reader, source, NULL, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	return reader;
}

#endif
