/* Frames (spec 4, 8.1). */
#include "codec_data.h"

#include <zstd.h>

#define MAGIC "\x28\xb5\x2f\xfd"
#define ABC "\x19\x00\x00" "abc"        /* the last block, stored */
#define FRAME(bytes) {(const uint8_t *)(bytes), sizeof(bytes) - 1}

static void test_good_frames(void **state)
{
	static const struct {
		struct span stored;
		bool checksum;
	} cases[] = {
	    {FRAME(MAGIC "\x20\x03" ABC), false},
	    {FRAME(MAGIC "\x24\x03" ABC "\x99\x09\x77\xad"), true},
	    {FRAME(MAGIC "\xa0\x03\x00\x00\x00" ABC), false},
	    {FRAME(MAGIC "\xe0\x03\x00\x00\x00\x00\x00\x00\x00" ABC), false},
	    /* a window, of 1 KiB and of 4 MiB */
	    {FRAME(MAGIC "\x80\x00\x03\x00\x00\x00" ABC), false},
	    {FRAME(MAGIC "\x80\x60\x03\x00\x00\x00" ABC), false},
	    /* an ID of 0 is none */
	    {FRAME(MAGIC "\x21\x00\x03" ABC), false},
	    /* the bit that decoders pass over */
	    {FRAME(MAGIC "\x30\x03" ABC), false},
	};
	struct capsa_error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t raw[3];
		size_t size;

		if (decode(cases[i].stored, 3, cases[i].checksum, NULL, raw, &err) != CAPSA_OK)
			fail_msg("case %zu: %s", i, err.text);
		assert_memory_equal(raw, "abc", 3);
		assert_int_equal(capsa_decoder_raw_size(cases[i].stored, 4 << 20, &size, 0, &err),
		                 CAPSA_OK);
		assert_int_equal(size, 3);
	}
}

static void test_bad_frames(void **state)
{
	static const struct {
		struct span stored;
		size_t raw_size;
		bool checksum;
		const char *text;
	} cases[] = {
	    {FRAME(""), 3, false, "not a Zstandard frame"},
	    {FRAME(MAGIC), 3, false, "not a Zstandard frame"},
	    {FRAME(MAGIC "\x20"), 3, false, "not a Zstandard frame"},
	    {FRAME(MAGIC "\x80\x00\x03\x00\x00"), 3, false, "not a Zstandard frame"},
	    {FRAME("\x28\xb5\x2f\xfe\x20\x03" ABC), 3, false, "not a Zstandard frame"},
	    {FRAME("\x5c\x2a\x4d\x18\x03\x00\x00\x00" "abc"), 3, false, "not a Zstandard frame"},
	    {FRAME("\x27\xb5\x2f\xfd\x20\x03" ABC), 3, false, "not a Zstandard frame"},
	    {FRAME(MAGIC "\x28\x03" ABC), 3, false, "a reserved bit of the frame is set"},
	    {FRAME(MAGIC "\x00\x00" ABC), 3, false, "the frame lacks its content size"},
	    {FRAME(MAGIC "\x20\x03" ABC), 2, false, "the frame's content size is 3, not 2"},
	    {FRAME(MAGIC "\x20\x03" ABC), 4, false, "the frame's content size is 3, not 4"},
	    {FRAME(MAGIC "\x60\x03\x00" ABC), 3, false, "the frame's content size is 259, not 3"},
	    {FRAME(MAGIC "\xe0\x03\x00\x00\x00\x00\x00\x00\x80" ABC), 3, false,
	     "the frame's content size is 9223372036854775811, not 3"},
	    {FRAME(MAGIC "\x20\x03" ABC), 3, true, "the frame lacks its checksum"},
	    {FRAME(MAGIC "\x24\x03" ABC "\x99\x09\x77\xad"), 3, false,
	     "the frame has a checksum, where none may be"},
	    {FRAME(MAGIC "\x80\x61\x03\x00\x00\x00" ABC), 3, false,
	     "the frame's window of 4718592 bytes is over the limit"},
	    {FRAME(MAGIC "\x80\xff\x03\x00\x00\x00" ABC), 3, false,
	     "the frame's window of 4123168604160 bytes is over the limit"},
	    {FRAME(MAGIC "\x21\x07\x03" ABC), 3, false,
	     "the frame needs dictionary 7, which is not the archive's"},
	    {FRAME(MAGIC "\x22\x00\x80\x03" ABC), 3, false,
	     "the frame needs dictionary 32768, which is not the archive's"},
	    {FRAME(MAGIC "\x23\xff\xff\xff\x7f\x03" ABC), 3, false,
	     "the frame needs dictionary 2147483647, which is not the archive's"},
	    {FRAME(MAGIC "\x20\x03" ABC "x"), 3, false, "1 bytes follow the frame"},
	    {FRAME(MAGIC "\x20\x03" ABC MAGIC "\x20\x00\x01\x00\x00"), 3, false,
	     "9 bytes follow the frame"},
	    {FRAME(MAGIC "\x20\x03" "\x19\x00\x00" "ab"), 3, false, "the frame is broken: "},
	    {FRAME(MAGIC "\x20\x03" "\x18\x00\x00" "abc"), 3, false, "the frame is broken: "},
	    {FRAME(MAGIC "\x24\x03" ABC "\x99\x09\x77"), 3, true, "the frame is broken: "},
	    {FRAME(MAGIC "\x20\x03" "\x1f\x00\x00" "abc"), 3, false, "the frame is broken: "},
	    {FRAME(MAGIC "\x20\x04" ABC), 4, false, "the frame does not decompress: "},
	    {FRAME(MAGIC "\x20\x02" ABC), 2, false, "the frame does not decompress: "},
	    {FRAME(MAGIC "\x20\x03" "\x1d\x00\x00" "abc"), 3, false,
	     "the frame does not decompress: "},
	    {FRAME(MAGIC "\x24\x03" ABC "\x98\x09\x77\xad"), 3, true,
	     "the frame does not decompress: "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct capsa_error err = {.text = ""};
		uint8_t raw[4];
		size_t size = strlen(cases[i].text);

		assert_int_equal(decode(cases[i].stored, cases[i].raw_size, cases[i].checksum, NULL,
		                        raw, &err),
		                 CAPSA_ECORRUPT);
		if (strncmp(err.text, cases[i].text, size) != 0 ||
		    (err.text[size] != '\0' && cases[i].text[size - 1] != ' '))
			fail_msg("case %zu: %s", i, err.text);
		assert_int_equal(err.offset, 1234);
	}
}

static void test_raw_size(void **state)
{
	static const struct {
		struct span stored;
		size_t max;
		const char *text;
	} cases[] = {
	    {FRAME(MAGIC "\x20\x03"), 3, NULL},
	    {FRAME(MAGIC "\x20\x03"), 2,
	     "the frame's content size of 3 or window of 3 bytes is over the limit of 2"},
	    {FRAME(MAGIC "\x80\x00\x03\x00\x00\x00"), 1024, NULL},
	    {FRAME(MAGIC "\x80\x00\x03\x00\x00\x00"), 1023,
	     "the frame's content size of 3 or window of 1024 bytes is over the limit of 1023"},
	    {FRAME(MAGIC "\x80\x30\x03\x00\x00\x00"), CAPSA_PAGE_RAW_MAX, NULL},
	    {FRAME(MAGIC "\x80\x31\x03\x00\x00\x00"), CAPSA_PAGE_RAW_MAX,
	     "the frame's content size of 3 or window of 73728 bytes is over the limit of 65536"},
	    {FRAME(MAGIC "\x00\x00"), 1024, "the frame lacks its content size"},
	    {FRAME(MAGIC "\x28\x03"), 1024, "a reserved bit of the frame is set"},
	    {FRAME(MAGIC), 1024, "not a Zstandard frame"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct capsa_error err = {.text = ""};
		size_t size = 99;
		enum capsa_status status =
		    capsa_decoder_raw_size(cases[i].stored, cases[i].max, &size, 77, &err);

		assert_int_equal(status, cases[i].text != NULL ? CAPSA_ECORRUPT : CAPSA_OK);
		assert_string_equal(err.text, cases[i].text != NULL ? cases[i].text : "");
		assert_int_equal(size, cases[i].text != NULL ? 99 : 3);
		assert_int_equal(err.offset, cases[i].text != NULL ? 77 : 0);
	}
}

static void test_round_trips(void **state)
{
	static const size_t sizes[] = {0,     1,      255,    256,    257,    1000,    65536,
	                               65791, 131071, 131072, 131073, 600000, 4 << 20};
	static const int levels[] = {1, 3, 9, 15};
	uint8_t *text = bytes_new(CAPSA_FRAME_RAW_MAX);
	uint8_t *noise = bytes_new(CAPSA_FRAME_RAW_MAX);

	(void)state;
	fill_text(text, CAPSA_FRAME_RAW_MAX, 1);
	fill_noise(noise, CAPSA_FRAME_RAW_MAX, 2);
	for (size_t i = 0; i < COUNT(levels); i++) {
		struct encoder *encoder;

		assert_int_equal(capsa_encoder_new(&encoder, levels[i], NULL), CAPSA_OK);
		for (size_t j = 0; j < COUNT(sizes); j++) {
			if (levels[i] > 9 && sizes[j] > 600000)
				continue;
			round_trip(encoder, levels[i], span_of(noise, sizes[j]), j % 2 == 0, NULL);
			round_trip(encoder, levels[i], span_of(text, sizes[j]), j % 2 != 0, NULL);
		}
		capsa_encoder_free(encoder);
	}
	free(text);
	free(noise);
}

/* Across the whole of the largest frame a match is found: the window is as large as the frame. */
static void test_window(void **state)
{
	uint8_t *raw = bytes_new(CAPSA_FRAME_RAW_MAX);
	struct encoder *encoder;

	(void)state;
	fill_noise(raw, CAPSA_FRAME_RAW_MAX, 3);
	memcpy(raw + CAPSA_FRAME_RAW_MAX - 100000, raw, 100000);
	assert_int_equal(capsa_encoder_new(&encoder, 9, NULL), CAPSA_OK);
	assert_true(round_trip(encoder, 9, span_of(raw, CAPSA_FRAME_RAW_MAX), true, NULL) <
	            CAPSA_FRAME_RAW_MAX - 99000);
	capsa_encoder_free(encoder);
	free(raw);
}

/* A part is had of no frame that is not one frame and to the rule. */
static void test_broken_parts(void **state)
{
	static const struct {
		struct span stored;
		size_t at, size;
		const char *text;
	} cases[] = {
	    /* abc, and a second block that is of no kind, or is not there */
	    {FRAME(MAGIC "\x20\x06\x18\x00\x00" "abc" "\x07\x00\x00" "def"), 1, 2,
	     "the frame is broken: Data corruption detected"},
	    {FRAME(MAGIC "\x20\x06\x18\x00\x00" "abc"), 1, 2,
	     "the frame is broken: Src size is incorrect"},
	    /* abc alone, where six bytes are said */
	    {FRAME(MAGIC "\x20\x06" ABC), 2, 2,
	     "the frame does not decompress: Data corruption detected"},
	    /* what follows the frame, and a header that is not to the rule */
	    {FRAME(MAGIC "\x20\x06" ABC "x"), 1, 2, "1 bytes follow the frame"},
	    {FRAME(MAGIC "\x20\x03" ABC), 1, 2, "the frame's content size is 3, not 6"},
	};
	struct frame_rule rule = {.raw_size = 6};
	struct decoder *decoder;
	struct capsa_error err;

	(void)state;
	assert_int_equal(capsa_decoder_new(&decoder, NULL), CAPSA_OK);
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t out[2];

		assert_int_equal(capsa_decoder_part(decoder, cases[i].stored, &rule, cases[i].at,
		                                    out, cases[i].size, 7, &err),
		                 CAPSA_ECORRUPT);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(err.offset, 7);
	}
	capsa_decoder_free(decoder);
}

/* A block of 256 KiB, twice what it may have, which zstd takes in one piece alone. */
static void test_large_block(void **state)
{
	static const struct span stored =
	    FRAME(MAGIC "\xa0\x00\x00\x04\x00" "\x03\x00\x20" "a");
	struct frame_rule rule = {.raw_size = 256 << 10};
	uint8_t *raw = bytes_new(rule.raw_size), part[3];
	struct decoder *decoder;
	enum capsa_status whole;

	(void)state;
	assert_int_equal(capsa_decoder_new(&decoder, NULL), CAPSA_OK);
	whole = capsa_decoder_run(decoder, stored, &rule, raw, 0, NULL);
	assert_int_equal(capsa_decoder_part(decoder, stored, &rule, 1000, part, 3, 0, NULL), whole);
	if (whole == CAPSA_OK)
		assert_memory_equal(part, "aaa", 3);
	capsa_decoder_free(decoder);
	free(raw);
}

static void test_misuse(void **state)
{
	uint8_t *raw = bytes_new(CAPSA_FRAME_RAW_MAX + 1);
	struct encoder *encoder;
	struct buffer out = {0};
	struct capsa_error err;

	(void)state;
	assert_int_equal(capsa_encoder_new(&encoder, 1, NULL), CAPSA_OK);
	capsa_buffer_byte(&out, 'x');
	assert_int_equal(capsa_encoder_run(encoder, span_of(raw, CAPSA_FRAME_RAW_MAX + 1), true,
	                                   NULL, &out, &err),
	                 CAPSA_EMISUSE);
	assert_int_equal(out.size, 1);
	assert_string_equal(err.text, "4194305 bytes are too many for a frame");
	out.failed = true;
	assert_int_equal(capsa_encoder_run(encoder, span_of(raw, 1), true, NULL, &out, &err),
	                 CAPSA_ENOMEM);
	capsa_encoder_free(encoder);
	capsa_encoder_free(NULL);
	capsa_decoder_free(NULL);
	capsa_buffer_release(&out);
	free(raw);
	assert_string_equal(capsa_codec_version(), ZSTD_versionString());
	assert_true(capsa_codec_bound(CAPSA_FRAME_RAW_MAX) <= CAPSA_FRAME_STORED_MAX);
	assert_true(capsa_codec_bound(0) >= 13);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_frames),
	    cmocka_unit_test(test_bad_frames),
	    cmocka_unit_test(test_raw_size),
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_broken_parts),
	    cmocka_unit_test(test_large_block),
	    cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
