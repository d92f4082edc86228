/* Copies of bodies. */
#include "import.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A body of bytes that depend on their place, which fails at and behind `bad`. */
struct fake {
	uint64_t bad;
	unsigned reads;
};

static int fake_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct fake *fake = ctx;

	fake->reads++;
	if (offset + size > fake->bad)
		return EIO;
	for (size_t i = 0; i < size; i++)
		((unsigned char *)buf)[i] = (unsigned char)((offset + i) * 31 >> 3);
	return 0;
}

static const uint64_t sizes[] = {0, 1, 1U << 20, 16U << 20, (16U << 20) + 1, (17U << 20) + 12345};

static void copies_are_the_bodies(void **state)
{
	struct held_body held = {0};
	struct capsa_error err;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct fake fake = {UINT64_MAX, 0};
		struct capsa_source body = {fake_read, sizes[i], &fake}, copy;
		unsigned char *got = malloc(sizes[i] + 1), *expected = malloc(sizes[i] + 1);
		unsigned reads;

		assert_non_null(got);
		assert_non_null(expected);
		assert_true(import_hold(&held, NULL, &body, &copy, &err));
		assert_int_equal(copy.size, sizes[i]);
		reads = fake.reads;
		if (sizes[i] != 0)
			assert_int_equal(copy.read_at(copy.ctx, 0, got, sizes[i]), 0);
		/* The copy does not need the body any more. */
		assert_int_equal(fake.reads, reads);
		fake_read(&fake, 0, expected, sizes[i]);
		assert_memory_equal(got, expected, sizes[i]);
		free(got);
		free(expected);
	}
	import_hold_release(&held);
}

/* Piece by piece, across the limit of memory, and again with the same room. */
static void streams(void **state)
{
	static char piece[1000003];
	struct held_body held = {0};
	struct capsa_error err;

	(void)state;
	for (size_t i = 0; i < sizeof piece; i++)
		piece[i] = (char)(i * 31 >> 3);
	for (unsigned pieces = 0; pieces < 20; pieces += 6) {
		static char got[sizeof piece];
		struct capsa_source copy;

		import_hold_begin(&held, NULL);
		for (unsigned i = 0; i < pieces; i++)
			assert_true(
			    import_hold_put(&held, (struct capsa_text){piece, sizeof piece}, &err));
		copy = import_held(&held);
		assert_int_equal(copy.size, (uint64_t)pieces * sizeof piece);
		assert_true((held.file != NULL) == (copy.size > 16U << 20));
		for (unsigned i = 0; i < pieces; i++) {
			assert_int_equal(
			    copy.read_at(copy.ctx, (uint64_t)i * sizeof piece, got, sizeof got), 0);
			assert_memory_equal(got, piece, sizeof piece);
		}
	}
	import_hold_release(&held);
}

static void bodies_that_fail(void **state)
{
	struct held_body held = {0};
	struct capsa_error err;

	(void)state;
	for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
		struct fake fake = {sizes[i] - 1, 0};
		struct capsa_source body = {fake_read, sizes[i], &fake}, copy;

		assert_false(import_hold(&held, NULL, &body, &copy, &err));
		/* That is for the importer to say. */
		assert_string_equal(err.text, "");
	}
	import_hold_release(&held);
}

static void no_room(void **state)
{
	struct held_body held = {0};
	struct fake fake = {UINT64_MAX, 0};
	struct capsa_source body = {fake_read, (16U << 20) + 1, &fake}, copy;
	struct capsa_error err;

	(void)state;
	assert_false(import_hold(&held, "/nonexistent", &body, &copy, &err));
	assert_true(err.text[0] != '\0');
	import_hold_release(&held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(copies_are_the_bodies),
	    cmocka_unit_test(streams),
	    cmocka_unit_test(bodies_that_fail),
	    cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
