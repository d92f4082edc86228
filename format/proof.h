/*
 * A proof (spec 17): the parts of an archive that some articles need.  prover.c makes it, proof.c
 * reads it; their interface is public, in capsa.h.
 *
 *	 0   8  magic "CAPSAPRF"
 *	 8   2  major version, 1
 *	10   2  minor version, 0
 *	12   4  articles
 *	16   4  ranges
 *	20   4  bytes of signatures
 *	24   8  size of the archive
 *	32      the numbers of the articles, 8 bytes each
 *	        the ranges, offset and size, 16 bytes each
 *	        the signatures
 *	        the bytes of the ranges
 */
#ifndef CAPSA_PROOF_H
#define CAPSA_PROOF_H

#include "base.h"

#define PROOF_HEAD_SIZE 32

static const uint8_t proof_magic[8] = {'C', 'A', 'P', 'S', 'A', 'P', 'R', 'F'};

/* The i-th number of a table. */
static inline uint64_t proof_u64(const uint8_t *table, size_t i)
{
	uint64_t value = 0;

	for (unsigned k = 0; k < 8; k++)
		value |= (uint64_t)table[8 * i + k] << (8 * k);
	return value;
}

#endif
