/*
 * Runs a plan: records go in as they arrive, batch ends fire the answers, encoded rows come out.
 *
 *   records -> rows -> early stages -> first aggregates -> fire -> stages -> aggregates -> outputs
 *              `--------------- in every lane ---------'           `----- in lane 0 -----'
 *
 * Blocks go from stage to stage along the links of the plan, depth first: what a stage makes of a
 * block has been taken by all behind it before it sees the next one.
 *
 * Lanes may feed at the same time, each from one thread; everything else is called while none
 * feeds.  Without an aggregate there is one lane, and records become rows as they arrive.
 */
#ifndef CORE_PIPELINE_H
#define CORE_PIPELINE_H

#include "core/encode.h"
#include "core/event_time.h"
#include "core/lane.h"
#include "core/window.h"

struct pipeline;

/* What the shell around it does; 0, or -1 with the error filled. */
struct pipeline_host {
	void	*arg;

	/* Takes encoded rows for an output. */
	int	(*write)(void *arg, unsigned output, const char *bytes, size_t len, struct err *);

	/* Takes rows as they are for an output without a format. */
	int	(*rows)(void *arg, unsigned output, const struct schema *, const struct block *,
		    struct err *);

	/* By event time: the batch that ends at TIME is over and all its rows have been encoded. */
	int	(*closed)(void *arg, int64_t time, struct err *);
};

struct pipeline_config {
	struct plan			*plan;		/* bound; its conditions change, and
							   --initial moves to the windows */
	const struct format_class	*from;		/* how records are written */
	const struct format_class	*const *to;	/* of each output; NULL: as rows */
	unsigned			 lanes;		/* > 1 only if the plan is parallel */
	const uint64_t			*seed;		/* two words */
	enum time_format		 time_format;
	const uint64_t			*batches;	/* that are over: their numbers are told;
							   NULL: they are not */
	bool				 keep_bad, keep_late;
	size_t				 sources;	/* of records, for event time ... */
	int64_t				 lateness;	/* ... in microseconds */
	const struct store		*store;		/* where state is put down, or NULL */
	struct pipeline_host		 host;
};

struct pipeline {
	struct pipeline_config	 config;
	struct plan		*plan;
	struct layout		 layout;	/* how records are read; fields 0: as lines */
	bool			 reads;		/* records are cut into fields */
	struct window		*window;	/* of each stage; used for the aggregating ones */
	bool			*ended;		/* of each: to be told that its rows have ended */
	struct lane		*lane;
	struct encoder		*encoder;	/* of each output */
	struct value		*cells;		/* LANE_ROWS rows of an answer */
	struct account		*account;	/* of the batch, when it has been gathered */
	struct bad		 bad, late;
	struct event_time	 event;		/* if the plan has a time field */
	struct saving		*saving;	/* of each stage, then of each output */
	struct buf		 saved;		/* what is put next */
	int64_t			 time;		/* end of the open batch */
	uint64_t		 given;		/* rows that stages gave at the ends of batches */
};

struct moment {
	int64_t	tick;			/* batch end: microseconds since the epoch, or rows */
	int64_t	wall;			/* microseconds since the epoch */
};

/* 0, or -1; closed either way. */
int pipeline_open(struct pipeline *, const struct pipeline_config *, struct err *);

/* Feeds whole records, a block of the lines form, into a lane. */
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

/* Appends the line of column names to each output's encoder; 0 or -1 (memory). */
int pipeline_head(struct pipeline *, struct err *);

/* Writes what is encoded. */
int pipeline_flush(struct pipeline *, struct err *);

/* Adds up what the lanes have counted since the last time: in p->account and p->bad. */
void pipeline_counts(struct pipeline *);

uint64_t pipeline_keys(const struct pipeline *);
size_t pipeline_bytes(const struct pipeline *);

/* True if batches without records would still change something: a window or a stage waits. */
bool pipeline_waits(const struct pipeline *);

/* True if a window that ends by itself has something. */
bool pipeline_windows(const struct pipeline *);
void pipeline_close(struct pipeline *);

/*
 * By event time: a source is over or idle, which may end batches; and the input is over, which ends
 * all.  0 or -1.
 */
int pipeline_source_done(struct pipeline *, size_t source, struct err *);
int pipeline_source_idle(struct pipeline *, size_t source, struct err *);
int pipeline_finish_events(struct pipeline *, struct err *);

/*
 * With a store: puts down what has changed since the last time, between blocks, when all lanes have
 * been gathered; TICK is the end of the open batch.  0, or -1 and the error; 1: some stage keeps
 * rows of the open batch and cannot: it is to be asked again when the batch has ended.
 */
int pipeline_save(struct pipeline *, int64_t tick, struct err *);

/*
 * Takes a chunk of those, in the order of their parts (role, owner, tick, generation), into a
 * pipeline that was just opened, and then the whole is there.  0, or -1 and the error.
 */
int pipeline_load(struct pipeline *, const struct store_part *, const char *bytes, size_t len,
    struct err *);
int pipeline_loaded(struct pipeline *, struct err *);

/* ---- between the files of the pipeline ---- */

/* Gives records to every root that takes those of their source, and counts them. */
int pipeline_records(struct pipeline *, struct lane *, const struct block *, struct err *);

/* Counts what did not become a row in every chain: BAD, LATE and BLANK records of a source. */
void pipeline_lost(const struct pipeline *, struct lane *, int source, uint64_t bad,
    uint64_t late, uint64_t blank);

/* Takes rows of records by their own time. */
int pipeline_events(struct pipeline *, struct lane *, const struct block *, struct err *);

/* The records of a batch have ended: those that map and take them are to be told. */
void pipeline_mark_records(struct pipeline *);

/* Tells a stage that maps that the rows of a batch have ended; it may have held some back. */
int pipeline_end_stage(struct pipeline *, unsigned stage, struct moment, bool last, struct err *);

/* Closes the open pane of an aggregating stage if it ends at TICK. */
int pipeline_advance(struct pipeline *, unsigned stage, int64_t tick, struct err *);

/* Lets an aggregating stage answer. */
int pipeline_fire(struct pipeline *, unsigned stage, struct moment, struct err *);

/* Writes a block to an output. */
int pipeline_encode(struct pipeline *, unsigned output, const struct block *, struct err *);

/* Gives a block to a stage. */
int pipeline_give(struct pipeline *, struct lane *, unsigned stage, const struct block *,
    struct err *);

/* Gives a block to all of NEXT. */
int pipeline_push(struct pipeline *, struct lane *, const struct links *next, const struct block *,
    struct err *);

#endif
