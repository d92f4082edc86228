/*
 * Finding the data frames of an archive whose index is damaged (spec 13.2): what the spine still
 * says of them is taken; between these, bytes are frames where they decompress with their checksum.
 */
#ifndef CAPSA_FRAME_SCAN_H
#define CAPSA_FRAME_SCAN_H

#include "base.h"
#include "codec.h"

struct frame_scan;

struct found_frame {
	uint64_t offset;
	uint32_t stored_size;
	uint8_t digest[CAPSA_DIGEST_SIZE];      /* of its stored bytes */
	bool checked;                   /* it is the one that the spine gives */
	struct span raw;                /* borrowed until the next call */
};

/* `source` is borrowed. */
enum capsa_status capsa_frame_scan_new(struct frame_scan **out, const struct capsa_source *source,
                                       struct capsa_error *err);
void capsa_frame_scan_free(struct frame_scan *scan);
/* What later frames were compressed with; borrowed. */
void capsa_frame_scan_dictionary(struct frame_scan *scan, const struct dictionary *dictionary);

/*
 * Have it told how far it has come, of how many bytes, also where no frame is found for long; may be
 * NULL.  False stops.
 */
void capsa_frame_scan_watch(struct frame_scan *scan,
                            bool (*progress)(void *ctx, uint64_t bytes, uint64_t total), void *ctx);

/* The next frame that is whole.  CAPSA_ENOENT: the end.  CAPSA_ESTOPPED, CAPSA_ENOMEM. */
enum capsa_status capsa_frame_scan_next(struct frame_scan *scan, struct found_frame *out,
                                        struct capsa_error *err);

/* A frame that was found before, once more, into `raw`.  CAPSA_ECORRUPT: it has changed. */
enum capsa_status capsa_frame_scan_load(struct frame_scan *scan, uint64_t offset, uint32_t stored_size,
                                        const uint8_t digest[CAPSA_DIGEST_SIZE],
                                        struct buffer *raw, struct capsa_error *err);

#endif
