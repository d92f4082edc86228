/* Between the files that find out media types and titles: media.c, html.c, describe.c. */
#ifndef CAPSA_DESCRIBE_H
#define CAPSA_DESCRIBE_H

#include "import.h"

/* What media.c finds out from a name and the beginning of the body; a string constant. */
const char *import_media_type(const char *path, struct capsa_text head);

#define TITLE_CHARACTERS 500

/*
 * A title as it grows, one character after another; zero at first.
 *
 * 1. `text` is valid UTF-8 of `characters` code points, without control characters; white space is
 *    single spaces, none at either end.
 * 2. `over` where it would have more than TITLE_CHARACTERS: then it is no title.
 */
struct title {
	size_t size;
	size_t characters;
	bool space;                     /* white space was seen since the last character */
	bool over;
	char text[4 * TITLE_CHARACTERS];
};

void import_title_put(struct title *title, uint32_t character);
/* The characters of a text; what is not UTF-8 becomes U+FFFD. */
void import_title_add(struct title *title, struct capsa_text text);

/*
 * One character of a text that need not be valid, not at its end; U+FFFD for a byte that begins
 * none.
 */
uint32_t import_character(struct capsa_text *text);

static inline bool title_good(const struct title *title)
{
	return title->size != 0 && !title->over;
}

/* Take a byte order mark off the beginning. */
void import_skip_mark(struct capsa_text *text);

/*
 * Of an HTML page the first heading that has text, else the page's <title>, else the first line of
 * its text if that has at most `line_max` characters.  False: none.
 */
bool import_html_title(struct capsa_text html, size_t line_max, struct title *out);

#endif
