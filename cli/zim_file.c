/*
 * The bytes of a ZIM file.  One that was split, for file systems that have no large files, is in
 * parts whose names end in aa, ab ... az, ba: they are read as one.
 */
#include "zim_reader.h"

#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTS_MAX (26 * 26)

struct zim_part {
	int fd;
	uint64_t begin; /* in the whole */
	struct stat status;
};

bool zim_begins(struct capsa_text head)
{
	return head.size >= 4 && memcmp(head.data, "ZIM\x04", 4) == 0;
}

/* The two letters of a part's name, NULL where it is no part. */
static char *letters(char *name)
{
	size_t size = strlen(name);
	char *end = name + size;

	if (size < 6 || strncmp(end - 6, ".zim", 4) != 0 || end[-2] < 'a' || end[-2] > 'z' ||
	    end[-1] < 'a' || end[-1] > 'z')
		return NULL;
	return end - 2;
}

char *zim_first_part(const char *name)
{
	char *first = strdup(name), *two = first != NULL ? letters(first) : NULL;

	if (two == NULL || memcmp(two, "aa", 2) == 0) {
		free(first);
		return NULL;
	}
	memcpy(two, "aa", 2);
	return first;
}

/* Part of [offset, offset + size) that lies in the part which contains offset. */
static int read_part(const struct zim_file *file, uint64_t offset, char *buf, size_t size)
{
	size_t i = file->count - 1;
	ssize_t got;

	while (file->parts[i].begin > offset)
		i--;
	do {
		got = pread(file->parts[i].fd, buf, size, (off_t)(offset - file->parts[i].begin));
	} while (got < 0 && errno == EINTR && cli_signal == 0);
	if (got == 0)
		errno = EIO; /* it has become shorter */
	return (int)got;
}

static int read_file(void *ctx, uint64_t offset, void *buf, size_t size)
{
	char *to = buf;

	while (size > 0) {
		/* What read_part returns is an int. */
		int got = read_part(ctx, offset, to, size < 1U << 30 ? size : 1U << 30);

		if (got <= 0)
			return errno;
		to += got;
		offset += (uint64_t)got;
		size -= (size_t)got;
	}
	return 0;
}

static bool add_part(struct zim_file *file, const char *name, struct capsa_error *err)
{
	struct zim_part part = {.fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK),
	                        .begin = file->source.size};
	struct zim_part *parts;

	if (part.fd < 0 || fstat(part.fd, &part.status) != 0) {
		capsa_fail_sys(err, errno, CAPSA_NO_OFFSET, "cannot be read");
		if (part.fd >= 0)
			close(part.fd);
		return false;
	}
	parts = reallocarray(file->parts, file->count + 1, sizeof *parts);
	if (parts == NULL || !S_ISREG(part.status.st_mode)) {
		close(part.fd);
		file->parts = parts != NULL ? parts : file->parts;
		if (parts == NULL)
			capsa_fail_memory(err);
		else
			capsa_fail(err, CAPSA_EFORMAT, CAPSA_NO_OFFSET, "is no regular file");
		return false;
	}
	file->parts = parts;
	file->parts[file->count++] = part;
	file->source.size += (uint64_t)part.status.st_size;
	return true;
}

/* An empty part in the middle must not be found for an offset: the last of equal begins is. */
static bool add_parts(struct zim_file *file, char *name, char *two, struct capsa_error *err)
{
	for (unsigned i = 0; i < PARTS_MAX; i++) {
		two[0] = (char)('a' + i / 26);
		two[1] = (char)('a' + i % 26);
		if (!add_part(file, name, err)) {
			char cause[sizeof err->text];

			if (i != 0 && err->sys == ENOENT)
				return true;
			strcpy(cause, err->text);
			capsa_fail(err, CAPSA_EIO, CAPSA_NO_OFFSET, "part %s %s", two, cause);
			return false;
		}
	}
	return true;
}

bool zim_file_open(struct zim_file *file, const char *name, struct capsa_error *err)
{
	char *copy = strdup(name), *two;
	bool good;

	*file = (struct zim_file){.source = {.read_at = read_file, .ctx = file}};
	if (copy == NULL) {
		capsa_fail_memory(err);
		return false;
	}
	two = letters(copy);
	good = two != NULL ? add_parts(file, copy, two, err) : add_part(file, copy, err);
	free(copy);
	return good;
}

bool zim_file_unchanged(const struct zim_file *file)
{
	struct stat now;

	for (size_t i = 0; i < file->count; i++) {
		const struct stat *before = &file->parts[i].status;

		if (fstat(file->parts[i].fd, &now) != 0 || now.st_size != before->st_size ||
		    now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
		    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
			return false;
	}
	return true;
}

void zim_file_close(struct zim_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		close(file->parts[i].fd);
	free(file->parts);
	*file = (struct zim_file){0};
}
