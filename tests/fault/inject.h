/*
 * Calls of the system that fail when they are told to.
 *
 * inject.c is linked into the program that is tested and stands before the C library there: its
 * malloc, open, read and so on are those of the program and of all shared libraries.  Streams of
 * stdio call its read and write, too.
 */
#ifndef TESTS_FAULT_INJECT_H
#define TESTS_FAULT_INJECT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SANITIZER_STATUS 99     /* with which a sanitizer ends the program */

enum kind {
	KIND_MEMORY,
	KIND_OPEN,
	KIND_READ,
	KIND_WRITE,
	KIND_SYNC,
	KIND_NAME,              /* link, rename, mkdir */
	KIND_TRUNCATE,
	KIND_STAT,
	KIND_THREAD,
	KINDS
};

extern const char *const kind_names[KINDS];

/* What is to happen; all zero: nothing. */
struct injection {
	enum kind kind;
	uint64_t at;            /* the call of this kind that fails, from 1; 0: none */
	bool since;             /* and all after it */
	int error;              /* errno of it */
	uint64_t kill_at;       /* SIGKILL before the call of this number, whatever its kind */
	bool halves;            /* each read and write does half of what is asked */
	bool interrupts;        /* every other read and write fails with EINTR */
	bool no_tmpfile;        /* a file system without O_TMPFILE */
	bool own;               /* no memory that a shared library asks for itself */
	bool trace;             /* print the stack where a call fails */
	bool has_clock;
	int64_t clock;          /* seconds since 1970 */
};

/* What happened, in memory that the parent shares. */
struct injected {
	_Atomic uint64_t calls[KINDS];
	_Atomic uint64_t all;
	atomic_bool reached;    /* a call failed, or was about to be killed */
};

extern struct injected *injected;

/* From here on calls fail, also those that write to standard output.  Until inject_end(). */
void inject_begin(const struct injection *how);
void inject_end(void);

#endif
