/*
 * What an HTML page says of itself; libxml2's only door.
 *
 * The page is parsed as a stream of events, so that nothing is built that grows with it.  The
 * parser stops where elements are nested deeper than browsers nest them: it searches its stack for
 * many end tags, which is quadratic otherwise.  It is quadratic in the attributes of a tag, too,
 * which the size of what is read bounds.
 */
#include "html.h"

#include "fields.h"

#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 512
#define NAME_SIZE 64

struct reading {
	xmlParserCtxtPtr parser;
	struct html_page *page;
	unsigned depth;                 /* of elements that are open */
	unsigned svg;                   /* of these in drawings, whose titles are not the page's */
	bool in_heading, in_title, in_linked_data;
	bool heading_done;              /* JSON-LD alone is looked for */
	bool line_done;
	struct json_text script;
};

static bool is_name(const xmlChar *name, const char *other)
{
	return strcmp((const char *)name, other) == 0;
}

/* The value of an attribute; NULL: there is none. */
static const char *attribute(const xmlChar **attributes, const char *name)
{
	for (size_t i = 0; attributes != NULL && attributes[i] != NULL; i += 2)
		if (is_name(attributes[i], name))
			return (const char *)attributes[i + 1];
	return NULL;
}

static struct capsa_text text_of_attribute(const char *value)
{
	return (struct capsa_text){value, strlen(value)};
}

/* ---- what stands in the head of a page ---- */

/* "DC.Title", "dcterms:title" and so on are "dc.title". */
static bool meta_name(const char *name, char out[NAME_SIZE])
{
	size_t size = strlen(name), prefix = 0;

	if (strncasecmp(name, "dcterms.", 8) == 0 || strncasecmp(name, "dcterms:", 8) == 0)
		prefix = 8;
	else if (strncasecmp(name, "dc.", 3) == 0 || strncasecmp(name, "dc:", 3) == 0)
		prefix = 3;
	if (size >= NAME_SIZE)
		return false;
	memcpy(out, "dc.", 3);
	for (size_t i = prefix; i <= size; i++)
		out[i - prefix + (prefix != 0 ? 3 : 0)] =
		    name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
	return true;
}

static void take_meta(struct reading *r, const xmlChar **attributes)
{
	static const char *const naming[] = {"property", "name", "http-equiv"};
	const char *content = attribute(attributes, "content");

	for (unsigned i = 0; content != NULL && i < 3; i++) {
		const char *value = attribute(attributes, naming[i]);
		char name[NAME_SIZE];

		if (value != NULL && meta_name(value, name))
			import_claim(&r->page->claims, name, text_of_attribute(content));
	}
}

static void take_link(struct reading *r, const xmlChar **attributes)
{
	const char *rel = attribute(attributes, "rel"), *href = attribute(attributes, "href");

	if (rel != NULL && href != NULL && import_has_word(rel, "canonical"))
		import_claim(&r->page->claims, CLAIM_CANONICAL, text_of_attribute(href));
}

static void take_language(struct reading *r, const xmlChar **attributes)
{
	const char *lang = attribute(attributes, "lang");

	if (lang == NULL)
		lang = attribute(attributes, "xml:lang");
	if (lang != NULL)
		import_claim(&r->page->claims, CLAIM_LANGUAGE, text_of_attribute(lang));
}

static void take_head(struct reading *r, const xmlChar *name, const xmlChar **attributes)
{
	if (is_name(name, "meta"))
		take_meta(r, attributes);
	else if (is_name(name, "link"))
		take_link(r, attributes);
	else if (is_name(name, "html"))
		take_language(r, attributes);
}

/* ---- titles ---- */

static bool is_heading(const xmlChar *name)
{
	return name[0] == 'h' && name[1] >= '1' && name[1] <= '6' && name[2] == '\0';
}

/* Tags within a line of text. */
static bool is_inline(const xmlChar *name)
{
	static const char *const names[] = {
	    "a",    "abbr",   "b",   "bdi", "big",  "cite", "code", "del",  "em",
	    "font", "i",      "ins", "kbd", "mark", "q",    "s",    "samp", "small",
	    "span", "strong", "sub", "sup", "time", "tt",   "u",    "var",  "wbr"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (is_name(name, names[i]))
			return true;
	return false;
}

/* The beginning or end of an element in front of the first heading's end. */
static void take_tag(struct reading *r, const xmlChar *name, bool open)
{
	struct html_page *page = r->page;

	if (is_heading(name)) {
		r->heading_done = r->in_heading && title_good(&page->heading);
		if (r->heading_done)
			return;
		r->in_heading = open;
		import_title_clear(&page->heading);
	} else if (is_name(name, "title") && !r->in_heading && r->svg == 0) {
		r->in_title = open && page->title.size == 0;
	}
	if (!is_inline(name)) {
		r->line_done = r->line_done || page->line.size != 0;
		/* "One<br>Two" are two words. */
		import_title_put(r->in_heading ? &page->heading : &page->line, ' ');
	}
}

/* ---- events ---- */

/* Parameters may follow: "application/ld+json; charset=utf-8". */
static bool is_linked_data(const char *type)
{
	static const char name[] = "application/ld+json";
	size_t size = sizeof name - 1;

	return type != NULL && strncasecmp(type, name, size) == 0 &&
	       strchr("; ", type[size]) != NULL;
}

/* Behind the first heading nothing else matters: reading of most pages ends there. */
static void stop_unless_linked_data(struct reading *r)
{
	const xmlParserInput *input = r->parser->input;

	if (r->heading_done && !r->in_linked_data &&
	    (input == NULL ||
	     memmem(input->cur, (size_t)(input->end - input->cur), "ld+json", 7) == NULL))
		xmlStopParser(r->parser);
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct reading *r = context;

	if (++r->depth > DEPTH_MAX) {
		xmlStopParser(r->parser);
		return;
	}
	if (is_name(name, "script")) {
		r->in_linked_data = is_linked_data(attribute(attributes, "type"));
		r->script.size = 0;
	}
	r->svg += is_name(name, "svg");
	if (r->heading_done)
		return;
	take_head(r, name, attributes);
	take_tag(r, name, true);
	stop_unless_linked_data(r);
}

static void on_end(void *context, const xmlChar *name)
{
	struct reading *r = context;
	bool script = is_name(name, "script");

	r->depth -= r->depth != 0;
	r->svg -= r->svg != 0 && is_name(name, "svg");
	if (script && r->in_linked_data) {
		import_claim(&r->page->claims, CLAIM_LINKED_DATA,
		             (struct capsa_text){r->script.data != NULL ? r->script.data : "",
		                                 r->script.size});
		r->in_linked_data = false;
	}
	if (!r->heading_done)
		take_tag(r, name, false);
	else if (!script)
		return;
	stop_unless_linked_data(r);
}

static void on_text(void *context, const xmlChar *bytes, int size)
{
	struct reading *r = context;
	struct capsa_text text = {(const char *)bytes, (size_t)size};
	struct title *out = r->in_heading ? &r->page->heading
	                    : r->in_title ? &r->page->title
	                                  : &r->page->line;

	if (r->heading_done)
		return;
	while (text.size != 0) {
		if (out == &r->page->line && (text.data[0] == '\n' || text.data[0] == '\r') &&
		    out->size != 0)
			r->line_done = true;
		if (out == &r->page->line && r->line_done)
			return;
		import_title_put(out, import_character(&text));
	}
}

/* What scripts and styles hold is no markup. */
static void on_raw_text(void *context, const xmlChar *bytes, int size)
{
	struct reading *r = context;

	if (r->in_linked_data)
		import_json_append(&r->script, (const char *)bytes, (size_t)size);
}

/*
 * Without handlers of errors there are no messages; without a document nothing outside of the page
 * is ever loaded.
 */
static const xmlSAXHandler page_events = {
    .startElement = on_start,
    .endElement = on_end,
    .characters = on_text,
    .ignorableWhitespace = on_text,
    .cdataBlock = on_raw_text,
};

/* A parser of valid UTF-8; NULL: memory is out. */
static xmlParserCtxtPtr new_parser(struct capsa_text html, const xmlSAXHandler *events,
                                   void *context)
{
	xmlParserCtxtPtr parser = htmlCreateMemoryParserCtxt(html.data, (int)html.size);

	if (parser == NULL)
		return NULL;
	*parser->sax = *events;
	parser->userData = context;
	htmlCtxtUseOptions(parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
	                               HTML_PARSE_NONET | HTML_PARSE_NOIMPLIED |
	                               HTML_PARSE_IGNORE_ENC);
	xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
	return parser;
}

static void ignore_error(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static bool parse(struct reading *r, struct capsa_text html)
{
	bool good;

	if (html.size == 0)
		return true;
	/* What it cannot do is said where it returns. */
	xmlSetGenericErrorFunc(NULL, ignore_error);
	r->parser = new_parser(html, &page_events, r);
	if (r->parser == NULL)
		return false;
	htmlParseDocument(r->parser);
	good = r->parser->errNo != XML_ERR_NO_MEMORY;
	htmlFreeParserCtxt(r->parser);
	free(r->script.data);
	return good && !r->script.failed;
}

bool import_html(struct capsa_text html, struct html_page *out)
{
	struct reading r = {.page = out};
	char *room;
	bool good;

	memset(out, 0, sizeof *out);
	good = import_mend_references(&html, &room) && parse(&r, html);
	free(room);
	/* A heading that the page's beginning ends in is one. */
	if (!r.in_heading && !r.heading_done)
		import_title_clear(&out->heading);
	return good && !out->claims.failed;
}

void import_html_release(struct html_page *page)
{
	import_claims_release(&page->claims);
}

/* ---- the charset ---- */

struct charset_reading {
	xmlParserCtxtPtr parser;
	char *label;
};

static void found_charset(struct charset_reading *r, const char *label, size_t size)
{
	if (size == 0 || size >= CHARSET_LABEL_SIZE)
		return;
	memcpy(r->label, label, size);
	r->label[size] = '\0';
	xmlStopParser(r->parser);
}

static void on_charset_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
	struct charset_reading *r = context;
	const char *charset = attribute(attributes, "charset");
	const char *equiv = attribute(attributes, "http-equiv");
	const char *content = attribute(attributes, "content");

	if (is_name(name, "body")) {
		xmlStopParser(r->parser);
		return;
	}
	if (!is_name(name, "meta") || r->label[0] != '\0')
		return;
	if (charset != NULL) {
		found_charset(r, charset, strlen(charset));
	} else if (equiv != NULL && content != NULL && strcasecmp(equiv, "content-type") == 0) {
		char label[CHARSET_LABEL_SIZE];

		if (import_type_charset(content, label, sizeof label))
			found_charset(r, label, strlen(label));
	}
}

/* <?xml version="1.0" encoding="..."?> */
static void on_charset_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
	struct charset_reading *r = context;
	const char *at = data != NULL ? strstr((const char *)data, "encoding") : NULL;

	if (at == NULL || !is_name(target, "xml"))
		return;
	at += strcspn(at, "\"'");
	if (*at != '\0')
		found_charset(r, at + 1, strcspn(at + 1, "\"'"));
}

static const xmlSAXHandler charset_events = {
    .startElement = on_charset_start,
    .processingInstruction = on_charset_instruction,
};

/* Browsers look no further than 1,024 bytes. */
#define CHARSET_HEAD_SIZE 4096

bool import_html_charset(struct capsa_text html, char label[CHARSET_LABEL_SIZE])
{
	struct charset_reading r = {.label = label};
	size_t size = html.size < CHARSET_HEAD_SIZE ? html.size : CHARSET_HEAD_SIZE;
	char ascii[CHARSET_HEAD_SIZE];

	label[0] = '\0';
	if (size == 0)
		return true;
	/* All charsets that a page can name within itself have ASCII in common. */
	for (size_t i = 0; i < size; i++)
		ascii[i] = (signed char)html.data[i] > 0 ? html.data[i] : '?';
	r.parser = new_parser((struct capsa_text){ascii, size}, &charset_events, &r);
	if (r.parser == NULL)
		return false;
	htmlParseDocument(r.parser);
	htmlFreeParserCtxt(r.parser);
	/* What is read here is no UTF-16, whatever it says. */
	if (strncasecmp(label, "utf-16", 6) == 0)
		memcpy(label, "utf-8", sizeof "utf-8");
	return true;
}
