/*
 * What every file of the library uses: failing, spans, buffers, allocation.
 */
#ifndef CAPSA_BASE_H
#define CAPSA_BASE_H

#include "capsa.h"
#include "layout.h"

#include <inttypes.h>
#include <string.h>

#if defined(__GNUC__)
#define CAPSA_PRINTF(at, args) __attribute__((format(printf, at, args)))
#else
#define CAPSA_PRINTF(at, args)
#endif

/* Fill `err` (unless NULL) and return `status`: one line per failure, where it is noticed. */
enum capsa_status capsa_fail(struct capsa_error *err, enum capsa_status status, uint64_t offset,
                             const char *format, ...) CAPSA_PRINTF(4, 5);

/*
 * The same with an errno value: status CAPSA_EIO, and the text gets ": " and the system's
 * words.
 */
enum capsa_status capsa_fail_sys(struct capsa_error *err, int sys, uint64_t offset,
                                 const char *format, ...) CAPSA_PRINTF(4, 5);

/* "out of memory" */
enum capsa_status capsa_fail_memory(struct capsa_error *err);

/* Borrowed bytes.  An empty span's data still points at a real byte. */
struct span {
	const uint8_t *data;
	size_t size;
};

static inline struct span span_of(const void *data, size_t size)
{
	return (struct span){size != 0 ? data : (const uint8_t *)"", size};
}

static inline struct span span_text(struct capsa_text text)
{
	return span_of(text.data, text.size);
}

static inline struct capsa_text text_of(struct span span)
{
	return (struct capsa_text){(const char *)span.data, span.size};
}

/* Unsigned bytes, a prefix before what it begins: <0, 0, >0. */
int capsa_span_compare(struct span a, struct span b);

/* Bytes that a and b have in common at their beginning. */
size_t capsa_span_shared(struct span a, struct span b);

static inline bool span_equal(struct span a, struct span b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/*
 * A growing array of bytes, born zeroed.  A failed append sets `failed` and
 * makes all later ones do nothing, so that a run of appends needs one check.
 */
struct buffer {
	uint8_t *data;          /* owned */
	size_t size;
	size_t capacity;
	bool failed;
};

void capsa_buffer_append(struct buffer *buffer, const void *data, size_t size);
void capsa_buffer_byte(struct buffer *buffer, uint8_t byte);
void capsa_buffer_varint(struct buffer *buffer, uint64_t value);
void capsa_buffer_zigzag(struct buffer *buffer, int64_t value);
void capsa_buffer_u16(struct buffer *buffer, uint16_t value);
void capsa_buffer_u32(struct buffer *buffer, uint32_t value);
void capsa_buffer_u64(struct buffer *buffer, uint64_t value);
void capsa_buffer_printf(struct buffer *buffer, const char *format, ...) CAPSA_PRINTF(2, 3);
/* Append `size` zero bytes. */
void capsa_buffer_zeros(struct buffer *buffer, size_t size);
/*
 * Room for `size` more bytes, returned for the caller to fill; the size grows by it.  NULL on
 * failure.
 */
uint8_t *capsa_buffer_extend(struct buffer *buffer, size_t size);
void capsa_buffer_release(struct buffer *buffer);

static inline struct span buffer_span(const struct buffer *buffer)
{
	return span_of(buffer->data, buffer->size);
}

/* Empty again; keeps the memory, and forgets a failure. */
static inline void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
}

/* calloc for an array; NULL also where count * size overflows.  Never asks for 0 bytes. */
void *capsa_array_new(size_t count, size_t size);

/* A digest in text: 64 digits and NUL. */
void capsa_hex(const uint8_t *data, size_t size, char *out);
/* Lower-case hexadecimal digits of exactly `size` bytes; false if they are not. */
bool capsa_unhex(struct span text, uint8_t *out, size_t size);

#endif
