/*
 * Containers through libarchive.
 *
 * What is compressed as a whole comes from container_stream.c, so that checksums behind the last
 * member are compared too, and nothing is skipped that was not counted: libarchive sees the plain
 * tar or cpio file.
 */
#include "container_read.h"

#include "container_end.h"
#include "container_stream.h"
#include "seven_zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE (64U << 10)
#define HEADER_MAX (16U << 20) /* of a member of tar or cpio; libarchive has it in memory */
#define FAILURES_MAX 100 /* of members, each of which costs a new beginning */

struct container {
	struct capsa_source source;
	enum container_format format;
	locale_t locale; /* owned; 0: none */
	struct archive *archive; /* owned; NULL: there is no going on */
	struct container_stream *stream; /* owned; NULL: the file is not compressed */
	uint64_t at; /* of the source: what is read next */
	char *room; /* owned: READ_SIZE bytes of the source */
	uint64_t left; /* bytes that the header that is read may still take */
	bool at_member; /* whose bytes libarchive has not passed over */
	struct container_end end; /* of tar and cpio */
	char failed[256]; /* why the last read failed; empty: it did not */
	int sys; /* the errno value of it; 0: it was not the system */
	/* The members. */
	uint64_t count; /* so far, with that at hand */
	bool restart; /* libarchive gave up, but the others can be had */
	unsigned failures;
	uint64_t stored; /* bytes that the members so far were stored as */
	uint64_t bytes; /* that they grew to */
	uint64_t begin; /* where the member at hand begins */
	uint64_t given; /* of its bytes */
	uint64_t sparse_size; /* of the member at hand; 0: it has no holes */
	/* What comes after an error, which was found on the way. */
	struct archive_entry *pending;
	int pending_result;
};

const char *container_name(enum container_format format)
{
	static const char *const names[] = {"", "tar", "cpio", "zip", "7z", "ISO 9660"};

	return names[format];
}

/* Is it one member after another, without a directory? */
static bool goes_by_headers(const struct container *container)
{
	return container->format == CONTAINER_TAR || container->format == CONTAINER_CPIO;
}

/* ---- what libarchive reads ---- */

static la_ssize_t count_header(struct container *container, la_ssize_t size)
{
	if ((uint64_t)size <= container->left) {
		container->left -= (uint64_t)size;
		return size;
	}
	container->sys = 0;
	snprintf(container->failed, sizeof container->failed,
	         "is damaged: a member has a header of more than 16 MiB");
	return -1;
}

static void fail_source(struct container *container, int failed)
{
	container->sys = failed > 0 ? failed : EIO;
	snprintf(container->failed, sizeof container->failed, "cannot be read: %s",
	         failed > 0 ? strerror(failed) : "it is shorter than it was");
}

static la_ssize_t give_source(struct archive *archive, void *ctx, const void **piece)
{
	struct container *container = ctx;
	uint64_t left = container->source.size - container->at;
	size_t size = left < READ_SIZE ? (size_t)left : READ_SIZE;
	int failed = 0;

	(void)archive;
	if (cli_signal != 0)
		failed = EINTR;
	else if (size != 0)
		failed = container->source.read_at(container->source.ctx, container->at,
		                                   container->room, size);
	if (failed != 0) {
		fail_source(container, failed);
		return -1;
	}
	container_end_see(&container->end, container->at, container->room, size);
	container->at += size;
	*piece = container->room;
	return count_header(container, (la_ssize_t)size);
}

static la_int64_t skip_source(struct archive *archive, void *ctx, la_int64_t size)
{
	struct container *container = ctx;
	uint64_t left = container->source.size - container->at;
	uint64_t skip = (uint64_t)size < left ? (uint64_t)size : left;

	(void)archive;
	container->at += skip;
	return (la_int64_t)skip;
}

static la_int64_t seek_source(struct archive *archive, void *ctx, la_int64_t offset, int whence)
{
	struct container *container = ctx;
	la_int64_t size = (la_int64_t)container->source.size;
	la_int64_t from = whence == SEEK_SET   ? 0
	                  : whence == SEEK_CUR ? (la_int64_t)container->at
	                                       : size;

	(void)archive;
	if (offset < -from)
		return ARCHIVE_FATAL;
	container->at = (uint64_t)(offset > size - from ? size : from + offset);
	return (la_int64_t)container->at;
}

static la_ssize_t give_stream(struct archive *archive, void *ctx, const void **piece)
{
	struct container *container = ctx;
	struct capsa_error err = {0};
	ssize_t got = container_stream_read(container->stream, piece, &err);

	(void)archive;
	if (got < 0) {
		container->sys = err.sys;
		snprintf(container->failed, sizeof container->failed, "%s", err.text);
	}
	if (got > 0)
		container_end_see(&container->end, container->end.at, *piece, (size_t)got);
	return got < 0 ? -1 : count_header(container, got);
}

/* ---- errors ---- */

/* Always false. */
static bool fail(struct capsa_error *err, const char *why)
{
	snprintf(err->text, sizeof err->text, "%s", why);
	return false;
}

/* Why the last read failed. */
static bool fail_read(const struct container *container, struct capsa_error *err)
{
	err->sys = container->sys;
	return fail(err, container->failed);
}

/* What libarchive says, or what it could not know. */
static bool fail_archive(const struct container *container, struct capsa_error *err)
{
	const char *why = archive_error_string(container->archive);

	if (container->failed[0] != '\0')
		return fail_read(container, err);
	if (why != NULL && container->count == 0 && strncmp(why, "Unrecognized", 12) == 0)
		snprintf(err->text, sizeof err->text, "is no %s file, or is cut off",
		         container_name(container->format));
	else
		snprintf(err->text, sizeof err->text, "is damaged: %s",
		         why != NULL && why[0] != '\0' ? why : "no cause is known");
	return false;
}

/*
 * libarchive has names of zip, 7z and ISO 9660 in the character set of the locale, which must have
 * all characters; in that of tar and cpio it may leave them as they are, and does where the locale
 * has none but ASCII.
 */
static locale_t enter(const struct container *container)
{
	return uselocale(container->locale);
}

static locale_t new_locale(enum container_format format)
{
	bool plain = format == CONTAINER_TAR || format == CONTAINER_CPIO;

	return newlocale(LC_CTYPE_MASK, plain ? "C" : "C.UTF-8", (locale_t)0);
}

/* ---- opening ---- */

static void support_format(struct archive *archive, enum container_format format)
{
	switch (format) {
	case CONTAINER_TAR:
		archive_read_support_format_tar(archive);
		break;
	case CONTAINER_CPIO:
		archive_read_support_format_cpio(archive);
		break;
	case CONTAINER_ZIP:
		/* What can be read without the directory at the end may be what was deleted. */
		archive_read_support_format_zip_seekable(archive);
		break;
	case CONTAINER_7Z:
		archive_read_support_format_7zip(archive);
		break;
	case CONTAINER_ISO:
		archive_read_support_format_iso9660(archive);
		break;
	case CONTAINER_NONE:
		break;
	}
}

static bool open_stream(struct container *container, struct capsa_error *err)
{
	char head[8];
	size_t size =
	    container->source.size < sizeof head ? (size_t)container->source.size : sizeof head;
	int failed;

	if (!goes_by_headers(container))
		return true;
	failed = container->source.read_at(container->source.ctx, 0, head, size);
	if (failed != 0) {
		fail_source(container, failed);
		return fail_read(container, err);
	}
	if (!container_is_compressed((struct capsa_text){head, size}))
		return true;
	container->stream = container_stream_open(&container->source, err);
	return container->stream != NULL;
}

/* Begin at the beginning. */
static bool open_archive(struct container *container, struct capsa_error *err)
{
	int result;

	container->at = 0;
	container->begin = 0;
	container->left = UINT64_MAX;
	container->at_member = false;
	container->failed[0] = '\0';
	container->end = (struct container_end){0};
	container->archive = archive_read_new();
	if (container->archive == NULL)
		return fail(err, "out of memory");
	support_format(container->archive, container->format);
	if (!open_stream(container, err))
		return false;
	archive_read_set_callback_data(container->archive, container);
	if (container->stream != NULL) {
		archive_read_set_read_callback(container->archive, give_stream);
	} else {
		archive_read_set_read_callback(container->archive, give_source);
		archive_read_set_skip_callback(container->archive, skip_source);
		archive_read_set_seek_callback(container->archive, seek_source);
	}
	result = archive_read_open1(container->archive);
	return result == ARCHIVE_OK || fail_archive(container, err);
}

static void close_archive(struct container *container)
{
	if (container->archive != NULL)
		archive_read_free(container->archive);
	container->archive = NULL;
	container_stream_close(container->stream);
	container->stream = NULL;
}

struct container *container_open(const struct capsa_source *source, enum container_format format,
                                 struct capsa_error *err)
{
	struct container *container;
	locale_t before;
	bool good;

	if (format == CONTAINER_7Z && !seven_zip_check(source, err))
		return NULL;
	container = calloc(1, sizeof *container);
	if (container == NULL) {
		fail(err, "out of memory");
		return NULL;
	}
	container->source = *source;
	container->format = format;
	container->locale = new_locale(format);
	container->room = malloc(READ_SIZE);
	if (container->locale == (locale_t)0 || container->room == NULL) {
		fail(err, container->room == NULL ? "out of memory"
		                                  : "cannot be read without the locale C.UTF-8");
		container_close(container);
		return NULL;
	}
	before = enter(container);
	good = open_archive(container, err);
	uselocale(before);
	if (good)
		return container;
	container_close(container);
	return NULL;
}

void container_close(struct container *container)
{
	if (container == NULL)
		return;
	close_archive(container);
	if (container->locale != (locale_t)0)
		freelocale(container->locale);
	free(container->room);
	free(container);
}

/* ---- members ---- */

/* How many bytes of the file were taken so far. */
static uint64_t taken(const struct container *container)
{
	la_int64_t at;

	if (container->stream != NULL)
		return container_stream_taken(container->stream);
	at = archive_filter_bytes(container->archive, -1);
	return at > 0 ? (uint64_t)at : 0;
}

/* In 7z and ISO 9660 libarchive goes back and forth: what a member was stored as is not known. */
static bool goes_straight(const struct container *container)
{
	return container->format != CONTAINER_7Z && container->format != CONTAINER_ISO;
}

/* What the member at hand was stored as, so far, or at most. */
static uint64_t stored_as(const struct container *container)
{
	uint64_t end = taken(container);

	if (!goes_straight(container))
		return container->source.size;
	return end > container->begin ? end - container->begin : 0;
}

/* Members that were stored as more than there is lie over each other. */
static bool end_member(struct container *container)
{
	if (container->given != 0 && goes_straight(container))
		container->stored += stored_as(container);
	container->given = 0;
	return container->stored <= container->source.size;
}

/* Does the member, or all so far, grow to too much?  Of a stream all that is in it was counted. */
static bool grows(const struct container *container)
{
	uint64_t stored = stored_as(container);

	return container_grows(container->given, stored) ||
	       (container->stream == NULL &&
	        container_grows(container->bytes, container->stored + stored));
}

static enum container_type type_of(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry) != NULL)
		return CONTAINER_HARD_LINK;
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return CONTAINER_FILE;
	case AE_IFDIR:
		return CONTAINER_DIRECTORY;
	case AE_IFLNK:
		return CONTAINER_SYMBOLIC_LINK;
	default:
		return CONTAINER_SPECIAL;
	}
}

static void take_member(struct container *container, struct archive_entry *entry,
                        struct container_member *out)
{
	la_int64_t size = archive_entry_size(entry);

	*out = (struct container_member){
	    .type = type_of(entry),
	    .name = archive_entry_pathname(entry),
	    .target = archive_entry_hardlink(entry),
	    .mode = archive_entry_mode(entry),
	    .size = size > 0 ? (uint64_t)size : 0,
	    .links = archive_entry_nlink(entry),
	    .encrypted = archive_entry_is_encrypted(entry) != 0,
	    .has_modified = archive_entry_mtime_is_set(entry) != 0,
	    .modified = archive_entry_mtime(entry),
	};
	if (out->type == CONTAINER_SYMBOLIC_LINK)
		out->target = archive_entry_symlink(entry);
	container->begin = taken(container);
	container->sparse_size = archive_entry_sparse_count(entry) > 0 ? out->size : 0;
}

/* Open the container again, and pass over the members that were there. */
static bool restart(struct container *container, struct capsa_error *err)
{
	struct archive_entry *entry;
	bool good;

	container->restart = false;
	good = open_archive(container, err);
	for (uint64_t i = 0; good && i < container->count; i++)
		if (archive_read_next_header(container->archive, &entry) < ARCHIVE_WARN)
			good = fail_archive(container, err);
	if (!good)
		close_archive(container);
	return good;
}

/* Read on to the end of the file.  Plain ones of other formats are read from their directories. */
static ssize_t read_rest(struct container *container, struct capsa_error *err)
{
	const void *piece;
	ssize_t got = 1;

	while (got > 0)
		got = container->stream != NULL ? give_stream(NULL, container, &piece)
		                                : give_source(NULL, container, &piece);
	if (got < 0)
		fail_read(container, err);
	return got;
}

/* The end: was that all, and is what follows the last member whole, too? */
static int finish(struct container *container, struct capsa_error *err)
{
	uint64_t end = (uint64_t)archive_read_header_position(container->archive);
	bool good = true;

	if (goes_by_headers(container))
		good = read_rest(container, err) == 0 &&
		       container_end_is_good(&container->end, container->format, end, err);
	else if (container->format == CONTAINER_ZIP && container->failures == 0)
		good = container_end_has_all(&container->source, container->count, err);
	close_archive(container);
	return good ? 0 : -1;
}

/* libarchive would take what a damaged header says is its size. */
static int read_header(struct container *container, struct archive_entry **entry)
{
	int result = ARCHIVE_OK;

	if (container->at_member)
		result = archive_read_data_skip(container->archive);
	container->at_member = false;
	if (result == ARCHIVE_FATAL)
		return result;
	if (goes_by_headers(container))
		container->left = HEADER_MAX;
	result = archive_read_next_header(container->archive, entry);
	container->left = UINT64_MAX;
	container->at_member = result == ARCHIVE_OK || result == ARCHIVE_WARN;
	return result;
}

/*
 * The next header.  Several that cannot be read, one after another, are one error; what comes
 * behind them waits for the next call.
 */
static int next_entry(struct container *container, struct archive_entry **entry,
                      struct capsa_error *err)
{
	int result = container->pending_result;
	bool bad = false;

	if (container->pending != NULL || result != ARCHIVE_OK) {
		*entry = container->pending;
		container->pending = NULL;
		container->pending_result = ARCHIVE_OK;
		return result;
	}
	while ((result = read_header(container, entry)) == ARCHIVE_RETRY && cli_signal == 0) {
		if (!bad)
			fail_archive(container, err);
		bad = true;
	}
	/* In cpio what was passed over to find a header is told with the member behind it. */
	if (result == ARCHIVE_WARN && container->format == CONTAINER_CPIO && !bad) {
		fail_archive(container, err);
		bad = true;
	}
	if (!bad)
		return result;
	container->pending = result >= ARCHIVE_WARN && result != ARCHIVE_EOF ? *entry : NULL;
	container->pending_result = result;
	return ARCHIVE_RETRY;
}

/* The member's header cannot be read: may the next one? */
static int fail_entry(struct container *container, int result, struct capsa_error *err)
{
	if (result == ARCHIVE_RETRY)
		return -1;
	fail_archive(container, err);
	if (result != ARCHIVE_FAILED || ++container->failures > FAILURES_MAX)
		close_archive(container);
	return -1;
}

static int next_member(struct container *container, struct container_member *out,
                       struct capsa_error *err)
{
	struct archive_entry *entry;
	int result;

	if (container->restart && !restart(container, err))
		return -1;
	if (container->archive == NULL)
		return 0;
	if (!end_member(container)) {
		close_archive(container);
		fail(err, "is damaged: its members overlap");
		return -1;
	}
	result = next_entry(container, &entry, err);
	if (result == ARCHIVE_EOF)
		return finish(container, err);
	if (result < ARCHIVE_WARN || result == ARCHIVE_RETRY)
		return fail_entry(container, result, err);
	container->count++;
	take_member(container, entry, out);
	if (out->name != NULL && out->name[0] != '\0')
		return 1;
	fail(err, "has a member whose name cannot be read");
	return -1;
}

int container_next(struct container *container, struct container_member *out,
                   struct capsa_error *err)
{
	locale_t before = enter(container);
	int result = next_member(container, out, err);

	uselocale(before);
	return result;
}

/*
 * A member cannot be read.  Where libarchive gives up, the others can still be had of a file that
 * has a directory.
 */
static ssize_t fail_member(struct container *container, la_ssize_t result, struct capsa_error *err)
{
	struct capsa_error why;

	fail_archive(container, &why);
	fail(err, why.text);
	if (result != ARCHIVE_FATAL)
		return -1;
	container->restart = !goes_by_headers(container) && container->failed[0] == '\0' &&
	                     ++container->failures <= FAILURES_MAX;
	close_archive(container);
	if (!container->restart)
		snprintf(err->text, sizeof err->text, "%.200s; nothing behind it can be read",
		         why.text);
	return -1;
}

ssize_t container_read(struct container *container, void *room, size_t size,
                       struct capsa_error *err)
{
	la_ssize_t got;

	if (container->archive == NULL) {
		fail(err, "cannot be read");
		return -1;
	}
	got = archive_read_data(container->archive, room, size);
	if (got < 0)
		return fail_member(container, got, err);
	/* Of a hole at the end libarchive says nothing. */
	if (got == 0 && container->given < container->sparse_size) {
		uint64_t left = container->sparse_size - container->given;

		got = (la_ssize_t)(left < size ? left : size);
		memset(room, 0, (size_t)got);
	}
	container->given += (uint64_t)got;
	container->bytes += (uint64_t)got;
	if (!grows(container))
		return got;
	/* What is refused does not count. */
	container->bytes -= container->given;
	fail(err, container_growth);
	return -1;
}
