/* capsa find: articles by what a reader remembers of them. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
    "Usage: capsa find [options] ARCHIVE... [WORD...]\n"
    "\n"
    "Prints the articles whose metadata have every WORD somewhere in title,\n"
    "description, creator, contributor, subject, path, url or identifier. A WORD may be\n"
    "a part of a word, or several words in quotation marks; upper and lower case are\n"
    "one. Options narrow it down further.\n"
    "\n"
    "ARCHIVEs come first: the first argument, and those after it that exist, end in\n"
    ".capsa or begin with http:// or https://, up to the first that does not; a\n"
    "directory stands for the *.capsa in it. All others are WORDs. Where a WORD is also\n"
    "the name of a file, put -- before the WORDs.\n"
    "\n"
    "  --title TEXT       TEXT is in the title\n"
    "  --creator TEXT     TEXT is in creator or contributor\n"
    "  --site HOST        the url is of this host, or of one below it: example.org is\n"
    "                     also www.example.org and blog.example.org\n"
    "  --from DATE        published at DATE or later: 2019, 2019-03, 2019-03-05 or a\n"
    "                     time; where the date is not known, captured\n"
    "  --to DATE          published until the end of DATE\n"
    "  --json             a JSON object a line instead: archive, path, date (as it is in\n"
    "                     the metadata), title, url; unknown ones are left out\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings, no progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "Each article is a line: archive, day, path and title, separated by tabs, on a\n"
    "terminal by two spaces; control characters and backslashes in them are escaped.\n"
    "\n"
    "Exit status: 0 something was found; 1 nothing was, or failed; 3 damaged; 4 not\n"
    "trusted. Of several archives the worst counts: 3, then 1, then 4.\n";

enum { TITLE = 256, CREATOR, SITE, FROM, TO, JSON };

struct find {
	char **archives;                /* of the command line, like the words */
	size_t archive_count;
	char **words;                   /* folded, owned */
	size_t word_count;
	char *title;                    /* folded, owned; NULL: any; so below */
	char *creator;
	char *site;                     /* the SURT of its host, without ')' */
	struct cli_filter filter;
	bool json;
	bool terminal;
	struct cli_trust trust;
	bool failed;                    /* out of memory */
	uint64_t found;
	uint64_t looked_at, bytes;      /* for progress */
};

/* ---- does an article match? ---- */

/* Texts of a line, folded, each with a line feed behind it, which no folded text has. */
struct haystack {
	char *text;
	size_t size;
	bool failed;                    /* out of memory */
};

static void add_folded(struct haystack *haystack, struct capsa_text text)
{
	char *folded = cli_fold(text);
	size_t size = folded != NULL ? strlen(folded) : 0;
	char *grown = folded != NULL ? realloc(haystack->text, haystack->size + size + 2) : NULL;

	if (grown != NULL) {
		haystack->text = grown;
		memcpy(grown + haystack->size, folded, size);
		haystack->size += size;
		memcpy(grown + haystack->size++, "\n", 2);
	} else {
		haystack->failed = true;
	}
	free(folded);
}

static void add_string(struct haystack *haystack, struct capsa_text value)
{
	char *text = malloc(value.size + 1);

	if (text == NULL) {
		haystack->failed = true;
		return;
	}
	add_folded(haystack, (struct capsa_text){text, capsa_line_text(value, text)});
	free(text);
}

/* A text, or each of an array of them. */
static void add_member(struct haystack *haystack, struct capsa_text line, const char *key)
{
	struct capsa_text value, element, none;

	if (capsa_line_find(line, key, &value) != CAPSA_OK)
		return;
	if (value.data[0] == '"')
		add_string(haystack, value);
	else if (value.data[0] == '[')
		while (capsa_line_next(&value, &none, &element))
			add_string(haystack, element);
}

static bool has(const struct haystack *haystack, const char *folded)
{
	return haystack->text != NULL && strstr(haystack->text, folded) != NULL;
}

/* Is `folded` part of one of these two members? */
static bool has_in(struct find *find, struct capsa_text line, const char *first, const char *second,
                   const char *folded)
{
	struct haystack haystack = {0};
	bool found;

	add_member(&haystack, line, first);
	if (second != NULL)
		add_member(&haystack, line, second);
	found = has(&haystack, folded);
	find->failed = find->failed || haystack.failed;
	free(haystack.text);
	return found;
}

static bool has_words(struct find *find, const struct cli_selected *article)
{
	static const char *const keys[] = {"title",   "description", "creator",   "contributor",
	                                   "subject", "url",         "identifier"};
	struct haystack haystack = {0};
	bool found = true;

	if (find->word_count == 0)
		return true;
	add_folded(&haystack, (struct capsa_text){article->path, strlen(article->path)});
	for (size_t i = 0; i < sizeof keys / sizeof keys[0] && article->line.size != 0; i++)
		add_member(&haystack, article->line, keys[i]);
	for (size_t i = 0; i < find->word_count && found; i++)
		found = has(&haystack, find->words[i]);
	find->failed = find->failed || haystack.failed;
	free(haystack.text);
	return found;
}

/* Is the URL's host the site, or below it? */
static bool is_of_site(struct capsa_text line, const char *site)
{
	char *url = cli_line_string(line, "url");
	size_t size = strlen(site), surt_size;
	char *surt = NULL;
	bool match = false;

	if (url != NULL &&
	    (strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "https://", 8) == 0))
		surt = cli_surt((struct capsa_text){url, strlen(url)}, &surt_size);
	if (surt != NULL)
		match = strncmp(surt, site, size) == 0 && surt[size] != '\0' &&
		        strchr("),:", surt[size]) != NULL;
	free(surt);
	free(url);
	return match;
}

static bool matches(struct find *find, const struct cli_selected *article)
{
	struct capsa_text line = article->line;
	bool needs_line = find->title != NULL || find->creator != NULL || find->site != NULL;

	if (line.size == 0 && needs_line)
		return false;
	if (find->site != NULL && !is_of_site(line, find->site))
		return false;
	if (find->title != NULL && !has_in(find, line, "title", NULL, find->title))
		return false;
	if (find->creator != NULL &&
	    !has_in(find, line, "creator", "contributor", find->creator))
		return false;
	return has_words(find, article);
}

/* ---- an article that does ---- */

/* When it was published, else captured; the caller frees it. */
static char *date_of(struct capsa_text line)
{
	char *date = cli_line_string(line, "date");

	return date != NULL ? date : cli_line_string(line, "captured");
}

static void print_member(const char *key, const char *text)
{
	if (text == NULL)
		return;
	printf(",\"%s\":", key);
	cli_print_json(stdout, (struct capsa_text){text, strlen(text)});
}

static void print_article(const struct find *find, const char *archive,
                          const struct cli_selected *article)
{
	struct capsa_text line = article->line;
	char *date = date_of(line);
	char *title = cli_line_string(line, "title");
	const char *gap = find->terminal ? "  " : "\t";

	if (find->json) {
		char *url = cli_line_string(line, "url");

		fputs("{\"archive\":", stdout);
		cli_print_json(stdout, (struct capsa_text){archive, strlen(archive)});
		print_member("path", article->path);
		print_member("date", date);
		print_member("title", title);
		print_member("url", url);
		puts("}");
		free(url);
	} else {
		printf("%s%s%-*.10s%s%s", cli_quote(archive), gap, find->terminal ? 10 : 1,
		       date != NULL ? cli_quote(date) : "-", gap, cli_quote(article->path));
		fputs(gap, stdout);
		if (title != NULL)
			cli_print_text(stdout, (struct capsa_text){title, strlen(title)});
		putchar('\n');
	}
	free(title);
	free(date);
}

/* ---- one archive ---- */

static int find_in(struct find *find, struct cli_archive *archive)
{
	struct cli_selection *selection = cli_select_new(archive, &find->filter);
	struct cli_selected article;

	if (selection == NULL)
		return CLI_FAILED;
	/* A reader of the pipe who has seen enough ends the work. */
	while (!find->failed && ferror(stdout) == 0 && cli_select_next(selection, &article)) {
		find->bytes += article.line.size;
		cli_progress_step(++find->looked_at, find->bytes);
		if (!matches(find, &article))
			continue;
		cli_progress_hide();
		print_article(find, archive->path, &article);
		find->found++;
	}
	if (find->failed)
		cli_error("out of memory");
	return cli_worse(cli_select_end(selection), find->failed ? CLI_FAILED : CLI_DONE);
}

static int find_archive(void *ctx, const char *path)
{
	struct find *find = ctx;
	struct cli_archive archive;
	int status = cli_archive_open(&archive, path, &find->trust);

	if (status != CLI_DONE)
		return status;
	status = find_in(find, &archive);
	cli_archive_close(&archive);
	return status;
}

static int find_all(struct find *find)
{
	int status;

	cli_progress_start("find", 0);
	status = cli_each_archive(find->archives, find->archive_count, find_archive, find);
	cli_progress_end();
	if (find->found != 0 || status != CLI_DONE)
		return find->found != 0 ? status : cli_worse(status, CLI_FAILED);
	cli_note("no article matches");
	return CLI_FAILED;
}

/* ---- options ---- */

/* A fragment to look for, folded; the caller frees it.  Reports what is none, NULL then. */
static char *fold_argument(const char *what, const char *given)
{
	struct capsa_text text = {given, strlen(given)};
	char *folded = NULL;

	if (cli_utf8_prefix(text) == text.size) {
		folded = cli_fold(text);
		if (folded == NULL) {
			cli_error("out of memory");
			return NULL;
		}
	}
	if (folded != NULL && folded[0] != '\0')
		return folded;
	cli_error("%s '%s': not a text in UTF-8 to look for", what, cli_quote(given));
	free(folded);
	return NULL;
}

static int take_fragment(char **out, const char *what, const char *given)
{
	free(*out);
	*out = fold_argument(what, given);
	return *out != NULL ? CLI_DONE : CLI_USAGE;
}

/* A host as SURTs begin with it. */
static int take_site(struct find *find, const char *host)
{
	char *url = NULL;
	size_t size;

	if (host[0] == '\0' || strpbrk(host, "/?#@ ") != NULL) {
		cli_error("--site '%s': not a host like example.org", cli_quote(host));
		return CLI_USAGE;
	}
	free(find->site);
	find->site = NULL;
	if (asprintf(&url, "http://%s/", host) >= 0)
		find->site = cli_surt((struct capsa_text){url, strlen(url)}, &size);
	free(url);
	if (find->site == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	find->site[strcspn(find->site, ")")] = '\0';
	return CLI_DONE;
}

/* Exit status. */
static int set_option(struct find *find, int option)
{
	int status;

	switch (option) {
	case TITLE:
		return take_fragment(&find->title, "--title", optarg);
	case CREATOR:
		return take_fragment(&find->creator, "--creator", optarg);
	case SITE:
		return take_site(find, optarg);
	case FROM:
		return cli_filter_from(&find->filter, optarg);
	case TO:
		return cli_filter_to(&find->filter, optarg);
	case JSON:
		find->json = true;
		return CLI_DONE;
	default:
		if (cli_trust_option(option, optarg, "find", &find->trust, &status))
			return status;
		return cli_usage("find");
	}
}

static bool is_archive(const char *argument)
{
	struct stat info;

	return cli_is_archive_name(argument) || strncmp(argument, "http://", 7) == 0 ||
	       strncmp(argument, "https://", 8) == 0 || stat(argument, &info) == 0;
}

/*
 * The first `count` of `operands` are archives where these stood before `--`; else as many as look
 * like it, but at least one.
 */
static int take_operands(struct find *find, char **operands, size_t count, size_t before)
{
	find->archives = operands;
	find->archive_count = before;
	if (before == 0)
		do
			find->archive_count++;
		while (find->archive_count < count && is_archive(operands[find->archive_count]));
	for (size_t i = find->archive_count; i < count; i++) {
		char *word = fold_argument("the word", operands[i]);

		if (word == NULL)
			return CLI_USAGE;
		find->words[find->word_count++] = word;
	}
	if (find->word_count != 0 || find->title != NULL || find->creator != NULL ||
	    find->site != NULL || find->filter.has_period)
		return CLI_DONE;
	cli_error("find wants something to look for; 'capsa list' lists all articles");
	return cli_usage("find");
}

/* `operands` has room for argc; those before `--` are counted. */
static int parse(struct find *find, int argc, char **argv, char **operands)
{
	/* The `-` gives operands as they come, so that `--` can tell archives and words apart. */
	static const char letters[] = "-" CLI_TRUST_LETTERS;
	static const struct option options[] = {
		{"title", required_argument, NULL, TITLE},
		{"creator", required_argument, NULL, CREATOR},
		{"site", required_argument, NULL, SITE},
		{"from", required_argument, NULL, FROM},
		{"to", required_argument, NULL, TO},
		{"json", no_argument, NULL, JSON},
		CLI_TRUST_OPTIONS,
		{0},
	};
	size_t count = 0, before = 0;
	int option, status;

	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (option == 1) {
			operands[count++] = optarg;
			continue;
		}
		status = set_option(find, option);
		if (status != CLI_DONE)
			return status;
	}
	if (optind < argc)
		before = count;
	while (optind < argc)
		operands[count++] = argv[optind++];
	if (count == 0) {
		cli_error("find wants an archive");
		return cli_usage("find");
	}
	status = take_operands(find, operands, count, before);
	if (status != CLI_DONE || find->trust.required)
		return status;
	return cli_trust_add_store(&find->trust, false);
}

static void release(struct find *find)
{
	for (size_t i = 0; i < find->word_count; i++)
		free(find->words[i]);
	free(find->words);
	free(find->title);
	free(find->creator);
	free(find->site);
	cli_trust_release(&find->trust);
}

static int run(int argc, char **argv)
{
	struct find find = {
		.filter = {.from = INT64_MIN, .to = INT64_MAX, .may_be_empty = true},
		.terminal = isatty(STDOUT_FILENO) == 1,
	};
	char **operands = calloc((size_t)argc, sizeof *operands);
	int status = CLI_FAILED;

	find.words = calloc((size_t)argc, sizeof *find.words);
	if (operands == NULL || find.words == NULL)
		cli_error("out of memory");
	else
		status = parse(&find, argc, argv, operands);
	if (status == CLI_DONE)
		status = find_all(&find);
	release(&find);
	free(operands);
	return status;
}

const struct cli_verb cli_verb_find = {
	.name = "find",
	.run = run,
	.summary = "articles by words, site, creator or date, in many archives",
	.help = help,
};
