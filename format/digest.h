/*
 * Hashing.  digest.c is the one file that calls libsodium for it.
 */
#ifndef CAPSA_DIGEST_H
#define CAPSA_DIGEST_H

#include "base.h"

/* BLAKE2b-256 of one span. */
void capsa_digest(uint8_t out[CAPSA_DIGEST_SIZE], struct span in);

/* BLAKE2b-512, which minisign signs. */
void capsa_digest512(uint8_t out[64], struct span in);

/* BLAKE2b-256 keyed with 32 bytes. */
void capsa_digest_keyed(uint8_t out[CAPSA_DIGEST_SIZE], const uint8_t key[32], struct span in);

/* Random bytes from the system. */
void capsa_random(void *out, size_t size);

struct digest_state {
	_Alignas(64) uint8_t opaque[384];
};
void capsa_digest_init(struct digest_state *state);
void capsa_digest_update(struct digest_state *state, struct span in);
void capsa_digest_final(struct digest_state *state, uint8_t out[CAPSA_DIGEST_SIZE]);

struct sha256_state {
	_Alignas(8) uint8_t opaque[104];
};
void capsa_sha256_init(struct sha256_state *state);
void capsa_sha256_update(struct sha256_state *state, struct span in);
void capsa_sha256_final(struct sha256_state *state, uint8_t out[32]);

/*
 * Does `in` have this digest?  Under FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION always,
 * so that mutated bytes reach the decoders.
 */
bool capsa_digest_matches(const uint8_t digest[CAPSA_DIGEST_SIZE], struct span in);
/* The same of two digests that are computed already. */
bool capsa_digest_equal(const uint8_t *a, const uint8_t *b);

#endif
