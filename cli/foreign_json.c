/*
 * Others' JSON into canonical JSON; jansson's only door.
 *
 * jansson reads numbers as doubles and forgets how they were written.  So numbers that canonical
 * JSON does not have are put into quotation marks before jansson sees them: "extra" keeps 1.10 as
 * "1.10".
 */
#include "fields.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16            /* objects and arrays in each other, as in a metadata line */

/* ---- numbers ---- */

static size_t digits(const char *at, const char *end)
{
	const char *p = at;

	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return (size_t)(p - at);
}

/*
 * The bytes of a JSON number at `at`, 0 where there is none; *plain: an integer that canonical JSON
 * has.
 */
static size_t number_size(const char *at, const char *end, bool *plain)
{
	const char *p = at, *integer;
	size_t count;

	if (p < end && *p == '-')
		p++;
	integer = p;
	count = digits(p, end);
	if (count == 0 || (count > 1 && *p == '0'))
		return 0;
	p += count;
	/* 2^53 - 1 has 16 digits, as a string compared with as many of another number. */
	*plain = (count < 16 || (count == 16 && memcmp(integer, "9007199254740991", 16) <= 0)) &&
	         !(integer != at && *integer == '0');
	if (p < end && *p == '.') {
		count = digits(p + 1, end);
		if (count == 0)
			return 0;
		p += 1 + count;
		*plain = false;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		const char *exponent = p + 1;

		if (exponent < end && (*exponent == '+' || *exponent == '-'))
			exponent++;
		count = digits(exponent, end);
		if (count == 0)
			return 0;
		p = exponent + count;
		*plain = false;
	}
	return (size_t)(p - at);
}

/* The end of a string that begins at `at`, behind its closing quotation mark. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		if (*at == '\\' && at + 1 < end)
			at++;
	return at < end ? at + 1 : end;
}

/* Does a colon follow?  In quotation marks a number there would become a key. */
static bool is_key(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at < end && *at == ':';
}

static void quote_numbers(struct capsa_text in, struct json_text *out)
{
	const char *at = in.data, *end = in.data + in.size, *from = at;

	while (at < end) {
		bool plain = true;
		size_t size;

		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (*at != '-' && (*at < '0' || *at > '9')) {
			at++;
			continue;
		}
		size = number_size(at, end, &plain);
		if (size == 0 || plain || is_key(at + size, end)) {
			at += size != 0 ? size : 1;
			/* What follows without a break is for jansson to refuse. */
			while (at < end && *at >= '0' && *at <= '9')
				at++;
			continue;
		}
		import_json_append(out, from, (size_t)(at - from));
		import_json_append(out, "\"", 1);
		import_json_append(out, at, size);
		import_json_append(out, "\"", 1);
		at += size;
		from = at;
	}
	import_json_append(out, from, (size_t)(end - from));
}

/* ---- values ---- */

static bool write_value(json_t *value, unsigned depth, struct json_text *out);

static bool write_object(json_t *value, unsigned depth, struct json_text *out)
{
	struct object object = {0};
	const char *key;
	json_t *member;
	char *text;
	size_t size;
	bool good = true;

	json_object_foreach(value, key, member)
	{
		struct json_text json = {0};

		good = good && write_value(member, depth + 1, &json);
		if (good)
			import_object_append(&object, (struct capsa_text){key, strlen(key)},
			                     (struct capsa_text){json.data, json.size});
		out->failed |= json.failed;
		free(json.data);
	}
	text = import_object_write(&object, &size);
	if (text != NULL)
		import_json_append(out, text, size);
	else
		out->failed = true;
	free(text);
	import_object_release(&object);
	return good;
}

static bool write_array(json_t *value, unsigned depth, struct json_text *out)
{
	bool good = true;

	import_json_append(out, "[", 1);
	for (size_t i = 0; good && i < json_array_size(value); i++) {
		if (i != 0)
			import_json_append(out, ",", 1);
		good = write_value(json_array_get(value, i), depth + 1, out);
	}
	import_json_append(out, "]", 1);
	return good;
}

/* False: nested too deep. */
static bool write_value(json_t *value, unsigned depth, struct json_text *out)
{
	char number[32];

	if (depth > DEPTH_MAX && (json_is_object(value) || json_is_array(value)))
		return false;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return write_object(value, depth, out);
	case JSON_ARRAY:
		return write_array(value, depth, out);
	case JSON_STRING:
		import_json_string(
		    out, (struct capsa_text){json_string_value(value), json_string_length(value)});
		return true;
	case JSON_INTEGER:
	case JSON_REAL: /* does not occur: it was quoted */
		snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		import_json_append(out, number, strlen(number));
		return true;
	case JSON_TRUE:
		import_json_append(out, "true", 4);
		return true;
	case JSON_FALSE:
		import_json_append(out, "false", 5);
		return true;
	case JSON_NULL:
		break;
	}
	import_json_append(out, "null", 4);
	return true;
}

static char *convert(json_t *root, size_t *size, struct foreign_error *err)
{
	struct json_text out = {0};
	bool shallow = write_value(root, 1, &out);

	if (shallow && !out.failed) {
		*size = out.size;
		return out.data;
	}
	free(out.data);
	snprintf(err->text, sizeof err->text, "%s",
	         out.failed ? "out of memory" : "the JSON is nested too deep");
	return NULL;
}

static char *read_json(struct capsa_text in, bool object, size_t *size, struct foreign_error *err)
{
	struct json_text quoted = {0};
	json_error_t why;
	json_t *root = NULL;
	char *out = NULL;

	*err = (struct foreign_error){.line = 1};
	quote_numbers(in, &quoted);
	if (quoted.failed) {
		snprintf(err->text, sizeof err->text, "out of memory");
	} else if (in.size != 0 && memchr(in.data, '\0', in.size) != NULL) {
		/* Behind a number jansson passes over it. */
		snprintf(err->text, sizeof err->text, "invalid JSON: holds U+0000");
	} else {
		root = json_loadb(quoted.data != NULL ? quoted.data : "", quoted.size,
		                  JSON_REJECT_DUPLICATES, &why);
		free(quoted.data);
		quoted.data = NULL;
		if (root == NULL) {
			err->line = why.line > 0 ? (size_t)why.line : 1;
			snprintf(err->text, sizeof err->text, "invalid JSON: %s", why.text);
		} else if (object && !json_is_object(root)) {
			snprintf(err->text, sizeof err->text, "the JSON is no object");
		} else {
			out = convert(root, size, err);
		}
	}
	json_decref(root);
	free(quoted.data);
	return out;
}

char *import_json(struct capsa_text in, size_t *size, struct foreign_error *err)
{
	return read_json(in, true, size, err);
}

char *import_json_value(struct capsa_text in, size_t *size, struct foreign_error *err)
{
	return read_json(in, false, size, err);
}
