/* Paths (spec 5.5) and their keys (8.4). */
#include "path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const good[] = {
    "a", "a/b", "a/b/c.txt", "...", "..a", "a..", ".a", "a.", "a/.../b", ".hidden/file", "-", "~",
    " ", " a / b ", "a\\b", "C:", "con", "*?<>|\"", "%2e%2e", "index.html?q=1",
    "\303\244/\343\201\202.txt", "\302\240", "\302\241", "\303\200", "\360\237\230\200",
    "\342\200\250", "e\314\201",
};

static void allows(void **state)
{
	struct capsa_error err = {.text = "untouched"};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (capsa_path_check(good[i], strlen(good[i]), &err) != CAPSA_OK)
			fail_msg("refused: %s: %s", good[i], err.text);
	assert_string_equal(err.text, "untouched");
}

static const struct {
	const char *path;
	const char *why;
} bad[] = {
    {"", "an empty path is not allowed"},
    {"/", "the path begins with '/'"},
    {"/a", "the path begins with '/'"},
    {"a/", "the path ends with '/'"},
    {"a//b", "an empty component is not allowed"},
    {".", "component '.' is not allowed"},
    {"./a", "component '.' is not allowed"},
    {"a/.", "component '.' is not allowed"},
    {"a/./b", "component '.' is not allowed"},
    {"..", "component '..' is not allowed"},
    {"../a", "component '..' is not allowed"},
    {"a/..", "component '..' is not allowed"},
    {"a/../b", "component '..' is not allowed"},
    {"a\001", "control character U+0001 is not allowed"},
    {"a\nb", "control character U+000A is not allowed"},
    {"a/\033[2J", "control character U+001B is not allowed"},
    {"\037", "control character U+001F is not allowed"},
    {"\177", "control character U+007F is not allowed"},
    {"a\302\200", "control character U+0080 is not allowed"},
    {"\302\233", "control character U+009B is not allowed"},
    {"\302\237b", "control character U+009F is not allowed"},
    {"a\200", "the path is not valid UTF-8"},
    {"a\303", "the path is not valid UTF-8"},
    {"\300\257", "the path is not valid UTF-8"},
    {"\300\256\300\256/a", "the path is not valid UTF-8"},
    {"\355\240\200", "the path is not valid UTF-8"},
    {"\377", "the path is not valid UTF-8"},
};

static void refuses_and_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct capsa_error err = {0};

		if (capsa_path_check(bad[i].path, strlen(bad[i].path), &err) != CAPSA_EMISUSE)
			fail_msg("allowed: %s", bad[i].path);
		assert_string_equal(err.text, bad[i].why);
		assert_true(err.offset == CAPSA_NO_OFFSET);
		assert_int_equal(capsa_path_check(bad[i].path, strlen(bad[i].path), NULL),
		                 CAPSA_EMISUSE);
	}
}

static void refuses_zero_bytes(void **state)
{
	struct capsa_error err;

	(void)state;
	assert_int_equal(capsa_path_check("a\0b", 3, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "control character U+0000 is not allowed");
	assert_int_equal(capsa_path_check("a\0", 2, &err), CAPSA_EMISUSE);
	assert_int_equal(capsa_path_check(NULL, 0, &err), CAPSA_EMISUSE);
}

/* A path of `size` bytes whose components have `component` bytes, the last one fewer. */
static enum capsa_status check_long(size_t size, size_t component, struct capsa_error *err)
{
	char *path = malloc(size);
	enum capsa_status status;

	assert_non_null(path);
	for (size_t i = 0; i < size; i++)
		path[i] = i % (component + 1) == component ? '/' : 'x';
	status = capsa_path_check(path, size, err);
	free(path);
	return status;
}

static void bounds_lengths(void **state)
{
	struct capsa_error err;

	(void)state;
	assert_int_equal(check_long(255, 255, &err), CAPSA_OK);
	assert_int_equal(check_long(256, 256, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "a component is longer than 255 bytes");
	assert_int_equal(check_long(600, 255, &err), CAPSA_OK);
	assert_int_equal(check_long(600, 256, &err), CAPSA_EMISUSE);
	assert_int_equal(check_long(4000, 255, &err), CAPSA_OK);
	assert_int_equal(check_long(4000, 1, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "the path ends with '/'");
	assert_int_equal(check_long(3999, 1, &err), CAPSA_OK);
	assert_int_equal(check_long(4001, 255, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "the path is longer than 4000 bytes");
	assert_int_equal(check_long(4001, 1, &err), CAPSA_EMISUSE);
	assert_string_equal(err.text, "the path is longer than 4000 bytes");
}

/* Written as C strings, with '/' for 00. */
static struct span key(const char *path, uint8_t *room)
{
	capsa_path_key(span_of(path, strlen(path)), room);
	return span_of(room, strlen(path));
}

static void makes_keys(void **state)
{
	uint8_t room[8];

	(void)state;
	assert_memory_equal(key("a/b/c-d.", room).data, "a\0b\0c-d.", 8);
	assert_memory_equal(key("\303\244/\303", room).data, "\303\244\0\303", 4);
}

static const struct {
	const char *a, *b;
	bool conflict;
} neighbours[] = {
    {"news", "news", true},
    {"news", "news/flood", true},
    {"news", "news/flood/1", true},
    {"news/flood", "news/flood/1", true},
    {"a", "a/b", true},
    {"news", "news.html", false},
    {"news", "newspaper/a", false},
    {"news/a", "news/b", false},
    {"news/flood", "news/flood.html", false},
    {"news/flood", "news", false},
    {"a", "b", false},
    {"a", "b/a", false},
};

static void finds_conflicts(void **state)
{
	uint8_t a[16], b[16];

	(void)state;
	for (size_t i = 0; i < COUNT(neighbours); i++)
		assert_int_equal(capsa_path_key_conflict(key(neighbours[i].a, a),
		                                         key(neighbours[i].b, b)),
		                 neighbours[i].conflict);
}

/* 8.4: between a path and what conflicts with it no other key that may occur can stand. */
static void conflicts_are_neighbours(void **state)
{
	uint8_t a[16], b[16], c[16];

	(void)state;
	assert_true(capsa_span_compare(key("a", a), key("a/b", b)) < 0);
	assert_true(capsa_span_compare(key("a/z", b), key("a b", c)) < 0);
	assert_true(capsa_span_compare(key("a/z", b), key("a-b", c)) < 0);
	assert_true(capsa_span_compare(key("a/\364\217\277\277", b), key("a!", c)) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(allows),
	    cmocka_unit_test(refuses_and_says_why),
	    cmocka_unit_test(refuses_zero_bytes),
	    cmocka_unit_test(bounds_lengths),
	    cmocka_unit_test(makes_keys),
	    cmocka_unit_test(finds_conflicts),
	    cmocka_unit_test(conflicts_are_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
