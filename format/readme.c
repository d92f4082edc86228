#include "readme.h"

void capsa_readme(struct buffer *out, struct capsa_text title, const char *created, bool dictionary)
{
	if (title.size != 0) {
		capsa_buffer_append(out, title.data, title.size);
		capsa_buffer_printf(out, "\n\n");
	}
	capsa_buffer_printf(
	    out,
	    "This is a capsa archive, format version 1.0, made at %s.\n"
	    "\n"
	    "It is a tar file, compressed by Zstandard (RFC 8878) in independent frames.\n"
	    "capsa, the program that made it, verifies it and finds single articles; without\n"
	    "it, common tools read everything.  Let the archive be a.capsa.\n"
	    "\n"
	    "To unpack it:\n",
	    created);
	if (dictionary)
		capsa_buffer_printf(
		    out,
		    "    zstd -dc a.capsa 2>/dev/null | tar -xf - capsa/\n"
		    "    zstd -dc -D capsa/dictionary a.capsa | tar -xf -\n"
		    "The first command gets the dictionary that the second one needs.  It ends\n"
		    "with an error, for all that follows was compressed with the dictionary.\n");
	else
		capsa_buffer_printf(out, "    tar --zstd -xf a.capsa\n");
	capsa_buffer_printf(
	    out,
	    "\n"
	    "articles/            the articles, byte for byte\n"
	    "capsa/metadata/      a line of JSON for each article, in the order of the\n"
	    "                     articles in the archive: path, title, dates, media type, size,\n"
	    "                     and the digest of the body (BLAKE2b-256, as b2sum -l 256 prints "
	    "it)\n"
	    "capsa/archive.json   about the archive, and how it was made\n"
	    "%s"
	    "\n"
	    "Articles with the same body are hard links to the first of them.\n"
	    "\n"
	    "To verify it: near the end of the file stands a text that begins with\n"
	    "\"capsa statement 1\", the statement.  It gives the size and the SHA-256 of all\n"
	    "bytes before it:\n"
	    "    head -c SIZE a.capsa | sha256sum\n"
	    "and it is signed: `capsa info --statement` and `capsa info --signature` print the\n"
	    "statement and its signature for `minisign -V`.\n",
	    dictionary
	        ? "capsa/dictionary     the Zstandard dictionary of all frames but the first\n"
	        : "");
}
