/*
 * A record as a capture: what stands before its payload, and what that says.
 *
 * `http` of the metadata gets `status` ("200 OK"), `protocol`, `headers` (pairs of name and value,
 * in order) and `record_id`; `extra` gets `warc`, pairs of what else the record's header says.
 */
#include "warc_capture.h"

#include "base.h"
#include "digests.h"
#include "warc_paths.h"

#include <stdarg.h>
#include <stdlib.h>

/* ---- texts ---- */

/* Any bytes as text: UTF-8 where they are that, else Latin-1, as HTTP once had it; no U+0000. */
static void append_text(struct json_text *out, struct capsa_text bytes)
{
	struct json_text text = {0};
	bool utf8 = cli_utf8_prefix(bytes) == bytes.size;

	for (size_t i = 0; i < bytes.size; i++) {
		unsigned char c = (unsigned char)bytes.data[i];
		char two[2] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};

		if (c == 0)
			import_json_append(&text, "\xef\xbf\xbd", 3);
		else if (c < 0x80 || utf8)
			import_json_append(&text, (const char *)&c, 1);
		else
			import_json_append(&text, two, 2);
	}
	out->failed |= text.failed;
	import_json_string(out, (struct capsa_text){text.data != NULL ? text.data : "", text.size});
	free(text.data);
}

/* An address with what is no text in it as "%XX". */
static char *clean_url(struct capsa_text url)
{
	struct json_text out = {0};

	while (url.size != 0) {
		const char *nul = memchr(url.data, '\0', url.size);
		struct capsa_text some = {url.data,
		                          nul != NULL ? (size_t)(nul - url.data) : url.size};
		size_t good = cli_utf8_prefix(some);
		char escape[4];

		import_json_append(&out, url.data, good);
		if (good < url.size) {
			snprintf(escape, sizeof escape, "%%%02X", (unsigned char)url.data[good]);
			import_json_append(&out, escape, 3);
			good++;
		}
		url.data += good;
		url.size -= good;
	}
	import_json_append(&out, "", 1);
	if (!out.failed)
		return out.data;
	free(out.data);
	return NULL;
}

static bool begins(struct capsa_text text, const char *with)
{
	return text.size >= strlen(with) && strncasecmp(text.data, with, strlen(with)) == 0;
}

/* ---- reading ---- */

static bool fail(const struct warc_reader *reader, struct capsa_error *err, const char *what)
{
	char place[96];

	import_warc_place(reader, place, sizeof place);
	capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "%s: %s", place, what);
	return false;
}

static bool may_have_http(const struct warc_capture *capture, struct warc_reader *reader, bool *may,
                          struct capsa_error *err)
{
	const struct warc_record *record = capture->record;
	struct capsa_text text;

	*may = false;
	if (!import_is_word(record->type, "response") && !import_is_word(record->type, "revisit"))
		return true;
	if (!import_warc_peek(reader, 5, &text, err))
		return false;
	*may =
	    text.size != 0 && (begins(record->content_type, "application/http") ||
	                       ((begins(record->uri, "http:") || begins(record->uri, "https:")) &&
	                        begins(text, "HTTP/")));
	return true;
}

static bool read_http(struct warc_capture *capture, struct warc_reader *reader,
                      struct import_hash *block, struct capsa_error *err)
{
	struct header *http = &capture->http;
	enum header_status status = HEADER_MORE;
	struct capsa_error why = {0};

	import_header_begin(http);
	while (status == HEADER_MORE) {
		struct capsa_text text, rest;

		if (!import_warc_peek(reader, 1, &text, err))
			return false;
		if (text.size == 0)
			break;
		rest = text;
		status = import_header_put(http, &rest, &why);
		if (block != NULL)
			import_hash_put(block,
			                (struct capsa_text){text.data, text.size - rest.size});
		import_warc_take(reader, text.size - rest.size);
	}
	if (status == HEADER_BAD)
		return fail(reader, err, why.text);
	if (!import_header_parse(http))
		return fail(reader, err, "out of memory");
	capture->has_http = import_http_status(http->first, &capture->status);
	if (capture->has_http || import_is_word(capture->record->type, "revisit"))
		return true;
	return fail(reader, err, "its block is no HTTP message");
}

/* ---- judging ---- */

static void judge_other(struct warc_capture *capture, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void judge_other(struct warc_capture *capture, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(capture->reason, sizeof capture->reason, format, arguments);
	va_end(arguments);
	capture->use = WARC_OTHER;
}

static bool is_redirect(const struct warc_capture *capture, struct capsa_text *location)
{
	static const unsigned codes[] = {300, 301, 302, 303, 307, 308};

	for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (capture->status.code == codes[i])
			return import_header_find(&capture->http, "Location", location) &&
			       location->size != 0;
	return false;
}

static bool judge_http(struct warc_capture *capture)
{
	bool revisit = import_is_word(capture->record->type, "revisit");
	struct capsa_text location;
	char *resolved;

	if (is_redirect(capture, &location)) {
		resolved = import_http_resolve(capture->record->uri, location);
		if (resolved != NULL)
			capture->location =
			    clean_url((struct capsa_text){resolved, strlen(resolved)});
		free(resolved);
		capture->use = WARC_REDIRECT;
		return capture->location != NULL;
	}
	if (capture->status.code == 200 || (revisit && capture->status.code == 304))
		capture->use = revisit ? WARC_REVISIT : WARC_PAGE;
	else
		judge_other(capture, "status %03u", capture->status.code);
	return true;
}

/* False: out of memory. */
static bool judge(struct warc_capture *capture)
{
	const struct warc_record *record = capture->record;
	bool known = import_is_word(record->type, "response") ||
	             import_is_word(record->type, "resource") ||
	             import_is_word(record->type, "revisit");

	capture->use = import_is_word(record->type, "revisit") ? WARC_REVISIT : WARC_PAGE;
	capture->beside = !known || record->uri.size == 0 || begins(record->uri, "dns:");
	if (!known)
		judge_other(capture, "%.*s", (int)(record->type.size < 32 ? record->type.size : 32),
		            record->type.data);
	else if (record->uri.size == 0)
		judge_other(capture, "%s", "without address");
	else if (capture->beside)
		judge_other(capture, "%s", "dns");
	else if (capture->has_http)
		return judge_http(capture);
	return true;
}

bool import_warc_capture(struct warc_capture *capture, struct warc_reader *reader,
                         const struct warc_record *record, struct import_hash *block,
                         struct capsa_error *err)
{
	struct capsa_text segment;
	bool may, whole;

	free(capture->url);
	free(capture->location);
	capture->url = capture->location = NULL;
	capture->record = record;
	capture->has_http = false;
	if (import_is_word(record->type, "continuation") ||
	    import_header_find(&record->header, "WARC-Segment-Number", &segment))
		return fail(reader, err,
		            "is a segment of a record, and segments are not put together");
	if (!may_have_http(capture, reader, &may, err) ||
	    (may && !read_http(capture, reader, block, err)))
		return false;
	if (!import_date(record->date, capture->captured, &whole))
		capture->captured[0] = '\0';
	capture->url = clean_url(record->uri);
	if (capture->url == NULL || !judge(capture))
		return fail(reader, err, "out of memory");
	return true;
}

void import_warc_capture_release(struct warc_capture *capture)
{
	import_header_release(&capture->http);
	free(capture->url);
	free(capture->location);
	*capture = (struct warc_capture){0};
}

/* ---- paths ---- */

/*
 * Below which directory its path is: captures are below none, all else is where no address leads,
 * unless a host is called "warc".
 */
static void directory_of(const struct warc_capture *capture, char *out, size_t size)
{
	struct capsa_text type = capture->record->type;

	out[0] = '\0';
	if (!capture->beside)
		return;
	if (type.size > 32)
		type.size = 32;
	snprintf(out, size, "warc/%*s", (int)type.size, "");
	/* A type may be any bytes. */
	for (size_t i = 0; i < type.size; i++) {
		char c = type.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		out[strlen("warc/") + i] = letter ? c : '-';
	}
}

char *import_warc_capture_path(const struct warc_capture *capture)
{
	struct capsa_text id = capture->record->id;
	char directory[64];
	char *name, *path;

	directory_of(capture, directory, sizeof directory);
	if (capture->url[0] != '\0')
		return import_warc_path(directory, capture->url);
	name = clean_url(id.size != 0 ? id : (struct capsa_text){"record", 6});
	path = name != NULL ? import_warc_path(directory, name) : NULL;
	free(name);
	return path;
}

/* ---- metadata ---- */

static enum capsa_status set_text(struct capsa_metadata *metadata, const char *key,
                                  struct capsa_text text, struct capsa_error *err)
{
	if (text.size == 0)
		return CAPSA_OK;
	return capsa_metadata_set(metadata, key, text.data, text.size, err);
}

static struct capsa_text text_of_string(const char *string)
{
	return (struct capsa_text){string, strlen(string)};
}

static bool is_text(struct capsa_text text, const char *string)
{
	return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

/* [["Name","value"],...] of the fields that `wanted` wants. */
static void append_fields(struct json_text *out, const struct header *header,
                          const struct warc_capture *capture, bool whole,
                          bool (*wanted)(const struct warc_capture *capture,
                                         const struct header_field *field))
{
	bool first = true;

	import_json_append(out, "[", 1);
	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		if (!whole && !wanted(capture, field))
			continue;
		import_json_append(out, first ? "[" : ",[", first ? 1 : 2);
		append_text(out, field->name);
		import_json_append(out, ",", 1);
		append_text(out, field->value);
		import_json_append(out, "]", 1);
		first = false;
	}
	import_json_append(out, "]", 1);
}

/* Does the field say what no other member of the metadata does? */
static bool is_more(const struct warc_capture *capture, const struct header_field *field)
{
	if (import_is_word(field->name, "Content-Length") ||
	    import_is_word(field->name, "WARC-Record-ID"))
		return false;
	if (import_is_word(field->name, "Content-Type"))
		return !capture->has_http && !import_http_is_type(field->value);
	if (import_is_word(field->name, "WARC-Target-URI"))
		return !is_text(capture->record->uri, capture->url);
	if (import_is_word(field->name, "WARC-Date"))
		return !is_text(field->value, capture->captured);
	return true;
}

static enum capsa_status set_http(const struct warc_capture *capture,
                                  struct capsa_metadata *metadata, struct capsa_error *err)
{
	struct json_text json = {0};
	enum capsa_status status = CAPSA_OK;

	import_json_append(&json, "{", 1);
	if (capture->has_http) {
		import_json_append(&json, "\"headers\":", 10);
		append_fields(&json, &capture->http, capture, true, NULL);
		import_json_append(&json, ",\"protocol\":", 12);
		append_text(&json, capture->status.protocol);
	}
	if (capture->record->id.size != 0) {
		import_json_append(&json, capture->has_http ? ",\"record_id\":" : "\"record_id\":",
		                   capture->has_http ? 13 : 12);
		append_text(&json, capture->record->id);
	}
	if (capture->has_http) {
		import_json_append(&json, ",\"status\":", 10);
		append_text(&json, capture->status.text);
	}
	import_json_append(&json, "}", 1);
	if (json.failed)
		status = capsa_fail_memory(err);
	else if (json.size > 2)
		status = capsa_metadata_set_json(metadata, "http", json.data, json.size, err);
	free(json.data);
	return status;
}

static enum capsa_status set_extra(const struct warc_capture *capture, bool whole,
                                   struct capsa_metadata *metadata, struct capsa_error *err)
{
	struct json_text json = {0};
	enum capsa_status status = CAPSA_OK;

	import_json_append(&json, "{\"warc\":", 8);
	append_fields(&json, &capture->record->header, capture, whole || capture->beside, is_more);
	import_json_append(&json, "}", 1);
	if (json.failed)
		status = capsa_fail_memory(err);
	else
		status = capsa_metadata_set_json(metadata, "extra", json.data, json.size, err);
	free(json.data);
	return status;
}

/* What the body is, as far as it is said. */
static struct capsa_text format_of(const struct warc_capture *capture)
{
	struct capsa_text type = capture->record->content_type;

	if (capture->has_http)
		import_header_find(&capture->http, "Content-Type", &type);
	else if (!capture->beside && begins(type, "application/http"))
		type.size = 0; /* of a revisit that says nothing of its body */
	return import_http_is_type(type) ? type : (struct capsa_text){"", 0};
}

enum capsa_status import_warc_metadata(const struct warc_capture *capture, bool whole,
                                       struct capsa_metadata *metadata, struct capsa_error *err)
{
	enum capsa_status status = set_http(capture, metadata, err);

	if (status == CAPSA_OK)
		status = set_extra(capture, whole, metadata, err);
	if (status == CAPSA_OK && !capture->beside)
		status = set_text(metadata, "url", text_of_string(capture->url), err);
	if (status == CAPSA_OK)
		status = set_text(metadata, "captured", text_of_string(capture->captured), err);
	if (status == CAPSA_OK)
		status = set_text(metadata, "format", format_of(capture), err);
	if (status == CAPSA_OK && capture->use == WARC_REDIRECT)
		status = set_text(metadata, "location", text_of_string(capture->location), err);
	return status;
}

enum capsa_status import_warc_set_coded(struct capsa_metadata *metadata, const char *coded,
                                        struct capsa_error *err)
{
	struct capsa_text line, value, rest, key, member;
	struct object http = {0};
	enum capsa_status status = capsa_metadata_line(metadata, &line, err);
	size_t size;
	char *json;

	if (status != CAPSA_OK)
		return status;
	if (capsa_line_find(line, "http", &value) != CAPSA_OK)
		value = (struct capsa_text){"{}", 2};
	import_object_add_text(&http, (struct capsa_text){"coded", 5},
	                       (struct capsa_text){coded, strlen(coded)});
	/* These keys need no unescaping: they are the ones above. */
	for (rest = value; capsa_line_next(&rest, &key, &member);)
		import_object_add(&http, (struct capsa_text){key.data + 1, key.size - 2}, member);
	json = import_object_write(&http, &size);
	import_object_release(&http);
	if (json == NULL)
		return capsa_fail_memory(err);
	status = capsa_metadata_set_json(metadata, "http", json, size, err);
	free(json);
	return status;
}
