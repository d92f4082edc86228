#include "fields.h"

#include "json.h"

#include <stdlib.h>
#include <string.h>

#define FEW_MEMBERS 32          /* whose keys are compared one by one */

struct object_member {
	char *key;                      /* owned, unescaped */
	size_t key_size;
	char *json;                     /* owned */
	size_t json_size;
};

void import_json_append(struct json_text *out, const char *bytes, size_t size)
{
	if (out->failed || size == 0)
		return;
	if (size > out->capacity - out->size) {
		size_t capacity = out->capacity < 256 ? 256 : out->capacity;
		char *data;

		while (capacity - out->size < size)
			capacity *= 2;
		data = realloc(out->data, capacity);
		if (data == NULL) {
			cli_lack_memory();
			out->failed = true;
			return;
		}
		out->data = data;
		out->capacity = capacity;
	}
	memcpy(out->data + out->size, bytes, size);
	out->size += size;
}

void import_json_string(struct json_text *out, struct capsa_text text)
{
	static const char digits[] = "0123456789abcdef";
	bool ascii = true;

	import_json_append(out, "\"", 1);
	while (text.size != 0) {
		size_t plain = capsa_json_plain(span_text(text), &ascii);
		unsigned char c = plain < text.size ? (unsigned char)text.data[plain] : 0;
		char escape[6] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};

		import_json_append(out, text.data, plain);
		if (plain == text.size)
			break;
		if (c < 0x20)
			import_json_append(out, escape, sizeof escape);
		else
			import_json_append(out, c == '"' ? "\\\"" : "\\\\", 2);
		text = (struct capsa_text){text.data + plain + 1, text.size - plain - 1};
	}
	import_json_append(out, "\"", 1);
}

static char *copy(struct capsa_text text)
{
	char *bytes = malloc(text.size + 1);

	if (bytes != NULL && text.size != 0)
		memcpy(bytes, text.data, text.size);
	return bytes;
}

void import_object_append(struct object *object, struct capsa_text key, struct capsa_text json)
{
	struct object_member member = {.key_size = key.size, .json_size = json.size};

	if (object->count == object->capacity) {
		size_t capacity = object->capacity == 0 ? 16 : 2 * object->capacity;
		struct object_member *members =
		    reallocarray(object->members, capacity, sizeof *members);

		if (members == NULL) {
			cli_lack_memory();
			object->failed = true;
			return;
		}
		object->members = members;
		object->capacity = capacity;
	}
	member.key = copy(key);
	member.json = copy(json);
	if (member.key == NULL || member.json == NULL) {
		cli_lack_memory();
		free(member.key);
		free(member.json);
		object->failed = true;
		return;
	}
	object->members[object->count++] = member;
}

static bool has_key(struct object *object, struct capsa_text key)
{
	if (object->count > FEW_MEMBERS) {
		for (; object->known < object->count; object->known++)
			import_paths_add(&object->keys, object->members[object->known].key,
			                 object->members[object->known].key_size);
		object->failed = object->failed || object->keys.failed;
		return import_paths_has(&object->keys, key.data, key.size);
	}
	for (size_t i = 0; i < object->count; i++)
		if (object->members[i].key_size == key.size &&
		    memcmp(object->members[i].key, key.data, key.size) == 0)
			return true;
	return false;
}

bool import_object_add(struct object *object, struct capsa_text key, struct capsa_text json)
{
	if (has_key(object, key))
		return false;
	import_object_append(object, key, json);
	return true;
}

bool import_object_add_text(struct object *object, struct capsa_text key, struct capsa_text text)
{
	struct json_text json = {0};
	bool added;

	import_json_string(&json, text);
	if (json.failed)
		object->failed = true;
	added = json.failed ||
	        import_object_add(object, key, (struct capsa_text){json.data, json.size});
	free(json.data);
	return added;
}

static int compare_members(const void *a, const void *b)
{
	const struct object_member *x = a, *y = b;
	size_t shared = x->key_size < y->key_size ? x->key_size : y->key_size;
	int order = memcmp(x->key, y->key, shared);

	return order != 0 ? order : (x->key_size > y->key_size) - (x->key_size < y->key_size);
}

char *import_object_write(struct object *object, size_t *size)
{
	struct json_text out = {.failed = object->failed};

	if (object->count != 0)
		qsort(object->members, object->count, sizeof *object->members, compare_members);
	object->known = 0;
	import_json_append(&out, "{", 1);
	for (size_t i = 0; i < object->count; i++) {
		const struct object_member *member = &object->members[i];

		if (i != 0)
			import_json_append(&out, ",", 1);
		import_json_string(&out, (struct capsa_text){member->key, member->key_size});
		import_json_append(&out, ":", 1);
		import_json_append(&out, member->json, member->json_size);
	}
	import_json_append(&out, "}", 1);
	if (out.failed) {
		free(out.data);
		return NULL;
	}
	*size = out.size;
	return out.data;
}

void import_object_release(struct object *object)
{
	for (size_t i = 0; i < object->count; i++) {
		free(object->members[i].key);
		free(object->members[i].json);
	}
	free(object->members);
	import_paths_release(&object->keys);
	*object = (struct object){0};
}
