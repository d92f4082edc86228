/*
 * Articles as a BagIt bag (RFC 8493): their bodies are the payload, named as extract names files.
 *
 * The metadata are a tag file, metadata/articles.jsonl: so the payload is what was packed and
 * nothing else, and the tag manifest covers them.  The bag is made under a temporary name beside
 * its own.
 */
#include "export.h"

#include "base.h"
#include "digest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIDECAR ".capsa.json"
#define LINE_MAX_SIZE 79 /* of bag-info.txt, by RFC 8493 2.2.2 */

/* A tag file that is being written, with what the tag manifest says of it. */
struct tag_file {
	const char *name;
	FILE *file;                     /* owned */
	struct sha256_state sha256;
};

struct bag_exporter {
	struct exporter base;           /* first, so that one pointer is both */
	struct cli_archive *archive;
	bool metadata;
	char *directory;                /* owned: its name in the end */
	char *temporary;                /* owned: until then; NULL: there is none any more */
	struct cli_names *names;        /* owned */
	struct cli_tree *tree;          /* owned: data/ */
	struct tag_file manifest, articles, renamed;
	uint64_t files, bytes;          /* of the payload */
};

static bool out_of_memory(void)
{
	cli_error("out of memory");
	return false;
}

static bool report(const struct bag_exporter *bag, int sys)
{
	cli_error("cannot write %s: %s", cli_quote(bag->directory), strerror(sys));
	return false;
}

/* ---- tag files ---- */

static bool open_tag(const struct bag_exporter *bag, struct tag_file *tag, const char *name)
{
	char *path;

	tag->name = name;
	capsa_sha256_init(&tag->sha256);
	if (asprintf(&path, "%s/%s", bag->temporary, name) < 0)
		return out_of_memory();
	tag->file = fopen(path, "wxe");
	free(path);
	return tag->file != NULL || report(bag, errno);
}

/* What fails shows when the file is closed. */
static void put_tag(struct tag_file *tag, const char *data, size_t size)
{
	capsa_sha256_update(&tag->sha256, span_of(data, size));
	fwrite(data, 1, size, tag->file);
}

static void put_tag_text(struct tag_file *tag, const char *text)
{
	put_tag(tag, text, strlen(text));
}

/*
 * A line of a manifest.  Of what RFC 8493 wants encoded, and nothing else, paths have the percent
 * sign, but no line ends.
 */
static void put_entry(struct tag_file *manifest, struct sha256_state *sha256, const char *directory,
                      const char *name)
{
	char hex[65];
	uint8_t digest[32];

	capsa_sha256_final(sha256, digest);
	capsa_hex(digest, sizeof digest, hex);
	put_tag_text(manifest, hex);
	put_tag_text(manifest, "  ");
	put_tag_text(manifest, directory);
	for (; *name != '\0'; name++) {
		if (*name == '%')
			put_tag_text(manifest, "%25");
		else
			put_tag(manifest, name, 1);
	}
	put_tag_text(manifest, "\n");
}

/* Close a tag file, and enter it into the tag manifest, unless it is that. */
static bool close_tag(const struct bag_exporter *bag, struct tag_file *tag,
                      struct tag_file *manifest)
{
	FILE *file = tag->file;
	bool good = ferror(file) == 0;

	tag->file = NULL;
	errno = EIO;
	good = fclose(file) == 0 && good;
	if (!good)
		return report(bag, errno);
	if (manifest != NULL)
		put_entry(manifest, &tag->sha256, "", tag->name);
	return true;
}

/*
 * An element of bag-info.txt, folded between words.  No text of a statement has control characters.
 */
static void put_element(struct tag_file *tag, const char *label, struct capsa_text value)
{
	size_t column = strlen(label) + 2;

	if (value.size == 0)
		return;
	put_tag_text(tag, label);
	put_tag_text(tag, ": ");
	for (size_t at = 0; at < value.size;) {
		size_t word = 1;

		while (at + word < value.size && value.data[at + word] != ' ')
			word++;
		/* The line break and the space behind it read as the space between two words. */
		if (at != 0 && column + word > LINE_MAX_SIZE) {
			put_tag_text(tag, "\n");
			column = 0;
		}
		put_tag(tag, value.data + at, word);
		column += word;
		at += word;
	}
	put_tag_text(tag, "\n");
}

static bool put_bag_info(const struct bag_exporter *bag, struct tag_file *manifest)
{
	const struct capsa_statement *statement = capsa_reader_statement(bag->archive->reader);
	char text[96], hex[65], created[CAPSA_TIME_TEXT];
	struct tag_file tag = {0};

	if (!open_tag(bag, &tag, "bag-info.txt"))
		return false;
	capsa_time_text(statement->created, created);
	capsa_hex(statement->identity, sizeof statement->identity, hex);
	put_element(&tag, "Title", statement->title);
	put_element(&tag, "External-Description", statement->description);
	put_element(&tag, "Bagging-Date", (struct capsa_text){created, 10});
	snprintf(text, sizeof text, "blake2b-256:%s", hex);
	put_element(&tag, "External-Identifier", (struct capsa_text){text, strlen(text)});
	snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, bag->bytes, bag->files);
	put_element(&tag, "Payload-Oxum", (struct capsa_text){text, strlen(text)});
	if (statement->has_series) {
		capsa_hex(statement->series, sizeof statement->series, hex);
		put_element(&tag, "Bag-Group-Identifier", (struct capsa_text){hex, strlen(hex)});
	}
	snprintf(text, sizeof text, "capsa %s", capsa_version());
	put_element(&tag, "Bag-Software-Agent", (struct capsa_text){text, strlen(text)});
	return close_tag(bag, &tag, manifest);
}

static bool put_declaration(const struct bag_exporter *bag, struct tag_file *manifest)
{
	struct tag_file tag = {0};

	if (!open_tag(bag, &tag, "bagit.txt"))
		return false;
	put_tag_text(&tag, "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
	return close_tag(bag, &tag, manifest);
}

/* ---- payload ---- */

/* The payload file that is being written. */
struct payload {
	struct bag_exporter *bag;
	const char *name;
	int64_t mtime;
	struct sha256_state sha256;
};

static bool begin_payload(struct payload *payload)
{
	capsa_sha256_init(&payload->sha256);
	return cli_tree_begin(payload->bag->tree, payload->name) == CLI_DONE;
}

static bool put_payload(struct payload *payload, const char *data, size_t size)
{
	capsa_sha256_update(&payload->sha256, span_of(data, size));
	payload->bag->bytes += size;
	return cli_tree_write(payload->bag->tree, data, size) == CLI_DONE;
}

static bool end_payload(struct payload *payload, bool good)
{
	struct bag_exporter *bag = payload->bag;

	if (cli_tree_end(bag->tree, payload->mtime, good) != CLI_DONE || !good)
		return false;
	put_entry(&bag->manifest, &payload->sha256, "data/", payload->name);
	bag->files++;
	return true;
}

static bool put_body(struct payload *payload, struct export_article *article)
{
	bool good = begin_payload(payload);

	if (!good)
		return false;
	for (uint64_t offset = 0; good && offset < article->size;) {
		struct capsa_text piece;

		good = export_article_piece(article, offset, &piece) &&
		       put_payload(payload, piece.data, piece.size);
		offset += good ? piece.size : 0;
	}
	return end_payload(payload, good);
}

static bool put_sidecar(struct payload *payload, const struct export_article *article)
{
	char name[CLI_NAME_ROOM + sizeof SIDECAR];
	struct payload sidecar = {.bag = payload->bag, .name = name, .mtime = payload->mtime};

	snprintf(name, sizeof name, "%s" SIDECAR, payload->name);
	return begin_payload(&sidecar) &&
	       end_payload(&sidecar,
	                   put_payload(&sidecar, article->line.data, article->line.size) &&
	                       put_payload(&sidecar, "\n", 1));
}

/* Which file an article is in, where its path does not say it. */
static bool note_renamed(struct bag_exporter *bag, const char *path, const char *name)
{
	if (bag->renamed.file == NULL && !open_tag(bag, &bag->renamed, "metadata/renamed.tsv"))
		return false;
	put_tag_text(&bag->renamed, path);
	put_tag_text(&bag->renamed, "\tdata/");
	put_tag_text(&bag->renamed, name);
	put_tag_text(&bag->renamed, "\n");
	return true;
}

static enum export_result bag_write(struct exporter *exporter, struct export_article *article)
{
	struct bag_exporter *bag = (struct bag_exporter *)exporter;
	struct payload payload = {.bag = bag};

	article->status = cli_names_give(bag->names, article->path, &payload.name);
	if (article->status != CLI_DONE)
		return article->status == CLI_DAMAGED ? EXPORT_LEFT_OUT : EXPORT_STOPPED;
	if (!cli_line_date(article->line, "modified", &payload.mtime))
		payload.mtime = CLI_NO_TIME;
	if (strcmp(payload.name, article->path) != 0 &&
	    !note_renamed(bag, article->path, payload.name))
		return EXPORT_STOPPED;
	put_tag(&bag->articles, article->line.data, article->line.size);
	put_tag_text(&bag->articles, "\n");
	if (!put_body(&payload, article) || (bag->metadata && !put_sidecar(&payload, article)))
		return EXPORT_STOPPED;
	return EXPORT_DONE;
}

/* ---- the whole ---- */

/* Everything durable, then the name. */
static bool publish(struct bag_exporter *bag)
{
	char *parent = cli_directory_of(bag->directory);
	int above = parent != NULL ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	int failed = 0;

	free(parent);
	if (above < 0 || syncfs(above) != 0)
		failed = errno;
	if (failed == 0 &&
	    renameat2(AT_FDCWD, bag->temporary, AT_FDCWD, bag->directory, RENAME_NOREPLACE) != 0)
		failed = errno;
	/* Some file systems know no such renaming; what rename replaces is an empty directory. */
	if (failed == EINVAL)
		failed = rename(bag->temporary, bag->directory) == 0 ? 0 : errno;
	if (failed == 0) {
		free(bag->temporary);
		bag->temporary = NULL;
		if (fsync(above) != 0 && errno != EINVAL)
			failed = errno;
	}
	if (above >= 0)
		close(above);
	return failed == 0 || report(bag, failed);
}

static bool bag_finish(struct exporter *exporter)
{
	struct bag_exporter *bag = (struct bag_exporter *)exporter;
	struct tag_file manifest = {0};
	bool good = open_tag(bag, &manifest, "tagmanifest-sha256.txt");

	if (good)
		good = put_declaration(bag, &manifest) && put_bag_info(bag, &manifest) &&
		       close_tag(bag, &bag->manifest, &manifest) &&
		       close_tag(bag, &bag->articles, &manifest) &&
		       (bag->renamed.file == NULL || close_tag(bag, &bag->renamed, &manifest)) &&
		       close_tag(bag, &manifest, NULL) && publish(bag);
	if (manifest.file != NULL)
		fclose(manifest.file);
	return good;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
	(void)info;
	(void)kind;
	(void)at;
	return remove(path);
}

static void bag_free(struct exporter *exporter)
{
	struct bag_exporter *bag = (struct bag_exporter *)exporter;
	struct tag_file *tags[] = {&bag->manifest, &bag->articles, &bag->renamed};

	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (tags[i]->file != NULL)
			fclose(tags[i]->file);
	cli_tree_close(bag->tree);
	cli_names_free(bag->names);
	/* Which takes its time, and a second signal would end it half-way. */
	if (bag->temporary != NULL && cli_signal != 0)
		cli_note("%s: interrupted, removing what was written", cli_quote(bag->directory));
	if (bag->temporary != NULL)
		nftw(bag->temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(bag->temporary);
	free(bag->directory);
	free(bag);
}

/* An empty directory beside the bag, of the mode that directories usually get. */
static bool make_temporary(struct bag_exporter *bag)
{
	char *parent = cli_directory_of(bag->directory), *name = NULL;
	mode_t mask = umask(0);

	umask(mask);
	if (parent == NULL || asprintf(&name, "%s/.capsa-XXXXXX", parent) < 0)
		name = NULL;
	free(parent);
	if (name == NULL)
		return out_of_memory();
	if (mkdtemp(name) == NULL) {
		free(name);
		return report(bag, errno);
	}
	bag->temporary = name;
	return chmod(name, 0777 & ~mask) == 0 || report(bag, errno);
}

static bool begin(struct bag_exporter *bag)
{
	char *data = NULL, *metadata = NULL;
	bool good = make_temporary(bag);

	if (good && (asprintf(&data, "%s/data", bag->temporary) < 0 ||
	             asprintf(&metadata, "%s/metadata", bag->temporary) < 0))
		good = out_of_memory();
	if (good && mkdir(metadata, 0777) != 0)
		good = report(bag, errno);
	if (good) {
		bag->names = cli_names_new(bag->metadata ? SIDECAR : "");
		bag->tree = cli_tree_open(data, false);
		good = bag->names != NULL && bag->tree != NULL &&
		       open_tag(bag, &bag->manifest, "manifest-sha256.txt") &&
		       open_tag(bag, &bag->articles, "metadata/articles.jsonl");
	}
	free(data);
	free(metadata);
	return good;
}

/* Without slashes at its end; the caller frees it.  Reports errors, NULL then. */
static char *check_directory(const char *directory)
{
	size_t size = strlen(directory);
	struct stat info;
	char *copy;

	while (size > 1 && directory[size - 1] == '/')
		size--;
	copy = strndup(directory, size);
	if (copy == NULL)
		out_of_memory();
	else if (lstat(copy, &info) == 0)
		cli_error("%s exists already; a bag wants a directory of its own", cli_quote(copy));
	else
		return copy;
	free(copy);
	return NULL;
}

struct exporter *export_bag(const struct export_options *options, struct cli_archive *archive,
                            const char *directory)
{
	struct bag_exporter *bag = calloc(1, sizeof *bag);

	if (bag == NULL) {
		out_of_memory();
		return NULL;
	}
	bag->base = (struct exporter){.write = bag_write, .finish = bag_finish, .free = bag_free};
	bag->archive = archive;
	bag->metadata = options->metadata;
	bag->directory = check_directory(directory);
	if (bag->directory != NULL && begin(bag))
		return &bag->base;
	bag_free(&bag->base);
	return NULL;
}
