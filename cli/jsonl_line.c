/* The fields of JSONL; which names they may have, import_fields knows, but for body and path. */
#include "jsonl_line.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

/* A text that is not empty. */
static bool is_text(struct capsa_text json)
{
	return json.size > 2 && json.data[0] == '"';
}

/* A text that is not empty, or a number: what can be a name. */
static bool is_name(struct capsa_text json)
{
	return is_text(json) || (json.size != 0 && (json.data[0] == '-' ||
	                                            (json.data[0] >= '0' && json.data[0] <= '9')));
}

/* ---- paths ---- */

enum path_field { FIELD_PATH, FIELD_ID, FIELD_URL, FIELD_LINK, FIELD_NONE };

static const char *const path_names[] = {"path", "id", "url", "link"};

/* The field that gives the path: `path`, else `id`, else the address. */
static enum path_field find_name(const struct members *members, struct capsa_text *value)
{
	for (unsigned field = FIELD_PATH; field < FIELD_NONE; field++) {
		const struct member *member = import_members_find(members, path_names[field]);

		if (member == NULL || !is_name(member->value))
			continue;
		*value = member->value;
		return field;
	}
	return FIELD_NONE;
}

static bool is_one_of(struct capsa_text name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (name.size == strlen(names[i]) && memcmp(name.data, names[i], name.size) == 0)
			return true;
	return false;
}

bool import_jsonl_is_path(struct capsa_text name)
{
	return is_one_of(name, path_names, sizeof path_names / sizeof *path_names);
}

bool import_jsonl_has_path(const struct members *members)
{
	struct capsa_text value;

	return find_name(members, &value) != FIELD_NONE;
}

char *import_jsonl_path(const struct members *members, struct capsa_error *err)
{
	struct capsa_text value, text;
	enum path_field field = find_name(members, &value);
	char *name, *path = NULL;
	bool changed;

	if (field == FIELD_NONE) {
		capsa_fail(err, CAPSA_ENOENT, CAPSA_NO_OFFSET, "there is no path, id or url");
		return NULL;
	}
	name = import_field_text(value, &text);
	if (name != NULL)
		path = field == FIELD_URL || field == FIELD_LINK
		           ? import_path_of_url(text.data, text.size)
		           : import_path_of_name(text.data, text.size, &changed);
	free(name);
	if (path == NULL) {
		capsa_fail_memory(err);
	} else if (capsa_path_check(path, strlen(path), err) != CAPSA_OK) {
		free(path);
		path = NULL;
	}
	return path;
}

/* ---- bodies ---- */

/* What comes first is preferred. */
static const char *const body_names[] = {"body_base64", "text", "body", "content", "html"};
#define BODY_NAMES (sizeof body_names / sizeof *body_names)

bool import_jsonl_is_body(struct capsa_text name)
{
	return is_one_of(name, body_names, BODY_NAMES);
}

bool import_jsonl_find_body(const struct members *members, struct jsonl_body *out)
{
	for (unsigned i = 0; i < BODY_NAMES; i++) {
		const struct member *member = import_members_find(members, body_names[i]);

		if (member == NULL || member->value.data[0] != '"')
			continue;
		*out = (struct jsonl_body){*member, body_names[i]};
		return true;
	}
	return false;
}

static bool is_base64(const struct jsonl_body *body)
{
	return strcmp(body->name, "body_base64") == 0;
}

uint64_t import_jsonl_body_size(const struct jsonl_body *body)
{
	size_t size = body->field.value.size - 2;

	return is_base64(body) ? size / 4 * 3 : size;
}

static int base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* In place; false: it is no base64. */
static bool decode_base64(char *text, size_t *size)
{
	size_t out = 0, digits = 0, padding = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < *size; i++) {
		int digit = base64_digit(text[i]);

		if (text[i] == '=') {
			padding++;
			continue;
		}
		if (digit < 0 || padding != 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		digits++;
		if (digits % 4 != 1)
			text[out++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)));
	}
	*size = out;
	return digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0) && padding <= 2;
}

char *import_jsonl_read_body(const struct jsonl_body *body, size_t *size, struct capsa_error *err)
{
	struct capsa_text text;
	char *bytes = import_field_text(body->field.value, &text);

	if (bytes == NULL) {
		capsa_fail_memory(err);
		return NULL;
	}
	*size = text.size;
	if (is_base64(body) && !decode_base64(bytes, size)) {
		capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET, "body_base64 is no base64");
		free(bytes);
		return NULL;
	}
	return bytes;
}

/* ---- metadata ---- */

/* What is being made of an object. */
struct taking {
	const struct members *members;
	struct import_article *article;
	struct object extra;
	const char *passed[8]; /* where the keys of members begin that are dealt with */
	size_t passed_count;
	struct capsa_error *err;
};

static void pass(struct taking *taking, const struct member *member)
{
	taking->passed[taking->passed_count++] = member->key.data;
}

static bool find(const struct taking *taking, const char *name, struct member *out)
{
	const struct member *found = import_members_find(taking->members, name);

	if (found != NULL)
		*out = *found;
	return found != NULL;
}

/* Set a text, or make an array with it. */
static enum capsa_status set_text(struct taking *taking, const char *key, struct capsa_text json,
                                  bool array)
{
	struct capsa_metadata *metadata = taking->article->metadata;
	struct capsa_text text;
	char *room = import_field_text(json, &text);
	enum capsa_status st;

	if (room == NULL)
		return capsa_fail_memory(taking->err);
	st = array ? capsa_metadata_append(metadata, key, text.data, text.size, taking->err)
	           : capsa_metadata_set(metadata, key, text.data, text.size, taking->err);
	free(room);
	return st;
}

/* `path`, and the name it was made of where that is not kept otherwise. */
static enum capsa_status take_path(struct taking *taking)
{
	const char *path = taking->article->path;
	struct capsa_text text;
	struct member member;
	char *name;

	if (find(taking, "path", &member) && is_name(member.value)) {
		name = import_field_text(member.value, &text);
		if (name == NULL)
			return capsa_fail_memory(taking->err);
		if (strcmp(name, path) != 0)
			import_original(&taking->extra, text.data, text.size);
		free(name);
		pass(taking, &member);
	}
	return capsa_metadata_set(taking->article->metadata, "path", path, strlen(path),
	                          taking->err);
}

/* `id` is an identifier; beside another it is kept as it is. */
static enum capsa_status take_identifier(struct taking *taking)
{
	struct member id, other;

	if (!find(taking, "id", &id) || !is_name(id.value) || find(taking, "identifier", &other))
		return CAPSA_OK;
	pass(taking, &id);
	return set_text(taking, "identifier", id.value, true);
}

/* Where a redirect leads; an article with a body cannot say it. */
static enum capsa_status take_location(struct taking *taking)
{
	struct member member;

	if (taking->article->body.size != 0 || !find(taking, "location", &member) ||
	    !is_text(member.value))
		return CAPSA_OK;
	pass(taking, &member);
	return set_text(taking, "location", member.value, false);
}

/* What an archive said of the body; with a digest of another kind they are fields like others. */
static void take_facts(struct taking *taking)
{
	static const char kind[] = "\"blake2b-256:";
	struct import_article *article = taking->article;
	struct member path, size, digest;

	if (!find(taking, "digest", &digest) || digest.value.size < sizeof kind - 1 ||
	    memcmp(digest.value.data, kind, sizeof kind - 1) != 0)
		return;
	pass(taking, &digest);
	article->digest = digest.value;
	if (!find(taking, "size", &size))
		return;
	pass(taking, &size);
	/* Of a kind of input that has text alone. */
	if (is_text(size.value))
		size.value = (struct capsa_text){size.value.data + 1, size.value.size - 2};
	article->size = size.value;
	article->complete = find(taking, "path", &path) && is_text(path.value);
}

static bool key_is(struct capsa_text key, const char *name)
{
	size_t size = strlen(name);

	return key.size == size + 2 && memcmp(key.data + 1, name, size) == 0;
}

/* Neither the body nor what is computed of it. */
static bool is_said(const struct taking *taking, struct capsa_text key)
{
	return key.data != taking->passed[0] && !key_is(key, "size") && !key_is(key, "digest");
}

/* Is the path the one that the line has, and no field to be taken for another? */
static bool is_itself(const struct taking *taking)
{
	const struct field_map *map = taking->members->map;
	struct capsa_text text;
	struct member member;
	char *path;
	bool same;

	if ((map->items != NULL && map->items[0] != NULL) || !find(taking, "path", &member))
		return false;
	path = import_field_text(member.value, &text);
	same = path != NULL && strcmp(path, taking->article->path) == 0;
	free(path);
	return same;
}

/*
 * All members of a line that an archive made, as they are, whatever they are called.  *whole is
 * false, and nothing is set, where one does not fit: somebody has written into it.
 */
static enum capsa_status take_whole(struct taking *taking, bool *whole)
{
	const struct members *members = taking->members;
	struct import_article *article = taking->article;
	enum capsa_status st = CAPSA_OK;

	for (size_t i = 0; st == CAPSA_OK && i < members->count; i++) {
		const struct named_member *item = &members->items[i];

		if (article->body.size != 0 && strcmp(item->room, "location") == 0)
			st = CAPSA_EMISUSE;
		else if (is_said(taking, item->member.key))
			st = capsa_metadata_set_json(article->metadata, item->room,
			                             item->member.value.data,
			                             item->member.value.size, taking->err);
	}
	*whole = st == CAPSA_OK;
	if (st != CAPSA_EMISUSE)
		return st;
	for (size_t i = 0; i < members->count; i++)
		capsa_metadata_remove(article->metadata, members->items[i].room);
	return CAPSA_OK;
}

enum capsa_status import_jsonl_metadata(const struct members *members,
                                        const struct jsonl_body *body,
                                        struct import_article *article, struct capsa_error *err)
{
	struct taking taking = {.members = members, .article = article, .err = err};
	struct capsa_metadata *metadata = article->metadata;
	enum capsa_status st = CAPSA_OK;
	bool whole = false;

	pass(&taking, &body->field);
	take_facts(&taking);
	if (article->complete && is_itself(&taking))
		st = take_whole(&taking, &whole);
	if (whole || st != CAPSA_OK)
		return st;
	st = take_path(&taking);
	if (st == CAPSA_OK)
		st = take_identifier(&taking);
	if (st == CAPSA_OK)
		st = take_location(&taking);
	if (st == CAPSA_OK)
		st = import_members(metadata, &taking.extra, members, taking.passed, err);
	if (st == CAPSA_OK && strcmp(body->name, "html") == 0 &&
	    !capsa_metadata_has(metadata, "format"))
		st = capsa_metadata_set(metadata, "format", "text/html", 9, err);
	if (st == CAPSA_OK)
		st = import_extra(metadata, &taking.extra, err);
	import_object_release(&taking.extra);
	return st;
}
