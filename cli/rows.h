/*
 * rows.c: articles of an input that holds an object for each: lines of JSONL, records of CSV.
 */
#ifndef CAPSA_ROWS_H
#define CAPSA_ROWS_H

#include "fields.h"
#include "import.h"

#define ROW_SIZE_MAX (256U << 20) /* bytes of a line or record, so that memory is bounded */

struct row_source {
	/*
	 * The next object, canonical and borrowed until the next call: 1, or 0 at the end, or -1:
	 * *why, whose `line` 0 stands for all of the input; a call after that goes on where that is
	 * possible.
	 */
	int (*next)(struct row_source *rows, struct capsa_text *object, struct foreign_error *why);
	void (*rewind)(struct row_source *rows);
	void (*close)(struct row_source *rows);
	const char *empty_body; /* for messages: how one is written; may be empty */
	FILE *file; /* owned, seekable */
	uint64_t line; /* where the object begins, from 1 */
	uint64_t read; /* bytes of the file so far */
};

/*
 * Articles from what is in the input.  `open` takes over a file that stands at its beginning; NULL:
 * memory is out, and the file is still the caller's.
 */
struct importer *import_rows(const struct import_input *input, const struct import_options *options,
                             struct row_source *(*open)(FILE *file,
                                                        const struct import_options *options));

#endif
