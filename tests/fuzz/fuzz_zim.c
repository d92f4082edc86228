/*
 * A ZIM file: articles with paths that can be, metadata that can be written and bodies that can be
 * read, within limits.  The magic and the place of the MD5 are put right, so that changed bytes
 * reach the rest.
 */
#define _GNU_SOURCE

#include "import.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER_SIZE 80
#define MD5_SIZE 16
#define ARTICLES_MAX 5000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_article(const struct import_article *article)
{
	struct capsa_metadata *again = NULL;
	struct capsa_text line;
	char bytes[4096];
	size_t piece =
	    article->body.size < sizeof bytes ? (size_t)article->body.size : sizeof bytes;

	if (capsa_path_check(article->path, strlen(article->path), NULL) != CAPSA_OK ||
	    capsa_metadata_line(article->metadata, &line, NULL) != CAPSA_OK ||
	    capsa_metadata_parse(&again, line, NULL) != CAPSA_OK)
		abort();
	capsa_metadata_free(again);
	/* The beginning and the end. */
	if (piece != 0 && (article->body.read_at(article->body.ctx, 0, bytes, piece) != 0 ||
	                   article->body.read_at(article->body.ctx, article->body.size - piece,
	                                         bytes, piece) != 0))
		abort();
}

static void check_importer(struct importer *importer)
{
	struct import_article article;
	int got;

	for (unsigned i = 0; i < ARTICLES_MAX && (got = importer->next(importer, &article)) != 0;
	     i++) {
		if (got > 0)
			check_article(&article);
		if (!importer->settle(importer))
			abort();
	}
	if (importer->about != NULL) {
		struct capsa_text line;

		if (capsa_metadata_line(importer->about, &line, NULL) != CAPSA_OK ||
		    line.size > 60000)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import_complaints complaints = {.keep_going = true, .muted = true};
	const struct import_options options = {.complaints = &complaints};
	char name[64];
	struct import_input input = {name, name};
	struct importer *importer;
	uint8_t *copy;
	int fd;

	if (size < HEADER_SIZE + MD5_SIZE || size > (1U << 20))
		return 0;
	cli_quiet = true;
	copy = malloc(size);
	fd = memfd_create("zim", MFD_CLOEXEC);
	if (copy == NULL || fd < 0)
		abort();
	memcpy(copy, data, size);
	memcpy(copy, "ZIM\x04", 4);
	copy[4] = 5 + (copy[4] & 1);
	copy[5] = 0;
	for (unsigned i = 0; i < 8; i++)
		copy[72 + i] = (uint8_t)((uint64_t)(size - MD5_SIZE) >> (8 * i));
	if (write(fd, copy, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	importer = import_kind_zim.open(&input, &options);
	if (importer != NULL) {
		check_importer(importer);
		importer->close(importer);
	}
	close(fd);
	free(copy);
	return 0;
}
