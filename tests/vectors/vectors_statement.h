/* Vectors: the statement's text (spec 9).  Part of vectors.h. */

#define DIGITS_32 "0123456789abcdef0123456789abcdef"
#define DIGITS_64 DIGITS_32 DIGITS_32

/* A row that replaces a piece of the text. */
#define TEXT(find, put) {NULL, FORGE_TEXT, NULL, find, put}

static inline void statement_size(struct forge *f)
{
	f->statement.facts.size++;
}

static inline void statement_sha256(struct forge *f)
{
	f->statement.facts.sha256[31] ^= 1;
}

static inline void statement_articles(struct forge *f)
{
	f->statement.facts.articles++;
}

static inline void statement_frames(struct forge *f)
{
	f->statement.facts.frames--;
}

static inline void statement_bytes(struct forge *f)
{
	f->statement.facts.bytes++;
}

static inline void statement_tar(struct forge *f)
{
	f->statement.facts.tar_size += CAPSA_TAR_BLOCK;
}

static inline void statement_dictionary(struct forge *f)
{
	f->statement.facts.dictionary_size = 1000;
	f->statement.dictionary_id = 32768;
}

static inline void statement_series(struct forge *f)
{
	struct capsa_statement *facts = &f->statement.facts;

	facts->has_series = true;
	facts->sequence = 2;
	facts->has_previous = true;
	memset(facts->series, 0xab, sizeof facts->series);
	memset(facts->previous, 0xcd, sizeof facts->previous);
}

static inline void statement_title_size(struct forge *f, size_t size)
{
	const char *title = forge_repeat(f, "t", size);

	f->statement.facts.title = text_of(forge_text(title));
}

static inline void statement_title_4000(struct forge *f)
{
	statement_title_size(f, CAPSA_STATEMENT_TEXT_MAX);
}

static inline void statement_title_4001(struct forge *f)
{
	statement_title_size(f, CAPSA_STATEMENT_TEXT_MAX + 1);
}

/* Lines of a later version, until the text has this size. */
static inline void statement_grow(struct forge *f, size_t size)
{
	forge_replace(&f->text, "version: 1.0", "version: 1.7");
	capsa_buffer_printf(&f->text, "later: ");
	while (f->text.size < size - 1)
		capsa_buffer_byte(&f->text, 'x');
	capsa_buffer_byte(&f->text, '\n');
}

static inline void statement_16k(struct forge *f)
{
	statement_grow(f, CAPSA_STATEMENT_MAX);
}

static inline void statement_large(struct forge *f)
{
	statement_grow(f, CAPSA_STATEMENT_MAX + 1);
}

static inline void statement_empty(struct forge *f)
{
	buffer_clear(&f->text);
}

static inline void statement_no_feed(struct forge *f)
{
	f->text.size--;
}

static inline void statement_nul(struct forge *f)
{
	f->text.data[f->text.size - 2] = 0;
}

/* The line that begins so is taken out, or stands twice. */
static inline void statement_line(struct forge *f, const char *key, bool twice)
{
	size_t at = forge_find(&f->text, forge_text(key));
	const uint8_t *line = f->text.data + at;
	const uint8_t *end = memchr(line, '\n', f->text.size - at);
	size_t size = (size_t)(end - line) + 1;
	struct span put = twice ? forge_copy(f, span_of(line, size)) : span_of(NULL, 0);

	forge_splice(&f->text, at, twice ? 0 : size, put);
}

static inline void statement_no_version(struct forge *f)
{
	statement_line(f, "version: ", false);
}

static inline void statement_no_created(struct forge *f)
{
	statement_line(f, "created: ", false);
}

static inline void statement_no_sha256(struct forge *f)
{
	statement_line(f, "sha256: ", false);
}

static inline void statement_no_articles(struct forge *f)
{
	statement_line(f, "articles: ", false);
}

static inline void statement_no_bytes(struct forge *f)
{
	statement_line(f, "bytes: ", false);
}

static inline void statement_no_frames(struct forge *f)
{
	statement_line(f, "frames: ", false);
}

static inline void statement_no_tar(struct forge *f)
{
	statement_line(f, "tar: ", false);
}

static inline void statement_no_size(struct forge *f)
{
	statement_line(f, "size: ", false);
}

static inline void statement_no_date(struct forge *f)
{
	statement_line(f, "tree: date", false);
}

static inline void statement_twice_frames(struct forge *f)
{
	statement_line(f, "frames: ", true);
}

static inline void statement_twice_tree(struct forge *f)
{
	statement_line(f, "tree: date", true);
}

static inline void statement_sha256_upper(struct forge *f)
{
	size_t at = forge_find(&f->text, forge_text("sha256: ")) + strlen("sha256: ");

	while (f->text.data[at] < 'a')
		at++;
	f->text.data[at] = (uint8_t)(f->text.data[at] - 'a' + 'A');
}

/* What the entries or the reference of a root say. */
static inline void statement_root_entries(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.entries++;
}

static inline void statement_root_level(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.level = 1;
}

static inline void statement_root_offset(struct forge *f)
{
	f->statement.trees[FORGE_TITLE].root.offset++;
}

static inline void statement_root_outside(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.offset = f->file.size - 8;
}

static inline void statement_root_in_prefix(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.offset = 0;
}

static inline void statement_root_size(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.size = CAPSA_PAGE_STORED_MAX + 1;
}

static inline void statement_root_tiny(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.size = CAPSA_HEAD_SIZE;
}

static inline void statement_root_digest(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root.digest[0] ^= 1;
}

/* Two trees have the same root: its page is reached twice, and that of `date` never. */
static inline void statement_root_shared(struct forge *f)
{
	f->statement.trees[FORGE_DATE].root = f->statement.trees[FORGE_TITLE].root;
}

/* Twelve trees more than the five, all with the root of `date`. */
static inline void statement_17_trees(struct forge *f)
{
	size_t at = forge_find(&f->text, forge_text("tree: date"));
	size_t size = forge_find(&f->text, forge_text("unicode")) - at;
	uint8_t *line = forge_new(f, size, 1);

	memcpy(line, f->text.data + at, size);
	for (char c = 'a'; c < 'a' + 12; c++) {
		line[strlen("tree: da")] = (uint8_t)c;
		forge_splice(&f->text, forge_find(&f->text, forge_text("unicode")), 0,
		             span_of(line, size));
	}
}

static const struct vector vectors_statement[] = {
    {"good-statement-texts", "9.1", "title and description", GOOD,
     TEXT("created:", "title: Die B\xc3\xbc"
                      "cher\ndescription: a: b \xe2\x80\x94 c\ncreated:")},
    {"good-statement-title-4000", "9.1", "a title of 4,000 bytes", GOOD,
     CHANGE(FORGE_STATEMENT, statement_title_4000)},
    {"good-statement-16k", "1.2", "a text of 16 KiB, with a line of a later version", GOOD,
     CHANGE(FORGE_TEXT, statement_16k)},
    {"good-statement-minor", "9.3", "version 1.7, with a key that 1.0 does not know", GOOD,
     TEXT("version: 1.0\n", "version: 1.7\nlater-key: and its value\n")},
    {"good-statement-series", "9.1", "the second snapshot of a series", GOOD,
     CHANGE(FORGE_STATEMENT, statement_series)},
    {"good-statement-no-unicode", "9.1", "no version of Unicode: title keys cannot be checked",
     GOOD, TEXT("unicode: 15.0.0\n", "")},
    {"unsupported-statement-2", "9.1", "the first line is 'capsa statement 2'", CAUGHT_OPEN,
     CAPSA_EUNSUPPORTED, "statements of version 2",
     TEXT("capsa statement 1\n", "capsa statement 2\n")},
    {"unsupported-version-2.0", "9.1", "version 2.0 of the format", CAUGHT_OPEN, CAPSA_EUNSUPPORTED,
     "version 2.0", TEXT("version: 1.0", "version: 2.0")},
    {"unsupported-version-0.9", "9.1", "version 0.9 of the format", CAUGHT_OPEN, CAPSA_EUNSUPPORTED,
     "version 0.9", TEXT("version: 1.0", "version: 0.9")},
    {"unsupported-requires", "9.3", "features are required that 1.0 does not know", CAUGHT_READ,
     CAPSA_EUNSUPPORTED, "two-things",
     TEXT("unicode: 15.0.0\n", "unicode: 15.0.0\nrequires: one-thing two-things\n")},
    {"bad-statement-first-line", "9.1", "the first line is 'capsa statement one'", BAD_OPEN,
     "line 1:", TEXT("capsa statement 1\n", "capsa statement one\n")},
    {"bad-statement-first-line-more", "9.1", "a space ends the first line", BAD_OPEN,
     "line 1:", TEXT("capsa statement 1\n", "capsa statement 1 \n")},
    {"bad-statement-bom", "1", "a byte order mark begins the text", BAD_OPEN, "line 1:",
     TEXT("capsa statement 1\n", "\xef\xbb\xbf"
                                 "capsa statement 1\n")},
    {"bad-statement-empty", "9", "no text", BAD_OPEN, "no valid size",
     CHANGE(FORGE_TEXT, statement_empty)},
    {"bad-statement-large", "1.2", "a text of 16 KiB and one byte", BAD_OPEN, "no valid size",
     CHANGE(FORGE_TEXT, statement_large)},
    {"bad-statement-no-feed", "9.1", "no line feed at the end", BAD_OPEN, "does not end",
     CHANGE(FORGE_TEXT, statement_no_feed)},
    {"bad-statement-crlf", "9.1", "a line ends with carriage return and line feed", BAD_OPEN,
     "line 2:", TEXT("version: 1.0\n", "version: 1.0\r\n")},
    {"bad-statement-empty-line", "9.1", "an empty line", BAD_OPEN, "key: value",
     TEXT("created", "\ncreated")},
    {"bad-statement-nul", "9.1", "a zero byte in a value", BAD_OPEN, "Unicode",
     CHANGE(FORGE_TEXT, statement_nul)},
    {"bad-statement-unknown-key", "9.3", "version 1.0, with a key that it does not know", BAD_OPEN,
     "none of this version's", TEXT("version: 1.0\n", "version: 1.0\nlater-key: and its value\n")},
    {"bad-statement-unknown-key-form", "9.3", "version 1.7, with an unknown key that is no name",
     BAD_OPEN, "key: value", TEXT("version: 1.0\n", "version: 1.7\nlater_key: and its value\n")},
    {"bad-statement-no-version", "9.1", "no version", BAD_OPEN, "'version' is missing",
     CHANGE(FORGE_TEXT, statement_no_version)},
    {"bad-statement-no-created", "9.1", "no time", BAD_OPEN, "'created' is missing",
     CHANGE(FORGE_TEXT, statement_no_created)},
    {"bad-statement-no-sha256", "9.1", "no SHA-256", BAD_OPEN, "'sha256' is missing",
     CHANGE(FORGE_TEXT, statement_no_sha256)},
    {"bad-statement-no-articles", "9.1", "no number of articles", BAD_OPEN, "'articles' is missing",
     CHANGE(FORGE_TEXT, statement_no_articles)},
    {"bad-statement-no-bytes", "9.1", "no number of bytes", BAD_OPEN, "'bytes' is missing",
     CHANGE(FORGE_TEXT, statement_no_bytes)},
    {"bad-statement-no-frames", "9.1", "no number of frames", BAD_OPEN, "'frames' is missing",
     CHANGE(FORGE_TEXT, statement_no_frames)},
    {"bad-statement-no-tar", "9.1", "no size of the tar stream", BAD_OPEN, "'tar' is missing",
     CHANGE(FORGE_TEXT, statement_no_tar)},
    {"bad-statement-no-size", "9.1", "no size", BAD_OPEN, "'size' is missing",
     CHANGE(FORGE_TEXT, statement_no_size)},
    {"bad-statement-twice", "9.1", "a key stands twice", BAD_OPEN, "stands twice",
     CHANGE(FORGE_TEXT, statement_twice_frames)},
    {"bad-statement-order", "9.1", "the title follows the time", BAD_OPEN, "stands twice or after",
     TEXT("articles:", "title: Late\narticles:")},
    {"bad-statement-no-space", "9.1", "no space after a colon", BAD_OPEN, "key: value",
     TEXT("created: ", "created:")},
    {"bad-statement-two-spaces", "9.1", "two spaces after a colon", BAD_OPEN, "the time",
     TEXT("created: ", "created:  ")},
    {"bad-statement-version-form", "9.1", "the version is 1", BAD_OPEN, "the version",
     TEXT("version: 1.0", "version: 1")},
    {"bad-statement-version-zeros", "9.1", "the version is 1.00", BAD_OPEN, "the version",
     TEXT("version: 1.0", "version: 1.00")},
    {"bad-statement-title-empty", "9.1", "an empty title", BAD_OPEN, "1 to 4000",
     TEXT("created:", "title: \ncreated:")},
    {"bad-statement-title-4001", "9.1", "a title of 4,001 bytes", BAD_OPEN, "1 to 4000",
     CHANGE(FORGE_STATEMENT, statement_title_4001)},
    {"bad-statement-title-control", "9.1", "a tab in the title", BAD_OPEN, "not allowed",
     TEXT("created:", "title: a\tb\ncreated:")},
    {"bad-statement-title-c1", "9.1", "U+0085 in the title", BAD_OPEN, "not allowed",
     TEXT("created:", "title: a\xc2\x85"
                      "b\ncreated:")},
    {"bad-statement-title-separator", "9.1", "U+2028 in the title", BAD_OPEN, "not allowed",
     TEXT("created:", "title: a\xe2\x80\xa8"
                      "b\ncreated:")},
    {"bad-statement-title-bidi", "9.1", "U+202E, a bidirectional control, in the title", BAD_OPEN,
     "not allowed",
     TEXT("created:", "title: a\xe2\x80\xae"
                      "b\ncreated:")},
    {"bad-statement-title-utf8", "9.1", "the title is not valid UTF-8", BAD_OPEN, "not allowed",
     TEXT("created:", "title: a\xff"
                      "b\ncreated:")},
    {"bad-statement-title-space", "9.1", "the title ends with a space", BAD_OPEN, "not allowed",
     TEXT("created:", "title: a \ncreated:")},
    {"bad-statement-description-empty", "9.1", "an empty description", BAD_OPEN,
     "the text does not have", TEXT("created: ", "description: \ncreated: ")},
    {"bad-statement-created-form", "9.1", "the time is a date", BAD_OPEN, "the time",
     TEXT(FORGE_TIME, "2023-11-14")},
    {"bad-statement-created-day", "9.1", "the time is on the 30th of February", BAD_OPEN,
     "the time", TEXT("2023-11-14T", "2023-02-30T")},
    {"bad-statement-created-zone", "9.1", "the time has an offset", BAD_OPEN, "the time",
     TEXT(FORGE_TIME, "2023-11-14T22:13:20+00:00")},
    {"bad-statement-number-zeros", "9.1", "a number has a leading zero", BAD_OPEN,
     "not a decimal number", TEXT("articles: ", "articles: 0")},
    {"bad-statement-number-sign", "9.1", "a number has a sign", BAD_OPEN, "not a decimal number",
     TEXT("articles: ", "articles: +")},
    {"bad-statement-number-large", "9.1", "a number is 2^63", BAD_OPEN, "not a decimal number",
     TEXT("articles: 5", "articles: 9223372036854775808")},
    {"bad-statement-number-hex", "9.1", "a number is hexadecimal", BAD_OPEN, "not a decimal number",
     TEXT("articles: 5", "articles: 0x5")},
    {"bad-statement-articles", "9.2", "one article more than there are", BAD_OPEN,
     "as many entries as there are articles", CHANGE(FORGE_STATEMENT, statement_articles)},
    {"bad-statement-frames", "9.2", "one frame less than there are", BAD_OPEN,
     "as many entries as there are frames", CHANGE(FORGE_STATEMENT, statement_frames)},
    {"bad-statement-bytes", "9.1", "one byte more than the bodies have", BAD_DEEP, "bytes",
     CHANGE(FORGE_STATEMENT, statement_bytes)},
    {"bad-statement-tar", "9.1", "one block more than the tar stream has", BAD_QUICK, "other sums",
     CHANGE(FORGE_STATEMENT, statement_tar)},
    {"bad-statement-size", "9.1", "size is not the statement's offset", BAD_OPEN,
     "not the offset at which", CHANGE(FORGE_STATEMENT, statement_size)},
    {"bad-statement-sha256", "9.1", "the SHA-256 is another", BAD_DEEP, "do not have its SHA-256",
     CHANGE(FORGE_STATEMENT, statement_sha256)},
    {"bad-statement-sha256-upper", "9.1", "a hexadecimal digit is upper-case", BAD_OPEN,
     "lower-case hexadecimal", CHANGE(FORGE_TEXT, statement_sha256_upper)},
    {"bad-statement-dictionary", "6", "a dictionary that the head frame has not", BAD_DEEP,
     "its tar header", CHANGE(FORGE_STATEMENT, statement_dictionary)},
    {"bad-statement-dictionary-id", "6", "the dictionary's ID is 32,767", BAD_OPEN,
     "32768 to 2^31 - 1", TEXT("unicode", "dictionary: 32767 1000 " DIGITS_64 "\nunicode")},
    {"bad-statement-dictionary-id-high", "6", "the dictionary's ID is 2^31", BAD_OPEN,
     "32768 to 2^31 - 1", TEXT("unicode", "dictionary: 2147483648 1000 " DIGITS_64 "\nunicode")},
    {"bad-statement-dictionary-size", "1.2", "the dictionary is over its limit", BAD_OPEN,
     "3932160", TEXT("unicode", "dictionary: 32768 3932161 " DIGITS_64 "\nunicode")},
    {"bad-statement-dictionary-empty", "1.2", "the dictionary has size 0", BAD_OPEN, "3932160",
     TEXT("unicode", "dictionary: 32768 0 " DIGITS_64 "\nunicode")},
    {"bad-statement-dictionary-form", "9.1", "the dictionary lacks its digest", BAD_OPEN,
     "ID SIZE DIGEST", TEXT("unicode", "dictionary: 32768 1000\nunicode")},
    {"bad-statement-unicode", "9.1", "a version of Unicode with two numbers", BAD_OPEN, "Unicode",
     TEXT("15.0.0", "15.0")},
    {"bad-statement-requires-empty", "9.1", "features are required, but none is named", BAD_OPEN,
     "1 to 4000", TEXT("15.0.0\n", "15.0.0\nrequires: \n")},
    {"bad-statement-requires-spaces", "9.1", "two spaces between features", BAD_OPEN, "one space",
     TEXT("15.0.0\n", "15.0.0\nrequires: a  b\n")},
    {"bad-statement-series-alone", "9.1", "a series without sequence", BAD_OPEN,
     "a series without a sequence", TEXT("15.0.0\n", "15.0.0\nseries: " DIGITS_32 "\n")},
    {"bad-statement-series-short", "9.1", "a series of 30 digits", BAD_OPEN, "32 lower-case",
     TEXT("15.0.0\n", "15.0.0\nseries: 0123456789abcdef0123456789abcd\nsequence: 1\n")},
    {"bad-statement-sequence-alone", "9.1", "a sequence without series", BAD_OPEN,
     "without a series", TEXT("15.0.0\n", "15.0.0\nsequence: 1\n")},
    {"bad-statement-sequence-0", "9.1", "sequence 0", BAD_OPEN, "counts from 1",
     TEXT("15.0.0\n", "15.0.0\nseries: " DIGITS_32 "\nsequence: 0\n")},
    {"bad-statement-previous-first", "9.1", "the first of a series has a previous one", BAD_OPEN,
     "no previous",
     TEXT("15.0.0\n", "15.0.0\nseries: " DIGITS_32 "\nsequence: 1\nprevious: " DIGITS_64 "\n")},
    {"bad-statement-series-upper", "9.1", "a digit of the series is upper-case", BAD_OPEN,
     "32 lower-case",
     TEXT("15.0.0\n", "15.0.0\nseries: 0123456789abcdef0123456789ABCDEF\nsequence: 1\n")},
    {"bad-statement-previous-short", "9.1", "a previous one of 32 digits", BAD_OPEN,
     "64 lower-case",
     TEXT("15.0.0\n", "15.0.0\nseries: " DIGITS_32 "\nsequence: 2\nprevious: " DIGITS_32 "\n")},
    {"bad-statement-previous-alone", "9.1", "a previous one without series", BAD_OPEN,
     "no previous", TEXT("15.0.0\n", "15.0.0\nprevious: " DIGITS_64 "\n")},
    {"bad-tree-missing", "9.2", "no tree 'date'", BAD_OPEN, "fewer than five trees",
     CHANGE(FORGE_TEXT, statement_no_date)},
    {"bad-tree-twice", "9.2", "the tree 'date' stands twice", BAD_OPEN, "name stands twice",
     CHANGE(FORGE_TEXT, statement_twice_tree)},
    {"bad-tree-order", "9.2", "the tree 'path' has the name 'paths'", BAD_OPEN,
     "not spine, path, url, title and date", TEXT("tree: path ", "tree: paths ")},
    {"bad-tree-name", "9.2", "a tree's name is upper-case", BAD_OPEN, "NAME KIND LEVEL",
     TEXT("tree: path ", "tree: PATH ")},
    {"bad-tree-name-33", "9.2", "a tree's name has 33 bytes", BAD_OPEN, "more than 32 bytes",
     TEXT("tree: date ", "tree: date-date-date-date-date-date-date ")},
    {"bad-tree-kind", "9.2", "the tree 'path' is a spine", BAD_OPEN, "the kind that its place",
     TEXT("tree: path keys", "tree: path spine")},
    {"bad-tree-kind-unknown", "9.2", "the tree 'path' is of kind 'hash'", BAD_OPEN,
     "the kind that its place", TEXT("tree: path keys", "tree: path hash")},
    {"bad-tree-level-8", "1.2", "a tree has 9 levels", BAD_OPEN, "more than 8 levels",
     TEXT("tree: date keys 0 ", "tree: date keys 8 ")},
    {"bad-trees-17", "1.2", "17 trees", BAD_OPEN, "more than 16 trees",
     CHANGE(FORGE_TEXT, statement_17_trees)},
    {"bad-root-entries", "8.2", "a root has not as many entries as the statement says", BAD_QUICK,
     "another number of entries", CHANGE(FORGE_STATEMENT, statement_root_entries)},
    {"bad-root-level", "8.1", "a root has not the level that the statement says", BAD_QUICK,
     "kind and level", CHANGE(FORGE_STATEMENT, statement_root_level)},
    {"bad-root-offset", "8.2", "a root's offset is one more", BAD_QUICK, "fails its digest",
     CHANGE(FORGE_STATEMENT, statement_root_offset)},
    {"bad-root-outside", "8.2", "a root would end behind the statement's first byte", BAD_OPEN,
     "outside the index", CHANGE(FORGE_STATEMENT, statement_root_outside)},
    {"bad-root-in-prefix", "8.2", "a root at offset 0", BAD_OPEN, "outside the index",
     CHANGE(FORGE_STATEMENT, statement_root_in_prefix)},
    {"bad-root-size", "1.2", "a root of 32 KiB and one byte", BAD_OPEN, "not one of a page",
     CHANGE(FORGE_STATEMENT, statement_root_size)},
    {"bad-root-tiny", "8.1", "a root that is a head alone", BAD_OPEN, "not one of a page",
     CHANGE(FORGE_STATEMENT, statement_root_tiny)},
    {"bad-root-digest", "8.2", "a root has another digest", BAD_QUICK, "fails its digest",
     CHANGE(FORGE_STATEMENT, statement_root_digest)},
    {"bad-root-shared", "8", "two trees have the same root", BAD_QUICK, "do not tile",
     CHANGE(FORGE_STATEMENT, statement_root_shared)},
};
