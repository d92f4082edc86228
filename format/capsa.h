/*
 * capsa: signed, compressed, seekable archives of articles.
 *
 * An archive holds articles.  An article is a path, a body (any bytes) and metadata (one
 * canonical JSON line).  Articles are numbered from 0 in the order they were packed.  The
 * bytes of an archive are specified in spec/capsa.md; section numbers below refer to it.
 *
 * To read one article:
 *
 *	#include <capsa.h>
 *	#include <fcntl.h>
 *	#include <stdio.h>
 *	#include <stdlib.h>
 *
 *	int main(int argc, char **argv)
 *	{
 *		int fd = argc == 3 ? open(argv[1], O_RDONLY) : -1;
 *		struct capsa_source file;
 *		struct capsa_reader *reader = NULL;
 *		struct capsa_article article;
 *		struct capsa_error err = {0};
 *		void *body = NULL;
 *		int good = capsa_source_file(&file, fd, &err) == CAPSA_OK &&
 *		    capsa_reader_open(&reader, &file, NULL, &err) == CAPSA_OK &&
 *		    capsa_reader_find_path(reader, argv[2], &article.number, &err) == CAPSA_OK &&
 *		    capsa_reader_article(reader, article.number, &article, &err) == CAPSA_OK &&
 *		    (body = malloc(article.size + 1)) != NULL &&
 *		    capsa_reader_read(reader, article.number, 0, body, article.size, &err) == CAPSA_OK;
 *
 *		if (good)
 *			fwrite(body, 1, article.size, stdout);
 *		else
 *			fprintf(stderr, "%s\n", err.text);
 *		free(body);
 *		capsa_reader_close(reader);
 *		return good ? 0 : 1;
 *	}
 *
 * Nothing that a reader returns is unverified: every byte was checked against a digest that
 * the statement pins.  Whether the statement is signed by somebody the caller trusts is a
 * question of its own: capsa_reader_check_signature().
 *
 * Threads: different handles may be used by different threads at once, one handle by one
 * thread at a time.  A source that several readers or a verification share must allow
 * concurrent calls of read_at; file and memory sources do.  Nothing here is async-signal-safe.
 * The library keeps no global state, prints nothing and never exits.
 *
 * Names: open/close where input or output is held, new/free for memory; close and free accept
 * NULL.  Options: all zero means the defaults; `reserved` must be zero.
 */
#ifndef CAPSA_H
#define CAPSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define CAPSA_API __attribute__((visibility("default")))
#define CAPSA_MUST_CHECK __attribute__((warn_unused_result))
#else
#define CAPSA_API
#define CAPSA_MUST_CHECK
#endif

#define CAPSA_VERSION "1.0.0"           /* of the library; the format has its own */

/*
 * ---- Status and errors ----------------------------------------------------
 */

enum capsa_status {
	CAPSA_OK = 0,
	CAPSA_ENOMEM = 1,       /* out of memory */
	CAPSA_EIO = 2,          /* a callback or a system call failed; error.sys has errno */
	CAPSA_EMISUSE = 3,      /* the caller broke this header's rules; handles are unchanged */
	CAPSA_EFORMAT = 4,      /* not a capsa archive, or not a key, signature file ... */
	CAPSA_EUNSUPPORTED = 5, /* needs a newer reader; the text names the feature */
	CAPSA_ECORRUPT = 6,     /* damaged: breaks the specification or fails a digest */
	CAPSA_EUNTRUSTED = 7,   /* a signature does not verify by the given key */
	CAPSA_ELIMIT = 8,       /* over a limit of the format (1.2) or of the caller */
	CAPSA_ENOENT = 9,       /* no such article, entry, key; the end of a walk */
	CAPSA_EEXIST = 10,      /* a path occurs twice, or is a directory of another */
	CAPSA_EWITHHELD = 11,   /* the frame was withheld on purpose (12) */
	CAPSA_ESTOPPED = 12,    /* a progress callback asked to stop */
	CAPSA_EPASSWORD = 13    /* the secret key needs a password, or another one */
};

#define CAPSA_NO_OFFSET UINT64_MAX

/* For people; programs use the status.  Every function that takes one accepts NULL. */
struct capsa_error {
	int sys;                /* errno of what failed, else 0 */
	uint64_t offset;        /* where in the archive, or CAPSA_NO_OFFSET */
	char text[256];         /* one English sentence, lower case, no full stop, UTF-8 */
};

/* A short name of a status for logs ("damaged", "not found"), never NULL. */
CAPSA_API const char *capsa_status_name(enum capsa_status status);

/* Version of this library, the same as CAPSA_VERSION when it was built. */
CAPSA_API const char *capsa_version(void);

/* Bytes that are not NUL-terminated; who owns them is said where it is used. */
struct capsa_text {
	const char *data;
	size_t size;
};

/*
 * ---- Sources and sinks ----------------------------------------------------
 */

/*
 * Where bytes are read from, by position.  `read_at` fills all of buf from offset and returns
 * 0, or returns an errno value: CAPSA_EIO to the caller, or CAPSA_ENOMEM if it is ENOMEM.  It is
 * only called with ranges inside `size`, and the bytes must not change while the source is in use.
 */
struct capsa_source {
	int (*read_at)(void *ctx, uint64_t offset, void *buf, size_t size);
	uint64_t size;
	void *ctx;
};

/*
 * A source over an open file, whose descriptor stays the caller's.  The size is
 * taken now.  CAPSA_EIO: fd cannot be examined, or is no regular file or block device.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_source_file(struct capsa_source *out, int fd, struct capsa_error *err);

/* A source over memory, which is borrowed while the source is in use. */
CAPSA_API struct capsa_source capsa_source_memory(const void *data, size_t size);

/*
 * Where an archive is written to, by appending.  `write` takes all bytes and returns 0, or
 * returns an errno value.
 */
struct capsa_sink {
	int (*write)(void *ctx, const void *buf, size_t size);
	void *ctx;
};

/* A sink over an open file, pipe or socket, whose descriptor stays the caller's. */
CAPSA_API struct capsa_sink capsa_sink_file(int fd);

/*
 * ---- Keys and signatures (10.1) ---------------------------------------------
 *
 * The formats are minisign's, so either program takes the other's files.
 */

struct capsa_public_key {
	uint8_t id[8];          /* as stored; printed in reverse order, see capsa_key_id_text */
	uint8_t key[32];        /* Ed25519 */
};

/*
 * Read a public key: the text of a `.pub` file, or its base64 line alone.
 * CAPSA_EFORMAT: it is neither.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_public_key_parse(struct capsa_public_key *out, const char *text, size_t size,
                       struct capsa_error *err);

#define CAPSA_PUBLIC_KEY_TEXT 57        /* base64 of a public key, with NUL */
#define CAPSA_KEY_ID_TEXT 17            /* 16 hexadecimal digits, with NUL */

/* The base64 line of a public key. */
CAPSA_API void capsa_public_key_text(const struct capsa_public_key *key,
                                     char out[CAPSA_PUBLIC_KEY_TEXT]);

/* The key id as minisign prints it, upper case. */
CAPSA_API void capsa_key_id_text(const uint8_t id[8], char out[CAPSA_KEY_ID_TEXT]);

struct capsa_secret_key;        /* in guarded memory, wiped when freed */

/*
 * A new key pair from the system's random source.  The caller owns *out and frees it.
 * CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_secret_key_generate(struct capsa_secret_key **out, struct capsa_error *err);

/*
 * Read the text of a secret key file.  `password` (NUL-terminated, may be NULL) opens a key
 * that is encrypted; the key file's scrypt cost is bounded by minisign's own, 1 GiB of memory
 * and 2^25 steps.  The caller owns *out.
 *
 * CAPSA_EFORMAT: not a secret key; CAPSA_EPASSWORD: it is encrypted and the password is NULL
 * or wrong; CAPSA_ELIMIT: its scrypt cost is over the bound; CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_secret_key_parse(struct capsa_secret_key **out, const char *text, size_t size,
                       const char *password, struct capsa_error *err);

#define CAPSA_SECRET_KEY_TEXT 512       /* room for the text of a secret key file, with NUL */

/*
 * Write the text of a secret key file, encrypted by `password` unless NULL (this takes 1 GiB of
 * memory and about a second, by minisign's choice).  The caller wipes `out`.  CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_secret_key_text(const struct capsa_secret_key *key, const char *password,
                      char out[CAPSA_SECRET_KEY_TEXT], struct capsa_error *err);

CAPSA_API void capsa_secret_key_public(const struct capsa_secret_key *key,
                                       struct capsa_public_key *out);
CAPSA_API void capsa_secret_key_free(struct capsa_secret_key *key);

#define CAPSA_COMMENT_MAX 1024          /* bytes of a trusted comment */

/* A minisign signature over a statement, of an attestation or of a detached file. */
struct capsa_signature {
	uint8_t key_id[8];
	uint8_t signature[64];
	uint8_t global[64];
	bool has_hint;                  /* attestations carry the signer's key as a hint */
	struct capsa_public_key hint;   /* never trusted by itself */
	char comment[CAPSA_COMMENT_MAX + 1];    /* the trusted comment, NUL-terminated */
};

/*
 * Read a minisign signature file.  CAPSA_EFORMAT: not one, or of the legacy
 * algorithm "Ed".
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_signature_parse(struct capsa_signature *out, const char *text, size_t size,
                      struct capsa_error *err);

#define CAPSA_SIGNATURE_TEXT 2048       /* room for a signature file, with NUL */

/* The signature file that corresponds (10.1), NUL-terminated. */
CAPSA_API void capsa_signature_text(const struct capsa_signature *signature,
                                    char out[CAPSA_SIGNATURE_TEXT]);

/*
 * Sign a statement's text.  `comment` becomes the trusted comment; it must be text of
 * 1 to CAPSA_COMMENT_MAX bytes as 9.1 defines it, else CAPSA_EMISUSE.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_signature_make(struct capsa_signature *out, const struct capsa_secret_key *key,
                     struct capsa_text statement, const char *comment, struct capsa_error *err);

/*
 * Does the signature verify over the statement by `key`?  CAPSA_EUNTRUSTED if not, also
 * where the key ids differ.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_signature_check(const struct capsa_signature *signature, struct capsa_text statement,
                      const struct capsa_public_key *key, struct capsa_error *err);

/*
 * ---- Metadata (7) -----------------------------------------------------------
 */

/* The members of one canonical JSON object, to be filled and written. */
struct capsa_metadata;

/* An empty object, or NULL when memory is out. */
CAPSA_API struct capsa_metadata *capsa_metadata_new(void);
CAPSA_API void capsa_metadata_free(struct capsa_metadata *metadata);

/*
 * Set a member to a text, to an integer, or to a JSON value in canonical form (7.3); what was
 * there is replaced.  append makes or extends an array of text.  Everything is copied.
 *
 * CAPSA_EMISUSE: the text is not valid UTF-8 or holds U+0000, the integer is beyond 2^53 - 1,
 * the JSON is not canonical, or the value has not the type that 7.2 wants for this key.
 * CAPSA_ELIMIT: the line would grow beyond 1 MiB.  CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_metadata_set(struct capsa_metadata *metadata, const char *key, const char *text,
                   size_t size, struct capsa_error *err);
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_metadata_append(struct capsa_metadata *metadata, const char *key, const char *text,
                      size_t size, struct capsa_error *err);
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_metadata_set_integer(struct capsa_metadata *metadata, const char *key, int64_t value,
                           struct capsa_error *err);
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_metadata_set_json(struct capsa_metadata *metadata, const char *key, const char *json,
                        size_t size, struct capsa_error *err);

/* Take a member out; without effect where there is none. */
CAPSA_API void capsa_metadata_remove(struct capsa_metadata *metadata, const char *key);

/* Is there such a member? */
CAPSA_API bool capsa_metadata_has(const struct capsa_metadata *metadata, const char *key);

/*
 * The object as one canonical line, without line feed.  The text is borrowed from
 * `metadata` until it is next changed or freed.  CAPSA_ENOMEM, CAPSA_ELIMIT.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_metadata_line(struct capsa_metadata *metadata, struct capsa_text *line,
                    struct capsa_error *err);

/*
 * A canonical line back into an object, owned by the caller.  CAPSA_ECORRUPT: it is not
 * canonical.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_metadata_parse(struct capsa_metadata **out, struct capsa_text line, struct capsa_error *err);

/*
 * The JSON value of a top-level member of a canonical line, borrowed from the line.
 * CAPSA_ENOENT: no such member.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_line_find(struct capsa_text line, const char *key, struct capsa_text *value);

/*
 * Walk the top-level members, or the elements of an array.  *rest starts as the whole line or
 * array and shrinks; returns false at the end.  `key` is the raw JSON string of the member's
 * key (empty for arrays).
 */
CAPSA_API bool capsa_line_next(struct capsa_text *rest, struct capsa_text *key,
                               struct capsa_text *value);

/*
 * Unescape a JSON string value into `out`, which must have room for value.size bytes; returns
 * the number of bytes.  A value that is not a string gives 0.
 */
CAPSA_API size_t capsa_line_text(struct capsa_text value, char *out);

/*
 * A date of 7.4 in seconds since 1970; false where it is none.
 */
CAPSA_API bool capsa_date_seconds(struct capsa_text date, int64_t *seconds);

#define CAPSA_TIME_TEXT 24              /* YYYY-MM-DDThh:mm:ssZ, with NUL and room */

/* Seconds since 1970 as `YYYY-MM-DDThh:mm:ssZ`; years outside 0000..9999 are clamped. */
CAPSA_API void capsa_time_text(int64_t seconds, char out[CAPSA_TIME_TEXT]);

/*
 * May an article have this path (5.5)?  CAPSA_EMISUSE with the reason if not.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_path_check(const char *path, size_t size, struct capsa_error *err);

#define CAPSA_TITLE_KEY_MAX 32
#define CAPSA_URL_KEY_MAX 2000

/*
 * How keys are made from URL and title (14).  The library takes them as bytes; who packs and
 * who verifies deeply must give the same functions.  Each writes a key of at most `capacity`
 * bytes, sets *size (0: no key) and returns 0 or an errno value.  Calls may come from any one
 * thread.
 */
struct capsa_keys {
	int (*url)(void *ctx, struct capsa_text url, void *key, size_t capacity, size_t *size);
	int (*title)(void *ctx, struct capsa_text title, void *key, size_t capacity, size_t *size);
	void *ctx;
	const char *unicode;            /* version of Unicode that `title` uses: "15.0.0" */
};

/*
 * ---- Dictionary (6) -----------------------------------------------------------
 */

#define CAPSA_DICTIONARY_MAX 3932160

/*
 * Make a formatted dictionary from `content` (the bytes that frames will refer to; the most
 * useful last) and samples (one after another in `samples`, sizes in `sizes`) whose statistics
 * prime the entropy coder. `out` has room for CAPSA_DICTIONARY_MAX bytes, *out_size receives
 * the size.  The same input gives the same bytes.
 *
 * CAPSA_EMISUSE: content below 256 bytes or too large, or fewer than 8 samples. CAPSA_ELIMIT:
 * zstd cannot make a dictionary of these samples.  CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_dictionary_make(void *out, size_t *out_size, struct capsa_text content, const void *samples,
                      const size_t *sizes, unsigned count, int level, struct capsa_error *err);

/*
 * ---- Writer ---------------------------------------------------------------------
 */

struct capsa_writer_options {
	int32_t level;                  /* of zstd, 1 to 22; 0 means 9 */
	uint32_t frame_size;            /* raw bytes, 4 KiB to 4 MiB; 0: 512 KiB, with a dictionary 128 KiB */
	uint32_t metadata_frame_size;   /* raw bytes, 4 KiB to 1 MiB; 0 means 128 KiB */
	uint32_t threads;               /* worker threads; 0 means 1.  The bytes do not depend on it */
	const void *dictionary;         /* of capsa_dictionary_make, borrowed until finish; NULL: none */
	size_t dictionary_size;
	const char *title;              /* of the archive, text as 9.1 defines it; NULL: none */
	const char *description;        /* likewise */
	int64_t created;                /* seconds since 1970, 0000-01-01 to 9999-12-31 */
	struct capsa_metadata *about;   /* for capsa/archive.json; NULL: none; how it was made is added */
	const struct capsa_keys *keys;  /* NULL: trees `url` and `title` stay empty; copied */
	const char *temporary_directory;        /* for unlinked temporary files; NULL: $TMPDIR, else /tmp */
	size_t sort_memory;             /* bytes for sorting index entries; 0 means 32 MiB */
	const uint8_t *series;          /* 16 bytes; NULL: none */
	uint64_t sequence;              /* from 1, with series */
	const uint8_t *previous;        /* 32 bytes, identity of the previous statement; NULL: none */
	uint64_t reserved[8];
};

/* One article to be packed.  Everything is borrowed for the call. */
struct capsa_input {
	struct capsa_metadata *metadata;        /* with `path`; `size` and `digest` are set by the writer */
	struct capsa_source body;       /* read once; twice where larger than a frame */
	bool isolate;                   /* alone in its data frame and its metadata frame (12) */
	uint64_t reserved[4];
};

struct capsa_summary {
	uint64_t articles;
	uint64_t duplicates;            /* articles whose body was stored already */
	uint64_t bytes;                 /* of all bodies */
	uint64_t archive_size;          /* bytes written */
	uint8_t identity[32];
	uint64_t reserved[8];
};

struct capsa_writer;

/*
 * Begin an archive on `sink`, which is copied (its ctx is borrowed until free).  The caller
 * owns *out and frees it.  On failure *out is NULL; bytes may have been written.
 *
 * CAPSA_EMISUSE: an option is out of range; CAPSA_EIO, CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_writer_new(struct capsa_writer **out, const struct capsa_sink *sink,
                 const struct capsa_writer_options *options, struct capsa_error *err);

/*
 * Add an article; its number is the count of those before.  `path` that occurs twice or is a
 * directory of another is found out by finish.
 *
 * CAPSA_EMISUSE: the metadata have no path, or a `location` and a body that is not empty; the
 * writer is unchanged and may go on.  After any other failure it stays failed: CAPSA_EIO
 * (error.sys 0: the body changed between two readings), CAPSA_ENOMEM, CAPSA_ELIMIT.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_writer_add(struct capsa_writer *writer, const struct capsa_input *input,
                 struct capsa_error *err);

/*
 * Write what is pending, index, statement, signature (unless `key` is NULL) and trailer.
 * `summary` may be NULL. Afterwards only free is allowed.  The caller makes the bytes durable.
 *
 * CAPSA_EEXIST: two articles have the same path, or one is a directory of another; the text
 * names it.  CAPSA_EIO, CAPSA_ENOMEM, CAPSA_ELIMIT.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_writer_finish(struct capsa_writer *writer, const struct capsa_secret_key *key,
                    struct capsa_summary *summary, struct capsa_error *err);

/* Without finish before, the archive is abandoned: what was written is no archive. */
CAPSA_API void capsa_writer_free(struct capsa_writer *writer);

/*
 * ---- Reader -----------------------------------------------------------------------
 */

struct capsa_reader_options {
	uint32_t tail_size;             /* bytes of the first read; 0 means 64 KiB; at least 96 */
	uint32_t page_cache;            /* decoded index pages kept; 0 means 32 */
	uint64_t reserved[6];
};

/* What the statement says (9).  Pointers are borrowed from the reader. */
struct capsa_statement {
	struct capsa_text text;         /* the whole, as signed */
	uint8_t identity[32];           /* its digest */
	uint32_t minor;                 /* minor version of the format */
	struct capsa_text title;        /* empty where absent, like those below */
	struct capsa_text description;
	int64_t created;
	uint64_t articles;
	uint64_t bytes;                 /* of all bodies */
	uint64_t frames;
	uint64_t tar_size;
	uint64_t size;                  /* of all before the statement */
	uint8_t sha256[32];             /* of all before the statement */
	uint64_t dictionary_size;       /* 0: none */
	struct capsa_text unicode;
	struct capsa_text requires;     /* features that this library does not know */
	bool has_series;
	uint8_t series[16];
	uint64_t sequence;
	bool has_previous;
	uint8_t previous[32];
	uint64_t reserved[8];
};

/* An attestation (10). */
struct capsa_attestation {
	uint32_t kind;                  /* 1: minisign; others are not known to this library */
	uint32_t covers;                /* 0 the statement, 1 all up to this attestation */
	uint64_t offset;                /* of its frame */
	struct capsa_signature signature;       /* of kind 1 */
};

struct capsa_article {
	uint64_t number;
	uint64_t size;                  /* of the body, bytes */
	uint64_t body_of;               /* number of the article that holds the body; itself, or lower */
	uint64_t frame_offset;          /* of the data frame in which the body begins */
	uint64_t reserved[4];
};

struct capsa_reader;

/*
 * Open an archive.  `source` is copied, its ctx is borrowed and must outlive the reader.  On
 * success the caller owns *out and closes it; on failure *out is NULL.
 *
 * Makes one read where statement and attestations lie within `tail_size`, else two.
 *
 * CAPSA_EFORMAT, CAPSA_ECORRUPT, CAPSA_EUNSUPPORTED (other major version), CAPSA_EIO,
 * CAPSA_ENOMEM.  An archive with a bad trailer opens where a signature proves the statement
 * (11), see capsa_reader_trailer_damaged().  One that requires unknown features opens too;
 * only what delivers articles then fails with CAPSA_EUNSUPPORTED.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_open(struct capsa_reader **out, const struct capsa_source *source,
                  const struct capsa_reader_options *options, struct capsa_error *err);
CAPSA_API void capsa_reader_close(struct capsa_reader *reader);

/* Borrowed until close. */
CAPSA_API const struct capsa_statement *capsa_reader_statement(const struct capsa_reader *reader);

/* Was the trailer bad, so that the statement had to be searched for? */
CAPSA_API bool capsa_reader_trailer_damaged(const struct capsa_reader *reader);

/*
 * What the packer says of the archive, and how it was made: the line of capsa/archive.json (6),
 * without line feed, borrowed until close.  CAPSA_ECORRUPT, CAPSA_EIO, CAPSA_ENOMEM,
 * CAPSA_EUNSUPPORTED.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_about(struct capsa_reader *reader, struct capsa_text *line, struct capsa_error *err);

/* Attestations in the archive, and one of them; i below the count.  Borrowed until close. */
CAPSA_API size_t capsa_reader_attestations(const struct capsa_reader *reader);
CAPSA_API const struct capsa_attestation *
capsa_reader_attestation(const struct capsa_reader *reader, size_t i);

#define CAPSA_RESIGN_MAX 1307           /* bytes that one signature more appends, at most */

/*
 * Add a signature over this archive's statement: with it the archive is its first *keep bytes
 * as they are, then the *tail_size bytes that `tail` receives.  The signatures before still
 * hold.  The reader goes on showing the archive without it.
 *
 * CAPSA_EMISUSE: the signature has no hint, does not verify by it, or its comment is not text
 * as 9.1 defines it.  CAPSA_ECORRUPT: the trailer is damaged.  CAPSA_ELIMIT: there would be
 * more than 64 attestations, or 512 KiB of them.  CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_resign(const struct capsa_reader *reader, const struct capsa_signature *signature,
                    uint64_t *keep, uint8_t tail[CAPSA_RESIGN_MAX], size_t *tail_size,
                    struct capsa_error *err);

/*
 * Number of the article with this path.  CAPSA_ENOENT: proven absent.
 * Like all below: CAPSA_ECORRUPT, CAPSA_EIO, CAPSA_ENOMEM, CAPSA_EUNSUPPORTED.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_find_path(struct capsa_reader *reader, const char *path, uint64_t *number,
                       struct capsa_error *err);

/*
 * Of the captures of one URL (its SURT, without the time) the last at or before `at`; `when`,
 * unless NULL, receives its time.  INT64_MAX for `at`: the last of all.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_find_url(struct capsa_reader *reader, struct capsa_text surt, int64_t at,
                      uint64_t *number, int64_t *when, struct capsa_error *err);

/* Size and place of an article.  CAPSA_EMISUSE: there are not so many. */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_article(struct capsa_reader *reader, uint64_t number, struct capsa_article *out,
                     struct capsa_error *err);

/*
 * Bytes [offset, offset + size) of a body.  CAPSA_EMISUSE: beyond the body's end.
 * CAPSA_EWITHHELD: with the reason. On failure buf holds nothing useful.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_read(struct capsa_reader *reader, uint64_t number, uint64_t offset, void *buf,
                  size_t size, struct capsa_error *err);

/*
 * The metadata line of an article, without line feed; borrowed until the next call on
 * this reader.  The line is authenticated; whether it is canonical, deep verification checks.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_metadata(struct capsa_reader *reader, uint64_t number, struct capsa_text *line,
                      struct capsa_error *err);

enum capsa_tree {
	CAPSA_TREE_PATH = 1,
	CAPSA_TREE_URL = 2,
	CAPSA_TREE_TITLE = 3,
	CAPSA_TREE_DATE = 4
};

/* An ordered walk over a key tree.  It borrows the reader, which may be used in between. */
struct capsa_cursor;

/* Before the first entry whose key is at or above `from` (8.4).  The caller frees *out. */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_cursor_new(struct capsa_cursor **out, struct capsa_reader *reader, enum capsa_tree tree,
                 struct capsa_text from, struct capsa_error *err);

/* The next entry; `key` is borrowed until the next call.  CAPSA_ENOENT: the end. */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_cursor_next(struct capsa_cursor *cursor, struct capsa_text *key, uint64_t *number,
                  struct capsa_error *err);
CAPSA_API void capsa_cursor_free(struct capsa_cursor *cursor);

/* A time as it stands in keys (8.6), and back. */
CAPSA_API void capsa_time_key(int64_t seconds, uint8_t out[8]);
CAPSA_API int64_t capsa_time_of_key(const uint8_t key[8]);

/* Where the bytes of an archive go; sums to the archive's size. */
struct capsa_sizes {
	uint64_t bodies_raw, headers_raw, metadata_raw;         /* in the tar stream, padding with headers */
	uint64_t article_frames, metadata_frames, other_frames; /* stored */
	uint64_t tree[16];              /* stored pages: spine, path, url, title, date, others */
	uint64_t rest;                  /* prefix, statement, attestations, trailer */
	uint64_t articles_own, frames_articles, frames_metadata;
	uint64_t reserved[8];
};

/* Walks the spine and all inner pages. */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_sizes(struct capsa_reader *reader, struct capsa_sizes *out, struct capsa_error *err);

/*
 * ---- Verification (13) ---------------------------------------------------------------
 */

enum capsa_depth {
	CAPSA_VERIFY_QUICK = 1,
	CAPSA_VERIFY_FULL = 2,
	CAPSA_VERIFY_DEEP = 3
};

/* One thing that is wrong or withheld. */
struct capsa_damage {
	enum capsa_status status;       /* CAPSA_ECORRUPT, CAPSA_EWITHHELD or CAPSA_EIO */
	const char *structure;          /* "articles frame", "index page", "trailer" ... */
	uint64_t offset;                /* of the structure, or CAPSA_NO_OFFSET */
	const char *cause;              /* one sentence; "withheld: " and the reason where withheld */
	bool is_article;                /* one call for each article that is hit ... */
	uint64_t number;                /* ... with its number */
	struct capsa_text path;         /* and its path, empty where that is lost too */
};

struct capsa_verify_options {
	enum capsa_depth depth;         /* 0 means CAPSA_VERIFY_FULL */
	uint32_t threads;               /* 0 means 1 */
	const struct capsa_keys *keys;  /* deep: to check the trees url and title; NULL: not checked */
	void (*damage)(void *ctx, const struct capsa_damage *damage);   /* may be NULL; arguments are borrowed */
	bool (*progress)(void *ctx, uint64_t bytes, uint64_t total);    /* may be NULL; false stops */
	void *ctx;
	/*
	 * Full depth only: read the share number `part` (from 1) of `parts` of the frames'
	 * bytes; all shares together read every frame once.  All else is checked in each of
	 * them.  0 and 0: everything.
	 */
	uint32_t part, parts;
	uint64_t reserved[5];
};

struct capsa_report {
	uint64_t articles;              /* of the statement */
	uint64_t good;                  /* whose member and body were read and are good */
	uint64_t damaged;               /* whose member or whose body lies in a bad frame */
	uint64_t withheld;              /* whose body is withheld */
	uint64_t lines_lost;            /* whose metadata line is damaged or withheld */
	uint64_t structures;            /* damaged structures that belong to no single article */
	uint64_t bytes_read;
	bool frames_read;               /* full or deep */
	bool sha256_checked;
	bool url_keys_checked;
	bool title_keys_checked;
	uint64_t not_read;              /* whose body begins in another part; all where quick */
	uint64_t reserved[5];
};

/*
 * Verify an open archive.  All damage is reported through `damage`, in file order; one bad
 * part never hides another.  CAPSA_OK: nothing is damaged (withheld articles may be counted).
 * CAPSA_ECORRUPT: something is. CAPSA_EUNSUPPORTED: deep, where features are required that
 * this library does not know.  CAPSA_ESTOPPED, CAPSA_ENOMEM.  A source that fails to read is
 * damage of status CAPSA_EIO. `report` is filled in all cases but CAPSA_EMISUSE.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_verify(struct capsa_reader *reader, const struct capsa_verify_options *options,
                    struct capsa_report *report, struct capsa_error *err);

/*
 * Verify these articles alone: all that their look-up reads, their bodies, and that their metadata
 * lines say of them what they are.  Of the options `damage`, `progress` and `ctx` count.  All else
 * is as for capsa_reader_verify(); a number that no article has is damage.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_reader_verify_articles(struct capsa_reader *reader, const uint64_t *numbers, size_t count,
                             const struct capsa_verify_options *options,
                             struct capsa_report *report, struct capsa_error *err);

/*
 * ---- Withholding (12) -----------------------------------------------------------------
 *
 * Articles are taken out of a copy of an archive by overwriting the data frames that hold their
 * bodies; signatures and all else still hold.
 */

struct capsa_extent {
	uint64_t offset;
	uint64_t size;                  /* bytes, not 0 */
};

struct capsa_withholding;

/*
 * What goes when these articles are withheld: their bodies and, with `metadata`, their metadata
 * lines, in both cases whole frames.  Index keys stay.  The caller frees *out.
 * CAPSA_EMISUSE: there are not so many articles.  CAPSA_ECORRUPT, CAPSA_EIO, CAPSA_ENOMEM,
 * CAPSA_EUNSUPPORTED.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_withholding_new(struct capsa_withholding **out, struct capsa_reader *reader,
                      const uint64_t *numbers, size_t count, bool metadata,
                      struct capsa_error *err);
CAPSA_API void capsa_withholding_free(struct capsa_withholding *withholding);

/* The frames to be overwritten, in file order.  Borrowed. */
CAPSA_API const struct capsa_extent *
capsa_withholding_frames(const struct capsa_withholding *withholding, size_t *count);

/*
 * All articles that go, ascending: those asked for, those that lie in these frames too, and those
 * whose body is that of one of them.  Borrowed.
 */
CAPSA_API const uint64_t *
capsa_withholding_articles(const struct capsa_withholding *withholding, size_t *count);

/* All articles whose metadata line goes, ascending; none without `metadata`.  Borrowed. */
CAPSA_API const uint64_t *
capsa_withholding_lines(const struct capsa_withholding *withholding, size_t *count);

/*
 * Make the withheld frame that takes the place of a frame of `size` bytes.  A reason that a small
 * frame has no room for is cut.  CAPSA_EMISUSE: it is not plain text (9.1) of at most 4,000 bytes,
 * or no frame has this size.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_withheld_frame(void *frame, size_t size, const char *reason, struct capsa_error *err);

/*
 * ---- Repairing --------------------------------------------------------------------------
 *
 * Copies of one archive that are damaged in different places give it back byte for byte: each part
 * is known by its digest (2.2), whichever copy has it.
 */

/* A part of an archive that was damaged in the first copy. */
struct capsa_repaired {
	const char *structure;          /* "index page", "articles frame" ... */
	uint64_t offset;
	uint64_t size;
	size_t copy;                    /* where it was whole; their number: in no single one */
	bool lost;                      /* in all of them */
};

struct capsa_repair_options {
	const char *temporary_directory;        /* NULL: $TMPDIR, else /tmp */
	void (*part)(void *ctx, const struct capsa_repaired *part);     /* may be NULL */
	bool (*progress)(void *ctx, uint64_t bytes, uint64_t total);    /* may be NULL; false stops */
	void *ctx;
	uint64_t reserved[4];
};

struct capsa_repair;

/*
 * Begin to repair the first of `count` copies, at least one, by all others; they may be cut off.
 * Finds the end of the archive and opens a reader.  `copies` are copied, their ctx are borrowed.
 * The caller frees *out.  CAPSA_ECORRUPT: no copy has its end.  CAPSA_EIO, CAPSA_ENOMEM,
 * CAPSA_EUNSUPPORTED.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_repair_new(struct capsa_repair **out, const struct capsa_source *copies, size_t count,
                 const struct capsa_repair_options *options, struct capsa_error *err);
CAPSA_API void capsa_repair_free(struct capsa_repair *repair);

/* The reader, on what is repaired; of use to judge its signatures before.  Borrowed. */
CAPSA_API struct capsa_reader *capsa_repair_reader(struct capsa_repair *repair);

/*
 * Look at every part, and find those that are damaged in the first copy in the others.
 * CAPSA_ECORRUPT: some are lost, each was reported.  CAPSA_ESTOPPED, CAPSA_EIO, CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_repair_run(struct capsa_repair *repair, struct capsa_error *err);

/* The repaired archive, to be copied, and then verified.  Borrows the repair. */
CAPSA_API struct capsa_source capsa_repair_source(const struct capsa_repair *repair);

/*
 * ---- Salvaging (13.2) -------------------------------------------------------------------
 *
 * Getting out what an archive still holds whose index or statement is damaged.  The bytes that are
 * read are not authenticated, except where the spine still knows their digest: the one place where
 * this library decompresses such bytes.
 */

/* An article that was found whole.  All is borrowed during the call. */
struct capsa_saved {
	struct capsa_text path;
	struct capsa_text line;         /* its metadata, canonical; empty: lost */
	struct capsa_source body;       /* has the digest that the line gives */
	bool checked;                   /* its frames have the digests that the spine gives */
};

struct capsa_salvage_options {
	bool (*article)(void *ctx, const struct capsa_saved *saved);    /* false stops */
	/* An article that is known by its path, but lost; may be NULL. */
	void (*lost)(void *ctx, struct capsa_text path, const char *why);
	bool (*progress)(void *ctx, uint64_t bytes, uint64_t total);    /* may be NULL; false stops */
	void *ctx;
	uint64_t reserved[4];
};

struct capsa_salvage_report {
	uint64_t saved;
	uint64_t checked;               /* of those: by digests of the spine */
	uint64_t without_line;          /* of those: metadata are lost */
	uint64_t lost;                  /* articles that were named as lost */
	uint64_t fragments;             /* frames that hold a part of an article whose beginning is lost */
	uint64_t frames;                /* that are whole */
	uint64_t bytes;                 /* of bodies */
	bool has_articles;              /* the statement is there, and says: */
	uint64_t articles;
	uint64_t reserved[4];
};

/*
 * Find all articles whose frames are whole, in file order.  Needs 16 MiB and up to 160 bytes for
 * each body.  CAPSA_ESTOPPED, CAPSA_ENOMEM; that an archive is damaged is no error.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_salvage(const struct capsa_source *source, const struct capsa_salvage_options *options,
              struct capsa_salvage_report *report, struct capsa_error *err);

/*
 * ---- Proofs (17) --------------------------------------------------------------------
 *
 * A proof is a small file that holds the parts of an archive which some of its articles need, so
 * that they can be read and verified without the archive: by the same reader, over a source with
 * gaps.
 *
 * To make one: open a reader on capsa_prover_source() with a `tail_size` of CAPSA_PROOF_TAIL, which
 * reads no more than needed; look the articles up and read their bodies and metadata; then name and
 * write them.  To use one: capsa_proof_open(), and a reader on capsa_proof_source(), again with
 * CAPSA_PROOF_TAIL.
 */

#define CAPSA_PROOF_TAIL 96
#define CAPSA_PROOF_ARTICLES_MAX 65536
#define CAPSA_PROOF_RANGES_MAX 65536

struct capsa_prover;

/*
 * `source` is the archive's; it is copied, its ctx is borrowed.  What is read is kept in an
 * unlinked file in `temporary_directory` (NULL: $TMPDIR, else /tmp).  The caller frees *out.
 * CAPSA_EIO, CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_prover_new(struct capsa_prover **out, const struct capsa_source *source,
                 const char *temporary_directory, struct capsa_error *err);
CAPSA_API void capsa_prover_free(struct capsa_prover *prover);

/* The archive's source, from which all that is read belongs to the proof.  For one thread. */
CAPSA_API struct capsa_source capsa_prover_source(struct capsa_prover *prover);

/* The proof is of this article, too.  CAPSA_ELIMIT, CAPSA_ENOMEM. */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_prover_article(struct capsa_prover *prover, uint64_t number, struct capsa_error *err);

/* A detached signature over the archive's statement goes with it.  CAPSA_ELIMIT, CAPSA_ENOMEM. */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_prover_signature(struct capsa_prover *prover, const struct capsa_signature *signature,
                       struct capsa_error *err);

/*
 * Write the proof.  CAPSA_EMISUSE: it is of no article.  CAPSA_ELIMIT: more than
 * CAPSA_PROOF_RANGES_MAX ranges were read.  CAPSA_EIO, CAPSA_ENOMEM.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_prover_write(struct capsa_prover *prover, const struct capsa_sink *sink,
                   struct capsa_error *err);

struct capsa_proof;

/*
 * Open a proof.  `source` is the file's; it is copied, its ctx is borrowed.  The caller closes
 * *out.  CAPSA_EFORMAT: it is no proof, CAPSA_ECORRUPT, CAPSA_EUNSUPPORTED, CAPSA_EIO,
 * CAPSA_ENOMEM.  That a proof opens says nothing about what it holds: the reader does.
 */
CAPSA_API CAPSA_MUST_CHECK enum capsa_status
capsa_proof_open(struct capsa_proof **out, const struct capsa_source *source,
                 struct capsa_error *err);
CAPSA_API void capsa_proof_close(struct capsa_proof *proof);

/*
 * The archive, as far as the proof holds it; reading anything else fails with CAPSA_EIO.  Borrows
 * the proof.  Several threads may read it where they may read the proof's source.
 */
CAPSA_API struct capsa_source capsa_proof_source(struct capsa_proof *proof);

/* The numbers of the articles that it is of, ascending; at least one.  Borrowed until close. */
CAPSA_API const uint64_t *capsa_proof_articles(const struct capsa_proof *proof, size_t *count);

/* Detached signatures that go with it.  Borrowed until close. */
CAPSA_API const struct capsa_signature *capsa_proof_signatures(const struct capsa_proof *proof,
                                                               size_t *count);

#ifdef __cplusplus
}
#endif

#endif
