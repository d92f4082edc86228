/*
 * Records of WARC and ARC, plain and packed: whatever the bytes, they come to an end, and a block
 * has as many bytes as its record says.
 */
#include "warc_capture.h"
#include "warc_reader.h"

#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 10000

struct memory_stream {
	struct import_stream base; /* first, so that one pointer is both */
	const uint8_t *data;
	size_t size, step;
};

static ssize_t read_memory(struct import_stream *stream, void *room, size_t size,
                           struct capsa_error *err)
{
	struct memory_stream *memory = (struct memory_stream *)stream;

	(void)err;
	if (size > memory->size)
		size = memory->size;
	if (size > memory->step)
		size = memory->step;
	memcpy(room, memory->data, size);
	memory->data += size;
	memory->size -= size;
	return (ssize_t)size;
}

static void close_memory(struct import_stream *stream)
{
	free(stream);
}

static void check_metadata(const struct warc_capture *capture)
{
	struct capsa_metadata *metadata = capsa_metadata_new(), *again = NULL;
	struct capsa_error err = {0};
	struct capsa_text line;
	enum capsa_status status = import_warc_metadata(capture, false, metadata, &err);
	char *path = import_warc_capture_path(capture);

	if (status != CAPSA_OK && status != CAPSA_ELIMIT)
		abort();
	if (path == NULL || capsa_path_check(path, strlen(path), NULL) != CAPSA_OK)
		abort();
	if (status == CAPSA_OK && (capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	                           capsa_metadata_parse(&again, line, NULL) != CAPSA_OK))
		abort();
	capsa_metadata_free(again);
	capsa_metadata_free(metadata);
	free(path);
}

/* The rest of the block, if the record is good. */
static void read_block(struct warc_reader *reader, uint64_t size)
{
	struct capsa_error err = {0};
	struct capsa_text text;
	uint64_t got = 0;

	for (;;) {
		if (!import_warc_peek(reader, 1, &text, &err)) {
			if (err.text[0] == '\0')
				abort();
			return;
		}
		if (text.size == 0)
			break;
		import_warc_take(reader, text.size);
		got += text.size;
	}
	if (got > size)
		abort();
	import_warc_finish(reader, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_stream *stream = calloc(1, sizeof *stream);
	struct warc_capture capture = {0};
	const struct warc_record *record;
	struct warc_reader *reader;
	struct capsa_error err = {0};
	int got = 1;

	if (size == 0 || stream == NULL) {
		free(stream);
		return 0;
	}
	*stream = (struct memory_stream){
	    {read_memory, close_memory}, data + 1, size - 1, (size_t)data[0] * 16 + 1};
	reader = import_warc_reader_new(&stream->base);
	if (reader == NULL)
		abort();
	for (unsigned i = 0; got != 0; i++) {
		if (i == RECORDS_MAX)
			abort();
		got = import_warc_next(reader, &record, &err);
		if (got > 0 && import_warc_capture(&capture, reader, record, NULL, &err)) {
			check_metadata(&capture);
			read_block(reader, record->size);
		}
	}
	import_warc_capture_release(&capture);
	import_warc_reader_free(reader);
	return 0;
}
