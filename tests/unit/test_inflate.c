/* What others compressed. */
#include "inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char hello[] = "hello, hello, hello\n";

struct sample {
	enum inflate_kind kind;
	struct capsa_text stored;
};

/* Each of them is `hello`. */
static const struct sample samples[] = {
    {INFLATE_GZIP,
     TEXT("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40"
          "\xa2\xb8\x00\xe7\x42\x6e\x52\x14\x00\x00\x00")},
    {INFLATE_DEFLATE,
     TEXT("\x78\x9c\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\xb8\x00\x4b\x07\x06\xdf")},
    {INFLATE_DEFLATE, TEXT("\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x40\xa2\xb8\x00")},
    {INFLATE_BROTLI, TEXT("\x8b\x09\x80"
                          "hello, hello, hello\n\x03")},
    {INFLATE_ZSTD,
     TEXT("\x28\xb5\x2f\xfd\x04\x58\x75\x00\x00\x40\x68\x65\x6c\x6c\x6f\x2c\x20\x0a\x01"
          "\x00\xe2\x8a\x11\x21\x69\x9d\x87")},
    {INFLATE_XZ,
     TEXT("\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\x74\x2f"
          "\xe5\xa3\xe0\x00\x13\x00\x0e\x5d\x00\x34\x19\x49\xee\x8d\xef\x8c\x87\x31\xf5\x2f\x64\x00"
          "\x00\x00\x00\x00\xb0\x48\x85\x59\xd7\xa9\xae\x4b\x00\x01\x2a\x14\x7e\xad\x37\x55\x1f\xb6"
          "\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a")},
};

/* Inflate in pieces of these sizes at most, into `out` of 64 bytes; *got receives how many. */
static enum inflate_status inflate_pieces(struct inflater *inflater, struct capsa_text *in,
                                          size_t piece, size_t room, char *out, size_t *got)
{
	enum inflate_status status = INFLATE_MORE;
	size_t idle = 0;

	*got = 0;
	while (status == INFLATE_MORE && idle < 2 && *got < 64) {
		struct capsa_text some = {in->data, in->size < piece ? in->size : piece};
		size_t given = some.size;
		size_t space = 64 - *got < room ? 64 - *got : room;
		size_t left = space;
		char *to = out + *got;

		status = import_inflate(inflater, &some, &to, &left);
		assert_int_equal(to - (out + *got), space - left);
		*got += space - left;
		in->data += given - some.size;
		in->size -= given - some.size;
		idle = given == some.size && left == space ? idle + 1 : 0;
	}
	return status;
}

static struct inflater *new_inflater(enum inflate_kind kind)
{
	struct inflater *inflater = import_inflater_new(kind, (struct capsa_text){0});

	assert_non_null(inflater);
	return inflater;
}

/* In pieces of any size, twice with one inflater; what follows is left. */
static void test_pieces(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 64};

	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		const struct sample *sample = &samples[i];
		struct inflater *inflater = new_inflater(sample->kind);
		char stored[256], out[64];
		size_t got;

		memcpy(stored, sample->stored.data, sample->stored.size);
		memcpy(stored + sample->stored.size, "after", 5);
		for (size_t j = 0; j < COUNT(sizes) * COUNT(sizes); j++) {
			struct capsa_text in = {stored, sample->stored.size + 5};

			assert_int_equal(inflate_pieces(inflater, &in, sizes[j / COUNT(sizes)],
			                                sizes[j % COUNT(sizes)], out, &got),
			                 INFLATE_END);
			assert_int_equal(got, sizeof hello - 1);
			assert_memory_equal(out, hello, got);
			assert_int_equal(in.size, 5);
			assert_true(import_inflater_reset(inflater));
		}
		import_inflater_free(inflater);
	}
}

/* What is cut off never ends. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		struct inflater *inflater = new_inflater(samples[i].kind);
		char out[64];
		size_t got;

		for (size_t size = 0; size < samples[i].stored.size; size++) {
			struct capsa_text in = {samples[i].stored.data, size};

			assert_int_equal(inflate_pieces(inflater, &in, 64, 64, out, &got),
			                 INFLATE_MORE);
			assert_true(import_inflater_reset(inflater));
		}
		import_inflater_free(inflater);
	}
}

/* What is of no kind, or wants a window over the limit. */
static void test_bad(void **state)
{
	static const struct sample bad[] = {
	    {INFLATE_GZIP, TEXT("hello, hello")},
	    {INFLATE_GZIP, TEXT("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xff\xff\xff\xff\xff")},
	    {INFLATE_DEFLATE, TEXT("\xff\xff\xff\xff")},
	    {INFLATE_DEFLATE, TEXT("\x78\x9c\xff\xff\xff")},
	    {INFLATE_BROTLI, TEXT("\xff\xff\xff\xff\xff\xff")},
	    {INFLATE_ZSTD, TEXT("hello, hello")},
	    {INFLATE_ZSTD, TEXT("\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00")},
	    {INFLATE_XZ, TEXT("hello, hello")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct inflater *inflater = new_inflater(bad[i].kind);
		struct capsa_text in = bad[i].stored;
		char out[64];
		size_t got;

		assert_int_equal(inflate_pieces(inflater, &in, 64, 64, out, &got), INFLATE_BAD);
		import_inflater_free(inflater);
	}
}

/* A window of 128 MiB is the largest: 2^(10 + 17). */
static void test_window(void **state)
{
	static const struct sample good = {INFLATE_ZSTD,
	                                   TEXT("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00")};
	struct inflater *inflater = new_inflater(good.kind);
	struct capsa_text in = good.stored;
	char out[64];
	size_t got;

	(void)state;
	assert_int_equal(inflate_pieces(inflater, &in, 64, 64, out, &got), INFLATE_END);
	assert_int_equal(got, 0);
	import_inflater_free(inflater);
}

/* A dictionary of raw content is of use; one that says it is formatted must be. */
static void test_dictionary(void **state)
{
	static const struct sample sample = {
	    INFLATE_ZSTD,
	    TEXT("\x28\xb5\x2f\xfd\x04\x58\x35\x00\x00\x00\x01\x00\x47\x4f\x20\x21\x69\x9d\x87")};
	static const char damaged[] = "\x37\xa4\x30\xec\x00\x00\x00\x00nothing";
	struct inflater *inflater =
	    import_inflater_new(INFLATE_ZSTD, (struct capsa_text){hello, sizeof hello - 1});
	struct capsa_text in = sample.stored;
	char out[64];
	size_t got;

	(void)state;
	assert_non_null(inflater);
	assert_int_equal(inflate_pieces(inflater, &in, 64, 64, out, &got), INFLATE_END);
	assert_int_equal(got, sizeof hello - 1);
	assert_memory_equal(out, hello, got);
	import_inflater_free(inflater);

	assert_null(
	    import_inflater_new(INFLATE_ZSTD, (struct capsa_text){damaged, sizeof damaged - 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),     cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_bad),        cmocka_unit_test(test_window),
	    cmocka_unit_test(test_dictionary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
