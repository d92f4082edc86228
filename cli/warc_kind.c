/* Is it a WARC or ARC file? */
#include "inflate.h"
#include "warc.h"

#include <string.h>

static bool is_first_line(struct capsa_text text)
{
	return (text.size >= 6 && memcmp(text.data, "WARC/", 5) == 0) ||
	       (text.size >= 9 && memcmp(text.data, "filedesc:", 9) == 0);
}

/* The beginning of what is packed begins like a record. */
static bool is_packed(enum inflate_kind kind, struct capsa_text head)
{
	struct inflater *inflater = import_inflater_new(kind, (struct capsa_text){"", 0});
	char begin[16], *room = begin;
	size_t left = sizeof begin;
	enum inflate_status status = INFLATE_MORE;

	while (inflater != NULL && status == INFLATE_MORE && left != 0 && head.size != 0)
		status = import_inflate(inflater, &head, &room, &left);
	import_inflater_free(inflater);
	return is_first_line((struct capsa_text){begin, sizeof begin - left});
}

static bool is_warc(const char *file, struct capsa_text head, const struct import_options *options)
{
	(void)file;
	(void)options;
	if (head.size >= 3 && memcmp(head.data, "\x1f\x8b\x08", 3) == 0)
		return is_packed(INFLATE_GZIP, head);
	if (head.size >= 4 && memcmp(head.data, "\x28\xb5\x2f\xfd", 4) == 0)
		return is_packed(INFLATE_ZSTD, head);
	/* The frame of a dictionary is in no other kind of file. */
	if (head.size >= 4 && memcmp(head.data, "\x5d\x2a\x4d\x18", 4) == 0)
		return true;
	return is_first_line(head);
}

static const char *const names[] = {"warc", "arc", NULL};

const struct import_kind import_kind_warc = {
    .names = names, .is = is_warc, .open_run = import_warc};
