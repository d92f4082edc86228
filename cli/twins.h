/* twins.c: paths that differ only in case or normalisation, which some file systems take for one. */
#ifndef CAPSA_TWINS_H
#define CAPSA_TWINS_H

#include "cli.h"

/* Zero at first. */
struct import_twins {
	struct sorter *folded;          /* owned; NULL: nothing was seen, or it failed */
	bool failed;                    /* the warning is lost, nothing else */
};

/* `directory` is for temporary files; NULL: $TMPDIR, else /tmp. */
void import_twins_see(struct import_twins *twins, const char *path, const char *directory);
/* One line, where there are any.  Then nothing more is seen. */
void import_twins_warn(struct import_twins *twins);
void import_twins_release(struct import_twins *twins);

#endif
