/*
 * The one interface of all importers: import_<kind>.c turns an input into articles, one after
 * another.
 */
#ifndef CAPSA_IMPORT_H
#define CAPSA_IMPORT_H

#include "cli.h"

/* ---- complaints.c: what cannot be packed ---- */

/* Shared by all importers of a run, so that its end can count them; zero at first. */
struct import_complaints {
	bool keep_going;                /* what cannot be packed is left out */
	bool muted;                     /* an input is read that will be read again */
	unsigned count;
	bool untrusted;                 /* a known key's signature of an input does not verify */
	FILE *report;                   /* owned; NULL: none */
	const char *report_name;        /* borrowed */
	int report_failed;              /* errno of the first write that failed */
};

/* Write a JSON object for each complaint into a file, too.  Exit status; reports errors. */
int import_complaints_open(struct import_complaints *complaints, const char *report);
/*
 * Say that an input, or a line of it (0: the whole), cannot be packed, and why.  After twenty
 * lines they are only counted.
 */
void import_complain(struct import_complaints *complaints, const char *input, uint64_t line,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));
/*
 * While an input is read that will be read again, what is to be left out is not complained of: that
 * is for the last time.  Returns what import_complaints_resume takes afterwards.
 */
bool import_complaints_mute(struct import_complaints *complaints);
void import_complaints_resume(struct import_complaints *complaints, bool muted);
/* Say how many got no line, and end the report.  Exit status. */
int import_complaints_close(struct import_complaints *complaints);

/* ---- articles ---- */

#define IMPORT_HEAD_SIZE (64U << 10)    /* of a file or a body, to tell what it is */

struct import_article {
	const char *path;               /* what `metadata` has too; owned like that */
	struct capsa_metadata *metadata;        /* owned by the importer until the next call */
	struct capsa_source body;       /* likewise */
	const char *origin;             /* for messages: what the user would call it */
	uint64_t line;                  /* of origin; 0: all of it */
	bool complete;                  /* nothing is to be added to the metadata */
	bool has_modified;
	int64_t modified;               /* what `modified` is, unless metadata or body say */
	/* What the input says of the body, canonical JSON, owned like metadata; empty: nothing. */
	struct capsa_text size, digest;
	const char *witness;            /* what says so, for messages */
};

struct importer {
	/*
	 * The next article: 1, or 0 at the end, or -1 where it cannot be read (reported); a call
	 * after that goes on with the one that follows.
	 */
	int (*next)(struct importer *importer, struct import_article *out);
	/*
	 * After the body was read, or could not be: did the input stay as it was?  False is
	 * reported.
	 */
	bool (*settle)(struct importer *importer);
	/* The first article is next again. */
	void (*rewind)(struct importer *importer);
	void (*close)(struct importer *importer);
	uint64_t total_bytes;           /* for progress; 0: not known */
	/*
	 * What the input says of itself as a whole, for the archive's description where the user
	 * says nothing: members of spec 7.2, the rest in `extra`.  Owned by the importer and
	 * complete when it is made; NULL: nothing.
	 */
	struct capsa_metadata *about;
};

/* One INPUT of the command line. */
struct import_input {
	char *path;                     /* owned: as it was given */
	char *file;                     /* owned: where it is, after -C */
};

/* A file, whatever its name. */
struct import_file {
	dev_t device;
	ino_t inode;
};

struct import_options {
	const char *const *include;     /* patterns, NULL-terminated, may be NULL */
	const char *const *exclude;
	const char *const *map;         /* "FIELD=NAME", NULL-terminated, may be NULL */
	const char *from;               /* the kind that all inputs must have; NULL: any */
	bool wire;                      /* bodies of HTTP as they were sent */
	bool all;                       /* also records that are no captures */
	bool has_epoch;                 /* SOURCE_DATE_EPOCH: `modified` is at most this */
	int64_t epoch;
	/* Never packed: the archive, what it replaces, the report. */
	struct import_file skip[3];
	size_t skip_count;
	const char *temporary_directory;        /* NULL: $TMPDIR, else /tmp */
	struct import_complaints *complaints;
};

/* Do the patterns of the options want an article of this path? */
bool import_wanted(const struct import_options *options, const char *path);
/* Is this a file that is never packed? */
bool import_skipped(const struct import_options *options, dev_t device, ino_t inode);

/*
 * All importers borrow inputs and options, read their inputs once to find what cannot be packed,
 * and complain.  NULL then, unless complaints.keep_going; NULL without a word after a signal.
 */

/* All inputs, whatever they are (import_inputs.c), in the order given. */
struct importer *import_inputs(const struct import_input *inputs, size_t count,
                               const struct import_options *options);
/*
 * Files and directories (import_dir.c): inputs in the order given, below a directory in tree
 * order.
 */
struct importer *import_dir(const struct import_input *inputs, size_t count,
                            const struct import_options *options);

/* A kind of input that is found out from content. */
struct import_kind {
	const char *const *names;       /* of --from, NULL-terminated */
	/* Is the file of this kind?  `head` is its beginning, up to IMPORT_HEAD_SIZE bytes. */
	bool (*is)(const char *file, struct capsa_text head, const struct import_options *options);
	/* One of these, the other is NULL: of one input, or of several that follow one another. */
	struct importer *(*open)(const struct import_input *input,
	                         const struct import_options *options);
	struct importer *(*open_run)(const struct import_input *inputs, size_t count,
	                             const struct import_options *options);
	bool piped;                     /* --from may say it of standard input */
	bool in_place;                  /* the archive may take the place of such an input */
};
/* Does --from know a kind by this name? */
bool import_is_kind(const char *name);

/* Archives of capsa (import_capsa.c). */
extern const struct import_kind import_kind_capsa;
/* ZIM files of versions 5 and 6, split ones too (import_zim.c). */
extern const struct import_kind import_kind_zim;
/*
 * Captures of WARC and ARC files (import_warc.c), packed by gzip or zstd or not.  Those that follow
 * one another are one run: a revisit in one may name a record of another.
 */
extern const struct import_kind import_kind_warc;
/* WARC files in a zip file with what is known of them (import_wacz.c). */
extern const struct import_kind import_kind_wacz;
/* tar, cpio, zip, 7z and ISO 9660 files (import_container.c). */
extern const struct import_kind import_kind_container;
/* One JSON object a line (import_jsonl.c); "-" is standard input. */
extern const struct import_kind import_kind_jsonl;
/* Records with a header (import_csv.c). */
extern const struct import_kind import_kind_csv;

/* ---- held_body.c: bodies that cannot fail ---- */

/*
 * A copy of a body, zero at first: a small one in memory, a large one in a file without a name.
 */
struct held_body {
	void *room;                     /* owned */
	size_t capacity;
	struct temporary *file;         /* owned; NULL: all is in memory */
	const char *directory;          /* for the file; NULL: as for all temporary files */
	uint64_t size;
};

/*
 * A body that comes piece by piece.  What was held before is gone.  False: no room, *err says why;
 * nothing more can be put then.
 */
void import_hold_begin(struct held_body *held, const char *directory);
bool import_hold_put(struct held_body *held, struct capsa_text bytes, struct capsa_error *err);
/* What was put so far, good until the next import_hold_begin. */
struct capsa_source import_held(const struct held_body *held);

/*
 * Copy a body, so that reading it cannot fail any more; *out is the copy, good until the next call.
 * False: the body cannot be read, *err says why where that is not the body's fault.
 */
bool import_hold(struct held_body *held, const char *directory, const struct capsa_source *body,
                 struct capsa_source *out, struct capsa_error *err);
void import_hold_release(struct held_body *held);

/* ---- dictionary.c: the dictionary of an archive, from its articles ---- */

#define IMPORT_DICTIONARY_MIN (4U << 10)        /* bytes of content */
#define IMPORT_DICTIONARY_MAX (3U << 20)

/*
 * A dictionary with `size` bytes of content (0: as suits the articles) from all of importer, which
 * is rewound.  Where there is too little text for one, *out is NULL, and a note says so.  What
 * cannot be read is left out where `keep_going`.  The caller frees *out.  Exit status; reports
 * errors.
 */
int import_dictionary(struct importer *importer, size_t size, int level, bool keep_going,
                      void **out, size_t *out_size);

/* ---- describe.c: what name and content say of an article ---- */

struct foreign_error;

/*
 * Of a redirect nothing.  Else set `format`; then from the front matter of Markdown and HTML what it says; then what an HTML
 * page says of itself (html_fields.c); then for text `title` (first heading, else first line of at
 * most 120 characters, else the file's stem), for all else the stem.  What is set stays; a charset
 * that `format` names is the document's.  `head` is the beginning of the body, up to
 * IMPORT_HEAD_SIZE bytes.  Front matter that cannot be read is passed over: *front_matter says why,
 * else its text is empty.
 */
enum capsa_status import_describe(struct capsa_metadata *metadata, const char *path,
                                  struct capsa_text head, struct foreign_error *front_matter,
                                  struct capsa_error *err);

#endif
