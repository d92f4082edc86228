/* The parts of an archive that is being forged, and tools to change them.  Part of forge.h. */
#ifndef VECTORS_FORGE_BASE_H
#define VECTORS_FORGE_BASE_H

#include "attestation.h"
#include "base.h"
#include "codec.h"
#include "digest.h"
#include "frame.h"
#include "json.h"
#include "page.h"
#include "path.h"
#include "statement.h"
#include "tar.h"
#include "trailer.h"

#include <stdio.h>
#include <stdlib.h>

/* What is there when a change is made, and is not yet part of anything above. */
enum forge_layer {
	FORGE_NONE,
	FORGE_LINE,             /* the metadata lines of the articles */
	FORGE_RAW,              /* the data frames before compression */
	FORGE_STORED,           /* the data frames as they will be stored */
	FORGE_SPINE,            /* what the spine says of frames and articles */
	FORGE_ENTRIES,          /* the entries of the key trees */
	FORGE_NODE,             /* one page, decoded: f->node; once for each, lowest level first */
	FORGE_PAGE,             /* the same page, encoded: f->page */
	FORGE_PAGE_STORED,      /* the same page, as it will be stored: f->page_stored */
	FORGE_STATEMENT,        /* the statement's values */
	FORGE_TEXT,             /* the statement's text */
	FORGE_TAIL,             /* the statement's frame, and attestations */
	FORGE_TRAILER,          /* the trailer's values */
	FORGE_FILE,             /* the whole archive */
	FORGE_ANY               /* one change that shows in several layers, which f->layer names */
};

struct forge;

/* One change.  `plan`, unless NULL, replaces forge_plan_plain. */
struct forge_change {
	void (*plan)(struct forge *f);
	enum forge_layer at;
	void (*make)(struct forge *f);
	/* Where `make` is NULL: replace `find` by `put` in the line of article 0, or the statement. */
	const char *find;
	const char *put;
};

struct forge_article {
	const char *path;
	struct span body;
	const char *title, *url, *date, *captured, *modified, *location;        /* NULL: none */
	const char *url_key;            /* the SURT of the URL */
	size_t link;                    /* the body is of the article this far back; 0: its own */
	size_t piece;                   /* the member goes on in parts of this size; 0: whole */
	bool ends_frame;
	bool ends_lines;                /* a metadata frame follows */

	struct buffer line;
	struct buffer member;           /* header, body, padding */
	struct spine_article spine;
};

struct forge_frame {
	uint8_t kind;
	uint32_t count;
	size_t first_article;
	struct buffer raw;
	struct buffer stored;
	struct spine_frame entry;
	size_t offset;
};

struct forge_entry {
	struct span key;
	uint64_t number;
};

struct forge_tree {
	const char *name;
	uint8_t kind;
	struct forge_entry *entries;    /* of a key tree */
	size_t entry_count;
	struct page_ref *refs;          /* the pages of the highest level so far */
	struct span *separators;        /* before each of them */
	size_t ref_count;
	unsigned level;
};

/* A page.  Arrays are copies that may be changed. */
struct forge_node {
	unsigned tree;
	unsigned level;
	size_t index;                   /* among the pages of its level */
	size_t count;
	struct span *keys;              /* or separators, of which the first is not stored */
	uint64_t *numbers;
	struct page_ref *children;
	struct spine_leaf leaf;
};

enum { FORGE_SPINE_TREE, FORGE_PATH, FORGE_URL, FORGE_TITLE, FORGE_DATE, FORGE_TREES };

#define FORGE_FRAMES_MAX 400
#define FORGE_LINES_MAX 16384           /* of one metadata frame */

struct forge {
	struct forge_change change;
	enum forge_layer layer;

	/* The description. */
	struct forge_article *articles;
	size_t article_count;
	size_t page_entries;            /* at most, of one page */
	unsigned signatures;
	struct span dictionary;         /* empty: none */
	unsigned order[CAPSA_TREES_MAX];        /* in which trees are written */
	const char *requires;           /* features; NULL: none */

	struct forge_frame frames[FORGE_FRAMES_MAX];
	size_t frame_count;
	unsigned metadata_members;
	struct forge_tree trees[CAPSA_TREES_MAX];
	size_t tree_count;
	struct forge_node node;
	struct buffer page, page_stored;
	struct statement statement;
	struct buffer text, statement_frame, attestations;
	struct trailer trailer;
	struct buffer file;

	struct encoder *encoder;
	struct dictionary *prepared;
	struct capsa_secret_key *key;
	struct forge_block *blocks;
};

#define FORGE_CREATED INT64_C(1700000000)
#define FORGE_TIME "2023-11-14T22:13:20Z"
#define FORGE_COMMENT "capsa: packed " FORGE_TIME

/* The key whose seed is the bytes 00 01 .. 1F, and its id 00 01 .. 07: everybody has it. */
#define FORGE_SECRET_KEY                                                                           \
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"                 \
	"AAECAwQFBgcAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHwOhB7/zzhC+HXDdGOdL"                 \
	"wJln5NYwm6UNXx3chmQSVTG4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define FORGE_PUBLIC_KEY "RWQAAQIDBAUGBwOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"

/* ---- tools ------------------------------------------------------------- */

/* What cannot be made ends the program: there is nobody to recover. */
static inline void forge_need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "forge: %s\n", what);
	abort();
}

static inline void forge_done(enum capsa_status status, const struct capsa_error *err)
{
	forge_need(status == CAPSA_OK, err->text);
}

/* Memory that is freed with the forge. */
struct forge_block {
	struct forge_block *next;
	_Alignas(16) uint8_t data[];
};

static inline void *forge_new(struct forge *f, size_t count, size_t size)
{
	struct forge_block *block = calloc(1, sizeof *block + count * size);

	forge_need(block != NULL, "out of memory");
	block->next = f->blocks;
	f->blocks = block;
	return block->data;
}

static inline struct span forge_text(const char *text)
{
	return span_of(text, strlen(text));
}

static inline struct span forge_copy(struct forge *f, struct span bytes)
{
	uint8_t *copy = forge_new(f, bytes.size + 1, 1);

	memcpy(copy, bytes.data, bytes.size);
	return span_of(copy, bytes.size);
}

/* `count` times the same text, as a C string. */
static inline const char *forge_repeat(struct forge *f, const char *text, size_t count)
{
	size_t size = strlen(text);
	char *out = forge_new(f, count * size + 1, 1);

	for (size_t i = 0; i < count; i++)
		memcpy(out + i * size, text, size);
	return out;
}

/* Replace `size` bytes at `at`. */
static inline void forge_splice(struct buffer *buffer, size_t at, size_t size, struct span put)
{
	struct buffer out = {0};
	struct span old = buffer_span(buffer);

	forge_need(at <= old.size && size <= old.size - at, "nothing to replace");
	capsa_buffer_append(&out, old.data, at);
	capsa_buffer_append(&out, put.data, put.size);
	capsa_buffer_append(&out, old.data + at + size, old.size - at - size);
	forge_need(!out.failed, "out of memory");
	capsa_buffer_release(buffer);
	*buffer = out;
}

/* Where some bytes stand first. */
static inline size_t forge_find(const struct buffer *buffer, struct span bytes)
{
	for (size_t i = 0; i + bytes.size <= buffer->size; i++)
		if (memcmp(buffer->data + i, bytes.data, bytes.size) == 0)
			return i;
	forge_need(false, "what is to be changed is not there");
	return 0;
}

static inline void forge_replace(struct buffer *buffer, const char *find, const char *put)
{
	forge_splice(buffer, forge_find(buffer, forge_text(find)), strlen(find), forge_text(put));
}

/* The layer is made: change it, if it is the one. */
static inline void forge_at(struct forge *f, enum forge_layer layer)
{
	struct buffer *text = layer == FORGE_LINE ? &f->articles[0].line : &f->text;

	f->layer = layer;
	if (f->change.at != layer && f->change.at != FORGE_ANY)
		return;
	if (f->change.make != NULL)
		f->change.make(f);
	else
		forge_replace(text, f->change.find, f->change.put);
}

#endif
