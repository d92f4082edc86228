/* The text that every archive carries as capsa/README.txt (spec 6). */
#ifndef CAPSA_README_H
#define CAPSA_README_H

#include "base.h"

/* Append the text.  `title` may be empty; `created` is as in the statement. */
void capsa_readme(struct buffer *out, struct capsa_text title, const char *created,
                  bool dictionary);

#endif
