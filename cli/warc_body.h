/* warc_body.c: the payload of a record, checked and decoded. */
#ifndef CAPSA_WARC_BODY_H
#define CAPSA_WARC_BODY_H

#include "warc_capture.h"

/* Zero at first, but for the directory. */
struct warc_body {
	const char *directory;          /* for what is large; borrowed; NULL: as usual */
	struct held_body raw;           /* the block, behind the header of HTTP */
	struct held_body unchunked, decoded;
	struct capsa_source source;     /* the body of the article; good until the next record */
	char *coded;                    /* owned: the codings that it still has; NULL: none */
	bool kept;                      /* because they could not be undone */
};

/* What a caller wants of a record, once it is known what it is. */
enum warc_want {
	WARC_WANT_NOTHING,
	WARC_WANT_CHECKED,              /* that it is read to its end and as its digest says */
	WARC_WANT_BODY                  /* the block, too */
};

/*
 * Read a record into capture and body.raw, as far as `want` wants it.  False: it is no good,
 * err->text says why and where.
 */
bool import_warc_body_read(struct warc_body *body, struct warc_capture *capture,
                           struct warc_reader *reader, const struct warc_record *record,
                           enum warc_want (*want)(void *ctx), void *ctx, enum warc_want *wanted,
                           struct capsa_error *err);
/*
 * Make the body of it: decoded, unless `wire`, and what WARC-Payload-Digest says.  False: as above.
 */
bool import_warc_body_decode(struct warc_body *body, const struct warc_capture *capture,
                             const struct warc_reader *reader, bool wire,
                             struct capsa_error *err);
void import_warc_body_release(struct warc_body *body);

#endif
