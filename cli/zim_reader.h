/*
 * Reading ZIM files, versions 5 and 6, after the description at wiki.openzim.org: zim_file.c,
 * zim_reader.c, zim_cluster.c.
 *
 * Nothing in a ZIM file is authenticated but by one MD5 over the whole, which proves no intent; so
 * every offset, count and length is checked before it is used.
 */
#ifndef CAPSA_ZIM_READER_H
#define CAPSA_ZIM_READER_H

#include "import.h"
#include "inflate.h"

#define ZIM_NONE UINT32_MAX             /* no entry, no cluster */
#define ZIM_ENTRY_MAX (64U << 10)       /* bytes of a directory entry with path and title */
#define ZIM_UUID_SIZE 16

/* ---- zim_file.c: one file, or the parts NAME.zimaa, NAME.zimab ... of one ---- */

struct zim_part;

/* Zero at first. */
struct zim_file {
	struct zim_part *parts;         /* owned */
	size_t count;
	struct capsa_source source;     /* all of it */
};

/* Does it begin like a ZIM file? */
bool zim_begins(struct capsa_text head);
/* The name of the first part, where this is that of another part; the caller frees it. */
char *zim_first_part(const char *name);
/* False: *err says why.  Close in both cases. */
bool zim_file_open(struct zim_file *file, const char *name, struct capsa_error *err);
/* Are all parts as they were? */
bool zim_file_unchanged(const struct zim_file *file);
void zim_file_close(struct zim_file *file);

/* ---- zim_reader.c: header, media types, directory entries ---- */

/* Zero at first. */
struct zim {
	struct capsa_source source;     /* copied; its ctx is borrowed */
	unsigned major, minor;
	uint8_t uuid[ZIM_UUID_SIZE];
	uint32_t entry_count, cluster_count;
	uint32_t main_page;             /* index of an entry, or ZIM_NONE */
	uint64_t paths_at, clusters_at; /* where the pointers to entries and clusters are */
	uint64_t end;                   /* of all but the MD5 */
	bool has_md5;                   /* very old ones have none */
	/*
	 * Since version 6.1 all content is in namespace C; before, the namespace belongs to the
	 * path that pages link to.
	 */
	bool one_namespace;
	char *types;                    /* owned: NUL-terminated media types, one after another */
	uint32_t *type_at;              /* owned: where each begins */
	size_t type_count;
	uint64_t *bounds;               /* owned, sorted: where clusters and lists begin */
	size_t bound_count;
};

enum zim_kind { ZIM_CONTENT, ZIM_REDIRECT, ZIM_LINK_TARGET, ZIM_DELETED };

/* A directory entry, zero at first; texts are borrowed from its room. */
struct zim_entry {
	enum zim_kind kind;
	char space;                     /* namespace: C, M, W, X, or of older ones A, I, - ... */
	uint32_t cluster, blob;         /* of content */
	uint32_t target;                /* of a redirect: index of an entry, below the count */
	struct capsa_text path, title;  /* title: empty where it is the path */
	struct capsa_text type;         /* of content; borrowed from the zim */
	struct capsa_text parameter;    /* hardly ever there */
	size_t size;                    /* in the file; without an end: what was looked at */
	char *room;                     /* owned */
	size_t capacity;
};

/* False: *err says why.  Close in both cases. */
bool zim_open(struct zim *zim, const struct capsa_source *source, struct capsa_error *err);
void zim_close(struct zim *zim);
/* Is the MD5 right, if there is one?  False: *err says so, or why it cannot be read. */
bool zim_check_md5(const struct zim *zim, struct capsa_error *err);
/* The entry of an index below the count.  Release it in the end. */
bool zim_read_entry(const struct zim *zim, uint32_t index, struct zim_entry *entry,
                    struct capsa_error *err);
void zim_entry_release(struct zim_entry *entry);
/* Where a cluster of a number below the count begins, which may be anywhere. */
bool zim_cluster_at(const struct zim *zim, uint32_t number, uint64_t *offset,
                    struct capsa_error *err);
/* Where whatever lies behind an offset below the end begins. */
uint64_t zim_bound(const struct zim *zim, uint64_t offset);

/* ---- zim_cluster.c: contents ---- */

/* One cluster at a time, inflated as a whole.  Zero at first, but for zim and directory. */
struct zim_cluster {
	const struct zim *zim;
	const char *directory;          /* for large ones; NULL: as for all temporary files */
	bool loaded;
	uint32_t number;                /* of the loaded one */
	bool good;                      /* else it cannot be read: why */
	struct capsa_error why;
	struct held_body held;
	struct inflater *zstd, *xz;     /* owned, made when needed */
	struct capsa_source source;     /* where its offsets and blobs are, */
	uint64_t begin, size;           /* in this part */
	unsigned width;                 /* bytes of an offset, 4 or 8 */
	uint64_t first;                 /* where blobs begin */
	uint64_t blob_begin;            /* of the blob that was asked for last */
	uint64_t effort;                /* bytes that inflating took and gave so far */
};

/* A blob, good until the next call.  False: *err says why. */
bool zim_read_blob(struct zim_cluster *cluster, uint32_t number, uint32_t blob,
                   struct capsa_source *out, struct capsa_error *err);
void zim_cluster_release(struct zim_cluster *cluster);

#endif
