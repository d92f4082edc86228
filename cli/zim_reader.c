/*
 * Header, media types and directory entries of a ZIM file.  All integers are little-endian.
 *
 *	header: magic, version, UUID, counts, positions (80 bytes; very old ones 72, without MD5)
 *	media types: texts that end with NUL, after the last an empty one
 *	pointers to entries, 8 bytes each, by namespace and path; pointers to clusters
 *	MD5 of all before it, at the very end
 *
 * All but the header may be anywhere.
 */
#include "zim_reader.h"

#include "cli.h"
#include "digests.h"

#include "base.h"
#include "cursor.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_SIZE 80U
#define OLD_HEADER_SIZE 72U
#define MD5_SIZE 16
#define TYPES_SIZE_MAX (4U << 20) /* bytes of all media types */
#define TYPES_MAX 0xfffdU /* indices from here are redirects and the like */
#define TYPE_DELETED 0xfffdU
#define TYPE_LINK_TARGET 0xfffeU
#define TYPE_REDIRECT 0xffffU

static bool fail(struct capsa_error *err, uint64_t offset, const char *text)
{
	capsa_fail(err, CAPSA_ECORRUPT, offset, "%s", text);
	return false;
}

static bool no_memory(struct capsa_error *err)
{
	cli_lack_memory();
	capsa_fail_memory(err);
	return false;
}

static bool fetch(const struct zim *zim, uint64_t offset, void *buf, size_t size,
                  struct capsa_error *err)
{
	return capsa_source_read(&zim->source, offset, buf, size, err) == CAPSA_OK;
}

/* ---- header ---- */

struct header {
	uint64_t paths_at, titles_at, clusters_at, types_at, md5_at;
};

static bool check_version(const struct zim *zim, struct capsa_error *err)
{
	if (zim->major == 5 || zim->major == 6)
		return true;
	capsa_fail(err, CAPSA_EUNSUPPORTED, 4, "is of version %u.%u; ZIM 5 and 6 can be read",
	           zim->major, zim->minor);
	return false;
}

/* Is the file as long as it says? */
static bool check_size(struct zim *zim, const struct header *header, struct capsa_error *err)
{
	uint64_t size = zim->source.size;

	zim->has_md5 = header->types_at >= HEADER_SIZE;
	zim->end = size;
	if (!zim->has_md5)
		return header->types_at == OLD_HEADER_SIZE ||
		       fail(err, 56, "its header is damaged");
	if (header->md5_at == size - MD5_SIZE && header->md5_at >= HEADER_SIZE) {
		zim->end = header->md5_at;
		return true;
	}
	if (header->md5_at > size)
		capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		           "is cut off or lacks parts: its MD5 should be at %" PRIu64
		           ", and it ends at %" PRIu64,
		           header->md5_at, size);
	else
		fail(err, 72, "its header says another size than the file has");
	return false;
}

static bool read_header(struct zim *zim, struct header *header, struct capsa_error *err)
{
	uint8_t bytes[HEADER_SIZE];
	struct cursor c = cursor_of(span_of(bytes, sizeof bytes));
	size_t size = zim->source.size < HEADER_SIZE ? (size_t)zim->source.size : HEADER_SIZE;

	if (!fetch(zim, 0, bytes, size, err))
		return false;
	if (!zim_begins((struct capsa_text){(const char *)bytes, size}))
		return fail(err, 0, "is no ZIM file");
	if (size < HEADER_SIZE)
		return fail(err, CAPSA_NO_OFFSET, "is cut off in its header");
	cursor_take(&c, 4);
	zim->major = cursor_u16(&c);
	zim->minor = cursor_u16(&c);
	memcpy(zim->uuid, cursor_take(&c, ZIM_UUID_SIZE), ZIM_UUID_SIZE);
	zim->entry_count = cursor_u32(&c);
	zim->cluster_count = cursor_u32(&c);
	header->paths_at = cursor_u64(&c);
	header->titles_at = cursor_u64(&c);
	header->clusters_at = cursor_u64(&c);
	header->types_at = cursor_u64(&c);
	zim->main_page = cursor_u32(&c);
	cursor_u32(&c); /* layout page, of no use any more */
	header->md5_at = cursor_u64(&c);
	zim->one_namespace = zim->major > 5 && zim->minor > 0;
	zim->paths_at = header->paths_at;
	zim->clusters_at = header->clusters_at;
	if (!check_version(zim, err) || !check_size(zim, header, err))
		return false;
	if (zim->main_page >= zim->entry_count)
		zim->main_page = ZIM_NONE;
	if (!extent_inside(header->paths_at, 8 * (uint64_t)zim->entry_count, zim->end))
		return fail(err, 24, "its header counts more entries than the file has room for");
	if (!extent_inside(header->clusters_at, 8 * (uint64_t)zim->cluster_count, zim->end))
		return fail(err, 28, "its header counts more clusters than the file has room for");
	return true;
}

/* ---- media types ---- */

/* Bytes of the list up to the empty text at its end; 0: it is not in these. */
static size_t list_size(const char *list, size_t size)
{
	for (size_t at = 0; at < size;) {
		const char *end = memchr(list + at, '\0', size - at);

		if (end == NULL)
			return 0;
		if (end == list + at)
			return at + 1;
		at = (size_t)(end - list) + 1;
	}
	return 0;
}

/* The list has a known end in `size` bytes. */
static bool index_types(struct zim *zim, size_t size, struct capsa_error *err)
{
	size_t count = 0;

	for (size_t at = 0; at + 1 < size; at += strlen(zim->types + at) + 1)
		count++;
	if (count > TYPES_MAX)
		return fail(err, CAPSA_NO_OFFSET, "has too many media types");
	zim->type_at = capsa_array_new(count, sizeof *zim->type_at);
	if (zim->type_at == NULL)
		return no_memory(err);
	for (size_t at = 0; at + 1 < size; at += strlen(zim->types + at) + 1)
		zim->type_at[zim->type_count++] = (uint32_t)at;
	return true;
}

static bool read_types(struct zim *zim, uint64_t at, struct capsa_error *err)
{
	uint64_t left = at < zim->end ? zim->end - at : 0;
	size_t size = 4096, found = 0;

	for (;; size *= 4) {
		size_t piece = left < size ? (size_t)left : size;
		char *types = realloc(zim->types, piece + 1);

		if (types == NULL)
			return no_memory(err);
		zim->types = types;
		if (piece != 0 && !fetch(zim, at, types, piece, err))
			return false;
		found = list_size(types, piece);
		if (found != 0)
			return index_types(zim, found, err);
		if (piece == left || size >= TYPES_SIZE_MAX)
			return fail(err, at, "its list of media types has no end");
	}
}

/* ---- clusters ---- */

static int compare_offsets(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool read_cluster_pointers(struct zim *zim, struct capsa_error *err)
{
	uint8_t piece[8 * 512];

	while (zim->bound_count < zim->cluster_count) {
		size_t left = zim->cluster_count - zim->bound_count;
		size_t size = 8 * (left < 512 ? left : 512);
		struct cursor c = cursor_of(span_of(piece, size));

		if (!fetch(zim, zim->clusters_at + 8 * (uint64_t)zim->bound_count, piece, size,
		           err))
			return false;
		while (cursor_left(&c) != 0)
			zim->bounds[zim->bound_count++] = cursor_u64(&c);
	}
	return true;
}

/* Clusters do not say how long they are: no longer than up to the next thing. */
static bool read_bounds(struct zim *zim, const struct header *header, struct capsa_error *err)
{
	const uint64_t others[] = {zim->paths_at, header->titles_at, zim->clusters_at,
	                           header->types_at};
	size_t count = sizeof others / sizeof *others;

	zim->bounds = capsa_array_new(zim->cluster_count + count, sizeof *zim->bounds);
	if (zim->bounds == NULL)
		return no_memory(err);
	if (!read_cluster_pointers(zim, err))
		return false;
	memcpy(zim->bounds + zim->bound_count, others, sizeof others);
	zim->bound_count += count;
	qsort(zim->bounds, zim->bound_count, sizeof *zim->bounds, compare_offsets);
	return true;
}

bool zim_cluster_at(const struct zim *zim, uint32_t number, uint64_t *offset,
                    struct capsa_error *err)
{
	uint8_t pointer[8];
	struct cursor c = cursor_of(span_of(pointer, sizeof pointer));

	if (!fetch(zim, zim->clusters_at + 8 * (uint64_t)number, pointer, sizeof pointer, err))
		return false;
	*offset = cursor_u64(&c);
	return true;
}

uint64_t zim_bound(const struct zim *zim, uint64_t offset)
{
	size_t low = 0, high = zim->bound_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (zim->bounds[middle] > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low < zim->bound_count && zim->bounds[low] < zim->end ? zim->bounds[low] : zim->end;
}

bool zim_open(struct zim *zim, const struct capsa_source *source, struct capsa_error *err)
{
	struct header header;

	*zim = (struct zim){.source = *source};
	return read_header(zim, &header, err) && read_types(zim, header.types_at, err) &&
	       read_bounds(zim, &header, err);
}

void zim_close(struct zim *zim)
{
	free(zim->types);
	free(zim->type_at);
	free(zim->bounds);
	*zim = (struct zim){0};
}

/* ---- MD5 ---- */

/* Of all before it. */
static bool compute_md5(const struct zim *zim, struct import_digest *out, struct capsa_error *err)
{
	struct import_hash *hash = import_hash_new(IMPORT_MD5);
	char piece[64U << 10];
	bool good = hash != NULL;

	if (!good)
		capsa_fail_memory(err);
	cli_progress_start("check", zim->end);
	for (uint64_t at = 0; good && at < zim->end; at += sizeof piece) {
		uint64_t left = zim->end - at;
		size_t size = left < sizeof piece ? (size_t)left : sizeof piece;

		good = cli_signal == 0 && fetch(zim, at, piece, size, err);
		if (good)
			import_hash_put(hash, (struct capsa_text){piece, size});
		cli_progress_step(0, at);
	}
	cli_progress_end();
	if (good)
		import_hash_end(hash, out);
	import_hash_free(hash);
	return good;
}

bool zim_check_md5(const struct zim *zim, struct capsa_error *err)
{
	struct import_digest digest;
	uint8_t expected[MD5_SIZE];

	*err = (struct capsa_error){.text = "interrupted"};
	if (!zim->has_md5)
		return true;
	if (!fetch(zim, zim->end, expected, sizeof expected, err) ||
	    !compute_md5(zim, &digest, err))
		return false;
	return memcmp(digest.bytes, expected, sizeof expected) == 0 ||
	       fail(err, zim->end, "is damaged: its MD5 is another than it says");
}

/* ---- entries ---- */

/* A text that ends with NUL, without it.  False: its end is not in these bytes. */
static bool take_text(struct cursor *c, struct capsa_text *text)
{
	const uint8_t *end = memchr(c->at, '\0', cursor_left(c));

	if (end == NULL)
		return false;
	*text = (struct capsa_text){(const char *)c->at, (size_t)(end - c->at)};
	c->at = end + 1;
	return true;
}

enum parsed { PARSED, CUT_OFF, WRONG };

/* What the number of the type says, and the numbers that then follow. */
static enum parsed parse_kind(const struct zim *zim, struct zim_entry *entry, unsigned type,
                              struct cursor *c, struct capsa_error *err)
{
	entry->type = (struct capsa_text){"", 0};
	if (type == TYPE_LINK_TARGET || type == TYPE_DELETED) {
		entry->kind = type == TYPE_DELETED ? ZIM_DELETED : ZIM_LINK_TARGET;
	} else if (type == TYPE_REDIRECT) {
		entry->kind = ZIM_REDIRECT;
		entry->target = cursor_u32(c);
		if (!c->failed && entry->target >= zim->entry_count) {
			capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
			           "leads to entry %" PRIu32 " of %" PRIu32, entry->target,
			           zim->entry_count);
			return WRONG;
		}
	} else {
		entry->kind = ZIM_CONTENT;
		entry->cluster = cursor_u32(c);
		entry->blob = cursor_u32(c);
		if (type >= zim->type_count) {
			capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "has media type %u of %zu",
			           type, zim->type_count);
			return WRONG;
		}
		entry->type.data = zim->types + zim->type_at[type];
		entry->type.size = strlen(entry->type.data);
	}
	return c->failed ? CUT_OFF : PARSED;
}

static enum parsed parse_entry(const struct zim *zim, struct zim_entry *entry, size_t size,
                               struct capsa_error *err)
{
	struct cursor c = cursor_of(span_of(entry->room, size));
	unsigned type = cursor_u16(&c), parameter_size = cursor_u8(&c);
	enum parsed parsed;

	entry->space = (char)cursor_u8(&c);
	cursor_u32(&c); /* revision: 0 */
	parsed = parse_kind(zim, entry, type, &c, err);
	if (parsed != PARSED)
		return parsed;
	if (!take_text(&c, &entry->path) || !take_text(&c, &entry->title))
		return CUT_OFF;
	entry->parameter = (struct capsa_text){(const char *)c.at, parameter_size};
	if (cursor_take(&c, parameter_size) == NULL && parameter_size != 0)
		return CUT_OFF;
	entry->size = size - cursor_left(&c);
	return PARSED;
}

static bool reserve(struct zim_entry *entry, size_t size, struct capsa_error *err)
{
	char *room;

	if (entry->capacity >= size)
		return true;
	room = realloc(entry->room, size);
	if (room == NULL)
		return no_memory(err);
	entry->room = room;
	entry->capacity = size;
	return true;
}

bool zim_read_entry(const struct zim *zim, uint32_t index, struct zim_entry *entry,
                    struct capsa_error *err)
{
	uint8_t pointer[8];
	struct cursor c = cursor_of(span_of(pointer, sizeof pointer));
	uint64_t at, left;

	entry->size = 0;
	if (!fetch(zim, zim->paths_at + 8 * (uint64_t)index, pointer, sizeof pointer, err))
		return false;
	at = cursor_u64(&c);
	if (at >= zim->end)
		return fail(err, at, "lies outside of the file");
	left = zim->end - at;
	/* Most are short, and none says how long it is. */
	for (size_t size = 256;; size *= 16) {
		size_t piece = left < size ? (size_t)left : size;
		enum parsed parsed;

		if (!reserve(entry, size, err) || !fetch(zim, at, entry->room, piece, err))
			return false;
		parsed = parse_entry(zim, entry, piece, err);
		if (parsed == PARSED)
			return true;
		if (parsed == WRONG)
			return false;
		if (piece == left || size >= ZIM_ENTRY_MAX) {
			entry->size = piece;
			return fail(err, at, "has no end, or over 64 KiB");
		}
	}
}

void zim_entry_release(struct zim_entry *entry)
{
	free(entry->room);
	*entry = (struct zim_entry){0};
}
