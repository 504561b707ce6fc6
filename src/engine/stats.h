/*
 * What a run tells about itself: a TSV row for each batch, and one line for people.  One struct
 * holds the figures of a batch, another of the same kind their sums.
 */
#ifndef ENGINE_STATS_H
#define ENGINE_STATS_H

#include "base/buf.h"
#include "core/evict.h"
#include "core/frame.h"
#include "core/lane.h"

#include <stdint.h>

struct stats {
	int64_t			time;		/* the batch's name, microseconds since the epoch */
	struct frame_counts	lines;		/* records, bad ones and bytes */
	uint64_t		keys, state_bytes;	/* as the batch ended */
	int64_t			scheduling_delay;	/* boundary until it was noticed, us */
	int64_t			processing_time;	/* from then until all is written, us */
	uint64_t		reconnects;
	struct evicted		evicted;
	uint64_t		error;		/* by which a count may be too low, as it ended */
	uint64_t		shed;		/* records that --shed has dropped */
	uint64_t		dropped;	/* datagrams that the system has */
};

/* Adds the figures of a batch to the sums; keys and state_bytes are the latest. */
void stats_add(struct stats *sums, const struct stats *batch);

/*
 * Appends the row of chain NUMBER, what became of whose records is in ACCOUNT, or the names of the
 * columns; 0 or -1 (memory).
 */
int stats_row(struct buf *, const struct stats *, const struct account *, unsigned number);
int stats_header(struct buf *);

/* Those of its records that no stage kept and none found bad. */
uint64_t stats_filtered(const struct account *);

/* True if each record that was read is counted, filtered, late, bad or shed. */
bool stats_conserved(const struct stats *, const struct account *);

#define STATS_LINE 256			/* bytes that stats_line needs, NUL included */

/* One line without a newline: batch number, records, rate over ELAPSED microseconds, bad, state. */
void stats_line(char out[STATS_LINE], const struct stats *sums, uint64_t batches,
    uint64_t records_since, int64_t elapsed);

#endif
