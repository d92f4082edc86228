/*
 * Copies of one archive, damaged and cut off in different ways, repair the first: what comes out
 * whole is the archive.  Where one copy has no damage, it does come out.
 */
#include "liar.h"
#include "reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COPIES 3

struct copies {
	struct liar liars[COPIES];
	struct capsa_source sources[COPIES];
	size_t count;
	bool whole; /* one of them */
	bool trailer; /* one of them has it */
};

static void note_part(void *ctx, const struct capsa_repaired *part)
{
	const struct copies *copies = ctx;

	require(part->size != 0 && part->copy <= copies->count, "a part that is none");
	require(!part->lost || !copies->whole, "a part is lost that a copy has");
}

static bool has_trailer(struct capsa_source copy, struct span archive)
{
	uint8_t bytes[CAPSA_TRAILER_SIZE];
	size_t at = archive.size - sizeof bytes;

	return copy.read_at(copy.ctx, at, bytes, sizeof bytes) == 0 &&
	       memcmp(bytes, archive.data + at, sizeof bytes) == 0;
}

/* Damage is the same at each read. */
static void make_copies(struct copies *out, const uint8_t *data, size_t size)
{
	struct span archive = buffer_span(&shapes_archive(data[0])->file);
	size_t part;

	out->count = 1 + data[1] % COPIES;
	part = (size - 5) / out->count;
	for (size_t i = 0; i < out->count; i++) {
		struct liar *liar = &out->liars[i];

		liar_make(liar, data[0], data + 5 + i * part, part);
		for (size_t k = 0; k < liar->count; k++) {
			liar->lies[k].first = 0;
			liar->lies[k].once = false;
		}
		liar->size -= (uint64_t)data[2 + i] * 37 % archive.size;
		out->whole = out->whole || (liar->count == 0 && liar->size == archive.size);
		out->sources[i] = liar_source(liar);
		out->trailer = out->trailer || (liar->size == archive.size &&
		                                has_trailer(out->sources[i], archive));
	}
}

/* Where no trailer is left, nothing tells whether a key id is right (spec 13.1). */
static void check(struct capsa_repair *repair, const struct forge *f, bool trailer)
{
	size_t known = trailer ? f->file.size : (size_t)f->trailer.attestations;
	struct capsa_source mended = capsa_repair_source(repair);
	struct buffer bytes = {0};

	require(mended.size == f->file.size && capsa_buffer_extend(&bytes, f->file.size) != NULL,
	        "what is repaired has another size");
	bytes.size = f->file.size;
	require(mended.read_at(mended.ctx, 0, bytes.data, bytes.size) == 0,
	        "what is repaired cannot be read");
	require(memcmp(bytes.data, f->file.data, known) == 0,
	        "what is repaired is another archive");
	capsa_buffer_release(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct copies copies = {0};
	const struct capsa_repair_options options = {.part = note_part, .ctx = &copies};
	struct capsa_repair *repair;
	struct forge *f;
	enum capsa_status st;

	if (size < 5)
		return 0;
	f = shapes_archive(data[0]);
	make_copies(&copies, data, size);
	st = capsa_repair_new(&repair, copies.sources, copies.count, &options, NULL);
	if (st == CAPSA_OK)
		st = capsa_repair_run(repair, NULL);
	require(st == CAPSA_OK || !copies.whole, "no repair by a whole copy");
	/* Another statement is for its signature to refuse. */
	if (st == CAPSA_OK &&
	    span_equal(span_text(capsa_reader_statement(capsa_repair_reader(repair))->text),
	               buffer_span(&f->text)))
		check(repair, f, copies.trailer);
	capsa_repair_free(repair);
	return 0;
}
