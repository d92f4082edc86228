/* Digests that others use: the one door of nettle. */
#include "digests.h"

#include <nettle/md5.h>
#include <nettle/nettle-meta.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

struct import_hash {
	const struct nettle_hash *methods;
	enum import_digest_kind kind;
	union {
		struct md5_ctx md5;
		struct sha1_ctx sha1;
		struct sha256_ctx sha256;
		struct sha512_ctx sha512;
	} context;
};

static const struct nettle_hash *methods_of(enum import_digest_kind kind)
{
	switch (kind) {
	case IMPORT_MD5:
		return &nettle_md5;
	case IMPORT_SHA1:
		return &nettle_sha1;
	case IMPORT_SHA256:
		return &nettle_sha256;
	case IMPORT_SHA384:
		return &nettle_sha384;
	default:
		return &nettle_sha512;
	}
}

/* ---- digests of bytes ---- */

struct import_hash *import_hash_new(enum import_digest_kind kind)
{
	struct import_hash *hash = calloc(1, sizeof *hash);

	if (hash == NULL)
		return NULL;
	hash->kind = kind;
	hash->methods = methods_of(kind);
	hash->methods->init(&hash->context);
	return hash;
}

void import_hash_put(struct import_hash *hash, struct capsa_text bytes)
{
	hash->methods->update(&hash->context, bytes.size, (const uint8_t *)bytes.data);
}

void import_hash_end(struct import_hash *hash, struct import_digest *out)
{
	*out = (struct import_digest){hash->kind, hash->methods->digest_size, {0}};
	hash->methods->digest(&hash->context, out->size, out->bytes);
}

void import_hash_free(struct import_hash *hash)
{
	free(hash);
}

bool import_digest_equal(const struct import_digest *a, const struct import_digest *b)
{
	return a->kind == b->kind && a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* ---- digests as text ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int base32_value(char c)
{
	if (c >= '2' && c <= '7')
		return c - '2' + 26;
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' : -1;
}

/* Of the usual alphabet, and of the one for URLs. */
static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

/* Characters of `bits` bits each, as many as `size` bytes need. */
static bool decode(struct capsa_text text, unsigned bits, int (*value)(char c), unsigned char *out,
                   size_t size)
{
	unsigned gathered = 0, count = 0;
	size_t put = 0;

	for (size_t i = 0; i < text.size; i++) {
		int next = value(text.data[i]);

		if (next < 0)
			return false;
		gathered = (gathered << bits | (unsigned)next) & 0xffff;
		count += bits;
		if (count >= 8) {
			count -= 8;
			if (put == size)
				return false;
			out[put++] = (unsigned char)(gathered >> count);
		}
	}
	return put == size;
}

bool import_digest_decode(struct capsa_text text, enum import_digest_kind kind,
                          struct import_digest *out)
{
	size_t size = methods_of(kind)->digest_size;

	*out = (struct import_digest){kind, size, {0}};
	if (text.size == 2 * size)
		return decode(text, 4, hex_value, out->bytes, size);
	while (text.size != 0 && text.data[text.size - 1] == '=')
		text.size--;
	if (text.size == (size * 8 + 4) / 5)
		return decode(text, 5, base32_value, out->bytes, size);
	if (text.size == (size * 8 + 5) / 6)
		return decode(text, 6, base64_value, out->bytes, size);
	return false;
}

bool import_digest_parse(struct capsa_text text, struct import_digest *out, bool *known)
{
	static const char *const names[][2] = {{"md5", "md-5"},
	                                       {"sha1", "sha-1"},
	                                       {"sha256", "sha-256"},
	                                       {"sha384", "sha-384"},
	                                       {"sha512", "sha-512"}};
	const char *colon = memchr(text.data, ':', text.size);
	size_t size = colon != NULL ? (size_t)(colon - text.data) : 0;

	*known = false;
	for (unsigned kind = 0; kind < IMPORT_DIGEST_KINDS; kind++) {
		for (unsigned i = 0; i < 2; i++)
			*known |= size == strlen(names[kind][i]) &&
			          strncasecmp(text.data, names[kind][i], size) == 0;
		if (*known)
			return import_digest_decode(
			    (struct capsa_text){colon + 1, text.size - size - 1},
			    (enum import_digest_kind)kind, out);
	}
	return false;
}
