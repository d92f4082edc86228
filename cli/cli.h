/*
 * What the files of the command share, grouped by file.  Two executables are built from them:
 * `capsa`, which reads and needs zstd, libsodium and utf8proc alone, and `capsa-pack` in
 * LIBEXECDIR, which `capsa pack` and `capsa export` become by exec and which may link the libraries
 * of other formats.
 */
#ifndef CAPSA_CLI_H
#define CAPSA_CLI_H

#include "capsa.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- exit.c: exit statuses; of several the worst counts: 3, 2, 1, 4, 0 ---- */

enum cli_exit {
	CLI_HELPED = -1,        /* of a verb: --help was answered; the process ends with 0 */
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_DAMAGED = 3,
	CLI_UNTRUSTED = 4
};

int cli_worse(int a, int b);

/*
 * Memory is out where a function cannot say so otherwise, as one whose NULL means that there is
 * nothing.  The process then reports it and fails in the end, and commits no output.
 */
void cli_lack_memory(void);
bool cli_lacks_memory(void);

/*
 * Between the two an allocation that fails, which leaves ENOMEM in errno, is noted so: for code,
 * most of it foreign, that goes on with less where memory is out.
 */
void cli_watch_memory(void);
void cli_check_memory(void);

/* The exit status that stands for a library status. */
int cli_exit_of(enum capsa_status status);

/* ---- clock.c ---- */

/* Now, or what SOURCE_DATE_EPOCH says.  Exit status; reports that it is no time. */
int cli_clock(int64_t *seconds);

/* ---- main.c: the table of verbs ---- */

struct cli_verb {
	const char *name;
	int (*run)(int argc, char **argv);      /* argv[0] is "capsa"; NULL: in capsa-pack */
	const char *summary;                    /* one line */
	const char *help;                       /* what --help prints, ends with a line feed */
};

/*
 * Each cmd_<verb>.c defines its own; verbs.c lists those of capsa, verbs_pack.c those of
 * capsa-pack.
 */
extern const struct cli_verb cli_verb_diff, cli_verb_export, cli_verb_extract, cli_verb_find,
    cli_verb_get, cli_verb_info, cli_verb_key, cli_verb_list, cli_verb_pack, cli_verb_repair,
    cli_verb_salvage, cli_verb_sign, cli_verb_trust, cli_verb_verify, cli_verb_withhold;

extern const struct cli_verb *const cli_verbs[];        /* NULL at the end */

/*
 * The help of a verb to standard output (0), or "try ..." to standard error (2).  What is wrong
 * with an option getopt has said before.
 */
int cli_help(const char *verb);
int cli_usage(const char *verb);

/* ---- threads.c ---- */

/*
 * The argument of --threads, or without one (NULL) all cores that this process may use.  False
 * where it is no number from 1 to 1024, which is reported.
 */
bool cli_threads(const char *argument, uint32_t *out);

/* ---- terminal.c: the only file that writes to standard error ---- */

/*
 * "capsa: " and the message and a line feed.  Everything from outside goes through cli_quote
 * first.
 */
void cli_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* These two are silent after --quiet; a warning begins "capsa: warning: ". */
void cli_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * "capsa: FILE: what went wrong (at N)" of a library failure, and the exit status that stands
 * for it.
 */
int cli_fail(const char *file, enum capsa_status status, const struct capsa_error *err);

extern bool cli_quiet;                  /* --quiet: no warnings, notes, progress */
extern bool cli_no_progress;            /* --no-progress */

/*
 * A progress bar on standard error when that is a terminal and the work takes over about a
 * second.  `total` 0: not known.  step() may be called often; it looks at the clock itself.
 */
void cli_progress_start(const char *what, uint64_t total_bytes);
void cli_progress_step(uint64_t articles, uint64_t bytes);
void cli_progress_end(void);
/*
 * Take the bar off the screen until the next step: before anything goes to standard output
 * meanwhile.
 */
void cli_progress_hide(void);

/*
 * Set by SIGINT, SIGTERM, SIGHUP once cli_catch_signals was called: long work looks at it and
 * stops.
 */
extern volatile sig_atomic_t cli_signal;
void cli_catch_signals(void);
/*
 * After cleaning up: says "interrupted" and ends the process by that same signal.  Returns if
 * there was none.
 */
void cli_die_of_signal(void);

/*
 * Flush standard output and report what failed.  A closed pipe is no error: returns CLI_DONE.
 */
int cli_flush_output(void);

/* Ask for a password on the terminal (/dev/tty), without echo; false where there is none. */
bool cli_ask_password(const char *prompt, char *out, size_t size);

/* ---- text.c: text from outside, made harmless ---- */

/*
 * Text with control, bidirectional and invalid bytes escaped (\n, \x1b, \u202e ...) for a
 * terminal.  Points at one of eight static buffers, used in turn; cut with "..." where longer
 * than 4 KiB.
 */
const char *cli_quote(const char *text);
const char *cli_quote_text(struct capsa_text text);
/* The same, whole, appended to a stream. */
void cli_print_text(FILE *to, struct capsa_text text);
/*
 * As a JSON string in quotation marks; invalid bytes become U+FFFD, and what cli_quote escapes
 * is escaped here too.
 */
void cli_print_json(FILE *to, struct capsa_text text);

/* ---- output.c: a file that appears under its name complete or not at all ---- */

struct cli_output;

/*
 * Begin to write `path` (mode of the file: 0666 less umask; `secret`: 0600).  Uses O_TMPFILE in
 * its directory, else a hidden temporary name ".capsa-XXXXXX.tmp", and removes such temporaries
 * that a dead process left behind.  "-" is standard output, refused when it is a terminal.
 * Unless `force`, an existing path is an error now, and again at commit.  Errors are reported;
 * returns NULL then.
 */
struct cli_output *cli_output_begin(const char *path, bool secret, bool force);
int cli_output_fd(const struct cli_output *output);
/*
 * fsync, rename or link, fsync of the directory.  Reports errors.  Frees the output in all
 * cases; the exit status.
 */
int cli_output_commit(struct cli_output *output);
/* Leave nothing behind.  NULL is allowed. */
void cli_output_abandon(struct cli_output *output);

/* The directory of a path, for temporary files ("." where it has none); the caller frees it. */
char *cli_directory_of(const char *path);

/* ---- clone.c ---- */

/*
 * Make an empty file begin with the first `size` bytes of another: where the file system can, they
 * share them.  Shows progress.  0 or an errno value; EINTR after a signal.
 */
int cli_clone(int from, int to, uint64_t size);

/* Write all of it at an offset.  0 or an errno value; EINTR after a signal. */
int cli_write_at(int to, const void *data, size_t size, uint64_t at);

/* ---- keyfile.c: key files and passwords ---- */

/*
 * Read a whole small file (at most `limit` bytes), NUL-terminated; the caller frees it.
 * Reports errors, NULL then, and errno says which: EFBIG where it is larger.
 */
char *cli_read_file(const char *path, size_t limit, size_t *size);

#define CLI_KEY_FILE_MAX 8192           /* bytes, more than any key file or password file has */

int cli_public_key_load(const char *path, struct capsa_public_key *out);        /* exit status */
/*
 * Password from --password-file (may be NULL), CAPSA_PASSWORD, else the terminal.  Warns of a
 * key file that others may read.
 */
int cli_secret_key_load(const char *path, const char *password_file, struct capsa_secret_key **out);

/*
 * A password from the file, CAPSA_PASSWORD, else from the terminal, asked for with `purpose`
 * and, for a new key, `twice`.  Reports what is missing.  The caller wipes `out`.
 */
#define CLI_PASSWORD_SIZE 1024
bool cli_password(const char *purpose, const char *password_file, bool twice,
                  char out[CLI_PASSWORD_SIZE]);

/*
 * `name` in $XDG_CONFIG_HOME/capsa or ~/.config/capsa; the caller frees it.  NULL, not
 * reported, where the user has no home (errno is ENOENT) or memory is out (ENOMEM).
 */
char *cli_config_path(const char *name);
/* The same in $XDG_STATE_HOME/capsa or ~/.local/state/capsa: what capsa remembers by itself. */
char *cli_state_path(const char *name);
/* Make the directories above a path, for the user alone.  Reports errors. */
bool cli_make_directories_for(const char *path);
/* The same, but reports nothing: 0 or an errno value. */
int cli_try_directories_for(const char *path);

/* ---- trust.c: the keys a user trusts ---- */

struct cli_trusted_key {
	struct capsa_public_key key;
	char label[256];
	bool has_until;
	int64_t until;                  /* signatures made later are not trusted */
};

struct cli_trust {                      /* zero at first */
	struct cli_trusted_key *keys;   /* owned */
	size_t count;
	bool required;                  /* -p, -P or --trusted was given */
	bool given;                     /* -p or -P was: a key for this run alone */
};

/* Handle -p FILE, -P BASE64, --trusted.  Exit status. */
int cli_trust_add_file(struct cli_trust *trust, const char *path);
int cli_trust_add_base64(struct cli_trust *trust, const char *text);
/* The trust store's keys: after --trusted, or where no key was given. */
int cli_trust_add_store(struct cli_trust *trust, bool required);
void cli_trust_release(struct cli_trust *trust);
/*
 * Put a public key into the store under a label, or with another date (NULL: none) if it is
 * there under this label already.  Exit status.
 */
int cli_trust_store(const char *label, const struct capsa_public_key *key, const int64_t *until);
/* Take a label out of the store.  Exit status. */
int cli_trust_forget(const char *label);

/* The label of a key that has no other: its file's name, without directory and `.pub`. */
void cli_label_of(const char *path, char out[256]);

/* ---- judge.c: what signatures are worth ---- */

#define CLI_KIND_MINISIGN 1             /* of struct capsa_attestation */

/* What a signature is worth; a greater one decides over an archive. */
enum cli_weight {
	/* It verifies by no key, not even by the one it brings along. */
	CLI_WEIGHT_NONE = 0,
	/* Its key is neither known nor brought along: it cannot be checked. */
	CLI_WEIGHT_UNKNOWN = 1,
	/* It verifies by the key it brings along, which nobody vouches for. */
	CLI_WEIGHT_STRANGER = 2,
	/* It verifies by a trusted key, but was made after the date that key is trusted until. */
	CLI_WEIGHT_LATE = 3,
	CLI_WEIGHT_TRUSTED = 4,
	/* It has the key id of a trusted key and does not verify by it. */
	CLI_WEIGHT_FAILED = 5
};

struct cli_signature {
	struct capsa_signature signature;
	enum cli_weight weight;
	const struct cli_trusted_key *by;       /* of the trust; NULL below CLI_WEIGHT_LATE */
	bool detached;                  /* from a file beside the archive */
};

struct cli_archive;

/*
 * The signatures in an archive, then the detached ones beside it (PATH.<KEYID>.minisig) or in its
 * proof.  The caller frees *out.  Reports what it cannot read; exit status.  What the user may not
 * read is passed over, after a report where it is a signature: it must not keep anyone from the
 * archive.
 */
int cli_signatures(const struct cli_trust *trust, const struct cli_archive *archive,
                   struct cli_signature **out, size_t *count);

struct cli_judgement {
	bool trusted;                   /* signed by a key of `trust` */
	bool failed;                    /* a signature of a known key does not verify */
	bool signed_;                   /* some signature verifies by a known key or by its hint */
	enum cli_weight weight;         /* the same as one value, of the signature that decided */
	char key_id[CAPSA_KEY_ID_TEXT]; /* of the signature that decided */
	char label[256];                /* of the trusted key */
	struct capsa_public_key key;    /* of that signature (the hint where not trusted) */
	size_t trusted_keys;            /* how many different trusted keys signed */
};

/* Exit status: not CLI_DONE where signatures cannot be read, which is reported. */
int cli_judge(const struct cli_trust *trust, struct cli_archive *archive);
/*
 * "signed by E7620F1842B4E81F (trusted: National Library)", "not signed" ...; in a static
 * buffer.
 */
const char *cli_judgement_words(const struct cli_judgement *judgement);

/* ---- archive.c: an archive that a verb reads ---- */

struct cli_archive {
	const char *path;               /* borrowed */
	int fd;
	struct capsa_proof *proof;      /* NULL: all of the archive is there */
	struct capsa_source source;
	struct capsa_reader *reader;
	struct cli_judgement judgement;
};

/*
 * Open the file, which may be a proof, and its source, no reader.  Reports errors; exit status;
 * nothing to close unless CLI_DONE.
 */
int cli_archive_file(struct cli_archive *out, const char *path);
/*
 * Open its reader on `source`: the archive's own, or another over the same bytes, of which no more
 * is read than is needed.
 */
enum capsa_status cli_archive_reader(struct cli_archive *archive, const struct capsa_source *source,
                                     struct capsa_error *err);

/* Open, without any judgement.  Reports errors; exit status; nothing to close unless CLI_DONE. */
int cli_archive_load(struct cli_archive *out, const char *path);

/*
 * Judge an open archive.  Where trust is required and missing, or a signature of a known key fails:
 * reports and returns CLI_UNTRUSTED.  Else warns of one that no trusted key signed.
 */
int cli_archive_judge(struct cli_archive *archive, const struct cli_trust *trust);

/*
 * Open and judge.  Where trust is required and missing: reports and returns CLI_UNTRUSTED.
 * Else warns once of an archive that no trusted key signed, and of a damaged trailer.  Reports
 * errors; exit status; nothing to close unless CLI_DONE.
 */
int cli_archive_open(struct cli_archive *out, const char *path, const struct cli_trust *trust);
void cli_archive_close(struct cli_archive *archive);
/* Would an output of this name, in whose place nothing whole comes, replace the archive?  Reported. */
bool cli_archive_is(const struct cli_archive *archive, const char *output);
/* The warnings of cli_archive_open, of an archive that is judged. */
void cli_archive_warn(const struct cli_archive *archive);

/* ---- archives.c: several archives, and directories of them ---- */

/* Does the name end in .capsa, and begin with no dot? */
bool cli_is_archive_name(const char *name);

/*
 * Call `each` for every path or, where it is a directory, for every *.capsa in it, by name.
 * After a signal no more.  Reports directories that cannot be listed or have none.  The worst
 * exit status.
 */
int cli_each_archive(char *const *paths, size_t count, int (*each)(void *ctx, const char *path),
                     void *ctx);

/* Options that all reading verbs share: a fragment for their getopt_long tables and its handler. */
#define CLI_TRUST_OPTIONS                                       \
	{"trusted", no_argument, NULL, 1001},                   \
	{"quiet", no_argument, NULL, 'q'},                      \
	{"no-progress", no_argument, NULL, 1002},               \
	{"help", no_argument, NULL, 'h'}
#define CLI_TRUST_LETTERS "p:P:qh"
/* True where `option` was one of these; the verb returns *status then unless it is CLI_DONE. */
bool cli_trust_option(int option, const char *argument, const char *verb, struct cli_trust *trust,
                      int *status);

/* ---- keys.c: SURT and title keys (spec 14), the only file that calls utf8proc ---- */

/* The functions that the library makes keys with; constant, never freed. */
const struct capsa_keys *cli_keys(void);
/*
 * The whole SURT of a URL, which the key is the first CAPSA_URL_KEY_MAX bytes of.  The caller
 * frees it; NULL: out of memory.
 */
char *cli_surt(struct capsa_text url, size_t *size);
/* NFC of valid UTF-8, NUL-terminated, the caller frees it; NULL when memory is out. */
char *cli_nfc(struct capsa_text text);
/* NFC, case-folded, white space collapsed: what titles are compared by.  The caller frees it. */
char *cli_fold(struct capsa_text text);
/* NFC and case-folded: file names that are equal so may be one file.  The caller frees it. */
char *cli_fold_path(struct capsa_text path);
/* The code point that a string begins with, and its bytes; 0, and nothing in *c: no valid one. */
size_t cli_utf8_next(const char *text, uint32_t *c);
/* How many bytes at the beginning of `text` are whole, valid code points. */
size_t cli_utf8_prefix(struct capsa_text text);

/* ---- pattern.c: globs over paths; * and ? do not match '/', ** does ---- */

bool cli_pattern_match(const char *pattern, const char *path);
/* Without stars, question marks and classes: it then also selects all below it as a directory. */
bool cli_pattern_literal(const char *pattern);
/* What all matching paths begin with; `out` has room for the pattern's bytes.  Returns the size. */
size_t cli_pattern_prefix(const char *pattern, char *out);

/* ---- select.c: the articles that a user means ---- */

/*
 * The time that a date means, first and last second: `2019`, `2019-03`, `2019-03-05`, or a full
 * time.  False: it is none.
 */
bool cli_period(const char *text, int64_t *first, int64_t *last);

struct cli_filter {                     /* zero: all; pointers are borrowed */
	const char *const *patterns;
	size_t pattern_count;
	bool has_period;                /* of `date`, else `captured` */
	int64_t from, to;
	const char *format;             /* a media type; with a star behind the slash all of a kind */
	const char *language;           /* `en` is also `en-GB` */
	bool may_be_empty;              /* that no article passes is neither reported nor a failure */
};

/* Handle --from DATE and --to DATE.  Report what is no date; exit status. */
int cli_filter_from(struct cli_filter *filter, const char *text);
int cli_filter_to(struct cli_filter *filter, const char *text);

struct cli_selected {
	uint64_t number;
	const char *path;               /* checked, borrowed until the next call */
	struct capsa_text line;         /* until the reader is used; empty: lost, as was reported */
};

/*
 * The articles that pass the filter (borrowed), in the archive's order.  NULL: out of memory,
 * reported.
 */
struct cli_selection;
struct cli_selection *cli_select_new(struct cli_archive *archive, const struct cli_filter *filter);
/*
 * The next article; false at the end.  Those without a metadata line come last, where their path
 * alone can be judged.
 */
bool cli_select_next(struct cli_selection *selection, struct cli_selected *out);
/* Frees it.  Reports patterns that no article matched; the exit status of all. */
int cli_select_end(struct cli_selection *selection);

/* "capsa: ARCHIVE: PATH: what went wrong (at N)", and the exit status that stands for it. */
int cli_fail_article(const struct cli_archive *archive, const char *path, enum capsa_status status,
                     const struct capsa_error *err);

/*
 * A text of a metadata line, unescaped, NUL-terminated; the caller frees it.  NULL: there is none,
 * or memory is out, which cli_lack_memory() notes.
 */
char *cli_line_string(struct capsa_text line, const char *key);
/* The number of seconds of a date of a metadata line; false where there is none. */
bool cli_line_date(struct capsa_text line, const char *key, int64_t *seconds);

/* ---- lookup.c: the article that a user means by an ID ---- */

enum cli_kind {
	CLI_BY_ANY = 0,                 /* path, URL, title, in this order */
	CLI_BY_PATH,
	CLI_BY_URL,
	CLI_BY_TITLE,
	CLI_BY_DIGEST
};

struct cli_lookup {
	enum cli_kind by;
	int64_t at;                     /* of a URL the last capture until then; INT64_MAX: of all */
};

/*
 * The number of the article.  Says which one a URL, title or digest has found; reports that there
 * is none, or several, which it lists.  Exit status.
 */
int cli_lookup(struct cli_archive *archive, const struct cli_lookup *how, const char *id,
               uint64_t *number);
/* `path`, `url`, `title` or `digest`; reports others.  Exit status. */
int cli_lookup_kind(const char *name, enum cli_kind *out);

/* ---- filename.c: article paths as safe file names ---- */

/*
 * Room for a name: a path of 4,000 bytes has at most 2,000 components, each of which may get a mark
 * of 5 bytes, and there may be a sidecar's suffix.
 */
#define CLI_NAME_ROOM 16384

struct cli_names;
/*
 * `suffix`, borrowed: each name comes with another, with that behind it; "": none.  Reports errors,
 * NULL then.
 */
struct cli_names *cli_names_new(const char *suffix);
void cli_names_free(struct cli_names *names);
/*
 * What the file of `path`, which is checked, is called: that, or a variant where it would collide
 * (case, NFC, sidecar) with one before.  *name is borrowed until the next call.  Reports errors;
 * exit status.
 */
int cli_names_give(struct cli_names *names, const char *path, const char **name);

/* ---- filetree.c: files below one directory ---- */

/*
 * A tree of files to be written, whose directory is made where it is missing.  No name leads out of
 * it through a symbolic link or over an existing file (unless force); files appear complete or not
 * at all.
 */
struct cli_tree;
struct cli_tree *cli_tree_open(const char *directory, bool force);
/*
 * Begin a file, write it, end it; `mtime` in seconds, CLI_NO_TIME: now.  Exit status; report
 * errors, but not that a signal came.
 */
#define CLI_NO_TIME INT64_MIN
int cli_tree_begin(struct cli_tree *tree, const char *name);
int cli_tree_write(struct cli_tree *tree, const void *data, size_t size);
int cli_tree_end(struct cli_tree *tree, int64_t mtime, bool commit);
void cli_tree_close(struct cli_tree *tree);
/* For a thread, which may not report: from now on what failed last is kept for cli_tree_report. */
void cli_tree_defer(struct cli_tree *tree);
void cli_tree_report(struct cli_tree *tree);

/* ---- writers.c: threads that write files of a tree ---- */

struct cli_file {                       /* what is a pointer was malloc()ed */
	char *name;
	void *body;
	size_t size;
	char *sidecar_name;             /* NULL: none */
	void *sidecar;
	size_t sidecar_size;
	int64_t mtime;
};

void cli_file_release(struct cli_file *file);

struct cli_writers;
/* Like cli_tree_open, with so many threads.  Reports errors, NULL then. */
struct cli_writers *cli_writers_new(const char *directory, bool force, uint32_t threads);
/*
 * Takes over what the file holds, which is empty then; waits while too much is to be written.
 * False: something failed, and nothing more is written.
 */
bool cli_writers_add(struct cli_writers *writers, struct cli_file *file);
/*
 * Waits for the threads, reports what failed, frees the writers, which may be NULL.  Exit
 * status.
 */
int cli_writers_end(struct cli_writers *writers);

#endif
