/*
 * A source that lies: it gives other bytes than the archive has, or none, at places and times that
 * the input names.  After the bytes that the target takes for itself the input is lies, each of
 *
 *	2 bytes		offset in the archive, from its end where the highest bit is set
 *	1 byte		bits 0..2: the n-th read of this byte on; bit 3: this time only; bit 4: fails
 *	1 byte		what the byte is XORed with
 */
#ifndef FUZZ_LIAR_H
#define FUZZ_LIAR_H

#include "base.h"

#include <errno.h>

#define LIES_MAX 32

struct lie {
	uint64_t offset;
	unsigned first, reads;
	bool once, fails;
	uint8_t mask;
};

struct liar {
	struct span archive; /* borrowed */
	uint64_t size; /* that it says it has */
	struct lie lies[LIES_MAX];
	size_t count;
};

static inline void liar_make(struct liar *out, struct span archive, const uint8_t *data,
                             size_t size)
{
	*out = (struct liar){.archive = archive, .size = archive.size};
	for (; size >= 4 && out->count < LIES_MAX; size -= 4, data += 4) {
		uint64_t offset = (uint64_t)(data[0] | (data[1] & 0x7f) << 8) % archive.size;

		out->lies[out->count++] =
		    (struct lie){.offset = data[1] & 0x80 ? archive.size - 1 - offset : offset,
		                 .first = data[2] & 7,
		                 .once = data[2] & 8,
		                 .fails = data[2] & 16,
		                 .mask = data[3]};
	}
}

static inline int liar_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct liar *liar = ctx;
	int failed = 0;

	memcpy(buf, liar->archive.data + offset, size);
	for (size_t i = 0; i < liar->count; i++) {
		struct lie *lie = &liar->lies[i];
		unsigned read;

		if (lie->offset < offset || lie->offset - offset >= size)
			continue;
		read = lie->reads++;
		if (read < lie->first || (lie->once && read != lie->first))
			continue;
		if (lie->fails)
			failed = EIO;
		((uint8_t *)buf)[lie->offset - offset] ^= lie->mask;
	}
	return failed;
}

static inline struct capsa_source liar_source(struct liar *liar)
{
	return (struct capsa_source){liar_read, liar->size, liar};
}

#endif
