/*
 * Bodies that cannot fail.  A writer is lost when a body cannot be read to its end; so where one
 * that cannot is to be left out, each is copied before the writer sees it.
 */
#include "import.h"

#include "temporary.h"

#include <errno.h>
#include <stdlib.h>

#define MEMORY_MAX (16U << 20)          /* a larger body goes to a file */
#define PIECE_SIZE (1U << 20)

static int read_file(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct capsa_error err = {0};

	if (capsa_temporary_read(ctx, offset, buf, size, &err) == CAPSA_OK)
		return 0;
	return err.sys != 0 ? err.sys : EIO;
}

static bool reserve(struct held_body *held, size_t size, struct capsa_error *err)
{
	void *room;

	if (held->capacity >= size)
		return true;
	room = realloc(held->room, size);
	if (room == NULL) {
		capsa_fail_memory(err);
		return false;
	}
	held->room = room;
	held->capacity = size;
	return true;
}

static bool hold_in_memory(struct held_body *held, const struct capsa_source *body,
                           struct capsa_source *out, struct capsa_error *err)
{
	size_t size = (size_t)body->size;

	if (!reserve(held, size, err) ||
	    (size != 0 && body->read_at(body->ctx, 0, held->room, size) != 0))
		return false;
	*out = capsa_source_memory(held->room, size);
	return true;
}

static bool hold_in_file(struct held_body *held, const char *directory,
                         const struct capsa_source *body, struct capsa_source *out,
                         struct capsa_error *err)
{
	capsa_temporary_free(held->file);
	held->file = NULL;
	if (!reserve(held, PIECE_SIZE, err) ||
	    capsa_temporary_new(&held->file, directory, err) != CAPSA_OK)
		return false;
	for (uint64_t at = 0; at < body->size;) {
		size_t size = body->size - at < PIECE_SIZE ? (size_t)(body->size - at) : PIECE_SIZE;

		if (body->read_at(body->ctx, at, held->room, size) != 0 ||
		    capsa_temporary_append(held->file, span_of(held->room, size), NULL, err) !=
		        CAPSA_OK)
			return false;
		at += size;
	}
	*out = (struct capsa_source){read_file, body->size, held->file};
	return true;
}

bool import_hold(struct held_body *held, const char *directory, const struct capsa_source *body,
                 struct capsa_source *out, struct capsa_error *err)
{
	err->text[0] = '\0';
	return body->size <= MEMORY_MAX ? hold_in_memory(held, body, out, err)
	                                : hold_in_file(held, directory, body, out, err);
}

void import_hold_release(struct held_body *held)
{
	free(held->room);
	capsa_temporary_free(held->file);
	*held = (struct held_body){0};
}
