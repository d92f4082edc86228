/* Sets of paths. */
#include "path_set.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool has(const struct path_set *set, const char *path)
{
	return import_paths_has(set, path, strlen(path));
}

static void what_is_added_is_there(void **state)
{
	struct path_set set = {0};
	char path[32];

	(void)state;
	assert_false(has(&set, "a"));
	for (unsigned i = 0; i < 20000; i++) {
		int size = snprintf(path, sizeof path, "d/%u", i);

		import_paths_add(&set, path, (size_t)size);
		import_paths_add(&set, path, (size_t)size);
	}
	assert_int_equal(set.count, 20000);
	assert_false(set.failed);
	for (unsigned i = 0; i < 40000; i++) {
		snprintf(path, sizeof path, "d/%u", i);
		assert_int_equal(has(&set, path), i < 20000);
	}
	import_paths_release(&set);
	assert_false(has(&set, "d/1"));
}

static void directories(void **state)
{
	struct path_set set = {0};

	(void)state;
	import_paths_add_above(&set, "a/b/c");
	import_paths_add_above(&set, "x");
	assert_int_equal(set.count, 2);
	assert_true(has(&set, "a"));
	assert_true(has(&set, "a/b"));
	assert_false(has(&set, "a/b/c"));
	assert_false(has(&set, "x"));
	assert_true(import_paths_has_above(&set, "a/z"));
	assert_true(import_paths_has_above(&set, "a/b/c/d"));
	assert_false(import_paths_has_above(&set, "a"));
	assert_false(import_paths_has_above(&set, "ab/c"));
	import_paths_release(&set);
}

/* Of a path that no article can have: it would take the square of its length. */
static void long_paths_have_no_directories(void **state)
{
	struct path_set set = {0};
	char path[4002] = {0};

	(void)state;
	for (size_t i = 0; i < 4001; i++)
		path[i] = "a/"[i % 2];
	import_paths_add_above(&set, path);
	assert_int_equal(set.count, 0);
	assert_false(import_paths_has_above(&set, path));
	path[4000] = '\0';
	import_paths_add_above(&set, path);
	assert_int_equal(set.count, 2000);
	assert_true(import_paths_has(&set, path, 3999));
	assert_true(import_paths_has_above(&set, path));
	path[4000] = 'a';
	assert_false(import_paths_has_above(&set, path));
	import_paths_release(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_added_is_there),
	    cmocka_unit_test(directories),
	    cmocka_unit_test(long_paths_have_no_directories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
