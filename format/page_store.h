/*
 * The pages of an archive: fetched, authenticated, decoded, and the last ones kept.
 */
#ifndef CAPSA_PAGE_STORE_H
#define CAPSA_PAGE_STORE_H

#include "base.h"
#include "page.h"

struct page_store;

/*
 * `source` is borrowed.  `tail` holds the archive's bytes from `tail_offset` on, so that pages
 * there cost no read; borrowed too.  `cache`: pages kept, at least twice CAPSA_LEVELS_MAX.
 */
enum capsa_status capsa_page_store_new(struct page_store **out, const struct capsa_source *source,
                                       struct span tail, uint64_t tail_offset, unsigned cache,
                                       struct capsa_error *err);
void capsa_page_store_free(struct page_store *store);

/*
 * The page of a reference; `root` as for capsa_page_decode.  The page stays valid for the next
 * CAPSA_LEVELS_MAX calls.  CAPSA_ECORRUPT, CAPSA_EIO, CAPSA_ENOMEM.
 */
enum capsa_status capsa_page_store_get(struct page_store *store, const struct page_ref *ref,
                                       bool root, const struct page **out,
                                       struct capsa_error *err);

/* The same, decoded into *out, which the caller releases, and not kept. */
enum capsa_status capsa_page_store_load(struct page_store *store, const struct page_ref *ref,
                                        bool root, struct page *out, struct capsa_error *err);

/* Fetch and authenticate the bytes of a page without decoding them. */
enum capsa_status capsa_page_store_check(struct page_store *store, const struct page_ref *ref,
                                         struct capsa_error *err);

#endif
