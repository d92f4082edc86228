/*
 * Worker threads: jobs go in, and come back in the order they went in, whichever
 * thread was faster.  With one thread jobs run in submit, and no thread is made.
 */
#ifndef CAPSA_POOL_H
#define CAPSA_POOL_H

#include "base.h"

struct pool_work {
	/*
	 * State of one worker (a compressor, say), made when the pool is, by the caller's
	 * thread.
	 */
	enum capsa_status (*worker_new)(void *ctx, void **worker, struct capsa_error *err);
	void (*worker_free)(void *worker);
	/* Run one job.  Called by one thread per worker. */
	enum capsa_status (*run)(void *worker, void *job, struct capsa_error *err);
	void (*job_free)(void *job);
	void *ctx;
};

struct pool;

/*
 * `depth`: how many jobs may be in the pool, at least 1.  CAPSA_ENOMEM; CAPSA_EIO: no thread
 * can be made.
 */
enum capsa_status capsa_pool_new(struct pool **out, unsigned threads, size_t depth,
                                 const struct pool_work *work, struct capsa_error *err);

/* Waits for running jobs; frees all that were not taken. */
void capsa_pool_free(struct pool *pool);

/* No room for another job: take one first. */
bool capsa_pool_full(const struct pool *pool);
bool capsa_pool_empty(const struct pool *pool);

/* Hand a job over; the pool owns it until it is taken.  The pool must not be full. */
void capsa_pool_submit(struct pool *pool, void *job);

/*
 * Wait for the oldest job and give it back, done, to the caller, who owns it again whatever the
 * status.  The status and error are those of its run.  The pool must not be empty.
 */
enum capsa_status capsa_pool_take(struct pool *pool, void **job, struct capsa_error *err);

#endif
