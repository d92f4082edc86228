/*
 * The vectors through the command, as processes that may crash, hang or eat memory:
 *
 *	CAPSA=/PATH/OF/capsa run_vectors
 *
 * Each is written into a directory below $TMPDIR, verified deeply, listed and salvaged; its first
 * article is got, and all are extracted.  Each command must end by itself with a status that the
 * vector allows, within MEMORY_MAX and CPU_MILLISECONDS, whatever the archive claims.
 */
#include "vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_MAX (64L << 10) /* KiB that are resident at once, of code and libraries, too */
#define CPU_MILLISECONDS 1000 /* of its own; what a file system takes is not the archive's doing */
#define CPU_SECONDS 20 /* in all, after which it is killed */
#define MANY 2000 /* articles: of more not all are extracted */
#define WALL_SECONDS 120 /* for what waits and does nothing, on a busy machine */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum command {
	COMMAND_VERIFY,
	COMMAND_LIST,
	COMMAND_GET,
	COMMAND_EXTRACT,
	COMMAND_SALVAGE,
	COMMANDS
};

static const char *const command_names[COMMANDS] = {"verify", "list", "get", "extract", "salvage"};

struct outcome {
	int status; /* of exit, or 128 and the signal */
	long memory; /* KiB */
	long milliseconds; /* of CPU, its own */
};

/* ---- one vector, as files ----------------------------------------------------------- */

static const char *const files[] = {"vector.capsa", "path", "body", "log"};

static void write_file(const char *name, struct span bytes)
{
	FILE *file = fopen(name, "wb");

	forge_need(file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size &&
	               fclose(file) == 0,
	           name);
}

/*
 * Are there so many articles that a file for each would take long?  In a process of its own: what
 * the parent has in memory would count for its children.
 */
static bool write_vector(const struct vector *vector)
{
	pid_t child = fork();
	int status;

	forge_need(child >= 0, "cannot fork");
	if (child == 0) {
		struct forge *f = forge_make(&vector->change);
		bool empty = f->article_count == 0;
		const struct forge_article *first = f->articles;

		write_file("vector.capsa", buffer_span(&f->file));
		write_file("path", empty ? span_of("none", 4) : forge_text(first->path));
		write_file("body", empty ? span_of("", 0) : first->body);
		_exit(f->article_count > MANY);
	}
	forge_need(waitpid(child, &status, 0) == child && WIFEXITED(status), vector->name);
	return WEXITSTATUS(status) != 0;
}

static size_t read_small(const char *name, char *out, size_t room)
{
	FILE *file = fopen(name, "rb");
	size_t size = file != NULL ? fread(out, 1, room - 1, file) : 0;

	if (file != NULL)
		fclose(file);
	out[size] = '\0';
	return size;
}

static bool same_files(const char *a, const char *b)
{
	FILE *x = fopen(a, "rb"), *y = fopen(b, "rb");
	bool same = x != NULL && y != NULL;

	for (int byte = 0; same && byte != EOF;) {
		byte = getc(x);
		same = byte == getc(y);
	}
	if (x != NULL)
		fclose(x);
	if (y != NULL)
		fclose(y);
	return same;
}

/* `out` is a directory of extract, or a file. */
static void remove_outputs(void)
{
	unlink("got");
	if (unlink("out") != 0 && errno != ENOENT)
		forge_need(system("rm -rf out") == 0, "cannot remove what a command wrote");
}

/* ---- one command ------------------------------------------------------------------------ */

static void run_child(char *const arguments[])
{
	const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS + 1};
	int null = open("/dev/null", O_RDWR), log = open("log", O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (!SANITIZED)
		setrlimit(RLIMIT_CPU, &cpu);
	alarm(WALL_SECONDS);
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	execv(arguments[0], arguments);
	_exit(127);
}

static struct outcome run(char *const arguments[])
{
	struct outcome outcome;
	struct rusage usage;
	pid_t child = fork();
	int status;

	forge_need(child >= 0, "cannot fork");
	if (child == 0)
		run_child(arguments);
	forge_need(wait4(child, &status, 0, &usage) == child, "cannot wait");
	outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	outcome.memory = usage.ru_maxrss;
	outcome.milliseconds = usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000;
	return outcome;
}

/* Of the words PATH stands for the path of the first article, SOME for the same, or for nothing. */
static struct outcome run_command(const char *capsa, enum command command, bool many)
{
	static const char *const texts[COMMANDS] = {
	    "verify --deep -v --threads 2 -P " FORGE_PUBLIC_KEY " vector.capsa",
	    "list -l vector.capsa",
	    "get --by path -o got vector.capsa -- PATH",
	    "extract -C out vector.capsa -- SOME",
	    "salvage -o out --unsigned vector.capsa",
	};
	char words[256], program[4096], path[CAPSA_PATH_MAX + 1];
	char *arguments[16] = {program};
	size_t count = 1;

	snprintf(program, sizeof program, "%s", capsa);
	snprintf(words, sizeof words, "%s", texts[command]);
	read_small("path", path, sizeof path);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		if (strcmp(word, "PATH") == 0 || (strcmp(word, "SOME") == 0 && many))
			arguments[count++] = path;
		else if (strcmp(word, "SOME") != 0)
			arguments[count++] = word;
	remove_outputs();
	return run(arguments);
}

/* ---- what is allowed ---------------------------------------------------------------------- */

enum { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_DAMAGED, EXIT_UNTRUSTED };

/* What deep verification says, by the key of all vectors. */
static int verdict(const struct vector *vector)
{
	switch (vector->status) {
	case CAPSA_OK:
		return strcmp(vector->name, "good-unsigned") == 0 ? EXIT_UNTRUSTED : EXIT_DONE;
	case CAPSA_EWITHHELD:
		return EXIT_DONE;
	case CAPSA_EUNSUPPORTED:
		return EXIT_FAILED;
	case CAPSA_EUNTRUSTED:
		return EXIT_UNTRUSTED;
	default:
		return EXIT_DAMAGED;
	}
}

/* May the command end so?  What reads a part of the archive need not meet what is wrong with it. */
static bool allowed(const struct vector *vector, enum command command, int status)
{
	if (command == COMMAND_VERIFY)
		return status == verdict(vector);
	if (command == COMMAND_SALVAGE)
		return status == EXIT_DONE || status == EXIT_DAMAGED;
	switch (vector->caught) {
	case CAUGHT_OPEN:
	case CAUGHT_READ:
		return status == verdict(vector);
	case CAUGHT_NOWHERE:
	case CAUGHT_SIGNATURE: /* no key is trusted here */
		return status == EXIT_DONE ||
		       (command == COMMAND_GET && strcmp(vector->name, "good-empty") == 0);
	default:
		if (vector->status == CAPSA_EWITHHELD)
			return status == EXIT_DONE || status == EXIT_FAILED;
		/* A signer who lies of the order of keys can hide an article. */
		return status == EXIT_DONE || status == EXIT_DAMAGED ||
		       (command == COMMAND_GET && strcmp(vector->name, "bad-separator-low") == 0);
	}
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void print_log(void)
{
	char text[2000];
	char *line;

	read_small("log", text, sizeof text);
	for (line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		printf("#   %s\n", line);
}

static bool check_vector(const char *capsa, const struct vector *vector, struct outcome *most)
{
	bool good = true, many = write_vector(vector);

	for (unsigned i = 0; i < COMMANDS; i++) {
		struct outcome outcome = run_command(capsa, (enum command)i, many);
		bool wrong = i == COMMAND_GET && outcome.status == 0 &&
		             vector->caught != CAUGHT_DEEP_ALONE && !same_files("got", "body");
		bool fine = allowed(vector, (enum command)i, outcome.status) && !wrong &&
		            (SANITIZED || (outcome.memory <= MEMORY_MAX &&
		                           outcome.milliseconds <= CPU_MILLISECONDS));

		if (!fine) {
			printf("# %s: %s ends with %d%s, %ld KiB, %ld ms\n", vector->name,
			       command_names[i], outcome.status, wrong ? " and another body" : "",
			       outcome.memory, outcome.milliseconds);
			print_log();
		}
		good = good && fine;
		if (outcome.memory > most->memory)
			most->memory = outcome.memory;
		if (outcome.milliseconds > most->milliseconds)
			most->milliseconds = outcome.milliseconds;
	}
	return good;
}

int main(void)
{
	const char *capsa = getenv("CAPSA"), *temporary = getenv("TMPDIR");
	struct outcome most = {0};
	unsigned number = 0, failed = 0;
	char directory[4096], home[4200];

	snprintf(directory, sizeof directory, "%s/vectors.XXXXXX",
	         temporary != NULL ? temporary : "/tmp");
	forge_need(capsa != NULL && capsa[0] == '/',
	           "CAPSA must be the absolute path of the program");
	forge_need(mkdtemp(directory) != NULL && chdir(directory) == 0, directory);
	snprintf(home, sizeof home, "%s/config", directory);
	forge_need(setenv("XDG_CONFIG_HOME", home, 1) == 0 && setenv("XDG_STATE_HOME", home, 1) == 0,
	           "out of memory");
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t t = 0; t < VECTOR_COUNT(vector_tables); t++)
		for (size_t i = 0; i < vector_tables[t].count; i++) {
			const struct vector *vector = &vector_tables[t].vectors[i];
			bool good = check_vector(capsa, vector, &most);

			failed += !good;
			printf("%s %u - %s\n", good ? "ok" : "not ok", ++number, vector->name);
		}
	remove_outputs();
	for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
		unlink(files[i]);
	forge_need(rmdir(directory) == 0, directory);
	printf("1..%u\n# %u vectors, each by %d commands: at most %ld KiB and %ld ms of CPU\n",
	       number, number, COMMANDS, most.memory, most.milliseconds);
	return failed == 0 ? 0 : 1;
}
