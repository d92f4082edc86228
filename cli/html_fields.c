/* What an HTML page says of itself, into the names of spec 7.2. */
#include "html.h"

#include "fields.h"

#include <string.h>
#include <strings.h>

#define LIST_MAX 100
#define ADDRESS_MAX 2000

enum kind {
	KIND_TITLE,
	KIND_TEXT,
	KIND_TEXTS,
	KIND_NAMES, /* texts that are no addresses of somebody's profile */
	KIND_DATE,
	KIND_LANGUAGE,
	KIND_ADDRESS,
};

/* The first of its sources that says something fitting decides. */
static const struct field {
	const char *name;
	enum kind kind;
	const char *sources[7];
} fields[] = {
    {"title", KIND_TITLE, {"ld:headline", "ld:name", "og:title", "dc.title", "title"}},
    {"creator", KIND_NAMES, {"ld:author", "article:author", "dc.creator", "author"}},
    {"contributor", KIND_NAMES, {"dc.contributor"}},
    {"date",
     KIND_DATE,
     {"ld:datePublished", "article:published_time", "dc.date.issued", "dc.issued", "dc.date",
      "date"}},
    {"modified",
     KIND_DATE,
     {"ld:dateModified", "article:modified_time", "og:updated_time", "dc.date.modified",
      "dc.modified", "last-modified"}},
    {"url", KIND_ADDRESS, {CLAIM_CANONICAL, "og:url"}},
    {"language",
     KIND_LANGUAGE,
     {"ld:inLanguage", "dc.language", CLAIM_LANGUAGE, "content-language", "og:locale"}},
    {"description",
     KIND_TEXT,
     {"ld:description", "og:description", "dc.description", "description"}},
    {"publisher", KIND_TEXT, {"ld:publisher", "dc.publisher", "publisher", "og:site_name"}},
    {"rights", KIND_TEXT, {"dc.rights", "rights", "copyright"}},
    {"subject", KIND_TEXTS, {"ld:keywords", "article:tag", "dc.subject", "keywords"}},
    {"identifier", KIND_TEXTS, {"dc.identifier"}},
    {"relation", KIND_TEXTS, {"dc.relation"}},
    {"source", KIND_TEXT, {"dc.source"}},
    {"coverage", KIND_TEXT, {"dc.coverage"}},
    {"type", KIND_TEXT, {"dc.type"}},
};

struct taking {
	struct capsa_metadata *metadata;
	const struct field *field;
	const char *source;
	struct object *extra;           /* dates that are none */
	struct capsa_error *err;
};

static enum capsa_status set(struct taking *t, const char *text, size_t size)
{
	return capsa_metadata_set(t->metadata, t->field->name, text, size, t->err);
}

/* ---- values ---- */

static bool is_address(const char *text)
{
	return strncasecmp(text, "http://", 7) == 0 || strncasecmp(text, "https://", 8) == 0;
}

/* Absolute, with a host, and without what an address cannot have. */
static bool is_whole_address(const struct claim *claim)
{
	const char *host = strstr(claim->text, "://");

	return is_address(claim->text) && claim->size <= ADDRESS_MAX &&
	       strcspn(host + 3, "/?#: ") != 0 && strpbrk(claim->text, " \"<>\\^`{|}") == NULL;
}

static enum capsa_status take_title(struct taking *t, const struct claim *claim)
{
	struct title title;

	if (!import_title_of(&title, (struct capsa_text){claim->text, claim->size}))
		return CAPSA_OK;
	return import_set_title(t->metadata, &title, t->err);
}

/* Where not all of it could be taken for a date, the text itself goes to `extra`. */
static enum capsa_status take_date(struct taking *t, const struct claim *claim)
{
	const char *name = strncmp(t->source, "ld:", 3) == 0 ? t->source + 3 : t->source;
	struct capsa_text text = {claim->text, claim->size};
	char date[IMPORT_DATE_SIZE];
	bool whole = false, is_date = import_date(text, date, &whole);

	if (!whole)
		import_object_add_text(t->extra, (struct capsa_text){name, strlen(name)}, text);
	return is_date ? set(t, date, strlen(date)) : CAPSA_OK;
}

/* One tag of a language: "en", "pt-BR", "zh-Hant-TW", and Open Graph's "en_US". */
static enum capsa_status take_language(struct taking *t, const struct claim *claim)
{
	char tag[36];
	size_t run = 0, size = claim->size;

	if (size >= sizeof tag)
		return CAPSA_OK;
	for (size_t i = 0; i < size; i++) {
		char c = claim->text[i] == '_' ? '-' : claim->text[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
		bool digit = c >= '0' && c <= '9' && memchr(tag, '-', i) != NULL;

		run = c == '-' ? 0 : run + 1;
		if (!(letter || digit || (c == '-' && i != 0 && tag[i - 1] != '-')) || run > 8)
			return CAPSA_OK;
		tag[i] = c;
	}
	return run != 0 ? set(t, tag, size) : CAPSA_OK;
}

static enum capsa_status take_one(struct taking *t, const struct claim *claim)
{
	if (claim->size > CLAIM_VALUE_MAX)
		return CAPSA_OK;
	switch (t->field->kind) {
	case KIND_TITLE:
		return take_title(t, claim);
	case KIND_DATE:
		return take_date(t, claim);
	case KIND_LANGUAGE:
		return take_language(t, claim);
	case KIND_ADDRESS:
		return is_whole_address(claim) ? set(t, claim->text, claim->size) : CAPSA_OK;
	default:
		return set(t, claim->text, claim->size);
	}
}

/* ---- lists ---- */

/* Texts of claims, each once. */
struct list {
	struct capsa_text items[LIST_MAX];
	size_t count;
};

static void add_item(struct list *list, struct capsa_text text)
{
	while (text.size != 0 && text.data[0] == ' ') {
		text.data++;
		text.size--;
	}
	while (text.size != 0 && text.data[text.size - 1] == ' ')
		text.size--;
	if (text.size == 0 || text.size > CLAIM_VALUE_MAX || list->count == LIST_MAX)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].size == text.size &&
		    memcmp(list->items[i].data, text.data, text.size) == 0)
			return;
	list->items[list->count++] = text;
}

/* Commas separate keywords, in HTML and in schema.org, and nothing else. */
static void add_items(struct list *list, const struct claim *claim, const char *separators)
{
	for (const char *at = claim->text; at != NULL;) {
		size_t size = strcspn(at, separators);

		add_item(list, (struct capsa_text){at, size});
		at = at[size] != '\0' ? at + size + 1 : NULL;
	}
}

static enum capsa_status take_list(struct taking *t, const struct claims *claims)
{
	const char *separators = strstr(t->source, "keywords") != NULL ? "," : "";
	struct list list = {.count = 0};
	enum capsa_status status = CAPSA_OK;

	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->items[i].name, t->source) == 0 &&
		    !(t->field->kind == KIND_NAMES && is_address(claims->items[i].text)))
			add_items(&list, &claims->items[i], separators);
	for (size_t i = 0; status == CAPSA_OK && i < list.count; i++)
		status = capsa_metadata_append(t->metadata, t->field->name, list.items[i].data,
		                               list.items[i].size, t->err);
	return status;
}

/* ---- fields ---- */

static enum capsa_status take_source(struct taking *t, const struct claims *claims)
{
	enum capsa_status status = CAPSA_OK;

	if (t->field->kind == KIND_TEXTS || t->field->kind == KIND_NAMES)
		return take_list(t, claims);
	for (size_t i = 0; status == CAPSA_OK && i < claims->count; i++) {
		if (strcmp(claims->items[i].name, t->source) == 0)
			status = take_one(t, &claims->items[i]);
		if (capsa_metadata_has(t->metadata, t->field->name))
			break;
	}
	return status;
}

static enum capsa_status take_field(struct taking *t, const struct claims *claims)
{
	enum capsa_status status = CAPSA_OK;

	for (size_t i = 0; status == CAPSA_OK && i < 7 && t->field->sources[i] != NULL; i++) {
		if (capsa_metadata_has(t->metadata, t->field->name))
			break;
		t->source = t->field->sources[i];
		status = take_source(t, claims);
	}
	return status;
}

enum capsa_status import_html_fields(struct capsa_metadata *metadata, const struct claims *claims,
                                     struct capsa_error *err)
{
	struct object extra = {0};
	struct taking t = {.metadata = metadata, .extra = &extra, .err = err};
	enum capsa_status status = import_extra_before(metadata, &extra, err);

	for (size_t i = 0; status == CAPSA_OK && i < sizeof fields / sizeof *fields; i++) {
		t.field = &fields[i];
		status = take_field(&t, claims);
	}
	if (status == CAPSA_OK)
		status = import_extra(metadata, &extra, err);
	import_object_release(&extra);
	return status;
}
