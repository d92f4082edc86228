/*
 * The articles that a user means: patterns over their paths, a period, a media type, a language.
 *
 * Where patterns begin with letters, or a period is asked for, a key tree names the few articles in
 * question; else all metadata lines are read.  In both ways the line decides, so the answer does
 * not depend on the way.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 4000
#define COLLECT_MAX ((size_t)1 << 20)   /* so many articles are better found by reading all lines */
#define LOST_MAX ((size_t)1 << 20)      /* what is damaged more is not worth naming */

/* An article without a line, whose path only the path tree knows. */
struct lost {
	uint64_t number;
	char *path;                     /* owned; NULL: not known */
	int sys;                        /* errno of what failed, or 0 */
};

struct cli_selection {
	struct cli_archive *archive;    /* borrowed */
	const struct cli_filter *filter;
	uint64_t articles;
	bool *matched;                  /* by pattern, owned */

	uint64_t *numbers;              /* ascending, owned; NULL: all articles */
	size_t count;
	size_t room;
	uint64_t next;                  /* into numbers, else an article number */

	struct lost *lost;              /* ascending, owned */
	size_t lost_count;
	size_t lost_room;
	size_t lost_next;
	bool lost_named;

	char path[PATH_MAX_BYTES * 2 + 3];      /* unescaped, and in between quoted and escaped */
	bool found;
	bool ended;                     /* all was looked at */
	int status;
};

/* ---- dates ---- */

bool cli_period(const char *text, int64_t *first, int64_t *last)
{
	const int64_t day = 86400;
	size_t size = strlen(text);
	char date[16];

	if (size != 4 && size != 7) {
		if (!capsa_date_seconds((struct capsa_text){text, size}, first))
			return false;
		*last = *first + (size == 10 ? day - 1 : 0);
		return true;
	}
	snprintf(date, sizeof date, "%s%s", text, size == 4 ? "-01-01" : "-01");
	if (!capsa_date_seconds((struct capsa_text){date, 10}, first))
		return false;
	for (int end = 31; end >= 28; end--) {
		snprintf(date, sizeof date, "%s%s-%d", text, size == 4 ? "-12" : "", end);
		if (capsa_date_seconds((struct capsa_text){date, 10}, last))
			break;
	}
	*last += day - 1;
	return true;
}

static bool take_period(struct cli_filter *filter, const char *option, const char *text,
                        int64_t *first, int64_t *last)
{
	if (!cli_period(text, first, last)) {
		cli_error(
		    "%s '%s': not a date like 2019, 2019-03, 2019-03-05 or 2019-03-05T12:00:00Z",
		    option, cli_quote(text));
		return false;
	}
	if (!filter->has_period) {
		filter->from = INT64_MIN;
		filter->to = INT64_MAX;
	}
	filter->has_period = true;
	return true;
}

int cli_filter_from(struct cli_filter *filter, const char *text)
{
	int64_t first, last;

	if (!take_period(filter, "--from", text, &first, &last))
		return CLI_USAGE;
	filter->from = first;
	return CLI_DONE;
}

int cli_filter_to(struct cli_filter *filter, const char *text)
{
	int64_t first, last;

	if (!take_period(filter, "--to", text, &first, &last))
		return CLI_USAGE;
	filter->to = last;
	return CLI_DONE;
}

/* ---- metadata lines ---- */

/* A string of the line, with its quotes and escapes; false where there is none. */
static bool find_string(struct capsa_text line, const char *key, struct capsa_text *value)
{
	return capsa_line_find(line, key, value) == CAPSA_OK && value->size >= 2 &&
	       value->data[0] == '"';
}

/* What stands between the quotes, still escaped; empty where there is none. */
static struct capsa_text raw_text(struct capsa_text line, const char *key)
{
	struct capsa_text value;

	if (!find_string(line, key, &value))
		return (struct capsa_text){"", 0};
	return (struct capsa_text){value.data + 1, value.size - 2};
}

bool cli_line_date(struct capsa_text line, const char *key, int64_t *seconds)
{
	return capsa_date_seconds(raw_text(line, key), seconds);
}

char *cli_line_string(struct capsa_text line, const char *key)
{
	struct capsa_text value;
	char *out;

	if (!find_string(line, key, &value))
		return NULL;
	out = malloc(value.size + 1);
	if (out != NULL)
		out[capsa_line_text(value, out)] = '\0';
	else
		cli_lack_memory();
	return out;
}

/* The line's path into selection->path; false where the line has none that is allowed. */
static bool take_path(struct cli_selection *selection, struct capsa_text line)
{
	struct capsa_text value;
	size_t size;

	if (capsa_line_find(line, "path", &value) != CAPSA_OK ||
	    value.size >= sizeof selection->path)
		return false;
	size = capsa_line_text(value, selection->path);
	selection->path[size] = '\0';
	return capsa_path_check(selection->path, size, NULL) == CAPSA_OK;
}

int cli_fail_article(const struct cli_archive *archive, const char *path, enum capsa_status status,
                     const struct capsa_error *err)
{
	if (err->offset != CAPSA_NO_OFFSET)
		cli_error("%s: %s: %s (at %llu)", cli_quote(archive->path), cli_quote(path),
		          cli_quote(err->text), (unsigned long long)err->offset);
	else
		cli_error("%s: %s: %s", cli_quote(archive->path), cli_quote(path),
		          cli_quote(err->text));
	return cli_exit_of(status);
}

/* ---- the filter ---- */

/* A media type without its parameters, against another or all of a kind. */
static bool match_format(const char *wanted, struct capsa_text format)
{
	size_t size = strcspn(wanted, "; ");
	size_t type = 0;

	while (type < format.size && format.data[type] != ';' && format.data[type] != ' ')
		type++;
	if (size >= 2 && wanted[size - 1] == '*' && wanted[size - 2] == '/')
		return type >= size && strncasecmp(wanted, format.data, size - 1) == 0;
	return type == size && strncasecmp(wanted, format.data, size) == 0;
}

static bool match_language(const char *wanted, struct capsa_text language)
{
	size_t size = strlen(wanted);

	return language.size >= size && strncasecmp(wanted, language.data, size) == 0 &&
	       (language.size == size || language.data[size] == '-');
}

static bool match_line(const struct cli_filter *filter, struct capsa_text line)
{
	int64_t time;

	if (filter->has_period &&
	    ((!cli_line_date(line, "date", &time) && !cli_line_date(line, "captured", &time)) ||
	     time < filter->from || time > filter->to))
		return false;
	if (filter->format != NULL && !match_format(filter->format, raw_text(line, "format")))
		return false;
	return filter->language == NULL ||
	       match_language(filter->language, raw_text(line, "language"));
}

/* Against all patterns, so that each is known to have matched something. */
static bool match_path(struct cli_selection *selection, const char *path)
{
	const struct cli_filter *filter = selection->filter;
	bool any = filter->pattern_count == 0;

	for (size_t i = 0; i < filter->pattern_count; i++) {
		bool matches = cli_pattern_match(filter->patterns[i], path);

		selection->matched[i] = selection->matched[i] || matches;
		any = any || matches;
	}
	return any;
}

/* ---- articles that a key tree names ---- */

/* Room for one element more; false where memory is out. */
static bool make_room(void **elements, size_t count, size_t *room, size_t size)
{
	size_t more = *room != 0 ? *room * 2 : 256;
	void *grown;

	if (count < *room)
		return true;
	grown = reallocarray(*elements, more, size);
	if (grown == NULL)
		return false;
	*elements = grown;
	*room = more;
	return true;
}

static bool collect(struct cli_selection *selection, uint64_t number)
{
	void *numbers = selection->numbers;

	if (selection->count == COLLECT_MAX ||
	    !make_room(&numbers, selection->count, &selection->room, sizeof *selection->numbers))
		return false;
	selection->numbers = numbers;
	selection->numbers[selection->count++] = number;
	return true;
}

/* How a walk over a key tree ended, CAPSA_ENOENT at its end, as the selection's status. */
static bool walked_well(struct cli_selection *selection, enum capsa_status status,
                        const struct capsa_error *err)
{
	if (status == CAPSA_OK || status == CAPSA_ENOENT)
		return true;
	selection->status =
	    cli_worse(selection->status, cli_fail(selection->archive->path, status, err));
	return false;
}

/* A key of the path tree as the path, in selection->path. */
static void path_of_key(struct cli_selection *selection, struct capsa_text key)
{
	size_t size = key.size < sizeof selection->path ? key.size : sizeof selection->path - 1;

	for (size_t i = 0; i < size; i++)
		selection->path[i] = key.data[i] != '\0' ? key.data[i] : '/';
	selection->path[size] = '\0';
}

/*
 * All paths that begin as the pattern does are one range of the path tree.  Those that a pattern
 * without stars selects are the first of them.
 */
static bool collect_paths(struct cli_selection *selection, const char *pattern)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	char *prefix = malloc(strlen(pattern) + 1);
	size_t size = prefix != NULL ? cli_pattern_prefix(pattern, prefix) : 0;
	struct capsa_cursor *cursor = NULL;
	struct capsa_text key;
	enum capsa_status status = CAPSA_ENOENT;
	bool good = size != 0;
	uint64_t number;

	for (size_t i = 0; i < size; i++)
		prefix[i] = prefix[i] != '/' ? prefix[i] : '\0';
	if (good)
		status = capsa_cursor_new(&cursor, selection->archive->reader, CAPSA_TREE_PATH,
		                          (struct capsa_text){prefix, size}, &err);
	while (good && status == CAPSA_OK) {
		status = capsa_cursor_next(cursor, &key, &number, &err);
		if (status != CAPSA_OK || key.size < size || memcmp(key.data, prefix, size) != 0)
			break;
		path_of_key(selection, key);
		if (cli_pattern_match(pattern, selection->path))
			good = collect(selection, number);
		else if (cli_pattern_literal(pattern))
			break;
	}
	capsa_cursor_free(cursor);
	free(prefix);
	return walked_well(selection, status, &err) && good;
}

static bool collect_dates(struct cli_selection *selection)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_cursor *cursor;
	struct capsa_text key;
	enum capsa_status status;
	bool good = true;
	uint8_t from[8], to[8];
	uint64_t number;

	capsa_time_key(selection->filter->from, from);
	capsa_time_key(selection->filter->to, to);
	status = capsa_cursor_new(&cursor, selection->archive->reader, CAPSA_TREE_DATE,
	                          (struct capsa_text){(const char *)from, sizeof from}, &err);
	while (good && status == CAPSA_OK) {
		status = capsa_cursor_next(cursor, &key, &number, &err);
		if (status != CAPSA_OK || key.size != sizeof to ||
		    memcmp(key.data, to, sizeof to) > 0)
			break;
		good = collect(selection, number);
	}
	capsa_cursor_free(cursor);
	return walked_well(selection, status, &err) && good;
}

static int by_number(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

	return first < second ? -1 : first > second;
}

/* A proof holds no others. */
static void collect_proven(struct cli_selection *selection)
{
	size_t count;
	const uint64_t *numbers = capsa_proof_articles(selection->archive->proof, &count);

	for (size_t i = 0; i < count; i++)
		if (!collect(selection, numbers[i])) {
			cli_lack_memory();
			return;
		}
}

/* Find the articles in question through a tree where that may be quicker than reading all lines. */
static void collect_numbers(struct cli_selection *selection)
{
	const struct cli_filter *filter = selection->filter;
	bool by_path = filter->pattern_count != 0;
	bool good = by_path || filter->has_period;
	size_t kept = 0;

	if (selection->archive->proof != NULL) {
		collect_proven(selection);
		return;
	}
	for (size_t i = 0; i < filter->pattern_count; i++)
		by_path = by_path && strchr("*?[", filter->patterns[i][0]) == NULL;
	if (by_path)
		for (size_t i = 0; good && i < filter->pattern_count; i++)
			good = collect_paths(selection, filter->patterns[i]);
	else
		good = filter->has_period && collect_dates(selection);
	/* An empty array still means that there are no articles to look at. */
	if (good && selection->numbers == NULL)
		selection->numbers = calloc(1, sizeof *selection->numbers);
	if (!good) {
		free(selection->numbers);
		selection->numbers = NULL;
	}
	if (selection->numbers == NULL)
		return;
	qsort(selection->numbers, selection->count, sizeof *selection->numbers, by_number);
	for (size_t i = 0; i < selection->count; i++)
		if (kept == 0 || selection->numbers[kept - 1] != selection->numbers[i])
			selection->numbers[kept++] = selection->numbers[i];
	selection->count = kept;
}

/* ---- articles whose lines are lost ---- */

static bool note_lost(struct cli_selection *selection, uint64_t number, int sys)
{
	void *lost = selection->lost;

	/* A hostile statement may claim articles without end. */
	if (selection->lost_count == LOST_MAX ||
	    !make_room(&lost, selection->lost_count, &selection->lost_room,
	               sizeof *selection->lost))
		return false;
	selection->lost = lost;
	selection->lost[selection->lost_count++] = (struct lost){number, NULL, sys};
	return true;
}

static int lost_by_number(const void *number, const void *lost)
{
	return by_number(number, &((const struct lost *)lost)->number);
}

/* What the path tree calls them. */
static void name_lost(struct cli_selection *selection)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_cursor *cursor;
	struct capsa_text key;
	uint64_t number;
	enum capsa_status status =
	    capsa_cursor_new(&cursor, selection->archive->reader, CAPSA_TREE_PATH,
	                     (struct capsa_text){"", 0}, &err);

	while (status == CAPSA_OK) {
		struct lost *lost;

		status = capsa_cursor_next(cursor, &key, &number, &err);
		if (status != CAPSA_OK)
			break;
		lost = bsearch(&number, selection->lost, selection->lost_count, sizeof *lost,
		               lost_by_number);
		path_of_key(selection, key);
		if (lost != NULL && lost->path == NULL &&
		    capsa_path_check(selection->path, strlen(selection->path), NULL) == CAPSA_OK)
			lost->path = strdup(selection->path);
	}
	capsa_cursor_free(cursor);
	(void)walked_well(selection, status, &err);
}

/* The line of an article and its path. */
static enum capsa_status read_line(struct cli_selection *selection, uint64_t number,
                                   struct capsa_text *line, struct capsa_error *err)
{
	enum capsa_status status;

	*err = (struct capsa_error){.offset = CAPSA_NO_OFFSET};
	status = capsa_reader_metadata(selection->archive->reader, number, line, err);
	if (status == CAPSA_OK && !take_path(selection, *line)) {
		snprintf(err->text, sizeof err->text,
		         "the metadata line has no path that is allowed");
		status = CAPSA_ECORRUPT;
	}
	return status;
}

/* The next article that has a path, but no line; each is reported. */
static bool next_lost(struct cli_selection *selection, struct cli_selected *out)
{
	while (selection->lost_next < selection->lost_count) {
		const struct lost *lost = &selection->lost[selection->lost_next++];
		struct capsa_error err;
		enum capsa_status status = read_line(selection, lost->number, &out->line, &err);
		char number[40];

		if (lost->path != NULL && !match_path(selection, lost->path))
			continue;
		snprintf(number, sizeof number, "article %llu", (unsigned long long)lost->number);
		if (status == CAPSA_OK) {
			/* This time it can be read; in its place it is missing all the same. */
			status = CAPSA_EIO;
			snprintf(err.text, sizeof err.text, "cannot read: %s", strerror(lost->sys));
		}
		selection->status = cli_worse(
		    selection->status,
		    cli_fail_article(selection->archive, lost->path != NULL ? lost->path : number,
		                     status, &err));
		selection->found = true;
		if (lost->path == NULL)
			continue;
		*out = (struct cli_selected){lost->number, lost->path, {"", 0}};
		return true;
	}
	return false;
}

/* ---- the interface ---- */

struct cli_selection *cli_select_new(struct cli_archive *archive, const struct cli_filter *filter)
{
	struct cli_selection *selection = calloc(1, sizeof *selection);

	if (selection != NULL)
		selection->matched = calloc(filter->pattern_count + 1, sizeof *selection->matched);
	if (selection == NULL || selection->matched == NULL) {
		free(selection);
		cli_error("out of memory");
		return NULL;
	}
	selection->archive = archive;
	selection->filter = filter;
	selection->articles = capsa_reader_statement(archive->reader)->articles;
	collect_numbers(selection);
	return selection;
}

bool cli_select_next(struct cli_selection *selection, struct cli_selected *out)
{
	uint64_t end = selection->numbers != NULL ? selection->count : selection->articles;
	struct capsa_error err;

	while (selection->next < end) {
		uint64_t next = selection->next++;
		uint64_t number = selection->numbers != NULL ? selection->numbers[next] : next;
		struct capsa_text line;
		enum capsa_status status = read_line(selection, number, &line, &err);

		if (status == CAPSA_OK) {
			if (!match_line(selection->filter, line) ||
			    !match_path(selection, selection->path))
				continue;
			selection->found = true;
			*out = (struct cli_selected){number, selection->path, line};
			return true;
		}
		if ((status == CAPSA_ECORRUPT || status == CAPSA_EWITHHELD ||
		     status == CAPSA_EIO) &&
		    note_lost(selection, number, err.sys))
			continue;
		/* All others would fail like this one. */
		selection->status =
		    cli_worse(selection->status, cli_fail(selection->archive->path, status, &err));
		return false;
	}
	if (selection->lost_count != 0 && !selection->lost_named)
		name_lost(selection);
	selection->lost_named = true;
	if (next_lost(selection, out))
		return true;
	selection->ended = true;
	return false;
}

/* "no article matches", for each pattern that has none. */
static void report_absence(struct cli_selection *selection)
{
	const struct cli_filter *filter = selection->filter;
	const char *path = selection->archive->path;
	bool all = filter->pattern_count == 0 && !filter->has_period && filter->format == NULL &&
	           filter->language == NULL;
	bool missing = false;

	for (size_t i = 0; i < filter->pattern_count; i++) {
		if (selection->matched[i])
			continue;
		cli_error("%s: no article matches '%s'", cli_quote(path),
		          cli_quote(filter->patterns[i]));
		missing = true;
	}
	if (!all && !selection->found && !missing) {
		cli_error("%s: no article matches", cli_quote(path));
		missing = true;
	}
	if (missing)
		selection->status = cli_worse(selection->status, CLI_FAILED);
}

int cli_select_end(struct cli_selection *selection)
{
	int status;

	if (selection->ended && !selection->filter->may_be_empty)
		report_absence(selection);
	status = selection->status;
	for (size_t i = 0; i < selection->lost_count; i++)
		free(selection->lost[i].path);
	free(selection->lost);
	free(selection->numbers);
	free(selection->matched);
	free(selection);
	return status;
}
