/*
 * External sort; the contracts are in sorter.h.
 *
 * Records are collected in one block of memory: entries from its front, their keys from its
 * back. When it is full, the entries are sorted and written to the temporary file as a run,
 * and the block is empty again.  A record in a run is
 *
 *	varint  size of the key
 *	varint  number
 *	        the key
 *
 * At the end as many runs are merged as have room for a buffer in the block; of more runs, the
 * oldest are merged into one first.
 */
#include "sorter.h"

#include "cursor.h"
#include "temporary.h"

#include <stdlib.h>

#define MEMORY_MIN ((size_t)64 << 10)
#define RECORD_MAX (CAPSA_KEY_MAX + 2 + 10)
#define FAN_MAX 64                      /* runs that are merged at once ... */
#define RUN_BUFFER_MIN ((size_t)16 << 10)       /* ... where each can have so large a buffer */

struct entry {
	uint64_t prefix; /* the first 8 bytes of the key, to be compared as a number */
	uint64_t number;
	struct span key;                /* borrowed from the block */
};

struct run {
	uint64_t offset;
	uint64_t size;
};

/* A run that is being merged, at one of its records. */
struct stream {
	struct run rest;                /* not yet in the buffer */
	uint8_t *buffer;                /* a part of the block */
	size_t capacity;
	struct span unread;             /* in the buffer */
	struct span key;                /* of the record, borrowed from the buffer */
	uint64_t number;
};

struct sorter {
	void *block;                    /* owned */
	size_t memory;                  /* its size */
	size_t count;                   /* entries at its front */
	size_t keys;                    /* bytes of keys at its back */
	size_t given;                   /* entries that capsa_sorter_next gave */
	bool finished;
	const char *directory;          /* borrowed */
	struct temporary *file;         /* owned; NULL until the first run */
	struct buffer record;           /* the one being written */
	struct buffer runs;             /* of struct run, in file order */
	size_t merged;                  /* runs at the front of `runs` that were merged already */
	struct stream streams[FAN_MAX];
	struct stream *heap[FAN_MAX];   /* the least record first, once merging */
	size_t heap_size;
	bool stale;                     /* the first stream's record was given */
};

enum capsa_status capsa_sorter_new(struct sorter **out, size_t memory, const char *directory,
                                   struct capsa_error *err)
{
	struct sorter *sorter;

	*out = NULL;
	if (memory < MEMORY_MIN)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "%zu bytes are too few to sort in", memory);
	sorter = capsa_array_new(1, sizeof *sorter);
	if (sorter == NULL)
		return capsa_fail_memory(err);
	sorter->memory = memory;
	sorter->directory = directory;
	sorter->block = malloc(memory);
	if (sorter->block == NULL) {
		capsa_sorter_free(sorter);
		return capsa_fail_memory(err);
	}
	*out = sorter;
	return CAPSA_OK;
}

void capsa_sorter_free(struct sorter *sorter)
{
	if (sorter == NULL)
		return;
	capsa_temporary_free(sorter->file);
	capsa_buffer_release(&sorter->record);
	capsa_buffer_release(&sorter->runs);
	free(sorter->block);
	free(sorter);
}

/* The first bytes of a key, filled with zeros, as a number that orders as they do. */
static uint64_t key_prefix(struct span key)
{
	uint64_t prefix = 0;

	for (size_t i = 0; i < 8; i++)
		prefix = prefix << 8 | (i < key.size ? key.data[i] : 0);
	return prefix;
}

static int record_compare(struct span a_key, uint64_t a_number, struct span b_key,
                          uint64_t b_number)
{
	int order = capsa_span_compare(a_key, b_key);

	return order != 0 ? order : (a_number > b_number) - (a_number < b_number);
}

static int entry_compare(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;

	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return record_compare(a->key, a->number, b->key, b->number);
}

static void entries_sort(struct sorter *sorter)
{
	qsort(sorter->block, sorter->count, sizeof(struct entry), entry_compare);
}

static enum capsa_status record_write(struct sorter *sorter, struct span key, uint64_t number,
                                      struct capsa_error *err)
{
	struct buffer *record = &sorter->record;

	buffer_clear(record);
	capsa_buffer_varint(record, key.size);
	capsa_buffer_varint(record, number);
	capsa_buffer_append(record, key.data, key.size);
	if (record->failed)
		return capsa_fail_memory(err);
	return capsa_temporary_append(sorter->file, buffer_span(record), NULL, err);
}

static size_t runs_left(const struct sorter *sorter)
{
	return sorter->runs.size / sizeof(struct run) - sorter->merged;
}

/* What was appended to the file from `offset` on is one more run. */
static enum capsa_status run_end(struct sorter *sorter, uint64_t offset, struct capsa_error *err)
{
	struct run run = {offset, capsa_temporary_size(sorter->file) - offset};

	capsa_buffer_append(&sorter->runs, &run, sizeof run);
	return sorter->runs.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

/* Write the entries as a run and empty the block. */
static enum capsa_status spill(struct sorter *sorter, struct capsa_error *err)
{
	const struct entry *entries = sorter->block;
	enum capsa_status status = CAPSA_OK;
	uint64_t offset;

	if (sorter->file == NULL)
		status = capsa_temporary_new(&sorter->file, sorter->directory, err);
	if (status != CAPSA_OK)
		return status;
	offset = capsa_temporary_size(sorter->file);
	entries_sort(sorter);
	for (size_t i = 0; i < sorter->count; i++) {
		status = record_write(sorter, entries[i].key, entries[i].number, err);
		if (status != CAPSA_OK)
			return status;
	}
	status = run_end(sorter, offset, err);
	if (status == CAPSA_OK) {
		sorter->count = 0;
		sorter->keys = 0;
	}
	return status;
}

enum capsa_status capsa_sorter_add(struct sorter *sorter, struct span key, uint64_t number,
                                   struct capsa_error *err)
{
	struct entry *entries = sorter->block;
	/* Entries count twice: the C library's qsort may take as much again for itself. */
	size_t used = sorter->count * 2 * sizeof *entries + sorter->keys;
	uint8_t *at;

	if (sorter->finished)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "the sorter is finished");
	if (key.size > CAPSA_KEY_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "a key of %zu bytes is over the limit", key.size);
	if (2 * sizeof *entries + key.size > sorter->memory - used) {
		enum capsa_status status = spill(sorter, err);

		if (status != CAPSA_OK)
			return status;
	}
	sorter->keys += key.size;
	at = (uint8_t *)sorter->block + (sorter->memory - sorter->keys);
	memcpy(at, key.data, key.size);
	entries[sorter->count++] =
	    (struct entry){key_prefix(key), number, span_of(at, key.size)};
	return CAPSA_OK;
}

/* Read more of the run into the buffer. */
static enum capsa_status stream_fill(struct stream *stream, struct temporary *file,
                                     struct capsa_error *err)
{
	size_t kept = stream->unread.size;
	size_t size = stream->capacity - kept;
	enum capsa_status status;

	if (size > stream->rest.size)
		size = (size_t)stream->rest.size;
	memmove(stream->buffer, stream->unread.data, kept);
	status = capsa_temporary_read(file, stream->rest.offset, stream->buffer + kept, size, err);
	if (status != CAPSA_OK)
		return status;
	stream->unread = span_of(stream->buffer, kept + size);
	stream->rest.offset += size;
	stream->rest.size -= size;
	return CAPSA_OK;
}

/* Go to the next record.  CAPSA_ENOENT: there is none. */
static enum capsa_status stream_next(struct stream *stream, struct temporary *file,
                                     struct capsa_error *err)
{
	enum capsa_status status;
	struct cursor c;
	uint64_t size;

	if (stream->unread.size < RECORD_MAX && stream->rest.size > 0) {
		status = stream_fill(stream, file, err);
		if (status != CAPSA_OK)
			return status;
	}
	if (stream->unread.size == 0)
		return CAPSA_ENOENT;
	c = cursor_of(stream->unread);
	size = cursor_varint(&c);
	stream->number = cursor_varint(&c);
	stream->key = span_of(cursor_take(&c, size), (size_t)size);
	if (c.failed)
		return capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET,
		                  "a temporary file does not hold what was written to it");
	stream->unread = span_of(c.at, cursor_left(&c));
	return CAPSA_OK;
}

static bool stream_before(const struct stream *a, const struct stream *b)
{
	return record_compare(a->key, a->number, b->key, b->number) < 0;
}

/* Restore the heap where only the stream at `i` may be greater than those below it. */
static void heap_sift(struct sorter *sorter, size_t i)
{
	struct stream **heap = sorter->heap;

	for (;;) {
		size_t least = i;
		struct stream *moved = heap[i];

		for (size_t below = 2 * i + 1; below <= 2 * i + 2; below++) {
			if (below < sorter->heap_size && stream_before(heap[below], heap[least]))
				least = below;
		}
		if (least == i)
			return;
		heap[i] = heap[least];
		heap[least] = moved;
		i = least;
	}
}

/* Begin to merge the `count` oldest runs, which share the block for their buffers. */
static enum capsa_status merge_begin(struct sorter *sorter, size_t count, struct capsa_error *err)
{
	size_t capacity = sorter->memory / count;

	sorter->heap_size = 0;
	for (size_t i = 0; i < count; i++) {
		struct stream *stream = &sorter->streams[i];
		enum capsa_status status;

		*stream = (struct stream){
		    .buffer = (uint8_t *)sorter->block + i * capacity,
		    .capacity = capacity,
		    .unread = span_of(NULL, 0),
		};
		memcpy(&stream->rest,
		       sorter->runs.data + (sorter->merged + i) * sizeof(struct run),
		       sizeof(struct run));
		status = stream_next(stream, sorter->file, err);
		if (status != CAPSA_OK)
			return status;
		sorter->heap[sorter->heap_size++] = stream;
	}
	sorter->merged += count;
	for (size_t i = count / 2; i-- > 0;)
		heap_sift(sorter, i);
	return CAPSA_OK;
}

/* Leave the least record for the next one. */
static enum capsa_status merge_next(struct sorter *sorter, struct capsa_error *err)
{
	enum capsa_status status = stream_next(sorter->heap[0], sorter->file, err);

	if (status == CAPSA_ENOENT)
		sorter->heap[0] = sorter->heap[--sorter->heap_size];
	else if (status != CAPSA_OK)
		return status;
	if (sorter->heap_size > 0)
		heap_sift(sorter, 0);
	return CAPSA_OK;
}

/* Merge the `count` oldest runs into a new one. */
static enum capsa_status merge_runs(struct sorter *sorter, size_t count, struct capsa_error *err)
{
	uint64_t offset = capsa_temporary_size(sorter->file);
	enum capsa_status status = merge_begin(sorter, count, err);

	while (status == CAPSA_OK && sorter->heap_size > 0) {
		status = record_write(sorter, sorter->heap[0]->key, sorter->heap[0]->number, err);
		if (status == CAPSA_OK)
			status = merge_next(sorter, err);
	}
	return status == CAPSA_OK ? run_end(sorter, offset, err) : status;
}

enum capsa_status capsa_sorter_finish(struct sorter *sorter, struct capsa_error *err)
{
	size_t fan = sorter->memory / RUN_BUFFER_MIN;
	enum capsa_status status = CAPSA_OK;

	if (fan > FAN_MAX)
		fan = FAN_MAX;
	if (sorter->file == NULL)
		entries_sort(sorter);
	else if (sorter->count > 0)
		status = spill(sorter, err);
	/* No more than are too many are merged twice. */
	while (status == CAPSA_OK && runs_left(sorter) > fan) {
		size_t surplus = runs_left(sorter) - fan + 1;

		status = merge_runs(sorter, surplus < fan ? surplus : fan, err);
	}
	if (status == CAPSA_OK && sorter->file != NULL)
		status = merge_begin(sorter, runs_left(sorter), err);
	sorter->finished = status == CAPSA_OK;
	return status;
}

static enum capsa_status no_more(struct capsa_error *err)
{
	return capsa_fail(err, CAPSA_ENOENT, CAPSA_NO_OFFSET, "the end of the sorted records");
}

enum capsa_status capsa_sorter_next(struct sorter *sorter, struct span *key, uint64_t *number,
                                    struct capsa_error *err)
{
	const struct entry *entries = sorter->block;

	if (!sorter->finished)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the sorter is not finished");
	if (sorter->file == NULL) {
		if (sorter->given == sorter->count)
			return no_more(err);
		*key = entries[sorter->given].key;
		*number = entries[sorter->given++].number;
		return CAPSA_OK;
	}
	/* Only now, because the key that was given before is borrowed from the stream. */
	if (sorter->stale) {
		enum capsa_status status = merge_next(sorter, err);

		if (status != CAPSA_OK)
			return status;
	}
	sorter->stale = sorter->heap_size > 0;
	if (sorter->heap_size == 0)
		return no_more(err);
	*key = sorter->heap[0]->key;
	*number = sorter->heap[0]->number;
	return CAPSA_OK;
}
