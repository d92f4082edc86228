/* The statement (spec 9). */
#ifndef CAPSA_STATEMENT_H
#define CAPSA_STATEMENT_H

#include "base.h"
#include "page.h"

#define CAPSA_TREE_NAME_MAX 32

struct statement_tree {
	char name[CAPSA_TREE_NAME_MAX + 1];
	struct page_ref root;           /* sums are not set */
};

struct statement {
	struct capsa_statement facts;   /* texts borrow from facts.text */
	struct statement_tree trees[CAPSA_TREES_MAX];
	size_t tree_count;
	uint32_t dictionary_id;
	uint8_t dictionary_digest[CAPSA_DIGEST_SIZE];
};

/*
 * Append the text; the caller gives values that keep 9.1 (text, identity and requires are not
 * used).
 */
void capsa_statement_encode(const struct statement *statement, struct buffer *out);

/*
 * Read a text, from which `out` borrows.  `offset` is where its frame lies; `size` must be the
 * same. CAPSA_ECORRUPT; CAPSA_EUNSUPPORTED: another major version.
 */
enum capsa_status capsa_statement_parse(struct span text, uint64_t offset, struct statement *out,
                                        struct capsa_error *err);

#endif
