/*
 * The vectors: archives that are good, unsupported, or bad in one way.  Each stands in a table with
 * what a reader must say of it.
 */
#ifndef VECTORS_VECTORS_H
#define VECTORS_VECTORS_H

#include "forge.h"

/* Where a reader must notice.  A verification of less depth need not, and does not. */
enum caught {
	CAUGHT_NOWHERE,
	CAUGHT_OPEN,
	CAUGHT_QUICK,
	CAUGHT_FULL,
	CAUGHT_DEEP,
	CAUGHT_DEEP_ALONE,      /* the signer lies of a body or path, and lookups follow the lie */
	CAUGHT_SIGNATURE,       /* the archive is whole, yet its signature does not verify */
	CAUGHT_READ             /* by all that delivers something; less is allowed */
};

struct vector {
	const char *name;
	const char *section;    /* of the specification, whose rule it breaks or uses */
	const char *what;       /* its defect, or what is special in it */
	enum caught caught;
	enum capsa_status status;
	const char *text;       /* part of the message */
	struct forge_change change;
};

#define GOOD CAUGHT_NOWHERE, CAPSA_OK, ""
#define BAD_OPEN CAUGHT_OPEN, CAPSA_ECORRUPT
#define BAD_QUICK CAUGHT_QUICK, CAPSA_ECORRUPT
#define BAD_FULL CAUGHT_FULL, CAPSA_ECORRUPT
#define BAD_DEEP CAUGHT_DEEP, CAPSA_ECORRUPT
#define BAD_DEEP_ALONE CAUGHT_DEEP_ALONE, CAPSA_ECORRUPT

#define PLAN(plan) {plan, FORGE_NONE, NULL, NULL, NULL}
#define CHANGE(layer, make) {NULL, layer, make, NULL, NULL}
#define PLAN_CHANGE(plan, layer, make) {plan, layer, make, NULL, NULL}

#include "vectors_tail.h"
#include "vectors_statement.h"
#include "vectors_attestations.h"
#include "vectors_trees.h"
#include "vectors_pages.h"
#include "vectors_spine.h"
#include "vectors_frames.h"
#include "vectors_members.h"
#include "vectors_head.h"
#include "vectors_lines.h"

struct vector_table {
	const char *title;
	const struct vector *vectors;
	size_t count;
};

#define VECTOR_COUNT(table) (sizeof(table) / sizeof *(table))
#define VECTOR_TABLE(title, table) {title, table, VECTOR_COUNT(table)}

static const struct vector_table vector_tables[] = {
    VECTOR_TABLE("Prefix and trailer", vectors_tail),
    VECTOR_TABLE("Statement", vectors_statement),
    VECTOR_TABLE("Attestations", vectors_attestations),
    VECTOR_TABLE("Trees of pages", vectors_trees),
    VECTOR_TABLE("Pages", vectors_pages),
    VECTOR_TABLE("Spine", vectors_spine),
    VECTOR_TABLE("Data frames", vectors_frames),
    VECTOR_TABLE("Tar members", vectors_members),
    VECTOR_TABLE("Frame 0 and the dictionary", vectors_head),
    VECTOR_TABLE("Metadata lines, keys, paths", vectors_lines),
};

static inline const char *vector_verdict(const struct vector *vector)
{
	switch (vector->status) {
	case CAPSA_OK:
		return "Good.";
	case CAPSA_EFORMAT:
		return "*Not an archive*";
	case CAPSA_EUNSUPPORTED:
		return "*Unsupported*";
	case CAPSA_EUNTRUSTED:
		return "*Signature does not verify*";
	case CAPSA_EWITHHELD:
		return "*Withheld*";
	default:
		return "*Damaged*";
	}
}

static inline const char *vector_place(enum caught caught)
{
	switch (caught) {
	case CAUGHT_OPEN:
		return ", on opening";
	case CAUGHT_QUICK:
		return ", by quick verification";
	case CAUGHT_FULL:
		return ", by full verification";
	case CAUGHT_DEEP:
		return ", by deep verification";
	case CAUGHT_DEEP_ALONE:
		return ", by deep verification; what looks it up may follow the signer's lie";
	case CAUGHT_SIGNATURE:
		return ", by the check of signatures; else it is whole";
	case CAUGHT_READ:
		return ", by deep verification and all that delivers something; less may pass";
	default:
		return "";
	}
}

/* The text of README.md. */
static inline void vectors_readme(struct buffer *out)
{
	capsa_buffer_printf(
	    out,
	    "# Vectors\n"
	    "\n"
	    "Archives for the test of readers: `good-*` must be read, `unsupported-*` must be refused as\n"
	    "newer, `bad-*` are wrong in exactly one way.  All are sealed and validly signed around\n"
	    "their defect (but where the seal is the defect), so that a reader cannot refuse them for\n"
	    "another reason.  Of a bad archive no reader may deliver other bytes than were packed.\n"
	    "\n"
	    "None lies here as a file, for what a program makes can be reviewed: `make_vectors DIR` writes\n"
	    "them all.  `forge.h` builds an archive layer by layer, and the tables in `vectors_*.h` say what\n"
	    "is changed in which layer.  `tests/unit/test_vectors.c` runs all of them, and\n"
	    "`run_vectors` does so through the command, each within 64 MiB and a second.  The signatures are\n"
	    "by the key whose seed is the bytes 00 to 1F and whose public key is\n"
	    "`" FORGE_PUBLIC_KEY "`.\n"
	    "\n"
	    "Each entry has the name; the defect, or what is special; the section of `spec/capsa.md`\n"
	    "whose rule that is; what a reader says, and where it says so at the latest: on opening, or by\n"
	    "verification of some depth (section 13).  `make_vectors --readme` writes this text.\n");
	for (size_t t = 0; t < VECTOR_COUNT(vector_tables); t++) {
		capsa_buffer_printf(out, "\n## %s\n\n", vector_tables[t].title);
		for (size_t i = 0; i < vector_tables[t].count; i++) {
			const struct vector *v = &vector_tables[t].vectors[i];

			capsa_buffer_printf(out, "- `%s`: %s (%s). %s%s%s\n", v->name, v->what,
			                    v->section, vector_verdict(v), vector_place(v->caught),
			                    v->caught != CAUGHT_NOWHERE ? "." : "");
		}
	}
}

#endif
