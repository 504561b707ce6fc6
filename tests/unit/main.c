/*
 * Runs all unit tests; the exit status is 0 if none failed.  Check's environment variables choose:
 * CK_RUN_SUITE=map, CK_RUN_CASE=model, CK_FORK=no (for a debugger), CK_VERBOSITY.
 */

#include <check.h>
#include <stdlib.h>

/* One row for each suite: check_NAME.c has NAME_suite. */
#define SUITE(name) Suite *name##_suite(void);
#include "suites.def"
#undef SUITE

static Suite *(*const suites[])(void) = {
#define SUITE(name) name##_suite,
#include "suites.def"
#undef SUITE
};

/*
 * AddressSanitizer looks for leaks at the end of each process: with a fork for each test that takes
 * three times as long as the tests themselves, and one look at the end finds the same.
 */
static void
choose_fork(SRunner *runner)
{
#if defined(__SANITIZE_ADDRESS__)
	if (getenv("CK_FORK") == NULL)
		srunner_set_fork_status(runner, CK_NOFORK);
#else
	(void)runner;
#endif
}

int
main(void)
{
	SRunner *runner = srunner_create(NULL);
	int failed;

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		srunner_add_suite(runner, suites[i]());
	choose_fork(runner);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
