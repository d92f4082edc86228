/* What a container has: links that are followed by name, and which files are sidecars. */
#include "container_index.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct link_row {
	const char *path, *target;
	bool hard;
	const char *file; /* what it leads to; NULL: nothing */
	const char *why; /* a part of the reason then */
};

static const struct link_row rows[] = {
    {"same", "a", false, "a", NULL},
    {"d/up", "../a", false, "a", NULL},
    {"d/beside", "b", false, "d/b", NULL},
    {"d/e/far", ".././/../d/b", false, "d/b", NULL},
    {"d/out", "../../a", false, NULL, "leads out"},
    {"root", "/a", false, NULL, "leads out"},
    {"gone", "nothing", false, NULL, "no such file"},
    {"dir", "d", false, NULL, "to a directory"},
    {"top", ".", false, NULL, "to a directory"},
    {"circle1", "circle2", false, NULL, "circle"},
    {"circle2", "circle1", false, NULL, "circle"},
    {"self", "self", false, NULL, "circle"},
    {"over", "d/up", false, "a", NULL},
    {"d/hard", "./d//b", true, "d/b", NULL},
    {"hardover", "same", true, "a", NULL},
    {"hardgone", "nothing", true, NULL, "not in the container"},
    {"hardout", "../a", true, NULL, "leads out"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void links_are_followed(void **state)
{
	struct container_index index = {0};
	struct container_link *const *first;

	(void)state;
	container_index_add_file(&index, "a");
	container_index_add_file(&index, "d/b");
	for (size_t i = 0; i < ROWS; i++) {
		container_index_add_file(&index, rows[i].path);
		assert_true(
		    container_index_add_link(&index, rows[i].path, rows[i].target, rows[i].hard));
	}
	container_index_finish(&index);
	assert_false(index.failed);
	for (size_t i = 0; i < ROWS; i++) {
		const struct container_link *link = container_index_link(&index, rows[i].path);

		assert_non_null(link);
		if (rows[i].file != NULL) {
			assert_null(link->why);
			assert_string_equal(link->file, rows[i].file);
		} else {
			assert_non_null(link->why);
			assert_non_null(strstr(link->why, rows[i].why));
		}
	}
	assert_null(container_index_link(&index, "a"));
	assert_int_equal(container_index_links(&index, "a", &first), 4);
	assert_string_equal(first[0]->path, "d/up");
	assert_string_equal(first[3]->path, "same");
	assert_int_equal(container_index_links(&index, "d/b", &first), 3);
	assert_int_equal(container_index_links(&index, "d", &first), 0);
	container_index_release(&index);
}

static void a_chain_has_an_end(void **state)
{
	struct container_index index = {0};
	struct container_link *const *first;
	char path[16], target[16];

	(void)state;
	container_index_add_file(&index, "0");
	for (int i = 1; i <= 50; i++) {
		snprintf(path, sizeof path, "%d", i);
		snprintf(target, sizeof target, "%d", i - 1);
		container_index_add_file(&index, path);
		assert_true(container_index_add_link(&index, path, target, false));
	}
	container_index_finish(&index);
	assert_int_equal(container_index_links(&index, "0", &first), 40);
	assert_null(container_index_link(&index, "40")->why);
	assert_non_null(container_index_link(&index, "41")->why);
	container_index_release(&index);
}

static void too_many_links(void **state)
{
	struct container_index index = {0};
	size_t size = 1U << 20;
	char *target = calloc(1, size + 1), path[16];
	unsigned count = 0;

	(void)state;
	assert_non_null(target);
	memset(target, 'x', size);
	do {
		snprintf(path, sizeof path, "%u", count++);
	} while (container_index_add_link(&index, path, target, false) && count < 100);
	assert_int_equal(count, 64);
	container_index_release(&index);
	free(target);
}

static void sidecars(void **state)
{
	static const char *const files[] = {
	    "x",           "x.capsa.json", "x.capsa.json.capsa.json", "lone.capsa.json",
	    ".capsa.json", "d/.capsa.json"};
	static const bool is[] = {false, true, false, false, false, false};
	struct container_index index = {0};
	struct capsa_error err;
	size_t size;
	char *bytes;

	(void)state;
	import_hold_begin(&index.held, NULL);
	for (size_t i = 0; i < 6; i++) {
		container_index_add_file(&index, files[i]);
		container_index_add_sidecar(&index, files[i]);
		assert_true(container_index_put(
		    &index, (struct capsa_text){files[i], strlen(files[i])}, &err));
	}
	container_index_finish(&index);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(container_index_is_sidecar(&index, files[i]), is[i]);
		bytes = container_index_sidecar(&index, files[i], &size, &err);
		assert_non_null(bytes);
		assert_int_equal(size, strlen(files[i]));
		assert_memory_equal(bytes, files[i], size);
		free(bytes);
	}
	assert_null(container_index_sidecar(&index, "y.capsa.json", &size, &err));
	assert_string_equal(err.text, "");
	/* One that is there and could not be read, since it is encrypted for instance. */
	container_index_add_file(&index, "y.capsa.json");
	assert_null(container_index_sidecar(&index, "y.capsa.json", &size, &err));
	assert_string_equal(err.text, "cannot be read");
	container_index_release(&index);
}

static void what_was_refused_does_not_pass(void **state)
{
	struct container_index index = {0};

	(void)state;
	container_index_add_file(&index, "a");
	container_index_add_file(&index, "a.capsa.json");
	container_index_add_file(&index, "l");
	assert_true(container_index_add_link(&index, "l", "a", false));
	import_paths_add(&index.empty, "l", 1);
	container_index_finish(&index);
	assert_true(container_index_pass(&index, "l", true));
	assert_false(container_index_pass(&index, "l", true));
	assert_false(container_index_pass(&index, "a", true));
	assert_true(container_index_pass(&index, "a.capsa.json", false));
	assert_false(container_index_pass(&index, "a.capsa.json", false));
	assert_true(container_index_is_empty_name(&index, "l"));
	assert_false(container_index_is_empty_name(&index, "a"));
	container_index_release(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(links_are_followed),
	    cmocka_unit_test(a_chain_has_an_end),
	    cmocka_unit_test(too_many_links),
	    cmocka_unit_test(sidecars),
	    cmocka_unit_test(what_was_refused_does_not_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
