#include "keys.h"
#include "path.h"

/* A JSON string, unescaped, into out->text. */
static enum capsa_status unescape(struct capsa_text value, struct article_keys *out,
                                  struct capsa_text *text, struct capsa_error *err)
{
	char *room;

	buffer_clear(&out->text);
	room = (char *)capsa_buffer_extend(&out->text, value.size);
	if (room == NULL)
		return capsa_fail_memory(err);
	*text = (struct capsa_text){room, capsa_line_text(value, room)};
	return CAPSA_OK;
}

static enum capsa_status call(int (*make)(void *, struct capsa_text, void *, size_t, size_t *),
                              void *ctx, struct capsa_text text, size_t max, struct buffer *out,
                              struct capsa_error *err)
{
	uint8_t *room = capsa_buffer_extend(out, max);
	int sys;

	if (room == NULL)
		return capsa_fail_memory(err);
	sys = make(ctx, text, room, max, &out->size);
	if (sys != 0)
		return capsa_fail_sys(err, sys, CAPSA_NO_OFFSET, "cannot make a key");
	if (out->size > max)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "a key is too long");
	return CAPSA_OK;
}

static enum capsa_status url_key(const struct line_facts *facts, const struct capsa_keys *keys,
                                 struct article_keys *out, struct capsa_error *err)
{
	int64_t time = facts->has_captured ? facts->captured : facts->has_date ? facts->date : 0;
	struct capsa_text text;
	uint8_t when[8];
	enum capsa_status st = unescape(facts->url, out, &text, err);

	if (st == CAPSA_OK)
		st = call(keys->url, keys->ctx, text, CAPSA_URL_KEY_MAX, &out->url, err);
	if (st != CAPSA_OK || out->url.size == 0)
		return st;
	capsa_time_key(time, when);
	capsa_buffer_byte(&out->url, 0);
	capsa_buffer_append(&out->url, when, sizeof when);
	return out->url.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

enum capsa_status capsa_article_keys(const struct line_facts *facts, const struct capsa_keys *keys,
                                     struct article_keys *out, struct capsa_error *err)
{
	struct capsa_text text;
	uint8_t *room;
	enum capsa_status st = unescape(facts->path, out, &text, err);

	buffer_clear(&out->path);
	buffer_clear(&out->url);
	buffer_clear(&out->title);
	if (st != CAPSA_OK)
		return st;
	room = capsa_buffer_extend(&out->path, text.size);
	if (room == NULL)
		return capsa_fail_memory(err);
	capsa_path_key(span_text(text), room);
	if (keys != NULL && keys->url != NULL && facts->url.size != 0)
		st = url_key(facts, keys, out, err);
	if (st == CAPSA_OK && keys != NULL && keys->title != NULL && facts->title.size != 0) {
		st = unescape(facts->title, out, &text, err);
		if (st == CAPSA_OK)
			st = call(keys->title, keys->ctx, text, CAPSA_TITLE_KEY_MAX, &out->title,
			          err);
	}
	out->has_date = facts->has_date || facts->has_captured;
	capsa_time_key(facts->has_date ? facts->date : facts->captured, out->date);
	return st;
}

void capsa_article_keys_release(struct article_keys *keys)
{
	capsa_buffer_release(&keys->path);
	capsa_buffer_release(&keys->url);
	capsa_buffer_release(&keys->title);
	capsa_buffer_release(&keys->text);
}
