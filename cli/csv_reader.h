/*
 * csv_reader.c: records of CSV as RFC 4180 describes it: cells in quotes, doubled quotes, cells of
 * several lines; with another delimiter, any line ends, a byte order mark, and in UTF-16 where that
 * mark says so.
 */
#ifndef CAPSA_CSV_READER_H
#define CAPSA_CSV_READER_H

#include "fields.h"

#define CSV_COLUMNS_MAX 4096

struct csv_cell {
	size_t at, size; /* in the record's text */
	bool quoted;
};

enum csv_encoding { CSV_UTF8, CSV_UTF16_LE, CSV_UTF16_BE };

/* Zero at first. */
struct csv_reader {
	FILE *file; /* borrowed, seekable */
	char delimiter;
	size_t record_max; /* bytes */
	/* The record. */
	uint64_t line; /* where it begins, from 1 */
	struct csv_cell *cells; /* owned */
	size_t count;
	struct json_text text; /* of all cells, one after another */
	uint64_t read; /* bytes of the file so far */

	/* Between records. */
	enum csv_encoding encoding;
	bool broken; /* there is no going on */
	const char *wrong; /* a constant: why there are no more bytes; NULL: the end */
	uint64_t next_line;
	size_t capacity; /* of cells */
	unsigned char *buffer; /* owned: UTF-8 that was read */
	size_t buffer_at, buffer_size;
	unsigned char *raw; /* owned: UTF-16 that was read */
};

/* From the beginning of the file. */
void csv_begin(struct csv_reader *reader, FILE *file, char delimiter, size_t record_max);
/*
 * The next record, of valid UTF-8 without U+0000; blank lines are passed over.  1, or 0 at the end,
 * or -1: *why, whose `line` 0 stands for all of the input; a call after that goes on with the next
 * line where that is possible.
 */
int csv_next(struct csv_reader *reader, struct foreign_error *why);
/* Borrowed until the next record. */
struct capsa_text csv_text(const struct csv_reader *reader, size_t cell);
void csv_release(struct csv_reader *reader);

#endif
