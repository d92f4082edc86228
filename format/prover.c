/*
 * Making a proof (spec 17): what is read of an archive is kept, each byte once, and written out.
 */
#include "proof.h"

#include "temporary.h"

#include <errno.h>
#include <stdlib.h>

#define PIECE_SIZE ((size_t)64 << 10)

/* Bytes of the archive that were read, and where they are kept. */
struct kept {
	uint64_t offset, size;
	uint64_t at;                    /* in the temporary file */
};

struct capsa_prover {
	struct capsa_source source;
	struct temporary *bytes;        /* owned */
	struct kept *kept;              /* owned: ascending, none overlaps another */
	size_t count, capacity;
	struct buffer articles;         /* numbers, u64, ascending */
	struct buffer signatures;       /* as they stand in a proof */
	unsigned signature_count;
};

enum capsa_status capsa_prover_new(struct capsa_prover **out, const struct capsa_source *source,
                                   const char *temporary_directory, struct capsa_error *err)
{
	struct capsa_prover *prover = capsa_array_new(1, sizeof *prover);
	enum capsa_status st;

	*out = NULL;
	if (prover == NULL)
		return capsa_fail_memory(err);
	prover->source = *source;
	st = capsa_temporary_new(&prover->bytes, temporary_directory, err);
	if (st != CAPSA_OK) {
		capsa_prover_free(prover);
		return st;
	}
	*out = prover;
	return CAPSA_OK;
}

void capsa_prover_free(struct capsa_prover *prover)
{
	if (prover == NULL)
		return;
	capsa_temporary_free(prover->bytes);
	capsa_buffer_release(&prover->articles);
	capsa_buffer_release(&prover->signatures);
	free(prover->kept);
	free(prover);
}

/* ---- keeping what is read ---- */

/* The first kept piece that ends behind `offset`. */
static size_t piece_behind(const struct capsa_prover *prover, uint64_t offset)
{
	size_t low = 0, high = prover->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (prover->kept[middle].offset + prover->kept[middle].size > offset)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Keep bytes of which none is kept yet, as piece i.  0 or an errno value. */
static int keep_new(struct capsa_prover *prover, size_t i, uint64_t offset, struct span bytes)
{
	struct capsa_error err = {0};
	uint64_t at;

	if (prover->count == prover->capacity) {
		size_t capacity = prover->capacity != 0 ? 2 * prover->capacity : 64;
		struct kept *kept = capacity <= SIZE_MAX / sizeof *kept
		                        ? realloc(prover->kept, capacity * sizeof *kept)
		                        : NULL;

		if (kept == NULL)
			return ENOMEM;
		prover->kept = kept;
		prover->capacity = capacity;
	}
	if (capsa_temporary_append(prover->bytes, bytes, &at, &err) != CAPSA_OK)
		return err.sys != 0 ? err.sys : ENOMEM;
	memmove(&prover->kept[i + 1], &prover->kept[i], (prover->count - i) * sizeof *prover->kept);
	prover->kept[i] = (struct kept){offset, bytes.size, at};
	prover->count++;
	return 0;
}

static int keep(struct capsa_prover *prover, uint64_t offset, struct span bytes)
{
	size_t i = piece_behind(prover, offset);

	while (bytes.size != 0) {
		uint64_t next = i < prover->count ? prover->kept[i].offset : UINT64_MAX;
		uint64_t step;

		if (next <= offset) {
			/* These are kept already. */
			step = prover->kept[i].offset + prover->kept[i].size - offset;
			i++;
		} else {
			int sys;

			step = next - offset;
			if (step > bytes.size)
				step = bytes.size;
			sys = keep_new(prover, i, offset, span_of(bytes.data, (size_t)step));
			if (sys != 0)
				return sys;
			i++;
		}
		if (step > bytes.size)
			step = bytes.size;
		offset += step;
		bytes = span_of(bytes.data + step, bytes.size - (size_t)step);
	}
	return 0;
}

static int recorded_read_at(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct capsa_prover *prover = ctx;
	int sys = prover->source.read_at(prover->source.ctx, offset, buf, size);

	return sys != 0 ? sys : keep(prover, offset, span_of(buf, size));
}

struct capsa_source capsa_prover_source(struct capsa_prover *prover)
{
	return (struct capsa_source){recorded_read_at, prover->source.size, prover};
}

/* ---- what it is a proof of ---- */

enum capsa_status capsa_prover_article(struct capsa_prover *prover, uint64_t number,
                                       struct capsa_error *err)
{
	struct span before = buffer_span(&prover->articles);
	struct buffer grown = {0};
	size_t count = before.size / 8, i = 0;

	while (i < count && proof_u64(before.data, i) < number)
		i++;
	if (i < count && proof_u64(before.data, i) == number)
		return CAPSA_OK;
	if (count == CAPSA_PROOF_ARTICLES_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "a proof is of at most %d articles", CAPSA_PROOF_ARTICLES_MAX);
	capsa_buffer_append(&grown, before.data, 8 * i);
	capsa_buffer_u64(&grown, number);
	capsa_buffer_append(&grown, before.data + 8 * i, before.size - 8 * i);
	if (grown.failed) {
		capsa_buffer_release(&grown);
		return capsa_fail_memory(err);
	}
	capsa_buffer_release(&prover->articles);
	prover->articles = grown;
	return CAPSA_OK;
}

enum capsa_status capsa_prover_signature(struct capsa_prover *prover,
                                         const struct capsa_signature *signature,
                                         struct capsa_error *err)
{
	char text[CAPSA_SIGNATURE_TEXT];

	if (prover->signature_count == CAPSA_ATTESTATIONS_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "a proof has at most %d detached signatures",
		                  CAPSA_ATTESTATIONS_MAX);
	capsa_signature_text(signature, text);
	capsa_buffer_u16(&prover->signatures, (uint16_t)strlen(text));
	capsa_buffer_append(&prover->signatures, text, strlen(text));
	if (prover->signatures.failed)
		return capsa_fail_memory(err);
	prover->signature_count++;
	return CAPSA_OK;
}

/* ---- writing ---- */

static enum capsa_status write_out(const struct capsa_sink *sink, struct span bytes,
                                   struct capsa_error *err)
{
	int sys = sink->write(sink->ctx, bytes.data, bytes.size);

	return sys == 0 ? CAPSA_OK : capsa_fail_sys(err, sys, CAPSA_NO_OFFSET, "cannot write");
}

/* Pieces that touch are one range.  Appends the table; *count receives how many. */
static void append_ranges(const struct capsa_prover *prover, struct buffer *out, uint32_t *count)
{
	*count = 0;
	for (size_t i = 0; i < prover->count;) {
		uint64_t begin = prover->kept[i].offset, end = begin;

		while (i < prover->count && prover->kept[i].offset == end)
			end += prover->kept[i++].size;
		capsa_buffer_u64(out, begin);
		capsa_buffer_u64(out, end - begin);
		++*count;
	}
}

static enum capsa_status write_bytes(struct capsa_prover *prover, const struct capsa_sink *sink,
                                     struct capsa_error *err)
{
	uint8_t *piece = malloc(PIECE_SIZE);
	enum capsa_status st = piece != NULL ? CAPSA_OK : capsa_fail_memory(err);

	for (size_t i = 0; i < prover->count && st == CAPSA_OK; i++) {
		const struct kept *kept = &prover->kept[i];
		size_t size;

		for (uint64_t done = 0; done < kept->size && st == CAPSA_OK; done += size) {
			size = kept->size - done < PIECE_SIZE ? (size_t)(kept->size - done)
			                                      : PIECE_SIZE;
			st = capsa_temporary_read(prover->bytes, kept->at + done, piece, size, err);
			if (st == CAPSA_OK)
				st = write_out(sink, span_of(piece, size), err);
		}
	}
	free(piece);
	return st;
}

enum capsa_status capsa_prover_write(struct capsa_prover *prover, const struct capsa_sink *sink,
                                     struct capsa_error *err)
{
	struct buffer head = {0}, ranges = {0};
	uint32_t count;
	enum capsa_status st = CAPSA_OK;

	append_ranges(prover, &ranges, &count);
	if (prover->articles.size == 0 || count > CAPSA_PROOF_RANGES_MAX)
		st = capsa_fail(err, prover->articles.size == 0 ? CAPSA_EMISUSE : CAPSA_ELIMIT,
		                CAPSA_NO_OFFSET, "a proof is of some articles, in at most %d ranges",
		                CAPSA_PROOF_RANGES_MAX);
	capsa_buffer_append(&head, proof_magic, sizeof proof_magic);
	capsa_buffer_u16(&head, 1);
	capsa_buffer_u16(&head, 0);
	capsa_buffer_u32(&head, (uint32_t)(prover->articles.size / 8));
	capsa_buffer_u32(&head, count);
	capsa_buffer_u32(&head, (uint32_t)prover->signatures.size);
	capsa_buffer_u64(&head, prover->source.size);
	capsa_buffer_append(&head, prover->articles.data, prover->articles.size);
	capsa_buffer_append(&head, ranges.data, ranges.size);
	capsa_buffer_append(&head, prover->signatures.data, prover->signatures.size);
	if (st == CAPSA_OK && (head.failed || ranges.failed))
		st = capsa_fail_memory(err);
	if (st == CAPSA_OK)
		st = write_out(sink, buffer_span(&head), err);
	if (st == CAPSA_OK)
		st = write_bytes(prover, sink, err);
	capsa_buffer_release(&head);
	capsa_buffer_release(&ranges);
	return st;
}
