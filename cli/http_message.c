/*
 * HTTP responses.  Crawls keep what servers sent, also what is wrong: chunks that are none, bodies
 * that are not coded as the header says.  Nothing of a body is lost for that.
 */
#include "http_message.h"

#include "base.h"
#include "inflate.h"

#include <stdlib.h>

#define PIECE_SIZE (64U << 10)
#define CHUNK_LINE_MAX 1024
#define CODINGS_MAX 8
#define GROWTH_FREE (64U << 20)
#define GROWTH_MAX 1000

bool import_http_status(struct capsa_text line, struct http_status *out)
{
	const char *space = memchr(line.data, ' ', line.size);
	size_t size = space != NULL ? (size_t)(space - line.data) : line.size;

	*out = (struct http_status){.protocol = {line.data, size}};
	if (size < 6 || strncasecmp(line.data, "HTTP/", 5) != 0)
		return false;
	out->text = import_trim((struct capsa_text){line.data + size, line.size - size});
	for (size_t i = 0; i < 3; i++) {
		if (i >= out->text.size || out->text.data[i] < '0' || out->text.data[i] > '9') {
			out->code = 0;
			break;
		}
		out->code = out->code * 10 + (unsigned)(out->text.data[i] - '0');
	}
	return true;
}

/* RFC 9110's token. */
static bool is_token_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool import_http_is_type(struct capsa_text type)
{
	size_t at = 0, slash;

	while (at < type.size && is_token_character(type.data[at]))
		at++;
	if (at == 0 || at == type.size || type.data[at] != '/')
		return false;
	slash = at++;
	while (at < type.size && is_token_character(type.data[at]))
		at++;
	if (at == slash + 1)
		return false;
	while (at < type.size && (type.data[at] == ' ' || type.data[at] == '\t'))
		at++;
	if (at < type.size && type.data[at] != ';')
		return false;
	for (; at < type.size; at++)
		if ((unsigned char)type.data[at] < ' ' || (unsigned char)type.data[at] > '~')
			return false;
	return true;
}

/* ---- bytes of a body ---- */

struct body_reader {
	const struct capsa_source *body;
	uint64_t at; /* behind what is in `piece` */
	struct capsa_text left; /* of the piece */
	char piece[PIECE_SIZE];
};

/* Have a byte in `left`, unless the end has come. */
static bool load(struct body_reader *in, struct capsa_error *err)
{
	size_t size = sizeof in->piece;
	int failed;

	if (in->left.size != 0 || in->at == in->body->size)
		return true;
	if (size > in->body->size - in->at)
		size = (size_t)(in->body->size - in->at);
	failed = in->body->read_at(in->body->ctx, in->at, in->piece, size);
	if (failed != 0) {
		capsa_fail_sys(err, failed, CAPSA_NO_OFFSET, "cannot be read");
		return false;
	}
	in->at += size;
	in->left = (struct capsa_text){in->piece, size};
	return true;
}

static struct body_reader *new_reader(const struct capsa_source *body, struct capsa_error *err)
{
	struct body_reader *in = malloc(sizeof *in);

	if (in == NULL) {
		capsa_fail_memory(err);
		return NULL;
	}
	in->body = body;
	in->at = 0;
	in->left = (struct capsa_text){in->piece, 0};
	return in;
}

/* Copy up to `size` bytes; *copied may be fewer at the end. */
static bool copy(struct body_reader *in, uint64_t size, uint64_t *copied, struct held_body *out,
                 struct capsa_error *err)
{
	for (*copied = 0; *copied < size;) {
		struct capsa_text some;

		if (!load(in, err))
			return false;
		some = in->left;
		if (some.size == 0)
			return true;
		if (some.size > size - *copied)
			some.size = (size_t)(size - *copied);
		if (!import_hold_put(out, some, err))
			return false;
		in->left.data += some.size;
		in->left.size -= some.size;
		*copied += some.size;
	}
	return true;
}

/* ---- chunks ---- */

/* A line with its end, of at most CHUNK_LINE_MAX bytes. */
static bool read_line(struct body_reader *in, char *line, size_t *size, struct capsa_error *err)
{
	for (*size = 0; *size < CHUNK_LINE_MAX;) {
		if (!load(in, err))
			return false;
		if (in->left.size == 0)
			return true;
		line[(*size)++] = *in->left.data++;
		in->left.size--;
		if (line[*size - 1] == '\n')
			return true;
	}
	return true;
}

/* "1c37;extension\r\n"; false: no chunk begins so. */
static bool parse_chunk(const char *line, size_t size, uint64_t *length)
{
	size_t at = 0;

	*length = 0;
	for (; at < size && at < 16; at++) {
		char c = line[at];

		if (c >= '0' && c <= '9')
			*length = *length << 4 | (uint64_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			*length = *length << 4 | (uint64_t)((c | 0x20) - 'a' + 10);
		else
			break;
	}
	if (at == 0 || size == 0 || line[size - 1] != '\n')
		return false;
	while (at < size && (line[at] == ' ' || line[at] == '\t'))
		at++;
	return line[at] == ';' || line[at] == '\r' || line[at] == '\n';
}

/* Pass over a line end, if there is one: *any. */
static bool skip_line_end(struct body_reader *in, bool *any, struct capsa_error *err)
{
	*any = false;
	for (const char *c = "\r\n"; *c != '\0'; c++) {
		if (!load(in, err))
			return false;
		if (in->left.size == 0 || in->left.data[0] != *c)
			continue;
		in->left.data++;
		in->left.size--;
		*any = *c == '\n';
	}
	return true;
}

/* What is known of the chunks so far. */
struct chunks {
	bool bare; /* a line ends with LF alone */
	bool wrong; /* one is not as it should be */
};

/*
 * One chunk: 1, 0 after the last, 2 where none begins: then all else was taken; -1 failed.
 */
static int take_chunk(struct body_reader *in, struct chunks *chunks, struct held_body *out,
                      struct capsa_error *err)
{
	char line[CHUNK_LINE_MAX];
	uint64_t length, copied;
	size_t size;
	bool ends;

	if (!read_line(in, line, &size, err))
		return -1;
	chunks->wrong |= size == 0 && chunks->bare;
	if (size == 0)
		return 0;
	if (!parse_chunk(line, size, &length)) {
		chunks->wrong = true;
		if (!import_hold_put(out, (struct capsa_text){line, size}, err) ||
		    !copy(in, UINT64_MAX, &copied, out, err))
			return -1;
		return 2;
	}
	chunks->bare |= size == 1 || line[size - 2] != '\r';
	if (!copy(in, length, &copied, out, err))
		return -1;
	chunks->wrong |= copied < length && chunks->bare;
	if (copied < length)
		return 0;
	/* What is there instead of a line end is a matter for the next chunk. */
	if (!skip_line_end(in, &ends, err))
		return -1;
	chunks->wrong |= !ends && in->left.size != 0;
	return length != 0;
}

static bool is_chunked(const struct header *header)
{
	for (size_t i = 0; i < header->count; i++) {
		struct capsa_text value = header->fields[i].value;

		if (import_is_word(header->fields[i].name, "Transfer-Encoding") &&
		    value.size >= 7 && strncasecmp(value.data + value.size - 7, "chunked", 7) == 0)
			return true;
	}
	return false;
}

/*
 * Some crawls keep bodies without their chunks, but with the header that says there are some; such
 * a body may begin like a chunk by chance: "0\n", "cafe\n", "a;b;c\r\n".  So it is taken for chunked
 * only where the first chunk is as it should be; and where lines end with LF alone, which servers
 * hardly send, where all are.
 */
enum http_coding import_http_dechunk(const struct header *header, const struct capsa_source *body,
                                     struct held_body *out, const char *directory,
                                     struct capsa_error *err)
{
	struct chunks chunks = {false, false};
	struct body_reader *in;
	uint64_t copied;
	bool kept;
	int got;

	if (!is_chunked(header) || body->size == 0)
		return HTTP_PLAIN;
	in = new_reader(body, err);
	if (in == NULL)
		return HTTP_FAILED;
	import_hold_begin(out, directory);
	got = take_chunk(in, &chunks, out, err);
	kept = chunks.wrong;
	while (got == 1 && !kept)
		got = take_chunk(in, &chunks, out, err);
	kept |= chunks.bare && chunks.wrong;
	if (got >= 0 && kept) {
		in->at = 0;
		in->left.size = 0;
		import_hold_begin(out, directory);
		got = copy(in, UINT64_MAX, &copied, out, err) ? 0 : -1;
	}
	free(in);
	if (got < 0)
		return HTTP_FAILED;
	return kept ? HTTP_KEPT : HTTP_DECODED;
}

/* ---- content codings ---- */

/* The inflaters that undo the codings, the last coding first. */
struct decoder {
	struct inflater *inflaters[CODINGS_MAX]; /* owned */
	enum inflate_kind kinds[CODINGS_MAX];
	bool ended[CODINGS_MAX];
	uint64_t given[CODINGS_MAX]; /* bytes that each gave so far */
	size_t count;
	char *pieces[CODINGS_MAX]; /* owned: what each gives */
	struct held_body *out;
	uint64_t max; /* that each may give */
};

/* *kind of a coding that is known. */
static bool is_known(struct capsa_text coding, enum inflate_kind *kind)
{
	static const struct {
		const char *name;
		enum inflate_kind kind;
	} known[] = {{"gzip", INFLATE_GZIP},
	             {"x-gzip", INFLATE_GZIP},
	             {"deflate", INFLATE_DEFLATE},
	             {"br", INFLATE_BROTLI},
	             {"zstd", INFLATE_ZSTD}};

	for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (import_is_word(coding, known[i].name)) {
			*kind = known[i].kind;
			return true;
		}
	}
	return false;
}

/*
 * The codings that a header names, in the order in which they were applied, but for those that do
 * nothing.  False: one is not known, or there are too many.
 */
static bool find_codings(const struct header *header, enum inflate_kind kinds[CODINGS_MAX],
                         size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < header->count; i++) {
		struct capsa_text rest = header->fields[i].value;

		if (!import_is_word(header->fields[i].name, "Content-Encoding"))
			continue;
		while (rest.size != 0) {
			const char *comma = memchr(rest.data, ',', rest.size);
			size_t size = comma != NULL ? (size_t)(comma - rest.data) : rest.size;
			struct capsa_text coding =
			    import_trim((struct capsa_text){rest.data, size});

			rest.data += size + (comma != NULL);
			rest.size -= size + (comma != NULL);
			if (coding.size == 0 || import_is_word(coding, "identity"))
				continue;
			if (*count == CODINGS_MAX || !is_known(coding, &kinds[*count]))
				return false;
			++*count;
		}
	}
	return true;
}

static void release(struct decoder *decoder)
{
	for (size_t i = 0; i < decoder->count; i++) {
		import_inflater_free(decoder->inflaters[i]);
		free(decoder->pieces[i]);
	}
}

static bool prepare(struct decoder *decoder, const enum inflate_kind *kinds, size_t count,
                    struct capsa_error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct capsa_text none = {"", 0};

		decoder->kinds[i] = kinds[count - 1 - i];
		decoder->inflaters[i] = import_inflater_new(decoder->kinds[i], none);
		decoder->pieces[i] = malloc(PIECE_SIZE);
		decoder->count = i + 1;
		if (decoder->inflaters[i] == NULL || decoder->pieces[i] == NULL) {
			capsa_fail_memory(err);
			return false;
		}
	}
	return true;
}

/*
 * What one coding grows to is bounded, not only what the last one gives: a body that is coded
 * several times may grow a thousandfold each time and come to nothing in the end.
 */
static bool count(struct decoder *decoder, size_t at, size_t size, struct capsa_error *err)
{
	decoder->given[at] += size;
	if (decoder->given[at] <= decoder->max)
		return true;
	capsa_fail(
	    err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
	    "the body grows to more than 1,000 times its stored size; --wire packs it as it is");
	return false;
}

/* Does what follows the end of a coding belong to it? */
static bool goes_on(enum inflate_kind kind, unsigned char c)
{
	if (kind == INFLATE_ZSTD)
		return c == 0x28 || (c & 0xf0) == 0x50;
	return kind == INFLATE_GZIP && c == 0x1f;
}

/*
 * gzip may have several members, and zstd several frames; all else that follows the end of a coding
 * is passed over.
 */
static void begin_again(struct decoder *decoder, size_t at, struct capsa_text in)
{
	if (decoder->ended[at] && in.size != 0 &&
	    goes_on(decoder->kinds[at], (unsigned char)in.data[0]) &&
	    import_inflater_reset(decoder->inflaters[at]))
		decoder->ended[at] = false;
}

/* Bytes into the decoder number `at`. */
static enum http_coding decode_piece(struct decoder *decoder, size_t at, struct capsa_text in,
                                     struct capsa_error *err)
{
	if (at == decoder->count)
		return import_hold_put(decoder->out, in, err) ? HTTP_DECODED : HTTP_FAILED;
	for (begin_again(decoder, at, in); !decoder->ended[at]; begin_again(decoder, at, in)) {
		char *room = decoder->pieces[at];
		size_t left = PIECE_SIZE, given = in.size;
		enum inflate_status status =
		    import_inflate(decoder->inflaters[at], &in, &room, &left);
		struct capsa_text got = {decoder->pieces[at], PIECE_SIZE - left};
		enum http_coding coding;

		if (status == INFLATE_BAD)
			return HTTP_KEPT;
		if (status == INFLATE_MEMORY) {
			capsa_fail_memory(err);
			return HTTP_FAILED;
		}
		decoder->ended[at] = status == INFLATE_END;
		if (!count(decoder, at, got.size, err))
			return HTTP_FAILED;
		coding = got.size != 0 ? decode_piece(decoder, at + 1, got, err) : HTTP_DECODED;
		if (coding != HTTP_DECODED)
			return coding;
		if (left != 0 && (in.size == 0 || in.size == given))
			break;
	}
	return HTTP_DECODED;
}

/* All of the body, up to where all codings end. */
static enum http_coding decode_all(struct decoder *decoder, const struct capsa_source *body,
                                   struct capsa_error *err)
{
	struct body_reader *in = new_reader(body, err);
	enum http_coding coding = in != NULL ? HTTP_DECODED : HTTP_FAILED;

	while (coding == HTTP_DECODED) {
		if (!load(in, err)) {
			coding = HTTP_FAILED;
			break;
		}
		if (in->left.size == 0)
			break;
		coding = decode_piece(decoder, 0, in->left, err);
		in->left.size = 0;
	}
	free(in);
	for (size_t i = 0; coding == HTTP_DECODED && i < decoder->count; i++)
		if (!decoder->ended[i])
			return HTTP_KEPT;
	return coding;
}

enum http_coding import_http_decode(const struct header *header, const struct capsa_source *body,
                                    uint64_t stored, struct held_body *out, const char *directory,
                                    struct capsa_error *err)
{
	struct decoder decoder = {.out = out, .max = GROWTH_FREE};
	enum inflate_kind kinds[CODINGS_MAX];
	enum http_coding coding = HTTP_FAILED;
	size_t count;

	if (!find_codings(header, kinds, &count))
		return HTTP_KEPT;
	if (count == 0 || body->size == 0)
		return HTTP_PLAIN;
	if (stored > GROWTH_FREE / GROWTH_MAX)
		decoder.max = stored < UINT64_MAX / GROWTH_MAX ? stored * GROWTH_MAX : UINT64_MAX;
	import_hold_begin(out, directory);
	if (prepare(&decoder, kinds, count, err))
		coding = decode_all(&decoder, body, err);
	release(&decoder);
	return coding;
}

/* ---- addresses ---- */

/* Bytes of "scheme:" at the beginning; 0: there is none. */
static size_t scheme_size(struct capsa_text url)
{
	for (size_t i = 0; i < url.size; i++) {
		char c = url.data[i];
		bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (c == ':' && i != 0)
			return i + 1;
		if (!letter &&
		    (i == 0 || ((c < '0' || c > '9') && c != '+' && c != '-' && c != '.')))
			return 0;
	}
	return 0;
}

/* How much of the address is before the first of these characters, from `from` on. */
static size_t until(struct capsa_text url, size_t from, const char *characters)
{
	while (from < url.size &&
	       (url.data[from] == '\0' || strchr(characters, url.data[from]) == NULL))
		from++;
	return from;
}

/* Take "." and ".." out of a path, in place; the size that is left. */
static size_t remove_dots(char *path, size_t size)
{
	size_t to = 0;

	for (size_t at = 0; at < size;) {
		size_t end = at + 1;

		/* A segment with the slash before it. */
		while (end < size && path[end] != '/')
			end++;
		if (end - at == 2 && path[at + 1] == '.') {
			if (end == size)
				path[to++] = '/';
		} else if (end - at == 3 && path[at + 1] == '.' && path[at + 2] == '.') {
			while (to != 0 && path[--to] != '/')
				;
			if (end == size)
				path[to++] = '/';
		} else {
			memmove(path + to, path + at, end - at);
			to += end - at;
		}
		at = end;
	}
	return to;
}

char *import_http_resolve(struct capsa_text base, struct capsa_text location)
{
	size_t scheme = scheme_size(base), host, path, keep;
	char *out = malloc(base.size + location.size + 2);
	size_t size, begin;

	if (out == NULL)
		return NULL;
	host = scheme + 2 <= base.size && memcmp(base.data + scheme, "//", 2) == 0
	           ? until(base, scheme + 2, "/?#")
	           : scheme;
	path = until(base, host, "?#");
	if (scheme_size(location) != 0)
		keep = 0;
	else if (location.size >= 2 && memcmp(location.data, "//", 2) == 0)
		keep = scheme;
	else if (location.size == 0 || location.data[0] == '#')
		keep = until(base, host, "#");
	else if (location.data[0] == '?')
		keep = path;
	else if (location.data[0] == '/')
		keep = host;
	else
		for (keep = path; keep > host && base.data[keep - 1] != '/';)
			keep--;
	memcpy(out, base.data, keep);
	size = keep;
	/* "http://example.org" and "a" */
	if (keep == host && keep != 0 && location.size != 0 &&
	    strchr("/?#", location.data[0]) == NULL)
		out[size++] = '/';
	memcpy(out + size, location.data, location.size);
	size += location.size;
	begin = keep < host || keep == 0 ? size : host;
	if (begin < size && out[begin] == '/') {
		size_t end = until((struct capsa_text){out, size}, begin, "?#");
		size_t left = remove_dots(out + begin, end - begin);

		memmove(out + begin + left, out + end, size - end);
		size -= end - begin - left;
	}
	out[size] = '\0';
	return out;
}
