/*
 * What the tests of stages share: a pipeline of real stages and formats in memory, fed batch by
 * batch or by event time, in blocks cut anywhere; its rows as TSV behind the batch end in seconds.
 */
#ifndef UNIT_FLOW_UTIL_H
#define UNIT_FLOW_UTIL_H

#include "core/plan.h"
#include "util.h"

struct pipeline;

#define FLOW_SECOND INT64_C(1000000)
#define FLOW_START INT64_C(1795389000)	/* seconds; where the first batch begins */

/* A part of the batches, by a pipeline that is looked into; 0 or -1 from each. */
struct flow_piece {
	int		 from, to;	/* batches; the input ends only with the last one ... */
	bool		 closed;	/* ... or behind it: then that is one batch more */
	const uint64_t	*seed;		/* of the maps, two words */
	void		*arg;
	int		(*opened)(void *arg, struct pipeline *, struct err *);
	int		(*ended)(void *arg, struct pipeline *, int batch, struct err *);
};

struct flow {
	const char	*line;		/* the pipeline's words */
	const char	*format;	/* of the records; NULL: lines */
	const char	*columns;	/* --columns, or NULL */
	const char	*time;		/* --time: all text is one stream, NULL: a batch each */
	int64_t		 lateness;	/* microseconds */
	struct span	 batch;		/* ticks 0: a second */
	const struct files *files;	/* that stages read, or NULL */
	const struct flow_piece *piece;	/* NULL: all batches; not by event time */
};

struct flow_end {			/* what became of the records */
	uint64_t	records, counted, bad, late;
	char		why[160];	/* the first bad one is */
};

/*
 * Runs BATCH[0 .. n), whole lines each; PIECES: in random pieces.  Appends the rows to OUT.  0, or
 * -1 with the error.
 */
int flow_try(const struct flow *, const struct buf *batch, int n, bool pieces, struct buf *out,
    struct flow_end *, struct err *);

/* The same; fails the test on an error.  END may be NULL. */
void flow_run(const struct flow *, const struct buf *batch, int n, bool pieces, struct buf *out,
    struct flow_end *);

/* Fails unless these lines, one batch each, give these rows; END as above. */
void flow_same(const struct flow *, const char *const *batch, int n, const char *want,
    struct flow_end *);

/* Fails unless the pipeline is refused with a message that has WHY in it. */
void flow_refused(const struct flow *, const char *why);

/*
 * Runs it with one allocation after the other failing, each of the first 200 and then fewer and
 * fewer: must be an error, or the answer as it is.
 */
void flow_short_of_memory(const struct flow *, const struct buf *batch, int n);

#endif
