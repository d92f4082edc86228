/* What a crawl kept of HTTP, as a message again. */
#ifndef CAPSA_EXPORT_HTTP_H
#define CAPSA_EXPORT_HTTP_H

#include "base.h"

/*
 * Append the head of an HTTP response with a body of `size` bytes: status and fields as `http` of
 * the metadata line has them, but for those that speak of how the body was coded, since it is kept
 * decoded; or, for a redirect without them, the least that leads to `location` (empty: none).  What
 * no field can hold is left out.  False: this is no response, and nothing is appended.
 */
bool export_http_head(struct buffer *out, struct capsa_text line, uint64_t size,
                      struct capsa_text location);

#endif
