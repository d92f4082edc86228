/* Vectors: single pages (spec 8.1, 8.4).  Part of vectors.h. */

/* ---- pages before compression ------------------------------------------ */

static inline void page_kind(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->page.data[0] = CAPSA_PAGE_SPINE;
}

static inline void page_kind_unknown(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->page.data[0] = 3;
}

static inline void page_level(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->page.data[1] = 1;
}

static inline void page_inner_level(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->page.data[1] = 2;
}

static inline void page_count_more(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->page.data[2]++;
}

static inline void page_count_less(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->page.data[2]--;
}

static inline void page_count_huge(struct forge *f)
{
	static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};

	if (is_page(f, FORGE_DATE, 0, 0))
		forge_splice(&f->page, 2, 1, span_of(huge, sizeof huge));
}

static inline void page_count_long(struct forge *f)
{
	const uint8_t count[] = {(uint8_t)(f->page.data[2] | 0x80), 0};

	if (is_page(f, FORGE_DATE, 0, 0))
		forge_splice(&f->page, 2, 1, span_of(count, sizeof count));
}

static inline void page_inner_count_0(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->page.data[2] = 0;
}

static inline void node_leaf_empty(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 0, 1))
		f->node.count = 0;
}

static inline void page_byte_after(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		capsa_buffer_byte(&f->page, 0);
}

static inline void page_inner_byte_after(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		capsa_buffer_byte(&f->page, 0);
}

static inline void page_cut(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 1, 0))
		f->page.size--;
}

/* In the leaf of paths the second key shares two bytes with the first. */
static inline void page_shared_less(struct forge *f)
{
	size_t n = f->node.count;

	if (!is_page(f, FORGE_PATH, 0, 0))
		return;
	forge_need(f->page.data[3 + 1] == 2, "the keys share other bytes");
	f->page.data[3 + 1]--;
	f->page.data[3 + n + 1]++;
	forge_splice(&f->page, 3 + 2 * n + f->page.data[3 + n], 0, span_of("", 1));
}

static inline void page_shared_first(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 0, 0))
		f->page.data[3] = 1;
}

static inline void page_shared_more(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 0, 0))
		f->page.data[3 + 1] = 100;
}

static inline void page_rest_more(struct forge *f)
{
	if (is_page(f, FORGE_PATH, 0, 0))
		f->page.data[3 + f->node.count]++;
}

static inline void node_key_long(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 0, 0))
		f->node.keys[f->node.count - 1] =
		    forge_text(forge_repeat(f, "x", CAPSA_KEY_MAX + 1));
}

static inline void node_keys_swapped(struct forge *f)
{
	struct span key = f->node.keys != NULL ? f->node.keys[0] : span_of(NULL, 0);

	if (!is_page(f, FORGE_PATH, 0, 0))
		return;
	f->node.keys[0] = f->node.keys[1];
	f->node.keys[1] = key;
}

static inline void node_numbers_swapped(struct forge *f)
{
	uint64_t *numbers = f->node.numbers;
	size_t n = f->node.count;

	if (!is_page(f, FORGE_TITLE, 0, 0))
		return;
	forge_need(numbers[n - 2] == 1 && numbers[n - 1] == 2, "the titles are others");
	numbers[n - 2] = 2;
	numbers[n - 1] = 1;
}

static inline void node_entry_twice(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 0, 0))
		f->node.numbers[f->node.count - 1] = f->node.numbers[f->node.count - 2];
}

/* The last entry of a page and the first of the next are the same. */
static inline void node_entry_twice_across(struct forge *f)
{
	if (is_page(f, FORGE_TITLE, 0, 1))
		f->node.numbers[0]--;
}

static inline void node_number_beyond(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->node.numbers[0] = f->article_count;
}

static inline void node_number_negative(struct forge *f)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->node.numbers[0] = UINT64_MAX;
}

/* ---- pages as they are stored ------------------------------------------ */

static inline void stored_head(struct forge *f, size_t at, uint8_t byte)
{
	if (is_page(f, FORGE_DATE, 0, 0))
		f->page_stored.data[at] = byte;
}

static inline void stored_magic(struct forge *f)
{
	stored_head(f, 0, 0x50);
}

static inline void stored_size(struct forge *f)
{
	stored_head(f, 4, (uint8_t)(f->page_stored.data[4] + 1));
}

static inline void stored_tag(struct forge *f)
{
	stored_head(f, 8, 'c');
}

static inline void stored_type(struct forge *f)
{
	stored_head(f, 13, 'S');
}

static inline void stored_detail(struct forge *f)
{
	stored_head(f, 14, 1);
}

/* Replace the Zstandard frame of the page. */
static inline void stored_frame(struct forge *f, struct buffer *zstd)
{
	if (is_page(f, FORGE_DATE, 0, 0)) {
		buffer_clear(&f->page_stored);
		capsa_frame_head(&f->page_stored, 'P', 0, zstd->size);
		capsa_buffer_append(&f->page_stored, zstd->data, zstd->size);
	}
	capsa_buffer_release(zstd);
}

static inline void stored_by_hand(struct forge *f, struct forge_by_hand hand)
{
	struct buffer zstd = {0};

	forge_zstd_by_hand(f, buffer_span(&f->page), hand, &zstd);
	stored_frame(f, &zstd);
}

static inline void stored_raw_blocks(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){.size_bytes = 8});
}

static inline void stored_window_64k(struct forge *f)
{
	stored_by_hand(
	    f, (struct forge_by_hand){.window = true, .window_code = 6 << 3, .size_bytes = 4});
}

static inline void stored_window_large(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){
	                      .window = true, .window_code = (6 << 3) + 1, .size_bytes = 4});
}

static inline void stored_no_content_size(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){.window = true, .window_code = 6 << 3});
}

static inline void stored_dictionary(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){.id_bytes = 4, .id = 40000, .size_bytes = 4});
}

static inline void stored_reserved(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){.reserved = true, .size_bytes = 4});
}

static inline void stored_size_more(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){.size_bytes = 4, .size = f->page.size + 1});
}

static inline void stored_size_huge(struct forge *f)
{
	stored_by_hand(f, (struct forge_by_hand){.size_bytes = 8, .size = UINT64_C(1) << 62});
}

/* It says that it holds as much as a page may; it would grow to 1 GiB. */
static inline void stored_bomb(struct forge *f)
{
	struct forge_by_hand hand = {.size_bytes = 4, .size = CAPSA_PAGE_RAW_MAX};
	struct buffer zstd = {0};

	forge_zstd_header(&zstd, &hand);
	for (unsigned i = 0; i < 8000; i++) {
		forge_zstd_block(&zstd, i == 7999, FORGE_BLOCK_RLE, 128U << 10);
		capsa_buffer_byte(&zstd, 'x');
	}
	stored_frame(f, &zstd);
}

static inline void stored_checksum(struct forge *f)
{
	struct buffer zstd = {0};

	forge_zstd(f, buffer_span(&f->page), true, false, &zstd);
	stored_frame(f, &zstd);
}

static inline void stored_byte_after(struct forge *f)
{
	struct buffer zstd = {0};

	forge_zstd(f, buffer_span(&f->page), false, false, &zstd);
	capsa_buffer_byte(&zstd, 0);
	stored_frame(f, &zstd);
}

static inline void stored_two_frames(struct forge *f)
{
	struct buffer zstd = {0};

	forge_zstd(f, buffer_span(&f->page), false, false, &zstd);
	forge_zstd(f, span_of(NULL, 0), false, false, &zstd);
	stored_frame(f, &zstd);
}

static inline void stored_not_compressed(struct forge *f)
{
	struct buffer plain = {0};

	capsa_buffer_append(&plain, f->page.data, f->page.size);
	stored_frame(f, &plain);
}

static const struct vector vectors_pages[] = {
    {"good-page-64k", "1.2", "a page of nearly 64 KiB, of paths of 4,000 bytes", GOOD,
     PLAN(plan_page_64k)},
    {"good-page-keys-512k", "1.2", "a page with nearly 512 KiB of keys", GOOD,
     PLAN(plan_keys_512k)},
    {"good-page-raw-blocks", "8.1", "a page in blocks that are not compressed", GOOD,
     CHANGE(FORGE_PAGE_STORED, stored_raw_blocks)},
    {"good-page-window", "8.1", "a page with a window of 64 KiB", GOOD,
     CHANGE(FORGE_PAGE_STORED, stored_window_64k)},
    {"bad-page-magic", "2.1", "a page's head has another magic", BAD_QUICK, "bad head",
     CHANGE(FORGE_PAGE_STORED, stored_magic)},
    {"bad-page-head-size", "2.1", "the size in a page's head is one more", BAD_QUICK, "bad head",
     CHANGE(FORGE_PAGE_STORED, stored_size)},
    {"bad-page-tag", "2.1", "a page's head has another tag", BAD_QUICK, "bad head",
     CHANGE(FORGE_PAGE_STORED, stored_tag)},
    {"bad-page-type", "8.1", "a page's head has type S", BAD_QUICK, "bad head",
     CHANGE(FORGE_PAGE_STORED, stored_type)},
    {"bad-page-detail", "2.1", "a page's head has detail 1", BAD_QUICK, "bad head",
     CHANGE(FORGE_PAGE_STORED, stored_detail)},
    {"bad-page-not-compressed", "8.1", "a page is not compressed", BAD_QUICK,
     "not a Zstandard frame", CHANGE(FORGE_PAGE_STORED, stored_not_compressed)},
    {"bad-page-checksum", "8.1", "a page has a checksum", BAD_QUICK, "where none may be",
     CHANGE(FORGE_PAGE_STORED, stored_checksum)},
    {"bad-page-byte-after-frame", "8.1", "a byte follows a page's Zstandard frame", BAD_QUICK,
     "1 bytes follow", CHANGE(FORGE_PAGE_STORED, stored_byte_after)},
    {"bad-page-two-frames", "8.1", "a second, empty Zstandard frame in a page", BAD_QUICK,
     "bytes follow the frame", CHANGE(FORGE_PAGE_STORED, stored_two_frames)},
    {"bad-page-window", "8.1", "a page with a window of 72 KiB", BAD_QUICK, "over the limit",
     CHANGE(FORGE_PAGE_STORED, stored_window_large)},
    {"bad-page-no-content-size", "8.1", "a page without content size", BAD_QUICK,
     "lacks its content size", CHANGE(FORGE_PAGE_STORED, stored_no_content_size)},
    {"bad-page-dictionary", "8.1", "a page with a dictionary ID", BAD_QUICK,
     "needs dictionary 40000", CHANGE(FORGE_PAGE_STORED, stored_dictionary)},
    {"bad-page-reserved", "8.1", "a reserved bit of the Zstandard frame", BAD_QUICK, "reserved bit",
     CHANGE(FORGE_PAGE_STORED, stored_reserved)},
    {"bad-page-content-size", "8.1", "a content size that is one more", BAD_QUICK, "decompress",
     CHANGE(FORGE_PAGE_STORED, stored_size_more)},
    {"bad-page-content-size-huge", "1.2", "a content size of 2^62", BAD_QUICK, "over the limit",
     CHANGE(FORGE_PAGE_STORED, stored_size_huge)},
    {"bad-page-bomb", "8.1", "a page that would grow to 1 GiB", BAD_QUICK, "decompress",
     CHANGE(FORGE_PAGE_STORED, stored_bomb)},
    {"bad-page-64k", "1.2", "a page of over 64 KiB", BAD_QUICK, "over the limit of 65536",
     PLAN(plan_page_over_64k)},
    {"bad-page-32k", "1.2", "a page of over 32 KiB when stored", BAD_QUICK, "bad reference",
     PLAN(plan_page_over_32k)},
    {"bad-page-keys-512k", "1.2", "a page with over 512 KiB of keys", BAD_QUICK,
     "too many bytes of keys", PLAN(plan_keys_over_512k)},
    {"bad-page-kind", "8.1", "a page of a key tree is of kind 1", BAD_QUICK, "kind and level",
     CHANGE(FORGE_PAGE, page_kind)},
    {"bad-page-kind-unknown", "8.1", "a page is of kind 3", BAD_QUICK, "kind and level",
     CHANGE(FORGE_PAGE, page_kind_unknown)},
    {"bad-page-level", "8.1", "a leaf says level 1", BAD_QUICK, "kind and level",
     CHANGE(FORGE_PAGE, page_level)},
    {"bad-page-inner-level", "8.1", "a page of level 1 says level 2", BAD_QUICK, "kind and level",
     PLAN_CHANGE(plan_tall, FORGE_PAGE, page_inner_level)},
    {"bad-page-count-more", "8.1", "a count that is one more", BAD_QUICK, "index page",
     CHANGE(FORGE_PAGE, page_count_more)},
    {"bad-page-count-less", "8.1", "a count that is one less", BAD_QUICK, "index page",
     CHANGE(FORGE_PAGE, page_count_less)},
    {"bad-page-count-huge", "8.1", "a count of 2^64 - 1", BAD_QUICK, "bad count",
     CHANGE(FORGE_PAGE, page_count_huge)},
    {"bad-page-count-varint", "1", "a count that is not in the shortest form", BAD_QUICK,
     "kind and level", CHANGE(FORGE_PAGE, page_count_long)},
    {"bad-page-inner-empty", "8.1", "an inner page without children", BAD_QUICK, "bad count",
     PLAN_CHANGE(plan_tall, FORGE_PAGE, page_inner_count_0)},
    {"bad-page-leaf-empty", "8.1", "a leaf without entries below an inner page", BAD_QUICK,
     "bad count below", PLAN_CHANGE(plan_tall, FORGE_NODE, node_leaf_empty)},
    {"bad-page-byte-after", "8.1", "a byte follows the columns of a leaf", BAD_QUICK, "wrong size",
     CHANGE(FORGE_PAGE, page_byte_after)},
    {"bad-page-inner-byte-after", "8.1", "a byte follows the columns of an inner page", BAD_QUICK,
     "wrong size", PLAN_CHANGE(plan_tall, FORGE_PAGE, page_inner_byte_after)},
    {"bad-page-inner-cut", "8.3", "an inner page lacks its last byte", BAD_QUICK, "too few bytes",
     PLAN_CHANGE(plan_tall, FORGE_PAGE, page_cut)},
    {"bad-page-shared-less", "8.4", "a key has more in common with the one before than it says",
     BAD_QUICK, "not front-coded", CHANGE(FORGE_PAGE, page_shared_less)},
    {"bad-page-shared-first", "8.4", "the first key has something in common with none", BAD_QUICK,
     "bad key size", CHANGE(FORGE_PAGE, page_shared_first)},
    {"bad-page-shared-more", "8.4", "a key has more in common with the one before than that has",
     BAD_QUICK, "bad key size", CHANGE(FORGE_PAGE, page_shared_more)},
    {"bad-page-rest-size", "8.4", "the size of a key's rest is one more", BAD_QUICK, "index page",
     CHANGE(FORGE_PAGE, page_rest_more)},
    {"bad-page-key-4097", "1.2", "a key of 4,097 bytes", BAD_QUICK, "bad key size",
     CHANGE(FORGE_NODE, node_key_long)},
    {"bad-page-keys-order", "8.4", "two keys have changed places", BAD_QUICK, "keys out of order",
     CHANGE(FORGE_NODE, node_keys_swapped)},
    {"bad-page-numbers-order", "8.4", "equal keys, with their numbers in falling order", BAD_QUICK,
     "not ordered by number", CHANGE(FORGE_NODE, node_numbers_swapped)},
    {"bad-page-entry-twice", "8.4", "an entry stands twice", BAD_QUICK, "not ordered by number",
     CHANGE(FORGE_NODE, node_entry_twice)},
    {"bad-page-entry-twice-across", "8.4", "an entry stands at the end of a page and in the next",
     BAD_QUICK, "entries out of order",
     PLAN_CHANGE(plan_same_titles, FORGE_NODE, node_entry_twice_across)},
    {"bad-page-number", "8.4", "an article number that does not exist", BAD_QUICK,
     "names an article that does not exist", CHANGE(FORGE_NODE, node_number_beyond)},
    {"bad-page-number-negative", "8.4", "an article number below 0", BAD_QUICK,
     "bad article number", CHANGE(FORGE_NODE, node_number_negative)},
};
