/* wacz_signature.c: is the signature of a WACZ file good, and by whom? */
#ifndef CAPSA_WACZ_SIGNATURE_H
#define CAPSA_WACZ_SIGNATURE_H

#include "cli.h"

/* Texts of `signedData`, which end with a zero byte; NULL: it has none of this name. */
struct wacz_signature {
	char *hash; /* what is signed, as it is written */
	char *signature; /* base64 */
	char *public_key; /* base64; of an unnamed signer */
	char *domain, *certificates; /* of a named one: PEM, the signer's first */
	char *created;
};

/*
 * An unnamed signer's signature is good when it verifies with the key beside it.  A named one's
 * certificate must also have been valid for the domain at the time `created`, by a certificate
 * authority that this system knows.  False: *err.
 */
bool wacz_signature_verify(const struct wacz_signature *signature, struct capsa_error *err);

#endif
