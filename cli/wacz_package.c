/*
 * WACZ 1.1.1 names a resource's digest "hash", with the kind before it; 1.0.0 has it in "stats", and
 * the kind in "hashing".
 */
#include "wacz_package.h"
#include "wacz_signature.h"

#include <stdlib.h>
#include <string.h>

#define MEMBER_MAX (16U << 10) /* a larger member says nothing about the archive */
#define ALL_MAX (40U << 10) /* of the 64 KiB that archive.json may have */

static bool fail(struct capsa_error *err, const char *what, const char *why)
{
	snprintf(err->text, sizeof err->text, "%s%.200s", what, why);
	return false;
}

/* One object; the caller frees it.  NULL: *err. */
static char *read_object(struct capsa_text json, const char *name, size_t *size,
                         struct capsa_error *err)
{
	struct foreign_error why;
	char *object = import_json(json, size, &why);

	if (object == NULL)
		snprintf(err->text, sizeof err->text, "%s: line %zu: %.180s", name, why.line,
		         why.text);
	return object;
}

static bool is_object(struct capsa_text value)
{
	return value.size != 0 && value.data[0] == '{';
}

/* A member that is text, unescaped; the caller frees it.  NULL: there is none. */
static char *text_of(struct capsa_text object, const char *name, struct capsa_text *text)
{
	struct member member;

	if (!import_field(object, NULL, name, &member) || member.value.data[0] != '"')
		return NULL;
	return import_field_text(member.value, text);
}

/* ---- resources ---- */

static bool reserve(struct wacz_package *package)
{
	size_t capacity = package->capacity * 2 + 16;
	struct wacz_resource *resources;

	if (package->count < package->capacity)
		return true;
	resources = reallocarray(package->resources, capacity, sizeof *resources);
	if (resources == NULL)
		return false;
	package->resources = resources;
	package->capacity = capacity;
	return true;
}

static bool take_bytes(struct capsa_text object, struct wacz_resource *resource)
{
	struct member member;

	if (!import_field(object, NULL, "bytes", &member))
		return true;
	resource->has_bytes = true;
	for (size_t i = 0; i < member.value.size; i++) {
		char c = member.value.data[i];

		if (c < '0' || c > '9')
			return false;
		resource->bytes = resource->bytes * 10 + (unsigned)(c - '0');
	}
	return true;
}

/* "sha256:..." or, beside `hashing`, digits alone. */
static bool take_hash(struct capsa_text hash, struct capsa_text hashing,
                      struct wacz_resource *resource)
{
	char text[256];
	bool known;
	int size = 0;

	if (memchr(hash.data, ':', hash.size) == NULL)
		size = snprintf(text, sizeof text,
		                "%.*s:", hashing.size < 16 ? (int)hashing.size : 0, hashing.data);
	if (hash.size >= sizeof text - (size_t)size)
		return false;
	memcpy(text + size, hash.data, hash.size);
	resource->has_digest = import_digest_parse(
	    (struct capsa_text){text, (size_t)size + hash.size}, &resource->digest, &known);
	return resource->has_digest;
}

static bool take_digest(struct capsa_text object, struct wacz_resource *resource)
{
	struct capsa_text hash, hashing = {"sha256", 6};
	char *kind = text_of(object, "hashing", &hashing), *text;
	struct member stats;
	bool good;

	if (kind == NULL)
		hashing = (struct capsa_text){"sha256", 6};
	if (import_field(object, NULL, "stats", &stats) && is_object(stats.value)) {
		text = text_of(stats.value, "hash", &hash);
		good = take_bytes(stats.value, resource);
	} else {
		text = text_of(object, "hash", &hash);
		good = take_bytes(object, resource);
	}
	good = good && (text == NULL || take_hash(hash, hashing, resource));
	free(text);
	free(kind);
	return good;
}

static bool take_resource(struct wacz_package *package, struct capsa_text object,
                          struct capsa_error *err)
{
	struct wacz_resource resource = {0};
	struct capsa_text path;

	if (!is_object(object))
		return fail(err, "datapackage.json: a resource is no object", "");
	resource.path = text_of(object, "path", &path);
	if (resource.path == NULL)
		return fail(err, "datapackage.json: a resource has no path", "");
	if (!take_digest(object, &resource)) {
		fail(err, "datapackage.json: no known size or digest is that of ", resource.path);
		free(resource.path);
		return false;
	}
	if (!reserve(package)) {
		free(resource.path);
		return fail(err, "out of memory", "");
	}
	package->resources[package->count++] = resource;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct wacz_resource *first = a, *second = b;

	return strcmp(first->path, second->path);
}

static bool take_resources(struct wacz_package *package, struct capsa_text object,
                           struct capsa_error *err)
{
	struct member resources;
	struct capsa_text rest, key, value;

	if (!import_field(object, NULL, "resources", &resources) || resources.value.data[0] != '[')
		return fail(err, "datapackage.json: there are no resources", "");
	rest = resources.value;
	while (capsa_line_next(&rest, &key, &value))
		if (!take_resource(package, value, err))
			return false;
	if (package->count != 0)
		qsort(package->resources, package->count, sizeof *package->resources, compare);
	for (size_t i = 1; i < package->count; i++)
		if (compare(&package->resources[i - 1], &package->resources[i]) == 0)
			return fail(err, "datapackage.json: has twice ",
			            package->resources[i].path);
	return true;
}

struct wacz_resource *wacz_package_find(const struct wacz_package *package, const char *path)
{
	size_t low = 0, high = package->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, package->resources[middle].path);

		if (order == 0)
			return &package->resources[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* ---- about the archive ---- */

/* The members of an object that have room in archive.json; the caller frees it. */
static char *small_members(struct capsa_text object, size_t *size)
{
	struct object small = {0};
	struct capsa_text rest = object, raw, value, name;
	size_t all = 0;
	char *json;

	while (capsa_line_next(&rest, &raw, &value)) {
		char *key;

		if (value.size > MEMBER_MAX || raw.size > MEMBER_MAX ||
		    all + raw.size + value.size > ALL_MAX)
			continue;
		all += raw.size + value.size;
		key = import_field_text(raw, &name);
		if (key == NULL)
			small.failed = true;
		else if (strcmp(key, "resources") != 0 && strcmp(key, "metadata") != 0 &&
		         strcmp(key, "profile") != 0)
			import_object_append(&small, name, value);
		free(key);
	}
	json = import_object_write(&small, size);
	import_object_release(&small);
	return json;
}

static bool take_fields(struct wacz_package *package, struct capsa_text object,
                        struct capsa_error *err)
{
	struct capsa_text small;
	char *json = small_members(object, &small.size);
	enum capsa_status status = CAPSA_ENOMEM;

	small.data = json;
	if (json != NULL)
		status = import_fields(package->about, &package->extra, small, err);
	free(json);
	return status == CAPSA_OK || fail(err, "datapackage.json: ", "its fields cannot be taken");
}

/* When the package was made is the date of what is in it. */
static bool take_date(struct wacz_package *package, struct capsa_text object)
{
	char date[IMPORT_DATE_SIZE];
	struct capsa_text created;
	char *text = text_of(object, "created", &created);
	bool whole, good = true;

	if (text != NULL && import_date(created, date, &whole) && whole &&
	    !capsa_metadata_has(package->about, "date"))
		good = capsa_metadata_set(package->about, "date", date, strlen(date), NULL) ==
		       CAPSA_OK;
	free(text);
	return good;
}

bool wacz_package_read(struct wacz_package *package, struct capsa_text json,
                       struct capsa_error *err)
{
	struct capsa_text object;
	struct member metadata;
	char *text = read_object(json, "datapackage.json", &object.size, err);
	bool good;

	if (text == NULL)
		return false;
	object.data = text;
	package->about = capsa_metadata_new();
	if (package->about == NULL) {
		good = fail(err, "out of memory", "");
	} else {
		good = take_resources(package, object, err) && take_fields(package, object, err) &&
		       (take_date(package, object) || fail(err, "out of memory", ""));
		/* WACZ 1.0.0 has title and description there. */
		if (good && import_field(object, NULL, "metadata", &metadata) &&
		    is_object(metadata.value))
			good = take_fields(package, metadata.value, err);
	}
	free(text);
	return good;
}

/* Is the digest in a member "hash" that of datapackage.json? */
static bool check_hash(struct capsa_text object, struct capsa_text json, struct capsa_error *err)
{
	struct import_digest said, is;
	struct import_hash *hash;
	struct capsa_text text;
	bool known, good;
	char *value = text_of(object, "hash", &text);

	good = value != NULL && import_digest_parse(text, &said, &known);
	free(value);
	if (!good)
		return fail(err, "datapackage-digest.json: there is no digest of a known kind", "");
	hash = import_hash_new(said.kind);
	if (hash == NULL)
		return fail(err, "out of memory", "");
	import_hash_put(hash, json);
	import_hash_end(hash, &is);
	import_hash_free(hash);
	return import_digest_equal(&said, &is) ||
	       fail(err, "datapackage.json is not what datapackage-digest.json says", "");
}

/* Is it good?  By whom, if so, goes to the package. */
static bool check_signature(struct wacz_package *package, struct capsa_text object,
                            struct capsa_error *err)
{
	struct capsa_text text;
	struct wacz_signature signature = {
	    .hash = text_of(object, "hash", &text),
	    .signature = text_of(object, "signature", &text),
	    .public_key = text_of(object, "publicKey", &text),
	    .domain = text_of(object, "domain", &text),
	    .certificates = text_of(object, "domainCert", &text),
	    .created = text_of(object, "created", &text),
	};
	bool good = wacz_signature_verify(&signature, err);

	if (good && signature.domain != NULL && signature.certificates != NULL) {
		package->signer = signature.domain;
		signature.domain = NULL;
	}
	free(signature.hash);
	free(signature.signature);
	free(signature.public_key);
	free(signature.domain);
	free(signature.certificates);
	free(signature.created);
	return good;
}

static void keep_signature(struct wacz_package *package, struct capsa_text object)
{
	struct capsa_text small;
	char *kept = small_members(object, &small.size);

	small.data = kept;
	if (kept == NULL)
		package->extra.failed = true;
	else
		import_object_add(&package->extra, (struct capsa_text){"signedData", 10}, small);
	free(kept);
}

bool wacz_package_seal(struct wacz_package *package, struct capsa_text digest,
                       struct capsa_text json, struct capsa_error *err)
{
	struct capsa_text object;
	struct member data;
	char *text = read_object(digest, "datapackage-digest.json", &object.size, err);
	bool good;

	if (text == NULL)
		return false;
	object.data = text;
	good = check_hash(object, json, err);
	if (good && import_field(object, NULL, "signedData", &data) && is_object(data.value)) {
		keep_signature(package, data.value);
		package->is_signed = check_hash(data.value, json, err) &&
		                     check_signature(package, data.value, err);
		good = package->is_signed;
	}
	free(text);
	return good;
}

bool wacz_package_finish(struct wacz_package *package, struct capsa_error *err)
{
	return import_extra(package->about, &package->extra, err) == CAPSA_OK ||
	       fail(err, "datapackage.json: ", "its fields cannot be taken");
}

void wacz_package_release(struct wacz_package *package)
{
	for (size_t i = 0; i < package->count; i++)
		free(package->resources[i].path);
	free(package->resources);
	free(package->signer);
	capsa_metadata_free(package->about);
	import_object_release(&package->extra);
	*package = (struct wacz_package){0};
}
