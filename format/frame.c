/*
 * What all frames of capsa begin with (spec 2.1), the prefix (3), withheld frames (12).
 *
 *	offset  size  head                      withheld frame
 *	0       4     magic 5C 2A 4D 18         the same
 *	4       4     bytes after this field    the same
 *	8       5     "CAPSA"                   "WITHHELD" (8)
 *	13      1     type
 *	14      2     detail
 *	16      ..                              reason, then zero bytes to the end
 */
#include "frame.h"
#include "cursor.h"
#include "utf8.h"

#define MAGIC UINT32_C(0x184d2a5c)
#define FRAMING 8       /* bytes that a frame's size field does not count: magic and itself */

const uint8_t capsa_prefix[CAPSA_PREFIX_SIZE] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00,      /* an empty Zstandard frame */
    0x5c, 0x2a, 0x4d, 0x18, 0x08, 0x00, 0x00, 0x00,            /* a head alone */
    'C', 'A', 'P', 'S', 'A', 'I', CAPSA_MAJOR, 0x00,
};

static const char tag_capsa[5] = {'C', 'A', 'P', 'S', 'A'};
static const char tag_withheld[8] = {'W', 'I', 'T', 'H', 'H', 'E', 'L', 'D'};

void capsa_frame_head(struct buffer *out, char type, uint16_t detail, size_t size)
{
	capsa_buffer_u32(out, MAGIC);
	capsa_buffer_u32(out, (uint32_t)(size + CAPSA_HEAD_SIZE - FRAMING));
	capsa_buffer_append(out, tag_capsa, sizeof tag_capsa);
	capsa_buffer_byte(out, (uint8_t)type);
	capsa_buffer_u16(out, detail);
}

/* Does a frame's magic and size field come next, for a frame of `size` bytes? */
static bool take_framing(struct cursor *c, size_t size)
{
	uint32_t magic = cursor_u32(c);
	uint32_t rest = cursor_u32(c);

	return !c->failed && magic == MAGIC && rest == size - FRAMING;
}

static bool take_tag(struct cursor *c, const char *tag, size_t size)
{
	const uint8_t *found = cursor_take(c, size);

	return found != NULL && memcmp(found, tag, size) == 0;
}

bool capsa_frame_is(struct span frame, char type, uint16_t *detail)
{
	struct cursor c = cursor_of(frame);
	bool ours = take_framing(&c, frame.size) && take_tag(&c, tag_capsa, sizeof tag_capsa);
	uint8_t found_type = cursor_u8(&c);
	uint16_t found_detail = cursor_u16(&c);

	if (!ours || c.failed || found_type != (uint8_t)type)
		return false;
	if (detail == NULL)
		return found_detail == 0;
	*detail = found_detail;
	return true;
}

bool capsa_frame_withheld(struct span stored, struct span *reason)
{
	struct cursor c = cursor_of(stored);
	const uint8_t *end;

	if (!take_framing(&c, stored.size) || !take_tag(&c, tag_withheld, sizeof tag_withheld))
		return false;
	end = memchr(c.at, 0, cursor_left(&c));
	*reason = span_of(c.at, end != NULL ? (size_t)(end - c.at) : cursor_left(&c));
	if (reason->size > CAPSA_STATEMENT_TEXT_MAX || !capsa_utf8_plain(*reason))
		return false;
	cursor_take(&c, reason->size);
	while (cursor_left(&c) > 0)
		if (cursor_u8(&c) != 0)
			return false;
	return true;
}

static void store_u32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void capsa_frame_withhold(uint8_t *stored, size_t size, struct span reason)
{
	size_t room = size - CAPSA_HEAD_SIZE;

	if (room > CAPSA_STATEMENT_TEXT_MAX)
		room = CAPSA_STATEMENT_TEXT_MAX;
	reason.size = capsa_utf8_prefix(reason, room);
	while (reason.size > 0 && reason.data[reason.size - 1] == ' ')
		reason.size--;
	memset(stored, 0, size);
	store_u32(stored, MAGIC);
	store_u32(stored + 4, (uint32_t)(size - FRAMING));
	memcpy(stored + FRAMING, tag_withheld, sizeof tag_withheld);
	memcpy(stored + CAPSA_HEAD_SIZE, reason.data, reason.size);
}
