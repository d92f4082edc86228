/*
 * Articles from ZIM files.
 *
 * Paths are those of the ZIM file.  Older ones (up to 6.0) have several namespaces of content, and
 * their pages link from one to another: there the namespace is the first component (A/Paris,
 * I/map.png).  Metadata (namespace M) describe the archive, and what cannot, like an illustration,
 * is an article M/NAME.  Indexes and well-known names, which follow from the rest, are left out.
 *
 * All entries are looked at first, to find the directories of their paths, as in import_jsonl.c,
 * and the order of their contents: by cluster, so that each is inflated once.  Redirects come last.
 */
#include "fields.h"
#include "path_set.h"
#include "zim_about.h"
#include "zim_reader.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* All contents together may be so much larger than the file: some bombs, not any number. */
#define GROWTH_MAX 1000
#define GROWN_MIN (256U << 20)

#define MAIN_PAGE_HOPS 4

/* An entry in the order of articles; what has no content is in cluster ZIM_NONE. */
struct item {
	uint32_t cluster, blob, index;
};

/* Entries that become no article, by reason. */
struct left_out {
	uint64_t indexes, well_known, deleted, others;
};

struct zim_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	const char *name; /* borrowed: what the user calls the file */
	struct zim_file file;
	struct zim zim;
	struct zim_cluster cluster;
	struct zim_about about;
	struct item *order; /* owned */
	size_t count, current;
	struct path_set directories; /* of all paths */
	struct path_set metadata_like; /* paths of content that begin with M/ */
	struct left_out left_out;
	bool noted; /* what is left out was said */
	bool broken; /* no more is to be read, which was reported */
	uint64_t bytes; /* of bodies so far */

	/* The article. */
	struct zim_entry entry, target;
	char *path, *origin; /* owned */
	struct capsa_metadata *metadata;
};

static void complain(struct zim_importer *in, const char *what)
{
	import_complain(in->options->complaints, in->name, 0, "%s", cli_quote(what));
}

static void complain_of_entry(struct zim_importer *in, uint32_t index, const char *what)
{
	import_complain(in->options->complaints, in->name, 0, "entry %" PRIu32 " %s", index,
	                cli_quote(what));
}

/* ---- what entries are ---- */

enum place { ARTICLE, METADATA, LEFT_OUT };

/* Counts what is left out in *reason. */
static enum place place_of(struct zim_importer *in, const struct zim_entry *entry,
                           uint64_t **reason)
{
	bool content = in->zim.one_namespace ? entry->space == 'C'
	                                     : entry->space != 'M' && entry->space != 'X';

	if (entry->kind == ZIM_LINK_TARGET || entry->kind == ZIM_DELETED)
		*reason = &in->left_out.deleted;
	else if (content)
		return ARTICLE;
	else if (entry->space == 'M' && entry->kind == ZIM_CONTENT)
		return METADATA;
	else if (entry->space == 'X')
		*reason = &in->left_out.indexes;
	else if (entry->space == 'W')
		*reason = &in->left_out.well_known;
	else
		*reason = &in->left_out.others;
	return LEFT_OUT;
}

/*
 * The path of an entry's article, but for what set_path adds; the caller frees it.  *name, unless
 * NULL, is what it was made of, freed by the caller too, if the path is another.
 */
static char *make_path(const struct zim_importer *in, const struct zim_entry *entry, char **name)
{
	size_t prefix = in->zim.one_namespace && entry->space == 'C' ? 0 : 2;
	size_t size = prefix + entry->path.size;
	char *given = malloc(size + 1), *path = NULL;
	const char space[] = {entry->space, '/'};
	bool changed = false;

	if (given != NULL) {
		memcpy(given, space, prefix);
		memcpy(given + prefix, entry->path.data, entry->path.size);
		given[size] = '\0';
		path = import_path_of_name(given, size, &changed);
	}
	if (name != NULL && changed && path != NULL)
		*name = given;
	else
		free(given);
	return path;
}

/* Is the path taken: by a directory, or metadata's by content that is called like that? */
static bool is_taken(const struct zim_importer *in, const struct zim_entry *entry, const char *path)
{
	size_t size = strlen(path);

	return import_paths_has(&in->directories, path, size) ||
	       (in->zim.one_namespace && entry->space == 'M' &&
	        import_paths_has(&in->metadata_like, path, size));
}

/* The path of an entry's article, whatever the entry; the caller frees it. */
static char *final_path(const struct zim_importer *in, const struct zim_entry *entry, char **name)
{
	char *path = make_path(in, entry, name), *longer = NULL;

	if (path == NULL || !is_taken(in, entry, path))
		return path;
	if (asprintf(&longer, "%s%%-", path) < 0)
		longer = NULL;
	if (name != NULL && *name == NULL)
		*name = path;
	else
		free(path);
	return longer;
}

/* ---- articles ---- */

/* "text/html" of "text/html; charset=utf-8"; all of it is kept where that is not all. */
static enum capsa_status set_format(struct zim_importer *in, struct object *extra,
                                    struct capsa_error *err)
{
	struct capsa_text type = in->entry.type;
	size_t size = 0;

	while (size < type.size && type.data[size] > ' ' && type.data[size] < 0x7f &&
	       type.data[size] != ';')
		size++;
	if (type.size != 0 && (size != type.size || memchr(type.data, '/', size) == NULL))
		import_extra_bytes(extra, "media_type", type.data, type.size);
	if (size == 0 || memchr(type.data, '/', size) == NULL)
		return CAPSA_OK;
	return capsa_metadata_set(in->metadata, "format", type.data, size, err);
}

/* A title is said to be the path by saying nothing; of a page its content knows better. */
static enum capsa_status set_title(struct zim_importer *in, struct object *extra,
                                   struct capsa_error *err)
{
	struct capsa_text title = in->entry.title;

	if (title.size == 0 && in->entry.kind == ZIM_REDIRECT)
		title = in->entry.path;
	if (title.size == 0)
		return CAPSA_OK;
	if (capsa_metadata_set(in->metadata, "title", title.data, title.size, err) == CAPSA_OK)
		return CAPSA_OK;
	import_extra_bytes(extra, "title", title.data, title.size);
	return CAPSA_OK;
}

/* Where a redirect leads. */
static enum capsa_status set_location(struct zim_importer *in, struct capsa_error *err)
{
	enum capsa_status status;
	char *path;

	if (!zim_read_entry(&in->zim, in->entry.target, &in->target, err)) {
		char cause[sizeof err->text];

		strcpy(cause, err->text);
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "leads to entry %" PRIu32 ", which %s", in->entry.target, cause);
	}
	path = final_path(in, &in->target, NULL);
	if (path == NULL)
		return capsa_fail_memory(err);
	status = capsa_metadata_set(in->metadata, "location", path, strlen(path), err);
	free(path);
	return status;
}

static enum capsa_status set_metadata(struct zim_importer *in, const char *name,
                                      struct capsa_error *err)
{
	struct capsa_text parameter = in->entry.parameter;
	struct object extra = {0};
	enum capsa_status status =
	    capsa_metadata_set(in->metadata, "path", in->path, strlen(in->path), err);

	if (name != NULL)
		import_original(&extra, name, strlen(name));
	if (parameter.size != 0)
		import_extra_bytes(&extra, "zim_parameter", parameter.data, parameter.size);
	if (status == CAPSA_OK)
		status = set_title(in, &extra, err);
	if (status == CAPSA_OK)
		status = in->entry.kind == ZIM_REDIRECT ? set_location(in, err)
		                                        : set_format(in, &extra, err);
	if (status == CAPSA_OK)
		status = import_extra(in->metadata, &extra, err);
	import_object_release(&extra);
	return status;
}

/* A small file must not keep a machine busy for days. */
static bool is_over_limit(struct zim_importer *in, struct capsa_error *err)
{
	uint64_t size = in->file.source.size;
	uint64_t limit = size < GROWN_MIN / GROWTH_MAX ? GROWN_MIN : size * GROWTH_MAX;

	if (in->bytes + in->cluster.effort <= limit)
		return false;
	in->broken = true;
	capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
	           "all contents up to here are more than 1,000 times the size of the file");
	return true;
}

static bool set_body(struct zim_importer *in, struct import_article *out, struct capsa_error *err)
{
	if (in->entry.kind == ZIM_REDIRECT) {
		out->complete = true;
		out->body = capsa_source_memory("", 0);
		return true;
	}
	if (!zim_read_blob(&in->cluster, in->entry.cluster, in->entry.blob, &out->body, err)) {
		is_over_limit(in, err);
		return false;
	}
	in->bytes += out->body.size;
	return !is_over_limit(in, err);
}

static bool set_article(struct zim_importer *in, const char *name, struct import_article *out)
{
	struct capsa_error err = {.text = "out of memory"};

	free(in->origin);
	in->origin = NULL;
	capsa_metadata_free(in->metadata);
	in->metadata = capsa_metadata_new();
	if (asprintf(&in->origin, "%s: %s", in->name, in->path) < 0)
		in->origin = NULL;
	if (in->origin == NULL || in->metadata == NULL) {
		complain(in, err.text);
		return false;
	}
	*out = (struct import_article){
	    .path = in->path, .metadata = in->metadata, .origin = in->origin};
	if (set_metadata(in, name, &err) == CAPSA_OK && set_body(in, out, &err))
		return true;
	import_complain(in->options->complaints, in->origin, 0, "%s", cli_quote(err.text));
	return false;
}

/* ---- the importer ---- */

static void put_reason(struct json_text *out, uint64_t count, const char *what)
{
	char text[96];

	if (count == 0)
		return;
	snprintf(text, sizeof text, "%s%" PRIu64 " %s", out->size != 0 ? ", " : "", count, what);
	import_json_append(out, text, strlen(text));
}

static void note_left_out(struct zim_importer *in)
{
	const struct left_out *left = &in->left_out;
	struct json_text text = {0};

	if (in->noted || in->options->complaints->muted)
		return;
	in->noted = true;
	put_reason(&text, left->indexes, "of indexes (X)");
	put_reason(&text, left->well_known, "well-known (W)");
	put_reason(&text, left->deleted, "deleted");
	put_reason(&text, left->others, "others");
	if (text.size != 0 && !text.failed)
		cli_note("%s: entries that become no articles: %.*s", cli_quote(in->name),
		         (int)text.size, text.data);
	free(text.data);
}

/* The entry of an item, if it is wanted: 1, 0 it is not, -1 complained. */
static int read_item(struct zim_importer *in, uint32_t index, struct import_article *out)
{
	struct capsa_error err = {.text = "out of memory"};
	char *name = NULL;
	int got = -1;

	if (!zim_read_entry(&in->zim, index, &in->entry, &err)) {
		complain_of_entry(in, index, err.text);
		return -1;
	}
	free(in->path);
	in->path = final_path(in, &in->entry, &name);
	if (in->path == NULL || capsa_path_check(in->path, strlen(in->path), &err) != CAPSA_OK)
		complain_of_entry(in, index, err.text);
	else if (!import_wanted(in->options, in->path))
		got = 0;
	else
		got = set_article(in, name, out) ? 1 : -1;
	free(name);
	return got;
}

static int zim_next(struct importer *importer, struct import_article *out)
{
	struct zim_importer *in = (struct zim_importer *)importer;
	int got = 0;

	while (got == 0 && !in->broken && cli_signal == 0) {
		if (in->current == in->count) {
			note_left_out(in);
			return 0;
		}
		got = read_item(in, in->order[in->current++].index, out);
	}
	return got;
}

static bool zim_settle(struct importer *importer)
{
	struct zim_importer *in = (struct zim_importer *)importer;

	if (zim_file_unchanged(&in->file))
		return true;
	in->broken = true;
	complain(in, "changed while it was read");
	return false;
}

static void zim_rewind(struct importer *importer)
{
	struct zim_importer *in = (struct zim_importer *)importer;

	in->current = 0;
	in->broken = false;
	in->bytes = 0;
	in->cluster.effort = 0;
}

static void close_zim(struct importer *importer)
{
	struct zim_importer *in = (struct zim_importer *)importer;

	zim_cluster_release(&in->cluster);
	zim_close(&in->zim);
	zim_file_close(&in->file);
	zim_about_release(&in->about);
	zim_entry_release(&in->entry);
	zim_entry_release(&in->target);
	import_paths_release(&in->directories);
	import_paths_release(&in->metadata_like);
	capsa_metadata_free(in->metadata);
	free(in->order);
	free(in->path);
	free(in->origin);
	free(in);
}

/* ---- before packing ---- */

/* The paths of an article, for what other articles cannot be called. */
static bool learn_path(struct zim_importer *in)
{
	char *path = make_path(in, &in->entry, NULL);

	if (path == NULL)
		return false;
	import_paths_add_above(&in->directories, path);
	if (in->zim.one_namespace && in->entry.space == 'C' && strncmp(path, "M/", 2) == 0)
		import_paths_add(&in->metadata_like, path, strlen(path));
	free(path);
	return true;
}

/* Can an entry of metadata describe the archive?  Then it becomes no article. */
static bool describes(struct zim_importer *in)
{
	struct capsa_error err;
	struct capsa_source body;

	return !is_over_limit(in, &err) &&
	       zim_read_blob(&in->cluster, in->entry.cluster, in->entry.blob, &body, &err) &&
	       zim_about_take(&in->about, in->entry.path, in->entry.type, &body);
}

/* Look at one entry.  One that cannot be read stays in the order, for `next` to say so. */
static bool survey_entry(struct zim_importer *in, uint32_t index)
{
	struct item item = {ZIM_NONE, index, index};
	struct capsa_error err;
	enum place place;
	uint64_t *reason;

	if (zim_read_entry(&in->zim, index, &in->entry, &err)) {
		place = place_of(in, &in->entry, &reason);
		if (place == LEFT_OUT) {
			++*reason;
			return true;
		}
		if (place == METADATA && describes(in))
			return true;
		if (!learn_path(in))
			return false;
		if (in->entry.kind == ZIM_CONTENT)
			item = (struct item){in->entry.cluster, in->entry.blob, index};
	} else if (err.sys != 0) {
		/* It may be there the next time, but now is when it would have its place. */
		complain(in, err.text);
		return true;
	}
	in->order[in->count++] = item;
	return true;
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->cluster != y->cluster)
		return x->cluster < y->cluster ? -1 : 1;
	if (x->blob != y->blob)
		return x->blob < y->blob ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static bool survey(struct zim_importer *in)
{
	uint64_t size = 0;
	bool good = true;

	in->order = capsa_array_new(in->zim.entry_count, sizeof *in->order);
	if (in->order == NULL) {
		cli_error("out of memory");
		return false;
	}
	for (uint32_t i = 0; good && i < in->zim.entry_count && cli_signal == 0; i++) {
		good = survey_entry(in, i);
		size += in->entry.size;
		/* Else a small file could have more paths than memory can hold, or take hours. */
		if (size > in->zim.end) {
			complain(in, "its entries overlap one another");
			return false;
		}
	}
	if (!good || in->directories.failed || in->metadata_like.failed) {
		cli_error("out of memory");
		return false;
	}
	qsort(in->order, in->count, sizeof *in->order, compare_items);
	return cli_signal == 0;
}

/* The page to begin with, behind the redirect that may stand for it. */
static bool learn_main_page(struct zim_importer *in)
{
	uint32_t index = in->zim.main_page;
	struct capsa_error err;
	uint64_t *reason;
	char *path;

	for (unsigned hops = 0; index != ZIM_NONE && hops < MAIN_PAGE_HOPS; hops++) {
		if (!zim_read_entry(&in->zim, index, &in->entry, &err))
			return true;
		if (in->entry.kind == ZIM_REDIRECT) {
			index = in->entry.target;
			continue;
		}
		if (place_of(in, &in->entry, &reason) != ARTICLE)
			return true;
		path = final_path(in, &in->entry, NULL);
		if (path == NULL)
			return false;
		import_extra_bytes(&in->about.extra, "main_page", path, strlen(path));
		free(path);
		return true;
	}
	return true;
}

static bool describe(struct zim_importer *in)
{
	char uuid[2 * ZIM_UUID_SIZE + 1];

	capsa_hex(in->zim.uuid, ZIM_UUID_SIZE, uuid);
	import_extra_bytes(&in->about.extra, "zim_uuid", uuid, strlen(uuid));
	if (learn_main_page(in) && zim_about_finish(&in->about)) {
		in->base.about = in->about.metadata;
		return true;
	}
	cli_error("out of memory");
	return false;
}

/* A wrong MD5 is no reason not to read what can be read, if the user wants that. */
static void check_md5(struct zim_importer *in)
{
	struct capsa_error err;

	if (!zim_check_md5(&in->zim, &err) && cli_signal == 0)
		complain(in, err.text);
}

/* False: complained, or a signal came. */
static bool open_zim(struct zim_importer *in)
{
	struct capsa_error err = {0};
	char *first = zim_first_part(in->name);

	if (first != NULL) {
		import_complain(in->options->complaints, in->name, 0,
		                "is read as a part of %s, which is the INPUT to name",
		                cli_quote(first));
		free(first);
		return false;
	}
	if (!zim_file_open(&in->file, in->name, &err) ||
	    !zim_open(&in->zim, &in->file.source, &err)) {
		complain(in, err.text);
		return false;
	}
	check_md5(in);
	in->cluster.zim = &in->zim;
	in->cluster.directory = in->options->temporary_directory;
	return cli_signal == 0 && survey(in) && describe(in);
}

static struct importer *import_zim(const struct import_input *input,
                                   const struct import_options *options)
{
	struct zim_importer *in = calloc(1, sizeof *in);

	if (in != NULL)
		in->about.metadata = capsa_metadata_new();
	if (in == NULL || in->about.metadata == NULL) {
		cli_error("out of memory");
		free(in);
		return NULL;
	}
	in->base = (struct importer){
	    .next = zim_next, .settle = zim_settle, .rewind = zim_rewind, .close = close_zim};
	in->options = options;
	in->name = input->file;
	if (!open_zim(in)) {
		close_zim(&in->base);
		return NULL;
	}
	zim_rewind(&in->base);
	return &in->base;
}

/* ---- is it a ZIM file? ---- */

/* Also a later part of a split one, so that it is not taken for a file of its own. */
static bool is_zim(const char *name, struct capsa_text head, const struct import_options *options)
{
	char *first, begin[4];
	bool found = false;
	FILE *file;

	(void)options;
	if (zim_begins(head))
		return true;
	first = zim_first_part(name);
	file = first != NULL ? fopen(first, "re") : NULL;
	if (file != NULL) {
		found = zim_begins((struct capsa_text){begin, fread(begin, 1, sizeof begin, file)});
		fclose(file);
	}
	free(first);
	return found;
}

static const char *const names[] = {"zim", NULL};

const struct import_kind import_kind_zim = {.names = names, .is = is_zim, .open = import_zim};
