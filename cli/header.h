/* header.c: lines of "Name: value", as mail, HTTP and WARC have them. */
#ifndef CAPSA_HEADER_H
#define CAPSA_HEADER_H

#include "cli.h"

#define IMPORT_HEADER_MAX (1U << 20)            /* bytes of all lines */
#define IMPORT_HEADER_LINE_MAX (64U << 10)      /* bytes of one */

struct header_field {
	struct capsa_text name, value;  /* trimmed; a line without a colon is all value */
};

/* Zero at first; what is a text is borrowed from it until the next import_header_begin. */
struct header {
	char *text;                     /* owned: the lines as they came */
	size_t size, capacity;
	size_t line;                    /* where the last line begins */
	struct capsa_text first;        /* the first line, which is no field */
	struct header_field *fields;    /* owned */
	size_t count, room;
};

enum header_status {
	HEADER_MORE,                    /* all was taken, and the end has not come */
	HEADER_END,                     /* the empty line has come */
	HEADER_BAD                      /* a limit is exceeded, or memory out: err->text */
};

void import_header_begin(struct header *header);
/* Take bytes from the beginning of *in, which moves on; none behind the empty line. */
enum header_status import_header_put(struct header *header, struct capsa_text *in,
                                     struct capsa_error *err);
/* Split what was put into fields; folded lines are joined with a space.  False: out of memory. */
bool import_header_parse(struct header *header);
/* The first field of this name, in any case. */
bool import_header_find(const struct header *header, const char *name, struct capsa_text *value);
void import_header_release(struct header *header);

/* Without white space at both ends. */
struct capsa_text import_trim(struct capsa_text text);
bool import_is_word(struct capsa_text text, const char *word);  /* in any case */

#endif
