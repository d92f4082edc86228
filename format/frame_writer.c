#include "frame_writer.h"
#include "digest.h"
#include "pool.h"

#include <stdlib.h>

struct frame_writer {
	struct frame_writer_options options;
	struct pool *pool;
	struct frame_job *spare;        /* written frames, whose memory is used again */
	uint64_t frames;
	uint64_t raw;
};

static enum capsa_status worker_new(void *ctx, void **worker, struct capsa_error *err)
{
	const struct frame_writer_options *options = ctx;
	struct encoder *encoder;
	enum capsa_status st = capsa_encoder_new(&encoder, options->level, err);

	*worker = encoder;
	return st;
}

static void worker_free(void *worker)
{
	capsa_encoder_free(worker);
}

static void job_free(void *job)
{
	capsa_frame_writer_drop(job);
}

/* In a worker. */
static enum capsa_status job_run(void *worker, void *item, struct capsa_error *err)
{
	struct frame_job *job = item;
	enum capsa_status st = capsa_encoder_run(worker, buffer_span(&job->raw), true,
	                                         job->dictionary, &job->stored, err);

	if (st != CAPSA_OK)
		return st;
	job->frame.stored_size = (uint32_t)job->stored.size;
	job->frame.raw_size = (uint32_t)job->raw.size;
	capsa_digest(job->frame.digest, buffer_span(&job->stored));
	return CAPSA_OK;
}

enum capsa_status capsa_frame_writer_new(struct frame_writer **out,
                                         const struct frame_writer_options *options,
                                         struct capsa_error *err)
{
	struct pool_work work = {worker_new, worker_free, job_run, job_free, NULL};
	struct frame_writer *writer = calloc(1, sizeof *writer);
	enum capsa_status st;

	*out = NULL;
	if (writer == NULL)
		return capsa_fail_memory(err);
	writer->options = *options;
	work.ctx = &writer->options;
	/* Twice the threads, so that none waits while the oldest frame is written. */
	st = capsa_pool_new(&writer->pool, options->threads, 2 * (size_t)options->threads, &work,
	                    err);
	if (st != CAPSA_OK) {
		free(writer);
		return st;
	}
	*out = writer;
	return CAPSA_OK;
}

void capsa_frame_writer_drop(struct frame_job *job)
{
	if (job == NULL)
		return;
	capsa_buffer_release(&job->raw);
	capsa_buffer_release(&job->stored);
	free(job);
}

void capsa_frame_writer_free(struct frame_writer *writer)
{
	if (writer == NULL)
		return;
	capsa_pool_free(writer->pool);
	while (writer->spare != NULL) {
		struct frame_job *job = writer->spare;

		writer->spare = job->next;
		capsa_frame_writer_drop(job);
	}
	free(writer);
}

enum capsa_status capsa_frame_writer_begin(struct frame_writer *writer, enum capsa_frame_kind kind,
                                           struct frame_job **out, struct capsa_error *err)
{
	struct frame_job *job = writer->spare;

	if (job != NULL) {
		writer->spare = job->next;
		buffer_clear(&job->raw);
		buffer_clear(&job->stored);
	} else {
		job = calloc(1, sizeof *job);
		if (job == NULL)
			return capsa_fail_memory(err);
	}
	job->frame = (struct spine_frame){.kind = (uint8_t)kind};
	/*
	 * Metadata lines have little in common with bodies: the dictionary is for these alone.
	 */
	job->dictionary = kind == CAPSA_FRAME_ARTICLES || kind == CAPSA_FRAME_PART
	                      ? writer->options.dictionary
	                      : NULL;
	*out = job;
	return CAPSA_OK;
}

/* Take the oldest frame out of the pool and write it. */
static enum capsa_status write_oldest(struct frame_writer *writer, struct capsa_error *err)
{
	void *item;
	struct frame_job *job;
	enum capsa_status st = capsa_pool_take(writer->pool, &item, err);

	job = item;
	if (st == CAPSA_OK)
		st = capsa_output_write(writer->options.output, buffer_span(&job->stored), err);
	if (st == CAPSA_OK)
		st = capsa_index_frame(writer->options.index, &job->frame, job->articles, err);
	job->next = writer->spare;
	writer->spare = job;
	return st;
}

enum capsa_status capsa_frame_writer_submit(struct frame_writer *writer, struct frame_job *job,
                                            struct capsa_error *err)
{
	enum capsa_status st = job->raw.failed ? capsa_fail_memory(err) : CAPSA_OK;

	while (st == CAPSA_OK && capsa_pool_full(writer->pool))
		st = write_oldest(writer, err);
	if (st != CAPSA_OK) {
		capsa_frame_writer_drop(job);
		return st;
	}
	writer->frames++;
	writer->raw += job->raw.size;
	capsa_pool_submit(writer->pool, job);
	return CAPSA_OK;
}

enum capsa_status capsa_frame_writer_drain(struct frame_writer *writer, struct capsa_error *err)
{
	enum capsa_status st = CAPSA_OK;

	while (st == CAPSA_OK && !capsa_pool_empty(writer->pool))
		st = write_oldest(writer, err);
	return st;
}

uint64_t capsa_frame_writer_frames(const struct frame_writer *writer)
{
	return writer->frames;
}

uint64_t capsa_frame_writer_raw(const struct frame_writer *writer)
{
	return writer->raw;
}
