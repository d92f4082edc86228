/*
 * What people see: messages, progress, questions.  The only file that writes to standard error.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

bool cli_quiet;
bool cli_no_progress;
volatile sig_atomic_t cli_signal;

/* ---- messages ---- */

/* One write, so that lines of several processes on one terminal stay whole. */
static void say(const char *kind, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void say(const char *kind, const char *format, va_list args)
{
	char line[16384];
	int head = snprintf(line, sizeof line - 1, "capsa: %s", kind);
	size_t size;

	/* A longer message is cut. */
	(void)vsnprintf(line + head, sizeof line - 1 - (size_t)head, format, args);
	size = strlen(line);
	line[size++] = '\n';
	cli_progress_hide();
	/* What was printed before stands before it, also where both go to one file. */
	fflush(stdout);
	fwrite(line, 1, size, stderr);
}

void cli_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("", format, args);
	va_end(args);
}

void cli_warning(const char *format, ...)
{
	va_list args;

	if (cli_quiet)
		return;
	va_start(args, format);
	say("warning: ", format, args);
	va_end(args);
}

void cli_note(const char *format, ...)
{
	va_list args;

	if (cli_quiet)
		return;
	va_start(args, format);
	say("", format, args);
	va_end(args);
}

int cli_fail(const char *file, enum capsa_status status, const struct capsa_error *err)
{
	/* Of what is no archive at all no place is wrong. */
	if (err->offset != CAPSA_NO_OFFSET && status != CAPSA_EFORMAT)
		cli_error("%s: %s (at %llu)", cli_quote(file), cli_quote(err->text),
		          (unsigned long long)err->offset);
	else
		cli_error("%s: %s", cli_quote(file), cli_quote(err->text));
	return cli_exit_of(status);
}

int cli_flush_output(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};
	bool failed;

	errno = 0;
	failed = fflush(stdout) != 0 || ferror(stdout) != 0;
	if (!failed || errno == EPIPE)
		return CLI_DONE;
	/* The write that found the pipe closed may lie long ago; the pipe itself still knows. */
	if (errno == 0 && poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0)
		return CLI_DONE;
	cli_error("cannot write standard output: %s", errno != 0 ? strerror(errno) : "write error");
	return CLI_FAILED;
}

/* ---- signals ---- */

static void note_signal(int signal)
{
	cli_signal = signal;
}

void cli_catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	/* Waits end with EINTR, and a second signal ends a process that does not listen. */
	struct sigaction catch = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		/* nohup has its way. */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &catch, NULL);
	}
}

void cli_die_of_signal(void)
{
	int number = cli_signal;

	if (number == 0)
		return;
	cli_error("interrupted");
	signal(number, SIG_DFL);
	raise(number);
}

/* ---- progress ---- */

/* What a terminal shows of Ctrl-C behind the bar: "^C". */
#define ECHO_WIDTH 2

static struct {
	const char *what;               /* NULL: there is no bar */
	uint64_t total;
	double started;
	double drawn;                   /* when last */
	int width;                      /* of what stands on the screen */
} bar;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void cli_progress_start(const char *what, uint64_t total_bytes)
{
	cli_progress_end();
	if (cli_quiet || cli_no_progress || isatty(STDERR_FILENO) != 1)
		return;
	bar.what = what;
	bar.total = total_bytes;
	bar.started = now();
	bar.drawn = 0;
}

void cli_progress_hide(void)
{
	if (bar.width != 0)
		fprintf(stderr, "\r%*s\r", bar.width + ECHO_WIDTH, "");
	bar.width = 0;
}

void cli_progress_end(void)
{
	cli_progress_hide();
	bar.what = NULL;
}

static int screen_width(void)
{
	struct winsize window;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0)
		return 80;
	return window.ws_col;
}

/* `5801 articles  22.8 of 50.5 MB  31.2 MB/s  0:01 left` */
static void format_figures(char *out, size_t size, uint64_t articles, uint64_t bytes,
                           double elapsed)
{
	char count[40] = "", of[40] = "", left[40] = "";
	double rate = (double)bytes / elapsed;

	if (articles != 0)
		snprintf(count, sizeof count, "%llu article%s  ", (unsigned long long)articles,
		         articles == 1 ? "" : "s");
	if (bar.total != 0)
		snprintf(of, sizeof of, " of %.1f", (double)bar.total / 1e6);
	if (bar.total != 0 && rate > 0) {
		double seconds = (double)(bar.total - bytes) / rate;
		unsigned long whole = seconds < 360000 ? (unsigned long)seconds : 359999;

		if (whole >= 3600)
			snprintf(left, sizeof left, "  %lu:%02lu:%02lu left", whole / 3600,
			         whole / 60 % 60, whole % 60);
		else
			snprintf(left, sizeof left, "  %lu:%02lu left", whole / 60, whole % 60);
	}
	snprintf(out, size, "%s%.1f%s MB  %.1f MB/s%s", count, (double)bytes / 1e6, of, rate / 1e6,
	         left);
}

/* `  [#####.....]  45%`, as the screen has room for; nothing where the total is not known. */
static void format_bar(char *out, size_t size, uint64_t bytes, int room)
{
	char marks[41];
	int length = room - 10 < 40 ? room - 10 : 40;
	double done;
	int filled;

	out[0] = '\0';
	if (bar.total == 0)
		return;
	done = (double)bytes / (double)bar.total;
	if (length < 5) {
		snprintf(out, size, "  %3d%%", (int)(done * 100));
		return;
	}
	filled = (int)(done * length);
	memset(marks, '.', (size_t)length);
	memset(marks, '#', (size_t)filled);
	marks[length] = '\0';
	snprintf(out, size, "  [%s]  %2d%%", marks, (int)(done * 100));
}

void cli_progress_step(uint64_t articles, uint64_t bytes)
{
	char figures[192], marks[64], line[512];
	double time;
	int screen, size;

	if (bar.what == NULL)
		return;
	time = now();
	if (time - bar.started < 1 || time - bar.drawn < 0.1)
		return;
	if (bar.total != 0 && bytes > bar.total)
		bytes = bar.total;
	screen = screen_width() - 1 - ECHO_WIDTH;
	format_figures(figures, sizeof figures, articles, bytes, time - bar.started);
	format_bar(marks, sizeof marks, bytes,
	           screen - (int)(strlen(bar.what) + strlen(figures) + 2));
	size = snprintf(line, sizeof line, "%s%s  %s", bar.what, marks, figures);
	if (size > screen)
		size = screen;
	/* Blanks overwrite the rest of a longer line before. */
	fprintf(stderr, "\r%.*s%*s", size, line, bar.width > size ? bar.width - size : 0, "");
	bar.width = bar.width > size ? bar.width : size;
	bar.drawn = time;
}

/* ---- passwords ---- */

/* A line without its line feed; false after end of file or a signal, or where it does not fit. */
static bool read_line(int fd, char *out, size_t size)
{
	size_t used = 0;
	char byte;

	while (cli_signal == 0) {
		ssize_t got = read(fd, &byte, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got != 1)
			return false;
		if (byte == '\n') {
			out[used < size ? used : 0] = '\0';
			return used < size;
		}
		if (used < size)
			out[used++] = byte;
	}
	return false;
}

bool cli_ask_password(const char *prompt, char *out, size_t size)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct termios before, silent;
	sigset_t stop, mask;
	bool good = false;

	if (tty < 0)
		return false;
	cli_progress_hide();
	/* Neither Ctrl-C nor Ctrl-Z may leave a terminal without echo behind. */
	cli_catch_signals();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, &mask);
	if (tcgetattr(tty, &before) == 0) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		silent.c_lflag |= ICANON | ECHONL;
		if (tcsetattr(tty, TCSAFLUSH, &silent) == 0) {
			good = dprintf(tty, "%s: ", prompt) > 0 && read_line(tty, out, size);
			tcsetattr(tty, TCSAFLUSH, &before);
		}
		if (cli_signal != 0)
			dprintf(tty, "\n");
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	close(tty);
	if (!good)
		explicit_bzero(out, size);
	return good;
}
