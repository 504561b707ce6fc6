/* Nothing but the way in: tests link everything else with a main of their own. */
#include "cli/cli.h"

int
main(int argc, char **argv)
{
	return cli_main(argc, argv);
}
