/* Articles as members of a tar or zip file, each under its path. */
#include "export.h"

#include <stdlib.h>
#include <string.h>

#define SIDECAR ".capsa.json"

struct container_exporter {
	struct exporter base;           /* first, so that one pointer is both */
	struct export_output *out;
	bool metadata;
	struct container_writer *writer;        /* owned */
};

/* Would the sidecar of this article be another article? */
static enum export_result container_look(struct exporter *exporter, struct export_article *article)
{
	struct container_exporter *container = (struct container_exporter *)exporter;
	char name[CLI_NAME_ROOM];
	uint64_t number;

	snprintf(name, sizeof name, "%s" SIDECAR, article->path);
	if (!container->metadata ||
	    capsa_reader_find_path(article->archive->reader, name, &number, NULL) != CAPSA_OK)
		return EXPORT_DONE;
	cli_error("%s: %s: there is no place for the metadata: %s is an article, too",
	          cli_quote(article->archive->path), cli_quote(article->path), cli_quote(name));
	return EXPORT_LEFT_OUT;
}

static bool begin(struct container_exporter *container, const char *name, uint64_t size,
                  int64_t mtime)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status = container_begin(container->writer, name, size, mtime, &err);

	return export_wrote(container->out, status, &err);
}

static bool put(struct container_exporter *container, const char *data, size_t size)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status = container_write(container->writer, data, size, &err);

	return export_wrote(container->out, status, &err);
}

static bool put_sidecar(struct container_exporter *container, const struct export_article *article)
{
	char name[CLI_NAME_ROOM];

	snprintf(name, sizeof name, "%s" SIDECAR, article->path);
	return begin(container, name, article->line.size + 1, export_article_modified(article)) &&
	       put(container, article->line.data, article->line.size) && put(container, "\n", 1);
}

static enum export_result container_write_article(struct exporter *exporter,
                                                  struct export_article *article)
{
	struct container_exporter *container = (struct container_exporter *)exporter;

	if (!begin(container, article->path, article->size, export_article_modified(article)))
		return EXPORT_STOPPED;
	for (uint64_t offset = 0; offset < article->size;) {
		struct capsa_text piece;

		if (!export_article_piece(article, offset, &piece) ||
		    !put(container, piece.data, piece.size))
			return EXPORT_STOPPED;
		offset += piece.size;
	}
	return !container->metadata || put_sidecar(container, article) ? EXPORT_DONE
	                                                               : EXPORT_STOPPED;
}

static bool container_end(struct exporter *exporter)
{
	struct container_exporter *container = (struct container_exporter *)exporter;
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status = container_finish(container->writer, &err);

	return export_wrote(container->out, status, &err);
}

static void container_free(struct exporter *exporter)
{
	struct container_exporter *container = (struct container_exporter *)exporter;

	container_writer_free(container->writer);
	free(container);
}

struct exporter *export_container(const struct export_options *options,
                                  enum container_format format, enum container_filter filter)
{
	struct container_exporter *container = calloc(1, sizeof *container);
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_sink sink = export_sink(options->out);
	enum capsa_status status;

	if (container == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	container->base = (struct exporter){.look = container_look,
	                                    .write = container_write_article,
	                                    .finish = container_end,
	                                    .free = container_free};
	container->out = options->out;
	container->metadata = options->metadata;
	status = container_writer_new(&container->writer, format, filter, &sink, &err);
	if (export_wrote(options->out, status, &err))
		return &container->base;
	container_free(&container->base);
	return NULL;
}
