/* Manifests: the digests of whole files, for sha256sum -c and b2sum -c. */
#ifndef CAPSA_MANIFEST_H
#define CAPSA_MANIFEST_H

#include "cli.h"

#define MANIFEST_KINDS 2

struct manifest {                       /* zero at first */
	const char *files[MANIFEST_KINDS];      /* borrowed; NULL: not wanted */
	struct cli_output *outputs[MANIFEST_KINDS];
};

/* Take the argument of --manifest, `sha256=FILE` or `blake2b=FILE`.  Exit status. */
int cli_manifest_option(struct manifest *manifest, const char *argument);
bool cli_manifest_wanted(const struct manifest *manifest);
/* Begin the files, before any work.  Exit status; reports errors, like those below. */
int cli_manifest_begin(struct manifest *manifest, bool force);
/* Read the whole archive once more and write its lines. */
int cli_manifest_add(struct manifest *manifest, const struct cli_archive *archive);
/* The files appear, if `keep`; without begin nothing happens. */
int cli_manifest_end(struct manifest *manifest, bool keep);

#endif
