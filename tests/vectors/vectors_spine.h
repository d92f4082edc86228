/* Vectors: the spine (spec 4, 8.5).  Part of vectors.h. */

/* The frames of the plain archive. */
enum {
	FRAME_HEAD,
	FRAME_ONE,
	FRAME_TWO,
	FRAME_LINES,
	FRAME_LARGE,
	FRAME_PART,
	FRAME_PART_2,
	FRAME_PART_3,
	FRAME_LAST_LINE,
	FRAME_END
};

/* Put frame `from` where `to` is; those between move up. */
static inline void frame_move(struct forge *f, size_t from, size_t to)
{
	struct forge_frame frame = f->frames[from];

	if (from < to)
		memmove(f->frames + from, f->frames + from + 1, (to - from) * sizeof frame);
	else
		memmove(f->frames + to + 1, f->frames + to, (from - to) * sizeof frame);
	f->frames[to] = frame;
}

static inline void frame_remove(struct forge *f, size_t i)
{
	frame_move(f, i, --f->frame_count);
	capsa_buffer_release(&f->frames[f->frame_count].raw);
}

/* Put a copy of frame `i` before frame `to`. */
static inline void frame_copy(struct forge *f, size_t i, size_t to)
{
	struct forge_frame copy = f->frames[i];

	copy.raw = (struct buffer){0};
	capsa_buffer_append(&copy.raw, f->frames[i].raw.data, f->frames[i].raw.size);
	f->frames[f->frame_count] = copy;
	frame_move(f, f->frame_count++, to);
}

/* ---- which frames there are -------------------------------------------- */

static inline void raw_no_head(struct forge *f)
{
	frame_remove(f, FRAME_HEAD);
}

static inline void raw_two_heads(struct forge *f)
{
	frame_copy(f, FRAME_HEAD, FRAME_ONE);
}

static inline void raw_no_end(struct forge *f)
{
	frame_remove(f, FRAME_END);
}

static inline void raw_two_ends(struct forge *f)
{
	frame_copy(f, FRAME_END, FRAME_END);
}

static inline void raw_end_early(struct forge *f)
{
	frame_move(f, FRAME_END, FRAME_LAST_LINE);
}

static inline void raw_end_short(struct forge *f)
{
	f->frames[FRAME_END].raw.size = CAPSA_TAR_BLOCK;
}

static inline void raw_lines_early(struct forge *f)
{
	frame_move(f, FRAME_LINES, FRAME_TWO);
}

static inline void raw_lines_inside(struct forge *f)
{
	frame_move(f, FRAME_LAST_LINE, FRAME_PART_2);
}

static inline void raw_part_early(struct forge *f)
{
	frame_move(f, FRAME_PART, FRAME_LARGE);
}

static inline void raw_part_lost(struct forge *f)
{
	frame_remove(f, FRAME_PART_3);
}

static inline void raw_part_more(struct forge *f)
{
	frame_copy(f, FRAME_PART_3, FRAME_LAST_LINE);
}

static inline void raw_part_long(struct forge *f)
{
	capsa_buffer_zeros(&f->frames[FRAME_PART_3].raw, CAPSA_TAR_BLOCK);
}

static inline void raw_block_more(struct forge *f)
{
	capsa_buffer_zeros(&f->frames[FRAME_TWO].raw, CAPSA_TAR_BLOCK);
}

static inline void raw_padding_less(struct forge *f)
{
	f->frames[FRAME_TWO].raw.size--;
}

static inline void raw_padding_more(struct forge *f)
{
	capsa_buffer_byte(&f->frames[FRAME_TWO].raw, 0);
}

/* ---- what is said of them ---------------------------------------------- */

static inline struct spine_frame *entry(struct forge *f, size_t i)
{
	return &f->frames[i].entry;
}

static inline void spine_kind(struct forge *f)
{
	entry(f, FRAME_PART)->kind = 5;
}

static inline void spine_count_0(struct forge *f)
{
	entry(f, FRAME_ONE)->count = 0;
}

static inline void spine_lines_0(struct forge *f)
{
	entry(f, FRAME_LINES)->count = 0;
}

static inline void spine_head_count(struct forge *f)
{
	entry(f, FRAME_HEAD)->count = 1;
}

static inline void spine_part_count(struct forge *f)
{
	entry(f, FRAME_PART)->count = 1;
}

static inline void spine_lines_more(struct forge *f)
{
	entry(f, FRAME_LINES)->count++;
}

static inline void spine_lines_less(struct forge *f)
{
	entry(f, FRAME_LINES)->count--;
}

static inline void spine_lines_other(struct forge *f)
{
	entry(f, FRAME_LINES)->count--;
	entry(f, FRAME_LAST_LINE)->count++;
}

static inline void spine_stored_tiny(struct forge *f)
{
	entry(f, FRAME_TWO)->stored_size = 15;
}

static inline void spine_stored_large(struct forge *f)
{
	entry(f, FRAME_TWO)->stored_size = CAPSA_FRAME_STORED_MAX + 1;
}

static inline void spine_stored_shifted(struct forge *f)
{
	entry(f, FRAME_TWO)->stored_size++;
	entry(f, FRAME_LINES)->stored_size--;
}

static inline void spine_stored_more(struct forge *f)
{
	entry(f, FRAME_END)->stored_size++;
}

static inline void spine_raw_0(struct forge *f)
{
	entry(f, FRAME_LINES)->raw_size = 0;
}

static inline void spine_raw_large(struct forge *f)
{
	entry(f, FRAME_LINES)->raw_size = CAPSA_FRAME_RAW_MAX + 1;
}

static inline void spine_raw_more(struct forge *f)
{
	entry(f, FRAME_LINES)->raw_size += CAPSA_TAR_BLOCK;
}

static inline void spine_digest(struct forge *f)
{
	entry(f, FRAME_TWO)->digest[0] ^= 1;
}

static inline void spine_end_digest(struct forge *f)
{
	entry(f, FRAME_END)->digest[0] ^= 1;
}

static inline void spine_header_0(struct forge *f)
{
	f->articles[0].spine.header_size = 0;
}

static inline void spine_header_19(struct forge *f)
{
	f->articles[0].spine.header_size = 19 * CAPSA_TAR_BLOCK;
}

static inline void spine_header_more(struct forge *f)
{
	f->articles[1].spine.header_size += CAPSA_TAR_BLOCK;
}

static inline void spine_header_shifted(struct forge *f)
{
	f->articles[1].spine.header_size += CAPSA_TAR_BLOCK;
	f->articles[1].spine.size -= CAPSA_TAR_BLOCK;
}

static inline void spine_body_less(struct forge *f)
{
	f->articles[0].spine.size--;
}

static inline void spine_body_block_less(struct forge *f)
{
	f->articles[1].spine.size -= CAPSA_TAR_BLOCK;
}

static inline void spine_body_huge(struct forge *f)
{
	f->articles[4].spine.size = CAPSA_OFFSET_MAX - 1;
}

static inline void spine_body_wraps(struct forge *f)
{
	f->articles[1].spine.size = UINT64_MAX - 1023;
}

static inline void spine_link_nowhere(struct forge *f)
{
	f->articles[2].spine.link = 3;
}

static inline void spine_link_huge(struct forge *f)
{
	f->articles[2].spine.link = UINT64_MAX;
}

static inline void spine_link_other(struct forge *f)
{
	f->articles[2].spine.link = 2;
}

/* The body that article 2 says to share is not there any more: it is a link as well. */
static inline void plan_link_to_link(struct forge *f)
{
	struct forge_article *a;

	forge_plan_plain(f);
	a = forge_add(f, "z.html", f->articles[2].body);
	a->link = 3;
}

static inline void plan_link_small(struct forge *f)
{
	struct forge_article *a;

	forge_plan_plain(f);
	a = forge_add(f, "small", f->articles[0].body);
	a->link = 5;
	a = forge_add(f, "none", f->articles[3].body);
	a->link = 3;
}

static inline void plan_link_large(struct forge *f)
{
	forge_plan_plain(f);
	forge_add(f, "z-large.txt", f->articles[4].body)->link = 1;
}

static inline void plan_1024(struct forge *f)
{
	plan_many(f, CAPSA_FRAME_ARTICLES_MAX, SIZE_MAX);
}

static inline void plan_1025(struct forge *f)
{
	plan_many(f, CAPSA_FRAME_ARTICLES_MAX + 1, SIZE_MAX);
}

/* All lines come after all articles. */
static inline void plan_waiting(struct forge *f, size_t count)
{
	plan_many(f, count, CAPSA_FRAME_ARTICLES_MAX);
	for (size_t i = 0; i < count; i++)
		f->articles[i].title = NULL;
	f->page_entries = 16;
}

static inline void plan_65536(struct forge *f)
{
	plan_waiting(f, CAPSA_FRAME_WAITING_MAX);
}

static inline void plan_65537(struct forge *f)
{
	plan_waiting(f, CAPSA_FRAME_WAITING_MAX + 1);
}

/* The first piece does not hold the header. */
static inline void plan_beside(struct forge *f)
{
	forge_add(f, "small", forge_text("small"));
	forge_add(f, "tall", forge_text(forge_repeat(f, "large ", 500)))->piece = 1024;
}

/* The first piece of the second article goes into the frame of the first. */
static inline void raw_beside(struct forge *f)
{
	struct forge_frame *small = &f->frames[1], *piece = &f->frames[2];

	capsa_buffer_append(&small->raw, piece->raw.data, piece->raw.size);
	small->count = 2;
	capsa_buffer_release(&piece->raw);
	memmove(piece, piece + 1, (f->frame_count - 3) * sizeof *piece);
	f->frames[--f->frame_count] = (struct forge_frame){0};
}

static inline void plan_header_cut(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[4].piece = CAPSA_TAR_BLOCK / 2;
}

/* The first piece is the header alone; the last one padding alone. */
static inline void plan_header_alone(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[4].piece = CAPSA_TAR_BLOCK;
}

static inline void plan_pieces_of_padding(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[4].piece = CAPSA_TAR_BLOCK + 100;
}

static inline void plan_lines_at_once(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[3].ends_lines = false;
}

static inline void plan_lines_one_by_one(struct forge *f)
{
	forge_plan_plain(f);
	for (size_t i = 0; i < f->article_count; i++)
		f->articles[i].ends_lines = true;
}

/* ---- the page ---------------------------------------------------------- */

static inline void page_spine_byte_after(struct forge *f)
{
	if (is_page(f, FORGE_SPINE_TREE, 0, 0))
		capsa_buffer_byte(&f->page, 0);
}

static inline void page_spine_cut(struct forge *f)
{
	if (is_page(f, FORGE_SPINE_TREE, 0, 0))
		f->page.size--;
}

static inline void page_spine_count(struct forge *f)
{
	if (is_page(f, FORGE_SPINE_TREE, 0, 0))
		f->page.data[2] = 0x7f;
}

/* The last body size as 0x80 | low bits, then a zero. */
static inline void page_spine_varint(struct forge *f)
{
	if (!is_page(f, FORGE_SPINE_TREE, 0, 0))
		return;
	f->page.data[f->page.size - 1] |= 0x80;
	capsa_buffer_byte(&f->page, 0);
}

static const struct vector vectors_spine[] = {
    {"good-frame-1024-articles", "1.2", "a frame with as many articles as there may be", GOOD,
     PLAN(plan_1024)},
    {"good-parts-header-alone", "4", "the first piece of an article is its header alone", GOOD,
     PLAN(plan_header_alone)},
    {"good-parts-of-any-size", "4", "pieces that are no multiple of 512", GOOD,
     PLAN(plan_pieces_of_padding)},
    {"good-lines-at-once", "7.1", "all lines in one metadata member at the end", GOOD,
     PLAN(plan_lines_at_once)},
    {"good-lines-one-by-one", "7.1", "a metadata member after each article", GOOD,
     PLAN(plan_lines_one_by_one)},
    {"good-link-small", "5.6", "links to a body of 19 bytes and to an empty one", GOOD,
     PLAN(plan_link_small)},
    {"good-link-parts", "5.6", "a link to a body in parts", GOOD, PLAN(plan_link_large)},
    {"good-waiting-65536", "1.2", "as many articles before their lines as there may be", GOOD,
     PLAN(plan_65536)},
    {"bad-waiting-65537", "1.2", "one article more before its line than there may be", BAD_QUICK,
     "too many articles before", PLAN(plan_65537)},
    {"bad-frame-1025-articles", "1.2", "a frame with one article more than there may be", BAD_QUICK,
     "kind 1 with count 1025", PLAN(plan_1025)},
    {"bad-spine-no-head", "4", "no head frame", BAD_QUICK, "head frame in the wrong place",
     CHANGE(FORGE_RAW, raw_no_head)},
    {"bad-spine-two-heads", "4", "two head frames", BAD_QUICK, "head frame in the wrong place",
     CHANGE(FORGE_RAW, raw_two_heads)},
    {"bad-spine-no-end", "4", "no end frame", BAD_QUICK, "no end frame",
     CHANGE(FORGE_RAW, raw_no_end)},
    {"bad-spine-two-ends", "4", "two end frames", BAD_QUICK, "after the end",
     CHANGE(FORGE_RAW, raw_two_ends)},
    {"bad-spine-end-early", "4", "a metadata frame after the end", BAD_QUICK,
     "more articles than metadata lines", CHANGE(FORGE_RAW, raw_end_early)},
    {"bad-spine-end-short", "4", "an end frame of 512 bytes", BAD_QUICK, "kind 4",
     CHANGE(FORGE_RAW, raw_end_short)},
    {"bad-spine-lines-early", "7.1", "metadata lines before their articles", BAD_QUICK,
     "lines before their articles", CHANGE(FORGE_RAW, raw_lines_early)},
    {"bad-spine-lines-inside", "4", "a metadata frame between the parts of an article", BAD_QUICK,
     "does not go on", CHANGE(FORGE_RAW, raw_lines_inside)},
    {"bad-spine-part-early", "4", "a part before its article", BAD_QUICK, "does not go on",
     CHANGE(FORGE_RAW, raw_part_early)},
    {"bad-spine-part-lost", "4", "an article that is never complete", BAD_QUICK, "does not go on",
     CHANGE(FORGE_RAW, raw_part_lost)},
    {"bad-spine-part-more", "4", "a part after the last one", BAD_QUICK, "does not go on",
     CHANGE(FORGE_RAW, raw_part_more)},
    {"bad-spine-part-long", "4", "a part that goes on behind its article", BAD_QUICK,
     "larger than its article", CHANGE(FORGE_RAW, raw_part_long)},
    {"bad-spine-part-beside", "4", "an article that goes on, and is not alone in its frame",
     BAD_QUICK, "do not fill", PLAN_CHANGE(plan_beside, FORGE_RAW, raw_beside)},
    {"bad-spine-header-cut", "4", "a frame that ends inside the header of its article", BAD_QUICK,
     "do not fill", PLAN(plan_header_cut)},
    {"bad-spine-block-more", "8.5", "a block of zeros after the articles of a frame", BAD_QUICK,
     "do not fill", CHANGE(FORGE_RAW, raw_block_more)},
    {"bad-spine-padding-less", "8.5", "a frame that lacks the last byte of padding", BAD_QUICK,
     "do not fill", CHANGE(FORGE_RAW, raw_padding_less)},
    {"bad-spine-padding-more", "8.5", "a frame with a byte of padding more", BAD_QUICK,
     "do not fill", CHANGE(FORGE_RAW, raw_padding_more)},
    {"bad-spine-kind", "4", "a frame of kind 5", BAD_QUICK, "kind 5",
     CHANGE(FORGE_SPINE, spine_kind)},
    {"bad-spine-count-0", "4", "an articles frame without articles", BAD_QUICK,
     "kind 1 with count 0", CHANGE(FORGE_SPINE, spine_count_0)},
    {"bad-spine-lines-0", "4", "a metadata frame without lines", BAD_QUICK, "kind 3 with count 0",
     CHANGE(FORGE_SPINE, spine_lines_0)},
    {"bad-spine-head-count", "8.5", "a head frame with count 1", BAD_QUICK, "kind 0 with count 1",
     CHANGE(FORGE_SPINE, spine_head_count)},
    {"bad-spine-part-count", "8.5", "a part with count 1", BAD_QUICK, "kind 2 with count 1",
     CHANGE(FORGE_SPINE, spine_part_count)},
    {"bad-spine-lines-more", "7.1", "more lines than articles", BAD_QUICK,
     "lines before their articles", CHANGE(FORGE_SPINE, spine_lines_more)},
    {"bad-spine-lines-less", "7.1", "fewer lines than articles", BAD_QUICK,
     "more articles than metadata lines", CHANGE(FORGE_SPINE, spine_lines_less)},
    {"bad-spine-lines-other", "8.5", "a line is counted in the next metadata frame", BAD_DEEP,
     "not as many lines", CHANGE(FORGE_SPINE, spine_lines_other)},
    {"bad-spine-stored-tiny", "8.5", "a frame of 15 bytes", BAD_QUICK, "bad column of frames",
     CHANGE(FORGE_SPINE, spine_stored_tiny)},
    {"bad-spine-stored-large", "1.2", "a frame of 4 MiB, 64 KiB and a byte", BAD_QUICK,
     "bad column of frames", CHANGE(FORGE_SPINE, spine_stored_large)},
    {"bad-spine-stored-shifted", "8.5", "two frames overlap by a byte", BAD_FULL,
     "fails its digest", CHANGE(FORGE_SPINE, spine_stored_shifted)},
    {"bad-spine-stored-more", "8.5", "the last frame reaches into the first page", BAD_QUICK,
     "do not tile", CHANGE(FORGE_SPINE, spine_stored_more)},
    {"bad-spine-raw-0", "8.5", "a frame with raw size 0", BAD_QUICK, "bad column of frames",
     CHANGE(FORGE_SPINE, spine_raw_0)},
    {"bad-spine-raw-large", "1.2", "a frame with raw size 4 MiB and a byte", BAD_QUICK,
     "bad column of frames", CHANGE(FORGE_SPINE, spine_raw_large)},
    {"bad-spine-raw-more", "4", "a raw size that is a block more than the frame's content",
     BAD_DEEP, "content size", CHANGE(FORGE_SPINE, spine_raw_more)},
    {"bad-spine-digest", "8.5", "the digest of an articles frame is another", BAD_FULL,
     "articles frame fails its digest", CHANGE(FORGE_SPINE, spine_digest)},
    {"bad-spine-end-digest", "8.5", "the digest of the end frame is another", BAD_FULL,
     "end frame fails its digest", CHANGE(FORGE_SPINE, spine_end_digest)},
    {"bad-spine-header-0", "8.5", "a header of no blocks", BAD_QUICK, "bad column of articles",
     CHANGE(FORGE_SPINE, spine_header_0)},
    {"bad-spine-header-19", "5.3", "a header of 19 blocks", BAD_QUICK, "bad column of articles",
     CHANGE(FORGE_SPINE, spine_header_19)},
    {"bad-spine-header-more", "8.5", "a header that is a block more", BAD_QUICK, "do not fill",
     CHANGE(FORGE_SPINE, spine_header_more)},
    {"bad-spine-header-shifted", "8.5", "a header that is a block more, and its body a block less",
     BAD_DEEP_ALONE, "size on its metadata line", CHANGE(FORGE_SPINE, spine_header_shifted)},
    {"bad-spine-body-less", "8.5", "a body that is a byte less", BAD_DEEP_ALONE, "padding",
     CHANGE(FORGE_SPINE, spine_body_less)},
    {"bad-spine-body-block-less", "8.5", "a body that is a block less", BAD_QUICK, "do not fill",
     CHANGE(FORGE_SPINE, spine_body_block_less)},
    {"bad-spine-body-huge", "1.2", "a body of 2^63 - 2 bytes", BAD_QUICK, "bad column of articles",
     CHANGE(FORGE_SPINE, spine_body_huge)},
    {"bad-spine-body-wraps", "1.2", "a body of nearly 2^64 bytes", BAD_QUICK,
     "bad column of articles", CHANGE(FORGE_SPINE, spine_body_wraps)},
    {"bad-link-nowhere", "8.5", "a link to an article before the first", BAD_QUICK,
     "links to nowhere", CHANGE(FORGE_SPINE, spine_link_nowhere)},
    {"bad-link-huge", "8.5", "a link to an article 2^64 - 1 before", BAD_QUICK,
     "bad column of articles", CHANGE(FORGE_SPINE, spine_link_huge)},
    {"bad-link-other", "5.6", "a link that leads to another body than its header says",
     BAD_DEEP_ALONE, "another digest", CHANGE(FORGE_SPINE, spine_link_other)},
    {"bad-link-to-link", "8.5", "a link to a link", BAD_QUICK, "links to a link",
     PLAN(plan_link_to_link)},
    {"bad-spine-byte-after", "8.1", "a byte follows the columns of a leaf", BAD_QUICK,
     "bad column of articles", CHANGE(FORGE_PAGE, page_spine_byte_after)},
    {"bad-spine-cut", "8.5", "a leaf lacks its last byte", BAD_QUICK, "bad column of articles",
     CHANGE(FORGE_PAGE, page_spine_cut)},
    {"bad-spine-count", "8.1", "a leaf with more frames than bytes", BAD_QUICK,
     "more frames than bytes", CHANGE(FORGE_PAGE, page_spine_count)},
    {"bad-spine-varint", "1", "a number that is not in the shortest form", BAD_QUICK,
     "bad column of articles", CHANGE(FORGE_PAGE, page_spine_varint)},
};
