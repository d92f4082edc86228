/*
 * What a WACZ file says of itself: the package, its digest, and lines of pages, each behind a zero
 * byte; what is taken of it can be written as metadata.
 */
#include "wacz_package.h"
#include "wacz_pages.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct capsa_text next_part(struct capsa_text *rest)
{
	const char *end = rest->size != 0 ? memchr(rest->data, '\0', rest->size) : NULL;
	size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;
	struct capsa_text part = {rest->data, size};

	size += end != NULL;
	*rest = (struct capsa_text){rest->data + size, rest->size - size};
	return part;
}

static void check_metadata(struct capsa_metadata *metadata)
{
	struct capsa_metadata *again = NULL;
	struct capsa_text line;

	if (capsa_metadata_line(metadata, &line, NULL) != CAPSA_OK ||
	    capsa_metadata_parse(&again, line, NULL) != CAPSA_OK)
		abort();
	capsa_metadata_free(again);
}

static void check_package(struct capsa_text json, struct capsa_text digest)
{
	struct wacz_package package = {0};
	struct capsa_error err = {0};

	if (wacz_package_read(&package, json, &err)) {
		for (size_t i = 0; i < package.count; i++)
			if (wacz_package_find(&package, package.resources[i].path) !=
			    &package.resources[i])
				abort();
		wacz_package_seal(&package, digest, json, &err);
		if (!wacz_package_finish(&package, &err))
			abort();
		check_metadata(package.about);
	} else if (err.text[0] == '\0') {
		abort();
	}
	wacz_package_release(&package);
}

static void check_pages(struct capsa_text rest)
{
	struct wacz_pages pages = {0};
	struct capsa_metadata *metadata = capsa_metadata_new();
	struct capsa_error err = {0};

	wacz_pages_begin(&pages, NULL);
	while (rest.size != 0)
		wacz_pages_add(&pages, next_part(&rest), &err);
	wacz_pages_finish(&pages);
	if (metadata == NULL ||
	    capsa_metadata_set(metadata, "url", "http://h/", 9, NULL) != CAPSA_OK ||
	    capsa_metadata_set(metadata, "captured", "2024-05-03T10:11:12Z", 20, NULL) !=
	        CAPSA_OK ||
	    !wacz_pages_describe(&pages, metadata))
		abort();
	check_metadata(metadata);
	capsa_metadata_free(metadata);
	wacz_pages_release(&pages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capsa_text rest = {(const char *)data, size};
	struct capsa_text package, digest;

	if (size > (64U << 10))
		return 0;
	package = next_part(&rest);
	digest = next_part(&rest);
	check_package(package, digest);
	check_pages(rest);
	return 0;
}
