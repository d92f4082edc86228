/*
 * Write spec/example.md to standard output: a small archive, byte by byte, in the order of the file.
 * What is said of a structure comes from the decoder of format/, not from what was put in.
 */
#include "forge.h"

#include "cursor.h"

/* ---- the archive --------------------------------------------------------------------- */

static void plan_example(struct forge *f)
{
	struct forge_article *a =
	    forge_add(f, "greetings/hello.txt", forge_text("Hello, reader.\n"));

	a->title = "hello";
	a->url = "https://example.org/hello";
	a->url_key = "org,example)/hello";
	a->date = "2023-11-01";
	a->modified = "2023-11-02T03:04:05Z";
	a = forge_add(f, "greetings/welcome.txt", forge_text("Welcome to the archive.\n"));
	a->title = "welcome";
	a->date = "2023-11-05";
}

/* ---- printing --------------------------------------------------------------------------- */

static bool all_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

/* As `hexdump -C` prints, from offset `at`; whole lines of zero bytes become one `*`. */
static void dump(struct span bytes, uint64_t at)
{
	bool elided = false;

	printf("```\n");
	for (size_t i = 0; i < bytes.size; i += 16) {
		size_t size = bytes.size - i < 16 ? bytes.size - i : 16;

		if (i != 0 && i + 16 < bytes.size && all_zero(bytes.data + i, size)) {
			printf(elided ? "" : "*\n");
			elided = true;
			continue;
		}
		elided = false;
		printf("%06" PRIx64 " ", at + i);
		for (size_t k = 0; k < 16; k++)
			if (k < size)
				printf(" %02x", bytes.data[i + k]);
			else
				printf("   ");
		printf("  |");
		for (size_t k = 0; k < size; k++)
			putchar(bytes.data[i + k] >= 0x20 && bytes.data[i + k] < 0x7f
			            ? bytes.data[i + k]
			            : '.');
		printf("|\n");
	}
	printf("```\n\n");
}

static void print_digest(const uint8_t digest[CAPSA_DIGEST_SIZE])
{
	char text[2 * CAPSA_DIGEST_SIZE + 1];

	capsa_hex(digest, CAPSA_DIGEST_SIZE, text);
	printf("%s", text);
}

static void print_digest_of(struct span bytes)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];

	capsa_digest(digest, bytes);
	print_digest(digest);
}

static void heading(uint64_t offset, const char *title, const char *sections)
{
	printf("## %" PRIu64 " (0x%" PRIx64 "): %s\n\nSection%s %s.\n\n", offset, offset, title,
	       strchr(sections, ' ') != NULL ? "s" : "", sections);
}

static struct span file_span(const struct forge *f, uint64_t offset, size_t size)
{
	forge_need(extent_inside(offset, size, f->file.size), "a structure lies outside the file");
	return span_of(f->file.data + offset, size);
}

/* ---- data frames -------------------------------------------------------------------------- */

static void decompress(struct span stored, size_t size, bool checksum, uint8_t *raw)
{
	struct frame_rule rule = {.raw_size = size, .checksum = checksum};
	struct decoder *decoder;
	struct capsa_error err;

	forge_done(capsa_decoder_new(&decoder, &err), &err);
	forge_done(capsa_decoder_run(decoder, stored, &rule, raw, 0, &err), &err);
	capsa_decoder_free(decoder);
}

/* Header blocks, body and padding of all members in a frame's content. */
static void print_members(struct span raw)
{
	size_t at = 0;

	while (at < raw.size) {
		uint8_t room[CAPSA_TAR_HEADER_MAX];
		struct tar_member member;
		struct capsa_error err;
		size_t header, padding;
		char time[CAPSA_TIME_TEXT];

		forge_done(capsa_tar_parse(span_of(raw.data + at, raw.size - at), &member, room,
		                           &header, 0, &err),
		           &err);
		padding = tar_padding(member.size);
		capsa_time_text(member.mtime, time);
		printf("At %zu of the content: header of `%.*s`, a regular file of %" PRIu64
		       " bytes, mtime %" PRId64 " (%s):\n\n",
		       at, (int)member.name.size, (const char *)member.name.data, member.size,
		       member.mtime, time);
		dump(span_of(raw.data + at, header), at);
		at += header;
		printf("At %zu: the body, then %zu zero bytes:\n\n", at, padding);
		dump(span_of(raw.data + at, (size_t)member.size), at);
		at += (size_t)member.size + padding;
	}
}

static void print_frame(const struct forge *f, size_t i)
{
	static const char *const names[] = {"head", "articles", "part", "metadata", "end"};
	static const char *const sections[] = {"4 and 6", "4 and 5", "4", "4 and 7", "4"};
	const struct forge_frame *frame = &f->frames[i];
	struct span stored = file_span(f, frame->offset, frame->entry.stored_size);
	uint8_t *raw = calloc(1, frame->entry.raw_size);
	char title[64];

	forge_need(raw != NULL, "out of memory");
	decompress(stored, frame->entry.raw_size, true, raw);
	snprintf(title, sizeof title, "frame %zu, %s", i, names[frame->kind]);
	heading(frame->offset, title, sections[frame->kind]);
	printf("A Zstandard frame of %zu bytes, which holds %" PRIu32
	       ".  Its digest, as in the spine:\n"
	       "`",
	       stored.size, frame->entry.raw_size);
	print_digest_of(stored);
	printf("`\n\n");
	dump(stored, frame->offset);
	printf("Decompressed:\n\n");
	if (frame->kind == CAPSA_FRAME_END)
		dump(span_of(raw, frame->entry.raw_size), 0);
	else
		print_members(span_of(raw, frame->entry.raw_size));
	free(raw);
}

/* ---- pages ------------------------------------------------------------------------------------ */

static void print_spine(const struct spine_leaf *leaf)
{
	const struct spine_article *article = leaf->articles;

	printf("| frame | kind | stored | raw | count | digest |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < leaf->frame_count; i++) {
		const struct spine_frame *frame = &leaf->frames[i];

		printf("| %zu | %u | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " | `", i, frame->kind,
		       frame->stored_size, frame->raw_size, frame->count);
		print_digest(frame->digest);
		printf("` |\n");
	}
	printf("\n| article | header, blocks of 512 | link | body |\n|---|---|---|---|\n");
	for (size_t i = 0; i < leaf->article_count; i++)
		printf("| %zu | %u | %" PRIu64 " | %" PRIu64 " |\n", i,
		       article[i].header_size / CAPSA_TAR_BLOCK, article[i].link, article[i].size);
	printf("\n");
}

static void print_key(struct span key)
{
	for (size_t i = 0; i < key.size; i++)
		if (key.data[i] > 0x20 && key.data[i] < 0x7f)
			putchar(key.data[i]);
		else
			printf("\\%02x", key.data[i]);
}

static void print_keys(const struct page *page)
{
	printf("| key | article |\n|---|---|\n");
	for (size_t i = 0; i < page->count; i++) {
		printf("| `");
		print_key(page->keys[i]);
		printf("` | %" PRIu64 " |\n", page->numbers[i]);
	}
	printf("\n");
}

static void print_page(const struct forge *f, unsigned tree)
{
	static const char *const sections[] = {"8.1 and 8.5", "8.1 and 8.4"};
	const struct page_ref *ref = &f->trees[tree].refs[0];
	struct span stored = file_span(f, ref->offset, ref->size);
	struct span zstd = span_of(stored.data + CAPSA_HEAD_SIZE, stored.size - CAPSA_HEAD_SIZE);
	struct page page;
	struct capsa_error err;
	uint8_t *raw;
	size_t size;
	char title[64];

	forge_done(capsa_decoder_raw_size(zstd, CAPSA_PAGE_RAW_MAX, &size, 0, &err), &err);
	raw = calloc(1, size);
	forge_need(raw != NULL, "out of memory");
	decompress(zstd, size, false, raw);
	forge_done(capsa_page_decode(span_of(raw, size), ref, true, &page, &err), &err);
	snprintf(title, sizeof title, "the page of the tree `%s`", f->trees[tree].name);
	heading(ref->offset, title, sections[tree != FORGE_SPINE_TREE]);
	printf("A head, then a Zstandard frame of %zu bytes, which holds %zu:\n\n", zstd.size,
	       size);
	dump(stored, ref->offset);
	printf("Decompressed:\n\n");
	dump(span_of(raw, size), 0);
	printf("Kind %u, level %u, count %zu:\n\n", page.kind, page.level, page.count);
	if (tree == FORGE_SPINE_TREE)
		print_spine(&page.leaf);
	else
		print_keys(&page);
	capsa_page_release(&page);
	free(raw);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void print_statement(const struct forge *f)
{
	struct span frame = file_span(f, f->trailer.statement, f->statement_frame.size);

	heading(f->trailer.statement, "the statement", "9");
	printf("A head:\n\n");
	dump(span_of(frame.data, CAPSA_HEAD_SIZE), f->trailer.statement);
	printf("Then the text, which is signed:\n\n```\n%.*s```\n\n",
	       (int)(frame.size - CAPSA_HEAD_SIZE), (const char *)frame.data + CAPSA_HEAD_SIZE);
	printf("Its digest is the identity of the archive:\n`");
	print_digest_of(span_of(frame.data + CAPSA_HEAD_SIZE, frame.size - CAPSA_HEAD_SIZE));
	printf("`\n\n");
}

static void print_attestation(const struct forge *f)
{
	struct span bytes = file_span(f, f->trailer.attestations, f->attestations.size);
	struct capsa_attestation attestation;
	struct capsa_error err;
	size_t size;

	forge_done(
	    capsa_attestation_parse(bytes, f->trailer.attestations, &attestation, &size, &err),
	    &err);
	heading(f->trailer.attestations, "an attestation", "10.1");
	printf("Kind %u, covers %u.  After the head come covers, `ED`, key id (8 bytes), signature "
	       "(64),\n"
	       "global signature (64), public key (32), and the trusted comment, `%s`:\n\n",
	       (unsigned)attestation.kind, (unsigned)attestation.covers,
	       attestation.signature.comment);
	dump(bytes, f->trailer.attestations);
}

static void print_trailer(const struct forge *f)
{
	uint64_t offset = f->file.size - CAPSA_TRAILER_SIZE;
	struct span bytes = file_span(f, offset, CAPSA_TRAILER_SIZE);
	struct trailer trailer;
	struct capsa_error err;

	forge_done(capsa_trailer_parse(bytes.data, f->file.size, &trailer, &err), &err);
	heading(offset, "the trailer", "11");
	printf("A head; the statement at %" PRIu64 ", the attestations at %" PRIu64
	       "; the digest of what\n"
	       "lies from the statement up to here; the digest of the 64 bytes before:\n\n",
	       trailer.statement, trailer.attestations);
	dump(bytes, offset);
}

static void print_introduction(const struct forge *f)
{
	printf("# An example\n"
	       "\n"
	       "Made by `tests/vectors/dump_example.c` with zstd %s; `tests/check-example.sh` "
	       "compares.\n"
	       "\n"
	       "This is an archive of %zu bytes with two articles, in the order of the file.  What "
	       "zstd\n"
	       "compresses may have other bytes with another version of it; all else follows from "
	       "the\n"
	       "specification.  The signature is by the key whose seed is the bytes 00 to 1F, "
	       "whose key id is\n"
	       "the bytes 00 to 07, and whose public key is\n"
	       "`" FORGE_PUBLIC_KEY "`.\n"
	       "\n"
	       "Each region begins with a heading: offset, what it is, and the section of "
	       "`capsa.md`.  In\n"
	       "dumps `*` stands for lines of zero bytes; in keys `\\00` stands for a byte.\n\n",
	       capsa_codec_version(), f->file.size);
}

int main(void)
{
	struct forge_change change = {.plan = plan_example};
	struct forge *f = forge_make(&change);

	print_introduction(f);
	heading(0, "the prefix", "3");
	printf("An empty Zstandard frame, and the identity: a head alone.\n\n");
	dump(file_span(f, 0, CAPSA_PREFIX_SIZE), 0);
	for (size_t i = 0; i < f->frame_count; i++)
		print_frame(f, i);
	for (unsigned i = 0; i < FORGE_TREES; i++)
		print_page(f, i);
	print_statement(f);
	print_attestation(f);
	print_trailer(f);
	forge_free(f);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	perror("dump_example: standard output");
	return 1;
}
