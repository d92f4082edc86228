/*
 * The system as it is when it fails; see inject.h.  Without the headers that declare what is
 * defined here in more than one way, each name would be renamed to another by them.
 */
#define _GNU_SOURCE
#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

const char *const kind_names[KINDS] = {
    [KIND_MEMORY] = "memory", [KIND_OPEN] = "open", [KIND_READ] = "read",
    [KIND_WRITE] = "write",   [KIND_SYNC] = "sync", [KIND_NAME] = "name",
    [KIND_TRUNCATE] = "truncate", [KIND_STAT] = "stat", [KIND_THREAD] = "thread",
};

struct injected *injected;
static struct injection injection;
static bool injecting;

/* Of the sanitizers, where they are linked. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));

/*
 * A thread in which no call fails: one that is being made, in which the sanitizers begin, and one
 * that prints a trace.
 */
static _Thread_local bool spared = true;

static void trace(enum kind kind)
{
	spared = true;
	dprintf(STDERR_FILENO, "---- the %s that fails:\n", kind_names[kind]);
	if (__sanitizer_print_stack_trace != NULL)
		__sanitizer_print_stack_trace();
	spared = false;
}

/* Does this call fail?  Then errno is set. */
static bool fails(enum kind kind)
{
	uint64_t number;

	if (!injecting || spared)
		return false;
	if (atomic_fetch_add(&injected->all, 1) + 1 == injection.kill_at) {
		atomic_store(&injected->reached, true);
		raise(SIGKILL);
	}
	number = atomic_fetch_add(&injected->calls[kind], 1) + 1;
	if (injection.at == 0 || injection.kind != kind || number < injection.at ||
	    (number > injection.at && !injection.since))
		return false;
	atomic_store(&injected->reached, true);
	if (injection.trace)
		trace(kind);
	errno = injection.error;
	return true;
}

/* The function of this name that would be called if there were none here. */
static void find(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	memcpy(function, &found, sizeof found);
}

#define DEFINE_IF(condition, type, failed, name, parameters, arguments)                            \
	type name parameters;                                                                      \
	type name parameters                                                                       \
	{                                                                                          \
		static type(*real) parameters;                                                     \
                                                                                                   \
		if (condition)                                                                     \
			return failed;                                                             \
		if (real == NULL)                                                                  \
			find(&real, #name);                                                        \
		return real arguments;                                                             \
	}
#define DEFINE(kind, type, failed, name, parameters, arguments)                                    \
	DEFINE_IF(fails(kind), type, failed, name, parameters, arguments)

#pragma GCC visibility push(default)

/* ---- memory ---- */

/* The code of the program itself; the linker knows. */
extern const char __executable_start[], etext[];

static bool memory_fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (injecting && injection.own &&
	    (at < (uintptr_t)__executable_start || at >= (uintptr_t)etext))
		return false;
	return fails(KIND_MEMORY);
}

#define DEFINE_MEMORY(type, failed, name, parameters, arguments)                                   \
	DEFINE_IF(memory_fails(__builtin_return_address(0)), type, failed, name, parameters,       \
	          arguments)
DEFINE_MEMORY(void *, NULL, malloc, (size_t size), (size))
DEFINE_MEMORY(void *, NULL, calloc, (size_t count, size_t size), (count, size))
DEFINE_MEMORY(void *, NULL, realloc, (void *old, size_t size), (old, size))
DEFINE_MEMORY(void *, NULL, reallocarray, (void *old, size_t count, size_t size),
              (old, count, size))
DEFINE_MEMORY(void *, NULL, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
DEFINE_MEMORY(void *, NULL, memalign, (size_t alignment, size_t size), (alignment, size))
DEFINE_MEMORY(int, ENOMEM, posix_memalign, (void **out, size_t alignment, size_t size),
              (out, alignment, size))
DEFINE_MEMORY(void *, MAP_FAILED, mmap,
              (void *at, size_t size, int protection, int flags, int fd, off_t offset),
              (at, size, protection, flags, fd, offset))

/* What malloc does where nothing fails. */
static void *allocate(size_t size)
{
	static void *(*real)(size_t);

	if (real == NULL)
		find(&real, "malloc");
	return real(size);
}

/* The sanitizers' own would not come by malloc. */
char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memory_fails(__builtin_return_address(0)) ? NULL : allocate(size);

	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

char *strndup(const char *text, size_t limit)
{
	size_t size = strnlen(text, limit);
	char *copy = memory_fails(__builtin_return_address(0)) ? NULL : allocate(size + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return copy;
}

/* ---- files ---- */

static mode_t mode_of(int flags, va_list arguments)
{
	if ((flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE)
		return 0;
	return va_arg(arguments, mode_t);
}

static int open_any(int directory, const char *path, int flags, mode_t mode)
{
	if (fails(KIND_OPEN))
		return -1;
	if (injecting && injection.no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, directory, path, flags, mode);
}

#define DEFINE_OPEN(name)                                                                          \
	int name(const char *path, int flags, ...)                                                 \
	{                                                                                          \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(arguments, flags);                                                        \
		mode = mode_of(flags, arguments);                                                  \
		va_end(arguments);                                                                 \
		return open_any(AT_FDCWD, path, flags, mode);                                      \
	}
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

#define DEFINE_OPENAT(name)                                                                        \
	int name(int directory, const char *path, int flags, ...)                                  \
	{                                                                                          \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(arguments, flags);                                                        \
		mode = mode_of(flags, arguments);                                                  \
		va_end(arguments);                                                                 \
		return open_any(directory, path, flags, mode);                                     \
	}
DEFINE_OPENAT(openat)
DEFINE_OPENAT(openat64)

DEFINE(KIND_OPEN, int, -1, mkostemp, (char *name, int flags), (name, flags))
DEFINE(KIND_OPEN, int, -1, mkostemp64, (char *name, int flags), (name, flags))
DEFINE(KIND_OPEN, int, -1, dup, (int fd), (fd))
DEFINE(KIND_OPEN, DIR *, NULL, opendir, (const char *path), (path))
DEFINE(KIND_OPEN, DIR *, NULL, fdopendir, (int fd), (fd))
DEFINE(KIND_OPEN, int, -1, scandir,
       (const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
        int (*compare)(const struct dirent **, const struct dirent **)),
       (path, list, filter, compare))

/* Only what makes a descriptor can fail. */
int fcntl(int fd, int command, ...)
{
	va_list arguments;
	long argument;

	va_start(arguments, command);
	argument = va_arg(arguments, long);
	va_end(arguments);
	if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && fails(KIND_OPEN))
		return -1;
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

DEFINE(KIND_SYNC, int, -1, fsync, (int fd), (fd))
DEFINE(KIND_SYNC, int, -1, fdatasync, (int fd), (fd))
DEFINE(KIND_SYNC, int, -1, syncfs, (int fd), (fd))
DEFINE(KIND_NAME, int, -1, rename, (const char *from, const char *to), (from, to))
DEFINE(KIND_NAME, int, -1, renameat, (int from, const char *old, int to, const char *new),
       (from, old, to, new))
DEFINE(KIND_NAME, int, -1, renameat2,
       (int from, const char *old, int to, const char *new, unsigned flags),
       (from, old, to, new, flags))
DEFINE(KIND_NAME, int, -1, link, (const char *from, const char *to), (from, to))
DEFINE(KIND_NAME, int, -1, linkat,
       (int from, const char *old, int to, const char *new, int flags),
       (from, old, to, new, flags))
DEFINE(KIND_NAME, int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
DEFINE(KIND_NAME, int, -1, mkdirat, (int directory, const char *path, mode_t mode),
       (directory, path, mode))
DEFINE(KIND_NAME, char *, NULL, mkdtemp, (char *name), (name))
DEFINE(KIND_TRUNCATE, int, -1, ftruncate, (int fd, off_t size), (fd, size))
DEFINE(KIND_TRUNCATE, int, -1, ftruncate64, (int fd, off64_t size), (fd, size))
DEFINE(KIND_STAT, int, -1, stat, (const char *path, struct stat *out), (path, out))
DEFINE(KIND_STAT, int, -1, lstat, (const char *path, struct stat *out), (path, out))
DEFINE(KIND_STAT, int, -1, fstat, (int fd, struct stat *out), (fd, out))
DEFINE(KIND_STAT, int, -1, fstat64, (int fd, struct stat64 *out), (fd, out))
DEFINE(KIND_STAT, int, -1, fstatat,
       (int directory, const char *path, struct stat *out, int flags),
       (directory, path, out, flags))
DEFINE(KIND_STAT, off_t, -1, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
DEFINE(KIND_STAT, off64_t, -1, lseek64, (int fd, off64_t offset, int whence),
       (fd, offset, whence))
DEFINE(KIND_STAT, char *, NULL, realpath, (const char *path, char *out), (path, out))
DEFINE(KIND_STAT, ssize_t, -1, readlink, (const char *path, char *out, size_t size),
       (path, out, size))

/* ---- reading and writing ---- */

/* Half of it, at least one byte; 0: fail with EINTR. */
static size_t share(size_t size)
{
	static atomic_uint turn;

	if (!injecting)
		return size;
	if (injection.interrupts && atomic_fetch_add(&turn, 1) % 2 == 0) {
		errno = EINTR;
		return 0;
	}
	return injection.halves && size > 1 ? size / 2 : size;
}

#define DEFINE_TRANSFER(kind, name, call, buffer, more_parameters, more)                           \
	ssize_t name(int fd, buffer data, size_t size more_parameters)                             \
	{                                                                                          \
		size_t some;                                                                       \
                                                                                                   \
		if (fails(kind))                                                                   \
			return -1;                                                                 \
		some = size == 0 ? 0 : share(size);                                                \
		return size != 0 && some == 0 ? -1 : syscall(call, fd, data, some more);           \
	}
#define COMMA ,
DEFINE_TRANSFER(KIND_READ, read, SYS_read, void *, , )
DEFINE_TRANSFER(KIND_READ, pread, SYS_pread64, void *, COMMA off_t at, COMMA at)
DEFINE_TRANSFER(KIND_READ, pread64, SYS_pread64, void *, COMMA off64_t at, COMMA at)
DEFINE_TRANSFER(KIND_WRITE, write, SYS_write, const void *, , )
DEFINE_TRANSFER(KIND_WRITE, pwrite, SYS_pwrite64, const void *, COMMA off_t at, COMMA at)
DEFINE_TRANSFER(KIND_WRITE, pwrite64, SYS_pwrite64, const void *, COMMA off64_t at, COMMA at)

ssize_t copy_file_range(int from, off64_t *in, int to, off64_t *out, size_t size, unsigned flags)
{
	size_t some;

	if (fails(KIND_WRITE))
		return -1;
	some = share(size);
	return some == 0 ? -1 : syscall(SYS_copy_file_range, from, in, to, out, some, flags);
}

DEFINE(KIND_READ, struct dirent *, NULL, readdir, (DIR *list), (list))

/* ---- streams ---- */

/* Those that are open; fileno() needs to know. */
static struct stream {
	FILE *file;
	int fd;
} streams[64];

/* No regular file is interrupted while it is read, and streams know nothing of that. */
static ssize_t stream_read(void *cookie, char *data, size_t size)
{
	ssize_t got;

	do {
		got = read(((struct stream *)cookie)->fd, data, size);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* All of it, as the stream's own would; less is how a cookie says that it failed. */
static ssize_t stream_write(void *cookie, const char *data, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t put = write(((struct stream *)cookie)->fd, data + done, size - done);

		if (put < 0 && errno != EINTR)
			break;
		done += put > 0 ? (size_t)put : 0;
	}
	return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	off64_t at = syscall(SYS_lseek, ((struct stream *)cookie)->fd, *offset, whence);

	if (at < 0)
		return -1;
	*offset = at;
	return 0;
}

static int stream_close(void *cookie)
{
	struct stream *stream = cookie;

	stream->file = NULL;
	return close(stream->fd);
}

FILE *fdopen(int fd, const char *mode)
{
	struct stream *stream = streams;

	while (stream->file != NULL)
		stream++;
	stream->fd = fd;
	stream->file = fopencookie(stream, mode,
	                           (cookie_io_functions_t){stream_read, stream_write, stream_seek,
	                                                   stream_close});
	return stream->file;
}

FILE *fopen(const char *path, const char *mode)
{
	int flags = mode[0] == 'r' ? 0 : O_CREAT | (mode[0] == 'a' ? O_APPEND : O_TRUNC);
	FILE *file;
	int fd;

	flags |= strchr(mode, '+') != NULL ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
	flags |= (strchr(mode, 'x') != NULL ? O_EXCL : 0) | O_CLOEXEC;
	fd = open_any(AT_FDCWD, path, flags, 0666);
	file = fd >= 0 ? fdopen(fd, mode) : NULL;
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

int fileno(FILE *file)
{
	static int (*real)(FILE *);

	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
		if (streams[i].file == file)
			return streams[i].fd;
	}
	if (real == NULL)
		find(&real, "fileno");
	return real(file);
}

int dprintf(int fd, const char *format, ...)
{
	char text[8192];
	va_list arguments;
	int size, done = 0;

	va_start(arguments, format);
	size = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= sizeof text)
		abort();
	while (done < size) {
		ssize_t put = write(fd, text + done, (size_t)(size - done));

		if (put < 0 && errno != EINTR)
			return -1;
		done += put > 0 ? (int)put : 0;
	}
	return size;
}

void inject_begin(const struct injection *how)
{
	stdout = fdopen(STDOUT_FILENO, "w");
	if (stdout == NULL)
		abort();
	injection = *how;
	injecting = true;
	spared = false;
}

void inject_end(void)
{
	injecting = false;
}

/* ---- threads and clocks ---- */

static struct thread {
	void *(*run)(void *);
	void *argument;
} threads[256];

static void *thread_main(void *argument)
{
	struct thread *thread = argument;

	spared = false;
	return thread->run(thread->argument);
}

int pthread_create(pthread_t *out, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
	static atomic_uint count;
	struct thread *thread = &threads[atomic_fetch_add(&count, 1) % 256];
	bool was_spared = spared;
	int failed;
	static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	if (fails(KIND_THREAD))
		return injection.error;
	if (real == NULL)
		find(&real, "pthread_create");
	*thread = (struct thread){run, argument};
	spared = true;
	failed = real(out, attributes, thread_main, thread);
	spared = was_spared;
	return failed;
}

int clock_gettime(clockid_t clock, struct timespec *out)
{
	if (injecting && injection.has_clock) {
		*out = (struct timespec){.tv_sec = injection.clock};
		return 0;
	}
	return (int)syscall(SYS_clock_gettime, clock, out);
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

#pragma GCC visibility pop
