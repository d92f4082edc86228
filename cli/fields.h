/*
 * Between the files that turn others' metadata into an article's: object.c, foreign_json.c,
 * front_matter.c, dates.c, fields.c, idpath.c.  What stands between them is always canonical JSON
 * (spec 7.3), so that jansson and libyaml stay behind one door each.
 */
#ifndef CAPSA_FIELDS_H
#define CAPSA_FIELDS_H

#include "cli.h"
#include "path_set.h"

/* ---- object.c: a JSON object in the making; zero at first ---- */

struct object {
	struct object_member *members;  /* owned */
	size_t count, capacity;
	struct path_set keys;           /* of the first `known` members, where they are many */
	size_t known;
	bool failed;                    /* memory is out */
};

/* Add a member whose key is known to be new.  `json` is a canonical value.  All is copied. */
void import_object_append(struct object *object, struct capsa_text key, struct capsa_text json);
/* Add a member, unless there is one of this key: then false. */
bool import_object_add(struct object *object, struct capsa_text key, struct capsa_text json);
/* The same of a text, which must be valid UTF-8 without U+0000. */
bool import_object_add_text(struct object *object, struct capsa_text key, struct capsa_text text);
/* The canonical text, which the caller frees; NULL when memory is out. */
char *import_object_write(struct object *object, size_t *size);
void import_object_release(struct object *object);

/* A growing text; zero at first.  After a failure all further appends do nothing. */
struct json_text {
	char *data;                     /* owned */
	size_t size, capacity;
	bool failed;
};

void import_json_append(struct json_text *out, const char *bytes, size_t size);
/* A string of valid UTF-8 without U+0000, quoted and escaped. */
void import_json_string(struct json_text *out, struct capsa_text text);

/* ---- foreign_json.c and front_matter.c: others' text into canonical JSON ---- */

struct foreign_error {
	size_t line;                    /* from 1 */
	char text[280];                 /* one sentence, no full stop */
};

/*
 * One JSON object.  Numbers that are not integers within ±(2^53 - 1) become strings of their
 * original text.  The caller frees the result; NULL: *err says why (keys that come twice, U+0000,
 * nesting beyond 16, ...).
 */
char *import_json(struct capsa_text in, size_t *size, struct foreign_error *err);
/* The same of an object or array. */
char *import_json_value(struct capsa_text in, size_t *size, struct foreign_error *err);

/*
 * The YAML mapping between "---" lines at the beginning of a document.  Scalars become strings, so
 * that nothing is guessed.  *found tells whether there is front matter at all; where there is and
 * the result is NULL, *err says what is wrong with it.
 */
char *import_front_matter(struct capsa_text document, size_t *size, bool *found,
                          struct foreign_error *err);

/* ---- dates.c ---- */

#define IMPORT_DATE_SIZE 96

/*
 * A date in one of the usual forms (RFC 3339 and ISO 8601, RFC 2822 and HTTP, 20240503, 3 May 2024,
 * May 3, 2024) as RFC 3339.  Nothing is guessed: without a zone only the day is taken, and *whole
 * is false.  False: it is no date.
 */
bool import_date(struct capsa_text in, char out[IMPORT_DATE_SIZE], bool *whole);

/* ---- fields.c: known names into an article's metadata ---- */

/* `--map FIELD=NAME`: the field FIELD of the input is taken for NAME. */
struct field_map {
	const char *const *items;       /* "FIELD=NAME", NULL-terminated; NULL: none */
};

/* What NAME the field has: mapped, or as it is; borrowed. */
struct capsa_text import_field_name(const struct field_map *map, struct capsa_text field);

/* A member of a canonical object, borrowed from it; the key is a JSON string. */
struct member {
	struct capsa_text key, value;
};

/*
 * All members of an object, which may be large: so it is read once, not for each name.  Zero at
 * first.
 */
struct members {
	const struct field_map *map;    /* borrowed */
	struct named_member {
		struct member member;
		char *room;             /* owned: the key unescaped, with NUL */
		struct capsa_text key;  /* the same */
		struct capsa_text name; /* what it is taken for; borrowed */
	} *items;                       /* owned */
	size_t count, capacity;
};

/* What was read before is gone; object and map are borrowed.  False: memory is out. */
bool import_members_read(struct members *members, struct capsa_text object,
                         const struct field_map *map);
/* What is taken for NAME: a member that is mapped to it, else the one of this name, or NULL. */
const struct member *import_members_find(const struct members *members, const char *name);
void import_members_release(struct members *members);

/* The same of an object of which one member is wanted.  False and empty: there is none. */
bool import_field(struct capsa_text object, const struct field_map *map, const char *name,
                  struct member *out);

/* May a field of this name have several persons or subjects? */
bool import_field_is_list(struct capsa_text name);

/*
 * A JSON string unescaped, else the value as it stands, with NUL; the caller frees it.  NULL when
 * memory is out.
 */
char *import_field_text(struct capsa_text json, struct capsa_text *text);

/*
 * Take members into `metadata`: known names (and their usual synonyms) where they are not set yet
 * and have a fitting value, `http`; all others unchanged into `extra`, also the members of `extra`.
 * `passed` are members that the caller deals with: where in the object their keys begin, with NULL
 * after the last; may be NULL.
 */
enum capsa_status import_members(struct capsa_metadata *metadata, struct object *extra,
                                 const struct members *members, const char *const *passed,
                                 struct capsa_error *err);
/* The same of all members of a canonical object, whose names are as they are. */
enum capsa_status import_fields(struct capsa_metadata *metadata, struct object *extra,
                                struct capsa_text object, struct capsa_error *err);

/* Set `extra` from what was collected, unless that is nothing. */
enum capsa_status import_extra(struct capsa_metadata *metadata, struct object *extra,
                               struct capsa_error *err);
/* Collect what is in `extra` already. */
enum capsa_status import_extra_before(struct capsa_metadata *metadata, struct object *extra,
                                      struct capsa_error *err);

/*
 * Collect bytes under a key where they are text, else as base64 under the key with "_base64".
 */
void import_extra_bytes(struct object *extra, const char *key, const char *bytes, size_t size);
/*
 * Keep the name that a path was made of, as `original_path`, or `original_path_base64` where it is
 * no text: collected, or set at once.
 */
void import_original(struct object *extra, const char *name, size_t size);
enum capsa_status import_keep_original(struct capsa_metadata *metadata, const char *name,
                                       struct capsa_error *err);

/*
 * Take a sidecar, which has the names and types of spec 7.2, but not its size and digest.  A value
 * of another type is an error that names the key.
 */
enum capsa_status import_sidecar(struct capsa_metadata *metadata, struct capsa_text object,
                                 struct capsa_error *err);

/* ---- idpath.c: identifiers and addresses as paths ---- */

/*
 * The path of an article whose name is any text: itself where it is a valid path; else with what a
 * path must not have as "%XX", and "%" as "%25".  The caller frees it; NULL when memory is out.
 * *changed: it is not the name itself.
 */
char *import_path_of_name(const char *name, size_t size, bool *changed);

/*
 * The path of a file as it was given: '/' at the beginning, empty components and "." are left out.
 * `out` has room for it; false where it has "..".
 */
bool import_path_plain(const char *given, char *out);

/* Of an address: host and path and query, readable and unique. */
char *import_path_of_url(const char *url, size_t size);

#endif
