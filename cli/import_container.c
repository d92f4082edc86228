/*
 * Articles from the members of tar, cpio, zip, 7z and ISO 9660 files.
 *
 * The container is read twice: a sidecar may come before or behind its file, and a link behind or,
 * in cpio, before what it leads to.  The first reading collects names, sidecars and links
 * (container_index.c); in the second the links to a file follow it, with its body.
 */
#include "import_container.h"

#include "container_find.h"
#include "container_index.h"
#include "container_read.h"
#include "dir_walk.h"
#include "sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct container_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	const char *name; /* borrowed: the container's */
	int fd;
	struct stat before;
	bool changed; /* it did, which was reported */
	struct capsa_source source;
	enum container_format format;
	struct container *container; /* owned; NULL: it is at its end, or cannot be read */
	struct container_index index;

	/* The member. */
	char *last; /* owned: its name, for messages */
	char *path; /* owned: its path, before what no path can have is mapped */
	bool has_modified;
	int64_t modified;
	struct held_body held; /* its body */
	struct container_link *const *links; /* to it, which are still to come */
	size_t link_count;
	size_t bad_link; /* of those that lead nowhere, the next */

	/* The article. */
	char *article_path; /* owned */
	char *origin; /* owned: what messages call it */
	char *sidecar_origin; /* owned: likewise */
	struct capsa_metadata *metadata;
	struct sidecar sidecar;
};

/* ---- complaints ---- */

/* Of a member; NULL: of the container. */
static int complain(struct container_importer *in, const char *member, const char *why)
{
	char *origin = NULL;

	if (member == NULL || asprintf(&origin, "%s: %s", in->name, member) < 0)
		origin = NULL;
	import_complain(in->options->complaints, origin != NULL ? origin : in->name, 0, "%s",
	                cli_quote(why));
	free(origin);
	return -1;
}

/* The container cannot be read any further, or a member of it cannot. */
static int complain_read(struct container_importer *in, const struct capsa_error *err)
{
	if (cli_signal != 0)
		return -1;
	if (in->last == NULL)
		import_complain(in->options->complaints, in->name, 0, "%s", cli_quote(err->text));
	else
		import_complain(in->options->complaints, in->name, 0, "%s (behind %s)",
		                cli_quote(err->text), cli_quote(in->last));
	return -1;
}

/* ---- members ---- */

static bool is_excluded_below(const struct import_options *options, const char *path)
{
	const struct import_options exclude = {.exclude = options->exclude};
	char *directory = strdup(path), *slash;
	bool excluded = directory == NULL;

	while (!excluded && (slash = strrchr(directory, '/')) != NULL) {
		*slash = '\0';
		excluded = !import_wanted(&exclude, directory);
	}
	free(directory);
	return excluded;
}

/* Is it an article that is wanted?  What excludes a directory excludes all below it. */
static bool is_wanted(const struct container_importer *in, const char *path)
{
	return import_wanted(in->options, path) &&
	       (in->options->exclude == NULL || !is_excluded_below(in->options, path)) &&
	       !container_index_is_sidecar(&in->index, path);
}

/*
 * Take the name of a member: 1 where it can become an article, 0 where it is a directory, -1 after
 * a complaint.
 */
static int take_name(struct container_importer *in, const struct container_member *member)
{
	char why[80];

	free(in->last);
	free(in->path);
	in->last = strdup(member->name);
	in->path = malloc(strlen(member->name) + 1);
	if (in->last == NULL || in->path == NULL)
		return complain(in, NULL, "out of memory");
	if (!import_path_plain(member->name, in->path))
		return complain(in, in->last, "the path of a file to be packed cannot have '..'");
	if (member->type == CONTAINER_DIRECTORY)
		return 0;
	if (in->path[0] == '\0')
		return complain(in, in->last, "has no name that can be a path");
	if (member->type != CONTAINER_SPECIAL)
		return 1;
	snprintf(why, sizeof why, "is %s, which cannot be packed", import_walk_kind(member->mode));
	return complain(in, in->path, why);
}

/* A hard link may have the bytes of the file itself. */
static bool is_link(const struct container_member *member)
{
	return member->type == CONTAINER_SYMBOLIC_LINK ||
	       (member->type == CONTAINER_HARD_LINK && member->size == 0);
}

/* ---- the first reading ---- */

static int collect_sidecar(struct container_importer *in)
{
	char piece[1U << 14];
	struct capsa_error err;
	size_t size = 0;
	ssize_t got;

	container_index_add_sidecar(&in->index, in->path);
	/* Of one that is too large it suffices to know that it is. */
	while (size <= SIDECAR_MAX &&
	       (got = container_read(in->container, piece, sizeof piece, &err)) != 0) {
		if (got < 0 ||
		    !container_index_put(&in->index, (struct capsa_text){piece, (size_t)got}, &err))
			return complain(in, in->path, err.text);
		size += (size_t)got;
	}
	return 1;
}

/* The files are known by their paths: is this one free? */
static bool is_free(struct container_importer *in)
{
	const struct container_index *index = &in->index;

	if (import_paths_has(&index->files, in->path, strlen(in->path))) {
		complain(in, in->path, "the path has come before in this container");
		return false;
	}
	if (import_paths_has(&index->directories, in->path, strlen(in->path)) ||
	    import_paths_has_above(&index->files, in->path)) {
		complain(in, in->path, "is a directory of another member, or below a file");
		return false;
	}
	return true;
}

/* In cpio the last of a file's names has its bytes, and the others seem empty. */
static void collect_hard_link(struct container_importer *in, const struct container_member *member)
{
	size_t size = strlen(member->target);
	char *target = malloc(size + 1);

	if (target != NULL && import_path_plain(member->target, target) &&
	    import_paths_has(&in->index.empty, target, strlen(target)))
		container_index_add_link(&in->index, target, in->path, true);
	free(target);
}

static int collect(struct container_importer *in, const struct container_member *member)
{
	struct container_index *index = &in->index;
	int got = take_name(in, member);

	if (got == 0 && in->path[0] != '\0')
		container_index_add_directory(index, in->path);
	if (got <= 0)
		return got;
	if (!is_free(in))
		return -1;
	container_index_add_file(index, in->path);
	if (is_link(member)) {
		if (member->target == NULL)
			return complain(in, in->path, "is a link whose target cannot be read");
		return container_index_add_link(index, in->path, member->target,
		                                member->type == CONTAINER_HARD_LINK)
		           ? 1
		           : complain(in, in->path, "is one link too many");
	}
	if (member->type == CONTAINER_HARD_LINK && member->target != NULL)
		collect_hard_link(in, member);
	if (member->encrypted)
		return complain(in, in->path, "is encrypted");
	if (member->size == 0 && member->links > 1) {
		import_paths_add(&index->empty, in->path, strlen(in->path));
		index->failed |= index->empty.failed;
	}
	if (import_wanted(in->options, in->path))
		in->base.total_bytes += member->size;
	return import_walk_is_sidecar_name(in->path) ? collect_sidecar(in) : 1;
}

static bool begin(struct container_importer *in)
{
	struct capsa_error err = {0};

	container_close(in->container);
	in->container = container_open(&in->source, in->format, &err);
	free(in->last);
	in->last = NULL;
	in->link_count = 0;
	in->bad_link = 0;
	import_paths_release(&in->index.passed);
	if (in->container == NULL)
		complain_read(in, &err);
	return in->container != NULL;
}

/* A link that leads nowhere: -1 after a complaint, 0: there is none left. */
static int next_bad_link(struct container_importer *in)
{
	while (in->bad_link < in->index.link_count) {
		const struct container_link *link = &in->index.links[in->bad_link++];

		if (link->why != NULL && is_wanted(in, link->path))
			return complain(in, link->path, link->why);
	}
	return 0;
}

static bool survey(struct container_importer *in)
{
	struct import_complaints *complaints = in->options->complaints;
	unsigned before = complaints->count;
	bool muted = import_complaints_mute(complaints);
	struct container_member member;
	struct capsa_error err = {0};
	uint64_t count = 0;
	int got = 0;

	import_hold_begin(&in->index.held, in->options->temporary_directory);
	cli_progress_start("look", 0);
	if (begin(in)) {
		while (cli_signal == 0 &&
		       (got = container_next(in->container, &member, &err)) != 0) {
			if (got < 0)
				complain_read(in, &err);
			else
				collect(in, &member);
			cli_progress_step(++count, in->base.total_bytes);
		}
	}
	cli_progress_end();
	container_index_finish(&in->index);
	while (next_bad_link(in) != 0)
		continue;
	import_complaints_resume(complaints, muted);
	if (in->index.failed)
		cli_error("out of memory");
	return complaints->count == before && !in->index.failed && cli_signal == 0;
}

/* ---- the article ---- */

static void close_article(struct container_importer *in)
{
	free(in->article_path);
	free(in->origin);
	free(in->sidecar_origin);
	in->article_path = in->origin = in->sidecar_origin = NULL;
	capsa_metadata_free(in->metadata);
	in->metadata = NULL;
	import_sidecar_release(&in->sidecar);
}

/* What the sidecar says, if there is one. */
static bool read_sidecar(struct container_importer *in, const char *path)
{
	struct capsa_error err;
	struct foreign_error why;
	struct capsa_text file;
	char *name = NULL, *bytes;
	bool good = false;

	if (asprintf(&name, "%s" WALK_SIDECAR, path) < 0) {
		complain(in, path, "out of memory");
		return false;
	}
	bytes = container_index_sidecar(&in->index, name, &file.size, &err);
	file.data = bytes;
	if (bytes == NULL) {
		good = err.text[0] == '\0';
		if (!good)
			complain(in, name, err.text);
	} else if (asprintf(&in->sidecar_origin, "%s: %s", in->name, name) < 0) {
		in->sidecar_origin = NULL;
		complain(in, name, "out of memory");
	} else {
		good = import_sidecar_take(&in->sidecar, file, in->metadata, &why);
		if (!good)
			import_complain(in->options->complaints, in->sidecar_origin, why.line, "%s",
			                cli_quote(why.text));
	}
	free(bytes);
	free(name);
	return good;
}

/* The path of the article, unless the sidecar says it. */
static bool set_path(struct container_importer *in, const char *path)
{
	struct capsa_error err = {.text = "out of memory"};
	bool changed;

	in->article_path = import_path_of_name(path, strlen(path), &changed);
	if (in->article_path != NULL &&
	    capsa_path_check(in->article_path, strlen(in->article_path), &err) == CAPSA_OK &&
	    capsa_metadata_set(in->metadata, "path", in->article_path, strlen(in->article_path),
	                       &err) == CAPSA_OK &&
	    (!changed || import_keep_original(in->metadata, path, &err) == CAPSA_OK))
		return true;
	complain(in, path, err.text);
	return false;
}

/* The body at hand under this path: 1, or -1 after a complaint. */
static int make_article(struct container_importer *in, const char *path, struct import_article *out)
{
	close_article(in);
	in->metadata = capsa_metadata_new();
	if (in->metadata == NULL || asprintf(&in->origin, "%s: %s", in->name, path) < 0) {
		in->origin = NULL;
		return complain(in, path, "out of memory");
	}
	if (!read_sidecar(in, path) || (in->sidecar.path == NULL && !set_path(in, path)))
		return -1;
	*out = (struct import_article){
	    .path = in->sidecar.path != NULL ? in->sidecar.path : in->article_path,
	    .metadata = in->metadata,
	    .body = import_held(&in->held),
	    .origin = in->origin,
	    .complete = in->sidecar.complete,
	    .has_modified = in->has_modified,
	    .modified = in->modified,
	    .size = in->sidecar.size,
	    .digest = in->sidecar.digest,
	    .witness = in->sidecar_origin,
	};
	return 1;
}

/* ---- the second reading ---- */

static bool hold_body(struct container_importer *in, struct capsa_error *err)
{
	char piece[1U << 16];
	ssize_t got;

	import_hold_begin(&in->held, in->options->temporary_directory);
	while ((got = container_read(in->container, piece, sizeof piece, err)) > 0)
		if (!import_hold_put(&in->held, (struct capsa_text){piece, (size_t)got}, err))
			return false;
	return got == 0;
}

/* The body cannot be had, nor can that of the links to it. */
static int fail_body(struct container_importer *in, bool wanted, const char *why)
{
	if (wanted)
		complain(in, in->path, why);
	for (; in->link_count != 0; in->link_count--, in->links++)
		if (is_wanted(in, (*in->links)->path))
			complain(in, (*in->links)->path, "is a link to a file that cannot be read");
	return -1;
}

static void take_time(struct container_importer *in, const struct container_member *member)
{
	in->has_modified = member->has_modified;
	in->modified = member->modified;
	if (in->options->has_epoch && in->modified > in->options->epoch)
		in->modified = in->options->epoch;
}

/* A link or a sidecar, which becomes no article where it stands: 0, or -1 after a complaint. */
static int pass(struct container_importer *in, bool link)
{
	if (container_index_pass(&in->index, in->path, link) || (link && !is_wanted(in, in->path)))
		return 0;
	return complain(in, in->path,
	                link ? "is a link whose path is taken, or one link too many"
	                     : "the path has come before in this container");
}

/* Is anything to be made of this member?  1, 0: no, -1: complained. */
static int take_member(struct container_importer *in, const struct container_member *member,
                       struct import_article *out)
{
	struct capsa_error err = {0};
	int got = take_name(in, member);
	bool wanted;

	if (got <= 0)
		return got;
	/* A link follows its file; one that leads nowhere comes at the end. */
	if (is_link(member) ||
	    (member->size == 0 && container_index_is_empty_name(&in->index, in->path)))
		return pass(in, true);
	if (container_index_is_sidecar(&in->index, in->path) && pass(in, false) != 0)
		return -1;
	wanted = is_wanted(in, in->path);
	in->link_count = container_index_links(&in->index, in->path, &in->links);
	if (!wanted && in->link_count == 0)
		return 0;
	if (member->encrypted)
		return fail_body(in, wanted, "is encrypted");
	take_time(in, member);
	if (!hold_body(in, &err))
		return cli_signal == 0 ? fail_body(in, wanted, err.text) : -1;
	return wanted ? make_article(in, in->path, out) : 0;
}

static int container_importer_next(struct importer *importer, struct import_article *out)
{
	struct container_importer *in = (struct container_importer *)importer;
	struct container_member member;
	struct capsa_error err = {0};
	int got = 0;

	while (got == 0 && cli_signal == 0) {
		if (in->link_count != 0) {
			const struct container_link *link = *in->links++;

			in->link_count--;
			if (is_wanted(in, link->path))
				got = make_article(in, link->path, out);
			continue;
		}
		got = in->container != NULL ? container_next(in->container, &member, &err) : 0;
		if (got == 0)
			return next_bad_link(in);
		got = got < 0 ? complain_read(in, &err) : take_member(in, &member, out);
	}
	return got;
}

/* The body is a copy; the container must be what it was when the first reading began. */
static bool container_settle(struct importer *importer)
{
	struct container_importer *in = (struct container_importer *)importer;
	struct stat after;

	if (in->fd < 0)
		return true;
	if (!in->changed && fstat(in->fd, &after) == 0 && after.st_size == in->before.st_size &&
	    after.st_mtim.tv_sec == in->before.st_mtim.tv_sec &&
	    after.st_mtim.tv_nsec == in->before.st_mtim.tv_nsec)
		return true;
	if (!in->changed)
		complain(in, NULL, "changed while it was read");
	in->changed = true;
	return false;
}

static void container_rewind(struct importer *importer)
{
	begin((struct container_importer *)importer);
}

static void container_importer_close(struct importer *importer)
{
	struct container_importer *in = (struct container_importer *)importer;

	if (in == NULL)
		return;
	container_close(in->container);
	container_index_release(&in->index);
	close_article(in);
	import_hold_release(&in->held);
	if (in->fd >= 0)
		close(in->fd);
	free(in->last);
	free(in->path);
	free(in);
}

static struct container_importer *new_importer(const char *name,
                                               const struct import_options *options)
{
	struct container_importer *in = calloc(1, sizeof *in);

	if (in == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	in->base = (struct importer){.next = container_importer_next,
	                             .settle = container_settle,
	                             .rewind = container_rewind,
	                             .close = container_importer_close};
	in->options = options;
	in->name = name;
	in->fd = -1;
	return in;
}

/* The first reading is done, and the first article is next. */
static struct importer *ready(struct container_importer *in)
{
	if (survey(in) && begin(in))
		return &in->base;
	container_importer_close(&in->base);
	return NULL;
}

struct importer *import_container_source(const struct capsa_source *source,
                                         enum container_format format, const char *name,
                                         const struct import_options *options)
{
	struct container_importer *in = new_importer(name, options);

	if (in == NULL)
		return NULL;
	in->source = *source;
	in->format = format;
	return ready(in);
}

/* ---- the kind ---- */

static const char *const names[] = {"tar", "cpio", "zip", "7z", "iso", NULL};

static bool open_file(const char *file, int *fd, struct capsa_source *source,
                      struct capsa_error *err)
{
	*fd = open(file, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (*fd >= 0)
		return capsa_source_file(source, *fd, err) == CAPSA_OK;
	snprintf(err->text, sizeof err->text, "cannot be read: %s", strerror(errno));
	return false;
}

static struct importer *import_container(const struct import_input *input,
                                         const struct import_options *options)
{
	struct container_importer *in = new_importer(input->file, options);
	struct capsa_error err = {0};

	if (in == NULL)
		return NULL;
	in->format = container_format_named(options->from);
	if (!open_file(input->file, &in->fd, &in->source, &err) ||
	    fstat(in->fd, &in->before) != 0) {
		complain(in, NULL, err.text[0] != '\0' ? err.text : "cannot be read");
		container_importer_close(&in->base);
		return NULL;
	}
	if (in->format == CONTAINER_NONE &&
	    !container_find_source(input->file, &in->source, &in->format, &err)) {
		complain(in, NULL, err.text);
		container_importer_close(&in->base);
		return NULL;
	}
	return ready(in);
}

/* ---- is it a container? ---- */

static bool is_container(const char *file, struct capsa_text head,
                         const struct import_options *options)
{
	enum container_format format = CONTAINER_NONE;
	struct capsa_source source;
	struct capsa_error err;
	int fd;

	(void)options;
	if (open_file(file, &fd, &source, &err))
		format = container_find(file, &source, head);
	if (format == CONTAINER_ZIP && container_is_document(&source))
		format = CONTAINER_NONE;
	if (fd >= 0)
		close(fd);
	return format != CONTAINER_NONE;
}

const struct import_kind import_kind_container = {
    .names = names, .is = is_container, .open = import_container};
