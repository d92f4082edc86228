/* http_message.c: HTTP responses as crawls keep them. */
#ifndef CAPSA_HTTP_MESSAGE_H
#define CAPSA_HTTP_MESSAGE_H

#include "header.h"
#include "import.h"

struct http_status {
	struct capsa_text protocol;     /* "HTTP/1.1" */
	unsigned code;                  /* 0: none of three digits */
	struct capsa_text text;         /* "404 Not Found": all behind the protocol */
};

/* The first line of a response; false: it is none. */
bool import_http_status(struct capsa_text line, struct http_status *out);

enum http_coding {
	HTTP_PLAIN,                     /* the header names no coding */
	HTTP_DECODED,
	HTTP_KEPT,                      /* the coding it names is not what the body has, or not known */
	HTTP_FAILED                     /* err->text: memory, a limit */
};

/*
 * Undo the chunks of a body, which may be wrong: from where no chunk begins all is taken as it is.
 */
enum http_coding import_http_dechunk(const struct header *header, const struct capsa_source *body,
                                     struct held_body *out, const char *directory,
                                     struct capsa_error *err);
/*
 * Undo its content codings: all of them, or none.  It may grow to 64 MiB, or to 1,000 times
 * `stored`.
 */
enum http_coding import_http_decode(const struct header *header, const struct capsa_source *body,
                                    uint64_t stored, struct held_body *out, const char *directory,
                                    struct capsa_error *err);

/* Does a Content-Type look like a media type? */
bool import_http_is_type(struct capsa_text type);

/*
 * The address that `location` means in an answer from `base` (RFC 3986, section 5).  The caller
 * frees it; NULL: out of memory.
 */
char *import_http_resolve(struct capsa_text base, struct capsa_text location);

#endif
