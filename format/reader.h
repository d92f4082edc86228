/* An open archive, as reader.c and verify*.c see it.  Its interface is public, in capsa.h. */
#ifndef CAPSA_READER_H
#define CAPSA_READER_H

#include "base.h"
#include "codec.h"
#include "page_store.h"
#include "spine_walk.h"
#include "statement.h"

/* In the order of the statement (spec 9.2); key trees as in enum capsa_tree. */
enum { READER_SPINE = 0, READER_TREES = 5 };

/* A data frame that was asked for. */
struct open_frame {
	uint64_t offset;                /* in the archive; 0: the slot is free */
	bool seen;                      /* a part of it was read, and not kept */
	bool whole;                     /* it is kept */
	struct buffer raw;              /* then: authenticated and decompressed */
	uint64_t used;                  /* tick of the last use */
	uint32_t line;                  /* a line of a metadata frame ... */
	size_t line_at;                 /* ... and where it begins, to go on from */
};

#define READER_FRAMES 3                 /* articles, their metadata, the body that a link leads to */

struct capsa_reader {
	struct capsa_source source;
	struct buffer tail;             /* the archive's last bytes, from tail_offset on */
	uint64_t tail_offset;
	struct statement statement;     /* borrows from the tail */
	uint64_t statement_offset;
	uint64_t attestations_offset;
	uint64_t trailer_offset;        /* where the attestations end */
	struct capsa_attestation *attestations;
	size_t attestation_count;
	bool trailer_damaged;

	struct page_store *pages;
	struct decoder *decoder;
	struct dictionary *dictionary;  /* once a frame may need it */
	struct buffer about;            /* capsa/archive.json, once it was asked for */
	struct open_frame frames[READER_FRAMES];
	uint64_t tick;
	uint64_t read_to;               /* where in the tar stream the last read of a body ended */
	bool thorough;                  /* no frame is good of which a part is not */
	struct buffer stored;           /* of the frame being read */
	uint64_t stored_at;             /* where it lies, once it is authenticated; else 0 */
	struct buffer key;
};

/* Find statement and attestations; the reader's source is set.  Errors as capsa_reader_open. */
enum capsa_status capsa_reader_find_statement(struct capsa_reader *reader, size_t tail_size,
                                              struct capsa_error *err);

/* CAPSA_EUNSUPPORTED where the archive requires features that this library does not know. */
enum capsa_status capsa_reader_usable(const struct capsa_reader *reader, struct capsa_error *err);

static inline const struct page_ref *reader_root(const struct capsa_reader *reader, unsigned tree)
{
	return &reader->statement.trees[tree].root;
}

/* The dictionary, read from frame 0 when first asked for; NULL where the archive has none. */
enum capsa_status capsa_reader_dictionary(struct capsa_reader *reader,
                                          const struct dictionary **out, struct capsa_error *err);

/*
 * Do these stored bytes have the digest that the spine gives?  CAPSA_EWITHHELD: they are a
 * withheld frame, the error's text is the reason; CAPSA_ECORRUPT.
 */
enum capsa_status capsa_frame_authenticate(struct span stored, const struct spine_frame *frame,
                                           uint64_t offset, struct capsa_error *err);

/* What messages call a frame of this kind. */
const char *capsa_frame_name(uint8_t kind);

#endif
