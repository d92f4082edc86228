/*
 * Patterns over paths.
 *
 *	?       one character, not a slash
 *	*       any characters but slashes, also none
 *	**      any characters, also none; as a whole component also no component at all
 *	[a-z]   one character of the class; [!a-z] and [^a-z] one that is not of it; never a slash
 *	\x      x itself
 *
 * A pattern without stars, question marks and classes also selects all paths below it.
 */
#include "cli.h"

#include <string.h>

/*
 * The next character; a byte that begins no valid code point is one by itself, with a value that no
 * character has.  Not at the end of the text.
 */
static uint32_t next_character(const char **at)
{
	uint32_t c = (uint8_t)**at;
	size_t size = c < 0x80 ? 1 : cli_utf8_next(*at, &c);

	*at += size != 0 ? size : 1;
	return size != 0 ? c : 0x110000u + c;
}

/* A character of a class or one that stands for itself, without the backslash before it. */
static uint32_t next_literal(const char **pattern)
{
	if (**pattern == '\\' && (*pattern)[1] != '\0')
		++*pattern;
	return next_character(pattern);
}

/*
 * The class at *pattern, behind its '[': is `c` of it?  Moves behind the ']'; where there is none,
 * returns false and leaves *pattern, for the '[' stands for itself then.
 */
static bool match_class(const char **pattern, uint32_t c, bool *matched)
{
	const char *at = *pattern;
	bool negated = *at == '!' || *at == '^';
	bool found = false;

	if (negated)
		at++;
	for (const char *first = at; at == first || *at != ']';) {
		uint32_t low;
		uint32_t high;

		if (*at == '\0')
			return false;
		low = next_literal(&at);
		high = low;
		if (at[0] == '-' && at[1] != ']' && at[1] != '\0') {
			at++;
			high = next_literal(&at);
		}
		found = found || (low <= c && c <= high);
	}
	*pattern = at + 1;
	*matched = found != negated;
	return true;
}

/* One character against one element of the pattern that is no star.  A match moves both on. */
static bool match_one(const char **pattern, const char **path)
{
	const char *element = *pattern;
	const char *text = *path;
	uint32_t c;
	bool matched;

	if (*element == '\0' || *text == '\0')
		return false;
	c = next_character(&text);
	if (*element == '?') {
		element++;
		matched = c != '/';
	} else if (*element == '[' && (element++, match_class(&element, c, &matched))) {
		matched = matched && c != '/';
	} else {
		element = *pattern;
		matched = next_literal(&element) == c;
	}
	if (matched) {
		*pattern = element;
		*path = text;
	}
	return matched;
}

/* Where matching goes on when it fails later: behind a star that takes one character more. */
struct retry {
	const char *pattern;            /* NULL: no such star */
	const char *path;
	bool directories;               /* it was two stars and a slash */
};

/* Let a star take one character more, or one directory more; false where it cannot. */
static bool extend(struct retry *retry, bool across)
{
	const char *slash;

	if (retry->pattern == NULL || *retry->path == '\0')
		return false;
	if (retry->directories) {
		slash = strchr(retry->path, '/');
		if (slash == NULL)
			return false;
		retry->path = slash + 1;
		return true;
	}
	if (!across && *retry->path == '/')
		return false;
	next_character(&retry->path);
	return true;
}

/* A run of stars at `pattern`: sets the place to come back to, and returns what follows them. */
static const char *begin_star(const char *start, const char *pattern, const char *path,
                              struct retry *star, struct retry *stars)
{
	size_t count = strspn(pattern, "*");
	bool first = pattern == start || pattern[-1] == '/';
	bool directories = count > 1 && first && pattern[count] == '/';

	pattern += count + (directories ? 1 : 0);
	if (count == 1) {
		*star = (struct retry){pattern, path, false};
	} else {
		/* What follows may lie anywhere behind: nothing before is tried again. */
		*stars = (struct retry){pattern, path, directories};
		*star = (struct retry){0};
	}
	return pattern;
}

/*
 * Only the last star of each kind is ever tried again: an earlier one taking more leaves a later
 * one less to choose from.  So the work is bounded by the product of both lengths and that of a
 * component.
 */
bool cli_pattern_match(const char *pattern, const char *path)
{
	const char *start = pattern;
	struct retry star = {0};
	struct retry stars = {0};
	bool literal = cli_pattern_literal(pattern);

	for (;;) {
		if (*pattern == '*') {
			pattern = begin_star(start, pattern, path, &star, &stars);
			continue;
		}
		if (*pattern == '\0' &&
		    (*path == '\0' ||
		     (literal && pattern != start && (*path == '/' || pattern[-1] == '/'))))
			return true;
		if (match_one(&pattern, &path))
			continue;
		if (extend(&star, false)) {
			pattern = star.pattern;
			path = star.path;
		} else if (extend(&stars, true)) {
			star = (struct retry){0};
			pattern = stars.pattern;
			path = stars.path;
		} else {
			return false;
		}
	}
}

bool cli_pattern_literal(const char *pattern)
{
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		else if (strchr("*?[", *pattern) != NULL)
			return false;
	}
	return true;
}

size_t cli_pattern_prefix(const char *pattern, char *out)
{
	size_t size = 0;

	for (; *pattern != '\0' && strchr("*?[", *pattern) == NULL; pattern++) {
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		out[size++] = *pattern;
	}
	return size;
}
