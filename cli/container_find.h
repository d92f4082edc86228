/* container_find.c: what a file is, if it is a container. */
#ifndef CAPSA_CONTAINER_FIND_H
#define CAPSA_CONTAINER_FIND_H

#include "container_read.h"

/* By a name of --from; CONTAINER_NONE: there is none of this name, which may be NULL. */
enum container_format container_format_named(const char *name);

/*
 * What a file is, of which `head` is the beginning (IMPORT_HEAD_SIZE bytes suffice); a compressed
 * file is what it holds.  The name counts only where that cannot be decompressed.
 */
enum container_format container_find(const char *name, const struct capsa_source *source,
                                     struct capsa_text head);

/* The same, where the beginning was not read yet.  False: it cannot be, *err. */
bool container_find_source(const char *name, const struct capsa_source *source,
                           enum container_format *format, struct capsa_error *err);

/* Is a zip file a document, a book or a program, whose members are nothing by themselves? */
bool container_is_document(const struct capsa_source *source);

#endif
