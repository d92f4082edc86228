/*
 * Metadata (spec 7): lines (line.c), and the object that becomes one (metadata.c).  What
 * callers need is public, in capsa.h.
 */
#ifndef CAPSA_METADATA_H
#define CAPSA_METADATA_H

#include "base.h"
#include "json.h"

/*
 * Is `line` canonical (7.3), with the types of 7.2, valid dates, and path, size and digest
 * present? `offset` is where its frame lies, for the error.  CAPSA_ECORRUPT.
 */
enum capsa_status capsa_line_check(struct span line, uint64_t offset, struct capsa_error *err);

/*
 * The members of an article's line that the format itself uses; texts are parts of the line,
 * still escaped, or empty.
 */
struct line_facts {
	struct capsa_text path, title, url;     /* JSON strings */
	uint64_t size;
	uint8_t digest[CAPSA_DIGEST_SIZE];
	bool has_date, has_captured, has_modified;
	int64_t date, captured, modified;       /* seconds */
};

/* Of a line that capsa_line_check accepts. */
void capsa_line_facts(struct span line, struct line_facts *out);

/*
 * Has the value, canonical JSON, the type that 7.2 wants for this key, a JSON string too?
 * If not: `status`, and a text that names the key.
 */
enum capsa_status capsa_line_check_member(struct capsa_text key, struct capsa_text value,
                                          enum capsa_status status, uint64_t offset,
                                          struct capsa_error *err);

/* Is the value, canonical JSON, an array of text, perhaps empty? */
bool capsa_line_is_texts(struct span value);

/*
 * Append the object as one canonical line, without line feed; memory that is out shows in
 * `out`.
 */
void capsa_metadata_write(const struct capsa_metadata *metadata, struct buffer *out);

#endif
