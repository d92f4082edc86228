/*
 * Frames and dictionaries.  The first byte says how the rest is read:
 *
 *	bit 0   the frame must have a checksum
 *	bit 1   a dictionary precedes it, whose size is two bytes, little-endian
 *	bit 2   compress the rest instead, with that dictionary if it is one
 *
 * A frame that decodes is encoded again, and must decode to the same bytes.
 */
#include "codec.h"
#include "cursor.h"

#include <stdlib.h>

#define RAW_MAX ((size_t)256 << 10)

static void check(bool good)
{
	if (!good)
		abort();
}

/* The middle third, by a decoder that goes no further: as it is in the whole, if that is good. */
static void check_part(struct decoder *decoder, struct span stored, const struct frame_rule *rule,
                       const uint8_t *whole)
{
	size_t at = rule->raw_size / 3, size = rule->raw_size / 3;
	uint8_t *part = capsa_array_new(size, 1);

	check(part != NULL);
	if (capsa_decoder_part(decoder, stored, rule, at, part, size, 0, NULL) != CAPSA_OK)
		check(whole == NULL);
	else if (whole != NULL)
		check(memcmp(part, whole + at, size) == 0);
	free(part);
}

/* Exactly as large as the content, so that a write beyond it is noticed. */
static uint8_t *decode(struct span stored, bool checksum, const struct dictionary *dictionary,
                       size_t *size)
{
	struct frame_rule rule = {0, checksum, dictionary};
	struct decoder *decoder;
	uint8_t *raw;

	if (capsa_decoder_raw_size(stored, RAW_MAX, &rule.raw_size, 0, NULL) != CAPSA_OK)
		return NULL;
	raw = capsa_array_new(rule.raw_size, 1);
	check(raw != NULL);
	check(capsa_decoder_new(&decoder, NULL) == CAPSA_OK);
	if (capsa_decoder_run(decoder, stored, &rule, raw, 0, NULL) != CAPSA_OK) {
		free(raw);
		raw = NULL;
	}
	check_part(decoder, stored, &rule, raw);
	capsa_decoder_free(decoder);
	*size = rule.raw_size;
	return raw;
}

static void encode_and_decode(struct span raw, bool checksum, const struct dictionary *dictionary)
{
	struct buffer stored = {0};
	struct encoder *encoder;
	uint8_t *back;
	size_t size = 0;

	check(capsa_encoder_new(&encoder, 3, NULL) == CAPSA_OK);
	check(capsa_encoder_run(encoder, raw, checksum, dictionary, &stored, NULL) == CAPSA_OK);
	check(stored.size <= capsa_codec_bound(raw.size));
	back = decode(buffer_span(&stored), checksum, dictionary, &size);
	check(back != NULL && span_equal(raw, span_of(back, size)));
	free(back);
	capsa_encoder_free(encoder);
	capsa_buffer_release(&stored);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(span_of(data, size));
	uint8_t how = cursor_u8(&c);
	bool checksum = (how & 1) != 0;
	struct dictionary *dictionary = NULL;
	struct span rest;

	if ((how & 2) != 0) {
		size_t bytes = cursor_u16(&c);
		const uint8_t *at = cursor_take(&c, bytes);

		if (at != NULL &&
		    capsa_dictionary_new(&dictionary, span_of(at, bytes), 3, NULL) != CAPSA_OK)
			check(dictionary == NULL);
	}
	rest = span_of(c.at, cursor_left(&c));
	if ((how & 4) != 0) {
		if (rest.size <= RAW_MAX)
			encode_and_decode(rest, checksum, dictionary);
	} else {
		size_t raw_size;
		uint8_t *raw = decode(rest, checksum, dictionary, &raw_size);

		if (raw != NULL)
			encode_and_decode(span_of(raw, raw_size), checksum, dictionary);
		free(raw);
	}
	capsa_dictionary_free(dictionary);
	return 0;
}
