/*
 * What snapshots of a series say about each other (spec 9.1): is one missing, is one replaced, is
 * there a newer one?
 */
#ifndef CAPSA_SNAPSHOTS_H
#define CAPSA_SNAPSHOTS_H

#include "cli.h"

struct cli_snapshot {
	uint8_t series[16];
	uint64_t sequence;              /* 1 is the first */
	uint8_t identity[32];
	bool has_previous;
	uint8_t previous[32];
	int64_t created;
	bool declared;                  /* the statement names the series, which a first need not */
	char *path;                     /* owned; NULL: not given now, but seen before */
};

struct cli_snapshots {                  /* zero at first */
	struct cli_snapshot *items;     /* owned */
	size_t count;
};

/*
 * Add a copy with this path, which may be NULL, or what a statement says.  False, reported: out of
 * memory.
 */
bool cli_snapshots_add(struct cli_snapshots *all, const struct cli_snapshot *snapshot,
                       const char *path);
bool cli_snapshots_add_statement(struct cli_snapshots *all, const struct capsa_statement *statement,
                                 const char *path);
void cli_snapshots_release(struct cli_snapshots *all);

enum cli_finding_kind {
	/* Those from `first` to `last`, between a and b. */
	CLI_FINDING_MISSING = 0,
	/* Number `first`: a and b both have it, or b follows another than a. */
	CLI_FINDING_REPLACED,
	/* a is the newest given, b was seen before; `first` to `last` are not given. */
	CLI_FINDING_OLDER
};

struct cli_finding {
	enum cli_finding_kind kind;
	uint64_t first, last;
	const struct cli_snapshot *a, *b;
};

struct cli_snapshots_visitor {
	void (*found)(void *ctx, const struct cli_finding *finding);
	/* The newest of a series in which nothing contradicts. */
	void (*newest)(void *ctx, const struct cli_snapshot *snapshot);
	void *ctx;
};

/*
 * Compare all of each series, which may come in any order and more than once; sorts them.  A series
 * of which none is given is passed over.
 */
void cli_snapshots_compare(struct cli_snapshots *all, const struct cli_snapshots_visitor *visitor);

#endif
