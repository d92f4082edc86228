/* Proofs of the articles that a verb reads (spec 17). */
#include "prove.h"

#include <stdlib.h>

struct proving {
	struct cli_output *output;      /* owned */
	const char *path;               /* borrowed */
	struct capsa_prover *prover;    /* owned */
	struct capsa_source source;     /* what the reader reads */
};

/* The signatures that lie beside the archive.  Exit status; reports errors. */
static int add_signatures(struct proving *proving, const struct cli_archive *archive)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	const struct cli_trust nobody = {0};
	struct cli_signature *signatures;
	size_t count;
	enum capsa_status status = CAPSA_OK;

	if (cli_signatures(&nobody, archive, &signatures, &count) != CLI_DONE)
		return CLI_FAILED;
	for (size_t i = 0; i < count && status == CAPSA_OK; i++)
		if (signatures[i].detached)
			status = capsa_prover_signature(proving->prover, &signatures[i].signature,
			                                &err);
	free(signatures);
	return status == CAPSA_OK ? CLI_DONE : cli_fail(archive->path, status, &err);
}

/* From here on all that is read of the archive belongs to the proof. */
static int watch(struct proving *proving, struct cli_archive *archive, const char *directory)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status =
	    capsa_prover_new(&proving->prover, &archive->source, directory, &err);

	if (status == CAPSA_OK && add_signatures(proving, archive) != CLI_DONE)
		return CLI_FAILED;
	if (status == CAPSA_OK) {
		capsa_reader_close(archive->reader);
		archive->reader = NULL;
		proving->source = capsa_prover_source(proving->prover);
		status = cli_archive_reader(archive, &proving->source, &err);
	}
	return status == CAPSA_OK ? CLI_DONE : cli_fail(archive->path, status, &err);
}

struct proving *cli_prove_begin(struct cli_archive *archive, const char *path, bool force)
{
	struct proving *proving = calloc(1, sizeof *proving);
	char *directory = cli_directory_of(path);

	if (proving == NULL || directory == NULL) {
		cli_error("out of memory");
		goto fail;
	}
	proving->path = path;
	if (!cli_archive_is(archive, path))
		proving->output = cli_output_begin(path, false, force);
	if (proving->output == NULL)
		goto fail;
	if (watch(proving, archive, directory) == CLI_DONE) {
		free(directory);
		return proving;
	}
fail:
	free(directory);
	cli_prove_abandon(proving);
	return NULL;
}

/* Whatever ID found the article, by its path it is found in the proof. */
static enum capsa_status find_by_path(struct cli_archive *archive, uint64_t number,
                                      struct capsa_error *err)
{
	struct capsa_text line;
	enum capsa_status status = capsa_reader_metadata(archive->reader, number, &line, err);
	char *path = status == CAPSA_OK ? cli_line_string(line, "path") : NULL;
	uint64_t found;

	if (path != NULL)
		status = capsa_reader_find_path(archive->reader, path, &found, err);
	free(path);
	return status == CAPSA_ENOENT ? CAPSA_ECORRUPT : status;
}

/* The article, its metadata, and all that leads to them. */
static enum capsa_status add_article(struct proving *proving, struct cli_archive *archive,
                                     uint64_t number, struct capsa_error *err)
{
	const struct capsa_verify_options options = {0};
	struct capsa_report report;
	enum capsa_status status = find_by_path(archive, number, err);

	if (status == CAPSA_OK)
		status = capsa_reader_verify_articles(archive->reader, &number, 1, &options,
		                                      &report, err);
	if (status == CAPSA_OK && report.good != 1) {
		snprintf(err->text, sizeof err->text, "the article is withheld");
		return CAPSA_EWITHHELD;
	}
	return status == CAPSA_OK ? capsa_prover_article(proving->prover, number, err) : status;
}

int cli_prove_end(struct proving *proving, struct cli_archive *archive, const uint64_t *numbers,
                  size_t count)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_sink sink = capsa_sink_file(cli_output_fd(proving->output));
	enum capsa_status status = CAPSA_OK;
	int result;

	for (size_t i = 0; i < count && status == CAPSA_OK; i++)
		status = add_article(proving, archive, numbers[i], &err);
	if (status != CAPSA_OK) {
		result = cli_fail(archive->path, status, &err);
		cli_prove_abandon(proving);
		return result;
	}
	status = capsa_prover_write(proving->prover, &sink, &err);
	if (status != CAPSA_OK) {
		result = cli_fail(proving->path, status, &err);
		cli_prove_abandon(proving);
		return result;
	}
	result = CLI_FAILED;
	if (cli_signal == 0) {
		result = cli_output_commit(proving->output);
		proving->output = NULL;
	}
	cli_prove_abandon(proving);
	return result;
}

void cli_prove_abandon(struct proving *proving)
{
	if (proving == NULL)
		return;
	cli_output_abandon(proving->output);
	capsa_prover_free(proving->prover);
	free(proving);
}
