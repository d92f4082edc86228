/*
 * A good archive, from a source that gives other bytes at some read: at the first or at a later
 * one.  Digests are compared as in production, and the statement is the one that was signed, so
 * whatever is delivered is what was packed; what is there is never said to be absent.
 */
#include "liar.h"
#include "reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_absence(enum capsa_status status)
{
	return status == CAPSA_ENOENT;
}

static struct span true_body(const struct forge *f, uint64_t number)
{
	const struct forge_article *article = &f->articles[number];

	return article[-(ptrdiff_t)article->link].body;
}

static void read_article(struct capsa_reader *reader, const struct forge *f, uint64_t number)
{
	const struct forge_article *article = &f->articles[number];
	const struct capsa_verify_options options = {0};
	struct capsa_report report;
	struct capsa_text line;
	struct buffer body = {0};
	uint64_t found, size;
	enum capsa_status st = capsa_reader_find_path(reader, article->path, &found, NULL);

	require(!is_absence(st), "a path is denied");
	require(st != CAPSA_OK || found == number, "a path leads elsewhere");
	if (reading_body(reader, number, &body, &size) == CAPSA_OK)
		require(span_equal(buffer_span(&body), true_body(f, number)), "a false body");
	capsa_buffer_release(&body);
	if (capsa_reader_metadata(reader, number, &line, NULL) == CAPSA_OK)
		require(span_equal(span_text(line), buffer_span(&article->line)), "a false line");
	st = capsa_reader_verify_articles(reader, &number, 1, &options, &report, NULL);
	require((st == CAPSA_OK) ==
	            (report.good == 1 && report.structures + report.lines_lost == 0),
	        "verification of an article contradicts itself");
}

static void walk(struct capsa_reader *reader, const struct forge *f, unsigned tree)
{
	const struct forge_tree *expected = &f->trees[tree];
	struct capsa_cursor *cursor;
	struct capsa_text key;
	uint64_t number;
	size_t count = 0;
	enum capsa_status st = capsa_cursor_new(&cursor, reader, (enum capsa_tree)tree,
	                                        (struct capsa_text){"", 0}, NULL);

	if (st != CAPSA_OK)
		return;
	while ((st = capsa_cursor_next(cursor, &key, &number, NULL)) == CAPSA_OK) {
		require(count < expected->entry_count &&
		            span_equal(span_text(key), expected->entries[count].key) &&
		            number == expected->entries[count].number,
		        "a false entry");
		count++;
	}
	require(!is_absence(st) || count == expected->entry_count, "entries are denied");
	capsa_cursor_free(cursor);
}

static void verify(struct capsa_reader *reader, enum capsa_depth depth, uint32_t threads)
{
	const struct capsa_verify_options options = {
	    .depth = depth, .threads = threads, .keys = &shapes_keys};
	struct capsa_report report;
	enum capsa_status st = capsa_reader_verify(reader, &options, &report, NULL);

	require(st != CAPSA_OK ||
	            (report.damaged == 0 && report.structures == 0 &&
	             report.good + report.withheld + report.not_read == report.articles),
	        "verification contradicts itself");
}

/* ---- salvage and proofs: what they say they have checked --------------- */

static bool saved(void *ctx, const struct capsa_saved *article)
{
	const struct forge *f = ctx;
	static uint8_t bytes[READING_CHUNK];
	struct span body = span_of(NULL, 0);
	bool known = false;

	for (size_t i = 0; i < f->article_count && !known; i++) {
		known = span_equal(span_text(article->path), forge_text(f->articles[i].path));
		body = true_body(f, i);
	}
	if (!article->checked)
		return true;
	require(known && body.size <= sizeof bytes, "an article that was never packed is saved");
	require(article->body.size == body.size, "a saved body has another size");
	for (unsigned time = 0; time < 2 && body.size != 0; time++)
		if (article->body.read_at(article->body.ctx, 0, bytes, body.size) == 0)
			require(memcmp(bytes, body.data, body.size) == 0, "a false body is saved");
	return true;
}

static void prove(const struct forge *f, struct liar *liar, uint64_t number)
{
	const struct capsa_reader_options sparing = {.tail_size = CAPSA_PROOF_TAIL};
	const struct capsa_verify_options options = {0};
	const struct capsa_source lying = liar_source(liar);
	struct buffer bytes = {0};
	struct capsa_sink sink = {reading_write, &bytes};
	struct capsa_source watched, source, sparse;
	struct capsa_prover *prover;
	struct capsa_proof *proof = NULL;
	struct capsa_reader *reader = NULL;
	struct capsa_report report;
	bool proven;

	require(capsa_prover_new(&prover, &lying, NULL, NULL) == CAPSA_OK, "no prover");
	watched = capsa_prover_source(prover);
	proven =
	    capsa_reader_open(&reader, &watched, &sparing, NULL) == CAPSA_OK &&
	    capsa_reader_verify_articles(reader, &number, 1, &options, &report, NULL) == CAPSA_OK &&
	    capsa_prover_article(prover, number, NULL) == CAPSA_OK &&
	    capsa_prover_write(prover, &sink, NULL) == CAPSA_OK;
	capsa_reader_close(reader);
	capsa_prover_free(prover);
	reader = NULL;
	source = capsa_source_memory(bytes.data, bytes.size);
	if (proven && capsa_proof_open(&proof, &source, NULL) == CAPSA_OK) {
		sparse = capsa_proof_source(proof);
		if (capsa_reader_open(&reader, &sparse, &sparing, NULL) == CAPSA_OK &&
		    span_equal(span_text(capsa_reader_statement(reader)->text),
		               buffer_span(&f->text)))
			read_article(reader, f, number);
	}
	capsa_reader_close(reader);
	capsa_proof_close(proof);
	capsa_buffer_release(&bytes);
}

/* ---- the target -------------------------------------------------------- */

static void read_all(struct capsa_reader *reader, const struct forge *f, uint8_t reading)
{
	static const uint8_t about[] = "{\"created\":\"" FORGE_TIME "\"}";
	struct capsa_text text;
	uint64_t number;
	enum capsa_status st;

	if (reading & 4)
		verify(reader, reading & 8 ? CAPSA_VERIFY_DEEP : CAPSA_VERIFY_FULL,
		       reading & 2 ? 2 : 1);
	for (uint64_t i = 0; i < f->article_count; i++)
		read_article(reader, f, i);
	for (unsigned tree = FORGE_PATH; tree < FORGE_TREES; tree++)
		walk(reader, f, tree);
	st = capsa_reader_find_path(reader, "never packed", &number, NULL);
	require(st != CAPSA_OK, "an article that was never packed");
	if (capsa_reader_about(reader, &text, NULL) == CAPSA_OK)
		require(span_equal(span_text(text), span_of(about, sizeof about - 1)),
		        "a false word about the archive");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_reader_options options = {0};
	struct capsa_salvage_options salvage = {.article = saved};
	struct capsa_salvage_report report;
	struct capsa_reader *reader;
	struct capsa_source source;
	struct liar liar;
	struct forge *f;
	uint8_t reading;

	if (size < 2)
		return 0;
	f = shapes_archive(data[0]);
	reading = data[1];
	if (reading & 1)
		options = (struct capsa_reader_options){.tail_size = 96, .page_cache = 16};
	liar_make(&liar, data[0], data + 2, size - 2);
	source = liar_source(&liar);
	if (capsa_reader_open(&reader, &source, &options, NULL) == CAPSA_OK) {
		/* Another statement has no signature by the key. */
		if (span_equal(span_text(capsa_reader_statement(reader)->text),
		               buffer_span(&f->text)))
			read_all(reader, f, reading);
		capsa_reader_close(reader);
	}
	if ((reading & 16) && f->article_count != 0)
		prove(f, &liar, (reading >> 5) % f->article_count);
	if (reading & 128) {
		salvage.ctx = f;
		require(capsa_salvage(&source, &salvage, &report, NULL) == CAPSA_OK,
		        "salvage gives up");
	}
	return 0;
}
