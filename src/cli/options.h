/* The options of streamctl itself, which stand before the first stage. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/settings.h"

/* Reads them into SETTINGS, which has the defaults; the first word behind them, or -1. */
int options_parse(struct settings *, int argc, char **argv, struct err *);

/* True for options that stages that aggregate have, too. */
bool options_of_stages(const struct opt *);

/* Between the files of the options: what --max-memory and --on-full set; 0 or -1. */
int options_max_memory(struct settings *, const char *value, int word, struct err *);
int options_on_full(struct settings *, const char *value, int word, struct err *);

#endif
