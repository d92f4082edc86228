/* zim_about.c: what a ZIM file says of itself as a whole, in its namespace M. */
#ifndef CAPSA_ZIM_ABOUT_H
#define CAPSA_ZIM_ABOUT_H

#include "fields.h"

/* Zero at first, but for the metadata. */
struct zim_about {
	struct capsa_metadata *metadata; /* owned */
	struct object extra;
	size_t size;                    /* of what was taken, as JSON at most */
};

/*
 * Take a member of this name, if it is text that is not too long.  False: it is not, and has to be
 * an article.
 */
bool zim_about_take(struct zim_about *about, struct capsa_text name, struct capsa_text type,
                    const struct capsa_source *body);
/* Put what has no name of its own into `extra`.  False: out of memory. */
bool zim_about_finish(struct zim_about *about);
void zim_about_release(struct zim_about *about);

#endif
