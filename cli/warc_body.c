/*
 * The payload of a record.  What a crawl kept wrongly is no reason to lose it: a body that is not
 * coded as HTTP says stays as it was sent.
 */
#include "warc_body.h"

#include "base.h"
#include "digests.h"

#include <stdlib.h>

static bool fail(const struct warc_reader *reader, struct capsa_error *err, const char *what)
{
	char place[96];

	import_warc_place(reader, place, sizeof place);
	capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "%s: %s", place, what);
	return false;
}

/* The same where *why has the words. */
static bool fail_because(const struct warc_reader *reader, struct capsa_error *err,
                         const struct capsa_error *why)
{
	return fail(reader, err, why->text[0] != '\0' ? why->text : "out of memory");
}

/* ---- digests ---- */

/* A digest that the header has, of a kind that is known: *found.  False: it is none. */
static bool find_digest(const struct warc_reader *reader, const struct warc_record *record,
                        const char *name, struct import_digest *out, bool *found,
                        struct capsa_error *err)
{
	struct capsa_text text;
	char what[160];
	bool known;

	*found = import_header_find(&record->header, name, &text) &&
	         import_digest_parse(text, out, &known);
	if (*found || text.size == 0 || !known)
		return true;
	snprintf(what, sizeof what, "its %s is '%.*s', which is no digest", name,
	         (int)(text.size < 80 ? text.size : 80), text.data);
	return fail(reader, err, what);
}

static bool hash_is(struct import_hash *hash, const struct import_digest *expected)
{
	struct import_digest found;

	import_hash_end(hash, &found);
	return import_digest_equal(&found, expected);
}

static bool source_is(const struct capsa_source *source, const struct import_digest *expected)
{
	struct import_hash *hash = import_hash_new(expected->kind);
	char piece[1U << 14];
	bool same = hash != NULL;

	for (uint64_t at = 0; same && at < source->size;) {
		size_t size = sizeof piece;

		if (size > source->size - at)
			size = (size_t)(source->size - at);
		same = source->read_at(source->ctx, at, piece, size) == 0;
		import_hash_put(hash, (struct capsa_text){piece, size});
		at += size;
	}
	same = same && hash_is(hash, expected);
	import_hash_free(hash);
	return same;
}

/* ---- reading ---- */

/*
 * In ARC a length may be too long where others have changed line ends since.  At the end of a file
 * the record is whole all the same, if HTTP says how long its body is, and nothing but the line end
 * between records follows.
 */
static bool is_whole(struct warc_body *body, const struct warc_capture *capture,
                     const struct warc_reader *reader)
{
	struct capsa_source raw = import_held(&body->raw);
	struct capsa_text text;
	char digits[24] = "", behind[2];
	uint64_t size, rest;

	if (!import_warc_is_cut(reader) || !capture->record->arc || !capture->has_http ||
	    !import_header_find(&capture->http, "Content-Length", &text) || text.size == 0 ||
	    text.size > 15)
		return false;
	memcpy(digits, text.data, text.size);
	size = strtoull(digits, NULL, 10);
	if (size == 0 || size > raw.size || raw.size - size > sizeof behind)
		return false;
	rest = raw.size - size;
	if (raw.read_at(raw.ctx, size, behind, (size_t)rest) != 0)
		return false;
	for (uint64_t i = 0; i < rest; i++)
		if (behind[i] != '\r' && behind[i] != '\n')
			return false;
	body->source = raw;
	body->source.size = size;
	return true;
}

/* The rest of the block. */
static bool read_rest(struct warc_body *body, const struct warc_capture *capture,
                      struct warc_reader *reader, bool held, struct import_hash *block,
                      struct capsa_error *err)
{
	struct capsa_error why = {0};
	struct capsa_text text;

	import_hold_begin(&body->raw, body->directory);
	for (;;) {
		if (!import_warc_peek(reader, 1, &text, err))
			return held && is_whole(body, capture, reader);
		if (text.size == 0 || cli_signal != 0)
			break;
		if (block != NULL)
			import_hash_put(block, text);
		if (held && !import_hold_put(&body->raw, text, &why))
			return fail_because(reader, err, &why);
		import_warc_take(reader, text.size);
	}
	body->source = import_held(&body->raw);
	return import_warc_finish(reader, err);
}

/* The same with the digest of all of the block. */
static bool read_hashed(struct warc_body *body, struct warc_capture *capture,
                        struct warc_reader *reader, const struct warc_record *record,
                        struct import_hash *block, enum warc_want (*want)(void *ctx), void *ctx,
                        enum warc_want *wanted, struct capsa_error *err)
{
	struct import_digest digest;
	bool found;

	*wanted = WARC_WANT_NOTHING;
	if (!import_warc_capture(capture, reader, record, block, err))
		return false;
	*wanted = want(ctx);
	if (*wanted == WARC_WANT_NOTHING)
		return true;
	if (!find_digest(reader, record, "WARC-Block-Digest", &digest, &found, err) ||
	    !read_rest(body, capture, reader, *wanted == WARC_WANT_BODY, block, err))
		return false;
	if (block == NULL || !found || hash_is(block, &digest))
		return true;
	return fail(reader, err, "its block is not what WARC-Block-Digest says");
}

bool import_warc_body_read(struct warc_body *body, struct warc_capture *capture,
                           struct warc_reader *reader, const struct warc_record *record,
                           enum warc_want (*want)(void *ctx), void *ctx, enum warc_want *wanted,
                           struct capsa_error *err)
{
	struct import_hash *block = NULL;
	struct import_digest digest;
	struct capsa_text text;
	bool known, good;

	if (import_header_find(&record->header, "WARC-Block-Digest", &text) &&
	    import_digest_parse(text, &digest, &known)) {
		block = import_hash_new(digest.kind);
		if (block == NULL)
			return fail(reader, err, "out of memory");
	}
	good = read_hashed(body, capture, reader, record, block, want, ctx, wanted, err);
	import_hash_free(block);
	return good;
}

/* ---- decoding ---- */

/* The codings that the header names: "gzip, br", and with `chunks` "gzip, chunked". */
static char *codings_of(const struct header *header, bool chunks)
{
	static const char *const names[] = {"Content-Encoding", "Transfer-Encoding"};
	struct buffer text = {0};

	for (unsigned n = 0; n < (chunks ? 2 : 1); n++)
		for (size_t i = 0; i < header->count; i++) {
			struct capsa_text value = header->fields[i].value;

			if (!import_is_word(header->fields[i].name, names[n]) || value.size == 0)
				continue;
			if (text.size != 0)
				capsa_buffer_append(&text, ", ", 2);
			for (size_t c = 0; c < value.size; c++)
				if (value.data[c] >= ' ' && value.data[c] <= '~')
					capsa_buffer_byte(&text, (uint8_t)value.data[c]);
		}
	if (text.size == 0 || text.failed) {
		capsa_buffer_release(&text);
		return NULL;
	}
	capsa_buffer_byte(&text, 0);
	return (char *)text.data;
}

/* Undo the codings of HTTP; what cannot be undone stays. */
static bool undo_codings(struct warc_body *body, const struct warc_capture *capture,
                         const struct warc_reader *reader, struct capsa_error *err)
{
	uint64_t stored = body->source.size;
	struct capsa_error why = {0};
	enum http_coding coding = import_http_dechunk(&capture->http, &body->source,
	                                              &body->unchunked, body->directory, &why);

	if (coding == HTTP_DECODED || coding == HTTP_KEPT)
		body->source = import_held(&body->unchunked);
	if (coding != HTTP_FAILED)
		coding = import_http_decode(&capture->http, &body->source, stored, &body->decoded,
		                            body->directory, &why);
	if (coding == HTTP_FAILED)
		return fail_because(reader, err, &why);
	if (coding == HTTP_DECODED)
		body->source = import_held(&body->decoded);
	body->kept = coding == HTTP_KEPT;
	if (body->kept)
		body->coded = codings_of(&capture->http, false);
	return true;
}

/*
 * What a digest of a payload covers differs between programs: as it was sent, without chunks, or
 * decoded.
 */
static bool check_payload(const struct warc_body *body, const struct warc_capture *capture,
                          const struct warc_reader *reader, const struct capsa_source *raw,
                          struct capsa_error *err)
{
	struct capsa_source unchunked = import_held(&body->unchunked);
	struct import_digest digest;
	bool found;

	if (!find_digest(reader, capture->record, "WARC-Payload-Digest", &digest, &found, err))
		return false;
	if (!found || source_is(raw, &digest) || source_is(&unchunked, &digest) ||
	    source_is(&body->source, &digest))
		return true;
	return fail(reader, err, "its payload is not what WARC-Payload-Digest says");
}

/* The body as it was sent, without what was undone of it. */
static void take_back(struct warc_body *body, const struct warc_capture *capture,
                      const struct capsa_source *raw)
{
	free(body->coded);
	body->coded = codings_of(&capture->http, true);
	body->kept = false;
	body->source = *raw;
}

bool import_warc_body_decode(struct warc_body *body, const struct warc_capture *capture,
                             const struct warc_reader *reader, bool wire,
                             struct capsa_error *err)
{
	struct capsa_source raw = body->source;
	struct import_digest digest;
	struct capsa_text text;
	bool good = true, known;

	free(body->coded);
	body->coded = NULL;
	body->kept = false;
	import_hold_begin(&body->unchunked, body->directory);
	/* What is to be packed as it was sent may have a digest of what it decodes to. */
	if (capture->has_http && wire)
		good = !import_header_find(&capture->record->header, "WARC-Payload-Digest", &text) ||
		       !import_digest_parse(text, &digest, &known) || source_is(&raw, &digest);
	if (capture->has_http && (!wire || !good) && !undo_codings(body, capture, reader, err))
		return false;
	/* The payload of a revisit is not in it, that of other records is their own matter. */
	good = capture->beside || import_is_word(capture->record->type, "revisit") ||
	       check_payload(body, capture, reader, &raw, err);
	if (capture->has_http && wire)
		take_back(body, capture, &raw);
	return good;
}

void import_warc_body_release(struct warc_body *body)
{
	import_hold_release(&body->raw);
	import_hold_release(&body->unchunked);
	import_hold_release(&body->decoded);
	free(body->coded);
	*body = (struct warc_body){0};
}
