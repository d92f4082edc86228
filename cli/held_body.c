/*
 * Bodies that cannot fail.  A writer is lost when a body cannot be read to its end; so one that may
 * fail, or that comes as a stream, is copied before the writer sees it.
 */
#include "import.h"

#include "temporary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX (16U << 20) /* a larger body goes to a file */
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

void import_hold_begin(struct held_body *held, const char *directory)
{
	capsa_temporary_free(held->file);
	held->file = NULL;
	held->directory = directory;
	held->size = 0;
}

/* What is in memory goes to a file. */
static bool move_to_file(struct held_body *held, struct capsa_error *err)
{
	return capsa_temporary_new(&held->file, held->directory, err) == CAPSA_OK &&
	       capsa_temporary_append(held->file, span_of(held->room, (size_t)held->size), NULL,
	                              err) == CAPSA_OK;
}

bool import_hold_put(struct held_body *held, struct capsa_text bytes, struct capsa_error *err)
{
	uint64_t size = held->size + bytes.size;

	err->text[0] = '\0';
	if (held->file == NULL && size > MEMORY_MAX && !move_to_file(held, err))
		return false;
	if (held->file != NULL) {
		if (capsa_temporary_append(held->file, span_of(bytes.data, bytes.size), NULL,
		                           err) != CAPSA_OK)
			return false;
	} else if (bytes.size != 0) {
		size_t room = held->capacity != 0 ? held->capacity : PIECE_SIZE;

		while (room < size)
			room *= 2;
		if (!reserve(held, room, err))
			return false;
		memcpy((char *)held->room + held->size, bytes.data, bytes.size);
	}
	held->size = size;
	return true;
}

struct capsa_source import_held(const struct held_body *held)
{
	if (held->file != NULL)
		return (struct capsa_source){read_file, held->size, held->file};
	return capsa_source_memory(held->room, (size_t)held->size);
}

bool import_hold(struct held_body *held, const char *directory, const struct capsa_source *body,
                 struct capsa_source *out, struct capsa_error *err)
{
	char piece[1U << 16];

	err->text[0] = '\0';
	import_hold_begin(held, directory);
	for (uint64_t at = 0; at < body->size;) {
		size_t size =
		    body->size - at < sizeof piece ? (size_t)(body->size - at) : sizeof piece;

		if (body->read_at(body->ctx, at, piece, size) != 0 ||
		    !import_hold_put(held, (struct capsa_text){piece, size}, err))
			return false;
		at += size;
	}
	*out = import_held(held);
	return true;
}

void import_hold_release(struct held_body *held)
{
	free(held->room);
	capsa_temporary_free(held->file);
	*held = (struct held_body){0};
}
