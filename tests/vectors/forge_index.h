/* Forging the index (spec 8).  Part of forge.h. */
#ifndef VECTORS_FORGE_INDEX_H
#define VECTORS_FORGE_INDEX_H

#include "forge_frames.h"

static inline void forge_entry(struct forge *f, unsigned tree, struct span key, uint64_t number)
{
	struct forge_tree *t = &f->trees[tree];

	t->entries[t->entry_count++] = (struct forge_entry){forge_copy(f, key), number};
}

static inline int64_t forge_seconds(const char *date)
{
	int64_t seconds = 0;

	if (date != NULL)
		forge_need(capsa_date_seconds(text_of(forge_text(date)), &seconds), "not a date");
	return seconds;
}

static inline int forge_compare(const void *a, const void *b)
{
	const struct forge_entry *x = a, *y = b;
	int order = capsa_span_compare(x->key, y->key);

	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Titles of vectors are lower case and short: they are their own keys. */
static inline void forge_entries(struct forge *f)
{
	for (unsigned i = FORGE_PATH; i < FORGE_TREES; i++)
		f->trees[i].entries =
		    forge_new(f, f->article_count + 8, sizeof(struct forge_entry));
	for (size_t i = 0; i < f->article_count; i++) {
		const struct forge_article *a = &f->articles[i];
		const char *captured = a->captured != NULL ? a->captured : a->date;
		const char *date = a->date != NULL ? a->date : a->captured;
		size_t size = strlen(a->path);
		uint8_t *path = forge_new(f, size + 1, 1), key[512];

		capsa_path_key(forge_text(a->path), path);
		forge_entry(f, FORGE_PATH, span_of(path, size), i);
		if (a->url != NULL) {
			size = (size_t)snprintf((char *)key, sizeof key - 8, "%s", a->url_key) + 1;
			capsa_time_key(forge_seconds(captured), key + size);
			forge_entry(f, FORGE_URL, span_of(key, size + 8), i);
		}
		size = a->title != NULL ? strlen(a->title) : 0;
		if (size != 0)
			forge_entry(f, FORGE_TITLE, span_of(a->title, size < 32 ? size : 32), i);
		capsa_time_key(forge_seconds(date), key);
		if (date != NULL)
			forge_entry(f, FORGE_DATE, span_of(key, 8), i);
	}
	for (unsigned i = FORGE_PATH; i < FORGE_TREES; i++)
		if (f->trees[i].entry_count != 0)
			qsort(f->trees[i].entries, f->trees[i].entry_count,
			      sizeof(struct forge_entry), forge_compare);
	forge_at(f, FORGE_ENTRIES);
}

/* The shortest separator between the last key of a page and the first of the next. */
static inline struct span forge_separator(struct span last, struct span first)
{
	size_t size = capsa_span_shared(last, first) + 1;

	return span_of(first.data, size < first.size ? size : first.size);
}

/* What the page above, or the statement, says of f->node. */
static inline struct page_ref forge_reference(const struct forge *f)
{
	const struct forge_node *node = &f->node;
	struct page_ref ref = {.kind = f->trees[node->tree].kind,
	                       .level = (uint8_t)node->level,
	                       .entries = node->level == 0 ? node->count : 0};

	for (size_t i = 0; node->level > 0 && i < node->count; i++) {
		ref.entries += node->children[i].entries;
		capsa_spine_add(&ref.sums, &node->children[i].sums);
	}
	for (size_t i = 0; i < node->leaf.frame_count; i++) {
		struct spine_sums sums = capsa_spine_frame_sums(&node->leaf.frames[i]);

		capsa_spine_add(&ref.sums, &sums);
	}
	return ref;
}

/* Write f->node; its reference becomes the next of the level that `tree` is making. */
static inline void forge_write_page(struct forge *f, struct forge_tree *tree, struct page_ref *refs,
                                    struct span *separators)
{
	struct forge_node *node = &f->node;
	struct span separator =
	    node->count != 0 && node->keys != NULL ? node->keys[0] : span_of(NULL, 0);
	struct page_ref ref;
	struct buffer zstd = {0};

	if (node->level == 0 && node->index > 0 && node->keys != NULL)
		separator = forge_separator(node->keys[-1], node->keys[0]);
	forge_at(f, FORGE_NODE);
	ref = forge_reference(f);
	buffer_clear(&f->page);
	if (node->level > 0)
		capsa_page_encode_inner(node->children, node->keys, node->count, &f->page);
	else if (tree->kind == CAPSA_PAGE_SPINE)
		capsa_page_encode_spine(&node->leaf, &f->page);
	else
		capsa_page_encode_keys(node->keys, node->numbers, node->count, &f->page);
	forge_at(f, FORGE_PAGE);
	forge_zstd(f, buffer_span(&f->page), false, false, &zstd);
	buffer_clear(&f->page_stored);
	capsa_frame_head(&f->page_stored, 'P', 0, zstd.size);
	capsa_buffer_append(&f->page_stored, zstd.data, zstd.size);
	capsa_buffer_release(&zstd);
	forge_at(f, FORGE_PAGE_STORED);
	ref.offset = f->file.size;
	ref.size = (uint32_t)f->page_stored.size;
	capsa_digest(ref.digest, buffer_span(&f->page_stored));
	capsa_buffer_append(&f->file, f->page_stored.data, f->page_stored.size);
	refs[node->index] = ref;
	separators[node->index] = separator;
}

/* Frames [first, first + count) as a leaf of the spine. */
static inline void forge_spine_leaf(struct forge *f, size_t first, size_t count)
{
	struct spine_leaf *leaf = &f->node.leaf;
	size_t articles = 0;

	*leaf = (struct spine_leaf){.frame_count = count};
	leaf->frames = forge_new(f, count, sizeof *leaf->frames);
	for (size_t i = 0; i < count; i++)
		if (f->frames[first + i].kind == CAPSA_FRAME_ARTICLES)
			articles += f->frames[first + i].count;
	leaf->articles = forge_new(f, articles, sizeof *leaf->articles);
	for (size_t i = 0; i < count; i++) {
		const struct forge_frame *frame = &f->frames[first + i];

		leaf->frames[i] = frame->entry;
		for (size_t k = 0; frame->kind == CAPSA_FRAME_ARTICLES && k < frame->count; k++)
			if (frame->first_article + k < f->article_count)
				leaf->articles[leaf->article_count++] =
				    f->articles[frame->first_article + k].spine;
	}
}

/* Entries [first, first + count) as a leaf of keys. */
static inline void forge_key_leaf(struct forge *f, const struct forge_tree *tree, size_t first,
                                  size_t count)
{
	struct span *keys = forge_new(f, count + 1, sizeof *keys);

	/* The key before the first is kept in front, for the separator. */
	keys[0] = first > 0 ? tree->entries[first - 1].key : span_of(NULL, 0);
	f->node.keys = keys + 1;
	f->node.numbers = forge_new(f, count, sizeof *f->node.numbers);
	for (size_t i = 0; i < count; i++) {
		f->node.keys[i] = tree->entries[first + i].key;
		f->node.numbers[i] = tree->entries[first + i].number;
	}
}

/* Write the next level of a tree: its leaves, or what is above `refs`. */
static inline void forge_level(struct forge *f, unsigned number)
{
	struct forge_tree *tree = &f->trees[number];
	bool leaves = tree->refs == NULL;
	size_t total = !leaves                          ? tree->ref_count
	               : tree->kind == CAPSA_PAGE_SPINE ? f->frame_count
	                                                : tree->entry_count;
	size_t pages = total == 0 ? 1 : (total + f->page_entries - 1) / f->page_entries;
	struct page_ref *refs = forge_new(f, pages, sizeof *refs);
	struct span *separators = forge_new(f, pages, sizeof *separators);

	if (!leaves)
		tree->level++;
	for (size_t i = 0, first = 0; i < pages; i++, first += f->page_entries) {
		size_t count = total - first < f->page_entries ? total - first : f->page_entries;

		f->node = (struct forge_node){
		    .tree = number, .level = tree->level, .index = i, .count = count};
		if (!leaves) {
			f->node.children = forge_new(f, count, sizeof *refs);
			f->node.keys = forge_new(f, count, sizeof *separators);
			memcpy(f->node.children, tree->refs + first, count * sizeof *refs);
			memcpy(f->node.keys, tree->separators + first, count * sizeof *separators);
		} else if (tree->kind == CAPSA_PAGE_SPINE) {
			forge_spine_leaf(f, first, count);
		} else {
			forge_key_leaf(f, tree, first, count);
		}
		forge_write_page(f, tree, refs, separators);
	}
	tree->refs = refs;
	tree->separators = separators;
	tree->ref_count = pages;
}

static inline void forge_index(struct forge *f)
{
	bool more = true;

	forge_entries(f);
	for (size_t i = 0; i < f->tree_count; i++)
		forge_level(f, f->order[i]);
	while (more) {
		more = false;
		for (size_t i = 0; i < f->tree_count; i++) {
			if (f->trees[f->order[i]].ref_count == 1)
				continue;
			forge_level(f, f->order[i]);
			more = true;
		}
	}
}

#endif
