/* pack_inputs.c: the INPUTs of the command line, and those that --files-from lists. */
#ifndef CAPSA_PACK_INPUTS_H
#define CAPSA_PACK_INPUTS_H

#include "import.h"

/* Zero at first. */
struct pack_inputs {
	struct pack_named {
		char *name;             /* owned: an INPUT, or a list of them */
		char *directory;        /* owned: of -C; NULL: none */
		bool is_list;
	} * named; /* owned: in the order of the command line */
	size_t named_count;
	char *directory;                /* owned: of the last -C */
	struct import_input *items;     /* owned: what all these come to */
	size_t count, capacity;
};

/* Exit status; these report errors. */
int cli_pack_inputs_add(struct pack_inputs *inputs, const char *name, bool is_list);
/* -C holds for the inputs behind it, and for the next -C. */
int cli_pack_inputs_directory(struct pack_inputs *inputs, const char *directory);
/* Read the lists: one INPUT a line, or, with `null`, ended by NUL. */
int cli_pack_inputs_finish(struct pack_inputs *inputs, bool null);
void cli_pack_inputs_release(struct pack_inputs *inputs);

#endif
