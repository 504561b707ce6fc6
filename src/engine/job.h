/*
 * A job: sources, one pipeline, one sink and the loop that drives them.
 *
 *   source -> input.c: read, frame -> batch.c: feed, end batches -> sink
 *              setup.c: open, signals, close       job.c: loop, finish
 *
 * Everything happens in the loop's thread; worker threads only feed blocks.  The first error
 * ends the job.  An error of a source leaves the answer intact: what was accepted is still
 * emitted.  Any other error ends it at once.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "core/pipeline.h"
#include "core/ticker.h"
#include "engine/stats.h"
#include "engine/workers.h"
#include "sink/sink.h"
#include "source/source.h"

struct event;

struct job_source {			/* one -i */
	const struct source_class	*class;
	const char			*name;		/* of NAME=SOURCE, not ended by NUL ... */
	size_t				 name_len;	/* ... 0: none */
	const char			*address;
	int				 word;
};

/* What to run; read-only and outliving the job. */
struct job_config {
	struct plan			 plan;
	struct job_source		*sources;
	size_t				 nsources;
	const struct sink_class		*sink;
	const char			*out;
	struct source_options		 source_options;
	size_t				 max_line;	/* bytes */
	unsigned			 jobs;
	enum time_format		 time_format;
	bool				 header, progress, quiet;
	const char			*stats;		/* FILE, "-" or NULL */
	void (*print)(const char *line);		/* shows one line to the user */
};

struct job {
	const struct job_config	*config;
	struct err		*err;		/* the first error, when failed or source_failed */
	bool			 failed, source_failed;
	int			 signal;	/* SIGINT or SIGTERM that ends the job, or 0 */

	struct event_base	*base;
	struct evdns_base	*dns;
	struct source_host	 host;
	struct source		**source;
	size_t			 nsources, running;
	struct event		*boundary, *progress, *signal_event;

	const struct scan	*scan;
	struct lines		 lines;		/* read and not yet fed */
	bool			 told_bad;	/* the user knows of the first bad line */
	struct pipeline		 pipeline;
	struct workers		*workers;	/* NULL: the loop feeds */
	struct ticker		 ticker;	/* batches by time */
	int64_t			 rows;		/* batches by rows: fed since the start */
	struct sink		 sink;
	bool			 sink_open;

	struct stats		 batch, sums;	/* of the open batch, of all that ended */
	uint64_t		 batches;	/* written */
	int64_t			 line_mono;	/* when the last status line was shown ... */
	uint64_t		 line_records;	/* ... and the records by then */
	int			 stats_fd;	/* -1: none */
	struct buf		 stats_text;
};

/*
 * Runs a job to its end.  0; or -1 and the error; *SIGNAL is the signal that ended it, or 0.
 */
int job_run(const struct job_config *, int *signal, struct err *);

/* setup.c */

/* Opens all that a job needs and starts its sources; 0 or -1, to be closed either way. */
int job_open(struct job *, struct err *);
void job_close(struct job *);

/* Closes the sink and the stats if they are open: a full disk may be told only now.  0 or -1. */
int job_close_outputs(struct job *, struct err *);

/* input.c: the host of the sources. */
void input_host(struct job *);
void input_fail(struct job *, const struct err *);

/* batch.c */

/* Begins the first batch. */
void batch_start(struct job *);

/* Sees to it that the loop wakes when the open batch ends: to be called before it waits. */
int batch_set_timer(struct job *);

/* Ends every batch whose time is over; to be called before anything is read. */
int batch_tick(struct job *);

/* Feeds what has been read. */
int batch_feed(struct job *);

/* The input is over: ends the open batch and the open windows. */
int batch_finish(struct job *);

/* Records the first error that ends the job at once; returns -1. */
int job_fail(struct job *, const struct err *);

/* Shows the status line. */
void job_status(struct job *);

#endif
