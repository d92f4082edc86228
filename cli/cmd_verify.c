/* capsa verify: is an archive intact, signed, and by whom? */
#include "manifest.h"
#include "report.h"
#include "series.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINES_MAX 20

static const char help[] =
    "Usage: capsa verify [options] ARCHIVE...\n"
    "\n"
    "Checks that archives are intact (every byte is what was packed), signed, and\n"
    "signed by a key that you trust, and prints a line for each. A directory stands for\n"
    "the *.capsa in it. For a damaged archive a line for each damaged article or\n"
    "structure comes before. A proof (capsa get --proof) is verified for its articles.\n"
    "Snapshots of a series (pack --previous) are compared with each other and with the\n"
    "newest seen before: one that is missing, replaced or older is named in the end.\n"
    "\n"
    "  --quick            check signature and index only; articles are not read\n"
    "  --deep             also decompress everything and check every body, header,\n"
    "                     metadata line, key of the index, and the SHA-256\n"
    "  --part K/N         read the Kth of N shares of the articles' bytes; N runs, from\n"
    "                     1/N to N/N, read everything. Index and signatures are checked\n"
    "                     each time\n"
    "  --intact           do not judge signatures\n"
    "  --require N        exit 4 unless N different keys that you trust have signed\n"
    "  -p FILE.pub        trust this key alone; several: any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          trust the keys of capsa trust; so it is without -p and -P\n"
    "  --newest           exit 1 where a newer snapshot of a series was seen before\n"
    "  --no-series        do not compare the snapshots of a series\n"
    "  --manifest sha256=FILE    read each archive without damage once more and write\n"
    "                     into FILE the line that sha256sum -c checks; not with --quick\n"
    "                     and --part. blake2b=FILE is for b2sum -c. Both may be given\n"
    "  --force            replace the FILE of --manifest\n"
    "  --log FILE         append a line for each archive to FILE: the JSON object of\n"
    "                     --json, with the member time, without damage\n"
    "  --threads N        work with N threads; without it with one a core\n"
    "  -v, --verbose      all damage, not 20 lines, with causes, and what is\n"
    "                     withheld\n"
    "  --json             a JSON object a line for each archive instead\n"
    "  -q, --quiet        no warnings or progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "The JSON object of an archive has the members archive, damage, result (intact,\n"
    "good, damaged, failed), signed, trusted, the counts, and what capsa(1) says about\n"
    "all of them; that of a series that is not whole has series, finding (missing,\n"
    "replaced, older), first, last, archives and note.\n"
    "\n"
    "Exit status: 0 intact and trusted (--intact: intact); 1 cannot be read, a snapshot\n"
    "of a series is missing, or FILE cannot be written; 3 damaged, or no capsa archive;\n"
    "4 not damaged, but not signed by a key that you trust, or contradicted by another\n"
    "snapshot. Of several archives the worst counts: 3, then 1, then 4.\n";

enum {
	QUICK = 256,
	DEEP,
	PART,
	INTACT,
	REQUIRE,
	NEWEST,
	NO_SERIES,
	MANIFEST,
	FORCE,
	LOG,
	THREADS,
	JSON
};

struct check {
	struct verify_plan plan;
	uint32_t threads;
	bool verbose;
	bool json;
	bool force;
	struct cli_trust trust;
	struct manifest manifest;
	struct report_log log;
	struct series_check series;
	/* of the archive at hand: */
	const char *path;
	uint64_t lines;                 /* printed about damage, or elements of the array */
	uint64_t left_out;
};

/* ---- while it is verified ---- */

static void note_damage(void *ctx, const struct capsa_damage *damage)
{
	struct check *check = ctx;
	bool withheld = damage->status == CAPSA_EWITHHELD;

	if (!check->json && withheld && !check->verbose)
		return;
	if (!check->json && !check->verbose && check->lines >= LINES_MAX) {
		check->left_out++;
		return;
	}
	cli_progress_hide();
	if (check->json && check->lines != 0)
		putchar(',');
	if (check->json)
		cli_report_damage_json(damage);
	else
		cli_report_damage(check->path, damage,
		                  check->verbose || damage->status == CAPSA_EIO);
	check->lines++;
}

static bool note_progress(void *ctx, uint64_t bytes, uint64_t total)
{
	(void)ctx;
	(void)total;
	cli_progress_step(0, bytes);
	return cli_signal == 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- what it comes to ---- */

/* Whose key it is, and how to trust it. */
static void explain_trust(const char *path, const struct cli_judgement *judgement)
{
	char base64[CAPSA_PUBLIC_KEY_TEXT];

	switch (judgement->weight) {
	case CLI_WEIGHT_STRANGER:
		capsa_public_key_text(&judgement->key, base64);
		cli_note("%s: %s is not a key you trust; once its owner has confirmed it, "
		         "trust it: capsa trust add %s --name NAME",
		         cli_quote(path), judgement->key_id, base64);
		break;
	case CLI_WEIGHT_UNKNOWN:
		cli_note("%s: %s is not a key you have; get it from its owner and trust it: "
		         "capsa trust add FILE.pub",
		         cli_quote(path), judgement->key_id);
		break;
	default:
		break;
	}
}

static void print_words(const struct check *check, const struct verify_result *result)
{
	char *words = cli_report_words(&check->plan, result);
	const char *path = cli_quote(check->path);

	if (check->left_out != 0)
		printf("%s: damaged: and %" PRIu64 " more; -v lists them all\n", path,
		       check->left_out);
	printf("%s: %s\n", path, words != NULL ? words : "out of memory");
	free(words);
}

/* The line of an archive, or the end of its object; and the line of the log.  Exit status. */
static int report(const struct check *check, const struct verify_result *result)
{
	if (check->json) {
		putchar(']');
		cli_report_members(stdout, &check->plan, result);
		puts("}");
	} else if (cli_exit_of(result->status) != CLI_FAILED) {
		print_words(check, result);
	}
	/* That somebody stopped it says nothing about the archive. */
	if (check->log.name == NULL || result->status == CAPSA_ESTOPPED)
		return CLI_DONE;
	return cli_report_log(&check->log, &check->plan, result);
}

/* The exit status of an archive, with the messages that belong to it. */
static int judge(const struct check *check, const struct verify_result *result)
{
	int status = cli_exit_of(result->status);

	if (result->status == CAPSA_ESTOPPED)
		return CLI_FAILED;
	if (status == CLI_FAILED)
		return cli_fail(check->path, result->status, &result->err);
	if (status != CLI_DONE || check->plan.intact)
		return status;
	if (cli_report_trusted(&check->plan, result))
		return CLI_DONE;
	explain_trust(check->path, &result->judgement);
	return CLI_UNTRUSTED;
}

/* ---- one archive ---- */

/* A proof is verified for the articles that it is of, whatever the depth. */
static enum capsa_status verify_proof(const struct cli_archive *archive,
                                      const struct capsa_verify_options *options,
                                      struct verify_result *result)
{
	size_t count;
	const uint64_t *numbers = capsa_proof_articles(archive->proof, &count);

	result->proof = true;
	return capsa_reader_verify_articles(archive->reader, numbers, count, options,
	                                    &result->report, &result->err);
}

static void verify_open(struct check *check, const struct cli_archive *archive,
                        struct verify_result *result)
{
	const struct verify_plan *plan = &check->plan;
	struct capsa_verify_options options = {
		.depth = plan->depth,
		.threads = check->threads,
		.keys = plan->depth == CAPSA_VERIFY_DEEP ? cli_keys() : NULL,
		.damage = note_damage,
		.progress = note_progress,
		.ctx = check,
		.part = plan->part,
		.parts = plan->parts,
	};
	double started = now();

	result->statement = capsa_reader_statement(archive->reader);
	result->size = archive->source.size;
	result->judgement = archive->judgement;
	result->opened = true;
	cli_progress_start("verify", archive->source.size / (plan->parts != 0 ? plan->parts : 1));
	result->status = archive->proof != NULL
	                     ? verify_proof(archive, &options, result)
	                     : capsa_reader_verify(archive->reader, &options, &result->report,
	                                           &result->err);
	cli_progress_end();
	result->seconds = now() - started;
}

static int verify_file(struct check *check, struct cli_archive *archive,
                       struct verify_result *result)
{
	int judged = CLI_DONE;
	int status;

	result->status = cli_archive_reader(archive, &archive->source, &result->err);
	if (result->status == CAPSA_OK) {
		/* That signatures cannot be read, which is reported, says nothing of the bytes. */
		if (cli_judge(&check->trust, archive) != CLI_DONE && !check->plan.intact)
			judged = CLI_FAILED;
		verify_open(check, archive, result);
	}
	status = report(check, result);
	status = cli_worse(status, judged == CLI_DONE ? judge(check, result) : judged);
	status = cli_worse(status, cli_series_note(&check->series, result));
	if (!cli_manifest_wanted(&check->manifest))
		return status;
	if (result->status == CAPSA_OK && !result->proof)
		return cli_worse(status, cli_manifest_add(&check->manifest, archive));
	cli_note("%s: not in the manifest", cli_quote(check->path));
	return status;
}

static int verify_archive(void *ctx, const char *path)
{
	struct check *check = ctx;
	struct verify_result result = {.path = path, .err = {.offset = CAPSA_NO_OFFSET}};
	struct cli_archive archive;
	int status;

	check->path = path;
	check->lines = check->left_out = 0;
	result.when = time(NULL);
	if (check->json) {
		fputs("{\"archive\":", stdout);
		cli_print_json(stdout, (struct capsa_text){path, strlen(path)});
		fputs(",\"damage\":[", stdout);
	}
	status = cli_archive_file(&archive, path);
	if (status != CLI_DONE) {
		result.status = CAPSA_EIO;
		snprintf(result.err.text, sizeof result.err.text, "the file cannot be opened");
		return cli_worse(status, report(check, &result));
	}
	status = verify_file(check, &archive, &result);
	cli_archive_close(&archive);
	return status;
}

/* ---- all ---- */

static int verify_all(struct check *check, char *const *paths, size_t count)
{
	int result;

	cli_catch_signals();
	result = cli_worse(cli_report_log_open(&check->log),
	                   cli_manifest_begin(&check->manifest, check->force));
	if (result == CLI_DONE) {
		result = cli_each_archive(paths, count, verify_archive, check);
		if (cli_signal == 0)
			result = cli_worse(result, cli_series_compare(&check->series));
		result = cli_worse(result, cli_manifest_end(&check->manifest, cli_signal == 0));
	}
	cli_manifest_end(&check->manifest, false);
	if (check->log.fd >= 0 && close(check->log.fd) != 0) {
		cli_error("cannot write %s: %s", cli_quote(check->log.name), strerror(errno));
		result = cli_worse(result, CLI_FAILED);
	}
	return result;
}

/* ---- options ---- */

/* A number from 1 on at the beginning of `text`; *end is what follows.  0: there is none. */
static uint32_t parse_number(const char *text, char **end)
{
	unsigned long long value;

	*end = NULL;
	if (text[0] < '0' || text[0] > '9')
		return 0;
	errno = 0;
	value = strtoull(text, end, 10);
	return errno == 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static int parse_part(struct verify_plan *plan, const char *text)
{
	char *end;

	plan->part = parse_number(text, &end);
	plan->parts = plan->part != 0 && *end == '/' ? parse_number(end + 1, &end) : 0;
	if (plan->parts != 0 && *end == '\0' && plan->part <= plan->parts)
		return CLI_DONE;
	cli_error("--part '%s': must be K/N, with K from 1 to N", cli_quote(text));
	return CLI_USAGE;
}

static int parse_required(struct verify_plan *plan, const char *text)
{
	char *end;

	plan->required = parse_number(text, &end);
	if (plan->required != 0 && *end == '\0')
		return CLI_DONE;
	cli_error("--require '%s': must be a number from 1 on", cli_quote(text));
	return CLI_USAGE;
}

/* Exit status. */
static int set_option(struct check *check, int option)
{
	int status;

	switch (option) {
	case QUICK:
		check->plan.depth = CAPSA_VERIFY_QUICK;
		return CLI_DONE;
	case DEEP:
		check->plan.depth = CAPSA_VERIFY_DEEP;
		return CLI_DONE;
	case PART:
		return parse_part(&check->plan, optarg);
	case INTACT:
		check->plan.intact = true;
		return CLI_DONE;
	case REQUIRE:
		return parse_required(&check->plan, optarg);
	case NEWEST:
		check->series.newest = true;
		return CLI_DONE;
	case NO_SERIES:
		check->series.off = true;
		return CLI_DONE;
	case MANIFEST:
		return cli_manifest_option(&check->manifest, optarg);
	case FORCE:
		check->force = true;
		return CLI_DONE;
	case LOG:
		check->log.name = optarg;
		return CLI_DONE;
	case THREADS:
		return cli_threads(optarg, &check->threads) ? CLI_DONE : CLI_USAGE;
	case 'v':
		check->verbose = true;
		return CLI_DONE;
	case JSON:
		check->json = true;
		return CLI_DONE;
	default:
		if (cli_trust_option(option, optarg, "verify", &check->trust, &status))
			return status;
		return cli_usage("verify");
	}
}

/* Options that contradict each other. */
static int check_options(const struct check *check)
{
	const struct verify_plan *plan = &check->plan;

	if (plan->parts != 0 && plan->depth != CAPSA_VERIFY_FULL)
		cli_error("--part excludes --quick and --deep");
	else if (plan->required != 0 && plan->intact)
		cli_error("--require and --intact exclude each other");
	else if (cli_manifest_wanted(&check->manifest) &&
	         (plan->parts != 0 || plan->depth == CAPSA_VERIFY_QUICK))
		cli_error("--manifest lists what is intact, which --quick and --part do not find "
		          "out");
	else if (check->series.newest && (check->series.off || plan->intact))
		cli_error("--newest excludes --no-series and --intact");
	else
		return CLI_DONE;
	return cli_usage("verify");
}

static int verify(struct check *check, int argc, char **argv)
{
	static const struct option options[] = {
		{"quick", no_argument, NULL, QUICK},
		{"deep", no_argument, NULL, DEEP},
		{"part", required_argument, NULL, PART},
		{"intact", no_argument, NULL, INTACT},
		{"require", required_argument, NULL, REQUIRE},
		{"newest", no_argument, NULL, NEWEST},
		{"no-series", no_argument, NULL, NO_SERIES},
		{"manifest", required_argument, NULL, MANIFEST},
		{"force", no_argument, NULL, FORCE},
		{"log", required_argument, NULL, LOG},
		{"threads", required_argument, NULL, THREADS},
		{"verbose", no_argument, NULL, 'v'},
		{"json", no_argument, NULL, JSON},
		CLI_TRUST_OPTIONS,
		{0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, CLI_TRUST_LETTERS "v", options, NULL)) != -1) {
		status = set_option(check, option);
		if (status != CLI_DONE)
			return status;
	}
	if (optind == argc) {
		cli_error("no archive to verify");
		return cli_usage("verify");
	}
	status = check_options(check);
	if (status == CLI_DONE && !check->trust.required)
		status = cli_trust_add_store(&check->trust, false);
	if (status != CLI_DONE)
		return status;
	check->series.off = check->series.off || check->plan.intact;
	check->series.json = check->json;
	check->series.verbose = check->verbose;
	check->series.trust = &check->trust;
	check->series.log = &check->log;
	return verify_all(check, argv + optind, (size_t)(argc - optind));
}

static int run(int argc, char **argv)
{
	struct check check = {.plan = {.depth = CAPSA_VERIFY_FULL}, .log = {.fd = -1}};
	int status;

	cli_threads(NULL, &check.threads);
	status = verify(&check, argc, argv);
	cli_trust_release(&check.trust);
	cli_series_release(&check.series);
	return status;
}

const struct cli_verb cli_verb_verify = {
	.name = "verify",
	.run = run,
	.summary = "is an archive intact, signed, and by whom?",
	.help = help,
};
