/*
 * A cursor over bytes that may be anything.  An impossible read sets `failed`, gives
 * zeros from then on, and is noticed by one check at the end.
 */
#ifndef CAPSA_CURSOR_H
#define CAPSA_CURSOR_H

#include "base.h"

struct cursor {
	const uint8_t *at;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor cursor_of(struct span in)
{
	return (struct cursor){in.data, in.data + in.size, false};
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* The next n bytes, or NULL. */
static inline const uint8_t *cursor_take(struct cursor *c, uint64_t n)
{
	const uint8_t *p = c->at;

	if (c->failed || n > cursor_left(c)) {
		c->failed = true;
		return NULL;
	}
	c->at += n;
	return p;
}

static inline uint64_t cursor_le(struct cursor *c, unsigned bytes)
{
	const uint8_t *p = cursor_take(c, bytes);
	uint64_t value = 0;

	for (unsigned i = 0; p != NULL && i < bytes; i++)
		value |= (uint64_t)p[i] << (8 * i);
	return value;
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)cursor_le(c, 1);
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	return (uint16_t)cursor_le(c, 2);
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	return (uint32_t)cursor_le(c, 4);
}

static inline uint64_t cursor_u64(struct cursor *c)
{
	return cursor_le(c, 8);
}

/* Shortest form only (spec 1). */
static inline uint64_t cursor_varint(struct cursor *c)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		uint8_t byte = cursor_u8(c);

		if (c->failed || (shift == 63 && byte > 1) || (byte == 0 && shift != 0))
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	c->failed = true;
	return 0;
}

static inline int64_t cursor_zigzag(struct cursor *c)
{
	uint64_t value = cursor_varint(c);

	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* All read and nothing left over? */
static inline bool cursor_done(const struct cursor *c)
{
	return !c->failed && c->at == c->end;
}

/* The only comparison of a stored range with what holds it. */
static inline bool extent_inside(uint64_t offset, uint64_t size, uint64_t whole)
{
	return offset <= whole && size <= whole - offset;
}

#endif
