/* Repair: copies damaged at random give the archive back wherever that is possible. */
#include "fixture.h"

#include "source.h"

#define COPIES 3
#define SECTOR 512

struct failing {
	struct buffer bytes;
	bool *bad;                      /* owned: sectors that cannot be read */
};

static int failing_read(void *ctx, uint64_t offset, void *buf, size_t size)
{
	struct failing *copy = ctx;

	for (uint64_t at = offset / SECTOR; at <= (offset + size - 1) / SECTOR; at++)
		if (copy->bad[at])
			return EIO;
	memcpy(buf, copy->bytes.data + offset, size);
	return 0;
}

static void make_archive(struct buffer *out)
{
	const struct capsa_writer_options options = {
	    .keys = &test_keys, .created = 1, .frame_size = 8192};

	archive_make(out, &options, 11, 400, 30000, NULL);
}

static void copy_of(struct failing *copy, const struct buffer *archive, size_t size)
{
	*copy = (struct failing){0};
	capsa_buffer_append(&copy->bytes, archive->data, size);
	copy->bad = calloc(archive->size / SECTOR + 1, sizeof *copy->bad);
	assert_non_null(copy->bad);
}

static void release(struct failing *copies)
{
	for (size_t i = 0; i < COPIES; i++) {
		capsa_buffer_release(&copies[i].bytes);
		free(copies[i].bad);
	}
}

struct seen {
	unsigned parts, lost;
};

static void note_part(void *ctx, const struct capsa_repaired *part)
{
	struct seen *seen = ctx;

	assert_true(part->size != 0);
	assert_true(part->copy <= COPIES);
	seen->parts++;
	seen->lost += part->lost;
}

/* Repair the first copy: the archive, or what was returned instead. */
static enum capsa_status repair(struct failing *copies, const struct buffer *archive,
                                struct seen *seen)
{
	const struct capsa_repair_options options = {.part = note_part, .ctx = seen};
	struct capsa_source sources[COPIES], mended;
	struct capsa_repair *repair;
	struct buffer out = {0};
	enum capsa_status status;

	*seen = (struct seen){0};
	for (size_t i = 0; i < COPIES; i++)
		sources[i] =
		    (struct capsa_source){failing_read, copies[i].bytes.size, &copies[i]};
	status = capsa_repair_new(&repair, sources, COPIES, &options, NULL);
	if (status == CAPSA_OK)
		status = capsa_repair_run(repair, NULL);
	if (status == CAPSA_OK) {
		mended = capsa_repair_source(repair);
		assert_int_equal(mended.size, archive->size);
		assert_non_null(capsa_buffer_extend(&out, archive->size));
		assert_int_equal(capsa_source_read(&mended, 0, out.data, out.size, NULL), CAPSA_OK);
		assert_memory_equal(out.data, archive->data, archive->size);
	}
	capsa_buffer_release(&out);
	capsa_repair_free(repair);
	return status;
}

/* Each sector is bad in at most one copy: unreadable, zeros, or with a flipped bit. */
static void test_random(void **state)
{
	struct random random = {17};
	struct buffer archive = {0};

	(void)state;
	make_archive(&archive);
	for (unsigned round = 0; round < 24; round++) {
		struct failing copies[COPIES];
		struct seen seen;

		for (size_t i = 0; i < COPIES; i++)
			copy_of(&copies[i], &archive, archive.size);
		for (size_t sector = 0; sector * SECTOR < archive.size; sector++) {
			struct failing *copy = &copies[random_below(&random, COPIES)];
			size_t at = sector * SECTOR;
			size_t size = archive.size - at < SECTOR ? archive.size - at : SECTOR;

			switch (random_below(&random, 4 + round)) {
			case 0:
				copy->bad[sector] = true;
				break;
			case 1:
				memset(copy->bytes.data + at, 0, size);
				break;
			case 2:
				copy->bytes.data[at + random_below(&random, size)] ^= 1;
				break;
			}
		}
		assert_int_equal(repair(copies, &archive, &seen), CAPSA_OK);
		assert_int_equal(seen.lost, 0);
		release(copies);
	}
	capsa_buffer_release(&archive);
}

/* One byte is wrong in the first copy, everywhere in turn; the second has nothing but that. */
static void test_every_byte(void **state)
{
	struct buffer archive = {0};
	struct failing copies[COPIES];
	struct seen seen;

	(void)state;
	make_archive(&archive);
	for (size_t i = 0; i < COPIES; i++)
		copy_of(&copies[i], &archive, archive.size);
	for (size_t at = 0; at < archive.size; at += at < 300 || at > archive.size - 500 ? 1 : 4999) {
		copies[0].bytes.data[at] ^= 0x10;
		assert_int_equal(repair(copies, &archive, &seen), CAPSA_OK);
		assert_int_equal(seen.parts, 1);
		copies[0].bytes.data[at] ^= 0x10;
	}
	release(copies);
	capsa_buffer_release(&archive);
}

/* Cut off at any length. */
static void test_cut(void **state)
{
	struct buffer archive = {0};
	struct seen seen;

	(void)state;
	make_archive(&archive);
	for (size_t size = 0; size <= archive.size; size += size < 200 ? 7 : 9973) {
		struct failing copies[COPIES];

		copy_of(&copies[0], &archive, size);
		copy_of(&copies[1], &archive, archive.size);
		copy_of(&copies[2], &archive, 100);
		assert_int_equal(repair(copies, &archive, &seen), CAPSA_OK);
		release(copies);
	}
	/* And the other way round: the end is in one copy only, which lost its beginning. */
	for (size_t size = 0; size <= archive.size; size += 4096) {
		struct failing copies[COPIES];

		copy_of(&copies[0], &archive, archive.size);
		memset(copies[0].bytes.data, 0, size);
		copy_of(&copies[1], &archive, size);
		copy_of(&copies[2], &archive, 100);
		assert_int_equal(repair(copies, &archive, &seen), CAPSA_OK);
		release(copies);
	}
	capsa_buffer_release(&archive);
}

/* ---- the end of a signed archive ----------------------------------------------- */

static void test_damaged_key_id(void **state)
{
	const struct capsa_writer_options options = {.keys = &test_keys, .created = 1};
	struct capsa_secret_key *key;
	struct capsa_public_key public_key;
	struct failing copies[COPIES];
	struct buffer archive = {0};
	struct seen seen;
	size_t at;

	(void)state;
	assert_int_equal(capsa_secret_key_generate(&key, NULL), CAPSA_OK);
	capsa_secret_key_public(key, &public_key);
	archive_make(&archive, &options, 11, 10, 3000, key);
	capsa_secret_key_free(key);
	for (at = archive.size - 2000; memcmp(archive.data + at, public_key.id, 8) != 0; at++)
		assert_true(at < archive.size - CAPSA_TRAILER_SIZE);
	for (size_t i = 0; i < COPIES; i++)
		copy_of(&copies[i], &archive, archive.size);

	/* No signature covers it, so the trailer alone knows of the damage ... */
	copies[0].bytes.data[at] ^= 1;
	assert_int_equal(repair(copies, &archive, &seen), CAPSA_OK);
	assert_int_equal(seen.parts, 1);
	/* ... of the first copy, or of others. */
	copies[0].bytes.data[archive.size - 1] ^= 1;
	assert_int_equal(repair(copies, &archive, &seen), CAPSA_OK);
	assert_int_equal(seen.parts, 1);
	copies[0].bytes.data[archive.size - 1] ^= 1;
	for (size_t i = 1; i < COPIES; i++)
		copies[i].bytes.data[at] ^= 2;
	assert_int_equal(repair(copies, &archive, &seen), CAPSA_ECORRUPT);
	assert_int_equal(seen.parts, 0);
	/*
	 * The only trailer is that of a copy which has lost everything else.  The others have the
	 * same damage, of which no majority of bits can make the right byte.
	 */
	copies[1].bytes.data[at] ^= 1 ^ 2;
	copies[0].bytes.data[archive.size - 1] ^= 1;
	copies[1].bytes.data[archive.size - 1] ^= 1;
	memset(copies[2].bytes.data, 0, archive.size - CAPSA_TRAILER_SIZE);
	assert_int_equal(repair(copies, &archive, &seen), CAPSA_ECORRUPT);
	assert_int_equal(seen.parts, 0);
	release(copies);
	capsa_buffer_release(&archive);
}

static void test_lost(void **state)
{
	struct buffer archive = {0};
	struct failing copies[COPIES];
	struct seen seen;

	(void)state;
	make_archive(&archive);
	for (size_t i = 0; i < COPIES; i++) {
		copy_of(&copies[i], &archive, archive.size);
		copies[i].bytes.data[3000] ^= 1;
	}
	assert_int_equal(repair(copies, &archive, &seen), CAPSA_ECORRUPT);
	assert_int_equal(seen.lost, 1);
	for (size_t i = 0; i < COPIES; i++)
		memset(copies[i].bytes.data + archive.size - 3000, 0, 3000);
	assert_int_equal(repair(copies, &archive, &seen), CAPSA_ECORRUPT);
	assert_int_equal(seen.parts, 0);
	release(copies);
	capsa_buffer_release(&archive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_random),
	    cmocka_unit_test(test_every_byte),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_damaged_key_id),
	    cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
