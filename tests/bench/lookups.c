/*
 * Read random articles by their paths through the library:
 *
 *	lookups PART SERIES X ARCHIVE COUNT
 *
 * Prints lines as measure writes them: us (microseconds, the median of one find and read), us_mean,
 * us_99 (the 99th percentile), reads and bytes of the file for each in an open archive, and
 * cold_reads and cold_bytes to open it and read one.  A tenth of them is read before, so that
 * caches are warm.
 */
#include <capsa.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLD 100                /* articles that are each read by a reader of their own */

/* A source that counts. */
struct counted {
	struct capsa_source file;
	uint64_t reads, bytes;
};

static int read_counted(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct counted *counted = ctx;

	counted->reads++;
	counted->bytes += size;
	return counted->file.read_at(counted->file.ctx, offset, buf, size);
}

static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL) {
		fprintf(stderr, "lookups: out of memory\n");
		exit(1);
	}
	return memory;
}

static void must(enum capsa_status status, const struct capsa_error *err)
{
	if (status != CAPSA_OK) {
		fprintf(stderr, "lookups: %s\n", err->text);
		exit(1);
	}
}

static struct capsa_reader *open_reader(struct counted *counted)
{
	struct capsa_source source = {read_counted, counted->file.size, counted};
	struct capsa_reader *reader;
	struct capsa_error err = {0};

	must(capsa_reader_open(&reader, &source, NULL, &err), &err);
	return reader;
}

static double microseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* SplitMix64, so that the same articles are read in each round. */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static char *path_of(struct capsa_reader *reader, uint64_t number)
{
	struct capsa_error err = {0};
	struct capsa_text line, value;
	char *path;

	must(capsa_reader_metadata(reader, number, &line, &err), &err);
	must(capsa_line_find(line, "path", &value), &err);
	path = allocate(value.size + 1);
	path[capsa_line_text(value, path)] = '\0';
	return path;
}

static char **random_paths(struct counted *counted, size_t count)
{
	struct capsa_reader *reader = open_reader(counted);
	uint64_t articles = capsa_reader_statement(reader)->articles;
	uint64_t state = 1;
	char **paths = allocate(count * sizeof *paths);
	size_t i;

	for (i = 0; i < count; i++)
		paths[i] = path_of(reader, draw(&state) % articles);
	capsa_reader_close(reader);
	return paths;
}

static void get(struct capsa_reader *reader, const char *path)
{
	struct capsa_error err = {0};
	struct capsa_article article;
	void *body;

	must(capsa_reader_find_path(reader, path, &article.number, &err), &err);
	must(capsa_reader_article(reader, article.number, &article, &err), &err);
	body = allocate(article.size + 1);
	must(capsa_reader_read(reader, article.number, 0, body, article.size, &err), &err);
	free(body);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(char **label, const char *quantity, double value)
{
	printf("%s\t%s\t%s\t%s\t%.3f\n", label[0], label[1], label[2], quantity, value);
}

static void measure_warm(char **label, struct counted *counted, char **paths, size_t count)
{
	struct capsa_reader *reader = open_reader(counted);
	double *took = allocate(count * sizeof *took);
	double sum = 0;
	size_t i;

	for (i = 0; i < count / 10; i++)
		get(reader, paths[count - 1 - i]);
	counted->reads = counted->bytes = 0;
	for (i = 0; i < count; i++) {
		double start = microseconds();

		get(reader, paths[i]);
		took[i] = microseconds() - start;
		sum += took[i];
	}
	capsa_reader_close(reader);
	qsort(took, count, sizeof *took, compare);
	report(label, "us", took[count / 2]);
	report(label, "us_mean", sum / (double)count);
	report(label, "us_99", took[count * 99 / 100]);
	report(label, "reads", (double)counted->reads / (double)count);
	report(label, "bytes", (double)counted->bytes / (double)count);
	free(took);
}

static void measure_cold(char **label, struct counted *counted, char **paths, size_t count)
{
	size_t tries = count < COLD ? count : COLD;
	size_t i;

	counted->reads = counted->bytes = 0;
	for (i = 0; i < tries; i++) {
		struct capsa_reader *reader = open_reader(counted);

		get(reader, paths[i]);
		capsa_reader_close(reader);
	}
	report(label, "cold_reads", (double)counted->reads / (double)tries);
	report(label, "cold_bytes", (double)counted->bytes / (double)tries);
}

int main(int argc, char **argv)
{
	struct capsa_error err = {0};
	struct counted counted = {0};
	size_t count, i;
	char **paths;
	int fd;

	if (argc != 6 || (count = strtoul(argv[5], NULL, 10)) == 0) {
		fprintf(stderr, "usage: lookups PART SERIES X ARCHIVE COUNT\n");
		return 2;
	}
	fd = open(argv[4], O_RDONLY);
	if (fd < 0) {
		fprintf(stderr, "lookups: %s: %s\n", argv[4], strerror(errno));
		return 1;
	}
	must(capsa_source_file(&counted.file, fd, &err), &err);
	paths = random_paths(&counted, count);
	measure_warm(argv + 1, &counted, paths, count);
	measure_cold(argv + 1, &counted, paths, count);
	for (i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
	return 0;
}
