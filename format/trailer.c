/*
 * The trailer (spec 11): the last 96 bytes of an archive.
 *
 *	offset  size  field
 *	0       16    head: type T, detail 0
 *	16      8     offset of the statement's frame
 *	24      8     offset of the first attestation, else of the trailer
 *	32      32    digest of all bytes from the statement's frame up to the trailer
 *	64      32    digest of bytes 0 to 63
 */
#include "trailer.h"
#include "cursor.h"
#include "digest.h"
#include "frame.h"

#define SEALED 64       /* the bytes that the trailer's own digest covers */

void capsa_trailer_encode(const struct trailer *trailer, struct buffer *out)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	size_t start = out->size;

	capsa_frame_head(out, 'T', 0, CAPSA_TRAILER_SIZE - CAPSA_HEAD_SIZE);
	capsa_buffer_u64(out, trailer->statement);
	capsa_buffer_u64(out, trailer->attestations);
	capsa_buffer_append(out, trailer->tail_digest, CAPSA_DIGEST_SIZE);
	if (out->failed)
		return;
	capsa_digest(digest, span_of(out->data + start, SEALED));
	capsa_buffer_append(out, digest, sizeof digest);
}

/*
 * What is wrong with the places of the parts in a file whose trailer begins at `at`, or NULL.
 */
static const char *misplaced(const struct trailer *trailer, uint64_t at)
{
	uint64_t statement, attestations;

	if (trailer->statement < CAPSA_PREFIX_SIZE)
		return "puts the statement into the prefix";
	if (trailer->attestations > at)
		return "puts the attestations behind itself";
	if (trailer->statement > trailer->attestations)
		return "puts the statement behind the attestations";
	statement = trailer->attestations - trailer->statement;
	attestations = at - trailer->attestations;
	if (statement <= CAPSA_HEAD_SIZE || statement > CAPSA_HEAD_SIZE + CAPSA_STATEMENT_MAX)
		return "leaves no valid size for the statement";
	if (attestations != 0 && attestations <= CAPSA_HEAD_SIZE)
		return "leaves no valid size for an attestation";
	if (attestations > CAPSA_ATTESTATIONS_SIZE_MAX)
		return "leaves more than 512 KiB for the attestations";
	return NULL;
}

enum capsa_status capsa_trailer_parse(const uint8_t in[CAPSA_TRAILER_SIZE], uint64_t file_size,
                                      struct trailer *out, struct capsa_error *err)
{
	struct cursor c = cursor_of(span_of(in, CAPSA_TRAILER_SIZE));
	struct trailer trailer = {0};
	const char *problem;
	uint64_t at;

	if (file_size < CAPSA_PREFIX_SIZE + CAPSA_TRAILER_SIZE || file_size > CAPSA_OFFSET_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "a file of %" PRIu64 " bytes cannot be an archive",
		                  file_size);
	at = file_size - CAPSA_TRAILER_SIZE;
	if (!capsa_frame_is(span_of(in, CAPSA_TRAILER_SIZE), 'T', NULL))
		return capsa_fail(err, CAPSA_ECORRUPT, at, "the trailer's head is wrong");
	if (!capsa_digest_matches(in + SEALED, span_of(in, SEALED)))
		return capsa_fail(err, CAPSA_ECORRUPT, at, "the trailer fails its digest");

	cursor_take(&c, CAPSA_HEAD_SIZE);
	trailer.statement = cursor_u64(&c);
	trailer.attestations = cursor_u64(&c);
	memcpy(trailer.tail_digest, in + 32, CAPSA_DIGEST_SIZE);
	problem = misplaced(&trailer, at);
	if (problem != NULL)
		return capsa_fail(err, CAPSA_ECORRUPT, at, "the trailer %s", problem);
	*out = trailer;
	return CAPSA_OK;
}
