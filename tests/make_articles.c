/*
 * Made-up articles, for tests and measurements at any scale:
 *
 *	make_articles COUNT DIR [SEED]          as files below DIR
 *	make_articles --jsonl COUNT [SEED]      as JSON lines on standard output
 *
 * The same arguments give the same bytes on every machine: all arithmetic is in integers.
 * Article number i depends on i and the seed alone, so that a smaller COUNT gives
 * the beginning of a larger one.
 *
 * What real collections have is there: word frequencies after Zipf, sizes log-normal around
 * 2 KiB, some bodies of 0 bytes (1 in 97), some of 256 KiB to 6 MiB (1 in 5,000), some exact
 * duplicates (1 in 25), text, Markdown and HTML, nested directories, names in several scripts.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void die(const char *what)
{
	fprintf(stderr, "make_articles: %s: %s\n", what, strerror(errno));
	exit(1);
}

/*
 * ---- Chance ----
 */

struct chance {
	uint64_t state;
};

/* SplitMix64: any two seeds give unrelated sequences. */
static uint64_t draw(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* 0 to bound - 1; the bias of bounds below 2^32 does not matter here. */
static uint64_t below(struct chance *chance, uint64_t bound)
{
	return (draw(chance) >> 16) % bound;
}

static bool percent(struct chance *chance, unsigned share)
{
	return below(chance, 100) < share;
}

static struct chance chance_of(uint64_t seed, uint64_t number, uint64_t purpose)
{
	struct chance chance = {seed};

	chance.state = draw(&chance) ^ number;
	chance.state = draw(&chance) ^ purpose;
	return chance;
}

/* 2^(exponent / 65536), straight between powers of two. */
static uint64_t power(uint64_t exponent)
{
	return ((UINT64_C(65536) + exponent % 65536) << (exponent / 65536)) / 65536;
}

/* Log-normal around 2 KiB: twelve uniform numbers add up to nearly a normal one. */
static uint64_t common_size(struct chance *chance)
{
	int64_t normal = -6 * 65536, exponent;

	for (unsigned i = 0; i < 12; i++)
		normal += (int64_t)below(chance, 65536);
	exponent = 11 * 65536 + normal * 13 / 10;
	return power(exponent > 4 * 65536 ? (uint64_t)exponent : 4 * 65536);
}

static uint64_t large_size(struct chance *chance)
{
	return power(18 * 65536 + below(chance, 46 * 65536 / 10));
}

/*
 * ---- Words ----
 */

static const char *const nouns[] = {
    "year", "river", "house", "city", "law", "court", "school", "report", "road", "war", "water",
    "council", "family", "island", "letter", "story", "market", "village", "church", "station",
    "bridge", "winter", "paper", "question", "harbour", "teacher", "farmer", "machine", "engine",
    "garden", "history", "museum", "archive", "library", "language", "theory", "method", "system",
    "village hall", "railway", "judgment", "minister", "election", "hospital", "factory", "ship",
    "valley", "mountain", "forest", "castle", "library card", "newspaper", "editor", "reader",
    "painter", "portrait", "orchestra", "concert", "symphony", "novel", "poem", "dictionary",
    "glacier", "volcano", "earthquake", "flood", "drought", "harvest", "vineyard", "orchard",
    "mill", "quarry", "mine", "canal", "lighthouse", "telescope", "comet", "satellite", "theorem",
    "equation", "experiment", "laboratory", "vaccine", "epidemic", "parliament", "treaty",
    "constitution", "amendment", "tribunal", "verdict", "testimony", "manuscript", "inscription",
    "catalogue", "almanac", "chronicle", "genealogy", "census", "statute", "ordinance", "petition",
    "referendum", "coalition", "monastery", "cathedral", "aqueduct", "amphitheatre", "mosaic",
};

static const char *const adjectives[] = {
    "old", "new", "small", "large", "first", "last", "public", "local", "long", "early", "late",
    "quiet", "famous", "young", "northern", "southern", "former", "annual", "private", "wooden",
    "modern", "ancient", "national", "narrow", "heavy", "bright", "distant", "careful", "official",
    "rural", "coastal", "medieval", "industrial", "temporary", "unfinished", "forgotten",
    "anonymous", "provisional", "ornamental", "subterranean", "contemporary",
    "meteorological", "unprecedented",
};

static const char *const verbs[] = {
    "described", "opened", "carried", "followed", "built", "changed", "reached", "crossed", "found",
    "kept", "left", "published", "closed", "replaced", "recorded", "supported", "repaired", "sold",
    "answered", "examined", "refused", "discovered", "restored", "measured", "translated",
    "painted", "abandoned", "inherited", "demolished", "annexed", "catalogued", "commissioned",
    "transcribed", "consecrated", "inaugurated", "requisitioned", "corroborated",
};

static const char *const adverbs[] = {
    "soon", "often", "later", "again", "never", "quickly", "finally", "slowly", "rarely", "openly",
    "quietly", "twice", "reluctantly", "unanimously", "provisionally", "inadvertently",
};

static const char *const links[] = {
    "and", "but", "while", "because", "although", "so that", "until", "whereas",
};

static const char *const places[] = {
    "in", "near", "behind", "after", "before", "above", "under", "beyond", "opposite", "alongside",
};

static const char *const openings[] = {
    "However", "In the same year", "At first", "According to the editor", "By then", "In spring",
    "Two years later", "Without doubt", "As a rule", "On the other hand", "For this reason",
};

static const char *const names[] = {
    "Anna", "Hartley", "Martin", "Bremen", "Lisbon", "Eva", "Norwich", "Krak\303\263w",
    "Z\303\274rich", "M\303\241laga", "Jos\303\251", "Troms\303\270", "\303\205rhus",
    "Gda\305\204sk", "Ioannina", "Samarkand", "\316\221\316\270\316\256\316\275\316\261",
    "\320\234\320\276\321\201\320\272\320\262\320\260", "\346\235\261\344\272\254",
    "\330\247\331\204\331\202\330\247\331\207\330\261\330\251",
};

static const char *const units[] = {
    "years", "people", "pages", "letters", "houses", "miles", "visitors", "ships", "witnesses",
};

static const char *const sections[] = {
    "news", "culture", "science", "courts", "history", "travel", "music", "obituaries", "letters",
    "weather", "handbook", "reference",
};

/* Words by rank: the one of rank r comes up in proportion to 1 / (r + 2). */
struct lexicon {
	const char *const *words;
	size_t count;
	uint64_t *until;        /* sum of the weights up to and with each word */
};

static struct lexicon noun_list, adjective_list, verb_list, adverb_list, link_list, place_list,
    opening_list, name_list, unit_list, section_list, rare_list;

static struct lexicon lexicon_of(const char *const *words, size_t count)
{
	struct lexicon lexicon = {words, count, calloc(count, sizeof(uint64_t))};
	uint64_t sum = 0;

	if (lexicon.until == NULL)
		die("words");
	for (size_t i = 0; i < count; i++)
		lexicon.until[i] = sum += (UINT64_C(1) << 24) / (i + 2);
	return lexicon;
}

static const char *pick(struct chance *chance, const struct lexicon *lexicon)
{
	uint64_t at = below(chance, lexicon->until[lexicon->count - 1]);
	size_t low = 0, high = lexicon->count - 1;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (lexicon->until[middle] <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return lexicon->words[low];
}

/* The long tail that every real vocabulary has: words of two to four made-up syllables. */
static struct lexicon coin_words(void)
{
	static const char *const onsets[] = {
	    "b", "br", "d", "dr", "f", "g", "h", "k", "l", "m",
	    "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "w",
	};
	static const char *const rimes[] = {
	    "a", "al", "an", "ar", "e", "el", "en", "er", "i", "in",
	    "is", "o", "ol", "on", "or", "u", "um", "un", "us", "y",
	};
	static char room[6000][24];
	static const char *words[COUNT(room)];
	struct chance chance = chance_of(0, 0, 'w');

	for (size_t i = 0; i < COUNT(room); i++) {
		size_t used = 0;

		for (uint64_t left = 2 + below(&chance, 3); left > 0; left--) {
			const char *onset = onsets[below(&chance, COUNT(onsets))];
			const char *rime = rimes[below(&chance, COUNT(rimes))];

			used += (size_t)snprintf(room[i] + used, sizeof room[i] - used, "%s%s",
			                         onset, rime);
		}
		words[i] = room[i];
	}
	return lexicon_of(words, COUNT(words));
}

static void load_words(void)
{
	noun_list = lexicon_of(nouns, COUNT(nouns));
	adjective_list = lexicon_of(adjectives, COUNT(adjectives));
	verb_list = lexicon_of(verbs, COUNT(verbs));
	adverb_list = lexicon_of(adverbs, COUNT(adverbs));
	link_list = lexicon_of(links, COUNT(links));
	place_list = lexicon_of(places, COUNT(places));
	opening_list = lexicon_of(openings, COUNT(openings));
	name_list = lexicon_of(names, COUNT(names));
	unit_list = lexicon_of(units, COUNT(units));
	section_list = lexicon_of(sections, COUNT(sections));
	rare_list = coin_words();
}

static void free_words(void)
{
	const struct lexicon *const all[] = {
	    &noun_list, &adjective_list, &verb_list, &adverb_list, &link_list, &place_list,
	    &opening_list, &name_list, &unit_list, &section_list, &rare_list,
	};

	for (size_t i = 0; i < COUNT(all); i++)
		free(all[i]->until);
}

/*
 * ---- Prose ----
 */

struct text {
	char *data;             /* NUL-terminated once anything was added */
	size_t size, capacity;
};

static void add_bytes(struct text *text, const char *data, size_t size)
{
	if (text->capacity - text->size <= size) {
		size_t capacity = (text->size + size + 64) * 2;

		text->data = realloc(text->data, capacity);
		if (text->data == NULL)
			die("text");
		text->capacity = capacity;
	}
	memcpy(text->data + text->size, data, size);
	text->size += size;
	text->data[text->size] = '\0';
}

static void add(struct text *text, const char *string)
{
	add_bytes(text, string, strlen(string));
}

static void add_number(struct text *text, uint64_t number)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%" PRIu64, number);
	add(text, digits);
}

/* A letter that begins a sentence or a title. */
static void capitalise(struct text *text, size_t at)
{
	if (text->data[at] >= 'a' && text->data[at] <= 'z')
		text->data[at] = (char)(text->data[at] - 'a' + 'A');
}

static void add_name(struct chance *chance, struct text *text)
{
	size_t at = text->size;

	if (percent(chance, 60)) {
		add(text, pick(chance, &name_list));
		return;
	}
	add(text, pick(chance, &rare_list));
	capitalise(text, at);
}

static void add_noun(struct chance *chance, struct text *text)
{
	if (percent(chance, 55)) {
		add(text, pick(chance, &adjective_list));
		add(text, " ");
	}
	add(text, pick(chance, percent(chance, 80) ? &noun_list : &rare_list));
}

static void add_phrase(struct chance *chance, struct text *text)
{
	switch (below(chance, 8)) {
	case 0:
	case 1:
		add_name(chance, text);
		break;
	case 2:
		add(text, "some ");
		add_number(text, 2 + below(chance, 400));
		add(text, " ");
		add(text, pick(chance, &unit_list));
		break;
	case 3:
		add(text, "the ");
		add_noun(chance, text);
		add(text, " of ");
		add_name(chance, text);
		break;
	default:
		add(text, percent(chance, 75) ? "the " : "every ");
		add_noun(chance, text);
	}
}

static void add_clause(struct chance *chance, struct text *text)
{
	add_phrase(chance, text);
	add(text, " ");
	if (percent(chance, 20)) {
		add(text, pick(chance, &adverb_list));
		add(text, " ");
	}
	add(text, pick(chance, &verb_list));
	add(text, " ");
	add_phrase(chance, text);
	if (percent(chance, 45)) {
		add(text, " ");
		add(text, pick(chance, &place_list));
		add(text, " ");
		add_phrase(chance, text);
	}
	if (percent(chance, 10)) {
		add(text, " in ");
		add_number(text, 1780 + below(chance, 240));
	}
}

static void add_sentence(struct chance *chance, struct text *text)
{
	size_t at = text->size;

	if (percent(chance, 15)) {
		add(text, pick(chance, &opening_list));
		add(text, ", ");
	}
	add_clause(chance, text);
	if (percent(chance, 40)) {
		add(text, ", ");
		add(text, pick(chance, &link_list));
		add(text, " ");
		add_clause(chance, text);
	}
	add(text, ".");
	capitalise(text, at);
}

static void add_paragraph(struct chance *chance, struct text *text)
{
	for (uint64_t left = 2 + below(chance, 5); left > 0; left--) {
		add_sentence(chance, text);
		if (left > 1)
			add(text, " ");
	}
}

static void add_title(struct chance *chance, struct text *text)
{
	size_t at = text->size;

	if (percent(chance, 50)) {
		add(text, "the ");
		add_noun(chance, text);
	} else {
		add_name(chance, text);
	}
	if (percent(chance, 70)) {
		add(text, percent(chance, 50) ? " and the " : " of the ");
		add_noun(chance, text);
	}
	capitalise(text, at);
}

/*
 * ---- Bodies ----
 */

enum kind { PLAIN, MARKDOWN, HTML };

static const char *const suffixes[] = {[PLAIN] = ".txt", [MARKDOWN] = ".md", [HTML] = ".html"};

static void add_plain(struct chance *chance, struct text *text, uint64_t size)
{
	add_title(chance, text);
	add(text, "\n\n");
	while (text->size < size) {
		add_paragraph(chance, text);
		add(text, "\n\n");
	}
}

static void add_markdown(struct chance *chance, struct text *text, uint64_t size)
{
	add(text, "# ");
	add_title(chance, text);
	add(text, "\n\n");
	while (text->size < size) {
		if (percent(chance, 20)) {
			add(text, "## ");
			add_title(chance, text);
			add(text, "\n\n");
		}
		if (percent(chance, 12)) {
			for (uint64_t left = 3 + below(chance, 4); left > 0; left--) {
				add(text, "- ");
				add_phrase(chance, text);
				add(text, left > 1 ? "\n" : "\n\n");
			}
		}
		add_paragraph(chance, text);
		add(text, "\n\n");
	}
}

static void add_html(struct chance *chance, struct text *text, uint64_t size)
{
	struct text title = {0};

	add_title(chance, &title);
	add(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	add_bytes(text, title.data, title.size);
	add(text, "</title>\n<link rel=\"stylesheet\" href=\"/style/main.css\">\n</head>\n<body>\n"
	          "<nav><a href=\"/\">Home</a> <a href=\"/archive/\">Archive</a></nav>\n"
	          "<main>\n<h1>");
	add_bytes(text, title.data, title.size);
	add(text, "</h1>\n");
	while (text->size < size) {
		if (percent(chance, 15)) {
			add(text, "<h2>");
			add_title(chance, text);
			add(text, "</h2>\n");
		}
		add(text, "<p>");
		add_paragraph(chance, text);
		add(text, "</p>\n");
	}
	add(text, "</main>\n<footer><p>All rights reserved.</p></footer>\n</body>\n</html>\n");
	free(title.data);
}

static enum kind kind_of(struct chance *chance)
{
	uint64_t at = below(chance, 10);

	return at < 4 ? MARKDOWN : at < 7 ? HTML : PLAIN;
}

/* The body of an article that is no duplicate. */
static enum kind make_body(uint64_t seed, uint64_t number, struct text *text)
{
	struct chance chance = chance_of(seed, number, 'b');
	enum kind kind = kind_of(&chance);
	uint64_t size = number % 5000 == 17 ? large_size(&chance) : common_size(&chance);

	text->size = 0;
	if (number % 97 == 41)
		return kind;
	if (kind == HTML)
		add_html(&chance, text, size);
	else if (kind == MARKDOWN)
		add_markdown(&chance, text, size);
	else
		add_plain(&chance, text, size);
	return kind;
}

/* The article whose body this one has: itself, or an earlier one that is no duplicate. */
static uint64_t body_of(uint64_t seed, uint64_t number)
{
	for (;;) {
		struct chance chance = chance_of(seed, number, 'd');

		if (number == 0 || !percent(&chance, 4))
			return number;
		number = below(&chance, number);
	}
}

/*
 * ---- Articles ----
 */

struct article {
	struct text path, title, creator, subject, url, body;
	unsigned year, month, day, second;
};

static void add_slug(struct text *path, const char *title)
{
	for (; *title != '\0'; title++) {
		char c = *title;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		add_bytes(path, c == ' ' ? "-" : &c, 1);
	}
}

static void make_article(struct article *article, uint64_t seed, uint64_t number)
{
	struct chance chance = chance_of(seed, number, 'a');
	enum kind kind = make_body(seed, body_of(seed, number), &article->body);
	char part[64];

	article->path.size = article->title.size = article->creator.size = 0;
	article->subject.size = article->url.size = 0;
	article->year = 1995 + (unsigned)below(&chance, 30);
	article->month = 1 + (unsigned)below(&chance, 12);
	article->day = 1 + (unsigned)below(&chance, 28);
	article->second = (unsigned)below(&chance, 86400);
	add_title(&chance, &article->title);
	add_name(&chance, &article->creator);
	add(&article->creator, " ");
	add_name(&chance, &article->creator);
	add(&article->subject, pick(&chance, &section_list));

	add(&article->path, article->subject.data);
	snprintf(part, sizeof part, "/%u/%02u/", article->year, article->month);
	add(&article->path, part);
	add_slug(&article->path, article->title.data);
	snprintf(part, sizeof part, "-%08" PRIu64 "%s", number, suffixes[kind]);
	add(&article->path, part);
	add(&article->url, "https://www.example.org/");
	add_bytes(&article->url, article->path.data, article->path.size);
}

static void free_article(struct article *article)
{
	free(article->path.data);
	free(article->title.data);
	free(article->creator.data);
	free(article->subject.data);
	free(article->url.data);
	free(article->body.data);
}

static void add_string(struct text *line, const char *before, const struct text *text)
{
	size_t plain = 0;

	add(line, before);
	add(line, "\"");
	for (size_t i = 0; i < text->size; i++) {
		char c = text->data[i];

		if (c != '\n' && c != '"' && c != '\\')
			continue;
		add_bytes(line, text->data + plain, i - plain);
		add_bytes(line, (const char[]){'\\', c == '\n' ? 'n' : c}, 2);
		plain = i + 1;
	}
	add_bytes(line, text->size != 0 ? text->data + plain : "", text->size - plain);
	add(line, "\"");
}

static void write_line(const struct article *article, struct text *line)
{
	char date[64];

	snprintf(date, sizeof date, "%04u-%02u-%02uT%02u:%02u:%02uZ", article->year, article->month,
	         article->day, article->second / 3600, article->second / 60 % 60,
	         article->second % 60);
	line->size = 0;
	add_string(line, "{\"path\":", &article->path);
	add_string(line, ",\"title\":", &article->title);
	add_string(line, ",\"creator\":[", &article->creator);
	add_string(line, "],\"subject\":[", &article->subject);
	add(line, "],\"language\":\"en\",\"date\":\"");
	add(line, date);
	add_string(line, "\",\"url\":", &article->url);
	add_string(line, ",\"body\":", &article->body);
	add(line, "}\n");
	fwrite(line->data, 1, line->size, stdout);
}

/* Make the directories that lead to a file. */
static void make_directories(char *file)
{
	for (char *slash = strchr(file + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(file, 0777) != 0 && errno != EEXIST)
			die(file);
		*slash = '/';
	}
}

/* Days since 1970 of a date after 1600 (March begins the year, so that a leap day ends it). */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month < 3 ? 1 : 0);
	int64_t m = month < 3 ? month + 9 : month - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + (int64_t)day - 1 - 719468;
}

/* The time of the file is the article's, so that packing the directory is repeatable too. */
static void write_file(const struct article *article, const char *directory, struct text *file)
{
	struct timespec times[2] = {{0}};
	FILE *out;

	file->size = 0;
	add(file, directory);
	add(file, "/");
	add(file, article->path.data);
	out = fopen(file->data, "wb");
	if (out == NULL && errno == ENOENT) {
		make_directories(file->data);
		out = fopen(file->data, "wb");
	}
	if (out == NULL)
		die(file->data);
	fwrite(article->body.data, 1, article->body.size, out);
	if (ferror(out) || fclose(out) != 0)
		die(file->data);

	times[0].tv_sec = (time_t)(days_of(article->year, article->month, article->day) * 86400 +
	                           article->second);
	times[1] = times[0];
	if (utimensat(AT_FDCWD, file->data, times, 0) != 0)
		die(file->data);
}

static uint64_t parse_number(const char *text)
{
	char *end;
	uint64_t number;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-') {
		fprintf(stderr, "make_articles: not a number: %s\n", text);
		exit(2);
	}
	return number;
}

int main(int argc, char **argv)
{
	bool lines = argc > 1 && strcmp(argv[1], "--jsonl") == 0;
	struct article article = {0};
	struct text room = {0};
	uint64_t count, seed;

	if (argc < 3 || argc > 4) {
		fputs("usage: make_articles COUNT DIR [SEED]\n"
		      "       make_articles --jsonl COUNT [SEED]\n", stderr);
		return 2;
	}
	count = parse_number(argv[lines ? 2 : 1]);
	seed = argc == 4 ? parse_number(argv[3]) : 1;

	load_words();
	for (uint64_t i = 0; i < count; i++) {
		make_article(&article, seed, i);
		if (lines)
			write_line(&article, &room);
		else
			write_file(&article, argv[2], &room);
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		die("standard output");
	free_article(&article);
	free(room.data);
	free_words();
	return 0;
}
