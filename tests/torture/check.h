/*
 * What a damaged archive must still do, said from where the change lies (archive.h) and compared
 * with what opening, reading, verification and salvage do.
 */
#ifndef TORTURE_CHECK_H
#define TORTURE_CHECK_H

#include "archive.h"

#include <stdarg.h>

/* Figures of one kind of change. */
struct tally {
	uint64_t tried;
	uint64_t reported; /* by verification, or because the archive does not open */
	uint64_t unpinned; /* only what nothing pins has changed: a withheld frame's reason */
	uint64_t wrong; /* bodies, lines and paths that are not what was packed */
	uint64_t whole; /* articles whose frames the change has spared */
	uint64_t by_get; /* of these: read by their path */
	uint64_t by_salvage; /* of these: salvaged */
	uint64_t misnamed; /* damage that was not named, or named and not there */
	uint64_t lost; /* articles, lines that are whole and do not come where they must */
};

/* A damaged archive that is looked at. */
struct trial {
	const struct archive *archive;
	struct span bytes;
	struct tally *tally;
	const char *what; /* the change, for messages */
	uint64_t at;

	/* What the change must hit. */
	bool hit[PARTS_MAX];
	uint64_t hits[PART_KINDS]; /* without those of withheld parts */
	bool withheld_hit;
	bool must_open;

	/* What came. */
	bool named[ARTICLES_MAX], withheld[ARTICLES_MAX];
	bool part_named[PARTS_MAX];
	uint64_t counted; /* articles that are damaged, as the report counts them */
	bool got[ARTICLES_MAX], saved[ARTICLES_MAX], saved_line[ARTICLES_MAX];
};

enum condition { CONDITION_WHOLE, CONDITION_HIT, CONDITION_WITHHELD };

__attribute__((format(printf, 3, 4))) static inline void
complain(const struct trial *t, uint64_t *count, const char *format, ...)
{
	va_list arguments;

	if (++*count > 20)
		return;
	printf("# %s, %s %llu: ", t->archive->name, t->what, (unsigned long long)t->at);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

/* ---- what must happen ---------------------------------------------------------- */

static inline void find_hits(struct trial *t)
{
	const struct archive *a = t->archive;

	for (size_t i = 0; i < a->part_count; i++) {
		const struct part *part = &a->parts[i];

		t->hit[i] = part->offset + part->size > t->bytes.size ||
		            memcmp(a->bytes.data + part->offset, t->bytes.data + part->offset,
		                   (size_t)part->size) != 0;
		if (t->hit[i] && part->withheld)
			t->withheld_hit = true;
		else
			t->hits[part->kind] += t->hit[i];
	}
	/* Where the trailer alone is bad, the signature proves the statement. */
	t->must_open = t->hits[PART_STATEMENT] + t->hits[PART_ATTESTATIONS] == 0;
}

static inline enum condition part_condition(const struct trial *t, size_t part)
{
	if (t->hit[part])
		return CONDITION_HIT;
	return t->archive->parts[part].withheld ? CONDITION_WITHHELD : CONDITION_WHOLE;
}

static inline enum condition member_condition(const struct trial *t, const struct packed *article)
{
	enum condition worst = CONDITION_WHOLE;

	for (size_t i = article->first_part; i < article->end_part; i++) {
		enum condition condition = part_condition(t, i);

		if (condition == CONDITION_HIT)
			return condition;
		if (condition == CONDITION_WITHHELD)
			worst = condition;
	}
	return worst;
}

/* Of the frames that hold the body. */
static inline enum condition body_condition(const struct trial *t, size_t number)
{
	const struct packed *article = &t->archive->articles[number];

	return member_condition(t, article - article->link);
}

/* Of all frames that verification and salvage need: of a link its own, too. */
static inline enum condition article_condition(const struct trial *t, size_t number)
{
	enum condition own = member_condition(t, &t->archive->articles[number]);
	enum condition body = body_condition(t, number);

	if (own == CONDITION_HIT || body == CONDITION_HIT)
		return CONDITION_HIT;
	return own == CONDITION_WHOLE ? body : own;
}

/* Without the dictionary no other frame can be read. */
static inline bool dictionary_lost(const struct trial *t)
{
	return t->archive->dictionary && t->hits[PART_HEAD] != 0;
}

/* ---- verification --------------------------------------------------------------- */

static inline void note_damage(void *ctx, const struct capsa_damage *damage)
{
	struct trial *t = ctx;
	const struct archive *a = t->archive;

	if (damage->is_article && damage->number >= a->article_count) {
		complain(t, &t->tally->misnamed, "article %llu is named",
		         (unsigned long long)damage->number);
		return;
	}
	if (damage->is_article) {
		const char *path = a->articles[damage->number].path;
		bool *list = damage->status == CAPSA_EWITHHELD ? t->withheld : t->named;

		list[damage->number] = true;
		if (damage->path.size != 0 &&
		    (damage->path.size != strlen(path) ||
		     memcmp(damage->path.data, path, damage->path.size) != 0))
			complain(t, &t->tally->wrong, "article %llu has another path",
			         (unsigned long long)damage->number);
	}
	for (size_t i = 0; i < a->part_count; i++)
		if (damage->offset >= a->parts[i].offset &&
		    damage->offset - a->parts[i].offset < a->parts[i].size)
			t->part_named[i] = true;
}

/* All that was hit is named, and nothing else. */
static inline void check_names(struct trial *t, enum capsa_depth depth)
{
	const struct archive *a = t->archive;
	bool deaf = depth == CAPSA_VERIFY_DEEP && dictionary_lost(t);

	for (size_t i = 0; i < a->part_count; i++) {
		const struct part *part = &a->parts[i];
		bool page = part->kind == PART_SPINE_PAGE || part->kind == PART_KEY_PAGE;
		/* What lies below a lost page is not reached. */
		bool reached = page ? t->hits[part->kind] <= 1 : t->hits[PART_SPINE_PAGE] == 0;
		/* Of these, the articles are named, each once; of the trailer, where it must be. */
		bool by_name = part->kind == PART_BODIES || part->kind >= PART_STATEMENT;

		/* One message for both: the digest of the attestations stands in the trailer. */
		bool hit =
		    t->hit[i] || (part->kind == PART_TRAILER && t->hits[PART_ATTESTATIONS] != 0);

		if (t->part_named[i] && !hit && !part->withheld && !deaf)
			complain(t, &t->tally->misnamed, "the %s at %llu is named, and is whole",
			         part_names[part->kind], (unsigned long long)part->offset);
		if (t->hit[i] && !t->part_named[i] && reached && !by_name)
			complain(t, &t->tally->misnamed, "the %s at %llu is not named",
			         part_names[part->kind], (unsigned long long)part->offset);
	}
	for (size_t i = 0; i < a->article_count && t->hits[PART_SPINE_PAGE] == 0; i++) {
		enum condition condition = article_condition(t, i);
		bool damaged = condition == CONDITION_HIT || (deaf && condition == CONDITION_WHOLE);

		/* A change of a withheld frame may leave it one. */
		if (t->withheld_hit && (t->named[i] || t->withheld[i]))
			continue;
		if (t->named[i] != damaged || t->withheld[i] != (condition == CONDITION_WITHHELD))
			complain(t, &t->tally->misnamed, "article %zu is %s", i,
			         damaged ? "damaged, and not named" : "named otherwise than it is");
	}
}

/* Does verification of this depth report the change? */
static inline bool verify(struct trial *t, struct capsa_reader *reader, enum capsa_depth depth)
{
	const struct capsa_verify_options options = {
	    .depth = depth, .damage = note_damage, .ctx = t};
	struct capsa_report report;
	struct capsa_error err = {0};
	enum capsa_status status;

	memset(t->named, 0, sizeof t->named);
	memset(t->withheld, 0, sizeof t->withheld);
	memset(t->part_named, 0, sizeof t->part_named);
	status = capsa_reader_verify(reader, &options, &report, &err);
	if (status != CAPSA_OK && status != CAPSA_ECORRUPT)
		complain(t, &t->tally->misnamed, "verification says %d: %s", (int)status, err.text);
	if (report.good + report.damaged + report.withheld != t->archive->article_count)
		complain(t, &t->tally->misnamed, "the counts do not add up");
	t->counted = report.damaged;
	check_names(t, depth);
	return status == CAPSA_ECORRUPT;
}

/* ---- get, and a walk --------------------------------------------------------------- */

static inline void check_path(struct trial *t, struct capsa_reader *reader, size_t i)
{
	uint64_t number;
	enum capsa_status status =
	    capsa_reader_find_path(reader, t->archive->articles[i].path, &number, NULL);

	if (status == CAPSA_OK && number != i)
		complain(t, &t->tally->wrong, "the path of article %zu leads to %llu", i,
		         (unsigned long long)number);
	else if (status == CAPSA_ENOENT)
		complain(t, &t->tally->wrong, "article %zu is said to be absent", i);
	else if (status != CAPSA_OK && t->hits[PART_KEY_PAGE] == 0)
		complain(t, &t->tally->lost, "article %zu is not found", i);
	t->got[i] = t->got[i] && status == CAPSA_OK;
}

static inline void check_line(struct trial *t, struct capsa_reader *reader, size_t i)
{
	const struct packed *article = &t->archive->articles[i];
	struct capsa_text line;
	bool good = capsa_reader_metadata(reader, i, &line, NULL) == CAPSA_OK;

	if (good && (line.size != article->line.size ||
	             memcmp(line.data, article->line.data, line.size) != 0))
		complain(t, &t->tally->wrong, "article %zu has another line", i);
	if (!good && part_condition(t, article->line_part) == CONDITION_WHOLE &&
	    t->hits[PART_SPINE_PAGE] == 0 && !dictionary_lost(t))
		complain(t, &t->tally->lost, "the line of article %zu is not read", i);
}

static inline void get(struct trial *t, struct capsa_reader *reader, size_t i)
{
	static uint8_t room[2 * LARGE_SIZE];
	const struct packed *article = &t->archive->articles[i];
	struct capsa_article facts;
	enum capsa_status status = capsa_reader_article(reader, i, &facts, NULL);

	if (status == CAPSA_OK && facts.size != article->body.size) {
		complain(t, &t->tally->wrong, "article %zu has another size", i);
		return;
	}
	if (status == CAPSA_OK)
		status = capsa_reader_read(reader, i, 0, room, (size_t)facts.size, NULL);
	t->got[i] = status == CAPSA_OK;
	if (t->got[i] && facts.size != 0 &&
	    memcmp(room, article->body.data, (size_t)facts.size) != 0)
		complain(t, &t->tally->wrong, "article %zu has another body", i);
	if (!t->got[i] && body_condition(t, i) == CONDITION_WHOLE &&
	    t->hits[PART_SPINE_PAGE] == 0 && !dictionary_lost(t))
		complain(t, &t->tally->lost, "article %zu is not read", i);
	check_path(t, reader, i);
	check_line(t, reader, i);
}

/* Whatever a walk over the paths gives is in order, and right. */
static inline void walk_paths(struct trial *t, struct capsa_reader *reader)
{
	struct capsa_cursor *cursor;
	struct capsa_text key;
	uint64_t number, count = 0;
	uint8_t wanted[4096];
	enum capsa_status status =
	    capsa_cursor_new(&cursor, reader, CAPSA_TREE_PATH, (struct capsa_text){"", 0}, NULL);

	while (status == CAPSA_OK) {
		const char *path;

		status = capsa_cursor_next(cursor, &key, &number, NULL);
		if (status != CAPSA_OK)
			break;
		path = number < t->archive->article_count ? t->archive->articles[number].path : "";
		capsa_path_key(forge_text(path), wanted);
		count++;
		if (key.size != strlen(path) || memcmp(key.data, wanted, key.size) != 0)
			complain(t, &t->tally->wrong, "the walk gives another path");
	}
	capsa_cursor_free(cursor);
	if (status == CAPSA_ENOENT && count != t->archive->article_count)
		complain(t, &t->tally->wrong, "the walk passes over articles");
	if (status != CAPSA_ENOENT && t->hits[PART_KEY_PAGE] == 0)
		complain(t, &t->tally->lost, "the walk ends early");
}

/* ---- salvage -------------------------------------------------------------------------- */

static inline size_t number_of(const struct archive *a, struct capsa_text path)
{
	size_t i = 0;

	while (i < a->article_count && (strlen(a->articles[i].path) != path.size ||
	                                memcmp(a->articles[i].path, path.data, path.size) != 0))
		i++;
	return i;
}

static inline bool note_saved(void *ctx, const struct capsa_saved *saved)
{
	static uint8_t room[2 * LARGE_SIZE];
	struct trial *t = ctx;
	size_t i = number_of(t->archive, saved->path);
	const struct packed *article = &t->archive->articles[i];
	size_t size = (size_t)saved->body.size;

	if (i == t->archive->article_count) {
		complain(t, &t->tally->wrong, "an article is salvaged that was never packed");
		return true;
	}
	if (size != article->body.size ||
	    saved->body.read_at(saved->body.ctx, 0, room, size) != 0 ||
	    (size != 0 && memcmp(room, article->body.data, size) != 0))
		complain(t, &t->tally->wrong, "article %zu is salvaged with another body", i);
	if (saved->line.size != 0 &&
	    (saved->line.size != article->line.size ||
	     memcmp(saved->line.data, article->line.data, saved->line.size) != 0))
		complain(t, &t->tally->wrong, "article %zu is salvaged with another line", i);
	t->saved[i] = true;
	t->saved_line[i] = t->saved_line[i] || saved->line.size != 0;
	return true;
}

static inline void salvage(struct trial *t)
{
	struct capsa_source source = capsa_source_memory(t->bytes.data, t->bytes.size);
	const struct capsa_salvage_options options = {.article = note_saved, .ctx = t};
	struct capsa_salvage_report report;
	struct capsa_error err = {0};

	if (capsa_salvage(&source, &options, &report, &err) != CAPSA_OK)
		complain(t, &t->tally->lost, "salvage fails: %s", err.text);
	for (size_t i = 0; i < t->archive->article_count; i++) {
		const struct packed *article = &t->archive->articles[i];

		if (article_condition(t, i) != CONDITION_WHOLE || dictionary_lost(t))
			continue;
		if (!t->saved[i])
			complain(t, &t->tally->lost, "article %zu is not salvaged", i);
		else if (!t->saved_line[i] &&
		         part_condition(t, article->line_part) == CONDITION_WHOLE)
			complain(t, &t->tally->lost, "article %zu is salvaged without its line", i);
	}
}

/* ---- one change ------------------------------------------------------------------------- */

static inline void count(struct trial *t, bool reported)
{
	bool pinned = false;

	for (unsigned i = 0; i < PART_KINDS; i++)
		pinned = pinned || t->hits[i] != 0;
	t->tally->tried++;
	if (reported)
		t->tally->reported++;
	else if (!pinned && t->withheld_hit)
		t->tally->unpinned++;
	else
		complain(t, &t->tally->misnamed, "verification finds nothing");
	for (size_t i = 0; i < t->archive->article_count; i++) {
		if (article_condition(t, i) != CONDITION_WHOLE || dictionary_lost(t))
			continue;
		t->tally->whole++;
		t->tally->by_get += t->got[i];
		t->tally->by_salvage += t->saved[i];
	}
}

static inline void check_open(struct trial *t, struct capsa_reader *reader)
{
	const struct archive *a = t->archive;
	uint64_t unread = 0;

	if (memcmp(capsa_reader_statement(reader)->identity, a->identity, sizeof a->identity) != 0)
		complain(t, &t->tally->wrong, "the statement is another");
	for (size_t i = 0; i < a->article_count; i++) {
		get(t, reader, i);
		unread += !t->got[i];
	}
	walk_paths(t, reader);
	/* Of articles below a lost page of the spine there is a count alone. */
	if (t->hits[PART_SPINE_PAGE] != 0 && t->hits[PART_KEY_PAGE] == 0 && !t->withheld_hit &&
	    t->counted < unread - (a->dictionary ? t->hits[PART_HEAD] * unread : 0))
		complain(t, &t->tally->misnamed, "%llu articles are not read, %llu counted",
		         (unsigned long long)unread, (unsigned long long)t->counted);
}

static inline void check_refusal(struct trial *t, enum capsa_status status,
                                 const struct capsa_error *err)
{
	const struct part *trailer = &t->archive->parts[t->archive->part_count - 1];
	uint64_t index_end = trailer[-2].offset;

	if (t->must_open)
		complain(t, &t->tally->lost, "it does not open: %s", err->text);
	if ((status != CAPSA_ECORRUPT && status != CAPSA_EFORMAT) || err->text[0] == '\0')
		complain(t, &t->tally->misnamed, "opening says %d: %s", (int)status, err->text);
	/* Of a file that ends early nobody knows what is missing. */
	if (t->bytes.size == t->archive->bytes.size && err->offset < index_end)
		complain(t, &t->tally->misnamed, "it does not open because of offset %llu",
		         (unsigned long long)err->offset);
}

/* Look at a changed archive in every way there is. */
static inline void check(struct trial *t)
{
	struct capsa_source source = capsa_source_memory(t->bytes.data, t->bytes.size);
	struct capsa_reader *reader;
	struct capsa_error err = {0};
	enum capsa_status status = capsa_reader_open(&reader, &source, NULL, &err);
	bool reported = true;

	find_hits(t);
	if (status == CAPSA_OK) {
		bool deep = verify(t, reader, CAPSA_VERIFY_DEEP);

		reported = verify(t, reader, CAPSA_VERIFY_FULL);
		if (reported && !deep)
			complain(t, &t->tally->misnamed, "deep verification finds nothing");
		check_open(t, reader);
	} else {
		check_refusal(t, status, &err);
	}
	capsa_reader_close(reader);
	salvage(t);
	count(t, reported);
}

#endif
