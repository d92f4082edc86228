/*
 * One zstd frame in, one zstd frame out.  codec.c is the one file that calls zstd.
 */
#ifndef CAPSA_CODEC_H
#define CAPSA_CODEC_H

#include "base.h"

/* "1.5.4": the zstd library in use. */
const char *capsa_codec_version(void);

/* Upper bound of the stored size of `raw` bytes. */
size_t capsa_codec_bound(size_t raw);

/* A formatted dictionary (spec 6), prepared once, shared by any number of threads. */
struct dictionary;

/*
 * Check and prepare a dictionary; the bytes are copied.  `level` is the level of compression,
 * 0 for decompression only.  CAPSA_ECORRUPT: not a formatted dictionary, or its ID is out of
 * range; CAPSA_ENOMEM.
 */
enum capsa_status capsa_dictionary_new(struct dictionary **out, struct span bytes, int level,
                                       struct capsa_error *err);
void capsa_dictionary_free(struct dictionary *dictionary);
uint32_t capsa_dictionary_id(const struct dictionary *dictionary);

/* A compressor, for one thread at a time. */
struct encoder;

enum capsa_status capsa_encoder_new(struct encoder **out, int level, struct capsa_error *err);
void capsa_encoder_free(struct encoder *encoder);

/*
 * Append `raw` to `out` as one frame: content size present, window at most 4 MiB, with or
 * without checksum, with the dictionary unless NULL.  CAPSA_ENOMEM.
 */
enum capsa_status capsa_encoder_run(struct encoder *encoder, struct span raw, bool checksum,
                                    const struct dictionary *dictionary, struct buffer *out,
                                    struct capsa_error *err);

/* A decompressor, for one thread at a time. */
struct decoder;

enum capsa_status capsa_decoder_new(struct decoder **out, struct capsa_error *err);
void capsa_decoder_free(struct decoder *decoder);

/* What the header of a frame must say (spec 4, 8.1). */
struct frame_rule {
	size_t raw_size;                /* exactly, also the room in `raw`; at most 4 MiB */
	bool checksum;                  /* must be there; else must not */
	const struct dictionary *dictionary;    /* may be used; NULL: none may */
};

/*
 * Decompress `stored`, which must be exactly one frame and keep the rule, into `raw`.
 * `offset` is where it lies, for the error.  CAPSA_ECORRUPT; CAPSA_ENOMEM.
 */
enum capsa_status capsa_decoder_run(struct decoder *decoder, struct span stored,
                                    const struct frame_rule *rule, uint8_t *raw, uint64_t offset,
                                    struct capsa_error *err);

/*
 * Of what `stored` decompresses to take the `size` bytes from `at` on, which lie within, and
 * decompress no further: what comes behind, and the checksum, is not looked at.  All else as
 * capsa_decoder_run.
 */
enum capsa_status capsa_decoder_part(struct decoder *decoder, struct span stored,
                                     const struct frame_rule *rule, size_t at, uint8_t *out,
                                     size_t size, uint64_t offset, struct capsa_error *err);

/*
 * The content size that the header of `stored` states, at most `max`; for frames whose raw size
 * stands nowhere else (pages).  CAPSA_ECORRUPT: absent, or it or the window is over `max`.
 */
enum capsa_status capsa_decoder_raw_size(struct span stored, size_t max, size_t *raw_size,
                                         uint64_t offset, struct capsa_error *err);

/*
 * Bytes of the frame at the beginning of `in`, as its blocks say, without decompressing it; 0: there
 * is none, or it is cut off.  *walked is how many bytes looked like it, whose blocks were counted.
 */
size_t capsa_codec_frame_size(struct span in, size_t *walked);

#endif
