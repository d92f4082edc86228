/* capsa salvage: what a damaged archive still holds, without its index. */
#include "path_set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIDECAR ".capsa.json"
#define PIECE ((size_t)1 << 20)
#define LEVEL 9

static const char help[] =
    "Usage: capsa salvage ARCHIVE -C DIR\n"
    "       capsa salvage ARCHIVE -o OUT [-k KEY | --unsigned]\n"
    "\n"
    "Gets out every article that a damaged archive still holds whole, also where its\n"
    "index, its statement or any other part is destroyed. Where other copies exist,\n"
    "'capsa repair' gives back the archive itself.\n"
    "\n"
    "Frames are looked for in the bytes, and taken where they decompress with their\n"
    "checksum; where a page of the index is left, by its digests. Metadata come out where\n"
    "their frame is whole, and each body is compared with the digest in them. What is\n"
    "known to be lost is listed, a line each. Nothing of this is proven by a signature:\n"
    "what 'capsa extract' still gives is.\n"
    "\n"
    "  -C, --directory DIR   write files below DIR, with FILE.capsa.json for the metadata\n"
    "  -o, --output OUT      pack what was saved into a new archive\n"
    "  -k, --key KEY         sign OUT with this secret key; without it with the default key\n"
    "      --password-file FILE    file with the password of the key\n"
    "      --unsigned        do not sign OUT\n"
    "      --force           replace files that exist\n"
    "  -q, --quiet           no warnings, no notes, no progress\n"
    "      --no-progress     no progress\n"
    "  -h, --help\n"
    "\n"
    "Exit status: 0 all articles are saved; 1 failed; 3 something is lost, or there is\n"
    "no article.\n";

enum { PASSWORD_FILE = 256, UNSIGNED, FORCE, NO_PROGRESS };

struct request {
	const char *directory;          /* one of these two */
	const char *output;
	const char *key;
	const char *password_file;
	bool is_unsigned;
	bool force;
};

struct salvaging {
	const struct request *request;
	const char *path;               /* of the archive */
	char *piece;                    /* owned */
	int status;

	struct cli_names *names;        /* owned: into a directory */
	struct cli_tree *tree;

	struct capsa_secret_key *key;   /* owned: into an archive */
	struct cli_output *output;
	struct capsa_writer *writer;
	struct path_set packed;         /* paths that are in it */
	struct path_set above;          /* their directories */

	uint64_t articles;              /* for progress */
};

static bool stop(struct salvaging *salvaging, int status)
{
	salvaging->status = cli_worse(salvaging->status, status);
	return false;
}

static bool stop_memory(struct salvaging *salvaging)
{
	cli_error("out of memory");
	return stop(salvaging, CLI_FAILED);
}

/* ---- into files ---- */

static bool write_file(struct salvaging *salvaging, const char *name,
                       const struct capsa_source *body, int64_t mtime)
{
	bool good = cli_tree_begin(salvaging->tree, name) == CLI_DONE;

	if (!good)
		return stop(salvaging, CLI_FAILED);
	for (uint64_t at = 0; at < body->size && good;) {
		size_t size = body->size - at < PIECE ? (size_t)(body->size - at) : PIECE;

		good = body->read_at(body->ctx, at, salvaging->piece, size) == 0 &&
		       cli_tree_write(salvaging->tree, salvaging->piece, size) == CLI_DONE;
		at += size;
	}
	return (cli_tree_end(salvaging->tree, mtime, good) == CLI_DONE && good) ||
	       stop(salvaging, CLI_FAILED);
}

/* The line is a file, with a line feed. */
static bool write_sidecar(struct salvaging *salvaging, const char *name, struct capsa_text line,
                          int64_t mtime)
{
	char *sidecar = NULL, *text = NULL;
	struct capsa_source body;
	bool good;

	if (line.size == 0)
		return true;
	if (asprintf(&sidecar, "%s" SIDECAR, name) < 0)
		sidecar = NULL;
	text = malloc(line.size + 1);
	good = sidecar != NULL && text != NULL;
	if (good) {
		memcpy(text, line.data, line.size);
		text[line.size] = '\n';
		body = capsa_source_memory(text, line.size + 1);
		good = write_file(salvaging, sidecar, &body, mtime);
	} else {
		stop_memory(salvaging);
	}
	free(sidecar);
	free(text);
	return good;
}

static bool save_file(struct salvaging *salvaging, const struct capsa_saved *saved,
                      const char *path)
{
	const char *name;
	int64_t mtime = CLI_NO_TIME;
	int status = cli_names_give(salvaging->names, path, &name);

	if (status != CLI_DONE)
		return stop(salvaging, status);
	if (strcmp(name, path) != 0)
		cli_warning("%s is written as %s", cli_quote(path), cli_quote(name));
	if (saved->line.size != 0)
		cli_line_date(saved->line, "modified", &mtime);
	return write_file(salvaging, name, &saved->body, mtime) &&
	       write_sidecar(salvaging, name, saved->line, mtime);
}

/* ---- into an archive ---- */

static enum capsa_status metadata_of(const struct capsa_saved *saved, struct capsa_metadata **out,
                                     struct capsa_error *err)
{
	if (saved->line.size != 0)
		return capsa_metadata_parse(out, saved->line, err);
	*out = capsa_metadata_new();
	if (*out == NULL) {
		snprintf(err->text, sizeof err->text, "out of memory");
		return CAPSA_ENOMEM;
	}
	return capsa_metadata_set(*out, "path", saved->path.data, saved->path.size, err);
}

/*
 * A frame that stands in a damaged file twice gives its articles twice, and an archive that does would
 * not be made: the first is taken.
 */
static bool is_taken(struct salvaging *salvaging, const char *path)
{
	size_t size = strlen(path);

	if (import_paths_has(&salvaging->packed, path, size) ||
	    import_paths_has(&salvaging->above, path, size) ||
	    import_paths_has_above(&salvaging->packed, path))
		return true;
	import_paths_add(&salvaging->packed, path, size);
	import_paths_add_above(&salvaging->above, path);
	return false;
}

static bool pack_article(struct salvaging *salvaging, const struct capsa_saved *saved,
                         const char *path)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_input input = {.body = saved->body};
	struct capsa_metadata *metadata = NULL;
	enum capsa_status status;

	if (is_taken(salvaging, path)) {
		cli_warning("%s is not packed: its path is taken already", cli_quote(path));
		salvaging->status = CLI_DAMAGED;
		return true;
	}
	if (salvaging->packed.failed || salvaging->above.failed)
		return stop_memory(salvaging);
	status = metadata_of(saved, &metadata, &err);
	input.metadata = metadata;
	if (status == CAPSA_OK)
		status = capsa_writer_add(salvaging->writer, &input, &err);
	capsa_metadata_free(metadata);
	if (status == CAPSA_OK)
		return true;
	return stop(salvaging, cli_fail(salvaging->request->output, status, &err));
}

static int load_key(struct salvaging *salvaging)
{
	const struct request *request = salvaging->request;
	char *standard = NULL;
	const char *path = request->key;
	struct stat facts;
	int status;

	if (request->is_unsigned)
		return CLI_DONE;
	if (path == NULL)
		path = standard = cli_config_path("capsa.key");
	if (path == NULL && errno == ENOMEM) {
		cli_error("out of memory");
		status = CLI_FAILED;
	} else if (path == NULL || (request->key == NULL && stat(path, &facts) != 0)) {
		cli_error("no key: make one with 'capsa key new', or salvage with --unsigned");
		status = CLI_FAILED;
	} else {
		status = cli_secret_key_load(path, request->password_file, &salvaging->key);
	}
	free(standard);
	return status;
}

static int begin_archive(struct salvaging *salvaging)
{
	const struct request *request = salvaging->request;
	char *directory = cli_directory_of(request->output);
	struct capsa_writer_options options = {.level = LEVEL,
	                                       .keys = cli_keys(),
	                                       .temporary_directory = directory};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_sink sink;
	enum capsa_status status;
	int result = cli_clock(&options.created);

	if (result == CLI_DONE)
		result = load_key(salvaging);
	if (result == CLI_DONE) {
		salvaging->output = cli_output_begin(request->output, false, request->force);
		result = salvaging->output != NULL ? CLI_DONE : CLI_FAILED;
	}
	if (result == CLI_DONE) {
		sink = capsa_sink_file(cli_output_fd(salvaging->output));
		status = capsa_writer_new(&salvaging->writer, &sink, &options, &err);
		if (status != CAPSA_OK)
			result = cli_fail(request->output, status, &err);
	}
	free(directory);
	return result;
}

static int finish_archive(struct salvaging *salvaging)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status =
	    capsa_writer_finish(salvaging->writer, salvaging->key, NULL, &err);
	int result;

	if (status != CAPSA_OK)
		return cli_fail(salvaging->request->output, status, &err);
	result = cli_signal == 0 ? cli_output_commit(salvaging->output) : CLI_FAILED;
	if (cli_signal == 0)
		salvaging->output = NULL;
	return result;
}

/* ---- while it is read ---- */

static bool save(void *ctx, const struct capsa_saved *saved)
{
	struct salvaging *salvaging = ctx;
	char *path = strndup(saved->path.data, saved->path.size);
	bool good;

	if (path == NULL)
		return stop_memory(salvaging);
	good = salvaging->tree != NULL ? save_file(salvaging, saved, path)
	                               : pack_article(salvaging, saved, path);
	free(path);
	salvaging->articles += good;
	return good && cli_signal == 0;
}

static void note_lost(void *ctx, struct capsa_text path, const char *why)
{
	struct salvaging *salvaging = ctx;

	cli_progress_hide();
	printf("%s: lost: ", cli_quote(salvaging->path));
	cli_print_text(stdout, path);
	printf(": %s\n", why);
}

static bool note_progress(void *ctx, uint64_t bytes, uint64_t total)
{
	const struct salvaging *salvaging = ctx;

	(void)total;
	cli_progress_step(salvaging->articles, bytes);
	return cli_signal == 0;
}

/* What was saved and what not; exit status. */
static int summarise(const struct salvaging *salvaging, const struct capsa_salvage_report *report)
{
	const char *path = cli_quote(salvaging->path);
	uint64_t missing = report->has_articles && report->articles > report->saved
	                       ? report->articles - report->saved
	                       : report->lost;

	cli_note("%s: %" PRIu64 " article%s saved, %" PRIu64 " by digests of the index, %" PRIu64
	         " without metadata",
	         path, report->saved, report->saved == 1 ? "" : "s", report->checked,
	         report->without_line);
	if (!report->has_articles)
		cli_note("%s: how many there were is lost; %" PRIu64 " are known to be lost, and "
		         "parts of others are left in %" PRIu64 " frame%s",
		         path, report->lost, report->fragments, report->fragments == 1 ? "" : "s");
	else if (missing != 0)
		cli_note("%s: %" PRIu64 " of %" PRIu64 " lost, %" PRIu64 " of these by name", path,
		         missing, report->articles, report->lost);
	return report->has_articles && missing == 0 && report->without_line == 0 ? CLI_DONE
	                                                                         : CLI_DAMAGED;
}

/* ---- the verb ---- */

static int begin(struct salvaging *salvaging)
{
	const struct request *request = salvaging->request;

	salvaging->piece = malloc(PIECE);
	if (salvaging->piece == NULL) {
		stop_memory(salvaging);
		return CLI_FAILED;
	}
	if (request->output != NULL)
		return begin_archive(salvaging);
	salvaging->names = cli_names_new(SIDECAR);
	salvaging->tree = cli_tree_open(request->directory, request->force);
	return salvaging->names != NULL && salvaging->tree != NULL ? CLI_DONE : CLI_FAILED;
}

static int run_salvage(struct salvaging *salvaging, const struct capsa_source *source)
{
	const struct capsa_salvage_options options = {
	    .article = save, .lost = note_lost, .progress = note_progress, .ctx = salvaging};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_salvage_report report;
	enum capsa_status status;

	cli_progress_start("salvage", source->size);
	status = capsa_salvage(source, &options, &report, &err);
	cli_progress_end();
	if (status == CAPSA_ESTOPPED || cli_signal != 0)
		return cli_worse(salvaging->status, CLI_FAILED);
	if (status != CAPSA_OK)
		return cli_fail(salvaging->path, status, &err);
	if (report.saved == 0) {
		cli_error("%s: no article is left in it", cli_quote(salvaging->path));
		return CLI_DAMAGED;
	}
	if (salvaging->writer != NULL) {
		int result = finish_archive(salvaging);

		if (result != CLI_DONE)
			return result;
	}
	return cli_worse(salvaging->status, summarise(salvaging, &report));
}

static int salvage(const struct request *request, const char *path)
{
	struct salvaging salvaging = {.request = request, .path = path};
	struct cli_archive archive;
	int status = cli_archive_file(&archive, path);

	if (status != CLI_DONE)
		return status;
	if (archive.proof != NULL) {
		cli_error("%s: is a proof, of which 'capsa get' gets the articles", cli_quote(path));
		cli_archive_close(&archive);
		return CLI_FAILED;
	}
	cli_catch_signals();
	/* What another program might still save of it would be gone for good. */
	status = request->output != NULL && cli_archive_is(&archive, request->output)
	             ? CLI_FAILED
	             : begin(&salvaging);
	if (status == CLI_DONE)
		status = run_salvage(&salvaging, &archive.source);
	capsa_writer_free(salvaging.writer);
	cli_output_abandon(salvaging.output);
	capsa_secret_key_free(salvaging.key);
	cli_tree_close(salvaging.tree);
	cli_names_free(salvaging.names);
	import_paths_release(&salvaging.packed);
	import_paths_release(&salvaging.above);
	free(salvaging.piece);
	cli_archive_close(&archive);
	return status;
}

static int take_option(struct request *request, int option)
{
	switch (option) {
	case 'C':
		request->directory = optarg;
		return CLI_DONE;
	case 'o':
		request->output = optarg;
		return CLI_DONE;
	case 'k':
		request->key = optarg;
		return CLI_DONE;
	case PASSWORD_FILE:
		request->password_file = optarg;
		return CLI_DONE;
	case UNSIGNED:
		request->is_unsigned = true;
		return CLI_DONE;
	case FORCE:
		request->force = true;
		return CLI_DONE;
	case 'q':
		cli_quiet = true;
		return CLI_DONE;
	case NO_PROGRESS:
		cli_no_progress = true;
		return CLI_DONE;
	case 'h':
		cli_help("salvage");
		return CLI_HELPED;
	default:
		return cli_usage("salvage");
	}
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
	    {"directory", required_argument, NULL, 'C'},
	    {"output", required_argument, NULL, 'o'},
	    {"key", required_argument, NULL, 'k'},
	    {"password-file", required_argument, NULL, PASSWORD_FILE},
	    {"unsigned", no_argument, NULL, UNSIGNED},
	    {"force", no_argument, NULL, FORCE},
	    {"quiet", no_argument, NULL, 'q'},
	    {"no-progress", no_argument, NULL, NO_PROGRESS},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	struct request request = {0};
	int option, status;

	while ((option = getopt_long(argc, argv, "C:o:k:qh", options, NULL)) != -1) {
		status = take_option(&request, option);
		if (status != CLI_DONE)
			return status;
	}
	if (argc - optind != 1 || (request.directory == NULL) == (request.output == NULL)) {
		cli_error("salvage wants one archive, and one of -C DIR and -o OUT");
		return cli_usage("salvage");
	}
	if (request.key != NULL && request.is_unsigned) {
		cli_error("-k and --unsigned exclude each other");
		return cli_usage("salvage");
	}
	return salvage(&request, argv[optind]);
}

const struct cli_verb cli_verb_salvage = {
    .name = "salvage",
    .run = run,
    .summary = "what a damaged archive still holds, without its index",
    .help = help,
};
