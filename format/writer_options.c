#include "writer_options.h"
#include "date.h"
#include "utf8.h"

static bool in_range(uint32_t value, uint32_t min, uint32_t max)
{
	return value == 0 || (value >= min && value <= max);
}

static bool text_allowed(const char *text)
{
	struct span span = text != NULL ? span_of(text, strlen(text)) : span_of(NULL, 0);

	return text == NULL || (span.size >= 1 && span.size <= CAPSA_STATEMENT_TEXT_MAX &&
	                        capsa_utf8_plain(span));
}

enum capsa_status capsa_writer_options_check(const struct capsa_writer_options *o,
                                             struct capsa_error *err)
{
	const char *wrong = NULL;

	if (o->level < 0 || o->level > 22)
		wrong = "the level is not between 1 and 22";
	else if (!in_range(o->frame_size, 4U << 10, CAPSA_FRAME_RAW_MAX))
		wrong = "the frame size is not between 4 KiB and 4 MiB";
	else if (!in_range(o->metadata_frame_size, 4U << 10, 1U << 20))
		wrong = "the metadata frame size is not between 4 KiB and 1 MiB";
	else if (!text_allowed(o->title) || !text_allowed(o->description))
		wrong = "title or description is empty, too long or has characters that are not "
		        "allowed";
	else if (o->created < CAPSA_TIME_MIN || o->created > CAPSA_TIME_MAX)
		wrong = "the time of creation is outside the years 0000 to 9999";
	else if ((o->series != NULL) != (o->sequence != 0) || o->sequence > CAPSA_OFFSET_MAX ||
	         (o->previous != NULL && o->sequence < 2))
		wrong = "series, sequence and previous do not go together";
	for (unsigned i = 0; i < sizeof o->reserved / sizeof *o->reserved; i++)
		if (o->reserved[i] != 0)
			wrong = "a reserved option is not zero";
	return wrong == NULL ? CAPSA_OK
	                     : capsa_fail(err, CAPSA_EMISUSE, CAPSA_NO_OFFSET, "%s", wrong);
}
