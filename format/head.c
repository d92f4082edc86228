#include "head.h"
#include "codec.h"
#include "readme.h"
#include "tar.h"

#define ARCHIVE_JSON_MAX (64U << 10)

/* The line of capsa/archive.json, with a line feed. */
static enum capsa_status encode_about(const struct head *head, struct capsa_metadata *about,
                                      const char *created, struct buffer *out,
                                      struct capsa_error *err)
{
	const char *zstd = capsa_codec_version();
	struct capsa_text line;
	enum capsa_status st;

	st = capsa_metadata_set(about, "created", created, strlen(created), err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set(about, "capsa", CAPSA_VERSION, strlen(CAPSA_VERSION), err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set(about, "zstd", zstd, strlen(zstd), err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set_integer(about, "level", head->level, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set_integer(about, "frame_size", head->frame_size, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_line(about, &line, err);
	if (st != CAPSA_OK)
		return st;
	if (line.size >= ARCHIVE_JSON_MAX)
		return capsa_fail(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                  "what is said about the archive is over 64 KiB");
	capsa_buffer_append(out, line.data, line.size);
	capsa_buffer_byte(out, '\n');
	return CAPSA_OK;
}

static void append(struct buffer *out, const struct head *head, const char *name, struct span body)
{
	struct tar_member member = {
	    .name = span_of(name, strlen(name)), .size = body.size, .mtime = head->created};

	capsa_tar_append(out, &member, body);
}

enum capsa_status capsa_head_encode(const struct head *head, struct capsa_metadata *about,
                                    struct buffer *out, struct capsa_error *err)
{
	struct capsa_metadata *own = about == NULL ? capsa_metadata_new() : NULL;
	struct buffer readme = {0}, json = {0};
	char created[CAPSA_TIME_TEXT];
	enum capsa_status st;

	if (about == NULL && own == NULL)
		return capsa_fail_memory(err);
	capsa_time_text(head->created, created);
	capsa_readme(&readme, head->title, created, head->dictionary.size != 0);
	st = encode_about(head, about != NULL ? about : own, created, &json, err);
	if (st == CAPSA_OK) {
		append(out, head, "capsa/README.txt", buffer_span(&readme));
		append(out, head, "capsa/archive.json", buffer_span(&json));
		if (head->dictionary.size != 0)
			append(out, head, "capsa/dictionary", head->dictionary);
		if (readme.failed || json.failed || out->failed)
			st = capsa_fail_memory(err);
	}
	capsa_buffer_release(&readme);
	capsa_buffer_release(&json);
	capsa_metadata_free(own);
	return st;
}
