# The example in the top comment of capsa.h as a file: `example OUT`.  To be sourced at the top directory.
example()
{
	sed -n '/^ \*\t#include <capsa.h>/,/^ \*\t}$/{ s/^ \*\t\{0,1\}//; p; }' format/capsa.h >"$1"
	grep -q 'int main' "$1"
}
