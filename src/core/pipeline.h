/*
 * Runs a plan: blocks go in as they arrive, batch ends fire the answers, TSV comes out.
 *
 *   block -> mapping stages -> first aggregate | -> fire -> mapping -> next aggregate ... -> TSV
 *            `------- in every lane -------'   |    `------------ in lane 0 ------------'
 *
 * Lanes may feed at the same time, each from one thread; everything else is called while none
 * feeds.  Without an aggregate there is one lane, and records become rows as they arrive.
 */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include "core/lane.h"
#include "core/tsv.h"
#include "core/window.h"

/* Takes encoded rows; 0, or -1 with the error filled. */
typedef int (*pipeline_write_fn)(void *arg, const char *bytes, size_t len, struct err *);

struct pipeline {
	const struct plan	*plan;
	struct window		*window;	/* of each stage; used for the aggregating ones */
	struct lane		*lane;
	unsigned		 lanes;
	struct rows		 rows;
	struct tsv		 tsv;
	pipeline_write_fn	 write;
	void			*write_arg;
};

struct moment {
	int64_t	tick;			/* batch end: microseconds since the epoch, or rows */
	int64_t	wall;			/* microseconds since the epoch */
};

/* LANES > 1 only if the plan has an aggregating stage.  0, or -1; closed either way. */
int pipeline_open(struct pipeline *, const struct plan *, unsigned lanes, const uint64_t seed[2],
    enum time_format, pipeline_write_fn, void *write_arg, struct err *);

/* Feeds a block of lines into a lane. */
int pipeline_feed(struct pipeline *, unsigned lane, const struct block *, struct err *);

/* Merges what lane FROM has into lane INTO; both at rest.  For parallel reduction. */
int pipeline_gather(struct pipeline *, unsigned into, unsigned from, struct err *);

/* A batch has begun that will end at this moment: the time of rows that pass as they arrive. */
void pipeline_begin(struct pipeline *, struct moment end);

/* The batch has ended: fires every stage that is due.  The lanes have been gathered into lane 0. */
int pipeline_end(struct pipeline *, struct moment, struct err *);

/*
 * The input is over, and with it a batch that ends at this moment, if OPEN.  Open windows answer,
 * too, named by the end they would have had.
 */
int pipeline_finish(struct pipeline *, struct moment, bool open, struct err *);

/* Writes what is encoded. */
int pipeline_flush(struct pipeline *, struct err *);

/* Adds up and clears the counts of the batch; bad: a stage could not take them. */
void pipeline_counts(struct pipeline *, uint64_t *counted, uint64_t *filtered, uint64_t *bad);

uint64_t pipeline_keys(const struct pipeline *);
size_t pipeline_bytes(const struct pipeline *);
void pipeline_close(struct pipeline *);

#endif
