#include "bodies.h"
#include "temporary.h"

#include <stdlib.h>

/*
 * A hash table with linear probing, at most 3/4 full, of the records in a file.  A slot is the
 * record's index plus one and, above that, the digest's last bits, so that hardly a record is
 * read in vain; 0 is a free slot.  The digest's first bits are the slot's place: a digest is as
 * random as a hash can be.
 */
#define INDEX_BITS 40
#define CHUNK 256                       /* records read at a time */

struct record {
	uint8_t digest[CAPSA_DIGEST_SIZE];
	uint64_t number;
	uint64_t path_at;               /* in the file of paths */
	uint32_t path_size;
	uint32_t links;                 /* so far */
};

struct bodies {
	struct temporary *records, *paths;
	uint64_t record_count;
	uint64_t *slots;
	size_t slot_count;              /* a power of two */
	size_t used;
	uint64_t found;                 /* index of the record found last */
	struct record last;             /* that record */
	uint8_t path[CAPSA_PATH_MAX];
};

enum capsa_status capsa_bodies_new(struct bodies **out, const char *directory,
                                   struct capsa_error *err)
{
	struct bodies *bodies = calloc(1, sizeof *bodies);
	enum capsa_status st;

	*out = NULL;
	if (bodies == NULL)
		return capsa_fail_memory(err);
	st = capsa_temporary_new(&bodies->records, directory, err);
	if (st == CAPSA_OK)
		st = capsa_temporary_new(&bodies->paths, directory, err);
	if (st == CAPSA_OK) {
		bodies->slot_count = 1024;
		bodies->slots = capsa_array_new(bodies->slot_count, sizeof *bodies->slots);
		if (bodies->slots == NULL)
			st = capsa_fail_memory(err);
	}
	if (st != CAPSA_OK) {
		capsa_bodies_free(bodies);
		return st;
	}
	*out = bodies;
	return CAPSA_OK;
}

void capsa_bodies_free(struct bodies *bodies)
{
	if (bodies == NULL)
		return;
	capsa_temporary_free(bodies->records);
	capsa_temporary_free(bodies->paths);
	free(bodies->slots);
	free(bodies);
}

static uint64_t bits_of(const uint8_t bytes[8])
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < 8; i++)
		bits |= (uint64_t)bytes[i] << (8 * i);
	return bits;
}

static uint64_t slot_of(const uint8_t digest[CAPSA_DIGEST_SIZE], uint64_t index)
{
	return (index + 1) | bits_of(digest + CAPSA_DIGEST_SIZE - 8) >> INDEX_BITS << INDEX_BITS;
}

static uint64_t index_of(uint64_t slot)
{
	return (slot & ((UINT64_C(1) << INDEX_BITS) - 1)) - 1;
}

/* The slot of this digest, whose record *record is then, or the free one where it would go. */
static enum capsa_status probe(struct bodies *bodies, const uint8_t digest[CAPSA_DIGEST_SIZE],
                               uint64_t **out, struct record *record, struct capsa_error *err)
{
	size_t i = (size_t)bits_of(digest) & (bodies->slot_count - 1);

	for (;; i = (i + 1) & (bodies->slot_count - 1)) {
		uint64_t slot = bodies->slots[i], index = index_of(slot);
		enum capsa_status st;

		*out = &bodies->slots[i];
		if (slot == 0)
			return CAPSA_OK;
		if (slot != slot_of(digest, index))
			continue;
		st = capsa_temporary_read(bodies->records, index * sizeof *record, record,
		                          sizeof *record, err);
		if (st != CAPSA_OK || memcmp(record->digest, digest, CAPSA_DIGEST_SIZE) == 0)
			return st;
	}
}

enum capsa_status capsa_bodies_find(struct bodies *bodies,
                                    const uint8_t digest[CAPSA_DIGEST_SIZE], struct body_copy *out,
                                    struct capsa_error *err)
{
	struct record *record = &bodies->last;
	uint64_t *slot;
	enum capsa_status st = probe(bodies, digest, &slot, record, err);

	if (st == CAPSA_OK && *slot == 0)
		return CAPSA_ENOENT;
	if (st == CAPSA_OK)
		st = capsa_temporary_read(bodies->paths, record->path_at, bodies->path,
		                          record->path_size, err);
	if (st != CAPSA_OK)
		return st;
	bodies->found = index_of(*slot);
	out->number = record->number;
	out->links = record->links;
	out->path = span_of(bodies->path, record->path_size);
	return CAPSA_OK;
}

enum capsa_status capsa_bodies_link(struct bodies *bodies, struct capsa_error *err)
{
	bodies->last.links++;
	return capsa_temporary_write(bodies->records, bodies->found * sizeof bodies->last,
	                             &bodies->last, sizeof bodies->last, err);
}

/* The slot of a record; that of an earlier copy becomes its own. */
static enum capsa_status enter(struct bodies *bodies, const struct record *record, uint64_t index,
                               struct capsa_error *err)
{
	struct record other;
	uint64_t *slot;
	enum capsa_status st = probe(bodies, record->digest, &slot, &other, err);

	if (st != CAPSA_OK)
		return st;
	bodies->used += *slot == 0;
	*slot = slot_of(record->digest, index);
	return CAPSA_OK;
}

/* Twice as many slots, filled from the file: there are never two tables. */
static enum capsa_status grow(struct bodies *bodies, struct capsa_error *err)
{
	size_t count = 2 * bodies->slot_count;
	uint64_t *slots = count <= SIZE_MAX / sizeof *slots
	                      ? realloc(bodies->slots, count * sizeof *slots)
	                      : NULL;
	struct record chunk[CHUNK];
	enum capsa_status st = CAPSA_OK;

	if (slots == NULL)
		return capsa_fail_memory(err);
	memset(slots, 0, count * sizeof *slots);
	bodies->slots = slots;
	bodies->slot_count = count;
	bodies->used = 0;
	for (uint64_t i = 0; st == CAPSA_OK && i < bodies->record_count; i++) {
		uint64_t left = bodies->record_count - i;

		if (i % CHUNK == 0)
			st = capsa_temporary_read(bodies->records, i * sizeof *chunk, chunk,
			                          (size_t)(left < CHUNK ? left : CHUNK) *
			                              sizeof *chunk,
			                          err);
		if (st == CAPSA_OK)
			st = enter(bodies, &chunk[i % CHUNK], i, err);
	}
	return st;
}

enum capsa_status capsa_bodies_add(struct bodies *bodies, const uint8_t digest[CAPSA_DIGEST_SIZE],
                                   uint64_t number, struct span path, struct capsa_error *err)
{
	struct record record = {.number = number, .path_size = (uint32_t)path.size};
	enum capsa_status st = CAPSA_OK;

	if (bodies->used >= bodies->slot_count / 4 * 3)
		st = grow(bodies, err);
	memcpy(record.digest, digest, CAPSA_DIGEST_SIZE);
	if (st == CAPSA_OK)
		st = capsa_temporary_append(bodies->paths, path, &record.path_at, err);
	if (st == CAPSA_OK)
		st = capsa_temporary_append(bodies->records, span_of(&record, sizeof record), NULL,
		                            err);
	return st == CAPSA_OK ? enter(bodies, &record, bodies->record_count++, err) : st;
}
