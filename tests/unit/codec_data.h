/* Bytes to compress, and the round trip that every frame must make: for the tests of the codec. */
#ifndef CODEC_DATA_H
#define CODEC_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Something like text: words of a small vocabulary, so that it compresses. */
static inline void fill_text(uint8_t *out, size_t size, uint64_t seed)
{
	size_t at = 0;

	while (at < size) {
		uint64_t word = next_random(&seed) % 3000;
		uint64_t letters = word * UINT64_C(0x9e3779b97f4a7c15);

		for (size_t n = 2 + word % 9; n > 0 && at < size; n--, letters /= 26)
			out[at++] = (uint8_t)('a' + letters % 26);
		if (at < size)
			out[at++] = ' ';
	}
}

static inline void fill_noise(uint8_t *out, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(next_random(&seed) >> 32);
}

static inline uint8_t *bytes_new(size_t size)
{
	uint8_t *bytes = capsa_array_new(size, 1);

	assert_non_null(bytes);
	return bytes;
}

static inline enum capsa_status decode(struct span stored, size_t raw_size, bool checksum,
                                       const struct dictionary *dictionary, uint8_t *raw,
                                       struct capsa_error *err)
{
	struct frame_rule rule = {raw_size, checksum, dictionary};
	struct decoder *decoder;
	enum capsa_status status;

	assert_int_equal(capsa_decoder_new(&decoder, NULL), CAPSA_OK);
	status = capsa_decoder_run(decoder, stored, &rule, raw, 1234, err);
	capsa_decoder_free(decoder);
	return status;
}

/* Parts come out as they lie in the whole, whatever the decoder did before. */
static inline void check_parts(struct span stored, struct span raw, bool checksum,
                               const struct dictionary *dictionary)
{
	const size_t ends[] = {0, 1, raw.size / 3, raw.size / 2 + 1, raw.size};
	struct frame_rule rule = {raw.size, checksum, dictionary};
	uint8_t *part = bytes_new(raw.size);
	struct decoder *decoder;

	assert_int_equal(capsa_decoder_new(&decoder, NULL), CAPSA_OK);
	for (size_t i = 0; i < COUNT(ends); i++) {
		for (size_t j = i; j < COUNT(ends) && ends[i] <= ends[j] && ends[j] <= raw.size; j++) {
			size_t size = ends[j] - ends[i];

			assert_int_equal(capsa_decoder_part(decoder, stored, &rule, ends[i], part,
			                                    size, 0, NULL),
			                 CAPSA_OK);
			assert_memory_equal(part, raw.data + ends[i], size);
		}
		assert_int_equal(capsa_decoder_run(decoder, stored, &rule, part, 0, NULL),
		                 CAPSA_OK);
		assert_memory_equal(part, raw.data, raw.size);
	}
	capsa_decoder_free(decoder);
	free(part);
}

/* Encode, check that the output does not depend on what the encoder did before, and decode. */
static inline size_t round_trip(struct encoder *encoder, int level, struct span raw, bool checksum,
                                const struct dictionary *dictionary)
{
	struct encoder *fresh;
	struct buffer out = {0};
	struct buffer again = {0};
	uint8_t *back = bytes_new(raw.size);
	struct span stored;
	size_t size;

	capsa_buffer_append(&out, "before", 6);
	assert_int_equal(capsa_encoder_run(encoder, raw, checksum, dictionary, &out, NULL),
	                 CAPSA_OK);
	assert_memory_equal(out.data, "before", 6);
	stored = span_of(out.data + 6, out.size - 6);
	assert_true(stored.size <= capsa_codec_bound(raw.size));

	assert_int_equal(capsa_encoder_new(&fresh, level, NULL), CAPSA_OK);
	assert_int_equal(capsa_encoder_run(fresh, raw, checksum, dictionary, &again, NULL),
	                 CAPSA_OK);
	assert_true(span_equal(stored, buffer_span(&again)));
	capsa_encoder_free(fresh);

	assert_int_equal(capsa_decoder_raw_size(stored, CAPSA_FRAME_RAW_MAX, &size, 0, NULL),
	                 CAPSA_OK);
	assert_int_equal(size, raw.size);
	assert_int_equal(decode(stored, raw.size, checksum, dictionary, back, NULL), CAPSA_OK);
	assert_memory_equal(back, raw.data, raw.size);
	assert_int_equal(decode(stored, raw.size, !checksum, dictionary, back, NULL),
	                 CAPSA_ECORRUPT);
	if (raw.size <= 600000)
		check_parts(stored, raw, checksum, dictionary);
	size = stored.size;
	free(back);
	capsa_buffer_release(&out);
	capsa_buffer_release(&again);
	return size;
}

#endif
