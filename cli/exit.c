/* How a process ends. */
#include "cli.h"

int cli_worse(int a, int b)
{
	static const int rank[] = {
	    [CLI_DONE] = 0,  [CLI_UNTRUSTED] = 1, [CLI_FAILED] = 2,
	    [CLI_USAGE] = 3, [CLI_DAMAGED] = 4,
	};

	return rank[a] >= rank[b] ? a : b;
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
