/* A source with other bytes in some places. */
#include "overlay.h"

#include "cursor.h"
#include "source.h"
#include "temporary.h"

#include <errno.h>
#include <stdlib.h>

struct patch {
	uint64_t offset, size;
	uint64_t at;                    /* in the temporary file */
};

struct overlay {
	struct capsa_source base;
	uint64_t size;
	struct temporary *bytes;        /* owned */
	struct patch *patches;          /* owned, ascending */
	size_t count, capacity;
};

enum capsa_status capsa_overlay_new(struct overlay **out, const struct capsa_source *base,
                                    uint64_t size, const char *temporary_directory,
                                    struct capsa_error *err)
{
	struct overlay *overlay = capsa_array_new(1, sizeof *overlay);
	enum capsa_status st;

	*out = NULL;
	if (overlay == NULL)
		return capsa_fail_memory(err);
	overlay->base = *base;
	overlay->size = size;
	st = capsa_temporary_new(&overlay->bytes, temporary_directory, err);
	if (st != CAPSA_OK) {
		capsa_overlay_free(overlay);
		return st;
	}
	*out = overlay;
	return CAPSA_OK;
}

void capsa_overlay_free(struct overlay *overlay)
{
	if (overlay == NULL)
		return;
	capsa_temporary_free(overlay->bytes);
	free(overlay->patches);
	free(overlay);
}

/* The first patch that ends behind `offset`. */
static size_t patch_behind(const struct overlay *overlay, uint64_t offset)
{
	size_t low = 0, high = overlay->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (overlay->patches[middle].offset + overlay->patches[middle].size > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

enum capsa_status capsa_overlay_put(struct overlay *overlay, uint64_t offset, struct span bytes,
                                    struct capsa_error *err)
{
	size_t i = patch_behind(overlay, offset);
	uint64_t at;
	enum capsa_status st;

	if (overlay->count == overlay->capacity) {
		size_t capacity = overlay->capacity != 0 ? 2 * overlay->capacity : 64;
		struct patch *grown = capacity <= SIZE_MAX / sizeof *grown
		                          ? realloc(overlay->patches, capacity * sizeof *grown)
		                          : NULL;

		if (grown == NULL)
			return capsa_fail_memory(err);
		overlay->patches = grown;
		overlay->capacity = capacity;
	}
	st = capsa_temporary_append(overlay->bytes, bytes, &at, err);
	if (st != CAPSA_OK)
		return st;
	memmove(&overlay->patches[i + 1], &overlay->patches[i],
	        (overlay->count - i) * sizeof *overlay->patches);
	overlay->patches[i] = (struct patch){offset, bytes.size, at};
	overlay->count++;
	return CAPSA_OK;
}

/* Bytes of the base, up to its end.  0 or an errno value. */
static int read_base(const struct overlay *overlay, uint64_t offset, uint8_t *out, size_t size)
{
	if (!extent_inside(offset, size, overlay->base.size))
		return CAPSA_SOURCE_SHORT;
	return overlay->base.read_at(overlay->base.ctx, offset, out, size);
}

static int overlay_read_at(void *ctx, uint64_t offset, void *buf, size_t size)
{
	const struct overlay *overlay = ctx;
	uint8_t *out = buf;

	for (size_t i = patch_behind(overlay, offset); size != 0;) {
		const struct patch *patch = i < overlay->count ? &overlay->patches[i] : NULL;
		bool inside = patch != NULL && patch->offset <= offset;
		uint64_t end = patch == NULL ? UINT64_MAX
		               : inside     ? patch->offset + patch->size
		                            : patch->offset;
		size_t step = end - offset < size ? (size_t)(end - offset) : size;
		struct capsa_error err = {0};
		int sys = 0;

		if (!inside)
			sys = read_base(overlay, offset, out, step);
		else if (capsa_temporary_read(overlay->bytes, patch->at + (offset - patch->offset),
		                              out, step, &err) != CAPSA_OK)
			sys = err.sys != 0 ? err.sys : EIO;
		if (sys != 0)
			return sys;
		i += inside;
		offset += step;
		out += step;
		size -= step;
	}
	return 0;
}

struct capsa_source capsa_overlay_source(struct overlay *overlay)
{
	return (struct capsa_source){overlay_read_at, overlay->size, overlay};
}
