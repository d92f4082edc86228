/* Paths of articles (spec 5.5) and their keys (8.4).  capsa_path_check is public. */
#ifndef CAPSA_PATH_H
#define CAPSA_PATH_H

#include "base.h"

#define CAPSA_ARTICLES_PREFIX "articles/"

/* The key of a path in the tree: '/' is 00.  `out` has room for the path's bytes. */
void capsa_path_key(struct span path, uint8_t *out);

/* Is `b`, a key at or after `a` in order, equal to `a` or below it as a directory? */
bool capsa_path_key_conflict(struct span a, struct span b);

#endif
