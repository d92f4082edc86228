/* import_container.c: what its tests open besides files. */
#ifndef CAPSA_IMPORT_CONTAINER_H
#define CAPSA_IMPORT_CONTAINER_H

#include "container_read.h"
#include "import.h"

/* The source is borrowed; `name` is what messages call it. */
struct importer *import_container_source(const struct capsa_source *source,
                                         enum container_format format, const char *name,
                                         const struct import_options *options);

#endif
