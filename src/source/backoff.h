/*
 * How long to wait before a further attempt: 100 ms, doubling to 30 s, with jitter, so that many
 * programs that lost the same server do not come back to it at the same moment.
 * Pure: the caller waits.
 */
#ifndef SOURCE_BACKOFF_H
#define SOURCE_BACKOFF_H

#include <stdint.h>

#define BACKOFF_FIRST 100000		/* microseconds */
#define BACKOFF_LONGEST 30000000

struct backoff {
	uint64_t	random;		/* state of the generator */
	int64_t		whole;		/* the longest that the next wait can be, microseconds */
};

/* Begins anew with the jitter that SEED gives; any seed will do, the same one repeats the waits. */
void backoff_start(struct backoff *, uint64_t seed);

/* The next wait in microseconds: evenly spread between half and whole of what doubles each time. */
int64_t backoff_next(struct backoff *);

/* The next wait is as short as the first; the jitter goes on. */
void backoff_reset(struct backoff *);

#endif
