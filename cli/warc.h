/* import_warc.c: articles from WARC and ARC, wherever their bytes come from. */
#ifndef CAPSA_WARC_H
#define CAPSA_WARC_H

#include "stream.h"

/* What else knows titles of pages. */
struct import_warc_titles {
	/*
	 * Of the capture of `url` at `captured` (a date of spec 7.4, or what WARC-Date says where
	 * it is none); borrowed until the next call; empty: none.
	 */
	struct capsa_text (*title)(void *ctx, struct capsa_text url, struct capsa_text captured);
	void *ctx;
};

/*
 * The records of all streams, one stream after another, as one run: a revisit in one may name a
 * record of another, and captures of one address are told apart.  What the pointers point at is
 * borrowed until the importer is closed; `titles` may be NULL.
 */
struct importer *import_warc_streams(const struct import_stream_opener *const *openers,
                                     size_t count, const struct import_warc_titles *titles,
                                     const struct import_options *options);

#endif
