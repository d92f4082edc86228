# What verbs there are and which options they take, out of the sources.  To be sourced at the top directory.
verbs()
{
	sed -n 's/^	\.name = "\(.*\)",/\1/p; s/&cli_verb_\([a-z]*\)/\n\1\n/gp' cli/verbs.c cli/verbs_pack.c |
	    grep -x '[a-z]*' | sort -u
}

# options VERB: a line each, `--name` or `-x`, with = behind it where it takes a value, [= where it may.
options()
{
	source=$(cat "cli/cmd_$1.c" $(find cli -name "$1_options.c"))
	case $source in
	*CLI_TRUST_OPTIONS*) source=$source$(sed -n '/#define CLI_TRUST_OPTIONS/,/^$/p' cli/cli.h) ;;
	esac
	source=$(printf '%s' "$source" | tr '\n' ' ')
	letters=$(sed -n 's/^#define CLI_TRUST_LETTERS "\(.*\)".*/\1/p' cli/cli.h)
	{
		printf '%s' "$source" | grep -oE '\{"[a-z0-9-]+", +(no|required|optional)_argument' |
		    sed -E 's/^\{"/--/; s/", +no_.*//; s/", +req.*/=/; s/", +opt.*/[=/'
		printf '%s' "$source" |
		    grep -oE 'getopt_long\(argc, argv, [^;]*options,|letters\[\] = [^;]*;' |
		    sed "s/CLI_TRUST_LETTERS/\"$letters\"/" | grep -o '"[^"]*"' | tr -d '"-' |
		    grep -oE '[A-Za-z0-9]:?' | sed 's/^/-/; s/:$/=/'
	} | LC_ALL=C sort -u
}
