/* The files with detached signatures beside an archive. */
#ifndef CAPSA_DETACHED_H
#define CAPSA_DETACHED_H

#include "cli.h"

/*
 * The names in `directory` that begin with `name` and "." and end in ".minisig", sorted: *count of
 * them, borrowed until the next call.  0, or an errno value where it cannot be listed; there are
 * none then.
 */
int cli_detached_names(const char *directory, const char *name, char *const **names, size_t *count);

#endif
