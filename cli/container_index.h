/*
 * container_index.c: what the first reading of a container finds out for the second: which names
 * there are, what the sidecars say, and where links lead.
 */
#ifndef CAPSA_CONTAINER_INDEX_H
#define CAPSA_CONTAINER_INDEX_H

#include "import.h"
#include "path_set.h"

struct container_link {
	char *path; /* owned */
	char *target; /* owned: as it stands in the container */
	bool hard;
	/* Set by container_index_finish. */
	const char *file; /* the path of what it leads to, borrowed from a link */
	const char *why; /* it leads to no file: why not; else NULL */
};

struct container_sidecar {
	struct path_digest digest; /* of its path */
	uint64_t offset; /* in `held` */
	size_t size;
};

/* Zero at first. */
struct container_index {
	struct path_set files; /* all but directories, links and sidecars too */
	struct path_set directories;
	struct path_set empty; /* files without bytes that have several names */
	struct path_set passed; /* links and sidecars of the second reading, so far */
	struct container_sidecar *sidecars; /* owned; sorted by digest when it is finished */
	size_t sidecar_count, sidecar_capacity;
	struct held_body held; /* the bytes of sidecars */
	struct container_link *links; /* owned; sorted by path when it is finished */
	struct container_link **by_file; /* owned: those that lead to a file, sorted by it */
	size_t link_count, link_capacity, good_count;
	size_t link_bytes;
	bool failed; /* memory is out */
};

/* ---- while it is read for the first time ---- */

void container_index_add_file(struct container_index *index, const char *path);
void container_index_add_directory(struct container_index *index, const char *path);
/* False: there are too many links. */
bool container_index_add_link(struct container_index *index, const char *path, const char *target,
                              bool hard);
/* The sidecar whose bytes are put into `held` until the next: a file that was added, too. */
void container_index_add_sidecar(struct container_index *index, const char *path);
bool container_index_put(struct container_index *index, struct capsa_text bytes,
                         struct capsa_error *err);
void container_index_finish(struct container_index *index);

/* ---- afterwards ---- */

/* Is this file the sidecar of another? */
bool container_index_is_sidecar(const struct container_index *index, const char *path);
/*
 * The bytes of a sidecar, which may be a link to another; the caller frees them.  NULL: there is
 * none, or the bytes cannot be had, then *err has a text.
 */
char *container_index_sidecar(const struct container_index *index, const char *path, size_t *size,
                              struct capsa_error *err);
/* The link of this path; NULL: it is none. */
const struct container_link *container_index_link(const struct container_index *index,
                                                  const char *path);
/* The links that lead to a file: how many, from *first. */
size_t container_index_links(const struct container_index *index, const char *file,
                             struct container_link *const **first);
/* Is this file, which seems empty, in cpio a name of one that has its bytes at another name? */
bool container_index_is_empty_name(const struct container_index *index, const char *path);
/*
 * A link, or a sidecar, comes in the second reading.  False: it is one that the first had to
 * refuse, since its path had come before for instance.
 */
bool container_index_pass(struct container_index *index, const char *path, bool link);
void container_index_release(struct container_index *index);

#endif
