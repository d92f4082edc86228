/*
 * Files below one directory.
 *
 * Each component is opened below the one before and never through a symbolic link, so whoever
 * changes the tree meanwhile cannot lead us out of it.  The directories of the file written last
 * stay open.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEVELS 16               /* directories kept open */

enum trouble { NONE, DIRECTORY, FILE_ITSELF, EXISTS };

struct cli_tree {
	bool force;

	/* fds[0] is the tree's directory, fds[top] `open`, between them some of those between. */
	int fds[LEVELS];
	size_t top;
	char open[CLI_NAME_ROOM];       /* with a slash at its end; empty: the tree's directory */
	size_t open_size;

	int file;                       /* the one begun, or -1 */
	bool unnamed;                   /* it has no name until it is complete (O_TMPFILE) */
	bool by_proc;                   /* and then needs /proc to get one */
	char temporary[20];             /* else its name for now */
	char final[CLI_NAME_ROOM];      /* its name in the end, with directories */

	bool deferred;                  /* what fails is kept until it is asked for */
	enum trouble trouble;
	int error;                      /* errno */
	char troubled[CLI_NAME_ROOM];   /* the name of what failed */
};

/* ---- what fails ---- */

void cli_tree_defer(struct cli_tree *tree)
{
	tree->deferred = true;
}

void cli_tree_report(struct cli_tree *tree)
{
	const char *name = cli_quote(tree->troubled);

	if (tree->trouble == EXISTS)
		cli_error("%s exists already; --force replaces it", name);
	else if (tree->trouble == DIRECTORY && (tree->error == ENOTDIR || tree->error == ELOOP))
		cli_error("cannot make the directory %s: something else is there (symbolic links "
		          "are not followed)", name);
	else if (tree->trouble == DIRECTORY)
		cli_error("cannot make the directory %s: %s", name, strerror(tree->error));
	else if (tree->trouble == FILE_ITSELF)
		cli_error("cannot write %s: %s", name, strerror(tree->error));
	tree->trouble = NONE;
}

static int fail(struct cli_tree *tree, enum trouble trouble, const char *name, int error)
{
	tree->trouble = trouble;
	tree->error = error;
	memcpy(tree->troubled, name, strlen(name) + 1);
	if (!tree->deferred)
		cli_tree_report(tree);
	return CLI_FAILED;
}

/* Bytes of a name before its last component. */
static size_t parent_size(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash != NULL ? (size_t)(slash + 1 - name) : 0;
}

/* ---- directories ---- */

/* Make a directory below another unless it is there, and open it; -1 and errno on failure. */
static int open_below(int parent, const char *component)
{
	if (mkdirat(parent, component, 0777) != 0 && errno != EEXIST)
		return -1;
	return openat(parent, component, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Make the directory of a name, its first `size` bytes, the one at fds[top]. */
static int enter(struct cli_tree *tree, const char *name, size_t size)
{
	size_t at = 0;
	size_t level = 0;

	if (size == tree->open_size && memcmp(name, tree->open, size) == 0)
		return CLI_DONE;
	/* The last place may stand for a deeper directory, so nothing goes on from there. */
	for (size_t i = 0; i < size && i < tree->open_size && name[i] == tree->open[i]; i++) {
		if (name[i] == '/' && level < LEVELS - 2) {
			at = i + 1;
			level++;
		}
	}
	while (tree->top > level)
		close(tree->fds[tree->top--]);
	tree->open_size = at;
	while (at < size) {
		size_t component = strcspn(name + at, "/");
		int fd;

		memcpy(tree->open + at, name + at, component);
		tree->open[at + component] = '\0';
		fd = open_below(tree->fds[tree->top], tree->open + at);
		if (fd < 0)
			return fail(tree, DIRECTORY, tree->open, errno);
		if (tree->top == LEVELS - 1)
			close(tree->fds[tree->top]);
		else
			tree->top++;
		tree->fds[tree->top] = fd;
		tree->open[at + component] = '/';
		at += component + 1;
		tree->open_size = at;
	}
	return CLI_DONE;
}

/* The directory that the user named and those above it. */
static int make_directories(const char *path)
{
	char *copy = strdup(path);
	int status = CLI_DONE;

	if (copy == NULL) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	for (char *slash = copy; status == CLI_DONE && slash != NULL;) {
		slash = strchr(slash + 1, '/');
		if (slash != NULL)
			*slash = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
			cli_error("%s: %s", cli_quote(copy), strerror(errno));
			status = CLI_FAILED;
		}
		if (slash != NULL)
			*slash = '/';
	}
	free(copy);
	return status;
}

/* ---- files ---- */

static bool new_temporary_name(struct cli_tree *tree)
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned char bytes[6];

	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return false;
	memcpy(tree->temporary, ".capsa-XXXXXX.tmp", sizeof ".capsa-XXXXXX.tmp");
	for (size_t i = 0; i < sizeof bytes; i++)
		tree->temporary[strlen(".capsa-") + i] = letters[bytes[i] % 32];
	return true;
}

struct cli_tree *cli_tree_open(const char *directory, bool force)
{
	struct cli_tree *tree;

	if (*directory == '\0') {
		cli_error("the name of the directory is empty");
		return NULL;
	}
	if (make_directories(directory) != CLI_DONE)
		return NULL;
	tree = calloc(1, sizeof *tree);
	if (tree == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	tree->force = force;
	tree->file = -1;
	/* What has no name can be given one, but not in place of another file. */
	tree->unnamed = !force && access("/proc/self/fd", X_OK) == 0;
	tree->fds[0] = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (tree->fds[0] < 0)
		cli_error("%s: %s", cli_quote(directory), strerror(errno));
	else if (!new_temporary_name(tree))
		cli_error("no random numbers: %s", strerror(errno));
	else
		return tree;
	cli_tree_close(tree);
	return NULL;
}

/*
 * Make the temporary file, -1 and errno where that fails, -2 where its name is taken.  It is
 * locked, as a sign for whoever removes what dead processes left (output.c), who may have been
 * quicker.
 */
static int make_named(const struct cli_tree *tree)
{
	struct stat info;
	int failed = 0;
	int fd = openat(tree->fds[tree->top], tree->temporary,
	                O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);

	if (fd < 0)
		return errno == EEXIST ? -2 : -1;
	/* Some file systems cannot lock: nobody else can then, either. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
		failed = fstat(fd, &info) != 0 ? errno : 0;
		if (failed == 0 && info.st_nlink != 0)
			return fd;
		if (failed != 0)
			unlinkat(tree->fds[tree->top], tree->temporary, 0);
	}
	close(fd);
	errno = failed;
	return failed != 0 ? -1 : -2;
}

/* One temporary name serves all files, one after another, unless an article is called so. */
static int open_named(struct cli_tree *tree, const char *final)
{
	for (;;) {
		int fd = strcmp(tree->temporary, final) != 0 ? make_named(tree) : -2;

		if (fd != -2 || !new_temporary_name(tree))
			return fd;
	}
}

/* Some file systems know no files without a name, and some kernels say so in another way. */
static int open_unnamed(struct cli_tree *tree)
{
	int fd = openat(tree->fds[tree->top], ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);

	if (fd < 0 &&
	    (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT))
		tree->unnamed = false;
	return fd;
}

int cli_tree_begin(struct cli_tree *tree, const char *name)
{
	size_t parent = parent_size(name);
	int status = enter(tree, name, parent);

	if (status != CLI_DONE)
		return status;
	if (tree->unnamed)
		tree->file = open_unnamed(tree);
	if (!tree->unnamed)
		tree->file = open_named(tree, name + parent);
	if (tree->file < 0)
		return fail(tree, FILE_ITSELF, name, errno);
	memcpy(tree->final, name, strlen(name) + 1);
	return CLI_DONE;
}

int cli_tree_write(struct cli_tree *tree, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t written = write(tree->file, at, size);

		if (cli_signal != 0)
			return CLI_FAILED;
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail(tree, FILE_ITSELF, tree->final, errno);
		at += written;
		size -= (size_t)written;
	}
	return CLI_DONE;
}

/* Give the file without a name its final one. */
static bool link_unnamed(struct cli_tree *tree, const char *name)
{
	int directory = tree->fds[tree->top];
	char self[32];

	if (!tree->by_proc) {
		if (linkat(tree->file, "", directory, name, AT_EMPTY_PATH) == 0)
			return true;
		/* ENOENT: only root, or a newer kernel, may do it in this simple way. */
		if (errno != ENOENT && errno != EPERM && errno != EINVAL)
			return false;
		tree->by_proc = true;
	}
	snprintf(self, sizeof self, "/proc/self/fd/%d", tree->file);
	return linkat(AT_FDCWD, self, directory, name, AT_SYMLINK_FOLLOW) == 0;
}

/* The temporary name becomes the final one. */
static bool rename_named(const struct cli_tree *tree, const char *name)
{
	int directory = tree->fds[tree->top];

	if (tree->force)
		return renameat(directory, tree->temporary, directory, name) == 0;
	if (renameat2(directory, tree->temporary, directory, name, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return false;
	/* A file system that knows no such renaming, like NFS. */
	return linkat(directory, tree->temporary, directory, name, 0) == 0 &&
	       unlinkat(directory, tree->temporary, 0) == 0;
}

/* Time, name, close, in the order that each way needs; false and errno where something fails. */
static bool finish(struct cli_tree *tree, int64_t mtime)
{
	const char *name = tree->final + parent_size(tree->final);
	const struct timespec times[2] = {
	    {.tv_nsec = UTIME_OMIT},
	    {.tv_sec = (time_t)mtime, .tv_nsec = 0},
	};
	bool good = (mtime == CLI_NO_TIME || futimens(tree->file, times) == 0) &&
	            (!tree->unnamed || link_unnamed(tree, name));
	int error = errno;

	/* A write may fail as late as here. */
	if (close(tree->file) != 0 && good) {
		error = errno;
		good = false;
		if (tree->unnamed)
			unlinkat(tree->fds[tree->top], name, 0);
	}
	errno = error;
	return good && (tree->unnamed || rename_named(tree, name));
}

int cli_tree_end(struct cli_tree *tree, int64_t mtime, bool commit)
{
	bool good = commit && finish(tree, mtime);
	int error = errno;

	if (!commit)
		close(tree->file);
	tree->file = -1;
	if (!good && !tree->unnamed)
		unlinkat(tree->fds[tree->top], tree->temporary, 0);
	if (good || !commit)
		return CLI_DONE;
	return fail(tree, error == EEXIST ? EXISTS : FILE_ITSELF, tree->final, error);
}

void cli_tree_close(struct cli_tree *tree)
{
	if (tree == NULL)
		return;
	if (tree->file >= 0)
		(void)cli_tree_end(tree, CLI_NO_TIME, false);
	for (size_t i = 0; i <= tree->top; i++)
		if (tree->fds[i] >= 0)
			close(tree->fds[i]);
	free(tree);
}
