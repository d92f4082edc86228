/* Worker threads.  The file itself is included, with a pthread_create that can fail. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static unsigned creatable = 1000;

static int limited_create(pthread_t *id, const pthread_attr_t *attr, void *(*main)(void *),
                          void *arg)
{
	if (creatable == 0)
		return EAGAIN;
	creatable--;
	return pthread_create(id, attr, main, arg);
}

#define pthread_create limited_create
#include "pool.c"
#undef pthread_create

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What the pool was given, and gave back. */
struct counts {
	unsigned workers_wanted;        /* worker_new fails after so many */
	unsigned workers;
	atomic_uint running;
	atomic_uint most_running;
	unsigned jobs;                  /* not freed yet */
	pthread_t caller;
	bool threads;                   /* are jobs to run in threads of their own? */
};

struct worker {
	struct counts *counts;
	atomic_bool busy;
};

struct job {
	struct counts *counts;
	unsigned number;
	unsigned microseconds;
	bool fails;
	unsigned result;
};

static enum capsa_status worker_new(void *ctx, void **worker, struct capsa_error *err)
{
	struct counts *counts = ctx;
	struct worker *new;

	assert_true(pthread_equal(counts->caller, pthread_self()));
	if (counts->workers == counts->workers_wanted)
		return capsa_fail(err, CAPSA_ENOMEM, CAPSA_NO_OFFSET, "no worker %u",
		                  counts->workers);
	new = capsa_array_new(1, sizeof *new);
	assert_non_null(new);
	new->counts = counts;
	counts->workers++;
	*worker = new;
	return CAPSA_OK;
}

static void worker_free(void *worker)
{
	struct worker *old = worker;

	old->counts->workers--;
	free(old);
}

static enum capsa_status run(void *worker, void *job, struct capsa_error *err)
{
	struct worker *mine = worker;
	struct job *todo = job;
	struct counts *counts = mine->counts;
	struct timespec nap = {0, (long)todo->microseconds * 1000};
	unsigned running = atomic_fetch_add(&counts->running, 1) + 1;
	unsigned most = atomic_load(&counts->most_running);

	while (running > most &&
	       !atomic_compare_exchange_weak(&counts->most_running, &most, running))
		;
	/* Failures of assertions must not happen in other threads; `result` tells of these. */
	todo->result = todo->number * 3 + 1;
	if (atomic_exchange(&mine->busy, true))
		todo->result = 0;
	if (!pthread_equal(counts->caller, pthread_self()) != counts->threads)
		todo->result = 0;
	if (todo->microseconds != 0)
		nanosleep(&nap, NULL);
	atomic_store(&mine->busy, false);
	atomic_fetch_sub(&counts->running, 1);
	if (todo->fails)
		return capsa_fail(err, CAPSA_ECORRUPT, todo->number, "job %u failed", todo->number);
	return CAPSA_OK;
}

static void job_free(void *job)
{
	struct job *old = job;

	old->counts->jobs--;
	free(old);
}

static struct job *job_new(struct counts *counts, unsigned number, unsigned microseconds,
                           bool fails)
{
	struct job *job = capsa_array_new(1, sizeof *job);

	assert_non_null(job);
	*job = (struct job){counts, number, microseconds, fails, 0};
	counts->jobs++;
	return job;
}

static struct pool *pool_with(struct counts *counts, unsigned threads, size_t depth)
{
	struct pool_work work = {worker_new, worker_free, run, job_free, counts};
	struct pool *pool = NULL;

	counts->caller = pthread_self();
	counts->threads = threads > 1;
	counts->workers_wanted = 1000;
	assert_int_equal(capsa_pool_new(&pool, threads, depth, &work, NULL), CAPSA_OK);
	assert_int_equal(counts->workers, threads);
	assert_true(capsa_pool_empty(pool));
	return pool;
}

static void take(struct pool *pool, unsigned number, bool fails)
{
	struct capsa_error err = {.text = "none"};
	void *job = NULL;
	struct job *done;

	assert_false(capsa_pool_empty(pool));
	assert_int_equal(capsa_pool_take(pool, &job, &err), fails ? CAPSA_ECORRUPT : CAPSA_OK);
	done = job;
	assert_int_equal(done->number, number);
	assert_int_equal(done->result, number * 3 + 1);
	if (fails) {
		char text[32];

		snprintf(text, sizeof text, "job %u failed", number);
		assert_string_equal(err.text, text);
		assert_int_equal(err.offset, number);
	} else {
		assert_string_equal(err.text, "none");
	}
	job_free(done);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* Jobs come back in their order with their own results, however long each takes. */
static void test_order(void **state)
{
	static const struct {
		unsigned threads;
		size_t depth;
	} cases[] = {{1, 1}, {1, 5}, {2, 1}, {2, 2}, {2, 7}, {3, 4}, {8, 3}, {8, 32}};
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct counts counts = {0};
		struct pool *pool = pool_with(&counts, cases[i].threads, cases[i].depth);
		unsigned taken = 0;

		for (unsigned n = 0; n < 200; n++) {
			unsigned nap = next_random(&seed) % 4 == 0 ? next_random(&seed) % 300 : 0;

			while (capsa_pool_full(pool) ||
			       (!capsa_pool_empty(pool) && next_random(&seed) % 8 == 0)) {
				take(pool, taken, taken % 7 == 3);
				taken++;
			}
			capsa_pool_submit(pool, job_new(&counts, n, nap, n % 7 == 3));
			assert_true(n + 1 - taken <= cases[i].depth);
			assert_int_equal(capsa_pool_full(pool), n + 1 - taken == cases[i].depth);
		}
		while (!capsa_pool_empty(pool)) {
			take(pool, taken, taken % 7 == 3);
			taken++;
		}
		assert_int_equal(taken, 200);
		assert_true(atomic_load(&counts.most_running) <= cases[i].threads);
		capsa_pool_free(pool);
		assert_int_equal(counts.workers, 0);
		assert_int_equal(counts.jobs, 0);
	}
}

/* Two threads run two jobs at once: each waits for the other. */
static enum capsa_status run_together(void *worker, void *job, struct capsa_error *err)
{
	pthread_barrier_t *both = job;

	(void)worker;
	(void)err;
	pthread_barrier_wait(both);
	return CAPSA_OK;
}

static void keep(void *job)
{
	(void)job;
}

static void test_parallel(void **state)
{
	struct counts counts = {.workers_wanted = 2, .caller = pthread_self()};
	struct pool_work work = {worker_new, worker_free, run_together, keep, &counts};
	pthread_barrier_t both;
	struct pool *pool;
	void *job;

	(void)state;
	assert_int_equal(pthread_barrier_init(&both, NULL, 2), 0);
	assert_int_equal(capsa_pool_new(&pool, 2, 4, &work, NULL), CAPSA_OK);
	for (int i = 0; i < 4; i++)
		capsa_pool_submit(pool, &both);
	for (int i = 0; i < 4; i++)
		assert_int_equal(capsa_pool_take(pool, &job, NULL), CAPSA_OK);
	capsa_pool_free(pool);
	pthread_barrier_destroy(&both);
}

/* What nobody took is freed, whether it ran, is running or waits. */
static void test_abandoned(void **state)
{
	static const unsigned threads[] = {1, 2, 4};

	(void)state;
	for (size_t i = 0; i < COUNT(threads); i++) {
		struct counts counts = {0};
		struct pool *pool = pool_with(&counts, threads[i], 20);

		for (unsigned n = 0; n < 20; n++)
			capsa_pool_submit(pool, job_new(&counts, n, 500, n == 2));
		take(pool, 0, false);
		take(pool, 1, false);
		capsa_pool_free(pool);
		assert_int_equal(counts.jobs, 0);
		assert_int_equal(counts.workers, 0);
	}
	capsa_pool_free(NULL);
}

static void test_no_worker(void **state)
{
	(void)state;
	for (unsigned wanted = 0; wanted < 4; wanted++) {
		struct counts counts = {.workers_wanted = wanted, .caller = pthread_self()};
		struct pool_work work = {worker_new, worker_free, run, job_free, &counts};
		struct pool *pool = (void *)1;
		struct capsa_error err;

		assert_int_equal(capsa_pool_new(&pool, 4, 2, &work, &err), CAPSA_ENOMEM);
		assert_null(pool);
		assert_memory_equal(err.text, "no worker ", 10);
		assert_int_equal(counts.workers, 0);
	}
}

/* Fewer threads than wanted are none; the one of a pool without threads is not made. */
static void test_no_thread(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct counts counts = {.workers_wanted = 4, .caller = pthread_self()};
		struct pool_work work = {worker_new, worker_free, run, job_free, &counts};
		struct pool *pool = (void *)1;
		struct capsa_error err;

		creatable = i;
		assert_int_equal(capsa_pool_new(&pool, 4, 2, &work, &err), CAPSA_EIO);
		assert_null(pool);
		assert_int_equal(err.sys, EAGAIN);
		assert_memory_equal(err.text, "cannot start a worker thread: ", 30);
		assert_int_equal(counts.workers, 0);
		creatable = 0;
		assert_int_equal(capsa_pool_new(&pool, 1, 2, &work, &err), CAPSA_OK);
		capsa_pool_free(pool);
		assert_int_equal(counts.workers, 0);
	}
	creatable = 1000;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_parallel),
	    cmocka_unit_test(test_abandoned),
	    cmocka_unit_test(test_no_worker),
	    cmocka_unit_test(test_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
