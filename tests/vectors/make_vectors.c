/*
 * Write the vectors as files:
 *
 *	make_vectors DIR        into a directory that exists
 *	make_vectors --readme   the text of README.md, to standard output
 */
#include "vectors.h"

#include <errno.h>

static int write_readme(void)
{
	struct buffer text = {0};
	bool written;

	vectors_readme(&text);
	forge_need(!text.failed, "out of memory");
	written = fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
	capsa_buffer_release(&text);
	if (written)
		return 0;
	perror("make_vectors: standard output");
	return 1;
}

static int write_vector(const char *directory, const struct vector *vector)
{
	struct forge *f = forge_make(&vector->change);
	char path[4096];
	FILE *file;
	bool written = false;

	snprintf(path, sizeof path, "%s/%s.capsa", directory, vector->name);
	file = fopen(path, "wb");
	if (file != NULL) {
		written = fwrite(f->file.data, 1, f->file.size, file) == f->file.size;
		written = fclose(file) == 0 && written;
	}
	if (!written)
		fprintf(stderr, "make_vectors: %s: %s\n", path, strerror(errno));
	forge_free(f);
	return written ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_vectors DIR | --readme\n");
		return 2;
	}
	if (strcmp(argv[1], "--readme") == 0)
		return write_readme();
	for (size_t t = 0; t < VECTOR_COUNT(vector_tables); t++)
		for (size_t i = 0; i < vector_tables[t].count; i++)
			if (write_vector(argv[1], &vector_tables[t].vectors[i]) != 0)
				return 1;
	return 0;
}
