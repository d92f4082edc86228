/*
 * The bodies packed so far, by digest, so that a duplicate becomes a link (spec 5.6).  Takes
 * 11 to 22 bytes of memory for each body; digests and paths lie in unlinked temporary files.
 */
#ifndef CAPSA_BODIES_H
#define CAPSA_BODIES_H

#include "base.h"

struct bodies;

/* `directory` as for capsa_temporary_new. */
enum capsa_status capsa_bodies_new(struct bodies **out, const char *directory,
                                   struct capsa_error *err);
void capsa_bodies_free(struct bodies *bodies);

struct body_copy {
	uint64_t number;                /* of the article that holds the body */
	uint64_t links;                 /* to it so far */
	struct span path;               /* of that article; borrowed until the next call */
};

/* The copy that a duplicate would refer to.  CAPSA_ENOENT: the body is new. */
enum capsa_status capsa_bodies_find(struct bodies *bodies,
                                    const uint8_t digest[CAPSA_DIGEST_SIZE], struct body_copy *out,
                                    struct capsa_error *err);

/* One more link to the copy that was found last. */
enum capsa_status capsa_bodies_link(struct bodies *bodies, struct capsa_error *err);

/* A copy that later duplicates refer to; takes the place of an earlier one. */
enum capsa_status capsa_bodies_add(struct bodies *bodies, const uint8_t digest[CAPSA_DIGEST_SIZE],
                                   uint64_t number, struct span path, struct capsa_error *err);

#endif
