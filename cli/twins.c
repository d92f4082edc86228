/*
 * Folded paths are sorted, on disk where they are many, so that twins become neighbours.  A key is
 * a folded path and, where that is another, a zero byte and the path.
 */
#include "twins.h"

#include "base.h"
#include "sorter.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY ((size_t)1 << 20)

static void add(struct import_twins *twins, const char *folded, const char *path)
{
	unsigned char key[CAPSA_KEY_MAX];
	size_t size = strlen(folded), more = strcmp(folded, path) != 0 ? 1 + strlen(path) : 0;

	/* Folding may lengthen a path, though hardly one so long. */
	if (size + more > sizeof key)
		return;
	memcpy(key, folded, size);
	if (more != 0) {
		key[size] = '\0';
		memcpy(key + size + 1, path, more - 1);
	}
	if (capsa_sorter_add(twins->folded, (struct span){key, size + more}, 0, NULL) != CAPSA_OK)
		twins->failed = true;
}

void import_twins_see(struct import_twins *twins, const char *path, const char *directory)
{
	char *folded;

	if (twins->folded == NULL && !twins->failed)
		twins->failed =
		    capsa_sorter_new(&twins->folded, MEMORY, directory, NULL) != CAPSA_OK;
	if (twins->failed)
		return;
	folded = cli_fold_path((struct capsa_text){path, strlen(path)});
	if (folded != NULL)
		add(twins, folded, path);
	free(folded);
}

/* What a key was made of: the path, in the form that stands last. */
static const char *path_of(const char *key, size_t size)
{
	size_t folded = strlen(key);

	return folded == size ? key : key + folded + 1;
}

void import_twins_warn(struct import_twins *twins)
{
	char keys[2][CAPSA_KEY_MAX + 1] = {"", ""}, *first = NULL;
	uint64_t count = 0, number;
	struct span key;
	bool good = twins->folded != NULL && !twins->failed &&
	            capsa_sorter_finish(twins->folded, NULL) == CAPSA_OK;

	for (unsigned i = 0;
	     good && capsa_sorter_next(twins->folded, &key, &number, NULL) == CAPSA_OK; i = 1 - i) {
		memcpy(keys[i], key.data, key.size);
		keys[i][key.size] = '\0';
		if (strcmp(keys[i], keys[1 - i]) == 0 && count++ == 0)
			first = strdup(path_of(keys[i], key.size));
	}
	if (count != 0)
		cli_warning("%" PRIu64 " path%s from another only in case or normalisation, one is "
		            "'%s'; extract will rename %s",
		            count, count == 1 ? " differs" : "s differ",
		            first != NULL ? cli_quote(first) : "", count == 1 ? "it" : "them");
	free(first);
}

void import_twins_release(struct import_twins *twins)
{
	capsa_sorter_free(twins->folded);
	*twins = (struct import_twins){0};
}
