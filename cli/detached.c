/*
 * The files with detached signatures beside an archive.
 *
 * A directory of many archives would take as long as the square of their number if it was listed
 * for each: the names in the last one are kept, and listed anew only when it has changed.
 */
#include "detached.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static struct {
	struct stat directory;
	/* A change that comes within the resolution of its clock is not seen, so it must be at rest. */
	bool at_rest;
	char **names;                   /* owned, sorted */
	size_t count;
} listing;

static void forget(void)
{
	for (size_t i = 0; i < listing.count; i++)
		free(listing.names[i]);
	free(listing.names);
	listing.names = NULL;
	listing.count = 0;
	listing.at_rest = false;
}

static bool is_current(const struct stat *now)
{
	const struct stat *then = &listing.directory;

	return listing.at_rest && now->st_dev == then->st_dev && now->st_ino == then->st_ino &&
	       now->st_mtim.tv_sec == then->st_mtim.tv_sec &&
	       now->st_mtim.tv_nsec == then->st_mtim.tv_nsec;
}

static bool is_signature(const char *name)
{
	size_t size = strlen(name);

	return size > 8 && strcmp(name + size - 8, ".minisig") == 0;
}

static bool keep(const char *name)
{
	char **names = listing.names;

	if ((listing.count & (listing.count - 1)) == 0)
		names = reallocarray(names, listing.count != 0 ? 2 * listing.count : 1,
		                     sizeof *names);
	if (names == NULL)
		return false;
	listing.names = names;
	names[listing.count] = strdup(name);
	if (names[listing.count] == NULL)
		return false;
	listing.count++;
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names, or an errno value and none: what is missing might be the one that fails. */
static int list(const char *directory, const struct stat *info)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	int failed = stream == NULL ? errno : 0;

	forget();
	while (failed == 0 && (errno = 0, entry = readdir(stream)) != NULL)
		if (is_signature(entry->d_name) && !keep(entry->d_name))
			failed = ENOMEM;
	if (failed == 0)
		failed = errno;
	if (stream != NULL)
		closedir(stream);
	if (failed != 0) {
		forget();
		return failed;
	}
	if (listing.count != 0)
		qsort(listing.names, listing.count, sizeof *listing.names, by_name);
	listing.directory = *info;
	listing.at_rest = info->st_mtim.tv_sec + 2 < time(NULL);
	return 0;
}

/* The first name that does not come before `name` and a ".". */
static size_t first_of(const char *name, size_t size)
{
	size_t low = 0, high = listing.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *found = listing.names[middle];
		int order = strncmp(found, name, size);

		if (order < 0 || (order == 0 && (unsigned char)found[size] < '.'))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int cli_detached_names(const char *directory, const char *name, char *const **names, size_t *count)
{
	struct stat info;
	size_t size = strlen(name), first;
	int failed = stat(directory, &info) != 0 ? errno : 0;

	*count = 0;
	*names = NULL;
	if (failed == 0 && !is_current(&info))
		failed = list(directory, &info);
	if (failed != 0)
		return failed;
	first = first_of(name, size);
	while (first + *count < listing.count &&
	       strncmp(listing.names[first + *count], name, size) == 0 &&
	       listing.names[first + *count][size] == '.')
		++*count;
	*names = *count != 0 ? &listing.names[first] : NULL;
	return 0;
}
