/* warc_names.c: by what a revisit and the record that it means know one another. */
#ifndef CAPSA_WARC_NAMES_H
#define CAPSA_WARC_NAMES_H

#include "warc_reader.h"
#include "warc_revisits.h"

/* The names of a record. */
void import_warc_names_of(struct warc_revisits *revisits, const struct warc_record *record,
                          struct warc_names *names);
/* The names that a revisit has for what it means. */
void import_warc_names_asked(struct warc_revisits *revisits, const struct warc_record *record,
                             struct warc_names *names);

#endif
