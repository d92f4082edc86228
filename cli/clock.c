/* The time that goes into what is written. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int cli_clock(int64_t *seconds)
{
	const int64_t last = 253402300799;      /* 9999-12-31T23:59:59Z */
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;

	if (epoch == NULL || epoch[0] == '\0') {
		*seconds = time(NULL);
		return CLI_DONE;
	}
	errno = 0;
	*seconds = strtoll(epoch, &end, 10);
	if (epoch[0] >= '0' && epoch[0] <= '9' && *end == '\0' && errno == 0 && *seconds <= last)
		return CLI_DONE;
	cli_error("SOURCE_DATE_EPOCH=%s: not seconds since 1970", cli_quote(epoch));
	return CLI_USAGE;
}
