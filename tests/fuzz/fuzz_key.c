/*
 * Key files, as text and as the bytes that their base64 stands for: what is accepted survives being
 * written and read again.  No password is given, so scrypt never runs.
 */
#include "sign.h"

#include <sodium.h>
#include <stdlib.h>

#define RAW_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_public(const char *text, size_t size)
{
	struct capsa_public_key key, again;
	char line[CAPSA_PUBLIC_KEY_TEXT];

	if (capsa_public_key_parse(&key, text, size, NULL) != CAPSA_OK)
		return;
	capsa_public_key_text(&key, line);
	if (capsa_public_key_parse(&again, line, strlen(line), NULL) != CAPSA_OK ||
	    memcmp(&key, &again, sizeof key) != 0)
		abort();
}

static void try_secret(const char *text, size_t size)
{
	struct capsa_secret_key *key, *again;
	struct capsa_public_key first, second;
	char out[CAPSA_SECRET_KEY_TEXT];

	if (capsa_secret_key_parse(&key, text, size, NULL, NULL) != CAPSA_OK) {
		if (key != NULL)
			abort();
		return;
	}
	if (capsa_secret_key_text(key, NULL, out, NULL) != CAPSA_OK ||
	    capsa_secret_key_parse(&again, out, strlen(out), NULL, NULL) != CAPSA_OK)
		abort();
	capsa_secret_key_public(key, &first);
	capsa_secret_key_public(again, &second);
	if (memcmp(&first, &second, sizeof first) != 0)
		abort();
	capsa_secret_key_free(key);
	capsa_secret_key_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char base64[sodium_base64_ENCODED_LEN(RAW_MAX, sodium_base64_VARIANT_ORIGINAL)];

	try_public((const char *)data, size);
	try_secret((const char *)data, size);
	if (size <= RAW_MAX) {
		sodium_bin2base64(base64, sizeof base64, data, size,
		                  sodium_base64_VARIANT_ORIGINAL);
		try_public(base64, strlen(base64));
		try_secret(base64, strlen(base64));
	}
	return 0;
}
