/*
 * jsonl_line.c: the article in a JSON object.  Fields are those that the map makes of its members,
 * and whatever is of another kind than it should be counts as not there.
 */
#ifndef CAPSA_JSONL_LINE_H
#define CAPSA_JSONL_LINE_H

#include "fields.h"
#include "import.h"

struct jsonl_body {
	struct member field; /* borrowed from the object */
	const char *name; /* what the field is taken for; a constant */
};

/* Is this a name that a field with a body may have, or one with a path or what one is made of? */
bool import_jsonl_is_body(struct capsa_text name);
bool import_jsonl_is_path(struct capsa_text name);

/* The field that holds the body; false: there is none. */
bool import_jsonl_find_body(const struct members *members, struct jsonl_body *out);
/* How large the body is, about: for progress. */
uint64_t import_jsonl_body_size(const struct jsonl_body *body);
/* Its bytes, which the caller frees; NULL: *err. */
char *import_jsonl_read_body(const struct jsonl_body *body, size_t *size, struct capsa_error *err);

/* Does it have a path, or what one can be made of? */
bool import_jsonl_has_path(const struct members *members);
/* The path, which the caller frees; NULL: *err. */
char *import_jsonl_path(const struct members *members, struct capsa_error *err);

/*
 * All else, into the metadata of an article whose path and body are known, and what the object says
 * of its body's size and digest, into the article too.
 */
enum capsa_status import_jsonl_metadata(const struct members *members,
                                        const struct jsonl_body *body,
                                        struct import_article *article, struct capsa_error *err);

#endif
