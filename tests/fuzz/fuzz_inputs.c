/* A file that is taken for CSV or for an archive: articles that can be packed, or none. */
#define _GNU_SOURCE
#include "import.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of main.c, which has a main() of its own. */
int cli_help(const char *verb)
{
	(void)verb;
	return CLI_DONE;
}

static void check_article(struct importer *importer, const struct import_article *article)
{
	struct capsa_metadata *again = NULL;
	struct capsa_text line;
	char piece[4096];
	size_t size = article->body.size < sizeof piece ? (size_t)article->body.size : sizeof piece;

	if (capsa_path_check(article->path, strlen(article->path), NULL) != CAPSA_OK ||
	    article->origin == NULL ||
	    capsa_metadata_line(article->metadata, &line, NULL) != CAPSA_OK ||
	    capsa_metadata_parse(&again, line, NULL) != CAPSA_OK)
		abort();
	capsa_metadata_free(again);
	if (size != 0)
		article->body.read_at(article->body.ctx, 0, piece, size);
	if (size != 0)
		article->body.read_at(article->body.ctx, article->body.size - size, piece, size);
	(void)importer->settle(importer);
}

static size_t count_articles(struct importer *importer)
{
	struct import_article article;
	size_t count = 0;
	int got;

	while ((got = importer->next(importer, &article)) != 0) {
		if (got > 0)
			check_article(importer, &article);
		count++;
	}
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {NULL, "csv", "capsa"};
	static const char *const map[] = {"a=text", "b=authors", "c=path", NULL};
	static const char *const exclude[] = {"x*", NULL};
	struct import_complaints complaints = {.keep_going = true, .muted = true};
	struct import_options options = {.complaints = &complaints};
	struct import_input input;
	struct importer *importer;
	char file[64];
	size_t count;
	int fd;

	if (size == 0 || size > (256U << 10))
		return 0;
	cli_quiet = true;
	options.from = kinds[(data[0] & 3) % 3];
	options.map = (data[0] & 4) != 0 ? map : NULL;
	options.exclude = (data[0] & 8) != 0 ? exclude : NULL;
	fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	input = (struct import_input){file, file};
	importer = import_inputs(&input, 1, &options);
	if (importer != NULL) {
		count = count_articles(importer);
		importer->rewind(importer);
		if (count_articles(importer) != count)
			abort();
		importer->close(importer);
	}
	close(fd);
	return 0;
}
