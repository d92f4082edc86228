/* Vectors: attestations (spec 10).  Part of vectors.h. */

enum {
	ATTESTATION_COVERS = 16,
	ATTESTATION_ALGORITHM = 17,
	ATTESTATION_KEY_ID = 19,
	ATTESTATION_SIGNATURE = 27,
	ATTESTATION_GLOBAL = 91,
	ATTESTATION_HINT = 155,
	ATTESTATION_COMMENT = 187
};

static inline void sign_again(struct forge *f, unsigned count)
{
	while (count-- > 0)
		forge_sign(f, FORGE_COMMENT);
}

static inline void sign_two(struct forge *f)
{
	forge_sign(f, "capsa: witnessed deep " FORGE_TIME " in the reading room");
}

static inline void sign_64(struct forge *f)
{
	sign_again(f, CAPSA_ATTESTATIONS_MAX - 1);
}

static inline void sign_65(struct forge *f)
{
	sign_again(f, CAPSA_ATTESTATIONS_MAX);
}

/* Append an attestation of a kind that nobody knows. */
static inline void testify(struct forge *f, uint8_t covers, size_t size)
{
	capsa_frame_head(&f->attestations, 'A', 700, 1 + size);
	capsa_buffer_byte(&f->attestations, covers);
	capsa_buffer_zeros(&f->attestations, size);
}

static inline void sign_unknown(struct forge *f)
{
	testify(f, 0, 20);
}

static inline void sign_unknown_covers_all(struct forge *f)
{
	testify(f, 1, 0);
}

static inline void sign_unknown_covers_2(struct forge *f)
{
	buffer_clear(&f->attestations);
	testify(f, 2, 20);
}

static inline void sign_unknown_large(struct forge *f)
{
	buffer_clear(&f->attestations);
	testify(f, 0, CAPSA_ATTESTATIONS_SIZE_MAX);
}

static inline void sign_unknown_largest(struct forge *f)
{
	testify(f, 0, CAPSA_ATTESTATIONS_SIZE_MAX - f->attestations.size - CAPSA_HEAD_SIZE - 1);
}

static inline void sign_head_alone(struct forge *f)
{
	buffer_clear(&f->attestations);
	capsa_frame_head(&f->attestations, 'A', 700, 0);
	testify(f, 0, 0);
}

static inline void sign_covers_1(struct forge *f)
{
	f->attestations.data[ATTESTATION_COVERS] = 1;
}

static inline void sign_covers_2(struct forge *f)
{
	f->attestations.data[ATTESTATION_COVERS] = 2;
}

static inline void sign_legacy(struct forge *f)
{
	f->attestations.data[ATTESTATION_ALGORITHM + 1] = 'd';
}

static inline void sign_signature(struct forge *f)
{
	f->attestations.data[ATTESTATION_SIGNATURE] ^= 1;
}

static inline void sign_global(struct forge *f)
{
	f->attestations.data[ATTESTATION_GLOBAL] ^= 1;
}

static inline void sign_key_id(struct forge *f)
{
	f->attestations.data[ATTESTATION_KEY_ID] ^= 1;
}

static inline void sign_hint(struct forge *f)
{
	f->attestations.data[ATTESTATION_HINT] ^= 1;
}

static inline void sign_comment_changed(struct forge *f)
{
	f->attestations.data[ATTESTATION_COMMENT] = 'C';
}

static inline void sign_comment_control(struct forge *f)
{
	f->attestations.data[ATTESTATION_COMMENT] = '\n';
}

/* Another trusted comment of this size. */
static inline void sign_comment_size(struct forge *f, size_t size)
{
	f->attestations.size = ATTESTATION_COMMENT;
	for (size_t i = 0; i < size; i++)
		capsa_buffer_byte(&f->attestations, 'c');
	size += ATTESTATION_COMMENT - 8;
	f->attestations.data[4] = (uint8_t)size;
	f->attestations.data[5] = (uint8_t)(size >> 8);
}

static inline void sign_comment_empty(struct forge *f)
{
	sign_comment_size(f, 0);
}

static inline void sign_comment_long(struct forge *f)
{
	sign_comment_size(f, CAPSA_COMMENT_MAX + 1);
}

static inline void sign_byte_before(struct forge *f)
{
	forge_splice(&f->attestations, 0, 0, span_of("", 1));
}

static inline void sign_byte_between(struct forge *f)
{
	capsa_buffer_byte(&f->attestations, 0);
	sign_again(f, 1);
}

static inline void sign_size_long(struct forge *f)
{
	f->attestations.data[4]++;
}

static inline void plan_requires(struct forge *f)
{
	forge_plan_plain(f);
	f->requires = "other-frames";
}

static inline void sign_type(struct forge *f)
{
	f->attestations.data[13] = 'X';
}

/* The statement changes after it was signed. */
static inline void sign_other_statement(struct forge *f)
{
	size_t at = forge_find(&f->statement_frame, forge_text("15.0.0"));

	f->statement_frame.data[at] = '2';
}

static const struct vector vectors_attestations[] = {
    {"good-attestations-two", "10.1", "a second signature, with text after its time", GOOD,
     CHANGE(FORGE_TAIL, sign_two)},
    {"good-attestations-64", "1.2", "as many as there may be", GOOD, CHANGE(FORGE_TAIL, sign_64)},
    {"good-attestations-512k", "1.2", "as many bytes as there may be", GOOD,
     CHANGE(FORGE_TAIL, sign_unknown_largest)},
    {"good-attestation-unknown", "10", "an attestation of unknown kind after the signature", GOOD,
     CHANGE(FORGE_TAIL, sign_unknown)},
    {"good-attestation-covers-all", "10", "an attestation of unknown kind that covers 1", GOOD,
     CHANGE(FORGE_TAIL, sign_unknown_covers_all)},
    {"good-attestation-hint", "10.1", "the public key in the attestation, a hint, is another", GOOD,
     CHANGE(FORGE_TAIL, sign_hint)},
    {"bad-attestations-65", "1.2", "one more than there may be", BAD_OPEN, "too many",
     CHANGE(FORGE_TAIL, sign_65)},
    {"bad-attestations-large", "1.2", "more than 512 KiB", BAD_OPEN, "more than 512 KiB",
     CHANGE(FORGE_TAIL, sign_unknown_large)},
    {"bad-attestation-head-alone", "10", "an attestation that ends with its head", BAD_OPEN,
     "ends with its head", CHANGE(FORGE_TAIL, sign_head_alone)},
    {"bad-attestation-unknown-covers-2", "10", "an attestation of unknown kind covers 2", BAD_OPEN,
     "covers neither", CHANGE(FORGE_TAIL, sign_unknown_covers_2)},
    {"bad-attestation-covers-1", "10.1", "a signature covers 1", BAD_OPEN,
     "does not cover the statement", CHANGE(FORGE_TAIL, sign_covers_1)},
    {"bad-attestation-covers-2", "10", "a signature covers 2", BAD_OPEN, "covers neither",
     CHANGE(FORGE_TAIL, sign_covers_2)},
    {"bad-attestation-legacy", "10.1", "the signature's algorithm is Ed, minisign's old one",
     BAD_OPEN, "another signature algorithm", CHANGE(FORGE_TAIL, sign_legacy)},
    {"bad-attestation-comment-empty", "10.1", "the trusted comment is empty", BAD_OPEN,
     "not 1 to 1024", CHANGE(FORGE_TAIL, sign_comment_empty)},
    {"bad-attestation-comment-long", "10.1", "the trusted comment has 1,025 bytes", BAD_OPEN,
     "not 1 to 1024", CHANGE(FORGE_TAIL, sign_comment_long)},
    {"bad-attestation-comment-control", "10.1", "the trusted comment has a line feed", BAD_OPEN,
     "not allowed", CHANGE(FORGE_TAIL, sign_comment_control)},
    {"bad-attestation-byte-before", "2", "a byte between statement and attestation", BAD_OPEN,
     "does not begin with its head", CHANGE(FORGE_TAIL, sign_byte_before)},
    {"bad-attestation-byte-between", "2",
     "a byte between two attestations, the first of which verifies", BAD_QUICK,
     "trailer or attestations", CHANGE(FORGE_TAIL, sign_byte_between)},
    {"bad-attestation-size", "2.1", "the size in the attestation's head is one more", BAD_OPEN,
     "does not begin with its head", CHANGE(FORGE_TAIL, sign_size_long)},
    {"bad-attestation-type", "2.1", "a frame of type X, where nothing is required", BAD_OPEN,
     "does not begin with its head", CHANGE(FORGE_TAIL, sign_type)},
    {"unsupported-frame-type", "2.1", "a frame of type X, where a feature is required", CAUGHT_OPEN,
     CAPSA_EUNSUPPORTED, "other-frames", PLAN_CHANGE(plan_requires, FORGE_TAIL, sign_type)},
    {"bad-signature", "10.1", "a bit of the signature is another", CAUGHT_SIGNATURE,
     CAPSA_EUNTRUSTED, "does not verify", CHANGE(FORGE_TAIL, sign_signature)},
    {"bad-signature-global", "10.1", "a bit of the global signature is another", CAUGHT_SIGNATURE,
     CAPSA_EUNTRUSTED, "trusted comment", CHANGE(FORGE_TAIL, sign_global)},
    {"bad-signature-comment", "10.1", "the trusted comment is another", CAUGHT_SIGNATURE,
     CAPSA_EUNTRUSTED, "trusted comment", CHANGE(FORGE_TAIL, sign_comment_changed)},
    {"bad-signature-key-id", "10.1", "the key id is another", CAUGHT_SIGNATURE, CAPSA_EUNTRUSTED,
     "by another key", CHANGE(FORGE_TAIL, sign_key_id)},
    {"bad-signature-statement", "10.1", "the statement is another than the one that was signed",
     CAUGHT_SIGNATURE, CAPSA_EUNTRUSTED, "does not verify",
     CHANGE(FORGE_TAIL, sign_other_statement)},
};
