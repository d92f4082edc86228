#include "warc_names.h"

#include "digests.h"
#include "fields.h"

#include <string.h>

static const struct capsa_text none = {"", 0};

static void set_names(struct warc_revisits *revisits, const struct warc_record *record,
                      struct capsa_text id, struct capsa_text uri, struct capsa_text date,
                      struct warc_names *names)
{
	char captured[IMPORT_DATE_SIZE];
	struct import_digest digest;
	struct capsa_text text;
	bool known, whole;

	*names = (struct warc_names){0};
	if (import_header_find(&record->header, "WARC-Payload-Digest", &text) &&
	    import_digest_parse(text, &digest, &known)) {
		struct capsa_text bytes = {(const char *)digest.bytes, digest.size};

		names->has_digest = true;
		names->kind = digest.kind;
		names->names[0] =
		    import_warc_name(revisits, (char)('A' + (int)digest.kind), bytes, none);
	}
	names->names[1] = import_warc_name(revisits, 'i', import_warc_unwrap(id), none);
	/* One time may be written in several ways. */
	if (import_date(date, captured, &whole))
		date = (struct capsa_text){captured, strlen(captured)};
	if (date.size != 0)
		names->names[2] = import_warc_name(revisits, 'u', import_warc_unwrap(uri), date);
}

void import_warc_names_of(struct warc_revisits *revisits, const struct warc_record *record,
                          struct warc_names *names)
{
	set_names(revisits, record, record->id, record->uri, record->date, names);
}

void import_warc_names_asked(struct warc_revisits *revisits, const struct warc_record *record,
                             struct warc_names *names)
{
	struct capsa_text id, uri, date;

	import_header_find(&record->header, "WARC-Refers-To", &id);
	import_header_find(&record->header, "WARC-Refers-To-Target-URI", &uri);
	import_header_find(&record->header, "WARC-Refers-To-Date", &date);
	set_names(revisits, record, id, uri, date, names);
}
