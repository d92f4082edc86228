/* Where the bytes of an archive go. */
#include "reader.h"
#include "visit.h"

struct size_count {
	struct capsa_sizes *sizes;
	unsigned tree;
	struct capsa_error why;
	enum capsa_status status;       /* of the first damaged page */
};

static void count_frame(struct capsa_sizes *sizes, const struct spine_frame *frame)
{
	switch (frame->kind) {
	case CAPSA_FRAME_ARTICLES:
		sizes->frames_articles++;
		sizes->article_frames += frame->stored_size;
		break;
	case CAPSA_FRAME_PART:
		sizes->article_frames += frame->stored_size;
		break;
	case CAPSA_FRAME_METADATA:
		sizes->frames_metadata++;
		sizes->metadata_frames += frame->stored_size;
		sizes->metadata_raw += frame->raw_size;
		break;
	default:
		sizes->other_frames += frame->stored_size;
		break;
	}
}

static enum capsa_status count_page(void *ctx, const struct visit_place *place,
                                    const struct page *page, struct capsa_error *err)
{
	struct size_count *count = ctx;
	struct capsa_sizes *sizes = count->sizes;

	(void)place;
	(void)err;
	for (size_t i = 0; page->level > 0 && i < page->count; i++)
		sizes->tree[count->tree] += page->children[i].size;
	for (size_t i = 0; i < page->leaf.frame_count; i++)
		count_frame(sizes, &page->leaf.frames[i]);
	for (size_t i = 0; i < page->leaf.article_count; i++) {
		const struct spine_article *article = &page->leaf.articles[i];

		sizes->articles_own += article->link == 0;
		sizes->bodies_raw += article->size;
		sizes->headers_raw += capsa_spine_member_size(article) - article->size;
	}
	return CAPSA_OK;
}

static void count_damaged(void *ctx, const struct visit_place *place, enum capsa_status status,
                          const struct capsa_error *why)
{
	struct size_count *count = ctx;

	(void)place;
	if (count->status == CAPSA_OK) {
		count->status = status;
		count->why = *why;
	}
}

enum capsa_status capsa_reader_sizes(struct capsa_reader *reader, struct capsa_sizes *out,
                                     struct capsa_error *err)
{
	struct size_count count = {.sizes = out};
	struct visitor visitor = {count_page, count_damaged, VISIT_DECODE, &count};
	enum capsa_status st = CAPSA_OK;

	*out = (struct capsa_sizes){0};
	out->rest = CAPSA_PREFIX_SIZE + (reader->source.size - reader->statement_offset);
	for (size_t i = 0; st == CAPSA_OK && i < reader->statement.tree_count; i++) {
		count.tree = (unsigned)i;
		out->tree[i] = reader->statement.trees[i].root.size;
		st = capsa_tree_visit(reader->pages, &reader->statement.trees[i].root, &visitor,
		                      err);
		/* Of other trees the pages above the leaves say enough. */
		visitor.leaves = VISIT_PASS;
	}
	if (st == CAPSA_OK && count.status != CAPSA_OK) {
		if (err != NULL)
			*err = count.why;
		st = count.status;
	}
	return st;
}
