/* capsa trust: the store of keys that a user trusts. */
#include "seen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char help[] =
    "Usage: capsa trust add FILE.pub [--name NAME] [--until DATE]\n"
    "       capsa trust add BASE64 --name NAME [--until DATE]\n"
    "       capsa trust list\n"
    "       capsa trust remove ID\n"
    "       capsa trust seen\n"
    "       capsa trust forget SERIES\n"
    "\n"
    "The public keys whose signatures you trust, one file each in the directory\n"
    "trusted of $XDG_CONFIG_HOME/capsa (else ~/.config/capsa).\n"
    "\n"
    "trust add puts a key there, from a file or as the text that messages show. Its\n"
    "label is NAME, else the file's name without .pub, never the key's own comment.\n"
    "Where it has that label already, only its date is changed.\n"
    "\n"
    "  --name NAME    the label, which messages show\n"
    "  --until DATE   do not trust signatures made later than the end of this year, month\n"
    "                 or day (2026, 2026-12, 2026-12-31) or than a time, such as\n"
    "                 2026-12-31T12:00:00Z. The signer says when a signature was made,\n"
    "                 and a thief of the key can lie.\n"
    "  -q, --quiet    no messages but errors\n"
    "\n"
    "trust list prints key id, label and date, separated by tabs, a line for each key.\n"
    "trust remove takes a key out, by its id or its label.\n"
    "\n"
    "capsa verify remembers the newest snapshot of each series that a key of the store\n"
    "has signed, in the file series of $XDG_STATE_HOME/capsa (else\n"
    "~/.local/state/capsa). trust seen prints them: series, sequence, time and\n"
    "identity, separated by tabs. trust forget takes a series out.\n"
    "\n"
    "Before you add a key, compare the key id that capsa key show FILE.pub prints with\n"
    "what its owner tells you by another way than the file came.\n";

enum { NAME = 256, UNTIL };

/* A key given as a file, or as text, which has no name of its own. */
static int load_key(const char *given, const char *name, struct capsa_public_key *key)
{
	if (access(given, F_OK) == 0 ||
	    capsa_public_key_parse(key, given, strlen(given), NULL) != CAPSA_OK)
		return cli_public_key_load(given, key);
	if (name != NULL)
		return CLI_DONE;
	cli_error("a key given as text needs a label: --name NAME");
	return CLI_USAGE;
}

static int add(const char *path, const char *name, const char *until)
{
	struct capsa_public_key key;
	int64_t first, last;
	char label[256], id[CAPSA_KEY_ID_TEXT];
	int status;

	if (until != NULL && !cli_period(until, &first, &last)) {
		cli_error("--until '%s': not a date such as 2026-12-31", cli_quote(until));
		return CLI_USAGE;
	}
	status = load_key(path, name, &key);
	if (status != CLI_DONE)
		return status;
	if (name == NULL) {
		cli_label_of(path, label);
		name = label;
	}
	status = cli_trust_store(name, &key, until != NULL ? &last : NULL);
	if (status != CLI_DONE)
		return status;
	capsa_key_id_text(key.id, id);
	cli_note("trusts %s as '%s'", id, cli_quote(name));
	return CLI_DONE;
}

static void print_key(const struct cli_trusted_key *key)
{
	char id[CAPSA_KEY_ID_TEXT], until[CAPSA_TIME_TEXT] = "";

	capsa_key_id_text(key->key.id, id);
	if (key->has_until)
		capsa_time_text(key->until, until);
	printf("%s\t%s\t%s\n", id, cli_quote(key->label), until);
}

static int list(const struct cli_trust *store, const char *unused)
{
	(void)unused;
	for (size_t i = 0; i < store->count; i++)
		print_key(&store->keys[i]);
	return CLI_DONE;
}

static int remove_key(const struct cli_trust *store, const char *name)
{
	const struct cli_trusted_key *found = NULL;
	size_t count = 0;

	for (size_t i = 0; i < store->count; i++) {
		char id[CAPSA_KEY_ID_TEXT];

		capsa_key_id_text(store->keys[i].key.id, id);
		if (strcasecmp(id, name) == 0 || strcmp(store->keys[i].label, name) == 0) {
			found = &store->keys[i];
			count++;
		}
	}
	if (count == 0) {
		cli_error("no trusted key has the id or label '%s'", cli_quote(name));
		return CLI_FAILED;
	}
	if (count > 1) {
		cli_error(
		    "%zu trusted keys have the id or label '%s'; remove each by its own label",
		    count, cli_quote(name));
		return CLI_FAILED;
	}
	return cli_trust_forget(found->label);
}

/* ---- what was seen ---- */

static int list_seen(void)
{
	struct cli_snapshots seen;
	const char *why;

	if (!cli_seen_load(&seen, &why)) {
		cli_error("%s", why);
		return CLI_FAILED;
	}
	for (size_t i = 0; i < seen.count; i++) {
		const struct cli_snapshot *snapshot = &seen.items[i];
		char series[CLI_SERIES_TEXT], created[CAPSA_TIME_TEXT];

		cli_series_text(snapshot->series, series);
		capsa_time_text(snapshot->created, created);
		printf("%s\t%" PRIu64 "\t%s\t", series, snapshot->sequence, created);
		for (size_t k = 0; k < sizeof snapshot->identity; k++)
			printf("%02x", snapshot->identity[k]);
		putchar('\n');
	}
	cli_snapshots_release(&seen);
	return CLI_DONE;
}

/* ---- the command line ---- */

static int with_store(int (*act)(const struct cli_trust *, const char *), const char *argument)
{
	struct cli_trust store = {0};
	int status = cli_trust_add_store(&store, false);

	if (status == CLI_DONE)
		status = act(&store, argument);
	cli_trust_release(&store);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"name", required_argument, NULL, NAME},
		{"until", required_argument, NULL, UNTIL},
		{"quiet", no_argument, NULL, 'q'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *name = NULL, *until = NULL, *action;
	int option, operands;

	while ((option = getopt_long(argc, argv, "qh", options, NULL)) != -1) {
		switch (option) {
		case NAME:
			name = optarg;
			break;
		case UNTIL:
			until = optarg;
			break;
		case 'q':
			cli_quiet = true;
			break;
		case 'h':
			return cli_help("trust");
		default:
			return cli_usage("trust");
		}
	}
	action = optind < argc ? argv[optind++] : "";
	operands = argc - optind;
	if (strcmp(action, "add") == 0 && operands == 1)
		return add(argv[optind], name, until);
	if (strcmp(action, "list") == 0 && operands == 0 && name == NULL && until == NULL)
		return with_store(list, NULL);
	if (strcmp(action, "remove") == 0 && operands == 1 && name == NULL && until == NULL)
		return with_store(remove_key, argv[optind]);
	if (strcmp(action, "seen") == 0 && operands == 0 && name == NULL && until == NULL)
		return list_seen();
	if (strcmp(action, "forget") == 0 && operands == 1 && name == NULL && until == NULL)
		return cli_seen_forget(argv[optind]);
	cli_error("trust wants 'add FILE.pub', 'list', 'remove ID', 'seen' or 'forget SERIES'");
	return cli_usage("trust");
}

const struct cli_verb cli_verb_trust = {
	.name = "trust",
	.run = run,
	.summary = "the keys that you trust",
	.help = help,
};
