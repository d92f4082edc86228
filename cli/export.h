/*
 * The one interface of all exporters: export_<kind>.c writes articles, one after another, as its
 * kind has them.
 */
#ifndef CAPSA_EXPORT_H
#define CAPSA_EXPORT_H

#include "cli.h"
#include "container.h"

/* ---- export_article.c: an article that is exported; zero at first ---- */

struct export_article {
	struct cli_archive *archive;    /* borrowed */
	uint64_t number;
	const char *path;               /* borrowed */
	struct capsa_text line;         /* its metadata */
	uint64_t size;                  /* of the body */
	int status;                     /* why it cannot be read: an exit status */

	char *room;                     /* owned: the line's bytes */
	char *piece;                    /* owned: bytes of the body from `piece_offset` */
	uint64_t piece_offset;
	size_t piece_size;
};

/*
 * Take over what is selected.  Where the metadata are lost, the line says the path alone.  False:
 * reported, `status` is set.
 */
bool export_article_begin(struct export_article *article, struct cli_archive *archive,
                          const struct cli_selected *selected);
/*
 * Bytes of the body from `offset`, which is below its size: at most 1 MiB, borrowed until the next
 * call.  A body no larger than that is read once, however often it is asked for.  False: reported,
 * unless a signal came, `status` is set.
 */
bool export_article_piece(struct export_article *article, uint64_t offset,
                          struct capsa_text *piece);
/* When it was last changed; 0 where that is not known. */
int64_t export_article_modified(const struct export_article *article);
void export_article_release(struct export_article *article);

/* ---- export_output.c: where a file is written to ---- */

struct export_output {
	FILE *file;                     /* owned by who made it */
	const char *name;               /* for messages; "-" is standard output */
	bool closed;                    /* who reads standard output has seen enough */
};

/* These return false where writing failed, which they report; a closed pipe is no error. */
bool export_put(struct export_output *out, const void *data, size_t size);
bool export_put_text(struct export_output *out, const char *text);
bool export_failed(struct export_output *out, int sys);
/* The same of a container; true where nothing failed. */
bool export_wrote(struct export_output *out, enum capsa_status status,
                  const struct capsa_error *err);
/* The same as a sink. */
struct capsa_sink export_sink(struct export_output *out);

/* ---- exporters ---- */

struct export_options {
	struct export_output *out;      /* of a file */
	bool metadata; /* where the kind has an article's metadata only on demand */
};

enum export_result {
	EXPORT_DONE,
	EXPORT_LEFT_OUT,                /* the article cannot be said, or read; reported */
	EXPORT_STOPPED /* nothing more can be written; reported */
};

struct exporter {
	/*
	 * An article comes; then its body, piece by piece, so that damage is known before anything
	 * is written, and what must be known of a body before it.  Each may be NULL.
	 */
	enum export_result (*look)(struct exporter *exporter, struct export_article *article);
	void (*look_at)(struct exporter *exporter, struct capsa_text piece);
	/* Write the article that was looked at. */
	enum export_result (*write)(struct exporter *exporter, struct export_article *article);
	/* After the last article.  False: reported. */
	bool (*finish)(struct exporter *exporter);
	void (*free)(struct exporter *exporter);
};

/* Options are copied, what they point at is borrowed, like the archive.  NULL: reported. */
struct exporter *export_container(const struct export_options *options,
                                  enum container_format format, enum container_filter filter);
struct exporter *export_jsonl(const struct export_options *options);
/* With CONTAINER_GZIP each record is a gzip member. */
struct exporter *export_warc(const struct export_options *options, struct cli_archive *archive,
                             enum container_filter filter);
/* A new directory, which appears complete or not at all. */
struct exporter *export_bag(const struct export_options *options, struct cli_archive *archive,
                            const char *directory);

#endif
