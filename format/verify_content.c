/*
 * Deep verification of what the frames hold (spec 13): headers, bodies, lines, keys, SHA-256.
 * Workers digest headers and bodies; the lines, which come later in the file, are compared
 * with these digests in order.
 */
#include "digest.h"
#include "frame.h"
#include "keys.h"
#include "metadata.h"
#include "path.h"
#include "source.h"
#include "tar.h"
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>

/* An article whose line has not come yet. */
struct waiting {
	struct spine_article article;
	uint64_t offset;                /* of its frame */
	uint8_t header[CAPSA_DIGEST_SIZE];
	uint8_t body[CAPSA_DIGEST_SIZE];
	bool lost;                      /* its frame is: nothing to compare */
};

struct content {
	struct buffer waiting;          /* array of struct waiting */
	size_t done;                    /* of them */
	uint64_t next_article;          /* number of the first that waits */
	uint64_t next_frame;            /* its number, unless pages of the spine are lost */
	uint64_t metadata_members;
	bool members_lost;              /* how many came before is not known */
	uint64_t bytes;                 /* of the bodies, by the lines so far */
	bool lines_lost;
	bool unhashed;                  /* some frame is lost: no SHA-256 */
	struct sha256_state sha256;

	bool large;                     /* the last one that waits goes on */
	uint64_t missing;               /* bytes of its body and padding */
	uint64_t body_left;
	struct digest_state body;

	struct article_keys keys;
	struct buffer name;
	struct buffer target;
};

enum capsa_status capsa_content_new(struct verification *v, struct capsa_error *err)
{
	v->content = calloc(1, sizeof *v->content);
	if (v->content == NULL)
		return capsa_fail_memory(err);
	capsa_sha256_init(&v->content->sha256);
	capsa_sha256_update(&v->content->sha256, span_of(capsa_prefix, CAPSA_PREFIX_SIZE));
	return CAPSA_OK;
}

void capsa_content_free(struct content *content)
{
	if (content == NULL)
		return;
	capsa_buffer_release(&content->waiting);
	capsa_buffer_release(&content->name);
	capsa_buffer_release(&content->target);
	capsa_article_keys_release(&content->keys);
	free(content);
}

static bool all_zero(struct span bytes)
{
	for (size_t i = 0; i < bytes.size; i++)
		if (bytes.data[i] != 0)
			return false;
	return true;
}

/* ---- in workers ----------------------------------------------------------------- */

enum capsa_status capsa_content_digest(struct verify_job *job, struct capsa_error *err)
{
	size_t at = 0;

	if (job->frame.kind != CAPSA_FRAME_ARTICLES)
		return CAPSA_OK;
	job->digests = capsa_array_new(job->frame.count, sizeof *job->digests);
	if (job->digests == NULL)
		return capsa_fail_memory(err);
	for (uint32_t i = 0; i < job->frame.count; i++) {
		const struct spine_article *article = &job->articles[i];
		uint64_t member = capsa_spine_member_size(article);

		capsa_digest(job->digests[i][0], span_of(job->raw.data + at, article->header_size));
		if (member > job->raw.size)
			break;          /* it goes on in parts, which are digested in order */
		capsa_digest(job->digests[i][1], span_of(job->raw.data + at + article->header_size,
		                                         (size_t)article->size));
		at += (size_t)member;
		if (!all_zero(span_of(job->raw.data + at - tar_padding(article->size),
		                      tar_padding(article->size))))
			return capsa_fail(err, CAPSA_ECORRUPT, job->offset,
			                  "the padding of a member is not zero");
	}
	return CAPSA_OK;
}

/* ---- articles ---------------------------------------------------------------------- */

static struct waiting *last_waiting(struct content *c)
{
	return (struct waiting *)(void *)(c->waiting.data + c->waiting.size) - 1;
}

static uint64_t waiting_count(const struct content *c)
{
	return c->waiting.size / sizeof(struct waiting) - c->done;
}

/* The first that waits, or NULL. */
static const struct waiting *first_waiting(const struct content *c)
{
	const struct waiting *all = (const void *)c->waiting.data;

	return waiting_count(c) != 0 ? all + c->done : NULL;
}

/* Let go of the articles before number `end`: their lines came, or are lost. */
static void settle(struct content *c, uint64_t end)
{
	uint64_t count = end > c->next_article ? end - c->next_article : 0;
	size_t left;

	if (count > waiting_count(c))
		count = waiting_count(c);
	c->done += (size_t)count;
	c->next_article += count;
	left = (size_t)waiting_count(c);
	if (left == 0)
		c->large = false;       /* even where it should go on */
	if (c->done > left) {
		if (left != 0)
			memmove(c->waiting.data, first_waiting(c), left * sizeof(struct waiting));
		c->waiting.size = left * sizeof(struct waiting);
		c->done = 0;
	}
}

/*
 * The spine has lost frames before this one, or it is damaged in another way, and reported so.
 * Of what waited no line can be told apart from others; what follows has its numbers still.
 */
static void lose_place(struct content *c, const struct verify_job *job)
{
	settle(c, UINT64_MAX);
	c->next_article = job->before.articles;
	c->lines_lost = true;
	c->members_lost = true;
}

/* Bytes of a large member's body and padding, in order. */
static enum capsa_status feed_large(struct verification *v, struct span bytes,
                                    const struct verify_job *job, struct capsa_error *err)
{
	struct content *c = v->content;
	size_t part = bytes.size < c->body_left ? bytes.size : (size_t)c->body_left;
	uint64_t number = job->before.articles + job->frame.count - 1;
	enum capsa_status st = CAPSA_OK;

	capsa_digest_update(&c->body, span_of(bytes.data, part));
	c->body_left -= part;
	c->missing -= bytes.size;
	if (!all_zero(span_of(bytes.data + part, bytes.size - part))) {
		last_waiting(c)->lost = true;
		st = capsa_verify_article(v, capsa_frame_name(job->frame.kind), job->offset, number,
		                          CAPSA_ECORRUPT, "the padding of a member is not zero",
		                          err);
	}
	if (c->missing == 0) {
		capsa_digest_final(&c->body, last_waiting(c)->body);
		c->large = false;
	}
	return st;
}

static enum capsa_status take_articles(struct verification *v, const struct verify_job *job,
                                       struct capsa_error *err)
{
	struct content *c = v->content;
	const struct spine_article *article = job->articles;

	c->large = false;
	for (uint32_t i = 0; i < job->frame.count; i++) {
		struct waiting waiting = {.article = job->articles[i],
		                          .offset = job->offset,
		                          .lost = job->status != CAPSA_OK};

		if (!waiting.lost) {
			memcpy(waiting.header, job->digests[i][0], CAPSA_DIGEST_SIZE);
			memcpy(waiting.body, job->digests[i][1], CAPSA_DIGEST_SIZE);
		}
		capsa_buffer_append(&c->waiting, &waiting, sizeof waiting);
	}
	if (c->waiting.failed)
		return capsa_fail_memory(err);
	if (capsa_spine_member_size(article) <= job->frame.raw_size)
		return CAPSA_OK;
	c->large = true;
	c->missing = article->size + tar_padding(article->size);
	c->body_left = article->size;
	capsa_digest_init(&c->body);
	if (job->status != CAPSA_OK) {
		c->missing -= job->frame.raw_size - article->header_size;
		return CAPSA_OK;
	}
	return feed_large(v,
	                  span_of(job->raw.data + article->header_size,
	                          job->raw.size - article->header_size),
	                  job, err);
}

static enum capsa_status take_part(struct verification *v, const struct verify_job *job,
                                   struct capsa_error *err)
{
	struct content *c = v->content;

	if (!c->large || job->frame.raw_size > c->missing)
		return CAPSA_OK;        /* the spine is damaged, and reported so */
	if (job->status != CAPSA_OK) {
		last_waiting(c)->lost = true;
		c->missing -= job->frame.raw_size;
		if (c->missing == 0)
			c->large = false;
		return CAPSA_OK;
	}
	return feed_large(v, buffer_span(&job->raw), job, err);
}

/* ---- lines --------------------------------------------------------------------------- */

/* Append "articles/" and the path that stands, escaped, on a line. */
static bool member_name(struct buffer *out, struct capsa_text path)
{
	uint8_t *room;

	buffer_clear(out);
	capsa_buffer_append(out, CAPSA_ARTICLES_PREFIX, strlen(CAPSA_ARTICLES_PREFIX));
	room = capsa_buffer_extend(out, path.size);
	if (room != NULL)
		out->size = strlen(CAPSA_ARTICLES_PREFIX) + capsa_line_text(path, (char *)room);
	return room != NULL;
}

/* What is wrong with an article, and where. */
struct fault {
	const char *structure;
	uint64_t offset;
	struct capsa_error why;
};

/*
 * The line of the article whose body this one shares: name of its member, and is it the same
 * body?
 */
static const char *compare_target(struct verification *v, uint64_t number,
                                  const struct waiting *waiting, const struct line_facts *facts,
                                  struct tar_member *member, struct fault *fault)
{
	struct content *c = v->content;
	struct capsa_article target;
	struct line_facts other;
	struct capsa_text line;

	if (capsa_reader_article(v->reader, number, &target, &fault->why) != CAPSA_OK) {
		/* Its own frame is whole; a page of the spine may be lost. */
		fault->structure = "body of another article";
		fault->offset = fault->why.offset;
		return fault->why.text;
	}
	if (capsa_reader_metadata(v->reader, number - waiting->article.link, &line, NULL) !=
	        CAPSA_OK ||
	    capsa_line_check(span_text(line), CAPSA_NO_OFFSET, NULL) != CAPSA_OK)
		return NULL;            /* reported at its own place */
	capsa_line_facts(span_text(line), &other);
	if (memcmp(facts->digest, other.digest, CAPSA_DIGEST_SIZE) != 0 ||
	    facts->size != other.size)
		return "the article shares the body of one with another digest or size";
	if (!member_name(&c->target, other.path))
		return NULL;
	member->target = buffer_span(&c->target);
	return NULL;
}

/* What is wrong with an article, by its line; NULL where nothing is. */
static const char *compare_article(struct verification *v, uint64_t number,
                                   const struct waiting *waiting, const struct line_facts *facts,
                                   struct fault *fault)
{
	struct content *c = v->content;
	struct tar_member member = {.size = waiting->article.size,
	                            .mtime = facts->has_modified ? facts->modified : 0};
	uint8_t header[CAPSA_TAR_HEADER_MAX], digest[CAPSA_DIGEST_SIZE];
	const char *wrong;

	if (waiting->article.link == 0) {
		if (facts->size != waiting->article.size)
			return "the size on its metadata line is not that of the body";
		if (memcmp(facts->digest, waiting->body, CAPSA_DIGEST_SIZE) != 0)
			return "the body does not have the digest on its metadata line";
	} else {
		wrong = compare_target(v, number, waiting, facts, &member, fault);
		if (wrong != NULL || member.target.size == 0)
			return wrong;
	}
	if (!member_name(&c->name, facts->path))
		return NULL;
	member.name = buffer_span(&c->name);
	capsa_digest(digest, span_of(header, capsa_tar_header(&member, header)));
	if (memcmp(digest, waiting->header, CAPSA_DIGEST_SIZE) != 0)
		return "its tar header is not what its metadata line implies";
	return NULL;
}

static enum capsa_status count_keys(struct verification *v, uint64_t number,
                                    const struct line_facts *facts, struct capsa_error *err)
{
	struct article_keys *keys = &v->content->keys;
	struct multiset *sets = v->line_keys;
	enum capsa_status st = capsa_article_keys(facts, v->options.keys, keys, err);

	if (st != CAPSA_OK)
		return st;
	capsa_multiset_add(&sets[CAPSA_TREE_PATH], v->secret, buffer_span(&keys->path), number,
	                   &v->scratch);
	if (keys->url.size != 0)
		capsa_multiset_add(&sets[CAPSA_TREE_URL], v->secret, buffer_span(&keys->url),
		                   number, &v->scratch);
	if (keys->title.size != 0)
		capsa_multiset_add(&sets[CAPSA_TREE_TITLE], v->secret, buffer_span(&keys->title),
		                   number, &v->scratch);
	if (keys->has_date)
		capsa_multiset_add(&sets[CAPSA_TREE_DATE], v->secret,
		                   span_of(keys->date, sizeof keys->date), number, &v->scratch);
	return v->scratch.failed ? capsa_fail_memory(err) : CAPSA_OK;
}

/* The line of article `number`, which is the next that waits, or one that was lost. */
static enum capsa_status take_line(struct verification *v, struct span line, uint64_t number,
                                   const struct verify_job *job, struct capsa_error *err)
{
	struct content *c = v->content;
	const struct waiting *waiting = number == c->next_article ? first_waiting(c) : NULL;
	struct line_facts facts;
	struct capsa_error why = {0};
	const char *wrong;

	if (capsa_line_check(line, job->offset, &why) != CAPSA_OK) {
		c->lines_lost = true;
		v->report->lines_lost++;
		capsa_verify_structure(v, "metadata frame", job->offset, CAPSA_ECORRUPT, why.text);
		return CAPSA_OK;
	}
	capsa_line_facts(line, &facts);
	c->bytes += facts.size;
	if (waiting != NULL && !waiting->lost) {
		struct fault fault = {.structure = "articles frame", .offset = waiting->offset};

		wrong = compare_article(v, number, waiting, &facts, &fault);
		if (wrong != NULL) {
			enum capsa_status st =
			    capsa_verify_article(v, fault.structure, fault.offset, number,
			                         CAPSA_ECORRUPT, wrong, err);

			if (st != CAPSA_OK)
				return st;
		}
	}
	return count_keys(v, number, &facts, err);
}

/* Header and padding of a member below capsa/; *body receives what is between. */
static const char *check_own_member(const struct verification *v, struct span *raw,
                                    const char *name, struct span *body)
{
	uint8_t room[CAPSA_TAR_HEADER_MAX], header[CAPSA_TAR_HEADER_MAX];
	struct tar_member member;
	size_t size, padding;

	if (capsa_tar_parse(*raw, &member, room, &size, CAPSA_NO_OFFSET, NULL) != CAPSA_OK)
		return "its tar header is not allowed";
	member.name = span_of(name, strlen(name));
	member.mtime = v->reader->statement.facts.created;
	member.target = span_of(NULL, 0);
	if (capsa_tar_header(&member, header) != size || memcmp(header, raw->data, size) != 0)
		return "its tar header is not what it must be";
	padding = tar_padding(member.size);
	if (member.size > raw->size - size || padding > raw->size - size - member.size)
		return "its member is cut off";
	*body = span_of(raw->data + size, (size_t)member.size);
	if (!all_zero(span_of(body->data + body->size, padding)))
		return "the padding of its member is not zero";
	*raw = span_of(body->data + body->size + padding, raw->size - size - body->size - padding);
	return NULL;
}

static enum capsa_status take_lines(struct verification *v, struct span lines,
                                    const struct verify_job *job, struct capsa_error *err)
{
	struct content *c = v->content;
	uint32_t count = 0;
	enum capsa_status st = CAPSA_OK;

	while (st == CAPSA_OK && lines.size > 0 && count < job->frame.count) {
		const uint8_t *feed = memchr(lines.data, '\n', lines.size);
		size_t size = feed != NULL ? (size_t)(feed - lines.data) : lines.size;

		if (feed == NULL)
			break;
		st = take_line(v, span_of(lines.data, size), job->before.lines + count, job, err);
		count++;
		settle(c, job->before.lines + count);
		lines = span_of(lines.data + size + 1, lines.size - size - 1);
	}
	if (st != CAPSA_OK || (count == job->frame.count && lines.size == 0))
		return st;
	settle(c, job->before.lines + job->frame.count);
	c->lines_lost = true;
	capsa_verify_structure(v, "metadata frame", job->offset, CAPSA_ECORRUPT,
	                       "it has not as many lines as the spine says");
	return CAPSA_OK;
}

/* The number that a metadata member itself has in its name; 0 where it is not such a name. */
static uint64_t member_number(struct span raw)
{
	uint8_t room[CAPSA_TAR_HEADER_MAX];
	struct tar_member member;
	uint64_t number = 0;
	size_t size;

	if (capsa_tar_parse(raw, &member, room, &size, CAPSA_NO_OFFSET, NULL) != CAPSA_OK)
		return 0;
	for (size_t i = strlen("capsa/metadata/"); i < member.name.size; i++) {
		if (member.name.data[i] < '0' || member.name.data[i] > '9')
			break;
		number = number * 10 + (uint64_t)(member.name.data[i] - '0');
	}
	return number;
}

static enum capsa_status take_metadata(struct verification *v, const struct verify_job *job,
                                       struct capsa_error *err)
{
	struct content *c = v->content;
	struct span raw = buffer_span(&job->raw), lines;
	uint64_t end = job->before.lines + job->frame.count;
	char name[64];
	const char *wrong;

	settle(c, job->before.lines);
	if (end > c->next_article + waiting_count(c))
		lose_place(c, job);
	if (job->status != CAPSA_OK) {
		c->lines_lost = true;
		c->metadata_members++;
		settle(c, end);
		return CAPSA_OK;
	}
	if (c->members_lost)
		c->metadata_members = member_number(raw);
	c->members_lost = false;
	snprintf(name, sizeof name, "capsa/metadata/%08" PRIu64 ".jsonl", c->metadata_members++);
	wrong = check_own_member(v, &raw, name, &lines);
	if (wrong == NULL && raw.size != 0)
		wrong = "bytes follow its member";
	if (wrong == NULL)
		return take_lines(v, lines, job, err);
	c->lines_lost = true;
	settle(c, end);
	capsa_verify_structure(v, "metadata frame", job->offset, CAPSA_ECORRUPT, wrong);
	return CAPSA_OK;
}

/* ---- head and end ------------------------------------------------------------------------ */

static const char *check_head(const struct verification *v, struct span raw)
{
	const struct dictionary *dictionary;
	struct span body;
	const char *wrong = check_own_member(v, &raw, "capsa/README.txt", &body);

	if (wrong == NULL && body.size > 64U << 10)
		wrong = "README.txt is over 64 KiB";
	if (wrong == NULL)
		wrong = check_own_member(v, &raw, "capsa/archive.json", &body);
	if (wrong == NULL &&
	    (body.size < 2 || body.size > 64U << 10 || body.data[body.size - 1] != '\n' ||
	     body.data[0] != '{' || !capsa_json_canonical(span_of(body.data, body.size - 1), 0)))
		wrong = "archive.json is not one canonical line";
	if (wrong == NULL && v->reader->statement.facts.dictionary_size != 0) {
		wrong = check_own_member(v, &raw, "capsa/dictionary", &body);
		if (wrong == NULL &&
		    capsa_reader_dictionary(v->reader, &dictionary, NULL) != CAPSA_OK)
			wrong = "the dictionary is not the one of the statement, or cannot be used";
	}
	if (wrong == NULL && raw.size != 0)
		wrong = "bytes follow its members";
	return wrong;
}

enum capsa_status capsa_content_frame(struct verification *v, const struct verify_job *job,
                                      struct capsa_error *err)
{
	struct content *c = v->content;
	const char *wrong = NULL;

	if (job->before.frames != c->next_frame ||
	    job->before.articles != c->next_article + waiting_count(c) ||
	    waiting_count(c) > CAPSA_FRAME_WAITING_MAX)
		lose_place(c, job);
	c->next_frame = job->before.frames + 1;
	if (job->status != CAPSA_OK)
		c->unhashed = true;
	else
		capsa_sha256_update(&c->sha256, buffer_span(&job->stored));
	switch (job->frame.kind) {
	case CAPSA_FRAME_ARTICLES:
		return take_articles(v, job, err);
	case CAPSA_FRAME_PART:
		return take_part(v, job, err);
	case CAPSA_FRAME_METADATA:
		return take_metadata(v, job, err);
	case CAPSA_FRAME_HEAD:
		if (job->status == CAPSA_OK)
			wrong = check_head(v, buffer_span(&job->raw));
		break;
	default:
		if (job->status == CAPSA_OK && !all_zero(buffer_span(&job->raw)))
			wrong = "the end of the tar stream is not zero";
		break;
	}
	if (wrong != NULL)
		capsa_verify_structure(v, capsa_frame_name(job->frame.kind), job->offset,
		                       CAPSA_ECORRUPT, wrong);
	return CAPSA_OK;
}

/*
 * ---- after the last frame -----------------------------------------------------------------
 */

static void compare_keys(struct verification *v, enum capsa_tree tree, const char *name)
{
	if (!multiset_equal(&v->tree_keys[tree], &v->line_keys[tree]))
		capsa_verify_structure(v, name, reader_root(v->reader, tree)->offset,
		                       CAPSA_ECORRUPT,
		                       "its keys are not those that the metadata lines imply");
}

static bool same_unicode(const struct verification *v)
{
	struct capsa_text unicode = v->reader->statement.facts.unicode;
	const struct capsa_keys *keys = v->options.keys;

	return keys != NULL && keys->title != NULL && keys->unicode != NULL &&
	       span_equal(span_text(unicode), span_of(keys->unicode, strlen(keys->unicode)));
}

/* The index too belongs to the bytes that the statement's SHA-256 covers. */
static enum capsa_status check_sha256(struct verification *v, struct capsa_error *err)
{
	struct content *c = v->content;
	const struct capsa_statement *facts = &v->reader->statement.facts;
	uint64_t at = v->bytes_done;
	uint8_t bytes[16384], sha256[32];

	while (at < facts->size) {
		size_t size =
		    facts->size - at < sizeof bytes ? (size_t)(facts->size - at) : sizeof bytes;

		enum capsa_status st =
		    capsa_source_read(&v->reader->source, at, bytes, size, err);

		if (st != CAPSA_OK)
			return st;
		capsa_sha256_update(&c->sha256, span_of(bytes, size));
		at += size;
	}
	capsa_sha256_final(&c->sha256, sha256);
	v->report->sha256_checked = true;
	if (memcmp(sha256, facts->sha256, sizeof sha256) != 0)
		capsa_verify_structure(v, "SHA-256", CAPSA_NO_OFFSET, CAPSA_ECORRUPT,
		                       "the bytes before the statement do not have its SHA-256");
	return CAPSA_OK;
}

enum capsa_status capsa_content_finish(struct verification *v, struct capsa_error *err)
{
	struct content *c = v->content;

	if (!c->lines_lost && !v->spine_damaged && c->bytes != v->reader->statement.facts.bytes)
		capsa_verify_structure(v, "statement", v->reader->statement_offset, CAPSA_ECORRUPT,
		                       "the bodies have another number of bytes than it says");
	/*
	 * Keys and SHA-256 say something only where all the bytes that they stand for were
	 * read.
	 */
	if (!c->lines_lost && !v->index_damaged) {
		compare_keys(v, CAPSA_TREE_PATH, "path tree");
		compare_keys(v, CAPSA_TREE_DATE, "date tree");
		if (v->options.keys != NULL && v->options.keys->url != NULL) {
			compare_keys(v, CAPSA_TREE_URL, "url tree");
			v->report->url_keys_checked = true;
		}
		if (same_unicode(v)) {
			compare_keys(v, CAPSA_TREE_TITLE, "title tree");
			v->report->title_keys_checked = true;
		}
	}
	if (!c->unhashed && !v->spine_damaged)
		return check_sha256(v, err);
	return CAPSA_OK;
}
