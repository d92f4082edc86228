/* What a caller may ask of a writer. */
#ifndef CAPSA_WRITER_OPTIONS_H
#define CAPSA_WRITER_OPTIONS_H

#include "base.h"

/* CAPSA_EMISUSE: an option is out of range; the text says which. */
enum capsa_status capsa_writer_options_check(const struct capsa_writer_options *options,
                                             struct capsa_error *err);

#endif
