/*
 * All inputs of a command line: what each is, is found out from its content, and importers of these
 * kinds follow one another.
 */
#include "import.h"

#include "path_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct inputs_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	struct importer **parts; /* owned, and what they point at */
	size_t count, current;
	/* The paths so far, where articles that have one of them are left out. */
	struct path_set articles, directories;
};

/* ---- what an input is ---- */

/* The kinds that are found out from content, what is more particular first. */
static const struct import_kind *const kinds[] = {
    &import_kind_capsa,
    &import_kind_zim,
    &import_kind_warc,
    &import_kind_wacz,
    &import_kind_container,
    &import_kind_jsonl,
    &import_kind_csv,
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static bool is_standard_input(const struct import_input *input)
{
	return strcmp(input->path, "-") == 0;
}

/* Is this one of the names that --from has for a kind? */
static bool has_name(const struct import_kind *kind, const char *name)
{
	for (size_t i = 0; kind->names[i] != NULL; i++)
		if (strcmp(kind->names[i], name) == 0)
			return true;
	return false;
}

static const struct import_kind *kind_named(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (has_name(kinds[i], name))
			return kinds[i];
	return NULL;
}

bool import_is_kind(const char *name)
{
	return strcmp(name, "dir") == 0 || strcmp(name, "file") == 0 || kind_named(name) != NULL;
}

/* The kind that --from says, NULL for files and directories.  False: it cannot be, complained. */
static bool kind_asked(const struct import_input *input, const struct import_options *options,
                       const struct import_kind **kind)
{
	struct stat status;
	const char *what;

	*kind = kind_named(options->from);
	if (is_standard_input(input) && (*kind == NULL || !(*kind)->piped))
		what = "standard input is JSONL";
	else if (!is_standard_input(input) && *kind != NULL && stat(input->file, &status) == 0 &&
	         S_ISDIR(status.st_mode))
		what = "is a directory";
	else
		return true;
	import_complain(options->complaints, input->file, 0, "%s, not what --from says", what);
	*kind = NULL;
	return false;
}

/* The beginning of a file; false where it cannot be read, which is for an importer to report. */
/* `failed`: it was opened, but cannot be read; errno says why. */
static bool read_head(const char *name, char *room, struct capsa_text *head, bool *failed)
{
	FILE *file = fopen(name, "re");
	int sys;

	*failed = false;

	if (file == NULL)
		return false;
	*head = (struct capsa_text){room, fread(room, 1, IMPORT_HEAD_SIZE, file)};
	sys = errno;
	*failed = ferror(file) != 0;
	fclose(file);
	errno = sys;
	return !*failed;
}

/* ---- what a name promises ---- */

/* The name behind this ending, cut off; false: it ends otherwise. */
static bool cut_ending(const char *name, size_t *size, const char *ending)
{
	size_t ending_size = strlen(ending);

	if (*size <= ending_size ||
	    strncasecmp(name + *size - ending_size, ending, ending_size) != 0)
		return false;
	*size -= ending_size;
	return true;
}

/* What a file is called like, and the kind that --from has for it. */
struct promise {
	const char *ending, *kind;
	bool compressed; /* is opened in this form, too */
};

/* NULL: it is called like no kind. */
static const struct promise *find_promise(const char *name, bool *compressed)
{
	static const char *const filters[] = {".gz",  ".bz2", ".xz",   ".zst",
	                                      ".lz4", ".lz",  ".lzma", ".Z"};
	static const struct promise promises[] = {
	    {".tar", "tar", true},       {".tgz", "tar", true},      {".tbz", "tar", true},
	    {".tbz2", "tar", true},      {".txz", "tar", true},      {".tzst", "tar", true},
	    {".tlz", "tar", true},       {".cpio", "cpio", true},    {".warc", "warc", true},
	    {".arc", "arc", true},       {".wacz", "wacz", false},   {".zip", "zip", false},
	    {".7z", "7z", false},        {".iso", "iso", false},     {".zim", "zim", false},
	    {".zimaa", "zim", false},    {".capsa", "capsa", false}, {".jsonl", "jsonl", false},
	    {".ndjson", "jsonl", false}, {".csv", "csv", false},     {".tsv", "csv", false},
	};
	size_t size = strlen(name);

	*compressed = false;
	for (size_t i = 0; !*compressed && i < sizeof filters / sizeof filters[0]; i++)
		*compressed = cut_ending(name, &size, filters[i]);
	for (size_t i = 0; i < sizeof promises / sizeof promises[0]; i++)
		if (cut_ending(name, &size, promises[i].ending))
			return &promises[i];
	return NULL;
}

/*
 * A file that is called like one of many articles may be cut off, empty, or the page that a server
 * sent in its place: whoever packs it should know that it was not opened.
 */
static void warn_of_name(const char *file)
{
	static const char words[] = "packed as it is, as one article";
	bool compressed;
	const struct promise *promise = find_promise(file, &compressed);

	if (promise == NULL)
		return;
	if (compressed && !promise->compressed)
		cli_warning("%s: %s; decompress it to pack what is in it", cli_quote(file), words);
	else
		cli_warning("%s: %s; --from %s opens it, or says why not", cli_quote(file), words,
		            promise->kind);
}

/*
 * The kind of a file by what it begins with, NULL: none.  `failed`: that cannot be read, and errno
 * says why.
 */
static const struct import_kind *kind_of(const char *file, struct capsa_text head,
                                         const struct import_options *options, bool *failed)
{
	const struct import_kind *found = NULL;

	for (size_t i = 0; found == NULL && !*failed && i < KINDS; i++) {
		cli_watch_memory();
		if (kinds[i]->is(file, head, options))
			found = kinds[i];
		cli_check_memory();
		*failed = found == NULL && errno == EIO;
	}
	return found;
}

/*
 * *out is NULL: a file to be packed as it is, or a directory.  False: nobody can tell, which was
 * complained of.
 */
static bool kind_found(const struct import_input *input, const struct import_options *options,
                       const struct import_kind **out)
{
	const struct import_kind *found = NULL;
	struct stat status;
	struct capsa_text head;
	bool skipped, readable, failed = false;
	char *room;

	*out = is_standard_input(input) ? &import_kind_jsonl : NULL;
	if (*out != NULL || stat(input->file, &status) != 0 || !S_ISREG(status.st_mode))
		return true;
	skipped = import_skipped(options, status.st_dev, status.st_ino);
	room = malloc(IMPORT_HEAD_SIZE);
	readable = room != NULL && read_head(input->file, room, &head, &failed);
	if (!readable)
		cli_check_memory();
	if (readable)
		found = kind_of(input->file, head, options, &failed);
	if (failed)
		import_complain(options->complaints, input->path, 0, "cannot be read: %s",
		                strerror(errno));
	free(room);
	if (!skipped && found == NULL && readable)
		warn_of_name(input->file);
	if (found != NULL && (!skipped || found->in_place))
		*out = found;
	return !failed;
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
		int got;

		cli_watch_memory();
		got = part->next(part, out);
		cli_check_memory();
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

/* What the importers of some kinds have together: inputs that follow one another. */
struct group {
	const struct import_kind *kind; /* NULL: files and directories */
	const struct import_input *inputs;
	size_t count;
};

static bool add_group(struct inputs_importer *all, const struct group *group)
{
	const struct import_options *options = all->options;
	unsigned complaints = options->complaints->count;
	struct importer *part;

	if (group->count == 0)
		return true;
	if (group->kind == NULL)
		part = import_dir(group->inputs, group->count, options);
	else if (group->kind->open_run != NULL)
		part = group->kind->open_run(group->inputs, group->count, options);
	else
		part = group->kind->open(group->inputs, options);
	return add_part(all, part, complaints);
}

static bool can_share(const struct import_kind *kind)
{
	return kind == NULL || kind->open_run != NULL;
}

/*
 * Importers of all inputs; neighbours share one where their kind allows.  Goes on after a failure,
 * so that one run names all that need care.
 */
static bool add_parts(struct inputs_importer *all, const struct import_input *inputs, size_t count)
{
	const struct import_options *options = all->options;
	struct group group = {0};
	bool good = true;

	for (size_t i = 0; i < count && cli_signal == 0; i++) {
		const struct import_kind *kind = NULL;
		bool known = true;

		if (options->from != NULL)
			known = kind_asked(&inputs[i], options, &kind);
		else
			known = kind_found(&inputs[i], options, &kind);
		if (known && group.count != 0 && kind == group.kind && can_share(kind)) {
			group.count++;
			continue;
		}
		good &= add_group(all, &group);
		group = (struct group){kind, inputs + i, known};
	}
	good &= add_group(all, &group);
	return good && (options->complaints->keep_going || options->complaints->count == 0);
}

/* What one input says of itself is no description of an archive of several. */
static void take_about(struct inputs_importer *all, size_t inputs)
{
	if (inputs == 1 && all->count == 1)
		all->base.about = all->parts[0]->about;
	for (size_t i = 0; inputs > 1 && i < all->count; i++) {
		if (all->parts[i]->about == NULL)
			continue;
		cli_note("with several inputs the archive is not described by what one says of "
		         "itself");
		return;
	}
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
	take_about(all, count);
	return &all->base;
}
