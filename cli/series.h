/* How `capsa verify` compares the snapshots of a series that it is given. */
#ifndef CAPSA_SERIES_H
#define CAPSA_SERIES_H

#include "report.h"

struct series_check {                   /* zero at first */
	bool off;                       /* nothing is compared */
	bool newest;                    /* that a newer one was seen is a failure */
	bool json;
	bool verbose;
	const struct cli_trust *trust;
	const struct report_log *log;
	struct cli_snapshots snapshots; /* whose signatures are good */
};

/* Note which snapshot an archive is, while it is open.  Exit status; reports what fails. */
int cli_series_note(struct series_check *check, const struct verify_result *result);
/* Report what is found about all of them, and remember the newest.  Exit status. */
int cli_series_compare(struct series_check *check);
void cli_series_release(struct series_check *check);

#endif
