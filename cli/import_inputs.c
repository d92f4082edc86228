/*
 * All inputs of a command line: what each is, is found out from its content, and importers of these
 * kinds follow one another.
 */
#include "import.h"

#include "path_set.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FIRST_LINE_MAX (256U << 20)     /* a longer first line is no JSONL, unless --from says so */

struct inputs_importer {
	struct importer base;           /* first, so that one pointer is both */
	const struct import_options *options;
	struct importer **parts;        /* owned, and what they point at */
	size_t count, current;
	/* The paths so far, where articles that have one of them are left out. */
	struct path_set articles, directories;
};

/* ---- what an input is ---- */

enum kind { KIND_FILES, KIND_JSONL, KIND_NONE };

static bool is_standard_input(const struct import_input *input)
{
	return strcmp(input->path, "-") == 0;
}

static bool ends(const char *name, const char *with)
{
	size_t size = strlen(name), end = strlen(with);

	return size >= end && strcmp(name + size - end, with) == 0;
}

/*
 * The first line that is not blank, if it begins like an object; the caller frees it.  NULL: it
 * does not, or it cannot be read, which is for an importer to report.
 */
static char *first_line(FILE *file, size_t *size)
{
	static const unsigned char mark[] = {0xef, 0xbb, 0xbf};
	char *line = NULL;
	size_t capacity = 0, skipped = 0;
	int c = getc_unlocked(file);

	while (skipped < sizeof mark && c == mark[skipped]) {
		c = getc_unlocked(file);
		skipped++;
	}
	while (c == ' ' || c == '\t' || c == '\r' || c == '\n')
		c = getc_unlocked(file);
	if (c != '{')
		return NULL;
	for (*size = 0; c != EOF && c != '\n'; c = getc_unlocked(file)) {
		if (*size == capacity) {
			char *longer;

			capacity = capacity != 0 ? 2 * capacity : 4096;
			longer = capacity <= FIRST_LINE_MAX ? realloc(line, capacity) : NULL;
			if (longer == NULL) {
				free(line);
				return NULL;
			}
			line = longer;
		}
		line[(*size)++] = (char)c;
	}
	return line;
}

static bool is_jsonl(const char *name, const struct import_options *options)
{
	FILE *file = fopen(name, "re");
	struct capsa_text line;
	char *text;
	bool found;

	if (file == NULL)
		return false;
	text = first_line(file, &line.size);
	line.data = text;
	found = text != NULL && import_jsonl_line(line, options);
	free(text);
	fclose(file);
	return found;
}

/* The kind that --from says; KIND_NONE: the input is of another, complained. */
static enum kind kind_asked(const struct import_input *input, const struct import_options *options)
{
	bool jsonl = strcmp(options->from, "jsonl") == 0;
	struct stat status;
	const char *what;

	if (is_standard_input(input) && !jsonl)
		what = "standard input is JSONL";
	else if (!is_standard_input(input) && jsonl && stat(input->file, &status) == 0 &&
	         S_ISDIR(status.st_mode))
		what = "is a directory";
	else
		return jsonl ? KIND_JSONL : KIND_FILES;
	import_complain(options->complaints, input->file, 0, "%s, not what --from says", what);
	return KIND_NONE;
}

static enum kind kind_of(const struct import_input *input, const struct import_options *options)
{
	struct stat status;

	if (options->from != NULL)
		return kind_asked(input, options);
	if (is_standard_input(input))
		return KIND_JSONL;
	if (stat(input->file, &status) != 0 || !S_ISREG(status.st_mode) ||
	    import_skipped(options, status.st_dev, status.st_ino) || ends(input->file, ".json"))
		return KIND_FILES;
	return is_jsonl(input->file, options) ? KIND_JSONL : KIND_FILES;
}

/* ---- the importer ---- */

/* Is the path free?  A writer would find out at its end, and then there would be no archive. */
static bool take_path(struct inputs_importer *all, const struct import_article *article)
{
	struct import_complaints *complaints = all->options->complaints;
	size_t size = strlen(article->path);

	if (import_paths_has(&all->articles, article->path, size)) {
		import_complain(complaints, article->origin, article->line,
		                "the path %s has come before", cli_quote(article->path));
		return false;
	}
	if (import_paths_has(&all->directories, article->path, size) ||
	    import_paths_has_above(&all->articles, article->path)) {
		import_complain(complaints, article->origin, article->line,
		                "the path %s is a directory of another, or below it",
		                cli_quote(article->path));
		return false;
	}
	import_paths_add(&all->articles, article->path, size);
	import_paths_add_above(&all->directories, article->path);
	if (!all->articles.failed && !all->directories.failed)
		return true;
	import_complain(complaints, article->origin, article->line, "out of memory");
	return false;
}

static int inputs_next(struct importer *importer, struct import_article *out)
{
	struct inputs_importer *all = (struct inputs_importer *)importer;

	while (all->current < all->count && cli_signal == 0) {
		struct importer *part = all->parts[all->current];
		int got = part->next(part, out);

		if (got > 0 && all->options->complaints->keep_going && !take_path(all, out))
			return -1;
		if (got != 0)
			return got;
		all->current++;
	}
	return 0;
}

static bool inputs_settle(struct importer *importer)
{
	struct inputs_importer *all = (struct inputs_importer *)importer;
	struct importer *part = all->parts[all->current];

	return part->settle(part);
}

static void inputs_rewind(struct importer *importer)
{
	struct inputs_importer *all = (struct inputs_importer *)importer;

	for (size_t i = 0; i < all->count; i++)
		all->parts[i]->rewind(all->parts[i]);
	all->current = 0;
	import_paths_release(&all->articles);
	import_paths_release(&all->directories);
}

static void inputs_close(struct importer *importer)
{
	struct inputs_importer *all = (struct inputs_importer *)importer;

	for (size_t i = 0; i < all->count; i++)
		all->parts[i]->close(all->parts[i]);
	import_paths_release(&all->articles);
	import_paths_release(&all->directories);
	free(all->parts);
	free(all);
}

/* ---- the parts ---- */

/* Add an importer, which may be NULL.  False: there can be no archive. */
static bool add_part(struct inputs_importer *all, struct importer *part, unsigned complaints)
{
	/* What was complained of can be left out; all else cannot. */
	if (part == NULL)
		return all->options->complaints->keep_going && cli_signal == 0 &&
		       all->options->complaints->count != complaints;
	all->parts[all->count++] = part;
	all->base.total_bytes += part->total_bytes;
	return true;
}

/*
 * Importers of all inputs; neighbours that are files or directories share one.  Goes on after a
 * failure, so that one run names all that need care.
 */
static bool add_parts(struct inputs_importer *all, const struct import_input *inputs, size_t count)
{
	const struct import_options *options = all->options;
	size_t from = 0;
	bool good = true;

	for (size_t i = 0; i <= count && cli_signal == 0; i++) {
		enum kind kind = i < count ? kind_of(&inputs[i], options) : KIND_NONE;
		unsigned complaints = options->complaints->count;

		if (kind == KIND_FILES)
			continue;
		if (from < i)
			good &=
			    add_part(all, import_dir(inputs + from, i - from, options), complaints);
		from = i + 1;
		complaints = options->complaints->count;
		if (kind == KIND_JSONL)
			good &= add_part(all, import_jsonl(&inputs[i], options), complaints);
	}
	return good && (options->complaints->keep_going || options->complaints->count == 0);
}

struct importer *import_inputs(const struct import_input *inputs, size_t count,
                               const struct import_options *options)
{
	struct inputs_importer *all = calloc(1, sizeof *all);
	struct importer **parts = calloc(count + 1, sizeof(struct importer *));

	if (all == NULL || parts == NULL) {
		cli_error("out of memory");
		free(all);
		free(parts);
		return NULL;
	}
	all->base = (struct importer){.next = inputs_next,
	                              .settle = inputs_settle,
	                              .rewind = inputs_rewind,
	                              .close = inputs_close};
	all->options = options;
	all->parts = parts;
	if (!add_parts(all, inputs, count) || cli_signal != 0) {
		inputs_close(&all->base);
		return NULL;
	}
	return &all->base;
}
