/* Packing, while the system fails. */
#define _GNU_SOURCE
#include "library.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ARTICLES 40
#define URL_SIZE 1900           /* so that the index is sorted through temporary files */
#define SORT_MEMORY (320 << 10) /* the least */
#define LARGE 40000             /* bytes, of more than a frame */

/* A fold that does for this test: who verifies deeply gives it again. */
static int fold(void *ctx, struct capsa_text from, void *key, size_t capacity, size_t *size)
{
	(void)ctx;
	*size = from.size < capacity ? from.size : capacity;
	for (size_t i = 0; i < *size; i++)
		((char *)key)[i] = (char)tolower((unsigned char)from.data[i]);
	return 0;
}

static const struct capsa_keys keys = {.url = fold, .title = fold, .unicode = "15.0.0"};

/* Bytes that depend on the seed alone and compress a little. */
static void fill(char *out, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		out[i] = (char)('a' + (seed >> 24) % 16);
	}
}

static const char *body_of(unsigned i, size_t *size)
{
	static char body[LARGE];

	/* Two are the same, in different frames and large enough to be linked. */
	*size = i == 4 ? LARGE : 1100;
	fill(body, *size, i == 20 ? 1 : i);
	return body;
}

static enum capsa_status fill_metadata(struct capsa_metadata *metadata, unsigned i,
                                       struct capsa_error *err)
{
	char path[32], title[32], url[URL_SIZE];
	enum capsa_status st;

	fill(url, sizeof url, i);
	memcpy(url, "https://", 8);
	snprintf(path, sizeof path, "news/%u.txt", i);
	snprintf(title, sizeof title, "Article %u", i);
	st = capsa_metadata_set(metadata, "path", path, strlen(path), err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set(metadata, "url", url, sizeof url, err);
	if (st != CAPSA_OK || i > 6)
		return st;
	st = capsa_metadata_set(metadata, "title", title, strlen(title), err);
	if (st == CAPSA_OK)
		st = capsa_metadata_append(metadata, "authors", "A", 1, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_append(metadata, "authors", "B", 1, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set(metadata, "date", "2024-05-03", 10, err);
	return st;
}

static enum capsa_status add(struct capsa_writer *writer, unsigned i, struct capsa_error *err)
{
	struct capsa_input input = {.metadata = capsa_metadata_new(), .isolate = i == 6};
	struct file file = {.fd = -1};
	enum capsa_status st;
	size_t size;

	if (input.metadata == NULL) {
		snprintf(err->text, sizeof err->text, "out of memory");
		return CAPSA_ENOMEM;
	}
	st = fill_metadata(input.metadata, i, err);
	if (st == CAPSA_OK && i == 5) {
		st = file_open(&file, "site/3.html", err);
		input.body = file.source;
	} else if (st == CAPSA_OK) {
		const char *body = body_of(i, &size);

		input.body = capsa_source_memory(body, size);
	}
	if (st == CAPSA_OK) {
		st = capsa_writer_add(writer, &input, err);
		if (st != CAPSA_OK) {
			struct capsa_error more;

			promise(capsa_writer_finish(writer, NULL, NULL, &more) != CAPSA_OK,
			        "a writer that failed finishes");
		}
	}
	file_close(&file);
	capsa_metadata_free(input.metadata);
	return st;
}

static enum capsa_status pack(const struct capsa_sink *sink,
                              const struct capsa_writer_options *options, struct capsa_error *err)
{
	struct capsa_secret_key *key;
	struct capsa_writer *writer = NULL;
	struct capsa_summary summary;
	enum capsa_status st = key_read(&key, "other.key", err);

	if (st != CAPSA_OK)
		return st;
	st = capsa_writer_new(&writer, sink, options, err);
	promise((st == CAPSA_OK) == (writer != NULL), "a writer that is not made is left");
	for (unsigned i = 0; i < ARTICLES && st == CAPSA_OK; i++)
		st = add(writer, i, err);
	if (st == CAPSA_OK)
		st = capsa_writer_finish(writer, key, &summary, err);
	promise(st != CAPSA_OK || (summary.articles == ARTICLES && summary.duplicates == 1),
	        "the summary does not count every article");
	capsa_writer_free(writer);
	capsa_secret_key_free(key);
	return st;
}

static const struct capsa_writer_options usual = {
    .level = 1,
    .frame_size = 4096,
    .metadata_frame_size = 4096,
    .threads = 1,
    .title = "A title",
    .created = 1714737600,
    .keys = &keys,
    .sort_memory = SORT_MEMORY,
    .series = (const uint8_t *)"0123456789abcdef",
    .sequence = 2,
    .previous = (const uint8_t *)"0123456789abcdef0123456789abcdef",
};

static enum capsa_status pack_memory(struct capsa_error *err)
{
	struct capsa_sink sink = result_sink();

	return pack(&sink, &usual, err);
}

static enum capsa_status pack_threads(struct capsa_error *err)
{
	struct capsa_writer_options options = usual;
	struct capsa_sink sink = result_sink();

	options.threads = 3;
	return pack(&sink, &options, err);
}

static enum capsa_status pack_file(struct capsa_error *err)
{
	int fd = open("out", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct capsa_sink sink = capsa_sink_file(fd);
	enum capsa_status st;

	if (fd < 0) {
		snprintf(err->text, sizeof err->text, "cannot create out: %s", strerror(errno));
		return CAPSA_EIO;
	}
	st = pack(&sink, &usual, err);
	close(fd);
	if (st != CAPSA_OK)
		unlink("out");
	return st;
}

static enum capsa_status make_dictionary(char *out, size_t *size, struct capsa_error *err)
{
	static char content[8000];
	size_t sizes[8];

	fill(content, sizeof content, 7);
	for (size_t i = 0; i < 8; i++)
		sizes[i] = sizeof content / 8;
	return capsa_dictionary_make(out, size, (struct capsa_text){content, 2000}, content, sizes,
	                             8, 3, err);
}

static enum capsa_status pack_dictionary(struct capsa_error *err)
{
	static char dictionary[CAPSA_DICTIONARY_MAX];
	struct capsa_writer_options options = usual;
	struct capsa_sink sink = result_sink();
	enum capsa_status st = make_dictionary(dictionary, &options.dictionary_size, err);

	if (st != CAPSA_OK)
		return st;
	options.dictionary = dictionary;
	return pack(&sink, &options, err);
}

/* With the functions that made its keys, which no archive of the command has. */
static enum capsa_status pack_verify(struct capsa_error *err)
{
	struct capsa_verify_options options = {
	    .depth = CAPSA_VERIFY_DEEP, .keys = &keys, .damage = put_damage};
	struct capsa_reader *reader = NULL;
	struct capsa_report report;
	struct capsa_source source;
	enum capsa_status st = pack_dictionary(err);

	if (st != CAPSA_OK)
		return st;
	source = result_source();
	st = capsa_reader_open(&reader, &source, NULL, err);
	if (st == CAPSA_OK)
		st = capsa_reader_verify(reader, &options, &report, err);
	if (st == CAPSA_OK)
		put_report(&report);
	capsa_reader_close(reader);
	return st;
}

static enum capsa_status metadata(struct capsa_error *err)
{
	struct capsa_metadata *first = capsa_metadata_new(), *second = NULL;
	struct capsa_text line, value;
	enum capsa_status st = CAPSA_ENOMEM;

	snprintf(err->text, sizeof err->text, "out of memory");
	if (first == NULL)
		return st;
	st = fill_metadata(first, 1, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set_integer(first, "count", -5, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_set_json(first, "extra", "{\"a\":[1,\"b\"]}", 13, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_line(first, &line, err);
	if (st == CAPSA_OK)
		st = capsa_metadata_parse(&second, line, err);
	promise((st == CAPSA_OK) == (second != NULL), "metadata that are not read are left");
	if (st != CAPSA_OK)
		goto out;
	capsa_metadata_remove(second, "title");
	promise(!capsa_metadata_has(second, "title"), "a member that is removed is there");
	st = capsa_metadata_line(second, &line, err);
	if (st != CAPSA_OK)
		goto out;
	put_text(line);
	st = capsa_line_find(line, "extra", &value);
	if (st == CAPSA_OK)
		put_text(value);
out:
	capsa_metadata_free(first);
	capsa_metadata_free(second);
	return st;
}

const struct scenario write_scenarios[] = {
    {"pack", pack_memory},
    {"pack-threads", pack_threads},
    {"pack-file", pack_file},
    {"pack-dictionary", pack_dictionary},
    {"pack-verify", pack_verify},
    {"metadata", metadata},
    {NULL, NULL},
};
