/* warc_revisits.c: captures that name the body of another, until that comes. */
#ifndef CAPSA_WARC_REVISITS_H
#define CAPSA_WARC_REVISITS_H

#include "digests.h"

struct temporary;

/* The names of a body: what a revisit asks for, or what a record has. */
#define WARC_NAMES 3

struct warc_name {
	uint64_t half[2];               /* of a digest of the name; both 0: none */
};

struct warc_names {
	struct warc_name names[WARC_NAMES];     /* payload digest, record id, address and time */
	bool has_digest;
	enum import_digest_kind kind;   /* of the payload digest */
};

struct warc_revisit {
	struct warc_names names;
	uint64_t offset;                /* in the file: what the caller keeps of it */
	size_t size;
	bool done;
};

/* Zero at first. */
struct warc_revisits {
	struct temporary *file;         /* owned; NULL: none */
	struct warc_revisit *items;     /* owned */
	size_t count, capacity;
	struct warc_wanted {
		struct warc_name name;
		size_t item;
		size_t passed;          /* so many from here on are done; 0: not known */
	} *wanted; /* owned: sorted, once import_warc_revisits_sort was called */
	size_t wanted_count;
	uint8_t key[32];                /* of the digests */
	bool keyed;
};

/* The name that two texts are together; none where the first is empty. */
struct warc_name import_warc_name(struct warc_revisits *revisits, char kind, struct capsa_text a,
                                  struct capsa_text b);

/* Keep a revisit, and `text` of it.  False: err says why. */
bool import_warc_revisits_add(struct warc_revisits *revisits, const struct warc_names *names,
                              struct capsa_text text, const char *directory,
                              struct capsa_error *err);
/* After the last one.  False: out of memory. */
bool import_warc_revisits_sort(struct warc_revisits *revisits);
/* A revisit of what has these names that has not been found yet; it is done then.  NULL: none. */
struct warc_revisit *import_warc_revisits_find(struct warc_revisits *revisits,
                                               const struct warc_names *names);
/* What was kept of it, with NUL; the caller frees it.  NULL: err says why. */
char *import_warc_revisits_text(struct warc_revisits *revisits, const struct warc_revisit *revisit,
                                struct capsa_error *err);
/* None is done. */
void import_warc_revisits_rewind(struct warc_revisits *revisits);
void import_warc_revisits_release(struct warc_revisits *revisits);

#endif
