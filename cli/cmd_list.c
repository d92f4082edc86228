/* capsa list: the articles of an archive, one a line. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "Usage: capsa list [options] ARCHIVE [PATTERN...]\n"
    "\n"
    "Prints the paths of all articles, or of those that match a PATTERN, in the order\n"
    "in which they were packed. A PATTERN is a path, of an article or of a directory\n"
    "of them, or has * and ? (any characters, any one character, but /), ** (any\n"
    "characters) and [a-z].\n"
    "\n"
    "  -l, --long         also size, date, media type and title\n"
    "  --json             the metadata of each article, a JSON object a line\n"
    "  -0, --null         end entries with a zero byte, not a line feed\n"
    "  --from DATE        published at DATE or later: 2019, 2019-03, 2019-03-05 or a\n"
    "                     time; where the date is not known, captured\n"
    "  --to DATE          published until the end of DATE\n"
    "  --format TYPE      of this media type: text/html; text/* are all texts\n"
    "  --language LANG    in this language: en is also en-GB\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings\n"
    "\n"
    "Exit status: 0 done; 1 no article matches, or failed; 3 damaged; 4 not trusted.\n";

enum { JSON = 256, FROM, TO, FORMAT, LANGUAGE };

struct request {
	bool details;
	bool json;
	bool null;
	struct cli_filter filter;
	struct cli_trust trust;
};

/* Text from the archive: as it is, unless a terminal would see it or a line must stay one line. */
static void put_text(struct capsa_text text, bool escaped)
{
	if (escaped)
		cli_print_text(stdout, text);
	else
		fwrite(text.data, 1, text.size, stdout);
}

/* A text of the line, escaped, in at least `width` columns. */
static void put_column(struct capsa_text line, const char *key, int width)
{
	char *text = cli_line_string(line, key);

	printf("%-*s  ", width, text != NULL ? cli_quote(text) : "-");
	free(text);
}

/* The day of publication, else of capture. */
static void put_date(struct capsa_text line)
{
	char *date = cli_line_string(line, "date");

	if (date == NULL)
		date = cli_line_string(line, "captured");
	printf("%-10.10s  ", date != NULL ? cli_quote(date) : "-");
	free(date);
}

static void put_details(const struct cli_selected *article)
{
	char *title = cli_line_string(article->line, "title");
	struct capsa_text size;

	if (capsa_line_find(article->line, "size", &size) != CAPSA_OK)
		size = (struct capsa_text){"-", 1};
	printf("%12s  ", cli_quote_text(size));
	put_date(article->line);
	put_column(article->line, "format", 24);
	put_text((struct capsa_text){article->path, strlen(article->path)}, true);
	if (title != NULL) {
		fputs("  ", stdout);
		put_text((struct capsa_text){title, strlen(title)}, true);
	}
	free(title);
}

static int list(const struct request *request, struct cli_archive *archive)
{
	struct cli_selection *selection = cli_select_new(archive, &request->filter);
	struct cli_selected article;
	bool escaped = !request->null && isatty(STDOUT_FILENO) == 1;
	int end = request->null ? '\0' : '\n';

	if (selection == NULL)
		return CLI_FAILED;
	/* A reader of the pipe who has seen enough ends the work. */
	while (ferror(stdout) == 0 && cli_select_next(selection, &article)) {
		/* What has no line any more was reported. */
		if (article.line.size == 0)
			continue;
		if (request->details)
			put_details(&article);
		else if (request->json)
			put_text(article.line, escaped);
		else
			put_text((struct capsa_text){article.path, strlen(article.path)}, escaped);
		putchar(end);
	}
	return cli_select_end(selection);
}

/* ---- options ---- */

/* One option; CLI_DONE where the next may follow. */
static int take_option(struct request *request, int option)
{
	int status;

	switch (option) {
	case 'l':
		request->details = true;
		return CLI_DONE;
	case '0':
		request->null = true;
		return CLI_DONE;
	case JSON:
		request->json = true;
		return CLI_DONE;
	case FROM:
		return cli_filter_from(&request->filter, optarg);
	case TO:
		return cli_filter_to(&request->filter, optarg);
	case FORMAT:
		request->filter.format = optarg;
		return CLI_DONE;
	case LANGUAGE:
		request->filter.language = optarg;
		return CLI_DONE;
	default:
		if (!cli_trust_option(option, optarg, "list", &request->trust, &status))
			return cli_usage("list");
		return status;
	}
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"long", no_argument, NULL, 'l'},
		{"json", no_argument, NULL, JSON},
		{"null", no_argument, NULL, '0'},
		{"from", required_argument, NULL, FROM},
		{"to", required_argument, NULL, TO},
		{"format", required_argument, NULL, FORMAT},
		{"language", required_argument, NULL, LANGUAGE},
		CLI_TRUST_OPTIONS,
		{0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "l0" CLI_TRUST_LETTERS, options, NULL)) != -1) {
		status = take_option(request, option);
		if (status != CLI_DONE)
			return status;
	}
	if (optind == argc) {
		cli_error("list wants an archive");
		return cli_usage("list");
	}
	if (request->details && request->json) {
		cli_error("-l and --json exclude each other");
		return cli_usage("list");
	}
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
		status = list(&request, &archive);
		cli_archive_close(&archive);
	}
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_list = {
	.name = "list",
	.run = run,
	.summary = "the articles of an archive, their dates, titles, metadata",
	.help = help,
};
