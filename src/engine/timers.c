/*
 * The timers of a job besides the end of a batch: the line of --progress, sources that fall silent
 * (by event time they must not hold up the others), a silence that ends the run, and a commit that
 * was put off.  See job.h.
 */
#include "engine/job.h"

#include "engine/sys.h"

#include <event2/event.h>

#define SECOND 1000000			/* microseconds */

static void
progress_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	job_status(arg);
}

/* Calls CB with the job every US microseconds; 0 or -1. */
static int
start(struct job *job, struct event **timer, int64_t us, event_callback_fn cb, struct err *err)
{
	struct timeval tv = sys_timeval(us);

	*timer = event_new(job->base, -1, EV_PERSIST, cb, job);
	return *timer == NULL || event_add(*timer, &tv) == -1 ? err_memory(err, "starting") : 0;
}

static int
open_progress(struct job *job, struct err *err)
{
	job->line_mono = sys.mono();
	if (!job->config->progress)
		return 0;
	return start(job, &job->progress, SECOND, progress_cb, err);
}

/* An eighth of the time that is allowed has passed. */
static void
silence_cb(evutil_socket_t fd, short events, void *arg)
{
	struct job *job = arg;
	uint64_t records = job->sums.lines.records + job->batch.lines.records;
	int64_t now = sys.mono();
	struct err err;

	(void)fd;
	(void)events;
	if (records != job->heard_records) {
		job->heard_records = records;
		job->heard = now;
	} else if (now - job->heard >= job->config->silent) {
		err_set(&err, ERR_SILENT, "fail-if-silent: no record came for %.3g s",
		    (double)(now - job->heard) / 1e6);
		job_fail(job, &err);
	}
}

static int
open_silence(struct job *job, struct err *err)
{
	job->heard = sys.mono();
	if (job->config->silent == 0)
		return 0;
	return start(job, &job->silence, job->config->silent / 8 + 1, silence_cb, err);
}

static void
idle_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	(void)batch_inputs(arg, true);		/* what fails ends the loop */
}

/* By event time a silent source must not hold up the others for ever. */
static int
open_idle(struct job *job, struct err *err)
{
	if (job->config->plan->time_field == NULL || job->config->inputs < 2)
		return 0;
	return start(job, &job->idle, SECOND, idle_cb, err);
}

/* Nothing more has come: what was to go with the next batch is put down now. */
static void
settle_cb(evutil_socket_t fd, short events, void *arg)
{
	struct job *job = arg;

	(void)fd;
	(void)events;
	if (job->due && !job->failed)
		(void)commit_now(job);	/* what fails ends the loop */
}

/* Commits that can wait for more must not wait for it for ever. */
static int
open_settle(struct job *job, struct err *err)
{
	if (!job_keeps(job))
		return 0;
	job->settle = event_new(job->base, -1, 0, settle_cb, job);
	return job->settle == NULL ? err_memory(err, "starting") : 0;
}

int
timers_open(struct job *job, struct err *err)
{
	if (open_progress(job, err) == -1 || open_idle(job, err) == -1 ||
	    open_settle(job, err) == -1)
		return -1;
	return open_silence(job, err);
}
