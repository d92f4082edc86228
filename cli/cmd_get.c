/* capsa get: the bodies of single articles, or their metadata. */
#include "prove.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)1 << 20)
#define PEEK ((size_t)8 << 10)          /* decides whether a body is text */
#define HOPS_MAX 10

static const char help[] =
    "Usage: capsa get [options] ARCHIVE ID...\n"
    "\n"
    "Writes the bodies of articles to standard output, byte for byte, one after another.\n"
    "An ID is a path, else a URL, else a title; which article a URL or title found is\n"
    "said on standard error. A redirect is followed where it leads to an article.\n"
    "Nothing is written unless every ID means one article.\n"
    "\n"
    "  --by KIND          IDs are of this kind alone: path, url, title, or digest\n"
    "                     (BLAKE2b-256 of the body, 8 or more of its digits)\n"
    "  --at TIME          of a URL the last capture at TIME or before: 2019, 2019-03,\n"
    "                     2019-03-05 (until its end) or 2019-03-05T12:00:00Z\n"
    "  --metadata         the metadata, a line of JSON each, not the bodies\n"
    "  -o, --output FILE  write to FILE; one ID; - is standard output, even a terminal\n"
    "  --proof FILE       also write a proof: what proves these articles and their\n"
    "                     metadata to somebody without the archive; get, list, find,\n"
    "                     extract, export, info and verify take it for an archive of\n"
    "                     these articles\n"
    "  --force            replace FILE if it exists\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings, no notes\n"
    "\n"
    "Exit status: 0 done; 1 no such article, or several, or failed; 3 damaged;\n"
    "4 not trusted.\n";

enum { BY = 256, AT, METADATA, PROOF, FORCE };

struct request {
	struct cli_lookup lookup;
	bool metadata;
	const char *output;             /* NULL: standard output, made harmless for a terminal */
	const char *proof;              /* NULL: none is written */
	bool force;
	struct cli_trust trust;
};

struct get {
	const struct request *request;
	struct cli_archive *archive;
	int fd;
	bool terminal;                  /* which sees text only, escaped */
	bool closed;                    /* nobody reads any more */
};

static int out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* ---- redirects ---- */

/* Where an article leads to, NULL unless it is a redirect; the caller frees it. */
static enum capsa_status location_of(struct get *get, uint64_t number, char **location,
                                     struct capsa_error *err)
{
	struct capsa_reader *reader = get->archive->reader;
	struct capsa_article facts;
	struct capsa_text line;
	enum capsa_status status = capsa_reader_article(reader, number, &facts, err);

	*location = NULL;
	if (status != CAPSA_OK || facts.size != 0)
		return status;
	status = capsa_reader_metadata(reader, number, &line, err);
	if (status == CAPSA_OK)
		*location = cli_line_string(line, "location");
	return status;
}

/* From a redirect to the article it leads to; one that leads out of the archive stays itself. */
static int follow(struct get *get, const char *id, uint64_t *number)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};

	for (unsigned hops = 0; hops <= HOPS_MAX; hops++) {
		char *location;
		uint64_t next;
		enum capsa_status status = location_of(get, *number, &location, &err);

		if (status == CAPSA_OK && location == NULL)
			return CLI_DONE;
		if (status == CAPSA_OK)
			status =
			    capsa_reader_find_path(get->archive->reader, location, &next, &err);
		if (status == CAPSA_ENOENT)
			cli_note("'%s' leads to %s, which is not in the archive", cli_quote(id),
			         cli_quote(location));
		free(location);
		if (status != CAPSA_OK)
			return status == CAPSA_ENOENT ? CLI_DONE
			                              : cli_fail(get->archive->path, status, &err);
		*number = next;
	}
	cli_error("%s: '%s' leads from one redirect to the next, more than %d times",
	          cli_quote(get->archive->path), cli_quote(id), HOPS_MAX);
	return CLI_FAILED;
}

/* ---- writing ---- */

static int write_all(struct get *get, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(get->fd, data, size);

		if (written < 0 && errno == EINTR && cli_signal == 0)
			continue;
		if (written < 0 && errno == EPIPE) {
			get->closed = true;
			return CLI_DONE;
		}
		if (written < 0) {
			if (cli_signal == 0)
				cli_error("cannot write %s: %s",
				          get->request->output != NULL
				              ? cli_quote(get->request->output)
				              : "standard output",
				          strerror(errno));
			return CLI_FAILED;
		}
		data += written;
		size -= (size_t)written;
	}
	return CLI_DONE;
}

/* Is this the beginning of a body that is no text? */
static bool is_binary(const char *data, size_t size, bool whole)
{
	struct capsa_text peek = {data, size < PEEK ? size : PEEK};
	size_t valid;

	if (memchr(peek.data, '\0', peek.size) != NULL)
		return true;
	valid = cli_utf8_prefix(peek);
	/* A character may be cut off where there is more. */
	return valid != peek.size && (peek.size - valid >= 4 || (whole && peek.size == size));
}

/* Text for a terminal: lines and tabs as they are, all else escaped. */
static void print_escaped(struct capsa_text text)
{
	size_t begin = 0;

	for (size_t i = 0; i < text.size; i++) {
		char c = text.data[i];
		bool line_end =
		    c == '\n' || (c == '\r' && i + 1 < text.size && text.data[i + 1] == '\n');

		if (!line_end && c != '\t')
			continue;
		cli_print_text(stdout, (struct capsa_text){text.data + begin, i - begin});
		if (c != '\r')
			putchar(c);
		begin = i + 1;
	}
	cli_print_text(stdout, (struct capsa_text){text.data + begin, text.size - begin});
}

/* A piece of a body; *used receives the bytes that need not come again. */
static int write_piece(struct get *get, const char *id, const char *data, size_t size,
                       uint64_t offset, bool last, size_t *used)
{
	size_t valid;

	*used = size;
	if (!get->terminal)
		return write_all(get, data, size);
	if (offset == 0 && is_binary(data, size, last)) {
		cli_error("'%s' is no text; -o FILE writes it to a file, -o - to the terminal",
		          cli_quote(id));
		return CLI_FAILED;
	}
	/* A character that the piece cuts off begins the next one. */
	valid = cli_utf8_prefix((struct capsa_text){data, size});
	if (!last && size - valid < 4)
		*used = valid;
	print_escaped((struct capsa_text){data, *used});
	get->closed = ferror(stdout) != 0;
	return CLI_DONE;
}

static int write_body(struct get *get, const char *id, uint64_t number)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_article facts;
	char *buffer = NULL;
	size_t used;
	int result = CLI_DONE;
	enum capsa_status status = capsa_reader_article(get->archive->reader, number, &facts, &err);

	if (status != CAPSA_OK)
		return cli_fail_article(get->archive, id, status, &err);
	buffer = malloc(facts.size < PIECE ? (size_t)facts.size + 1 : PIECE);
	if (buffer == NULL)
		return out_of_memory();
	for (uint64_t offset = 0; offset < facts.size && result == CLI_DONE && !get->closed;
	     offset += used) {
		size_t piece = facts.size - offset < PIECE ? (size_t)(facts.size - offset) : PIECE;

		used = 0;
		status =
		    capsa_reader_read(get->archive->reader, number, offset, buffer, piece, &err);
		if (status != CAPSA_OK)
			result = cli_fail_article(get->archive, id, status, &err);
		else if (cli_signal != 0)
			result = CLI_FAILED;
		else
			result = write_piece(get, id, buffer, piece, offset,
			                     offset + piece == facts.size, &used);
	}
	free(buffer);
	return result;
}

static int write_metadata(struct get *get, const char *id, uint64_t number)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_text line;
	enum capsa_status status = capsa_reader_metadata(get->archive->reader, number, &line, &err);
	int result;

	if (status != CAPSA_OK)
		return cli_fail_article(get->archive, id, status, &err);
	if (get->terminal) {
		cli_print_text(stdout, line);
		putchar('\n');
		return CLI_DONE;
	}
	result = write_all(get, line.data, line.size);
	return result == CLI_DONE && !get->closed ? write_all(get, "\n", 1) : result;
}

/* ---- the verb ---- */

/* All IDs are looked up before anything is written. */
static int find_all(struct get *get, char *const *ids, size_t count, uint64_t *numbers)
{
	int result = CLI_DONE;

	for (size_t i = 0; i < count; i++) {
		int found = cli_lookup(get->archive, &get->request->lookup, ids[i], &numbers[i]);

		if (found == CLI_USAGE)
			return found;
		if (found == CLI_DONE && !get->request->metadata)
			found = follow(get, ids[i], &numbers[i]);
		result = cli_worse(result, found);
	}
	return result;
}

static int get_to(struct get *get, char *const *ids, const uint64_t *numbers, size_t count)
{
	int result = CLI_DONE;

	for (size_t i = 0; i < count && !get->closed; i++) {
		int written = get->request->metadata ? write_metadata(get, ids[i], numbers[i])
		                                     : write_body(get, ids[i], numbers[i]);

		result = cli_worse(result, written);
	}
	return result;
}

static int get_to_file(struct get *get, char *const *ids, const uint64_t *numbers)
{
	const char *path = get->request->output;
	struct cli_output *output = NULL;
	int result;

	if (!cli_archive_is(get->archive, path))
		output = cli_output_begin(path, false, get->request->force);
	if (output == NULL)
		return CLI_FAILED;
	cli_catch_signals();
	get->fd = cli_output_fd(output);
	result = get_to(get, ids, numbers, 1);
	if (result == CLI_DONE && cli_signal == 0)
		return cli_output_commit(output);
	cli_output_abandon(output);
	return result;
}

static int write_all_of(struct get *get, char *const *ids, const uint64_t *numbers, size_t count)
{
	const char *output = get->request->output;

	if (output != NULL && strcmp(output, "-") != 0)
		return get_to_file(get, ids, numbers);
	get->terminal = output == NULL && isatty(STDOUT_FILENO) == 1;
	return get_to(get, ids, numbers, count);
}

static int get_all(const struct request *request, struct cli_archive *archive, char *const *ids,
                   size_t count)
{
	struct get get = {.request = request, .archive = archive, .fd = STDOUT_FILENO};
	uint64_t *numbers = calloc(count, sizeof *numbers);
	struct proving *proving = NULL;
	int result = CLI_DONE;

	if (numbers == NULL)
		return out_of_memory();
	if (request->proof != NULL) {
		cli_catch_signals();
		proving = cli_prove_begin(archive, request->proof, request->force);
		result = proving != NULL ? CLI_DONE : CLI_FAILED;
	}
	if (result == CLI_DONE)
		result = find_all(&get, ids, count, numbers);
	if (result == CLI_DONE)
		result = write_all_of(&get, ids, numbers, count);
	if (result == CLI_DONE && proving != NULL) {
		result = cli_prove_end(proving, archive, numbers, count);
		proving = NULL;
	}
	cli_prove_abandon(proving);
	free(numbers);
	return result;
}

/* ---- options ---- */

static int take_time(struct request *request, const char *text)
{
	int64_t first;

	if (cli_period(text, &first, &request->lookup.at))
		return CLI_DONE;
	cli_error("--at '%s': not a time like 2019, 2019-03, 2019-03-05 or 2019-03-05T12:00:00Z",
	          cli_quote(text));
	return CLI_USAGE;
}

static int take_option(struct request *request, int option)
{
	int status;

	switch (option) {
	case BY:
		return cli_lookup_kind(optarg, &request->lookup.by);
	case AT:
		return take_time(request, optarg);
	case METADATA:
		request->metadata = true;
		return CLI_DONE;
	case PROOF:
		request->proof = optarg;
		return CLI_DONE;
	case FORCE:
		request->force = true;
		return CLI_DONE;
	case 'o':
		request->output = optarg;
		return CLI_DONE;
	default:
		if (!cli_trust_option(option, optarg, "get", &request->trust, &status))
			return cli_usage("get");
		return status;
	}
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"by", required_argument, NULL, BY},
		{"at", required_argument, NULL, AT},
		{"metadata", no_argument, NULL, METADATA},
		{"output", required_argument, NULL, 'o'},
		{"proof", required_argument, NULL, PROOF},
		{"force", no_argument, NULL, FORCE},
		CLI_TRUST_OPTIONS,
		{0},
	};
	int option, status;

	request->lookup.at = INT64_MAX;
	while ((option = getopt_long(argc, argv, "o:" CLI_TRUST_LETTERS, options, NULL)) != -1) {
		status = take_option(request, option);
		if (status != CLI_DONE)
			return status;
	}
	if (argc - optind < 2) {
		cli_error("get wants an archive and at least one ID");
		return cli_usage("get");
	}
	if (request->output != NULL && argc - optind != 2) {
		cli_error("-o takes the article of one ID");
		return cli_usage("get");
	}
	if (request->output != NULL && request->proof != NULL &&
	    strcmp(request->output, request->proof) == 0) {
		cli_error("-o and --proof name the same file");
		return cli_usage("get");
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
		status =
		    get_all(&request, &archive, argv + optind + 1, (size_t)(argc - optind - 1));
		cli_archive_close(&archive);
	}
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_get = {
	.name = "get",
	.run = run,
	.summary = "the body or metadata of an article, by path, URL, title or digest",
	.help = help,
};
