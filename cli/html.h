/*
 * What an HTML page says of itself, between the files that find it and the one that takes it into
 * an article's metadata: html.c, linked_data.c, claims.c, html_fields.c.
 */
#ifndef CAPSA_HTML_H
#define CAPSA_HTML_H

#include "describe.h"

/* ---- claims.c ---- */

/*
 * A name and a text.  Names are, in lower case, those of <meta> elements, with "dc." for all of
 * "DC.", "DC:", "dcterms." and "dcterms:", and these:
 *
 *   <html> lang          the attribute of this element
 *   <link> canonical     its href
 *   <script> ld+json     JSON-LD as it stands in the page
 *   ld:PROPERTY          what the JSON-LD says of the page
 */
struct claim {
	char *name;                     /* owned */
	char *text;                     /* owned, tidy, not empty, with NUL */
	size_t size;
};

#define CLAIM_LANGUAGE "<html> lang"
#define CLAIM_CANONICAL "<link> canonical"
#define CLAIM_LINKED_DATA "<script> ld+json"

/* In the order of the page; zero at first.  What is said after CLAIMS_MAX is left out. */
struct claims {
	struct claim *items;            /* owned */
	size_t count, capacity;
	bool failed;                    /* memory is out */
};

#define CLAIMS_MAX 1000
#define CLAIM_VALUE_MAX (4U << 10)      /* bytes of a text that is taken into metadata */

/* Copies both.  A text without characters is no claim. */
void import_claim(struct claims *claims, const char *name, struct capsa_text text);
bool import_claimed(const struct claims *claims, const char *name);
void import_claims_release(struct claims *claims);

/* ---- references.c ---- */

/*
 * Put the characters in the place of those references by number that libxml2 reads wrong; where
 * there are any, *html is *room then, which the caller frees whatever comes back.  False: memory is
 * out.
 */
bool import_mend_references(struct capsa_text *html, char **room);

/* ---- html.c: libxml2's parser ---- */

struct html_page {
	struct title heading;           /* the first that has text */
	struct title title;             /* <title> */
	struct title line;              /* the first line of text */
	struct claims claims;
};

/*
 * Read the beginning of a page, which must be valid UTF-8 without NUL; *out is released by the
 * caller whatever comes back.  All but JSON-LD is looked for only in front of the first heading's
 * end.  False: memory is out.
 */
bool import_html(struct capsa_text html, struct html_page *out);
void import_html_release(struct html_page *page);

#define CHARSET_LABEL_SIZE 32

/*
 * The charset that a page in any encoding says it has, in its <meta> or XML declaration; empty:
 * none.  False: memory is out.
 */
bool import_html_charset(struct capsa_text html, char label[CHARSET_LABEL_SIZE]);

/* ---- linked_data.c ---- */

/* Add what the page's JSON-LD says of it. */
void import_linked_data(struct claims *claims);

/* ---- html_fields.c ---- */

/* Take what is claimed into metadata, where nothing is set yet. */
enum capsa_status import_html_fields(struct capsa_metadata *metadata, const struct claims *claims,
                                     struct capsa_error *err);

#endif
