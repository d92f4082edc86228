/*
 * Ends of containers.
 *
 * A tar file ends with blocks of zeros.  One that was cut off between two members lacks them, and
 * one of which a header was lost to zeros has more behind; so has a cpio file that is several.  A
 * zip file says at its end how many members it has.
 */
#include "container_end.h"

#include <stdlib.h>
#include <string.h>

#define CPIO_TRAILER_MAX 124U /* bytes of the member that ends a cpio file */
#define ZIP_END_SIZE 22U /* of the record at the end, without its comment */
#define ZIP_END_ROOM (ZIP_END_SIZE + 65535U)

void container_end_see(struct container_end *end, uint64_t offset, const void *piece, size_t size)
{
	const char *bytes = piece;
	size_t left = size;

	while (left != 0 && bytes[left - 1] == '\0')
		left--;
	if (left != 0)
		end->zeros = offset + left;
	end->at = offset + size;
}

bool container_end_is_good(const struct container_end *end, enum container_format format,
                           uint64_t offset, struct capsa_error *err)
{
	uint64_t trailer = format == CONTAINER_CPIO ? CPIO_TRAILER_MAX : 0;

	if (offset >= end->at)
		snprintf(err->text, sizeof err->text, "is cut off: what marks its end is missing");
	else if (end->zeros > offset + trailer)
		snprintf(err->text, sizeof err->text,
		         "is damaged, or several in one: there is more behind its end");
	else
		return true;
	return false;
}

/* Of members that a zip file has at the same place libarchive gives one. */
bool container_end_has_all(const struct capsa_source *source, uint64_t count,
                           struct capsa_error *err)
{
	size_t room = source->size < ZIP_END_ROOM ? (size_t)source->size : ZIP_END_ROOM;
	unsigned char *end = malloc(room);
	unsigned said = count & 0xffff;

	if (end == NULL) {
		snprintf(err->text, sizeof err->text, "out of memory");
		return false;
	}
	if (room >= ZIP_END_SIZE &&
	    source->read_at(source->ctx, source->size - room, end, room) == 0) {
		size_t at = room - ZIP_END_SIZE;

		while (at != 0 && memcmp(end + at, "PK\5\6", 4) != 0)
			at--;
		if (memcmp(end + at, "PK\5\6", 4) == 0)
			said = end[at + 10] | (unsigned)end[at + 11] << 8;
	}
	free(end);
	/* Of a large file the record may say that another one knows. */
	if (said == (count & 0xffff) || said == 0xffff)
		return true;
	snprintf(err->text, sizeof err->text,
	         "is damaged: its directory has other members than can be read");
	return false;
}
