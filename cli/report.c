/*
 * How `capsa verify` writes down what it found out: lines for people, JSON with the fields of a
 * PREMIS event, and a log of it.
 */
#include "report.h"
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct capsa_text text_of(const char *text)
{
	return (struct capsa_text){text, strlen(text)};
}

bool cli_report_trusted(const struct verify_plan *plan, const struct verify_result *result)
{
	const struct cli_judgement *judgement = &result->judgement;

	return judgement->trusted && !judgement->failed &&
	       judgement->trusted_keys >= plan->required;
}

static bool is_damaged(enum capsa_status status)
{
	return status == CAPSA_ECORRUPT || status == CAPSA_EFORMAT;
}

/* Was every byte read? */
static bool is_whole(const struct verify_plan *plan)
{
	return plan->depth != CAPSA_VERIFY_QUICK && plan->parts == 0;
}

/* ---- damage ---- */

void cli_report_damage_json(const struct capsa_damage *damage)
{
	fputs("{\"structure\":", stdout);
	cli_print_json(stdout, text_of(damage->structure));
	if (damage->offset != CAPSA_NO_OFFSET)
		printf(",\"offset\":%" PRIu64, damage->offset);
	if (damage->is_article) {
		printf(",\"number\":%" PRIu64, damage->number);
		if (damage->path.size != 0) {
			fputs(",\"path\":", stdout);
			cli_print_json(stdout, damage->path);
		}
	}
	fputs(",\"cause\":", stdout);
	cli_print_json(stdout, text_of(damage->cause));
	if (damage->status == CAPSA_EWITHHELD)
		fputs(",\"withheld\":true", stdout);
	putchar('}');
}

void cli_report_damage(const char *path, const struct capsa_damage *damage, bool with_cause)
{
	bool metadata = strncmp(damage->structure, "metadata", strlen("metadata")) == 0;
	const char *frame = !damage->is_article ? "" : metadata ? "metadata frame " : "frame ";

	printf("%s: %s: ", cli_quote(path),
	       damage->status == CAPSA_EWITHHELD ? "withheld" : "damaged");
	if (!damage->is_article)
		printf("%s", damage->structure);
	else if (damage->path.size != 0)
		cli_print_text(stdout, damage->path);
	else
		printf("article %" PRIu64, damage->number);
	if (damage->offset != CAPSA_NO_OFFSET)
		printf(" (%sat %" PRIu64 ")", frame, damage->offset);
	if (with_cause)
		printf(": %s", cli_quote(damage->cause));
	putchar('\n');
}

/* ---- the line of an archive ---- */

static void put_signatures(FILE *to, const struct verify_plan *plan,
                           const struct verify_result *result)
{
	if (plan->intact)
		fputs("signatures not judged", to);
	else
		fputs(cli_judgement_words(&result->judgement), to);
	if (plan->required != 0)
		fprintf(to, ", %zu of %zu required signatures", result->judgement.trusted_keys,
		        plan->required);
}

static void put_count(FILE *to, uint64_t articles)
{
	fprintf(to, "%" PRIu64 " %s", articles, articles == 1 ? "article" : "articles");
}

/* Of an archive in which nothing is damaged: are all its bytes there? */
static bool has_all(const struct capsa_report *report)
{
	return report->withheld == 0 && report->lines_lost == 0;
}

static void put_withheld(FILE *to, const struct capsa_report *report)
{
	if (report->withheld != 0)
		fprintf(to, ", %" PRIu64 " withheld", report->withheld);
	if (report->lines_lost != 0)
		fprintf(to, ", metadata of %" PRIu64 " lost", report->lines_lost);
}

/* Nothing is wrong, as far as was looked: this must never say "intact". */
static void put_good(FILE *to, const struct verify_plan *plan, const struct verify_result *result)
{
	if (plan->parts != 0) {
		put_signatures(to, plan, result);
		fprintf(to, ", part %" PRIu32 " of %" PRIu32 " good", plan->part, plan->parts);
		put_withheld(to, &result->report);
	} else if (!plan->intact && cli_report_trusted(plan, result)) {
		fputs("signature and index good", to);
	} else {
		fputs("index good, ", to);
		put_signatures(to, plan, result);
	}
	fputs("; ", to);
	put_count(to, result->report.not_read);
	fputs(" NOT read", to);
}

/* The articles of a proof are good; of the archive nothing else is known. */
static void put_proven(FILE *to, const struct verify_plan *plan, const struct verify_result *result)
{
	const struct capsa_report *report = &result->report;

	fprintf(to, "proof of %" PRIu64 " of ", report->good);
	put_count(to, report->articles);
	fputs(" good, ", to);
	put_signatures(to, plan, result);
	put_withheld(to, report);
}

static void put_verified(FILE *to, const struct verify_plan *plan,
                         const struct verify_result *result)
{
	const struct capsa_report *report = &result->report;

	if (result->status != CAPSA_OK)
		fputs("damaged, ", to);
	else if (!has_all(report))
		fputs("intact but for what is withheld, ", to);
	else
		fputs("intact, ", to);
	put_signatures(to, plan, result);
	fputs(", ", to);
	if (!report->frames_read) {
		put_count(to, report->articles);
		fputs(" NOT read", to);
	} else if (result->status == CAPSA_OK && has_all(report)) {
		put_count(to, report->articles);
	} else {
		fprintf(to, "%" PRIu64 " of ", report->good);
		put_count(to, report->articles);
		fputs(" good", to);
		put_withheld(to, report);
		if (report->not_read != 0)
			fprintf(to, ", %" PRIu64 " NOT read", report->not_read);
	}
	fprintf(to, ", %" PRIu64 " bytes", result->size);
}

/* Why nothing more can be said. */
static void put_error(FILE *to, const struct verify_result *result)
{
	const struct capsa_error *err = &result->err;

	if (result->status == CAPSA_ECORRUPT)
		fputs("damaged: ", to);
	fputs(cli_quote(err->text), to);
	if (err->offset != CAPSA_NO_OFFSET && result->status != CAPSA_EFORMAT)
		fprintf(to, " (at %" PRIu64 ")", err->offset);
}

char *cli_report_words(const struct verify_plan *plan, const struct verify_result *result)
{
	char *words = NULL;
	size_t size;
	FILE *to = open_memstream(&words, &size);

	if (to == NULL) {
		cli_lack_memory();
		return NULL;
	}
	if (!result->opened || (result->status != CAPSA_OK && result->status != CAPSA_ECORRUPT))
		put_error(to, result);
	else if (result->status == CAPSA_OK && result->proof)
		put_proven(to, plan, result);
	else if (result->status == CAPSA_OK && !is_whole(plan))
		put_good(to, plan, result);
	else
		put_verified(to, plan, result);
	if (fclose(to) == 0 && words != NULL)
		return words;
	cli_lack_memory();
	free(words);
	return NULL;
}

/* ---- JSON ---- */

static const char *const depth_names[] = {
	[CAPSA_VERIFY_QUICK] = "quick",
	[CAPSA_VERIFY_FULL] = "full",
	[CAPSA_VERIFY_DEEP] = "deep",
};

static void put_bool(FILE *to, const char *key, bool value)
{
	fprintf(to, ",\"%s\":%s", key, value ? "true" : "false");
}

static void put_number(FILE *to, const char *key, uint64_t value)
{
	fprintf(to, ",\"%s\":%" PRIu64, key, value);
}

static void put_string(FILE *to, const char *key, const char *text)
{
	fprintf(to, ",\"%s\":", key);
	cli_print_json(to, text_of(text));
}

static void put_hex(FILE *to, const char *key, const uint8_t *bytes, size_t size)
{
	fprintf(to, ",\"%s\":\"", key);
	for (size_t i = 0; i < size; i++)
		fprintf(to, "%02x", bytes[i]);
	putc('"', to);
}

static const char *result_name(const struct verify_plan *plan, const struct verify_result *result)
{
	bool intact = is_whole(plan) && !result->proof && has_all(&result->report);

	if (result->status == CAPSA_OK)
		return intact ? "intact" : "good";
	return is_damaged(result->status) ? "damaged" : "failed";
}

static const char *depth_name(const struct verify_plan *plan, const struct verify_result *result)
{
	return result->proof ? "proof" : depth_names[plan->depth];
}

static void put_statement(FILE *to, const struct capsa_statement *statement)
{
	put_hex(to, "identity", statement->identity, sizeof statement->identity);
	if (statement->has_series) {
		put_hex(to, "series", statement->series, sizeof statement->series);
		put_number(to, "sequence", statement->sequence);
	}
	if (statement->has_previous)
		put_hex(to, "previous", statement->previous, sizeof statement->previous);
}

static void put_judgement(FILE *to, const struct verify_plan *plan,
                          const struct cli_judgement *judgement)
{
	put_bool(to, "signed", judgement->signed_);
	if (plan->intact)
		fputs(",\"trusted\":null", to);
	else
		put_bool(to, "trusted", judgement->trusted);
	put_bool(to, "signature_failed", judgement->failed);
	if (judgement->key_id[0] != '\0')
		put_string(to, "key_id", judgement->key_id);
	if (judgement->label[0] != '\0')
		put_string(to, "label", judgement->label);
	if (!plan->intact)
		put_number(to, "trusted_keys", judgement->trusted_keys);
	if (plan->required != 0)
		put_number(to, "required", plan->required);
}

static void put_counts(FILE *to, const struct capsa_report *report)
{
	put_number(to, "articles", report->articles);
	put_number(to, "good", report->good);
	put_number(to, "damaged", report->damaged);
	put_number(to, "withheld", report->withheld);
	put_number(to, "lines_lost", report->lines_lost);
	put_number(to, "not_read", report->not_read);
	put_number(to, "structures", report->structures);
	put_number(to, "bytes_read", report->bytes_read);
	put_bool(to, "sha256_checked", report->sha256_checked);
	put_bool(to, "url_keys_checked", report->url_keys_checked);
	put_bool(to, "title_keys_checked", report->title_keys_checked);
}

/* PREMIS 3.0; outcomes and names of digests are those of id.loc.gov's vocabularies. */
static void put_event(FILE *to, const struct verify_plan *plan, const struct verify_result *result)
{
	char *words = cli_report_words(plan, result);
	char when[CAPSA_TIME_TEXT];

	capsa_time_text(result->when, when);
	fputs(",\"event\":{\"eventType\":\"fixity check\"", to);
	put_string(to, "eventDateTime", when);
	put_string(to, "eventDetail", depth_name(plan, result));
	put_string(to, "eventOutcome",
	           result->status != CAPSA_OK   ? "fail"
	           : !has_all(&result->report) ? "warning"
	                                        : "success");
	if (words != NULL)
		put_string(to, "eventOutcomeDetailNote", words);
	put_string(to, "agent", "capsa " CAPSA_VERSION);
	if (result->opened) {
		put_string(to, "messageDigestAlgorithm", "BLAKE2b-256");
		put_hex(to, "messageDigest", result->statement->identity,
		        sizeof result->statement->identity);
	}
	putc('}', to);
	free(words);
}

void cli_report_members(FILE *to, const struct verify_plan *plan,
                        const struct verify_result *result)
{
	const struct capsa_error *err = &result->err;

	put_string(to, "result", result_name(plan, result));
	put_string(to, "depth", depth_name(plan, result));
	if (plan->parts != 0) {
		put_number(to, "part", plan->part);
		put_number(to, "parts", plan->parts);
	}
	if (!result->opened && err->text[0] != '\0') {
		put_string(to, "error", err->text);
		if (err->offset != CAPSA_NO_OFFSET && result->status != CAPSA_EFORMAT)
			put_number(to, "offset", err->offset);
	}
	if (result->opened) {
		put_number(to, "bytes", result->size);
		put_statement(to, result->statement);
		put_judgement(to, plan, &result->judgement);
		put_counts(to, &result->report);
		fprintf(to, ",\"seconds\":%.3f", result->seconds);
	}
	put_event(to, plan, result);
}

/* ---- what snapshots say about each other ---- */

static const char *const finding_names[] = {
	[CLI_FINDING_MISSING] = "missing",
	[CLI_FINDING_REPLACED] = "replaced",
	[CLI_FINDING_OLDER] = "older",
};

static const char *name_of(const struct cli_snapshot *snapshot)
{
	return snapshot->path != NULL ? cli_quote(snapshot->path) : "the one seen before";
}

static void put_numbers(FILE *to, uint64_t first, uint64_t last)
{
	if (first == last)
		fprintf(to, "snapshot %" PRIu64, first);
	else
		fprintf(to, "snapshots %" PRIu64 " to %" PRIu64, first, last);
}

static void put_finding(FILE *to, const struct cli_finding *finding)
{
	const struct cli_snapshot *a = finding->a, *b = finding->b;

	fprintf(to, "%s: ", finding_names[finding->kind]);
	if (finding->kind == CLI_FINDING_OLDER) {
		fprintf(to, "%s is snapshot %" PRIu64 ", but snapshot %" PRIu64 " was seen before",
		        name_of(a), a->sequence, b->sequence);
		return;
	}
	put_numbers(to, finding->first, finding->last);
	if (finding->kind == CLI_FINDING_MISSING)
		fprintf(to, ", between %s and %s", name_of(a), name_of(b));
	else if (a->sequence == b->sequence)
		fprintf(to, ": %s and %s are not the same", name_of(a), name_of(b));
	else
		fprintf(to, ": %s follows another than %s", name_of(b), name_of(a));
}

void cli_report_finding(const struct cli_finding *finding)
{
	char series[CLI_SERIES_TEXT];

	cli_series_text(finding->a->series, series);
	printf("series %s: ", series);
	put_finding(stdout, finding);
	putchar('\n');
}

static char *finding_words(const struct cli_finding *finding)
{
	char *words = NULL;
	size_t size;
	FILE *to = open_memstream(&words, &size);

	if (to == NULL)
		return NULL;
	put_finding(to, finding);
	if (fclose(to) == 0)
		return words;
	free(words);
	return NULL;
}

/* The members, the first of which follows `before`. */
static void put_finding_members(FILE *to, const char *before, const struct cli_finding *finding)
{
	const struct cli_snapshot *const given[] = {finding->a, finding->b};
	char *words = finding_words(finding);
	char series[CLI_SERIES_TEXT];
	const char *comma = "";

	cli_series_text(finding->a->series, series);
	fprintf(to, "%s\"series\":\"%s\"", before, series);
	put_string(to, "finding", finding_names[finding->kind]);
	put_number(to, "first", finding->first);
	put_number(to, "last", finding->last);
	fputs(",\"archives\":[", to);
	for (size_t i = 0; i < 2; i++) {
		if (given[i]->path == NULL)
			continue;
		fputs(comma, to);
		cli_print_json(to, text_of(given[i]->path));
		comma = ",";
	}
	putc(']', to);
	if (words != NULL)
		put_string(to, "note", words);
	free(words);
}

void cli_report_finding_json(const struct cli_finding *finding)
{
	put_finding_members(stdout, "{", finding);
	puts("}");
}

/* ---- the log ---- */

/* One write, so that lines of several processes that append at once stay whole. */
static bool append(int fd, const char *line, size_t size)
{
	ssize_t done = write(fd, line, size);

	if (done >= 0 && (size_t)done != size)
		errno = ENOSPC;
	return done >= 0 && (size_t)done == size && (fsync(fd) == 0 || errno == EINVAL);
}

static bool fail_log(const struct report_log *log)
{
	cli_error("cannot write %s: %s", cli_quote(log->name), strerror(errno));
	return false;
}

/*
 * Does the file hold lines, if anything?  An archive that stands behind --log by mistake must not
 * get a line.  Where a full disk has cut the last one off, the next must not go on with it.
 */
static bool check_log(const struct report_log *log)
{
	struct stat info;
	char first = '{', last = '\n';
	int fd;

	if (fstat(log->fd, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size == 0)
		return true;
	/* Whose log may be written and not read is believed. */
	fd = open(log->name, O_RDONLY | O_CLOEXEC);
	errno = EIO;                    /* where it has become shorter meanwhile */
	if (fd >= 0 &&
	    (pread(fd, &first, 1, 0) != 1 || pread(fd, &last, 1, info.st_size - 1) != 1)) {
		cli_error("cannot read %s: %s", cli_quote(log->name), strerror(errno));
		close(fd);
		return false;
	}
	if (fd >= 0)
		close(fd);
	if (first != '{') {
		cli_error("cannot append to %s: it is no log of verify", cli_quote(log->name));
		return false;
	}
	return last == '\n' || append(log->fd, "\n", 1) || fail_log(log);
}

int cli_report_log_open(struct report_log *log)
{
	if (log->name == NULL)
		return CLI_DONE;
	log->fd = open(log->name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (log->fd < 0)
		fail_log(log);
	return log->fd >= 0 && check_log(log) ? CLI_DONE : CLI_FAILED;
}

/* A line is made in memory: its beginning, with the time, and its end, which is appended. */
struct line {
	FILE *to;
	char *text;
	size_t size;
};

static bool begin_line(struct line *line, int64_t time)
{
	char when[CAPSA_TIME_TEXT];

	*line = (struct line){0};
	line->to = open_memstream(&line->text, &line->size);
	if (line->to == NULL)
		return false;
	capsa_time_text(time, when);
	fprintf(line->to, "{\"time\":\"%s\"", when);
	return true;
}

static int end_line(struct line *line, const struct report_log *log)
{
	bool good = false;

	if (line->to != NULL) {
		fputs("}\n", line->to);
		good = fclose(line->to) == 0 && line->text != NULL &&
		       append(log->fd, line->text, line->size);
	}
	if (!good)
		fail_log(log);
	free(line->text);
	return good ? CLI_DONE : CLI_FAILED;
}

int cli_report_log(const struct report_log *log, const struct verify_plan *plan,
                   const struct verify_result *result)
{
	struct line line;

	if (begin_line(&line, result->when)) {
		put_string(line.to, "archive", result->path);
		cli_report_members(line.to, plan, result);
	}
	return end_line(&line, log);
}

int cli_report_log_finding(const struct report_log *log, int64_t when,
                           const struct cli_finding *finding)
{
	struct line line;

	if (begin_line(&line, when))
		put_finding_members(line.to, ",", finding);
	return end_line(&line, log);
}
