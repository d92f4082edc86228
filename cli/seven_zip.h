/* seven_zip.c: whether the header of a 7z file asks for no more memory than it is worth. */
#ifndef CAPSA_SEVEN_ZIP_H
#define CAPSA_SEVEN_ZIP_H

#include "cli.h"

/* False: libarchive must not see this file, *err says why. */
bool seven_zip_check(const struct capsa_source *source, struct capsa_error *err);

#endif
