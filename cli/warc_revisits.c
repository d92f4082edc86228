/*
 * A crawl names many bodies again, so that of each revisit only digests of the names stay in
 * memory; the rest waits in a temporary file.
 */
#include "warc_revisits.h"

#include "cli.h"
#include "digest.h"
#include "temporary.h"

#include <stdlib.h>

#define CONTRADICTIONS_MAX 64 /* of one name that are looked at */

struct warc_name import_warc_name(struct warc_revisits *revisits, char kind, struct capsa_text a,
                                  struct capsa_text b)
{
	struct warc_name name = {{0, 0}};
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct buffer text = {0};

	if (a.size == 0)
		return name;
	if (!revisits->keyed)
		capsa_random(revisits->key, sizeof revisits->key);
	revisits->keyed = true;
	capsa_buffer_byte(&text, (uint8_t)kind);
	capsa_buffer_u64(&text, a.size);
	capsa_buffer_append(&text, a.data, a.size);
	capsa_buffer_append(&text, b.data, b.size);
	if (text.failed) {
		cli_lack_memory();
	} else {
		capsa_digest_keyed(digest, revisits->key, buffer_span(&text));
		memcpy(name.half, digest, sizeof name.half);
	}
	capsa_buffer_release(&text);
	return name;
}

static bool is_none(const struct warc_name *name)
{
	return name->half[0] == 0 && name->half[1] == 0;
}

bool import_warc_revisits_add(struct warc_revisits *revisits, const struct warc_names *names,
                              struct capsa_text text, const char *directory,
                              struct capsa_error *err)
{
	struct warc_revisit *item;

	if (revisits->file == NULL &&
	    capsa_temporary_new(&revisits->file, directory, err) != CAPSA_OK)
		return false;
	if (revisits->count == revisits->capacity) {
		size_t capacity = revisits->capacity != 0 ? 2 * revisits->capacity : 64;
		struct warc_revisit *items = realloc(revisits->items, capacity * sizeof *items);

		if (items == NULL) {
			capsa_fail_memory(err);
			return false;
		}
		revisits->items = items;
		revisits->capacity = capacity;
	}
	item = &revisits->items[revisits->count];
	*item = (struct warc_revisit){.names = *names, .size = text.size};
	if (capsa_temporary_append(revisits->file, span_text(text), &item->offset, err) != CAPSA_OK)
		return false;
	revisits->count++;
	return true;
}

static int compare_names(const struct warc_name *a, const struct warc_name *b)
{
	for (unsigned i = 0; i < 2; i++)
		if (a->half[i] != b->half[i])
			return a->half[i] < b->half[i] ? -1 : 1;
	return 0;
}

static int compare_wanted(const void *a, const void *b)
{
	const struct warc_wanted *left = a, *right = b;
	int order = compare_names(&left->name, &right->name);

	return order != 0 ? order : (left->item > right->item) - (left->item < right->item);
}

bool import_warc_revisits_sort(struct warc_revisits *revisits)
{
	if (revisits->count == 0)
		return true;
	revisits->wanted = capsa_array_new(revisits->count * WARC_NAMES, sizeof *revisits->wanted);
	if (revisits->wanted == NULL)
		return false;
	for (size_t i = 0; i < revisits->count; i++)
		for (unsigned n = 0; n < WARC_NAMES; n++)
			if (!is_none(&revisits->items[i].names.names[n]))
				revisits->wanted[revisits->wanted_count++] =
				    (struct warc_wanted){revisits->items[i].names.names[n], i, 0};
	qsort(revisits->wanted, revisits->wanted_count, sizeof *revisits->wanted, compare_wanted);
	return true;
}

/* The first that wants this name, or one that wants a greater. */
static size_t first_wanted(const struct warc_revisits *revisits, const struct warc_name *name)
{
	size_t low = 0, high = revisits->wanted_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names(&revisits->wanted[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Payloads of two digests are two, whatever else the revisit says. */
static bool contradict(const struct warc_names *a, const struct warc_names *b)
{
	return a->has_digest && b->has_digest && a->kind == b->kind &&
	       compare_names(&a->names[0], &b->names[0]) != 0;
}

/* The first from `at` on that is not done; runs of those that are done are passed in one step. */
static size_t pass_done(struct warc_revisits *revisits, size_t at)
{
	size_t first = at;

	while (at < revisits->wanted_count && revisits->items[revisits->wanted[at].item].done)
		at += revisits->wanted[at].passed != 0 ? revisits->wanted[at].passed : 1;
	if (at != first)
		revisits->wanted[first].passed = at - first;
	return at;
}

/* The first revisit that wants the name and is to be had. */
static struct warc_revisit *find_by_name(struct warc_revisits *revisits,
                                         const struct warc_names *names,
                                         const struct warc_name *name)
{
	size_t at = first_wanted(revisits, name);

	for (unsigned others = 0; others < CONTRADICTIONS_MAX; others++, at++) {
		struct warc_revisit *item;

		at = pass_done(revisits, at);
		if (at >= revisits->wanted_count ||
		    compare_names(&revisits->wanted[at].name, name) != 0)
			return NULL;
		item = &revisits->items[revisits->wanted[at].item];
		if (!contradict(&item->names, names))
			return item;
	}
	return NULL;
}

struct warc_revisit *import_warc_revisits_find(struct warc_revisits *revisits,
                                               const struct warc_names *names)
{
	for (unsigned n = 0; n < WARC_NAMES; n++) {
		struct warc_revisit *item = NULL;

		if (!is_none(&names->names[n]))
			item = find_by_name(revisits, names, &names->names[n]);
		if (item != NULL) {
			item->done = true;
			return item;
		}
	}
	return NULL;
}

char *import_warc_revisits_text(struct warc_revisits *revisits, const struct warc_revisit *revisit,
                                struct capsa_error *err)
{
	char *text = malloc(revisit->size + 1);

	if (text == NULL) {
		capsa_fail_memory(err);
		return NULL;
	}
	if (capsa_temporary_read(revisits->file, revisit->offset, text, revisit->size, err) !=
	    CAPSA_OK) {
		free(text);
		return NULL;
	}
	text[revisit->size] = '\0';
	return text;
}

void import_warc_revisits_rewind(struct warc_revisits *revisits)
{
	for (size_t i = 0; i < revisits->count; i++)
		revisits->items[i].done = false;
	for (size_t i = 0; i < revisits->wanted_count; i++)
		revisits->wanted[i].passed = 0;
}

void import_warc_revisits_release(struct warc_revisits *revisits)
{
	capsa_temporary_free(revisits->file);
	free(revisits->items);
	free(revisits->wanted);
	*revisits = (struct warc_revisits){0};
}
