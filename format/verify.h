/* What the parts of verification share (spec 13).  Its interface is public, in capsa.h. */
#ifndef CAPSA_VERIFY_H
#define CAPSA_VERIFY_H

#include "base.h"
#include "multiset.h"
#include "reader.h"

struct content;

struct verification {
	struct capsa_reader *reader;
	struct capsa_verify_options options;
	struct capsa_report *report;
	bool index_damaged;
	bool spine_damaged;

	/* Deep: the keys of the trees, and those that the metadata lines imply. */
	uint8_t secret[32];
	struct multiset tree_keys[READER_TREES];
	struct multiset line_keys[READER_TREES];
	struct buffer scratch;

	struct content *content;        /* deep: verify_content.c's */
	struct buffer lost;             /* array of struct lost_range */
	bool lost_sorted;               /* ascending, and complete */
	uint64_t bytes_done;            /* for progress ... */
	uint64_t bytes_total;           /* ... towards this */
	uint64_t read_first, read_end;  /* with parts: articles that begin in frames of this one */
	unsigned path_searches;
};

/* Articles whose body is damaged or withheld. */
struct lost_range {
	uint64_t first;
	uint64_t last;
	enum capsa_status status;
	uint64_t offset;                /* of the frame */
};

/* Report a structure. */
void capsa_verify_structure(struct verification *v, const char *structure, uint64_t offset,
                            enum capsa_status status, const char *cause);

/* Report an article whose body is lost, and remember it for those that link to it. */
enum capsa_status capsa_verify_article(struct verification *v, const char *structure,
                                       uint64_t offset, uint64_t number, enum capsa_status status,
                                       const char *cause, struct capsa_error *err);

/* Is this the article that was reported last, and as withheld? */
bool capsa_verify_withheld(const struct verification *v, uint64_t number);

/* verify_index.c: all pages of all trees. */
enum capsa_status capsa_verify_index(struct verification *v, struct capsa_error *err);

/* A data frame that was read. */
struct verify_job {
	struct spine_frame frame;
	struct spine_sums before;
	uint64_t offset;
	struct spine_article *articles; /* owned, that begin in it */
	struct buffer stored;
	struct buffer raw;              /* deep */
	enum capsa_status status;
	struct capsa_error why;
	uint8_t (*digests)[2][CAPSA_DIGEST_SIZE];       /* deep: of header and body of each article, owned */
};

/* verify_frames.c: all data frames, in parallel. */
enum capsa_status capsa_verify_frames(struct verification *v, struct capsa_error *err);

/* verify_content.c: what the frames hold, deep only. */
enum capsa_status capsa_content_new(struct verification *v, struct capsa_error *err);
void capsa_content_free(struct content *content);
/* In a worker: digest the members of a frame. */
enum capsa_status capsa_content_digest(struct verify_job *job, struct capsa_error *err);
/* In order, also for frames that are lost. */
enum capsa_status capsa_content_frame(struct verification *v, const struct verify_job *job,
                                      struct capsa_error *err);
/* After the last frame: key trees and SHA-256. */
enum capsa_status capsa_content_finish(struct verification *v, struct capsa_error *err);

#endif
