/*
 * A token bucket: at most so many records a second, spread over the second, nothing dropped.  Who
 * reads asks how much may be read and says afterwards what it was.  One read may bring more
 * records than were allowed; that is a debt, and the next one waits until it is paid.
 * Time that was waited for counts in full, so that a late timer costs no record; idle time
 * counts for a hundredth of a second, so that a pause is not followed by a flood.
 *
 * Pure: the caller reads the clock, in microseconds of a clock that never goes back.
 */
#ifndef CORE_BUCKET_H
#define CORE_BUCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUCKET_MOST 1000000000		/* records a second */

struct bucket {
	int64_t		rate;		/* records a second; 0: no limit */
	int64_t		level;		/* millionths of records that may be taken; < 0: debt */
	int64_t		last;		/* when the level was right */
	bool		waiting;	/* the caller waits for more */
	uint64_t	size;		/* bytes of a record, as seen lately */
	uint64_t	unended;	/* bytes taken since the last record ended */
};

/* RATE is 0 to BUCKET_MOST. */
void bucket_open(struct bucket *, uint64_t rate, int64_t now);

/* How many records may be taken now; 0: none until *WAIT microseconds, at least 1, have passed. */
uint64_t bucket_allowed(struct bucket *, int64_t now, int64_t *wait);

/*
 * How many bytes to read, at least 1 and at most MOST, so that they are hardly ever more records
 * than are allowed; MOST if there is no limit.
 */
size_t bucket_bytes(const struct bucket *, size_t most);

/* RECORDS ended in the BYTES that were taken. */
void bucket_spend(struct bucket *, uint64_t records, size_t bytes);

#endif
