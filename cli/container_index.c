/* What a container has; the contracts are in container_index.h. */
#include "container_index.h"

#include "dir_walk.h"
#include "fields.h"

#include <stdlib.h>
#include <string.h>

#define LINK_BYTES_MAX (64U << 20)
#define LINKS_FOLLOWED_MAX 40 /* as Linux does */

static const char leads_out[] = "is a symbolic link that leads out of the container";

/* ---- adding ---- */

void container_index_add_file(struct container_index *index, const char *path)
{
	import_paths_add(&index->files, path, strlen(path));
	import_paths_add_above(&index->directories, path);
	index->failed |= index->files.failed || index->directories.failed;
}

void container_index_add_directory(struct container_index *index, const char *path)
{
	import_paths_add(&index->directories, path, strlen(path));
	import_paths_add_above(&index->directories, path);
	index->failed |= index->directories.failed;
}

/* Room for one more. */
static bool reserve(void **items, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity * 2 + 64;
	void *longer;

	if (count < *capacity)
		return true;
	longer = realloc(*items, more * size);
	if (longer == NULL)
		return false;
	*items = longer;
	*capacity = more;
	return true;
}

bool container_index_add_link(struct container_index *index, const char *path, const char *target,
                              bool hard)
{
	struct container_link link = {.hard = hard};
	void *links = index->links;
	size_t bytes = strlen(path) + strlen(target) + sizeof link;

	if (bytes > LINK_BYTES_MAX - index->link_bytes)
		return false;
	link.path = strdup(path);
	link.target = strdup(target);
	if (link.path == NULL || link.target == NULL ||
	    !reserve(&links, index->link_count, &index->link_capacity, sizeof link)) {
		free(link.path);
		free(link.target);
		index->failed = true;
		return true;
	}
	index->links = links;
	index->links[index->link_count++] = link;
	index->link_bytes += bytes;
	return true;
}

void container_index_add_sidecar(struct container_index *index, const char *path)
{
	void *sidecars = index->sidecars;

	if (index->files.failed || !reserve(&sidecars, index->sidecar_count,
	                                    &index->sidecar_capacity, sizeof *index->sidecars)) {
		index->failed = true;
		return;
	}
	index->sidecars = sidecars;
	index->sidecars[index->sidecar_count++] = (struct container_sidecar){
	    .digest = import_paths_digest(&index->files, path, strlen(path)),
	    .offset = index->held.size,
	};
}

bool container_index_put(struct container_index *index, struct capsa_text bytes,
                         struct capsa_error *err)
{
	if (index->failed)
		return true;
	index->sidecars[index->sidecar_count - 1].size += bytes.size;
	return import_hold_put(&index->held, bytes, err);
}

/* ---- links ---- */

/*
 * Where a symbolic link of this path leads, by the names alone; `out` has room for both and '/'.
 * False: out of the container.
 */
static bool join(const char *path, const char *target, char *out)
{
	const char *slash = strrchr(path, '/');
	size_t size = slash != NULL ? (size_t)(slash - path) : 0;

	if (target[0] == '/')
		return false;
	memcpy(out, path, size);
	while (*target != '\0') {
		size_t component = strcspn(target, "/");

		if (component == 2 && memcmp(target, "..", 2) == 0) {
			if (size == 0)
				return false;
			while (size != 0 && out[size - 1] != '/')
				size--;
			size -= size != 0;
		} else if (component != 0 && !(component == 1 && *target == '.')) {
			if (size != 0)
				out[size++] = '/';
			memcpy(out + size, target, component);
			size += component;
		}
		target += component + (target[component] == '/');
	}
	out[size] = '\0';
	return true;
}

/* Write the target as a path, in place of how it stands there. */
static void make_target(struct container_index *index, struct container_link *link)
{
	size_t size = strlen(link->path) + strlen(link->target) + 2;
	char *path = malloc(size);

	if (path == NULL) {
		index->failed = true;
		link->why = "out of memory";
	} else if (link->hard) {
		if (!import_path_plain(link->target, path))
			link->why = "is a link that leads out of the container";
	} else if (!join(link->path, link->target, path)) {
		link->why = leads_out;
	}
	if (link->why != NULL) {
		free(path);
		return;
	}
	free(link->target);
	link->target = path;
}

static int compare_by_path(const void *a, const void *b)
{
	const struct container_link *first = a, *second = b;

	return strcmp(first->path, second->path);
}

static int compare_by_file(const void *a, const void *b)
{
	const struct container_link *const *first = a, *const *second = b;
	int order = strcmp((*first)->file, (*second)->file);

	return order != 0 ? order : strcmp((*first)->path, (*second)->path);
}

const struct container_link *container_index_link(const struct container_index *index,
                                                  const char *path)
{
	size_t low = 0, high = index->link_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(path, index->links[middle].path);

		if (order == 0)
			return &index->links[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void follow(const struct container_index *index, struct container_link *link)
{
	const struct container_link *next = link;
	const char *file = link->target;

	for (unsigned i = 0; next != NULL; i++) {
		if (next->why != NULL || i == LINKS_FOLLOWED_MAX) {
			link->why = next->why != NULL ? next->why : "is a link in a circle";
			return;
		}
		file = next->target;
		next = container_index_link(index, file);
	}
	if (import_paths_has(&index->files, file, strlen(file)))
		link->file = file;
	else if (file[0] == '\0' || import_paths_has(&index->directories, file, strlen(file)))
		link->why = "is a symbolic link to a directory, which cannot be packed";
	else
		link->why = link->hard ? "is a link to a file that is not in the container"
		                       : "is a symbolic link that cannot be followed: there is "
		                         "no such file in the container";
}

static int compare_sidecars(const void *a, const void *b)
{
	const struct container_sidecar *first = a, *second = b;

	return memcmp(&first->digest, &second->digest, sizeof first->digest);
}

void container_index_finish(struct container_index *index)
{
	size_t count = index->link_count;

	if (index->sidecar_count != 0)
		qsort(index->sidecars, index->sidecar_count, sizeof *index->sidecars,
		      compare_sidecars);
	if (count == 0)
		return;
	index->by_file = calloc(count, sizeof(struct container_link *));
	if (index->by_file == NULL) {
		index->failed = true;
		return;
	}
	qsort(index->links, count, sizeof *index->links, compare_by_path);
	for (size_t i = 0; i < count; i++)
		make_target(index, &index->links[i]);
	for (size_t i = 0; i < count; i++) {
		if (index->links[i].why == NULL)
			follow(index, &index->links[i]);
		if (index->links[i].why == NULL)
			index->by_file[index->good_count++] = &index->links[i];
	}
	if (index->good_count != 0)
		qsort(index->by_file, index->good_count, sizeof(struct container_link *),
		      compare_by_file);
}

size_t container_index_links(const struct container_index *index, const char *file,
                             struct container_link *const **first)
{
	size_t low = 0, high = index->good_count, count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->by_file[middle]->file, file) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (high == index->good_count)
		return 0;
	*first = index->by_file + low;
	while (low + count < index->good_count &&
	       strcmp(index->by_file[low + count]->file, file) == 0)
		count++;
	return count;
}

bool container_index_is_empty_name(const struct container_index *index, const char *path)
{
	return import_paths_has(&index->empty, path, strlen(path)) &&
	       container_index_link(index, path) != NULL;
}

bool container_index_pass(struct container_index *index, const char *path, bool link)
{
	size_t size = strlen(path);
	bool known = !import_paths_has(&index->passed, path, size) &&
	             (!link || container_index_link(index, path) != NULL);

	import_paths_add(&index->passed, path, size);
	return known && !index->passed.failed;
}

/* ---- sidecars ---- */

bool container_index_is_sidecar(const struct container_index *index, const char *path)
{
	size_t size = strlen(path);
	bool is = false;

	/* X.capsa.json is one where X is a file, and no sidecar itself. */
	while (size > sizeof WALK_SIDECAR - 1 &&
	       memcmp(path + size - (sizeof WALK_SIDECAR - 1), WALK_SIDECAR,
	              sizeof WALK_SIDECAR - 1) == 0) {
		size -= sizeof WALK_SIDECAR - 1;
		if (path[size - 1] == '/' || !import_paths_has(&index->files, path, size))
			break;
		is = !is;
	}
	return is;
}

static const struct container_sidecar *find_sidecar(const struct container_index *index,
                                                    const char *path)
{
	size_t low = 0, high = index->sidecar_count;
	struct path_digest digest;

	if (index->sidecar_count == 0)
		return NULL;
	digest = import_paths_digest(&index->files, path, strlen(path));
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = memcmp(&digest, &index->sidecars[middle].digest, sizeof digest);

		if (order == 0)
			return &index->sidecars[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

char *container_index_sidecar(const struct container_index *index, const char *path, size_t *size,
                              struct capsa_error *err)
{
	const struct container_link *link = container_index_link(index, path);
	const struct container_sidecar *sidecar;
	struct capsa_source held;
	char *bytes;

	err->text[0] = '\0';
	if (link == NULL)
		sidecar = find_sidecar(index, path);
	else
		sidecar = link->file != NULL ? find_sidecar(index, link->file) : NULL;
	if (sidecar == NULL) {
		if (import_paths_has(&index->files, path, strlen(path)))
			snprintf(err->text, sizeof err->text, "%s",
			         link != NULL ? "is a link to what is no sidecar"
			                      : "cannot be read");
		return NULL;
	}
	held = import_held(&index->held);
	*size = sidecar->size;
	bytes = malloc(sidecar->size + 1);
	if (bytes != NULL && (sidecar->size == 0 ||
	                      held.read_at(held.ctx, sidecar->offset, bytes, sidecar->size) == 0))
		return bytes;
	snprintf(err->text, sizeof err->text, "%s",
	         bytes == NULL ? "out of memory" : "the temporary file cannot be read");
	free(bytes);
	return NULL;
}

void container_index_release(struct container_index *index)
{
	for (size_t i = 0; i < index->link_count; i++) {
		free(index->links[i].path);
		free(index->links[i].target);
	}
	free(index->links);
	free(index->by_file);
	free(index->sidecars);
	import_paths_release(&index->files);
	import_paths_release(&index->directories);
	import_paths_release(&index->empty);
	import_paths_release(&index->passed);
	import_hold_release(&index->held);
	*index = (struct container_index){0};
}
