/* warc_left.c: what of the records is not packed, and why. */
#ifndef CAPSA_WARC_LEFT_H
#define CAPSA_WARC_LEFT_H

#include "cli.h"

#define WARC_REASONS_MAX 32

/* Zero at first. */
struct warc_left {
	struct warc_reason {
		char text[64];
		uint64_t count;
	} reasons[WARC_REASONS_MAX];
	size_t count;
	uint64_t bodies;                /* of redirects */
	uint64_t kept;                  /* bodies whose coding could not be undone */
};

/* Count a record: "request", "status 404". */
void import_warc_left_add(struct warc_left *left, const char *reason);
/* Say it in a line or a few; `name` is what the user calls the input. */
void import_warc_left_tell(const struct warc_left *left, const char *name);

#endif
