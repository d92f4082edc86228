#include "page_store.h"
#include "codec.h"
#include "digest.h"
#include "frame.h"
#include "source.h"

#include <stdlib.h>

struct slot {
	struct page_ref ref;            /* size 0: the slot is free */
	bool root;
	uint64_t used;                  /* tick of the last use */
	struct page page;
};

struct page_store {
	const struct capsa_source *source;
	struct span tail;
	uint64_t tail_offset;
	struct decoder *decoder;
	uint64_t tick;
	unsigned slot_count;
	struct slot *slots;
	/* Outside, and never cleared: a reader of one article touches a few pages of them. */
	uint8_t *stored;                /* CAPSA_PAGE_STORED_MAX bytes */
	uint8_t *raw;                   /* CAPSA_PAGE_RAW_MAX bytes */
};

enum capsa_status capsa_page_store_new(struct page_store **out, const struct capsa_source *source,
                                       struct span tail, uint64_t tail_offset, unsigned cache,
                                       struct capsa_error *err)
{
	struct page_store *store = calloc(1, sizeof *store);
	enum capsa_status st = CAPSA_ENOMEM;

	*out = NULL;
	if (store == NULL)
		return capsa_fail_memory(err);
	store->source = source;
	store->tail = tail;
	store->tail_offset = tail_offset;
	store->slot_count = cache > 2 * CAPSA_LEVELS_MAX ? cache : 2 * CAPSA_LEVELS_MAX;
	store->slots = capsa_array_new(store->slot_count, sizeof *store->slots);
	store->stored = malloc(CAPSA_PAGE_STORED_MAX);
	store->raw = malloc(CAPSA_PAGE_RAW_MAX);
	if (store->slots != NULL && store->stored != NULL && store->raw != NULL)
		st = capsa_decoder_new(&store->decoder, err);
	else
		capsa_fail_memory(err);
	if (st != CAPSA_OK) {
		capsa_page_store_free(store);
		return st;
	}
	*out = store;
	return CAPSA_OK;
}

void capsa_page_store_free(struct page_store *store)
{
	if (store == NULL)
		return;
	for (unsigned i = 0; store->slots != NULL && i < store->slot_count; i++)
		capsa_page_release(&store->slots[i].page);
	free(store->slots);
	free(store->stored);
	free(store->raw);
	capsa_decoder_free(store->decoder);
	free(store);
}

/* The stored bytes of a page, from the tail or the source, authenticated. */
static enum capsa_status fetch(struct page_store *store, const struct page_ref *ref,
                               struct span *stored, struct capsa_error *err)
{
	if (ref->offset >= store->tail_offset &&
	    ref->offset - store->tail_offset <= store->tail.size &&
	    ref->size <= store->tail.size - (ref->offset - store->tail_offset)) {
		*stored = span_of(store->tail.data + (ref->offset - store->tail_offset), ref->size);
	} else {
		enum capsa_status st;

		if (ref->size > CAPSA_PAGE_STORED_MAX)
			return capsa_fail(err, CAPSA_ECORRUPT, ref->offset,
			                  "index page is too large");
		st = capsa_source_read(store->source, ref->offset, store->stored, ref->size, err);
		if (st != CAPSA_OK)
			return st;
		*stored = span_of(store->stored, ref->size);
	}
	if (!capsa_digest_matches(ref->digest, *stored))
		return capsa_fail(err, CAPSA_ECORRUPT, ref->offset, "index page fails its digest");
	return CAPSA_OK;
}

enum capsa_status capsa_page_store_check(struct page_store *store, const struct page_ref *ref,
                                         struct capsa_error *err)
{
	struct span stored;

	return fetch(store, ref, &stored, err);
}

enum capsa_status capsa_page_store_load(struct page_store *store, const struct page_ref *ref,
                                        bool root, struct page *out, struct capsa_error *err)
{
	struct frame_rule rule = {0};
	struct span stored;
	uint16_t detail;
	enum capsa_status st = fetch(store, ref, &stored, err);

	if (st != CAPSA_OK)
		return st;
	if (!capsa_frame_is(stored, 'P', &detail) || detail != 0)
		return capsa_fail(err, CAPSA_ECORRUPT, ref->offset, "index page has a bad head");
	stored = span_of(stored.data + CAPSA_HEAD_SIZE, stored.size - CAPSA_HEAD_SIZE);
	st = capsa_decoder_raw_size(stored, CAPSA_PAGE_RAW_MAX, &rule.raw_size, ref->offset, err);
	if (st == CAPSA_OK)
		st = capsa_decoder_run(store->decoder, stored, &rule, store->raw, ref->offset, err);
	if (st == CAPSA_OK)
		st = capsa_page_decode(span_of(store->raw, rule.raw_size), ref, root, out, err);
	return st;
}

/* A page is kept for exactly the reference that it was checked against. */
static bool same_reference(const struct slot *slot, const struct page_ref *ref, bool root)
{
	return slot->used != 0 && slot->ref.offset == ref->offset && slot->ref.size == ref->size &&
	       slot->root == root && slot->ref.kind == ref->kind && slot->ref.level == ref->level &&
	       slot->ref.entries == ref->entries &&
	       capsa_spine_sums_equal(&slot->ref.sums, &ref->sums) &&
	       memcmp(slot->ref.digest, ref->digest, CAPSA_DIGEST_SIZE) == 0;
}

enum capsa_status capsa_page_store_get(struct page_store *store, const struct page_ref *ref,
                                       bool root, const struct page **out, struct capsa_error *err)
{
	struct slot *oldest = store->slots;
	struct page page;
	enum capsa_status st;

	store->tick++;
	for (unsigned i = 0; i < store->slot_count; i++) {
		struct slot *slot = &store->slots[i];

		if (same_reference(slot, ref, root)) {
			slot->used = store->tick;
			*out = &slot->page;
			return CAPSA_OK;
		}
		if (slot->used < oldest->used)
			oldest = slot;
	}
	st = capsa_page_store_load(store, ref, root, &page, err);
	if (st != CAPSA_OK)
		return st;
	capsa_page_release(&oldest->page);
	*oldest = (struct slot){.ref = *ref, .root = root, .used = store->tick, .page = page};
	*out = &oldest->page;
	return CAPSA_OK;
}
