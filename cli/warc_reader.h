/* Records out of WARC and ARC files: warc_bytes.c, arc_head.c, warc_reader.c. */
#ifndef CAPSA_WARC_READER_H
#define CAPSA_WARC_READER_H

#include "header.h"
#include "inflate.h"
#include "stream.h"

/* ---- warc_bytes.c: a stream unpacked, member by member ---- */

struct warc_bytes {
	struct import_stream *stream;   /* owned */
	char *raw;                      /* owned: bytes of the stream, from raw_begin to raw_end */
	size_t raw_begin, raw_end;
	uint64_t raw_offset;            /* in the stream, of raw_begin */
	bool raw_over;                  /* the stream has no more */
	bool broken;                    /* the stream cannot be read any further */
	bool begun;                     /* what it is packed with is known */
	bool packed;                    /* gzip or zstd, else plain */
	enum inflate_kind kind;
	struct inflater *inflater;      /* owned; NULL: plain */
	bool inside;                    /* a member has begun and not ended */
	uint64_t member;                /* in the stream, of the last member that has begun */
	uint64_t member_position;       /* what of the unpacked bytes is its first */
	char *window;                   /* owned: unpacked bytes, from begin to end */
	size_t begin, end;
	uint64_t position;              /* in the unpacked bytes, of begin */
};

#define WARC_WINDOW (256U << 10)

/* Takes over the stream.  False: out of memory; close it in both cases. */
bool import_warc_bytes_open(struct warc_bytes *bytes, struct import_stream *stream);
/*
 * Have `wanted` bytes in the window, at most WARC_WINDOW; fewer at the end.  False: they cannot be
 * had, err->text says why.
 */
bool import_warc_bytes_fill(struct warc_bytes *bytes, size_t wanted, struct capsa_error *err);
/* The same, but begin no other member for them: there may be fewer at the end of one, too. */
bool import_warc_bytes_fill_inside(struct warc_bytes *bytes, size_t wanted,
                                   struct capsa_error *err);
/* What is in the window; good until the next fill. */
struct capsa_text import_warc_bytes_window(const struct warc_bytes *bytes);
/* Take this many bytes of the window. */
void import_warc_bytes_take(struct warc_bytes *bytes, size_t size);
/*
 * After a failed fill: go on with the next member that seems to begin.  False: there is none; the
 * end has come.
 */
bool import_warc_bytes_recover(struct warc_bytes *bytes);
void import_warc_bytes_close(struct warc_bytes *bytes);

/* ---- warc_reader.c ---- */

struct warc_record {
	uint64_t number;                /* in the file, from 1 */
	uint64_t offset;                /* in the file, or in what it unpacks to */
	bool unpacked;
	bool arc;
	/*
	 * WARC: its header.  ARC: fields of the same names, as far as there are any.  All texts are
	 * borrowed until the next record.
	 */
	struct header header;
	struct capsa_text type, uri, date, id, content_type;
	uint64_t size;                  /* bytes of the block */
};

struct warc_reader;

/* Takes over the stream, also where it fails: out of memory. */
struct warc_reader *import_warc_reader_new(struct import_stream *stream);
void import_warc_reader_free(struct warc_reader *reader);
/* How far it is in the file. */
uint64_t import_warc_reader_offset(const struct warc_reader *reader);

/*
 * The next record: 1, or 0 at the end, or -1 where there is no good one: err->text says what is
 * wrong and where; a call after that goes on with what follows.  What of the record before has not
 * been read is passed over, and whether it ended where it should is a matter of this call.
 */
int import_warc_next(struct warc_reader *reader, const struct warc_record **out,
                     struct capsa_error *err);
/*
 * What the window has of the block: at least `wanted` bytes, or all to its end or that of a gzip
 * member, but never nothing before the end of the block; good until the next call.  False: as
 * above, and then the record is no good.
 */
bool import_warc_peek(struct warc_reader *reader, size_t wanted, struct capsa_text *out,
                      struct capsa_error *err);
/* Take bytes that were seen. */
void import_warc_take(struct warc_reader *reader, size_t size);
/* Read what is left of the record, and check that it ends where it says.  False: as above. */
bool import_warc_finish(struct warc_reader *reader, struct capsa_error *err);
/* The file ended within the block. */
bool import_warc_is_cut(const struct warc_reader *reader);
/* Bytes of the file that the record has taken so far. */
uint64_t import_warc_stored(const struct warc_reader *reader);

/* A text without the angle brackets around it, if any. */
struct capsa_text import_warc_unwrap(struct capsa_text text);

/* "record 5 at offset 1234": what messages call the last record, or what should have been one. */
void import_warc_place(const struct warc_reader *reader, char *out, size_t size);

/* ---- arc_head.c ---- */

struct arc_head {
	struct capsa_text uri, address, date, content_type;
	struct capsa_text length;       /* need not be a number */
};

/*
 * The line before an ARC record: addresses may have spaces.  `version` is that of the file, 1 or 2.
 * False: it is none.
 */
bool import_arc_head(struct capsa_text line, unsigned version, struct arc_head *out);

#endif
