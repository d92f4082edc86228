/*
 * Articles as JSONL: the metadata of each, and its body as `text` where that is text, else as
 * `body_base64`; capsa pack makes the same articles of them again (jsonl_line.c).
 */
#include "export.h"

#include <stdlib.h>
#include <string.h>

struct jsonl_exporter {
	struct exporter base;           /* first, so that one pointer is both */
	struct export_output *out;
	bool text;                      /* the body so far is valid UTF-8 without U+0000 */
	char partial[8];                /* a character that the next piece completes, and NUL */
	size_t partial_size;
};

/* ---- is it text ---- */

static enum export_result jsonl_look(struct exporter *exporter, struct export_article *article)
{
	struct jsonl_exporter *jsonl = (struct jsonl_exporter *)exporter;
	struct capsa_text value;

	jsonl->partial_size = 0;
	jsonl->text = capsa_line_find(article->line, "text", &value) != CAPSA_OK;
	if (capsa_line_find(article->line, "body_base64", &value) != CAPSA_OK)
		return EXPORT_DONE;
	cli_error("%s: %s: the metadata have a member body_base64, where JSONL has the body",
	          cli_quote(article->archive->path), cli_quote(article->path));
	return EXPORT_LEFT_OUT;
}

/* Bytes of the piece that complete the character begun before it; 0 where they do not. */
static size_t complete(struct jsonl_exporter *jsonl, struct capsa_text piece)
{
	size_t room = sizeof jsonl->partial - 1 - jsonl->partial_size;
	size_t size = piece.size < room ? piece.size : room;
	uint32_t c;

	memcpy(jsonl->partial + jsonl->partial_size, piece.data, size);
	jsonl->partial[jsonl->partial_size + size] = '\0';
	size = cli_utf8_next(jsonl->partial, &c);
	return size > jsonl->partial_size ? size - jsonl->partial_size : 0;
}

static void jsonl_look_at(struct exporter *exporter, struct capsa_text piece)
{
	struct jsonl_exporter *jsonl = (struct jsonl_exporter *)exporter;
	size_t at = 0, rest;

	if (!jsonl->text)
		return;
	if (jsonl->partial_size != 0)
		at = complete(jsonl, piece);
	jsonl->text =
	    memchr(piece.data, '\0', piece.size) == NULL && (jsonl->partial_size == 0 || at != 0);
	at += cli_utf8_prefix((struct capsa_text){piece.data + at, piece.size - at});
	rest = piece.size - at;
	if (rest > 3) {
		jsonl->text = false;
		return;
	}
	memcpy(jsonl->partial, piece.data + at, rest);
	jsonl->partial_size = rest;
}

/* ---- bodies ---- */

/* How a byte stands in a JSON string; NULL: as itself. */
static const char *escaped(char byte, char room[8])
{
	switch (byte) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		if ((unsigned char)byte >= 0x20)
			return NULL;
		snprintf(room, 8, "\\u%04x", (unsigned)byte);
		return room;
	}
}

static bool put_text(struct export_output *out, struct capsa_text piece)
{
	size_t begin = 0;
	char room[8];

	for (size_t i = 0; i < piece.size; i++) {
		const char *escape = escaped(piece.data[i], room);

		if (escape == NULL)
			continue;
		if (!export_put(out, piece.data + begin, i - begin) ||
		    !export_put_text(out, escape))
			return false;
		begin = i + 1;
	}
	return export_put(out, piece.data + begin, piece.size - begin);
}

/* Three bytes at a time; the one or two that are left wait in `group`. */
struct base64 {
	unsigned char group[3];
	size_t size;
};

static bool put_group(struct export_output *out, struct base64 *base64)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *group = base64->group;
	char text[4] = {digits[group[0] >> 2], digits[(group[0] & 3) << 4 | group[1] >> 4],
	                digits[(group[1] & 15) << 2 | group[2] >> 6], digits[group[2] & 63]};

	memset(text + base64->size + 1, '=', 3 - base64->size);
	*base64 = (struct base64){0};
	return export_put(out, text, sizeof text);
}

static bool put_base64(struct export_output *out, struct base64 *base64, struct capsa_text piece)
{
	for (size_t i = 0; i < piece.size; i++) {
		base64->group[base64->size++] = (unsigned char)piece.data[i];
		if (base64->size == 3 && !put_group(out, base64))
			return false;
	}
	return true;
}

static enum export_result put_body(struct jsonl_exporter *jsonl, struct export_article *article)
{
	struct base64 base64 = {0};
	bool good = true;

	for (uint64_t offset = 0; good && offset < article->size;) {
		struct capsa_text piece;

		if (!export_article_piece(article, offset, &piece))
			return EXPORT_STOPPED;
		offset += piece.size;
		good = jsonl->text ? put_text(jsonl->out, piece)
		                   : put_base64(jsonl->out, &base64, piece);
	}
	if (good && base64.size != 0)
		good = put_group(jsonl->out, &base64);
	return good ? EXPORT_DONE : EXPORT_STOPPED;
}

static enum export_result jsonl_write(struct exporter *exporter, struct export_article *article)
{
	struct jsonl_exporter *jsonl = (struct jsonl_exporter *)exporter;

	jsonl->text = jsonl->text && jsonl->partial_size == 0;
	/* Without its closing brace. */
	if (!export_put(jsonl->out, article->line.data, article->line.size - 1) ||
	    !export_put_text(jsonl->out, jsonl->text ? ",\"text\":\"" : ",\"body_base64\":\"") ||
	    put_body(jsonl, article) != EXPORT_DONE || !export_put_text(jsonl->out, "\"}\n"))
		return EXPORT_STOPPED;
	return EXPORT_DONE;
}

static void jsonl_free(struct exporter *exporter)
{
	free(exporter);
}

struct exporter *export_jsonl(const struct export_options *options)
{
	struct jsonl_exporter *jsonl = calloc(1, sizeof *jsonl);

	if (jsonl == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	jsonl->base = (struct exporter){
	    .look = jsonl_look, .look_at = jsonl_look_at, .write = jsonl_write, .free = jsonl_free};
	jsonl->out = options->out;
	return &jsonl->base;
}
