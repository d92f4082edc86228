/* wacz_pages.c: titles and texts of captures, from pages.jsonl. */
#ifndef CAPSA_WACZ_PAGES_H
#define CAPSA_WACZ_PAGES_H

#include "fields.h"
#include "import.h"
#include "path_set.h"

#define WACZ_PAGE_MAX (16U << 20) /* bytes of a line */

struct wacz_page {
	struct path_digest digest; /* of address and time */
	uint64_t offset; /* in `held` */
	size_t size;
};

/* Zero at first. */
struct wacz_pages {
	struct path_set keys;
	struct wacz_page *pages; /* owned; sorted by digest when finished */
	size_t count, capacity;
	struct held_body held; /* lines, canonical */
};

void wacz_pages_begin(struct wacz_pages *pages, const char *directory);
/*
 * Take a line: an object with url and ts, or something else that is passed over.  Of several about
 * the same capture the first counts.  False: *err says why it cannot be taken.
 */
bool wacz_pages_add(struct wacz_pages *pages, struct capsa_text line, struct capsa_error *err);
void wacz_pages_finish(struct wacz_pages *pages);
/*
 * Add what the page of this capture says to the metadata of its article: title, and text in
 * `extra`.  False: memory is out, or the temporary file cannot be read.
 */
bool wacz_pages_describe(const struct wacz_pages *pages, struct capsa_metadata *metadata);
void wacz_pages_release(struct wacz_pages *pages);

#endif
