/* Signing, withholding, repairing, salvaging and proving, while the system fails. */
#define _GNU_SOURCE
#include "library.h"

#include <stdio.h>
#include <string.h>

/* ---- keys and signatures ---- */

/* A key of minisign's with a low cost: a password opens it, within 64 MiB. */
static const char encrypted[] =
    "untrusted comment: minisign encrypted secret key\n"
    "RWRTY0Iyn5an50BKreUEtlhVVpoecg7BdWL/GmEcqc8iBs/Z25IAABAAAAAAAAAAAAIAAAAAHpZpNgPI"
    "MdAskc70T4KnVdV3+eRbDERYjjx0pn9Z1op71hEAq3+WTclpRKO15HHXC77cSyvr7i+r62lIRa0Me1bK"
    "IRmnwynpWlF4wMkHiQSYpxS5lAvc1q06FiLYy8yXgPLFXuA3sEc=\n";

static enum capsa_status read_password_key(struct capsa_error *err)
{
	struct capsa_secret_key *key;
	struct capsa_public_key public;
	enum capsa_status st = capsa_secret_key_parse(&key, encrypted, strlen(encrypted),
	                                              "correct horse", err);

	promise((st == CAPSA_OK) == (key != NULL), "a key that cannot be read is left");
	if (st != CAPSA_OK)
		return st;
	capsa_secret_key_public(key, &public);
	put(&public, sizeof public);
	capsa_secret_key_free(key);
	return CAPSA_OK;
}

static enum capsa_status make_key(struct capsa_error *err)
{
	char words[CAPSA_SECRET_KEY_TEXT];
	struct capsa_secret_key *key, *again = NULL;
	struct capsa_public_key a, b;
	enum capsa_status st = capsa_secret_key_generate(&key, err);

	promise((st == CAPSA_OK) == (key != NULL), "a key that is not made is left");
	if (st != CAPSA_OK)
		return st;
	st = capsa_secret_key_text(key, NULL, words, err);
	if (st == CAPSA_OK)
		st = capsa_secret_key_parse(&again, words, strlen(words), NULL, err);
	if (st == CAPSA_OK) {
		capsa_secret_key_public(key, &a);
		capsa_secret_key_public(again, &b);
		promise(memcmp(&a, &b, sizeof a) == 0, "the key is not what was written");
	}
	capsa_secret_key_free(key);
	capsa_secret_key_free(again);
	return st;
}

/* One signature more than the archive has, by another key. */
static enum capsa_status resign(struct capsa_reader *reader, const struct capsa_secret_key *key,
                                struct capsa_error *err)
{
	struct capsa_text statement = capsa_reader_statement(reader)->text;
	struct capsa_signature signature, again;
	struct capsa_public_key public;
	uint8_t tail[CAPSA_RESIGN_MAX];
	char words[CAPSA_SIGNATURE_TEXT];
	size_t tail_size;
	uint64_t keep;
	enum capsa_status st;

	st = capsa_signature_make(&signature, key, statement, "role: another", err);
	if (st != CAPSA_OK)
		return st;
	capsa_secret_key_public(key, &public);
	capsa_signature_text(&signature, words);
	st = capsa_signature_parse(&again, words, strlen(words), err);
	if (st == CAPSA_OK)
		st = capsa_signature_check(&again, statement, &public, err);
	if (st == CAPSA_OK)
		st = capsa_reader_resign(reader, &signature, &keep, tail, &tail_size, err);
	if (st != CAPSA_OK)
		return st;
	put_text(text(words));
	put_number(keep);
	put(tail, tail_size);
	return CAPSA_OK;
}

static enum capsa_status sign(struct capsa_error *err)
{
	struct capsa_secret_key *key;
	struct archive archive;
	enum capsa_status st = key_read(&key, "other.key", err);

	if (st != CAPSA_OK)
		return st;
	st = archive_open(&archive, "a.capsa", err);
	if (st == CAPSA_OK)
		st = resign(archive.reader, key, err);
	archive_close(&archive);
	capsa_secret_key_free(key);
	return st;
}

/* ---- withholding ---- */

static enum capsa_status put_frames(const struct capsa_withholding *withholding,
                                    struct capsa_error *err)
{
	static char frame[1 << 20];
	size_t count;
	const struct capsa_extent *frames = capsa_withholding_frames(withholding, &count);
	const uint64_t *articles;

	for (size_t i = 0; i < count; i++) {
		enum capsa_status st;

		promise(frames[i].size <= sizeof frame, "the frame has another size");
		st = capsa_withheld_frame(frame, frames[i].size, "the law", err);
		if (st != CAPSA_OK)
			return st;
		put_number(frames[i].offset);
		put(frame, frames[i].size);
	}
	articles = capsa_withholding_articles(withholding, &count);
	put(articles, count * sizeof *articles);
	articles = capsa_withholding_lines(withholding, &count);
	put(articles, count * sizeof *articles);
	return CAPSA_OK;
}

static enum capsa_status withhold(struct capsa_error *err)
{
	static const uint64_t numbers[] = {1, 3};
	struct capsa_withholding *withholding;
	struct archive archive;
	enum capsa_status st = archive_open(&archive, "a.capsa", err);

	if (st != CAPSA_OK)
		goto out;
	st = capsa_withholding_new(&withholding, archive.reader, numbers, 2, true, err);
	if (st == CAPSA_OK)
		st = put_frames(withholding, err);
	else
		promise(withholding == NULL, "a withholding that is not made is left");
	capsa_withholding_free(withholding);
out:
	archive_close(&archive);
	return st;
}

/* ---- repairing and salvaging ---- */

static enum capsa_status repair_copies(const struct capsa_source *copies, struct capsa_error *err)
{
	struct capsa_repair_options options = {0};
	struct capsa_repair *repair;
	struct capsa_source whole;
	enum capsa_status st = capsa_repair_new(&repair, copies, 2, &options, err);

	promise((st == CAPSA_OK) == (repair != NULL), "a repair that is not begun is left");
	if (st == CAPSA_OK)
		st = capsa_repair_run(repair, err);
	if (st == CAPSA_OK) {
		whole = capsa_repair_source(repair);
		st = put_source(&whole, err);
	}
	capsa_repair_free(repair);
	return st;
}

static enum capsa_status repair(struct capsa_error *err)
{
	struct file files[2] = {{.fd = -1}, {.fd = -1}};
	struct capsa_source copies[2];
	enum capsa_status st = file_open(&files[0], "hole-1200.capsa", err);

	if (st == CAPSA_OK)
		st = file_open(&files[1], "hole-3000.capsa", err);
	if (st == CAPSA_OK) {
		copies[0] = files[0].source;
		copies[1] = files[1].source;
		st = repair_copies(copies, err);
	}
	file_close(&files[0]);
	file_close(&files[1]);
	return st;
}

static bool put_saved(void *ctx, const struct capsa_saved *saved)
{
	struct capsa_error *err = ctx;

	put_text(saved->path);
	put_text(saved->line);
	put_number(saved->checked);
	return put_source(&saved->body, err) == CAPSA_OK;
}

static void put_lost(void *ctx, struct capsa_text path, const char *why)
{
	(void)ctx;
	promise(why[0] != '\0', "what is lost has no cause");
	put_text(path);
}

static enum capsa_status salvage(struct capsa_error *err)
{
	struct capsa_error read_error = {0};
	struct capsa_salvage_options options = {
	    .article = put_saved, .lost = put_lost, .ctx = &read_error};
	struct capsa_salvage_report report;
	struct file file;
	enum capsa_status st = file_open(&file, "cut.capsa", err);

	if (st != CAPSA_OK)
		return st;
	st = capsa_salvage(&file.source, &options, &report, err);
	file_close(&file);
	if (st == CAPSA_ESTOPPED) {
		*err = read_error;
		return CAPSA_EIO;
	}
	put_number(report.saved);
	put_number(report.checked);
	put_number(report.lost);
	put_number(report.frames);
	return st;
}

/* ---- proofs ---- */

static enum capsa_status prove_article(struct capsa_prover *prover, struct capsa_error *err)
{
	struct capsa_reader_options options = {.tail_size = CAPSA_PROOF_TAIL};
	struct capsa_source source = capsa_prover_source(prover);
	struct capsa_sink sink = result_sink();
	struct capsa_signature signature;
	struct capsa_reader *reader;
	uint64_t number;
	enum capsa_status st = capsa_reader_open(&reader, &source, &options, err);

	if (st != CAPSA_OK)
		return st;
	signature = capsa_reader_attestation(reader, 0)->signature;
	st = capsa_reader_find_path(reader, "2.html", &number, err);
	if (st == CAPSA_OK)
		st = put_article(reader, number, err);
	if (st == CAPSA_OK)
		st = capsa_prover_article(prover, number, err);
	if (st == CAPSA_OK)
		st = capsa_prover_signature(prover, &signature, err);
	if (st == CAPSA_OK)
		st = capsa_prover_write(prover, &sink, err);
	capsa_reader_close(reader);
	return st;
}

static enum capsa_status prove(struct capsa_error *err)
{
	struct capsa_prover *prover;
	struct file file;
	enum capsa_status st = file_open(&file, "a.capsa", err);

	if (st != CAPSA_OK)
		return st;
	st = capsa_prover_new(&prover, &file.source, NULL, err);
	promise((st == CAPSA_OK) == (prover != NULL), "a prover that is not made is left");
	if (st == CAPSA_OK)
		st = prove_article(prover, err);
	capsa_prover_free(prover);
	file_close(&file);
	return st;
}

static enum capsa_status read_proof(struct capsa_proof *proof, struct capsa_error *err)
{
	struct capsa_reader_options options = {.tail_size = CAPSA_PROOF_TAIL};
	struct capsa_source source = capsa_proof_source(proof);
	struct capsa_reader *reader;
	size_t count;
	const uint64_t *articles = capsa_proof_articles(proof, &count);
	enum capsa_status st = capsa_reader_open(&reader, &source, &options, err);

	for (size_t i = 0; i < count && st == CAPSA_OK; i++)
		st = put_article(reader, articles[i], err);
	capsa_proof_signatures(proof, &count);
	put_number(count);
	capsa_reader_close(reader);
	return st;
}

static enum capsa_status use_proof(struct capsa_error *err)
{
	struct capsa_proof *proof;
	struct file file;
	enum capsa_status st = file_open(&file, "a.proof", err);

	if (st != CAPSA_OK)
		return st;
	st = capsa_proof_open(&proof, &file.source, err);
	promise((st == CAPSA_OK) == (proof != NULL), "a proof that does not open is left");
	if (st == CAPSA_OK)
		st = read_proof(proof, err);
	capsa_proof_close(proof);
	file_close(&file);
	return st;
}

const struct scenario mend_scenarios[] = {
    {"password-key", read_password_key},
    {"make-key", make_key},
    {"sign", sign},
    {"withhold", withhold},
    {"repair", repair},
    {"salvage", salvage},
    {"prove", prove},
    {"use-proof", use_proof},
    {NULL, NULL},
};
