#include "verify.h"
#include "digest.h"
#include "frame.h"
#include "metadata.h"
#include "path.h"
#include "source.h"
#include "walk.h"

#include <stdlib.h>

/*
 * Paths of articles whose metadata line is lost are searched in the path tree; each search
 * reads all of it.
 */
#define PATH_SEARCHES_MAX 64

void capsa_verify_structure(struct verification *v, const char *structure, uint64_t offset,
                            enum capsa_status status, const char *cause)
{
	struct capsa_damage damage = {
	    .status = status, .structure = structure, .offset = offset, .cause = cause};

	if (status != CAPSA_EWITHHELD)
		v->report->structures++;
	if (v->options.damage != NULL)
		v->options.damage(v->options.ctx, &damage);
}

/* The path of an article whose line is lost, by a walk of the path tree. */
static enum capsa_status search_path(struct verification *v, uint64_t number, struct buffer *out,
                                     struct capsa_error *err)
{
	struct walk walk;
	struct span key;
	uint64_t found;
	enum capsa_status st;

	if (v->path_searches == PATH_SEARCHES_MAX)
		return CAPSA_OK;
	v->path_searches++;
	capsa_walk_init(&walk, v->reader->pages, reader_root(v->reader, CAPSA_TREE_PATH));
	st = capsa_walk_seek(&walk, span_of(NULL, 0), NULL);
	while (st == CAPSA_OK) {
		st = capsa_walk_next(&walk, &key, &found, NULL);
		if (st == CAPSA_OK && found == number) {
			capsa_buffer_append(out, key.data, key.size);
			for (size_t i = 0; i < out->size; i++)
				if (out->data[i] == 0)
					out->data[i] = '/';
			break;
		}
	}
	return st == CAPSA_ENOMEM || out->failed ? capsa_fail_memory(err) : CAPSA_OK;
}

static enum capsa_status find_path(struct verification *v, uint64_t number, struct buffer *out,
                                   struct capsa_error *err)
{
	struct capsa_text line, value;
	uint8_t *room;
	enum capsa_status st = capsa_reader_metadata(v->reader, number, &line, NULL);

	if (st == CAPSA_OK)
		st = capsa_line_find(line, "path", &value);
	if (st != CAPSA_OK)
		return search_path(v, number, out, err);
	room = capsa_buffer_extend(out, value.size);
	if (room == NULL)
		return capsa_fail_memory(err);
	out->size = capsa_line_text(value, (char *)room);
	return CAPSA_OK;
}

/* What was remembered last, or NULL. */
static struct lost_range *last_lost(const struct verification *v)
{
	return v->lost.size != 0 ? (struct lost_range *)(void *)(v->lost.data + v->lost.size) - 1
	                         : NULL;
}

bool capsa_verify_withheld(const struct verification *v, uint64_t number)
{
	const struct lost_range *last = last_lost(v);

	return last != NULL && last->last == number && last->status == CAPSA_EWITHHELD;
}

/*
 * Remember a lost article.  False where it is the last one remembered: each part of a large
 * article may be lost once more.
 */
static bool remember(struct verification *v, uint64_t number, enum capsa_status status,
                     uint64_t offset)
{
	struct lost_range range = {number, number, status, offset};
	struct lost_range *last = last_lost(v);

	if (last != NULL && last->last == number)
		return false;
	if (last != NULL && last->last + 1 == number && last->status == status &&
	    last->offset == offset)
		last->last = number;
	else
		capsa_buffer_append(&v->lost, &range, sizeof range);
	return true;
}

enum capsa_status capsa_verify_article(struct verification *v, const char *structure,
                                       uint64_t offset, uint64_t number, enum capsa_status status,
                                       const char *cause, struct capsa_error *err)
{
	struct capsa_damage damage = {.status = status,
	                              .structure = structure,
	                              .offset = offset,
	                              .cause = cause,
	                              .is_article = true,
	                              .number = number};
	struct buffer path = {0};
	enum capsa_status st;

	if (!v->lost_sorted && !remember(v, number, status, offset))
		return CAPSA_OK;
	/* It was left to another part, yet is lost with a frame or an article of this one. */
	if ((number < v->read_first || number >= v->read_end) && v->report->not_read > 0)
		v->report->not_read--;
	if (status == CAPSA_EWITHHELD)
		v->report->withheld++;
	else
		v->report->damaged++;
	if (v->options.damage == NULL)
		return CAPSA_OK;
	st = find_path(v, number, &path, err);
	if (st == CAPSA_OK) {
		damage.path = text_of(buffer_span(&path));
		v->options.damage(v->options.ctx, &damage);
	}
	capsa_buffer_release(&path);
	return st;
}

static enum capsa_status check_prefix(struct verification *v)
{
	uint8_t prefix[CAPSA_PREFIX_SIZE];
	struct capsa_error why = {0};
	enum capsa_status st =
	    capsa_source_read(&v->reader->source, 0, prefix, sizeof prefix, &why);

	v->report->bytes_read += sizeof prefix;
	v->bytes_done += sizeof prefix;
	for (unsigned i = 0; st == CAPSA_OK && i < sizeof prefix; i++)
		if (prefix[i] != capsa_prefix[i])
			st = capsa_fail(&why, CAPSA_ECORRUPT, i,
			                "the prefix is not what it must be");
	if (st != CAPSA_OK)
		capsa_verify_structure(v, "prefix", why.offset, st, why.text);
	return st;
}

static enum capsa_status verify_all(struct verification *v, struct capsa_error *err)
{
	enum capsa_status st;

	if (v->reader->trailer_damaged)
		capsa_verify_structure(v, "trailer", v->reader->trailer_offset, CAPSA_ECORRUPT,
		                       "trailer or attestations are damaged or cut off");
	st = capsa_verify_index(v, err);
	if (v->options.depth == CAPSA_VERIFY_QUICK)
		v->report->not_read = v->report->articles;
	if (st != CAPSA_OK || v->options.depth == CAPSA_VERIFY_QUICK)
		return st;
	v->report->frames_read = true;
	check_prefix(v);
	if (v->options.depth == CAPSA_VERIFY_DEEP)
		st = capsa_content_new(v, err);
	if (st == CAPSA_OK)
		st = capsa_verify_frames(v, err);
	if (st == CAPSA_OK && v->content != NULL)
		st = capsa_content_finish(v, err);
	return st;
}

static bool options_allowed(const struct capsa_verify_options *o)
{
	bool good = (unsigned)o->depth <= CAPSA_VERIFY_DEEP;

	if (o->part != 0 || o->parts != 0)
		good = good && o->part >= 1 && o->part <= o->parts &&
		       (o->depth == 0 || o->depth == CAPSA_VERIFY_FULL);
	for (unsigned i = 0; i < sizeof o->reserved / sizeof *o->reserved; i++)
		good = good && o->reserved[i] == 0;
	return good;
}

enum capsa_status capsa_reader_verify(struct capsa_reader *reader,
                                      const struct capsa_verify_options *options,
                                      struct capsa_report *report, struct capsa_error *err)
{
	struct verification v = {
	    .reader = reader, .report = report, .bytes_total = reader->statement.facts.size};
	uint64_t articles = reader->statement.facts.articles, bad;
	enum capsa_status st;

	if (options != NULL)
		v.options = *options;
	if (!options_allowed(&v.options))
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "a verification option is not allowed");
	if (v.options.depth == 0)
		v.options.depth = CAPSA_VERIFY_FULL;
	*report = (struct capsa_report){.articles = articles};
	capsa_random(v.secret, sizeof v.secret);
	/* Digests can be checked whatever the archive requires; what the frames hold cannot. */
	st = v.options.depth == CAPSA_VERIFY_DEEP ? capsa_reader_usable(reader, err) : CAPSA_OK;
	if (st == CAPSA_OK)
		st = verify_all(&v, err);
	bad = report->damaged + report->withheld + report->not_read;
	if (report->frames_read && bad <= articles)
		report->good = articles - bad;
	if (st == CAPSA_OK && (report->damaged != 0 || report->structures != 0))
		st = capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "the archive is damaged");
	capsa_content_free(v.content);
	capsa_buffer_release(&v.lost);
	capsa_buffer_release(&v.scratch);
	return st;
}
