/*
 * Nothing of a secret key or its password stays in memory once it was used.  After each way to use
 * one, all that this process may write to is searched for it: its heap, what it has freed of it,
 * and its stack.
 */
#define _GNU_SOURCE

#include "fixture.h"

#include "cli.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of main.c, which has a main() of its own. */
int cli_help(const char *verb)
{
	fail_msg("help for %s", verb);
	return CLI_DONE;
}

int cli_usage(const char *verb)
{
	(void)verb;
	return CLI_USAGE;
}

#define SEED_AT 62              /* in a secret key, its layout is in sign.c */
#define BASE64_AT 84            /* the base64 of some of the seed */
#define RAW_SIZE 158
#define MASK 0x5a
#define NEEDLE_SIZE 20

static char directory[256];

/* What must not be found, masked so that it is not found here. */
struct needle {
	const char *name;
	uint8_t masked[NEEDLE_SIZE];
};

static struct needle seed = {.name = "the seed"};
static struct needle text = {.name = "the text of the key file"};
static struct needle password = {.name = "the password"};

static void set_needle(struct needle *needle, const void *bytes)
{
	for (size_t i = 0; i < NEEDLE_SIZE; i++)
		needle->masked[i] = ((const uint8_t *)bytes)[i] ^ MASK;
}

/* ---- the search ---- */

static size_t search_block(const struct needle *needle, const uint8_t *block, size_t size)
{
	size_t found = 0;

	for (size_t i = 0; i + NEEDLE_SIZE <= size; i++) {
		size_t k = 0;

		while (k < NEEDLE_SIZE && (block[i + k] ^ MASK) == needle->masked[k])
			k++;
		found += k == NEEDLE_SIZE;
	}
	return found;
}

/* Through the kernel, which does not mind what a sanitizer thinks of a page. */
static size_t search_range(const struct needle *needle, int memory, uint64_t first, uint64_t end)
{
	static uint8_t block[65536];
	size_t found = 0;

	for (uint64_t at = first; at < end; at += sizeof block - NEEDLE_SIZE) {
		size_t size = end - at < sizeof block ? (size_t)(end - at) : sizeof block;
		ssize_t got = (uintptr_t)block < end && (uintptr_t)block + sizeof block > first
		                  ? 0
		                  : pread(memory, block, size, (off_t)at);

		if (got > 0)
			found += search_block(needle, block, (size_t)got);
	}
	explicit_bzero(block, sizeof block);
	return found;
}

/* How often it is in private memory; the shadow of a sanitizer, which is huge, is left out. */
static size_t search(const struct needle *needle)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[4352];
	size_t found = 0;

	assert_non_null(maps);
	assert_true(memory >= 0);
	while (fgets(line, sizeof line, maps) != NULL) {
		uint64_t first, end;
		char mode[5];

		assert_int_equal(sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &first, &end, mode),
		                 3);
		if (strcmp(mode, "rw-p") == 0 && end - first < UINT64_C(1) << 28)
			found += search_range(needle, memory, first, end);
	}
	fclose(maps);
	close(memory);
	return found;
}

static void expect_none(const char *after)
{
	const struct needle *const needles[] = {&seed, &text, &password};

	for (size_t i = 0; i < 3; i++) {
		if (search(needles[i]) != 0)
			fail_msg("%s is in memory after %s", needles[i]->name, after);
	}
}

/* ---- what uses a secret ---- */

static int run(const struct cli_verb *verb, const char *const *words)
{
	static char program[] = "capsa";
	char *argv[8] = {program};
	int argc = 1;
	int status;

	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = strdup(words[argc - 1]);
	optind = 0;
	status = verb->run(argc, argv);
	fflush(NULL);
	for (int i = 1; i < argc; i++)
		free(argv[i]);
	return status;
}

#define RUN(verb, ...) run(&(verb), (const char *const[]){__VA_ARGS__, NULL})

/* In a process of its own, whose memory is its own. */
static void in_child(void (*act)(void))
{
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		act();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void write_all(const char *name, const void *data, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
		abort();
}

static const char *secret_line(char *file, size_t size)
{
	int fd = open("k.key", O_RDONLY);
	ssize_t got = read(fd, file, size - 1);
	char *line;

	if (got <= 0)
		abort();
	close(fd);
	file[got] = '\0';
	line = strchr(file, '\n') + 1;
	*strchr(line, '\n') = '\0';
	return line;
}

/* Learn what k.key keeps secret. */
static void learn(void)
{
	static char file[1024];
	static uint8_t raw[RAW_SIZE];
	const char *line = secret_line(file, sizeof file);

	assert_int_equal(sodium_base642bin(raw, sizeof raw, line, strlen(line), NULL, NULL, NULL,
	                                   sodium_base64_VARIANT_ORIGINAL),
	                 0);
	set_needle(&seed, raw + SEED_AT);
	set_needle(&text, line + BASE64_AT);
	explicit_bzero(file, sizeof file);
	explicit_bzero(raw, sizeof raw);
}

/* The same key with the password in `pw`, at the least cost. */
static void encrypt_key(void)
{
	static const char word[] = "a password of some length";
	static char file[1024], base64[300];
	static uint8_t raw[RAW_SIZE], stream[104];
	const char *line = secret_line(file, sizeof file);

	if (sodium_base642bin(raw, sizeof raw, line, strlen(line), NULL, NULL, NULL,
	                      sodium_base64_VARIANT_ORIGINAL) != 0)
		abort();
	memcpy(raw + 2, "Sc", 2);
	memcpy(raw + 38, "\x00\x80\0\0\0\0\0\0\x00\x00\x10\0\0\0\0\0", 16);
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof stream, word, strlen(word), raw + 6,
	                                       0x8000, 0x100000) != 0)
		abort();
	for (size_t i = 0; i < sizeof stream; i++)
		raw[54 + i] ^= stream[i];
	sodium_bin2base64(base64, sizeof base64, raw, sizeof raw, sodium_base64_VARIANT_ORIGINAL);
	write_all("e.key", base64, strlen(base64));
	write_all("pw", word, strlen(word));
}

/* ---- tests ---- */

/* The search finds what is there, also what was freed. */
static void test_search(void **state)
{
	static const char word[] = "what is looked for in memory";
	struct needle needle = {.name = "a word"};
	char *copy = malloc(256);

	(void)state;
	assert_non_null(copy);
	set_needle(&needle, word);
	/* Constants are not in memory that may be written to. */
	assert_int_equal(search(&needle), 0);
	memcpy(copy + 100, word, sizeof word);
	assert_int_equal(search(&needle), 1);
	explicit_bzero(copy, 256);
	assert_int_equal(search(&needle), 0);
	free(copy);
}

static void test_new(void **state)
{
	(void)state;
	assert_int_equal(RUN(cli_verb_key, "new", "k", "--no-password"), CLI_DONE);
	learn();
	expect_none("key new");
}

static void test_show(void **state)
{
	(void)state;
	assert_int_equal(RUN(cli_verb_key, "show", "k.key"), CLI_DONE);
	expect_none("key show");
}

/* Somebody gives the wrong one of his two files. */
static void test_mistaken(void **state)
{
	(void)state;
	assert_int_equal(RUN(cli_verb_trust, "add", "k.key"), CLI_FAILED);
	expect_none("trust add");
}

static void test_load(void **state)
{
	struct capsa_secret_key *key;

	(void)state;
	assert_int_equal(cli_secret_key_load("k.key", NULL, &key), CLI_DONE);
	capsa_secret_key_free(key);
	expect_none("loading a key");
}

static void test_password(void **state)
{
	struct capsa_secret_key *key;

	(void)state;
	in_child(encrypt_key);
	assert_int_equal(cli_secret_key_load("e.key", "pw", &key), CLI_DONE);
	capsa_secret_key_free(key);
	expect_none("loading a key with a password");
	write_all("wrong", "another one", 11);
	assert_int_equal(cli_secret_key_load("e.key", "wrong", &key), CLI_FAILED);
	assert_null(key);
	expect_none("a wrong password");
}

static int set_up(void **state)
{
	static const char word[] = "a password of some length";

	(void)state;
	set_needle(&password, word);
	snprintf(directory, sizeof directory, "%s/capsa-test-XXXXXX",
	         getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	if (mkdtemp(directory) == NULL || chdir(directory) != 0)
		return -1;
	setenv("XDG_CONFIG_HOME", directory, 1);
	return sodium_init() < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof command, "rm -rf '%s'", directory);
	return chdir("/") == 0 ? system(command) : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_new),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_mistaken),
	    cmocka_unit_test(test_load),
	    cmocka_unit_test(test_password),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
