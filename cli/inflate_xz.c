/* xz, and what is in 7z files: the one door of liblzma. */
#include "inflate.h"

#include <lzma.h>
#include <stdlib.h>

struct xz_inflater {
	struct inflater base; /* first, so that one pointer is both */
	lzma_stream stream;
};

static enum inflate_status status_of(lzma_ret code)
{
	switch (code) {
	case LZMA_OK:
	case LZMA_BUF_ERROR:
		return INFLATE_MORE;
	case LZMA_STREAM_END:
		return INFLATE_END;
	case LZMA_MEM_ERROR:
		return INFLATE_MEMORY;
	default:
		return INFLATE_BAD;
	}
}

static enum inflate_status xz_run(struct inflater *inflater, struct capsa_text *in, char **room,
                                  size_t *size)
{
	struct xz_inflater *x = (struct xz_inflater *)inflater;
	lzma_ret code;

	x->stream.next_in = (const uint8_t *)in->data;
	x->stream.avail_in = in->size;
	x->stream.next_out = (uint8_t *)*room;
	x->stream.avail_out = *size;
	code = lzma_code(&x->stream, LZMA_RUN);
	in->data += in->size - x->stream.avail_in;
	in->size = x->stream.avail_in;
	*room += *size - x->stream.avail_out;
	*size = x->stream.avail_out;
	return status_of(code);
}

static bool xz_reset(struct inflater *inflater)
{
	struct xz_inflater *x = (struct xz_inflater *)inflater;

	/* On a stream that was used this takes its memory over. */
	return lzma_stream_decoder(&x->stream, INFLATE_WINDOW_MAX, 0) == LZMA_OK;
}

static void xz_free(struct inflater *inflater)
{
	struct xz_inflater *x = (struct xz_inflater *)inflater;

	lzma_end(&x->stream);
	free(x);
}

static const struct inflate_methods methods = {xz_run, xz_reset, xz_free};

struct inflater *import_inflate_xz(void)
{
	struct xz_inflater *x = calloc(1, sizeof *x);

	if (x == NULL)
		return NULL;
	x->base.methods = &methods;
	x->stream = (lzma_stream)LZMA_STREAM_INIT;
	if (xz_reset(&x->base))
		return &x->base;
	free(x);
	return NULL;
}

bool import_inflate_lzma(bool lzma2, struct capsa_text properties, struct capsa_text in, void *room,
                         size_t size)
{
	lzma_filter filters[2] = {{.id = lzma2 ? LZMA_FILTER_LZMA2 : LZMA_FILTER_LZMA1},
	                          {.id = LZMA_VLI_UNKNOWN}};
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_options_lzma *options;
	lzma_ret code;

	if (lzma_properties_decode(&filters[0], NULL, (const uint8_t *)properties.data,
	                           properties.size) != LZMA_OK)
		return false;
	/* Nothing leads back behind the beginning, so that no larger dictionary is of use. */
	options = filters[0].options;
	if (options->dict_size > size)
		options->dict_size =
		    size > LZMA_DICT_SIZE_MIN ? (uint32_t)size : LZMA_DICT_SIZE_MIN;
	code = lzma_raw_decoder(&stream, filters);
	stream.next_in = (const uint8_t *)in.data;
	stream.avail_in = in.size;
	stream.next_out = room;
	stream.avail_out = size;
	if (code == LZMA_OK)
		code = lzma_code(&stream, LZMA_RUN);
	lzma_end(&stream);
	free(options);
	/* Of LZMA the end may not be marked. */
	return (code == LZMA_OK || code == LZMA_STREAM_END) && stream.avail_out == 0;
}
