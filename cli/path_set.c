/*
 * Two paths of equal digest would be taken for one; that takes 10^18 paths.  The digest is keyed at
 * random, lest somebody choose paths that make the table slow.
 */
#include "path_set.h"

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

void import_paths_add(struct path_set *set, const char *path, size_t size)
{
	struct path_digest *slot, digest;

	if (set->count >= set->capacity / 4 * 3 && !grow(set)) {
		set->failed = true;
		return;
	}
	digest = import_paths_digest(set, path, size);
	slot = slot_of(set->slots, set->capacity, digest);
	set->count += slot->half[0] == 0;
	*slot = digest;
}

bool import_paths_has(const struct path_set *set, const char *path, size_t size)
{
	return set->capacity != 0 &&
	       slot_of(set->slots, set->capacity, import_paths_digest(set, path, size))->half[0] != 0;
}

void import_paths_add_above(struct path_set *set, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
		import_paths_add(set, path, (size_t)(slash - path));
}

bool import_paths_has_above(const struct path_set *set, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
		if (import_paths_has(set, path, (size_t)(slash - path)))
			return true;
	return false;
}

void import_paths_release(struct path_set *set)
{
	free(set->slots);
	*set = (struct path_set){0};
}
