/*
 * The command line of `capsa pack`, checked as far as it can be before any work is done.
 */
#include "pack_options.h"

#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_MAX 4000                   /* bytes of a title or description (spec 9.1) */
#define FRAME_SIZE_MIN (4U << 10)
#define FRAME_SIZE_MAX (4U << 20)

enum pack_option {
	OPTION_INPUT = 1,               /* getopt_long found no option, but an argument */
	OPTION_UNSIGNED = 256,
	OPTION_PASSWORD_FILE,
	OPTION_ABOUT,
	OPTION_META,
	OPTION_CREATED,
	OPTION_LEVEL,
	OPTION_FRAME_SIZE,
	OPTION_DICTIONARY,
	OPTION_THREADS,
	OPTION_FROM,
	OPTION_FILES_FROM,
	OPTION_NULL,
	OPTION_MAP,
	OPTION_PREVIOUS,
	OPTION_KEEP_GOING,
	OPTION_WIRE,
	OPTION_ALL,
	OPTION_REPORT,
	OPTION_INCLUDE,
	OPTION_EXCLUDE,
	OPTION_ISOLATE,
	OPTION_ALLOW_EMPTY,
	OPTION_FORCE,
	OPTION_NO_PROGRESS
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"key", required_argument, NULL, 'k'},
    {"unsigned", no_argument, NULL, OPTION_UNSIGNED},
    {"password-file", required_argument, NULL, OPTION_PASSWORD_FILE},
    {"title", required_argument, NULL, OPTION_ABOUT},
    {"description", required_argument, NULL, OPTION_ABOUT},
    {"creator", required_argument, NULL, OPTION_ABOUT},
    {"publisher", required_argument, NULL, OPTION_ABOUT},
    {"language", required_argument, NULL, OPTION_ABOUT},
    {"rights", required_argument, NULL, OPTION_ABOUT},
    {"source", required_argument, NULL, OPTION_ABOUT},
    {"meta", required_argument, NULL, OPTION_META},
    {"created", required_argument, NULL, OPTION_CREATED},
    {"level", required_argument, NULL, OPTION_LEVEL},
    {"frame-size", required_argument, NULL, OPTION_FRAME_SIZE},
    {"dictionary", required_argument, NULL, OPTION_DICTIONARY},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"from", required_argument, NULL, OPTION_FROM},
    {"files-from", required_argument, NULL, OPTION_FILES_FROM},
    {"null", no_argument, NULL, OPTION_NULL},
    {"map", required_argument, NULL, OPTION_MAP},
    {"previous", required_argument, NULL, OPTION_PREVIOUS},
    {"keep-going", no_argument, NULL, OPTION_KEEP_GOING},
    {"wire", no_argument, NULL, OPTION_WIRE},
    {"all", no_argument, NULL, OPTION_ALL},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"include", required_argument, NULL, OPTION_INCLUDE},
    {"exclude", required_argument, NULL, OPTION_EXCLUDE},
    {"directory", required_argument, NULL, 'C'},
    {"isolate", required_argument, NULL, OPTION_ISOLATE},
    {"allow-empty", no_argument, NULL, OPTION_ALLOW_EMPTY},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"quiet", no_argument, NULL, 'q'},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int no_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

/* ---- values ---- */

/* Bytes, with K or M for 1,024 and 1,048,576 of them. */
static bool parse_size(const char *text, uint64_t *out)
{
	char *end = NULL;
	unsigned shift = 0;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*end == 'K' || *end == 'k')
		shift = 10;
	else if (*end == 'M' || *end == 'm')
		shift = 20;
	if (errno != 0 || *out > UINT64_MAX >> shift)
		return false;
	*out <<= shift;
	return end[shift != 0] == '\0';
}

/* Whole seconds since 1970. */
static bool parse_seconds(const char *text, int64_t *out)
{
	const char *digits = text + (text[0] == '-');
	char *end = NULL;

	if (digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

/* The archive can be made in the years 0000 to 9999. */
static bool is_time(int64_t seconds)
{
	return seconds >= INT64_C(-62167219200) && seconds <= INT64_C(253402300799);
}

static int parse_created(struct pack_options *options, const char *text)
{
	struct capsa_text date = {text, strlen(text)};

	if ((!capsa_date_seconds(date, &options->created) &&
	     !parse_seconds(text, &options->created)) ||
	    !is_time(options->created)) {
		cli_error("--created=%s: not a time: 2026-11-25, 2026-11-25T12:00:00Z, or seconds "
		          "since 1970",
		          cli_quote(text));
		return CLI_USAGE;
	}
	return CLI_DONE;
}

/*
 * SOURCE_DATE_EPOCH, which limits `modified` of all articles, and is when the archive was made
 * unless --created says.
 */
static int take_epoch(struct pack_options *options, bool has_created)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	struct timespec now;

	if (text != NULL && text[0] != '\0') {
		if (!parse_seconds(text, &options->import.epoch) ||
		    !is_time(options->import.epoch)) {
			cli_error("SOURCE_DATE_EPOCH=%s: not seconds since 1970", cli_quote(text));
			return CLI_USAGE;
		}
		options->import.has_epoch = true;
		if (!has_created)
			options->created = options->import.epoch;
	} else if (!has_created) {
		clock_gettime(CLOCK_REALTIME, &now);
		options->created = now.tv_sec;
	}
	return CLI_DONE;
}

static int parse_level(struct pack_options *options, const char *text)
{
	int64_t level;

	if (!parse_seconds(text, &level) || level < 1 || level > 22) {
		cli_error("--level=%s: not a level from 1 to 22", cli_quote(text));
		return CLI_USAGE;
	}
	options->level = (int32_t)level;
	return CLI_DONE;
}

static int parse_frame_size(struct pack_options *options, const char *text)
{
	uint64_t size;

	if (!parse_size(text, &size) || size < FRAME_SIZE_MIN || size > FRAME_SIZE_MAX) {
		cli_error("--frame-size=%s: not a size from 4K to 4M", cli_quote(text));
		return CLI_USAGE;
	}
	options->frame_size = (uint32_t)size;
	return CLI_DONE;
}

static int parse_dictionary(struct pack_options *options, const char *text)
{
	uint64_t size;

	options->dictionary_size = 0;
	if (strcmp(text, "none") == 0) {
		options->dictionary = PACK_DICTIONARY_NONE;
	} else if (strcmp(text, "auto") == 0) {
		options->dictionary = PACK_DICTIONARY_MADE;
	} else if (parse_size(text, &size)) {
		if (size < IMPORT_DICTIONARY_MIN || size > IMPORT_DICTIONARY_MAX) {
			cli_error("--dictionary=%s: not a size from %uK to %uK", cli_quote(text),
			          IMPORT_DICTIONARY_MIN >> 10, IMPORT_DICTIONARY_MAX >> 10);
			return CLI_USAGE;
		}
		options->dictionary = PACK_DICTIONARY_MADE;
		options->dictionary_size = (size_t)size;
	} else {
		options->dictionary = PACK_DICTIONARY_FILE;
		options->dictionary_file = text;
	}
	return CLI_DONE;
}

static int parse_from(struct pack_options *options, const char *kind)
{
	if (!import_is_kind(kind)) {
		cli_error("--from=%s: not a kind of input", cli_quote(kind));
		return CLI_USAGE;
	}
	options->import.from = kind;
	return CLI_DONE;
}

/* ---- about the archive ---- */

/* Has this key an array of text (spec 7.2)? */
static bool is_repeated(const char *key)
{
	static const char *const keys[] = {"creator", "contributor", "subject", "identifier",
	                                   "relation"};

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i], key) == 0)
			return true;
	}
	return false;
}

/* `option` is what the user wrote, for messages. */
static int set_about(struct pack_options *options, const char *option, const char *key,
                     const char *text)
{
	struct capsa_error err = {0};
	enum capsa_status status;
	size_t size = strlen(text);

	if (is_repeated(key))
		status = capsa_metadata_append(options->about, key, text, size, &err);
	else
		status = capsa_metadata_set(options->about, key, text, size, &err);
	if (status == CAPSA_OK)
		return CLI_DONE;
	cli_error("--%s: %s", cli_quote(option), err.text);
	return status == CAPSA_ENOMEM ? CLI_FAILED : CLI_USAGE;
}

/* Title or description, which stand in the statement too, in NFC and as spec 9.1 wants text. */
static int set_text(struct pack_options *options, const char *key, const char *given, char **out)
{
	struct capsa_text text = {given, strlen(given)};
	size_t size;

	free(*out);
	*out = NULL;
	if (capsa_utf8_valid(span_text(text))) {
		*out = cli_nfc(text);
		if (*out == NULL)
			return no_memory();
	}
	size = *out != NULL ? strlen(*out) : 0;
	if (size == 0 || size > TEXT_MAX || !capsa_utf8_plain(span_of(*out, size))) {
		cli_error("--%s: not 1 to %d bytes of text in UTF-8, without control characters, "
		          "line feeds and "
		          "spaces at either end",
		          key, TEXT_MAX);
		return CLI_USAGE;
	}
	return set_about(options, key, key, *out);
}

static int parse_about(struct pack_options *options, const char *key, const char *text)
{
	if (strcmp(key, "title") == 0)
		return set_text(options, key, text, &options->title);
	if (strcmp(key, "description") == 0)
		return set_text(options, key, text, &options->description);
	return set_about(options, key, key, text);
}

/* KEY=VALUE */
static int parse_meta(struct pack_options *options, const char *text)
{
	size_t size = strcspn(text, "=");
	char *key;
	int status;

	if (size == 0 || text[size] == '\0') {
		cli_error("--meta=%s: not KEY=VALUE", cli_quote(text));
		return CLI_USAGE;
	}
	key = strndup(text, size);
	if (key == NULL)
		return no_memory();
	if (strcmp(key, "title") == 0 || strcmp(key, "description") == 0)
		status = parse_about(options, key, text + size + 1);
	else
		status = set_about(options, "meta", key, text + size + 1);
	free(key);
	return status;
}

/*
 * A title or description that an input offers goes into the statement where spec 9.1 lets it; it
 * stands in archive.json in any case.
 */
static int offer_text(struct capsa_text json, char **out)
{
	char *text = malloc(json.size + 1);

	if (text == NULL)
		return no_memory();
	text[capsa_line_text(json, text)] = '\0';
	*out = cli_nfc((struct capsa_text){text, strlen(text)});
	free(text);
	if (*out == NULL)
		return no_memory();
	if (**out == '\0' || strlen(*out) > TEXT_MAX ||
	    !capsa_utf8_plain(span_of(*out, strlen(*out)))) {
		free(*out);
		*out = NULL;
	}
	return CLI_DONE;
}

static int offer_member(struct pack_options *options, const char *key, struct capsa_text json)
{
	struct capsa_error err = {0};
	int status = CLI_DONE;

	if (capsa_metadata_has(options->about, key))
		return CLI_DONE;
	if (strcmp(key, "title") == 0)
		status = offer_text(json, &options->title);
	else if (strcmp(key, "description") == 0)
		status = offer_text(json, &options->description);
	if (status == CLI_DONE && capsa_metadata_set_json(options->about, key, json.data, json.size,
	                                                  &err) != CAPSA_OK) {
		cli_error("%s", err.text);
		status = CLI_FAILED;
	}
	return status;
}

int cli_pack_options_offer(struct pack_options *options, struct capsa_metadata *about)
{
	struct capsa_text rest, raw, value;
	struct capsa_error err = {0};
	int status = CLI_DONE;

	if (about == NULL)
		return CLI_DONE;
	if (capsa_metadata_line(about, &rest, &err) != CAPSA_OK) {
		cli_error("%s", err.text);
		return CLI_FAILED;
	}
	while (status == CLI_DONE && capsa_line_next(&rest, &raw, &value)) {
		char *key = malloc(raw.size + 1);

		if (key == NULL)
			return no_memory();
		key[capsa_line_text(raw, key)] = '\0';
		status = offer_member(options, key, value);
		free(key);
	}
	return status;
}

/* ---- lists ---- */

static int list_add(struct pack_list *list, const char *item)
{
	const char **items = realloc(list->items, (list->count + 2) * sizeof *items);

	if (items == NULL)
		return no_memory();
	items[list->count++] = item;
	items[list->count] = NULL;
	list->items = items;
	return CLI_DONE;
}

/* FIELD=NAME */
static int add_map(struct pack_options *options, const char *text)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL || equals == text || equals[1] == '\0') {
		cli_error("--map=%s: not FIELD=NAME", cli_quote(text));
		return CLI_USAGE;
	}
	return list_add(&options->map, text);
}

/* ---- all together ---- */

struct parsing {
	struct pack_options *options;
	bool has_created;
};

/* Options with a value that is more than kept. */
static int take_value(struct parsing *parsing, int option, const char *name, const char *value)
{
	struct pack_options *options = parsing->options;

	switch (option) {
	case OPTION_INPUT:
		return cli_pack_inputs_add(&options->inputs, value, false);
	case OPTION_FILES_FROM:
		return cli_pack_inputs_add(&options->inputs, value, true);
	case 'C':
		return cli_pack_inputs_directory(&options->inputs, value);
	case OPTION_ABOUT:
		return parse_about(options, name, value);
	case OPTION_META:
		return parse_meta(options, value);
	case OPTION_CREATED:
		parsing->has_created = true;
		return parse_created(options, value);
	case OPTION_LEVEL:
		return parse_level(options, value);
	case OPTION_FRAME_SIZE:
		return parse_frame_size(options, value);
	case OPTION_DICTIONARY:
		return parse_dictionary(options, value);
	case OPTION_THREADS:
		return cli_threads(value, &options->threads) ? CLI_DONE : CLI_USAGE;
	case OPTION_FROM:
		return parse_from(options, value);
	case OPTION_MAP:
		return add_map(options, value);
	case OPTION_INCLUDE:
		return list_add(&options->include, value);
	case OPTION_EXCLUDE:
		return list_add(&options->exclude, value);
	case OPTION_ISOLATE:
		return list_add(&options->isolate, value);
	default:
		return cli_usage("pack");
	}
}

static int take_option(struct parsing *parsing, int option, const char *name, const char *value)
{
	struct pack_options *options = parsing->options;

	switch (option) {
	case 'h':
		return cli_help("pack") == CLI_DONE ? CLI_HELPED : CLI_FAILED;
	case 'o':
		options->out = value;
		break;
	case 'k':
		options->key = value;
		break;
	case OPTION_PASSWORD_FILE:
		options->password_file = value;
		break;
	case OPTION_UNSIGNED:
		options->is_unsigned = true;
		break;
	case OPTION_PREVIOUS:
		options->previous = value;
		break;
	case OPTION_REPORT:
		options->report = value;
		break;
	case OPTION_KEEP_GOING:
		options->keep_going = true;
		break;
	case OPTION_WIRE:
		options->import.wire = true;
		break;
	case OPTION_ALL:
		options->import.all = true;
		break;
	case OPTION_NULL:
		options->null = true;
		break;
	case OPTION_FORCE:
		options->force = true;
		break;
	case OPTION_ALLOW_EMPTY:
		options->allow_empty = true;
		break;
	case 'q':
		cli_quiet = true;
		break;
	case OPTION_NO_PROGRESS:
		cli_no_progress = true;
		break;
	default:
		return take_value(parsing, option, name, value);
	}
	return CLI_DONE;
}

/* What no single option shows. */
static int check_together(const struct pack_options *options)
{
	if (options->out == NULL)
		cli_error("no archive to write: say -o OUT");
	else if (options->is_unsigned && options->key != NULL)
		cli_error("-k and --unsigned exclude each other");
	else if (options->inputs.named_count == 0 && !options->allow_empty)
		cli_error("nothing to pack: name an INPUT");
	else
		return CLI_DONE;
	return cli_usage("pack");
}

int cli_pack_options_parse(struct pack_options *options, int argc, char **argv)
{
	struct parsing parsing = {.options = options};
	int status = CLI_DONE, option, index = 0;

	memset(options, 0, sizeof *options);
	options->about = capsa_metadata_new();
	if (options->about == NULL)
		return no_memory();
	cli_threads(NULL, &options->threads);
	/* '-': inputs come in their place between options, for -C. */
	while (status == CLI_DONE &&
	       (option = getopt_long(argc, argv, "-o:k:C:qh", long_options, &index)) != -1)
		status = take_option(&parsing, option, long_options[index].name, optarg);
	for (; status == CLI_DONE && optind < argc; optind++)
		status = cli_pack_inputs_add(&options->inputs, argv[optind], false);
	if (status == CLI_DONE)
		status = check_together(options);
	if (status == CLI_DONE)
		status = take_epoch(options, parsing.has_created);
	if (status == CLI_DONE)
		status = cli_pack_inputs_finish(&options->inputs, options->null);
	options->import.map = options->map.items;
	options->import.include = options->include.items;
	options->import.exclude = options->exclude.items;
	return status;
}

void cli_pack_options_release(struct pack_options *options)
{
	capsa_metadata_free(options->about);
	free(options->title);
	free(options->description);
	free(options->include.items);
	free(options->exclude.items);
	free(options->isolate.items);
	free(options->map.items);
	cli_pack_inputs_release(&options->inputs);
}
