/*
 * Bytes that others compressed, inflated piece by piece.  Each library has a file of its own:
 * inflate_zlib.c, inflate_brotli.c, inflate_zstd.c, inflate_xz.c.
 */
#ifndef CAPSA_INFLATE_H
#define CAPSA_INFLATE_H

#include "cli.h"

enum inflate_kind {
	INFLATE_GZIP,                   /* one member */
	INFLATE_DEFLATE,                /* of HTTP: with the header of zlib, or without */
	INFLATE_BROTLI,
	INFLATE_ZSTD,                   /* one frame */
	INFLATE_XZ,                     /* one stream */
};

enum inflate_status {
	INFLATE_MORE,                   /* all room is filled, or all input taken */
	INFLATE_END,                    /* the member, frame or stream is complete */
	INFLATE_BAD,                    /* it is none, or needs more than INFLATE_WINDOW_MAX */
	INFLATE_MEMORY,                 /* out of memory */
};

#define INFLATE_WINDOW_MAX (128U << 20)         /* bytes of memory for one inflater, about */

struct inflater;

/*
 * The dictionary is zstd's alone: formatted, or raw content; it is copied; empty: none.  NULL: out
 * of memory, or the dictionary is damaged.
 */
struct inflater *import_inflater_new(enum inflate_kind kind, struct capsa_text dictionary);

/*
 * Take bytes from the beginning of *in and put bytes at *room, of which *size are free; both move
 * on.  Behind the end nothing is taken, so that *in is what follows.  No call does nothing and
 * returns INFLATE_MORE, unless there is no input or no room.
 */
enum inflate_status import_inflate(struct inflater *inflater, struct capsa_text *in, char **room,
                                   size_t *size);

/* Ready for the next member, frame or stream.  False: out of memory. */
bool import_inflater_reset(struct inflater *inflater);
void import_inflater_free(struct inflater *inflater);

/*
 * LZMA or LZMA2 without a header, as it is in 7z files: `size` bytes at once.  False: it is
 * damaged, gives fewer, or there is no memory.
 */
bool import_inflate_lzma(bool lzma2, struct capsa_text properties, struct capsa_text in, void *room,
                         size_t size);

/* ---- what the files of the libraries give ---- */

struct inflate_methods {
	enum inflate_status (*run)(struct inflater *inflater, struct capsa_text *in, char **room,
	                           size_t *size);
	bool (*reset)(struct inflater *inflater);
	void (*free)(struct inflater *inflater);
};

struct inflater {
	const struct inflate_methods *methods;
};

struct inflater *import_inflate_zlib(bool gzip);
struct inflater *import_inflate_brotli(void);
struct inflater *import_inflate_zstd(struct capsa_text dictionary);
struct inflater *import_inflate_xz(void);

#endif
