/*
 * Header blocks of tar members (spec 5.1 to 5.4).
 *
 *	  0  100  name            148    8  chksum      297  32  gname
 *	100    8  mode            156    1  typeflag    329   8  devmajor
 *	108    8  uid             157  100  linkname    337   8  devminor
 *	116    8  gid             257    6  magic       345 155  prefix
 *	124   12  size            263    2  version     500  12  zero bytes
 *	136   12  mtime           265   32  uname
 *
 * Where name, target or size do not fit, an extended header precedes: such a block with
 * typeflag `x`, then records `<length> <keyword>=<value>\n`, zero bytes to a whole block.
 */
#include "tar.h"
#include "cursor.h"

#include <assert.h>
#include <stdio.h>

#define NAME 0
#define MODE 100
#define UID 108
#define GID 116
#define SIZE 124
#define MTIME 136
#define CHECKSUM 148
#define TYPE 156
#define LINK 157
#define MAGIC 257
#define DEVMAJOR 329
#define DEVMINOR 337
#define PREFIX 345

#define NAME_SIZE 100           /* of linkname too */
#define CHECKSUM_SIZE 8
#define PREFIX_SIZE 155

#define ID_DIGITS 7             /* of mode, uid, gid, devices; a zero byte follows */
#define CHECKSUM_DIGITS 6
#define NUMBER_DIGITS 11        /* of size and mtime */
#define NUMBER_MAX ((UINT64_C(1) << 33) - 1)

#define EXTENDED_NAME "capsa/pax"

/* Two names in full are the most that records hold: a link has no size. */
static_assert(2 * (CAPSA_TAR_NAME_MAX + sizeof "9999 linkpath=\n") <=
                  CAPSA_TAR_HEADER_MAX - 2 * CAPSA_TAR_BLOCK,
              "the longest header blocks fit");

/* What one ustar block says. */
struct block {
	struct span name, prefix, link;
	uint64_t size;
	int64_t mtime;
	uint8_t type;
};

static void put_octal(uint8_t *out, unsigned digits, uint64_t value)
{
	for (; digits > 0; value /= 8)
		out[--digits] = (uint8_t)('0' + value % 8);
}

static void put_block(uint8_t *out, const struct block *block)
{
	bool in_range = block->mtime >= 0 && (uint64_t)block->mtime <= NUMBER_MAX;
	unsigned sum = 0;

	memset(out, 0, CAPSA_TAR_BLOCK);
	memcpy(out + NAME, block->name.data, block->name.size);
	put_octal(out + MODE, ID_DIGITS, 0644);
	put_octal(out + UID, ID_DIGITS, 0);
	put_octal(out + GID, ID_DIGITS, 0);
	put_octal(out + SIZE, NUMBER_DIGITS, block->size);
	put_octal(out + MTIME, NUMBER_DIGITS, in_range ? (uint64_t)block->mtime : 0);
	memset(out + CHECKSUM, ' ', CHECKSUM_SIZE);
	out[TYPE] = block->type;
	memcpy(out + LINK, block->link.data, block->link.size);
	memcpy(out + MAGIC, "ustar\0" "00", 8);
	put_octal(out + DEVMAJOR, ID_DIGITS, 0);
	put_octal(out + DEVMINOR, ID_DIGITS, 0);
	memcpy(out + PREFIX, block->prefix.data, block->prefix.size);

	for (size_t i = 0; i < CAPSA_TAR_BLOCK; i++)
		sum += out[i];
	put_octal(out + CHECKSUM, CHECKSUM_DIGITS, sum);
	out[CHECKSUM + CHECKSUM_DIGITS] = 0;
}

static struct span first_bytes(struct span name)
{
	return span_of(name.data, name.size < NAME_SIZE ? name.size : NAME_SIZE);
}

/* Put a member name in name and prefix (5.2); false where there is no cut. */
static bool cut_name(struct span name, struct block *block)
{
	block->name = first_bytes(name);
	block->prefix = span_of(NULL, 0);
	if (name.size <= NAME_SIZE)
		return true;

	/* The first slash that leaves the name short enough makes the shortest prefix. */
	for (size_t at = name.size - NAME_SIZE - 1; at <= PREFIX_SIZE && at < name.size - 1; at++) {
		if (name.data[at] != '/' || at == 0)
			continue;
		block->prefix = span_of(name.data, at);
		block->name = span_of(name.data + at + 1, name.size - at - 1);
		return true;
	}
	return false;
}

/* Append a record at `out` + `used`; returns the bytes used then. */
static size_t put_record(uint8_t *out, size_t used, const char *keyword, struct span value)
{
	size_t rest = strlen(" =\n") + strlen(keyword) + value.size;
	size_t size = rest + 1;
	char head[48];
	int head_size;

	/* The length counts its own digits: one more where it passes a power of ten. */
	for (size_t power = 10; power <= size; power *= 10)
		size++;
	head_size = snprintf(head, sizeof head, "%zu %s=", size, keyword);
	memcpy(out + used, head, (size_t)head_size);
	memcpy(out + used + (size_t)head_size, value.data, value.size);
	out[used + size - 1] = '\n';
	return used + size;
}

size_t capsa_tar_header(const struct tar_member *member, uint8_t out[CAPSA_TAR_HEADER_MAX])
{
	bool link = member->target.size != 0;
	struct block block = {
	    .link = first_bytes(member->target),
	    .size = link ? 0 : member->size,
	    .mtime = member->mtime,
	    .type = link ? '1' : '0',
	};
	uint8_t *records = out + CAPSA_TAR_BLOCK;
	size_t used = 0;
	char digits[24];

	assert(member->name.size >= 1 && member->name.size <= CAPSA_TAR_NAME_MAX);
	assert(member->target.size <= CAPSA_TAR_NAME_MAX);

	if (!cut_name(member->name, &block))
		used = put_record(records, used, "path", member->name);
	if (member->target.size > NAME_SIZE)
		used = put_record(records, used, "linkpath", member->target);
	if (block.size > NUMBER_MAX) {
		int size = snprintf(digits, sizeof digits, "%" PRIu64, block.size);

		used = put_record(records, used, "size", span_of(digits, (size_t)size));
		block.size = 0;
	}
	if (used != 0) {
		put_block(out, &(struct block){
		                   .name = span_of(EXTENDED_NAME, strlen(EXTENDED_NAME)),
		                   .prefix = span_of(NULL, 0),
		                   .link = span_of(NULL, 0),
		                   .size = used,
		                   .type = 'x',
		               });
		memset(records + used, 0, tar_padding(used));
		used += CAPSA_TAR_BLOCK + tar_padding(used);
	}
	put_block(out + used, &block);
	return used + CAPSA_TAR_BLOCK;
}

/*
 * Reading takes the fields in without judging them much: the writer then makes the blocks
 * again, and only equal ones are accepted.
 */

/* A digit's value, or a larger number. */
static unsigned digit(uint8_t byte)
{
	return (unsigned)byte - '0';
}

static uint64_t get_octal(const uint8_t *field, unsigned digits)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < digits; i++)
		value = value * 8 + digit(field[i]) % 8;
	return value;
}

static struct span get_text(const uint8_t *field, size_t size)
{
	const uint8_t *end = memchr(field, 0, size);

	return span_of(field, end != NULL ? (size_t)(end - field) : size);
}

/* Decimal digits up to the byte `end`, which is taken too. */
static uint64_t take_decimal(struct cursor *c, uint8_t end)
{
	uint64_t value = 0;

	for (uint8_t byte = cursor_u8(c); byte != end && !c->failed; byte = cursor_u8(c)) {
		if (digit(byte) > 9 || value > (CAPSA_OFFSET_MAX - digit(byte)) / 10)
			c->failed = true;
		else
			value = value * 10 + digit(byte);
	}
	return value;
}

static void take_record(struct cursor *c, struct tar_member *out)
{
	const uint8_t *begin = c->at;
	uint64_t size = take_decimal(c, ' ');
	size_t used = (size_t)(c->at - begin);
	size_t left = size > used && size <= SIZE_MAX ? (size_t)size - used : 0;
	const uint8_t *text = cursor_take(c, left);
	const uint8_t *equals = text != NULL ? memchr(text, '=', left) : NULL;
	struct span keyword, value;

	if (equals == NULL || text[left - 1] != '\n') {
		c->failed = true;
		return;
	}
	keyword = span_of(text, (size_t)(equals - text));
	value = span_of(equals + 1, left - keyword.size - 2);
	if (span_equal(keyword, span_of("path", 4))) {
		out->name = value;
	} else if (span_equal(keyword, span_of("linkpath", 8))) {
		out->target = value;
	} else if (span_equal(keyword, span_of("size", 4))) {
		struct cursor digits = cursor_of(span_of(equals + 1, value.size + 1));

		out->size = take_decimal(&digits, '\n');
	}
}

static void get_block(const uint8_t *block, struct tar_member *out, uint8_t *name_room)
{
	struct span name = get_text(block + NAME, NAME_SIZE);
	struct span prefix = get_text(block + PREFIX, PREFIX_SIZE);

	if (prefix.size != 0) {
		memcpy(name_room, prefix.data, prefix.size);
		name_room[prefix.size] = '/';
		memcpy(name_room + prefix.size + 1, name.data, name.size);
		name = span_of(name_room, prefix.size + 1 + name.size);
	}
	out->name = name;
	out->target = get_text(block + LINK, NAME_SIZE);
	out->size = get_octal(block + SIZE, NUMBER_DIGITS);
	out->mtime = (int64_t)get_octal(block + MTIME, NUMBER_DIGITS);
}

static bool take_member(struct cursor *c, struct tar_member *out, uint8_t *name_room)
{
	const uint8_t *block = cursor_take(c, CAPSA_TAR_BLOCK);
	struct cursor records = cursor_of(span_of(NULL, 0));

	if (block != NULL && block[TYPE] == 'x') {
		uint64_t size = get_octal(block + SIZE, NUMBER_DIGITS);
		const uint8_t *text = cursor_take(c, size);

		if (text != NULL)
			records = cursor_of(span_of(text, (size_t)size));
		cursor_take(c, tar_padding(size));
		block = cursor_take(c, CAPSA_TAR_BLOCK);
	}
	if (block == NULL)
		return false;
	get_block(block, out, name_room);
	while (!records.failed && cursor_left(&records) != 0)
		take_record(&records, out);
	return !records.failed;
}

static bool is_name(struct span name)
{
	return name.size <= CAPSA_TAR_NAME_MAX && memchr(name.data, 0, name.size) == NULL;
}

enum capsa_status capsa_tar_parse(struct span in, struct tar_member *out, uint8_t *name_room,
                                  size_t *size, uint64_t offset, struct capsa_error *err)
{
	struct cursor c = cursor_of(in);
	uint8_t again[CAPSA_TAR_HEADER_MAX];

	if (!take_member(&c, out, name_room)) {
		if (c.failed)
			return capsa_fail(err, CAPSA_ECORRUPT, offset, "tar header is cut short");
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "tar extended header has a bad record");
	}
	if (out->name.size == 0 || !is_name(out->name) || !is_name(out->target))
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "tar header has a bad name");
	*size = capsa_tar_header(out, again);
	if (*size > in.size || memcmp(in.data, again, *size) != 0)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "tar header is not the one that its content requires");
	return CAPSA_OK;
}

void capsa_tar_append(struct buffer *out, const struct tar_member *member, struct span body)
{
	uint8_t header[CAPSA_TAR_HEADER_MAX];

	capsa_buffer_append(out, header, capsa_tar_header(member, header));
	capsa_buffer_append(out, body.data, body.size);
	capsa_buffer_zeros(out, tar_padding(body.size));
}
