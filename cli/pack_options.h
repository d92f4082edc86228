/* The command line of `capsa pack`. */
#ifndef CAPSA_PACK_OPTIONS_H
#define CAPSA_PACK_OPTIONS_H

#include "pack_inputs.h"

/* Strings of the command line, with NULL after the last; zero at first. */
struct pack_list {
	const char **items;             /* owned, what they point at is not */
	size_t count;
};

enum pack_dictionary { PACK_DICTIONARY_NONE, PACK_DICTIONARY_MADE, PACK_DICTIONARY_FILE };

struct pack_options {
	const char *out;
	const char *key;                /* NULL: the default key */
	const char *password_file;      /* NULL: none */
	bool is_unsigned;
	bool force;
	bool allow_empty;
	struct capsa_metadata *about;   /* owned */
	char *title, *description;      /* owned; NULL: none */
	int64_t created;
	int32_t level;                  /* 0: the library's choice, as below */
	uint32_t frame_size;
	uint32_t threads;
	enum pack_dictionary dictionary;
	size_t dictionary_size;         /* of the content; 0: as suits the articles */
	const char *dictionary_file;
	struct pack_list include, exclude, isolate, map;
	struct pack_inputs inputs;
	const char *previous;           /* the archive before this one; NULL: none */
	const char *report;             /* NULL: none */
	bool keep_going;
	bool null;                      /* --files-from has names that end with NUL */
	struct import_options import;   /* all but what cmd_pack.c finds out */
};

/* Exit status; reports errors.  CLI_HELPED after --help.  Release in all cases. */
int cli_pack_options_parse(struct pack_options *options, int argc, char **argv);
/*
 * Describe the archive by what an input says of itself (NULL: nothing) where the command line says
 * nothing.  Exit status; reports errors.
 */
int cli_pack_options_offer(struct pack_options *options, struct capsa_metadata *about);
void cli_pack_options_release(struct pack_options *options);

#endif
