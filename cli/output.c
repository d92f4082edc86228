/*
 * A file that appears under its name complete or not at all.
 *
 * It is written without a name (O_TMPFILE) or, where the file system cannot do that, under a
 * hidden temporary one.  The writer holds a lock on it, so that the next writer can tell whose
 * process is dead and remove what it left.
 */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_SIZE sizeof ".capsa-XXXXXX.tmp"

struct cli_output {
	int fd;
	int directory;                  /* -1: written directly, nothing to publish */
	const char *name;               /* in the directory; points into path */
	char temporary[TEMPORARY_SIZE]; /* in the directory; empty: there is none */
	bool force;
	char path[];                    /* as the user gave it */
};

char *cli_directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* ---- temporary names ---- */

static bool is_temporary(const char *name)
{
	return strlen(name) == TEMPORARY_SIZE - 1 && strncmp(name, ".capsa-", 7) == 0 &&
	       strcmp(name + 13, ".tmp") == 0;
}

static bool lock(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/* Remove the temporaries in a directory that nobody writes to any more, as far as possible. */
static void remove_stale(int directory)
{
	int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = again >= 0 ? fdopendir(again) : NULL;
	struct dirent *entry;
	struct stat info;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		int fd;

		if (!is_temporary(entry->d_name))
			continue;
		fd = openat(directory, entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() &&
		    lock(fd))
			unlinkat(directory, entry->d_name, 0);
		close(fd);
	}
	if (list != NULL)
		closedir(list);
	else if (again >= 0)
		close(again);
}

/* A name that no file has; whoever uses it makes sure of that. */
static void choose_temporary(struct cli_output *output)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint8_t random[6];

	memcpy(output->temporary, ".capsa-XXXXXX.tmp", TEMPORARY_SIZE);
	if (getentropy(random, sizeof random) != 0)
		memset(random, 0, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		output->temporary[7 + i] = letters[random[i] % 32];
}

/* Without O_TMPFILE: a locked file under a temporary name. */
static int open_temporary(struct cli_output *output, mode_t mode)
{
	struct stat info;

	for (int attempts = 0; attempts < 100; attempts++) {
		int fd, failed;

		choose_temporary(output);
		fd = openat(output->directory, output->temporary,
		            O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (fd < 0 && errno != EEXIST)
			break;
		if (fd < 0)
			continue;
		/* Before it is locked another process may take it for stale and remove it. */
		if (lock(fd)) {
			if (fstat(fd, &info) != 0) {
				failed = errno;
				unlinkat(output->directory, output->temporary, 0);
				close(fd);
				errno = failed;
				break;
			}
			if (info.st_nlink != 0)
				return fd;
		}
		close(fd);
	}
	output->temporary[0] = '\0';
	return -1;
}

static int open_unnamed(struct cli_output *output, mode_t mode)
{
	int fd = -1;

	/* Only through /proc can it be given a name later. */
	if (access("/proc/self/fd", X_OK) == 0)
		fd = openat(output->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (fd >= 0)
		lock(fd);
	return fd;
}

/* ---- begin ---- */

static bool exists(const char *path)
{
	struct stat info;

	return lstat(path, &info) == 0;
}

static void report_exists(const char *path)
{
	cli_error("%s exists already; --force replaces it", cli_quote(path));
}

/* Standard output, a device or a FIFO: nothing is there to be complete or not. */
static bool begin_direct(struct cli_output *output)
{
	if (strcmp(output->path, "-") != 0) {
		output->fd = open(output->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		if (output->fd < 0)
			cli_error("cannot write %s: %s", cli_quote(output->path), strerror(errno));
		return output->fd >= 0;
	}
	if (isatty(STDOUT_FILENO) == 1) {
		cli_error(
		    "this is not for a terminal; name a file, or send standard output to one");
		return false;
	}
	output->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (output->fd < 0)
		cli_error("cannot write standard output: %s", strerror(errno));
	return output->fd >= 0;
}

static bool begin_file(struct cli_output *output, mode_t mode)
{
	char *directory = cli_directory_of(output->path);

	if (directory == NULL) {
		cli_error("out of memory");
		return false;
	}
	output->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (output->directory < 0) {
		cli_error("cannot write %s: directory %s: %s", cli_quote(output->path),
		          cli_quote(directory), strerror(errno));
		free(directory);
		return false;
	}
	free(directory);
	remove_stale(output->directory);
	output->fd = open_unnamed(output, mode);
	if (output->fd < 0)
		output->fd = open_temporary(output, mode);
	if (output->fd < 0)
		cli_error("cannot write %s: %s", cli_quote(output->path), strerror(errno));
	return output->fd >= 0;
}

static bool begin(struct cli_output *output, bool secret)
{
	const char *path = output->path;
	struct stat info;
	bool there = stat(path, &info) == 0;

	if (strcmp(path, "-") == 0 || (there && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)))
		return begin_direct(output);
	if ((there && S_ISDIR(info.st_mode)) || output->name[0] == '\0') {
		cli_error("cannot write %s: Is a directory", cli_quote(path));
		return false;
	}
	if (!output->force && exists(path)) {
		report_exists(path);
		return false;
	}
	return begin_file(output, secret ? 0600 : 0666);
}

struct cli_output *cli_output_begin(const char *path, bool secret, bool force)
{
	size_t size = strlen(path) + 1;
	struct cli_output *output = calloc(1, sizeof *output + size);
	const char *slash;

	if (output == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	memcpy(output->path, path, size);
	slash = strrchr(output->path, '/');
	output->name = slash != NULL ? slash + 1 : output->path;
	output->fd = output->directory = -1;
	output->force = force;
	if (!begin(output, secret)) {
		cli_output_abandon(output);
		return NULL;
	}
	return output;
}

int cli_output_fd(const struct cli_output *output)
{
	return output->fd;
}

/* ---- commit ---- */

/* Give an unnamed file a name; 0 or an errno value. */
static int link_unnamed(const struct cli_output *output, const char *name)
{
	char self[64];

	snprintf(self, sizeof self, "/proc/self/fd/%d", output->fd);
	return linkat(AT_FDCWD, self, output->directory, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* A temporary name to the final one; 0 or an errno value. */
static int rename_over(const struct cli_output *output)
{
	int directory = output->directory;

	return renameat(directory, output->temporary, directory, output->name) == 0 ? 0 : errno;
}

/* The same where no file may have the final name. */
static int rename_new(const struct cli_output *output)
{
	int directory = output->directory;

	if (renameat2(directory, output->temporary, directory, output->name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	/* Some file systems know hard links, but no renaming that replaces nothing. */
	if (linkat(directory, output->temporary, directory, output->name, 0) != 0)
		return errno;
	unlinkat(directory, output->temporary, 0);
	return 0;
}

/* 0 or an errno value. */
static int publish(struct cli_output *output)
{
	int failed = EEXIST;

	if (output->temporary[0] == '\0' && !output->force)
		return link_unnamed(output, output->name);
	/* Only rename replaces, and it needs a name to begin with. */
	for (int attempts = 0; failed == EEXIST && output->temporary[0] == '\0' && attempts < 100;
	     attempts++) {
		choose_temporary(output);
		failed = link_unnamed(output, output->temporary);
		if (failed != 0)
			output->temporary[0] = '\0';
	}
	if (output->temporary[0] == '\0')
		return failed;
	failed = output->force ? rename_over(output) : rename_new(output);
	if (failed == 0)
		output->temporary[0] = '\0';
	return failed;
}

/* 0 or an errno value. */
static int make_durable(const struct cli_output *output)
{
	/* EINVAL: a file system that makes names durable in its own way. */
	if (fsync(output->directory) == 0 || errno == EINVAL)
		return 0;
	return errno;
}

int cli_output_commit(struct cli_output *output)
{
	bool placed = false;
	int failed = cli_lacks_memory() ? ENOMEM : 0;

	if (output->directory >= 0) {
		if (failed == 0 && fsync(output->fd) != 0)
			failed = errno;
		if (failed == 0)
			failed = publish(output);
		placed = failed == 0;
		if (placed)
			failed = make_durable(output);
		/* What fails leaves no file; but the one that was replaced is gone. */
		if (placed && failed != 0 && !output->force)
			placed = unlinkat(output->directory, output->name, 0) != 0;
	}
	if (close(output->fd) != 0 && failed == 0)
		failed = errno;
	output->fd = -1;
	if (failed == EEXIST && !output->force)
		report_exists(output->path);
	else if (failed != 0 && placed)
		cli_error("%s is written, but a crash of the system may lose it: %s",
		          cli_quote(output->path), strerror(failed));
	else if (failed != 0)
		cli_error("cannot write %s: %s", cli_quote(output->path), strerror(failed));
	cli_output_abandon(output);
	return failed == 0 ? CLI_DONE : CLI_FAILED;
}

void cli_output_abandon(struct cli_output *output)
{
	if (output == NULL)
		return;
	if (output->temporary[0] != '\0')
		unlinkat(output->directory, output->temporary, 0);
	if (output->fd >= 0)
		close(output->fd);
	if (output->directory >= 0)
		close(output->directory);
	free(output);
}
