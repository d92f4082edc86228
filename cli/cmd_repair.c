/* capsa repair: a damaged archive back from copies that are damaged elsewhere. */
#include "cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPIES_MAX 64
#define PIECE ((size_t)1 << 20)

static const char help[] =
    "Usage: capsa repair ARCHIVE --from COPY [COPY...] -o OUT\n"
    "\n"
    "Writes a damaged archive as it was, byte for byte, so that its signatures hold: each\n"
    "part is known by its digest, and comes from whichever copy has it whole. Copies may\n"
    "be damaged too, in other places, and cut off; from a part that is damaged in all of\n"
    "them the blocks are put together. Says what it took from where.\n"
    "\n"
    "OUT is written only if it is intact then. What was withheld in ARCHIVE stays so.\n"
    "\n"
    "  --from COPY        another copy; more may follow\n"
    "  -o, --output OUT   the archive as it was\n"
    "  --force            replace OUT if it exists; it may be ARCHIVE\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  --threads N        verify with N threads; without it with one a core\n"
    "  -q, --quiet        no warnings, no notes, no progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "Exit status: 0 done; 1 failed; 3 a part is damaged in all copies; 4 not trusted.\n";

enum { FROM = 256, FORCE, THREADS };

struct request {
	const char *paths[COPIES_MAX];  /* the archive, then the copies */
	size_t count;
	const char *output;
	bool force;
	uint32_t threads;
	struct cli_trust trust;
};

struct mending {
	const struct request *request;
	struct cli_archive copies[COPIES_MAX];
	size_t open;
	struct capsa_repair *repair;    /* owned */
	struct cli_output *output;      /* owned */
	uint64_t parts, bytes;          /* that were damaged */
	bool withheld;                  /* something is, in what was written */
};

/* ---- while it is repaired ---- */

static void note_part(void *ctx, const struct capsa_repaired *part)
{
	struct mending *mending = ctx;
	const struct request *request = mending->request;

	cli_progress_hide();
	printf("%s: ", cli_quote(request->paths[0]));
	if (part->lost)
		printf("damaged in all copies: %s (at %" PRIu64 ", %" PRIu64 " bytes)\n",
		       part->structure, part->offset, part->size);
	else
		printf("%s (at %" PRIu64 ", %" PRIu64 " bytes) from %s\n", part->structure,
		       part->offset, part->size,
		       part->copy < request->count ? cli_quote(request->paths[part->copy])
		                                   : "no single copy");
	mending->parts++;
	mending->bytes += part->size;
}

static bool note_progress(void *ctx, uint64_t bytes, uint64_t total)
{
	(void)ctx;
	(void)total;
	cli_progress_step(0, bytes);
	return cli_signal == 0;
}

/* ---- writing ---- */

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t put = write(fd, data, size);

		if (put < 0 && errno == EINTR && cli_signal == 0)
			continue;
		if (put < 0)
			return errno;
		data += put;
		size -= (size_t)put;
	}
	return 0;
}

static int write_repaired(const struct mending *mending)
{
	const struct request *request = mending->request;
	struct capsa_source source = capsa_repair_source(mending->repair);
	char *piece = malloc(PIECE);
	int failed = piece != NULL ? 0 : ENOMEM;

	for (uint64_t at = 0; at < source.size && failed == 0 && cli_signal == 0;) {
		size_t size = source.size - at < PIECE ? (size_t)(source.size - at) : PIECE;

		failed = source.read_at(source.ctx, at, piece, size);
		if (failed == 0)
			failed = write_all(cli_output_fd(mending->output), piece, size);
		at += size;
		cli_progress_step(0, at);
	}
	free(piece);
	if (failed != 0 && cli_signal == 0)
		cli_error("cannot write %s: %s", cli_quote(request->output),
		          failed > 0 ? strerror(failed) : "the archive has become shorter");
	return failed == 0 && cli_signal == 0 ? CLI_DONE : CLI_FAILED;
}

/* What was written must be intact before it gets its name. */
static int verify_written(struct mending *mending)
{
	const struct request *request = mending->request;
	const struct capsa_verify_options options = {.threads = request->threads,
	                                             .progress = note_progress};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_reader *reader = NULL;
	struct capsa_report report;
	struct capsa_source source;
	enum capsa_status status = capsa_source_file(&source, cli_output_fd(mending->output), &err);

	if (status == CAPSA_OK)
		status = capsa_reader_open(&reader, &source, NULL, &err);
	if (status == CAPSA_OK && capsa_reader_trailer_damaged(reader))
		status = CAPSA_ECORRUPT;
	if (status == CAPSA_OK)
		status = capsa_reader_verify(reader, &options, &report, &err);
	capsa_reader_close(reader);
	if (status == CAPSA_OK) {
		mending->withheld = report.withheld != 0 || report.lines_lost != 0;
		return CLI_DONE;
	}
	if (status != CAPSA_ECORRUPT && status != CAPSA_ESTOPPED)
		return cli_fail(request->output, status, &err);
	if (status != CAPSA_ESTOPPED)
		cli_error("%s: is not intact after the repair, and so not written",
		          cli_quote(request->output));
	return status == CAPSA_ECORRUPT ? CLI_DAMAGED : CLI_FAILED;
}

static int write_output(struct mending *mending)
{
	struct capsa_source source = capsa_repair_source(mending->repair);
	int result;

	cli_progress_start("write", source.size);
	result = write_repaired(mending);
	cli_progress_end();
	if (result == CLI_DONE) {
		cli_progress_start("verify", source.size);
		result = verify_written(mending);
		cli_progress_end();
	}
	if (result != CLI_DONE || cli_signal != 0)
		return cli_worse(result, CLI_FAILED);
	result = cli_output_commit(mending->output);
	mending->output = NULL;
	return result;
}

/* ---- the verb ---- */

static int open_copies(struct mending *mending)
{
	const struct request *request = mending->request;

	for (size_t i = 0; i < request->count; i++) {
		struct cli_archive *copy = &mending->copies[mending->open];
		int status = cli_archive_file(copy, request->paths[i]);

		if (status != CLI_DONE)
			return status;
		mending->open++;
		if (copy->proof != NULL) {
			cli_error("%s: is a proof, no copy of an archive",
			          cli_quote(request->paths[i]));
			return CLI_FAILED;
		}
	}
	return CLI_DONE;
}

static int begin_repair(struct mending *mending)
{
	const struct request *request = mending->request;
	char *directory = cli_directory_of(request->output);
	const struct capsa_repair_options options = {.temporary_directory = directory,
	                                             .part = note_part,
	                                             .progress = note_progress,
	                                             .ctx = mending};
	struct capsa_source sources[COPIES_MAX];
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct cli_archive judged = {.path = request->paths[0], .fd = -1};
	enum capsa_status status;

	for (size_t i = 0; i < mending->open; i++)
		sources[i] = mending->copies[i].source;
	status = capsa_repair_new(&mending->repair, sources, mending->open, &options, &err);
	free(directory);
	if (status != CAPSA_OK)
		return cli_fail(request->paths[0], status, &err);
	judged.reader = capsa_repair_reader(mending->repair);
	return cli_archive_judge(&judged, &request->trust);
}

static int run_repair(struct mending *mending)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status;

	cli_progress_start("read", capsa_repair_source(mending->repair).size);
	status = capsa_repair_run(mending->repair, &err);
	cli_progress_end();
	if (status == CAPSA_ESTOPPED)
		return CLI_FAILED;
	return status == CAPSA_OK ? CLI_DONE
	                          : cli_fail(mending->request->paths[0], status, &err);
}

static void summarise(const struct mending *mending)
{
	const struct request *request = mending->request;
	const char *intact = mending->withheld ? "intact but for what is withheld" : "intact";

	if (mending->parts == 0)
		cli_note("%s: %s; nothing was damaged in %s", cli_quote(request->output), intact,
		         cli_quote(request->paths[0]));
	else
		cli_note("%s: %s; %" PRIu64 " part%s of %s, %" PRIu64 " bytes, came from copies",
		         cli_quote(request->output), intact, mending->parts,
		         mending->parts == 1 ? "" : "s", cli_quote(request->paths[0]),
		         mending->bytes);
}

static int repair(const struct request *request)
{
	struct mending mending = {.request = request};
	int result = open_copies(&mending);

	cli_catch_signals();
	if (result == CLI_DONE) {
		mending.output = cli_output_begin(request->output, false, request->force);
		result = mending.output != NULL ? CLI_DONE : CLI_FAILED;
	}
	if (result == CLI_DONE)
		result = begin_repair(&mending);
	if (result == CLI_DONE)
		result = run_repair(&mending);
	if (result == CLI_DONE)
		result = write_output(&mending);
	if (result == CLI_DONE)
		summarise(&mending);
	cli_output_abandon(mending.output);
	capsa_repair_free(mending.repair);
	for (size_t i = 0; i < mending.open; i++)
		cli_archive_close(&mending.copies[i]);
	return result;
}

/* ---- options ---- */

static int add_path(struct request *request, const char *path)
{
	if (request->count == COPIES_MAX) {
		cli_error("at most %d copies", COPIES_MAX - 1);
		return CLI_USAGE;
	}
	request->paths[request->count++] = path;
	return CLI_DONE;
}

static int take_option(struct request *request, int option)
{
	int status;

	switch (option) {
	case FROM:
		/* The first place is the archive's. */
		request->count += request->count == 0;
		return add_path(request, optarg);
	case FORCE:
		request->force = true;
		return CLI_DONE;
	case THREADS:
		return cli_threads(optarg, &request->threads) ? CLI_DONE : CLI_USAGE;
	case 'o':
		request->output = optarg;
		return CLI_DONE;
	default:
		if (!cli_trust_option(option, optarg, "repair", &request->trust, &status))
			return cli_usage("repair");
		return status;
	}
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
	    {"from", required_argument, NULL, FROM},
	    {"output", required_argument, NULL, 'o'},
	    {"force", no_argument, NULL, FORCE},
	    {"threads", required_argument, NULL, THREADS},
	    CLI_TRUST_OPTIONS,
	    {0},
	};
	int option, status = CLI_DONE;

	cli_threads(NULL, &request->threads);
	while ((option = getopt_long(argc, argv, "o:" CLI_TRUST_LETTERS, options, NULL)) != -1) {
		status = take_option(request, option);
		if (status != CLI_DONE)
			return status;
	}
	if (optind < argc && request->count != 0)
		request->paths[0] = argv[optind++];
	while (optind < argc && request->count != 0 && status == CLI_DONE)
		status = add_path(request, argv[optind++]);
	if (status != CLI_DONE)
		return status;
	if (request->paths[0] == NULL || request->output == NULL ||
	    strcmp(request->output, "-") == 0) {
		cli_error("repair wants an archive, --from COPY, and a file, -o OUT");
		return cli_usage("repair");
	}
	return request->trust.required ? CLI_DONE : cli_trust_add_store(&request->trust, false);
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	int status = parse(&request, argc, argv);

	if (status == CLI_DONE)
		status = repair(&request);
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_repair = {
    .name = "repair",
    .run = run,
    .summary = "a damaged archive back from copies that are damaged elsewhere",
    .help = help,
};
