/* capsa info: who packed what, when, and where the bytes go. */
#include "cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "Usage: capsa info [options] ARCHIVE\n"
    "\n"
    "Says who packed what and when: description, identity (the digest of the statement,\n"
    "by which archives are told apart), counts, sizes, signatures, and where the bytes\n"
    "go.\n"
    "\n"
    "  --statement        print the signed statement alone, byte for byte\n"
    "  --signature[=ID]   print the first signature, or that of the key ID, alone\n"
    "  --json             print all as one JSON object\n"
    "  -p FILE.pub        exit 4 unless signed by this key; several: by any of them\n"
    "  -P BASE64          the same, with the public key itself\n"
    "  --trusted          the same, with the keys of capsa trust\n"
    "  -q, --quiet        no warnings\n"
    "\n"
    "A signature can be checked without capsa, and so can all the rest with the lines\n"
    "size and sha256 of the statement:\n"
    "  capsa info --statement news.capsa >statement\n"
    "  capsa info --signature news.capsa >statement.minisig\n"
    "  minisign -V -p KEY.pub -m statement\n"
    "  head -c SIZE news.capsa | sha256sum\n";

enum { STATEMENT = 256, SIGNATURE, JSON };

struct request {
	int part;                       /* 0: all, as text; else one of the above */
	const char *key_id;             /* of SIGNATURE, may be NULL */
	struct cli_trust trust;
};

struct facts {
	const struct capsa_statement *statement;
	uint64_t file_size;
	bool has_sizes;                 /* an archive with a damaged index has none */
	struct capsa_sizes sizes;
	struct cli_signature *signatures;
	size_t signature_count;
	const struct cli_archive *archive;
};

static void hex(const uint8_t *data, size_t size, char *out)
{
	for (size_t i = 0; i < size; i++)
		snprintf(out + 2 * i, 3, "%02x", data[i]);
}

static double per(uint64_t bytes, uint64_t articles)
{
	return articles != 0 ? (double)bytes / (double)articles : 0;
}

/* ---- where the bytes go ---- */

struct part {
	const char *name;               /* as in JSON; with blanks for '_' as text */
	uint64_t bytes;
};

#define PARTS 10

/* Bytes of the trees from number `first` on. */
static uint64_t trees_from(const struct capsa_sizes *sizes, size_t first)
{
	uint64_t sum = 0;

	for (size_t i = first; i < sizeof sizes->tree / sizeof sizes->tree[0]; i++)
		sum += sizes->tree[i];
	return sum;
}

/* Parts of the file; they sum up to its size. */
static void stored_parts(const struct capsa_sizes *sizes, struct part out[PARTS])
{
	const struct part parts[PARTS] = {
		{"article_frames", sizes->article_frames},
		{"metadata_frames", sizes->metadata_frames},
		{"other_frames", sizes->other_frames},
		{"index_spine", sizes->tree[0]},
		{"index_path", sizes->tree[1]},
		{"index_url", sizes->tree[2]},
		{"index_title", sizes->tree[3]},
		{"index_date", sizes->tree[4]},
		{"index_other", trees_from(sizes, 5)},
		{"statement_and_rest", sizes->rest},
	};

	memcpy(out, parts, sizeof parts);
}

static void print_part(const char *name, uint64_t bytes, uint64_t articles)
{
	char words[32];

	snprintf(words, sizeof words, "%s", name);
	for (char *c = words; *c != '\0'; c++)
		*c = *c == '_' ? ' ' : *c;
	printf("  %-20s %16" PRIu64 " %12.2f\n", words, bytes, per(bytes, articles));
}

static void print_sizes(const struct facts *facts)
{
	const struct capsa_sizes *sizes = &facts->sizes;
	uint64_t articles = facts->statement->articles;
	struct part parts[PARTS];

	stored_parts(sizes, parts);
	printf("\n%-22s %16s %12s\n", "before compression", "bytes", "an article");
	print_part("bodies", sizes->bodies_raw, articles);
	print_part("tar headers", sizes->headers_raw, articles);
	print_part("metadata", sizes->metadata_raw, articles);
	printf("%-22s %16s %12s\n", "in the archive", "bytes", "an article");
	for (size_t i = 0; i < PARTS; i++)
		print_part(parts[i].name, parts[i].bytes, articles);
	print_part("index in all", trees_from(sizes, 0), articles);
	print_part("archive in all", facts->file_size, articles);
}

/* ---- as text ---- */

static void print_line(const char *name, const char *value)
{
	printf("%-13s %s\n", name, value);
}

static void print_text(const char *name, struct capsa_text text)
{
	if (text.size == 0)
		return;
	printf("%-13s ", name);
	cli_print_text(stdout, text);
	putchar('\n');
}

static const char *weight_words(const struct cli_signature *signature)
{
	static char words[1100];

	switch (signature->weight) {
	case CLI_WEIGHT_TRUSTED:
		snprintf(words, sizeof words, "trusted: %s", cli_quote(signature->by->label));
		return words;
	case CLI_WEIGHT_LATE:
		snprintf(words, sizeof words, "%s, not trusted for so late a date",
		         cli_quote(signature->by->label));
		return words;
	case CLI_WEIGHT_FAILED:
		snprintf(words, sizeof words, "DOES NOT VERIFY by the key of %s",
		         cli_quote(signature->by->label));
		return words;
	case CLI_WEIGHT_STRANGER:
		return "not trusted";
	case CLI_WEIGHT_UNKNOWN:
		return "key not known, not checked";
	case CLI_WEIGHT_NONE:
		break;
	}
	return "DOES NOT VERIFY";
}

static void print_signatures(const struct facts *facts)
{
	for (size_t i = 0; i < facts->signature_count; i++) {
		const struct cli_signature *signature = &facts->signatures[i];
		char id[CAPSA_KEY_ID_TEXT];

		capsa_key_id_text(signature->signature.key_id, id);
		printf("%-13s %s (%s), %s%s\n", "signature", id, weight_words(signature),
		       signature->detached ? "in a file beside it: " : "",
		       cli_quote(signature->signature.comment));
	}
	if (facts->signature_count == 0)
		print_line("signature", "none");
	for (size_t i = 0; i < capsa_reader_attestations(facts->archive->reader); i++) {
		const struct capsa_attestation *attestation =
		    capsa_reader_attestation(facts->archive->reader, i);

		if (attestation->kind != CLI_KIND_MINISIGN)
			printf("%-13s of kind %u, which this version does not know\n",
			       "attestation", (unsigned)attestation->kind);
	}
}

static void print_series(const struct capsa_statement *statement)
{
	char text[65];

	if (!statement->has_series)
		return;
	hex(statement->series, sizeof statement->series, text);
	printf("%-13s %s, snapshot %" PRIu64 "\n", "series", text, statement->sequence);
	if (!statement->has_previous)
		return;
	hex(statement->previous, sizeof statement->previous, text);
	print_line("previous", text);
}

static void print_facts(const struct facts *facts)
{
	const struct capsa_statement *statement = facts->statement;
	uint64_t shared = statement->articles - facts->sizes.articles_own;
	char text[65];

	print_text("title", statement->title);
	print_text("description", statement->description);
	capsa_time_text(statement->created, text);
	print_line("created", text);
	print_signatures(facts);
	hex(statement->identity, sizeof statement->identity, text);
	print_line("identity", text);
	print_series(statement);
	printf("%-13s 1.%u\n", "format", (unsigned)statement->minor);
	print_text("requires", statement->requires);
	printf("%-13s %" PRIu64, "articles", statement->articles);
	if (facts->has_sizes && shared != 0)
		printf(", %" PRIu64 " of them with the body of another", shared);
	printf("\n%-13s %" PRIu64 " bytes of bodies in %" PRIu64 " bytes of archive", "size",
	       statement->bytes, facts->file_size);
	if (statement->bytes != 0)
		printf(", %.2f to 1", (double)statement->bytes / (double)facts->file_size);
	printf("\n%-13s %" PRIu64 ", %s dictionary", "frames", statement->frames,
	       statement->dictionary_size == 0 ? "no" : "with a");
	if (statement->dictionary_size != 0)
		printf(" of %" PRIu64 " bytes", statement->dictionary_size);
	putchar('\n');
	hex(statement->sha256, sizeof statement->sha256, text);
	printf("%-13s %s of the first %" PRIu64 " bytes\n", "sha256", text, statement->size);
	if (facts->has_sizes)
		print_sizes(facts);
}

/* ---- as JSON ---- */

static void json_text(const char *key, struct capsa_text text)
{
	if (text.size == 0)
		return;
	printf(",\"%s\":", key);
	cli_print_json(stdout, text);
}

static void json_string(const char *key, const char *text)
{
	json_text(key, (struct capsa_text){text, strlen(text)});
}

static void json_number(const char *key, uint64_t number)
{
	printf(",\"%s\":%" PRIu64, key, number);
}

static void json_hex(const char *key, const uint8_t *data, size_t size)
{
	char text[65];

	hex(data, size, text);
	json_string(key, text);
}

static const char *verifies(enum cli_weight weight)
{
	if (weight == CLI_WEIGHT_UNKNOWN)
		return "null";
	return weight == CLI_WEIGHT_NONE || weight == CLI_WEIGHT_FAILED ? "false" : "true";
}

static void json_signatures(const struct facts *facts)
{
	fputs(",\"signatures\":[", stdout);
	for (size_t i = 0; i < facts->signature_count; i++) {
		const struct cli_signature *signature = &facts->signatures[i];
		char id[CAPSA_KEY_ID_TEXT];

		capsa_key_id_text(signature->signature.key_id, id);
		printf("%s{\"key_id\":\"%s\"", i != 0 ? "," : "", id);
		printf(",\"verifies\":%s,\"trusted\":%s", verifies(signature->weight),
		       signature->weight == CLI_WEIGHT_TRUSTED ? "true" : "false");
		printf(",\"detached\":%s", signature->detached ? "true" : "false");
		if (signature->by != NULL)
			json_string("label", signature->by->label);
		json_string("comment", signature->signature.comment);
		putchar('}');
	}
	putchar(']');
}

static void json_sizes(const struct facts *facts)
{
	const struct capsa_sizes *sizes = &facts->sizes;
	struct part parts[PARTS];

	stored_parts(sizes, parts);
	json_number("articles_with_own_body", sizes->articles_own);
	printf(",\"raw\":{\"bodies\":%" PRIu64 ",\"tar_headers\":%" PRIu64 ",\"metadata\":%" PRIu64
	       "}",
	       sizes->bodies_raw, sizes->headers_raw, sizes->metadata_raw);
	fputs(",\"stored\":{", stdout);
	for (size_t i = 0; i < PARTS; i++)
		printf("%s\"%s\":%" PRIu64, i != 0 ? "," : "", parts[i].name, parts[i].bytes);
	putchar('}');
}

static void json_facts(const struct facts *facts)
{
	const struct capsa_statement *statement = facts->statement;
	char created[CAPSA_TIME_TEXT];

	fputs("{\"archive\":", stdout);
	cli_print_json(stdout,
	               (struct capsa_text){facts->archive->path, strlen(facts->archive->path)});
	json_text("title", statement->title);
	json_text("description", statement->description);
	capsa_time_text(statement->created, created);
	json_string("created", created);
	json_hex("identity", statement->identity, sizeof statement->identity);
	if (statement->has_series) {
		json_hex("series", statement->series, sizeof statement->series);
		json_number("sequence", statement->sequence);
	}
	if (statement->has_previous)
		json_hex("previous", statement->previous, sizeof statement->previous);
	printf(",\"format\":\"1.%u\"", (unsigned)statement->minor);
	json_text("requires", statement->requires);
	json_number("articles", statement->articles);
	json_number("bytes", statement->bytes);
	json_number("archive_bytes", facts->file_size);
	json_number("frames", statement->frames);
	json_number("tar_bytes", statement->tar_size);
	json_number("dictionary_bytes", statement->dictionary_size);
	json_text("unicode", statement->unicode);
	json_number("size", statement->size);
	json_hex("sha256", statement->sha256, sizeof statement->sha256);
	json_signatures(facts);
	if (facts->has_sizes)
		json_sizes(facts);
	puts("}");
}

/* ---- one part alone ---- */

static int print_signature(const struct facts *facts, const char *key_id)
{
	char text[CAPSA_SIGNATURE_TEXT], id[CAPSA_KEY_ID_TEXT];

	for (size_t i = 0; i < facts->signature_count; i++) {
		capsa_key_id_text(facts->signatures[i].signature.key_id, id);
		if (key_id != NULL && strcasecmp(id, key_id) != 0)
			continue;
		capsa_signature_text(&facts->signatures[i].signature, text);
		fputs(text, stdout);
		return CLI_DONE;
	}
	if (key_id != NULL)
		cli_error("%s: no signature by %s", cli_quote(facts->archive->path),
		          cli_quote(key_id));
	else
		cli_error("%s: not signed", cli_quote(facts->archive->path));
	return CLI_FAILED;
}

/* ---- options ---- */

static int show(const struct request *request, const struct cli_archive *archive)
{
	struct facts facts = {
		.statement = capsa_reader_statement(archive->reader),
		.file_size = archive->source.size,
		.archive = archive,
	};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status = CAPSA_OK;
	int result = CLI_DONE;

	if (request->part == STATEMENT) {
		fwrite(facts.statement->text.data, 1, facts.statement->text.size, stdout);
		return CLI_DONE;
	}
	result = cli_signatures(&request->trust, archive, &facts.signatures,
	                        &facts.signature_count);
	if (result != CLI_DONE)
		return result;
	if (request->part != SIGNATURE) {
		status = capsa_reader_sizes(archive->reader, &facts.sizes, &err);
		facts.has_sizes = status == CAPSA_OK;
	}
	if (request->part == SIGNATURE)
		result = print_signature(&facts, request->key_id);
	else if (request->part == JSON)
		json_facts(&facts);
	else
		print_facts(&facts);
	free(facts.signatures);
	return status != CAPSA_OK ? cli_fail(archive->path, status, &err) : result;
}

static int parse(struct request *request, int argc, char **argv)
{
	static const struct option options[] = {
		{"statement", no_argument, NULL, STATEMENT},
		{"signature", optional_argument, NULL, SIGNATURE},
		{"json", no_argument, NULL, JSON},
		CLI_TRUST_OPTIONS,
		{0},
	};
	int option, status;

	while ((option = getopt_long(argc, argv, CLI_TRUST_LETTERS, options, NULL)) != -1) {
		if (option == STATEMENT || option == SIGNATURE || option == JSON) {
			request->part = option;
			request->key_id = option == SIGNATURE ? optarg : NULL;
			continue;
		}
		if (!cli_trust_option(option, optarg, "info", &request->trust, &status))
			return cli_usage("info");
		if (status != CLI_DONE)
			return status;
	}
	if (argc - optind != 1) {
		cli_error("info wants one archive");
		return cli_usage("info");
	}
	return request->trust.required ? CLI_DONE : cli_trust_add_store(&request->trust, false);
}

static int run(int argc, char **argv)
{
	struct request request = {0};
	struct cli_archive archive;
	int status = parse(&request, argc, argv);

	if (status == CLI_DONE)
		status = cli_archive_open(&archive, argv[optind], &request.trust);
	if (status == CLI_DONE) {
		status = show(&request, &archive);
		cli_archive_close(&archive);
	}
	cli_trust_release(&request.trust);
	return status;
}

const struct cli_verb cli_verb_info = {
	.name = "info",
	.run = run,
	.summary = "who packed what, when, and where the bytes go",
	.help = help,
};
