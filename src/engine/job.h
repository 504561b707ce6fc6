/*
 * A job: sources, one pipeline, its sinks and the loop that drives them.
 *
 *   source -> input.c: read, frame -> batch.c: feed, end batches -> sink
 *              setup.c: open, signals, close   job.c: loop, finish   outputs.c: sinks
 *
 * Everything happens in the loop's thread; worker threads only feed blocks.  The first error
 * ends the job.  An error of a source leaves the answer intact: what was accepted is still
 * emitted.  Any other error ends it at once.
 */
#ifndef ENGINE_JOB_H
#define ENGINE_JOB_H

#include "core/limit.h"
#include "core/pipeline.h"
#include "core/ticker.h"
#include "engine/checkpoint.h"
#include "engine/journal.h"
#include "engine/shed.h"
#include "engine/stats.h"
#include "engine/workers.h"
#include "sink/sink.h"
#include "source/source.h"

struct event;
struct overload;

struct job_source {			/* a source; several of one -i if it is a glob */
	int				 number;	/* of the -i, from 0 */
	const struct source_class	*class;
	const char			*name;		/* of NAME=SOURCE, not ended by NUL ... */
	size_t				 name_len;	/* ... 0: none */
	const char			*address;
	int				 word;
};

struct job_output {			/* one end of a chain */
	const struct sink_class		*class;
	const char			*address;
	int				 word;
	const struct format_class	*format;	/* unused by a sink that takes rows */
};

enum bad_policy { BAD_SKIP, BAD_FAIL, BAD_FILE };

/* What to run; outliving the job, which changes nothing of it but to seed and bind
 * the plan. */
struct job_config {
	struct plan			*plan;
	bool				 bound;		/* the plan is; else by a header */
	const struct format_class	*from;		/* how records are written */
	int64_t				 lateness;	/* microseconds, for event time ... */
	const char			*late_file;	/* ... for late ones, or NULL ... */
	int64_t				 idle;		/* ... so long idle, not waited for */
	int64_t				 silent;	/* microseconds; 0: silence is no failure */
	int64_t				 drain;		/* ... that an ending signal leaves */
	enum shed_policy		 shed;
	enum bad_policy			 bad;
	const char			*bad_file;	/* of BAD_FILE */
	struct job_source		*sources;
	size_t				 nsources, inputs;	/* sources; -i that gave them */
	struct job_output		*outputs;	/* of each that the plan has */
	struct source_options		 source_options;
	size_t				 max_line;	/* bytes */
	unsigned			 jobs;
	size_t				 max_memory;	/* bytes; 0: no bound ... */
	enum on_full			 on_full;	/* ... what happens there */
	enum time_format		 time_format;
	bool				 header, progress, quiet;
	bool				 meta;		/* rows tell the number of their batch */
	const char			*stats;		/* FILE, "-" or NULL */
	const char			*checkpoint;	/* FILE or NULL */
	bool				 sync;		/* commits survive a loss of power */
	uint64_t			 journal;	/* bytes it may have; 0: there is none */
	bool				 resume_changed;	/* keep the stages that are alike */
	const char			*identity;	/* of the checkpoint: see identity.h */
	void (*print)(const char *line);		/* shows one line to the user */
};

struct input_state {			/* what event time must know of an -i */
	size_t	running;		/* its sources that go on */
	bool	told;			/* that all have ended */
	bool	live, idle;		/* it may fall silent for long; it has */
	int64_t	heard;			/* monotonic time of its last bytes */
};

/* What was read behind the end of a batch, and is not fed yet when that is committed. */
struct ahead {
	struct frame_counts	counts;		/* bad lines too */
	size_t			len;		/* of the block's text */
	uint64_t		records;	/* of the block */
};

struct memory {				/* how near the bound it is, see memory.c */
	size_t		base;		/* bytes held before anything was read */
	size_t		wanted;		/* held, and needed to end the batch, when last looked */
	size_t		step;		/* the most that a block has added to that */
	size_t		calm;		/* with no more held than this ... */
	uint64_t	blocks;		/* ... and this many fed there is no need to look ... */
	uint64_t	fed;		/* ... of which so many have been */
	bool		told;
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
	struct input_state	*input;		/* of each -i */
	struct event		*boundary, *progress, *signal_event, *idle, *silence,
				*settle;
	uint64_t		 heard_records;	/* as the silence was last looked at ... */
	int64_t			 heard;		/* ... and when there last were more */

	const struct scan	*scan;
	struct lines		 lines;		/* read and not yet fed */
	bool			 told_bad;	/* the user knows of the first bad line */
	bool			 bound;		/* the columns are known, the pipeline is open */
	bool			 apart;		/* a block holds records of one connection only */
	struct layout_node	*layouts;	/* of connections whose header is another */
	struct pipeline		 pipeline;
	struct workers		*workers;	/* NULL: the loop feeds */
	struct overload		*overload;	/* NULL: nothing is ever shed */
	bool			 paced;		/* a file is read: it can wait, nothing is shed */
	struct ticker		 ticker;	/* batches by time */
	int64_t			 rows;		/* batches by rows: fed since the start */
	const struct format_class **to;		/* formats of the outputs */
	uint64_t		 seed[3];
	struct sink		*sink;		/* of each output */
	struct buf		*head;		/* of each output, if its sink wants one */
	unsigned		 sinks_open;
	struct sink		 bad, late;	/* files for such records; class NULL: none */

	struct memory		 memory;
	struct stats		 batch, sums;	/* of the open batch, of all that ended */
	struct account		*account_sums;	/* of each account of the plan */
	uint64_t		 bad_records;	/* that stages or the format found */
	uint64_t		 late_records;
	uint64_t		 dropped;	/* datagrams, by the system, so far */
	uint64_t		 batches;	/* written */
	int64_t			 line_mono;	/* when the last status line was shown ... */
	uint64_t		 line_records;	/* ... and the records by then */
	int			 stats_fd;	/* -1: none */
	struct buf		 stats_text;

	struct checkpoint	 checkpoint;	/* path NULL: there is none */
	struct journal		 journal;	/* if there is one */
	struct progress		 past;		/* where the run before had come to */
	struct buf		 saved;		/* state of a source or sink, to be put */
	struct buf		 header;	/* the first header record, with a NUL */
	int64_t			*source_id;	/* of each source, in the checkpoint */
	uint64_t		*source_put;	/* its offset, when it was last put */
	struct buf		*sink_saved;	/* of each output, then bad and late: by that run */
	struct source		*from;		/* of the records in the block ... */
	struct framer		*framer;	/* ... and their connection */
	struct framer		 whole;		/* in its place, of lines that a source makes */
	bool			 replaying;	/* they come from the journal */
	struct ahead		 skipped;	/* what is not fed again of their entry */
	uint64_t		 fed;		/* number of the journal's entry fed last */
	bool			 due;		/* a batch has ended since the last commit */
	bool			 can_wait;	/* a commit can: nobody sees when it comes */
	int64_t			 committed;	/* monotonic time of the last commit */
};

static inline bool
job_keeps(const struct job *job)
{
	return job->config->checkpoint != NULL;
}

/*
 * Runs a job to its end.  0; or -1 and the error; *SIGNAL is the signal that ended it, or 0.
 */
int job_run(const struct job_config *, int *signal, struct err *);

/* setup.c */

/* Opens all that a job needs and starts its sources; 0 or -1, to be closed either way. */
int job_open(struct job *, struct err *);
void job_close(struct job *);

/* The columns are known: opens the pipeline and the outputs; 0 or -1. */
int job_bind(struct job *, struct err *);

/* timers.c */

int timers_open(struct job *, struct err *);

/* outputs.c */

int outputs_open(struct job *, struct err *);

/* Callbacks of the pipeline, whose ARG is the job. */
int outputs_write(void *arg, unsigned output, const char *bytes, size_t len, struct err *);
int outputs_rows(void *arg, unsigned output, const struct schema *, const struct block *,
    struct err *);

/* The batch that ended at TIME is whole. */
int outputs_end(struct job *, int64_t time, struct err *);

/* Closes what is open, stats too: a full disk may be told only now.  0 or -1: call it again. */
int outputs_close(struct job *, struct err *);
void outputs_free(struct job *);

/* input.c: the host of the sources. */
void input_host(struct job *);
void input_fail(struct job *, const struct err *);
void job_tell_bad(struct job *, const char *why);

/* header.c: the first record of a connection, if the format has its columns there. */

/* The record that named the columns in a run before binds the plan; 0 or -1. */
int header_resume(struct job *, struct err *);

/* Finds where the fields of a connection are by its header, which was kept.  0 or -1. */
int header_place(struct job *, const struct source *, struct framer *, struct err *);

/* True if the connection's next record is one. */
bool header_due(const struct job *, const struct framer *);

/* Takes it off job->lines, if it is there, and binds the plan with the first; 0 or -1. */
int header_take(struct job *, struct source *, struct framer *, struct err *);
void header_close(struct job *);

/* figures.c */

/* Takes the size of the state into the figures of the open batch. */
void figures_size(struct job *);

/* The batch that ends here is written: tells its figures and opens the next one's; 0 or -1. */
int figures_close(struct job *, struct moment end);

/* The last answers came when no batch was open: takes what was bad in them; 0 or -1. */
int figures_finish(struct job *);

/* events.c */

/* By event time: a batch is over, all rows of it are encoded.  A callback of the pipeline. */
int batch_closed(void *job, int64_t time, struct err *);

/* By event time: tells the pipeline of sources that have ended, or IDLE: are silent; 0 or -1. */
int batch_inputs(struct job *, bool idle);

/* Ends all batches that are open; 0 or -1. */
int events_finish(struct job *);

/* commit.c: with a checkpoint; without one nothing is done. */

/*
 * A batch has ended, and what is AHEAD was read but not fed.  Commits, unless the last commit was
 * just now and nothing is lost by waiting.  0 or -1.
 */
int commit_batch(struct job *, const struct ahead *);

/*
 * The sources of a first run have started: commits that, as where they begin is known only now: a
 * log's end, the files that dir: leaves out.  0, or -1 and the error.
 */
int commit_start(struct job *, struct err *);

/* Commits what has been fed, in the middle of a batch or not; 1: that cannot be now; 0 or -1. */
int commit_now(struct job *);

/* A block is about to be fed: journals it if it cannot be read again.  0 or -1. */
int commit_journal(struct job *, const struct block *);

/* What was read has been fed: sees to it that the journal stays within its bound.  0 or -1. */
int commit_full(struct job *);

/* The input is over, and all has been answered.  0 or -1. */
int commit_finish(struct job *);

/* resume.c: the same. */

/* Opens the checkpoint, and finds out how far a run before has come; 0 or -1. */
int resume_open(struct job *, struct err *);

/* The pipeline is open: takes the state, and commits what was kept of another; 0 or -1. */
int resume_state(struct job *, struct err *);

/* Before the sources start: feeds what the journal has, ends batches that were missed.  0 or -1. */
int resume_start(struct job *, struct err *);
void resume_close(struct job *);

/* memory.c */

/* Sets the bound of --max-memory; 0 or -1. */
int memory_open(struct job *, struct err *);

/* After a block was fed, or a batch is about to be answered: does what --on-full asks; 0 or -1. */
int memory_look(struct job *);

/* At the end: what was evicted. */
void memory_tell(const struct job *);

/* overload.c: what was read and is not fed yet, for --shed; without it there is none. */

int overload_open(struct job *, struct err *);
void overload_close(struct job *);

bool overload_waiting(const struct job *);

/* Lets job->lines wait, in the place of others if there are too many; 0 or -1. */
int overload_put(struct job *);

/* Feeds some of what waits, if it is its turn, or all of it; 0 or -1. */
int overload_work(struct job *);
int overload_drain(struct job *);

/* Tells at the end how many were dropped. */
void overload_tell(const struct job *);

/* batch.c */

static inline bool
job_by_rows(const struct job *job)
{
	return job->config->plan->batch.rows;
}

static inline bool
job_by_events(const struct job *job)
{
	return job->config->plan->time_field != NULL;
}

/* The batch is written: has its answer met a condition that ends the run?  0, or -1 if so. */
int batch_conditions(struct job *, struct err *);

/* Begins the first batch; tells the pipeline of the open one when that has been opened. */
void batch_start(struct job *);
void batch_begin(struct job *);

/* Sees to it that the loop wakes when the open batch ends: to be called before it waits. */
int batch_set_timer(struct job *);

/* Ends every batch whose time is over; to be called before anything is read. */
int batch_tick(struct job *);

/* Feeds what has been read, or lets it wait, see overload.c. */
int batch_feed(struct job *);

/* By the clock: ends a batch that ended at TICK, before this run began.  0 or -1. */
int batch_missed(struct job *, int64_t tick);

/* The end of the open batch: a multiple of its interval or its rows. */
int64_t batch_open_end(const struct job *);
/* Feeds the lines, which are empty then. */
int batch_feed_lines(struct job *, struct lines *);

/* The input is over: ends the open batch and the open windows. */
int batch_finish(struct job *);

/* Records the first error that ends the job at once; returns -1. */
int job_fail(struct job *, const struct err *);

/* Shows the status line. */
void job_status(struct job *);

#endif
