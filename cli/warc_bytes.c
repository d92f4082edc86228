/*
 * A stream unpacked: gzip members or Zstandard frames, usually one a record, or plain bytes.
 *
 * No member is begun before a byte of it is needed, so that damage in one does not take bytes of
 * the one before along.
 */
#include "warc_reader.h"

#include "base.h"

#include <stdlib.h>

#define RAW_SIZE (128U << 10)
#define MAGIC_SIZE 4
#define DICTIONARY_MAX (16U << 20) /* the WARC/zstd specification asks for 8 MiB */

static const char gzip_magic[] = "\x1f\x8b\x08";
static const char zstd_magic[] = "\x28\xb5\x2f\xfd";
static const char dictionary_magic[] = "\x5d\x2a\x4d\x18";
static const char skippable_magic[] = "\x2a\x4d\x18"; /* behind 0x50 to 0x5f */

bool import_warc_bytes_open(struct warc_bytes *bytes, struct import_stream *stream)
{
	*bytes = (struct warc_bytes){.stream = stream};
	bytes->raw = malloc(RAW_SIZE);
	bytes->window = malloc(WARC_WINDOW);
	return bytes->raw != NULL && bytes->window != NULL;
}

void import_warc_bytes_close(struct warc_bytes *bytes)
{
	if (bytes->stream != NULL)
		bytes->stream->close(bytes->stream);
	import_inflater_free(bytes->inflater);
	free(bytes->raw);
	free(bytes->window);
	*bytes = (struct warc_bytes){0};
}

struct capsa_text import_warc_bytes_window(const struct warc_bytes *bytes)
{
	return (struct capsa_text){bytes->window + bytes->begin, bytes->end - bytes->begin};
}

void import_warc_bytes_take(struct warc_bytes *bytes, size_t size)
{
	bytes->begin += size;
	bytes->position += size;
}

static bool fail(struct warc_bytes *bytes, struct capsa_error *err, const char *what)
{
	capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "%s", what);
	bytes->inside = false;
	return false;
}

/* There is no going on. */
static bool fail_for_good(struct warc_bytes *bytes, struct capsa_error *err, const char *what)
{
	bytes->broken = true;
	return fail(bytes, err, what);
}

/* ---- bytes of the stream ---- */

static struct capsa_text raw_text(const struct warc_bytes *bytes)
{
	return (struct capsa_text){bytes->raw + bytes->raw_begin,
	                           bytes->raw_end - bytes->raw_begin};
}

static void take_raw(struct warc_bytes *bytes, size_t size)
{
	bytes->raw_begin += size;
	bytes->raw_offset += size;
}

/* Have `wanted` bytes of the stream, at most RAW_SIZE; fewer at its end. */
static bool load(struct warc_bytes *bytes, size_t wanted, struct capsa_error *err)
{
	while (raw_text(bytes).size < wanted && !bytes->raw_over) {
		ssize_t got;

		if (bytes->broken)
			return fail(bytes, err, "cannot be read any further");
		memmove(bytes->raw, bytes->raw + bytes->raw_begin, raw_text(bytes).size);
		bytes->raw_end -= bytes->raw_begin;
		bytes->raw_begin = 0;
		got = bytes->stream->read(bytes->stream, bytes->raw + bytes->raw_end,
		                          RAW_SIZE - bytes->raw_end, err);
		if (got < 0) {
			bytes->broken = true;
			return false;
		}
		bytes->raw_over = got == 0;
		bytes->raw_end += (size_t)got;
	}
	return true;
}

/* ---- members ---- */

static bool begins(struct capsa_text text, const char *magic)
{
	size_t size = strlen(magic);

	return text.size >= size && memcmp(text.data, magic, size) == 0;
}

/* The dictionary, itself a frame perhaps, unpacked into `room`. */
static bool unpack_dictionary(struct capsa_text *dictionary, char *room)
{
	struct inflater *inflater = import_inflater_new(INFLATE_ZSTD, (struct capsa_text){0});
	enum inflate_status status = INFLATE_MORE;
	size_t left = DICTIONARY_MAX;
	char *to = room;

	while (inflater != NULL && status == INFLATE_MORE && left != 0 && dictionary->size != 0)
		status = import_inflate(inflater, dictionary, &to, &left);
	import_inflater_free(inflater);
	*dictionary = (struct capsa_text){room, DICTIONARY_MAX - left};
	return status == INFLATE_END;
}

/* The content of the skippable frame at the beginning, of so many bytes. */
static bool read_dictionary(struct warc_bytes *bytes, char *room, size_t size,
                            struct capsa_error *err)
{
	for (size_t at = 0; at < size;) {
		size_t some;

		if (!load(bytes, 1, err))
			return false;
		some = raw_text(bytes).size < size - at ? raw_text(bytes).size : size - at;
		if (some == 0)
			return fail_for_good(bytes, err, "the dictionary is cut off");
		memcpy(room + at, raw_text(bytes).data, some);
		take_raw(bytes, some);
		at += some;
	}
	return true;
}

static bool take_dictionary(struct warc_bytes *bytes, struct capsa_error *err)
{
	struct capsa_text dictionary = {"", 0};
	const unsigned char *raw = (const unsigned char *)bytes->raw + bytes->raw_begin;
	char *room = NULL, *unpacked = NULL;
	size_t size;
	bool good = false;

	if (!load(bytes, 8, err))
		return false;
	if (raw_text(bytes).size < 8)
		return fail_for_good(bytes, err, "the dictionary is cut off");
	raw = (const unsigned char *)bytes->raw + bytes->raw_begin;
	size = raw[4] | (size_t)raw[5] << 8 | (size_t)raw[6] << 16 | (size_t)raw[7] << 24;
	if (size == 0 || size > DICTIONARY_MAX)
		return fail_for_good(bytes, err, "the dictionary is empty or over 16 MiB");
	take_raw(bytes, 8);
	room = malloc(size);
	unpacked = malloc(DICTIONARY_MAX);
	if (room == NULL || unpacked == NULL) {
		fail_for_good(bytes, err, "out of memory");
	} else if (read_dictionary(bytes, room, size, err)) {
		dictionary = (struct capsa_text){room, size};
		if (!begins(dictionary, zstd_magic) || unpack_dictionary(&dictionary, unpacked))
			bytes->inflater = import_inflater_new(INFLATE_ZSTD, dictionary);
		good = bytes->inflater != NULL ||
		       fail_for_good(bytes, err, "the dictionary is damaged");
	}
	free(room);
	free(unpacked);
	return good;
}

/* What is the stream packed with? */
static bool begin(struct warc_bytes *bytes, struct capsa_error *err)
{
	struct capsa_text raw;

	if (!load(bytes, MAGIC_SIZE, err))
		return false;
	bytes->begun = true;
	raw = raw_text(bytes);
	if (begins(raw, dictionary_magic)) {
		bytes->packed = true;
		bytes->kind = INFLATE_ZSTD;
		return take_dictionary(bytes, err);
	}
	bytes->packed = begins(raw, gzip_magic) || begins(raw, zstd_magic);
	if (!bytes->packed)
		return true;
	bytes->kind = begins(raw, gzip_magic) ? INFLATE_GZIP : INFLATE_ZSTD;
	bytes->inflater = import_inflater_new(bytes->kind, (struct capsa_text){0});
	return bytes->inflater != NULL || fail_for_good(bytes, err, "out of memory");
}

static bool begin_member(struct warc_bytes *bytes, struct capsa_error *err)
{
	struct capsa_text raw;
	bool good;

	if (!load(bytes, MAGIC_SIZE, err))
		return false;
	raw = raw_text(bytes);
	if (raw.size == 0)
		return true;
	bytes->member = bytes->raw_offset;
	bytes->member_position = bytes->position + (bytes->end - bytes->begin);
	if (bytes->kind == INFLATE_GZIP)
		good = begins(raw, gzip_magic);
	else
		good = begins(raw, zstd_magic) ||
		       (raw.size >= MAGIC_SIZE && (raw.data[0] & 0xf0) == 0x50 &&
		        memcmp(raw.data + 1, skippable_magic, 3) == 0);
	if (!good)
		return fail(bytes, err,
		            bytes->kind == INFLATE_GZIP ? "what follows is no gzip member"
		                                        : "what follows is no Zstandard frame");
	if (!import_inflater_reset(bytes->inflater))
		return fail_for_good(bytes, err, "out of memory");
	bytes->inside = true;
	return true;
}

/* Inflate some of the member into the window. */
static bool inflate_some(struct warc_bytes *bytes, struct capsa_error *err)
{
	struct capsa_text raw;
	size_t left = WARC_WINDOW - bytes->end;
	char *to = bytes->window + bytes->end;
	enum inflate_status status;

	if (!load(bytes, 1, err))
		return false;
	raw = raw_text(bytes);
	if (raw.size == 0)
		return fail(bytes, err, "the file is cut off");
	status = import_inflate(bytes->inflater, &raw, &to, &left);
	take_raw(bytes, (size_t)(raw.data - raw_text(bytes).data));
	bytes->end = WARC_WINDOW - left;
	if (status == INFLATE_MEMORY)
		return fail_for_good(bytes, err, "out of memory");
	if (status == INFLATE_BAD)
		return fail(bytes, err,
		            bytes->kind == INFLATE_GZIP ? "the gzip member is damaged"
		                                        : "the Zstandard frame is damaged");
	bytes->inside = status != INFLATE_END;
	return true;
}

static bool copy_some(struct warc_bytes *bytes, struct capsa_error *err)
{
	size_t free = WARC_WINDOW - bytes->end, size;

	if (!load(bytes, 1, err))
		return false;
	size = raw_text(bytes).size < free ? raw_text(bytes).size : free;
	memcpy(bytes->window + bytes->end, raw_text(bytes).data, size);
	take_raw(bytes, size);
	bytes->end += size;
	return true;
}

/* ---- the window ---- */

/* Put some bytes behind those in the window; *over where there are no more. */
static bool add_some(struct warc_bytes *bytes, bool inside, bool *over, struct capsa_error *err)
{
	size_t before = bytes->end;

	*over = false;
	if (!bytes->packed) {
		if (!copy_some(bytes, err))
			return false;
		*over = bytes->end == before;
		return true;
	}
	if (!bytes->inside && !inside && !begin_member(bytes, err))
		return false;
	*over = !bytes->inside;
	return *over || inflate_some(bytes, err);
}

static bool fill(struct warc_bytes *bytes, size_t wanted, bool inside, struct capsa_error *err)
{
	bool over = false;

	if (!bytes->begun && !begin(bytes, err))
		return false;
	if (bytes->end - bytes->begin >= wanted)
		return true;
	memmove(bytes->window, bytes->window + bytes->begin, bytes->end - bytes->begin);
	bytes->end -= bytes->begin;
	bytes->begin = 0;
	while (bytes->end < wanted && !over)
		if (!add_some(bytes, inside, &over, err))
			return false;
	return true;
}

bool import_warc_bytes_fill(struct warc_bytes *bytes, size_t wanted, struct capsa_error *err)
{
	return fill(bytes, wanted, false, err);
}

bool import_warc_bytes_fill_inside(struct warc_bytes *bytes, size_t wanted, struct capsa_error *err)
{
	return fill(bytes, wanted, true, err);
}

bool import_warc_bytes_recover(struct warc_bytes *bytes)
{
	const char *magic = bytes->kind == INFLATE_GZIP ? gzip_magic : zstd_magic;

	import_warc_bytes_take(bytes, bytes->end - bytes->begin);
	bytes->inside = false;
	if (bytes->broken || !bytes->packed)
		return false;
	/* A library may fail at a member before it takes a byte of it. */
	if (bytes->raw_offset == bytes->member && raw_text(bytes).size != 0)
		take_raw(bytes, 1);
	while (load(bytes, MAGIC_SIZE, NULL) && raw_text(bytes).size >= MAGIC_SIZE) {
		struct capsa_text raw = raw_text(bytes);
		const char *found = memmem(raw.data, raw.size, magic, strlen(magic));

		if (found != NULL) {
			take_raw(bytes, (size_t)(found - raw.data));
			return true;
		}
		take_raw(bytes, raw.size - (MAGIC_SIZE - 1));
		if (bytes->raw_over)
			break;
	}
	take_raw(bytes, raw_text(bytes).size);
	return false;
}
