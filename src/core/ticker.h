/*
 * When batches end.  Boundaries are multiples of the interval since the epoch; they are named by
 * the wall clock and waited for on the monotonic clock.  Each fires exactly once and in order,
 * late if the process was blocked.  A step of the wall clock by an interval or more (and by 100 ms
 * at least) moves the next boundary to the first multiple behind the new time, and does nothing
 * else; a smaller one is followed at the next boundary.
 *
 * Pure: the caller reads the clocks.  All times are microseconds; wall since the epoch, mono since
 * anything.
 */
#ifndef CORE_TICKER_H
#define CORE_TICKER_H

#include <stdbool.h>
#include <stdint.h>

struct ticker {
	int64_t	interval;	/* > 0 */
	int64_t	boundary;	/* wall time at which the open batch ends: its name */
	int64_t	deadline;	/* the same moment on the monotonic clock */
};

void ticker_start(struct ticker *, int64_t interval, int64_t wall, int64_t mono);

/* True if the open batch has ended. */
static inline bool
ticker_due(const struct ticker *t, int64_t mono)
{
	return mono >= t->deadline;
}

/* Microseconds from the open batch's end until now; 0 while it has not ended. */
int64_t ticker_lateness(const struct ticker *, int64_t mono);

/* The open batch has been fired: opens the next one. */
void ticker_next(struct ticker *, int64_t wall, int64_t mono);

#endif
