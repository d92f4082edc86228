/* A directory and all below it, remembered: to see what changed, and to put it back. */
#ifndef TESTS_FAULT_TREE_H
#define TESTS_FAULT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct entry {
	char *path;
	mode_t mode;
	char *data;             /* of a regular file */
	size_t size;
};

struct tree {                   /* zero at first */
	struct entry *entries;  /* sorted by path */
	size_t count;
};

/* Of the working directory.  A failure ends the program. */
void tree_read(struct tree *tree);
void tree_release(struct tree *tree);
const struct entry *tree_find(const struct tree *tree, const char *path);

/* `sizes`: only the size of a file counts, since what it holds is random. */
bool entry_same(const struct entry *a, const struct entry *b, bool sizes);
bool tree_same(const struct tree *a, const struct tree *b, bool sizes);

/* Let the working directory, which is as `now`, be as it was. */
void tree_restore(const struct tree *tree, const struct tree *now);

#endif
