/*
 * Whole pipelines over random records of two streams, for the tests of stages that see several
 * batches: records are `t,s,k,g,v` as tsv, the streams have the names a and b, and batches are of a
 * millisecond.  By the clock each stream is a source; by event time both are in one, told apart
 * by s.
 */
#ifndef UNIT_TWIN_UTIL_H
#define UNIT_TWIN_UTIL_H

#include "core/pipeline.h"
#include "util.h"

#define TWIN_RECORDS 200
#define TWIN_BATCH 1000			/* ticks */
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
};

/* ODD: also with keys that are a number to some and not to others (01). */
void twin_make(struct twin_play *, bool events, bool odd);

/* Runs words over it; the rows, with their time in milliseconds, are added to OUT.  0 or -1. */
int twin_run(const struct twin_play *, char *const *words, const struct files *, struct buf *out,
    struct err *);

/* The records that are not late, in the order of their batches; how many. */
int twin_order(const struct twin_play *, const struct twin_record **);

#endif
