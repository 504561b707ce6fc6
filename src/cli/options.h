/* The options of streamctl itself, which stand before the first stage. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/settings.h"

/* Reads them into SETTINGS, which has the defaults; the first word behind them, or -1. */
int options_parse(struct settings *, int argc, char **argv, struct err *);

/* True for options that stages that aggregate have, too. */
bool options_of_stages(const struct opt *);

#endif
