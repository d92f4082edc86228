/*
 * What goes when articles are withheld (spec 12): the frames that hold their bodies, and with these
 * frames all other articles in them, and those whose body is one of theirs.
 */
#include "frame.h"
#include "reader.h"
#include "utf8.h"

#include <stdlib.h>

/* Articles [first, end) begin in a frame that goes, or in the frames that it goes on in. */
struct gone {
	uint64_t first, end;
};

struct capsa_withholding {
	struct buffer frames;           /* array of struct capsa_extent, in file order */
	struct buffer articles;         /* array of uint64_t, ascending */
	struct buffer lines;            /* likewise: whose metadata line goes */
	struct buffer gone;             /* array of struct gone, ascending */
};

void capsa_withholding_free(struct capsa_withholding *withholding)
{
	if (withholding == NULL)
		return;
	capsa_buffer_release(&withholding->frames);
	capsa_buffer_release(&withholding->articles);
	capsa_buffer_release(&withholding->lines);
	capsa_buffer_release(&withholding->gone);
	free(withholding);
}

const struct capsa_extent *capsa_withholding_frames(const struct capsa_withholding *withholding,
                                                    size_t *count)
{
	*count = withholding->frames.size / sizeof(struct capsa_extent);
	return (const struct capsa_extent *)(const void *)withholding->frames.data;
}

const uint64_t *capsa_withholding_articles(const struct capsa_withholding *withholding,
                                           size_t *count)
{
	*count = withholding->articles.size / sizeof(uint64_t);
	return (const uint64_t *)(const void *)withholding->articles.data;
}

const uint64_t *capsa_withholding_lines(const struct capsa_withholding *withholding, size_t *count)
{
	*count = withholding->lines.size / sizeof(uint64_t);
	return (const uint64_t *)(const void *)withholding->lines.data;
}

/* ---- frames ---- */

static int by_number(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return first < second ? -1 : first > second;
}

/* The articles that hold the bodies asked for, ascending; a body may come twice. */
static enum capsa_status find_bodies(struct capsa_reader *reader, const uint64_t *numbers,
                                     size_t count, uint64_t *bodies, struct capsa_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct capsa_article facts;
		enum capsa_status st = capsa_reader_article(reader, numbers[i], &facts, err);

		if (st != CAPSA_OK)
			return st;
		bodies[i] = facts.body_of;
	}
	qsort(bodies, count, sizeof *bodies, by_number);
	return CAPSA_OK;
}

static void add_frame(struct capsa_withholding *out, const struct spine_place *place)
{
	const struct capsa_extent extent = {spine_place_offset(place), place->frame->stored_size};

	capsa_buffer_append(&out->frames, &extent, sizeof extent);
}

static int by_offset(const void *a, const void *b)
{
	const struct capsa_extent *first = a, *second = b;

	return first->offset < second->offset ? -1 : first->offset > second->offset;
}

/* In file order, each once. */
static void sort_frames(struct buffer *frames)
{
	struct capsa_extent *list = (struct capsa_extent *)(void *)frames->data;
	size_t count = frames->size / sizeof *list, kept = 0;

	if (count == 0)
		return;
	qsort(list, count, sizeof *list, by_offset);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || list[kept - 1].offset != list[i].offset)
			list[kept++] = list[i];
	frames->size = kept * sizeof *list;
}

/* The frame in which a body begins and, where it goes on in others, these. */
static enum capsa_status add_frames(struct capsa_withholding *out, struct spine_walk *walk,
                                    uint64_t body, struct capsa_error *err)
{
	struct spine_place place;
	struct gone gone;
	enum capsa_status st = capsa_spine_walk_seek(walk, SPINE_BY_ARTICLE, body, err);

	if (st == CAPSA_OK)
		st = capsa_spine_walk_next(walk, &place, err);
	if (st != CAPSA_OK)
		return st;
	gone = (struct gone){place.before.articles, place.before.articles + place.frame->count};
	capsa_buffer_append(&out->gone, &gone, sizeof gone);
	add_frame(out, &place);
	/* Only the last article of a frame goes on in the next. */
	while (body + 1 == gone.end &&
	       (st = capsa_spine_walk_next(walk, &place, err)) == CAPSA_OK &&
	       place.frame->kind == CAPSA_FRAME_PART)
		add_frame(out, &place);
	return st == CAPSA_ENOENT ? CAPSA_OK : st;
}

static enum capsa_status find_frames(struct capsa_withholding *out, struct spine_walk *walk,
                                     const uint64_t *bodies, size_t count, struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; i < count && st == CAPSA_OK; i++)
		if (i == 0 || bodies[i] != bodies[i - 1])
			st = add_frames(out, walk, bodies[i], err);
	if (st == CAPSA_OK && (out->frames.failed || out->gone.failed))
		return capsa_fail_memory(err);
	return st;
}

/* ---- articles ---- */

static bool is_gone(const struct capsa_withholding *out, uint64_t article)
{
	const struct gone *gone = (const struct gone *)(const void *)out->gone.data;
	size_t low = 0, high = out->gone.size / sizeof *gone;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (gone[middle].end <= article)
			low = middle + 1;
		else
			high = middle;
	}
	return low < out->gone.size / sizeof *gone && gone[low].first <= article;
}

static enum capsa_status find_articles(struct capsa_withholding *out, struct spine_walk *walk,
                                       struct capsa_error *err)
{
	struct spine_place place;
	enum capsa_status st = capsa_spine_walk_seek(walk, SPINE_BY_FRAME, 0, err);

	while (st == CAPSA_OK && (st = capsa_spine_walk_next(walk, &place, err)) == CAPSA_OK) {
		for (uint32_t i = 0; place.frame->kind == CAPSA_FRAME_ARTICLES && i < place.frame->count;
		     i++) {
			uint64_t number = place.before.articles + i;

			if (is_gone(out, number) ||
			    is_gone(out, number - place.articles[i].link))
				capsa_buffer_append(&out->articles, &number, sizeof number);
		}
	}
	if (st != CAPSA_ENOENT)
		return st;
	return out->articles.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

/* The metadata frames of all articles that go, and the articles that have lines there. */
static enum capsa_status find_lines(struct capsa_withholding *out, struct spine_walk *walk,
                                    struct capsa_error *err)
{
	size_t count;
	const uint64_t *articles = capsa_withholding_articles(out, &count);
	uint64_t end = 0;

	for (size_t i = 0; i < count; i++) {
		struct spine_place place;
		enum capsa_status st;

		if (articles[i] < end)
			continue;
		st = capsa_spine_walk_seek(walk, SPINE_BY_LINE, articles[i], err);
		if (st == CAPSA_OK)
			st = capsa_spine_walk_next(walk, &place, err);
		if (st != CAPSA_OK)
			return st;
		add_frame(out, &place);
		end = place.before.lines + place.frame->count;
		for (uint64_t number = place.before.lines; number < end; number++)
			capsa_buffer_append(&out->lines, &number, sizeof number);
	}
	return out->lines.failed || out->frames.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

enum capsa_status capsa_withholding_new(struct capsa_withholding **out, struct capsa_reader *reader,
                                        const uint64_t *numbers, size_t count, bool metadata,
                                        struct capsa_error *err)
{
	struct capsa_withholding *made = capsa_array_new(1, sizeof *made);
	uint64_t *bodies = capsa_array_new(count, sizeof *bodies);
	enum capsa_status st = capsa_reader_usable(reader, err);
	struct spine_walk walk = {0};

	*out = NULL;
	if (st == CAPSA_OK && (made == NULL || bodies == NULL))
		st = capsa_fail_memory(err);
	if (st == CAPSA_OK)
		st = find_bodies(reader, numbers, count, bodies, err);
	if (st == CAPSA_OK) {
		capsa_spine_walk_init(&walk, reader->pages, reader_root(reader, READER_SPINE));
		st = find_frames(made, &walk, bodies, count, err);
	}
	if (st == CAPSA_OK)
		st = find_articles(made, &walk, err);
	if (st == CAPSA_OK && metadata)
		st = find_lines(made, &walk, err);
	if (st == CAPSA_OK)
		sort_frames(&made->frames);
	free(bodies);
	if (st != CAPSA_OK) {
		capsa_withholding_free(made);
		return st;
	}
	*out = made;
	return CAPSA_OK;
}

enum capsa_status capsa_withheld_frame(void *frame, size_t size, const char *reason,
                                       struct capsa_error *err)
{
	struct span text = span_of(reason, strlen(reason));

	if (size < CAPSA_HEAD_SIZE || size > CAPSA_FRAME_STORED_MAX ||
	    text.size > CAPSA_STATEMENT_TEXT_MAX || !capsa_utf8_plain(text))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the reason is not at most %d bytes of plain text",
		                  CAPSA_STATEMENT_TEXT_MAX);
	capsa_frame_withhold(frame, size, text);
	return CAPSA_OK;
}
