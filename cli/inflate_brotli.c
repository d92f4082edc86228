/* Brotli: the one door of its library. */
#include "inflate.h"

#include <brotli/decode.h>
#include <stdlib.h>

struct brotli_inflater {
	struct inflater base; /* first, so that one pointer is both */
	BrotliDecoderState *state; /* owned */
};

static enum inflate_status status_of(const BrotliDecoderState *state, BrotliDecoderResult result)
{
	if (result == BROTLI_DECODER_RESULT_SUCCESS)
		return INFLATE_END;
	if (result != BROTLI_DECODER_RESULT_ERROR)
		return INFLATE_MORE;
	/* The codes of failed allocations are neighbours. */
	switch (BrotliDecoderGetErrorCode(state)) {
	case BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MODES:
	case BROTLI_DECODER_ERROR_ALLOC_TREE_GROUPS:
	case BROTLI_DECODER_ERROR_ALLOC_CONTEXT_MAP:
	case BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_1:
	case BROTLI_DECODER_ERROR_ALLOC_RING_BUFFER_2:
	case BROTLI_DECODER_ERROR_ALLOC_BLOCK_TYPE_TREES:
		return INFLATE_MEMORY;
	default:
		return INFLATE_BAD;
	}
}

static enum inflate_status brotli_run(struct inflater *inflater, struct capsa_text *in, char **room,
                                      size_t *size)
{
	struct brotli_inflater *b = (struct brotli_inflater *)inflater;
	const uint8_t *from = (const uint8_t *)in->data;
	uint8_t *to = (uint8_t *)*room;
	BrotliDecoderResult result =
	    BrotliDecoderDecompressStream(b->state, &in->size, &from, size, &to, NULL);

	in->data = (const char *)from;
	*room = (char *)to;
	return status_of(b->state, result);
}

static bool brotli_reset(struct inflater *inflater)
{
	struct brotli_inflater *b = (struct brotli_inflater *)inflater;

	BrotliDecoderDestroyInstance(b->state);
	b->state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	return b->state != NULL;
}

static void brotli_free(struct inflater *inflater)
{
	struct brotli_inflater *b = (struct brotli_inflater *)inflater;

	BrotliDecoderDestroyInstance(b->state);
	free(b);
}

static const struct inflate_methods methods = {brotli_run, brotli_reset, brotli_free};

struct inflater *import_inflate_brotli(void)
{
	struct brotli_inflater *b = calloc(1, sizeof *b);

	if (b == NULL)
		return NULL;
	b->base.methods = &methods;
	if (brotli_reset(&b->base))
		return &b->base;
	free(b);
	return NULL;
}
