/* The one door of libcrypto. */
#include "wacz_signature.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATES_MAX 10
#define PART_MAX 132 /* bytes of r and s of the largest curve in use, P-521 */

static bool fail(struct capsa_error *err, const char *why)
{
	snprintf(err->text, sizeof err->text, "signedData: %.200s", why);
	return false;
}

/* Bytes of base64; the caller frees them.  NULL: it is none. */
static unsigned char *decode(const char *base64, size_t *size)
{
	size_t length = strlen(base64), padding = 0;
	unsigned char *bytes;

	if (length == 0 || length % 4 != 0 || length > (1U << 16))
		return NULL;
	while (padding < 2 && base64[length - 1 - padding] == '=')
		padding++;
	bytes = malloc(length / 4 * 3);
	if (bytes != NULL && EVP_DecodeBlock(bytes, (const unsigned char *)base64, (int)length) !=
	                         (int)(length / 4 * 3)) {
		free(bytes);
		return NULL;
	}
	*size = length / 4 * 3 - padding;
	return bytes;
}

/* ---- the signature ---- */

/*
 * Browsers write the two numbers of an ECDSA signature one after the other, all others in DER.
 * The caller frees what it returns; NULL: it is not of the browsers' kind.
 */
static unsigned char *plain_to_der(EVP_PKEY *key, const unsigned char *plain, size_t *size)
{
	size_t half = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	ECDSA_SIG *pair = NULL;
	BIGNUM *r, *s;
	unsigned char *der = NULL;
	int length;

	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || *size != 2 * half || *size > PART_MAX)
		return NULL;
	pair = ECDSA_SIG_new();
	r = BN_bin2bn(plain, (int)half, NULL);
	s = BN_bin2bn(plain + half, (int)half, NULL);
	if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		length = i2d_ECDSA_SIG(pair, &der);
		*size = length > 0 ? (size_t)length : 0;
	}
	ECDSA_SIG_free(pair);
	return der;
}

static bool verifies(EVP_PKEY *key, const struct wacz_signature *in)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t size = 0;
	unsigned char *bytes = decode(in->signature, &size);
	unsigned char *der = bytes != NULL ? plain_to_der(key, bytes, &size) : NULL;
	bool good;

	good = context != NULL && bytes != NULL &&
	       EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
	       EVP_DigestVerify(context, der != NULL ? der : bytes, size,
	                        (const unsigned char *)in->hash, strlen(in->hash)) == 1;
	OPENSSL_free(der);
	free(bytes);
	EVP_MD_CTX_free(context);
	return good;
}

static EVP_PKEY *unnamed_key(const char *base64)
{
	EVP_PKEY *key = NULL;
	size_t size;
	unsigned char *bytes = decode(base64, &size);
	const unsigned char *at = bytes;

	if (bytes != NULL)
		key = d2i_PUBKEY(NULL, &at, (long)size);
	free(bytes);
	return key;
}

/* ---- certificates ---- */

/* What is encrypted is no certificate, and nobody is asked for its password. */
static int no_password(char *buffer, int size, int writing, void *data)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)data;
	return -1;
}

static STACK_OF(X509) * read_certificates(const char *pem)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	BIO *text = BIO_new_mem_buf(pem, -1);
	X509 *certificate;

	while (chain != NULL && text != NULL && sk_X509_num(chain) < CERTIFICATES_MAX &&
	       (certificate = PEM_read_bio_X509(text, NULL, no_password, NULL)) != NULL)
		if (sk_X509_push(chain, certificate) <= 0)
			X509_free(certificate);
	BIO_free(text);
	return chain;
}

/* Did somebody whom this system knows vouch for the first of the chain, for this domain, then? */
static bool vouched_for(STACK_OF(X509) * chain, const char *domain, int64_t then,
                        struct capsa_error *err)
{
	X509_STORE *known = X509_STORE_new();
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *rules;
	bool good = false;

	if (known != NULL && context != NULL && X509_STORE_set_default_paths(known) == 1 &&
	    X509_STORE_CTX_init(context, known, sk_X509_value(chain, 0), chain) == 1) {
		rules = X509_STORE_CTX_get0_param(context);
		X509_VERIFY_PARAM_set_time(rules, (time_t)then);
		good = X509_VERIFY_PARAM_set1_host(rules, domain, 0) == 1 &&
		       X509_verify_cert(context) == 1;
	}
	if (!good)
		snprintf(err->text, sizeof err->text,
		         "signedData: the certificate of %.80s is not vouched for: %.100s",
		         cli_quote(domain),
		         context != NULL
		             ? X509_verify_cert_error_string(X509_STORE_CTX_get_error(context))
		             : "out of memory");
	X509_STORE_CTX_free(context);
	X509_STORE_free(known);
	return good;
}

static bool verify_named(const struct wacz_signature *in, struct capsa_error *err)
{
	STACK_OF(X509) *chain = read_certificates(in->certificates);
	EVP_PKEY *key = NULL;
	int64_t then;
	bool good;

	if (chain != NULL && sk_X509_num(chain) > 0)
		key = X509_get0_pubkey(sk_X509_value(chain, 0));
	/* To libcrypto these are any name at all, and any below a domain. */
	if (in->domain[0] == '\0' || in->domain[0] == '.')
		good = fail(err, "domain is not the name of a host");
	else if (key == NULL)
		good = fail(err, "there is no certificate in domainCert");
	else if (in->created == NULL ||
	         !capsa_date_seconds((struct capsa_text){in->created, strlen(in->created)}, &then))
		good = fail(err, "does not say when it was created");
	else if (!verifies(key, in))
		good = fail(err, "the signature is not by the key of the certificate");
	else
		good = vouched_for(chain, in->domain, then, err);
	sk_X509_pop_free(chain, X509_free);
	return good;
}

bool wacz_signature_verify(const struct wacz_signature *in, struct capsa_error *err)
{
	EVP_PKEY *key;
	bool good;

	if (in->hash == NULL || in->signature == NULL)
		return fail(err, "has no signature");
	if (in->domain != NULL && in->certificates != NULL)
		return verify_named(in, err);
	if (in->public_key == NULL)
		return fail(err, "does not say by whom");
	key = unnamed_key(in->public_key);
	if (key == NULL)
		return fail(err, "there is no key in publicKey");
	good = verifies(key, in) || fail(err, "the signature is not by the key in publicKey");
	EVP_PKEY_free(key);
	return good;
}
