/*
 * The keys that a user trusts, and what they make of an archive's signatures.
 *
 * The store is a directory: trusted/<label>.pub is a public key, trusted/<label>.until, where
 * it exists, the last second in which a signature of that key is trusted.
 */
#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- keys ---- */

static struct cli_trusted_key *add_key(struct cli_trust *trust, const struct capsa_public_key *key,
                                       const char *label)
{
	struct cli_trusted_key *keys = reallocarray(trust->keys, trust->count + 1, sizeof *keys);

	if (keys == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	trust->keys = keys;
	keys += trust->count++;
	*keys = (struct cli_trusted_key){.key = *key};
	snprintf(keys->label, sizeof keys->label, "%s", label);
	return keys;
}

void cli_label_of(const char *path, char out[256])
{
	const char *slash = strrchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : path;
	size_t size = strlen(name);

	if (size > 4 && strcmp(name + size - 4, ".pub") == 0)
		size -= 4;
	snprintf(out, 256, "%.*s", size < 255 ? (int)size : 255, name);
}

int cli_trust_add_file(struct cli_trust *trust, const char *path)
{
	struct capsa_public_key key;
	char label[256];
	int status = cli_public_key_load(path, &key);

	if (status != CLI_DONE)
		return status;
	cli_label_of(path, label);
	trust->required = trust->given = true;
	return add_key(trust, &key, label) != NULL ? CLI_DONE : CLI_FAILED;
}

int cli_trust_add_base64(struct cli_trust *trust, const char *text)
{
	struct capsa_public_key key;

	if (capsa_public_key_parse(&key, text, strlen(text), NULL) != CAPSA_OK) {
		cli_error("-P '%s': not a public key in base64", cli_quote(text));
		return CLI_USAGE;
	}
	trust->required = trust->given = true;
	return add_key(trust, &key, "-P") != NULL ? CLI_DONE : CLI_FAILED;
}

void cli_trust_release(struct cli_trust *trust)
{
	free(trust->keys);
	*trust = (struct cli_trust){0};
}

/* ---- the store ---- */

/* trusted/<label><suffix>; the caller frees it.  NULL is reported. */
static char *store_path(const char *label, const char *suffix)
{
	char *directory = cli_config_path("trusted");
	char *path = NULL;

	if (directory == NULL && errno == ENOENT) {
		cli_error(
		    "there is no home directory for the trust store; set HOME or XDG_CONFIG_HOME");
	} else if (directory == NULL ||
	           asprintf(&path, "%s/%s%s", directory, label, suffix) < 0) {
		cli_error("out of memory");
		path = NULL;
	}
	free(directory);
	return path;
}

/*
 * The date of a key.  What cannot be read is taken for a date before all signatures.  False where
 * memory is out, which is reported.
 */
static bool load_until(struct cli_trusted_key *key)
{
	char *path = store_path(key->label, ".until");
	char *text = NULL;
	size_t size;

	if (path == NULL)
		return false;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		free(path);
		return true;
	}
	key->has_until = true;
	key->until = INT64_MIN;
	text = cli_read_file(path, 64, &size);
	if (text != NULL) {
		text[strcspn(text, "\n")] = '\0';
		if (!capsa_date_seconds((struct capsa_text){text, strlen(text)}, &key->until)) {
			key->until = INT64_MIN;
			cli_warning("%s: not a date; the key '%s' is trusted for nothing",
			            cli_quote(path), cli_quote(key->label));
		}
	}
	free(text);
	free(path);
	return true;
}

/* A key of the store.  One that is bad or that the user may not read, which is reported, makes no
 * other key less trusted; where the system fails, nobody knows what it would have said. */
static int load_stored(struct cli_trust *trust, const char *directory, const char *name)
{
	struct capsa_public_key public;
	struct cli_trusted_key *key;
	char label[256];
	char *path = NULL;
	int status;
	bool passed;

	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	status = cli_public_key_load(path, &public);
	passed = errno != ENOMEM && errno != EIO && errno != EMFILE && errno != ENFILE;
	free(path);
	if (status != CLI_DONE)
		return passed ? CLI_DONE : CLI_FAILED;
	cli_label_of(name, label);
	key = add_key(trust, &public, label);
	return key != NULL && load_until(key) ? CLI_DONE : CLI_FAILED;
}

static int is_public_key_name(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return size > 4 && entry->d_name[0] != '.' && strcmp(entry->d_name + size - 4, ".pub") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int cli_trust_add_store(struct cli_trust *trust, bool required)
{
	char *directory = cli_config_path("trusted");
	struct dirent **names = NULL;
	int count = 0;
	int status = CLI_DONE;

	trust->required = trust->required || required;
	if (directory != NULL)
		count = scandir(directory, &names, is_public_key_name, by_name);
	else if (errno != ENOENT) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	if (count < 0 && errno != ENOENT) {
		cli_error("cannot read the trust store %s: %s", cli_quote(directory),
		          strerror(errno));
		status = CLI_FAILED;
	}
	for (int i = 0; i < count; i++) {
		if (status == CLI_DONE)
			status = load_stored(trust, directory, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	free(directory);
	return status;
}

/* A file name of its own: no path, not hidden, with room for a suffix, and fit to be shown. */
static bool label_check(const char *label)
{
	struct capsa_error err;
	size_t size = strlen(label);

	if (size <= 240 && label[0] != '.' && strchr(label, '/') == NULL &&
	    capsa_path_check(label, size, &err) == CAPSA_OK)
		return true;
	cli_error(
	    "'%s' cannot be a label: 1 to 240 bytes of text without '/', not beginning with '.'",
	    cli_quote(label));
	return false;
}

static int write_file(const char *path, const char *text)
{
	struct cli_output *output = cli_output_begin(path, false, true);

	if (output == NULL)
		return CLI_FAILED;
	if (dprintf(cli_output_fd(output), "%s", text) < 0) {
		cli_error("cannot write %s: %s", cli_quote(path), strerror(errno));
		cli_output_abandon(output);
		return CLI_FAILED;
	}
	return cli_output_commit(output);
}

/* The date goes first: without it the key would be trusted for too much. */
static int write_stored(const char *label, const struct capsa_public_key *key, const int64_t *until)
{
	char *public = store_path(label, ".pub");
	char *date = store_path(label, ".until");
	char text[160], base64[CAPSA_PUBLIC_KEY_TEXT], id[CAPSA_KEY_ID_TEXT], time[CAPSA_TIME_TEXT];
	int status = CLI_FAILED;

	if (public == NULL || date == NULL || !cli_make_directories_for(public))
		goto out;
	if (until != NULL) {
		capsa_time_text(*until, time);
		snprintf(text, sizeof text, "%s\n", time);
		status = write_file(date, text);
		if (status != CLI_DONE)
			goto out;
	}
	capsa_key_id_text(key->id, id);
	capsa_public_key_text(key, base64);
	snprintf(text, sizeof text, "untrusted comment: minisign public key %s\n%s\n", id, base64);
	status = write_file(public, text);
	if (status == CLI_DONE && until == NULL && unlink(date) != 0 && errno != ENOENT) {
		cli_error("cannot remove %s: %s", cli_quote(date), strerror(errno));
		status = CLI_FAILED;
	}
out:
	free(public);
	free(date);
	return status;
}

int cli_trust_store(const char *label, const struct capsa_public_key *key, const int64_t *until)
{
	struct cli_trust store = {0};
	int status;

	if (!label_check(label))
		return CLI_USAGE;
	status = cli_trust_add_store(&store, false);
	for (size_t i = 0; i < store.count && status == CLI_DONE; i++) {
		bool same_label = strcmp(store.keys[i].label, label) == 0;
		bool same_key = memcmp(&store.keys[i].key, key, sizeof *key) == 0;

		if (same_label && !same_key) {
			cli_error(
			    "another key is trusted as '%s' already; choose a label with --name",
			    cli_quote(label));
			status = CLI_FAILED;
		} else if (same_key && !same_label) {
			cli_error("this key is trusted already, as '%s'; remove it there to give "
			          "it another label",
			          cli_quote(store.keys[i].label));
			status = CLI_FAILED;
		}
	}
	cli_trust_release(&store);
	return status == CLI_DONE ? write_stored(label, key, until) : status;
}

/* The key goes first, see write_stored(). */
int cli_trust_forget(const char *label)
{
	static const char *const suffixes[] = {".pub", ".until"};
	int status = CLI_DONE;

	for (size_t i = 0; i < 2 && status == CLI_DONE; i++) {
		char *path = store_path(label, suffixes[i]);

		if (path == NULL) {
			status = CLI_FAILED;
		} else if (unlink(path) != 0 && errno != ENOENT) {
			cli_error("cannot remove %s: %s", cli_quote(path), strerror(errno));
			status = CLI_FAILED;
		}
		free(path);
	}
	return status;
}
