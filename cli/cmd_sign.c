/* capsa sign: another signature on archives that exist. */
#include "cli.h"

#include "utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the trusted comment what capsa writes itself has at most 49 bytes. */
#define TEXT_MAX (CAPSA_COMMENT_MAX - 49)

static const char help[] =
    "Usage: capsa sign [options] ARCHIVE...\n"
    "\n"
    "Adds your signature to archives, after verifying them: you become a witness that\n"
    "they were intact. Signatures that are there stay valid, and all other bytes stay\n"
    "as they are. A directory stands for the *.capsa in it.\n"
    "\n"
    "An archive is replaced when its new version is complete, with the same mode and,\n"
    "where that is allowed, owner; this is the only verb that replaces a file without\n"
    "--force. Where ARCHIVE is a symbolic link, what it leads to is replaced. Beside\n"
    "the archive there must be room for its copy, unless the file system can share\n"
    "blocks (Btrfs, XFS and others).\n"
    "\n"
    "  -k, --key KEY          sign with this secret key; without it with the default key\n"
    "  --password-file FILE   the key's password is the first line of FILE; without it\n"
    "                         CAPSA_PASSWORD, else the terminal is asked, once\n"
    "  --detached             do not touch ARCHIVE: write ARCHIVE.KEYID.minisig, which\n"
    "                         capsa finds beside it. Without capsa it is checked so:\n"
    "                           capsa info --statement ARCHIVE >statement\n"
    "                           minisign -V -p KEY.pub -m statement -x FILE.minisig\n"
    "  --comment TEXT         add TEXT to the trusted comment, which is signed, too\n"
    "  --deep                 verify deeply, as 'capsa verify --deep' does\n"
    "  --no-verify            do not verify; the trusted comment says so\n"
    "  --force                replace a FILE.minisig that exists\n"
    "  --threads N            verify with N threads; without it with one a core\n"
    "  -q, --quiet            no messages but errors, no progress\n"
    "  --no-progress          no progress\n"
    "\n"
    "The trusted comment is 'capsa: witnessed full TIME', or 'deep' or 'unverified' in\n"
    "place of 'full', and TEXT; TIME is SOURCE_DATE_EPOCH, else now. An archive that\n"
    "this key has signed already stays as it is, which is no failure.\n"
    "\n"
    "Exit status: 0 signed, or signed already; 1 failed, or something is withheld, so\n"
    "that only --no-verify signs; 3 damaged, which is not signed; 4 a signature by a\n"
    "known key does not verify. Of several archives the worst counts: 3, then 1, then 4.\n";

enum { PASSWORD_FILE = 256, DETACHED, COMMENT, DEEP, NO_VERIFY, FORCE, THREADS, NO_PROGRESS };

struct sign {
	const char *key_file;           /* NULL: the default key */
	const char *password_file;
	bool detached;
	bool force;
	bool no_verify;
	bool deep;
	uint32_t threads;
	char *text;                     /* owned; NULL: none */
	int64_t when;
	struct capsa_secret_key *key;   /* owned */
	struct capsa_public_key public;
	char key_id[CAPSA_KEY_ID_TEXT];
	struct cli_trust trust;
};

/* ---- before a signature ---- */

/*
 * CLI_DONE and *signed_: this key has signed it.  CLI_UNTRUSTED: a signature says it is by this
 * key, or by another that is known, and is not.
 */
static int look_at_signatures(const struct sign *sign, struct cli_archive *archive, bool *signed_)
{
	struct capsa_text statement = capsa_reader_statement(archive->reader)->text;
	const char *path = cli_quote(archive->path);
	int status = cli_judge(&sign->trust, archive);

	*signed_ = false;
	if (status != CLI_DONE)
		return status;
	if (archive->judgement.failed) {
		cli_error("%s: not signed: %s", path, cli_judgement_words(&archive->judgement));
		return CLI_UNTRUSTED;
	}
	for (size_t i = 0; i < capsa_reader_attestations(archive->reader); i++) {
		const struct capsa_attestation *attestation =
		    capsa_reader_attestation(archive->reader, i);
		const struct capsa_signature *signature = &attestation->signature;

		if (attestation->kind != CLI_KIND_MINISIGN ||
		    memcmp(signature->key_id, sign->public.id, sizeof sign->public.id) != 0)
			continue;
		if (capsa_signature_check(signature, statement, &sign->public, NULL) != CAPSA_OK) {
			cli_error("%s: not signed: it has a signature of your key id, %s, that "
			          "does not verify by your key",
			          path, sign->key_id);
			return CLI_UNTRUSTED;
		}
		*signed_ = true;
	}
	return CLI_DONE;
}

static bool report_progress(void *ctx, uint64_t bytes, uint64_t total)
{
	(void)ctx;
	(void)total;
	cli_progress_step(0, bytes);
	return cli_signal == 0;
}

/* A witness has seen everything. */
static int verify(const struct sign *sign, const struct cli_archive *archive)
{
	struct capsa_verify_options options = {
		.depth = sign->deep ? CAPSA_VERIFY_DEEP : CAPSA_VERIFY_FULL,
		.threads = sign->threads,
		.keys = sign->deep ? cli_keys() : NULL,
		.progress = report_progress,
	};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	const char *path = cli_quote(archive->path);
	struct capsa_report report;
	enum capsa_status status;

	cli_progress_start("verify", archive->source.size);
	status = capsa_reader_verify(archive->reader, &options, &report, &err);
	cli_progress_end();
	if (status == CAPSA_ESTOPPED)
		return CLI_FAILED;
	if (status == CAPSA_ECORRUPT) {
		cli_error("%s: damaged, so not signed; 'capsa verify' says what is", path);
		return CLI_DAMAGED;
	}
	if (status != CAPSA_OK)
		return cli_fail(archive->path, status, &err);
	if (report.withheld == 0 && report.lines_lost == 0)
		return CLI_DONE;
	cli_error("%s: not signed: something is withheld, so that nobody can be a witness of all; "
	          "--no-verify signs it as unverified",
	          path);
	return CLI_FAILED;
}

static int make_signature(const struct sign *sign, const struct cli_archive *archive,
                          struct capsa_signature *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	const char *seen = sign->no_verify ? "unverified" : sign->deep ? "deep" : "full";
	char when[CAPSA_TIME_TEXT], comment[CAPSA_COMMENT_MAX + 1];
	enum capsa_status status;

	capsa_time_text(sign->when, when);
	snprintf(comment, sizeof comment, "capsa: witnessed %s %s%s%s", seen, when,
	         sign->text != NULL ? " " : "", sign->text != NULL ? sign->text : "");
	status = capsa_signature_make(out, sign->key, capsa_reader_statement(archive->reader)->text,
	                              comment, &err);
	return status == CAPSA_OK ? CLI_DONE : cli_fail(archive->path, status, &err);
}

/* ---- into the archive ---- */

static int fail_write(const char *path, int sys)
{
	if (cli_signal == 0)
		cli_error("cannot write %s: %s", cli_quote(path), strerror(sys));
	return CLI_FAILED;
}

/* A look at what was written, before it takes the archive's place. */
static int check_written(const struct cli_archive *archive, int fd)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_reader *reader = NULL;
	struct capsa_source source;
	enum capsa_status status = capsa_source_file(&source, fd, &err);
	bool good;

	if (status == CAPSA_OK)
		status = capsa_reader_open(&reader, &source, NULL, &err);
	if (status != CAPSA_OK)
		return cli_fail(archive->path, status, &err);
	good = !capsa_reader_trailer_damaged(reader) &&
	       capsa_reader_attestations(reader) == capsa_reader_attestations(archive->reader) + 1;
	capsa_reader_close(reader);
	return good ? CLI_DONE : fail_write(archive->path, EIO);
}

/* The new archive into the output. */
static int write_archive(const struct cli_archive *archive, const struct capsa_signature *signature,
                         int fd)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	uint8_t tail[CAPSA_RESIGN_MAX];
	uint64_t keep;
	size_t size;
	int failed;
	enum capsa_status status =
	    capsa_reader_resign(archive->reader, signature, &keep, tail, &size, &err);

	if (status != CAPSA_OK)
		return cli_fail(archive->path, status, &err);
	failed = cli_clone(archive->fd, fd, keep);
	if (failed == 0)
		failed = cli_write_at(fd, tail, size, keep);
	if (failed != 0)
		return fail_write(archive->path, failed);
	return check_written(archive, fd);
}

/* Mode and, as far as the system allows it, owner and group. */
static void keep_attributes(int fd, const struct stat *info)
{
	bool given = fchown(fd, info->st_uid, info->st_gid) == 0;

	if (!given)
		given = fchown(fd, (uid_t)-1, info->st_gid) == 0;
	/* Bits that lend an identity are for that one alone. */
	(void)fchmod(fd, info->st_mode & (given ? 07777 : 0777));
}

/* Has nobody put another file in the archive's place while it was read?  Exit status. */
static int check_still(const char *shown, const char *path, const struct stat *info)
{
	struct stat there;
	bool found = stat(path, &there) == 0;

	if (!found && errno != ENOENT) {
		cli_error("cannot examine %s: %s", cli_quote(shown), strerror(errno));
		return CLI_FAILED;
	}
	if (found && there.st_dev == info->st_dev &&
	    there.st_ino == info->st_ino && there.st_size == info->st_size)
		return CLI_DONE;
	cli_error("%s: not signed: it was replaced meanwhile", cli_quote(shown));
	return CLI_FAILED;
}

static int sign_attached(const struct sign *sign, struct cli_archive *archive, const char *target)
{
	struct cli_output *output = cli_output_begin(target, false, true);
	struct capsa_signature signature;
	struct stat info;
	int status = CLI_FAILED;

	if (output == NULL)
		return CLI_FAILED;
	if (fstat(archive->fd, &info) != 0)
		status = fail_write(archive->path, errno);
	else
		status = sign->no_verify ? CLI_DONE : verify(sign, archive);
	if (status == CLI_DONE)
		status = make_signature(sign, archive, &signature);
	if (status == CLI_DONE)
		status = write_archive(archive, &signature, cli_output_fd(output));
	if (status == CLI_DONE)
		status = check_still(archive->path, target, &info);
	if (status != CLI_DONE) {
		cli_output_abandon(output);
		return status;
	}
	keep_attributes(cli_output_fd(output), &info);
	status = cli_output_commit(output);
	if (status == CLI_DONE)
		cli_note("%s: signed by %s (%s)", cli_quote(archive->path), sign->key_id,
		         cli_quote(signature.comment));
	return status;
}

/* Two that sign at once would lose a signature; who comes second is refused. */
static int sign_in_place(const struct sign *sign, struct cli_archive *archive)
{
	char *target;
	int status;

	if (flock(archive->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		cli_error("%s: not signed: another process is signing it",
		          cli_quote(archive->path));
		return CLI_FAILED;
	}
	target = realpath(archive->path, NULL);
	if (target == NULL)
		return fail_write(archive->path, errno);
	status = sign_attached(sign, archive, target);
	free(target);
	return status;
}

/* ---- beside the archive ---- */

static int sign_detached(const struct sign *sign, const struct cli_archive *archive)
{
	struct cli_output *output = NULL;
	struct capsa_signature signature;
	char text[CAPSA_SIGNATURE_TEXT];
	char *path;
	int status = CLI_FAILED;

	if (asprintf(&path, "%s.%s.minisig", archive->path, sign->key_id) < 0) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	output = cli_output_begin(path, false, sign->force);
	if (output != NULL)
		status = sign->no_verify ? CLI_DONE : verify(sign, archive);
	if (status == CLI_DONE)
		status = make_signature(sign, archive, &signature);
	if (status == CLI_DONE) {
		capsa_signature_text(&signature, text);
		if (dprintf(cli_output_fd(output), "%s", text) < 0)
			status = fail_write(path, errno);
	}
	if (status == CLI_DONE) {
		status = cli_output_commit(output);
		if (status == CLI_DONE)
			cli_note("%s: made (%s)", cli_quote(path), cli_quote(signature.comment));
	} else {
		cli_output_abandon(output);
	}
	free(path);
	return status;
}

/* ---- one archive ---- */

static int sign_archive(void *ctx, const char *path)
{
	const struct sign *sign = ctx;
	struct cli_archive archive;
	bool signed_;
	int status = cli_archive_load(&archive, path);

	if (status != CLI_DONE)
		return status;
	if (archive.proof != NULL) {
		cli_error("%s: is a proof; archives are signed", cli_quote(path));
		status = CLI_FAILED;
	} else if (capsa_reader_trailer_damaged(archive.reader)) {
		cli_error("%s: damaged, so not signed; 'capsa verify' says what is",
		          cli_quote(path));
		status = CLI_DAMAGED;
	}
	if (status == CLI_DONE)
		status = look_at_signatures(sign, &archive, &signed_);
	if (status == CLI_DONE && sign->detached)
		status = sign_detached(sign, &archive);
	else if (status == CLI_DONE && signed_)
		cli_note("%s: signed by %s already; nothing is added", cli_quote(path),
		         sign->key_id);
	else if (status == CLI_DONE)
		status = sign_in_place(sign, &archive);
	cli_archive_close(&archive);
	return status;
}

/* ---- options ---- */

/* Text as spec 9.1 wants it, in NFC. */
static int take_text(struct sign *sign, const char *given)
{
	struct capsa_text text = {given, strlen(given)};
	size_t size;

	free(sign->text);
	sign->text = NULL;
	if (capsa_utf8_valid(span_text(text))) {
		sign->text = cli_nfc(text);
		if (sign->text == NULL) {
			cli_error("out of memory");
			return CLI_FAILED;
		}
	}
	size = sign->text != NULL ? strlen(sign->text) : 0;
	if (size != 0 && size <= TEXT_MAX && capsa_utf8_plain(span_of(sign->text, size)))
		return CLI_DONE;
	cli_error("--comment: not 1 to %d bytes of text in UTF-8, without control characters, line "
	          "feeds and spaces at either end",
	          TEXT_MAX);
	return CLI_USAGE;
}

static int load_key(struct sign *sign)
{
	char *standard = NULL;
	const char *file = sign->key_file;
	int status = CLI_FAILED;

	if (file == NULL)
		file = standard = cli_config_path("capsa.key");
	if (file == NULL && errno == ENOMEM)
		cli_error("out of memory");
	else if (file == NULL || (standard != NULL && access(standard, F_OK) != 0))
		cli_error("no key: make one with 'capsa key new', or name one with -k");
	else
		status = cli_secret_key_load(file, sign->password_file, &sign->key);
	free(standard);
	if (status != CLI_DONE)
		return status;
	capsa_secret_key_public(sign->key, &sign->public);
	capsa_key_id_text(sign->public.id, sign->key_id);
	return CLI_DONE;
}

/* Exit status. */
static int set_option(struct sign *sign, int option)
{
	switch (option) {
	case 'k':
		sign->key_file = optarg;
		return CLI_DONE;
	case PASSWORD_FILE:
		sign->password_file = optarg;
		return CLI_DONE;
	case DETACHED:
		sign->detached = true;
		return CLI_DONE;
	case COMMENT:
		return take_text(sign, optarg);
	case DEEP:
		sign->deep = true;
		return CLI_DONE;
	case NO_VERIFY:
		sign->no_verify = true;
		return CLI_DONE;
	case FORCE:
		sign->force = true;
		return CLI_DONE;
	case THREADS:
		return cli_threads(optarg, &sign->threads) ? CLI_DONE : CLI_USAGE;
	case 'q':
		cli_quiet = true;
		return CLI_DONE;
	case NO_PROGRESS:
		cli_no_progress = true;
		return CLI_DONE;
	case 'h':
		return cli_help("sign") == CLI_DONE ? CLI_HELPED : CLI_FAILED;
	default:
		return cli_usage("sign");
	}
}

static int parse(struct sign *sign, int argc, char **argv)
{
	static const struct option options[] = {
		{"key", required_argument, NULL, 'k'},
		{"password-file", required_argument, NULL, PASSWORD_FILE},
		{"detached", no_argument, NULL, DETACHED},
		{"comment", required_argument, NULL, COMMENT},
		{"deep", no_argument, NULL, DEEP},
		{"no-verify", no_argument, NULL, NO_VERIFY},
		{"force", no_argument, NULL, FORCE},
		{"threads", required_argument, NULL, THREADS},
		{"quiet", no_argument, NULL, 'q'},
		{"no-progress", no_argument, NULL, NO_PROGRESS},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, "k:qh", options, NULL)) != -1) {
		status = set_option(sign, option);
		if (status != CLI_DONE)
			return status;
	}
	if (optind == argc) {
		cli_error("no archive to sign");
		return cli_usage("sign");
	}
	if (sign->deep && sign->no_verify) {
		cli_error("--deep and --no-verify exclude each other");
		return cli_usage("sign");
	}
	if (sign->force && !sign->detached) {
		cli_error("--force is for --detached; an archive is replaced in any case");
		return cli_usage("sign");
	}
	return cli_clock(&sign->when);
}

static int run(int argc, char **argv)
{
	struct sign sign = {0};
	int status = parse(&sign, argc, argv);

	if (status == CLI_DONE && sign.threads == 0)
		cli_threads(NULL, &sign.threads);
	if (status == CLI_DONE)
		status = cli_trust_add_store(&sign.trust, false);
	if (status == CLI_DONE)
		status = load_key(&sign);
	if (status == CLI_DONE) {
		cli_catch_signals();
		status = cli_each_archive(argv + optind, (size_t)(argc - optind), sign_archive,
		                          &sign);
	}
	capsa_secret_key_free(sign.key);
	cli_trust_release(&sign.trust);
	free(sign.text);
	return status;
}

const struct cli_verb cli_verb_sign = {
	.name = "sign",
	.run = run,
	.summary = "add a signature to archives, as a witness that they are intact",
	.help = help,
};
