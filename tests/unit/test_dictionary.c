/* Dictionaries made of articles. */
#define _GNU_SOURCE /* memmem */

#include "import.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ARTICLE_SIZE 5000
#define PHRASE "a phrase that is found in every hundredth article, wherever it may be"

/* An importer of articles that are made when they are read. */
struct fake {
	struct importer base;
	unsigned count;                 /* of articles */
	unsigned at;
	unsigned rewound;
	unsigned unreadable;            /* number of an article whose body cannot be read; from 1 */
	bool binary;                    /* bodies hold NUL bytes */
	bool phrases;                   /* bodies hold PHRASE, one in a hundred */
	bool repeats;                   /* all bodies are the same */
	char body[ARTICLE_SIZE];
};

static void make_body(struct fake *fake, unsigned number)
{
	uint32_t seed = fake->repeats ? 1 : number * 2654435761U;

	for (size_t i = 0; i < ARTICLE_SIZE; i++) {
		seed = seed * 1664525 + 1013904223;
		fake->body[i] = (char)('a' + (seed >> 16) % 26);
	}
	if (fake->binary)
		fake->body[100] = '\0';
	if (fake->phrases && number % 100 == 0)
		memcpy(fake->body + seed % 4000, PHRASE, sizeof PHRASE - 1);
}

static int fake_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	const struct fake *fake = ctx;

	if (fake->at == fake->unreadable)
		return EIO;
	assert_true(offset + size <= ARTICLE_SIZE);
	memcpy(buf, fake->body + offset, size);
	return 0;
}

static int fake_next(struct importer *importer, struct import_article *out)
{
	struct fake *fake = (struct fake *)importer;

	if (fake->at == fake->count)
		return 0;
	make_body(fake, fake->at++);
	*out = (struct import_article){
	    .path = "a", .body = {fake_read, ARTICLE_SIZE, fake}, .origin = "a"};
	return 1;
}

static bool fake_settle(struct importer *importer)
{
	struct fake *fake = (struct fake *)importer;

	return fake->at != fake->unreadable;
}

static void fake_rewind(struct importer *importer)
{
	struct fake *fake = (struct fake *)importer;

	fake->at = 0;
	fake->rewound++;
}

static struct fake fake_of(unsigned count)
{
	return (struct fake){
	    .base = {.next = fake_next, .settle = fake_settle, .rewind = fake_rewind},
	    .count = count,
	    .phrases = true};
}

/* Makes it twice: the same both times.  The caller frees it. */
static void *make(struct fake *fake, size_t size, size_t *out_size)
{
	void *first = NULL, *second = NULL;
	size_t second_size = 0;

	*out_size = 0;
	assert_int_equal(import_dictionary(&fake->base, size, 3, false, &first, out_size),
	                 CLI_DONE);
	assert_int_equal(fake->rewound, 1);
	assert_int_equal(import_dictionary(&fake->base, size, 3, false, &second, &second_size),
	                 CLI_DONE);
	assert_int_equal(fake->rewound, 2);
	assert_int_equal(first != NULL, second != NULL);
	if (first != NULL) {
		assert_int_equal(second_size, *out_size);
		assert_memory_equal(first, second, second_size);
		assert_memory_equal(first, "\x37\xa4\x30\xec", 4);
	}
	free(second);
	return first;
}

static void too_little_text(void **state)
{
	struct fake fake = fake_of(838);
	size_t size;

	(void)state;
	cli_quiet = true;
	assert_null(make(&fake, 0, &size));
	/* 839 articles are 4 MiB. */
	fake = fake_of(839);
	free(make(&fake, 0, &size));
	assert_true(size > 0);
	/* Binary articles are no text, however many. */
	fake = fake_of(2000);
	fake.binary = true;
	assert_null(make(&fake, 0, &size));
	fake = fake_of(0);
	assert_null(make(&fake, 0, &size));
	/* Where a size is asked for, 64 KiB are enough. */
	fake = fake_of(13);
	assert_null(make(&fake, 8192, &size));
	fake = fake_of(14);
	fake.repeats = true;
	free(make(&fake, 8192, &size));
	assert_true(size > 0);
}

static void size_that_is_asked_for(void **state)
{
	struct fake fake = fake_of(100);
	size_t size;

	(void)state;
	/* Less than four MiB, but asked for; what repeats nowhere is left out. */
	free(make(&fake, 8192, &size));
	assert_true(size <= 8192 + 65536);
}

static void what_repeats_is_chosen(void **state)
{
	struct fake fake = fake_of(2000);
	size_t size;
	void *dictionary;

	(void)state;
	dictionary = make(&fake, 0, &size);
	assert_non_null(dictionary);
	assert_non_null(memmem(dictionary, size, PHRASE, sizeof PHRASE - 1));
	free(dictionary);
}

/* More text than is compared: 80 MB. */
static void much_text(void **state)
{
	struct fake fake = fake_of(16000);
	size_t size;
	void *dictionary;

	(void)state;
	dictionary = make(&fake, 0, &size);
	assert_non_null(dictionary);
	assert_non_null(memmem(dictionary, size, PHRASE, sizeof PHRASE - 1));
	assert_true(size <= (2U << 20) + 65536);
	free(dictionary);
}

static void body_that_cannot_be_read(void **state)
{
	struct fake fake = fake_of(1000);
	void *dictionary = NULL;
	size_t size;

	(void)state;
	fake.unreadable = 500;
	assert_int_equal(import_dictionary(&fake.base, 0, 3, false, &dictionary, &size),
	                 CLI_FAILED);
	assert_null(dictionary);
	assert_int_equal(fake.rewound, 1);
	/* Where it is to be left out, the others make one. */
	assert_int_equal(import_dictionary(&fake.base, 8192, 3, true, &dictionary, &size),
	                 CLI_DONE);
	assert_non_null(dictionary);
	assert_int_equal(fake.rewound, 2);
	free(dictionary);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(too_little_text),          cmocka_unit_test(size_that_is_asked_for),
	    cmocka_unit_test(what_repeats_is_chosen),   cmocka_unit_test(much_text),
	    cmocka_unit_test(body_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
