/* Which text the format allows (spec 5.5, 7.3, 9.1). */
#ifndef CAPSA_UTF8_H
#define CAPSA_UTF8_H

#include "base.h"

/* Valid UTF-8: shortest forms, no surrogates, at most U+10FFFF. */
bool capsa_utf8_valid(struct span text);

/* One code point at the beginning of valid text; *size receives its bytes. */
uint32_t capsa_utf8_next(struct span text, size_t *size);

/* Text of a statement, a trusted comment, a reason (9.1), but for length and NFC. */
bool capsa_utf8_plain(struct span text);

/*
 * The longest prefix of valid text of at most `max` bytes that ends at a code point boundary.
 */
size_t capsa_utf8_prefix(struct span text, size_t max);

#endif
