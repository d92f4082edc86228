/* An article that is exported: its metadata, and its body piece by piece. */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)1 << 20)

static bool fail(struct export_article *article, enum capsa_status status,
                 const struct capsa_error *err)
{
	article->status = cli_fail_article(article->archive, article->path, status, err);
	return false;
}

static bool copy_line(struct export_article *article, struct capsa_text line)
{
	article->room = malloc(line.size);
	if (article->room == NULL)
		return false;
	memcpy(article->room, line.data, line.size);
	article->line = (struct capsa_text){article->room, line.size};
	return true;
}

/* In place of a line that is lost. */
static bool make_line(struct export_article *article)
{
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_text line;
	bool good = metadata != NULL &&
	            capsa_metadata_set(metadata, "path", article->path, strlen(article->path),
	                               NULL) == CAPSA_OK &&
	            capsa_metadata_line(metadata, &line, NULL) == CAPSA_OK &&
	            copy_line(article, line);

	capsa_metadata_free(metadata);
	return good;
}

bool export_article_begin(struct export_article *article, struct cli_archive *archive,
                          const struct cli_selected *selected)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET, .text = "out of memory"};
	struct capsa_article facts;
	enum capsa_status status;

	*article = (struct export_article){
	    .archive = archive, .number = selected->number, .path = selected->path};
	if (selected->line.size != 0 ? !copy_line(article, selected->line) : !make_line(article))
		return fail(article, CAPSA_ENOMEM, &err);
	status = capsa_reader_article(archive->reader, article->number, &facts, &err);
	if (status != CAPSA_OK)
		return fail(article, status, &err);
	article->size = facts.size;
	article->piece = malloc(facts.size < PIECE ? (size_t)facts.size + 1 : PIECE);
	return article->piece != NULL || fail(article, CAPSA_ENOMEM, &err);
}

bool export_article_piece(struct export_article *article, uint64_t offset, struct capsa_text *piece)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	uint64_t rest = article->size - offset;
	size_t size = rest < PIECE ? (size_t)rest : PIECE;
	enum capsa_status status = CAPSA_OK;

	if (cli_signal != 0) {
		article->status = CLI_FAILED;
		return false;
	}
	if (article->piece_offset != offset || article->piece_size != size)
		status = capsa_reader_read(article->archive->reader, article->number, offset,
		                           article->piece, size, &err);
	article->piece_offset = offset;
	article->piece_size = status == CAPSA_OK ? size : 0;
	*piece = (struct capsa_text){article->piece, size};
	return status == CAPSA_OK || fail(article, status, &err);
}

int64_t export_article_modified(const struct export_article *article)
{
	int64_t modified;

	return cli_line_date(article->line, "modified", &modified) ? modified : 0;
}

void export_article_release(struct export_article *article)
{
	free(article->room);
	free(article->piece);
	*article = (struct export_article){0};
}
