/* A directory, remembered; the contracts are in tree.h. */
#define _GNU_SOURCE
#include "tree.h"

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* nftw() knows no context. */
static struct tree *reading;

static void read_data(struct entry *entry, const struct stat *info)
{
	int fd = open(entry->path, O_RDONLY | O_CLOEXEC);

	entry->size = (size_t)info->st_size;
	entry->data = malloc(entry->size + 1);
	if (fd < 0 || entry->data == NULL ||
	    read(fd, entry->data, entry->size) != (ssize_t)entry->size)
		err(2, "%s", entry->path);
	close(fd);
}

static int add(const char *path, const struct stat *info, int type, struct FTW *at)
{
	struct entry *entry;

	(void)type;
	if (at->level == 0)
		return 0;
	reading->entries =
	    reallocarray(reading->entries, reading->count + 1, sizeof *reading->entries);
	if (reading->entries == NULL)
		err(2, "tree");
	entry = &reading->entries[reading->count++];
	*entry = (struct entry){.path = strdup(path), .mode = info->st_mode};
	if (S_ISREG(info->st_mode))
		read_data(entry, info);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

void tree_read(struct tree *tree)
{
	*tree = (struct tree){0};
	reading = tree;
	if (nftw(".", add, 16, FTW_PHYS) != 0)
		err(2, "cannot read the working directory");
	if (tree->count != 0)
		qsort(tree->entries, tree->count, sizeof *tree->entries, compare);
}

void tree_release(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->entries[i].path);
		free(tree->entries[i].data);
	}
	free(tree->entries);
	*tree = (struct tree){0};
}

const struct entry *tree_find(const struct tree *tree, const char *path)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, tree->entries[middle].path);

		if (order == 0)
			return &tree->entries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool entry_same(const struct entry *a, const struct entry *b, bool sizes)
{
	if (a == NULL || b == NULL || a->mode != b->mode || a->size != b->size)
		return false;
	return sizes || a->size == 0 || memcmp(a->data, b->data, a->size) == 0;
}

bool tree_same(const struct tree *a, const struct tree *b, bool sizes)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->entries[i].path, b->entries[i].path) != 0 ||
		    !entry_same(&a->entries[i], &b->entries[i], sizes))
			return false;
	}
	return true;
}

static void write_entry(const struct entry *entry)
{
	int fd;

	if (S_ISDIR(entry->mode)) {
		if (mkdir(entry->path, 0700) != 0)
			err(2, "%s", entry->path);
	} else {
		fd = open(entry->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, entry->data, entry->size) != (ssize_t)entry->size)
			err(2, "%s", entry->path);
		close(fd);
	}
	if (chmod(entry->path, entry->mode & 07777) != 0)
		err(2, "%s", entry->path);
}

void tree_restore(const struct tree *tree, const struct tree *now)
{
	/* What lies in a directory comes after it. */
	for (size_t i = now->count; i > 0; i--) {
		const struct entry *entry = &now->entries[i - 1];

		if (!entry_same(entry, tree_find(tree, entry->path), false) &&
		    remove(entry->path) != 0)
			err(2, "%s", entry->path);
	}
	for (size_t i = 0; i < tree->count; i++) {
		const struct entry *entry = &tree->entries[i];

		if (!entry_same(entry, tree_find(now, entry->path), false))
			write_entry(entry);
	}
}
