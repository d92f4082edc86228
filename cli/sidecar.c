/*
 * Sidecars: the metadata of a file X in X.capsa.json, as `capsa extract --metadata` writes them.
 */
#include "sidecar.h"

#include "describe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct foreign_error *why, const char *text)
{
	why->line = 0;
	snprintf(why->text, sizeof why->text, "%s", text);
	return false;
}

static bool fail_sys(struct foreign_error *why, int sys)
{
	why->line = 0;
	snprintf(why->text, sizeof why->text, "cannot be read: %s", strerror(sys));
	return false;
}

/* All bytes up to the end of the file, at most `capacity`; -1: errno. */
static ssize_t read_all(int fd, char *out, size_t capacity)
{
	size_t size = 0;

	while (size < capacity) {
		ssize_t got = read(fd, out + size, capacity - size);

		if (got < 0 && errno == EINTR && cli_signal == 0)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		size += (size_t)got;
	}
	return (ssize_t)size;
}

/* The file as it is; the caller frees it.  NULL: *why. */
static char *read_file(int directory, const char *name, size_t *size, struct foreign_error *why)
{
	/* A FIFO of this name must not block. */
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	char *text = NULL;
	ssize_t got;

	if (fd < 0 || fstat(fd, &status) != 0) {
		if (errno == ELOOP)
			fail(why, "is a symbolic link, which a sidecar cannot be");
		else
			fail_sys(why, errno);
	} else if (!S_ISREG(status.st_mode)) {
		fail(why, "is no regular file, as a sidecar must be");
	} else if ((text = malloc(SIDECAR_MAX + 1)) == NULL) {
		fail(why, "out of memory");
	} else if ((got = read_all(fd, text, SIDECAR_MAX + 1)) < 0) {
		fail_sys(why, errno);
		free(text);
		text = NULL;
	} else {
		*size = (size_t)got;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/* Path, checked before, size and digest, which concern more than the metadata. */
static bool take_facts(struct sidecar *sidecar, struct capsa_text object, struct foreign_error *why)
{
	struct member size, digest, member;
	struct capsa_text path;

	import_field(object, NULL, "size", &size);
	import_field(object, NULL, "digest", &digest);
	sidecar->size = size.value;
	sidecar->digest = digest.value;
	if (!import_field(object, NULL, "path", &member))
		return true;
	sidecar->path = import_field_text(member.value, &path);
	if (sidecar->path == NULL)
		return fail(why, "out of memory");
	sidecar->complete = sidecar->size.size != 0 && sidecar->digest.size != 0;
	return true;
}

bool import_sidecar_take(struct sidecar *sidecar, struct capsa_text file,
                         struct capsa_metadata *metadata, struct foreign_error *why)
{
	struct capsa_error err = {.text = "out of memory"};
	struct capsa_text object;
	enum capsa_status status;

	if (file.size > SIDECAR_MAX)
		return fail(why, "has more than 1 MiB");
	import_skip_mark(&file);
	sidecar->json = import_json(file, &object.size, why);
	if (sidecar->json == NULL)
		return false;
	object.data = sidecar->json;
	status = import_sidecar(metadata, object, &err);
	return status == CAPSA_OK ? take_facts(sidecar, object, why) : fail(why, err.text);
}

bool import_sidecar_read(struct sidecar *sidecar, int directory, const char *name,
                         struct capsa_metadata *metadata, struct foreign_error *why)
{
	struct capsa_text file;
	char *text = read_file(directory, name, &file.size, why);
	bool good;

	if (text == NULL)
		return false;
	file.data = text;
	good = import_sidecar_take(sidecar, file, metadata, why);
	free(text);
	return good;
}

void import_sidecar_release(struct sidecar *sidecar)
{
	free(sidecar->json);
	free(sidecar->path);
	*sidecar = (struct sidecar){0};
}
