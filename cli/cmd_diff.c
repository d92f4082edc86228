/* capsa diff: what has changed from one archive to another. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 4000
#define DIGEST_PREFIX "\"blake2b-256:"
#define DIGEST_DIGITS 64

static const char help[] =
    "Usage: capsa diff [options] A B\n"
    "\n"
    "Prints how the articles of archive B differ from those of archive A, a line each:\n"
    "\n"
    "  changed PATH               the body is another\n"
    "  changed (metadata) PATH    the body is the same, its metadata are others\n"
    "  removed PATH               only A has it\n"
    "  added PATH                 only B has it\n"
    "  moved OLD -> NEW           removed there and added here, with the same body\n"
    "\n"
    "The first two come in the order of paths, then those of A, then those of B.\n"
    "Control characters and backslashes in paths are escaped. A summary goes to\n"
    "standard error. Only metadata are read, which pin the bodies by their digests.\n"
    "\n"
    "  --json             a JSON object a line instead: change (changed, metadata,\n"
    "                     removed, added or moved), path and, of moved ones, to\n"
    "  -p FILE.pub        exit 4 unless both are signed by this key; several: by any\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings, no summary, no progress\n"
    "  --no-progress      no progress\n"
    "\n"
    "Exit status, as that of diff(1): 0 the articles are the same; 1 they differ; but\n"
    "also 1 failed, which a message on standard error says; 2 wrong usage; 3 damaged;\n"
    "4 not trusted.\n";

enum { JSON = 256 };

/* The articles of one archive, in the order of their paths. */
struct side {
	struct cli_archive archive;
	struct capsa_cursor *cursor;    /* owned */
	bool ended;
	struct capsa_text key;          /* of the article at hand, borrowed from the cursor */
	uint64_t number;
	char path[PATH_MAX_BYTES + 1];  /* from its key */
};

/* An article that the other archive does not have. */
struct single {
	char *path;                     /* owned */
	bool has_body;                  /* that could be another's: not empty, its digest known */
	char digest[DIGEST_DIGITS];
	struct single *moved;           /* where it came from or went to; NULL: nowhere */
};

struct singles {                        /* in the order of paths */
	struct single *items;           /* owned */
	size_t count, room;
};

struct diff {
	struct side a, b;
	struct singles removed, added;
	bool json;
	uint64_t changed, metadata, moved, equal;
	uint64_t looked_at, bytes;      /* for progress */
	int status;                     /* what failed on the way */
};

/* ---- printing ---- */

static void print_change(const struct diff *diff, const char *change, const char *path,
                         const char *to)
{
	cli_progress_hide();
	if (diff->json) {
		printf("{\"change\":\"%s\",\"path\":", change);
		cli_print_json(stdout, (struct capsa_text){path, strlen(path)});
		if (to != NULL) {
			fputs(",\"to\":", stdout);
			cli_print_json(stdout, (struct capsa_text){to, strlen(to)});
		}
		puts("}");
		return;
	}
	printf("%s ", strcmp(change, "metadata") == 0 ? "changed (metadata)" : change);
	cli_print_text(stdout, (struct capsa_text){path, strlen(path)});
	if (to != NULL) {
		fputs(" -> ", stdout);
		cli_print_text(stdout, (struct capsa_text){to, strlen(to)});
	}
	putchar('\n');
}

/* ---- one side ---- */

static enum capsa_status open_side(struct side *side, struct capsa_error *err)
{
	return capsa_cursor_new(&side->cursor, side->archive.reader, CAPSA_TREE_PATH,
	                        (struct capsa_text){"", 0}, err);
}

/* The next article.  False where the tree is damaged, which is reported. */
static bool advance(struct diff *diff, struct side *side)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status =
	    capsa_cursor_next(side->cursor, &side->key, &side->number, &err);

	side->ended = status == CAPSA_ENOENT;
	if (side->ended)
		return true;
	if (status == CAPSA_OK && side->key.size > PATH_MAX_BYTES) {
		snprintf(err.text, sizeof err.text, "the index has a path that is too long");
		status = CAPSA_ECORRUPT;
	}
	if (status != CAPSA_OK) {
		diff->status = cli_worse(diff->status, cli_fail(side->archive.path, status, &err));
		return false;
	}
	for (size_t i = 0; i < side->key.size; i++)
		side->path[i] = side->key.data[i] != '\0' ? side->key.data[i] : '/';
	side->path[side->key.size] = '\0';
	cli_progress_step(++diff->looked_at, diff->bytes);
	return true;
}

/* The metadata line of the article at hand.  False where it cannot be had, which is reported. */
static bool read_line(struct diff *diff, struct side *side, struct capsa_text *line)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status =
	    capsa_reader_metadata(side->archive.reader, side->number, line, &err);

	if (status != CAPSA_OK) {
		int failed = cli_fail_article(&side->archive, side->path, status, &err);

		diff->status = cli_worse(diff->status, failed);
		return false;
	}
	diff->bytes += line->size;
	return true;
}

/* The digits of a line's digest; NULL where it has none. */
static const char *digits_of(struct capsa_text line)
{
	const size_t prefix = strlen(DIGEST_PREFIX);
	struct capsa_text value;

	if (capsa_line_find(line, "digest", &value) != CAPSA_OK ||
	    value.size != prefix + DIGEST_DIGITS + 1 ||
	    memcmp(value.data, DIGEST_PREFIX, prefix) != 0)
		return NULL;
	return value.data + prefix;
}

/* ---- articles that both have ---- */

static void compare(struct diff *diff)
{
	struct capsa_text a, b;
	const char *first, *second;

	/* Both, so that each loss is reported. */
	bool good = read_line(diff, &diff->a, &a);

	good = read_line(diff, &diff->b, &b) && good;
	if (!good)
		return;
	if (a.size == b.size && memcmp(a.data, b.data, a.size) == 0) {
		diff->equal++;
		return;
	}
	first = digits_of(a);
	second = digits_of(b);
	if (first != NULL && second != NULL && memcmp(first, second, DIGEST_DIGITS) == 0) {
		diff->metadata++;
		print_change(diff, "metadata", diff->a.path, NULL);
	} else {
		diff->changed++;
		print_change(diff, "changed", diff->a.path, NULL);
	}
}

/* ---- articles that one has ---- */

static bool is_empty(struct capsa_text line)
{
	struct capsa_text size;

	return capsa_line_find(line, "size", &size) == CAPSA_OK && size.size == 1 &&
	       size.data[0] == '0';
}

/* Keep the article at hand.  False: out of memory, reported. */
static bool keep(struct diff *diff, struct side *side, struct singles *singles)
{
	size_t room = singles->room != 0 ? 2 * singles->room : 256;
	struct single single = {.path = strdup(side->path)};
	struct capsa_text line;
	const char *digits;

	if (single.path != NULL && singles->count == singles->room) {
		struct single *items = reallocarray(singles->items, room, sizeof *items);

		singles->items = items != NULL ? items : singles->items;
		singles->room = items != NULL ? room : singles->room;
	}
	if (single.path == NULL || singles->count == singles->room) {
		free(single.path);
		cli_error("out of memory");
		diff->status = cli_worse(diff->status, CLI_FAILED);
		return false;
	}
	/* Empty bodies are all alike, which says nothing about where one went. */
	if (read_line(diff, side, &line) && !is_empty(line) && (digits = digits_of(line)) != NULL) {
		memcpy(single.digest, digits, sizeof single.digest);
		single.has_body = true;
	}
	singles->items[singles->count++] = single;
	return true;
}

static void release(struct singles *singles)
{
	for (size_t i = 0; i < singles->count; i++)
		free(singles->items[i].path);
	free(singles->items);
}

/* Those with bodies, by digest, those of one digest in the order of paths. */
static int by_digest(const void *a, const void *b)
{
	const struct single *first = *(struct single *const *)a;
	const struct single *second = *(struct single *const *)b;
	int order = memcmp(first->digest, second->digest, DIGEST_DIGITS);

	return order != 0 ? order : (first > second) - (first < second);
}

/* NULL: out of memory. */
static struct single **sorted(const struct singles *singles, size_t *count)
{
	struct single **list = calloc(singles->count + 1, sizeof(struct single *));

	*count = 0;
	for (size_t i = 0; list != NULL && i < singles->count; i++)
		if (singles->items[i].has_body)
			list[(*count)++] = &singles->items[i];
	if (list != NULL)
		qsort(list, *count, sizeof(struct single *), by_digest);
	return list;
}

/* Of several with the same body the first goes to the first. */
static bool pair(struct diff *diff)
{
	size_t a_count, b_count, a = 0, b = 0;
	struct single **removed = sorted(&diff->removed, &a_count);
	struct single **added = sorted(&diff->added, &b_count);
	bool good = removed != NULL && added != NULL;

	while (good && a < a_count && b < b_count) {
		int order = memcmp(removed[a]->digest, added[b]->digest, DIGEST_DIGITS);

		if (order == 0) {
			removed[a]->moved = added[b];
			added[b]->moved = removed[a];
			diff->moved++;
		}
		a += order <= 0;
		b += order >= 0;
	}
	free(removed);
	free(added);
	return good;
}

static void print_singles(const struct diff *diff)
{
	for (size_t i = 0; i < diff->removed.count; i++) {
		const struct single *single = &diff->removed.items[i];

		print_change(diff, single->moved != NULL ? "moved" : "removed", single->path,
		             single->moved != NULL ? single->moved->path : NULL);
	}
	for (size_t i = 0; i < diff->added.count; i++) {
		if (diff->added.items[i].moved == NULL)
			print_change(diff, "added", diff->added.items[i].path, NULL);
	}
}

/* ---- all articles ---- */

static int order_of(const struct side *a, const struct side *b)
{
	size_t size = a->key.size < b->key.size ? a->key.size : b->key.size;
	int order;

	if (a->ended || b->ended)
		return (int)a->ended - (int)b->ended;
	order = memcmp(a->key.data, b->key.data, size);
	return order != 0 ? order : (a->key.size > b->key.size) - (a->key.size < b->key.size);
}

/* Walk both trees side by side; false where one cannot be walked to its end. */
static bool walk(struct diff *diff)
{
	struct side *a = &diff->a, *b = &diff->b;
	bool good = advance(diff, a) && advance(diff, b);

	while (good && (!a->ended || !b->ended) && ferror(stdout) == 0) {
		int order = order_of(a, b);

		if (order == 0)
			compare(diff);
		else if (order < 0)
			good = keep(diff, a, &diff->removed);
		else
			good = keep(diff, b, &diff->added);
		good = good && (order > 0 || advance(diff, a)) && (order < 0 || advance(diff, b));
	}
	return good;
}

static void print_summary(const struct diff *diff)
{
	cli_note("%" PRIu64 " changed, %" PRIu64 " changed in metadata alone, %" PRIu64
	         " removed, %" PRIu64 " added, %" PRIu64 " moved, %" PRIu64 " equal",
	         diff->changed, diff->metadata, (uint64_t)diff->removed.count - diff->moved,
	         (uint64_t)diff->added.count - diff->moved, diff->moved, diff->equal);
}

static int differences(struct diff *diff)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	const struct side *failed = &diff->a;
	enum capsa_status status = open_side(&diff->a, &err);
	bool complete;

	if (status == CAPSA_OK) {
		failed = &diff->b;
		status = open_side(&diff->b, &err);
	}
	if (status != CAPSA_OK)
		return cli_fail(failed->archive.path, status, &err);
	cli_progress_start("compare", 0);
	complete = walk(diff);
	/* Of an archive that was not read to its end nobody knows what it lacks. */
	if (complete && !pair(diff)) {
		cli_error("out of memory");
		diff->status = cli_worse(diff->status, CLI_FAILED);
		complete = false;
	}
	cli_progress_end();
	if (!complete)
		return diff->status;
	/* A reader of the pipe who has seen enough has seen that they differ. */
	if (ferror(stdout) != 0)
		return cli_worse(diff->status, CLI_FAILED);
	print_singles(diff);
	print_summary(diff);
	if (diff->changed + diff->metadata + diff->removed.count + diff->added.count != 0)
		return cli_worse(diff->status, CLI_FAILED);
	return diff->status;
}

/* Two archives with the same statement hold the same. */
static int compare_archives(struct diff *diff)
{
	const struct capsa_statement *a = capsa_reader_statement(diff->a.archive.reader);
	const struct capsa_statement *b = capsa_reader_statement(diff->b.archive.reader);

	if (memcmp(a->identity, b->identity, sizeof a->identity) != 0)
		return differences(diff);
	diff->equal = a->articles;
	print_summary(diff);
	return CLI_DONE;
}

static int open_both(struct diff *diff, char *const *paths, const struct cli_trust *trust)
{
	int a = cli_archive_open(&diff->a.archive, paths[0], trust);
	int b = cli_archive_open(&diff->b.archive, paths[1], trust);

	if (a == CLI_DONE && b == CLI_DONE)
		return CLI_DONE;
	if (a == CLI_DONE)
		cli_archive_close(&diff->a.archive);
	if (b == CLI_DONE)
		cli_archive_close(&diff->b.archive);
	return cli_worse(a, b);
}

static int diff_archives(struct diff *diff, char *const *paths, const struct cli_trust *trust)
{
	int status = open_both(diff, paths, trust);

	if (status != CLI_DONE)
		return status;
	status = compare_archives(diff);
	capsa_cursor_free(diff->a.cursor);
	capsa_cursor_free(diff->b.cursor);
	cli_archive_close(&diff->a.archive);
	cli_archive_close(&diff->b.archive);
	release(&diff->removed);
	release(&diff->added);
	return status;
}

/* ---- options ---- */

static int parse(struct diff *diff, struct cli_trust *trust, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, JSON},
		CLI_TRUST_OPTIONS,
		{0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, CLI_TRUST_LETTERS, options, NULL)) != -1) {
		if (option == JSON) {
			diff->json = true;
			continue;
		}
		if (!cli_trust_option(option, optarg, "diff", trust, &status))
			return cli_usage("diff");
		if (status != CLI_DONE)
			return status;
	}
	if (argc - optind != 2) {
		cli_error("diff wants two archives");
		return cli_usage("diff");
	}
	return trust->required ? CLI_DONE : cli_trust_add_store(trust, false);
}

static int run(int argc, char **argv)
{
	struct diff diff = {0};
	struct cli_trust trust = {0};
	int status = parse(&diff, &trust, argc, argv);

	if (status == CLI_DONE)
		status = diff_archives(&diff, argv + optind, &trust);
	cli_trust_release(&trust);
	return status;
}

const struct cli_verb cli_verb_diff = {
	.name = "diff",
	.run = run,
	.summary = "what has changed from one archive to another",
	.help = help,
};
