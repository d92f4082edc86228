/*
 * Many small articles, as JSON lines on standard output:
 *
 *	small_articles COUNT
 *
 * Each has a path, a title, a date and 1,030 to 1,290 bytes of text: as small as bodies can be that
 * the writer remembers to recognise duplicates, so that memory an article is at its largest.  All
 * differ.  make_articles has what real collections have, which costs a multiple of the time; here
 * only the number counts.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 4096

static char words[WORDS][16];

static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void make_words(void)
{
	static const char syllables[16][4] = {"ba", "den", "fo", "gul", "hi", "jar", "ke", "lom",
	                                      "mi", "nor", "pe", "qua", "rus", "sti", "to", "vel"};
	uint64_t state = 1;
	int i, k;

	for (i = 0; i < WORDS; i++)
		for (k = i < 64 ? 1 : 1 + i % 4; k > 0; k--)
			strcat(words[i], syllables[draw(&state) % 16]);
}

/* Three draws in a row, the least of them: frequent words are far more frequent than others. */
static const char *word(uint64_t *state)
{
	uint64_t bits = draw(state);
	uint64_t a = bits % WORDS, b = (bits >> 12) % WORDS, c = (bits >> 24) % WORDS;

	a = b < a ? b : a;
	return words[c < a ? c : a];
}

static void article(uint64_t number)
{
	uint64_t state = number;
	size_t size = 1030 + draw(&state) % 256;
	char body[2048];
	size_t used = 0;

	while (used < size)
		used += (size_t)snprintf(body + used, sizeof body - used, "%s ", word(&state));
	printf("{\"path\":\"%03" PRIu64 "/%03" PRIu64 "/%s-%" PRIu64 ".txt\",\"title\":\"%s %s %" PRIu64 "\","
	       "\"date\":\"%04" PRIu64 "-%02" PRIu64 "-%02" PRIu64 "\",\"text\":\"%s\"}\n",
	       number / 1000000, number / 1000 % 1000, word(&state), number, word(&state), word(&state),
	       number, 1990 + draw(&state) % 30, 1 + draw(&state) % 12, 1 + draw(&state) % 28, body);
}

int main(int argc, char **argv)
{
	uint64_t count = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t i;

	if (count == 0) {
		fprintf(stderr, "usage: small_articles COUNT\n");
		return 2;
	}
	make_words();
	for (i = 0; i < count; i++)
		article(i);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
