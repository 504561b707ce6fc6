/* Every stage there is: the rows of stages.def, in the order of the help, NULL behind the last. */
#ifndef STAGE_STAGE_TABLE_H
#define STAGE_STAGE_TABLE_H

#include "core/stage.h"

extern const struct stage_class *const stage_table[];

#endif
