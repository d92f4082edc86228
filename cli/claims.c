#include "html.h"

#include "fields.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct claims *claims)
{
	size_t capacity = claims->capacity == 0 ? 32 : 2 * claims->capacity;
	struct claim *items;

	if (claims->count < claims->capacity)
		return true;
	items = reallocarray(claims->items, capacity, sizeof *items);
	if (items == NULL)
		return false;
	claims->items = items;
	claims->capacity = capacity;
	return true;
}

void import_claim(struct claims *claims, const char *name, struct capsa_text text)
{
	struct json_text tidy = {0};
	struct claim claim;

	if (claims->count == CLAIMS_MAX || claims->failed)
		return;
	import_tidy(&tidy, text);
	claim.size = tidy.size;
	import_json_append(&tidy, "", 1);
	if (!tidy.failed && claim.size == 0) {
		free(tidy.data);
		return;
	}
	claim.text = tidy.data;
	claim.name = strdup(name);
	if (tidy.failed || claim.name == NULL || !grow(claims)) {
		free(claim.name);
		free(claim.text);
		claims->failed = true;
		return;
	}
	claims->items[claims->count++] = claim;
}

bool import_claimed(const struct claims *claims, const char *name)
{
	for (size_t i = 0; i < claims->count; i++)
		if (strcmp(claims->items[i].name, name) == 0)
			return true;
	return false;
}

void import_claims_release(struct claims *claims)
{
	for (size_t i = 0; i < claims->count; i++) {
		free(claims->items[i].name);
		free(claims->items[i].text);
	}
	free(claims->items);
	*claims = (struct claims){0};
}
