/* Every source there is: the rows of sources.def in order, NULL behind the last. */
#ifndef SOURCE_SOURCE_TABLE_H
#define SOURCE_SOURCE_TABLE_H

#include "source/source.h"

extern const struct source_class *const source_table[];

#endif
