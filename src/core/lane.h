/*
 * A lane: what one thread writes while it feeds blocks through a plan.  Lane 0 is the loop's.
 */
#ifndef CORE_LANE_H
#define CORE_LANE_H

#include "core/plan.h"

struct lane {
	void		**private;	/* of each stage, class->lane_size bytes */
	struct map	 partial;	/* of the first aggregating stage; unused in lane 0 */
	struct blocks	 in, out;	/* between mapping stages */
	struct buf	 text;		/* rows rendered as lines */
	uint64_t	 counted, filtered, bad;	/* records since the batch began */
};

/* Opens the first STAGES stages of PLAN for a zeroed lane; 0 or -1, to be closed either way. */
int lane_open(struct lane *, const struct plan *, size_t stages, const uint64_t seed[2],
    struct err *);
void lane_close(struct lane *, const struct plan *, size_t stages);

/* Makes one block the lane's input. */
int lane_set(struct lane *, const struct block *, struct err *);

/* Runs lane->in through the mapping stages FROM .. TO - 1; what passes is in lane->in then. */
int lane_map(const struct plan *, struct lane *, size_t from, size_t to, struct err *);

/* The records in lane->in. */
uint64_t lane_records(const struct lane *);

#endif
