#include "bodies.h"
#include "temporary.h"

#include <stdlib.h>

/*
 * A hash table with linear probing, at most 3/4 full.  `tag` is the beginning of the digest,
 * which is as random as a hash can be; `place` is the record's offset plus one, times 1,024,
 * plus the links so far.  So a free slot has place 0, and the full digest is compared in the
 * record.
 */
struct slot {
	uint64_t tag;
	uint64_t place;
};

#define LINK_BITS 10

_Static_assert(CAPSA_LINKS_MAX < 1 << LINK_BITS, "the links of a body fit their bits");

struct record {
	uint8_t digest[CAPSA_DIGEST_SIZE];
	uint64_t number;
	uint64_t path_size;
};

struct bodies {
	struct temporary *file;
	struct slot *slots;
	size_t slot_count;              /* a power of two */
	size_t used;
	struct slot *found;             /* the slot found last */
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
	st = capsa_temporary_new(&bodies->file, directory, err);
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
	capsa_temporary_free(bodies->file);
	free(bodies->slots);
	free(bodies);
}

static uint64_t tag_of(const uint8_t digest[CAPSA_DIGEST_SIZE])
{
	uint64_t tag = 0;

	for (unsigned i = 0; i < 8; i++)
		tag |= (uint64_t)digest[i] << (8 * i);
	return tag;
}

static enum capsa_status read_record(struct bodies *bodies, const struct slot *slot,
                                     struct record *record, struct capsa_error *err)
{
	uint64_t offset = (slot->place >> LINK_BITS) - 1;
	enum capsa_status st =
	    capsa_temporary_read(bodies->file, offset, record, sizeof *record, err);

	if (st == CAPSA_OK)
		st = capsa_temporary_read(bodies->file, offset + sizeof *record, bodies->path,
		                          (size_t)record->path_size, err);
	return st;
}

/* The slot of this digest, or the free one where it would go. */
static enum capsa_status probe(struct bodies *bodies, const uint8_t digest[CAPSA_DIGEST_SIZE],
                               struct slot **out, struct record *record, struct capsa_error *err)
{
	uint64_t tag = tag_of(digest);
	size_t i = (size_t)tag & (bodies->slot_count - 1);

	for (;; i = (i + 1) & (bodies->slot_count - 1)) {
		struct slot *slot = &bodies->slots[i];

		*out = slot;
		if (slot->place == 0)
			return CAPSA_OK;
		if (slot->tag == tag) {
			enum capsa_status st = read_record(bodies, slot, record, err);

			if (st != CAPSA_OK ||
			    memcmp(record->digest, digest, CAPSA_DIGEST_SIZE) == 0)
				return st;
		}
	}
}

enum capsa_status capsa_bodies_find(struct bodies *bodies,
                                    const uint8_t digest[CAPSA_DIGEST_SIZE], struct body_copy *out,
                                    struct capsa_error *err)
{
	struct record record;
	struct slot *slot;
	enum capsa_status st = probe(bodies, digest, &slot, &record, err);

	if (st != CAPSA_OK)
		return st;
	if (slot->place == 0)
		return CAPSA_ENOENT;
	bodies->found = slot;
	out->number = record.number;
	out->links = slot->place & ((1U << LINK_BITS) - 1);
	out->path = span_of(bodies->path, (size_t)record.path_size);
	return CAPSA_OK;
}

void capsa_bodies_link(struct bodies *bodies)
{
	bodies->found->place++;
}

static enum capsa_status grow(struct bodies *bodies, struct capsa_error *err)
{
	size_t count = 2 * bodies->slot_count;
	struct slot *slots = capsa_array_new(count, sizeof *slots);

	if (slots == NULL)
		return capsa_fail_memory(err);
	for (size_t i = 0; i < bodies->slot_count; i++) {
		const struct slot *slot = &bodies->slots[i];
		size_t k = (size_t)slot->tag & (count - 1);

		if (slot->place == 0)
			continue;
		while (slots[k].place != 0)
			k = (k + 1) & (count - 1);
		slots[k] = *slot;
	}
	free(bodies->slots);
	bodies->slots = slots;
	bodies->slot_count = count;
	return CAPSA_OK;
}

enum capsa_status capsa_bodies_add(struct bodies *bodies, const uint8_t digest[CAPSA_DIGEST_SIZE],
                                   uint64_t number, struct span path, struct capsa_error *err)
{
	struct record record = {.number = number, .path_size = path.size}, other;
	struct slot *slot;
	uint64_t offset;
	enum capsa_status st = CAPSA_OK;

	if (bodies->used >= bodies->slot_count / 4 * 3)
		st = grow(bodies, err);
	if (st == CAPSA_OK)
		st = probe(bodies, digest, &slot, &other, err);
	memcpy(record.digest, digest, CAPSA_DIGEST_SIZE);
	if (st == CAPSA_OK)
		st = capsa_temporary_append(bodies->file, span_of(&record, sizeof record), &offset,
		                            err);
	if (st == CAPSA_OK)
		st = capsa_temporary_append(bodies->file, path, NULL, err);
	if (st != CAPSA_OK)
		return st;
	if (slot->place == 0)
		bodies->used++;
	*slot = (struct slot){tag_of(digest), (offset + 1) << LINK_BITS};
	return CAPSA_OK;
}
