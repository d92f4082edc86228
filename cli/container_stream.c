/*
 * Compressed files as streams.  gzip goes through zlib, since libarchive does not look at gzip's
 * checksums; the other formats through libarchive, for which what a file holds is one raw member.
 */
#include "container_stream.h"

#include "inflate.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE (64U << 10)

struct container_stream {
	struct capsa_source source;
	uint64_t at; /* of the source: what is read next */
	uint64_t given; /* bytes so far */
	char *in; /* owned: READ_SIZE bytes of the source */
	char *out; /* owned: as many, decompressed */
	struct archive *archive; /* owned; NULL: it is gzip */
	struct inflater *inflater; /* owned: of gzip */
	struct capsa_text rest; /* of `in`: not inflated yet */
	bool between; /* gzip members: one is complete, none has begun */
	bool broken; /* gzip: there is no going on, for this reason */
	struct capsa_error why;
	int sys; /* errno of the read that failed */
};

const char container_growth[] =
    "grows to more than 1,000 times its stored size; unpack it first to pack it";

bool container_grows(uint64_t bytes, uint64_t stored)
{
	return bytes > CONTAINER_GROWTH_FREE && bytes / CONTAINER_GROWTH_MAX >= stored;
}

bool container_is_compressed(struct capsa_text head)
{
	static const struct {
		size_t size;
		const char *bytes;
	} magics[] = {
	    {3, "\x1f\x8b\x08"}, /* gzip */
	    {2, "\x1f\x9d"}, /* compress */
	    {3, "BZh"}, /* bzip2 */
	    {6, "\xfd"
	        "7zXZ\0"}, /* xz */
	    {4, "\x28\xb5\x2f\xfd"}, /* Zstandard */
	    {4, "\x04\x22\x4d\x18"}, /* LZ4 */
	    {4, "LZIP"}, /* lzip */
	    {3, "\x5d\0\0"}, /* lzma */
	};

	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
		if (head.size >= magics[i].size &&
		    memcmp(head.data, magics[i].bytes, magics[i].size) == 0)
			return true;
	return false;
}

/* Always -1. */
static ssize_t fail(struct capsa_error *err, const char *what, const char *why)
{
	snprintf(err->text, sizeof err->text, "%s%s", what, why);
	return -1;
}

/* Fill `in`: how many bytes, 0 at the end, -1 after a failed read. */
static ssize_t read_source(struct container_stream *stream)
{
	uint64_t left = stream->source.size - stream->at;
	size_t size = left < READ_SIZE ? (size_t)left : READ_SIZE;

	if (size != 0 && cli_signal != 0)
		stream->sys = EINTR;
	else if (size != 0)
		stream->sys =
		    stream->source.read_at(stream->source.ctx, stream->at, stream->in, size);
	if (stream->sys != 0)
		return -1;
	stream->at += size;
	return (ssize_t)size;
}

static ssize_t fail_source(const struct container_stream *stream, struct capsa_error *err)
{
	err->sys = stream->sys > 0 ? stream->sys : EIO;
	return fail(err, "cannot be read: ",
	            stream->sys > 0 ? strerror(stream->sys) : "it is shorter than it was");
}

/* ---- gzip ---- */

/* Does another gzip member follow?  Zeros or anything else do not count, as for gzip(1). */
static bool more_members(struct container_stream *stream)
{
	if (stream->rest.size == 1 && stream->at < stream->source.size) {
		/* The first byte of a magic number is looked at again, with the second. */
		stream->at--;
		stream->rest.size = 0;
	}
	if (stream->rest.size == 0) {
		ssize_t got = read_source(stream);

		stream->rest = (struct capsa_text){stream->in, got > 0 ? (size_t)got : 0};
	}
	return stream->rest.size >= 2 && memcmp(stream->rest.data, "\x1f\x8b", 2) == 0;
}

/* One step towards some bytes in `out`: 1, 0 at the end, -1. */
static int step_gzip(struct container_stream *stream, char **room, size_t *left,
                     struct capsa_error *err)
{
	ssize_t got;

	if (stream->between) {
		if (!more_members(stream))
			return stream->sys != 0 ? (int)fail_source(stream, err) : 0;
		if (!import_inflater_reset(stream->inflater))
			return (int)fail(err, "out of memory", "");
		stream->between = false;
	}
	if (stream->rest.size == 0) {
		got = read_source(stream);
		if (got < 0)
			return (int)fail_source(stream, err);
		if (got == 0)
			return (int)fail(err, "is cut off: the gzip data have no end", "");
		stream->rest = (struct capsa_text){stream->in, (size_t)got};
	}
	switch (import_inflate(stream->inflater, &stream->rest, room, left)) {
	case INFLATE_MEMORY:
		return (int)fail(err, "out of memory", "");
	case INFLATE_BAD:
		return (int)fail(err, "is damaged: the gzip data cannot be decompressed", "");
	case INFLATE_END:
		stream->between = true;
		break;
	case INFLATE_MORE:
		break;
	}
	return 1;
}

/* What could be decompressed comes before the error that follows it. */
static ssize_t read_gzip(struct container_stream *stream, struct capsa_error *err)
{
	char *room = stream->out;
	size_t left = READ_SIZE;
	int got = 1;

	while (!stream->broken && got > 0 && left == READ_SIZE) {
		got = step_gzip(stream, &room, &left, &stream->why);
		stream->broken = got < 0;
	}
	if (left != READ_SIZE)
		return (ssize_t)(READ_SIZE - left);
	return stream->broken ? fail(err, stream->why.text, "") : 0;
}

/* ---- all others ---- */

static la_ssize_t give_source(struct archive *archive, void *ctx, const void **piece)
{
	struct container_stream *stream = ctx;
	ssize_t got = read_source(stream);

	if (got < 0)
		archive_set_error(archive, stream->sys > 0 ? stream->sys : EIO, "cannot read");
	*piece = stream->in;
	return got;
}

static ssize_t fail_archive(const struct container_stream *stream, struct capsa_error *err)
{
	const char *why = archive_error_string(stream->archive);

	if (stream->sys != 0)
		return fail_source(stream, err);
	return fail(err, "cannot be decompressed: ", why != NULL ? why : "no cause is known");
}

static bool open_archive(struct container_stream *stream, struct capsa_error *err)
{
	struct archive_entry *entry;

	stream->archive = archive_read_new();
	if (stream->archive == NULL) {
		fail(err, "out of memory", "");
		return false;
	}
	/* Not all that libarchive knows: some would start other programs. */
	archive_read_support_filter_compress(stream->archive);
	archive_read_support_filter_bzip2(stream->archive);
	archive_read_support_filter_xz(stream->archive);
	archive_read_support_filter_zstd(stream->archive);
	archive_read_support_filter_lz4(stream->archive);
	archive_read_support_filter_lzip(stream->archive);
	archive_read_support_filter_lzma(stream->archive);
	archive_read_support_format_raw(stream->archive);
	if (archive_read_open2(stream->archive, stream, NULL, give_source, NULL, NULL) ==
	        ARCHIVE_OK &&
	    archive_read_next_header(stream->archive, &entry) == ARCHIVE_OK)
		return true;
	fail_archive(stream, err);
	return false;
}

static ssize_t read_archive(struct container_stream *stream, struct capsa_error *err)
{
	la_ssize_t got = archive_read_data(stream->archive, stream->out, READ_SIZE);

	return got < 0 ? fail_archive(stream, err) : got;
}

/* ---- both ---- */

struct container_stream *container_stream_open(const struct capsa_source *source,
                                               struct capsa_error *err)
{
	struct container_stream *stream = calloc(1, sizeof *stream);
	char magic[2] = {0};
	bool good = false;

	if (stream == NULL) {
		fail(err, "out of memory", "");
		return NULL;
	}
	stream->source = *source;
	stream->in = malloc(READ_SIZE);
	stream->out = malloc(READ_SIZE);
	if (stream->in == NULL || stream->out == NULL) {
		fail(err, "out of memory", "");
	} else if (source->size >= 2 &&
	           (stream->sys = source->read_at(source->ctx, 0, magic, 2)) != 0) {
		fail_source(stream, err);
	} else if (memcmp(magic, "\x1f\x8b", 2) == 0) {
		stream->inflater = import_inflater_new(INFLATE_GZIP, (struct capsa_text){0});
		good = stream->inflater != NULL;
		if (!good)
			fail(err, "out of memory", "");
	} else {
		good = open_archive(stream, err);
	}
	if (good)
		return stream;
	container_stream_close(stream);
	return NULL;
}

ssize_t container_stream_read(struct container_stream *stream, const void **piece,
                              struct capsa_error *err)
{
	ssize_t got = stream->archive != NULL ? read_archive(stream, err) : read_gzip(stream, err);

	if (got > 0) {
		stream->given += (uint64_t)got;
		if (container_grows(stream->given, stream->at))
			return fail(err, container_growth, "");
	}
	*piece = stream->out;
	return got;
}

uint64_t container_stream_taken(const struct container_stream *stream)
{
	return stream->at - stream->rest.size;
}

void container_stream_close(struct container_stream *stream)
{
	if (stream == NULL)
		return;
	if (stream->archive != NULL)
		archive_read_free(stream->archive);
	if (stream->inflater != NULL)
		import_inflater_free(stream->inflater);
	free(stream->in);
	free(stream->out);
	free(stream);
}
