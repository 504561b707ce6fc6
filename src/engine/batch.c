/*
 * Batches: feeding what was read and ending what is over.  A batch by time ends when the ticker
 * says so; lines belong to the batch in which they were read.  A batch by rows ends behind its last
 * row, wherever in a block that is.
 */
#include "engine/job.h"

#include "engine/sys.h"
#include "sink/descriptor.h"

#include <event2/event.h>
#include <string.h>
#include <unistd.h>

/* True if batches end when the clock says so. */
static bool
by_clock(const struct job *job)
{
	return !job_by_rows(job) && !job_by_events(job);
}

/* ---- the boundary ---- */

/* When the open batch ends: a multiple of its interval, or of its rows. */
static struct moment
batch_end(const struct job *job)
{
	int64_t size = job->config->plan->batch.ticks;

	if (!job_by_rows(job))
		return (struct moment){ .tick = job->ticker.boundary };
	return (struct moment){
		.tick = (job->rows + size - 1) / size * size, .wall = sys.wall(),
	};
}

/*
 * Called outside of libevent's callbacks only: inside one it counts from the moment the callback
 * began, and the timer would come too early.
 */
int
batch_set_timer(struct job *job)
{
	int64_t wait = job->ticker.deadline - sys.mono();
	struct timeval tv = { 0 };
	struct err err;

	if (!by_clock(job) || event_pending(job->boundary, EV_TIMEOUT, NULL))
		return 0;
	if (wait > 0)
		tv = sys_timeval(wait);
	if (event_add(job->boundary, &tv) == 0)
		return 0;
	err_set(&err, ERR_RUN, "cannot set the timer of the next batch");
	return job_fail(job, &err);
}

int64_t
batch_open_end(const struct job *job)
{
	return batch_end(job).tick;
}

void
batch_begin(struct job *job)
{
	if (job->bound)
		pipeline_begin(&job->pipeline, batch_end(job));
}

void
batch_start(struct job *job)
{
	if (by_clock(job))
		ticker_start(&job->ticker, job->config->plan->batch.ticks, sys.wall(), sys.mono());
	batch_begin(job);
}

/* ---- feeding and ending ---- */

static int
feed_here(struct job *job, const struct block *b)
{
	struct err err;

	return pipeline_feed(&job->pipeline, 0, b, &err) == -1 ? job_fail(job, &err) : 0;
}

/*
 * A batch by rows that has no record yet is not open; but a run that saw nothing ends like one
 * that did, so that `count` says 0.
 */
static bool
is_open(const struct job *job)
{
	return !job_by_rows(job) || job->rows % job->config->plan->batch.ticks != 0 ||
	    job->batches == 0 || job->batch.lines.records > 0;
}

/* Lets the pipeline answer, and the sinks know that a batch is whole. */
static int
end_answers(struct job *job, struct moment end, bool last, struct err *err)
{
	int64_t time = job_by_rows(job) ? end.wall : end.tick;

	if ((last ? pipeline_finish(&job->pipeline, end, is_open(job), err) :
	    pipeline_end(&job->pipeline, end, err)) == -1 ||
	    pipeline_flush(&job->pipeline, err) == -1)
		return -1;
	return outputs_end(job, time, err);
}

int
batch_conditions(struct job *job, struct err *err)
{
	const struct plan *plan = job->config->plan;

	if (plan->fail_if.met)
		return err_set(err, ERR_FAIL_IF, "fail-if: %s: true of %s", plan->fail_if.text,
		    plan->fail_if.row.data);
	if (plan->until.met)
		return err_set(err, ERR_DONE, "until: %s", plan->until.text);
	return 0;
}

static const struct ahead nothing;

/*
 * Ends the open batch, all of whose lines have been fed; LAST: and with it the input.  AHEAD is
 * what was read behind its end.
 */
static int
end_batch(struct job *job, struct moment end, int64_t lateness, bool last,
    const struct ahead *ahead)
{
	int64_t began = sys.mono();
	struct err err;

	if (job->workers != NULL && workers_wait(job->workers, &err) == -1)
		return job_fail(job, &err);
	if (memory_look(job) == -1)
		return -1;
	if (job->bound)
		figures_size(job);
	if (job->bound && end_answers(job, end, last, &err) == -1)
		return job_fail(job, &err);
	job->batch.scheduling_delay = lateness;
	job->batch.processing_time = sys.mono() - began;
	if ((!last || is_open(job) ? figures_close(job, end) : figures_finish(job)) == -1)
		return -1;
	if ((last ? commit_finish(job) : commit_batch(job, ahead)) == -1)
		return -1;
	return batch_conditions(job, &err) == -1 ? job_fail(job, &err) : 0;
}

/* A block that is fed piece by piece: what is left of it. */
struct cut {
	const struct lines	*lines;		/* the whole */
	struct block		 rest;
	uint64_t		 rows;		/* that are not in the rest ... */
	size_t			 marks;		/* ... and the marks before it */
	struct frame_counts	 figures;	/* of the rest and the marks in it */
};

static struct cut
cut_start(const struct lines *lines, const struct block *whole)
{
	struct cut cut = {
		.lines = lines, .rest = *whole,
		.figures = { .records = whole->records, .bytes = whole->len },
	};

	for (size_t i = 0; i < lines->marks; i++)
		frame_counts_add(&cut.figures, &lines->mark[i].more);
	return cut;
}

/* Cuts off the first LINES lines of the rest, which has as many. */
static struct block
cut_text(struct block *rest, uint64_t lines, bool quoted)
{
	struct block head = *rest;
	const char *text = rest->text, *end = rest->text + rest->len;

	head.records = lines;
	if (quoted)
		text += records_skip(text, rest->len, lines);
	for (uint64_t i = 0; i < lines && !quoted; i++)
		text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1;
	head.len = (size_t)(text - head.text);
	rest->text = text;
	rest->len -= head.len;
	rest->records -= lines;
	return head;
}

/*
 * The next lines, LINES of them if there are as many; the figures keep those behind it.  Bad lines
 * go with the next row that is none: which read they came with must not matter.
 */
static struct block
cut_next(struct cut *cut, uint64_t lines)
{
	struct block head = cut->rest;
	struct frame_counts passed;

	if (lines < head.records)
		head = cut_text(&cut->rest, lines, cut->lines->quoted);
	else
		cut->rest = (struct block){ 0 };
	cut->rows += head.records;
	passed = (struct frame_counts){ .records = head.records, .bytes = head.len };
	while (cut->marks < cut->lines->marks && cut->lines->mark[cut->marks].at < cut->rows)
		frame_counts_add(&passed, &cut->lines->mark[cut->marks++].more);
	frame_counts_sub(&cut->figures, &passed);
	return head;
}

/* Ends a batch; what is left of the block was read with it but belongs to the next ones. */
static int
end_rows(struct job *job, const struct cut *cut)
{
	struct ahead ahead = {
		.counts = cut->figures, .len = cut->rest.len, .records = cut->rest.records,
	};

	frame_counts_sub(&job->batch.lines, &ahead.counts);
	if (end_batch(job, batch_end(job), 0, false, &ahead) == -1)
		return -1;
	job->batch.lines = ahead.counts;
	return 0;
}

/* Feeds a block of which some row ends a batch, piece by piece; the last piece may end none. */
static int
feed_rows(struct job *job, const struct lines *lines, const struct block *whole)
{
	int64_t size = job->config->plan->batch.ticks;
	struct cut cut = cut_start(lines, whole);
	struct err err;

	if (job->workers != NULL && workers_wait(job->workers, &err) == -1)
		return job_fail(job, &err);
	while (cut.rest.records > 0) {
		struct block head = cut_next(&cut, (uint64_t)(size - job->rows % size));

		job->rows += (int64_t)head.records;
		batch_begin(job);
		if (feed_here(job, &head) == -1)
			return -1;
		if (job->rows % size == 0 && end_rows(job, &cut) == -1)
			return -1;
	}
	return 0;
}

/* True if some row of the block ends a batch. */
static bool
ends_batch(const struct job *job, const struct block *b)
{
	int64_t size = job->config->plan->batch.ticks;

	return job_by_rows(job) && b->records >= (uint64_t)(size - job->rows % size);
}

static int
feed_block(struct job *job, struct lines *lines, const struct block *b)
{
	struct err err;

	if (ends_batch(job, b))
		return feed_rows(job, lines, b);
	job->rows += (int64_t)b->records;
	if (job_by_rows(job))
		batch_begin(job);
	if (job->workers != NULL) {
		int taken = workers_offer(job->workers, lines, &err);

		if (taken != 0)
			return taken == -1 ? job_fail(job, &err) : 0;
	}
	return feed_here(job, b);
}

static struct block
block_of(const struct lines *l)
{
	return (struct block){
		.text = l->data, .len = l->len, .records = l->records, .source = l->source,
		.layout = l->layout,
	};
}

int
batch_feed_lines(struct job *job, struct lines *lines)
{
	struct block b = block_of(lines);

	if (b.records > 0 && feed_block(job, lines, &b) == -1)
		return -1;
	lines_empty(lines);
	return memory_look(job);
}

int
batch_feed(struct job *job)
{
	struct block b = block_of(&job->lines);

	if (job->failed || (b.records > 0 && commit_journal(job, &b) == -1))
		return -1;
	if (job->overload != NULL && !job->paced && !job->replaying)
		return overload_put(job);
	if (batch_feed_lines(job, &job->lines) == -1)
		return -1;
	/* By event time batches end while a block is fed; between blocks all can be put down. */
	if (job->due && job_by_events(job) && commit_batch(job, &nothing) == -1)
		return -1;
	return commit_full(job);
}

/* The same, and of what waits nothing is left. */
static int
feed_all(struct job *job)
{
	return batch_feed(job) == -1 ? -1 : overload_drain(job);
}

int
batch_missed(struct job *job, int64_t tick)
{
	return end_batch(job, (struct moment){ .tick = tick }, 0, false, &nothing);
}

int
batch_tick(struct job *job)
{
	int64_t now;

	while (by_clock(job) && ticker_due(&job->ticker, now = sys.mono())) {
		int64_t lateness = ticker_lateness(&job->ticker, now);

		if (feed_all(job) == -1 ||
		    end_batch(job, batch_end(job), lateness, false, &nothing) == -1)
			return -1;
		ticker_next(&job->ticker, sys.wall(), sys.mono());
		batch_begin(job);
	}
	return 0;
}

/* A run before had come to the end of its input and answered it, and none has come since. */
static bool
is_answered(const struct job *job)
{
	return job_keeps(job) && job->past.finished &&
	    job->sums.lines.records + job->batch.lines.records == job->past.lines.records;
}

int
batch_finish(struct job *job)
{
	if (batch_tick(job) == -1 || feed_all(job) == -1)
		return -1;
	if (is_answered(job))
		return 0;
	if (job_by_events(job))
		return events_finish(job);
	return end_batch(job, batch_end(job), 0, true, &nothing);
}
