/*
 * Makes archives that are right except in one way.
 *
 * An archive is built in memory from a description, layer by layer, by the encoders of format/.  In
 * one layer one thing may be changed; everything above that layer is made from the change, digests,
 * SHA-256, signature and trailer included.  So the archive is validly signed, and wrong in one way.
 *
 * All functions are static, for each program that uses them is one source file.
 */
#ifndef VECTORS_FORGE_H
#define VECTORS_FORGE_H

#include "forge_index.h"

/* ---- the end ----------------------------------------------------------- */

static inline void forge_statement(struct forge *f)
{
	struct capsa_statement *facts = &f->statement.facts;
	struct sha256_state sha256;

	facts->created = FORGE_CREATED;
	facts->articles = f->article_count;
	facts->frames = f->frame_count;
	facts->unicode = (struct capsa_text){"15.0.0", 6};
	for (size_t i = 0; i < f->article_count; i++)
		facts->bytes += f->articles[i].body.size;
	for (size_t i = 0; i < f->frame_count; i++)
		facts->tar_size += f->frames[i].entry.raw_size;
	facts->size = f->file.size;
	capsa_sha256_init(&sha256);
	capsa_sha256_update(&sha256, buffer_span(&f->file));
	capsa_sha256_final(&sha256, facts->sha256);
	if (f->dictionary.size != 0) {
		facts->dictionary_size = f->dictionary.size;
		f->statement.dictionary_id = capsa_dictionary_id(f->prepared);
		capsa_digest(f->statement.dictionary_digest, f->dictionary);
	}
	f->statement.tree_count = f->tree_count;
	for (size_t i = 0; i < f->tree_count; i++) {
		snprintf(f->statement.trees[i].name, sizeof f->statement.trees[i].name, "%s",
		         f->trees[i].name);
		f->statement.trees[i].root = f->trees[i].refs[0];
	}
	forge_at(f, FORGE_STATEMENT);
	capsa_statement_encode(&f->statement, &f->text);
	if (f->requires != NULL)
		capsa_buffer_printf(&f->text, "requires: %s\n", f->requires);
	forge_at(f, FORGE_TEXT);
	capsa_frame_head(&f->statement_frame, 'S', 0, f->text.size);
	capsa_buffer_append(&f->statement_frame, f->text.data, f->text.size);
}

/* Append an attestation by the test key, over the text as it now is. */
static inline void forge_sign(struct forge *f, const char *comment)
{
	struct capsa_signature signature;
	struct capsa_error err;

	forge_done(
	    capsa_signature_make(&signature, f->key, text_of(buffer_span(&f->text)), comment, &err),
	    &err);
	capsa_attestation_encode(&signature, &f->attestations);
}

/* Digest of all bytes from the statement that the trailer names up to the trailer. */
static inline void forge_tail_digest(struct forge *f)
{
	capsa_digest(f->trailer.tail_digest, span_of(f->file.data + f->trailer.statement,
	                                             f->file.size - (size_t)f->trailer.statement));
}

static inline void forge_tail(struct forge *f)
{
	for (unsigned i = 0; i < f->signatures; i++)
		forge_sign(f, FORGE_COMMENT);
	forge_at(f, FORGE_TAIL);
	f->trailer.statement = f->file.size;
	f->trailer.attestations = f->file.size + f->statement_frame.size;
	capsa_buffer_append(&f->file, f->statement_frame.data, f->statement_frame.size);
	capsa_buffer_append(&f->file, f->attestations.data, f->attestations.size);
	forge_tail_digest(f);
	forge_at(f, FORGE_TRAILER);
	capsa_trailer_encode(&f->trailer, &f->file);
	forge_at(f, FORGE_FILE);
}

/* ---- the whole --------------------------------------------------------- */

/* Five articles: a text, a larger one, a link to that, an empty one, and one in parts. */
static inline void forge_plan_plain(struct forge *f)
{
	struct forge_article *a = forge_add(f, "a/one.txt", forge_text("The first article.\n"));

	a->title = "one";
	a->url = "https://example.org/one";
	a->url_key = "org,example)/one";
	a->date = "2001-02-03";
	a->modified = "2001-02-03T04:05:06Z";
	a->ends_frame = true;
	a = forge_add(f, "a/two.html",
	              forge_text(forge_repeat(f, "<p>Words and more words.\n", 50)));
	a->title = "two";
	a->url = "https://example.org/two";
	a->url_key = "org,example)/two";
	a->captured = "2002-03-04T05:06:07Z";
	a = forge_add(f, "b.html", a->body);
	a->title = "two";
	a->link = 1;
	a = forge_add(f, "c/empty", forge_text(""));
	a->location = "a/one.txt";
	a->date = "1999-12-31T23:59:59Z";
	a->ends_lines = true;
	a = forge_add(f, "large.txt", forge_text(forge_repeat(f, "One line of many.\n", 150)));
	a->title = "large";
	a->piece = 1024;
}

static inline struct forge *forge_make(const struct forge_change *change)
{
	static const char *const names[FORGE_TREES] = {"spine", "path", "url", "title", "date"};
	struct forge *f = calloc(1, sizeof *f);
	struct capsa_error err;

	forge_need(f != NULL, "out of memory");
	f->change = *change;
	f->page_entries = SIZE_MAX / 2;
	f->signatures = 1;
	f->tree_count = FORGE_TREES;
	for (unsigned i = 0; i < CAPSA_TREES_MAX; i++)
		f->order[i] = i;
	for (unsigned i = 0; i < FORGE_TREES; i++)
		f->trees[i] = (struct forge_tree){
		    .name = names[i], .kind = i == 0 ? CAPSA_PAGE_SPINE : CAPSA_PAGE_KEYS};
	forge_done(
	    capsa_secret_key_parse(&f->key, FORGE_SECRET_KEY, strlen(FORGE_SECRET_KEY), NULL, &err),
	    &err);
	forge_done(capsa_encoder_new(&f->encoder, 3, &err), &err);
	if (change->plan != NULL)
		change->plan(f);
	else
		forge_plan_plain(f);
	if (f->dictionary.size != 0)
		forge_done(capsa_dictionary_new(&f->prepared, f->dictionary, 3, &err), &err);

	for (size_t i = 0; i < f->article_count; i++)
		forge_line(&f->articles[i]);
	if (f->article_count != 0)
		forge_at(f, FORGE_LINE);
	for (size_t i = 0; i < f->article_count; i++)
		forge_article_member(f, &f->articles[i]);
	forge_frames(f);
	forge_at(f, FORGE_RAW);
	capsa_buffer_append(&f->file, capsa_prefix, CAPSA_PREFIX_SIZE);
	forge_store_frames(f);
	forge_index(f);
	forge_statement(f);
	forge_tail(f);
	forge_need(!f->file.failed, "out of memory");
	return f;
}

static inline void forge_free(struct forge *f)
{
	for (size_t i = 0; i < f->article_count; i++) {
		capsa_buffer_release(&f->articles[i].line);
		capsa_buffer_release(&f->articles[i].member);
	}
	free(f->articles);
	for (size_t i = 0; i < FORGE_FRAMES_MAX; i++) {
		capsa_buffer_release(&f->frames[i].raw);
		capsa_buffer_release(&f->frames[i].stored);
	}
	while (f->blocks != NULL) {
		struct forge_block *next = f->blocks->next;

		free(f->blocks);
		f->blocks = next;
	}
	capsa_buffer_release(&f->page);
	capsa_buffer_release(&f->page_stored);
	capsa_buffer_release(&f->text);
	capsa_buffer_release(&f->statement_frame);
	capsa_buffer_release(&f->attestations);
	capsa_buffer_release(&f->file);
	capsa_dictionary_free(f->prepared);
	capsa_encoder_free(f->encoder);
	capsa_secret_key_free(f->key);
	free(f);
}

#endif
