/*
 * The title of an HTML page.  No parser of HTML: tags are told from text, which is all that a
 * heading takes.
 */
#include "describe.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- character references ---- */

struct entity {
	const char *name;
	uint32_t character;
};

/* Those of U+00A0 to U+00FF, in this order. */
static const char *const latin1[] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};

static const struct entity entities[] = {
    {"amp", '&'},      {"lt", '<'},        {"gt", '>'},        {"quot", '"'},
    {"apos", '\''},    {"ndash", 0x2013},  {"mdash", 0x2014},  {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"sbquo", 0x201a},  {"ldquo", 0x201c},  {"rdquo", 0x201d},
    {"bdquo", 0x201e}, {"lsaquo", 0x2039}, {"rsaquo", 0x203a}, {"hellip", 0x2026},
    {"bull", 0x2022},  {"dagger", 0x2020}, {"Dagger", 0x2021}, {"permil", 0x2030},
    {"prime", 0x2032}, {"Prime", 0x2033},  {"euro", 0x20ac},   {"trade", 0x2122},
    {"larr", 0x2190},  {"uarr", 0x2191},   {"rarr", 0x2192},   {"darr", 0x2193},
    {"harr", 0x2194},  {"minus", 0x2212},  {"infin", 0x221e},  {"ne", 0x2260},
    {"le", 0x2264},    {"ge", 0x2265},     {"OElig", 0x152},   {"oelig", 0x153},
    {"Scaron", 0x160}, {"scaron", 0x161},  {"Yuml", 0x178},    {"fnof", 0x192},
    {"ensp", 0x2002},  {"emsp", 0x2003},   {"thinsp", 0x2009}, {"zwnj", 0x200c},
    {"zwj", 0x200d},   {"lrm", 0x200e},    {"rlm", 0x200f},    {"Alpha", 0x391},
    {"Beta", 0x392},   {"Gamma", 0x393},   {"Delta", 0x394},   {"Sigma", 0x3a3},
    {"Omega", 0x3a9},  {"alpha", 0x3b1},   {"beta", 0x3b2},    {"gamma", 0x3b3},
    {"delta", 0x3b4},  {"epsilon", 0x3b5}, {"lambda", 0x3bb},  {"mu", 0x3bc},
    {"pi", 0x3c0},     {"sigma", 0x3c3},   {"omega", 0x3c9},
};

/* What 80 to 9F stand for in windows-1252: pages refer to these by number. */
static const uint16_t windows[32] = {
    0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
    0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178,
};

/* A name of the page may hold NUL, where strncmp would stop. */
static bool is_named(const char *entity, const char *name, size_t size)
{
	return strlen(entity) == size && memcmp(entity, name, size) == 0;
}

/* The character with this name; 0: none. */
static uint32_t entity_named(const char *name, size_t size)
{
	for (size_t i = 0; i < sizeof entities / sizeof entities[0]; i++) {
		if (is_named(entities[i].name, name, size))
			return entities[i].character;
	}
	for (size_t i = 0; i < sizeof latin1 / sizeof latin1[0]; i++) {
		if (is_named(latin1[i], name, size))
			return 0xa0 + (uint32_t)i;
	}
	return 0;
}

/*
 * `text` begins behind "&#".  The character, and *used, the bytes up to its end; 0: no reference.
 */
static uint32_t reference_numbered(struct capsa_text text, size_t *used)
{
	bool hex = text.size != 0 && (text.data[0] == 'x' || text.data[0] == 'X');
	const char *digits = hex ? "0123456789abcdef" : "0123456789";
	size_t at = hex ? 1 : 0, first = at;
	uint32_t value = 0;

	for (; at < text.size && text.data[at] != '\0'; at++) {
		int byte = text.data[at] >= 'A' && text.data[at] <= 'F' ? text.data[at] | 0x20
		                                                        : text.data[at];
		const char *digit = strchr(digits, byte);

		if (digit == NULL)
			break;
		/* Saturates above all characters. */
		value =
		    value > 0x10ffff ? value : value * (hex ? 16 : 10) + (uint32_t)(digit - digits);
	}
	if (at == first)
		return 0;
	*used = at + (at < text.size && text.data[at] == ';');
	if (value >= 0x80 && value <= 0x9f)
		return windows[value - 0x80];
	if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0xfffd;
	return value;
}

/* `text` begins with '&'.  Moves it past the character or the reference. */
static uint32_t reference(struct capsa_text *text)
{
	size_t size = 1, used = 0;
	uint32_t character;

	if (text->size > 1 && text->data[1] == '#') {
		character =
		    reference_numbered((struct capsa_text){text->data + 2, text->size - 2}, &used);
		size = 2 + used;
	} else {
		while (size < text->size && size < 10 && text->data[size] != ';')
			size++;
		character = size < text->size && text->data[size] == ';'
		                ? entity_named(text->data + 1, size - 1)
		                : 0;
		size++;
	}
	if (character == 0) {
		character = '&';
		size = 1;
	}
	text->data += size;
	text->size -= size;
	return character;
}

/* ---- tags and text ---- */

enum token_kind { TOKEN_END, TOKEN_TEXT, TOKEN_OPEN, TOKEN_CLOSE };

struct token {
	enum token_kind kind;
	struct capsa_text text;         /* of TOKEN_TEXT */
	char name[12];                  /* of a tag, lower case, cut */
};

static void skip(struct capsa_text *text, size_t size)
{
	text->data += size;
	text->size -= size;
}

/* Past the next `end`, or past everything. */
static void skip_past(struct capsa_text *text, const char *end)
{
	size_t size = strlen(end);

	while (text->size >= size && strncasecmp(text->data, end, size) != 0)
		skip(text, 1);
	skip(text, text->size >= size ? size : text->size);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(char c)
{
	return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
}

/* Past the '>' of a tag, which may hold others in its quoted values. */
static void skip_attributes(struct capsa_text *rest)
{
	char before = '\0';

	while (rest->size != 0) {
		char c = rest->data[0];

		skip(rest, 1);
		if (c == '>')
			return;
		if ((c == '"' || c == '\'') && before == '=')
			skip_past(rest, c == '"' ? "\"" : "'");
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			before = c;
	}
}

/* `rest` begins with '<' or "</" and a letter. */
static void take_tag(struct capsa_text *rest, struct token *token)
{
	size_t size = 0;

	token->kind = rest->data[1] == '/' ? TOKEN_CLOSE : TOKEN_OPEN;
	skip(rest, token->kind == TOKEN_CLOSE ? 2 : 1);
	memset(token->name, 0, sizeof token->name);
	while (rest->size != 0 && is_name(rest->data[0])) {
		if (size < sizeof token->name - 1)
			token->name[size++] = (char)(rest->data[0] | 0x20);
		skip(rest, 1);
	}
	skip_attributes(rest);
	if (token->kind != TOKEN_OPEN)
		return;
	/* What these hold is no markup. */
	if (strcmp(token->name, "script") == 0)
		skip_past(rest, "</script>");
	else if (strcmp(token->name, "style") == 0)
		skip_past(rest, "</style>");
}

static bool begins_tag(struct capsa_text rest)
{
	if (rest.size >= 2 && rest.data[0] == '<')
		return is_letter(rest.data[1]) ||
		       (rest.size >= 3 && rest.data[1] == '/' && is_letter(rest.data[2]));
	return false;
}

static bool begins_comment(struct capsa_text rest)
{
	return rest.size >= 2 && rest.data[0] == '<' &&
	       (rest.data[1] == '!' || rest.data[1] == '?');
}

static void next_token(struct capsa_text *rest, struct token *token)
{
	while (begins_comment(*rest))
		skip_past(rest,
		          rest->size >= 4 && memcmp(rest->data, "<!--", 4) == 0 ? "-->" : ">");
	token->kind = TOKEN_END;
	if (rest->size == 0)
		return;
	if (begins_tag(*rest)) {
		take_tag(rest, token);
		return;
	}
	token->kind = TOKEN_TEXT;
	token->text = (struct capsa_text){rest->data, 0};
	do {
		token->text.size++;
		skip(rest, 1);
	} while (rest->size != 0 && !begins_tag(*rest) && !begins_comment(*rest));
}

/* ---- the title ---- */

struct page {
	struct title heading, title, line;
	bool in_heading, in_title;
	bool line_done;
};

static bool is_heading(const struct token *token)
{
	return token->name[0] == 'h' && token->name[1] >= '1' && token->name[1] <= '6' &&
	       token->name[2] == '\0';
}

/* Tags within a line of text. */
static bool is_inline(const struct token *token)
{
	static const char *const names[] = {
	    "a",    "abbr",   "b",   "bdi", "big",  "cite", "code", "del",  "em",
	    "font", "i",      "ins", "kbd", "mark", "q",    "s",    "samp", "small",
	    "span", "strong", "sub", "sup", "time", "tt",   "u",    "var",  "wbr"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], token->name) == 0)
			return true;
	}
	return false;
}

static void page_text(struct page *page, struct capsa_text text)
{
	struct title *out = page->in_heading ? &page->heading
	                    : page->in_title ? &page->title
	                                     : &page->line;

	while (text.size != 0) {
		if (out == &page->line && (text.data[0] == '\n' || text.data[0] == '\r') &&
		    out->size != 0)
			page->line_done = true;
		if (out == &page->line && page->line_done)
			return;
		import_title_put(out,
		                 text.data[0] == '&' ? reference(&text) : import_character(&text));
	}
}

/* True at the end of a heading that is a title. */
static bool page_tag(struct page *page, const struct token *token)
{
	bool open = token->kind == TOKEN_OPEN;

	if (is_heading(token)) {
		if (page->in_heading && title_good(&page->heading))
			return true;
		page->in_heading = open;
		page->heading.size = page->heading.characters = 0;
		page->heading.space = page->heading.over = false;
	} else if (strcmp(token->name, "title") == 0 && !page->in_heading) {
		page->in_title = open && page->title.size == 0;
	}
	if (!is_inline(token)) {
		page->line_done = page->line_done || page->line.size != 0;
		/* "One<br>Two" are two words. */
		import_title_put(page->in_heading ? &page->heading : &page->line, ' ');
	}
	return false;
}

bool import_html_title(struct capsa_text html, size_t line_max, struct title *out)
{
	struct page page = {0};
	struct token token = {0};
	bool found = false;

	memset(out, 0, sizeof *out);
	for (next_token(&html, &token); token.kind != TOKEN_END && !found;
	     next_token(&html, &token)) {
		if (token.kind == TOKEN_TEXT)
			page_text(&page, token.text);
		else
			found = page_tag(&page, &token);
	}
	if (found || (page.in_heading && title_good(&page.heading)))
		*out = page.heading;
	else if (title_good(&page.title))
		*out = page.title;
	else if (title_good(&page.line) && page.line.characters <= line_max)
		*out = page.line;
	return title_good(out);
}
