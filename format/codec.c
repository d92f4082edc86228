/*
 * Zstandard; the contracts are in codec.h.
 *
 * The header of a frame (RFC 8878, 3.1.1.1), which the decoder reads by itself: the rules of
 * spec 4 and 8.1 are about its fields, and zstd's stable interface does not show them all.
 *
 *	0  4        magic 28 B5 2F FD
 *	4  1        bits 0-1 size of the dictionary ID, 2 checksum, 3 reserved, 5 single segment,
 *	            6-7 size of the content size
 *	5  0 or 1   window: 2^(10 + bits 3-7), plus bits 0-2 eighths of it; not in a single segment
 *	   0 to 4   dictionary ID
 *	   0 to 8   content size; 256 less than it is where it has 2 bytes
 */
#include "codec.h"

#include "cursor.h"
#include "digest.h"

#include <stdlib.h>
#include <zdict.h>
#define ZSTD_STATIC_LINKING_ONLY        /* ZSTD_c_forceAttachDict, ZSTD_estimateCDictSize */
#include <zstd.h>
#include <zstd_errors.h>

#define FRAME_MAGIC 0xfd2fb528U
#define BLOCK_SIZE_MAX (128U << 10)     /* RFC 8878, 3.1.1.2 */
#define BLOCK_RLE 1
#define BLOCK_RESERVED 3
#define WINDOW_LOG 22                   /* 4 MiB, the limit of spec 1.2 */

#define DICTIONARY_MAGIC 0xec30a437U
#define DICTIONARY_ID_MIN 32768U
#define DICTIONARY_ID_END (1U << 31)
#define DICTIONARY_HEAD_MAX 256         /* what ZDICT_finalizeDictionary puts before the content */
#define DICTIONARY_CONTENT_MIN 256
#define DICTIONARY_SAMPLES_MIN 8

struct dictionary {
	uint32_t id;
	ZSTD_DDict *decompress;         /* owned */
	ZSTD_CDict *compress;           /* owned; NULL where the level is 0 */
};

struct encoder {
	ZSTD_CCtx *context;             /* owned */
};

struct decoder {
	ZSTD_DCtx *context;             /* owned */
};

const char *capsa_codec_version(void)
{
	return ZSTD_versionString();
}

size_t capsa_codec_bound(size_t raw)
{
	return ZSTD_compressBound(raw);
}

/*
 * Turn an error code of zstd into a failure: memory is out, or else `status` and zstd's words.
 */
static enum capsa_status fail_zstd(struct capsa_error *err, enum capsa_status status,
                                   uint64_t offset, const char *what, size_t code)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return capsa_fail_memory(err);
	return capsa_fail(err, status, offset, "%s: %s", what, ZSTD_getErrorName(code));
}

/*
 * Does zstd take the bytes as a formatted dictionary?  Making a dictionary object answers that
 * too, but not why it failed; decompressing an empty frame does.
 */
static enum capsa_status dictionary_check(struct span bytes, int level, struct capsa_error *err)
{
	static const uint8_t empty[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x00, 0x01, 0x00, 0x00};
	ZSTD_DCtx *context = ZSTD_createDCtx();
	uint8_t nothing[1];
	size_t code;

	if (context == NULL)
		return capsa_fail_memory(err);
	code = ZSTD_decompress_usingDict(context, nothing, sizeof nothing, empty, sizeof empty,
	                                 bytes.data, bytes.size);
	ZSTD_freeDCtx(context);
	if (!ZSTD_isError(code) && level != 0)
		code = ZDICT_getDictHeaderSize(bytes.data, bytes.size);
	if (ZSTD_isError(code))
		return fail_zstd(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET, "bad dictionary", code);
	return CAPSA_OK;
}

/*
 * Is there memory to compress by so large a dictionary?  Where it is not, zstd before 1.5.5 does
 * not fail but crashes.
 */
static bool has_memory(size_t size, int level)
{
	void *trial = malloc(ZSTD_estimateCDictSize(size, level));

	free(trial);
	return trial != NULL;
}

enum capsa_status capsa_dictionary_new(struct dictionary **out, struct span bytes, int level,
                                       struct capsa_error *err)
{
	struct cursor c = cursor_of(bytes);
	uint32_t magic = cursor_u32(&c);
	uint32_t id = cursor_u32(&c);
	struct dictionary *dictionary;
	enum capsa_status status;

	*out = NULL;
	if (c.failed || magic != DICTIONARY_MAGIC)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "the dictionary is not a formatted Zstandard dictionary");
	if (id < DICTIONARY_ID_MIN || id >= DICTIONARY_ID_END)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "dictionary ID %" PRIu32 " is out of range", id);
	if (bytes.size > CAPSA_DICTIONARY_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, CAPSA_NO_OFFSET,
		                  "the dictionary has %zu bytes, over the limit", bytes.size);
	status = dictionary_check(bytes, level, err);
	if (status != CAPSA_OK)
		return status;
	dictionary = capsa_array_new(1, sizeof *dictionary);
	if (dictionary == NULL)
		return capsa_fail_memory(err);
	dictionary->id = id;
	dictionary->decompress = ZSTD_createDDict(bytes.data, bytes.size);
	/*
	 * A copy, not a reference to the caller's bytes: the output of zstd would depend on
	 * whether the data to compress happen to lie right behind them in memory.
	 */
	if (level != 0 && dictionary->decompress != NULL && has_memory(bytes.size, level))
		dictionary->compress = ZSTD_createCDict(bytes.data, bytes.size, level);
	if (dictionary->decompress == NULL || (level != 0 && dictionary->compress == NULL)) {
		capsa_dictionary_free(dictionary);
		return capsa_fail_memory(err);
	}
	*out = dictionary;
	return CAPSA_OK;
}

void capsa_dictionary_free(struct dictionary *dictionary)
{
	if (dictionary == NULL)
		return;
	ZSTD_freeDDict(dictionary->decompress);
	ZSTD_freeCDict(dictionary->compress);
	free(dictionary);
}

uint32_t capsa_dictionary_id(const struct dictionary *dictionary)
{
	return dictionary->id;
}

enum capsa_status capsa_encoder_new(struct encoder **out, int level, struct capsa_error *err)
{
	struct encoder *encoder = capsa_array_new(1, sizeof *encoder);
	size_t code;

	*out = NULL;
	if (encoder == NULL)
		return capsa_fail_memory(err);
	encoder->context = ZSTD_createCCtx();
	if (encoder->context == NULL) {
		free(encoder);
		return capsa_fail_memory(err);
	}
	code = ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_compressionLevel, level);
	if (!ZSTD_isError(code))
		code = ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_windowLog, WINDOW_LOG);
	if (!ZSTD_isError(code))
		code = ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_contentSizeFlag, 1);
	if (ZSTD_isError(code)) {
		capsa_encoder_free(encoder);
		return fail_zstd(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "cannot set up zstd", code);
	}
	/*
	 * By itself zstd copies the tables of a dictionary, up to 64 MiB at high levels, for
	 * every frame of more than 32 KiB.  Searching them where they are gives frames as
	 * small, in less time up to level 18, and lets encoders share them.  A zstd that does
	 * not know how copies.
	 */
	ZSTD_CCtx_setParameter(encoder->context, ZSTD_c_forceAttachDict, ZSTD_dictForceAttach);
	*out = encoder;
	return CAPSA_OK;
}

void capsa_encoder_free(struct encoder *encoder)
{
	if (encoder == NULL)
		return;
	ZSTD_freeCCtx(encoder->context);
	free(encoder);
}

enum capsa_status capsa_encoder_run(struct encoder *encoder, struct span raw, bool checksum,
                                    const struct dictionary *dictionary, struct buffer *out,
                                    struct capsa_error *err)
{
	ZSTD_CCtx *context = encoder->context;
	size_t before = out->size;
	size_t bound = ZSTD_compressBound(raw.size);
	uint8_t *at;
	size_t code;

	if (raw.size > CAPSA_FRAME_RAW_MAX)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "%zu bytes are too many for a frame", raw.size);
	if (dictionary != NULL && dictionary->compress == NULL)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "the dictionary is for decompression only");
	at = capsa_buffer_extend(out, bound);
	if (at == NULL)
		return capsa_fail_memory(err);
	code = ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
	if (!ZSTD_isError(code))
		code = ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum);
	if (!ZSTD_isError(code))
		code = ZSTD_CCtx_refCDict(context,
		                          dictionary != NULL ? dictionary->compress : NULL);
	if (!ZSTD_isError(code))
		code = ZSTD_compress2(context, at, bound, raw.data, raw.size);
	if (ZSTD_isError(code)) {
		out->size = before;
		return fail_zstd(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "cannot compress", code);
	}
	out->size = before + code;
	return CAPSA_OK;
}

enum capsa_status capsa_decoder_new(struct decoder **out, struct capsa_error *err)
{
	struct decoder *decoder = capsa_array_new(1, sizeof *decoder);

	*out = NULL;
	if (decoder == NULL)
		return capsa_fail_memory(err);
	decoder->context = ZSTD_createDCtx();
	if (decoder->context == NULL) {
		free(decoder);
		return capsa_fail_memory(err);
	}
	*out = decoder;
	return CAPSA_OK;
}

void capsa_decoder_free(struct decoder *decoder)
{
	if (decoder == NULL)
		return;
	ZSTD_freeDCtx(decoder->context);
	free(decoder);
}

struct frame_header {
	size_t size;                    /* of the header itself */
	uint64_t content_size;
	uint64_t window;
	uint32_t dictionary_id;         /* 0: none */
	bool checksum;
};

/* Decode the header of a frame; the content size must be there. */
static enum capsa_status header_decode(struct frame_header *out, struct span stored,
                                       uint64_t offset, struct capsa_error *err)
{
	static const uint8_t id_sizes[] = {0, 1, 2, 4};
	static const uint8_t content_sizes[] = {0, 2, 4, 8};
	struct cursor c = cursor_of(stored);
	uint32_t magic = cursor_u32(&c);
	uint8_t flags = cursor_u8(&c);
	bool single = (flags & 0x20) != 0;
	unsigned content_size = content_sizes[flags >> 6];
	uint8_t window = single ? 0 : cursor_u8(&c);

	if (content_size == 0 && single)
		content_size = 1;
	*out = (struct frame_header){.checksum = (flags & 0x04) != 0};
	out->dictionary_id = (uint32_t)cursor_le(&c, id_sizes[flags & 0x03]);
	out->content_size = cursor_le(&c, content_size) + (content_size == 2 ? 256 : 0);
	out->size = stored.size - cursor_left(&c);
	out->window = single ? out->content_size
	                     : (8 + (window & 7ULL)) << (7 + (window >> 3));
	if (c.failed || magic != FRAME_MAGIC)
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "not a Zstandard frame");
	if ((flags & 0x08) != 0)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "a reserved bit of the frame is set");
	if (content_size == 0)
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "the frame lacks its content size");
	return CAPSA_OK;
}

/* Does the header say what it must (spec 4, 8.1)? */
static enum capsa_status header_check(const struct frame_header *header,
                                      const struct frame_rule *rule, uint64_t offset,
                                      struct capsa_error *err)
{
	if (header->content_size != rule->raw_size)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "the frame's content size is %" PRIu64 ", not %zu",
		                  header->content_size, rule->raw_size);
	if (header->checksum != rule->checksum)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  rule->checksum ? "the frame lacks its checksum"
		                                 : "the frame has a checksum, where none may be");
	if (header->window > CAPSA_FRAME_RAW_MAX)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "the frame's window of %" PRIu64 " bytes is over the limit",
		                  header->window);
	if (header->dictionary_id != 0 &&
	    (rule->dictionary == NULL || header->dictionary_id != rule->dictionary->id))
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "the frame needs dictionary %" PRIu32
		                  ", which is not the archive's",
		                  header->dictionary_id);
	return CAPSA_OK;
}

/* Is `stored` one frame and no more, as the rule says?  *dictionary is what it needs, or NULL. */
static enum capsa_status check_frame(struct span stored, const struct frame_rule *rule,
                                     const ZSTD_DDict **dictionary, uint64_t offset,
                                     struct capsa_error *err)
{
	struct frame_header header;
	enum capsa_status status = header_decode(&header, stored, offset, err);
	size_t size;

	if (status == CAPSA_OK)
		status = header_check(&header, rule, offset, err);
	if (status != CAPSA_OK)
		return status;
	size = ZSTD_findFrameCompressedSize(stored.data, stored.size);
	if (ZSTD_isError(size))
		return fail_zstd(err, CAPSA_ECORRUPT, offset, "the frame is broken", size);
	if (size != stored.size)
		return capsa_fail(err, CAPSA_ECORRUPT, offset, "%zu bytes follow the frame",
		                  stored.size - size);
	/* A frame that names no dictionary must not need one. */
	*dictionary = header.dictionary_id != 0 ? rule->dictionary->decompress : NULL;
	return CAPSA_OK;
}

static enum capsa_status fail_content(struct capsa_error *err, uint64_t offset, size_t code)
{
	return fail_zstd(err, CAPSA_ECORRUPT, offset, "the frame does not decompress", code);
}

static enum capsa_status fail_size(struct capsa_error *err, uint64_t offset, size_t size,
                                   size_t wanted)
{
	return capsa_fail(err, CAPSA_ECORRUPT, offset,
	                  "the frame decompresses to %zu bytes, not %zu", size, wanted);
}

enum capsa_status capsa_decoder_run(struct decoder *decoder, struct span stored,
                                    const struct frame_rule *rule, uint8_t *raw, uint64_t offset,
                                    struct capsa_error *err)
{
	const ZSTD_DDict *dictionary;
	enum capsa_status status = check_frame(stored, rule, &dictionary, offset, err);
	size_t size;

	if (status != CAPSA_OK)
		return status;
	size = ZSTD_decompress_usingDDict(decoder->context, raw, rule->raw_size, stored.data,
	                                  stored.size, dictionary);
	if (ZSTD_isError(size))
		return fail_content(err, offset, size);
	return size == rule->raw_size ? CAPSA_OK : fail_size(err, offset, size, rule->raw_size);
}

/* Decompress on into `out`; *got bytes came, fewer than `size` only at the frame's end. */
static size_t decompress_on(struct decoder *decoder, ZSTD_inBuffer *in, uint8_t *out, size_t size,
                            size_t *got)
{
	ZSTD_outBuffer to = {.dst = out, .size = size};
	size_t code = 1;

	while (to.pos < size && code != 0 && !ZSTD_isError(code)) {
		size_t before = in->pos + to.pos;

		code = ZSTD_decompressStream(decoder->context, &to, in);
		if (code != 0 && in->pos + to.pos == before)
			break;
	}
	*got = to.pos;
	return code;
}

/*
 * The same by way of the whole.  zstd takes some frames whole that it refuses piece by piece, as one
 * with a block of more than 128 KiB; which are good must not depend on how they are read.
 */
static enum capsa_status part_of_whole(struct decoder *decoder, struct span stored,
                                       const struct frame_rule *rule, size_t at, uint8_t *out,
                                       size_t size, uint64_t offset, struct capsa_error *err)
{
	uint8_t *raw = capsa_array_new(rule->raw_size, 1);
	enum capsa_status status;

	if (raw == NULL)
		return capsa_fail_memory(err);
	status = capsa_decoder_run(decoder, stored, rule, raw, offset, err);
	if (status == CAPSA_OK)
		memcpy(out, raw + at, size);
	free(raw);
	return status;
}

enum capsa_status capsa_decoder_part(struct decoder *decoder, struct span stored,
                                     const struct frame_rule *rule, size_t at, uint8_t *out,
                                     size_t size, uint64_t offset, struct capsa_error *err)
{
	uint8_t passed[16U << 10];
	const ZSTD_DDict *dictionary;
	ZSTD_inBuffer in = {.src = stored.data, .size = stored.size};
	enum capsa_status status = check_frame(stored, rule, &dictionary, offset, err);
	size_t code, got, done = 0;

	if (status != CAPSA_OK)
		return status;
	code = ZSTD_DCtx_reset(decoder->context, ZSTD_reset_session_only);
	if (!ZSTD_isError(code))
		code = ZSTD_DCtx_refDDict(decoder->context, dictionary);
	while (!ZSTD_isError(code) && done < at + size) {
		bool before = done < at;
		size_t step = before ? at - done : size;

		if (before && step > sizeof passed)
			step = sizeof passed;
		code = decompress_on(decoder, &in, before ? passed : out, step, &got);
		done += got;
		if (got != step)
			break;
	}
	return done == at + size ? CAPSA_OK
	                         : part_of_whole(decoder, stored, rule, at, out, size, offset, err);
}

enum capsa_status capsa_decoder_raw_size(struct span stored, size_t max, size_t *raw_size,
                                         uint64_t offset, struct capsa_error *err)
{
	struct frame_header header;
	enum capsa_status status = header_decode(&header, stored, offset, err);

	if (status != CAPSA_OK)
		return status;
	if (header.content_size > max || header.window > max)
		return capsa_fail(err, CAPSA_ECORRUPT, offset,
		                  "the frame's content size of %" PRIu64 " or window of %" PRIu64
		                  " bytes is over the limit of %zu",
		                  header.content_size, header.window, max);
	*raw_size = (size_t)header.content_size;
	return CAPSA_OK;
}

/* Spec 6: the ID follows from the content. */
static uint32_t dictionary_id_of(struct span content)
{
	uint8_t digest[CAPSA_DIGEST_SIZE];
	struct cursor c = cursor_of(span_of(digest, sizeof digest));

	capsa_digest(digest, content);
	return DICTIONARY_ID_MIN + cursor_u32(&c) % (DICTIONARY_ID_END - DICTIONARY_ID_MIN);
}

enum capsa_status capsa_dictionary_make(void *out, size_t *out_size, struct capsa_text content,
                                        const void *samples, const size_t *sizes, unsigned count,
                                        int level, struct capsa_error *err)
{
	ZDICT_params_t params = {.compressionLevel = level};
	uint8_t *copy;
	size_t size;

	if (content.size < DICTIONARY_CONTENT_MIN ||
	    content.size > CAPSA_DICTIONARY_MAX - DICTIONARY_HEAD_MAX)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "a dictionary cannot be made of %zu bytes", content.size);
	if (count < DICTIONARY_SAMPLES_MIN)
		return capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET,
		                  "%u samples are too few for a dictionary", count);
	/*
	 * As in capsa_dictionary_new: with a byte more, the samples never follow the content.
	 */
	copy = capsa_array_new(content.size + 1, 1);
	if (copy == NULL || !has_memory(content.size, level)) {
		free(copy);
		return capsa_fail_memory(err);
	}
	memcpy(copy, content.data, content.size);
	params.dictID = dictionary_id_of(span_text(content));
	size = ZDICT_finalizeDictionary(out, CAPSA_DICTIONARY_MAX, copy, content.size, samples,
	                                sizes, count, params);
	free(copy);
	if (ZSTD_isError(size))
		return fail_zstd(err, CAPSA_ELIMIT, CAPSA_NO_OFFSET,
		                 "cannot make a dictionary of these samples", size);
	*out_size = size;
	return CAPSA_OK;
}

/* The block at the cursor; *last says that none follows. */
static bool pass_block(struct cursor *c, bool *last)
{
	uint64_t head = cursor_le(c, 3), size = head >> 3;
	unsigned type = (head >> 1) & 3;

	*last = (head & 1) != 0;
	if (type == BLOCK_RESERVED || size > BLOCK_SIZE_MAX)
		c->failed = true;
	cursor_take(c, type == BLOCK_RLE ? 1 : size);
	return !c->failed;
}

/*
 * As ZSTD_findFrameCompressedSize, which does not say how far it went in vain: that may be far, for a
 * block can be empty.
 */
size_t capsa_codec_frame_size(struct span in, size_t *walked)
{
	struct frame_header header;
	struct cursor c = cursor_of(in);
	bool last = false;

	*walked = 0;
	if (header_decode(&header, in, CAPSA_NO_OFFSET, NULL) != CAPSA_OK)
		return 0;
	cursor_take(&c, header.size);
	while (!last && pass_block(&c, &last))
		*walked = in.size - cursor_left(&c);
	cursor_take(&c, header.checksum ? 4 : 0);
	return c.failed ? 0 : in.size - cursor_left(&c);
}
