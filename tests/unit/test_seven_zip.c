/* What a 7z file may say of itself before libarchive sees it. */
#include "seven_zip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SIGNATURE_SIZE 32
#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

static const char unread[] = "is damaged: its header cannot be read";

/* A file whose body is `body`, and whose header is what stands behind its first `skip` bytes. */
static const char *judge(struct capsa_text body, size_t skip)
{
	static struct capsa_error err;
	unsigned char file[256] = "7z\xbc\xaf\x27\x1c\0\4";
	struct capsa_source source = capsa_source_memory(file, SIGNATURE_SIZE + body.size);

	assert_in_range(body.size, 0, sizeof file - SIGNATURE_SIZE);
	file[12] = (unsigned char)skip;
	file[20] = (unsigned char)(body.size - skip);
	memcpy(file + SIGNATURE_SIZE, body.data, body.size);
	err.text[0] = '\0';
	return seven_zip_check(&source, &err) ? NULL : err.text;
}

static void check(const char *said, const char *expected)
{
	if (expected == NULL)
		assert_null(said);
	else if (said == NULL)
		fail_msg("%s: expected", expected);
	else
		assert_string_equal(said, expected);
}

#define PACK "\6\0\1\x09\1\0"
#define UNPACK "\7\x0b\1\0\1\1\0\x0c\1\0"

static void plain_headers_are_judged(void **state)
{
	static const struct {
		struct capsa_text header;
		const char *error;
	} rows[] = {
	    {TEXT("\1\0"), NULL},
	    {TEXT("\2\0"), unread},
	    {TEXT("\1"), unread},
	    {TEXT("\1\5"), unread},
	    {TEXT("\1\5\1\0"), NULL},
	    {TEXT("\1\5\2\0\0\0\0"), "has a header that claims 2 files, more than it can name"},
	    {TEXT("\1\5\2\0\0\0\0\0"), NULL},
	    /* Numbers of two and of nine bytes. */
	    {TEXT("\1\5\x80\2\0\0\0\0"), NULL},
	    {TEXT("\1\5\x81\2\0\0\0\0"),
	     "has a header that claims 258 files, more than it can name"},
	    {TEXT("\1\5\xff\1\0\0\0\0\0\0\x80"),
	     "has a header that claims 9223372036854775809 files, more than it can name"},
	    {TEXT("\1\5\xff\1\0\0\0\0\0\0"), unread},
	    {TEXT("\1\4" PACK UNPACK "\0\5\1"), NULL},
	    {TEXT("\1\4" PACK UNPACK "\0\5\x11"),
	     "has a header that claims 17 files, more than it can name"},
	    /* Two files in the folder, with a size and digests; one has that of the folder. */
	    {TEXT("\1\4" PACK UNPACK "\x08\x0d\2\x09\0\x0a\1abcdefgh\0\0\5\1"), NULL},
	    {TEXT("\1\4" PACK UNPACK "\x08\x0d\2\x09\0\x0a\1abcd\0\0\5\1"), unread},
	    {TEXT("\1\4" PACK UNPACK "\x08\x0a\0\x80"
	          "abcd\0\0\5\1"),
	     NULL},
	    {TEXT("\1\4" PACK UNPACK "\x08\x0a\0\0\0\0\5\1"), NULL},
	    {TEXT("\1\4" PACK "\7\x0b\1\0\1\1\0\x0c\1\x0a\1abcd\0\x08\x0a\1\0\0\5\1"), NULL},
	    {TEXT("\1\4" PACK "\7\x0b\1\0\1\1\0\x0c\1\x0a\0\0\0\x08\x0a\1abcd\0\0\5\1"), NULL},
	    /* More folders, or in another place, than there can be. */
	    {TEXT("\1\4\7\x0b\3\0\1\1\0\1\1\0\1\1\0\x0c\1\1\1\0\0\0"), unread},
	    {TEXT("\1\4\7\x0b\2\0\1\1\0\1\1\0\x0c\1\1\0\0\0"), NULL},
	    {TEXT("\1\4\7\x0b\2\0\1\1\0\1\1\0\x0c\1\1\0\0"), unread},
	    {TEXT("\1\4\7\x0b\1\1\1\1\0\x0c\1\0\0\0"), unread},
	    /* Coders: two that are bound, of more streams than are allowed, of another format. */
	    {TEXT("\1\4\7\x0b\1\0\2\1\0\1\0\0\1\x0c\1\1\0\0\0"), NULL},
	    {TEXT("\1\4\7\x0b\1\0\1\x11\0\x20\1"
	          "abcdefghijklmnopqrstuvwxyz123456\x0c\1\0\0\0"),
	     NULL},
	    {TEXT("\1\4\7\x0b\1\0\1\x11\0\x21\1"
	          "abcdefghijklmnopqrstuvwxyz1234567\x0c\1\0\0\0"),
	     unread},
	    {TEXT("\1\4\7\x0b\1\0\1\x81\0\x0c\1\0\0\0"), unread},
	    {TEXT("\1\4\7\x0b\1\0\0\x0c\1\0\0\0"), unread},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(judge(rows[i].header, 0), rows[i].error);
}

/* Headers that are long enough for what they claim: two million files are the most. */
static void most_files(void **state)
{
	static const struct {
		const char begin[8];    /* id, id, number of three bytes */
		const char *error;
	} rows[] = {
	    {"\1\5\xde\x80\x84", NULL},
	    {"\1\5\xde\x81\x84", "has a header that claims 2000001 files, more than two million"},
	};
	size_t size = SIGNATURE_SIZE + 8000100;
	unsigned char *file = calloc(1, size);
	struct capsa_source source = capsa_source_memory(file, size);

	(void)state;
	assert_non_null(file);
	memcpy(file, "7z\xbc\xaf\x27\x1c\0\4", 8);
	for (unsigned i = 0; i < 4; i++)
		file[20 + i] = (unsigned char)(8000100U >> (8 * i));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct capsa_error err = {0};

		memcpy(file + SIGNATURE_SIZE, rows[i].begin, 5);
		check(seven_zip_check(&source, &err) ? NULL : err.text, rows[i].error);
	}
	free(file);
}

static void packed_headers_are_judged(void **state)
{
	/* Before each: the packed header, `01 05 01 00`. */
	static const struct {
		struct capsa_text file;
		const char *error;
	} rows[] = {
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\4\0\0"), NULL},
	    {TEXT("\1\5\2\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\4\0\0"),
	     "has a header that claims 2 files, more than it can name"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\3\0\7\x0b\1\0\1\1\0\x0c\4\0\0"),
	     "is damaged: its header cannot be unpacked"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\x40\0\7\x0b\1\0\1\1\0\x0c\4\0\0"),
	     "is damaged or cut off: its header is not within the file"},
	    {TEXT("\1\5\1\0\x17\6\x40\1\x09\1\0\7\x0b\1\0\1\1\0\x0c\1\0\0"),
	     "is damaged or cut off: its header is not within the file"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\4\0"), unread},
	    {TEXT("\1\5\1\0\x17\0"), "has a header that is encrypted, or packed in an unknown way"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\4\x0c\4\0\0"),
	     "has a header that is encrypted, or packed in an unknown way"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\x21\x21\1\x10\x0c\4\0\0"),
	     "is damaged: its header cannot be unpacked"},
	    /* 64 MiB, and a byte more. */
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\xf0\0\0\0\4\0\0"),
	     "has a header that grows to more than 1,000 times its stored size"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\xf0\1\0\0\4\0\0"),
	     "has a header of more than 64 MiB"},
	    /* 1 MiB, and a byte more. */
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\xd0\0\0\0\0"),
	     "is damaged: its header cannot be unpacked"},
	    {TEXT("\1\5\1\0\x17\6\0\1\x09\4\0\7\x0b\1\0\1\1\0\x0c\xd0\1\0\0\0"),
	     "has a header that grows to more than 1,000 times its stored size"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check(judge(rows[i].file, 4), rows[i].error);
}

static void the_signature_comes_first(void **state)
{
	static const char bytes[40] = "7z\xbc\xaf\x27\x1c\0\4";
	struct capsa_source source = capsa_source_memory(bytes, 32);
	struct capsa_error err;

	(void)state;
	assert_true(seven_zip_check(&source, &err));
	source = capsa_source_memory(bytes, 31);
	assert_false(seven_zip_check(&source, &err));
	assert_string_equal(err.text, "is no 7z file, or is cut off");
	source = capsa_source_memory(bytes + 1, 32);
	assert_false(seven_zip_check(&source, &err));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_headers_are_judged),
	    cmocka_unit_test(most_files),
	    cmocka_unit_test(packed_headers_are_judged),
	    cmocka_unit_test(the_signature_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
