/* Bodies by digest (spec 5.6): what was added last is found, with its links, however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bodies.h"

#include <stdio.h>

#define COUNT 4000

/* Many want the same slot; those that differ in their middle alone are compared in the file. */
static void make_digest(uint8_t digest[CAPSA_DIGEST_SIZE], uint32_t number)
{
	memset(digest, 0, CAPSA_DIGEST_SIZE);
	digest[0] = (uint8_t)(number % 250);
	digest[1] = (uint8_t)(number % 11);
	digest[31] = (uint8_t)(number % 7);
	digest[12] = (uint8_t)number;
	digest[13] = (uint8_t)(number >> 8);
}

static size_t make_path(char path[32], uint32_t number)
{
	return (size_t)snprintf(path, 32, "path/%" PRIu32, number);
}

static void add(struct bodies *bodies, uint32_t body, uint32_t number)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	char path[32];
	size_t size = make_path(path, number);

	make_digest(digest, body);
	assert_int_equal(capsa_bodies_add(bodies, digest, number, span_of(path, size), NULL),
	                 CAPSA_OK);
}

static void expect(struct bodies *bodies, uint32_t body, uint32_t number, uint64_t links)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct body_copy copy;
	char path[32];
	size_t size = make_path(path, number);

	make_digest(digest, body);
	assert_int_equal(capsa_bodies_find(bodies, digest, &copy, NULL), CAPSA_OK);
	assert_int_equal(copy.number, number);
	assert_int_equal(copy.links, links);
	assert_true(span_equal(copy.path, span_of(path, size)));
}

static void test_many(void **state)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct body_copy copy;
	struct bodies *bodies;

	(void)state;
	assert_int_equal(capsa_bodies_new(&bodies, NULL, NULL), CAPSA_OK);
	for (uint32_t i = 0; i < COUNT; i++) {
		make_digest(digest, i);
		assert_int_equal(capsa_bodies_find(bodies, digest, &copy, NULL), CAPSA_ENOENT);
		add(bodies, i, i);
		/* Every seventh gets links, every tenth is packed anew later. */
		for (uint32_t links = 0; i % 7 == 0 && links < i % 5; links++) {
			expect(bodies, i, i, links);
			assert_int_equal(capsa_bodies_link(bodies, NULL), CAPSA_OK);
		}
		if (i % 10 == 0)
			add(bodies, i, COUNT + i);
	}
	for (uint32_t i = 0; i < COUNT; i++)
		expect(bodies, i, i % 10 == 0 ? COUNT + i : i,
		       i % 10 != 0 && i % 7 == 0 ? i % 5 : 0);
	capsa_bodies_free(bodies);
	capsa_bodies_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_many)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
