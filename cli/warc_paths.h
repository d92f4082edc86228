/* warc_paths.c: paths for captures, of which one address may have many. */
#ifndef CAPSA_WARC_PATHS_H
#define CAPSA_WARC_PATHS_H

#include "path_set.h"

/* Zero at first. */
struct warc_paths {
	struct path_set directories;    /* of all paths of the run */
	struct path_set pages;          /* what captures with a body want */
	struct path_set taken;
};

/* The path that an address wants, below `directory` ("": none).  NULL: out of memory. */
char *import_warc_path(const char *directory, const char *url);

/*
 * In a first reading: this path will be wanted.  It is freed; where memory is out, also where it is
 * NULL, directories.failed tells.
 */
void import_warc_paths_expect(struct warc_paths *paths, char *path, bool page);
/*
 * The path that a capture gets: the one it wants, unless that is a directory of others or taken; a
 * capture without a body leaves it to those that have one.  `captured` is a date or empty.  The
 * caller frees the result; NULL: out of memory.
 */
char *import_warc_paths_give(struct warc_paths *paths, const char *wanted, const char *captured,
                             bool page);
void import_warc_paths_rewind(struct warc_paths *paths);
void import_warc_paths_release(struct warc_paths *paths);

#endif
