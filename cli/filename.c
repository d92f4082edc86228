/*
 * Article paths as file names.
 *
 * A file system may take names for equal that differ in case or normalisation, so no two names
 * given out are equal after NFC and case folding, and none is a directory of another then.  `taken`
 * holds 64-bit hashes of folded names, those of directories with a slash at their end.  Two names
 * of equal hash (once in 10^19 pairs) cost no more than a needless variant, so the names themselves
 * are not kept.  The hash is keyed at random, lest a hostile archive choose paths that make the
 * table slow.
 */
#include "cli.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define COMPONENT_MAX 255
#define EXTENSION_MAX 16        /* a longer one is no extension */
#define VARIANTS 10000u         /* of so many equal names an attack is made, not an archive */
#define VARIANT_MAX 5           /* "~" and digits */

struct cli_names {
	const char *suffix;             /* borrowed; "" where there are no sidecars */

	uint64_t *taken;                /* open addressing, 0 is free; owned */
	size_t room;                    /* a power of two */
	size_t count;
	unsigned char key[crypto_shorthash_KEYBYTES];

	char parent[CLI_NAME_ROOM];     /* of the path named last, with its slash */
	size_t parent_size;
	char name[CLI_NAME_ROOM];       /* of the same; begins with the parent's name */
	size_t name_parent;             /* bytes of that */
};

/* ---- the set of names taken ---- */

static uint64_t hash_of(const struct cli_names *names, const char *folded, size_t size)
{
	unsigned char bytes[crypto_shorthash_BYTES];
	uint64_t hash;

	crypto_shorthash(bytes, (const unsigned char *)folded, size, names->key);
	memcpy(&hash, bytes, sizeof hash);
	return hash != 0 ? hash : 1;
}

/* Where `hash` is, or the free place where it belongs. */
static uint64_t *place_of(uint64_t *taken, size_t room, uint64_t hash)
{
	size_t i = hash & (room - 1);

	while (taken[i] != 0 && taken[i] != hash)
		i = (i + 1) & (room - 1);
	return &taken[i];
}

static bool is_taken(const struct cli_names *names, uint64_t hash)
{
	return *place_of(names->taken, names->room, hash) != 0;
}

static bool grow(struct cli_names *names)
{
	size_t room = names->room * 2;
	uint64_t *taken = calloc(room, sizeof *taken);

	if (taken == NULL)
		return false;
	for (size_t i = 0; i < names->room; i++)
		if (names->taken[i] != 0)
			*place_of(taken, room, names->taken[i]) = names->taken[i];
	free(names->taken);
	names->taken = taken;
	names->room = room;
	return true;
}

static bool take(struct cli_names *names, uint64_t hash)
{
	uint64_t *place;

	if (names->count >= names->room / 4 * 3 && !grow(names))
		return false;
	place = place_of(names->taken, names->room, hash);
	names->count += *place == 0 ? 1 : 0;
	*place = hash;
	return true;
}

/* The hashes of a name, folded, as a file and as a directory.  It ends with a slash. */
static bool hash_name(const struct cli_names *names, const char *name, size_t size, uint64_t *file,
                      uint64_t *directory)
{
	char *folded = cli_fold_path((struct capsa_text){name, size});
	size_t folded_size;

	if (folded == NULL)
		return false;
	folded_size = strlen(folded);
	*file = hash_of(names, folded, folded_size - 1);
	*directory = hash_of(names, folded, folded_size);
	free(folded);
	return true;
}

/* ---- names ---- */

static int out_of_memory(void)
{
	cli_error("out of memory");
	return CLI_FAILED;
}

static int too_many(struct capsa_text component)
{
	cli_error("too many names like %s", cli_quote_text(component));
	return CLI_FAILED;
}

/*
 * Write the component in its n-th variant: `~n` before the extension, so that programs still know
 * the type.  What stands before is cut, between characters, where the component would grow too
 * long.  Returns its size.
 */
static size_t write_variant(char *out, struct capsa_text component, unsigned n, size_t suffix_size)
{
	char mark[VARIANT_MAX + 8] = "";
	size_t mark_size = 0;
	size_t stem = component.size;
	size_t extension;
	size_t limit;

	for (size_t i = component.size; i-- > 1 && component.size - i <= EXTENSION_MAX;) {
		if (component.data[i] == '.') {
			stem = i;
			break;
		}
	}
	extension = component.size - stem;
	if (n > 1)
		mark_size = (size_t)snprintf(mark, sizeof mark, "~%u", n);
	limit = COMPONENT_MAX - extension - mark_size - suffix_size;
	if (stem > limit)
		stem = cli_utf8_prefix((struct capsa_text){component.data, limit});
	memcpy(out, component.data, stem);
	memcpy(out + stem, mark, mark_size);
	memcpy(out + stem + mark_size, component.data + component.size - extension, extension);
	return stem + mark_size + extension;
}

/* Append a directory and a slash to the name: itself, or a variant where a file has that name. */
static int name_directory(struct cli_names *names, size_t *size, struct capsa_text component)
{
	for (unsigned n = 1; n < VARIANTS; n++) {
		size_t end = *size + write_variant(names->name + *size, component, n, 0);
		uint64_t file;
		uint64_t directory;

		names->name[end++] = '/';
		if (!hash_name(names, names->name, end, &file, &directory))
			return out_of_memory();
		if (is_taken(names, file))
			continue;
		*size = end;
		return take(names, directory) ? CLI_DONE : out_of_memory();
	}
	return too_many(component);
}

/* The same for the last component, a file; its sidecar's name must be free, too. */
static int name_file(struct cli_names *names, size_t size, struct capsa_text component)
{
	size_t suffix = strlen(names->suffix);
	bool fits = component.size + suffix <= COMPONENT_MAX;

	for (unsigned n = fits ? 1 : 2; n < VARIANTS; n++) {
		size_t end = size + write_variant(names->name + size, component, n, suffix);
		uint64_t file = 0, directory = 0, sidecar = 0, sidecar_directory = 0;

		memcpy(names->name + end, names->suffix, suffix);
		names->name[end + suffix] = '/';
		if (suffix != 0 &&
		    !hash_name(names, names->name, end + suffix + 1, &sidecar, &sidecar_directory))
			return out_of_memory();
		names->name[end] = '/';
		if (!hash_name(names, names->name, end + 1, &file, &directory))
			return out_of_memory();
		names->name[end] = '\0';
		if (is_taken(names, file) || is_taken(names, directory))
			continue;
		if (suffix != 0 && (is_taken(names, sidecar) || is_taken(names, sidecar_directory)))
			continue;
		if (!take(names, file) || (suffix != 0 && !take(names, sidecar)))
			return out_of_memory();
		return CLI_DONE;
	}
	return too_many(component);
}

/* Bytes of a path before its last component. */
static size_t parent_size(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? (size_t)(slash + 1 - path) : 0;
}

/* The name of a path's directory, its first `parent` bytes, to the beginning of names->name. */
static int name_parent(struct cli_names *names, const char *path, size_t parent)
{
	int status = CLI_DONE;

	if (names->parent_size == parent && memcmp(names->parent, path, parent) == 0)
		return CLI_DONE;
	names->parent_size = 0;
	names->name_parent = 0;
	for (size_t at = 0; status == CLI_DONE && at < parent;) {
		struct capsa_text component = {path + at, strcspn(path + at, "/")};

		status = name_directory(names, &names->name_parent, component);
		at += component.size + 1;
	}
	if (status != CLI_DONE) {
		names->name_parent = 0;
		return status;
	}
	memcpy(names->parent, path, parent);
	names->parent_size = parent;
	return CLI_DONE;
}

struct cli_names *cli_names_new(const char *suffix)
{
	struct cli_names *names = calloc(1, sizeof *names);

	if (names != NULL) {
		names->suffix = suffix;
		names->room = 1024;
		names->taken = calloc(names->room, sizeof *names->taken);
	}
	if (names == NULL || names->taken == NULL)
		out_of_memory();
	else if (getrandom(names->key, sizeof names->key, 0) != (ssize_t)sizeof names->key)
		cli_error("no random numbers: %s", strerror(errno));
	else
		return names;
	cli_names_free(names);
	return NULL;
}

void cli_names_free(struct cli_names *names)
{
	if (names == NULL)
		return;
	free(names->taken);
	free(names);
}

int cli_names_give(struct cli_names *names, const char *path, const char **name)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	size_t parent = parent_size(path);
	int status;

	if (capsa_path_check(path, strlen(path), &err) != CAPSA_OK) {
		cli_error("%s is not extracted: %s", cli_quote(path), cli_quote(err.text));
		return CLI_DAMAGED;
	}
	status = name_parent(names, path, parent);
	if (status == CLI_DONE)
		status = name_file(names, names->name_parent,
		                   (struct capsa_text){path + parent, strlen(path + parent)});
	*name = names->name;
	return status;
}
