/*
 * The index while an archive is written (spec 8): collects frames and keys in bounded memory,
 * then writes all pages level by level.
 */
#ifndef CAPSA_INDEX_H
#define CAPSA_INDEX_H

#include "base.h"
#include "keys.h"
#include "sink.h"
#include "statement.h"

struct index;

/* `memory` in bytes for sorting, `directory` as for capsa_temporary_new. */
enum capsa_status capsa_index_new(struct index **out, size_t memory, const char *directory,
                                  struct capsa_error *err);
void capsa_index_free(struct index *index);

/* The next frame in file order, with the articles that begin in it. */
enum capsa_status capsa_index_frame(struct index *index, const struct spine_frame *frame,
                                    const struct spine_article *articles, struct capsa_error *err);

/* The keys of article `number`. */
enum capsa_status capsa_index_keys(struct index *index, const struct article_keys *keys,
                                   uint64_t number, struct capsa_error *err);

/*
 * Write all pages; names and roots go into statement->trees.  CAPSA_EEXIST: two paths are
 * equal, or one is a directory of another; the text names it.
 */
enum capsa_status capsa_index_write(struct index *index, struct output *output,
                                    struct statement *statement, struct capsa_error *err);

#endif
