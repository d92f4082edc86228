/*
 * Run a command and record what it took:
 *
 *	measure RESULTS PART SERIES X TIMES LIST COMMAND...
 *
 * The command runs TIMES times, with the next line of the file LIST for each argument {} (LIST may
 * be empty: "").  Its standard output is discarded.  To RESULTS go three lines of five fields that
 * tabs separate: PART, SERIES, X, then wall and cpu (seconds, mean), rss (KiB, the largest of the
 * command's processes).  CPU time is that of the command and of all processes it waited for, as
 * the kernel counts it.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct usage {
	double wall;
	double cpu;
	long rss;
};

static void die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The next line of the list, from the beginning again after the last. */
static const char *next_line(FILE *list)
{
	static char line[8192];

	if (list == NULL)
		return "";
	if (fgets(line, sizeof line, list) == NULL) {
		rewind(list);
		if (fgets(line, sizeof line, list) == NULL)
			die("the list is empty");
	}
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* In `out`, for each argument {} with `line` in its place. */
static char *fill_in(const char *argument, const char *line, char *out, size_t size)
{
	const char *hole = strstr(argument, "{}");

	if (hole == NULL)
		snprintf(out, size, "%s", argument);
	else
		snprintf(out, size, "%.*s%s%s", (int)(hole - argument), argument, line, hole + 2);
	return out;
}

static void run(char **command, int null, struct usage *total)
{
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	double start;
	pid_t child;
	int status;

	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawn_file_actions_adddup2(&actions, null, STDOUT_FILENO) != 0)
		die("posix_spawn");
	start = now();
	errno = posix_spawnp(&child, command[0], &actions, NULL, command, environ);
	if (errno != 0)
		die(command[0]);
	if (wait4(child, &status, 0, &usage) != child)
		die("wait4");
	total->wall += now() - start;
	total->cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
	if (usage.ru_maxrss > total->rss)
		total->rss = usage.ru_maxrss;
	posix_spawn_file_actions_destroy(&actions);
	if (status != 0) {
		fprintf(stderr, "measure: %s: status %d:", command[0], WEXITSTATUS(status));
		for (; *command != NULL; command++)
			fprintf(stderr, " %s", *command);
		fputc('\n', stderr);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static char room[64][16384];
	char *command[65] = {NULL};
	struct usage total = {0};
	FILE *results, *list;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int times, i, k;

	if (argc < 8 || argc - 7 > 64 || (times = atoi(argv[5])) < 1) {
		fprintf(stderr, "usage: measure RESULTS PART SERIES X TIMES LIST COMMAND...\n");
		return 2;
	}
	results = fopen(argv[1], "ae");
	list = argv[6][0] == '\0' ? NULL : fopen(argv[6], "re");
	if (null < 0 || results == NULL || (list == NULL && argv[6][0] != '\0'))
		die("open");
	for (i = 0; i < times; i++) {
		const char *line = next_line(list);

		for (k = 7; k < argc; k++)
			command[k - 7] = fill_in(argv[k], line, room[k - 7], sizeof room[0]);
		run(command, null, &total);
	}
	fprintf(results, "%s\t%s\t%s\twall\t%.6f\n", argv[2], argv[3], argv[4], total.wall / times);
	fprintf(results, "%s\t%s\t%s\tcpu\t%.6f\n", argv[2], argv[3], argv[4], total.cpu / times);
	fprintf(results, "%s\t%s\t%s\trss\t%ld\n", argv[2], argv[3], argv[4], total.rss);
	if (fclose(results) != 0)
		die(argv[1]);
	return 0;
}
