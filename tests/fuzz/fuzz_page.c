/*
 * Raw index pages of both kinds and all levels, spine leaves among them: decode, and encode
 * again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "cursor.h"
#include "page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The entries that the page claims to have below it, so that the reference says the same. */
static uint64_t claimed_entries(struct span raw, unsigned level)
{
	struct cursor c = cursor_of(span_of(raw.data + 2, raw.size - 2));
	uint64_t count = cursor_varint(&c), entries = 0;

	if (level == 0 || count > raw.size)
		return count;
	cursor_varint(&c);
	for (uint64_t i = 0; i < count; i++)
		cursor_varint(&c);
	cursor_take(&c, count * CAPSA_DIGEST_SIZE);
	for (uint64_t i = 0; i < count; i++)
		entries += cursor_varint(&c);
	return entries;
}

static void encode(const struct page *page, struct buffer *out)
{
	if (page->level > 0)
		capsa_page_encode_inner(page->children, page->keys, page->count, out);
	else if (page->kind == CAPSA_PAGE_KEYS)
		capsa_page_encode_keys(page->keys, page->numbers, page->count, out);
	else
		capsa_page_encode_spine(&page->leaf, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span raw = {data, size};
	struct page page;
	struct page_ref ref = {0};
	struct buffer again = {0};

	if (size < 3 || size > CAPSA_PAGE_RAW_MAX || data[1] >= CAPSA_LEVELS_MAX)
		return 0;
	ref.kind = data[0];
	ref.level = data[1];
	ref.entries = claimed_entries(raw, ref.level);
	if (capsa_page_decode(raw, &ref, true, &page, NULL) != CAPSA_OK)
		return 0;
	encode(&page, &again);
	if (again.failed || !span_equal(buffer_span(&again), raw))
		abort();
	capsa_buffer_release(&again);
	capsa_page_release(&page);
	return 0;
}
