/*
 * Building a tree of pages bottom-up (spec 8): leaves are written as they fill, the levels
 * above when the caller says so, because the levels of all trees are interleaved in the file.
 */
#ifndef CAPSA_TREE_BUILDER_H
#define CAPSA_TREE_BUILDER_H

#include "base.h"
#include "codec.h"
#include "page.h"
#include "sink.h"

struct tree_builder;

/* `kind` is of enum capsa_page_kind.  `encoder` and `output` are borrowed. */
enum capsa_status capsa_tree_builder_new(struct tree_builder **out, uint8_t kind,
                                         struct encoder *encoder, struct output *output,
                                         struct capsa_error *err);
void capsa_tree_builder_free(struct tree_builder *builder);

/* The next entry of a key tree: keys ascend, and numbers among equal keys. */
enum capsa_status capsa_tree_builder_key(struct tree_builder *builder, struct span key,
                                         uint64_t number, struct capsa_error *err);

/* The next frame of the spine, with the articles that begin in it. */
enum capsa_status capsa_tree_builder_frame(struct tree_builder *builder,
                                           const struct spine_frame *frame,
                                           const struct spine_article *articles,
                                           struct capsa_error *err);

/* All entries are added: write the last leaf; an empty tree gets an empty one. */
enum capsa_status capsa_tree_builder_finish(struct tree_builder *builder, struct capsa_error *err);

/* The root, or NULL while the highest level has several pages. */
const struct page_ref *capsa_tree_builder_root(const struct tree_builder *builder);

/* Write the level above the highest.  CAPSA_ELIMIT: the tree is too high. */
enum capsa_status capsa_tree_builder_raise(struct tree_builder *builder, struct capsa_error *err);

#endif
