/*
 * Metadata lines (spec 7).
 *
 * The bytes are authenticated, yet the signer may be hostile.  Every value is taken by the
 * strict scanner of json.c, so that what is not canonical ends a walk.
 */
#include "metadata.h"
#include "path.h"

#define DIGEST_PREFIX "blake2b-256:"

/*
 * ---- Values of the known keys (7.2) ----
 *
 * Here a value is canonical JSON, so it has the type that its first byte says.
 */

/* Inside the quotes.  Where neither `"` nor `\` nor a control can occur this is the text. */
static struct span unquoted(struct span value)
{
	if (value.data[0] != '"')
		return span_of(NULL, 0);
	return (struct span){value.data + 1, value.size - 2};
}

static bool is_text(struct span value)
{
	return value.data[0] == '"';
}

static bool is_object(struct span value)
{
	return value.data[0] == '{';
}

bool capsa_line_is_texts(struct span value)
{
	struct capsa_text rest = text_of(value), key, item;

	while (value.data[0] == '[' && capsa_line_next(&rest, &key, &item))
		if (!is_text(span_text(item)))
			return false;
	return value.data[0] == '[';
}

static bool is_filled_texts(struct span value)
{
	return capsa_line_is_texts(value) && value.size > 2;
}

static bool take_size(struct span value, uint64_t *size)
{
	*size = 0;
	for (size_t i = 0; i < value.size; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
		*size = *size * 10 + (uint64_t)(value.data[i] - '0');
	}
	return true;
}

static bool is_size(struct span value)
{
	uint64_t size;

	return take_size(value, &size);
}

static bool take_digest(struct span value, uint8_t digest[CAPSA_DIGEST_SIZE])
{
	struct cursor c = cursor_of(unquoted(value));
	const uint8_t *prefix = cursor_take(&c, strlen(DIGEST_PREFIX));

	return prefix != NULL && memcmp(prefix, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0 &&
	    capsa_unhex(span_of(c.at, cursor_left(&c)), digest, CAPSA_DIGEST_SIZE);
}

static bool is_digest(struct span value)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];

	return take_digest(value, digest);
}

static bool take_date(struct span value, int64_t *seconds)
{
	return capsa_date_seconds(text_of(unquoted(value)), seconds);
}

static bool is_date(struct span value)
{
	int64_t seconds;

	return take_date(value, &seconds);
}

struct kind {
	bool (*holds)(struct span value);
	const char *name;
};

static const struct kind kind_text = {is_text, "a text"};
static const struct kind kind_texts = {is_filled_texts, "an array of text, not empty"};
static const struct kind kind_object = {is_object, "an object"};
static const struct kind kind_date = {is_date, "a date"};
static const struct kind kind_size = {is_size, "a number of bytes"};
static const struct kind kind_digest = {is_digest, "'" DIGEST_PREFIX "' and 64 lower-case digits"};

/* The keys that the code has to name; the table has them all. */
enum { PATH, SIZE, DIGEST, TITLE, URL, DATE, CAPTURED, MODIFIED, LOCATION };

#define KEY(text) (text), sizeof(text) - 1

static const struct known {
	const char *key;
	size_t size;
	const struct kind *kind;
	bool required;
} known_keys[] = {
    [PATH] = {KEY("path"), &kind_text, true},
    [SIZE] = {KEY("size"), &kind_size, true},
    [DIGEST] = {KEY("digest"), &kind_digest, true},
    [TITLE] = {KEY("title"), &kind_text, false},
    [URL] = {KEY("url"), &kind_text, false},
    [DATE] = {KEY("date"), &kind_date, false},
    [CAPTURED] = {KEY("captured"), &kind_date, false},
    [MODIFIED] = {KEY("modified"), &kind_date, false},
    [LOCATION] = {KEY("location"), &kind_text, false},
    {KEY("format"), &kind_text, false},
    {KEY("creator"), &kind_texts, false},
    {KEY("contributor"), &kind_texts, false},
    {KEY("subject"), &kind_texts, false},
    {KEY("identifier"), &kind_texts, false},
    {KEY("relation"), &kind_texts, false},
    {KEY("description"), &kind_text, false},
    {KEY("language"), &kind_text, false},
    {KEY("publisher"), &kind_text, false},
    {KEY("rights"), &kind_text, false},
    {KEY("source"), &kind_text, false},
    {KEY("coverage"), &kind_text, false},
    {KEY("type"), &kind_text, false},
    {KEY("http"), &kind_object, false},
    {KEY("extra"), &kind_object, false},
};

#define KNOWN_KEYS (sizeof known_keys / sizeof known_keys[0])

/*
 * Where a key stands in the table, else KNOWN_KEYS.  Known keys hold nothing that is escaped.
 */
static size_t known_find(struct capsa_text key)
{
	struct span text = unquoted(span_text(key));
	size_t i = 0;

	while (i < KNOWN_KEYS && !span_equal(text, span_of(known_keys[i].key, known_keys[i].size)))
		i++;
	return i;
}

static enum capsa_status check_path(struct span value, enum capsa_status status, uint64_t offset,
                                    struct capsa_error *err)
{
	uint8_t path[CAPSA_PATH_MAX + 1];       /* a longer one is cut, and still too long */
	size_t size = capsa_json_text(value, path, sizeof path);
	struct capsa_error why = {0};

	if (size > sizeof path)
		size = sizeof path;
	if (capsa_path_check((const char *)path, size, &why) != CAPSA_OK)
		return capsa_fail(err, status, offset, "metadata key 'path': %s", why.text);
	return CAPSA_OK;
}

static enum capsa_status check_value(size_t known, struct capsa_text value,
                                     enum capsa_status status, uint64_t offset,
                                     struct capsa_error *err)
{
	const struct kind *kind = known < KNOWN_KEYS ? known_keys[known].kind : NULL;

	if (kind != NULL && !kind->holds(span_text(value)))
		return capsa_fail(err, status, offset, "metadata key '%s' is not %s",
		                  known_keys[known].key, kind->name);
	if (known == PATH)
		return check_path(span_text(value), status, offset, err);
	return CAPSA_OK;
}

enum capsa_status capsa_line_check_member(struct capsa_text key, struct capsa_text value,
                                          enum capsa_status status, uint64_t offset,
                                          struct capsa_error *err)
{
	return check_value(known_find(key), value, status, offset, err);
}

/*
 * ---- Lines ----
 */

bool capsa_line_next(struct capsa_text *rest, struct capsa_text *key, struct capsa_text *value)
{
	struct cursor c = cursor_of(span_text(*rest));
	struct span name = span_of(NULL, 0);
	struct span item = name;
	bool object = rest->size != 0 && rest->data[rest->size - 1] == '}';

	/* The whole begins with its bracket, each rest of it with the comma before the next. */
	if (!capsa_json_take_byte(&c, object ? '{' : '[') && !capsa_json_take_byte(&c, ','))
		c.failed = true;
	if (object) {
		name = capsa_json_take_string(&c);
		if (!capsa_json_take_byte(&c, ':'))
			c.failed = true;
	}
	item = capsa_json_take(&c, 1);

	if (c.failed)
		name = item = span_of(NULL, 0);
	*rest = text_of(c.failed ? item : span_of(c.at, cursor_left(&c)));
	*key = text_of(name);
	*value = text_of(item);
	return !c.failed;
}

enum capsa_status capsa_line_find(struct capsa_text line, const char *key, struct capsa_text *value)
{
	struct span wanted = span_of(key, strlen(key));
	struct capsa_text rest = line, name;

	while (capsa_line_next(&rest, &name, value))
		if (name.size != 0 && capsa_json_compare_text(span_text(name), wanted) == 0)
			return CAPSA_OK;
	return CAPSA_ENOENT;
}

size_t capsa_line_text(struct capsa_text value, char *out)
{
	struct cursor c = cursor_of(span_text(value));
	struct span string = capsa_json_take_string(&c);

	return cursor_done(&c) ? capsa_json_text(string, (uint8_t *)out, value.size) : 0;
}

/* Of a canonical object: its members one by one, then what they must be together. */
static enum capsa_status check_members(struct capsa_text line, uint64_t offset,
                                       struct capsa_error *err)
{
	struct capsa_text rest = line, key, value;
	bool seen[KNOWN_KEYS + 1] = {false};
	uint64_t size = 0;

	while (capsa_line_next(&rest, &key, &value)) {
		size_t known = known_find(key);
		enum capsa_status status = check_value(known, value, CAPSA_ECORRUPT, offset, err);

		if (status != CAPSA_OK)
			return status;
		seen[known] = true;
		if (known == SIZE)
			take_size(span_text(value), &size);
	}
	for (size_t i = 0; i < KNOWN_KEYS; i++)
		if (known_keys[i].required && !seen[i])
			return capsa_fail(err, CAPSA_ECORRUPT, offset,
			                  "metadata line has no key '%s'", known_keys[i].key);
	if (seen[LOCATION] && size != 0)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "metadata key 'location' belongs to a body that is not empty");
	return CAPSA_OK;
}

enum capsa_status capsa_line_check(struct span line, uint64_t offset, struct capsa_error *err)
{
	struct cursor c = cursor_of(line);

	if (line.size > CAPSA_LINE_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "metadata line is longer than 1 MiB");
	capsa_json_take(&c, 0);
	if (!cursor_done(&c))
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "metadata line is not canonical JSON near byte %zu of it",
		                  (size_t)(c.at - line.data));
	if (line.data[0] != '{')
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "metadata line is not an object");
	return check_members(text_of(line), offset, err);
}

static void take_fact(size_t known, struct capsa_text value, struct line_facts *out)
{
	switch (known) {
	case PATH:
		out->path = value;
		break;
	case TITLE:
		out->title = value;
		break;
	case URL:
		out->url = value;
		break;
	case SIZE:
		take_size(span_text(value), &out->size);
		break;
	case DIGEST:
		take_digest(span_text(value), out->digest);
		break;
	case DATE:
		out->has_date = take_date(span_text(value), &out->date);
		break;
	case CAPTURED:
		out->has_captured = take_date(span_text(value), &out->captured);
		break;
	case MODIFIED:
		out->has_modified = take_date(span_text(value), &out->modified);
		break;
	default:
		break;
	}
}

void capsa_line_facts(struct span line, struct line_facts *out)
{
	struct capsa_text rest = text_of(line), key, value;

	*out = (struct line_facts){.path = {"", 0}, .title = {"", 0}, .url = {"", 0}};
	while (capsa_line_next(&rest, &key, &value))
		take_fact(known_find(key), value, out);
}
