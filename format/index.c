#include "index.h"
#include "path.h"
#include "sorter.h"
#include "temporary.h"
#include "tree_builder.h"

#include <stdlib.h>

/* In the order of the statement (spec 9.2); the spine is the first, and needs no sorting. */
enum { SPINE, PATH, URL, TITLE, DATE, TREES };

static const char *const tree_names[TREES] = {"spine", "path", "url", "title", "date"};

/* Pages are small and few; a high level costs little and saves some of every index. */
#define PAGE_LEVEL 12

struct index {
	struct temporary *spine;        /* frames, each followed by its articles */
	struct sorter *sorters[TREES];  /* not of the spine */
	struct tree_builder *builders[TREES];
	struct encoder *encoder;
	struct buffer articles;         /* of one frame, read back */
};

enum capsa_status capsa_index_new(struct index **out, size_t memory, const char *directory,
                                  struct capsa_error *err)
{
	struct index *index = calloc(1, sizeof *index);
	enum capsa_status st;

	*out = NULL;
	if (index == NULL)
		return capsa_fail_memory(err);
	st = capsa_temporary_new(&index->spine, directory, err);
	for (unsigned i = PATH; st == CAPSA_OK && i < TREES; i++)
		st = capsa_sorter_new(&index->sorters[i], memory / (TREES - PATH), directory, err);
	if (st == CAPSA_OK)
		st = capsa_encoder_new(&index->encoder, PAGE_LEVEL, err);
	if (st != CAPSA_OK) {
		capsa_index_free(index);
		return st;
	}
	*out = index;
	return CAPSA_OK;
}

void capsa_index_free(struct index *index)
{
	if (index == NULL)
		return;
	capsa_temporary_free(index->spine);
	for (unsigned i = 0; i < TREES; i++) {
		capsa_sorter_free(index->sorters[i]);
		capsa_tree_builder_free(index->builders[i]);
	}
	capsa_encoder_free(index->encoder);
	capsa_buffer_release(&index->articles);
	free(index);
}

enum capsa_status capsa_index_frame(struct index *index, const struct spine_frame *frame,
                                    const struct spine_article *articles, struct capsa_error *err)
{
	enum capsa_status st =
	    capsa_temporary_append(index->spine, span_of(frame, sizeof *frame), NULL, err);

	if (st == CAPSA_OK && frame->kind == CAPSA_FRAME_ARTICLES)
		st = capsa_temporary_append(
		    index->spine, span_of(articles, frame->count * sizeof *articles), NULL, err);
	return st;
}

enum capsa_status capsa_index_keys(struct index *index, const struct article_keys *keys,
                                   uint64_t number, struct capsa_error *err)
{
	enum capsa_status st =
	    capsa_sorter_add(index->sorters[PATH], buffer_span(&keys->path), number, err);

	if (st == CAPSA_OK && keys->url.size != 0)
		st = capsa_sorter_add(index->sorters[URL], buffer_span(&keys->url), number, err);
	if (st == CAPSA_OK && keys->title.size != 0)
		st =
		    capsa_sorter_add(index->sorters[TITLE], buffer_span(&keys->title), number, err);
	if (st == CAPSA_OK && keys->has_date)
		st = capsa_sorter_add(index->sorters[DATE], span_of(keys->date, sizeof keys->date),
		                      number, err);
	return st;
}

static enum capsa_status write_spine_leaves(struct index *index, struct capsa_error *err)
{
	uint64_t at = 0, end = capsa_temporary_size(index->spine);
	enum capsa_status st = CAPSA_OK;

	while (st == CAPSA_OK && at < end) {
		struct spine_frame frame;
		uint8_t *articles = NULL;
		size_t size = 0;

		st = capsa_temporary_read(index->spine, at, &frame, sizeof frame, err);
		at += sizeof frame;
		if (st != CAPSA_OK)
			break;
		if (frame.kind == CAPSA_FRAME_ARTICLES) {
			size = frame.count * sizeof(struct spine_article);
			buffer_clear(&index->articles);
			articles = capsa_buffer_extend(&index->articles, size);
			if (articles == NULL)
				return capsa_fail_memory(err);
			st = capsa_temporary_read(index->spine, at, articles, size, err);
		}
		at += size;
		if (st == CAPSA_OK)
			st = capsa_tree_builder_frame(index->builders[SPINE], &frame,
			                              (const void *)articles, err);
	}
	return st;
}

static enum capsa_status fail_conflict(struct span before, struct span key,
                                       struct capsa_error *err)
{
	char path[200];
	size_t size = before.size < sizeof path - 1 ? before.size : sizeof path - 1;

	memcpy(path, before.data, size);
	path[size] = '\0';
	for (size_t i = 0; i < size; i++)
		if (path[i] == '\0')
			path[i] = '/';
	return capsa_fail(err, CAPSA_EEXIST, CAPSA_NO_OFFSET,
	                  span_equal(before, key)
	                      ? "two articles have the path '%s'"
	                      : "the path '%s' is an article and a directory of others",
	                  path);
}

/* Feed a sorted tree; of paths no neighbour may be equal or below (spec 5.5). */
static enum capsa_status write_key_leaves(struct index *index, unsigned tree,
                                          struct capsa_error *err)
{
	struct buffer before = {0};
	struct span key;
	uint64_t number;
	bool first = true;
	enum capsa_status st = capsa_sorter_finish(index->sorters[tree], err);

	while (st == CAPSA_OK) {
		st = capsa_sorter_next(index->sorters[tree], &key, &number, err);
		if (st != CAPSA_OK)
			break;
		if (tree == PATH) {
			if (!first && capsa_path_key_conflict(buffer_span(&before), key)) {
				st = fail_conflict(buffer_span(&before), key, err);
				break;
			}
			buffer_clear(&before);
			capsa_buffer_append(&before, key.data, key.size);
			if (before.failed) {
				st = capsa_fail_memory(err);
				break;
			}
			first = false;
		}
		st = capsa_tree_builder_key(index->builders[tree], key, number, err);
	}
	capsa_buffer_release(&before);
	return st == CAPSA_ENOENT ? CAPSA_OK : st;
}

/* Levels above the leaves, lowest first, of all trees in turn. */
static enum capsa_status write_levels(struct index *index, struct capsa_error *err)
{
	bool more = true;

	while (more) {
		more = false;
		for (unsigned i = 0; i < TREES; i++) {
			enum capsa_status st;

			if (capsa_tree_builder_root(index->builders[i]) != NULL)
				continue;
			st = capsa_tree_builder_raise(index->builders[i], err);
			if (st != CAPSA_OK)
				return st;
			more = true;
		}
	}
	return CAPSA_OK;
}

enum capsa_status capsa_index_write(struct index *index, struct output *output,
                                    struct statement *statement, struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	for (unsigned i = 0; st == CAPSA_OK && i < TREES; i++) {
		st = capsa_tree_builder_new(&index->builders[i],
		                            i == SPINE ? CAPSA_PAGE_SPINE : CAPSA_PAGE_KEYS,
		                            index->encoder, output, err);
		if (st == CAPSA_OK)
			st = i == SPINE ? write_spine_leaves(index, err)
			                : write_key_leaves(index, i, err);
		if (st == CAPSA_OK)
			st = capsa_tree_builder_finish(index->builders[i], err);
	}
	if (st == CAPSA_OK)
		st = write_levels(index, err);
	for (unsigned i = 0; st == CAPSA_OK && i < TREES; i++) {
		struct statement_tree *tree = &statement->trees[i];

		memcpy(tree->name, tree_names[i], strlen(tree_names[i]) + 1);
		tree->root = *capsa_tree_builder_root(index->builders[i]);
	}
	statement->tree_count = TREES;
	return st;
}
