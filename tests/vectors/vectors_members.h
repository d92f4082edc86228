/* Vectors: tar members (spec 5).  Part of vectors.h. */

/* ---- header blocks ----------------------------------------------------- */

/* Put a string into a header block and sum it up again. */
static inline void block_set(uint8_t *block, size_t at, const char *text)
{
	unsigned sum = 0;
	char digits[8];

	memcpy(block + at, text, strlen(text));
	memset(block + 148, ' ', 8);
	for (size_t i = 0; i < CAPSA_TAR_BLOCK; i++)
		sum += block[i];
	snprintf(digits, sizeof digits, "%06o", sum);
	memcpy(block + 148, digits, 7);
}

/* The header of article 0. */
static inline void header_set(struct forge *f, size_t at, const char *text)
{
	block_set(f->frames[FRAME_ONE].raw.data, at, text);
}

static inline void header_name(struct forge *f)
{
	header_set(f, 9, "A/one.txt");
}

static inline void header_name_after(struct forge *f)
{
	header_set(f, 99, "x");
}

static inline void header_mode(struct forge *f)
{
	header_set(f, 100, "0000755");
}

static inline void header_uid(struct forge *f)
{
	header_set(f, 108, "0001750");
}

static inline void header_gid(struct forge *f)
{
	header_set(f, 116, "0001750");
}

static inline void header_size(struct forge *f)
{
	header_set(f, 124, "00000000024");
}

static inline void header_mtime(struct forge *f)
{
	header_set(f, 136, "00000000001");
}

static inline void header_type_old(struct forge *f)
{
	f->frames[FRAME_ONE].raw.data[156] = 0;
	header_set(f, 156, "");
}

static inline void header_type(struct forge *f)
{
	header_set(f, 156, "2");
}

static inline void header_link(struct forge *f)
{
	header_set(f, 157, "articles/b.html");
}

static inline void header_magic(struct forge *f)
{
	header_set(f, 257, "ustar  ");
}

static inline void header_owner(struct forge *f)
{
	header_set(f, 265, "root");
}

static inline void header_device(struct forge *f)
{
	header_set(f, 329, "0000001");
}

static inline void header_prefix(struct forge *f)
{
	header_set(f, 345, "x");
}

static inline void header_end(struct forge *f)
{
	header_set(f, 511, "x");
}

static inline void header_checksum(struct forge *f)
{
	f->frames[FRAME_ONE].raw.data[153] ^= 1;
}

static inline void header_checksum_spaces(struct forge *f)
{
	f->frames[FRAME_ONE].raw.data[148] = ' ';
}

/* The header of the link, article 2. */
static inline uint8_t *link_block(struct forge *f)
{
	struct buffer *raw = &f->frames[FRAME_TWO].raw;

	return raw->data + forge_find(raw, forge_text("articles/b.html"));
}

static inline void header_target(struct forge *f)
{
	block_set(link_block(f), 157, "articles/a/twa.html");
}

static inline void header_link_size(struct forge *f)
{
	block_set(link_block(f), 124, "00000002342");
}

/* ---- long names -------------------------------------------------------- */

static inline const char *long_path(struct forge *f, size_t first, size_t second)
{
	const char *a = forge_repeat(f, "d", first), *b = forge_repeat(f, "n", second);
	char *path = forge_new(f, first + second + 2, 1);

	snprintf(path, first + second + 2, "%s/%s", a, b);
	return path;
}

/* Names at every edge of 5.2 and 5.3. */
static inline void plan_names(struct forge *f)
{
	char *longest = forge_new(f, CAPSA_PATH_MAX + 1, 1);

	memcpy(longest, forge_repeat(f, "xy/", 1333), CAPSA_PATH_MAX - 1);
	longest[CAPSA_PATH_MAX - 1] = 'z';
	forge_add(f, forge_repeat(f, "a", 91), forge_text("100 bytes with articles/"));
	forge_add(f, forge_repeat(f, "b", 92), forge_text("101 bytes: prefix articles"));
	forge_add(f, forge_repeat(f, "c", 100), forge_text("a component of 100 bytes"));
	forge_add(f, forge_repeat(f, "e", 101), forge_text("one too long for any cut"));
	forge_add(f, long_path(f, 146, 100), forge_text("prefix and name are full"));
	forge_add(f, long_path(f, 147, 100), forge_text("prefix is over full"));
	forge_add(f, forge_repeat(f, "h", 255), forge_text("the longest component"));
	forge_add(f, longest, forge_text("the longest path"));
	forge_add(f, forge_repeat(f, "j", 120), f->articles[7].body)->link = 1;
	forge_add(f, "k", f->articles[6].body)->link = 3;
	forge_add(f, "l", f->articles[0].body)->link = 10;
	forge_add(f, "m", f->articles[1].body)->link = 10;
}

/* The longest size that ustar holds, and times at the edges of 5.4. */
static inline void plan_times(struct forge *f)
{
	static const char *const times[] = {
	    "1969-12-31T23:59:59Z",      "1970-01-01",
	    "1970-01-01T00:00:00+00:01", "2242-03-16T12:56:31.999Z",
	    "2242-03-16T12:56:32Z",      "0000-01-01",
	    "9999-12-31T23:59:59-23:59", "2000-02-29T12:00:00.5+05:30"};

	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		char *path = forge_new(f, 8, 1);

		snprintf(path, 8, "%zu", i);
		forge_add(f, path, forge_text("body"))->modified = times[i];
		f->articles[i].date = times[i];
	}
}

static inline void plan_long_name(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[0].path = long_path(f, 50, 60);
}

/* It is cut at the first slash that fits; here is one that fits as well. */
static inline void plan_two_cuts(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[0].path = "dddddddddddddddddddddddddddddd/dddddddddddddddddddd/"
	                      "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";
}

static inline void header_other_cut(struct forge *f)
{
	uint8_t *block = f->frames[FRAME_ONE].raw.data;
	size_t size = strlen(f->articles[0].path) - 51;

	memset(block, 0, 100);
	memset(block + 345, 0, 155);
	memcpy(block, f->articles[0].path + 51, size);
	memcpy(block + 345, "articles/", 9);
	memcpy(block + 345 + 9, f->articles[0].path, 50);
	block_set(block, 0, "n");
}

/* An extended header that says what the ustar header says as well. */
static inline void needless_extended(struct forge *f)
{
	uint8_t blocks[2 * CAPSA_TAR_BLOCK] = {0};
	struct buffer *raw = &f->frames[FRAME_ONE].raw;

	if (f->layer == FORGE_SPINE)
		f->articles[0].spine.header_size += sizeof blocks;
	if (f->layer != FORGE_RAW)
		return;
	memcpy(blocks, raw->data, CAPSA_TAR_BLOCK);
	memset(blocks, 0, 100);
	memcpy(blocks, "capsa/pax", 9);
	memcpy(blocks + 124, "00000000033", 11);
	memcpy(blocks + 136, "00000000000", 11);
	block_set(blocks, 156, "x");
	memcpy(blocks + CAPSA_TAR_BLOCK, "27 path=articles/a/one.txt\n", 27);
	forge_splice(raw, 0, 0, span_of(blocks, sizeof blocks));
}

/* A record that pax knows and capsa does not write; the record of `path` makes room for it. */
static inline void plan_extended(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[0].path = forge_repeat(f, "e", 120);
}

static inline void extended_comment(struct forge *f)
{
	struct buffer *raw = &f->frames[FRAME_ONE].raw;
	size_t at = forge_find(raw, forge_text("ee\n"));

	memcpy(raw->data + at + 3, "14 comment=ab\n", 14);
	block_set(raw->data, 124, "00000000231");
}

static inline void extended_padding(struct forge *f)
{
	f->frames[FRAME_ONE].raw.data[2 * CAPSA_TAR_BLOCK - 1] = 1;
}

/* ---- padding, and the members of capsa --------------------------------- */

static inline void raw_padding(struct forge *f)
{
	struct buffer *raw = &f->frames[FRAME_ONE].raw;

	raw->data[raw->size - 1] = 1;
}

static inline void raw_part_padding(struct forge *f)
{
	struct buffer *raw = &f->frames[FRAME_PART_3].raw;

	raw->data[raw->size - 1] = 1;
}

static inline void raw_lines_padding(struct forge *f)
{
	struct buffer *raw = &f->frames[FRAME_LINES].raw;

	raw->data[raw->size - 1] = 1;
}

static inline void raw_end(struct forge *f)
{
	f->frames[FRAME_END].raw.data[700] = 1;
}

static inline void raw_lines_name(struct forge *f)
{
	block_set(f->frames[FRAME_LAST_LINE].raw.data, 0, "capsa/metadata/00000002.jsonl");
}

static inline void raw_lines_name_short(struct forge *f)
{
	memset(f->frames[FRAME_LINES].raw.data, 0, 100);
	block_set(f->frames[FRAME_LINES].raw.data, 0, "capsa/metadata/0000000.jsonl");
}

static inline void raw_lines_mtime(struct forge *f)
{
	block_set(f->frames[FRAME_LINES].raw.data, 136, "00000000000");
}

static inline void raw_lines_second_member(struct forge *f)
{
	forge_append(&f->frames[FRAME_LINES].raw, "capsa/metadata/more.jsonl", forge_text(""));
}

static inline void raw_lines_blocks_after(struct forge *f)
{
	capsa_buffer_zeros(&f->frames[FRAME_LINES].raw, CAPSA_TAR_BLOCK);
}

/* One byte of the last line is padding then. */
static inline void raw_lines_no_feed(struct forge *f)
{
	struct buffer *raw = &f->frames[FRAME_LAST_LINE].raw;
	char size[16];

	snprintf(size, sizeof size, "%011zo", f->articles[4].line.size);
	raw->data[CAPSA_TAR_BLOCK + f->articles[4].line.size] = 0;
	block_set(raw->data, 124, size);
}

#define HEADER "its tar header is not what its metadata line implies"

static const struct vector vectors_members[] = {
    {"good-names", "5.2", "names at all edges of the header's fields, and links to them", GOOD,
     PLAN(plan_names)},
    {"good-times", "5.4", "times at all edges of the header's field", GOOD, PLAN(plan_times)},
    {"bad-header-name", "5.2", "the name in an article's header is another", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_name)},
    {"bad-header-name-after", "5.1", "the name's field is not filled with zero bytes", BAD_DEEP,
     HEADER, CHANGE(FORGE_RAW, header_name_after)},
    {"bad-header-mode", "5.1", "mode 0755", BAD_DEEP, HEADER, CHANGE(FORGE_RAW, header_mode)},
    {"bad-header-uid", "5.1", "uid 1000", BAD_DEEP, HEADER, CHANGE(FORGE_RAW, header_uid)},
    {"bad-header-gid", "5.1", "gid 1000", BAD_DEEP, HEADER, CHANGE(FORGE_RAW, header_gid)},
    {"bad-header-size", "5.1", "a size that is one more", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_size)},
    {"bad-header-mtime", "5.4", "another mtime", BAD_DEEP, HEADER, CHANGE(FORGE_RAW, header_mtime)},
    {"bad-header-type-old", "5.1", "typeflag 00, the old form of a regular file", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_type_old)},
    {"bad-header-type", "5", "a symbolic link", BAD_DEEP, HEADER, CHANGE(FORGE_RAW, header_type)},
    {"bad-header-link", "5.1", "a regular file with a target", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_link)},
    {"bad-header-magic", "5.1", "the magic of GNU tar", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_magic)},
    {"bad-header-owner", "5.1", "the name of an owner", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_owner)},
    {"bad-header-device", "5.1", "a device number", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_device)},
    {"bad-header-prefix", "5.2", "a prefix where the name fits", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_prefix)},
    {"bad-header-end", "5.1", "the last byte is not zero", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_end)},
    {"bad-header-checksum", "5.1", "a wrong checksum", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_checksum)},
    {"bad-header-checksum-space", "5.1", "a checksum that begins with a space", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_checksum_spaces)},
    {"bad-header-target", "5.1", "a link's header names another target", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_target)},
    {"bad-header-link-size", "5.1", "a link's header has the size of the body", BAD_DEEP, HEADER,
     CHANGE(FORGE_RAW, header_link_size)},
    {"bad-header-cut", "5.2", "a long name is cut at a later slash", BAD_DEEP, HEADER,
     PLAN_CHANGE(plan_two_cuts, FORGE_RAW, header_other_cut)},
    {"bad-header-extended", "5.3", "an extended header where none is needed", BAD_DEEP, HEADER,
     CHANGE(FORGE_ANY, needless_extended)},
    {"bad-header-record", "5.3", "a record 'comment' in an extended header", BAD_DEEP, HEADER,
     PLAN_CHANGE(plan_extended, FORGE_RAW, extended_comment)},
    {"bad-header-record-padding", "5.3", "bytes after the records that are not zero", BAD_DEEP,
     HEADER, PLAN_CHANGE(plan_extended, FORGE_RAW, extended_padding)},
    {"bad-padding", "5", "padding of an article that is not zero", BAD_DEEP, "padding",
     CHANGE(FORGE_RAW, raw_padding)},
    {"bad-padding-part", "5", "padding of an article in parts that is not zero", BAD_DEEP,
     "padding", CHANGE(FORGE_RAW, raw_part_padding)},
    {"bad-padding-lines", "5", "padding of a metadata member that is not zero", BAD_DEEP, "padding",
     CHANGE(FORGE_RAW, raw_lines_padding)},
    {"bad-end", "4", "end blocks that are not zero", BAD_DEEP, "not zero",
     CHANGE(FORGE_RAW, raw_end)},
    {"bad-lines-name", "7.1", "the second metadata member has number 2", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, raw_lines_name)},
    {"bad-lines-name-short", "7.1", "a metadata member with seven digits", BAD_DEEP,
     "its tar header", CHANGE(FORGE_RAW, raw_lines_name_short)},
    {"bad-lines-mtime", "5.4", "a metadata member with another mtime", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, raw_lines_mtime)},
    {"bad-lines-second-member", "4", "two members in a metadata frame", BAD_DEEP, "bytes follow",
     CHANGE(FORGE_RAW, raw_lines_second_member)},
    {"bad-lines-blocks-after", "4", "a block of zeros after a metadata member", BAD_DEEP,
     "bytes follow", CHANGE(FORGE_RAW, raw_lines_blocks_after)},
    {"bad-lines-no-feed", "7.1", "no line feed at the end of the last line", BAD_DEEP,
     "not as many lines", CHANGE(FORGE_RAW, raw_lines_no_feed)},
};
