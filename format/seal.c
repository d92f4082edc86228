#include "seal.h"
#include "attestation.h"
#include "digest.h"
#include "frame.h"
#include "trailer.h"

#include <stdio.h>

/* The packer's signature, as an attestation frame after the statement's. */
static enum capsa_status append_signature(struct buffer *tail, struct capsa_text text,
                                          int64_t created, const struct capsa_secret_key *key,
                                          struct capsa_error *err)
{
	struct capsa_signature signature;
	char time[CAPSA_TIME_TEXT], comment[64];
	enum capsa_status st;

	capsa_time_text(created, time);
	snprintf(comment, sizeof comment, "capsa: packed %s", time);
	st = capsa_signature_make(&signature, key, text, comment, err);
	if (st == CAPSA_OK)
		capsa_attestation_encode(&signature, tail);
	return st;
}

enum capsa_status capsa_seal(struct output *output, struct statement *statement,
                             const struct capsa_secret_key *key, struct capsa_error *err)
{
	struct trailer trailer = {.statement = output->offset};
	struct sha256_state sha256 = output->sha256;
	struct buffer text = {0}, tail = {0};
	enum capsa_status st = CAPSA_OK;

	statement->facts.size = output->offset;
	capsa_sha256_final(&sha256, statement->facts.sha256);
	capsa_statement_encode(statement, &text);
	capsa_digest(statement->facts.identity, buffer_span(&text));
	capsa_frame_head(&tail, 'S', 0, text.size);
	capsa_buffer_append(&tail, text.data, text.size);
	trailer.attestations = output->offset + tail.size;
	if (text.size > CAPSA_STATEMENT_MAX)
		st = capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET, "the statement is over 16 KiB");
	if (st == CAPSA_OK && key != NULL)
		st = append_signature(&tail, text_of(buffer_span(&text)), statement->facts.created,
		                      key, err);
	capsa_digest(trailer.tail_digest, buffer_span(&tail));
	capsa_trailer_encode(&trailer, &tail);
	if (st == CAPSA_OK && (text.failed || tail.failed))
		st = capsa_fail_memory(err);
	if (st == CAPSA_OK)
		st = capsa_output_write(output, buffer_span(&tail), err);
	capsa_buffer_release(&text);
	capsa_buffer_release(&tail);
	return st;
}
