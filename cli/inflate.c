/* Which library inflates what. */
#include "inflate.h"

struct inflater *import_inflater_new(enum inflate_kind kind, struct capsa_text dictionary)
{
	switch (kind) {
	case INFLATE_GZIP:
	case INFLATE_DEFLATE:
		return import_inflate_zlib(kind == INFLATE_GZIP);
	case INFLATE_BROTLI:
		return import_inflate_brotli();
	case INFLATE_ZSTD:
		return import_inflate_zstd(dictionary);
	case INFLATE_XZ:
		return import_inflate_xz();
	}
	return NULL;
}

enum inflate_status import_inflate(struct inflater *inflater, struct capsa_text *in, char **room,
                                   size_t *size)
{
	return inflater->methods->run(inflater, in, room, size);
}

bool import_inflater_reset(struct inflater *inflater)
{
	return inflater->methods->reset(inflater);
}

void import_inflater_free(struct inflater *inflater)
{
	if (inflater != NULL)
		inflater->methods->free(inflater);
}
