/*
 * What cannot be packed, in one line each, and in a report for programs.
 */
#include "import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define LINES_MAX 20

int import_complaints_open(struct import_complaints *complaints, const char *report)
{
	complaints->report = fopen(report, "we");
	complaints->report_name = report;
	if (complaints->report != NULL)
		return CLI_DONE;
	cli_error("cannot write %s: %s", cli_quote(report), strerror(errno));
	return CLI_FAILED;
}

/* {"input":"d/fifo","cause":"is a FIFO, which cannot be packed"}; errno or 0. */
static int write_report(FILE *report, const char *input, uint64_t line, const char *cause)
{
	fputs("{\"input\":", report);
	cli_print_json(report, (struct capsa_text){input, strlen(input)});
	if (line != 0)
		fprintf(report, ",\"line\":%" PRIu64, line);
	fputs(",\"cause\":", report);
	cli_print_json(report, (struct capsa_text){cause, strlen(cause)});
	fputs("}\n", report);
	/* Of a run that is ended by force the report still tells what was found. */
	return fflush(report) == 0 ? 0 : errno;
}

void import_complain(struct import_complaints *complaints, const char *input, uint64_t line,
                     const char *format, ...)
{
	char cause[512];
	va_list arguments;

	/* What was not understood may only have had no room. */
	cli_check_memory();
	if (complaints->muted)
		return;
	va_start(arguments, format);
	vsnprintf(cause, sizeof cause, format, arguments);
	va_end(arguments);
	if (cli_lacks_memory())
		snprintf(cause, sizeof cause, "out of memory");
	if (++complaints->count > LINES_MAX)
		;
	else if (line != 0)
		cli_error("%s: line %" PRIu64 ": %s", cli_quote(input), line, cause);
	else
		cli_error("%s: %s", cli_quote(input), cause);
	if (complaints->report != NULL && complaints->report_failed == 0)
		complaints->report_failed = write_report(complaints->report, input, line, cause);
}

bool import_complaints_mute(struct import_complaints *complaints)
{
	bool before = complaints->muted;

	complaints->muted = before || complaints->keep_going;
	return before;
}

void import_complaints_resume(struct import_complaints *complaints, bool muted)
{
	complaints->muted = muted;
}

int import_complaints_close(struct import_complaints *complaints)
{
	FILE *report = complaints->report;

	if (complaints->count > LINES_MAX)
		cli_error("%u more cannot be packed", complaints->count - LINES_MAX);
	complaints->report = NULL;
	if (report == NULL)
		return CLI_DONE;
	if (fclose(report) != 0 && complaints->report_failed == 0)
		complaints->report_failed = errno;
	if (complaints->report_failed == 0)
		return CLI_DONE;
	cli_error("cannot write %s: %s", cli_quote(complaints->report_name),
	          strerror(complaints->report_failed));
	return CLI_FAILED;
}
