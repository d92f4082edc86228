/* How a process ends (cli/exit.c). */
#include "cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void statuses(void **state)
{
	static const struct {
		enum capsa_status status;
		int code;
	} cases[] = {
	    {CAPSA_OK, 0},       {CAPSA_ENOMEM, 1},     {CAPSA_EIO, 1},
	    {CAPSA_EMISUSE, 1},  {CAPSA_EFORMAT, 3},    {CAPSA_EUNSUPPORTED, 1},
	    {CAPSA_ECORRUPT, 3}, {CAPSA_EUNTRUSTED, 4}, {CAPSA_ELIMIT, 1},
	    {CAPSA_ENOENT, 1},   {CAPSA_EEXIST, 1},     {CAPSA_EWITHHELD, 1},
	    {CAPSA_ESTOPPED, 1}, {CAPSA_EPASSWORD, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(cli_exit_of(cases[i].status), cases[i].code);
}

/* Each counts over all before it. */
static void the_worst_counts(void **state)
{
	static const int rising[] = {CLI_DONE, CLI_UNTRUSTED, CLI_FAILED, CLI_USAGE, CLI_DAMAGED};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		for (size_t j = 0; j < 5; j++)
			assert_int_equal(cli_worse(rising[i], rising[j]), rising[i > j ? i : j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statuses),
	    cmocka_unit_test(the_worst_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
