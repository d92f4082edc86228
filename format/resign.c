/*
 * One signature more (spec 10, 11): all before the trailer stays as it is, an attestation and
 * a new trailer follow.
 */
#include "attestation.h"
#include "digest.h"
#include "frame.h"
#include "reader.h"
#include "trailer.h"
#include "utf8.h"

/* The fields of an attestation before its comment (10.1), the longest comment, the trailer. */
_Static_assert(CAPSA_RESIGN_MAX == 187 + CAPSA_COMMENT_MAX + CAPSA_TRAILER_SIZE,
               "the bytes to be appended fit exactly");

/* What must be so before any bytes are made; CAPSA_OK or the reason why not. */
static enum capsa_status resign_allowed(const struct capsa_reader *reader,
                                        const struct capsa_signature *signature,
                                        struct capsa_error *err)
{
	const char *comment = signature->comment;
	const char *end = memchr(comment, '\0', sizeof signature->comment);

	if (reader->trailer_damaged)
		return capsa_fail(err, CAPSA_ECORRUPT, reader->trailer_offset,
		                  "the trailer is damaged, so that nothing can be added before it");
	if (!signature->has_hint)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the signature does not carry its key");
	if (end == NULL || end == comment ||
	    !capsa_utf8_plain(span_of(comment, (size_t)(end - comment))))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the trusted comment is not 1 to %d bytes of plain text",
		                  CAPSA_COMMENT_MAX);
	if (capsa_signature_check(signature, reader->statement.facts.text, &signature->hint,
	                          NULL) != CAPSA_OK)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the signature does not verify over this archive's statement");
	if (reader->attestation_count == CAPSA_ATTESTATIONS_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "the archive has %d attestations already, the most there may be",
		                  CAPSA_ATTESTATIONS_MAX);
	return CAPSA_OK;
}

/* Statement and attestations as they are, which the reader holds since it was opened. */
static struct span sealed(const struct capsa_reader *reader)
{
	return span_of(reader->tail.data + (reader->statement_offset - reader->tail_offset),
	               (size_t)(reader->trailer_offset - reader->statement_offset));
}

/* The attestation's frame, and the trailer behind it. */
static enum capsa_status encode_tail(const struct capsa_reader *reader,
                                     const struct capsa_signature *signature, struct buffer *out,
                                     struct capsa_error *err)
{
	struct trailer trailer = {.statement = reader->statement_offset,
	                          .attestations = reader->attestations_offset};
	uint64_t before = reader->trailer_offset - reader->attestations_offset;
	struct digest_state state;

	capsa_attestation_encode(signature, out);
	if (out->failed)
		return capsa_fail_memory(err);
	if (out->size > CAPSA_ATTESTATIONS_SIZE_MAX - before)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "the attestations would have more than 512 KiB");
	if (out->size > CAPSA_OFFSET_MAX - reader->source.size)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "the archive would become too large");
	capsa_digest_init(&state);
	capsa_digest_update(&state, sealed(reader));
	capsa_digest_update(&state, buffer_span(out));
	capsa_digest_final(&state, trailer.tail_digest);
	capsa_trailer_encode(&trailer, out);
	return out->failed ? capsa_fail_memory(err) : CAPSA_OK;
}

enum capsa_status capsa_reader_resign(const struct capsa_reader *reader,
                                      const struct capsa_signature *signature, uint64_t *keep,
                                      uint8_t tail[CAPSA_RESIGN_MAX], size_t *tail_size,
                                      struct capsa_error *err)
{
	struct buffer out = {0};
	enum capsa_status st = resign_allowed(reader, signature, err);

	*keep = 0;
	*tail_size = 0;
	if (st == CAPSA_OK)
		st = encode_tail(reader, signature, &out, err);
	if (st == CAPSA_OK) {
		memcpy(tail, out.data, out.size);
		*tail_size = out.size;
		*keep = reader->trailer_offset;
	}
	capsa_buffer_release(&out);
	return st;
}
