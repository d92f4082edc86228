/*
 * The article that a user means by an ID: a path, a URL, a title or a digest.
 */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 20               /* listed; more are counted */
#define DIGEST_PREFIX "blake2b-256:"
#define DIGEST_DIGITS 64
#define DIGEST_DIGITS_MIN 8

static const char *const kind_names[] = {
	[CLI_BY_PATH] = "path",
	[CLI_BY_URL] = "url",
	[CLI_BY_TITLE] = "title",
	[CLI_BY_DIGEST] = "digest",
};

struct lookup {
	struct cli_archive *archive;
	const struct cli_lookup *how;
};

/* The articles that an ID may mean. */
struct matches {
	uint64_t numbers[CANDIDATES_MAX];
	uint64_t count;
	int64_t when;                   /* of a URL; 0: not known */
};

static void add_match(struct matches *matches, uint64_t number)
{
	if (matches->count < CANDIDATES_MAX)
		matches->numbers[matches->count] = number;
	matches->count++;
}

static int out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* How a search ended: that there is no such article is no failure yet. */
static int searched(const struct lookup *lookup, enum capsa_status status,
                    const struct capsa_error *err)
{
	if (status == CAPSA_OK || status == CAPSA_ENOENT)
		return CLI_DONE;
	return cli_fail(lookup->archive->path, status, err);
}

/* ---- by path ---- */

static int find_path(const struct lookup *lookup, const char *id, struct matches *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	uint64_t number;
	enum capsa_status status =
	    capsa_reader_find_path(lookup->archive->reader, id, &number, &err);

	if (status == CAPSA_OK)
		add_match(out, number);
	return searched(lookup, status, &err);
}

/* ---- by URL ---- */

/* Has the line a URL of this whole SURT? */
static bool has_surt(struct capsa_text line, const char *surt, size_t size)
{
	char *url = cli_line_string(line, "url");
	char *other = NULL;
	size_t other_size = 0;
	bool same;

	if (url != NULL)
		other = cli_surt((struct capsa_text){url, strlen(url)}, &other_size);
	same = other != NULL && other_size == size && memcmp(other, surt, size) == 0;
	free(other);
	free(url);
	return same;
}

/*
 * Of a SURT longer than a key only its beginning is in the tree, together with those of others: the
 * lines tell them apart.
 */
static int find_long_url(const struct lookup *lookup, const char *surt, size_t size,
                         struct matches *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_reader *reader = lookup->archive->reader;
	char from[CAPSA_URL_KEY_MAX + 1] = "";
	struct capsa_cursor *cursor;
	struct capsa_text key, line;
	uint64_t number;
	enum capsa_status status;

	memcpy(from, surt, CAPSA_URL_KEY_MAX);
	status = capsa_cursor_new(&cursor, reader, CAPSA_TREE_URL,
	                          (struct capsa_text){from, sizeof from}, &err);
	while (status == CAPSA_OK) {
		int64_t when;

		status = capsa_cursor_next(cursor, &key, &number, &err);
		if (status != CAPSA_OK || key.size != sizeof from + 8 ||
		    memcmp(key.data, from, sizeof from) != 0)
			break;
		when = capsa_time_of_key((const uint8_t *)key.data + sizeof from);
		if (when > lookup->how->at)
			break;
		status = capsa_reader_metadata(reader, number, &line, &err);
		if (status == CAPSA_OK && has_surt(line, surt, size)) {
			*out = (struct matches){.when = when};
			add_match(out, number);
		}
	}
	capsa_cursor_free(cursor);
	return searched(lookup, status, &err);
}

static int find_url(const struct lookup *lookup, const char *id, struct matches *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	size_t size;
	char *surt = cli_surt((struct capsa_text){id, strlen(id)}, &size);
	uint64_t number;
	enum capsa_status status = CAPSA_ENOENT;
	int result;

	if (surt == NULL)
		return out_of_memory();
	if (size >= CAPSA_URL_KEY_MAX) {
		result = find_long_url(lookup, surt, size, out);
		free(surt);
		return result;
	}
	if (size != 0)
		status =
		    capsa_reader_find_url(lookup->archive->reader, (struct capsa_text){surt, size},
		                          lookup->how->at, &number, &out->when, &err);
	free(surt);
	if (status == CAPSA_OK)
		add_match(out, number);
	return searched(lookup, status, &err);
}

/* ---- by title ---- */

static bool has_title(struct capsa_text line, const char *folded)
{
	char *title = cli_line_string(line, "title");
	char *other = title != NULL ? cli_fold((struct capsa_text){title, strlen(title)}) : NULL;
	bool same = other != NULL && strcmp(other, folded) == 0;

	free(other);
	free(title);
	return same;
}

static int find_folded_title(const struct lookup *lookup, struct capsa_text from,
                             const char *folded, struct matches *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_reader *reader = lookup->archive->reader;
	struct capsa_cursor *cursor;
	struct capsa_text key, line;
	uint64_t number;
	enum capsa_status status = capsa_cursor_new(&cursor, reader, CAPSA_TREE_TITLE, from, &err);

	while (status == CAPSA_OK) {
		status = capsa_cursor_next(cursor, &key, &number, &err);
		if (status != CAPSA_OK || key.size != from.size ||
		    memcmp(key.data, from.data, from.size) != 0)
			break;
		status = capsa_reader_metadata(reader, number, &line, &err);
		if (status == CAPSA_OK && has_title(line, folded))
			add_match(out, number);
	}
	capsa_cursor_free(cursor);
	return searched(lookup, status, &err);
}

static int find_title(const struct lookup *lookup, const char *id, struct matches *out)
{
	struct capsa_text text = {id, strlen(id)};
	const struct capsa_keys *keys = cli_keys();
	char key[CAPSA_TITLE_KEY_MAX];
	size_t size = 0;
	char *folded;
	int result = CLI_DONE;

	/* Titles are valid UTF-8. */
	if (cli_utf8_prefix(text) != text.size)
		return CLI_DONE;
	folded = cli_fold(text);
	if (folded == NULL || keys->title(keys->ctx, text, key, sizeof key, &size) != 0) {
		free(folded);
		return out_of_memory();
	}
	if (size != 0)
		result = find_folded_title(lookup, (struct capsa_text){key, size}, folded, out);
	free(folded);
	return result;
}

/* ---- by digest ---- */

/* The digits of the line's digest; NULL where it is none. */
static const char *line_digits(struct capsa_text line)
{
	const size_t prefix = strlen(DIGEST_PREFIX);
	struct capsa_text value;

	if (capsa_line_find(line, "digest", &value) != CAPSA_OK ||
	    value.size != 1 + prefix + DIGEST_DIGITS + 1 ||
	    memcmp(value.data + 1, DIGEST_PREFIX, prefix) != 0)
		return NULL;
	return value.data + 1 + prefix;
}

/* All lines are read, for digests are in no tree. */
static int find_digits(const struct lookup *lookup, const char *digits, struct matches *out)
{
	static const struct cli_filter all = {0};
	struct cli_selection *selection = cli_select_new(lookup->archive, &all);
	size_t size = strlen(digits);
	char first[DIGEST_DIGITS] = "";
	struct cli_selected article;

	if (selection == NULL)
		return CLI_FAILED;
	while (cli_select_next(selection, &article)) {
		const char *found = line_digits(article.line);

		if (found == NULL || strncasecmp(found, digits, size) != 0)
			continue;
		/* Articles of the same body are as good as one. */
		if (out->count != 0 && memcmp(found, first, sizeof first) == 0)
			continue;
		memcpy(first, found, sizeof first);
		add_match(out, article.number);
	}
	return cli_select_end(selection);
}

static int find_digest(const struct lookup *lookup, const char *id, struct matches *out)
{
	const char *digits = id;
	size_t size;

	if (strncmp(digits, DIGEST_PREFIX, strlen(DIGEST_PREFIX)) == 0)
		digits += strlen(DIGEST_PREFIX);
	size = strlen(digits);
	if (size < DIGEST_DIGITS_MIN || size > DIGEST_DIGITS ||
	    strspn(digits, "0123456789abcdefABCDEF") != size) {
		cli_error("'%s' is no digest: %d to %d hexadecimal digits", cli_quote(id),
		          DIGEST_DIGITS_MIN, DIGEST_DIGITS);
		return CLI_USAGE;
	}
	return find_digits(lookup, digits, out);
}

/* ---- which article an ID means ---- */

/* The path of an article; the caller frees it.  Reports what fails, NULL then. */
static char *path_of(const struct lookup *lookup, uint64_t number, int *result)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_text line;
	enum capsa_status status =
	    capsa_reader_metadata(lookup->archive->reader, number, &line, &err);
	char *path = status == CAPSA_OK ? cli_line_string(line, "path") : NULL;

	if (status != CAPSA_OK)
		*result = cli_fail(lookup->archive->path, status, &err);
	else if (path == NULL)
		*result = out_of_memory();
	return path;
}

/* Which article a URL, title or digest has found. */
static int note_match(const struct lookup *lookup, const char *id, enum cli_kind kind,
                      const struct matches *matches)
{
	char time[CAPSA_TIME_TEXT];
	int result = CLI_DONE;
	char *path;

	if (kind == CLI_BY_PATH || cli_quiet)
		return CLI_DONE;
	path = path_of(lookup, matches->numbers[0], &result);
	if (path == NULL)
		return result;
	if (kind == CLI_BY_URL && matches->when != 0) {
		capsa_time_text(matches->when, time);
		cli_note("%s '%s' is %s, of %s", kind_names[kind], cli_quote(id), cli_quote(path),
		         time);
	} else {
		cli_note("%s '%s' is %s", kind_names[kind], cli_quote(id), cli_quote(path));
	}
	free(path);
	return CLI_DONE;
}

static int report_candidates(const struct lookup *lookup, const char *id, enum cli_kind kind,
                             const struct matches *matches)
{
	uint64_t listed = matches->count < CANDIDATES_MAX ? matches->count : CANDIDATES_MAX;
	int result = CLI_FAILED;

	cli_error("%s: %" PRIu64 " articles have the %s '%s':", cli_quote(lookup->archive->path),
	          matches->count, kind_names[kind], cli_quote(id));
	for (uint64_t i = 0; i < listed; i++) {
		char *path = path_of(lookup, matches->numbers[i], &result);

		if (path != NULL)
			cli_error("  %s", cli_quote(path));
		free(path);
	}
	if (matches->count > listed)
		cli_error("  and %" PRIu64 " more", matches->count - listed);
	return result;
}

int cli_lookup(struct cli_archive *archive, const struct cli_lookup *how, const char *id,
               uint64_t *number)
{
	static int (*const finders[])(const struct lookup *, const char *, struct matches *) = {
		[CLI_BY_PATH] = find_path, [CLI_BY_URL] = find_url,
		[CLI_BY_TITLE] = find_title, [CLI_BY_DIGEST] = find_digest,
	};
	const struct lookup lookup = {archive, how};
	enum cli_kind first = how->by == CLI_BY_ANY ? CLI_BY_PATH : how->by;
	enum cli_kind last = how->by == CLI_BY_ANY ? CLI_BY_TITLE : how->by;

	for (enum cli_kind kind = first; kind <= last; kind++) {
		struct matches matches = {0};
		int result = finders[kind](&lookup, id, &matches);

		if (matches.count > 1)
			return cli_worse(result, report_candidates(&lookup, id, kind, &matches));
		if (matches.count == 1) {
			*number = matches.numbers[0];
			return cli_worse(result, note_match(&lookup, id, kind, &matches));
		}
		/* Of a damaged tree nobody knows what it lacks. */
		if (result != CLI_DONE)
			return result;
	}
	cli_error("%s: no article '%s'", cli_quote(archive->path), cli_quote(id));
	return CLI_FAILED;
}

int cli_lookup_kind(const char *name, enum cli_kind *out)
{
	for (enum cli_kind kind = CLI_BY_PATH; kind <= CLI_BY_DIGEST; kind++) {
		if (strcmp(name, kind_names[kind]) == 0) {
			*out = kind;
			return CLI_DONE;
		}
	}
	cli_error("--by '%s': must be path, url, title or digest", cli_quote(name));
	return CLI_USAGE;
}
