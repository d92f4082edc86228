/*
 * All data frames: read, authenticated and, in deep verification, decompressed by a pool;
 * judged in file order.
 */
#include "digest.h"
#include "pool.h"
#include "source.h"
#include "verify.h"
#include "visit.h"

#include <stdlib.h>

/* What the workers share; nothing of it changes while they run. */
struct frame_reader {
	const struct capsa_source *source;
	const struct dictionary *dictionary;
	bool deep;
};

struct frame_check {
	struct verification *v;
	struct pool *pool;
	bool share_known;
	uint64_t share_first;           /* frames that begin from here ... */
	uint64_t share_end;             /* ... up to here are read, counted from the first frame */
	uint64_t missing;               /* bytes of the last article, which goes on */
	enum capsa_status failed;       /* of visit_damaged */
};

/* ---- in workers -------------------------------------------------------------- */

struct frame_worker {
	const struct frame_reader *shared;
	struct decoder *decoder;
};

static enum capsa_status worker_new(void *ctx, void **worker, struct capsa_error *err)
{
	struct frame_worker *w = calloc(1, sizeof *w);
	enum capsa_status st;

	*worker = NULL;
	if (w == NULL)
		return capsa_fail_memory(err);
	w->shared = ctx;
	st = capsa_decoder_new(&w->decoder, err);
	if (st != CAPSA_OK) {
		free(w);
		return st;
	}
	*worker = w;
	return CAPSA_OK;
}

static void worker_free(void *worker)
{
	struct frame_worker *w = worker;

	if (w == NULL)
		return;
	capsa_decoder_free(w->decoder);
	free(w);
}

static void job_free(void *item)
{
	struct verify_job *job = item;

	if (job == NULL)
		return;
	capsa_buffer_release(&job->stored);
	capsa_buffer_release(&job->raw);
	free(job->articles);
	free(job->digests);
	free(job);
}

static enum capsa_status read_frame(const struct frame_worker *w, struct verify_job *job)
{
	const struct spine_frame *frame = &job->frame;
	struct frame_rule rule = {.raw_size = frame->raw_size, .checksum = true};
	uint8_t *room = capsa_buffer_extend(&job->stored, frame->stored_size);
	enum capsa_status st;

	if (room == NULL)
		return capsa_fail_memory(&job->why);
	st = capsa_source_read(w->shared->source, job->offset, room, frame->stored_size, &job->why);
	if (st == CAPSA_OK)
		st = capsa_frame_authenticate(buffer_span(&job->stored), frame, job->offset,
		                              &job->why);
	if (st != CAPSA_OK || !w->shared->deep)
		return st;
	room = capsa_buffer_extend(&job->raw, frame->raw_size);
	if (room == NULL)
		return capsa_fail_memory(&job->why);
	if (frame->kind != CAPSA_FRAME_HEAD)
		rule.dictionary = w->shared->dictionary;
	st = capsa_decoder_run(w->decoder, buffer_span(&job->stored), &rule, room, job->offset,
	                       &job->why);
	return st == CAPSA_OK ? capsa_content_digest(job, &job->why) : st;
}

/* A frame that is damaged is a result, not a failure of the job. */
static enum capsa_status job_run(void *worker, void *item, struct capsa_error *err)
{
	struct verify_job *job = item;

	job->status = read_frame(worker, job);
	if (job->status == CAPSA_ENOMEM)
		return capsa_fail_memory(err);
	return CAPSA_OK;
}

/* ---- in order ------------------------------------------------------------------- */

/* All articles whose body lies in a lost frame. */
static enum capsa_status report_articles(struct verification *v, const struct verify_job *job,
                                         struct capsa_error *err)
{
	const char *name = capsa_frame_name(job->frame.kind);
	uint64_t first = job->before.articles, count = job->frame.count;
	enum capsa_status st = CAPSA_OK;

	if (job->frame.kind == CAPSA_FRAME_PART) {
		if (first == 0)
			return CAPSA_OK;        /* the spine is damaged, and reported so */
		first--;
		count = 1;
		/* A withheld article is reported already, yet not that more of it is damaged. */
		if (job->status != CAPSA_EWITHHELD && capsa_verify_withheld(v, first)) {
			capsa_verify_structure(v, name, job->offset, job->status, job->why.text);
			return CAPSA_OK;
		}
	}
	for (uint64_t i = 0; st == CAPSA_OK && i < count; i++)
		st = capsa_verify_article(v, name, job->offset, first + i, job->status,
		                          job->why.text, err);
	return st;
}

static enum capsa_status report_frame(struct verification *v, const struct verify_job *job,
                                      struct capsa_error *err)
{
	if (job->frame.kind == CAPSA_FRAME_ARTICLES || job->frame.kind == CAPSA_FRAME_PART)
		return report_articles(v, job, err);
	if (job->frame.kind == CAPSA_FRAME_METADATA)
		v->report->lines_lost += job->frame.count;
	capsa_verify_structure(v, capsa_frame_name(job->frame.kind), job->offset, job->status,
	                       job->why.text);
	return CAPSA_OK;
}

static enum capsa_status judge(struct verification *v, struct verify_job *job,
                               struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	v->report->bytes_read += job->frame.stored_size;
	v->bytes_done += job->frame.stored_size;
	/* The last frame of a share may reach beyond its end. */
	if (v->bytes_total < v->bytes_done)
		v->bytes_total = v->bytes_done;
	if (job->status != CAPSA_OK)
		st = report_frame(v, job, err);
	if (st == CAPSA_OK && v->content != NULL)
		st = capsa_content_frame(v, job, err);
	if (st == CAPSA_OK && v->options.progress != NULL &&
	    !v->options.progress(v->options.ctx, v->bytes_done, v->bytes_total))
		st = capsa_fail(err, CAPSA_ESTOPPED, CAPSA_NO_OFFSET, "stopped");
	return st;
}

static enum capsa_status judge_oldest(struct frame_check *check, struct capsa_error *err)
{
	void *item;
	enum capsa_status st = capsa_pool_take(check->pool, &item, err);

	if (st == CAPSA_OK)
		st = judge(check->v, item, err);
	job_free(item);
	return st;
}

static enum capsa_status submit(struct frame_check *check, const struct spine_frame *frame,
                                const struct spine_article *articles,
                                const struct spine_sums *before, struct capsa_error *err)
{
	size_t count = frame->kind == CAPSA_FRAME_ARTICLES ? frame->count : 0;
	struct verify_job *job;

	while (capsa_pool_full(check->pool)) {
		enum capsa_status st = judge_oldest(check, err);

		if (st != CAPSA_OK)
			return st;
	}
	job = calloc(1, sizeof *job);
	if (job == NULL)
		return capsa_fail_memory(err);
	job->frame = *frame;
	job->before = *before;
	job->offset = CAPSA_PREFIX_SIZE + before->stored;
	job->articles = capsa_array_new(count, sizeof *job->articles);
	if (job->articles == NULL) {
		job_free(job);
		return capsa_fail_memory(err);
	}
	if (count != 0)
		memcpy(job->articles, articles, count * sizeof *articles);
	capsa_pool_submit(check->pool, job);
	return CAPSA_OK;
}

/* Where the first `count` of `parts` shares of the bytes end. */
static uint64_t end_of_shares(uint64_t bytes, uint32_t count, uint32_t parts)
{
	/* 64 bits hold each term: count is at most parts, both have 32 bits. */
	return bytes / parts * count + bytes % parts * count / parts;
}

/*
 * Which frames to read.  They end where the leaves of the spine begin, so that the first leaf
 * tells; all runs over the same archive see the same.
 */
static void choose_share(struct frame_check *check, const struct page_ref *first_leaf)
{
	struct verification *v = check->v;
	uint64_t bytes = first_leaf->offset - CAPSA_PREFIX_SIZE;
	uint32_t part = v->options.part, parts = v->options.parts;

	if (check->share_known)
		return;
	check->share_known = true;
	check->share_end = UINT64_MAX;
	if (parts == 0)
		return;
	check->share_first = end_of_shares(bytes, part - 1, parts);
	if (part < parts)
		check->share_end = end_of_shares(bytes, part, parts);
	v->bytes_total = v->bytes_done + bytes / parts;
}

/* Is the frame to be read?  What either answer means for its articles is noted. */
static bool in_share(struct frame_check *check, const struct spine_sums *before,
                     const struct spine_sums *sums)
{
	struct verification *v = check->v;

	if (before->stored < check->share_first || before->stored >= check->share_end) {
		v->report->not_read += sums->articles;
		return false;
	}
	if (v->read_first == v->read_end)
		v->read_first = before->articles;
	v->read_end = before->articles + sums->articles;
	return true;
}

/* Does an article go on behind this frame? */
static void follow_article(struct frame_check *check, const struct spine_frame *frame,
                           const struct spine_article *articles)
{
	uint64_t member = frame->raw_size;

	if (frame->kind == CAPSA_FRAME_PART)
		member = check->missing;
	else if (frame->kind == CAPSA_FRAME_ARTICLES && frame->count == 1)
		member = capsa_spine_member_size(articles);
	check->missing = member > frame->raw_size ? member - frame->raw_size : 0;
}

static enum capsa_status visit_leaf(void *ctx, const struct visit_place *place,
                                    const struct page *page, struct capsa_error *err)
{
	struct frame_check *check = ctx;
	struct spine_sums before = place->before;
	const struct spine_article *articles = page->leaf.articles;
	enum capsa_status st = CAPSA_OK;

	if (check->failed != CAPSA_OK)
		return capsa_fail_memory(err);
	if (page->level == 0)
		choose_share(check, place->ref);
	for (size_t i = 0; page->level == 0 && st == CAPSA_OK && i < page->leaf.frame_count; i++) {
		struct spine_sums sums = capsa_spine_frame_sums(&page->leaf.frames[i]);

		if (in_share(check, &before, &sums))
			st = submit(check, &page->leaf.frames[i], articles, &before, err);
		follow_article(check, &page->leaf.frames[i], articles);
		articles += sums.articles;
		capsa_spine_add(&before, &sums);
	}
	return st;
}

/* The page was reported with the index; articles and lines that it tells of cannot be read. */
static void visit_damaged(void *ctx, const struct visit_place *place, enum capsa_status status,
                          const struct capsa_error *why)
{
	struct frame_check *check = ctx;
	struct verification *v = check->v;
	uint64_t first = place->before.articles, all = v->reader->statement.facts.articles;
	uint64_t count = place->root ? all : place->ref->sums.articles;
	struct lost_range range = {first, first + count - 1, status, place->ref->offset};

	v->report->damaged += count;
	v->report->lines_lost += place->root ? all : place->ref->sums.lines;
	if (check->missing != 0 && first > v->read_first && first <= v->read_end)
		check->failed = capsa_verify_article(v, "index page", place->ref->offset, first - 1,
		                                     status, why->text, NULL);
	check->missing = 0;
	if (count != 0)
		capsa_buffer_append(&v->lost, &range, sizeof range);
}

/* ---- links ------------------------------------------------------------------------ */

static int compare_ranges(const void *a, const void *b)
{
	const struct lost_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static const struct lost_range *find_lost(const struct verification *v, uint64_t number)
{
	const struct lost_range *ranges = (const void *)v->lost.data;
	size_t low = 0, high = v->lost.size / sizeof *ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges[middle].last < number)
			low = middle + 1;
		else if (ranges[middle].first > number)
			high = middle;
		else
			return &ranges[middle];
	}
	return NULL;
}

/* Articles that share a lost body. */
static enum capsa_status visit_links(void *ctx, const struct visit_place *place,
                                     const struct page *page, struct capsa_error *err)
{
	struct frame_check *check = ctx;
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; st == CAPSA_OK && i < page->leaf.article_count; i++) {
		uint64_t number = place->before.articles + i, link = page->leaf.articles[i].link;
		const struct lost_range *lost;

		if (link == 0 || link > number || find_lost(check->v, number) != NULL)
			continue;
		lost = find_lost(check->v, number - link);
		if (lost != NULL)
			st = capsa_verify_article(check->v, "body of another article", lost->offset,
			                          number, lost->status,
			                          "the article whose body it shares is lost", err);
	}
	return st;
}

static void pass_over(void *ctx, const struct visit_place *place, enum capsa_status status,
                      const struct capsa_error *why)
{
	(void)ctx;
	(void)place;
	(void)status;
	(void)why;
}

static enum capsa_status check_links(struct frame_check *check, struct capsa_error *err)
{
	struct visitor visitor = {visit_links, pass_over, VISIT_DECODE, check};
	struct capsa_reader *r = check->v->reader;

	if (check->v->lost.failed)
		return capsa_fail_memory(err);
	if (check->v->lost.size == 0)
		return CAPSA_OK;
	qsort(check->v->lost.data, check->v->lost.size / sizeof(struct lost_range),
	      sizeof(struct lost_range), compare_ranges);
	check->v->lost_sorted = true;
	return capsa_tree_visit(r->pages, reader_root(r, READER_SPINE), &visitor, err);
}

enum capsa_status capsa_verify_frames(struct verification *v, struct capsa_error *err)
{
	struct frame_reader shared = {.source = &v->reader->source,
	                              .deep = v->options.depth == CAPSA_VERIFY_DEEP};
	struct pool_work work = {worker_new, worker_free, job_run, job_free, &shared};
	struct frame_check check = {.v = v};
	struct visitor visitor = {visit_leaf, visit_damaged, VISIT_DECODE, &check};
	unsigned threads = v->options.threads != 0 ? v->options.threads : 1;
	struct capsa_error why = {0};
	enum capsa_status st;

	/* Where the dictionary is lost, frames that need it are found damaged one by one. */
	if (shared.deep &&
	    capsa_reader_dictionary(v->reader, &shared.dictionary, &why) == CAPSA_ENOMEM)
		return capsa_fail_memory(err);
	st = capsa_pool_new(&check.pool, threads, 2 * (size_t)threads, &work, err);
	if (st != CAPSA_OK)
		return st;
	st =
	    capsa_tree_visit(v->reader->pages, reader_root(v->reader, READER_SPINE), &visitor, err);
	if (st == CAPSA_OK && check.failed != CAPSA_OK)
		st = capsa_fail_memory(err);
	while (st == CAPSA_OK && !capsa_pool_empty(check.pool))
		st = judge_oldest(&check, err);
	capsa_pool_free(check.pool);
	return st == CAPSA_OK ? check_links(&check, err) : st;
}
