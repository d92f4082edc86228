/* Writing through libarchive: its one door for that; the contracts are in container.h. */
#include "container.h"

#include "base.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <time.h>

struct container_writer {
	struct archive *archive;        /* owned */
	struct archive_entry *entry;    /* owned */
	struct capsa_sink sink;
	int failed;                     /* errno, and nothing goes to the sink any more; or 0 */
	locale_t utf8;                  /* owned; 0: this system has none */
};

static enum capsa_status fail(struct container_writer *writer, struct capsa_error *err)
{
	const char *why = archive_error_string(writer->archive);

	if (writer->failed != 0)
		return capsa_fail_sys(err, writer->failed, CAPSA_NO_OFFSET, "cannot be written");
	return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET, "cannot be written: %s",
	                  why != NULL ? why : "libarchive does not say why");
}

static la_ssize_t write_sink(struct archive *archive, void *ctx, const void *data, size_t size)
{
	struct container_writer *writer = ctx;

	if (writer->failed == 0)
		writer->failed = writer->sink.write(writer->sink.ctx, data, size);
	if (writer->failed == 0)
		return (la_ssize_t)size;
	archive_set_error(archive, writer->failed, "%s", strerror(writer->failed));
	return -1;
}

static int set_format(struct archive *archive, enum container_format format)
{
	switch (format) {
	case CONTAINER_TAR:
		/* Extended headers of pax would have names in their composed form (NFC) alone. */
		return archive_write_set_format_gnutar(archive);
	case CONTAINER_ZIP:
		return archive_write_set_format_zip(archive);
	case CONTAINER_RAW:
		break;
	}
	return archive_write_set_format_raw(archive);
}

static int set_filter(struct archive *archive, enum container_filter filter)
{
	switch (filter) {
	case CONTAINER_GZIP:
		return archive_write_add_filter_gzip(archive);
	case CONTAINER_XZ:
		return archive_write_add_filter_xz(archive);
	case CONTAINER_ZSTD:
		return archive_write_add_filter_zstd(archive);
	case CONTAINER_PLAIN:
		break;
	}
	return archive_write_add_filter_none(archive);
}

/*
 * In this locale libarchive says in a zip file that names are UTF-8.  It would also convert them to
 * that charset, but into their composed form, in which two articles may have one name.  Returns
 * what leave_utf8 wants.
 */
static locale_t enter_utf8(const struct container_writer *writer)
{
	return writer->utf8 != (locale_t)0 ? uselocale(writer->utf8) : (locale_t)0;
}

static void leave_utf8(locale_t before)
{
	if (before != (locale_t)0)
		uselocale(before);
}

static int set_options(struct archive *archive, enum container_format format,
                       enum container_filter filter)
{
	int result = ARCHIVE_OK;

	/* The day of writing is not part of what is written. */
	if (result == ARCHIVE_OK && filter == CONTAINER_GZIP)
		result = archive_write_set_filter_option(archive, "gzip", "timestamp", NULL);
	/* Nothing but tar itself is padded. */
	if (result == ARCHIVE_OK && (format != CONTAINER_TAR || filter != CONTAINER_PLAIN))
		result = archive_write_set_bytes_in_last_block(archive, 1);
	return result;
}

enum capsa_status container_writer_new(struct container_writer **out, enum container_format format,
                                       enum container_filter filter, const struct capsa_sink *sink,
                                       struct capsa_error *err)
{
	struct container_writer *writer = calloc(1, sizeof *writer);
	enum capsa_status status = CAPSA_OK;
	locale_t before;

	*out = NULL;
	if (writer == NULL)
		return capsa_fail_memory(err);
	writer->sink = *sink;
	writer->archive = archive_write_new();
	writer->entry = archive_entry_new();
	writer->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (writer->archive == NULL || writer->entry == NULL) {
		container_writer_free(writer);
		return capsa_fail_memory(err);
	}
	/* Times in zip headers are local; nothing else here looks at the time zone. */
	if (format == CONTAINER_ZIP) {
		setenv("TZ", "UTC0", 1);
		tzset();
	}
	before = enter_utf8(writer);
	if (set_format(writer->archive, format) != ARCHIVE_OK ||
	    set_filter(writer->archive, filter) != ARCHIVE_OK ||
	    set_options(writer->archive, format, filter) != ARCHIVE_OK)
		status = capsa_fail(err, CAPSA_EUNSUPPORTED, CAPSA_NO_OFFSET,
		                    "cannot be written: %s", archive_error_string(writer->archive));
	else if (archive_write_open2(writer->archive, writer, NULL, write_sink, NULL, NULL) !=
	         ARCHIVE_OK)
		status = fail(writer, err);
	leave_utf8(before);
	if (status == CAPSA_OK)
		*out = writer;
	else
		container_writer_free(writer);
	return status;
}

enum capsa_status container_begin(struct container_writer *writer, const char *name, uint64_t size,
                                  int64_t mtime, struct capsa_error *err)
{
	struct archive_entry *entry = archive_entry_clear(writer->entry);
	locale_t before;
	int result;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)size);
	archive_entry_set_mtime(entry, (time_t)mtime, 0);
	before = enter_utf8(writer);
	result = archive_write_header(writer->archive, entry);
	leave_utf8(before);
	/* A warning is a header that does not say what was asked for. */
	return result == ARCHIVE_OK ? CAPSA_OK : fail(writer, err);
}

enum capsa_status container_write(struct container_writer *writer, const void *data, size_t size,
                                  struct capsa_error *err)
{
	la_ssize_t written = archive_write_data(writer->archive, data, size);

	return written >= 0 && (size_t)written == size ? CAPSA_OK : fail(writer, err);
}

enum capsa_status container_finish(struct container_writer *writer, struct capsa_error *err)
{
	return archive_write_close(writer->archive) == ARCHIVE_OK ? CAPSA_OK : fail(writer, err);
}

void container_writer_free(struct container_writer *writer)
{
	if (writer == NULL)
		return;
	/*
	 * Closing writes what makes a broken file look whole, so that must go nowhere.  Without it
	 * libarchive does not free all memory.
	 */
	if (writer->failed == 0)
		writer->failed = ECANCELED;
	if (writer->archive != NULL)
		archive_write_close(writer->archive);
	archive_write_free(writer->archive);
	archive_entry_free(writer->entry);
	if (writer->utf8 != (locale_t)0)
		freelocale(writer->utf8);
	free(writer);
}
