/* Zstandard, with others' dictionaries: the one door of its library in the command. */
#include "inflate.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#define WINDOW_LOG_MAX 27 /* INFLATE_WINDOW_MAX */

struct zstd_inflater {
	struct inflater base; /* first, so that one pointer is both */
	ZSTD_DCtx *context; /* owned */
};

static enum inflate_status zstd_run(struct inflater *inflater, struct capsa_text *in, char **room,
                                    size_t *size)
{
	struct zstd_inflater *z = (struct zstd_inflater *)inflater;
	ZSTD_inBuffer from = {in->data, in->size, 0};
	ZSTD_outBuffer to = {*room, *size, 0};
	size_t left = ZSTD_decompressStream(z->context, &to, &from);

	in->data += from.pos;
	in->size -= from.pos;
	*room += to.pos;
	*size -= to.pos;
	if (!ZSTD_isError(left))
		return left == 0 ? INFLATE_END : INFLATE_MORE;
	return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation ? INFLATE_MEMORY
	                                                               : INFLATE_BAD;
}

static bool zstd_reset(struct inflater *inflater)
{
	struct zstd_inflater *z = (struct zstd_inflater *)inflater;

	return !ZSTD_isError(ZSTD_DCtx_reset(z->context, ZSTD_reset_session_only));
}

static void zstd_free(struct inflater *inflater)
{
	struct zstd_inflater *z = (struct zstd_inflater *)inflater;

	ZSTD_freeDCtx(z->context);
	free(z);
}

static const struct inflate_methods methods = {zstd_run, zstd_reset, zstd_free};

struct inflater *import_inflate_zstd(struct capsa_text dictionary)
{
	struct zstd_inflater *z = calloc(1, sizeof *z);

	if (z == NULL)
		return NULL;
	z->base.methods = &methods;
	z->context = ZSTD_createDCtx();
	if (z->context != NULL &&
	    !ZSTD_isError(
	        ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)) &&
	    (dictionary.size == 0 ||
	     !ZSTD_isError(ZSTD_DCtx_loadDictionary(z->context, dictionary.data, dictionary.size))))
		return &z->base;
	zstd_free(&z->base);
	return NULL;
}
