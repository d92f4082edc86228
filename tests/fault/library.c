/*
 * The library, while the system fails.
 *
 *	faults-library [OPTION...] -- SCENARIO
 *
 * runs one scenario by driver.c, which sees a program like the command: 0 and a result on standard
 * output, or 1 and a message where the status is CAPSA_ENOMEM or CAPSA_EIO, or 3 where all damage
 * that is found is what could not be read.  Any other status is what no fault may lead to.
 */
#define _GNU_SOURCE
#include "library.h"

#include "inject.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char result[4 << 20];
static size_t used;
static const char *broken;

void put(const void *data, size_t size)
{
	if (size > sizeof result - used) {
		promise(false, "the result has no room");
		return;
	}
	if (size == 0)
		return;
	memcpy(result + used, data, size);
	used += size;
}

void put_text(struct capsa_text text)
{
	put(text.data, text.size);
	put("\n", 1);
}

void put_number(uint64_t number)
{
	char digits[24];

	put(digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64 " ", number));
}

size_t result_size(void)
{
	return used;
}

void result_cut(size_t size)
{
	used = size;
}

void promise(bool kept, const char *what)
{
	if (!kept && broken == NULL)
		broken = what;
}

enum capsa_status put_source(const struct capsa_source *source, struct capsa_error *err)
{
	int failed;

	if (source->size > sizeof result - used) {
		promise(false, "the result has no room");
		return CAPSA_OK;
	}
	failed = source->read_at(source->ctx, 0, result + used, source->size);
	if (failed != 0) {
		err->sys = failed;
		snprintf(err->text, sizeof err->text, "cannot read: %s", strerror(failed));
		return CAPSA_EIO;
	}
	used += source->size;
	return CAPSA_OK;
}

enum capsa_status put_article(struct capsa_reader *reader, uint64_t number,
                              struct capsa_error *err)
{
	static char body[64 << 10];
	struct capsa_article article;
	struct capsa_text line;
	enum capsa_status st = capsa_reader_article(reader, number, &article, err);

	if (st != CAPSA_OK)
		return st;
	put_number(article.size);
	put_number(article.body_of);
	put_number(article.frame_offset);
	if (article.size > sizeof body) {
		promise(false, "the article has another size");
		return CAPSA_OK;
	}
	st = capsa_reader_read(reader, number, 0, body, article.size, err);
	if (st != CAPSA_OK)
		return st;
	put(body, article.size);
	st = capsa_reader_read(reader, number, article.size / 3, body, article.size / 2, err);
	if (st != CAPSA_OK)
		return st;
	put(body, article.size / 2);
	st = capsa_reader_metadata(reader, number, &line, err);
	if (st == CAPSA_OK)
		put_text(line);
	return st;
}

void put_damage(void *ctx, const struct capsa_damage *damage)
{
	(void)ctx;
	promise(damage->status == CAPSA_EIO, damage->cause);
	promise(damage->cause[0] != '\0', "damage has no cause");
	put(damage->structure, strlen(damage->structure));
	put_number(damage->number);
	put_text(damage->path);
}

void put_report(const struct capsa_report *report)
{
	promise(report->good + report->damaged + report->withheld + report->not_read ==
	            report->articles,
	        "the report does not count every article");
	put_number(report->articles);
	put_number(report->good);
	put_number(report->damaged);
	put_number(report->withheld);
	put_number(report->lines_lost);
	put_number(report->structures);
	put_number(report->sha256_checked);
	put_number(report->url_keys_checked);
	put_number(report->title_keys_checked);
}

static int take(void *ctx, const void *data, size_t size)
{
	(void)ctx;
	put(data, size);
	return 0;
}

struct capsa_sink result_sink(void)
{
	return (struct capsa_sink){.write = take};
}

struct capsa_source result_source(void)
{
	return capsa_source_memory(result, used);
}

enum capsa_status file_open(struct file *file, const char *path, struct capsa_error *err)
{
	enum capsa_status st;

	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0) {
		err->sys = errno;
		snprintf(err->text, sizeof err->text, "%s: %s", path, strerror(errno));
		return CAPSA_EIO;
	}
	st = capsa_source_file(&file->source, file->fd, err);
	if (st != CAPSA_OK)
		file_close(file);
	return st;
}

void file_close(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

enum capsa_status archive_open(struct archive *archive, const char *path,
                               struct capsa_error *err)
{
	enum capsa_status st;

	*archive = (struct archive){.file.fd = -1};
	st = file_open(&archive->file, path, err);
	if (st != CAPSA_OK)
		return st;
	st = capsa_reader_open(&archive->reader, &archive->file.source, NULL, err);
	promise((st == CAPSA_OK) == (archive->reader != NULL), "a reader that does not open is left");
	return st;
}

void archive_close(struct archive *archive)
{
	capsa_reader_close(archive->reader);
	file_close(&archive->file);
}

enum capsa_status key_read(struct capsa_secret_key **out, const char *path,
                           struct capsa_error *err)
{
	char text[CAPSA_SECRET_KEY_TEXT];
	struct file file;
	enum capsa_status st;
	size_t before = used;

	*out = NULL;
	st = file_open(&file, path, err);
	if (st != CAPSA_OK)
		return st;
	promise(file.source.size < sizeof text, "the key has another size");
	st = put_source(&file.source, err);
	file_close(&file);
	if (st != CAPSA_OK)
		return st;
	/* Nothing of it stays in the result. */
	memcpy(text, result + before, used - before);
	st = capsa_secret_key_parse(out, text, used - before, NULL, err);
	used = before;
	promise((st == CAPSA_OK) == (*out != NULL), "a key that cannot be read is left");
	return st;
}

static const struct scenario *find_scenario(const char *name)
{
	static const struct scenario *const lists[] = {read_scenarios, write_scenarios,
	                                               mend_scenarios};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		for (const struct scenario *s = lists[i]; s->name != NULL; s++) {
			if (strcmp(s->name, name) == 0)
				return s;
		}
	}
	return NULL;
}

static int exit_status(enum capsa_status st, const struct capsa_error *err)
{
	if (broken != NULL || (st != CAPSA_OK && err->text[0] == '\0'))
		return 40;
	switch (st) {
	case CAPSA_OK:
		return 0;
	case CAPSA_ENOMEM:
		return 1;
	case CAPSA_EIO:
		/* Want of memory has a status of its own. */
		return err->sys == ENOMEM ? 41 : 1;
	case CAPSA_ECORRUPT:
		return 3;
	default:
		return 10 + (int)st;
	}
}

int main(int argc, char **argv)
{
	const struct scenario *scenario = argc == 2 ? find_scenario(argv[1]) : NULL;
	struct capsa_error err = {0};
	enum capsa_status st;

	if (scenario == NULL) {
		fprintf(stderr, "capsa: no such scenario\n");
		return 2;
	}
	st = scenario->run(&err);
	/* What is printed is no part of the library. */
	inject_end();
	/* The run that all others are compared with has to be good. */
	if ((st != CAPSA_OK || broken != NULL) && !atomic_load(&injected->reached))
		errx(SANITIZER_STATUS, "%s", st != CAPSA_OK ? err.text : broken);
	if (broken != NULL)
		fprintf(stderr, "capsa: %s\n", broken);
	if (st != CAPSA_OK)
		fprintf(stderr, "capsa: %s%s\n", err.text, st == CAPSA_ECORRUPT ? " (damage)" : "");
	else
		fwrite(result, 1, used, stdout);
	return exit_status(st, &err);
}
