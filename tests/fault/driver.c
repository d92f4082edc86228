/*
 * Run one program over and over, each time with another fault, and judge how it takes it.
 *
 *	faults-PROGRAM [OPTION...] -- ARGUMENT...
 *
 * in a directory of its own that holds what the arguments name.  Linked with the program, whose
 * main() is called in a child of this process; so a run costs a fork and no loading.
 *
 * The program runs first without a fault.  What it then leaves and writes is right, by definition
 * of this test; other tests show that.  With a fault, every file must be as it was before or as
 * it is in the end, none may be left over, and the exit status must tell what happened.
 */
#define _GNU_SOURCE
#include "settings.h"
#include "tree.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MAX 20          /* that a run takes, far more than any does */
#define PLACES_MAX 1024

int __wrap_main(int argc, char **argv);
int __real_main(int argc, char **argv);
const char *__asan_default_options(void) __attribute__((visibility("default")));

/* What the program did. */
struct outcome {
	int status;             /* of wait() */
	char *out, *err;        /* what it wrote, owned */
	size_t out_size, err_size;
	struct tree tree;
};

static struct {
	int out, err;           /* files that take what is written */
	struct tree before;
	struct outcome right;
	unsigned long violations;
} test;

static const int usual_errors[KINDS] = {
    [KIND_MEMORY] = ENOMEM,   [KIND_OPEN] = EMFILE,  [KIND_READ] = EIO,
    [KIND_WRITE] = ENOSPC,    [KIND_SYNC] = EIO,     [KIND_NAME] = EDQUOT,
    [KIND_TRUNCATE] = ENOSPC, [KIND_STAT] = EIO,  [KIND_THREAD] = EAGAIN,
};

const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:exitcode=99:detect_leaks=1:quarantine_size_mb=1";
}

const char *__lsan_default_suppressions(void) __attribute__((visibility("default")));
const char *__lsan_default_options(void) __attribute__((visibility("default")));

/* libxml2 loses a part of its parser where it has no memory for the rest. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libxml2\n";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

/* ---- a run ---- */

static void run_program(const struct injection *how)
{
	int in = open("/dev/null", O_RDONLY);

	if (in < 0 || dup2(in, STDIN_FILENO) < 0 || dup2(test.out, STDOUT_FILENO) < 0 ||
	    dup2(test.err, STDERR_FILENO) < 0)
		_exit(2);
	close(in);
	alarm(SECONDS_MAX);
	inject_begin(how);
	in = __real_main(settings.argc, settings.argv);
	inject_end();
	exit(in);
}

static char *take_file(int fd, size_t *size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char *data = end >= 0 ? malloc((size_t)end + 1) : NULL;

	if (data == NULL || pread(fd, data, (size_t)end, 0) != end || ftruncate(fd, 0) != 0)
		err(2, "cannot read what the program wrote");
	lseek(fd, 0, SEEK_SET);
	data[end] = '\0';
	*size = (size_t)end;
	return data;
}

static void run(const struct injection *how, struct outcome *outcome)
{
	pid_t child;

	memset(injected, 0, sizeof *injected);
	fflush(NULL);
	child = fork();
	if (child < 0)
		err(2, "fork");
	if (child == 0)
		run_program(how);
	if (waitpid(child, &outcome->status, 0) != child)
		err(2, "waitpid");
	outcome->out = take_file(test.out, &outcome->out_size);
	outcome->err = take_file(test.err, &outcome->err_size);
	tree_read(&outcome->tree);
}

static void outcome_release(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
	tree_release(&outcome->tree);
}

/* ---- what is wrong with it ---- */

static void print_command(void)
{
	fprintf(stderr, "%s", settings.program);
	for (int i = 1; i < settings.argc; i++)
		fprintf(stderr, " %s", settings.argv[i]);
}

/* The callers of our own in a sanitizer's stack trace: "load_key cli/cmd_sign.c:408 < ...". */
static void find_place(const char *trace, char *place, size_t size)
{
	size_t used = 0;

	place[0] = '\0';
	for (const char *line = trace; line != NULL && used + 1 < size; line = strchr(line, '\n')) {
		char function[128], file[128];

		line += *line == '\n';
		if (sscanf(line, "    #%*d 0x%*x in %127s %127s", function, file) == 2 &&
		    (strncmp(file, "cli/", 4) == 0 || strncmp(file, "format/", 7) == 0))
			used += (size_t)snprintf(place + used, size - used, "%s%s %s",
			                         used != 0 ? " < " : "", function, file);
	}
}

/* Run it once more to see where the call failed. */
static void trace_fault(const struct injection *how, const struct tree *now, char *place,
                        size_t size)
{
	struct injection again = *how;
	struct outcome outcome;

	again.trace = true;
	tree_restore(&test.before, now);
	run(&again, &outcome);
	find_place(outcome.err, place, size);
	tree_restore(now, &outcome.tree);
	outcome_release(&outcome);
}

/* Was the same said of this place before? */
static bool is_known(const char *what, const char *place)
{
	static char *known[PLACES_MAX];
	static size_t count;
	char *text;

	if (place[0] == '\0' || asprintf(&text, "%s: %s", what, place) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(known[i], text) == 0) {
			free(text);
			return true;
		}
	}
	if (count < PLACES_MAX)
		known[count++] = text;
	else
		free(text);
	return false;
}

static void complain(const struct injection *how, const struct outcome *outcome, const char *what,
                     const char *detail)
{
	char place[1024] = "";

	test.violations++;
	if (how->at != 0 && atomic_load(&injected->reached))
		trace_fault(how, &outcome->tree, place, sizeof place);
	if (is_known(what, place))
		return;
	fprintf(stderr, "faults: ");
	print_command();
	if (how->kill_at != 0)
		fprintf(stderr, ": killed at call %" PRIu64, how->kill_at);
	else if (how->at != 0)
		fprintf(stderr, ": %s %" PRIu64 "%s", kind_names[how->kind], how->at,
		        how->since ? " and after" : "");
	fprintf(stderr, ": %s%s\n%s%s%s%s", what, detail, place[0] != '\0' ? "\tin " : "", place,
	        place[0] != '\0' ? "\n" : "", outcome->err);
}

/* The name of a file that is neither as before nor as it should be, or NULL. */
static const char *wrong_file(const struct outcome *outcome)
{
	const struct tree *right = &test.right.tree;

	for (size_t i = 0; i < outcome->tree.count; i++) {
		const struct entry *entry = &outcome->tree.entries[i];

		if (!entry_same(entry, tree_find(&test.before, entry->path), false) &&
		    !entry_same(entry, tree_find(right, entry->path), settings.sizes))
			return entry->path;
	}
	for (size_t i = 0; i < test.before.count; i++) {
		const char *path = test.before.entries[i].path;

		if (tree_find(&outcome->tree, path) == NULL && tree_find(right, path) != NULL)
			return path;
	}
	return NULL;
}

/* Lines that tell what failed; -1: one is not the program's. */
static int count_lines(const struct outcome *outcome, const char *cause)
{
	const char *line = outcome->err;
	bool named = false;
	int count = 0;

	while (*line != '\0') {
		size_t size = strcspn(line, "\n");

		if (strncmp(line, "capsa: ", 7) != 0 || line[size] != '\n')
			return -1;
		if (memmem(line, size, cause, strlen(cause)) != NULL)
			named = true;
		if (strncmp(line, "capsa: warning: ", 16) != 0)
			count++;
		line += size + 1;
	}
	return count == 0 || !named ? 0 : count;
}

static const char *cause_of(const struct injection *how)
{
	return how->kind == KIND_MEMORY ? "memory" : strerror(how->error);
}

static void judge_failure(const struct injection *how, const struct outcome *outcome)
{
	/* What is in place already when the last words are written stays there. */
	bool replaced = (settings.replaces && how->kind == KIND_SYNC) ||
	                strstr(outcome->err, "standard output") != NULL;
	int lines = count_lines(outcome, cause_of(how));

	if (lines < 0)
		complain(how, outcome, "what it says is no message", "");
	else if (lines == 0)
		complain(how, outcome, "does not say: ", cause_of(how));
	else if (lines > 1 && !settings.lines)
		complain(how, outcome, "says it more than once", "");
	if (!settings.partial && !tree_same(&outcome->tree, &test.before, false) &&
	    !(replaced && tree_same(&outcome->tree, &test.right.tree, settings.sizes)))
		complain(how, outcome, "fails, and leaves something", "");
}

/* A sector that cannot be read is damage, as what it holds would be. */
static void judge_damage(const struct injection *how, const struct outcome *outcome)
{
	if (outcome->out_size == 0 && count_lines(outcome, "") <= 0)
		complain(how, outcome, "finds damage, and does not say so", "");
	if (!settings.partial && !tree_same(&outcome->tree, &test.before, false))
		complain(how, outcome, "finds damage, and leaves something", "");
}

/* Whether the run succeeded. */
static bool judge(const struct injection *how, const struct outcome *outcome)
{
	int status = WIFEXITED(outcome->status) ? WEXITSTATUS(outcome->status) : -1;
	const char *wrong = wrong_file(outcome);
	char number[32];

	if (wrong != NULL)
		complain(how, outcome, "is neither as before nor as it should be: ", wrong);
	if (!WIFEXITED(outcome->status)) {
		complain(how, outcome, "dies of signal ", strsignal(WTERMSIG(outcome->status)));
		return false;
	}
	if (status == WEXITSTATUS(test.right.status)) {
		if (!tree_same(&outcome->tree, &test.right.tree, settings.sizes))
			complain(how, outcome, "succeeds, and files are not as they should be", "");
		/* A repair or a salvage says what it got around. */
		if (!settings.sizes && !(settings.damage && how->kind == KIND_READ) &&
		    (outcome->out_size != test.right.out_size ||
		     memcmp(outcome->out, test.right.out, outcome->out_size) != 0))
			complain(how, outcome, "succeeds, and standard output is not as it should be", "");
		/* It may warn of the fault, of nothing else. */
		if (strcmp(outcome->err, test.right.err) != 0 && !settings.sizes &&
		    strstr(outcome->err, cause_of(how)) == NULL)
			complain(how, outcome, "succeeds, and says what is not so", "");
		return true;
	}
	if (status == 3 && how->kind == KIND_READ && settings.damage) {
		judge_damage(how, outcome);
	} else if (status == 1) {
		judge_failure(how, outcome);
	} else {
		snprintf(number, sizeof number, "%d", status);
		complain(how, outcome, "exits with ", number);
	}
	return false;
}

/* ---- the faults ---- */

static void figure(const char *what, uint64_t count, uint64_t passed)
{
	FILE *file;

	if (settings.figures == NULL)
		return;
	file = fopen(settings.figures, "ae");
	if (file == NULL || fprintf(file, "%s %" PRIu64 " %" PRIu64 "\n", what, count, passed) < 0 ||
	    fclose(file) != 0)
		err(2, "%s", settings.figures);
}

/* The n-th call of a kind fails, for n = 1, 2, ... until there are not so many. */
static void fail_each(enum kind kind)
{
	struct injection how = settings.base;
	uint64_t faults = 0, passed = 0;
	bool reached = true;

	how.kind = kind;
	how.error = settings.error != 0 ? settings.error : usual_errors[kind];
	how.since = settings.since;
	for (how.at = 1; reached; how.at += settings.step) {
		struct outcome outcome;
		bool good;

		run(&how, &outcome);
		reached = atomic_load(&injected->reached);
		good = judge(&how, &outcome);
		if (good)
			passed += reached;
		else if (!reached)
			complain(&how, &outcome, "fails without a fault", "");
		faults += reached;
		tree_restore(&test.before, &outcome.tree);
		outcome_release(&outcome);
	}
	figure(kind_names[kind], faults, passed);
}

/* ---- kill -9 ---- */

static uint64_t next_random(void)
{
	settings.seed ^= settings.seed << 13;
	settings.seed ^= settings.seed >> 7;
	settings.seed ^= settings.seed << 17;
	return settings.seed;
}

/* Temporary files may be left over where there is no O_TMPFILE. */
static void forget_temporaries(struct tree *tree)
{
	size_t kept = 0;

	for (size_t i = 0; i < tree->count; i++) {
		const char *name = strrchr(tree->entries[i].path, '/') + 1;

		if (strncmp(name, ".capsa-", 7) == 0) {
			free(tree->entries[i].path);
			free(tree->entries[i].data);
		} else {
			tree->entries[kept++] = tree->entries[i];
		}
	}
	tree->count = kept;
}

/* Does a second run do all that the first left undone, and remove what it left over? */
static void run_again(const struct injection *how)
{
	struct outcome outcome;
	struct tree all;

	run(&settings.base, &outcome);
	tree_read(&all);
	/* In a tree of files they wait for the next archive that is written there. */
	if (settings.partial)
		forget_temporaries(&outcome.tree);
	if (outcome.status != test.right.status)
		complain(how, &outcome, "and the second run does not work", "");
	else if (!tree_same(&outcome.tree, &test.right.tree, settings.sizes))
		complain(how, &outcome, "and the second run leaves something else", "");
	tree_restore(&test.before, &all);
	tree_release(&all);
	outcome_release(&outcome);
}

static void kill_at_random(void)
{
	struct injection how = settings.base;
	struct outcome outcome;
	uint64_t calls, killed = 0;

	run(&settings.base, &outcome);
	calls = atomic_load(&injected->all);
	tree_restore(&test.before, &outcome.tree);
	outcome_release(&outcome);
	for (unsigned i = 0; i < settings.kills; i++) {
		const char *wrong;

		how.kill_at = 1 + next_random() % calls;
		run(&how, &outcome);
		if (!WIFSIGNALED(outcome.status) || WTERMSIG(outcome.status) != SIGKILL)
			complain(&how, &outcome, "is not killed", "");
		killed++;
		forget_temporaries(&outcome.tree);
		wrong = wrong_file(&outcome);
		if (wrong != NULL)
			complain(&how, &outcome, "is neither as before nor as it should be: ",
			         wrong);
		outcome_release(&outcome);
		run_again(&how);
	}
	figure("kill", killed, killed);
}

/* ---- the whole test ---- */

/* Without a fault, and with calls that do half of what they are asked or are interrupted. */
static void run_without(void)
{
	struct outcome outcome;
	struct injection how = settings.base;

	run(&settings.base, &test.right);
	if (!WIFEXITED(test.right.status) || WEXITSTATUS(test.right.status) == SANITIZER_STATUS)
		complain(&how, &test.right, "fails without a fault", "");
	tree_restore(&test.before, &test.right.tree);
	for (int i = 0; i < (settings.whole ? 1 : 3); i++) {
		how.halves = i != 0;
		how.interrupts = i == 2;
		run(&how, &outcome);
		if (outcome.status != test.right.status)
			complain(&how, &outcome, i == 0   ? "does not do the same again"
			                         : i == 1 ? "does not go on after half a transfer"
			                                  : "does not go on after EINTR", "");
		else
			judge(&how, &outcome);
		tree_restore(&test.before, &outcome.tree);
		outcome_release(&outcome);
	}
	figure("short", settings.whole ? 0 : 2, 0);
}

int __wrap_main(int argc, char **argv)
{
	settings_parse(argc, argv);
	injected = mmap(NULL, sizeof *injected, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                -1, 0);
	test.out = memfd_create("out", MFD_CLOEXEC);
	test.err = memfd_create("err", MFD_CLOEXEC);
	if (injected == MAP_FAILED || test.out < 0 || test.err < 0)
		err(2, "cannot begin");
	tree_read(&test.before);
	run_without();
	for (unsigned kind = 0; kind < KINDS; kind++) {
		if ((settings.kinds >> kind & 1) != 0)
			fail_each((enum kind)kind);
	}
	if (settings.kills != 0)
		kill_at_random();
	outcome_release(&test.right);
	tree_release(&test.before);
	if (test.violations != 0) {
		fprintf(stderr, "faults: %lu violations: ", test.violations);
		print_command();
		fputc('\n', stderr);
	}
	return test.violations != 0;
}
