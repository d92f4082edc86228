/*
 * The beginning of a body as UTF-8; uchardet's only door.
 *
 * A body names the decoder that reads it.  So the charsets are those that browsers have, under the
 * names they have there, and no others that iconv may know.
 */
#include "describe.h"

#include "fields.h"
#include "utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uchardet.h>

/*
 * Labels, separated by spaces, and what iconv calls the charset.  As browsers do, this takes the
 * larger charset where pages that have its characters are labelled as the smaller one.
 */
static const struct charset {
	const char *labels;
	const char *name;
} charsets[] = {
    {"utf-8 utf8 unicode-1-1-utf-8", "UTF-8"},
    {"utf-16le utf-16 ucs-2 unicode", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"windows-1252 cp1252 x-cp1252 iso-8859-1 iso8859-1 iso_8859-1 latin1 l1 ascii us-ascii "
     "iso88591 ansi_x3.4-1968",
     "CP1252"},
    {"windows-1250 cp1250 x-cp1250", "CP1250"},
    {"windows-1251 cp1251 x-cp1251", "CP1251"},
    {"windows-1253 cp1253 x-cp1253", "CP1253"},
    {"windows-1254 cp1254 x-cp1254 iso-8859-9 iso8859-9 iso_8859-9 latin5 l5", "CP1254"},
    {"windows-1255 cp1255 x-cp1255", "CP1255"},
    {"windows-1256 cp1256 x-cp1256", "CP1256"},
    {"windows-1257 cp1257 x-cp1257", "CP1257"},
    {"windows-1258 cp1258 x-cp1258", "CP1258"},
    {"windows-874 tis-620 iso-8859-11 iso8859-11", "CP874"},
    {"iso-8859-2 iso8859-2 iso_8859-2 latin2 l2", "ISO-8859-2"},
    {"iso-8859-3 iso8859-3 iso_8859-3 latin3 l3", "ISO-8859-3"},
    {"iso-8859-4 iso8859-4 iso_8859-4 latin4 l4", "ISO-8859-4"},
    {"iso-8859-5 iso8859-5 iso_8859-5 cyrillic", "ISO-8859-5"},
    {"iso-8859-6 iso8859-6 iso_8859-6 arabic", "ISO-8859-6"},
    {"iso-8859-7 iso8859-7 iso_8859-7 greek", "ISO-8859-7"},
    {"iso-8859-8 iso8859-8 iso_8859-8 iso-8859-8-i hebrew logical visual", "ISO-8859-8"},
    {"iso-8859-10 iso8859-10 latin6 l6", "ISO-8859-10"},
    {"iso-8859-13 iso8859-13", "ISO-8859-13"},
    {"iso-8859-14 iso8859-14", "ISO-8859-14"},
    {"iso-8859-15 iso8859-15 iso_8859-15 l9", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"koi8-r koi8 koi8_r koi", "KOI8-R"},
    {"koi8-u koi8-ru", "KOI8-U"},
    {"ibm866 cp866 866", "CP866"},
    {"macintosh mac x-mac-roman", "MACINTOSH"},
    {"x-mac-cyrillic x-mac-ukrainian mac-cyrillic", "MAC-CYRILLIC"},
    {"gb18030 gbk gb2312 gb_2312-80 x-gbk chinese iso-ir-58", "GB18030"},
    {"big5 big5-hkscs cn-big5 x-x-big5", "BIG5-HKSCS"},
    {"shift_jis shift-jis sjis x-sjis ms_kanji windows-31j ms932", "CP932"},
    {"euc-jp x-euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"euc-kr windows-949 uhc ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 korean", "CP949"},
};

/* What iconv calls the charset with this label; NULL: it is none. */
static const char *charset_of(const char *label)
{
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++)
		if (import_has_word(charsets[i].labels, label))
			return charsets[i].name;
	return NULL;
}

static bool is_utf16(const char *name)
{
	return strncmp(name, "UTF-16", 6) == 0;
}

bool import_type_charset(const char *type, char *label, size_t size)
{
	const char *at = strchr(type, ';');

	while (at != NULL) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, "charset=", 8) == 0) {
			size_t length;

			at += 8 + (at[8] == '"' || at[8] == '\'');
			length = strcspn(at, "\"'; \t");
			if (length == 0 || length >= size)
				return false;
			memcpy(label, at, length);
			label[length] = '\0';
			return true;
		}
		at = strchr(at, ';');
	}
	return false;
}

/* ---- byte order marks ---- */

static const struct mark {
	size_t size;
	const char *bytes;
	const char *name;
} marks[] = {
    {3, "\xef\xbb\xbf", "UTF-8"},
    {2, "\xff\xfe", "UTF-16LE"},
    {2, "\xfe\xff", "UTF-16BE"},
};

static const struct mark *mark_of(struct capsa_text head)
{
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (head.size >= marks[i].size &&
		    memcmp(head.data, marks[i].bytes, marks[i].size) == 0)
			return &marks[i];
	return NULL;
}

bool import_has_mark(struct capsa_text head)
{
	return mark_of(head) != NULL;
}

/* ---- detection ---- */

/* The head of a longer body may end within a character. */
static bool is_utf8(struct capsa_text head)
{
	size_t cut_max = head.size == IMPORT_HEAD_SIZE ? 3 : 0;

	for (size_t cut = 0; cut <= cut_max; cut++)
		if (capsa_utf8_valid(span_of(head.data, head.size - cut)))
			return true;
	return false;
}

#define DETECT_SIZE (16U << 10)

/*
 * What a text that is no UTF-8 seems to be encoded in; NULL: nothing that is known.  Some thousand
 * bytes from the first that is not ASCII on tell as much as all, which would take long.
 */
static const char *detect(struct capsa_text text)
{
	uchardet_t detector = uchardet_new();
	const char *name = NULL;

	if (detector == NULL)
		return NULL;
	while (text.size > 1 && (unsigned char)text.data[1] < 0x80) {
		text.data++;
		text.size--;
	}
	if (text.size > DETECT_SIZE)
		text.size = DETECT_SIZE;
	if (uchardet_handle_data(detector, text.data, text.size) == 0) {
		uchardet_data_end(detector);
		name = charset_of(uchardet_get_charset(detector));
	}
	uchardet_delete(detector);
	/* Without a mark, zero bytes are what suggests UTF-16: that is a binary file. */
	return name != NULL && is_utf16(name) ? NULL : name;
}

/* ---- decoding ---- */

#define REPLACEMENT "\xef\xbf\xbd"

static void append_without_nul(struct json_text *out, const char *bytes, size_t size)
{
	while (size != 0) {
		const char *nul = memchr(bytes, 0, size);
		size_t run = nul != NULL ? (size_t)(nul - bytes) : size;

		import_json_append(out, bytes, run);
		run += nul != NULL;
		bytes += run;
		size -= run;
	}
}

/* Decoders of characters that a mark may follow hold the last one back. */
static void end_characters(iconv_t from, struct json_text *out)
{
	char piece[16], *at = piece;
	size_t room = sizeof piece;

	iconv(from, NULL, NULL, &at, &room);
	append_without_nul(out, piece, sizeof piece - room);
}

/* What cannot be decoded is marked, a unit of so many bytes at a time. */
static void convert(iconv_t from, size_t unit, struct capsa_text text, struct json_text *out)
{
	char *in = (char *)(uintptr_t)text.data;        /* iconv only reads it */
	size_t left = text.size;

	while (left != 0) {
		char piece[4096], *at = piece;
		size_t room = sizeof piece;
		bool failed = iconv(from, &in, &left, &at, &room) == (size_t)-1;
		int why = errno;

		append_without_nul(out, piece, sizeof piece - room);
		if (!failed || why == E2BIG)
			continue;
		end_characters(from, out);
		import_json_append(out, REPLACEMENT, 3);
		/* A character that is cut off is the last. */
		if (why != EILSEQ || left <= unit)
			return;
		in += unit;
		left -= unit;
	}
	end_characters(from, out);
}

static void mark_invalid(struct capsa_text text, struct json_text *out)
{
	while (text.size != 0) {
		const char *at = text.data;
		uint32_t character = import_character(&text);

		if (character == 0xfffd)
			import_json_append(out, REPLACEMENT, 3);
		else if (character != 0)
			import_json_append(out, at, (size_t)(text.data - at));
	}
}

static bool has_high(struct capsa_text text)
{
	for (size_t i = 0; i < text.size; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return true;
	return false;
}

/*
 * Bytes of another charset hardly ever are valid UTF-8, but UTF-8 is often labelled as another; so
 * what is valid and not ASCII alone is UTF-8, whatever its label.
 */
bool import_decode(struct capsa_text head, const char *label, struct decoded *out)
{
	const struct mark *mark = mark_of(head);
	const char *name = mark != NULL ? mark->name : label != NULL ? charset_of(label) : NULL;
	struct json_text room = {0};
	iconv_t from;

	*out = (struct decoded){.text = head};
	if (mark != NULL) {
		out->text.data += mark->size;
		out->text.size -= mark->size;
	}
	if (mark == NULL && (name == NULL || !is_utf16(name)) && is_utf8(out->text) &&
	    has_high(out->text))
		name = "UTF-8";
	else if (name == NULL && !is_utf8(out->text))
		name = detect(out->text);
	if (name == NULL || strcmp(name, "UTF-8") == 0) {
		if (memchr(out->text.data, 0, out->text.size) == NULL &&
		    capsa_utf8_valid(span_text(out->text)))
			return true;
		name = NULL;
	}
	from = name != NULL ? iconv_open("UTF-8", name) : (iconv_t)-1;
	if (from != (iconv_t)-1) {
		convert(from, is_utf16(name) ? 2 : 1, out->text, &room);
		iconv_close(from);
	} else {
		mark_invalid(out->text, &room);
	}
	out->room = room.data;
	out->text = (struct capsa_text){room.data != NULL ? room.data : "", room.size};
	return !room.failed;
}
