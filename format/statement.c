/*
 * The statement (spec 9): the signed text that names and pins everything before it.
 *
 * One table gives the keys in their order with what reads each; the encoder beside it writes
 * them in the same order.
 */
#include "statement.h"
#include "cursor.h"
#include "date.h"
#include "digest.h"
#include "utf8.h"

#define FIRST_LINE "capsa statement "
#define TREES_FIXED 5
#define DICTIONARY_ID_MIN 32768
#define DICTIONARY_ID_MAX INT32_MAX
#define PAGE_STORED_MIN (CAPSA_HEAD_SIZE + 9)   /* the smallest Zstandard frame has 9 bytes */

static const char *const fixed_trees[TREES_FIXED] = {"spine", "path", "url", "title", "date"};

/*
 * ---- Encoding ----
 */

static void encode_text(struct buffer *out, const char *key, struct capsa_text value)
{
	if (value.size == 0)
		return;
	capsa_buffer_printf(out, "%s: ", key);
	capsa_buffer_append(out, value.data, value.size);
	capsa_buffer_byte(out, '\n');
}

static void encode_number(struct buffer *out, const char *key, uint64_t value)
{
	capsa_buffer_printf(out, "%s: %" PRIu64 "\n", key, value);
}

static void encode_hex(struct buffer *out, const uint8_t *data, size_t size)
{
	char text[2 * CAPSA_DIGEST_SIZE + 1];

	capsa_hex(data, size, text);
	capsa_buffer_printf(out, "%s\n", text);
}

static void encode_tree(struct buffer *out, const struct statement_tree *tree)
{
	const struct page_ref *root = &tree->root;

	capsa_buffer_printf(out, "tree: %s %s %u %" PRIu64 " %" PRIu64 " %" PRIu32 " ", tree->name,
	                    root->kind == CAPSA_PAGE_SPINE ? "spine" : "keys",
	                    (unsigned)root->level, root->entries, root->offset, root->size);
	encode_hex(out, root->digest, sizeof root->digest);
}

static void encode_series(struct buffer *out, const struct capsa_statement *facts)
{
	capsa_buffer_printf(out, "series: ");
	encode_hex(out, facts->series, sizeof facts->series);
	encode_number(out, "sequence", facts->sequence);
	if (!facts->has_previous)
		return;
	capsa_buffer_printf(out, "previous: ");
	encode_hex(out, facts->previous, sizeof facts->previous);
}

void capsa_statement_encode(const struct statement *statement, struct buffer *out)
{
	const struct capsa_statement *facts = &statement->facts;
	char created[CAPSA_TIME_TEXT];

	capsa_time_text(facts->created, created);
	capsa_buffer_printf(out, FIRST_LINE "%d\nversion: %d.%" PRIu32 "\n", CAPSA_MAJOR,
	                    CAPSA_MAJOR, facts->minor);
	encode_text(out, "title", facts->title);
	encode_text(out, "description", facts->description);
	capsa_buffer_printf(out, "created: %s\n", created);
	encode_number(out, "articles", facts->articles);
	encode_number(out, "bytes", facts->bytes);
	encode_number(out, "frames", facts->frames);
	encode_number(out, "tar", facts->tar_size);
	encode_number(out, "size", facts->size);
	capsa_buffer_printf(out, "sha256: ");
	encode_hex(out, facts->sha256, sizeof facts->sha256);
	for (size_t i = 0; i < statement->tree_count; i++)
		encode_tree(out, &statement->trees[i]);
	if (facts->dictionary_size != 0) {
		capsa_buffer_printf(out, "dictionary: %" PRIu32 " %" PRIu64 " ",
		                    statement->dictionary_id, facts->dictionary_size);
		encode_hex(out, statement->dictionary_digest, CAPSA_DIGEST_SIZE);
	}
	encode_text(out, "unicode", facts->unicode);
	if (facts->has_series)
		encode_series(out, facts);
}

/*
 * ---- Scanning values ----
 */

static uint64_t take_number(struct cursor *c)
{
	const uint8_t *first = c->at;
	uint64_t value = 0;

	while (!c->failed && cursor_left(c) > 0 && *c->at >= '0' && *c->at <= '9') {
		unsigned digit = cursor_u8(c) - (unsigned)'0';

		if (value > (CAPSA_OFFSET_MAX - digit) / 10)
			c->failed = true;
		value = value * 10 + digit;
	}
	if (c->at == first || (*first == '0' && c->at - first > 1))
		c->failed = true;
	return value;
}

static void take_byte(struct cursor *c, char expected)
{
	if (cursor_u8(c) != (uint8_t)expected)
		c->failed = true;
}

/* At least one of `a` to `z` and `-`, as many as there are. */
static struct span take_name(struct cursor *c)
{
	const uint8_t *first = c->at;

	while (cursor_left(c) > 0 && ((*c->at >= 'a' && *c->at <= 'z') || *c->at == '-'))
		if (cursor_take(c, 1) == NULL)
			break;
	if (c->at == first)
		c->failed = true;
	return span_of(first, (size_t)(c->at - first));
}

static void take_hex(struct cursor *c, uint8_t *out, size_t size)
{
	const uint8_t *digits = cursor_take(c, 2 * size);

	if (digits != NULL && !capsa_unhex(span_of(digits, 2 * size), out, size))
		c->failed = true;
}

static bool is_name(struct span span, const char *name)
{
	return span_equal(span, span_of(name, strlen(name)));
}

/*
 * ---- Parsing ----
 */

struct parser {
	struct statement *out;
	uint64_t offset;                /* of the statement's frame */
	unsigned line;                  /* the one being read, from 1 */
	unsigned unknown_line;          /* the first whose key is not known, or 0 */
	size_t next;                    /* the first of `fields` that may still come */
	struct capsa_error *err;
};

static enum capsa_status wrong(const struct parser *p, const char *what)
{
	return capsa_fail(p->err, CAPSA_ECORRUPT, p->offset, "the statement's line %u: %s", p->line,
	                  what);
}

/*
 * What reads the value of a line.  `target` is the member of the statement that the table
 * names. The lines before are read already, so rules between lines are checked where the later
 * one stands.
 */
typedef enum capsa_status read_value(struct parser *p, struct span value, void *target);

static enum capsa_status read_version(struct parser *p, struct span value, void *target)
{
	struct cursor c = cursor_of(value);
	uint64_t major = take_number(&c);
	uint64_t minor;

	take_byte(&c, '.');
	minor = take_number(&c);
	if (!cursor_done(&c))
		return wrong(p, "the version is not two numbers with a point between them");
	if (major != CAPSA_MAJOR || minor > UINT32_MAX)
		return capsa_fail(p->err, CAPSA_EUNSUPPORTED, p->offset,
		                  "the statement's line %u: version %" PRIu64 ".%" PRIu64
		                  " of the format is not supported",
		                  p->line, major, minor);
	*(uint32_t *)target = (uint32_t)minor;
	return CAPSA_OK;
}

static enum capsa_status read_text(struct parser *p, struct span value, void *target)
{
	if (value.size < 1 || value.size > CAPSA_STATEMENT_TEXT_MAX)
		return wrong(p, "the text does not have 1 to 4000 bytes");
	if (!capsa_utf8_plain(value))
		return wrong(p, "the text is not valid or holds characters that are not allowed");
	*(struct capsa_text *)target = text_of(value);
	return CAPSA_OK;
}

static enum capsa_status read_time(struct parser *p, struct span value, void *target)
{
	if (!capsa_time_parse(value, target))
		return wrong(p, "the time is not of the form YYYY-MM-DDThh:mm:ssZ");
	return CAPSA_OK;
}

static enum capsa_status read_number(struct parser *p, struct span value, void *target)
{
	struct cursor c = cursor_of(value);
	uint64_t number = take_number(&c);

	if (!cursor_done(&c))
		return wrong(p, "the value is not a decimal number from 0 to 2^63 - 1");
	*(uint64_t *)target = number;
	return CAPSA_OK;
}

static enum capsa_status read_size(struct parser *p, struct span value, void *target)
{
	enum capsa_status st = read_number(p, value, target);

	if (st == CAPSA_OK && p->out->facts.size != p->offset)
		return wrong(p, "the size is not the offset at which the statement lies");
	return st;
}

static enum capsa_status read_digest(struct parser *p, struct span value, void *target)
{
	if (!capsa_unhex(value, target, CAPSA_DIGEST_SIZE))
		return wrong(p, "the value is not 64 lower-case hexadecimal digits");
	return CAPSA_OK;
}

/* What is wrong with a tree's name and kind, given those before it. */
static const char *misnamed(const struct statement *out, struct span name, struct span kind)
{
	size_t i = out->tree_count;

	if (name.size > CAPSA_TREE_NAME_MAX)
		return "the tree's name has more than 32 bytes";
	if (i < TREES_FIXED && !is_name(name, fixed_trees[i]))
		return "the first five trees are not spine, path, url, title and date";
	if (!is_name(kind, i == 0 ? "spine" : "keys"))
		return "the tree is not of the kind that its place demands";
	while (i-- > 0)
		if (is_name(name, out->trees[i].name))
			return "the tree's name stands twice";
	return NULL;
}

/* What is wrong with the reference to a tree's root. */
static const char *misplaced(const struct parser *p, uint64_t level, uint64_t entries,
                             uint64_t offset, uint64_t size)
{
	const struct capsa_statement *facts = &p->out->facts;

	if (level >= CAPSA_LEVELS_MAX)
		return "the tree has more than 8 levels";
	if (p->out->tree_count == 0 && entries != facts->frames)
		return "the spine has not as many entries as there are frames";
	if (p->out->tree_count == 1 && entries != facts->articles)
		return "the tree of paths has not as many entries as there are articles";
	if (size < PAGE_STORED_MIN || size > CAPSA_PAGE_STORED_MAX)
		return "the size of the tree's root is not one of a page";
	if (offset < CAPSA_PREFIX_SIZE || !extent_inside(offset, size, p->offset))
		return "the tree's root lies outside the index";
	return NULL;
}

static enum capsa_status read_tree(struct parser *p, struct span value, void *target)
{
	struct statement_tree tree = {0};
	struct cursor c = cursor_of(value);
	struct span name, kind;
	uint64_t level, size;
	const char *problem;

	name = take_name(&c);
	take_byte(&c, ' ');
	kind = take_name(&c);
	take_byte(&c, ' ');
	level = take_number(&c);
	take_byte(&c, ' ');
	tree.root.entries = take_number(&c);
	take_byte(&c, ' ');
	tree.root.offset = take_number(&c);
	take_byte(&c, ' ');
	size = take_number(&c);
	take_byte(&c, ' ');
	take_hex(&c, tree.root.digest, sizeof tree.root.digest);
	if (!cursor_done(&c))
		return wrong(p, "the tree is not NAME KIND LEVEL ENTRIES OFFSET SIZE DIGEST");
	if (p->out->tree_count == CAPSA_TREES_MAX)
		return wrong(p, "there are more than 16 trees");
	problem = misnamed(p->out, name, kind);
	if (problem == NULL)
		problem = misplaced(p, level, tree.root.entries, tree.root.offset, size);
	if (problem != NULL)
		return wrong(p, problem);

	memcpy(tree.name, name.data, name.size);
	tree.root.kind = p->out->tree_count == 0 ? CAPSA_PAGE_SPINE : CAPSA_PAGE_KEYS;
	tree.root.level = (uint8_t)level;
	tree.root.size = (uint32_t)size;
	((struct statement_tree *)target)[p->out->tree_count++] = tree;
	return CAPSA_OK;
}

static enum capsa_status read_dictionary(struct parser *p, struct span value, void *target)
{
	struct cursor c = cursor_of(value);
	uint64_t id = take_number(&c);
	uint64_t size;

	take_byte(&c, ' ');
	size = take_number(&c);
	take_byte(&c, ' ');
	take_hex(&c, p->out->dictionary_digest, CAPSA_DIGEST_SIZE);
	if (!cursor_done(&c))
		return wrong(p, "the dictionary is not ID SIZE DIGEST");
	if (id < DICTIONARY_ID_MIN || id > DICTIONARY_ID_MAX)
		return wrong(p, "the dictionary's ID is not from 32768 to 2^31 - 1");
	if (size < 1 || size > CAPSA_DICTIONARY_MAX)
		return wrong(p, "the dictionary's size is not from 1 to 3932160");
	p->out->dictionary_id = (uint32_t)id;
	*(uint64_t *)target = size;
	return CAPSA_OK;
}

static enum capsa_status read_unicode(struct parser *p, struct span value, void *target)
{
	struct cursor c = cursor_of(value);

	take_number(&c);
	take_byte(&c, '.');
	take_number(&c);
	take_byte(&c, '.');
	take_number(&c);
	if (!cursor_done(&c))
		return wrong(p, "the version of Unicode is not three numbers with points between");
	*(struct capsa_text *)target = text_of(value);
	return CAPSA_OK;
}

static enum capsa_status read_requires(struct parser *p, struct span value, void *target)
{
	for (size_t i = 1; i < value.size; i++)
		if (value.data[i] == ' ' && value.data[i - 1] == ' ')
			return wrong(p, "the features are not separated by one space");
	return read_text(p, value, target);
}

static enum capsa_status read_series(struct parser *p, struct span value, void *target)
{
	if (!capsa_unhex(value, target, sizeof p->out->facts.series))
		return wrong(p, "the series is not 32 lower-case hexadecimal digits");
	p->out->facts.has_series = true;
	return CAPSA_OK;
}

static enum capsa_status read_sequence(struct parser *p, struct span value, void *target)
{
	enum capsa_status st = read_number(p, value, target);

	if (st != CAPSA_OK)
		return st;
	if (p->out->facts.sequence == 0)
		return wrong(p, "the sequence counts from 1");
	if (!p->out->facts.has_series)
		return wrong(p, "there is a sequence without a series");
	return CAPSA_OK;
}

static enum capsa_status read_previous(struct parser *p, struct span value, void *target)
{
	if (p->out->facts.sequence <= 1)
		return wrong(p, "the first of a series has no previous snapshot");
	p->out->facts.has_previous = true;
	return read_digest(p, value, target);
}

enum presence { OPTIONAL, ONCE, SEVERAL };

#define AT(member) offsetof(struct statement, member)

static const struct field {
	const char *key;
	enum presence presence;
	read_value *read;
	size_t target;
} fields[] = {
    {"version", ONCE, read_version, AT(facts.minor)},
    {"title", OPTIONAL, read_text, AT(facts.title)},
    {"description", OPTIONAL, read_text, AT(facts.description)},
    {"created", ONCE, read_time, AT(facts.created)},
    {"articles", ONCE, read_number, AT(facts.articles)},
    {"bytes", ONCE, read_number, AT(facts.bytes)},
    {"frames", ONCE, read_number, AT(facts.frames)},
    {"tar", ONCE, read_number, AT(facts.tar_size)},
    {"size", ONCE, read_size, AT(facts.size)},
    {"sha256", ONCE, read_digest, AT(facts.sha256)},
    {"tree", SEVERAL, read_tree, AT(trees)},
    {"dictionary", OPTIONAL, read_dictionary, AT(facts.dictionary_size)},
    {"unicode", OPTIONAL, read_unicode, AT(facts.unicode)},
    {"requires", OPTIONAL, read_requires, AT(facts.requires)},
    {"series", OPTIONAL, read_series, AT(facts.series)},
    {"sequence", OPTIONAL, read_sequence, AT(facts.sequence)},
    {"previous", OPTIONAL, read_previous, AT(facts.previous)},
};

#define FIELDS (sizeof fields / sizeof fields[0])

/* The fields before `field` that have not come will not come any more. */
static enum capsa_status pass_over(struct parser *p, size_t field)
{
	for (; p->next < field; p->next++)
		if (fields[p->next].presence == ONCE)
			return capsa_fail(p->err, CAPSA_ECORRUPT, p->offset,
			                  "the statement's line %u: '%s' is missing before it",
			                  p->line, fields[p->next].key);
	return CAPSA_OK;
}

static enum capsa_status read_line(struct parser *p, struct span line)
{
	struct cursor c = cursor_of(line);
	const uint8_t *colon = memchr(line.data, ':', line.size);
	struct span key = span_of(line.data, colon != NULL ? (size_t)(colon - line.data) : 0);
	size_t field = 0;
	enum capsa_status st;

	while (field < FIELDS && !is_name(key, fields[field].key))
		field++;
	/* A key that is not known is a name, while `sha256` has digits. */
	if (field < FIELDS)
		cursor_take(&c, key.size);
	else
		take_name(&c);
	take_byte(&c, ':');
	take_byte(&c, ' ');
	if (c.failed)
		return wrong(p, "it is not of the form 'key: value'");
	if (field == FIELDS) {
		if (p->unknown_line == 0)
			p->unknown_line = p->line;
		return CAPSA_OK;
	}
	if (field < p->next)
		return wrong(p, "its key stands twice or after a key that it precedes");
	st = pass_over(p, field);
	if (st != CAPSA_OK)
		return st;
	p->next = fields[field].presence == SEVERAL ? field : field + 1;
	return fields[field].read(p, span_of(c.at, cursor_left(&c)),
	                          (char *)p->out + fields[field].target);
}

static enum capsa_status read_first_line(struct parser *p, struct span line)
{
	struct cursor c = cursor_of(line);
	const uint8_t *begin = cursor_take(&c, sizeof FIRST_LINE - 1);
	uint64_t major = take_number(&c);

	if (begin == NULL || memcmp(begin, FIRST_LINE, sizeof FIRST_LINE - 1) != 0 ||
	    !cursor_done(&c))
		return wrong(p, "it is not 'capsa statement 1'");
	if (major != CAPSA_MAJOR)
		return capsa_fail(p->err, CAPSA_EUNSUPPORTED, p->offset,
		                  "statements of version %" PRIu64 " are not supported", major);
	return CAPSA_OK;
}

/* All lines are read: what only the whole shows. */
static enum capsa_status finish(struct parser *p)
{
	const struct statement *out = p->out;
	enum capsa_status st = pass_over(p, FIELDS);

	if (st != CAPSA_OK)
		return st;
	if (out->tree_count < TREES_FIXED)
		return capsa_fail(p->err, CAPSA_ECORRUPT, p->offset,
		                  "the statement names fewer than five trees");
	if (out->facts.has_series && out->facts.sequence == 0)
		return capsa_fail(p->err, CAPSA_ECORRUPT, p->offset,
		                  "the statement has a series without a sequence");
	if (p->unknown_line != 0 && out->facts.minor <= CAPSA_MINOR) {
		p->line = p->unknown_line;
		return wrong(p, "its key is none of this version's");
	}
	return CAPSA_OK;
}

enum capsa_status capsa_statement_parse(struct span text, uint64_t offset, struct statement *out,
                                        struct capsa_error *err)
{
	struct statement statement = {0};
	struct parser p = {.out = &statement, .offset = offset, .line = 1, .err = err};
	struct cursor c = cursor_of(text);
	enum capsa_status st = CAPSA_OK;

	if (text.size < 1 || text.size > CAPSA_STATEMENT_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "the statement has %zu bytes, not 1 to 16384", text.size);
	if (text.data[text.size - 1] != '\n')
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "the statement's last line does not end");
	while (st == CAPSA_OK && cursor_left(&c) > 0) {
		const uint8_t *line = c.at;
		const uint8_t *end = memchr(line, '\n', cursor_left(&c));
		size_t size = (size_t)(end - line);

		st = p.line == 1 ? read_first_line(&p, span_of(line, size))
		                 : read_line(&p, span_of(line, size));
		cursor_take(&c, size + 1);
		p.line++;
	}
	if (st == CAPSA_OK)
		st = finish(&p);
	if (st != CAPSA_OK)
		return st;
	statement.facts.text = text_of(text);
	capsa_digest(statement.facts.identity, text);
	*out = statement;
	return CAPSA_OK;
}
