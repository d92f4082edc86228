/*
 * How `capsa verify` writes down what it found out: lines for people, JSON with the fields of a
 * PREMIS event, and a log of it.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
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

	if (to == NULL)
		return NULL;
	if (!result->opened || (result->status != CAPSA_OK && result->status != CAPSA_ECORRUPT))
		put_error(to, result);
	else if (result->status == CAPSA_OK && result->proof)
		put_proven(to, plan, result);
	else if (result->status == CAPSA_OK && !is_whole(plan))
		put_good(to, plan, result);
	else
		put_verified(to, plan, result);
	if (fclose(to) == 0)
		return words;
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

static void put_digest(FILE *to, const char *key, const uint8_t digest[32])
{
	fprintf(to, ",\"%s\":\"", key);
	for (size_t i = 0; i < 32; i++)
		fprintf(to, "%02x", digest[i]);
	putc('"', to);
}

static const char *result_name(const struct verify_plan *plan, const struct verify_result *result)
{
	if (result->status == CAPSA_OK)
		return is_whole(plan) && !result->proof ? "intact" : "good";
	return is_damaged(result->status) ? "damaged" : "failed";
}

static const char *depth_name(const struct verify_plan *plan, const struct verify_result *result)
{
	return result->proof ? "proof" : depth_names[plan->depth];
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
		put_digest(to, "messageDigest", result->identity);
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
		put_digest(to, "identity", result->identity);
		put_judgement(to, plan, &result->judgement);
		put_counts(to, &result->report);
		fprintf(to, ",\"seconds\":%.3f", result->seconds);
	}
	put_event(to, plan, result);
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

int cli_report_log(int fd, const char *log, const struct verify_plan *plan,
                   const struct verify_result *result)
{
	char when[CAPSA_TIME_TEXT];
	char *line = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&line, &size);
	bool good = to != NULL;

	if (good) {
		capsa_time_text(result->when, when);
		fprintf(to, "{\"time\":\"%s\"", when);
		put_string(to, "archive", result->path);
		cli_report_members(to, plan, result);
		fputs("}\n", to);
		good = fclose(to) == 0 && append(fd, line, size);
	}
	if (!good)
		cli_error("cannot write %s: %s", cli_quote(log), strerror(errno));
	free(line);
	return good ? CLI_DONE : CLI_FAILED;
}
