/*
 * Articles from WACZ files: the captures of the WARC files in a zip file, with what its pages and
 * its package say of them.
 */
#include "container_read.h"
#include "import.h"
#include "wacz_package.h"
#include "wacz_pages.h"
#include "warc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKAGE_MAX (64U << 20) /* bytes of datapackage.json */
#define MEMBERS_LOOKED_AT 10000 /* to tell what a zip file is */

/* A WARC file in the zip file. */
struct warc {
	struct import_stream_opener base; /* first, so that one pointer is both */
	struct wacz_importer *in;
	size_t number; /* of the WARC files there, in their order, from 0 */
	char *member; /* owned: its name there */
};

struct member_stream {
	struct import_stream base; /* first, so that one pointer is both */
	const struct warc *warc;
	struct container *container; /* owned */
};

struct wacz_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	const char *name; /* borrowed: the file's */
	int fd;
	struct capsa_source source;
	char *package_json; /* owned, as it stands there; NULL: none */
	char *digest_json;
	size_t package_size, digest_size;
	struct wacz_package package;
	struct wacz_pages pages;
	struct warc **warcs; /* owned, and what they point at */
	size_t warc_count, warc_capacity;
	struct path_set warc_names;
	/* Left at the WARC file before number `next`, so that not each is looked for from the beginning. */
	struct container *parked; /* owned; NULL: there is none */
	size_t next;
	struct importer *inner; /* owned: of the WARC files */
};

static void complain(struct wacz_importer *in, const char *member, const char *why)
{
	char *origin = NULL;

	if (member == NULL || asprintf(&origin, "%s: %s", in->name, member) < 0)
		origin = NULL;
	import_complain(in->options->complaints, origin != NULL ? origin : in->name, 0, "%s",
	                cli_quote(why));
	free(origin);
}

/* ---- WARC files as streams ---- */

static ssize_t member_read(struct import_stream *stream, void *room, size_t size,
                           struct capsa_error *err)
{
	return container_read(((struct member_stream *)stream)->container, room, size, err);
}

static void member_close(struct import_stream *stream)
{
	struct member_stream *member = (struct member_stream *)stream;
	struct wacz_importer *in = member->warc->in;

	container_close(in->parked);
	in->parked = member->container;
	in->next = member->warc->number + 1;
	free(member);
}

/* A container that has this WARC file before it; the caller owns it.  NULL: *err. */
static struct container *take_parked(struct wacz_importer *in, const struct warc *warc,
                                     struct capsa_error *err)
{
	struct container *container = in->parked;

	in->parked = NULL;
	if (container != NULL && in->next <= warc->number)
		return container;
	container_close(container);
	return container_open(&in->source, CONTAINER_ZIP, err);
}

static bool go_to(struct container *container, const char *name, struct capsa_error *err)
{
	struct container_member member;
	int got;

	/* Members that cannot be read were complained of when all were looked at. */
	while ((got = container_next(container, &member, err)) != 0) {
		if (got > 0 && strcmp(member.name, name) == 0)
			return true;
		if (got < 0 && err->sys != 0)
			return false;
	}
	snprintf(err->text, sizeof err->text, "is not there any more");
	return false;
}

static struct import_stream *member_open(const struct import_stream_opener *opener,
                                         struct capsa_error *err)
{
	const struct warc *warc = (const struct warc *)opener;
	struct member_stream *stream = calloc(1, sizeof *stream);

	if (stream == NULL) {
		snprintf(err->text, sizeof err->text, "out of memory");
		return NULL;
	}
	*stream = (struct member_stream){{member_read, member_close}, warc, NULL};
	stream->container = take_parked(warc->in, warc, err);
	if (stream->container != NULL && go_to(stream->container, warc->member, err))
		return &stream->base;
	container_close(stream->container);
	free(stream);
	return NULL;
}

static bool ends_with(const char *name, const char *end)
{
	size_t size = strlen(name), end_size = strlen(end);

	return size > end_size && strcmp(name + size - end_size, end) == 0;
}

static bool is_warc(const char *name)
{
	return strncmp(name, "archive/", 8) == 0 &&
	       (ends_with(name, ".warc") || ends_with(name, ".warc.gz") ||
	        ends_with(name, ".warc.zst"));
}

static bool add_warc(struct wacz_importer *in, const struct container_member *member)
{
	size_t capacity = in->warc_capacity * 2 + 16;
	struct warc *warc = calloc(1, sizeof *warc);
	char *name = NULL;

	if (in->warc_count == in->warc_capacity) {
		struct warc **warcs = reallocarray(in->warcs, capacity, sizeof(struct warc *));

		if (warcs == NULL) {
			free(warc);
			return false;
		}
		in->warcs = warcs;
		in->warc_capacity = capacity;
	}
	if (warc == NULL)
		return false;
	in->warcs[in->warc_count++] = warc;
	if (asprintf(&name, "%s: %s", in->name, member->name) < 0)
		name = NULL;
	warc->base = (struct import_stream_opener){member_open, name, member->size};
	warc->in = in;
	warc->number = in->warc_count - 1;
	warc->member = strdup(member->name);
	return name != NULL && warc->member != NULL;
}

/* ---- what is in the zip file ---- */

/* All bytes of a member; the caller frees them.  NULL: *err. */
static char *read_member(struct container *container, size_t *size, struct capsa_error *err)
{
	size_t capacity = 1U << 16;
	char *bytes = malloc(capacity), *more;
	ssize_t got = 1;

	for (*size = 0; bytes != NULL && got > 0; *size += got > 0 ? (size_t)got : 0) {
		if (*size == capacity) {
			capacity *= 2;
			more = capacity <= PACKAGE_MAX ? realloc(bytes, capacity) : NULL;
			if (more == NULL) {
				snprintf(err->text, sizeof err->text, "is too large");
				break;
			}
			bytes = more;
		}
		got = container_read(container, bytes + *size, capacity - *size, err);
	}
	if (bytes != NULL && got == 0)
		return bytes;
	if (bytes == NULL)
		snprintf(err->text, sizeof err->text, "out of memory");
	free(bytes);
	return NULL;
}

/* Take a package file, the first of its name. */
static bool take_package_file(struct wacz_importer *in, struct container *container,
                              const struct container_member *member)
{
	bool is_package = strcmp(member->name, "datapackage.json") == 0;
	char **bytes = is_package ? &in->package_json : &in->digest_json;
	size_t *size = is_package ? &in->package_size : &in->digest_size;
	struct capsa_error err;

	if (*bytes != NULL) {
		complain(in, member->name, "the path has come before in this container");
		return false;
	}
	*bytes = read_member(container, size, &err);
	if (*bytes == NULL)
		complain(in, member->name, err.text);
	return *bytes != NULL;
}

/* Do this for all members.  False: complained, or a signal came. */
static bool each_member(struct wacz_importer *in,
                        bool (*take)(struct wacz_importer *in, struct container *container,
                                     const struct container_member *member))
{
	struct capsa_error err = {0};
	struct container *container = container_open(&in->source, CONTAINER_ZIP, &err);
	struct container_member member;
	bool good = container != NULL;
	int got = good ? 1 : -1;

	if (container == NULL)
		complain(in, NULL, err.text);
	while (container != NULL && cli_signal == 0 &&
	       (got = container_next(container, &member, &err)) != 0) {
		if (got > 0 && member.encrypted) {
			complain(in, member.name, "is encrypted");
			good = false;
		} else if (got > 0) {
			good &= take(in, container, &member);
		} else if (cli_signal == 0) {
			complain(in, NULL, err.text);
			good = false;
		}
	}
	container_close(container);
	return good && cli_signal == 0;
}

/* The first time: what there is. */
static bool find_member(struct wacz_importer *in, struct container *container,
                        const struct container_member *member)
{
	if (strcmp(member->name, "datapackage.json") == 0 ||
	    strcmp(member->name, "datapackage-digest.json") == 0)
		return take_package_file(in, container, member);
	if (!is_warc(member->name))
		return true;
	if (import_paths_has(&in->warc_names, member->name, strlen(member->name))) {
		complain(in, member->name, "the path has come before in this container");
		return false;
	}
	import_paths_add(&in->warc_names, member->name, strlen(member->name));
	if (!in->warc_names.failed && add_warc(in, member))
		return true;
	cli_error("out of memory");
	return false;
}

/* ---- digests and pages ---- */

/* A member while its bytes go by. */
struct passing {
	struct wacz_importer *in;
	const char *name;
	struct import_hash *hash; /* NULL: nothing is said of it */
	uint64_t bytes;
	bool pages; /* it has lines about pages */
	struct json_text line; /* the beginning of one */
	uint64_t number; /* of the line */
	bool good;
};

static void take_line(struct passing *passing)
{
	struct capsa_text line = {passing->line.data, passing->line.size};
	struct capsa_error err;
	char *origin = NULL;

	passing->number++;
	passing->line.size = 0;
	if (line.size == 0 || (line.size == 1 && line.data[0] == '\r') ||
	    wacz_pages_add(&passing->in->pages, line, &err))
		return;
	passing->good = false;
	if (asprintf(&origin, "%s: %s", passing->in->name, passing->name) < 0)
		origin = NULL;
	import_complain(passing->in->options->complaints,
	                origin != NULL ? origin : passing->in->name, passing->number, "%s",
	                cli_quote(err.text));
	free(origin);
}

static void take_lines(struct passing *passing, struct capsa_text bytes)
{
	while (bytes.size != 0 && passing->pages) {
		const char *end = memchr(bytes.data, '\n', bytes.size);
		size_t size = end != NULL ? (size_t)(end - bytes.data) : bytes.size;

		import_json_append(&passing->line, bytes.data, size);
		if (passing->line.failed || passing->line.size > WACZ_PAGE_MAX) {
			complain(passing->in, passing->name, "has a line of more than 16 MiB");
			passing->pages = passing->good = false;
			return;
		}
		if (end != NULL)
			take_line(passing);
		size += end != NULL;
		bytes = (struct capsa_text){bytes.data + size, bytes.size - size};
	}
}

static bool compare(struct passing *passing, const struct wacz_resource *resource)
{
	struct import_digest is;

	if (resource->has_bytes && resource->bytes != passing->bytes) {
		complain(passing->in, passing->name, "has another size than datapackage.json says");
		return false;
	}
	if (passing->hash == NULL)
		return true;
	import_hash_end(passing->hash, &is);
	if (import_digest_equal(&is, &resource->digest))
		return true;
	complain(passing->in, passing->name, "has another digest than datapackage.json says");
	return false;
}

static bool read_passing(struct passing *passing, struct container *container)
{
	char piece[1U << 16];
	struct capsa_error err;
	ssize_t got;

	while ((got = container_read(container, piece, sizeof piece, &err)) > 0) {
		struct capsa_text bytes = {piece, (size_t)got};

		passing->bytes += bytes.size;
		if (passing->hash != NULL)
			import_hash_put(passing->hash, bytes);
		take_lines(passing, bytes);
	}
	if (got == 0 && passing->pages)
		take_line(passing);
	if (got < 0 && cli_signal == 0)
		complain(passing->in, passing->name, err.text);
	return got == 0 && passing->good;
}

/* The second time: is each member what the package says?  Pages are taken on the way. */
static bool check_member(struct wacz_importer *in, struct container *container,
                         const struct container_member *member)
{
	struct wacz_resource *resource = wacz_package_find(&in->package, member->name);
	struct passing passing = {.in = in, .name = member->name, .good = true};
	char *name;
	bool good;

	passing.pages =
	    strncmp(member->name, "pages/", 6) == 0 && ends_with(member->name, ".jsonl");
	if (resource == NULL && !passing.pages)
		return true;
	name = strdup(member->name);
	passing.name = name;
	if (resource != NULL && resource->has_digest)
		passing.hash = import_hash_new(resource->digest.kind);
	if (name == NULL || (resource != NULL && resource->has_digest && passing.hash == NULL)) {
		cli_error("out of memory");
		good = false;
	} else {
		good = read_passing(&passing, container);
		if (good && resource != NULL)
			good = compare(&passing, resource);
		if (resource != NULL)
			resource->found = true;
	}
	import_hash_free(passing.hash);
	free(passing.line.data);
	free(name);
	return good;
}

static bool check_resources(struct wacz_importer *in)
{
	bool good = each_member(in, check_member);

	if (cli_signal != 0)
		return false;
	for (size_t i = 0; i < in->package.count; i++) {
		if (in->package.resources[i].found)
			continue;
		complain(in, in->package.resources[i].path,
		         "is named by datapackage.json, but not there");
		good = false;
	}
	for (size_t i = 0; i < in->warc_count; i++)
		if (wacz_package_find(&in->package, in->warcs[i]->member) == NULL)
			cli_warning("%s: is not in datapackage.json, which has no digest of it",
			            cli_quote(in->warcs[i]->base.name));
	wacz_pages_finish(&in->pages);
	return good;
}

static void say_signer(const struct wacz_importer *in)
{
	if (in->package.signer != NULL)
		cli_note("%s: signed by %s", cli_quote(in->name), cli_quote(in->package.signer));
	else
		cli_note("%s: its signature is good, but does not say whose it is",
		         cli_quote(in->name));
}

static bool read_package(struct wacz_importer *in)
{
	struct capsa_text json = {in->package_json, in->package_size};
	struct capsa_text digest = {in->digest_json, in->digest_size};
	struct capsa_error err;
	bool good, sealed = true;

	if (in->package_json == NULL) {
		complain(in, NULL, "has no datapackage.json, as a WACZ file must");
		return false;
	}
	good = wacz_package_read(&in->package, json, &err);
	if (good && in->digest_json != NULL) {
		sealed = wacz_package_seal(&in->package, digest, json, &err);
		if (!sealed)
			complain(in, NULL, err.text);
	}
	good = good && wacz_package_finish(&in->package, &err);
	if (!good)
		complain(in, NULL, err.text);
	if (good)
		in->base.about = in->package.about;
	if (in->package.is_signed)
		say_signer(in);
	return good && sealed;
}

/* ---- the importer ---- */

static int wacz_next(struct importer *importer, struct import_article *out)
{
	struct wacz_importer *in = (struct wacz_importer *)importer;
	int got = in->inner->next(in->inner, out);

	if (got <= 0 || wacz_pages_describe(&in->pages, out->metadata))
		return got;
	import_complain(in->options->complaints, out->origin, out->line,
	                "what pages.jsonl says of it cannot be taken");
	return -1;
}

static bool wacz_settle(struct importer *importer)
{
	struct wacz_importer *in = (struct wacz_importer *)importer;

	return in->inner->settle(in->inner);
}

static void wacz_rewind(struct importer *importer)
{
	struct wacz_importer *in = (struct wacz_importer *)importer;

	in->inner->rewind(in->inner);
}

static void wacz_close(struct importer *importer)
{
	struct wacz_importer *in = (struct wacz_importer *)importer;

	if (in == NULL)
		return;
	if (in->inner != NULL)
		in->inner->close(in->inner);
	for (size_t i = 0; i < in->warc_count; i++) {
		free(in->warcs[i]->member);
		free((char *)(uintptr_t)in->warcs[i]->base.name);
		free(in->warcs[i]);
	}
	free(in->warcs);
	import_paths_release(&in->warc_names);
	container_close(in->parked);
	wacz_package_release(&in->package);
	wacz_pages_release(&in->pages);
	free(in->package_json);
	free(in->digest_json);
	if (in->fd >= 0)
		close(in->fd);
	free(in);
}

static bool open_source(struct wacz_importer *in)
{
	struct capsa_error err = {0};

	in->fd = open(in->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (in->fd >= 0 && capsa_source_file(&in->source, in->fd, &err) == CAPSA_OK)
		return true;
	if (in->fd < 0)
		snprintf(err.text, sizeof err.text, "cannot be read: %s", strerror(errno));
	complain(in, NULL, err.text);
	return false;
}

/*
 * What is wrong with the package is said; where that is no obstacle, its WARC files are good for
 * who wants to go on.
 */
static bool prepare(struct wacz_importer *in)
{
	bool keep_going = in->options->complaints->keep_going;
	bool good = each_member(in, find_member);

	if (cli_signal != 0 || (!good && !keep_going))
		return false;
	if (in->warc_count == 0) {
		complain(in, NULL, "has no WARC files below archive/");
		return false;
	}
	wacz_pages_begin(&in->pages, in->options->temporary_directory);
	good = read_package(in);
	if (!good && !keep_going)
		return false;
	return check_resources(in) || (keep_going && cli_signal == 0);
}

static struct importer *import_wacz(const struct import_input *input,
                                    const struct import_options *options)
{
	struct wacz_importer *in = calloc(1, sizeof *in);

	if (in == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	in->base = (struct importer){
	    .next = wacz_next, .settle = wacz_settle, .rewind = wacz_rewind, .close = wacz_close};
	in->options = options;
	in->name = input->file;
	in->fd = -1;
	if (open_source(in) && prepare(in))
		in->inner = import_warc_streams(
		    (const struct import_stream_opener *const *)(const void *)in->warcs,
		    in->warc_count, options);
	if (in->inner == NULL) {
		wacz_close(&in->base);
		return NULL;
	}
	in->base.total_bytes = in->inner->total_bytes;
	return &in->base;
}

/* ---- is it a WACZ file? ---- */

static bool is_wacz(const char *file, struct capsa_text head, const struct import_options *options)
{
	struct wacz_importer in = {.name = file};
	struct container *container = NULL;
	struct container_member member;
	struct capsa_error err;
	bool package = false, warcs = ends_with(file, ".wacz");

	(void)options;
	if (head.size < 4 || memcmp(head.data, "PK\3\4", 4) != 0)
		return false;
	in.fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
	if (in.fd >= 0 && capsa_source_file(&in.source, in.fd, &err) == CAPSA_OK)
		container = container_open(&in.source, CONTAINER_ZIP, &err);
	for (unsigned i = 0; container != NULL && !(package && warcs) && i < MEMBERS_LOOKED_AT;
	     i++) {
		if (container_next(container, &member, &err) <= 0)
			break;
		package |= strcmp(member.name, "datapackage.json") == 0;
		warcs |= is_warc(member.name);
	}
	container_close(container);
	if (in.fd >= 0)
		close(in.fd);
	return package && warcs;
}

static const char *const names[] = {"wacz", NULL};

const struct import_kind import_kind_wacz = {.names = names, .is = is_wacz, .open = import_wacz};
