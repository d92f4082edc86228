/* What frame 0 holds (spec 6). */
#ifndef CAPSA_HEAD_H
#define CAPSA_HEAD_H

#include "base.h"

struct head {
	struct capsa_text title;        /* of the archive; empty: none */
	int64_t created;
	int level;                      /* how the archive is made, for archive.json */
	uint32_t frame_size;
	struct span dictionary;         /* empty: none */
};

/*
 * Append the members of frame 0.  `about`, unless NULL, is what the packer says of the
 * archive; how it is made is added to it.  CAPSA_ELIMIT: archive.json would be over 64 KiB;
 * CAPSA_ENOMEM.
 */
enum capsa_status capsa_head_encode(const struct head *head, struct capsa_metadata *about,
                                    struct buffer *out, struct capsa_error *err);

#endif
