/* twins.c: paths that differ only in case or normalisation, which some file systems take for one. */
#ifndef CAPSA_TWINS_H
#define CAPSA_TWINS_H

#include "path_set.h"

/* Zero at first. */
struct import_twins {
	struct path_set folded;
	uint64_t count;                 /* paths whose folded form had been seen */
	char *first;                    /* owned: the first of them */
};

void import_twins_see(struct import_twins *twins, const char *path);
/* One line, where there are any. */
void import_twins_warn(const struct import_twins *twins);
void import_twins_release(struct import_twins *twins);

#endif
