/* gzip, and HTTP's deflate: the one door of zlib. */
#include "inflate.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#define WINDOW_BITS 15
#define GZIP (WINDOW_BITS + 16)
#define PIECE_MAX (1U << 30) /* zlib counts with 32 bits */

struct zlib_inflater {
	struct inflater base; /* first, so that one pointer is both */
	z_stream stream;
	bool gzip;
	/*
	 * HTTP means the zlib format by "deflate", but some servers leave its two bytes of header
	 * away.  They tell which it is, so they are taken first.
	 */
	unsigned char head[2];
	unsigned head_size;
	bool begun;
};

/* Is this the header of the zlib format (RFC 1950, 2.2)? */
static bool is_header(const unsigned char head[2])
{
	return (head[0] & 0x0f) == Z_DEFLATED && head[0] >> 4 <= 7 &&
	       (head[0] << 8 | head[1]) % 31 == 0;
}

static enum inflate_status status_of(int code)
{
	switch (code) {
	case Z_OK:
	case Z_BUF_ERROR:
		return INFLATE_MORE;
	case Z_STREAM_END:
		return INFLATE_END;
	case Z_MEM_ERROR:
		return INFLATE_MEMORY;
	default:
		return INFLATE_BAD;
	}
}

static enum inflate_status run_piece(struct zlib_inflater *z, struct capsa_text *in, char **room,
                                     size_t *size)
{
	z_stream *stream = &z->stream;
	size_t given = in->size < PIECE_MAX ? in->size : PIECE_MAX;
	size_t free = *size < PIECE_MAX ? *size : PIECE_MAX;
	int code;

	stream->next_in = (const unsigned char *)in->data;
	stream->avail_in = (uInt)given;
	stream->next_out = (unsigned char *)*room;
	stream->avail_out = (uInt)free;
	code = inflate(stream, Z_NO_FLUSH);
	in->data += given - stream->avail_in;
	in->size -= given - stream->avail_in;
	*room += free - stream->avail_out;
	*size -= free - stream->avail_out;
	return status_of(code);
}

/* Collect the first bytes, and give them to zlib. */
static enum inflate_status begin(struct zlib_inflater *z, struct capsa_text *in, char **room,
                                 size_t *size)
{
	struct capsa_text head = {(const char *)z->head, sizeof z->head};
	enum inflate_status status;

	while (z->head_size < sizeof z->head) {
		if (in->size == 0)
			return INFLATE_MORE;
		z->head[z->head_size++] = (unsigned char)*in->data++;
		in->size--;
	}
	if (inflateReset2(&z->stream, is_header(z->head) ? WINDOW_BITS : -WINDOW_BITS) != Z_OK)
		return INFLATE_BAD;
	z->begun = true;
	status = run_piece(z, &head, room, size);
	/* An empty raw stream ends within its two bytes, and nothing of them is left. */
	return status == INFLATE_MORE && head.size != 0 ? INFLATE_BAD : status;
}

static enum inflate_status zlib_run(struct inflater *inflater, struct capsa_text *in, char **room,
                                    size_t *size)
{
	struct zlib_inflater *z = (struct zlib_inflater *)inflater;

	if (*size == 0)
		return INFLATE_MORE;
	if (!z->begun) {
		enum inflate_status status = begin(z, in, room, size);

		if (status != INFLATE_MORE || !z->begun)
			return status;
	}
	return run_piece(z, in, room, size);
}

static bool zlib_reset(struct inflater *inflater)
{
	struct zlib_inflater *z = (struct zlib_inflater *)inflater;

	z->head_size = 0;
	z->begun = z->gzip;
	return inflateReset2(&z->stream, z->gzip ? GZIP : WINDOW_BITS) == Z_OK;
}

static void zlib_free(struct inflater *inflater)
{
	struct zlib_inflater *z = (struct zlib_inflater *)inflater;

	inflateEnd(&z->stream);
	free(z);
}

static const struct inflate_methods methods = {zlib_run, zlib_reset, zlib_free};

struct inflater *import_inflate_zlib(bool gzip)
{
	struct zlib_inflater *z = calloc(1, sizeof *z);

	if (z == NULL || inflateInit2(&z->stream, gzip ? GZIP : WINDOW_BITS) != Z_OK) {
		free(z);
		return NULL;
	}
	z->base.methods = &methods;
	z->gzip = gzip;
	z->begun = gzip;
	return &z->base;
}
