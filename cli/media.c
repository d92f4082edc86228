/*
 * Media types: what a name's extension says, and what the first bytes say.
 */
#include "describe.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct extension {
	const char *name;
	const char *type;
};

/* Sorted by name, for bsearch. */
static const struct extension extensions[] = {
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"adoc", "text/asciidoc"},
    {"asciidoc", "text/asciidoc"},
    {"atom", "application/atom+xml"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"azw3", "application/vnd.amazon.mobi8-ebook"},
    {"bib", "text/x-bibtex"},
    {"bmp", "image/bmp"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/x-c"},
    {"cpp", "text/x-c"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"djvu", "image/vnd.djvu"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"eml", "message/rfc822"},
    {"eot", "application/vnd.ms-fontobject"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"geojson", "application/geo+json"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/x-c"},
    {"heic", "image/heic"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar"},
    {"ipynb", "application/x-ipynb+json"},
    {"jar", "application/java-archive"},
    {"java", "text/x-java"},
    {"jp2", "image/jp2"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/jsonl"},
    {"jsonld", "application/ld+json"},
    {"jxl", "image/jxl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"markdown", "text/markdown"},
    {"mbox", "application/mbox"},
    {"md", "text/markdown"},
    {"mdx", "text/markdown"},
    {"mht", "multipart/related"},
    {"mhtml", "multipart/related"},
    {"mid", "audio/midi"},
    {"mjs", "text/javascript"},
    {"mkv", "video/matroska"},
    {"mobi", "application/x-mobipocket-ebook"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"ndjson", "application/x-ndjson"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"py", "text/x-python"},
    {"rdf", "application/rdf+xml"},
    {"rss", "application/rss+xml"},
    {"rst", "text/x-rst"},
    {"rtf", "application/rtf"},
    {"sh", "application/x-sh"},
    {"sql", "application/sql"},
    {"sqlite", "application/vnd.sqlite3"},
    {"srt", "application/x-subrip"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tex", "text/x-tex"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"tsv", "text/tab-separated-values"},
    {"ttf", "font/ttf"},
    {"ttl", "text/turtle"},
    {"txt", "text/plain"},
    {"vtt", "text/vtt"},
    {"warc", "application/warc"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"xsd", "application/xml"},
    {"xsl", "application/xslt+xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zim", "application/x-zim"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};

/*
 * The bytes that files of a kind begin with, or hold at a fixed place; what is more particular
 * comes first.
 */
struct magic {
	size_t offset;
	size_t size;
	const char *bytes;
	const char *type;
};

#define MAGIC(offset, bytes, type)                                                                 \
	{                                                                                          \
		offset, sizeof(bytes) - 1, bytes, type                                             \
	}

static const struct magic magics[] = {
    MAGIC(0, "\x89PNG\r\n\x1a\n", "image/png"),
    MAGIC(0, "\xff\xd8\xff", "image/jpeg"),
    MAGIC(0, "GIF87a", "image/gif"),
    MAGIC(0, "GIF89a", "image/gif"),
    MAGIC(8, "WEBPVP8", "image/webp"),
    MAGIC(8, "WAVEfmt ", "audio/wav"),
    MAGIC(8, "AVI LIST", "video/x-msvideo"),
    MAGIC(0, "II*\0", "image/tiff"),
    MAGIC(0, "MM\0*", "image/tiff"),
    MAGIC(0, "\0\0\1\0", "image/vnd.microsoft.icon"),
    MAGIC(0, "AT&TFORM", "image/vnd.djvu"),
    MAGIC(0, "%PDF-", "application/pdf"),
    MAGIC(0, "%!PS-", "application/postscript"),
    MAGIC(0, "{\\rtf", "application/rtf"),
    MAGIC(30, "mimetypeapplication/epub+zip", "application/epub+zip"),
    MAGIC(0, "PK\3\4", "application/zip"),
    MAGIC(0, "PK\5\6", "application/zip"),
    MAGIC(0, "\x1f\x8b\x08", "application/gzip"),
    MAGIC(0, "\x28\xb5\x2f\xfd", "application/zstd"),
    MAGIC(0,
          "\xfd"
          "7zXZ\0",
          "application/x-xz"),
    MAGIC(0, "BZh", "application/x-bzip2"),
    MAGIC(0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    MAGIC(0, "Rar!\x1a\x07", "application/vnd.rar"),
    MAGIC(257, "ustar", "application/x-tar"),
    MAGIC(0, "ZIM\x04", "application/x-zim"),
    MAGIC(0, "WARC/1.", "application/warc"),
    MAGIC(0, "SQLite format 3\0", "application/vnd.sqlite3"),
    MAGIC(0, "wOFF", "font/woff"),
    MAGIC(0, "wOF2", "font/woff2"),
    MAGIC(0, "OTTO\0", "font/otf"),
    MAGIC(0, "\0\1\0\0\0", "font/ttf"),
    MAGIC(4, "ftypavif", "image/avif"),
    MAGIC(4, "ftypheic", "image/heic"),
    MAGIC(4, "ftypM4A ", "audio/mp4"),
    MAGIC(4, "ftypqt  ", "video/quicktime"),
    MAGIC(4, "ftyp", "video/mp4"),
    MAGIC(0, "\x1a\x45\xdf\xa3", "video/matroska"),
    MAGIC(0, "OggS", "audio/ogg"),
    MAGIC(0, "fLaC", "audio/flac"),
    MAGIC(0, "ID3", "audio/mpeg"),
    MAGIC(0, "\0asm", "application/wasm"),
    MAGIC(0,
          "\x7f"
          "ELF",
          "application/x-elf"),
};

static int compare_extension(const void *name, const void *entry)
{
	return strcasecmp(name, ((const struct extension *)entry)->name);
}

static const char *type_of_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	const char *dot = strrchr(name, '.');
	const struct extension *found = NULL;

	/* A dot at the beginning hides a file and begins no extension. */
	if (dot != NULL && dot != name)
		found = bsearch(dot + 1, extensions, sizeof extensions / sizeof extensions[0],
		                sizeof extensions[0], compare_extension);
	return found != NULL ? found->type : NULL;
}

static const char *type_of_magic(struct capsa_text head)
{
	for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
		const struct magic *magic = &magics[i];

		if (head.size >= magic->offset + magic->size &&
		    memcmp(head.data + magic->offset, magic->bytes, magic->size) == 0)
			return magic->type;
	}
	return NULL;
}

/* Valid UTF-8 without control characters other than those that text files hold. */
static bool is_text(struct capsa_text head)
{
	/* The head of a longer body may end within a character. */
	size_t cut_max = head.size == IMPORT_HEAD_SIZE ? 3 : 0;

	for (size_t i = 0; i < head.size; i++) {
		unsigned char byte = (unsigned char)head.data[i];

		if (byte < 0x20 && (byte == 0 || strchr("\t\n\v\f\r\x1b", byte) == NULL))
			return false;
	}
	for (size_t cut = 0; cut <= cut_max; cut++) {
		if (capsa_utf8_valid(span_of(head.data, head.size - cut)))
			return true;
	}
	return false;
}

static bool begins(struct capsa_text text, const char *with)
{
	size_t size = strlen(with);

	return text.size >= size && strncasecmp(text.data, with, size) == 0;
}

void import_skip_mark(struct capsa_text *text)
{
	if (text->size >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0) {
		text->data += 3;
		text->size -= 3;
	}
}

/* Markup of pages that were saved under an address, not under a file's name. */
static const char *type_of_text(struct capsa_text head)
{
	import_skip_mark(&head);
	while (head.size != 0 &&
	       (head.data[0] == ' ' || (head.data[0] >= '\t' && head.data[0] <= '\r'))) {
		head.data++;
		head.size--;
	}
	if (begins(head, "<!doctype html") || begins(head, "<html"))
		return "text/html";
	if (begins(head, "<?xml"))
		return "application/xml";
	return "text/plain";
}

/*
 * The extension decides, because "docx" says more than "zip"; but where it promises text, a magic
 * number proves it wrong.
 */
const char *import_media_type(const char *path, struct capsa_text head)
{
	const char *named = type_of_name(path);
	const char *found =
	    named == NULL || strncmp(named, "text/", 5) == 0 ? type_of_magic(head) : NULL;

	if (found != NULL)
		return found;
	if (named != NULL)
		return named;
	return is_text(head) ? type_of_text(head) : "application/octet-stream";
}
