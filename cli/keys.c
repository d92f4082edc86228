/*
 * The keys that the format leaves to its callers (spec 14): the SURT of a URL and the folded title.
 *
 * A URL is rewritten in one allocation: the stripped copy lies at its end, the SURT grows from its
 * beginning.  No byte of a URL becomes more than three, so the two never meet.
 */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct surt {
	char *data;
	size_t size;
};

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_letter(char c)
{
	return is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char to_lower(char c)
{
	return is_upper(c) ? (char)(c + ('a' - 'A')) : c;
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *find_byte(struct capsa_text text, char c)
{
	return text.size != 0 ? memchr(text.data, c, text.size) : NULL;
}

/* Cut `rest` at `at`, NULL for its end: what is before is returned, `rest` begins there. */
static struct capsa_text cut(struct capsa_text *rest, const char *at)
{
	struct capsa_text before = *rest;

	if (at != NULL)
		before.size = (size_t)(at - rest->data);
	rest->data += before.size;
	rest->size -= before.size;
	return before;
}

static struct capsa_text skip(struct capsa_text text, size_t size)
{
	return (struct capsa_text){text.data + size, text.size - size};
}

/* Step 1: without white space around and inside, without fragment.  Returns the size. */
static size_t strip(struct capsa_text url, char *out)
{
	size_t from = 0;
	size_t end = url.size;
	size_t size = 0;

	while (from < end && (uint8_t)url.data[from] <= 0x20)
		from++;
	while (end > from && (uint8_t)url.data[end - 1] <= 0x20)
		end--;
	for (; from < end && url.data[from] != '#'; from++) {
		char c = url.data[from];

		if (c != '\t' && c != '\n' && c != '\r')
			out[size++] = c;
	}
	return size;
}

/* Step 2: bytes before the colon of a scheme; 0 where the text has none. */
static size_t scheme_size(struct capsa_text text)
{
	size_t size = 0;

	if (text.size == 0 || !is_letter(text.data[0]))
		return 0;
	while (size < text.size &&
	       (is_letter(text.data[size]) || is_digit(text.data[size]) || text.data[size] == '+' ||
	        text.data[size] == '-' || text.data[size] == '.'))
		size++;
	return size < text.size && text.data[size] == ':' ? size : 0;
}

static void add(struct surt *surt, const char *data, size_t size)
{
	memcpy(surt->data + surt->size, data, size);
	surt->size += size;
}

/* Step 6: one byte, escaped where it must be; `escaped` says that it was. */
static void add_byte(struct surt *surt, char c, bool escaped)
{
	static const char digits[] = "0123456789ABCDEF";
	uint8_t byte = (uint8_t)c;
	bool unreserved = is_letter(c) || is_digit(c) || (c != '\0' && strchr("-._~", c) != NULL);
	bool unsafe = byte <= 0x20 || byte >= 0x7F || strchr("\"<>`", c) != NULL;

	if (unsafe || (escaped && !unreserved))
		add(surt, (char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3);
	else
		add(surt, &c, 1);
}

/* Step 6. */
static void add_escaped(struct surt *surt, struct capsa_text text)
{
	for (size_t i = 0; i < text.size; i++) {
		int high = -1;
		int low = -1;

		if (text.data[i] == '%' && text.size - i > 2) {
			high = hex_value(text.data[i + 1]);
			low = hex_value(text.data[i + 2]);
		}
		if (high >= 0 && low >= 0) {
			add_byte(surt, (char)(high << 4 | low), true);
			i += 2;
		} else {
			add_byte(surt, text.data[i], false);
		}
	}
}

/* RFC 3986, 5.2.4, in place, for a path that begins with a slash; returns its new size. */
static size_t resolve_dots(char *path, size_t size)
{
	size_t out = 0;
	size_t end;

	for (size_t in = 0; in < size; in = end) {
		size_t length;

		for (end = in + 1; end < size && path[end] != '/'; end++)
			;
		length = end - in;
		if (length == 2 && memcmp(path + in, "/.", 2) == 0) {
			length = 0;
		} else if (length == 3 && memcmp(path + in, "/..", 3) == 0) {
			while (out > 0 && path[--out] != '/')
				;
			length = 0;
		}
		memmove(path + out, path + in, length);
		out += length;
		if (length == 0 && end == size)
			path[out++] = '/';
	}
	return out;
}

/* Step 4, behind the removal of the port. */
static void add_host(struct surt *surt, struct capsa_text host)
{
	size_t start = surt->size;
	bool reversed = false;

	while (host.size > 0 && host.data[host.size - 1] == '.')
		host.size--;
	if (host.size > 4 && to_lower(host.data[0]) == 'w' && to_lower(host.data[1]) == 'w' &&
	    to_lower(host.data[2]) == 'w' && host.data[3] == '.')
		host = skip(host, 4);
	if (host.size > 0 && host.data[0] != '[')
		for (size_t i = 0; i < host.size && !reversed; i++)
			reversed = host.data[i] != '.' && !is_digit(host.data[i]);
	if (!reversed)
		add(surt, host.data, host.size);
	for (size_t end = host.size; reversed;) {
		size_t label = end;

		while (label > 0 && host.data[label - 1] != '.')
			label--;
		add(surt, host.data + label, end - label);
		if (label == 0)
			break;
		add(surt, ",", 1);
		end = label - 1;
	}
	for (size_t i = start; i < surt->size; i++)
		surt->data[i] = to_lower(surt->data[i]);
}

/* Steps 3 and 5: what follows "http://" or "https://". */
static void add_web(struct surt *surt, struct capsa_text rest, const char *default_port)
{
	const char *slash = find_byte(rest, '/');
	const char *query = find_byte(rest, '?');
	struct capsa_text host =
	    cut(&rest, slash == NULL || (query != NULL && query < slash) ? query : slash);
	struct capsa_text path = cut(&rest, find_byte(rest, '?'));
	struct capsa_text port = {"", 0};
	size_t start;

	for (size_t i = host.size; i-- > 0;) {
		if (host.data[i] == '@') {
			host = skip(host, i + 1);
			break;
		}
	}
	for (size_t i = host.size; i-- > 0 && host.data[i] != ']';) {
		if (host.data[i] == ':') {
			port = skip(host, i + 1);
			host.size = i;
			break;
		}
	}
	add_host(surt, host);
	if (port.size != 0 && (port.size != strlen(default_port) ||
	                       memcmp(port.data, default_port, port.size) != 0)) {
		add(surt, ":", 1);
		add(surt, port.data, port.size);
	}
	add(surt, ")", 1);
	start = surt->size;
	if (path.size == 0)
		add(surt, "/", 1);
	add_escaped(surt, path);
	surt->size = start + resolve_dots(surt->data + start, surt->size - start);
	if (rest.size > 1)
		add_escaped(surt, rest);
}

char *cli_surt(struct capsa_text url, size_t *size)
{
	/* Besides the bytes escaped: ')', '/' for an empty path, and NUL. */
	size_t room = url.size <= (SIZE_MAX - 3) / 4 ? 4 * url.size + 3 : 0;
	struct surt surt = {room != 0 ? malloc(room) : NULL, 0};
	struct capsa_text rest;
	char scheme[8] = "";
	size_t scheme_end;

	if (surt.data == NULL)
		return NULL;
	rest.data = surt.data + room - url.size;
	rest.size = strip(url, surt.data + room - url.size);
	scheme_end = scheme_size(rest);
	for (size_t i = 0; i < scheme_end; i++)
		surt.data[i] = to_lower(rest.data[i]);
	if (scheme_end < sizeof scheme)
		memcpy(scheme, surt.data, scheme_end);
	if ((strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
	    rest.size >= scheme_end + 3 && memcmp(rest.data + scheme_end, "://", 3) == 0) {
		add_web(&surt, skip(rest, scheme_end + 3), scheme[4] == 's' ? "443" : "80");
	} else {
		surt.size = scheme_end;
		add_escaped(&surt, skip(rest, scheme_end));
	}
	surt.data[surt.size] = '\0';
	*size = surt.size;
	return surt.data;
}

/* ---- text ---- */

static char *map(struct capsa_text text, unsigned options)
{
	utf8proc_uint8_t *out = NULL;

	if (utf8proc_map((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, &out,
	                 (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPOSE | options)) < 0)
		return NULL;
	return (char *)out;
}

/* Folded without utf8proc where all is ASCII, NULL where it is not or memory is out. */
static char *fold_ascii(struct capsa_text text)
{
	char *out;

	for (size_t i = 0; i < text.size; i++)
		if ((uint8_t)text.data[i] >= 0x80)
			return NULL;
	out = malloc(text.size + 1);
	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < text.size; i++)
		out[i] = to_lower(text.data[i]);
	out[text.size] = '\0';
	return out;
}

/* Unicode's property White_Space. */
static bool is_white(utf8proc_int32_t c)
{
	utf8proc_category_t category;

	if (c < 0x80)
		return c == ' ' || (c >= 0x09 && c <= 0x0D);
	category = utf8proc_category(c);
	return c == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

/* The code point at the beginning of text, which is not empty; its size, 0 where it is invalid. */
static size_t next_code_point(struct capsa_text text, utf8proc_int32_t *c)
{
	utf8proc_ssize_t size;

	if ((uint8_t)text.data[0] < 0x80) {
		*c = text.data[0];
		return 1;
	}
	size =
	    utf8proc_iterate((const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, c);
	return size > 0 ? (size_t)size : 0;
}

/* Each run of white space becomes one space, none at either end; in place. */
static void collapse(char *text)
{
	struct capsa_text rest = {text, strlen(text)};
	bool gap = false;
	char *out = text;

	while (rest.size > 0) {
		utf8proc_int32_t c = 0;
		size_t size = next_code_point(rest, &c);

		if (size == 0)
			break;
		if (is_white(c)) {
			gap = out != text;
		} else {
			if (gap)
				*out++ = ' ';
			gap = false;
			memmove(out, rest.data, size);
			out += size;
		}
		rest = skip(rest, size);
	}
	*out = '\0';
}

char *cli_nfc(struct capsa_text text)
{
	return map(text, 0);
}

char *cli_fold_path(struct capsa_text path)
{
	char *out = fold_ascii(path);

	return out != NULL ? out : map(path, UTF8PROC_CASEFOLD);
}

char *cli_fold(struct capsa_text text)
{
	char *out = cli_fold_path(text);

	if (out != NULL)
		collapse(out);
	return out;
}

size_t cli_utf8_next(const char *text, uint32_t *c)
{
	utf8proc_int32_t point;
	size_t size = next_code_point((struct capsa_text){text, strnlen(text, 4)}, &point);

	if (size != 0)
		*c = (uint32_t)point;
	return size;
}

size_t cli_utf8_prefix(struct capsa_text text)
{
	struct capsa_text rest = text;

	while (rest.size > 0) {
		utf8proc_int32_t c;
		size_t size = next_code_point(rest, &c);

		if (size == 0)
			break;
		rest = skip(rest, size);
	}
	return text.size - rest.size;
}

/* ---- keys ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int url_key(void *ctx, struct capsa_text url, void *key, size_t capacity, size_t *size)
{
	char *surt = cli_surt(url, size);

	(void)ctx;
	if (surt == NULL)
		return ENOMEM;
	*size = least(*size, least(capacity, CAPSA_URL_KEY_MAX));
	memcpy(key, surt, *size);
	free(surt);
	return 0;
}

static int title_key(void *ctx, struct capsa_text title, void *key, size_t capacity, size_t *size)
{
	char *folded = cli_fold(title);
	size_t limit = least(capacity, CAPSA_TITLE_KEY_MAX);

	(void)ctx;
	if (folded == NULL)
		return ENOMEM;
	*size = cli_utf8_prefix((struct capsa_text){folded, least(strlen(folded), limit)});
	memcpy(key, folded, *size);
	free(folded);
	return 0;
}

const struct capsa_keys *cli_keys(void)
{
	static struct capsa_keys keys = {.url = url_key, .title = title_key};

	/* Of the utf8proc that is loaded, which may be newer than the one compiled against. */
	keys.unicode = utf8proc_unicode_version();
	return &keys;
}
