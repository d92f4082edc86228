/* Vectors: frame 0 and the dictionary (spec 6).  Part of vectors.h. */

static inline struct buffer *head_raw(struct forge *f)
{
	return &f->frames[FRAME_HEAD].raw;
}

static inline void head_no_readme(struct forge *f)
{
	forge_splice(head_raw(f), 0, 2 * CAPSA_TAR_BLOCK, span_of(NULL, 0));
}

static inline void head_no_archive(struct forge *f)
{
	head_raw(f)->size = 2 * CAPSA_TAR_BLOCK;
}

static inline void head_order(struct forge *f)
{
	struct buffer *raw = head_raw(f);
	struct span readme = forge_copy(f, span_of(raw->data, 2 * CAPSA_TAR_BLOCK));

	forge_splice(raw, 0, readme.size, span_of(NULL, 0));
	capsa_buffer_append(raw, readme.data, readme.size);
}

static inline void head_other_member(struct forge *f)
{
	forge_append(head_raw(f), "capsa/LICENSE.txt", forge_text("All of it.\n"));
}

static inline void head_mtime(struct forge *f)
{
	block_set(head_raw(f)->data, 136, "00000000000");
}

static inline void head_mode(struct forge *f)
{
	block_set(head_raw(f)->data, 100, "0000600");
}

static inline void head_padding(struct forge *f)
{
	head_raw(f)->data[2 * CAPSA_TAR_BLOCK - 1] = 1;
}

static inline void head_cut(struct forge *f)
{
	head_raw(f)->size--;
}

static inline void head_with(struct forge *f, struct span readme, struct span archive)
{
	buffer_clear(head_raw(f));
	forge_append(head_raw(f), "capsa/README.txt", readme);
	forge_append(head_raw(f), "capsa/archive.json", archive);
}

static inline void head_readme_64k(struct forge *f)
{
	head_with(f, span_of(forge_repeat(f, "x", 65536), 65536), forge_text("{}\n"));
}

static inline void head_readme_large(struct forge *f)
{
	head_with(f, span_of(forge_repeat(f, "x", 65537), 65537), forge_text("{}\n"));
}

static inline void head_archive_canonical(struct forge *f)
{
	head_with(f, forge_text("x"), forge_text("{ }\n"));
}

static inline void head_archive_array(struct forge *f)
{
	head_with(f, forge_text("x"), forge_text("[]\n"));
}

static inline void head_archive_no_feed(struct forge *f)
{
	head_with(f, forge_text("x"), forge_text("{}"));
}

static inline void head_archive_two_lines(struct forge *f)
{
	head_with(f, forge_text("x"), forge_text("{}\n{}\n"));
}

static inline void head_archive_large(struct forge *f)
{
	struct buffer line = {0};

	capsa_buffer_printf(&line, "{\"x\":\"%s\"}\n", forge_repeat(f, "x", 65536));
	head_with(f, forge_text("x"), buffer_span(&line));
	capsa_buffer_release(&line);
}

/* ---- the dictionary ---------------------------------------------------- */

static inline void plan_dictionary(struct forge *f)
{
	struct buffer content = {0};
	size_t sizes[16];
	uint8_t *dictionary = forge_new(f, CAPSA_DICTIONARY_MAX, 1);
	size_t size;
	struct capsa_error err;

	for (unsigned i = 0; i < 16; i++) {
		size_t before = content.size;

		capsa_buffer_printf(&content,
		                    "<p>Words %u and more words, the article number %u.\n",
		                    i * 7919 % 1009, i);
		sizes[i] = content.size - before;
	}
	forge_done(capsa_dictionary_make(dictionary, &size, text_of(buffer_span(&content)),
	                                 content.data, sizes, 16, 3, &err),
	           &err);
	capsa_buffer_release(&content);
	forge_plan_plain(f);
	f->dictionary = span_of(dictionary, size);
}

static inline void dictionary_in_head(struct forge *f)
{
	struct forge_frame *frame = &f->frames[FRAME_HEAD];

	forge_zstd(f, buffer_span(&frame->raw), true, true, &frame->stored);
}

static inline void dictionary_other_id(struct forge *f)
{
	f->statement.dictionary_id ^= 1;
}

static inline void dictionary_other_size(struct forge *f)
{
	f->statement.facts.dictionary_size++;
}

static inline void dictionary_other_digest(struct forge *f)
{
	f->statement.dictionary_digest[0] ^= 1;
}

static inline void dictionary_frame_id(struct forge *f)
{
	frame_by_hand(f, FRAME_TWO,
	              (struct forge_by_hand){.size_bytes = 4,
	                                     .checksum = true,
	                                     .id_bytes = 4,
	                                     .id = capsa_dictionary_id(f->prepared) ^ 1});
}

/* The statement tells of no dictionary; it is there and used. */
static inline void dictionary_unsaid(struct forge *f)
{
	f->statement.facts.dictionary_size = 0;
}

/* Another dictionary in the archive, which the statement describes, and which no frame uses. */
static inline void dictionary_put(struct forge *f, struct span bytes, uint32_t id)
{
	if (f->layer == FORGE_RAW)
		forge_append(head_raw(f), "capsa/dictionary", bytes);
	if (f->layer != FORGE_STATEMENT)
		return;
	f->statement.facts.dictionary_size = bytes.size;
	f->statement.dictionary_id = id;
	capsa_digest(f->statement.dictionary_digest, bytes);
}

static inline void dictionary_raw(struct forge *f)
{
	dictionary_put(f, forge_text(forge_repeat(f, "raw content, which any bytes are. ", 20)),
	               40000);
}

static inline void dictionary_broken(struct forge *f)
{
	static const uint8_t broken[] = {0x37, 0xa4, 0x30, 0xec, 0x40, 0x9c,
	                                 0,    0,    0xff, 0xff, 0xff};

	dictionary_put(f, span_of(broken, sizeof broken), 40000);
}

static const struct vector vectors_head[] = {
    {"good-readme-64k", "6", "a README.txt of 64 KiB", GOOD, CHANGE(FORGE_RAW, head_readme_64k)},
    {"good-dictionary", "6", "a dictionary, which all frames but the first use", GOOD,
     PLAN(plan_dictionary)},
    {"bad-head-no-readme", "6", "no README.txt", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, head_no_readme)},
    {"bad-head-no-archive", "6", "no archive.json", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, head_no_archive)},
    {"bad-head-order", "6", "archive.json precedes README.txt", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, head_order)},
    {"bad-head-other-member", "6", "a third member", BAD_DEEP, "bytes follow",
     CHANGE(FORGE_RAW, head_other_member)},
    {"bad-head-mtime", "5.4", "README.txt has another mtime", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, head_mtime)},
    {"bad-head-mode", "5.1", "README.txt has mode 0600", BAD_DEEP, "its tar header",
     CHANGE(FORGE_RAW, head_mode)},
    {"bad-head-padding", "5", "padding of README.txt that is not zero", BAD_DEEP, "padding",
     CHANGE(FORGE_RAW, head_padding)},
    {"bad-head-cut", "5", "the padding of archive.json lacks a byte", BAD_DEEP, "cut off",
     CHANGE(FORGE_RAW, head_cut)},
    {"bad-head-readme-large", "6", "README.txt has 64 KiB and a byte", BAD_DEEP, "over 64 KiB",
     CHANGE(FORGE_RAW, head_readme_large)},
    {"bad-head-archive-canonical", "6", "archive.json is not canonical", BAD_DEEP, "canonical",
     CHANGE(FORGE_RAW, head_archive_canonical)},
    {"bad-head-archive-array", "6", "archive.json is an array", BAD_DEEP, "canonical",
     CHANGE(FORGE_RAW, head_archive_array)},
    {"bad-head-archive-no-feed", "6", "archive.json does not end with a line feed", BAD_DEEP,
     "canonical", CHANGE(FORGE_RAW, head_archive_no_feed)},
    {"bad-head-archive-two-lines", "6", "archive.json has two lines", BAD_DEEP, "canonical",
     CHANGE(FORGE_RAW, head_archive_two_lines)},
    {"bad-head-archive-large", "6", "archive.json is over 64 KiB", BAD_DEEP, "canonical",
     CHANGE(FORGE_RAW, head_archive_large)},
    {"bad-dictionary-in-head", "6", "the head frame uses the dictionary", BAD_DEEP,
     "which is not the archive's", PLAN_CHANGE(plan_dictionary, FORGE_RAW, dictionary_in_head)},
    {"bad-dictionary-id", "9.1", "the statement gives another ID", BAD_DEEP, "dictionary",
     PLAN_CHANGE(plan_dictionary, FORGE_STATEMENT, dictionary_other_id)},
    {"bad-dictionary-size", "9.1", "the statement gives another size", BAD_DEEP, "dictionary",
     PLAN_CHANGE(plan_dictionary, FORGE_STATEMENT, dictionary_other_size)},
    {"bad-dictionary-digest", "9.1", "the statement gives another digest", BAD_DEEP, "dictionary",
     PLAN_CHANGE(plan_dictionary, FORGE_STATEMENT, dictionary_other_digest)},
    {"bad-dictionary-frame-id", "4", "a frame names another dictionary", BAD_DEEP,
     "which is not the archive's", PLAN_CHANGE(plan_dictionary, FORGE_STORED, dictionary_frame_id)},
    {"bad-dictionary-unsaid", "6", "a dictionary that the statement does not tell of", BAD_DEEP,
     "dictionary", PLAN_CHANGE(plan_dictionary, FORGE_STATEMENT, dictionary_unsaid)},
    {"bad-dictionary-raw", "6", "the dictionary is raw content, which no frame uses", BAD_DEEP,
     "dictionary", CHANGE(FORGE_ANY, dictionary_raw)},
    {"bad-dictionary-broken", "6", "the dictionary has a head, and is broken behind it", BAD_DEEP,
     "dictionary", CHANGE(FORGE_ANY, dictionary_broken)},
};
