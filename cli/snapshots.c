/*
 * What snapshots of a series say about each other.
 *
 * They are sorted, so that those of one series stand together, among these those of one number, and
 * among these copies of one archive.
 */
#include "snapshots.h"

#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

/* Room for one more; it doubles, so that many do not take long. */
static bool grow(struct cli_snapshots *all)
{
	struct cli_snapshot *items;

	if ((all->count & (all->count - 1)) != 0)
		return true;
	items = reallocarray(all->items, all->count != 0 ? 2 * all->count : 1, sizeof *items);
	if (items == NULL)
		return false;
	all->items = items;
	return true;
}

bool cli_snapshots_add(struct cli_snapshots *all, const struct cli_snapshot *snapshot,
                       const char *path)
{
	char *copy = path != NULL ? strdup(path) : NULL;

	if ((path != NULL && copy == NULL) || !grow(all)) {
		free(copy);
		cli_error("out of memory");
		return false;
	}
	all->items[all->count] = *snapshot;
	all->items[all->count++].path = copy;
	return true;
}

bool cli_snapshots_add_statement(struct cli_snapshots *all, const struct capsa_statement *statement,
                                 const char *path)
{
	struct cli_snapshot snapshot = {
		.sequence = 1,
		.has_previous = statement->has_previous,
		.created = statement->created,
		.declared = statement->has_series,
	};

	memcpy(snapshot.identity, statement->identity, sizeof snapshot.identity);
	memcpy(snapshot.previous, statement->previous, sizeof snapshot.previous);
	/* The first of a series need not know of it: the others call it by that one's identity. */
	memcpy(snapshot.series, statement->identity, sizeof snapshot.series);
	if (statement->has_series) {
		memcpy(snapshot.series, statement->series, sizeof snapshot.series);
		snapshot.sequence = statement->sequence;
	}
	return cli_snapshots_add(all, &snapshot, path);
}

void cli_snapshots_release(struct cli_snapshots *all)
{
	for (size_t i = 0; i < all->count; i++)
		free(all->items[i].path);
	free(all->items);
	*all = (struct cli_snapshots){0};
}

/* ---- order ---- */

/* Those that are given come before those that were seen, by path. */
static int compare_paths(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int in_order(const void *first, const void *second)
{
	const struct cli_snapshot *a = first, *b = second;
	int order = memcmp(a->series, b->series, sizeof a->series);

	if (order == 0)
		order = (a->sequence > b->sequence) - (a->sequence < b->sequence);
	if (order == 0)
		order = memcmp(a->identity, b->identity, sizeof a->identity);
	return order != 0 ? order : compare_paths(a->path, b->path);
}

static bool is_copy(const struct cli_snapshot *a, const struct cli_snapshot *b)
{
	return memcmp(a->series, b->series, sizeof a->series) == 0 && a->sequence == b->sequence &&
	       memcmp(a->identity, b->identity, sizeof a->identity) == 0;
}

/* Of copies the first stays. */
static void drop_copies(struct cli_snapshots *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (kept != 0 && is_copy(&all->items[kept - 1], &all->items[i]))
			free(all->items[i].path);
		else
			all->items[kept++] = all->items[i];
	}
	all->count = kept;
}

/* ---- one series ---- */

struct series {
	const struct cli_snapshots_visitor *visitor;
	const struct cli_snapshot *items;
	size_t count;
	bool contradicts;
};

static void found(struct series *series, enum cli_finding_kind kind, uint64_t first, uint64_t last,
                  const struct cli_snapshot *a, const struct cli_snapshot *b)
{
	const struct cli_finding finding = {kind, first, last, a, b};

	series->contradicts = series->contradicts || kind == CLI_FINDING_REPLACED;
	series->visitor->found(series->visitor->ctx, &finding);
}

/* Where the snapshots with the number of items[i] end. */
static size_t end_of_number(const struct series *series, size_t i)
{
	uint64_t sequence = series->items[i].sequence;

	while (i < series->count && series->items[i].sequence == sequence)
		i++;
	return i;
}

/* Is one of [first, end) that which `next` follows? */
static bool follows(const struct series *series, size_t first, size_t end,
                    const struct cli_snapshot *next)
{
	if (!next->has_previous)
		return true;
	for (size_t i = first; i < end; i++) {
		if (memcmp(next->previous, series->items[i].identity, sizeof next->previous) == 0)
			return true;
	}
	return false;
}

/* What contradicts itself: two with one number, or one that follows another than is there. */
static void compare_numbers(struct series *series)
{
	for (size_t first = 0, end, next_end; first < series->count; first = end) {
		const struct cli_snapshot *item = &series->items[first];

		end = end_of_number(series, first);
		for (size_t i = first + 1; i < end; i++)
			found(series, CLI_FINDING_REPLACED, item->sequence, item->sequence, item,
			      &series->items[i]);
		if (end == series->count || series->items[end].sequence - item->sequence != 1)
			continue;
		next_end = end_of_number(series, end);
		for (size_t i = end; i < next_end; i++) {
			if (!follows(series, first, end, &series->items[i]))
				found(series, CLI_FINDING_REPLACED, item->sequence, item->sequence,
				      item, &series->items[i]);
		}
	}
}

/* What is missing between those that are given; the newest of these. */
static const struct cli_snapshot *compare_given(struct series *series)
{
	const struct cli_snapshot *last = NULL;

	for (size_t i = 0; i < series->count; i++) {
		const struct cli_snapshot *item = &series->items[i];

		if (item->path == NULL)
			continue;
		if (last != NULL && item->sequence - last->sequence > 1)
			found(series, CLI_FINDING_MISSING, last->sequence + 1, item->sequence - 1,
			      last, item);
		last = item;
	}
	return last;
}

static bool is_given(const struct cli_snapshot *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (items[i].path != NULL)
			return true;
	}
	return false;
}

static void compare_series(const struct cli_snapshots_visitor *visitor,
                           const struct cli_snapshot *items, size_t count)
{
	struct series series = {.visitor = visitor, .items = items, .count = count};
	const struct cli_snapshot *newest = &items[count - 1];
	const struct cli_snapshot *given;

	if (!is_given(items, count))
		return;
	compare_numbers(&series);
	given = compare_given(&series);
	if (newest->sequence > given->sequence)
		found(&series, CLI_FINDING_OLDER, given->sequence + 1, newest->sequence, given,
		      newest);
	else if (!series.contradicts)
		visitor->newest(visitor->ctx, given);
}

void cli_snapshots_compare(struct cli_snapshots *all, const struct cli_snapshots_visitor *visitor)
{
	size_t end;

	if (all->count == 0)
		return;
	qsort(all->items, all->count, sizeof *all->items, in_order);
	drop_copies(all);
	for (size_t first = 0; first < all->count; first = end) {
		end = first + 1;
		while (end < all->count &&
		       memcmp(all->items[first].series, all->items[end].series,
		              sizeof all->items[first].series) == 0)
			end++;
		compare_series(visitor, &all->items[first], end - first);
	}
}
