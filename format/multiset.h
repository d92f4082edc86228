/*
 * Comparing two large sets of (key, number) that come in different orders, in constant memory:
 * the sum of a keyed digest of each element.  The key is random and new for each verification,
 * so nobody can prepare sets that differ and have the same sum.
 */
#ifndef CAPSA_MULTISET_H
#define CAPSA_MULTISET_H

#include "base.h"

struct multiset {
	uint64_t lanes[4];
	uint64_t count;
};

void capsa_multiset_add(struct multiset *set, const uint8_t secret[32], struct span key,
                        uint64_t number, struct buffer *scratch);

static inline bool multiset_equal(const struct multiset *a, const struct multiset *b)
{
	return a->count == b->count && memcmp(a->lanes, b->lanes, sizeof a->lanes) == 0;
}

#endif
