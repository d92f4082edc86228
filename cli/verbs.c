/* The verbs of capsa. */
#include "cli.h"

/* The other program has these, see verbs_pack.c. */
static const struct cli_verb pack = {
	.name = "pack",
	.summary = "pack files into an archive",
};

static const struct cli_verb exports = {
	.name = "export",
	.summary = "articles as tar, zip, JSONL, WARC or BagIt",
};

const struct cli_verb *const cli_verbs[] = {
	&pack,          &cli_verb_info,    &cli_verb_list,   &cli_verb_find,
	&cli_verb_get,  &cli_verb_extract, &cli_verb_verify, &cli_verb_sign,
	&cli_verb_repair, &cli_verb_salvage, &cli_verb_withhold, &cli_verb_diff, &exports, &cli_verb_key, &cli_verb_trust,
	NULL,
};
