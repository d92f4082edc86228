/*
 * Header blocks of tar members (spec 5): what is accepted is written again as the same bytes, and
 * what is written from any names and numbers is accepted.
 */
#include "cursor.h"
#include "tar.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool fact)
{
	if (!fact)
		abort();
}

/* Checksums would keep mutated blocks from the rest of the parser, so they are put right first. */
static void mend_checksum(uint8_t *block)
{
	unsigned sum = 0;

	memset(block + 148, ' ', 8);
	for (unsigned i = 0; i < CAPSA_TAR_BLOCK; i++)
		sum += block[i];
	for (unsigned i = 6; i > 0; i--, sum /= 8)
		block[148 + i - 1] = (uint8_t)('0' + sum % 8);
	block[154] = 0;
}

static void decode(struct span in)
{
	uint8_t room[CAPSA_TAR_HEADER_MAX], again[CAPSA_TAR_HEADER_MAX];
	struct tar_member member;
	size_t size;

	if (capsa_tar_parse(in, &member, room, &size, 0, NULL) != CAPSA_OK)
		return;
	require(size <= in.size && size % CAPSA_TAR_BLOCK == 0);
	require(capsa_tar_header(&member, again) == size);
	require(memcmp(again, in.data, size) == 0);
}

static void decode_mended(struct span in)
{
	uint8_t *copy = malloc(in.size != 0 ? in.size : 1);

	require(copy != NULL);
	memcpy(copy, in.data, in.size);
	for (size_t at = 0; at + CAPSA_TAR_BLOCK <= in.size; at += CAPSA_TAR_BLOCK)
		if (memcmp(copy + at + 257, "ustar", 5) == 0)
			mend_checksum(copy + at);
	decode(span_of(copy, in.size));
	free(copy);
}

static bool is_name(struct span name)
{
	return name.size <= CAPSA_TAR_NAME_MAX && memchr(name.data, 0, name.size) == NULL;
}

/* Two numbers, the size of a name and the name; the rest is the target. */
static void encode(struct span in)
{
	struct cursor c = cursor_of(in);
	uint8_t header[CAPSA_TAR_HEADER_MAX], room[CAPSA_TAR_HEADER_MAX];
	struct tar_member member = {.size = cursor_u64(&c) >> (cursor_u8(&c) % 64)}, got;
	size_t name_size, size, used;
	const uint8_t *name;

	member.mtime = (int64_t)(cursor_u64(&c) >> (cursor_u8(&c) % 64));
	name_size = cursor_u16(&c);
	name = cursor_take(&c, name_size);
	if (name == NULL || name_size == 0)
		return;
	member.name = span_of(name, name_size);
	member.target = span_of(c.at, cursor_left(&c));
	if (!is_name(member.name) || !is_name(member.target))
		return;
	if (member.target.size != 0)
		member.size = 0;
	member.size &= CAPSA_OFFSET_MAX;

	size = capsa_tar_header(&member, header);
	require(capsa_tar_parse(span_of(header, size), &got, room, &used, 0, NULL) == CAPSA_OK);
	require(used == size && got.size == member.size);
	require(span_equal(got.name, member.name) && span_equal(got.target, member.target));
	if (member.mtime < 0 || member.mtime >= INT64_C(1) << 33)
		member.mtime = 0;
	require(got.mtime == member.mtime);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);

	decode(in);
	decode_mended(in);
	encode(in);
	return 0;
}
