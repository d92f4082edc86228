/*
 * The metadata of a ZIM file: entries M/Title, M/Creator and so on, each a short text.  Those that
 * have a name in spec 7.2 get it, the others stay as they are in `extra`.
 */
#include "zim_about.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (8U << 10)
#define ALL_MAX (32U << 10) /* of the 64 KiB that archive.json may have */

static const char *const names[][2] = {
    {"Title", "title"},       {"Description", "description"},
    {"Creator", "creator"},   {"Publisher", "publisher"},
    {"Date", "date"},         {"Language", "language"},
    {"License", "rights"},    {"Source", "source"},
    {"Relation", "relation"}, {"Name", "identifier"},
    {"Tags", "subject"},
};

static bool is_array(const char *key)
{
	return strcmp(key, "creator") == 0 || strcmp(key, "relation") == 0 ||
	       strcmp(key, "identifier") == 0 || strcmp(key, "subject") == 0;
}

/* The name of spec 7.2; NULL: none. */
static const char *name_of(struct capsa_text name)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (name.size == strlen(names[i][0]) &&
		    memcmp(name.data, names[i][0], name.size) == 0)
			return names[i][1];
	return NULL;
}

/* Bytes of the text in JSON, or more. */
static size_t json_size(struct capsa_text text)
{
	size_t size = text.size + 2;

	for (size_t i = 0; i < text.size; i++) {
		unsigned char c = (unsigned char)text.data[i];

		size += c < 0x20 || c == 0x7f ? 5 : c == '"' || c == '\\';
	}
	return size;
}

/* Each tag between ';' is a subject. */
static bool add_tags(struct capsa_metadata *metadata, struct capsa_text tags)
{
	while (tags.size != 0) {
		const char *end = memchr(tags.data, ';', tags.size);
		size_t size = end != NULL ? (size_t)(end - tags.data) : tags.size;

		if (size != 0 &&
		    capsa_metadata_append(metadata, "subject", tags.data, size, NULL) != CAPSA_OK)
			return false;
		size += end != NULL;
		tags = (struct capsa_text){tags.data + size, tags.size - size};
	}
	return true;
}

/* False where the value is none that the name can have. */
static bool set(struct capsa_metadata *metadata, const char *key, struct capsa_text text)
{
	char date[IMPORT_DATE_SIZE];
	bool whole;

	if (capsa_metadata_has(metadata, key))
		return false;
	if (strcmp(key, "subject") == 0)
		return add_tags(metadata, text);
	if (is_array(key))
		return capsa_metadata_append(metadata, key, text.data, text.size, NULL) == CAPSA_OK;
	if (strcmp(key, "date") != 0)
		return capsa_metadata_set(metadata, key, text.data, text.size, NULL) == CAPSA_OK;
	return import_date(text, date, &whole) && whole &&
	       capsa_metadata_set(metadata, key, date, strlen(date), NULL) == CAPSA_OK;
}

/* "text/plain" with or without parameters, or nothing. */
static bool is_text_type(struct capsa_text type)
{
	return type.size == 0 || (type.size >= 10 && memcmp(type.data, "text/plain", 10) == 0);
}

bool zim_about_take(struct zim_about *about, struct capsa_text name, struct capsa_text type,
                    const struct capsa_source *body)
{
	char bytes[TEXT_MAX];
	struct capsa_text text = {bytes, (size_t)body->size};
	const char *key = name_of(name);
	size_t size;

	if (body->size == 0 || body->size > sizeof bytes || name.size == 0 || !is_text_type(type) ||
	    body->read_at(body->ctx, 0, bytes, text.size) != 0)
		return false;
	if (!capsa_utf8_valid(span_text(text)) || !capsa_utf8_valid(span_text(name)) ||
	    memchr(text.data, '\0', text.size) != NULL)
		return false;
	size = about->size + json_size(name) + json_size(text) + 2;
	if (size > ALL_MAX)
		return false;
	if ((key == NULL || !set(about->metadata, key, text)) &&
	    !import_object_add_text(&about->extra, name, text))
		return false;
	about->size = size;
	return true;
}

bool zim_about_finish(struct zim_about *about)
{
	return import_extra(about->metadata, &about->extra, NULL) == CAPSA_OK;
}

void zim_about_release(struct zim_about *about)
{
	capsa_metadata_free(about->metadata);
	import_object_release(&about->extra);
}
