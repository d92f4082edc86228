/*
 * What is typed or comes out of a hostile archive and is compared: URLs, titles, paths, patterns.
 *  The input is cut at its first line feed into two texts.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static char *string_of(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		abort();
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

static void check_keys(struct capsa_text text)
{
	const struct capsa_keys *keys = cli_keys();
	char key[CAPSA_URL_KEY_MAX + 1];
	size_t size, whole_size;
	char *whole = cli_surt(text, &whole_size);

	/*
	 * The key is the beginning of the whole, which is at most three times as long as the URL.
	 */
	if (whole == NULL || whole_size > 3 * text.size + 2)
		abort();
	if (keys->url(keys->ctx, text, key, sizeof key, &size) != 0 || size > CAPSA_URL_KEY_MAX ||
	    size > whole_size || memcmp(key, whole, size) != 0)
		abort();
	free(whole);
	if (cli_utf8_prefix(text) != text.size)
		return;
	if (keys->title(keys->ctx, text, key, sizeof key, &size) != 0 ||
	    size > CAPSA_TITLE_KEY_MAX || cli_utf8_prefix((struct capsa_text){key, size}) != size)
		abort();
}

/* A path that matches begins as the pattern says, and the pattern of a literal path matches it. */
static void check_pattern(const char *pattern, const char *path)
{
	char *prefix = string_of((const uint8_t *)pattern, strlen(pattern));
	size_t size = cli_pattern_prefix(pattern, prefix);

	if (cli_pattern_match(pattern, path) &&
	    (strlen(path) < size || memcmp(path, prefix, size) != 0))
		abort();
	/* A backslash inside a character makes no text that anybody types. */
	if (cli_pattern_literal(pattern) &&
	    cli_utf8_prefix((struct capsa_text){pattern, strlen(pattern)}) == strlen(pattern)) {
		prefix[size] = '\0';
		if (!cli_pattern_match(pattern, prefix))
			abort();
	}
	free(prefix);
}

/*
 * Names of paths that differ are never equal after folding, and stay themselves where nothing
 * collides.
 */
static void check_names(const char *first, const char *second)
{
	struct cli_names *names = cli_names_new(".capsa.json");
	const char *name;
	char *folded[2] = {NULL, NULL};

	if (names == NULL)
		abort();
	if (capsa_path_check(first, strlen(first), NULL) == CAPSA_OK &&
	    capsa_path_check(second, strlen(second), NULL) == CAPSA_OK) {
		if (cli_names_give(names, first, &name) != CLI_DONE ||
		    capsa_path_check(name, strlen(name), NULL) != CAPSA_OK)
			abort();
		folded[0] = cli_fold_path((struct capsa_text){name, strlen(name)});
		if (cli_names_give(names, second, &name) != CLI_DONE ||
		    capsa_path_check(name, strlen(name), NULL) != CAPSA_OK)
			abort();
		folded[1] = cli_fold_path((struct capsa_text){name, strlen(name)});
		if (folded[0] == NULL || folded[1] == NULL || strcmp(folded[0], folded[1]) == 0)
			abort();
	}
	free(folded[0]);
	free(folded[1]);
	cli_names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *feed = size != 0 ? memchr(data, '\n', size) : NULL;
	size_t cut = feed != NULL ? (size_t)(feed - data) : size;
	char *first = string_of(data, cut);
	char *second = feed != NULL ? string_of(feed + 1, size - cut - 1) : string_of(data, 0);
	int64_t from, to;

	check_keys((struct capsa_text){first, strlen(first)});
	check_pattern(first, second);
	check_names(first, second);
	if (cli_period(first, &from, &to) && from > to)
		abort();
	free(first);
	free(second);
	return 0;
}
