/* Searching the key trees of an open archive, and walking them in order. */
#include "path.h"
#include "reader.h"
#include "walk.h"

#include <stdlib.h>

/* The next entry of a walk; its number must be that of an article. */
static enum capsa_status next_entry(struct capsa_reader *r, struct walk *walk, struct span *key,
                                    uint64_t *number, struct capsa_error *err)
{
	enum capsa_status st = capsa_walk_next(walk, key, number, err);

	if (st == CAPSA_OK && *number >= r->statement.facts.articles)
		st = capsa_fail(err, CAPSA_ECORRUPT, walk->steps[0].ref.offset,
		                "index page names article %" PRIu64 ", which does not exist",
		                *number);
	return st;
}

enum capsa_status capsa_reader_find_path(struct capsa_reader *r, const char *path, uint64_t *number,
                                         struct capsa_error *err)
{
	struct span text = span_of(path, strlen(path)), key;
	struct walk walk;
	uint8_t *room;
	enum capsa_status st = capsa_reader_usable(r, err);

	if (st != CAPSA_OK)
		return st;
	if (text.size > CAPSA_PATH_MAX)
		return capsa_fail(err, CAPSA_ENOENT, CAPSA_NO_OFFSET, "no article has this path");
	buffer_clear(&r->key);
	room = capsa_buffer_extend(&r->key, text.size);
	if (room == NULL)
		return capsa_fail_memory(err);
	capsa_path_key(text, room);
	capsa_walk_init(&walk, r->pages, reader_root(r, CAPSA_TREE_PATH));
	st = capsa_walk_seek(&walk, buffer_span(&r->key), err);
	if (st == CAPSA_OK)
		st = next_entry(r, &walk, &key, number, err);
	if (st == CAPSA_ENOENT || (st == CAPSA_OK && !span_equal(key, buffer_span(&r->key))))
		st = capsa_fail(err, CAPSA_ENOENT, CAPSA_NO_OFFSET, "no article has this path");
	return st;
}

enum capsa_status capsa_reader_find_url(struct capsa_reader *r, struct capsa_text surt, int64_t at,
                                        uint64_t *number, int64_t *when, struct capsa_error *err)
{
	struct span key, prefix;
	struct walk walk;
	uint64_t candidate;
	bool found = false;
	enum capsa_status st = capsa_reader_usable(r, err);

	if (st != CAPSA_OK)
		return st;
	buffer_clear(&r->key);
	capsa_buffer_append(&r->key, surt.data, surt.size);
	capsa_buffer_byte(&r->key, 0);
	if (r->key.failed)
		return capsa_fail_memory(err);
	prefix = buffer_span(&r->key);
	capsa_walk_init(&walk, r->pages, reader_root(r, CAPSA_TREE_URL));
	st = capsa_walk_seek(&walk, prefix, err);
	while (st == CAPSA_OK) {
		int64_t time;

		st = next_entry(r, &walk, &key, &candidate, err);
		if (st != CAPSA_OK || key.size != prefix.size + 8 ||
		    capsa_span_shared(key, prefix) != prefix.size)
			break;
		time = capsa_time_of_key(key.data + prefix.size);
		if (time > at)
			break;
		found = true;
		*number = candidate;
		if (when != NULL)
			*when = time;
	}
	if (st != CAPSA_OK && st != CAPSA_ENOENT)
		return st;
	return found ? CAPSA_OK
	             : capsa_fail(err, CAPSA_ENOENT, CAPSA_NO_OFFSET, "no article has this URL");
}

struct capsa_cursor {
	struct capsa_reader *reader;
	struct walk walk;
	struct buffer key;
};

enum capsa_status capsa_cursor_new(struct capsa_cursor **out, struct capsa_reader *reader,
                                   enum capsa_tree tree, struct capsa_text from,
                                   struct capsa_error *err)
{
	struct capsa_cursor *cursor;
	enum capsa_status st = capsa_reader_usable(reader, err);

	*out = NULL;
	if (st != CAPSA_OK)
		return st;
	if (tree < CAPSA_TREE_PATH || tree > CAPSA_TREE_DATE)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "there is no such tree");
	cursor = calloc(1, sizeof *cursor);
	if (cursor == NULL)
		return capsa_fail_memory(err);
	cursor->reader = reader;
	capsa_walk_init(&cursor->walk, reader->pages, reader_root(reader, tree));
	st = capsa_walk_seek(&cursor->walk, span_text(from), err);
	if (st != CAPSA_OK) {
		capsa_cursor_free(cursor);
		return st;
	}
	*out = cursor;
	return CAPSA_OK;
}

enum capsa_status capsa_cursor_next(struct capsa_cursor *cursor, struct capsa_text *key,
                                    uint64_t *number, struct capsa_error *err)
{
	struct span found;
	enum capsa_status st = next_entry(cursor->reader, &cursor->walk, &found, number, err);

	if (st != CAPSA_OK)
		return st;
	buffer_clear(&cursor->key);
	capsa_buffer_append(&cursor->key, found.data, found.size);
	if (cursor->key.failed)
		return capsa_fail_memory(err);
	*key = text_of(buffer_span(&cursor->key));
	return CAPSA_OK;
}

void capsa_cursor_free(struct capsa_cursor *cursor)
{
	if (cursor == NULL)
		return;
	capsa_buffer_release(&cursor->key);
	free(cursor);
}
