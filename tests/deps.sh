#!/bin/sh
# Install those of the given Debian packages that are missing, or say how.
set -eu

missing=
if ! command -v dpkg-query >/dev/null; then
	echo "no Debian system: these packages' contents are needed: $*"
	exit 0
fi
for package in "$@"; do
	case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || :) in
	*' installed') ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
	root='env'
elif command -v sudo >/dev/null; then
	root='sudo env'
else
	echo "packages are missing; as root: apt-get update && $install" >&2
	exit 1
fi
echo "installing:$missing"
$root DEBIAN_FRONTEND=noninteractive apt-get update
$root DEBIAN_FRONTEND=noninteractive $install
