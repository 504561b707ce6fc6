/*
 * The columns that come before those of the rows: the time, and with --meta the batch's number.
 */
#ifndef CORE_ENCODE_H
#define CORE_ENCODE_H

#include "core/format.h"

enum time_format { TIME_ISO, TIME_EPOCH, TIME_EPOCH_MS, TIME_NONE };

/* Sets the time of the rows to come, in microseconds since the epoch. */
void encode_time(struct encoder *, enum time_format, int64_t us);

/* Sets the number of their batch: there is a column for it. */
void encode_batch(struct encoder *, uint64_t number);

/*
 * Writes the columns that come before those of the rows, at OUT, each with SEPARATOR behind it but
 * the last; ENCODE_LEAD bytes at most.  Returns how many.
 */
#define ENCODE_LEAD (sizeof(((struct encoder *)0)->time) + sizeof(((struct encoder *)0)->batch) + 1)
size_t encode_lead(char *out, const struct encoder *, char separator);

#endif
