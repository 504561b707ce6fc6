/*
 * What a checkpoint belongs to: lines of text that say what its state means, "NAME: VALUE" each.
 * Those of stages are named "stage", in the order of the plan.
 */
#ifndef ENGINE_IDENTITY_H
#define ENGINE_IDENTITY_H

#include "engine/checkpoint.h"

/*
 * Compares the lines with those of the run that made the checkpoint, or puts them into a new one.
 * Others are refused with what differs (ERR_CHECKPOINT); CHANGED: then the state of stages whose
 * lines are among both is kept, and all else begins anew.  0, or -1 and the error.
 */
int identity_check(struct checkpoint *, const char *lines, bool changed, struct err *);

#endif
