/* Vectors: prefix (spec 3), trailer (11).  Part of vectors.h. */

static inline void plan_unsigned(struct forge *f)
{
	forge_plan_plain(f);
	f->signatures = 0;
}

/* ---- prefix ------------------------------------------------------------ */

static inline uint8_t *trailer_of(struct forge *f)
{
	return f->file.data + f->file.size - CAPSA_TRAILER_SIZE;
}

static inline void tail_other_prefix(struct forge *f)
{
	f->file.data[4] ^= 0x40;
}

static inline void tail_other_version(struct forge *f)
{
	f->file.data[CAPSA_PREFIX_SIZE - 2] = 2;
}

static inline void tail_no_trailer(struct forge *f)
{
	memset(trailer_of(f), 0, CAPSA_TRAILER_SIZE);
}

static inline void tail_other_version_no_trailer(struct forge *f)
{
	tail_other_version(f);
	tail_no_trailer(f);
}

static inline void tail_no_archive(struct forge *f)
{
	tail_other_prefix(f);
	tail_no_trailer(f);
}

static inline void tail_cut_prefix(struct forge *f)
{
	f->file.size = CAPSA_PREFIX_SIZE - 1;
}

static inline void tail_cut_after_prefix(struct forge *f)
{
	f->file.size = CAPSA_PREFIX_SIZE + 40;
}

static inline void tail_empty(struct forge *f)
{
	f->file.size = 0;
}

/* ---- trailer ----------------------------------------------------------- */

/* Change a byte of the trailer and seal it again. */
static inline void reseal_trailer(struct forge *f, size_t at, uint8_t byte)
{
	uint8_t *trailer = trailer_of(f);

	trailer[at] = byte;
	capsa_digest(trailer + 64, span_of(trailer, 64));
}

static inline void tail_trailer_magic(struct forge *f)
{
	reseal_trailer(f, 0, 0x5d);
}

static inline void tail_trailer_size(struct forge *f)
{
	reseal_trailer(f, 4, 87);
}

static inline void tail_trailer_tag(struct forge *f)
{
	reseal_trailer(f, 8, 'c');
}

static inline void tail_trailer_type(struct forge *f)
{
	reseal_trailer(f, 13, 'S');
}

static inline void tail_trailer_detail(struct forge *f)
{
	reseal_trailer(f, 14, 1);
}

static inline void tail_trailer_digest(struct forge *f)
{
	trailer_of(f)[95] ^= 1;
}

static inline void tail_trailer_byte(struct forge *f)
{
	trailer_of(f)[16] ^= 1;
}

static inline void tail_statement_late(struct forge *f)
{
	f->trailer.statement++;
	forge_tail_digest(f);
}

static inline void tail_statement_early(struct forge *f)
{
	f->trailer.statement--;
	forge_tail_digest(f);
}

static inline void tail_statement_in_prefix(struct forge *f)
{
	f->trailer.statement = 0;
	forge_tail_digest(f);
}

static inline void tail_statement_behind(struct forge *f)
{
	f->trailer.statement = f->trailer.attestations + 1;
}

static inline void tail_statement_huge(struct forge *f)
{
	f->trailer.statement = UINT64_MAX;
}

static inline void tail_attestations_early(struct forge *f)
{
	f->trailer.attestations--;
}

static inline void tail_attestations_behind(struct forge *f)
{
	f->trailer.attestations = f->file.size + 1;
}

static inline void tail_attestations_huge(struct forge *f)
{
	f->trailer.attestations = UINT64_MAX;
}

static inline void tail_tail_digest(struct forge *f)
{
	f->trailer.tail_digest[0] ^= 1;
}

static inline void tail_trailer_cut(struct forge *f)
{
	f->file.size -= CAPSA_TRAILER_SIZE / 2;
}

static inline void tail_trailer_gone(struct forge *f)
{
	f->file.size -= CAPSA_TRAILER_SIZE;
}

static inline void tail_byte_after(struct forge *f)
{
	capsa_buffer_byte(&f->file, 0);
}

static inline void tail_twice(struct forge *f)
{
	uint8_t trailer[CAPSA_TRAILER_SIZE];

	memcpy(trailer, trailer_of(f), sizeof trailer);
	capsa_buffer_append(&f->file, trailer, sizeof trailer);
}

/* The statement's text is another than the one that was signed, and the trailer is bad. */
static inline void tail_forged(struct forge *f)
{
	size_t at =
	    (size_t)f->trailer.statement + (size_t)forge_find(&f->text, forge_text("created"));

	tail_no_trailer(f);
	f->file.data[at + CAPSA_HEAD_SIZE + strlen("created: 202")] ^= 1;
}

static inline void tail_statement_type(struct forge *f)
{
	f->statement_frame.data[13] = 'Q';
}

static inline void tail_statement_detail(struct forge *f)
{
	f->statement_frame.data[14] = 1;
}

static inline void tail_statement_frame_size(struct forge *f)
{
	f->statement_frame.data[4] ^= 1;
}

/* Between index and statement. */
static inline void tail_gap(struct forge *f)
{
	capsa_buffer_byte(&f->file, 0);
}

static const struct vector vectors_tail[] = {
    {"good-plain", "2", "articles, a link, an empty body, a body in parts, all trees", GOOD, {0}},
    {"good-unsigned", "10", "no attestation", GOOD, PLAN(plan_unsigned)},
    {"unsupported-major", "3", "the prefix names major version 2, and all after it is unknown",
     CAUGHT_OPEN, CAPSA_EUNSUPPORTED, "format version 2",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_other_version_no_trailer)},
    {"bad-prefix-byte", "3", "one byte of the prefix is another", BAD_FULL, "the prefix",
     CHANGE(FORGE_FILE, tail_other_prefix)},
    {"bad-prefix-version", "3", "the prefix names major version 2, trailer and statement are of 1",
     BAD_FULL, "the prefix", CHANGE(FORGE_FILE, tail_other_version)},
    {"bad-not-an-archive", "3", "another prefix, and no trailer", CAUGHT_OPEN, CAPSA_EFORMAT,
     "not a capsa archive", PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_no_archive)},
    {"bad-cut-prefix", "3", "the file ends inside the prefix", CAUGHT_OPEN, CAPSA_EFORMAT,
     "not a capsa archive", CHANGE(FORGE_FILE, tail_cut_prefix)},
    {"bad-cut-after-prefix", "2", "the file ends before a trailer fits", BAD_OPEN, "cut off",
     CHANGE(FORGE_FILE, tail_cut_after_prefix)},
    {"bad-empty-file", "3", "no byte at all", CAUGHT_OPEN, CAPSA_EFORMAT, "not a capsa archive",
     CHANGE(FORGE_FILE, tail_empty)},
    {"bad-trailer-magic", "2.1", "the trailer's head has another magic", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_magic)},
    {"bad-trailer-size", "11", "the trailer's head has size 87", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_size)},
    {"bad-trailer-tag", "2.1", "the trailer's head has another tag", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_tag)},
    {"bad-trailer-type", "11", "the trailer's head has type S", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_type)},
    {"bad-trailer-detail", "11", "the trailer's head has detail 1", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_detail)},
    {"bad-trailer-digest", "11", "the trailer's digest is another", BAD_OPEN, "fails its digest",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_digest)},
    {"bad-trailer-byte", "11", "one byte that the trailer's digest covers is another", BAD_OPEN,
     "fails its digest", PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_byte)},
    {"bad-trailer-statement-late", "11", "the trailer names the byte after the statement's first",
     BAD_OPEN, "bad head", PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_statement_late)},
    {"bad-trailer-statement-early", "11", "the trailer names the byte before the statement",
     BAD_OPEN, "bad head", PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_statement_early)},
    {"bad-trailer-statement-in-prefix", "11", "the trailer says that the statement begins at 0",
     BAD_OPEN, "into the prefix",
     PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_statement_in_prefix)},
    {"bad-trailer-statement-behind", "11", "the trailer puts the statement behind the attestations",
     BAD_OPEN, "behind the attestations",
     PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_statement_behind)},
    {"bad-trailer-statement-huge", "11", "the trailer says that the statement begins at 2^64 - 1",
     BAD_OPEN, "behind the attestations",
     PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_statement_huge)},
    {"bad-trailer-attestations-early", "11", "the trailer names the statement's last byte",
     BAD_OPEN, "no valid size", PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_attestations_early)},
    {"bad-trailer-attestations-behind", "11", "the trailer puts the attestations behind itself",
     BAD_OPEN, "behind itself",
     PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_attestations_behind)},
    {"bad-trailer-attestations-huge", "11", "the trailer puts the attestations at 2^64 - 1",
     BAD_OPEN, "behind itself", PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_attestations_huge)},
    {"bad-trailer-tail-digest", "11", "the tail digest is another", BAD_OPEN, "fail their digest",
     PLAN_CHANGE(plan_unsigned, FORGE_TRAILER, tail_tail_digest)},
    {"bad-trailer-cut", "2", "half of the trailer is cut off", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_trailer_cut)},
    {"bad-trailer-byte-after", "2", "a byte follows the trailer", BAD_OPEN, "trailer's head",
     PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_byte_after)},
    {"bad-trailer-twice", "11", "a second trailer like the first follows", BAD_OPEN,
     "fail their digest", PLAN_CHANGE(plan_unsigned, FORGE_FILE, tail_twice)},
    {"bad-trailer-lost", "11",
     "zeros in place of the trailer, and a signature proves the statement", BAD_QUICK,
     "trailer or attestations", CHANGE(FORGE_FILE, tail_no_trailer)},
    {"bad-trailer-gone", "11", "no trailer, and a signature proves the statement", BAD_QUICK,
     "trailer or attestations", CHANGE(FORGE_FILE, tail_trailer_gone)},
    {"bad-trailer-byte-after-signed", "11",
     "a byte follows the trailer, and a signature proves the statement", BAD_QUICK,
     "trailer or attestations", CHANGE(FORGE_FILE, tail_byte_after)},
    {"bad-trailer-lost-forged", "11", "no trailer, and no signature proves the statement", BAD_OPEN,
     "trailer's head", CHANGE(FORGE_FILE, tail_forged)},
    {"bad-statement-type", "9", "the statement's head has type Q", BAD_OPEN, "bad head",
     CHANGE(FORGE_TAIL, tail_statement_type)},
    {"bad-statement-detail", "2.1", "the statement's head has detail 1", BAD_OPEN, "bad head",
     CHANGE(FORGE_TAIL, tail_statement_detail)},
    {"bad-statement-frame-size", "2.1", "the size in the statement's head is one off", BAD_OPEN,
     "bad head", CHANGE(FORGE_TAIL, tail_statement_frame_size)},
    {"bad-statement-gap", "9.1", "a byte between index and statement", BAD_OPEN,
     "not the offset at which", CHANGE(FORGE_TAIL, tail_gap)},
};
