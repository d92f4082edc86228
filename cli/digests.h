/* digests.c: digests that others use: MD5, SHA-1, SHA-2. */
#ifndef CAPSA_DIGESTS_H
#define CAPSA_DIGESTS_H

#include "cli.h"

#define IMPORT_DIGEST_MAX 64

enum import_digest_kind {
	IMPORT_MD5,
	IMPORT_SHA1,
	IMPORT_SHA256,
	IMPORT_SHA384,
	IMPORT_SHA512,
	IMPORT_DIGEST_KINDS             /* how many there are */
};

struct import_digest {
	enum import_digest_kind kind;
	size_t size;
	unsigned char bytes[IMPORT_DIGEST_MAX];
};

/*
 * A digest as text: "sha1:", "SHA-256:" and so on, then hexadecimal digits, base32 or base64.
 * False: it is none, or of another kind; *known tells whether the kind is one of these.
 */
bool import_digest_parse(struct capsa_text text, struct import_digest *out, bool *known);
/* The same without a name before it, of a kind that is known. */
bool import_digest_decode(struct capsa_text text, enum import_digest_kind kind,
                          struct import_digest *out);
bool import_digest_equal(const struct import_digest *a, const struct import_digest *b);

/* Digests of bytes that come piece by piece.  NULL: out of memory. */
struct import_hash;
struct import_hash *import_hash_new(enum import_digest_kind kind);
void import_hash_put(struct import_hash *hash, struct capsa_text bytes);
/* What was put since the beginning, or since the last call. */
void import_hash_end(struct import_hash *hash, struct import_digest *out);
void import_hash_free(struct import_hash *hash);

#endif
