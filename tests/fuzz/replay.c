/*
 * Runs a fuzz target once on each file of its corpus, tests/fuzz/corpus/NAME, where NAME is that of
 * the program: what fuzzing has found once stays tried in every test, by every compiler.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX (1U << 20)

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void run(const char *path)
{
	uint8_t *room = malloc(FILE_MAX), *data;
	FILE *file = fopen(path, "rb");
	size_t size;

	if (room == NULL || file == NULL)
		fail(path);
	size = fread(room, 1, FILE_MAX, file);
	if (ferror(file) || size == FILE_MAX)
		fail(path);
	fclose(file);
	/* Sanitizers see what is read behind its end. */
	data = malloc(size != 0 ? size : 1);
	if (data == NULL)
		fail(path);
	memcpy(data, room, size);
	free(room);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash != NULL ? slash + 1 : argv[0];
	char directory[512], path[1024];
	struct dirent **entries;
	int count;

	(void)argc;
	snprintf(directory, sizeof directory, "tests/fuzz/corpus/%s", name);
	count = scandir(directory, &entries, is_input, alphasort);
	if (count <= 0)
		fail(directory);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
		/* Where the target aborts, this is the last that is said. */
		printf("# %s\n", path);
		fflush(stdout);
		run(path);
		free(entries[i]);
	}
	free(entries);
	printf("ok 1 - %d inputs\n1..1\n", count);
	return 0;
}
