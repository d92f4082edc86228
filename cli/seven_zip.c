/*
 * libarchive allocates, before it compares them with anything, as many files, folders and streams
 * as the header of a 7z file says there are: gigabytes for some hundred bytes.  So the header is
 * gone through here first, as far as the number of files, as libarchive does it (the structure is
 * that of 7zFormat.txt); what libarchive would read in another way, or not at all, is refused.
 */
#include "seven_zip.h"

#include "cursor.h"
#include "inflate.h"

#include <stdlib.h>
#include <string.h>

#define SIGNATURE_SIZE 32U /* of what stands before all */
#define HEADER_MAX (64U << 20)
#define HEADER_FREE (1U << 20) /* bytes it may grow to, however few it was stored as */
#define STREAMS_MAX 32U /* into and out of the coders of a folder, and coders */

/* Bytes of header that one of these takes, or the files that it is for. */
#define FILE_LEAST 4U /* its name: one character and the end, in UTF-16 */
#define STREAM_LEAST 4U
#define FOLDER_LEAST 8U /* coder, two sizes and a name */

/* What libarchive allocates for these stays below half a gigabyte. */
#define FILES_MAX 2000000U
#define FOLDERS_MAX 1000000U

enum id {
	ID_END = 0x00,
	ID_HEADER = 0x01,
	ID_MAIN_STREAMS = 0x04,
	ID_FILES = 0x05,
	ID_PACK = 0x06,
	ID_UNPACK = 0x07,
	ID_SUBSTREAMS = 0x08,
	ID_SIZE = 0x09,
	ID_CRC = 0x0a,
	ID_FOLDER = 0x0b,
	ID_UNPACK_SIZE = 0x0c,
	ID_NUM_UNPACK = 0x0d,
	ID_ENCODED = 0x17,
};

enum method {
	METHOD_COPY = 0x00,
	METHOD_LZMA2 = 0x21,
	METHOD_LZMA = 0x030101,
};

/* What the parts say of each other.  Of what there may be more of, these are the first. */
struct streams {
	size_t size; /* of the header */
	uint64_t packs, folders;
	uint64_t outs; /* of all coders */
	uint64_t pack_at, pack_size;
	uint64_t coders;
	uint64_t method;
	struct span properties;
	uint64_t unpack_size;
	bool has_digests; /* some folders have one */
	const uint8_t *digests; /* a bit for each folder that has; NULL: all have */
};

static bool fail(struct capsa_error *err, const char *why)
{
	snprintf(err->text, sizeof err->text, "%s", why);
	return false;
}

/* ---- the parts of the header ---- */

/* The bits of the first byte that are set, from the highest on, tell how many bytes follow. */
static uint64_t take_number(struct cursor *c)
{
	unsigned first = cursor_u8(c), bytes = 0;
	uint64_t low;

	while (bytes < 8 && (first & 0x80U >> bytes) != 0)
		bytes++;
	low = cursor_le(c, bytes);
	return bytes < 8 ? low | (uint64_t)(first & (0x7fU >> bytes)) << (8 * bytes) : low;
}

static uint64_t take_count(struct cursor *c, const struct streams *s, unsigned least)
{
	uint64_t count = take_number(c);

	c->failed |= count > s->size / least;
	return c->failed ? 0 : count;
}

static void expect(struct cursor *c, enum id id)
{
	c->failed |= cursor_u8(c) != id;
}

static bool has_bit(const uint8_t *bits, uint64_t i)
{
	return bits == NULL || (bits[i / 8] & 0x80U >> i % 8) != 0;
}

/* The digests of `count` streams: which have one (NULL: all). */
static const uint8_t *take_digests(struct cursor *c, uint64_t count)
{
	const uint8_t *bits = cursor_u8(c) == 0 ? cursor_take(c, (count + 7) / 8) : NULL;
	uint64_t defined = 0;

	for (uint64_t i = 0; !c->failed && i < count; i++)
		defined += has_bit(bits, i);
	cursor_take(c, 4 * defined);
	return bits;
}

static void take_pack(struct cursor *c, struct streams *s)
{
	enum id id;

	s->pack_at = take_number(c);
	s->packs = take_count(c, s, STREAM_LEAST);
	expect(c, ID_SIZE);
	for (uint64_t i = 0; !c->failed && i < s->packs; i++) {
		uint64_t size = take_number(c);

		if (i == 0)
			s->pack_size = size;
	}
	id = cursor_u8(c);
	if (id == ID_END)
		return;
	c->failed |= id != ID_CRC;
	take_digests(c, s->packs);
	expect(c, ID_END);
}

/* *ins and *outs become more by what goes into the coder and comes out. */
static void take_coder(struct cursor *c, struct streams *s, bool first, uint64_t *ins,
                       uint64_t *outs)
{
	unsigned flags = cursor_u8(c), id_size = flags & 0x0f;
	const uint8_t *id = cursor_take(c, id_size);
	bool simple = (flags & 0x10) == 0;
	uint64_t in = simple ? 1 : take_number(c), out = simple ? 1 : take_number(c);
	size_t size = (flags & 0x20) != 0 ? take_count(c, s, 1) : 0;
	const uint8_t *properties = cursor_take(c, size);

	c->failed |= (flags & 0x80) != 0 || in > STREAMS_MAX || out > STREAMS_MAX;
	if (c->failed)
		return;
	*ins += in;
	*outs += out;
	if (!first)
		return;
	s->method = simple ? 0 : UINT64_MAX;
	for (unsigned i = 0; simple && i < id_size; i++)
		s->method = s->method << 8 | id[i];
	s->properties = (struct span){properties, size};
}

static void take_folder(struct cursor *c, struct streams *s, bool first)
{
	uint64_t coders = take_number(c), ins = 0, outs = 0, numbers;

	c->failed |= coders > STREAMS_MAX;
	for (uint64_t i = 0; !c->failed && i < coders; i++)
		take_coder(c, s, first && i == 0, &ins, &outs);
	c->failed |= outs == 0 || ins > STREAMS_MAX || outs > STREAMS_MAX || ins + 1 < outs;
	if (c->failed)
		return;
	/* Pairs of bound streams; then which others there are, unless it is one. */
	numbers = 2 * (outs - 1);
	numbers += ins - (outs - 1) == 1 ? 0 : ins - (outs - 1);
	for (uint64_t i = 0; i < numbers; i++)
		take_number(c);
	s->outs += outs;
	if (first)
		s->coders = coders;
}

static void take_unpack(struct cursor *c, struct streams *s)
{
	enum id id;

	expect(c, ID_FOLDER);
	s->folders = take_count(c, s, FOLDER_LEAST);
	c->failed |= s->folders > FOLDERS_MAX;
	/* Not 0: the folders would be elsewhere. */
	c->failed |= cursor_u8(c) != 0;
	for (uint64_t i = 0; !c->failed && i < s->folders; i++)
		take_folder(c, s, i == 0);
	expect(c, ID_UNPACK_SIZE);
	for (uint64_t i = 0; !c->failed && i < s->outs; i++) {
		uint64_t size = take_number(c);

		if (i == 0)
			s->unpack_size = size;
	}
	id = cursor_u8(c);
	if (id == ID_END)
		return;
	c->failed |= id != ID_CRC;
	s->digests = take_digests(c, s->folders);
	s->has_digests = true;
	expect(c, ID_END);
}

static void take_substreams(struct cursor *c, const struct streams *s)
{
	enum id id = cursor_u8(c);
	bool listed = id == ID_NUM_UNPACK;
	struct cursor counts = *c;
	uint64_t count, sizes = 0, digests = 0, all = 0;

	/* How many files a folder has; its own digest is that of a single one. */
	for (uint64_t i = 0; !c->failed && i < s->folders; i++) {
		count = listed ? take_count(&counts, s, STREAM_LEAST) : 1;
		sizes += count > 1 ? count - 1 : 0;
		if (count != 1 || !s->has_digests || !has_bit(s->digests, i))
			digests += count;
		all += count;
		c->failed |= counts.failed || all > s->size / STREAM_LEAST || all > FILES_MAX;
	}
	if (listed) {
		c->at = counts.at;
		id = cursor_u8(c);
	}
	if (id == ID_SIZE) {
		for (uint64_t i = 0; !c->failed && i < sizes; i++)
			take_number(c);
		id = cursor_u8(c);
	}
	if (id == ID_CRC) {
		take_digests(c, digests);
		id = cursor_u8(c);
	}
	c->failed |= id != ID_END;
}

static void take_streams(struct cursor *c, struct streams *s)
{
	enum id id = cursor_u8(c);

	*s = (struct streams){.size = s->size};
	if (id == ID_PACK) {
		take_pack(c, s);
		id = cursor_u8(c);
	}
	if (id == ID_UNPACK) {
		take_unpack(c, s);
		id = cursor_u8(c);
	}
	if (id == ID_SUBSTREAMS) {
		take_substreams(c, s);
		id = cursor_u8(c);
	}
	c->failed |= id != ID_END;
}

/* ---- the header ---- */

static bool check_header(struct span header, struct capsa_error *err)
{
	struct cursor c = cursor_of(header);
	struct streams streams = {.size = header.size};
	uint64_t files;
	enum id id;

	expect(&c, ID_HEADER);
	id = cursor_u8(&c);
	if (id == ID_MAIN_STREAMS) {
		take_streams(&c, &streams);
		id = cursor_u8(&c);
	}
	if (!c.failed && id == ID_END)
		return true;
	files = take_number(&c);
	if (c.failed || id != ID_FILES)
		return fail(err, "is damaged: its header cannot be read");
	if (files <= header.size / FILE_LEAST && files <= FILES_MAX)
		return true;
	snprintf(err->text, sizeof err->text, "has a header that claims %llu files, more than %s",
	         (unsigned long long)files,
	         files <= header.size / FILE_LEAST ? "two million" : "it can name");
	return false;
}

/* Bytes of the file that are behind the signature header; NULL: *err says why. */
static uint8_t *read_part(const struct capsa_source *source, uint64_t at, uint64_t size,
                          struct capsa_error *err)
{
	uint64_t room = source->size - SIGNATURE_SIZE;
	uint8_t *part = NULL;

	if (at > room || size > room - at)
		fail(err, "is damaged or cut off: its header is not within the file");
	else if (size > HEADER_MAX)
		fail(err, "has a header of more than 64 MiB");
	else if ((part = malloc(size + 1)) == NULL)
		fail(err, "out of memory");
	else if (source->read_at(source->ctx, SIGNATURE_SIZE + at, part, size) == 0)
		return part;
	else
		fail(err, "cannot be read");
	free(part);
	return NULL;
}

static bool unpack(const struct streams *streams, const uint8_t *packed, uint8_t *room)
{
	struct capsa_text properties = {(const char *)streams->properties.data,
	                                streams->properties.size};
	struct capsa_text in = {(const char *)packed, streams->pack_size};

	if (streams->method != METHOD_COPY)
		return import_inflate_lzma(streams->method == METHOD_LZMA2, properties, in, room,
		                           streams->unpack_size);
	if (streams->pack_size < streams->unpack_size)
		return false;
	memcpy(room, packed, streams->unpack_size);
	return true;
}

/* The header is packed in turn. */
static bool check_packed(const struct capsa_source *source, const struct streams *streams,
                         struct capsa_error *err)
{
	uint64_t size = streams->unpack_size;
	uint8_t *packed, *header;
	bool good = false;

	if (streams->coders != 1 ||
	    (streams->method != METHOD_COPY && streams->method != METHOD_LZMA &&
	     streams->method != METHOD_LZMA2))
		return fail(err, "has a header that is encrypted, or packed in an unknown way");
	packed = read_part(source, streams->pack_at, streams->pack_size, err);
	if (packed == NULL)
		return false;
	header = size <= HEADER_MAX ? malloc(size + 1) : NULL;
	if (size > HEADER_MAX)
		fail(err, "has a header of more than 64 MiB");
	else if (size > HEADER_FREE && size / 1000 > streams->pack_size)
		fail(err, "has a header that grows to more than 1,000 times its stored size");
	else if (header == NULL)
		fail(err, "out of memory");
	else if (!unpack(streams, packed, header))
		fail(err, "is damaged: its header cannot be unpacked");
	else
		good = check_header((struct span){header, size}, err);
	free(header);
	free(packed);
	return good;
}

bool seven_zip_check(const struct capsa_source *source, struct capsa_error *err)
{
	uint8_t signature[SIGNATURE_SIZE], *header;
	struct cursor c = {signature, signature + SIGNATURE_SIZE, false};
	struct streams streams;
	uint64_t at, size;
	bool good;

	/* libarchive would look for a 7z file within a program, too. */
	if (source->size < SIGNATURE_SIZE ||
	    source->read_at(source->ctx, 0, signature, SIGNATURE_SIZE) != 0 ||
	    memcmp(signature, "7z\xbc\xaf\x27\x1c", 6) != 0)
		return fail(err, "is no 7z file, or is cut off");
	cursor_take(&c, 12); /* magic, version, CRC */
	at = cursor_u64(&c);
	size = cursor_u64(&c);
	if (size == 0)
		return true;
	header = read_part(source, at, size, err);
	if (header == NULL)
		return false;
	if (header[0] == ID_ENCODED) {
		c = cursor_of((struct span){header + 1, size - 1});
		streams.size = size;
		take_streams(&c, &streams);
		good = c.failed ? fail(err, "is damaged: its header cannot be read")
		                : check_packed(source, &streams, err);
	} else {
		good = check_header((struct span){header, size}, err);
	}
	free(header);
	return good;
}
