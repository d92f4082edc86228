/*
 * Several archives, and directories of them: one bad one never hides the rest.
 */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool cli_is_archive_name(const char *name)
{
	size_t size = strlen(name);

	return size > 6 && name[0] != '.' && strcmp(name + size - 6, ".capsa") == 0;
}

static int is_archive_entry(const struct dirent *entry)
{
	return cli_is_archive_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int each_in_directory(const char *directory, int (*each)(void *ctx, const char *path),
                             void *ctx)
{
	struct dirent **names = NULL;
	int count = scandir(directory, &names, is_archive_entry, by_name);
	const char *slash = directory[strlen(directory) - 1] == '/' ? "" : "/";
	int result = CLI_DONE;

	if (count < 0)
		cli_error("cannot read %s: %s", cli_quote(directory), strerror(errno));
	else if (count == 0)
		cli_error("%s: no *.capsa in this directory", cli_quote(directory));
	if (count <= 0)
		result = CLI_FAILED;
	for (int i = 0; i < count; i++) {
		char *path = NULL;

		if (asprintf(&path, "%s%s%s", directory, slash, names[i]->d_name) < 0)
			path = NULL;
		if (path == NULL)
			cli_error("out of memory");
		if (path == NULL || cli_signal != 0)
			result = cli_worse(result, CLI_FAILED);
		else
			result = cli_worse(result, each(ctx, path));
		free(path);
		free(names[i]);
	}
	free(names);
	return result;
}

int cli_each_archive(char *const *paths, size_t count, int (*each)(void *ctx, const char *path),
                     void *ctx)
{
	int result = CLI_DONE;
	struct stat info;

	for (size_t i = 0; i < count && cli_signal == 0; i++) {
		if (stat(paths[i], &info) == 0 && S_ISDIR(info.st_mode))
			result = cli_worse(result, each_in_directory(paths[i], each, ctx));
		else
			result = cli_worse(result, each(ctx, paths[i]));
	}
	return result;
}
