/* One signature more: nothing before it changes, all of them hold, and every limit is kept. */
#include "fixture.h"

#include "digest.h"
#include "frame.h"
#include "reader.h"
#include "trailer.h"

#define WITNESSES 3

struct made {
	struct buffer archive;
	struct capsa_secret_key *keys[WITNESSES];
};

static int make(void **state)
{
	struct capsa_writer_options options = {
	    .level = 3, .frame_size = 8192, .keys = &test_keys, .created = 1600000000};
	struct made *made = calloc(1, sizeof *made);

	assert_non_null(made);
	for (unsigned i = 0; i < WITNESSES; i++)
		assert_int_equal(capsa_secret_key_generate(&made->keys[i], NULL), CAPSA_OK);
	archive_make(&made->archive, &options, 5, 40, 4000, made->keys[0]);
	*state = made;
	return 0;
}

static int drop(void **state)
{
	struct made *made = *state;

	for (unsigned i = 0; i < WITNESSES; i++)
		capsa_secret_key_free(made->keys[i]);
	capsa_buffer_release(&made->archive);
	free(made);
	return 0;
}

/* An archive in memory, open. */
struct opened {
	struct capsa_source source;
	struct capsa_reader *reader;
};

static struct opened open_bytes(const struct buffer *bytes)
{
	struct opened opened = {.source = capsa_source_memory(bytes->data, bytes->size)};

	opened.reader = archive_open(&opened.source);
	return opened;
}

static struct capsa_signature sign(const struct capsa_reader *reader,
                                   const struct capsa_secret_key *key, const char *comment)
{
	struct capsa_text statement = capsa_reader_statement(reader)->text;
	struct capsa_signature signature;

	assert_int_equal(capsa_signature_make(&signature, key, statement, comment, NULL), CAPSA_OK);
	return signature;
}

/* The archive with a signature more, in place. */
static enum capsa_status resign(struct buffer *archive, const struct capsa_secret_key *key,
                                const char *comment, struct capsa_error *err)
{
	struct opened opened = open_bytes(archive);
	struct capsa_signature signature = sign(opened.reader, key, comment);
	uint8_t tail[CAPSA_RESIGN_MAX];
	uint64_t keep;
	size_t size;
	enum capsa_status st =
	    capsa_reader_resign(opened.reader, &signature, &keep, tail, &size, err);

	if (st == CAPSA_OK) {
		assert_int_equal(keep, archive->size - CAPSA_TRAILER_SIZE);
		assert_int_equal(size, 187 + strlen(comment) + CAPSA_TRAILER_SIZE);
		archive->size = (size_t)keep;
		capsa_buffer_append(archive, tail, size);
		assert_false(archive->failed);
	} else {
		assert_int_equal(keep, 0);
		assert_int_equal(size, 0);
	}
	capsa_reader_close(opened.reader);
	return st;
}

static struct buffer copy_of(const struct buffer *bytes)
{
	struct buffer copy = {0};

	capsa_buffer_append(&copy, bytes->data, bytes->size);
	assert_false(copy.failed);
	return copy;
}

static void test_two_more_signatures(void **state)
{
	static const char *const comments[WITNESSES] = {
	    "capsa: packed 2020-09-13T12:26:40Z", "capsa: witnessed full 2021-01-01T00:00:00Z",
	    "w"};
	struct made *made = *state;
	struct buffer copy = copy_of(&made->archive);
	struct capsa_verify_options deep = {.depth = CAPSA_VERIFY_DEEP, .keys = &test_keys};
	struct capsa_report report;
	struct capsa_text statement;
	struct opened opened;

	for (unsigned i = 1; i < WITNESSES; i++)
		assert_int_equal(resign(&copy, made->keys[i], comments[i], NULL), CAPSA_OK);
	assert_memory_equal(copy.data, made->archive.data, made->archive.size - CAPSA_TRAILER_SIZE);

	opened = open_bytes(&copy);
	assert_false(capsa_reader_trailer_damaged(opened.reader));
	assert_int_equal(capsa_reader_verify(opened.reader, &deep, &report, NULL), CAPSA_OK);
	assert_int_equal(report.good, 40);
	assert_true(report.sha256_checked);
	assert_int_equal(capsa_reader_attestations(opened.reader), WITNESSES);
	statement = capsa_reader_statement(opened.reader)->text;
	for (unsigned i = 0; i < WITNESSES; i++) {
		const struct capsa_attestation *attestation =
		    capsa_reader_attestation(opened.reader, i);
		struct capsa_public_key key;

		capsa_secret_key_public(made->keys[i], &key);
		assert_int_equal(attestation->kind, 1);
		assert_string_equal(attestation->signature.comment, comments[i]);
		assert_memory_equal(attestation->signature.hint.key, key.key, sizeof key.key);
		assert_int_equal(
		    capsa_signature_check(&attestation->signature, statement, &key, NULL),
		    CAPSA_OK);
	}
	capsa_reader_close(opened.reader);
	capsa_buffer_release(&copy);
}

static void test_an_unsigned_archive(void **state)
{
	struct made *made = *state;
	struct capsa_writer_options options = {0};
	struct buffer archive = {0};
	struct opened opened;

	archive_make(&archive, &options, 5, 0, 1, NULL);
	assert_int_equal(resign(&archive, made->keys[0], "the first", NULL), CAPSA_OK);
	opened = open_bytes(&archive);
	assert_int_equal(capsa_reader_attestations(opened.reader), 1);
	assert_string_equal(capsa_reader_attestation(opened.reader, 0)->signature.comment,
	                    "the first");
	capsa_reader_close(opened.reader);
	capsa_buffer_release(&archive);
}

/* The tail of the archive lies outside of the first read. */
static void test_a_small_first_read(void **state)
{
	struct made *made = *state;
	struct capsa_reader_options small = {.tail_size = CAPSA_TRAILER_SIZE};
	struct opened opened = open_bytes(&made->archive);
	struct capsa_signature signature = sign(opened.reader, made->keys[1], "c");
	uint8_t tail[CAPSA_RESIGN_MAX], other[CAPSA_RESIGN_MAX];
	uint64_t keep, other_keep;
	size_t size, other_size;

	assert_int_equal(capsa_reader_resign(opened.reader, &signature, &keep, tail, &size, NULL),
	                 CAPSA_OK);
	capsa_reader_close(opened.reader);
	assert_int_equal(capsa_reader_open(&opened.reader, &opened.source, &small, NULL), CAPSA_OK);
	assert_int_equal(
	    capsa_reader_resign(opened.reader, &signature, &other_keep, other, &other_size, NULL),
	    CAPSA_OK);
	assert_int_equal(keep, other_keep);
	assert_int_equal(size, other_size);
	assert_memory_equal(tail, other, size);
	capsa_reader_close(opened.reader);
}

static void refuse(const struct capsa_reader *reader, const struct capsa_signature *signature,
                   enum capsa_status expected, const char *words)
{
	uint8_t tail[CAPSA_RESIGN_MAX];
	uint64_t keep = 1;
	size_t size = 1;
	struct capsa_error err = {0};

	assert_int_equal(capsa_reader_resign(reader, signature, &keep, tail, &size, &err),
	                 expected);
	assert_int_equal(keep, 0);
	assert_int_equal(size, 0);
	if (strstr(err.text, words) == NULL)
		fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_bad_signatures_are_refused(void **state)
{
	struct made *made = *state;
	struct opened opened = open_bytes(&made->archive);
	struct capsa_signature good = sign(opened.reader, made->keys[1], "c"), bad = good;
	struct capsa_text other = {"another statement", 17};

	bad.has_hint = false;
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not carry its key");
	bad = good;
	bad.hint.key[3] ^= 1;
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not verify");
	bad = good;
	bad.hint.id[0] ^= 1;
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not verify");
	bad = good;
	bad.signature[0] ^= 1;
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not verify");
	bad = good;
	bad.global[0] ^= 1;
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not verify");
	bad = good;
	memcpy(bad.comment, "d", 2);
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not verify");
	assert_int_equal(capsa_signature_make(&bad, made->keys[1], other, "c", NULL), CAPSA_OK);
	refuse(opened.reader, &bad, CAPSA_EMISUSE, "does not verify");
	capsa_reader_close(opened.reader);
}

static void test_comments(void **state)
{
	static const char *const refused[] = {"", "timestamp:1\tfile:x", "a\nb", " a", "a ",
	                                      "\xe2\x80\xae", "\xff"};
	struct made *made = *state;
	struct opened opened = open_bytes(&made->archive);
	struct capsa_signature signature = sign(opened.reader, made->keys[1], "c");
	struct buffer copy = copy_of(&made->archive);
	char longest[CAPSA_COMMENT_MAX + 1];

	for (unsigned i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		snprintf(signature.comment, sizeof signature.comment, "%s", refused[i]);
		refuse(opened.reader, &signature, CAPSA_EMISUSE, "1 to 1024 bytes of plain text");
	}
	memset(signature.comment, 'x', sizeof signature.comment);       /* not terminated */
	refuse(opened.reader, &signature, CAPSA_EMISUSE, "1 to 1024 bytes of plain text");
	capsa_reader_close(opened.reader);

	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(resign(&copy, made->keys[1], longest, NULL), CAPSA_OK);
	assert_int_equal(copy.size, made->archive.size + CAPSA_RESIGN_MAX - CAPSA_TRAILER_SIZE);
	opened = open_bytes(&copy);
	assert_string_equal(capsa_reader_attestation(opened.reader, 1)->signature.comment, longest);
	capsa_reader_close(opened.reader);
	capsa_buffer_release(&copy);
}

static void test_at_most_64_attestations(void **state)
{
	struct made *made = *state;
	struct buffer copy = copy_of(&made->archive);
	struct capsa_error err = {0};
	struct opened opened;

	for (unsigned i = 1; i < CAPSA_ATTESTATIONS_MAX; i++)
		assert_int_equal(resign(&copy, made->keys[1], "once more", NULL), CAPSA_OK);
	opened = open_bytes(&copy);
	assert_int_equal(capsa_reader_attestations(opened.reader), 64);
	capsa_reader_close(opened.reader);
	assert_int_equal(resign(&copy, made->keys[1], "once more", &err), CAPSA_ELIMIT);
	assert_string_equal(err.text,
	                    "the archive has 64 attestations already, the most there may be");
	capsa_buffer_release(&copy);
}

/* The archive with an attestation of a kind that nobody knows, of `size` bytes in all. */
static struct buffer with_strange(const struct buffer *archive, size_t size)
{
	struct opened opened = open_bytes(archive);
	struct trailer trailer = {.statement = opened.reader->statement_offset,
	                          .attestations = opened.reader->attestations_offset};
	struct buffer out = copy_of(archive);

	capsa_reader_close(opened.reader);
	out.size -= CAPSA_TRAILER_SIZE;
	capsa_frame_head(&out, 'A', 77, size - CAPSA_HEAD_SIZE);
	capsa_buffer_zeros(&out, size - CAPSA_HEAD_SIZE);
	capsa_digest(trailer.tail_digest,
	             span_of(out.data + trailer.statement, out.size - (size_t)trailer.statement));
	capsa_trailer_encode(&trailer, &out);
	assert_false(out.failed);
	return out;
}

static void test_at_most_512_kib_of_attestations(void **state)
{
	struct made *made = *state;
	/* Beside the packer's signature, and the one that is added, with a comment of one byte. */
	size_t room = (512U << 10) - (187 + strlen("capsa: packed 2020-09-13T12:26:40Z")) - 188;
	struct buffer fits = with_strange(&made->archive, room);
	struct buffer full = with_strange(&made->archive, room + 1);
	struct capsa_error err = {0};
	struct opened opened;

	assert_int_equal(resign(&fits, made->keys[1], "c", &err), CAPSA_OK);
	opened = open_bytes(&fits);
	assert_int_equal(capsa_reader_attestations(opened.reader), 3);
	assert_int_equal(capsa_reader_attestation(opened.reader, 1)->kind, 77);
	capsa_reader_close(opened.reader);
	assert_int_equal(resign(&full, made->keys[1], "c", &err), CAPSA_ELIMIT);
	assert_string_equal(err.text, "the attestations would have more than 512 KiB");
	capsa_buffer_release(&fits);
	capsa_buffer_release(&full);
}

static void test_a_damaged_trailer(void **state)
{
	struct made *made = *state;
	struct buffer copy = copy_of(&made->archive);
	struct capsa_signature signature;
	struct opened opened;

	copy.data[copy.size - 1] ^= 1;
	opened = open_bytes(&copy);
	assert_true(capsa_reader_trailer_damaged(opened.reader));
	signature = sign(opened.reader, made->keys[1], "c");
	refuse(opened.reader, &signature, CAPSA_ECORRUPT, "the trailer is damaged");
	capsa_reader_close(opened.reader);
	capsa_buffer_release(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two_more_signatures),
	    cmocka_unit_test(test_an_unsigned_archive),
	    cmocka_unit_test(test_a_small_first_read),
	    cmocka_unit_test(test_bad_signatures_are_refused),
	    cmocka_unit_test(test_comments),
	    cmocka_unit_test(test_at_most_64_attestations),
	    cmocka_unit_test(test_at_most_512_kib_of_attestations),
	    cmocka_unit_test(test_a_damaged_trailer),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
