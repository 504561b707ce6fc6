/* Addresses of sources and sinks: which class takes one, names, globs. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include "cli/settings.h"

/* Adds [NAME=]SOURCE, or each file that it is a glob of; 0 or -1. */
int address_source(struct settings *, const char *text, int word, struct err *);

/* The class of sink that takes an address, or NULL and the error. */
const struct sink_class *address_sink(const char *text, int word, struct err *);

#endif
