/*
 * Worker threads; the contracts are in pool.h.
 *
 * Jobs are counted as they come.  Job n lies in slot n modulo depth, and always
 *
 *	taken <= started <= submitted <= taken + depth
 *
 * so a slot belongs to one job from its submission until it is taken.  All but the slots of
 * running jobs is guarded by `lock`.
 */
#define _POSIX_C_SOURCE 200809L

#include "pool.h"

#include <pthread.h>
#include <stdlib.h>

struct slot {
	void *job;                      /* owned until taken */
	enum capsa_status status;       /* valid, as is error, once done */
	struct capsa_error error;
	bool done;
};

struct thread {
	struct pool *pool;
	void *worker;                   /* owned */
	pthread_t id;
};

struct pool {
	struct pool_work work;
	struct slot *slots;             /* owned, `depth` of them */
	size_t depth;
	struct thread *threads;         /* owned, `workers` of them */
	unsigned workers;               /* whose worker is made */
	unsigned running;               /* whose thread is made; 0 where jobs run in submit */
	uint64_t submitted;
	uint64_t started;
	uint64_t taken;
	bool stop;
	pthread_mutex_t lock;
	pthread_cond_t may_start;       /* a job was submitted, or stop was set */
	pthread_cond_t may_take;        /* the oldest job is done */
};

static void slot_run(struct pool *pool, struct slot *slot, void *worker)
{
	slot->status = pool->work.run(worker, slot->job, &slot->error);
}

static void *thread_main(void *arg)
{
	struct thread *thread = arg;
	struct pool *pool = thread->pool;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct slot *slot;

		while (!pool->stop && pool->started == pool->submitted)
			pthread_cond_wait(&pool->may_start, &pool->lock);
		if (pool->stop)
			break;
		slot = &pool->slots[pool->started++ % pool->depth];
		pthread_mutex_unlock(&pool->lock);
		slot_run(pool, slot, thread->worker);
		pthread_mutex_lock(&pool->lock);
		slot->done = true;
		if (slot == &pool->slots[pool->taken % pool->depth])
			pthread_cond_signal(&pool->may_take);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

static enum capsa_status workers_new(struct pool *pool, unsigned threads, struct capsa_error *err)
{
	for (unsigned i = 0; i < threads; i++) {
		struct thread *thread = &pool->threads[i];
		enum capsa_status status;

		thread->pool = pool;
		status = pool->work.worker_new(pool->work.ctx, &thread->worker, err);
		if (status != CAPSA_OK)
			return status;
		pool->workers++;
	}
	return CAPSA_OK;
}

static enum capsa_status threads_start(struct pool *pool, struct capsa_error *err)
{
	while (pool->workers > 1 && pool->running < pool->workers) {
		struct thread *thread = &pool->threads[pool->running];
		int sys = pthread_create(&thread->id, NULL, thread_main, thread);

		if (sys != 0)
			return capsa_fail_sys(err, sys, CAPSA_NO_OFFSET,
			                      "cannot start a worker thread");
		pool->running++;
	}
	return CAPSA_OK;
}

/*
 * A pool without workers, but with all that capsa_pool_free expects; NULL when memory is out.
 */
static struct pool *pool_alloc(unsigned threads, size_t depth)
{
	struct pool *pool = capsa_array_new(1, sizeof *pool);

	if (pool == NULL)
		return NULL;
	pool->depth = depth;
	pool->slots = capsa_array_new(depth, sizeof *pool->slots);
	pool->threads = capsa_array_new(threads, sizeof *pool->threads);
	if (pool->slots == NULL || pool->threads == NULL)
		goto fail;
	if (pthread_mutex_init(&pool->lock, NULL) != 0)
		goto fail;
	if (pthread_cond_init(&pool->may_start, NULL) != 0)
		goto fail_lock;
	if (pthread_cond_init(&pool->may_take, NULL) != 0)
		goto fail_start;
	return pool;

fail_start:
	pthread_cond_destroy(&pool->may_start);
fail_lock:
	pthread_mutex_destroy(&pool->lock);
fail:
	free(pool->slots);
	free(pool->threads);
	free(pool);
	return NULL;
}

enum capsa_status capsa_pool_new(struct pool **out, unsigned threads, size_t depth,
                                 const struct pool_work *work, struct capsa_error *err)
{
	unsigned count = threads != 0 ? threads : 1;
	struct pool *pool = pool_alloc(count, depth != 0 ? depth : 1);
	enum capsa_status status;

	*out = NULL;
	if (pool == NULL)
		return capsa_fail_memory(err);
	pool->work = *work;
	status = workers_new(pool, count, err);
	if (status == CAPSA_OK)
		status = threads_start(pool, err);
	if (status != CAPSA_OK) {
		capsa_pool_free(pool);
		return status;
	}
	*out = pool;
	return CAPSA_OK;
}

void capsa_pool_free(struct pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stop = true;
	pthread_cond_broadcast(&pool->may_start);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->running; i++)
		pthread_join(pool->threads[i].id, NULL);
	for (uint64_t n = pool->taken; n < pool->submitted; n++)
		pool->work.job_free(pool->slots[n % pool->depth].job);
	for (unsigned i = 0; i < pool->workers; i++)
		pool->work.worker_free(pool->threads[i].worker);
	pthread_cond_destroy(&pool->may_take);
	pthread_cond_destroy(&pool->may_start);
	pthread_mutex_destroy(&pool->lock);
	free(pool->slots);
	free(pool->threads);
	free(pool);
}

/*
 * Only the caller's thread changes `submitted` and `taken`, so it reads them without the lock.
 */
bool capsa_pool_full(const struct pool *pool)
{
	return pool->submitted - pool->taken == pool->depth;
}

bool capsa_pool_empty(const struct pool *pool)
{
	return pool->submitted == pool->taken;
}

void capsa_pool_submit(struct pool *pool, void *job)
{
	struct slot *slot = &pool->slots[pool->submitted % pool->depth];

	*slot = (struct slot){.job = job};
	if (pool->running == 0) {
		slot_run(pool, slot, pool->threads[0].worker);
		slot->done = true;
		pool->started++;
		pool->submitted++;
		return;
	}
	pthread_mutex_lock(&pool->lock);
	pool->submitted++;
	pthread_cond_signal(&pool->may_start);
	pthread_mutex_unlock(&pool->lock);
}

enum capsa_status capsa_pool_take(struct pool *pool, void **job, struct capsa_error *err)
{
	struct slot *slot = &pool->slots[pool->taken % pool->depth];
	enum capsa_status status;

	pthread_mutex_lock(&pool->lock);
	while (!slot->done)
		pthread_cond_wait(&pool->may_take, &pool->lock);
	pool->taken++;
	pthread_mutex_unlock(&pool->lock);
	*job = slot->job;
	status = slot->status;
	if (status != CAPSA_OK && err != NULL)
		*err = slot->error;
	return status;
}
