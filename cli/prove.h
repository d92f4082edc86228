/* prove.c: a proof of the articles that a verb reads. */
#ifndef CAPSA_PROVE_H
#define CAPSA_PROVE_H

#include "cli.h"

struct proving;

/*
 * Begin to write a proof to `path`; the archive's reader is opened anew, so that all that is read
 * from here on belongs to the proof.  NULL: reported; the archive may be without a reader then.
 */
struct proving *cli_prove_begin(struct cli_archive *archive, const char *path, bool force);
/*
 * Read these articles whole, with their metadata and by their paths, and write the proof of them.
 * Exit status; reports errors.  Frees `proving` in all cases.
 */
int cli_prove_end(struct proving *proving, struct cli_archive *archive, const uint64_t *numbers,
                  size_t count);
/* Leave nothing behind, but the archive's source must not be read any more.  NULL is allowed. */
void cli_prove_abandon(struct proving *proving);

#endif
