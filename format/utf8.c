/* UTF-8 (RFC 3629) and the text that the format allows (spec 5.5, 7.3, 9.1). */
#include "utf8.h"

#include <string.h>

static bool continues(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/*
 * The code point that `text` begins with: returns its bytes, or 0 where none begins there.  A
 * form is the shortest when the code point is at least the least one that needs as many bytes.
 */
static size_t decode(struct span text, uint32_t *point)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	uint8_t lead = text.size != 0 ? text.data[0] : 0x80;
	size_t size = lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;

	if (size == 0 || size > text.size || lead >= 0xf8)
		return 0;
	*point = size == 1 ? lead : lead & (0xffU >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if (!continues(text.data[i]))
			return 0;
		*point = *point << 6 | (text.data[i] & 0x3f);
	}
	if (*point < least[size] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	return size;
}

/* The bytes of ASCII that the text begins with, counted by eights. */
static size_t ascii_size(struct span text)
{
	size_t size = 0;
	uint64_t eight;

	for (; text.size - size >= sizeof eight; size += sizeof eight) {
		memcpy(&eight, text.data + size, sizeof eight);
		if ((eight & UINT64_C(0x8080808080808080)) != 0)
			break;
	}
	return size;
}

bool capsa_utf8_valid(struct span text)
{
	uint32_t point;

	while (text.size > 0) {
		size_t size = ascii_size(text);

		if (size == 0)
			size = decode(text, &point);

		if (size == 0)
			return false;
		text = span_of(text.data + size, text.size - size);
	}
	return true;
}

uint32_t capsa_utf8_next(struct span text, size_t *size)
{
	uint32_t point = 0;

	*size = decode(text, &point);
	return point;
}

/* Controls, separators of lines and paragraphs, bidirectional controls. */
static bool is_plain(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
		return false;
	if (point == 0x061c || point == 0x200e || point == 0x200f)
		return false;
	return !(point >= 0x2028 && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069);
}

bool capsa_utf8_plain(struct span text)
{
	uint32_t point;

	if (text.size > 0 && (text.data[0] == ' ' || text.data[text.size - 1] == ' '))
		return false;
	while (text.size > 0) {
		size_t size = decode(text, &point);

		if (size == 0 || !is_plain(point))
			return false;
		text = span_of(text.data + size, text.size - size);
	}
	return true;
}

size_t capsa_utf8_prefix(struct span text, size_t max)
{
	size_t size = max;

	if (text.size <= max)
		return text.size;
	while (size > 0 && continues(text.data[size]))
		size--;
	return size;
}
