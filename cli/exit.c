/* How a process ends. */
#include "cli.h"

#include <errno.h>
#include <stdatomic.h>

static atomic_bool lacks_memory;

int cli_worse(int a, int b)
{
	static const int rank[] = {
	    [CLI_DONE] = 0,  [CLI_UNTRUSTED] = 1, [CLI_FAILED] = 2,
	    [CLI_USAGE] = 3, [CLI_DAMAGED] = 4,
	};

	return rank[a] >= rank[b] ? a : b;
}

void cli_lack_memory(void)
{
	atomic_store(&lacks_memory, true);
}

bool cli_lacks_memory(void)
{
	return atomic_load(&lacks_memory);
}

void cli_watch_memory(void)
{
	errno = 0;
}

void cli_check_memory(void)
{
	if (errno == ENOMEM)
		cli_lack_memory();
}

int cli_exit_of(enum capsa_status status)
{
	switch (status) {
	case CAPSA_OK:
		return CLI_DONE;
	case CAPSA_EFORMAT:
	case CAPSA_ECORRUPT:
		return CLI_DAMAGED;
	case CAPSA_EUNTRUSTED:
		return CLI_UNTRUSTED;
	default:
		return CLI_FAILED;
	}
}
