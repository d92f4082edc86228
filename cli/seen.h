/* The newest snapshot of each series that this user has seen signed by a trusted key. */
#ifndef CAPSA_SEEN_H
#define CAPSA_SEEN_H

#include "snapshots.h"

/*
 * Where it is kept; the caller frees it.  NULL, not reported, where the user has no home, or memory
 * is out.
 */
char *cli_seen_path(void);

/*
 * All that were seen, by series; none where there is no such file.  False where it cannot be read:
 * *why says so, in a static buffer.
 */
bool cli_seen_load(struct cli_snapshots *out, const char **why);

/*
 * Remember these, one a series, where an older one or none of the series was seen.  Several
 * processes may do so at once.  False, with *why, where it cannot be done.
 */
bool cli_seen_remember(const struct cli_snapshots *newest, const char **why);

/* Forget a series, given as it is printed.  Reports errors; exit status. */
int cli_seen_forget(const char *series);

#define CLI_SERIES_TEXT 33              /* 32 hexadecimal digits, with NUL */
void cli_series_text(const uint8_t series[16], char out[CLI_SERIES_TEXT]);

#endif
