/*
 * Articles from WARC and ARC.
 *
 * The input is read twice.  The first reading collects the directories of all paths, as for JSONL,
 * and the revisits; so in the second a revisit can follow the record that it names at once, while
 * that one's body is at hand.
 */
#include "warc.h"

#include "base.h"
#include "warc_body.h"
#include "warc_left.h"
#include "warc_paths.h"
#include "warc_names.h"

#include <stdlib.h>
#include <sys/stat.h>

struct warc_importer {
	struct importer base; /* first, so that one pointer is both */
	const struct import_options *options;
	const struct import_stream_opener **openers; /* owned, what they point at is not */
	struct import_stream_opener *files; /* owned: where the inputs are files; else NULL */
	size_t count, current; /* of the openers; the stream that is read */
	struct warc_reader *reader; /* owned: of that stream; NULL: it is not open */
	uint64_t looked; /* bytes of the streams before it, for progress */
	struct warc_paths paths;
	struct warc_revisits revisits;
	struct warc_capture capture;

	/* The article. */
	struct warc_names names; /* of the body that is at hand; none: it is no revisit's */
	struct warc_body body;
	char *path, *origin; /* owned */
	struct capsa_metadata *metadata;
	struct capsa_metadata *named; /* owned: of the record that revisits of its body follow */

	struct warc_left left;
	size_t at_end; /* of the revisits, so many were looked at when all was read */
	bool over; /* all was read */
	bool looking; /* it is the first reading, of which nothing is said ... */
	bool broken; /* ... but that the system failed, which it may not do in the second */
};

/* ---- complaints ---- */

static const char *stream_name(const struct warc_importer *in)
{
	return in->openers[in->current < in->count ? in->current : in->count - 1]->name;
}

static int complain(struct warc_importer *in, const struct capsa_error *err)
{
	struct import_complaints *complaints = in->options->complaints;
	bool muted = complaints->muted, system = err->sys != 0 && !complaints->keep_going;

	if (system && in->broken && !in->looking)
		return -1;
	in->broken = in->broken || system;
	complaints->muted = muted && !system;
	import_complain(complaints, stream_name(in), 0, "%s", cli_quote(err->text));
	complaints->muted = muted;
	return -1;
}

/* The same of the record that was read last. */
static int complain_record(struct warc_importer *in, const char *what)
{
	char place[96];

	import_warc_place(in->reader, place, sizeof place);
	import_complain(in->options->complaints, stream_name(in), 0, "%s: %s", place,
	                cli_quote(what));
	return -1;
}

static void tell(const struct warc_importer *in)
{
	char name[64];

	snprintf(name, sizeof name, "%zu WARC files", in->count);
	import_warc_left_tell(&in->left, in->count == 1 ? stream_name(in) : name);
}

/* ---- records ---- */

static bool open_stream(struct warc_importer *in)
{
	const struct import_stream_opener *opener = in->openers[in->current];
	struct capsa_error err = {.text = "out of memory"};
	struct import_stream *stream = opener->open(opener, &err);

	in->reader = stream != NULL ? import_warc_reader_new(stream) : NULL;
	return in->reader != NULL || complain(in, &err) == 0;
}

static void close_stream(struct warc_importer *in)
{
	import_warc_reader_free(in->reader);
	in->reader = NULL;
	in->looked += in->openers[in->current]->size;
	in->current++;
}

/* The next record of all streams: 1, 0 at the end, -1 complained. */
static int next_record(struct warc_importer *in, const struct warc_record **record)
{
	struct capsa_error err = {0};
	int got;

	while (in->current < in->count && cli_signal == 0) {
		if (in->reader == NULL && !open_stream(in)) {
			in->current++;
			return -1;
		}
		got = import_warc_next(in->reader, record, &err);
		if (got < 0)
			return complain(in, &err);
		if (got > 0)
			return 1;
		close_stream(in);
	}
	return 0;
}

static bool is_revisit(const struct warc_capture *capture)
{
	return import_is_word(capture->record->type, "revisit") && !capture->beside;
}

/* ---- the article ---- */

static bool new_metadata(struct warc_importer *in)
{
	capsa_metadata_free(in->metadata);
	in->metadata = capsa_metadata_new();
	return in->metadata != NULL;
}

static bool set_origin(struct warc_importer *in)
{
	char place[96];

	import_warc_place(in->reader, place, sizeof place);
	free(in->origin);
	if (asprintf(&in->origin, "%s: %s", stream_name(in), place) < 0)
		in->origin = NULL;
	return in->origin != NULL;
}

/* `wanted` is freed. */
static bool give_path(struct warc_importer *in, char *wanted, const char *captured, bool page)
{
	struct capsa_text path;
	struct capsa_error err = {0};

	free(in->path);
	in->path =
	    wanted != NULL ? import_warc_paths_give(&in->paths, wanted, captured, page) : NULL;
	free(wanted);
	if (in->path == NULL) {
		capsa_fail_memory(&err);
	} else {
		path = (struct capsa_text){in->path, strlen(in->path)};
		if (capsa_path_check(path.data, path.size, &err) == CAPSA_OK &&
		    capsa_metadata_set(in->metadata, "path", path.data, path.size, &err) ==
		        CAPSA_OK)
			return true;
	}
	import_complain(in->options->complaints, in->origin, 0, "%s", cli_quote(err.text));
	return false;
}

static int give_article(struct warc_importer *in, struct import_article *out)
{
	*out = (struct import_article){.path = in->path,
	                               .metadata = in->metadata,
	                               .body = in->body.source,
	                               .origin = in->origin,
	                               .witness = in->origin};
	return 1;
}

/* ---- the second reading ---- */

/* With --all what is left out else is an article, too, and redirects keep their bodies. */
static enum warc_want want_now(void *ctx)
{
	struct warc_importer *in = ctx;
	struct warc_capture *capture = &in->capture;

	if (capture->use == WARC_OTHER && !in->options->all) {
		import_warc_left_add(&in->left, capture->reason);
		return WARC_WANT_NOTHING;
	}
	if (capture->use == WARC_OTHER)
		capture->use = is_revisit(capture) ? WARC_REVISIT : WARC_PAGE;
	return capture->use == WARC_REVISIT ? WARC_WANT_CHECKED : WARC_WANT_BODY;
}

/* The body that the article gets. */
static bool set_body(struct warc_importer *in, struct capsa_error *err)
{
	struct warc_capture *capture = &in->capture;

	if (capture->use == WARC_REDIRECT && in->options->all && in->body.source.size != 0)
		capture->use = WARC_PAGE;
	if (!import_warc_body_decode(&in->body, capture, in->reader,
	                             in->options->wire && capture->use != WARC_REDIRECT, err))
		return false;
	if (capture->use == WARC_REDIRECT) {
		in->left.bodies += in->body.source.size != 0;
		in->body.source = capsa_source_memory("", 0);
		in->body.kept = false;
		free(in->body.coded);
		in->body.coded = NULL;
	}
	in->left.kept += in->body.kept;
	return true;
}

static bool describe(struct warc_importer *in)
{
	struct capsa_error err = {0};
	enum capsa_status status;

	if (!new_metadata(in) || !set_origin(in)) {
		complain_record(in, "out of memory");
		return false;
	}
	status = import_warc_metadata(&in->capture, false, in->metadata, &err);
	if (status == CAPSA_OK && in->body.coded != NULL)
		status = import_warc_set_coded(in->metadata, in->body.coded, &err);
	if (status == CAPSA_OK)
		return true;
	complain_record(in, err.text[0] != '\0' ? err.text : "out of memory");
	return false;
}

/* All that is said of a revisit; *line is good until the metadata change. */
static enum capsa_status describe_revisit(struct warc_importer *in, struct capsa_text *line,
                                          struct capsa_error *err)
{
	enum capsa_status status;

	if (!new_metadata(in))
		return capsa_fail_memory(err);
	status = import_warc_metadata(&in->capture, in->options->all, in->metadata, err);
	return status == CAPSA_OK ? capsa_metadata_line(in->metadata, line, err) : status;
}

/* The record as an article: 1, 0 where it is none, -1 complained. */
static int take_record(struct warc_importer *in, const struct warc_record *record,
                       struct import_article *out)
{
	struct warc_capture *capture = &in->capture;
	struct capsa_error err = {0};
	struct capsa_text line;
	enum warc_want wanted;

	in->names = (struct warc_names){0};
	capsa_metadata_free(in->named);
	in->named = NULL;
	if (!import_warc_body_read(&in->body, capture, in->reader, record, want_now, in, &wanted,
	                           &err))
		return complain(in, &err);
	if (wanted == WARC_WANT_NOTHING || cli_signal != 0)
		return 0;
	/* The first reading kept it, unless this fails. */
	if (wanted == WARC_WANT_CHECKED)
		return describe_revisit(in, &line, &err) == CAPSA_OK
		           ? 0
		           : complain_record(in, err.text);
	if (!set_body(in, &err))
		return complain(in, &err);
	if (!describe(in))
		return -1;
	if (capture->use == WARC_PAGE && !capture->beside)
		import_warc_names_of(&in->revisits, record, &in->names);
	if (!give_path(in, import_warc_capture_path(capture), capture->captured,
	               capture->use == WARC_PAGE))
		return -1;
	return import_wanted(in->options, in->path) ? give_article(in, out) : 0;
}

/* Where revisits are of what is not here. */
static const char left_revisits[] = "warc/revisit";

/* What the record it names says of the body holds for the revisit, too. */
static enum capsa_status take_from_named(struct warc_importer *in, struct capsa_metadata *named,
                                         struct capsa_error *err)
{
	struct capsa_text line;
	enum capsa_status status = capsa_metadata_line(named, &line, err);
	char *format;

	if (status != CAPSA_OK || capsa_metadata_has(in->metadata, "format"))
		return status;
	format = cli_line_string(line, "format");
	if (format != NULL)
		status = capsa_metadata_set(in->metadata, "format", format, strlen(format), err);
	free(format);
	return status;
}

/* Take up a revisit again: its metadata, origin and path.  `named` may be NULL. */
static bool take_revisit(struct warc_importer *in, const struct warc_revisit *revisit,
                         struct capsa_metadata *named)
{
	struct capsa_error err = {.text = "out of memory"};
	char *text = import_warc_revisits_text(&in->revisits, revisit, &err);
	char *url = NULL, *captured = NULL;
	struct capsa_text line;
	enum capsa_status status;
	bool good = false;

	if (text == NULL) {
		complain(in, &err);
		return false;
	}
	capsa_metadata_free(in->metadata);
	in->metadata = NULL;
	free(in->origin);
	in->origin = strdup(text);
	line = (struct capsa_text){text + strlen(text) + 1, revisit->size - strlen(text) - 1};
	status = capsa_metadata_parse(&in->metadata, line, &err);
	if (status == CAPSA_OK && named != NULL)
		status = take_from_named(in, named, &err);
	if (status == CAPSA_OK && named != NULL && in->body.coded != NULL)
		status = import_warc_set_coded(in->metadata, in->body.coded, &err);
	url = cli_line_string(line, "url");
	captured = cli_line_string(line, "captured");
	if (status != CAPSA_OK || in->origin == NULL || url == NULL)
		complain(in, &err);
	else
		good = give_path(in, import_warc_path(named != NULL ? "" : left_revisits, url),
		                 captured != NULL ? captured : "", named != NULL);
	free(url);
	free(captured);
	free(text);
	return good;
}

/* A revisit of the body that is at hand: 1, 0 there is none, -1 complained. */
static int next_revisit(struct warc_importer *in, struct import_article *out)
{
	struct warc_revisit *revisit;

	while ((revisit = import_warc_revisits_find(&in->revisits, &in->names)) != NULL) {
		if (in->named == NULL) {
			in->named = in->metadata;
			in->metadata = NULL;
		}
		if (!take_revisit(in, revisit, in->named))
			return -1;
		if (import_wanted(in->options, in->path))
			return give_article(in, out);
	}
	return 0;
}

/* At the end, a revisit of what is nowhere. */
static int next_left(struct warc_importer *in, struct import_article *out)
{
	while (in->at_end < in->revisits.count && cli_signal == 0) {
		struct warc_revisit *revisit = &in->revisits.items[in->at_end++];

		if (revisit->done)
			continue;
		revisit->done = true;
		if (!in->options->all) {
			import_warc_left_add(&in->left, "revisit of what is not here");
			continue;
		}
		in->body.source = capsa_source_memory("", 0);
		if (!take_revisit(in, revisit, NULL))
			return -1;
		capsa_metadata_remove(in->metadata, "url");
		if (import_wanted(in->options, in->path))
			return give_article(in, out);
	}
	in->over = true;
	return 0;
}

static int warc_next(struct importer *importer, struct import_article *out)
{
	struct warc_importer *in = (struct warc_importer *)importer;
	const struct warc_record *record;
	int got;

	while ((got = next_revisit(in, out)) == 0) {
		got = next_record(in, &record);
		if (got == 0)
			return next_left(in, out);
		if (got > 0)
			got = take_record(in, record, out);
		if (got != 0)
			return got;
	}
	return got;
}

/* ---- the first reading ---- */

/* Of revisits the whole block is read, since it is checked before they are given. */
static enum warc_want want_later(void *ctx)
{
	struct warc_importer *in = ctx;

	if (in->options->all && in->capture.use == WARC_OTHER && is_revisit(&in->capture))
		in->capture.use = WARC_REVISIT;
	return in->capture.use == WARC_REVISIT ? WARC_WANT_CHECKED : WARC_WANT_NOTHING;
}

/* Keep a revisit until the record that it names comes. */
static bool keep_revisit(struct warc_importer *in, struct capsa_error *err)
{
	struct buffer text = {0};
	struct warc_names names;
	struct capsa_text line;
	enum capsa_status status;
	bool good = false;

	if (!set_origin(in)) {
		capsa_fail_memory(err);
		return false;
	}
	/* What cannot be said of it is complained of in the second reading. */
	status = describe_revisit(in, &line, err);
	if (status != CAPSA_OK)
		return status != CAPSA_ENOMEM;
	import_warc_names_asked(&in->revisits, in->capture.record, &names);
	capsa_buffer_append(&text, in->origin, strlen(in->origin) + 1);
	capsa_buffer_append(&text, line.data, line.size);
	if (text.failed)
		capsa_fail_memory(err);
	else
		good = import_warc_revisits_add(&in->revisits, &names, text_of(buffer_span(&text)),
		                                in->options->temporary_directory, err);
	capsa_buffer_release(&text);
	return good;
}

/* False: it cannot go on, err says why. */
static bool survey_record(struct warc_importer *in, const struct warc_record *record,
                          struct capsa_error *err)
{
	struct warc_capture *capture = &in->capture;
	enum warc_want wanted;

	if (!import_warc_body_read(&in->body, capture, in->reader, record, want_later, in, &wanted,
	                           NULL) ||
	    (capture->use == WARC_OTHER && !in->options->all))
		return true;
	import_warc_paths_expect(&in->paths, import_warc_capture_path(capture),
	                         capture->use != WARC_REDIRECT);
	/* Where what it names is not there. */
	if (capture->use == WARC_REVISIT && in->options->all)
		import_warc_paths_expect(&in->paths, import_warc_path(left_revisits, capture->url),
		                         false);
	if (capture->use != WARC_REDIRECT && capture->use != WARC_REVISIT)
		in->base.total_bytes += record->size;
	return capture->use != WARC_REVISIT || keep_revisit(in, err);
}

static bool survey(struct warc_importer *in)
{
	struct import_complaints *complaints = in->options->complaints;
	bool muted = complaints->muted, good = true;
	const struct warc_record *record;
	struct capsa_error err = {0};
	uint64_t records = 0, total = 0;
	int got;

	for (size_t i = 0; i < in->count; i++)
		total += in->openers[i]->size;
	complaints->muted = true;
	in->looking = true;
	cli_progress_start("look", total);
	while (good && cli_signal == 0 && (got = next_record(in, &record)) != 0) {
		if (got > 0)
			good = survey_record(in, record, &err);
		cli_progress_step(
		    ++records,
		    in->looked + (in->reader != NULL ? import_warc_reader_offset(in->reader) : 0));
	}
	cli_progress_end();
	in->looking = false;
	import_complaints_resume(complaints, muted);
	if (good && (in->paths.directories.failed || in->paths.pages.failed ||
	             !import_warc_revisits_sort(&in->revisits))) {
		capsa_fail_memory(&err);
		good = false;
	}
	if (!good)
		cli_error("%s: %s", cli_quote(stream_name(in)), err.text);
	return good && cli_signal == 0;
}

/* ---- the importer ---- */

/* The body was copied: it cannot have changed. */
static bool warc_settle(struct importer *importer)
{
	(void)importer;
	return true;
}

static void warc_rewind(struct importer *importer)
{
	struct warc_importer *in = (struct warc_importer *)importer;

	import_warc_reader_free(in->reader);
	in->reader = NULL;
	in->current = 0;
	in->looked = 0;
	in->names = (struct warc_names){0};
	import_warc_paths_rewind(&in->paths);
	import_warc_revisits_rewind(&in->revisits);
	in->left = (struct warc_left){0};
	in->at_end = 0;
	in->over = false;
}

static void warc_close(struct importer *importer)
{
	struct warc_importer *in = (struct warc_importer *)importer;

	if (in == NULL)
		return;
	if (in->over && cli_signal == 0)
		tell(in);
	import_warc_reader_free(in->reader);
	import_warc_paths_release(&in->paths);
	import_warc_revisits_release(&in->revisits);
	import_warc_capture_release(&in->capture);
	import_warc_body_release(&in->body);
	capsa_metadata_free(in->metadata);
	capsa_metadata_free(in->named);
	free(in->path);
	free(in->origin);
	free(in->openers);
	free(in->files);
	free(in);
}

static struct warc_importer *new_importer(size_t count, const struct import_options *options)
{
	struct warc_importer *in = calloc(1, sizeof *in);

	if (in == NULL)
		return NULL;
	in->base = (struct importer){
	    .next = warc_next, .settle = warc_settle, .rewind = warc_rewind, .close = warc_close};
	in->options = options;
	in->body.directory = options->temporary_directory;
	in->openers = capsa_array_new(count, sizeof *in->openers);
	if (in->openers != NULL)
		return in;
	free(in);
	return NULL;
}

/* NULL: it cannot be; complained. */
static struct importer *begin(struct warc_importer *in)
{
	if (!survey(in)) {
		warc_close(&in->base);
		return NULL;
	}
	warc_rewind(&in->base);
	return &in->base;
}

struct importer *import_warc_streams(const struct import_stream_opener *const *openers,
                                     size_t count, const struct import_options *options)
{
	struct warc_importer *in = new_importer(count, options);

	if (in == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	memcpy(in->openers, openers, count * sizeof(const struct import_stream_opener *));
	in->count = count;
	return begin(in);
}

/* ---- files ---- */

struct importer *import_warc(const struct import_input *inputs, size_t count,
                             const struct import_options *options)
{
	struct warc_importer *in = new_importer(count, options);

	if (in != NULL)
		in->files = capsa_array_new(count, sizeof *in->files);
	if (in == NULL || in->files == NULL) {
		cli_error("out of memory");
		warc_close(in != NULL ? &in->base : NULL);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct stat status;

		in->files[i] = (struct import_stream_opener){.open = import_stream_open_file,
		                                             .name = inputs[i].file};
		if (stat(inputs[i].file, &status) == 0 && S_ISREG(status.st_mode))
			in->files[i].size = (uint64_t)status.st_size;
		in->openers[i] = &in->files[i];
	}
	in->count = count;
	return begin(in);
}
