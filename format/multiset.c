#include "multiset.h"
#include "digest.h"

void capsa_multiset_add(struct multiset *set, const uint8_t secret[32], struct span key,
                        uint64_t number, struct buffer *scratch)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];

	buffer_clear(scratch);
	capsa_buffer_u64(scratch, number);
	capsa_buffer_append(scratch, key.data, key.size);
	capsa_digest_keyed(digest, secret, buffer_span(scratch));
	for (unsigned lane = 0; lane < 4; lane++) {
		uint64_t value;

		memcpy(&value, digest + 8 * lane, sizeof value);
		set->lanes[lane] += value;
	}
	set->count++;
}
