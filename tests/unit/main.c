/*
 * Runs all unit tests; the exit status is 0 if none failed.  Check's environment variables choose:
 * CK_RUN_SUITE=map, CK_RUN_CASE=model, CK_FORK=no (for a debugger), CK_VERBOSITY.
 */

#include <check.h>
#include <stdio.h>
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

/* With K/N as argument: every Nth suite from the Kth on, so that several can run side by side. */
int
main(int argc, char **argv)
{
	SRunner *runner = srunner_create(NULL);
	size_t first = 1, step = 1;
	int failed;

	if (argc > 1 && (sscanf(argv[1], "%zu/%zu", &first, &step) != 2 || first == 0 || step == 0))
		return EXIT_FAILURE;
	for (size_t i = first - 1; i < sizeof(suites) / sizeof(suites[0]); i += step)
		srunner_add_suite(runner, suites[i]());
	choose_fork(runner);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
