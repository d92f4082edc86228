/*
 * A recipe: which archive to forge, and what to change in it.  A byte names the shape, a byte how
 * the archive is read; then come edits, each of
 *
 *	1 byte		layer (enum forge_layer; 0: the description)
 *	1 byte		which of the things of this layer
 *	1 byte		which field of it
 *	1 byte		operation
 *	2 bytes		where in the field
 *	1 byte		size n
 *	n bytes		data
 *
 * The mutator of libFuzzer changes recipes edit by edit, so that one that works stays while others
 * come and go.
 */
#ifndef FUZZ_RECIPE_H
#define FUZZ_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RECIPE_EDITS_MAX 8
#define RECIPE_DATA_MAX 64
#define RECIPE_HEAD 7 /* bytes of an edit without its data */
#define RECIPE_LAYERS 14 /* FORGE_NONE to FORGE_FILE */

struct edit {
	uint8_t layer;
	uint8_t which;
	uint8_t field;
	uint8_t operation;
	uint16_t at;
	uint8_t size;
	uint8_t data[RECIPE_DATA_MAX];
};

struct recipe {
	uint8_t shape;
	uint8_t reading;
	size_t count;
	struct edit edits[RECIPE_EDITS_MAX];
};

/* Any bytes are a recipe: what is missing is zero, what is too much is left out. */
static inline void recipe_parse(struct recipe *out, const uint8_t *data, size_t size)
{
	size_t at = 2;

	*out = (struct recipe){0};
	if (size >= 1)
		out->shape = data[0];
	if (size >= 2)
		out->reading = data[1];
	while (at + RECIPE_HEAD <= size && out->count < RECIPE_EDITS_MAX) {
		struct edit *edit = &out->edits[out->count++];
		size_t left = size - at - RECIPE_HEAD;

		*edit = (struct edit){.layer = data[at] % RECIPE_LAYERS,
		                      .which = data[at + 1],
		                      .field = data[at + 2],
		                      .operation = data[at + 3],
		                      .at = (uint16_t)(data[at + 4] | data[at + 5] << 8),
		                      .size = data[at + 6] % (RECIPE_DATA_MAX + 1)};
		if (edit->size > left)
			edit->size = (uint8_t)left;
		memcpy(edit->data, data + at + RECIPE_HEAD, edit->size);
		at += (size_t)RECIPE_HEAD + edit->size;
	}
}

/* Back into bytes, as many edits as there is room for. */
static inline size_t recipe_write(const struct recipe *recipe, uint8_t *out, size_t room)
{
	size_t at = 2;

	if (room < at)
		return 0;
	out[0] = recipe->shape;
	out[1] = recipe->reading;
	for (size_t i = 0; i < recipe->count; i++) {
		const struct edit *edit = &recipe->edits[i];

		if (room - at < (size_t)RECIPE_HEAD + edit->size)
			break;
		out[at] = edit->layer;
		out[at + 1] = edit->which;
		out[at + 2] = edit->field;
		out[at + 3] = edit->operation;
		out[at + 4] = (uint8_t)edit->at;
		out[at + 5] = (uint8_t)(edit->at >> 8);
		out[at + 6] = edit->size;
		memcpy(out + at + RECIPE_HEAD, edit->data, edit->size);
		at += (size_t)RECIPE_HEAD + edit->size;
	}
	return at;
}

/* ---- mutation ---------------------------------------------------------- */

#ifndef FUZZ_REPLAY     /* which mutates nothing */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned seed);

static inline uint32_t recipe_random(uint32_t *state, uint32_t limit)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % limit;
}

/* Numbers that stand at an edge of something, as well as small and any ones. */
static inline void edit_number(struct edit *edit, uint32_t *state)
{
	static const uint64_t edges[] = {
	    0,         1,          7,          8,         15,         16,        255,
	    256,       511,        512,        1023,      1024,       4000,      4096,
	    16384,     32768,      65535,      65536,     1U << 20,   4U << 20,  0x410000,
	    INT32_MAX, UINT32_MAX, 1ULL << 53, INT64_MAX, 1ULL << 63, UINT64_MAX};
	uint64_t value = edges[recipe_random(state, sizeof edges / sizeof *edges)];

	value += recipe_random(state, 3);
	value -= 1;
	edit->size = 8;
	for (unsigned i = 0; i < 8; i++)
		edit->data[i] = (uint8_t)(value >> (8 * i));
}

static inline void edit_random(struct edit *edit, uint32_t *state)
{
	*edit = (struct edit){.layer = (uint8_t)recipe_random(state, RECIPE_LAYERS),
	                      .which = (uint8_t)recipe_random(state, 32),
	                      .field = (uint8_t)recipe_random(state, 64),
	                      .operation = (uint8_t)recipe_random(state, 16),
	                      .at = (uint16_t)recipe_random(state, 1024)};
	if (recipe_random(state, 2) == 0) {
		edit_number(edit, state);
		return;
	}
	edit->size = (uint8_t)recipe_random(state, 9);
	for (size_t i = 0; i < edit->size; i++)
		edit->data[i] = (uint8_t)recipe_random(state, 256);
}

static inline void edit_change(struct edit *edit, uint32_t *state)
{
	switch (recipe_random(state, 7)) {
	case 0:
		edit->which = (uint8_t)recipe_random(state, 32);
		break;
	case 1:
		edit->field = (uint8_t)recipe_random(state, 256);
		break;
	case 2:
		edit->operation = (uint8_t)recipe_random(state, 16);
		break;
	case 3:
		edit->at = (uint16_t)recipe_random(state, 65536);
		break;
	case 4:
		edit->at = (uint16_t)(edit->at + recipe_random(state, 17) - 8);
		break;
	case 5:
		edit_number(edit, state);
		break;
	default:
		edit->size = (uint8_t)LLVMFuzzerMutate(edit->data, edit->size, RECIPE_DATA_MAX);
		break;
	}
}

static inline void recipe_change(struct recipe *recipe, uint32_t *state)
{
	size_t i = recipe->count != 0 ? recipe_random(state, (uint32_t)recipe->count) : 0;
	uint32_t kind = recipe_random(state, 16);

	if (kind == 0) {
		recipe->shape = (uint8_t)recipe_random(state, 256);
	} else if (kind == 1) {
		recipe->reading = (uint8_t)recipe_random(state, 256);
	} else if (recipe->count == 0 || (kind < 6 && recipe->count < RECIPE_EDITS_MAX)) {
		edit_random(&recipe->edits[recipe->count++], state);
	} else if (kind < 8) {
		recipe->edits[i] = recipe->edits[--recipe->count];
	} else {
		edit_change(&recipe->edits[i], state);
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	struct recipe recipe;
	uint32_t state = seed;

	recipe_parse(&recipe, data, size);
	/* What is wrong in one way only gets furthest. */
	if (recipe_random(&state, 4) == 0)
		recipe.count = 0;
	do
		recipe_change(&recipe, &state);
	while (recipe_random(&state, 2) == 0);
	return recipe_write(&recipe, data, max_size);
}

/* The shape of the first, and edits of both. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_size, unsigned seed)
{
	struct recipe parents[2], child;
	uint32_t state = seed;

	recipe_parse(&parents[0], data1, size1);
	recipe_parse(&parents[1], data2, size2);
	child = parents[0];
	child.count = 0;
	for (unsigned p = 0; p < 2; p++)
		for (size_t i = 0; i < parents[p].count && child.count < RECIPE_EDITS_MAX; i++)
			if (recipe_random(&state, 2) == 0)
				child.edits[child.count++] = parents[p].edits[i];
	return recipe_write(&child, out, max_size);
}

#endif

/* ---- applying one edit to a value -------------------------------------- */

static inline uint64_t edit_value(const struct edit *edit)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < 8 && i < edit->size; i++)
		value |= (uint64_t)edit->data[i] << (8 * i);
	return value;
}

static inline uint64_t edit_u64(const struct edit *edit, uint64_t old)
{
	switch (edit->operation % 4) {
	case 0:
		return edit_value(edit);
	case 1:
		return old + edit_value(edit);
	case 2:
		return old - edit_value(edit);
	default:
		return old ^ edit_value(edit);
	}
}

static inline void edit_digest(const struct edit *edit, uint8_t *digest, size_t size)
{
	digest[edit->at % size] ^= (uint8_t)(edit_value(edit) | 1);
}

#endif
