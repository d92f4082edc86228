/* What `capsa verify` found out about an archive, and how that is written down. */
#ifndef CAPSA_REPORT_H
#define CAPSA_REPORT_H

#include "snapshots.h"

/* What is to be checked, the same for all archives of a run. */
struct verify_plan {
	enum capsa_depth depth;
	uint32_t part, parts;           /* 0: all */
	size_t required;                /* signatures by different trusted keys; 0: not said */
	bool intact;                    /* signatures are not judged */
};

struct verify_result {
	const char *path;
	int64_t when;                   /* the check began, seconds since 1970 */
	double seconds;
	enum capsa_status status;
	struct capsa_error err;         /* where status is not CAPSA_OK */
	bool opened;                    /* else nothing below is known */
	bool proof;                     /* not the archive, but a proof of some articles */
	uint64_t size;
	const struct capsa_statement *statement;        /* borrowed while the archive is open */
	struct cli_judgement judgement;
	struct capsa_report report;
};

/* Is it signed as the plan wants it? */
bool cli_report_trusted(const struct verify_plan *plan, const struct verify_result *result);

/* "damaged: PATH (frame at 81920)", a line of its own after the archive's name. */
void cli_report_damage(const char *path, const struct capsa_damage *damage, bool with_cause);

/*
 * The line of an archive, without its name and line feed: "intact, signed by ...".  The caller
 * frees it; NULL: out of memory.
 */
char *cli_report_words(const struct verify_plan *plan, const struct verify_result *result);

/* An element of the array "damage". */
void cli_report_damage_json(const struct capsa_damage *damage);

/* The members of the JSON object after "damage", each with a comma before it. */
void cli_report_members(FILE *to, const struct verify_plan *plan,
                        const struct verify_result *result);

/* "series 3b...: missing: snapshot 2, between 1.capsa and 3.capsa", a line of its own. */
void cli_report_finding(const struct cli_finding *finding);
/* The same as a JSON object. */
void cli_report_finding_json(const struct cli_finding *finding);

/* A log is open for appending; `name` is the file's. */
struct report_log {
	int fd;
	const char *name;               /* NULL: there is none */
};

/* Open the log of this name, if there is one to be.  Exit status; reports what fails. */
int cli_report_log_open(struct report_log *log);
/*
 * Append the result, or a finding of the time `when`, as one JSON object on a line; it is on the
 * disk when these return.  Exit status; report what fails.
 */
int cli_report_log(const struct report_log *log, const struct verify_plan *plan,
                   const struct verify_result *result);
int cli_report_log_finding(const struct report_log *log, int64_t when,
                           const struct cli_finding *finding);

#endif
