/*
 * The walk through files and directories, see dir_walk.h.
 */
#include "dir_walk.h"

#include "fields.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A directory that is being walked. */
struct walk_level {
	int fd;                         /* owned */
	char *names;                    /* owned: DT_ kind, name, NUL, again and again */
	uint32_t *order;                /* owned: where they begin, sorted by name */
	size_t count, next;
	bool has_sidecars;              /* some name ends like one */
	size_t path_size;               /* of the directory's path below INPUT, with '/' after it */
};

/* ---- complaints ---- */

void import_walk_complain(struct dir_walk *walk, const char *file, const char *format, ...)
{
	char cause[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(cause, sizeof cause, format, arguments);
	va_end(arguments);
	import_complain(walk->options->complaints, file != NULL ? file : walk->origin, 0, "%s",
	                cause);
}

const char *import_walk_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "no regular file";
	}
}

/* ---- one directory ---- */

static int compare_names(const void *a, const void *b, void *names)
{
	const char *first = (const char *)names + *(const uint32_t *)a + 1;
	const char *second = (const char *)names + *(const uint32_t *)b + 1;

	return strcmp(first, second);
}

/* DT_ kinds are the file type of a mode, moved down. */
static unsigned char kind_of_mode(mode_t mode)
{
	return (unsigned char)IFTODT(mode);
}

bool import_walk_is_sidecar_name(const char *name)
{
	const size_t suffix = sizeof WALK_SIDECAR - 1;
	size_t size = strlen(name);

	return size > suffix && strcmp(name + size - suffix, WALK_SIDECAR) == 0;
}

/* 0 or an errno value. */
static int append_name(struct walk_level *level, size_t *used, size_t *capacity,
                       const struct dirent *entry)
{
	size_t size = strlen(entry->d_name) + 2;
	unsigned char kind = entry->d_type;
	struct stat status;

	if (size > NAME_MAX + 2)
		return ENAMETOOLONG;
	if (kind == DT_UNKNOWN) {
		if (fstatat(level->fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
			return errno == ENOENT ? 0 : errno;
		kind = kind_of_mode(status.st_mode);
	}
	if (*used > UINT32_MAX - size)
		return EFBIG;
	if (*capacity - *used < size) {
		size_t more = *capacity != 0 ? *capacity * 2 : 4096;
		char *names = realloc(level->names, more);

		if (names == NULL)
			return ENOMEM;
		level->names = names;
		*capacity = more;
	}
	if (import_walk_is_sidecar_name(entry->d_name))
		level->has_sidecars = true;
	level->names[*used] = (char)kind;
	memcpy(level->names + *used + 1, entry->d_name, size - 1);
	*used += size;
	level->count++;
	return 0;
}

static int sort_names(struct walk_level *level)
{
	size_t at = 0;

	level->order = calloc(level->count + 1, sizeof *level->order);
	if (level->order == NULL)
		return ENOMEM;
	for (size_t i = 0; i < level->count; i++) {
		level->order[i] = (uint32_t)at;
		at += 1 + strlen(level->names + at + 1) + 1;
	}
	if (level->count != 0)
		qsort_r(level->order, level->count, sizeof *level->order, compare_names,
		        level->names);
	return 0;
}

/* All names in level->fd; 0 or an errno value. */
static int read_names(struct walk_level *level)
{
	int copy = fcntl(level->fd, F_DUPFD_CLOEXEC, 0);
	DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
	size_t used = 0, capacity = 0;
	struct dirent *entry;
	int failed = 0;

	if (stream == NULL) {
		failed = errno;
		if (copy >= 0)
			close(copy);
		return failed;
	}
	do {
		errno = 0;
		entry = readdir(stream);
		if (entry == NULL)
			failed = errno;
		else if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			failed = append_name(level, &used, &capacity, entry);
	} while (entry != NULL && failed == 0 && cli_signal == 0);
	closedir(stream);
	return failed != 0 ? failed : sort_names(level);
}

static void level_release(struct walk_level *level)
{
	if (level->fd >= 0)
		close(level->fd);
	free(level->names);
	free(level->order);
}

/*
 * Go down into an open directory, whose path ends at path_size.  Takes fd over in all cases.  0 or
 * an errno value.
 */
static int push_level(struct dir_walk *walk, int fd, size_t path_size)
{
	struct walk_level level = {.fd = fd, .path_size = path_size};
	int failed = 0;

	if (walk->depth == walk->capacity) {
		size_t capacity = walk->capacity * 2 + 16;
		struct walk_level *levels = realloc(walk->levels, capacity * sizeof *levels);

		if (levels != NULL) {
			walk->levels = levels;
			walk->capacity = capacity;
		} else {
			failed = ENOMEM;
		}
	}
	if (failed == 0)
		failed = read_names(&level);
	if (failed != 0) {
		level_release(&level);
		return failed;
	}
	walk->levels[walk->depth++] = level;
	return 0;
}

/* ---- sidecars ---- */

/* Kind and name of an entry; NULL: there is none. */
static const char *find_entry(const struct walk_level *level, const char *name)
{
	size_t low = 0, high = level->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *entry = level->names + level->order[middle];
		int order = strcmp(name, entry + 1);

		if (order == 0)
			return entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool is_sidecar(const struct walk_level *level, const char *name)
{
	char stem[NAME_MAX + 1];
	const char *entry;

	if (!level->has_sidecars || !import_walk_is_sidecar_name(name))
		return false;
	snprintf(stem, sizeof stem, "%s", name);
	stem[strlen(stem) - (sizeof WALK_SIDECAR - 1)] = '\0';
	entry = find_entry(level, stem);
	return entry != NULL && (unsigned char)entry[0] != DT_DIR && !is_sidecar(level, stem);
}

/* The sidecar of a file that is none itself. */
static const char *sidecar_of(const struct walk_level *level, const char *name)
{
	char sidecar[NAME_MAX + sizeof WALK_SIDECAR];
	const char *entry;

	if (!level->has_sidecars)
		return NULL;
	snprintf(sidecar, sizeof sidecar, "%s" WALK_SIDECAR, name);
	entry = find_entry(level, sidecar);
	return entry != NULL && (unsigned char)entry[0] != DT_DIR ? entry + 1 : NULL;
}

/* ---- the walk ---- */

static bool any_matches(const char *const *patterns, const char *path)
{
	for (; patterns != NULL && *patterns != NULL; patterns++) {
		if (cli_pattern_match(*patterns, path))
			return true;
	}
	return false;
}

bool import_wanted(const struct import_options *options, const char *path)
{
	return (options->include == NULL || any_matches(options->include, path)) &&
	       !any_matches(options->exclude, path);
}

/* Room for the paths of the INPUT that begins. */
static bool begin_origin(struct dir_walk *walk, const char *file)
{
	size_t size = strlen(file);

	free(walk->origin);
	free(walk->file_path);
	free(walk->file_sidecar);
	/* A path that is too long still has room, with one more name. */
	walk->origin = malloc(size + 1 + WALK_PATH_MAX + 1 + NAME_MAX + 1);
	walk->file_path = malloc(size + 1);
	walk->file_sidecar = malloc(size + sizeof WALK_SIDECAR);
	if (walk->origin == NULL || walk->file_path == NULL || walk->file_sidecar == NULL) {
		import_walk_complain(walk, file, "out of memory");
		return false;
	}
	memcpy(walk->origin, file, size);
	if (size != 0 && file[size - 1] != '/')
		walk->origin[size++] = '/';
	walk->origin[size] = '\0';
	walk->root_size = size;
	return true;
}

/*
 * The path of an article for a name, which may be one that no path can be.  Then *original is that
 * name.  NULL: complained.
 */
static const char *map_path(struct dir_walk *walk, const char *name, const char **original)
{
	struct capsa_error err = {0};
	bool changed;

	*original = NULL;
	if (capsa_path_check(name, strlen(name), NULL) == CAPSA_OK)
		return name;
	free(walk->mapped);
	walk->mapped = import_path_of_name(name, strlen(name), &changed);
	if (walk->mapped == NULL) {
		import_walk_complain(walk, NULL, "out of memory");
		return NULL;
	}
	if (capsa_path_check(walk->mapped, strlen(walk->mapped), &err) != CAPSA_OK) {
		import_walk_complain(walk, NULL, "cannot be the path of an article: %s", err.text);
		return NULL;
	}
	*original = name;
	return walk->mapped;
}

static bool exists(const char *file)
{
	struct stat status;

	return stat(file, &status) == 0 && !S_ISDIR(status.st_mode);
}

/* Is a file INPUT the sidecar of a file beside it? */
static bool is_sidecar_of_file(struct dir_walk *walk, const char *file)
{
	if (!import_walk_is_sidecar_name(file))
		return false;
	memcpy(walk->file_sidecar, file, strlen(file) + 1);
	walk->file_sidecar[strlen(file) - (sizeof WALK_SIDECAR - 1)] = '\0';
	return exists(walk->file_sidecar);
}

static int begin_file(struct dir_walk *walk, const struct import_input *input,
                      struct walk_found *found)
{
	const char *path, *original;

	if (walk->options->from != NULL && strcmp(walk->options->from, "file") != 0) {
		import_walk_complain(walk, input->file, "is a file, not what --from says");
		return -1;
	}
	if (!import_path_plain(input->path, walk->file_path)) {
		import_walk_complain(walk, input->file,
		                     "the path of a file to be packed cannot have '..'; use -C");
		return -1;
	}
	strcpy(walk->origin, input->file);
	if (!import_wanted(walk->options, walk->file_path) || is_sidecar_of_file(walk, input->file))
		return 0;
	path = map_path(walk, walk->file_path, &original);
	if (path == NULL)
		return -1;
	sprintf(walk->file_sidecar, "%s" WALK_SIDECAR, input->file);
	*found = (struct walk_found){
	    .directory = AT_FDCWD,
	    .name = input->file,
	    .path = path,
	    .original = original,
	    .sidecar = exists(walk->file_sidecar) ? walk->file_sidecar : NULL,
	    .kind = DT_REG,
	};
	return 1;
}

/* 1: a file, found; 0: a directory, pushed, or nothing; -1: complained. */
static int begin_input(struct dir_walk *walk, struct walk_found *found)
{
	const struct import_input *input = &walk->inputs[walk->input++];
	struct stat status;
	int fd, failed;

	if (!begin_origin(walk, input->file))
		return -1;
	if (stat(input->file, &status) != 0) {
		import_walk_complain(walk, input->file, "%s", strerror(errno));
		return -1;
	}
	if (!S_ISDIR(status.st_mode))
		return begin_file(walk, input, found);
	if (walk->options->from != NULL && strcmp(walk->options->from, "dir") != 0) {
		import_walk_complain(walk, input->file, "is a directory, not what --from says");
		return -1;
	}
	fd = open(input->file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	failed = fd >= 0 ? push_level(walk, fd, 0) : errno;
	if (failed != 0) {
		import_walk_complain(walk, input->file, "cannot read the directory: %s",
		                     strerror(failed));
		return -1;
	}
	return 0;
}

static int enter_directory(struct dir_walk *walk, const struct walk_level *level, const char *name,
                           size_t size)
{
	int fd = openat(level->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int failed = fd >= 0 ? push_level(walk, fd, size + 1) : errno;

	if (failed != 0) {
		import_walk_complain(walk, NULL, "cannot read the directory: %s", strerror(failed));
		return -1;
	}
	return 0;
}

/* The next name of a level: 1: a file, found; 0: a directory, or not wanted; -1: complained. */
static int take_name(struct dir_walk *walk, struct walk_level *level, struct walk_found *found)
{
	const char *entry = level->names + level->order[level->next++];
	const char *name = entry + 1;
	unsigned char kind = (unsigned char)entry[0];
	char *path = walk->origin + walk->root_size;
	const char *mapped, *original;
	size_t size = level->path_size + strlen(name);

	if (level->path_size != 0)
		path[level->path_size - 1] = '/';
	strcpy(path + level->path_size, name);
	if (kind == DT_DIR ? any_matches(walk->options->exclude, path)
	                   : !import_wanted(walk->options, path) || is_sidecar(level, name))
		return 0;
	if (size > WALK_PATH_MAX) {
		import_walk_complain(walk, NULL, "the path has more than %d bytes", WALK_PATH_MAX);
		return -1;
	}
	if (kind == DT_DIR)
		return enter_directory(walk, level, name, size);
	if (kind != DT_REG && kind != DT_LNK) {
		import_walk_complain(walk, NULL, "is %s, which cannot be packed",
		                     import_walk_kind(DTTOIF((mode_t)kind)));
		return -1;
	}
	mapped = map_path(walk, path, &original);
	if (mapped == NULL)
		return -1;
	*found =
	    (struct walk_found){level->fd, name, mapped, original, sidecar_of(level, name), kind};
	return 1;
}

/* The next file: 1, or 0 at the end, or -1 after a complaint. */
int import_walk_next(struct dir_walk *walk, struct walk_found *found)
{
	int result = 0;

	while (result == 0 && cli_signal == 0) {
		if (walk->depth == 0) {
			if (walk->input == walk->input_count)
				return 0;
			result = begin_input(walk, found);
		} else if (walk->levels[walk->depth - 1].next <
		           walk->levels[walk->depth - 1].count) {
			result = take_name(walk, &walk->levels[walk->depth - 1], found);
		} else {
			level_release(&walk->levels[--walk->depth]);
		}
	}
	return result;
}

void import_walk_rewind(struct dir_walk *walk)
{
	while (walk->depth != 0)
		level_release(&walk->levels[--walk->depth]);
	walk->input = 0;
}

void import_walk_release(struct dir_walk *walk)
{
	import_walk_rewind(walk);
	free(walk->levels);
	free(walk->origin);
	free(walk->file_path);
	free(walk->file_sidecar);
	free(walk->mapped);
	walk->levels = NULL;
	walk->origin = walk->file_path = walk->file_sidecar = walk->mapped = NULL;
	walk->capacity = 0;
}
