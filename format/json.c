/* Canonical JSON (spec 7.3).  json.h has the grammar. */
#include "json.h"
#include "utf8.h"

/* 0, with which no value begins, where there is no next byte. */
static uint8_t peek(const struct cursor *c)
{
	return c->failed || c->at == c->end ? 0 : *c->at;
}

bool capsa_json_take_byte(struct cursor *c, uint8_t byte)
{
	return peek(c) == byte && cursor_take(c, 1) != NULL;
}

static void expect(struct cursor *c, uint8_t byte)
{
	if (cursor_u8(c) != byte)
		c->failed = true;
}

static void take_word(struct cursor *c, const char *word)
{
	size_t size = strlen(word);
	const uint8_t *at = cursor_take(c, size);

	if (at == NULL || memcmp(at, word, size) != 0)
		c->failed = true;
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

static void take_integer(struct cursor *c)
{
	bool negative = capsa_json_take_byte(c, '-');
	bool zero_first = peek(c) == '0';
	uint64_t value = 0;
	unsigned digits = 0;

	for (; is_digit(peek(c)) && value <= (uint64_t)CAPSA_INTEGER_MAX; digits++)
		value = value * 10 + (uint64_t)(cursor_u8(c) - '0');
	if (digits == 0 || value > (uint64_t)CAPSA_INTEGER_MAX)
		c->failed = true;
	if (zero_first && (digits > 1 || negative))
		c->failed = true;
}

/* What follows the backslash. */
static void take_escape(struct cursor *c)
{
	uint8_t byte = cursor_u8(c);
	const uint8_t *hex;

	if (byte == '"' || byte == '\\')
		return;
	hex = byte == 'u' ? cursor_take(c, 4) : NULL;
	if (hex == NULL || memcmp(hex, "00", 2) != 0 || (hex[2] != '0' && hex[2] != '1') ||
	    !(is_digit(hex[3]) || (hex[3] >= 'a' && hex[3] <= 'f')) || memcmp(hex, "0000", 4) == 0)
		c->failed = true;
}

/* Eight bytes, of which the first is the lowest. */
static uint64_t load_eight(const uint8_t *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof eight);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	eight = __builtin_bswap64(eight);
#endif
	return eight;
}

/*
 * Has a high bit where a byte is a control, a quote or a backslash.  Each term is that of a zero
 * byte in a word: its lowest bit is right, those above it may come of a borrow.
 */
static uint64_t find_special(uint64_t bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t quotes = bytes ^ ones * '"', backslashes = bytes ^ ones * '\\';

	return (((bytes - ones * 0x20) & ~bytes) | ((quotes - ones) & ~quotes) |
	        ((backslashes - ones) & ~backslashes)) &
	    ones * 0x80;
}

size_t capsa_json_plain(struct span text, bool *ascii)
{
	uint64_t special = 0, all = 0;
	size_t size = 0;

	while (special == 0 && text.size - size >= 8) {
		uint64_t eight = load_eight(text.data + size);

		special = find_special(eight);
		all |= eight & ((special & -special) - 1);      /* what is before it, else all */
		size += special != 0 ? (size_t)__builtin_ctzll(special) / 8 : 8;
	}
	while (special == 0 && size < text.size) {
		uint8_t byte = text.data[size];

		if (byte < 0x20 || byte == '"' || byte == '\\')
			break;
		all |= byte;
		size++;
	}
	*ascii = *ascii && (all & UINT64_C(0x8080808080808080)) == 0;
	return size;
}

struct span capsa_json_take_string(struct cursor *c)
{
	struct span string = {c->at, 0};
	bool ascii = true;

	expect(c, '"');
	while (!c->failed && !capsa_json_take_byte(c, '"')) {
		if (capsa_json_take_byte(c, '\\'))
			take_escape(c);
		else if (peek(c) >= 0x20)
			cursor_take(c, capsa_json_plain(span_of(c->at, cursor_left(c)), &ascii));
		else
			c->failed = true;
	}
	string.size = (size_t)(c->at - string.data);
	if (!ascii && !capsa_utf8_valid(string))
		c->failed = true;
	return string;
}

static void take_array(struct cursor *c, unsigned depth)
{
	expect(c, '[');
	if (capsa_json_take_byte(c, ']'))
		return;
	do
		capsa_json_take(c, depth);
	while (capsa_json_take_byte(c, ','));
	expect(c, ']');
}

static void take_object(struct cursor *c, unsigned depth)
{
	struct span before = span_of(NULL, 0);

	expect(c, '{');
	if (capsa_json_take_byte(c, '}'))
		return;
	do {
		struct span key = capsa_json_take_string(c);

		if (c->failed || (before.size != 0 && capsa_json_compare(before, key) >= 0))
			c->failed = true;
		before = key;
		expect(c, ':');
		capsa_json_take(c, depth);
	} while (capsa_json_take_byte(c, ','));
	expect(c, '}');
}

struct span capsa_json_take(struct cursor *c, unsigned depth)
{
	struct span value = {c->at, 0};
	uint8_t first = peek(c);

	if ((first == '{' || first == '[') && depth >= CAPSA_DEPTH_MAX)
		c->failed = true;
	else if (first == '{')
		take_object(c, depth + 1);
	else if (first == '[')
		take_array(c, depth + 1);
	else if (first == '"')
		capsa_json_take_string(c);
	else if (first == 't')
		take_word(c, "true");
	else if (first == 'f')
		take_word(c, "false");
	else if (first == 'n')
		take_word(c, "null");
	else
		take_integer(c);
	value.size = (size_t)(c->at - value.data);
	return value;
}

bool capsa_json_canonical(struct span json, unsigned depth)
{
	struct cursor c = cursor_of(json);

	capsa_json_take(&c, depth);
	return cursor_done(&c);
}

static struct cursor inside_quotes(struct span string)
{
	return cursor_of((struct span){string.data + 1, string.size - 2});
}

/* The byte that the digits 0000 to 001f stand for. */
static uint8_t control_of(const uint8_t hex[4])
{
	int low = is_digit(hex[3]) ? hex[3] - '0' : hex[3] - 'a' + 10;

	return (uint8_t)((hex[2] - '0') * 16 + low);
}

/* The next byte of a string's text, or -1 at its end. */
static int next_byte(struct cursor *c)
{
	uint8_t byte = cursor_u8(c);

	if (byte == '\\') {
		byte = cursor_u8(c);
		if (byte == 'u') {
			const uint8_t *hex = cursor_take(c, 4);

			byte = hex != NULL ? control_of(hex) : 0;
		}
	}
	return c->failed ? -1 : byte;
}

int capsa_json_compare(struct span a, struct span b)
{
	struct cursor left = inside_quotes(a), right = inside_quotes(b);
	int x, y;

	do {
		x = next_byte(&left);
		y = next_byte(&right);
	} while (x == y && x >= 0);
	return x - y;
}

int capsa_json_compare_text(struct span string, struct span text)
{
	struct cursor left = inside_quotes(string), right = cursor_of(text);
	int x, y;

	do {
		x = next_byte(&left);
		y = cursor_left(&right) != 0 ? cursor_u8(&right) : -1;
	} while (x == y && x >= 0);
	return x - y;
}

size_t capsa_json_text(struct span string, uint8_t *out, size_t capacity)
{
	struct cursor c = inside_quotes(string);
	bool ascii = true;
	size_t size = 0;

	for (;;) {
		size_t plain = capsa_json_plain(span_of(c.at, cursor_left(&c)), &ascii);
		int byte;

		if (size < capacity)
			memcpy(out + size, c.at, plain < capacity - size ? plain : capacity - size);
		cursor_take(&c, plain);
		size += plain;
		byte = next_byte(&c);
		if (byte < 0)
			return size;
		if (size < capacity)
			out[size] = (uint8_t)byte;
		size++;
	}
}

void capsa_json_append(struct buffer *out, struct span text)
{
	struct cursor c = cursor_of(text);
	bool ascii = true;

	capsa_buffer_byte(out, '"');
	while (cursor_left(&c) != 0) {
		size_t plain = capsa_json_plain(span_of(c.at, cursor_left(&c)), &ascii);

		capsa_buffer_append(out, cursor_take(&c, plain), plain);
		if (cursor_left(&c) == 0)
			break;
		capsa_buffer_printf(out, peek(&c) < 0x20 ? "\\u%04x" : "\\%c", peek(&c));
		cursor_take(&c, 1);
	}
	capsa_buffer_byte(out, '"');
}
