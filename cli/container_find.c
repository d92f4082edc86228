/* What a file is, is told from its content; the contracts are in container_find.h. */
#include "container_find.h"

#include "container_stream.h"
#include "frame.h"
#include "import.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>

#define TAR_BLOCK 512U
#define ISO_MAGIC 32769U /* where "CD001" stands */
#define DOCUMENT_MEMBERS 1000 /* of a zip file, that are looked at to tell what it is */

/* A name of --from, and what it means. */
static const struct {
	const char *name;
	enum container_format format;
} forms[] = {
    {"tar", CONTAINER_TAR}, {"cpio", CONTAINER_CPIO}, {"zip", CONTAINER_ZIP},
    {"7z", CONTAINER_7Z},   {"iso", CONTAINER_ISO},
};

enum container_format container_format_named(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof forms / sizeof forms[0]; i++)
		if (strcmp(name, forms[i].name) == 0)
			return forms[i].format;
	return CONTAINER_NONE;
}

/* A number of up to eight octal digits; -1: it is none. */
static long octal(const unsigned char *at, size_t size)
{
	long value = 0;
	size_t i = 0, digits = 0;

	while (i < size && at[i] == ' ')
		i++;
	for (; i < size && at[i] >= '0' && at[i] <= '7'; i++, digits++)
		value = value * 8 + (at[i] - '0');
	return digits != 0 && (i == size || at[i] == ' ' || at[i] == '\0') ? value : -1;
}

/* A tar header is known by its checksum; old ones have no magic number. */
static bool is_tar(struct capsa_text head)
{
	const unsigned char *block = (const unsigned char *)head.data;
	long sum = 0, signed_sum = 0, said;

	if (head.size < TAR_BLOCK || block[0] == '\0')
		return false;
	said = octal(block + 148, 8);
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		unsigned char c = i < 148 || i >= 156 ? block[i] : ' ';

		sum += c;
		signed_sum += (signed char)c;
	}
	return said == sum || said == signed_sum;
}

static bool is_cpio(struct capsa_text head)
{
	static const struct {
		char magic[7];
		size_t size; /* of the header */
		const char *digits;
	} kinds[] = {
	    {"070707", 76, "01234567"},
	    {"070701", 110, "0123456789abcdefABCDEF"},
	    {"070702", 110, "0123456789abcdefABCDEF"},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t at = 6;

		if (head.size < kinds[i].size || memcmp(head.data, kinds[i].magic, 6) != 0)
			continue;
		while (at < kinds[i].size && head.data[at] != '\0' &&
		       strchr(kinds[i].digits, head.data[at]) != NULL)
			at++;
		return at == kinds[i].size;
	}
	return false;
}

static bool begins(struct capsa_text head, size_t at, const char *magic, size_t size)
{
	return head.size >= at + size && memcmp(head.data + at, magic, size) == 0;
}

static enum container_format plain_format(struct capsa_text head)
{
	if (begins(head, 0, "PK\3\4", 4))
		return CONTAINER_ZIP;
	if (begins(head, 0, "7z\xbc\xaf\x27\x1c", 6))
		return CONTAINER_7Z;
	if (is_cpio(head))
		return CONTAINER_CPIO;
	/* An ISO 9660 file may begin with anything, a program that boots for instance. */
	if (begins(head, ISO_MAGIC, "CD001", 5))
		return CONTAINER_ISO;
	return is_tar(head) ? CONTAINER_TAR : CONTAINER_NONE;
}

/* What a compressed file holds.  *damaged: it cannot be decompressed. */
static enum container_format held_format(const struct capsa_source *source, bool *damaged)
{
	enum container_format format = CONTAINER_NONE;
	struct capsa_error err;
	struct container_stream *stream = container_stream_open(source, &err);
	char block[TAR_BLOCK];
	size_t size = 0;
	ssize_t got = stream != NULL ? 1 : -1;

	while (got > 0 && size < sizeof block) {
		const void *piece;
		size_t take;

		got = container_stream_read(stream, &piece, &err);
		take = got > 0 ? (size_t)got : 0;
		if (take > sizeof block - size)
			take = sizeof block - size;
		memcpy(block + size, piece, take);
		size += take;
	}
	container_stream_close(stream);
	*damaged = got < 0;
	format = plain_format((struct capsa_text){block, size});
	return format == CONTAINER_TAR || format == CONTAINER_CPIO ? format : CONTAINER_NONE;
}

/* Is a file called like a compressed tar file? */
static bool has_tar_name(const char *name)
{
	static const char *const ends[] = {".tgz",  ".tbz", ".tbz2", ".txz",
	                                   ".tzst", ".tlz", ".taz"};
	size_t size = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (size > strlen(ends[i]) && strcmp(name + size - strlen(ends[i]), ends[i]) == 0)
			return true;
	return strstr(name, ".tar.") != NULL;
}

enum container_format container_find(const char *name, const struct capsa_source *source,
                                     struct capsa_text head)
{
	enum container_format format;
	bool damaged = false;

	/* An archive of capsa is a tar file, too, and no container of others' files. */
	if (begins(head, 0, (const char *)capsa_prefix, CAPSA_PREFIX_SIZE - 3))
		return CONTAINER_NONE;
	if (!container_is_compressed(head))
		return plain_format(head);
	format = held_format(source, &damaged);
	/* What should be a container and cannot be read is to be complained of, not to be packed. */
	return format == CONTAINER_NONE && damaged && has_tar_name(name) ? CONTAINER_TAR : format;
}

bool container_find_source(const char *name, const struct capsa_source *source,
                           enum container_format *format, struct capsa_error *err)
{
	size_t size = source->size < IMPORT_HEAD_SIZE ? (size_t)source->size : IMPORT_HEAD_SIZE;
	char *head = malloc(IMPORT_HEAD_SIZE);
	bool good = false;

	if (head == NULL)
		capsa_fail_memory(err);
	else
		good = capsa_source_read(source, 0, head, size, err) == CAPSA_OK;
	if (good)
		*format = container_find(name, source, (struct capsa_text){head, size});
	free(head);
	return good;
}

/*
 * Documents, programs and books are zip files, too.  They are known by what they must have near
 * their beginning.
 */
bool container_is_document(const struct capsa_source *source)
{
	struct capsa_error err;
	struct container *container = container_open(source, CONTAINER_ZIP, &err);
	struct container_member member;
	bool found = false;

	for (unsigned i = 0; container != NULL && !found && i < DOCUMENT_MEMBERS; i++) {
		if (container_next(container, &member, &err) <= 0)
			break;
		found = (i == 0 && strcmp(member.name, "mimetype") == 0) ||
		        strcmp(member.name, "[Content_Types].xml") == 0 ||
		        strcmp(member.name, "AndroidManifest.xml") == 0 ||
		        strncmp(member.name, "META-INF/", 9) == 0;
	}
	container_close(container);
	return found;
}
