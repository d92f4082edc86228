/*
 * Records of WARC 0.17 to 1.1 and of ARC 1 and 2.
 *
 * Where a record is no good, what follows is searched line by line for the next that begins, or,
 * where the packing is damaged, member by member.
 */
#include "warc_reader.h"

#include "base.h"

#include <stdlib.h>

#define SIZE_MAX_OF_BLOCK ((UINT64_C(1) << 53) - 1)
#define GROWTH_FREE (64U << 20)
#define GROWTH_MAX 1000

struct warc_reader {
	struct warc_bytes bytes;
	struct warc_record record;
	char *line; /* owned: of ARC, IMPORT_HEADER_LINE_MAX bytes */
	uint64_t left; /* of the block */
	uint64_t taken, stored; /* of the block; where the record begins in the stream */
	unsigned arc_version; /* 0: the file is no ARC */
	bool open; /* the record's end is still to be checked */
	bool lost; /* where the next record begins is not known */
	bool failed; /* the bytes could not be had */
	bool cut; /* the file ended within the block */
	bool placed; /* where the record begins is known */
	char date[CAPSA_TIME_TEXT];
};

struct warc_reader *import_warc_reader_new(struct import_stream *stream)
{
	struct warc_reader *reader = calloc(1, sizeof *reader);

	if (reader == NULL) {
		stream->close(stream);
		return NULL;
	}
	reader->line = malloc(IMPORT_HEADER_LINE_MAX);
	if (import_warc_bytes_open(&reader->bytes, stream) && reader->line != NULL)
		return reader;
	import_warc_reader_free(reader);
	return NULL;
}

void import_warc_reader_free(struct warc_reader *reader)
{
	if (reader == NULL)
		return;
	import_warc_bytes_close(&reader->bytes);
	import_header_release(&reader->record.header);
	free(reader->line);
	free(reader);
}

uint64_t import_warc_reader_offset(const struct warc_reader *reader)
{
	return reader->bytes.raw_offset;
}

bool import_warc_is_cut(const struct warc_reader *reader)
{
	return reader->cut;
}

void import_warc_place(const struct warc_reader *reader, char *out, size_t size)
{
	const struct warc_record *record = &reader->record;

	snprintf(out, size, "record %" PRIu64 " at offset %" PRIu64 "%s", record->number,
	         record->offset, record->unpacked ? " when unpacked" : "");
}

/* ---- failing ---- */

/* Where the record begins: in the file, where a member begins with it. */
static void set_place(struct warc_reader *reader)
{
	const struct warc_bytes *bytes = &reader->bytes;
	struct warc_record *record = &reader->record;
	bool whole = bytes->packed && (bytes->position == bytes->member_position || reader->failed);

	record->unpacked = bytes->packed && !whole;
	record->offset = whole ? bytes->member : bytes->position;
	reader->stored = whole ? bytes->member : bytes->raw_offset;
	reader->placed = true;
}

static bool fail(struct warc_reader *reader, struct capsa_error *err, const char *what)
{
	char place[96];

	if (!reader->placed)
		set_place(reader);
	import_warc_place(reader, place, sizeof place);
	reader->open = false;
	reader->lost = true;
	capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "%s: %s", place, what);
	return false;
}

/* The bytes could not be had, for the reason in *why. */
static bool fail_bytes(struct warc_reader *reader, struct capsa_error *err,
                       const struct capsa_error *why)
{
	reader->failed = true;
	fail(reader, err, why->text);
	if (err != NULL)
		err->sys = why->sys;
	return false;
}

static bool fill(struct warc_reader *reader, size_t wanted, struct capsa_error *err)
{
	struct capsa_error why = {0};

	return import_warc_bytes_fill(&reader->bytes, wanted, &why) ||
	       fail_bytes(reader, err, &why);
}

static bool fill_inside(struct warc_reader *reader, size_t wanted, struct capsa_error *err)
{
	struct capsa_error why = {0};

	return import_warc_bytes_fill_inside(&reader->bytes, wanted, &why) ||
	       fail_bytes(reader, err, &why);
}

static struct capsa_text window(const struct warc_reader *reader)
{
	return import_warc_bytes_window(&reader->bytes);
}

/* ---- where records begin ---- */

/*
 * The next line with its end, or the beginning of one that is too long; it ends where a member
 * does.  Empty at the end.
 */
static bool peek_line(struct warc_reader *reader, struct capsa_text *line, struct capsa_error *err)
{
	struct warc_bytes *bytes = &reader->bytes;
	uint64_t size;

	for (size_t searched = 0;;) {
		const char *end;

		if (!fill(reader, searched + 1, err))
			return false;
		*line = window(reader);
		if (line->size > IMPORT_HEADER_LINE_MAX)
			line->size = IMPORT_HEADER_LINE_MAX;
		end = memchr(line->data + searched, '\n', line->size - searched);
		if (end != NULL)
			line->size = (size_t)(end - line->data) + 1;
		if (end != NULL || line->size == searched || line->size == IMPORT_HEADER_LINE_MAX)
			break;
		searched = line->size;
	}
	size = bytes->member_position - bytes->position;
	if (bytes->packed && bytes->member_position > bytes->position && size < line->size)
		line->size = (size_t)size;
	return true;
}

static bool is_warc_line(struct capsa_text line)
{
	return line.size >= 6 && memcmp(line.data, "WARC/", 5) == 0 && line.data[5] >= '0' &&
	       line.data[5] <= '9';
}

static bool is_arc_line(const struct warc_reader *reader, struct capsa_text line)
{
	struct arc_head head;

	return reader->arc_version != 0 &&
	       import_arc_head(import_trim(line), reader->arc_version, &head);
}

/* Search a line that begins a record.  False: the end has come. */
static bool search(struct warc_reader *reader)
{
	struct capsa_text line;

	while (cli_signal == 0) {
		if (reader->failed && !import_warc_bytes_recover(&reader->bytes))
			return false;
		reader->failed = false;
		if (!peek_line(reader, &line, NULL))
			continue;
		if (line.size == 0)
			return false;
		if (is_warc_line(line) || is_arc_line(reader, line)) {
			reader->lost = false;
			return true;
		}
		import_warc_bytes_take(&reader->bytes, line.size);
	}
	return false;
}

/* Pass over line ends between records; *any tells whether there were some. */
static bool skip_lines(struct warc_reader *reader, bool inside, bool *any, struct capsa_error *err)
{
	*any = false;
	for (;;) {
		struct capsa_text text;

		if (!(inside ? fill_inside(reader, 1, err) : fill(reader, 1, err)))
			return false;
		text = window(reader);
		if (text.size == 0 || (text.data[0] != '\r' && text.data[0] != '\n'))
			return true;
		import_warc_bytes_take(&reader->bytes, 1);
		*any = true;
	}
}

/* ---- heads ---- */

struct capsa_text import_warc_unwrap(struct capsa_text text)
{
	if (text.size >= 2 && text.data[0] == '<' && text.data[text.size - 1] == '>')
		return (struct capsa_text){text.data + 1, text.size - 2};
	return text;
}

static bool parse_size(struct capsa_text text, uint64_t *size)
{
	*size = 0;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || *size > SIZE_MAX_OF_BLOCK / 10)
			return false;
		*size = *size * 10 + (uint64_t)(text.data[i] - '0');
	}
	return text.size != 0 && *size <= SIZE_MAX_OF_BLOCK;
}

/* A second length that is another would be a second opinion of where the record ends. */
static bool lengths_agree(const struct header *header, struct capsa_text length)
{
	for (size_t i = 0; i < header->count; i++) {
		struct capsa_text value = header->fields[i].value;

		if (import_is_word(header->fields[i].name, "Content-Length") &&
		    (value.size != length.size ||
		     memcmp(value.data, length.data, length.size) != 0))
			return false;
	}
	return true;
}

static bool take_fields(struct warc_reader *reader, struct capsa_error *err)
{
	struct warc_record *record = &reader->record;
	const struct header *header = &record->header;
	struct capsa_text length;
	char what[128];

	import_header_find(header, "WARC-Type", &record->type);
	import_header_find(header, "WARC-Target-URI", &record->uri);
	import_header_find(header, "WARC-Date", &record->date);
	import_header_find(header, "WARC-Record-ID", &record->id);
	import_header_find(header, "Content-Type", &record->content_type);
	record->uri = import_warc_unwrap(record->uri);
	record->id = import_warc_unwrap(record->id);
	if (record->type.size == 0)
		return fail(reader, err, "it has no WARC-Type");
	if (!import_header_find(header, "Content-Length", &length))
		return fail(reader, err, "it has no Content-Length");
	if (!parse_size(length, &record->size) || !lengths_agree(header, length)) {
		snprintf(what, sizeof what, "its length '%.*s' is none",
		         (int)(length.size < 32 ? length.size : 32), length.data);
		return fail(reader, err, what);
	}
	reader->left = record->size;
	reader->open = true;
	return true;
}

static bool is_known_version(struct capsa_text line)
{
	static const char *const versions[] = {"WARC/1.1", "WARC/1.0", "WARC/0.18", "WARC/0.17"};

	for (unsigned i = 0; i < sizeof versions / sizeof versions[0]; i++)
		if (import_is_word(line, versions[i]))
			return true;
	return false;
}

static bool read_warc_head(struct warc_reader *reader, struct capsa_error *err)
{
	struct header *header = &reader->record.header;
	enum header_status status = HEADER_MORE;
	struct capsa_error why = {0};
	struct capsa_text text;
	char what[128];

	while (status == HEADER_MORE) {
		size_t before;

		if (!fill(reader, 1, err))
			return false;
		text = window(reader);
		before = text.size;
		if (before == 0)
			return fail(reader, err, "the file is cut off in its header");
		status = import_header_put(header, &text, &why);
		import_warc_bytes_take(&reader->bytes, before - text.size);
	}
	if (status == HEADER_BAD) {
		/* What did not fit must not be met again as a line that begins a record. */
		if (window(reader).size != 0)
			import_warc_bytes_take(&reader->bytes, 1);
		return fail(reader, err, why.text);
	}
	if (!import_header_parse(header))
		return fail(reader, err, "out of memory");
	if (is_known_version(header->first))
		return take_fields(reader, err);
	snprintf(what, sizeof what, "the version '%.*s' of WARC is not known",
	         (int)(header->first.size < 32 ? header->first.size : 32), header->first.data);
	return fail(reader, err, what);
}

/* "20140216050221" as WARC writes dates; what is no such number stays. */
static struct capsa_text arc_date(struct warc_reader *reader, struct capsa_text date)
{
	if (date.size < 14)
		return date;
	snprintf(reader->date, sizeof reader->date, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", date.data,
	         date.data + 4, date.data + 6, date.data + 8, date.data + 10, date.data + 12);
	return (struct capsa_text){reader->date, strlen(reader->date)};
}

static bool put_field(struct header *header, const char *name, struct capsa_text value,
                      struct capsa_error *why)
{
	struct capsa_text parts[] = {{name, strlen(name)}, value, {"\n", 1}};

	for (unsigned i = 0; i < 3; i++)
		if (import_header_put(header, &parts[i], why) == HEADER_BAD)
			return false;
	return true;
}

static bool begins(struct capsa_text text, const char *with)
{
	return text.size >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

/* What WARC would call the record, as far as its block's first bytes tell. */
static bool arc_type(struct warc_reader *reader, struct capsa_text uri, const char **type,
                     struct capsa_error *err)
{
	bool about = begins(uri, "filedesc:");

	if (!fill_inside(reader, 5, err))
		return false;
	if (about)
		reader->arc_version = begins(window(reader), "2") ? 2 : 1;
	*type = about ? "warcinfo" : begins(window(reader), "HTTP/") ? "response" : "resource";
	return true;
}

static bool read_arc_head(struct warc_reader *reader, struct capsa_text line,
                          struct capsa_error *err)
{
	struct header *header = &reader->record.header;
	struct capsa_text text = {reader->line, line.size};
	struct arc_head head;
	struct capsa_error why = {0};
	const char *type;
	bool known;

	memcpy(reader->line, line.data, line.size);
	import_warc_bytes_take(&reader->bytes, line.size);
	known = begins(text, "filedesc:") || reader->arc_version != 0;
	if (!known || !import_arc_head(import_trim(text), reader->arc_version, &head))
		return fail(reader, err,
		            known ? "this line is no header of an ARC record"
		                  : "neither a WARC nor an ARC record begins here");
	if (reader->arc_version == 0)
		reader->arc_version = 1;
	reader->record.arc = true;
	if (!arc_type(reader, head.uri, &type, err))
		return false;
	if (!put_field(header, "ARC", (struct capsa_text){"", 0}, &why) ||
	    !put_field(header, "WARC-Type:", (struct capsa_text){type, strlen(type)}, &why) ||
	    !put_field(header, "WARC-Target-URI:", head.uri, &why) ||
	    !put_field(header, "WARC-Date:", arc_date(reader, head.date), &why) ||
	    !put_field(header, "WARC-IP-Address:", head.address, &why) ||
	    !put_field(header, "Content-Type:", head.content_type, &why) ||
	    !put_field(header, "Content-Length:", head.length, &why))
		return fail(reader, err, why.text);
	if (!import_header_parse(header))
		return fail(reader, err, "out of memory");
	return take_fields(reader, err);
}

static bool read_head(struct warc_reader *reader, struct capsa_error *err)
{
	struct capsa_text line;

	import_header_begin(&reader->record.header);
	reader->record.arc = false;
	reader->taken = 0;
	reader->cut = false;
	if (!peek_line(reader, &line, err))
		return false;
	if (is_warc_line(line))
		return read_warc_head(reader, err);
	return read_arc_head(reader, line, err);
}

/* ---- records ---- */

/* Is there another?  1, 0 at the end, -1 where that cannot be known. */
static int begin_record(struct warc_reader *reader, struct capsa_error *err)
{
	bool any;

	reader->record.number++;
	reader->placed = false;
	if (!skip_lines(reader, false, &any, err))
		return -1;
	set_place(reader);
	if (window(reader).size != 0)
		return 1;
	reader->record.number--;
	return 0;
}

int import_warc_next(struct warc_reader *reader, const struct warc_record **out,
                     struct capsa_error *err)
{
	int got;

	if (reader->open && !import_warc_finish(reader, err))
		return -1;
	if (reader->lost && !search(reader))
		return 0;
	got = begin_record(reader, err);
	if (got <= 0)
		return got;
	*out = &reader->record;
	return read_head(reader, err) ? 1 : -1;
}

/* Does another record begin here, where this one still goes on?  Only a gzip member tells. */
static bool is_overrun(const struct warc_reader *reader)
{
	return reader->bytes.packed && reader->bytes.kind == INFLATE_GZIP &&
	       reader->bytes.position == reader->bytes.member_position &&
	       is_warc_line(window(reader));
}

/* Bytes of the block in the window, at least one. */
static bool fill_block(struct warc_reader *reader, struct capsa_error *err)
{
	if (!fill_inside(reader, 1, err))
		return false;
	if (window(reader).size != 0)
		return true;
	if (!fill(reader, 6, err))
		return false;
	reader->cut = window(reader).size == 0;
	if (reader->cut)
		return fail(reader, err, "the file is cut off in the record");
	return !is_overrun(reader) ||
	       fail(reader, err, "the gzip member ends before the record does");
}

uint64_t import_warc_stored(const struct warc_reader *reader)
{
	return reader->bytes.raw_offset - reader->stored;
}

/* Nothing that is stored grows so much, but what is made to. */
static bool check_growth(struct warc_reader *reader, struct capsa_error *err)
{
	if (!reader->bytes.packed || reader->taken <= GROWTH_FREE ||
	    reader->taken / GROWTH_MAX <= import_warc_stored(reader))
		return true;
	/* What is left of the member is passed over packed. */
	reader->failed = true;
	return fail(reader, err,
	            "grows to more than 1,000 times its stored size; unpack it first to pack it");
}

bool import_warc_peek(struct warc_reader *reader, size_t wanted, struct capsa_text *out,
                      struct capsa_error *err)
{
	*out = (struct capsa_text){"", 0};
	if (reader->left == 0)
		return true;
	if (!check_growth(reader, err) || !fill_block(reader, err) ||
	    !fill_inside(reader, wanted, err))
		return false;
	*out = window(reader);
	if (out->size > reader->left)
		out->size = (size_t)reader->left;
	return true;
}

void import_warc_take(struct warc_reader *reader, size_t size)
{
	import_warc_bytes_take(&reader->bytes, size);
	reader->left -= size;
	reader->taken += size;
}

/* Pass over what is left of the block. */
static bool skip_block(struct warc_reader *reader, struct capsa_error *err)
{
	while (reader->left != 0 && cli_signal == 0) {
		struct capsa_text text;

		if (!import_warc_peek(reader, 1, &text, err))
			return false;
		import_warc_take(reader, text.size);
	}
	return true;
}

bool import_warc_finish(struct warc_reader *reader, struct capsa_error *err)
{
	struct capsa_text line;
	bool any;

	if (!reader->open)
		return true;
	if (!skip_block(reader, err) || !skip_lines(reader, true, &any, err))
		return false;
	reader->open = false;
	if (window(reader).size == 0)
		return true;
	if (!peek_line(reader, &line, err))
		return false;
	if (any && (reader->record.arc ? is_arc_line(reader, line) : is_warc_line(line)))
		return true;
	return fail(reader, err, "its length is wrong: no record begins behind it");
}
