/* path_set.c: a set of paths, of which only digests are kept: 16 bytes each. */
#ifndef CAPSA_PATH_SET_H
#define CAPSA_PATH_SET_H

#include "cli.h"

struct path_digest {
	uint64_t half[2];               /* both 0: a free slot */
};

/* Zero at first. */
struct path_set {
	struct path_digest *slots;      /* owned: open addressing */
	size_t count, capacity;
	unsigned char key[16];
	bool failed;                    /* memory is out: something is missing */
};

void import_paths_add(struct path_set *set, const char *path, size_t size);
bool import_paths_has(const struct path_set *set, const char *path, size_t size);
/* By which a set that is not empty knows a path. */
struct path_digest import_paths_digest(const struct path_set *set, const char *path, size_t size);
/* Add the directories of a path, unless it is longer than one of an article can be. */
void import_paths_add_above(struct path_set *set, const char *path);
/* Is a directory of the path in the set?  Likewise. */
bool import_paths_has_above(const struct path_set *set, const char *path);
void import_paths_release(struct path_set *set);

#endif
