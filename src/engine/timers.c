/*
 * The timers of a job besides the end of a batch: the line of --progress, sources that fall silent
 * (by event time they must not hold up the others), and a silence that ends the run.  See job.h.
 */
#include "engine/job.h"

#include "engine/sys.h"

#include <event2/event.h>

#define PROGRESS_SECONDS 1

static void
progress_cb(evutil_socket_t fd, short events, void *arg)
{
	(void)fd;
	(void)events;
	job_status(arg);
}

static int
open_progress(struct job *job, struct err *err)
{
	struct timeval tv = { .tv_sec = PROGRESS_SECONDS };

	job->line_mono = sys.mono();
	if (!job->config->progress)
		return 0;
	job->progress = event_new(job->base, -1, EV_PERSIST, progress_cb, job);
	if (job->progress == NULL || event_add(job->progress, &tv) == -1)
		return err_memory(err, "starting");
	return 0;
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
	int64_t step = job->config->silent / 8 + 1;
	struct timeval tv = { .tv_sec = step / 1000000, .tv_usec = step % 1000000 };

	job->heard = sys.mono();
	if (job->config->silent == 0)
		return 0;
	job->silence = event_new(job->base, -1, EV_PERSIST, silence_cb, job);
	if (job->silence == NULL || event_add(job->silence, &tv) == -1)
		return err_memory(err, "starting");
	return 0;
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
	struct timeval tv = { .tv_sec = 1 };

	if (job->config->plan->time_field == NULL || job->config->inputs < 2)
		return 0;
	job->idle = event_new(job->base, -1, EV_PERSIST, idle_cb, job);
	if (job->idle == NULL || event_add(job->idle, &tv) == -1)
		return err_memory(err, "starting");
	return 0;
}

int
timers_open(struct job *job, struct err *err)
{
	if (open_progress(job, err) == -1 || open_idle(job, err) == -1)
		return -1;
	return open_silence(job, err);
}
