/*
 * Changes small archives in every way, and looks at what is left of them:
 *
 *	torture                 the tests, as TAP
 *	torture COUNT DIR       write so many changed archives into a directory, and large.txt, which
 *	                        is no file of the corpus, and is packed as large-again.txt, too
 *
 * The environment says how much: FLIPS single bits, OVERWRITES of 1 to 4096 bytes, every CUTS-th
 * length that the file can be cut to; and SEED, which of all that there are.  CORPUS is the
 * directory to pack, corpus.
 */
#include "check.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum change { CHANGE_FLIP, CHANGE_OVERWRITE, CHANGE_CUT, CHANGES };

static const char *const change_names[CHANGES] = {"bit", "overwrite at", "cut at"};
static const char *const change_titles[CHANGES] = {"bits flipped", "overwrites", "truncations"};

/* What a child shares with its parent, which must know where it crashed. */
struct shared {
	struct tally tallies[CHANGES];
	enum change change;
	uint64_t at;
};

struct random {
	uint64_t state;
};

static uint64_t random_below(struct random *random, uint64_t limit)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state % limit;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

/* ---- changes --------------------------------------------------------------------------- */

/* Copy the archive and flip a bit of it. */
static uint64_t flip(const struct archive *a, struct random *random, uint8_t *out)
{
	uint64_t bit = random_below(random, a->bytes.size * 8);

	memcpy(out, a->bytes.data, a->bytes.size);
	out[bit / 8] ^= (uint8_t)(1U << bit % 8);
	return bit;
}

/* Copy the archive and write over some of it: random bytes, zeros, or what stands elsewhere. */
static uint64_t overwrite(const struct archive *a, struct random *random, uint8_t *out)
{
	uint64_t at, size;

	do {
		unsigned kind = (unsigned)random_below(random, 3);
		uint64_t from;

		size = 1 + random_below(random, 1U << random_below(random, 13));
		at = random_below(random, a->bytes.size - size);
		from = random_below(random, a->bytes.size - size);
		memcpy(out, a->bytes.data, a->bytes.size);
		if (kind == 0)
			for (uint64_t i = 0; i < size; i++)
				out[at + i] = (uint8_t)random_below(random, 256);
		else if (kind == 1)
			memset(out + at, 0, (size_t)size);
		else
			memcpy(out + at, a->bytes.data + from, (size_t)size);
	} while (memcmp(out, a->bytes.data, a->bytes.size) == 0);
	return at;
}

static void try_one(const struct archive *a, struct shared *shared, enum change change, uint64_t at,
                    struct span bytes)
{
	static struct trial trial;

	shared->change = change;
	shared->at = at;
	trial = (struct trial){.archive = a,
	                       .bytes = bytes,
	                       .tally = &shared->tallies[change],
	                       .what = change_names[change],
	                       .at = at};
	check(&trial);
}

static void try_all(const struct archive *a, struct shared *shared)
{
	uint64_t flips = setting("FLIPS", 10000), overwrites = setting("OVERWRITES", 2000);
	uint64_t step = setting("CUTS", 1);
	struct random random = {(setting("SEED", 1) + 1) * 0x9e3779b97f4a7c15u};
	uint8_t *bytes = malloc(a->bytes.size);

	forge_need(bytes != NULL, "out of memory");
	for (uint64_t i = 0; i < flips; i++) {
		uint64_t bit = flip(a, &random, bytes);

		try_one(a, shared, CHANGE_FLIP, bit, span_of(bytes, a->bytes.size));
	}
	for (uint64_t i = 0; i < overwrites; i++) {
		uint64_t at = overwrite(a, &random, bytes);

		try_one(a, shared, CHANGE_OVERWRITE, at, span_of(bytes, a->bytes.size));
	}
	for (size_t size = 0; size < a->bytes.size; size += step)
		try_one(a, shared, CHANGE_CUT, size, span_of(a->bytes.data, size));
	free(bytes);
}

/* ---- changed archives as files ------------------------------------------------------------ */

static void write_file(const char *directory, const char *name, struct span bytes)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	file = fopen(path, "wb");
	forge_need(file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size &&
	               fclose(file) == 0,
	           path);
}

/* Does the change hit more than withheld frames, which nothing pins? */
static bool is_pinned(const struct archive *a, struct span bytes)
{
	static struct trial trial;

	trial = (struct trial){.archive = a, .bytes = bytes};
	find_hits(&trial);
	for (unsigned i = 0; i < PART_KINDS; i++)
		if (trial.hits[i] != 0)
			return true;
	return false;
}

static void write_samples(struct archive *const archives[ARCHIVE_VARIANTS], uint64_t count,
                          const char *directory)
{
	struct random random = {(setting("SEED", 1) + 1) * 0x9e3779b97f4a7c15u};

	for (uint64_t i = 0; i < count; i++) {
		const struct archive *a = archives[i % ARCHIVE_VARIANTS];
		uint8_t *bytes = malloc(a->bytes.size);
		size_t size = a->bytes.size;
		char name[64];

		forge_need(bytes != NULL, "out of memory");
		do {
			unsigned kind = (unsigned)(i / ARCHIVE_VARIANTS % CHANGES);

			if (kind == CHANGE_FLIP)
				flip(a, &random, bytes);
			else
				overwrite(a, &random, bytes);
			if (kind == CHANGE_CUT)
				size = (size_t)random_below(&random, a->bytes.size);
		} while (!is_pinned(a, span_of(bytes, size)));
		snprintf(name, sizeof name, "%05llu-%s.capsa", (unsigned long long)i, a->name);
		write_file(directory, name, span_of(bytes, size));
		free(bytes);
	}
	write_file(directory, "large.txt",
	           buffer_span(&archives[0]->articles[archives[0]->article_count - 1].body));
}

/* ---- reporting -------------------------------------------------------------------------- */

static bool print_tally(const struct archive *a, enum change change, const struct tally *tally,
                        unsigned number)
{
	bool good = tally->tried != 0 && tally->reported + tally->unpinned == tally->tried &&
	            tally->wrong + tally->misnamed + tally->lost == 0;

	printf("%s %u - %s: %llu %s: %llu reported", good ? "ok" : "not ok", number, a->name,
	       (unsigned long long)tally->tried, change_titles[change],
	       (unsigned long long)tally->reported);
	if (tally->unpinned != 0)
		printf(", %llu in what nothing pins", (unsigned long long)tally->unpinned);
	printf(", %llu wrong, %llu named wrongly; of %llu whole articles %llu came by get, "
	       "%llu by salvage, %llu did not come where they must\n",
	       (unsigned long long)tally->wrong, (unsigned long long)tally->misnamed,
	       (unsigned long long)tally->whole, (unsigned long long)tally->by_get,
	       (unsigned long long)tally->by_salvage, (unsigned long long)tally->lost);
	return good;
}

/* All archives together. */
static void print_sums(const struct shared *shared)
{
	static const struct tally none;
	struct tally sums[CHANGES] = {none};

	for (unsigned i = 0; i < ARCHIVE_VARIANTS; i++)
		for (unsigned k = 0; k < CHANGES; k++) {
			const struct tally *from = &shared[i].tallies[k];

			sums[k].tried += from->tried;
			sums[k].reported += from->reported;
			sums[k].unpinned += from->unpinned;
			sums[k].wrong += from->wrong;
			sums[k].whole += from->whole;
			sums[k].by_get += from->by_get;
			sums[k].by_salvage += from->by_salvage;
		}
	printf("#\n# %-14s %9s %9s %9s %9s %14s %10s %10s\n", "", "tried", "reported", "unpinned",
	       "wrong", "whole articles", "by get", "by salvage");
	for (unsigned k = 0; k < CHANGES; k++)
		printf("# %-14s %9llu %9llu %9llu %9llu %14llu %10llu %10llu\n", change_titles[k],
		       (unsigned long long)sums[k].tried, (unsigned long long)sums[k].reported,
		       (unsigned long long)sums[k].unpinned, (unsigned long long)sums[k].wrong,
		       (unsigned long long)sums[k].whole, (unsigned long long)sums[k].by_get,
		       (unsigned long long)sums[k].by_salvage);
}

static void print_archive(const struct archive *a)
{
	printf("# %s: %zu bytes, %zu articles, trees of at least %u level%s;", a->name,
	       a->bytes.size, a->article_count, a->levels, a->levels == 1 ? "" : "s");
	for (unsigned i = 0; i < PART_KINDS; i++)
		printf(" %zu %s%s", a->kinds[i], part_names[i], i + 1 < PART_KINDS ? "," : "\n");
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* In a process of its own, which may crash. */
static pid_t start(const struct archive *a, struct shared *shared)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	forge_need(child >= 0, "cannot fork");
	if (child != 0)
		return child;
	try_all(a, shared);
	fflush(stdout);
	_exit(0);
}

static bool finish(const struct archive *a, const struct shared *shared, pid_t child,
                   unsigned number)
{
	bool good;
	int status;

	forge_need(waitpid(child, &status, 0) == child, "cannot wait");
	good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (!good)
		printf("# %s: crashes after %s %llu\n", a->name, change_names[shared->change],
		       (unsigned long long)shared->at);
	for (unsigned i = 0; i < CHANGES; i++)
		good = print_tally(a, (enum change)i, &shared->tallies[i], number + i) && good;
	printf("%s %u - %s: no crash\n", good ? "ok" : "not ok", number + CHANGES, a->name);
	return good;
}

static bool torture(struct archive *const archives[ARCHIVE_VARIANTS])
{
	pid_t children[ARCHIVE_VARIANTS];
	struct shared *shared = mmap(NULL, ARCHIVE_VARIANTS * sizeof *shared,
	                             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool good = true;

	forge_need(shared != MAP_FAILED, "out of memory");
	printf("1..%d\n", ARCHIVE_VARIANTS * (CHANGES + 1));
	for (unsigned i = 0; i < ARCHIVE_VARIANTS; i++) {
		print_archive(archives[i]);
		children[i] = start(archives[i], &shared[i]);
	}
	for (unsigned i = 0; i < ARCHIVE_VARIANTS; i++)
		good = finish(archives[i], &shared[i], children[i], 1 + i * (CHANGES + 1)) && good;
	print_sums(shared);
	munmap(shared, ARCHIVE_VARIANTS * sizeof *shared);
	return good;
}

int main(int argc, char **argv)
{
	const char *corpus = getenv("CORPUS") != NULL ? getenv("CORPUS") : "corpus";
	struct archive *archives[ARCHIVE_VARIANTS];
	bool good = true;

	if (argc != 1 && argc != 3) {
		fprintf(stderr, "usage: torture [COUNT DIR]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned i = 0; i < ARCHIVE_VARIANTS; i++)
		archives[i] = archive_make((enum archive_variant)i, corpus);
	if (argc == 3)
		write_samples(archives, strtoull(argv[1], NULL, 10), argv[2]);
	else
		good = torture(archives);
	for (unsigned i = 0; i < ARCHIVE_VARIANTS; i++)
		archive_free(archives[i]);
	return good ? 0 : 1;
}
