/*
 * An archive that a verb reads, and the options about trust that all reading verbs share.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_address(const char *path)
{
	return strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0;
}

/* Where the file is a proof, the archive is what it holds of it. */
static enum capsa_status open_proof(struct cli_archive *archive, struct capsa_error *err)
{
	enum capsa_status status = capsa_proof_open(&archive->proof, &archive->source, err);

	if (status == CAPSA_OK)
		archive->source = capsa_proof_source(archive->proof);
	return status == CAPSA_EFORMAT ? CAPSA_OK : status;
}

int cli_archive_file(struct cli_archive *out, const char *path)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status;
	struct stat facts;

	*out = (struct cli_archive){.path = path, .fd = -1};
	if (is_address(path)) {
		cli_error("%s: reading over HTTP is not built yet", cli_quote(path));
		return CLI_USAGE;
	}
	/* Without O_NONBLOCK a FIFO, which is no archive, would be waited for. */
	out->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (out->fd < 0) {
		cli_error("cannot open %s: %s", cli_quote(path), strerror(errno));
		return CLI_FAILED;
	}
	if (fstat(out->fd, &facts) == 0 && S_ISDIR(facts.st_mode)) {
		cli_archive_close(out);
		cli_error("%s: is a directory", cli_quote(path));
		return CLI_FAILED;
	}
	status = capsa_source_file(&out->source, out->fd, &err);
	if (status == CAPSA_OK)
		status = open_proof(out, &err);
	if (status == CAPSA_OK)
		return CLI_DONE;
	cli_archive_close(out);
	return cli_fail(path, status, &err);
}

enum capsa_status cli_archive_reader(struct cli_archive *archive, const struct capsa_source *source,
                                     struct capsa_error *err)
{
	const struct capsa_reader_options sparing = {.tail_size = CAPSA_PROOF_TAIL};
	bool whole = archive->proof == NULL && source == &archive->source;

	return capsa_reader_open(&archive->reader, source, whole ? NULL : &sparing, err);
}

int cli_archive_load(struct cli_archive *out, const char *path)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status;
	int exit_status = cli_archive_file(out, path);

	if (exit_status != CLI_DONE)
		return exit_status;
	status = cli_archive_reader(out, &out->source, &err);
	if (status == CAPSA_OK)
		return CLI_DONE;
	cli_archive_close(out);
	return cli_fail(path, status, &err);
}

void cli_archive_close(struct cli_archive *archive)
{
	capsa_reader_close(archive->reader);
	archive->reader = NULL;
	capsa_proof_close(archive->proof);
	archive->proof = NULL;
	if (archive->fd >= 0)
		close(archive->fd);
	archive->fd = -1;
}

bool cli_archive_is(const struct cli_archive *archive, const char *output)
{
	struct stat input, there;

	if (fstat(archive->fd, &input) != 0 || stat(output, &there) != 0 ||
	    input.st_dev != there.st_dev || input.st_ino != there.st_ino)
		return false;
	cli_error("%s is the archive itself", cli_quote(output));
	return true;
}

void cli_archive_warn(const struct cli_archive *archive)
{
	const struct cli_judgement *judgement = &archive->judgement;

	if (judgement->weight == CLI_WEIGHT_STRANGER)
		cli_warning("%s: signed by %s, a key you do not trust", cli_quote(archive->path),
		            judgement->key_id);
	else if (!judgement->trusted)
		cli_warning("%s: %s", cli_quote(archive->path), cli_judgement_words(judgement));
	if (capsa_reader_trailer_damaged(archive->reader))
		cli_warning("%s: the trailer is damaged; 'capsa verify' says what else is",
		            cli_quote(archive->path));
}

int cli_archive_judge(struct cli_archive *archive, const struct cli_trust *trust)
{
	const struct cli_judgement *judgement = &archive->judgement;
	int status = cli_judge(trust, archive);

	if (status != CLI_DONE)
		return status;
	if (judgement->failed || (trust->required && !judgement->trusted)) {
		cli_error("%s: %s", cli_quote(archive->path), cli_judgement_words(judgement));
		return CLI_UNTRUSTED;
	}
	cli_archive_warn(archive);
	return CLI_DONE;
}

int cli_archive_open(struct cli_archive *out, const char *path, const struct cli_trust *trust)
{
	int status = cli_archive_load(out, path);

	if (status != CLI_DONE)
		return status;
	status = cli_archive_judge(out, trust);
	if (status != CLI_DONE)
		cli_archive_close(out);
	return status;
}

bool cli_trust_option(int option, const char *argument, const char *verb, struct cli_trust *trust,
                      int *status)
{
	*status = CLI_DONE;
	switch (option) {
	case 'p':
		*status = cli_trust_add_file(trust, argument);
		return true;
	case 'P':
		*status = cli_trust_add_base64(trust, argument);
		return true;
	case 1001:
		*status = cli_trust_add_store(trust, true);
		return true;
	case 'q':
		cli_quiet = true;
		return true;
	case 1002:
		cli_no_progress = true;
		return true;
	case 'h':
		*status = cli_help(verb);
		if (*status == CLI_DONE)
			*status = CLI_HELPED;
		return true;
	default:
		return false;
	}
}
