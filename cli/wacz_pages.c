/* Pages are found by address and time, to the second; the contracts are in wacz_pages.h. */
#include "wacz_pages.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX (256U << 10) /* of the 1 MiB that all metadata of an article may have */
#define SECONDS 19 /* of 2022-01-18T04:54:32Z */

/* The key of a capture; the caller frees it.  NULL: out of memory. */
static char *key_of(struct capsa_text url, struct capsa_text time)
{
	char date[IMPORT_DATE_SIZE];
	bool whole;
	char *key;

	/* A time with fractions is that second's, as most WARC files have it. */
	if (import_date(time, date, &whole))
		time = (struct capsa_text){date, strlen(date)};
	if (time.size > SECONDS && time.data[time.size - 1] == 'Z')
		time.size = SECONDS;
	if (asprintf(&key, "%.*s\n%.*s", (int)time.size, time.data, (int)url.size, url.data) < 0)
		return NULL;
	return key;
}

/* Of an object with these two members; *key is NULL where it lacks one.  False: out of memory. */
static bool key_of_object(struct capsa_text object, const char *time_name, char **key)
{
	struct member url, time;
	struct capsa_text url_text, time_text;
	char *url_bytes, *time_bytes;

	*key = NULL;
	if (!import_field(object, NULL, "url", &url) ||
	    !import_field(object, NULL, time_name, &time) || url.value.size > WACZ_PAGE_MAX)
		return true;
	url_bytes = import_field_text(url.value, &url_text);
	time_bytes = import_field_text(time.value, &time_text);
	if (url_bytes != NULL && time_bytes != NULL)
		*key = key_of(url_text, time_text);
	free(url_bytes);
	free(time_bytes);
	return *key != NULL;
}

void wacz_pages_begin(struct wacz_pages *pages, const char *directory)
{
	import_hold_begin(&pages->held, directory);
}

static bool fail(struct capsa_error *err, const char *why)
{
	snprintf(err->text, sizeof err->text, "%.250s", why);
	return false;
}

static bool reserve(struct wacz_pages *pages)
{
	size_t capacity = pages->capacity * 2 + 64;
	struct wacz_page *more;

	if (pages->count < pages->capacity)
		return true;
	more = reallocarray(pages->pages, capacity, sizeof *more);
	if (more == NULL)
		return false;
	pages->pages = more;
	pages->capacity = capacity;
	return true;
}

static bool add_page(struct wacz_pages *pages, const char *key, struct capsa_text object,
                     struct capsa_error *err)
{
	size_t size = strlen(key);

	if (import_paths_has(&pages->keys, key, size))
		return true;
	import_paths_add(&pages->keys, key, size);
	if (pages->keys.failed || !reserve(pages))
		return fail(err, "out of memory");
	pages->pages[pages->count++] = (struct wacz_page){
	    import_paths_digest(&pages->keys, key, size), pages->held.size, object.size};
	return import_hold_put(&pages->held, object, err);
}

bool wacz_pages_add(struct wacz_pages *pages, struct capsa_text line, struct capsa_error *err)
{
	struct foreign_error why;
	struct capsa_text object;
	char *json = import_json(line, &object.size, &why), *key;
	bool good;

	if (json == NULL)
		return fail(err, why.text);
	object.data = json;
	good = key_of_object(object, "ts", &key) || fail(err, "out of memory");
	if (good && key != NULL)
		good = add_page(pages, key, object, err);
	free(key);
	free(json);
	return good;
}

static int compare(const void *a, const void *b)
{
	const struct wacz_page *first = a, *second = b;

	return memcmp(&first->digest, &second->digest, sizeof first->digest);
}

void wacz_pages_finish(struct wacz_pages *pages)
{
	if (pages->count != 0)
		qsort(pages->pages, pages->count, sizeof *pages->pages, compare);
}

/* Take title and text of a page. */
static bool take(struct capsa_metadata *metadata, struct capsa_text page)
{
	struct object extra = {0};
	struct member title, text;
	struct capsa_text words;
	bool good = true;

	/* A title or a text that has no room beside the rest is left out. */
	if (import_field(page, NULL, "title", &title) && title.value.size > 2 &&
	    title.value.data[0] == '"' && title.value.size <= TEXT_MAX &&
	    !capsa_metadata_has(metadata, "title")) {
		char *bytes = import_field_text(title.value, &words);

		good = bytes != NULL && capsa_metadata_set(metadata, "title", words.data,
		                                           words.size, NULL) != CAPSA_ENOMEM;
		free(bytes);
	}
	if (good && import_field(page, NULL, "text", &text) && text.value.size > 2 &&
	    text.value.data[0] == '"' && text.value.size <= TEXT_MAX) {
		good = import_extra_before(metadata, &extra, NULL) == CAPSA_OK;
		if (good)
			import_object_add(&extra, (struct capsa_text){"text", 4}, text.value);
		good = good && import_extra(metadata, &extra, NULL) != CAPSA_ENOMEM;
		import_object_release(&extra);
	}
	return good;
}

bool wacz_pages_describe(const struct wacz_pages *pages, struct capsa_metadata *metadata)
{
	const struct wacz_page *page = NULL;
	struct wacz_page wanted;
	struct capsa_source held = import_held(&pages->held);
	struct capsa_text line;
	char *key, *bytes;
	bool good;

	if (pages->count == 0)
		return true;
	if (capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    !key_of_object(line, "captured", &key))
		return false;
	if (key != NULL) {
		wanted.digest = import_paths_digest(&pages->keys, key, strlen(key));
		page = bsearch(&wanted, pages->pages, pages->count, sizeof wanted, compare);
	}
	free(key);
	if (page == NULL)
		return true;
	bytes = malloc(page->size);
	good = bytes != NULL && held.read_at(held.ctx, page->offset, bytes, page->size) == 0 &&
	       take(metadata, (struct capsa_text){bytes, page->size});
	free(bytes);
	return good;
}

void wacz_pages_release(struct wacz_pages *pages)
{
	import_paths_release(&pages->keys);
	import_hold_release(&pages->held);
	free(pages->pages);
	*pages = (struct wacz_pages){0};
}
