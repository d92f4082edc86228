/* Finding data frames without an index; the contracts are in frame_scan.h. */
#include "frame_scan.h"

#include "cursor.h"
#include "digest.h"
#include "frame.h"
#include "reader.h"
#include "visit.h"

#include <stdlib.h>

#define WINDOW_SIZE ((size_t)2 * CAPSA_FRAME_STORED_MAX)
#define BLOCK_SIZE 4096u                /* what a disk loses at once */
#define WASTE_FACTOR 64                 /* so many times the file is looked at in vain, at most */

/* A frame that the spine still tells of. */
struct known {
	uint64_t offset;
	uint32_t stored_size;
	uint8_t digest[CAPSA_DIGEST_SIZE];
};

struct frame_scan {
	const struct capsa_source *source;
	const struct dictionary *dictionary;
	struct decoder *decoder;        /* owned */
	struct buffer known;            /* array of struct known, ascending */
	size_t next_known;
	uint64_t at;                    /* what comes next */
	uint8_t *window;                /* owned */
	uint64_t window_at;
	size_t window_size;
	struct buffer raw;
	struct buffer stored;
	uint64_t wasted;                /* bytes that were taken for frames in vain */
	bool (*progress)(void *ctx, uint64_t bytes, uint64_t total);    /* may be NULL */
	void *progress_ctx;
};

void capsa_frame_scan_free(struct frame_scan *scan)
{
	if (scan == NULL)
		return;
	capsa_decoder_free(scan->decoder);
	capsa_buffer_release(&scan->known);
	capsa_buffer_release(&scan->raw);
	capsa_buffer_release(&scan->stored);
	free(scan->window);
	free(scan);
}

void capsa_frame_scan_dictionary(struct frame_scan *scan, const struct dictionary *dictionary)
{
	scan->dictionary = dictionary;
}

void capsa_frame_scan_watch(struct frame_scan *scan,
                            bool (*progress)(void *ctx, uint64_t bytes, uint64_t total), void *ctx)
{
	scan->progress = progress;
	scan->progress_ctx = ctx;
}

/* ---- what the spine still says ---- */

static enum capsa_status take_page(void *ctx, const struct visit_place *place,
                                   const struct page *page, struct capsa_error *err)
{
	struct frame_scan *scan = ctx;
	uint64_t offset = CAPSA_PREFIX_SIZE + place->before.stored;

	for (size_t i = 0; page->level == 0 && i < page->leaf.frame_count; i++) {
		const struct spine_frame *frame = &page->leaf.frames[i];
		struct known known = {.offset = offset, .stored_size = frame->stored_size};

		memcpy(known.digest, frame->digest, sizeof known.digest);
		capsa_buffer_append(&scan->known, &known, sizeof known);
		offset += frame->stored_size;
	}
	return scan->known.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

static void pass_damaged(void *ctx, const struct visit_place *place, enum capsa_status status,
                         const struct capsa_error *why)
{
	(void)ctx;
	(void)place;
	(void)status;
	(void)why;
}

/* An archive that does not open tells nothing, which is no failure here. */
static enum capsa_status take_spine(struct frame_scan *scan, struct capsa_error *err)
{
	const struct visitor visitor = {take_page, pass_damaged, VISIT_DECODE, scan};
	struct capsa_reader *reader;
	enum capsa_status st = capsa_reader_open(&reader, scan->source, NULL, err);

	if (st == CAPSA_OK)
		st = capsa_tree_visit(reader->pages, reader_root(reader, READER_SPINE), &visitor,
		                      err);
	capsa_reader_close(reader);
	return st == CAPSA_ENOMEM ? st : CAPSA_OK;
}

enum capsa_status capsa_frame_scan_new(struct frame_scan **out, const struct capsa_source *source,
                                       struct capsa_error *err)
{
	struct frame_scan *scan = capsa_array_new(1, sizeof *scan);
	enum capsa_status st;

	*out = NULL;
	if (scan == NULL)
		return capsa_fail_memory(err);
	scan->source = source;
	scan->window = malloc(source->size < WINDOW_SIZE ? (size_t)source->size + 1 : WINDOW_SIZE);
	st = scan->window != NULL ? capsa_decoder_new(&scan->decoder, err)
	                          : capsa_fail_memory(err);
	if (st == CAPSA_OK)
		st = take_spine(scan, err);
	if (st != CAPSA_OK) {
		capsa_frame_scan_free(scan);
		return st;
	}
	*out = scan;
	return CAPSA_OK;
}

/* ---- the window ---- */

/* What cannot be read is zeros, a block of the disk at a time. */
static void read_blocks(const struct capsa_source *source, uint64_t offset, uint8_t *out,
                        size_t size)
{
	if (source->read_at(source->ctx, offset, out, size) == 0)
		return;
	while (size != 0) {
		size_t step = BLOCK_SIZE - (size_t)(offset % BLOCK_SIZE);

		if (step > size)
			step = size;
		if (source->read_at(source->ctx, offset, out, step) != 0)
			memset(out, 0, step);
		offset += step;
		out += step;
		size -= step;
	}
}

/* The bytes from scan->at on: those of the largest frame, or all that are left. */
static struct span look(struct frame_scan *scan)
{
	uint64_t left = scan->source->size - scan->at;
	size_t wanted = left < CAPSA_FRAME_STORED_MAX ? (size_t)left : CAPSA_FRAME_STORED_MAX;
	uint64_t end = scan->window_at + scan->window_size;

	if (scan->at < scan->window_at || !extent_inside(scan->at, wanted, end)) {
		size_t kept = scan->at >= scan->window_at && scan->at < end
		                  ? (size_t)(end - scan->at)
		                  : 0;
		size_t size = left < WINDOW_SIZE ? (size_t)left : WINDOW_SIZE;

		if (kept != 0)
			memmove(scan->window, scan->window + (scan->at - scan->window_at), kept);
		read_blocks(scan->source, scan->at + kept, scan->window + kept, size - kept);
		scan->window_at = scan->at;
		scan->window_size = size;
	}
	return span_of(scan->window + (scan->at - scan->window_at), wanted);
}

/* ---- frames ---- */

static enum capsa_status decode(struct frame_scan *scan, struct span stored, uint64_t offset,
                                struct buffer *raw, struct capsa_error *err)
{
	struct frame_rule rule = {.checksum = true, .dictionary = scan->dictionary};
	uint8_t *room;
	enum capsa_status st = capsa_decoder_raw_size(stored, CAPSA_FRAME_RAW_MAX, &rule.raw_size,
	                                              offset, err);

	if (st != CAPSA_OK)
		return st;
	buffer_clear(raw);
	room = capsa_buffer_extend(raw, rule.raw_size);
	if (room == NULL)
		return capsa_fail_memory(err);
	return capsa_decoder_run(scan->decoder, stored, &rule, room, offset, err);
}

/* The frame that the spine has here; NULL: none.  Those before are forgotten. */
static const struct known *known_here(struct frame_scan *scan)
{
	const struct known *known = (const struct known *)(const void *)scan->known.data;
	size_t count = scan->known.size / sizeof *known;

	while (scan->next_known < count && known[scan->next_known].offset < scan->at)
		scan->next_known++;
	return scan->next_known < count && known[scan->next_known].offset == scan->at
	           ? &known[scan->next_known]
	           : NULL;
}

/* Bytes of a skippable frame of ours at the beginning, which holds no articles; 0: none. */
static size_t skippable(struct span in)
{
	static const uint8_t magic[4] = {0x5c, 0x2a, 0x4d, 0x18};
	struct cursor c = cursor_of(in);
	const uint8_t *found = cursor_take(&c, sizeof magic);
	uint64_t size = (uint64_t)cursor_u32(&c) + 8;

	if (c.failed || memcmp(found, magic, sizeof magic) != 0 || size < CAPSA_HEAD_SIZE ||
	    size > in.size)
		return 0;
	return memcmp(in.data + 8, "CAPSA", 5) == 0 || memcmp(in.data + 8, "WITHHELD", 8) == 0
	           ? (size_t)size
	           : 0;
}

/* Bytes until something may begin: 28 B5 2F FD, or 5C 2A 4D 18. */
static size_t step_over(struct span in)
{
	for (size_t i = 1; i + 1 < in.size; i++)
		if ((in.data[i] == 0x28 && in.data[i + 1] == 0xb5) ||
		    (in.data[i] == 0x5c && in.data[i + 1] == 0x2a))
			return i;
	return in.size > 1 ? in.size - 1 : 1;
}

/*
 * Where to go on behind what looks like a frame and is none: to its end where another may begin
 * there, else to what may begin within it, for its size may be what is damaged; but hostile bytes
 * must not make that endless.  `size` is also that of the beginning of a frame that does not go on.
 */
static size_t step_behind(struct frame_scan *scan, struct span here, size_t size)
{
	size_t skip = skippable(here);

	if (skip != 0 || size == 0 || size > here.size)
		return skip != 0 ? skip : step_over(here);
	scan->wasted += size;
	if (size + 4 <= here.size && (memcmp(here.data + size, "\x28\xb5\x2f\xfd", 4) == 0 ||
	                              memcmp(here.data + size, "\x5c\x2a\x4d\x18", 4) == 0))
		return size;
	return scan->wasted / WASTE_FACTOR < scan->source->size ? step_over(here) : size;
}

/* Is there a frame here?  CAPSA_ENOENT: no, and scan->at has moved on. */
static enum capsa_status try_frame(struct frame_scan *scan, struct found_frame *out,
                                   struct capsa_error *err)
{
	struct span here = look(scan);
	const struct known *known = known_here(scan);
	size_t walked = known != NULL ? known->stored_size : 0;
	size_t size = known != NULL ? walked : capsa_codec_frame_size(here, &walked);
	uint64_t offset = scan->at;
	enum capsa_status st = CAPSA_ENOENT;

	/* What the spine knows is a frame with its digest, or it is not looked into. */
	if (known != NULL && (size > here.size ||
	                      !capsa_digest_matches(known->digest, span_of(here.data, size)))) {
		scan->at += size < here.size ? size : here.size;
		return CAPSA_ENOENT;
	}
	if (size != 0 && size <= here.size)
		st = decode(scan, span_of(here.data, size), offset, &scan->raw, err);
	if (st == CAPSA_OK) {
		*out = (struct found_frame){.offset = offset,
		                            .stored_size = (uint32_t)size,
		                            .checked = known != NULL,
		                            .raw = buffer_span(&scan->raw)};
		capsa_digest(out->digest, span_of(here.data, size));
		scan->at += size;
		return CAPSA_OK;
	}
	scan->at += step_behind(scan, here, size != 0 ? size : walked);
	return st == CAPSA_ENOMEM ? st : CAPSA_ENOENT;
}

enum capsa_status capsa_frame_scan_next(struct frame_scan *scan, struct found_frame *out,
                                        struct capsa_error *err)
{
	enum capsa_status st;

	if (scan->at == 0 && scan->source->size >= CAPSA_PREFIX_SIZE)
		scan->at = memcmp(look(scan).data, capsa_prefix, CAPSA_PREFIX_SIZE) == 0
		               ? CAPSA_PREFIX_SIZE
		               : 0;
	do {
		if (scan->progress != NULL &&
		    !scan->progress(scan->progress_ctx, scan->at, scan->source->size))
			return capsa_fail(err, CAPSA_ESTOPPED, CAPSA_NO_OFFSET, "stopped");
		if (scan->at == scan->source->size)
			return CAPSA_ENOENT;
		st = try_frame(scan, out, err);
	} while (st == CAPSA_ENOENT);
	return st;
}

enum capsa_status capsa_frame_scan_load(struct frame_scan *scan, uint64_t offset,
                                        uint32_t stored_size,
                                        const uint8_t digest[CAPSA_DIGEST_SIZE],
                                        struct buffer *raw, struct capsa_error *err)
{
	uint8_t *room;

	buffer_clear(&scan->stored);
	room = capsa_buffer_extend(&scan->stored, stored_size);
	if (room == NULL)
		return capsa_fail_memory(err);
	read_blocks(scan->source, offset, room, stored_size);
	/* What was told of it, that it is checked above all, was told of those bytes. */
	if (!capsa_digest_matches(digest, buffer_span(&scan->stored)))
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "the frame has changed");
	return decode(scan, buffer_span(&scan->stored), offset, raw, err);
}
