/*
 * Files below one directory: nothing leads out of it or over a file, and nothing partial is left.
 */
#define _GNU_SOURCE

#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[256];

/* Each test works in an empty directory of its own. */
static int enter_directory(void **state)
{
	(void)state;
	snprintf(top, sizeof top, "%s/capsa-test-XXXXXX",
	         getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	return mkdtemp(top) != NULL && chdir(top) == 0 ? 0 : -1;
}

static int leave_directory(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", top);
	return chdir("/") == 0 ? system(command) : -1;
}

static struct cli_tree *open_tree(const char *directory, bool force)
{
	struct cli_tree *tree = cli_tree_open(directory, force);

	assert_non_null(tree);
	return tree;
}

static int put(struct cli_tree *tree, const char *name, const char *body, int64_t mtime)
{
	int status = cli_tree_begin(tree, name);

	if (status != CLI_DONE)
		return status;
	assert_int_equal(cli_tree_write(tree, body, strlen(body)), CLI_DONE);
	return cli_tree_end(tree, mtime, true);
}

static void make_file(const char *path, const char *body)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, body, strlen(body)), strlen(body));
	close(fd);
}

static void assert_body(const char *path, const char *body)
{
	char buffer[64] = "";
	int fd = open(path, O_RDONLY | O_NOFOLLOW);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, buffer, sizeof buffer - 1), strlen(body));
	assert_string_equal(buffer, body);
	close(fd);
}

static unsigned count_entries(const char *directory)
{
	DIR *list = opendir(directory);
	unsigned count = 0;

	assert_non_null(list);
	while (readdir(list) != NULL)
		count++;
	closedir(list);
	return count - 2;
}

static void test_files(void **state)
{
	struct cli_tree *tree = open_tree("t/u", false);
	struct stat info;

	(void)state;
	assert_int_equal(put(tree, "a", "A", 1700000000), CLI_DONE);
	assert_int_equal(put(tree, "d/e/b", "B", CLI_NO_TIME), CLI_DONE);
	assert_int_equal(put(tree, "d/e/c", "C", -1), CLI_DONE);
	assert_int_equal(put(tree, "d/f", "F", 0), CLI_DONE);
	assert_int_equal(put(tree, "d/e/g", "", 4102444800), CLI_DONE);
	cli_tree_close(tree);
	assert_body("t/u/a", "A");
	assert_body("t/u/d/e/b", "B");
	assert_body("t/u/d/e/c", "C");
	assert_body("t/u/d/f", "F");
	assert_body("t/u/d/e/g", "");
	assert_int_equal(stat("t/u/a", &info), 0);
	assert_int_equal(info.st_mtime, 1700000000);
	assert_int_equal(info.st_mtim.tv_nsec, 0);
	assert_int_equal(stat("t/u/d/e/c", &info), 0);
	assert_true(info.st_mtime == -1);
	assert_int_equal(stat("t/u/d/e/b", &info), 0);
	assert_true(info.st_mtime > 1700000000);
	assert_int_equal(stat("t/u/d/e/g", &info), 0);
	assert_int_equal(info.st_mtime, 4102444800);
	assert_int_equal(count_entries("t/u"), 2);
	assert_int_equal(count_entries("t/u/d/e"), 3);
}

/* What is given up, or still open at the end, leaves nothing; meanwhile nothing has the name. */
static void test_abandoned_files(void **state)
{
	(void)state;
	for (int force = 0; force <= 1; force++) {
		struct cli_tree *tree = open_tree("t", force != 0);

		assert_int_equal(cli_tree_begin(tree, "a"), CLI_DONE);
		assert_int_equal(cli_tree_write(tree, "x", 1), CLI_DONE);
		assert_int_equal(access("t/a", F_OK), -1);
		assert_int_equal(cli_tree_end(tree, 0, false), CLI_DONE);
		assert_int_equal(count_entries("t"), 0);
		assert_int_equal(cli_tree_begin(tree, "a"), CLI_DONE);
		cli_tree_close(tree);
		assert_int_equal(count_entries("t"), 0);
	}
}

static void test_existing_files(void **state)
{
	struct cli_tree *tree = open_tree("t", false);

	(void)state;
	make_file("t/a", "old");
	assert_int_equal(symlink("nowhere", "t/link"), 0);
	assert_int_equal(mkdir("t/d", 0777), 0);
	assert_int_equal(put(tree, "a", "new", 0), CLI_FAILED);
	assert_int_equal(put(tree, "link", "new", 0), CLI_FAILED);
	assert_int_equal(put(tree, "d", "new", 0), CLI_FAILED);
	cli_tree_close(tree);
	assert_body("t/a", "old");
	assert_int_equal(count_entries("t"), 3);
	assert_int_equal(access("t/nowhere", F_OK), -1);

	tree = open_tree("t", true);
	assert_int_equal(put(tree, "a", "new", 0), CLI_DONE);
	assert_int_equal(put(tree, "link", "new", 0), CLI_DONE);
	assert_int_equal(put(tree, "d", "new", 0), CLI_FAILED);
	cli_tree_close(tree);
	assert_body("t/a", "new");
	assert_body("t/link", "new");
	assert_int_equal(access("t/nowhere", F_OK), -1);
	assert_int_equal(count_entries("t"), 3);
	assert_int_equal(count_entries("t/d"), 0);
}

/* A link in the tree, there before or put there meanwhile, is not followed. */
static void test_symbolic_links(void **state)
{
	struct cli_tree *tree = open_tree("t", true);

	(void)state;
	assert_int_equal(mkdir("outside", 0777), 0);
	assert_int_equal(symlink("../outside", "t/link"), 0);
	assert_int_equal(put(tree, "link/a", "x", 0), CLI_FAILED);
	assert_int_equal(put(tree, "link/d/a", "x", 0), CLI_FAILED);
	assert_int_equal(put(tree, "d/a", "x", 0), CLI_DONE);
	assert_int_equal(put(tree, "e/a", "x", 0), CLI_DONE);
	assert_int_equal(rename("t/d", "t/moved"), 0);
	assert_int_equal(symlink("../outside", "t/d"), 0);
	assert_int_equal(put(tree, "d/b", "x", 0), CLI_FAILED);
	cli_tree_close(tree);
	assert_int_equal(count_entries("outside"), 0);
}

static void test_file_in_the_way(void **state)
{
	struct cli_tree *tree = open_tree("t", true);

	(void)state;
	make_file("t/f", "old");
	assert_int_equal(put(tree, "f/a", "x", 0), CLI_FAILED);
	assert_int_equal(put(tree, "g/a", "x", 0), CLI_DONE);
	cli_tree_close(tree);
	assert_body("t/f", "old");
	assert_body("t/g/a", "x");
}

/* A directory that the user names may be a link: the user knows. */
static void test_directory_of_the_user(void **state)
{
	struct cli_tree *tree;

	(void)state;
	assert_int_equal(mkdir("real", 0777), 0);
	assert_int_equal(symlink("real", "link"), 0);
	tree = open_tree("link//below/", false);
	assert_int_equal(put(tree, "a", "A", 0), CLI_DONE);
	cli_tree_close(tree);
	assert_body("real/below/a", "A");
	make_file("file", "x");
	assert_null(cli_tree_open("file", false));
	assert_null(cli_tree_open("file/below", false));
	assert_null(cli_tree_open("", false));
}

/* Deeper than there are descriptors, forth and back. */
static void test_deep_paths(void **state)
{
	const struct rlimit few = {64, 64};
	struct cli_tree *tree = open_tree("t", false);
	static char path[4001];

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	for (size_t i = 0; i < 1998; i++)
		memcpy(path + 2 * i, "d/", 3);
	strcpy(path + 2 * 1998, "a");
	assert_int_equal(put(tree, path, "1", 0), CLI_DONE);
	strcpy(path + 2 * 1998, "b");
	assert_int_equal(put(tree, path, "2", 0), CLI_DONE);
	for (size_t depth = 40; depth > 2; depth -= 3) {
		strcpy(path + 2 * depth, "x/y/c");
		assert_int_equal(put(tree, path, "3", 0), CLI_DONE);
		strcpy(path + 2 * depth, "x/z/c");
		assert_int_equal(put(tree, path, "4", 0), CLI_DONE);
		memcpy(path + 2 * depth, "d/d/", 4);
	}
	cli_tree_close(tree);
	for (size_t depth = 40; depth > 2; depth -= 3) {
		strcpy(path, "t/");
		for (size_t i = 0; i < depth; i++)
			strcat(path, "d/");
		strcat(path, "x/y/c");
		assert_body(path, "3");
		path[strlen(path) - 3] = 'z';
		assert_body(path, "4");
	}
}

/*
 * Many files in many directories, in an order that jumps: each lands where it belongs, no
 * descriptor is lost.
 */
static void test_jumping_about(void **state)
{
	struct cli_tree *tree = open_tree("t", false);
	uint32_t seed = 7;
	int before = dup(0);
	int after;
	char path[64];
	char body[16];

	(void)state;
	close(before);
	for (unsigned i = 0; i < 500; i++) {
		size_t size = 0;

		seed = seed * 1664525u + 1013904223u;
		for (unsigned depth = seed >> 28; depth > 0; depth--) {
			seed = seed * 1664525u + 1013904223u;
			size += (size_t)sprintf(path + size, "%c/", 'a' + (int)(seed >> 31));
		}
		sprintf(path + size, "%u", i);
		sprintf(body, "body %u", i);
		assert_int_equal(put(tree, path, body, 0), CLI_DONE);
		memmove(path + 2, path, strlen(path) + 1);
		memcpy(path, "t/", 2);
		assert_body(path, body);
	}
	cli_tree_close(tree);
	after = dup(0);
	close(after);
	/* The tree itself held one more from the beginning. */
	assert_true(after <= before);
}

static void test_unwritable_directory(void **state)
{
	struct cli_tree *tree = open_tree("t", false);

	(void)state;
	if (geteuid() == 0) {
		/* Root may write everywhere but there. */
		cli_tree_close(tree);
		assert_null(cli_tree_open("/proc/capsa", false));
		return;
	}
	assert_int_equal(chmod("t", 0555), 0);
	assert_int_equal(put(tree, "a", "x", 0), CLI_FAILED);
	assert_int_equal(put(tree, "d/a", "x", 0), CLI_FAILED);
	cli_tree_close(tree);
	assert_int_equal(chmod("t", 0777), 0);
}

/* The one file in a directory while it is written; its name in `out`. */
static void find_temporary(const char *directory, char out[64])
{
	DIR *list = opendir(directory);
	struct dirent *entry;

	assert_non_null(list);
	out[0] = '\0';
	while ((entry = readdir(list)) != NULL)
		if (entry->d_name[0] == '.' && entry->d_name[1] == 'c')
			snprintf(out, 64, "%s/%.40s", directory, entry->d_name);
	closedir(list);
}

/*
 * Temporary names, which replacing needs, are those that output.c removes when their process is
 * dead: until then they are locked.
 */
static void test_temporary_names(void **state)
{
	struct cli_tree *tree = open_tree("t", true);
	char name[64];
	int fd;

	(void)state;
	assert_int_equal(cli_tree_begin(tree, "a"), CLI_DONE);
	find_temporary("t", name);
	assert_int_equal(strlen(name), strlen("t/.capsa-XXXXXX.tmp"));
	assert_memory_equal(name, "t/.capsa-", 9);
	assert_string_equal(name + 15, ".tmp");
	fd = open(name, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(cli_tree_end(tree, CLI_NO_TIME, true), CLI_DONE);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	/* An article may have that very name. */
	assert_int_equal(put(tree, name + 2, "article", 0), CLI_DONE);
	assert_int_equal(put(tree, "b", "other", 0), CLI_DONE);
	cli_tree_close(tree);
	assert_body(name, "article");
	assert_body("t/b", "other");
	assert_int_equal(count_entries("t"), 3);
}

/* No room: reported, and nothing is left. */
static void test_write_fails(void **state)
{
	struct cli_tree *tree = open_tree("t", false);
	const struct rlimit small = {1000, RLIM_INFINITY};
	const struct rlimit large = {RLIM_INFINITY, RLIM_INFINITY};
	static const char body[2000];

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(cli_tree_begin(tree, "a"), CLI_DONE);
	assert_int_equal(cli_tree_write(tree, body, sizeof body), CLI_FAILED);
	assert_int_equal(cli_tree_end(tree, 0, false), CLI_DONE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &large), 0);
	cli_tree_close(tree);
	assert_int_equal(count_entries("t"), 0);
}

/* ---- threads ---- */

static struct cli_file new_file(const char *name, const char *body, const char *sidecar)
{
	struct cli_file file = {.name = strdup(name), .body = strdup(body), .size = strlen(body)};

	if (sidecar != NULL) {
		assert_true(asprintf(&file.sidecar_name, "%s.json", name) > 0);
		file.sidecar = strdup(sidecar);
		file.sidecar_size = strlen(sidecar);
	}
	return file;
}

static void test_writers(void **state)
{
	(void)state;
	for (uint32_t threads = 1; threads <= 9; threads += 4) {
		struct cli_writers *writers;
		char name[64];
		char body[64];

		snprintf(name, sizeof name, "t%u", (unsigned)threads);
		writers = cli_writers_new(name, false, threads);
		assert_non_null(writers);
		for (unsigned i = 0; i < 400; i++) {
			struct cli_file file;

			snprintf(name, sizeof name, "%u/%u/%u", i % 3, i % 20, i);
			snprintf(body, sizeof body, "body %u", i);
			file = new_file(name, body, i % 2 == 0 ? "{}" : NULL);
			assert_true(cli_writers_add(writers, &file));
			assert_null(file.name);
		}
		assert_int_equal(cli_writers_end(writers), CLI_DONE);
		for (unsigned i = 0; i < 400; i++) {
			snprintf(name, sizeof name, "t%u/%u/%u/%u", (unsigned)threads, i % 3,
			         i % 20, i);
			snprintf(body, sizeof body, "body %u", i);
			assert_body(name, body);
			strcat(name, ".json");
			if (i % 2 == 0)
				assert_body(name, "{}");
			else
				assert_int_equal(access(name, F_OK), -1);
		}
	}
	assert_int_equal(cli_writers_end(NULL), CLI_DONE);
}

/* A large body fills a batch by itself. */
static void test_writers_with_large_bodies(void **state)
{
	struct cli_writers *writers = cli_writers_new("t", false, 2);
	struct stat info;
	char name[16];

	(void)state;
	assert_non_null(writers);
	for (unsigned i = 0; i < 12; i++) {
		struct cli_file file = {.size = 3000000, .mtime = 1000 + i};

		snprintf(name, sizeof name, "f%u", i);
		file.name = strdup(name);
		file.body = calloc(1, file.size);
		assert_non_null(file.body);
		assert_true(cli_writers_add(writers, &file));
	}
	assert_int_equal(cli_writers_end(writers), CLI_DONE);
	assert_int_equal(count_entries("t"), 12);
	assert_int_equal(stat("t/f11", &info), 0);
	assert_int_equal(info.st_size, 3000000);
	assert_int_equal(info.st_mtime, 1011);
}

/* What fails in a thread ends all, and is reported at the end. */
static void test_writers_that_fail(void **state)
{
	struct cli_writers *writers;
	bool good = true;
	unsigned count = 0;
	char name[16];

	(void)state;
	assert_int_equal(mkdir("t", 0777), 0);
	make_file("t/5", "old");
	writers = cli_writers_new("t", false, 2);
	assert_non_null(writers);
	for (; good && count < 100000; count++) {
		struct cli_file file;

		snprintf(name, sizeof name, "%u", count);
		file = new_file(name, "new", NULL);
		good = cli_writers_add(writers, &file);
	}
	assert_false(good);
	assert_int_equal(cli_writers_end(writers), CLI_FAILED);
	assert_body("t/5", "old");
	assert_body("t/4", "new");
	assert_true(count_entries("t") < count);
	assert_null(cli_writers_new("t/5", false, 2));
}

/* After a signal nothing more is written, and no temporary is left. */
static void test_writers_after_a_signal(void **state)
{
	struct cli_writers *writers = cli_writers_new("t", false, 2);
	struct cli_file file = new_file("a", "A", NULL);

	(void)state;
	assert_non_null(writers);
	cli_signal = SIGINT;
	(void)cli_writers_add(writers, &file);
	assert_int_equal(cli_writers_end(writers), CLI_FAILED);
	cli_signal = 0;
	assert_int_equal(count_entries("t"), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, enter_directory, leave_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_files),
	    TEST(test_abandoned_files),
	    TEST(test_existing_files),
	    TEST(test_symbolic_links),
	    TEST(test_file_in_the_way),
	    TEST(test_directory_of_the_user),
	    TEST(test_jumping_about),
	    TEST(test_unwritable_directory),
	    TEST(test_temporary_names),
	    TEST(test_write_fails),
	    TEST(test_writers),
	    TEST(test_writers_with_large_bodies),
	    TEST(test_writers_that_fail),
	    TEST(test_writers_after_a_signal),
	    /* It limits descriptors for good. */
	    TEST(test_deep_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
