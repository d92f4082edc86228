/* What the library is put through while the system fails; the program is in library.c. */
#ifndef TESTS_FAULT_LIBRARY_H
#define TESTS_FAULT_LIBRARY_H

#include <capsa.h>
#include <string.h>

/*
 * Each of these goes through a part of the public API, puts what it gets into the result, and
 * returns the status of the first call that fails.
 */
struct scenario {
	const char *name;
	enum capsa_status (*run)(struct capsa_error *err);
};

extern const struct scenario read_scenarios[], write_scenarios[], mend_scenarios[];

static inline struct capsa_text text(const char *string)
{
	return (struct capsa_text){string, strlen(string)};
}

/* The result, which is printed in the end.  Takes no memory that could be out. */
void put(const void *data, size_t size);
void put_text(struct capsa_text text);
void put_number(uint64_t number);
size_t result_size(void);
void result_cut(size_t size);

/* The library breaks a promise that no status tells of. */
void promise(bool kept, const char *what);

/* All of a source. */
enum capsa_status put_source(const struct capsa_source *source, struct capsa_error *err);

/* An article's size and place, its body whole and from its middle, and its metadata. */
enum capsa_status put_article(struct capsa_reader *reader, uint64_t number,
                              struct capsa_error *err);

/* Damage of an archive that has none: all that may be reported is what cannot be read. */
void put_damage(void *ctx, const struct capsa_damage *damage);
void put_report(const struct capsa_report *report);

/* A sink into the result, and what it has taken. */
struct capsa_sink result_sink(void);
struct capsa_source result_source(void);

struct file {
	int fd;
	struct capsa_source source;
};

enum capsa_status file_open(struct file *file, const char *path, struct capsa_error *err);
void file_close(struct file *file);

struct archive {
	struct file file;
	struct capsa_reader *reader;
};

/* Closed by the caller even where it does not open. */
enum capsa_status archive_open(struct archive *archive, const char *path,
                               struct capsa_error *err);
void archive_close(struct archive *archive);

/* The secret key of this file. */
enum capsa_status key_read(struct capsa_secret_key **out, const char *path,
                           struct capsa_error *err);

#endif
