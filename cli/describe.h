/*
 * Between the files that find out what a body says of itself: media.c, charset.c, tidy.c,
 * describe.c.
 */
#ifndef CAPSA_DESCRIBE_H
#define CAPSA_DESCRIBE_H

#include "import.h"

/* ---- media.c ---- */

/* The media type, from a name and the beginning of the body; a string constant. */
const char *import_media_type(const char *path, struct capsa_text head);

/* Take a byte order mark off the beginning. */
void import_skip_mark(struct capsa_text *text);

/* ---- tidy.c ---- */

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
/* The title that a text makes; false: none. */
bool import_title_of(struct title *title, struct capsa_text text);
void import_title_clear(struct title *title);

static inline bool title_good(const struct title *title)
{
	return title->size != 0 && !title->over;
}

/*
 * One character of a text that need not be valid, not at its end; U+FFFD for a byte that begins
 * none.
 */
uint32_t import_character(struct capsa_text *text);
/* The bytes of a character in UTF-8. */
size_t import_encode(uint32_t character, char out[4]);

struct json_text;

/* Any text by the rules of titles, appended to out. */
void import_tidy(struct json_text *out, struct capsa_text text);

/* Is the word one of several that white space separates, in either case? */
bool import_has_word(const char *words, const char *word);

/* ---- describe.c ---- */

enum capsa_status import_set_title(struct capsa_metadata *metadata, const struct title *title,
                                   struct capsa_error *err);

/* ---- charset.c ---- */

struct decoded {
	struct capsa_text text;         /* valid UTF-8 without NUL, of the head or of room */
	char *room;                     /* owned; NULL: the head is what it should be already */
};

/* Does the beginning of a body say what it is encoded in, by a byte order mark? */
bool import_has_mark(struct capsa_text head);

/*
 * The beginning of a body as UTF-8: decoded as its byte order mark says, else as it is where it is
 * UTF-8, else as `label` (a name of a charset, NULL or empty: none is known) says, else as what it
 * seems to be.  What cannot be
 * decoded becomes U+FFFD; NUL is left out.  False: memory is out.
 */
bool import_decode(struct capsa_text head, const char *label, struct decoded *out);

/* The charset that a media type names ("text/html; charset=utf-8"); false: none. */
bool import_type_charset(const char *type, char *label, size_t size);

#endif
