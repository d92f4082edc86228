/* import_warc.c: articles from WARC and ARC, wherever their bytes come from. */
#ifndef CAPSA_WARC_H
#define CAPSA_WARC_H

#include "stream.h"

/*
 * The records of all streams, one stream after another, as one run: a revisit in one may name a
 * record of another, and captures of one address are told apart.  What the pointers point at is
 * borrowed until the importer is closed.
 */
struct importer *import_warc_streams(const struct import_stream_opener *const *openers,
                                     size_t count, const struct import_options *options);
/* The same of files. */
struct importer *import_warc(const struct import_input *inputs, size_t count,
                             const struct import_options *options);

#endif
