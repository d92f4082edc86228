/*
 * A container of each format, and a file that may be compressed: what comes out are articles with
 * paths that can be some, whose bodies can be read; both readings find the same.
 */
#include "container_find.h"
#include "import_container.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

/*
 * libarchive reserves what a header says is its size (a name of cpio 4 GiB, the names of 7z any
 * number of bytes), and fills it as far as there are bytes.  It knows what to do where it gets
 * nothing, which a sanitizer takes for an error, unless it is told that this is what malloc does.
 */
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=1024";
}

static void check_article(const struct import_article *article)
{
	char piece[4096];
	uint64_t at = 0;

	if (capsa_path_check(article->path, strlen(article->path), NULL) != CAPSA_OK)
		abort();
	while (at < article->body.size) {
		size_t part = article->body.size - at < sizeof piece
		                  ? (size_t)(article->body.size - at)
		                  : sizeof piece;

		if (article->body.read_at(article->body.ctx, at, piece, part) != 0)
			abort();
		at += part;
	}
}

static unsigned read_all(struct importer *importer)
{
	struct import_article article = {0};
	unsigned count = 0;
	int got;

	while ((got = importer->next(importer, &article)) != 0) {
		if (got > 0 && importer->settle(importer)) {
			check_article(&article);
			count++;
		}
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Muted: what is wrong is not to be printed. */
	struct import_complaints complaints = {.keep_going = true, .muted = true};
	const struct import_options options = {.complaints = &complaints};
	struct capsa_source source;
	enum container_format format;
	struct importer *importer;
	unsigned count;

	if (size < 2 || size > (64U << 10))
		return 0;
	cli_quiet = true;
	source = capsa_source_memory(data + 1, size - 1);
	format = data[0] % (CONTAINER_ISO + 1);
	if (format == CONTAINER_NONE)
		format = container_find("a", &source,
		                        (struct capsa_text){(const char *)data + 1, size - 1});
	if (format == CONTAINER_NONE)
		return 0;
	importer = import_container_source(&source, format, "a", &options);
	if (importer == NULL)
		return 0;
	count = read_all(importer);
	importer->rewind(importer);
	if (read_all(importer) != count)
		abort();
	importer->close(importer);
	return 0;
}
