#include "csv_reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RECORD_MAX 64

/* All records as "LINE[cell][cell]", all errors as "LINE!text", one a line. */
static void render(FILE *file, char delimiter, char *out, size_t room)
{
	struct csv_reader reader = {0};
	struct foreign_error why;
	FILE *to = fmemopen(out, room, "w");
	int got;

	assert_non_null(to);
	csv_begin(&reader, file, delimiter, RECORD_MAX);
	while ((got = csv_next(&reader, &why)) != 0) {
		if (got < 0) {
			fprintf(to, "%zu!%s\n", why.line, why.text);
			continue;
		}
		fprintf(to, "%d", (int)reader.line);
		for (size_t i = 0; i < reader.count; i++) {
			struct capsa_text text = csv_text(&reader, i);

			fprintf(to, reader.cells[i].quoted ? "['%.*s']" : "[%.*s]", (int)text.size,
			        text.data);
		}
		putc('\n', to);
	}
	assert_int_equal(csv_next(&reader, &why), 0);
	csv_release(&reader);
	putc('\0', to);
	assert_int_equal(fclose(to), 0);
}

static void check(const char *bytes, size_t size, char delimiter, const char *expected)
{
	char out[4096];
	/* A file of no bytes cannot be in memory. */
	FILE *file = size != 0 ? fmemopen((void *)(uintptr_t)bytes, size, "r") : tmpfile();

	assert_non_null(file);
	render(file, delimiter, out, sizeof out);
	fclose(file);
	assert_string_equal(out, expected);
}

static void check_text(const char *text, char delimiter, const char *expected)
{
	check(text, strlen(text), delimiter, expected);
}

static void test_records(void **state)
{
	(void)state;
	check_text("", ',', "");
	check_text("\n\r\n\r", ',', "");
	check_text("a", ',', "1[a]\n");
	check_text("a,b\n", ',', "1[a][b]\n");
	check_text(",", ',', "1[][]\n");
	check_text("a,\n,b\n", ',', "1[a][]\n2[][b]\n");
	check_text("a;b,c;\td", ';', "1[a][b,c][\td]\n");
	check_text("a\tb c\t\n", '\t', "1[a][b c][]\n");
	check_text(" a , b ", ',', "1[ a ][ b ]\n");
	check_text(" \n", ',', "1[ ]\n");
}

static void test_line_ends(void **state)
{
	(void)state;
	check_text("a\nb\r\nc\rd", ',', "1[a]\n2[b]\n3[c]\n4[d]\n");
	check_text("a\r\n\r\n\nb\r\rc\r\n", ',', "1[a]\n4[b]\n6[c]\n");
	check_text("\"a\nb\r\nc\rd\"\ne", ',', "1['a\nb\r\nc\rd']\n5[e]\n");
	check_text("\"\r\"\r\n\"\n\"\r\"x\"", ',', "1['\r']\n3['\n']\n5['x']\n");
}

static void test_quotes(void **state)
{
	(void)state;
	check_text("\"\"", ',', "1['']\n");
	check_text("\"\",\"\"\n", ',', "1['']['']\n");
	check_text("\"\"\"\"", ',', "1['\"']\n");
	check_text("\"a,\"\"b\"\"\",c\n\"d\"\n", ',', "1['a,\"b\"'][c]\n2['d']\n");
	check_text("\"a;b\";c", ';', "1['a;b'][c]\n");
}

static void test_faults(void **state)
{
	(void)state;
	check_text("a,b\"c\"\nd", ',', "1!a quote in a cell that is not in quotes\n2[d]\n");
	check_text("a, \"b\"\r\nd", ',', "1!a quote in a cell that is not in quotes\n2[d]\n");
	check_text("a\n\"b\nc\"x,y\rd", ',', "1[a]\n2!text behind a closing quote\n4[d]\n");
	check_text("\"b\" ,c\n", ',', "1!text behind a closing quote\n");
	check_text("a\n\"b\nc", ',', "1[a]\n2!a quote is not closed\n");
	check_text("\"", ',', "1!a quote is not closed\n");
	check_text("a\n\xff\nb", ',', "1[a]\n2!is not UTF-8\n3[b]\n");
	/* The halves of a character in two cells. */
	check_text("\xc3,\xa4\nb", ',', "1!is not UTF-8\n2[b]\n");
	check("a\0,b\nc\n", 7, ',', "1!holds U+0000, which is no text\n2[c]\n");
}

static void test_encodings(void **state)
{
	(void)state;
	check_text("\xef\xbb\xbf\"a\",\xc3\xa4", ',', "1['a'][\xc3\xa4]\n");
	check_text("\xef\xbb\xbf", ',', "");
	check_text("a\n\xef\xbb\xbf", ',', "1[a]\n2[\xef\xbb\xbf]\n");
	check("\xff\xfe"
	      "a\0,\0\xe4\0\n\0\x3d\xd8\x00\xde",
	      14, ',', "1[a][\xc3\xa4]\n2[\xf0\x9f\x98\x80]\n");
	check("\xfe\xff"
	      "\0a\0,\0\xe4\0\r\0\n\x20\xac",
	      14, ',', "1[a][\xc3\xa4]\n2[\xe2\x82\xac]\n");
	check("\xff\xfe"
	      "a\0\n\0b\0\n",
	      9, ',', "1[a]\n2!is not UTF-16, though its byte order mark says so\n");
	check("\xff\xfe"
	      "a\0\n\0\0\xd8"
	      "b\0",
	      10, ',', "1[a]\n2!is not UTF-16, though its byte order mark says so\n");
	check("\xff\xfe"
	      "a\0\n\0\0\xdc",
	      8, ',', "1[a]\n2!is not UTF-16, though its byte order mark says so\n");
	check("\xff\xfe"
	      "a\0\n\0\0\xd8",
	      8, ',', "1[a]\n2!is not UTF-16, though its byte order mark says so\n");
}

/* A character of two units where one piece that is read ends and another begins. */
static void test_pieces(void **state)
{
	static const char smile[] = {'\x3d', '\xd8', '\x00', '\xde'};
	FILE *file = tmpfile();
	struct csv_reader reader = {0};
	struct foreign_error why;
	size_t units = 1;

	(void)state;
	assert_non_null(file);
	fwrite("\xff\xfe"
	       "x",
	       1, 4, file);
	for (; units < 200001; units += 2)
		fwrite(smile, 1, sizeof smile, file);
	csv_begin(&reader, file, ',', SIZE_MAX);
	assert_int_equal(csv_next(&reader, &why), 1);
	assert_int_equal(reader.count, 1);
	assert_int_equal(csv_text(&reader, 0).size, 1 + 400000);
	assert_memory_equal(csv_text(&reader, 0).data + 399997, "\xf0\x9f\x98\x80", 4);
	csv_release(&reader);
	fclose(file);
}

static void test_limits(void **state)
{
	char text[RECORD_MAX + 16], expected[RECORD_MAX + 16];

	(void)state;
	memset(text, 'x', sizeof text);
	strcpy(text + RECORD_MAX - 1, ",x\ny");
	snprintf(expected, sizeof expected, "1[%.*s][x]\n2[y]\n", RECORD_MAX - 1, text);
	check_text(text, ',', expected);
	strcpy(text + RECORD_MAX, ",x\ny");
	text[RECORD_MAX - 1] = 'x';
	check_text(text, ',', "1!the record is too long\n2[y]\n");
	text[0] = '"';
	check_text(text, ',', "1!the record is too long, or a quote is not closed\n");
	memset(text + 1, '\n', RECORD_MAX + 1);
	text[RECORD_MAX + 1] = '\0';
	check_text(text, ',', "1!a quote is not closed\n");
	text[RECORD_MAX + 1] = '\n';
	text[RECORD_MAX + 2] = '\0';
	check_text(text, ',', "1!the record is too long, or a quote is not closed\n");
}

static void test_columns(void **state)
{
	struct csv_reader reader = {0};
	struct foreign_error why;
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	for (int record = 0; record < 2; record++) {
		for (int i = 1; i < CSV_COLUMNS_MAX + record; i++)
			putc(',', file);
		putc('\n', file);
	}
	csv_begin(&reader, file, ',', RECORD_MAX);
	assert_int_equal(csv_next(&reader, &why), 1);
	assert_int_equal(reader.count, CSV_COLUMNS_MAX);
	assert_int_equal(csv_next(&reader, &why), -1);
	assert_string_equal(why.text, "more than 4096 columns");
	assert_int_equal(why.line, 2);
	assert_int_equal(csv_next(&reader, &why), 0);
	/* Again, with what is owned already. */
	csv_begin(&reader, file, ';', 1U << 20);
	assert_int_equal(csv_next(&reader, &why), 1);
	assert_int_equal(reader.count, 1);
	assert_int_equal(csv_text(&reader, 0).size, CSV_COLUMNS_MAX - 1);
	csv_release(&reader);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_records),   cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_quotes),    cmocka_unit_test(test_faults),
	    cmocka_unit_test(test_encodings), cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_limits),    cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
