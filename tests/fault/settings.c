/* The command line of the driver; the contracts are in settings.h. */
#define _GNU_SOURCE
#include "settings.h"

#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct settings settings;

static unsigned parse_kinds(char *list)
{
	unsigned kinds = 0;

	for (char *name = strtok(list, ","); name != NULL; name = strtok(NULL, ",")) {
		unsigned before = kinds;

		for (unsigned i = 0; i < KINDS; i++)
			kinds |= strcmp(name, kind_names[i]) == 0 ? 1u << i : 0;
		if (kinds == before)
			errx(2, "no kind: %s", name);
	}
	return kinds;
}

static int parse_error(const char *name)
{
	for (int i = 1; i < 134; i++) {
		const char *known = strerrorname_np(i);

		if (known != NULL && strcmp(known, name) == 0)
			return i;
	}
	errx(2, "no error: %s", name);
}

static const struct option options[] = {
    {"kinds", required_argument, NULL, 'k'},
    {"error", required_argument, NULL, 'e'},
    {"step", required_argument, NULL, 's'},
    {"since", no_argument, NULL, 'a'},
    {"own", no_argument, NULL, 'o'},
    {"partial", no_argument, NULL, 'p'},
    {"replaces", no_argument, NULL, 'R'},
    {"random", no_argument, NULL, 'r'},
    {"whole", no_argument, NULL, 'w'},
    {"damage", no_argument, NULL, 'd'},
    {"lines", no_argument, NULL, 'l'},
    {"kills", required_argument, NULL, 'K'},
    {"seed", required_argument, NULL, 'S'},
    {"no-tmpfile", no_argument, NULL, 't'},
    {"figures", required_argument, NULL, 'f'},
    {"clock", required_argument, NULL, 'c'},
    {NULL, 0, NULL, 0},
};

static void parse_option(int option, char *argument)
{
	switch (option) {
	case 'k':
		settings.kinds = parse_kinds(argument);
		break;
	case 'e':
		settings.error = parse_error(argument);
		break;
	case 's':
		settings.step = strtoull(argument, NULL, 10);
		break;
	case 'a':
		settings.since = true;
		break;
	case 'o':
		settings.base.own = true;
		break;
	case 'w':
		settings.whole = true;
		break;
	case 'd':
		settings.damage = true;
		break;
	case 'R':
		settings.replaces = true;
		break;
	case 'p':
		settings.partial = true;
		break;
	case 'r':
		settings.sizes = true;
		break;
	case 'l':
		settings.lines = true;
		break;
	case 'K':
		settings.kills = (unsigned)strtoul(argument, NULL, 10);
		break;
	case 'S':
		settings.seed = strtoull(argument, NULL, 10);
		break;
	case 't':
		settings.base.no_tmpfile = true;
		break;
	case 'f':
		settings.figures = argument;
		break;
	case 'c':
		settings.base.has_clock = true;
		settings.base.clock = strtoll(argument, NULL, 10);
		break;
	default:
		exit(2);
	}
}

void settings_parse(int argc, char **argv)
{
	int option;

	settings.program = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	settings.step = 1;
	settings.seed = 1;
	while ((option = getopt_long(argc, argv, "+", options, NULL)) != -1)
		parse_option(option, optarg);
	/* The program's own argv[0], in the place of the one before its first argument. */
	settings.argc = argc - optind + 1;
	settings.argv = argv + optind - 1;
	settings.argv[0] = argv[0];
	optind = 0;
	if (settings.step == 0 || settings.seed == 0)
		errx(2, "0 is no step and no seed");
}
