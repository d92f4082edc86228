/*
 * Attestations (spec 10): signatures and other testimony between statement and trailer.
 *
 *	offset  size  field
 *	0       16    head: type A, detail the kind
 *	16      1     covers: 0 the statement's text, 1 all from its frame up to this one
 *
 * and of kind 1, minisign (10.1):
 *
 *	17      2     "ED"
 *	19      8     key id
 *	27      64    signature
 *	91      64    global signature
 *	155     32    public key, a hint
 *	187     ..    trusted comment, 1 to 1,024 bytes
 */
#include "attestation.h"
#include "cursor.h"
#include "frame.h"
#include "utf8.h"

#define COMMENT_AT 187

void capsa_attestation_encode(const struct capsa_signature *signature, struct buffer *out)
{
	size_t comment_size = strlen(signature->comment);

	capsa_frame_head(out, 'A', CAPSA_ATTESTATION_MINISIGN,
	                 COMMENT_AT - CAPSA_HEAD_SIZE + comment_size);
	capsa_buffer_byte(out, 0);
	capsa_buffer_append(out, "ED", 2);
	capsa_buffer_append(out, signature->key_id, sizeof signature->key_id);
	capsa_buffer_append(out, signature->signature, sizeof signature->signature);
	capsa_buffer_append(out, signature->global, sizeof signature->global);
	capsa_buffer_append(out, signature->hint.key, sizeof signature->hint.key);
	capsa_buffer_append(out, signature->comment, comment_size);
}

static void take(struct cursor *c, void *out, size_t size)
{
	const uint8_t *bytes = cursor_take(c, size);

	if (bytes != NULL)
		memcpy(out, bytes, size);
}

/* Read what follows `covers`; returns what is wrong, or NULL. */
static const char *parse_minisign(struct cursor *c, struct capsa_signature *out)
{
	uint8_t algorithm[2] = {0};
	struct span comment;

	take(c, algorithm, sizeof algorithm);
	take(c, out->key_id, sizeof out->key_id);
	take(c, out->signature, sizeof out->signature);
	take(c, out->global, sizeof out->global);
	take(c, out->hint.key, sizeof out->hint.key);
	if (c->failed)
		return "is too short for a signature";
	if (memcmp(algorithm, "ED", sizeof algorithm) != 0)
		return "has another signature algorithm than ED";
	comment = span_of(c->at, cursor_left(c));
	if (comment.size < 1 || comment.size > CAPSA_COMMENT_MAX)
		return "has a trusted comment that is not 1 to 1024 bytes long";
	if (!capsa_utf8_plain(comment))
		return "has a trusted comment with characters that are not allowed";
	take(c, out->comment, comment.size);
	memcpy(out->hint.id, out->key_id, sizeof out->hint.id);
	out->has_hint = true;
	return NULL;
}

/* The attestation that `in` begins with, and its kind; empty where there is none. */
static struct span first_frame(struct span in, uint16_t *kind)
{
	struct cursor c = cursor_of(in);
	struct span frame;
	uint64_t size;

	cursor_u32(&c);
	size = (uint64_t)cursor_u32(&c) + 8;
	if (c.failed || size > in.size)
		return span_of(NULL, 0);
	frame = span_of(in.data, (size_t)size);
	return capsa_frame_is(frame, 'A', kind) ? frame : span_of(NULL, 0);
}

enum capsa_status capsa_attestation_parse(struct span in, uint64_t offset,
                                          struct capsa_attestation *out, size_t *size,
                                          struct capsa_error *err)
{
	struct capsa_attestation attestation = {0};
	const char *problem = NULL;
	uint16_t kind = 0;
	struct span frame = first_frame(in, &kind);
	struct cursor c = cursor_of(frame);

	cursor_take(&c, CAPSA_HEAD_SIZE);
	attestation.kind = kind;
	attestation.covers = cursor_u8(&c);
	attestation.offset = offset;
	if (frame.size == 0)
		problem = "does not begin with its head and size";
	else if (c.failed)
		problem = "ends with its head";
	else if (attestation.covers > 1)
		problem = "covers neither the statement nor all before it";
	else if (kind == CAPSA_ATTESTATION_MINISIGN && attestation.covers != 0)
		problem = "is a signature, yet does not cover the statement";
	else if (kind == CAPSA_ATTESTATION_MINISIGN)
		problem = parse_minisign(&c, &attestation.signature);
	if (problem != NULL)
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "the attestation %s", problem);
	*out = attestation;
	*size = frame.size;
	return CAPSA_OK;
}
