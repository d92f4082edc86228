/*
 * Index pages (spec 8.1 to 8.4), decompressed:
 *
 *	1 byte		kind
 *	1 byte		level
 *	varint		count n
 *
 * inner pages (level 1 and above):
 *
 *	varint		offset of the first child
 *	n varints	stored sizes of the children
 *	n * 32 bytes	their digests
 *	n varints	entries below
 *	kind keys:	n - 1 separators, front-coded
 *	kind spine:	n varints each: articles, lines, stored bytes, raw bytes below
 *
 * leaves of kind keys:
 *
 *	n keys, front-coded; n zigzag varints: article numbers, each less the one before
 *
 * Front-coded: n varints "shared", n varints "rest size", then the rests.  Leaves of
 * the spine are in spine.c.
 */
#include "page.h"
#include "cursor.h"

#include <stdlib.h>

/* The sums of an inner page of the spine, in the order of their columns. */
#define SUM_COLUMNS 4

static uint64_t *sum_column(struct spine_sums *sums, unsigned column)
{
	switch (column) {
	case 0:
		return &sums->articles;
	case 1:
		return &sums->lines;
	case 2:
		return &sums->stored;
	default:
		return &sums->raw;
	}
}

static void encode_head(uint8_t kind, uint8_t level, size_t count, struct buffer *out)
{
	capsa_buffer_byte(out, kind);
	capsa_buffer_byte(out, level);
	capsa_buffer_varint(out, count);
}

static void encode_front_coded(const struct span *keys, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++)
		capsa_buffer_varint(out, i == 0 ? 0 : capsa_span_shared(keys[i - 1], keys[i]));
	for (size_t i = 0; i < count; i++) {
		size_t shared = i == 0 ? 0 : capsa_span_shared(keys[i - 1], keys[i]);

		capsa_buffer_varint(out, keys[i].size - shared);
	}
	for (size_t i = 0; i < count; i++) {
		size_t shared = i == 0 ? 0 : capsa_span_shared(keys[i - 1], keys[i]);

		capsa_buffer_append(out, keys[i].data + shared, keys[i].size - shared);
	}
}

void capsa_page_encode_keys(const struct span *keys, const uint64_t *numbers, size_t count,
                            struct buffer *out)
{
	uint64_t before = 0;

	encode_head(CAPSA_PAGE_KEYS, 0, count, out);
	encode_front_coded(keys, count, out);
	for (size_t i = 0; i < count; i++) {
		capsa_buffer_zigzag(out, (int64_t)(numbers[i] - before));
		before = numbers[i];
	}
}

void capsa_page_encode_inner(const struct page_ref *children, const struct span *keys, size_t count,
                             struct buffer *out)
{
	encode_head(children->kind, (uint8_t)(children->level + 1), count, out);
	capsa_buffer_varint(out, children->offset);
	for (size_t i = 0; i < count; i++)
		capsa_buffer_varint(out, children[i].size);
	for (size_t i = 0; i < count; i++)
		capsa_buffer_append(out, children[i].digest, CAPSA_DIGEST_SIZE);
	for (size_t i = 0; i < count; i++)
		capsa_buffer_varint(out, children[i].entries);
	if (children->kind == CAPSA_PAGE_KEYS) {
		encode_front_coded(keys + 1, count - 1, out);
		return;
	}
	for (unsigned column = 0; column < SUM_COLUMNS; column++)
		for (size_t i = 0; i < count; i++) {
			struct spine_sums sums = children[i].sums;

			capsa_buffer_varint(out, *sum_column(&sums, column));
		}
}

void capsa_page_encode_spine(const struct spine_leaf *leaf, struct buffer *out)
{
	encode_head(CAPSA_PAGE_SPINE, 0, leaf->frame_count, out);
	capsa_spine_encode(leaf, out);
}

/*
 * Decode `count` keys into page->keys[first ..], which point into page->room.  The sizes are
 * read and summed before the room is allocated.
 */
static enum capsa_status decode_front_coded(struct cursor *c, struct page *page, size_t first,
                                            size_t count, uint64_t offset, struct capsa_error *err)
{
	struct cursor shared = *c;
	struct span *keys = page->keys + first;
	uint64_t total = 0, before = 0;

	for (size_t i = 0; i < count; i++)
		cursor_varint(c);
	for (size_t i = 0; i < count; i++) {
		uint64_t common = cursor_varint(&shared);
		uint64_t size = cursor_varint(c);

		if (common > before || size > CAPSA_KEY_MAX - common)
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "index page has a bad key size");
		before = common + size;
		keys[i] = (struct span){NULL, (size_t)before};
		total += before;
	}
	if (c->failed || total > CAPSA_PAGE_KEYS_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "index page has too many bytes of keys");
	page->room = capsa_array_new((size_t)total, 1);
	return page->room != NULL ? CAPSA_OK : capsa_fail_memory(err);
}

/* The second pass: `shared` is at that column again, `c` at the rests. */
static enum capsa_status fill_front_coded(struct cursor *c, struct cursor shared, struct page *page,
                                          size_t first, size_t count, uint64_t offset,
                                          struct capsa_error *err)
{
	uint8_t *room = page->room;

	for (size_t i = first; i < first + count; i++) {
		struct span *key = &page->keys[i];
		size_t common = (size_t)cursor_varint(&shared);
		const uint8_t *rest = cursor_take(c, key->size - common);

		if (rest == NULL)
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "index page has too few bytes of keys");
		if (common != 0)
			memcpy(room, key[-1].data, common);
		if (key->size != common)
			memcpy(room + common, rest, key->size - common);
		key->data = room;
		room += key->size;
		if (i > first && capsa_span_shared(key[-1], *key) != common)
			return capsa_fail(
			    err, CAPSA_ECORRUPT, offset,
			    "index page has a key that is not front-coded as it should be");
	}
	return CAPSA_OK;
}

static enum capsa_status decode_keys(struct cursor *c, struct page *page, size_t first,
                                     size_t count, uint64_t offset, struct capsa_error *err)
{
	struct cursor columns = *c;
	enum capsa_status st = decode_front_coded(c, page, first, count, offset, err);

	if (st == CAPSA_OK)
		st = fill_front_coded(c, columns, page, first, count, offset, err);
	for (size_t i = first + 1; st == CAPSA_OK && i < first + count; i++)
		if (capsa_span_compare(page->keys[i - 1], page->keys[i]) > 0)
			st = capsa_fail(err, CAPSA_ECORRUPT, offset,
			                "index page has keys out of order");
	return st;
}

static enum capsa_status decode_leaf_keys(struct cursor *c, struct page *page, uint64_t offset,
                                          struct capsa_error *err)
{
	uint64_t number = 0;
	enum capsa_status st = decode_keys(c, page, 0, page->count, offset, err);

	page->numbers = capsa_array_new(page->count, sizeof *page->numbers);
	if (st == CAPSA_OK && page->numbers == NULL)
		st = capsa_fail_memory(err);
	for (size_t i = 0; st == CAPSA_OK && i < page->count; i++) {
		/* Wraps where hostile; the comparison with the limit then fails. */
		number += (uint64_t)cursor_zigzag(c);
		page->numbers[i] = number;
		if (number > CAPSA_OFFSET_MAX)
			st = capsa_fail(err, CAPSA_ECORRUPT, offset,
			                "index page has a bad article number");
		else if (i > 0 && number <= page->numbers[i - 1] &&
		         span_equal(page->keys[i - 1], page->keys[i]))
			st = capsa_fail(err, CAPSA_ECORRUPT, offset,
			                "index page has equal keys that are not ordered by number");
	}
	page->entries = page->count;
	return st;
}

static enum capsa_status decode_sums(struct cursor *c, struct page *page, uint64_t offset,
                                     struct capsa_error *err)
{
	for (unsigned column = 0; column < SUM_COLUMNS; column++)
		for (size_t i = 0; i < page->count; i++)
			*sum_column(&page->children[i].sums, column) = cursor_varint(c);
	for (size_t i = 0; i < page->count; i++) {
		struct spine_sums *sums = &page->children[i].sums, whole = {0};

		sums->frames = page->children[i].entries;
		/* Adding to zero checks each sum alone, so that the total cannot wrap. */
		if (!capsa_spine_add(&whole, sums) || !capsa_spine_add(&page->sums, sums))
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "index page has sums over the limit");
	}
	return CAPSA_OK;
}

static enum capsa_status decode_children(struct cursor *c, struct page *page, uint64_t offset,
                                         struct capsa_error *err)
{
	uint64_t at = cursor_varint(c);
	const uint8_t *digests;

	for (size_t i = 0; i < page->count; i++) {
		struct page_ref *child = &page->children[i];
		uint64_t size = cursor_varint(c);

		if (size <= CAPSA_HEAD_SIZE || size > CAPSA_PAGE_STORED_MAX ||
		    !extent_inside(at, size, CAPSA_OFFSET_MAX))
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "index page has a bad reference");
		*child = (struct page_ref){.kind = page->kind,
		                           .level = (uint8_t)(page->level - 1),
		                           .offset = at,
		                           .size = (uint32_t)size};
		at += size;
	}
	digests = cursor_take(c, (uint64_t)page->count * CAPSA_DIGEST_SIZE);
	for (size_t i = 0; digests != NULL && i < page->count; i++)
		memcpy(page->children[i].digest, digests + i * CAPSA_DIGEST_SIZE,
		       CAPSA_DIGEST_SIZE);
	for (size_t i = 0; i < page->count; i++) {
		uint64_t entries = cursor_varint(c);

		if (entries == 0 || entries > CAPSA_OFFSET_MAX - page->entries)
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "index page has a bad count below");
		page->children[i].entries = entries;
		page->entries += entries;
	}
	return CAPSA_OK;
}

static enum capsa_status decode_inner(struct cursor *c, struct page *page, uint64_t offset,
                                      struct capsa_error *err)
{
	enum capsa_status st;

	page->children = capsa_array_new(page->count, sizeof *page->children);
	if (page->children == NULL)
		return capsa_fail_memory(err);
	st = decode_children(c, page, offset, err);
	if (st != CAPSA_OK)
		return st;
	if (page->kind == CAPSA_PAGE_KEYS) {
		page->keys[0] = span_of(NULL, 0);
		return decode_keys(c, page, 1, page->count - 1, offset, err);
	}
	return decode_sums(c, page, offset, err);
}

static enum capsa_status decode_columns(struct cursor *c, struct page *page, uint64_t offset,
                                        struct capsa_error *err)
{
	enum capsa_status st;

	if (page->kind == CAPSA_PAGE_KEYS) {
		page->keys = capsa_array_new(page->count, sizeof *page->keys);
		if (page->keys == NULL)
			return capsa_fail_memory(err);
	}
	if (page->level > 0) {
		st = decode_inner(c, page, offset, err);
	} else if (page->kind == CAPSA_PAGE_KEYS) {
		st = decode_leaf_keys(c, page, offset, err);
	} else {
		struct span rest = {c->at, cursor_left(c)};

		st = capsa_spine_decode(rest, page->count, &page->leaf, offset, err);
		page->entries = page->count;
		page->sums = page->leaf.sums;
		return st;
	}
	if (st == CAPSA_OK && !cursor_done(c))
		st = capsa_fail(err, CAPSA_ECORRUPT, offset, "index page has the wrong size");
	return st;
}

enum capsa_status capsa_page_decode(struct span raw, const struct page_ref *ref, bool root,
                                    struct page *out, struct capsa_error *err)
{
	struct cursor c = cursor_of(raw);
	struct page page = {0};
	uint64_t count;
	enum capsa_status st;

	page.kind = cursor_u8(&c);
	page.level = cursor_u8(&c);
	count = cursor_varint(&c);
	if (c.failed || (page.kind != CAPSA_PAGE_SPINE && page.kind != CAPSA_PAGE_KEYS) ||
	    page.kind != ref->kind || page.level != ref->level)
		return capsa_fail(err, CAPSA_ECORRUPT, ref->offset,
		                  "index page is not of the kind and level of its reference");
	/* Each entry takes at least three bytes, each child more. */
	if (count > cursor_left(&c) / 3 || (count == 0 && !(root && page.level == 0)))
		return capsa_fail(err, CAPSA_ECORRUPT, ref->offset, "index page has a bad count");
	page.count = (size_t)count;
	st = decode_columns(&c, &page, ref->offset, err);
	if (st == CAPSA_OK && page.entries != ref->entries)
		st = capsa_fail(err, CAPSA_ECORRUPT, ref->offset,
		                "index page has another number of entries than its reference says");
	if (st == CAPSA_OK && page.kind == CAPSA_PAGE_SPINE && !root &&
	    !capsa_spine_sums_equal(&page.sums, &ref->sums))
		st = capsa_fail(err, CAPSA_ECORRUPT, ref->offset,
		                "index page has other sums than its reference says");
	if (st != CAPSA_OK) {
		capsa_page_release(&page);
		return st;
	}
	*out = page;
	return CAPSA_OK;
}

enum capsa_status capsa_page_within(const struct page *page, const struct page_bounds *bounds,
                                    uint64_t offset, struct capsa_error *err)
{
	size_t first = page->level > 0 ? 1 : 0; /* keys[0] of an inner page is no separator */

	if (page->count > first &&
	    (capsa_span_compare(page->keys[first], bounds->low) < 0 ||
	     (bounds->has_high &&
	      capsa_span_compare(page->keys[page->count - 1], bounds->high) > 0)))
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "index page has a key outside its separators");
	return CAPSA_OK;
}

struct page_bounds capsa_page_child_bounds(const struct page *page, size_t i,
                                           const struct page_bounds *bounds)
{
	struct page_bounds child = *bounds;

	if (i > 0)
		child.low = page->keys[i];
	if (i + 1 < page->count) {
		child.high = page->keys[i + 1];
		child.has_high = true;
	}
	return child;
}

void capsa_page_release(struct page *page)
{
	free(page->children);
	free(page->keys);
	free(page->numbers);
	free(page->room);
	capsa_spine_release(&page->leaf);
	*page = (struct page){0};
}
