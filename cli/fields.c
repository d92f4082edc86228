/* Known names of others' metadata into those of spec 7.2. */
#include "fields.h"

#include "utf8.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum field_type { FIELD_TEXT, FIELD_TEXTS, FIELD_DATE };

/* Earlier synonyms are preferred; the name itself is the first. */
static const struct known_field {
	const char *target;
	enum field_type type;
	const char *names[5];
} known_fields[] = {
    {"title", FIELD_TEXT, {"title", "headline"}},
    {"creator", FIELD_TEXTS, {"creator", "authors", "author", "creators"}},
    {"contributor", FIELD_TEXTS, {"contributor", "contributors"}},
    {"date", FIELD_DATE, {"date", "published"}},
    {"modified", FIELD_DATE, {"modified", "updated"}},
    {"captured", FIELD_DATE, {"captured"}},
    {"url", FIELD_TEXT, {"url", "link"}},
    {"language", FIELD_TEXT, {"language", "lang"}},
    {"description", FIELD_TEXT, {"description", "summary"}},
    {"publisher", FIELD_TEXT, {"publisher"}},
    {"rights", FIELD_TEXT, {"rights", "license"}},
    {"subject", FIELD_TEXTS, {"subject", "tags", "keywords"}},
    {"identifier", FIELD_TEXTS, {"identifier"}},
    {"relation", FIELD_TEXTS, {"relation"}},
    {"source", FIELD_TEXT, {"source"}},
    {"coverage", FIELD_TEXT, {"coverage"}},
    {"type", FIELD_TEXT, {"type"}},
    {"format", FIELD_TEXT, {"format"}},
};

#define KNOWN_FIELDS (sizeof known_fields / sizeof *known_fields)

static bool text_is(struct capsa_text text, const char *word)
{
	return text.size == strlen(word) && memcmp(text.data, word, text.size) == 0;
}

static bool is_string(struct capsa_text json)
{
	return json.size >= 2 && json.data[0] == '"';
}

char *import_field_text(struct capsa_text json, struct capsa_text *text)
{
	char *room = malloc(json.size + 1);

	if (room == NULL)
		return NULL;
	*text = (struct capsa_text){room, json.size};
	if (is_string(json))
		text->size = capsa_line_text(json, room);
	else
		memcpy(room, json.data, json.size);
	room[text->size] = '\0';
	return room;
}

struct capsa_text import_field_name(const struct field_map *map, struct capsa_text field)
{
	for (size_t i = 0; map != NULL && map->items != NULL && map->items[i] != NULL; i++) {
		const char *equals = strchr(map->items[i], '=');
		struct capsa_text from = {map->items[i], (size_t)(equals - map->items[i])};

		if (from.size == field.size && memcmp(from.data, field.data, field.size) == 0)
			return (struct capsa_text){equals + 1, strlen(equals + 1)};
	}
	return field;
}

bool import_field_is_list(struct capsa_text name)
{
	static const char *const targets[] = {"creator", "contributor", "subject"};

	for (size_t i = 0; i < KNOWN_FIELDS; i++) {
		const struct known_field *field = &known_fields[i];
		bool list = false;

		for (unsigned k = 0; k < sizeof targets / sizeof *targets; k++)
			list = list || strcmp(field->target, targets[k]) == 0;
		for (unsigned k = 0; list && k < 5 && field->names[k] != NULL; k++)
			if (text_is(name, field->names[k]))
				return true;
	}
	return false;
}

/* ---- values ---- */

static enum capsa_status set_text(struct capsa_metadata *metadata, const char *key,
                                  struct capsa_text json, bool *taken, struct capsa_error *err)
{
	struct capsa_text text;
	char *room;
	enum capsa_status st = CAPSA_OK;

	if (!is_string(json))
		return CAPSA_OK;
	room = import_field_text(json, &text);
	if (room == NULL)
		return CAPSA_ENOMEM;
	if (text.size != 0) {
		st = capsa_metadata_set(metadata, key, text.data, text.size, err);
		*taken = st == CAPSA_OK;
	}
	free(room);
	return st;
}

/* An array of text, or one text. */
static enum capsa_status set_texts(struct capsa_metadata *metadata, const char *key,
                                   struct capsa_text json, bool *taken, struct capsa_error *err)
{
	struct capsa_text rest = json, name, value, text;
	enum capsa_status st = CAPSA_OK;
	bool all = json.size > 2 && json.data[0] == '[';

	if (is_string(json)) {
		char *room = import_field_text(json, &text);

		if (room == NULL)
			return CAPSA_ENOMEM;
		if (text.size != 0) {
			st = capsa_metadata_append(metadata, key, text.data, text.size, err);
			*taken = st == CAPSA_OK;
		}
		free(room);
		return st;
	}
	while (all && capsa_line_next(&rest, &name, &value))
		all = is_string(value);
	if (!all)
		return CAPSA_OK;
	st = capsa_metadata_set_json(metadata, key, json.data, json.size, err);
	*taken = st == CAPSA_OK;
	return st;
}

/*
 * Where only the day could be taken, the value as it was goes to `extra` as well: *taken stays
 * false.
 */
static enum capsa_status set_date(struct capsa_metadata *metadata, const char *key,
                                  struct capsa_text json, bool *taken, struct capsa_error *err)
{
	char date[IMPORT_DATE_SIZE];
	struct capsa_text text;
	char *room;
	bool whole;
	enum capsa_status st = CAPSA_OK;

	if (!is_string(json))
		return CAPSA_OK;
	room = import_field_text(json, &text);
	if (room == NULL)
		return CAPSA_ENOMEM;
	if (import_date(text, date, &whole)) {
		st = capsa_metadata_set(metadata, key, date, strlen(date), err);
		*taken = st == CAPSA_OK && whole;
	}
	free(room);
	return st;
}

static enum capsa_status set_field(struct capsa_metadata *metadata, const struct known_field *field,
                                   struct capsa_text json, bool *taken, struct capsa_error *err)
{
	*taken = false;
	switch (field->type) {
	case FIELD_TEXTS:
		return set_texts(metadata, field->target, json, taken, err);
	case FIELD_DATE:
		return set_date(metadata, field->target, json, taken, err);
	case FIELD_TEXT:
		break;
	}
	return set_text(metadata, field->target, json, taken, err);
}

/* ---- objects ---- */

static void forget_members(struct members *members)
{
	for (size_t i = 0; i < members->count; i++)
		free(members->items[i].room);
	members->count = 0;
}

void import_members_release(struct members *members)
{
	forget_members(members);
	free(members->items);
	*members = (struct members){0};
}

static bool grow_members(struct members *members)
{
	size_t capacity = members->capacity != 0 ? 2 * members->capacity : 32;
	struct named_member *items = reallocarray(members->items, capacity, sizeof *items);

	if (items == NULL)
		return false;
	members->items = items;
	members->capacity = capacity;
	return true;
}

bool import_members_read(struct members *members, struct capsa_text object,
                         const struct field_map *map)
{
	struct named_member one;

	forget_members(members);
	members->map = map;
	while (capsa_line_next(&object, &one.member.key, &one.member.value)) {
		if (members->count == members->capacity && !grow_members(members))
			return false;
		one.room = import_field_text(one.member.key, &one.key);
		if (one.room == NULL)
			return false;
		one.name = import_field_name(map, one.key);
		members->items[members->count++] = one;
	}
	return true;
}

const struct member *import_members_find(const struct members *members, const char *name)
{
	const struct member *found = NULL;

	for (size_t i = 0; i < members->count; i++) {
		const struct named_member *item = &members->items[i];

		if (!text_is(item->name, name))
			continue;
		if (!text_is(item->key, name))
			return &item->member;
		if (found == NULL)
			found = &item->member;
	}
	return found;
}

bool import_field(struct capsa_text object, const struct field_map *map, const char *name,
                  struct member *out)
{
	struct members members = {0};
	const struct member *found = NULL;

	if (import_members_read(&members, object, map))
		found = import_members_find(&members, name);
	*out = found != NULL ? *found : (struct member){{"", 0}, {"", 0}};
	import_members_release(&members);
	return found != NULL;
}

/* The key of the member, if any, that a known field was taken from whole. */
static enum capsa_status take_known(struct capsa_metadata *metadata, const struct members *members,
                                    const struct known_field *field, const char **from,
                                    struct capsa_error *err)
{
	bool taken = false;

	*from = NULL;
	if (capsa_metadata_has(metadata, field->target))
		return CAPSA_OK;
	for (unsigned i = 0; i < 5 && field->names[i] != NULL; i++) {
		const struct member *member = import_members_find(members, field->names[i]);
		enum capsa_status st;

		if (member == NULL)
			continue;
		st = set_field(metadata, field, member->value, &taken, err);
		if (st != CAPSA_OK)
			return st;
		if (taken)
			*from = member->key.data;
		if (capsa_metadata_has(metadata, field->target))
			break;
	}
	return CAPSA_OK;
}

static bool listed(const char *const *keys, struct capsa_text key)
{
	for (size_t i = 0; keys != NULL && keys[i] != NULL; i++)
		if (keys[i] == key.data)
			return true;
	return false;
}

/* The members of an `extra` that others wrote. */
static enum capsa_status take_extra(struct object *extra, struct capsa_text object)
{
	struct capsa_text rest = object, raw, value, text;

	while (capsa_line_next(&rest, &raw, &value)) {
		char *key = import_field_text(raw, &text);

		if (key == NULL)
			return CAPSA_ENOMEM;
		import_object_add(extra, text, value);
		free(key);
	}
	return extra->failed ? CAPSA_ENOMEM : CAPSA_OK;
}

/* A member that no known field took. */
static enum capsa_status take_other(struct capsa_metadata *metadata, struct object *extra,
                                    struct capsa_text name, struct capsa_text key,
                                    struct capsa_text value, struct capsa_error *err)
{
	bool object = value.data[0] == '{';

	if (object && text_is(name, "extra"))
		return take_extra(extra, value);
	if (object && text_is(name, "http") && !capsa_metadata_has(metadata, "http"))
		return capsa_metadata_set_json(metadata, "http", value.data, value.size, err);
	import_object_add(extra, key, value);
	return extra->failed ? CAPSA_ENOMEM : CAPSA_OK;
}

enum capsa_status import_members(struct capsa_metadata *metadata, struct object *extra,
                                 const struct members *members, const char *const *passed,
                                 struct capsa_error *err)
{
	const char *taken[KNOWN_FIELDS + 1] = {NULL};
	size_t count = 0;
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; st == CAPSA_OK && i < KNOWN_FIELDS; i++) {
		const char *from;

		st = take_known(metadata, members, &known_fields[i], &from, err);
		if (st == CAPSA_OK && from != NULL)
			taken[count++] = from;
	}
	for (size_t i = 0; st == CAPSA_OK && i < members->count; i++) {
		const struct named_member *item = &members->items[i];

		if (!listed(taken, item->member.key) && !listed(passed, item->member.key))
			st = take_other(metadata, extra, item->name, item->key, item->member.value,
			                err);
	}
	return st;
}

enum capsa_status import_fields(struct capsa_metadata *metadata, struct object *extra,
                                struct capsa_text object, struct capsa_error *err)
{
	struct members members = {0};
	enum capsa_status st = CAPSA_ENOMEM;

	if (import_members_read(&members, object, NULL))
		st = import_members(metadata, extra, &members, NULL, err);
	import_members_release(&members);
	return st;
}

enum capsa_status import_extra(struct capsa_metadata *metadata, struct object *extra,
                               struct capsa_error *err)
{
	enum capsa_status st;
	size_t size;
	char *json;

	if (extra->count == 0 && !extra->failed)
		return CAPSA_OK;
	json = import_object_write(extra, &size);
	if (json == NULL)
		return CAPSA_ENOMEM;
	st = capsa_metadata_set_json(metadata, "extra", json, size, err);
	free(json);
	/* Its members are canonical, but may now be a level too deep. */
	if (st == CAPSA_EMISUSE)
		return capsa_fail(err, st, CAPSA_NO_OFFSET, "the JSON is nested too deep");
	return st;
}

enum capsa_status import_extra_before(struct capsa_metadata *metadata, struct object *extra,
                                      struct capsa_error *err)
{
	struct capsa_text line, value;
	enum capsa_status st = capsa_metadata_line(metadata, &line, err);

	if (st != CAPSA_OK || capsa_line_find(line, "extra", &value) != CAPSA_OK)
		return st;
	return take_extra(extra, value);
}

void import_extra_bytes(struct object *extra, const char *key, const char *bytes, size_t size)
{
	size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	char *base64, *longer;

	if (capsa_utf8_valid(span_of(bytes, size)) && memchr(bytes, 0, size) == NULL) {
		import_object_add_text(extra, (struct capsa_text){key, strlen(key)},
		                       (struct capsa_text){bytes, size});
		return;
	}
	base64 = malloc(room);
	if (base64 == NULL || asprintf(&longer, "%s_base64", key) < 0) {
		extra->failed = true;
		free(base64);
		return;
	}
	sodium_bin2base64(base64, room, (const unsigned char *)bytes, size,
	                  sodium_base64_VARIANT_ORIGINAL);
	import_object_add_text(extra, (struct capsa_text){longer, strlen(longer)},
	                       (struct capsa_text){base64, room - 1});
	free(longer);
	free(base64);
}

void import_original(struct object *extra, const char *name, size_t size)
{
	import_extra_bytes(extra, "original_path", name, size);
}

enum capsa_status import_keep_original(struct capsa_metadata *metadata, const char *name,
                                       struct capsa_error *err)
{
	struct object extra = {0};
	enum capsa_status st = import_extra_before(metadata, &extra, err);

	if (st == CAPSA_OK)
		import_original(&extra, name, strlen(name));
	if (st == CAPSA_OK)
		st = import_extra(metadata, &extra, err);
	import_object_release(&extra);
	return st;
}

enum capsa_status import_sidecar(struct capsa_metadata *metadata, struct capsa_text object,
                                 struct capsa_error *err)
{
	struct capsa_text rest = object, raw, value, text;
	enum capsa_status st = CAPSA_OK;

	while (st == CAPSA_OK && capsa_line_next(&rest, &raw, &value)) {
		char *key = import_field_text(raw, &text);

		if (key == NULL)
			return CAPSA_ENOMEM;
		if (!text_is(text, "size") && !text_is(text, "digest"))
			st = capsa_metadata_set_json(metadata, key, value.data, value.size, err);
		free(key);
	}
	return st;
}
