/*
 * The time column of rows that are written: its text is made once a batch.
 */
#ifndef CORE_ENCODE_H
#define CORE_ENCODE_H

#include "core/format.h"

enum time_format { TIME_ISO, TIME_EPOCH, TIME_EPOCH_MS, TIME_NONE };

/* Sets the time of the rows to come, in microseconds since the epoch. */
void encode_time(struct encoder *, enum time_format, int64_t us);

#endif
