/* The object that callers fill, and that becomes a metadata line (spec 7). */
#include "metadata.h"
#include "utf8.h"

#include <stdlib.h>

struct member {
	struct buffer json;     /* "key":value, as it stands in the line */
	size_t key_size;        /* of the key's string at its beginning */
	bool extensible;        /* the value is an array of text, perhaps empty */
};

/*
 * 1. Members ascend strictly by the text of their keys.
 * 2. Every value is canonical inside one object, and of the type that 7.2 wants for its key.
 * 3. The line is never longer than CAPSA_LINE_MAX.
 */
struct capsa_metadata {
	struct member *members; /* owned */
	size_t count, capacity;
	size_t bytes;           /* sum of the members' sizes */
	struct buffer line;     /* what capsa_metadata_line returned last */
};

static struct span member_key(const struct member *member)
{
	return span_of(member->json.data, member->key_size);
}

static struct span member_value(const struct member *member)
{
	return span_of(member->json.data + member->key_size + 1,
	               member->json.size - member->key_size - 1);
}

struct capsa_metadata *capsa_metadata_new(void)
{
	return calloc(1, sizeof(struct capsa_metadata));
}

void capsa_metadata_free(struct capsa_metadata *metadata)
{
	if (metadata == NULL)
		return;
	for (size_t i = 0; i < metadata->count; i++)
		capsa_buffer_release(&metadata->members[i].json);
	capsa_buffer_release(&metadata->line);
	free(metadata->members);
	free(metadata);
}

/* Where the member of this key is, or where it would be inserted. */
static size_t position(const struct capsa_metadata *metadata, const char *key, bool *found)
{
	struct span wanted = span_of(key, strlen(key));
	size_t low = 0, high = metadata->count;

	*found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = capsa_json_compare_text(member_key(&metadata->members[middle]), wanted);

		*found = *found || order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct member *find(const struct capsa_metadata *metadata, const char *key)
{
	bool found;
	size_t at = position(metadata, key, &found);

	return found ? &metadata->members[at] : NULL;
}

static enum capsa_status make_room(struct capsa_metadata *metadata, struct capsa_error *err)
{
	size_t capacity = metadata->capacity != 0 ? metadata->capacity * 2 : 16;
	struct member *members;

	if (metadata->count < metadata->capacity)
		return CAPSA_OK;
	members = realloc(metadata->members, capacity * sizeof *members);
	if (members == NULL)
		return capsa_fail_memory(err);
	metadata->members = members;
	metadata->capacity = capacity;
	return CAPSA_OK;
}

/* The line of `count` members: these, the commas between them, two braces. */
static enum capsa_status check_limit(size_t bytes, size_t count, struct capsa_error *err)
{
	if (bytes + count + 1 <= CAPSA_LINE_MAX)
		return CAPSA_OK;
	return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET, "the metadata are longer than 1 MiB");
}

static enum capsa_status insert(struct capsa_metadata *metadata, size_t at, struct member *member,
                                struct capsa_error *err)
{
	enum capsa_status status = check_limit(metadata->bytes + member->json.size,
	                                       metadata->count + 1, err);

	if (status == CAPSA_OK)
		status = make_room(metadata, err);
	if (status != CAPSA_OK)
		return status;
	memmove(&metadata->members[at + 1], &metadata->members[at],
	        (metadata->count - at) * sizeof *member);
	metadata->members[at] = *member;
	metadata->count++;
	metadata->bytes += member->json.size;
	*member = (struct member){0};
	return CAPSA_OK;
}

static enum capsa_status replace(struct capsa_metadata *metadata, size_t at, struct member *member,
                                 struct capsa_error *err)
{
	struct member *old = &metadata->members[at];
	size_t bytes = metadata->bytes - old->json.size + member->json.size;
	enum capsa_status status = check_limit(bytes, metadata->count, err);

	if (status != CAPSA_OK)
		return status;
	capsa_buffer_release(&old->json);
	*old = *member;
	metadata->bytes = bytes;
	*member = (struct member){0};
	return CAPSA_OK;
}

static enum capsa_status check_key(const char *key, struct capsa_error *err)
{
	struct span text = span_of(key, strlen(key));

	if (text.size > CAPSA_LINE_MAX)
		return check_limit(text.size, 1, err);
	if (!capsa_utf8_valid(text))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "metadata key is not valid UTF-8");
	return CAPSA_OK;
}

static enum capsa_status check_text(const char *key, struct span text, struct capsa_error *err)
{
	enum capsa_status status = check_key(key, err);

	if (status != CAPSA_OK)
		return status;
	if (text.size > CAPSA_LINE_MAX)
		return check_limit(text.size, 1, err);
	if (!capsa_utf8_valid(text))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "metadata key '%s': the text is not valid UTF-8", key);
	if (memchr(text.data, 0, text.size) != NULL)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "metadata key '%s': the text holds U+0000", key);
	return CAPSA_OK;
}

/* A member of a checked key, to which the caller appends the value before put(). */
static struct member member_of(const char *key)
{
	struct member member = {0};

	capsa_json_append(&member.json, span_of(key, strlen(key)));
	member.key_size = member.json.size;
	capsa_buffer_byte(&member.json, ':');
	return member;
}

static enum capsa_status put_checked(struct capsa_metadata *metadata, const char *key,
                                     struct member *member, struct capsa_error *err)
{
	struct capsa_text value = text_of(member_value(member));
	enum capsa_status status;
	bool found;
	size_t at;

	status = capsa_line_check_member(text_of(member_key(member)), value, CAPSA_EMISUSE,
	                                 CAPSA_NO_OFFSET, err);
	if (status != CAPSA_OK)
		return status;
	member->extensible = capsa_line_is_texts(span_text(value));
	at = position(metadata, key, &found);
	return found ? replace(metadata, at, member, err) : insert(metadata, at, member, err);
}

/* Set the member of `key`, whose memory is the object's or freed afterwards. */
static enum capsa_status put(struct capsa_metadata *metadata, const char *key,
                             struct member *member, struct capsa_error *err)
{
	enum capsa_status status = member->json.failed ? capsa_fail_memory(err)
	                                               : put_checked(metadata, key, member, err);

	capsa_buffer_release(&member->json);
	return status;
}

enum capsa_status capsa_metadata_set(struct capsa_metadata *metadata, const char *key,
                                     const char *text, size_t size, struct capsa_error *err)
{
	enum capsa_status status = check_text(key, span_of(text, size), err);
	struct member member;

	if (status != CAPSA_OK)
		return status;
	member = member_of(key);
	capsa_json_append(&member.json, span_of(text, size));
	return put(metadata, key, &member, err);
}

enum capsa_status capsa_metadata_set_integer(struct capsa_metadata *metadata, const char *key,
                                             int64_t value, struct capsa_error *err)
{
	enum capsa_status status = check_key(key, err);
	struct member member;

	if (status != CAPSA_OK)
		return status;
	if (value > CAPSA_INTEGER_MAX || value < -CAPSA_INTEGER_MAX)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "metadata key '%s': the integer is beyond 2^53 - 1", key);
	member = member_of(key);
	capsa_buffer_printf(&member.json, "%" PRId64, value);
	return put(metadata, key, &member, err);
}

enum capsa_status capsa_metadata_set_json(struct capsa_metadata *metadata, const char *key,
                                          const char *json, size_t size, struct capsa_error *err)
{
	enum capsa_status status = check_key(key, err);
	struct member member;

	if (status != CAPSA_OK)
		return status;
	if (size > CAPSA_LINE_MAX)
		return check_limit(size, 1, err);
	if (!capsa_json_canonical(span_of(json, size), 1))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "metadata key '%s': the JSON is not canonical", key);
	member = member_of(key);
	capsa_buffer_append(&member.json, json, size);
	return put(metadata, key, &member, err);
}

/* Extend an array of text in place, so that many appends stay linear. */
static enum capsa_status extend(struct capsa_metadata *metadata, struct member *member,
                                struct span text, struct capsa_error *err)
{
	struct buffer *json = &member->json;
	size_t before = json->size, bytes;
	enum capsa_status status;

	json->size--;           /* the closing bracket */
	if (json->data[json->size - 1] != '[')
		capsa_buffer_byte(json, ',');
	capsa_json_append(json, text);
	capsa_buffer_byte(json, ']');

	bytes = metadata->bytes - before + json->size;
	status = json->failed ? capsa_fail_memory(err) : check_limit(bytes, metadata->count, err);
	if (status != CAPSA_OK) {
		json->failed = false;
		json->size = before;
		json->data[before - 1] = ']';
		return status;
	}
	metadata->bytes = bytes;
	return CAPSA_OK;
}

enum capsa_status capsa_metadata_append(struct capsa_metadata *metadata, const char *key,
                                        const char *text, size_t size, struct capsa_error *err)
{
	enum capsa_status status = check_text(key, span_of(text, size), err);
	struct member *old = find(metadata, key);
	struct member member;

	if (status != CAPSA_OK)
		return status;
	if (old != NULL && !old->extensible)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "metadata key '%s' holds no array of text", key);
	if (old != NULL)
		return extend(metadata, old, span_of(text, size), err);

	member = member_of(key);
	capsa_buffer_byte(&member.json, '[');
	capsa_json_append(&member.json, span_of(text, size));
	capsa_buffer_byte(&member.json, ']');
	return put(metadata, key, &member, err);
}

void capsa_metadata_remove(struct capsa_metadata *metadata, const char *key)
{
	bool found;
	size_t at = position(metadata, key, &found);

	if (!found)
		return;
	metadata->bytes -= metadata->members[at].json.size;
	metadata->count--;
	capsa_buffer_release(&metadata->members[at].json);
	memmove(&metadata->members[at], &metadata->members[at + 1],
	        (metadata->count - at) * sizeof metadata->members[0]);
}

bool capsa_metadata_has(const struct capsa_metadata *metadata, const char *key)
{
	return find(metadata, key) != NULL;
}

void capsa_metadata_write(const struct capsa_metadata *metadata, struct buffer *out)
{
	capsa_buffer_byte(out, '{');
	for (size_t i = 0; i < metadata->count; i++) {
		struct span json = buffer_span(&metadata->members[i].json);

		if (i != 0)
			capsa_buffer_byte(out, ',');
		capsa_buffer_append(out, json.data, json.size);
	}
	capsa_buffer_byte(out, '}');
}

enum capsa_status capsa_metadata_line(struct capsa_metadata *metadata, struct capsa_text *line,
                                      struct capsa_error *err)
{
	buffer_clear(&metadata->line);
	capsa_metadata_write(metadata, &metadata->line);
	if (metadata->line.failed)
		return capsa_fail_memory(err);
	*line = text_of(buffer_span(&metadata->line));
	return CAPSA_OK;
}

/* Of a canonical object, whose members come in order. */
static enum capsa_status parse_members(struct capsa_metadata *metadata, struct capsa_text line,
                                       struct capsa_error *err)
{
	struct capsa_text rest = line, key, value;

	while (capsa_line_next(&rest, &key, &value)) {
		struct member member = {.key_size = key.size};
		enum capsa_status status = capsa_line_check_member(key, value, CAPSA_ECORRUPT,
		                                                   CAPSA_NO_OFFSET, err);

		if (status != CAPSA_OK)
			return status;
		member.extensible = capsa_line_is_texts(span_text(value));
		capsa_buffer_append(&member.json, key.data, key.size + 1 + value.size);
		status = member.json.failed ? capsa_fail_memory(err)
		                            : insert(metadata, metadata->count, &member, err);
		capsa_buffer_release(&member.json);
		if (status != CAPSA_OK)
			return status;
	}
	return CAPSA_OK;
}

enum capsa_status capsa_metadata_parse(struct capsa_metadata **out, struct capsa_text line,
                                       struct capsa_error *err)
{
	struct capsa_metadata *metadata;
	enum capsa_status status;

	*out = NULL;
	if (line.size > CAPSA_LINE_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "metadata line is longer than 1 MiB");
	if (!capsa_json_canonical(span_text(line), 0) || line.data[0] != '{')
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "metadata line is not a canonical JSON object");
	metadata = capsa_metadata_new();
	if (metadata == NULL)
		return capsa_fail_memory(err);
	status = parse_members(metadata, line, err);
	if (status == CAPSA_OK) {
		*out = metadata;
		metadata = NULL;        /* moved to the caller */
	}
	capsa_metadata_free(metadata);
	return status;
}
