#!/bin/sh
# What lies at the top of the repository is what the README says, and only the corpus has awkward names.
set -eu
cd "$(dirname "$0")/.."
bad=0

for name in * .[!.]*; do
	case $name in
	.ci | .clang-format | .git | .gitignore | LICENSE | Makefile | README.md | build | cli | corpus | format | spec | \
	    tests) ;;
	*)
		echo "$name is not expected at the top"
		bad=1
		;;
	esac
done

if find .ci cli format spec tests | LC_ALL=C grep -v '^[A-Za-z0-9./_+-]*$'; then
	echo 'these names are not plain'
	bad=1
fi
exit $bad
