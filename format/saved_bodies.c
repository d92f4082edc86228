/*
 * Where bodies lie: frames in the order of the file, and by the path of their article those bodies
 * that links may lead to.
 */
#include "saved_bodies.h"

#include "digest.h"

#include <stdlib.h>

/* A frame that was found; its raw bytes begin at `raw` of all that were found. */
struct part {
	uint64_t offset;
	uint64_t raw;
	uint32_t stored_size;
	uint32_t raw_size;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	bool checked;
};

/* A slot of the table; place.at 0: it is free, for a header stands before each body. */
struct named {
	uint8_t digest[16];             /* of the path */
	struct body_place place;
};

struct saved_bodies {
	struct frame_scan *scan;        /* borrowed */
	struct buffer parts;            /* array of struct part */
	struct named *table;            /* owned, open addressing */
	size_t count, capacity;
	struct buffer raw;              /* of one frame ... */
	size_t loaded;                  /* ... which is this part, from 1; 0: none */
};

enum capsa_status capsa_saved_bodies_new(struct saved_bodies **out, struct frame_scan *scan,
                                         struct capsa_error *err)
{
	*out = capsa_array_new(1, sizeof **out);
	if (*out == NULL)
		return capsa_fail_memory(err);
	(*out)->scan = scan;
	return CAPSA_OK;
}

void capsa_saved_bodies_free(struct saved_bodies *bodies)
{
	if (bodies == NULL)
		return;
	capsa_buffer_release(&bodies->parts);
	capsa_buffer_release(&bodies->raw);
	free(bodies->table);
	free(bodies);
}

/* ---- frames ---- */

static const struct part *part_of(const struct saved_bodies *bodies, size_t number)
{
	return (const struct part *)(const void *)bodies->parts.data + number;
}

enum capsa_status capsa_saved_bodies_frame(struct saved_bodies *bodies,
                                           const struct found_frame *frame, size_t *number,
                                           struct capsa_error *err)
{
	size_t count = bodies->parts.size / sizeof(struct part);
	const struct part *last = count != 0 ? part_of(bodies, count - 1) : NULL;
	struct part part = {.offset = frame->offset,
	                    .raw = last != NULL ? last->raw + last->raw_size : 0,
	                    .stored_size = frame->stored_size,
	                    .raw_size = (uint32_t)frame->raw.size,
	                    .checked = frame->checked};

	memcpy(part.digest, frame->digest, sizeof part.digest);
	capsa_buffer_append(&bodies->parts, &part, sizeof part);
	*number = count;
	return bodies->parts.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

/* The part with byte `raw` of all, which is at or behind part `from`. */
static size_t part_at(const struct saved_bodies *bodies, size_t from, uint64_t raw)
{
	size_t low = from, high = bodies->parts.size / sizeof(struct part);

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (part_of(bodies, middle)->raw <= raw)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static enum capsa_status load(struct saved_bodies *bodies, size_t number, struct capsa_error *err)
{
	const struct part *part = part_of(bodies, number);
	enum capsa_status st;

	if (bodies->loaded == number + 1)
		return CAPSA_OK;
	bodies->loaded = 0;
	st = capsa_frame_scan_load(bodies->scan, part->offset, part->stored_size, part->digest,
	                           &bodies->raw, err);
	if (st == CAPSA_OK)
		bodies->loaded = number + 1;
	return st;
}

enum capsa_status capsa_saved_bodies_read(struct saved_bodies *bodies,
                                          const struct body_place *place, uint64_t offset,
                                          void *buf, size_t size, struct capsa_error *err)
{
	uint64_t raw = part_of(bodies, place->frame)->raw + place->at + offset;
	uint8_t *out = buf;

	while (size != 0) {
		size_t number = part_at(bodies, place->frame, raw);
		size_t at = (size_t)(raw - part_of(bodies, number)->raw), step;
		enum capsa_status st = load(bodies, number, err);

		if (st != CAPSA_OK)
			return st;
		if (at >= bodies->raw.size)
			return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "the body is cut off");
		step = bodies->raw.size - at < size ? bodies->raw.size - at : size;
		memcpy(out, bodies->raw.data + at, step);
		out += step;
		raw += step;
		size -= step;
	}
	return CAPSA_OK;
}

bool capsa_saved_bodies_checked(const struct saved_bodies *bodies, const struct body_place *place)
{
	uint64_t end = part_of(bodies, place->frame)->raw + place->at + place->size;
	size_t count = bodies->parts.size / sizeof(struct part);

	for (size_t i = place->frame; i < count && (i == place->frame || part_of(bodies, i)->raw < end);
	     i++)
		if (!part_of(bodies, i)->checked)
			return false;
	return true;
}

/* ---- names ---- */

/* The slot of a path, or the free one where it belongs. */
static struct named *slot_of(const struct saved_bodies *bodies, const uint8_t digest[16])
{
	size_t at = 0;

	memcpy(&at, digest, sizeof at);
	for (at &= bodies->capacity - 1;; at = (at + 1) & (bodies->capacity - 1)) {
		struct named *slot = &bodies->table[at];

		if (slot->place.at == 0 || memcmp(slot->digest, digest, sizeof slot->digest) == 0)
			return slot;
	}
}

static bool grow(struct saved_bodies *bodies)
{
	struct saved_bodies larger = *bodies;

	larger.capacity = bodies->capacity != 0 ? 2 * bodies->capacity : 1024;
	larger.table = capsa_array_new(larger.capacity, sizeof *larger.table);
	if (larger.table == NULL)
		return false;
	for (size_t i = 0; i < bodies->capacity; i++)
		if (bodies->table[i].place.at != 0)
			*slot_of(&larger, bodies->table[i].digest) = bodies->table[i];
	free(bodies->table);
	*bodies = larger;
	return true;
}

enum capsa_status capsa_saved_bodies_name(struct saved_bodies *bodies, struct span path,
                                          const struct body_place *place, struct capsa_error *err)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct named *slot;

	if (bodies->count >= bodies->capacity / 2 && !grow(bodies))
		return capsa_fail_memory(err);
	capsa_digest(digest, path);
	slot = slot_of(bodies, digest);
	/* Of a path that comes twice tar takes the last. */
	bodies->count += slot->place.at == 0;
	memcpy(slot->digest, digest, sizeof slot->digest);
	slot->place = *place;
	return CAPSA_OK;
}

bool capsa_saved_bodies_find(const struct saved_bodies *bodies, struct span path,
                             struct body_place *place)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	const struct named *slot;

	if (bodies->count == 0)
		return false;
	capsa_digest(digest, path);
	slot = slot_of(bodies, digest);
	*place = slot->place;
	return slot->place.at != 0;
}
