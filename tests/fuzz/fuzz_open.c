/*
 * A whole archive of any bytes: open, walk every tree, read articles and lines, verify deeply.
 * In fuzz builds digests match whatever they are compared with, so that mutated bytes reach
 * every decoder.
 */
#include <stdint.h>
#include <stdlib.h>

#include "capsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARTICLES 200    /* of an archive are read; a few bytes may claim many */

static void read_articles(struct capsa_reader *reader)
{
	uint64_t count = capsa_reader_statement(reader)->articles;

	for (uint64_t i = 0; i < count && i < ARTICLES; i++) {
		struct capsa_article article;
		struct capsa_text line, value;
		static uint8_t body[4096];

		if (capsa_reader_article(reader, i, &article, NULL) == CAPSA_OK) {
			size_t size = article.size < sizeof body ? (size_t)article.size : sizeof body;
			enum capsa_status st = capsa_reader_read(reader, i, 0, body, size, NULL);

			if (st == CAPSA_OK && article.size > size)
				st = capsa_reader_read(reader, i, article.size - size, body, size, NULL);
			(void)st;
		}
		if (capsa_reader_metadata(reader, i, &line, NULL) == CAPSA_OK &&
		    capsa_line_find(line, "path", &value) == CAPSA_OK && value.size <= sizeof body)
			capsa_line_text(value, (char *)body);
	}
}

static void walk_trees(struct capsa_reader *reader)
{
	for (int tree = CAPSA_TREE_PATH; tree <= CAPSA_TREE_DATE; tree++) {
		struct capsa_cursor *cursor;
		struct capsa_text key, from = {"m", 1};
		uint64_t number;

		if (capsa_cursor_new(&cursor, reader, (enum capsa_tree)tree, from, NULL) != CAPSA_OK)
			continue;
		for (unsigned i = 0; i < 1000; i++)
			if (capsa_cursor_next(cursor, &key, &number, NULL) != CAPSA_OK)
				break;
		capsa_cursor_free(cursor);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_source source = capsa_source_memory(data, size);
	struct capsa_reader *reader;
	struct capsa_verify_options options = {.depth = CAPSA_VERIFY_DEEP};
	struct capsa_report report;
	struct capsa_sizes sizes;
	struct capsa_text about;
	uint64_t number;

	if (capsa_reader_open(&reader, &source, NULL, NULL) != CAPSA_OK)
		return 0;
	if (capsa_reader_find_path(reader, "a/b", &number, NULL) == CAPSA_OK &&
	    capsa_reader_find_url(reader, (struct capsa_text){"org,a)/", 7}, INT64_MAX, &number, NULL,
	                          NULL) == CAPSA_OK)
		number = 0;
	if (capsa_reader_about(reader, &about, NULL) == CAPSA_OK && about.data[about.size] != '\n')
		abort();
	read_articles(reader);
	walk_trees(reader);
	if (capsa_reader_sizes(reader, &sizes, NULL) == CAPSA_OK &&
	    capsa_reader_verify(reader, &options, &report, NULL) == CAPSA_OK && report.damaged != 0)
		abort();
	capsa_reader_close(reader);
	return 0;
}
