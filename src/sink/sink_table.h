/* Every sink there is: the rows of sinks.def in order, NULL behind the last, which takes all. */
#ifndef SINK_SINK_TABLE_H
#define SINK_SINK_TABLE_H

#include "sink/sink.h"

extern const struct sink_class *const sink_table[];

/* The last: for files of which no user says what kind they are. */
extern const struct sink_class sink_file;

#endif
