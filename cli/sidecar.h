/* sidecar.c: what lies beside a file and says what it is. */
#ifndef CAPSA_SIDECAR_H
#define CAPSA_SIDECAR_H

#include "fields.h"
#include "import.h"

#define SIDECAR_MAX ((1U << 20) + 1)    /* a metadata line and its line feed */

/* Zero at first. */
struct sidecar {
	char *json;                     /* owned: all of it, canonical */
	char *path;                     /* owned: the article's; NULL: it says nothing of it */
	struct capsa_text size, digest; /* of the body, as the sidecar has it; empty: likewise */
	bool complete;                  /* it has all that a line of an archive must have */
};

/*
 * Read a sidecar of this name in a directory (AT_FDCWD: as openat) into metadata, but not the
 * body's size and digest.  False: *why; its line is 0 where it is not about a line.
 */
bool import_sidecar_read(struct sidecar *sidecar, int directory, const char *name,
                         struct capsa_metadata *metadata, struct foreign_error *why);
/* The same of one that was read already; what is beyond SIDECAR_MAX need not be there. */
bool import_sidecar_take(struct sidecar *sidecar, struct capsa_text file,
                         struct capsa_metadata *metadata, struct foreign_error *why);
void import_sidecar_release(struct sidecar *sidecar);

#endif
