/*
 * YAML front matter into canonical JSON; libyaml's only door.
 *
 * Scalars stay text, whatever YAML makes of them, so that "1.10", "no" and "2024-05-03" are what
 * the author wrote.  An empty plain scalar, "~" and "null" are null.  Anchors and aliases are
 * refused: a few lines of them can stand for gigabytes.
 */
#include "fields.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DEPTH_MAX 14
#define NODES_MAX 10000
#define FRONT_MATTER_MAX (256U << 10)

struct reading {
	yaml_parser_t parser;
	unsigned nodes;
	struct foreign_error *err;
};

static bool fail(struct reading *r, const yaml_event_t *event, const char *what)
{
	if (event != NULL)
		r->err->line = event->start_mark.line + 2;      /* behind the first "---", from 1 */
	snprintf(r->err->text, sizeof r->err->text, "%s", what);
	return false;
}

static bool next_event(struct reading *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event) != 0)
		return true;
	r->err->line = r->parser.problem_mark.line + 2;
	snprintf(r->err->text, sizeof r->err->text, "invalid YAML: %s",
	         r->parser.problem != NULL ? r->parser.problem : "out of memory");
	return false;
}

static struct capsa_text scalar_text(const yaml_event_t *event)
{
	return (struct capsa_text){(const char *)event->data.scalar.value,
	                           event->data.scalar.length};
}

static bool is_null(const yaml_event_t *event)
{
	struct capsa_text text = scalar_text(event);

	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text.size == 0 || (text.size == 1 && text.data[0] == '~') ||
	        (text.size == 4 && memcmp(text.data, "null", 4) == 0));
}

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor != NULL;
	default:
		return false;
	}
}

static bool read_value(struct reading *r, yaml_event_t *event, unsigned depth,
                       struct json_text *out);

static bool read_sequence(struct reading *r, unsigned depth, struct json_text *out)
{
	bool good = true, first = true;

	import_json_append(out, "[", 1);
	while (good) {
		yaml_event_t event;

		if (!next_event(r, &event))
			return false;
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&event);
			break;
		}
		if (!first)
			import_json_append(out, ",", 1);
		first = false;
		good = read_value(r, &event, depth + 1, out);
		yaml_event_delete(&event);
	}
	import_json_append(out, "]", 1);
	return good;
}

static bool read_member(struct reading *r, const yaml_event_t *key, unsigned depth,
                        struct object *object)
{
	struct json_text json = {0};
	yaml_event_t event;
	bool good;

	if (key->type != YAML_SCALAR_EVENT || has_anchor(key))
		return fail(r, key, "a key is no plain text");
	if (memchr(key->data.scalar.value, 0, key->data.scalar.length) != NULL)
		return fail(r, key, "a key holds U+0000");
	if (!next_event(r, &event))
		return false;
	good = read_value(r, &event, depth + 1, &json);
	yaml_event_delete(&event);
	object->failed |= json.failed;
	if (good && !json.failed &&
	    !import_object_add(object, scalar_text(key), (struct capsa_text){json.data, json.size}))
		good = fail(r, key, "a key comes twice");
	free(json.data);
	return good;
}

static bool read_mapping(struct reading *r, unsigned depth, struct json_text *out)
{
	struct object object = {0};
	char *text = NULL;
	size_t size;
	bool good = true;

	while (good) {
		yaml_event_t event;

		good = next_event(r, &event);
		if (!good)
			break;
		if (event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			break;
		}
		good = read_member(r, &event, depth, &object);
		yaml_event_delete(&event);
	}
	if (good) {
		text = import_object_write(&object, &size);
		if (text != NULL)
			import_json_append(out, text, size);
		else
			good = fail(r, NULL, "out of memory");
	}
	free(text);
	import_object_release(&object);
	return good;
}

static bool read_value(struct reading *r, yaml_event_t *event, unsigned depth,
                       struct json_text *out)
{
	if (depth > DEPTH_MAX || ++r->nodes > NODES_MAX)
		return fail(r, event, "the YAML is too large or nested too deep");
	if (has_anchor(event))
		return fail(r, event, "anchors and aliases are not taken");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		if (memchr(event->data.scalar.value, 0, event->data.scalar.length) != NULL)
			return fail(r, event, "a value holds U+0000");
		if (is_null(event))
			import_json_append(out, "null", 4);
		else
			import_json_string(out, scalar_text(event));
		return true;
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(r, depth, out);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(r, depth, out);
	default:
		return fail(r, event, "the YAML is no mapping");
	}
}

/* The document's root, behind the events that begin stream and document. */
static bool read_document(struct reading *r, struct json_text *out)
{
	yaml_event_t event;
	bool good;

	do {
		if (!next_event(r, &event))
			return false;
		if (event.type != YAML_STREAM_START_EVENT &&
		    event.type != YAML_DOCUMENT_START_EVENT)
			break;
		yaml_event_delete(&event);
	} while (true);
	good = event.type == YAML_MAPPING_START_EVENT ? read_value(r, &event, 1, out)
	                                              : fail(r, &event, "the YAML is no mapping");
	yaml_event_delete(&event);
	return good;
}

/* The size of a line without its end, and where the next one begins. */
static size_t line_size(struct capsa_text text, size_t at, size_t *next)
{
	const char *feed = memchr(text.data + at, '\n', text.size - at);
	size_t end = feed != NULL ? (size_t)(feed - text.data) : text.size;

	*next = feed != NULL ? end + 1 : end;
	while (end > at && (text.data[end - 1] == '\r' || text.data[end - 1] == ' '))
		end--;
	return end - at;
}

/* What stands between "---" in the first line and "---" or "..." in another. */
static bool find_front_matter(struct capsa_text document, struct capsa_text *yaml)
{
	size_t at = 0, next, begin;

	if (document.size >= 3 && memcmp(document.data, "\xef\xbb\xbf", 3) == 0) {
		document.data += 3;
		document.size -= 3;
	}
	if (document.size < 3 || line_size(document, 0, &next) != 3 ||
	    memcmp(document.data, "---", 3) != 0)
		return false;
	begin = next;
	for (at = next; at < document.size && at - begin <= FRONT_MATTER_MAX; at = next) {
		if (line_size(document, at, &next) == 3 &&
		    (memcmp(document.data + at, "---", 3) == 0 ||
		     memcmp(document.data + at, "...", 3) == 0)) {
			*yaml = (struct capsa_text){document.data + begin, at - begin};
			return true;
		}
	}
	return false;
}

char *import_front_matter(struct capsa_text document, size_t *size, bool *found,
                          struct foreign_error *err)
{
	struct reading r = {.err = err};
	struct json_text out = {0};
	struct capsa_text yaml;
	bool good;

	*err = (struct foreign_error){.line = 1};
	*found = find_front_matter(document, &yaml);
	if (!*found)
		return NULL;
	if (yaml_parser_initialize(&r.parser) == 0) {
		snprintf(err->text, sizeof err->text, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)yaml.data, yaml.size);
	good = read_document(&r, &out);
	yaml_parser_delete(&r.parser);
	if (good && out.failed)
		good = fail(&r, NULL, "out of memory");
	if (!good) {
		free(out.data);
		return NULL;
	}
	*size = out.size;
	return out.data;
}
