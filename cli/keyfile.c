/*
 * Key files and the passwords that open them.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *cli_read_file(const char *path, size_t limit, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data = fd >= 0 ? malloc(limit + 1) : NULL;
	ssize_t got = -1;
	int failed;

	*size = 0;
	while (data != NULL && *size <= limit) {
		got = read(fd, data + *size, limit + 1 - *size);
		if (got < 0 && errno == EINTR && cli_signal == 0)
			continue;
		if (got <= 0)
			break;
		*size += (size_t)got;
	}
	if (got == 0) {
		data[*size] = '\0';
		close(fd);
		return data;
	}
	failed = got > 0 ? EFBIG : errno;
	if (got > 0)
		cli_error("%s: too large: this file should have at most %zu bytes", cli_quote(path),
		          limit);
	else
		cli_error("cannot read %s: %s", cli_quote(path), strerror(failed));
	/* It may have been part of a secret. */
	if (data != NULL)
		explicit_bzero(data, *size);
	free(data);
	if (fd >= 0)
		close(fd);
	errno = failed;
	return NULL;
}

/* `name` in a base directory of the XDG specification, which a variable may name. */
static char *user_path(const char *variable, const char *standard, const char *name)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");
	struct passwd *user;
	char *path = NULL;

	/* A relative path there is to be ignored, says the XDG specification. */
	if (base != NULL && base[0] == '/')
		return asprintf(&path, "%s/capsa/%s", base, name) >= 0 ? path : NULL;
	if (home == NULL || home[0] == '\0') {
		user = getpwuid(getuid());
		home = user != NULL ? user->pw_dir : NULL;
	}
	if (home == NULL) {
		errno = ENOENT;
		return NULL;
	}
	return asprintf(&path, "%s/%s/capsa/%s", home, standard, name) >= 0 ? path : NULL;
}

char *cli_config_path(const char *name)
{
	return user_path("XDG_CONFIG_HOME", ".config", name);
}

char *cli_state_path(const char *name)
{
	return user_path("XDG_STATE_HOME", ".local/state", name);
}

/* Where it fails, `path` ends with the directory that cannot be made.  0 or an errno value. */
static int make_directories(char *path)
{
	for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL; *slash = '/') {
		*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return errno;
	}
	return 0;
}

bool cli_make_directories_for(const char *path)
{
	char *copy = strdup(path);
	int failed = copy != NULL ? make_directories(copy) : ENOMEM;

	if (failed != 0)
		cli_error("cannot make the directory %s: %s",
		          copy != NULL ? cli_quote(copy) : cli_quote(path), strerror(failed));
	free(copy);
	return failed == 0;
}

int cli_try_directories_for(const char *path)
{
	char *copy = strdup(path);
	int failed = copy != NULL ? make_directories(copy) : ENOMEM;

	free(copy);
	return failed;
}

/* ---- passwords ---- */

/* The first line of a file. */
static bool password_from_file(const char *path, char *out, size_t size)
{
	size_t length;
	char *text = cli_read_file(path, CLI_KEY_FILE_MAX, &length);
	bool good;

	if (text == NULL)
		return false;
	text[strcspn(text, "\r\n")] = '\0';
	good = text[0] != '\0' && strlen(text) < size;
	if (good)
		memcpy(out, text, strlen(text) + 1);
	else
		cli_error("%s: its first line is no password: it is empty, or has over %zu bytes",
		          cli_quote(path), size - 1);
	explicit_bzero(text, length);
	free(text);
	return good;
}

static bool password_from_environment(char *out, size_t size)
{
	const char *text = getenv("CAPSA_PASSWORD");

	if (text == NULL || text[0] == '\0' || strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static bool password_from_terminal(const char *purpose, bool twice, char *out, size_t size)
{
	char again[CLI_PASSWORD_SIZE];
	bool good;

	if (!cli_ask_password(purpose, out, size)) {
		if (cli_signal == 0)
			cli_error(
			    "a password is needed, and there is no terminal to ask for it: give "
			    "--password-file FILE or CAPSA_PASSWORD%s",
			    twice ? ", or --no-password" : "");
		return false;
	}
	if (!twice)
		return true;
	if (out[0] == '\0') {
		cli_error(
		    "an empty password protects nothing; --no-password makes a key without one");
		return false;
	}
	good = cli_ask_password("The same again", again, sizeof again);
	if (good && strcmp(out, again) != 0) {
		cli_error("the two passwords differ");
		good = false;
	}
	explicit_bzero(again, sizeof again);
	return good;
}

bool cli_password(const char *purpose, const char *password_file, bool twice,
                  char out[CLI_PASSWORD_SIZE])
{
	bool good;

	if (password_file != NULL)
		good = password_from_file(password_file, out, CLI_PASSWORD_SIZE);
	else
		good = password_from_environment(out, CLI_PASSWORD_SIZE) ||
		       password_from_terminal(purpose, twice, out, CLI_PASSWORD_SIZE);
	if (!good)
		explicit_bzero(out, CLI_PASSWORD_SIZE);
	return good;
}

/* ---- keys ---- */

int cli_public_key_load(const char *path, struct capsa_public_key *out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	size_t size;
	char *text = cli_read_file(path, CLI_KEY_FILE_MAX, &size);
	enum capsa_status status;

	if (text == NULL)
		return CLI_FAILED;
	status = capsa_public_key_parse(out, text, size, &err);
	if (status != CAPSA_OK)
		cli_fail(path, status, &err);
	/* It may be a secret key, given by mistake. */
	explicit_bzero(text, size);
	free(text);
	errno = 0;
	return status == CAPSA_OK ? CLI_DONE : CLI_FAILED;
}

static void warn_if_others_may_read(const char *path)
{
	struct stat info;

	if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) != 0)
		cli_warning("%s: others may read this secret key (mode %04o); chmod 600 mends it",
		            cli_quote(path), (unsigned)(info.st_mode & 07777));
}

int cli_secret_key_load(const char *path, const char *password_file, struct capsa_secret_key **out)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	char password[CLI_PASSWORD_SIZE];
	char purpose[256];
	size_t size;
	char *text = cli_read_file(path, CLI_KEY_FILE_MAX, &size);
	enum capsa_status status;

	*out = NULL;
	if (text == NULL)
		return CLI_FAILED;
	warn_if_others_may_read(path);
	status = capsa_secret_key_parse(out, text, size, NULL, &err);
	if (status == CAPSA_EPASSWORD) {
		snprintf(purpose, sizeof purpose, "Password of %.200s", cli_quote(path));
		if (cli_password(purpose, password_file, false, password)) {
			status = capsa_secret_key_parse(out, text, size, password, &err);
			explicit_bzero(password, sizeof password);
			if (status != CAPSA_OK)
				cli_fail(path, status, &err);
		}
	} else if (status != CAPSA_OK) {
		cli_fail(path, status, &err);
	}
	explicit_bzero(text, size);
	free(text);
	return status == CAPSA_OK ? CLI_DONE : CLI_FAILED;
}
