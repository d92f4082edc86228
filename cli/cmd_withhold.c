/* capsa withhold: a copy of an archive without some articles, whose signatures still hold. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX 20

static const char help[] =
    "Usage: capsa withhold ARCHIVE ID... --reason TEXT -o OUT\n"
    "\n"
    "Writes a copy of an archive without the bodies of these articles: a court order or a\n"
    "privacy claim takes them out. All signatures and all other articles stay\n"
    "verifiable; verify counts what is withheld apart, and get says the reason. The\n"
    "archive itself is not touched. An ID is as for capsa get.\n"
    "\n"
    "A body goes with the whole frame that it lies in, and with all articles of the same\n"
    "body. Where these are more than were asked for, they are listed, and nothing is\n"
    "written. Articles that were packed with --isolate have frames of their own. The\n"
    "index keeps their path, their address, and the first words of their title.\n"
    "\n"
    "  --reason TEXT      is written in their place; small frames have room for a few\n"
    "                     words only\n"
    "  -o, --output OUT   the copy\n"
    "  --metadata         also withhold their metadata (title, description ...)\n"
    "  --others           also withhold the others\n"
    "  --by KIND          IDs are of this kind alone: path, url, title, or digest\n"
    "  --force            replace OUT if it exists\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings, no notes, no progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "Exit status: 0 done; 1 no such article, others would go too, or failed; 3 damaged;\n"
    "4 not trusted.\n";

enum { REASON = 256, METADATA, OTHERS, BY, FORCE };

struct request {
	struct cli_lookup lookup;
	const char *reason;
	const char *output;
	bool metadata;
	bool others;
	bool force;
	struct cli_trust trust;
};

static int out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* ---- what goes ---- */

static bool is_asked(const uint64_t *asked, size_t count, uint64_t number)
{
	for (size_t i = 0; i < count; i++)
		if (asked[i] == number)
			return true;
	return false;
}

static void name_other(struct cli_archive *archive, uint64_t number, const char *what)
{
	struct capsa_text line;
	char *path = NULL;

	if (capsa_reader_metadata(archive->reader, number, &line, NULL) == CAPSA_OK)
		path = cli_line_string(line, "path");
	if (path == NULL && asprintf(&path, "article %" PRIu64, number) < 0)
		path = NULL;
	cli_error("%s: %s would be withheld too: %s", cli_quote(archive->path), what,
	          path != NULL ? cli_quote(path) : "out of memory");
	free(path);
}

/* How many of these were not asked for; the first are named. */
static size_t name_others(struct cli_archive *archive, const uint64_t *numbers, size_t count,
                          const uint64_t *asked, size_t asked_count, const char *what)
{
	size_t others = 0;

	for (size_t i = 0; i < count; i++)
		if (!is_asked(asked, asked_count, numbers[i]) && others++ < NAMES_MAX)
			name_other(archive, numbers[i], what);
	return others;
}

/* Unless that is wanted, nothing goes that was not asked for. */
static int refuse_others(const struct request *request, struct cli_archive *archive,
                         const struct capsa_withholding *withholding, const uint64_t *asked,
                         size_t count)
{
	const uint64_t *numbers;
	size_t others, lines = 0, going;

	if (request->others)
		return CLI_DONE;
	numbers = capsa_withholding_articles(withholding, &going);
	others = name_others(archive, numbers, going, asked, count, "the article");
	if (others == 0) {
		numbers = capsa_withholding_lines(withholding, &going);
		lines = name_others(archive, numbers, going, asked, count, "metadata");
	}
	if (others + lines == 0)
		return CLI_DONE;
	cli_error("%s: %s of %zu article%s that %s not asked for would be withheld too; --others "
	          "withholds them",
	          cli_quote(archive->path), others != 0 ? "bodies" : "metadata", others + lines,
	          others + lines == 1 ? "" : "s", others + lines == 1 ? "was" : "were");
	return CLI_FAILED;
}

/* ---- the copy ---- */

static int fail_write(const struct request *request, int sys)
{
	if (sys != EINTR || cli_signal == 0)
		cli_error("cannot write %s: %s", cli_quote(request->output), strerror(sys));
	return CLI_FAILED;
}

static int overwrite(const struct request *request, const struct capsa_withholding *withholding,
                     int fd)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	size_t count;
	const struct capsa_extent *frames = capsa_withholding_frames(withholding, &count);
	int result = CLI_DONE;

	for (size_t i = 0; i < count && result == CLI_DONE; i++) {
		size_t size = (size_t)frames[i].size;
		void *frame = malloc(size);
		int failed;

		if (frame == NULL)
			return out_of_memory();
		if (capsa_withheld_frame(frame, size, request->reason, &err) != CAPSA_OK) {
			cli_error("--reason: %s", cli_quote(err.text));
			free(frame);
			return CLI_USAGE;
		}
		failed = cli_write_at(fd, frame, size, frames[i].offset);
		if (failed != 0)
			result = fail_write(request, failed);
		free(frame);
	}
	return result;
}

static int write_copy(const struct request *request, const struct cli_archive *archive,
                      const struct capsa_withholding *withholding)
{
	struct cli_output *output;
	int failed, result;

	/* What is withheld would be gone for good. */
	if (cli_archive_is(archive, request->output))
		return CLI_FAILED;
	output = cli_output_begin(request->output, false, request->force);
	if (output == NULL)
		return CLI_FAILED;
	cli_catch_signals();
	failed = cli_clone(archive->fd, cli_output_fd(output), archive->source.size);
	result = failed == 0 ? overwrite(request, withholding, cli_output_fd(output))
	                     : fail_write(request, failed);
	if (result == CLI_DONE && cli_signal == 0)
		return cli_output_commit(output);
	cli_output_abandon(output);
	return cli_signal == 0 ? result : CLI_FAILED;
}

/* ---- the verb ---- */

static int find_all(const struct request *request, struct cli_archive *archive, char *const *ids,
                    size_t count, uint64_t *numbers)
{
	int result = CLI_DONE;

	for (size_t i = 0; i < count; i++)
		result = cli_worse(result,
		                   cli_lookup(archive, &request->lookup, ids[i], &numbers[i]));
	return result;
}

static int withhold(const struct request *request, struct cli_archive *archive, char *const *ids,
                    size_t count)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_withholding *withholding = NULL;
	uint64_t *numbers = calloc(count, sizeof *numbers);
	enum capsa_status status;
	size_t going;
	int result;

	if (numbers == NULL)
		return out_of_memory();
	result = find_all(request, archive, ids, count, numbers);
	if (result == CLI_DONE) {
		status =
		    capsa_withholding_new(&withholding, archive->reader, numbers, count,
		                          request->metadata, &err);
		if (status != CAPSA_OK)
			result = cli_fail(archive->path, status, &err);
	}
	if (result == CLI_DONE)
		result = refuse_others(request, archive, withholding, numbers, count);
	if (result == CLI_DONE)
		result = write_copy(request, archive, withholding);
	if (result == CLI_DONE) {
		capsa_withholding_articles(withholding, &going);
		cli_note("%s: %zu of %" PRIu64 " articles withheld; the signatures are those of %s",
		         cli_quote(request->output), going,
		         capsa_reader_statement(archive->reader)->articles,
		         cli_quote(archive->path));
	}
	capsa_withholding_free(withholding);
	free(numbers);
	return result;
}

static int take_option(struct request *request, int option)
{
	int status;

	switch (option) {
	case REASON:
		request->reason = optarg;
		return CLI_DONE;
	case METADATA:
		request->metadata = true;
		return CLI_DONE;
	case OTHERS:
		request->others = true;
		return CLI_DONE;
	case BY:
		return cli_lookup_kind(optarg, &request->lookup.by);
	case FORCE:
		request->force = true;
		return CLI_DONE;
	case 'o':
		request->output = optarg;
		return CLI_DONE;
	default:
		if (!cli_trust_option(option, optarg, "withhold", &request->trust, &status))
			return cli_usage("withhold");
		return status;
	}
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
	    {"reason", required_argument, NULL, REASON},
	    {"output", required_argument, NULL, 'o'},
	    {"metadata", no_argument, NULL, METADATA},
	    {"others", no_argument, NULL, OTHERS},
	    {"by", required_argument, NULL, BY},
	    {"force", no_argument, NULL, FORCE},
	    CLI_TRUST_OPTIONS,
	    {0},
	};
	const char *wants = NULL;
	int option, status;

	request->lookup.at = INT64_MAX;
	while ((option = getopt_long(argc, argv, "o:" CLI_TRUST_LETTERS, options, NULL)) != -1) {
		status = take_option(request, option);
		if (status != CLI_DONE)
			return status;
	}
	if (argc - optind < 2)
		wants = "an archive and at least one ID";
	else if (request->reason == NULL)
		wants = "a --reason, which may be empty";
	else if (request->output == NULL || strcmp(request->output, "-") == 0)
		wants = "a file, -o OUT, for the copy";
	if (wants != NULL) {
		cli_error("withhold wants %s", wants);
		return cli_usage("withhold");
	}
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
		if (archive.proof != NULL) {
			cli_error("%s: is a proof, of which no articles can be taken out",
			          cli_quote(archive.path));
			status = CLI_FAILED;
		} else {
			status = withhold(&request, &archive, argv + optind + 1,
			                  (size_t)(argc - optind - 1));
		}
		cli_archive_close(&archive);
	}
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_withhold = {
    .name = "withhold",
    .run = run,
    .summary = "a copy without some articles, whose signatures still hold",
    .help = help,
};
