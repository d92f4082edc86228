#include "twins.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where memory is out a warning is lost, nothing else. */
void import_twins_see(struct import_twins *twins, const char *path)
{
	char *folded = cli_fold_path((struct capsa_text){path, strlen(path)});

	if (folded == NULL)
		return;
	if (import_paths_has(&twins->folded, folded, strlen(folded))) {
		if (twins->count++ == 0)
			twins->first = strdup(path);
	} else {
		import_paths_add(&twins->folded, folded, strlen(folded));
	}
	free(folded);
}

void import_twins_warn(const struct import_twins *twins)
{
	if (twins->count != 0)
		cli_warning("%" PRIu64 " path%s from another only in case or normalisation, the "
		            "first '%s'; extract will rename %s",
		            twins->count, twins->count == 1 ? " differs" : "s differ",
		            twins->first != NULL ? cli_quote(twins->first) : "",
		            twins->count == 1 ? "it" : "them");
}

void import_twins_release(struct import_twins *twins)
{
	import_paths_release(&twins->folded);
	free(twins->first);
	*twins = (struct import_twins){0};
}
