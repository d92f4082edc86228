/*
 * Data frames on their way into the file (spec 4): filled by the caller, compressed by a pool,
 * written in the order in which they were submitted.
 */
#ifndef CAPSA_FRAME_WRITER_H
#define CAPSA_FRAME_WRITER_H

#include "base.h"
#include "codec.h"
#include "index.h"
#include "sink.h"
#include "spine.h"

struct frame_writer;

/* A frame being filled. */
struct frame_job {
	struct spine_frame frame;       /* the caller sets count */
	struct buffer raw;              /* the caller appends */
	struct spine_article articles[CAPSA_FRAME_ARTICLES_MAX];        /* the caller fills in count */
	struct buffer stored;
	const struct dictionary *dictionary;    /* NULL: not used for this frame */
	struct frame_job *next;
};

struct frame_writer_options {
	int level;
	unsigned threads;
	const struct dictionary *dictionary;    /* borrowed; NULL: none */
	struct output *output;                  /* borrowed */
	struct index *index;                    /* borrowed */
};

enum capsa_status capsa_frame_writer_new(struct frame_writer **out,
                                         const struct frame_writer_options *options,
                                         struct capsa_error *err);
void capsa_frame_writer_free(struct frame_writer *writer);

/* An empty frame of a kind, owned by the caller until submitted or dropped. */
enum capsa_status capsa_frame_writer_begin(struct frame_writer *writer, enum capsa_frame_kind kind,
                                           struct frame_job **out, struct capsa_error *err);
void capsa_frame_writer_drop(struct frame_job *job);

/* Hand a filled frame over, also on failure. */
enum capsa_status capsa_frame_writer_submit(struct frame_writer *writer, struct frame_job *job,
                                            struct capsa_error *err);

/* Wait until all frames are written. */
enum capsa_status capsa_frame_writer_drain(struct frame_writer *writer, struct capsa_error *err);

/* Frames and raw bytes submitted. */
uint64_t capsa_frame_writer_frames(const struct frame_writer *writer);
uint64_t capsa_frame_writer_raw(const struct frame_writer *writer);

#endif
