/*
 * The verbs get and list on archives whose metadata no file system has: URLs, captures, redirects.
 *  They run in this process, with standard output and error in files.
 */
#define _GNU_SOURCE

#include "fixture.h"

#include "cli.h"

#include <fcntl.h>
#include <unistd.h>

/* Of main.c, which has a main() of its own. */
int cli_help(const char *verb)
{
	fail_msg("help for %s", verb);
	return CLI_DONE;
}

int cli_usage(const char *verb)
{
	(void)verb;
	return CLI_USAGE;
}

static char directory[256];
static char out[65536], err[65536];

/* What a file holds, as a string. */
static void read_back(const char *name, char *text, size_t size)
{
	int fd = open(name, O_RDONLY);
	ssize_t got = fd >= 0 ? read(fd, text, size - 1) : -1;

	assert_true(got >= 0);
	text[got] = '\0';
	close(fd);
}

/* Run a verb with words, NULL at the end: its exit status, and what it wrote in `out` and `err`. */
static int run(const struct cli_verb *verb, const char *const *words)
{
	static char program[] = "capsa";
	char *argv[16] = {program};
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
	int files[2] = {open("out", O_RDWR | O_CREAT | O_TRUNC, 0600),
	                open("err", O_RDWR | O_CREAT | O_TRUNC, 0600)};
	int argc = 1;
	int status;

	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = strdup(words[argc - 1]);
	fflush(NULL);
	dup2(files[0], STDOUT_FILENO);
	dup2(files[1], STDERR_FILENO);
	optind = 0;
	cli_quiet = false;
	status = verb->run(argc, argv);
	fflush(NULL);
	for (int i = 0; i < 2; i++) {
		dup2(saved[i], i == 0 ? STDOUT_FILENO : STDERR_FILENO);
		close(saved[i]);
		close(files[i]);
	}
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	read_back("out", out, sizeof out);
	read_back("err", err, sizeof err);
	return status;
}

#define GET(...) run(&cli_verb_get, (const char *const[]){__VA_ARGS__, NULL})
#define LIST(...) run(&cli_verb_list, (const char *const[]){__VA_ARGS__, NULL})

#define UNSIGNED "capsa: warning: a.capsa: not signed\n"

static const struct {
	const char *line;
	const char *body;
} articles[] = {
    {"{\"captured\":\"2024-05-04T10:00:00Z\",\"path\":\"flood/1\",\"title\":\"The Great Flood\","
     "\"url\":\"https://www.example.org/flood\"}", "first"},
    {"{\"captured\":\"2024-06-04T10:00:00Z\",\"path\":\"flood/2\",\"title\":\"The great flood\","
     "\"url\":\"http://example.org/flood\"}", "second"},
    {"{\"date\":\"2019-03-05\",\"format\":\"text/html\",\"language\":\"en-GB\",\"path\":\"about\","
     "\"title\":\"About\\u0007us\"}", "about us"},
    {"{\"location\":\"about\",\"path\":\"old\"}", ""},
    {"{\"location\":\"old\",\"path\":\"older\",\"title\":\"Older\"}", ""},
    {"{\"location\":\"https://example.org/gone\",\"path\":\"gone\"}", ""},
    {"{\"location\":\"loop/2\",\"path\":\"loop/1\"}", ""},
    {"{\"location\":\"loop/1\",\"path\":\"loop/2\"}", ""},
    {"{\"path\":\"undated\",\"url\":\"http://example.org/undated\"}", "undated"},
};

static void write_archive(const char *name)
{
	const struct capsa_writer_options options = {.keys = cli_keys()};
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	struct capsa_sink sink = capsa_sink_file(fd);
	struct capsa_writer *writer;

	assert_int_equal(capsa_writer_new(&writer, &sink, &options, NULL), CAPSA_OK);
	for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++) {
		struct capsa_text line = {articles[i].line, strlen(articles[i].line)};
		struct capsa_input input = {.body = capsa_source_memory(articles[i].body,
		                                                        strlen(articles[i].body))};

		assert_int_equal(capsa_metadata_parse(&input.metadata, line, NULL), CAPSA_OK);
		assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_OK);
		capsa_metadata_free(input.metadata);
	}
	/* A chain of ten redirects, and one of eleven. */
	for (unsigned i = 0; i <= 11; i++) {
		struct capsa_input input = {.metadata = capsa_metadata_new(),
		                            .body = capsa_source_memory("end", i == 0 ? 3 : 0)};
		char path[32], location[32];

		snprintf(path, sizeof path, "chain/%u", i);
		snprintf(location, sizeof location, "chain/%u", i - 1);
		assert_int_equal(
		    capsa_metadata_set(input.metadata, "path", path, strlen(path), NULL), CAPSA_OK);
		if (i != 0)
			assert_int_equal(capsa_metadata_set(input.metadata, "location", location,
			                                    strlen(location), NULL), CAPSA_OK);
		assert_int_equal(capsa_writer_add(writer, &input, NULL), CAPSA_OK);
		capsa_metadata_free(input.metadata);
	}
	assert_int_equal(capsa_writer_finish(writer, NULL, NULL, NULL), CAPSA_OK);
	capsa_writer_free(writer);
	close(fd);
}

static void test_url(void **state)
{
	(void)state;
	assert_int_equal(GET("a.capsa", "https://example.org:443/flood#top"), CLI_DONE);
	assert_string_equal(out, "second");
	assert_string_equal(err, UNSIGNED
	                    "capsa: url 'https://example.org:443/flood#top' is flood/2, of "
	                    "2024-06-04T10:00:00Z\n");
	assert_int_equal(GET("-q", "a.capsa", "http://www.example.org/flood", "--by", "url"),
	                 CLI_DONE);
	assert_string_equal(out, "second");
	assert_string_equal(err, "");
	assert_int_equal(GET("a.capsa", "http://example.org/undated"), CLI_DONE);
	assert_string_equal(err, UNSIGNED "capsa: url 'http://example.org/undated' is undated\n");
}

static void test_at(void **state)
{
	static const struct {
		const char *at, *body;
	} cases[] = {
	    {"2025", "second"},
	    {"2024-06", "second"},
	    {"2024-06-04", "second"},
	    {"2024-06-04T10:00:00Z", "second"},
	    {"2024-06-04T09:59:59Z", "first"},
	    {"2024-06-03", "first"},
	    {"2024-05", "first"},
	    {"2024-05-04T12:00:00+02:00", "first"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
		    GET("-q", "--at", cases[i].at, "a.capsa", "http://example.org/flood"),
		    CLI_DONE);
		assert_string_equal(out, cases[i].body);
	}
	assert_int_equal(GET("-q", "--at=2024-05-03", "a.capsa", "http://example.org/flood"),
	                 CLI_FAILED);
	assert_string_equal(out, "");
	assert_string_equal(err, "capsa: a.capsa: no article 'http://example.org/flood'\n");
}

static void test_ambiguous_title(void **state)
{
	(void)state;
	assert_int_equal(GET("-q", "a.capsa", "about", "the great FLOOD"), CLI_FAILED);
	assert_string_equal(out, "");
	assert_string_equal(err, "capsa: a.capsa: 2 articles have the title 'the great FLOOD':\n"
	                         "capsa:   flood/1\ncapsa:   flood/2\n");
}

static void test_redirects(void **state)
{
	(void)state;
	assert_int_equal(GET("-q", "a.capsa", "old"), CLI_DONE);
	assert_string_equal(out, "about us");
	assert_int_equal(GET("-q", "a.capsa", "older", "old"), CLI_DONE);
	assert_string_equal(out, "about usabout us");
	assert_int_equal(GET("a.capsa", "OLDER"), CLI_DONE);
	assert_string_equal(out, "about us");
	assert_string_equal(err, UNSIGNED "capsa: title 'OLDER' is older\n");
	assert_int_equal(GET("a.capsa", "gone"), CLI_DONE);
	assert_string_equal(out, "");
	assert_string_equal(err, UNSIGNED "capsa: 'gone' leads to https://example.org/gone, which "
	                                  "is not in the archive\n");
	assert_int_equal(GET("-q", "--metadata", "a.capsa", "old"), CLI_DONE);
	assert_non_null(strstr(out, "\"location\":\"about\",\"path\":\"old\""));
}

static void test_redirects_without_end(void **state)
{
	(void)state;
	assert_int_equal(GET("-q", "a.capsa", "loop/1"), CLI_FAILED);
	assert_string_equal(out, "");
	assert_string_equal(
	    err, "capsa: a.capsa: 'loop/1' leads from one redirect to the next, more than 10 "
	         "times\n");
	assert_int_equal(GET("-q", "a.capsa", "chain/10"), CLI_DONE);
	assert_string_equal(out, "end");
	assert_int_equal(GET("-q", "a.capsa", "chain/11"), CLI_FAILED);
	assert_string_equal(out, "");
}

static void test_list_details(void **state)
{
	(void)state;
	assert_int_equal(LIST("-q", "-l", "a.capsa", "about", "flood"), CLI_DONE);
	assert_string_equal(
	    out, "           5  2024-05-04  -                         flood/1  The Great Flood\n"
	         "           6  2024-06-04  -                         flood/2  The great flood\n"
	         "           8  2019-03-05  text/html                 about  About\\x07us\n");
}

static void test_list_periods(void **state)
{
	(void)state;
	assert_int_equal(LIST("-q", "--from", "2024", "a.capsa"), CLI_DONE);
	assert_string_equal(out, "flood/1\nflood/2\n");
	assert_int_equal(LIST("-q", "--to", "2024-05-04", "a.capsa"), CLI_DONE);
	assert_string_equal(out, "flood/1\nabout\n");
	assert_int_equal(
	    LIST("-q", "--from=2024-05-04T10:00:01Z", "--to=2024-06-04T10:00:00Z", "a.capsa"),
	    CLI_DONE);
	assert_string_equal(out, "flood/2\n");
	assert_int_equal(
	    LIST("-q", "--from", "2019", "--language", "EN", "--format", "text/*", "a.capsa"),
	    CLI_DONE);
	assert_string_equal(out, "about\n");
	assert_int_equal(LIST("-q", "--from", "2020", "a.capsa", "about"), CLI_FAILED);
	assert_string_equal(out, "");
	assert_string_equal(err, "capsa: a.capsa: no article matches 'about'\n");
}

static int set_up(void **state)
{
	(void)state;
	snprintf(directory, sizeof directory, "%s/capsa-test-XXXXXX",
	         getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(directory) == NULL || chdir(directory) != 0)
		return -1;
	/* No trusted keys. */
	setenv("XDG_CONFIG_HOME", directory, 1);
	write_archive("a.capsa");
	return 0;
}

static int tear_down(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	return chdir("/") == 0 ? system(command) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_url),
	    cmocka_unit_test(test_at),
	    cmocka_unit_test(test_ambiguous_title),
	    cmocka_unit_test(test_redirects),
	    cmocka_unit_test(test_redirects_without_end),
	    cmocka_unit_test(test_list_details),
	    cmocka_unit_test(test_list_periods),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
