/* Signature files: what is accepted survives being written and read again. */
#include "sign.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_signature signature, again;
	struct capsa_public_key key = {{0}, {0}};
	struct capsa_text statement = {"text", 4};
	char text[CAPSA_SIGNATURE_TEXT];

	if (capsa_signature_parse(&signature, (const char *)data, size, NULL) != CAPSA_OK)
		return 0;
	capsa_signature_text(&signature, text);
	if (capsa_signature_parse(&again, text, strlen(text), NULL) != CAPSA_OK ||
	    memcmp(&signature, &again, sizeof signature) != 0)
		abort();
	memcpy(key.id, signature.key_id, sizeof key.id);
	if (capsa_signature_check(&signature, statement, &key, NULL) != CAPSA_EUNTRUSTED)
		abort();
	return 0;
}
