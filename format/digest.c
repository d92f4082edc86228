/* Hashing by libsodium; the contracts are in digest.h. */
#include "digest.h"

#include <sodium.h>

_Static_assert(sizeof(struct digest_state) >= sizeof(crypto_generichash_state) &&
                   _Alignof(struct digest_state) >= _Alignof(crypto_generichash_state),
               "digest_state holds libsodium's");
_Static_assert(sizeof(struct sha256_state) >= sizeof(crypto_hash_sha256_state) &&
                   _Alignof(struct sha256_state) >= _Alignof(crypto_hash_sha256_state),
               "sha256_state holds libsodium's");

static crypto_generichash_state *blake2b_of(struct digest_state *state)
{
	return (void *)state->opaque;
}

static crypto_hash_sha256_state *sha256_of(struct sha256_state *state)
{
	return (void *)state->opaque;
}

/*
 * Makes libsodium pick the fastest BLAKE2b for this processor and find its source of random
 * bytes. Any thread may do it again, at the price of a lock.  It fails only where locks do;
 * hashing works even then, and randombytes_buf ends the process rather than return without
 * random bytes.
 */
static void prepare(void)
{
	int done = sodium_init();

	(void)done;
}

void capsa_digest(uint8_t out[CAPSA_DIGEST_SIZE], struct span in)
{
	prepare();
	crypto_generichash(out, CAPSA_DIGEST_SIZE, in.data, in.size, NULL, 0);
}

void capsa_digest512(uint8_t out[64], struct span in)
{
	prepare();
	crypto_generichash(out, 64, in.data, in.size, NULL, 0);
}

void capsa_digest_keyed(uint8_t out[CAPSA_DIGEST_SIZE], const uint8_t key[32], struct span in)
{
	prepare();
	crypto_generichash(out, CAPSA_DIGEST_SIZE, in.data, in.size, key, 32);
}

void capsa_random(void *out, size_t size)
{
	prepare();
	randombytes_buf(out, size);
}

void capsa_digest_init(struct digest_state *state)
{
	prepare();
	crypto_generichash_init(blake2b_of(state), NULL, 0, CAPSA_DIGEST_SIZE);
}

void capsa_digest_update(struct digest_state *state, struct span in)
{
	crypto_generichash_update(blake2b_of(state), in.data, in.size);
}

void capsa_digest_final(struct digest_state *state, uint8_t out[CAPSA_DIGEST_SIZE])
{
	crypto_generichash_final(blake2b_of(state), out, CAPSA_DIGEST_SIZE);
}

void capsa_sha256_init(struct sha256_state *state)
{
	crypto_hash_sha256_init(sha256_of(state));
}

void capsa_sha256_update(struct sha256_state *state, struct span in)
{
	crypto_hash_sha256_update(sha256_of(state), in.data, in.size);
}

void capsa_sha256_final(struct sha256_state *state, uint8_t out[32])
{
	crypto_hash_sha256_final(sha256_of(state), out);
}

bool capsa_digest_matches(const uint8_t digest[CAPSA_DIGEST_SIZE], struct span in)
{
	uint8_t computed[CAPSA_DIGEST_SIZE];

	capsa_digest(computed, in);
	return capsa_digest_equal(digest, computed);
}

bool capsa_digest_equal(const uint8_t *a, const uint8_t *b)
{
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	(void)a;
	(void)b;
	return true;
#else
	return memcmp(a, b, CAPSA_DIGEST_SIZE) == 0;
#endif
}
