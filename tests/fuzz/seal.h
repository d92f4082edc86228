/*
 * Forging archives by recipe: an edit changes one layer (tests/vectors/forge.h), and all above it is
 * made from the change, up to signature and trailer.  So a change that is no damage to the layers
 * above reaches whatever reads this one.
 */
#ifndef FUZZ_SEAL_H
#define FUZZ_SEAL_H

#include "recipe.h"
#include "shapes.h"

/* Bodies and texts stay small enough for many runs a second. */
#define SEAL_BYTES_MAX 65536
#define SEAL_TEXT_MAX 300
#define SEAL_ARTICLES_MAX 24
#define SEAL_PIECE_MIN 256
#define SEAL_FRAMES 300 /* of FORGE_FRAMES_MAX are used by articles */

/* What is being forged: the forge calls back without a context. */
static struct seal {
	struct recipe recipe;
	size_t nodes, pages, stored; /* seen so far */
} seal;

/* ---- bytes ------------------------------------------------------------- */

/* Change a part of some bytes, which stay below SEAL_BYTES_MAX unless they were above. */
static inline void seal_bytes(struct buffer *bytes, const struct edit *edit)
{
	size_t at = edit->at % (bytes->size + 1), left = bytes->size - at;
	size_t size = edit->size < left ? edit->size : left;
	struct span data = span_of(edit->data, edit->size);
	uint8_t copy[256];

	switch (edit->operation % 6) {
	case 0: /* write over */
		if (size != 0)
			memcpy(bytes->data + at, edit->data, size);
		break;
	case 1: /* put in */
		if (bytes->size < SEAL_BYTES_MAX)
			forge_splice(bytes, at, 0, data);
		break;
	case 2: /* take out */
		size = edit_value(edit) < left ? (size_t)edit_value(edit) : left;
		forge_splice(bytes, at, size, span_of(NULL, 0));
		break;
	case 3: /* cut off */
		bytes->size = at;
		break;
	case 4: /* add to one byte */
		if (left != 0)
			bytes->data[at] = (uint8_t)(bytes->data[at] + (edit_value(edit) | 1));
		break;
	default: /* repeat */
		size = left < sizeof copy ? left : sizeof copy;
		if (size == 0 || bytes->size >= SEAL_BYTES_MAX)
			break;
		memcpy(copy, bytes->data + at, size);
		forge_splice(bytes, at, 0, span_of(copy, size));
		break;
	}
}

static inline struct span seal_span(struct forge *f, struct span bytes, const struct edit *edit)
{
	struct buffer copy = {0};
	struct span out;

	capsa_buffer_append(&copy, bytes.data, bytes.size);
	seal_bytes(&copy, edit);
	out = forge_copy(f, buffer_span(&copy));
	capsa_buffer_release(&copy);
	return out;
}

/* A C string, up to its first NUL; what was NULL may become a text. */
static inline const char *seal_text(struct forge *f, const char *text, const struct edit *edit)
{
	struct span bytes = forge_text(text != NULL ? text : "");

	bytes = seal_span(f, bytes, edit);
	if (bytes.size > SEAL_TEXT_MAX)
		bytes.size = SEAL_TEXT_MAX;
	bytes = forge_copy(f, bytes); /* with a NUL behind it */
	return (const char *)bytes.data;
}

/* The forge wants dates that are dates; others can be written into the line. */
static inline const char *seal_date(struct forge *f, const char *date, const struct edit *edit)
{
	const char *text = seal_text(f, date, edit);
	int64_t seconds;

	return capsa_date_seconds(text_of(forge_text(text)), &seconds) ? text : date;
}

/* ---- the description --------------------------------------------------- */

static inline void seal_url(struct forge *f, struct forge_article *article, const struct edit *edit)
{
	char key[512];
	size_t size;

	article->url = seal_text(f, article->url != NULL ? article->url : SHAPES_HOST, edit);
	shapes_url_key(NULL, text_of(forge_text(article->url)), key, sizeof key, &size);
	if (size != 0)
		article->url_key = (const char *)forge_copy(f, span_of(key, size)).data;
	else if (article->url_key == NULL)
		article->url_key = "none";
}

/* One body becomes another; links to it keep what they had, or follow. */
static inline void seal_body(struct forge *f, size_t number, const struct edit *edit)
{
	struct span body = seal_span(f, f->articles[number].body, edit);

	f->articles[number].body = body;
	if (edit->field >= 16)
		return;
	for (size_t i = number; i < f->article_count; i++)
		if (f->articles[i].link == i - number)
			f->articles[i].body = body;
}

static inline void seal_link(struct forge *f, size_t number, const struct edit *edit)
{
	struct forge_article *article = &f->articles[number];

	article->link = edit_value(edit) % (number + 1);
	if (edit->field < 16)
		article->body = f->articles[number - article->link].body;
}

static inline void seal_article(struct forge *f, const struct edit *edit)
{
	size_t number = edit->which % f->article_count;
	struct forge_article *article = &f->articles[number];

	switch (edit->field % 16) {
	case 0:
		article->path = seal_text(f, article->path, edit);
		break;
	case 1:
		seal_body(f, number, edit);
		break;
	case 2:
		article->title = seal_text(f, article->title, edit);
		break;
	case 3:
		seal_url(f, article, edit);
		break;
	case 4:
		article->date = seal_date(f, article->date, edit);
		break;
	case 5:
		article->captured = seal_date(f, article->captured, edit);
		break;
	case 6:
		article->modified = seal_date(f, article->modified, edit);
		break;
	case 7:
		article->location = seal_text(f, article->location, edit);
		break;
	case 8:
		seal_link(f, number, edit);
		break;
	case 9:
		article->piece = edit_value(edit) % SEAL_BYTES_MAX;
		break;
	case 10:
		article->ends_frame = !article->ends_frame;
		break;
	case 11:
		article->ends_lines = !article->ends_lines;
		break;
	case 12:
		f->page_entries = 2 + edit_value(edit) % 30;
		break;
	case 13:
		f->signatures = (unsigned)(edit_value(edit) % 3);
		break;
	case 14:
		if (f->article_count < SEAL_ARTICLES_MAX)
			forge_add(f, seal_text(f, article->path, edit), article->body);
		break;
	default:
		f->article_count = number + 1;
		break;
	}
}

/* So many frames as the forge has room for. */
static inline void seal_bound_frames(struct forge *f)
{
	size_t frames = 0;

	for (size_t i = 0; i < f->article_count; i++) {
		struct forge_article *article = &f->articles[i];
		size_t size = article->body.size + CAPSA_TAR_HEADER_MAX + CAPSA_TAR_BLOCK;

		if (article->piece != 0 && article->piece < SEAL_PIECE_MIN)
			article->piece = SEAL_PIECE_MIN;
		if (article->piece != 0)
			frames += size / article->piece + 1;
		if (frames > SEAL_FRAMES)
			article->piece = 0;
	}
}

static void seal_plan(struct forge *f)
{
	const struct recipe *recipe = &seal.recipe;

	shapes[recipe->shape % SHAPES](f);
	for (size_t i = 0; i < recipe->count; i++)
		if (recipe->edits[i].layer == FORGE_NONE && f->article_count != 0)
			seal_article(f, &recipe->edits[i]);
	seal_bound_frames(f);
}

/* ---- lines and frames -------------------------------------------------- */

/* The sum in the tar header of which some byte has changed, so that salvage takes it. */
static inline void seal_tar_sum(struct buffer *raw, size_t at)
{
	uint8_t *block;
	unsigned sum = 0;
	char text[8];

	at -= at % CAPSA_TAR_BLOCK;
	if (raw->size < CAPSA_TAR_BLOCK || at > raw->size - CAPSA_TAR_BLOCK)
		return;
	block = raw->data + at;
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < CAPSA_TAR_BLOCK; i++)
		sum += block[i];
	snprintf(text, sizeof text, "%06o", sum);
	memcpy(block + 148, text, 7);
}

static inline void seal_raw(struct forge *f, const struct edit *edit)
{
	struct buffer *raw = &f->frames[edit->which % f->frame_count].raw;
	size_t at = edit->at % (raw->size + 1);

	seal_bytes(raw, edit);
	if (edit->field % 2 == 1)
		seal_tar_sum(raw, at);
}

static inline void seal_frame_entry(struct forge_frame *frame, const struct edit *edit)
{
	struct spine_frame *entry = &frame->entry;

	switch (edit->field % 8) {
	case 0:
		entry->kind = (uint8_t)edit_u64(edit, entry->kind);
		break;
	case 1:
		entry->stored_size = (uint32_t)edit_u64(edit, entry->stored_size);
		break;
	case 2:
		entry->raw_size = (uint32_t)edit_u64(edit, entry->raw_size);
		break;
	case 3:
		entry->count = (uint32_t)edit_u64(edit, entry->count);
		break;
	default:
		edit_digest(edit, entry->digest, sizeof entry->digest);
		break;
	}
}

static inline void seal_spine(struct forge *f, const struct edit *edit)
{
	struct spine_article *article;

	if (edit->field % 16 < 8 || f->article_count == 0) {
		seal_frame_entry(&f->frames[edit->which % f->frame_count], edit);
		return;
	}
	article = &f->articles[edit->which % f->article_count].spine;
	switch (edit->field % 3) {
	case 0:
		article->header_size = (uint16_t)edit_u64(edit, article->header_size);
		break;
	case 1:
		article->link = edit_u64(edit, article->link);
		break;
	default:
		article->size = edit_u64(edit, article->size);
		break;
	}
}

/* ---- the index --------------------------------------------------------- */

static inline void seal_entries(struct forge *f, const struct edit *edit)
{
	struct forge_tree *tree = &f->trees[FORGE_PATH + edit->which % (FORGE_TREES - FORGE_PATH)];
	struct forge_entry *entry, kept;
	size_t i;

	if (tree->entry_count == 0)
		return;
	i = edit->at % tree->entry_count;
	entry = &tree->entries[i];
	switch (edit->field % 6) {
	case 0:
		entry->key = seal_span(f, entry->key, edit);
		break;
	case 1:
		entry->number = edit_u64(edit, entry->number);
		break;
	case 2:
		tree->entry_count--;
		memmove(entry, entry + 1, (tree->entry_count - i) * sizeof *entry);
		break;
	case 3:
		if (tree->entry_count >= f->article_count + 8)
			break;
		memmove(entry + 1, entry, (tree->entry_count - i) * sizeof *entry);
		tree->entry_count++;
		break;
	case 4:
		kept = *entry;
		*entry = tree->entries[0];
		tree->entries[0] = kept;
		break;
	default:
		entry->key = forge_copy(f, span_of(edit->data, edit->size));
		break;
	}
}

static inline void seal_reference(struct page_ref *child, unsigned field, const struct edit *edit)
{
	uint64_t *const numbers[] = {&child->offset,     &child->entries,     &child->sums.articles,
	                             &child->sums.lines, &child->sums.stored, &child->sums.raw,
	                             &child->sums.frames};
	size_t count = sizeof numbers / sizeof *numbers;

	if (field < count)
		*numbers[field] = edit_u64(edit, *numbers[field]);
	else if (field == 8)
		child->size = (uint32_t)edit_u64(edit, child->size);
	else if (field == 9)
		child->kind = (uint8_t)edit_u64(edit, child->kind);
	else if (field == 10)
		child->level = (uint8_t)edit_u64(edit, child->level);
	else
		edit_digest(edit, child->digest, sizeof child->digest);
}

/* Of a page as it is decoded: a key, a number, a reference, or how many there are. */
static inline void seal_node(struct forge *f, const struct edit *edit)
{
	struct forge_node *node = &f->node;
	size_t i;

	if (node->count == 0)
		return;
	i = edit->at % node->count;
	if (edit->field % 4 == 0 && node->keys != NULL)
		node->keys[i] = seal_span(f, node->keys[i], edit);
	else if (edit->field % 4 == 1 && node->children != NULL && node->count > 1)
		node->count--;
	else if (node->children != NULL)
		seal_reference(&node->children[i], edit->field / 4 % 16, edit);
	else if (node->numbers != NULL)
		node->numbers[i] = edit_u64(edit, node->numbers[i]);
	else if (node->leaf.frame_count > 1 && edit->field % 4 == 2)
		node->leaf.frame_count--;
	else if (node->leaf.article_count != 0)
		node->leaf.article_count--;
}

/* ---- the end ----------------------------------------------------------- */

static inline void seal_root(struct statement_tree *tree, const struct edit *edit)
{
	if (edit->field % 2 == 0)
		seal_reference(&tree->root, edit->field / 16 % 16, edit);
	else
		tree->name[edit->at % 4] ^= (char)(edit_value(edit) & 0x1f);
}

static inline void seal_statement(struct forge *f, const struct edit *edit)
{
	struct capsa_statement *facts = &f->statement.facts;
	uint64_t *const numbers[] = {&facts->articles, &facts->bytes, &facts->frames,
	                             &facts->tar_size, &facts->size,  &facts->dictionary_size,
	                             &facts->sequence};
	size_t count = sizeof numbers / sizeof *numbers, field = edit->field % 16;

	if (field < count)
		*numbers[field] = edit_u64(edit, *numbers[field]);
	else if (field == 7)
		facts->created = (int64_t)edit_u64(edit, (uint64_t)facts->created);
	else if (field == 8)
		facts->title = text_of(forge_copy(f, span_of(edit->data, edit->size)));
	else if (field == 9)
		facts->description = text_of(seal_span(f, span_text(facts->description), edit));
	else if (field == 10)
		facts->has_series = !facts->has_series;
	else if (field == 11)
		facts->has_previous = !facts->has_previous;
	else if (field == 12)
		edit_digest(edit, facts->sha256, sizeof facts->sha256);
	else if (field == 13)
		f->statement.dictionary_id = (uint32_t)edit_u64(edit, f->statement.dictionary_id);
	else if (field == 14)
		edit_digest(edit, f->statement.dictionary_digest, CAPSA_DIGEST_SIZE);
	else
		seal_root(&f->statement.trees[edit->which % f->statement.tree_count], edit);
}

static inline void seal_trailer(struct forge *f, const struct edit *edit)
{
	struct trailer *trailer = &f->trailer;

	if (edit->field % 3 == 0)
		trailer->statement = edit_u64(edit, trailer->statement);
	else if (edit->field % 3 == 1)
		trailer->attestations = edit_u64(edit, trailer->attestations);
	else
		edit_digest(edit, trailer->tail_digest, sizeof trailer->tail_digest);
	if (edit->field % 3 != 2 && trailer->statement <= f->file.size)
		forge_tail_digest(f);
}

/* A frame is withheld; or bytes change of which the trailer does not know. */
static inline void seal_file(struct forge *f, const struct edit *edit)
{
	const struct forge_frame *frame = &f->frames[edit->which % f->frame_count];

	if (edit->field % 4 != 0) {
		seal_bytes(&f->file, edit);
		return;
	}
	if (frame->stored.size >= CAPSA_HEAD_SIZE &&
	    extent_inside(frame->offset, frame->stored.size, f->file.size))
		capsa_frame_withhold(f->file.data + frame->offset, frame->stored.size,
		                     span_of(edit->data, edit->size));
}

/* ---- the whole --------------------------------------------------------- */

static inline void seal_edit(struct forge *f, const struct edit *edit)
{
	switch (edit->layer) {
	case FORGE_LINE:
		seal_bytes(&f->articles[edit->which % f->article_count].line, edit);
		break;
	case FORGE_RAW:
		seal_raw(f, edit);
		break;
	case FORGE_STORED:
		seal_bytes(&f->frames[edit->which % f->frame_count].stored, edit);
		break;
	case FORGE_SPINE:
		seal_spine(f, edit);
		break;
	case FORGE_ENTRIES:
		seal_entries(f, edit);
		break;
	case FORGE_NODE:
		if (edit->which % 32 == seal.nodes)
			seal_node(f, edit);
		break;
	case FORGE_PAGE:
		if (edit->which % 32 == seal.pages)
			seal_bytes(&f->page, edit);
		break;
	case FORGE_PAGE_STORED:
		if (edit->which % 32 == seal.stored)
			seal_bytes(&f->page_stored, edit);
		break;
	case FORGE_STATEMENT:
		seal_statement(f, edit);
		break;
	case FORGE_TEXT:
		seal_bytes(&f->text, edit);
		break;
	case FORGE_TAIL:
		seal_bytes(edit->which % 4 == 0 ? &f->statement_frame : &f->attestations, edit);
		break;
	case FORGE_TRAILER:
		seal_trailer(f, edit);
		break;
	case FORGE_FILE:
		seal_file(f, edit);
		break;
	default:
		break;
	}
}

static void seal_layer(struct forge *f)
{
	const struct recipe *recipe = &seal.recipe;

	for (size_t i = 0; i < recipe->count; i++)
		if (recipe->edits[i].layer == (uint8_t)f->layer)
			seal_edit(f, &recipe->edits[i]);
	seal.nodes += f->layer == FORGE_NODE;
	seal.pages += f->layer == FORGE_PAGE;
	seal.stored += f->layer == FORGE_PAGE_STORED;
}

/* The archive that the recipe makes; freed by forge_free. */
static inline struct forge *seal_make(const uint8_t *data, size_t size)
{
	const struct forge_change change = {seal_plan, FORGE_ANY, seal_layer, NULL, NULL};

	seal = (struct seal){0};
	recipe_parse(&seal.recipe, data, size);
	return forge_make(&change);
}

#endif
