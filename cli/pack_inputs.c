#include "pack_inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int no_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* `path` as seen from `directory`, which may be NULL; the caller frees it. */
static char *path_below(const char *directory, const char *path)
{
	char *joined = NULL;

	if (directory == NULL || path[0] == '/')
		return strdup(path);
	return asprintf(&joined, "%s%s%s", directory,
	                directory[strlen(directory) - 1] != '/' ? "/" : "", path) >= 0
	           ? joined
	           : NULL;
}

int cli_pack_inputs_add(struct pack_inputs *inputs, const char *name, bool is_list)
{
	struct pack_named *named;
	struct pack_named one = {.is_list = is_list};

	if (name[0] == '\0') {
		cli_error(is_list ? "the file of --files-from is empty" : "an INPUT is empty");
		return CLI_USAGE;
	}
	named = reallocarray(inputs->named, inputs->named_count + 1, sizeof *named);
	if (named == NULL)
		return no_memory();
	inputs->named = named;
	one.name = strdup(name);
	one.directory = inputs->directory != NULL ? strdup(inputs->directory) : NULL;
	named[inputs->named_count++] = one;
	return one.name != NULL && (one.directory != NULL || inputs->directory == NULL)
	           ? CLI_DONE
	           : no_memory();
}

int cli_pack_inputs_directory(struct pack_inputs *inputs, const char *directory)
{
	char *joined;

	if (directory[0] == '\0') {
		cli_error("the directory of -C is empty");
		return CLI_USAGE;
	}
	joined = path_below(inputs->directory, directory);
	if (joined == NULL)
		return no_memory();
	free(inputs->directory);
	inputs->directory = joined;
	return CLI_DONE;
}

static int add_item(struct pack_inputs *inputs, const char *directory, const char *path)
{
	struct import_input *item;

	if (inputs->count == inputs->capacity) {
		size_t capacity = inputs->capacity * 2 + 16;
		struct import_input *items =
		    reallocarray(inputs->items, capacity, sizeof *inputs->items);

		if (items == NULL)
			return no_memory();
		inputs->items = items;
		inputs->capacity = capacity;
	}
	item = &inputs->items[inputs->count++];
	item->path = strdup(path);
	item->file = path_below(directory, path);
	return item->path != NULL && item->file != NULL ? CLI_DONE : no_memory();
}

/* The line without its end; false where it holds NUL, and so can name nothing. */
static bool end_line(char *line, ssize_t size, char end)
{
	if (size != 0 && line[size - 1] == end)
		line[--size] = '\0';
	return strlen(line) == (size_t)size;
}

static int read_list(struct pack_inputs *inputs, const struct pack_named *list, FILE *file,
                     bool null)
{
	char *line = NULL;
	size_t capacity = 0, number = 0;
	int status = CLI_DONE;
	char end = null ? '\0' : '\n';
	ssize_t size;

	errno = 0;
	while (status == CLI_DONE && (size = getdelim(&line, &capacity, end, file)) >= 0) {
		number++;
		if (!end_line(line, size, end)) {
			cli_error("%s: line %zu holds NUL; --null reads names that end so",
			          cli_quote(list->name), number);
			status = CLI_FAILED;
		} else if (line[0] != '\0') {
			status = add_item(inputs, list->directory, line);
		}
		errno = 0;
	}
	if (status == CLI_DONE && errno != 0) {
		cli_error("%s: cannot be read: %s", cli_quote(list->name), strerror(errno));
		status = CLI_FAILED;
	}
	free(line);
	return status;
}

static int open_list(struct pack_inputs *inputs, const struct pack_named *list, bool null)
{
	FILE *file;
	int status;

	if (strcmp(list->name, "-") == 0)
		return read_list(inputs, list, stdin, null);
	file = fopen(list->name, "re");
	if (file == NULL) {
		cli_error("%s: cannot be read: %s", cli_quote(list->name), strerror(errno));
		return CLI_FAILED;
	}
	status = read_list(inputs, list, file, null);
	fclose(file);
	return status;
}

/* Standard input can be one input, or one list. */
static bool reads_once(const struct pack_inputs *inputs)
{
	size_t readers = 0;

	for (size_t i = 0; i < inputs->named_count; i++)
		readers += inputs->named[i].is_list && strcmp(inputs->named[i].name, "-") == 0;
	for (size_t i = 0; i < inputs->count; i++)
		readers += strcmp(inputs->items[i].path, "-") == 0;
	return readers <= 1;
}

int cli_pack_inputs_finish(struct pack_inputs *inputs, bool null)
{
	int status = CLI_DONE;

	for (size_t i = 0; status == CLI_DONE && i < inputs->named_count; i++) {
		const struct pack_named *named = &inputs->named[i];

		status = named->is_list ? open_list(inputs, named, null)
		                        : add_item(inputs, named->directory, named->name);
	}
	if (status == CLI_DONE && !reads_once(inputs)) {
		cli_error("standard input can be read only once");
		return CLI_USAGE;
	}
	return status;
}

void cli_pack_inputs_release(struct pack_inputs *inputs)
{
	for (size_t i = 0; i < inputs->named_count; i++) {
		free(inputs->named[i].name);
		free(inputs->named[i].directory);
	}
	for (size_t i = 0; i < inputs->count; i++) {
		free(inputs->items[i].path);
		free(inputs->items[i].file);
	}
	free(inputs->named);
	free(inputs->items);
	free(inputs->directory);
}
