/* Messages and progress (cli/terminal.c), as a pipe and as a terminal see them. */
#include "cli.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static int real_stderr;
static int other_end;           /* of what stands in for standard error */

static void use_terminal(unsigned short columns)
{
	struct winsize window = {.ws_row = 25, .ws_col = columns};
	int terminal;

	assert_int_equal(openpty(&other_end, &terminal, NULL, NULL, &window), 0);
	assert_true(dup2(terminal, STDERR_FILENO) >= 0);
	close(terminal);
}

static void use_pipe(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	other_end = ends[0];
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	close(ends[1]);
}

/* What was written to standard error since the last call. */
static const char *seen(void)
{
	static char text[32768];
	struct pollfd ready = {.fd = other_end, .events = POLLIN};
	size_t size = 0;

	while (size < sizeof text - 1 && poll(&ready, 1, 50) == 1 &&
	       (ready.revents & POLLIN) != 0) {
		ssize_t got = read(other_end, text + size, sizeof text - 1 - size);

		assert_true(got > 0);
		size += (size_t)got;
	}
	text[size] = '\0';
	return text;
}

static int back(void **state)
{
	(void)state;
	cli_progress_end();
	cli_quiet = cli_no_progress = false;
	dup2(real_stderr, STDERR_FILENO);
	close(other_end);
	return 0;
}

static void wait_milliseconds(long count)
{
	struct timespec time = {count / 1000, count % 1000 * 1000000};

	nanosleep(&time, NULL);
}

static void messages(void **state)
{
	struct capsa_error err = {.offset = 81920, .text = "index page fails its digest"};

	(void)state;
	use_pipe();
	cli_error("cannot open %s: %s", cli_quote("a\nb"), "No such file");
	assert_string_equal(seen(), "capsa: cannot open a\\nb: No such file\n");
	cli_warning("%d things", 2);
	assert_string_equal(seen(), "capsa: warning: 2 things\n");
	cli_note("made %s", "k");
	assert_string_equal(seen(), "capsa: made k\n");

	assert_int_equal(cli_fail("wiki.capsa", CAPSA_ECORRUPT, &err), CLI_DAMAGED);
	assert_string_equal(seen(), "capsa: wiki.capsa: index page fails its digest (at 81920)\n");
	err.offset = CAPSA_NO_OFFSET;
	assert_int_equal(cli_fail("wiki.capsa", CAPSA_EIO, &err), CLI_FAILED);
	assert_string_equal(seen(), "capsa: wiki.capsa: index page fails its digest\n");

	cli_quiet = true;
	cli_warning("%d things", 2);
	cli_note("made %s", "k");
	assert_string_equal(seen(), "");
	cli_error("still said");
	assert_string_equal(seen(), "capsa: still said\n");
}

static void a_long_message_is_cut(void **state)
{
	char text[20000];
	const char *line;

	(void)state;
	use_pipe();
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	cli_error("%s", text);
	line = seen();
	assert_in_range(strlen(line), 16000, 16384);
	assert_string_equal(line + strlen(line) - 2, "x\n");
}

static void a_bar_after_a_second(void **state)
{
	const char *line;

	(void)state;
	use_terminal(100);
	cli_progress_start("pack", 50500000);
	cli_progress_step(10, 1000000);
	assert_string_equal(seen(), "");
	wait_milliseconds(1010);
	cli_progress_step(5801, 22800000);
	line = seen();
	assert_memory_equal(line, "\rpack  [", 8);
	assert_non_null(strstr(line, "#....."));
	assert_non_null(strstr(line, "]  45%  5801 articles  22.8 of 50.5 MB  "));
	assert_string_equal(line + strlen(line) - 4, "left");
	assert_true(strlen(line) <= 100);
	/* At most ten times a second. */
	cli_progress_step(5802, 22900000);
	assert_string_equal(seen(), "");

	/* A message takes its place, and the bar comes back below. */
	cli_warning("look");
	line = seen();
	assert_int_equal(line[0], '\r');
	assert_non_null(strstr(line, " \rcapsa: warning: look\r\n"));
	wait_milliseconds(110);
	cli_progress_step(1, 50500000);
	line = seen();
	assert_non_null(strstr(line, "]  100%  1 article  50.5 of 50.5 MB  "));
	cli_progress_end();
	line = seen();
	assert_int_equal(line[0], '\r');
	assert_int_equal(strspn(line + 1, " "), strlen(line) - 2);
	assert_int_equal(line[strlen(line) - 1], '\r');
	cli_progress_step(2, 2);
	assert_string_equal(seen(), "");
}

static void a_bar_in_little_room_and_without_total(void **state)
{
	const char *line;

	(void)state;
	use_terminal(40);
	cli_progress_start("verify", 50500000);
	wait_milliseconds(1010);
	cli_progress_step(0, 22800000);
	line = seen();
	assert_memory_equal(line, "\rverify   45%  22.8 of 50.5 MB  ", 31);
	assert_true(strlen(line) <= 40);
	cli_progress_start("pack", 0);
	seen();
	wait_milliseconds(1010);
	cli_progress_step(3, 22800000);
	line = seen();
	assert_memory_equal(line, "\rpack  3 articles  22.8 MB  ", 27);
	assert_null(strstr(line, "left"));
}

static void no_bar_elsewhere(void **state)
{
	(void)state;
	use_pipe();
	cli_progress_start("pack", 100);
	wait_milliseconds(1010);
	cli_progress_step(1, 50);
	cli_progress_end();
	assert_string_equal(seen(), "");
	back(NULL);
	use_terminal(80);
	cli_no_progress = true;
	cli_progress_start("pack", 100);
	wait_milliseconds(1010);
	cli_progress_step(1, 50);
	cli_progress_end();
	assert_string_equal(seen(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(messages, back),
		cmocka_unit_test_teardown(a_long_message_is_cut, back),
		cmocka_unit_test_teardown(a_bar_after_a_second, back),
		cmocka_unit_test_teardown(a_bar_in_little_room_and_without_total, back),
		cmocka_unit_test_teardown(no_bar_elsewhere, back),
	};

	real_stderr = dup(STDERR_FILENO);
	return real_stderr >= 0 ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
