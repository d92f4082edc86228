/* The verbs of capsa-pack, which capsa becomes for them. */
#include "cli.h"

const struct cli_verb *const cli_verbs[] = {&cli_verb_pack, &cli_verb_export, NULL};
