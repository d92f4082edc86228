/*
 * Names that no path can be (identifiers, addresses, names of files) as paths of articles (spec
 * 5.5).
 *
 * What a path must not have is written as "%XX", and where that happens "%" itself as "%25".  An
 * empty component becomes "%"; "." and ".." become "%2E" and "%2E%2E"; a component over 255 bytes
 * is cut, each part but the last ending in "%-".  So the name can be told from the path of a name
 * that was changed; whether it was, the caller must keep.
 */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

#define COMPONENT_MAX 255

static void put_escaped(struct json_text *out, unsigned char c)
{
	static const char digits[] = "0123456789ABCDEF";
	char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

	import_json_append(out, escape, sizeof escape);
}

/* Bytes of the code point at `at`, if it is valid and allowed in a path; else 0. */
static size_t allowed(const char *at, size_t left)
{
	if (*at == '.')
		return 1;       /* alone it is no path, but it may be part of one */
	for (size_t size = 1; size <= 4 && size <= left; size++)
		if (capsa_path_check(at, size, NULL) == CAPSA_OK)
			return size;
	return 0;
}

static bool is_dots(const char *name, size_t size)
{
	return (size == 1 && name[0] == '.') || (size == 2 && memcmp(name, "..", 2) == 0);
}

static void put_component(struct json_text *out, const char *name, size_t size, bool address)
{
	bool dots = is_dots(name, size);
	size_t begin = out->size;

	if (size == 0)
		import_json_append(out, "%", 1);
	for (size_t at = 0; at < size && !out->failed;) {
		size_t step;

		/* Room for an escape or a code point, and for "%-". */
		if (out->size - begin > COMPONENT_MAX - 6) {
			import_json_append(out, "%-/", 3);
			begin = out->size;
			dots = is_dots(name + at, size - at);
		}
		step = dots || (name[at] == '%' && !address) ? 0 : allowed(name + at, size - at);
		if (step == 0)
			put_escaped(out, (unsigned char)name[at]);
		else
			import_json_append(out, name + at, step);
		at += step != 0 ? step : 1;
	}
}

static char *map(const char *name, size_t size, bool address)
{
	struct json_text out = {0};

	for (size_t at = 0;;) {
		const char *slash = memchr(name + at, '/', size - at);
		size_t end = slash != NULL ? (size_t)(slash - name) : size;

		put_component(&out, name + at, end - at, address);
		if (slash == NULL)
			break;
		import_json_append(&out, "/", 1);
		at = end + 1;
	}
	import_json_append(&out, "", 1);
	if (out.failed) {
		free(out.data);
		return NULL;
	}
	return out.data;
}

char *import_path_of_name(const char *name, size_t size, bool *changed)
{
	*changed = capsa_path_check(name, size, NULL) != CAPSA_OK;
	return *changed ? map(name, size, false) : strndup(name, size);
}

char *import_path_of_url(const char *url, size_t size)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (unsigned i = 0; i < 2; i++) {
		size_t skip = strlen(schemes[i]);

		if (size > skip && strncasecmp(url, schemes[i], skip) == 0)
			return map(url + skip, size - skip, true);
	}
	return map(url, size, true);
}

bool import_path_plain(const char *given, char *out)
{
	size_t size = 0;

	while (*given != '\0') {
		size_t component = strcspn(given, "/");

		if (component == 2 && memcmp(given, "..", 2) == 0)
			return false;
		if (component != 0 && !(component == 1 && *given == '.')) {
			if (size != 0)
				out[size++] = '/';
			memcpy(out + size, given, component);
			size += component;
		}
		given += component + (given[component] == '/');
	}
	out[size] = '\0';
	return true;
}
