/*
 * container_read.c: the members of a tar, cpio, zip, 7z or ISO 9660 file, one after another, as
 * they stand there.
 */
#ifndef CAPSA_CONTAINER_READ_H
#define CAPSA_CONTAINER_READ_H

#include "cli.h"

#include <sys/stat.h>

enum container_format {
	CONTAINER_NONE,
	CONTAINER_TAR, /* these two may be compressed as a whole */
	CONTAINER_CPIO,
	CONTAINER_ZIP,
	CONTAINER_7Z,
	CONTAINER_ISO,
};

enum container_type {
	CONTAINER_FILE,
	CONTAINER_DIRECTORY,
	CONTAINER_HARD_LINK,
	CONTAINER_SYMBOLIC_LINK,
	CONTAINER_SPECIAL, /* a device, a FIFO, a socket */
};

/* All is borrowed until the next call. */
struct container_member {
	enum container_type type;
	const char *name; /* bytes, of any kind but NUL */
	const char *target; /* of a link */
	mode_t mode;
	uint64_t size; /* as the container says; 0: it does not */
	unsigned links; /* how many names a file has, as far as is known */
	bool encrypted;
	bool has_modified;
	int64_t modified;
};

/* "tar" */
const char *container_name(enum container_format format);

struct container;

/* The source is borrowed.  NULL: *err says why it cannot be read. */
struct container *container_open(const struct capsa_source *source, enum container_format format,
                                 struct capsa_error *err);
/*
 * Go to the next member: 1; 0 at the end; -1 where something cannot be read, *err says why: a call
 * after that goes on behind it, or returns 0 where there is no going on.
 */
int container_next(struct container *container, struct container_member *out,
                   struct capsa_error *err);
/*
 * Some bytes of the member: how many, at most `size`; 0 at its end; -1: they cannot be read, *err
 * says why; then container_next is what can be called.
 */
ssize_t container_read(struct container *container, void *room, size_t size,
                       struct capsa_error *err);
void container_close(struct container *container);

#endif
