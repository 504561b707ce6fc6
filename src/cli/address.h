/* Addresses of sources and sinks: which class takes one, names, globs. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include "cli/settings.h"

/* Adds [NAME=]SOURCE, or each file that it is a glob of; 0 or -1. */
int address_source(struct settings *, const char *text, int word, struct err *);

/* Sets the sink; 0 or -1. */
int address_sink(struct settings *, const char *text, int word, struct err *);

#endif
