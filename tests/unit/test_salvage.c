/* Salvage: what comes out of a damaged archive is what was packed. */
#include "fixture.h"

#include "../vectors/forge.h"

#define ARTICLES 900
#define SEED 21

struct tally {
	uint64_t saved, lines, lost;
	bool seen[ARTICLES];
};

/* The number in a path that item_make gave. */
static uint64_t number_of(struct capsa_text path)
{
	char text[64];
	unsigned directory, number;

	assert_true(path.size < sizeof text);
	memcpy(text, path.data, path.size);
	text[path.size] = '\0';
	assert_int_equal(sscanf(text, "d%u/%u.txt", &directory, &number), 2);
	assert_true(number < ARTICLES);
	return number;
}

static bool check_article(void *ctx, const struct capsa_saved *saved)
{
	struct tally *tally = ctx;
	uint64_t number = number_of(saved->path);
	struct item item;
	uint8_t *body;

	assert_false(tally->seen[number]);
	tally->seen[number] = true;
	item_make(&item, SEED, number, 30000);
	assert_int_equal(saved->body.size, item.body.size);
	body = malloc(item.body.size + 1);
	assert_non_null(body);
	if (item.body.size != 0) {
		assert_int_equal(saved->body.read_at(saved->body.ctx, 0, body, item.body.size), 0);
		assert_memory_equal(body, item.body.data, item.body.size);
	}
	free(body);
	item_release(&item);
	tally->saved++;
	tally->lines += saved->line.size != 0;
	return true;
}

static void note_lost(void *ctx, struct capsa_text path, const char *why)
{
	struct tally *tally = ctx;

	assert_non_null(why);
	assert_false(tally->seen[number_of(path)]);
	tally->lost++;
}

static void salvage(const struct buffer *archive, struct tally *tally,
                    struct capsa_salvage_report *report)
{
	const struct capsa_salvage_options options = {
	    .article = check_article, .lost = note_lost, .ctx = tally};
	struct capsa_source source = capsa_source_memory(archive->data, archive->size);

	*tally = (struct tally){0};
	assert_int_equal(capsa_salvage(&source, &options, report, NULL), CAPSA_OK);
	assert_int_equal(report->saved, tally->saved);
	assert_int_equal(report->lost, tally->lost);
	assert_int_equal(report->without_line, tally->saved - tally->lines);
}

static void make_archive(struct buffer *out)
{
	const struct capsa_writer_options options = {
	    .keys = &test_keys, .created = 1, .frame_size = 8192};

	archive_make(out, &options, SEED, ARTICLES, 30000, NULL);
}

static void test_whole(void **state)
{
	struct capsa_salvage_report report;
	struct buffer archive = {0};
	struct tally tally;

	(void)state;
	make_archive(&archive);
	salvage(&archive, &tally, &report);
	assert_int_equal(tally.lines, ARTICLES);
	assert_int_equal(tally.lost, 0);
	assert_int_equal(report.checked, ARTICLES);
	assert_true(report.has_articles);
	assert_int_equal(report.articles, ARTICLES);
	assert_int_equal(report.fragments, 0);
	capsa_buffer_release(&archive);
}

/* Cut off anywhere, at the end or at the beginning: what lies in the rest comes out. */
static void test_cut(void **state)
{
	struct capsa_salvage_report report;
	struct buffer archive = {0};
	struct tally tally;
	uint64_t last = 0;

	(void)state;
	make_archive(&archive);
	for (size_t size = 0; size < archive.size; size += archive.size / 23) {
		struct buffer part = {0};

		capsa_buffer_append(&part, archive.data, size);
		salvage(&part, &tally, &report);
		assert_true(tally.saved >= last);
		assert_int_equal(report.checked, 0);
		last = tally.saved;
		capsa_buffer_release(&part);
	}
	assert_true(last > ARTICLES * 3 / 4);
	for (size_t at = archive.size / 2; at < archive.size; at += archive.size / 17) {
		struct buffer part = {0};

		capsa_buffer_append(&part, archive.data + at, archive.size - at);
		salvage(&part, &tally, &report);
		capsa_buffer_release(&part);
	}
	capsa_buffer_release(&archive);
}

/* Holes of zeros, and bytes that are something else: nothing wrong ever comes out. */
static void test_holes(void **state)
{
	struct random random = {5};
	struct buffer archive = {0};

	(void)state;
	make_archive(&archive);
	for (unsigned round = 0; round < 40; round++) {
		struct capsa_salvage_report report;
		struct buffer bad = {0};
		struct tally tally;
		unsigned holes = 1 + (unsigned)random_below(&random, 6);

		capsa_buffer_append(&bad, archive.data, archive.size);
		for (unsigned i = 0; i < holes; i++) {
			size_t size = 1 + random_below(&random, i == 0 ? 20000 : 300);
			size_t at = random_below(&random, archive.size - size);

			for (size_t k = 0; k < size; k++)
				bad.data[at + k] = round % 2 != 0 ? (uint8_t)random_next(&random)
				                                  : 0;
		}
		salvage(&bad, &tally, &report);
		assert_true(tally.saved > ARTICLES / 2);
		/* Each hole hits some frames; what is known to be lost is far less than all. */
		assert_true(tally.lost < ARTICLES / 2);
		capsa_buffer_release(&bad);
	}
	capsa_buffer_release(&archive);
}

/* One hole costs only the articles of the frames that it touches. */
static void test_one_hole(void **state)
{
	const struct capsa_verify_options options = {0};
	struct capsa_salvage_report report;
	struct capsa_report verified;
	struct buffer archive = {0};
	struct capsa_source source;
	struct capsa_reader *reader;
	struct tally tally;

	(void)state;
	make_archive(&archive);
	memset(archive.data + archive.size / 2, 0, 5000);
	source = capsa_source_memory(archive.data, archive.size);
	reader = archive_open(&source);
	assert_int_equal(capsa_reader_verify(reader, &options, &verified, NULL), CAPSA_ECORRUPT);
	capsa_reader_close(reader);
	salvage(&archive, &tally, &report);
	assert_int_equal(tally.saved, verified.good);
	assert_int_equal(tally.lost, verified.damaged);
	capsa_buffer_release(&archive);
}

/* Bytes that look like a frame at every place must not take endless time. */
static void test_hostile(void **state)
{
	static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0xa4, 0, 0, 0x40, 0, 0, 0, 0};
	struct capsa_salvage_report report;
	struct buffer bytes = {0};
	struct tally tally;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		capsa_buffer_append(&bytes, frame, sizeof frame);
	salvage(&bytes, &tally, &report);
	assert_int_equal(report.saved, 0);
	capsa_buffer_release(&bytes);
}

/* The same of frames that go on far, with blocks of nothing, and then do not end. */
static void test_hostile_blocks(void **state)
{
	/* A block of 128 KiB, behind which the others are. */
	static const uint8_t begin[] = {0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x10, 0, 0, 0x10};
	static const uint8_t nothing[4096];
	struct capsa_salvage_report report;
	struct buffer bytes = {0};
	struct tally tally;

	(void)state;
	for (unsigned i = 0; i < 14000; i++)
		capsa_buffer_append(&bytes, begin, sizeof begin);
	for (unsigned i = 0; i < 700; i++)
		capsa_buffer_append(&bytes, nothing, sizeof nothing);
	salvage(&bytes, &tally, &report);
	assert_int_equal(report.saved, 0);
	capsa_buffer_release(&bytes);
}

static bool stop_at_some(void *ctx, uint64_t bytes, uint64_t total)
{
	uint64_t *told = ctx;

	assert_true(bytes <= total);
	*told = bytes;
	return bytes == 0;
}

/* Where nothing is found for long, there is progress all the same, and it can be stopped. */
static void test_stop(void **state)
{
	uint64_t told = 0;
	const struct capsa_salvage_options options = {.progress = stop_at_some, .ctx = &told};
	struct capsa_salvage_report report;
	struct buffer bytes = {0};
	struct capsa_source source;

	(void)state;
	memset(capsa_buffer_extend(&bytes, 32U << 20), 0, 32U << 20);
	source = capsa_source_memory(bytes.data, bytes.size);
	assert_int_equal(capsa_salvage(&source, &options, &report, NULL), CAPSA_ESTOPPED);
	assert_in_range(told, 1, 8U << 20);
	capsa_buffer_release(&bytes);
}

/* ---- links that another writer makes ------------------------------------------- */

static void plan_small_links(struct forge *f)
{
	forge_add(f, "a", forge_text("small"))->ends_frame = true;
	forge_add(f, "b", forge_text(""))->ends_frame = true;
	forge_add(f, "link-a", f->articles[0].body)->link = 2;
	forge_add(f, "link-b", f->articles[1].body)->link = 2;
}

static bool note_body(void *ctx, const struct capsa_saved *saved)
{
	struct buffer *out = ctx;
	char body[16];

	assert_true(saved->checked);
	assert_true(saved->body.size < sizeof body);
	if (saved->body.size != 0)
		assert_int_equal(
		    saved->body.read_at(saved->body.ctx, 0, body, (size_t)saved->body.size), 0);
	capsa_buffer_printf(out, "%.*s=%.*s\n", (int)saved->path.size, saved->path.data,
	                    (int)saved->body.size, body);
	return true;
}

/* A hard link may lead to a body of any size (spec 5.6). */
static void test_small_links(void **state)
{
	struct buffer found = {0};
	const struct capsa_salvage_options options = {.article = note_body, .ctx = &found};
	struct forge *f = forge_make(&(struct forge_change){.plan = plan_small_links});
	struct capsa_source source = capsa_source_memory(f->file.data, f->file.size);
	struct capsa_salvage_report report;

	(void)state;
	assert_int_equal(capsa_salvage(&source, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.lost, 0);
	capsa_buffer_byte(&found, 0);
	assert_string_equal((const char *)found.data, "a=small\nb=\nlink-a=small\nlink-b=\n");
	capsa_buffer_release(&found);
	forge_free(f);
}

/* ---- a disk that changes its mind ------------------------------------------------ */

struct changing {
	struct buffer bytes;
	size_t at;                      /* where, at the end, another frame stands ... */
	struct buffer other;            /* ... which is this one */
	const struct forge *f;
	unsigned read;                  /* bodies that could be read, whole */
};

static int changing_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct changing *changing = ctx;

	memcpy(buf, changing->bytes.data + offset, size);
	return 0;
}

static void plan_parts(struct forge *f)
{
	struct random random = {3};
	uint8_t *body = forge_new(f, 3000, 1);

	/* Of bytes that do not compress, other ones have the same size. */
	for (size_t i = 0; i < 3000; i++)
		body[i] = (uint8_t)random_next(&random);
	forge_add(f, "large", span_of(body, 3000))->piece = 1024;
}

static bool change_and_read(void *ctx, const struct capsa_saved *saved)
{
	struct changing *changing = ctx;
	struct span body = changing->f->articles[0].body;
	static uint8_t room[4096];

	assert_true(saved->checked);
	assert_int_equal(saved->body.size, body.size);
	memcpy(changing->bytes.data + changing->at, changing->other.data, changing->other.size);
	if (saved->body.read_at(saved->body.ctx, 0, room, body.size) == 0) {
		assert_memory_equal(room, body.data, body.size);
		changing->read++;
	}
	return true;
}

/* What was checked once is not given when it has become another, sound frame. */
static void test_changing_frame(void **state)
{
	struct forge *f = forge_make(&(struct forge_change){.plan = plan_parts});
	struct forge_frame *frame = &f->frames[1];
	struct changing changing = {.at = frame->offset, .f = f};
	const struct capsa_salvage_options options = {.article = change_and_read, .ctx = &changing};
	const struct capsa_source source = {changing_read, f->file.size, &changing};
	struct capsa_salvage_report report;

	(void)state;
	capsa_buffer_append(&changing.bytes, f->file.data, f->file.size);
	frame->raw.data[CAPSA_TAR_BLOCK + 1] ^= 1;
	forge_zstd(f, buffer_span(&frame->raw), true, false, &changing.other);
	assert_int_equal(changing.other.size, frame->stored.size);
	assert_int_equal(capsa_salvage(&source, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.checked, 1);
	assert_int_equal(changing.read, 0);
	capsa_buffer_release(&changing.bytes);
	capsa_buffer_release(&changing.other);
	forge_free(f);
}

/* ---- sectors that cannot be read ------------------------------------------------- */

struct bad_disk {
	struct buffer bytes;
	uint64_t bad, bad_end;
};

static int bad_disk_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	const struct bad_disk *disk = ctx;

	if (offset < disk->bad_end && offset + size > disk->bad)
		return EIO;
	memcpy(buf, disk->bytes.data + offset, size);
	return 0;
}

static void salvage_disk(struct bad_disk *disk, struct tally *tally,
                         struct capsa_salvage_report *report)
{
	const struct capsa_salvage_options options = {
	    .article = check_article, .lost = note_lost, .ctx = tally};
	const struct capsa_source source = {bad_disk_read, disk->bytes.size, disk};

	*tally = (struct tally){0};
	assert_int_equal(capsa_salvage(&source, &options, report, NULL), CAPSA_OK);
}

/* A hole that cannot be read costs what one of zeros does, and no more. */
static void test_bad_sectors(void **state)
{
	struct bad_disk disk = {0};
	struct capsa_salvage_report report, zeros;
	struct tally tally;
	static uint8_t kept[4096];
	size_t whole;

	(void)state;
	make_archive(&disk.bytes);
	whole = disk.bytes.size - disk.bytes.size % sizeof kept;
	for (size_t at = 0; at < whole; at += 23 * sizeof kept) {
		memcpy(kept, disk.bytes.data + at, sizeof kept);
		memset(disk.bytes.data + at, 0, sizeof kept);
		salvage(&disk.bytes, &tally, &zeros);
		memcpy(disk.bytes.data + at, kept, sizeof kept);
		disk.bad = at + 1;
		disk.bad_end = at + sizeof kept - 1;
		salvage_disk(&disk, &tally, &report);
		assert_int_equal(tally.saved, zeros.saved);
		assert_int_equal(tally.lost, zeros.lost);
		assert_true(tally.saved + 50 > ARTICLES);
	}
	capsa_buffer_release(&disk.bytes);
}

/* ---- more than is looked at, or kept, at a time ---------------------------------- */

#define NOISE_SIZE ((size_t)3 << 20)
#define NOISE_COUNT 7

/* Seven bodies of all but one frame's size: more than is read at once. */
static void plan_noise(struct forge *f)
{
	struct random random = {5};
	uint8_t *bytes = forge_new(f, NOISE_SIZE + NOISE_COUNT, 1);

	for (size_t i = 0; i + 8 <= NOISE_SIZE; i += 8)
		memcpy(bytes + i, &(uint64_t){random_next(&random)}, 8);
	for (size_t i = 0; i < NOISE_COUNT; i++) {
		char *path = forge_new(f, 8, 1);

		snprintf(path, 8, "%zu", i);
		forge_add(f, path, span_of(bytes + i, NOISE_SIZE))->ends_frame = true;
	}
}

static bool count_checked(void *ctx, const struct capsa_saved *saved)
{
	uint64_t *checked = ctx;

	*checked += saved->checked;
	return true;
}

/* With the index and without. */
static void test_larger_than_the_window(void **state)
{
	uint64_t checked = 0;
	const struct capsa_salvage_options options = {.article = count_checked, .ctx = &checked};
	struct forge *f = forge_make(&(struct forge_change){.plan = plan_noise});
	struct capsa_source source = capsa_source_memory(f->file.data, f->file.size);
	struct capsa_salvage_report report;

	(void)state;
	assert_true(f->file.size > 20u << 20);
	assert_int_equal(capsa_salvage(&source, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.saved, NOISE_COUNT);
	assert_int_equal(checked, NOISE_COUNT);
	source.size = f->trailer.statement - 1;
	assert_int_equal(capsa_salvage(&source, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.saved, NOISE_COUNT);
	assert_int_equal(report.without_line, 0);
	assert_int_equal(report.checked, 0);
	forge_free(f);
}

#define MANY (CAPSA_FRAME_WAITING_MAX + 3)

static void plan_many(struct forge *f)
{
	for (size_t i = 0; i < MANY; i++) {
		char *path = forge_new(f, 8, 1);

		snprintf(path, 8, "%zu", i);
		forge_add(f, path, forge_text("body"))->ends_frame = i % 1024 == 1023;
	}
	f->page_entries = 16;
}

/* No archive lets more articles wait for their lines: the first are taken to have lost theirs. */
static void test_waiting(void **state)
{
	uint64_t checked = 0;
	const struct capsa_salvage_options options = {.article = count_checked, .ctx = &checked};
	struct forge *f = forge_make(&(struct forge_change){.plan = plan_many});
	struct capsa_source source = capsa_source_memory(f->file.data, f->file.size);
	struct capsa_salvage_report report;

	(void)state;
	assert_int_equal(capsa_salvage(&source, &options, &report, NULL), CAPSA_OK);
	assert_int_equal(report.saved, MANY);
	assert_int_equal(report.without_line, 3);
	forge_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_holes),    cmocka_unit_test(test_one_hole),
	    cmocka_unit_test(test_hostile),  cmocka_unit_test(test_hostile_blocks),
	    cmocka_unit_test(test_stop),     cmocka_unit_test(test_small_links),
	    cmocka_unit_test(test_changing_frame),
	    cmocka_unit_test(test_bad_sectors),
	    cmocka_unit_test(test_larger_than_the_window),
	    cmocka_unit_test(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
