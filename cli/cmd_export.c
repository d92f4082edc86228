/* capsa export: articles in other formats. */
#include "export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: capsa export [options] ARCHIVE -o OUT [PATTERN...]\n"
    "\n"
    "Writes all articles, or those that match a PATTERN (see capsa list --help), into\n"
    "one file of another format, or into a BagIt directory. OUT appears complete or\n"
    "not at all.\n"
    "\n"
    "  -o, --output OUT   its name says what it is: .tar .tar.gz .tar.xz .tar.zst .zip\n"
    "                     .jsonl .warc .warc.gz; - is standard output\n"
    "  --to KIND          tar, zip, jsonl, warc or bagit, where the name does not say it\n"
    "  --metadata         for each FILE also FILE.capsa.json, which capsa pack\n"
    "                     understands, or a metadata record of WARC; JSONL always has\n"
    "                     the metadata\n"
    "  --from DATE --to DATE --format TYPE --language LANG\n"
    "                     only such articles; see capsa list --help\n"
    "  --keep-going       leave out what is damaged or withheld; the exit status stays\n"
    "                     what it is\n"
    "  --force            replace OUT if it exists, which is no directory\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings, no progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "Exit status: 0 done; 1 no article matches, something is withheld, or failed;\n"
    "3 something is damaged; 4 not trusted.\n";

enum { TO = 256, METADATA, FROM, FORMAT, LANGUAGE, KEEP_GOING, FORCE };

enum family { FAMILY_TAR, FAMILY_ZIP, FAMILY_JSONL, FAMILY_WARC, FAMILY_BAGIT };

/* Of a kind the first is what --to alone means. */
static const struct kind {
	const char *name;
	const char *ending;
	enum family family;
	enum container_filter filter;
} kinds[] = {
    {"tar", ".tar", FAMILY_TAR, CONTAINER_PLAIN},
    {"tar", ".tar.gz", FAMILY_TAR, CONTAINER_GZIP},
    {"tar", ".tgz", FAMILY_TAR, CONTAINER_GZIP},
    {"tar", ".tar.xz", FAMILY_TAR, CONTAINER_XZ},
    {"tar", ".txz", FAMILY_TAR, CONTAINER_XZ},
    {"tar", ".tar.zst", FAMILY_TAR, CONTAINER_ZSTD},
    {"tar", ".tzst", FAMILY_TAR, CONTAINER_ZSTD},
    {"zip", ".zip", FAMILY_ZIP, CONTAINER_PLAIN},
    {"jsonl", ".jsonl", FAMILY_JSONL, CONTAINER_PLAIN},
    {"warc", ".warc", FAMILY_WARC, CONTAINER_PLAIN},
    {"warc", ".warc.gz", FAMILY_WARC, CONTAINER_GZIP},
    {"bagit", NULL, FAMILY_BAGIT, CONTAINER_PLAIN},
};

#define KINDS (sizeof kinds / sizeof *kinds)

struct request {
	const char *output;
	const char *to;                 /* a kind's name; NULL: as the output's name says */
	const struct kind *kind;
	bool metadata;
	bool keep_going;
	bool force;
	struct cli_filter filter;
	struct cli_trust trust;
};

struct job {
	const struct request *request;
	struct cli_archive *archive;
	struct cli_output *file;        /* NULL: a directory */
	struct export_output out;
	struct exporter *exporter;
	uint64_t articles;
	uint64_t bytes;
	int status;                     /* of what cannot be exported */
	bool left_out;                  /* there is such an article */
	bool stopped;                   /* nothing more can be written, as was reported */
};

/* ---- articles ---- */

/* Its body, so that nothing is written of what cannot be read whole. */
static enum export_result look(struct job *job, struct export_article *article)
{
	struct exporter *exporter = job->exporter;
	enum export_result result =
	    exporter->look != NULL ? exporter->look(exporter, article) : EXPORT_DONE;

	for (uint64_t offset = 0; result == EXPORT_DONE && offset < article->size;) {
		struct capsa_text piece;

		if (!export_article_piece(article, offset, &piece))
			return cli_signal != 0 ? EXPORT_STOPPED : EXPORT_LEFT_OUT;
		if (exporter->look_at != NULL)
			exporter->look_at(exporter, piece);
		offset += piece.size;
		cli_progress_step(job->articles, job->bytes + offset);
	}
	return result;
}

static void export_one(struct job *job, const struct cli_selected *selected)
{
	struct export_article article;
	enum export_result result = EXPORT_LEFT_OUT;

	if (export_article_begin(&article, job->archive, selected))
		result = look(job, &article);
	if (result == EXPORT_DONE)
		result = job->exporter->write(job->exporter, &article);
	if (result == EXPORT_LEFT_OUT) {
		job->left_out = true;
		job->status = cli_worse(job->status,
		                        article.status != CLI_DONE ? article.status : CLI_FAILED);
	}
	job->stopped = result == EXPORT_STOPPED;
	if (result == EXPORT_DONE) {
		job->articles++;
		job->bytes += article.size;
		cli_progress_step(job->articles, job->bytes);
	}
	export_article_release(&article);
}

static bool is_all(const struct cli_filter *filter)
{
	return filter->pattern_count == 0 && !filter->has_period && filter->format == NULL &&
	       filter->language == NULL;
}

/* All that are selected, up to what may not be left out. */
static void export_all(struct job *job)
{
	const struct request *request = job->request;
	const struct capsa_statement *statement = capsa_reader_statement(job->archive->reader);
	struct cli_selection *selection = cli_select_new(job->archive, &request->filter);
	struct cli_selected article;

	if (selection == NULL) {
		job->stopped = true;
		return;
	}
	cli_progress_start("export", is_all(&request->filter) ? statement->bytes : 0);
	while (!job->stopped && cli_signal == 0 && cli_select_next(selection, &article)) {
		/* Those without metadata are damaged, which was reported; they come last. */
		if (article.line.size == 0)
			job->left_out = true;
		if (!job->left_out || request->keep_going)
			export_one(job, &article);
		if (job->left_out && !request->keep_going)
			break;
	}
	cli_progress_end();
	job->status = cli_worse(job->status, cli_select_end(selection));
}

/* ---- the output ---- */

static bool open_file(struct job *job)
{
	const char *output = job->request->output;
	int fd;

	job->file = cli_output_begin(output, false, job->request->force);
	if (job->file == NULL)
		return false;
	fd = dup(cli_output_fd(job->file));
	job->out.file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (job->out.file != NULL)
		return true;
	cli_error("cannot write %s: %s", cli_quote(output), strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

static bool begin(struct job *job)
{
	const struct request *request = job->request;
	const struct kind *kind = request->kind;
	struct export_options options = {.out = &job->out, .metadata = request->metadata};

	job->out.name = request->output;
	if (cli_archive_is(job->archive, request->output))
		return false;
	if (kind->family != FAMILY_BAGIT && !open_file(job))
		return false;
	switch (kind->family) {
	case FAMILY_TAR:
		job->exporter = export_container(&options, CONTAINER_TAR, kind->filter);
		break;
	case FAMILY_ZIP:
		job->exporter = export_container(&options, CONTAINER_ZIP, kind->filter);
		break;
	case FAMILY_JSONL:
		job->exporter = export_jsonl(&options);
		break;
	case FAMILY_WARC:
		job->exporter = export_warc(&options, job->archive, kind->filter);
		break;
	case FAMILY_BAGIT:
		job->exporter = export_bag(&options, job->archive, request->output);
		break;
	}
	return job->exporter != NULL;
}

/* What the stream still has, which may fail like all before. */
static bool close_stream(struct job *job)
{
	FILE *file = job->out.file;

	job->out.file = NULL;
	if (file == NULL)
		return true;
	errno = 0;
	return fclose(file) == 0 || export_failed(&job->out, errno);
}

/* Is what was written worth its name? */
static bool is_good(const struct job *job)
{
	if (job->stopped || cli_signal != 0)
		return false;
	return job->status == CLI_DONE || (job->request->keep_going && job->articles != 0);
}

static int end(struct job *job)
{
	struct exporter *exporter = job->exporter;
	bool good = is_good(job) && (exporter->finish == NULL || exporter->finish(exporter)) &&
	            close_stream(job);
	int result = CLI_FAILED;

	if (good && job->file != NULL) {
		result = cli_output_commit(job->file);
		job->file = NULL;
	} else if (good) {
		result = CLI_DONE;
	} else if (job->out.closed && job->status == CLI_DONE) {
		result = CLI_DONE;
	}
	if (result == CLI_DONE && job->status != CLI_DONE)
		cli_error("%s: made without what cannot be exported",
		          cli_quote(job->request->output));
	else if (job->left_out && !job->request->keep_going)
		cli_error("%s: not made; --keep-going leaves out what cannot be exported",
		          cli_quote(job->request->output));
	return cli_worse(job->status, result);
}

static int run_export(const struct request *request, struct cli_archive *archive)
{
	struct job job = {.request = request, .archive = archive};
	int status = CLI_FAILED;

	cli_catch_signals();
	if (begin(&job)) {
		export_all(&job);
		status = end(&job);
	}
	if (job.exporter != NULL)
		job.exporter->free(job.exporter);
	if (job.out.file != NULL)
		fclose(job.out.file);
	cli_output_abandon(job.file);
	return status;
}

/* ---- options ---- */

static bool ends(const char *name, const char *ending)
{
	size_t size = strlen(name), ending_size = ending != NULL ? strlen(ending) : 0;

	return ending_size != 0 && size > ending_size &&
	       strcasecmp(name + size - ending_size, ending) == 0;
}

/* What the output is to be: the kind that its name says, unless --to says another. */
static const struct kind *choose_kind(const struct request *request)
{
	const struct kind *first = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *kind = &kinds[i];

		if (request->to != NULL && strcmp(request->to, kind->name) != 0)
			continue;
		if (ends(request->output, kind->ending))
			return kind;
		if (request->to != NULL && first == NULL)
			first = kind;
	}
	return first;
}

/* A kind, or like that of list a date: nothing is both. */
static int take_to(struct request *request, const char *text)
{
	if (*text >= '0' && *text <= '9')
		return cli_filter_to(&request->filter, text);
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(text, kinds[i].name) == 0) {
			request->to = text;
			return CLI_DONE;
		}
	}
	cli_error("--to '%s': not tar, zip, jsonl, warc or bagit, and no date", cli_quote(text));
	return CLI_USAGE;
}

static int take_option(struct request *request, int option)
{
	int status;

	switch (option) {
	case 'o':
		request->output = optarg;
		return CLI_DONE;
	case TO:
		return take_to(request, optarg);
	case METADATA:
		request->metadata = true;
		return CLI_DONE;
	case FROM:
		return cli_filter_from(&request->filter, optarg);
	case FORMAT:
		request->filter.format = optarg;
		return CLI_DONE;
	case LANGUAGE:
		request->filter.language = optarg;
		return CLI_DONE;
	case KEEP_GOING:
		request->keep_going = true;
		return CLI_DONE;
	case FORCE:
		request->force = true;
		return CLI_DONE;
	default:
		if (!cli_trust_option(option, optarg, "export", &request->trust, &status))
			return cli_usage("export");
		return status;
	}
}

/* What the operands and the options together must be. */
static int check(struct request *request, int argc)
{
	if (optind == argc || request->output == NULL) {
		cli_error(optind == argc ? "export wants an archive"
		                         : "export wants -o OUT, the file to write");
		return cli_usage("export");
	}
	request->kind = choose_kind(request);
	if (request->kind == NULL)
		cli_error("-o '%s': the name does not say what it is to be, nor does --to",
		          cli_quote(request->output));
	else if (request->kind->family == FAMILY_BAGIT && strcmp(request->output, "-") == 0)
		cli_error("a bag is a directory, and no standard output");
	else
		return CLI_DONE;
	return cli_usage("export");
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
	    {"output", required_argument, NULL, 'o'},
	    {"to", required_argument, NULL, TO},
	    {"metadata", no_argument, NULL, METADATA},
	    {"from", required_argument, NULL, FROM},
	    {"format", required_argument, NULL, FORMAT},
	    {"language", required_argument, NULL, LANGUAGE},
	    {"keep-going", no_argument, NULL, KEEP_GOING},
	    {"force", no_argument, NULL, FORCE},
	    CLI_TRUST_OPTIONS,
	    {0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "o:" CLI_TRUST_LETTERS, options, NULL)) != -1) {
		status = take_option(request, option);
		if (status != CLI_DONE)
			return status;
	}
	status = check(request, argc);
	if (status != CLI_DONE)
		return status;
	request->filter.patterns = (const char *const *)argv + optind + 1;
	request->filter.pattern_count = (size_t)(argc - optind - 1);
	return request->trust.required ? CLI_DONE : cli_trust_add_store(&request->trust, false);
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct cli_archive archive;
	int status = parse(&request, argc, argv);

	if (status == CLI_DONE)
		status = cli_archive_open(&archive, argv[optind], &request.trust);
	if (status == CLI_DONE) {
		status = run_export(&request, &archive);
		cli_archive_close(&archive);
	}
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_export = {
    .name = "export",
    .run = run,
    .summary = "articles as tar, zip, JSONL, WARC or BagIt",
    .help = help,
};
