/*
 * Whole pipelines over random records of two streams, for the tests of stages that see several
 * batches: records are `t,s,k,g,v` as tsv, the streams have the names a and b, and batches are of a
 * millisecond.  By the clock each stream is a source; by event time both are in one, told apart
 * by s.  A run can put its state down at any moment and be gone on with by another pipeline.
 */
#ifndef UNIT_TWIN_UTIL_H
#define UNIT_TWIN_UTIL_H

#include "core/pipeline.h"
#include "store_util.h"
#include "util.h"

#define TWIN_RECORDS 200
#define TWIN_BATCH 1000			/* ticks */
#define TWIN_ROWS 5			/* of a batch by rows */
#define TWIN_START INT64_C(1700000000000000)

struct twin_record {
	int		 side;		/* 0: a, 1: b */
	int64_t		 time;		/* microseconds; of the clock: when it comes */
	int64_t		 tick;		/* end of its batch */
	const char	*k, *g;		/* \N: null */
	int		 v;
	bool		 late;
};

/* What comes, and when: random. */
struct twin_play {
	struct twin_record	 record[TWIN_RECORDS];
	int			 n;
	int64_t			 first, last;	/* ticks */
	bool			 events;	/* by event time ... */
	int64_t			 lateness;
	bool			 open;		/* the last batch is open when the input ends */
	bool			 rows;		/* batches are of TWIN_ROWS; time goes back, too */
};

/* ODD: also with keys that are a number to some and not to others (01). */
void twin_make(struct twin_play *, bool events, bool odd);

/* The same in batches by rows. */
void twin_make_rows(struct twin_play *);

/* Runs words over it; the rows, with their time in milliseconds, are added to OUT.  0 or -1. */
int twin_run(const struct twin_play *, char *const *words, const struct files *, struct buf *out,
    struct err *);

/* How a run is disturbed. */
struct twin_cuts {
	bool			 saves;		/* it puts its state down at random moments ... */
	bool			 goes_on;	/* ... and then another pipeline may go on */
	unsigned		 lanes;		/* that feed, if the plan is parallel */
	bool			 damages;	/* what it goes on from: a run ends with that */
	uint64_t		 fault;		/* allocation that fails as one goes on, or 0 ... */
	bool			 reached;	/* ... which was asked for */
	int			 saved, cuts;	/* how often it was so */
	struct memory_store	 store;
};

/* The same; zeroed CUTS but for what is asked are to be freed with their store. */
int twin_run_cut(const struct twin_play *, char *const *words, const struct files *,
    struct twin_cuts *, struct buf *out, struct err *);

/* The records that are not late, in the order of their batches; how many. */
int twin_order(const struct twin_play *, const struct twin_record **);

#endif
