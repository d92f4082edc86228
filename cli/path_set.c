/*
 * Two paths of equal digest would be taken for one; that takes 10^18 paths.  The digest is keyed at
 * random, lest somebody choose paths that make the table slow.
 */
#include "path_set.h"

#include "layout.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 1024

struct path_digest import_paths_digest(const struct path_set *set, const char *path, size_t size)
{
	struct path_digest digest;

	crypto_generichash((unsigned char *)digest.half, sizeof digest.half,
	                   (const unsigned char *)path, size, set->key, sizeof set->key);
	digest.half[0] |= 1;
	return digest;
}

/* Where the digest is, or the free slot where it belongs. */
static struct path_digest *slot_of(struct path_digest *slots, size_t capacity,
                                   struct path_digest digest)
{
	size_t i = digest.half[1] & (capacity - 1);

	while (slots[i].half[0] != 0 &&
	       (slots[i].half[0] != digest.half[0] || slots[i].half[1] != digest.half[1]))
		i = (i + 1) & (capacity - 1);
	return &slots[i];
}

static bool grow(struct path_set *set)
{
	size_t capacity = set->capacity != 0 ? 2 * set->capacity : CAPACITY_MIN;
	struct path_digest *slots = calloc(capacity, sizeof *slots);

	if (slots == NULL)
		return false;
	if (set->capacity == 0)
		randombytes_buf(set->key, sizeof set->key);
	for (size_t i = 0; i < set->capacity; i++)
		if (set->slots[i].half[0] != 0)
			*slot_of(slots, capacity, set->slots[i]) = set->slots[i];
	free(set->slots);
	set->slots = slots;
	set->capacity = capacity;
	return true;
}

static void add(struct path_set *set, struct path_digest digest)
{
	struct path_digest *slot = slot_of(set->slots, set->capacity, digest);

	set->count += slot->half[0] == 0;
	*slot = digest;
}

/* Room for one more. */
static bool reserve(struct path_set *set)
{
	if (set->count >= set->capacity / 4 * 3 && !grow(set))
		set->failed = true;
	return !set->failed;
}

void import_paths_add(struct path_set *set, const char *path, size_t size)
{
	if (reserve(set))
		add(set, import_paths_digest(set, path, size));
}

static bool has(const struct path_set *set, struct path_digest digest)
{
	return slot_of(set->slots, set->capacity, digest)->half[0] != 0;
}

bool import_paths_has(const struct path_set *set, const char *path, size_t size)
{
	return set->capacity != 0 && has(set, import_paths_digest(set, path, size));
}

/* ---- directories ---- */

/* One directory of a path after another. */
struct above {
	crypto_generichash_state state; /* of what is before `at`, so that it is hashed once */
	const char *at;
};

/* False: there are none, or no article can have the path; a long one could keep us for hours. */
static bool begin_above(struct above *above, const struct path_set *set, const char *path)
{
	above->at = path;
	crypto_generichash_init(&above->state, set->key, sizeof set->key,
	                        sizeof(struct path_digest));
	return strnlen(path, CAPSA_PATH_MAX + 1) <= CAPSA_PATH_MAX;
}

/* The digest that import_paths_digest has.  False: there are no more. */
static bool next_above(struct above *above, struct path_digest *digest)
{
	const char *slash = *above->at != '\0' ? strchr(above->at + 1, '/') : NULL;
	crypto_generichash_state state;

	if (slash == NULL)
		return false;
	crypto_generichash_update(&above->state, (const unsigned char *)above->at,
	                          (size_t)(slash - above->at));
	state = above->state;
	crypto_generichash_final(&state, (unsigned char *)digest->half, sizeof digest->half);
	digest->half[0] |= 1;
	above->at = slash;
	return true;
}

void import_paths_add_above(struct path_set *set, const char *path)
{
	struct path_digest digest;
	struct above above;

	if (!reserve(set) || !begin_above(&above, set, path))
		return;
	while (next_above(&above, &digest) && reserve(set))
		add(set, digest);
}

bool import_paths_has_above(const struct path_set *set, const char *path)
{
	struct path_digest digest;
	struct above above;

	if (set->capacity == 0 || !begin_above(&above, set, path))
		return false;
	while (next_above(&above, &digest))
		if (has(set, digest))
			return true;
	return false;
}

void import_paths_release(struct path_set *set)
{
	free(set->slots);
	*set = (struct path_set){0};
}
