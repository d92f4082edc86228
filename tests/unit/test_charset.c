/* Bodies in all kinds of encodings as UTF-8. */
#include "describe.h"

#include "fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bytes that may hold NUL. */
#define BYTES(text) sizeof(text) - 1, text

/* ---- decoding ---- */

struct decode_case {
	const char *label;              /* NULL: none is known */
	size_t size;
	const char *bytes;
	const char *text;
};

static const struct decode_case decodings[] = {
    /* UTF-8, and what is not */
    {NULL, BYTES(""), ""},
    {NULL, BYTES("plain"), "plain"},
    {NULL, BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"utf-8",
     BYTES("a\xe9"
           "b\xc0\xaf\xed\xa0\x80"),
     "a\xef\xbf\xbd"
     "b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {NULL, BYTES("a\0b\0\0"), "ab"},
    {"UTF8", BYTES("\0\xe9\0"), "\xef\xbf\xbd"},
    /* a mark is stronger than a label */
    {NULL,
     BYTES("\xef\xbb\xbf"
           "caf\xc3\xa9"),
     "caf\xc3\xa9"},
    {"windows-1252",
     BYTES("\xef\xbb\xbf"
           "caf\xc3\xa9"),
     "caf\xc3\xa9"},
    {NULL,
     BYTES("\xff\xfe"
           "c\0a\0f\0\xe9\0=\xd8\0\xde"),
     "caf\xc3\xa9\xf0\x9f\x98\x80"},
    {"utf-8", BYTES("\xfe\xff\0c\0a\0f\0\xe9"), "caf\xc3\xa9"},
    {NULL,
     BYTES("\xff\xfe"
           "a\0\0\0b\0"),
     "ab"},
    {NULL,
     BYTES("\xff\xfe"
           "a\0b"),
     "a\xef\xbf\xbd"},
    {NULL,
     BYTES("\xff\xfe"
           "a\0\0\xdc"
           "b\0"),
     "a\xef\xbf\xbd"
     "b"},
    /* labels as browsers read them, in any case */
    {"windows-1252", BYTES("caf\xe9 \x80 \x93x\x94"),
     "caf\xc3\xa9 \xe2\x82\xac \xe2\x80\x9cx\xe2\x80\x9d"},
    {"ISO-8859-1", BYTES("\x80\x81"), "\xe2\x82\xac\xef\xbf\xbd"},
    /* valid UTF-8 is stronger than a label */
    {"latin1", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"latin1", BYTES("caf\xc3\xa9\xe9"), "caf\xc3\x83\xc2\xa9\xc3\xa9"},
    {"utf-16le", BYTES("\xc3\xa9"), "\xea\xa7\x83"},
    {"us-ascii", BYTES("\xe9"), "\xc3\xa9"},
    {"iso-8859-15", BYTES("\xa4"), "\xe2\x82\xac"},
    {"iso-8859-9", BYTES("\xfe"), "\xc5\x9f"},
    {"KOI8-R", BYTES("\xcd\xc9\xd2"), "\xd0\xbc\xd0\xb8\xd1\x80"},
    {"cp1251", BYTES("\xec\xe8\xf0"), "\xd0\xbc\xd0\xb8\xd1\x80"},
    {"Shift_JIS", BYTES("\x93\xfa\x96\x7b\x81\x60\x87\x40"),
     "\xe6\x97\xa5\xe6\x9c\xac\xef\xbd\x9e\xe2\x91\xa0"},
    {"x-sjis", BYTES("a\x93"), "a\xef\xbf\xbd"},
    {"euc-jp", BYTES("\xc6\xfc\xcb\xdc"), "\xe6\x97\xa5\xe6\x9c\xac"},
    {"iso-2022-jp", BYTES("\x1b$BF|K\\\x1b(B!"), "\xe6\x97\xa5\xe6\x9c\xac!"},
    {"GB18030", BYTES("\xb9\xc5\x95\x32\x82\x36"), "\xe5\x8f\xa4\xf0\xa0\x80\x80"},
    {"big5", BYTES("\xa6\xd1\xc2\xb3"), "\xe8\x80\x81\xe7\xb3\xa7"},
    {"ks_c_5601-1987", BYTES("\xc7\xd1\xb1\xdb"), "\xed\x95\x9c\xea\xb8\x80"},
    /* its decoder holds letters back, for a point may follow */
    {"windows-1255", BYTES("\xf9\xec\xe5\xed"), "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"},
    {"windows-1255", BYTES("\xe9\xff"), "\xd7\x99\xef\xbf\xbd"},
    /* what is no label says nothing, whatever iconv makes of it */
    {"", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"none", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"windows", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"UTF-8//TRANSLIT", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"ISO-2022-CN-EXT", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
    {"latin1 l1", BYTES("caf\xc3\xa9"), "caf\xc3\xa9"},
};

static void decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(decodings); i++) {
		const struct decode_case *c = &decodings[i];
		/* A block of its own, so that sanitizers see its end. */
		char *head = malloc(c->size);
		struct decoded out;

		assert_true(head != NULL || c->size == 0);
		if (c->size != 0)
			memcpy(head, c->bytes, c->size);
		assert_true(import_decode((struct capsa_text){head, c->size}, c->label, &out));
		if (out.text.size != strlen(c->text) ||
		    memcmp(out.text.data, c->text, out.text.size) != 0)
			fail_msg("case %zu: '%.*s', not '%s'", i, (int)out.text.size, out.text.data,
			         c->text);
		free(out.room);
		free(head);
	}
}

/* What needs no change is not copied. */
static void borrowed(void **state)
{
	static const char text[] = "caf\xc3\xa9";
	struct decoded out;

	(void)state;
	assert_true(import_decode((struct capsa_text){text, 5}, NULL, &out));
	assert_ptr_equal(out.text.data, text);
	assert_null(out.room);
}

/* ---- detection ---- */

/* windows-1252, KOI8-R, Shift_JIS, GB18030 */
static const struct decode_case detections[] = {
    {NULL,
     BYTES("Die G\xe4ste a\xdf"
           "en s\xfc\xdf"
           "e \xc4pfel aus M\xfcnchen; f\xfcnf \x80 daf\xfcr."),
     "Die G\xc3\xa4ste a\xc3\x9f"
     "en s\xc3\xbc\xc3\x9f"
     "e \xc3\x84pfel aus M\xc3\xbcnchen; "
     "f\xc3\xbcnf \xe2\x82\xac daf\xc3\xbcr."},
    {NULL,
     BYTES("\xef\xc2\xdf\xd1\xd7\xcc\xc5\xce\xc9\xc5 \xcf \xd0\xd2\xcf\xd7\xc5\xc4\xc5\xce\xc9\xc9 "
           "\xcf\xc2\xdd\xc5\xc7\xcf \xd3\xcf\xc2\xd2\xc1\xce\xc9\xd1"),
     "\xd0\x9e\xd0\xb1\xd1\x8a\xd1\x8f\xd0\xb2\xd0\xbb\xd0\xb5\xd0\xbd\xd0\xb8\xd0\xb5 \xd0\xbe "
     "\xd0\xbf\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb5\xd0\xb4\xd0\xb5\xd0\xbd\xd0\xb8\xd0\xb8 "
     "\xd0\xbe\xd0\xb1\xd1\x89\xd0\xb5\xd0\xb3\xd0\xbe "
     "\xd1\x81\xd0\xbe\xd0\xb1\xd1\x80\xd0\xb0\xd0\xbd\xd0\xb8\xd1\x8f"},
    {NULL,
     BYTES("\x8c\xc3\x96{\x8es\x82\xcc\x82\xa8\x92m\x82\xe7\x82\xb9\x81"
           "B\x90_\x93"
           "c\x82\xcc\x8c\xc3\x96{\x8es\x82\xcd"),
     "\xe5\x8f\xa4\xe6\x9c\xac\xe5\xb8\x82\xe3\x81\xae\xe3\x81\x8a\xe7\x9f\xa5\xe3\x82\x89\xe3\x81"
     "\x9b\xe3\x80\x82\xe7\xa5\x9e\xe7\x94\xb0\xe3\x81\xae\xe5\x8f\xa4\xe6\x9c\xac\xe5\xb8\x82\xe3"
     "\x81\xaf"},
    {NULL,
     BYTES("\xc0\xcf\xc1\xb8\xb2\xd6\xb1\xe4\xc9\xed\xc9\xe7\xc7\xf8\xcd\xbc\xca\xe9\xb9\xdd"),
     "\xe8\x80\x81\xe7\xb2\xae\xe4\xbb\x93\xe5\x8f\x98\xe8\xba\xab\xe7\xa4\xbe\xe5\x8c\xba\xe5\x9b"
     "\xbe\xe4\xb9\xa6\xe9\xa6\x86"},
};

/* Also far behind the beginning. */
static void detect(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(detections); i++) {
		const struct decode_case *c = &detections[i];

		for (size_t before = 0; before <= 60000; before += 30000) {
			char *head = malloc(before + c->size);
			struct decoded out;

			assert_non_null(head);
			memset(head, ' ', before);
			memcpy(head + before, c->bytes, c->size);
			assert_true(
			    import_decode((struct capsa_text){head, before + c->size}, NULL, &out));
			if (out.text.size != before + strlen(c->text) ||
			    memcmp(out.text.data + before, c->text, strlen(c->text)) != 0)
				fail_msg("case %zu: '%.*s', not '%s'", i,
				         (int)(out.text.size - before), out.text.data + before,
				         c->text);
			free(out.room);
			free(head);
		}
	}
}

/* The head of a longer body may end within a character, which makes it no other charset. */
static void cut_within_character(void **state)
{
	char *head = malloc(IMPORT_HEAD_SIZE);

	(void)state;
	assert_non_null(head);
	for (size_t cut = 1; cut <= 3; cut++) {
		struct decoded out;

		memset(head, 'x', IMPORT_HEAD_SIZE);
		memcpy(head + IMPORT_HEAD_SIZE - cut, "\xf0\x9f\x98", cut);
		assert_true(
		    import_decode((struct capsa_text){head, IMPORT_HEAD_SIZE}, NULL, &out));
		assert_int_equal(out.text.size, IMPORT_HEAD_SIZE - cut + 3 * cut);
		assert_memory_equal(out.text.data + IMPORT_HEAD_SIZE - cut, "\xef\xbf\xbd", 3);
		free(out.room);
	}
	free(head);
}

/* ---- media types ---- */

static void type_charsets(void **state)
{
	static const struct {
		const char *type, *label;
	} cases[] = {
	    {"text/html", NULL},
	    {"text/html;charset=utf-8", "utf-8"},
	    {"text/html; Charset=\"windows-1252\"", "windows-1252"},
	    {"text/html; charset='x'; a=b", "x"},
	    {"text/html; version=1;\tcharset=KOI8-R ; q=1", "KOI8-R"},
	    {"text/html; xcharset=a", NULL},
	    {"text/html; charset=", NULL},
	    {"text/html; charset=;charset=a", NULL},
	    {"text/html;", NULL},
	    {"charset=a", NULL},
	    {";charset=1234567", "1234567"},
	    {";charset=12345678901234", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char label[14] = "";
		bool found = import_type_charset(cases[i].type, label, sizeof label);

		assert_int_equal(found, cases[i].label != NULL);
		assert_string_equal(label, found ? cases[i].label : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decode),        cmocka_unit_test(borrowed),
	    cmocka_unit_test(detect),        cmocka_unit_test(cut_within_character),
	    cmocka_unit_test(type_charsets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
