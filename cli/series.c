/*
 * How `capsa verify` compares the snapshots of a series that it is given, with each other and with
 * the newest that was seen before.
 */
#include "series.h"
#include "seen.h"

#include <string.h>
#include <time.h>

/*
 * Only a statement with a good signature may accuse others: of a key that the user trusts, or of
 * any where he trusts none, which he is told.  What else is damaged does not matter.  A proof says
 * nothing about where its archive is.
 */
int cli_series_note(struct series_check *check, const struct verify_result *result)
{
	const struct cli_judgement *judgement = &result->judgement;
	bool counts = check->trust->count != 0 ? judgement->trusted : judgement->signed_;

	if (check->off || !result->opened || result->proof || judgement->failed || !counts)
		return CLI_DONE;
	return cli_snapshots_add_statement(&check->snapshots, result->statement, result->path)
	           ? CLI_DONE
	           : CLI_FAILED;
}

void cli_series_release(struct series_check *check)
{
	cli_snapshots_release(&check->snapshots);
}

/* ---- comparing ---- */

struct comparison {
	const struct series_check *check;
	struct cli_snapshots seen;      /* before this run */
	struct cli_snapshots newest;    /* to be remembered */
	int64_t when;
	int status;
};

/*
 * Two that contradict each other cannot both be trusted; what is missing cannot be read.  That an
 * older one is given alone may be meant so.
 */
static int status_of(const struct series_check *check, const struct cli_finding *finding)
{
	switch (finding->kind) {
	case CLI_FINDING_REPLACED:
		return CLI_UNTRUSTED;
	case CLI_FINDING_OLDER:
		return check->newest ? CLI_FAILED : CLI_DONE;
	default:
		return CLI_FAILED;
	}
}

static void note_finding(void *ctx, const struct cli_finding *finding)
{
	struct comparison *comparison = ctx;
	const struct series_check *check = comparison->check;
	int status = status_of(check, finding);

	if (check->json)
		cli_report_finding_json(finding);
	else
		cli_report_finding(finding);
	if (check->log->name != NULL)
		status = cli_worse(
		    status, cli_report_log_finding(check->log, comparison->when, finding));
	comparison->status = cli_worse(comparison->status, status);
}

static const struct cli_snapshot *find(const struct cli_snapshots *seen, const uint8_t series[16])
{
	for (size_t i = 0; i < seen->count; i++) {
		if (memcmp(seen->items[i].series, series, sizeof seen->items[i].series) == 0)
			return &seen->items[i];
	}
	return NULL;
}

/* Nothing may ever follow an archive that names no series: only what does is remembered. */
static void note_newest(void *ctx, const struct cli_snapshot *snapshot)
{
	struct comparison *comparison = ctx;
	const struct cli_snapshot *seen = find(&comparison->seen, snapshot->series);

	if (snapshot->declared && (seen == NULL || seen->sequence < snapshot->sequence) &&
	    !cli_snapshots_add(&comparison->newest, snapshot, NULL))
		comparison->status = cli_worse(comparison->status, CLI_FAILED);
}

static int add_seen(struct cli_snapshots *given, const struct cli_snapshots *seen)
{
	for (size_t i = 0; i < seen->count; i++) {
		if (!cli_snapshots_add(given, &seen->items[i], NULL))
			return CLI_FAILED;
	}
	return CLI_DONE;
}

/* A key that is given for one run may be tried out: what it signed is not remembered. */
static void remember(const struct series_check *check, const struct cli_snapshots *newest)
{
	const char *why;

	if (check->trust->count == 0 || check->trust->given)
		return;
	if (!cli_seen_remember(newest, &why) && check->verbose)
		cli_note("%s; the newest snapshots are not remembered", why);
}

int cli_series_compare(struct series_check *check)
{
	struct comparison comparison = {.check = check, .when = time(NULL)};
	const struct cli_snapshots_visitor visitor = {note_finding, note_newest, &comparison};
	const char *why;
	bool known;

	if (check->snapshots.count == 0)
		return CLI_DONE;
	known = cli_seen_load(&comparison.seen, &why);
	if (!known && check->newest)
		cli_error("%s; whether newer snapshots were seen before is not known", why);
	else if (!known)
		cli_warning("%s; whether newer snapshots were seen before is not known", why);
	comparison.status = add_seen(&check->snapshots, &comparison.seen);
	if (!known && check->newest)
		comparison.status = CLI_FAILED;
	cli_snapshots_compare(&check->snapshots, &visitor);
	if (known)
		remember(check, &comparison.newest);
	cli_snapshots_release(&comparison.seen);
	cli_snapshots_release(&comparison.newest);
	return comparison.status;
}
