/* Dates (spec 7.4) and times as keys (8.6).  The interface is public, in capsa.h. */
#ifndef CAPSA_DATE_H
#define CAPSA_DATE_H

#include "base.h"

/* Only `YYYY-MM-DDThh:mm:ssZ`, as in the statement. */
bool capsa_time_parse(struct span text, int64_t *seconds);

/* 0000-01-01T00:00:00Z to 9999-12-31T23:59:59Z */
#define CAPSA_TIME_MIN INT64_C(-62167219200)
#define CAPSA_TIME_MAX INT64_C(253402300799)

#endif
