/*
 * The first capture of an address has the path of the address.  A later one has "%-" behind it and
 * the time of capture, as 14 digits in UTC; and where that is taken, or there is no time, "-2",
 * "-3" and so on.  No address has "%-": what is before it is the path of the address.
 */
#include "warc_paths.h"

#include "base.h"
#include "digest.h"
#include "fields.h"
#include "utf8.h"

#include <stdlib.h>

#define PATH_MAX_WANTED 3900 /* room for what is put behind a path */
#define COMPONENT_MAX 255

/* An address that is too long for a path: its beginning, and its digest. */
static char *shorten(const char *path, const char *url)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	char hex[2 * 16 + 1], *out;
	size_t size = capsa_utf8_prefix(span_of(path, strlen(path)), 3000);

	while (size != 0 && path[size - 1] == '/')
		size--;
	capsa_digest(digest, span_of(url, strlen(url)));
	capsa_hex(digest, 16, hex);
	return asprintf(&out, "%.*s%%-/%%-%s", (int)size, path, hex) < 0 ? NULL : out;
}

char *import_warc_path(const char *directory, const char *url)
{
	char *path = import_path_of_url(url, strlen(url)), *below = NULL, *shorter;

	if (path != NULL && strlen(path) > PATH_MAX_WANTED) {
		shorter = shorten(path, url);
		free(path);
		path = shorter;
	}
	if (path == NULL || directory[0] == '\0')
		return path;
	if (asprintf(&below, "%s/%s", directory, path) < 0)
		below = NULL;
	free(path);
	return below;
}

static bool is_free(const struct warc_paths *paths, const char *path)
{
	size_t size = strlen(path);

	return !import_paths_has(&paths->taken, path, size) &&
	       !import_paths_has(&paths->directories, path, size);
}

/* With a mark behind it, which a component may be too long for. */
static char *mark(const char *path, const char *stamp, uint64_t count)
{
	const char *slash = strrchr(path, '/');
	size_t component = strlen(slash != NULL ? slash + 1 : path);
	const char *cut = component + 2 + 14 + 21 > COMPONENT_MAX ? "%-/" : "";
	char number[24] = "", *out;

	if (count != 0)
		snprintf(number, sizeof number, "-%" PRIu64, count);
	if (asprintf(&out, "%s%s%%-%s%s", path, cut, stamp, number) < 0)
		return NULL;
	return out;
}

void import_warc_paths_expect(struct warc_paths *paths, char *path, bool page)
{
	/* A mark may need a directory, too. */
	char *marked = path != NULL ? mark(path, "", 0) : NULL;

	if (marked == NULL)
		paths->directories.failed = true;
	else
		import_paths_add_above(&paths->directories, marked);
	if (path != NULL && page)
		import_paths_add(&paths->pages, path, strlen(path));
	free(marked);
	free(path);
}

/* The first number that is free; those that are taken have no gaps, so they can be halved. */
static char *number(const struct warc_paths *paths, const char *path, const char *stamp)
{
	uint64_t taken = 1, next = 2;
	char *out;

	while ((out = mark(path, stamp, next)) != NULL && !is_free(paths, out)) {
		free(out);
		taken = next;
		next *= 2;
	}
	while (out != NULL && next - taken > 1) {
		uint64_t middle = taken + (next - taken) / 2;
		char *other = mark(path, stamp, middle);

		if (other != NULL && !is_free(paths, other)) {
			free(other);
			taken = middle;
			continue;
		}
		free(out);
		out = other;
		next = middle;
	}
	return out;
}

/* 20240503101112 of a date; empty where it is none. */
static void write_stamp(const char *captured, char stamp[16])
{
	char text[CAPSA_TIME_TEXT];
	int64_t seconds;
	size_t to = 0;

	stamp[0] = '\0';
	if (!capsa_date_seconds((struct capsa_text){captured, strlen(captured)}, &seconds))
		return;
	capsa_time_text(seconds, text);
	for (size_t i = 0; text[i] != '\0' && to < 14; i++)
		if (text[i] >= '0' && text[i] <= '9')
			stamp[to++] = text[i];
	stamp[to] = '\0';
}

char *import_warc_paths_give(struct warc_paths *paths, const char *wanted, const char *captured,
                             bool page)
{
	bool left = !page && import_paths_has(&paths->pages, wanted, strlen(wanted));
	bool taken = import_paths_has(&paths->taken, wanted, strlen(wanted));
	char stamp[16], *path;

	write_stamp(captured, stamp);
	if (!left && !taken) {
		bool directory = import_paths_has(&paths->directories, wanted, strlen(wanted));

		path = directory ? mark(wanted, "", 0) : strdup(wanted);
	} else {
		path = stamp[0] != '\0' ? mark(wanted, stamp, 0) : number(paths, wanted, "");
	}
	if (path != NULL && !is_free(paths, path)) {
		free(path);
		path = number(paths, wanted, stamp);
	}
	if (path == NULL)
		return NULL;
	if (!left)
		import_paths_add(&paths->taken, wanted, strlen(wanted));
	import_paths_add(&paths->taken, path, strlen(path));
	if (!paths->taken.failed)
		return path;
	free(path);
	return NULL;
}

void import_warc_paths_rewind(struct warc_paths *paths)
{
	import_paths_release(&paths->taken);
}

void import_warc_paths_release(struct warc_paths *paths)
{
	import_paths_release(&paths->directories);
	import_paths_release(&paths->pages);
	import_paths_release(&paths->taken);
}
