/* capsa key: make keys and show them. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_LABEL "my own key"

static const char help[] =
    "Usage: capsa key new [NAME] [--no-password] [--password-file FILE]\n"
    "       capsa key show FILE\n"
    "\n"
    "key new makes a key pair: NAME.key, which signs and is kept secret, and\n"
    "NAME.pub, which is given to those who verify. Without NAME it makes your default\n"
    "key, with which capsa pack signs: capsa.key and capsa.pub in\n"
    "$XDG_CONFIG_HOME/capsa (else ~/.config/capsa). You then trust it, too, under the\n"
    "label '" DEFAULT_LABEL "'. A file that exists is never replaced. The new key's id and\n"
    "public key are printed as key show does.\n"
    "\n"
    "  --no-password          leave the secret key without a password\n"
    "  --password-file FILE   the password is the first line of FILE\n"
    "  -q, --quiet            no messages but errors\n"
    "\n"
    "Without these the password is CAPSA_PASSWORD from the environment, else it is\n"
    "asked for on the terminal, twice. To encrypt a key takes 1 GiB of memory for a\n"
    "second.\n"
    "\n"
    "key show prints the key id, a space and the public key in base64, a line for each\n"
    "key: of a .pub, of a .key, or of every signature in an archive. An archive can\n"
    "name any key: ask its owner before you trust it. Where a secret key has a password\n"
    "its id is encrypted as well: it is read from the .pub beside it, else the password\n"
    "is needed.\n"
    "\n"
    "The files are minisign's: each program takes the other's.\n";

enum { PASSWORD_FILE = 256, NO_PASSWORD };

static void print_key(const struct capsa_public_key *key)
{
	char id[CAPSA_KEY_ID_TEXT], base64[CAPSA_PUBLIC_KEY_TEXT];

	capsa_key_id_text(key->id, id);
	capsa_public_key_text(key, base64);
	printf("%s %s\n", id, base64);
}

/* ---- key new ---- */

struct new_key {
	const char *name;               /* NULL: the default key */
	const char *password_file;
	bool no_password;
	char *secret_path;              /* owned, like all below */
	char *public_path;
	struct cli_output *secret_file;
	struct cli_output *public_file;
	struct capsa_secret_key *key;
};

static bool choose_paths(struct new_key *new)
{
	if (new->name != NULL) {
		if (asprintf(&new->secret_path, "%s.key", new->name) < 0)
			new->secret_path = NULL;
		if (asprintf(&new->public_path, "%s.pub", new->name) < 0)
			new->public_path = NULL;
	} else {
		new->secret_path = cli_config_path("capsa.key");
		new->public_path = cli_config_path("capsa.pub");
	}
	if ((new->secret_path == NULL || new->public_path == NULL) && errno == ENOMEM) {
		cli_error("out of memory");
		return false;
	}
	if (new->secret_path == NULL || new->public_path == NULL) {
		cli_error("there is no home directory for the default key; give a NAME");
		return false;
	}
	return new->name != NULL || cli_make_directories_for(new->secret_path);
}

static bool is_free(const char *path)
{
	struct stat info;

	if (lstat(path, &info) != 0)
		return true;
	cli_error("%s exists already; a key is never replaced", cli_quote(path));
	return false;
}

/* Not by stdio, whose buffer would keep a copy of what may be secret. */
static bool write_text(struct cli_output *output, const char *path, const char *text)
{
	size_t size = strlen(text);

	while (size != 0) {
		ssize_t done = write(cli_output_fd(output), text, size);

		if (done < 0 && errno == EINTR && cli_signal == 0)
			continue;
		if (done < 0) {
			cli_error("cannot write %s: %s", cli_quote(path), strerror(errno));
			return false;
		}
		text += done;
		size -= (size_t)done;
	}
	return true;
}

/* The password is asked for before anything is written; the key is encrypted into the file. */
static bool write_secret(struct new_key *new)
{
	char password[CLI_PASSWORD_SIZE] = "";
	char text[CAPSA_SECRET_KEY_TEXT];
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status;
	bool good;

	if (!new->no_password &&
	    !cli_password("Password for the new key", new->password_file, true, password))
		return false;
	status = capsa_secret_key_generate(&new->key, &err);
	if (status == CAPSA_OK)
		status =
		    capsa_secret_key_text(new->key, new->no_password ? NULL : password, text, &err);
	if (status != CAPSA_OK)
		cli_fail(new->secret_path, status, &err);
	good = status == CAPSA_OK && write_text(new->secret_file, new->secret_path, text);
	explicit_bzero(password, sizeof password);
	explicit_bzero(text, sizeof text);
	return good;
}

static bool write_public(struct new_key *new, const struct capsa_public_key *key)
{
	char text[160], id[CAPSA_KEY_ID_TEXT], base64[CAPSA_PUBLIC_KEY_TEXT];

	capsa_key_id_text(key->id, id);
	capsa_public_key_text(key, base64);
	snprintf(text, sizeof text, "untrusted comment: minisign public key %s\n%s\n", id, base64);
	return write_text(new->public_file, new->public_path, text);
}

/* Both files or none. */
static int commit_both(struct new_key *new)
{
	int status = cli_output_commit(new->secret_file);

	new->secret_file = NULL;
	if (status != CLI_DONE)
		return status;
	status = cli_output_commit(new->public_file);
	new->public_file = NULL;
	if (status != CLI_DONE)
		unlink(new->secret_path);
	return status;
}

/* The default key is trusted; one that follows another has its id in its label. */
static int trust_own(const struct capsa_public_key *key)
{
	struct cli_trust store = {0};
	char id[CAPSA_KEY_ID_TEXT], label[sizeof DEFAULT_LABEL + CAPSA_KEY_ID_TEXT] = DEFAULT_LABEL;
	int status = cli_trust_add_store(&store, false);

	capsa_key_id_text(key->id, id);
	for (size_t i = 0; i < store.count; i++)
		if (strcmp(store.keys[i].label, DEFAULT_LABEL) == 0)
			snprintf(label, sizeof label, "%s %s", DEFAULT_LABEL, id);
	cli_trust_release(&store);
	return status == CLI_DONE ? cli_trust_store(label, key, NULL) : status;
}

static int make_key(struct new_key *new)
{
	struct capsa_public_key public;
	int status;

	if (!choose_paths(new) || !is_free(new->secret_path) || !is_free(new->public_path))
		return CLI_FAILED;
	cli_catch_signals();
	new->secret_file = cli_output_begin(new->secret_path, true, false);
	new->public_file =
	    new->secret_file != NULL ? cli_output_begin(new->public_path, false, false) : NULL;
	if (new->public_file == NULL || !write_secret(new))
		return CLI_FAILED;
	capsa_secret_key_public(new->key, &public);
	if (cli_signal != 0 || !write_public(new, &public))
		return CLI_FAILED;
	status = commit_both(new);
	if (status != CLI_DONE)
		return status;
	cli_note("made %s, which is secret, and %s", cli_quote(new->secret_path),
	         cli_quote(new->public_path));
	print_key(&public);
	return new->name != NULL ? CLI_DONE : trust_own(&public);
}

static int key_new(struct new_key *new)
{
	int status = make_key(new);

	cli_output_abandon(new->secret_file);
	cli_output_abandon(new->public_file);
	capsa_secret_key_free(new->key);
	free(new->secret_path);
	free(new->public_path);
	return status;
}

/* ---- key show ---- */

/* x.pub of x.key, which the caller frees; NULL without such a file. */
static char *public_beside(const char *path)
{
	size_t size = strlen(path);
	char *beside;

	if (size <= 4 || strcmp(path + size - 4, ".key") != 0)
		return NULL;
	beside = strdup(path);
	if (beside == NULL)
		return NULL;
	memcpy(beside + size - 4, ".pub", 4);
	if (access(beside, F_OK) == 0)
		return beside;
	free(beside);
	return NULL;
}

static int show_secret(const char *path, const char *password_file, bool encrypted)
{
	char *beside = encrypted && password_file == NULL ? public_beside(path) : NULL;
	struct capsa_secret_key *secret = NULL;
	struct capsa_public_key key;
	int status;

	if (beside != NULL) {
		status = cli_public_key_load(beside, &key);
		if (status == CLI_DONE)
			cli_note("%s has a password; read from %s", cli_quote(path),
			         cli_quote(beside));
	} else {
		status = cli_secret_key_load(path, password_file, &secret);
		if (status == CLI_DONE)
			capsa_secret_key_public(secret, &key);
	}
	if (status == CLI_DONE)
		print_key(&key);
	capsa_secret_key_free(secret);
	free(beside);
	return status;
}

static int show_archive(const char *path)
{
	struct cli_archive archive;
	int status = cli_archive_load(&archive, path);
	size_t shown = 0;

	if (status != CLI_DONE)
		return status;
	for (size_t i = 0; i < capsa_reader_attestations(archive.reader); i++) {
		const struct capsa_attestation *attestation =
		    capsa_reader_attestation(archive.reader, i);

		if (attestation->kind == CLI_KIND_MINISIGN) {
			print_key(&attestation->signature.hint);
			shown++;
		}
	}
	cli_archive_close(&archive);
	if (shown != 0)
		return CLI_DONE;
	cli_error("%s: not signed", cli_quote(path));
	return CLI_FAILED;
}

/*
 * The magic number of the Zstandard frame that every archive begins with (spec 3).  No more is
 * read: the file may be a secret key.
 */
static bool is_archive(const char *path)
{
	unsigned char head[4];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head &&
	            memcmp(head, "\x28\xb5\x2f\xfd", sizeof head) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

static int key_show(const char *path, const char *password_file)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_secret_key *secret = NULL;
	struct capsa_public_key key;
	enum capsa_status status;
	size_t size;
	char *text;

	if (is_archive(path))
		return show_archive(path);
	text = cli_read_file(path, CLI_KEY_FILE_MAX, &size);
	if (text == NULL)
		return CLI_FAILED;
	if (capsa_public_key_parse(&key, text, size, NULL) == CAPSA_OK) {
		free(text);
		print_key(&key);
		return CLI_DONE;
	}
	status = capsa_secret_key_parse(&secret, text, size, NULL, &err);
	capsa_secret_key_free(secret);
	explicit_bzero(text, size);
	free(text);
	if (status == CAPSA_OK || status == CAPSA_EPASSWORD)
		return show_secret(path, password_file, status == CAPSA_EPASSWORD);
	if (status == CAPSA_ENOMEM)
		return cli_fail(path, status, &err);
	cli_error("%s: neither a key nor a capsa archive", cli_quote(path));
	return CLI_FAILED;
}

/* ---- options ---- */

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"no-password", no_argument, NULL, NO_PASSWORD},
		{"password-file", required_argument, NULL, PASSWORD_FILE},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct new_key new = {0};
	const char *action;
	int option, operands;

	while ((option = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
		switch (option) {
		case NO_PASSWORD:
			new.no_password = true;
			break;
		case PASSWORD_FILE:
			new.password_file = optarg;
			break;
		case 'q':
			cli_quiet = true;
			break;
		case 'h':
			return cli_help("key");
		default:
			return cli_usage("key");
		}
	}
	action = optind < argc ? argv[optind++] : "";
	operands = argc - optind;
	if (strcmp(action, "new") == 0 && operands <= 1) {
		new.name = operands == 1 ? argv[optind] : NULL;
		return key_new(&new);
	}
	if (strcmp(action, "show") == 0 && operands == 1 && !new.no_password)
		return key_show(argv[optind], new.password_file);
	cli_error("key wants 'new [NAME]' or 'show FILE'");
	return cli_usage("key");
}

const struct cli_verb cli_verb_key = {
	.name = "key",
	.run = run,
	.summary = "make a key, or show one",
	.help = help,
};
