/*
 * Archives that are changed somewhere and sealed again (seal.h), so that the change is signed.
 * Digests are compared here, as in production: whatever verification calls good must hold, by all
 * ways that there are to read it.
 */
#include "seal.h"

#include "reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARTICLES 48 /* of an archive are read; a few bytes may claim many */

struct judged {
	struct capsa_source source;
	struct capsa_reader *reader;
	struct capsa_reader_options options;
	uint32_t threads;
	uint64_t articles;
	struct capsa_report report; /* of deep verification */
	bool good; /* it found nothing, and nothing is withheld */
};

/* ---- verification ------------------------------------------------------ */

static enum capsa_status verify(const struct judged *judged, enum capsa_depth depth,
                                struct capsa_report *report)
{
	const struct capsa_verify_options options = {
	    .depth = depth, .threads = judged->threads, .keys = &shapes_keys};

	return capsa_reader_verify(judged->reader, &options, report, NULL);
}

/* What deep verification takes, the others take. */
static void judge(struct judged *judged)
{
	struct capsa_report quick, full, *deep = &judged->report;
	enum capsa_status st[3] = {verify(judged, CAPSA_VERIFY_QUICK, &quick),
	                           verify(judged, CAPSA_VERIFY_FULL, &full),
	                           verify(judged, CAPSA_VERIFY_DEEP, deep)};

	require(st[1] != CAPSA_OK || st[0] == CAPSA_OK, "full is good, quick is not");
	if (st[2] != CAPSA_OK)
		return;
	require(st[1] == CAPSA_OK, "deep is good, full is not");
	require(deep->damaged == 0 && deep->structures == 0, "a good archive with damage");
	require(deep->good + deep->withheld == deep->articles, "articles are not all counted");
	require(deep->withheld == full.withheld, "other articles are withheld");
	judged->good = deep->withheld == 0 && deep->lines_lost == 0;
}

/* ---- reading ----------------------------------------------------------- */

/* What verification of one article calls good is what its line says, and is found by its path. */
static void read_article(struct judged *judged, uint64_t number)
{
	const struct capsa_verify_options options = {0};
	struct capsa_report report;
	struct capsa_text line;
	struct buffer body = {0};
	static char path[CAPSA_PATH_MAX + 1];
	uint64_t size, found;
	enum capsa_status st = reading_body(judged->reader, number, &body, &size);
	bool good = capsa_reader_verify_articles(judged->reader, &number, 1, &options, &report,
	                                         NULL) == CAPSA_OK &&
	            report.good == 1;

	require(good || !judged->good, "deep is good, an article is not");
	if (good) {
		require(st == CAPSA_OK, "a good article is not read");
		st = capsa_reader_metadata(judged->reader, number, &line, NULL);
		require(st == CAPSA_OK || report.lines_lost != 0, "a good line is not read");
		require(st != CAPSA_OK || size > READING_MAX ||
		            reading_matches(line, buffer_span(&body)),
		        "a good article has another body than its line says");
	}
	if (capsa_reader_metadata(judged->reader, number, &line, NULL) == CAPSA_OK &&
	    reading_path(line, path)) {
		st = capsa_reader_find_path(judged->reader, path, &found, NULL);
		require(!judged->good || (st == CAPSA_OK && found == number),
		        "an article is not found by its path");
	}
	capsa_buffer_release(&body);
}

/* Entries come in order, and lead to articles. */
static void walk(const struct judged *judged, enum capsa_tree tree)
{
	struct capsa_cursor *cursor;
	struct capsa_text key;
	struct buffer before = {0};
	uint64_t number, count = 0, limit = 8 * ARTICLES;
	enum capsa_status st =
	    capsa_cursor_new(&cursor, judged->reader, tree, (struct capsa_text){"", 0}, NULL);

	if (st != CAPSA_OK) {
		require(!judged->good, "a good tree cannot be walked");
		return;
	}
	while ((st = capsa_cursor_next(cursor, &key, &number, NULL)) == CAPSA_OK && count < limit) {
		require(number < judged->articles, "an entry leads to no article");
		require(capsa_span_compare(buffer_span(&before), span_text(key)) <= 0,
		        "keys are out of order");
		buffer_clear(&before);
		capsa_buffer_append(&before, key.data, key.size);
		count++;
	}
	if (judged->good) {
		require(st == CAPSA_ENOENT, "a good tree does not end");
		require(tree != CAPSA_TREE_PATH || count == judged->articles,
		        "not every article has a path");
	}
	capsa_cursor_free(cursor);
	capsa_buffer_release(&before);
}

static void read_all(struct judged *judged)
{
	static const struct capsa_text surt = {"org,example)/one", 16};
	struct capsa_sizes sizes;
	struct capsa_text about;
	uint64_t number;
	int64_t when;
	enum capsa_status st;

	for (uint64_t i = 0; i < judged->articles && i < ARTICLES; i++)
		read_article(judged, i);
	for (int tree = CAPSA_TREE_PATH; tree <= CAPSA_TREE_DATE; tree++)
		walk(judged, (enum capsa_tree)tree);
	st = capsa_reader_find_url(judged->reader, surt, INT64_MAX, &number, &when, NULL);
	require(st == CAPSA_OK || st == CAPSA_ENOENT || !judged->good, "no answer to a URL");
	st = capsa_reader_find_path(judged->reader, "a/p", &number, NULL);
	require(st == CAPSA_OK || st == CAPSA_ENOENT || !judged->good, "no answer to a path");
	st = capsa_reader_about(judged->reader, &about, NULL);
	require(st == CAPSA_OK || !judged->good, "a good archive says nothing about itself");
	st = capsa_reader_sizes(judged->reader, &sizes, NULL);
	require(st == CAPSA_OK || !judged->good, "a good archive has no sizes");
}

/* ---- salvage ----------------------------------------------------------- */

struct salvaged {
	struct judged *judged;
	uint64_t count;
};

/* From a good archive the same comes out by this way, which does not look at the index. */
static bool saved(void *ctx, const struct capsa_saved *article)
{
	struct salvaged *salvaged = ctx;
	static uint8_t bytes[READING_MAX];
	size_t size = article->body.size < sizeof bytes ? (size_t)article->body.size : sizeof bytes;
	char path[CAPSA_PATH_MAX + 1];
	struct buffer body = {0};
	uint64_t number, whole;

	require(article->path.size != 0, "an article without path is saved");
	require(size == 0 || article->body.read_at(article->body.ctx, 0, bytes, size) == 0,
	        "a saved body cannot be read");
	if (article->line.size != 0 && size == article->body.size)
		require(reading_matches(article->line, span_of(bytes, size)),
		        "a saved body is not what its line says");
	if (salvaged->judged->good) {
		require(article->path.size <= CAPSA_PATH_MAX, "a saved path is too long");
		memcpy(path, article->path.data, article->path.size);
		path[article->path.size] = '\0';
		require(capsa_reader_find_path(salvaged->judged->reader, path, &number, NULL) ==
		            CAPSA_OK,
		        "what is saved is not in the archive");
		require(reading_body(salvaged->judged->reader, number, &body, &whole) == CAPSA_OK &&
		            whole == article->body.size &&
		            span_equal(buffer_span(&body), span_of(bytes, size)),
		        "what is saved has another body");
		capsa_buffer_release(&body);
	}
	return ++salvaged->count < 10 * ARTICLES;
}

static void salvage(struct judged *judged)
{
	struct salvaged salvaged = {.judged = judged};
	const struct capsa_salvage_options options = {.article = saved, .ctx = &salvaged};
	struct capsa_salvage_report report;
	enum capsa_status st = capsa_salvage(&judged->source, &options, &report, NULL);

	require(st == CAPSA_OK || st == CAPSA_ESTOPPED, "salvage gives up");
	if (judged->good)
		require(report.saved == judged->articles && report.checked == report.saved &&
		            report.lost == 0 && report.fragments == 0,
		        "a good archive is not salvaged whole");
}

/* ---- proofs, withholding, signing -------------------------------------- */

/* Of one article: it is as good by the proof alone. */
static void check_proof(struct judged *judged, uint64_t number)
{
	const struct capsa_reader_options sparing = {.tail_size = CAPSA_PROOF_TAIL};
	const struct capsa_verify_options options = {0};
	struct buffer bytes = {0};
	struct capsa_sink sink = {reading_write, &bytes};
	struct capsa_source watched, source, sparse;
	struct capsa_prover *prover;
	struct capsa_proof *proof;
	struct capsa_reader *reader;
	struct capsa_report report;

	require(capsa_prover_new(&prover, &judged->source, NULL, NULL) == CAPSA_OK, "no prover");
	watched = capsa_prover_source(prover);
	require(capsa_reader_open(&reader, &watched, &sparing, NULL) == CAPSA_OK,
	        "what opened does not open again");
	require(capsa_reader_verify_articles(reader, &number, 1, &options, &report, NULL) ==
	            CAPSA_OK,
	        "a good article is not good by a sparing reader");
	require(capsa_prover_article(prover, number, NULL) == CAPSA_OK &&
	            capsa_prover_write(prover, &sink, NULL) == CAPSA_OK,
	        "a good article has no proof");
	capsa_reader_close(reader);
	capsa_prover_free(prover);

	source = capsa_source_memory(bytes.data, bytes.size);
	require(capsa_proof_open(&proof, &source, NULL) == CAPSA_OK, "a proof does not open");
	sparse = capsa_proof_source(proof);
	require(capsa_reader_open(&reader, &sparse, &sparing, NULL) == CAPSA_OK &&
	            capsa_reader_verify_articles(reader, &number, 1, &options, &report, NULL) ==
	                CAPSA_OK &&
	            report.good == 1,
	        "a proof does not prove");
	capsa_reader_close(reader);
	capsa_proof_close(proof);
	capsa_buffer_release(&bytes);
}

/* Some articles go from a copy, and no others. */
static void check_withheld(const struct judged *judged, struct forge *f, uint64_t number)
{
	struct judged copy = {.threads = 1};
	struct capsa_withholding *withholding;
	const struct capsa_extent *frames;
	struct buffer bytes = {0};
	size_t count, articles, lines;
	bool metadata = judged->options.tail_size != 0;

	require(capsa_withholding_new(&withholding, judged->reader, &number, 1, metadata, NULL) ==
	            CAPSA_OK,
	        "an article of a good archive cannot be withheld");
	capsa_buffer_append(&bytes, f->file.data, f->file.size);
	frames = capsa_withholding_frames(withholding, &count);
	for (size_t i = 0; i < count; i++)
		require(capsa_withheld_frame(bytes.data + frames[i].offset, (size_t)frames[i].size,
		                             "by a fuzzer", NULL) == CAPSA_OK,
		        "a frame cannot be withheld");
	capsa_withholding_articles(withholding, &articles);
	capsa_withholding_lines(withholding, &lines);
	copy.source = capsa_source_memory(bytes.data, bytes.size);
	require(capsa_reader_open(&copy.reader, &copy.source, NULL, NULL) == CAPSA_OK &&
	            verify(&copy, CAPSA_VERIFY_FULL, &copy.report) == CAPSA_OK,
	        "what is withheld is damage");
	require(copy.report.withheld == articles && copy.report.lines_lost == lines &&
	            copy.report.good == judged->articles - articles,
	        "other articles than those named are withheld");
	capsa_reader_close(copy.reader);
	capsa_withholding_free(withholding);
	capsa_buffer_release(&bytes);
}

/* One signature more, and nothing else changes. */
static void check_signed(const struct judged *judged, struct forge *f)
{
	const struct capsa_statement *before = capsa_reader_statement(judged->reader);
	size_t attestations = capsa_reader_attestations(judged->reader), tail_size;
	struct judged copy = {.threads = 1};
	struct capsa_signature signature;
	struct buffer bytes = {0};
	uint8_t tail[CAPSA_RESIGN_MAX];
	uint64_t keep;
	enum capsa_status st;

	require(capsa_signature_make(&signature, f->key, before->text, FORGE_COMMENT, NULL) ==
	            CAPSA_OK,
	        "no signature");
	capsa_secret_key_public(f->key, &signature.hint);
	signature.has_hint = true;
	st = capsa_reader_resign(judged->reader, &signature, &keep, tail, &tail_size, NULL);
	require(st == CAPSA_OK || st == CAPSA_ELIMIT, "a good archive cannot be signed");
	if (st != CAPSA_OK)
		return;
	capsa_buffer_append(&bytes, f->file.data, (size_t)keep);
	capsa_buffer_append(&bytes, tail, tail_size);
	copy.source = capsa_source_memory(bytes.data, bytes.size);
	require(capsa_reader_open(&copy.reader, &copy.source, NULL, NULL) == CAPSA_OK &&
	            verify(&copy, CAPSA_VERIFY_FULL, &copy.report) == CAPSA_OK,
	        "a signed archive is not good");
	require(memcmp(capsa_reader_statement(copy.reader)->identity, before->identity,
	               sizeof before->identity) == 0 &&
	            capsa_reader_attestations(copy.reader) == attestations + 1,
	        "a signed archive is another");
	capsa_reader_close(copy.reader);
	capsa_buffer_release(&bytes);
}

/* ---- the target -------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct forge *f = seal_make(data, size);
	struct judged judged = {.source = capsa_source_memory(f->file.data, f->file.size)};
	uint8_t reading = seal.recipe.reading;

	/* The second way takes nothing from the tail, and forgets pages soon. */
	if (reading & 1)
		judged.options = (struct capsa_reader_options){.tail_size = 96, .page_cache = 16};
	judged.threads = reading & 2 ? 2 : 1;
	if (capsa_reader_open(&judged.reader, &judged.source, &judged.options, NULL) == CAPSA_OK) {
		judged.articles = capsa_reader_statement(judged.reader)->articles;
		judge(&judged);
		read_all(&judged);
		if (judged.good && judged.articles != 0) {
			uint64_t number = (reading >> 5) % judged.articles;

			check_proof(&judged, number);
			if (reading & 4)
				check_withheld(&judged, f, number);
			if (reading & 8)
				check_signed(&judged, f);
		}
	}
	if (reading & 16)
		salvage(&judged);
	capsa_reader_close(judged.reader);
	forge_free(f);
	return 0;
}
