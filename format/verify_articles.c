/*
 * Verifying some articles alone, which is all that a proof allows: each body is read, and compared
 * with its metadata line.
 */
#include "base.h"
#include "digest.h"
#include "reader.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE_SIZE ((size_t)1 << 20)
#define DIGEST_TEXT (sizeof "\"blake2b-256:\"" - 1 + 2 * CAPSA_DIGEST_SIZE)

struct check {
	struct capsa_reader *reader;
	const struct capsa_verify_options *options;
	struct capsa_report *report;
	uint8_t *piece;                 /* owned */
	uint64_t total;                 /* bytes of all bodies */
};

/* The line as it is; the path in it, without what JSON escapes, is borrowed from it. */
static enum capsa_status read_line(struct check *check, uint64_t number, struct buffer *line,
                                   struct capsa_error *err)
{
	struct capsa_text text;
	enum capsa_status st = capsa_reader_metadata(check->reader, number, &text, err);

	if (st != CAPSA_OK)
		return st;
	buffer_clear(line);
	capsa_buffer_append(line, text.data, text.size);
	return line->failed ? capsa_fail_memory(err) : CAPSA_OK;
}

static enum capsa_status read_body(struct check *check, const struct capsa_article *facts,
                                   uint8_t digest[CAPSA_DIGEST_SIZE], struct capsa_error *err)
{
	struct digest_state state;
	size_t size;

	capsa_digest_init(&state);
	for (uint64_t at = 0; at < facts->size; at += size) {
		enum capsa_status st;

		size = facts->size - at < PIECE_SIZE ? (size_t)(facts->size - at) : PIECE_SIZE;
		st = capsa_reader_read(check->reader, facts->number, at, check->piece, size, err);
		if (st != CAPSA_OK)
			return st;
		capsa_digest_update(&state, span_of(check->piece, size));
		check->report->bytes_read += size;
		if (check->options->progress != NULL &&
		    !check->options->progress(check->options->ctx, check->report->bytes_read,
		                              check->total))
			return capsa_fail(err, CAPSA_ESTOPPED, CAPSA_NO_OFFSET, "stopped");
	}
	capsa_digest_final(&state, digest);
	return CAPSA_OK;
}

/* Does the line say of the body what it is? */
static bool line_agrees(const struct buffer *line, const struct capsa_article *facts,
                        const uint8_t digest[CAPSA_DIGEST_SIZE])
{
	const struct capsa_text text = text_of(buffer_span(line));
	char expected[DIGEST_TEXT + 1], size[24], hex[2 * CAPSA_DIGEST_SIZE + 1];
	struct capsa_text value;

	capsa_hex(digest, CAPSA_DIGEST_SIZE, hex);
	snprintf(expected, sizeof expected, "\"blake2b-256:%s\"", hex);
	snprintf(size, sizeof size, "%" PRIu64, facts->size);
	return capsa_line_find(text, "digest", &value) == CAPSA_OK &&
	       span_equal(span_text(value), span_of(expected, strlen(expected))) &&
	       capsa_line_find(text, "size", &value) == CAPSA_OK &&
	       span_equal(span_text(value), span_of(size, strlen(size)));
}

/* What is wrong with one article; *lost: its line is not there. */
static enum capsa_status check_article(struct check *check, struct capsa_article *facts,
                                       struct buffer *line, bool *lost, struct capsa_error *err)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	enum capsa_status st = capsa_reader_article(check->reader, facts->number, facts, err);

	if (st != CAPSA_OK)
		return st;
	st = read_line(check, facts->number, line, err);
	*lost = st != CAPSA_OK;
	if (st == CAPSA_OK)
		st = read_body(check, facts, digest, err);
	if (st == CAPSA_OK && !line_agrees(line, facts, digest))
		return capsa_fail(err, CAPSA_ECORRUPT, facts->frame_offset,
		                  "the body is not what its metadata line says");
	return st;
}

static void report_article(struct check *check, const struct capsa_article *facts,
                           const struct buffer *line, bool lost, enum capsa_status st,
                           const struct capsa_error *err)
{
	char *path = lost ? NULL : malloc(line->size + 1);
	struct capsa_damage damage = {.status = st == CAPSA_EWITHHELD || st == CAPSA_EIO
	                                            ? st
	                                            : CAPSA_ECORRUPT,
	                              .structure = lost ? "metadata frame" : "articles frame",
	                              .offset = err->offset,
	                              .cause = err->text,
	                              .is_article = true,
	                              .number = facts->number};
	struct capsa_text value;

	if (path != NULL &&
	    capsa_line_find(text_of(buffer_span(line)), "path", &value) == CAPSA_OK)
		damage.path = (struct capsa_text){path, capsa_line_text(value, path)};
	if (st == CAPSA_EWITHHELD)
		check->report->withheld++;
	else
		check->report->damaged++;
	check->report->lines_lost += lost;
	if (check->options->damage != NULL)
		check->options->damage(check->options->ctx, &damage);
	free(path);
}

static enum capsa_status check_all(struct check *check, const uint64_t *numbers, size_t count,
                                   struct capsa_error *err)
{
	struct buffer line = {0};
	enum capsa_status st = CAPSA_OK;
	bool damaged = false;

	for (size_t i = 0; i < count && st == CAPSA_OK; i++) {
		struct capsa_article facts = {.number = numbers[i]};
		struct capsa_error why = {.offset = CAPSA_NO_OFFSET};
		bool lost = true;

		st = check_article(check, &facts, &line, &lost, &why);
		if (st == CAPSA_OK) {
			check->report->good++;
		} else if (st == CAPSA_ENOMEM || st == CAPSA_ESTOPPED ||
		           st == CAPSA_EUNSUPPORTED) {
			if (err != NULL)
				*err = why;
		} else {
			facts.number = numbers[i];
			report_article(check, &facts, &line, lost, st, &why);
			damaged = damaged || st != CAPSA_EWITHHELD;
			st = CAPSA_OK;
		}
	}
	capsa_buffer_release(&line);
	if (st == CAPSA_OK && damaged)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "damaged");
	return st;
}

enum capsa_status capsa_reader_verify_articles(struct capsa_reader *reader, const uint64_t *numbers,
                                               size_t count,
                                               const struct capsa_verify_options *options,
                                               struct capsa_report *report, struct capsa_error *err)
{
	struct check check = {.reader = reader, .options = options, .report = report};
	enum capsa_status st;
	uint64_t done;

	*report = (struct capsa_report){.articles = capsa_reader_statement(reader)->articles,
	                                .frames_read = true};
	check.piece = malloc(PIECE_SIZE);
	if (check.piece == NULL)
		return capsa_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		struct capsa_article facts;

		if (capsa_reader_article(reader, numbers[i], &facts, NULL) == CAPSA_OK)
			check.total += facts.size;
	}
	reader->thorough = true;
	st = check_all(&check, numbers, count, err);
	reader->thorough = false;
	done = report->good + report->damaged + report->withheld;
	report->not_read = report->articles > done ? report->articles - done : 0;
	free(check.piece);
	return st;
}
