/* Reading and verifying, while the system fails. */
#include "library.h"

#include <string.h>

static enum capsa_status open_all(struct capsa_error *err)
{
	struct archive archive;
	const struct capsa_statement *statement;
	struct capsa_text about;
	struct capsa_sizes sizes;
	enum capsa_status st = archive_open(&archive, "signed.capsa", err);

	if (st != CAPSA_OK)
		goto out;
	statement = capsa_reader_statement(archive.reader);
	put_text(statement->text);
	put_text(statement->title);
	put_number(capsa_reader_trailer_damaged(archive.reader));
	for (size_t i = 0; i < capsa_reader_attestations(archive.reader); i++)
		put(capsa_reader_attestation(archive.reader, i)->signature.signature, 64);
	st = capsa_reader_about(archive.reader, &about, err);
	if (st != CAPSA_OK)
		goto out;
	put_text(about);
	st = capsa_reader_sizes(archive.reader, &sizes, err);
	put(&sizes, sizeof sizes);
out:
	archive_close(&archive);
	return st;
}

static enum capsa_status get(struct capsa_error *err)
{
	struct archive archive;
	uint64_t number;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	if (st != CAPSA_OK)
		goto out;
	st = capsa_reader_find_path(archive.reader, "2.html", &number, err);
	if (st == CAPSA_OK)
		st = put_article(archive.reader, number, err);
	if (st == CAPSA_OK)
		st = put_article(archive.reader, 0, err);
out:
	archive_close(&archive);
	return st;
}

/* What failed once works when it is asked for again: no half of a page or frame was kept. */
static enum capsa_status get_again(struct capsa_error *err)
{
	struct archive archive;
	uint64_t number;
	size_t before;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	if (st != CAPSA_OK)
		goto out;
	if (capsa_reader_find_path(archive.reader, "2.html", &number, err) != CAPSA_OK)
		st = capsa_reader_find_path(archive.reader, "2.html", &number, err);
	before = result_size();
	if (st == CAPSA_OK && put_article(archive.reader, number, err) != CAPSA_OK) {
		result_cut(before);
		st = put_article(archive.reader, number, err);
	}
	promise(st == CAPSA_OK, "what failed once fails again");
out:
	archive_close(&archive);
	return st;
}

static enum capsa_status walk(struct capsa_reader *reader, enum capsa_tree tree,
                              struct capsa_text from, struct capsa_error *err)
{
	struct capsa_cursor *cursor;
	struct capsa_text key, line;
	uint64_t number;
	enum capsa_status st = capsa_cursor_new(&cursor, reader, tree, from, err);

	promise((st == CAPSA_OK) == (cursor != NULL), "a cursor that is not made is left");
	while (st == CAPSA_OK) {
		st = capsa_cursor_next(cursor, &key, &number, err);
		if (st != CAPSA_OK)
			break;
		put_text(key);
		put_number(number);
		st = capsa_reader_metadata(reader, number, &line, err);
		if (st == CAPSA_OK)
			put_text(line);
	}
	capsa_cursor_free(cursor);
	return st == CAPSA_ENOENT ? CAPSA_OK : st;
}

static enum capsa_status list(struct capsa_error *err)
{
	struct archive archive;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	for (int tree = CAPSA_TREE_PATH; tree <= CAPSA_TREE_DATE && st == CAPSA_OK; tree++)
		st = walk(archive.reader, (enum capsa_tree)tree, text(""), err);
	archive_close(&archive);
	return st;
}

static enum capsa_status find(struct capsa_error *err)
{
	struct archive archive;
	uint64_t number;
	int64_t when;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	if (st != CAPSA_OK)
		goto out;
	st = capsa_reader_find_path(archive.reader, "3.txt", &number, err);
	promise(st != CAPSA_OK, "what is not there is found");
	if (st != CAPSA_ENOENT)
		goto out;
	st = capsa_reader_find_url(archive.reader, text("example,x)/5"), INT64_MAX, &number, &when,
	                           err);
	if (st != CAPSA_OK)
		goto out;
	put_number(number);
	put_number((uint64_t)when);
	st = walk(archive.reader, CAPSA_TREE_TITLE, text("article 3"), err);
out:
	archive_close(&archive);
	return st;
}

static enum capsa_status verify(enum capsa_depth depth, uint32_t threads, struct capsa_error *err)
{
	struct capsa_verify_options options = {
	    .depth = depth, .threads = threads, .damage = put_damage};
	struct capsa_report report;
	struct archive archive;
	enum capsa_status st = archive_open(&archive, "signed.capsa", err);

	if (st != CAPSA_OK)
		goto out;
	st = capsa_reader_verify(archive.reader, &options, &report, err);
	if (st != CAPSA_ENOMEM)
		put_report(&report);
	promise(st != CAPSA_OK || report.good == report.articles, "good, and not all is good");
	promise(st != CAPSA_ECORRUPT || report.damaged + report.lines_lost + report.structures != 0,
	        "damaged, and nothing is");
out:
	archive_close(&archive);
	return st;
}

static enum capsa_status verify_quick(struct capsa_error *err)
{
	struct capsa_verify_options options = {.depth = CAPSA_VERIFY_QUICK, .damage = put_damage};
	struct capsa_report report;
	struct archive archive;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	if (st == CAPSA_OK)
		st = capsa_reader_verify(archive.reader, &options, &report, err);
	if (st == CAPSA_OK)
		put_report(&report);
	archive_close(&archive);
	return st;
}

static enum capsa_status verify_full(struct capsa_error *err)
{
	return verify(CAPSA_VERIFY_FULL, 1, err);
}

static enum capsa_status verify_threads(struct capsa_error *err)
{
	return verify(CAPSA_VERIFY_FULL, 3, err);
}

static enum capsa_status verify_deep(struct capsa_error *err)
{
	return verify(CAPSA_VERIFY_DEEP, 1, err);
}

static enum capsa_status verify_articles(struct capsa_error *err)
{
	static const uint64_t numbers[] = {3, 1};
	struct capsa_verify_options options = {.damage = put_damage};
	struct capsa_report report;
	struct archive archive;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	if (st == CAPSA_OK)
		st = capsa_reader_verify_articles(archive.reader, numbers, 2, &options, &report,
		                                  err);
	if (st == CAPSA_OK)
		put_number(report.good);
	archive_close(&archive);
	return st;
}

const struct scenario read_scenarios[] = {
    {"open", open_all},
    {"get", get},
    {"get-again", get_again},
    {"list", list},
    {"find", find},
    {"verify-quick", verify_quick},
    {"verify", verify_full},
    {"verify-threads", verify_threads},
    {"verify-deep", verify_deep},
    {"verify-articles", verify_articles},
    {NULL, NULL},
};
