/*
 * capsa pack: an archive from what an importer finds.
 */
#include "fields.h"
#include "pack_options.h"
#include "twins.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pack {
	struct pack_options options;
	struct capsa_secret_key *key;   /* owned; NULL: unsigned */
	struct cli_output *output;      /* owned until it is committed */
	struct import_complaints complaints;
	struct importer *importer;      /* owned */
	void *dictionary;               /* owned; NULL: none */
	size_t dictionary_size;
	bool has_previous;
	uint8_t previous[32];           /* identity of the archive before this one */
	uint8_t series[16];
	uint64_t sequence;
	struct capsa_sink sink;         /* the output */
	int write_failed;               /* errno of it */
	struct capsa_writer *writer;    /* owned */
	char *directory;                /* owned: for temporary files */
	struct held_body held;
	char *head;                     /* owned: the beginning of a body */
	struct import_twins twins;
	uint64_t articles, bytes;       /* done */
	uint64_t bad_front_matter;      /* articles */
	char *bad_front_matter_first;   /* owned: which, and why */
};

/* What messages call the archive. */
static const char *archive_name(const struct pack *pack)
{
	return strcmp(pack->options.out, "-") == 0 ? "standard output" : pack->options.out;
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The key is asked for before any work is done. */
static int load_key(struct pack *pack)
{
	const struct pack_options *options = &pack->options;
	char *standard;
	int status;

	if (options->is_unsigned)
		return CLI_DONE;
	if (options->key != NULL)
		return cli_secret_key_load(options->key, options->password_file, &pack->key);
	standard = cli_config_path("capsa.key");
	if (standard == NULL && errno == ENOMEM) {
		cli_error("out of memory");
		status = CLI_FAILED;
	} else if (standard == NULL || !exists(standard)) {
		cli_error("no key: make one with 'capsa key new', or pack with --unsigned");
		status = CLI_FAILED;
	} else {
		status = cli_secret_key_load(standard, options->password_file, &pack->key);
	}
	free(standard);
	return status;
}

/*
 * An archive below a directory that is packed does not become an article of itself, nor does the
 * one it replaces.
 */
static void skip_file(struct import_options *import, const struct stat *status)
{
	import->skip[import->skip_count++] = (struct import_file){status->st_dev, status->st_ino};
}

/* The series goes on with this archive; one that was none begins with the archive before. */
static int load_previous(struct pack *pack)
{
	struct cli_trust trust = {0};
	struct cli_archive archive;
	const struct capsa_statement *statement;
	int status;

	if (pack->options.previous == NULL)
		return CLI_DONE;
	status = cli_trust_add_store(&trust, false);
	if (status == CLI_DONE)
		status = cli_archive_open(&archive, pack->options.previous, &trust);
	if (status == CLI_DONE) {
		statement = capsa_reader_statement(archive.reader);
		pack->has_previous = true;
		memcpy(pack->previous, statement->identity, sizeof pack->previous);
		memcpy(pack->series,
		       statement->has_series ? statement->series : statement->identity,
		       sizeof pack->series);
		pack->sequence = statement->has_series ? statement->sequence + 1 : 2;
		cli_archive_close(&archive);
	}
	cli_trust_release(&trust);
	return status;
}

static int begin_output(struct pack *pack)
{
	const struct pack_options *options = &pack->options;
	struct import_options *import = &pack->options.import;
	struct stat status;

	pack->output = cli_output_begin(options->out, false, options->force);
	if (pack->output == NULL)
		return CLI_FAILED;
	if (fstat(cli_output_fd(pack->output), &status) == 0)
		skip_file(import, &status);
	if (strcmp(options->out, "-") == 0)
		return CLI_DONE;
	if (stat(options->out, &status) == 0)
		skip_file(import, &status);
	/* Where the archive goes there is room; in /tmp perhaps not. */
	if (getenv("TMPDIR") == NULL)
		pack->directory = cli_directory_of(options->out);
	import->temporary_directory = pack->directory;
	return CLI_DONE;
}

static int begin_report(struct pack *pack)
{
	struct stat status;
	int result;

	pack->complaints.keep_going = pack->options.keep_going;
	pack->options.import.complaints = &pack->complaints;
	if (pack->options.report == NULL)
		return CLI_DONE;
	result = import_complaints_open(&pack->complaints, pack->options.report);
	if (result == CLI_DONE && fstat(fileno(pack->complaints.report), &status) == 0)
		skip_file(&pack->options.import, &status);
	return result;
}

static int make_dictionary(struct pack *pack)
{
	const struct pack_options *options = &pack->options;
	bool muted;
	int status;

	switch (options->dictionary) {
	case PACK_DICTIONARY_MADE:
		muted = import_complaints_mute(&pack->complaints);
		status = import_dictionary(pack->importer, options->dictionary_size, options->level,
		                           options->keep_going, &pack->dictionary,
		                           &pack->dictionary_size);
		import_complaints_resume(&pack->complaints, muted);
		return status;
	case PACK_DICTIONARY_FILE:
		pack->dictionary = cli_read_file(options->dictionary_file, CAPSA_DICTIONARY_MAX,
		                                 &pack->dictionary_size);
		return pack->dictionary != NULL ? CLI_DONE : CLI_FAILED;
	case PACK_DICTIONARY_NONE:
		break;
	}
	return CLI_DONE;
}

/* Remembers why it failed: the library's words would not be those of all other commands. */
static int write_archive(void *ctx, const void *buf, size_t size)
{
	struct pack *pack = ctx;
	int failed = pack->sink.write(pack->sink.ctx, buf, size);

	if (failed != 0)
		pack->write_failed = failed;
	return failed;
}

/* What failed lies in the archive, not in an article. */
static int fail_archive(const struct pack *pack, enum capsa_status status,
                        const struct capsa_error *err)
{
	if (pack->write_failed == 0)
		return cli_fail(archive_name(pack), status, err);
	cli_error("cannot write %s: %s", cli_quote(archive_name(pack)),
	          strerror(pack->write_failed));
	return CLI_FAILED;
}

static int begin_archive(struct pack *pack)
{
	const struct pack_options *options = &pack->options;
	struct capsa_sink sink = {write_archive, pack};
	struct capsa_writer_options writer = {
	    .level = options->level,
	    .frame_size = options->frame_size,
	    .threads = options->threads,
	    .dictionary = pack->dictionary,
	    .dictionary_size = pack->dictionary_size,
	    .title = options->title,
	    .description = options->description,
	    .created = options->created,
	    .about = options->about,
	    .keys = cli_keys(),
	    .temporary_directory = pack->directory,
	    .series = pack->has_previous ? pack->series : NULL,
	    .sequence = pack->has_previous ? pack->sequence : 0,
	    .previous = pack->has_previous ? pack->previous : NULL,
	};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	enum capsa_status status;

	pack->sink = capsa_sink_file(cli_output_fd(pack->output));
	status = capsa_writer_new(&pack->writer, &sink, &writer, &err);
	if (status == CAPSA_OK)
		return CLI_DONE;
	/* All other options were checked before. */
	if (status == CAPSA_EMISUSE && options->dictionary == PACK_DICTIONARY_FILE)
		return cli_fail(options->dictionary_file, status, &err);
	return fail_archive(pack, status, &err);
}

static bool is_isolated(const struct pack *pack, const char *path)
{
	for (size_t i = 0; i < pack->options.isolate.count; i++) {
		if (cli_pattern_match(pack->options.isolate.items[i], path))
			return true;
	}
	return false;
}

/* Front matter that cannot be read is no error, but the first of it is named at the end. */
static void count_front_matter(struct pack *pack, const struct import_article *article,
                               const struct foreign_error *why)
{
	if (why->text[0] == '\0' || pack->bad_front_matter++ != 0)
		return;
	if (asprintf(&pack->bad_front_matter_first, "%s: line %zu: %s", cli_quote(article->origin),
	             why->line, cli_quote(why->text)) < 0)
		pack->bad_front_matter_first = NULL;
}

/* Add what name, body and file say of an article. */
static enum capsa_status describe(struct pack *pack, const struct import_article *article,
                                  struct capsa_error *err)
{
	size_t size =
	    article->body.size < IMPORT_HEAD_SIZE ? (size_t)article->body.size : IMPORT_HEAD_SIZE;
	char modified[CAPSA_TIME_TEXT];
	struct foreign_error why;
	enum capsa_status status;
	int failed;

	if (article->complete)
		return CAPSA_OK;
	failed = size != 0 ? article->body.read_at(article->body.ctx, 0, pack->head, size) : 0;
	if (failed != 0) {
		*err = (struct capsa_error){.sys = failed, .offset = CAPSA_NO_OFFSET};
		snprintf(err->text, sizeof err->text, "cannot be read: %s", strerror(failed));
		return CAPSA_EIO;
	}
	status = import_describe(article->metadata, article->path,
	                         (struct capsa_text){pack->head, size}, &why, err);
	count_front_matter(pack, article, &why);
	if (status != CAPSA_OK || !article->has_modified ||
	    capsa_metadata_has(article->metadata, "modified"))
		return status;
	capsa_time_text(article->modified, modified);
	return capsa_metadata_set(article->metadata, "modified", modified, strlen(modified), err);
}

/* Does the line that was written have what was said of the body, if anything? */
static bool holds(struct capsa_text line, const char *key, struct capsa_text said)
{
	struct capsa_text value;

	return said.size == 0 ||
	       (capsa_line_find(line, key, &value) == CAPSA_OK && value.size == said.size &&
	        memcmp(value.data, said.data, said.size) == 0);
}

static void compare_facts(const struct import_article *article)
{
	static const char words[] =
	    "says another size or digest than the body has, which is packed";
	struct capsa_text line;

	if (capsa_metadata_line(article->metadata, &line, NULL) != CAPSA_OK ||
	    (holds(line, "size", article->size) && holds(line, "digest", article->digest)))
		return;
	if (article->line != 0)
		cli_warning("%s: line %" PRIu64 ": %s", cli_quote(article->witness), article->line,
		            words);
	else
		cli_warning("%s: %s", cli_quote(article->witness), words);
}

static void complain(struct pack *pack, const struct import_article *article,
                     const struct capsa_error *err)
{
	import_complain(&pack->complaints, article->origin, article->line, "%s",
	                cli_quote(err->text));
}

/* Let the writer see a body only when it cannot fail any more. */
static bool hold_body(struct pack *pack, struct import_article *article)
{
	struct capsa_error err;
	struct capsa_source copy;
	bool held = import_hold(&pack->held, pack->directory, &article->body, &copy, &err);

	/* After a signal nothing can be read, which is nobody's fault. */
	if (cli_signal != 0 || !pack->importer->settle(pack->importer))
		return false;
	if (!held) {
		complain(pack, article, &err);
		return false;
	}
	article->body = copy;
	return true;
}

/*
 * Add one article.  *broken where the archive cannot be finished any more for a reason that lies in
 * the archive, not in the article.
 */
static int add_article(struct pack *pack, struct import_article *article, bool *broken)
{
	struct capsa_input input = {.metadata = article->metadata,
	                            .isolate = is_isolated(pack, article->path)};
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	bool asked = false, keep_going = pack->options.keep_going;
	enum capsa_status status;

	if (keep_going && !hold_body(pack, article))
		return CLI_FAILED;
	status = describe(pack, article, &err);
	if (status == CAPSA_OK) {
		input.body = article->body;
		status = capsa_writer_add(pack->writer, &input, &err);
		asked = true;
	}
	/* A body that cannot be read fails the writer too; the importer knows better why. */
	if (cli_signal != 0 || (!keep_going && !pack->importer->settle(pack->importer)))
		return CLI_FAILED;
	if (status == CAPSA_ENOMEM || (asked && status == CAPSA_EIO)) {
		*broken = true;
		return fail_archive(pack, status, &err);
	}
	if (status != CAPSA_OK) {
		/* Of all failures only this one leaves the writer as it was. */
		*broken = asked && keep_going && status != CAPSA_EMISUSE;
		complain(pack, article, &err);
		return CLI_FAILED;
	}
	compare_facts(article);
	import_twins_see(&pack->twins, article->path, pack->directory);
	pack->articles++;
	pack->bytes += article->body.size;
	cli_progress_step(pack->articles, pack->bytes);
	return CLI_DONE;
}

/*
 * After an article that cannot be packed the archive is lost, unless it is to go on without; the
 * others are still looked at, so that one run names all that need care.
 */
static int add_articles(struct pack *pack)
{
	struct import_article article = {0};
	int status = CLI_DONE, got;
	bool broken = false;

	while (!broken && cli_signal == 0 &&
	       (got = pack->importer->next(pack->importer, &article)) != 0) {
		if (got < 0)
			status = CLI_FAILED;
		else if ((status == CLI_DONE || pack->options.keep_going) &&
		         add_article(pack, &article, &broken) != CLI_DONE)
			status = CLI_FAILED;
		broken = broken || cli_lacks_memory();
	}
	if (broken && status == CLI_DONE) {
		cli_error("out of memory");
		status = CLI_FAILED;
	}
	return broken || !pack->options.keep_going ? status : CLI_DONE;
}

static void format_size(char *out, size_t size, uint64_t bytes)
{
	if (bytes < 1000)
		snprintf(out, size, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
	else if (bytes < 1000000)
		snprintf(out, size, "%.1f kB", (double)bytes / 1e3);
	else if (bytes < 1000000000)
		snprintf(out, size, "%.1f MB", (double)bytes / 1e6);
	else
		snprintf(out, size, "%.2f GB", (double)bytes / 1e9);
}

/* `news.capsa: 12896 articles, 50.5 MB in 9.1 MB (18.0%), signed by E7620F1842B4E81F` */
static void summarise(const struct pack *pack, const struct capsa_summary *summary)
{
	char bytes[32], archive[32], ratio[32] = "", signer[CAPSA_KEY_ID_TEXT + 16] = "not signed";
	char id[CAPSA_KEY_ID_TEXT];
	struct capsa_public_key key;

	format_size(bytes, sizeof bytes, summary->bytes);
	format_size(archive, sizeof archive, summary->archive_size);
	if (summary->archive_size < summary->bytes)
		snprintf(ratio, sizeof ratio, " (%.1f%%)",
		         (double)summary->archive_size * 100 / (double)summary->bytes);
	if (pack->key != NULL) {
		capsa_secret_key_public(pack->key, &key);
		capsa_key_id_text(key.id, id);
		snprintf(signer, sizeof signer, "signed by %s", id);
	}
	cli_note("%s: %" PRIu64 " article%s, %s in %s%s, %s", cli_quote(archive_name(pack)),
	         summary->articles, summary->articles == 1 ? "" : "s", bytes, archive, ratio,
	         signer);
}

static int finish(struct pack *pack)
{
	struct capsa_error err = {.offset = CAPSA_NO_OFFSET};
	struct capsa_summary summary;
	enum capsa_status status;
	int result;

	if (pack->articles == 0 && !pack->options.allow_empty) {
		cli_error("no articles to pack; --allow-empty packs none");
		return CLI_FAILED;
	}
	status = capsa_writer_finish(pack->writer, pack->key, &summary, &err);
	if (status != CAPSA_OK) {
		result = fail_archive(pack, status, &err);
		/* Where they come from, the writer does not know. */
		if (status == CAPSA_EEXIST)
			cli_note("--keep-going packs the first, and names the inputs of others");
		return result;
	}
	if (cli_signal != 0)
		return CLI_FAILED;
	result = cli_output_commit(pack->output);
	pack->output = NULL;
	if (result != CLI_DONE)
		return result;
	import_twins_warn(&pack->twins);
	if (pack->bad_front_matter_first != NULL)
		cli_note("front matter of %" PRIu64 " article%s cannot be read; the first: %s",
		         pack->bad_front_matter, pack->bad_front_matter == 1 ? "" : "s",
		         pack->bad_front_matter_first);
	summarise(pack, &summary);
	if (pack->complaints.count == 0)
		return CLI_DONE;
	cli_error("%s: made without what cannot be packed (%u)", cli_quote(archive_name(pack)),
	          pack->complaints.count);
	return CLI_FAILED;
}

/* All steps; the first that fails, or a signal, ends them. */
static int run(struct pack *pack)
{
	const struct pack_options *options = &pack->options;
	int status = load_key(pack);

	if (status == CLI_DONE)
		status = load_previous(pack);
	if (status == CLI_DONE)
		status = begin_output(pack);
	if (status == CLI_DONE)
		status = begin_report(pack);
	if (status != CLI_DONE)
		return status;
	pack->importer =
	    import_inputs(options->inputs.items, options->inputs.count, &options->import);
	pack->head = malloc(IMPORT_HEAD_SIZE);
	if (pack->head == NULL || (pack->importer != NULL && cli_lacks_memory())) {
		cli_error("out of memory");
		return CLI_FAILED;
	}
	if (pack->importer == NULL && pack->complaints.untrusted && pack->complaints.count == 0)
		return CLI_UNTRUSTED;
	if (pack->importer == NULL || pack->head == NULL)
		return CLI_FAILED;
	status = cli_pack_options_offer(&pack->options, pack->importer->about);
	if (status == CLI_DONE)
		status = make_dictionary(pack);
	if (status == CLI_DONE)
		status = begin_archive(pack);
	if (status != CLI_DONE || cli_signal != 0)
		return CLI_FAILED;
	cli_progress_start("pack", pack->importer->total_bytes);
	status = add_articles(pack);
	if (status == CLI_DONE && cli_signal == 0)
		status = finish(pack);
	cli_progress_end();
	return status;
}

static int pack_main(int argc, char **argv)
{
	struct pack pack = {0};
	int status = cli_pack_options_parse(&pack.options, argc, argv);

	if (status == CLI_DONE) {
		cli_catch_signals();
		/* A limit on the size of files is an error like a full disk. */
		signal(SIGXFSZ, SIG_IGN);
		status = run(&pack);
		status = cli_worse(status, import_complaints_close(&pack.complaints));
	}
	capsa_writer_free(pack.writer);
	cli_output_abandon(pack.output);
	if (pack.importer != NULL)
		pack.importer->close(pack.importer);
	capsa_secret_key_free(pack.key);
	free(pack.dictionary);
	free(pack.directory);
	free(pack.bad_front_matter_first);
	free(pack.head);
	import_hold_release(&pack.held);
	import_twins_release(&pack.twins);
	cli_pack_options_release(&pack.options);
	return status;
}

const struct cli_verb cli_verb_pack = {
    .name = "pack",
    .run = pack_main,
    .summary = "pack files into an archive",
    .help =
        "Usage: capsa pack -o OUT [options] INPUT...\n"
        "Pack files, all files below directories and in containers (tar, cpio, zip, 7z, ISO), and\n"
        "the articles of other archives, of JSONL, CSV, WARC, ARC, WACZ and ZIM files into a new\n"
        "archive.\n"
        "\n"
        "  -o, --output OUT         the archive; - is standard output\n"
        "      --force              replace OUT if it exists\n"
        "  -k, --key KEY            sign with this secret key; else the default key signs\n"
        "      --password-file FILE holds the password of the key\n"
        "      --unsigned           do not sign\n"
        "      --previous ARCHIVE   the new archive is the next one in the series of that one\n"
        "\n"
        "What is packed: of a directory the paths below it, of a file the path as given, of JSONL\n"
        "the object in each line and of CSV each record (path, else id, else url; text, body,\n"
        "content, html or body_base64; title, date, author ...); - is JSONL from standard input.\n"
        "FILE.capsa.json beside FILE is its metadata, as 'capsa extract --metadata' writes it.\n"
        "Articles of an archive keep all metadata; if it is the only INPUT, it describes the new\n"
        "one. Of WARC and ARC, packed by gzip or zstd or not, the pages, redirects and revisits.\n"
        "Of a ZIM file the entries, redirects too; its metadata describe the archive.\n"
        "  -C, --directory DIR      find the INPUTs that follow in DIR\n"
        "      --files-from FILE    also the INPUTs in FILE, one a line; - is standard input\n"
        "      --null               those INPUTs end with NUL, not with a line\n"
        "      --include GLOB       only paths that match (may be repeated)\n"
        "      --exclude GLOB       no paths that match (may be repeated)\n"
        "      --map FIELD=NAME     take the field FIELD of JSONL or CSV for NAME (may be\n"
        "                           repeated)\n"
        "      --isolate GLOB       matching articles get frames of their own, so that they can\n"
        "                           be withheld alone (may be repeated)\n"
        "      --from KIND          all INPUTs are of this kind: dir, file, capsa, jsonl, csv,\n"
        "                           warc, arc, wacz, zim, tar, cpio, zip, 7z, iso\n"
        "      --all                of WARC and ARC all records, also requests and errors\n"
        "      --wire               of WARC and ARC bodies as they were sent, not decoded\n"
        "      --allow-empty        an archive without articles is no error\n"
        "      --keep-going         leave out what cannot be packed; the exit status is 1 then\n"
        "      --report FILE        what cannot be packed, one JSON object a line\n"
        "\n"
        "About the archive:\n"
        "      --title TEXT, --description TEXT, --creator NAME (may be repeated),\n"
        "      --publisher NAME, --language TAG, --rights TEXT, --source TEXT\n"
        "      --meta KEY=VALUE     anything else (may be repeated)\n"
        "      --created TIME       2026-11-25, 2026-11-25T12:00:00Z or seconds since 1970;\n"
        "                           else SOURCE_DATE_EPOCH, else now\n"
        "\n"
        "How it is compressed:\n"
        "      --level N            1 (fast) to 22 (small), default 9\n"
        "      --frame-size SIZE    4K to 4M, default 512K, with a dictionary 128K\n"
        "      --dictionary none|auto|SIZE|FILE\n"
        "                           smaller, but other programs need one step more; default none\n"
        "      --threads N          default: all cores; the bytes do not depend on it\n"
        "\n"
        "  -q, --quiet              neither notes nor progress\n"
        "      --no-progress        no progress bar\n"
        "  -h, --help\n",
};
