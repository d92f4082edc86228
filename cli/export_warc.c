/*
 * Articles as WARC 1.1: a warcinfo record, then for each article a response record where HTTP was
 * kept, else a resource record.
 *
 * Nothing but the archive goes into the bytes: record ids are made of its identity.
 */
#include "export.h"

#include "base.h"
#include "digest.h"
#include "export_http.h"

#include <stdlib.h>
#include <string.h>

#define UUID_SIZE 37 /* with NUL */
#define DATE_SIZE 40
#define ADDRESS_MAX 16384 /* bytes; readers bound the lines of a header */

struct warc_exporter {
	struct exporter base;           /* first, so that one pointer is both */
	struct export_output *out;
	struct cli_archive *archive;
	const struct capsa_statement *statement;
	bool metadata;
	enum container_filter filter;
	bool begun;                     /* the warcinfo record is written */
	struct container_writer *member;        /* owned: the gzip member of the record */

	/* The article that is looked at. */
	struct buffer head;             /* of HTTP; empty: a resource */
	struct buffer uri;              /* with NUL */
	struct sha256_state block, payload;
};

/* A record's header, but for what all have. */
struct record {
	const char *type;
	uint64_t number;                /* of the article that it is of */
	const char *uri;                /* NULL: none */
	const char *date;
	struct capsa_text content_type;
	const char *refers_to;          /* the type of another record of the article; NULL: none */
	const char *block_digest;
	const char *payload_digest;     /* NULL: none */
	uint64_t size;
};

/* ---- names and dates ---- */

/* The UUID of a record, version 8: the same for the same record of the same archive. */
static void name_record(const struct warc_exporter *warc, const char *type, uint64_t number,
                        char out[UUID_SIZE])
{
	static const char purpose[] = "capsa WARC record";
	struct digest_state state;
	uint8_t digest[CAPSA_DIGEST_SIZE], bytes[8];
	char hex[33];

	for (unsigned i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(number >> (8 * i));
	capsa_digest_init(&state);
	capsa_digest_update(&state, span_of(purpose, sizeof purpose));
	capsa_digest_update(&state,
	                    span_of(warc->statement->identity, sizeof warc->statement->identity));
	capsa_digest_update(&state, span_of(bytes, sizeof bytes));
	capsa_digest_update(&state, span_of(type, strlen(type)));
	capsa_digest_final(&state, digest);
	digest[6] = 0x80 | (digest[6] & 0x0f);
	digest[8] = 0x80 | (digest[8] & 0x3f);
	capsa_hex(digest, 16, hex);
	snprintf(out, UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
	         hex + 20);
}

/* A date of the line in UTC; a fraction of a second stays. */
static bool find_date(struct capsa_text line, const char *key, char out[DATE_SIZE])
{
	char time[CAPSA_TIME_TEXT];
	int64_t seconds;
	char *text, *point;

	if (!cli_line_date(line, key, &seconds) || (text = cli_line_string(line, key)) == NULL)
		return false;
	capsa_time_text(seconds, time);
	point = strchr(text, '.');
	snprintf(out, DATE_SIZE, "%.19s%.*sZ", time,
	         point != NULL ? (int)(1 + strspn(point + 1, "0123456789")) : 0,
	         point != NULL ? point : "");
	free(text);
	return true;
}

static void choose_date(const struct warc_exporter *warc, struct capsa_text line,
                        char out[DATE_SIZE])
{
	char time[CAPSA_TIME_TEXT];

	if (find_date(line, "captured", out) || find_date(line, "date", out) ||
	    find_date(line, "modified", out))
		return;
	capsa_time_text(warc->statement->created, time);
	snprintf(out, DATE_SIZE, "%s", time);
}

/* ---- addresses ---- */

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

static bool has_scheme(const char *uri)
{
	size_t size = 0;

	while (is_letter(uri[size]) ||
	       (size != 0 &&
	        (is_digit(uri[size]) || (uri[size] != '\0' && strchr("+-.", uri[size]) != NULL))))
		size++;
	return size != 0 && uri[size] == ':' && uri[size + 1] != '\0';
}

/* Append a text with all but letters, digits and `kept` as %XX; "%XX" stays where '%' is kept. */
static void append_uri(struct buffer *out, const char *text, const char *kept)
{
	for (; *text != '\0'; text++) {
		bool good = is_letter(*text) || is_digit(*text) || strchr(kept, *text) != NULL;

		if (*text == '%')
			good = good && is_hex(text[1]) && is_hex(text[2]);
		if (good)
			capsa_buffer_byte(out, (uint8_t)*text);
		else
			capsa_buffer_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

/*
 * The address of an article, or where it has none that fits a name for its path in this archive.
 * `out` is empty before.
 */
static bool append_address(struct warc_exporter *warc, struct buffer *out, struct capsa_text line,
                           const char *path)
{
	char identity[2 * CAPSA_DIGEST_SIZE + 1];
	char *url = cli_line_string(line, "url");

	if (url != NULL && has_scheme(url))
		append_uri(out, url, "-._~:/?#[]@!$&'()*+,;=%");
	if (out->size == 0 || out->size > ADDRESS_MAX) {
		buffer_clear(out);
		capsa_hex(warc->statement->identity, CAPSA_DIGEST_SIZE, identity);
		capsa_buffer_printf(out, "urn:capsa:%s:", identity);
		append_uri(out, path, "-._~/!$&'()*+,;=:@");
	}
	free(url);
	capsa_buffer_byte(out, '\0');
	return !out->failed;
}

/* Where a redirect leads, as an address: of the article, where it is a path; nothing: nowhere. */
static bool append_location(struct warc_exporter *warc, struct buffer *out, struct capsa_text line)
{
	char *location = cli_line_string(line, "location");
	struct capsa_text target;
	uint64_t number;
	bool good = true;

	if (location == NULL)
		return true;
	if (capsa_reader_find_path(warc->archive->reader, location, &number, NULL) == CAPSA_OK &&
	    capsa_reader_metadata(warc->archive->reader, number, &target, NULL) == CAPSA_OK)
		good = append_address(warc, out, target, location);
	else
		append_uri(out, location, "-._~:/?#[]@!$&'()*+,;=%");
	free(location);
	return good && !out->failed;
}

/* ---- records ---- */

static bool out_of_memory(void)
{
	cli_error("out of memory");
	return false;
}

static bool put(struct warc_exporter *warc, struct capsa_text text)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};

	if (warc->member == NULL)
		return export_put(warc->out, text.data, text.size);
	return export_wrote(warc->out, container_write(warc->member, text.data, text.size, &err),
	                    &err);
}

/* The header of a record, with what all of them have. */
static void write_header(const struct warc_exporter *warc, const struct record *record,
                         struct buffer *out)
{
	char name[UUID_SIZE];

	name_record(warc, record->type, record->number, name);
	capsa_buffer_printf(out, "WARC/1.1\r\nWARC-Type: %s\r\nWARC-Record-ID: <urn:uuid:%s>\r\n",
	                    record->type, name);
	capsa_buffer_printf(out, "WARC-Date: %s\r\n", record->date);
	if (record->uri != NULL)
		capsa_buffer_printf(out, "WARC-Target-URI: %s\r\n", record->uri);
	if (record->refers_to != NULL) {
		name_record(warc, record->refers_to, record->number, name);
		capsa_buffer_printf(out, "WARC-Refers-To: <urn:uuid:%s>\r\n", name);
	}
	if (warc->begun) {
		name_record(warc, "warcinfo", 0, name);
		capsa_buffer_printf(out, "WARC-Warcinfo-ID: <urn:uuid:%s>\r\n", name);
	}
	capsa_buffer_printf(out, "WARC-Block-Digest: sha256:%s\r\n", record->block_digest);
	if (record->payload_digest != NULL)
		capsa_buffer_printf(out, "WARC-Payload-Digest: sha256:%s\r\n",
		                    record->payload_digest);
	capsa_buffer_append(out, "Content-Type: ", 14);
	for (size_t i = 0; i < record->content_type.size; i++) {
		char c = record->content_type.data[i];

		capsa_buffer_byte(out, (unsigned char)c < 0x20 || c == 0x7f ? ' ' : (uint8_t)c);
	}
	capsa_buffer_printf(out, "\r\nContent-Length: %" PRIu64 "\r\n\r\n", record->size);
}

static bool begin_record(struct warc_exporter *warc, const struct record *record)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_sink sink = export_sink(warc->out);
	struct buffer header = {0};
	enum capsa_status status = CAPSA_OK;
	bool good;

	write_header(warc, record, &header);
	good = !header.failed || out_of_memory();
	if (good && warc->filter == CONTAINER_GZIP) {
		status =
		    container_writer_new(&warc->member, CONTAINER_RAW, warc->filter, &sink, &err);
		if (status == CAPSA_OK)
			status = container_begin(warc->member, "record",
			                         header.size + record->size + 4, 0, &err);
		good = export_wrote(warc->out, status, &err);
	}
	good = good && put(warc, text_of(buffer_span(&header)));
	capsa_buffer_release(&header);
	return good;
}

static bool end_record(struct warc_exporter *warc)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	bool good = put(warc, (struct capsa_text){"\r\n\r\n", 4});

	if (good && warc->member != NULL)
		good = export_wrote(warc->out, container_finish(warc->member, &err), &err);
	container_writer_free(warc->member);
	warc->member = NULL;
	return good;
}

static void finish_digest(struct sha256_state *state, char out[65])
{
	uint8_t digest[32];

	capsa_sha256_final(state, digest);
	capsa_hex(digest, sizeof digest, out);
}

/* A record whose block is in memory. */
static bool put_record(struct warc_exporter *warc, struct record *record, struct capsa_text block)
{
	struct sha256_state state;
	char digest[65];

	capsa_sha256_init(&state);
	capsa_sha256_update(&state, span_text(block));
	finish_digest(&state, digest);
	record->block_digest = digest;
	record->size = block.size;
	return begin_record(warc, record) && put(warc, block) && end_record(warc);
}

/* ---- the records of an archive ---- */

static void append_info(struct buffer *out, const char *name, struct capsa_text value)
{
	if (value.size == 0)
		return;
	capsa_buffer_printf(out, "%s: ", name);
	capsa_buffer_append(out, value.data, value.size);
	capsa_buffer_append(out, "\r\n", 2);
}

static bool put_warcinfo(struct warc_exporter *warc)
{
	char date[CAPSA_TIME_TEXT], identity[2 * CAPSA_DIGEST_SIZE + 1];
	struct buffer block = {0};
	struct record record = {
	    .type = "warcinfo", .date = date, .content_type = {"application/warc-fields", 23}};
	bool good;

	capsa_time_text(warc->statement->created, date);
	capsa_hex(warc->statement->identity, CAPSA_DIGEST_SIZE, identity);
	capsa_buffer_printf(&block, "software: capsa %s\r\n", capsa_version());
	capsa_buffer_printf(&block, "format: WARC File Format 1.1\r\n"
	                            "conformsTo: http://iipc.github.io/warc-specifications/"
	                            "specifications/warc-format/warc-1.1/\r\n");
	append_info(&block, "isPartOf", warc->statement->title);
	append_info(&block, "description", warc->statement->description);
	capsa_buffer_printf(&block, "capsa-statement: blake2b-256:%s\r\n", identity);
	good = !block.failed ? put_record(warc, &record, text_of(buffer_span(&block)))
	                     : out_of_memory();
	capsa_buffer_release(&block);
	warc->begun = good;
	return good;
}

static bool put_metadata(struct warc_exporter *warc, const struct export_article *article,
                         const char *of)
{
	char date[CAPSA_TIME_TEXT];
	struct record record = {.type = "metadata",
	                        .number = article->number,
	                        .uri = (const char *)warc->uri.data,
	                        .date = date,
	                        .content_type = {"application/json", 16},
	                        .refers_to = of};

	capsa_time_text(warc->statement->created, date);
	return put_record(warc, &record, article->line);
}

/* Head of HTTP and address, which are before the body. */
static enum export_result warc_look(struct exporter *exporter, struct export_article *article)
{
	struct warc_exporter *warc = (struct warc_exporter *)exporter;
	struct buffer location = {0};
	bool good;

	buffer_clear(&warc->head);
	buffer_clear(&warc->uri);
	good = append_address(warc, &warc->uri, article->line, article->path) &&
	       append_location(warc, &location, article->line);
	if (good)
		export_http_head(&warc->head, article->line, article->size,
		                 text_of(buffer_span(&location)));
	good = good && !warc->head.failed;
	capsa_buffer_release(&location);
	capsa_sha256_init(&warc->payload);
	capsa_sha256_init(&warc->block);
	capsa_sha256_update(&warc->block, buffer_span(&warc->head));
	return good || out_of_memory() ? EXPORT_DONE : EXPORT_STOPPED;
}

static void warc_look_at(struct exporter *exporter, struct capsa_text piece)
{
	struct warc_exporter *warc = (struct warc_exporter *)exporter;

	capsa_sha256_update(&warc->payload, span_text(piece));
	capsa_sha256_update(&warc->block, span_text(piece));
}

static bool put_body(struct warc_exporter *warc, struct export_article *article)
{
	for (uint64_t offset = 0; offset < article->size;) {
		struct capsa_text piece;

		if (!export_article_piece(article, offset, &piece) || !put(warc, piece))
			return false;
		offset += piece.size;
	}
	return true;
}

static enum export_result warc_write(struct exporter *exporter, struct export_article *article)
{
	struct warc_exporter *warc = (struct warc_exporter *)exporter;
	char date[DATE_SIZE], block[65], payload[65];
	char *format = cli_line_string(article->line, "format");
	const char *type = format != NULL ? format : "application/octet-stream";
	struct record record = {.type = "resource",
	                        .number = article->number,
	                        .uri = (const char *)warc->uri.data,
	                        .date = date,
	                        .content_type = {type, strlen(type)},
	                        .block_digest = block,
	                        .payload_digest = payload,
	                        .size = warc->head.size + article->size};
	bool good;

	if (warc->head.size != 0) {
		record.type = "response";
		record.content_type = (struct capsa_text){"application/http; msgtype=response", 34};
	}
	choose_date(warc, article->line, date);
	finish_digest(&warc->block, block);
	finish_digest(&warc->payload, payload);
	good = (warc->begun || put_warcinfo(warc)) && begin_record(warc, &record) &&
	       put(warc, text_of(buffer_span(&warc->head))) && put_body(warc, article) &&
	       end_record(warc) && (!warc->metadata || put_metadata(warc, article, record.type));
	free(format);
	return good ? EXPORT_DONE : EXPORT_STOPPED;
}

/* Also of an archive without articles there is a record. */
static bool warc_finish(struct exporter *exporter)
{
	struct warc_exporter *warc = (struct warc_exporter *)exporter;

	return warc->begun || put_warcinfo(warc);
}

static void warc_free(struct exporter *exporter)
{
	struct warc_exporter *warc = (struct warc_exporter *)exporter;

	container_writer_free(warc->member);
	capsa_buffer_release(&warc->head);
	capsa_buffer_release(&warc->uri);
	free(warc);
}

struct exporter *export_warc(const struct export_options *options, struct cli_archive *archive,
                             enum container_filter filter)
{
	struct warc_exporter *warc = calloc(1, sizeof *warc);

	if (warc == NULL) {
		out_of_memory();
		return NULL;
	}
	warc->base = (struct exporter){.look = warc_look,
	                               .look_at = warc_look_at,
	                               .write = warc_write,
	                               .finish = warc_finish,
	                               .free = warc_free};
	warc->out = options->out;
	warc->archive = archive;
	warc->statement = capsa_reader_statement(archive->reader);
	warc->metadata = options->metadata;
	warc->filter = filter;
	return &warc->base;
}
