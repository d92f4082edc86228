#!/bin/sh
# The order of the sources in the Makefile is the architecture: a file of format/ includes headers of itself and
# of files before it; nothing there includes cli/; each foreign library has one door.
set -eu
cd "$(dirname "$0")/.."
bad=0
complain()
{
	echo "$*"
	bad=1
}

order=$(MAKEFLAGS='' make -s print-layers)
[ -n "$order" ]
for name in $order; do
	known="${known:-} $name"
	for file in "format/$name.c" "format/$name.h"; do
		[ -f "$file" ] || continue
		for header in $(sed -n 's/^#include "\(.*\)\.h".*/\1/p' "$file"); do
			# A header without a source of its own belongs to no layer.
			[ -f "format/$header.c" ] || [ ! -f "format/$header.h" ] || continue
			case " $known " in
			*" $header "*) ;;
			*) complain "$file includes $header.h, which is not of a layer below" ;;
			esac
		done
	done
done

for source in format/*.c; do
	name=$(basename "$source" .c)
	case " $known " in
	*" $name "*) ;;
	*) complain "$source is not in the Makefile" ;;
	esac
done

door()
{
	header=$1
	shift
	for file in $(grep -l "#include <$header" format/*.[ch] cli/*.[ch]); do
		case " $* " in
		*" $file "*) ;;
		*) complain "$file includes <$header>, whose door is $*" ;;
		esac
	done
}
door zstd.h format/codec.c cli/inflate_zstd.c
door zdict.h format/codec.c
door sodium format/digest.c format/sign.c cli/filename.c cli/fields.c cli/path_set.c
door utf8proc.h cli/keys.c
door jansson.h cli/foreign_json.c
door yaml.h cli/front_matter.c
door zlib.h cli/inflate_zlib.c
door brotli cli/inflate_brotli.c
door lzma.h cli/inflate_xz.c
door libxml/ cli/html.c
door uchardet cli/charset.c
door archive cli/container_stream.c cli/container_read.c cli/container_write.c
door nettle cli/digests.c
door openssl/ cli/wacz_signature.c
exit $bad
