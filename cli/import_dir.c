/*
 * Articles from files and directories.  They are walked through twice: once to find what cannot be
 * packed before any work is done, then to read.
 */
#include "dir_walk.h"

#include "sidecar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define PATHS_MAX (64U << 20)           /* bytes of paths that are compared before packing */

/* The paths of several inputs, to find those that come twice. */
struct paths {
	char *bytes;                    /* owned: path and NUL, repeated; '/' is 01, the lowest */
	size_t size, capacity;
	struct path {
		size_t at;
		size_t input;
	} * list; /* owned */
	size_t count, list_capacity;
};

struct dir_importer {
	struct importer base;           /* first, so that one pointer is both */
	struct dir_walk walk;
	char *real_root;                /* owned: INPUT without symbolic links; NULL until needed */
	size_t real_input;              /* of which */

	/* The article. */
	int fd;                         /* -1: none */
	struct stat before;
	struct capsa_metadata *metadata;
	struct sidecar sidecar;
	char *sidecar_origin;           /* owned: what messages call it */
	uint8_t *head;                  /* owned: the first bytes of the file */
	size_t head_size;
	int failed;                     /* errno of the first failed read; -1: the file was short */
};

/* ---- one file ---- */

/* Where a symbolic link leads, if that lies below INPUT; the caller frees it.  NULL: complained. */
static char *follow_link(struct dir_importer *dir)
{
	char *target = realpath(dir->walk.origin, NULL);
	int failed = errno;
	size_t size;

	if (target == NULL) {
		import_walk_complain(&dir->walk, NULL,
		                     "is a symbolic link that cannot be followed: %s",
		                     strerror(failed));
		return NULL;
	}
	if (dir->real_root == NULL || dir->real_input != dir->walk.input) {
		free(dir->real_root);
		dir->real_input = dir->walk.input;
		dir->walk.origin[dir->walk.root_size - 1] = '\0';
		dir->real_root = realpath(dir->walk.root_size > 1 ? dir->walk.origin : "/", NULL);
		dir->walk.origin[dir->walk.root_size - 1] = '/';
	}
	size = dir->real_root != NULL ? strlen(dir->real_root) : 0;
	/* The root directory alone ends with '/'. */
	size -= size == 1;
	if (dir->real_root != NULL && strncmp(target, dir->real_root, size) == 0 &&
	    target[size] == '/')
		return target;
	import_walk_complain(&dir->walk, NULL,
	                     "is a symbolic link that leads out of the directory that is packed");
	free(target);
	return NULL;
}

bool import_skipped(const struct import_options *options, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < options->skip_count; i++) {
		if (options->skip[i].device == device && options->skip[i].inode == inode)
			return true;
	}
	return false;
}

/* Is a file what can be packed?  1: yes; 0: it is the archive itself; -1: no, complained. */
static int judge(struct dir_importer *dir, const struct walk_found *found,
                 const struct stat *status)
{
	if (import_skipped(dir->walk.options, status->st_dev, status->st_ino))
		return 0;
	if (S_ISREG(status->st_mode))
		return 1;
	import_walk_complain(&dir->walk, NULL, "is %s%s, which cannot be packed",
	                     found->kind == DT_LNK ? "a symbolic link to " : "",
	                     import_walk_kind(status->st_mode));
	return -1;
}

/* Look at what was found, without opening it: as open_found. */
static int examine(struct dir_importer *dir, const struct walk_found *found, struct stat *status)
{
	char *target = NULL;
	int failed;

	if (found->kind == DT_LNK) {
		target = follow_link(dir);
		if (target == NULL)
			return -1;
	}
	failed = fstatat(found->directory, target != NULL ? target : found->name, status,
	                 found->directory != AT_FDCWD ? AT_SYMLINK_NOFOLLOW : 0) != 0
	             ? errno
	             : 0;
	free(target);
	if (failed != 0) {
		import_walk_complain(&dir->walk, NULL, "cannot be read: %s", strerror(failed));
		return -1;
	}
	return judge(dir, found, status);
}

/* Open what was found: 1, or 0 where it is the archive itself, or -1 after a complaint. */
static int open_found(struct dir_importer *dir, const struct walk_found *found)
{
	/* A FIFO that took the file's place must not block. */
	int flags = O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	char *target = NULL;
	int failed;

	if (found->kind == DT_LNK) {
		target = follow_link(dir);
		if (target == NULL)
			return -1;
	}
	if (found->directory != AT_FDCWD)
		flags |= O_NOFOLLOW;
	dir->fd = openat(found->directory, target != NULL ? target : found->name, flags);
	failed = dir->fd < 0 || fstat(dir->fd, &dir->before) != 0 ? errno : 0;
	free(target);
	if (failed != 0) {
		import_walk_complain(&dir->walk, NULL, "cannot be read: %s", strerror(failed));
		return -1;
	}
	return judge(dir, found, &dir->before);
}

/* Read up to `size` bytes; 0, or an errno value, or -1 at the end of the file. */
static int read_file(int fd, uint64_t offset, uint8_t *buf, size_t size)
{
	while (size != 0) {
		ssize_t got = pread(fd, buf, size, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? errno : -1;
		buf += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

static int read_at(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct dir_importer *dir = ctx;
	uint8_t *out = buf;
	size_t kept = 0;
	int failed = 0;

	if (offset < dir->head_size) {
		kept =
		    dir->head_size - (size_t)offset < size ? dir->head_size - (size_t)offset : size;
		memcpy(out, dir->head + offset, kept);
	}
	/* A large file is no reason to let who pressed Ctrl-C wait. */
	if (cli_signal != 0)
		return EINTR;
	if (kept < size)
		failed = read_file(dir->fd, offset + kept, out + kept, size - kept);
	if (failed != 0 && dir->failed == 0)
		dir->failed = failed;
	return failed < 0 ? EIO : failed;
}

/* The first bytes are kept, so that a small file is read by one call. */
static bool read_head(struct dir_importer *dir)
{
	uint64_t size = (uint64_t)dir->before.st_size;

	dir->head_size = size < IMPORT_HEAD_SIZE ? (size_t)size : IMPORT_HEAD_SIZE;
	dir->failed = read_file(dir->fd, 0, dir->head, dir->head_size);
	if (size == 0) {
		/* Files of /proc and the like say that they are empty, and are not. */
		dir->failed = read_file(dir->fd, 0, dir->head, 1);
		if (dir->failed == 0) {
			import_walk_complain(&dir->walk, NULL,
			                     "holds bytes, though its size is said to be 0");
			return false;
		}
		if (dir->failed < 0)
			dir->failed = 0;
	}
	return dir->failed == 0 || dir->base.settle(&dir->base);
}

static void close_article(struct dir_importer *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
	dir->failed = 0;
	capsa_metadata_free(dir->metadata);
	dir->metadata = NULL;
	import_sidecar_release(&dir->sidecar);
	free(dir->sidecar_origin);
	dir->sidecar_origin = NULL;
}

/* What the sidecar says, if there is one. */
static bool read_sidecar(struct dir_importer *dir, const struct walk_found *found)
{
	struct foreign_error why;

	if (found->sidecar == NULL)
		return true;
	if (asprintf(&dir->sidecar_origin, "%s" WALK_SIDECAR, dir->walk.origin) < 0) {
		dir->sidecar_origin = NULL;
		import_walk_complain(&dir->walk, NULL, "out of memory");
		return false;
	}
	if (import_sidecar_read(&dir->sidecar, found->directory, found->sidecar, dir->metadata,
	                        &why))
		return true;
	import_complain(dir->walk.options->complaints, dir->sidecar_origin, why.line, "%s",
	                cli_quote(why.text));
	return false;
}

static bool make_metadata(struct dir_importer *dir, const struct walk_found *found)
{
	struct capsa_error err = {.text = "out of memory"};

	dir->metadata = capsa_metadata_new();
	if (dir->metadata == NULL) {
		import_walk_complain(&dir->walk, NULL, "out of memory");
		return false;
	}
	if (!read_sidecar(dir, found))
		return false;
	if (dir->sidecar.path != NULL)
		return true;
	if (capsa_metadata_set(dir->metadata, "path", found->path, strlen(found->path), &err) ==
	        CAPSA_OK &&
	    (found->original == NULL ||
	     import_keep_original(dir->metadata, found->original, &err) == CAPSA_OK))
		return true;
	import_walk_complain(&dir->walk, NULL, "%s", err.text);
	return false;
}

static int64_t time_of(const struct dir_importer *dir)
{
	int64_t modified = dir->before.st_mtim.tv_sec;

	return dir->walk.options->has_epoch && modified > dir->walk.options->epoch
	           ? dir->walk.options->epoch
	           : modified;
}

/* ---- the importer ---- */

static bool dir_settle(struct importer *importer)
{
	struct dir_importer *dir = (struct dir_importer *)importer;
	struct stat after;

	if (dir->failed > 0) {
		import_walk_complain(&dir->walk, NULL, "cannot be read: %s", strerror(dir->failed));
		return false;
	}
	if (dir->failed < 0 || fstat(dir->fd, &after) != 0 ||
	    after.st_size != dir->before.st_size ||
	    after.st_mtim.tv_sec != dir->before.st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != dir->before.st_mtim.tv_nsec) {
		import_walk_complain(&dir->walk, NULL, "changed while it was read");
		return false;
	}
	return true;
}

static int dir_next(struct importer *importer, struct import_article *out)
{
	struct dir_importer *dir = (struct dir_importer *)importer;
	struct walk_found found;
	int result;

	do {
		close_article(dir);
		result = import_walk_next(&dir->walk, &found);
		if (result == 0)
			return 0;
		if (result > 0)
			result = open_found(dir, &found);
	} while (result == 0);
	if (result < 0 || !read_head(dir) || !make_metadata(dir, &found))
		return -1;
	*out = (struct import_article){
	    .path = dir->sidecar.path != NULL ? dir->sidecar.path : found.path,
	    .metadata = dir->metadata,
	    .body = {read_at, (uint64_t)dir->before.st_size, dir},
	    .origin = dir->walk.origin,
	    .complete = dir->sidecar.complete,
	    .has_modified = true,
	    .modified = time_of(dir),
	    .size = dir->sidecar.size,
	    .digest = dir->sidecar.digest,
	    .witness = dir->sidecar_origin,
	};
	return 1;
}

static void dir_rewind(struct importer *importer)
{
	struct dir_importer *dir = (struct dir_importer *)importer;

	close_article(dir);
	import_walk_rewind(&dir->walk);
}

static void dir_close(struct importer *importer)
{
	struct dir_importer *dir = (struct dir_importer *)importer;

	if (dir == NULL)
		return;
	close_article(dir);
	import_walk_release(&dir->walk);
	free(dir->real_root);
	free(dir->head);
	free(dir);
}

/* ---- before packing ---- */

/* A copy of the path that is compared later, as long as there is room; false when memory is out. */
static bool keep_path(struct paths *paths, const char *path, size_t input)
{
	size_t size = strlen(path) + 1;

	if (paths->capacity - paths->size < size) {
		size_t capacity = (paths->capacity + size) * 2;
		char *bytes = realloc(paths->bytes, capacity);

		if (bytes == NULL)
			return false;
		paths->bytes = bytes;
		paths->capacity = capacity;
	}
	if (paths->count == paths->list_capacity) {
		size_t capacity = paths->list_capacity * 2 + 64;
		struct path *list = realloc(paths->list, capacity * sizeof *list);

		if (list == NULL)
			return false;
		paths->list = list;
		paths->list_capacity = capacity;
	}
	paths->list[paths->count++] = (struct path){paths->size, input};
	for (size_t i = 0; i < size; i++)
		paths->bytes[paths->size++] = path[i] != '/' ? path[i] : '\1';
	return true;
}

static void paths_release(struct paths *paths)
{
	free(paths->bytes);
	free(paths->list);
}

static int compare_paths(const void *a, const void *b, void *bytes)
{
	const struct path *first = a, *second = b;
	int order = strcmp((const char *)bytes + first->at, (const char *)bytes + second->at);

	return order != 0 ? order : (first->input > second->input) - (first->input < second->input);
}

/* Paths that come twice, or are a directory of another, are found between neighbours. */
static void compare_inputs(struct dir_importer *dir, struct paths *paths)
{
	if (paths->count == 0)
		return;
	qsort_r(paths->list, paths->count, sizeof *paths->list, compare_paths, paths->bytes);
	for (size_t i = 0; i < paths->size; i++) {
		if (paths->bytes[i] == '\1')
			paths->bytes[i] = '/';
	}
	for (size_t i = 1; i < paths->count; i++) {
		const struct path *first = &paths->list[i - 1], *second = &paths->list[i];
		const char *a = paths->bytes + first->at, *b = paths->bytes + second->at;
		size_t size = strlen(a);

		if (strncmp(a, b, size) != 0 || (b[size] != '\0' && b[size] != '/'))
			continue;
		if (b[size] == '\0')
			import_walk_complain(&dir->walk, a, "comes twice, from %s and from %s",
			                     cli_quote(dir->walk.inputs[first->input].file),
			                     cli_quote(dir->walk.inputs[second->input].file));
		else
			import_walk_complain(
			    &dir->walk, a, "from %s is a file, and a directory of %s from %s",
			    cli_quote(dir->walk.inputs[first->input].file), cli_quote(b),
			    cli_quote(dir->walk.inputs[second->input].file));
	}
}

/*
 * Walk through all inputs, count their bytes and complain of all that cannot be packed.  Paths of
 * several inputs are compared where they take no more than PATHS_MAX bytes; those beyond, and those
 * that stand in sidecars, the writer compares at its end.
 */
static bool survey(struct dir_importer *dir)
{
	struct paths paths = {0};
	struct walk_found found;
	struct stat status;
	struct import_complaints *complaints = dir->walk.options->complaints;
	unsigned before = complaints->count;
	bool muted = import_complaints_mute(complaints);
	/* What is to be left out is found out when it comes. */
	bool compare = dir->walk.input_count > 1 && !complaints->keep_going;
	uint64_t count = 0;
	int result;

	cli_progress_start("look", 0);
	while ((result = import_walk_next(&dir->walk, &found)) != 0) {
		if (result > 0)
			result = examine(dir, &found, &status);
		if (result <= 0)
			continue;
		dir->base.total_bytes += (uint64_t)status.st_size;
		cli_progress_step(++count, dir->base.total_bytes);
		if (compare && found.sidecar == NULL && paths.size < PATHS_MAX &&
		    !keep_path(&paths, found.path, dir->walk.input - 1))
			import_walk_complain(&dir->walk, NULL, "out of memory");
	}
	cli_progress_end();
	if (compare && paths.size < PATHS_MAX)
		compare_inputs(dir, &paths);
	paths_release(&paths);
	import_complaints_resume(complaints, muted);
	return complaints->count == before && cli_signal == 0;
}

/* A path may have 2,000 directories, each of which is open while files below it are read. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= WALK_PATH_MAX)
		return;
	limit.rlim_cur = limit.rlim_max < WALK_PATH_MAX ? limit.rlim_max : WALK_PATH_MAX;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct importer *import_dir(const struct import_input *inputs, size_t count,
                            const struct import_options *options)
{
	struct dir_importer *dir = calloc(1, sizeof *dir);
	uint8_t *head = malloc(IMPORT_HEAD_SIZE);

	if (dir == NULL || head == NULL) {
		cli_error("out of memory");
		free(dir);
		free(head);
		return NULL;
	}
	dir->base = (struct importer){
	    .next = dir_next, .settle = dir_settle, .rewind = dir_rewind, .close = dir_close};
	dir->walk = (struct dir_walk){.inputs = inputs, .input_count = count, .options = options};
	dir->head = head;
	dir->fd = -1;
	allow_descriptors();
	if (!survey(dir)) {
		dir_close(&dir->base);
		return NULL;
	}
	dir_rewind(&dir->base);
	return &dir->base;
}
