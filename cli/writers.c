/*
 * Threads that write files of a tree, so that making files, which is mostly the kernel's work, goes
 * on while the next articles are decompressed.
 *
 * Files travel in batches: neighbours often lie in one directory, which one thread then opens
 * once.  A queue of bounded length lets neither side run far ahead.  Only the thread that owns the
 * writers reports what fails.
 */
#include "cli.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 8                   /* more only wait for each other in the kernel */
#define BATCH_FILES 32
#define BATCH_BYTES ((size_t)1 << 20)
#define QUEUE_MAX (2 * THREADS_MAX)

struct batch {
	struct cli_file files[BATCH_FILES];
	size_t count;
	size_t bytes;
};

struct thread {
	struct cli_writers *writers;
	struct cli_tree *tree;
	pthread_t id;
};

struct cli_writers {
	pthread_mutex_t lock;           /* of what follows, up to `failed` */
	pthread_cond_t changed;
	struct batch *queue[QUEUE_MAX]; /* a ring */
	size_t first;
	size_t queued;
	bool ending;
	bool failed;                    /* of what is not yet written nothing will be */

	struct thread threads[THREADS_MAX];
	size_t count;
	size_t room;                    /* batches that may wait */
	struct batch *filling;
};

void cli_file_release(struct cli_file *file)
{
	free(file->name);
	free(file->body);
	free(file->sidecar_name);
	free(file->sidecar);
	*file = (struct cli_file){0};
}

static void free_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		cli_file_release(&batch->files[i]);
	free(batch);
}

/* ---- in the threads ---- */

static bool write_file(struct cli_tree *tree, const char *name, const void *data, size_t size,
                       int64_t mtime)
{
	bool good;

	if (cli_tree_begin(tree, name) != CLI_DONE)
		return false;
	good = cli_tree_write(tree, data, size) == CLI_DONE;
	return cli_tree_end(tree, mtime, good) == CLI_DONE && good;
}

static bool write_batch(struct cli_tree *tree, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct cli_file *file = &batch->files[i];

		if (cli_signal != 0 ||
		    !write_file(tree, file->name, file->body, file->size, file->mtime))
			return false;
		if (file->sidecar_name != NULL &&
		    !write_file(tree, file->sidecar_name, file->sidecar, file->sidecar_size,
		                file->mtime))
			return false;
	}
	return true;
}

static void *run(void *context)
{
	struct thread *thread = context;
	struct cli_writers *writers = thread->writers;
	bool good = true;

	pthread_mutex_lock(&writers->lock);
	for (;;) {
		struct batch *batch;

		while (writers->queued == 0 && !writers->ending)
			pthread_cond_wait(&writers->changed, &writers->lock);
		if (writers->queued == 0)
			break;
		batch = writers->queue[writers->first];
		writers->first = (writers->first + 1) % QUEUE_MAX;
		writers->queued--;
		good = !writers->failed;
		pthread_cond_broadcast(&writers->changed);
		pthread_mutex_unlock(&writers->lock);
		good = good && write_batch(thread->tree, batch);
		free_batch(batch);
		pthread_mutex_lock(&writers->lock);
		writers->failed = writers->failed || !good;
	}
	pthread_mutex_unlock(&writers->lock);
	return NULL;
}

/* ---- in the thread that owns them ---- */

/* Hand over the batch being filled, once there is room in the queue. */
static void hand_over(struct cli_writers *writers)
{
	pthread_mutex_lock(&writers->lock);
	while (writers->queued == writers->room)
		pthread_cond_wait(&writers->changed, &writers->lock);
	writers->queue[(writers->first + writers->queued) % QUEUE_MAX] = writers->filling;
	writers->queued++;
	pthread_cond_broadcast(&writers->changed);
	pthread_mutex_unlock(&writers->lock);
	writers->filling = NULL;
}

bool cli_writers_add(struct cli_writers *writers, struct cli_file *file)
{
	struct batch *batch = writers->filling;
	bool failed;

	if (batch == NULL)
		batch = writers->filling = calloc(1, sizeof *batch);
	if (batch == NULL) {
		cli_error("out of memory");
		cli_file_release(file);
		return false;
	}
	batch->bytes += file->size + file->sidecar_size;
	batch->files[batch->count++] = *file;
	*file = (struct cli_file){0};
	if (batch->count == BATCH_FILES || batch->bytes >= BATCH_BYTES)
		hand_over(writers);
	pthread_mutex_lock(&writers->lock);
	failed = writers->failed;
	pthread_mutex_unlock(&writers->lock);
	return !failed;
}

struct cli_writers *cli_writers_new(const char *directory, bool force, uint32_t threads)
{
	struct cli_writers *writers = calloc(1, sizeof *writers);

	if (writers == NULL) {
		cli_error("out of memory");
		return NULL;
	}
	pthread_mutex_init(&writers->lock, NULL);
	pthread_cond_init(&writers->changed, NULL);
	for (uint32_t i = 0; i < threads && i < THREADS_MAX; i++) {
		struct thread *thread = &writers->threads[i];
		int error = 0;

		thread->writers = writers;
		thread->tree = cli_tree_open(directory, force);
		if (thread->tree != NULL) {
			cli_tree_defer(thread->tree);
			error = pthread_create(&thread->id, NULL, run, thread);
			if (error != 0)
				cli_error("cannot start a thread: %s", strerror(error));
		}
		if (thread->tree == NULL || error != 0) {
			cli_tree_close(thread->tree);
			(void)cli_writers_end(writers);
			return NULL;
		}
		writers->count++;
	}
	writers->room = 2 * writers->count;
	return writers;
}

int cli_writers_end(struct cli_writers *writers)
{
	bool failed;

	if (writers == NULL)
		return CLI_DONE;
	if (writers->filling != NULL)
		hand_over(writers);
	pthread_mutex_lock(&writers->lock);
	writers->ending = true;
	pthread_cond_broadcast(&writers->changed);
	pthread_mutex_unlock(&writers->lock);
	for (size_t i = 0; i < writers->count; i++) {
		pthread_join(writers->threads[i].id, NULL);
		cli_tree_report(writers->threads[i].tree);
		cli_tree_close(writers->threads[i].tree);
	}
	failed = writers->failed;
	pthread_cond_destroy(&writers->changed);
	pthread_mutex_destroy(&writers->lock);
	free(writers);
	return failed ? CLI_FAILED : CLI_DONE;
}
