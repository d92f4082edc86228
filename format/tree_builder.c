#include "tree_builder.h"
#include "digest.h"
#include "frame.h"

#include <stdlib.h>

/*
 * Raw bytes at which a page is full.  Sorted keys shrink to a third or a half, digests not at
 * all, so stored pages lie between 4 and 16 KiB and never near CAPSA_PAGE_STORED_MAX.
 */
#define PAGE_TARGET (16U << 10)

/* Bytes of full keys at which a leaf is closed, far below CAPSA_PAGE_KEYS_MAX. */
#define PAGE_KEYS_TARGET (256U << 10)

/* The finished pages of one level. */
struct level {
	struct page_ref *refs;          /* owned */
	size_t count;
	size_t capacity;
	struct buffer keys; /* separators: of refs[i] from key_ends[i - 1] to key_ends[i] */
	size_t *key_ends;               /* owned, capacity as refs */
};

struct tree_builder {
	uint8_t kind;
	uint8_t height;                 /* level of `level` */
	bool finished;
	struct encoder *encoder;
	struct output *output;
	struct level level;             /* the highest one */

	/* The leaf that is being filled. */
	size_t estimate;                /* upper bound of its raw bytes so far */
	struct buffer keys;             /* one after another */
	struct buffer key_sizes;        /* array of size_t */
	struct buffer numbers;          /* array of uint64_t */
	struct buffer frames;           /* array of struct spine_frame */
	struct buffer articles;         /* array of struct spine_article */
	struct buffer last_key;         /* last key of the leaf before */

	struct buffer raw;
	struct buffer stored;
};

enum capsa_status capsa_tree_builder_new(struct tree_builder **out, uint8_t kind,
                                         struct encoder *encoder, struct output *output,
                                         struct capsa_error *err)
{
	struct tree_builder *builder = calloc(1, sizeof *builder);

	*out = builder;
	if (builder == NULL)
		return capsa_fail_memory(err);
	builder->kind = kind;
	builder->encoder = encoder;
	builder->output = output;
	return CAPSA_OK;
}

static void level_release(struct level *level)
{
	free(level->refs);
	free(level->key_ends);
	capsa_buffer_release(&level->keys);
	*level = (struct level){0};
}

void capsa_tree_builder_free(struct tree_builder *builder)
{
	if (builder == NULL)
		return;
	level_release(&builder->level);
	capsa_buffer_release(&builder->keys);
	capsa_buffer_release(&builder->key_sizes);
	capsa_buffer_release(&builder->numbers);
	capsa_buffer_release(&builder->frames);
	capsa_buffer_release(&builder->articles);
	capsa_buffer_release(&builder->last_key);
	capsa_buffer_release(&builder->raw);
	capsa_buffer_release(&builder->stored);
	free(builder);
}

static bool level_reserve(struct level *level)
{
	size_t capacity = level->capacity != 0 ? 2 * level->capacity : 64;
	struct page_ref *refs;
	size_t *ends;

	if (level->count < level->capacity)
		return true;
	refs = capsa_array_new(capacity, sizeof *refs);
	ends = capsa_array_new(capacity, sizeof *ends);
	if (refs == NULL || ends == NULL) {
		free(refs);
		free(ends);
		return false;
	}
	if (level->count != 0) {
		memcpy(refs, level->refs, level->count * sizeof *refs);
		memcpy(ends, level->key_ends, level->count * sizeof *ends);
	}
	free(level->refs);
	free(level->key_ends);
	level->refs = refs;
	level->key_ends = ends;
	level->capacity = capacity;
	return true;
}

static struct span level_key(const struct level *level, size_t i)
{
	size_t begin = i > 0 ? level->key_ends[i - 1] : 0;

	return span_of(level->keys.data + begin, level->key_ends[i] - begin);
}

/* Compress and write builder->raw as a page; it joins `level` with the separator before it. */
static enum capsa_status write_page(struct tree_builder *builder, struct level *level,
                                    struct page_ref ref, struct span separator,
                                    struct capsa_error *err)
{
	struct buffer *stored = &builder->stored;
	struct buffer zstd = {0};
	enum capsa_status st;

	if (builder->raw.failed)
		return capsa_fail_memory(err);
	st = capsa_encoder_run(builder->encoder, buffer_span(&builder->raw), false, NULL, &zstd,
	                       err);
	buffer_clear(stored);
	if (st == CAPSA_OK) {
		capsa_frame_head(stored, 'P', 0, zstd.size);
		capsa_buffer_append(stored, zstd.data, zstd.size);
	}
	capsa_buffer_release(&zstd);
	if (st != CAPSA_OK)
		return st;
	capsa_buffer_append(&level->keys, separator.data, separator.size);
	if (stored->failed || level->keys.failed || !level_reserve(level))
		return capsa_fail_memory(err);
	ref.kind = builder->kind;
	ref.offset = builder->output->offset;
	ref.size = (uint32_t)stored->size;
	capsa_digest(ref.digest, buffer_span(stored));
	level->refs[level->count] = ref;
	level->key_ends[level->count] = level->keys.size;
	level->count++;
	return capsa_output_write(builder->output, buffer_span(stored), err);
}

/*
 * The shortest prefix of `first` greater than `last`, or `first` itself where they are equal.
 */
static struct span separator_between(struct span last, struct span first)
{
	size_t size = capsa_span_shared(last, first) + 1;

	return span_of(first.data, size < first.size ? size : first.size);
}

static enum capsa_status flush_keys(struct tree_builder *builder, struct capsa_error *err)
{
	size_t count = builder->numbers.size / sizeof(uint64_t);
	const size_t *sizes = (const void *)builder->key_sizes.data;
	struct page_ref ref = {.level = 0, .entries = count};
	struct span *keys = capsa_array_new(count, sizeof *keys);
	struct span separator = {0};
	const uint8_t *at = builder->keys.data;
	enum capsa_status st;

	if (keys == NULL || builder->keys.failed || builder->key_sizes.failed ||
	    builder->numbers.failed) {
		free(keys);
		return capsa_fail_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		keys[i] = span_of(at, sizes[i]);
		at += sizes[i];
	}
	buffer_clear(&builder->raw);
	capsa_page_encode_keys(keys, (const void *)builder->numbers.data, count, &builder->raw);
	if (builder->level.count > 0)
		separator = separator_between(buffer_span(&builder->last_key), keys[0]);
	st = write_page(builder, &builder->level, ref, separator, err);
	buffer_clear(&builder->last_key);
	if (count > 0)
		capsa_buffer_append(&builder->last_key, keys[count - 1].data, keys[count - 1].size);
	if (st == CAPSA_OK && builder->last_key.failed)
		st = capsa_fail_memory(err);
	free(keys);
	buffer_clear(&builder->keys);
	buffer_clear(&builder->key_sizes);
	buffer_clear(&builder->numbers);
	builder->estimate = 0;
	return st;
}

static enum capsa_status flush_frames(struct tree_builder *builder, struct capsa_error *err)
{
	struct spine_leaf leaf = {
	    .frame_count = builder->frames.size / sizeof(struct spine_frame),
	    .article_count = builder->articles.size / sizeof(struct spine_article),
	    .frames = (void *)builder->frames.data,
	    .articles = (void *)builder->articles.data,
	};
	struct page_ref ref = {.level = 0, .entries = leaf.frame_count};

	if (builder->frames.failed || builder->articles.failed)
		return capsa_fail_memory(err);
	for (size_t i = 0; i < leaf.frame_count; i++) {
		struct spine_sums sums = capsa_spine_frame_sums(&leaf.frames[i]);

		if (!capsa_spine_add(&ref.sums, &sums))
			return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
			                  "the archive is too large");
	}
	buffer_clear(&builder->raw);
	capsa_page_encode_spine(&leaf, &builder->raw);
	buffer_clear(&builder->frames);
	buffer_clear(&builder->articles);
	builder->estimate = 0;
	return write_page(builder, &builder->level, ref, span_of(NULL, 0), err);
}

enum capsa_status capsa_tree_builder_key(struct tree_builder *builder, struct span key,
                                         uint64_t number, struct capsa_error *err)
{
	size_t cost = key.size + 14;    /* two sizes and a number at their longest */

	if (builder->numbers.size != 0 && (builder->estimate + cost > PAGE_TARGET ||
	                                   builder->keys.size + key.size > PAGE_KEYS_TARGET)) {
		enum capsa_status st = flush_keys(builder, err);

		if (st != CAPSA_OK)
			return st;
	}
	if (builder->key_sizes.size != 0 && !builder->keys.failed) {
		size_t last;

		memcpy(&last, builder->key_sizes.data + builder->key_sizes.size - sizeof last,
		       sizeof last);
		cost = 6 + key.size -
		       capsa_span_shared(
		           span_of(builder->keys.data + builder->keys.size - last, last), key);
	}
	capsa_buffer_append(&builder->keys, key.data, key.size);
	capsa_buffer_append(&builder->key_sizes, &key.size, sizeof key.size);
	capsa_buffer_append(&builder->numbers, &number, sizeof number);
	builder->estimate += cost;
	return CAPSA_OK;
}

enum capsa_status capsa_tree_builder_frame(struct tree_builder *builder,
                                           const struct spine_frame *frame,
                                           const struct spine_article *articles,
                                           struct capsa_error *err)
{
	size_t count = frame->kind == CAPSA_FRAME_ARTICLES ? frame->count : 0;
	size_t cost = CAPSA_DIGEST_SIZE + 12 + 6 * count;

	if (builder->frames.size != 0 && builder->estimate + cost > PAGE_TARGET) {
		enum capsa_status st = flush_frames(builder, err);

		if (st != CAPSA_OK)
			return st;
	}
	capsa_buffer_append(&builder->frames, frame, sizeof *frame);
	if (count != 0)
		capsa_buffer_append(&builder->articles, articles, count * sizeof *articles);
	builder->estimate += cost;
	return CAPSA_OK;
}

enum capsa_status capsa_tree_builder_finish(struct tree_builder *builder, struct capsa_error *err)
{
	bool pending = builder->numbers.size != 0 || builder->frames.size != 0;

	builder->finished = true;
	if (!pending && builder->level.count > 0)
		return CAPSA_OK;
	return builder->kind == CAPSA_PAGE_KEYS ? flush_keys(builder, err)
	                                        : flush_frames(builder, err);
}

const struct page_ref *capsa_tree_builder_root(const struct tree_builder *builder)
{
	return builder->finished && builder->level.count == 1 ? builder->level.refs : NULL;
}

/* How many of the pages from `first` on go into one page above. */
static size_t fill_inner(const struct level *level, size_t first)
{
	size_t size = 0, keys = 0, i = first;

	for (; i < level->count; i++) {
		size_t key = level_key(level, i).size;

		size += CAPSA_DIGEST_SIZE + 16 + key;
		keys += key;
		if (i > first + 1 && (size > PAGE_TARGET || keys > PAGE_KEYS_TARGET))
			break;
	}
	return i - first;
}

static enum capsa_status write_inner(struct tree_builder *builder, struct level *above,
                                     size_t first, size_t count, struct capsa_error *err)
{
	const struct level *level = &builder->level;
	struct page_ref ref = {.level = (uint8_t)(builder->height + 1)};
	struct span *keys = capsa_array_new(count, sizeof *keys);
	enum capsa_status st = CAPSA_OK;

	if (keys == NULL)
		return capsa_fail_memory(err);
	for (size_t i = 0; i < count; i++) {
		keys[i] = level_key(level, first + i);
		ref.entries += level->refs[first + i].entries;
		if (!capsa_spine_add(&ref.sums, &level->refs[first + i].sums))
			st = capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
			                "the archive is too large");
	}
	buffer_clear(&builder->raw);
	capsa_page_encode_inner(level->refs + first, keys, count, &builder->raw);
	if (st == CAPSA_OK)
		st = write_page(builder, above, ref, keys[0], err);
	free(keys);
	return st;
}

enum capsa_status capsa_tree_builder_raise(struct tree_builder *builder, struct capsa_error *err)
{
	struct level above = {0};
	enum capsa_status st = CAPSA_OK;
	size_t count;

	if (builder->height + 1 >= CAPSA_LEVELS_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET, "the index is too high");
	for (size_t first = 0; st == CAPSA_OK && first < builder->level.count; first += count) {
		count = fill_inner(&builder->level, first);
		st = write_inner(builder, &above, first, count, err);
	}
	level_release(&builder->level);
	builder->level = above;
	builder->height++;
	return st;
}
