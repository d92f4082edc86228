/* Vectors: data frames (spec 4), withheld frames (12).  Part of vectors.h. */

#include <zstd.h>

/* ---- one frame, stored otherwise --------------------------------------- */

static inline void frame_by_hand(struct forge *f, size_t i, struct forge_by_hand hand)
{
	struct forge_frame *frame = &f->frames[i];

	buffer_clear(&frame->stored);
	forge_zstd_by_hand(f, buffer_span(&frame->raw), hand, &frame->stored);
}

static inline void frame_blocks(struct forge *f)
{
	frame_by_hand(f, FRAME_TWO, (struct forge_by_hand){.size_bytes = 8, .checksum = true});
}

static inline void frame_window_4m(struct forge *f)
{
	frame_by_hand(
	    f, FRAME_TWO,
	    (struct forge_by_hand){
	        .window = true, .window_code = 12 << 3, .size_bytes = 4, .checksum = true});
}

static inline void frame_window_large(struct forge *f)
{
	frame_by_hand(
	    f, FRAME_TWO,
	    (struct forge_by_hand){
	        .window = true, .window_code = (12 << 3) + 1, .size_bytes = 4, .checksum = true});
}

static inline void frame_no_content_size(struct forge *f)
{
	frame_by_hand(
	    f, FRAME_TWO,
	    (struct forge_by_hand){.window = true, .window_code = 12 << 3, .checksum = true});
}

static inline void frame_no_checksum(struct forge *f)
{
	frame_by_hand(f, FRAME_TWO, (struct forge_by_hand){.size_bytes = 4});
}

static inline void frame_reserved(struct forge *f)
{
	frame_by_hand(f, FRAME_TWO,
	              (struct forge_by_hand){.size_bytes = 4, .checksum = true, .reserved = true});
}

static inline void frame_dictionary(struct forge *f)
{
	frame_by_hand(
	    f, FRAME_TWO,
	    (struct forge_by_hand){.size_bytes = 4, .checksum = true, .id_bytes = 4, .id = 40000});
}

static inline void frame_content_size_less(struct forge *f)
{
	frame_by_hand(f, FRAME_TWO,
	              (struct forge_by_hand){.size_bytes = 4,
	                                     .checksum = true,
	                                     .size = f->frames[FRAME_TWO].raw.size - 1});
}

static inline void frame_checksum(struct forge *f)
{
	struct buffer *stored = &f->frames[FRAME_TWO].stored;

	stored->data[stored->size - 1] ^= 1;
}

/* The frame says its raw size, and holds a byte less, or more. */
static inline void frame_of_other_size(struct forge *f, size_t size)
{
	struct buffer *raw = &f->frames[FRAME_TWO].raw, *stored = &f->frames[FRAME_TWO].stored;
	struct forge_by_hand hand = {.size_bytes = 4, .checksum = true, .size = raw->size};
	struct buffer other = {0};

	capsa_buffer_append(&other, raw->data, raw->size);
	capsa_buffer_byte(&other, 0);
	buffer_clear(stored);
	forge_zstd_by_hand(f, span_of(other.data, size), hand, stored);
	capsa_buffer_release(&other);
}

static inline void frame_holds_less(struct forge *f)
{
	frame_of_other_size(f, f->frames[FRAME_TWO].raw.size - 1);
}

static inline void frame_holds_more(struct forge *f)
{
	frame_of_other_size(f, f->frames[FRAME_TWO].raw.size + 1);
}

/* It says its raw size; it would grow to 1 GiB. */
static inline void frame_bomb(struct forge *f)
{
	struct buffer *stored = &f->frames[FRAME_TWO].stored;
	struct forge_by_hand hand = {
	    .size_bytes = 4, .checksum = true, .size = f->frames[FRAME_TWO].raw.size};

	buffer_clear(stored);
	forge_zstd_header(stored, &hand);
	for (unsigned i = 0; i < 8192; i++) {
		forge_zstd_block(stored, i == 8191, FORGE_BLOCK_RLE, 128U << 10);
		capsa_buffer_byte(stored, 'x');
	}
	capsa_buffer_u32(stored, 0);
}

static inline void frame_cut(struct forge *f)
{
	f->frames[FRAME_TWO].stored.size -= 5;
}

static inline void frame_byte_after(struct forge *f)
{
	capsa_buffer_byte(&f->frames[FRAME_TWO].stored, 0);
}

static inline void frame_empty_after(struct forge *f)
{
	forge_zstd(f, span_of(NULL, 0), true, false, &f->frames[FRAME_TWO].stored);
}

static inline void frame_two(struct forge *f)
{
	struct forge_frame *frame = &f->frames[FRAME_TWO];
	size_t half = frame->raw.size / 2;

	buffer_clear(&frame->stored);
	forge_zstd(f, span_of(frame->raw.data, half), true, false, &frame->stored);
	forge_zstd(f, span_of(frame->raw.data + half, frame->raw.size - half), true, false,
	           &frame->stored);
}

static inline void frame_skippable(struct forge *f)
{
	static const uint8_t skippable[] = {0x5c, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 'n', 'o', 't', 'e'};

	forge_splice(&f->frames[FRAME_TWO].stored, 0, 0, span_of(skippable, sizeof skippable));
}

static inline void frame_not_compressed(struct forge *f)
{
	struct forge_frame *frame = &f->frames[FRAME_TWO];

	buffer_clear(&frame->stored);
	capsa_buffer_append(&frame->stored, frame->raw.data, frame->raw.size);
}

/* zstd itself, where the library's encoder keeps the limits of the format. */
static inline void forge_zstd_any(struct span raw, struct buffer *out)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	uint8_t *room = capsa_buffer_extend(out, ZSTD_compressBound(raw.size));
	size_t size;

	forge_need(context != NULL && room != NULL, "out of memory");
	ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
	size = ZSTD_compress2(context, room, ZSTD_compressBound(raw.size), raw.data, raw.size);
	forge_need(!ZSTD_isError(size), "cannot compress");
	out->size = size;
	ZSTD_freeCCtx(context);
}

static inline void plan_large(struct forge *f, size_t size)
{
	forge_plan_plain(f);
	f->articles[4].body = forge_text(forge_repeat(f, "0123456789abcdef", size / 16));
	f->articles[4].piece = 0;
	f->articles[3].ends_frame = true;
}

static inline void plan_frame_4m(struct forge *f)
{
	plan_large(f, CAPSA_FRAME_RAW_MAX - CAPSA_TAR_BLOCK);
}

static inline void plan_frame_over_4m(struct forge *f)
{
	plan_large(f, CAPSA_FRAME_RAW_MAX);
}

static inline void raw_frame_over_4m(struct forge *f)
{
	forge_zstd_any(buffer_span(&f->frames[FRAME_LARGE].raw), &f->frames[FRAME_LARGE].stored);
}

/* ---- withheld ---------------------------------------------------------- */

static inline uint8_t *withhold(struct forge *f, size_t i, const char *reason)
{
	uint8_t *frame = f->file.data + f->frames[i].offset;

	capsa_frame_withhold(frame, f->frames[i].stored.size, forge_text(reason));
	return frame;
}

static inline void withheld_articles(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court");
}

static inline void withheld_part(struct forge *f)
{
	withhold(f, FRAME_PART_2, "");
}

static inline void withheld_lines(struct forge *f)
{
	withhold(f, FRAME_LINES, "personal data");
}

static inline void withheld_head(struct forge *f)
{
	withhold(f, FRAME_HEAD, "by order of a court");
}

static inline void withheld_end(struct forge *f)
{
	withhold(f, FRAME_END, "");
}

static inline void withheld_size(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[4]--;
}

static inline void withheld_tag(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[8] = 'w';
}

static inline void withheld_control(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[16 + 2] = '\n';
}

static inline void withheld_space(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[16] = ' ';
}

static inline void withheld_not_zero(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[16 + 30] = 'x';
}

static inline void withheld_magic(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[0] = 0x5b;
}

static inline void withheld_utf8(struct forge *f)
{
	withhold(f, FRAME_TWO, "by order of a court")[16] = 0xff;
}

static const struct vector vectors_frames[] = {
    {"good-frame-raw-blocks", "4", "a frame in blocks that are not compressed", GOOD,
     CHANGE(FORGE_STORED, frame_blocks)},
    {"good-frame-window-4m", "1.2", "a frame with a window of 4 MiB", GOOD,
     CHANGE(FORGE_STORED, frame_window_4m)},
    {"good-frame-4m", "1.2", "a frame of 4 MiB", GOOD, PLAN(plan_frame_4m)},
    {"good-withheld", "12", "a withheld articles frame, with a reason", CAUGHT_FULL,
     CAPSA_EWITHHELD, "by order of a court", CHANGE(FORGE_FILE, withheld_articles)},
    {"good-withheld-part", "12", "a withheld part, without reason", CAUGHT_FULL, CAPSA_EWITHHELD,
     "", CHANGE(FORGE_FILE, withheld_part)},
    {"good-withheld-lines", "12", "a withheld metadata frame", CAUGHT_FULL, CAPSA_EWITHHELD,
     "personal data", CHANGE(FORGE_FILE, withheld_lines)},
    {"bad-withheld-head", "12", "a head frame cannot be withheld", BAD_FULL,
     "head frame fails its digest", CHANGE(FORGE_FILE, withheld_head)},
    {"bad-withheld-end", "12", "an end frame cannot be withheld", BAD_FULL,
     "end frame fails its digest", CHANGE(FORGE_FILE, withheld_end)},
    {"bad-withheld-size", "12", "a withheld frame whose size is one less", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_size)},
    {"bad-withheld-tag", "12", "a withheld frame with another tag", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_tag)},
    {"bad-withheld-magic", "12", "a withheld frame with another magic", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_magic)},
    {"bad-withheld-utf8", "12", "a reason that is not UTF-8", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_utf8)},
    {"bad-withheld-control", "12", "a reason with a line feed", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_control)},
    {"bad-withheld-space", "12", "a reason that begins with a space", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_space)},
    {"bad-withheld-not-zero", "12", "a byte that is not zero after the reason", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_FILE, withheld_not_zero)},
    {"bad-frame-4m", "1.2", "a frame of 4 MiB and 512 bytes", BAD_QUICK, "bad column of frames",
     PLAN_CHANGE(plan_frame_over_4m, FORGE_RAW, raw_frame_over_4m)},
    {"bad-frame-window", "1.2", "a window of 4.5 MiB", BAD_DEEP, "over the limit",
     CHANGE(FORGE_STORED, frame_window_large)},
    {"bad-frame-no-content-size", "4", "no content size", BAD_DEEP, "lacks its content size",
     CHANGE(FORGE_STORED, frame_no_content_size)},
    {"bad-frame-content-size", "4", "a content size that is one less", BAD_DEEP, "content size is",
     CHANGE(FORGE_STORED, frame_content_size_less)},
    {"bad-frame-holds-less", "4", "a frame that holds a byte less than it says", BAD_DEEP,
     "decompress", CHANGE(FORGE_STORED, frame_holds_less)},
    {"bad-frame-holds-more", "4", "a frame that holds a byte more than it says", BAD_DEEP,
     "decompress", CHANGE(FORGE_STORED, frame_holds_more)},
    {"bad-frame-bomb", "4", "a frame that would grow to 1 GiB", BAD_DEEP, "decompress",
     CHANGE(FORGE_STORED, frame_bomb)},
    {"bad-frame-no-checksum", "4", "no checksum", BAD_DEEP, "lacks its checksum",
     CHANGE(FORGE_STORED, frame_no_checksum)},
    {"bad-frame-checksum", "4", "a wrong checksum", BAD_DEEP, "decompress",
     CHANGE(FORGE_STORED, frame_checksum)},
    {"bad-frame-reserved", "4", "a reserved bit is set", BAD_DEEP, "reserved bit",
     CHANGE(FORGE_STORED, frame_reserved)},
    {"bad-frame-dictionary", "4", "a dictionary ID, and no dictionary", BAD_DEEP,
     "needs dictionary 40000", CHANGE(FORGE_STORED, frame_dictionary)},
    {"bad-frame-cut", "4", "a frame that lacks its last five bytes", BAD_DEEP, "broken",
     CHANGE(FORGE_STORED, frame_cut)},
    {"bad-frame-byte-after", "4", "a byte follows inside the stored size", BAD_DEEP,
     "1 bytes follow", CHANGE(FORGE_STORED, frame_byte_after)},
    {"bad-frame-empty-after", "4", "an empty frame follows inside the stored size", BAD_DEEP,
     "bytes follow", CHANGE(FORGE_STORED, frame_empty_after)},
    {"bad-frame-two", "4", "two frames in place of one", BAD_DEEP, "content size is",
     CHANGE(FORGE_STORED, frame_two)},
    {"bad-frame-skippable", "4", "a skippable frame in front, inside the stored size", BAD_DEEP,
     "not a Zstandard frame", CHANGE(FORGE_STORED, frame_skippable)},
    {"bad-frame-not-compressed", "4", "a frame that is not compressed", BAD_DEEP,
     "not a Zstandard frame", CHANGE(FORGE_STORED, frame_not_compressed)},
};
