/* Dictionaries (spec 6), and frames that use them. */
#include "codec_data.h"
#include "digest.h"

#include <sys/resource.h>
#include <zstd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

enum { SAMPLES = 40, SAMPLE_SIZE = 5000 };

/* A dictionary of this content, with samples of text; owned by the caller. */
static uint8_t *make_dictionary(struct span content, size_t *size)
{
	uint8_t *samples = bytes_new((size_t)SAMPLES * SAMPLE_SIZE);
	uint8_t *out = bytes_new(CAPSA_DICTIONARY_MAX);
	size_t sizes[SAMPLES];
	struct capsa_error err;

	fill_text(samples, (size_t)SAMPLES * SAMPLE_SIZE, 5);
	for (size_t i = 0; i < SAMPLES; i++)
		sizes[i] = SAMPLE_SIZE;
	if (capsa_dictionary_make(out, size, text_of(content), samples, sizes, SAMPLES, 9, &err) !=
	    CAPSA_OK)
		fail_msg("%s", err.text);
	free(samples);
	return out;
}

static struct dictionary *dictionary_of(struct span bytes, int level)
{
	struct dictionary *dictionary;
	struct capsa_error err;

	if (capsa_dictionary_new(&dictionary, bytes, level, &err) != CAPSA_OK)
		fail_msg("%s", err.text);
	return dictionary;
}

static uint64_t le32(const uint8_t *bytes)
{
	uint64_t value = 0;

	for (size_t i = 4; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

static void test_make(void **state)
{
	uint8_t content[20000];
	uint8_t digest[32];
	uint8_t *made;
	uint8_t *again;
	size_t size;
	size_t size_again;
	uint64_t id;
	struct dictionary *dictionary;

	(void)state;
	fill_text(content, sizeof content, 6);
	made = make_dictionary(span_of(content, sizeof content), &size);
	again = make_dictionary(span_of(content, sizeof content), &size_again);
	assert_int_equal(size, size_again);
	assert_memory_equal(made, again, size);
	assert_true(size > sizeof content && size <= sizeof content + 256);
	assert_memory_equal(made, "\x37\xa4\x30\xec", 4);
	assert_memory_equal(made + size - sizeof content, content, sizeof content);

	capsa_digest(digest, span_of(content, sizeof content));
	id = le32(digest);
	id = 32768 + id % (UINT64_C(2147483648) - 32768);
	dictionary = dictionary_of(span_of(made, size), 0);
	assert_int_equal(capsa_dictionary_id(dictionary), id);
	assert_int_equal(le32(made + 4), id);
	capsa_dictionary_free(dictionary);
	capsa_dictionary_free(NULL);
	free(made);
	free(again);
}

/* The same input in one piece of memory, samples right behind the content, gives the same bytes. */
static void test_make_adjacent(void **state)
{
	enum { CONTENT = 20000, ALL = CONTENT + SAMPLES * SAMPLE_SIZE };
	uint8_t *all = bytes_new(ALL);
	uint8_t *samples = bytes_new(ALL);
	uint8_t *out = bytes_new(CAPSA_DICTIONARY_MAX);
	uint8_t *out_apart = bytes_new(CAPSA_DICTIONARY_MAX);
	struct capsa_text content = {(char *)all, CONTENT};
	size_t sizes[SAMPLES];
	size_t size;
	size_t size_apart;

	(void)state;
	fill_text(all, ALL, 7);
	memcpy(samples, all + CONTENT, ALL - CONTENT);
	for (size_t i = 0; i < SAMPLES; i++)
		sizes[i] = SAMPLE_SIZE;
	for (int level = 1; level <= 10; level += 3) {
		assert_int_equal(capsa_dictionary_make(out, &size, content, all + CONTENT, sizes,
		                                       SAMPLES, level, NULL),
		                 CAPSA_OK);
		assert_int_equal(capsa_dictionary_make(out_apart, &size_apart, content, samples,
		                                       sizes, SAMPLES, level, NULL),
		                 CAPSA_OK);
		assert_int_equal(size, size_apart);
		assert_memory_equal(out, out_apart, size);
	}
	free(all);
	free(samples);
	free(out);
	free(out_apart);
}

static void test_make_limits(void **state)
{
	enum { MOST = CAPSA_DICTIONARY_MAX - 256 };
	uint8_t *content = bytes_new(MOST + 1);
	uint8_t *out = bytes_new(CAPSA_DICTIONARY_MAX);
	uint8_t samples[8 * 500];
	size_t sizes[8];
	size_t size = 99;
	struct capsa_error err;

	(void)state;
	fill_text(content, MOST + 1, 8);
	fill_text(samples, sizeof samples, 9);
	for (size_t i = 0; i < COUNT(sizes); i++)
		sizes[i] = 500;
	assert_int_equal(capsa_dictionary_make(out, &size,
	                                       (struct capsa_text){(char *)content, 255}, samples,
	                                       sizes, 8, 9, &err),
	                 CAPSA_EMISUSE);
	assert_string_equal(err.text, "a dictionary cannot be made of 255 bytes");
	assert_int_equal(capsa_dictionary_make(out, &size,
	                                       (struct capsa_text){(char *)content, MOST + 1},
	                                       samples, sizes, 8, 9, &err),
	                 CAPSA_EMISUSE);
	assert_int_equal(capsa_dictionary_make(out, &size,
	                                       (struct capsa_text){(char *)content, 256}, samples,
	                                       sizes, 7, 9, &err),
	                 CAPSA_EMISUSE);
	assert_string_equal(err.text, "7 samples are too few for a dictionary");
	assert_int_equal(size, 99);
	assert_int_equal(capsa_dictionary_make(out, &size,
	                                       (struct capsa_text){(char *)content, 256}, samples,
	                                       sizes, 8, 9, &err),
	                 CAPSA_OK);
	assert_true(size > 256 && size <= 512);
	assert_int_equal(capsa_dictionary_make(out, &size,
	                                       (struct capsa_text){(char *)content, MOST}, samples,
	                                       sizes, 8, 9, &err),
	                 CAPSA_OK);
	assert_true(size > MOST && size <= CAPSA_DICTIONARY_MAX);
	free(content);
	free(out);
}

static void test_dictionary_refused(void **state)
{
	static const struct {
		uint32_t id;
		const char *text;
	} ids[] = {
	    {0, "dictionary ID 0 is out of range"},
	    {32767, "dictionary ID 32767 is out of range"},
	    {32768, NULL},
	    {0x7fffffff, NULL},
	    {0x80000000, "dictionary ID 2147483648 is out of range"},
	    {0xffffffff, "dictionary ID 4294967295 is out of range"},
	};
	uint8_t content[2000];
	uint8_t *huge = bytes_new(CAPSA_DICTIONARY_MAX + 1);
	struct dictionary *dictionary;
	struct capsa_error err;
	uint8_t *made;
	size_t size;

	(void)state;
	fill_text(content, sizeof content, 10);
	made = make_dictionary(span_of(content, sizeof content), &size);
	for (int level = 0; level <= 9; level += 9) {
		for (size_t i = 0; i < COUNT(ids); i++) {
			for (unsigned byte = 0; byte < 4; byte++)
				made[4 + byte] = (uint8_t)(ids[i].id >> (8 * byte));
			if (ids[i].text == NULL) {
				dictionary = dictionary_of(span_of(made, size), level);
				assert_int_equal(capsa_dictionary_id(dictionary), ids[i].id);
				capsa_dictionary_free(dictionary);
				continue;
			}
			assert_int_equal(
			    capsa_dictionary_new(&dictionary, span_of(made, size), level, &err),
			    CAPSA_ECORRUPT);
			assert_null(dictionary);
			assert_string_equal(err.text, ids[i].text);
		}
		/* Cut inside the head or the entropy tables; or their first byte is impossible. */
		memcpy(made + 4, "\x00\x00\x01", 4);
		for (size_t cut = 0; cut < 100; cut++) {
			assert_int_equal(
			    capsa_dictionary_new(&dictionary, span_of(made, cut), level, &err),
			    CAPSA_ECORRUPT);
			assert_memory_equal(err.text,
			                    cut < 8 ? "the dictionary is" : "bad dictionary: ", 16);
		}
		made[8] ^= 0xff;
		assert_int_equal(
		    capsa_dictionary_new(&dictionary, span_of(made, size), level, &err),
		    CAPSA_ECORRUPT);
		made[8] ^= 0xff;
		made[0] ^= 1;
		assert_int_equal(
		    capsa_dictionary_new(&dictionary, span_of(made, size), level, &err),
		    CAPSA_ECORRUPT);
		assert_string_equal(err.text,
		                    "the dictionary is not a formatted Zstandard dictionary");
		made[0] ^= 1;
	}
	memcpy(huge, made, size);
	dictionary = dictionary_of(span_of(huge, CAPSA_DICTIONARY_MAX), 0);
	capsa_dictionary_free(dictionary);
	assert_int_equal(
	    capsa_dictionary_new(&dictionary, span_of(huge, CAPSA_DICTIONARY_MAX + 1), 0, &err),
	    CAPSA_ECORRUPT);
	assert_string_equal(err.text, "the dictionary has 3932161 bytes, over the limit");
	free(made);
	free(huge);
}

/* As `zstd -d -D` does it, in a stream. */
static void expect_stock_decoder(struct span stored, struct span dictionary, struct span raw)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	uint8_t *back = bytes_new(raw.size);
	ZSTD_inBuffer in = {stored.data, stored.size, 0};
	ZSTD_outBuffer out = {back, raw.size, 0};
	size_t more = 1;

	assert_non_null(context);
	assert_false(
	    ZSTD_isError(ZSTD_DCtx_loadDictionary(context, dictionary.data, dictionary.size)));
	while (more != 0 && !ZSTD_isError(more))
		more = ZSTD_decompressStream(context, &out, &in);
	assert_int_equal(more, 0);
	assert_int_equal(in.pos, in.size);
	assert_int_equal(out.pos, raw.size);
	assert_memory_equal(back, raw.data, raw.size);
	ZSTD_freeDCtx(context);
	free(back);
}

/*
 * A frame finds its bytes in the largest dictionary, at its beginning, middle and end: noise that
 * stands there shrinks to almost nothing.  Below level 9 zstd knows only the last part of so much.
 */
static void test_dictionary_reach(void **state)
{
	enum { MOST = CAPSA_DICTIONARY_MAX - 256 };
	static const size_t offsets[] = {0, MOST / 2, MOST - 120000};
	static const int levels[] = {9, 13, 19};
	uint8_t *content = bytes_new(MOST);
	uint8_t *raw = bytes_new(CAPSA_FRAME_RAW_MAX);
	uint8_t *made;
	size_t size;

	(void)state;
	fill_noise(content, MOST, 11);
	made = make_dictionary(span_of(content, MOST), &size);
	for (size_t i = 0; i < COUNT(levels); i++) {
		struct dictionary *dictionary = dictionary_of(span_of(made, size), levels[i]);
		struct encoder *encoder;

		assert_int_equal(capsa_encoder_new(&encoder, levels[i], NULL), CAPSA_OK);
		for (size_t j = 0; j < COUNT(offsets); j++) {
			struct buffer out = {0};
			struct span frame = span_of(raw, 120000);

			memcpy(raw, content + offsets[j], 120000);
			assert_true(round_trip(encoder, levels[i], frame, true, dictionary) < 4000);
			assert_int_equal(
			    capsa_encoder_run(encoder, frame, true, dictionary, &out, NULL),
			    CAPSA_OK);
			expect_stock_decoder(buffer_span(&out), span_of(made, size), frame);
			capsa_buffer_release(&out);
		}
		capsa_encoder_free(encoder);
		capsa_dictionary_free(dictionary);
	}
	free(content);
	free(raw);
	free(made);
}

/* It reaches as far from the end of the largest frame. */
static void test_dictionary_reach_at_end(void **state)
{
	enum { MOST = CAPSA_DICTIONARY_MAX - 256 };
	uint8_t *content = bytes_new(MOST);
	uint8_t *raw = bytes_new(CAPSA_FRAME_RAW_MAX);
	struct span frame = span_of(raw, CAPSA_FRAME_RAW_MAX);
	struct dictionary *dictionary;
	struct encoder *encoder;
	uint8_t *made;
	size_t size;

	(void)state;
	fill_noise(content, MOST, 16);
	fill_noise(raw, CAPSA_FRAME_RAW_MAX, 12);
	memcpy(raw + CAPSA_FRAME_RAW_MAX - 1000000, content, 1000000);
	made = make_dictionary(span_of(content, MOST), &size);
	dictionary = dictionary_of(span_of(made, size), 9);
	assert_int_equal(capsa_encoder_new(&encoder, 9, NULL), CAPSA_OK);
	assert_true(round_trip(encoder, 9, frame, true, dictionary) < CAPSA_FRAME_RAW_MAX - 900000);
	capsa_encoder_free(encoder);
	capsa_dictionary_free(dictionary);
	free(content);
	free(raw);
	free(made);
}

static void test_dictionary_rules(void **state)
{
	uint8_t content[20000];
	uint8_t other_content[20000];
	uint8_t raw[10000];
	uint8_t back[10000];
	struct dictionary *dictionary;
	struct dictionary *other;
	struct dictionary *reading;
	struct encoder *encoder;
	struct buffer plain = {0};
	struct buffer out = {0};
	struct capsa_error err;
	uint8_t *made;
	uint8_t *other_made;
	size_t size;
	size_t other_size;

	(void)state;
	fill_text(content, sizeof content, 13);
	fill_text(other_content, sizeof other_content, 14);
	memcpy(raw, content + 5000, sizeof raw);
	made = make_dictionary(span_of(content, sizeof content), &size);
	other_made = make_dictionary(span_of(other_content, sizeof other_content), &other_size);
	dictionary = dictionary_of(span_of(made, size), 9);
	other = dictionary_of(span_of(other_made, other_size), 9);
	reading = dictionary_of(span_of(made, size), 0);
	assert_int_equal(capsa_encoder_new(&encoder, 9, NULL), CAPSA_OK);

	assert_int_equal(
	    capsa_encoder_run(encoder, span_of(raw, sizeof raw), true, reading, &out, &err),
	    CAPSA_EMISUSE);
	assert_int_equal(out.size, 0);
	/* The dictionary of one frame is not that of the next. */
	assert_int_equal(
	    capsa_encoder_run(encoder, span_of(raw, sizeof raw), true, dictionary, &out, &err),
	    CAPSA_OK);
	assert_int_equal(
	    capsa_encoder_run(encoder, span_of(raw, sizeof raw), true, NULL, &plain, &err),
	    CAPSA_OK);
	assert_true(out.size * 10 < plain.size);
	assert_int_equal(decode(buffer_span(&plain), sizeof raw, true, NULL, back, &err), CAPSA_OK);
	assert_int_equal(decode(buffer_span(&plain), sizeof raw, true, reading, back, &err),
	                 CAPSA_OK);
	assert_memory_equal(back, raw, sizeof raw);

	memset(back, 0, sizeof back);
	assert_int_equal(decode(buffer_span(&out), sizeof raw, true, reading, back, &err),
	                 CAPSA_OK);
	assert_memory_equal(back, raw, sizeof raw);
	assert_int_equal(decode(buffer_span(&out), sizeof raw, true, NULL, back, &err),
	                 CAPSA_ECORRUPT);
	assert_int_equal(decode(buffer_span(&out), sizeof raw, true, other, back, &err),
	                 CAPSA_ECORRUPT);
	assert_memory_equal(err.text, "the frame needs dictionary ", 27);
	capsa_encoder_free(encoder);
	capsa_buffer_release(&plain);
	capsa_buffer_release(&out);
	capsa_dictionary_free(dictionary);
	capsa_dictionary_free(other);
	capsa_dictionary_free(reading);
	free(made);
	free(other_made);
}

/* A frame that refers to the dictionary without naming it is damage. */
static void test_unnamed_dictionary(void **state)
{
	uint8_t content[20000];
	uint8_t back[10000];
	uint8_t stored[12000];
	ZSTD_CCtx *context = ZSTD_createCCtx();
	struct dictionary *dictionary;
	struct capsa_error err;
	uint8_t *made;
	size_t size;
	size_t stored_size;

	(void)state;
	fill_noise(content, sizeof content, 15);
	made = make_dictionary(span_of(content, sizeof content), &size);
	dictionary = dictionary_of(span_of(made, size), 0);
	assert_non_null(context);
	assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_dictIDFlag, 0)));
	assert_false(ZSTD_isError(ZSTD_CCtx_loadDictionary(context, made, size)));
	stored_size = ZSTD_compress2(context, stored, sizeof stored, content + 3000, sizeof back);
	assert_true(stored_size < 1000);
	expect_stock_decoder(span_of(stored, stored_size), span_of(made, size),
	                     span_of(content + 3000, sizeof back));
	assert_int_equal(
	    decode(span_of(stored, stored_size), sizeof back, false, dictionary, back, &err),
	    CAPSA_ECORRUPT);
	assert_memory_equal(err.text, "the frame does not decompress: ", 31);
	ZSTD_freeCCtx(context);
	capsa_dictionary_free(dictionary);
	free(made);
}

#ifndef SANITIZED
/* Without memory for its tables no dictionary is made or used, and zstd does not crash. */
static void test_dictionary_memory(void **state)
{
	enum { CONTENT = 1 << 20 };
	uint8_t *content = bytes_new(CONTENT), *out = bytes_new(CAPSA_DICTIONARY_MAX), *made;
	struct capsa_text samples;
	struct capsa_error make_err = {0}, new_err = {0};
	enum capsa_status make_st, new_st;
	struct dictionary *dictionary;
	struct rlimit before, little;
	size_t sizes[8], size, out_size;

	(void)state;
	fill_text(content, CONTENT, 3);
	for (size_t i = 0; i < 8; i++)
		sizes[i] = SAMPLE_SIZE;
	samples = (struct capsa_text){(char *)content, CONTENT};
	made = make_dictionary(span_of(content, CONTENT), &size);
	assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
	little = before;
	little.rlim_cur = 4096;
	assert_int_equal(setrlimit(RLIMIT_DATA, &little), 0);
	make_st = capsa_dictionary_make(out, &out_size, samples, content, sizes, 8, 19, &make_err);
	new_st = capsa_dictionary_new(&dictionary, span_of(made, size), 19, &new_err);
	assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
	assert_int_equal(make_st, CAPSA_ENOMEM);
	assert_string_equal(make_err.text, "out of memory");
	assert_int_equal(new_st, CAPSA_ENOMEM);
	assert_string_equal(new_err.text, "out of memory");
	assert_null(dictionary);
	free(made);
	free(out);
	free(content);
}
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_make),
	    cmocka_unit_test(test_make_adjacent),
	    cmocka_unit_test(test_make_limits),
#ifndef SANITIZED       /* whose allocator ends the process where the system gives no memory */
	    cmocka_unit_test(test_dictionary_memory),
#endif
	    cmocka_unit_test(test_dictionary_refused),
	    cmocka_unit_test(test_dictionary_reach),
	    cmocka_unit_test(test_dictionary_reach_at_end),
	    cmocka_unit_test(test_dictionary_rules),
	    cmocka_unit_test(test_unnamed_dictionary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
