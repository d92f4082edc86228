/*
 * The newest snapshot of each series that this user has seen signed by a trusted key.
 *
 * They stand in one text file: the line "capsa series 1", then a line for each series, by its name,
 * with five fields separated by single spaces: series, sequence, identity, previous or "-", created.
 * It is replaced as a whole by somebody who holds a lock on its directory.
 */
#include "seen.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define HEAD "capsa series 1"
#define LINE_MAX_SIZE 256               /* more than any line has */
#define DIGEST_TEXT 65

char *cli_seen_path(void)
{
	return cli_state_path("series");
}

static const char *explain(const char *action, const char *path, const char *cause)
{
	static char text[1024];

	snprintf(text, sizeof text, "cannot %s %s: %s", action,
	         path != NULL ? cli_quote(path) : "the series seen",
	         path != NULL ? cause : "there is no home directory");
	return text;
}

/* ---- a line ---- */

static void hex(const uint8_t *bytes, size_t size, char *out)
{
	for (size_t i = 0; i < size; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

void cli_series_text(const uint8_t series[16], char out[CLI_SERIES_TEXT])
{
	hex(series, 16, out);
}

static bool parse_hex(const char *text, uint8_t *out, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * size || strspn(text, digits) != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)((strchr(digits, text[2 * i]) - digits) << 4 |
		                   (strchr(digits, text[2 * i + 1]) - digits));
	return true;
}

static bool parse_sequence(const char *text, uint64_t *out)
{
	char *end;

	if (text[0] < '1' || text[0] > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *out <= INT64_MAX;
}

static bool parse_line(char *line, struct cli_snapshot *out)
{
	char *field[5];
	size_t count = 0;

	for (char *next; line != NULL && count < 5; line = next) {
		next = strchr(line, ' ');
		if (next != NULL)
			*next++ = '\0';
		field[count++] = line;
	}
	if (count != 5 || line != NULL)
		return false;
	*out = (struct cli_snapshot){.declared = true, .has_previous = strcmp(field[3], "-") != 0};
	return parse_hex(field[0], out->series, sizeof out->series) &&
	       parse_sequence(field[1], &out->sequence) &&
	       parse_hex(field[2], out->identity, sizeof out->identity) &&
	       (!out->has_previous || parse_hex(field[3], out->previous, sizeof out->previous)) &&
	       capsa_date_seconds((struct capsa_text){field[4], strlen(field[4])}, &out->created);
}

static void print_line(FILE *to, const struct cli_snapshot *snapshot)
{
	char series[CLI_SERIES_TEXT], created[CAPSA_TIME_TEXT];
	char identity[DIGEST_TEXT], previous[DIGEST_TEXT] = "-";

	cli_series_text(snapshot->series, series);
	hex(snapshot->identity, sizeof snapshot->identity, identity);
	if (snapshot->has_previous)
		hex(snapshot->previous, sizeof snapshot->previous, previous);
	capsa_time_text(snapshot->created, created);
	fprintf(to, "%s %" PRIu64 " %s %s %s\n", series, snapshot->sequence, identity, previous,
	        created);
}

/* ---- the file ---- */

/* What is wrong with it, or NULL. */
static const char *read_lines(FILE *file, struct cli_snapshots *out)
{
	char line[LINE_MAX_SIZE];
	bool head = true;

	while (fgets(line, sizeof line, file) != NULL) {
		struct cli_snapshot snapshot;
		size_t size = strcspn(line, "\n");

		if (line[size] != '\n')
			return "a line of it has no end";
		line[size] = '\0';
		if (head && strcmp(line, HEAD) != 0)
			return "it does not begin with '" HEAD "'";
		if (!head && !parse_line(line, &snapshot))
			return "a line of it is not what capsa writes";
		if (!head && !cli_snapshots_add(out, &snapshot, NULL))
			return "out of memory";
		head = false;
	}
	return ferror(file) ? strerror(errno) : head ? "it is empty" : NULL;
}

static bool load(const char *path, struct cli_snapshots *out, const char **why)
{
	FILE *file = path != NULL ? fopen(path, "re") : NULL;
	const char *cause;

	*out = (struct cli_snapshots){0};
	if (file == NULL && (path == NULL || errno == ENOENT || errno == ENOTDIR))
		return true;
	cause = file != NULL ? read_lines(file, out) : strerror(errno);
	if (file != NULL)
		fclose(file);
	if (cause == NULL)
		return true;
	cli_snapshots_release(out);
	*why = explain("read", path, cause);
	return false;
}

bool cli_seen_load(struct cli_snapshots *out, const char **why)
{
	char *path = cli_seen_path();
	bool good = load(path, out, why);

	free(path);
	return good;
}

static bool write_lines(int fd, const struct cli_snapshots *all)
{
	int copy = dup(fd);
	FILE *file = copy >= 0 ? fdopen(copy, "w") : NULL;
	bool good;

	if (file == NULL) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	fputs(HEAD "\n", file);
	for (size_t i = 0; i < all->count; i++)
		print_line(file, &all->items[i]);
	good = !ferror(file);
	return fclose(file) == 0 && good && fsync(fd) == 0;
}

/* Under the lock, so one name is enough for what is not complete. */
static bool replace(int directory, const struct cli_snapshots *all)
{
	int fd = openat(directory, "series.new",
	                O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool good;

	if (fd < 0)
		return false;
	good = write_lines(fd, all) && renameat(directory, "series.new", directory, "series") == 0;
	if (!good) {
		int cause = errno;

		unlinkat(directory, "series.new", 0);
		errno = cause;
	}
	close(fd);
	return good && (fsync(directory) == 0 || errno == EINVAL);
}

/* ---- changes ---- */

/* The locked directory, or -1 and errno. */
static int lock_directory(const char *path)
{
	char *directory = cli_directory_of(path);
	int fd = directory != NULL ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int cause = errno;

	free(directory);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0) {
		cause = errno;
		if (cause == EINTR && cli_signal == 0)
			continue;
		close(fd);
		fd = -1;
	}
	errno = cause;
	return fd;
}

/*
 * Change what is there now, which may be more than was read before.  `change` returns whether it
 * did anything.
 */
static bool change_file(bool (*change)(struct cli_snapshots *all, const void *how), const void *how,
                        const char **why)
{
	char *path = cli_seen_path();
	struct cli_snapshots all = {0};
	int directory = -1;
	bool good = false;
	int cause = path != NULL ? cli_try_directories_for(path) : 0;

	if (path != NULL && cause == 0) {
		directory = lock_directory(path);
		cause = errno;
	}
	if (directory < 0) {
		*why = explain("write", path, strerror(cause));
	} else if (load(path, &all, why)) {
		good = !change(&all, how) || replace(directory, &all);
		if (!good)
			*why = explain("write", path, strerror(errno));
	}
	cli_snapshots_release(&all);
	if (directory >= 0)
		close(directory);
	free(path);
	return good;
}

static struct cli_snapshot *find(const struct cli_snapshots *all, const uint8_t series[16])
{
	for (size_t i = 0; i < all->count; i++) {
		if (memcmp(all->items[i].series, series, sizeof all->items[i].series) == 0)
			return &all->items[i];
	}
	return NULL;
}

static int by_series(const void *a, const void *b)
{
	const struct cli_snapshot *first = a, *second = b;

	return memcmp(first->series, second->series, sizeof first->series);
}

static bool merge(struct cli_snapshots *all, const void *how)
{
	const struct cli_snapshots *newest = how;
	bool changed = false;

	for (size_t i = 0; i < newest->count; i++) {
		const struct cli_snapshot *snapshot = &newest->items[i];
		struct cli_snapshot *old = find(all, snapshot->series);

		if (old != NULL && old->sequence >= snapshot->sequence)
			continue;
		if (old != NULL) {
			*old = *snapshot;
			old->path = NULL;
		} else if (!cli_snapshots_add(all, snapshot, NULL)) {
			return false;
		}
		changed = true;
	}
	if (changed)
		qsort(all->items, all->count, sizeof *all->items, by_series);
	return changed;
}

bool cli_seen_remember(const struct cli_snapshots *newest, const char **why)
{
	return newest->count == 0 || change_file(merge, newest, why);
}

static bool take_out(struct cli_snapshots *all, const void *how)
{
	struct cli_snapshot *found = find(all, how);

	if (found == NULL)
		return false;
	*found = all->items[--all->count];
	qsort(all->items, all->count, sizeof *all->items, by_series);
	return true;
}

int cli_seen_forget(const char *text)
{
	struct cli_snapshots seen;
	uint8_t series[16];
	const char *why;
	bool known;

	if (!cli_seen_load(&seen, &why)) {
		cli_error("%s", why);
		return CLI_FAILED;
	}
	known = parse_hex(text, series, sizeof series) && find(&seen, series) != NULL;
	cli_snapshots_release(&seen);
	if (!known)
		cli_error("no snapshot of a series '%s' is remembered", cli_quote(text));
	else if (!change_file(take_out, series, &why))
		cli_error("%s", why);
	else
		return CLI_DONE;
	return CLI_FAILED;
}
