/* Small archives of several shapes: what targets begin from that know a good archive. */
#ifndef FUZZ_SHAPES_H
#define FUZZ_SHAPES_H

#include "../vectors/vectors.h"

/* ---- shapes ------------------------------------------------------------ */

static void plan_pages_and_links(struct forge *f)
{
	plan_many(f, 12, 3);
	f->page_entries = 2;
	for (size_t i = 0; i < f->article_count; i++)
		f->articles[i].ends_lines = i % 5 == 4;
	f->articles[7].body = forge_text(forge_repeat(f, "large ", 400));
	f->articles[7].piece = 700;
	f->articles[3].body = forge_text(forge_repeat(f, "twice ", 200));
	forge_add(f, "z-link", f->articles[3].body)->link = 9;
	forge_add(f, "z-link-large", f->articles[7].body)->link = 6;
}

/* The body is all but incompressible, in frames that end within it. */
static void plan_noise(struct forge *f)
{
	uint8_t *body = forge_new(f, 6000, 1);
	uint32_t state = 7;

	for (size_t i = 0; i < 6000; i++) {
		state = state * 1664525 + 1013904223;
		body[i] = (uint8_t)(state >> 24);
	}
	forge_add(f, "noise/first.bin", span_of(body, 6000))->piece = 2048;
	forge_add(f, "noise/second.bin", span_of(body, 3000))->ends_lines = true;
	forge_add(f, "noise/third.bin", span_of(body + 3000, 1500));
	f->articles[0].modified = "2020-01-01T00:00:00Z";
}

static void plan_with_sixth_tree(struct forge *f)
{
	plan_tall(f);
	f->trees[f->tree_count++] = (struct forge_tree){.name = "words", .kind = CAPSA_PAGE_KEYS};
}

static void (*const shapes[])(struct forge *f) = {
    forge_plan_plain,
    plan_tall,
    plan_dictionary,
    plan_pages_and_links,
    plan_names,
    plan_captures,
    plan_times,
    plan_noise,
    plan_link_large,
    plan_same_titles,
    plan_with_sixth_tree,
    plan_unsigned,
    plan_lines_one_by_one,
    plan_header_alone,
    plan_empty,
    plan_requires,
};
#define SHAPES (sizeof shapes / sizeof *shapes)

/* The good archive of a shape, made once; borrowed until the program ends. */
static inline struct forge *shapes_archive(unsigned shape)
{
	static struct forge *made[SHAPES];
	struct forge **place = &made[shape % SHAPES];

	if (*place == NULL)
		*place = forge_make(&(struct forge_change){.plan = shapes[shape % SHAPES]});
	return *place;
}

/*
 * The same, but that each data frame has a byte changed in it, wherever one of the same stored size
 * comes of that.
 */
static inline struct span shapes_other(unsigned shape)
{
	static struct buffer made[SHAPES];
	struct buffer *other = &made[shape % SHAPES];
	struct forge *f = shapes_archive(shape);

	if (other->size != 0)
		return buffer_span(other);
	capsa_buffer_append(other, f->file.data, f->file.size);
	for (size_t i = 0; i < f->frame_count; i++) {
		struct forge_frame *frame = &f->frames[i];
		uint8_t *byte = &frame->raw.data[frame->raw.size / 2];
		struct buffer stored = {0};

		*byte ^= 1;
		forge_zstd(f, buffer_span(&frame->raw), true, frame->kind != CAPSA_FRAME_HEAD,
		           &stored);
		*byte ^= 1;
		if (stored.size == frame->stored.size)
			memcpy(other->data + frame->offset, stored.data, stored.size);
		capsa_buffer_release(&stored);
	}
	return buffer_span(other);
}

/* ---- keys (14), as far as forged articles need them -------------------- */

#define SHAPES_HOST "https://example.org/"

static int shapes_url_key(void *ctx, struct capsa_text url, void *key, size_t capacity,
                          size_t *size)
{
	static const char *const hosts[] = {SHAPES_HOST, "https://www.example.org/"};
	static const char start[] = "org,example)/";

	(void)ctx;
	*size = 0;
	for (unsigned i = 0; i < 2; i++) {
		size_t host = strlen(hosts[i]), rest = url.size - host;

		if (url.size < host || memcmp(url.data, hosts[i], host) != 0 ||
		    sizeof start - 1 + rest > capacity)
			continue;
		memcpy(key, start, sizeof start - 1);
		memcpy((char *)key + sizeof start - 1, url.data + host, rest);
		*size = sizeof start - 1 + rest;
	}
	return 0;
}

static int shapes_title_key(void *ctx, struct capsa_text title, void *key, size_t capacity,
                            size_t *size)
{
	(void)ctx;
	*size = title.size < capacity ? title.size : capacity;
	memcpy(key, title.data, *size);
	return 0;
}

static const struct capsa_keys shapes_keys = {shapes_url_key, shapes_title_key, NULL, "15.0.0"};

#endif
