/*
 * External sort of (key, number) in bounded memory: added in any order, given back by key,
 * then number. Runs spill to one unlinked temporary file and are merged.
 */
#ifndef CAPSA_SORTER_H
#define CAPSA_SORTER_H

#include "base.h"

struct sorter;

/*
 * `memory`: bytes to sort in, at least 64 KiB.  `directory` as for capsa_temporary_new;
 * borrowed.
 */
enum capsa_status capsa_sorter_new(struct sorter **out, size_t memory, const char *directory,
                                   struct capsa_error *err);
void capsa_sorter_free(struct sorter *sorter);

/* Keys of at most CAPSA_KEY_MAX bytes. */
enum capsa_status capsa_sorter_add(struct sorter *sorter, struct span key, uint64_t number,
                                   struct capsa_error *err);

/* All added: from now on only next. */
enum capsa_status capsa_sorter_finish(struct sorter *sorter, struct capsa_error *err);

/* The next record; `key` is borrowed until the next call.  CAPSA_ENOENT: the end. */
enum capsa_status capsa_sorter_next(struct sorter *sorter, struct span *key, uint64_t *number,
                                    struct capsa_error *err);

#endif
