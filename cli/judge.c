/*
 * What the signatures of an archive are worth to somebody who trusts certain keys.
 */
#include "detached.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * When a signature says it was made: in the words of capsa's trusted comments (spec 10.1), or
 * of stock minisign's.
 */
static bool comment_time(const char *comment, int64_t *seconds)
{
	static const char *const heads[] = {"capsa: packed ", "capsa: witnessed full ",
	                                    "capsa: witnessed deep ",
	                                    "capsa: witnessed unverified "};
	long long stamp;

	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		size_t size = strlen(heads[i]);

		if (strncmp(comment, heads[i], size) == 0)
			return capsa_date_seconds(
			    (struct capsa_text){comment + size, strcspn(comment + size, " ")},
			    seconds);
	}
	if (sscanf(comment, "timestamp:%18lld", &stamp) != 1)
		return false;
	*seconds = stamp;
	return true;
}

/* A signature that does not say when it was made may be later than any date. */
static bool is_late(const struct cli_trusted_key *key, const struct capsa_signature *signature)
{
	int64_t seconds;

	return key->has_until &&
	       (!comment_time(signature->comment, &seconds) || seconds > key->until);
}

/* A key id is no identity: of all known keys that have it, one must verify the signature. */
static void weigh(const struct cli_trust *trust, struct capsa_text statement,
                  struct cli_signature *out)
{
	const struct capsa_signature *signature = &out->signature;

	out->weight = CLI_WEIGHT_NONE;
	for (size_t i = 0; i < trust->count; i++) {
		const struct cli_trusted_key *key = &trust->keys[i];
		enum cli_weight weight = CLI_WEIGHT_FAILED;

		if (memcmp(key->key.id, signature->key_id, sizeof signature->key_id) != 0)
			continue;
		if (capsa_signature_check(signature, statement, &key->key, NULL) == CAPSA_OK)
			weight = is_late(key, signature) ? CLI_WEIGHT_LATE : CLI_WEIGHT_TRUSTED;
		/* The best that one of these keys says. */
		if (out->by == NULL || out->weight == CLI_WEIGHT_FAILED ||
		    weight == CLI_WEIGHT_TRUSTED) {
			out->weight = weight;
			out->by = key;
		}
	}
	if (out->by != NULL)
		return;
	if (!signature->has_hint)
		out->weight = CLI_WEIGHT_UNKNOWN;
	else if (capsa_signature_check(signature, statement, &signature->hint, NULL) == CAPSA_OK)
		out->weight = CLI_WEIGHT_STRANGER;
}

/* ---- collecting ---- */

struct collection {
	struct cli_signature *items;
	size_t count;
	bool failed;                    /* something cannot be read, which was reported */
};

/* Out of memory. */
static void fail(struct collection *collection)
{
	if (!collection->failed)
		cli_error("out of memory");
	collection->failed = true;
}

/* May the user not read it, or is it gone meanwhile?  All else is a failure of the system. */
static bool is_withdrawn(int sys)
{
	return sys == EACCES || sys == EPERM || sys == ENOENT || sys == EFBIG;
}

static struct cli_signature *add(struct collection *collection)
{
	struct cli_signature *items =
	    reallocarray(collection->items, collection->count + 1, sizeof *items);

	if (items == NULL) {
		fail(collection);
		return NULL;
	}
	collection->items = items;
	items += collection->count++;
	*items = (struct cli_signature){0};
	return items;
}

/* `<name>.<KEYID>.minisig`? */
static bool is_detached_name(const char *file, const char *name)
{
	size_t size = strlen(name);

	return strncmp(file, name, size) == 0 && file[size] == '.' &&
	       strspn(file + size + 1, "0123456789ABCDEF") == 16 &&
	       strcmp(file + size + 17, ".minisig") == 0;
}

/* A FIFO, for which all would wait, or a directory. */
static bool is_no_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

static void add_detached(struct collection *collection, const char *directory, const char *file)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_signature signature;
	struct cli_signature *item;
	char *path = NULL;
	char *text = NULL;
	size_t size;

	if (asprintf(&path, "%s/%s", directory, file) < 0) {
		fail(collection);
		return;
	}
	if (is_no_file(path)) {
		cli_warning("%s: is not a file", cli_quote(path));
		free(path);
		return;
	}
	text = cli_read_file(path, CAPSA_SIGNATURE_TEXT, &size);
	if (text == NULL)
		collection->failed = collection->failed || !is_withdrawn(errno);
	if (text != NULL && capsa_signature_parse(&signature, text, size, &err) != CAPSA_OK) {
		cli_warning("%s: %s", cli_quote(path), cli_quote(err.text));
	} else if (text != NULL && (item = add(collection)) != NULL) {
		item->signature = signature;
		item->detached = true;
	}
	free(text);
	free(path);
}

static int by_key_id(const void *a, const void *b)
{
	const struct cli_signature *first = a, *second = b;

	return memcmp(first->signature.key_id, second->signature.key_id,
	              sizeof first->signature.key_id);
}

/* Those of an archive's name in its directory. */
static void list_detached(struct collection *collection, const char *archive,
                          const char *directory)
{
	const char *slash = strrchr(archive, '/');
	const char *name = slash != NULL ? slash + 1 : archive;
	char *const *files;
	size_t count;
	int failed = cli_detached_names(directory, name, &files, &count);

	/* A directory that the user may not list shows no files. */
	if (failed != 0 && !is_withdrawn(failed)) {
		cli_error("cannot list %s for signatures: %s", cli_quote(directory),
		          strerror(failed));
		collection->failed = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (is_detached_name(files[i], name))
			add_detached(collection, directory, files[i]);
	}
}

static void collect_detached(struct collection *collection, const char *archive)
{
	char *directory = cli_directory_of(archive);
	size_t embedded = collection->count;

	if (directory != NULL)
		list_detached(collection, archive, directory);
	else
		fail(collection);
	if (collection->count > embedded)
		qsort(collection->items + embedded, collection->count - embedded,
		      sizeof *collection->items, by_key_id);
	free(directory);
}

/* Those that a proof brings along. */
static void collect_proof(struct collection *collection, const struct capsa_proof *proof)
{
	size_t count;
	const struct capsa_signature *signatures = capsa_proof_signatures(proof, &count);

	for (size_t i = 0; i < count; i++) {
		struct cli_signature *item = add(collection);

		if (item == NULL)
			return;
		item->signature = signatures[i];
		item->detached = true;
	}
}

int cli_signatures(const struct cli_trust *trust, const struct cli_archive *archive,
                   struct cli_signature **out, size_t *count)
{
	const struct capsa_reader *reader = archive->reader;
	struct capsa_text statement = capsa_reader_statement(reader)->text;
	struct collection collection = {0};

	for (size_t i = 0; i < capsa_reader_attestations(reader); i++) {
		const struct capsa_attestation *attestation = capsa_reader_attestation(reader, i);
		struct cli_signature *item;

		if (attestation->kind == CLI_KIND_MINISIGN && (item = add(&collection)) != NULL)
			item->signature = attestation->signature;
	}
	if (archive->proof != NULL)
		collect_proof(&collection, archive->proof);
	else
		collect_detached(&collection, archive->path);
	/* What is missing might be the one that fails. */
	if (collection.failed) {
		free(collection.items);
		collection.items = NULL;
		collection.count = 0;
	}
	for (size_t i = 0; i < collection.count; i++)
		weigh(trust, statement, &collection.items[i]);
	*out = collection.items;
	*count = collection.count;
	return collection.failed ? CLI_FAILED : CLI_DONE;
}

/* ---- judging ---- */

/* Does an earlier signature count for the same key?  Labels are names of keys, not keys. */
static bool counted_before(const struct cli_signature *signatures, size_t i)
{
	const struct capsa_public_key *key = &signatures[i].by->key;

	for (size_t k = 0; k < i; k++) {
		if (signatures[k].weight == CLI_WEIGHT_TRUSTED &&
		    memcmp(signatures[k].by->key.key, key->key, sizeof key->key) == 0)
			return true;
	}
	return false;
}

int cli_judge(const struct cli_trust *trust, struct cli_archive *archive)
{
	struct cli_judgement *out = &archive->judgement;
	struct cli_signature *signatures;
	size_t count;
	int status = cli_signatures(trust, archive, &signatures, &count);
	const struct cli_signature *best = NULL;

	*out = (struct cli_judgement){0};
	for (size_t i = 0; i < count; i++) {
		if (signatures[i].weight > (best != NULL ? best->weight : CLI_WEIGHT_NONE))
			best = &signatures[i];
	}
	if (best != NULL) {
		out->weight = best->weight;
		out->trusted = best->weight == CLI_WEIGHT_TRUSTED;
		out->failed = best->weight == CLI_WEIGHT_FAILED;
		capsa_key_id_text(best->signature.key_id, out->key_id);
		out->key = best->by != NULL ? best->by->key : best->signature.hint;
		if (best->by != NULL)
			memcpy(out->label, best->by->label, sizeof out->label);
	}
	for (size_t i = 0; i < count; i++)
		out->signed_ = out->signed_ || (signatures[i].weight >= CLI_WEIGHT_STRANGER &&
		                                signatures[i].weight <= CLI_WEIGHT_TRUSTED);
	for (size_t i = 0; i < count; i++)
		out->trusted_keys +=
		    signatures[i].weight == CLI_WEIGHT_TRUSTED && !counted_before(signatures, i);
	free(signatures);
	return status;
}

const char *cli_judgement_words(const struct cli_judgement *judgement)
{
	static char words[1280];
	const char *id = judgement->key_id;
	const char *label = cli_quote(judgement->label);

	switch (judgement->weight) {
	case CLI_WEIGHT_FAILED:
		snprintf(words, sizeof words, "the signature of %s (%s) does not verify", id,
		         label);
		break;
	case CLI_WEIGHT_TRUSTED:
		snprintf(words, sizeof words, "signed by %s (trusted: %s)", id, label);
		break;
	case CLI_WEIGHT_LATE:
		snprintf(words, sizeof words, "signed by %s (%s, not trusted for so late a date)",
		         id, label);
		break;
	case CLI_WEIGHT_STRANGER:
		snprintf(words, sizeof words, "signed by %s (not trusted)", id);
		break;
	case CLI_WEIGHT_UNKNOWN:
		snprintf(words, sizeof words, "with a signature by %s (key not known)", id);
		break;
	case CLI_WEIGHT_NONE:
		return "not signed";
	}
	return words;
}
