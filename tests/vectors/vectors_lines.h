/* Vectors: metadata lines (spec 7), what key trees hold (8.4), paths (5.5).  Part of vectors.h. */

/* A row that replaces a piece of the line of article 0. */
#define LINE(find, put) {NULL, FORGE_LINE, NULL, find, put}
/* A row that puts members behind the date. */
#define AFTER_DATE(put) LINE("\"digest\"", put ",\"digest\"")

/* ---- lines ------------------------------------------------------------- */

/* Arrays in an object in the line's: a line of this depth. */
static inline void line_depth(struct forge *f, size_t depth)
{
	struct buffer *line = &f->articles[0].line;
	struct buffer put = {0};

	capsa_buffer_printf(&put, "\"extra\":{\"a\":%s%s},", forge_repeat(f, "[", depth - 2),
	                    forge_repeat(f, "]", depth - 2));
	forge_splice(line, forge_find(line, forge_text("\"modified\"")), 0, buffer_span(&put));
	capsa_buffer_release(&put);
}

static inline void line_depth_16(struct forge *f)
{
	line_depth(f, CAPSA_DEPTH_MAX);
}

static inline void line_depth_17(struct forge *f)
{
	line_depth(f, CAPSA_DEPTH_MAX + 1);
}

static inline void line_depth_100000(struct forge *f)
{
	line_depth(f, 100000);
}

/* A description makes the line this long. */
static inline void line_size(struct forge *f, size_t size)
{
	struct buffer *line = &f->articles[0].line;
	struct buffer put = {0};
	size_t rest = strlen("\"description\":\"\",");

	capsa_buffer_printf(&put, "\"description\":\"%s\",",
	                    forge_repeat(f, "x", size - line->size - rest));
	forge_splice(line, forge_find(line, forge_text("\"digest\"")), 0, buffer_span(&put));
	forge_need(line->size == size, "the line has another size");
	capsa_buffer_release(&put);
}

static inline void line_1m(struct forge *f)
{
	line_size(f, CAPSA_LINE_MAX);
}

static inline void line_long(struct forge *f)
{
	line_size(f, CAPSA_LINE_MAX + 1);
}

static inline void line_16m(struct forge *f)
{
	struct buffer *line = &f->articles[0].line;
	const char *title = forge_repeat(f, "o", 16U << 20);

	if (f->layer == FORGE_LINE)
		forge_splice(line, forge_find(line, forge_text("one\",\"url")), 1,
		             forge_text(title));
	if (f->layer == FORGE_RAW)
		forge_zstd_any(buffer_span(&f->frames[FRAME_LINES].raw),
		               &f->frames[FRAME_LINES].stored);
}

static inline void line_empty(struct forge *f)
{
	buffer_clear(&f->articles[0].line);
}

static inline void line_array(struct forge *f)
{
	struct buffer *line = &f->articles[0].line;

	buffer_clear(line);
	capsa_buffer_printf(line, "[]");
}

static inline void line_size_more(struct forge *f)
{
	forge_replace(&f->articles[0].line, "\"size\":19", "\"size\":20");
}

static inline void line_digest(struct forge *f)
{
	size_t at = forge_find(&f->articles[0].line, forge_text("blake2b-256:")) + 12;
	uint8_t *digit = f->articles[0].line.data + at;

	*digit = *digit == '0' ? '1' : '0';
}

static inline void line_digest_upper(struct forge *f)
{
	uint8_t *digit = f->articles[0].line.data +
	                 forge_find(&f->articles[0].line, forge_text("blake2b-256:")) + 12;

	while (*digit < 'a')
		digit++;
	*digit = (uint8_t)(*digit - 'a' + 'A');
}

static inline void line_digest_short(struct forge *f)
{
	struct buffer *line = &f->articles[0].line;

	forge_splice(line, forge_find(line, forge_text("blake2b-256:")) + 12, 1, span_of(NULL, 0));
}

static inline void line_no_digest(struct forge *f)
{
	struct buffer *line = &f->articles[0].line;
	size_t at = forge_find(line, forge_text("\"digest\""));

	forge_splice(line, at, forge_find(line, forge_text("\"modified\"")) - at, span_of(NULL, 0));
}

static inline void line_not_utf8(struct forge *f)
{
	forge_replace(&f->articles[0].line, "\"digest\"",
	              "\"description\":\"\xed\xa0\x80\",\"digest\"");
}

/* What the line of the article that shares a body says of it. */
static inline void line_link_digest(struct forge *f)
{
	uint8_t *line = f->articles[2].line.data;
	size_t at = forge_find(&f->articles[2].line, forge_text("blake2b-256:")) + 12;

	line[at] = line[at] == '0' ? '1' : '0';
}

static inline void line_swapped(struct forge *f)
{
	struct buffer line = f->articles[0].line;

	f->articles[0].line = f->articles[1].line;
	f->articles[1].line = line;
}

static inline void line_two_in_one(struct forge *f)
{
	forge_replace(&f->articles[0].line, "\"digest\"", "\"description\":\"a\nb\",\"digest\"");
}

/* Its header cannot be made: no tar header holds that much. */
static inline void line_path_4001(struct forge *f)
{
	forge_replace(&f->articles[0].line, "a/one.txt", forge_repeat(f, "x/", 2000));
	forge_replace(&f->articles[0].line, "x/\"", "x/z\"");
}

static inline void line_all_keys(struct forge *f)
{
	forge_replace(
	    &f->articles[0].line, "{\"date\"",
	    "{\"contributor\":[\"a\"],\"coverage\":\"\",\"creator\":[\"b\",\"c\"],\"date\"");
	forge_replace(
	    &f->articles[0].line, "\"modified\"",
	    "\"extra\":{\"a\":{},\"b\":[]},\"format\":\"text/plain\",\"http\":{\"status\":200},"
	    "\"identifier\":[\"d\"],\"language\":\"de\",\"modified\"");
	forge_replace(&f->articles[0].line, "\"size\"",
	              "\"publisher\":\"e\",\"relation\":[\"f\"],\"rights\":\"g\",\"size\"");
	forge_replace(&f->articles[0].line, "\"title\"",
	              "\"source\":\"h\",\"subject\":[\"i\"],\"title\"");
	forge_replace(&f->articles[0].line, "\"url\"", "\"type\":\"j\",\"url\"");
}

static inline void plan_location_body(struct forge *f)
{
	forge_plan_plain(f);
	f->articles[0].location = "b.html";
}

/* ---- key trees --------------------------------------------------------- */

static inline struct forge_entry *tree_entry(struct forge *f, unsigned tree, size_t i)
{
	return &f->trees[tree].entries[i];
}

static inline void keys_title_missing(struct forge *f)
{
	f->trees[FORGE_TITLE].entry_count--;
}

static inline void keys_url_missing(struct forge *f)
{
	f->trees[FORGE_URL].entry_count--;
}

static inline void keys_date_missing(struct forge *f)
{
	f->trees[FORGE_DATE].entry_count--;
}

static inline void keys_path_missing(struct forge *f)
{
	f->trees[FORGE_PATH].entry_count--;
}

static inline void keys_title_more(struct forge *f)
{
	forge_entry(f, FORGE_TITLE, forge_text("zeta"), 3);
}

static inline void keys_title_empty(struct forge *f)
{
	struct forge_tree *tree = &f->trees[FORGE_TITLE];

	memmove(tree->entries + 1, tree->entries, tree->entry_count * sizeof *tree->entries);
	tree->entries[0] = (struct forge_entry){span_of(NULL, 0), 3};
	tree->entry_count++;
}

static inline void keys_title_other(struct forge *f)
{
	tree_entry(f, FORGE_TITLE, 0)->key = forge_text("larga");
}

static inline void keys_title_number(struct forge *f)
{
	tree_entry(f, FORGE_TITLE, 0)->number = 3;
}

static inline void keys_url_other(struct forge *f)
{
	struct forge_entry *e = tree_entry(f, FORGE_URL, 0);
	uint8_t *key = forge_new(f, e->key.size, 1);

	memcpy(key, e->key.data, e->key.size);
	key[0] = 'n';
	e->key = span_of(key, e->key.size);
}

static inline void keys_url_time(struct forge *f)
{
	struct forge_entry *e = tree_entry(f, FORGE_URL, 0);
	uint8_t *key = forge_new(f, e->key.size, 1);

	memcpy(key, e->key.data, e->key.size);
	key[e->key.size - 1] ^= 1;
	e->key = span_of(key, e->key.size);
}

static inline void keys_date_other(struct forge *f)
{
	struct forge_entry *e = tree_entry(f, FORGE_DATE, 0);
	uint8_t *key = forge_new(f, e->key.size, 1);

	memcpy(key, e->key.data, e->key.size);
	key[7] ^= 1;
	e->key = span_of(key, e->key.size);
}

static inline void keys_path_other(struct forge *f)
{
	tree_entry(f, FORGE_PATH, 2)->key = forge_text("b.htmk");
}

static inline void keys_path_slash(struct forge *f)
{
	tree_entry(f, FORGE_PATH, 1)->key = forge_text("a/two.html");
}

static inline void keys_path_numbers(struct forge *f)
{
	tree_entry(f, FORGE_PATH, 2)->number = 3;
	tree_entry(f, FORGE_PATH, 3)->number = 2;
}

static inline void plan_captures(struct forge *f)
{
	static const char *const times[] = {NULL, "1950-01-01", "2001-02-03T04:05:06.789Z",
	                                    "2020-02-02"};

	for (size_t i = 0; i < 4; i++) {
		char *path = forge_new(f, 8, 1);
		struct forge_article *a;

		snprintf(path, 8, "%zu", i);
		a = forge_add(f, path, forge_text("capture"));
		a->url = "https://www.example.org/page";
		a->url_key = "org,example)/page";
		a->captured = times[i];
	}
}

/* ---- paths ------------------------------------------------------------- */

#define PLAN_PATH(name, text)                                                                      \
	static inline void plan_path_##name(struct forge *f)                                       \
	{                                                                                          \
		forge_plan_plain(f);                                                               \
		f->articles[0].path = text;                                                        \
	}

PLAN_PATH(backslash, "a\\one.txt")
PLAN_PATH(unicode, "\xc3\xa4/\xe6\x97\xa5\xe6\x9c\xac.txt")
PLAN_PATH(dots, "a/.../.one..txt")
PLAN_PATH(up, "a/../../one.txt")
PLAN_PATH(up_alone, "..")
PLAN_PATH(dot, "a/./one.txt")
PLAN_PATH(absolute, "/etc/passwd")
PLAN_PATH(empty_component, "a//one.txt")
PLAN_PATH(slash_end, "a/one/")
PLAN_PATH(control, "a/\x1b[2J.txt")
PLAN_PATH(feed, "a/one\n.txt")
PLAN_PATH(delete, "a/\x7f.txt")
PLAN_PATH(c1, "a/\xc2\x9b.txt")
PLAN_PATH(not_utf8, "a/\xff.txt")
PLAN_PATH(empty, "")
PLAN_PATH(component_255, forge_repeat(f, "c", 255))
PLAN_PATH(component_256, forge_repeat(f, "c", 256))
PLAN_PATH(twice, "b.html")
PLAN_PATH(directory, "b.html/one.txt")
PLAN_PATH(neighbour, "b.html.old/one.txt")

#define NOT_CANONICAL "not canonical JSON"
#define WRONG_KEYS "its keys are not those"

static const struct vector vectors_lines[] = {
    {"good-line-all-keys", "7.2", "every key that there is", GOOD,
     CHANGE(FORGE_LINE, line_all_keys)},
    {"good-line-unknown-key", "7.2", "a key that nobody knows", GOOD,
     AFTER_DATE("\"dc:date\":{\"a\":[1,-2,true,false,null]}")},
    {"good-line-escapes", "7.3", "all that is escaped, and what is not", GOOD,
     AFTER_DATE("\"description\":\"\\\" \\\\ \\u0001 \\u000a \\u001f / \x7f \xf0\x9f\x93\x9c\"")},
    {"good-line-integers", "7.3", "the largest integers", GOOD,
     AFTER_DATE("\"description\":\"\",\"dig\":[9007199254740991,-9007199254740991,0]")},
    {"good-line-depth-16", "1.2", "as deep as may be", GOOD, CHANGE(FORGE_LINE, line_depth_16)},
    {"good-line-1m", "1.2", "as long as may be", GOOD, CHANGE(FORGE_LINE, line_1m)},
    {"good-captures", "8.4", "four captures of one address", GOOD, PLAN(plan_captures)},
    {"bad-line-empty", "7.1", "an empty line", BAD_DEEP, NOT_CANONICAL,
     CHANGE(FORGE_LINE, line_empty)},
    {"bad-line-array", "7.3", "an array in place of an object", BAD_DEEP, "not an object",
     CHANGE(FORGE_LINE, line_array)},
    {"bad-line-order", "7.3", "two keys have changed places", BAD_DEEP, NOT_CANONICAL,
     LINE("\"size\":19,\"title\":\"one\"", "\"title\":\"one\",\"size\":19")},
    {"bad-line-key-twice", "7.3", "a key stands twice", BAD_DEEP, NOT_CANONICAL,
     LINE("\"size\":19", "\"size\":19,\"size\":19")},
    {"bad-line-space", "7.3", "a space after a colon", BAD_DEEP, NOT_CANONICAL,
     LINE("\"size\":", "\"size\": ")},
    {"bad-line-space-end", "7.3", "a space after the object", BAD_DEEP, NOT_CANONICAL,
     LINE("/one\"}", "/one\"} ")},
    {"bad-line-crlf", "7.1", "a carriage return before the line feed", BAD_DEEP, NOT_CANONICAL,
     LINE("/one\"}", "/one\"}\r")},
    {"bad-line-comma-end", "7.3", "a comma after the last member", BAD_DEEP, NOT_CANONICAL,
     LINE("/one\"}", "/one\",}")},
    {"bad-line-escape-slash", "7.3", "a slash is escaped", BAD_DEEP, NOT_CANONICAL,
     LINE("a/one", "a\\/one")},
    {"bad-line-escape-letter", "7.3", "a letter is escaped", BAD_DEEP, NOT_CANONICAL,
     LINE("\"one\"", "\"\\u006fne\"")},
    {"bad-line-escape-short", "7.3", "a line feed is written \\n", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"description\":\"\\n\"")},
    {"bad-line-escape-upper", "7.3", "an escape with upper-case digits", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"description\":\"\\u001F\"")},
    {"bad-line-escape-zero", "7.3", "U+0000", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"description\":\"\\u0000\"")},
    {"bad-line-escape-surrogates", "7.3", "a character as two surrogates", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"description\":\"\\ud83d\\udcdc\"")},
    {"bad-line-control", "7.3", "a control character stands for itself", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"description\":\"\t\"")},
    {"bad-line-not-utf8", "7.3", "a surrogate in UTF-8", BAD_DEEP, NOT_CANONICAL,
     CHANGE(FORGE_LINE, line_not_utf8)},
    {"bad-line-fraction", "7.3", "a number with a fraction", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"dig\":1.0")},
    {"bad-line-exponent", "7.3", "a number with an exponent", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"dig\":1e3")},
    {"bad-line-zeros", "7.3", "a number with a leading zero", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"dig\":01")},
    {"bad-line-minus-zero", "7.3", "the number -0", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"dig\":-0")},
    {"bad-line-large-number", "7.3", "the number 2^53", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"dig\":9007199254740992")},
    {"bad-line-word", "7.3", "True in place of true", BAD_DEEP, NOT_CANONICAL,
     AFTER_DATE("\"dig\":True")},
    {"bad-line-depth-17", "1.2", "one deeper than may be", BAD_DEEP, NOT_CANONICAL,
     CHANGE(FORGE_LINE, line_depth_17)},
    {"bad-line-depth-100000", "1.2", "a depth of 100,000", BAD_DEEP, NOT_CANONICAL,
     CHANGE(FORGE_LINE, line_depth_100000)},
    {"bad-line-long", "1.2", "a line of 1 MiB and a byte", BAD_DEEP, "longer than 1 MiB",
     CHANGE(FORGE_LINE, line_long)},
    {"bad-line-title-16m", "1.2", "a title of 16 MiB", BAD_QUICK, "bad column of frames",
     CHANGE(FORGE_ANY, line_16m)},
    {"bad-line-feed", "7.3", "a line feed in a string", BAD_DEEP, NOT_CANONICAL,
     CHANGE(FORGE_LINE, line_two_in_one)},
    {"bad-line-no-path", "7.2", "no path", BAD_DEEP, "no key 'path'",
     LINE("\"path\":\"a/one.txt\",", "")},
    {"bad-line-no-size", "7.2", "no size", BAD_DEEP, "no key 'size'", LINE("\"size\":19,", "")},
    {"bad-line-no-digest", "7.2", "no digest", BAD_DEEP, "no key 'digest'",
     CHANGE(FORGE_LINE, line_no_digest)},
    {"bad-line-path-type", "7.2", "the path is a number", BAD_DEEP, "'path' is not a text",
     LINE("\"a/one.txt\"", "1")},
    {"bad-line-size-type", "7.2", "the size is a text", BAD_DEEP, "'size' is not",
     LINE("\"size\":19", "\"size\":\"19\"")},
    {"bad-line-size-negative", "7.2", "the size is below 0", BAD_DEEP, "'size' is not",
     LINE("\"size\":19", "\"size\":-19")},
    {"bad-line-size", "7.2", "the size is one more", BAD_DEEP, "size on its metadata line",
     CHANGE(FORGE_LINE, line_size_more)},
    {"bad-line-digest", "7.2", "the digest is another", BAD_DEEP, "digest on its metadata line",
     CHANGE(FORGE_LINE, line_digest)},
    {"bad-line-digest-upper", "7.2", "a digit of the digest is upper-case", BAD_DEEP,
     "'digest' is not", CHANGE(FORGE_LINE, line_digest_upper)},
    {"bad-line-digest-short", "7.2", "the digest lacks a digit", BAD_DEEP, "'digest' is not",
     CHANGE(FORGE_LINE, line_digest_short)},
    {"bad-line-digest-name", "7.2", "the digest is of another name", BAD_DEEP, "'digest' is not",
     LINE("blake2b-256:", "sha-256:")},
    {"bad-line-link-digest", "7.2", "the line of a link has another digest than that of its target",
     BAD_DEEP, "another digest", CHANGE(FORGE_LINE, line_link_digest)},
    {"bad-line-other-path", "7.2", "the path on the line is another", BAD_DEEP, HEADER,
     LINE("a/one.txt", "a/won.txt")},
    {"bad-line-swapped", "7.1", "two lines have changed places", BAD_DEEP,
     "size on its metadata line", CHANGE(FORGE_LINE, line_swapped)},
    {"bad-line-title-type", "7.2", "the title is an array", BAD_DEEP, "'title' is not",
     LINE("\"one\"", "[\"one\"]")},
    {"bad-line-creator-type", "7.2", "the creator is a text", BAD_DEEP, "'creator' is not",
     LINE("{\"date\"", "{\"creator\":\"one\",\"date\"")},
    {"bad-line-creator-empty", "7.2", "an empty array of creators", BAD_DEEP, "'creator' is not",
     LINE("{\"date\"", "{\"creator\":[],\"date\"")},
    {"bad-line-creator-number", "7.2", "a number among the creators", BAD_DEEP, "'creator' is not",
     LINE("{\"date\"", "{\"creator\":[\"one\",2],\"date\"")},
    {"bad-line-description-type", "7.2", "the description is a number", BAD_DEEP,
     "'description' is not", LINE("\"digest\"", "\"description\":1,\"digest\"")},
    {"bad-line-language-type", "7.2", "the language is a number", BAD_DEEP, "'language' is not",
     LINE("\"modified\"", "\"language\":1,\"modified\"")},
    {"bad-line-publisher-type", "7.2", "the publisher is a number", BAD_DEEP, "'publisher' is not",
     LINE("\"size\"", "\"publisher\":1,\"size\"")},
    {"bad-line-rights-type", "7.2", "the rights is a number", BAD_DEEP, "'rights' is not",
     LINE("\"size\"", "\"rights\":1,\"size\"")},
    {"bad-line-source-type", "7.2", "the source is a number", BAD_DEEP, "'source' is not",
     LINE("\"title\"", "\"source\":1,\"title\"")},
    {"bad-line-coverage-type", "7.2", "the coverage is a number", BAD_DEEP, "'coverage' is not",
     LINE("{\"date\"", "{\"coverage\":1,\"date\"")},
    {"bad-line-type-type", "7.2", "the type is a number", BAD_DEEP, "'type' is not",
     LINE("\"url\"", "\"type\":1,\"url\"")},
    {"bad-line-format-type", "7.2", "the format is a number", BAD_DEEP, "'format' is not",
     LINE("\"modified\"", "\"format\":1,\"modified\"")},
    {"bad-line-contributor-type", "7.2", "the contributor is a text", BAD_DEEP,
     "'contributor' is not", LINE("{\"date\"", "{\"contributor\":\"one\",\"date\"")},
    {"bad-line-subject-type", "7.2", "the subject is a text", BAD_DEEP, "'subject' is not",
     LINE("\"title\"", "\"subject\":\"one\",\"title\"")},
    {"bad-line-identifier-type", "7.2", "the identifier is a text", BAD_DEEP, "'identifier' is not",
     LINE("\"modified\"", "\"identifier\":\"one\",\"modified\"")},
    {"bad-line-relation-type", "7.2", "the relation is a text", BAD_DEEP, "'relation' is not",
     LINE("\"size\"", "\"relation\":\"one\",\"size\"")},
    {"bad-line-captured-type", "7.2", "the time of capture is a number", BAD_DEEP,
     "'captured' is not", LINE("{\"date\"", "{\"captured\":1,\"date\"")},
    {"bad-line-url-type", "7.2", "the address is a number", BAD_DEEP, "'url' is not",
     LINE("\"https://example.org/one\"", "1")},
    {"bad-line-location-type", "7.2", "the location is a number", BAD_DEEP, "'location' is not",
     LINE("\"modified\"", "\"location\":1,\"modified\"")},
    {"bad-line-http-type", "7.2", "what a crawl kept is an array", BAD_DEEP, "'http' is not",
     LINE("\"modified\"", "\"http\":[],\"modified\"")},
    {"bad-line-extra-type", "7.2", "extra is a text", BAD_DEEP, "'extra' is not",
     LINE("\"modified\"", "\"extra\":\"one\",\"modified\"")},
    {"bad-line-location-body", "7.2", "a location, and a body that is not empty", BAD_DEEP,
     "'location' belongs", PLAN(plan_location_body)},
    {"bad-line-date", "7.4", "the 30th of February", BAD_DEEP, "'date' is not",
     LINE("2001-02-03\"", "2001-02-30\"")},
    {"bad-line-date-leap", "7.4", "the 29th of February 1900", BAD_DEEP, "'date' is not",
     LINE("2001-02-03\"", "1900-02-29\"")},
    {"bad-line-date-year", "7.4", "a year alone", BAD_DEEP, "'date' is not",
     LINE("\"date\":\"2001-02-03\"", "\"date\":\"2001\"")},
    {"bad-line-date-month", "7.4", "month 13", BAD_DEEP, "'date' is not",
     LINE("2001-02-03\"", "2001-13-03\"")},
    {"bad-line-date-day", "7.4", "day 0", BAD_DEEP, "'date' is not",
     LINE("2001-02-03\"", "2001-02-00\"")},
    {"bad-line-date-minute", "7.4", "minute 60", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "60:06Z")},
    {"bad-line-date-offset-minute", "7.4", "an offset of 60 minutes", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "05:06+01:60")},
    {"bad-line-date-fraction-empty", "7.4", "a dot, and no digit", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "05:06.Z")},
    {"bad-line-date-space", "7.4", "a space in place of the T", BAD_DEEP, "'modified' is not",
     LINE("T04:", " 04:")},
    {"bad-line-date-hour", "7.4", "hour 24", BAD_DEEP, "'modified' is not", LINE("T04:", "T24:")},
    {"bad-line-date-second", "7.4", "a leap second", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "59:60Z")},
    {"bad-line-date-lower", "7.4", "a lower-case z", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "05:06z")},
    {"bad-line-date-zone", "7.4", "no time zone", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "05:06")},
    {"bad-line-date-offset", "7.4", "an offset of 24 hours", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "05:06+24:00")},
    {"bad-line-date-fraction", "7.4", "ten digits of a second", BAD_DEEP, "'modified' is not",
     LINE("05:06Z", "05:06.0123456789Z")},
    {"bad-line-title-other", "8.4", "a title of which the tree has another key", BAD_DEEP,
     WRONG_KEYS, LINE("\"one\"", "\"won\"")},
    {"bad-line-modified-other", "5.4", "a time that the header has not", BAD_DEEP, HEADER,
     LINE("04:05:06Z", "04:05:07Z")},
    {"bad-keys-title-missing", "8.4", "a title that the tree has not", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_title_missing)},
    {"bad-keys-title-more", "8.4", "a title that no line has", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_title_more)},
    {"bad-keys-title-empty", "8.4", "an empty title key", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_title_empty)},
    {"bad-keys-title-other", "8.4", "a wrong title key", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_title_other)},
    {"bad-keys-title-number", "8.4", "a title key of another article", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_title_number)},
    {"bad-keys-url-missing", "8.4", "an address that the tree has not", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_url_missing)},
    {"bad-keys-url-other", "8.4", "a wrong address", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_url_other)},
    {"bad-keys-url-time", "8.4", "a wrong time after an address", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_url_time)},
    {"bad-keys-date-missing", "8.4", "a date that the tree has not", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_date_missing)},
    {"bad-keys-date-other", "8.4", "a wrong date", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_date_other)},
    {"bad-keys-path-missing", "9.2", "a path that the tree has not", BAD_OPEN,
     "as many entries as there are articles", CHANGE(FORGE_ENTRIES, keys_path_missing)},
    {"bad-keys-path-other", "8.4", "a wrong path", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_path_other)},
    {"bad-keys-path-slash", "8.4", "a path whose slash is not 00", BAD_DEEP, WRONG_KEYS,
     CHANGE(FORGE_ENTRIES, keys_path_slash)},
    {"bad-keys-path-numbers", "8.4", "two paths have changed their articles", BAD_DEEP_ALONE,
     WRONG_KEYS, CHANGE(FORGE_ENTRIES, keys_path_numbers)},
    {"good-path-backslash", "5.5", "a backslash in a path", GOOD, PLAN(plan_path_backslash)},
    {"good-path-unicode", "5.5", "a path beyond ASCII", GOOD, PLAN(plan_path_unicode)},
    {"good-path-dots", "5.5", "a component of three dots", GOOD, PLAN(plan_path_dots)},
    {"good-path-component-255", "1.2", "a component of 255 bytes", GOOD,
     PLAN(plan_path_component_255)},
    {"good-path-neighbour", "5.5", "a directory whose name begins with that of an article", GOOD,
     PLAN(plan_path_neighbour)},
    {"bad-path-up", "5.5", "a path with ..", BAD_DEEP, "'path':", PLAN(plan_path_up)},
    {"bad-path-up-alone", "5.5", "the path ..", BAD_DEEP, "'path':", PLAN(plan_path_up_alone)},
    {"bad-path-dot", "5.5", "a path with .", BAD_DEEP, "'path':", PLAN(plan_path_dot)},
    {"bad-path-absolute", "5.5", "an absolute path", BAD_DEEP, "'path':", PLAN(plan_path_absolute)},
    {"bad-path-empty-component", "5.5", "two slashes", BAD_DEEP,
     "'path':", PLAN(plan_path_empty_component)},
    {"bad-path-slash-end", "5.5", "a slash at the end", BAD_DEEP,
     "'path':", PLAN(plan_path_slash_end)},
    {"bad-path-control", "5.5", "an escape sequence", BAD_DEEP, "'path':", PLAN(plan_path_control)},
    {"bad-path-feed", "5.5", "a line feed", BAD_DEEP, "'path':", PLAN(plan_path_feed)},
    {"bad-path-delete", "5.5", "U+007F", BAD_DEEP, "'path':", PLAN(plan_path_delete)},
    {"bad-path-c1", "5.5", "U+009B", BAD_DEEP, "'path':", PLAN(plan_path_c1)},
    {"bad-path-not-utf8", "5.5", "a path that is not UTF-8", BAD_DEEP, NOT_CANONICAL,
     PLAN(plan_path_not_utf8)},
    {"bad-path-empty", "5.5", "an empty path", BAD_DEEP, "'path':", PLAN(plan_path_empty)},
    {"bad-path-component-256", "1.2", "a component of 256 bytes", BAD_DEEP,
     "'path':", PLAN(plan_path_component_256)},
    {"bad-path-4001", "1.2", "a path of 4,001 bytes", BAD_DEEP,
     "'path':", CHANGE(FORGE_LINE, line_path_4001)},
    {"bad-path-twice", "5.5", "two articles have the same path", BAD_QUICK, "a path twice",
     PLAN(plan_path_twice)},
    {"bad-path-directory", "5.5", "an article is the directory of another", BAD_QUICK,
     "directory of another", PLAN(plan_path_directory)},
};
