/*
 * A source that lies: it gives other bytes than the archive has, or none, at places and times that
 * the input names.  After the bytes that the target takes for itself the input is lies, each of
 *
 *	2 bytes		offset in the archive, from its end where the highest bit is set
 *	1 byte		bits 0..2: the n-th read of this place on; bit 3: this time only; bit 4: it
 *			fails; bit 5: the whole frame there is another, sound one of the same size
 *	1 byte		what the byte is XORed with
 */
#ifndef FUZZ_LIAR_H
#define FUZZ_LIAR_H

#include "shapes.h"

#include <errno.h>

#define LIES_MAX 32

struct lie {
	uint64_t offset, size;
	unsigned first, reads;
	bool once, fails, other;
	uint8_t mask;
};

struct liar {
	struct span archive; /* borrowed */
	struct span other; /* the same with other data frames; borrowed */
	uint64_t size; /* that it says it has */
	struct lie lies[LIES_MAX];
	size_t count;
};

/* All of the frame at the lie's offset, if that is a data frame. */
static inline void lie_of_frame(struct lie *lie, const struct forge *f)
{
	for (size_t i = 0; i < f->frame_count; i++) {
		const struct forge_frame *frame = &f->frames[i];

		if (lie->offset < frame->offset ||
		    lie->offset - frame->offset >= frame->stored.size)
			continue;
		lie->offset = frame->offset;
		lie->size = frame->stored.size;
		lie->other = true;
		return;
	}
}

static inline void liar_make(struct liar *out, unsigned shape, const uint8_t *data, size_t size)
{
	const struct forge *f = shapes_archive(shape);
	size_t whole = f->file.size;

	*out = (struct liar){
	    .archive = buffer_span(&f->file), .other = shapes_other(shape), .size = whole};
	for (; size >= 4 && out->count < LIES_MAX; size -= 4, data += 4) {
		uint64_t offset = (uint64_t)(data[0] | (data[1] & 0x7f) << 8) % whole;
		struct lie *lie = &out->lies[out->count++];

		*lie = (struct lie){.offset = data[1] & 0x80 ? whole - 1 - offset : offset,
		                    .size = 1,
		                    .first = data[2] & 7,
		                    .once = data[2] & 8,
		                    .fails = data[2] & 16,
		                    .mask = data[3]};
		if (data[2] & 32)
			lie_of_frame(lie, f);
	}
}

/* What the lie makes of these bytes of the archive; false: nothing can be read. */
static inline bool lie_tell(struct lie *lie, const struct liar *liar, uint64_t offset, uint8_t *buf,
                            size_t size)
{
	uint64_t from = lie->offset > offset ? lie->offset : offset;
	uint64_t lie_end = lie->offset + lie->size, end = offset + size;
	unsigned read;

	if (lie_end < end)
		end = lie_end;
	if (from >= end)
		return true;
	read = lie->reads++;
	if (read < lie->first || (lie->once && read != lie->first))
		return true;
	if (lie->other)
		memcpy(buf + (from - offset), liar->other.data + from, (size_t)(end - from));
	else
		buf[from - offset] ^= lie->mask;
	return !lie->fails;
}

static inline int liar_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct liar *liar = ctx;
	bool readable = true;

	memcpy(buf, liar->archive.data + offset, size);
	for (size_t i = 0; i < liar->count; i++)
		if (!lie_tell(&liar->lies[i], liar, offset, buf, size))
			readable = false;
	return readable ? 0 : EIO;
}

static inline struct capsa_source liar_source(struct liar *liar)
{
	return (struct capsa_source){liar_read, liar->size, liar};
}

#endif
