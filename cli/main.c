/*
 * From the command line to a verb, and from a verb to the exit status.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef CAPSA_LIBEXECDIR
#define CAPSA_LIBEXECDIR "/usr/local/libexec/capsa"
#endif

static char program[] = "capsa";

static const struct cli_verb *verb_named(const char *name)
{
	for (const struct cli_verb *const *verb = cli_verbs; *verb != NULL; verb++) {
		if (strcmp((*verb)->name, name) == 0)
			return *verb;
	}
	return NULL;
}

/*
 * Become capsa-pack, so that what reads archives need not load the libraries of importers.  It
 * stands beside this executable in a build tree, in LIBEXECDIR where capsa is installed.
 * Returns only where that fails.
 */
static int become_pack(char *const *argv)
{
	char beside[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", beside, sizeof beside - sizeof "capsa-pack");
	char *slash;

	if (size > 0) {
		beside[size] = '\0';
		slash = strrchr(beside, '/');
		memcpy(slash != NULL ? slash + 1 : beside, "capsa-pack", sizeof "capsa-pack");
		execv(beside, argv);
	}
	execv(CAPSA_LIBEXECDIR "/capsa-pack", argv);
	cli_error("cannot run capsa-pack, neither beside capsa nor as " CAPSA_LIBEXECDIR
	          "/capsa-pack: %s",
	          strerror(errno));
	return CLI_FAILED;
}

static int help_of_pack(const char *name)
{
	static char option[] = "--help";
	char verb[16];

	snprintf(verb, sizeof verb, "%s", name);
	return become_pack((char *[]){program, verb, option, NULL});
}

static int help_program(void)
{
	puts("Usage: capsa VERB [options] ARCHIVE ...\n"
	     "Signed, compressed, seekable archives of articles.\n");
	for (const struct cli_verb *const *verb = cli_verbs; *verb != NULL; verb++)
		printf("  %-10s%s\n", (*verb)->name, (*verb)->summary);
	puts("\n"
	     "capsa VERB --help says more; capsa --version names the version.\n"
	     "\n"
	     "Exit status: 0 done; 1 failed; 2 wrong usage; 3 damaged, or no capsa archive;\n"
	     "4 not signed by a key that you trust.");
	return CLI_DONE;
}

int cli_help(const char *name)
{
	const struct cli_verb *verb = verb_named(name);

	if (verb == NULL) {
		cli_error("unknown verb '%s'; try 'capsa --help'", cli_quote(name));
		return CLI_USAGE;
	}
	if (verb->run == NULL)
		return help_of_pack(name);
	fputs(verb->help, stdout);
	return CLI_DONE;
}

int cli_usage(const char *verb)
{
	cli_error("try 'capsa %s --help'", verb);
	return CLI_USAGE;
}

/* argv as main had it. */
static int run(int argc, char **argv)
{
	const struct cli_verb *verb;
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name == NULL) {
		cli_error("no verb; try 'capsa --help'");
		return CLI_USAGE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("capsa %s\n", capsa_version());
		return CLI_DONE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return argc > 2 ? cli_help(argv[2]) : help_program();
	verb = verb_named(name);
	if (verb == NULL) {
		cli_error("unknown %s '%s'; try 'capsa --help'",
		          name[0] == '-' ? "option" : "verb", cli_quote(name));
		return CLI_USAGE;
	}
	if (verb->run == NULL) {
		argv[0] = program;
		return become_pack(argv);
	}
	/* What getopt says then begins like all other messages. */
	argv[1] = program;
	return verb->run(argc - 1, argv + 1);
}

/*
 * Were one of the three standard descriptors closed, the next file opened would take its place,
 * and messages would go into an archive.
 */
static void keep_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* Opened for the direction that is not used, so that using it still fails. */
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(CLI_FAILED);
	}
}

int main(int argc, char **argv)
{
	int status;

	keep_standard_descriptors();
	/* Writing then fails with EPIPE or EFBIG, which is reported where it belongs. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	/* Options may follow operands, whatever the environment says. */
	unsetenv("POSIXLY_CORRECT");
	status = run(argc, argv);
	cli_die_of_signal();
	if (status == CLI_DONE && cli_lacks_memory()) {
		cli_error("out of memory");
		status = CLI_FAILED;
	}
	return cli_worse(status == CLI_HELPED ? CLI_DONE : status, cli_flush_output());
}
