/* What the driver is asked to do, by its command line. */
#ifndef TESTS_FAULT_SETTINGS_H
#define TESTS_FAULT_SETTINGS_H

#include "inject.h"

struct settings {
	char **argv;            /* of the program */
	int argc;
	const char *program;
	unsigned kinds;         /* a bit for each */
	int error;              /* 0: what is usual for the kind */
	uint64_t step;          /* of every so many calls one fails */
	bool since;
	bool whole;             /* a line that another may append to is written in one piece or not */
	bool damage;            /* what cannot be read is reported as damage of the archive */
	bool replaces;          /* a file, which cannot be undone */
	bool partial;           /* files appear one by one; each must be whole */
	bool sizes;             /* what files hold is random */
	bool lines;             /* more than one line on standard error may tell what is wrong */
	unsigned kills;
	uint64_t seed;
	const char *figures;
	struct injection base;
};

extern struct settings settings;

/* A bad option ends the program. */
void settings_parse(int argc, char **argv);

#endif
