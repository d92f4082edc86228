/* capsa extract: articles as files. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define SIDECAR ".capsa.json"

static const char help[] =
    "Usage: capsa extract [options] ARCHIVE [PATTERN...]\n"
    "\n"
    "Writes all articles, or those that match a PATTERN (see capsa list --help), as\n"
    "files into a new directory named after the archive. No file lands outside of it,\n"
    "and none is overwritten. Of names that differ only in case or in the way accents\n"
    "are written, later ones get a mark: Flood.html, flood~2.html.\n"
    "\n"
    "  -C, --directory DIR   into DIR, which may exist\n"
    "  --metadata         for each FILE also FILE.capsa.json, which capsa pack\n"
    "                     understands\n"
    "  --map FILE         list what was renamed: path, tabulator, name; a line each\n"
    "  --force            replace files that exist\n"
    "  --threads N        write files with N threads, 8 at most; without it with one a\n"
    "                     core\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings, no progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "Damaged and withheld articles are named and left out, and all others extracted.\n"
    "\n"
    "Exit status: 0 done; 1 no article matches, something is withheld, or failed;\n"
    "3 something is damaged; 4 not trusted.\n";

enum { METADATA = 256, MAP, FORCE, THREADS };

struct request {
	const char *directory;          /* NULL: a new one */
	bool metadata;
	const char *map;
	bool force;
	uint32_t threads;
	struct cli_filter filter;
	struct cli_trust trust;
};

struct extraction {
	const struct request *request;
	struct cli_archive *archive;
	struct cli_names *names;
	struct cli_tree *tree;          /* for large bodies, once there is a file to write */
	struct cli_writers *writers;    /* for all others */
	struct cli_output *map_output;  /* NULL: no --map */
	FILE *map;
	uint64_t articles;
	uint64_t bytes;
	int status;
	bool stopped;                   /* nothing more can be written */
};

/* Nothing more can be written; `why` is said, unless NULL: it was said before.  Returns false. */
static bool stop(struct extraction *extraction, const char *why)
{
	if (why != NULL)
		cli_error("%s", why);
	extraction->stopped = true;
	return false;
}

/* ---- where files go ---- */

/* The archive's file name without `.capsa`; the caller frees it. */
static char *default_directory(const char *archive)
{
	static const char *const endings[] = {".capsa", ".tar.zst"};
	const char *slash = strrchr(archive, '/');
	const char *name = slash != NULL ? slash + 1 : archive;
	size_t size = strlen(name);

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		size_t ending = strlen(endings[i]);

		if (size > ending && strcmp(name + size - ending, endings[i]) == 0)
			return strndup(name, size - ending);
	}
	return strdup(name);
}

/*
 * Make a directory named after the archive; the caller frees the name.  Reports errors, NULL then.
 */
static char *make_directory(const char *archive)
{
	char *directory = default_directory(archive);

	if (directory == NULL)
		cli_error("out of memory");
	else if (mkdir(directory, 0777) == 0)
		return directory;
	else if (errno == EEXIST)
		cli_error("%s exists already; -C %s extracts into it", cli_quote(directory),
		          cli_quote(directory));
	else
		cli_error("cannot make the directory %s: %s", cli_quote(directory),
		          strerror(errno));
	free(directory);
	return NULL;
}

/* Only now that an article matches: whoever mistypes a pattern needs no empty directory. */
static bool open_tree(struct extraction *extraction)
{
	const struct request *request = extraction->request;
	char *made = NULL;
	const char *directory = request->directory;

	if (extraction->writers != NULL)
		return true;
	if (directory == NULL)
		directory = made = make_directory(extraction->archive->path);
	if (directory == NULL)
		return false;
	extraction->names = cli_names_new(request->metadata ? SIDECAR : "");
	extraction->tree = cli_tree_open(directory, request->force);
	if (extraction->names != NULL && extraction->tree != NULL)
		extraction->writers = cli_writers_new(directory, request->force, request->threads);
	free(made);
	return extraction->writers != NULL;
}

static void note_renamed(struct extraction *extraction, const char *path, const char *name)
{
	if (extraction->map == NULL) {
		cli_warning("%s is extracted as %s", cli_quote(path), cli_quote(name));
		return;
	}
	cli_print_text(extraction->map, (struct capsa_text){path, strlen(path)});
	putc('\t', extraction->map);
	cli_print_text(extraction->map, (struct capsa_text){name, strlen(name)});
	putc('\n', extraction->map);
}

/* ---- one article ---- */

/* What is wrong with an article; the others go on. */
static bool lose(struct extraction *extraction, const struct cli_selected *article,
                 enum capsa_status status, const struct capsa_error *err)
{
	int lost = cli_fail_article(extraction->archive, article->path, status, err);

	extraction->status = cli_worse(extraction->status, lost);
	return false;
}

static bool read_piece(struct extraction *extraction, const struct cli_selected *article,
                       uint64_t offset, void *buffer, size_t size)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status = capsa_reader_read(extraction->archive->reader, article->number,
	                                             offset, buffer, size, &err);

	return status == CAPSA_OK || lose(extraction, article, status, &err);
}

/* From the metadata line, which is borrowed from the reader, what the file needs of it. */
static bool take_line(struct extraction *extraction, struct capsa_text line, struct cli_file *file)
{
	char *copy;

	if (!cli_line_date(line, "modified", &file->mtime))
		file->mtime = CLI_NO_TIME;
	if (!extraction->request->metadata || line.size == 0)
		return true;
	copy = malloc(line.size + 1);
	if (copy == NULL)
		return stop(extraction, "out of memory");
	memcpy(copy, line.data, line.size);
	copy[line.size] = '\n';
	file->sidecar = copy;
	file->sidecar_size = line.size + 1;
	return true;
}

/*
 * The body, or of a large one the first piece: what is damaged so is known before there is a file.
 */
static bool take_body(struct extraction *extraction, const struct cli_selected *article,
                      uint64_t size, struct cli_file *file)
{
	file->size = size < PIECE ? (size_t)size : PIECE;
	file->body = malloc(file->size + 1);
	if (file->body == NULL)
		return stop(extraction, "out of memory");
	return read_piece(extraction, article, 0, file->body, file->size);
}

static bool take_name(struct extraction *extraction, const char *path, struct cli_file *file)
{
	const char *name;
	int status;

	if (!open_tree(extraction))
		return stop(extraction, NULL);
	status = cli_names_give(extraction->names, path, &name);
	extraction->status = cli_worse(extraction->status, status);
	if (status != CLI_DONE)
		return status == CLI_DAMAGED ? false : stop(extraction, NULL);
	if (strcmp(name, path) != 0)
		note_renamed(extraction, path, name);
	file->name = strdup(name);
	if (file->name == NULL ||
	    (file->sidecar != NULL && asprintf(&file->sidecar_name, "%s" SIDECAR, name) < 0)) {
		file->sidecar_name = NULL;
		return stop(extraction, "out of memory");
	}
	return true;
}

/* Hand the file over to the threads. */
static void hand_over(struct extraction *extraction, struct cli_file *file)
{
	if (!cli_writers_add(extraction->writers, file))
		stop(extraction, NULL);
}

/* A large body is written here, piece by piece; the first one is there. */
static bool write_pieces(struct extraction *extraction, const struct cli_selected *article,
                         const struct cli_file *file, uint64_t size)
{
	bool good = true;

	if (cli_tree_begin(extraction->tree, file->name) != CLI_DONE)
		return stop(extraction, NULL);
	for (uint64_t offset = 0; offset < size && good; offset += PIECE) {
		size_t piece = size - offset < PIECE ? (size_t)(size - offset) : PIECE;

		if (offset != 0)
			good = read_piece(extraction, article, offset, file->body, piece);
		if (good && cli_tree_write(extraction->tree, file->body, piece) != CLI_DONE)
			good = stop(extraction, NULL);
		cli_progress_step(extraction->articles, extraction->bytes + offset);
	}
	if (cli_tree_end(extraction->tree, file->mtime, good) != CLI_DONE)
		return stop(extraction, NULL);
	return good;
}

static void write_large(struct extraction *extraction, const struct cli_selected *article,
                        struct cli_file *file, uint64_t size)
{
	struct cli_file sidecar = {
		.name = file->sidecar_name,
		.body = file->sidecar,
		.size = file->sidecar_size,
		.mtime = file->mtime,
	};

	if (!write_pieces(extraction, article, file, size) || file->sidecar == NULL)
		return;
	file->sidecar_name = NULL;
	file->sidecar = NULL;
	hand_over(extraction, &sidecar);
}

static void extract_article(struct extraction *extraction, const struct cli_selected *article)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct cli_file file = {0};
	struct capsa_article facts;
	bool good = take_line(extraction, article->line, &file);
	enum capsa_status status =
	    capsa_reader_article(extraction->archive->reader, article->number, &facts, &err);

	if (status != CAPSA_OK)
		good = lose(extraction, article, status, &err);
	good = good && take_body(extraction, article, facts.size, &file) &&
	       take_name(extraction, article->path, &file);
	if (good && facts.size > PIECE)
		write_large(extraction, article, &file, facts.size);
	else if (good)
		hand_over(extraction, &file);
	if (good) {
		extraction->articles++;
		extraction->bytes += facts.size;
		cli_progress_step(extraction->articles, extraction->bytes);
	}
	cli_file_release(&file);
}

/* ---- all articles ---- */

static bool open_map(struct extraction *extraction)
{
	int fd;

	if (extraction->request->map == NULL)
		return true;
	extraction->map_output =
	    cli_output_begin(extraction->request->map, false, extraction->request->force);
	if (extraction->map_output == NULL)
		return false;
	fd = dup(cli_output_fd(extraction->map_output));
	extraction->map = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (extraction->map != NULL)
		return true;
	cli_error("cannot write %s: %s", cli_quote(extraction->request->map), strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

/*
 * What was renamed before something failed is worth knowing, too; after a signal nothing is left.
 */
static int close_map(struct extraction *extraction)
{
	bool good;

	if (extraction->map == NULL) {
		cli_output_abandon(extraction->map_output);
		return CLI_DONE;
	}
	good = ferror(extraction->map) == 0;
	good = fclose(extraction->map) == 0 && good;
	if (good && cli_signal == 0)
		return cli_output_commit(extraction->map_output);
	if (!good)
		cli_error("cannot write %s", cli_quote(extraction->request->map));
	cli_output_abandon(extraction->map_output);
	return CLI_FAILED;
}

static int extract(const struct request *request, struct cli_archive *archive)
{
	struct extraction extraction = {.request = request, .archive = archive};
	struct cli_selection *selection = cli_select_new(archive, &request->filter);
	const struct capsa_statement *statement = capsa_reader_statement(archive->reader);
	bool all = request->filter.pattern_count == 0;
	struct cli_selected article;
	int status;

	if (selection == NULL)
		return CLI_FAILED;
	cli_catch_signals();
	extraction.stopped = !open_map(&extraction);
	/* An empty archive becomes an empty directory. */
	if (!extraction.stopped && all && statement->articles == 0)
		extraction.stopped = !open_tree(&extraction);
	cli_progress_start("extract", all ? statement->bytes : 0);
	while (!extraction.stopped && cli_signal == 0 && cli_select_next(selection, &article))
		extract_article(&extraction, &article);
	status = cli_worse(extraction.status, cli_writers_end(extraction.writers));
	cli_progress_end();
	if (extraction.stopped || cli_signal != 0)
		status = cli_worse(status, CLI_FAILED);
	status = cli_worse(status, cli_select_end(selection));
	status = cli_worse(status, close_map(&extraction));
	cli_tree_close(extraction.tree);
	cli_names_free(extraction.names);
	return status;
}

/* ---- options ---- */

static int take_option(struct request *request, int option)
{
	int status;

	switch (option) {
	case 'C':
		request->directory = optarg;
		return CLI_DONE;
	case METADATA:
		request->metadata = true;
		return CLI_DONE;
	case MAP:
		request->map = optarg;
		return CLI_DONE;
	case FORCE:
		request->force = true;
		return CLI_DONE;
	case THREADS:
		return cli_threads(optarg, &request->threads) ? CLI_DONE : CLI_USAGE;
	default:
		if (!cli_trust_option(option, optarg, "extract", &request->trust, &status))
			return cli_usage("extract");
		return status;
	}
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"directory", required_argument, NULL, 'C'},
		{"metadata", no_argument, NULL, METADATA},
		{"map", required_argument, NULL, MAP},
		{"force", no_argument, NULL, FORCE},
		{"threads", required_argument, NULL, THREADS},
		CLI_TRUST_OPTIONS,
		{0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "C:" CLI_TRUST_LETTERS, options, NULL)) != -1) {
		status = take_option(request, option);
		if (status != CLI_DONE)
			return status;
	}
	if (optind == argc) {
		cli_error("extract wants an archive");
		return cli_usage("extract");
	}
	request->filter.patterns = (const char *const *)argv + optind + 1;
	request->filter.pattern_count = (size_t)(argc - optind - 1);
	if (request->threads == 0)
		(void)cli_threads(NULL, &request->threads);
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
		status = extract(&request, &archive);
		cli_archive_close(&archive);
	}
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_extract = {
	.name = "extract",
	.run = run,
	.summary = "articles as files, safely named",
	.help = help,
};
