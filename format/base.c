/* What every file of the library uses; the contracts are in base.h. */
#define _POSIX_C_SOURCE 200809L

#include "base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUFFER_MIN 64

const char *capsa_version(void)
{
	return CAPSA_VERSION;
}

const char *capsa_status_name(enum capsa_status status)
{
	switch (status) {
	case CAPSA_OK:
		return "ok";
	case CAPSA_ENOMEM:
		return "out of memory";
	case CAPSA_EIO:
		return "input or output failed";
	case CAPSA_EMISUSE:
		return "misuse";
	case CAPSA_EFORMAT:
		return "wrong format";
	case CAPSA_EUNSUPPORTED:
		return "unsupported";
	case CAPSA_ECORRUPT:
		return "damaged";
	case CAPSA_EUNTRUSTED:
		return "untrusted";
	case CAPSA_ELIMIT:
		return "over a limit";
	case CAPSA_ENOENT:
		return "not found";
	case CAPSA_EEXIST:
		return "exists already";
	case CAPSA_EWITHHELD:
		return "withheld";
	case CAPSA_ESTOPPED:
		return "stopped";
	case CAPSA_EPASSWORD:
		return "password needed";
	}
	return "unknown status";
}

static void error_text(struct capsa_error *err, const char *format, va_list args)
    CAPSA_PRINTF(2, 0);

/*
 * A text that is cut off loses its last character where that is not ASCII, because only a part
 * of it may be left.
 */
static void error_text(struct capsa_error *err, const char *format, va_list args)
{
	int size = vsnprintf(err->text, sizeof err->text, format, args);
	size_t end = strlen(err->text);

	if (size >= 0 && (size_t)size == end)
		return;
	while (end > 0 && ((unsigned char)err->text[end - 1] & 0xc0) == 0x80)
		end--;
	if (end > 0 && ((unsigned char)err->text[end - 1] & 0x80) != 0)
		end--;
	err->text[end] = '\0';
}

enum capsa_status capsa_fail(struct capsa_error *err, enum capsa_status status, uint64_t offset,
                             const char *format, ...)
{
	va_list args;

	if (err != NULL) {
		*err = (struct capsa_error){.offset = offset};
		va_start(args, format);
		error_text(err, format, args);
		va_end(args);
	}
	return status;
}

enum capsa_status capsa_fail_sys(struct capsa_error *err, int sys, uint64_t offset,
                                 const char *format, ...)
{
	char words[128];
	size_t used;
	va_list args;

	if (err != NULL) {
		*err = (struct capsa_error){.sys = sys, .offset = offset};
		va_start(args, format);
		error_text(err, format, args);
		va_end(args);
		if (strerror_r(sys, words, sizeof words) != 0)
			snprintf(words, sizeof words, "error %d", sys);
		used = strlen(err->text);
		snprintf(err->text + used, sizeof err->text - used, ": %s", words);
	}
	return CAPSA_EIO;
}

enum capsa_status capsa_fail_memory(struct capsa_error *err)
{
	return capsa_fail(err, CAPSA_ENOMEM, CAPSA_NO_OFFSET, "out of memory");
}

int capsa_span_compare(struct span a, struct span b)
{
	int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);

	return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

size_t capsa_span_shared(struct span a, struct span b)
{
	size_t max = a.size < b.size ? a.size : b.size;
	size_t shared = 0;

	while (shared < max && a.data[shared] == b.data[shared])
		shared++;
	return shared;
}

/* Make room for `size` more bytes; doubling keeps a run of appends linear. */
static bool buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity != 0 ? buffer->capacity : BUFFER_MIN;
	uint8_t *data;

	if (buffer->failed)
		return false;
	if (buffer->data != NULL && size <= buffer->capacity - buffer->size)
		return true;
	buffer->failed = true;
	if (size > SIZE_MAX - buffer->size)
		return false;
	while (capacity < buffer->size + size)
		capacity = capacity <= SIZE_MAX / 2 ? capacity * 2 : SIZE_MAX;
	data = realloc(buffer->data, capacity);
	if (data == NULL)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	buffer->failed = false;
	return true;
}

void capsa_buffer_append(struct buffer *buffer, const void *data, size_t size)
{
	uint8_t *at = capsa_buffer_extend(buffer, size);

	if (at != NULL && size != 0)
		memcpy(at, data, size);
}

void capsa_buffer_byte(struct buffer *buffer, uint8_t byte)
{
	capsa_buffer_append(buffer, &byte, 1);
}

void capsa_buffer_varint(struct buffer *buffer, uint64_t value)
{
	uint8_t bytes[10];
	size_t size = 0;

	while (value >= 0x80) {
		bytes[size++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[size++] = (uint8_t)value;
	capsa_buffer_append(buffer, bytes, size);
}

void capsa_buffer_zigzag(struct buffer *buffer, int64_t value)
{
	uint64_t twice = (uint64_t)value << 1;

	capsa_buffer_varint(buffer, value < 0 ? ~twice : twice);
}

static void buffer_le(struct buffer *buffer, uint64_t value, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	capsa_buffer_append(buffer, bytes, size);
}

void capsa_buffer_u16(struct buffer *buffer, uint16_t value)
{
	buffer_le(buffer, value, 2);
}

void capsa_buffer_u32(struct buffer *buffer, uint32_t value)
{
	buffer_le(buffer, value, 4);
}

void capsa_buffer_u64(struct buffer *buffer, uint64_t value)
{
	buffer_le(buffer, value, 8);
}

void capsa_buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* vsnprintf writes a NUL, which gets room but is not counted. */
	if (size < 0 || !buffer_reserve(buffer, (size_t)size + 1)) {
		buffer->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, args);
	va_end(args);
	buffer->size += (size_t)size;
}

void capsa_buffer_zeros(struct buffer *buffer, size_t size)
{
	uint8_t *at = capsa_buffer_extend(buffer, size);

	if (at != NULL)
		memset(at, 0, size);
}

uint8_t *capsa_buffer_extend(struct buffer *buffer, size_t size)
{
	uint8_t *at;

	if (!buffer_reserve(buffer, size))
		return NULL;
	at = buffer->data + buffer->size;
	buffer->size += size;
	return at;
}

void capsa_buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){0};
}

void *capsa_array_new(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		return calloc(1, 1);
	return count <= SIZE_MAX / size ? calloc(count, size) : NULL;
}

void capsa_hex(const uint8_t *data, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		*out++ = digits[data[i] >> 4];
		*out++ = digits[data[i] & 15];
	}
	*out = '\0';
}

/* The value of a lower-case hexadecimal digit, or 16. */
static unsigned hex_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10U;
	return 16;
}

bool capsa_unhex(struct span text, uint8_t *out, size_t size)
{
	if (text.size % 2 != 0 || text.size / 2 != size)
		return false;
	for (size_t i = 0; i < size; i++) {
		unsigned high = hex_value(text.data[2 * i]);
		unsigned low = hex_value(text.data[2 * i + 1]);

		if (high > 15 || low > 15)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
