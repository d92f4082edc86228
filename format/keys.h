/* The keys that a metadata line implies in each tree (spec 8.4). */
#ifndef CAPSA_KEYS_H
#define CAPSA_KEYS_H

#include "base.h"
#include "metadata.h"

/* Born zeroed, used for one article after another, released once. */
struct article_keys {
	struct buffer path;
	struct buffer url;              /* empty: none */
	struct buffer title;            /* empty: none */
	bool has_date;
	uint8_t date[8];
	struct buffer text;             /* an unescaped value */
};

/*
 * Fill `out`.  `keys` NULL: no url and title keys.  CAPSA_EIO: a callback failed; CAPSA_ENOMEM.
 */
enum capsa_status capsa_article_keys(const struct line_facts *facts, const struct capsa_keys *keys,
                                     struct article_keys *out, struct capsa_error *err);
void capsa_article_keys_release(struct article_keys *keys);

#endif
