/*
 * The content of a dictionary: what is most often said again, far apart.
 *
 * The text of all articles, one after another, is sampled in pieces of equal distance.  The sample
 * is cut into regions, and of each region the segment is taken that has most in common with the
 * rest of the sample.  What repeats only within one frame needs no dictionary; so a string counts
 * once for each block in which it occurs, and a block is about as large as a frame.
 */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#define PIECE_SIZE (4U << 10)
#define SAMPLE_MAX (32U << 20) /* of the text so much is compared; an even number of pieces */
#define PROBE_SIZE (4U << 10)           /* bytes that tell text from other articles */
#define TEXT_MIN (64U << 10)            /* with less there is nothing to compare */
#define AUTO_TEXT_MIN (4U << 20)        /* with less a dictionary costs more than it saves */
#define SHARE 16                        /* the content is this part of the text */
#define AUTO_MIN (256U << 10)
#define AUTO_MAX (2U << 20)
#define SEGMENT_SIZE 512
#define GRAM_SIZE 8                     /* bytes of the strings that are counted */
#define BLOCK_MIN (4U << 10)
#define BLOCK_MAX (128U << 10)          /* about a frame */
#define BLOCKS_MIN 64                   /* in a small sample they are smaller */
#define HASH_BITS 21
#define ENTROPY_SAMPLES 512             /* pieces whose statistics prime the entropy coder */
#define LEVEL_DEFAULT 9

/* ---- the sample ---- */

/*
 * Pieces of the text, PIECE_SIZE bytes every `stride` bytes.  When all room is taken, every other
 * piece is dropped and the stride doubled, so that they stay spread evenly, however long the text
 * will be.
 */
struct sample {
	char *text;                     /* owned: SAMPLE_MAX bytes */
	size_t size;                    /* used, perhaps with the beginning of a piece at its end */
	uint64_t stride;
	uint64_t seen;                  /* bytes of text so far */
};

static void thin_out(struct sample *sample)
{
	for (size_t i = 1; i < SAMPLE_MAX / PIECE_SIZE / 2; i++)
		memcpy(sample->text + i * PIECE_SIZE, sample->text + 2 * i * PIECE_SIZE,
		       PIECE_SIZE);
	sample->size /= 2;
	sample->stride *= 2;
}

/* The bytes of one body that belong to pieces.  0 or an errno value. */
static int sample_body(struct sample *sample, const struct capsa_source *body)
{
	uint64_t offset = 0;

	while (offset < body->size) {
		uint64_t within = sample->seen % sample->stride;
		uint64_t size = within < PIECE_SIZE ? PIECE_SIZE - within : sample->stride - within;
		int failed;

		if (size > body->size - offset)
			size = body->size - offset;
		if (within < PIECE_SIZE) {
			failed = body->read_at(body->ctx, offset, sample->text + sample->size,
			                       (size_t)size);
			if (failed != 0)
				return failed;
			sample->size += (size_t)size;
			if (sample->size == SAMPLE_MAX)
				thin_out(sample);
		}
		sample->seen += size;
		offset += size;
	}
	return 0;
}

/* Text has no NUL bytes, other files soon have one. */
static int sample_article(struct sample *sample, const struct import_article *article)
{
	char probe[PROBE_SIZE];
	size_t size = article->body.size < PROBE_SIZE ? (size_t)article->body.size : PROBE_SIZE;
	int failed;

	if (size == 0)
		return 0;
	failed = article->body.read_at(article->body.ctx, 0, probe, size);
	if (failed != 0 || memchr(probe, '\0', size) != NULL)
		return failed;
	return sample_body(sample, &article->body);
}

/* What cannot be read the importer reports; where `keep_going`, when it is to be packed. */
static int take_sample(struct importer *importer, struct sample *sample, bool keep_going)
{
	struct import_article article = {0};
	uint64_t articles = 0, bytes = 0;
	int status = CLI_DONE, got;

	cli_progress_start("sample", importer->total_bytes);
	while (cli_signal == 0 && (got = importer->next(importer, &article)) != 0) {
		if (got < 0 ||
		    (sample_article(sample, &article) != 0 && !importer->settle(importer))) {
			status = keep_going ? CLI_DONE : CLI_FAILED;
			continue;
		}
		bytes += article.body.size;
		cli_progress_step(++articles, bytes);
	}
	cli_progress_end();
	importer->rewind(importer);
	return cli_signal == 0 ? status : CLI_FAILED;
}

/* ---- the choice ---- */

struct segment {
	size_t at;                      /* in the sample */
	uint64_t score;
};

struct choice {
	const char *text;               /* borrowed: the sample */
	size_t size;
	uint16_t *blocks;               /* owned: in how many blocks strings of a hash occur */
	uint16_t *window;               /* owned: how many of a hash lie in the segment at hand */
	struct segment *segments;       /* owned */
	size_t count;
};

static uint32_t hash(const char *gram)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < GRAM_SIZE; i++)
		value = value << 8 | (unsigned char)gram[i];
	return (uint32_t)(value * UINT64_C(0x9e3779b97f4a7c15) >> (64 - HASH_BITS));
}

/* `window` serves to remember the last block of each hash, and is zero again. */
static void count_blocks(struct choice *choice)
{
	size_t size = choice->size / BLOCKS_MIN;

	size = size < BLOCK_MIN ? BLOCK_MIN : size > BLOCK_MAX ? BLOCK_MAX : size;
	for (size_t at = 0; at + GRAM_SIZE <= choice->size; at++) {
		uint32_t h = hash(choice->text + at);
		uint16_t block = (uint16_t)(1 + at / size);

		if (choice->window[h] != block) {
			choice->window[h] = block;
			choice->blocks[h]++;
		}
	}
	memset(choice->window, 0, sizeof *choice->window << HASH_BITS);
}

/* What a hash is worth in a dictionary: the blocks that would find it there. */
static uint64_t worth(const struct choice *choice, uint32_t h)
{
	return choice->blocks[h] > 1 ? choice->blocks[h] : 0;
}

/*
 * The best segment of a region.  Each hash counts once in a segment, and is worth nothing
 * afterwards.
 */
static void choose_in(struct choice *choice, size_t from, size_t end)
{
	const size_t grams = SEGMENT_SIZE - GRAM_SIZE + 1;
	struct segment best = {from, 0};
	uint64_t score = 0;
	size_t at;

	for (at = from; at + GRAM_SIZE <= end; at++) {
		uint32_t h = hash(choice->text + at);

		if (choice->window[h]++ == 0)
			score += worth(choice, h);
		if (at >= from + grams) {
			h = hash(choice->text + at - grams);
			if (--choice->window[h] == 0)
				score -= worth(choice, h);
		}
		if (at + 1 >= from + grams && score > best.score)
			best = (struct segment){at + 1 - grams, score};
	}
	for (size_t i = at - from > grams ? at - grams : from; i < at; i++)
		choice->window[hash(choice->text + i)] = 0;
	if (best.score == 0)
		return;
	for (size_t i = 0; i < grams; i++)
		choice->blocks[hash(choice->text + best.at + i)] = 0;
	choice->segments[choice->count++] = best;
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *first = a, *second = b;

	if (first->score != second->score)
		return first->score < second->score ? -1 : 1;
	return first->at < second->at ? -1 : first->at > second->at;
}

/*
 * Content of at most `size` bytes, the most useful last, where distances are shortest.  Its size.
 */
static size_t choose(struct choice *choice, size_t size, char *content)
{
	size_t regions = size / SEGMENT_SIZE, used = 0;

	count_blocks(choice);
	for (size_t i = 0; i < regions; i++)
		choose_in(choice, choice->size / regions * i, choice->size / regions * (i + 1));
	qsort(choice->segments, choice->count, sizeof *choice->segments, compare_segments);
	for (size_t i = 0; i < choice->count; i++, used += SEGMENT_SIZE)
		memcpy(content + used, choice->text + choice->segments[i].at, SEGMENT_SIZE);
	return used;
}

/* ---- the dictionary ---- */

/* Of the pieces of the sample some, evenly chosen, for the entropy coder. */
static enum capsa_status finish(const struct sample *sample, struct capsa_text content, int level,
                                void *out, size_t *out_size, struct capsa_error *err)
{
	size_t pieces = sample->size / PIECE_SIZE,
	       count = pieces < ENTROPY_SAMPLES ? pieces : ENTROPY_SAMPLES;
	char *samples = malloc(ENTROPY_SAMPLES * PIECE_SIZE);
	size_t sizes[ENTROPY_SAMPLES];
	enum capsa_status status = CAPSA_ENOMEM;

	for (size_t i = 0; i < count && samples != NULL; i++) {
		memcpy(samples + i * PIECE_SIZE, sample->text + pieces * i / count * PIECE_SIZE,
		       PIECE_SIZE);
		sizes[i] = PIECE_SIZE;
	}
	if (samples != NULL)
		status = capsa_dictionary_make(out, out_size, content, samples, sizes,
		                               (unsigned)count, level, err);
	free(samples);
	return status;
}

static size_t content_size(const struct sample *sample, size_t wanted)
{
	uint64_t size = sample->seen / SHARE;

	if (wanted != 0)
		size = wanted;
	else if (size < AUTO_MIN)
		size = AUTO_MIN;
	else if (size > AUTO_MAX)
		size = AUTO_MAX;
	/* A region is longer than the segment that is chosen from it. */
	return size < sample->size / 2 ? (size_t)size : sample->size / 2;
}

static enum capsa_status make(const struct sample *sample, size_t size, int level, void *out,
                              size_t *out_size, struct capsa_error *err)
{
	struct choice choice = {.text = sample->text, .size = sample->size};
	char *content = malloc(size);
	enum capsa_status status = CAPSA_ENOMEM;

	choice.blocks = calloc((size_t)1 << HASH_BITS, sizeof *choice.blocks);
	choice.window = calloc((size_t)1 << HASH_BITS, sizeof *choice.window);
	choice.segments = calloc(size / SEGMENT_SIZE + 1, sizeof *choice.segments);
	if (content != NULL && choice.blocks != NULL && choice.window != NULL &&
	    choice.segments != NULL) {
		size = choose(&choice, size, content);
		status =
		    finish(sample, (struct capsa_text){content, size}, level, out, out_size, err);
	}
	free(choice.blocks);
	free(choice.window);
	free(choice.segments);
	free(content);
	return status;
}

int import_dictionary(struct importer *importer, size_t size, int level, bool keep_going,
                      void **out, size_t *out_size)
{
	struct sample sample = {.text = malloc(SAMPLE_MAX), .stride = PIECE_SIZE};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status = CAPSA_ENOMEM;
	unsigned text_min = size != 0 ? TEXT_MIN : AUTO_TEXT_MIN;
	void *room = malloc(CAPSA_DICTIONARY_MAX);
	int result = CLI_FAILED;

	*out = NULL;
	if (sample.text == NULL || room == NULL) {
		cli_error("out of memory");
		goto out;
	}
	result = take_sample(importer, &sample, keep_going);
	if (result != CLI_DONE)
		goto out;
	if (sample.seen < text_min) {
		cli_note("no dictionary: there is less than %u KiB of text", text_min >> 10);
		goto out;
	}
	status = make(&sample, content_size(&sample, size), level != 0 ? level : LEVEL_DEFAULT,
	              room, out_size, &err);
	if (status == CAPSA_OK) {
		*out = room;
		room = NULL;
	} else if (status == CAPSA_ENOMEM) {
		cli_error("out of memory");
		result = CLI_FAILED;
	} else {
		cli_note("no dictionary: %s", err.text);
	}
out:
	free(sample.text);
	free(room);
	return result;
}
