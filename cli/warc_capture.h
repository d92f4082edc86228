/* warc_capture.c: what a record is to an archive, and what is said of it. */
#ifndef CAPSA_WARC_CAPTURE_H
#define CAPSA_WARC_CAPTURE_H

#include "fields.h"
#include "http_message.h"
#include "warc_reader.h"

enum warc_use {
	WARC_PAGE,                      /* an article: its payload */
	WARC_REDIRECT,                  /* an article without a body */
	WARC_REVISIT,                   /* an article with the payload of another record */
	WARC_OTHER                      /* packed with --all alone */
};

/* Zero at first. */
struct warc_capture {
	const struct warc_record *record;
	enum warc_use use;
	char reason[64];                /* WARC_OTHER: of what kind it is: "request", "status 404" */
	bool beside;                    /* it is no capture of its address: its block is packed */
	bool has_http;
	struct header http;
	struct http_status status;
	char *url;                      /* owned: the address as valid UTF-8; empty: there is none */
	char *location;                 /* owned: of a redirect */
	char captured[IMPORT_DATE_SIZE];        /* as spec 7.4 has it; empty: there is no such date */
};

/*
 * Read what stands before the payload of a record and judge it.  `block`, unless NULL, is given the
 * bytes that are read.  False: the record is no good, err->text says why.
 */
struct import_hash;
bool import_warc_capture(struct warc_capture *capture, struct warc_reader *reader,
                         const struct warc_record *record, struct import_hash *block,
                         struct capsa_error *err);
/* The path that the capture wants.  The caller frees it; NULL: out of memory. */
char *import_warc_capture_path(const struct warc_capture *capture);
void import_warc_capture_release(struct warc_capture *capture);

/*
 * What the record says: url, captured, format, location, http and extra.  With `whole` all fields
 * of the record go to extra, also those that have a name of their own.
 */
enum capsa_status import_warc_metadata(const struct warc_capture *capture, bool whole,
                                       struct capsa_metadata *metadata, struct capsa_error *err);

/* Say in `http` what codings the body still has, as HTTP names them: "gzip", "br, chunked". */
enum capsa_status import_warc_set_coded(struct capsa_metadata *metadata, const char *coded,
                                        struct capsa_error *err);

#endif
