/*
 * Canonical JSON (spec 7.3): every value has one encoding, and only that is taken.
 *
 *	object   {"key":value,...}   keys ascend strictly by the bytes they stand for
 *	array    [value,...]
 *	string   "text"              UTF-8; \" \\ and \u0001 to \u001f are the only escapes
 *	integer  0 or -?[1-9][0-9]*  within +-(2^53 - 1)
 *	         true false null
 *
 * A "string" below is one of these with its quotes, a "text" the bytes it stands for.
 */
#ifndef CAPSA_JSON_H
#define CAPSA_JSON_H

#include "base.h"
#include "cursor.h"

#define CAPSA_INTEGER_MAX INT64_C(9007199254740991)     /* 2^53 - 1 */

/* Take one value that lies inside `depth` containers; `c` has failed where there is none. */
struct span capsa_json_take(struct cursor *c, unsigned depth);

/* Take one string; `c` has failed where there is none. */
struct span capsa_json_take_string(struct cursor *c);

/* Take the byte if it is the next one. */
bool capsa_json_take_byte(struct cursor *c, uint8_t byte);

/* Is `json` one canonical value, with at most CAPSA_DEPTH_MAX - depth levels? */
bool capsa_json_canonical(struct span json, unsigned depth);

/* Compare what strings stand for, as capsa_span_compare does. */
int capsa_json_compare(struct span a, struct span b);
int capsa_json_compare_text(struct span string, struct span text);

/* Write the text of a string, as much as has room; returns the size of the whole text. */
size_t capsa_json_text(struct span string, uint8_t *out, size_t capacity);

/*
 * How many bytes at the beginning of a text stand for themselves in a string: none is a control, a
 * quote or a backslash.  *ascii becomes false where one is not ASCII.
 */
size_t capsa_json_plain(struct span text, bool *ascii);

/* Append `text`, valid UTF-8 without U+0000, as a string. */
void capsa_json_append(struct buffer *out, struct span text);

#endif
