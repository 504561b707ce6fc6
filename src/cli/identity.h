/* What a run's checkpoint belongs to, from its words. */
#ifndef CLI_IDENTITY_H
#define CLI_IDENTITY_H

#include "cli/settings.h"

/*
 * Makes s->identity the lines of engine/identity.h: what decides what the state means, and where
 * the answers go.  FIRST is the first word of the pipeline.  0 or -1.
 */
int identity_make(struct settings *, int first, struct err *);

#endif
