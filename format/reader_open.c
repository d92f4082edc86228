/*
 * Opening an archive from its end (spec 9 to 11): trailer, statement, attestations.
 */
#include "attestation.h"
#include "digest.h"
#include "frame.h"
#include "reader.h"
#include "source.h"
#include "trailer.h"

#include <stdlib.h>

#define SEARCH_SIZE (1U << 20)  /* how far back a statement is searched for */

/* Read the archive's last `size` bytes into the tail. */
static enum capsa_status read_tail(struct capsa_reader *r, size_t size, struct capsa_error *err)
{
	uint8_t *room;

	if (size > r->source.size)
		size = (size_t)r->source.size;
	buffer_clear(&r->tail);
	room = capsa_buffer_extend(&r->tail, size);
	if (room == NULL)
		return capsa_fail_memory(err);
	r->tail_offset = r->source.size - size;
	return capsa_source_read(&r->source, r->tail_offset, room, size, err);
}

/* Bytes [from, to) of the archive, which lie in the tail. */
static struct span tail_span(const struct capsa_reader *r, uint64_t from, uint64_t to)
{
	return span_of(r->tail.data + (from - r->tail_offset), (size_t)(to - from));
}

/* Is this a frame of ours of a type that spec 2.1 does not have? */
static bool is_unknown_type(struct span frame)
{
	return frame.size >= CAPSA_HEAD_SIZE && memcmp(frame.data + 8, "CAPSA", 5) == 0 &&
	       memchr("IPSAT", frame.data[13], 5) == NULL;
}

/* Room for one more; most archives have one. */
static bool reserve_attestation(struct capsa_reader *r)
{
	size_t count = r->attestation_count;
	struct capsa_attestation *more;

	if (count < 4 ? count != 0 : (count & (count - 1)) != 0)
		return true;
	more = realloc(r->attestations, (count < 4 ? 4 : 2 * count) * sizeof *more);
	if (more != NULL)
		r->attestations = more;
	return more != NULL;
}

/*
 * The attestations in `in`, which begins at `offset`: all of it where `strict`, else up to the
 * first bad one.  The trailer begins where they end.
 */
static enum capsa_status parse_attestations(struct capsa_reader *r, struct span in, uint64_t offset,
                                            bool strict, struct capsa_error *err)
{
	r->attestation_count = 0;
	while (in.size > 0) {
		struct capsa_attestation attestation;
		size_t size;
		enum capsa_status st;

		if (r->attestation_count == CAPSA_ATTESTATIONS_MAX)
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "there are too many attestations");
		st = capsa_attestation_parse(in, offset, &attestation, &size, err);
		if (st != CAPSA_OK && strict)
			return is_unknown_type(in) && capsa_reader_usable(r, err) != CAPSA_OK
			           ? CAPSA_EUNSUPPORTED
			           : st;
		if (st != CAPSA_OK)
			break;
		if (!reserve_attestation(r))
			return capsa_fail_memory(err);
		r->attestations[r->attestation_count++] = attestation;
		in = span_of(in.data + size, in.size - size);
		offset += size;
	}
	r->trailer_offset = offset;
	return CAPSA_OK;
}

/* The statement's frame at `offset`, all of `frame`. */
static enum capsa_status parse_statement(struct capsa_reader *r, struct span frame, uint64_t offset,
                                         struct capsa_error *err)
{
	struct span text;
	uint16_t detail;

	if (!capsa_frame_is(frame, 'S', &detail) || detail != 0)
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "the statement has a bad head");
	text = span_of(frame.data + CAPSA_HEAD_SIZE, frame.size - CAPSA_HEAD_SIZE);
	r->statement_offset = offset;
	return capsa_statement_parse(text, offset, &r->statement, err);
}

/* The regular way: by the trailer. */
static enum capsa_status open_by_trailer(struct capsa_reader *r, struct capsa_error *err)
{
	struct trailer trailer;
	struct span tail;
	enum capsa_status st;

	r->trailer_offset = r->source.size - CAPSA_TRAILER_SIZE;
	tail = tail_span(r, r->trailer_offset, r->source.size);
	st = capsa_trailer_parse(tail.data, r->source.size, &trailer, err);
	if (st != CAPSA_OK)
		return st;
	if (trailer.statement < r->tail_offset) {
		st = read_tail(r, (size_t)(r->source.size - trailer.statement), err);
		if (st != CAPSA_OK)
			return st;
	}
	r->attestations_offset = trailer.attestations;
	if (!capsa_digest_matches(trailer.tail_digest,
	                          tail_span(r, trailer.statement, r->trailer_offset)))
		return capsa_fail(err, CAPSA_ECORRUPT, trailer.statement,
		                  "statement and attestations fail their digest");
	st = parse_statement(r, tail_span(r, trailer.statement, trailer.attestations),
	                     trailer.statement, err);
	if (st == CAPSA_OK)
		st = parse_attestations(r, tail_span(r, trailer.attestations, r->trailer_offset),
		                        trailer.attestations, true, err);
	return st;
}

/*
 * Does a signature prove the statement?  By the key it carries: this is about damage, not
 * about trust.
 */
static bool proven(const struct capsa_reader *r)
{
	for (size_t i = 0; i < r->attestation_count; i++) {
		const struct capsa_signature *signature = &r->attestations[i].signature;

		if (r->attestations[i].kind == CAPSA_ATTESTATION_MINISIGN &&
		    capsa_signature_check(signature, r->statement.facts.text, &signature->hint,
		                          NULL) == CAPSA_OK)
			return true;
	}
	return false;
}

/* A statement at `offset`, if there is one and it is proven. */
static bool try_statement(struct capsa_reader *r, uint64_t offset)
{
	struct span rest = tail_span(r, offset, r->source.size);
	size_t size;

	if (rest.size < CAPSA_HEAD_SIZE)
		return false;
	size = (size_t)rest.data[4] | (size_t)rest.data[5] << 8 | (size_t)rest.data[6] << 16 |
	       (size_t)rest.data[7] << 24;
	size += 8;
	if (size > rest.size || size > CAPSA_HEAD_SIZE + CAPSA_STATEMENT_MAX ||
	    parse_statement(r, span_of(rest.data, size), offset, NULL) != CAPSA_OK)
		return false;
	r->attestations_offset = offset + size;
	return parse_attestations(r, span_of(rest.data + size, rest.size - size), offset + size,
	                          false, NULL) == CAPSA_OK &&
	       proven(r);
}

/* The way out where the trailer is bad: the last statement that a signature proves. */
static bool search_statement(struct capsa_reader *r)
{
	static const uint8_t magic[4] = {0x5c, 0x2a, 0x4d, 0x18};
	static const uint8_t tag[8] = {'C', 'A', 'P', 'S', 'A', 'S', 0, 0};

	if (read_tail(r, SEARCH_SIZE, NULL) != CAPSA_OK)
		return false;
	for (size_t i = r->tail.size; i-- > 0;) {
		if (r->tail.size - i < CAPSA_HEAD_SIZE || memcmp(r->tail.data + i, magic, 4) != 0 ||
		    memcmp(r->tail.data + i + 8, tag, 8) != 0)
			continue;
		if (try_statement(r, r->tail_offset + i)) {
			r->trailer_damaged = true;
			return true;
		}
	}
	return false;
}

/* Which of "not an archive", "unsupported" and "damaged" a file is that has no good end. */
static enum capsa_status judge_prefix(struct capsa_reader *r, enum capsa_status st,
                                      struct capsa_error *err)
{
	const size_t version = CAPSA_PREFIX_SIZE - 2;
	uint8_t prefix[CAPSA_PREFIX_SIZE];
	enum capsa_status why;

	if (st == CAPSA_EIO || st == CAPSA_ENOMEM || st == CAPSA_EUNSUPPORTED)
		return st;
	if (r->source.size < sizeof prefix)
		return capsa_fail(err, CAPSA_EFORMAT, 0, "not a capsa archive");
	/* A proof does without; that it is of an archive is known. */
	if (r->source.read_at(r->source.ctx, 0, prefix, sizeof prefix) == CAPSA_SOURCE_ABSENT)
		return st;
	why = capsa_source_read(&r->source, 0, prefix, sizeof prefix, err);
	if (why != CAPSA_OK)
		return why;
	if (memcmp(prefix, capsa_prefix, version) != 0)
		return capsa_fail(err, CAPSA_EFORMAT, 0, "not a capsa archive");
	if (memcmp(prefix, capsa_prefix, sizeof prefix) != 0)
		return capsa_fail(err, CAPSA_EUNSUPPORTED, version,
		                  "the archive has format version %u, this reads version 1",
		                  prefix[version] | prefix[version + 1] << 8);
	return st;
}

enum capsa_status capsa_reader_find_statement(struct capsa_reader *r, size_t tail_size,
                                              struct capsa_error *err)
{
	enum capsa_status st;

	if (r->source.size < CAPSA_PREFIX_SIZE + CAPSA_TRAILER_SIZE) {
		st = capsa_fail(err, CAPSA_ECORRUPT, r->source.size, "the file is cut off");
		return judge_prefix(r, st, err);
	}
	st = read_tail(r, tail_size, err);
	if (st == CAPSA_OK)
		st = open_by_trailer(r, err);
	if (st == CAPSA_ECORRUPT && search_statement(r))
		return CAPSA_OK;
	return st == CAPSA_OK ? CAPSA_OK : judge_prefix(r, st, err);
}
