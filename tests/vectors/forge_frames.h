/* Forging articles and data frames (spec 4 to 7).  Part of forge.h. */
#ifndef VECTORS_FORGE_FRAMES_H
#define VECTORS_FORGE_FRAMES_H

#include "forge_base.h"

static inline struct forge_article *forge_add(struct forge *f, const char *path, struct span body)
{
	struct forge_article *articles = f->articles;

	/* Room doubles whenever the count is a power of two. */
	if ((f->article_count & (f->article_count - 1)) == 0) {
		size_t room = f->article_count == 0 ? 1 : 2 * f->article_count;

		articles = realloc(articles, room * sizeof *articles);
		forge_need(articles != NULL, "out of memory");
		f->articles = articles;
	}
	articles += f->article_count++;
	*articles = (struct forge_article){.path = path, .body = body};
	return articles;
}

static inline void forge_member(struct buffer *line, const char *key, const char *text)
{
	if (text == NULL)
		return;
	capsa_buffer_printf(line, "%s\"%s\":", line->size > 1 ? "," : "", key);
	capsa_json_append(line, forge_text(text));
}

static inline void forge_line(struct forge_article *article)
{
	struct buffer *line = &article->line;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	char text[12 + 2 * CAPSA_DIGEST_SIZE + 1] = "blake2b-256:";

	capsa_digest(digest, article->body);
	capsa_hex(digest, sizeof digest, text + 12);
	capsa_buffer_byte(line, '{');
	forge_member(line, "captured", article->captured);
	forge_member(line, "date", article->date);
	forge_member(line, "digest", text);
	forge_member(line, "location", article->location);
	forge_member(line, "modified", article->modified);
	forge_member(line, "path", article->path);
	capsa_buffer_printf(line, ",\"size\":%zu", article->body.size);
	forge_member(line, "title", article->title);
	forge_member(line, "url", article->url);
	capsa_buffer_byte(line, '}');
}

static inline struct span forge_name(struct forge *f, const struct forge_article *article)
{
	size_t size = strlen(CAPSA_ARTICLES_PREFIX) + strlen(article->path);
	char *name = forge_new(f, size + 1, 1);

	snprintf(name, size + 1, CAPSA_ARTICLES_PREFIX "%s", article->path);
	return span_of(name, size);
}

static inline void forge_article_member(struct forge *f, struct forge_article *article)
{
	struct tar_member member = {.name = forge_name(f, article), .size = article->body.size};
	struct capsa_text modified = {article->modified, 0};
	uint8_t header[CAPSA_TAR_HEADER_MAX];

	if (article->modified != NULL) {
		modified.size = strlen(article->modified);
		forge_need(capsa_date_seconds(modified, &member.mtime), "not a date");
	}
	if (article->link != 0) {
		member.target = forge_name(f, article - article->link);
		member.size = 0;
	}
	article->spine = (struct spine_article){
	    .header_size = (uint16_t)capsa_tar_header(&member, header),
	    .link = article->link,
	    .size = member.size,
	};
	capsa_buffer_append(&article->member, header, article->spine.header_size);
	capsa_buffer_append(&article->member, article->body.data, (size_t)member.size);
	capsa_buffer_zeros(&article->member, tar_padding(member.size));
}

static inline struct forge_frame *forge_frame(struct forge *f, uint8_t kind)
{
	struct forge_frame *frame = &f->frames[f->frame_count++];

	forge_need(f->frame_count <= FORGE_FRAMES_MAX, "too many frames");
	*frame = (struct forge_frame){.kind = kind};
	return frame;
}

static inline void forge_append(struct buffer *out, const char *name, struct span body)
{
	struct tar_member member = {forge_text(name), {NULL, 0}, body.size, FORGE_CREATED};

	member.target = span_of(NULL, 0);
	capsa_tar_append(out, &member, body);
}

static inline void forge_head(struct forge *f)
{
	struct buffer *raw = &forge_frame(f, CAPSA_FRAME_HEAD)->raw;

	forge_append(raw, "capsa/README.txt", forge_text("A capsa archive, for tests.\n"));
	forge_append(raw, "capsa/archive.json", forge_text("{\"created\":\"" FORGE_TIME "\"}\n"));
	if (f->dictionary.size != 0)
		forge_append(raw, "capsa/dictionary", f->dictionary);
}

static inline void forge_lines(struct forge *f, size_t first, size_t end)
{
	struct forge_frame *frame = forge_frame(f, CAPSA_FRAME_METADATA);
	struct buffer lines = {0};
	char name[64];

	for (size_t i = first; i < end; i++) {
		capsa_buffer_append(&lines, f->articles[i].line.data, f->articles[i].line.size);
		capsa_buffer_byte(&lines, '\n');
	}
	snprintf(name, sizeof name, "capsa/metadata/%08u.jsonl", f->metadata_members++);
	forge_append(&frame->raw, name, buffer_span(&lines));
	frame->count = (uint32_t)(end - first);
	capsa_buffer_release(&lines);
}

/* One member, in pieces. */
static inline void forge_large(struct forge *f, size_t number)
{
	const struct forge_article *article = &f->articles[number];

	for (size_t at = 0; at < article->member.size; at += article->piece) {
		struct forge_frame *frame =
		    forge_frame(f, at == 0 ? CAPSA_FRAME_ARTICLES : CAPSA_FRAME_PART);
		size_t left = article->member.size - at;

		frame->first_article = number;
		frame->count = at == 0;
		capsa_buffer_append(&frame->raw, article->member.data + at,
		                    left < article->piece ? left : article->piece);
	}
}

static inline void forge_frames(struct forge *f)
{
	struct forge_frame *open = NULL;
	size_t line = 0;

	forge_head(f);
	for (size_t i = 0; i < f->article_count; i++) {
		const struct forge_article *article = &f->articles[i];

		if (article->piece != 0) {
			forge_large(f, i);
			open = NULL;
		} else {
			if (open == NULL) {
				open = forge_frame(f, CAPSA_FRAME_ARTICLES);
				open->first_article = i;
			}
			capsa_buffer_append(&open->raw, article->member.data, article->member.size);
			open->count++;
		}
		if (article->ends_lines || i + 1 == f->article_count)
			for (size_t end; line <= i; line = end) {
				end =
				    i + 1 - line < FORGE_LINES_MAX ? i + 1 : line + FORGE_LINES_MAX;
				forge_lines(f, line, end);
			}
		if (article->ends_frame || article->ends_lines)
			open = NULL;
	}
	capsa_buffer_zeros(&forge_frame(f, CAPSA_FRAME_END)->raw, CAPSA_TAR_END_SIZE);
}

/* Append one Zstandard frame. */
static inline void forge_zstd(struct forge *f, struct span raw, bool checksum, bool dictionary,
                              struct buffer *out)
{
	struct capsa_error err;

	forge_done(capsa_encoder_run(f->encoder, raw, checksum, dictionary ? f->prepared : NULL,
	                             out, &err),
	           &err);
}

/* A Zstandard frame whose header says what one likes, with blocks that are not compressed. */
struct forge_by_hand {
	bool window;                    /* there is a window, and no single segment */
	uint8_t window_code;
	unsigned id_bytes;              /* of the dictionary ID: 0, 1, 2, 4 */
	uint32_t id;
	unsigned size_bytes;            /* of the content size: 0, 4, 8 */
	uint64_t size;
	bool reserved;
	bool checksum;
};

static inline void forge_zstd_header(struct buffer *out, const struct forge_by_hand *hand)
{
	uint8_t size_code = (uint8_t)(hand->size_bytes == 8 ? 3 : hand->size_bytes / 2);
	uint8_t id_code = (uint8_t)(hand->id_bytes == 4 ? 3 : hand->id_bytes);

	capsa_buffer_u32(out, 0xfd2fb528);
	capsa_buffer_byte(out, (uint8_t)(size_code << 6 | !hand->window << 5 | hand->reserved << 3 |
	                                 hand->checksum << 2 | id_code));
	if (hand->window)
		capsa_buffer_byte(out, hand->window_code);
	for (unsigned i = 0; i < hand->id_bytes; i++)
		capsa_buffer_byte(out, (uint8_t)(hand->id >> (8 * i)));
	for (unsigned i = 0; i < hand->size_bytes; i++)
		capsa_buffer_byte(out, (uint8_t)(hand->size >> (8 * i)));
}

enum { FORGE_BLOCK_RAW, FORGE_BLOCK_RLE };

static inline void forge_zstd_block(struct buffer *out, bool last, unsigned type, size_t size)
{
	uint32_t head = (uint32_t)last | type << 1 | (uint32_t)size << 3;

	capsa_buffer_u16(out, (uint16_t)head);
	capsa_buffer_byte(out, (uint8_t)(head >> 16));
}

/* Content size as it is, unless `hand` says another; the checksum is right. */
static inline void forge_zstd_by_hand(struct forge *f, struct span raw, struct forge_by_hand hand,
                                      struct buffer *out)
{
	struct buffer other = {0};

	if (hand.size == 0)
		hand.size = raw.size;
	forge_zstd_header(out, &hand);
	for (size_t at = 0; at < raw.size; at += 1024) {
		size_t size = raw.size - at < 1024 ? raw.size - at : 1024;

		forge_zstd_block(out, at + size == raw.size, FORGE_BLOCK_RAW, size);
		capsa_buffer_append(out, raw.data + at, size);
	}
	forge_zstd(f, raw, true, false, &other);
	if (hand.checksum)
		capsa_buffer_append(out, other.data + other.size - 4, 4);
	capsa_buffer_release(&other);
}

static inline void forge_store_frames(struct forge *f)
{
	for (size_t i = 0; i < f->frame_count; i++) {
		struct forge_frame *frame = &f->frames[i];

		if (frame->stored.size == 0)
			forge_zstd(f, buffer_span(&frame->raw), true,
			           frame->kind != CAPSA_FRAME_HEAD, &frame->stored);
	}
	forge_at(f, FORGE_STORED);
	for (size_t i = 0; i < f->frame_count; i++) {
		struct forge_frame *frame = &f->frames[i];

		frame->entry = (struct spine_frame){.kind = frame->kind,
		                                    .stored_size = (uint32_t)frame->stored.size,
		                                    .raw_size = (uint32_t)frame->raw.size,
		                                    .count = frame->count};
		capsa_digest(frame->entry.digest, buffer_span(&frame->stored));
		frame->offset = f->file.size;
		capsa_buffer_append(&f->file, frame->stored.data, frame->stored.size);
	}
	forge_at(f, FORGE_SPINE);
}

#endif
