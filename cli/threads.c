/* How many threads work. */
#include "cli.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

bool cli_threads(const char *argument, uint32_t *out)
{
	char *end = NULL;
	cpu_set_t cores;
	long count;

	if (argument == NULL) {
		/* Fails on machines with over 1,024 cores. */
		count = sched_getaffinity(0, sizeof cores, &cores) == 0
		            ? CPU_COUNT(&cores)
		            : sysconf(_SC_NPROCESSORS_ONLN);
		*out = count > 1024 ? 1024 : count < 1 ? 1 : (uint32_t)count;
		return true;
	}
	errno = 0;
	count = strtol(argument, &end, 10);
	if (errno != 0 || end == argument || *end != '\0' || count < 1 || count > 1024) {
		cli_error("'%s' is no number of threads from 1 to 1024", cli_quote(argument));
		return false;
	}
	*out = (uint32_t)count;
	return true;
}
