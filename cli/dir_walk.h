/*
 * The walk through the inputs of import_dir.c: files and directories, in the order given, below a
 * directory depth first, the names of one directory at a time sorted as bytes.  That is tree order,
 * which takes '/' for the lowest byte; and only the directories from INPUT down to the file at hand
 * are in memory, however many files there are.
 *
 * A file X.capsa.json beside a file X is the sidecar of X, and no article, unless X is a sidecar
 * itself.
 */
#ifndef CAPSA_DIR_WALK_H
#define CAPSA_DIR_WALK_H

#include "import.h"

#include <sys/stat.h>

#define WALK_PATH_MAX 4000              /* bytes of a path (spec 5.5) */

struct walk_level;

/* Zero at first, but for the first three. */
struct dir_walk {
	const struct import_input *inputs;      /* borrowed, like options */
	size_t input_count;
	const struct import_options *options;
	size_t input;                   /* the next to begin */
	struct walk_level *levels;      /* owned: directories from INPUT down */
	size_t depth, capacity;
	char *origin;                   /* owned: INPUT, '/', path: what the walk stands at */
	size_t root_size;               /* of INPUT and '/' in it */
	char *file_path;                /* owned: the path of an INPUT that is a file */
	char *file_sidecar;             /* owned: the name of its sidecar */
	char *mapped;                   /* owned: the path, where the name can be none */
};

/* A file that the walk came to; all is borrowed until it goes on. */
struct walk_found {
	int directory; /* AT_FDCWD: an INPUT, whose own symbolic link is followed */
	const char *name;               /* in it */
	const char *path;               /* of the article */
	const char *original;           /* what the path was made of; NULL: it is that */
	const char *sidecar;            /* the name of its sidecar, in directory; NULL: none */
	unsigned char kind;             /* DT_REG or DT_LNK */
};

#define WALK_SIDECAR ".capsa.json"

/* Go to the next file: 1, or 0 at the end and after a signal, or -1 after a complaint. */
int import_walk_next(struct dir_walk *walk, struct walk_found *found);
void import_walk_rewind(struct dir_walk *walk);
void import_walk_release(struct dir_walk *walk);

/* Complain of a file, NULL for that at which the walk stands. */
void import_walk_complain(struct dir_walk *walk, const char *file, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Is it called like a sidecar? */
bool import_walk_is_sidecar_name(const char *name);
/* "a FIFO" */
const char *import_walk_kind(mode_t mode);

#endif
