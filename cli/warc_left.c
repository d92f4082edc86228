#include "warc_left.h"

#include "base.h"

/* What there is no more room for counts as the last reason. */
void import_warc_left_add(struct warc_left *left, const char *reason)
{
	size_t at = 0;

	while (at < left->count && strcmp(left->reasons[at].text, reason) != 0)
		at++;
	if (at == WARC_REASONS_MAX) {
		at--;
		strcpy(left->reasons[at].text, "of other kinds");
	} else if (at == left->count) {
		snprintf(left->reasons[at].text, sizeof left->reasons[at].text, "%s", reason);
		left->count++;
	}
	left->reasons[at].count++;
}

/* "a.warc.gz: 12 records not packed: 8 request, 3 status 404, 1 warcinfo; --all packs them" */
static void tell_reasons(const struct warc_left *left, const char *name)
{
	struct buffer text = {0};
	uint64_t total = 0;

	for (size_t i = 0; i < left->count; i++) {
		capsa_buffer_printf(&text, "%s%" PRIu64 " %s", i != 0 ? ", " : "",
		                    left->reasons[i].count, left->reasons[i].text);
		total += left->reasons[i].count;
	}
	capsa_buffer_byte(&text, 0);
	if (!text.failed && total != 0)
		cli_note("%s: %" PRIu64 " record%s not packed: %s; --all packs them",
		         cli_quote(name), total, total == 1 ? "" : "s",
		         cli_quote((const char *)text.data));
	capsa_buffer_release(&text);
}

void import_warc_left_tell(const struct warc_left *left, const char *name)
{
	tell_reasons(left, name);
	if (left->bodies != 0)
		cli_note("%s: %" PRIu64 " redirect%s packed without what the answer said besides; "
		         "--all packs that",
		         cli_quote(name), left->bodies, left->bodies == 1 ? "" : "s");
	if (left->kept != 0)
		cli_note("%s: %" PRIu64 " %s packed as sent: the coding that HTTP names cannot be "
		         "undone",
		         cli_quote(name), left->kept, left->kept == 1 ? "body" : "bodies");
}
