/*
 * The head of an HTTP response, out of metadata; the contract is in export_http.h.
 *
 * `http` has `status`, as "404 Not Found" or 404, and `headers`: an object of texts or arrays of
 * them, an array of pairs, or an array of lines.  `coded` names the codings that the body still has.
 */
#include "export_http.h"

#include <stdlib.h>
#include <strings.h>

struct head {
	struct buffer *out;
	bool type, location; /* is there such a field? */
	bool coded, chunked; /* has the body content codings, or chunks, still? */
};

/* A JSON string unescaped, anything else as it stands; the caller frees it. */
static char *unescape(struct capsa_text json, struct capsa_text *text)
{
	char *room = malloc(json.size + 1);

	if (room == NULL)
		return NULL;
	*text = (struct capsa_text){room, json.size};
	if (json.size != 0 && json.data[0] == '"')
		text->size = capsa_line_text(json, room);
	else
		memcpy(room, json.data, json.size);
	room[text->size] = '\0';
	return room;
}

/* Append a text that must stay on its line. */
static void append_line(struct buffer *out, struct capsa_text text)
{
	for (size_t i = 0; i < text.size; i++) {
		bool control = (unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f;

		capsa_buffer_byte(out, control ? ' ' : (uint8_t)text.data[i]);
	}
}

static bool is(struct capsa_text name, const char *word)
{
	return name.size == strlen(word) && strncasecmp(name.data, word, name.size) == 0;
}

/* RFC 9110's token. */
static bool is_token(struct capsa_text name)
{
	for (size_t i = 0; i < name.size; i++) {
		char c = name.data[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
			return false;
	}
	return name.size != 0;
}

/* Where the body is kept without chunks and codings, what says of them is no longer true. */
static bool is_true(const struct head *head, struct capsa_text name)
{
	if (is(name, "content-encoding"))
		return head->coded;
	if (is(name, "transfer-encoding") || is(name, "trailer"))
		return head->chunked;
	return !is(name, "content-length");
}

static void add_field(struct head *head, struct capsa_text name, struct capsa_text value)
{
	if (!is_token(name) || !is_true(head, name))
		return;
	head->type = head->type || is(name, "content-type");
	head->location = head->location || is(name, "location");
	capsa_buffer_append(head->out, name.data, name.size);
	capsa_buffer_append(head->out, ": ", 2);
	append_line(head->out, value);
	capsa_buffer_append(head->out, "\r\n", 2);
}

/* The same of JSON values. */
static void add_json(struct head *head, struct capsa_text name, struct capsa_text value)
{
	struct capsa_text name_text, value_text;
	char *name_room = unescape(name, &name_text), *value_room = unescape(value, &value_text);

	if (name_room != NULL && value_room != NULL)
		add_field(head, name_text, value_text);
	else
		head->out->failed = true;
	free(name_room);
	free(value_room);
}

/* A field in one text: "Name: value". */
static void add_line(struct head *head, struct capsa_text json)
{
	struct capsa_text text;
	char *room = unescape(json, &text);
	char *colon = room != NULL ? memchr(room, ':', text.size) : NULL;

	if (room == NULL)
		head->out->failed = true;
	if (colon != NULL) {
		const char *value = colon + 1;

		while (*value == ' ' || *value == '\t')
			value++;
		add_field(head, (struct capsa_text){room, (size_t)(colon - room)},
		          (struct capsa_text){value, (size_t)(room + text.size - value)});
	}
	free(room);
}

/* An element of an array of fields: a pair, or a line. */
static void add_element(struct head *head, struct capsa_text element)
{
	struct capsa_text rest = element, none, name, value;

	if (element.data[0] == '"')
		add_line(head, element);
	else if (element.data[0] == '[' && capsa_line_next(&rest, &none, &name) &&
	         capsa_line_next(&rest, &none, &value))
		add_json(head, name, value);
}

static void add_fields(struct head *head, struct capsa_text headers)
{
	bool object = headers.data[0] == '{';
	struct capsa_text key, value, none, element;

	if (!object && headers.data[0] != '[')
		return;
	while (capsa_line_next(&headers, &key, &value)) {
		struct capsa_text rest = value;

		if (!object)
			add_element(head, value);
		else if (value.data[0] != '[')
			add_json(head, key, value);
		else
			while (capsa_line_next(&rest, &none, &element))
				add_json(head, key, element);
	}
}

/* "404 Not Found", with or without a version before it. */
static bool add_status(struct buffer *out, struct capsa_text json)
{
	struct capsa_text text;
	char *room = unescape(json, &text);
	const char *status = room;
	bool good;

	if (room == NULL) {
		out->failed = true;
		return false;
	}
	if (strncasecmp(status, "HTTP/", 5) == 0)
		status += strcspn(status, " ");
	status += strspn(status, " ");
	good = strspn(status, "0123456789") == 3 && (status[3] == ' ' || status[3] == '\0');
	if (good) {
		capsa_buffer_append(out, "HTTP/1.1 ", 9);
		append_line(out, (struct capsa_text){status, strlen(status)});
		/* The space before the reason stands also where there is none. */
		capsa_buffer_append(out, status[3] == '\0' ? " \r\n" : "\r\n",
		                    status[3] == '\0' ? 3 : 2);
	}
	free(room);
	return good;
}

/* The codings that the body still has, separated by commas. */
static void read_coded(struct head *head, struct capsa_text json)
{
	struct capsa_text text;
	char *room = unescape(json, &text);
	char *rest = room;

	if (room == NULL) {
		head->out->failed = true;
		return;
	}
	for (char *word = strtok_r(room, ", ", &rest); word != NULL;
	     word = strtok_r(NULL, ", ", &rest)) {
		if (strcasecmp(word, "chunked") == 0)
			head->chunked = true;
		else
			head->coded = true;
	}
	free(room);
}

bool export_http_head(struct buffer *out, struct capsa_text line, uint64_t size,
                      struct capsa_text location)
{
	static const struct capsa_text found = {"\"302 Found\"", 11};
	struct head head = {.out = out};
	struct capsa_text http, value;
	bool kept = capsa_line_find(line, "http", &http) == CAPSA_OK && http.data[0] == '{';

	if (kept && capsa_line_find(http, "coded", &value) == CAPSA_OK)
		read_coded(&head, value);
	if (kept && capsa_line_find(http, "status", &value) == CAPSA_OK && add_status(out, value)) {
		if (capsa_line_find(http, "headers", &value) == CAPSA_OK)
			add_fields(&head, value);
	} else if (location.size == 0 || !add_status(out, found)) {
		return false;
	}
	if (!head.type && location.size == 0 && capsa_line_find(line, "format", &value) == CAPSA_OK)
		add_json(&head, (struct capsa_text){"Content-Type", 12}, value);
	if (!head.location && location.size != 0)
		add_field(&head, (struct capsa_text){"Location", 8}, location);
	/* Chunks tell where they end; a length beside them would be wrong. */
	if (!head.chunked)
		capsa_buffer_printf(out, "Content-Length: %" PRIu64 "\r\n", size);
	capsa_buffer_append(out, "\r\n", 2);
	return true;
}
